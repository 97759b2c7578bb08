"""What the desk refuses, each with a code that programs may rely on."""

from __future__ import annotations

from datetime import datetime

from models.review import Verdict
from pipeline.errors import UsageError

__all__ = ["Conflict", "DeskError", "NoSuchItem", "NotAllowed"]


class DeskError(UsageError):
    """What was asked of the desk cannot be done; the message tells what to do instead. Nothing was written."""

    code = "refused"


class Conflict(DeskError):
    """Someone else decided, or the item changed, after the editor looked at it. Nothing was written.

    `who`, `what` and `when` tell of the decision that came first; they are None where the item changed without one.
    """

    code = "conflict"

    def __init__(self, message: str, *, who: str | None = None, what: Verdict | None = None, when: datetime | None = None) -> None:
        super().__init__(message)
        self.who, self.what, self.when = who, what, when


class NotAllowed(DeskError):
    """The editor's role does not permit it."""

    code = "not_allowed"


class NoSuchItem(DeskError):
    """There is no item, decision or saved queue of this id."""

    code = "no_such_item"
