"""What is learnt from decisions: what was said of which items, and how articles wrote what they are about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import Connection, func, select

from models.review import Decision, Item, ItemKind
from models.review_tables import ReviewDecisionRow, ReviewItemRow, ReviewSubjectRow
from models.tables import EventMentionRow, LinkRow
from pipeline.store.chunks import in_chunks
from pipeline.store.review_rows import ABOUT_OTHERS, decision_of, holds, item_of

__all__ = ["last_decision", "load_held", "rules_of_events", "written_names"]


def load_held(connection: Connection, kinds: Collection[ItemKind]) -> Iterator[tuple[Item, list[Decision]]]:
    """Yield the items of some kinds of which something was said that holds, each with all of that, oldest first."""
    row = ReviewDecisionRow
    held: dict[str, list[Decision]] = defaultdict(list)
    query = select(row.__table__).where(row.kind.in_(list(kinds)), row.verdict.not_in(ABOUT_OTHERS), holds(row))
    for one in connection.execute(query.order_by(row.number)).mappings():
        held[one["item_id"]].append(decision_of(dict(one)))
    decided = select(row.item_id).where(row.kind.in_(list(kinds)))
    for item in connection.execute(select(ReviewItemRow.__table__).where(ReviewItemRow.id.in_(decided))):
        if item.id in held:
            yield item_of(item), held[item.id]


def last_decision(connection: Connection, kinds: Collection[ItemKind]) -> int:
    """Return the number of the last decision on items of some kinds, those that undo and redo among them; 0 where there is none."""
    return int(connection.execute(select(func.max(ReviewDecisionRow.number)).where(ReviewDecisionRow.kind.in_(list(kinds)))).scalar() or 0)


def written_names(connection: Connection, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """Return how articles write the entities that were held to be entries of lists, by entity and entry, the commonest spelling first.

    Links that no longer are in force count too: a pair that an editor rejected is not proposed again, under any of its spellings.
    """
    wanted = set(pairs)
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for chunk in in_chunks({entity for entity, _ in wanted}):
        columns = (LinkRow.entity_id, LinkRow.entry, LinkRow.written)
        for entity, entry, written in connection.execute(select(*columns).where(LinkRow.entity_id.in_(chunk))).all():
            if written and entry and (entity, entry) in wanted:
                found[entity, entry][written] += 1
    return {pair: [text for text, _ in sorted(texts.items(), key=lambda one: (-one[1], one[0]))] for pair, texts in found.items()}


def rules_of_events(connection: Connection, item_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return by which rules the events that items ask about were found, by item."""
    found: dict[str, set[str]] = defaultdict(set)
    for chunk in in_chunks(item_ids):
        query = (
            select(ReviewSubjectRow.item_id, EventMentionRow.rules)
            .join(EventMentionRow, EventMentionRow.event_id == ReviewSubjectRow.row_id)
            .where(ReviewSubjectRow.item_id.in_(chunk), ReviewSubjectRow.table_name == "event")
        )
        for item, rules in connection.execute(query).all():
            found[item].update(rules)
    return {item: tuple(sorted(rules)) for item, rules in found.items()}
