"""What the article says of an event: asserted, alleged, planned, possible, called for or denied.

Cues are data; each has a side, a reach and a scope. When several govern one trigger the order is denied, called for,
possible, planned, alleged, asserted. A factive phrase ("not only") cancels the cues that it covers.

Where the article is parsed the parse decides: a cue governs what stands below it, and as auxiliary, negation or adverb
what its verb governs without a new clause between; a cue that the parse puts elsewhere in the sentence does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from models.records import Argument
from models.vocabulary import EventType, Modality
from pipeline.events.hangul_patterns import HangulMatcher, HangulPattern
from pipeline.events.parse import Parse
from pipeline.events.patterns import Matcher, Pattern
from pipeline.events.reading import Reading, Sentence
from pipeline.events.relations import SPEECH_ACTS
from pipeline.events.scope import has_own_subject, marks_of, shares_clause, top_of, upward
from pipeline.events.triggers import Trigger
from pipeline.events.words import Cue, WordLists

__all__ = ["ModalityFinding", "ModalityReader"]

_ORDER = (Modality.DENIED, Modality.CALLED_FOR, Modality.POSSIBLE, Modality.PLANNED, Modality.ALLEGED)
_FUTURE = frozenset({Modality.CALLED_FOR, Modality.PLANNED, Modality.POSSIBLE})
_AUXILIARY = frozenset({Modality.PLANNED, Modality.POSSIBLE})
_SPEECH_REACH = 2
"""Words between a cue and an act of speech that it governs: what is said further on belongs to the content."""
_PAST_REACH = 8
_INFINITIVE_REACH = 12
_CONTENT = frozenset({"ccomp", "xcomp", "obj", "iobj", "csubj", "csubj:pass", "nsubj:pass"})
"""Relations by which a cue governs what is below it: its object, its content, the subject of its passive."""
_PHRASAL = frozenset({"obl", "nmod"})
_OPEN_CLAUSES = frozenset({"advcl", "acl"})
_OPEN_MARKS = frozenset({"to", "of", "for", "with", "from", "in", "on", "as", "about"})
"""Words before a clause or phrase that is the content of a cue: "accused of laundering", "plans for a launch"."""
_AS_AUXILIARY = frozenset({"aux", "aux:pass", "advmod", "mark", "cop", "cc", "discourse"})
_AS_MODIFIER = frozenset({"amod", "det", "advmod", "compound", "nmod"})
_SAME_CLAUSE = frozenset({"xcomp", "obj", "compound", "conj", "nsubj", "nsubj:pass", "obl", "nmod", "acl"})
_SETTINGS = frozenset({"at", "in", "during", "with"})
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


class _Grip(Enum):
    """How a cue holds a trigger by the parse."""

    GOVERNS = 1
    UNCLEAR = 2
    OUTSIDE = 3


class ModalityReader:
    """Decides the modality of triggers; built once per language."""

    def __init__(self, words: WordLists) -> None:
        pairs = [(cue, pattern) for cue in words.cues for pattern in cue.patterns]
        self._english: Matcher[Cue] = Matcher((cue, pattern) for cue, pattern in pairs if isinstance(pattern, Pattern))
        self._korean: HangulMatcher[Cue] = HangulMatcher((cue, pattern) for cue, pattern in pairs if isinstance(pattern, HangulPattern))
        self._sets = words.sets
        self._classes = words.classes
        self._inflects = words.inflects

    def cues(self, reading: Reading, sentence: Sentence) -> tuple[_CueHit, ...]:
        """Return the cues of a sentence that no factive phrase cancels."""
        if self._inflects:
            found = self._english.find(sentence)
            hits = [
                _CueHit(hit.key, hit.start, hit.end)
                for hit in found
                if not _is_name_or_date(sentence, hit.start, reading) and not _is_preposition(sentence, hit.start, hit.end)
            ]
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
        return ModalityFinding(Modality.PLANNED if _is_before_present(trigger) else Modality.ASSERTED, ())

    def _governs(self, hit: _CueHit, trigger: Trigger) -> bool:
        cue = hit.cue
        if trigger.frame.type in cue.spares or (
            cue.modality in {Modality.PLANNED, Modality.CALLED_FOR} and self._is_threat_itself(trigger)
        ):
            return False
        grip = self._grip(hit, trigger)
        if grip is _Grip.UNCLEAR:
            return self._reaches(hit, trigger)
        return grip is _Grip.GOVERNS and not (cue.modality in _FUTURE and self.is_finite_past(trigger))

    def _is_threat_itself(self, trigger: Trigger) -> bool:
        """Tell whether the words are those of a threat ("will turn it into a sea of fire"): its future does not make it a future threat."""
        return trigger.frame.type is EventType.THREAT and trigger.sentence.words[trigger.head].norm not in self._sets["threatening"]

    def is_boast(self, trigger: Trigger, speaker: Argument | None) -> bool:
        """Tell whether a state whose claims nobody can check tells of its own new weapons: an unverified boast is alleged."""
        if trigger.frame.type is not EventType.WEAPONS_PROGRAM or not trigger.verbal or speaker is None:
            return False
        words = trigger.sentence.words[trigger.first : trigger.last + 1]
        who = f" {speaker.name} {speaker.text} ".lower().replace("-", " ")
        return any(word.norm in self._sets["capability"] for word in words) and any(
            f" {' '.join(name)}" in who for name in self._classes.get("boaster", ())
        )

    def _grip(self, hit: _CueHit, trigger: Trigger) -> _Grip:
        """Tell by the parse whether a cue holds a trigger; without one, or where cue and trigger overlap, it is unclear."""
        parse = trigger.sentence.parse
        if parse is None or (hit.start <= trigger.last and trigger.first < hit.end):
            return _Grip.UNCLEAR
        here = range(hit.start, hit.end)
        word = top_of(parse, trigger.first, trigger.last)
        if _is_attached(parse, here, word, _AS_AUXILIARY | _AS_MODIFIER) or _is_in_relative_clause(hit, parse, word):
            return _Grip.GOVERNS
        same, given, touched = True, self._is_given(parse, word), False
        for below, above, relation in upward(parse, word):
            if above in here:
                return self._as_content(hit.cue, parse, (below, above, relation), same=same and not given)
            if self._is_circumstance(parse, below, relation) or (relation in _OPEN_CLAUSES and trigger.frame.type in SPEECH_ACTS):
                return _Grip.OUTSIDE
            same = same and _is_one_clause(parse, below, relation)
            given = given and not (parse.is_verb(above) and (parse.norms[above] in self._sets["occurrence"] or _is_setting(parse, below)))
            ceased = relation in _CONTENT and not trigger.verbal and parse.norms[above] in self._sets["ceasing"]
            if ceased or (given and parse.is_verb(above)):
                return _Grip.UNCLEAR if hit.cue.modality is Modality.ALLEGED else _Grip.OUTSIDE
            if _is_attached(parse, here, above, _AS_AUXILIARY | _AS_MODIFIER):
                if relation == "csubj" and hit.cue.modality in _AUXILIARY:
                    return _Grip.GOVERNS
                if same and parse.is_verb(above) and self._is_told_by(parse, below, above, relation):
                    return _Grip.GOVERNS
                touched = True
        return _Grip.UNCLEAR if touched else _Grip.OUTSIDE

    def _is_given(self, parse: Parse, word: int) -> bool:
        """Tell whether a noun takes up an act that is known: "its tests", "the launch"; what may come of it is another matter."""
        if parse.is_verb(word):
            return False
        return any(parse.norms[child] in self._sets["definite"] for child in parse.children(word, "det")) or any(
            True for _ in parse.children(word, "nmod:poss")
        )

    def _is_told_by(self, parse: Parse, noun: int, verb: int, relation: str) -> bool:
        """Tell whether the auxiliary of a verb holds for what is below it: of subject and circumstance only where it says that they happen."""
        if relation in _PHRASAL and _is_setting(parse, noun):
            return True
        return relation not in {"nsubj", "nsubj:pass"} | _PHRASAL or parse.norms[verb] in self._sets["occurrence"]

    def _is_circumstance(self, parse: Parse, word: int, relation: str) -> bool:
        """Tell whether what is above a word is told beside it: after, over or because of it, or in a clause about it."""
        if relation in {"acl:relcl", "parataxis"}:
            return True
        if relation in _PHRASAL | {"advcl"} and marks_of(parse, word) & self._sets["circumstance"]:
            return True
        return relation == "advcl" and not shares_clause(parse, word, relation)

    @staticmethod
    def _as_content(cue: Cue, parse: Parse, step: tuple[int, int, str], *, same: bool) -> _Grip:
        """Tell how a cue holds what is below it; `step` is the word below, the cue word and the relation."""
        below, _, relation = step
        if relation == "nsubj":
            return _Grip.OUTSIDE
        if not _is_content(parse, below, relation):
            return _Grip.UNCLEAR if relation in {"conj", "dep"} else _Grip.OUTSIDE
        return _Grip.GOVERNS if same or cue.crosses else _Grip.UNCLEAR

    def _reaches(self, hit: _CueHit, trigger: Trigger) -> bool:
        """Tell by word order whether a cue governs a trigger."""
        cue = hit.cue
        if (cue.governs == "verb" and not trigger.verbal) or (cue.governs == "noun" and trigger.verbal):
            return False
        past = self.is_finite_past(trigger)
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

    def is_finite_past(self, trigger: Trigger) -> bool:
        """Tell whether a trigger is a past without auxiliary: it tells what happened, and "planned" before it governs another word."""
        words = trigger.sentence.words
        norm = words[trigger.head].norm
        if not trigger.verbal or norm.endswith("ing") or not (norm.endswith("ed") or norm in self._sets["irregular_past"]):
            return False
        if norm in self._sets["scheduling"]:
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


def _is_before_present(trigger: Trigger) -> bool:
    """Tell whether an act stands in a clause of time yet to come: "days before the president visits Seoul"."""
    parse = trigger.sentence.parse
    if parse is None or parse.tags[trigger.head] not in {"VBZ", "VBP"}:
        return False
    return bool(marks_of(parse, trigger.head) & {"before", "until", "once"})


def _is_attached(parse: Parse, cue: range, word: int, relations: frozenset[str]) -> bool:
    """Tell whether a cue is a direct dependent of a word by one of these relations."""
    return any(parse.heads[part] == word and parse.deps[part] in relations for part in cue)


def _is_in_relative_clause(hit: _CueHit, parse: Parse, word: int) -> bool:
    """Tell whether a hedge is the verb of a clause about the act: "attacks that Seoul blames on the North"."""
    if hit.cue.modality is not Modality.ALLEGED:
        return False
    nouns = {word, *parse.children(word, "obl")}
    return any(parse.deps[part] == "acl:relcl" and parse.heads[part] in nouns for part in range(hit.start, hit.end))


def _is_setting(parse: Parse, word: int) -> bool:
    """Tell whether a phrase names what its verb happens at: "will speak at the summit"."""
    return bool(marks_of(parse, word) & _SETTINGS)


def _is_one_clause(parse: Parse, word: int, relation: str) -> bool:
    """Tell whether a word and the one above it share subject and time."""
    if relation == "conj" and parse.is_verb(word):
        return not has_own_subject(parse, word) and not any(True for _ in parse.children(word, "aux", "cop"))
    return relation in _SAME_CLAUSE or shares_clause(parse, word, relation)


def _is_content(parse: Parse, word: int, relation: str) -> bool:
    """Tell whether what hangs on a cue by a relation is its content, not a circumstance."""
    if relation in _CONTENT:
        return True
    marks = marks_of(parse, word)
    return relation in _PHRASAL | _OPEN_CLAUSES and marks <= _OPEN_MARKS and bool(marks or relation != "advcl")


def _is_name_or_date(sentence: Sentence, position: int, reading: Reading) -> bool:
    """Tell whether a cue word is part of a name ("Ban") or of a date ("May")."""
    word = sentence.words[position]
    if sentence.mentions[position] is not None:
        return True
    return word.text == "May" and any(time.start <= word.start < time.end for time in reading.tagging.times)


def _is_preposition(sentence: Sentence, start: int, end: int) -> bool:
    """Tell whether a cue of one word is a preposition by the parse: "to" in "switched to diplomatic targets"."""
    return sentence.parse is not None and end - start == 1 and sentence.parse.deps[start] == "case"


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
