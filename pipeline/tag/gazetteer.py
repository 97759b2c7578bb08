"""Names of the knowledge base, found in text by longest match.

English names are matched word by word in a tree; Korean names letter by letter, since particles follow them without
a space. Adjectives of nationality are matched too: they are no mentions, but they show a country and they keep
"North" from being found in "North Korean".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from models.knowledge import Knowledge
from models.vocabulary import Label
from pipeline.tag.reading import Word, split_words
from pipeline.text.sentences import ABBREVIATIONS

__all__ = ["Entry", "Gazetteer", "Hit", "KoreanGazetteer", "korean_gazetteer", "place_heads"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of one entity. `kind` is that of the alias: name, acronym, short, adjective or weak.

    `of_country` is true for the names and adjectives of countries.
    """

    id: str
    label: Label
    kind: str
    country: str | None
    text: str
    of_country: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of text that is written like one or several names."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    first: int = -1
    last: int = -1


_SHORTEST_HEAD = 4
"""Letters of the shortest last word of a body that a hyphen can follow: shorter ones are acronyms and parts of others' names."""


@dataclass(slots=True)
class _Node:
    next: dict[str, _Node] = field(default_factory=dict)
    entries: list[tuple[tuple[str, ...], Entry]] = field(default_factory=list)


def _entries(knowledge: Knowledge, lang: str) -> Iterator[Entry]:
    for entity in knowledge.entities.values():
        for alias in entity.aliases:
            if alias.lang == lang and alias.text:
                yield Entry(entity.id, entity.label, alias.kind, entity.country, alias.text, entity.kind == "country")


def place_heads(knowledge: Knowledge) -> frozenset[str]:
    """Return the last words of English names of places and of bodies of states, before which or after which a hyphen parts two names.

    "South Korea-Japan", "defense ministry-drone training".
    """
    return frozenset(
        entry.text.split()[-1]
        for entry in _entries(knowledge, "en")
        if (entry.label is Label.PLACE and entry.kind != "adjective" and entry.text[:1].isupper())
        or (entry.label is Label.AGENCY and entry.kind in {"name", "short"} and len(entry.text.split()[-1]) >= _SHORTEST_HEAD)
    )


class Gazetteer:
    """English names in a tree of words. Building takes time in proportion to the names, matching to the text."""

    def __init__(
        self,
        knowledge: Knowledge,
        *,
        extra: Iterable[Entry] = (),
        unwanted: frozenset[str] = frozenset(),
        hyphen_words: frozenset[str] = frozenset(),
        heads: frozenset[str] = frozenset(),
    ) -> None:
        self._root = _Node()
        countries = tuple(f"{entry.text}'s " for entry in _entries(knowledge, "en") if entry.label is Label.PLACE)
        for entry in (*_entries(knowledge, "en"), *extra):
            # A country with 's is a mention of its own, and compounds of a country ("U.S.-led") hold one.
            if (
                entry.text.startswith(countries)
                or (entry.kind == "adjective" and "-" in entry.text)
                or _variants(entry.text)[0].lower() in unwanted
            ):
                continue
            for text in _variants(entry.text):
                words = tuple(word.text for word in split_words(text, "en", hyphen_words=hyphen_words, heads=heads))
                for form in _with_stop(words):
                    self._add(form, entry)

    def _add(self, words: tuple[str, ...], entry: Entry) -> None:
        node = self._root
        for word in words:
            node = node.next.setdefault(_fold(word), _Node())
        node.entries.append((words, entry))

    def find(self, words: Sequence[Word], text: str, *, any_case: bool = False) -> list[Hit]:
        """Return the longest names that start at each free word, in order; names never cross a line break."""
        hits: list[Hit] = []
        index = 0
        while index < len(words):
            hit = self._longest(words, text, index, any_case)
            if hit is None:
                index += 1
            else:
                hits.append(hit)
                index = hit.last + 1
        return hits

    def _longest(self, words: Sequence[Word], text: str, index: int, any_case: bool) -> Hit | None:  # noqa: FBT001
        node, best, at = self._root, None, index
        while at < len(words):
            following = node.next.get(_fold(words[at].text))
            if following is None or (at > index and "\n" in text[words[at - 1].end : words[at].start]):
                break
            node = following
            if node.entries:
                written = tuple(word.text for word in words[index : at + 1])
                fitting = tuple(entry for name, entry in node.entries if any_case or _same_case(written, name, entry))
                if fitting:
                    best = Hit(words[index].start, words[at].end, fitting, index, at)
            at += 1
        return best


_UNNAMED = re.compile(r"(?:(?:the|ruling|state-run|presidential) )+(?=\S*[A-Z])", re.IGNORECASE)
_INITIAL = re.compile(r"(?<!\S)([NS])\. ?(?=[A-Z][a-z])")


def _variants(text: str) -> tuple[str, ...]:
    """Return the name without an article or "ruling" before it, and with and without the dot of "N. Korea"."""
    bare = _UNNAMED.sub("", text) or text
    return tuple(dict.fromkeys((bare, _INITIAL.sub(r"\1 ", bare), _INITIAL.sub(r"\1. ", bare))))


def _with_stop(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the words of a name, and those that it has where its last one is an abbreviation that does not end the sentence."""
    last = words[-2] if len(words) > 1 and words[-1] == "." else words[-1] if words else ""
    if last not in ABBREVIATIONS or len(last) == 1 or len(words) == 1:
        return (words,) if words else ()
    return (words, (*words[: -2 if words[-1] == "." else -1], last + "."))


def _fold(word: str) -> str:
    return word.casefold().replace("’", "'").replace("‑", "-").replace("–", "-")


def _same_case(written: tuple[str, ...], name: tuple[str, ...], entry: Entry) -> bool:
    """Tell whether the case of the text agrees with that of the name.

    Capitals throughout are allowed for names of places (datelines) and of several words; a capital at the start of
    each word that the name writes small is allowed too, never a small letter where the name has a capital, except in
    short forms of bodies ("Foreign Ministry", "foreign ministry").
    """
    for mine, theirs in zip(written, name, strict=True):
        if _plain(mine) == _plain(theirs):
            continue
        if mine.isupper() and len(mine) > 1 and (entry.label is Label.PLACE or len(name) > 1) and len(theirs) > 2:
            continue
        if mine[:1].isupper() and theirs.islower() and mine[1:] == theirs[1:]:
            continue
        if entry.kind == "short" and entry.label is Label.AGENCY and mine.islower() and len(name) > 1:
            continue
        return False
    return True


def _plain(word: str) -> str:
    return word.replace("’", "'").replace("‑", "-").replace("–", "-")


class KoreanGazetteer:
    """Korean names by their first two letters, longest first."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        table: dict[str, dict[str, list[Entry]]] = {}
        for entry in entries:
            table.setdefault(entry.text[:2], {}).setdefault(entry.text, []).append(entry)
        self._table: Mapping[str, list[tuple[str, tuple[Entry, ...]]]] = {
            key: sorted(((name, tuple(same)) for name, same in names.items()), key=lambda pair: -len(pair[0]))
            for key, names in table.items()
        }

        self._firsts = frozenset(key[0] for key in table)

    def may_begin(self, char: str) -> bool:
        """Tell whether any name begins with the character."""
        return char in self._firsts

    def at(self, text: str, offset: int) -> Iterator[Hit]:
        """Yield the names written at `offset`, longest first; what follows is for the caller to judge."""
        if text[offset] not in self._firsts:
            return
        for key in (text[offset : offset + 2], text[offset : offset + 1]):
            for name, entries in self._table.get(key, ()):
                if text.startswith(name, offset):
                    yield Hit(offset, offset + len(name), entries)


def korean_gazetteer(knowledge: Knowledge, extra: Iterable[Entry] = ()) -> KoreanGazetteer:
    """Build the Korean gazetteer from the knowledge base and further entries."""
    return KoreanGazetteer([*(entry for entry in _entries(knowledge, "ko") if entry.kind != "adjective"), *extra])
