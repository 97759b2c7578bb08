"""English titles: where one stands, what kind of post it is, and how far it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.tag.gazetteer import Hit
from pipeline.tag.lists import WordLists
from pipeline.tag.reading import Reading, split_words
from pipeline.tag.word_shapes import POSSESSIVES

__all__ = ["Title", "TitleFinder"]

_LONGEST_TITLE = 12
"""Words of a title to either side of its head; the longest real ones ("deputy United Nations ambassador from …") stay below."""


@dataclass(frozen=True, slots=True)
class Title:
    """One title. `kind` is "state", "body" or "private"; `first` and `last` are indexes of words, both within the title."""

    start: int
    end: int
    kind: str
    head: str
    first: int
    last: int


class TitleFinder:
    """Finds titles by their heads and grows them over modifiers, names of bodies and "of …" phrases."""

    def __init__(self, lists: WordLists) -> None:
        self._heads: dict[tuple[str, ...], str] = {}
        for kind in ("private", "body", "state"):
            for head in lists.words[f"{kind}_heads"]:
                words = tuple(word.text for word in split_words(head.lower(), "en"))
                self._heads[words] = kind
                if words[-1] == ".":  # the stop is part of the word before, unless it ends the sentence
                    self._heads[(*words[:-2], words[-2] + ".")] = kind
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for key, kind in sorted(self._heads.items(), key=lambda pair: -len(pair[0])):
            self._by_first.setdefault(key[0], []).append((key, kind))
        self._modifiers = lists.get("modifiers")
        self.heads = frozenset(head[0] for head in self._heads if head[1:] in {(), (".",)})

    def find(self, reading: Reading, hits: Sequence[Hit]) -> list[Title]:
        """Return the titles in order; they do not overlap. `hits` are the names of the gazetteer in the text."""
        covered = {index: hit for hit in hits for index in range(hit.first, hit.last + 1)}
        titles: list[Title] = []
        lower = [word.text.lower() for word in reading.words]
        index = 0
        while index < len(reading.words):
            found = self._head_at(lower, index)
            if found is None or (index in covered and covered[index].last > index and covered[index].first < index):
                index += 1
                continue
            kind, length = found
            title = self._grow(reading, covered, index, index + length - 1, kind)
            if titles and title.first <= titles[-1].last:
                title = self._merge(reading, titles.pop(), title)
            titles.append(title)
            index = title.last + 1
        return titles

    def _head_at(self, lower: Sequence[str], index: int) -> tuple[str, int] | None:
        """Return kind and length of the head at a word; plurals of one word count."""
        first = lower[index]
        for head, kind in self._by_first.get(first, ()):
            if tuple(lower[index : index + len(head)]) == head:
                return kind, len(head)
        if first.endswith("s") and (first[:-1],) in self._heads:
            return self._heads[(first[:-1],)], 1
        return None

    def _grow(self, reading: Reading, covered: dict[int, Hit], first: int, last: int, kind: str) -> Title:
        words = reading.words
        head = (
            words[first].text.lower()
            if first == last
            else " ".join(word.text.lower() for word in words[first : last + 1]).replace(" .", ".")
        )
        start = first
        while start > 0 and first - start < _LONGEST_TITLE and _adjacent(reading, start - 1):
            hit = covered.get(start - 1)
            if hit is not None and any(entry.label.value == "AGENCY" for entry in hit.entries):
                start = hit.first
            elif hit is None and words[start - 1].text.lower() in self._modifiers:
                start -= 1
            elif words[start - 1].text == "-" and start > 1 and words[start - 2].text.lower() in self._modifiers:
                start -= 2
            else:
                break
        end = self._grow_right(reading, covered, last)
        return Title(words[start].start, words[end].end, kind, head, start, end)

    def _grow_right(self, reading: Reading, covered: dict[int, Hit], last: int) -> int:
        """Follow "of", "for" and the like to the end of the body's name."""
        words = reading.words
        at = last + 1
        if at >= len(words) or words[at].text.lower() not in {"of", "for", "at", "in", "to", "on", "from"} or not _adjacent(reading, last):
            return last
        link = words[at].text.lower()
        at += 1
        end = last
        while at < len(words) and at - last < _LONGEST_TITLE and _adjacent(reading, at - 1):
            text = words[at].text
            hit = covered.get(at)
            if end > last and text.lower() in self.heads:
                break
            if hit is not None:
                if any(entry.label.value == "PERSON" for entry in hit.entries):
                    break
                at = hit.last + 1
                end = hit.last
                if any(entry.label.value == "AGENCY" for entry in hit.entries):
                    break
            elif text[:1].isupper() and link in {"of", "for", "at"} | ({"to", "in"} if end > last else set()):
                end = at
                at += 1
            elif text.lower() in {"the", "of", "and", "for", "-", *POSSESSIVES} or text.lower() in self._modifiers:
                if text.lower() in self._modifiers:
                    end = at
                at += 1
            else:
                break
        return end

    def _merge(self, reading: Reading, one: Title, two: Title) -> Title:
        kind = one.kind if one.kind == "state" else two.kind
        return Title(one.start, max(one.end, two.end), kind, two.head, one.first, max(one.last, two.last))


def _adjacent(reading: Reading, index: int) -> bool:
    """Tell whether the word after `index` follows it with nothing but a space or a hyphen between."""
    between = reading.text[reading.words[index].end : reading.words[index + 1].start] if index + 1 < len(reading.words) else "\n"
    return between in {"", " ", "\xa0"}
