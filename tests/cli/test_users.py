"""`peninsula users` as who runs the server uses it: passwords are asked for or read, and never an argument."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.review import EditorRole
from pipeline.review.accounts import Accounts, SignInRefused
from pipeline.settings import Settings
from pipeline.store.engine import open_database
from pipeline.store.schema import upgrade
from tests.web.accounts import BY, PASSWORD, cheap_passwords

__all__ = ["cheap_passwords"]

Peninsula = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    """The accounts of a database in the folder in which the command is run."""
    settings = Settings(data_dir=tmp_path / "data")
    database = open_database(settings.database)
    upgrade(database)
    yield Accounts(database, settings)
    database.dispose()


def add(accounts: Accounts, name: str, role: EditorRole = EditorRole.ADMIN) -> None:
    accounts.add(name, role, PASSWORD, by=BY)


def test_the_first_admin_is_made_with_a_password_from_standard_input(accounts: Accounts, peninsula: Peninsula) -> None:
    done = peninsula("users", "add", "Kim", "--role", "admin", "--password-stdin", stdin=f"{PASSWORD}\nmore\n")
    assert (done.returncode, done.stdout) == (0, "kim may now sign in, as admin\n"), done.stderr
    assert accounts.sign_in("kim", PASSWORD, address="").session.editor.role is EditorRole.ADMIN
    (line,) = [line for line in accounts.log() if line.action == "account_added"]
    assert line.detail["user"]


@pytest.mark.parametrize("command", [("add", "kim", "--role", "admin"), ("password", "lee")])
def test_without_a_terminal_one_is_told_how_to_give_the_password(
    accounts: Accounts, peninsula: Peninsula, command: tuple[str, ...]
) -> None:
    add(accounts, "lee")
    done = peninsula("users", *command, stdin=PASSWORD)
    assert done.returncode == 2
    assert "there is no terminal to ask for the password at" in done.stderr
    assert "--password-stdin" in done.stderr
    assert [account.name for account in accounts.all_accounts()] == ["lee"]


def answer_at_a_terminal(folder: Path, arguments: list[str], *answers: str) -> tuple[int, str]:
    """Run the command at a terminal and type; return its exit code and all that the terminal shows."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execve(
            sys.executable, [sys.executable, "-m", "pipeline", *arguments], {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        )
    shown = b""
    pending = [answer.encode() + b"\n" for answer in answers]
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            shown += os.read(terminal, 1_024)
        except OSError:  # it ended
            break
        if pending and shown.endswith(b": "):
            os.write(terminal, pending.pop(0))
            shown += b"\n"
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(
    ("again", "code", "said"), [(PASSWORD, 0, "kim may now sign in"), ("another one, sorry", 2, "the two passwords differ")]
)
def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    accounts: Accounts, tmp_path: Path, again: str, code: int, said: str
) -> None:
    ended, shown = answer_at_a_terminal(tmp_path, ["users", "add", "kim", "--role", "admin"], PASSWORD, again)
    assert (ended, said in shown) == (code, True), shown
    assert "Password of kim" in shown
    assert PASSWORD not in shown
    assert len(accounts.all_accounts()) == (1 if code == 0 else 0)


def test_a_short_password_and_a_first_account_that_is_no_admin_are_refused(accounts: Accounts, peninsula: Peninsula) -> None:
    short = peninsula("users", "add", "kim", "--role", "admin", "--password-stdin", stdin="secret\n")
    assert (short.returncode, "give it at least 12" in short.stderr) == (2, True)
    viewer = peninsula("users", "add", "kim", "--role", "viewer", "--password-stdin", stdin=PASSWORD)
    assert (viewer.returncode, "must be an admin" in viewer.stderr) == (2, True)
    both = peninsula("users", "add", "kim", "--no-password", "--password-stdin", stdin=PASSWORD)
    assert (both.returncode, "contradict" in both.stderr) == (2, True)
    assert accounts.all_accounts() == []


def test_an_account_without_password_is_for_a_proxy(accounts: Accounts, peninsula: Peninsula) -> None:
    done = peninsula("users", "add", "kim@news.example", "--no-password")
    assert "kim@news.example may now be signed in by the proxy, as editor" in done.stdout
    assert not accounts.get("kim@news.example").has_password


def test_a_password_that_is_given_anew_replaces_the_old_one(accounts: Accounts, peninsula: Peninsula) -> None:
    add(accounts, "lee")
    done = peninsula("users", "password", "lee", "--password-stdin", stdin="another good one\n")
    assert (done.returncode, "signed out everywhere" in done.stdout) == (0, True)
    assert accounts.sign_in("lee", "another good one", address="")
    with pytest.raises(SignInRefused):
        accounts.sign_in("lee", PASSWORD, address="")


def test_an_account_is_disabled_enabled_and_given_a_role(accounts: Accounts, peninsula: Peninsula) -> None:
    add(accounts, "lee")
    add(accounts, "kim", EditorRole.EDITOR)
    assert peninsula("users", "disable", "kim").stdout == "kim is disabled and signed out\n"
    assert accounts.get("kim").disabled_at is not None
    assert peninsula("users", "enable", "kim").stdout == "kim may sign in again\n"
    assert peninsula("users", "role", "kim", "viewer").stdout == "kim is now viewer\n"
    assert (accounts.get("kim").disabled_at, accounts.get("kim").role) == (None, EditorRole.VIEWER)


@pytest.mark.parametrize("command", [("disable", "lee"), ("role", "lee", "editor")])
def test_the_last_admin_stays(accounts: Accounts, peninsula: Peninsula, command: tuple[str, ...]) -> None:
    add(accounts, "lee")
    done = peninsula("users", *command)
    assert (done.returncode, "give another account the role admin first" in done.stderr) == (2, True)
    assert accounts.get("lee").disabled_at is None


@pytest.mark.parametrize("command", [("disable", "cho"), ("enable", "cho"), ("role", "cho", "admin"), ("token", "cho", "import")])
def test_an_unknown_name_is_named(accounts: Accounts, peninsula: Peninsula, command: tuple[str, ...]) -> None:
    done = peninsula("users", *command)
    assert (done.returncode, "there is no account cho" in done.stderr) == (2, True)


def test_a_token_is_shown_once_listed_and_taken_back(accounts: Accounts, peninsula: Peninsula) -> None:
    add(accounts, "lee")
    made = peninsula("users", "token", "lee", "import")
    assert re.fullmatch(r"pe_[\w-]{43}\n", made.stdout), made.stderr
    found = accounts.find_token(made.stdout.strip())
    assert found is not None
    listed = json.loads(peninsula("users", "list", "--json").stdout)
    assert [(one["name"], one["role"], one["password"], one["tokens"], one["disabled_at"]) for one in listed] == [
        ("lee", "admin", "yes", ["import"], None)
    ]
    assert peninsula("users", "token", "lee", "import", "--revoke").returncode == 0
    assert accounts.find_token(made.stdout.strip()) is None
    again = peninsula("users", "token", "lee", "import", "--revoke")
    assert (again.returncode, "there are: none" in again.stderr) == (2, True)


def test_accounts_and_what_happened_are_listed_for_people(accounts: Accounts, peninsula: Peninsula) -> None:
    assert peninsula("users", "list").returncode == 0
    add(accounts, "lee")
    with pytest.raises(SignInRefused):
        accounts.sign_in("lee", "wrong", address="192.0.2.7")
    assert re.search(r"lee +│ +admin +│ +yes", peninsula("users", "list").stdout)
    assert re.search(r"192\.0\.2\.7 +│ +sign_in_failed", peninsula("users", "log").stdout)
    assert [line["action"] for line in json.loads(peninsula("users", "log", "--limit", "1", "--json").stdout)] == ["sign_in_failed"]


def test_without_a_database_it_says_what_to_do(peninsula: Peninsula) -> None:
    done = peninsula("users", "list")
    assert (done.returncode, "there is no database yet" in done.stderr) == (78, True)
