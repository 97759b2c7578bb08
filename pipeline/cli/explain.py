"""`peninsula explain`: which rule, model or fact made each mention, role, amount and date."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from models.knowledge import Knowledge
from pipeline.cli.console import output_console
from pipeline.cli.explain_render import print_article, print_mention
from pipeline.errors import ItemError, UsageError
from pipeline.explanation import explain, view_analysis
from pipeline.kb.load import load_knowledge
from pipeline.kb.provenance import FactLines
from pipeline.settings import Settings
from pipeline.store.engine import open_database, reading
from pipeline.store.schema import require_current
from pipeline.store.search import ArticleView, load_article_view

__all__ = ["register"]


def explain_article(
    context: typer.Context,
    article: Annotated[
        str | None, typer.Argument(help="Article id, version id, the beginning of either, or the address.", show_default=False)
    ] = None,
    number: Annotated[int | None, typer.Option("--mention", "-m", metavar="N", help="One mention in detail.", show_default=False)] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="TEXT.txt", help="Read this text instead of a stored article.", show_default=False)
    ] = None,
    published: Annotated[
        str | None, typer.Option("--published", metavar="DATE", help="With --file: ISO 8601 date or date-time.", show_default=False)
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="With --file: en or ko; seen from the text by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
) -> None:
    """Show which rule, model or fact made each mention, role, amount and date of an article, with the evidence.

    Mentions are numbered in order of the text. Facts come from the knowledge base in force, whose version is told.

    Example: peninsula explain ver-1a2b3c --mention 4
    """
    settings: Settings = context.obj
    if (article is None) == (file is None):
        raise UsageError("name one article, or a text by --file")
    if file is None and (published or lang):
        raise UsageError("--published and --lang go with --file: a stored article has its own")
    if file is not None:
        view, knowledge = _read_file(file, settings, published=published, lang=lang)
        given = (("--file", str(file)), ("--published", published), ("--lang", lang))
        name = shlex.join(part for pair in given if pair[1] is not None for part in pair if part is not None)
    else:
        name = article or ""
        view, knowledge = _load(name, settings), load_knowledge(settings.kb_dir, settings.lists_dir)
    told = explain(view, knowledge, FactLines(settings.kb_dir))
    if number is not None:
        if not told["mentions"]:
            raise UsageError(f"--mention {number}: the article has no mentions")
        if not 1 <= number <= len(told["mentions"]):
            raise UsageError(f"--mention {number}: the mentions of this article are numbered from 1 to {len(told['mentions'])}")
        told |= {"mentions": [told["mentions"][number - 1]], "amounts": [], "dates": []}
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    elif number is not None:
        print_mention(output_console(), told)
    else:
        print_article(output_console(), told, name=name)


def _load(name: str, settings: Settings) -> ArticleView:
    database = open_database(settings.database, create=False)
    try:
        require_current(database)
        with reading(database) as connection:
            view = load_article_view(connection, name)
    finally:
        database.dispose()
    if view is None:
        raise UsageError(f"no article is called {name!r}: `peninsula events --format csv` lists ids and addresses")
    return view


def _read_file(file: Path, settings: Settings, *, published: str | None, lang: str | None) -> tuple[ArticleView, Knowledge]:
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
    from pipeline.extraction import analyse_document

    if lang is not None and lang not in LANGUAGES:
        raise UsageError(f"--lang {lang}: {' and '.join(LANGUAGES)} are read")
    analyser = Analyser(settings)
    try:
        analysis = analyse_document({"id": file.name, "text": text, "published": published, "lang": lang}, analyser)
    except ItemError as error:
        raise UsageError(f"{file}: {error}") from error
    return view_analysis(analysis, knowledge_version=analyser.knowledge.version), analyser.knowledge


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain_article)
