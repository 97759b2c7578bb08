"""The explorer: pages made on the server from what `pipeline.query` finds, readable without scripts.

Every state of a page is its address: the pairs of the filter, as `pipeline.query.parse_query` reads them. A form that was left empty in
parts is sent to the address without the empty pairs, so that addresses are short and the same question has the same address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.types import Scope

from models.filters import FIELDS, EntityFilter, EventFilter, FieldKind, Page, Sort
from models.findings import EventFound, Facet, FacetValue, TimePoint
from models.vocabulary import (
    AmountRole,
    ArgumentRole,
    AttributionKind,
    Bound,
    DefinedEnum,
    EventType,
    FeedKind,
    Genericity,
    Label,
    Modality,
    Precision,
    QuantityRole,
    ReviewStatus,
)
from pipeline.publish import FORMATS
from pipeline.query import QueryError, Reader, describe, parse_filter, parse_query
from pipeline.text.faults import did_you_mean
from pipeline.text.printable import printable
from pipeline.web import charts, highlight
from pipeline.web.saved import CANNED, Address

__all__ = ["FACETS", "mount_static", "page_routes"]

STATIC = Path(__file__).parent / "static"

_EXPORT_NAMES = {
    "csv": "CSV",
    "jsonl": "JSON Lines",
    "parquet": "Parquet",
    "geojson": "GeoJSON",
    "ftm": "FollowTheMoney",
    "plover": "PLOVER",
    "cameo": "CAMEO",
}
_ORDERS = {
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.PUBLISHED: "Last published first",
    Sort.CHANGED: "Last changed first",
    Sort.AMOUNT: "Largest amount first",
    Sort.SOURCES: "Most sources first",
    Sort.SCORE: "Surest first",
}

FACETS = (
    "type",
    "modality",
    "actor",
    "target",
    "speaker",
    "place",
    "country",
    "list",
    "program",
    "publisher",
    "source_kind",
    "lang",
    "currency",
    "year",
    "status",
)
"""What results are counted by, in the order of the page."""

_OPEN_FACETS = 6
_MOST_VALUES = 8
_MOST_MONTHS = 72
"""Bars of the small drawing above the results; longer stretches are counted by year."""
_MOST_PLACES = 200
_MOST_NODES = 12
_EVENTS_OF_ENTITY = 10
_WEB = {"http", "https"}
_NAMED = {field.name for field in FIELDS if field.kind is FieldKind.NAME}
_REPEATS = {field.name for field in FIELDS if field.kind.repeats}
_UNUSUAL_WORDS = {
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
_VOCABULARIES: tuple[tuple[str, type[DefinedEnum]], ...] = (
    ("Types of event", EventType),
    ("Modality: what is said of an event", Modality),
    ("Attribution: how a claim is attributed", AttributionKind),
    ("Genericity", Genericity),
    ("Roles", ArgumentRole),
    ("Kinds of names", Label),
    ("Precision of dates", Precision),
    ("Roles of amounts", AmountRole),
    ("Bounds of amounts", Bound),
    ("Roles of counts and measures", QuantityRole),
    ("Kinds of source", FeedKind),
    ("Review", ReviewStatus),
    ("Orders", Sort),
)

OpenReader = Callable[[], Reader]


def page_routes(open_reader: OpenReader) -> APIRouter:
    """Return the routes of all pages; `open_reader` gives the reader that a request asks, which stays open."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    explorer = _Explorer(open_reader)
    for path, page in (
        ("/", explorer.events),
        ("/events", explorer.events),
        ("/events/{event_id}", explorer.event),
        ("/entities", explorer.entities),
        ("/entities/{entity_id}", explorer.entity),
        ("/places", explorer.places),
        ("/plots", explorer.plots),
        ("/sources", explorer.sources),
        ("/saved", explorer.saved),
        ("/codebook", explorer.codebook),
        ("/help", explorer.help),
    ):
        router.add_api_route(path, page, methods=["GET", "HEAD"])
    return router


def mount_static(app: FastAPI) -> None:
    """Serve style sheets, scripts and outlines under `/static`."""
    app.mount("/static", _LastingFiles(directory=STATIC), name="static")


class _LastingFiles(StaticFiles):
    """Files whose address has their hash: a browser need not ask for them again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v="):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@dataclass(frozen=True, slots=True)
class _Step:
    """A link that changes the question by one value: chips take it away, facets add it or exclude it."""

    label: str
    value: str
    address: Address
    count: int = 0
    chosen: bool = False
    without: Address | None = None


class _Explorer:
    """What each page shows. Methods are the routes; each takes what it needs from one reader and renders a template."""

    def __init__(self, open_reader: OpenReader) -> None:
        self._open = open_reader

    def events(self, request: Request) -> Response:
        """Search: results with facets and a drawing of their dates."""
        return self._on_filter(request, "events.html", self._find)

    def places(self, request: Request) -> Response:
        """Show the places of the events found on a map."""
        return self._on_filter(request, "places.html", self._locate)

    def plots(self, request: Request) -> Response:
        """Plot the events found and their amounts over time."""
        return self._on_filter(request, "plots.html", self._plot)

    def event(self, event_id: str) -> Response:
        """Show one event with every passage; the address of a merged event leads to the one that stands for it."""
        reader = self._open()
        event = reader.event(event_id)
        if event is None:
            return _missing("event", event_id)
        if event.id != event_id:
            return RedirectResponse(f"/events/{event.id}", HTTPStatus.SEE_OTHER)
        return _render("event.html", event=event, passages=reader.passages(event.id), relations=_related(reader, event))

    def entities(self, request: Request) -> Response:
        """List persons, bodies, places, ships."""
        address, changed = _asked(request, "/entities")
        if changed:
            return RedirectResponse(str(address), HTTPStatus.SEE_OTHER)
        try:
            wanted = _entity_filter(address)
        except QueryError as error:
            return _render("entities.html", HTTPStatus.BAD_REQUEST, address=address, error=str(error), found=None, labels=tuple(Label))
        found = self._open().entities(wanted)
        return _render("entities.html", address=address, found=found, labels=tuple(Label), most=wanted.limit)

    def entity(self, entity_id: str) -> Response:
        """Show one entity: names, offices, lists, who acts with it, and its events."""
        reader = self._open()
        entity = reader.entity(entity_id)
        if entity is None:
            return _missing("entity", entity_id)
        wanted = EventFilter(entity=(entity_id,))
        found = reader.find(wanted, Page(limit=_EVENTS_OF_ENTITY))
        timeline = reader.timeline(wanted)
        address = Address("/events", (("entity", entity_id),))
        graph = charts.draw_graph(entity.co_actors[:_MOST_NODES])
        return _render("entity.html", entity=entity, found=found, address=address, graph=graph, **_bars(timeline))

    def sources(self) -> Response:
        """List the publishers."""
        return _render("sources.html", sources=self._open().sources())

    def saved(self) -> Response:
        """List the questions that come with the explorer; the browser adds those that it keeps."""
        return _render("saved.html", canned=CANNED)

    def codebook(self) -> Response:
        """Explain every field and value."""
        return _render("codebook.html", vocabularies=_VOCABULARIES, record=_field_texts(EventFound))

    def help(self) -> Response:
        """Explain how to ask."""
        return _render("help.html")

    def _on_filter(self, request: Request, template: str, show: Callable[[Reader, Address], Mapping[str, Any]]) -> Response:
        """Answer with a page on what a filter finds. A wrong question gets its message, and the form with what was typed."""
        address, changed = _asked(request, request.url.path)
        if changed:
            return RedirectResponse(str(address), HTTPStatus.SEE_OTHER)
        try:
            return _render(template, address=address, **show(self._open(), address))
        except QueryError as error:
            chips = [_chip(address, name, value, {}) for name, value in address.filter.pairs]
            return _render(template, HTTPStatus.BAD_REQUEST, address=address, error=str(error), faulty=error.field, chips=chips)

    def _find(self, reader: Reader, address: Address) -> Mapping[str, Any]:
        wanted, page = parse_query(address.pairs)
        found = reader.find(wanted, page)
        total, facets = reader.facets(wanted, FACETS, _MOST_VALUES)
        names = _names(facets)
        return {
            "found": found,
            "total": total,
            "page": page,
            "facets": [(facet, _steps(address, facet)) for facet in facets if facet.values],
            "open_facets": _OPEN_FACETS,
            **_question(address, wanted, names, sort=page.sort),
            **_bars(reader.timeline(wanted)),
            "exports": [(_EXPORT_NAMES.get(name, name), form) for name, form in FORMATS.items()],
            "canned": () if address.pairs else CANNED,
        }

    def _locate(self, reader: Reader, address: Address) -> Mapping[str, Any]:
        wanted = parse_filter(address.pairs)
        total, (facet, *others) = reader.facets(wanted, ("place", *_naming_facets(address)), _MOST_PLACES)
        places = tuple(_place_counts(reader, facet))
        maps = [(view, charts.draw_dots(view, places)) for view in charts.VIEWS]
        unplaced = [value for value in facet.values if value.value not in {place.id for place in places}]
        return {"total": total, "places": places, "maps": maps, "unplaced": unplaced, **_question(address, wanted, _names(others))}

    def _plot(self, reader: Reader, address: Address) -> Mapping[str, Any]:
        wanted = parse_filter(address.pairs)
        points = reader.timeline(wanted)
        total, facets = reader.facets(wanted, _naming_facets(address), _MOST_VALUES)
        names = {kind.value: _words(kind) for kind in EventType if kind in _UNUSUAL_WORDS}
        return {"total": total, "points": points, "type_names": names, **_question(address, wanted, _names(facets)), **_bars(points)}


def _asked(request: Request, path: str) -> tuple[Address, bool]:
    """Return the address that was asked for without empty pairs, and whether there were any."""
    pairs = request.query_params.multi_items()
    given = tuple((name, value.strip()) for name, value in pairs if value.strip())
    return Address(path, given), len(given) != len(pairs)


def _question(address: Address, wanted: EventFilter, names: Mapping[str, str], *, sort: Sort | None = None) -> Mapping[str, Any]:
    chips = [_chip(address, name, value, names) for name, value in address.filter.pairs]
    return {"words": describe(wanted, sort=sort), "chips": chips}


def _chip(address: Address, name: str, value: str, names: Mapping[str, str]) -> _Step:
    bare = value.removeprefix("!")
    shown = names.get(bare) or _words(bare)
    return _Step(_words(name), f"not {shown}" if bare != value else shown, address.without(name, value))


def _names(facets: Sequence[Facet]) -> dict[str, str]:
    """Return what people read for values that are ids, as far as they are among the facets."""
    return {value.value: value.label for facet in facets for value in facet.values if value.label != value.value}


def _naming_facets(address: Address) -> tuple[str, ...]:
    """Return the facets that tell the names of the ids in the address; of none where it has no ids."""
    return ("actor", "target", "speaker", "place") if any(name in _NAMED for name, _ in address.pairs) else ()


def _steps(address: Address, facet: Facet) -> list[_Step]:
    return [_step(address, facet.field, value) for value in facet.values]


def _step(address: Address, name: str, value: FacetValue) -> _Step:
    if name == "year":
        chosen = address.has("since", value.value) and address.has("until", value.value)
        target = address.without("since").without("until") if chosen else address.within(value.value)
        return _Step(value.label, value.value, target, value.count, chosen)
    chosen = address.has(name, value.value)
    target = address.without(name, value.value) if chosen else address.adding(name, value.value)
    without = address.adding(name, "!" + value.value) if name in _REPEATS and not chosen else None
    return _Step(value.label, value.value, target, value.count, chosen, without)


def _bars(points: Sequence[TimePoint]) -> Mapping[str, Any]:
    shown = points if len(charts.fill_gaps(points)) <= _MOST_MONTHS else charts.merge_years(points)
    return {
        "timeline": shown,
        "count_bars": charts.draw_bars(shown, lambda point: point.count),
        "usd_bars": charts.draw_bars(shown, lambda point: point.usd),
    }


def _place_counts(reader: Reader, facet: Facet) -> Iterator[charts.PlaceCount]:
    """Yield the places that have coordinates; an event that happens there knows them."""
    for value in facet.values:
        for event in reader.find(EventFilter(place=(value.value,)), Page(limit=1)).events:
            place = event.place
            if place is not None and place.id == value.value and place.latitude is not None and place.longitude is not None:
                yield charts.PlaceCount(value.value, value.label, place.latitude, place.longitude, value.count)


_ENTITY_FIELDS = ("name", "label", "listed", "officials")


def _entity_filter(address: Address) -> EntityFilter:
    """Return the filter of the page of entities; raise QueryError for what it does not know."""
    values: dict[str, list[str]] = {}
    for name, value in address.pairs:
        if name not in _ENTITY_FIELDS:
            raise QueryError(f"{name!r} is no field{did_you_mean(name, _ENTITY_FIELDS)}: there are {', '.join(_ENTITY_FIELDS)}", field=name)
        values.setdefault(name, []).append(value)
    if len(names := values.get("name", [])) > 1:
        raise QueryError(f"name: {names[1]!r} is a second value, beside {names[0]!r}: give one", field="name", value=names[1])
    return EntityFilter(
        labels=tuple(_read_label(value) for value in values.get("label", ())),
        name=next(iter(names), None),
        listed=_read_flag("listed", values),
        officials=_read_flag("officials", values),
        limit=100,
    )


def _read_label(value: str) -> Label:
    try:
        return Label(value.upper())
    except ValueError:
        known = [label.value for label in Label]
        raise QueryError(
            f"label: {value!r} is no kind of name{did_you_mean(value.upper(), known)}: {', '.join(known)}", field="label", value=value
        ) from None


def _read_flag(name: str, values: Mapping[str, Sequence[str]]) -> bool:
    for value in values.get(name, ()):
        if value not in {"yes", "no"}:
            raise QueryError(f"{name}: {value!r} is neither 'yes' nor 'no'", field=name, value=value)
    return "yes" in values.get(name, ())


def _field_texts(record: type) -> list[tuple[str, str]]:
    """Return the fields of a record of `models.findings` with the words written at them."""
    hints = get_type_hints(record, include_extras=True)
    return [(field.name, get_args(hints[field.name])[1]) for field in fields(record) if get_origin(hints[field.name]) is Annotated]


def _words(value: str) -> str:
    """Return the value of a vocabulary, or the name of a field, as people read it; other values as they are."""
    if value in _UNUSUAL_WORDS:
        return _UNUSUAL_WORDS[value]
    if value in _KNOWN_VALUES:
        text = value.replace("_", " ")
        return text[:1].upper() + (text[1:].lower() if value.isupper() else text[1:])
    return printable(value)


_KNOWN_VALUES = {field.name for field in FIELDS} | {value.value for _, vocabulary in _VOCABULARIES for value in vocabulary} | {"year"}


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
def _static(name: str) -> str:
    """Return the address of a static file with the hash of its bytes."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def _missing(kind: str, name: str) -> Response:
    return _render("missing.html", HTTPStatus.NOT_FOUND, kind=kind, name=name)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("pipeline.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {
        "words": _words,
        "printable": printable,
        "period": highlight.period_words,
        "day": highlight.day_words,
        "event_date": highlight.date_words,
        "money": highlight.money_words,
        "short": highlight.short_number,
        "code": _code,
        "web_address": _web_address,
    }
    made.tests["korean"] = highlight.is_korean
    made.globals |= {
        "static": _static,
        "fields": FIELDS,
        "carried": _REPEATS | {"limit"},
        "orders": {sort.value: title for sort, title in _ORDERS.items()},
        "mark_trigger": highlight.mark_trigger,
        "mark_passage": highlight.mark_passage,
        "Address": Address,
        "definitions": {value.value: value.definition for _, vocabulary in _VOCABULARIES for value in vocabulary},
    }
    return made


RELATIONS = {
    "reported_by": ("It is told in", "It tells"),
    "content_of": ("It is the content of", "Its content is"),
    "reason_for": ("It is given as the reason for", "The reason given is"),
    "follows": ("It came after", "After it came"),
}
"""A kind of relation in words, read from its source and from its target."""


def _related(reader: Reader, event: EventFound) -> list[tuple[str, EventFound]]:
    """Return the events that it is related to that are in force, each with the relation in words."""
    found = []
    for relation in reader.relations(event.id):
        is_source = relation.source == event.id
        other = reader.event(relation.target if is_source else relation.source)
        if other is not None and other.id != event.id:
            found.append((RELATIONS[relation.kind][0 if is_source else 1], other))
    return found


def _render(template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    return HTMLResponse(_templates().get_template(template).render(values), status)
