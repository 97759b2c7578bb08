"""Made-up events for the measurement of the index, drawn from a seed: what happens, who is in it, and which articles tell it.

How many events have which type and modality, a date and how exact a one, one or more actors and targets, a place, a speaker, an amount, how
many an article tells and in how many passages, is as in the 1,343 articles with 9,984 annotated events of
`models/language/annotations/en_events_train.jsonl`. What the annotations do not tell is chosen: parties, places, speakers, publishers and
words follow Zipf's law; one party in fifteen is on a sanctions list; the articles that tell an event are so many that it has three passages;
one event in five is background, one in a hundred was rejected; the years 2012 to 2026 have more events the later they are.

`benchmarks.million_news` turns the events into articles and cards, `benchmarks.million_tables` writes them. The words by which an event is
found are drawn apart from its passages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.ontology import SUBTYPES
from models.vocabulary import EventType, FeedKind, Label
from pipeline.names.search_tokens import name_tokens

__all__ = ["CURRENCIES", "PARTIES", "Articles", "Entity", "MadeEvents", "Term", "english_word", "korean_word", "make_events", "words_of"]

Integers: TypeAlias = NDArray[np.integer[Any]]
Numbers: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Times: TypeAlias = NDArray[np.datetime64]

_TYPES = {
    "STATEMENT": 1154, "MEETING": 1127, "LEGAL_ACTION": 1092, "ARMED_CLASH": 863, "CALL": 784, "ACCUSATION": 744, "OTHER_KOREA": 628,
    "PLEDGE": 472, "AGREEMENT": 457, "PERSONNEL": 383, "REJECTION": 364, "AID": 331, "FORCE_MOVE": 260, "CYBER_OP": 234,
    "WEAPONS_PROGRAM": 229, "RELATIONS_CHANGE": 227, "THREAT": 181, "ILLICIT_FINANCE": 129, "SANCTION": 122, "MISSILE_LAUNCH": 92,
    "MILITARY_DRILL": 90, "NUCLEAR_TEST": 19, "LABOR_EXPORT": 2,
}  # fmt: skip
_MODALITIES = {"asserted": 8273, "planned": 692, "possible": 356, "alleged": 313, "called_for": 244, "denied": 106}
_PRECISIONS = {"unknown": 5038, "day": 2757, "month": 1113, "year": 703, "range": 373}
_ACTORS = (0.107, 0.667, 0.226)
"""Share of events with none, one and more of them; of more, two are made."""
_TARGETS = (0.509, 0.425, 0.066)
_WITH_PLACE, _WITH_SPEAKER, _WITH_AMOUNT = 0.227, 0.189, 0.032
_EVENTS_OF_ARTICLE = 7.434
_PASSAGES = (6159, 2120, 894, 397, 212, 92, 54, 56)
"""Events that an article tells in one passage, in two, and so on; of more than eight, eight are made.

The numbers up to here are counted in the annotations; those from here on are chosen."""
_SOURCES = (0.65, 0.16, 0.08, 0.05, 0.03, 0.02, 0.01)
"""Share of events that one article tells, two, and so on."""
_STATUSES = {"auto": 0.95, "accepted": 0.03, "edited": 0.01, "rejected": 0.01}
_BACKGROUND, _KOREAN, _UNNAMED = 0.2, 0.4, 0.15
_LISTS = ("us_ofac_sdn", "eu_sanctions", "un_sc_sanctions", "kr_mofa", "uk_sanctions")
_PROGRAMS = ("DPRK3", "DPRK4", "DPRK2", "DPRK", "CYBER2")
CURRENCIES = {"USD": 1.0, "KRW": 1 / 1400, "BTC": 60_000.0, "EUR": 1.1, "ETH": 3_000.0}
"""Currencies, commonest first, with the dollars of one unit."""
_COUNTRIES = (
    "KP KR US CN JP RU GB UN FR DE AU CA IN VN MY SG TH TW UA IR SY PK BD PH ID MN KH LA MM NP AE QA KW SA IL TR EG ET NG ZA KE TZ UG AO MZ "
    "CU VE BR MX AR CL PE IT ES PT NL BE CH AT PL"
).split()
_FAMILY = "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Ryu Hong".split()
_GIVEN = "jong min su ji hyun young sang kyung ho jin woo chul ok il un myong song tae dong nam".split()
_KINDS = ("Bank", "Trading", "Shipping", "Institute", "Bureau", "Group", "Ministry", "Exchange")
_FIRST_DAY = np.datetime64("2012-01-01")
_DAYS = 5_400
_FIRST_CHANGE = np.datetime64("2026-01-01")
_PUBLISHERS, _PLACES, _SPEAKERS = 120, 5_000, 20_000
_ENGLISH, _HANGUL = 20_000, 3_000
"""Words that occur in each language."""
_ENGLISH_WORDS, _HANGUL_WORDS = 35, 8
"""Words of one event in each language."""
_AT_ONCE = 50_000
_CONSONANTS = "bdfghjklmnprtvwz"
PARTIES = ("actor", "target")


# --- what is drawn --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """One value that events can be found by, as `IndexTermRow` has it; its code is its place, counted from 1."""

    field: str
    value: str
    label: str
    names: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """Who acts, is met or is named; a place too. Who is on a sanctions list has the `list`, the entry there and its programme."""

    id: str
    name: str
    label: Label
    country: str
    official: bool = False
    list: str | None = None
    entry: str | None = None
    program: str | None = None

    def term(self) -> Term:
        """Return what events with the entity are found by."""
        return Term("", self.id, self.name, name_tokens([self.name], person=self.label is Label.PERSON))


@dataclass(frozen=True, slots=True)
class Articles:
    """Articles as arrays, in the order in which they were published: the number of the publisher, the time, and whether it is in Korean."""

    publisher: Integers
    published: Times
    korean: Flags

    def __len__(self) -> int:
        return len(self.publisher)


@dataclass(frozen=True, slots=True)
class MadeEvents:
    """Events as arrays: the event with the number n is at place n - 1 of each.

    `codes` has a row of term codes for each event, 0 where there is none. `drawn` has by field what each event has of it: places among the
    terms of the field, -1 for none; parties and the like have several such arrays. `told_in` has in each row the articles that tell the
    event, the earliest first and -1 for none, and `passages` how many of its passages each has. `first` and `last` are days, and mean
    nothing where the event is not `dated`. `usd` is not a number where there is no amount; `amount` is the same in its currency.
    """

    seed: int
    terms: tuple[Term, ...]
    codes: Integers
    ids: tuple[str, ...]
    drawn: Mapping[str, tuple[Integers, ...]]
    entities: tuple[Entity, ...]
    places: tuple[Entity, ...]
    articles: Articles
    told_in: Integers
    passages: Integers
    dated: Flags
    first: Times
    last: Times
    changed: Times
    usd: Numbers
    amount: Numbers
    score: Numbers

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sources(self) -> Integers:
        """How many articles tell each event."""
        return np.asarray((self.told_in >= 0).sum(axis=1))

    @property
    def published(self) -> Times:
        """When each event was first told."""
        return self.articles.published[self.told_in[:, 0]]

    def named(self, field: str) -> list[Term]:
        """Return the terms of a field in their order."""
        return [term for term in self.terms if term.field == field]

    def having(self, field: str, *values: str) -> Flags:
        """Return for each event whether it has one of the values of a field."""
        codes = [code for code, term in enumerate(self.terms, start=1) if term.field == field and (not values or term.value in values)]
        return np.asarray(np.isin(self.codes, codes).any(axis=1))

    def sort_days(self) -> Integers:
        """Return the first day of each event as yyyymmdd, 0 without one."""
        year, month, day = _parts(self.first)
        return np.where(self.dated, year * 10_000 + month * 100 + day, 0)


class _Draw:
    """Draws for so many events; the same seed draws the same."""

    def __init__(self, seed: int, count: int) -> None:
        self.random = np.random.default_rng(seed)
        self.count = count

    def shares(self, shares: Iterable[float]) -> Integers:
        """Return places in `shares`, each as often as its share says; they need not add up to 1."""
        return _pick(self.random.random(self.count), shares)

    def zipf(self, values: int, exponent: float = 1.0) -> Integers:
        """Return numbers below `values`; the first is the commonest."""
        return self.shares(_zipf(values, exponent))

    def happens(self, share: float) -> Flags:
        """Return what is true of a share of the events."""
        return self.random.random(self.count) < share


def _zipf(values: int, exponent: float = 1.0) -> Numbers:
    return np.asarray(1 / np.arange(1, values + 1) ** exponent)


def _pick(drawn: Numbers, shares: Iterable[float]) -> Integers:
    """Turn numbers from 0 to 1 into places in `shares`."""
    edges = np.cumsum(np.fromiter(shares, np.float64))
    return np.asarray(np.minimum(np.searchsorted(edges, drawn * edges[-1], side="right"), len(edges) - 1))


class _Columns:
    """Collects terms, and which event has which."""

    def __init__(self) -> None:
        self.terms: list[Term] = []
        self.drawn: dict[str, tuple[Integers, ...]] = {}
        self._first: dict[str, int] = {}

    def name(self, field: str, values: Iterable[Term | str]) -> None:
        """Say what values a field has. A string is its own label."""
        self._first[field] = len(self.terms) + 1
        for value in values:
            self.terms.append(Term(field, value.value, value.label, value.names) if isinstance(value, Term) else Term(field, value, value))

    def give(self, field: str, which: Integers, where: Flags | None = None) -> Integers:
        """Give every event, or those alone `where` it is said, the value at the place `which` of its field; return the places, -1 for none."""
        found = (which if where is None else np.where(where, which, -1)).astype(np.int32)
        self.drawn[field] = (*self.drawn.get(field, ()), found)
        return found

    def table(self) -> Integers:
        """Return the codes of each event, sorted and each once, with 0 for none."""
        columns = ((field, found) for field, columns in self.drawn.items() for found in columns)
        table = np.stack([np.where(found >= 0, found + self._first[field], 0).astype(np.int32) for field, found in columns], axis=1)
        table.sort(axis=1)
        table[:, 1:][table[:, 1:] == table[:, :-1]] = 0
        return table


# --- drawing --------------------------------------------------------------------------------------------------------------


def make_events(count: int, seed: int = 1) -> MadeEvents:
    """Return so many events, always the same of one seed. Parties are one for sixteen events, at least 200 and at most 60,000."""
    draw, columns = _Draw(seed, count), _Columns()
    entities, places = _entities(min(60_000, max(200, count // 16))), _places(min(_PLACES, max(200, count // 16)))
    _give_kinds(draw, columns)
    # In the order in which events come in, which is about that in which they happen.
    reported = np.sort((_DAYS * np.sqrt(draw.random.random(count))).astype(np.int64))
    dated, first, last = _give_days(draw, columns, reported)
    _give_parties(draw, columns, entities, places)
    usd, amount = _give_amounts(draw, columns)
    articles, told_in = _make_articles(draw, reported)
    _give_sources(columns, articles, told_in)
    return MadeEvents(
        seed,
        tuple(columns.terms),
        columns.table(),
        tuple(f"evt-{number:016x}" for number in _different(draw, count)),
        columns.drawn,
        tuple(entities),
        tuple(places),
        articles,
        told_in,
        np.where(told_in >= 0, _pick(draw.random.random(told_in.shape), _PASSAGES) + 1, 0),
        dated,
        first,
        last,
        np.sort(_after(np.full(count, _FIRST_CHANGE), 86_400 * 320, draw.random)),
        usd,
        amount,
        np.round(draw.random.beta(8, 2, count), 4),
    )


def _after(times: Times, most: int, random: np.random.Generator) -> Times:
    """Return times that are up to so many seconds after others."""
    return np.asarray(times.astype("datetime64[s]") + random.integers(0, most, len(times)).astype("timedelta64[s]"))


def _different(draw: _Draw, count: int) -> list[int]:
    """Return so many different numbers, in no order."""
    found = np.unique(draw.random.integers(0, 2**63, count + 1_000))
    return [int(number) for number in draw.random.permutation(found)[:count]]


def _give_kinds(draw: _Draw, columns: _Columns) -> None:
    """Give what an event is, and how it is told."""
    types = list(_TYPES)
    columns.name("type", types)
    which = columns.give("type", draw.shares(_TYPES.values()))
    subtypes = sorted({subtype for kinds in SUBTYPES.values() for subtype in kinds})
    columns.name("subtype", subtypes)
    own = [[subtypes.index(subtype) for subtype in sorted(SUBTYPES[EventType(name)])] for name in types]
    starts = np.cumsum([0, *map(len, own)])
    places = np.array([*(place for found in own for place in found), 0])
    sizes = np.diff(starts)[which]
    columns.give("subtype", places[starts[which] + draw.random.integers(0, np.maximum(sizes, 1))], sizes > 0)
    for field, shares in (("modality", _MODALITIES), ("status", _STATUSES)):
        columns.name(field, shares)
        columns.give(field, draw.shares(shares.values()))
    columns.name("background", ["no", "yes"])
    columns.give("background", draw.happens(_BACKGROUND).astype(np.int32))


def _give_days(draw: _Draw, columns: _Columns, reported: Integers) -> tuple[Flags, Times, Times]:
    """Give days; return which events are dated, and their first and last possible days."""
    columns.name("date_precision", _PRECISIONS)
    precision = columns.give("date_precision", draw.shares(_PRECISIONS.values()))
    happened = _FIRST_DAY + (reported - draw.random.integers(0, 30, draw.count)).clip(0)
    wide = [precision == list(_PRECISIONS).index(name) for name in ("month", "year", "range")]
    months, years = happened.astype("datetime64[M]"), happened.astype("datetime64[Y]")
    first = np.select(wide[:2], [months.astype("datetime64[D]"), years.astype("datetime64[D]")], happened)
    ends = [
        (months + 1).astype("datetime64[D]") - 1,
        (years + 1).astype("datetime64[D]") - 1,
        happened + draw.random.integers(1, 90, draw.count),
    ]
    dated = precision != list(_PRECISIONS).index("unknown")
    last = np.select(wide, ends, happened)
    (year, month, _), (last_year, last_month, _) = _parts(first), _parts(last)
    begin = int(_FIRST_DAY.astype("datetime64[Y]").astype(np.int64)) + 1970
    columns.name("year", [str(number) for number in range(begin, 2030)])
    same_year = dated & (year == last_year)
    columns.give("year", year - begin, same_year)
    columns.name("month", [f"{number}-{name:02}" for number in range(begin, 2030) for name in range(1, 13)])
    columns.give("month", (year - begin) * 12 + month - 1, same_year & (month == last_month))
    return dated, first, last


def _parts(days: Times) -> tuple[Integers, Integers, Integers]:
    """Return years, months and days of the month."""
    months = days.astype("datetime64[M]")
    whole = months.astype(np.int64)
    return whole // 12 + 1970, whole % 12 + 1, (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1


def _give_parties(draw: _Draw, columns: _Columns, entities: Sequence[Entity], places: Sequence[Entity]) -> None:
    """Give who does it to whom, where, who says so, and what follows from who they are: countries, officials, sanctions lists."""
    terms = [entity.term() for entity in entities]
    unnamed = [_unnamed(number) for number in range(min(100_000, max(200, draw.count // 10)))]
    parties: list[Integers] = []
    for field, shares in zip(PARTIES, (_ACTORS, _TARGETS), strict=True):
        columns.name(field, [*terms, *unnamed])
        how_many = draw.shares(shares)
        for number in (1, 2):
            named = draw.zipf(len(entities), 1.05)
            words = len(entities) + draw.random.integers(0, len(unnamed), draw.count)
            found = columns.give(field, np.where(draw.happens(_UNNAMED), words, named), how_many >= number)
            parties.append(np.where(found < len(entities), found, -1))
    columns.name("place", [place.term() for place in places])
    columns.give("place", draw.zipf(len(places)), draw.happens(_WITH_PLACE))
    columns.name("speaker", terms[:_SPEAKERS])
    speaker = columns.give("speaker", draw.zipf(min(_SPEAKERS, len(terms))), draw.happens(_WITH_SPEAKER))
    _give_traits(columns, entities, parties)
    columns.name("official", ["no", "yes"])
    official = np.array([*(entity.official for entity in entities), False])
    columns.give("official", np.any([official[who] for who in (*parties, speaker)], axis=0).astype(np.int32))


def _give_traits(columns: _Columns, entities: Sequence[Entity], parties: Sequence[Integers]) -> None:
    """Give the country of each party, and the lists, entries and programmes of those that are listed."""
    columns.name("country", _COUNTRIES)
    listed = [entity for entity in entities if entity.entry is not None]
    columns.name("list", [*_LISTS, *(Term("", str(entity.entry), entity.name.upper()) for entity in listed)])
    columns.name("program", _PROGRAMS)
    entries = {entity.id: len(_LISTS) + place for place, entity in enumerate(listed)}
    for field, found in (
        ("country", [_COUNTRIES.index(entity.country) for entity in entities]),
        ("list", [_LISTS.index(entity.list) if entity.list else -1 for entity in entities]),
        ("list", [entries.get(entity.id, -1) for entity in entities]),
        ("program", [_PROGRAMS.index(entity.program) if entity.program else -1 for entity in entities]),
    ):
        trait = np.array([*found, -1])
        for who in parties:
            columns.give(field, trait[who])


def _entities(count: int) -> list[Entity]:
    """Return entities, commonest first: by turns a person and a body. Names of persons recur, as they do."""
    random = np.random.default_rng(count)
    syllables = random.integers(0, 20, (count, 3)).tolist()
    countries = _pick(random.random(count), _zipf(len(_COUNTRIES), 1.3)).tolist()
    lists = _pick(random.random(count), _zipf(len(_LISTS), 1.5)).tolist()
    programs = _pick(random.random(count), _zipf(len(_PROGRAMS))).tolist()
    return [
        _entity(
            number, _name(number, *syllables[number]), _COUNTRIES[countries[number]], _LISTS[lists[number]], _PROGRAMS[programs[number]]
        )
        for number in range(count)
    ]


def _name(number: int, family: int, one: int, two: int) -> str:
    given = f"{_GIVEN[one].title()} {_GIVEN[two].title()}"
    if number % 2 == 0:
        return f"{_FAMILY[family]} {given}"
    return f"{given.replace(' ', '')} {_FAMILY[family]} {_KINDS[number % len(_KINDS)]}"


def _entity(number: int, name: str, country: str, list_name: str, program: str) -> Entity:
    ident = f"kb:e{number}" if number < 3_000 else f"ent-{number:012x}"
    label = Label.PERSON if number % 2 == 0 else Label.ORG
    if number % 15 == 7:
        return Entity(ident, name, label, country, number % 6 == 0, list_name, f"{list_name}:{number}", program)
    return Entity(ident, name, label, country, number % 6 == 0)


def _places(count: int) -> list[Entity]:
    random = np.random.default_rng(count)
    countries = _pick(random.random(count), _zipf(len(_COUNTRIES), 1.3)).tolist()
    names = ((_GIVEN[number % 20] + _GIVEN[number // 20 % 20]).title() + f" {number // 400}" * (number >= 400) for number in range(count))
    return [Entity(f"kb:p{number}", name, Label.PLACE, _COUNTRIES[countries[number]]) for number, name in enumerate(names)]


def _unnamed(number: int) -> Term:
    name = f"unnamed body {number}"
    return Term("", f"text:{name}", name, name_tokens([name], person=False))


def _give_amounts(draw: _Draw, columns: _Columns) -> tuple[Numbers, Numbers]:
    """Give amounts: from a thousand to three billion dollars, evenly over the orders of magnitude."""
    has = draw.happens(_WITH_AMOUNT)
    columns.name("currency", CURRENCIES)
    which = columns.give("currency", draw.zipf(len(CURRENCIES), 1.2), has)
    usd = np.where(has, np.round(10 ** draw.random.uniform(3, 9.5, draw.count), 2), np.nan)
    return usd, np.where(which == 0, usd, np.round(usd / np.array(list(CURRENCIES.values()))[which], 2))


def _make_articles(draw: _Draw, reported: Integers) -> tuple[Articles, Integers]:
    """Make articles; return them, and for each event which of them tell it: one of its day, and others of about the same time."""
    means = np.arange(1, len(_SOURCES) + 1) @ np.array(_SOURCES)
    count = max(len(_SOURCES), int(draw.count * means / _EVENTS_OF_ARTICLE))
    random = draw.random
    published = np.sort(_after(_FIRST_DAY + reported[np.arange(count) * draw.count // count], 86_400 * 5, random))
    articles = Articles(_pick(random.random(count), _zipf(_PUBLISHERS)), published, random.random(count) < _KOREAN)
    steps = random.integers(1, 40, (draw.count, len(_SOURCES)))
    steps[:, 0] = np.arange(draw.count) * count // draw.count
    which = np.cumsum(steps, axis=1)
    told = (np.arange(len(_SOURCES)) <= draw.shares(_SOURCES)[:, None]) & (which < count)
    return articles, np.where(told, which, -1).astype(np.int32)


def _give_sources(columns: _Columns, articles: Articles, told_in: Integers) -> None:
    """Give who tells it: the publishers of the articles, each of one kind, and their languages."""
    kinds = [kind.value for kind in FeedKind]
    columns.name("publisher", [f"Paper {number}" for number in range(_PUBLISHERS)])
    columns.name("source_kind", kinds)
    columns.name("lang", ["en", "ko"])
    for article in told_in.T:
        columns.give("publisher", articles.publisher[article], article >= 0)
        columns.give("source_kind", articles.publisher[article] % len(kinds), article >= 0)
        columns.give("lang", articles.korean[article].astype(np.int32), article >= 0)


# --- words ----------------------------------------------------------------------------------------------------------------


def english_word(number: int) -> str:
    """Return a word that no stemmer changes; 0 is the commonest of 20,000."""
    return "".join(_CONSONANTS[number // 16**place % 16] + "o" for place in range(4)) + "k"


def korean_word(number: int) -> str:
    """Return a word of two syllables; 0 is the commonest of 3,000."""
    return chr(0xAC00 + number) + chr(0xAC00 + number * 7 % 11_000)


def words_of(made: MadeEvents) -> Iterator[dict[int, list[list[str]]]]:
    """Yield the search tokens of all events by their number, some ten thousand at once; always the same."""
    random = np.random.default_rng(made.seed + 1)
    english = [english_word(number) for number in range(_ENGLISH)]
    hangul = [korean_word(number) for number in range(_HANGUL)]
    for start in range(0, len(made), _AT_ONCE):
        count = min(_AT_ONCE, len(made) - start)
        first = _pick(random.random((count, _ENGLISH_WORDS)), _zipf(_ENGLISH)).tolist()
        then = _pick(random.random((count, _HANGUL_WORDS)), _zipf(_HANGUL)).tolist()
        rows = zip(range(start + 1, start + count + 1), first, then, strict=True)
        yield {number: [[english[place] for place in one], [hangul[place] for place in other]] for number, one, other in rows}
