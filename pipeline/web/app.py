"""The application: routes, and what every request passes before and after them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from pipeline.errors import ConfigurationError, PeninsulaError, UsageError
from pipeline.kb.load import load_knowledge
from pipeline.publish import FORMATS
from pipeline.query import QueryError, Reader, connect
from pipeline.review.accounts import Accounts
from pipeline.review.desk import Desk
from pipeline.review.errors import Conflict, NoSuchItem, NotAllowed
from pipeline.review.precision import read_precision
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database
from pipeline.web.answers import EXPORTS_AT_ONCE, Slots
from pipeline.web.api import DESCRIPTION, add_examples, router
from pipeline.web.desk import desk_routes
from pipeline.web.errors import API_PREFIX, STATUS, ErrorCode, RequestError, answer_error, explain_query_error
from pipeline.web.guard import Guard, is_for_editors, unexpected
from pipeline.web.limits import Tokens
from pipeline.web.login import account_routes
from pipeline.web.pages import mount_static, page_routes
from pipeline.web.proxy import TrustedProxy
from pipeline.web.reference import make_reference
from pipeline.web.session import Gate, SignInNeeded, send_to_sign_in, wants_json

__all__ = ["OPENAPI_PATH", "create_app"]

OPENAPI_PATH = "/api/v1/openapi.json"

WORKERS = 10
"""Requests answered at once, each with a connection to the database; with the exports they stay under the fifteen of its pool."""

MOST_SECONDS = 60
"""Of one statement in PostgreSQL: no page and no block of an export takes nearly so long, and no client waits for more."""

_LOOK_AGAIN_SECONDS = 10
"""Between two looks at whether the files of the knowledge base changed."""

_log = logging.getLogger(__name__)


def create_app(settings: Settings, *, hosts: Collection[str] | None = None, local: bool = False, review: bool = True) -> FastAPI:
    """Return the application for the database of the settings, which stays open until the application ends.

    `hosts` are the names under which it answers; None for every name. `local` says that nobody but who sits at this machine can reach it;
    without `review` there are no desk and no accounts, and nothing is ever written. Raises ConfigurationError where the database or the
    file of tokens cannot be read.
    """
    reader = connect(settings.database, most_seconds=MOST_SECONDS)
    database = open_database(settings.database, create=False, most_seconds=MOST_SECONDS)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = WORKERS
        yield
        reader.close()
        database.dispose()

    app = _Application(
        title="Peninsula",
        version="1",
        description=DESCRIPTION,
        openapi_url=OPENAPI_PATH,
        docs_url=None,  # both pages load scripts from another host
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.reader, app.state.database, app.state.settings, app.state.slots = reader, database, settings, Slots(EXPORTS_AT_ONCE)
    _add_routes(app, reader, with_text=settings.api_text, has_desk=review)
    if review:
        _add_desk(app, Accounts(database, settings), local=local)
    _add_error_handlers(app)
    app.add_middleware(
        GZipMiddleware, compresslevel=6, exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, FORMATS["parquet"].media_type)
    )
    app.add_middleware(Guard, hosts=hosts, rate=settings.api_rate, tokens=Tokens(settings.tokens_file))
    if settings.api_origins:
        exposed = ["ETag", "Link", "Retry-After", "X-Request-ID", "Content-Disposition"]
        app.add_middleware(
            _InterfaceCORS,
            allow_origins=settings.api_origins,
            allow_methods=["GET", "HEAD"],
            allow_headers=["Authorization", "If-None-Match"],
            expose_headers=exposed,
        )
    app.add_middleware(TrustedProxy, addresses=settings.proxy_addresses, header=settings.proxy_header)
    return app


class _InterfaceCORS(CORSMiddleware):
    """Lets pages of other hosts read the interface, and nothing else: what the desk shows is for its own pages."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["path"].startswith(API_PREFIX):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Return the description of the interface, with examples."""
        if self.openapi_schema is None:
            add_examples(super().openapi())
        return super().openapi()


def _add_routes(app: FastAPI, reader: Reader, *, with_text: bool, has_desk: bool) -> None:
    app.include_router(router)
    app.include_router(page_routes(lambda: reader, with_text=with_text, has_desk=has_desk))
    mount_static(app)

    @app.get("/api/v1/docs", include_in_schema=False)
    def reference() -> Response:
        """Show the interface as a page."""
        return HTMLResponse(make_reference(app.openapi(), OPENAPI_PATH))

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> Response:
        """Tell whether the database answers."""
        return JSONResponse({"status": "ok", "version": reader.version}, headers={"Cache-Control": "no-store"})


def _add_desk(app: FastAPI, accounts: Accounts, *, local: bool) -> None:
    """Add what only editors use."""
    app.state.accounts, app.state.gate = accounts, Gate(accounts, app.state.settings, local=local)
    app.include_router(account_routes(accounts))
    open_desk = _DeskOf(app.state.database, app.state.settings)
    app.include_router(desk_routes(open_desk, lambda: app.state.reader, lambda: read_precision(app.state.database), accounts))


class _DeskOf:
    """Opens the desk when it is first asked for: the knowledge base takes a second or two to read, which readers need not wait for.

    Where its files changed since, it is read anew; where they cannot be read, the desk goes on with what it knows.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self._lock = Lock()
        self._desk: Desk | None = None
        self._seen: frozenset[tuple[str, int, int]] = frozenset()
        self._look_again = 0.0

    def __call__(self) -> Desk:
        with self._lock:
            if self._desk is None or monotonic() >= self._look_again:
                self._look_again = monotonic() + _LOOK_AGAIN_SECONDS
                self._desk = self._open(self._desk)
            return self._desk

    def _open(self, desk: Desk | None) -> Desk:
        files = frozenset(_files_below(self._settings.kb_dir, self._settings.lists_dir))
        if desk is not None and files == self._seen:
            return desk
        try:
            found = Desk(self._database, load_knowledge(self._settings.kb_dir, self._settings.lists_dir))
        except ConfigurationError as error:
            if desk is None:
                raise
            _log.error("the desk goes on with the knowledge it has: %s", error)
            found = desk
        self._seen = files
        return found


def _files_below(*folders: Path) -> Iterator[tuple[str, int, int]]:
    """Yield path, time and size of every file in these folders."""
    for folder in folders:
        for path in folder.rglob("*"):
            with suppress(OSError):  # it was taken away while one looks
                found = path.stat()
                yield str(path), found.st_mtime_ns, found.st_size


def _add_error_handlers(app: FastAPI) -> None:
    async def handle(request: Request, error: Exception) -> Response:
        as_json = is_for_editors(request.url.path) and wants_json(request)
        if isinstance(error, SignInNeeded) and error.has_page and request.method == "GET" and not as_json:
            return send_to_sign_in(request)
        return answer_error(_explain(error, request), path=request.url.path, as_json=as_json)

    for kind in (PeninsulaError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)


def _explain(error: Exception, request: Request) -> RequestError:
    """Return what a client is told of an error; what it is not told is logged."""
    match error:
        case RequestError():
            return error
        case QueryError():
            return explain_query_error(error)
        case NotAllowed():
            return RequestError(ErrorCode.NOT_ALLOWED, str(error))
        case NoSuchItem():
            return RequestError(ErrorCode.NOT_FOUND, str(error))
        case Conflict():
            return RequestError(ErrorCode.CONFLICT, str(error))
        case UsageError():  # such as a package that a format needs
            return RequestError(ErrorCode.BAD_VALUE, str(error))
        case ConfigurationError():
            _log.error("%s", error)
            return RequestError(ErrorCode.UNAVAILABLE, "this cannot be read now: try again in a minute", headers={"Retry-After": "60"})
        case RequestValidationError():
            first = error.errors()[0]
            return RequestError(ErrorCode.BAD_VALUE, str(first["msg"]), field=str(first["loc"][-1]))
        case HTTPException():
            return _explain_status(error, request)
    return unexpected(error)


def _explain_status(error: HTTPException, request: Request) -> RequestError:
    path = request.url.path
    if error.status_code == STATUS[ErrorCode.METHOD_NOT_ALLOWED]:
        if is_for_editors(path):
            return RequestError(ErrorCode.METHOD_NOT_ALLOWED, f"{request.method} is not answered here", headers=error.headers)
        message = f"{request.method} is not answered here: everything is read with GET"
        return RequestError(ErrorCode.METHOD_NOT_ALLOWED, message, headers={"Allow": "GET, HEAD"})
    if error.status_code == STATUS[ErrorCode.NOT_FOUND]:
        where = f"the interface is described at {OPENAPI_PATH}" if path.startswith(API_PREFIX) else "go to the search page"
        return RequestError(ErrorCode.NOT_FOUND, f"there is nothing at {path[:200]}: {where}")
    return RequestError(ErrorCode.BAD_VALUE, str(error.detail), headers=error.headers)
