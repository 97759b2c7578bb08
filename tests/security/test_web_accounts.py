"""Attacks on accounts: each test fails where the protection that it is of is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Annotated

import pytest
from argon2 import PasswordHasher
from fastapi import Depends, FastAPI
from httpx2 import Response
from lxml import html
from sqlalchemy import text
from starlette.routing import Match

from models.review import Editor, EditorRole
from models.review_tables import AuditRow, EditorRow, EditorSessionRow, EditorTokenRow, LoginAttemptRow
from pipeline.review import accounts as module
from pipeline.review import passwords
from pipeline.review.accounts import IDLE, Accounts, SignInRefused, SignInThrottled
from pipeline.settings import Settings
from pipeline.store.engine import Database, reading
from pipeline.web.app import create_app
from pipeline.web.guard import MOST_FORM_BYTES, is_for_editors
from pipeline.web.limits import add_token
from pipeline.web.session import require, safe_next
from tests.web.accounts import BY, PASSWORD, Browser, Clock, accounts, app, browser, browsing, cheap_passwords, web_settings

__all__ = ["accounts", "app", "browser", "cheap_passwords", "web_settings"]

HOME = "192.0.2.7"
SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
INJECTIONS = ("lee' --", "' OR '1'='1", "lee'; DROP TABLE editor; --", "lee%", "l_e", "\\", "lee\x00", "${jndi:ldap://x}", "{{7*7}}")

AsEditor = Annotated[Editor, Depends(require(EditorRole.EDITOR))]


@pytest.fixture
def desk(app: FastAPI) -> FastAPI:
    """The server with one address at the desk at which editors write."""

    async def write(editor: AsEditor) -> dict[str, str]:
        return {"editor": editor.name}

    app.add_api_route("/review/probe", write, methods=["POST"])
    return app


@pytest.fixture
def kim(browser: Browser) -> Browser:
    """An editor who is signed in."""
    browser.sign_in("kim")
    return browser


@pytest.fixture
def lee(app: FastAPI) -> Iterator[Browser]:
    """An admin who is signed in, in a browser of their own."""
    with browsing(app) as opened:
        opened.sign_in("lee")
        yield opened


def cookie_of(answer: Response) -> tuple[str, str, dict[str, str]]:
    """Return name and value of the one cookie that an answer sets, and its flags."""
    ((name, morsel),) = SimpleCookie(answer.headers["set-cookie"]).items()
    return name, morsel.value, {flag.lower(): str(value) for flag, value in morsel.items() if value}


def error_of(answer: Response) -> str:
    return str(answer.json()["error"]["code"])


# --- requests that another page makes the browser send ------------------------------------------------------------------


def writing_paths(app: FastAPI) -> list[str]:
    """Return a path of every route of editors that is written to."""
    described = {
        path: "".join(part if odd % 2 == 0 else "x" for odd, part in enumerate(path.replace("}", "{").split("{"))) for path in paths(app)
    }
    return sorted(path for path in described.values() if is_for_editors(path) and answers_post(app, path))


def paths(app: FastAPI) -> set[str]:
    found: set[str] = set()
    pending = list(app.routes)
    while pending:
        route = pending.pop()
        found |= {route.path} if isinstance(getattr(route, "path", None), str) else set()
        pending += list(getattr(getattr(route, "original_router", None), "routes", []))
    return found


def answers_post(app: FastAPI, path: str) -> bool:
    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "root_path": "", "path_params": {}}
    return any(route.matches(dict(scope))[0] is Match.FULL for route in app.routes)


def test_every_form_is_known_to_the_tests(desk: FastAPI) -> None:
    found = writing_paths(desk)
    assert {"/account/sign-in", "/account/sign-out", "/account/password", "/account/tokens", "/account/users", "/review/probe"} < set(found)
    assert len(found) >= 9


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:8080"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    ],
    ids=str,
)
def test_no_form_is_taken_from_a_page_of_another_host(desk: FastAPI, lee: Browser, headers: dict[str, str]) -> None:
    fields = {"csrf": lee.form_token(), "name": "lee", "password": PASSWORD}
    for path in writing_paths(desk):
        answer = lee.client.post(path, data=fields, headers={"Accept": "application/json", **headers})
        assert (path, answer.status_code, error_of(answer)) == (path, 403, "form_refused")
    assert lee.is_signed_in


@pytest.mark.parametrize("token", [None, "", "x", "of another"])
def test_no_form_is_taken_without_the_token_of_this_sign_in(desk: FastAPI, lee: Browser, kim: Browser, token: str | None) -> None:
    fields = {} if token is None else {"csrf": kim.form_token() if token == "of another" else token}
    for path in writing_paths(desk):
        if path != "/account/sign-in":  # where there is no sign-in yet
            answer = lee.post(path, fields, Accept="application/json")
            assert (path, answer.status_code, error_of(answer)) == (path, 403, "form_refused")


def test_a_form_of_before_signing_in_anew_is_refused(desk: FastAPI, lee: Browser) -> None:
    token = lee.form_token()
    lee.sign_in("lee")
    assert lee.post("/review/probe", {"csrf": token}).status_code == 403
    assert lee.send("/review/probe").status_code == 200


def test_a_script_sends_the_token_as_a_header(desk: FastAPI, kim: Browser) -> None:
    headers = {"Origin": kim.host, "X-CSRF-Token": kim.form_token()}
    assert kim.client.post("/review/probe", json={}, headers=headers).status_code == 200
    assert kim.client.post("/review/probe", json={}, headers=headers | {"X-CSRF-Token": "x"}).status_code == 403
    assert kim.client.post("/review/probe", json={"csrf": kim.form_token()}, headers={"Origin": kim.host}).status_code == 403


def test_a_link_on_another_page_changes_nothing(kim: Browser, accounts: Accounts) -> None:
    for path in ("/account/sign-out", "/account/password", "/account/users/kim/disable"):
        assert kim.get(path).status_code == 405
    assert kim.is_signed_in


def test_no_page_of_another_host_reads_the_account_though_it_may_read_the_interface(accounts: Accounts, web_settings: Settings) -> None:
    lab = "https://lab.example"
    with browsing(create_app(web_settings.model_copy(update={"api_origins": [lab]}))) as visitor:
        visitor.sign_in("kim")
        assert visitor.get("/api/v1/count", Origin=lab).headers["access-control-allow-origin"] == lab
        assert "access-control-allow-origin" not in visitor.get("/account", Origin=lab).headers


# --- sessions -------------------------------------------------------------------------------------------------------


def test_a_session_that_somebody_planted_is_none(browser: Browser) -> None:
    browser.client.cookies.set("peninsula_session", "planted")
    answer = browser.sign_in("kim")
    assert cookie_of(answer)[1] != "planted"
    with browsing(browser.client.app) as thief:  # type: ignore[arg-type]
        thief.client.cookies.set("peninsula_session", "planted")
        assert not thief.is_signed_in


def test_each_sign_in_has_a_secret_of_its_own_and_ends_the_one_of_before(browser: Browser, app: FastAPI) -> None:
    first, second = (cookie_of(browser.sign_in("kim"))[1] for _ in range(2))
    assert first != second
    assert len(second) >= 43
    with browsing(app) as thief:
        thief.client.cookies.set("peninsula_session", first)
        assert not thief.is_signed_in


@pytest.mark.parametrize("event", ["signed out", "password changed", "password given", "disabled"])
def test_a_stolen_session_ends_with_that_of_its_owner(kim: Browser, lee: Browser, app: FastAPI, event: str) -> None:
    with browsing(app) as thief:
        thief.client.cookies.set("peninsula_session", kim.client.cookies["peninsula_session"])
        assert thief.is_signed_in
        match event:
            case "signed out":
                kim.send("/account/sign-out")
            case "password changed":
                kim.send("/account/password", old=PASSWORD, password="another good one", again="another good one")
            case "password given":
                lee.send("/account/users/kim/password", password="another good one")
            case "disabled":
                lee.send("/account/users/kim/disable")
        assert not thief.is_signed_in


def test_a_role_that_was_taken_is_gone_at_once(desk: FastAPI, kim: Browser, lee: Browser) -> None:
    assert kim.send("/review/probe").json() == {"editor": "kim"}
    lee.send("/account/users/kim/role", role="viewer")
    assert kim.send("/review/probe").status_code == 403


def test_a_session_is_over_after_half_a_day_without_use(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(accounts, "_now", clock)
    made = accounts.sign_in("kim", PASSWORD, address=HOME)
    clock.pass_by(IDLE + timedelta(seconds=1))
    assert accounts.find_session(made.secret) is None


def test_the_cookie_is_for_this_server_alone_and_for_no_script(browser: Browser) -> None:
    name, _, flags = cookie_of(browser.sign_in("kim"))
    assert name == "peninsula_session"
    assert flags == {"httponly": "True", "samesite": "lax", "path": "/", "max-age": "604800"}


def test_over_tls_the_cookie_is_sent_over_tls_alone(app: FastAPI) -> None:
    with browsing(app, host="https://news.example") as visitor:
        name, secret, flags = cookie_of(visitor.sign_in("kim"))
        assert (name, flags["secure"], flags["path"], "domain" in flags) == ("__Host-peninsula_session", "True", "/", False)
        assert visitor.is_signed_in
    with browsing(app, host="https://news.example") as neighbour:  # who can set cookies of the host without TLS
        neighbour.client.cookies.set("peninsula_session", secret)
        assert not neighbour.is_signed_in


def test_a_proxy_that_is_trusted_says_that_the_client_uses_tls(accounts: Accounts, web_settings: Settings) -> None:
    behind = create_app(Settings(**(web_settings.model_dump() | {"proxy_addresses": ["10.0.0.0/24"]})))
    told = {"X-Forwarded-Proto": "https", "Origin": "https://testserver"}
    for address, name in (("10.0.0.1", "__Host-peninsula_session"), (HOME, "peninsula_session")):
        with browsing(behind, address=address) as visitor:
            answer = visitor.post("/account/sign-in", {"name": "kim", "password": PASSWORD}, **told)
            assert cookie_of(answer)[0] == name


# --- guessing -------------------------------------------------------------------------------------------------------


def test_after_ten_failures_the_right_password_is_refused_too(browser: Browser) -> None:
    assert {browser.sign_in("kim", "wrong").status_code for _ in range(10)} == {403}
    answer = browser.sign_in("kim")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert "wait 15 minutes" in answer.text
    assert not browser.is_signed_in


def test_an_address_that_was_made_up_does_not_count_as_another(browser: Browser) -> None:
    for number in range(10):
        browser.post("/account/sign-in", {"name": "kim", "password": "wrong"}, **{"X-Forwarded-For": f"198.51.100.{number}"})
    assert browser.sign_in("kim").status_code == 429


def test_behind_a_proxy_each_client_counts_and_none_can_make_up_another(accounts: Accounts, web_settings: Settings) -> None:
    behind = create_app(Settings(**(web_settings.model_dump() | {"proxy_addresses": ["10.0.0.1"]})))
    with browsing(behind, address="10.0.0.1") as visitor:

        def attempt(forwarded: str, password: str) -> int:
            sent = {"name": "kim", "password": password}
            return visitor.post("/account/sign-in", sent, **{"X-Forwarded-For": forwarded}).status_code

        assert {attempt(f"203.0.113.{number}, 198.51.100.7", "wrong") for number in range(10)} == {403}
        assert attempt("198.51.100.7", PASSWORD) == 429
        assert attempt("198.51.100.8", PASSWORD) == 303


def test_many_guesses_at_once_are_no_way_around(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def fits(password: str, password_hash: str | None) -> bool:
        tried.append(password)
        return False

    monkeypatch.setattr(module, "fits", fits)

    def guess(number: int) -> bool:
        try:
            accounts.sign_in("kim", f"guess {number}", address=HOME)
        except SignInThrottled:
            return False
        except SignInRefused:
            return True
        return True

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(guess, range(40)))
    assert len(tried) <= module.MOST_OF_NAME_AND_ADDRESS + 3  # PostgreSQL lets those pass that come in the same instant


@pytest.mark.parametrize("name", ["kim", "nobody", "<>", "program", "gone"])
def test_an_unknown_name_costs_as_much_as_a_known_one(accounts: Accounts, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    accounts.add("program", EditorRole.EDITOR, None, by=BY)
    accounts.add("gone", EditorRole.EDITOR, PASSWORD, by=BY)
    accounts.disable("gone", by=BY)
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - named by the library
            verified.append(str(hash))
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: hasher)
    with pytest.raises(SignInRefused):
        accounts.sign_in(name, "not the password", address=HOME)
    assert [parameters.rsplit("$", 2)[0] for parameters in verified] == ["$argon2id$v=19$m=8,t=1,p=1"]


def test_the_password_of_nobody_signs_nobody_in(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hash_of_nobody", lambda: passwords.hash_password(PASSWORD))
    accounts.add("program", EditorRole.ADMIN, None, by=BY)
    for name in ("program", "nobody"):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, PASSWORD, address=HOME)


def test_the_answers_for_a_known_and_an_unknown_name_are_one(browser: Browser) -> None:
    known, unknown = (browser.sign_in(name, "wrong") for name in ("kim", "nobody"))
    assert known.status_code == unknown.status_code
    assert known.text.replace("kim", "nobody") == unknown.text


# --- what belongs to others -----------------------------------------------------------------------------------------


def test_nobody_ends_a_session_or_takes_back_a_token_of_another(kim: Browser, lee: Browser, accounts: Accounts) -> None:
    owner = accounts.get("lee")
    token = accounts.make_token(owner.id, "import", by=BY)
    (session,) = accounts.sessions(owner.editor)
    assert kim.send(f"/account/sessions/{session.id}/end").status_code == 400
    assert kim.send(f"/account/tokens/{token.token.id}/revoke").status_code == 400
    assert lee.is_signed_in
    assert accounts.find_token(token.secret) is not None


@pytest.mark.parametrize("name", ["kim", "park"])
def test_only_an_admin_sees_and_changes_accounts(browser: Browser, accounts: Accounts, name: str) -> None:
    browser.sign_in(name)
    before = accounts.all_accounts()
    assert browser.get("/account/users").status_code == 403
    assert browser.send("/account/users", name="cho", role="admin", password=PASSWORD).status_code == 403
    assert browser.send(f"/account/users/{name}/role", role="admin").status_code == 403
    assert browser.send("/account/users/lee/disable").status_code == 403
    assert browser.send("/account/users/lee/password", password="another good one").status_code == 403
    assert accounts.all_accounts() == before


def test_a_viewer_writes_nothing_at_the_desk(desk: FastAPI, browser: Browser) -> None:
    assert browser.post("/review/probe", {}, Accept="application/json").status_code == 401
    browser.sign_in("park")
    answer = browser.client.post(
        "/review/probe", headers={"Origin": browser.host, "X-CSRF-Token": browser.form_token(), "Accept": "application/json"}
    )
    assert (answer.status_code, error_of(answer)) == (403, "not_allowed")


def test_a_token_acts_with_the_role_of_its_account_and_opens_no_accounts(desk: FastAPI, browser: Browser, accounts: Accounts) -> None:
    secrets = {name: accounts.make_token(accounts.get(name).id, "import", by=BY).secret for name in ("lee", "kim", "park")}
    headers = {name: {"Authorization": f"Bearer {secret}"} for name, secret in secrets.items()}
    answers = {name: browser.client.post("/review/probe", headers=headers[name]).status_code for name in secrets}
    assert answers == {"lee": 200, "kim": 200, "park": 403}
    assert browser.client.get("/account/users", headers=headers["lee"]).status_code == 403
    assert browser.client.post("/account/tokens", data={"name": "more"}, headers=headers["lee"]).status_code == 403
    accounts.disable("kim", by=BY)
    assert browser.client.post("/review/probe", headers=headers["kim"]).status_code == 401


@pytest.mark.parametrize("secret", ["", "pe_", "pe_x", "é"])
def test_a_token_that_is_none_opens_nothing_though_the_cookie_would(desk: FastAPI, kim: Browser, secret: str) -> None:
    answer = kim.client.post("/review/probe", headers=[(b"Authorization", f"Bearer {secret}".encode()), (b"Accept", b"application/json")])
    assert (answer.status_code, error_of(answer)) == (401, "unknown_token")


def test_a_token_for_reading_writes_nothing(accounts: Accounts, web_settings: Settings, tmp_path: object) -> None:
    path = web_settings.model_copy(update={"api_tokens": tmp_path / "tokens.json"})  # type: ignore[operator]
    secret = add_token(path.tokens_file, "newsroom", 0)
    with browsing(create_app(path)) as visitor:
        assert visitor.get("/api/v1/count", Authorization=f"Bearer {secret}").status_code == 200
        assert visitor.get("/account", Authorization=f"Bearer {secret}").status_code == 401


# --- what is typed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "http:evil.example",
        " /events",
        "/ /evil.example",
        "/account/sign-out",
        "/account/sign-in?next=/account/sign-in",
        "/events\r\nSet-Cookie: peninsula_session=planted",
        "/events\r\nLocation:https://evil.example",
        "/" + "a" * 3_000,
        "//[",
    ],
)
def test_an_address_elsewhere_is_not_gone_on_to(wanted: str) -> None:
    assert safe_next(wanted) == "/review"


def test_after_signing_in_one_stays_on_this_server(browser: Browser) -> None:
    for wanted in ("//evil.example/", "https://evil.example", "/events\r\nSet-Cookie: peninsula_session=planted"):
        answer = browser.sign_in("kim", next=wanted)
        assert answer.headers["location"] == "/review"
        assert cookie_of(answer)[1] != "planted"
        assert browser.client.get("/account/sign-in", params={"next": wanted}).headers["location"] == "/review"


@pytest.mark.parametrize("wanted", ["/", "/review?kind=name&q=%ED%95%9C", "/events/evt-1", "/review/한국"])
def test_an_address_of_this_server_is_gone_on_to(wanted: str) -> None:
    assert safe_next(wanted) == wanted


def test_a_name_is_no_statement(browser: Browser, accounts: Accounts) -> None:
    before = accounts.all_accounts()
    for name in INJECTIONS:
        assert browser.sign_in(name).status_code == (400 if "\0" in name else 403)
        assert not browser.is_signed_in
    assert accounts.all_accounts() == before


def test_an_id_is_no_statement(kim: Browser, lee: Browser, accounts: Accounts) -> None:
    for given in ("' OR '1'='1", "%25", "ses-%25"):
        assert kim.send(f"/account/sessions/{given}/end").status_code == 400
        assert lee.send(f"/account/users/{given}/disable").status_code == 400
    assert len(accounts.all_accounts()) == 3


def test_what_is_typed_is_text_on_every_page(lee: Browser, browser: Browser) -> None:
    pages = [
        browser.sign_in(SCRIPT, SCRIPT, next=SCRIPT),
        lee.send("/account/users", name=SCRIPT, role=SCRIPT, password=PASSWORD),
        lee.send("/account/tokens", name=SCRIPT),
        lee.send(f"/account/users/{SCRIPT.replace('/', '')}/disable"),
        lee.send("/account/users/kim/x%3Cscript%3E"),
        lee.get("/account?done=" + SCRIPT),
        lee.get("/account/users"),
    ]
    for answer in pages:
        page = html.document_fromstring(answer.text)
        assert not page.xpath("//script[not(@src)] | //img | //*[@onerror]")


@pytest.mark.parametrize("name", ["X-Request-ID", "Origin", "X-Forwarded-For", "Cookie"])
def test_what_a_client_sends_in_headers_comes_back_in_none(browser: Browser, name: str) -> None:
    answer = browser.post("/account/sign-in", {"name": "kim", "password": PASSWORD}, **{name: "x; Domain=evil.example\tplanted"})
    assert "planted" not in str(answer.headers)


# --- bodies ---------------------------------------------------------------------------------------------------------


def test_a_form_may_be_so_large_and_no_larger(kim: Browser) -> None:
    whole = f"csrf={kim.form_token()}&name=import&more="
    for size, status in ((MOST_FORM_BYTES, 200), (MOST_FORM_BYTES + 1, 413)):
        headers = {"Origin": kim.host, "Content-Type": "application/x-www-form-urlencoded"}
        assert kim.client.post("/account/tokens", content=whole.ljust(size, "a"), headers=headers).status_code == status


def test_a_body_that_does_not_say_how_long_it_is_is_refused(kim: Browser) -> None:
    answer = kim.client.post("/account/tokens", content=iter([b"a" * 1_000] * 100), headers={"Origin": kim.host})
    assert answer.status_code == 413


def test_many_fields_and_bytes_that_are_no_text_are_refused(kim: Browser) -> None:
    headers = {"Origin": kim.host, "Content-Type": "application/x-www-form-urlencoded"}
    for content in ("a=1&" * 2_000, "name=%ff", "name=%00", b"name=\xff"):
        assert kim.client.post("/account/sign-in", content=content, headers=headers).status_code == 400


@pytest.mark.parametrize("path", ["/", "/events", "/api/v1/events", "/static/explorer.css", "/reviews", "/accounts"])
def test_elsewhere_nothing_is_sent(kim: Browser, path: str) -> None:
    assert kim.post(path, {"a": "b"}).status_code in {404, 405}
    assert kim.post(path, {"a": "b" * 2_000}).status_code == 413


# --- who is believed ------------------------------------------------------------------------------------------------


@pytest.fixture
def proxied(accounts: Accounts, web_settings: Settings) -> FastAPI:
    """A server behind a proxy at 10.0.0.1 that vouches for names."""
    told = {"proxy_header": "X-Remote-User", "proxy_addresses": ["10.0.0.1"]}
    return create_app(Settings(**(web_settings.model_dump() | told)))


def test_only_the_proxy_is_believed_who_asks(proxied: FastAPI) -> None:
    for address, status in (("10.0.0.1", 200), ("10.0.0.2", 401), ("127.0.0.1", 401)):
        with browsing(proxied, address=address, **{"X-Remote-User": "lee", "X-Forwarded-For": "10.0.0.1"}) as visitor:
            assert visitor.get("/account").status_code == status


def test_a_name_beside_that_of_the_proxy_is_not_believed(proxied: FastAPI) -> None:
    with browsing(proxied, address="10.0.0.1") as visitor:
        answer = visitor.client.get("/account", headers=[("X-Remote-User", "lee"), ("X-Remote-User", "kim")])
    assert answer.status_code == 401


def test_without_the_setting_no_header_signs_in(browser: Browser) -> None:
    assert browser.get("/account", **{"X-Remote-User": "lee"}).status_code == 303


def test_a_proxy_does_not_vouch_for_what_other_pages_send(proxied: FastAPI) -> None:
    with browsing(proxied, address="10.0.0.1", **{"X-Remote-User": "lee"}) as lee:
        token = lee.form_token()
        assert lee.post("/account/tokens", {"csrf": token, "name": "a"}, Origin="https://evil.example").status_code == 403
        assert lee.post("/account/tokens", {"csrf": "x", "name": "a"}).status_code == 403
        assert lee.post("/account/tokens", {"csrf": token, "name": "a"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "host", "headers", "status"),
    [
        ("127.0.0.1", "http://localhost:8765", {}, 200),
        ("::1", "http://[::1]:8765", {}, 200),
        (HOME, "http://localhost", {}, 401),
        ("127.0.0.1", "http://evil.example", {}, 401),
        ("127.0.0.1", "http://localhost", {"X-Forwarded-For": HOME}, 401),
        ("127.0.0.1", "http://localhost", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ("127.0.0.1", "http://localhost", {"Via": "1.1 proxy"}, 401),
    ],
)
def test_only_who_sits_at_the_machine_is_let_in_without_account(
    database: Database, web_settings: Settings, address: str, host: str, headers: dict[str, str], status: int
) -> None:
    with browsing(create_app(web_settings, local=True), host=host, address=address, **headers) as visitor:
        assert visitor.get("/account").status_code == status


@pytest.mark.parametrize("changes", [{"local": False}, {"web_hosts": ["news.example"]}, {"proxy_header": "X-Remote-User"}])
def test_a_server_that_others_reach_lets_nobody_in_without_account(
    database: Database, web_settings: Settings, changes: dict[str, object]
) -> None:
    settings = Settings(**(web_settings.model_dump() | {name: value for name, value in changes.items() if name != "local"}))
    with browsing(create_app(settings, local="local" not in changes), host="http://localhost", address="127.0.0.1") as visitor:
        assert visitor.get("/account").status_code == 401


def test_at_the_machine_too_other_pages_change_nothing(database: Database, web_settings: Settings) -> None:
    with browsing(create_app(web_settings, local=True), host="http://localhost", address="127.0.0.1") as owner:
        fields = {"csrf": owner.form_token(), "name": "import"}
        assert owner.post("/account/tokens", fields, Origin="https://evil.example").status_code == 403
        assert owner.post("/account/tokens", fields | {"csrf": "x"}).status_code == 403
        assert owner.post("/account/tokens", fields).status_code == 200


# --- what is stored -------------------------------------------------------------------------------------------------


def test_who_steals_the_database_has_no_password_session_or_token(kim: Browser, accounts: Accounts, database: Database) -> None:
    token = accounts.make_token(accounts.get("kim").id, "import", by=BY)
    kim.sign_in("kim", "wrong but close")
    secrets = [PASSWORD, "wrong but close", token.secret, kim.client.cookies["peninsula_session"]]
    with reading(database) as connection:
        tables = (EditorRow, EditorSessionRow, EditorTokenRow, LoginAttemptRow, AuditRow)
        stored = " ".join(str(tuple(row)) for table in tables for row in connection.execute(text(f"SELECT * FROM {table.__tablename__}")))
    assert "argon2id" in stored
    assert not [secret for secret in secrets if secret in stored]
