"""feeds.yaml: read, checked as a whole, and narrowed to the feeds that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.feeds import FeedSource
from pipeline.errors import UsageError
from pipeline.text.faults import Fault, did_you_mean, report_faults
from pipeline.text.urls import url_key
from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["load_catalog", "select_feeds"]

_MISSING = "there is no such file: name the list of feeds with --feeds or PENINSULA_FEEDS"
_EMPTY = "is empty: it needs a list under the key 'feeds'"


@dataclass(frozen=True, slots=True)
class _Item:
    """One feed with the place it was read from."""

    source: FeedSource
    node: Node


def load_catalog(path: Path) -> tuple[FeedSource, ...]:
    """Read the list of feeds in its own order.

    Raises ConfigurationError with every fault of the file, one a line, each with file, line and feed.
    """
    root = read_yaml(path, if_missing=_MISSING, if_empty=_EMPTY)
    faults: list[Fault] = []
    items = [item for node in _feed_nodes(root, faults) if (item := _read_feed(node, faults))]
    faults += _find_repeats(items)
    if not items and not faults:
        faults.append(Fault(1, "the list of feeds is empty: add at least one feed"))
    if faults:
        raise report_faults(path, faults)
    return tuple(item.source for item in items)


def select_feeds(catalog: Sequence[FeedSource], only: Sequence[str]) -> tuple[FeedSource, ...]:
    """Return the feeds named in `only`, in the order of the catalog; all of them where nothing is named.

    Raises UsageError for names that are not there, with names that are close.
    """
    if not only:
        return tuple(catalog)
    ids = [source.id for source in catalog]
    unknown = [f"no feed is called {name!r}{did_you_mean(name, ids)}" for name in dict.fromkeys(only) if name not in ids]
    if unknown:
        raise UsageError("\n".join(unknown))
    return tuple(source for source in catalog if source.id in only)


def _feed_nodes(root: Node, faults: list[Fault]) -> list[Node]:
    """Return the nodes of the feeds, and note what else stands in the file."""
    if not root.is_mapping():
        faults.append(Fault(root.line, "must be a mapping with the key 'feeds'"))
        return []
    listing: Node | None = None
    for key, value in root.pairs():
        name = key.text()
        if name != "feeds":
            faults.append(Fault(key.line, f"unknown key {name!r}{did_you_mean(name, ['feeds'])}; only 'feeds' is known here"))
        elif listing is None:
            listing = value
        else:
            faults.append(Fault(key.line, "the key 'feeds' stands twice"))
    if listing is None or not listing.is_list():
        faults.append(Fault((listing or root).line, "needs a list under the key 'feeds'"))
        return []
    nodes = listing.members()
    hint = "must be a feed: 'id: …', 'url: …' and so on, one key a line"
    faults += [Fault(node.line, hint) for node in nodes if not node.is_mapping()]
    return [node for node in nodes if node.is_mapping()]


def _read_feed(node: Node, faults: list[Fault]) -> _Item | None:
    """Check one feed; note every fault of it and return None where there is any."""
    source, found = node.check(FeedSource)
    faults += [Fault(fault.line, f"{_name_feed(node)}: {fault.message}") for fault in found]
    return None if source is None else _Item(source, node)


def _name_feed(node: Node) -> str:
    ids = [value.text() for key, value in node.pairs() if key.text() == "id" and not value.is_mapping() and not value.is_list()]
    return f"feed {ids[0]!r}" if ids and ids[0] else "feed without id"


def _find_repeats(items: Sequence[_Item]) -> list[Fault]:
    """Find ids and addresses that stand twice; addresses are compared by their keys."""
    return [
        *_repeats(((item.source.id, item) for item in items), "id"),
        *_repeats(((url_key(item.source.url), item) for item in items), "url"),
    ]


def _repeats(keyed: Iterable[tuple[str, _Item]], name: str) -> list[Fault]:
    first: dict[str, _Item] = {}
    faults = []
    for key, item in keyed:
        earlier = first.setdefault(key, item)
        if earlier is not item:
            where = f"feed {earlier.source.id!r} on line {earlier.node.line_of(name)}"
            faults.append(
                Fault(item.node.line_of(name), f"feed {item.source.id!r}: {name} {getattr(item.source, name)!r} is already that of {where}")
            )
    return faults
