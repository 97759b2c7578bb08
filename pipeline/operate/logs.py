"""Logs for people or for machines, both without secrets.

Nothing that goes through here shows user info or token-like parameters of an address, the value of a header that carries
credentials, a password, or one of the secrets of the settings, wherever a library put them: message, argument, extra field or
trace. Where in doubt more is hidden than need be.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from math import isfinite
from types import TracebackType
from typing import Any, Literal, TextIO
from urllib.parse import unquote, urlsplit

__all__ = ["HIDDEN", "configure_logging", "redact", "run_named", "secrets_in"]

HIDDEN = "***"
"""Stands for every secret."""

MAX_CHARACTERS = 16_384
"""Of one text: far above any message or trace, low enough that a hostile one costs neither disk nor time."""

SHORTEST_SECRET = 6
"""Characters that a secret of the settings must have to be looked for everywhere: shorter ones would blot out common words."""

_log = logging.getLogger(__name__)

_SECRET_NAME = re.compile(
    r"token|secret|passw|passphrase|pwd|credential|signature|session|sessid|jwt|authori[sz]ation|cookie"
    r"|(?:api|app|auth|access|consumer|private|service|sign(?:ing)?|subscription)[_.-]?key|^(?:key|sig|auth|pass)$",
    re.IGNORECASE,
)
"""Names of parameters and fields whose values are secrets."""

_PARAMETER = re.compile(r"(?<=[?&;#])(?P<name>[^=&#;\s]+)=(?=(?P<secret>[^&#\s]+))")

_NAMED = r"passw(?:or)?d|pwd|passphrase|secret|token|(?:api|access|service)[_-]?key"

_RULES = tuple(
    re.compile(rule, re.IGNORECASE)
    for rule in (
        # User info of an address: all up to the last @ before path, query or fragment.
        r"//(?P<secret>[^\s/?#]*)@",
        # Addresses of databases: their passwords may hold what ends the user info of a web address.
        r"(?<!http)(?<!https)://(?P<secret>[^\s:/@]*:[^\s@]*(?:@[^\s/@]*(?=@))*)@",
        # Headers as they are sent: to the end of the line.
        r"(?:authorization|cookies?2?)(?:\s*[:=]|[\"']\s*+[:,=]\s*+(?!b?[\"']))(?P<secret>.+)",
        # Headers as fields of a mapping or pair that was printed.
        r"(?:authorization|cookies?2?)[\"']\s*[:,=]\s*b?(?P<quote>[\"'])(?P<secret>(?:\\.|(?!(?P=quote)).)*)",
        # Passwords and keys with a name before them, as in the connection strings of PostgreSQL; not parameters, which end sooner.
        rf"(?<![?&\w.-])[\w.-]{{0,30}}(?:{_NAMED})[\"']?\s*[:=]\s*(?P<secret>(?:(?P<quote>[\"'])(?:\\.|(?!(?P=quote)).)*(?P=quote)?)?\S*)",
    )
)

_UNSAFE = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}
"""Characters that end a line for some reader, or move the cursor of a terminal."""
_UNSAFE_IN_TEXT = _UNSAFE | {code: f"\\x{code:02x}" for code in range(0x20)}

_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text with every secret replaced: those that can be told by their place, and the given ones.

    A text of more than `MAX_CHARACTERS` is cut at a blank.
    """
    text = _cut(text)
    spans = [match.span("secret") for rule in _RULES for match in rule.finditer(text)]
    spans += [match.span("secret") for match in _PARAMETER.finditer(text) if _SECRET_NAME.search(unquote(match["name"]))]
    for secret in secrets:
        spans += [match.span() for match in re.finditer(re.escape(secret), text)]
    # All are found in the original text: a rule that changed it could hide from the next one what that one looks for.
    return _blot_out(text, spans)


def _cut(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    pieces = text[:MAX_CHARACTERS].rsplit(maxsplit=1)
    kept = f"{pieces[0]} " if len(pieces) == 2 else ""  # the last piece may be half an address, which no rule recognises
    return f"{kept}[{len(text) - len(kept)} more characters]"


def _blot_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces = []
    end = 0
    for start, stop in sorted(span for span in spans if span[0] < span[1]):
        if start >= end:
            pieces += [text[end:start], HIDDEN]
        end = max(end, stop)
    return "".join(pieces) + text[end:]


def secrets_in(*urls: str | None) -> frozenset[str]:
    """Return what must not be shown of the given addresses: passwords, and paths and queries of web addresses.

    Addresses of databases and of pings keep their secrets there. Those too short to be looked for are left out.
    """
    found: set[str] = set()
    for url in filter(None, urls):
        try:
            parts = urlsplit(url)
            found |= {parts.password or "", unquote(parts.password or "")}
        except ValueError:
            continue
        if parts.scheme in {"http", "https"}:
            found |= {parts.path.strip("/"), parts.query}
    return frozenset(secret for secret in found if len(secret) >= SHORTEST_SECRET)


class _Run:
    """The run that this process is at work on: one at a time, whatever thread logs."""

    id: str | None = None


@contextmanager
def run_named(run_id: str) -> Iterator[None]:
    """Put the id of a run into every log line of the block, from all threads."""
    _Run.id = run_id
    try:
        yield
    finally:
        _Run.id = None


class _Formatter(logging.Formatter):
    """What both layouts share: the parts of a record, without secrets."""

    def __init__(self, secrets: frozenset[str]) -> None:
        super().__init__()
        self._secrets = secrets

    def _parts(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the fields of a record in the order in which they are shown."""
        parts: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._redact(_message(record)),
        }
        if _Run.id is not None:
            parts["run_id"] = _Run.id
        given = {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS and name not in parts}
        parts |= self._plain(given)
        if record.exc_info:
            parts["exception"] = self._redact(self.formatException(record.exc_info))
        if record.stack_info:
            parts["stack"] = self._redact(record.stack_info)
        return parts

    def _redact(self, text: str) -> str:
        return redact(text, self._secrets)

    def _plain(self, value: object) -> Any:  # noqa: ANN401 - plain JSON data of any shape
        """Return a value as JSON data without secrets; what JSON does not know is shown as text."""
        if isinstance(value, Mapping):
            named = ((str(name), item) for name, item in value.items())
            return {self._redact(name): HIDDEN if _SECRET_NAME.search(name) else self._plain(item) for name, item in named}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._plain(item) for item in value]
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
            return value
        return self._redact(value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value))


def _message(record: logging.LogRecord) -> str:
    """Return the message; one whose arguments do not fit is shown beside them, since logging itself would print both unhidden."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments may raise anything when they are formatted
        return f"{record.msg!s} {record.args!r}"


class _JsonFormatter(_Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self._parts(record), ensure_ascii=False).translate(_UNSAFE)


class _TextFormatter(_Formatter):
    """Time, level, logger, message and the other fields in one line; a trace follows in lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        parts = self._parts(record)
        traces = [parts.pop(name) for name in ("exception", "stack") if name in parts]
        head = f"{parts.pop('time')} {parts.pop('level'):8} {parts.pop('logger')}: {parts.pop('message')}"
        fields = (f"{name}={value}" for name, value in parts.items())
        lines = (" ".join((head, *fields)), *(f"  {line}" for trace in traces for line in trace.split("\n")))
        return "\n".join(line.translate(_UNSAFE_IN_TEXT) for line in lines)


class _Handler(logging.StreamHandler[TextIO]):
    """The one handler of the root logger that is ours."""


def configure_logging(
    log_format: Literal["text", "json"], level: str, *, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send all logs from `level` on to `stream`, standard error by default; may be called again.

    Warnings of Python and errors that nobody caught become log lines too, so that JSON stays JSON and no trace shows a secret.
    `secrets` are texts that are hidden wherever they occur. Raises ValueError for an unknown level.
    """
    hidden = frozenset(secrets)
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(_JsonFormatter(hidden) if log_format == "json" else _TextFormatter(hidden))
    root = logging.getLogger()
    root.setLevel(level)
    for other in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(other)
    root.addHandler(handler)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _log.critical("unexpected error: this is a bug", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(uncaught: threading.ExceptHookArgs) -> None:
    if uncaught.exc_value is not None and uncaught.exc_type is not SystemExit:
        _log_uncaught(uncaught.exc_type, uncaught.exc_value, uncaught.exc_traceback)
