"""What Datasette shows of a snapshot: titles, descriptions of every column, and questions that are ready to ask."""

from __future__ import annotations

from typing import Any

from pipeline.publish.snapshot_file import VIEWS
from pipeline.publish.tables import TABLES, Table

__all__ = ["QUERIES", "make_metadata"]

_FACETS = {
    "events": ["type", "modality", "status"],
    "parties": ["role", "label", "country"],
    "articles": ["publisher", "lang", "source_kind"],
}
_SORTED = {"events": "date_start", "articles": "published_at", "amounts": "usd"}

QUERIES: dict[str, dict[str, Any]] = {
    "words": {
        "title": "Events with these words",
        "description": "English words in all their forms; a star finds all endings, as Korean particles need: 은행*. "
        '"…" keeps words together, OR and NOT join them.',
        "sql": "SELECT l.* FROM event_list l JOIN events e USING (id) "
        "WHERE e.rowid IN (SELECT rowid FROM events_words WHERE events_words MATCH :words) ORDER BY l.date_start DESC LIMIT 200",
        "params": ["words"],
    },
    "sentences": {
        "title": "Sentences with this piece of text",
        "description": "Every passage that holds the piece just so, with the article that it stands in.",
        "sql": "SELECT p.event_id, a.published_at, p.evidence, p.modality, p.speaker, a.publisher, a.url FROM passages p JOIN articles a USING (version) "
        "WHERE :text <> '' AND instr(p.evidence, :text) > 0 ORDER BY a.published_at DESC LIMIT 200",
        "params": ["text"],
    },
    "sanctioned": {
        "title": "Who was sanctioned since a day, and under which programmes",
        "description": "Give a day, month or year. A match to a list is the machine's until an editor accepts it.",
        "sql": "SELECT * FROM designations WHERE date_start >= :since AND modality IN ('asserted', 'alleged') ORDER BY date_start DESC LIMIT 500",
        "params": ["since"],
    },
    "stolen_by_month": {
        "title": "How much was stolen, by month, and according to whom",
        "description": "Thefts by hacking with their largest amount in US dollars; what is only alleged stands apart.",
        "sql": "SELECT substr(date_start, 1, 7) AS month, modality, count(*) AS events, sum(usd) AS usd, group_concat(DISTINCT speaker) AS according_to "
        "FROM events WHERE type = 'CYBER_OP' AND usd IS NOT NULL AND background = 0 GROUP BY 1, 2 ORDER BY 1 DESC, 2",
    },
    "officials_on": {
        "title": "What officials said on events of a type",
        "description": "Give a type such as MILITARY_DRILL.",
        "sql": "SELECT e.date_start, p.name AS speaker, p.country, e.type, e.subtype, e.modality, e.evidence, e.id FROM events e JOIN parties p "
        "ON p.event_id = e.id AND p.role = 'speaker' WHERE p.official = 1 AND e.type = :type ORDER BY e.date_start DESC LIMIT 500",
        "params": ["type"],
    },
    "with_entity": {
        "title": "Who takes part in the same events as an entity",
        "description": "Give the id of the entity, such as kb:kp; the table `parties` has them.",
        "sql": "SELECT second_id AS entity_id, second AS name, events FROM together WHERE first_id = :entity "
        "UNION ALL SELECT first_id, first, events FROM together WHERE second_id = :entity ORDER BY events DESC, entity_id LIMIT 100",
        "params": ["entity"],
    },
    "only_alleged": {
        "title": "What is only alleged, and by whom",
        "sql": "SELECT * FROM event_list WHERE modality = 'alleged' ORDER BY date_start DESC LIMIT 500",
    },
}
"""Questions by name, as Datasette reads them."""


def make_metadata(version: str, about: str, licence: str) -> dict[str, Any]:
    """Return the metadata of a snapshot's file for Datasette."""
    return {
        "title": f"Peninsula, snapshot {version}",
        "description": f"Events about Korea as news articles tell them: {about}. Read modality and score before counting.",
        "license": licence,
        "databases": {
            "peninsula": {
                "tables": {
                    **{name: _about_table(table) for name, table in TABLES.items()},
                    **{name: {"description": text} for name, (text, _) in VIEWS.items()},
                },
                "queries": QUERIES,
            }
        },
    }


def _about_table(table: Table) -> dict[str, Any]:
    about: dict[str, Any] = {"description": table.text, "columns": {column.name: column.text for column in table.columns}}
    if table.name in _FACETS:
        about["facets"] = _FACETS[table.name]
    if table.name in _SORTED:
        about["sort_desc"] = _SORTED[table.name]
    if table.name == "events":
        about |= {"fts_table": "events_words", "fts_pk": "rowid", "searchmode": "raw", "label_column": "id"}
    return about
