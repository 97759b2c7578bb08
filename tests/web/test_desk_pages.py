"""The pages of the review desk without scripts: what each shows, what its forms write, and what nobody may do with them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from lxml import html
from sqlalchemy import func, select, update

from models.knowledge import Knowledge
from models.review import Item, ItemKind, ItemState, QueueFilter, Verdict
from models.review_tables import ReviewCommentRow, ReviewDecisionRow, ReviewItemRow, SavedQueueRow
from models.tables import ArticleVersionRow
from pipeline.errors import ConfigurationError
from pipeline.query import Reader
from pipeline.review.accounts import Accounts
from pipeline.review.desk import Desk
from pipeline.review.precision import read_precision
from pipeline.settings import Settings
from pipeline.store.engine import reading, writing
from pipeline.web import app as application
from pipeline.web.desk import desk_routes
from tests.review.desks import EN, KNOWLEDGE, Newsroom
from tests.web.accounts import Browser, accounts, app, browser, cheap_passwords, web_settings
from tests.web.desks import SignIn, decide, fields_of, room, sign_in

__all__ = ["accounts", "app", "browser", "cheap_passwords", "room", "sign_in", "web_settings"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PAGES = ("/review", "/review/list", "/review/history", "/review/agreement", "/review/precision", "/review/keys")
STRANGE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>"


@pytest.fixture
def kim(room: Newsroom, sign_in: SignIn) -> Browser:
    """An editor at the desk."""
    return sign_in("kim")


def read(browser: Browser, address: str, status: int = 200) -> html.HtmlElement:
    answer = browser.get(address)
    assert answer.status_code == status, answer.text
    return html.document_fromstring(answer.text)


def text_of(page: html.HtmlElement) -> str:
    return " ".join(str(page.text_content()).split())


def written(room: Newsroom) -> int:
    """Return how many decisions there are."""
    with reading(room.database) as connection:
        return int(connection.execute(select(func.count()).select_from(ReviewDecisionRow)).scalar_one())


def english_name(room: Newsroom) -> Item:
    return next(item for item in room.items(ItemKind.NAME) if item.title.startswith("U Yong Su"))


def said(room: Newsroom, item: Item) -> list[tuple[Verdict, str | None]]:
    """Return all that was said of an item: verdict and reason."""
    view = room.desk.view(item.id)
    assert view is not None
    return [(one.verdict, one.note) for one in view.decisions]


# --- what is shown --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_shown_to_editors_and_kept_by_no_browser(kim: Browser, address: str) -> None:
    answer = kim.get(address)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert html.document_fromstring(answer.text).get("lang") == "en"


@pytest.mark.parametrize("address", PAGES)
def test_nobody_sees_the_desk_without_signing_in(room: Newsroom, browser: Browser, address: str) -> None:
    answer = browser.get(address)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/account/sign-in")


def test_the_most_valuable_item_is_shown_with_its_sentence_and_what_speaks_for_it(room: Newsroom, kim: Browser) -> None:
    item = room.desk.list_items(QueueFilter(kinds=(ItemKind.LISTED,)), limit=1)[0][0]

    page = read(kim, "/review?kind=listed")

    assert page.xpath("string(//article/@data-item)") == item.id
    assert page.xpath("string(//mark[contains(@class, 'subject')])") == "U Yong Su"
    assert "us_ofac_sdn:56045" in text_of(page)
    assert "Woo Yong Su" in text_of(page) or "WOO" in text_of(page)
    assert [button.get("value") for button in page.xpath("//form[@id='verdicts']//button[@name='verdict']")][:3] == [
        "accept",
        "reject",
        "unsure",
    ]


def test_korean_places_are_marked_by_whole_syllables(room: Newsroom, kim: Browser) -> None:
    page = read(kim, f"/review/items/{room.item(ItemKind.NAME, '우영수').id}")
    quote = page.xpath("//blockquote[@lang='ko']")[0]
    assert [mark.text for mark in quote.xpath(".//mark")] == ["우영수"]


def test_an_event_shows_all_events_it_stands_with_each_to_be_split_off(room: Newsroom, kim: Browser) -> None:
    first, second = sorted(room.items(ItemKind.EVENT), key=lambda item: item.id)
    assert decide(kim, first, "merge", into=second.subjects[0].row_id) == 303

    page = read(kim, f"/review/items/{second.id}")
    boxes = [box.get("name") for box in page.xpath("//input[@type='checkbox']")]

    assert sorted(boxes) == sorted(f"place.{item.subjects[0].row_id}" for item in (first, second))
    assert decide(kim, second, "accept", **{f"place.{first.subjects[0].row_id}": "on"}) == 400, "an event has no exceptions"
    assert decide(kim, second, "split", **{f"place.{first.subjects[0].row_id}": "on"}) == 303
    assert said(room, second)[-1][0] is Verdict.SPLIT


@pytest.mark.parametrize(
    ("query", "why"), [("nonsense=1", "no field"), ("kind=nothing", "kind"), ("score_min=2", "score_min"), ("since=soon", "since")]
)
@pytest.mark.parametrize("address", ["/review", "/review/list"])
def test_a_queue_that_is_none_is_refused_with_the_reason(kim: Browser, address: str, query: str, why: str) -> None:
    page = read(kim, f"{address}?{query}", 400)
    assert why in page.xpath("string(//*[@class='mistake'])")


@pytest.mark.parametrize("query", ["nonsense=1", "ahead=0", "ahead=6", "ahead=3&kind=nothing", ""])
def test_a_program_that_asks_wrongly_for_what_comes_next_is_told_so(kim: Browser, query: str) -> None:
    answer = kim.get(f"/review/next?{query}", Accept="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_value")


def test_what_comes_next_is_given_ahead_without_what_is_shown_and_skipped(room: Newsroom, kim: Browser) -> None:
    first, second, *_ = [piece["item"] for piece in kim.get("/review/next?ahead=5").json()["items"]]
    following = [piece["item"] for piece in kim.get(f"/review/next?ahead=5&shown={first}&skip={second}").json()["items"]]
    assert not {first, second} & set(following)
    assert following


def test_the_item_that_is_shown_stays_claimed_while_others_are_fetched_ahead(room: Newsroom, kim: Browser, sign_in: SignIn) -> None:
    shown = read(kim, "/review").xpath("string(//article/@data-item)")
    kim.get(f"/review/next?ahead=3&shown={shown}")
    assert "kim has this item open" in text_of(read(sign_in("choi"), f"/review/items/{shown}"))


def test_skipping_goes_on_with_another_item_without_a_script(room: Newsroom, kim: Browser) -> None:
    shown = read(kim, "/review").xpath("string(//article/@data-item)")
    answer = kim.send(f"/review/items/{shown}/skip", queue="kind=name")
    assert answer.headers["location"] == f"/review?kind=name&skip={shown}"
    assert read(kim, f"/review?skip={shown}").xpath("string(//article/@data-item)") not in {shown, ""}


@pytest.mark.parametrize(
    "address",
    [
        "/review/items/itm-00000000000000000000",
        "/review/items/itm-00000000000000000000/places",
        "/review/articles/av-nothing",
        "/review/history?editor=nobody",
    ],
)
def test_what_is_not_there_is_not_found(kim: Browser, address: str) -> None:
    assert kim.get(address).status_code == 404


@pytest.mark.parametrize(
    "name", ["..%2F..%2Fetc%2Fpasswd", "....//....//etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "x%27%20OR%201=1--", "%00"]
)
@pytest.mark.parametrize("where", ["/review/items/{}", "/review/items/{}/places", "/review/articles/{}", "/review/history?editor={}"])
def test_no_id_leads_out_of_the_desk(room: Newsroom, kim: Browser, where: str, name: str) -> None:
    answer = kim.get(where.format(name))
    assert answer.status_code in {400, 404}
    assert "root:" not in answer.text


# --- deciding -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["accept", "reject", "unsure"])
def test_a_verdict_is_written_and_the_queue_goes_on(room: Newsroom, kim: Browser, verdict: str) -> None:
    item = room.item(ItemKind.NAME, "우영수")
    fields = {**fields_of(kim, item), "queue": "kind=name", "verdict": verdict, "note": "seen in the list"}

    answer = kim.post(f"/review/items/{item.id}/decide", fields)

    assert (answer.status_code, answer.headers["location"]) == (303, "/review?kind=name")
    assert said(room, item) == [(Verdict(verdict), "seen in the list")]


def test_an_edit_writes_what_was_changed(room: Newsroom, kim: Browser) -> None:
    item = room.items(ItemKind.EVENT)[0]
    assert decide(kim, item, "edit", **{"field.modality": "alleged", "field.actors": "United States | kb:us\nSouth Korea | kb:kr"}) == 303
    view = room.desk.view(item.id)
    assert view is not None
    assert view.final is not None
    assert view.final.after["modality"] == "alleged"
    assert [party["id"] for party in view.final.after["actors"]] == ["kb:us", "kb:kr"]


def test_an_edit_that_is_refused_keeps_what_was_typed(room: Newsroom, kim: Browser) -> None:
    item = room.items(ItemKind.EVENT)[0]
    fields = {**fields_of(kim, item), "verdict": "edit", "field.date_start": "last week", "note": "hm", "queue": "kind=event"}

    answer = kim.post(f"/review/items/{item.id}/decide", fields)
    page = html.document_fromstring(answer.text)

    assert answer.status_code == 400
    assert page.xpath("string(//input[@name='field.date_start']/@value)") == "last week"
    assert page.xpath("boolean(//details[@class='editing' and @open])")
    assert page.xpath("string(//*[@id='desk']/@data-queue)") == "kind=event"
    assert written(room) == 0


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"verdict": "perhaps"}, "choose what is to be decided"),
        ({"verdict": "undo"}, "cannot be decided by undo"),
        ({"verdict": "accept", "colour": "red"}, "no field 'colour'"),
        ({"verdict": "edit", "field.colour": "red"}, "no field 'colour'"),
        ({"verdict": "edit", "field.entity": "kb:nobody"}, "no entity is called kb:nobody"),
        ({"verdict": "reject", "place.men-nothing": "on"}, "no place of this item"),
        ({"verdict": "accept", "revision": "one"}, "no whole number"),
        ({"verdict": "accept", "seen": "٣"}, "no whole number"),
        ({"choose": "kb:nobody"}, "is no candidate"),
        ({"verdict": "merge", "into": "ent-1"}, "cannot be decided by merge"),
        ({"verdict": "accept", "note": "x" * 10_001}, "a note has at most"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_reason(room: Newsroom, kim: Browser, fields: dict[str, str], why: str) -> None:
    item = room.item(ItemKind.NAME, "우영수")
    answer = kim.post(f"/review/items/{item.id}/decide", {**fields_of(kim, item), **fields})
    assert answer.status_code == 400
    assert why in text_of(html.document_fromstring(answer.text))
    assert written(room) == 0


def test_a_candidate_is_chosen_by_its_number(room: Newsroom, kim: Browser) -> None:
    item = room.items(ItemKind.LISTED)[0]
    page = read(kim, f"/review/items/{item.id}")
    button = page.xpath("//button[@data-action='choose-1']")[0]
    assert decide(kim, item, "", choose=button.get("value")) == 303
    view = room.desk.view(item.id)
    assert view is not None
    assert view.final is not None
    assert (view.final.verdict, view.final.after["entry"]) == (Verdict.EDIT, button.get("value"))


def test_of_two_editors_the_second_is_told_who_decided_what_and_loses_nothing(room: Newsroom, kim: Browser, sign_in: SignIn) -> None:
    item, choi = room.item(ItemKind.NAME, "우영수"), sign_in("choi")
    mine, theirs = fields_of(kim, item), fields_of(choi, item)
    kim.post(f"/review/items/{item.id}/decide", {**mine, "verdict": "accept"})

    refused = choi.post(f"/review/items/{item.id}/decide", {**theirs, "verdict": "reject", "note": "a namesake"})
    page = html.document_fromstring(refused.text)

    assert refused.status_code == 409
    assert "kim said accept" in page.xpath("string(//*[@role='alert'])")
    assert page.xpath("string(//form[@id='verdicts']//input[@name='note']/@value)") == "a namesake"
    assert said(room, item) == [(Verdict.ACCEPT, None)]


def test_a_program_is_told_of_a_conflict_with_the_item_as_it_stands(room: Newsroom, kim: Browser, sign_in: SignIn) -> None:
    item, choi = room.item(ItemKind.NAME, "우영수"), sign_in("choi")
    theirs = fields_of(choi, item)
    decide(kim, item, "accept")
    answer = choi.post(f"/review/items/{item.id}/decide", {**theirs, "verdict": "reject"}, Accept="application/json")
    told = answer.json()
    assert (answer.status_code, told["error"]["code"], told["item"]) == (409, "conflict", item.id)
    assert "In force" in told["html"] or "in force" in told["html"]


def test_a_dispute_is_closed_by_an_admin_and_by_no_other_editor_of_it(room: Newsroom, kim: Browser, sign_in: SignIn) -> None:
    item, choi, lee = room.item(ItemKind.NAME, "우영수"), sign_in("choi"), sign_in("lee")
    with writing(room.database) as connection:
        connection.execute(update(ReviewItemRow).where(ReviewItemRow.id == item.id).values(twice=True))
    assert (decide(kim, item, "accept"), decide(choi, item, "reject")) == (303, 303)
    assert room.state(item) is ItemState.DISPUTED

    assert "1 disputed" in text_of(read(lee, "/review"))
    assert not read(kim, f"/review/items/{item.id}").xpath("//button[@name='verdict']")
    assert decide(lee, item, "reject") == 303
    assert room.state(item) is ItemState.DECIDED


# --- places ---------------------------------------------------------------------------------------------------------------


def test_places_are_left_out_of_a_verdict_on_the_page_of_all_places(room: Newsroom, kim: Browser) -> None:
    for number in range(3, 8):
        room.read(number, sha=str(number))
    room.once()
    item = english_name(room)
    page = read(kim, f"/review/items/{item.id}/places")
    boxes = [box.get("name") for box in page.xpath("//input[@type='checkbox']")]
    assert len(boxes) == 6

    assert decide(kim, item, "reject", **{boxes[1]: "on", boxes[4]: "on"}) == 303

    view = room.desk.view(item.id)
    assert view is not None
    assert view.final is not None
    assert sorted(view.final.excepted) == sorted(box.removeprefix("place.") for box in (boxes[1], boxes[4]))


def test_what_is_ticked_on_one_page_of_places_stays_so_on_the_next(room: Newsroom, kim: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.web.desk._PLACES", 2)
    for number in range(3, 6):
        room.read(number, sha=str(number))
    item = english_name(room)
    address = f"/review/items/{item.id}/places"
    first = read(kim, address).xpath("//input[@type='checkbox']")[0].get("name")

    second = html.document_fromstring(kim.send(address, after="2", **{first: "on"}).text)
    back = html.document_fromstring(kim.send(address, after="0", **{first: "on"}).text)

    assert second.xpath("//input[@type='hidden' and starts-with(@name, 'place.')]/@name") == [first]
    assert len(second.xpath("//input[@type='checkbox']")) == 2
    assert back.xpath("//input[@type='checkbox' and @checked]/@name") == [first]


# --- undoing --------------------------------------------------------------------------------------------------------------


def test_undo_and_redo_show_what_they_are_about(room: Newsroom, kim: Browser) -> None:
    item = room.item(ItemKind.NAME, "우영수")
    decide(kim, item, "accept")
    assert kim.send("/review/undo").headers["location"].startswith(f"/review/items/{item.id}")
    assert kim.send("/review/redo").headers["location"].startswith(f"/review/items/{item.id}")
    assert [verdict for verdict, _ in said(room, item)] == [Verdict.ACCEPT, Verdict.UNDO, Verdict.REDO]
    kim.send("/review/undo")
    assert kim.send("/review/undo").headers["location"] == "/review"


def test_one_takes_back_ones_own_decisions_and_an_admin_those_of_all(room: Newsroom, kim: Browser, sign_in: SignIn) -> None:
    item, choi, lee = room.item(ItemKind.NAME, "우영수"), sign_in("choi"), sign_in("lee")
    decide(kim, item, "accept")
    decision = read(kim, "/review/history").xpath("string(//tbody/tr/@id)")
    assert not read(choi, "/review/history").xpath("//form[contains(@action, 'take-back')]")
    assert choi.send(f"/review/decisions/{decision}/take-back").status_code == 403
    assert room.state(item) is ItemState.DECIDED
    assert lee.send(f"/review/decisions/{decision}/take-back").status_code == 303
    assert room.state(item) is ItemState.OPEN
    assert lee.send(f"/review/decisions/{decision}/take-back").status_code == 400
    assert kim.send("/review/decisions/dec-nothing/take-back").status_code == 404


def test_undo_takes_back_nothing_of_others(room: Newsroom, kim: Browser, sign_in: SignIn) -> None:
    item = room.item(ItemKind.NAME, "우영수")
    decide(kim, item, "accept")
    assert sign_in("lee").send("/review/undo").headers["location"] == "/review"
    assert room.state(item) is ItemState.DECIDED


# --- whole queues ---------------------------------------------------------------------------------------------------------


def test_a_whole_queue_is_decided_after_a_look_and_undone_at_once(room: Newsroom, kim: Browser) -> None:
    page = read(kim, "/review/list?kind=name&verdict=reject")
    fields = {field.get("name"): field.get("value") for field in page.xpath("//form[@action='/review/bulk']//input[@type='hidden']")}
    expected = int(fields["expected"])
    assert f"Reject {expected} items" in text_of(page)

    assert kim.post("/review/bulk", fields).headers["location"] == "/review/history?editor=kim"
    assert len(room.items(ItemKind.NAME, ItemState.DECIDED)) == expected
    kim.send("/review/undo")
    assert len(room.items(ItemKind.NAME, ItemState.OPEN)) == expected


def test_a_queue_that_changed_meanwhile_is_shown_anew_and_nothing_is_decided(room: Newsroom, kim: Browser) -> None:
    expected = room.desk.preview(QueueFilter(kinds=(ItemKind.NAME,)), Verdict.REJECT).items
    answer = kim.send("/review/bulk", queue="kind=name", verdict="reject", expected=str(expected + 1))
    page = html.document_fromstring(answer.text)
    assert answer.status_code == 409
    assert page.xpath("string(//input[@name='expected']/@value)") == str(expected)
    assert written(room) == 0


@pytest.mark.parametrize(
    "fields",
    [{"verdict": "edit"}, {}, {"verdict": "reject", "expected": "all"}, {"verdict": "reject", "expected": "1", "queue": "kind=nothing"}],
)
def test_a_wrong_verdict_on_a_queue_decides_nothing(room: Newsroom, kim: Browser, fields: dict[str, str]) -> None:
    assert kim.send("/review/bulk", **fields).status_code == 400
    assert written(room) == 0


def test_a_queue_is_kept_under_a_name_for_oneself_alone(room: Newsroom, kim: Browser, sign_in: SignIn) -> None:
    kim.send("/review/queues", queue="kind=listed&q=U", name="Mine")
    assert "/review?kind=listed&q=U" in read(kim, "/review").xpath("//a[normalize-space()='Mine']/@href")
    choi = sign_in("choi")
    assert not read(choi, "/review").xpath("//a[normalize-space()='Mine']")
    assert choi.send("/review/queues/forget", name="Mine").status_code == 404
    assert kim.send("/review/queues/forget", name="Mine").status_code == 303
    assert not read(kim, "/review").xpath("//a[normalize-space()='Mine']")


def test_a_queue_that_is_none_is_not_kept(room: Newsroom, kim: Browser) -> None:
    assert kim.send("/review/queues", queue="kind=nothing", name="Mine").status_code == 400
    assert kim.send("/review/queues", queue="kind=name", name="").status_code == 400
    with reading(room.database) as connection:
        assert connection.execute(select(SavedQueueRow)).first() is None


# --- keys -----------------------------------------------------------------------------------------------------------------


def test_keys_are_changed_for_oneself_and_printed_on_the_page(room: Newsroom, kim: Browser, sign_in: SignIn) -> None:
    assert kim.send("/review/keys", accept="w").status_code == 303
    assert json.loads(read(kim, "/review").xpath("string(//*[@id='desk']/@data-keys)"))["accept"] == "w"
    assert json.loads(read(sign_in("choi"), "/review").xpath("string(//*[@id='desk']/@data-keys)"))["accept"] == "a"


@pytest.mark.parametrize(
    ("name", "key", "why"), [("accept", "x", "two things"), ("accept", "enter", "is no key"), ("fly", "w", "no field")]
)
def test_keys_that_cannot_be_are_refused(kim: Browser, name: str, key: str, why: str) -> None:
    answer = kim.send("/review/keys", **{name: key})
    assert answer.status_code == 400
    assert why in answer.text


# --- articles and comments ------------------------------------------------------------------------------------------------


def version_of(room: Newsroom, lang: str = "en") -> str:
    with reading(room.database) as connection:
        found = connection.execute(select(ArticleVersionRow.id).where(ArticleVersionRow.lang == lang)).scalar_one()
        return str(found)


def test_a_missed_name_is_added_by_what_is_selected_without_the_signs_around_it(room: Newsroom, kim: Browser) -> None:
    version, start = version_of(room), EN.index(" million.")
    fields = {"start": str(start), "end": str(start + len(" million.")), "words": "million.", "label": "ORG"}
    answer = kim.send(f"/review/articles/{version}/names", **fields)
    assert answer.status_code == 303, answer.text
    view = room.desk.view(answer.headers["location"].rpartition("/")[2])
    assert view is not None
    assert (view.item.subjects[0].start, view.item.subjects[0].end) == (start + 1, start + len(" million"))
    assert said(room, view.item)[0][0] is Verdict.ADD


def test_a_missed_event_is_added_by_its_words(room: Newsroom, kim: Browser) -> None:
    answer = kim.send(f"/review/articles/{version_of(room)}/events", words="moved", type="ILLICIT_FINANCE", modality="alleged")
    assert answer.status_code == 303, answer.text
    item_id = answer.headers["location"].rpartition("/")[2]
    view = room.desk.view(item_id)
    assert view is not None
    assert (view.item.value["type"], view.item.value["modality"], view.decisions[0].verdict) == ("ILLICIT_FINANCE", "alleged", Verdict.ADD)


@pytest.mark.parametrize(
    ("what", "fields", "why"),
    [
        ("names", {"words": "nowhere at all", "label": "PLACE"}, "stands nowhere"),
        ("names", {"words": "moved", "label": "THING"}, "choose what is named"),
        ("names", {"start": "5", "end": "900000", "label": "PLACE"}, "is not in the text"),
        ("names", {"words": "moved", "label": "PLACE", "colour": "red"}, "no field"),
        ("events", {"words": "moved", "type": "PARTY"}, "type"),
    ],
)
def test_what_cannot_be_added_is_refused_at_the_article(room: Newsroom, kim: Browser, what: str, fields: dict[str, str], why: str) -> None:
    answer = kim.send(f"/review/articles/{version_of(room)}/{what}", **fields)
    assert answer.status_code == 400
    assert why in answer.text
    assert written(room) == 0


def test_a_comment_is_kept_at_its_item(room: Newsroom, kim: Browser) -> None:
    item = room.item(ItemKind.NAME, "우영수")
    answer = kim.send(f"/review/items/{item.id}/comment", text="See the list of 2017.")
    assert answer.headers["location"].endswith("#comments")
    assert "See the list of 2017." in text_of(read(kim, f"/review/items/{item.id}"))
    assert kim.send(f"/review/items/{item.id}/comment", text=" ").status_code == 400
    with reading(room.database) as connection:
        assert connection.execute(select(func.count()).select_from(ReviewCommentRow)).scalar_one() == 1


# --- who may do what ------------------------------------------------------------------------------------------------------


def writes(room: Newsroom) -> dict[str, dict[str, str]]:
    """Return every address that writes, with fields that an editor could send."""
    item, version = room.item(ItemKind.NAME, "우영수"), version_of(room)
    return {
        f"/review/items/{item.id}/decide": {"verdict": "accept", "revision": "0", "seen": "0"},
        f"/review/items/{item.id}/places": {"after": "0"},
        f"/review/items/{item.id}/comment": {"text": "hello"},
        f"/review/items/{item.id}/skip": {},
        "/review/undo": {},
        "/review/redo": {},
        "/review/decisions/dec-1/take-back": {},
        "/review/bulk": {"verdict": "reject", "expected": "5"},
        "/review/queues": {"name": "Mine", "queue": "kind=name"},
        "/review/queues/forget": {"name": "Mine"},
        "/review/keys": {"accept": "w"},
        f"/review/articles/{version}/names": {"words": "moved", "label": "PLACE"},
        f"/review/articles/{version}/events": {"words": "moved", "type": "ILLICIT_FINANCE"},
    }


def test_all_addresses_that_write_are_among_those_that_are_tried(room: Newsroom, accounts: Accounts) -> None:
    router = desk_routes(lambda: room.desk, lambda: Reader(room.database), lambda: read_precision(room.database), accounts)
    posts = [route for route in router.routes if isinstance(route, APIRoute) and "POST" in route.methods]
    assert len(posts) == len(writes(room))


def test_a_viewer_looks_at_everything_and_writes_nothing(room: Newsroom, sign_in: SignIn) -> None:
    park, item = sign_in("park"), room.item(ItemKind.NAME, "우영수")
    for address in ("/review", "/review/list?verdict=reject", "/review/history", "/review/precision", f"/review/items/{item.id}"):
        page = read(park, address)
        assert not page.xpath("//main//form[@method='post']"), address
    assert not read(park, f"/review/items/{item.id}/places").xpath("//button[@name='verdict']")
    assert not read(park, f"/review/articles/{version_of(room)}").xpath("//main//form")
    for address, fields in writes(room).items():
        assert park.send(address, **fields).status_code == 403, address
    assert park.get("/review/next?ahead=3").status_code == 403
    assert written(room) == 0


def test_a_form_of_another_page_writes_nothing(room: Newsroom, kim: Browser) -> None:
    token = kim.form_token()
    foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    for address, fields in writes(room).items():
        assert kim.post(address, fields).status_code == 403, f"{address} without the token of the page"
        assert kim.post(address, {**fields, "csrf": "0" * len(token)}).status_code == 403, f"{address} with another token"
        assert kim.post(address, {**fields, "csrf": token}, **foreign).status_code == 403, f"{address} from another site"
    assert written(room) == 0


def test_nobody_writes_without_signing_in(room: Newsroom, browser: Browser) -> None:
    for address, fields in writes(room).items():
        assert browser.post(address, fields).status_code == 401, address
    assert written(room) == 0


def test_nothing_is_written_by_reading(room: Newsroom, kim: Browser) -> None:
    for address in writes(room):
        if not address.endswith(("/places", "/keys")):
            assert kim.get(address).status_code in {404, 405}, address


# --- texts of others ------------------------------------------------------------------------------------------------------


def test_texts_of_others_are_shown_as_texts(room: Newsroom, kim: Browser) -> None:
    item = english_name(room)
    with writing(room.database) as connection:
        connection.execute(update(ReviewItemRow).values(title=STRANGE, publisher=STRANGE))
        strange = {
            "title": STRANGE,
            "publisher": STRANGE,
            "url": "javascript:alert(3)",
            "text": EN.replace("Washington", f"Washington {STRANGE}"),
        }
        connection.execute(update(ArticleVersionRow).where(ArticleVersionRow.lang == "en").values(**strange))
    decide(kim, item, "accept", note=STRANGE)
    kim.send(f"/review/items/{item.id}/comment", text=STRANGE)
    kim.send("/review/queues", queue="kind=name", name=STRANGE[:80])
    queue = "q=%3Cscript%3Ealert(1)%3C/script%3E"
    addresses = (
        "/review",
        f"/review?{queue}",
        f"/review/list?{queue}",
        "/review/list?verdict=reject",
        "/review/history",
        "/review?nonsense=%3Cscript%3Ealert(1)",
        f"/review/items/{item.id}",
        f"/review/items/{item.id}/places",
        f"/review/articles/{version_of(room)}",
    )
    for address in addresses:
        page = html.document_fromstring(kim.get(address).text)
        assert not page.xpath("//script[not(@src)]"), address
        assert not page.xpath("//*[@onerror or @onclick or @onload]"), address
        assert not page.xpath("//*[starts-with(@href, 'javascript:') or starts-with(@src, 'x')]"), address
    pieces = kim.get(f"/review/next?ahead=5&shown={item.id}").json()["items"]
    assert not any("<script" in piece["html"] for piece in pieces)


# --- the knowledge of the desk --------------------------------------------------------------------------------------------


def test_the_desk_reads_the_knowledge_again_when_its_files_change(
    room: Newsroom, web_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Any] = []

    def load(*_: Path) -> Knowledge:
        loaded.append(None)
        if len(loaded) == 3:
            raise ConfigurationError("half written")
        return replace(KNOWLEDGE, version=f"kb{len(loaded)}")

    monkeypatch.setattr(application, "load_knowledge", load)
    monkeypatch.setattr(application, "_LOOK_AGAIN_SECONDS", 0)
    facts = tmp_path / "kb" / "places.tsv"
    facts.parent.mkdir()
    facts.write_text("one")
    open_desk = application._DeskOf(room.database, web_settings.model_copy(update={"kb_dir": facts.parent, "data_dir": tmp_path / "data"}))

    first: Desk = open_desk()
    assert open_desk() is first
    facts.write_text("one and two")
    second = open_desk()
    assert second is not first
    os.utime(facts, (1, 1))
    assert open_desk() is second, "where it cannot be read, the desk goes on with what it knows"
    assert len(loaded) == 3
