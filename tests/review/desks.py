"""A desk over small articles that were read, with editors who sit at it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from models.filters import EventFilter
from models.findings import EventFound
from models.knowledge import Alias, Knowledge, KnowledgeEntity, ListEntry
from models.records import (
    Amount,
    Analysis,
    Argument,
    Article,
    Event,
    EventAmount,
    EventMention,
    Link,
    Linking,
    Maker,
    Mention,
    Span,
    Tagging,
)
from models.review import Decision, Editor, EditorRole, Item, ItemKind, ItemState, QueueFilter, Verdict
from models.review_tables import EditorRow, ReviewedRow, ReviewItemRow
from models.tables import ArticleVersionRow
from models.vocabulary import AmountRole, AttributionKind, Bound, CandidateReason, EventType, Genericity, Label, Modality, Precision, Via
from pipeline.query import Reader
from pipeline.review.desk import Desk
from pipeline.run.indexing import refresh_index
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.store.rereading import record_rereading
from tests.store.builders import NOW, add_article, make_candidate, make_context

EN = "Washington imposed sanctions on U Yong Su on Tuesday. He had moved $2 million."
KO = "미국은 화요일 우영수를 제재했다. 그는 200만 달러를 옮겼다."
PIECES = {
    "en": ("Washington", "U Yong Su", "imposed sanctions", "$2 million", "Tuesday"),
    "ko": ("미국", "우영수", "제재했다", "200만 달러", "화요일"),
}
ENTRY = "us_ofac_sdn:56045"


def _person(ident: str, name: str, korean: str, *listings: ListEntry) -> KnowledgeEntity:
    return KnowledgeEntity(
        ident, Label.PERSON, name, (Alias(name, "en", "name"), Alias(korean, "ko", "name")), "KP", listings=listings, source="us_ofac_sdn"
    )


KNOWLEDGE = Knowledge(
    "kb1",
    {
        "kb:us": KnowledgeEntity(
            "kb:us", Label.PLACE, "United States", (Alias("United States", "en", "name"), Alias("미국", "ko", "name")), "US"
        ),
        "kb:kr": KnowledgeEntity("kb:kr", Label.PLACE, "South Korea", (Alias("South Korea", "en", "name"),), "KR"),
        "kb:u": _person(
            "kb:u", "U Yong Su", "우영수", ListEntry(ENTRY, "us_ofac_sdn", "2026-07-01", "U, Yong Su", ("DPRK",), ("1975-01-02",), "Banker")
        ),
        "kb:other": _person(
            "kb:other", "Woo Yong Su", "우용수", ListEntry("us_ofac_sdn:7", "us_ofac_sdn", "2026-07-01", "WOO, Yong Su", ("DPRK2",))
        ),
    },
    {"us_ofac_sdn": "2026-07-01"},
)


class Clock:
    """A clock that goes on by a second with every look."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def make_reading(
    article: Article,
    *,
    lang: str = "en",
    who: str = "kb:u",
    link: str = "auto",
    version: str = "1",
    date: str = "2025-11-04",
    candidates: bool = True,
    role: str | None = None,
    told: bool = True,
    score: float = 0.8,
) -> Analysis:
    """Return one sanction with all that is below it, as the stages would have it."""
    maker = Maker("test", version)
    actor_text, target_text, trigger, money, day = PIECES[lang]
    actor = _mention(article, actor_text, Label.PLACE, "kb:us", maker, country="US")
    target = _mention(article, target_text, Label.PERSON, who, maker, country="KP", role=role, official=role is not None)
    span = _span(article, money)
    amount = Amount(span.start, span.end, money, 2e6, "USD", Bound.EXACT, maker, usd=2e6, usd_basis="stated")
    sentence = article.text[: article.text.index(".") + 1]
    mention = EventMention(
        trigger=_span(article, trigger),
        evidence=Span(0, len(sentence), sentence),
        modality=Modality.ASSERTED,
        genericity=Genericity.SPECIFIC,
        cues=(),
        speaker=None,
        attribution=AttributionKind.UNATTRIBUTED,
        actors=(_argument(actor),),
        targets=(_argument(target),),
        place=None,
        amounts=(EventAmount(0, AmountRole.LAUNDERED),),
        quantities=(),
        time=None,
        core=True,
        score=score,
        rules=("sanction.impose",),
    )
    event = Event(
        key="SANCTION|us|u",
        type=EventType.SANCTION,
        subtype="impose",
        modality=Modality.ASSERTED,
        background=False,
        date=date,
        precision=Precision.DAY,
        score=score,
        actors=mention.actors,
        targets=mention.targets,
        place=None,
        speaker=None,
        amounts=mention.amounts,
        mentions=(mention,),
        maker=maker,
    )
    links = (
        Link(
            who,
            ENTRY,
            "us_ofac_sdn",
            "2026-07-01",
            "U, Yong Su",
            0.5 if link == "review" else 0.97,
            "exact name “U Yong Su”; held post",
            link,
            maker,
            "U Yong Su",
            "U Yong Su",
            1.0,
            "",
            (("prior", -2.0), ("exact", 3.0), ("held_post", 2.0)),
        ),
    )
    unsure = (make_candidate(article.text, day, Label.VESSEL, CandidateReason.UNSURE, score=0.4, maker=maker),) if candidates else ()
    tagging = Tagging((), ((0, len(article.text)),), (actor, target), (amount,), (), (), unsure)
    return Analysis(article, tagging, Linking((actor, target), links), (event,) if told else ())


def _span(article: Article, piece: str) -> Span:
    start = article.text.index(piece)
    return Span(start, start + len(piece), piece)


def _mention(article: Article, piece: str, label: Label, entity: str, maker: Maker, **changes: Any) -> Mention:
    span = _span(article, piece)
    return Mention(span.start, span.end, piece, label, entity, piece, maker, 0.9, **changes)


def _argument(mention: Mention) -> Argument:
    return Argument(mention.start, mention.end, mention.text, mention.name, mention.entity, Via.DIRECT, 0.8)


@dataclass
class Newsroom:
    """A database with articles, and a desk with three editors: ann and bea decide, cas is an admin."""

    database: Database
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.desk = Desk(self.database, KNOWLEDGE, now=self.clock)
        roles = {
            "ann": EditorRole.EDITOR,
            "bea": EditorRole.EDITOR,
            "eve": EditorRole.EDITOR,
            "cas": EditorRole.ADMIN,
            "vic": EditorRole.VIEWER,
        }
        self.editors = {name: Editor(name, name, role) for name, role in roles.items()}
        with writing(self.database) as connection:
            for editor in self.editors.values():
                row = {"id": editor.id, "name": editor.name, "role": editor.role, "keys": {}, "created_at": NOW}
                connection.execute(insert(EditorRow).values(**row))

    @property
    def ann(self) -> Editor:
        return self.editors["ann"]

    @property
    def bea(self) -> Editor:
        return self.editors["bea"]

    @property
    def cas(self) -> Editor:
        return self.editors["cas"]

    def read(self, number: int = 1, *, lang: str = "en", text: str | None = None, sha: str = "a", **changes: Any) -> Article:
        """Store an article with what the machine reads in it, or read a stored one again; then refresh the desk."""
        body = text or (EN if lang == "en" else KO)
        article = replace(add_article(self.database, number=number, text=body, sha=sha), lang=lang)
        self.record(article, lang=lang, **changes)
        return article

    def record(self, article: Article, *, again: bool = False, **changes: Any) -> None:
        """Write a reading of an article, in the place of an older one with `again`, and bring it into the index and the queue."""
        context = replace(make_context(self.database), at=self.clock())
        analysis = make_reading(article, **{"lang": article.lang, **changes})
        with writing(self.database) as connection:
            connection.execute(update(ArticleVersionRow).where(ArticleVersionRow.id == article.id).values(lang=article.lang))
            (record_rereading if again else record_analysis)(connection, analysis, context)
        self.refresh()

    def refresh(self) -> None:
        self.report = self.desk.refresh()
        refresh_index(self.database, KNOWLEDGE, at=self.clock())

    def items(self, kind: ItemKind | None = None, *states: ItemState) -> list[Item]:
        wanted = QueueFilter((kind,) if kind else (), states or tuple(ItemState))
        return self.desk.list_items(wanted, limit=500)[0]

    def item(self, kind: ItemKind, title: str = "") -> Item:
        """Return the one item of a kind whose title has these words."""
        [found] = [item for item in self.items(kind) if title in item.title]
        return found

    def decide(self, item: Item, verdict: Verdict, editor: Editor | None = None, **changes: Any) -> Decision:
        """Decide an item as it is now."""
        view = self.desk.view(item.id)
        assert view is not None
        seen = view.decisions[-1].number if view.decisions else 0
        return self.desk.decide(item.id, verdict, editor or self.ann, **{"revision": view.item.revision, "seen": seen, **changes})

    def state(self, item: Item) -> ItemState:
        view = self.desk.view(item.id)
        assert view is not None
        return view.item.state

    def event(self, number: int = 0) -> EventFound:
        """Return an event as readers get it, rejected ones too."""
        with Reader(self.database) as reader:
            return sorted(reader.stream(EventFilter(status=("auto", "accepted", "edited", "rejected"))), key=lambda one: one.id)[number]

    def reviewed(self) -> set[tuple[str, str]]:
        """Return what is said of how many rows: table and verdict."""
        with reading(self.database) as connection:
            return {(row.table_name, row.verdict.value) for row in connection.execute(select(ReviewedRow))}

    def change(self, item: Item, **values: Any) -> Item:
        """Change columns of an item, and return it."""
        with writing(self.database) as connection:
            connection.execute(update(ReviewItemRow).where(ReviewItemRow.id == item.id).values(**values))
        view = self.desk.view(item.id)
        assert view is not None
        return view.item

    def once(self) -> None:
        """Let one editor decide each item."""
        with writing(self.database) as connection:
            connection.execute(update(ReviewItemRow).values(twice=False))
