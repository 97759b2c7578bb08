"""Slots of a rule in a parsed sentence: the words that stand as subject, object, owner or behind a preposition of a trigger.

A noun that tells an event takes its doer from an owner, from "by", or from the subject of a light verb ("held a drill");
its other slots from its own dependents and from those of that verb.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.events.parse import Parse
from pipeline.events.triggers import Trigger

__all__ = ["TreeSlots", "core"]

_DEPTH = 4
_LIGHT_PARTS = frozenset({"aux", "aux:pass", "cop", "det", "amod", "compound", "nmod:poss", "mark", "case", "advmod", "nummod", "cc"})
"""Labels of words that only modify the word on which they hang."""


class TreeSlots:
    """Reads slots from the parse; `sets` are the word lists of the language."""

    def __init__(self, sets: Mapping[str, frozenset[str]]) -> None:
        self._light = sets["light_verbs"]

    def find(self, trigger: Trigger, parse: Parse, slot: str) -> Iterator[tuple[int, ...]]:
        """Yield the groups of words that may fill a slot, likeliest first; coordinated words are one group."""
        if slot == "subject":
            yield from self._doers(trigger, parse)
        elif slot == "object":
            yield self._undergoers(trigger, parse)
        elif slot == "possessor":
            yield from self._owners(trigger, parse)
        elif slot == "owner":
            yield self._object_owners(trigger, parse)
        elif slot == "by":
            yield self._agents(trigger, parse)
        else:
            anchors = self._anchors(trigger, parse)
            yield tuple(dict.fromkeys(word for anchor in anchors for word in parse.governed(anchor, slot)))

    # --- doers and undergoers ----------------------------------------------------------------------------------------

    def _doers(self, trigger: Trigger, parse: Parse) -> Iterator[tuple[int, ...]]:
        head = core(trigger, parse)
        if not parse.is_verb(head):
            yield from self._owners(trigger, parse)
        elif parse.is_passive(head):
            yield parse.agents(head)
        else:
            yield from parse.subject_chain(head)

    def _light_doers(self, noun: int, parse: Parse) -> Iterator[tuple[int, ...]]:
        """Yield the subjects of the light verb that carries a noun: "held a drill", "a drill conducted by"."""
        for verb in self._light_verbs(noun, parse):
            if parse.is_passive(verb):
                yield parse.agents(verb)
            else:
                yield from (group for group in parse.subject_chain(verb) if noun not in group)

    def _light_verbs(self, noun: int, parse: Parse) -> Iterator[int]:
        place = noun
        for _ in range(_DEPTH):
            head, dep = parse.heads[place], parse.deps[place]
            if head < 0:
                break
            if dep in {"compound", "conj", "nmod", "amod"} and not parse.is_verb(head):
                place = head
                continue
            if dep in {"obj", "nsubj:pass", "obl", "conj"} and parse.is_verb(head) and parse.lemmas[head] in self._light:
                yield head
            break
        for clause in parse.children(noun, "acl", "acl:relcl"):
            if parse.is_verb(clause) and parse.is_passive(clause):
                yield clause

    def _undergoers(self, trigger: Trigger, parse: Parse) -> tuple[int, ...]:
        head = core(trigger, parse)
        if not parse.is_verb(head):
            return ()
        return parse.subjects(head) if parse.is_passive(head) else parse.objects(head)

    def _agents(self, trigger: Trigger, parse: Parse) -> tuple[int, ...]:
        for anchor in self._anchors(trigger, parse):
            found = parse.agents(anchor)
            if not found:
                found = next((agents for clause in parse.children(anchor, "acl") if (agents := parse.agents(clause))), ())
            if found:
                return found
        return ()

    # --- owners ------------------------------------------------------------------------------------------------------

    def _owners(self, trigger: Trigger, parse: Parse) -> Iterator[tuple[int, ...]]:
        """Yield the owners of the noun, or of the noun it is coordinated with: "the North's tests and launches"."""
        place = head = core(trigger, parse)
        for _ in range(_DEPTH):
            owners = [word for word in parse.children(place, "nmod:poss") if word < place]
            owners += [word for word in parse.children(place, "compound", "amod") if parse.tags[word].startswith("NNP")]
            for owner in owners:
                yield parse.members(owner)
            above, dep = parse.heads[place], parse.deps[place]
            if above < 0 or dep not in {"conj", "compound"} or parse.is_verb(above):
                break
            place = above
        if not parse.is_verb(head):
            yield from self._light_doers(head, parse)

    def _object_owners(self, trigger: Trigger, parse: Parse) -> tuple[int, ...]:
        """Return the owners of what the act concerns: "condemned the North's launch", "opposition to Seoul's plan"."""
        head = core(trigger, parse)
        nouns = [word for word in range(trigger.first, trigger.last + 1) if word > head and not parse.is_verb(word)]
        if not parse.is_verb(head):
            nouns = [word for word in parse.children(head, "nmod") if word > head]
        else:
            nouns += parse.subjects(head) if parse.is_passive(head) else parse.objects(head)
        for noun in nouns:
            for owner in parse.below[noun]:
                if parse.deps[owner] == "nmod:poss" or (parse.deps[owner] == "nmod" and parse.preposition(owner) in {"of", "by"}):
                    return parse.members(owner)
        return ()

    # --- anchors -----------------------------------------------------------------------------------------------------

    def _anchors(self, trigger: Trigger, parse: Parse) -> tuple[int, ...]:
        """Return the words whose dependents are the trigger's: its own words, its object, its light verb, its participles."""
        head = core(trigger, parse)
        found = [head, *(word for word in range(trigger.first, trigger.last + 1) if word != head)]
        if parse.is_verb(head):
            found += [noun for noun in parse.objects(head) if noun > head][:1]
            if parse.is_passive(head):
                found += parse.subjects(head)[:1]
            for verb in parse.children(head, "xcomp"):
                found += [verb, *parse.objects(verb)[:1]]
        else:
            found += list(self._light_verbs(head, parse))
            found += [clause for clause in parse.children(head, "acl") if parse.is_verb(clause)]
        return tuple(dict.fromkeys(found))


def core(trigger: Trigger, parse: Parse) -> int:
    """Return the word of the trigger that its other words hang on: "sentenced" of "was sentenced", "arrest" of "his arrest"."""
    word = trigger.head
    for _ in range(_DEPTH):
        head = parse.heads[word]
        if parse.deps[word] not in _LIGHT_PARTS or not trigger.first <= head <= trigger.last:
            break
        word = head
    return word
