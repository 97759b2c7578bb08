"""Filling the queue: what was read since the last time is compared with what is asked already, some hundred articles at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from models.knowledge import Knowledge
from models.review import Asked, Decision, Item, ItemKind, ItemState, RefreshReport, Subject, Verdict
from pipeline.review.deciding import follow
from pipeline.review.items import counted, item_id, make_item
from pipeline.review.pairs import propose_pairs
from pipeline.review.reopen import Change, judge
from pipeline.review.settling import Settled, settle
from pipeline.store.engine import Database, reading
from pipeline.store.merges import Transaction
from pipeline.store.review_decisions import MACHINE_EDITOR, add_machine_editor, admins, append, in_force
from pipeline.store.review_effects import touch_concerned
from pipeline.store.review_items import (
    Exceptions,
    Pair,
    add_subjects,
    change_items,
    count_named,
    exceptions_of,
    insert_items,
    last_seen,
    listed_doubts,
    lock_items,
    remove_subjects,
    split_id,
    stored_subjects,
)
from pipeline.store.review_sources import all_articles, articles_touched, load_asked, load_merges_asked
from pipeline.store.runs import recording

__all__ = ["refresh"]

_AT_ONCE = 200
"""Articles of one transaction: it ends within a second or two, and editors wait no longer than that."""
_SLACK = timedelta(hours=1)
"""How long before the last refresh is looked back: the clocks of machines that share a database differ."""


def refresh(database: Database, knowledge: Knowledge, *, now: Callable[[], datetime], everything: bool = False) -> RefreshReport:
    """Make items of what was read since the last refresh, or of all that is stored."""
    at = now()
    with reading(database) as connection:
        last = None if everything else last_seen(connection)
        since = last - _SLACK if last is not None else None
        articles = all_articles(connection) if since is None else articles_touched(connection, since)
    counts: Counter[str] = Counter()
    for portion in _portions(articles):
        with recording(database) as connection:
            asked = load_asked(connection, portion, knowledge)
            counts += _Portion(connection, portion, at).settle(asked)
    with recording(database) as connection:
        pairs, ended = load_merges_asked(connection, since, knowledge)
        pairs += propose_pairs(connection, knowledge, since=at)
        counts += _Portion(connection, (), at).settle(pairs, gone_rows=ended)
    counts["merges"] = len(pairs)
    return RefreshReport(len(articles), counts["new"], counts["changed"], counts["reopened"], counts["withdrawn"], counts["merges"])


def _portions(articles: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(articles)
    while portion := list(islice(rest, _AT_ONCE)):
        yield portion


@dataclass(slots=True)
class _Wanted:
    """What is asked under one id, with the places of the articles looked at."""

    asked: Asked
    places: dict[Pair, Subject] = field(default_factory=dict)
    scores: dict[Pair, float] = field(default_factory=dict)


class _Portion:
    """Some articles in one transaction."""

    def __init__(self, connection: Transaction, articles: Sequence[str], at: datetime) -> None:
        self._connection, self._articles, self._at = connection, articles, at
        self._counts: Counter[str] = Counter()

    def settle(self, asked: Sequence[Asked], gone_rows: Sequence[str] = ()) -> Counter[str]:
        """Bring the items of these articles up to what they ask now; return how many are new, changed, reopened, withdrawn."""
        ids = {item_id(one.kind, one.key): one for one in asked}
        placeless = [ident for ident, one in ids.items() if one.subjects[0].version_id is None]
        stored = stored_subjects(self._connection, self._articles, items=placeless, rows=gone_rows)
        known = lock_items(self._connection, ids.keys() | {pair[0] for pair in stored})
        decisions = self._said(known)
        wanted = self._wanted(asked, exceptions_of(self._connection, decisions))
        places = {pair: subject for one in wanted.values() for pair, subject in one.places.items()}
        gone = stored.keys() - places.keys()
        parts = lock_items(self._connection, wanted.keys() - known.keys())
        decisions |= self._said(parts)
        touched = wanted.keys() | {pair[0] for pair in gone}
        known = {ident: item for ident, item in (known | parts).items() if ident in touched}
        new = [make_item(ident, one.asked, at=self._at) for ident, one in wanted.items() if ident not in known]
        insert_items(self._connection, new)
        self._counts["new"] += len(new)
        added = {pair: subject for pair, subject in places.items() if pair not in stored}
        add_subjects(self._connection, added)
        remove_subjects(self._connection, gone)
        items = known | {item.id: item for item in new}
        self._bring_up(items, wanted, added, gone, decisions)
        self._bring_up_entities(asked, items, gone)
        return self._counts

    def _said(self, items: Mapping[str, Item]) -> dict[str, list[Decision]]:
        """Return by item what was said of it in its present revision, and holds."""
        found = in_force(self._connection, items)
        return {ident: [one for one in said if one.revision == items[ident].revision] for ident, said in found.items()}

    def _wanted(self, asked: Iterable[Asked], exceptions: Mapping[str, Exceptions]) -> dict[str, _Wanted]:
        """Return what is asked by item; places that a verdict excepts are asked for themselves, for each article."""
        found: dict[str, _Wanted] = {}
        for one in asked:
            ident = item_id(one.kind, one.key)
            excepted = exceptions.get(ident)
            for subject, score in zip(one.subjects, one.scores, strict=True):
                target = ident
                if excepted is not None and one.article is not None and excepted.takes(subject, one.article):
                    target = split_id(ident, one.article)
                wanted = found.setdefault(target, _Wanted(one))
                wanted.asked = one
                pair = (target, subject.table, subject.row_id)
                wanted.places[pair], wanted.scores[pair] = subject, score
        return found

    def _bring_up(
        self,
        items: Mapping[str, Item],
        wanted: Mapping[str, _Wanted],
        added: Mapping[Pair, Subject],
        gone: Iterable[Pair],
        decisions: Mapping[str, Sequence[Decision]],
    ) -> None:
        """Write what became of each item, and let verdicts hold for new places."""
        more: Counter[str] = Counter(pair[0] for pair in added)
        fewer: Counter[str] = Counter(pair[0] for pair in gone)
        doubts = listed_doubts(self._connection, [ident for ident, item in items.items() if item.kind is ItemKind.LISTED])
        settled = self._settled(items, decisions)
        changed: list[Item] = []
        reopened: list[Item] = []
        follows: list[str] = []
        for ident, item in items.items():
            one = wanted.get(ident)
            stay = item.n_subjects - fewer[ident]
            places = stay + more[ident]
            fresh = [one.scores[pair] for pair in one.places if pair in added] if one is not None else []
            score = (item.score * stay + sum(fresh)) / places if places else item.score
            asked = one.asked if one is not None else None
            now = counted(item, asked, places=places, score=score, waiting=doubts.get(ident))
            is_new = item.first_seen_at == self._at and not item.n_subjects
            after, change = (now, Change.KEEP) if is_new else self._after(item, now, asked, settled[ident], places)
            if change is Change.REOPEN:
                reopened.append(after)
            elif _is_behind(after, settled[ident], more=more[ident]):
                follows.append(ident)
            if after != item:
                changed.append(after if after.seen_at == self._at else replace(after, seen_at=self._at))
        change_items(self._connection, changed)
        self._reopen(reopened)
        for ident in follows:
            follow(self._connection, ident, at=self._at)

    def _settled(self, items: Mapping[str, Item], decisions: Mapping[str, Sequence[Decision]]) -> dict[str, Settled]:
        bosses = admins(self._connection, {one.editor for said in decisions.values() for one in said})
        return {
            ident: settle(decisions.get(ident, ()), revision=item.revision, twice=item.twice, admins=bosses)
            for ident, item in items.items()
        }

    def _after(self, item: Item, now: Item, asked: Asked | None, settled: Settled, places: int) -> tuple[Item, Change]:
        """Return an item as it is after this reading, and what became of it."""
        decided = settled.final is not None or settled.state is ItemState.DISPUTED
        if asked is None:
            change = Change.KEEP if places else judge(item, None, decided=decided)
            return (replace(now, state=ItemState.WITHDRAWN) if change is Change.WITHDRAW else now), self._count(change)
        said = make_item(item.id, asked, at=self._at)
        change = self._count(judge(item, said, decided=decided))
        if change is Change.KEEP and item.value_hash == said.value_hash:
            return now, change
        current = replace(now, title=said.title, value=said.value)
        if change is Change.KEEP and decided:
            return current, change
        current = replace(
            current,
            **{name: getattr(said, name) for name in ("candidate", "label", "text_hash", "value_hash", "component", "component_version")},
        )
        if change is Change.REOPEN:
            return replace(current, revision=item.revision + 1, state=ItemState.OPEN), change
        return (replace(current, state=ItemState.OPEN) if change is Change.RETURN else current), change

    def _count(self, change: Change) -> Change:
        names = {Change.REFRESH: "changed", Change.RETURN: "changed", Change.REOPEN: "reopened", Change.WITHDRAW: "withdrawn"}
        if change in names:
            self._counts[names[change]] += 1
        return change

    def _reopen(self, items: Sequence[Item]) -> None:
        """Write that items are asked again; what was decided of them holds for none of their rows any longer."""
        if items:
            add_machine_editor(self._connection, at=self._at)
            append(self._connection, items, Verdict.REOPEN, MACHINE_EDITOR, at=self._at)
            for item in items:
                follow(self._connection, item.id, at=self._at)
            # Older articles, which were not read again, show them too: the refresh of the index, which comes after, finds their events.
            touch_concerned(self._connection, [item.id for item in items], at=self._at, most=1)

    def _bring_up_entities(self, asked: Iterable[Asked], items: Mapping[str, Item], gone: Iterable[Pair]) -> None:
        """Count how often new entities are named, over all articles; withdraw those that are named no more."""
        lost = {items[pair[0]].candidate for pair in gone if items[pair[0]].kind is ItemKind.NAME}
        by_item = {item_id(one.kind, one.key): one for one in asked if one.kind is ItemKind.ENTITY}
        owners = {ident: one.key[0] for ident, one in by_item.items()}
        owners |= {item_id(ItemKind.ENTITY, (entity,)): entity for entity in lost if entity is not None}
        if not owners:
            return
        named = count_named(self._connection, owners.values())
        known = lock_items(self._connection, owners)
        said = in_force(self._connection, known)
        changed: dict[str, Item] = {}
        for ident, item in known.items():
            places, score = named.get(owners[ident], (0, item.score))
            now = counted(item, by_item.get(ident), places=places, score=score)
            if not places and item.state is ItemState.OPEN and not said.get(ident):
                now = replace(now, state=ItemState.WITHDRAWN)
                self._counts["withdrawn"] += 1
            if now != item:
                changed[ident] = replace(now, seen_at=self._at)
        change_items(self._connection, list(changed.values()))


def _is_behind(item: Item, settled: Settled, *, more: int) -> bool:
    """Tell whether what was decided of an item does not hold yet for its places, or its state is not what the record says (an import)."""
    if item.state is ItemState.WITHDRAWN and settled.final is None:
        return False
    return item.state is not settled.state or (more > 0 and settled.final is not None)
