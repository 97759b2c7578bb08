"""Records of the knowledge base: what is known of persons, bodies, places and listed names before any article is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from models.vocabulary import Label

__all__ = [
    "AcceptedName",
    "Alias",
    "Corrections",
    "Knowledge",
    "KnowledgeEntity",
    "ListEntry",
    "NeverPair",
    "Post",
    "StopForm",
    "decisions_in",
]


@dataclass(frozen=True, slots=True)
class Alias:
    """One way to write a name.

    `kind` is "name" (full name), "acronym", "short" (lower-case or role form that needs context: "the foreign
    ministry"), "adjective" ("North Korean": shows the country but is no mention) or "weak" (a list's own weak alias).
    `lang` is "en" or "ko".
    """

    text: str
    lang: str
    kind: str


@dataclass(frozen=True, slots=True)
class Post:
    """An office held by a person; open dates are None."""

    role: str
    affiliation: str | None
    country: str | None
    start: date | None
    end: date | None

    @property
    def leads(self) -> bool:
        """Whether it is the head of a government or state."""
        return (self.affiliation or "").startswith("Government of ")

    def held_on(self, day: date | None) -> bool:
        """Tell whether it was held on a day; an open end holds, and so does any time where the day is not known."""
        return day is None or ((self.start is None or self.start <= day) and (self.end is None or day <= self.end))


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a sanctions list. `entry` is `source:source_id`; None where the source gives no id.

    `delisted_on` is None where the day is not known or the entry is listed still. `identifiers` are numbers and addresses, each as
    `kind:value` ("imo:9045194", "wallet:1A1z…").
    """

    entry: str | None
    source: str
    list_version: str
    name: str
    programs: tuple[str, ...]
    birth_dates: tuple[str, ...] = ()
    title: str | None = None
    linked_to: tuple[str, ...] = ()
    listed_on: date | None = None
    delisted: bool = False
    delisted_on: date | None = None
    absent_on: date | None = None
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnowledgeEntity:
    """One real-world entity. `country` is an ISO 3166 code ("KP", "KR") or "UN", "EU" for bodies of states.

    `kind` refines the label: for places "country", "capital", "city", "region", "sea", "site", "base"; for bodies
    "ministry", "service", "military", "parliament", "court", "presidency", "bank", "party", "international"; free
    otherwise. `stands_for` is the entity that a metonym stands for (Pyongyang -> kb:kp).
    """

    id: str
    label: Label
    name: str
    aliases: tuple[Alias, ...]
    country: str | None = None
    kind: str | None = None
    stands_for: str | None = None
    posts: tuple[Post, ...] = ()
    listings: tuple[ListEntry, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedName:
    """That an editor found a form of words to name an entity; `of` is the id of the entity, or of an entry of a list."""

    of: str
    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class NeverPair:
    """That an editor found a form, in its normal form, not to name an entity or an entry of a list (`of`)."""

    form: str
    of: str


@dataclass(frozen=True, slots=True)
class StopForm:
    """That an editor found a form, in its normal form, to be no name of a label, or no name at all where `label` is None."""

    form: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the decisions of editors add to the facts.

    `upto` is the number of the last decision that was looked at, 0 where there was none: with it the version of the knowledge changes
    whenever somebody decides, or takes a decision back.
    """

    names: tuple[AcceptedName, ...] = ()
    never: frozenset[NeverPair] = frozenset()
    stops: frozenset[StopForm] = frozenset()
    upto: int = 0

    def bars(self, form: str, entity: str) -> bool:
        """Tell whether an editor said that the form, in its normal form, does not name the entity."""
        return NeverPair(form, entity) in self.never

    def stop(self, form: str, label: Label) -> bool:
        """Tell whether an editor said that the form, in its normal form, is no name of the label."""
        return bool(self.stops) and (StopForm(form, label) in self.stops or StopForm(form, None) in self.stops)


_DECIDED = "+"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The whole knowledge base in one version. `version` changes whenever any fact of it does, or a decision of an editor."""

    version: str
    entities: Mapping[str, KnowledgeEntity]
    list_versions: Mapping[str, str] = field(default_factory=dict)
    corrections: Corrections = Corrections()

    def decided(self, corrections: Corrections, entities: Mapping[str, KnowledgeEntity]) -> Knowledge:
        """Return the knowledge with corrections and the entities that they change; its version tells up to which decision."""
        facts = self.version.partition(_DECIDED)[0]
        return replace(self, version=f"{facts}{_DECIDED}{corrections.upto}", entities=entities, corrections=corrections)


def decisions_in(version: str) -> int:
    """Return the number of the last decision that a version of the knowledge knew; 0 where it knew none."""
    number = version.partition(_DECIDED)[2]
    return int(number) if number.isdecimal() else 0
