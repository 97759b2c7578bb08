"""`peninsula explain`: which rule, model or fact made each mention, role, amount and date of an article, or one event."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from models.knowledge import Knowledge
from pipeline.cli.console import output_console
from pipeline.cli.explain_event import print_event, print_event_list
from pipeline.cli.explain_page import render_page
from pipeline.cli.explain_render import print_article, print_mention
from pipeline.cli.html_file import write_page
from pipeline.errors import AssertionFailed, ItemError, UsageError
from pipeline.explanation import explain, view_analysis
from pipeline.kb.load import load_knowledge
from pipeline.kb.provenance import FactLines
from pipeline.settings import Settings
from pipeline.store.engine import open_database, reading
from pipeline.store.event_view import EventView, find_event_ids, list_events_of, load_event_view
from pipeline.store.schema import require_current
from pipeline.store.search import ArticleView, load_article_view

__all__ = ["register"]

Json = dict[str, Any]

_EVENT_ID = re.compile(r"evt-[0-9a-f]*")
_MOST_LISTED = 10
"""Events listed where the beginning of an id fits several."""


def explain_article(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[EVENT|ARTICLE]",
            help="Event id (evt-…) or article id, version id, the beginning of any, or the article's address.",
            show_default=False,
        ),
    ] = None,
    number: Annotated[
        int | None, typer.Option("--mention", "-m", metavar="N", help="One mention of the article or event in detail.", show_default=False)
    ] = None,
    event: Annotated[
        int | None, typer.Option("--event", "-e", metavar="N", help="One event of the article or text, as a picture.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="TEXT.txt", help="Read this text instead of a stored article.", show_default=False)
    ] = None,
    published: Annotated[
        str | None, typer.Option("--published", metavar="DATE", help="With --file: ISO 8601 date or date-time.", show_default=False)
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="With --file: en or ko; seen from the text by default.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="PAGE.html", help="Write the event as a page of its own instead.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
) -> None:
    """Show which rule, model or fact made each mention, role, amount and date of an article, with the evidence; or what made an event.

    An event is shown as a picture of each sentence that tells it, with trigger, arguments and cues marked, and a table of the frame, the
    rule, the scores. Mentions and events are numbered in order of the text. Facts come from the knowledge base in force, whose version
    is told.

    Example: peninsula explain ver-1a2b3c --mention 4

    Example: peninsula explain evt-1a2b3c --html event.html
    """
    settings: Settings = context.obj
    if (name is None) == (file is None):
        raise UsageError("name one article or event, or a text by --file")
    if file is None and (published or lang):
        raise UsageError("--published and --lang go with --file: a stored article has its own")
    is_event = name is not None and _EVENT_ID.fullmatch(name) is not None
    if is_event and event is not None:
        raise UsageError(f"--event goes with an article or a text: {name} is an event itself")
    if html is not None and not is_event and event is None:
        raise UsageError("--html draws an event: name one by its id, or by --event N")
    if is_event and name is not None:
        _show_event(_load_event(name, settings), number, html, as_json=as_json)
        return
    given = (("--file", str(file) if file else None), ("--published", published), ("--lang", lang))
    called = name or shlex.join(part for pair in given if pair[1] is not None for part in pair if part is not None)
    source = _read_file(file, settings, published=published, lang=lang) if file is not None else _load(name or "", settings)
    if event is not None:
        if not 1 <= event <= len(source.events):
            last = len(source.events)
            has = f"the events of this article are numbered from 1 to {last}" if last else "this article has no events"
            raise UsageError(f"--event {event}: {has}")
        _show_event(source.events[event - 1], number, html, as_json=as_json)
        return
    _show_article(source, settings, number, called, as_json=as_json)


# --- sources ---


@dataclass(frozen=True, slots=True)
class _Source:
    """An article to be explained, the knowledge base in force, and its events in order of the text."""

    view: ArticleView
    knowledge: Knowledge
    events: tuple[EventView, ...]


def _load(name: str, settings: Settings) -> _Source:
    database = open_database(settings.database, create=False)
    try:
        require_current(database)
        with reading(database) as connection:
            view = load_article_view(connection, name)
            ids = list_events_of(connection, view.version["id"]) if view is not None else []
            events = tuple(event for ident in ids if (event := load_event_view(connection, ident)) is not None)
    finally:
        database.dispose()
    if view is None:
        raise UsageError(f"no article is called {name!r}: `peninsula events --format csv` lists ids and addresses")
    return _Source(view, load_knowledge(settings.kb_dir, settings.lists_dir), events)


def _load_event(name: str, settings: Settings) -> EventView:
    database = open_database(settings.database, create=False)
    try:
        require_current(database)
        with reading(database) as connection:
            found = find_event_ids(connection, name, limit=_MOST_LISTED + 1)
            view = load_event_view(connection, found[0]["id"]) if len(found) == 1 else None
    finally:
        database.dispose()
    if not found:
        raise UsageError(f"no event is called {name!r}: `peninsula events --format csv` lists ids")
    if view is None:
        listed = [f"  {one['id']}  {one['type']} {one['subtype'] or ''} “{one['trigger_text']}”" for one in found[:_MOST_LISTED]]
        more = ["  and more"] if len(found) > _MOST_LISTED else []
        raise UsageError("\n".join([f"the ids of several events begin with {name!r}:", *listed, *more]))
    if not view.mentions:
        raise AssertionFailed(f"event {view.event['id']} has no mention any more: the passages that told it are not stored")
    return view


def _read_file(file: Path, settings: Settings, *, published: str | None, lang: str | None) -> _Source:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8: {error.reason} at byte {error.start}") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    if not text.strip():
        raise UsageError(f"{file} is empty")
    # Imported here because the language stages take seconds to import, and a stored article does without them.
    from pipeline.analyse import LANGUAGES, Analyser
    from pipeline.event_explanation import view_events
    from pipeline.extraction import analyse_document
    from pipeline.stages import MODEL_VERSION

    if lang is not None and lang not in LANGUAGES:
        raise UsageError(f"--lang {lang}: {' and '.join(LANGUAGES)} are read")
    analyser = Analyser(settings)
    try:
        analysis = analyse_document({"id": file.name, "text": text, "published": published, "lang": lang}, analyser)
    except ItemError as error:
        raise UsageError(f"{file}: {error}") from error
    version = analyser.knowledge.version
    model = analyser.model_name(analysis.article.lang)
    events = view_events(analysis, model=model, model_version=MODEL_VERSION, knowledge_version=version)
    return _Source(view_analysis(analysis, knowledge_version=version), analyser.knowledge, events)


# --- output ---


def _show_article(source: _Source, settings: Settings, number: int | None, called: str, *, as_json: bool) -> None:
    told = explain(source.view, source.knowledge, FactLines(settings.kb_dir))
    if number is not None:
        if not told["mentions"]:
            raise UsageError(f"--mention {number}: the article has no mentions")
        if not 1 <= number <= len(told["mentions"]):
            raise UsageError(f"--mention {number}: the mentions of this article are numbered from 1 to {len(told['mentions'])}")
        told |= {"mentions": [told["mentions"][number - 1]], "amounts": [], "dates": [], "events": []}
        if not as_json:
            print_mention(output_console(), told)
            return
    else:
        told["events"] = _explain_events(source.events)
    if as_json:
        _write_json(told)
        return
    print_article(output_console(), told, name=called)
    print_event_list(output_console(), told["events"], name=called)


def _show_event(view: EventView, number: int | None, html: Path | None, *, as_json: bool) -> None:
    (told,) = _explain_events([view])
    if number is not None:
        if not 1 <= number <= len(told["mentions"]):
            raise UsageError(f"--mention {number}: the mentions of this event are numbered from 1 to {len(told['mentions'])}")
        told |= {"mentions": [told["mentions"][number - 1] | {"same_as": None}], "disagreements": []}
    if html is not None:
        write_page(html, render_page(told))
    if as_json:
        _write_json(told)
    elif html is not None:
        sys.stdout.write(f"{html}: {len(told['mentions'])} mention{'s' if len(told['mentions']) > 1 else ''}\n")
    else:
        print_event(output_console(), told)


def _explain_events(views: Sequence[EventView]) -> list[Json]:
    # Imported here because the event stage takes a good part of a second to import, and the other commands do without it.
    from pipeline.event_explanation import explain_event
    from pipeline.events.provenance import LexiconLines

    lexicon = LexiconLines()
    return [explain_event(view, lexicon) for view in views]


def _write_json(told: Json) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain_article)
