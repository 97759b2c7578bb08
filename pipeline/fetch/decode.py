"""Bytes of a feed to text, whatever its header and its declaration claim."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator

__all__ = ["decode_feed", "name_encoding"]

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX](?P<hexadecimal>[0-9a-fA-F]{1,8})|(?P<decimal>[0-9]{1,10}));")

KOREAN = "cp949"
"""What Korean servers mean by EUC-KR: a superset that holds every syllable."""

FEW = 0.01
"""Share of broken characters up to which a text is still taken for UTF-8: a cut title breaks one, a wrong encoding nearly all."""


def decode_feed(body: bytes, content_type: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the text, free of characters that XML forbids, and warnings about what was wrong.

    A byte order mark decides; then escape-sequence encodings that are declared; then UTF-8, which other encodings
    hardly ever pass for; then what is declared inside, what the header says, and Korean.
    """
    text, encoding, warnings = _decode(body, content_type)
    if claimed := _claims(body, content_type):
        wrong = [name for name in claimed if _same_codec(name) != _same_codec(encoding)]
        if wrong and not text.isascii():
            warnings = (*warnings, f"declared as {' and '.join(dict.fromkeys(wrong))}, but is in {encoding}")
    cleaned, count = _FORBIDDEN.subn("", _REFERENCE.sub(_check_reference, text))
    if count:
        warnings = (*warnings, f"characters that XML forbids were removed: {count}")
    return cleaned, warnings


def name_encoding(body: bytes, content_type: str | None) -> str:
    """Return the encoding that `decode_feed` reads a body in."""
    return _decode(body, content_type)[1]


def _check_reference(match: re.Match[str]) -> str:
    """Return a reference to a character by number, or nothing where XML forbids that character: feedparser breaks on some."""
    code = int(match["hexadecimal"], 16) if match["hexadecimal"] else int(match["decimal"])
    if code > sys.maxunicode or _FORBIDDEN.match(chr(code)):
        return ""
    return match[0]


def _decode(body: bytes, content_type: str | None) -> tuple[str, str, tuple[str, ...]]:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace").removeprefix("\ufeff"), encoding, ()
    for encoding in _candidates(body, content_type):
        try:
            return body.decode(encoding), encoding, ()
        except (UnicodeError, LookupError):
            continue
    text = body.decode("utf-8", errors="replace")
    return text, "utf-8", (f"characters that could not be decoded: {text.count(chr(0xFFFD))}",)


def _candidates(body: bytes, content_type: str | None) -> Iterator[str]:
    """Yield encodings to try strictly, the surest first."""
    claimed = _claims(body, content_type)
    yield from (name for name in claimed if name.startswith(("iso-2022", "utf-16", "utf-32")))
    yield "utf-8"
    if _is_nearly_utf8(body):
        return
    yield from (KOREAN if _same_codec(name) == "euc_kr" else name for name in claimed)
    yield KOREAN


def _claims(body: bytes, content_type: str | None) -> list[str]:
    """Return the encodings that the document and the header name, in that order."""
    inside = _DECLARED.match(body.lstrip(b"\x00 \t\r\n"))
    outside = _CHARSET.search(content_type or "")
    return [name for name in ((inside[1].decode("ascii").lower() if inside else ""), (outside[1].lower() if outside else "")) if name]


def _is_nearly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    foreign = sum(1 for character in text if character > "\x7f")
    return foreign > 0 and broken <= max(FEW * foreign, 0)


def _same_codec(name: str) -> str:
    """Return one name for encodings that are the same for us."""
    try:
        known = codecs.lookup(name).name.replace("-", "_")
    except LookupError:
        return name
    return "euc_kr" if known in {"cp949", "johab"} else known
