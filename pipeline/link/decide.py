"""Names of an article to entries of sanctions lists.

A name alone never links, however alike it is: something in the text must speak for it and nothing may contradict.
Precision comes first, since a wrong link says of an innocent person that he is sanctioned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from models.knowledge import Knowledge, KnowledgeEntity, ListEntry
from models.records import Article, Identifier, Link, Linking, Maker, Mention, Tagging
from models.vocabulary import Label
from pipeline.kb.index import Candidate, MatchForm
from pipeline.link.candidates import CandidateFinder, Named
from pipeline.link.context import Context
from pipeline.link.evidence import Evidence, load_evidence, probability
from pipeline.link.identifiers import IdentifierIndex
from pipeline.link.score import Reader, Scored, is_placed
from pipeline.link.subject import Subject, group_mentions

__all__ = ["AUTO", "LINK_VERSION", "REJECTED", "REVIEW", "Linker", "link"]

LINK_VERSION = "2"

AUTO, REVIEW, REJECTED = "auto", "review", "rejected"

_MAKER = Maker("link", LINK_VERSION)


_Candidates = Mapping[str, tuple[Named, ...]]
"""By the entity of the article, whom its names may mean."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """What was decided of one candidate of one subject."""

    subject: Subject
    scored: Scored
    status: str
    note: str = ""


class Linker:
    """The link stage over one knowledge base; built once, then used for any number of articles."""

    def __init__(self, knowledge: Knowledge, *, evidence: Evidence | None = None) -> None:
        self.knowledge = knowledge
        self._evidence = evidence or load_evidence()
        self._finder = CandidateFinder(knowledge)
        self._identifiers = IdentifierIndex(knowledge, _MAKER)

    def link(self, article: Article, tagging: Tagging) -> Linking:
        """Decide which entities of the article are entries of lists; see `link`."""
        subjects = group_mentions(tagging.mentions)
        context = Context(article, tagging, self._evidence)
        numbers = tuple(self._identifiers.find(article.text))
        numbered = frozenset(number.entity for number in numbers)
        found = {
            subject.entity: self._finder.find(subject, article.lang, partial(self._is_placed, subject, context)) for subject in subjects
        }
        candidates, barred = self._part_barred(subjects, found)
        bodies = self._named_bodies(subjects, candidates)
        reader = Reader(self.knowledge, self._finder.index, self._evidence, context, bodies=bodies, numbered=numbered)
        day = article.publication.day if article.publication else None
        decisions = [decision for subject in subjects for decision in self._decide(subject, candidates[subject.entity], reader)]
        decisions += [decision for subject in subjects for decision in self._refuse(subject, barred[subject.entity], reader)]
        entities = self._settle_entities(subjects, decisions, {mention.entity for mention in tagging.mentions})
        links = [made for decision in decisions for made in _make_links(decision, entities[decision.subject.entity], day)]
        links += self._link_numbers(numbers, frozenset(entities.values()), day)
        return Linking(tuple(self._settle_mention(mention, entities) for mention in tagging.mentions), _keep_best(links), numbers)

    def _part_barred(self, subjects: tuple[Subject, ...], found: Mapping[str, tuple[Named, ...]]) -> tuple[_Candidates, _Candidates]:
        """Part the candidates of each subject into those that may be meant and those that an editor said are not."""
        allowed, barred = dict[str, tuple[Named, ...]](), dict[str, tuple[Named, ...]]()
        for subject in subjects:
            of_it = found[subject.entity]
            barred[subject.entity] = tuple(named for named in of_it if self._finder.is_barred(subject, named[1].entity))
            allowed[subject.entity] = of_it[: len(of_it) - len(barred[subject.entity])]
        return allowed, barred

    def _refuse(self, subject: Subject, barred: tuple[Named, ...], reader: Reader) -> Iterator[_Decision]:
        """Keep, for audit, what would be proposed had no editor said otherwise."""
        for named in barred:
            entity = self.knowledge.entities[named[1].entity]
            if entity.listings:
                note = f"an editor said that “{named[0]}” does not name {entity.id}"
                yield _Decision(subject, reader.weigh(subject, named, ()), REJECTED, note)

    def _is_placed(self, subject: Subject, context: Context, entity: KnowledgeEntity) -> bool:
        return is_placed(subject, entity, context)

    def _link_numbers(self, numbers: Iterable[Identifier], named: frozenset[str], day: date | None) -> Iterator[Link]:
        """Link listed entities that the article gives by number alone: a wallet, a ship by its IMO number."""
        for number in numbers:
            if number.entity not in named:
                entity = self.knowledge.entities[number.entity]
                score = probability(self._evidence.weights["identifier"])
                for listing in entity.listings:
                    status, note = _judge_listing(AUTO, "", listing, day)
                    why = "; ".join(part for part in (f"{number.kind} {number.text} stands in the text", note) if part)
                    yield from _make_link(entity.id, listing, score=score, why=why, status=status, written=number.text, alias=number.text)

    def _named_bodies(self, subjects: tuple[Subject, ...], candidates: Mapping[str, tuple[Named, ...]]) -> frozenset[str]:
        return frozenset(
            candidate.entity
            for subject in subjects
            if subject.label in (Label.AGENCY, Label.ORG)
            for _, candidate in candidates[subject.entity]
        )

    def _decide(self, subject: Subject, candidates: tuple[Named, ...], reader: Reader) -> Iterator[_Decision]:
        listed = [named for named in candidates if self.knowledge.entities[named[1].entity].listings]
        if not listed or self._is_someone_else(subject, [candidate for _, candidate in listed]) or self._is_nearer_another(candidates):
            return
        rivals = tuple(candidate for _, candidate in candidates)
        scored = [reader.weigh(subject, named, rivals) for named in listed]
        scored.sort(key=lambda one: (-one.said, -one.score, one.entity.id))
        best = scored[0]
        close = [one for one in scored if best.said - one.said < self._evidence.margin]
        for one in scored:
            status = self._judge(one)
            if one not in close:
                yield _Decision(subject, one, REJECTED, f"{best.entity.id} is more likely")
            elif len(close) > 1 and status != REJECTED:
                others = ", ".join(other.entity.id for other in close if other is not one)
                yield _Decision(subject, one, REVIEW, f"as likely as {others}")
            else:
                yield _Decision(subject, one, status)

    def _is_someone_else(self, subject: Subject, listed: list[Candidate]) -> bool:
        """Tell whether the tag stage already found a known entity that is on no list."""
        known = self.knowledge.entities.get(subject.entity)
        return known is not None and all(candidate.entity != known.id for candidate in listed)

    def _is_nearer_another(self, candidates: tuple[Named, ...]) -> bool:
        """Tell whether the name is more like that of a body that is on no list."""
        alike = [candidate for _, candidate in candidates if candidate.form is MatchForm.ALIKE]
        best = max(alike, key=lambda candidate: candidate.likeness, default=None)
        return best is not None and not self.knowledge.entities[best.entity].listings

    def _judge(self, scored: Scored) -> str:
        has_context = any(kind in self._evidence.context for kind, _ in scored.evidence)
        if scored.score >= self._evidence.auto and has_context:
            return AUTO
        return REVIEW if scored.score >= self._evidence.review else REJECTED

    def _settle_entities(self, subjects: tuple[Subject, ...], decisions: list[_Decision], used: set[str]) -> dict[str, str]:
        """Map each subject to its final entity.

        Links decide; what the tag stage took from a list by name alone falls back to an entity of the article. `used`
        are the entities of all mentions, whose numbers are not given again.
        """
        chosen = {decision.subject.entity: decision.scored.entity.id for decision in decisions if decision.status == AUTO}
        settled: dict[str, str] = {}
        for subject in subjects:
            known = self.knowledge.entities.get(subject.entity)
            if subject.entity in chosen:
                settled[subject.entity] = chosen[subject.entity]
            elif known is not None and _is_list_only(known):
                settled[subject.entity] = _make_document_id(used)
            else:
                settled[subject.entity] = subject.entity
        return settled

    def _settle_mention(self, mention: Mention, entities: Mapping[str, str]) -> Mention:
        settled = entities.get(mention.entity, mention.entity)
        if settled == mention.entity:
            return mention
        known = self.knowledge.entities.get(settled)
        return replace(mention, entity=settled, country=mention.country or (known.country if known else None))


def link(article: Article, tagging: Tagging, linker: Linker) -> Linking:
    """Return the mentions of `tagging` with their entities decided, and a link for each list entry considered.

    Links are "auto" (shown), "review" (an editor is asked: uncertain, ambiguous, not yet or no longer listed) or
    "rejected" (kept for audit). Entries without an id of their own are never linked, though their entity is.
    """
    return linker.link(article, tagging)


def _is_list_only(entity: KnowledgeEntity) -> bool:
    """Tell whether an entity is known from lists alone, so that its name says little by itself."""
    return bool(entity.listings) and entity.source == entity.listings[0].source


def _make_document_id(used: set[str]) -> str:
    number = 1
    while f"doc:{number}" in used:
        number += 1
    used.add(f"doc:{number}")
    return f"doc:{number}"


def _make_links(decision: _Decision, entity: str, day: date | None) -> Iterator[Link]:
    scored = decision.scored
    for listing in scored.entity.listings:
        status, note = _judge_listing(decision.status, decision.note, listing, day)
        why = "; ".join(part for part in (scored.explain(), note) if part)
        for made in _make_link(
            entity, listing, score=scored.score, why=why, status=status, written=scored.written, alias=scored.candidate.alias.text
        ):
            yield replace(
                made,
                likeness=scored.candidate.likeness,
                comparison=scored.candidate.comparison,
                evidence=(("prior", scored.prior), *scored.evidence),
            )


def _make_link(entity: str, listing: ListEntry, *, score: float, why: str, status: str, written: str, alias: str) -> Iterator[Link]:
    """Yield the link, unless the list gives the entry no id: such an entry is known and never named."""
    if listing.entry is not None:
        yield Link(
            entity=entity,
            entry=listing.entry,
            source=listing.source,
            list_version=listing.list_version,
            name=listing.name,
            score=round(score, 4),
            why=why,
            status=status,
            maker=_MAKER,
            written=written,
            alias=alias,
        )


def _keep_best(links: Iterable[Link]) -> tuple[Link, ...]:
    """Keep one link for each entity and entry, the strongest, where the tag stage took one person for two."""
    best: dict[tuple[str, str], Link] = {}
    for one in links:
        known = best.get((one.entity, one.entry))
        if known is None or _strength(one) > _strength(known):
            best[one.entity, one.entry] = one
    return tuple(best.values())


def _strength(link: Link) -> tuple[int, float]:
    return (REJECTED, REVIEW, AUTO).index(link.status), link.score


def _judge_listing(status: str, note: str, listing: ListEntry, day: date | None) -> tuple[str, str]:
    """Tell the status of one entry: who is meant is one question, whether it was listed then another."""
    if status != AUTO:
        return status, note
    if listing.delisted and (listing.delisted_on is None or day is None or day >= listing.delisted_on):
        return REVIEW, f"no longer listed, since {listing.delisted_on}" if listing.delisted_on else "no longer listed"
    if listing.listed_on is not None and day is not None and day < listing.listed_on:
        return REVIEW, f"not yet listed on {day}; listed on {listing.listed_on}"
    if listing.listed_on is None and listing.absent_on is not None and day is not None and day <= listing.absent_on:
        return REVIEW, f"not yet listed on {day}; not on the list of {listing.absent_on}"
    return status, note
