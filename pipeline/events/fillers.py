"""Fillers of roles: what a name, a noun, an adjective or a pronoun stands for.

"It" and "he" stand for the nearest fitting name before them, "they" for a plural or a list, "we" for the speaker, "the
ministry" for the latest body with that word in its name. Everything found so is marked `via` coreference.
"""

from __future__ import annotations

import bisect
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from models.records import Argument, Mention
from models.vocabulary import Label, Via
from pipeline.events.parse import Parse
from pipeline.events.phrases import Phrase, find_phrases, noun_phrase
from pipeline.events.reading import Reading, Sentence
from pipeline.events.words import WordLists

__all__ = ["VIA_SCORES", "Fillers", "admits", "mention_argument"]

VIA_SCORES = {Via.DIRECT: 0.8, Via.METONYM: 0.75, Via.BRACKET: 0.7, Via.APPOSITION: 0.6, Via.COREF: 0.5, Via.CONTEXT: 0.45}
"""How sure a filler is by the way it was found: the order of the measured precision on annotated articles, rounded."""
_COREF_LIMIT = 40
"""Phrases or mentions looked back for an antecedent; further away it is a guess."""
_CLIMB = 12
"""Heads climbed from a pronoun to the verbs above it."""
_ARTICLES = frozenset({"a", "an", "the", "this", "that", "these", "those"})
_PRIOR = {"North Korea": 2}
"""Weight of a country's namings: whose missiles, bombs and sanctions need no naming in news of Korea."""
_HYPHENS = frozenset("-\u2010\u2011")
_LOCATIVE = frozenset({"in", "at", "near", "off", "over", "into", "from", "around", "across"})


class Fillers:
    """Turns phrases of one English reading into fillers; the phrases of a sentence are read once."""

    def __init__(self, reading: Reading, words: WordLists) -> None:
        self._reading = reading
        self._sets = words.sets
        self._demonyms = words.demonyms
        self._phrases: dict[int, tuple[Phrase, ...]] = {}
        self._peoples = frozenset(demonym.split()[-1] for demonym in words.demonyms)
        self._countries = _first_by_name(reading.mentions)
        self.countries = frozenset(words.demonyms.values())
        self.topic = _topic(reading, words.demonyms)
        """The country that the article names most often, for acts whose party goes without saying."""
        self.speaker_of: Callable[[Sentence, int], Argument | None] | None = None
        """Who speaks at a place of the text; set by the extractor, for "we" and "I"."""

    def phrases(self, sentence: Sentence) -> tuple[Phrase, ...]:
        """Return the noun phrases of a sentence."""
        if sentence.index not in self._phrases:
            self._phrases[sentence.index] = find_phrases(sentence, self._sets, self._demonyms)
        return self._phrases[sentence.index]

    def phrases_at(self, sentence: Sentence, word: int, parse: Parse, *, held: bool = False) -> tuple[Phrase, ...]:
        """Return the phrase headed by a word of a parsed sentence: a name, a pronoun or a noun that can act.

        "The governments of A and B" are two names. With `held` a thing stands for its owner: "infected Coinplex servers".
        """
        for phrase in self.phrases(sentence):
            if phrase.first <= word <= phrase.last and (phrase.mention or phrase.pronoun) and phrase.head <= word:
                return (phrase,)
        end = sentence.words[word].end
        if self._reading.article.text[end : end + 1] in _HYPHENS:
            return ()
        if name := self._name_of(sentence, word, parse):
            return (name,)
        if not self._can_act(word, parse):
            owners = [child for child in parse.children(word, "nmod:poss", "compound") if child < word] if held else []
            return self._mentions_at(sentence, owners)[:1]
        states = parse.governed(word, "of") if parse.norms[word].removesuffix("s") in self._sets["collectives"] else ()
        return self._mentions_at(sentence, states) or (noun_phrase(sentence, word, parse),)

    def _can_act(self, word: int, parse: Parse) -> bool:
        norm = parse.norms[word]
        return norm in self._sets["people"] or (parse.tags[word].startswith("NN") and norm.removesuffix("s") in self._peoples)

    def _name_of(self, sentence: Sentence, noun: int, parse: Parse) -> Phrase | None:
        """Return the name that a noun introduces ("the banker, Lee") or that "government" and the like only repeat."""
        behind = [child for child in parse.children(noun, "appos", "flat", "nmod") if child > noun]
        bare = [child for child in behind if parse.deps[child] != "nmod" or parse.preposition(child) is None]
        if named := self._mentions_at(sentence, bare):
            return named[0]
        if parse.norms[noun] in self._sets["collectives"]:
            before = [child for child in parse.children(noun, "compound", "nmod:poss") if child < noun]
            return next(iter(self._mentions_at(sentence, before)), None)
        return None

    def _mentions_at(self, sentence: Sentence, words: Iterable[int]) -> tuple[Phrase, ...]:
        """Return the names that stand at some words."""
        named = [phrase for phrase in self.phrases(sentence) if phrase.mention is not None]
        return tuple(phrase for word in words for phrase in named if phrase.head <= word <= phrase.last)

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
            found = self._antecedent(phrase, sentence)
            return None if found is None else replace(found, start=phrase.start, end=phrase.end, text=text[phrase.start : phrase.end])
        return self._nominal(phrase, sentence)

    def arguments(self, phrase: Phrase, sentence: Sentence, labels: frozenset[Label]) -> tuple[Argument, ...]:
        """Return the fillers that a phrase stands for; a pronoun gives the words that it takes up: a name, a list, the speaker."""
        if phrase.pronoun in self._sets["plural"]:
            return self._plural_antecedents(phrase, sentence, labels)
        if phrase.pronoun in self._sets["first_person"]:
            speaker = self.speaker_of(sentence, phrase.start) if self.speaker_of else None
            return () if speaker is None else (replace(speaker, via=Via.COREF),)
        found = self._antecedent(phrase, sentence) if phrase.pronoun else self.argument(phrase, sentence)
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
        for other in itertools.chain(self._subjects_above(phrase, sentence), self._earlier(sentence, phrase)):
            if not self._may_stand_for(other, human=human):
                continue
            found = self.argument(other, self._home(other))
            return None if found is None else replace(found, via=Via.COREF, score=VIA_SCORES[Via.COREF])
        return None

    def _may_stand_for(self, phrase: Phrase, *, human: bool) -> bool:
        """Tell whether a singular pronoun may take up a phrase: "he" a person, "it" a body or a country."""
        if phrase.owner or phrase.pronoun or phrase.demonym:
            return False
        if phrase.mention is not None:
            wanted = {Label.PERSON} if human else {Label.PLACE, Label.AGENCY, Label.ORG}
            return phrase.mention.label in wanted and (human or phrase.prep not in _LOCATIVE)
        return not human and self._text(phrase).split()[-1].lower() in self._sets["institutions"]

    def _subjects_above(self, phrase: Phrase, sentence: Sentence) -> Iterator[Phrase]:
        """Yield the subjects of the clauses that hold a pronoun, innermost first: "the North, which tested its bomb"."""
        parse = sentence.parse
        place = phrase.head
        for _ in range(_CLIMB if parse else 0):
            assert parse is not None
            place = parse.heads[place]
            if place < 0:
                return
            if parse.is_verb(place):
                for word in parse.subjects(place)[:1]:
                    if word < phrase.first:
                        yield from self.phrases_at(sentence, word, parse)

    def _nominal(self, phrase: Phrase, sentence: Sentence) -> Argument:
        """Turn a noun that can act into a filler; "the ministry" alone stands for the latest body whose name holds the word."""
        text = self._text(phrase)
        words = [word.norm for word in sentence.words[phrase.first : phrase.last + 1]]
        head = words[-1]
        if len(words) == 2 and words[0] in {"the", "its", "his", "this"}:
            known = self._latest_named(head, phrase.start)
            if known is not None:
                return Argument(phrase.start, phrase.end, text, known.name, known.entity, Via.COREF, VIA_SCORES[Via.COREF])
        if words[0] == "the" and (holder := self._latest_holder(words[1:], phrase.start)) is not None:
            return Argument(phrase.start, phrase.end, text, holder.name, holder.entity, Via.COREF, VIA_SCORES[Via.COREF])
        if head in self._sets["forces"] and (country := self._country_in(words)) is not None:
            return replace(mention_argument(country), start=phrase.start, end=phrase.end, text=text, via=Via.CONTEXT)
        core = text.split(maxsplit=1)[1] if len(words) > 1 and words[0] in _ARTICLES and " " in text else text
        return Argument(phrase.start, phrase.end, text, core + self._of_phrase(phrase, sentence), None, Via.DIRECT, 0.6)

    def _country_in(self, words: list[str]) -> Mention | None:
        """Return the country of an adjective among words, where the article names it: "South Korean troops"."""
        pairs = [f"{one} {two}" for one, two in itertools.pairwise(words)]
        adjective = next((form for form in (*pairs, *words) if form in self._demonyms), None)
        return self._countries.get(self._demonyms[adjective]) if adjective else None

    def _of_phrase(self, phrase: Phrase, sentence: Sentence) -> str:
        """Return what "of" adds to a noun, as written: "members" is less than "members of the council"."""
        parse = sentence.parse
        if parse is None or phrase.last + 1 >= len(parse.norms) or parse.norms[phrase.last + 1] != "of":
            return ""
        held = parse.heads[phrase.last + 1]
        behind = self._reading.article.text[phrase.end : sentence.words[held].end] if held > phrase.last else ""
        return " ".join(["", *behind.split()])

    def _latest_named(self, head: str, offset: int) -> Mention | None:
        last = bisect.bisect_left(self._reading.mentions, offset, key=lambda mention: mention.start)
        for mention in reversed(self._reading.mentions[max(0, last - _COREF_LIMIT) : last]):
            if mention.label in {Label.AGENCY, Label.ORG} and (head in mention.name.lower() or head in mention.text.lower()):
                return mention
            if mention.label is Label.ORG and head in self._sets["company_words"]:
                return mention
        return None

    def _latest_holder(self, words: list[str], offset: int) -> Mention | None:
        """Return the person last named before with a post of which these words are the end or the whole: "the vice minister"."""
        last = bisect.bisect_left(self._reading.mentions, offset, key=lambda mention: mention.start)
        for mention in reversed(self._reading.mentions[max(0, last - _COREF_LIMIT) : last]):
            role = (mention.role or "").lower().replace("-", " ").split()
            if mention.label is Label.PERSON and words and role[-1:] == words[-1:] and set(words) <= set(role):
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


def _topic(reading: Reading, demonyms: Mapping[str, str]) -> Argument | None:
    """Return the country that the article speaks of most, by name or by adjective, at its first mention."""
    countries = frozenset(demonyms.values())
    counts = Counter(mention.name for mention in reading.mentions if mention.name in countries)
    for sentence in reading.sentences:
        for one, two in itertools.pairwise(word.norm for word in sentence.words):
            if country := demonyms.get(f"{one} {two}"):
                counts[country] += 1
    named = [mention for mention in reading.mentions if mention.name in countries]
    if not named:
        return None
    first = max(named, key=lambda mention: (counts[mention.name] * _PRIOR.get(mention.name, 1), -mention.start))
    return replace(mention_argument(first), via=Via.CONTEXT, score=VIA_SCORES[Via.CONTEXT])
