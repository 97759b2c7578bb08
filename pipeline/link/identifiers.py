"""Numbers and addresses of listed ships, persons and wallets, found in the text exactly.

A name can be anybody's; an IMO number, a wallet or a passport number is one's alone. So nothing here is like, only equal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from models.knowledge import Knowledge, KnowledgeEntity
from models.records import Identifier, Maker

__all__ = ["IdentifierIndex"]

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("imo", re.compile(r"(?<!\w)IMO(?: number| no\.?| #|:)?[ :#]*(\d{7})(?!\d)", re.IGNORECASE)),
    ("wallet", re.compile(r"(?<![0-9A-Za-z])(0x[0-9a-fA-F]{40}|bc1[0-9a-z]{25,71}|[1-9A-HJ-NP-Za-km-z]{26,106})(?![0-9A-Za-z])")),
    (
        "passport",
        re.compile(r"(?<!\w)(?:passport|여권)[^\w\n]{0,3}(?:number|numbers|no\.?|번호)?[ :#]*([A-Z]{0,3}\d{6,10})(?!\w)", re.IGNORECASE),
    ),
    ("swift", re.compile(r"(?<!\w)([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)(?!\w)")),
)
"""How each kind is written. A wallet or bank code is looked up by its form alone; numbers need the word for what they are."""


class IdentifierIndex:
    """All identifiers of the lists; built once, read only."""

    def __init__(self, knowledge: Knowledge, maker: Maker) -> None:
        self._maker = maker
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for entity in knowledge.entities.values():
            for listing in entity.listings:
                for identifier in listing.identifiers:
                    kind, _, value = identifier.partition(":")
                    found[kind, _fold(kind, value)].add(entity.id)
        self._owners: Mapping[tuple[str, str], tuple[KnowledgeEntity, ...]] = {
            key: tuple(knowledge.entities[owner] for owner in sorted(owners)) for key, owners in found.items()
        }

    def find(self, text: str) -> Iterator[Identifier]:
        """Yield the identifiers of listed entities in a text, once for each entity that bears one, in order of the text."""
        hits = [
            Identifier(match.start(1), match.end(1), match[1], kind, owner.id, owner.label, owner.name, self._maker)
            for kind, pattern in _FORMS
            for match in pattern.finditer(text)
            for owner in self._owners.get((kind, _fold(kind, match[1])), ())
        ]
        yield from sorted(hits, key=lambda hit: (hit.start, hit.kind, hit.entity))


def _fold(kind: str, value: str) -> str:
    """Return the form in which two spellings of one identifier are equal: hexadecimal and bech32 addresses know no case, others do."""
    if kind == "wallet":
        return value.lower() if value.lower().startswith(("0x", "bc1")) else value
    return re.sub(r"\W", "", value).upper()
