"""The page of an article: its text as stored under all layers, its versions beside each other, and what newer readings changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from pipeline.query import Reader
from pipeline.store.search import ArticleView
from pipeline.text.printable import printable
from pipeline.web.layers import LAYERS, compare_texts, lay_marks, marks_of
from pipeline.web.rendering import missing, render

__all__ = ["article_page"]


def article_page(
    request: Request, reader: Reader, name: str, *, path: str, with_text: bool, has_desk: bool, adding: Mapping[str, Any] | None = None
) -> Response:
    """Answer with the page of an article or of one of its versions, at `path`; `?against=VERSION` shows what changed since that one.

    Without the rights to the text (`with_text`) there are its address, its names, events and history alone. `adding` is what the forms
    need by which editors add what the machine missed.
    """
    view = reader.article(name)
    if view is None:
        return missing("article", name, has_desk=has_desk)
    against = request.query_params.get("against")
    other = reader.version_text(view.version["article_id"], against) if against else None
    if against and other is None:
        return missing("version of this article", against, has_desk=has_desk)
    return render(
        "article.html",
        HTTPStatus.OK,
        view=view,
        version=view.version,
        path=path,
        layers=LAYERS,
        paragraphs=lay_marks(view.version["text"], marks_of(view)) if with_text else None,
        changes=compare_texts(other[1], view.version["text"]) if other is not None and with_text else None,
        title_before=other[0] if other is not None else None,
        against=against,
        history=reader.article_history(view.version["id"]),
        events=_events(view),
        people=_people(view),
        told=told_words,
        adding=adding,
        has_desk=has_desk,
    )


def told_words(values: Mapping[str, Any] | None) -> str:
    """Return what is said of one thing in words: its fields and values."""
    if values is None:
        return "nothing"
    return ", ".join(f"{name.replace('_', ' ')} {printable(str(getattr(value, 'value', value)))}" for name, value in values.items())


def _events(view: ArticleView) -> Sequence[Mapping[str, Any]]:
    """Return the passages that tell events, in order of the text, each with its parties in words."""
    roles: dict[str, list[str]] = {}
    for argument in view.arguments:
        roles.setdefault(argument["mention_id"], []).append(f"{argument['role'].value}: {argument['name']}")
    return [{**row, "parties": roles.get(row["id"], [])} for row in view.event_mentions]


def _people(view: ArticleView) -> Sequence[Mapping[str, Any]]:
    """Return the entities that are named, once each, in the order in which they come first, with how often."""
    found: dict[str, dict[str, Any]] = {}
    for row in view.mentions:
        one = found.setdefault(row["entity_id"], {**row, "times": 0})
        one["times"] += 1
        one["role"], one["affiliation"] = one["role"] or row["role"], one["affiliation"] or row["affiliation"]
    return list(found.values())
