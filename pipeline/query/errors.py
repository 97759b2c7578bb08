"""What is wrong with a question."""

from __future__ import annotations

from pipeline.errors import UsageError

__all__ = ["QueryError"]


class QueryError(UsageError):
    """A question cannot be answered as it was put. The message tells what to change.

    `field` is the name of the filter field or of the part of the page, `value` what was given for it; None where no single one is to blame.
    The message begins with that name and a colon, and other fields stand in it between backticks, so that an interface that calls fields
    otherwise can put its own names there.
    """

    def __init__(self, message: str, *, field: str | None = None, value: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value
