"""Strategies: names of Koreans in hangul, as they are made of surnames and syllables of given names."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from pipeline.names.tables import DATA

_FREQUENT = 6


def _cells(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


SURNAMES = sorted(cells[0] for cells in _cells("surnames.tsv") if len(cells[0]) == 1)
SYLLABLES = sorted(syllable for cells in _cells("given_syllables.tsv") if float(cells[0]) >= _FREQUENT for syllable in cells[1].split())
PAIRS = Path(__file__).parent / "data" / "pairs.tsv"

korean_names = st.tuples(st.sampled_from(SURNAMES), st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=2))
"""Surname and syllables of the given name, in hangul."""

pieces_of_names = st.lists(
    st.sampled_from(["Kim", "Ri", "Jong", "un", "Cho'ng", "김", "정은", "Sergey", "-", ",", " ", " ", "’", ".", "ŏ", "🎉", "金", "'", "O"]),
    max_size=14,
).map("".join)
"""Texts that look a little like names."""
