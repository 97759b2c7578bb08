"""The content of a database without what must differ between two runs: times of doing, ids of runs, and how the last polls ended."""

from __future__ import annotations

from sqlalchemy import select

from models.tables import Base, UtcDateTime
from pipeline.store.engine import Database, reading

INDEX = {
    *("event_index", "event_card", "event_term", "event_sum", "index_term", "index_state"),
    *("entity_index", "entity_article", "entity_said"),
}
"""Made of the other tables; numbers and codes in it depend on the order of writing."""
QUEUE = {"review_item", "review_subject"}
"""What a run asks of editors, made of what it read."""
LOGS = {"run", "fetch_log", *INDEX}
LAST_POLL = {"failures", "last_outcome", "last_reason", "moved_seen", "novelty", "poll_interval"}
NUMBERED = {"event_change": {"number"}}
"""What is numbered in the order in which it was written, which several runs at once do not share."""
FACTS_WITH_TIME = {"published_at", "newest_item_at"}


def dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every table, sorted, without the logs."""
    content = {}
    with reading(database) as connection:
        for name, table in Base.metadata.tables.items():
            if name in LOGS:
                continue
            columns = [
                column
                for column in table.columns
                if column.name not in {"run_id", *LAST_POLL, *NUMBERED.get(name, ())}
                and (not isinstance(column.type, UtcDateTime) or column.name in FACTS_WITH_TIME)
            ]
            rows = [tuple(row) for row in connection.execute(select(*columns))]
            content[name] = sorted(rows, key=repr)
    return content
