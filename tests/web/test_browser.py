"""The pages in Chromium, as people use them: with a mouse, with the keyboard alone, on a phone, without scripts, in the light and in the dark.

The browser is the one of the system; without one these tests are skipped, but never on CI.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from models.filters import EventFilter
from pipeline.query import Reader, parse_filter
from pipeline.settings import Settings
from pipeline.web.app import create_app

FIRST_PAGE_BYTES = 100_000
"""Over the wire, all files together."""
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
PAGES = (
    "/events?limit=3",
    "/events?modality=alleged&modality=denied&modality=planned&limit=3",
    "/events?since=nonsense",
    "/entities?listed=yes",
    "/places",
    "/plots",
    "/saved",
    "/sources",
    "/codebook",
    "/help",
    "event",
    "entity",
)

AXE = files("axe_playwright_python").joinpath("axe.min.js")

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def site(news_settings: Settings) -> Iterator[str]:
    """The address of a server over the sample newsroom."""
    server = uvicorn.Server(uvicorn.Config(create_app(news_settings), host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong in the browser, filled as pages are used; each test ends with none of it."""
    return []


@pytest.fixture
def new_context(browser: Browser, site: str, complaints: list[str]) -> Iterator[NewContext]:
    """Make contexts that note every request to another host, every error of a script and every line of the console."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(base_url=site, **{"viewport": DESK} | options)  # type: ignore[arg-type]
        context.set_default_timeout(8_000)
        context.on("request", lambda request: complaints.append(request.url) if not _within(site, request.url) else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda line: complaints.append(line.text) if not _is_refusal(line.text) else None)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not complaints


def _within(site: str, address: str) -> bool:
    return address.startswith((site + "/", "blob:", "data:"))


def _is_refusal(line: str) -> bool:
    """Chromium notes the answer 400 to a wrong question, which is right."""
    return "status of 400" in line


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


def address_of(name: str, reader: Reader) -> str:
    if name == "event":
        return f"/events/{max(reader.stream(EventFilter()), key=lambda event: (event.n_mentions, event.id)).id}"
    return f"/entities/{reader.entities()[0].id}" if name == "entity" else name


def barriers(page: Page, options: str) -> list[tuple[str, str]]:
    """Return what axe-core finds serious or critical: the rule, and the first element that breaks it."""
    found = page.evaluate(f"axe.run({options})")["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in {"serious", "critical"}]


def query_of(page: Page) -> str:
    return urlsplit(page.url).query


def total(page: Page) -> int:
    return int(page.locator(".total strong").inner_text().split()[0].replace(",", ""))


def search_for(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("button", name="Search").first.click()
    page.wait_for_url("**/events?q=*")


# --- every page -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_barrier_and_fits_a_phone(new_context: NewContext, reader: Reader, name: str) -> None:
    page = new_context().new_page()
    page.goto(address_of(name, reader), wait_until="networkidle")
    page.evaluate("for (const closed of document.querySelectorAll('details')) closed.open = true")
    page.evaluate(AXE.read_text())
    assert barriers(page, "{}") == [], "in the light, on a desk"
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    assert barriers(page, "{runOnly: ['color-contrast', 'target-size']}") == [], "in the dark, on a phone"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_first_page_is_small_over_the_wire(new_context: NewContext) -> None:
    context = new_context()
    page = context.new_page()
    network = context.new_cdp_session(page)
    sizes: list[int] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    network.send("Network.enable")
    page.goto("/", wait_until="networkidle")
    assert len(sizes) >= 4
    assert 10_000 < sum(sizes) < FIRST_PAGE_BYTES


def test_texts_may_be_twice_as_large(new_context: NewContext) -> None:
    page = new_context(viewport={"width": 640, "height": 450}, device_scale_factor=2).new_page()
    page.goto("/events?type=SANCTION")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    expect(page.get_by_role("searchbox")).to_be_visible()


# --- search ---------------------------------------------------------------------------------------------------------------


def test_search_narrow_go_back_and_share(page: Page, new_context: NewContext, reader: Reader) -> None:
    page.goto("/")
    search_for(page, "North Korea")
    found = total(page)
    assert found == reader.count(parse_filter([("q", "North Korea")])) > 1
    value = page.locator("#facet-type li").first
    count = int(value.locator(".count").inner_text())
    value.locator("a").first.click()
    page.wait_for_url("**&type=*")
    expect(page.locator(".total strong")).to_have_text(f"{count} event" + ("s" if count > 1 else ""))
    expect(page.locator("#announcement")).to_contain_text(str(count))
    shared = new_context().new_page()
    shared.goto(page.url)
    assert total(shared) == count
    assert shared.locator("article h3").all_inner_texts() == page.locator("article h3").all_inner_texts()
    page.go_back()
    page.wait_for_url(lambda address: "type=" not in address)
    expect(page.locator(".total strong")).to_have_text(f"{found} events")
    assert page.get_by_role("searchbox").input_value() == "North Korea"


def test_a_facet_changes_the_page_without_loading_it_anew(page: Page) -> None:
    page.goto("/events")
    page.evaluate("window.stayed = true")
    page.locator("#facet-modality a").first.click()
    page.wait_for_url("**modality=*")
    expect(page.locator(".chips")).to_contain_text("Modality")
    assert page.evaluate("window.stayed") is True
    page.locator(".chips a").first.click()
    page.wait_for_url(lambda address: "modality" not in address)
    expect(page.locator(".chips")).to_have_count(0)


def test_a_form_with_empty_fields_gives_a_short_address(page: Page) -> None:
    page.goto("/events")
    page.get_by_text("More fields").click()
    page.get_by_label("Country of a party").fill("kp")
    page.get_by_label("Type", exact=True).select_option("SANCTION")
    page.locator("details.more button").click()
    page.wait_for_url("**/events?*")
    expect(page.locator(".chips li")).to_have_count(3)
    assert query_of(page) == "type=SANCTION&country=kp"


def test_another_order_is_taken_at_once(page: Page) -> None:
    page.goto("/events?type=CYBER_OP")
    page.get_by_label("Order").select_option("Largest amount first")
    page.wait_for_url("**sort=amount*")
    expect(page.locator(".total")).to_contain_text("largest amount first")


def test_a_wrong_question_is_answered_in_place(page: Page) -> None:
    page.goto("/events")
    page.get_by_role("searchbox").fill('"never closed')
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("q:")
    assert page.get_by_role("searchbox").input_value() == '"never closed'
    search_for(page, "sanctions")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_korean_words_are_found(page: Page, reader: Reader) -> None:
    page.goto("/")
    search_for(page, "미사일")
    assert total(page) == reader.count(parse_filter([("q", "미사일")])) > 0
    expect(page.locator("article .evidence[lang=ko]").first).to_be_visible()


# --- the keyboard alone ---------------------------------------------------------------------------------------------------


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(200):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by the tab key")


def test_everything_can_be_done_by_the_keyboard(page: Page) -> None:
    page.goto("/events?limit=2")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Skip to the content")
    expect(focused(page)).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, page.get_by_role("searchbox"))
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.type("sanctions")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=sanctions*")
    facet = page.locator("#modality-1")
    tab_to(page, facet)
    page.keyboard.press("Enter")
    page.wait_for_url("**modality=*")
    expect(page.locator("#modality-1")).to_be_focused()
    tab_to(page, page.locator("#facet-type summary"))
    page.keyboard.press("Enter")
    expect(page.locator("#type-1")).to_be_hidden()


# --- without scripts ------------------------------------------------------------------------------------------------------


def test_all_is_read_and_asked_without_scripts(new_context: NewContext, reader: Reader) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/")
    search_for(page, "North Korea")
    page.locator("#facet-modality a").first.click()
    page.wait_for_url("**modality=*")
    page.locator("article h3 a").first.click()
    expect(page.locator("blockquote mark.trigger").first).to_be_visible()
    page.goto("/events?limit=5")
    page.get_by_role("link", name="Next 5").click()
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    page.goto("/plots")
    expect(page.locator("[data-plot] svg").first).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    page.goto("/places")
    expect(page.locator("svg circle").first).to_be_visible()
    for hidden in ("[data-save]", "[data-copy]"):
        page.goto("/events")
        expect(page.locator(hidden)).to_be_hidden()


# --- plots, saved questions ---------------------------------------------------------------------------------------------


def test_plots_are_drawn_without_evaluating_text(page: Page) -> None:
    page.goto("/plots")
    expect(page.locator(".vega-embed svg.marks")).to_have_count(2)
    assert page.locator(".vega-embed .mark-rect path").count() > 10
    expect(page.locator("[data-plot]").first).to_be_hidden()
    with page.expect_download() as saved:
        page.get_by_text("Save as SVG").first.click()
    assert saved.value.suggested_filename == "peninsula-plot.svg"


def test_the_drawings_of_the_server_stay_where_plots_fail(page: Page, complaints: list[str]) -> None:
    page.route("**/api/v1/timeline**", lambda route: route.fulfill(status=503, body="{}"))
    page.goto("/plots", wait_until="networkidle")
    expect(page.locator("[data-plot] svg").first).to_be_visible()
    assert [line for line in complaints if "503" not in line] == []
    complaints.clear()


def test_questions_are_kept_in_the_browser(page: Page) -> None:
    page.goto("/events?type=AID&since=2024")
    page.once("dialog", lambda dialog: dialog.accept("Aid <b>lately</b>"))
    page.get_by_role("button", name="Save this question").click()
    page.goto("/saved")
    link = page.get_by_role("link", name="Aid <b>lately</b>")
    link.click()
    assert query_of(page) == "type=AID&since=2024"
    page.goto("/saved")
    page.get_by_role("button", name="Remove Aid").click()
    expect(link).to_have_count(0)
    page.reload()
    expect(page.locator("[data-saved] li")).to_have_count(0)


def test_what_others_put_into_the_storage_is_no_link(page: Page) -> None:
    page.goto("/saved")
    page.evaluate(
        """localStorage.setItem("peninsula.saved", '[{"name": "x", "address": "javascript:alert(1)"}, {"name": "y", "address": "//other.example"}, 5]')"""
    )
    page.reload()
    expect(page.locator("[data-saved] li")).to_have_count(0)
