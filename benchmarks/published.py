"""What the makers of other pipelines publish, to set beside ours."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CAVEAT", "PUBLISHED", "SOURCES", "Published"]


@dataclass(frozen=True, slots=True)
class Published:
    """Figures from 0 to 1 as published, words per second on a CPU where given, and megabytes of the package."""

    name: str
    names: float
    """F of entities, 18 labels."""
    person: float
    org: float
    place: float
    """F of the label GPE: countries, cities, states."""
    tag: float
    uas: float
    las: float
    sentences: float
    speed: int | None
    size: int


PUBLISHED = (
    Published("en_core_web_sm 3.8.0", 0.843, 0.880, 0.805, 0.904, 0.973, 0.918, 0.899, 0.907, None, 12),
    Published("en_core_web_md 3.8.0", 0.847, 0.890, 0.816, 0.910, 0.973, 0.918, 0.900, 0.906, None, 31),
    Published("en_core_web_lg 3.8.0", 0.855, 0.905, 0.829, 0.915, 0.974, 0.920, 0.902, 0.906, 10_014, 382),
    Published("en_core_web_trf 3.8.0", 0.899, 0.946, 0.898, 0.949, 0.981, 0.952, 0.938, 0.886, 684, 436),
)
SOURCES = (
    "https://github.com/explosion/spacy-models/tree/master/meta (accuracy, size)",
    "https://spacy.io/usage/facts-figures#benchmarks-speed (words per second; the page names no version of the pipelines)",
)
CAVEAT = (
    "Published figures are on other data (OntoNotes 5.0) with other labels (18, no AGENCY, nationalities as "
    "names of their own) and other relations (ClearNLP, not Universal Dependencies); speeds were taken on other machines, over 10,000 "
    "comments of web users. They say what such pipelines reach where they were trained, not who would win here."
)
