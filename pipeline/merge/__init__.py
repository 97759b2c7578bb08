"""One event, once: which stored events are the same, told in several articles, versions and copies.

Pure functions over summaries of events. `propose` compares, `find_standing` says which event stands for which under all decisions.
"""

from __future__ import annotations

from pipeline.merge.propose import propose
from pipeline.merge.standing import find_standing

__all__ = ["MERGE_VERSION", "find_standing", "propose"]

MERGE_VERSION = "1"
"""Raised whenever another decision may come out."""
