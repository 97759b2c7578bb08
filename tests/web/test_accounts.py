"""Accounts, sessions, tokens and failed sign-ins, by a clock of the test."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from models.accounts import Account, Actor, AuditAction
from models.review import EditorRole
from models.review_tables import EditorRow, EditorSessionRow, LoginAttemptRow
from pipeline.review import accounts as module
from pipeline.review import passwords
from pipeline.review.accounts import IDLE, LONGEST_SESSION, LOOK_BACK, Accounts, SignInRefused, SignInThrottled, clean_name
from pipeline.review.errors import DeskError, NotAllowed
from pipeline.settings import Settings
from pipeline.store.accounts import add_account
from pipeline.store.engine import Database, reading, writing
from tests.web.accounts import BY, PASSWORD, Clock, cheap_passwords

__all__ = ["cheap_passwords"]

HOME = "192.0.2.7"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(database: Database, settings: Settings, clock: Clock) -> Accounts:
    return Accounts(database, settings, now=clock)


@pytest.fixture
def lee(accounts: Accounts) -> Account:
    """The first account, an admin."""
    return accounts.add("lee", EditorRole.ADMIN, PASSWORD, by=BY)


def fail(accounts: Accounts, times: int, *, name: str = "lee", address: str = HOME) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "not the password", address=address)


# --- names and passwords ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Kim", "kim"),
        (" lee ", "lee"),
        ("kim.j-h_2@news.example", "kim.j-h_2@news.example"),
        (unicodedata.normalize("NFD", "김지나"), "김지나"),
    ],
)
def test_a_name_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    "name", ["", "-kim", "k im", "kim\nlee", "<b>", "a" * 65, "kim'", "../kim", "kím", "kim\0", "%", "machine", "MACHINE"]
)
def test_a_name_that_none_can_have_is_refused(name: str) -> None:
    with pytest.raises(DeskError):
        clean_name(name)


def test_a_name_is_given_once(accounts: Accounts, lee: Account) -> None:
    with pytest.raises(DeskError, match="there is an account lee already"):
        accounts.add("Lee", EditorRole.EDITOR, PASSWORD, by=BY)


@pytest.mark.parametrize("password", ["", "eleven char", "가나다라마바사아자차카"])
def test_a_short_password_is_refused_with_what_is_wanted(accounts: Accounts, lee: Account, password: str) -> None:
    with pytest.raises(DeskError, match=f"has {len(password)} characters: give it at least 12"):
        accounts.add("kim", EditorRole.EDITOR, password, by=BY)


def test_a_password_has_a_longest_length(accounts: Accounts, lee: Account) -> None:
    accounts.set_password("lee", "a" * 1_024, by=BY)
    assert accounts.sign_in("lee", "a" * 1_024, address=HOME)
    with pytest.raises(DeskError, match="more than 1,024 bytes"):
        accounts.set_password("lee", "가" * 342, by=BY)
    fail(accounts, 1)
    with pytest.raises(SignInRefused):
        accounts.sign_in("lee", "a" * 60_000, address=HOME)


def test_a_password_in_hangul_fits_however_a_keyboard_writes_it(accounts: Accounts) -> None:
    accounts.add("lee", EditorRole.ADMIN, "비밀번호는 네 단어로 쓴다", by=BY)
    assert accounts.sign_in("lee", unicodedata.normalize("NFD", "비밀번호는 네 단어로 쓴다"), address=HOME)


def test_the_hashes_are_of_argon2id_with_what_the_library_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert passwords.hash_password(PASSWORD).startswith("$argon2id$")
    assert (passwords.hasher().memory_cost, passwords.hasher().time_cost) == (65_536, 3)


def test_an_old_hash_is_made_anew_at_the_next_sign_in(
    accounts: Accounts, lee: Account, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: dearer)
    accounts.sign_in("lee", PASSWORD, address=HOME)
    with reading(database) as connection:
        kept = connection.execute(select(EditorRow.password_hash)).scalar_one()
    assert "m=16,t=2" in kept
    assert accounts.sign_in("lee", PASSWORD, address=HOME)


# --- sessions -----------------------------------------------------------------------------------------------------


def test_who_signs_in_has_a_session_until_they_sign_out(accounts: Accounts, lee: Account) -> None:
    made = accounts.sign_in("Lee", PASSWORD, address=HOME)
    found = accounts.find_session(made.secret)
    assert found == made.session
    assert found.editor == lee.editor
    accounts.sign_out(made.secret, by=Actor(lee.id, HOME))
    assert accounts.find_session(made.secret) is None


@pytest.mark.parametrize(("name", "password"), [("lee", "not the password"), ("nobody", PASSWORD), ("lee", ""), ("<>", PASSWORD)])
def test_who_is_refused_is_not_told_why(accounts: Accounts, lee: Account, name: str, password: str) -> None:
    with pytest.raises(SignInRefused, match="the name or the password is not right"):
        accounts.sign_in(name, password, address=HOME)


def test_a_session_ends_after_twelve_hours_without_use(accounts: Accounts, lee: Account, clock: Clock) -> None:
    made = accounts.sign_in("lee", PASSWORD, address=HOME)
    for _ in range(3):
        clock.pass_by(IDLE - timedelta(minutes=1))
        assert accounts.find_session(made.secret) is not None
    clock.pass_by(IDLE + timedelta(minutes=1))
    assert accounts.find_session(made.secret) is None


def test_a_session_ends_after_seven_days_though_it_is_used(accounts: Accounts, lee: Account, clock: Clock) -> None:
    made = accounts.sign_in("lee", PASSWORD, address=HOME)
    last = clock.now + LONGEST_SESSION
    while clock.now + timedelta(hours=11) < last:
        clock.pass_by(timedelta(hours=11))
        assert accounts.find_session(made.secret) is not None
    clock.now = last
    assert accounts.find_session(made.secret) is None


def test_what_is_left_of_sessions_goes_at_the_next_sign_in(accounts: Accounts, lee: Account, clock: Clock, database: Database) -> None:
    accounts.sign_in("lee", PASSWORD, address=HOME)
    clock.pass_by(IDLE + timedelta(minutes=1))
    accounts.sign_in("lee", PASSWORD, address=HOME)
    with reading(database) as connection:
        assert len(connection.execute(select(EditorSessionRow.secret_sha256)).all()) == 1


def test_not_every_use_of_a_session_writes(accounts: Accounts, lee: Account, clock: Clock) -> None:
    made = accounts.sign_in("lee", PASSWORD, address=HOME)
    clock.pass_by(timedelta(minutes=4))
    accounts.find_session(made.secret)
    assert [session.seen_at for session in accounts.sessions(lee.editor)] == [made.session.seen_at]
    clock.pass_by(timedelta(minutes=1))
    accounts.find_session(made.secret)
    assert [session.seen_at for session in accounts.sessions(lee.editor)] == [clock.now]


def test_another_password_ends_the_sessions_of_before(accounts: Accounts, lee: Account) -> None:
    before = [accounts.sign_in("lee", PASSWORD, address=HOME) for _ in range(2)]
    after = accounts.change_password(lee.editor, PASSWORD, "another good one", address=HOME)
    assert [accounts.find_session(made.secret) for made in before] == [None, None]
    assert accounts.find_session(after.secret) is not None
    accounts.set_password("lee", "a third good one", by=BY)
    assert accounts.find_session(after.secret) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("lee", PASSWORD, address=HOME)


def test_ones_own_password_is_changed_with_the_old_one_alone(accounts: Accounts, lee: Account) -> None:
    for _ in range(10):
        with pytest.raises(SignInRefused):
            accounts.change_password(lee.editor, "not the password", "another good one", address=HOME)
    with pytest.raises(SignInThrottled):
        accounts.change_password(lee.editor, PASSWORD, "another good one", address=HOME)


# --- roles and states ---------------------------------------------------------------------------------------------


def test_who_is_disabled_is_out_at_once_and_may_come_back(accounts: Accounts, lee: Account) -> None:
    kim = accounts.add("kim", EditorRole.EDITOR, PASSWORD, by=BY)
    made, token = accounts.sign_in("kim", PASSWORD, address=HOME), accounts.make_token(kim.id, "import", by=BY)
    accounts.disable("kim", by=BY)
    assert (accounts.find_session(made.secret), accounts.find_token(token.secret)) == (None, None)
    with pytest.raises(SignInRefused):
        accounts.sign_in("kim", PASSWORD, address=HOME)
    accounts.enable("kim", by=BY)
    assert accounts.find_session(made.secret) is None
    assert accounts.sign_in("kim", PASSWORD, address=HOME)


def test_another_role_holds_for_sessions_and_tokens_that_there_are(accounts: Accounts, lee: Account) -> None:
    kim = accounts.add("kim", EditorRole.EDITOR, PASSWORD, by=BY)
    made, token = accounts.sign_in("kim", PASSWORD, address=HOME), accounts.make_token(kim.id, "import", by=BY)
    accounts.set_role("kim", EditorRole.VIEWER, by=BY)
    session, program = accounts.find_session(made.secret), accounts.find_token(token.secret)
    assert session is not None
    assert program is not None
    assert (session.editor.role, program.role) == (EditorRole.VIEWER, EditorRole.VIEWER)


def test_the_first_account_with_a_password_is_an_admin(accounts: Accounts) -> None:
    with pytest.raises(DeskError, match="must be an admin: give kim the role admin"):
        accounts.add("kim", EditorRole.EDITOR, PASSWORD, by=BY)
    assert accounts.all_accounts() == []
    accounts.add("kim", EditorRole.EDITOR, None, by=BY)
    with pytest.raises(DeskError, match="must be an admin"):
        accounts.set_password("kim", PASSWORD, by=BY)
    assert not accounts.needs_sign_in()


def test_the_last_admin_stays(accounts: Accounts, lee: Account) -> None:
    accounts.add("kim", EditorRole.ADMIN, None, by=BY)  # who cannot sign in
    for change in (lambda: accounts.disable("lee", by=BY), lambda: accounts.set_role("lee", EditorRole.EDITOR, by=BY)):
        with pytest.raises(DeskError, match="without lee no admin could sign in any more"):
            change()
    accounts.set_password("kim", PASSWORD, by=BY)
    accounts.disable("lee", by=BY)
    assert [account.name for account in accounts.all_accounts() if account.disabled_at is None] == ["kim"]


def test_two_admins_cannot_disable_each_other_at_once(accounts: Accounts, lee: Account) -> None:
    accounts.add("kim", EditorRole.ADMIN, PASSWORD, by=BY)

    def disable(name: str) -> bool:
        try:
            return bool(accounts.disable(name, by=BY))
        except DeskError:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(disable, ["kim", "lee"])) == [False, True]


def test_the_account_of_the_machine_is_nobodys(accounts: Accounts, lee: Account, database: Database) -> None:
    with writing(database) as connection:
        add_account(connection, replace(lee, id="machine", name="machine"), None)
    assert [account.name for account in accounts.people()] == ["lee"]
    with pytest.raises(DeskError, match="the program's own decisions"):
        accounts.set_password("machine", PASSWORD, by=BY)


def test_an_unknown_account_is_named(accounts: Accounts) -> None:
    with pytest.raises(DeskError, match="there is no account nobody: `peninsula users list` shows all"):
        accounts.disable("nobody", by=BY)


def test_the_keys_of_an_editor_are_kept(accounts: Accounts, lee: Account) -> None:
    accounts.set_keys(lee.id, {"accept": "j"})
    assert accounts.get("lee").editor.keys == {"accept": "j"}


# --- failed sign-ins ------------------------------------------------------------------------------------------------


def test_after_ten_failures_one_waits_and_is_told_how_long(accounts: Accounts, lee: Account, clock: Clock) -> None:
    fail(accounts, 1)
    clock.pass_by(timedelta(minutes=5))
    fail(accounts, 9)
    with pytest.raises(SignInThrottled, match="wait 10 minutes") as refused:
        accounts.sign_in("lee", PASSWORD, address=HOME)
    clock.pass_by(timedelta(seconds=refused.value.seconds))
    assert accounts.sign_in("lee", PASSWORD, address=HOME)


def test_failures_of_one_name_do_not_keep_out_others_nor_the_same_from_elsewhere(accounts: Accounts, lee: Account) -> None:
    accounts.add("kim", EditorRole.EDITOR, PASSWORD, by=BY)
    fail(accounts, 10)
    assert accounts.sign_in("kim", PASSWORD, address=HOME)
    assert accounts.sign_in("lee", PASSWORD, address="192.0.2.8")


@pytest.mark.parametrize("same", ["192.0.2.7", "::ffff:192.0.2.7"])
def test_an_address_that_guesses_at_many_names_waits(accounts: Accounts, lee: Account, same: str) -> None:
    for number in range(module.MOST_OF_ADDRESS):
        fail(accounts, 1, name=f"name{number}", address="192.0.2.7")
    with pytest.raises(SignInThrottled):
        accounts.sign_in("lee", PASSWORD, address="192.0.2.7")
    assert accounts.sign_in("lee", PASSWORD, address="192.0.2.8")


def test_an_ipv6_network_is_one_address(accounts: Accounts, lee: Account) -> None:
    for number in range(10):
        fail(accounts, 1, address=f"2001:db8::{number}")
    with pytest.raises(SignInThrottled):
        accounts.sign_in("lee", PASSWORD, address="2001:db8::ffff")
    assert accounts.sign_in("lee", PASSWORD, address="2001:db8:0:1::1")


def test_a_name_that_many_addresses_guess_at_waits(accounts: Accounts, lee: Account) -> None:
    for number in range(module.MOST_OF_NAME):
        fail(accounts, 1, address=f"192.0.2.{number}")
    with pytest.raises(SignInThrottled):
        accounts.sign_in("lee", PASSWORD, address="198.51.100.1")


def test_a_success_clears_the_failures_of_the_name(accounts: Accounts, lee: Account, database: Database) -> None:
    for _ in range(3):
        fail(accounts, 9)
        accounts.sign_in("lee", PASSWORD, address=HOME)
    with reading(database) as connection:
        assert connection.execute(select(LoginAttemptRow)).all() == []


def test_a_success_of_ones_own_does_not_clear_failures_of_others(accounts: Accounts, lee: Account) -> None:
    accounts.add("kim", EditorRole.EDITOR, PASSWORD, by=BY)
    for _ in range(10):
        fail(accounts, 1)
        accounts.sign_in("kim", PASSWORD, address=HOME)
    with pytest.raises(SignInThrottled):
        accounts.sign_in("lee", PASSWORD, address=HOME)


def test_old_failures_are_removed(accounts: Accounts, lee: Account, clock: Clock, database: Database) -> None:
    fail(accounts, 3)
    clock.pass_by(LOOK_BACK)
    fail(accounts, 1, name="kim")
    with reading(database) as connection:
        assert connection.execute(select(LoginAttemptRow.name)).scalars().all() == ["kim"]


# --- tokens -------------------------------------------------------------------------------------------------------


def test_a_program_with_a_token_acts_for_its_editor_until_it_is_taken_back(accounts: Accounts, lee: Account) -> None:
    made = accounts.make_token(lee.id, "Nightly import", by=BY)
    assert accounts.find_token(made.secret) == lee.editor
    assert accounts.tokens(lee.id) == [made.token]
    accounts.revoke_token(lee.id, made.token.id, by=BY)
    assert accounts.find_token(made.secret) is None
    assert accounts.tokens(lee.id) == []


def test_the_name_of_a_token_is_given_once_and_again_after_it_was_taken_back(accounts: Accounts, lee: Account) -> None:
    made = accounts.make_token(lee.id, "import", by=BY)
    with pytest.raises(DeskError, match="already"):
        accounts.make_token(lee.id, "import", by=BY)
    accounts.revoke_token(lee.id, made.token.id, by=BY)
    assert accounts.make_token(lee.id, "import", by=BY).secret != made.secret


@pytest.mark.parametrize("name", ["", " ", "<b>", "a" * 65, "a\nb", "a\0"])
def test_an_odd_name_of_a_token_is_refused(accounts: Accounts, lee: Account, name: str) -> None:
    with pytest.raises(DeskError, match="no name for a token"):
        accounts.make_token(lee.id, name, by=BY)


# --- who sits at the machine, and whom a proxy vouches for -----------------------------------------------------------


def test_who_sits_at_the_machine_is_an_admin_without_password(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.getpass, "getuser", lambda: "Kim Ji-na")
    editor = accounts.local_editor()
    assert (editor.name, editor.role) == ("kim-ji-na", EditorRole.ADMIN)
    assert accounts.local_editor() == editor
    assert [account.has_password for account in accounts.all_accounts()] == [False]
    assert not accounts.needs_sign_in()


@pytest.mark.parametrize("user", ["", "--", "машина", "machine"])
def test_who_has_no_name_for_an_account_is_local(accounts: Accounts, monkeypatch: pytest.MonkeyPatch, user: str) -> None:
    monkeypatch.setattr(module.getpass, "getuser", lambda: user)
    assert accounts.local_editor().name == "local"


def test_two_first_visits_at_once_make_one_account(accounts: Accounts) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: accounts.local_editor(), range(4)))
    assert len(set(map(str, found))) == 1
    assert len(accounts.all_accounts()) == 1


def test_a_name_that_a_proxy_vouches_for_needs_an_account_unless_the_setting_lets_it_look_on(
    database: Database, settings: Settings
) -> None:
    strict = Accounts(database, settings.model_copy(update={"proxy_header": "X-Remote-User"}))
    with pytest.raises(NotAllowed, match="users add kim --no-password"):
        strict.vouched("Kim")
    open_to_all = Accounts(database, settings.model_copy(update={"proxy_header": "X-Remote-User", "proxy_unknown": "viewer"}))
    assert open_to_all.vouched("Kim").role is EditorRole.VIEWER
    assert strict.vouched("kim").name == "kim"
    strict.disable("kim", by=BY)
    with pytest.raises(NotAllowed, match="is disabled"):
        open_to_all.vouched("kim")
    with pytest.raises(NotAllowed, match="no account can have"):
        open_to_all.vouched("<script>")


def test_the_last_admin_of_a_proxy_stays(database: Database, settings: Settings) -> None:
    vouched = Accounts(database, settings.model_copy(update={"proxy_header": "X-Remote-User"}))
    vouched.add("lee", EditorRole.ADMIN, None, by=BY)
    with pytest.raises(DeskError, match="no admin could sign in"):
        vouched.disable("lee", by=BY)


# --- the audit log ------------------------------------------------------------------------------------------------


def test_every_change_is_a_line_of_the_log(accounts: Accounts, lee: Account) -> None:
    kim = accounts.add("kim", EditorRole.EDITOR, PASSWORD, by=Actor(lee.id, HOME))
    fail(accounts, 1, name="kim")
    made = accounts.sign_in("kim", PASSWORD, address=HOME)
    other = accounts.sign_in("kim", PASSWORD, address=HOME)
    accounts.end_session(kim.editor, other.session.id, by=Actor(kim.id, HOME))
    token = accounts.make_token(kim.id, "import", by=Actor(kim.id, HOME))
    accounts.revoke_token(kim.id, token.token.id, by=Actor(kim.id, HOME))
    accounts.sign_out(made.secret, by=Actor(kim.id, HOME))
    accounts.change_password(kim.editor, PASSWORD, "another good one", address=HOME)
    accounts.set_role("kim", EditorRole.VIEWER, by=Actor(lee.id, HOME))
    accounts.disable("kim", by=Actor(lee.id, HOME))
    accounts.enable("kim", by=BY)
    accounts.audit("queue_saved", Actor(kim.id, HOME), {"name": "last night"})
    told = [(line.action, line.editor, line.address) for line in reversed(accounts.log())]
    assert told == [
        (AuditAction.ACCOUNT_ADDED, None, None),
        (AuditAction.ACCOUNT_ADDED, "lee", HOME),
        (AuditAction.SIGN_IN_FAILED, None, HOME),
        (AuditAction.SIGNED_IN, "kim", HOME),
        (AuditAction.SIGNED_IN, "kim", HOME),
        (AuditAction.SESSION_ENDED, "kim", HOME),
        (AuditAction.TOKEN_MADE, "kim", HOME),
        (AuditAction.TOKEN_REVOKED, "kim", HOME),
        (AuditAction.SIGNED_OUT, "kim", HOME),
        (AuditAction.PASSWORD_CHANGED, "kim", HOME),
        (AuditAction.ROLE_CHANGED, "lee", HOME),
        (AuditAction.ACCOUNT_DISABLED, "lee", HOME),
        (AuditAction.ACCOUNT_ENABLED, None, None),
        ("queue_saved", "kim", HOME),
    ]
    assert accounts.log(limit=1)[0].detail == {"name": "last night"}


def test_a_password_typed_in_place_of_the_name_is_not_logged(accounts: Accounts, lee: Account, database: Database) -> None:
    with pytest.raises(SignInRefused):
        accounts.sign_in(PASSWORD, "", address=HOME)
    assert accounts.log(limit=1)[0].detail == {"account": None}
    with reading(database) as connection:
        assert connection.execute(select(LoginAttemptRow.name)).scalars().all() == ["?"]


def test_what_changes_nothing_is_no_line(accounts: Accounts, lee: Account) -> None:
    before = accounts.log()
    accounts.enable("lee", by=BY)
    accounts.set_role("lee", EditorRole.ADMIN, by=BY)
    assert accounts.log() == before
