"""Turn bytes into an HTML tree, an HTML tree into text with paragraphs, and read the JSON that a page carries."""

from __future__ import annotations

import codecs
import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

__all__ = ["decode_page", "html_to_text", "iterate_jsonld", "normalise_space", "parse_html", "read_jsons", "strip_controls"]

_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})|<\?xml[^>]{0,100}encoding\s*=\s*["']([A-Za-z0-9_-]{2,20})""", re.I
)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# C0 and C1 controls, without tab, line feed and carriage return; lone surrogates; the byte order mark within a text.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_BLOCKS = {
    "p", "div", "br", "li", "ul", "ol", "tr", "table", "section", "article", "header", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "blockquote", "pre", "hr", "figure", "figcaption", "dt", "dd", "main", "aside",
}  # fmt: skip
_HIDDEN = {"script", "style", "noscript", "template", "iframe", "svg", "button", "form", "figure", "figcaption", "nav", "aside"}
_CLOSED_ROOT = re.compile(r"(<html\b[^>]*)/>", re.IGNORECASE)
_START = 4_096
"""Characters in which the root element of a page begins."""
_NODES = 200_000
"""JSON nodes visited at most; the largest state objects of news pages have some ten thousand."""


def strip_controls(text: str) -> str:
    """Remove characters that no text holds and no database takes: control characters, halves of surrogate pairs."""
    return _CONTROLS.sub("", text)


def decode_page(body: bytes, content_type: str | None = None) -> str:
    """Turn a body into text, whatever it says of its own encoding.

    Text that is valid UTF-8 is UTF-8: no other encoding looks like it by chance. Then the declared encodings are
    tried (EUC-KR as its superset CP949), then undeclared Korean, and at last the one that loses least.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return strip_controls(body.decode(name, errors="replace"))
    declared = _declared_encodings(body, content_type)
    for name in ("utf-8", *declared, "euc_kr", "cp949"):
        try:
            text = body.decode(name)
        except UnicodeDecodeError:
            continue
        if name in declared or name == "utf-8" or _looks_korean(text):
            return strip_controls(text)
    names = ("utf-8", *declared, "cp949")
    text = min((body.decode(name, errors="replace") for name in names), key=lambda decoded: decoded.count("\ufffd"))
    if not declared and text.count("\ufffd") > len(text) // 200:
        text = body.decode("cp1252", errors="replace")
    return strip_controls(text)


def _declared_encodings(body: bytes, content_type: str | None) -> tuple[str, ...]:
    names = re.findall(r"charset\s*=\s*[\"']?([A-Za-z0-9_-]+)", content_type or "", re.I)
    names += [(match[1] or match[2]).decode("ascii") for match in _DECLARED.finditer(body[:8192])]
    known = []
    for name in names:
        try:
            found = codecs.lookup(name).name
            # Codecs of bytes, such as hex, are known by name too and are no encodings of text.
            b"a".decode(found, errors="replace")
        except (LookupError, UnicodeError):
            continue
        # Browsers read EUC-KR as CP949 and Latin-1 as CP1252; pages rely on it.
        known.append({"euc_kr": "cp949", "ks_c-5601": "cp949", "iso8859-1": "cp1252", "ascii": "cp1252"}.get(found, found))
    return tuple(dict.fromkeys(known))


def _looks_korean(text: str) -> bool:
    foreign = [character for character in text[:20_000] if character > "\x7f"]
    hangul = sum("\uac00" <= character <= "\ud7a3" for character in foreign)
    return hangul >= 10 and hangul >= 0.7 * len(foreign)


def parse_html(html: str) -> HtmlElement | None:
    """Parse a page; None where there is nothing to parse. An encoding declared inside is ignored: this is text."""
    if not html.strip() or "<" not in html:
        return None
    # The parser drops everything after an <html …/> that closes itself.
    html = _CLOSED_ROOT.sub(r"\1>", html[:_START], count=1) + html[_START:]
    try:
        tree = document_fromstring(
            html.encode("utf-8", errors="replace"), parser=HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    return tree


def html_to_text(html: str) -> str:
    """Turn the HTML of a body (or a plain text) into text with one paragraph a line."""
    if "<" not in html and "&" not in html:
        return normalise_space(html)
    tree = parse_html(f"<html><body><div>{html}</div></body></html>")
    if tree is None:
        return ""
    return normalise_space("".join(_texts(tree)))


def _texts(tree: HtmlElement) -> Iterator[str]:
    hidden = 0
    for event, node in etree.iterwalk(tree, events=("start", "end")):
        name = node.tag if isinstance(node.tag, str) else "script"
        if event == "start":
            hidden += name in _HIDDEN
            if name in _BLOCKS:
                yield "\n"
            if not hidden and node.text:
                yield re.sub(r"[\r\n\t ]+", " ", node.text)
        else:
            hidden -= name in _HIDDEN
            if name in _BLOCKS:
                yield "\n"
            if not hidden and node.tail:
                yield re.sub(r"[\r\n\t ]+", " ", node.tail)


def normalise_space(text: str) -> str:
    """Strip lines and drop empty ones; runs of blanks become one."""
    lines = (re.sub(r"[ \t\r\xa0]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def iterate_jsonld(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield every object of the page's JSON-LD, outer ones first; broken blocks are passed over.

    Items of lists of other articles are left out: they speak of other pages.
    """
    for node in tree.iter("script"):
        if "ld+json" in node.get("type", ""):
            for document in read_jsons(node.text or ""):
                yield from _iterate_objects(document)


def _iterate_objects(document: object) -> Iterator[dict[str, Any]]:
    queue, seen = deque([document]), 0
    while queue and seen < _NODES:
        seen += 1
        node = queue.popleft()
        if isinstance(node, list):
            queue.extend(node)
        elif isinstance(node, dict):
            if node.get("@type") in ("ItemList", "BreadcrumbList", "Comment"):
                continue
            yield node
            queue.extend(value for value in node.values() if isinstance(value, dict | list))


def read_jsons(text: str) -> Iterator[object]:
    """Yield the JSON document in `text`, and nothing where it is none; raw control characters are let pass."""
    stripped = text.strip().removeprefix("<!--").removesuffix("-->").removeprefix("<![CDATA[").removesuffix("]]>").strip().rstrip(";")
    if not stripped:
        return
    try:
        yield json.loads(stripped, strict=False)
    except (ValueError, RecursionError):
        return
