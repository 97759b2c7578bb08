"""From questions to items: how sure the machine is, what hangs on it, and what is asked first.

`priority` is uncertainty times impact. A fixed share of sure items is drawn by the hash of the id alone and gets a priority by that hash, so
that what is decided of them, at any time, is a sample that depends on nothing that the machine says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from models.ids import content_hash, make_id
from models.review import Asked, Item, ItemKind
from models.vocabulary import Label

__all__ = ["SAMPLED", "TWICE", "counted", "item_id", "make_item", "share_of"]

SAMPLED, TWICE = 0.05, 0.10
"""Shares of the sure items that are sampled, and of all items that two editors decide."""
_SEED = "desk 1"
_SURE = 0.4
"""Uncertainty up to which an item is sure: a score of nearly 0.9."""
_WAITING = 0.5
"""Least uncertainty of what waits for an editor, whatever its score."""
_LISTED = 4.0
"""Impact of a question whether someone is on a sanctions list, in one place; others count from one."""
_OF_LISTED, _CORE, _TOLD = 1.5, 0.5, 1.0
_UNTOLD = 0.3
"""Impact of an amount that is in no event, which nobody sees."""


def item_id(kind: ItemKind, key: Sequence[str]) -> str:
    """Return the id of an item: made of its content, so that the same question is the same item on every night."""
    return make_id("itm", kind, *key)


def share_of(ident: str, purpose: str) -> float:
    """Return a number from 0 up to 1 that depends on an id and a purpose alone."""
    return int(content_hash(f"{_SEED}\x1f{purpose}\x1f{ident}")[:12], 16) / 16**12


def make_item(ident: str, asked: Asked, *, at: datetime) -> Item:
    """Return the item that a question makes, as one that is new; it has no places yet."""
    score = sum(asked.scores) / len(asked.scores)
    uncertainty, impact = 4 * score * (1 - score), _weight(asked) * _spread(len(asked.subjects))
    sampled = uncertainty <= _SURE and share_of(ident, "sample") < SAMPLED
    return Item(
        id=ident,
        kind=asked.kind,
        title=asked.title,
        value=dict(asked.value),
        subjects=asked.subjects,
        form=asked.form,
        candidate=asked.candidate,
        label=asked.label,
        lang=asked.lang,
        publisher=asked.publisher,
        source_list=asked.source_list,
        score=score,
        uncertainty=uncertainty,
        impact=impact,
        priority=share_of(ident, "order") if sampled else uncertainty * impact,
        component=asked.component,
        component_version=asked.component_version,
        # Without words of its own a question is asked of the words in its key, which cannot change.
        text_hash=content_hash(asked.text or ident),
        value_hash=content_hash(json.dumps(dict(asked.value), sort_keys=True, ensure_ascii=False)),
        n_subjects=0,
        first_seen_at=at,
        seen_at=at,
        sampled=sampled,
        twice=share_of(ident, "twice") < TWICE,
    )


def counted(item: Item, asked: Asked | None, *, places: int, score: float, waiting: tuple[int, float] | None = None) -> Item:
    """Return an item with its number of places and its score, and what follows from them; `waiting` counts links that wait for an editor."""
    uncertainty = 4 * score * (1 - score)
    if waiting is not None:
        uncertainty = max(_WAITING, 4 * waiting[1])
    weight = _weight(asked) if asked is not None else item.impact / max(1.0, _spread(item.n_subjects))
    impact = weight * _spread(places)
    priority = item.priority if item.sampled else uncertainty * impact
    return replace(item, n_subjects=places, score=score, uncertainty=uncertainty, impact=impact, priority=priority)


def _spread(places: int) -> float:
    return math.log2(1 + max(1, places))


def _weight(asked: Asked) -> float:
    """Return what hangs on a question in one place."""
    money = math.log10(1 + asked.usd) / 6 if asked.usd else 0.0
    if asked.kind is ItemKind.LISTED:
        return _LISTED
    if asked.kind is ItemKind.AMOUNT:
        return (_TOLD if asked.core else _UNTOLD) + money
    if asked.kind in {ItemKind.EVENT, ItemKind.MERGE}:
        return _TOLD + money + (_OF_LISTED if asked.listed else 0.0) + (_CORE if asked.core else 0.0)
    return 0.5 if asked.label == Label.PLACE else 1.0
