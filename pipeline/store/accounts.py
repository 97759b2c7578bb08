"""Accounts of editors: their sessions, tokens and failed sign-ins, and the audit log. Secrets are found by their hash alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, or_, select, update

from models.accounts import Account, Actor, AuditLine, EditorToken, Session
from models.ids import make_id
from models.review import Editor, EditorRole
from models.review_tables import AuditRow, EditorRow, EditorSessionRow, EditorTokenRow, LoginAttemptRow
from pipeline.store.rows import insert_new

__all__ = [
    "add_account",
    "add_attempt",
    "add_audit",
    "add_session",
    "add_token",
    "any_password",
    "change_account",
    "end_session",
    "end_sessions",
    "find_account",
    "find_password",
    "find_session",
    "find_token_owner",
    "forget_attempts",
    "list_accounts",
    "list_audit",
    "list_sessions",
    "list_tokens",
    "lock_accounts",
    "nth_attempt",
    "remove_old_attempts",
    "remove_old_sessions",
    "revoke_token",
    "touch_session",
]

# --- accounts -----------------------------------------------------------------------------------------------------


def add_account(connection: Connection, account: Account, password_hash: str | None) -> bool:
    """Write an account; return whether its name was free."""
    row = {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "password_hash": password_hash,
        "keys": dict(account.keys),
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
    }
    return insert_new(connection, EditorRow, [row]) == 1


def change_account(connection: Connection, editor_id: str, **values: object) -> None:
    """Give columns of an account other values."""
    connection.execute(update(EditorRow).where(EditorRow.id == editor_id).values(**values))


def find_account(connection: Connection, name: str) -> Account | None:
    """Return the account of this name."""
    row = connection.execute(_accounts().where(EditorRow.name == name)).one_or_none()
    return None if row is None else _account(row)


def find_password(connection: Connection, editor_id: str) -> str | None:
    """Return the hash of the password of an account, None where it has none."""
    return connection.execute(select(EditorRow.password_hash).where(EditorRow.id == editor_id)).scalar_one_or_none()


def any_password(connection: Connection) -> bool:
    """Tell whether any account, disabled or not, has a password."""
    return connection.execute(select(EditorRow.id).where(EditorRow.password_hash.is_not(None)).limit(1)).first() is not None


def list_accounts(connection: Connection) -> list[Account]:
    """Return all accounts by name."""
    return [_account(row) for row in connection.execute(_accounts().order_by(EditorRow.name))]


def lock_accounts(connection: Connection) -> list[Account]:
    """Return all accounts, which nobody else changes until the transaction ends."""
    return [_account(row) for row in connection.execute(_accounts().order_by(EditorRow.id).with_for_update())]


def _accounts() -> Select[Any]:
    return select(EditorRow.__table__)


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        role=EditorRole(row.role),
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        keys=row.keys,
    )


# --- sessions -----------------------------------------------------------------------------------------------------


def add_session(connection: Connection, secret_sha256: str, account: Account, form_token: str, *, at: datetime, until: datetime) -> Session:
    """Write a session of an account and return it."""
    row = {"secret_sha256": secret_sha256, "editor_id": account.id, "csrf": form_token, "created_at": at, "seen_at": at, "until": until}
    connection.execute(insert(EditorSessionRow).values(row))
    return Session(_session_id(secret_sha256), account.editor, form_token, at, at, until)


def find_session(connection: Connection, secret_sha256: str, *, at: datetime, seen_since: datetime) -> Session | None:
    """Return the session with this secret, unless it ended, was not seen since, or its account is disabled."""
    row = connection.execute(_sessions(at, seen_since).where(EditorSessionRow.secret_sha256 == secret_sha256)).one_or_none()
    return None if row is None else _session(row)


def list_sessions(connection: Connection, editor_id: str, *, at: datetime, seen_since: datetime) -> list[Session]:
    """Return the sessions of an account that have not ended, the one seen last first."""
    query = _sessions(at, seen_since).where(EditorSessionRow.editor_id == editor_id)
    return [_session(row) for row in connection.execute(query.order_by(EditorSessionRow.seen_at.desc()))]


def touch_session(connection: Connection, secret_sha256: str, *, at: datetime) -> None:
    """Write that a session was seen."""
    connection.execute(update(EditorSessionRow).where(EditorSessionRow.secret_sha256 == secret_sha256).values(seen_at=at))


def end_session(connection: Connection, secret_sha256: str) -> None:
    """End the session with this secret, where there is one."""
    connection.execute(delete(EditorSessionRow).where(EditorSessionRow.secret_sha256 == secret_sha256))


def end_sessions(connection: Connection, editor_id: str, session_id: str | None = None) -> int:
    """End all sessions of an account, or the one of this id; return how many there were."""
    rows = connection.execute(select(EditorSessionRow.secret_sha256).where(EditorSessionRow.editor_id == editor_id)).scalars()
    ended = [secret for secret in rows if session_id in {None, _session_id(secret)}]
    connection.execute(delete(EditorSessionRow).where(EditorSessionRow.secret_sha256.in_(ended)))
    return len(ended)


def remove_old_sessions(connection: Connection, *, at: datetime, seen_since: datetime) -> None:
    """Remove what is left of sessions whose time is over."""
    connection.execute(delete(EditorSessionRow).where(or_(EditorSessionRow.until <= at, EditorSessionRow.seen_at < seen_since)))


def _sessions(at: datetime, seen_since: datetime) -> Select[Any]:
    return (
        select(EditorSessionRow.__table__, EditorRow.name, EditorRow.role, EditorRow.keys)
        .join(EditorRow, EditorRow.id == EditorSessionRow.editor_id)
        .where(EditorRow.disabled_at.is_(None), EditorSessionRow.until > at, EditorSessionRow.seen_at >= seen_since)
    )


def _session(row: Row[Any]) -> Session:
    editor = Editor(row.editor_id, row.name, EditorRole(row.role), row.keys)
    return Session(_session_id(row.secret_sha256), editor, row.csrf, row.created_at, row.seen_at, row.until)


def _session_id(secret_sha256: str) -> str:
    return make_id("ses", secret_sha256)


# --- tokens -------------------------------------------------------------------------------------------------------


def add_token(connection: Connection, secret_sha256: str, editor_id: str, name: str, *, at: datetime) -> EditorToken:
    """Write a token of an account and return it."""
    row = {"secret_sha256": secret_sha256, "editor_id": editor_id, "name": name, "created_at": at, "revoked_at": None}
    connection.execute(insert(EditorTokenRow).values(row))
    return EditorToken(_token_id(secret_sha256), name, at)


def find_token_owner(connection: Connection, secret_sha256: str) -> Account | None:
    """Return whom a program with this secret acts for, unless the token was taken back or the account is disabled."""
    query = _accounts().join(EditorTokenRow, EditorTokenRow.editor_id == EditorRow.id).where(EditorTokenRow.secret_sha256 == secret_sha256)
    row = connection.execute(query.where(EditorTokenRow.revoked_at.is_(None), EditorRow.disabled_at.is_(None))).one_or_none()
    return None if row is None else _account(row)


def list_tokens(connection: Connection, editor_id: str) -> list[EditorToken]:
    """Return the tokens of an account that are in force, by name."""
    return [EditorToken(_token_id(row.secret_sha256), row.name, row.created_at) for row in _tokens_of(connection, editor_id)]


def revoke_token(connection: Connection, editor_id: str, token_id: str, *, at: datetime) -> EditorToken | None:
    """Take a token of this account back; return it, None where the account has none of this id."""
    for row in _tokens_of(connection, editor_id):
        if _token_id(row.secret_sha256) == token_id:
            connection.execute(update(EditorTokenRow).where(EditorTokenRow.secret_sha256 == row.secret_sha256).values(revoked_at=at))
            return EditorToken(token_id, row.name, row.created_at, at)
    return None


def _tokens_of(connection: Connection, editor_id: str) -> list[Row[Any]]:
    query = select(EditorTokenRow.__table__).where(EditorTokenRow.editor_id == editor_id, EditorTokenRow.revoked_at.is_(None))
    return list(connection.execute(query.order_by(EditorTokenRow.name)))


def _token_id(secret_sha256: str) -> str:
    return make_id("tok", secret_sha256)


# --- failed sign-ins ------------------------------------------------------------------------------------------------


def add_attempt(connection: Connection, name: str, address: str, *, at: datetime) -> None:
    """Count a sign-in that failed, or has not succeeded yet."""
    connection.execute(insert(LoginAttemptRow).values(name=name, address=address, at=at))


def nth_attempt(connection: Connection, number: int, *, name: str | None = None, address: str | None = None) -> datetime | None:
    """Return when the attempt was, counted back from the last as number 1, under a name, from an address, or both; None for fewer."""
    query = select(LoginAttemptRow.at).order_by(LoginAttemptRow.at.desc()).offset(number - 1).limit(1)
    if name is not None:
        query = query.where(LoginAttemptRow.name == name)
    if address is not None:
        query = query.where(LoginAttemptRow.address == address)
    return connection.execute(query).scalar_one_or_none()


def forget_attempts(connection: Connection, name: str, address: str) -> None:
    """Count no more what failed under a name from an address."""
    connection.execute(delete(LoginAttemptRow).where(LoginAttemptRow.name == name, LoginAttemptRow.address == address))


def remove_old_attempts(connection: Connection, *, before: datetime) -> None:
    """Remove attempts that nobody looks back on."""
    connection.execute(delete(LoginAttemptRow).where(LoginAttemptRow.at <= before))


# --- the audit log ------------------------------------------------------------------------------------------------


def add_audit(connection: Connection, action: str, actor: Actor, detail: Mapping[str, Any], *, at: datetime) -> None:
    """Write a line of the audit log."""
    told = dict(detail) if actor.user is None else {**detail, "user": actor.user}
    connection.execute(insert(AuditRow).values(at=at, editor_id=actor.editor_id, address=actor.address, action=str(action), detail=told))


def list_audit(connection: Connection, *, limit: int) -> list[AuditLine]:
    """Return the last lines of the audit log, newest first."""
    query = (
        select(AuditRow.__table__, EditorRow.name)
        .outerjoin(EditorRow, EditorRow.id == AuditRow.editor_id)
        .order_by(AuditRow.number.desc())
        .limit(limit)
    )
    return [AuditLine(row.number, row.at, row.name, row.address, row.action, row.detail) for row in connection.execute(query)]
