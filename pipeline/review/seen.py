"""Whether an editor decides what they saw: decisions of others in between are never overwritten unseen."""

from __future__ import annotations

from collections.abc import Sequence

from models.review import Decision, Editor, Item, ItemState, Value, Verdict
from pipeline.review.errors import Conflict
from pipeline.store.merges import Transaction
from pipeline.store.review_decisions import editor_names

__all__ = ["check_seen", "repeated"]


def repeated(
    record: Sequence[Decision], verdict: Verdict, value: Value, excepted: Sequence[str], editor: Editor, *, revision: int, seen: int
) -> Decision | None:
    """Return the decision that was just made, where the same is sent again: a connection that broke loses nothing and doubles nothing."""
    if not record:
        return None
    last = record[-1]
    before = record[-2].number if len(record) > 1 else 0
    same = (last.editor, last.verdict, dict(last.after), last.excepted) == (editor.id, verdict, dict(value), tuple(excepted))
    return last if same and last.revision == revision and seen in {before, 0} else None


def check_seen(connection: Transaction, item: Item, record: Sequence[Decision], editor: Editor, *, revision: int, seen: int) -> None:
    """Raise Conflict where another decided, or the item was reopened, after the editor looked at it.

    Of an item that two editors decide independently, the second does not see what the first said, and need not.
    """
    if item.revision == revision and ((record[-1].number if record else 0) == seen or _is_independent(item, record, editor)):
        return
    if not record:
        raise Conflict(f"{item.title}: it changed after you looked at it; look again")
    last = record[-1]
    name = editor_names(connection, [last.editor]).get(last.editor, last.editor)
    raise Conflict(
        f"{item.title}: {name} said {last.verdict} at {last.at:%Y-%m-%d %H:%M:%S} UTC, after you looked at it; nothing of yours was written",
        who=name,
        what=last.verdict,
        when=last.at,
    )


def _is_independent(item: Item, record: Sequence[Decision], editor: Editor) -> bool:
    return item.twice and item.state is ItemState.OPEN and all(one.editor != editor.id for one in record)
