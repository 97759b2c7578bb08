"""Pages of accounts: signing in and out, one's own password, sessions and tokens, and for admins everybody's account.

Every form is answered by a page that can be loaded again, and works without scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from models.accounts import Account, NewToken
from models.review import EditorRole
from pipeline.review.accounts import Accounts, SignInRefused, SignInThrottled
from pipeline.review.errors import DeskError
from pipeline.review.passwords import SHORTEST_PASSWORD
from pipeline.web.rendering import render
from pipeline.web.session import (
    SIGN_IN_PATH,
    Access,
    Form,
    Gate,
    actor_of,
    address_of,
    check_origin,
    forget_cookie,
    read_form,
    require_person,
    safe_next,
    session_secret,
    set_cookie,
)

__all__ = ["account_routes"]

ACCOUNT_PATH = "/account"
USERS_PATH = "/account/users"
LINES_OF_LOG = 50

_Anyone = Annotated[Access, Depends(require_person(EditorRole.VIEWER))]
_Admin = Annotated[Access, Depends(require_person(EditorRole.ADMIN))]
_Form = Annotated[Form, Depends(read_form)]

_DONE = {
    "password": "The password is changed. You are signed out everywhere else.",
    "session": "That sign-in is ended.",
    "token": "The token is taken back.",
    "added": "The account is made.",
    "role": "The role is changed.",
    "disabled": "The account is disabled, and signed out everywhere.",
    "enabled": "The account may sign in again.",
    "reset": "The account has the new password, and is signed out everywhere.",
}
"""What is said after a form; the address names it, so that loading the page again sends nothing twice."""


def account_routes(accounts: Accounts) -> APIRouter:
    """Return the routes of all pages of accounts."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    pages = _Pages(accounts)
    for path, page in ((SIGN_IN_PATH, pages.show_sign_in), (ACCOUNT_PATH, pages.account), (USERS_PATH, pages.users)):
        router.add_api_route(path, page, methods=["GET", "HEAD"])
    for path, send in (
        (SIGN_IN_PATH, pages.sign_in),
        ("/account/sign-out", pages.sign_out),
        ("/account/password", pages.change_password),
        ("/account/sessions/{session_id}/end", pages.end_session),
        ("/account/tokens", pages.make_token),
        ("/account/tokens/{token_id}/revoke", pages.revoke_token),
        (USERS_PATH, pages.add_user),
        (USERS_PATH + "/{name}/{change}", pages.change_user),
    ):
        router.add_api_route(path, send, methods=["POST"])
    return router


class _Pages:
    """What each page shows, and what its forms do. Methods are the routes."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    # --- signing in and out -------------------------------------------------------------------------------------------

    def show_sign_in(self, request: Request) -> Response:
        """Show the form; who is signed in is sent on."""
        wanted = safe_next(request.query_params.get("next"))
        gate: Gate = request.app.state.gate
        if gate.find(request) is not None:
            return _go_to(wanted)
        return _render("sign_in.html", gate=gate, next=wanted, name="", error=None)

    def sign_in(self, request: Request, form: _Form, _: Annotated[None, Depends(check_origin)]) -> Response:
        """Begin a session; what cannot be signed in sees the form again, with the reason."""
        gate: Gate = request.app.state.gate
        wanted, name = safe_next(form.get("next")), form.get("name", "")[:64]
        if not gate.has_sign_in:
            return _render("sign_in.html", HTTPStatus.FORBIDDEN, gate=gate, next=wanted, name=name, error=None)
        try:
            made = self._accounts.sign_in(
                form.get("name", ""), form.get("password", ""), address=address_of(request), replaces=session_secret(request)
            )
        except SignInThrottled as error:
            page = _render("sign_in.html", HTTPStatus.TOO_MANY_REQUESTS, gate=gate, next=wanted, name=name, error=str(error))
            page.headers["Retry-After"] = str(error.seconds)
            return page
        except SignInRefused as error:
            return _render("sign_in.html", HTTPStatus.FORBIDDEN, gate=gate, next=wanted, name=name, error=str(error))
        answer = _go_to(wanted)
        set_cookie(request, answer, made)
        return answer

    def sign_out(self, request: Request, access: _Anyone) -> Response:
        """End the session of this browser."""
        if (secret := session_secret(request)) and access.session is not None:
            self._accounts.sign_out(secret, by=actor_of(request, access.editor))
        answer = _go_to("/")
        forget_cookie(request, answer)
        return answer

    # --- one's own account --------------------------------------------------------------------------------------------

    def account(self, request: Request, access: _Anyone) -> Response:
        """Show one's own account."""
        return self._account(request, access)

    def change_password(self, request: Request, access: _Anyone, form: _Form) -> Response:
        """Change one's own password, which the old one must vouch for."""

        def change() -> Response:
            _check_repeated(form)
            editor, old, new = access.editor, form.get("old", ""), form.get("password", "")
            made = self._accounts.change_password(editor, old, new, address=address_of(request))
            answer = _go_to(f"{ACCOUNT_PATH}?done=password")
            set_cookie(request, answer, made)
            return answer

        return self._try(change, request, access, "password")

    def end_session(self, request: Request, access: _Anyone, session_id: str) -> Response:
        """End one of one's own sessions."""

        def end() -> Response:
            self._accounts.end_session(access.editor, session_id, by=actor_of(request, access.editor))
            return _go_to(f"{ACCOUNT_PATH}?done=session")

        return self._try(end, request, access, "sessions")

    def make_token(self, request: Request, access: _Anyone, form: _Form) -> Response:
        """Make a token of one's own, and show it this once."""

        def make() -> Response:
            made = self._accounts.make_token(access.editor.id, form.get("name", ""), by=actor_of(request, access.editor))
            return self._account(request, access, made=made)

        return self._try(make, request, access, "tokens")

    def revoke_token(self, request: Request, access: _Anyone, token_id: str) -> Response:
        """Take back one of one's own tokens."""

        def revoke() -> Response:
            self._accounts.revoke_token(access.editor.id, token_id, by=actor_of(request, access.editor))
            return _go_to(f"{ACCOUNT_PATH}?done=token")

        return self._try(revoke, request, access, "tokens")

    def _try(self, action: Callable[[], Response], request: Request, access: Access, part: str) -> Response:
        """Do it, or show the account again with the reason why not at the part of the page where it was tried."""
        try:
            return action()
        except DeskError as error:
            status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, SignInThrottled) else HTTPStatus.BAD_REQUEST
            return self._account(request, access, status=status, error=str(error), part=part)

    def _account(
        self,
        request: Request,
        access: Access,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        error: str | None = None,
        part: str | None = None,
        made: NewToken | None = None,
    ) -> Response:
        gate: Gate = request.app.state.gate
        return _render(
            "account.html",
            status,
            access=access,
            gate=gate,
            shortest=SHORTEST_PASSWORD,
            sessions=self._accounts.sessions(access.editor),
            tokens=self._accounts.tokens(access.editor.id),
            made=made,
            error=error,
            part=part,
            done=_DONE.get(request.query_params.get("done", "")),
        )

    # --- everybody's --------------------------------------------------------------------------------------------------

    def users(self, request: Request, access: _Admin) -> Response:
        """Show all accounts and what was done with them."""
        return self._users(request, access)

    def add_user(self, request: Request, access: _Admin, form: _Form) -> Response:
        """Make an account."""

        def add() -> str:
            password = form.get("password") or None
            self._accounts.add(form.get("name", ""), _role(form), password, by=actor_of(request, access.editor))
            return "added"

        return self._try_user(add, request, access, form)

    def change_user(self, request: Request, access: _Admin, name: str, change: str, form: _Form) -> Response:
        """Change one account."""
        by = actor_of(request, access.editor)
        changes: dict[str, tuple[str, Callable[[], Account]]] = {
            "role": ("role", lambda: self._accounts.set_role(name, _role(form), by=by)),
            "disable": ("disabled", lambda: self._accounts.disable(name, by=by)),
            "enable": ("enabled", lambda: self._accounts.enable(name, by=by)),
            "password": ("reset", lambda: self._accounts.set_password(name, form.get("password", ""), by=by)),
        }

        def make() -> str:
            if change not in changes:
                raise DeskError(f"accounts cannot be changed so: {', '.join(changes)} are what there is")
            done, make_change = changes[change]
            make_change()
            return done

        return self._try_user(make, request, access, {})

    def _try_user(self, action: Callable[[], str], request: Request, access: Access, form: Form) -> Response:
        try:
            done = action()
        except DeskError as error:
            return self._users(request, access, status=HTTPStatus.BAD_REQUEST, error=str(error), form=form)
        return _go_to(f"{USERS_PATH}?done={done}")

    def _users(
        self, request: Request, access: Access, *, status: HTTPStatus = HTTPStatus.OK, error: str | None = None, form: Form | None = None
    ) -> Response:
        gate: Gate = request.app.state.gate
        return _render(
            "users.html",
            status,
            access=access,
            gate=gate,
            shortest=SHORTEST_PASSWORD,
            accounts=self._accounts.people(),
            roles=tuple(EditorRole),
            lines=self._accounts.log(limit=LINES_OF_LOG),
            form=form or {},
            error=error,
            done=_DONE.get(request.query_params.get("done", "")),
        )


def _check_repeated(form: Form) -> None:
    if form.get("password") != form.get("again"):
        raise DeskError("the two new passwords differ: type the same twice")


def _role(form: Form) -> EditorRole:
    try:
        return EditorRole(form.get("role", ""))
    except ValueError:
        raise DeskError(f"this is no role: {', '.join(EditorRole)} are") from None


def _go_to(address: str) -> Response:
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})


def _render(template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    page = render(template, status, **values)
    page.headers["Cache-Control"] = "no-store"
    return page
