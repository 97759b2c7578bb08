"""Opening of list files, plain or gzipped, with the refusals that every reader shares: nothing there, cut, or another format."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from lxml import etree
from lxml.etree import _Element as Element

from pipeline.errors import ListError

__all__ = ["describe_start", "iter_elements", "open_list", "read_list_bytes"]

_GZIP = b"\x1f\x8b"
_LONGEST_SHOWN = 60
_CUT = (EOFError, gzip.BadGzipFile, zlib.error)


def open_list(path: Path) -> BufferedIOBase:
    """Open a file for reading, unpacked where it is gzipped, whatever its name. Raises ListError where it is missing or empty."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_GZIP))
        if not start:
            raise ListError("is empty: a sanctions list is expected", path=path)
        return gzip.open(path, "rb") if start == _GZIP else path.open("rb")
    except OSError as error:
        raise ListError(f"cannot be read: {error.strerror}", path=path) from error


def read_list_bytes(path: Path) -> bytes:
    """Read a whole file, unpacked. Raises ListError where it is missing, empty, or a gzip file that is cut or damaged."""
    with open_list(path) as file:
        try:
            data = file.read()
        except _CUT as error:
            raise ListError(f"is a gzip file that is cut or damaged: {error}", path=path) from error
    if not data.strip():
        raise ListError("is empty: a sanctions list is expected", path=path)
    return data


def describe_start(data: bytes) -> str:
    """Say what a file is that is not the one expected, by its first bytes."""
    start = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:200]
    if start[:5].lower() == b"<html" or start[:9].lower() == b"<!doctype":
        return "an HTML page"
    if start.startswith(b"<"):
        return "XML or HTML"
    if start[:1] in (b"{", b"["):
        return "JSON"
    shown = start.split(b"\n")[0].decode("utf-8", "replace").strip()
    return f"a line {shown[:_LONGEST_SHOWN]!r}"


def iter_elements(path: Path, *, root: str, tags: frozenset[str]) -> Iterator[Element]:
    """Yield the root of an XML file when it opens, then every element of `tags`, complete, one after the other.

    Names are without namespaces, comments are left out. An element is emptied once the next one is asked for, so memory does not grow
    with the file. Entities are never resolved, and a file with a document type is refused. Raises ListError where the file is no XML, has
    another root, or ends before its root is closed.
    """
    with open_list(path) as file:
        wanted = [f"{{*}}{name}" for name in (root, *tags)]
        events = etree.iterparse(
            file,
            events=("start", "end"),
            tag=wanted,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            yield from _walk(events, path, root)
        except etree.XMLSyntaxError as error:
            raise ListError(f"is no complete XML list of <{root}>: {error.msg}; it begins with {_start_of(path)}", path=path) from error
        except _CUT as error:
            raise ListError(f"is a gzip file that is cut or damaged: {error}", path=path) from error


def _walk(events: etree.iterparse, path: Path, root: str) -> Iterator[Element]:
    opened = False
    for event, element in events:
        name = etree.QName(element).localname
        if not opened:
            if name != root or element.getparent() is not None:
                break
            if element.getroottree().docinfo.internalDTD is not None:
                raise ListError("has a document type, which no list has: refused", path=path)
            opened = True
            yield element
        elif event == "end" and element.getparent() is not None:
            _drop_namespaces(element)
            yield element
            _forget(element)
    if not opened:
        raise ListError(f"is no list: the root <{root}> is expected, found {_start_of(path)}", path=path)


def _drop_namespaces(element: Element) -> None:
    for each in element.iter():
        _, brace, local = each.tag.rpartition("}")
        if brace:
            each.tag = local


def _forget(element: Element) -> None:
    parent = element.getparent()
    element.clear()
    while element.getprevious() is not None:
        del parent[0]


def _start_of(path: Path) -> str:
    with open_list(path) as file:
        try:
            return describe_start(file.read(200))
        except _CUT:
            return "damaged data"
