"""The application: routes, and what every request passes before and after them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request

from pipeline.errors import ConfigurationError, PeninsulaError, UsageError
from pipeline.publish import FORMATS
from pipeline.query import QueryError, Reader, connect
from pipeline.settings import Settings
from pipeline.web.answers import EXPORTS_AT_ONCE, Slots
from pipeline.web.api import DESCRIPTION, add_examples, router
from pipeline.web.errors import API_PREFIX, STATUS, ErrorCode, RequestError, answer_error, explain_query_error
from pipeline.web.guard import Guard, unexpected
from pipeline.web.limits import Tokens
from pipeline.web.pages import mount_static, page_routes
from pipeline.web.reference import make_reference

__all__ = ["OPENAPI_PATH", "create_app"]

OPENAPI_PATH = "/api/v1/openapi.json"

WORKERS = 10
"""Requests answered at once, each with a connection to the database; with the exports they stay under the fifteen of its pool."""

_log = logging.getLogger(__name__)


def create_app(settings: Settings, *, hosts: Collection[str] | None = None) -> FastAPI:
    """Return the application for the database of the settings, which stays open until the application ends.

    `hosts` are the names under which it answers; None for every name. Raises ConfigurationError where the database or the file of
    tokens cannot be read.
    """
    reader = connect(settings.database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = WORKERS
        yield
        reader.close()

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
    app.state.reader, app.state.settings, app.state.slots = reader, settings, Slots(EXPORTS_AT_ONCE)
    _add_routes(app, reader)
    _add_error_handlers(app)
    app.add_middleware(
        GZipMiddleware, compresslevel=6, exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, FORMATS["parquet"].media_type)
    )
    app.add_middleware(Guard, hosts=hosts, rate=settings.api_rate, tokens=Tokens(settings.tokens_file))
    if settings.api_origins:
        exposed = ["ETag", "Link", "Retry-After", "X-Request-ID", "Content-Disposition"]
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.api_origins,
            allow_methods=["GET", "HEAD"],
            allow_headers=["Authorization", "If-None-Match"],
            expose_headers=exposed,
        )
    return app


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Return the description of the interface, with examples."""
        if self.openapi_schema is None:
            add_examples(super().openapi())
        return super().openapi()


def _add_routes(app: FastAPI, reader: Reader) -> None:
    app.include_router(router)
    app.include_router(page_routes(lambda: reader))
    mount_static(app)

    @app.get("/api/v1/docs", include_in_schema=False)
    def reference() -> Response:
        """Show the interface as a page."""
        return HTMLResponse(make_reference(app.openapi(), OPENAPI_PATH))

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> Response:
        """Tell whether the database answers."""
        return JSONResponse({"status": "ok", "version": reader.version}, headers={"Cache-Control": "no-store"})


def _add_error_handlers(app: FastAPI) -> None:
    async def handle(request: Request, error: Exception) -> Response:
        return answer_error(_explain(error, request), path=request.url.path)

    for kind in (PeninsulaError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)


def _explain(error: Exception, request: Request) -> RequestError:
    """Return what a client is told of an error; what it is not told is logged."""
    match error:
        case RequestError():
            return error
        case QueryError():
            return explain_query_error(error)
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
        message = f"{request.method} is not answered here: everything is read with GET"
        return RequestError(ErrorCode.METHOD_NOT_ALLOWED, message, headers={"Allow": "GET, HEAD"})
    if error.status_code == STATUS[ErrorCode.NOT_FOUND]:
        where = f"the interface is described at {OPENAPI_PATH}" if path.startswith(API_PREFIX) else "go to the search page"
        return RequestError(ErrorCode.NOT_FOUND, f"there is nothing at {path[:200]}: {where}")
    return RequestError(ErrorCode.BAD_VALUE, str(error.detail), headers=error.headers)
