"""When a predicted record counts as a gold record."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["GoldArticle", "amounts_agree", "assign", "count_arguments", "dates_agree", "event_weight", "overlap", "role_agreement"]

Json = Mapping[str, Any]
Pair = tuple[float, int, int]

_STOP_WORDS = {"the", "of", "and", "for", "a", "an"}
_VALUE_TOLERANCE = 0.01


def overlap(a: Json, b: Json) -> bool:
    """Tell whether two spans share a character."""
    return bool(a["start"] < b["end"] and b["start"] < a["end"])


def assign(pairs: Iterable[Pair]) -> list[tuple[int, int]]:
    """Choose one-to-one pairs `(left, right)` greedily: the heaviest first, ties in order of the records."""
    left: set[int] = set()
    right: set[int] = set()
    chosen = []
    for _, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            chosen.append((i, j))
    return chosen


class GoldArticle:
    """One gold article with its entities at hand by id."""

    def __init__(self, row: Json) -> None:
        self.row = row
        self.spans: dict[str, list[Json]] = defaultdict(list)
        for mention in row["mentions"]:
            self.spans[mention["entity"]].append(mention)
        self._strings = {e["id"]: {_normal(s) for s in (e["name"], *e["mentions"], *e.get("nominals", []))} for e in row["entities"]}

    def is_entity(self, ident: str, argument: Json) -> bool:
        """Tell whether a predicted argument points at a gold entity: by an overlapping mention, or by one of its strings."""
        if argument.get("start") is not None and self.mentions_overlap(ident, argument):
            return True
        strings = (argument.get("text"), argument.get("name"))
        return any(_normal(string) in self._strings[ident] for string in strings if string)

    def mentions_overlap(self, ident: str, span: Json) -> bool:
        """Tell whether a span overlaps any mention of an entity."""
        return any(overlap(span, mention) for mention in self.spans[ident])

    def find_owner(self, span: Json) -> str | None:
        """Return the first entity of which a mention overlaps the span."""
        return next((e["id"] for e in self.row["entities"] if self.mentions_overlap(e["id"], span)), None)

    def text_at(self, start: int, end: int) -> str:
        """Return the text of a span; where the gold carries no text, that of the mention there, or the bare offsets."""
        if "text" in self.row:
            return str(self.row["text"][start:end])
        texts = (m["text"] for m in self.row["mentions"] if (m["start"], m["end"]) == (start, end))
        return next(texts, f"[{start}:{end}]")


def _normal(text: str) -> str:
    return re.sub(r"^(the|a|an)\s+", "", re.sub(r"['’]s$", "", text.strip())).casefold()


def role_agreement(wanted: str | None, found: str | None) -> float:
    """Return the share of words that two roles have in common, function words apart."""
    a, b = _words(wanted), _words(found)
    return len(a & b) / max(1, len(a | b))


def _words(text: str | None) -> set[str]:
    return set(re.findall(r"\w+", (text or "").lower())) - _STOP_WORDS


def amounts_agree(gold: Json, found: Json, *, with_bound: bool) -> bool:
    """Tell whether two amounts overlap and have the same currency and value, and on demand the same bound."""
    if not overlap(gold, found) or gold.get("currency") != found.get("currency"):
        return False
    if with_bound and gold.get("bound", "exact") != found.get("bound", "exact"):
        return False
    wanted, value = gold["value"], found.get("value")
    if wanted is None or value is None:
        return wanted is value
    return bool(abs(wanted - value) <= _VALUE_TOLERANCE * abs(wanted))


def dates_agree(gold: str | Sequence[str | None], found: str | Sequence[str | None] | None) -> bool:
    """Tell whether a date lies within a coarser gold date; the start of a gold range may be given more coarsely too."""
    if found is None:
        return False
    (gold_start, gold_end), (start, end) = _ends(gold), _ends(found)
    if gold_start is None or gold_end is None or start is None or end is None:
        return False
    wanted_start = gold_start if isinstance(gold, str) else gold_start[: len(start)]
    return start.startswith(wanted_start) and end.startswith(gold_end)


def _ends(value: str | Sequence[str | None]) -> tuple[str | None, str | None]:
    if isinstance(value, str):
        return value, value
    start, end = value
    return start, end


def count_arguments(article: GoldArticle, wanted: Sequence[str], found: Sequence[Json]) -> int:
    """Return how many gold role fillers are matched one to one by predicted ones."""
    pairs = [(1.0, i, j) for i, ident in enumerate(wanted) for j, arg in enumerate(found) if article.is_entity(ident, arg)]
    return len(assign(pairs))


def event_weight(article: GoldArticle, gold: Json, found: Json) -> float | None:
    """Return how well two events fit, None where type or place in the text differ.

    They fit where a predicted mention lies in the sentence of a gold trigger; each mention on a trigger itself and each
    shared actor or target adds one.
    """
    if gold["type"] != found["type"]:
        return None
    spots = [mention.get("trigger") or mention["evidence"] for mention in found.get("mentions", [])]
    if not any(_in_sentence(spot, trigger) for spot in spots for trigger in gold["triggers"]):
        return None
    exact = sum(any(overlap(spot, trigger) for trigger in gold["triggers"]) for spot in spots)
    shared = sum(count_arguments(article, gold.get(role, []), found.get(role, [])) for role in ("actors", "targets"))
    return 1 + exact + shared


def _in_sentence(spot: Json, trigger: Json) -> bool:
    start, end = trigger["sentence"]
    return bool(spot["start"] < end and start < spot["end"])
