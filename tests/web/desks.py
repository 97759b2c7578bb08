"""What the tests of the desk's pages share: a desk over small articles, and editors who are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html import unescape

import pytest
from fastapi import FastAPI

from models.review import EditorRole, Item
from pipeline.review.accounts import Accounts
from pipeline.store.engine import Database
from tests.review.desks import KNOWLEDGE, Newsroom
from tests.web.accounts import BY, PASSWORD, Browser, browsing

SignIn = Callable[[str], Browser]


@pytest.fixture
def room(database: Database, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """A newsroom in which two articles were read, one English and one Korean; the server knows what it knows."""
    monkeypatch.setattr("pipeline.web.app.load_knowledge", lambda *_: KNOWLEDGE)
    made = Newsroom(database)
    made.read(1)
    made.read(2, sha="b", lang="ko")
    made.once()
    return made


@pytest.fixture
def sign_in(app: FastAPI, accounts: Accounts) -> Iterator[SignIn]:
    """Give a browser in which somebody is signed in: lee (admin), kim and choi (editors), park (viewer)."""
    accounts.add("choi", EditorRole.EDITOR, PASSWORD, by=BY)
    with ExitStack() as opened:

        def enter(name: str) -> Browser:
            browser = opened.enter_context(browsing(app))
            assert browser.sign_in(name).status_code == 303
            return browser

        yield enter


def fields_of(browser: Browser, item: Item) -> dict[str, str]:
    """Return the hidden fields of the form by which an item is decided, as its page has them."""
    page = browser.get(f"/review/items/{item.id}").text
    form = page[page.index("/decide") : page.index("</form>", page.index("/decide"))]
    return {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)}


def decide(browser: Browser, item: Item, verdict: str, **fields: str) -> int:
    """Decide an item as its page does, and return the status of the answer."""
    return browser.post(f"/review/items/{item.id}/decide", {**fields_of(browser, item), "verdict": verdict, **fields}).status_code
