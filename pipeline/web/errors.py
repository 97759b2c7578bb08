"""Errors of requests: one list of what can go wrong, one form in which it is told.

The interface answers `{"error": {"code", "message", "field", "value"}}`; pages get the same message as a small page. The message says
what to change; what went wrong inside is in the log alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from models.vocabulary import DefinedEnum
from pipeline.errors import PeninsulaError
from pipeline.query import QueryError
from pipeline.text.faults import shorten

__all__ = ["API_PREFIX", "STATUS", "ErrorAnswer", "ErrorCode", "RequestError", "answer_error", "describe_error", "explain_query_error"]

API_PREFIX = "/api/"
"""Paths under it are answered as JSON, all others as pages."""


class ErrorCode(DefinedEnum):
    """What is wrong with a request, for programs."""

    UNKNOWN_PARAMETER = "unknown_parameter", "The query has a parameter that this address does not know; `message` lists those it does."
    BAD_VALUE = "bad_value", "A parameter has a value that it cannot have; `field` and `value` say which."
    BAD_ENCODING = "bad_encoding", "The address is not UTF-8, or holds control characters such as %00."
    UNKNOWN_TOKEN = "unknown_token", "The header Authorization does not hold a token that this server gave out."
    SIGN_IN_NEEDED = "sign_in_needed", "This is for editors: sign in, or send a token of an account."
    NOT_ALLOWED = "not_allowed", "The account has not the role that this needs."
    FORM_REFUSED = "form_refused", "A request that writes does not come from a page of this server, or from one of an earlier sign-in."
    NOT_FOUND = "not_found", "There is nothing at this address, or no event, entity or article of this id."
    CONFLICT = "conflict", "Somebody else decided the same meanwhile; nothing was written."
    METHOD_NOT_ALLOWED = "method_not_allowed", "The address does not answer this method; the interface answers GET and HEAD alone."
    NOT_ACCEPTABLE = "not_acceptable", "The header Accept asks for a form that this address does not have."
    BODY_TOO_LARGE = "body_too_large", "The body of the request is larger than this address takes; the interface has no need of any."
    QUERY_TOO_LONG = "query_too_long", "The query is longer than any that a filter needs."
    UNKNOWN_HOST = "unknown_host", "The server does not answer under the name in the header Host."
    TOO_MANY_REQUESTS = "too_many_requests", "Too many requests in a minute, or exports at once; Retry-After says when to come back."
    INTERNAL = "internal", "An error of the program; it is logged under the id in the message."
    UNAVAILABLE = "unavailable", "The database cannot be read now."


STATUS: Mapping[ErrorCode, HTTPStatus] = {
    ErrorCode.UNKNOWN_PARAMETER: HTTPStatus.BAD_REQUEST,
    ErrorCode.BAD_VALUE: HTTPStatus.BAD_REQUEST,
    ErrorCode.BAD_ENCODING: HTTPStatus.BAD_REQUEST,
    ErrorCode.UNKNOWN_TOKEN: HTTPStatus.UNAUTHORIZED,
    ErrorCode.SIGN_IN_NEEDED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    ErrorCode.FORM_REFUSED: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.CONFLICT: HTTPStatus.CONFLICT,
    ErrorCode.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    ErrorCode.NOT_ACCEPTABLE: HTTPStatus.NOT_ACCEPTABLE,
    ErrorCode.BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.QUERY_TOO_LONG: HTTPStatus.REQUEST_URI_TOO_LONG,
    ErrorCode.UNKNOWN_HOST: HTTPStatus.MISDIRECTED_REQUEST,
    ErrorCode.TOO_MANY_REQUESTS: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    ErrorCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


class RequestError(PeninsulaError):
    """A request that is refused. `field` and `value` name the parameter at fault, `headers` go with the answer."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        field: str | None = None,
        value: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.value = value
        self.headers = dict(headers or {})


class _Error(BaseModel):
    code: ErrorCode = Field(description="What is wrong, for programs.")
    message: str = Field(description="What is wrong and what to change, for people.")
    field: str | None = Field(description="Parameter at fault; null where it is none.")
    value: str | None = Field(description="Its value, cut where it is long; null where it is none.")


class ErrorAnswer(BaseModel):
    """The form of every error."""

    error: _Error


def explain_query_error(error: QueryError) -> RequestError:
    """Return an error of the filter as one of the request."""
    return RequestError(ErrorCode.BAD_VALUE, str(error), field=error.field, value=error.value)


def describe_error(error: RequestError) -> ErrorAnswer:
    """Return what the interface tells of an error."""
    value = None if error.value is None else shorten(error.value)
    return ErrorAnswer(error=_Error(code=error.code, message=str(error), field=error.field, value=value))


def answer_error(error: RequestError, *, path: str, as_json: bool = False) -> Response:
    """Return the answer to a request for `path` that is refused; `as_json` gives a program JSON where others get a page."""
    status, headers = STATUS[error.code], {"Cache-Control": "no-store"} | error.headers
    if as_json or path.startswith(API_PREFIX):
        return JSONResponse(describe_error(error).model_dump(mode="json"), status, headers)
    return HTMLResponse(_page(status, str(error)), status, headers)


def _page(status: HTTPStatus, message: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{status.phrase}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f'<body><main><h1>{status.phrase}</h1><p>{escape(message)}</p><p><a href="/">Search</a></p></main></body></html>\n'
    )
