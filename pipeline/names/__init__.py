"""Names of persons, whatever their spelling: compared, keyed, looked up.

Korean names are written in hangul and in half a dozen systems of romanisation; `Ho Jong Son`, `Heo Jeong-seon` and 허정선 are one
name, `Kim Yong Chol` and `Kim Yong Chun` are two. Other names are compared word by word.

    name → normalise → parse (surname, syllables) → readings as distributions over hangul → score and reasons
                                                                                          → keys → index

A match of names is not a match of persons.
"""

from __future__ import annotations

from pipeline.names.comparison import SAME, Comparison, compare
from pipeline.names.index import Match, NameIndex
from pipeline.names.keys import name_keys

__all__ = ["SAME", "Comparison", "Match", "NameIndex", "compare", "name_keys"]
