"""Fillers of roles: what a name, a noun, an adjective or a pronoun stands for.

"It" and "he" stand for the nearest fitting name before them, "they" for a plural or a list, "we" for the speaker, "the
ministry" for the latest body with that word in its name. Everything found so is marked `via` coreference.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from models.records import Argument, Mention
from models.vocabulary import Label, Via
from pipeline.events.phrases import Phrase, find_phrases
from pipeline.events.reading import Reading, Sentence
from pipeline.events.words import WordLists

__all__ = ["VIA_SCORES", "Fillers", "admits", "mention_argument"]

VIA_SCORES = {Via.DIRECT: 0.8, Via.METONYM: 0.75, Via.BRACKET: 0.7, Via.APPOSITION: 0.6, Via.COREF: 0.5, Via.CONTEXT: 0.45}
"""How sure a filler is by the way it was found: the order of the measured precision on annotated articles, rounded."""
_COREF_LIMIT = 40
"""Phrases or mentions looked back for an antecedent; further away it is a guess."""


class Fillers:
    """Turns phrases of one English reading into fillers; the phrases of a sentence are read once."""

    def __init__(self, reading: Reading, words: WordLists) -> None:
        self._reading = reading
        self._sets = words.sets
        self._demonyms = words.demonyms
        self._phrases: dict[int, tuple[Phrase, ...]] = {}
        self._countries = _first_by_name(reading.mentions)
        self.speaker_of: Callable[[Sentence, int], Argument | None] | None = None
        """Who speaks at a place of the text; set by the extractor, for "we" and "I"."""

    def phrases(self, sentence: Sentence) -> tuple[Phrase, ...]:
        """Return the noun phrases of a sentence."""
        if sentence.index not in self._phrases:
            self._phrases[sentence.index] = find_phrases(sentence, self._sets, self._demonyms)
        return self._phrases[sentence.index]

    def argument(self, phrase: Phrase, sentence: Sentence) -> Argument | None:
        """Turn a phrase into a filler; a pronoun without antecedent gives None."""
        text = self._reading.article.text
        if phrase.mention is not None:
            return mention_argument(phrase.mention)
        if phrase.demonym is not None:
            known = self._countries.get(phrase.demonym)
            return Argument(
                phrase.start,
                phrase.end,
                text[phrase.start : phrase.end],
                phrase.demonym,
                known.entity if known else None,
                Via.CONTEXT,
                VIA_SCORES[Via.CONTEXT],
            )
        if phrase.pronoun in self._sets["first_person"]:
            return None
        if phrase.pronoun is not None:
            return self._antecedent(phrase, sentence)
        return self._nominal(phrase, sentence)

    def arguments(self, phrase: Phrase, sentence: Sentence, labels: frozenset[Label]) -> tuple[Argument, ...]:
        """Return the fillers that a phrase stands for; "they" stands for a plural or a list before it, "we" for the speaker."""
        if phrase.pronoun in self._sets["plural"]:
            return self._plural_antecedents(phrase, sentence, labels)
        if phrase.pronoun in self._sets["first_person"]:
            speaker = self.speaker_of(sentence, phrase.start) if self.speaker_of else None
            return (
                () if speaker is None else (replace(speaker, start=phrase.start, end=phrase.end, text=self._text(phrase), via=Via.COREF),)
            )
        found = self.argument(phrase, sentence)
        return () if found is None else (found,)

    def group(self, phrase: Phrase, sentence: Sentence) -> tuple[Phrase, ...]:
        """Return the phrase with those that "and" joins to it; of an apposition, made by a comma alone, the name."""
        phrases = [other for other in self.phrases(sentence) if not other.owner]
        first = last = phrases.index(phrase)
        while first > 0 and phrases[first].linked:
            first -= 1
        while last + 1 < len(phrases) and phrases[last + 1].linked:
            last += 1
        chain = phrases[first : last + 1]
        if any(other.linked == "and" for other in chain[1:]):
            return tuple(chain)
        named = [other for other in chain if other.mention is not None]
        return (phrase,) if phrase.mention is not None or not named else (named[0],)

    def _plural_antecedents(self, phrase: Phrase, sentence: Sentence, labels: frozenset[Label]) -> tuple[Argument, ...]:
        for other in self._earlier(sentence, phrase):
            if other.owner or other.pronoun or other.demonym or not admits(other, labels):
                continue
            home = sentence if other in self.phrases(sentence) and other.last < phrase.first else self._home(other)
            group = self.group(other, home)
            if len(group) > 1 or (other.mention is None and self._text(other).endswith("s")):
                found = [self.argument(member, home) for member in group]
                return tuple(replace(argument, via=Via.COREF) for argument in found if argument is not None)
        return ()

    def _antecedent(self, phrase: Phrase, sentence: Sentence) -> Argument | None:
        pronoun = phrase.pronoun or ""
        if pronoun in self._sets["plural"]:
            return None
        human = pronoun in self._sets["feminine"] | self._sets["masculine"]
        wanted = {Label.PERSON} if human else {Label.PLACE, Label.AGENCY, Label.ORG}
        for other in self._earlier(sentence, phrase):
            if other.owner or other.pronoun or other.demonym or not (human or other.prep is None):
                continue
            if other.mention is None and (human or self._text(other).endswith("s")):
                continue
            if other.mention is not None and other.mention.label not in wanted:
                continue
            found = self.argument(other, self._home(other))
            return None if found is None else replace(found, start=phrase.start, end=phrase.end, text=self._text(phrase), via=Via.COREF)
        return None

    def _nominal(self, phrase: Phrase, sentence: Sentence) -> Argument:
        """Turn a noun that can act into a filler; "the ministry" alone stands for the latest body whose name holds the word."""
        text = self._text(phrase)
        head = sentence.words[phrase.last].norm
        if phrase.first < phrase.last and text.lower() == head and sentence.words[phrase.first].norm in {"the", "its", "his", "this"}:
            known = self._latest_named(head, phrase.start)
            if known is not None:
                return Argument(phrase.start, phrase.end, text, known.name, known.entity, Via.COREF, VIA_SCORES[Via.COREF])
        return Argument(phrase.start, phrase.end, text, text, None, Via.DIRECT, 0.6)

    def _latest_named(self, head: str, offset: int) -> Mention | None:
        last = bisect.bisect_left(self._reading.mentions, offset, key=lambda mention: mention.start)
        for mention in reversed(self._reading.mentions[max(0, last - _COREF_LIMIT) : last]):
            if mention.label in {Label.AGENCY, Label.ORG} and (head in mention.name.lower() or head in mention.text.lower()):
                return mention
            if mention.label is Label.ORG and head in self._sets["company_words"]:
                return mention
        return None

    def _earlier(self, sentence: Sentence, phrase: Phrase) -> Iterable[Phrase]:
        """Phrases before one, nearest first, in this sentence and the two before it."""
        yield from reversed([other for other in self.phrases(sentence) if other.last < phrase.first][-_COREF_LIMIT:])
        for earlier in reversed(self._reading.sentences[max(0, sentence.index - 2) : sentence.index]):
            yield from self.phrases(earlier)[:_COREF_LIMIT]

    def _home(self, phrase: Phrase) -> Sentence:
        """Return the sentence in which a phrase stands."""
        sentences = self._reading.sentences
        return sentences[bisect.bisect_right(sentences, phrase.start, key=lambda sentence: sentence.start) - 1]

    def _text(self, phrase: Phrase) -> str:
        return self._reading.article.text[phrase.start : phrase.end]


def mention_argument(mention: Mention) -> Argument:
    """Turn a named mention into a filler."""
    via = Via.METONYM if mention.metonym else mention.via
    return Argument(mention.start, mention.end, mention.text, mention.name, mention.entity, via, VIA_SCORES[via])


def admits(phrase: Phrase, labels: frozenset[Label]) -> bool:
    """Tell whether a phrase can play a role that admits these labels; nominals always can."""
    if phrase.mention is not None:
        return phrase.mention.label in labels
    return True


def _first_by_name(mentions: tuple[Mention, ...]) -> Mapping[str, Mention]:
    found: dict[str, Mention] = {}
    for mention in mentions:
        found.setdefault(mention.name, mention)
    return found
