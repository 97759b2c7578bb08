"""Expressions of time, resolved against the publication day.

Durations, ordinals and counts ("first in four months") are no dates. What is relative and cannot be resolved keeps
the value None and the precision `relative_unresolved`; the publication day is never put in its place.
"""

from __future__ import annotations

from datetime import date

from models.records import Maker, TimeExpression
from pipeline.tag.time_english import find_english_atoms
from pipeline.tag.time_korean import find_korean_atoms

__all__ = ["find_times"]

_MAKER = Maker("time-grammar", "1")
_BLANKS = {ord(blank): " " for blank in "\u00a0\u2009\u202f\u3000"}
"""Blanks that typesetting puts between the parts of a date ("Nov.\u00a04")."""


def find_times(text: str, lang: str, *, published: date | None) -> list[TimeExpression]:
    """Return the expressions of time of a text in order; they do not overlap.

    `lang` is "ko" or is read as English. Without `published` only full dates are resolved. "since X" is
    `(X, published)`, "by X" is `(None, last day of X)`.
    """
    plain = text.translate(_BLANKS)
    atoms = find_korean_atoms(plain, published) if lang == "ko" else find_english_atoms(plain, published)
    return [TimeExpression(a.start, a.end, text[a.start : a.end], a.resolved.value, a.resolved.precision, _MAKER) for a in atoms]
