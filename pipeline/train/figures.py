"""The figures of an evaluation, and their printed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["Figures", "Score", "format_figures", "ratio"]


def ratio(hit: int, all_: int) -> float:
    """Return the share of hits; 1 where there was nothing to hit."""
    return hit / all_ if all_ else 1.0


@dataclass(frozen=True, slots=True)
class Score:
    """How many records were hit, predicted and wanted."""

    hit: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """The share of predicted records that are right; with none predicted 1 where none was wanted, else 0."""
        return self.hit / self.predicted if self.predicted else float(self.gold == 0)

    @property
    def recall(self) -> float:
        """The share of wanted records that were found; 1 where none was wanted."""
        return self.hit / self.gold if self.gold else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def as_dict(self) -> dict[str, float | int]:
        """Return shares and counts under the names `p`, `r`, `f1`, `hit`, `predicted`, `gold`."""
        shares = {"p": self.precision, "r": self.recall, "f1": self.f1}
        return {**shares, "hit": self.hit, "predicted": self.predicted, "gold": self.gold}

    def __str__(self) -> str:
        shares = f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}"
        return f"{shares}  ({self.hit}/{self.predicted}/{self.gold})"


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures, micro over articles, in the order in which they are printed.

    mentions: exact span and label; mentions_loose: any overlap, AGENCY and ORG as one.
    officials: distinct persons flagged as officials; roles: share of those found whose role agrees by half its words.
    amounts: overlap, value within 1 %, currency and bound; amounts_value: the same without bound.
    sanctions: distinct pairs of entity and list entry.
    events: type and sentence of a trigger, one to one; events_core: recall of the news of the article;
    arguments: actors and targets of matched events; tuples: events whose actors and targets all agree.
    modality, modality_macro, dates, speakers, event_amounts: shares over matched events; harm: share of matched events
    that are not asserted but shown as asserted (lower is better); korea: accuracy of the relevance flag.
    """

    docs: int
    missing: tuple[str, ...]
    korea: float
    mentions: Score
    mentions_loose: Score
    officials: Score
    roles: float
    amounts: Score
    amounts_value: Score
    sanctions: Score
    events: Score
    events_core: float
    arguments: Score
    tuples: Score
    modality: float
    modality_macro: float
    dates: float
    speakers: float
    event_amounts: float
    harm: float
    labels: Mapping[str, Score]
    types: Mapping[str, Score]
    errors: tuple[str, ...] | None = None
    """The first of the errors, None where they were not asked for."""

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values; `errors` is left out where it was not asked for."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _as_plain(value) for name, value in values.items() if not (name == "errors" and value is None)}


def _as_plain(value: object) -> object:
    if isinstance(value, Score):
        return value.as_dict()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return {key: score.as_dict() for key, score in value.items()}
    return value


def format_figures(figures: Figures) -> str:
    """Return one line a figure: name and value; labels and types are indented, errors come last."""
    return "\n".join(line for field in fields(figures) for line in _format(field.name, getattr(figures, field.name)))


def _format(name: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (f"  {key:18} {score}" for key, score in value.items())
    elif name == "errors":
        if isinstance(value, tuple):
            yield "\n".join(value)
    elif isinstance(value, tuple):
        yield f"{name:18} {list(value)}"
    else:
        yield f"{name:18} {value:.3f}" if isinstance(value, float) else f"{name:18} {value}"
