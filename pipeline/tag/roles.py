"""Who holds or held a post of state: role as written, body, country; the same on all mentions of a person."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.knowledge import Knowledge, KnowledgeEntity, Post
from models.vocabulary import Label
from pipeline.tag.entities import Named
from pipeline.tag.lists import WordLists
from pipeline.tag.reading import Reading
from pipeline.tag.titles import Title

__all__ = ["NO_OFFICE", "Office", "Roles", "current_post"]

_LEADERS = frozenset(
    "president premier leader chancellor king queen emperor prince dictator ruler strongman sultan emir prime-minister chairman pope".split()
)
_GAP = 2
"""Characters between a title and the name after it: a space, with a dot or a comma."""
_NEAR_OWNER = 14
_OWNER = re.compile(r"(?:['’]s?)?\s+(?:[a-z]+ )?")
_ADMINISTRATION = re.compile(r"(?:['’]s)? (?:administration|government|regime|presidency|era|years|model|dynasty|family)\b")
_NEAR_BEFORE = 45
_NEAR_AFTER = 90
"""Characters between a name and a title in an apposition ("…, a former vice minister of …")."""
_APPOSITION = re.compile(
    r"(?:\s*\([^)]{0,40}\))?\s*(?:,\s*(?:\d{2},\s*)?(?:who (?:is|was|serves as|served as|has been|had been)\s+)?|\s+[–—-]{1,2}\s+|\s+(?:is|was|as)\s+|\s*\()(?P<between>[^,.;:()\n]{0,60})\Z"
)
_HEADS_OF_GOVERNMENT = re.compile(
    r"\b(?:president|premier|prime minister|leader|chancellor|king|queen|emperor|supreme leader|dictator|ruler)\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Office:
    """A post of a person, as the article or the knowledge base tells it."""

    official: bool
    role: str | None
    affiliation: str | None
    country: str | None


NO_OFFICE = Office(official=False, role=None, affiliation=None, country=None)
"""Of a person whose title is none of state: it keeps a later, vaguer title from making an official of them."""


class Roles:
    """Decides about every person of an English article."""

    def __init__(self, lists: WordLists, knowledge: Knowledge, adjectives: Mapping[str, str]) -> None:
        self._knowledge = knowledge
        self._adjectives = adjectives
        self._former = lists.get("former")
        self._modifiers = lists.get("modifiers")
        self._fields = tuple(sorted(lists.words["fields"], key=len, reverse=True))
        self._countries = {
            entity.country: entity.name for entity in knowledge.entities.values() if entity.kind == "country" and entity.country
        }
        self._bodies = _bodies_by_country(knowledge)

    def find(self, reading: Reading, named: Sequence[Named], titles: Sequence[Title]) -> dict[str, Office]:
        """Return the office of each person that has one or is said to have a title, by entity."""
        offices: dict[str, Office] = {}
        for one in named:
            if one.label is not Label.PERSON:
                continue
            for title in (self._before(reading, one, titles), self._after(reading, one, titles)):
                if title is None:
                    continue
                office = self._judge(reading, one, title, named)
                known = offices.get(one.entity)
                if known is None or (office.official and not known.official):
                    offices[one.entity] = office
        acting = {one.entity for one in named if one.label is Label.PERSON and not _ADMINISTRATION.match(reading.text, one.end)}
        for ident in sorted(acting):
            office_held = self._known_office(ident, reading.published) if not (ident in offices and offices[ident].official) else None
            if office_held is not None:
                offices[ident] = office_held
        return offices

    def _before(self, reading: Reading, one: Named, titles: Sequence[Title]) -> Title | None:
        """Return the title right before a name; one with a comma only where the name is set off by another ("its leader, Kim, said")."""
        index = bisect_right(titles, one.start, key=lambda title: title.end) - 1
        if index < 0 or one.start - titles[index].end > _GAP:
            return None
        between = reading.text[titles[index].end : one.start]
        if between in {" ", "\xa0", ". "}:
            return titles[index]
        set_off = between == ", " and reading.text[titles[index].start].islower() and reading.text[one.end : one.end + 1] == ","
        return titles[index] if set_off else None

    def _after(self, reading: Reading, one: Named, titles: Sequence[Title]) -> Title | None:
        """Return the title in the apposition after a name."""
        index = bisect_left(titles, one.end, key=lambda title: title.start)
        if index >= len(titles) or titles[index].start > one.end + _NEAR_AFTER:
            return None
        match = _APPOSITION.fullmatch(reading.text[one.end : titles[index].start])
        return titles[index] if match is not None and self._is_introduction(match["between"]) else None

    def _is_introduction(self, between: str) -> bool:
        """Tell whether the words before a title in an apposition only describe the post: articles, countries, bodies, "former"."""
        words = re.findall(r"[\w.'’-]+", between)
        return all(
            word in {"a", "an", "the", "one", "of", "'s", "s", "its", "his", "her", "and", "for"}
            or word[:1].isupper()
            or word.lower() in self._former
            or word.lower() in self._modifiers
            or word.endswith(("'s", "’s"))
            for word in words
        )

    def _judge(self, reading: Reading, one: Named, title: Title, named: Sequence[Named]) -> Office:
        first = bisect_left(named, title.start, key=lambda other: other.start)
        last = bisect_left(named, title.end, key=lambda other: other.start)
        inside = [other for other in named[first:last] if other.label is Label.AGENCY and other.end <= title.end + 1]
        owner = self._owner(reading, title, named)
        country = self._country_before(reading, title.start)
        text = reading.text[title.start : title.end]
        official = title.kind == "state" or (
            title.kind == "body"
            and (bool(inside) or (owner is not None and owner.label is Label.AGENCY) or self._of_state(text, title, country))
        )
        if not official:
            return NO_OFFICE
        body = inside[0] if inside else owner if owner is not None and owner.label is Label.AGENCY else None
        country = country or (body.country if body else None) or (owner.country if owner else None) or one.country
        country = country or self._home(reading, one, named)
        return Office(official=True, role=self._role(text), affiliation=self._affiliation(text, body, country), country=country)

    def _of_state(self, text: str, title: Title, country: str | None) -> bool:
        low = text.lower()
        if country is not None and (
            title.head in _LEADERS
            or title.head
            in {"official", "officer", "diplomat", "spokesman", "spokesperson", "spokeswoman", "envoy", "representative", "negotiator"}
        ):
            return True
        if text[:1].isupper() and title.head in {"president", "vice president"} and text in {"President", "Vice President"}:
            return True
        return any(f" {field} " in f" {low} " for field in self._fields)

    def _owner(self, reading: Reading, title: Title, named: Sequence[Named]) -> Named | None:
        """Return the body or country right before the title: "the ministry's spokesman", "Democratic Party's Rep."."""
        index = bisect_right(named, title.start, key=lambda other: other.end) - 1
        if index < 0 or title.start - named[index].end > _NEAR_OWNER or named[index].label not in (Label.AGENCY, Label.ORG, Label.PLACE):
            return None
        return named[index] if _OWNER.fullmatch(reading.text[named[index].end : title.start]) else None

    def _country_before(self, reading: Reading, start: int) -> str | None:
        window = reading.text[max(0, start - _NEAR_BEFORE) : start]
        match = re.search(
            r"((?:[\w.]+[ -])?[\w.]+)(?:['’]s?)?\s+(?:(?:former|then|late|acting|new|ex|ruling|young|current|top|reclusive)[ -])*\Z", window
        )
        if match is None:
            return None
        words = re.split(r"[ -]", match[1])
        for size in (2, 1):
            code = self._adjectives.get(" ".join(words[-size:]))
            if code:
                return code
        return None

    def _home(self, reading: Reading, one: Named, named: Sequence[Named]) -> str | None:
        """Without a written country: that of the dateline, or else of the first country named."""
        first = next((other for other in named if other.label is Label.PLACE and other.country), None)
        return first.country if first is not None else None

    def _role(self, text: str) -> str:
        text = re.sub(r"\s+", " ", text).strip(" ,")
        words = text.split(" ")
        for size in (2, 1):
            if len(words) > size and self._adjectives.get(" ".join(words[:size])):
                return " ".join(words[size:])
        return text

    def _affiliation(self, role: str, body: Named | None, country: str | None) -> str | None:
        if body is not None:
            return body.name
        name = self._countries.get(country or "")
        low = role.lower()
        if name and (_HEADS_OF_GOVERNMENT.search(low) or low in {"first lady"}) and not re.search(r"\bvice\b(?! president)", low):
            return f"Government of {name}"
        for key, affiliation in self._bodies.get(country or "", ()):
            if low.startswith(key) or f" {key} " in f" {low} ":
                return affiliation
        return f"Government of {name}" if name else None

    def _known_office(self, ident: str, published: date | None) -> Office | None:
        entity = self._knowledge.entities.get(ident)
        post = current_post(entity, published) if entity is not None else None
        if entity is None or post is None:
            return None
        return Office(official=True, role=post.role, affiliation=post.affiliation, country=post.country or entity.country)


def current_post(entity: KnowledgeEntity, published: date | None) -> Post | None:
    """Return the post held on the day of publication; else the last one held before; None where none was held yet.

    Of several, that at the head of a government goes before the others.
    """
    held = [post for post in entity.posts if published is None or post.start is None or post.start <= published]
    current = [post for post in held if post.end is None or published is None or published <= post.end]
    pool = current or held
    return max(pool, key=lambda post: ((post.affiliation or "").startswith("Government of"), post.start or date.min), default=None)


def _bodies_by_country(knowledge: Knowledge) -> dict[str, list[tuple[str, str]]]:
    """Map countries to pairs of a title's first words and a ministry: ("foreign", "Ministry of Foreign Affairs (…)")."""
    table: dict[str, list[tuple[str, str]]] = {}
    for entity in knowledge.entities.values():
        if entity.label is not Label.AGENCY or not entity.country:
            continue
        for alias in entity.aliases:
            match = re.fullmatch(r"(?:[\w.]+ )?([A-Za-z]+) (?:[Mm]inistry|[Dd]epartment)", alias.text)
            if alias.lang == "en" and match is not None:
                table.setdefault(entity.country, []).append((match[1].lower(), entity.name))
    for code, key, part in (
        ("KR", "rep.", "kr-national-assembly"),
        ("KR", "lawmaker", "kr-national-assembly"),
        ("US", "sen", "us-senate"),
        ("US", "rep", "us-house"),
    ):
        house = knowledge.entities.get(f"kb:{part}")
        if house is not None:
            table.setdefault(code, []).append((key, house.name))
    return table
