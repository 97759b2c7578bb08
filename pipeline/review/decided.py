"""The verdicts of editors that hold, each with its item: what all that learns from decisions starts from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from models.review import Decision, Item, ItemKind
from pipeline.review.settling import settle
from pipeline.store.merges import Transaction
from pipeline.store.review_decided import load_held
from pipeline.store.review_decisions import admins

__all__ = ["Decided", "load_decided"]


@dataclass(frozen=True, slots=True)
class Decided:
    """An item with the decision that holds of it."""

    item: Item
    decision: Decision

    def said(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return a field as the editor left it: what was changed, else what the machine said."""
        values = (self.decision.after, self.decision.before, self.item.value)
        return next((fields[name] for fields in values if name in fields), None)


def load_decided(connection: Transaction, kinds: Collection[ItemKind] = tuple(ItemKind)) -> list[Decided]:
    """Return the items of some kinds on which a verdict holds, in the order in which it was given.

    An item that is asked again keeps what was said of it before until something else is said: to forget it at once would let the machine
    repeat what it was told is wrong. A disputed item has no verdict until somebody closes it.
    """
    held = list(load_held(connection, kinds))
    of_admins = admins(connection, {one.editor for _, said in held for one in said})
    found = []
    for item, said in held:
        settled = settle(said, revision=max(one.revision for one in said), twice=item.twice, admins=of_admins)
        if settled.final is not None:
            found.append(Decided(item, settled.final))
    return sorted(found, key=lambda one: one.decision.number)
