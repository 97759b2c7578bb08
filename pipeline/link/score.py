"""How much speaks for one candidate: named pieces of evidence with their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from models.knowledge import Knowledge, KnowledgeEntity
from models.records import Mention
from models.vocabulary import Label
from pipeline.kb.index import AliasIndex, Candidate, MatchForm
from pipeline.link.candidates import Named
from pipeline.link.context import Context
from pipeline.link.evidence import Evidence, probability
from pipeline.link.subject import BODIES, Subject, is_full_name
from pipeline.text.names import normalise_name, normalise_organisation

__all__ = ["DPRK", "Reader", "Scored", "is_placed"]

DPRK = "KP"
_FAME = "known_official"
_UNLIKE = 0.4
"""Likeness at which a name that is only alike says nothing for the candidate."""
_SHORTEST_TITLE_NAME = 5
"""Letters of a body's name from which it is looked for in the titles of listed persons: "KOMID" is, "FTB" is not."""

_REASONS: Mapping[str, str] = {
    "identifier": "a number or address of the entry stands in the text",
    "age_fits": "the stated age fits",
    "linked_body": "a body that the list links it to is named beside it",
    "designated": "words of designation in the same sentence",
    "designated_nearby": "words of designation in the same paragraph",
    "sanctions_nearby": "sanctions in the same paragraph",
    "fitting_role": "the stated role fits",
    "held_post": "the stated post is one the person held",
    "dprk_sentence": "North Korea beside it in the same sentence",
    "dprk_article": "North Korea in the article",
    _FAME: "the leader of North Korea",
    "ship": "words for a ship in the same sentence",
    "age_differs": "the text gives another age",
    "other_country": "the text gives another country",
    "other_role": "the text gives a role that does not fit",
    "other_official": "an official of another country bears this name",
    "namesake": "another known North Korean bears this name",
    "weak_alias": "only a weak alias of the list",
    "short_form": "only a short form without its country",
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with everything that was found for and against it, as `(evidence, weight)`."""

    entity: KnowledgeEntity
    written: str
    candidate: Candidate
    prior: float
    evidence: tuple[tuple[str, float], ...]

    @property
    def said(self) -> float:
        """The weight of what the text itself says, by which namesakes are told apart; fame is no evidence."""
        return sum(weight for kind, weight in self.evidence if kind != _FAME)

    @property
    def score(self) -> float:
        """The probability that the candidate is meant."""
        return probability(self.prior + sum(weight for _, weight in self.evidence))

    def explain(self) -> str:
        """Say in words what was found, strongest first."""
        found = sorted((pair for pair in self.evidence if pair[0] in _REASONS), key=lambda pair: -abs(pair[1]))
        return "; ".join([self._explain_name(), *(_REASONS[kind] for kind, _ in found)])

    def _explain_name(self) -> str:
        alias, form = self.candidate.alias.text, self.candidate.form
        if form is MatchForm.ALIKE:
            return f"“{self.written}” is {self.candidate.likeness:.2f} like “{alias}” ({self.candidate.comparison})"
        return f"exact name “{alias}”" if form is MatchForm.EXACT else f"name ({form}) “{alias}”"


class Reader:
    """Weighs candidates of one article; holds what the article names besides."""

    def __init__(
        self,
        knowledge: Knowledge,
        index: AliasIndex,
        evidence: Evidence,
        context: Context,
        *,
        bodies: frozenset[str],
        numbered: frozenset[str],
    ) -> None:
        """`bodies` are the ids of the known bodies that the article names, by name alone; `numbered` those whose identifiers it gives."""
        self._knowledge, self._index, self._evidence = knowledge, index, evidence
        self._context, self._bodies, self._numbered = context, bodies, numbered
        self._listed_forms = frozenset(form for body in bodies for form in _title_forms(knowledge.entities[body]))

    def weigh(self, subject: Subject, named: Named, rivals: tuple[Candidate, ...]) -> Scored:
        """Collect the evidence for one candidate; `rivals` are all entities that bear the name."""
        written, candidate = named
        entity = self._knowledge.entities[candidate.entity]
        found = dict.fromkeys(self._find(subject, entity, candidate, rivals))
        weights = self._evidence.weights
        factor = candidate.likeness - _UNLIKE if candidate.form is MatchForm.ALIKE else 1.0
        evidence = tuple((kind, round(weights[kind] * (factor if kind == candidate.form else 1.0), 3)) for kind in found)
        return Scored(entity, written, candidate, weights[_prior_name(entity)], evidence)

    def _find(self, subject: Subject, entity: KnowledgeEntity, candidate: Candidate, rivals: tuple[Candidate, ...]) -> Iterator[str]:
        yield str(candidate.form)
        if entity.id in self._numbered:
            yield "identifier"
        if candidate.alias.kind == "weak":
            yield "weak_alias"
        elif candidate.alias.kind != "name" and not is_placed(subject, entity, self._context):
            yield "short_form"
        yield from self._find_surroundings(subject)
        if subject.label is Label.PERSON:
            yield from self._find_person(subject, entity, rivals)
        elif subject.label is Label.VESSEL and any(self._context.has_cue("ship", self._context.sentence(one)) for one in subject.mentions):
            yield "ship"
        if self._is_foreign(subject, entity) and not self._held(entity, subject):
            yield "other_country"

    def _is_foreign(self, subject: Subject, entity: KnowledgeEntity) -> bool:
        if entity.country is None:
            return False
        if subject.countries and entity.country not in subject.countries:
            return True
        return subject.label in BODIES and all(self._context.follows_cue(mention, "foreign") for mention in subject.mentions[:1])

    def _find_surroundings(self, subject: Subject) -> Iterator[str]:
        sentences = [self._context.sentence(mention) for mention in subject.mentions]
        paragraphs = [self._context.paragraph(mention) for mention in subject.mentions]
        if any(self._context.has_cue_near("dprk", mention) for mention in subject.mentions):
            yield "dprk_sentence"
        elif self._context.has_cue_anywhere("dprk"):
            yield "dprk_article"
        if any(self._context.has_cue("designated", stretch) for stretch in sentences):
            yield "designated"
        elif any(self._context.has_cue("designated", stretch) for stretch in paragraphs):
            yield "designated_nearby"
        elif any(self._context.has_cue("sanctions", stretch) for stretch in paragraphs):
            yield "sanctions_nearby"

    def _find_person(self, subject: Subject, entity: KnowledgeEntity, rivals: tuple[Candidate, ...]) -> Iterator[str]:
        held = self._held(entity, subject)
        full = [mention for mention in subject.mentions if is_full_name(mention)]
        if entity.country == DPRK and not held and any(self._context.said_of(mention, "other") for mention in full):
            yield "other_role"
        elif any(self._context.said_of(mention, "role") for mention in full):
            yield "fitting_role"
        if entity.country == DPRK and any(post.leads for post in entity.posts):
            yield _FAME
        if held:
            yield "held_post"
        if self._is_linked(entity):
            yield "linked_body"
        yield from self._find_age(entity, full)
        yield from self._find_namesakes(entity, rivals, subject)

    def _find_age(self, entity: KnowledgeEntity, full: list[Mention]) -> Iterator[str]:
        """Compare years of birth, stated or reckoned from the age: one may be off by a year."""
        born = {int(day[:4]) for listing in entity.listings for day in listing.birth_dates if day[:4].isdigit()}
        stated = {year for mention in full for year in self._context.birth_years(mention)}
        if born and stated:
            yield "age_fits" if any(abs(one - other) <= 1 for one in born for other in stated) else "age_differs"

    def _find_namesakes(self, entity: KnowledgeEntity, rivals: tuple[Candidate, ...], subject: Subject) -> Iterator[str]:
        for rival in rivals:
            other = self._knowledge.entities[rival.entity]
            if other.id == entity.id or not other.posts or other.listings:
                continue
            if other.country != entity.country and DPRK not in subject.countries:
                yield "other_official"
            elif other.country == entity.country:
                yield "namesake"

    def _held(self, entity: KnowledgeEntity, subject: Subject) -> bool:
        """Tell whether the text itself states a post that the person is known to have held, or its body; time is not looked at.

        What the tag stage supplied from the knowledge base is no evidence: it would confirm itself.
        """
        roles = {
            normalise_name(mention.role) for mention in subject.mentions if mention.role and self._context.states(mention, mention.role)
        }
        bodies = {
            mention.affiliation
            for mention in subject.mentions
            if mention.affiliation and mention.role and self._context.states(mention, mention.role)
        }
        return any(normalise_name(post.role) in roles or post.affiliation in bodies for post in entity.posts)

    def _is_linked(self, entity: KnowledgeEntity) -> bool:
        """Tell whether the article names a body that a listing links to, or that its title speaks of."""
        named = {
            candidate.entity for listing in entity.listings for name in listing.linked_to for candidate in self._index.find(name, "en")
        }
        if named & self._bodies:
            return True
        titles = [f" {normalise_name(listing.title)} " for listing in entity.listings if listing.title]
        return any(form in title for title in titles for form in self._listed_forms)


def _title_forms(body: KnowledgeEntity) -> Iterator[str]:
    """Yield the normal forms, between spaces, by which a listed body is looked for in titles."""
    if body.listings:
        for alias in body.aliases:
            if alias.kind == "name" and alias.lang == "en" and len(alias.text) >= _SHORTEST_TITLE_NAME:
                yield f" {normalise_organisation(alias.text).removesuffix(' company')} "


def is_placed(subject: Subject, entity: KnowledgeEntity, context: Context) -> bool:
    """Tell whether the text itself gives a short form ("the defense ministry") the country of the entity."""
    if entity.country != DPRK:
        return False
    return DPRK in subject.countries or any(
        context.follows_cue(mention, "dprk") or context.precedes_cue(mention, "dprk") for mention in subject.mentions
    )


def _prior_name(entity: KnowledgeEntity) -> str:
    if entity.label is Label.PERSON:
        if any(post.leads for post in entity.posts):
            return "prior_leader"
        return "prior_known_person" if entity.posts else "prior_listed_person"
    if entity.label is Label.VESSEL:
        return "prior_vessel"
    return "prior_listed_body" if entity.source == entity.listings[0].source else "prior_known_body"
