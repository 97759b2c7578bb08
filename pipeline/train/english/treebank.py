"""Treebanks of Universal Dependencies: reading, our own words, lemmas as rules of spelling, scores.

The format is CoNLL-U (universaldependencies.org/format.html); the scores are those of the CoNLL 2018 shared task
(Zeman et al. 2018): F1 over the words of gold and prediction, which are matched by their place in the text.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.tag.encoder.lemmas import apply_lemma_rule, lemma_rule
from pipeline.train.english.examples import Tree

__all__ = [
    "CHECKSUMS",
    "SUBTYPES",
    "Cut",
    "Scores",
    "apply_lemma_rule",
    "attachment",
    "lemma_rule",
    "our_words",
    "read_conllu",
    "tree_text",
    "tree_words",
]

CHECKSUMS = {
    "ewt_train.conllu.xz": "f78d31a1903b33056c9dad7f6a471925e6afd36053a30458aea9b38daa5697b5",
    "en_ewt-ud-dev.conllu.xz": "d1f268760e85964e41ab080918da8fb7d1349bbd7f8ee1359f1d1d371ed18179",
    "en_ewt-ud-test.conllu.xz": "567ee1f64be1f2acdc439bba8ccc49a2ac415cca9fead4de04f57578d044efdf",
    "gum_train.conllu.xz": "111e450939d39d558cb99cc8b80aa7247e603ab2e573a85c7b899c714c532851",
    "en_gum-ud-dev.conllu.xz": "43575b2ca16702882d1fe0d5e2cb5ce802c60702741eaf580f1b3e9be97b2cb3",
    "en_gum-ud-test.conllu.xz": "03e3b6eccee04faaaf348a7b5b050e7f8f11bb267d6fa431c978197cc3646611",
    "en_pud-ud-test.conllu.xz": "fd7c866d80461ada826f4fd8fd800d29ed7b18df2cca5942eebc4da3eb8bdd75",
}
"""SHA-256 of the files used: EWT and GUM (genres with a free licence) to train on, PUD to measure on alone."""

SUBTYPES = frozenset({"nsubj:pass", "csubj:pass", "aux:pass", "nmod:poss", "obl:agent", "compound:prt", "acl:relcl"})
"""Relations whose subtype is kept; of all others the base relation is."""

_SENTENCES_EACH = 10
"""Sentences of a document where the file marks neither documents nor paragraphs."""
_FIELDS = 10
"""Columns of a CoNLL-U line."""

Cut = Callable[[str], Sequence[tuple[int, int, str]]]
"""A tokenizer: from a text to its words, each with its first character, one past its last, and its text."""


# ---- reading


@dataclass(slots=True)
class _Sentence:
    """Lines of one sentence, as they come."""

    line: int
    rows: list[list[str]] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)
    """From the last word of a multiword range to the first."""
    closed: dict[int, bool] = field(default_factory=dict)
    """Of the last word of a multiword range: whether the range has no space after it."""


def read_conllu(path: Path, *, paragraphs: bool = False) -> list[list[Tree]]:
    """Read a treebank, `.conllu` or `.conllu.xz`: its documents, each the trees of its sentences.

    Documents are those that the file marks, else its paragraphs, else every ten sentences; with `paragraphs` each
    paragraph comes by itself. Words of multiword ranges are kept and the ranges dropped, so are empty nodes.
    Raises ConfigurationError with file and line where a line or a tree is malformed.
    """
    documents: list[list[Tree]] = []
    marks: list[tuple[bool, bool]] = []
    trees: list[Tree] = []
    for tree, starts_document, starts_paragraph in _read_trees(path):
        trees.append(tree)
        marks.append((starts_document, starts_paragraph))
    has_documents = any(document for document, _ in marks)
    has_paragraphs = any(paragraph for _, paragraph in marks)
    for place, (tree, (starts_document, starts_paragraph)) in enumerate(zip(trees, marks, strict=True)):
        if has_paragraphs and (paragraphs or not has_documents):
            starts = starts_paragraph or starts_document
        elif has_documents:
            starts = starts_document
        else:
            starts = place % _SENTENCES_EACH == 0
        if starts or not documents:
            documents.append([])
        documents[-1].append(tree)
    return documents


def _read_trees(path: Path) -> Iterator[tuple[Tree, bool, bool]]:
    """Yield each tree, whether a document starts with it, and whether a paragraph does."""
    document = paragraph = False
    sentence: _Sentence | None = None
    number = 0
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            if sentence is not None:
                yield _tree(sentence, path), document, paragraph
                sentence, document, paragraph = None, False, False
        elif line.startswith("#"):
            name = line[1:].split("=", 1)[0].split()
            document |= name[:1] == ["newdoc"]
            paragraph |= name[:1] == ["newpar"]
        else:
            sentence = sentence or _Sentence(number)
            _add_row(sentence, line, path, number)
    if sentence is not None:
        yield _tree(sentence, path), document, paragraph


def _lines(path: Path) -> Iterator[str]:
    try:
        with (
            lzma.open(path, "rt", encoding="utf-8", newline="\n")
            if path.suffix == ".xz"
            else path.open(encoding="utf-8", newline="\n") as file
        ):
            for line in file:
                yield line.rstrip("\r\n")
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the treebank cannot be read: {error}", path=path) from error


def _add_row(sentence: _Sentence, line: str, path: Path, number: int) -> None:
    row = line.split("\t")
    if len(row) != _FIELDS:
        raise ConfigurationError(f"{len(row)} columns instead of {_FIELDS}; they are separated by tabs", path=path, line=number)
    name = row[0]
    if "." in name:
        return
    if "-" in name:
        first, _, last = name.partition("-")
        if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
            raise ConfigurationError(f"{name!r} is no range of words", path=path, line=number)
        sentence.ends[int(last)] = int(first)
        sentence.closed[int(last)] = _closed(row[9])
        return
    if name != str(len(sentence.rows) + 1):
        raise ConfigurationError(f"word {name!r} comes where word {len(sentence.rows) + 1} is expected", path=path, line=number)
    if not row[6].isdecimal():
        raise ConfigurationError(f"the head {row[6]!r} is no number", path=path, line=number)
    if not row[1].strip():
        raise ConfigurationError("the word is empty", path=path, line=number)
    sentence.rows.append(row)


def _closed(misc: str) -> bool:
    return "SpaceAfter=No" in misc.split("|")


def _tree(sentence: _Sentence, path: Path) -> Tree:
    rows = sentence.rows
    heads = tuple(int(row[6]) - 1 for row in rows)
    if not rows or not _is_tree(heads):
        raise ConfigurationError("the heads of the sentence are no tree with one root", path=path, line=sentence.line)
    spaces = [not _closed(row[9]) for row in rows]
    for last, first in sentence.ends.items():
        if last > len(rows):
            raise ConfigurationError(f"a range of words ends at {last}, after the sentence", path=path, line=sentence.line)
        spaces[first - 1 : last - 1] = [False] * (last - first)
        spaces[last - 1] = not sentence.closed[last]
    return Tree(
        words=tuple(row[1] for row in rows),
        lemmas=tuple(row[2] if row[2] != "_" or row[1] == "_" else row[1].lower() for row in rows),
        pos=tuple(row[3] for row in rows),
        tags=tuple(row[4] for row in rows),
        heads=heads,
        deps=tuple(_relation(row[7]) for row in rows),
        spaces=tuple(spaces),
    )


def _relation(deprel: str) -> str:
    return deprel if deprel in SUBTYPES else deprel.split(":", 1)[0]


def _is_tree(heads: Sequence[int]) -> bool:
    if sum(head == -1 for head in heads) != 1 or any(not -1 <= head < len(heads) for head in heads):
        return False
    return all(depth >= 0 for depth in _depths(heads))


def _depths(heads: Sequence[int]) -> list[int]:
    """Return how far each word is from the root; -1 where it hangs in a cycle."""
    depths: list[int | None] = [None] * len(heads)
    for word in range(len(heads)):
        path: list[int] = []
        at = word
        while at != -1 and depths[at] is None and at not in path:
            path.append(at)
            at = heads[at]
        # A path that meets itself, or an earlier cycle, never comes to the root.
        known = -1 if at == -1 else depths[at]
        cycle = (at != -1 and depths[at] is None) or (at != -1 and known == -1)
        for step, place in enumerate(reversed(path), start=1):
            depths[place] = -1 if cycle else (known or 0) + step if at != -1 else step - 1
    return [depth if depth is not None else -1 for depth in depths]


# ---- our own words


def tree_text(tree: Tree) -> str:
    """Return the sentence as it is written, without white space after it."""
    return "".join(word + (" " if space else "") for word, space in zip(tree.words, tree.spaces, strict=True)).rstrip(" ")


def tree_words(tree: Tree) -> list[tuple[int, int]]:
    """Return the range of each word in `tree_text(tree)`."""
    ranges: list[tuple[int, int]] = []
    at = 0
    for word, space in zip(tree.words, tree.spaces, strict=True):
        ranges.append((at, at + len(word)))
        at += len(word) + space
    return ranges


@dataclass(slots=True)
class _Piece:
    """The part of a treebank word that lies in one of our words."""

    text: str
    lemma: str
    pos: str
    tag: str
    head: int
    dep: str
    whole: bool
    group: int
    """Place of our word."""


def our_words(tree: Tree, cut: Cut) -> Tree:
    """Return the same sentence in words of our own: `cut` takes the text of the sentence.

    Where one of our words covers several of the treebank, it takes the place in the tree of the one nearest to the
    root, with its tag; where several of ours lie in one, the last with a letter or digit takes its place, and the
    others hang on it. Characters that `cut` leaves out stay words by themselves. The result is a tree with one root.
    """
    text = tree_text(tree)
    ranges = tree_words(tree)
    cuts = _cover(text, ranges, cut(text))
    if cuts == ranges:
        return tree
    pieces = _pieces(tree, text, ranges, cuts)
    groups: list[list[int]] = [[] for _ in cuts]
    for place, piece in enumerate(pieces):
        groups[piece.group].append(place)
    chosen, heads = _contract([piece.head for piece in pieces], groups, pieces)
    tops = [pieces[place] for place in chosen]
    return Tree(
        words=tuple(text[start:end] for start, end in cuts),
        lemmas=tuple(_group_lemma(pieces, group, top) for group, top in zip(groups, chosen, strict=True)),
        pos=tuple(top.pos for top in tops),
        tags=tuple(top.tag for top in tops),
        heads=tuple(heads),
        deps=tuple("root" if head == -1 else top.dep for top, head in zip(tops, heads, strict=True)),
        spaces=tuple(text[end].isspace() if end < len(text) else tree.spaces[-1] for _, end in cuts),
    )


def _cover(text: str, ranges: Sequence[tuple[int, int]], words: Sequence[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Return the ranges of our words, with those of the stretches in treebank words that they leave out."""
    cuts: list[tuple[int, int]] = []
    at = 0
    for start, end, _ in [*words, (len(text), len(text), "")]:
        for left, right in ranges:
            begin, stop = max(left, at), min(right, start)
            if begin < stop:
                cuts.append((begin, stop))
        if start < end:
            cuts.append((start, end))
        at = max(at, end)
    # One of our words may be nothing but white space, which the treebank has no word for.
    return [(start, end) for start, end in cuts if any(left < end and start < right for left, right in ranges)]


def _pieces(tree: Tree, text: str, ranges: Sequence[tuple[int, int]], cuts: Sequence[tuple[int, int]]) -> list[_Piece]:
    """Cut the words of the treebank at the borders of ours; heads are places of pieces."""
    parts: list[list[tuple[int, int, int]]] = []
    group = 0
    for left, right in ranges:
        while cuts[group][1] <= left:
            group += 1
        inside, other = [], group
        while other < len(cuts) and cuts[other][0] < right:
            inside.append((max(left, cuts[other][0]), min(right, cuts[other][1]), other))
            other += 1
        parts.append(inside)
    tops: list[int] = []
    count = 0
    for inside in parts:
        spelled = [place for place, (start, end, _) in enumerate(inside) if any(char.isalnum() for char in text[start:end])]
        tops.append(count + (spelled[-1] if spelled else len(inside) - 1))
        count += len(inside)
    pieces: list[_Piece] = []
    for word, inside in enumerate(parts):
        texts = [text[start:end] for start, end, _ in inside]
        lemmas = _part_lemmas(tree.words[word], tree.lemmas[word], texts, tops[word] - len(pieces))
        for (start, end, owner), lemma in zip(inside, lemmas, strict=True):
            if len(pieces) == tops[word] or (tree.pos[word] == "PUNCT" and tree.heads[word] != -1):
                # The marks of an ellipsis are one as much as the other.
                head = -1 if tree.heads[word] == -1 else tops[tree.heads[word]]
                dep, pos, tag = tree.deps[word], tree.pos[word], tree.tags[word]
            else:
                head = tops[word]
                dep, pos, tag = _part_labels(text[start:end], tree.pos[word], tree.tags[word])
            pieces.append(_Piece(text[start:end], lemma, pos, tag, head, dep, len(inside) == 1, owner))
    return pieces


def _part_lemmas(word: str, lemma: str, texts: Sequence[str], top: int) -> list[str]:
    """Spread the lemma of a word over its parts: by spelling where it spells them, else all of it to the top part."""
    if lemma.casefold() == word.casefold() and len(lemma) == len(word):
        ends = [sum(len(text) for text in texts[: place + 1]) for place in range(len(texts))]
        return [lemma[end - len(text) : end] for text, end in zip(texts, ends, strict=True)]
    after = "".join(texts[top + 1 :])
    before = "".join(texts[:top])
    if after and lemma.endswith(after) and len(lemma) > len(after):
        lemma = lemma[: -len(after)]
    if before and lemma.startswith(before) and len(lemma) > len(before):
        lemma = lemma[len(before) :]
    return [lemma if place == top else text.lower() for place, text in enumerate(texts)]


_MARKS = {
    **dict.fromkeys(".!?", "."),
    ",": ",",
    **dict.fromkeys(":;…–—", ":"),
    **dict.fromkeys("-‐‑", "HYPH"),
    **dict.fromkeys("([{", "-LRB-"),
    **dict.fromkeys(")]}", "-RRB-"),
    **dict.fromkeys("“‘`", "``"),
    **dict.fromkeys("”’\"'", "''"),
}
_SYMBOLS = {**dict.fromkeys("$€£¥₩", "$"), **dict.fromkeys("%+=<>@#&°~^|", "SYM")}


def _part_labels(text: str, pos: str, tag: str) -> tuple[str, str, str]:
    """Return relation, part of speech and tag of a part that hangs on the top part of its word."""
    if any(char.isalnum() for char in text):
        return "compound", pos, tag
    if text in _SYMBOLS:
        return "punct", "SYM", _SYMBOLS[text]
    return "punct", "PUNCT", _MARKS.get(text, "NFP")


def _contract(heads: Sequence[int], groups: Sequence[Sequence[int]], pieces: Sequence[_Piece]) -> tuple[list[int], list[int]]:
    """Draw each group of nodes of a tree together to one; return the node that stands for each group, and the heads of the groups.

    Drawing a set of nodes together under the head of one that is nearest to the root leaves a tree: no ancestor of
    that node is in the set. The distance must be that in the tree as drawn together so far.
    """
    heads = list(heads)
    chosen: list[int] = []
    for group in groups:
        if len(group) == 1:
            chosen.append(group[0])
            continue
        depths = _depths([head if head != place else -1 for place, head in enumerate(heads)])
        members = set(group)
        top = min(group, key=lambda place: (depths[place], not pieces[place].whole, place))
        heads = [top if head in members and place not in members else head for place, head in enumerate(heads)]
        for place in members - {top}:
            heads[place] = top
        chosen.append(top)
    owner = {place: number for number, group in enumerate(groups) for place in group}
    return chosen, [-1 if heads[top] == -1 else owner[heads[top]] for top in chosen]


def _group_lemma(pieces: Sequence[_Piece], group: Sequence[int], top: int) -> str:
    """Return the lemma of one of our words: that of its top part between the spellings of the others.

    A fragment of a word whose rest is elsewhere says nothing ("do" and the n of "n't" are "do").
    """
    if len(group) == 1:
        return pieces[top].lemma
    lemmas: list[str] = []
    for place in group:
        piece = pieces[place]
        if place == top:
            lemmas.append(piece.lemma)
        elif piece.whole or not pieces[top].whole:
            lemmas.append(piece.lemma if piece.lemma.lower() == piece.text.lower() else piece.text)
    return "".join(lemmas)


# ---- scores


@dataclass(frozen=True, slots=True)
class Scores:
    """F1 from 0 to 1 over words, in `sentences` over sentences.

    `words` says how well the words themselves agree, `uas` their heads, `las` heads and base relations, `tag` the
    tags of English, `pos` the universal ones. `uas_words` and `las_words` leave punctuation out, as spaCy's scorer
    does: treebanks differ in where they hang commas (PUD elsewhere than EWT and GUM).
    """

    words: float
    uas: float
    las: float
    tag: float
    pos: float
    lemma: float
    sentences: float
    uas_words: float
    las_words: float


@dataclass(slots=True)
class _Flat:
    """A document in characters other than white space."""

    text: str
    spans: list[tuple[int, int]]
    heads: list[int]
    labels: list[tuple[str, str, str, str]]
    """Base relation, tag, part of speech, lemma."""
    sentences: list[tuple[int, int]]


def _flatten(document: Sequence[Tree]) -> _Flat:
    flat = _Flat("", [], [], [], [])
    parts: list[str] = []
    at = 0
    for tree in document:
        first, begin = len(flat.spans), at
        for word in tree.words:
            part = "".join(word.split())
            parts.append(part)
            flat.spans.append((at, at + len(part)))
            at += len(part)
        flat.heads.extend(-1 if head == -1 else first + head for head in tree.heads)
        relations = (dep.split(":", 1)[0] for dep in tree.deps)
        flat.labels.extend(zip(relations, tree.tags, tree.pos, tree.lemmas, strict=True))
        flat.sentences.append((begin, at))
    flat.text = "".join(parts)
    return flat


def attachment(gold: Iterable[Sequence[Tree]], predicted: Iterable[Sequence[Tree]]) -> Scores:
    """Score predicted documents against gold ones of the same text, white space apart.

    Words and sentences agree where they cover the same characters; heads where both words agree. Only base relations
    count. Raises ValueError where the texts differ.
    """
    counts = {name: _Count() for name in Scores.__slots__}
    for number, (ours, theirs) in enumerate(zip(gold, predicted, strict=True)):
        a, b = _flatten(ours), _flatten(theirs)
        if a.text != b.text:
            raise ValueError(f"document {number} reads otherwise in the prediction: {_difference(a.text, b.text)}")
        counts["sentences"].add(len(set(a.sentences) & set(b.sentences)), len(a.sentences), len(b.sentences))
        _count_words(a, b, counts)
    return Scores(**{name: count.f1 for name, count in counts.items()})


@dataclass(slots=True)
class _Count:
    right: int = 0
    total: int = 0
    """Gold and predicted together."""

    def add(self, right: int, gold: int, predicted: int) -> None:
        self.right += right
        self.total += gold + predicted

    @property
    def f1(self) -> float:
        return 2 * self.right / self.total if self.total else 0.0


_PLACES = {"tag": 1, "pos": 2, "lemma": 3}


def _count_words(a: _Flat, b: _Flat, counts: Mapping[str, _Count]) -> None:
    places = {span: place for place, span in enumerate(a.spans)}
    partner = [places.get(span) for span in b.spans]
    pairs = [(other, place) for place, other in enumerate(partner) if other is not None]
    attached = [(x, y) for x, y in pairs if a.heads[x] == (-1 if b.heads[y] == -1 else partner[b.heads[y]])]
    labelled = [(x, y) for x, y in attached if a.labels[x][0] == b.labels[y][0]]
    sizes = len(a.spans), len(b.spans)
    counts["words"].add(len(pairs), *sizes)
    counts["uas"].add(len(attached), *sizes)
    counts["las"].add(len(labelled), *sizes)
    for name, column in _PLACES.items():
        counts[name].add(sum(a.labels[x][column] == b.labels[y][column] for x, y in pairs), *sizes)
    spoken = [sum(label[0] != "punct" for label in flat.labels) for flat in (a, b)]
    for name, hits in (("uas_words", attached), ("las_words", labelled)):
        counts[name].add(sum("punct" not in (a.labels[x][0], b.labels[y][0]) for x, y in hits), *spoken)


def _difference(a: str, b: str) -> str:
    place = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return f"{a[place : place + 20]!r} against {b[place : place + 20]!r}"
