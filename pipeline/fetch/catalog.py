"""feeds.yaml: read, checked as a whole, and narrowed to the feeds that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml
from pydantic import ValidationError

from models.feeds import FeedSource
from pipeline.errors import ConfigurationError, UsageError
from pipeline.text.urls import url_key

__all__ = ["load_catalog", "select_feeds"]

_FIELDS = tuple(FeedSource.model_fields)
_UNREADABLE = object()


@dataclass(frozen=True, slots=True)
class _Fault:
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class _Item:
    """One feed with the lines it and its keys stand on."""

    source: FeedSource
    lines: dict[str, int]


def load_catalog(path: Path) -> tuple[FeedSource, ...]:
    """Read the list of feeds in its own order.

    Raises ConfigurationError with every fault of the file, one a line, each with file, line and feed.
    """
    faults: list[_Fault] = []
    items = [item for node in _feed_nodes(_compose(path), faults) if (item := _read_feed(node, faults))]
    faults += _find_repeats(items)
    if not items and not faults:
        faults.append(_Fault(1, "the list of feeds is empty: add at least one feed"))
    if faults:
        lines = sorted({(fault.line, fault.message) for fault in faults})
        raise ConfigurationError("\n".join(f"{path}:{line}: {message}" for line, message in lines))
    return tuple(item.source for item in items)


def select_feeds(catalog: Sequence[FeedSource], only: Sequence[str]) -> tuple[FeedSource, ...]:
    """Return the feeds named in `only`, in the order of the catalog; all of them where nothing is named.

    Raises UsageError for names that are not there, with names that are close.
    """
    if not only:
        return tuple(catalog)
    ids = [source.id for source in catalog]
    unknown = [f"no feed is called {name!r}{_did_you_mean(name, ids)}" for name in dict.fromkeys(only) if name not in ids]
    if unknown:
        raise UsageError("\n".join(unknown))
    return tuple(source for source in catalog if source.id in only)


def _compose(path: Path) -> yaml.Node:
    """Parse the file into nodes, which know their lines."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError("there is no such file: name the list of feeds with --feeds or PENINSULA_FEEDS", path=path) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError("is not in UTF-8: save it again in that encoding", path=path, line=line) from error
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigurationError(f"is not valid YAML: {error.problem}", path=path, line=mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"is not valid YAML: {error}", path=path) from error
    if root is None:
        raise ConfigurationError("is empty: it needs a list under the key 'feeds'", path=path)
    return root


def _feed_nodes(root: yaml.Node, faults: list[_Fault]) -> list[yaml.MappingNode]:
    """Return the nodes of the feeds, and note what else stands in the file."""
    if not isinstance(root, yaml.MappingNode):
        faults.append(_Fault(_line(root), "must be a mapping with the key 'feeds'"))
        return []
    listing: yaml.Node | None = None
    for key, value in root.value:
        if key.value == "feeds" and listing is None:
            listing = value
        elif key.value == "feeds":
            faults.append(_Fault(_line(key), "the key 'feeds' stands twice"))
        else:
            faults.append(_Fault(_line(key), f"unknown key {key.value!r}{_did_you_mean(key.value, ['feeds'])}; only 'feeds' is known here"))
    if not isinstance(listing, yaml.SequenceNode):
        faults.append(_Fault(_line(listing or root), "needs a list under the key 'feeds'"))
        return []
    nodes = [node for node in listing.value if isinstance(node, yaml.MappingNode)]
    others = [node for node in listing.value if not isinstance(node, yaml.MappingNode)]
    faults += [_Fault(_line(node), "must be a feed: 'id: …', 'url: …' and so on, one key a line") for node in others]
    return nodes


def _read_feed(node: yaml.MappingNode, faults: list[_Fault]) -> _Item | None:
    """Check one feed; note every fault of it and return None where there is any."""
    found: list[_Fault] = []
    values, lines = _read_keys(node, found)
    source = None
    try:
        source = FeedSource.model_validate({name: value for name, value in values.items() if value is not _UNREADABLE})
    except ValidationError as error:
        readable = [details for details in error.errors() if values.get(str(details["loc"][0])) is not _UNREADABLE]
        found += [_explain(str(each["loc"][0]), each["type"], each["msg"], each["input"], lines) for each in readable]
    label = f"feed {values['id']!r}: " if values.get("id", _UNREADABLE) is not _UNREADABLE else "feed without id: "
    faults += [_Fault(fault.line, label + fault.message) for fault in found]
    return None if source is None or found else _Item(source, lines)


def _read_keys(node: yaml.MappingNode, faults: list[_Fault]) -> tuple[dict[str, object], dict[str, int]]:
    """Return the values of a feed by key, and the lines of the keys; "" is the line of the feed itself."""
    values: dict[str, object] = {}
    lines = {"": _line(node)}
    for key, value in node.value:
        name = str(key.value)
        if name in lines:
            faults.append(_Fault(_line(key), f"the key {name!r} stands twice"))
            continue
        lines[name] = _line(key)
        try:
            values[name] = _construct(value)
        except (yaml.YAMLError, ValueError) as error:
            faults.append(_Fault(_line(value), f"{name}: cannot be read: {getattr(error, 'problem', None) or error}"))
            values[name] = _UNREADABLE
    return values, lines


def _construct(node: yaml.Node) -> object:
    """Turn one node into plain values, with the safe constructor only."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _explain(name: str, kind: str, message: str, given: object, lines: dict[str, int]) -> _Fault:
    """Word a fault of the shape in the terms of the file."""
    line = lines.get(name, lines[""])
    if kind == "extra_forbidden":
        return _Fault(line, f"unknown key {name!r}{_did_you_mean(name, _FIELDS)}")
    if kind == "missing":
        return _Fault(line, f"the key {name!r} is missing")
    message = message.removeprefix("Value error, ")
    shown = "" if repr(given) in message else f", not {given!r}"
    hint = " (put the value in quotes)" if kind == "string_type" and not isinstance(given, dict | list) and given is not None else ""
    return _Fault(line, f"{name}: {message[:1].lower()}{message[1:]}{shown}{hint}")


def _find_repeats(items: Sequence[_Item]) -> list[_Fault]:
    """Find ids and addresses that stand twice; addresses are compared by their keys."""
    return [
        *_repeats(((item.source.id, item) for item in items), "id"),
        *_repeats(((url_key(item.source.url), item) for item in items), "url"),
    ]


def _repeats(keyed: Iterable[tuple[str, _Item]], name: str) -> list[_Fault]:
    first: dict[str, _Item] = {}
    faults = []
    for key, item in keyed:
        earlier = first.setdefault(key, item)
        if earlier is not item:
            where = f"feed {earlier.source.id!r} on line {earlier.lines[name]}"
            faults.append(
                _Fault(item.lines[name], f"feed {item.source.id!r}: {name} {getattr(item.source, name)!r} is already that of {where}")
            )
    return faults


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(str(name), list(known), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(repr(match) for match in close)}?)" if close else ""


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
