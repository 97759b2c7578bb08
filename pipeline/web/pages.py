"""The explorer: pages made on the server from what `pipeline.query` finds, readable without scripts.

Every state of a page is its address: the pairs of the filter, as `pipeline.query.parse_query` reads them. A form that was left empty in
parts is sent to the address without the empty pairs, so that addresses are short and the same question has the same address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from models.filters import FIELDS, EntityFilter, EventFilter, FieldKind, Page, Sort
from models.findings import EventFound, Facet, FacetValue, Timeline
from models.vocabulary import EventType, Label
from pipeline.publish import FORMATS
from pipeline.publish.records import describe_fields
from pipeline.query import QueryError, Reader, describe, parse_filter, parse_query
from pipeline.text.faults import did_you_mean
from pipeline.text.printable import printable
from pipeline.web import charts
from pipeline.web.article_page import article_page
from pipeline.web.parameters import Asked
from pipeline.web.rendering import REPEATS, STATIC, UNUSUAL_WORDS, VOCABULARIES, missing, render, words
from pipeline.web.saved import CANNED, Address

__all__ = ["FACETS", "mount_static", "page_routes"]

_EXPORT_NAMES = {
    "csv": "CSV",
    "jsonl": "JSON Lines",
    "parquet": "Parquet",
    "geojson": "GeoJSON",
    "ftm": "FollowTheMoney",
    "plover": "PLOVER",
    "cameo": "CAMEO",
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
_NAMED = {field.name for field in FIELDS if field.kind is FieldKind.NAME}
_CODED = {field.name for field in FIELDS if field.kind in {FieldKind.CHOICE, FieldKind.CODE}}

OpenReader = Callable[[], Reader]


def page_routes(open_reader: OpenReader, *, with_text: bool, has_desk: bool) -> APIRouter:
    """Return the routes of all pages; `open_reader` gives the reader that a request asks, which stays open.

    `with_text` says that whole texts of articles may be shown, `has_desk` that there is a review desk to link to.
    """
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    explorer = _Explorer(open_reader, with_text=with_text, has_desk=has_desk)
    for path, page in (
        ("/", explorer.events),
        ("/events", explorer.events),
        ("/events/{event_id}", explorer.event),
        ("/articles/{name}", explorer.article),
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

    def __init__(self, open_reader: OpenReader, *, with_text: bool, has_desk: bool) -> None:
        self._open, self._with_text, self._has_desk = open_reader, with_text, has_desk

    def _show(self, template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
        return render(template, status, has_desk=self._has_desk, **values)

    def _missing(self, kind: str, name: str) -> Response:
        return missing(kind, name, has_desk=self._has_desk)

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
            return self._missing("event", event_id)
        if event.id != event_id:
            return RedirectResponse(f"/events/{event.id}", HTTPStatus.SEE_OTHER)
        return self._show("event.html", event=event, passages=reader.passages(event.id), relations=_related(reader, event))

    def article(self, request: Request, name: str) -> Response:
        """Show one article: its address, its text where it may be shown, what it names and tells, its versions."""
        return article_page(request, self._open(), name, path="/articles", with_text=self._with_text, has_desk=self._has_desk)

    def entities(self, request: Request) -> Response:
        """List persons, bodies, places, ships."""
        address, changed = _asked(request, "/entities")
        if changed:
            return RedirectResponse(str(address), HTTPStatus.SEE_OTHER)
        try:
            found = self._open().find_entities(_entity_filter(address))
        except QueryError as error:
            return self._show("entities.html", HTTPStatus.BAD_REQUEST, address=address, error=str(error), found=None, labels=tuple(Label))
        return self._show("entities.html", address=address, found=found, labels=tuple(Label))

    def entity(self, entity_id: str) -> Response:
        """Show one entity: names, offices, lists, who acts with it, and its events."""
        reader = self._open()
        entity = reader.entity(entity_id)
        if entity is None:
            return self._missing("entity", entity_id)
        wanted = EventFilter(entity=(entity_id,))
        found = reader.find(wanted, Page(limit=_EVENTS_OF_ENTITY))
        address = Address("/events", (("entity", entity_id),))
        graph = charts.draw_graph(entity.co_actors[:_MOST_NODES])
        return self._show("entity.html", entity=entity, found=found, address=address, graph=graph, **_bars(reader.timeline(wanted)))

    def sources(self) -> Response:
        """List the publishers."""
        return self._show("sources.html", sources=self._open().sources())

    def saved(self) -> Response:
        """List the questions that come with the explorer; the browser adds those that it keeps."""
        return self._show("saved.html", canned=CANNED)

    def codebook(self) -> Response:
        """Explain every field and value."""
        return self._show("codebook.html", vocabularies=VOCABULARIES, record=describe_fields(EventFound))

    def help(self) -> Response:
        """Explain how to ask."""
        return self._show("help.html")

    def _on_filter(self, request: Request, template: str, show: Callable[[Reader, Address], Mapping[str, Any]]) -> Response:
        """Answer with a page on what a filter finds. A wrong question gets its message, and the form with what was typed."""
        address, changed = _asked(request, request.url.path)
        if changed:
            return RedirectResponse(str(address), HTTPStatus.SEE_OTHER)
        try:
            return self._show(template, address=address, **show(self._open(), address))
        except QueryError as error:
            chips = [_chip(address, name, value, {}) for name, value in address.filter.pairs]
            return self._show(template, HTTPStatus.BAD_REQUEST, address=address, error=str(error), faulty=error.field, chips=chips)

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
        found = reader.places(wanted, _MOST_PLACES)
        total, facets = reader.facets(wanted, _naming_facets(address), _MOST_VALUES)
        maps = [(view, charts.draw_dots(view, found.places)) for view in charts.VIEWS]
        return {"total": total, "found": found, "maps": maps, **_question(address, wanted, _names(facets))}

    def _plot(self, reader: Reader, address: Address) -> Mapping[str, Any]:
        wanted = parse_filter(address.pairs)
        months = reader.timeline(wanted)
        total, facets = reader.facets(wanted, _naming_facets(address), _MOST_VALUES)
        names = {kind.value: words(kind) for kind in EventType if kind in UNUSUAL_WORDS}
        return {"total": total, "months": months, "type_names": names, **_question(address, wanted, _names(facets)), **_bars(months)}


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
    shown = names.get(bare) or (words(bare) if name in _CODED else printable(bare))
    return _Step(words(name), f"not {shown}" if bare != value else shown, address.without(name, value))


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
    without = address.adding(name, "!" + value.value) if name in REPEATS and not chosen else None
    return _Step(value.label, value.value, target, value.count, chosen, without)


def _bars(months: Timeline) -> Mapping[str, Any]:
    """Return a timeline as it is drawn: by month, or by year where months are too many or none is known."""
    shown = months if months.points and len(charts.fill_gaps(months.points)) <= _MOST_MONTHS else charts.merge_years(months)
    return {
        "timeline": shown,
        "count_bars": charts.draw_bars(shown.points, lambda point: point.count),
        "usd_bars": charts.draw_bars(shown.points, lambda point: point.usd),
    }


_ENTITY_FIELDS = ("name", "label", "listed", "officials", "cursor")
_ENTITIES_ON_A_PAGE = 100


def _entity_filter(address: Address) -> EntityFilter:
    """Return the filter of the page of entities; raise QueryError for what it does not know."""
    for name, _ in address.pairs:
        if name not in _ENTITY_FIELDS:
            raise QueryError(f"{name!r} is no field{did_you_mean(name, _ENTITY_FIELDS)}: there are {', '.join(_ENTITY_FIELDS)}", field=name)
    return Asked(address.pairs).entities(limit=_ENTITIES_ON_A_PAGE)


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
