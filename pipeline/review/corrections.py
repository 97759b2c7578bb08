"""Decisions of editors as corrections of the knowledge base: what the next reading knows better.

Only what holds wherever a form stands corrects: a verdict with exceptions is true of its places alone, and a disputed one of none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from models.knowledge import AcceptedName, Corrections, NeverPair, StopForm
from models.review import ItemKind, Verdict
from models.vocabulary import Label
from pipeline.review.decided import Decided, load_decided
from pipeline.review.items import item_id
from pipeline.store.engine import Database, reading
from pipeline.store.review_corrections import CORRECTING
from pipeline.store.review_decided import last_decision, written_names
from pipeline.text.names import is_hangul, normalise_name

__all__ = ["make_corrections", "read_corrections"]

_KNOWN = "kb:"
_YES = frozenset({Verdict.ACCEPT, Verdict.EDIT, Verdict.ADD})

Correction: TypeAlias = AcceptedName | NeverPair | StopForm
Written: TypeAlias = Mapping[tuple[str, str], Sequence[str]]
"""How articles write an entity that was held to be an entry of a list, by the ids of both."""


def read_corrections(database: Database) -> Corrections:
    """Return what the decisions in force say of names, pairs and forms."""
    with reading(database) as connection:
        upto = last_decision(connection, CORRECTING)
        if not upto:
            return Corrections()
        decided = load_decided(connection, CORRECTING)
        written = written_names(connection, [_pair(one) for one in decided if one.item.kind is ItemKind.LISTED])
    return make_corrections(decided, written, upto)


def make_corrections(decided: Iterable[Decided], written: Written, upto: int) -> Corrections:
    """Return the corrections that verdicts in force amount to."""
    found = [correction for one in decided for correction in _SAYS[one.item.kind](one, written)]
    return Corrections(
        names=tuple(dict.fromkeys(one for one in found if isinstance(one, AcceptedName))),
        never=frozenset(one for one in found if isinstance(one, NeverPair)),
        stops=frozenset(one for one in found if isinstance(one, StopForm)),
        upto=upto,
    )


def _of_name(one: Decided, _: Written) -> Iterator[Correction]:
    """Yield what a verdict on a form and its candidate says: of what editors added, or of a form wherever it stands."""
    meant = one.said("entity")
    if one.decision.verdict is Verdict.ADD or (_is_everywhere(one) and one.decision.verdict in _YES):
        yield from _accept(one, meant)
    if not _is_everywhere(one) or one.decision.excepted:
        return
    if one.decision.verdict is Verdict.REJECT:
        yield from _never(one, one.item.candidate) if _is_known(one.item.candidate) else _stop(one)
    if one.decision.verdict is Verdict.EDIT:
        if meant != one.item.candidate and _is_known(one.item.candidate):
            yield from _never(one, one.item.candidate)
        if one.said("label") != one.item.label:
            yield from _stop(one)


def _of_entity(one: Decided, _: Written) -> Iterator[Correction]:
    """Yield that the name of a new entity is none, or is one of a known entity that it was merged into."""
    into = str(one.decision.after.get("into"))
    if one.decision.verdict is Verdict.REJECT:
        yield from _stop(one)
    elif one.decision.verdict is Verdict.MERGE and _is_known(into):
        name = str(one.item.value.get("name") or one.item.form)
        yield AcceptedName(into, name, _lang(one, name))


def _of_listed(one: Decided, written: Written) -> Iterator[Correction]:
    """Yield what a verdict on an entity and an entry says of every spelling of its name."""
    entity, entry = _pair(one)
    spellings = written.get((entity, entry), ())
    if one.decision.verdict in _YES and one.said("entry"):
        yield from (AcceptedName(one.said("entry"), text, _lang(one, text)) for text in spellings or (one.said("name"),))
    if not one.decision.excepted and (
        one.decision.verdict is Verdict.REJECT or (one.decision.verdict is Verdict.EDIT and one.said("entry") != entry)
    ):
        yield from _never(one, entry, *spellings)


_SAYS = {ItemKind.NAME: _of_name, ItemKind.ENTITY: _of_entity, ItemKind.LISTED: _of_listed}


def _accept(one: Decided, meant: str | None) -> Iterator[AcceptedName]:
    if meant is not None and _is_known(meant):
        text = one.said("text") or one.item.form
        yield AcceptedName(meant, text, _lang(one, text))


def _never(one: Decided, meant: str | None, *spellings: str) -> Iterator[NeverPair]:
    forms = {normalise_name(text) for text in (one.item.form, *spellings)} - {""}
    if meant:
        yield from (NeverPair(form, meant) for form in sorted(forms))


def _stop(one: Decided) -> Iterator[StopForm]:
    form = normalise_name(one.item.form)
    if form and one.item.label is not None:
        yield StopForm(form, Label(one.item.label))


def _pair(one: Decided) -> tuple[str, str]:
    """Return the entity and the entry that an item asks about."""
    return str(one.item.value.get("entity")), str(one.item.candidate or "")


def _lang(one: Decided, text: str) -> str:
    return "ko" if one.item.lang == "ko" or is_hangul(text) else "en"


def _is_known(entity: str | None) -> bool:
    return entity is not None and entity.startswith(_KNOWN)


def _is_everywhere(one: Decided) -> bool:
    """Tell whether an item asks of a form wherever it stands, and not of what one article means by it ("the bank")."""
    key = (one.item.form,) if one.item.candidate is None else (one.item.form, one.item.candidate)
    return one.item.id == item_id(ItemKind.NAME, key)
