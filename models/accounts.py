"""Records of accounts: who may sign in, by which sessions and tokens, and what was done with them.

No record holds a password, a hash of one, or the secret of a session or token that is stored: those stay in the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.review import Editor, EditorRole
from models.vocabulary import DefinedEnum

__all__ = ["Account", "Actor", "AuditAction", "AuditLine", "EditorToken", "NewSession", "NewToken", "Session"]


class AuditAction(DefinedEnum):
    """What a line of the audit log tells."""

    ACCOUNT_ADDED = "account_added", "An account was made."
    ACCOUNT_DISABLED = "account_disabled", "An account was disabled; its sessions ended."
    ACCOUNT_ENABLED = "account_enabled", "A disabled account may sign in again."
    ROLE_CHANGED = "role_changed", "An account got another role."
    PASSWORD_CHANGED = "password_changed", "An account got another password; its sessions ended."
    SIGNED_IN = "signed_in", "Someone signed in."
    SIGN_IN_FAILED = "sign_in_failed", "Someone gave a wrong name or password."
    SIGNED_OUT = "signed_out", "Someone signed out."
    SESSION_ENDED = "session_ended", "Someone ended a session of their own from another one."
    TOKEN_MADE = "token_made", "A token was made."
    TOKEN_REVOKED = "token_revoked", "A token was taken back."


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from which address; without both it is the command line, `user` says whose."""

    editor_id: str | None = None
    address: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One account. One without a password is signed in by a proxy, by a token, or by sitting at the machine of the server."""

    id: str
    name: str
    role: EditorRole
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None = None
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def editor(self) -> Editor:
        """The account as the desk knows it."""
        return Editor(self.id, self.name, self.role, self.keys)


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `id` names it without giving its secret away; `form_token` stands in every form of its pages."""

    id: str
    editor: Editor
    form_token: str
    created_at: datetime
    seen_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that has just begun, with the secret for the cookie, which is kept nowhere else."""

    secret: str
    session: Session


@dataclass(frozen=True, slots=True)
class EditorToken:
    """A token by which a program acts for an editor."""

    id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that has just been made, with its secret, which is kept nowhere."""

    secret: str
    token: EditorToken


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the audit log. `editor` is the name of who did it; None for the command line and for who is not signed in.

    `action` is an `AuditAction`, or the name of another write that is no decision.
    """

    number: int
    at: datetime
    editor: str | None
    address: str | None
    action: str
    detail: Mapping[str, Any]
