"""Names of either language behind one face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pipeline.tag.names_en import EnglishNames
from pipeline.tag.names_ko import KoreanNames, KoreanTitle
from pipeline.tag.reading import Found, Reading
from pipeline.tag.titles import Title

__all__ = ["EnglishNames", "KoreanNames", "Names"]


class Names(Protocol):
    """Finds names and titles in one reading."""

    def find(self, reading: Reading) -> tuple[list[Found], Sequence[Title] | Sequence[KoreanTitle]]:
        """Return names and titles in order of the text."""
