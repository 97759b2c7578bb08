"""Small records, as the stages would make them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, select, text

from models.feeds import FeedSource
from models.records import (
    Amount,
    Analysis,
    Argument,
    Article,
    Candidate,
    Event,
    EventAmount,
    EventMention,
    FeedEntry,
    Link,
    Linking,
    Maker,
    Mention,
    Publication,
    Span,
    Tagging,
    TimeExpression,
)
from models.tables import ArticleRow
from models.vocabulary import (
    AmountRole,
    AttributionKind,
    Bound,
    CandidateReason,
    DateSource,
    EventType,
    FeedKind,
    FeedOutcome,
    FetchOutcome,
    Genericity,
    Label,
    Modality,
    Precision,
    Via,
)
from pipeline.store.analyses import AnalysisContext
from pipeline.store.articles import due_extractions, make_version_id, record_page, record_version
from pipeline.store.engine import Database, writing
from pipeline.store.feeds import FeedState, FetchRecord, StoredRaw, record_poll, sync_feeds
from pipeline.store.runs import add_knowledge_version, add_model_version, start_run

NOW = datetime(2025, 11, 6, 3, 0, tzinfo=UTC)
MAKER = Maker("test", "1")
_numbers = count()
TEXT = "Washington imposed sanctions on U Yong Su on Tuesday. He had moved $2 million."


def make_source(feed_id: str = "wire", **changes: object) -> FeedSource:
    values: dict[str, object] = {
        "id": feed_id,
        "publisher": f"The {feed_id}",
        "url": f"https://{feed_id}.example/feed",
        "language": "en",
        "country": "KR",
        "kind": FeedKind.WIRE,
        "korea_filter": False,
        "enabled": True,
    }
    return FeedSource.model_validate(values | changes)


def make_entry(number: int = 1, *, feed_id: str = "wire", title: str = "A title", updated: str | None = None) -> FeedEntry:
    url = f"https://{feed_id}.example/news/{number}"
    return FeedEntry(feed_id, f"guid-{number}", url, title, "", "", "2025-11-05", NOW, updated)


def make_raw(sha: str = "a") -> StoredRaw:
    return StoredRaw(sha * 64, "gzip", f"{sha}{sha}/{sha * 64}.gz", "text/html", 100, 50)


def make_fetch(run_id: str, **changes: object) -> FetchRecord:
    values: dict[str, object] = {"url": "https://wire.example/feed", "at": NOW, "seconds": 0.1, "outcome": FetchOutcome.OK}
    return FetchRecord(run_id=run_id, **(values | changes))  # type: ignore[arg-type]


def add_article(database: Database, *, number: int = 1, feed_id: str = "wire", text: str = TEXT, sha: str = "a") -> Article:
    """Poll a feed with one item, fetch its page and write the version: what the run does before the language stages."""
    entry = make_entry(number, feed_id=feed_id)
    with writing(database) as connection:
        run_id = start_run(connection, command=f"article {next(_numbers)}", at=NOW, versions={})
        sync_feeds(connection, [make_source(feed_id)])
        poll = make_fetch(run_id, feed_id=feed_id, feed_outcome=FeedOutcome.OK)
        record_poll(connection, poll, [(entry, entry.url)], state=FeedState(None, None, None))
    with writing(database) as connection:
        article_id = connection.execute(select(ArticleRow.id).where(ArticleRow.url_key == entry.url)).scalar_one()
        record_page(connection, make_fetch(run_id, url=entry.url, article_id=article_id, final_url=entry.url, raw=make_raw(sha)))
    with writing(database) as connection:
        due = next(item for item in due_extractions(connection) if item.article_id == article_id)
        article = Article(
            make_version_id(article_id, text, "A title"),
            text,
            "en",
            "A title",
            entry.url,
            f"The {feed_id}",
            Publication(NOW, "2025-11-06", "+09:00", DateSource.META, "minute"),
        )
        record_version(connection, article, due=due, extractor="test 1", run_id=run_id, at=NOW)
    return article


def make_context(database: Database) -> AnalysisContext:
    with writing(database) as connection:
        run_id = start_run(connection, command=f"analysis {next(_numbers)}", at=NOW, versions={})
        model = add_model_version(connection, name="peninsula-en", version="1", lang="en", stages={"tag": "1"}, at=NOW)
        knowledge = add_knowledge_version(connection, version="kb1", entities=2, list_versions={"us_ofac_sdn": "2026-07-01"}, at=NOW)
    return AnalysisContext(run_id, NOW, model, knowledge, {"tag": "1", "link": "1", "events": "1"})


def make_span(text: str, piece: str) -> Span:
    start = text.index(piece)
    return Span(start, start + len(piece), piece)


def make_mention(text: str, piece: str, label: Label, entity: str, **changes: object) -> Mention:
    span = make_span(text, piece)
    return Mention(span.start, span.end, piece, label, entity, piece, MAKER, 0.9, **changes)  # type: ignore[arg-type]


def make_candidate(text: str, piece: str, label: Label, reason: CandidateReason, **changes: object) -> Candidate:
    span = make_span(text, piece)
    values: dict[str, object] = {"maker": MAKER, "score": 0.3} | changes
    return Candidate(span.start, span.end, piece, label, reason=reason, **values)  # type: ignore[arg-type]


def make_argument(mention: Mention) -> Argument:
    return Argument(mention.start, mention.end, mention.text, mention.name, mention.entity, Via.DIRECT, 0.8)


def make_analysis(article: Article, *, key: str = "SANCTION|us|u") -> Analysis:
    """Return one SANCTION event with all the layers below it; the text must hold the words of `TEXT`."""
    text = article.text
    actor = make_mention(text, "Washington", Label.PLACE, "kb:us", country="US", metonym=True)
    target = make_mention(text, "U Yong Su", Label.PERSON, "kb:ofac-56045", country="KP")
    money, day = make_span(text, "$2 million"), make_span(text, "on Tuesday")
    amount = Amount(money.start, money.end, money.text, 2e6, "USD", Bound.EXACT, MAKER, usd=2e6, usd_basis="stated")
    time = TimeExpression(day.start, day.end, day.text, "2025-11-04", Precision.DAY, MAKER)
    link = Link("kb:ofac-56045", "us_ofac_sdn:56045", "us_ofac_sdn", "2026-07-01", "U, Yong Su", 0.99, "exact alias", "auto", MAKER)
    evidence = Span(0, text.index(".") + 1, text[: text.index(".") + 1])
    mention = EventMention(
        trigger=make_span(text, "imposed sanctions"),
        evidence=evidence,
        modality=Modality.ASSERTED,
        genericity=Genericity.SPECIFIC,
        cues=(),
        speaker=None,
        attribution=AttributionKind.UNATTRIBUTED,
        actors=(make_argument(actor),),
        targets=(make_argument(target),),
        place=None,
        amounts=(EventAmount(0, AmountRole.LAUNDERED),),
        quantities=(),
        time=0,
        core=True,
        score=0.8,
        rules=("sanction.impose",),
    )
    event = Event(
        key=key,
        type=EventType.SANCTION,
        subtype="impose",
        modality=Modality.ASSERTED,
        background=False,
        date="2025-11-04",
        precision=Precision.DAY,
        score=0.8,
        actors=mention.actors,
        targets=mention.targets,
        place=None,
        speaker=None,
        amounts=mention.amounts,
        mentions=(mention,),
        maker=MAKER,
    )
    candidates = (
        make_candidate(text, "Washington", Label.PERSON, CandidateReason.OVERRULED),
        make_candidate(text, "Tuesday", Label.VESSEL, CandidateReason.UNSURE, score=0.21),
    )
    tagging = Tagging((), ((0, len(text)),), (actor, target), (amount,), (time,), (), candidates)
    return Analysis(article, tagging, Linking((actor, target), (link,)), (event,))


def flat_rows(connection: Connection) -> list[dict[str, Any]]:
    """Return every row of `v_events_flat`, newest first."""
    query = text("SELECT * FROM v_events_flat ORDER BY coalesce(date_start, '') DESC, event_id, version")
    return [dict(row) for row in connection.execute(query).mappings()]
