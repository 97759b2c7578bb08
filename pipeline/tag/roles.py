"""Who holds or held a post of state: role as written, body, country; the same on all mentions of a person."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from models.knowledge import Knowledge
from models.vocabulary import Label
from pipeline.tag.entities import Named
from pipeline.tag.lists import WordLists
from pipeline.tag.posts import Posts
from pipeline.tag.reading import Reading
from pipeline.tag.titles import Title

__all__ = ["NO_OFFICE", "Office", "Roles"]

_LEADERS = frozenset(
    "president premier leader chancellor king queen emperor prince dictator ruler strongman sultan emir prime-minister chairman pope".split()
)
_GAP = 2
"""Characters between a title and the name after it: a space, with a dot or a comma."""
_NEAR_OWNER = 14
_OWNER = re.compile(r"(?:['’]s?)?\s+(?:[a-z]+ )?")
_ADMINISTRATION = re.compile(
    r"(?:(?: and| or|,) (?:[A-Z][\w.'’-]+ ?){1,3})?(?:['’]s)? ?\b(?:administrations?|government|regime|presidency|era|years|model|dynasty|family)\b"
)
_NEAR_BEFORE = 45
_NEAR_AFTER = 90
"""Characters between a name and a title in an apposition ("…, a former vice minister of …")."""
_APPOSITION = re.compile(
    r"(?:\s*\([^)]{0,40}\))?\s*(?:,\s*(?:\d{2},\s*)?(?:who (?:is|was|serves as|served as|has been|had been)\s+(?:once\s+|formerly\s+|previously\s+)?)?|\s+[–—-]{1,2}\s+|\s+(?:is|was|as)\s+|\s*\()(?P<between>[^,.;:()\n]{0,60})\Z"
)
_RANK_MODIFIERS = frozenset(
    "vice rear lieutenant major brigadier staff master first second senior four-star three-star two-star navy army air force marine retired".split()
)
_CAMPAIGN = re.compile(r"\bcampaign\b")
_OF_THE_BODY = re.compile(
    r"\s?\bof the (ministry|commission|agency|committee|council|bureau|department|court|parliament|assembly|authority|administration)\b"
)
_AT = re.compile(r",?\s(?:at|with)\s(?:the\s)?")
_FEW_NAMES = 6
"""Names looked at after the start of a title: none is that long."""
_KIN = re.compile(
    r"\s*,?\s*(?:(?:the|his|her|their|a)\s+)?(?:[\w-]+\s+){0,3}?(?:sister|brother|half-brother|wife|husband|son|daughter|father|mother|uncle|aunt|nephew|niece|cousin|widow)\b"
)
"""What follows one who is introduced as somebody's relation: what is known of posts is then not what the article says."""
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
        self._ranks = lists.get("ranks")
        self._fields = tuple(sorted(lists.words["fields"], key=len, reverse=True))
        self._countries = {
            entity.country: entity.name for entity in knowledge.entities.values() if entity.kind == "country" and entity.country
        }
        self._bodies = _bodies_by_country(knowledge)
        self._posts = Posts(knowledge)

    def find(self, reading: Reading, named: Sequence[Named], titles: Sequence[Title]) -> dict[str, Office]:
        """Return the office of each person that has one or is said to have a title, by entity."""
        offices: dict[str, Office] = {}
        for one in named:
            if one.label is not Label.PERSON:
                continue
            for title in (*self._before(reading, one, titles), self._after(reading, one, titles)):
                if title is None:
                    continue
                office = self._judge(reading, one, title, named)
                known = offices.get(one.entity)
                if (
                    known is None
                    or (office.official and not known.official)
                    or (office.official and self._is_rank(known.role) and not self._is_rank(office.role))
                ):
                    offices[one.entity] = office
        persons = [one for one in named if one.label is Label.PERSON]
        acting = {one.entity for one in persons if not _ADMINISTRATION.match(reading.text, one.end)}
        acting -= {one.entity for one in persons if _KIN.match(reading.text, one.end)}
        for ident in sorted(acting):
            office_held = self._known_office(ident, reading.published) if not (ident in offices and offices[ident].official) else None
            if office_held is not None:
                offices[ident] = office_held
        return offices

    def _before(self, reading: Reading, one: Named, titles: Sequence[Title]) -> Iterator[Title]:
        """Yield the title right before a name, and where that is a rank the one before it ("Joint Staff Director Lieutenant General …").

        One with a comma counts only where the name is set off by another ("its leader, Kim, said").
        """
        index = bisect_right(titles, one.start, key=lambda title: title.end) - 1
        if index < 0 or one.start - titles[index].end > _GAP:
            return
        title = titles[index]
        between = reading.text[title.end : one.start]
        set_off = between == ", " and reading.text[title.start].islower() and reading.text[one.end : one.end + 1] == ","
        if between in {" ", "\xa0", ". "} or set_off:
            if (
                index > 0
                and reading.text[titles[index - 1].end : title.start] in {" ", "\xa0"}
                and self._is_rank(reading.text[title.start : title.end])
            ):
                # Who has a rank serves a state, whatever else he heads.
                yield replace(titles[index - 1], kind="state")
            yield title

    def _is_rank(self, role: str | None) -> bool:
        """Tell whether a role is a military rank and nothing else: it says less than any post."""
        words = re.findall(r"[a-z-]+", (role or "").lower())
        return (
            bool(words)
            and words[-1] in self._ranks
            and all(word in self._ranks or word in _RANK_MODIFIERS or word in self._former for word in words)
        )

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
        owner = self._owner(reading, title, named) or self._body_taken_up(reading, title, named)
        country = self._country_before(reading, title.start)
        text = reading.text[title.start : title.end]
        official = title.kind == "state" or (
            title.kind == "body"
            and (bool(inside) or (owner is not None and owner.label is Label.AGENCY) or self._of_state(text, title, country))
            and not self._is_private(reading, title, named, inside)
        )
        if not official:
            return NO_OFFICE
        body = inside[0] if inside else owner if owner is not None and owner.label is Label.AGENCY else None
        country = country or (body.country if body else None) or (owner.country if owner else None) or one.country
        country = country or self._home(reading, one, named)
        # "U.S. Army Materiel Command spokeswoman": the body is part of the role as written, unless it stands in a possessive.
        start = owner.start if body is not None and body is owner and reading.text[owner.end : title.start] == " " else title.start
        role = self._role(reading.text[start : title.end])
        return Office(official=True, role=role, affiliation=self._affiliation(text, body, country), country=country)

    def _body_taken_up(self, reading: Reading, title: Title, named: Sequence[Named]) -> Named | None:
        """Return the body that "chairperson of the commission" takes up: the last one before whose name ends in that word."""
        match = _OF_THE_BODY.match(reading.text, title.end) or _OF_THE_BODY.search(reading.text, title.start, title.end)
        if match is None:
            return None
        before = named[: bisect_left(named, title.start, key=lambda other: other.start)]
        word = match[1].lower()
        return next(
            (one for one in reversed(before) if one.label is Label.AGENCY and one.name.lower().partition(" (")[0].endswith(word)), None
        )

    def _is_private(self, reading: Reading, title: Title, named: Sequence[Named], inside: Sequence[Named]) -> bool:
        """Tell whether the post is one of a firm, a think tank or a campaign, whatever words of state the title has."""
        first = bisect_left(named, title.start, key=lambda other: other.start)
        after = named[first : first + _FEW_NAMES]
        of_firm = any(
            other.label is Label.ORG and (other.end <= title.end or _AT.fullmatch(reading.text[title.end : other.start]))
            for other in after
            if other.end > title.start
        )
        return (of_firm and not any(one.rule.startswith("gazetteer") for one in inside)) or _CAMPAIGN.search(
            reading.text[max(0, title.start - _NEAR_OWNER) : title.end]
        ) is not None

    def _of_state(self, text: str, title: Title, country: str | None) -> bool:
        low = text.lower()
        if country is not None and (
            title.head in _LEADERS
            or title.head
            in {"official", "officer", "diplomat", "spokesman", "spokesperson", "spokeswoman", "envoy", "representative", "negotiator"}
        ):
            return True
        if text in {"President", "Vice President", "Representative", "Representatives"}:
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
        post, of, state = text.rpartition(" of the ") if " of the " in text else text.rpartition(" of ")
        if of and self._adjectives.get(state):
            text = post
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
        post = self._posts.current(ident, published)
        if post is None:
            return None
        country = post.country or self._knowledge.entities[ident].country
        return Office(official=True, role=post.role, affiliation=post.affiliation, country=country)


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
