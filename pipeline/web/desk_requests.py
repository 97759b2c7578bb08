"""What the forms and addresses of the desk bring, and how they are answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.review import EditorRole
from pipeline.review.errors import DeskError
from pipeline.text.faults import did_you_mean
from pipeline.web.desk_queue import Pairs, write_queue
from pipeline.web.guard import DESK
from pipeline.web.rendering import render
from pipeline.web.session import FORM_FIELD, Access, Form, read_form, require_access

__all__ = [
    "AsEditor",
    "AsViewer",
    "go",
    "number",
    "queue_address",
    "queue_of_form",
    "queue_of_request",
    "show",
    "skipped",
    "takes",
]

AsViewer = Annotated[Access, Depends(require_access(EditorRole.VIEWER))]
AsEditor = Annotated[Access, Depends(require_access(EditorRole.EDITOR))]

_QUEUE, _SKIP = "queue", "skip"
"""Fields of forms: the query string of the queue at hand, and the ids of the items that were skipped in it, with commas between."""

_ABOUT_THE_PAGE = {"cursor", "verdict", "after", _SKIP}
"""Fields of addresses that say which part of a queue is shown, and not which queue it is."""
_MOST_SKIPPED = 40


@cache
def takes(*names: str) -> Callable[[Form], Awaitable[Form]]:
    """Return a dependency that gives the fields of a form, and refuses one with other fields; a name that ends in a dot begins many."""
    known = (FORM_FIELD, _QUEUE, _SKIP, *names)
    beginnings = tuple(name for name in names if name.endswith("."))

    async def dependency(form: Annotated[Form, Depends(read_form)]) -> Form:
        strange = next((name for name in form if name not in known and not (beginnings and name.startswith(beginnings))), None)
        if strange is not None:
            raise DeskError(f"this form has no field {strange[:40]!r}{did_you_mean(strange, known)}: {', '.join(names) or 'it has none'}")
        return form

    return dependency


def queue_of_request(request: Request) -> list[tuple[str, str]]:
    """Return the queue that an address asks for, as pairs."""
    return [(name, value) for name, value in request.query_params.multi_items() if name not in _ABOUT_THE_PAGE]


def queue_of_form(form: Form) -> list[tuple[str, str]]:
    """Return the queue that a form was sent from, as pairs."""
    return parse_qsl(form.get(_QUEUE, ""), keep_blank_values=False)


def skipped(given: str | None) -> list[str]:
    """Return the ids of the items that were skipped last."""
    return [ident for ident in (given or "").split(",") if ident][-_MOST_SKIPPED:]


def queue_address(queue: Pairs, skip: Iterable[str] = ()) -> str:
    """Return the address at which a queue goes on after the items that were skipped."""
    query = urlencode([*parse_qsl(write_queue(queue)), *((_SKIP, given) for given in (",".join(skip),) if given)], safe=",")
    return f"{DESK}?{query}" if query else DESK


def number(form: Form, name: str) -> int:
    """Return a whole number of a form. Raises DeskError for what is none."""
    text = form.get(name, "").strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > len("999999999999"):
        raise DeskError(f"{name}: {text[:40]!r} is no whole number")
    return int(text)


def show(template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    """Answer with a page that no browser keeps: what it shows is for who asked, and changes with every decision."""
    page = render(template, status, **values)
    page.headers["Cache-Control"] = "no-store"
    return page


def go(address: str) -> Response:
    """Answer a form with the way to a page that can be loaded again."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
