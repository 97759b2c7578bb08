"""An item as an editor gets it: its sentences, what speaks for and against it, and who else may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from models.knowledge import Knowledge, KnowledgeEntity, ListEntry
from models.review import Candidate, Decision, Editor, Evidence, Item, ItemKind, ItemState, ItemView, ListRecordShown, Verdict
from models.vocabulary import Label
from pipeline.kb.index import AliasIndex, MatchForm
from pipeline.names import NameIndex, compare
from pipeline.review.deciding import settle_item
from pipeline.store.merges import Transaction
from pipeline.store.review_decisions import list_comments, list_decisions
from pipeline.store.review_queue import claim_of
from pipeline.store.review_views import count_places, load_links, load_places, load_reasons, load_rules, namesakes
from pipeline.text.names import is_hangul

__all__ = ["Viewer"]

_SENTENCES = 3
"""Places that are shown at once; the others are asked for."""
_OTHERS = 9
"""Candidates beside the one that is asked of: as many as there are keys."""
_PRIOR = "prior"
_FORMS = frozenset(form.value for form in MatchForm)
_PARTED = re.compile(r"; (?![^(“]*[)”])")


class Viewer:
    """Makes views over one knowledge base; what it looks up names in is built when it is first needed."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    @cached_property
    def _aliases(self) -> AliasIndex:
        return AliasIndex(self._knowledge)

    @cached_property
    def _persons(self) -> NameIndex[str]:
        persons = (entity for entity in self._knowledge.entities.values() if entity.label is Label.PERSON)
        return NameIndex((alias.text, entity.id) for entity in persons for alias in entity.aliases if alias.kind in {"name", "weak"})

    @cached_property
    def _entries(self) -> Mapping[str, tuple[KnowledgeEntity, ListEntry]]:
        entities = self._knowledge.entities.values()
        return {listing.entry: (entity, listing) for entity in entities for listing in entity.listings if listing.entry is not None}

    def view(self, connection: Transaction, item: Item, editor: Editor | None, *, at: datetime) -> ItemView:
        """Return an item with all that is needed to decide it.

        Who is to decide independently of another is not shown what that one decided.
        """
        decisions = list_decisions(connection, item.id)
        final = settle_item(connection, item).final
        if editor is not None and _is_blind(item, decisions, editor):
            decisions, final = [one for one in decisions if one.verdict is Verdict.REOPEN or one.editor == editor.id], None
        claimed = claim_of(connection, item.id, at=at)
        theirs = claimed is not None and (editor is None or claimed[0] != editor.id)
        return ItemView(
            item=item,
            sentences=tuple(load_places(connection, item, limit=_SENTENCES)),
            n_places=count_places(connection, item),
            evidence=tuple(self._evidence(connection, item)),
            syllables=self._syllables(item),
            record=self._record(item.candidate) if item.kind is ItemKind.LISTED else None,
            others=tuple(self._others(connection, item)),
            decisions=tuple(decisions),
            comments=tuple(list_comments(connection, item.id)),
            final=final,
            claimed_by=claimed[1] if claimed is not None and theirs else None,
            claimed_until=claimed[2] if claimed is not None and theirs else None,
        )

    # --- for and against --------------------------------------------------------------------------------------------------

    def _evidence(self, connection: Transaction, item: Item) -> Iterator[Evidence]:
        if item.kind is ItemKind.LISTED:
            links = load_links(connection, item, limit=1)
            yield from _weighed(links[0]) if links else ()
        elif item.kind is ItemKind.MERGE:
            reasons = load_reasons(connection, item)
            yield Evidence(str(reasons.get("rule") or item.value.get("rule")))
            parts = (part for part in reasons.get("parts", ()) if part["value"] is not None)
            yield from (Evidence(f"{part['name']}: {part['why']}", round((2 * part["value"] - 1) * part["weight"], 3)) for part in parts)
        elif item.kind is ItemKind.EVENT:
            yield from (Evidence(rule) for rule in load_rules(connection, item))
        yield Evidence(f"{item.component} {item.component_version}, score {item.score:.2f}")

    def _syllables(self, item: Item) -> str | None:
        """Compare the name of the articles with that of the entry, part by part."""
        if item.kind is not ItemKind.LISTED or item.label != Label.PERSON:
            return None
        return compare(str(item.value["name"]), str(item.value["listed_name"])).why or None

    def _record(self, entry: str | None) -> ListRecordShown | None:
        if entry is None or entry not in self._entries:
            return None
        entity, listing = self._entries[entry]
        return ListRecordShown(
            entry=entry,
            source=listing.source,
            name=listing.name,
            aliases=tuple(dict.fromkeys(alias.text for alias in entity.aliases)),
            programs=listing.programs,
            birth_dates=listing.birth_dates,
            title=listing.title,
            listed_on=listing.listed_on.isoformat() if listing.listed_on is not None else None,
            list_version=listing.list_version,
            delisted=listing.delisted,
        )

    # --- who else -----------------------------------------------------------------------------------------------------------

    def _others(self, connection: Transaction, item: Item) -> Iterable[Candidate]:
        """Return who else may be meant: known bearers of the name, entries of theirs, and namesakes in the news."""
        if item.kind not in {ItemKind.NAME, ItemKind.LISTED, ItemKind.ENTITY}:
            return ()
        text = str(item.value.get("text") or item.value.get("name") or item.form)
        known = [self._knowledge.entities[ident] for ident in self._bearers(text, item.lang or "en")]
        found: dict[str, Candidate] = {}
        if item.kind is ItemKind.LISTED:
            for entity in known:
                for listing in entity.listings:
                    if listing.entry is not None and listing.entry != item.candidate:
                        found[listing.entry] = self._candidate_entry(entity, listing)
        else:
            found = {entity.id: _candidate(entity) for entity in known if entity.id != item.candidate}
            for row in namesakes(connection, item):
                words = ", ".join(part for part in (row.label.value, row.country) if part)
                found.setdefault(row.id, Candidate(row.id, row.name, f"{words}; met in the news"))
        return list(found.values())[:_OTHERS]

    def _bearers(self, text: str, lang: str) -> list[str]:
        found = [candidate.entity for candidate in self._aliases.find(text, "ko" if is_hangul(text) else lang)]
        found += [match.value for match in self._persons.find(text)]
        return list(dict.fromkeys(found))

    def _candidate_entry(self, entity: KnowledgeEntity, listing: ListEntry) -> Candidate:
        entry = listing.entry or ""
        words = (listing.source, listing.title, ", ".join(listing.programs), ", ".join(listing.birth_dates))
        return Candidate(entry, listing.name, "; ".join(part for part in words if part), record=self._record(entry))


def _is_blind(item: Item, decisions: Iterable[Decision], editor: Editor) -> bool:
    """Tell whether an editor is to decide an item independently of those who did already."""
    return item.twice and item.state is ItemState.OPEN and all(one.editor != editor.id for one in decisions)


def _candidate(entity: KnowledgeEntity) -> Candidate:
    posts = [f"{post.role}, {post.affiliation}" if post.affiliation else post.role for post in entity.posts[:2]]
    lists = sorted({listing.source for listing in entity.listings})
    words = (entity.label.value, entity.kind, entity.country, *posts, *lists)
    return Candidate(entity.id, entity.name, ", ".join(part for part in words if part))


def _weighed(link: Any) -> Iterator[Evidence]:  # noqa: ANN401 - a row of link
    """Yield the reasons of a link with their weights: it tells them strongest first, after how the names agree."""
    name, *reasons = _PARTED.split(link.why)
    weights: dict[str, float] = dict(link.evidence or {})
    yield Evidence(name, next((weights[form] for form in weights if form in _FORMS), None))
    found = sorted((weight for kind, weight in weights.items() if kind != _PRIOR and kind not in _FORMS), key=lambda weight: -abs(weight))
    for number, reason in enumerate(reasons):
        yield Evidence(reason, found[number] if number < len(found) else None)
    if _PRIOR in weights:
        yield Evidence("how often a bearer of such a name is meant", weights[_PRIOR])
    yield Evidence(f"{link.source}, version {link.list_version}: {link.status.definition}")
