"""The pages of accounts: what people do with them, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from fastapi import FastAPI
from lxml import html

from models.review import EditorRole
from pipeline.review.accounts import Accounts
from pipeline.settings import Settings
from pipeline.store.engine import Database
from pipeline.web.app import create_app
from tests.web.accounts import BY, PASSWORD, Browser, accounts, app, browser, browsing, cheap_passwords, web_settings

__all__ = ["accounts", "app", "browser", "cheap_passwords", "web_settings"]


@pytest.fixture
def kim(browser: Browser) -> Browser:
    """An editor who is signed in."""
    assert browser.sign_in("kim").status_code == 303
    return browser


@pytest.fixture
def lee(app: FastAPI) -> Iterator[Browser]:
    """An admin who is signed in, in a browser of their own."""
    with browsing(app) as opened:
        assert opened.sign_in("lee").status_code == 303
        yield opened


def read(browser: Browser, address: str, status: int = 200) -> html.HtmlElement:
    answer = browser.get(address)
    assert answer.status_code == status, answer.text
    return html.document_fromstring(answer.text)


def alert(text: str) -> str:
    return html.document_fromstring(text).xpath("string(//*[@role='alert'])").strip()


def status_of(page: html.HtmlElement) -> str:
    return page.xpath("string(//main//*[@role='status'])").strip()


# --- every page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/account/sign-in", "/account", "/account/users"])
def test_every_page_is_well_built(browser: Browser, lee: Browser, address: str) -> None:
    page = read(browser if address.endswith("sign-in") else lee, address)
    assert page.get("lang") == "en"
    assert page.xpath("count(//h1)") == 1
    assert page.xpath("//a[1]/@href")[0] == "#content"
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3")]
    assert all(below <= above + 1 for above, below in pairwise(levels))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for control in page.xpath("//input[not(@type='hidden') and not(@hidden)] | //select"):
        assert control.get("aria-label") or page.xpath(f"//label[@for='{control.get('id')}']"), html.tostring(control)
    names = [button.get("aria-label") or button.text_content() for button in page.iter("button")]
    assert len(names) == len(set(names))
    assert not page.xpath("//script[not(@src)] | //style | //*[@style]")


def test_the_pages_are_kept_by_no_cache(browser: Browser, lee: Browser) -> None:
    answers = [browser.get("/account"), browser.get("/account/sign-in"), lee.get("/account"), lee.get("/account/users")]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


def test_reading_needs_no_account(browser: Browser) -> None:
    assert [browser.get(address).status_code for address in ("/", "/entities", "/api/v1/count", "/healthz")] == [200] * 4


# --- signing in and out ---------------------------------------------------------------------------------------------


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(browser: Browser) -> None:
    sent = browser.get("/account?part=tokens")
    assert (sent.status_code, sent.headers["location"]) == (303, "/account/sign-in?next=%2Faccount%3Fpart%3Dtokens")
    page = read(browser, sent.headers["location"])
    wanted = page.xpath("string(//input[@name='next']/@value)")
    back = browser.sign_in("kim", next=wanted)
    assert (back.status_code, back.headers["location"]) == (303, "/account?part=tokens")
    assert read(browser, "/account").xpath("string(//h1)") == "kim"


def test_without_a_wish_one_goes_to_the_desk(browser: Browser) -> None:
    assert browser.sign_in("kim").headers["location"] == "/review"
    assert browser.get("/account/sign-in").headers["location"] == "/review"


def test_a_wrong_password_keeps_the_name_and_where_to_go(browser: Browser) -> None:
    answer = browser.sign_in("Kim", "wrong", next="/account")
    assert answer.status_code == 403
    assert "not right" in alert(answer.text)
    page = html.document_fromstring(answer.text)
    assert page.xpath("string(//input[@name='name']/@value)") == "Kim"
    assert page.xpath("string(//input[@name='next']/@value)") == "/account"
    assert not page.xpath("//input[@type='password']/@value")


def test_who_signs_out_is_out(kim: Browser) -> None:
    answer = kim.send("/account/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert not kim.is_signed_in


def test_a_program_is_told_in_json(browser: Browser) -> None:
    answer = browser.get("/account", Accept="application/json")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "sign_in_needed"


def test_without_any_account_the_page_says_what_to_do(database: Database, web_settings: Settings) -> None:
    with browsing(create_app(web_settings)) as visitor:
        assert "peninsula users add NAME --role admin" in visitor.get("/account/sign-in").text
        assert visitor.get("/account").status_code == 401
        assert visitor.sign_in("kim").status_code == 403


def test_without_the_desk_there_are_no_accounts(accounts: Accounts, web_settings: Settings) -> None:
    with browsing(create_app(web_settings, review=False)) as visitor:
        assert [visitor.get(address).status_code for address in ("/account", "/account/sign-in", "/account/users")] == [404] * 3
        assert visitor.get("/events").status_code == 200


# --- one's own account ----------------------------------------------------------------------------------------------


def test_ones_own_password_is_changed(kim: Browser, app: FastAPI) -> None:
    with browsing(app) as other:
        other.sign_in("kim")
        answer = kim.send("/account/password", old=PASSWORD, password="another good one", again="another good one")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=password")
        assert status_of(read(kim, "/account?done=password")) == "The password is changed. You are signed out everywhere else."
        assert not other.is_signed_in
        assert other.sign_in("kim").status_code == 403
        assert other.sign_in("kim", "another good one").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "why"),
    [
        ("wrong", "another good one", "another good one", "not right"),
        (PASSWORD, "too short", "too short", "at least 12"),
        (PASSWORD, "another good one", "another good ome", "differ"),
    ],
)
def test_a_password_is_not_changed_by_a_wrong_form(kim: Browser, old: str, new: str, again: str, why: str) -> None:
    answer = kim.send("/account/password", old=old, password=new, again=again)
    assert answer.status_code == 400
    assert why in alert(answer.text)
    assert kim.is_signed_in
    assert kim.sign_in("kim").status_code == 303


def test_a_token_is_shown_once_and_taken_back(kim: Browser, accounts: Accounts) -> None:
    shown = html.document_fromstring(kim.send("/account/tokens", name="Import").text)
    secret = shown.xpath("string(//section[@aria-labelledby='made']//code)")
    found = accounts.find_token(secret)
    assert found is not None
    assert found.name == "kim"
    page = read(kim, "/account")
    assert secret not in html.tostring(page, encoding="unicode")
    action = page.xpath("string(//form[contains(@action, '/revoke')]/@action)")
    assert kim.send(action).headers["location"] == "/account?done=token"
    assert accounts.find_token(secret) is None
    assert "no such token" in alert(kim.send(action).text)


def test_a_sign_in_elsewhere_is_ended(kim: Browser, app: FastAPI) -> None:
    with browsing(app) as other:
        other.sign_in("kim")
        (action,) = read(kim, "/account").xpath("//form[contains(@action, '/account/sessions/')]/@action")
        assert kim.send(action).headers["location"] == "/account?done=session"
        assert not other.is_signed_in
    assert kim.is_signed_in


# --- everybody's ----------------------------------------------------------------------------------------------------


def test_an_admin_adds_an_account(lee: Browser, browser: Browser) -> None:
    answer = lee.send("/account/users", name="Cho", role="viewer", password=PASSWORD)
    assert answer.headers["location"] == "/account/users?done=added"
    assert status_of(read(lee, "/account/users?done=added")) == "The account is made."
    assert browser.sign_in("cho").status_code == 303


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "kim", "role": "viewer", "password": PASSWORD}, "already"),
        ({"name": "<b>", "role": "viewer", "password": PASSWORD}, "no name"),
        ({"name": "cho", "role": "owner", "password": PASSWORD}, "no role: viewer, editor, admin are"),
        ({"name": "cho", "role": "viewer", "password": "short"}, "at least 12"),
    ],
)
def test_a_wrong_form_adds_no_account_and_keeps_what_was_typed(lee: Browser, accounts: Accounts, fields: dict[str, str], why: str) -> None:
    before = accounts.all_accounts()
    answer = lee.send("/account/users", **fields)
    assert answer.status_code == 400
    assert why in alert(answer.text)
    assert (
        html.document_fromstring(answer.text).xpath("string(//section[@aria-labelledby='add']//input[@name='name']/@value)")
        == fields["name"]
    )
    assert accounts.all_accounts() == before


def test_an_admin_changes_role_password_and_state(lee: Browser, kim: Browser, accounts: Accounts) -> None:
    assert lee.send("/account/users/kim/role", role="viewer").headers["location"].endswith("?done=role")
    assert accounts.get("kim").role is EditorRole.VIEWER
    assert lee.send("/account/users/kim/password", password="another good one").headers["location"].endswith("?done=reset")
    assert not kim.is_signed_in
    assert kim.sign_in("kim", "another good one").status_code == 303
    assert lee.send("/account/users/kim/disable").headers["location"].endswith("?done=disabled")
    assert not kim.is_signed_in
    assert lee.send("/account/users/kim/enable").headers["location"].endswith("?done=enabled")
    assert kim.sign_in("kim", "another good one").status_code == 303


def test_the_last_admin_cannot_disable_themselves(lee: Browser) -> None:
    answer = lee.send("/account/users/lee/disable")
    assert (answer.status_code, "give another account the role admin first" in alert(answer.text)) == (400, True)
    assert lee.is_signed_in


@pytest.mark.parametrize(
    ("name", "change", "why"), [("nobody", "disable", "no account nobody"), ("kim", "promote", "cannot be changed so")]
)
def test_a_change_that_there_is_not_is_refused(lee: Browser, name: str, change: str, why: str) -> None:
    answer = lee.send(f"/account/users/{name}/{change}")
    assert (answer.status_code, why in alert(answer.text)) == (400, True)


def test_a_name_in_hangul_is_kept_by_its_page(lee: Browser, accounts: Accounts) -> None:
    lee.send("/account/users", name="김지나", role="editor", password=PASSWORD)
    (action,) = read(lee, "/account/users").xpath("//tr[th[contains(., '김지나')]]//form[contains(@action, '/disable')]/@action")
    assert lee.send(action).status_code == 303
    assert accounts.get("김지나").disabled_at is not None


def test_what_happened_is_listed(lee: Browser, browser: Browser) -> None:
    browser.sign_in("kim", "wrong")
    lee.send("/account/users/park/disable")
    rows = [
        [cell.text_content().strip() for cell in row]
        for row in read(lee, "/account/users").xpath("//section[@aria-labelledby='log']//tbody/tr")
    ]
    assert [row[1:] for row in rows[:3]] == [
        ["lee", "192.0.2.7", "account disabled", "park"],
        ["not signed in", "192.0.2.7", "sign in failed", "kim"],
        ["lee", "192.0.2.7", "signed in", ""],
    ]


# --- at this machine ------------------------------------------------------------------------------------------------


def test_at_this_machine_the_desk_is_open_until_an_account_has_a_password(database: Database, web_settings: Settings) -> None:
    found = Accounts(database, web_settings)
    here = browsing(create_app(web_settings, hosts=["localhost"], local=True), host="http://localhost", address="127.0.0.1")
    with here as owner:
        page = read(owner, "/account")
        assert "open to whoever uses this machine" in page.text_content()
        assert not page.xpath("//form[@action='/account/password' or @action='/account/sign-out']")
        assert [account.role for account in found.all_accounts()] == [EditorRole.ADMIN]
        assert owner.send("/account/users", name="lee", role="admin", password=PASSWORD).status_code == 303
        assert owner.get("/account").headers["location"].startswith("/account/sign-in")
        assert owner.sign_in("lee").status_code == 303
        assert read(owner, "/account").xpath("string(//h1)") == "lee"


def test_at_this_machine_the_first_account_with_a_password_is_an_admin(database: Database, web_settings: Settings) -> None:
    with browsing(create_app(web_settings, local=True), host="http://localhost", address="127.0.0.1") as owner:
        answer = owner.send("/account/users", name="kim", role="editor", password=PASSWORD)
        assert "must be an admin" in alert(answer.text)
        assert owner.is_signed_in


# --- behind a proxy that signs in ------------------------------------------------------------------------------------


@pytest.fixture
def proxied(accounts: Accounts, web_settings: Settings) -> FastAPI:
    """A server behind a proxy at 10.0.0.1 that vouches for names."""
    told = {"proxy_header": "X-Remote-User", "proxy_addresses": ["10.0.0.1"]}
    return create_app(Settings(**(web_settings.model_dump() | told)))


def test_a_proxy_signs_in_and_passwords_are_not_asked_for(proxied: FastAPI) -> None:
    with browsing(proxied, address="10.0.0.1", **{"X-Remote-User": "Lee"}) as lee:
        page = read(lee, "/account")
        assert page.xpath("string(//h1)") == "lee"
        assert not page.xpath("//input[@type='password']")
        assert lee.send("/account/users", name="cho", role="editor").status_code == 303
        assert lee.send("/account/tokens", name="import").status_code == 200
        assert not read(lee, "/account/users").xpath("//input[@type='password']")
    with browsing(proxied, address="10.0.0.1", **{"X-Remote-User": "cho"}) as cho:
        assert cho.is_signed_in
        assert cho.get("/account/users").status_code == 403


def test_a_proxy_may_vouch_for_a_name_in_hangul(proxied: FastAPI, accounts: Accounts) -> None:
    accounts.add("김지나", EditorRole.EDITOR, None, by=BY)
    with browsing(proxied, address="10.0.0.1") as visitor:
        answer = visitor.client.get("/account", headers=[(b"X-Remote-User", "김지나".encode())])
    assert (answer.status_code, "김지나" in answer.text) == (200, True)


def test_without_the_header_of_the_proxy_nobody_is_signed_in(proxied: FastAPI) -> None:
    with browsing(proxied, address="10.0.0.1") as visitor:
        assert visitor.get("/account").status_code == 401
        assert "did not say who you are" in visitor.get("/account/sign-in").text
        assert visitor.sign_in("lee").status_code == 403


def test_a_name_without_account_is_refused_by_name(proxied: FastAPI) -> None:
    with browsing(proxied, address="10.0.0.1", **{"X-Remote-User": "cho"}) as cho:
        answer = cho.get("/account")
    assert (answer.status_code, "there is no account cho" in answer.text) == (403, True)
