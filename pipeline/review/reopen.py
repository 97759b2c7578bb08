"""When an item comes back: the one place that holds the rule.

- What nobody decided follows the machine: it is refreshed in place, withdrawn when the machine says it no more, and back when it does.
- What was decided stays decided. It comes back only where the text and what the machine says of it have both changed since, or where the
  component that said it has a higher major version than then. What was decided before stays in the record, under the earlier revision.
"""

from __future__ import annotations

import re
from enum import StrEnum

from models.review import Item, ItemState

__all__ = ["Change", "judge", "major"]

_NUMBER = re.compile(r"\d+")


class Change(StrEnum):
    """What becomes of an item when its article was read again."""

    KEEP = "keep"
    """Nothing: it says the same, or it is decided and stays so."""
    REFRESH = "refresh"
    """It shows what the machine says now."""
    REOPEN = "reopen"
    """It is asked again."""
    WITHDRAW = "withdraw"
    """The machine says it no more, and nobody had decided it."""
    RETURN = "return"
    """The machine, which had stopped to say it, says it again."""


def judge(stored: Item, asked: Item | None, *, decided: bool) -> Change:
    """Return what becomes of a stored item. `asked` is what is asked now, None where no place is left; `decided` whether a verdict holds."""
    if asked is None:
        return Change.KEEP if decided or stored.state is ItemState.WITHDRAWN else Change.WITHDRAW
    if not decided:
        if stored.state is ItemState.WITHDRAWN:
            return Change.RETURN
        return Change.REFRESH if _differs(stored, asked) else Change.KEEP
    if stored.text_hash != asked.text_hash and stored.value_hash != asked.value_hash:
        return Change.REOPEN
    if stored.component == asked.component and major(asked.component_version) > major(stored.component_version):
        return Change.REOPEN
    return Change.KEEP


def _differs(stored: Item, asked: Item) -> bool:
    return any(getattr(stored, name) != getattr(asked, name) for name in ("text_hash", "value_hash", "component", "component_version"))


def major(version: str) -> int:
    """Return the major version: the first number of it, 0 where there is none."""
    found = _NUMBER.search(version)
    return int(found.group()) if found is not None else 0
