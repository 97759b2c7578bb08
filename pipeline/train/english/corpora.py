"""Readers that turn corpora of names into Examples of our labels.

Corpora annotate by other guides than ours: organisations without telling bodies of state, adjectives of nationality,
titles inside names. What a corpus says is mapped to the tags that a word may bear by our guide; where it does not say
enough, several stay allowed. The knowledge base and the rules' own word lists decide what they can.
"""

from __future__ import annotations

import csv
import hashlib
import io
import lzma
import random
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from models.knowledge import Knowledge
from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.tag.gazetteer import place_heads
from pipeline.tag.lists import load_lists
from pipeline.tag.reading import Word, split_words
from pipeline.text.sentences import split_sentences
from pipeline.text.yaml_lines import read_yaml
from pipeline.train.english.annotations import read_passages, read_rows
from pipeline.train.english.examples import ANY, LABELS, OUTSIDE, Example, allow, judge_spans, mask_of, tag_spans

__all__ = ["CROSSNER", "DATA", "GMB", "LONGEST", "WIKIGOLD", "Corpora", "Cutter", "Tagged", "check_file", "word_cutter"]

DATA = Path(__file__).resolve().parent / "data"
LONGEST = 120
"""Words of an Example, as far as the ends of sentences allow."""
_HARD_LIMIT = 160
"""Words after which a sentence is cut at any word outside a name: lists of many lines without an end."""
_LONGEST_NAME = 10
_USUAL = 5
_SELDOM = 0.3
_NEVER = 0.1
"""A program's annotation of a name is doubted where another kind is usual, with so many cases, and its own seldom; not believed where it is rarer."""

_LISTS = frozenset(
    "files peoples agencies organisations torn event_words agency_words organisation_words rebel_words body_nouns body_phrases body_fields".split()
)
_FILE_FIELDS = frozenset({"path", "sha256", "source"})
_HYPHENS = frozenset("-‐‑–")
_SUFFIX = re.compile(r"['’](?:s|S|ll|re|ve|d|m)|n['’]t|N['’]T")
"""Corpus tokens that stay one word: what treebank tokenisation cuts from the end of a word."""
_EDGES = frozenset({",", "'", "’", '"', ";", ":", "-", "--"})
_INDIAN_COMMAS = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")
_DEMONYM = re.compile(r"[A-Z].*(?:[ei]an|ese|ish|[^aeiou]i|ans|is|ites?)")
_KOREA = frozenset({"Korea", "Korean", "Koreans", "Pyongyang", "Seoul"})
_BODIES = (Label.AGENCY, Label.ORG)
_THINGS = (Label.VESSEL, Label.WEAPON, Label.MALWARE)
CROSSNER = {
    **dict.fromkeys(("person", "politician", "writer", "musicalartist", "scientist", "researcher"), "per"),
    "organisation": "org",
    "politicalparty": "party",
    "location": "geo",
    "country": "geo",
    "event": "event",
    "election": "event",
    "misc": "misc",
}
WIKIGOLD = {"PER": "per", "ORG": "org", "LOC": "geo", "MISC": "misc"}
GMB = {"geo": "geo", "gpe": "gpe", "per": "per", "org": "org", "tim": "none", "nat": "none", "art": "misc", "eve": "event"}

"""The labels of a corpus in the terms of `Corpora.convert`."""

Cutter = Callable[[str], list[Word]]


def word_cutter(knowledge: Knowledge) -> Cutter:
    """Return the tokenizer of the English pipeline as a function from a text to its words."""
    hyphen_words, heads = load_lists("en").get("hyphen_words"), place_heads(knowledge)

    def cut(text: str) -> list[Word]:
        return split_words(text, "en", hyphen_words=hyphen_words, heads=heads)

    return cut


@dataclass(frozen=True, slots=True)
class Tagged:
    """A sentence as a corpus has it: tokens, tags in BIO form ("B-geo", "O") and, where there are any, parts of speech (Penn)."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    pos: tuple[str, ...] = ()


def check_file(root: Path, name: str, *, table: Path = DATA / "corpora.yaml") -> bytes:
    """Return the content of a corpus file below `root`, unpacked where its name ends in .xz, after comparing its sha256.

    ConfigurationError where the file is missing, damaged or another than the `table` expects; the
    message names the file, both sums and where the corpus comes from.
    """
    sums = _sums(table)
    if name not in sums:
        raise ConfigurationError(f"lists no file {name}", path=table)
    wanted, source = sums[name]
    path = root / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror}); expected sha256 {wanted}; it is {source}", path=path) from error
    if path.suffix == ".xz":
        try:
            content = lzma.decompress(content)
        except lzma.LZMAError as error:
            raise ConfigurationError(f"cannot be unpacked ({error}); expected sha256 {wanted}; it is {source}", path=path) from error
    found = hashlib.sha256(content).hexdigest()
    if found != wanted:
        raise ConfigurationError(f"expected content of sha256 {wanted}, found {found}; it is {source}", path=path)
    return content


@lru_cache(maxsize=4)
def _sums(table: Path) -> Mapping[str, tuple[str, str]]:
    rows = [node.fields(_FILE_FIELDS) for node in read_yaml(table).fields(_LISTS)["files"].items()]
    return {row["path"].text(): (row["sha256"].text(), row["source"].text()) for row in rows}


@lru_cache(maxsize=1)
def _word_lists() -> Mapping[str, tuple[str, ...]]:
    fields = read_yaml(DATA / "corpora.yaml").fields(_LISTS)
    return {name: tuple(dict.fromkeys(node.strings())) for name, node in fields.items() if name != "files"}


class Corpora:
    """Reads corpora with the knowledge base at hand. All methods are deterministic; building one takes about a second."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._cut = word_cutter(knowledge)
        self._mapper = _Mapper(knowledge, self._cut)

    def gmb(self, root: Path, n: int, seed: int) -> list[Example]:
        """Return all sentences of the Groningen Meaning Bank that speak of Korea and `n` others, shuffled by `seed`.

        The corpus is a bag of sentences, so each is an Example of its own.
        """
        sentences = list(_read_gmb(check_file(root, "gmb/ner_dataset.csv.xz")))
        self._mapper.count(sentences, GMB)
        korea = [sentence for sentence in sentences if not _KOREA.isdisjoint(sentence.tokens)]
        others = [sentence for sentence in sentences if _KOREA.isdisjoint(sentence.tokens)]
        rng = random.Random(seed)
        chosen = korea + rng.sample(others, min(n, len(others)))
        rng.shuffle(chosen)
        return [self.convert(sentence, GMB, "gmb") for sentence in chosen]

    def crossner(self, root: Path, parts: Sequence[str] = ("train", "dev", "test")) -> list[Example]:
        """Return the sentences of CrossNER's politics, in the order of the files."""
        contents = [check_file(root, f"crossner_politics/politics_{part}.txt") for part in parts]
        return [self.convert(one, CROSSNER, "crossner") for content in contents for one in _read_columns(content.decode(), "\t")]

    def wikigold(self, root: Path) -> list[Example]:
        """Return the sentences of WikiGold, in the order of the file."""
        return [self.convert(one, WIKIGOLD, "wikigold") for one in _read_columns(check_file(root, "wikigold/wikigold.txt").decode(), " ")]

    def convert(self, sentence: Tagged, kinds: Mapping[str, str], source: str) -> Example:
        """Return one sentence in our words and tags; `kinds` maps the corpus's labels to per, org, party, geo, gpe, misc, event or none."""
        return self._mapper.convert(sentence, kinds, source)

    def read_gold(self, path: Path) -> list[Example]:
        """Return the English articles of a gold file as Examples of a paragraph each; ConfigurationError with file and line."""
        examples: list[Example] = []
        for line, row in read_rows(path):
            try:
                if row["lang"] == "en" and row.get("partial"):
                    examples += self.decided(row)
                elif row["lang"] == "en":
                    mentions = [(int(one["start"]), int(one["end"]), Label(one["label"])) for one in row["mentions"]]
                    examples += self.passages(str(row["text"]), mentions, "gold")
            except (KeyError, TypeError, ValueError) as error:
                raise ConfigurationError(
                    f"not a gold article with text, lang and mentions of known labels: {error!r}", path=path, line=line
                ) from error
        return examples

    def read_annotations(self, path: Path, texts: Path) -> list[Example]:
        """Return annotated passages of texts that lie elsewhere, as `read_passages` puts them together."""
        return [example for one in read_passages(path, texts) for example in self.passages(one.text, one.mentions, "annotations")]

    def passages(self, text: str, mentions: Sequence[tuple[int, int, Label]], source: str) -> list[Example]:
        """Cut an annotated text into Examples: paragraphs, the long ones at ends of sentences; offsets are those of `text`."""
        return self._cut_out(text, lambda words: tag_spans(words, mentions), source)

    def decided(self, row: Mapping[str, Any]) -> list[Example]:
        """Return the paragraphs of a text in which editors judged names, where all other words may bear any tag."""
        judged = [(int(start), int(end), Label(label), bool(right)) for start, end, label, right in row["judged"]]
        examples = self._cut_out(str(row["text"]), lambda words: judge_spans(words, judged), "decisions")
        return [one for one in examples if any(bits != ANY for bits in one.allowed)]

    def _cut_out(self, text: str, tag: Callable[[Sequence[tuple[int, int]]], tuple[int, ...]], source: str) -> list[Example]:
        examples: list[Example] = []
        for start, end in self._stretches(text):
            words = [(start + word.start, start + word.end, word.text) for word in self._cut(text[start:end])]
            allowed = tag([(left, right) for left, right, _ in words])
            examples += [
                Example(tuple(word for _, _, word in words[left:right]), allowed[left:right], source) for left, right in _windows(allowed)
            ]
        return examples

    def _stretches(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield ranges of whole sentences of one paragraph that hold at most LONGEST words, more only where one sentence does."""
        start, end, size = 0, 0, 0
        for left, right in split_sentences(text, "en"):
            words = len(self._cut(text[left:right]))
            if end and (size + words > LONGEST or "\n" in text[end:left]):
                yield start, end
                end, size = 0, 0
            if not end:
                start = left
            end, size = right, size + words
        if end:
            yield start, end


def _windows(allowed: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield ranges of at most _HARD_LIMIT words, cut where no name goes on."""
    start = 0
    while len(allowed) - start > _HARD_LIMIT:
        end = start + _HARD_LIMIT
        while end > start + 1 and not allowed[end] & OUTSIDE:
            end -= 1
        yield start, end
        start = end
    if start < len(allowed):
        yield start, len(allowed)


# --- the files ---


def _read_gmb(content: bytes) -> Iterator[Tagged]:
    """Yield the sentences of the Groningen Meaning Bank's table, numbers with Indian commas mended."""
    rows = csv.reader(io.StringIO(content.decode("cp1252")))
    next(rows)
    sentence: list[list[str]] = []
    for row in rows:
        if row[0] and sentence:
            yield _tagged(sentence)
            sentence = []
        sentence.append(row)
    if sentence:
        yield _tagged(sentence)


def _tagged(rows: Sequence[Sequence[str]]) -> Tagged:
    return Tagged(tuple(_plain_number(row[1]) for row in rows), tuple(row[3] for row in rows), tuple(row[2] for row in rows))


def _plain_number(token: str) -> str:
    """Return "2,00,000" with a comma before every third digit, and any other token as it is."""
    if not _INDIAN_COMMAS.fullmatch(token):
        return token
    whole, dot, decimals = token.partition(".")
    return f"{int(whole.replace(',', '')):,}{dot}{decimals}"


def _read_columns(text: str, separator: str) -> Iterator[Tagged]:
    """Yield the sentences of a file with a token and its tag on each line and empty lines between sentences."""
    for block in re.split(r"\n[ \t]*\n+", text.strip()):
        pairs = [line.rsplit(separator, 1) for line in block.splitlines() if line.strip()]
        if pairs:
            yield Tagged(tuple(pair[0] for pair in pairs), tuple(pair[1].strip() for pair in pairs))


# --- the mapping ---


@dataclass(frozen=True, slots=True)
class _Span:
    """Words first to last - 1 with the kind of name that the corpus gives them."""

    first: int
    last: int
    kind: str


@dataclass(slots=True)
class _Sentence:
    """A sentence on its way: our words, the spans of the corpus, and the bits found so far.

    `cut` holds the first words of tokens that the corpus had as one ("U.S." of "U.S.-led"): it says nothing of them.
    `torn` is true where the annotation was made by a program and tears names.
    """

    words: list[str]
    spans: list[_Span]
    pos: list[str]
    cut: set[int]
    torn: bool
    allowed: list[int] = field(default_factory=list)

    def write(self, first: int, last: int, labels: Iterable[Label], *, outside: bool = False) -> None:
        """Allow the words one name of any of the labels."""
        labels = tuple(labels)
        for place in range(first, last):
            self.allowed[place] = allow(labels, "B" if place == first else "I", outside=outside) if labels else OUTSIDE

    def loosen(self, first: int, last: int, labels: Iterable[Label]) -> None:
        """Allow the words, beside what they may be already, one name of any of the labels, or parts of it that is shorter."""
        labels = tuple(labels)
        for place in range(first, last):
            self.allowed[place] |= allow(labels, "B", outside=True) | (allow(labels, "I") if place > first else 0)


class _Names:
    """Names of known labels, looked up by their words."""

    def __init__(self, names: Iterable[tuple[tuple[str, ...], Label]]) -> None:
        self._labels: dict[tuple[str, ...], frozenset[Label]] = {}
        self._lengths: dict[str, set[int]] = {}
        for written, label in names:
            # The stop of "Corp." is a word of its own only where it ends the sentence.
            forms = {written, (*written[:-2], f"{written[-2]}.")} if len(written) > 1 and written[-1] == "." else {written}
            for words in forms:
                if words and len(words) <= _LONGEST_NAME:
                    self._labels[words] = self._labels.get(words, frozenset()) | {label}
                    self._lengths.setdefault(words[0], set()).add(len(words))

    def get(self, words: Sequence[str]) -> frozenset[Label]:
        """Return the labels that a name written so has; none where it is unknown."""
        return self._labels.get(tuple(words), frozenset())

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int, frozenset[Label]]]:
        """Yield the longest names from left to right, as first word, end and labels."""
        place = 0
        while place < len(words):
            for length in sorted(self._lengths.get(words[place], ()), reverse=True):
                labels = self._labels.get(tuple(words[place : place + length]))
                if labels and place + length <= len(words):
                    yield place, place + length, labels
                    place += length - 1
                    break
            place += 1


class _Mapper:
    """Turns the annotation of a corpus into ours."""

    def __init__(self, knowledge: Knowledge, cut: Cutter) -> None:
        self._words = cut
        lists, rules = _word_lists(), load_lists("en")
        self._hyphen_words = rules.get("hyphen_words")
        people = [self._cut(name) for name in lists["peoples"]]
        self._peoples = frozenset(words[0] for words in people if len(words) == 1)
        self._people_phrases: set[tuple[str, ...]] = {words for words in people if len(words) > 1}
        self._known, self._sure = self._learn(knowledge, lists, frozenset(name.lower() for name in rules.words["not_bodies"]))
        self._torn = frozenset(lists["torn"])
        self._agency_words = frozenset(lists["agency_words"])
        self._organisation_words = frozenset(lists["organisation_words"])
        self._body_words = self._agency_words | self._organisation_words | rules.get("agency_tails") | rules.get("org_tails")
        self._body_heads = rules.get("agency_heads") | rules.get("org_heads")
        self._place_tails = rules.get("place_tails")
        self._rebels = frozenset(lists["rebel_words"])
        self._given = rules.get("given_names")
        self._surnames, self._syllables = rules.get("korean_surnames"), rules.get("korean_syllables")
        self._particles = rules.get("name_particles")
        titles = {word for kind in ("state", "body", "private") for word in rules.words[f"{kind}_heads"]}
        self._titles = frozenset(title.removesuffix(".") for title in titles if " " not in title) | {"congressmen", "senators", "ministers"}
        self._modifiers = rules.get("modifiers") | rules.get("former")
        self._event_words = frozenset(lists["event_words"])
        self._counts: dict[str, Counter[str]] = {}
        self._body_nouns = frozenset(lists["body_nouns"])
        self._body_phrases = tuple(self._cut(phrase) for phrase in lists["body_phrases"])
        self._fields = rules.get("modifiers") | rules.get("fields") | frozenset(lists["body_fields"])

    def _learn(self, knowledge: Knowledge, lists: Mapping[str, tuple[str, ...]], unwanted: frozenset[str]) -> tuple[_Names, _Names]:
        """Return all known names, and those so plain that they are names wherever they stand; fill the words of peoples."""
        names: list[tuple[tuple[str, ...], Label]] = []
        sure: list[tuple[tuple[str, ...], Label]] = []
        peoples = set(self._peoples)
        for entity in knowledge.entities.values():
            for alias in entity.aliases:
                if alias.lang != "en" or alias.text.lower() in unwanted:
                    continue
                words = self._cut(alias.text)
                if alias.kind == "adjective":
                    if len(words) == 1:
                        peoples |= {*words, words[0] + "s"}
                    self._people_phrases |= {words, (*words[:-1], words[-1] + "s")}
                elif entity.label is not Label.PERSON and alias.text[:1].isupper():
                    names.append((words, entity.label))
                    if alias.kind in {"name", "acronym"} and (entity.label in {Label.PLACE, Label.AGENCY} or len(words) > 1):
                        sure.append((words, entity.label))
        self._peoples = frozenset(peoples)
        listed = (("agencies", Label.AGENCY), ("organisations", Label.ORG))
        names += [(self._cut(name), label) for key, label in listed for name in lists[key]]
        places = [(self._cut(name), Label.PLACE) for name in load_lists("en").words["places"]]
        return _Names(names + places), _Names(sure + places)

    def count(self, sentences: Iterable[Tagged], kinds: Mapping[str, str]) -> None:
        """Count how often a program's annotation gives each name each kind, persons by their last word too."""
        self._counts = {}
        for sentence in sentences:
            for span in _spans(sentence.tags, kinds):
                tokens = sentence.tokens[span.first : span.last]
                for name in {"".join(tokens), tokens[-1]} if span.kind == "per" else {"".join(tokens)}:
                    self._counts.setdefault(name, Counter())[span.kind] += 1

    def _usual_kind(self, words: Sequence[str], kind: str) -> str | None:
        """Return what a name is annotated as nearly always; None where that is `kind`, or unsure."""
        counts = self._counts.get("".join(words), Counter())
        usual = max(counts, key=lambda one: (counts[one], one), default=kind)
        return usual if counts[usual] >= _USUAL and self._share(words, kind) < _SELDOM else None

    def _share(self, words: Sequence[str], kind: str) -> float:
        counts = self._counts.get("".join(words), Counter())
        return counts[kind] / max(1, counts.total())

    def _cut(self, name: str) -> tuple[str, ...]:
        return tuple(word.text for word in self._words(name))

    # --- one sentence ---

    def convert(self, tagged: Tagged, kinds: Mapping[str, str], source: str) -> Example:
        """Return the sentence in our words and tags."""
        sentence = self._recut(tagged, kinds)
        sentence.allowed = [OUTSIDE] * len(sentence.words)
        sentence.torn = source == "gmb"
        if sentence.torn:
            self._mend(sentence)
        for whole in sentence.spans:
            for span in self._parts(sentence.words, whole):
                self._map(sentence, span)
        self._map_cut(sentence)
        self._loosen_known(sentence)
        self._loosen_small(sentence)
        self._attach_countries(sentence)
        return Example(tuple(sentence.words), tuple(sentence.allowed), source)

    def _pieces(self, tokens: Sequence[str]) -> list[list[str]]:
        """Return our words of each token: the tokenizer sees the whole sentence, since it looks at what stands around a word."""
        pieces: list[list[str]] = [[] for _ in tokens]
        ends = list(accumulate(len(token) + 1 for token in tokens))
        for word in self._words(" ".join(tokens)):
            pieces[bisect_right(ends, word.start)].append(word.text)
        return [[token] if _SUFFIX.fullmatch(token) else cut for token, cut in zip(tokens, pieces, strict=True)]

    def _recut(self, tagged: Tagged, kinds: Mapping[str, str]) -> _Sentence:
        """Cut the tokens into our words; pieces of a token stand in its span, except the end of a compound ("-led")."""
        words: list[str] = []
        marks: list[str] = []
        pos: list[str] = []
        cut: set[int] = set()
        for place, pieces in enumerate(self._pieces(tagged.tokens)):
            tag = tagged.tags[place]
            border = next((n for n, piece in enumerate(pieces) if n and piece in _HYPHENS), len(pieces))
            if tag == "O" and border < len(pieces):
                cut.add(len(words))
            for number, piece in enumerate(pieces):
                words.append(piece)
                pos.append(tagged.pos[place] if tagged.pos else "")
                compound = number >= border and pieces[-1].lower() in self._hyphen_words
                marks.append("O" if compound else tag if number == 0 or tag == "O" else f"I{tag[1:]}")
        return _Sentence(words, _spans(marks, kinds), pos, cut, torn=False)

    def _mend(self, sentence: _Sentence) -> None:
        """Join what the automatic annotation of the Groningen Meaning Bank tore: "Sri" and "Lanka", "South" and "Korean"."""
        ranges = [
            (first, last, "geo") for first, last, labels in self._known.find(sentence.words) if last - first > 1 and labels == {Label.PLACE}
        ]
        words = sentence.words
        ranges += [
            (place, place + size, "none")
            for size in (2, 3)
            for place in range(len(words) - size + 1)
            if tuple(words[place : place + size]) in self._people_phrases
        ]
        for first, last, kind in ranges:
            touching = [span for span in sentence.spans if span.first < last and first < span.last]
            if touching and all(first <= span.first and span.last <= last for span in touching):
                sentence.spans = [span for span in sentence.spans if span not in touching]
                sentence.spans.append(_Span(first, last, kind))
        sentence.spans.sort(key=lambda span: span.first)

    def _parts(self, words: Sequence[str], span: _Span) -> list[_Span]:
        """Cut a body behind the possessive of a known name ("Ukraine's Supreme Court"), and at "and" between two known names."""
        if span.kind == "org" and not self._known.get(words[span.first : span.last]):
            for place in range(span.first + 1, span.last - 1):
                left, right = words[span.first : place], words[place + 1 : span.last]
                owned = words[place] in {"'s", "’s"} and (self._known.get(left) & {Label.PLACE, Label.AGENCY})
                joined = words[place] == "and" and self._known.get(left) and self._known.get(right)
                if owned or joined:
                    return [_Span(span.first, place, span.kind), _Span(place + 1, span.last, span.kind)]
        return [span]

    def _map(self, sentence: _Sentence, span: _Span) -> None:
        first, last = self._trim(sentence.words, span)
        words = sentence.words[first:last]
        if not words or span.kind == "none" or self._is_people(words) or not any(word[0].isalpha() for word in words):
            return
        if span.kind in {"misc", "event"}:
            self._map_thing(sentence, first, last, span.kind)
            return
        if sentence.torn and span.kind in {"org", "geo"} and self._is_korean_name(words):
            sentence.write(first, last, [Label.PERSON])
            return
        usual = self._usual_kind(words, span.kind) if sentence.torn and not self._known.get(words) else None
        if usual in {"per", "geo", "org", "gpe"}:
            # Either may be wrong here, what it is called mostly and what it is called here, unless that is very rare.
            kinds = {usual} if self._share(words, span.kind) < _NEVER else {usual, span.kind}
            labels = [*((Label.PERSON,) if "per" in kinds else ()), *(self.judge_body(words) if "org" in kinds else ())]
            sentence.write(first, last, [*labels, *((Label.PLACE,) if kinds & {"geo", "gpe"} else ())], outside="gpe" in kinds)
            return
        if span.kind == "per":
            self._map_person(sentence, first, last)
            return
        known = self._known.get(words)
        if known and span.kind != "party":
            sentence.write(first, last, _ordered(known))
        elif span.kind == "party":
            sentence.write(first, last, [Label.AGENCY] if known == {Label.AGENCY} else [Label.ORG])
        elif span.kind == "org":
            self._map_body(sentence, first, last)
        elif span.kind == "gpe":
            self._map_people(sentence, first, last)
        else:
            sentence.write(first, last, self._judge_place(words))

    def _trim(self, words: Sequence[str], span: _Span) -> tuple[int, int]:
        """Return the span without an article or a direction before it and marks or a possessive behind it."""
        first, last = span.first, span.last
        while last > first and (_SUFFIX.fullmatch(words[last - 1]) or words[last - 1] in _EDGES):
            last -= 1
        while first < last and (
            words[first] in {"The", "A", "An", *_EDGES}
            or (words[first].isalpha() and words[first].islower() and words[first] not in self._particles)
        ):
            first += 1
        return first, last

    def _is_korean_name(self, words: Sequence[str]) -> bool:
        """Tell whether the words are a Korean surname and a given name of known syllables: "Choe Su Hon", "Cho Yoon-jeong"."""
        given = [part for word in words[1:] for part in re.split(r"[-‐‑–]", word)]
        return words[0] in self._surnames and 1 < len(given) < 3 and all(part.lower() in self._syllables for part in given)

    def _is_people(self, words: Sequence[str]) -> bool:
        return tuple(words) in self._people_phrases or all(word in self._peoples or word in _HYPHENS for word in words)

    def _map_thing(self, sentence: _Sentence, first: int, last: int, kind: str) -> None:
        """Map the name of a work, an event or a thing: a thing may be one that we name; a place inside an event is a name of its own."""
        words = sentence.words
        known = self._known.get(words[first:last]) & {*_THINGS, *_BODIES, Label.PLACE}
        if known:
            sentence.write(first, last, _ordered(known))
            return
        for place in range(first, last):
            if kind == "misc":
                sentence.allowed[place] |= allow(_THINGS, "B") | (allow(_THINGS, "I") if place > first else 0)
            elif words[place][:1].isupper():
                sentence.allowed[place] |= mask_of("B-PLACE", "I-PLACE") if place > first else mask_of("B-PLACE")
        for start, end, labels in self._known.find(words[first:last]):
            if kind == "event" and labels == {Label.PLACE}:
                sentence.write(first + start, first + end, labels)
            else:
                sentence.loosen(first + start, first + end, labels & {*_BODIES, Label.PLACE})

    def _map_person(self, sentence: _Sentence, first: int, last: int) -> None:
        words = sentence.words
        start = self._after_titles(sentence, first, last)
        known = self._known.get(words[start:last])
        if start < last:
            sentence.write(start, last, [Label.PERSON, *_ordered(known)])

    def _after_titles(self, sentence: _Sentence, first: int, last: int) -> int:
        """Return where in a span the name begins, behind countries, peoples and titles; countries on the way become places."""
        place = first
        while place < last:
            size = self._title_at(sentence.words, place, last)
            if not size and place + 1 < last and self._title_at(sentence.words, place + 1, last):
                if self._known.get(sentence.words[place : place + 1]) == {Label.PLACE}:
                    sentence.write(place, place + 1, [Label.PLACE])
                    size = 1
                elif sentence.words[place] in self._peoples:
                    size = 1
            if not size:
                return place
            place += size
        return last

    def _title_at(self, words: Sequence[str], place: int, last: int) -> int:
        """Return how many words at `place` are a title: "Mr.", "Prime Minister", "Secretary of State"; 0 where none is."""
        end = place
        while end < last and words[end].lower() in self._modifiers and words[end].lower().removesuffix(".") not in self._titles:
            end += 1
        if end == last:
            return end - place if end > place and end < len(words) and words[end].lower() in self._titles else 0
        if words[end].lower().removesuffix(".") not in self._titles:
            return 0
        end += 1
        if end < last and words[end] == ".":
            end += 1
        if end + 1 < last and words[end] in {"of", "for"} and words[end + 1].lower() in self._fields:
            end += 2
        return end - place

    def _map_people(self, sentence: _Sentence, first: int, last: int) -> None:
        """Map a span that is a country or an adjective or people of one."""
        word, pos = sentence.words[last - 1], sentence.pos[last - 1]
        if word in self._peoples or pos in {"JJ", "NNS", "NNPS"} or _DEMONYM.fullmatch(word):
            return
        sentence.write(first, last, [Label.PLACE], outside=True)

    def _judge_place(self, words: Sequence[str]) -> tuple[Label, ...]:
        """Return the labels of what a corpus calls a place: that word for word, or a body by its last word."""
        if len(words) == 1 or words[-1] in self._place_tails or words[-1] not in self._body_words:
            return (Label.PLACE,)
        judged = self.judge_body(words)
        return judged if judged == (Label.AGENCY,) else (Label.PLACE, *judged)

    def _map_body(self, sentence: _Sentence, first: int, last: int) -> None:
        """Map what a corpus calls an organisation; a program's annotation may mean a torn name or a person by it."""
        if not sentence.torn:
            sentence.write(first, last, self.judge_body(sentence.words[first:last]))
            return
        words = sentence.words
        while last - first > 1 and words[last - 1].lower() in self._titles and words[last - 1] not in self._body_words:
            last -= 1
        start = self._after_titles(sentence, first, last)
        headed = any(word in self._body_words or word in self._body_heads for word in words[start:last])
        if headed:
            start = first
        name = words[start:last]
        known = self._known.get(name)
        if known:
            sentence.write(start, last, _ordered(known))
        elif not name or self._is_people(name):
            return
        elif name[-1] in self._event_words:
            self._map_thing(sentence, start, last, "event")
        elif name[-1] in self._place_tails and not headed:
            sentence.write(start, last, (*_BODIES, Label.PLACE))
        elif not headed and len(name) < 5 and name[0] not in self._torn and (start > first or self._title_ends(words, start)):
            sentence.write(start, last, [Label.PERSON])
        elif not headed and start > 1 and words[start - 1] == "of" and words[start - 2].lower() in self._titles:
            self._map_after_of(sentence, start, last)
        elif name[-1] in self._torn and name[-1] not in self._agency_words and self._is_torn(name):
            self._map_torn(sentence, start, last)
        else:
            person = name[0] in self._given and 1 < len(name) < 4 and not headed
            sentence.write(start, last, (Label.PERSON, *_BODIES) if person else self.judge_body(name))

    def _title_ends(self, words: Sequence[str], end: int) -> bool:
        """Tell whether a title stands right before a word: "Mr.", "President"."""
        at = end - 2 if end > 1 and words[end - 1] == "." else end - 1
        return at >= 0 and words[at].lower().removesuffix(".") in self._titles and words[at][:1].isupper()

    def _map_after_of(self, sentence: _Sentence, first: int, last: int) -> None:
        """Map what follows "Secretary of" or the like: a field, which belongs to the title, and perhaps a person behind it."""
        place = first
        while place < last and sentence.words[place].lower() in self._fields:
            place += 1
        if place > first:
            sentence.write(place, last, [Label.PERSON])
        else:
            sentence.allowed[first:last] = [ANY] * (last - first)

    def _is_torn(self, words: Sequence[str]) -> bool:
        """Tell whether nothing in a name is its own: each word is a country, a people, or one that many bodies share."""
        return all(word in self._torn or word in self._peoples or self._known.get([word]) == {Label.PLACE} for word in words)

    def _map_torn(self, sentence: _Sentence, first: int, last: int) -> None:
        """Leave open which body a piece of a name belongs to; a country before it stays a country or part of the name."""
        for place in range(first, last):
            word = sentence.words[place]
            if self._known.get([word]) == {Label.PLACE}:
                sentence.allowed[place] = mask_of("B-PLACE", "B-AGENCY")
            else:
                sentence.allowed[place] = allow(_BODIES, "B", outside=True) | allow(_BODIES, "I")

    def judge_body(self, words: Sequence[str]) -> tuple[Label, ...]:
        """Return AGENCY, ORG or both for the name of a body: by the knowledge base, then by its first and last words."""
        known = self._known.get(words) & {*_BODIES}
        if known:
            return _ordered(known)
        if len(words) > 1 and (self._known.get(words[1:]) == {Label.AGENCY} or self._known.get(words[:1]) == {Label.AGENCY}):
            return (Label.AGENCY,)
        last = words[-2] if words[-1] == "." and len(words) > 1 else words[-1]
        ends = {last}
        for place, word in enumerate(words[1:], 1):
            if word in {"of", "for", "on"}:
                # What a body is stands before its "of"; "House of Representatives" has its own way.
                ends = {words[place - 1]}
                break
        if ends & self._agency_words and not (set(words) & {"News", "Press"}):
            return (Label.AGENCY,)
        if (ends & {"Army", "Force", "Forces", "Guard", "Guards", "Corps", "Congress", "Assembly"}) and not set(words) & self._rebels:
            return (Label.AGENCY,) if self._of_state(words) else _BODIES
        if "Representatives" in words or "Commons" in words:
            return (Label.AGENCY,)
        if ends & self._organisation_words or (last in self._organisation_words and ends == {last}):
            return (Label.ORG,)
        return _BODIES

    def _of_state(self, words: Sequence[str]) -> bool:
        """Tell whether a body bears the name of a state or says that it is national."""
        known_country = self._known.get(words[:1]) == {Label.PLACE} or words[0] in self._peoples
        return known_country or tuple(words[:2]) in self._people_phrases or not {"National", "Royal", "Federal", "Air"}.isdisjoint(words)

    # --- what corpora leave out ---

    def _map_cut(self, sentence: _Sentence) -> None:
        """Annotate the first part of compounds that the corpus had whole ("U.S." of "U.S.-led"): known, else open."""
        for place in sentence.cut:
            word = sentence.words[place]
            known = self._known.get([word])
            if known:
                sentence.write(place, place + 1, _ordered(known))
            elif word[:1].isupper() and word not in self._peoples:
                sentence.allowed[place] = ANY

    def _loosen_known(self, sentence: _Sentence) -> None:
        """Allow names of the knowledge base what they are where the corpus passed over them."""
        for first, last, labels in self._sure.find(sentence.words):
            if all(bits == OUTSIDE for bits in sentence.allowed[first:last]):
                sentence.loosen(first, last, _ordered(labels))

    def _loosen_small(self, sentence: _Sentence) -> None:
        """Allow lower-case names of bodies ("defense ministry") to be agencies: no corpus but ours annotates them."""
        words = sentence.words
        for place, word in enumerate(words):
            first = place
            if word in self._body_nouns:
                while first and (words[first - 1] in self._fields or (words[first - 1] == "and" and words[first - 2] in self._fields)):
                    first -= 1
                last = place + 1 if first < place else place
            else:
                phrases = [phrase for phrase in self._body_phrases if tuple(words[place : place + len(phrase)]) == phrase]
                last = place + max(map(len, phrases), default=0)
            if last > first and all(bits == OUTSIDE for bits in sentence.allowed[first:last]):
                sentence.loosen(first, last, [Label.AGENCY])

    def _attach_countries(self, sentence: _Sentence) -> None:
        """Let a country or people right before an agency be part of its name, as it is by our guide."""
        begins, inside = mask_of("B-AGENCY"), mask_of("I-AGENCY")
        for place in range(1, len(sentence.words)):
            if not sentence.allowed[place] & begins or sentence.allowed[place] == ANY:
                continue
            first = self._country_before(sentence, place)
            if first is None or any(sentence.allowed[n] & begins for n in range(first, place)):
                continue
            for n in range(first, place):
                sentence.allowed[n] |= OUTSIDE | (begins if n == first else inside)
            sentence.allowed[place] |= inside

    def _country_before(self, sentence: _Sentence, end: int) -> int | None:
        """Return the first word of the country or people that ends right before a word; None where there is none."""
        words = sentence.words
        for size in (3, 2, 1):
            name = words[max(0, end - size) : end]
            if len(name) == size and (
                tuple(name) in self._people_phrases
                or (size == 1 and name[0] in self._peoples and name[0][:1].isupper() and not name[0].endswith("s"))
                or self._known.get(name) == {Label.PLACE}
            ):
                return end - size
        return None


def _spans(tags: Sequence[str], kinds: Mapping[str, str]) -> list[_Span]:
    """Return the spans of BIO tags; an I that follows nothing of its kind begins a span."""
    spans: list[_Span] = []
    for place, tag in enumerate(tags):
        if tag == "O":
            continue
        prefix, _, label = tag.partition("-")
        kind = kinds[label]
        if prefix == "I" and spans and spans[-1].last == place and spans[-1].kind == kind:
            spans[-1] = _Span(spans[-1].first, place + 1, kind)
        else:
            spans.append(_Span(place, place + 1, kind))
    return spans


def _ordered(labels: frozenset[Label]) -> tuple[Label, ...]:
    return tuple(label for label in LABELS if label in labels)
