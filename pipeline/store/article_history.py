"""What newer machine versions said otherwise of one article version. Nothing was overwritten, so both can be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from models.article_history import ArticleHistory, ReadingChange, Replaced
from models.tables import (
    AmountRow,
    ArticleVersionRow,
    Base,
    LinkRow,
    MentionCandidateRow,
    MentionRow,
    RunRow,
    TimeExpressionRow,
    VersionChangeRow,
)

__all__ = ["load_article_history", "load_version_text"]

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One table: its name for people, and the columns that say something. Rows are told apart by place, or else by the columns of `subject`."""

    table: type[Base]
    name: str
    shown: tuple[str, ...]
    subject: tuple[str, ...] = ()

    def place(self, row: Fields) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.subject) if self.subject else (row["start"], row["end"])


_LAYERS = (
    _Layer(MentionRow, "names", ("label", "name", "entity_id", "role", "affiliation")),
    _Layer(MentionCandidateRow, "uncertain names", ("label", "reason")),
    _Layer(LinkRow, "matches to lists", ("entry", "name", "status", "list_version"), ("entity_id", "source", "entry")),
    _Layer(AmountRow, "amounts", ("value", "value_max", "currency", "bound", "usd")),
    _Layer(TimeExpressionRow, "times", ("resolved_start", "resolved_end", "precision")),
)


def load_article_history(connection: Connection, version_id: str) -> ArticleHistory:
    """Return what newer readings took out of force in this version, each with what is in force at its place."""
    by_reading: dict[tuple[datetime, str], list[Replaced]] = defaultdict(list)
    for layer in _LAYERS:
        rows = _rows(connection, layer, version_id)
        in_force = {layer.place(row): row for row in rows if row["superseded_at"] is None}
        for row in rows:
            if row["superseded_at"] is not None:
                by_reading[row["superseded_at"], row["superseded_by"]].append(_replaced(layer, row, in_force.get(layer.place(row))))
    commands = _commands(connection, {run_id for _, run_id in by_reading})
    readings = tuple(
        ReadingChange(run_id, at, commands.get(run_id), tuple(found)) for (at, run_id), found in sorted(by_reading.items(), reverse=True)
    )
    changes = connection.execute(
        select(VersionChangeRow.__table__)
        .where(VersionChangeRow.version_id == version_id)
        .order_by(VersionChangeRow.at.desc(), VersionChangeRow.column)
    )
    return ArticleHistory(readings, tuple((row.column, row.before, row.after, row.at) for row in changes))


def load_version_text(connection: Connection, article_id: str, version_id: str) -> tuple[str, str] | None:
    """Return title and text of a version of this very article; None for a version of another one."""
    row = connection.execute(
        select(ArticleVersionRow.title, ArticleVersionRow.text).where(
            ArticleVersionRow.id == version_id, ArticleVersionRow.article_id == article_id
        )
    ).first()
    return None if row is None else (row.title, row.text)


def _rows(connection: Connection, layer: _Layer, version_id: str) -> Sequence[Fields]:
    columns = layer.table.__table__.c
    query = select(layer.table.__table__).where(columns.version_id == version_id).order_by(columns.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def _replaced(layer: _Layer, row: Fields, other: Fields | None) -> Replaced:
    return Replaced(
        layer=layer.name,
        start=row.get("start"),
        end=row.get("end"),
        text=row.get("text") or row.get("written") or row["name"],
        before=_told(layer, row),
        before_maker=_maker(row),
        after=None if other is None else _told(layer, other),
        after_maker=None if other is None else _maker(other),
    )


def _told(layer: _Layer, row: Fields) -> Fields:
    return {name: row[name] for name in layer.shown if row[name] is not None}


def _maker(row: Fields) -> str:
    return f"{row['maker']} {row['maker_version']}"


def _commands(connection: Connection, run_ids: Iterable[str]) -> dict[str, str]:
    rows = connection.execute(select(RunRow.id, RunRow.command).where(RunRow.id.in_(set(run_ids))))
    return {row.id: row.command for row in rows}
