"""What the event reader learns from: the stretches of annotated articles, with right answers for words, triggers and options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.records import Argument, Article, Linking, Tagging, TimeExpression
from models.vocabulary import EventType
from pipeline.events.arguments import ArgumentFinder
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.decide import generic_rule
from pipeline.events.reader.network import MODALITIES, PARTS
from pipeline.events.reader.options import NOWHERE, STEPS, Option, OptionReader, Options, same_filler
from pipeline.events.reader.view import TYPES, Stretch, View, cut_stretches, view_of
from pipeline.events.reading import Sentence
from pipeline.events.triggers import Trigger
from pipeline.text.pieces import PieceCutter
from pipeline.train.matching import GoldArticle, dates_agree, overlap

__all__ = ["UNASKED", "EventLesson", "TriggerLesson", "lessons_of"]

Json = Mapping[str, Any]
Labels = npt.NDArray[np.int8]

UNASKED = -1
"""Answer to what is not asked."""


@dataclass(frozen=True, slots=True)
class TriggerLesson:
    """A trigger that tells an annotated event: its word in the stretch, the class of its type, what the rules hold its modality to be,
    and what it is; its options, and for each of them and each of PARTS 1 (it is that), 0 (it is not) or UNASKED.
    """

    word: int
    kind: int
    told: int
    modality: int
    options: Options
    answers: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class EventLesson:
    """One stretch of an article; `types` is (words, types): 1 where a trigger has its head, 0 where none is, UNASKED beside heads."""

    view: View
    stretch: Stretch
    types: Labels
    triggers: tuple[TriggerLesson, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """A passage that tells an annotated event: the words of it in its sentence, and the one that its other words hang on."""

    event: Json
    sentence: Sentence
    words: tuple[int, ...]
    head: int


def lessons_of(
    row: Json, article: Article, tagging: Tagging, linking: Linking, extractor: LanguageExtractor, cutter: PieceCutter
) -> Iterator[EventLesson]:
    """Yield the lessons of one annotated article, given what the tag and link stages say of it."""
    reading, finder = extractor.prepare(article, tagging, linking)
    if not isinstance(finder, ArgumentFinder):
        raise TypeError("the reader learns a language that inflects")
    found = extractor.triggers(reading)
    told = list(_told(row, reading.sentences))
    view = view_of(reading, found)
    types = _types(view, told, found)
    if row.get("partial"):
        _ask_in_part(types, view, list(_told({"events": row["rejected"]}, reading.sentences)))
    for name in row.get("unasked", ()):
        # The annotator was freer with this type than the guide: where it says yes, nothing is learnt.
        column = types[:, TYPES.index(EventType(name))]
        column[column == 1] = UNASKED
    pairs = [(trigger, one.event) for trigger in found if (one := _telling(trigger, told)) is not None]
    pairs += [
        (_bare_trigger(one, extractor), one.event)
        for one in told
        if not any(
            trigger.sentence is one.sentence and _is_of(trigger, one) and trigger.first <= one.head <= trigger.last for trigger in found
        )
    ]
    drafts = extractor.drafts(reading, [trigger for trigger, _ in pairs], finder)
    options = OptionReader(view, finder)
    for stretch in cut_stretches(view, cutter):
        triggers = []
        for (trigger, event), draft in zip(pairs, drafts, strict=True):
            place = view.place(trigger.sentence, trigger.head)
            if stretch.first <= place < stretch.last:
                offered = options.options(trigger, draft.mention, stretch)
                triggers.append(
                    TriggerLesson(
                        place - stretch.first,
                        TYPES.index(trigger.frame.type),
                        MODALITIES.index(draft.mention.modality),
                        [one.value for one in MODALITIES].index(event["modality"]),
                        offered,
                        tuple(_answers(offered, event, row, tagging)),
                    )
                )
        yield EventLesson(view, stretch, types[stretch.first : stretch.last], tuple(triggers))


def _told(row: Json, sentences: Sequence[Sentence]) -> Iterator[_Told]:
    for event in row["events"]:
        for trigger in event["triggers"]:
            covered = [
                (sentence, words)
                for sentence in sentences
                if sentence.start < trigger["end"] and trigger["start"] < sentence.end
                if (words := _words_in(sentence, trigger))
            ]
            if covered:
                sentence, words = max(covered, key=lambda pair: len(pair[1]))
                yield _Told(event, sentence, words, _head(sentence, words))


def _words_in(sentence: Sentence, span: Json) -> tuple[int, ...]:
    return tuple(place for place, word in enumerate(sentence.words) if word.start < span["end"] and span["start"] < word.end)


def _head(sentence: Sentence, words: tuple[int, ...]) -> int:
    """Return the word that the others hang on; where the parse breaks the passage in parts, a verb or noun."""
    parse = sentence.parse
    if parse is None:
        return words[-1]
    tops = [word for word in words if parse.heads[word] not in words]
    telling = [word for word in (*tops, *words) if parse.tags[word].startswith(("VB", "NN"))]
    return next(iter((*telling, *tops, *words)))


def _types(view: View, told: Sequence[_Told], found: Sequence[Trigger]) -> Labels:
    types = np.zeros((len(view.words), len(TYPES)), np.int8)
    for one in told:
        kind = TYPES.index(EventType(one.event["type"]))
        for word in one.words:
            place = view.place(one.sentence, word)
            types[place, kind] = min(types[place, kind], UNASKED) if types[place, kind] != 1 else 1
    for one in told:
        types[view.place(one.sentence, one.head), TYPES.index(EventType(one.event["type"]))] = 1
    for trigger in found:
        # Another word of a sentence that tells such an event: the rules may mean the same.
        beside = any(one.sentence is trigger.sentence and _is_of(trigger, one) for one in told)
        first, last = (view.place(trigger.sentence, word) for word in (trigger.first, trigger.last))
        covered = types[first : last + 1, TYPES.index(trigger.frame.type)]
        if beside and not covered.any():
            covered[:] = UNASKED
    return types


def _ask_in_part(types: Labels, view: View, rejected: Iterable[_Told]) -> None:
    """Ask nothing of words that nobody looked at; the heads of triggers that were rejected tell no event of their type."""
    types[types == 0] = UNASKED
    for one in rejected:
        head = view.place(one.sentence, one.head), TYPES.index(EventType(one.event["type"]))
        types[head] = max(types[head], 0)


def _is_of(trigger: Trigger, one: _Told) -> bool:
    return bool(trigger.frame.type.value == one.event["type"])


def _telling(trigger: Trigger, told: Iterable[_Told]) -> _Told | None:
    for one in told:
        if one.sentence is trigger.sentence and _is_of(trigger, one) and one.words[0] <= trigger.last and trigger.first <= one.words[-1]:
            return one
    return None


def _bare_trigger(one: _Told, extractor: LanguageExtractor) -> Trigger:
    kind = EventType(one.event["type"])
    frame = next(frame for frame in extractor.language.frames if frame.type is kind)
    word = one.sentence.words[one.head]
    parse = one.sentence.parse
    where = (word.start, word.end)
    verbal = parse is not None and parse.is_verb(one.head)
    return Trigger(frame, generic_rule(kind), one.sentence, *where, *where, one.head, one.head, one.head, verbal=verbal)


def _answers(options: Options, event: Json, row: Json, tagging: Tagging) -> Iterator[tuple[int, ...]]:
    gold = GoldArticle(row)
    roles = [list(event.get("actors", ())), list(event.get("targets", ())), [event["speaker"]] if event.get("speaker") else []]
    columns = [_right_fillers(options.fillers, idents, gold) for idents in roles]
    for place in range(len(options.fillers)):
        yield (*(column[place] for column in columns), UNASKED, UNASKED)
    for time in options.times:
        yield (UNASKED, UNASKED, UNASKED, int(_is_date(time.filler, event)), UNASKED)
    wanted = [row["amounts"][index] for index in event.get("amounts", ())]
    for option in options.amounts:
        amount = tagging.amounts[option.filler]
        span = {"start": amount.start, "end": amount.end}
        yield (*[UNASKED] * (len(PARTS) - 1), int(any(overlap(span, one) for one in wanted)))


def _right_fillers(options: Sequence[Option[Argument]], idents: Iterable[str], gold: GoldArticle) -> list[int]:
    """Return 1 for the options that stand for the one filler chosen of each wanted entity, 0 for the others.

    Where several do ("North Korea", "the regime") a name in the sentence is chosen before a name elsewhere and that before a noun:
    to take two of them would count one party twice.
    """
    right: set[str] = set()
    described = [_describe(option.filler) for option in options]
    for ident in idents:
        fitting = [place for place, argument in enumerate(described) if gold.is_entity(ident, argument)]
        if fitting:
            best = min(fitting, key=lambda place: _preference(options[place]))
            right.add(same_filler(options[best].filler))
    return [int(same_filler(option.filler) in right) for option in options]


def _preference(option: Option[Argument]) -> tuple[bool, bool, bool, int]:
    here = option.signs.sentence == 0
    return option.place == NOWHERE, option.filler.entity is None, not here, option.signs.distance % STEPS


def _describe(argument: Argument) -> Json:
    return {"start": argument.start, "end": argument.end, "text": argument.text, "name": argument.name}


def _is_date(time: TimeExpression, event: Json) -> bool:
    wanted = event.get("date")
    value = list(time.value) if isinstance(time.value, tuple) else time.value
    return wanted is not None and dates_agree(wanted, value)
