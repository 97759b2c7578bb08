"""Who asks: by a cookie, a token, a proxy in front or because nobody else can reach this server; and that writing is their own will.

A browser sends cookies with whatever any page makes it send, so a request that writes must come from a page of this server, as the browser
tells, and bring the token that stands in the forms of this sign-in. Programs with a token of their own have no cookies and need neither.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from models.accounts import Actor, NewSession, Session
from models.review import Editor, EditorRole
from pipeline.review.accounts import LONGEST_SESSION, Accounts
from pipeline.review.errors import NotAllowed
from pipeline.settings import Settings
from pipeline.web.errors import ErrorCode, RequestError
from pipeline.web.guard import DESK
from pipeline.web.proxy import is_forwarded, parse_address, vouched_name

__all__ = [
    "FORM_FIELD",
    "FORM_HEADER",
    "LOCAL_NAMES",
    "SIGN_IN_PATH",
    "Access",
    "Form",
    "Gate",
    "SignInNeeded",
    "actor_of",
    "address_of",
    "check_origin",
    "forget_cookie",
    "read_form",
    "require",
    "require_access",
    "require_person",
    "safe_next",
    "send_to_sign_in",
    "session_secret",
    "set_cookie",
    "wants_json",
]

SIGN_IN_PATH = "/account/sign-in"
FORM_FIELD = "csrf"
"""Field of a form that holds the token of its page."""

FORM_HEADER = "X-CSRF-Token"
"""The same for scripts, which send it as a header."""

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Names under which a server that nobody else can reach is asked."""

_COOKIE = "peninsula_session"
_SECURE_COOKIE = "__Host-peninsula_session"
"""A browser takes it over TLS alone, from this host alone, so that no neighbour and nobody on the way can put another in its place."""

_READS = {"GET", "HEAD"}
_MOST_FIELDS = 1_000
_LONGEST_NEXT = 2_000

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, and how one knows. `form_token` must stand in forms of the answer; programs with a token have none. `session` is of a cookie."""

    editor: Editor
    form_token: str | None
    session: Session | None = None


class SignInNeeded(RequestError):
    """Nothing vouches for who asks. `has_page` says that there is a page on which they can sign in."""

    def __init__(self, message: str, *, has_page: bool = False) -> None:
        super().__init__(ErrorCode.SIGN_IN_NEEDED, message)
        self.has_page = has_page


class Gate:
    """Tells who asks. `local` says that nobody else reaches the server: then, until an account has a password, whoever asks is its admin."""

    def __init__(self, accounts: Accounts, settings: Settings, *, local: bool) -> None:
        self.accounts = accounts
        self.is_vouched = settings.proxy_header is not None
        self._local = local and not settings.web_hosts
        self._key = secrets.token_bytes(32)

    @property
    def is_local(self) -> bool:
        """Whether the desk is open without a sign-in to who sits at this machine."""
        return self._local and not self.is_vouched and not self.accounts.needs_sign_in()

    @property
    def has_sign_in(self) -> bool:
        """Whether one signs in with a name and a password."""
        return not self.is_vouched and self.accounts.needs_sign_in()

    def find(self, request: Request) -> Access | None:
        """Return who asks; None for somebody whom nothing vouches for. Raises RequestError for a token that is not known."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._by_token(secret.strip())
        if self.is_vouched:
            name = vouched_name(request.scope)
            return None if name is None else self._without_session(self.accounts.vouched(name))
        if self.is_local:
            return self._without_session(self.accounts.local_editor()) if _is_of_this_machine(request) else None
        secret = session_secret(request) or ""
        session = self.accounts.find_session(secret) if secret else None
        return None if session is None else Access(session.editor, session.form_token, session)

    def _by_token(self, secret: str) -> Access:
        editor = self.accounts.find_token(secret)
        if editor is None:
            message = "this token is not known here, was taken back, or its account is disabled: make another on the page of the account"
            raise RequestError(ErrorCode.UNKNOWN_TOKEN, message, headers={"WWW-Authenticate": "Bearer"})
        return Access(editor, None)

    def _without_session(self, editor: Editor) -> Access:
        return Access(editor, hmac.new(self._key, editor.id.encode(), sha256).hexdigest())


def _is_of_this_machine(request: Request) -> bool:
    """Tell whether a request comes from a program of this machine that asks this server itself, and not through a proxy for someone else."""
    address = parse_address(address_of(request))
    if address is None or not address.is_loopback or is_forwarded(request.headers):
        return False
    return (request.url.hostname or "") in {name.strip("[]") for name in LOCAL_NAMES}


# --- what routes ask for --------------------------------------------------------------------------------------------


@cache
def require_access(role: EditorRole = EditorRole.VIEWER) -> Callable[[Request], Awaitable[Access]]:
    """Return a dependency that gives who asks, and refuses those who may not do what the role may.

    Of a request that writes it also checks that the editor meant it. Raises RequestError where nobody vouches for who asks, or where the
    request is forged, and NotAllowed for another role.
    """

    async def dependency(request: Request) -> Access:
        gate: Gate = request.app.state.gate
        access = await run_in_threadpool(gate.find, request)
        if access is None:
            raise await run_in_threadpool(_how_to_enter, gate)
        if request.method not in _READS and access.form_token is not None:
            check_origin(request)
            await _check_form_token(request, access.form_token)
        if not access.editor.may(role):
            raise NotAllowed(
                f"{access.editor.name} is {access.editor.role.value}, and this needs the role {role.value}: ask an admin for it"
            )
        return access

    return dependency


@cache
def require(role: EditorRole) -> Callable[..., Awaitable[Editor]]:
    """Return a dependency as `require_access` does, which gives the editor alone."""
    known = Depends(require_access(role))

    async def dependency(access: Access = known) -> Editor:
        return access.editor

    return dependency


@cache
def require_person(role: EditorRole) -> Callable[..., Awaitable[Access]]:
    """Return a dependency as `require_access` does, which refuses programs: a token that was lost must not open accounts."""
    known = Depends(require_access(role))

    async def dependency(access: Access = known) -> Access:
        if access.form_token is None:
            raise NotAllowed("accounts are kept by people alone: a token acts at the desk, and nowhere else")
        return access

    return dependency


def _how_to_enter(gate: Gate) -> SignInNeeded:
    if gate.is_vouched:
        return SignInNeeded("the proxy in front of this server did not say who asks: sign in with it, or send a token of an account")
    if gate.has_sign_in:
        return SignInNeeded(f"this is for editors: sign in at {SIGN_IN_PATH}, or send a token of an account", has_page=True)
    return SignInNeeded("there is no account yet: who runs this server makes the first with `peninsula users add NAME --role admin`")


# --- that it was meant ----------------------------------------------------------------------------------------------


def check_origin(request: Request) -> None:
    """Raise RequestError unless the browser says that a page of this server sent the request. Browsers that say nothing are refused."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = {f"{scheme}://{request.headers.get('host', '').lower()}" for scheme in (request.url.scheme, "https")}
    if (site is None and origin is None) or site not in {None, "same-origin", "none"} or (origin is not None and origin.lower() not in own):
        raise RequestError(
            ErrorCode.FORM_REFUSED,
            "this was not sent by a page of this server: open the page here and send it again. "
            "A proxy in front must pass on the header Host; programs send a token of an account",
        )


async def _check_form_token(request: Request, wanted: str) -> None:
    given = request.headers.get(FORM_HEADER) or (await read_form(request)).get(FORM_FIELD, "")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        message = "this page is of an earlier sign-in: open it anew, and send it again"
        raise RequestError(ErrorCode.FORM_REFUSED, message)


async def read_form(request: Request) -> Form:
    """Return the fields of a form; of several with one name the last. None are there where the request has no form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return {}
    body = await request.body()
    try:
        form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise RequestError(ErrorCode.BAD_ENCODING, f"this is no form, or one of more than {_MOST_FIELDS} fields: {error}") from None
    if any("\0" in value for value in form.values()):
        raise RequestError(ErrorCode.BAD_ENCODING, "the form holds the control character U+0000: leave it out")
    return form


# --- cookies --------------------------------------------------------------------------------------------------------


def session_secret(request: Request) -> str | None:
    """Return the secret of the session that the browser sends."""
    return request.cookies.get(_cookie_name(request))


def set_cookie(request: Request, response: Response, made: NewSession) -> None:
    """Give the browser a session, which no script can read and no other site's form sends."""
    response.set_cookie(
        _cookie_name(request),
        made.secret,
        max_age=int(LONGEST_SESSION.total_seconds()),
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def forget_cookie(request: Request, response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(_cookie_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


def _cookie_name(request: Request) -> str:
    return _SECURE_COOKIE if _is_secure(request) else _COOKIE


def _is_secure(request: Request) -> bool:
    """Tell whether the client uses TLS; behind a proxy it says so in X-Forwarded-Proto, which `TrustedProxy` has read."""
    return request.url.scheme == "https"


# --- addresses ------------------------------------------------------------------------------------------------------


def address_of(request: Request) -> str:
    """Return the address of the client."""
    return request.client.host if request.client else ""


def actor_of(request: Request, editor: Editor) -> Actor:
    """Return who does something, as the audit log has it."""
    return Actor(editor.id, address_of(request)[:64])


def safe_next(address: str | None) -> str:
    """Return an address of this server to go on to after signing in; the desk for any that leads elsewhere, or does not read as an address."""
    given = address or ""
    is_path = given.startswith("/") and not given.startswith("//") and "\\" not in given and given.isprintable() and " " not in given
    if not is_path or len(given) > _LONGEST_NEXT or given.startswith("/account/sign-"):
        return DESK
    try:
        parts = urlsplit(given)
    except ValueError:
        return DESK
    return given if not parts.scheme and not parts.netloc else DESK


def send_to_sign_in(request: Request) -> Response:
    """Return the way to the page of signing in, and from there back."""
    wanted = quote(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{SIGN_IN_PATH}?{urlencode({'next': wanted})}", 303, {"Cache-Control": "no-store"})


def wants_json(request: Request) -> bool:
    """Tell whether a program asks, which reads JSON and no pages."""
    headers = request.headers
    sent = headers.get("content-type", "").startswith("application/json") or "authorization" in headers
    return sent or "application/json" in headers.get("accept", "")
