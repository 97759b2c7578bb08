"""What may play a part in an event: fillers, times and amounts near a trigger, each with what the rules say of it.

The network scores every option against its trigger. An option is described by ten small numbers (see `Signs`) and by
the vector of the word at which it stands; one that is named elsewhere in the article, or nowhere, has no word.
"""

from __future__ import annotations

import bisect
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

from models.records import Amount, Argument, EventMention, Maker, Mention, TimeExpression
from models.vocabulary import Label, Precision
from pipeline.events.arguments import ArgumentFinder
from pipeline.events.fillers import mention_argument
from pipeline.events.phrases import Phrase
from pipeline.events.reader.view import LABELS, Stretch, View
from pipeline.events.reading import Sentence
from pipeline.events.triggers import Trigger

__all__ = ["NOWHERE", "SIZES", "STEPS", "Kind", "Option", "OptionReader", "Options", "Signs", "same_filler"]

NOWHERE = -1
"""Place of an option without a word in the stretch."""
_SALIENT = 6
"""Names of the article, most named first, that are offered although the stretch does not hold them."""
_LEAD_DAYS = 20
"""Days of the opening of a story among which one is sought that the stretch does not tell."""
_LOOK_BACK = 10
"""Times before a stretch among which the last one with a value is sought."""
_BOUNDS = (0, 1, 2, 3, 5, 8, 12, 20, 35, 60)
STEPS = len(_BOUNDS) + 2
"""Classes of the distance to one side, in words; further classes are for the other side, and a last one for no place."""
_FAR = 2 * STEPS + 1
_RELATIONS = (
    *("acl", "acl:relcl", "advcl", "advmod", "amod", "appos", "case", "ccomp", "compound", "conj", "dep", "det", "flat", "iobj"),
    *("mark", "nmod", "nmod:poss", "nsubj", "nsubj:pass", "nummod", "obj", "obl", "obl:agent", "parataxis", "root", "xcomp"),
)
_RELATION = {relation: place for place, relation in enumerate(_RELATIONS, start=1)}
_MAKER = Maker("reader", "1")

Filler = TypeVar("Filler")


class Kind(IntEnum):
    """What an option is; the first seven are the labels of names, in their order."""

    PERSON = 0
    AGENCY = 1
    ORG = 2
    PLACE = 3
    VESSEL = 4
    WEAPON = 5
    MALWARE = 6
    NOUN = 7
    PRONOUN = 8
    ADJECTIVE = 9
    DAY = 10
    RANGE = 11
    MONTH = 12
    YEAR = 13
    PUBLISHED = 14
    DAY_BEFORE = 15
    LEAD_DAY = 16
    TOLD_BEFORE = 17
    AMOUNT = 18


class Signs(NamedTuple):
    """The description of an option, in classes: its kind; the distance to the trigger and the sentence where it stands; how often
    its bearer is named; its relation to the trigger in the parse; whether the rules make it actor, target (or the time, the
    amount) or speaker; whether it owns another noun; whether it is the country that the article is about.
    """

    kind: int
    distance: int
    sentence: int
    rank: int
    relation: int
    actor: int
    chosen: int
    speaker: int
    owner: int
    topic: int


SIZES = Signs(len(Kind), _FAR + 1, 5, 6, 2 * len(_RELATIONS) + 1, 2, 2, 2, 2, 2)
"""How many classes each sign has."""


@dataclass(frozen=True, slots=True)
class Option(Generic[Filler]):
    """One option; `place` counts words of its stretch, `filler` is what it stands for."""

    place: int
    signs: Signs
    filler: Filler


@dataclass(frozen=True, slots=True)
class Options:
    """All options of one trigger. Amounts are indexes into the tagging."""

    fillers: tuple[Option[Argument], ...]
    times: tuple[Option[TimeExpression], ...]
    amounts: tuple[Option[int], ...]

    def __iter__(self) -> Iterator[Option[Argument] | Option[TimeExpression] | Option[int]]:
        """Yield all options: fillers, then times, then amounts."""
        yield from self.fillers
        yield from self.times
        yield from self.amounts


def same_filler(argument: Argument) -> str:
    """Return what two fillers share when they are one: the entity, else the name."""
    return argument.entity or argument.name.casefold()


class OptionReader:
    """Lists the options of the triggers of one article; the phrases of a stretch are read once."""

    def __init__(self, view: View, finder: ArgumentFinder) -> None:
        self._view = view
        self._finder = finder
        named = Counter(mention.entity or mention.name for mention in view.reading.mentions)
        self._ranks = {entity: rank for rank, (entity, _) in enumerate(named.most_common())}
        first: dict[str, Mention] = {}
        for mention in view.reading.mentions:
            first.setdefault(mention.entity or mention.name, mention)
        self._salient = [mention_argument(first[entity]) for entity, _ in named.most_common(_SALIENT)]
        self._topic = None if finder.fillers.topic is None else same_filler(finder.fillers.topic)
        times = itertools.takewhile(lambda time: time.start < view.reading.lead, view.reading.tagging.times)
        self._lead_days = tuple(time for time in times if time.value is not None and time.precision is Precision.DAY)[:_LEAD_DAYS]
        self._phrases: dict[int, list[tuple[int, Argument, Kind, int]]] = {}

    def options(self, trigger: Trigger, mention: EventMention, stretch: Stretch) -> Options:
        """Return the options of a trigger in its stretch; `mention` is what the rules say of it."""
        return Options(
            tuple(self._fillers(trigger, mention, stretch)),
            tuple(self._times(trigger, mention, stretch)),
            tuple(self._amounts(trigger, mention, stretch)),
        )

    # --- fillers -------------------------------------------------------------------------------------------------

    def _fillers(self, trigger: Trigger, mention: EventMention, stretch: Stretch) -> Iterator[Option[Argument]]:
        spoken = () if mention.speaker is None else (mention.speaker,)
        roles = tuple({same_filler(argument) for argument in held} for held in (mention.actors, mention.targets, spoken))
        seen: set[str] = set()
        for place, argument, kind, owner in self._in_stretch(stretch):
            seen.add(same_filler(argument))
            yield self._filler(trigger, argument, kind, roles, place=place, owner=owner, stretch=stretch)
        for argument in (*mention.actors, *mention.targets, *spoken):
            if same_filler(argument) in seen:
                continue
            seen.add(same_filler(argument))
            kind = Kind.NOUN if argument.entity is None else Kind.PLACE
            found = None if argument.start is None else self._view.at(argument.start)
            inside = found is not None and stretch.first <= found < stretch.last
            yield self._filler(trigger, argument, kind, roles, place=found if inside else None, owner=0, stretch=stretch)
        for argument, kind in self._salient_fillers():
            if same_filler(argument) not in seen:
                seen.add(same_filler(argument))
                yield self._filler(trigger, argument, kind, roles, place=None, owner=0, stretch=stretch)

    def _salient_fillers(self) -> Iterator[tuple[Argument, Kind]]:
        for argument in self._salient:
            if argument.start is not None:
                at = bisect.bisect_left(self._view.reading.mentions, argument.start, key=lambda mention: mention.start)
                yield argument, Kind(LABELS.index(self._view.reading.mentions[at].label))

    def _in_stretch(self, stretch: Stretch) -> list[tuple[int, Argument, Kind, int]]:
        """Return what the phrases of a stretch stand for, with the place of their last word."""
        if stretch.first not in self._phrases:
            self._phrases[stretch.first] = [
                (place, argument, _kind(phrase), int(phrase.owner))
                for sentence in stretch.sentences
                for phrase in self._finder.fillers.phrases(sentence)
                if stretch.first <= (place := self._view.place(sentence, phrase.last)) < stretch.last
                for argument in self._stands_for(phrase, sentence)
            ]
        return self._phrases[stretch.first]

    def _stands_for(self, phrase: Phrase, sentence: Sentence) -> tuple[Argument, ...]:
        if phrase.pronoun:
            return self._finder.fillers.arguments(phrase, sentence, frozenset(Label))
        found = self._finder.fillers.argument(phrase, sentence)
        return () if found is None else (found,)

    def _filler(
        self,
        trigger: Trigger,
        argument: Argument,
        kind: Kind,
        roles: Sequence[set[str]],
        *,
        place: int | None,
        owner: int,
        stretch: Stretch,
    ) -> Option[Argument]:
        same = same_filler(argument)
        rank = self._ranks.get(argument.entity or argument.name)
        actor, target, speaker = (int(same in held) for held in roles)
        signs = Signs(
            kind,
            self._distance(trigger, place),
            self._sentence(trigger, place),
            5 if rank is None else min(rank, 4),
            self._relation(trigger, place),
            actor,
            target,
            speaker,
            owner,
            int(same == self._topic),
        )
        return Option(NOWHERE if place is None else place - stretch.first, signs, argument)

    # --- times and amounts ---------------------------------------------------------------------------------------

    def _times(self, trigger: Trigger, mention: EventMention, stretch: Stretch) -> Iterator[Option[TimeExpression]]:
        times = self._view.reading.tagging.times
        chosen = None if mention.time is None else times[mention.time]
        first, last = self._spans(times, stretch)
        seen: set[object] = set()
        for time in times[first:last]:
            if time.value is not None:
                seen.add(time.value)
                # A time over a cut counts where it begins.
                place = min(self._view.at(time.end - 1) or 0, stretch.last - 1)
                yield self._time(
                    trigger, time, _kind_of_time(time), place, stretch, chosen=chosen is not None and time.value == chosen.value
                )
        if chosen is not None and chosen.value is not None and chosen.value not in seen:
            seen.add(chosen.value)
            yield self._time(trigger, chosen, _kind_of_time(chosen), None, stretch, chosen=True)
        for time, kind in self._days_of_report(trigger):
            yield self._time(trigger, time, kind, None, stretch)
        before = next((time for time in reversed(times[max(0, first - _LOOK_BACK) : first]) if time.value is not None), None)
        lead = next((time for time in self._lead_days if time.value not in seen), None)
        for found, kind in ((lead, Kind.LEAD_DAY), (before, Kind.TOLD_BEFORE)):
            if found is not None and found.value not in seen:
                seen.add(found.value)
                yield self._time(trigger, found, kind, None, stretch)

    def _spans(self, spans: Sequence[TimeExpression] | Sequence[Amount], stretch: Stretch) -> tuple[int, int]:
        """Return which of the spans, in order of the text, lie in a stretch: the first, and the one behind the last."""
        starts = self._view.starts
        begin = starts[stretch.first] if stretch.first < len(starts) else 0
        end = starts[stretch.last] if stretch.last < len(starts) else len(self._view.reading.article.text)
        first, last = (bisect.bisect_left(spans, offset, key=lambda span: span.start) for offset in (begin, end))
        return first, last

    def _days_of_report(self, trigger: Trigger) -> Iterator[tuple[TimeExpression, Kind]]:
        """Yield the day of publication and the one before: a report tells them without saying so."""
        publication = self._view.reading.article.publication
        if publication is None:
            return
        text = self._view.reading.article.text[trigger.start : trigger.end]
        for kind, back in ((Kind.PUBLISHED, 0), (Kind.DAY_BEFORE, 1)):
            day = (publication.day - timedelta(days=back)).isoformat()
            yield TimeExpression(trigger.start, trigger.end, text, day, Precision.DAY, _MAKER), kind

    def _time(
        self, trigger: Trigger, time: TimeExpression, kind: Kind, place: int | None, stretch: Stretch, *, chosen: bool = False
    ) -> Option[TimeExpression]:
        return Option(NOWHERE if place is None else place - stretch.first, self._plain_signs(trigger, kind, place, chosen=chosen), time)

    def _amounts(self, trigger: Trigger, mention: EventMention, stretch: Stretch) -> Iterator[Option[int]]:
        held = {found.amount for found in mention.amounts}
        amounts = self._view.reading.tagging.amounts
        for index in range(*self._spans(amounts, stretch)):
            place = self._view.at(amounts[index].start)
            if amounts[index].derived_from is None and place is not None and self._is_near(place, trigger):
                yield Option(place - stretch.first, self._plain_signs(trigger, Kind.AMOUNT, place, chosen=index in held), index)

    def _is_near(self, place: int, trigger: Trigger) -> bool:
        return abs(self._view.sentence(place).index - trigger.sentence.index) <= 1

    def _plain_signs(self, trigger: Trigger, kind: Kind, place: int | None, *, chosen: bool) -> Signs:
        distance, sentence = self._distance(trigger, place), self._sentence(trigger, place)
        return Signs(kind, distance, sentence, 0, self._relation(trigger, place), 0, int(chosen), 0, 0, 0)

    # --- where it stands -----------------------------------------------------------------------------------------

    def _distance(self, trigger: Trigger, place: int | None) -> int:
        if place is None:
            return _FAR
        words = place - self._view.place(trigger.sentence, trigger.head)
        return bisect.bisect_right(_BOUNDS, abs(words)) + (0 if words >= 0 else STEPS)

    def _sentence(self, trigger: Trigger, place: int | None) -> int:
        if place is None:
            return 4
        return {0: 0, -1: 1, 1: 2}.get(self._view.sentence(place).index - trigger.sentence.index, 3)

    def _relation(self, trigger: Trigger, place: int | None) -> int:
        """Return the class of the relation that joins the two words in the parse, 0 where none does."""
        parse = trigger.sentence.parse
        if place is None or parse is None or self._view.sentence(place) is not trigger.sentence:
            return 0
        word = place - self._view.place(trigger.sentence, 0)
        if parse.heads[word] == trigger.head:
            return _RELATION.get(parse.deps[word], 0)
        if parse.heads[trigger.head] == word:
            relation = _RELATION.get(parse.deps[trigger.head], 0)
            return relation and len(_RELATIONS) + relation
        return 0


def _kind(phrase: Phrase) -> Kind:
    if phrase.pronoun:
        return Kind.PRONOUN
    if phrase.mention is not None:
        return Kind(LABELS.index(phrase.mention.label))
    return Kind.ADJECTIVE if phrase.demonym else Kind.NOUN


def _kind_of_time(time: TimeExpression) -> Kind:
    if isinstance(time.value, tuple):
        return Kind.RANGE
    return {4: Kind.YEAR, 7: Kind.MONTH}.get(len(time.value or ""), Kind.DAY)
