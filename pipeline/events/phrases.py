"""Noun phrases by word classes: names with what stands before them, and nominals such as "two North Korean banks".

Without a parse a phrase is read leftwards from a name, or from a noun that can act, to the nearest word of a closed
class or known verb; with one, a nominal reaches from its first modifier to its head. `prep` is the preposition that governs the phrase.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from models.records import Mention
from models.vocabulary import Label
from pipeline.events.parse import Parse
from pipeline.events.reading import Sentence

__all__ = ["Phrase", "find_phrases", "noun_phrase"]

_MAX_MODIFIERS = 6
_JOINTS = frozenset({"and", "or", ",", "&", "as", "well"})

_MODIFIERS = frozenset({"amod", "compound", "nummod", "nmod:poss", "det", "nmod", "flat", "advmod"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """One noun phrase: word indexes `first:last` inclusive with its core at `head`, its head's characters, and what governs it.

    `mention` is None for a nominal. `owner` marks names that only modify another phrase ("Seoul officials",
    "Treasury spokesman Lee"); `demonym` is the country of an adjective. `linked` says that "and" or a comma joins the
    phrase to the one before it: "and" or ",".
    """

    first: int
    head: int
    last: int
    start: int
    end: int
    mention: Mention | None
    prep: str | None
    owner: bool = False
    possessive: bool = False
    demonym: str | None = None
    pronoun: str | None = None
    linked: str = ""


@dataclass(slots=True)
class _Draft:
    first: int
    last: int
    mention: Mention | None
    demonym: str | None = None
    pronoun: str | None = None
    owner: bool = False


def find_phrases(sentence: Sentence, sets: Mapping[str, frozenset[str]], demonyms: Mapping[str, str]) -> tuple[Phrase, ...]:
    """Return the noun phrases of an English sentence in order."""
    closed = frozenset().union(
        *(sets[name] for name in ("determiners", "prepositions", "auxiliaries", "pronouns", "conjunctions", "adverbs", "clause_marks")),
        {","},
    )
    drafts = _drafts(sentence, sets, demonyms)
    _mark_owners(drafts, sentence, sets, closed)
    phrases: list[Phrase] = []
    for draft in drafts:
        left = _left_edge(draft, sentence, sets, closed, nominal=draft.mention is None and not draft.pronoun and not draft.demonym)
        phrases.append(_finish(draft, left, sentence, sets, phrases))
    return _settle_lists(phrases, sentence)


def noun_phrase(sentence: Sentence, noun: int, parse: Parse) -> Phrase:
    """Return the nominal headed by a noun of a parsed sentence, from its first modifier to the noun."""
    first = noun
    for child in reversed([child for child in parse.below[noun] if child < noun]):
        if parse.deps[child] in _MODIFIERS:
            first = _leftmost(child, parse)
    if first == 0 and (dateline := sentence.mentions[0]) is not None and _is_dateline(dateline):
        first = next(place for place in range(noun + 1) if sentence.mentions[place] is not dateline)
    if first > 0 and parse.norms[first - 1] in {"north", "south"} and sentence.words[first - 1].text.istitle():
        first -= 1
    words = sentence.words
    return Phrase(first, noun, noun, words[first].start, words[noun].end, None, parse.preposition(noun))


def _leftmost(word: int, parse: Parse) -> int:
    """Return the first word below a word, itself included."""
    while parse.below[word] and parse.below[word][0] < word:
        word = parse.below[word][0]
    return word


def _drafts(sentence: Sentence, sets: Mapping[str, frozenset[str]], demonyms: Mapping[str, str]) -> list[_Draft]:
    drafts: list[_Draft] = []
    position, words = 0, sentence.words
    while position < len(words):
        mention, last = sentence.mentions[position], position
        if mention is not None:
            while last + 1 < len(words) and sentence.mentions[last + 1] is mention:
                last += 1
            if position > 0 or not _is_dateline(mention):
                drafts.append(_Draft(position, last, mention))
        else:
            last = _plain_draft(position, sentence, sets, demonyms, drafts)
        position = last + 1
    return drafts


def _is_dateline(mention: Mention) -> bool:
    """Tell whether a place in capitals at the start of a sentence says where the report was filed."""
    return mention.label is Label.PLACE and mention.text.isupper() and len(mention.text) > 4


def _plain_draft(
    position: int, sentence: Sentence, sets: Mapping[str, frozenset[str]], demonyms: Mapping[str, str], drafts: list[_Draft]
) -> int:
    """Add the demonym, noun or pronoun at one word; returns the last word it covers."""
    norm = sentence.words[position].norm
    following = sentence.words[position + 1].norm if position + 1 < len(sentence.words) else ""
    if f"{norm} {following}" in demonyms:
        drafts.append(_Draft(position, position + 1, None, demonym=demonyms[f"{norm} {following}"]))
        return position + 1
    if norm in demonyms:
        drafts.append(_Draft(position, position, None, demonym=demonyms[norm]))
    elif norm in sets["people"]:
        drafts.append(_Draft(position, position, None))
    elif norm in sets["anaphors"]:
        drafts.append(_Draft(position, position, None, pronoun=norm))
    return position


def _mark_owners(drafts: list[_Draft], sentence: Sentence, sets: Mapping[str, frozenset[str]], closed: frozenset[str]) -> None:
    """Mark phrases followed by 's or by another noun of the same run: they modify the phrase that ends the run."""
    for here, following in itertools.pairwise(drafts):
        between = [word.norm for word in sentence.words[here.last + 1 : following.first]]
        if between[:1] == ["'s"] or between[:1] == ["'"]:
            between = between[1:]
        if here.pronoun and here.pronoun not in {"his", "her", "its", "their", "our", "my"}:
            continue
        if len(between) > 4 or any(word in closed or word in sets["not_nouns"] or word.endswith("ed") for word in between):
            continue
        if following.pronoun:
            continue
        if (
            following.mention is None
            and not following.demonym
            and sentence.words[following.first].norm in sets["collectives"]
            and here.mention is not None
        ):
            following.owner = True
            continue
        here.owner = True


def _left_edge(draft: _Draft, sentence: Sentence, sets: Mapping[str, frozenset[str]], closed: frozenset[str], *, nominal: bool) -> int:
    """Return the first word of the phrase: modifiers, numbers and owners before the head, but no verb and no determiner."""
    position, steps = draft.first, 0
    while position > 0 and steps < _MAX_MODIFIERS:
        norm = sentence.words[position - 1].norm
        if norm in {"'s", "'"} or sentence.mentions[position - 1] is not None or norm in sets["numerals"]:
            pass
        elif norm in closed or norm in sets["not_nouns"] or (norm.endswith(("ed", "ing")) and norm not in sets["adjectives_ed"]):
            break
        position -= 1
        steps += 1
    return position


def _finish(draft: _Draft, left: int, sentence: Sentence, sets: Mapping[str, frozenset[str]], before: list[Phrase]) -> Phrase:
    words = sentence.words
    start = words[draft.first].start if draft.mention or draft.demonym or draft.pronoun else words[left].start
    if draft.mention is not None:
        start, end = draft.mention.start, draft.mention.end
    else:
        end = words[draft.last].end
    outer = left
    while outer > 0 and words[outer - 1].norm in sets["determiners"]:
        outer -= 1
        if (
            words[outer].norm in sets["quantifiers"]
            and start > words[outer].start
            and not (draft.mention or draft.demonym or draft.pronoun)
        ):
            start = words[outer].start
    lead = words[outer - 1].norm if outer > 0 else ""
    following = words[draft.last + 1].norm if draft.last + 1 < len(words) else ""
    joined = lead in {"and", "or", ",", "&"}
    earlier = next((phrase for phrase in reversed(before[-_MAX_MODIFIERS:]) if phrase.last < outer and not phrase.owner), None)
    linked = joined and earlier is not None and all(word.norm in _JOINTS for word in words[earlier.last + 1 : outer])
    prep = lead if lead in sets["prepositions"] else None
    link = "" if not linked else "," if lead == "," else "and"
    return Phrase(
        outer,
        draft.first,
        draft.last,
        start,
        end,
        draft.mention,
        prep,
        draft.owner,
        following in {"'s", "'"},
        draft.demonym,
        draft.pronoun,
        link,
    )


def _settle_lists(phrases: list[Phrase], sentence: Sentence) -> tuple[Phrase, ...]:
    """Give the members of a list the preposition of its first; undo links by commas that make no list.

    "A, B and C" and "A and B" are lists; "A, B" is an apposition or two clauses, and so is "A, and B".
    """
    heads = [index for index, phrase in enumerate(phrases) if not phrase.owner]
    start = 0
    while start < len(heads):
        end = start + 1
        while end < len(heads) and phrases[heads[end]].linked:
            end += 1
        members = heads[start:end]
        if len(members) > 1:
            _settle(phrases, members, sentence)
        start = end
    return tuple(phrases)


def _settle(phrases: list[Phrase], members: list[int], sentence: Sentence) -> None:
    ands = [place for place, index in enumerate(members) if phrases[index].linked == "and"]
    last = ands[0] if ands else 0
    oxford = bool(ands) and sentence.words[phrases[members[last]].first - 2].norm == ","
    if oxford and last < 2:
        last = 0
    for place, index in enumerate(members[1:], 1):
        if place <= last:
            phrases[index] = replace(phrases[index], prep=phrases[members[0]].prep)
            continue
        before = members[place - 1]
        one, two = phrases[before], phrases[index]
        phrases[index] = replace(two, linked="", owner=two.owner or _renames(two, one, sentence))
        if one.mention is None and not one.pronoun and two.mention is not None and two.linked == ",":
            phrases[before] = replace(one, owner=True)


def _renames(phrase: Phrase, name: Phrase, sentence: Sentence) -> bool:
    """Tell whether a nominal is an apposition to a name: "Lee, a banker from Dandong, was arrested"."""
    words = sentence.words
    if phrase.mention is not None or name.mention is None or words[phrase.first].norm not in {"a", "an", "the"}:
        return False
    return phrase.last + 1 >= len(words) or words[phrase.last + 1].norm in {",", ".", "of", "for", "from", "in", "at", "who", "and"}
