"""The dependency parse of one sentence over its words: who is subject, object, agent and prepositional dependent of what.

Labels are Universal Dependencies. Positions are word indexes of the sentence; words that the reading leaves out, such as
quotation marks and hyphens, are stepped over. What a verb lacks is sought where grammar hides it: the subject of a
coordinated, controlled or relative verb, the doer of a participle, the owner of a coordinated noun.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.records import Token

__all__ = ["Parse", "read_parse"]

_RELATIVES = frozenset({"who", "which", "that", "whom"})
_DEPTH = 6
"""Steps up a chain of verbs in search of a subject; longer chains occur in broken parses alone."""
_TOGETHER = frozenset({"along", "together", "jointly"})


@dataclass(frozen=True, slots=True)
class Parse:
    """Heads (-1 for none), labels, Penn tags and lower-case forms and lemmas of the words of one sentence."""

    heads: tuple[int, ...]
    deps: tuple[str, ...]
    tags: tuple[str, ...]
    norms: tuple[str, ...]
    lemmas: tuple[str, ...]
    below: tuple[tuple[int, ...], ...]
    """The dependents of each word, in order."""

    def children(self, word: int, *deps: str) -> Iterator[int]:
        """Yield the dependents of a word that bear one of the labels."""
        return (child for child in self.below[word] if self.deps[child] in deps)

    def is_verb(self, word: int) -> bool:
        """Tell whether a word is tagged as a verb form."""
        return self.tags[word].startswith("VB")

    def preposition(self, noun: int) -> str | None:
        """Return the preposition that governs a noun; "along with" is "with"."""
        for child in self.children(noun, "case", "mark"):
            if self.norms[child] in {"'s", "'"}:
                continue
            rest = [self.norms[part] for part in self.children(child, "fixed")]
            if not rest:
                return self.norms[child]
            return rest[-1] if self.norms[child] in _TOGETHER else " ".join((self.norms[child], *rest))
        return None

    def members(self, noun: int) -> tuple[int, ...]:
        """Return a noun and those coordinated with it, in order."""
        found = [noun]
        for place in found:
            found += [child for child in self.children(place, "conj") if child not in found and not self.is_verb(child)]
        return tuple(sorted(found))

    def is_passive(self, verb: int) -> bool:
        """Tell whether a verb form is passive, a bare participle behind its noun included."""
        if any(True for _ in self.children(verb, "nsubj:pass", "aux:pass")):
            return True
        if self.tags[verb] != "VBN" or any(True for _ in self.children(verb, "nsubj", "aux")):
            return False
        if self.deps[verb] == "conj" and self.heads[verb] >= 0:
            return self.is_passive(self.heads[verb])
        return self.deps[verb] in {"acl", "amod", "advcl", "acl:relcl", "xcomp"}

    def subjects(self, verb: int) -> tuple[int, ...]:
        """Return what stands as subject of a verb, active or passive, in its own clause or by control."""
        return next(self.subject_chain(verb), ())

    def subject_chain(self, verb: int, depth: int = _DEPTH) -> Iterator[tuple[int, ...]]:
        """Yield what may be the subject of a verb, likeliest first: behind a noun that cannot act stands its owner or governor."""
        own = [self._antecedent(verb, child) for child in self.children(verb, "nsubj", "nsubj:pass") if self.norms[child] != "there"]
        if own:
            # Of two subjects the first is a dateline: "SEOUL North Korea fired".
            yield self.members(own[-1])
            return
        head, dep = self.heads[verb], self.deps[verb]
        if head < 0 or depth == 0 or dep == "acl:relcl":
            return
        if not self.is_verb(head) and dep in {"acl", "amod", "nmod", "compound", "conj"}:
            yield from self._chain_by_noun(verb, head, depth)
            return
        if dep in {"xcomp", "ccomp"}:
            for held in list(self.children(head, "obj", "iobj"))[:1]:
                yield self.members(held)
        yield from self.subject_chain(head, depth - 1)

    def _chain_by_noun(self, verb: int, noun: int, depth: int) -> Iterator[tuple[int, ...]]:
        """Yield the subjects of a verb below a noun: "officials visiting", "tests carried out", "Seoul's plan to send"."""
        if self.tags[verb] in {"VBG", "VBN", "VBD"} and self.deps[verb] in {"acl", "amod"}:
            yield self.members(noun)
            if self.tags[verb] != "VBG":
                return
        for owner in self.children(noun, "nmod:poss"):
            yield self.members(owner)
        for owner in self.governed(noun, "by"):
            yield (owner,)
        place = noun
        for _ in range(_DEPTH):
            head = self.heads[place]
            if head < 0:
                return
            if self.is_verb(head):
                if self.deps[place] != "nsubj":
                    yield from self.subject_chain(head, depth - 1)
                return
            place = head

    def objects(self, verb: int) -> tuple[int, ...]:
        """Return the objects of an active verb, the antecedent of a relative clause and a controlled doer ("urged X to") included."""
        held = [self._antecedent(verb, child) for child in self.children(verb, "obj", "iobj")]
        if held:
            return tuple(member for noun in held for member in self.members(noun))
        for clause in self.children(verb, "xcomp", "ccomp"):
            if any(self.norms[mark] == "to" for mark in self.children(clause, "mark")):
                found = [noun for noun in self.children(clause, "nsubj", "nsubj:pass") if noun > verb]
                if found:
                    return self.members(found[0])
        bare = [noun for noun in self.children(verb, "obl") if noun > verb and self.preposition(noun) is None]
        if bare:
            return self.members(bare[0])
        for other in self.children(verb, "conj"):
            # "arrested and charged two men": what stands behind the last verb is the object of both.
            if self.is_verb(other) and other - verb <= 3:
                return self.objects(other)
        return ()

    def agents(self, verb: int) -> tuple[int, ...]:
        """Return the doers in a by-phrase."""
        found = [child for child in self.below[verb] if self.deps[child] == "obl:agent" or self._is_by(child)]
        return tuple(member for noun in found[:1] for member in self.members(noun))

    def governed(self, word: int, preposition: str) -> tuple[int, ...]:
        """Return the dependents of a word behind a preposition, and doers of a clause that it opens ("call for X to stop")."""
        found: list[int] = []
        for child in self.below[word]:
            dep = self.deps[child]
            if dep in {"obl", "nmod", "obl:agent", "advmod", "iobj"} and self.preposition(child) == preposition:
                found += self.members(child)
            elif dep in {"advcl", "xcomp", "acl"} and preposition in {"for", "on"} and self.preposition(child) == preposition:
                found += [member for noun in self.children(child, "nsubj") for member in self.members(noun)]
        return tuple(found)

    def _is_by(self, word: int) -> bool:
        return self.deps[word] in {"obl", "nmod"} and self.preposition(word) == "by"

    def _antecedent(self, verb: int, noun: int) -> int:
        """Return what a relative pronoun stands for, and any other word itself."""
        if self.norms[noun] == "which" and noun > 1:
            # "moves by the allies against the North, which conducted": a name next to the pronoun outweighs the parse.
            before = noun - 2 if self.norms[noun - 1] == "," else noun - 1
            if self.tags[before] in {"NNP", "NNPS"}:
                return before
        if self.norms[noun] in _RELATIVES and self.deps[verb] == "acl:relcl" and self.heads[verb] >= 0:
            return self.heads[verb]
        if self.norms[noun] in _RELATIVES and self.deps[verb] == "conj" and self.deps[self.heads[verb]] == "acl:relcl":
            return max(self.heads[self.heads[verb]], 0)
        if self.norms[noun] in {"who", "which"} and noun > 1:
            return noun - 2 if self.norms[noun - 1] == "," else noun - 1
        return noun


def read_parse(words: tuple[int, ...], tokens: Sequence[Token]) -> Parse | None:
    """Arrange the parse of the tokens at these indexes; None where none of them has a label."""
    if not any(tokens[index].dep for index in words):
        return None
    places = {index: place for place, index in enumerate(words)}
    heads = tuple(_head(index, places, tokens) for index in words)
    below: list[list[int]] = [[] for _ in words]
    for place, head in enumerate(heads):
        if head >= 0:
            below[head].append(place)
    held = [tokens[index] for index in words]
    return Parse(
        heads,
        tuple(token.dep for token in held),
        tuple(token.tag for token in held),
        tuple(token.text.lower().replace("’", "'") for token in held),
        tuple(token.lemma.lower() for token in held),
        tuple(tuple(children) for children in below),
    )


def _head(index: int, places: dict[int, int], tokens: Sequence[Token]) -> int:
    """Return the place of the nearest head that is a word of the sentence; -1 for a root."""
    head = tokens[index].head
    for _ in range(_DEPTH):
        if head is None or head == index:
            return -1
        if head in places:
            return places[head]
        head = tokens[head].head
    return -1
