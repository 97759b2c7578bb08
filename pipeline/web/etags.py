"""Entity tags: a client that has an answer already is told so in a few bytes.

Tags are weak (RFC 9110, 8.8.1): equal tags mean the same content, in whatever compression it is sent.
"""

from __future__ import annotations

import re
from hashlib import sha256

__all__ = ["is_known", "make_etag"]

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def make_etag(*parts: object) -> str:
    """Return the tag of an answer that depends on these parts and on nothing else."""
    joined = "\x1f".join(part.hex() if isinstance(part, bytes) else str(part) for part in parts)
    return f'W/"{sha256(joined.encode(errors="surrogatepass")).hexdigest()[:24]}"'


def is_known(header: str | None, etag: str) -> bool:
    """Tell whether the header If-None-Match of a request names the tag; "*" names every tag."""
    if header is None:
        return False
    return header.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(header)
