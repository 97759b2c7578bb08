"""Who does it and to whom, in English: from the dependency parse, or by order and prepositions around the trigger.

Where a sentence has no parse the subject stands left of a verb, the object right of it; passives turn them round; nouns
take owners ("Seoul's sanctions"), by-phrases and prepositions. A label constraint of the frame removes fillers that cannot play the role.
"""

from __future__ import annotations

from dataclasses import replace

from models.records import Argument
from models.vocabulary import EventType, Label, Via
from pipeline.events.fillers import VIA_SCORES, Fillers, admits, mention_argument
from pipeline.events.phrases import Phrase
from pipeline.events.reading import Reading, Sentence
from pipeline.events.tree_slots import TreeSlots, core
from pipeline.events.triggers import Trigger
from pipeline.events.words import WordLists

__all__ = ["ArgumentFinder"]

_REACH = 25
"""Words to the right of a trigger among which a prepositional argument is sought."""
_OBJECT_REACH = 8
_RELATIVES = frozenset({"who", "which", "that"})
_SUBORDINATORS = frozenset({"after", "before", "since", "until", "than", "like", "following"})
"""Words that open a clause as well as a phrase: before a subject they are the former."""
_PLACE_PREPOSITIONS = frozenset({"in", "at", "near", "off", "over", "into"})


class ArgumentFinder:
    """Finds role fillers in one reading; phrases of a sentence are read once."""

    def __init__(self, reading: Reading, words: WordLists) -> None:
        self.fillers = Fillers(reading, words)
        self._sets = words.sets
        self._tree = TreeSlots(words.sets)
        self._closed = (
            self._sets["prepositions"]
            | self._sets["auxiliaries"]
            | (self._sets["conjunctions"] - {"and"})
            | self._sets["clause_marks"]
            | self._sets["not_nouns"]
            | (self._sets["determiners"] - self._sets["numerals"])
            | {","}
        ) - {"'s"}

    def fill(self, trigger: Trigger, role: str) -> tuple[Argument, ...]:
        """Return the fillers of a role: those of the first slot that has any, or of all slots for symmetric events."""
        slots = trigger.rule.actor if role == "actor" else trigger.rule.target
        labels = trigger.frame.labels[role]
        found: list[Argument] = []
        for slot in slots:
            if slot == "any":
                fillers = list(self._nearest(trigger, labels, self.fill(trigger, "actor") if role == "target" else ()))
            else:
                fillers = [
                    argument
                    for phrase in self._slot(trigger, slot, labels)
                    for argument in self.fillers.arguments(phrase, trigger.sentence, labels)
                ]
            found += [argument for argument in fillers if not _is_held(argument, found)]
            if found and not (trigger.rule.symmetric and role == "actor"):
                break
        if not found and role == "actor" and trigger.frame.type is EventType.LEGAL_ACTION:
            found += self._holding_state(trigger)
        return tuple(found)

    def _holding_state(self, trigger: Trigger) -> list[Argument]:
        """Return the state on whose soil someone is held or tried, where no doer is told: "detained in the North"."""
        for phrase in self._slot(trigger, "in", frozenset((Label.PLACE,))):
            if phrase.mention is not None and phrase.mention.name in self.fillers.countries:
                return [replace(mention_argument(phrase.mention), via=Via.CONTEXT, score=VIA_SCORES[Via.CONTEXT])]
        return []

    def place(self, trigger: Trigger) -> Argument | None:
        """Return the place in the slots of the rule, else one named with a preposition of place in the trigger's clause."""
        sentence = trigger.sentence
        for slot in trigger.rule.place:
            for phrase in self._slot(trigger, slot, frozenset((Label.PLACE,))):
                if phrase.mention is not None:
                    return self.fillers.argument(phrase, sentence)
        for phrase in self.fillers.phrases(sentence):
            if phrase.mention is None or phrase.owner or phrase.mention.label is not Label.PLACE or phrase.prep not in _PLACE_PREPOSITIONS:
                continue
            if sentence.clause[phrase.first] == sentence.clause[trigger.head] and abs(phrase.first - trigger.head) <= _REACH:
                return self.fillers.argument(phrase, sentence)
        return None

    def subject_of(self, sentence: Sentence, position: int) -> Argument | None:
        """Return the subject of the verb at a word."""
        if (parse := sentence.parse) is not None and parse.is_verb(position):
            for word in parse.subjects(position):
                for phrase in self.fillers.phrases_at(sentence, word, parse):
                    return self.fillers.argument(phrase, sentence)
        found = self._subject(sentence, position, frozenset(Label))
        return self.fillers.argument(found[0], sentence) if found else None

    def starting_at(self, sentence: Sentence, position: int) -> Argument | None:
        """Return the phrase that begins at a word ("…, said the minister")."""
        for phrase in self.fillers.phrases(sentence):
            if phrase.first == position and not phrase.owner and not phrase.demonym:
                return self.fillers.argument(phrase, sentence)
        return None

    def after(self, sentence: Sentence, position: int) -> Argument | None:
        """Return the phrase that begins at or just behind a word."""
        for phrase in self.fillers.phrases(sentence):
            if not phrase.owner and phrase.last >= position:
                return self.fillers.argument(phrase, sentence) if phrase.first <= position + 1 or phrase.first - position <= 4 else None
        return None

    # --- slots ---------------------------------------------------------------------------------------------------

    def _slot(self, trigger: Trigger, slot: str, labels: frozenset[Label]) -> tuple[Phrase, ...]:
        parse = trigger.sentence.parse
        if parse is None or slot == "self":
            return self._window_slot(trigger, slot, labels)
        held = slot not in {"subject", "possessor", "by", "between"}
        for group in self._tree.find(trigger, parse, slot):
            found = [phrase for word in group for phrase in self.fillers.phrases_at(trigger.sentence, word, parse, held=held)]
            if fitting := tuple(phrase for phrase in found if admits(phrase, labels)):
                return fitting
        head = core(trigger, parse)
        if not parse.is_verb(head):
            return self._owners(trigger, labels) if slot in {"subject", "possessor"} else ()
        if slot == "possessor":
            return () if parse.subjects(head) else self._owners(trigger, labels)
        lost = slot == "subject" and not parse.is_passive(head) and parse.deps[head] not in {"acl", "amod"} and not parse.subjects(head)
        return self._window_slot(trigger, slot, labels) if lost else ()

    def _window_slot(self, trigger: Trigger, slot: str, labels: frozenset[Label]) -> tuple[Phrase, ...]:
        sentence, passive = trigger.sentence, self._is_passive(trigger)
        if slot == "subject":
            if not trigger.verbal:
                return ()
            return self._prep(trigger, "by", labels) if passive or trigger.inverted else self._subject(sentence, trigger.head, labels)
        if slot == "object":
            if passive:
                return self._subject(sentence, trigger.head, labels)
            return self._object(trigger, labels)
        if slot == "possessor":
            return self._owners(trigger, labels)
        if slot == "owner":
            return self._owner_behind(trigger, labels)
        if slot == "self":
            return tuple(phrase for phrase in self._group_inside(trigger) if admits(phrase, labels))
        return self._prep(trigger, slot, labels)

    def _is_passive(self, trigger: Trigger) -> bool:
        words = trigger.sentence.words
        if not trigger.verbal or words[trigger.head].norm.endswith("ing"):
            return False
        if words[trigger.head].norm in self._sets["be"] and trigger.head < trigger.last:
            return True
        position = trigger.head - 1
        while position >= 0 and words[position].norm in self._sets["adverbs"]:
            position -= 1
        if position >= 0 and words[position].norm in self._sets["be"]:
            return True
        return trigger.head + 1 < len(words) and words[trigger.head + 1].norm == "by" and not words[trigger.head].norm.endswith("s")

    def _subject(self, sentence: Sentence, position: int, labels: frozenset[Label]) -> tuple[Phrase, ...]:
        phrases = [
            phrase
            for phrase in self.fillers.phrases(sentence)
            if phrase.last < position and not phrase.owner and not phrase.demonym and admits(phrase, labels)
        ]
        if not phrases:
            return ()
        before = position - 1
        while before >= 0 and (
            sentence.words[before].norm in self._sets["subject_fillers"] or sentence.words[before].norm in self._sets["adverbs"]
        ):
            before -= 1
        lead = sentence.words[before].norm if before >= 0 else ""
        if lead in _RELATIVES:
            near = [phrase for phrase in phrases if phrase.last < before]
            return self.fillers.group(near[-1], sentence) if near else ()
        free = [phrase for phrase in phrases if phrase.prep is None or (phrase.prep in _SUBORDINATORS and phrase.last == before)]
        if not free:
            return ()
        clause = sentence.clause[min(position, len(sentence.words) - 1)]
        local = [phrase for phrase in free if sentence.clause[phrase.last] == clause]
        joined = lead in {"and", "or", ","} or (sentence.words[min(position, len(sentence.words) - 1)].norm.endswith("ing") and not local)
        chosen = (local[0] if local else free[0]) if joined else (local[-1] if local else free[-1])
        return self.fillers.group(chosen, sentence)

    def _object(self, trigger: Trigger, labels: frozenset[Label]) -> tuple[Phrase, ...]:
        sentence = trigger.sentence
        for phrase in self.fillers.phrases(sentence):
            if phrase.head <= trigger.head or phrase.owner or phrase.demonym:
                continue
            if phrase.first - trigger.last > _OBJECT_REACH or sentence.clause[phrase.first] != sentence.clause[trigger.head]:
                return ()
            if phrase.prep is None and admits(phrase, labels):
                return self.fillers.group(phrase, sentence)
        return ()

    def _prep(self, trigger: Trigger, prep: str, labels: frozenset[Label]) -> tuple[Phrase, ...]:
        sentence = trigger.sentence
        for phrase in self.fillers.phrases(sentence):
            if phrase.head <= trigger.head or phrase.owner or phrase.demonym:
                continue
            if phrase.first - trigger.last > _REACH or sentence.clause[phrase.first] != sentence.clause[trigger.head]:
                return ()
            if phrase.prep == prep and admits(phrase, labels):
                return self.fillers.group(phrase, sentence)
        return ()

    def _owners(self, trigger: Trigger, labels: frozenset[Label]) -> tuple[Phrase, ...]:
        """Names, adjectives and pronouns in the noun phrase of the trigger: "the North's latest launch"."""
        sentence, edge, closed = trigger.sentence, trigger.first, self._closed
        found: list[Phrase] = []
        for phrase in reversed([phrase for phrase in self.fillers.phrases(sentence) if phrase.last < max(trigger.head, trigger.first + 1)]):
            between = [word.norm for word in sentence.words[phrase.last + 1 : edge]]
            if len(between) > 5 or any(word in closed for word in between):
                break
            if found and any(word not in {"and", "'s"} for word in between):
                break
            if admits(phrase, labels) and (
                phrase.possessive or phrase.demonym or phrase.mention or phrase.pronoun in {"its", "his", "her", "their"}
            ):
                found.append(phrase)
            if phrase.prep is not None or phrase.possessive:
                break
            edge = phrase.first
        return tuple(reversed(found))

    def _owner_behind(self, trigger: Trigger, labels: frozenset[Label]) -> tuple[Phrase, ...]:
        """Return the owner of the object: "condemned the North's launch"."""
        sentence = trigger.sentence
        for phrase in self.fillers.phrases(sentence):
            if phrase.head <= trigger.head or not (phrase.demonym or phrase.possessive or phrase.prep in {"of", "by"}):
                continue
            near = phrase.first - trigger.last <= _OBJECT_REACH and sentence.clause[phrase.first] == sentence.clause[trigger.head]
            return (phrase,) if near and admits(phrase, labels) else ()
        return ()

    def _nearest(self, trigger: Trigger, labels: frozenset[Label], taken: tuple[Argument, ...]) -> tuple[Argument, ...]:
        """Return the nearest name or noun that is no location and plays no other part; else the country the article is about."""
        topic = self.fillers.topic if Label.PLACE in labels else None
        if topic is not None and not _is_held(topic, list(taken)):
            return (topic,)
        sentence = trigger.sentence
        fitting = [
            (abs(phrase.first - trigger.head), phrase.first, argument)
            for phrase in self.fillers.phrases(sentence)
            if admits(phrase, labels) and not phrase.owner and not phrase.pronoun and phrase.prep not in _PLACE_PREPOSITIONS
            if abs(phrase.first - trigger.head) <= _REACH and (argument := self.fillers.argument(phrase, sentence)) is not None
            if not _is_held(argument, list(taken))
        ]
        return (min(fitting, key=lambda found: found[:2])[2],) if fitting else ()

    def _group_inside(self, trigger: Trigger) -> tuple[Phrase, ...]:
        return tuple(
            p for p in self.fillers.phrases(trigger.sentence) if trigger.first <= p.first and p.last <= trigger.last and not p.owner
        )


def _is_held(argument: Argument, found: list[Argument]) -> bool:
    return any((argument.entity and argument.entity == other.entity) or argument.name == other.name for other in found)
