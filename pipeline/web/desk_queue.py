"""A queue as an address: the pairs of a query string and the filter they mean, and the same in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from models.review import ItemKind, ItemState, QueueFilter
from models.vocabulary import DefinedEnum, Label
from pipeline.review.errors import DeskError
from pipeline.text.faults import did_you_mean

__all__ = ["CANNED", "FIELDS", "queue_words", "read_queue", "write_queue"]

Pairs = Iterable[tuple[str, str]]


def _one_of(vocabulary: type[DefinedEnum]) -> Callable[[str], Any]:
    def read(text: str) -> Any:  # noqa: ANN401 - a member of the vocabulary
        try:
            return vocabulary(text)
        except ValueError:
            known = [member.value for member in vocabulary]
            raise ValueError(f"is none of {', '.join(known)}{did_you_mean(text, known)}") from None

    return read


def _label(text: str) -> str:
    label: Label = _one_of(Label)(text.upper())
    return label.value


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ValueError("is no number from 0 to 1")
    return value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day or time, such as 2025-11-04") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _flag(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError("is neither yes nor no")
    return text == "yes"


_MANY: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "kind": ("kinds", _one_of(ItemKind)),
    "state": ("states", _one_of(ItemState)),
    "label": ("labels", _label),
    "lang": ("langs", str),
    "publisher": ("publishers", str),
    "list": ("lists", str),
    "component": ("components", str),
}
_ONE: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "since": ("since", _moment),
    "score_min": ("score_min", _share),
    "score_max": ("score_max", _share),
    "q": ("text", str),
    "sampled": ("sampled", _flag),
    "article": ("article", str),
}
FIELDS = (*_MANY, *_ONE)
"""What a queue may be filtered by; the first ones may be repeated."""

CANNED: tuple[tuple[str, str], ...] = (
    ("Sanctions links", "kind=listed"),
    ("Names", "kind=name&kind=entity&kind=office"),
    ("Events", "kind=event"),
    ("Amounts", "kind=amount"),
    ("Merges", "kind=merge"),
    ("Disputes", "state=disputed"),
    ("Sure ones, drawn at random", "sampled=yes"),
)
"""Queues that everybody has: what each is called, and its query string."""


def read_queue(pairs: Pairs) -> QueueFilter:
    """Return the filter that a query string means; raises DeskError for a field or value that there is not."""
    many: dict[str, list[Any]] = {}
    one: dict[str, Any] = {}
    for name, given in pairs:
        text = given.strip()
        if not text:
            continue
        if name not in FIELDS:
            raise DeskError(f"a queue has no field {name[:40]!r}{did_you_mean(name, FIELDS)}: {', '.join(FIELDS)}")
        field, read = _MANY.get(name) or _ONE[name]
        try:
            value = read(text)
        except ValueError as error:
            raise DeskError(f"{name}: {text[:80]!r} {error}") from None
        if name in _MANY:
            many.setdefault(field, []).append(value)
        else:
            one[field] = value
    least, most = one.get("score_min"), one.get("score_max")
    if least is not None and most is not None and least > most:
        raise DeskError(f"score_min {least:g} is above score_max {most:g}: nothing can be between")
    chosen: dict[str, Any] = {**{field: tuple(dict.fromkeys(values)) for field, values in many.items()}, **one}
    return QueueFilter(**chosen)


def write_queue(pairs: Pairs) -> str:
    """Return the query string of a queue, without what is empty or not a field of queues: one queue, one address."""
    return urlencode([(name, text.strip()) for name, text in pairs if name in FIELDS and text.strip()])


def queue_words(wanted: QueueFilter) -> str:
    """Return a queue in words, for headings and for screen readers."""
    parts = [", ".join(member.value for member in wanted.kinds) or "all kinds"]
    if wanted.states != QueueFilter().states:
        parts.append(", ".join(member.value for member in wanted.states))
    for words, values in (
        ("labels", wanted.labels),
        ("in", wanted.langs),
        ("from", wanted.publishers),
        ("on", wanted.lists),
        ("made by", wanted.components),
    ):
        if values:
            parts.append(f"{words} {', '.join(values)}")
    if wanted.since is not None:
        parts.append(f"since {wanted.since:%Y-%m-%d %H:%M} UTC")
    if wanted.score_min is not None or wanted.score_max is not None:
        parts.append(f"scores {wanted.score_min or 0:g} to {1 if wanted.score_max is None else wanted.score_max:g}")
    if wanted.text:
        parts.append(f"with “{wanted.text}”")
    if wanted.sampled is not None:
        parts.append("sure ones, drawn at random" if wanted.sampled else "without those drawn at random")
    if wanted.article:
        parts.append(f"of article {wanted.article}")
    return "; ".join(parts)
