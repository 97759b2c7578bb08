"""The desk's view of articles: the stored text under its layers, and the forms by which editors add what the machine missed."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from models.review import Decision, EditorRole
from models.vocabulary import EventType, Label, Modality
from pipeline.query import Reader
from pipeline.review.desk import Desk
from pipeline.review.errors import DeskError
from pipeline.web.article_page import article_page
from pipeline.web.desk_requests import AsEditor, AsViewer, go, number, takes
from pipeline.web.desk_selection import find_words, snap
from pipeline.web.guard import DESK
from pipeline.web.rendering import missing
from pipeline.web.session import Access, Form

__all__ = ["add_article_routes"]

_PATH = f"{DESK}/articles"
_NameForm = Annotated[Form, Depends(takes("start", "end", "words", "occurrence", "label", "entity", "note"))]
_EventForm = Annotated[Form, Depends(takes("start", "end", "words", "occurrence", "type", "modality", "note"))]


def add_article_routes(router: APIRouter, open_desk: Callable[[], Desk], open_reader: Callable[[], Reader]) -> None:
    """Add the routes of articles to those of the desk."""
    pages = _Pages(open_desk, open_reader)
    router.add_api_route("/articles/{name}", pages.article, methods=["GET", "HEAD"])
    router.add_api_route("/articles/{version_id}/names", pages.add_name, methods=["POST"])
    router.add_api_route("/articles/{version_id}/events", pages.add_event, methods=["POST"])


class _Pages:
    """What the page of an article shows, and what its forms do. Methods are the routes."""

    def __init__(self, open_desk: Callable[[], Desk], open_reader: Callable[[], Reader]) -> None:
        self._open_desk, self._open_reader = open_desk, open_reader

    def article(self, request: Request, name: str, access: AsViewer) -> Response:
        """Show an article as stored, under all its layers; editors add what the machine missed."""
        return self._article(request, name, access)

    def add_name(self, request: Request, version_id: str, access: AsEditor, form: _NameForm) -> Response:
        """Add a name that the machine missed."""

        def add(text: str) -> Decision:
            start, end = _selected(text, form)
            try:
                label = Label(form.get("label", ""))
            except ValueError:
                raise DeskError(f"choose what is named: {', '.join(Label)}") from None
            entity, note = form.get("entity", "").strip() or None, form.get("note") or None
            return self._open_desk().add_mention(version_id, start, end, label, access.editor, entity=entity, note=note)

        return self._add(add, request, version_id, access)

    def add_event(self, request: Request, version_id: str, access: AsEditor, form: _EventForm) -> Response:
        """Add an event that the machine missed; its item is opened, where its parties can be edited."""

        def add(text: str) -> Decision:
            start, end = _selected(text, form)
            value = {name: form[name] for name in ("type", "modality") if form.get(name)}
            return self._open_desk().add_event(version_id, start, end, value, access.editor, note=form.get("note") or None)

        return self._add(add, request, version_id, access)

    def _add(self, add: Callable[[str], Decision], request: Request, version_id: str, access: Access) -> Response:
        """Add it and open its item, or show the article again with the reason why not."""
        view = self._open_reader().article(version_id)
        if view is None or view.version["id"] != version_id:
            return missing("article version", version_id)
        try:
            made = add(view.version["text"])
        except DeskError as error:
            return self._article(request, version_id, access, status=HTTPStatus.BAD_REQUEST, error=str(error))
        return go(f"{DESK}/items/{quote(made.item_id)}")

    def _article(
        self, request: Request, name: str, access: Access, *, status: HTTPStatus = HTTPStatus.OK, error: str | None = None
    ) -> Response:
        adding = {"labels": tuple(Label), "types": tuple(EventType), "modalities": tuple(Modality), "access": access, "error": error}
        may_add = access.editor.may(EditorRole.EDITOR)
        page = article_page(
            request, self._open_reader(), name, path=_PATH, with_text=True, has_desk=True, adding=adding if may_add else None
        )
        page.headers["Cache-Control"] = "no-store"
        page.status_code = status if error is not None else page.status_code
        return page


def _selected(text: str, form: Form) -> tuple[int, int]:
    """Return the stretch of text that was selected, or typed."""
    if form.get("start"):
        return snap(text, number(form, "start"), number(form, "end"))
    return snap(text, *find_words(text, form.get("words", ""), number(form, "occurrence") if form.get("occurrence") else 1))
