"""The REST interface: parameters into a filter, findings into answers. What events there are is decided in `pipeline.query` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from fastapi.responses import Response
from starlette.requests import Request

from models.filters import DEFAULT_LIMIT, EventFilter, Sort
from models.findings import AmountFound, EntityFound, EventFound
from pipeline.publish import FORMATS
from pipeline.publish.snapshot import list_snapshots as list_snapshots_in
from pipeline.query import FACETS, Reader, describe, filter_pairs
from pipeline.query.values import refuse
from pipeline.settings import Settings
from pipeline.text.faults import shorten
from pipeline.web import parameters as p
from pipeline.web import schemas as s
from pipeline.web.answers import JSON_TYPE, Slots, answer_export, answer_json, answer_unless_known, choose_type, make_url
from pipeline.web.codebook import CODEBOOK
from pipeline.web.errors import ErrorAnswer, ErrorCode, RequestError
from pipeline.web.examples import EXAMPLES
from pipeline.web.parameters import Asked, Parameters

__all__ = ["DESCRIPTION", "add_examples", "router"]

DESCRIPTION = """Events in the news on Korea, with the passages that tell them.

Everything is read with GET. Events are found by the same parameters everywhere: a parameter given twice means "either", different ones
mean "and", `!` before a value means "not". An answer with a `next_url` has more pages. All errors have one form."""

router = APIRouter(prefix="/api/v1")


def _reader(request: Request) -> Reader:
    reader: Reader = request.app.state.reader
    return reader


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _slots(request: Request) -> Slots:
    slots: Slots = request.app.state.slots
    return slots


def _accepts_json(request: Request) -> None:
    choose_type(request, [JSON_TYPE])


ReaderGiven = Annotated[Reader, Depends(_reader)]
SettingsGiven = Annotated[Settings, Depends(_settings)]
SlotsGiven = Annotated[Slots, Depends(_slots)]
EventId = Annotated[str, InPath(description="Id of an event.", examples=["evt-3f0a1b2c4d5e6f70"])]
EntityId = Annotated[str, InPath(description="Id of an entity.", examples=["kb:kp"])]
ArticleName = Annotated[
    str, InPath(description="Id of an article or of a version, the beginning of either, or an address.", examples=["art-1a2b"])
]

_GIVEN: dict[str, type] = {}
"""What each address answers with."""

_Route = Callable[[Callable[..., Response]], Callable[..., Response]]


def _get(path: str, takes: Parameters, gives: type, tag: str, *, files: bool = False) -> _Route:
    """Declare an address: its parameters, the record it answers with, and its errors."""
    _GIVEN[router.prefix + path.replace(":path", "")] = gives
    content = {form.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for form in FORMATS.values() if files}
    responses: dict[int | str, dict[str, Any]] = {
        200: {"model": s.model_of(gives), "content": content},
        304: {"description": "You have this already, says your header If-None-Match."},
        "default": {"model": ErrorAnswer, "description": "Any error; `code` says which."},
    }
    return router.get(
        path,
        openapi_extra=takes.openapi,
        responses=responses,
        tags=[tag],
        response_model=None,
        response_class=Response,
        dependencies=[] if files else [Depends(_accepts_json)],
    )


def add_examples(described: dict[str, Any]) -> None:
    """Put an example into each answer of an OpenAPI description; FastAPI would leave out the fields of it that are null."""
    for path, gives in _GIVEN.items():
        responses = described["paths"][path]["get"]["responses"]
        responses["200"]["content"][JSON_TYPE]["example"] = EXAMPLES[gives]
        responses["default"]["content"][JSON_TYPE]["example"] = EXAMPLES[ErrorAnswer]


# --- events -------------------------------------------------------------------------------------------------------

_EVENTS = Parameters(*p.FILTER, *p.PAGING, p.FORMAT, p.BOM)
_FILTERED = Parameters(*p.FILTER)
_TIMELINE = Parameters(*p.FILTER, p.BY)
_PLACES_LIMIT = replace(p.LIMIT, help="Places in the answer.")
_PLACES = Parameters(*p.FILTER, _PLACES_LIMIT)
_FACETS = Parameters(*p.FILTER, p.FACET, p.MOST)
_AMOUNTS = Parameters(*p.FILTER, *p.PAGING)
_NONE = Parameters()


@_get("/events", _EVENTS, s.EventsAnswer, "events", files=True)
def list_events(request: Request, reader: ReaderGiven, slots: SlotsGiven) -> Response:
    """Find events: a page of them as JSON, or all of them as a file."""
    asked = _EVENTS.read(request)
    wanted, name = asked.filter(), _choose_form(request, asked)
    bom = asked.one(p.BOM, default=False)
    if bom and name != "csv":
        raise refuse("bom", "yes", f"belongs to csv, and the format is {name}: leave it out")
    if name == "json":
        return _answer_events(request, reader, wanted, asked)
    for parameter in (p.LIMIT, p.CURSOR):
        if (given := asked.given(parameter)) is not None:
            raise refuse(parameter.name, given, f"belongs to pages, and {name} has all that is found: leave it out, or ask for format=json")
    return answer_export(reader, wanted, FORMATS[name], sort=asked.page().sort, bom=bom, slots=slots, now=datetime.now(UTC))


def _choose_form(request: Request, asked: Asked) -> str:
    """Return the form that the parameter names, or else the one that the header Accept prefers."""
    types = {JSON_TYPE: "json"}
    for form in FORMATS.values():
        types.setdefault(form.media_type.partition(";")[0], form.name)
    given: str | None = asked.one(p.FORMAT, None)
    return given or types[choose_type(request, list(types))]


def _answer_events(request: Request, reader: Reader, wanted: EventFilter, asked: Asked) -> Response:
    page = asked.page()

    def make() -> s.EventsAnswer:
        found = reader.find(wanted, page)
        return s.EventsAnswer(*_named(wanted), found.events, found.next, _next_url(request, asked, found.next))

    return answer_unless_known(request, reader, (*_named(wanted), page), make)


def _named(wanted: EventFilter) -> tuple[str, str]:
    return urlencode(filter_pairs(wanted)), describe(wanted)


def _next_url(request: Request, asked: Asked, cursor: str | None) -> str | None:
    return None if cursor is None else make_url(request, [*asked.without(p.CURSOR), (p.CURSOR.name, cursor)])


@_get("/events/{event_id}", _NONE, s.EventAnswer, "events")
def show_event(request: Request, reader: ReaderGiven, event_id: EventId) -> Response:
    """Give one event with every passage that tells it; for the id of a merged one, the event that stands for it."""
    _NONE.read(request)
    event = reader.event(event_id)
    if event is None:
        raise _missing("event", event_id, "it may have been withdrawn: /api/v1/changes tells")
    stands = event.id if event.id != event_id else None
    return answer_json(request, s.EventAnswer(event, stands, reader.passages(event.id), reader.relations(event.id)))


@_get("/count", _FILTERED, s.CountAnswer, "events")
def count_events(request: Request, reader: ReaderGiven) -> Response:
    """Count the events that the filter finds."""
    wanted = _FILTERED.read(request).filter()
    return answer_unless_known(request, reader, _named(wanted), lambda: s.CountAnswer(*_named(wanted), reader.count(wanted)))


@_get("/facets", _FACETS, s.FacetsAnswer, "events")
def count_facets(request: Request, reader: ReaderGiven) -> Response:
    """Count the events that the filter finds by the values of fields."""
    asked = _FACETS.read(request)
    wanted, fields, most = asked.filter(), asked.all(p.FACET) or list(FACETS), asked.one(p.MOST, p.DEFAULT_MOST)

    def make() -> s.FacetsAnswer:
        return s.FacetsAnswer(*_named(wanted), *reader.facets(wanted, fields, most))

    return answer_unless_known(request, reader, (*_named(wanted), fields, most), make)


@_get("/timeline", _TIMELINE, s.TimelineAnswer, "events")
def show_timeline(request: Request, reader: ReaderGiven) -> Response:
    """Count the events that the filter finds over time, by type, with the sum of their amounts in US dollars.

    What is not known as exactly as the periods are long is counted beside them.
    """
    asked = _TIMELINE.read(request)
    wanted, by = asked.filter(), asked.one(p.BY, p.DEFAULT_BY)

    def make() -> s.TimelineAnswer:
        found = reader.timeline(wanted, by)
        return s.TimelineAnswer(*_named(wanted), by, found.points, found.coarser, found.longer, found.undated)

    return answer_unless_known(request, reader, (*_named(wanted), by), make)


@_get("/places", _PLACES, s.PlacesAnswer, "events")
def list_places(request: Request, reader: ReaderGiven) -> Response:
    """List the places where the events that the filter finds happen, those with the most events first."""
    asked = _PLACES.read(request)
    wanted, most = asked.filter(), asked.one(_PLACES_LIMIT, DEFAULT_LIMIT)

    def make() -> s.PlacesAnswer:
        found = reader.places(wanted, most)
        return s.PlacesAnswer(*_named(wanted), found.places, found.others, found.placeless)

    return answer_unless_known(request, reader, (*_named(wanted), most), make)


@_get("/amounts", _AMOUNTS, s.AmountsAnswer, "events")
def list_amounts(request: Request, reader: ReaderGiven) -> Response:
    """List the amounts of the events that the filter finds, a page of events at a time, largest first unless `sort` says otherwise.

    Those whose worth in US dollars is known; with `currency` those in that currency. `amount_min` and `amount_max` hold for each.
    """
    asked = _AMOUNTS.read(request)
    wanted, page = asked.filter(), asked.page()
    if wanted.amount_min is None and wanted.amount_max is None:
        wanted = replace(wanted, amount_min=0.0)
    if asked.given(p.SORT) is None and asked.given(p.CURSOR) is None:
        page = replace(page, sort=Sort.AMOUNT)

    def make() -> s.AmountsAnswer:
        found = reader.find(wanted, page)
        amounts = tuple(amount for event in found.events for amount in _amounts_of(event, wanted))
        return s.AmountsAnswer(*_named(wanted), amounts, found.next, _next_url(request, asked, found.next))

    return answer_unless_known(request, reader, (*_named(wanted), page), make)


def _amounts_of(event: EventFound, wanted: EventFilter) -> Iterator[s.AmountOfEvent]:
    speaker = event.speaker.name if event.speaker is not None else None
    for amount in event.amounts:
        if _is_wanted(amount, wanted):
            yield s.AmountOfEvent(event.id, event.type, event.date_start, event.modality, speaker, amount)


def _is_wanted(amount: AmountFound, wanted: EventFilter) -> bool:
    """Tell whether an amount is one for which the filter finds its event: in US dollars, or in one of the currencies."""
    codes = [code.upper() for code in wanted.currency if not code.startswith("!")] or ["USD"]
    worth = {(amount.currency, amount.value), ("USD", amount.usd)}
    least, greatest = wanted.amount_min or 0.0, inf if wanted.amount_max is None else wanted.amount_max
    return any(code in codes and value is not None and least <= value <= greatest for code, value in worth)


# --- entities -----------------------------------------------------------------------------------------------------

_ENTITIES = Parameters(p.LABEL, p.NAME, p.LISTED, p.OFFICIALS, p.ENTITIES_LIMIT, p.CURSOR)
_OF_ENTITY = Parameters(*(parameter for parameter in p.FILTER if parameter.name != "entity"), *p.PAGING)


@_get("/entities", _ENTITIES, s.EntitiesAnswer, "entities")
def list_entities(request: Request, reader: ReaderGiven) -> Response:
    """List persons, bodies, places, ships and other names, most often named first, each in short."""
    asked = _ENTITIES.read(request)
    wanted = asked.entities(limit=DEFAULT_LIMIT)

    def make() -> s.EntitiesAnswer:
        found = reader.find_entities(wanted)
        return s.EntitiesAnswer(found.entities, found.next, _next_url(request, asked, found.next))

    return answer_unless_known(request, reader, wanted, make)


@_get("/entities/{entity_id}", _NONE, s.EntityAnswer, "entities")
def show_entity(request: Request, reader: ReaderGiven, entity_id: EntityId) -> Response:
    """Give one entity: how it is written, its offices, matches to lists, who takes part in the same events, and its events over time."""
    _NONE.read(request)
    entity = _entity(reader, entity_id)
    return answer_json(request, s.EntityAnswer(entity, reader.timeline(EventFilter(entity=(entity.id,)))))


@_get("/entities/{entity_id}/events", _OF_ENTITY, s.EventsAnswer, "entities")
def list_events_of_entity(request: Request, reader: ReaderGiven, entity_id: EntityId) -> Response:
    """Find the events in which an entity has a role; `role` says which, and all other parameters narrow them."""
    asked = _OF_ENTITY.read(request)
    return _answer_events(request, reader, asked.filter(("entity", _entity(reader, entity_id).id)), asked)


def _entity(reader: Reader, entity_id: str) -> EntityFound:
    entity = reader.entity(entity_id)
    if entity is None:
        raise _missing("entity", entity_id, "/api/v1/entities?name=… finds ids")
    return entity


# --- articles and sources -----------------------------------------------------------------------------------------


@_get("/articles/{article:path}", _NONE, s.ArticleAnswer, "articles")
def show_article(request: Request, reader: ReaderGiven, settings: SettingsGiven, article: ArticleName) -> Response:
    """Give one article with all that was found in it. Its text is given only where this server may."""
    _NONE.read(request)
    view = reader.article(article)
    if view is None:
        raise _missing("article", article, "the events name their articles")
    return answer_json(request, s.article_answer(view, with_text=settings.api_text))


@_get("/sources", _NONE, s.SourcesAnswer, "articles")
def list_sources(request: Request, reader: ReaderGiven) -> Response:
    """List the publishers, with how much they told and since when."""
    _NONE.read(request)
    return answer_json(request, s.SourcesAnswer(tuple(reader.sources())))


# --- changes, snapshots, codebook ---------------------------------------------------------------------------------

_CHANGES = Parameters(p.SINCE, p.AFTER, p.CHANGES_LIMIT)


@_get("/changes", _CHANGES, s.ChangesAnswer, "changes")
def list_changes(request: Request, reader: ReaderGiven) -> Response:
    """List what happened to events, oldest first. Keep `after` of the answer and ask with it for what comes later."""
    asked = _CHANGES.read(request)
    after, limit, since = asked.one(p.AFTER, 0), asked.one(p.CHANGES_LIMIT, p.MOST_CHANGES), asked.one(p.SINCE, None)
    moment = None if since is None else datetime.fromisoformat(since)
    lines = [s.pick(s.ChangeLine, line) for line in reader.changes(since=moment, after=after, limit=limit + 1)]
    kept = lines[:limit]
    last = kept[-1].number if kept else after
    more = len(lines) > limit
    next_url = make_url(request, [*asked.without(p.AFTER), (p.AFTER.name, str(last))]) if more else None
    return answer_json(request, s.ChangesAnswer(tuple(kept), last, next_url))


@_get("/snapshots", _NONE, s.SnapshotsAnswer, "snapshots")
def list_snapshots(request: Request, settings: SettingsGiven) -> Response:
    """List the snapshots that were published on this server, newest first, with the checksums of their files."""
    _NONE.read(request)
    found = list_snapshots_in(settings.data_dir / "snapshots")
    return answer_json(request, s.SnapshotsAnswer(tuple(manifest for _, manifest in reversed(found))))


@_get("/codebook", _NONE, s.CodebookAnswer, "snapshots")
def show_codebook(request: Request) -> Response:
    """Say what every field and value means."""
    _NONE.read(request)
    return answer_json(request, CODEBOOK)


def _missing(what: str, name: str, advice: str) -> RequestError:
    return RequestError(ErrorCode.NOT_FOUND, f"there is no {what} {shorten(repr(name))}: {advice}", field=what, value=name)
