"""`peninsula review`: the desk in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models.review import Item, ItemKind, ItemState, QueueFilter, Verdict
from pipeline.cli import review_exchange
from pipeline.cli.browse import Format, FormatOption, LimitOption, open_for_reading, write_rows
from pipeline.cli.console import output_console
from pipeline.cli.review_render import print_activity, print_agreement, print_counts, print_items, print_view
from pipeline.errors import UsageError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from models.review import Decision, Editor
    from pipeline.review.desk import Desk

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What the machine asks of editors, and what they decided: the desk in the terminal.")

ItemArgument = Annotated[
    str, typer.Argument(metavar="ITEM", help="Id of an item, or the beginning of it, as `peninsula review list` shows it.")
]
NoteOption = Annotated[str | None, typer.Option("--note", help="The reason, kept with the decision.", show_default=False)]
ByOption = Annotated[
    str | None, typer.Option("--by", help="Account that decides (default: the user who is logged in).", show_default=False)
]
StepsOption = Annotated[int, typer.Option("--steps", min=1, help="How many; a verdict on many items is one.")]

_ITEM_COLUMNS = ["id", "kind", "title", "state", "priority", "score", "n_subjects", "label", "lang", "publisher", "source_list", "value"]
_LINE_COLUMNS = ["number", "at", "editor", "verdict", "item_id", "title", "in_force", "batch", "undoes", "note", "id"]


@contextmanager
def _desk(settings: Settings) -> Iterator[Desk]:
    # Imported here because names and knowledge take a second to load.
    from pipeline.kb.load import load_knowledge
    from pipeline.review.desk import Desk

    with open_for_reading(settings) as database:
        yield Desk(database, load_knowledge(settings.kb_dir, settings.lists_dir))


@contextmanager
def _desk_of(settings: Settings, by: str | None) -> Iterator[tuple[Desk, Editor]]:
    """Give the desk and who sits at it: the account named, else that of the user who is logged in, who may do everything on this machine."""
    from pipeline.review.accounts import Accounts

    with _desk(settings) as desk, open_for_reading(settings) as database:
        accounts = Accounts(database, settings)
        yield desk, accounts.local_editor() if by is None else accounts.get(by).editor


@app.command()
def refresh(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Look at all articles, not only at those read since the last time.")] = False,
) -> None:
    """Make questions of what was read since the last time; every run does so at its end.

    Example: peninsula review refresh --all
    """
    with _desk(context.obj) as desk:
        report = desk.refresh(everything=everything)
    typer.echo(
        f"{report.looked_at:,} articles: {report.new:,} items new, {report.changed:,} changed, {report.reopened:,} reopened, "
        f"{report.withdrawn:,} withdrawn"
    )


@app.command("list")
def list_(
    context: typer.Context,
    kinds: Annotated[list[ItemKind] | None, typer.Option("--kind", "-k", help="May be repeated.", case_sensitive=False)] = None,
    states: Annotated[list[ItemState] | None, typer.Option("--state", "-s", help="May be repeated.", case_sensitive=False)] = None,
    text: Annotated[str | None, typer.Option("--text", "-t", help="Words of the title.", show_default=False)] = None,
    sampled: Annotated[bool, typer.Option("--sampled", help="Only the sure ones that were drawn at random.")] = False,
    limit: LimitOption = 30,
    form: FormatOption = Format.TABLE,
) -> None:
    """List what waits for a decision, the most valuable first.

    Example: peninsula review list --kind listed --kind name
    """
    wanted = QueueFilter(tuple(kinds or ()), tuple(states or (ItemState.OPEN,)), text=text, sampled=sampled or None)
    with _desk(context.obj) as desk:
        items = _take(desk, wanted, limit)
        counts = desk.counts(wanted)
    rows: list[dict[str, Any]] = [{name: getattr(item, name) for name in _ITEM_COLUMNS} for item in items]
    write_rows(rows, form, _ITEM_COLUMNS, lambda console: print_items(console, items, counts))


def _take(desk: Desk, wanted: QueueFilter, limit: int) -> list[Item]:
    items, cursor = desk.list_items(wanted, limit=min(limit, 500))
    while cursor is not None and len(items) < limit:
        more, cursor = desk.list_items(wanted, limit=min(limit - len(items), 500), cursor=cursor)
        items += more
    return items


@app.command()
def show(context: typer.Context, item: ItemArgument) -> None:
    """Show an item with its sentences, what speaks for and against it, and what was said of it.

    Example: peninsula review show itm-3b9c1
    """
    with _desk(context.obj) as desk:
        view = desk.view(desk.find(item).id)
    if view is not None:
        print_view(output_console(), view)


@app.command()
def accept(context: typer.Context, item: ItemArgument, note: NoteOption = None, by: ByOption = None) -> None:
    """Say that it is so, in all its places.

    Example: peninsula review accept itm-3b9c1 --note "the same birth date"
    """
    _decide(context.obj, item, Verdict.ACCEPT, note, by)


@app.command()
def reject(context: typer.Context, item: ItemArgument, note: NoteOption = None, by: ByOption = None) -> None:
    """Say that it is not so, in any of its places.

    Example: peninsula review reject itm-3b9c1 --note "a South Korean lawmaker of the same name"
    """
    _decide(context.obj, item, Verdict.REJECT, note, by)


@app.command()
def unsure(context: typer.Context, item: ItemArgument, note: NoteOption = None, by: ByOption = None) -> None:
    """Say that the text does not tell: you are not asked again, others are.

    Example: peninsula review unsure itm-3b9c1
    """
    _decide(context.obj, item, Verdict.UNSURE, note, by)


def _decide(settings: Settings, name: str, verdict: Verdict, note: str | None, by: str | None) -> None:
    with _desk_of(settings, by) as (desk, editor):
        view = desk.view(desk.find(name).id, editor)
        if view is None:
            raise UsageError(f"there is no item {name}")
        seen = view.decisions[-1].number if view.decisions else 0
        made = desk.decide(view.item.id, verdict, editor, revision=view.item.revision, seen=seen, note=note)
        after = desk.view(view.item.id)
    state = after.item.state.value if after is not None else ""
    typer.echo(f"{made.verdict}: {view.item.title} ({view.n_places:,} places), now {state}; `peninsula review undo` takes it back")


@app.command()
def undo(context: typer.Context, steps: StepsOption = 1, by: ByOption = None) -> None:
    """Take back what you decided last.

    Example: peninsula review undo --steps 3
    """
    _turn(context.obj, Verdict.UNDO, steps, by)


@app.command()
def redo(context: typer.Context, steps: StepsOption = 1, by: ByOption = None) -> None:
    """Do again what you took back last, as long as you decided nothing since.

    Example: peninsula review redo
    """
    _turn(context.obj, Verdict.REDO, steps, by)


def _turn(settings: Settings, verdict: Verdict, steps: int, by: str | None) -> None:
    with _desk_of(settings, by) as (desk, editor):
        made: list[Decision] = desk.undo(editor, steps=steps) if verdict is Verdict.UNDO else desk.redo(editor, steps=steps)
    what = "taken back" if verdict is Verdict.UNDO else "done again"
    typer.echo(f"{len(made):,} decisions {what}" if made else f"there is nothing to {verdict}")


@app.command()
def history(
    context: typer.Context,
    editor: Annotated[str | None, typer.Option("--by", help="Only what this account decided.", show_default=False)] = None,
    limit: LimitOption = 30,
    form: FormatOption = Format.TABLE,
) -> None:
    """List what was decided, newest first: by whom, and whether it still holds.

    Example: peninsula review history --by mina --format jsonl
    """
    from pipeline.review.accounts import Accounts

    with _desk(context.obj) as desk, open_for_reading(context.obj) as database:
        accounts = {account.editor.id: account.editor.name for account in Accounts(database, context.obj).all_accounts()}
        ident = next((ident for ident, name in accounts.items() if name == editor), None)
        if editor is not None and ident is None:
            raise UsageError(f"there is no account {editor}: `peninsula users list` shows them")
        lines = desk.activity(editor=ident, limit=limit)
    rows = [{**asdict(one.decision), "title": one.title, "in_force": one.in_force} for one in lines]
    named = [{**row, "editor": accounts.get(row["editor"], row["editor"])} for row in rows]
    write_rows(named, form, _LINE_COLUMNS, lambda console: print_activity(console, lines, accounts))


@app.command()
def stats(context: typer.Context) -> None:
    """Tell how much waits, and how well editors agree on what two of them decided.

    Example: peninsula review stats
    """
    with _desk(context.obj) as desk:
        counts, agreement = desk.counts(QueueFilter()), desk.agreement()
    console = output_console()
    print_counts(console, counts)
    print_agreement(console, agreement)


review_exchange.register(app)
