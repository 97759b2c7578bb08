"""`v_events_flat`: one row per event and article, for people who want a table; only what is in force.

Views hold no data, so they are made anew after every migration and need none of their own.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

__all__ = ["create_views", "drop_views"]

FLAT_VIEW = "v_events_flat"


def drop_views(connection: Connection) -> None:
    """Drop the views, which would stand in the way of migrations."""
    connection.execute(text(f"DROP VIEW IF EXISTS {FLAT_VIEW}"))


def create_views(connection: Connection) -> None:
    """Make the views."""
    aggregate = "string_agg" if connection.dialect.name == "postgresql" else "group_concat"
    connection.execute(text(f"CREATE VIEW {FLAT_VIEW} AS {_flat_view(aggregate)}"))


def _joined(aggregate: str, column: str, source: str) -> str:
    """Return a scalar subquery that joins the distinct values of `column` by ' | '."""
    return f"(SELECT {aggregate}(x.value, ' | ') FROM (SELECT DISTINCT {column} AS value FROM {source} ORDER BY 1) x)"  # noqa: S608 - constants


_HERE = "m.event_id = o.id AND m.version_id = v.id"


def _arguments(aggregate: str, role: str, column: str) -> str:
    source = (
        "event_argument a JOIN event_mention m ON m.id = a.mention_id LEFT JOIN entity n ON n.id = a.entity_id "
        f"WHERE {_HERE} AND a.role = '{role}' AND {column} IS NOT NULL AND a.superseded_at IS NULL"
    )
    return _joined(aggregate, column, source)


def _first_amount(column: str) -> str:
    """Return the value of the first amount in the text that the event has in this article.

    Whether the event has it is asked, not whether the article still does: what a person decided on keeps the amounts that it was told with.
    """
    return (
        f"(SELECT am.{column} FROM event_amount ea JOIN event_mention m ON m.id = ea.mention_id JOIN amount am ON am.id = ea.amount_id "  # noqa: S608
        f"WHERE {_HERE} AND ea.superseded_at IS NULL ORDER BY am.start LIMIT 1)"
    )


def _first_mention(column: str) -> str:
    return f"(SELECT m.{column} FROM event_mention m WHERE {_HERE} ORDER BY m.is_core DESC, m.trigger_start LIMIT 1)"  # noqa: S608


def _flat_view(aggregate: str) -> str:
    sanctioned = _joined(
        aggregate,
        "l.entry",
        "event_argument a JOIN event_mention m ON m.id = a.mention_id JOIN link l ON l.entity_id = a.entity_id AND l.version_id = v.id "
        f"WHERE {_HERE} AND a.role IN ('actor', 'target') AND l.status = 'auto' AND l.entry IS NOT NULL "
        "AND a.superseded_at IS NULL AND l.superseded_at IS NULL",
    )
    source = f"event_quantity q JOIN event_mention m ON m.id = q.mention_id WHERE {_HERE} AND q.superseded_at IS NULL"
    quantities = _joined(aggregate, "q.role || ' ' || q.text", source)
    return f"""
    SELECT e.id AS event_id, v.id AS version, e.type, e.subtype, e.plover, e.cameo, e.quad_class,
      {_arguments(aggregate, "actor", "a.name")} AS actors,
      {_arguments(aggregate, "actor", "a.entity_id")} AS actor_ids,
      {_arguments(aggregate, "actor", "n.country")} AS actor_countries,
      {_arguments(aggregate, "target", "a.name")} AS targets,
      {_arguments(aggregate, "target", "a.entity_id")} AS target_ids,
      {_arguments(aggregate, "target", "n.country")} AS target_countries,
      {sanctioned} AS sanctioned_ids,
      o.place_text AS place, o.date_start, o.date_end, o.date_precision, e.modality, o.background,
      o.speaker_text AS speaker, o.speaker_entity_id AS speaker_id, {_first_mention("attribution_kind")} AS attribution_kind,
      {_first_amount("value")} AS amount_value, {_first_amount("currency")} AS amount_currency, {_first_amount("bound")} AS amount_bound,
      {_first_amount("usd")} AS amount_usd, {_first_amount("usd_basis")} AS usd_basis, {quantities} AS quantities,
      {_first_mention("trigger_text")} AS trigger_text, {_first_mention("evidence_text")} AS evidence, o.score, e.status,
      e.n_mentions, e.n_articles, e.n_sources, v.publisher, v.source_kind, v.published_at, v.url, v.title, v.lang,
      o.article_id, e.changed_at, o.extractor_version
    FROM event o
    JOIN event e ON e.id = coalesce(o.merged_into, o.id)
    JOIN article r ON r.id = o.article_id
    JOIN article_version v ON v.id = r.latest_version_id
    WHERE e.deleted_at IS NULL AND EXISTS (SELECT 1 FROM event_mention m WHERE {_HERE})
    """  # noqa: S608 - built of constants
