"""Rates and tokens: counted with a clock of the test, and over HTTP."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.errors import ConfigurationError, UsageError
from pipeline.settings import Settings
from pipeline.web.app import create_app
from pipeline.web.etags import is_known, make_etag
from pipeline.web.limits import Buckets, Tokens, add_token, client_key, read_tokens, remove_token


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


# --- buckets ------------------------------------------------------------------------------------------------------


def test_a_minutes_worth_is_allowed_at_once_and_no_more() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    assert [buckets.take("a", 3) for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a", 3) == pytest.approx(20)
    assert buckets.take("b", 3) == 0


def test_after_the_wait_that_was_told_the_next_request_is_allowed() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    for _ in range(3):
        buckets.take("a", 3)
    clock.now += buckets.take("a", 3)
    assert buckets.take("a", 3) == 0
    assert buckets.take("a", 3) > 0


def test_rest_gives_back_a_minutes_worth_and_no_more() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    for _ in range(5):
        buckets.take("a", 3)
    clock.now += 3_600
    assert [buckets.take("a", 3) == 0 for _ in range(4)] == [True, True, True, False]


def test_a_rate_of_zero_is_no_limit() -> None:
    buckets = Buckets(clock=Clock())
    assert {buckets.take("a", 0) for _ in range(1_000)} == {0.0}


def test_only_so_many_keys_are_kept_and_those_seen_last() -> None:
    buckets = Buckets(clock=Clock(), most=2)
    for key in ("a", "b", "a", "c"):
        buckets.take(key, 2)
    assert buckets.take("a", 2) > 0  # it was kept: both its requests were counted
    assert [buckets.take("b", 2), buckets.take("b", 2)] == [0, 0]  # it was forgotten


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        (None, "testclient", False),
    ],
)
def test_an_ipv6_network_is_one_client(one: str | None, other: str | None, together: bool) -> None:
    assert (client_key(one) == client_key(other)) is together


# --- tokens -------------------------------------------------------------------------------------------------------


def test_a_token_is_found_by_its_secret_alone_and_the_file_does_not_hold_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "tokens.json"
    secret = add_token(path, "newsroom", 900)
    tokens = Tokens(path)
    found = tokens.find(secret)
    assert found is not None
    assert (found.name, found.rate) == ("newsroom", 900)
    assert [tokens.find(wrong) for wrong in ("", secret[:-1], found.sha256, "newsroom", "\ud800")] == [None] * 5
    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_tokens_differ_and_names_are_not_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    assert add_token(path, "a", 1) != add_token(path, "b", 1)
    with pytest.raises(UsageError, match="already"):
        add_token(path, "a", 1)
    with pytest.raises(UsageError, match="no name"):
        add_token(path, "a b", 1)
    assert [token.name for token in read_tokens(path)] == ["a", "b"]


def test_new_tokens_and_those_taken_back_are_known_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    tokens = Tokens(path)
    assert tokens.find("pn_x") is None
    first, second = add_token(path, "first", 1), add_token(path, "second", 1)
    assert tokens.find(first) is not None
    remove_token(path, "first")
    assert tokens.find(first) is None
    assert tokens.find(second) is not None
    with pytest.raises(UsageError, match="there are: second"):
        remove_token(path, "first")


@pytest.mark.parametrize("content", ["", "{}", "[{}]", '[{"name": "a"}]', "\x00", json.dumps([{"name": "a", "sha256": "xyz", "rate": 1}])])
def test_a_broken_file_is_an_error_that_names_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"tokens\.json: this is no file of tokens"):
        Tokens(path)
    with pytest.raises(ConfigurationError, match="mend it"):
        add_token(path, "b", 1)
    assert path.read_text() == content


def test_a_file_that_breaks_while_the_server_runs_leaves_the_tokens_that_were_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "tokens.json"
    secret = add_token(path, "first", 1)
    tokens = Tokens(path)
    path.write_text("[")
    assert tokens.find(secret) is not None
    assert "stay in force" in caplog.text


# --- over HTTP ----------------------------------------------------------------------------------------------------


def test_after_too_many_requests_one_waits(news_settings: Settings) -> None:
    with TestClient(create_app(news_settings.model_copy(update={"api_rate": 3}))) as client:
        answers = [client.get("/api/v1/codebook") for _ in range(5)]
        spared = client.get("/healthz")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 20
    assert answers[-1].json()["error"]["code"] == "too_many_requests"
    assert "3 requests" in answers[-1].json()["error"]["message"]
    assert spared.status_code == 200


def test_a_token_has_its_own_rate(news_settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    secret = add_token(path, "newsroom", 4)
    with TestClient(create_app(news_settings.model_copy(update={"api_rate": 1, "api_tokens": path}))) as client:
        asked = {"Authorization": f"Bearer {secret}"}
        with_token = [client.get("/api/v1/codebook", headers=asked).status_code for _ in range(5)]
        without = [client.get("/api/v1/codebook").status_code for _ in range(2)]
    assert with_token == [200, 200, 200, 200, 429]
    assert without == [200, 429]


def test_a_token_that_is_not_known_is_refused_and_guessing_is_counted(news_settings: Settings) -> None:
    with TestClient(create_app(news_settings.model_copy(update={"api_rate": 2}))) as client:
        answers = [client.get("/api/v1/codebook", headers={"Authorization": f"bearer pn_{number}"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert answers[0].json()["error"]["code"] == "unknown_token"
    assert "pn_0" not in answers[0].text


def test_the_password_of_a_server_in_front_is_no_token(client: TestClient) -> None:
    assert client.get("/api/v1/codebook", headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_a_broken_file_of_tokens_stops_the_server_from_starting(news_settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text("no")
    with pytest.raises(ConfigurationError, match="no file of tokens"):
        create_app(news_settings.model_copy(update={"api_tokens": path}))


# --- entity tags --------------------------------------------------------------------------------------------------


def test_tags_are_weak_and_tell_parts_apart() -> None:
    assert make_etag(1, "ab").startswith('W/"')
    assert len({make_etag(1, "ab"), make_etag(1, "a", "b"), make_etag("1a", "b"), make_etag(b"ab"), make_etag()}) == 5
    assert make_etag(1, ("a", "b")) == make_etag(1, ("a", "b"))


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ("", False),
        ("*", True),
        ('W/"a"', True),
        ('"a"', True),
        ('"b", W/"a" ,"c"', True),
        ('"b"', False),
        ("a", False),
        ('W/"', False),
    ],
)
def test_the_header_of_a_client_names_what_it_has(header: str | None, known: bool) -> None:
    assert is_known(header, 'W/"a"') is known
