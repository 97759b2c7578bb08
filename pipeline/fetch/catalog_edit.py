"""Edits of feeds.yaml that leave its comments, order and style as they are, checked before the file is replaced."""

from __future__ import annotations

import difflib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.scalarstring import SingleQuotedScalarString
from ruamel.yaml.tokens import CommentToken
from ruamel.yaml.util import load_yaml_guess_indent

from models.feeds import FeedSource
from pipeline.errors import ConfigurationError, StorageError, UsageError
from pipeline.fetch.catalog import load_catalog, select_feeds
from pipeline.text.urls import url_key

__all__ = ["CatalogEdit", "add_feeds", "disable_feed", "enable_feed"]

_STRING = "tag:yaml.org,2002:str"
_RESOLVER = yaml.resolver.Resolver()
_SWITCHED_OFF = re.compile(r"(?:; |^)off since \d{4}-\d{2}-\d{2} \(.*\)$", re.DOTALL)
"""What `disable_feed` puts at the end of a note, and `enable_feed` takes away."""

_NO_WRAPPING = 2**20
"""Columns: long notes stay on one line, as people write them."""


@dataclass(frozen=True, slots=True)
class CatalogEdit:
    """A list of feeds before and after an edit, as bytes; it is valid after it, and not yet written."""

    path: Path
    before: bytes
    after: bytes

    def diff(self) -> str:
        """Return what changes as a unified diff; "" where nothing does."""
        old, new = (data.decode("utf-8-sig").splitlines() for data in (self.before, self.after))
        return "\n".join(difflib.unified_diff(old, new, str(self.path), f"{self.path} (edited)", lineterm=""))

    def save(self) -> None:
        """Replace the file whole, or not at all; a link goes on pointing to it.

        Raises ConfigurationError where somebody changed the file since it was read, StorageError where the disk refuses.
        """
        if self.before == self.after:
            return
        if _read(self.path) != self.before:
            raise ConfigurationError("was changed by somebody else just now: nothing was written, try again", path=self.path)
        try:
            _replace(self.path.resolve(), self.after)
        except OSError as error:
            raise StorageError(f"cannot be written: {error.strerror or error}", path=self.path) from error


def add_feeds(path: Path, sources: Sequence[FeedSource]) -> CatalogEdit:
    """Return the list with `sources` at its end.

    Raises UsageError for an id or address that is there already, ConfigurationError where the list at hand is not valid.
    """
    catalog = load_catalog(path)
    ids = {source.id for source in catalog}
    owners = {url_key(source.url): source.id for source in catalog}
    for source in sources:
        if source.id in ids:
            raise UsageError(f"a feed is called {source.id!r} already: ids are never used again")
        if owner := owners.get(url_key(source.url)):
            raise UsageError(f"{source.url} is already the address of the feed {owner!r}")

    def change(feeds: CommentedSeq) -> None:
        feeds.extend(_block(source) for source in sources)

    return _edit(path, change, expected=(*catalog, *sources))


def disable_feed(path: Path, feed_id: str, *, reason: str, day: date) -> CatalogEdit:
    """Return the list with one feed switched off; its note ends with the reason and the day.

    Raises UsageError for an unknown id, with names that are close, and for an empty reason; ConfigurationError where the list at hand is
    not valid.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise UsageError("a feed is switched off for a reason: say which")
    catalog = load_catalog(path)
    (source,) = select_feeds(catalog, [feed_id])
    old = _SWITCHED_OFF.sub("", source.note)
    note = f"{old}; " * bool(old) + f"off since {day.isoformat()} ({reason})"
    return _switch(path, catalog, source.model_copy(update={"enabled": False, "note": note}))


def enable_feed(path: Path, feed_id: str) -> CatalogEdit:
    """Return the list with one feed switched on, and without the reason why it was off.

    Raises UsageError for an unknown id, with names that are close, ConfigurationError where the list at hand is not valid.
    """
    catalog = load_catalog(path)
    (source,) = select_feeds(catalog, [feed_id])
    note = _SWITCHED_OFF.sub("", source.note)
    return _switch(path, catalog, source.model_copy(update={"enabled": True, "note": note}))


def _switch(path: Path, catalog: Sequence[FeedSource], changed: FeedSource) -> CatalogEdit:
    """Put `enabled` and `note` of one feed into the file."""

    def change(feeds: CommentedSeq) -> None:
        block = next(block for block in feeds if block["id"] == changed.id)
        if block["enabled"] is not changed.enabled:
            block["enabled"] = changed.enabled
        if block.get("note", "") != changed.note:
            _set_note(block, changed.note)

    return _edit(path, change, expected=tuple(changed if source.id == changed.id else source for source in catalog))


def _edit(path: Path, change: Callable[[CommentedSeq], None], *, expected: Sequence[FeedSource]) -> CatalogEdit:
    """Change the feeds of a file that is valid, and check that the outcome says what is expected, and nothing else."""
    before = _read(path)
    text = before.decode("utf-8-sig")
    break_ = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = _NO_WRAPPING
    _, indent, offset = load_yaml_guess_indent(text)
    editor.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    root = editor.load(text)
    change(root["feeds"])
    out = io.StringIO()
    editor.dump(root, out)
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    after = mark + out.getvalue().replace("\n", break_).encode("utf-8")
    _check(path, after, expected)
    return CatalogEdit(path, before, after)


def _check(path: Path, data: bytes, expected: Sequence[FeedSource]) -> None:
    """Read the edited list as a run would. Raises ConfigurationError where it is not valid or says something else."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(data)
        try:
            catalog = load_catalog(copy)
        except ConfigurationError as error:
            raise ConfigurationError(f"the edited list would not be valid:\n{str(error).replace(str(copy), str(path))}") from error
    if wrong := [after.id for after, wanted in zip(catalog, expected, strict=True) if after != wanted]:
        raise ConfigurationError(f"cannot be edited without changing the feed {wrong[0]!r}: edit it by hand", path=path)


def _block(source: FeedSource) -> CommentedMap:
    """Return a feed as a block of the file: what must be there, and what is not as usual."""
    values = source.model_dump(mode="json")
    fields = FeedSource.model_fields
    shown = [name for name, field in fields.items() if field.is_required() or getattr(source, name) != field.get_default()]
    return CommentedMap((name, _scalar(values[name])) for name in shown)


def _scalar(value: object) -> object:
    """Quote a string that our reader would take for something else: `NO` is a country, `no` a language, `+10:00` a zone."""
    if isinstance(value, (list, tuple)):
        return [_scalar(item) for item in value]
    if not isinstance(value, str):
        return value
    tag = _RESOLVER.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    return value if tag == _STRING else SingleQuotedScalarString(value)


def _set_note(block: CommentedMap, note: str) -> None:
    """Set or remove the note, and keep the comments that stand below it: they belong to what comes next."""
    keys = list(block)
    if not note:
        below = _take_below(block, "note")
        del block["note"]
        _put_below(block, keys[keys.index("note") - 1], below)
    elif "note" in block:
        below = _take_below(block, "note")
        block["note"] = _scalar(note)
        if (tokens := block.ca.items.get("note")) and tokens[2] is not None:
            tokens[2].column = 0  # beside the new note, not where the old one ended
        _put_below(block, "note", below)
    else:
        place = keys.index("enabled") + 1
        below = _take_below(block, "enabled") if place == len(keys) else ""
        block.insert(place, "note", _scalar(note))
        _put_below(block, "note", below)


def _take_below(block: CommentedMap, key: str) -> str:
    """Remove and return the lines of comment and the empty lines between a value and the next one."""
    tokens = block.ca.items.get(key)
    folded = getattr(block[key], "comment", None)
    if folded is not None:
        return f"\n{folded.value}"
    if not tokens or tokens[2] is None:
        return ""
    own, line_break, below = tokens[2].value.partition("\n")
    if own:
        tokens[2].value = own + line_break
    else:
        del block.ca.items[key]
    return f"\n{below}" if below else ""


def _put_below(block: CommentedMap, key: str, below: str) -> None:
    """Let lines of comment stand between a value and the next one."""
    if not below:
        return
    tokens = block.ca.items.get(key)
    if tokens and tokens[2] is not None:
        tokens[2].value = tokens[2].value.rstrip("\n") + below
    else:
        block.ca.items[key] = [None, None, CommentToken(below, CommentMark(0)), None]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error


def _replace(path: Path, data: bytes) -> None:
    """Write a file under another name, sync it and rename it, with the mode of the old one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
