"""Who holds or held a post of state in Korean text: role as written, body in English where known, country."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from models.knowledge import Knowledge
from models.vocabulary import Label
from pipeline.tag.entities import Named
from pipeline.tag.lists import WordLists
from pipeline.tag.names_ko import KoreanTitle
from pipeline.tag.posts import Posts
from pipeline.tag.reading import Reading
from pipeline.tag.roles import NO_OFFICE, Office

__all__ = ["KoreanRoles"]

_GOVERNMENT = re.compile(r" ?(?:정부|정권|행정부)")


class KoreanRoles:
    """Decides about every person of a Korean article."""

    def __init__(self, lists: WordLists, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._posts = Posts(knowledge)
        self._korean_roles = dict(pair.split("=", 1) for pair in lists.words["roles_in_korean"])
        self._countries = {
            entity.country: entity.name for entity in knowledge.entities.values() if entity.kind == "country" and entity.country
        }

    def find(self, reading: Reading, named: Sequence[Named], titles: Sequence[KoreanTitle]) -> dict[str, Office]:
        """Return the office of each person, by entity; the longest role as written wins among several."""
        owners = {one.start: one for one in named if one.label is Label.PERSON}
        places = [one.start for one in named]
        offices: dict[str, Office] = {}
        for title in titles:
            one = owners.get(title.name_start)
            if one is None:
                continue
            office = self._judge(reading, one, title, named[bisect_left(places, title.start) : bisect_left(places, title.end)])
            known = offices.get(one.entity)
            if (
                known is None
                or (office.official and not known.official)
                or (office.official and len(one.text) > 2 and len(office.role or "") > len(known.role or ""))
            ):
                offices[one.entity] = office
        acting = {one.entity for one in owners.values() if not _GOVERNMENT.match(reading.text, one.end)}
        for ident in sorted(acting):
            post = self._posts.current(ident, reading.published) if not (ident in offices and offices[ident].official) else None
            if post is not None:
                country = post.country or self._knowledge.entities[ident].country
                role = self._korean_roles.get(f"{post.role} ({country})") or self._korean_roles.get(post.role, post.role)
                offices[ident] = Office(official=True, role=role, affiliation=post.affiliation, country=country)
        return offices

    def _judge(self, reading: Reading, one: Named, title: KoreanTitle, named: Sequence[Named]) -> Office:
        inside = [other for other in named if other.end <= title.end]
        body = next((other for other in inside if other.label is Label.AGENCY), None)
        place = next((other for other in inside if other.label is Label.PLACE), None)
        firm = any(other.label is Label.ORG for other in inside)
        official = title.kind == "state" or (
            title.kind == "body" and (body is not None or (place is not None and title.head in {"위원장", "대변인", "지도자", "의장"}))
        )
        if title.kind == "state" and firm and title.head in {"총장", "국장", "사무총장", "차장", "대장", "소장", "시장"}:
            official = False
        if not official:
            return NO_OFFICE
        country = (body.country if body is not None else None) or (place.country if place is not None else None) or one.country or "KR"
        return Office(
            official=True, role=self._role(reading, title, inside), affiliation=self._affiliation(title, body, country), country=country
        )

    def _role(self, reading: Reading, title: KoreanTitle, inside: Sequence[Named]) -> str:
        start = title.start
        for other in inside:
            if other.label is Label.PLACE and other.start == start:
                start = other.end
        return re.sub(r"\s+", " ", reading.text[start : title.end]).strip() or title.head

    def _affiliation(self, title: KoreanTitle, body: Named | None, country: str) -> str | None:
        if body is not None:
            return body.name
        name = self._countries.get(country)
        if title.head in {"국무위원장"}:
            return "State Affairs Commission (North Korea)"
        if title.head in {"의원", "국회의원", "원내대표"} and country == "KR":
            return "National Assembly (South Korea)"
        return f"Government of {name}" if name else None
