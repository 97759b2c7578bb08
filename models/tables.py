"""The tables: what is kept, and for how long it stays true.

Rows are added and superseded, never rewritten: a changed article is a new `article_version`, an event that turns out to
be told elsewhere gets `merged_into`. Offsets always refer to one `article_version`. Ids are made from content
(`models.ids`), so that writing the same thing twice is one row. Times are UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from models.merging import ChangeKind, MergeStatus
from models.vocabulary import (
    AmountRole,
    ArgumentRole,
    AttributionKind,
    BodyStatus,
    Bound,
    CandidateReason,
    DateSource,
    EventType,
    FailureClass,
    FeedKind,
    FeedOutcome,
    FetchOutcome,
    Genericity,
    Label,
    LinkStatus,
    Modality,
    Precision,
    QuantityRole,
    RelationKind,
    ReviewStatus,
    StageState,
    Via,
)

__all__ = [
    "AmountRow",
    "ArticleRow",
    "ArticleVersionRow",
    "Base",
    "EntityRow",
    "EventAmountRow",
    "EventArgumentRow",
    "EventChangeRow",
    "EventMentionRow",
    "EventMergeRow",
    "EventQuantityRow",
    "EventRelationRow",
    "EventRow",
    "FeedItemRow",
    "FeedRow",
    "FetchRow",
    "IdentifierMentionRow",
    "KnowledgeVersionRow",
    "LeaseRow",
    "LinkRow",
    "MentionCandidateRow",
    "MentionRow",
    "ModelVersionRow",
    "RawBodyRow",
    "RunRow",
    "StageStatusRow",
    "StoryClusterRow",
    "Supersedable",
    "TimeExpressionRow",
    "UtcDateTime",
    "VersionChangeRow",
    "closed",
]


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC. Naive times are refused; SQLite, which has no zones, gets UTC back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_JSON = JSON().with_variant(JSONB(), "postgresql")


def closed(vocabulary: type[StrEnum], name: str) -> Enum:
    """Return a column type that holds the values of `vocabulary` and, by a database constraint, nothing else."""
    return Enum(vocabulary, name=name, native_enum=False, create_constraint=True, length=24, values_callable=lambda e: [m.value for m in e])


class Base(DeclarativeBase):
    """Base of all tables; constraint names are fixed so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute
        datetime: UtcDateTime,
        dict[str, Any]: _JSON,
        list[str]: _JSON,
        list[list[int]]: _JSON,
        Label: closed(Label, "label"),
        CandidateReason: closed(CandidateReason, "reason"),
        EventType: closed(EventType, "type"),
        Modality: closed(Modality, "modality"),
        Bound: closed(Bound, "bound"),
        Precision: closed(Precision, "precision"),
        ArgumentRole: closed(ArgumentRole, "role"),
        Via: closed(Via, "via"),
        AttributionKind: closed(AttributionKind, "attribution"),
        Genericity: closed(Genericity, "genericity"),
        AmountRole: closed(AmountRole, "role"),
        QuantityRole: closed(QuantityRole, "role"),
        RelationKind: closed(RelationKind, "kind"),
        DateSource: closed(DateSource, "date_source"),
        BodyStatus: closed(BodyStatus, "body_status"),
        FeedKind: closed(FeedKind, "kind"),
        FeedOutcome: closed(FeedOutcome, "feed_outcome"),
        FetchOutcome: closed(FetchOutcome, "outcome"),
        FailureClass: closed(FailureClass, "failure"),
        StageState: closed(StageState, "state"),
        LinkStatus: closed(LinkStatus, "status"),
        ReviewStatus: closed(ReviewStatus, "status"),
        MergeStatus: closed(MergeStatus, "status"),
        ChangeKind: closed(ChangeKind, "kind"),
    }


_Id = String(64)


class Supersedable:
    """A row that a later reading may supersede: `superseded_at` is null while it is in force, `superseded_by` is the run that took its place.

    The row stays, and comes back (both null) when a later reading says the same again.
    """

    # No foreign key: SQLite would have to copy each of these tables, which others refer to, to add and to drop one.
    superseded_at: Mapped[datetime | None]
    superseded_by: Mapped[str | None] = mapped_column(_Id)


# --- runs and what they ran with ----------------------------------------------------------------------------------


class RunRow(Base):
    """One run of the nightly job."""

    __tablename__ = "run"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    command: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    exit_code: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Text)
    versions: Mapped[dict[str, Any]]
    report: Mapped[dict[str, Any] | None]


class ModelVersionRow(Base):
    """One language pipeline in one version."""

    __tablename__ = "model_version"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    name: Mapped[str]
    version: Mapped[str]
    lang: Mapped[str] = mapped_column(String(8))
    stages: Mapped[dict[str, Any]]
    first_used_at: Mapped[datetime]


class KnowledgeVersionRow(Base):
    """The knowledge base in one version; `list_versions` says which state of each sanctions list it holds."""

    __tablename__ = "knowledge_version"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    entities: Mapped[int]
    list_versions: Mapped[dict[str, Any]]
    first_used_at: Mapped[datetime]


class LeaseRow(Base):
    """What a run is at work on, so that runs beside it leave it alone until then; no run that ended holds any.

    `kind` says what `key` is the id of (`pipeline.store.leases.Kind`).
    """

    __tablename__ = "lease"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(_Id, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), index=True)
    until: Mapped[datetime]


# --- fetch --------------------------------------------------------------------------------------------------------


class FeedRow(Base):
    """One feed of feeds.yaml with what the last polls left behind; `models.polling.FeedState` says what the columns of a state mean."""

    __tablename__ = "feed"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    publisher: Mapped[str]
    url: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    country: Mapped[str] = mapped_column(String(8))
    kind: Mapped[FeedKind]
    korea_filter: Mapped[bool]
    enabled: Mapped[bool]
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    body_sha256: Mapped[str | None] = mapped_column(String(64))
    last_attempt_at: Mapped[datetime | None]
    last_full_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_new_item_at: Mapped[datetime | None]
    newest_item_at: Mapped[datetime | None]
    last_outcome: Mapped[FeedOutcome | None]
    outcome_since: Mapped[datetime | None]
    last_reason: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[float] = mapped_column(default=0.0)
    poll_interval: Mapped[float | None]
    novelty: Mapped[float | None]
    next_attempt_at: Mapped[datetime | None]
    moved_to: Mapped[str | None] = mapped_column(Text)
    moved_seen: Mapped[int] = mapped_column(default=0)
    disabled_reason: Mapped[str | None] = mapped_column(Text)


class RawBodyRow(Base):
    """One fetched body, kept compressed under `path` before anything is made of it."""

    __tablename__ = "raw_body"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    codec: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str | None]
    size: Mapped[int]
    stored_size: Mapped[int]
    stored_at: Mapped[datetime]


class FetchRow(Base):
    """One request and how it ended. A poll of a feed has `feed_id` alone, a page has `article_id`."""

    __tablename__ = "fetch_log"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), index=True)
    feed_id: Mapped[str | None] = mapped_column(ForeignKey("feed.id"), index=True)
    article_id: Mapped[str | None] = mapped_column(ForeignKey("article.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    final_url: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[FetchOutcome]
    feed_outcome: Mapped[FeedOutcome | None]
    failure: Mapped[FailureClass | None]
    code: Mapped[str | None]
    message: Mapped[str | None] = mapped_column(Text)
    http_status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    raw_sha256: Mapped[str | None] = mapped_column(ForeignKey("raw_body.sha256"))
    size: Mapped[int | None]
    seconds: Mapped[float]
    items_new: Mapped[int | None]
    items_known: Mapped[int | None]
    fetched_at: Mapped[datetime]


class FeedItemRow(Base):
    """One item of one feed; several items may lead to one article."""

    __tablename__ = "feed_item"
    __table_args__ = (UniqueConstraint("feed_id", "guid"),)

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    feed_id: Mapped[str] = mapped_column(ForeignKey("feed.id"))
    guid: Mapped[str] = mapped_column(Text)
    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    published_raw: Mapped[str | None]
    published_at: Mapped[datetime | None]
    published_zone: Mapped[str | None]
    updated_raw: Mapped[str | None]
    first_seen_at: Mapped[datetime]


# --- extract ------------------------------------------------------------------------------------------------------


class ArticleRow(Base):
    """One article by its address; `url_key` is the address without what does not identify it.

    `state` says where its fetching stands: `pending` is due, `done` has a body in `raw_sha256`, `failed` is tried again at
    `next_attempt_at`, `quarantined` failed for good and `skipped` was left out for the stated reason. The body that was last
    made into a version is `extracted_sha256`.
    """

    __tablename__ = "article"
    __table_args__ = (Index(None, "state"),)

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    url_key: Mapped[str] = mapped_column(Text, unique=True)
    url: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime]
    state: Mapped[StageState]
    reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    raw_sha256: Mapped[str | None] = mapped_column(ForeignKey("raw_body.sha256"))
    final_url: Mapped[str | None] = mapped_column(Text)
    fetched_at: Mapped[datetime | None]
    content_type: Mapped[str | None]
    extracted_sha256: Mapped[str | None] = mapped_column(String(64))
    latest_version_id: Mapped[str | None] = mapped_column(_Id)


class StoryClusterRow(Base):
    """Articles that carry one text: wire copies and near-duplicates. Its members are independent sources of nothing."""

    __tablename__ = "story_cluster"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    representative_id: Mapped[str] = mapped_column(_Id)
    n_articles: Mapped[int]
    n_publishers: Mapped[int]


class ArticleVersionRow(Base):
    """One text of one article. The text never changes after it is written; the story cluster does, and what a newer extractor makes of
    the same body otherwise (title, dates, …) follows it, with a `version_change` for each. `removed` are the paragraphs that were learned to be boilerplate and cut.
    """

    __tablename__ = "article_version"
    __table_args__ = (UniqueConstraint("article_id", "content_sha256"), Index(None, "published_at"))

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), index=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    raw_sha256: Mapped[str] = mapped_column(ForeignKey("raw_body.sha256"))
    extractor: Mapped[str]
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(String(8))
    url: Mapped[str] = mapped_column(Text)
    publisher: Mapped[str]
    source_kind: Mapped[FeedKind]
    published_at: Mapped[datetime | None]
    published_raw: Mapped[str | None]
    published_zone: Mapped[str | None]
    published_source: Mapped[DateSource | None]
    published_precision: Mapped[str | None] = mapped_column(String(8))
    body_status: Mapped[BodyStatus]
    korea: Mapped[bool]
    korea_score: Mapped[float]
    furniture: Mapped[list[list[int]]]
    dateline_start: Mapped[int | None]
    dateline_end: Mapped[int | None]
    removed: Mapped[list[str]]
    cluster_id: Mapped[str | None] = mapped_column(ForeignKey("story_cluster.id"), index=True)
    created_at: Mapped[datetime]


class VersionChangeRow(Base):
    """One column of an article version that follows a newer extractor, which made the same text of the same body.

    `before` and `after` are the values as text, times in ISO 8601; null where there was or is none.
    """

    __tablename__ = "version_change"

    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), primary_key=True)
    column: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    extractor: Mapped[str]
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))


class StageStatusRow(Base):
    """Where one article version stands in one stage; written in the transaction of the stage's output."""

    __tablename__ = "stage_status"

    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    stage_version: Mapped[str] = mapped_column(String(64))
    state: Mapped[StageState]
    reason: Mapped[str | None] = mapped_column(Text)
    counts: Mapped[dict[str, Any]]
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))
    finished_at: Mapped[datetime]


# --- tag and link -------------------------------------------------------------------------------------------------


class EntityRow(Base):
    """One real-world entity: from the knowledge base (`kb:…`) or met in the news (`ent-…`)."""

    __tablename__ = "entity"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    label: Mapped[Label] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(Text, index=True)
    country: Mapped[str | None] = mapped_column(String(8))
    in_knowledge_base: Mapped[bool]


class MentionRow(Supersedable, Base):
    """One named mention in one article version."""

    __tablename__ = "mention"
    __table_args__ = (CheckConstraint('start >= 0 AND start < "end"', name="span"),)

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), index=True)
    entity_id: Mapped[str] = mapped_column(ForeignKey("entity.id"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    label: Mapped[Label]
    name: Mapped[str] = mapped_column(Text)
    official: Mapped[bool]
    role: Mapped[str | None] = mapped_column(Text)
    affiliation: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(String(8))
    metonym: Mapped[bool]
    via: Mapped[Via]
    score: Mapped[float]
    maker: Mapped[str]
    maker_version: Mapped[str]


class MentionCandidateRow(Supersedable, Base):
    """One span that may be a name but was not taken as a mention; it waits for an editor and belongs to no entity."""

    __tablename__ = "mention_candidate"
    __table_args__ = (CheckConstraint('start >= 0 AND start < "end"', name="span"),)

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    label: Mapped[Label]
    score: Mapped[float]
    reason: Mapped[CandidateReason]
    maker: Mapped[str]
    maker_version: Mapped[str]


class LinkRow(Supersedable, Base):
    """That an entity of an article is an entry of a sanctions list; `entry` is null where the list gives no id.

    `written` is the name in the article, `alias` the known name that it equals or resembles, `likeness` how much, 0 to 1, and
    `comparison` why; `evidence` maps what was found for and against it to its weight in log-odds. All five are null in rows that
    were written before they existed.
    """

    __tablename__ = "link"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), index=True)
    entity_id: Mapped[str] = mapped_column(ForeignKey("entity.id"), index=True)
    entry: Mapped[str | None] = mapped_column(index=True)
    source: Mapped[str]
    list_version: Mapped[str]
    name: Mapped[str] = mapped_column(Text)
    score: Mapped[float]
    why: Mapped[str] = mapped_column(Text)
    status: Mapped[LinkStatus]
    maker: Mapped[str]
    maker_version: Mapped[str]
    written: Mapped[str | None] = mapped_column(Text)
    alias: Mapped[str | None] = mapped_column(Text)
    likeness: Mapped[float | None]
    comparison: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[dict[str, Any] | None]
    knowledge_version_id: Mapped[str] = mapped_column(ForeignKey("knowledge_version.id"))


class IdentifierMentionRow(Supersedable, Base):
    """A number or address in an article that a list gives for an entity; `kind` is imo, wallet, passport or swift."""

    __tablename__ = "identifier_mention"
    __table_args__ = (CheckConstraint('start >= 0 AND start < "end"', name="span"),)

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    entity_id: Mapped[str] = mapped_column(ForeignKey("entity.id"), index=True)
    maker: Mapped[str]
    maker_version: Mapped[str]


class AmountRow(Supersedable, Base):
    """One expression of money or crypto assets; `group_no` joins restatements of one sum within the article."""

    __tablename__ = "amount"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    value: Mapped[float | None]
    value_max: Mapped[float | None]
    currency: Mapped[str | None] = mapped_column(String(16))
    bound: Mapped[Bound]
    group_no: Mapped[int | None]
    derived_from_id: Mapped[str | None] = mapped_column(_Id)
    usd: Mapped[float | None]
    usd_basis: Mapped[str | None] = mapped_column(String(24))
    maker: Mapped[str]
    maker_version: Mapped[str]


class TimeExpressionRow(Supersedable, Base):
    """One expression of time and what it was resolved to; `anchor` is the publication day it was resolved against."""

    __tablename__ = "time_expression"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    resolved_start: Mapped[str | None] = mapped_column(String(10))
    resolved_end: Mapped[str | None] = mapped_column(String(10))
    precision: Mapped[Precision]
    anchor: Mapped[str | None] = mapped_column(String(10))
    maker: Mapped[str]
    maker_version: Mapped[str]


# --- events -------------------------------------------------------------------------------------------------------


class EventRow(Base):
    """One real-world event. Where `merged_into` is set, that event stands for this one too; the row and its evidence stay."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "type", "date_start"), Index(None, "modality"), Index(None, "changed_at"))

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), index=True)
    key: Mapped[str] = mapped_column(Text)
    type: Mapped[EventType]
    subtype: Mapped[str | None] = mapped_column(String(32))
    plover: Mapped[str | None] = mapped_column(String(48))
    plover_contexts: Mapped[list[str]]
    cameo: Mapped[str | None] = mapped_column(String(8))
    quad_class: Mapped[str | None] = mapped_column(String(4))
    modality: Mapped[Modality]
    genericity: Mapped[Genericity]
    background: Mapped[bool]
    date_start: Mapped[str | None] = mapped_column(String(10))
    date_end: Mapped[str | None] = mapped_column(String(10))
    date_precision: Mapped[Precision]
    place_entity_id: Mapped[str | None] = mapped_column(ForeignKey("entity.id"))
    place_text: Mapped[str | None] = mapped_column(Text)
    speaker_entity_id: Mapped[str | None] = mapped_column(ForeignKey("entity.id"))
    speaker_text: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float]
    n_mentions: Mapped[int]
    n_articles: Mapped[int]
    n_sources: Mapped[int]
    status: Mapped[ReviewStatus] = mapped_column(default=ReviewStatus.AUTO)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("event.id"), index=True)
    deleted_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    extractor_version: Mapped[str]
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_version.id"))
    knowledge_version_id: Mapped[str] = mapped_column(ForeignKey("knowledge_version.id"))


class EventMentionRow(Base):
    """One passage that tells an event, with its evidence."""

    __tablename__ = "event_mention"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("article_version.id"), index=True)
    trigger_text: Mapped[str] = mapped_column(Text)
    trigger_start: Mapped[int]
    trigger_end: Mapped[int]
    evidence_start: Mapped[int]
    evidence_end: Mapped[int]
    evidence_text: Mapped[str] = mapped_column(Text)
    modality: Mapped[Modality]
    genericity: Mapped[Genericity]
    cues: Mapped[list[str]]
    speaker_entity_id: Mapped[str | None] = mapped_column(ForeignKey("entity.id"))
    speaker_text: Mapped[str | None] = mapped_column(Text)
    speaker_start: Mapped[int | None]
    speaker_end: Mapped[int | None]
    attribution_kind: Mapped[AttributionKind]
    time_id: Mapped[str | None] = mapped_column(ForeignKey("time_expression.id"))
    is_core: Mapped[bool]
    score: Mapped[float]
    rules: Mapped[list[str]]


class EventArgumentRow(Supersedable, Base):
    """Who or what fills a role in one mention of an event."""

    __tablename__ = "event_argument"
    __table_args__ = (Index(None, "entity_id", "role"),)

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    mention_id: Mapped[str] = mapped_column(ForeignKey("event_mention.id"), index=True)
    role: Mapped[ArgumentRole]
    entity_id: Mapped[str | None] = mapped_column(ForeignKey("entity.id"))
    text: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    start: Mapped[int | None]
    end: Mapped[int | None]
    via: Mapped[Via]
    score: Mapped[float]


class EventAmountRow(Supersedable, Base):
    """An amount in its role in one mention of an event."""

    __tablename__ = "event_amount"

    mention_id: Mapped[str] = mapped_column(ForeignKey("event_mention.id"), primary_key=True)
    amount_id: Mapped[str] = mapped_column(ForeignKey("amount.id"), primary_key=True)
    role: Mapped[AmountRole]


class EventQuantityRow(Supersedable, Base):
    """A counting or measure in one mention of an event."""

    __tablename__ = "event_quantity"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    mention_id: Mapped[str] = mapped_column(ForeignKey("event_mention.id"), index=True)
    role: Mapped[QuantityRole]
    value_min: Mapped[float]
    value_max: Mapped[float]
    bound: Mapped[Bound]
    unit: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    start: Mapped[int]
    end: Mapped[int]


class EventRelationRow(Base):
    """A relation between two events."""

    __tablename__ = "event_relation"

    source_event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    target_event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True, index=True)
    kind: Mapped[RelationKind] = mapped_column(primary_key=True)
    score: Mapped[float]


class EventMergeRow(Base):
    """One decision on two events: that they are one, may be, or are two; `decided_by` is "machine" or the name of a person.

    Decisions of the machine and of people stand side by side. A later decision of the same party on the same pair ends an earlier
    one, which stays with its end in `ended_at`. `reasons` holds the rule and the parts of the comparison, `why` what a person wrote.
    `event.merged_into` follows from the decisions in force.
    """

    __tablename__ = "event_merge"
    __table_args__ = (CheckConstraint("loser_event_id <> winner_event_id", name="two"),)

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    loser_event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), index=True)
    winner_event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), index=True)
    status: Mapped[MergeStatus]
    score: Mapped[float | None]
    reasons: Mapped[dict[str, Any]]
    decided_by: Mapped[str]
    maker: Mapped[str]
    maker_version: Mapped[str]
    why: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class EventChangeRow(Base):
    """One line of the change feed, in the order in which changes were written; `number` is the cursor."""

    __tablename__ = "event_change"
    __table_args__ = (Index(None, "event_id", "kind"), Index(None, "at"))

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    kind: Mapped[ChangeKind]
    into_event_id: Mapped[str | None] = mapped_column(ForeignKey("event.id"))
    at: Mapped[datetime]
