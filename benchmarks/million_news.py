"""The news in which made-up events are told: articles with passages, names and arguments as rows of the tables of truth, and cards.

An event that several articles tell is stored once for each, as the program does it: the earliest stands for the others. The first passage
in an article names everyone, in English or Korean; the others say "they". What the index says of an event and what these rows say is the
same, but for its words: an index that the program itself builds of the rows has the same cards and terms, which a test holds it to.

Not made are fetches, stages and runs, times and countings, decisions and what later versions of articles superseded.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from benchmarks.million_events import Entity, Integers, MadeEvents, Times, english_word, korean_word
from models.findings import AmountFound, ArticleFound, EventFound, ListMatch, PartyFound, PlaceFound
from models.index_tables import ListEntryRow
from models.ontology import Codes, codes_for
from models.tables import (
    AmountRow,
    ArticleRow,
    ArticleVersionRow,
    Base,
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventRelationRow,
    EventRow,
    LinkRow,
    MentionRow,
)
from models.vocabulary import (
    AmountRole,
    ArgumentRole,
    AttributionKind,
    BodyStatus,
    Bound,
    EventType,
    FeedKind,
    Genericity,
    LinkStatus,
    Modality,
    RelationKind,
    StageState,
    Via,
)

__all__ = ["COLUMNS", "MADE", "MADE_AT", "News", "Row", "Rows", "written"]

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = dict[type[Base], list[Row]]

MADE = "made"
"""Id, version or name of everything that is the same in all rows."""
MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)
_AT = MADE_AT.strftime("%Y-%m-%d %H:%M:%S.%f")
_MAKER = {"maker": MADE, "maker_version": "1"}

COLUMNS: Mapping[type[Base], tuple[tuple[str, ...], Mapping[str, Any]]] = {
    EntityRow: (("id", "label", "name", "country", "in_knowledge_base"), {}),
    ListEntryRow: (("entry", "source", "name", "programs"), {"list_version": MADE}),
    ArticleRow: (
        ("id", "url_key", "url", "latest_version_id"),
        {"first_seen_at": _AT, "state": StageState.DONE.value, "attempts": 1, "fetched_at": _AT, "raw_sha256": MADE},
    ),
    ArticleVersionRow: (
        ("id", "article_id", "content_sha256", "title", "text", "lang", "url", "publisher", "source_kind", "published_at"),
        {
            "raw_sha256": MADE,
            "extractor": MADE,
            "body_status": BodyStatus.FULL.value,
            "korea": True,
            "korea_score": 1.0,
            "furniture": "[]",
            "removed": "[]",
            "created_at": _AT,
        },
    ),
    EventRow: (
        (
            *("id", "article_id", "type", "subtype", "plover", "plover_contexts", "cameo", "quad_class", "modality", "background"),
            *("date_start", "date_end", "date_precision", "place_entity_id", "place_text", "speaker_entity_id", "speaker_text", "score"),
            *("n_mentions", "n_articles", "n_sources", "status", "merged_into", "changed_at"),
        ),
        {
            "key": MADE,
            "genericity": Genericity.SPECIFIC.value,
            "first_seen_at": _AT,
            "extractor_version": MADE,
            "model_version_id": MADE,
            "knowledge_version_id": MADE,
        },
    ),
    EventMentionRow: (
        (
            *("id", "event_id", "version_id", "trigger_text", "trigger_start", "trigger_end", "evidence_start", "evidence_end"),
            *("evidence_text", "modality", "speaker_entity_id", "speaker_text", "attribution_kind"),
        ),
        {"genericity": Genericity.SPECIFIC.value, "cues": "[]", "is_core": True, "score": 0.9, "rules": '["made"]'},
    ),
    EventArgumentRow: (("id", "mention_id", "role", "entity_id", "text", "name", "start", "end", "via"), {"score": 0.9}),
    MentionRow: (
        ("id", "version_id", "entity_id", "start", "end", "text", "label", "name", "official", "role", "country"),
        {"metonym": False, "via": Via.DIRECT.value, "score": 0.9, **_MAKER},
    ),
    LinkRow: (
        ("id", "version_id", "entity_id", "entry", "source", "name"),
        {
            "list_version": MADE,
            "score": 0.97,
            "why": "the same name",
            "status": LinkStatus.AUTO.value,
            **_MAKER,
            "knowledge_version_id": MADE,
        },
    ),
    AmountRow: (
        ("id", "version_id", "start", "end", "text", "value", "currency", "usd"),
        {"bound": Bound.EXACT.value, "usd_basis": "stated", **_MAKER},
    ),
    EventAmountRow: (("mention_id", "amount_id"), {"role": AmountRole.STOLEN.value}),
    EventRelationRow: (("source_event_id", "target_event_id"), {"kind": RelationKind.FOLLOWS.value, "score": 0.8}),
}
"""By table the columns that rows give in this order, and what the others hold in every row; those in neither are empty."""

_ARTICLES_AT_ONCE = 2_000
_FILLERS = 997
_ENGLISH_FILLER, _HANGUL_FILLER = 18, 16
"""Words that follow what is told, so that a passage is as long as those that were annotated: some 210 letters."""
_VERBS = ("met", "accused", "sanctioned", "warned", "assured", "left")
_KOREAN_VERBS = ("만났다", "비난했다", "제재했다", "경고했다", "지지했다", "떠났다")
_OFFICES = ("minister", "spokesperson", "envoy")
_SPOKEN_OF = ("type", "subtype", "modality", "status", "date_precision", "currency")


def written(times: Times, unit: Literal["D", "s"]) -> list[str]:
    """Return days, or times as SQLite keeps them and PostgreSQL reads them."""
    found: list[str] = np.datetime_as_string(times, unit=unit).tolist()
    return found if unit == "D" else [time.replace("T", " ") + ".000000" for time in found]


@dataclass(slots=True)
class _Sentence:
    """A passage as it grows: its text, the word that tells the event, and who is named where in which role."""

    text: str = ""
    trigger: str = ""
    trigger_start: int = 0
    names: list[tuple[ArgumentRole, PartyFound, int, int]] = field(default_factory=list)
    amount_start: int = 0

    def say(self, words: str) -> None:
        self.text += words

    def tell(self, trigger: str) -> None:
        self.trigger, self.trigger_start = trigger, len(self.text)
        self.text += trigger

    def name(self, role: ArgumentRole, party: PartyFound) -> None:
        start = len(self.text)
        self.text += party.name
        self.names.append((role, party, start, len(self.text)))

    def list(self, role: ArgumentRole, parties: Sequence[PartyFound], between: str) -> None:
        for number, party in enumerate(parties):
            self.say(between if number else "")
            self.name(role, party)


@dataclass(frozen=True, slots=True)
class _Event:
    """What happens in one event: `place` is said as a party, for it is a name like others."""

    number: int
    id: str
    kind: int
    actors: tuple[PartyFound, ...]
    targets: tuple[PartyFound, ...]
    place: PartyFound | None
    speaker: PartyFound | None
    amount: AmountFound | None


class News:
    """Made-up events as news."""

    def __init__(self, made: MadeEvents) -> None:
        self._made = made
        self._drawn = {name: [column.tolist() for column in columns] for name, columns in made.drawn.items()}
        self._values = {name: [term.value for term in made.named(name)] for name in _SPOKEN_OF}
        known = [_party(entity) for entity in made.entities]
        unnamed = (PartyFound(None, term.label, None, None, official=False) for term in made.named("actor")[len(known) :])
        self._parties = [*known, *unnamed]
        self._places = [_party(place) for place in made.places]
        self._told_in, self._passages, self._sources = made.told_in.tolist(), made.passages.tolist(), made.sources.tolist()
        self._score, self._amount, self._usd = made.score.tolist(), made.amount.tolist(), made.usd.tolist()
        self._first, self._last, self._changed_at = written(made.first, "D"), written(made.last, "D"), written(made.changed, "s")
        self._fillers = _fillers(made.seed)
        self._articles = list(_articles(made, self._fillers))

    # --- rows -----------------------------------------------------------------------------------------------------------

    def known(self) -> Rows:
        """Return who is in the news, and the entries of sanctions lists."""
        everyone = (*self._made.entities, *self._made.places)
        rows: Rows = {EntityRow: [(one.id, one.label.value, one.name, one.country, one.id.startswith("kb:")) for one in everyone]}
        rows[ListEntryRow] = [(one.entry, one.list, one.name.upper(), json.dumps([one.program])) for one in everyone if one.entry]
        return rows

    def articles(self) -> Iterator[Rows]:
        """Yield the rows of all articles with what is told in them, those of some thousand articles at once."""
        events, sources = np.nonzero(self._made.told_in >= 0)
        articles = self._made.told_in[events, sources]
        order = np.argsort(articles, kind="stable")
        starts = np.searchsorted(articles[order], np.arange(len(self._articles) + 1)).tolist()
        told = list(zip(events[order].tolist(), sources[order].tolist(), strict=True))
        for start in range(0, len(self._articles), _ARTICLES_AT_ONCE):
            rows: Rows = defaultdict(list)
            for number in range(start, min(start + _ARTICLES_AT_ONCE, len(self._articles))):
                self._add_article(rows, self._articles[number], told[starts[number] : starts[number + 1]])
            yield rows

    def _add_article(self, rows: Rows, article: ArticleFound, told: Sequence[tuple[int, int]]) -> None:
        length = 0
        texts: list[str] = []
        listed: dict[str, ListMatch] = {}
        for event, source in ((self._event(number), source) for number, source in told):
            self._add_event(rows, event, source, article)
            for passage in range(self._passages[event.number][source]):
                sentence = self._sentence(event, source, passage, article.lang)
                self._add_passage(rows, event, (source, passage), sentence, (article.version, length))
                texts.append(sentence.text)
                length += len(sentence.text) + 1
            parties = (*event.actors, *event.targets, *((event.speaker,) if event.speaker else ()))
            listed |= {str(party.id): match for party in parties for match in party.matches}
        ids = [_stored_id(self._made.ids[number], source) for number, source in told[:2]]
        rows[EventRelationRow] += [(ids[1], ids[0])] if len(ids) == 2 else []
        rows[ArticleRow].append((article.id, article.url, article.url, article.version))
        head = (article.version, article.id, article.version, article.title, " ".join(texts), article.lang, article.url, article.publisher)
        published = article.published_at.strftime("%Y-%m-%d %H:%M:%S.%f") if article.published_at else None
        rows[ArticleVersionRow].append((*head, article.source_kind, published))
        for place, (entity_id, match) in enumerate(listed.items()):
            rows[LinkRow].append((f"lnk{article.version[3:]}-{place}", article.version, entity_id, match.entry, match.source, match.name))

    def _add_event(self, rows: Rows, event: _Event, source: int, article: ArticleFound) -> None:
        kind, subtype, modality, codes = self._kind(event.number)
        first, last, precision = self._days(event.number)
        place, speaker = event.place, event.speaker
        articles = self._sources[event.number] if source == 0 else 1
        passages = sum(self._passages[event.number]) if source == 0 else self._passages[event.number][source]
        rows[EventRow].append(
            (
                *(
                    _stored_id(event.id, source),
                    article.id,
                    kind,
                    subtype,
                    codes.plover,
                    json.dumps(codes.contexts),
                    codes.cameo,
                    codes.quad,
                ),
                *(modality, self._drawn["background"][0][event.number] == 1, first, last, precision),
                *(place and place.id, place and place.name, speaker and speaker.id, speaker and speaker.name),
                *(self._score[event.number], passages, articles, articles),
                *(self._value("status", event.number), event.id if source else None, self._changed_at[event.number]),
            )
        )

    def _add_passage(self, rows: Rows, event: _Event, which: tuple[int, int], sentence: _Sentence, where: tuple[str, int]) -> None:
        (source, passage), (version, start) = which, where
        ident = f"{event.id[4:]}-{source}-{passage}"
        speaker = event.speaker
        attribution = AttributionKind.INDIRECT if speaker else AttributionKind.UNATTRIBUTED
        trigger = start + sentence.trigger_start
        rows[EventMentionRow].append(
            (
                *(f"evm-{ident}", _stored_id(event.id, source), version, sentence.trigger, trigger, trigger + len(sentence.trigger)),
                *(start, start + len(sentence.text), sentence.text, self._kind(event.number)[2]),
                *(speaker and speaker.id, speaker and speaker.name, attribution.value),
            )
        )
        for place, (role, party, first, last) in enumerate(sentence.names):
            here = (sentence.text[first:last], party.name, start + first, start + last)
            via = Via.COREF if passage else Via.DIRECT
            rows[EventArgumentRow].append((f"arg-{ident}-{place}", f"evm-{ident}", role.value, party.id, *here, via.value))
            if party.id is not None and not passage:
                office = _OFFICES[len(party.name) % len(_OFFICES)] if party.official else None
                named = (start + first, start + last, here[0], party.label, party.name, party.official, office, party.country)
                rows[MentionRow].append((f"men-{ident}-{place}", version, party.id, *named))
        if event.amount is not None and source == passage == 0:
            amount, place = event.amount, start + sentence.amount_start
            values = (place, place + len(amount.text), amount.text, amount.value, amount.currency, amount.usd)
            rows[AmountRow].append((f"amt-{ident}", version, *values))
            rows[EventAmountRow].append((f"evm-{ident}", f"amt-{ident}"))

    # --- cards ----------------------------------------------------------------------------------------------------------

    def cards(self) -> Iterator[str]:
        """Yield the card of each event: what `card_of` makes, in a twentieth of the time."""
        return (msgspec.json.encode(self.event(number)).decode() for number in range(len(self._made)))

    def event(self, number: int) -> EventFound:
        """Return the event at a place as readers find it."""
        event = self._event(number)
        kind, subtype, modality, codes = self._kind(number)
        first, last, precision = self._days(number)
        articles = tuple(self._articles[article] for article in self._told_in[number] if article >= 0)
        shown = self._sentence(event, 0, 0, articles[0].lang)
        place = event.place
        return EventFound(
            id=event.id,
            type=kind,
            subtype=subtype,
            plover=codes.plover,
            plover_contexts=codes.contexts,
            cameo=codes.cameo,
            quad_class=codes.quad,
            modality=modality,
            genericity=Genericity.SPECIFIC.value,
            background=self._drawn["background"][0][number] == 1,
            status=str(self._value("status", number)),
            date_start=first,
            date_end=last,
            date_precision=precision,
            actors=event.actors,
            targets=event.targets,
            place=PlaceFound(place.id, place.name, place.country, None, None) if place is not None else None,
            speaker=event.speaker,
            attribution=(AttributionKind.INDIRECT if event.speaker else AttributionKind.UNATTRIBUTED).value,
            amounts=(event.amount,) if event.amount is not None else (),
            usd=event.amount.usd if event.amount is not None else None,
            quantities=(),
            trigger=shown.trigger,
            trigger_start=shown.trigger_start,
            evidence=shown.text,
            articles=articles,
            first_published=articles[0].published_at,
            last_published=articles[-1].published_at,
            score=self._score[number],
            n_mentions=sum(self._passages[number]),
            n_articles=len(articles),
            n_sources=len(articles),
            first_seen_at=MADE_AT,
            changed_at=datetime.fromisoformat(self._changed_at[number]).replace(tzinfo=UTC),
            extractor_version=MADE,
            merged=tuple(_stored_id(event.id, source) for source in range(1, len(articles))),
        )

    # --- what happens -------------------------------------------------------------------------------------------------------

    def _event(self, number: int) -> _Event:
        place, speaker = self._drawn["place"][0][number], self._drawn["speaker"][0][number]
        return _Event(
            number,
            self._made.ids[number],
            self._drawn["type"][0][number],
            self._filling("actor", number),
            self._filling("target", number),
            self._places[place] if place >= 0 else None,
            self._parties[speaker] if speaker >= 0 else None,
            self._worth(number),
        )

    def _filling(self, role: str, number: int) -> tuple[PartyFound, ...]:
        first, second = self._drawn[role]
        return tuple(self._parties[who] for who in dict.fromkeys((first[number], second[number])) if who >= 0)

    def _worth(self, number: int) -> AmountFound | None:
        value, currency = self._amount[number], self._value("currency", number)
        if currency is None:
            return None
        worth = (value, None, currency, Bound.EXACT.value, self._usd[number], "stated")
        return AmountFound(f"{currency} {value:,.2f}", AmountRole.STOLEN.value, *worth, self._articles[self._told_in[number][0]].id)

    def _value(self, name: str, number: int) -> str | None:
        which = self._drawn[name][0][number]
        return self._values[name][which] if which >= 0 else None

    def _kind(self, number: int) -> tuple[str, str | None, str, Codes]:
        kind, subtype, modality = (self._value(name, number) for name in ("type", "subtype", "modality"))
        return str(kind), subtype, str(modality), _codes(str(kind), subtype, str(modality))

    def _days(self, number: int) -> tuple[str | None, str | None, str]:
        """Return the first and last day, month or year, and how exact that is."""
        precision = str(self._value("date_precision", number))
        if precision == "unknown":
            return None, None, precision
        length = {"year": 4, "month": 7}.get(precision, 10)
        return self._first[number][:length], self._last[number][:length], precision

    def _sentence(self, event: _Event, source: int, passage: int, lang: str) -> _Sentence:
        """Return a passage of an event, always the same."""
        english, korean = self._fillers[(event.number * 7 + source * 3 + passage) % _FILLERS]
        if passage:
            return _tell_further(event, korean if lang == "ko" else english, lang)
        return _tell_in_korean(event, korean) if lang == "ko" else _tell_in_english(event, english)


def _stored_id(event_id: str, source: int) -> str:
    """Return under which id an event is stored that the article tells: the first stands for the others."""
    return f"{event_id}-{source}" if source else event_id


def _party(entity: Entity) -> PartyFound:
    matches: tuple[ListMatch, ...] = ()
    if entity.entry is not None and entity.list is not None and entity.program is not None:
        matches = (ListMatch(entity.list, entity.entry, entity.name.upper(), (entity.program,), 0.97),)
    return PartyFound(entity.id, entity.name, entity.label.value, entity.country, entity.official, matches)


@cache
def _codes(kind: str, subtype: str | None, modality: str) -> Codes:
    return codes_for(EventType(kind), subtype, Modality(modality))


def _fillers(seed: int) -> list[tuple[str, str]]:
    """Return what may follow a telling, in English and in Korean."""
    random = np.random.default_rng(seed + 2)
    numbers = random.integers(0, 3_000, (_FILLERS, _ENGLISH_FILLER + _HANGUL_FILLER))
    return [(_spell(row[:_ENGLISH_FILLER], english_word), _spell(row[_ENGLISH_FILLER:], korean_word)) for row in numbers]


def _spell(numbers: Integers, word: Any) -> str:  # noqa: ANN401 - a function from a number to a word
    return " ".join(map(word, numbers.tolist()))


def _articles(made: MadeEvents, fillers: Sequence[tuple[str, str]]) -> Iterator[ArticleFound]:
    kinds = [kind.value for kind in FeedKind]
    columns = zip(made.articles.publisher.tolist(), made.articles.korean.tolist(), made.articles.published.tolist(), strict=True)
    for number, (publisher, korean, published) in enumerate(columns):
        url = f"https://paper-{publisher}.example/news/{number}"
        title, lang = fillers[number % len(fillers)][korean][:60], "ko" if korean else "en"
        kind = kinds[publisher % len(kinds)]
        moment = published.replace(tzinfo=UTC)
        yield ArticleFound(f"art-{number:016x}", f"ver-{number:016x}", url, title, f"Paper {publisher}", kind, lang, moment)


def _tell_in_english(event: _Event, filler: str) -> _Sentence:
    told = _Sentence()
    told.list(ArgumentRole.ACTOR, event.actors, " and ")
    told.say(" " if event.actors else "Officials ")
    told.tell(_VERBS[event.kind % len(_VERBS)])
    if event.targets:
        told.say(" ")
        told.list(ArgumentRole.TARGET, event.targets, " and ")
    if event.place is not None:
        told.say(" in ")
        told.name(ArgumentRole.PLACE, event.place)
    if event.amount is not None:
        told.say(" over ")
        told.amount_start = len(told.text)
        told.say(event.amount.text)
    if event.speaker is not None:
        told.say(", ")
        told.name(ArgumentRole.SPEAKER, event.speaker)
        told.say(" said")
    told.say(f", {filler}.")
    return told


def _tell_in_korean(event: _Event, filler: str) -> _Sentence:
    told = _Sentence()
    if event.speaker is not None:
        told.name(ArgumentRole.SPEAKER, event.speaker)
        told.say("에 따르면 ")
    told.list(ArgumentRole.ACTOR, event.actors, " 및 ")
    told.say(" 측은 " if event.actors else "당국은 ")
    if event.place is not None:
        told.name(ArgumentRole.PLACE, event.place)
        told.say("에서 ")
    if event.amount is not None:
        told.amount_start = len(told.text)
        told.say(f"{event.amount.text} 문제로 ")
    if event.targets:
        told.list(ArgumentRole.TARGET, event.targets, " 및 ")
        told.say(" 측을 ")
    told.tell(_KOREAN_VERBS[event.kind % len(_KOREAN_VERBS)])
    told.say(f", {filler}.")
    return told


def _tell_further(event: _Event, filler: str, lang: str) -> _Sentence:
    """Return a passage that comes back to an event without naming anyone."""
    they, verbs = ("이들은", _KOREAN_VERBS) if lang == "ko" else ("They", _VERBS)
    told = _Sentence(they)
    told.names += [(ArgumentRole.ACTOR, actor, 0, len(they)) for actor in event.actors]
    told.say(" ")
    told.tell(verbs[event.kind % len(verbs)])
    told.say(f", {filler}.")
    return told
