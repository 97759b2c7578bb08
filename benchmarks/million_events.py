"""Made-up events for the measurement of the index: drawn from a seed, and written into its tables.

How many events have which type and modality, a date and how exact a one, one or more actors and targets, a place, a speaker, an amount is
as in the 1,343 articles with 9,984 annotated events of `models/language/annotations/en_events_train.jsonl`. What the annotations do not tell
is chosen: parties, places, speakers, publishers and words follow Zipf's law; one event in ten has a party on a sanctions list, one in four
several sources, one in five is background, one in a hundred was rejected; the years 2012 to 2026 have more events the later they are.

Only what finding, counting and exporting read is made. Each event has its own terms, days, amounts, words and id, but its card is one of
some hundred, with its id put in: a card says something else than the terms of its event. There are no articles, mentions or passages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, event, insert, literal, select, text

from models.filters import EventFilter
from models.findings import AmountFound, ArticleFound, EventFound, ListMatch, PartyFound, PlaceFound
from models.index_tables import EventCardRow, EventSumRow, EventTermRow, IndexedEventRow, IndexStateRow, IndexTermRow
from models.ontology import SUBTYPES, codes_for
from models.tables import ArticleRow, Base, EventRow, KnowledgeVersionRow, ModelVersionRow
from models.vocabulary import AttributionKind, EventType, FeedKind, Genericity, Label, Modality, Precision, ReviewStatus, StageState
from pipeline.names.search_tokens import name_tokens
from pipeline.store.engine import Database, open_database, writing
from pipeline.store.index_rows import FORMAT, card_of
from pipeline.store.schema import upgrade
from pipeline.store.words import TEXT_TABLE, create_words, put_words

__all__ = ["FILTERS", "WORD_FILTERS", "MadeEvents", "Term", "english_word", "korean_word", "make_events", "words_of", "write_events"]

Integers: TypeAlias = NDArray[np.integer[Any]]
Numbers: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Times: TypeAlias = NDArray[np.datetime64]
Row: TypeAlias = tuple[Any, ...]

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
"""The numbers up to here are counted in the annotations; those from here on are chosen."""
_STATUSES = {"auto": 0.95, "accepted": 0.03, "edited": 0.01, "rejected": 0.01}
_SOURCES = (0.75, 0.12, 0.06, 0.03, 0.02, 0.01, 0.01)
"""Share of events with one source, two, and so on."""
_BACKGROUND, _OFFICIAL, _LISTED, _KOREAN, _UNNAMED = 0.2, 0.35, 0.1, 0.4, 0.15
_LISTS = ("us_ofac_sdn", "eu_sanctions", "un_sc_sanctions", "kr_mofa", "uk_sanctions")
_ENTRIES = 600
"""Entries of each list that occur."""
_PROGRAMS = ("DPRK3", "DPRK4", "DPRK2", "DPRK", "CYBER2")
_CURRENCIES = {"USD": 1.0, "KRW": 1 / 1400, "BTC": 60_000.0, "EUR": 1.1, "ETH": 3_000.0}
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
_CARDS = 400
_AT_ONCE = 50_000
_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_CONSONANTS = "bdfghjklmnprtvwz"


# --- drawing --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """One value that events can be found by, as `IndexTermRow` has it; its code is its place, counted from 1."""

    field: str
    value: str
    label: str
    names: str | None = None


@dataclass(frozen=True, slots=True)
class MadeEvents:
    """Events as arrays: the event with the number n is at place n - 1 of each.

    `codes` has a row of term codes for each event, 0 where there is none. `first` and `last` are days, and mean nothing where the event is not
    `dated`. `usd` is not a number where there is no amount; `amount` is the same in the currency with that number, and -1 stands for none.
    """

    seed: int
    terms: tuple[Term, ...]
    codes: Integers
    ids: tuple[str, ...]
    dated: Flags
    first: Times
    last: Times
    published: Times
    changed: Times
    usd: Numbers
    amount: Numbers
    currency: Integers
    sources: Integers
    score: Numbers

    def __len__(self) -> int:
        return len(self.ids)

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
        self._columns: list[Integers] = []
        self._first: dict[str, int] = {}

    def name(self, field: str, values: Iterable[Term | str]) -> None:
        """Say what values a field has. A string is its own label."""
        self._first[field] = len(self.terms) + 1
        for value in values:
            self.terms.append(Term(field, value.value, value.label, value.names) if isinstance(value, Term) else Term(field, value, value))

    def give(self, field: str, which: Integers, where: Flags | None = None) -> None:
        """Give every event, or those alone `where` it is said, the value at the place `which` of its field."""
        codes = which + self._first[field]
        self._columns.append((codes if where is None else np.where(where, codes, 0)).astype(np.int32))

    def table(self) -> Integers:
        """Return the codes of each event, sorted and each once, with 0 for none."""
        table = np.stack(self._columns, axis=1)
        table.sort(axis=1)
        table[:, 1:][table[:, 1:] == table[:, :-1]] = 0
        return table


def make_events(count: int, seed: int = 1) -> MadeEvents:
    """Return so many events, always the same of one seed. Parties are one for sixteen events, at least 200 and at most 60,000."""
    draw, columns = _Draw(seed, count), _Columns()
    _give_kinds(draw, columns)
    dated, first, last, happened = _give_days(draw, columns)
    _give_parties(draw, columns)
    _give_lists(draw, columns)
    currency, usd, amount = _give_amounts(draw, columns)
    sources = draw.shares(_SOURCES) + 1
    _give_sources(draw, columns, sources)
    published = _after(happened, 86_400 * 5, draw)
    changed = np.sort(_after(np.full(count, _FIRST_CHANGE), 86_400 * 320, draw))
    ids = tuple(f"evt-{number:016x}" for number in _different(draw, count))
    score = np.round(draw.random.beta(8, 2, count), 4)
    terms, codes = tuple(columns.terms), columns.table()
    return MadeEvents(seed, terms, codes, ids, dated, first, last, published, changed, usd, amount, currency, sources, score)


def _after(times: Times, most: int, draw: _Draw) -> Times:
    """Return times that are up to so many seconds after others."""
    return np.asarray(times.astype("datetime64[s]") + draw.random.integers(0, most, draw.count).astype("timedelta64[s]"))


def _different(draw: _Draw, count: int) -> list[int]:
    """Return so many different numbers, in no order."""
    found = np.unique(draw.random.integers(0, 2**63, count + 1_000))
    return [int(number) for number in draw.random.permutation(found)[:count]]


def _give_kinds(draw: _Draw, columns: _Columns) -> None:
    """Give what an event is, and how it is told."""
    types = list(_TYPES)
    which = draw.shares(_TYPES.values())
    columns.name("type", types)
    columns.give("type", which)
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
    for field, share in (("background", _BACKGROUND), ("official", _OFFICIAL)):
        columns.name(field, ["no", "yes"])
        columns.give(field, draw.happens(share).astype(np.int32))


def _give_days(draw: _Draw, columns: _Columns) -> tuple[Flags, Times, Times, Times]:
    """Give days; return which events are dated, their first and last possible days, and when each really happened."""
    precision = draw.shares(_PRECISIONS.values())
    columns.name("date_precision", _PRECISIONS)
    columns.give("date_precision", precision)
    # In the order in which events come in, which is about that in which they happen.
    reported = np.sort((_DAYS * np.sqrt(draw.random.random(draw.count))).astype(np.int64))
    happened = _FIRST_DAY + (reported - draw.random.integers(0, 30, draw.count)).clip(0)
    wide = [precision == list(_PRECISIONS).index(name) for name in ("month", "year", "range")]
    months, years = happened.astype("datetime64[M]"), happened.astype("datetime64[Y]")
    first = np.select(wide[:2], [months.astype("datetime64[D]"), years.astype("datetime64[D]")], happened)
    ends = [
        (months + 1).astype("datetime64[D]") - 1,
        (years + 1).astype("datetime64[D]") - 1,
        happened + draw.random.integers(1, 90, draw.count),
    ]
    last = np.select(wide, ends, happened)
    dated = precision != list(_PRECISIONS).index("unknown")
    year, month, _ = _parts(first)
    begin = int(_FIRST_DAY.astype("datetime64[Y]").astype(np.int64)) + 1970
    columns.name("year", [str(number) for number in range(begin, 2030)])
    columns.give("year", year - begin, dated)
    columns.name("month", [f"{number}-{name:02}" for number in range(begin, 2030) for name in range(1, 13)])
    columns.give("month", (year - begin) * 12 + month - 1, dated)
    return dated, first, last, happened


def _parts(days: Times) -> tuple[Integers, Integers, Integers]:
    """Return years, months and days of the month."""
    months = days.astype("datetime64[M]")
    whole = months.astype(np.int64)
    return whole // 12 + 1970, whole % 12 + 1, (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1


def _give_parties(draw: _Draw, columns: _Columns) -> None:
    """Give who does it to whom, where, and who says so."""
    entities = _entities(min(60_000, max(200, draw.count // 16)))
    unnamed = [_unnamed(number) for number in range(min(100_000, max(200, draw.count // 10)))]
    for field, shares in (("actor", _ACTORS), ("target", _TARGETS)):
        columns.name(field, [*entities, *unnamed])
        how_many = draw.shares(shares)
        for number in (1, 2):
            named = draw.zipf(len(entities), 1.05)
            words = len(entities) + draw.random.integers(0, len(unnamed), draw.count)
            columns.give(field, np.where(draw.happens(_UNNAMED), words, named), how_many >= number)
    for field, most, share in (("place", _PLACES, _WITH_PLACE), ("speaker", _SPEAKERS, _WITH_SPEAKER)):
        columns.name(field, entities[:most])
        columns.give(field, draw.zipf(min(most, len(entities))), draw.happens(share))
    columns.name("country", _COUNTRIES)
    columns.give("country", draw.zipf(len(_COUNTRIES), 1.3), draw.happens(0.9))


def _entities(count: int) -> list[Term]:
    """Return entities, commonest first: by turns a person and a body. Names of persons recur, as they do."""
    random = np.random.default_rng(count)
    syllables = random.integers(0, 20, (count, 3)).tolist()
    return [_entity(number, *syllables[number]) for number in range(count)]


def _entity(number: int, family: int, one: int, two: int) -> Term:
    ident = f"kb:e{number}" if number < 3_000 else f"ent-{number:012x}"
    person = number % 2 == 0
    given = f"{_GIVEN[one].title()} {_GIVEN[two].title()}"
    name = f"{_FAMILY[family]} {given}" if person else f"{given.replace(' ', '')} {_FAMILY[family]} {_KINDS[number % len(_KINDS)]}"
    return Term("", ident, name, name_tokens([name], person=person))


def _unnamed(number: int) -> Term:
    name = f"unnamed body {number}"
    return Term("", f"text:{name}", name, name_tokens([name], person=False))


def _give_lists(draw: _Draw, columns: _Columns) -> None:
    """Give matches to sanctions lists: the list, the entry, its programme."""
    listed, source = draw.happens(_LISTED), draw.zipf(len(_LISTS), 1.5)
    columns.name("list", [*_LISTS, *(f"{name}:{number}" for name in _LISTS for number in range(_ENTRIES))])
    columns.give("list", source, listed)
    columns.give("list", len(_LISTS) + source * _ENTRIES + draw.zipf(_ENTRIES), listed)
    columns.name("program", _PROGRAMS)
    columns.give("program", draw.zipf(len(_PROGRAMS)), listed)


def _give_amounts(draw: _Draw, columns: _Columns) -> tuple[Integers, Numbers, Numbers]:
    """Give amounts: from a thousand to three billion dollars, evenly over the orders of magnitude."""
    has, which = draw.happens(_WITH_AMOUNT), draw.zipf(len(_CURRENCIES), 1.2)
    columns.name("currency", _CURRENCIES)
    columns.give("currency", which, has)
    usd = np.where(has, np.round(10 ** draw.random.uniform(3, 9.5, draw.count), 2), np.nan)
    amount = np.where(which == 0, usd, np.round(usd / np.array(list(_CURRENCIES.values()))[which], 2))
    return np.where(has, which, -1), usd, amount


def _give_sources(draw: _Draw, columns: _Columns, sources: Integers) -> None:
    """Give who tells it: up to two publishers, each of one kind."""
    kinds = [kind.value for kind in FeedKind]
    columns.name("publisher", [f"Paper {number}" for number in range(_PUBLISHERS)])
    columns.name("source_kind", kinds)
    for number in (1, 2):
        publisher = draw.zipf(_PUBLISHERS)
        columns.give("publisher", publisher, sources >= number)
        columns.give("source_kind", publisher % len(kinds), sources >= number)
    columns.name("lang", ["en", "ko"])
    columns.give("lang", draw.happens(_KOREAN).astype(np.int32))


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


# --- cards ----------------------------------------------------------------------------------------------------------------


def _cards(seed: int) -> list[str]:
    """Return cards of different events, each without the id at its beginning."""
    random = np.random.default_rng(seed + 2)
    entities = _entities(200)
    return [card_of(_card_event(random, entities)).removeprefix('{"id":""') for _ in range(_CARDS)]


def _card_event(random: np.random.Generator, entities: Sequence[Term]) -> EventFound:
    kind = EventType(str(random.choice(list(_TYPES))))
    subtype = str(random.choice(sorted(SUBTYPES[kind]))) if SUBTYPES[kind] else None
    modality = Modality(str(random.choice(list(_MODALITIES))))
    codes = codes_for(kind, subtype, modality)
    actors, targets = (tuple(_card_party(random, entities) for _ in range(random.integers(least, 3))) for least in (1, 0))
    speaker = _card_party(random, entities) if random.random() < _WITH_SPEAKER else None
    place = PlaceFound("kb:pyongyang", "Pyongyang", "KP", 39.03, 125.75) if random.random() < _WITH_PLACE else None
    articles = _card_articles(random)
    amounts = (_card_amount(random, articles[0].id),) if random.random() < 0.1 else ()
    evidence = _sentence(random, actors, targets, speaker)
    day = str(_FIRST_DAY + int(random.integers(0, _DAYS)))
    times = [article.published_at for article in articles if article.published_at is not None]
    return EventFound(
        id="",
        type=kind.value,
        subtype=subtype,
        plover=codes.plover,
        plover_contexts=codes.contexts,
        cameo=codes.cameo,
        quad_class=codes.quad,
        modality=modality.value,
        genericity=Genericity.SPECIFIC.value,
        background=bool(random.random() < _BACKGROUND),
        status=ReviewStatus.AUTO.value,
        date_start=day,
        date_end=day,
        date_precision=Precision.DAY.value,
        actors=actors,
        targets=targets,
        place=place,
        speaker=speaker,
        attribution=AttributionKind.INDIRECT.value if speaker else AttributionKind.UNATTRIBUTED.value,
        amounts=amounts,
        usd=amounts[0].usd if amounts else None,
        quantities=(),
        trigger="met",
        trigger_start=evidence.index("met"),
        evidence=evidence,
        articles=articles,
        first_published=min(times),
        last_published=max(times),
        score=round(float(random.beta(8, 2)), 4),
        n_mentions=len(articles),
        n_articles=len(articles),
        n_sources=len(articles),
        first_seen_at=_NOW,
        changed_at=_NOW,
        extractor_version="events 1",
    )


def _card_party(random: np.random.Generator, entities: Sequence[Term]) -> PartyFound:
    place = int(random.integers(0, len(entities)))
    label = Label.PERSON if place % 2 == 0 else Label.ORG
    entry = f"{_LISTS[0]}:{place}"
    matches = (ListMatch(_LISTS[0], entry, entities[place].label.upper(), ("DPRK3",), 0.97),) if random.random() < _LISTED else ()
    return PartyFound(
        entities[place].value, entities[place].label, label.value, str(random.choice(_COUNTRIES)), label is Label.PERSON, matches
    )


def _card_articles(random: np.random.Generator) -> tuple[ArticleFound, ...]:
    return tuple(_card_article(random) for _ in range(int(_pick(random.random(1), _SOURCES)[0]) + 1))


def _card_article(random: np.random.Generator) -> ArticleFound:
    number = int(random.integers(0, 1_000_000))
    lang, title = ("ko", "두 나라의 회담이 열렸다") if random.random() < _KOREAN else ("en", "Officials of both sides met")
    publisher = int(random.integers(0, _PUBLISHERS))
    kind = list(FeedKind)[publisher % len(FeedKind)].value
    published = _NOW - timedelta(minutes=number)
    url = f"https://paper-{publisher}.example/news/{number}"
    return ArticleFound(f"art-{number:016x}", f"ver-{number:016x}", url, title, f"Paper {publisher}", kind, lang, published)


def _card_amount(random: np.random.Generator, article_id: str) -> AmountFound:
    value = round(float(10 ** random.uniform(3, 9.5)))
    return AmountFound(f"${value:,}", "stolen", float(value), None, "USD", "exact", float(value), "stated", article_id)


def _sentence(random: np.random.Generator, actors: Sequence[PartyFound], targets: Sequence[PartyFound], speaker: PartyFound | None) -> str:
    who, whom = (" and ".join(party.name for party in parties) for parties in (actors, targets or actors[:1]))
    topics = (
        "coal that had left the port of Nampo",
        "wallets emptied in spring",
        "the launch in March",
        "한국어로 된 성명",
        "flood relief",
    )
    said = f", {speaker.name} said" if speaker else ""
    return f"{who} met {whom} on Tuesday to speak of {random.choice(topics)}, after the bank had closed its {random.choice(_KINDS)} accounts{said}."


# --- writing --------------------------------------------------------------------------------------------------------------


def write_events(url: str, made: MadeEvents) -> None:
    """Make the tables of an empty database and write the events. Power cuts are not provided for: what is half written is thrown away."""
    database = open_database(url)
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", _hurry)
    try:
        upgrade(database)
        _write_index(database, made)
        _write_words(database, made)
        with writing(database) as connection:
            _write_truth(connection)
            state = {"id": 1, "version": 1, "format": FORMAT, "refreshed_at": _NOW}
            connection.execute(insert(IndexStateRow).values(**state))
        _gather_statistics(database)
    finally:
        database.dispose()


def _hurry(connection: Any, _record: object) -> None:  # noqa: ANN401 - a connection of sqlite3
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
        connection.execute(f"PRAGMA {pragma}")


def _write_index(database: Database, made: MadeEvents) -> None:
    counts = np.bincount(made.codes.ravel(), minlength=len(made.terms) + 1)
    terms = ((code, term.field, term.value, term.label, term.names, int(counts[code])) for code, term in enumerate(made.terms, start=1))
    cards = _cards(made.seed)
    _put(database, IndexedEventRow, _event_rows(made))
    _put(database, IndexTermRow, (term for term in terms if term[-1]))
    _put(database, EventTermRow, _term_rows(made))
    _put(database, EventSumRow, _sum_rows(made))
    _put(database, EventCardRow, ((number, f'{{"id":"{ident}"{cards[number % _CARDS]}') for number, ident in enumerate(made.ids, start=1)))


def _event_rows(made: MadeEvents) -> Iterator[Row]:
    is_term = made.codes > 0
    packed = made.codes[is_term].astype("<i4").tobytes()
    ends = (np.cumsum(is_term.sum(axis=1)) * 4).tolist()
    days = made.dated.tolist(), made.sort_days().tolist(), _written(made.first, "D"), _written(made.last, "D")
    rest = _written(made.published, "s"), _written(made.changed, "s"), made.usd.tolist(), made.sources.tolist(), made.score.tolist()
    start = 0
    columns = zip(made.ids, *days, *rest, ends, strict=True)
    for number, (ident, dated, sort_day, first, last, published, changed, usd, sources, score, end) in enumerate(columns, start=1):
        possible = (first, last) if dated else (None, None)
        yield (
            number,
            ident,
            sort_day,
            *possible,
            published,
            published,
            changed,
            None if usd != usd else usd,
            sources,
            score,
            packed[start:end],
        )
        start = end


def _written(times: Times, unit: Literal["D", "s"]) -> list[str]:
    """Return days, or times as SQLite keeps them and PostgreSQL reads them."""
    found: list[str] = np.datetime_as_string(times, unit=unit).tolist()
    return found if unit == "D" else [time.replace("T", " ") + ".000000" for time in found]


def _term_rows(made: MadeEvents) -> Iterator[Row]:
    """Yield the terms of events in the order of their key."""
    by_day = np.argsort(made.sort_days(), kind="stable")
    codes = made.codes[by_day].ravel()
    order = np.argsort(codes, kind="stable")
    order = order[np.count_nonzero(codes == 0) :]
    which = by_day[order // made.codes.shape[1]]
    days = made.sort_days()
    for start in range(0, len(order), _AT_ONCE):
        part = which[start : start + _AT_ONCE]
        yield from zip(codes[order[start : start + _AT_ONCE]].tolist(), days[part].tolist(), (part + 1).tolist(), strict=True)


def _sum_rows(made: MadeEvents) -> list[Row]:
    """Return amounts in their own currency and in dollars, in the order of their key."""
    currencies = list(_CURRENCIES)
    found: set[Row] = set()
    for place in np.nonzero(made.currency >= 0)[0].tolist():
        own = (currencies[made.currency[place]], float(made.amount[place]), place + 1)
        found |= {own, ("USD", float(made.usd[place]), place + 1)}
    return sorted(found)


def _put(database: Database, table: type[Base], rows: Iterable[Row]) -> None:
    """Insert rows, values in the order of the columns."""
    columns = table.__table__.columns.keys()
    left = f"{table.__tablename__} ({', '.join(columns)})"
    with writing(database) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL timezone = 'UTC'"))
            cursor: Any = connection.connection.cursor()
            with cursor.copy(f"COPY {left} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        statement = f"INSERT INTO {left} VALUES ({', '.join('?' for _ in columns)})"  # noqa: S608 - names of our tables
        rest = iter(rows)
        while portion := list(islice(rest, _AT_ONCE)):
            connection.exec_driver_sql(statement, portion)


def _write_words(database: Database, made: MadeEvents) -> None:
    with writing(database) as connection:
        if connection.dialect.name == "postgresql":
            # Made again at the end, which is much faster than to keep it current meanwhile.
            connection.execute(text(f"DROP INDEX ix_{TEXT_TABLE}_tokens"))
        for portion in words_of(made):
            put_words(connection, portion)
        create_words(connection)


def _write_truth(connection: Connection) -> None:
    """Write what an event is looked up by its id from: rows that say nothing but that the event is in force."""
    version: dict[str, Any] = {"id": "ver-made", "first_used_at": _NOW}
    article = {"id": "art-made", "url_key": "made", "url": "https://made.example", "first_seen_at": _NOW, "state": StageState.DONE}
    connection.execute(insert(ModelVersionRow).values(**version, name="made", version="1", lang="en", stages={}))
    connection.execute(insert(KnowledgeVersionRow).values(**version, entities=0, list_versions={}))
    connection.execute(insert(ArticleRow).values(**article))
    same: Mapping[str, Any] = {
        "article_id": article["id"],
        "key": "made",
        "type": EventType.MEETING,
        "plover_contexts": [],
        "modality": Modality.ASSERTED,
        "genericity": Genericity.SPECIFIC,
        "background": False,
        "date_precision": Precision.UNKNOWN,
        "score": 1.0,
        "n_mentions": 1,
        "n_articles": 1,
        "n_sources": 1,
        "status": ReviewStatus.AUTO,
        "first_seen_at": _NOW,
        "changed_at": _NOW,
        "extractor_version": "made",
        "model_version_id": version["id"],
        "knowledge_version_id": version["id"],
    }
    columns = EventRow.__table__.columns
    values = (literal(value, columns[name].type) for name, value in same.items())
    connection.execute(insert(EventRow).from_select(["id", *same], select(IndexedEventRow.event_id, *values)))


def _gather_statistics(database: Database) -> None:
    """Let PostgreSQL do what it does by itself some time after so many rows were written."""
    tables = (IndexedEventRow, IndexTermRow, EventTermRow, EventSumRow, EventCardRow, EventRow)
    names = [TEXT_TABLE, *(table.__tablename__ for table in tables)]
    if database.dialect.name == "postgresql":
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM ANALYZE {', '.join(names)}"))


# --- what is asked ----------------------------------------------------------------------------------------------------------


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
    yield "place and type", EventFilter(place=("kb:e40",), type=("MEETING",))
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
