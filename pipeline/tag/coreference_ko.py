"""Which Korean mentions are of one entity: repeats, brackets, surnames before titles, last names of foreigners."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.knowledge import Knowledge, KnowledgeEntity
from models.vocabulary import Label, Via
from pipeline.tag.entities import Named
from pipeline.tag.names_ko import KoreanTitle
from pipeline.tag.posts import Posts
from pipeline.tag.reading import Found, Reading
from pipeline.text.hangul import is_hangul, particle_length
from pipeline.text.spans import Ranges

__all__ = ["KoreanCoreference"]

_BRACKET = re.compile(r"\((?:약칭 |이하 )?([A-Za-z][A-Za-z&·-]{1,9}|[가-힣A-Z]{2,8})\)")
_LOCATIVE = re.compile(r"(?:에서|으로|로|에|발|시내|시|공항|시간|을 방문|를 방문|·)")
_COURTESY = frozenset({"씨", "님", "여사", "선생", "박사", "변호사"})
_SPREAD_LABELS = (Label.ORG, Label.AGENCY, Label.WEAPON, Label.MALWARE, Label.VESSEL)


@dataclass(slots=True)
class _Entity:
    id: str
    label: Label
    name: str
    country: str | None = None
    heads: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Book:
    """The entities of one article by id and by name, and the persons by what they may be called for short, in order of the text."""

    entities: dict[str, _Entity] = field(default_factory=dict)
    by_name: dict[tuple[Label, str], _Entity] = field(default_factory=dict)
    called: dict[str, list[Named]] = field(default_factory=dict)

    def known(self, known: KnowledgeEntity, label: Label) -> _Entity:
        return self.entities.setdefault(known.id, _Entity(known.id, label, known.name, known.country))

    def unknown(self, label: Label, text: str) -> _Entity:
        entity = self.by_name.get((label, text))
        if entity is None:
            entity = self.by_name[label, text] = _Entity(f"doc:{len(self.by_name) + 1}", label, text)
            self.entities[entity.id] = entity
        return entity

    def note_person(self, one: Named, head: str | None) -> None:
        if head is not None:
            self.entities[one.entity].heads.add(head)
        for short in _short_names(one.text):
            self.called.setdefault(short, []).append(one)


class KoreanCoreference:
    """Ties Korean names to entities and finds their further mentions."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._posts = Posts(knowledge)
        self._country_names: dict[str, list[str]] = {}
        self._compounds: dict[str, list[str]] = {}
        self._holders: dict[str, list[KnowledgeEntity]] = {}
        for entity in knowledge.entities.values():
            names = [alias.text for alias in entity.aliases if alias.lang == "ko" and alias.kind != "adjective" and len(alias.text) > 1]
            if entity.kind == "country" and entity.country:
                self._country_names.setdefault(entity.country, []).extend(names)
                self._compounds[entity.country] = [
                    alias.text for alias in entity.aliases if alias.lang == "ko" and alias.kind == "adjective"
                ]
            if entity.label is Label.PERSON and entity.posts:
                for short in sorted({short for name in names for short in _short_names(name)}):
                    self._holders.setdefault(short, []).append(entity)

    def resolve(self, reading: Reading, finds: Sequence[Found], titles: Sequence[KoreanTitle]) -> list[Named]:
        """Return the mentions in order, each with its entity."""
        heads = {title.name_start: title.head for title in titles}
        private = {title.name_start for title in titles if title.kind == "private" and title.head not in _COURTESY}
        finds = [self._without_namesakes(found) if found.start in private else found for found in finds]
        book = _Book()
        countries = self._countries(reading, finds)
        named = [self._name_one(reading, found, book, countries) for found in finds if not self._is_short(found)]
        for one in named:
            if one.label is Label.PERSON:
                book.note_person(one, heads.get(one.start))
        named += [self._name_short(reading, found, book, heads.get(found.start), countries) for found in finds if self._is_short(found)]
        taken = Ranges([(one.start, one.end) for one in named])
        for spread in (self._brackets, self._repeats):
            for extra in spread(reading, sorted(named, key=lambda one: one.start)):
                if taken.add(extra.start, extra.end):
                    named.append(extra)
        return sorted(named, key=lambda one: one.start)

    def _without_namesakes(self, found: Found) -> Found:
        """Return a find with a title outside the state without the officials of its name: "이성윤 세종연구소 수석연구위원" is no lawmaker."""
        if found.label is not Label.PERSON:
            return found
        return replace(found, ids=tuple(ident for ident in found.ids if not self._posts.serves_state(ident)))

    def _is_short(self, found: Found) -> bool:
        return found.label is Label.PERSON and not found.ids and found.rule in {"korean_surname", "foreign_titled"}

    def _countries(self, reading: Reading, finds: Sequence[Found]) -> dict[str, int]:
        """Count how often each country is named; 0 where only a compound shows it ("방북", "남북")."""
        counts = {country: 0 for country, words in self._compounds.items() if any(word in reading.text for word in words)}
        for found in finds:
            for ident in found.ids:
                known = self._knowledge.entities.get(ident)
                if found.label is Label.PLACE and known is not None and known.country:
                    counts[known.country] = counts.get(known.country, 0) + 1
        return counts

    def _choose(self, reading: Reading, found: Found, countries: Mapping[str, int]) -> KnowledgeEntity | None:
        options = [self._knowledge.entities[ident] for ident in found.ids if ident in self._knowledge.entities]
        if len(options) < 2:
            return options[0] if options else None
        before = reading.text[max(0, found.start - 12) : found.end]
        for option in options:
            if any(name in before for name in self._country_names.get(option.country or "", ())):
                return option
        home = [option for option in options if option.country == "KR"]
        return home[0] if home else max(options, key=lambda option: countries.get(option.country or "", 0))

    def _name_one(self, reading: Reading, found: Found, book: _Book, countries: Mapping[str, int]) -> Named:
        text = reading.text[found.start : found.end]
        known = self._choose(reading, found, countries)
        if known is None:
            entity = book.unknown(found.label, text)
            return Named(found.start, found.end, text, found.label, found.rule, entity.id, entity.name, Via.DIRECT, entity.country)
        state = self._knowledge.entities.get(known.stands_for or "") if found.label is Label.PLACE else None
        metonym = state is not None and _LOCATIVE.match(reading.text, found.end) is None
        entity = book.known(state if state is not None and metonym else known, found.label)
        via = Via.METONYM if metonym else Via.DIRECT
        return Named(found.start, found.end, text, found.label, found.rule, entity.id, entity.name, via, entity.country, metonym)

    def _name_short(self, reading: Reading, found: Found, book: _Book, head: str | None, countries: Mapping[str, int]) -> Named:
        """Tie a surname, or the last name of a foreigner, before a title, to a person: same title first, then the latest, then a known office-holder."""
        text = reading.text[found.start : found.end]
        options = book.called.get(_SURNAMES_IN_HANJA.get(text, text), [])
        same = [
            one
            for one in options
            if head is not None and any(head.endswith(known) or known.endswith(head) for known in book.entities[one.entity].heads)
        ]
        options = same or options
        if options:
            before = bisect_left([one.start for one in options], found.start) - 1
            owner = book.entities[options[max(before, 0)].entity]
            return Named(found.start, found.end, text, Label.PERSON, found.rule, owner.id, owner.name, Via.COREF, owner.country)
        holder = self._office_holder(reading, text, head, countries)
        entity = book.known(holder, Label.PERSON) if holder is not None else book.unknown(Label.PERSON, text)
        via = Via.COREF if holder is not None else Via.DIRECT
        return Named(found.start, found.end, text, Label.PERSON, found.rule, entity.id, entity.name, via, entity.country)

    def _office_holder(self, reading: Reading, name: str, head: str | None, countries: Mapping[str, int]) -> KnowledgeEntity | None:
        """Return who held such an office: the only one of that surname, or of several the one who leads a state that the article names."""
        if head not in _HEADS_OF_STATE:
            return None
        roles = _HEADS_OF_STATE[head]
        fitting = [
            entity
            for entity in self._holders.get(name, ())
            if any(post.held_on(reading.published) and any(word in post.role.lower() for word in roles) for post in entity.posts)
        ]
        if len(fitting) > 1:
            fitting = [
                entity
                for entity in fitting
                if entity.country in countries and any(post.leads and post.held_on(reading.published) for post in entity.posts)
            ]
        return fitting[0] if len(fitting) == 1 else None

    def _brackets(self, reading: Reading, named: Sequence[Named]) -> Iterator[Named]:
        for one in named:
            match = _BRACKET.match(reading.text, one.end) if one.label in _SPREAD_LABELS and len(one.text) > 3 else None
            if match is not None and (match[1].isupper() or set(match[1]) <= set(one.text)):
                yield from self._occurrences(reading, match[1], one, "bracket", Via.BRACKET)

    def _repeats(self, reading: Reading, named: Sequence[Named]) -> Iterator[Named]:
        seen: dict[str, Named] = {}
        for one in named:
            full_person = one.label is Label.PERSON and len(one.text) >= 3 and one.rule != "korean_surname"
            if full_person or (one.label in _SPREAD_LABELS and len(one.text) > 2):
                seen.setdefault(one.text, one)
            if one.label is Label.PERSON and " " in one.text:
                for last in (one.text.split(" ", 1)[1], one.text.rsplit(" ", 1)[1], one.text.split(" ", 1)[0]):
                    if len(last) > 1:
                        seen.setdefault(last, one)
        for text, one in sorted(seen.items(), key=lambda pair: (-len(pair[0]), pair[0])):
            yield from self._occurrences(reading, text, one, "repeat", Via.COREF)

    def _occurrences(self, reading: Reading, text: str, one: Named, rule: str, via: Via) -> Iterator[Named]:
        for match in re.finditer(re.escape(text), reading.text):
            before = reading.text[match.start() - 1 : match.start()]
            rest = _after(reading.text, match.end())
            if before and (is_hangul(before) or (before.isalnum() and before.isascii() and text[0].isascii())):
                continue
            if rest and particle_length(text, rest) is None and not (one.label is Label.PERSON and len(text) > 2):
                continue
            yield Named(match.start(), match.end(), text, one.label, rule, one.entity, one.name, via, one.country)


_SURNAMES_IN_HANJA = dict(zip("金李朴尹文崔鄭曺趙安洪姜吳宋秋張林", "김이박윤문최정조조안홍강오송추장임", strict=True))
_HEADS_OF_STATE = {
    "대통령": ("president",), "총리": ("prime minister", "premier"), "국가주석": ("president",), "주석": ("president",), "위원장": ("president of the state affairs", "leader", "chairman", "general secretary"),
    "국무위원장": ("president of the state affairs", "leader", "chairman"), "장관": ("minister", "secretary"), "총비서": ("general secretary", "leader"), "수상": ("prime minister",),
}  # fmt: skip


def _short_names(full: str) -> set[str]:
    """Return what a person of the full name may be called: the surname, or the first, last or further parts of a foreign name."""
    if " " in full:
        parts = full.split(" ")
        return {parts[0], parts[-1], " ".join(parts[1:])}
    return {full[:1], full[:2]} if 3 <= len(full) <= 4 else {full[:1]} if len(full) == 2 else set()


def _after(text: str, offset: int) -> str:
    match = re.compile(r"[가-힣A-Za-z0-9]{0,12}").match(text, offset)
    return match.group() if match else ""
