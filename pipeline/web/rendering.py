"""The templates of all pages: what they are filled with, and how people read values, addresses and days in them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from models.filters import FIELDS, Sort
from models.vocabulary import EventType
from pipeline.publish.codebook import VOCABULARIES as OTHER_VOCABULARIES
from pipeline.publish.codebook import Vocabulary
from pipeline.query import describe_rest
from pipeline.text.printable import printable
from pipeline.web import highlight
from pipeline.web.saved import Address

__all__ = ["REPEATS", "STATIC", "UNUSUAL_WORDS", "VOCABULARIES", "missing", "render", "static_address", "words"]

STATIC = Path(__file__).parent / "static"

_ORDERS = {
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.PUBLISHED: "Last published first",
    Sort.CHANGED: "Last changed first",
    Sort.AMOUNT: "Largest amount first",
    Sort.SOURCES: "Most sources first",
    Sort.SCORE: "Surest first",
}
_WEB = {"http", "https"}
REPEATS = {field.name for field in FIELDS if field.kind.repeats}
UNUSUAL_WORDS = {
    "CYBER_OP": "Cyber operation",
    "OTHER_KOREA": "Other event on Korea",
    "asserted": "Told as fact",
    "q": "Words",
    "lang": "Language",
    "list": "Sanctions list",
    "program": "Sanctions programme",
    "country": "Country of a party",
    "party": "Actor or target",
    "status": "Review",
    "amount_min": "Amount at least",
    "amount_max": "Amount at most",
    "score_min": "Score at least",
    "official": "With an official",
    "source_kind": "Kind of source",
    "en": "English",
    "ko": "Korean",
}
VOCABULARIES: tuple[Vocabulary, ...] = (("Types of event", "`type`: what happens.", EventType), *OTHER_VOCABULARIES)
"""What the codebook explains, and the pages have words for."""

_KNOWN_VALUES = {field.name for field in FIELDS} | {value.value for _, _, vocabulary in VOCABULARIES for value in vocabulary} | {"year"}


def render(template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    """Answer with a page."""
    return HTMLResponse(_templates().get_template(template).render(values), status)


def missing(kind: str, name: str, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    """Answer that there is nothing of this kind and name."""
    return render("missing.html", HTTPStatus.NOT_FOUND, kind=kind, name=name, **values)


def words(value: str) -> str:
    """Return the value of a vocabulary, or the name of a field, as people read it; other values as they are."""
    if value in UNUSUAL_WORDS:
        return UNUSUAL_WORDS[value]
    if value in _KNOWN_VALUES:
        text = value.replace("_", " ")
        return text[:1].upper() + (text[1:].lower() if value.isupper() else text[1:])
    return printable(value)


def _code(text: str) -> Markup:
    """Return a text with what stands between backticks as code."""
    return Markup("").join(Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(text.split("`")))


def _web_address(url: str) -> str | None:
    """Return an address of the web as it is, None for any other: `javascript:` and the like never become links."""
    try:
        return url if urlsplit(url).scheme.lower() in _WEB else None
    except ValueError:
        return None


@cache
def static_address(name: str) -> str:
    """Return the address of a static file with the hash of its bytes."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("pipeline.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {
        "words": words,
        "printable": printable,
        "period": highlight.period_words,
        "day": highlight.day_words,
        "event_date": highlight.date_words,
        "money": highlight.money_words,
        "short": highlight.short_number,
        "code": _code,
        "beside": describe_rest,
        "web_address": _web_address,
    }
    made.tests["korean"] = highlight.is_korean
    made.globals |= {
        "static": static_address,
        "fields": FIELDS,
        "carried": REPEATS | {"limit"},
        "orders": {sort.value: title for sort, title in _ORDERS.items()},
        "mark_trigger": highlight.mark_trigger,
        "mark_passage": highlight.mark_passage,
        "Address": Address,
        "definitions": {value.value: value.definition for _, _, vocabulary in VOCABULARIES for value in vocabulary},
    }
    return made
