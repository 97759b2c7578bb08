"""What the article says of an event: asserted, alleged, planned, possible, called for or denied.

Cues are data; each has a side, a reach and a scope. When several govern one trigger the order is denied, called for,
planned or possible, alleged, asserted. A factive phrase ("not only") cancels the cues that it covers.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.vocabulary import Modality
from pipeline.events.hangul_patterns import HangulMatcher, HangulPattern
from pipeline.events.patterns import Matcher, Pattern
from pipeline.events.reading import Reading, Sentence
from pipeline.events.relations import SPEECH_ACTS
from pipeline.events.triggers import Trigger
from pipeline.events.words import Cue, WordLists

__all__ = ["ModalityFinding", "ModalityReader"]

_ORDER = (Modality.DENIED, Modality.CALLED_FOR, Modality.PLANNED, Modality.POSSIBLE, Modality.ALLEGED)
_FUTURE = frozenset({Modality.CALLED_FOR, Modality.PLANNED, Modality.POSSIBLE})
_AUXILIARY = frozenset({Modality.PLANNED, Modality.POSSIBLE})
_SPEECH_REACH = 2
"""Words between a cue and an act of speech that it governs: what is said further on belongs to the content."""
_PAST_REACH = 8
_INFINITIVE_REACH = 12
_KOREAN_BORDERS = frozenset(".;\n")


@dataclass(frozen=True, slots=True)
class ModalityFinding:
    """A modality with the words that show it."""

    modality: Modality
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _CueHit:
    """A cue at word indexes (English) or characters (Korean) `start:end`."""

    cue: Cue
    start: int
    end: int


class ModalityReader:
    """Decides the modality of triggers; built once per language."""

    def __init__(self, words: WordLists) -> None:
        pairs = [(cue, pattern) for cue in words.cues for pattern in cue.patterns]
        self._english: Matcher[Cue] = Matcher((cue, pattern) for cue, pattern in pairs if isinstance(pattern, Pattern))
        self._korean: HangulMatcher[Cue] = HangulMatcher((cue, pattern) for cue, pattern in pairs if isinstance(pattern, HangulPattern))
        self._sets = words.sets
        self._inflects = words.inflects

    def cues(self, reading: Reading, sentence: Sentence) -> tuple[_CueHit, ...]:
        """Return the cues of a sentence that no factive phrase cancels."""
        if self._inflects:
            found = self._english.find(sentence)
            hits = [_CueHit(hit.key, hit.start, hit.end) for hit in found if not _is_name_or_date(sentence, hit.start, reading)]
        else:
            korean = self._korean.find(reading.article.text, sentence.start, sentence.end)
            hits = [_CueHit(cue, start, end) for cue, start, end in korean]
        factive = [hit for hit in hits if hit.cue.modality is None]
        return tuple(
            hit for hit in hits if hit.cue.modality is not None and not any(f.start <= hit.start and hit.end <= f.end for f in factive)
        )

    def read(self, trigger: Trigger, cues: tuple[_CueHit, ...], reading: Reading) -> ModalityFinding:
        """Return the modality of one trigger, given the cues of its sentence."""
        if self._inflects:
            governing = [hit for hit in cues if self._governs(hit, trigger)]
        else:
            governing = [hit for hit in cues if _governs_korean(hit, trigger, reading.article.text)]
        if trigger.rule.modality is not None and not any(hit.cue.modality is Modality.DENIED for hit in governing):
            return ModalityFinding(trigger.rule.modality, ())
        for modality in _ORDER:
            chosen = [hit for hit in governing if hit.cue.modality is modality]
            if chosen:
                return ModalityFinding(modality, tuple(_text(hit, trigger.sentence, reading, words=self._inflects) for hit in chosen))
        return ModalityFinding(Modality.ASSERTED, ())

    def _governs(self, hit: _CueHit, trigger: Trigger) -> bool:
        cue = hit.cue
        if (cue.governs == "verb" and not trigger.verbal) or (cue.governs == "noun" and trigger.verbal):
            return False
        past = self._is_finite_past(trigger)
        if past and cue.modality in _FUTURE:
            return False
        if trigger.first <= hit.start and hit.end <= trigger.head:
            return True
        clause = trigger.sentence.clause
        if hit.end <= trigger.first and cue.side in {"left", "both"}:
            same = clause[hit.end - 1] == clause[trigger.first]
            return trigger.first - hit.end <= self._reach(cue, trigger, past=past, same_clause=same) and (same or cue.crosses)
        if hit.start > trigger.last and cue.side in {"right", "both"}:
            near = hit.start - trigger.last - 1 <= cue.reach and clause[hit.start] == clause[trigger.last]
            return near and not self._opens_reason(trigger, hit)
        return False

    def _opens_reason(self, trigger: Trigger, hit: _CueHit) -> bool:
        """Tell whether the reason for the act begins between a trigger and a cue: then the cue hedges the reason alone."""
        between = trigger.sentence.words[trigger.last + 1 : hit.start]
        return any(word.norm in self._sets["reason_openers"] for word in between)

    def _reach(self, cue: Cue, trigger: Trigger, *, past: bool, same_clause: bool) -> int:
        """How far a cue reaches to the right: not far into acts of speech, nor to finite verbs; further to infinitives."""
        if trigger.frame.type in SPEECH_ACTS:
            return min(cue.reach, _SPEECH_REACH) if same_clause else -1
        if past:
            return min(cue.reach, _PAST_REACH)
        far = cue.modality in _AUXILIARY and same_clause and (self._is_base(trigger) or not self._past_before(trigger))
        return max(cue.reach, _INFINITIVE_REACH) if far else cue.reach

    def _past_before(self, trigger: Trigger) -> bool:
        """Tell whether one of the words before a noun is a past form: then an auxiliary before that governs the verb alone."""
        words = trigger.sentence.words[max(0, trigger.first - _INFINITIVE_REACH) : trigger.first]
        return trigger.verbal or any(word.norm.endswith("ed") or word.norm in self._sets["irregular_past"] for word in words)

    def _is_base(self, trigger: Trigger) -> bool:
        """Tell whether a trigger is a bare verb, which an auxiliary some words before governs: "will attend the summit and visit the base"."""
        norm = trigger.sentence.words[trigger.head].norm
        return trigger.verbal and not norm.endswith(("ed", "ing", "s")) and norm not in self._sets["irregular_past"]

    def _is_finite_past(self, trigger: Trigger) -> bool:
        """Tell whether a trigger is a past without auxiliary: it tells what happened, and "planned" before it governs another word."""
        words = trigger.sentence.words
        norm = words[trigger.head].norm
        if not trigger.verbal or norm.endswith("ing") or not (norm.endswith("ed") or norm in self._sets["irregular_past"]):
            return False
        before = trigger.head - 1
        while before >= 0 and words[before].norm in self._sets["adverbs"]:
            before -= 1
        if before < 0:
            return True
        lead = words[before].norm
        if lead in {"has", "have", "had", "'ve"}:
            return words[before - 1].norm not in self._sets["modal_verbs"] if before else True
        return lead not in self._sets["auxiliaries"] and lead != "to"


def _is_name_or_date(sentence: Sentence, position: int, reading: Reading) -> bool:
    """Tell whether a cue word is part of a name ("Ban") or of a date ("May")."""
    word = sentence.words[position]
    if sentence.mentions[position] is not None:
        return True
    return word.text == "May" and any(time.start <= word.start < time.end for time in reading.tagging.times)


def _governs_korean(hit: _CueHit, trigger: Trigger, text: str) -> bool:
    """Cues of Korean stand behind the predicate, or before the noun ("추정되는"); no sentence border may lie between."""
    if hit.start >= trigger.end and hit.cue.side in {"right", "both"}:
        between = text[trigger.end : hit.start]
    elif hit.end <= trigger.start and hit.cue.side in {"left", "both"}:
        between = text[hit.end : trigger.start]
    else:
        return False
    return len(between) <= hit.cue.reach and (hit.cue.crosses or not _has_border(between))


def _has_border(between: str) -> bool:
    if any(mark in between for mark in _KOREAN_BORDERS):
        return True
    return any(ending in between for ending in ("며 ", "지만 ", "으나 ", "는데 ", ", "))


def _text(hit: _CueHit, sentence: Sentence, reading: Reading, *, words: bool) -> str:
    if not words:
        return reading.article.text[hit.start : hit.end]
    return reading.article.text[sentence.words[hit.start].start : sentence.words[hit.end - 1].end]
