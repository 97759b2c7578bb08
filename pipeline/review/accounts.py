"""Accounts: who may sit at the desk, how they sign in, and what was done with accounts.

Every change is one transaction with its line of the audit log. Secrets of sessions and tokens are 256 random bits, kept as plain hashes:
there is nothing to guess. Passwords are another matter, see `pipeline.review.passwords`.
"""

from __future__ import annotations

import getpass
import ipaddress
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from models.accounts import Account, Actor, AuditAction, AuditLine, EditorToken, NewSession, NewToken, Session
from models.ids import content_hash, make_id
from models.merging import MACHINE
from models.review import Editor, EditorRole
from pipeline.review.errors import DeskError, NotAllowed
from pipeline.review.passwords import check_password, fits, hash_password, is_outdated
from pipeline.settings import Settings
from pipeline.store import accounts as store
from pipeline.store.engine import Database, reading, writing
from pipeline.store.merges import Transaction

__all__ = ["IDLE", "LONGEST_SESSION", "Accounts", "SignInRefused", "SignInThrottled", "clean_name"]

IDLE = timedelta(hours=12)
"""Without use, after which a session ends: the next morning one signs in anew."""

LONGEST_SESSION = timedelta(days=7)
"""After which a session ends though it is used."""

SEEN_EVERY = timedelta(minutes=5)
"""How exactly it is kept when a session was used: not every request writes."""

LOOK_BACK = timedelta(minutes=15)
"""For how long a failed sign-in counts."""

MOST_OF_NAME_AND_ADDRESS = 10
"""Failures of one name from one address: more than a person mistypes, too few to guess by."""

MOST_OF_ADDRESS = 50
"""Failures from one address, under any names: an office behind one address mistypes too."""

MOST_OF_NAME = 100
"""Failures of one name from all addresses, so that many machines cannot guess together."""

_PREFIX = "pe_"
"""Tokens of editors begin with it; those of the reading interface do with another."""

_NAME = re.compile(r"[a-z0-9가-힣][a-z0-9가-힣._@-]{0,63}")
_TOKEN_NAME = re.compile(r"[a-z0-9가-힣][a-z0-9가-힣 ._@-]{0,63}", re.IGNORECASE)
_NO_NAME = "?"
"""Under which attempts are counted whose name no account can have."""


class SignInRefused(DeskError):
    """The name or the password is wrong; which of them is told to nobody."""

    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__("the name or the password is not right: try again, or ask an admin for a new password")


class SignInThrottled(DeskError):
    """Too many sign-ins failed; `seconds` are to be waited."""

    code = "sign_in_throttled"

    def __init__(self, seconds: int) -> None:
        minutes = ceil(seconds / 60)
        super().__init__(f"too many sign-ins failed: wait {minutes} minute{'' if minutes == 1 else 's'}, then try again")
        self.seconds = seconds


def clean_name(name: str) -> str:
    """Return a name as accounts have it, in small letters; raise DeskError for one that none can have."""
    cleaned = unicodedata.normalize("NFC", name.strip()).lower()
    if not _NAME.fullmatch(cleaned):
        raise DeskError("this is no name for an account: give 1 to 64 letters, Latin or Hangul, and digits; . _ @ - may follow the first")
    if cleaned == MACHINE:
        raise DeskError(f"{MACHINE!r} is what the program's own decisions are signed with: give another name")
    return cleaned


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Accounts:
    """The accounts of one database. They may be used by several threads at once."""

    def __init__(self, database: Database, settings: Settings, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._database, self._settings, self._now = database, settings, now
        self._has_password = False

    # --- who there is -------------------------------------------------------------------------------------------------

    def all_accounts(self) -> list[Account]:
        """Return all accounts by name."""
        with reading(self._database) as connection:
            return store.list_accounts(connection)

    def people(self) -> list[Account]:
        """Return all accounts but that of the machine, which signs what the program decides by itself."""
        return [account for account in self.all_accounts() if account.name != MACHINE]

    def get(self, name: str) -> Account:
        """Return the account of this name; raise DeskError where there is none."""
        with reading(self._database) as connection:
            return _find(connection, name)

    def needs_sign_in(self) -> bool:
        """Tell whether any account has a password; once one has, this server asks for it as long as it runs."""
        if not self._has_password:
            with reading(self._database) as connection:
                self._has_password = store.any_password(connection)
        return self._has_password

    def vouched(self, name: str) -> Editor:
        """Return who a proxy says it is. Raises NotAllowed for a disabled account, and an unknown one unless the setting lets it look on."""
        try:
            cleaned = clean_name(name)
        except DeskError:
            raise NotAllowed("the proxy gave a name that no account can have") from None
        with reading(self._database) as connection:
            found = store.find_account(connection, cleaned)
        if found is None and self._settings.proxy_unknown == "viewer":
            found = self._ensure(cleaned, EditorRole.VIEWER)
        if found is None:
            raise NotAllowed(f"there is no account {cleaned}: an admin can add it with `peninsula users add {cleaned} --no-password`")
        return _enabled(found).editor

    def local_editor(self) -> Editor:
        """Return who sits at this machine, an admin, and make the account at the first time. For a desk that nobody else can reach."""
        name = _local_name()
        with reading(self._database) as connection:
            found = store.find_account(connection, name)
        return _enabled(found or self._ensure(name, EditorRole.ADMIN)).editor

    # --- changes of accounts ------------------------------------------------------------------------------------------

    def add(self, name: str, role: EditorRole, password: str | None, *, by: Actor) -> Account:
        """Make an account. Raises DeskError for a name that is taken or odd, and a password that is too short."""
        account = self._new(clean_name(name), role, has_password=password is not None)
        password_hash = None if password is None else hash_password(check_password(password))
        with self._changing(f"the first account with a password must be an admin: give {account.name} the role admin") as connection:
            if not store.add_account(connection, account, password_hash):
                raise DeskError(f"there is an account {account.name} already: `peninsula users list` shows all")
            self._audit(connection, AuditAction.ACCOUNT_ADDED, by, {"account": account.name, "role": role.value})
        return account

    def set_role(self, name: str, role: EditorRole, *, by: Actor) -> Account:
        """Give an account another role. Raises DeskError where no admin would be left."""
        with self._changing(_no_admin_left(name)) as connection:
            found = _find(connection, name)
            if found.role is role:
                return found
            store.change_account(connection, found.id, role=role)
            self._audit(connection, AuditAction.ROLE_CHANGED, by, {"account": found.name, "before": found.role.value, "after": role.value})
        return replace(found, role=role)

    def disable(self, name: str, *, by: Actor) -> Account:
        """Let an account sign in no more, and end its sessions. Raises DeskError where no admin would be left."""
        with self._changing(_no_admin_left(name)) as connection:
            found = _find(connection, name)
            if found.disabled_at is not None:
                return found
            store.change_account(connection, found.id, disabled_at=self._now())
            store.end_sessions(connection, found.id)
            self._audit(connection, AuditAction.ACCOUNT_DISABLED, by, {"account": found.name})
        return replace(found, disabled_at=self._now())

    def enable(self, name: str, *, by: Actor) -> Account:
        """Let a disabled account sign in again, with the password that it had."""
        with writing(self._database) as connection:
            found = _find(connection, name)
            if found.disabled_at is not None:
                store.change_account(connection, found.id, disabled_at=None)
                self._audit(connection, AuditAction.ACCOUNT_ENABLED, by, {"account": found.name})
        return replace(found, disabled_at=None)

    def set_password(self, name: str, password: str, *, by: Actor) -> Account:
        """Give an account another password, and end its sessions."""
        password_hash = hash_password(check_password(password))
        with self._changing(f"the first account with a password must be an admin: give {name} the role admin first") as connection:
            found = _find(connection, name)
            self._replace_password(connection, found, password_hash, by)
        return replace(found, has_password=True)

    def set_keys(self, editor_id: str, keys: Mapping[str, str]) -> None:
        """Keep which keys an editor wants for which actions."""
        with writing(self._database) as connection:
            store.change_account(connection, editor_id, keys=dict(keys))

    # --- signing in ---------------------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str, *, address: str, replaces: str | None = None) -> NewSession:
        """Begin a session, under a secret of its own, and end the one whose secret it `replaces`.

        Raises SignInRefused for a wrong name or password and for a disabled account, SignInThrottled where too many failed.
        """
        try:
            cleaned = clean_name(name)
        except DeskError:
            cleaned = _NO_NAME
        self._count_attempt(cleaned, _network(address))
        with reading(self._database) as connection:
            found = store.find_account(connection, cleaned)
            password_hash = store.find_password(connection, found.id) if found and found.disabled_at is None else None
        matches = fits(password, password_hash)
        renewed = hash_password(password) if matches and password_hash and is_outdated(password_hash) else None
        with writing(self._database) as connection:
            # What was read may have changed while the password was hashed.
            if not matches or found is None or not _is_unchanged(connection, found, password_hash):
                self._audit(connection, AuditAction.SIGN_IN_FAILED, Actor(address=address), {"account": found.name if found else None})
            else:
                store.forget_attempts(connection, cleaned, _network(address))
                if replaces is not None:
                    store.end_session(connection, content_hash(replaces))
                if renewed is not None:
                    store.change_account(connection, found.id, password_hash=renewed)
                self._audit(connection, AuditAction.SIGNED_IN, Actor(found.id, address), {})
                return self._begin_session(connection, found)
        raise SignInRefused

    def change_password(self, editor: Editor, old: str, new: str, *, address: str) -> NewSession:
        """Give one's own account another password; all its sessions end, and a new one begins.

        Raises SignInRefused where the old password is wrong, SignInThrottled where that was too often, DeskError for a bad new one.
        """
        checked = check_password(new)
        self._count_attempt(editor.name, _network(address))
        with reading(self._database) as connection:
            found = _find(connection, editor.name)
            password_hash = store.find_password(connection, found.id)
        if not fits(old, password_hash):
            with writing(self._database) as connection:
                self._audit(connection, AuditAction.SIGN_IN_FAILED, Actor(found.id, address), {"account": found.name})
            raise SignInRefused
        new_hash = hash_password(checked)
        with writing(self._database) as connection:
            if not _is_unchanged(connection, found, password_hash):
                raise SignInRefused
            store.forget_attempts(connection, found.name, _network(address))
            self._replace_password(connection, found, new_hash, Actor(found.id, address))
            return self._begin_session(connection, found)

    def find_session(self, secret: str) -> Session | None:
        """Return the session with this secret, unless it is over or its account is disabled; write now and then that it was seen."""
        now, key = self._now(), content_hash(secret)
        with reading(self._database) as connection:
            found = store.find_session(connection, key, at=now, seen_since=now - IDLE)
        if found is not None and now - found.seen_at >= SEEN_EVERY:
            with writing(self._database) as connection:
                store.touch_session(connection, key, at=now)
        return found

    def sign_out(self, secret: str, *, by: Actor) -> None:
        """End the session with this secret."""
        with writing(self._database) as connection:
            store.end_session(connection, content_hash(secret))
            self._audit(connection, AuditAction.SIGNED_OUT, by, {})

    def sessions(self, editor: Editor) -> list[Session]:
        """Return the sessions of an editor, the one used last first."""
        now = self._now()
        with reading(self._database) as connection:
            return store.list_sessions(connection, editor.id, at=now, seen_since=now - IDLE)

    def end_session(self, editor: Editor, session_id: str, *, by: Actor) -> None:
        """End one session of this editor; raise DeskError where the editor has none of this id."""
        with writing(self._database) as connection:
            if not store.end_sessions(connection, editor.id, session_id):
                raise DeskError("you have no such sign-in: it is over already")
            self._audit(connection, AuditAction.SESSION_ENDED, by, {})

    # --- tokens -------------------------------------------------------------------------------------------------------

    def tokens(self, editor_id: str) -> list[EditorToken]:
        """Return the tokens of an account that are in force."""
        with reading(self._database) as connection:
            return store.list_tokens(connection, editor_id)

    def make_token(self, editor_id: str, name: str, *, by: Actor) -> NewToken:
        """Make a token by which a program acts for this account. Raises DeskError for a name that is taken or odd."""
        cleaned = unicodedata.normalize("NFC", name.strip())
        if not _TOKEN_NAME.fullmatch(cleaned):
            raise DeskError("this is no name for a token: give 1 to 64 letters, Latin or Hangul, and digits; spaces and . _ @ - may follow")
        secret = _PREFIX + secrets.token_urlsafe(32)
        with writing(self._database) as connection:
            if any(token.name == cleaned for token in store.list_tokens(connection, editor_id)):
                raise DeskError(f"there is a token {cleaned!r} already: take it back first, or give another name")
            made = store.add_token(connection, content_hash(secret), editor_id, cleaned, at=self._now())
            self._audit(connection, AuditAction.TOKEN_MADE, by, {"account_id": editor_id, "token": cleaned})
        return NewToken(secret, made)

    def revoke_token(self, editor_id: str, token_id: str, *, by: Actor) -> EditorToken:
        """Take a token of this account back; raise DeskError where the account has none of this id."""
        with writing(self._database) as connection:
            revoked = store.revoke_token(connection, editor_id, token_id, at=self._now())
            if revoked is None:
                raise DeskError("this account has no such token: it may be taken back already")
            self._audit(connection, AuditAction.TOKEN_REVOKED, by, {"account_id": editor_id, "token": revoked.name})
        return revoked

    def find_token(self, secret: str) -> Editor | None:
        """Return whom a program with this secret acts for."""
        with reading(self._database) as connection:
            found = store.find_token_owner(connection, content_hash(secret))
        return None if found is None else found.editor

    # --- the audit log ------------------------------------------------------------------------------------------------

    def audit(self, action: str, by: Actor, detail: Mapping[str, Any]) -> None:
        """Write a line of the audit log: of a write that is no decision."""
        with writing(self._database) as connection:
            self._audit(connection, action, by, detail)

    def log(self, *, limit: int = 50) -> list[AuditLine]:
        """Return the last lines of the audit log, newest first."""
        with reading(self._database) as connection:
            return store.list_audit(connection, limit=limit)

    # --- within a transaction -----------------------------------------------------------------------------------------

    @contextmanager
    def _changing(self, refusal: str) -> Iterator[Transaction]:
        """Open a transaction that changes accounts; raise DeskError at its end, and undo it, where no admin could sign in any more."""
        with writing(self._database) as connection:
            before = self._admins(connection)
            yield connection
            if not self._admins(connection) and (before or store.any_password(connection)):
                raise DeskError(refusal)

    def _admins(self, connection: Transaction) -> list[Account]:
        """Return the admins who can sign in."""
        is_vouched = self._settings.proxy_header is not None
        return [
            account
            for account in store.lock_accounts(connection)
            if account.role is EditorRole.ADMIN and account.disabled_at is None and (account.has_password or is_vouched)
        ]

    def _new(self, name: str, role: EditorRole, *, has_password: bool) -> Account:
        return Account(make_id("edr", name), name, role, has_password, self._now())

    def _ensure(self, name: str, role: EditorRole) -> Account:
        """Make an account without password, unless another request has just done so."""
        made = self._new(name, role, has_password=False)
        with writing(self._database) as connection:
            if store.add_account(connection, made, None):
                self._audit(connection, AuditAction.ACCOUNT_ADDED, Actor(made.id), {"account": name, "role": role.value})
            return _find(connection, name)

    def _replace_password(self, connection: Transaction, account: Account, password_hash: str, by: Actor) -> None:
        store.change_account(connection, account.id, password_hash=password_hash)
        store.end_sessions(connection, account.id)
        self._audit(connection, AuditAction.PASSWORD_CHANGED, by, {"account": account.name})

    def _begin_session(self, connection: Transaction, account: Account) -> NewSession:
        secret, form_token, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), self._now()
        store.remove_old_sessions(connection, at=now, seen_since=now - IDLE)
        return NewSession(
            secret, store.add_session(connection, content_hash(secret), account, form_token, at=now, until=now + LONGEST_SESSION)
        )

    def _count_attempt(self, name: str, network: str) -> None:
        """Count a sign-in before it is tried, so that many at once are no way around; raise SignInThrottled where too many failed."""
        now = self._now()
        with writing(self._database) as connection:
            store.remove_old_attempts(connection, before=now - LOOK_BACK)
            reached = (
                store.nth_attempt(connection, MOST_OF_NAME_AND_ADDRESS, name=name, address=network),
                store.nth_attempt(connection, MOST_OF_ADDRESS, address=network),
                store.nth_attempt(connection, MOST_OF_NAME, name=name),
            )
            waits = [at + LOOK_BACK - now for at in reached if at is not None]
            if not waits:
                store.add_attempt(connection, name, network, at=now)
        if waits:
            raise SignInThrottled(ceil(max(waits).total_seconds()))

    def _audit(self, connection: Transaction, action: str, by: Actor, detail: Mapping[str, Any]) -> None:
        store.add_audit(connection, action, by, detail, at=self._now())


def _find(connection: Transaction, name: str) -> Account:
    cleaned = clean_name(name)
    found = store.find_account(connection, cleaned)
    if found is None:
        raise DeskError(f"there is no account {cleaned}: `peninsula users list` shows all")
    return found


def _enabled(account: Account) -> Account:
    if account.disabled_at is not None:
        raise NotAllowed(f"the account {account.name} is disabled: an admin can enable it with `peninsula users enable {account.name}`")
    return account


def _is_unchanged(connection: Transaction, account: Account, password_hash: str | None) -> bool:
    found = store.find_account(connection, account.name)
    return found is not None and found.disabled_at is None and store.find_password(connection, found.id) == password_hash


def _no_admin_left(name: str) -> str:
    return f"without {clean_name(name)} no admin could sign in any more: give another account the role admin first"


def _network(address: str) -> str:
    """Return under what the sign-ins from an address are counted: an IPv6 network of 64 bits belongs to one client."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _local_name() -> str:
    """Return the name of who runs the program, as accounts have it."""
    try:
        return clean_name(re.sub(r"[^a-z0-9가-힣._@-]", "-", getpass.getuser().lower()).strip("._@-")[:64])
    except (DeskError, OSError, KeyError):
        return "local"
