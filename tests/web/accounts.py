"""What the tests of accounts share: a clock, cheap hashes, browsers that send what browsers send, and accounts to sign in with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from models.accounts import Actor
from models.review import EditorRole
from pipeline.review import passwords
from pipeline.review.accounts import Accounts
from pipeline.settings import Settings
from pipeline.store.engine import Database
from pipeline.web.app import create_app

BY = Actor(user="tests")
PASSWORD = "correct horse battery"
HOST = "http://testserver"
ROLES = {"lee": EditorRole.ADMIN, "kim": EditorRole.EDITOR, "park": EditorRole.VIEWER}


class Clock:
    """A time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash in a millisecond, which is all that these tests need of it."""
    cheap, hash_of_nobody = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), passwords._hash_of_nobody
    monkeypatch.setattr(passwords, "hasher", lambda: cheap)
    hash_of_nobody.cache_clear()
    yield
    hash_of_nobody.cache_clear()


@pytest.fixture
def web_settings(database: Database) -> Settings:
    """Settings of a server over the database of the test that limits nobody."""
    return Settings(database_url=database.url.render_as_string(hide_password=False), api_rate=0)


@pytest.fixture
def accounts(database: Database, web_settings: Settings) -> Accounts:
    """Accounts of each role, all with one password."""
    made = Accounts(database, web_settings)
    for name, role in ROLES.items():
        made.add(name, role, PASSWORD, by=BY)
    return made


@contextmanager
def browsing(app: FastAPI, *, host: str = HOST, address: str = "192.0.2.7", **headers: str) -> Iterator[Browser]:
    """Give a browser of somebody at this address; `headers` are those that a proxy adds."""
    with TestClient(app, base_url=host, client=(address, 50_000), headers=headers, follow_redirects=False) as client:
        yield Browser(client, host)


class Browser:
    """Sends forms as a browser does: with the origin of the page, its cookies, and the token that the page holds."""

    def __init__(self, client: TestClient, host: str) -> None:
        self.client = client
        self.host = host

    def get(self, address: str, **headers: str) -> Response:
        return self.client.get(address, headers=headers)

    def send(self, address: str, **fields: str) -> Response:
        """Send a form of the page of the account, token and all."""
        return self.post(address, {"csrf": self.form_token(), **fields})

    def post(self, address: str, fields: Mapping[str, str], **headers: str) -> Response:
        """Send these fields and nothing beside them."""
        return self.client.post(address, data=dict(fields), headers={"Origin": self.host, "Sec-Fetch-Site": "same-origin", **headers})

    def form_token(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/account").text)
        assert found, "the page of the account is not shown"
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> Response:
        return self.post("/account/sign-in", {"name": name, "password": password, **fields})

    @property
    def is_signed_in(self) -> bool:
        return self.get("/account").status_code == 200


@pytest.fixture
def app(accounts: Accounts, web_settings: Settings) -> Iterator[FastAPI]:
    """A server that others reach too, with those accounts."""
    made = create_app(web_settings)
    yield made
    made.state.reader.close()
    made.state.database.dispose()


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with browsing(app) as opened:
        yield opened
