"""To whom a claim is attributed: reporting verbs, "according to", quotations; in Korean -다고 밝혔다 and -에 따르면."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from models.records import Argument
from models.vocabulary import AttributionKind, Label
from pipeline.events.arguments import ArgumentFinder
from pipeline.events.hangul_patterns import HangulMatcher, HangulPattern
from pipeline.events.korean import KoreanArguments
from pipeline.events.patterns import Matcher, Pattern
from pipeline.events.reading import Reading, Sentence
from pipeline.events.scope import marks_of, top_of, upward
from pipeline.events.triggers import Trigger
from pipeline.events.words import WordLists

__all__ = ["Attribution", "AttributionReader", "Source", "Speakers", "is_told_of_another"]

_CLAIMS = frozenset({"ccomp", "xcomp", "parataxis", "obj", "csubj", "dep"})
_WANTED = frozenset({"obl", "nmod", "advcl"})
_WANTED_MARKS = frozenset({"of", "for", "to", "with", "on"})
_APART = frozenset({"after", "before", "since", "following", "although", "though", "because"})
"""Words before what is told beside the claim and by the article itself more often than by the source."""
_DOCUMENTS = ("report", "statement", "letter", "document", "indictment", "보고서", "성명", "공소장", "보도문", "담화")


@dataclass(frozen=True, slots=True)
class Source:
    """A source of a sentence, and the characters of the text that it covers."""

    speaker: Argument
    start: int
    end: int
    verb_start: int
    verb_end: int
    everywhere: bool = False
    """Whether it covers the sentence wherever it stands ("according to ...")."""
    demands: bool = False
    """Whether it wants, alleges or denies what it covers, and so governs nouns too ("called for talks")."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who says so, and how."""

    speaker: Argument | None
    kind: AttributionKind


class AttributionReader:
    """Finds the sources of sentences; built once per language."""

    def __init__(self, words: WordLists) -> None:
        self._prepositions = words.sets.get("prepositions", frozenset())
        pairs = [(kind, pattern) for kind, patterns in words.speech.items() for pattern in patterns]
        self._english: Matcher[str] = Matcher((kind, pattern) for kind, pattern in pairs if isinstance(pattern, Pattern))
        self._korean: HangulMatcher[str] = HangulMatcher((kind, pattern) for kind, pattern in pairs if isinstance(pattern, HangulPattern))

    def sources(self, reading: Reading, sentence: Sentence, finder: ArgumentFinder | KoreanArguments) -> tuple[Source, ...]:
        """Return the sources of one sentence."""
        if isinstance(finder, KoreanArguments):
            return tuple(self._korean_sources(reading, sentence, finder))
        return tuple(self._english_sources(sentence, finder))

    def read(self, trigger: Trigger, sources: tuple[Source, ...], reading: Reading) -> Attribution:
        """Return the attribution of one trigger: the nearest source that covers it and is not the trigger itself."""
        quoted = _is_quoted(reading, trigger)
        covering = [
            source
            for source in sources
            if not (source.verb_start < trigger.end and trigger.start < source.verb_end) and _covers(source, trigger, quoted=quoted)
        ]
        if not covering:
            return Attribution(None, AttributionKind.DIRECT_QUOTE if quoted else AttributionKind.UNATTRIBUTED)
        nearest = min(covering, key=lambda source: (source.end - source.start, abs(source.verb_start - trigger.start)))
        return Attribution(nearest.speaker, AttributionKind.DIRECT_QUOTE if quoted else _kind(nearest.speaker, reading))

    def _english_sources(self, sentence: Sentence, finder: ArgumentFinder) -> list[Source]:
        found: list[Source] = []
        words = sentence.words
        for hit in self._english.find(sentence):
            start, end = words[hit.start].start, words[hit.end - 1].end
            if hit.key == "according":
                speaker = finder.after(sentence, hit.end)
                if speaker and not self._is_within(sentence, hit.end, speaker):
                    found.append(Source(speaker, sentence.start, sentence.end, start, end, everywhere=True))
                continue
            if hit.key == "demand":
                parse = sentence.parse
                speaker = None if parse is None or parse.is_passive(hit.start) else finder.subject_of(sentence, hit.start)
                if speaker is not None:
                    found.append(Source(speaker, end, sentence.end, start, end, demands=True))
                continue
            inverted = hit.start > 1 and words[hit.start - 1].norm == ","
            speaker = finder.starting_at(sentence, hit.end) if inverted else None
            if speaker is not None:
                found.append(Source(speaker, sentence.start, start, start, end))
                continue
            speaker = finder.subject_of(sentence, hit.start)
            if speaker is None:
                continue
            after_comma = speaker.start is not None and _is_postposed(sentence, speaker.start, hit.start)
            bounds = (sentence.start, start) if after_comma else (end, sentence.end)
            found.append(Source(speaker, *bounds, start, end))
        return found

    def _is_within(self, sentence: Sentence, start: int, speaker: Argument) -> bool:
        """Tell whether a name stands inside a longer phrase that is no source: "citing recent moves by Japan"."""
        stop = sentence.word_at(speaker.start) if speaker.start is not None else start
        return any(word.norm in self._prepositions for word in sentence.words[start:stop])

    def _korean_sources(self, reading: Reading, sentence: Sentence, finder: KoreanArguments) -> list[Source]:
        found: list[Source] = []
        for kind, start, end in self._korean.find(reading.article.text, sentence.start, sentence.end):
            speaker = finder.before(sentence, start) if kind == "according" else finder.topic(sentence, start)
            if speaker is None or speaker.end is None:
                continue
            bounds = (end, sentence.end) if kind == "according" else (speaker.end, start)
            found.append(Source(speaker, *bounds, start, end))
        return found


class Speakers:
    """Who speaks in the first person: the source of the sentence, else of the sentence before or behind."""

    def __init__(self, reading: Reading, reader: AttributionReader, finder: ArgumentFinder) -> None:
        self._reading = reading
        self._reader = reader
        self._finder = finder

    def at(self, sentence: Sentence, offset: int) -> Argument | None:
        """Return the speaker at a character of a sentence."""
        place = sentence.index
        for step in (0, 1, -1, -2):
            if 0 <= place + step < len(self._reading.sentences):
                sources = self._reader.sources(self._reading, self._reading.sentences[place + step], self._finder)
                named = [source for source in sources if source.verb_start > offset or source.end > offset]
                for source in named or sources:
                    return source.speaker
        return None


def _covers(source: Source, trigger: Trigger, *, quoted: bool) -> bool:
    """Tell whether a source covers a trigger: by the parse where there is one, else by order and clause borders."""
    beside = source.start <= trigger.start and trigger.end <= source.end
    parse = trigger.sentence.parse
    if parse is None or source.everywhere:
        return beside and _is_main_claim(source, trigger)
    if quoted and beside:
        return True
    word = top_of(parse, trigger.first, trigger.last)
    verb = trigger.sentence.word_at(source.verb_start)
    for below, above, relation in upward(parse, word):
        if relation == "acl:relcl" or (relation in {"advcl", "obl", "nmod"} and marks_of(parse, below) & _APART):
            return False
        if parse.deps[verb] == "parataxis" and parse.heads[verb] in {below, above}:
            return True
        if above == verb:
            return relation in _CLAIMS or (source.demands and relation in _WANTED and marks_of(parse, below) <= _WANTED_MARKS)
    return parse.heads[verb] == word and parse.deps[verb] == "parataxis"


def is_told_of_another(trigger: Trigger) -> bool:
    """Tell whether an act of speech has a named doer of its own in its clause, so that a source around it is a second speaker."""
    parse = trigger.sentence.parse
    if parse is None or not trigger.verbal:
        return False
    return any(parse.tags[child].startswith("NN") for child in parse.children(trigger.head, "nsubj"))


def _is_main_claim(source: Source, trigger: Trigger) -> bool:
    """Tell whether a trigger stands in the claim itself and not in a clause that explains it; Korean claims have no such borders."""
    if trigger.head < 0:
        return True
    sentence = trigger.sentence
    here = sentence.clause[trigger.head]
    if source.verb_end <= trigger.start:
        return here - sentence.clause[sentence.word_at(source.verb_start)] <= 1
    return here == sentence.clause[0]


def _is_postposed(sentence: Sentence, speaker_start: int, verb: int) -> bool:
    """Tell whether the source stands behind its claim ("..., the ministry said")."""
    first = sentence.word_at(speaker_start)
    position = first - 1
    while position >= 0 and sentence.words[position].norm not in {",", "."} and first - position < 8:
        if sentence.clause[position] != sentence.clause[first]:
            return False
        position -= 1
    follows = sentence.words[verb + 1].norm if verb + 1 < len(sentence.words) else "."
    return position > 2 and sentence.words[position].norm == "," and (len(sentence.words) - verb < 8 or follows in {".", ","})


def _is_quoted(reading: Reading, trigger: Trigger) -> bool:
    quotes = reading.tagging.quotes
    first = bisect.bisect_right(quotes, trigger.start, key=lambda quote: quote.end)
    return first < len(quotes) and quotes[first].start < trigger.end


def _kind(speaker: Argument, reading: Reading) -> AttributionKind:
    if any(word in speaker.text.lower() for word in _DOCUMENTS):
        return AttributionKind.PER_DOCUMENT
    place = bisect.bisect_left(reading.mentions, speaker.start or 0, key=lambda mention: mention.start)
    named = place < len(reading.mentions) and reading.mentions[place].start == speaker.start
    return AttributionKind.OUTLET if named and reading.mentions[place].label is Label.ORG else AttributionKind.INDIRECT
