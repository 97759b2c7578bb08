"""The review desk in Chromium: by keyboard alone, with two editors, without a connection, without scripts, on a phone.

`PENINSULA_PICTURES=docs/reviewing` makes the pictures of `docs/reviewing.md` anew.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import select

from models.knowledge import Knowledge
from models.review import Editor, EditorRole, ItemKind, ItemState, ItemView, QueueFilter, Verdict
from models.tables import ArticleVersionRow
from pipeline.kb.load import load_knowledge
from pipeline.review.accounts import Accounts
from pipeline.review.desk import Desk
from pipeline.review.views import Viewer
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database, reading
from pipeline.web.app import create_app
from pipeline.web.desk_keys import ACTIONS
from tests.web.accounts import BY, PASSWORD, cheap_passwords
from tests.web.test_browser import AXE, DESK, PHONE, barriers

__all__ = ["cheap_passwords"]

PICTURES = os.environ.get("PENINSULA_PICTURES")
"""Read here, since no test has settings of who runs it."""

VERDICTS = {"a": Verdict.ACCEPT, "x": Verdict.REJECT, "u": Verdict.UNSURE}


@dataclass(frozen=True)
class Prepared:
    """The sample newsroom with its queue, made once; tests copy its folder."""

    folder: Path
    knowledge: Knowledge
    viewer: Viewer


@pytest.fixture(scope="session")
def prepared(news_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("desk") / "newsroom"
    shutil.copytree(news_folder, folder)
    settings = Settings(data_dir=folder)
    knowledge = load_knowledge(settings.kb_dir, settings.lists_dir)
    database = open_database(settings.database, create=False)
    Desk(database, knowledge).refresh(everything=True)
    database.dispose()
    return Prepared(folder, knowledge, Viewer(knowledge))


@dataclass
class Newsroom:
    """A server over a newsroom of its own, and what the test looks up behind it."""

    site: str
    database: Database
    desk: Desk
    accounts: Accounts
    browser: Chromium
    contexts: list[BrowserContext] = field(default_factory=list)

    def editor(self, name: str) -> Editor:
        return self.accounts.get(name).editor

    def sit_down(self, name: str, **options: object) -> Sitting:
        """Let an editor sit at the desk in a browser of their own. Nothing of other hosts is loaded."""
        context = self.browser.new_context(base_url=self.site, **{"viewport": DESK} | options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.route(lambda address: not address.startswith(self.site), lambda route: route.abort())
        self.contexts.append(context)
        self.sign_in(context, name)
        return Sitting(self, context.new_page(), name)

    def sign_in(self, context: BrowserContext, name: str) -> None:
        secret = self.accounts.sign_in(name, PASSWORD, address="127.0.0.1").secret
        context.add_cookies([{"name": "peninsula_session", "value": secret, "url": self.site}])

    def items(self, kind: ItemKind) -> Iterator[ItemView]:
        """Yield the items of a kind that wait, the most valuable first."""
        for item in self.desk.list_items(QueueFilter(kinds=(kind,)), limit=500)[0]:
            if (view := self.desk.view(item.id)) is not None:
                yield view

    def first(self, kind: ItemKind) -> ItemView:
        return next(self.items(kind))

    def record(self, name: str) -> list[tuple[str, Verdict]]:
        """Return all that an editor did, the oldest first: the item and what was said."""
        lines = self.desk.activity(editor=self.editor(name).id, limit=500)
        return [(line.decision.item_id, line.decision.verdict) for line in reversed(lines)]


@dataclass
class Sitting:
    """An editor at the desk, who uses the keyboard alone. `said` is what they decided, as they know it."""

    room: Newsroom
    page: Page
    name: str
    said: list[tuple[str, Verdict]] = field(default_factory=list)

    def open(self, address: str) -> None:
        self.page.goto(address)
        expect(self.page.locator("#item-title")).to_be_focused()

    @property
    def item(self) -> str:
        return self.page.locator("article.item").get_attribute("data-item") or ""

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def decide(self, key: str, *, as_verdict: Verdict | None = None) -> str:
        """Press a key that decides, and wait for the next item; its title has the focus."""
        item = self.item
        assert item
        self.press(key)
        self.next_after(item)
        self.said.append((item, as_verdict or VERDICTS[key]))
        return item

    def next_after(self, item: str) -> None:
        try:
            self.page.wait_for_function(
                "before => ![before, ''].includes(document.querySelector('article.item').dataset.item)"
                " && document.activeElement.id === 'item-title'",
                arg=item,
            )
        except PlaywrightError:
            page = self.page
            pytest.fail(f"no item came after {item} at {page.url}: {page.get_by_role('alert').inner_text()} {page.title()}")

    def step(self, key: str, verdict: Verdict) -> None:
        """Undo or do again by a key, and wait for the item that it is about."""
        self.page.evaluate("document.getElementById('announcement').textContent = ''")
        self.press(key)
        expect(self.page.locator("#announcement")).to_contain_text(f"{verdict.value}:")
        self.said.append((self.item, verdict))

    def all_is_saved(self) -> None:
        expect(self.page.locator("#pending")).not_to_contain_text("not saved")


@pytest.fixture
def room(
    prepared: Prepared, tmp_path: Path, browser: Chromium, monkeypatch: pytest.MonkeyPatch, cheap_passwords: None
) -> Iterator[Newsroom]:
    """A newsroom with three accounts: kim and choi decide, lee is an admin."""
    monkeypatch.setattr("pipeline.web.app.load_knowledge", lambda *_: prepared.knowledge)
    monkeypatch.setattr("pipeline.review.desk.Viewer", lambda _: prepared.viewer)
    folder = tmp_path / "newsroom"
    shutil.copytree(prepared.folder, folder)
    settings = Settings(data_dir=folder, api_rate=0, model="blank", event_reader=False)
    database = open_database(settings.database, create=False)
    accounts = Accounts(database, settings)
    for name, role in (("lee", EditorRole.ADMIN), ("kim", EditorRole.EDITOR), ("choi", EditorRole.EDITOR)):
        accounts.add(name, role, PASSWORD, by=BY)
    with serving(settings) as site:
        made = Newsroom(site, database, Desk(database, prepared.knowledge), accounts, browser)
        yield made
        for context in made.contexts:
            context.close()
    database.dispose()


class serving:  # noqa: N801 - reads as a verb
    """Serves in a thread of its own, as long as the context lasts."""

    def __init__(self, settings: Settings) -> None:
        config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_level="warning", lifespan="on", proxy_headers=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


# --- an hour at the desk --------------------------------------------------------------------------------------------------


def test_an_editor_decides_fifty_mixed_items_by_keyboard_and_the_database_holds_exactly_that(room: Newsroom) -> None:
    kim = room.sit_down("kim")
    decide_from_many_queues(kim)
    undo_and_do_again(kim)
    edit_an_event(kim)
    merge_two_events(kim)
    choose_a_candidate(kim)
    split_off_places(kim)
    reject_everywhere_but_in_some_places(kim)
    kim.all_is_saved()
    assert len({item for item, _ in kim.said}) >= 50
    assert room.record("kim") == kim.said
    states = [view.item.state for view in map(room.desk.view, dict(kim.said)) if view is not None and not view.item.twice]
    assert states.count(ItemState.DECIDED) > 30

    meet_another_editor(kim)
    kim.all_is_saved()
    before = list(kim.said)
    rejected = reject_a_whole_queue(kim)
    assert room.record("kim") == [*before, *((item, Verdict.REJECT) for item in rejected)]
    kim.open("/review")
    kim.step("Backspace", Verdict.UNDO)
    assert sorted(room.record("kim")[len(before) + len(rejected) :]) == sorted((item, Verdict.UNDO) for item in rejected)
    assert {view.item.state for view in map(room.desk.view, rejected) if view is not None} == {ItemState.OPEN}


def decide_from_many_queues(kim: Sitting) -> None:
    for queue, keys in (
        ("", "axaauxaaxa"),
        ("kind=name", "aaxaaaua"),
        ("kind=listed", "xaxuax"),
        ("kind=office", "aaxaa"),
        ("kind=entity", "axaau"),
        ("kind=amount", "axaaa"),
        ("kind=merge", "axa"),
        ("sampled=yes", "aa"),
    ):
        kim.open(f"/review?{queue}")
        for key in keys:
            kim.decide(key)
        skipped = kim.item
        kim.press(" ")
        kim.next_after(skipped)
        kim.all_is_saved()


def undo_and_do_again(kim: Sitting) -> None:
    kim.open("/review?kind=name&lang=ko")
    decided = [kim.decide(key) for key in "aax"]
    kim.all_is_saved()
    for item in reversed(decided):
        kim.step("Backspace", Verdict.UNDO)
        assert kim.item == item
    for item in decided[:2]:
        kim.step("y", Verdict.REDO)
        assert kim.item == item


def edit_an_event(kim: Sitting) -> None:
    kim.open("/review?kind=event")
    item = kim.item
    kim.press("e")
    expect(kim.page.get_by_label("Type", exact=True)).to_be_focused()
    kim.press("Tab")
    kim.press("Tab")
    expect(kim.page.get_by_label("Modality")).to_be_focused()
    said = kim.page.get_by_label("Modality").input_value()
    kim.press("ArrowDown")
    expect(kim.page.get_by_label("Modality")).not_to_have_value(said)
    kim.press("Alt+t")
    expect(kim.page.get_by_label("Modality")).to_have_value(said)
    kim.page.keyboard.type("called")
    kim.press("Control+Enter")
    kim.next_after(item)
    kim.said.append((item, Verdict.EDIT))
    view = kim.room.desk.view(item)
    assert view is not None
    assert view.decisions[-1].after["modality"] == "called_for"


def merge_two_events(kim: Sitting) -> None:
    kim.open("/review?kind=event")
    item = kim.item
    mine = kim.room.desk.view(item)
    assert mine is not None
    other = next(view for view in kim.room.items(ItemKind.EVENT) if view.n_places == 1 and view.item.id != item)
    kim.press("m")
    kim.page.keyboard.type(other.item.subjects[0].row_id)
    kim.press("Enter")
    kim.next_after(item)
    kim.said.append((item, Verdict.MERGE))


def choose_a_candidate(kim: Sitting) -> None:
    view = next(view for view in kim.room.items(ItemKind.LISTED) if view.others and not view.decisions)
    kim.open(f"/review/items/{view.item.id}")
    kim.decide("1", as_verdict=Verdict.EDIT)
    kim.all_is_saved()
    chosen = kim.room.desk.view(view.item.id)
    assert chosen is not None
    assert chosen.decisions[-1].after["entry"] == view.others[0].id


def split_off_places(kim: Sitting) -> None:
    view = next(view for view in kim.room.items(ItemKind.NAME) if view.n_places > 5 and not view.decisions)
    kim.open(f"/review/items/{view.item.id}")
    for key in ("j", "j", "t"):
        kim.press(key)
    expect(kim.page.get_by_role("checkbox").nth(1)).to_be_checked()
    kim.decide("s", as_verdict=Verdict.SPLIT)
    split = kim.room.desk.view(view.item.id)
    assert split is not None
    assert split.decisions[-1].excepted == (view.sentences[1].subject.row_id,)
    assert split.n_places == view.n_places - 1


def reject_everywhere_but_in_some_places(kim: Sitting) -> None:
    view = next(view for view in kim.room.items(ItemKind.NAME) if view.n_places > 5 and not view.decisions)
    kim.page.goto(f"/review/items/{view.item.id}")
    kim.page.get_by_role("link", name="places").focus()
    kim.press("Enter")
    kim.page.wait_for_url("**/places*")
    for key in "jjtjjtjt":
        kim.press(key)
    assert kim.page.get_by_role("checkbox", checked=True).count() == 3
    kim.press("x")
    kim.page.wait_for_url("**/review")
    kim.said.append((view.item.id, Verdict.REJECT))
    rejected = kim.room.desk.view(view.item.id)
    assert rejected is not None
    assert len(rejected.decisions[-1].excepted) == 3


def meet_another_editor(kim: Sitting) -> None:
    """Both look at one item; who comes second is told who was first, and nothing of theirs is lost or written."""
    item = next(view.item.id for view in kim.room.items(ItemKind.EVENT) if not view.decisions and not view.item.twice)
    choi = kim.room.sit_down("choi")
    for editor in (kim, choi):
        editor.open(f"/review/items/{item}")
    kim.decide("a")
    kim.all_is_saved()
    choi.page.get_by_label("Reason").first.fill("not told here")
    choi.press("Escape")
    choi.press("x")
    expect(choi.page.get_by_role("alert")).to_contain_text("kim said accept")
    expect(choi.page.locator("article.item")).to_have_attribute("data-item", item)
    expect(choi.page.get_by_label("Reason").first).to_have_value("not told here")
    assert kim.room.record("choi") == []
    view = kim.room.desk.view(item)
    assert view is not None
    assert view.final is not None
    assert view.final.verdict is Verdict.ACCEPT


def reject_a_whole_queue(kim: Sitting) -> list[str]:
    """Reject a queue after a look at what that does; return its items in the order in which they are decided."""
    kim.open("/review?kind=amount")
    kim.press("Shift+X")
    kim.page.wait_for_url("**/review/list?*verdict=reject")
    button = kim.page.locator("#decide-all")
    expected = int(button.inner_text().split()[1])
    button.focus()
    kim.press("Enter")
    kim.page.wait_for_url("**/review/history?*")
    lines = kim.room.record("kim")[-expected:]
    assert {verdict for _, verdict in lines} == {Verdict.REJECT}
    assert len({item for item, _ in lines}) == expected > 20
    return [item for item, _ in lines]


# --- keys -----------------------------------------------------------------------------------------------------------------


def test_every_key_of_the_legend_does_what_it_says(room: Newsroom) -> None:
    kim = room.sit_down("kim")
    page = kim.page
    view = next(view for view in room.items(ItemKind.NAME) if view.n_places > 5)
    address = f"/review/items/{view.item.id}"
    legend = page.locator(".keys")

    def presses(action: str) -> None:
        kim.open(address)
        key = next(one.key for one in ACTIONS if one.name == action)
        kim.press(f"Shift+{key}" if key.isupper() else key)

    effects: dict[str, Callable[[], None]] = {
        "accept": lambda: kim.next_after(view.item.id),
        "undo": lambda: expect(page.locator("#announcement")).to_contain_text("undo:"),
        "redo": lambda: expect(page.locator("#announcement")).to_contain_text("redo:"),
        "reject": lambda: kim.next_after(view.item.id),
        "unsure": lambda: kim.next_after(view.item.id),
        "skip": lambda: kim.next_after(view.item.id),
        "edit": lambda: expect(page.locator("details.editing input").nth(4)).to_be_visible(),
        "split": lambda: expect(page.get_by_role("alert")).to_contain_text("a split needs the places"),
        "flag": lambda: expect(page.get_by_label("Comment", exact=True)).to_be_focused(),
        "down": lambda: expect(page.locator("[data-place]").first).to_be_focused(),
        "up": lambda: expect(page.locator("[data-place]").first).to_be_focused(),
        "tick": lambda: expect(page.get_by_role("checkbox").first).to_be_checked(),
        "open": lambda: page.wait_for_url("**/review/articles/*"),
        "search": lambda: expect(page.get_by_role("searchbox")).to_be_focused(),
        "legend": lambda: expect(legend).not_to_have_attribute("open", ""),
    }
    for action, has_effect in effects.items():
        presses(action)
        has_effect()
        if action in {"accept", "reject", "unsure", "undo", "redo"}:
            kim.all_is_saved()
        if action in {"reject", "unsure"}:
            kim.step("Backspace", Verdict.UNDO)
    with page.context.expect_page() as opened:
        presses("source")
    assert opened.value.url.startswith(("http", "chrome-error"))
    kim.open(f"/review/items/{room.first(ItemKind.EVENT).item.id}")
    kim.press("m")
    expect(page.locator("input[name=into]")).to_be_focused()
    assert {*effects, "source", "merge"} == {action.name for action in ACTIONS}


def test_keys_are_dead_in_fields_with_modifiers_and_while_a_syllable_is_put_together(room: Newsroom) -> None:
    kim = room.sit_down("kim")
    kim.open("/review")
    item = kim.item
    send = "given => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...given}))"
    for given in (
        {"key": "a", "isComposing": True},
        {"key": "a", "ctrlKey": True},
        {"key": "a", "metaKey": True},
        {"key": "a", "altKey": True},
    ):
        kim.page.evaluate(send, given)
    kim.page.evaluate(send, {"key": "Process", "keyCode": 229, "code": "KeyA"})
    kim.page.get_by_label("Reason").first.focus()
    kim.page.keyboard.type("axu 가")
    kim.press("Enter")
    kim.press("Escape")
    assert kim.item == item
    assert room.record("kim") == []

    kim.page.evaluate(send, {"key": "ㅁ", "code": "KeyA"})
    kim.next_after(item)
    kim.all_is_saved()
    assert room.record("kim") == [(item, Verdict.ACCEPT)]


def test_an_editor_has_keys_of_their_own(room: Newsroom) -> None:
    room.accounts.set_keys(room.editor("kim").id, {"accept": "w"})
    kim = room.sit_down("kim")
    kim.open("/review")
    expect(kim.page.locator(".keys dt").first).to_have_text("w")
    kim.press("a")
    kim.decide("w", as_verdict=Verdict.ACCEPT)
    kim.all_is_saved()
    assert room.record("kim") == kim.said


# --- without a connection -------------------------------------------------------------------------------------------------


def test_what_is_decided_without_a_connection_is_kept_sent_later_and_told_of(room: Newsroom) -> None:
    kim = room.sit_down("kim")
    kim.open("/review")
    kim.page.wait_for_function("() => buffer.length >= 3")
    kim.page.context.set_offline(True)
    kim.decide("a")
    expect(kim.page.get_by_role("alert")).to_contain_text("kept here")
    kim.decide("x")
    expect(kim.page.locator("#pending")).to_contain_text("2 not saved yet")
    taken_back, _ = kim.said.pop()
    kim.press("Backspace")
    expect(kim.page.locator("article.item")).to_have_attribute("data-item", taken_back)
    kim.decide("u")
    assert room.record("kim") == []

    kim.page.context.set_offline(False)
    kim.all_is_saved()
    expect(kim.page.get_by_role("alert")).to_be_empty()
    assert room.record("kim") == kim.said


def test_what_is_not_saved_outlives_loading_the_page_anew(room: Newsroom) -> None:
    kim = room.sit_down("kim")
    kim.open("/review")
    kim.page.route("**/decide", lambda route: route.abort())
    kim.decide("a")
    expect(kim.page.get_by_role("alert")).to_contain_text("kept here")
    kim.page.on("dialog", lambda dialog: dialog.accept())
    kim.page.unroute("**/decide")
    kim.page.reload()
    kim.all_is_saved()
    expect(kim.page.locator("#pending")).to_contain_text("1 decided here")
    assert room.record("kim") == kim.said


def test_what_was_decided_when_the_sign_in_ended_is_sent_after_the_next(room: Newsroom) -> None:
    kim = room.sit_down("kim")
    kim.open("/review")
    kim.page.wait_for_function("() => buffer.length >= 3")
    kim.page.context.clear_cookies()
    kim.decide("a")
    expect(kim.page.get_by_role("alert")).to_contain_text("Your sign-in has ended")
    assert room.record("kim") == []
    room.sign_in(kim.page.context, "kim")
    kim.page.goto("/review")
    kim.all_is_saved()
    expect(kim.page.locator("#pending")).to_contain_text("1 decided here")
    assert room.record("kim") == kim.said


# --- articles -------------------------------------------------------------------------------------------------------------


SELECT = """words => {
  for (const piece of document.querySelectorAll(".stored [data-start]")) {
    const at = piece.textContent.indexOf(words);
    if (at < 0) continue;
    getSelection().setBaseAndExtent(piece.firstChild, at, piece.firstChild, at + words.length);
    return true;
  }
  return false;
}"""


@pytest.mark.parametrize(("lang", "words", "name"), [("en", " the sea,", "the sea"), ("ko", "정부는", "정부는")])
def test_a_name_that_the_machine_missed_is_added_by_selecting_it(room: Newsroom, lang: str, words: str, name: str) -> None:
    kim = room.sit_down("kim")
    with reading(room.database) as connection:
        rows = connection.execute(select(ArticleVersionRow.id, ArticleVersionRow.text).where(ArticleVersionRow.lang == lang)).all()
    for row in sorted(row.id for row in rows if words in row.text):
        kim.page.goto(f"/review/articles/{row}")
        if kim.page.evaluate(SELECT, words):
            break
    form = kim.page.locator("form.selection").first
    expect(form.locator("[name=words]")).to_have_value(words.strip())
    form.locator("select").focus()
    kim.page.keyboard.type("ORG")
    form.get_by_role("button").focus()
    kim.press("Enter")
    kim.page.wait_for_url("**/review/items/*")
    [(item, verdict)] = room.record("kim")
    view = room.desk.view(item)
    assert view is not None
    assert (verdict, view.item.value["text"], view.item.value["label"]) == (Verdict.ADD, name, "ORG")
    assert [kim.page.locator("blockquote mark.subject").first.inner_text()] == [name]


def test_layers_of_an_article_are_toggled_by_keys(room: Newsroom) -> None:
    kim = room.sit_down("kim")
    kim.page.goto(f"/review/articles/{room.first(ItemKind.LISTED).sentences[0].version_id}")
    name = kim.page.locator(".stored mark.names").first
    ground = "element => getComputedStyle(element).backgroundColor"
    shown = name.evaluate(ground)
    kim.press("n")
    expect(kim.page.locator("#announcement")).to_have_text("Names hidden")
    assert name.evaluate(ground) != shown
    kim.press("n")
    assert name.evaluate(ground) == shown


# --- every page -----------------------------------------------------------------------------------------------------------


def test_pages_have_no_serious_barrier_fit_a_phone_and_may_be_twice_as_large(room: Newsroom) -> None:
    kim = room.sit_down("kim")
    kim.open("/review")
    for key in "axu":
        kim.decide(key)
    kim.all_is_saved()
    views = [room.first(kind) for kind in (ItemKind.EVENT, ItemKind.LISTED)]
    several = next(view for view in room.items(ItemKind.NAME) if view.n_places > 3)
    addresses = [
        *(f"/review/items/{view.item.id}" for view in views),
        f"/review/items/{several.item.id}/places",
        "/review/list?kind=merge&verdict=reject",
        "/review/history",
        "/review/precision",
        "/review/keys",
        f"/review/articles/{views[1].sentences[0].version_id}",
    ]
    for address in addresses:
        check_page(kim.page, address)


def check_page(page: Page, address: str) -> None:
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    page.goto(address)
    page.evaluate("for (const closed of document.querySelectorAll('details')) closed.open = true")
    page.evaluate(AXE.read_text())
    assert barriers(page, "{}") == [], address
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark")
    assert barriers(page, "{runOnly: ['color-contrast', 'target-size']}") == [], address
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
    page.set_viewport_size({"width": 640, "height": 450})
    assert page.evaluate("document.documentElement.scrollWidth") <= 640, address


def test_everything_is_decided_without_scripts(room: Newsroom) -> None:
    kim = room.sit_down("kim", java_script_enabled=False)
    page = kim.page
    page.goto("/review?kind=event")
    first = kim.item
    page.get_by_role("button", name="Skip").click()
    second = kim.item
    assert second != first
    page.get_by_role("button", name="Accept").click()
    third = kim.item
    assert third not in {first, second}
    page.get_by_role("button", name="Undo").click()
    assert kim.item == second
    page.locator("summary[data-action=edit]").click()
    page.get_by_label("Modality").select_option("alleged")
    page.get_by_role("button", name="Save the edit").click()
    expect(page.locator("article.item")).not_to_have_attribute("data-item", second)
    page.get_by_label("Comment", exact=True).fill("Look at this again.")
    page.get_by_role("button", name="Write it").click()
    expect(page.locator("#comments-list")).to_contain_text("Look at this again.")
    assert room.record("kim") == [(second, Verdict.ACCEPT), (second, Verdict.UNDO), (second, Verdict.EDIT)]


@pytest.mark.skipif(PICTURES is None, reason="pictures are made where PENINSULA_PICTURES names a folder")
def test_pictures_of_the_guide_are_made(room: Newsroom) -> None:
    folder = Path(str(PICTURES))
    folder.mkdir(parents=True, exist_ok=True)
    kim = room.sit_down("kim", viewport={"width": 1000, "height": 720})
    # English ones: not every machine has the letters of Korean.
    link = next(view for view in room.items(ItemKind.LISTED) if view.others and view.item.label == "PERSON" and view.item.lang == "en")
    told = (view for view in room.items(ItemKind.EVENT) if view.item.lang == "en" and view.item.value["amounts"])
    event = next(view for view in told if view.item.value["targets"])
    for name, address in (
        ("desk", f"/review/items/{link.item.id}"),
        ("event", f"/review/items/{event.item.id}"),
        ("article", f"/review/articles/{event.sentences[0].version_id}"),
    ):
        kim.page.goto(address, wait_until="networkidle")
        file = folder / f"{name}.png"
        kim.page.screenshot(path=file)
        assert file.stat().st_size < 150_000
