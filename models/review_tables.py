"""The tables of the review desk. Decisions, comments and the audit log are only ever added to; items follow from what was read and decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.review import EditorRole, ItemKind, ItemState, Verdict
from models.tables import Base, closed

__all__ = [
    "AuditRow",
    "EditorRow",
    "EditorSessionRow",
    "EditorTokenRow",
    "LoginAttemptRow",
    "ReviewClaimRow",
    "ReviewCommentRow",
    "ReviewDecisionRow",
    "ReviewItemRow",
    "ReviewSubjectRow",
    "ReviewedRow",
    "SavedQueueRow",
]

_Id = String(64)
_Kind = closed(ItemKind, "kind")
_Verdict = closed(Verdict, "verdict")


class ReviewItemRow(Base):
    """One question (`models.review.Item`); its id is made of its content."""

    __tablename__ = "review_item"
    __table_args__ = (
        Index(None, "state", "priority", "id"),
        Index(None, "state", "kind", "priority", "id"),
        Index(None, "state", "sampled", "priority", "id"),
        Index(None, "form"),
        Index(None, "candidate"),
    )

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    kind: Mapped[ItemKind] = mapped_column(_Kind)
    title: Mapped[str] = mapped_column(Text)
    value: Mapped[dict[str, Any]]
    form: Mapped[str] = mapped_column(Text)
    candidate: Mapped[str | None] = mapped_column(String(96))
    label: Mapped[str | None] = mapped_column(String(16))
    lang: Mapped[str | None] = mapped_column(String(8))
    publisher: Mapped[str | None] = mapped_column(Text)
    source_list: Mapped[str | None] = mapped_column(String(32))
    score: Mapped[float]
    uncertainty: Mapped[float]
    impact: Mapped[float]
    priority: Mapped[float]
    component: Mapped[str] = mapped_column(String(64))
    component_version: Mapped[str] = mapped_column(String(64))
    text_hash: Mapped[str] = mapped_column(String(64))
    value_hash: Mapped[str] = mapped_column(String(64))
    n_subjects: Mapped[int]
    sampled: Mapped[bool]
    twice: Mapped[bool]
    revision: Mapped[int]
    state: Mapped[ItemState] = mapped_column(closed(ItemState, "state"))
    first_seen_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class ReviewSubjectRow(Base):
    """One stored row that an item is about; `table_name` says of which table."""

    __tablename__ = "review_subject"
    __table_args__ = (Index(None, "row_id"), Index(None, "version_id"))

    item_id: Mapped[str] = mapped_column(ForeignKey("review_item.id"), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(16), primary_key=True)
    row_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    version_id: Mapped[str | None] = mapped_column(_Id)
    start: Mapped[int | None]
    end: Mapped[int | None]


class ReviewDecisionRow(Base):
    """One decision (`models.review.Decision`). Never updated: an undo is a row of its own."""

    __tablename__ = "review_decision"
    __table_args__ = (Index(None, "item_id", "number"), Index(None, "editor_id", "number"), Index(None, "batch"), Index(None, "undoes"))

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(_Id, unique=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("review_item.id"))
    kind: Mapped[ItemKind] = mapped_column(_Kind)
    revision: Mapped[int]
    verdict: Mapped[Verdict] = mapped_column(_Verdict)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    excepted: Mapped[list[str]]
    editor_id: Mapped[str] = mapped_column(ForeignKey("editor.id"))
    at: Mapped[datetime]
    batch: Mapped[str | None] = mapped_column(_Id)
    undoes: Mapped[str | None] = mapped_column(_Id)
    component: Mapped[str] = mapped_column(String(64))
    component_version: Mapped[str] = mapped_column(String(64))
    model_version_id: Mapped[str | None] = mapped_column(_Id)
    knowledge_version_id: Mapped[str | None] = mapped_column(_Id)
    note: Mapped[str | None] = mapped_column(Text)


class ReviewedRow(Base):
    """What editors say now of one stored row: the human column beside the machine's, made anew from the decisions in force.

    `verdict` is accept, reject or edit; `value` holds the fields that differ from what the machine says.
    """

    __tablename__ = "reviewed"
    __table_args__ = (Index(None, "decision_id"), Index(None, "at"))

    table_name: Mapped[str] = mapped_column(String(16), primary_key=True)
    row_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(_Verdict)
    value: Mapped[dict[str, Any]]
    decision_id: Mapped[str] = mapped_column(_Id)
    at: Mapped[datetime]


class ReviewClaimRow(Base):
    """That an editor has an item open, until then."""

    __tablename__ = "review_claim"

    item_id: Mapped[str] = mapped_column(ForeignKey("review_item.id"), primary_key=True)
    editor_id: Mapped[str] = mapped_column(ForeignKey("editor.id"), index=True)
    until: Mapped[datetime]


class ReviewCommentRow(Base):
    """What an editor wrote at an item."""

    __tablename__ = "review_comment"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("review_item.id"), index=True)
    editor_id: Mapped[str] = mapped_column(ForeignKey("editor.id"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)


class SavedQueueRow(Base):
    """A filter of the queue that an editor gave a name; `query` is its query string."""

    __tablename__ = "saved_queue"

    editor_id: Mapped[str] = mapped_column(ForeignKey("editor.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    query: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]


# --- who sits at the desk -----------------------------------------------------------------------------------------


class EditorRow(Base):
    """One account. Disabled accounts stay, since decisions name them; `password_hash` is null where a proxy vouches for the name."""

    __tablename__ = "editor"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[EditorRole] = mapped_column(closed(EditorRole, "role"))
    password_hash: Mapped[str | None] = mapped_column(Text)
    keys: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class EditorSessionRow(Base):
    """One sign-in; the cookie holds the secret, the row its SHA-256."""

    __tablename__ = "editor_session"

    secret_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    editor_id: Mapped[str] = mapped_column(ForeignKey("editor.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    until: Mapped[datetime]


class EditorTokenRow(Base):
    """One token by which a program acts for an editor; the row holds its SHA-256."""

    __tablename__ = "editor_token"

    secret_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    editor_id: Mapped[str] = mapped_column(ForeignKey("editor.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LoginAttemptRow(Base):
    """One failed sign-in; what is older than the time looked back on is removed."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index(None, "name", "at"), Index(None, "address", "at"))

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class AuditRow(Base):
    """One line of the audit log: sign-ins, changes of accounts, and every write that is no decision."""

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    editor_id: Mapped[str | None] = mapped_column(_Id, index=True)
    address: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(48))
    detail: Mapped[dict[str, Any]]
