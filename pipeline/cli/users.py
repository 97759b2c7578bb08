"""`peninsula users`: accounts of those who sit at the review desk."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.accounts import Account, Actor, AuditLine
from models.review import EditorRole
from pipeline.cli.browse import open_for_reading
from pipeline.cli.console import output_console
from pipeline.errors import UsageError
from pipeline.review.accounts import Accounts

__all__ = ["app"]

NameArgument = Annotated[str, typer.Argument(help="Name of the account.")]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]

app = typer.Typer(help="Keep the accounts of the review desk: who may look, who may decide, who keeps the accounts.", no_args_is_help=True)


@app.command(epilog="Example: peninsula users add kim --role admin")
def add(
    context: typer.Context,
    name: NameArgument,
    role: Annotated[EditorRole, typer.Option("--role", help="What they may do.", case_sensitive=False)] = EditorRole.EDITOR,
    password_stdin: StdinOption = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="For who is signed in by a proxy (PENINSULA_PROXY_HEADER), and for programs with a token.")
    ] = False,
) -> None:
    """Make an account, with a password that is asked for. The first one must be an admin.

    A viewer looks and decides nothing, an editor decides, an admin also closes disputes and keeps the accounts.

    Example: peninsula users add kim --role admin
    """
    if no_password and password_stdin:
        raise UsageError("--no-password and --password-stdin contradict each other: give one of them")
    with _accounts(context) as accounts:
        password = None if no_password else _read_password(name, from_stdin=password_stdin)
        made = accounts.add(name, role, password, by=_who())
    _say(f"{made.name} may now {'be signed in by the proxy' if no_password else 'sign in'}, as {made.role.value}")


@app.command(name="list", epilog="Example: peninsula users list")
def list_users(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the accounts, disabled ones too, with the tokens of their programs.

    Example: peninsula users list
    """
    with _accounts(context) as accounts:
        rows = [_describe(account, [token.name for token in accounts.tokens(account.id)]) for account in accounts.people()]
    if as_json:
        _write_json(rows)
    else:
        _print_rows(output_console(), rows)


@app.command(epilog="Example: peninsula users disable kim")
def disable(context: typer.Context, name: NameArgument) -> None:
    """Let an account sign in no more, and end its sessions at once. What it decided stays, with its name.

    The last admin cannot be disabled.

    Example: peninsula users disable kim
    """
    with _accounts(context) as accounts:
        changed = accounts.disable(name, by=_who())
    _say(f"{changed.name} is disabled and signed out")


@app.command(epilog="Example: peninsula users enable kim")
def enable(context: typer.Context, name: NameArgument) -> None:
    """Let a disabled account sign in again.

    Example: peninsula users enable kim
    """
    with _accounts(context) as accounts:
        changed = accounts.enable(name, by=_who())
    _say(f"{changed.name} may sign in again")


@app.command(epilog="Example: peninsula users password kim")
def password(context: typer.Context, name: NameArgument, password_stdin: StdinOption = False) -> None:
    """Give an account another password, and end its sessions.

    Example: peninsula users password kim
    """
    with _accounts(context) as accounts:
        accounts.get(name)
        changed = accounts.set_password(name, _read_password(name, from_stdin=password_stdin), by=_who())
    _say(f"{changed.name} has the new password, and is signed out everywhere")


@app.command(epilog="Example: peninsula users role kim editor")
def role(
    context: typer.Context,
    name: NameArgument,
    wanted: Annotated[EditorRole, typer.Argument(metavar="ROLE", help="viewer, editor or admin.", case_sensitive=False)],
) -> None:
    """Give an account another role, at once for its sessions and tokens too.

    Example: peninsula users role kim editor
    """
    with _accounts(context) as accounts:
        changed = accounts.set_role(name, wanted, by=_who())
    _say(f"{changed.name} is now {changed.role.value}")


@app.command(epilog="Example: peninsula users token kim nightly-import")
def token(
    context: typer.Context,
    name: NameArgument,
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="What the token is for.")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the token of this name back.")] = False,
) -> None:
    """Make a token by which a program acts for an account, and show it, this once; or take one back.

    The program sends it with the header "Authorization: Bearer TOKEN", and may then do what the account may at the desk.

    Example: peninsula users token kim nightly-import
    """
    with _accounts(context) as accounts:
        account = accounts.get(name)
        if not revoke:
            sys.stdout.write(accounts.make_token(account.id, program, by=_who()).secret + "\n")
            return
        held = {one.name: one.id for one in accounts.tokens(account.id)}
        if program not in held:
            raise UsageError(f"{account.name} has no token called {program!r}; there are: {', '.join(held) or 'none'}")
        accounts.revoke_token(account.id, held[program], by=_who())
    _say(f"the token {program} of {account.name} is taken back")


@app.command(epilog="Example: peninsula users log --limit 20")
def log(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many lines.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show what was done with accounts, newest first: sign-ins, failed ones, changes, tokens.

    Example: peninsula users log --limit 20
    """
    with _accounts(context) as accounts:
        lines = accounts.log(limit=limit)
    if as_json:
        _write_json([_describe_line(line) for line in lines])
    else:
        _print_rows(output_console(), [_describe_line(line) for line in lines])


@contextmanager
def _accounts(context: typer.Context) -> Iterator[Accounts]:
    with open_for_reading(context.obj) as database:
        yield Accounts(database, context.obj)


def _who() -> Actor:
    """Return who runs the command, as the audit log has it; where that is not known, nobody is named."""
    try:
        return Actor(user=getpass.getuser())
    except (OSError, KeyError):
        return Actor(user="")


def _read_password(name: str, *, from_stdin: bool) -> str:
    """Return a password from standard input, or asked for twice at the terminal. It is never an argument, which others can see."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the password at: write it to standard input, with --password-stdin")
    given = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("Again: ") != given:
        raise UsageError("the two passwords differ: run the command again, and type the same twice")
    return given


def _describe(account: Account, tokens: Sequence[str]) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role.value,
        "password": "yes" if account.has_password else "no",
        "tokens": list(tokens),
        "created_at": account.created_at.isoformat(timespec="seconds"),
        "disabled_at": account.disabled_at.isoformat(timespec="seconds") if account.disabled_at else None,
    }


def _describe_line(line: AuditLine) -> dict[str, Any]:
    detail = {name: value for name, value in line.detail.items() if name != "user"}
    who = line.editor or line.detail.get("user")
    return {"at": line.at.isoformat(timespec="seconds"), "who": who, "address": line.address, "action": line.action, "detail": detail}


def _print_rows(console: Console, rows: Sequence[dict[str, Any]]) -> None:
    table = Table(*(rows[0] if rows else ()))
    for row in rows:
        table.add_row(*(escape(_text(value)) for value in row.values()))
    console.print(table)


def _text(value: object) -> str:
    match value:
        case dict():
            return ", ".join(str(part) for part in value.values() if part)
        case list():
            return ", ".join(value)
    return str(value or "")


def _write_json(rows: Sequence[dict[str, Any]]) -> None:
    sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")


def _say(text: str) -> None:
    output_console().print(text, markup=False, highlight=False)
