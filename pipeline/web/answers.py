"""How an answer is sent: as JSON with an entity tag and the address of the next page, or as a file, block after block."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from threading import BoundedSemaphore
from urllib.parse import urlencode

import anyio
from fastapi.responses import Response, StreamingResponse
from pydantic_core import to_json
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from models.filters import EventFilter, Sort
from pipeline.publish import Format, export_name
from pipeline.publish.flat_csv import BYTE_ORDER_MARK
from pipeline.query import Reader
from pipeline.web.errors import ErrorCode, RequestError
from pipeline.web.etags import is_known, make_etag

__all__ = ["EXPORTS_AT_ONCE", "JSON_TYPE", "Slots", "answer_export", "answer_json", "answer_unless_known", "choose_type", "make_url"]

JSON_TYPE = "application/json"

EXPORTS_AT_ONCE = 4
"""Each holds a connection to the database for as long as its client reads."""

PATIENCE_SECONDS = 60
"""How long an export waits until its client takes what was sent; one that reads on, however slowly, gets everything."""

_RETRY_SECONDS = 15

_log = logging.getLogger(__name__)


# --- JSON ---------------------------------------------------------------------------------------------------------


def answer_json(request: Request, record: object) -> Response:
    """Answer with a record, unless the client has just that."""
    body = to_json(record)
    etag = make_etag(body)
    return _not_modified(etag) if is_known(request.headers.get("if-none-match"), etag) else _answer(body, etag, record)


def answer_unless_known(request: Request, reader: Reader, depends_on: object, make: Callable[[], object]) -> Response:
    """Answer with the record that `make` returns, which changes with the index and with `depends_on` alone; make none that the client has."""
    # The version is read first: where the index changes in between, a newer answer gets an older tag, and is only sent once more.
    etag = make_etag(reader.version, request.base_url, request.url.path, depends_on)
    if is_known(request.headers.get("if-none-match"), etag):
        return _not_modified(etag)
    return _answer(to_json(record := make()), etag, record)


def make_url(request: Request, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the full address of the path of a request with other parameters."""
    return str(request.url.replace(query=urlencode(pairs), fragment=""))


def _not_modified(etag: str) -> Response:
    return Response(status_code=304, headers={"ETag": etag, "Vary": "Accept"})


def _answer(body: bytes, etag: str, record: object) -> Response:
    headers = {"ETag": etag, "Vary": "Accept"}
    if next_url := getattr(record, "next_url", None):
        headers["Link"] = f'<{next_url}>; rel="next"'
    return Response(body, headers=headers, media_type=JSON_TYPE)


# --- what the client accepts --------------------------------------------------------------------------------------


def choose_type(request: Request, types: Sequence[str]) -> str:
    """Return the media type that the header Accept prefers, the first of equals. Raises RequestError where it wants none of them."""
    header = request.headers.get("accept", "").strip() or "*/*"
    ranges = list(_ranges(header))
    quality, chosen = max(((_quality(ranges, kind), kind) for kind in types), key=lambda pair: pair[0])
    if quality <= 0:
        message = f"the header Accept asks for {header[:200]}, this address gives {', '.join(types)}: send Accept: {types[0]}, or none"
        raise RequestError(ErrorCode.NOT_ACCEPTABLE, message)
    return chosen


def _quality(ranges: Iterable[tuple[str, float]], kind: str) -> float:
    """Return how welcome a media type is: what names it most closely decides (RFC 9110, 12.5.1); 0 where nothing covers it."""
    closest = ("*/*", f"{kind.partition('/')[0]}/*", kind)
    covering = [(closest.index(span), quality) for span, quality in ranges if span in closest]
    return max(covering, default=(0, 0.0))[1]


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        span, *parameters = (piece.strip().lower() for piece in part.split(";"))
        given = [piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")]
        try:
            yield span, float(given[0]) if given else 1.0
        except ValueError:
            yield span, 0.0


# --- files --------------------------------------------------------------------------------------------------------


class Slots:
    """So many exports may be under way at once."""

    def __init__(self, number: int) -> None:
        self._free = BoundedSemaphore(number)

    def take(self) -> None:
        """Take one. Raises RequestError where none is free."""
        if not self._free.acquire(blocking=False):
            message = f"other exports are under way: try again in {_RETRY_SECONDS} s"
            raise RequestError(ErrorCode.TOO_MANY_REQUESTS, message, headers={"Retry-After": str(_RETRY_SECONDS)})

    def give_back(self) -> None:
        """Let another export have it."""
        self._free.release()


def answer_export(reader: Reader, wanted: EventFilter, form: Format, *, sort: Sort, bom: bool, slots: Slots, now: datetime) -> Response:
    """Answer with all events that the filter finds, as a file. Raises what the first block raises, while there is time to tell."""
    slots.take()
    blocks = form.encode(reader.stream(wanted, sort))
    try:
        first = next(blocks, b"")
    except BaseException:
        slots.give_back()
        raise
    headers = {"Content-Disposition": f'attachment; filename="{export_name(wanted, form.name, now.date())}"', "Vary": "Accept"}
    sent = chain([BYTE_ORDER_MARK] if bom else [], [first], blocks)
    return _ExportResponse(sent, close=lambda: _close(blocks, slots), headers=headers, media_type=form.media_type)


def _close(blocks: Iterator[bytes], slots: Slots) -> None:
    getattr(blocks, "close", lambda: None)()  # which gives the connection back
    slots.give_back()


class _Stalled(Exception):
    """A client that does not take what was sent."""


def _with_patience(send: Send) -> Send:
    """Return what sends a part, or raises _Stalled where that takes too long: a server waits until its client has taken what came before."""

    async def send_in_time(message: Message) -> None:
        try:
            with anyio.fail_after(PATIENCE_SECONDS):
                await send(message)
        except TimeoutError as error:
            raise _Stalled from error

    return send_in_time


class _ExportResponse(StreamingResponse):
    """Sends blocks, and closes what they come from, also where the client leaves in between or reads no further."""

    def __init__(self, blocks: Iterator[bytes], *, close: Callable[[], None], headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(blocks, headers=headers, media_type=media_type)
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            if scope.get("head"):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await send({"type": "http.response.body", "body": b""})
            else:
                await super().__call__(scope, receive, _with_patience(send))
        except _Stalled:
            # Left without its end, so that the server cuts the connection and nobody takes half for all.
            _log.warning("an export was given up: its client took nothing for %s s", PATIENCE_SECONDS)
        finally:
            self._close()
