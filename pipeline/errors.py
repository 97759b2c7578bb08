"""The exception tree. Each class carries the exit code that the command line gives it.

PeninsulaError                 1    unexpected; a bug
  UsageError                   2    wrong arguments
    QueryError                 2    a question about events cannot be answered as it was put (pipeline.query)
  ConfigurationError          78    settings, feeds.yaml, lexicon, migration, model: nothing was done
    StorageError              78    the disk or database cannot be read or written
  LockHeld                    75    another run is at work: try later
  AssertionFailed              4    the data are not what they must be: nothing was published
  Degraded                     3    finished, but lines were refused or a threshold was crossed
  ListError                    3    a sanctions list is not what it must be: refused, nothing was changed
  ItemError                         one item failed; caught at the item border of the runner, becomes a state
    FetchError                      class is hard, soft or temporary
    ExtractError
    LanguageError                   the text is in a language that is not read
"""

from __future__ import annotations

from pathlib import Path

from models.vocabulary import FailureClass

__all__ = [
    "AssertionFailed",
    "ConfigurationError",
    "Degraded",
    "ExtractError",
    "FetchError",
    "ItemError",
    "LanguageError",
    "ListError",
    "LockHeld",
    "PeninsulaError",
    "StorageError",
    "UsageError",
]


class PeninsulaError(Exception):
    """Base of all errors that Peninsula raises on purpose."""

    exit_code = 1


class UsageError(PeninsulaError):
    """The command was called wrongly."""

    exit_code = 2


class ConfigurationError(PeninsulaError):
    """A file or setting is wrong. The message names the file, the line where known, and what to do."""

    exit_code = 78

    def __init__(self, message: str, *, path: Path | None = None, line: int | None = None) -> None:
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(where + message)


class StorageError(ConfigurationError):
    """The disk or the database cannot be read or written."""


class LockHeld(PeninsulaError):
    """Another run holds the lock."""

    exit_code = 75


class AssertionFailed(PeninsulaError):
    """A data assertion failed; nothing was published."""

    exit_code = 4


class Degraded(PeninsulaError):
    """The work was finished, but some input was refused or a threshold was crossed."""

    exit_code = 3


class ListError(PeninsulaError):
    """A sanctions list was refused: the file is cut, empty or of another format. The message says what was expected and what was found."""

    exit_code = 3

    def __init__(self, message: str, *, path: Path | None = None, line: int | None = None) -> None:
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(where + message)


class ItemError(PeninsulaError):
    """One item failed. `code` is a stable string for machine output."""

    code = "item_failed"


class FetchError(ItemError):
    """A request brought no usable body. `retry_after` is the header of that name, as the site sent it."""

    code = "fetch_failed"

    def __init__(
        self,
        message: str,
        failure: FailureClass,
        *,
        code: str = "fetch_failed",
        status: int | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.code = code
        self.status = status
        self.retry_after = retry_after


class ExtractError(ItemError):
    """No article could be made of a page."""

    code = "extract_failed"


class LanguageError(ItemError):
    """The text is in a language that is not read."""

    code = "unsupported_language"
