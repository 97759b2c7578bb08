"""What the trainers learn from: words with the tags they may bear, and trees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.vocabulary import Label

__all__ = ["ANY", "LABELS", "OUTSIDE", "TAGS", "Example", "Tree", "allow", "judge_spans", "mask_of", "tag_spans"]

LABELS = (Label.PERSON, Label.AGENCY, Label.ORG, Label.PLACE, Label.VESSEL, Label.WEAPON, Label.MALWARE)
TAGS = ("O", *(f"{prefix}-{label.value}" for label in LABELS for prefix in ("B", "I")))
"""The classes of the entity head, in order: outside, then begin and inside of each label."""

_BITS = {tag: 1 << place for place, tag in enumerate(TAGS)}
OUTSIDE = _BITS["O"]
ANY = (1 << len(TAGS)) - 1


def mask_of(*tags: str) -> int:
    """Return the set of tags as bits: bit n stands for TAGS[n]."""
    bits = 0
    for tag in tags:
        bits |= _BITS[tag]
    return bits


def allow(labels: Iterable[Label], prefix: str, *, outside: bool = False) -> int:
    """Return the bits of a word that begins ("B") or continues ("I") a name of one of the labels, or is perhaps no name."""
    return mask_of(*(f"{prefix}-{label.value}" for label in labels)) | (OUTSIDE if outside else 0)


@dataclass(frozen=True, slots=True)
class Example:
    """A stretch of text, up to a paragraph, annotated with names.

    `allowed[n]` holds the tags that word n may bear, as bits: one where the corpus says exactly what we ask for,
    several where its labels are coarser than ours ("organisation" is AGENCY or ORG), ANY where it says nothing.
    """

    words: tuple[str, ...]
    allowed: tuple[int, ...]
    source: str

    def __post_init__(self) -> None:
        if len(self.words) != len(self.allowed):
            raise ValueError(f"{len(self.words)} words and {len(self.allowed)} annotations")


@dataclass(frozen=True, slots=True)
class Tree:
    """One sentence of a treebank, in Universal Dependencies terms.

    `heads[n]` is the index of the head of word n in this sentence, -1 at the root; `spaces[n]` tells whether white space follows.
    """

    words: tuple[str, ...]
    lemmas: tuple[str, ...]
    pos: tuple[str, ...]
    tags: tuple[str, ...]
    heads: tuple[int, ...]
    deps: tuple[str, ...]
    spaces: tuple[bool, ...]


def tag_spans(words: Sequence[tuple[int, int]], spans: Iterable[tuple[int, int, Label]]) -> tuple[int, ...]:
    """Return the allowed tags of words at character ranges, given spans in the same characters; words outside all spans are O.

    A word that only partly lies in a span may bear any tag: the annotation does not fit our words there.
    """
    bits = [OUTSIDE] * len(words)
    for start, end, label in spans:
        first = True
        for place, (left, right) in enumerate(words):
            if right <= start or left >= end:
                continue
            if left < start or right > end:
                bits[place] = ANY
                continue
            bits[place] = mask_of(f"{'B' if first else 'I'}-{label.value}")
            first = False
    return tuple(bits)


def judge_spans(words: Sequence[tuple[int, int]], judged: Iterable[tuple[int, int, Label, bool]]) -> tuple[int, ...]:
    """Return the allowed tags of words at character ranges, given spans that are names of a label, or are none; the rest may be anything.

    A span that words only partly fill says nothing.
    """
    bits = [ANY] * len(words)
    # What is right comes last: it is said of its words alone.
    for start, end, label, right in sorted(judged, key=lambda one: one[3]):
        inside = [place for place, (left, after) in enumerate(words) if start <= left and after <= end]
        if not inside or words[inside[0]][0] != start or words[inside[-1]][1] != end:
            continue
        for place in inside:
            begins = place == inside[0]
            bits[place] = (
                mask_of(f"{'B' if begins else 'I'}-{label.value}") if right else bits[place] & ~allow((label,), "B") & ~allow((label,), "I")
            )
        if right and inside[-1] + 1 < len(words) and bits[inside[-1] + 1] == ANY:
            bits[inside[-1] + 1] = ANY & ~allow((label,), "I")
    return tuple(bits)
