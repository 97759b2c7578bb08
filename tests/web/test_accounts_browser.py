"""The pages of accounts in Chromium: by keyboard, without scripts, in light and dark, on a phone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, expect

from tests.web.accounts import PASSWORD, accounts, app, cheap_passwords, web_settings
from tests.web.test_browser import AXE, DESK, PHONE, barriers

__all__ = ["accounts", "app", "cheap_passwords", "web_settings"]


@pytest.fixture
def site(app: FastAPI) -> Iterator[str]:
    """The address of a server with accounts."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off", proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def context(browser: Chromium, site: str) -> Iterator[BrowserContext]:
    """A browser without scripts, which the pages do without."""
    opened = browser.new_context(base_url=site, viewport=DESK, java_script_enabled=False)
    opened.set_default_timeout(8_000)
    yield opened
    opened.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_one_signs_in_changes_the_password_and_signs_out_by_keyboard_and_without_scripts(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/account")
    page.get_by_label("Name").focus()
    page.keyboard.type("kim")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    expect(page.get_by_label("Name")).to_have_value("kim")
    page.get_by_label("Password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("kim")
    page.get_by_label("Password of now").focus()
    for text in (PASSWORD, "another good one", "another good one"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main [role=status]")).to_contain_text("The password is changed")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url(lambda address: "/account" not in address)
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_pages_have_no_serious_barrier_and_fit_a_phone(browser: Chromium, site: str) -> None:
    context = browser.new_context(base_url=site, viewport=DESK)
    page = context.new_page()

    def check(address: str) -> None:
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light")
        page.goto(address, wait_until="networkidle")
        page.evaluate(AXE.read_text())
        assert barriers(page, "{}") == [], address
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="dark")
        assert barriers(page, "{runOnly: ['color-contrast', 'target-size']}") == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address

    check("/account/sign-in")
    page.get_by_label("Name").fill("lee")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "sign-in" not in address)
    check("/account?done=token")
    check("/account/users?done=added")
    context.close()
