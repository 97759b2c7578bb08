"""Items: what is asked, under which key, in what order; what becomes of them on later nights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.review import ItemKind, ItemState, QueueFilter, Verdict
from pipeline.review.items import SAMPLED, TWICE, item_id, share_of
from tests.review.desks import ENTRY, Newsroom


def test_a_reading_asks_of_names_entries_events_and_amounts(room: Newsroom) -> None:
    room.read()

    asked = {(item.kind, item.title) for item in room.items()}

    assert asked == {
        (ItemKind.NAME, "Washington → United States"),
        (ItemKind.NAME, "U Yong Su"),
        (ItemKind.NAME, "Tuesday: VESSEL?"),
        (ItemKind.LISTED, "U Yong Su → U, Yong Su (us_ofac_sdn)"),
        (ItemKind.EVENT, "SANCTION impose: United States → U Yong Su, 2025-11-04"),
        (ItemKind.AMOUNT, "$2 million"),
    }


def test_a_korean_reading_asks_the_same(room: Newsroom) -> None:
    room.read(lang="ko")

    asked = {(item.kind, item.title, item.lang) for item in room.items()}

    assert asked == {
        (ItemKind.NAME, "미국 → United States", "ko"),
        (ItemKind.NAME, "우영수 → U Yong Su", "ko"),
        (ItemKind.NAME, "화요일: VESSEL?", "ko"),
        (ItemKind.LISTED, "U Yong Su → U, Yong Su (us_ofac_sdn)", "ko"),
        (ItemKind.EVENT, "SANCTION impose: United States → U Yong Su, 2025-11-04", "ko"),
        (ItemKind.AMOUNT, "200만 달러", "ko"),
    }


def test_an_uncertain_span_has_no_candidate(room: Newsroom) -> None:
    room.read()

    item = room.item(ItemKind.NAME, "Tuesday")

    assert (item.candidate, item.form, item.label) == (None, "tuesday", "VESSEL")


def test_a_new_entity_and_an_office_are_asked_of(room: Newsroom) -> None:
    room.read(who="doc:1", role="envoy")

    assert room.item(ItemKind.ENTITY).value == {"name": "U Yong Su", "label": "PERSON", "country": "KP"}
    assert room.item(ItemKind.OFFICE).title == "U Yong Su: envoy"


def test_the_same_reading_again_asks_nothing_new(room: Newsroom) -> None:
    article = room.read()
    before = {item.id for item in room.items()}

    room.record(article, again=True)

    assert {item.id for item in room.items()} == before
    assert (room.report.new, room.report.changed, room.report.withdrawn) == (0, 0, 0)


def test_a_form_is_one_item_wherever_it_stands(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b")

    item = room.item(ItemKind.NAME, "U Yong Su")

    assert item.n_subjects == 2
    assert len({subject.version_id for subject in item.subjects}) == 2


def test_an_event_is_an_item_of_its_article(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b")

    assert len(room.items(ItemKind.EVENT)) == 2


def test_what_is_said_no_more_is_withdrawn(room: Newsroom) -> None:
    article = room.read()

    room.record(article, again=True, candidates=False)

    assert room.item(ItemKind.NAME, "Tuesday").state is ItemState.WITHDRAWN


def test_what_is_said_again_comes_back(room: Newsroom) -> None:
    article = room.read()
    room.record(article, again=True, candidates=False)

    room.record(article, again=True)

    assert room.item(ItemKind.NAME, "Tuesday").state is ItemState.OPEN


def test_a_refresh_of_everything_changes_nothing(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b", lang="ko")
    before = [replace(item, seen_at=item.first_seen_at) for item in room.items()]

    room.desk.refresh(everything=True)

    assert [replace(item, seen_at=item.first_seen_at) for item in room.items()] == before


def test_the_order_is_uncertainty_times_impact(room: Newsroom) -> None:
    room.read(link="review", who="doc:1")

    items = [item for item in room.items() if not item.sampled]

    assert items[0].kind is ItemKind.LISTED
    assert [item.priority for item in items] == sorted((item.priority for item in items), reverse=True)
    assert all(item.priority == pytest.approx(item.uncertainty * item.impact) for item in items)


def test_a_link_that_waits_is_asked_before_one_that_is_shown(room: Newsroom) -> None:
    room.read(link="auto")
    sure = room.item(ItemKind.LISTED)

    room.read(2, sha="b", link="review", who="doc:1")

    waiting = next(item for item in room.items(ItemKind.LISTED) if item.id != sure.id)
    assert waiting.priority > sure.priority


def test_shares_are_what_they_are_said_to_be() -> None:
    ids = [item_id(ItemKind.NAME, (f"name {number}", "kb:x")) for number in range(20_000)]

    sampled = sum(share_of(ident, "sample") < SAMPLED for ident in ids) / len(ids)
    twice = sum(share_of(ident, "twice") < TWICE for ident in ids) / len(ids)

    assert sampled == pytest.approx(0.05, abs=0.005)
    assert twice == pytest.approx(0.10, abs=0.01)


def test_the_sample_depends_on_nothing_but_the_id() -> None:
    ident = item_id(ItemKind.NAME, ("우영수", "kb:u"))

    assert share_of(ident, "sample") == share_of(ident, "sample") != share_of(ident, "twice")


def test_a_verdict_holds_for_places_that_are_read_later(room: Newsroom) -> None:
    room.read(1)
    room.once()
    room.decide(room.item(ItemKind.LISTED), Verdict.REJECT)

    room.read(2, sha="b")

    assert [event.targets[0].matches for event in (room.event(0), room.event(1))] == [(), ()]
    assert room.item(ItemKind.LISTED).state is ItemState.DECIDED


def test_a_filter_finds_items_of_an_article(room: Newsroom) -> None:
    room.read(1)
    article = room.read(2, sha="b", lang="ko")
    with_article = next(item for item in room.items(ItemKind.EVENT) if item.lang == "ko")
    article_id = room.desk.view(with_article.id).sentences[0].article_id  # type: ignore[union-attr]

    found, _ = room.desk.list_items(QueueFilter(article=article_id), limit=50)

    assert {item.title for item in found if item.kind is ItemKind.NAME} == {"미국 → United States", "우영수 → U Yong Su", "화요일: VESSEL?"}
    assert article.lang == "ko"


def test_a_filter_finds_by_list_and_words(room: Newsroom) -> None:
    room.read(lang="ko")

    listed, _ = room.desk.list_items(QueueFilter(lists=("us_ofac_sdn",)), limit=9)
    written, _ = room.desk.list_items(QueueFilter(text="우영수"), limit=9)

    assert [item.candidate for item in listed] == [ENTRY]
    assert [item.kind for item in written] == [ItemKind.NAME]


def test_pages_go_on_where_the_one_before_ended(room: Newsroom) -> None:
    room.read()
    everything = [item.id for item in room.items()]

    first, cursor = room.desk.list_items(QueueFilter(states=tuple(ItemState)), limit=4)
    second, end = room.desk.list_items(QueueFilter(states=tuple(ItemState)), limit=4, cursor=cursor)

    assert [item.id for item in (*first, *second)] == everything
    assert end is None
