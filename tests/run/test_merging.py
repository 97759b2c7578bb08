"""One event, once: what the nights decide, what people decide, and how both live together in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from models.merging import MACHINE, ChangeKind, MergeStatus
from models.tables import ArticleRow, EventMergeRow, EventRow
from models.vocabulary import Modality
from pipeline.errors import LockHeld, UsageError
from pipeline.run.merging import merge_events, merge_recent_events, unmerge_event
from pipeline.settings import Settings
from pipeline.store.analyses import record_analysis
from pipeline.store.changes import find_changes
from pipeline.store.engine import Database, reading, writing
from pipeline.store.locks import hold_data_dir
from pipeline.store.merges import find_decisions
from pipeline.store.search import load_article_view
from pipeline.store.stories import set_clusters
from tests.run.dump import dump
from tests.store.builders import NOW, TEXT, add_article, flat_rows, make_analysis, make_context

LATER = NOW + timedelta(days=1)


@pytest.fixture
def own(settings: Settings, database: Database) -> Settings:
    return settings.model_copy(update={"database_url": database.url.render_as_string(hide_password=False)})


def tell(database: Database, feed_id: str, *, amount: float = 2e6, text: str = TEXT, **changes: object) -> str:
    """Store an article of a feed that tells the sanction; return the id of the event."""
    article = add_article(database, feed_id=feed_id, text=f"{text} ({feed_id})", sha=f"{len(feed_id) % 10}")
    made = make_analysis(article, key=str(changes.pop("key", "SANCTION|us|u")))
    event = replace(made.events[0], **changes)
    sums = (replace(made.tagging.amounts[0], value=amount, usd=amount),)
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, replace(made, events=(event,), tagging=replace(made.tagging, amounts=sums)), context)
        set_clusters(connection, {article.id: article.id}, since=NOW)
        row = select(EventRow.id).join(ArticleRow, ArticleRow.id == EventRow.article_id)
        return connection.execute(row.where(ArticleRow.latest_version_id == article.id)).scalar_one()


def night(database: Database, *, at=NOW) -> int:
    with writing(database) as connection:
        return merge_recent_events(connection, since=NOW, at=at)


def standing(database: Database) -> dict[str, tuple[str | None, int, int, int]]:
    with reading(database) as connection:
        rows = connection.execute(select(EventRow.id, EventRow.merged_into, EventRow.n_mentions, EventRow.n_articles, EventRow.n_sources))
        return {row[0]: tuple(row[1:]) for row in rows}


def decisions(database: Database, **wanted: object) -> list[tuple[str, str]]:
    with reading(database) as connection:
        return [(row["status"], row["decided_by"]) for row in find_decisions(connection, **wanted)]  # type: ignore[arg-type]


def kinds(database: Database) -> list[tuple[str, str]]:
    with reading(database) as connection:
        return [(row["kind"], row["event_id"]) for row in find_changes(connection)]


def two_tellings(database: Database) -> tuple[str, str]:
    """Return the event that stands and the one that is merged into it, of two articles in one night."""
    found = {tell(database, "wire"), tell(database, "paper")}
    night(database)
    (loser,) = {event for event, row in standing(database).items() if row[0]}
    return (found - {loser}).pop(), loser


def test_one_event_in_two_articles_stands_once_with_both_as_sources(database: Database) -> None:
    winner, loser = two_tellings(database)
    assert standing(database) == {winner: (None, 2, 2, 2), loser: (winner, 1, 1, 1)}
    with reading(database) as connection:
        (row,) = find_decisions(connection)
    assert (row["loser_event_id"], row["winner_event_id"], row["status"], row["decided_by"]) == (loser, winner, "merged", MACHINE)
    assert row["reasons"]["rule"] == "party and day"
    whys = {part["name"]: part["why"] for part in row["reasons"]["parts"]}
    assert (whys["date"], whys["amount"]) == ("2025-11-04 in both", "2,000,000 USD and 2,000,000 USD")


def test_a_second_night_changes_nothing(database: Database) -> None:
    two_tellings(database)
    before = dump(database)
    assert night(database, at=LATER) == 0
    assert dump(database) == before


def test_contradicting_amounts_stay_with_their_articles(database: Database) -> None:
    tell(database, "wire", amount=2e6)
    tell(database, "paper", amount=3.5e6)
    night(database)
    with reading(database) as connection:
        rows = flat_rows(connection)
        (decision,) = find_decisions(connection)
        view = load_article_view(connection, rows[0]["version"])
    assert len({row["event_id"] for row in rows}) == 1
    assert {row["publisher"]: row["amount_value"] for row in rows} == {"The wire": 2e6, "The paper": 3.5e6}
    assert any(part["why"].startswith("told differently") for part in decision["reasons"]["parts"])
    assert view is not None
    assert [telling["amount_value"] for telling in view.tellings] == [rows[1]["amount_value"]]
    assert [amount["text"] for amount in view.event_amounts] == ["$2 million"]


def test_an_event_of_an_older_article_that_is_told_anew_is_found(database: Database) -> None:
    old = tell(database, "wire")
    night(database)
    with writing(database) as connection:
        for table in ("article_version", "event"):
            connection.exec_driver_sql(
                f"UPDATE {table} SET {'created_at' if table == 'article_version' else 'first_seen_at'} = '2025-10-01 00:00:00+00:00'"
            )
    new = tell(database, "paper")
    night(database)
    assert standing(database)[new][0] == old
    assert standing(database)[old] == (None, 2, 2, 2)


def test_plans_and_acts_are_two_events_and_what_is_alleged_is_for_an_editor(database: Database) -> None:
    for number, modality in enumerate((Modality.ASSERTED, Modality.PLANNED, Modality.ALLEGED)):
        tell(database, f"feed{'x' * number}", modality=modality, key=f"SANCTION|{modality}")
    night(database)
    assert {row[0] for row in standing(database).values()} == {None}
    assert decisions(database) == [("candidate", MACHINE)]


def test_a_merge_can_be_undone_and_restores_everything(own: Settings, database: Database) -> None:
    one, other = tell(database, "wire"), tell(database, "paper", date="2025-10-28")
    night(database)
    before = standing(database)
    done = merge_events(own, one, other, by="Kim", why="the day is a slip", at=LATER)
    assert (done.before[one], done.after[one]) == (one, other)
    assert standing(database)[other] == (None, 2, 2, 2)
    undone = unmerge_event(own, one, by="Kim", at=LATER + timedelta(hours=1))
    assert (undone.before[one], undone.after[one]) == (other, one)
    assert standing(database) == before
    assert decisions(database) == [("apart", "Kim")]
    assert sorted(decisions(database, ended=True)) == [("apart", "Kim"), ("merged", "Kim")]


def test_what_a_person_took_apart_stays_apart_on_later_nights(own: Settings, database: Database) -> None:
    winner, loser = two_tellings(database)
    unmerge_event(own, loser, by="Kim", why="two rounds of sanctions", at=LATER)
    assert standing(database) == {winner: (None, 1, 1, 1), loser: (None, 1, 1, 1)}
    before = dump(database)
    night(database, at=LATER + timedelta(days=1))
    assert dump(database) == before
    assert sorted(decisions(database)) == [("apart", "Kim"), ("merged", MACHINE)], "the machine's own word stays beside it"


def test_what_a_person_merged_stays_merged_and_the_chosen_event_stands(own: Settings, database: Database) -> None:
    winner, loser = two_tellings(database)
    third = tell(database, "magazine", date="2025-10-20")
    night(database)
    merge_events(own, winner, third, by="Kim", at=LATER)
    assert {event: row[0] for event, row in standing(database).items()} == {winner: third, loser: third, third: None}
    assert standing(database)[third] == (None, 3, 3, 3)
    before = dump(database)
    night(database, at=LATER + timedelta(days=1))
    assert dump(database) == before


def test_the_standing_event_can_be_taken_out_and_the_others_stay_together(own: Settings, database: Database) -> None:
    ids = {tell(database, feed) for feed in ("wire", "paper", "magazine")}
    night(database)
    (winner,) = (event for event, row in standing(database).items() if row[0] is None)
    unmerge_event(own, winner, by="Kim", at=LATER)
    rest = {event: row for event, row in standing(database).items() if event != winner}
    assert standing(database)[winner] == (None, 1, 1, 1)
    assert sorted(row[2] for row in rest.values()) == [1, 2]
    assert {row[0] or event for event, row in rest.items()} < ids - {winner}


def test_merging_again_what_was_held_apart_ends_that(own: Settings, database: Database) -> None:
    winner, loser = two_tellings(database)
    unmerge_event(own, loser, by="Kim", at=LATER)
    merge_events(own, loser, winner, by="Lee", at=LATER + timedelta(hours=1))
    assert standing(database) == {winner: (None, 2, 2, 2), loser: (winner, 1, 1, 1)}
    assert sorted(decisions(database)) == [("merged", "Lee"), ("merged", MACHINE)]


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(own: Settings, database: Database) -> None:
    _, loser = two_tellings(database)
    before = dump(database)
    assert unmerge_event(own, loser, by="Kim", dry_run=True, at=LATER).after[loser] == loser
    assert dump(database) == before


def test_wrong_events_are_refused_by_name(own: Settings, database: Database) -> None:
    winner, loser = two_tellings(database)
    third = tell(database, "magazine", date="2025-10-20")
    before = dump(database)
    for wrong, message in (
        ((loser, loser), "cannot be merged into itself"),
        ((loser, winner), f"are one event already: {winner} stands for them"),
        ((winner, loser), "are one event already"),
        (("evt-nothing", winner), "no event is called 'evt-nothing'"),
        (("evt-", winner), "several events begin with 'evt-'"),
    ):
        with pytest.raises(UsageError, match=message):
            merge_events(own, *wrong, by="Kim")
    with pytest.raises(UsageError, match="is merged with no other event"):
        unmerge_event(own, third, by="Kim")
    assert dump(database) == before


def test_nobody_decides_while_a_run_is_at_work(own: Settings, database: Database) -> None:
    _, loser = two_tellings(database)
    with hold_data_dir(own.data_dir), pytest.raises(LockHeld):
        unmerge_event(own, loser, by="Kim")


def test_the_beginning_of_an_id_is_enough(own: Settings, database: Database) -> None:
    winner, loser = two_tellings(database)
    assert unmerge_event(own, loser[:-2], by="Kim").after == {winner: winner, loser: loser}


def test_the_feed_tells_every_change_once_and_in_order(own: Settings, database: Database) -> None:
    winner, loser = two_tellings(database)
    both = [(ChangeKind.CREATED, event) for event in sorted((winner, loser))]
    assert kinds(database) == [*both, (ChangeKind.MERGED, loser)]
    unmerge_event(own, loser, by="Kim", at=LATER)
    assert kinds(database)[3:] == [(ChangeKind.UNMERGED, loser), (ChangeKind.CHANGED, winner)]
    with reading(database) as connection:
        lines = find_changes(connection)
        cursor = lines[2]["number"]
        assert [line["kind"] for line in find_changes(connection, after=cursor)] == [ChangeKind.UNMERGED, ChangeKind.CHANGED]
        assert find_changes(connection, since=LATER) == find_changes(connection, after=cursor)
        assert find_changes(connection, since=LATER + timedelta(seconds=1)) == []
        assert len(find_changes(connection, limit=2)) == 2


def test_a_third_article_in_a_later_night_is_a_change_of_the_event_that_stands(database: Database) -> None:
    winner, _ = two_tellings(database)
    third = tell(database, "magazine")
    night(database, at=LATER)
    assert kinds(database)[3:] == [(ChangeKind.CREATED, third), (ChangeKind.MERGED, third), (ChangeKind.CHANGED, winner)]


def test_no_decision_is_ever_rewritten(own: Settings, database: Database) -> None:
    _, loser = two_tellings(database)

    def facts() -> dict[str, tuple[object, ...]]:
        columns = (EventMergeRow.id, EventMergeRow.status, EventMergeRow.reasons, EventMergeRow.decided_by, EventMergeRow.decided_at)
        with reading(database) as connection:
            return {row[0]: tuple(row) for row in connection.execute(select(*columns))}

    seen = facts()
    unmerge_event(own, loser, by="Kim", at=LATER)
    tell(database, "magazine")
    night(database, at=LATER)
    now = facts()
    assert {name: now[name] for name in seen} == seen
    assert len(now) > len(seen)


def test_decisions_of_a_state_and_of_one_event_are_found(own: Settings, database: Database) -> None:
    _, loser = two_tellings(database)
    other = tell(database, "magazine", date="2025-10-20")
    unmerge_event(own, loser, by="Kim", at=LATER)
    assert decisions(database, statuses=[MergeStatus.APART]) == [("apart", "Kim")]
    assert decisions(database, event=other) == []
    assert len(decisions(database, event=loser)) == 2
