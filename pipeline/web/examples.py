"""One example of each answer, for the OpenAPI description. Names and sentences are invented, unless they are of states and public bodies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic_core import to_jsonable_python

from models.filters import EventFilter
from models.findings import (
    AmountFound,
    ArticleFound,
    CoActor,
    EntityFound,
    EventFound,
    Facet,
    FacetValue,
    ListMatch,
    PartyFound,
    Passage,
    PlaceCount,
    PlaceFound,
    QuantityFound,
    Relation,
    SourceFound,
    Timeline,
    TimePoint,
)
from pipeline.publish.manifest import Manifest, SnapshotPart
from pipeline.query import describe
from pipeline.web import schemas as s
from pipeline.web.codebook import CODEBOOK
from pipeline.web.errors import ErrorCode, RequestError, describe_error

__all__ = ["EXAMPLES"]

_DAY = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
_QUERY = ("type=CYBER_OP&since=2025", describe(EventFilter(type=("CYBER_OP",), since="2025")))
_CURSOR = "WyJuZXdlc3QiLDIwMjUxMTA0LCJldnQtM2YwYTFiMmMiXQ"
_NEXT = (_CURSOR, f"https://news.example/api/v1/events?type=CYBER_OP&since=2025&cursor={_CURSOR}")
_EVIDENCE = "The National Intelligence Service said the Sanbat Group stole $2 million from the exchange Coinbay on Tuesday."

_MATCH = ListMatch("us_ofac_sdn", "us_ofac_sdn:90001", "SANBAT GROUP", ("DPRK3",), 0.97)
_GROUP = PartyFound("ent-0a1b2c3d", "Sanbat Group", "ORG", "KP", official=False, matches=(_MATCH,))
_EXCHANGE = PartyFound("ent-4e5f6a7b", "Coinbay", "ORG", "KR", official=False)
_SERVICE = PartyFound("kb:kr-nis", "National Intelligence Service (South Korea)", "AGENCY", "KR", official=True)
_AMOUNT = AmountFound("$2 million", "stolen", 2e6, None, "USD", "exact", 2e6, "stated", "art-1a2b3c4d")
_ARTICLE = ArticleFound("art-1a2b3c4d", "ver-5e6f7a8b", "https://wire.example/news/1", "Exchange robbed", "Hanbit News", "wire", "en", _DAY)

_EVENT = EventFound(
    id="evt-3f0a1b2c",
    type="CYBER_OP",
    subtype="theft",
    plover="ASSAULT",
    plover_contexts=("cyber",),
    cameo="176",
    quad_class="4",
    modality="alleged",
    genericity="specific",
    background=False,
    status="auto",
    date_start="2025-11-04",
    date_end="2025-11-04",
    date_precision="day",
    actors=(_GROUP,),
    targets=(_EXCHANGE,),
    place=PlaceFound("kb:seoul", "Seoul", "KR", 37.57, 126.98),
    speaker=_SERVICE,
    attribution="indirect",
    amounts=(_AMOUNT,),
    usd=2e6,
    quantities=(QuantityFound("count", "three wallets", 3.0, 3.0, "exact", "wallet"),),
    trigger="stole",
    trigger_start=_EVIDENCE.index("stole"),
    evidence=_EVIDENCE,
    articles=(_ARTICLE,),
    first_published=_DAY,
    last_published=_DAY,
    score=0.93,
    n_mentions=1,
    n_articles=1,
    n_sources=1,
    first_seen_at=_DAY,
    changed_at=_DAY,
    extractor_version="events 5",
)

_PASSAGE = Passage(
    id="men-7c8d9e0f",
    event_id=_EVENT.id,
    article=_ARTICLE,
    trigger="stole",
    trigger_start=120 + _EVENT.trigger_start,
    trigger_end=120 + _EVENT.trigger_start + len("stole"),
    evidence=_EVIDENCE,
    evidence_start=120,
    evidence_end=120 + len(_EVIDENCE),
    modality="alleged",
    genericity="specific",
    cues=("said",),
    speaker=_SERVICE,
    attribution="indirect",
    parties=(("actor", _GROUP, 164, 176), ("target", _EXCHANGE, 214, 221)),
    amounts=(_AMOUNT,),
    score=0.93,
    rules=("CYBER_OP", "steal"),
)

_TIME = Timeline(
    points=(TimePoint("2025-10", 2, 5.5e6, {"CYBER_OP": 2}), TimePoint("2025-11", 1, 2e6, {"CYBER_OP": 1})),
    coarser=(TimePoint("2025", 1, 3e9, {"CYBER_OP": 1}),),
)

_ENTITY = EntityFound(
    id="ent-0a1b2c3d",
    label="ORG",
    name="Sanbat Group",
    country="KP",
    names=(("Sanbat Group", 7), ("Sanbat", 2)),
    roles=(),
    matches=(_MATCH,),
    evidence=("us_ofac_sdn:90001: the name is the same",),
    mentions=9,
    articles=3,
    events=3,
    first_seen=_DAY,
    last_seen=_DAY,
    co_actors=(CoActor(_EXCHANGE, 1, {"CYBER_OP": 1}),),
)

_ARTICLE_ANSWER = s.ArticleAnswer(
    id=_ARTICLE.id,
    version=_ARTICLE.version,
    url=_ARTICLE.url,
    title=_ARTICLE.title,
    publisher=_ARTICLE.publisher,
    source_kind=_ARTICLE.source_kind,
    lang="en",
    published_at=_DAY,
    published_precision="second",
    body_status="full",
    characters=1840,
    text=None,
    versions=(s.VersionInShort(_ARTICLE.version, _ARTICLE.title, _DAY),),
    names=(
        s.NameSpan(
            start=164,
            end=176,
            text="Sanbat Group",
            label="ORG",
            entity_id=_ENTITY.id,
            name=_ENTITY.name,
            official=False,
            role=None,
            affiliation=None,
            country="KP",
            score=0.98,
            maker="peninsula-en-encoder",
            maker_version="1",
        ),
    ),
    links=(
        s.LinkFound(
            *(_ENTITY.id, "us_ofac_sdn", "us_ofac_sdn:90001", "SANBAT GROUP", "2025-11-01", "auto", 0.97),
            *("Sanbat Group", "SANBAT GROUP", "the name is the same"),
        ),
    ),
    identifiers=(s.IdentifierSpan(301, 335, "1SanbatXXXXXXXXXXXXXXXXXXXXXXXXXXX", "wallet", _ENTITY.id),),
    amounts=(s.AmountSpan(183, 193, "$2 million", 2e6, None, "USD", "exact", 2e6, "stated"),),
    times=(s.TimeSpan(225, 232, "Tuesday", "2025-11-04", "2025-11-04", "day"),),
    events=(
        s.EventSpan(
            _PASSAGE.id, _EVENT.id, None, "CYBER_OP", "alleged", "stole", _PASSAGE.trigger_start, _PASSAGE.trigger_end, 120, 230, 0.93
        ),
    ),
)

_CHANGE = s.ChangeLine(
    *(4211, _DAY, "created", _EVENT.id, None, None, "CYBER_OP", "theft", "alleged", "2025-11-04", "2025-11-04"), *(1, 1, 1, None)
)

_MANIFEST = Manifest(
    version="2025-11-06.1",
    created_at=_DAY,
    about="all events",
    filter=(),
    previous=None,
    rows={"events": 3},
    changes={"added": 3},
    files=(SnapshotPart(name="events.csv", size=2048, sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", rows=3),),
    versions={"program": "0.1.0"},
    licence="CC-BY-4.0",
    citation="Peninsula, events in the news on Korea, snapshot 2025-11-06.1",
)

_ERROR = RequestError(
    ErrorCode.BAD_VALUE,
    "since: '2025-02-30' is not in the calendar: give a day, month or year that is, such as 2025-11-04",
    field="since",
    value="2025-02-30",
)

_RECORDS = (
    s.EventsAnswer(*_QUERY, (_EVENT,), *_NEXT),
    s.EventAnswer(_EVENT, None, (_PASSAGE,), (Relation("reason_for", "evt-4f1c", _EVENT.id, 0.8),)),
    s.CountAnswer(*_QUERY, 3),
    s.FacetsAnswer(*_QUERY, 3, (Facet("modality", (FacetValue("alleged", "alleged", 2), FacetValue("asserted", "asserted", 1))),)),
    s.TimelineAnswer(*_QUERY, "month", _TIME.points, _TIME.coarser, _TIME.longer, _TIME.undated),
    s.PlacesAnswer(*_QUERY, (PlaceCount("kb:seoul", "Seoul", "KR", 37.57, 126.98, 3, _EVENT.id, "2025-11-04"),), others=0, placeless=1),
    s.AmountsAnswer(*_QUERY, (s.AmountOfEvent(_EVENT.id, "CYBER_OP", "2025-11-04", "alleged", _SERVICE.name, _AMOUNT),), None, None),
    s.EntitiesAnswer((_ENTITY,), None, None),
    s.EntityAnswer(_ENTITY, _TIME),
    _ARTICLE_ANSWER,
    s.SourcesAnswer((SourceFound("Hanbit News", "wire", 41, 12, _DAY, _DAY),)),
    s.ChangesAnswer((_CHANGE,), 4211, None),
    s.SnapshotsAnswer((_MANIFEST,)),
    s.CodebookAnswer(CODEBOOK.filter[:1], CODEBOOK.records[2:3], CODEBOOK.vocabularies[1:2]),
    describe_error(_ERROR),
)

EXAMPLES: Mapping[type, object] = {type(record): to_jsonable_python(record) for record in _RECORDS}
"""By the record that they are an example of."""
