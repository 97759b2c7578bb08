"""Find the body of an article in the JSON that a page carries for its own scripts.

Some publishers send an empty page and build the article in the reader's browser from such JSON.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from functools import cache

from lxml.html import HtmlElement

from pipeline.extract.markup import html_to_text, iterate_jsonld, read_jsons
from pipeline.extract.resources import DATA, compile_pattern, read_sections

__all__ = ["find_embedded_body"]

_NODES = 100_000
"""JSON nodes visited in one script at most."""
_LONGEST_SCRIPT = 5_000_000
_PUSHED = re.compile(r"""__next_f\.push\(\s*""")


def find_embedded_body(tree: HtmlElement) -> str:
    """Return the body found in JSON-LD, else in the data of scripts; "" where there is none."""
    bodies = [html_to_text(body) for node in iterate_jsonld(tree) if isinstance(body := node.get("articleBody"), str)]
    if bodies and (best := max(bodies, key=len)):
        return best
    found = [(rank, -len(text), text) for rank, text in _script_bodies(tree) if text]
    return min(found)[2] if found else ""


def _script_bodies(tree: HtmlElement) -> Iterator[tuple[int, str]]:
    """Yield the rank of the key and the text of every body; the key says more than the length."""
    for script in tree.iter("script"):
        text = script.text or ""
        if not text or len(text) > _LONGEST_SCRIPT or "ld+json" in (script.get("type") or ""):
            continue
        for document in _script_documents(text, is_json="json" in (script.get("type") or "") or script.get("id") == "__NEXT_DATA__"):
            yield from _find_bodies(document)


def _script_documents(text: str, *, is_json: bool) -> Iterator[object]:
    if is_json:
        yield from read_jsons(text)
        return
    decoder = json.JSONDecoder(strict=False)
    for pattern in _script_objects():
        for match in pattern.finditer(text):
            yield from _decode_at(decoder, text, match.end())
    for match in _PUSHED.finditer(text):
        for pushed in _decode_at(decoder, text, match.end()):
            yield from _strings_as_objects(decoder, pushed)
    yield from _loose_values(decoder, text)


def _decode_at(decoder: json.JSONDecoder, text: str, position: int) -> Iterator[object]:
    try:
        yield decoder.raw_decode(text, position)[0]
    except (ValueError, RecursionError):
        return


def _strings_as_objects(decoder: json.JSONDecoder, pushed: object) -> Iterator[object]:
    """Look into the strings that server-sent page parts wrap their JSON in."""
    for value in pushed if isinstance(pushed, list) else ():
        if isinstance(value, str):
            yield from _loose_values(decoder, value)


def _loose_values(decoder: json.JSONDecoder, text: str) -> Iterator[object]:
    """Yield `{key: value}` for the body keys found as members of objects that cannot be read whole."""
    for key in _body_keys()[:4]:
        for match in re.finditer(rf'"{key}"\s*:\s*', text):
            for value in _decode_at(decoder, text, match.end()):
                yield {key: value}


def _find_bodies(document: object) -> Iterator[tuple[int, str]]:
    ranks = {key: rank for rank, key in enumerate(_body_keys())}
    queue, seen = deque([document]), 0
    while queue and seen < _NODES:
        seen += 1
        node = queue.popleft()
        if isinstance(node, list):
            queue.extend(value for value in node if isinstance(value, dict | list))
        elif isinstance(node, dict):
            for key, value in node.items():
                if key in ranks and (text := _read_body(value)):
                    yield ranks[key], text
                elif isinstance(value, dict | list):
                    queue.append(value)


def _read_body(value: object) -> str:
    """Read a body given as HTML, as plain text, or as a list of paragraphs; "" where it is something else."""
    if isinstance(value, str):
        # Addresses, tokens and labels stand under the same keys; a body has sentences.
        return html_to_text(value) if len(value) >= 100 and value.count(" ") >= 10 else ""
    if isinstance(value, list):
        parts = [part if isinstance(part, str) else _paragraph(part) for part in value]
        text = "\n".join(html_to_text(part) for part in parts if part)
        return text if len(text) >= 100 else ""
    return ""


def _paragraph(part: object) -> str:
    if not isinstance(part, dict) or part.get("type") not in (None, "text", "paragraph", "p", "header", "raw_html", "html"):
        return ""
    content = next((part[key] for key in ("content", "text", "value", "html") if isinstance(part.get(key), str)), "")
    return str(content)


@cache
def _body_keys() -> tuple[str, ...]:
    return tuple(item.string() for item in read_sections(DATA / "page.yaml")["body_key"])


@cache
def _script_objects() -> tuple[re.Pattern[str], ...]:
    return tuple(compile_pattern(item) for item in read_sections(DATA / "page.yaml")["script_object"])
