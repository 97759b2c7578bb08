"""The chain from a tagged article to its events, for one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from models.records import Argument, Article, Event, EventMention, EventRelation, Linking, Maker, Span, Tagging, TimeExpression
from models.vocabulary import Genericity, Modality, Precision
from pipeline.errors import ConfigurationError
from pipeline.events.arguments import ArgumentFinder
from pipeline.events.assemble import Candidate, assemble
from pipeline.events.attachments import amounts_of, day_of_report, day_told_by_distance, is_of_the_day, quantities_of, time_of
from pipeline.events.attribution import AttributionReader, Speakers, is_told_of_another
from pipeline.events.clauses import clause_numberer
from pipeline.events.frames import Language, Rule
from pipeline.events.korean import KoreanArguments
from pipeline.events.modality import ModalityFinding, ModalityReader
from pipeline.events.reader.decide import NETWORK_RULE, EventReader
from pipeline.events.reader.network import EventNetwork
from pipeline.events.reading import Reading, Sentence, read_article
from pipeline.events.relations import SPEECH_ACTS, relate
from pipeline.events.triggers import Trigger, TriggerFinder

__all__ = ["LanguageExtractor"]

_UNSURE = 0.8
"""Factor on the score of a mention that is not plainly asserted: its type is right as often, the rest less often."""


class LanguageExtractor:
    """Extracts the events of articles in one language; with a trained reader the rules propose and it decides."""

    def __init__(self, language: Language, *, network: EventNetwork | None = None) -> None:
        self.language = language
        self._triggers = TriggerFinder(language)
        self._modality = ModalityReader(language.words)
        self._attribution = AttributionReader(language.words)
        self._borders = clause_numberer(language.words.sets)
        if network is not None and not language.words.inflects:
            raise ConfigurationError(f"the trained reader needs a parse, and language {language.code!r} is read without one")
        self._reader = None if network is None else EventReader(network, language.frames, light_verbs=language.words.sets["light_verbs"])

    def extract(
        self, article: Article, tagging: Tagging, linking: Linking, maker: Maker
    ) -> tuple[tuple[Event, ...], tuple[EventRelation, ...]]:
        """Return the events and their relations."""
        reading, finder = self.prepare(article, tagging, linking)
        triggers = self.triggers(reading)
        if self._reader is not None and isinstance(finder, ArgumentFinder):
            maker = replace(maker, version=f"{maker.version}.{self._reader.network.version}")
            told = self._days_by_distance(reading, triggers)
            read = (_dated_near(event, told, tagging.times) for event in self._read(reading, triggers, finder, self._reader, maker))
            events = tuple(_dated(event, told) for event in read)
        else:
            told = self._days_told(reading, triggers)
            events = tuple(_dated(event, told) for event, _ in assemble(self.drafts(reading, triggers, finder), maker, article.title))
        return events, relate(events)

    def prepare(self, article: Article, tagging: Tagging, linking: Linking) -> tuple[Reading, ArgumentFinder | KoreanArguments]:
        """Arrange an article for the rules, and make ready what finds fillers in it."""
        reading = read_article(article, tagging, linking, borders=self._borders)
        words = self.language.words
        finder = ArgumentFinder(reading, words) if words.inflects else KoreanArguments(reading, words)
        if isinstance(finder, ArgumentFinder):
            finder.fillers.speaker_of = Speakers(reading, self._attribution, finder).at
        return reading, finder

    def triggers(self, reading: Reading) -> list[Trigger]:
        """Return where rules fire, in order of the text."""
        return self._triggers.find(reading)

    def drafts(self, reading: Reading, triggers: Sequence[Trigger], finder: ArgumentFinder | KoreanArguments) -> list[Candidate]:
        """Return what the rules say of each trigger, in the order given."""
        by_sentence: dict[int, list[Trigger]] = {}
        for trigger in triggers:
            by_sentence.setdefault(trigger.sentence.index, []).append(trigger)
        found: dict[int, Candidate] = {}
        for some in by_sentence.values():
            drafts = self._read_sentence(some[0].sentence, some, reading, finder)
            found |= {id(trigger): draft for trigger, draft in zip(some, drafts, strict=True)}
        return [found[id(trigger)] for trigger in triggers]

    def _read(
        self, reading: Reading, triggers: Sequence[Trigger], finder: ArgumentFinder, reader: EventReader, maker: Maker
    ) -> tuple[Event, ...]:
        """Return what the trained reader makes of the rules' triggers and of those that it adds."""
        view, sights = reader.look(reading, triggers)
        drafts = self.drafts(reading, [sight.trigger for sight in sights], finder)
        told = reader.read(view, sights, [draft.mention for draft in drafts], finder)
        candidates = [
            replace(draft, mention=mention, time=time, odds=odds) for draft, (mention, time, odds) in zip(drafts, told, strict=True)
        ]
        assembled = assemble(candidates, maker, reading.article.title)
        return tuple(reader.settle(event, [member.odds for member in members]) for event, members in assembled)

    def _days_told(self, reading: Reading, triggers: Sequence[Trigger]) -> dict[tuple[int, int], str]:
        """Return the days that triggers have without an expression of their own: by distance, or an act of speech by the day of the report."""
        today = day_of_report(reading)
        spoken = {
            (trigger.start, trigger.end): today
            for trigger in triggers
            if today is not None and trigger.frame.type in SPEECH_ACTS and is_of_the_day(trigger)
        }
        return spoken | self._days_by_distance(reading, triggers)

    def _days_by_distance(self, reading: Reading, triggers: Sequence[Trigger]) -> dict[tuple[int, int], str]:
        """Return the days that are told by their distance from another: "a day after the North fired"."""
        days = ((trigger, day_told_by_distance(trigger, reading)) for trigger in triggers)
        return {(trigger.start, trigger.end): day for trigger, day in days if day is not None}

    def _read_sentence(
        self, sentence: Sentence, triggers: Sequence[Trigger], reading: Reading, finder: ArgumentFinder | KoreanArguments
    ) -> list[Candidate]:
        cues = self._modality.cues(reading, sentence)
        sources = self._attribution.sources(reading, sentence, finder)
        found = []
        for trigger in triggers:
            own = trigger.frame.type in SPEECH_ACTS
            time = time_of(trigger, reading, triggers, [source.verb_end for source in sources], spoken=own)
            modality = self._modality.read(trigger, cues, reading)
            if not self._modality.is_finite_past(trigger):
                modality = _planned_if_future(modality, time, reading)
            attribution = self._attribution.read(trigger, sources, reading)
            if modality.modality is Modality.ASSERTED and self._modality.is_boast(trigger, attribution.speaker):
                modality = ModalityFinding(Modality.ALLEGED, ())
            actors, targets = finder.fill(trigger, "actor"), finder.fill(trigger, "target")
            if own and not actors and attribution.speaker is not None:
                # "The drills are a rehearsal for war, Pyongyang said": who speaks does what is said.
                actors = (attribution.speaker,)
            targets = tuple(target for target in targets if not _shares(target, actors))
            speaker = attribution.speaker if not own or is_told_of_another(trigger) else None
            mention = EventMention(
                trigger=Span(trigger.start, trigger.end, reading.article.text[trigger.start : trigger.end]),
                evidence=Span(sentence.start, sentence.end, reading.article.text[sentence.start : sentence.end]),
                modality=modality.modality,
                genericity=Genericity.SPECIFIC,
                cues=modality.cues,
                speaker=None if speaker is not None and _shares(speaker, actors) else speaker,
                attribution=attribution.kind,
                actors=actors,
                targets=targets,
                place=finder.place(trigger),
                amounts=amounts_of(trigger, reading, triggers),
                quantities=quantities_of(trigger, reading),
                time=time,
                core=trigger.start < reading.lead,
                score=round(trigger.rule.score * (1.0 if modality.modality is Modality.ASSERTED else _UNSURE), 3),
                rules=(_rule_id(self.language.code, trigger.rule),),
            )
            found.append(Candidate(trigger.frame.type, trigger.rule, mention, None if time is None else reading.tagging.times[time]))
        return found


def _rule_id(code: str, rule: Rule) -> str:
    """Return the id under which a rule is stored: that of the network says no language."""
    return rule.id if rule.id.startswith(NETWORK_RULE) else f"{code}:{rule.id}"


def _planned_if_future(found: ModalityFinding, time: int | None, reading: Reading) -> ModalityFinding:
    """Call planned what is told without a cue but dated after the publication ("visits Seoul next week")."""
    if found.modality is not Modality.ASSERTED or time is None or reading.article.publication is None:
        return found
    value = reading.tagging.times[time].value
    start = value[0] if isinstance(value, tuple) else value
    today = reading.article.publication.day.isoformat()
    if start is not None and start > today[: len(start)]:
        return ModalityFinding(Modality.PLANNED, (reading.tagging.times[time].text,))
    return found


def _dated(event: Event, told: Mapping[tuple[int, int], str]) -> Event:
    """Give an event that no expression dates the day that its first telling implies; its mentions stay without one.

    A day that is told ("a day after the North fired") counts more than that of the report, which a reader takes where nothing is said.
    """
    first = event.mentions[0].trigger
    day = told.get((first.start, first.end))
    dated = any(mention.time is not None for mention in event.mentions)
    return event if day is None or dated else replace(event, date=day, precision=Precision.DAY)


def _dated_near(event: Event, told: Mapping[tuple[int, int], str], times: Sequence[TimeExpression]) -> Event:
    """Leave out times in other sentences of an event whose first telling has its day in its own: "a day after the North fired"."""
    first = event.mentions[0].trigger
    if (first.start, first.end) not in told:
        return event
    near = tuple(
        mention
        if mention.time is None or mention.evidence.start <= times[mention.time].start < mention.evidence.end
        else replace(mention, time=None)
        for mention in event.mentions
    )
    return replace(event, mentions=near)


def _shares(argument: Argument, others: tuple[Argument, ...]) -> bool:
    return any((argument.entity and argument.entity == other.entity) or argument.name == other.name for other in others)
