"""The questions of the measurement: filters from the commonest to the empty one, with words and without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.million_events import english_word, korean_word
from models.filters import EntityFilter, EventFilter
from models.vocabulary import Label

__all__ = ["ENTITY_FILTERS", "FILTERS", "WORD_FILTERS"]


def _filters() -> Iterator[tuple[str, EventFilter]]:
    yield "all", EventFilter()
    yield "one type", EventFilter(type=("SANCTION",))
    yield "the commonest type", EventFilter(type=("STATEMENT",))
    yield "three types", EventFilter(type=("SANCTION", "CYBER_OP", "MEETING"))
    yield "not two types", EventFilter(type=("!STATEMENT", "!MEETING"))
    yield "news", EventFilter(background=False)
    yield "asserted", EventFilter(modality=("asserted",))
    yield "since a year", EventFilter(since="2024")
    yield "since a late month", EventFilter(since="2026-09")
    yield "until a year", EventFilter(until="2014")
    yield "two months", EventFilter(since="2019-03", until="2019-04")
    yield "type and time", EventFilter(type=("CYBER_OP",), since="2023")
    yield "type, modality, language", EventFilter(type=("SANCTION",), modality=("alleged",), lang=("ko",))
    yield "a common party", EventFilter(party=("kb:e3",))
    yield "a rare party", EventFilter(party=("kb:e2500",))
    yield "a name", EventFilter(party=("Kim Jong Min",))
    yield "a family name", EventFilter(party=("Kim",))
    yield "actor and target", EventFilter(actor=("kb:e0",), target=("kb:e1",))
    yield "a country", EventFilter(country=("CN",))
    yield "on any list", EventFilter(list=("any",))
    yield "on one list since", EventFilter(list=("us_ofac_sdn",), since="2022")
    yield "programmes", EventFilter(program=("DPRK2", "DPRK3"), type=("SANCTION",))
    yield "an amount", EventFilter(amount_min=1e8)
    yield "an amount of won", EventFilter(amount_min=1e9, currency=("KRW",))
    yield "a publisher", EventFilter(publisher=("Paper 40",))
    yield "a score", EventFilter(score_min=0.95)
    yield "published since", EventFilter(published_since="2025-06")
    yield "changed since", EventFilter(changed_since="2026-11-10T00:00:00Z")
    yield "place and type", EventFilter(place=("kb:p40",), type=("MEETING",))
    yield "a pair that never is", EventFilter(type=("SANCTION",), subtype=("theft",))
    yield "an official speaker", EventFilter(speaker=("kb:e5",), official=True)
    yield "a name of nobody", EventFilter(party=("Zzz Qqq",))


def _word_filters() -> Iterator[tuple[str, EventFilter]]:
    english, korean = english_word, korean_word
    yield from ((f"word {number}", EventFilter(q=korean(number))) for number in (0, 5, 50, 500, 2_500))
    yield from ((f"English word {number}", EventFilter(q=english(number))) for number in (0, 50, 5_000))
    yield "two words", EventFilter(q=f"{korean(1)} {english(2)}")
    yield "two rarer words", EventFilter(q=f"{korean(40)} {korean(60)}")
    yield "three words", EventFilter(q=f"{korean(0)} {korean(1)} {english(3)}")
    yield "a phrase", EventFilter(q=f'"{korean(3)} {korean(7)}"')
    yield "either word", EventFilter(q=f"{korean(100)} or {english(200)}")
    yield "not a word", EventFilter(q=f"{korean(3)} -{korean(0)}")
    yield "a word of no event", EventFilter(q="xyzzy")
    yield "word and type", EventFilter(q=korean(20), type=("CYBER_OP",))
    yield "word and common party", EventFilter(q=korean(1), party=("kb:e3",))
    yield "word and time", EventFilter(q=english(9), since="2025")
    yield "word and rare party", EventFilter(q=korean(2), party=("kb:e2500",))
    yield "word and a pair that never is", EventFilter(q=korean(30), type=("SANCTION",), subtype=("theft",))


FILTERS: Mapping[str, EventFilter] = dict(_filters())
"""Filters without words, by what they ask: from all events to none."""
WORD_FILTERS: Mapping[str, EventFilter] = dict(_word_filters())
"""Filters with words."""
ENTITY_FILTERS: Mapping[str, EntityFilter] = {
    "all": EntityFilter(),
    "persons": EntityFilter(labels=(Label.PERSON,)),
    "officials": EntityFilter(officials=True),
    "listed": EntityFilter(listed=True),
    "listed bodies": EntityFilter(labels=(Label.ORG,), listed=True),
    "a name": EntityFilter(name="Kim Jong Min"),
    "a family name": EntityFilter(name="Kim"),
    "part of a name": EntityFilter(name="ship"),
    "a name of nobody": EntityFilter(name="Zzz Qqq"),
    "a place": EntityFilter(labels=(Label.PLACE,), name="Suji"),
}
"""Filters of entities, by what they ask."""
