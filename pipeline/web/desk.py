"""The review desk as pages: one item after the other, its whole queue, what was decided, and disputes.

Every form works without scripts: it is answered with the way to the next page. With the desk's script the same forms are sent in the
background, and answered with JSON that holds the next pieces of page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from models.review import Decision, Editor, EditorRole, ItemKind, ItemState, ItemView, Sentence, Verdict
from pipeline.query import Reader
from pipeline.review.accounts import Accounts
from pipeline.review.desk import Desk
from pipeline.review.errors import Conflict, DeskError, NoSuchItem
from pipeline.review.precision import PrecisionReport
from pipeline.review.values import VERDICTS
from pipeline.web.desk_articles import add_article_routes
from pipeline.web.desk_forms import FIELD_PREFIX, PLACE_PREFIX, chosen, excepted_of, form_fields, read_value, value_words
from pipeline.web.desk_keys import ACTIONS, keys_of, read_keys, shown_key
from pipeline.web.desk_queue import CANNED, Pairs, queue_words, read_queue, write_queue
from pipeline.web.desk_requests import (
    AsEditor,
    AsViewer,
    go,
    number,
    queue_address,
    queue_of_form,
    queue_of_request,
    show,
    skipped,
    takes,
)
from pipeline.web.guard import DESK
from pipeline.web.highlight import Mark, Segment, mark_text
from pipeline.web.precision_plots import draw_precision
from pipeline.web.rendering import missing
from pipeline.web.session import Access, Form, actor_of, wants_json

__all__ = ["desk_routes"]

_ON_A_PAGE = 100
_PLACES = 100
_LINES = 100
_MOST_AHEAD = 5
"""Items that are given ahead at once."""

_BULK = (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNSURE)
_WITH_EXCEPTIONS = frozenset({ItemKind.NAME, ItemKind.LISTED, ItemKind.OFFICE, ItemKind.EVENT, ItemKind.AMOUNT})
"""Kinds whose places are rows of their own, of which some may be left out of a verdict."""

_DecisionForm = Annotated[Form, Depends(takes("revision", "seen", "verdict", "choose", "into", "note", FIELD_PREFIX, PLACE_PREFIX))]
_PlacesForm = Annotated[Form, Depends(takes("revision", "seen", "note", "after", PLACE_PREFIX))]
_CommentForm = Annotated[Form, Depends(takes("text"))]
_PlainForm = Annotated[Form, Depends(takes())]
_TakeBackForm = Annotated[Form, Depends(takes("editor"))]
_BulkForm = Annotated[Form, Depends(takes("verdict", "expected", "note"))]
_QueueForm = Annotated[Form, Depends(takes("name"))]
_KeysForm = Annotated[Form, Depends(takes(*(action.name for action in ACTIONS)))]


def desk_routes(
    open_desk: Callable[[], Desk], open_reader: Callable[[], Reader], measure: Callable[[], PrecisionReport], accounts: Accounts
) -> APIRouter:
    """Return the routes of the desk, all under `/review`; `measure` gives the precision that editors found."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, prefix=DESK)
    pages = _Pages(open_desk, measure, accounts)
    for path, page in (
        ("", pages.queue),
        ("/next", pages.next),
        ("/list", pages.list_items),
        ("/items/{item_id}", pages.item),
        ("/items/{item_id}/places", pages.places),
        ("/history", pages.history),
        ("/agreement", pages.agreement),
        ("/precision", pages.precision),
        ("/keys", pages.keys),
    ):
        router.add_api_route(path, page, methods=["GET", "HEAD"])
    for path, send in (
        ("/items/{item_id}/decide", pages.decide),
        ("/items/{item_id}/places", pages.more_places),
        ("/items/{item_id}/comment", pages.comment),
        ("/items/{item_id}/skip", pages.skip),
        ("/undo", pages.undo),
        ("/redo", pages.redo),
        ("/decisions/{decision_id}/take-back", pages.take_back),
        ("/bulk", pages.bulk),
        ("/queues", pages.save_queue),
        ("/queues/forget", pages.forget_queue),
        ("/keys", pages.set_keys),
    ):
        router.add_api_route(path, send, methods=["POST"])
    add_article_routes(router, open_desk, open_reader)
    return router


class _Pages:
    """What each page shows, and what its forms do. Methods are the routes."""

    def __init__(self, open_desk: Callable[[], Desk], measure: Callable[[], PrecisionReport], accounts: Accounts) -> None:
        self._open_desk, self._measure, self._accounts = open_desk, measure, accounts

    # --- one item -----------------------------------------------------------------------------------------------------

    def queue(self, request: Request, access: AsViewer) -> Response:
        """Show the item that is worth most of a queue, and all that is needed to decide it."""
        queue, skip = queue_of_request(request), skipped(request.query_params.get("skip"))
        try:
            wanted = read_queue(queue)
        except DeskError as error:
            return self._desk_page(access, None, [], status=HTTPStatus.BAD_REQUEST, error=str(error))
        found = self._open_desk().next(wanted, access.editor, skip=skip, ahead=0) if access.editor.may(EditorRole.EDITOR) else []
        return self._desk_page(access, found[0] if found else None, queue, skip=skip)

    def item(self, request: Request, item_id: str, access: AsViewer) -> Response:
        """Show one item by its lasting address."""
        view = self._open_desk().view(item_id, access.editor)
        if view is None:
            return missing("item", item_id)
        return self._desk_page(access, view, _known(queue_of_request(request)), skip=skipped(request.query_params.get("skip")))

    def next(self, request: Request, access: AsEditor) -> Response:
        """Give the pieces of page of the items that come after the one that is `shown`, for the desk's script, which asks ahead for them."""
        asked = request.query_params
        queue = [(name, value) for name, value in queue_of_request(request) if name not in {"shown", "ahead"}]
        ahead, skip = asked.get("ahead", ""), skipped(asked.get("skip"))
        if ahead not in {str(many) for many in range(1, _MOST_AHEAD + 1)}:
            raise DeskError(f"ahead: {ahead[:40]!r} is no number from 1 to {_MOST_AHEAD}")
        shown = asked.get("shown") or None
        found = self._open_desk().next(read_queue(queue), access.editor, skip=skip, ahead=int(ahead) - 1, shown=shown)
        pieces = [self._piece(view, access, write_queue(queue)) for view in found]
        return JSONResponse({"items": pieces, "nothing": self._nothing(access, write_queue(queue))})

    def places(self, request: Request, item_id: str, access: AsViewer) -> Response:
        """Show all places of an item, each of which can be left out of a verdict."""
        return self._places(access, item_id, request.query_params.get("after", ""), _known(queue_of_request(request)), {})

    def more_places(self, item_id: str, access: AsEditor, form: _PlacesForm) -> Response:
        """Show other places of an item; what was ticked stays so."""
        return self._places(access, item_id, form.get("after", ""), queue_of_form(form), form)

    def _places(self, access: Access, item_id: str, after: str, queue: Pairs, typed: Form) -> Response:
        view = self._open_desk().view(item_id, access.editor)
        if view is None:
            return missing("item", item_id)
        begin = int(after) if after.isascii() and after.isdecimal() and len(after) < len("1000000") else 0
        sentences = self._open_desk().places(item_id, limit=_PLACES, after=begin)
        values = self._item_values(view, access, write_queue(queue), [], typed)
        elsewhere = set(values["ticked"]) - {sentence.subject.row_id for sentence in sentences}
        keys = keys_of(access.editor.keys)
        return show("desk_places.html", **values, sentences=sentences, elsewhere=sorted(elsewhere), begin=begin, most=_PLACES, keys=keys)

    def decide(self, request: Request, item_id: str, access: AsEditor, form: _DecisionForm) -> Response:
        """Write what the editor decided, and go on to the next item of the queue."""
        try:
            decision = self._decide(item_id, access.editor, form)
        except Conflict as error:
            return self._refuse(request, access, form, item_id, error, HTTPStatus.CONFLICT)
        except NoSuchItem:
            return missing("item", item_id)
        except DeskError as error:
            return self._refuse(request, access, form, item_id, error, HTTPStatus.BAD_REQUEST)
        if wants_json(request):
            return JSONResponse({"decision": decision.number, "item": item_id})
        return go(queue_address(queue_of_form(form), skipped(form.get("skip"))))

    def _decide(self, item_id: str, editor: Editor, form: Form) -> Decision:
        desk = self._open_desk()
        view = desk.view(item_id, editor)
        if view is None:
            raise NoSuchItem(f"there is no item {item_id}")
        verdict, after = _verdict_of(view, form)
        return desk.decide(
            item_id,
            verdict,
            editor,
            revision=number(form, "revision"),
            seen=number(form, "seen"),
            after=after,
            excepted=excepted_of(form),
            note=form.get("note") or None,
        )

    def comment(self, request: Request, item_id: str, access: AsEditor, form: _CommentForm) -> Response:
        """Keep a comment at an item."""
        try:
            made = self._open_desk().comment(item_id, form.get("text", ""), access.editor)
        except DeskError as error:
            return self._refuse(request, access, form, item_id, error, HTTPStatus.BAD_REQUEST)
        if wants_json(request):
            return JSONResponse({"comment": made.number})
        return go(f"{DESK}/items/{quote(item_id)}?{write_queue(queue_of_form(form))}#comments")

    def skip(self, item_id: str, access: AsEditor, form: _PlainForm) -> Response:
        """Let others have an item, and go on in the queue without it."""
        self._open_desk().release(item_id, access.editor)
        return go(queue_address(queue_of_form(form), skipped(f"{form.get('skip', '')},{item_id}")))

    # --- undoing ------------------------------------------------------------------------------------------------------

    def undo(self, request: Request, access: AsEditor, form: _PlainForm) -> Response:
        """Take back what the editor decided last, and show it."""
        return self._stepped(request, access, form, self._open_desk().undo(access.editor), "There is nothing to undo.")

    def redo(self, request: Request, access: AsEditor, form: _PlainForm) -> Response:
        """Decide again what the editor took back last, and show it."""
        return self._stepped(request, access, form, self._open_desk().redo(access.editor), "There is nothing to do again.")

    def _stepped(self, request: Request, access: Access, form: Form, made: list[Decision], nothing: str) -> Response:
        view = self._open_desk().view(made[0].item_id, access.editor) if made else None
        queue = queue_of_form(form)
        if not wants_json(request):
            return go(f"{DESK}/items/{quote(made[0].item_id)}?{write_queue(queue)}" if made else queue_address(queue))
        if view is None:
            return JSONResponse({"item": None, "message": nothing})
        many = f" with {len(made) - 1:,} more, decided together" if len(made) > 1 else ""
        message = f"{made[0].verdict.value}: {view.item.title}{many}"
        return JSONResponse({**self._piece(view, access, write_queue(queue)), "message": message})

    def take_back(self, decision_id: str, access: AsEditor, form: _TakeBackForm) -> Response:
        """Take back one decision of the record."""
        try:
            self._open_desk().take_back(decision_id, access.editor)
        except NoSuchItem:
            return missing("decision", decision_id)
        return go(f"{DESK}/history?{urlencode({'editor': form['editor']})}" if form.get("editor") else f"{DESK}/history")

    def history(self, request: Request, access: AsViewer) -> Response:
        """Show what was decided, newest first, and what of it still holds."""
        editor, before = request.query_params.get("editor") or None, request.query_params.get("before", "")
        below = int(before) if before.isascii() and before.isdecimal() and len(before) < len("10000000000") else None
        names = self._names()
        ident = next((ident for ident, name in names.items() if name == editor), None)
        if editor is not None and ident is None:
            return missing("account", editor)
        lines = self._open_desk().activity(editor=ident, limit=_LINES, before=below)
        return show("desk_history.html", access=access, lines=lines, names=names, editor=editor, most=_LINES)

    # --- figures ------------------------------------------------------------------------------------------------------

    def agreement(self, access: AsViewer) -> Response:
        """Show how well editors agree, and where they did not."""
        return show("desk_agreement.html", access=access, agreement=self._open_desk().agreement(), names=self._names())

    def precision(self, access: AsViewer) -> Response:
        """Show how often the machine was right, as editors decided."""
        return show("desk_precision.html", access=access, plots=draw_precision(self._measure()))

    # --- whole queues -------------------------------------------------------------------------------------------------

    def list_items(self, request: Request, access: AsViewer) -> Response:
        """List a queue, and what a verdict on all of it would do."""
        asked = request.query_params
        return self._list(access, queue_of_request(request), asked.get("verdict", ""), cursor=asked.get("cursor"))

    def bulk(self, request: Request, access: AsEditor, form: _BulkForm) -> Response:
        """Decide a whole queue, of which as many items must be left as the editor saw."""
        queue = queue_of_form(form)
        try:
            verdict = _bulk_verdict(form.get("verdict", ""))
            if verdict is None:
                raise DeskError("choose what is to be decided")
            wanted, expected = read_queue(queue), number(form, "expected")
            batch = self._open_desk().decide_all(wanted, verdict, access.editor, expected=expected, note=form.get("note") or None)
        except Conflict as error:
            return self._list(access, queue, form.get("verdict", ""), status=HTTPStatus.CONFLICT, error=str(error))
        except DeskError as error:
            return self._list(access, queue, "", status=HTTPStatus.BAD_REQUEST, error=str(error))
        told = {"queue": write_queue(queue), "verdict": verdict.value, "items": batch.items}
        self._accounts.audit("bulk", actor_of(request, access.editor), told)
        return go(f"{DESK}/history?{urlencode({'editor': access.editor.name})}")

    def _list(
        self,
        access: Access,
        queue: Pairs,
        verdict: str,
        *,
        cursor: str | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        error: str | None = None,
    ) -> Response:
        desk = self._open_desk()
        try:
            wanted, asked = read_queue(queue), _bulk_verdict(verdict)
            items, following = desk.list_items(wanted, limit=_ON_A_PAGE, cursor=cursor)
        except DeskError as mistake:
            values = {**self._frame(access, _known(queue)), "error": error or str(mistake)}
            return show("desk_list.html", HTTPStatus.BAD_REQUEST, **values, items=[], cursor=None, preview=None, verdict=None)
        preview = desk.preview(wanted, asked) if asked is not None and access.editor.may(EditorRole.EDITOR) else None
        values = {**self._frame(access, queue), "error": error}
        return show("desk_list.html", status, **values, items=items, cursor=following, preview=preview, verdict=asked)

    def save_queue(self, access: AsEditor, form: _QueueForm) -> Response:
        """Keep the queue at hand under a name."""
        queue = queue_of_form(form)
        read_queue(queue)
        self._open_desk().save_queue(access.editor, form.get("name", ""), write_queue(queue))
        return go(queue_address(queue))

    def forget_queue(self, access: AsEditor, form: _QueueForm) -> Response:
        """Forget a queue that was kept."""
        try:
            self._open_desk().forget_queue(access.editor, form.get("name", ""))
        except NoSuchItem:
            return missing("queue of yours", form.get("name", ""))
        return go(queue_address(queue_of_form(form)))

    # --- keys ---------------------------------------------------------------------------------------------------------

    def keys(self, access: AsEditor) -> Response:
        """Show the keys, and let them be changed."""
        return self._keys_page(access, keys_of(access.editor.keys))

    def set_keys(self, access: AsEditor, form: _KeysForm) -> Response:
        """Keep the editor's keys."""
        try:
            changed = read_keys(form)
        except DeskError as error:
            given = {action.name: form.get(action.name, "") for action in ACTIONS}
            return self._keys_page(access, given, status=HTTPStatus.BAD_REQUEST, error=str(error))
        self._accounts.set_keys(access.editor.id, changed)
        return go(f"{DESK}/keys")

    def _keys_page(
        self, access: Access, keys: Mapping[str, str], *, status: HTTPStatus = HTTPStatus.OK, error: str | None = None
    ) -> Response:
        return show("desk_keys.html", status, access=access, actions=ACTIONS, keys=keys, shown=shown_key, error=error)

    # --- pieces of pages ----------------------------------------------------------------------------------------------

    def _names(self) -> dict[str, str]:
        return {account.id: account.name for account in self._accounts.all_accounts()}

    def _frame(self, access: Access, queue: Pairs) -> dict[str, Any]:
        """Return what the pages of a queue have in common."""
        desk, wanted = self._open_desk(), read_queue(queue)
        return {
            "access": access,
            "queue": write_queue(queue),
            "wanted": wanted,
            "words": queue_words(wanted),
            "counts": desk.counts(wanted),
            "canned": CANNED,
            "saved": desk.queues(access.editor),
            "bulk_verdicts": _BULK,
        }

    def _desk_page(
        self,
        access: Access,
        view: ItemView | None,
        queue: Pairs,
        *,
        skip: Collection[str] = (),
        typed: Form | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        error: str | None = None,
    ) -> Response:
        frame = self._frame(access, queue)
        words = frame["queue"]
        piece = self._nothing(access, words) if view is None else self._item_html(view, access, words, skip, typed or {})
        values = {"skip": ",".join(skip), "actions": ACTIONS, "keys": keys_of(access.editor.keys), "shown": shown_key}
        return show("desk.html", status, **frame, **values, view=view, piece=piece, error=error)

    def _piece(self, view: ItemView, access: Access, queue: str, typed: Form | None = None) -> dict[str, Any]:
        html = self._item_html(view, access, queue, (), typed or {})
        return {"item": view.item.id, "title": view.item.title, "html": html}

    def _item_html(self, view: ItemView, access: Access, queue: str, skip: Collection[str], typed: Form) -> str:
        return bytes(show("desk_item.html", **self._item_values(view, access, queue, skip, typed)).body).decode()

    def _item_values(self, view: ItemView, access: Access, queue: str, skip: Collection[str], typed: Form) -> dict[str, Any]:
        """Return what the pages of one item show; `typed` is what an editor gave that was not taken."""
        kind = view.item.kind
        return {
            "access": access,
            "view": view,
            "item": view.item,
            "queue": queue,
            "skip": ",".join(skip),
            "verdicts": VERDICTS[kind],
            "fields": form_fields(kind, view.item.value, typed),
            "typed": typed,
            "ticked": excepted_of(typed),
            "said": value_words(view.item.value),
            "names": self._names(),
            "may_decide": access.editor.may(EditorRole.ADMIN if view.item.state is ItemState.DISPUTED else EditorRole.EDITOR),
            "may_except": kind in _WITH_EXCEPTIONS and view.n_places > 1,
            "mark": _marked,
        }

    def _nothing(self, access: Access, queue: str) -> str:
        return bytes(show("desk_nothing.html", access=access, queue=queue, can_decide=access.editor.may(EditorRole.EDITOR)).body).decode()

    def _refuse(self, request: Request, access: Access, form: Form, item_id: str, error: DeskError, status: HTTPStatus) -> Response:
        """Say what was not written and why, with the item as it stands now and what was typed."""
        view = self._open_desk().view(item_id, access.editor)
        if view is None:
            return missing("item", item_id)
        queue = _known(queue_of_form(form))
        if wants_json(request):
            piece = self._piece(view, access, write_queue(queue), form)
            return JSONResponse({**piece, "error": {"code": error.code, "message": str(error)}}, status)
        return self._desk_page(access, view, queue, skip=skipped(form.get("skip")), typed=form, status=status, error=str(error))


def _known(queue: Pairs) -> Pairs:
    """Return a queue as it is, or that of everything where there is no such queue."""
    try:
        read_queue(queue)
    except DeskError:
        return []
    return queue


def _verdict_of(view: ItemView, form: Form) -> tuple[Verdict, Mapping[str, Any] | None]:
    """Return what a form decides: a candidate that was chosen, fields that were changed, or a plain verdict."""
    if form.get("choose"):
        return chosen(view.item, view.others, form["choose"])
    try:
        verdict = Verdict(form.get("verdict", ""))
    except ValueError:
        raise DeskError("choose what is to be decided: accept, reject, unsure, edit, merge or split") from None
    if verdict is Verdict.EDIT:
        return verdict, read_value(view.item.kind, view.item.value, form)
    return verdict, {"into": form.get("into", "").strip()} if verdict is Verdict.MERGE else None


def _bulk_verdict(text: str) -> Verdict | None:
    if not text:
        return None
    found = next((verdict for verdict in _BULK if verdict.value == text), None)
    if found is None:
        raise DeskError(f"{text[:40]!r} cannot be said of a whole queue: {', '.join(_BULK)}")
    return found


def _marked(sentence: Sentence) -> tuple[Segment, ...]:
    return mark_text(sentence.text, [Mark(kind, kind, start, end) for start, end, kind in sentence.marks])
