"""Which stored articles the decisions of editors bear on, so that they are read again and no others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, select

from models.review import ItemKind
from models.review_tables import ReviewDecisionRow, ReviewItemRow
from models.tables import ArticleVersionRow
from pipeline.store.chunks import in_chunks
from pipeline.text.names import is_hangul, normalise_name

__all__ = ["CORRECTING", "find_corrected"]

CORRECTING = (ItemKind.NAME, ItemKind.ENTITY, ItemKind.LISTED)
"""Kinds of item whose decisions change what is known of names."""


def find_corrected(connection: Connection, known: Mapping[str, int]) -> set[str]:
    """Return the article versions whose text holds a form that editors decided on since they were read.

    `known` gives, by version, the number of the last decision that its reading knew (`models.knowledge.decisions_in`). Decisions that
    were taken back count too: they may have been in force then.
    """
    forms = _forms_decided(connection, since=min(known.values(), default=0))
    newest = max(forms.values(), default=0)
    behind = [version for version, number in known.items() if number < newest]
    return {version for version, text in _texts(connection, behind) if _holds(text, [one for one in forms if forms[one] > known[version]])}


def _forms_decided(connection: Connection, *, since: int) -> dict[str, int]:
    """Return the forms that were decided on after a decision, each with the number of the last one."""
    rows = connection.execute(
        select(ReviewDecisionRow.number, ReviewDecisionRow.after, ReviewItemRow.form)
        .join(ReviewItemRow, ReviewItemRow.id == ReviewDecisionRow.item_id)
        .where(ReviewDecisionRow.kind.in_(CORRECTING), ReviewDecisionRow.number > since)
        .order_by(ReviewDecisionRow.number)
    )
    return {
        form: row.number for row in rows for form in (normalise_name(row.form), normalise_name(str(row.after.get("text") or ""))) if form
    }


def _texts(connection: Connection, version_ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the texts of versions in the form in which names are compared."""
    for chunk in in_chunks(version_ids):
        for row in connection.execute(select(ArticleVersionRow.id, ArticleVersionRow.text).where(ArticleVersionRow.id.in_(chunk))):
            yield row.id, f" {normalise_name(row.text)} "


def _holds(text: str, forms: Collection[str]) -> bool:
    """Tell whether a form stands in a text: as whole words, but with whatever particle follows where it is Korean."""
    return any((form if is_hangul(form) else f" {form} ") in text for form in forms)
