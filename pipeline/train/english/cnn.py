"""The small models, for machines without room for the encoder: spaCy's own components on convolutions over hashed words.

Two folders, each a spaCy pipeline: tagger, parts of speech, lemmas, trees and sentence ends on one shared Tok2Vec; names
on another. `join` puts the second into the first. Docs are made from words, never from text: spaCy's own reader of
corpora cuts text anew, and what it cuts otherwise is lost.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import spacy
from spacy.language import Language
from spacy.strings import StringStore
from spacy.tokens import Doc
from spacy.training import Example as Pair
from spacy.vocab import Vocab
from thinc.api import Adam, fix_random_seed, warmup_linear

from pipeline.errors import StorageError
from pipeline.train.english.examples import LABELS, TAGS, Example, Tree
from pipeline.train.english.treebank import Cut, Scores, attachment, our_words

__all__ = [
    "NAMES",
    "PARSER",
    "Course",
    "NameScores",
    "Outcome",
    "Size",
    "join",
    "name_tags",
    "names_of",
    "parse",
    "score_names",
    "train_cnn",
    "train_names",
    "train_parser",
    "trees_of",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Size:
    """Sizes of a network: vectors of `width` numbers, `depth` layers that each look one word to either side.

    `rows` are those of the hash tables of norm, prefix, suffix and shape; `hidden` is the width of the transition
    system's own layer.
    """

    width: int
    depth: int
    rows: tuple[int, int, int, int]
    hidden: int = 64


PARSER = Size(128, 4, (5000, 1000, 2000, 1000), 96)
"""About 9 MB on disk."""
NAMES = Size(96, 4, (5000, 1000, 2500, 2000))
"""About 6 MB on disk."""


@dataclass(frozen=True, slots=True)
class Course:
    """How long and at what pace to train.

    The rate falls in a line to nothing over `steps`; training ends there, after `minutes`, or when `patience`
    evaluations in a row, one each `every` steps, brought nothing better.
    """

    seed: int = 1
    steps: int = 6000
    minutes: float = 600.0
    every: int = 300
    patience: int = 10
    rate: float = 0.002
    dropout: float = 0.15
    words: int = 2000
    """Words of a batch; the first ones are smaller."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training run gave: its best evaluation."""

    score: float
    """From 0 to 1, the number by which the best state was chosen."""
    figures: Mapping[str, float]
    step: int
    steps: int
    minutes: float


# ---- documents


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence in a stretch of text, and the white space after it that is a token of its own ("" for none)."""

    tree: Tree
    after: str = ""


_PARAGRAPH_ENDS = ("\n\n", "\n", "")
_CLOSED = frozenset(".!?”’\"')")
_LEAST_WORDS, _MOST_WORDS = 30, 180


def _stretches(paragraphs: Iterable[Sequence[Tree]], rng: random.Random) -> Iterator[list[_Line]]:
    """Cut a treebank into stretches of some sentences each, 30 to 180 words at random.

    Between paragraphs there is a line break, an empty line or, where the paragraph ends like a sentence, perhaps
    nothing but a space: a parser that has always seen one of them never learns to see a border without.
    """
    lines: list[_Line] = []
    words, wanted = 0, rng.randint(_LEAST_WORDS, _MOST_WORDS)
    for paragraph in paragraphs:
        after = rng.choice(_PARAGRAPH_ENDS)
        for place, tree in enumerate(paragraph):
            last = place == len(paragraph) - 1
            if last and not after and tree.words[-1] not in _CLOSED:
                after = "\n"
            lines.append(_Line(tree, after if last else ""))
            words += len(tree.words)
            if words >= wanted:
                yield lines
                lines, words, wanted = [], 0, rng.randint(_LEAST_WORDS, _MOST_WORDS)
    if lines:
        yield lines


def _doc(vocab: Vocab, lines: Sequence[_Line], *, annotated: bool) -> Doc:
    """Make a Doc of sentences; white space that is a token hangs on the word before it, as in spaCy's own models."""
    words: list[str] = []
    spaces: list[bool] = []
    heads: list[int] = []
    deps: list[str] = []
    tags: list[str] = []
    pos: list[str] = []
    lemmas: list[str] = []
    for line in lines:
        tree, first = line.tree, len(words)
        words.extend(tree.words)
        spaces.extend(tree.spaces)
        heads.extend(first + (place if head == -1 else head) for place, head in enumerate(tree.heads))
        deps.extend("ROOT" if dep == "root" else dep for dep in tree.deps)
        tags.extend(tree.tags)
        pos.extend(tree.pos)
        lemmas.extend(tree.lemmas)
        if line.after:
            spaces[-1] = False
            heads.append(len(words) - 1)
            words.append(line.after)
            spaces.append(False)
            deps.append("dep")
            tags.append("_SP")
            pos.append("SPACE")
            lemmas.append(line.after)
    if not annotated:
        return Doc(vocab, words=words, spaces=spaces)
    morphs = [""] * len(words)
    return Doc(vocab, words=words, spaces=spaces, heads=heads, deps=deps, tags=tags, pos=pos, lemmas=lemmas, morphs=morphs)


def trees_of(doc: Doc) -> list[Tree]:
    """Return the sentences of a parsed Doc as trees; tokens of white space are left out, and what hangs on them moves up."""
    trees: list[Tree] = []
    for sentence in doc.sents:
        tokens = [token for token in sentence if not token.is_space]
        if not tokens:
            continue
        places = {token.i: place for place, token in enumerate(tokens)}
        heads: list[int] = []
        for token in tokens:
            head = token
            while head.head.i != head.i and (head.i == token.i or head.i not in places):
                head = head.head
            heads.append(-1 if head.i == token.i or head.i not in places else places[head.i])
        root = heads.index(-1)
        heads = [root if head == -1 and place != root else head for place, head in enumerate(heads)]
        trees.append(
            Tree(
                words=tuple(token.text for token in tokens),
                lemmas=tuple(token.lemma_ for token in tokens),
                pos=tuple(token.pos_ for token in tokens),
                tags=tuple(token.tag_ for token in tokens),
                heads=tuple(heads),
                deps=tuple("root" if place == root else token.dep_ for place, token in enumerate(tokens)),
                spaces=tuple(bool(token.whitespace_) or (token.i + 1 < len(doc) and doc[token.i + 1].is_space) for token in tokens),
            )
        )
    return trees


def parse(nlp: Language, documents: Iterable[Sequence[Tree]], *, sentences: bool = False) -> list[list[Tree]]:
    """Parse the words of documents; with `sentences` their borders are given, else the parser finds them."""
    docs = []
    for document in documents:
        doc = _doc(nlp.vocab, [_Line(tree) for tree in document], annotated=False)
        if sentences:
            starts = {sum(len(tree.words) for tree in document[:place]) for place in range(len(document))}
            for token in doc:
                token.is_sent_start = token.i in starts
        docs.append(doc)
    return [trees_of(doc) for doc in nlp.pipe(docs)]


_OTHER_QUOTES, _OTHER_CASE = 0.3, 0.06
"""Shares of sentences."""
_STRAIGHT = str.maketrans("“”‘’", "\"\"''")
_CURLY = {"``": str.maketrans("\"'", "“‘"), "''": str.maketrans("\"'", "”’")}
_APOSTROPHE = str.maketrans("'", "’")
_CASINGS: tuple[Callable[[str], str], ...] = (str.upper, str.lower, lambda word: word[:1].upper() + word[1:])


def _vary(tree: Tree, rng: random.Random) -> Tree:
    """Return the sentence as others would have set it: quotation marks of another kind, all capitals, none, a headline."""
    chance = rng.random()
    if chance < _OTHER_QUOTES:
        if any(mark in word for word in tree.words for mark in "“”‘’"):
            words = tuple(word.translate(_STRAIGHT) for word in tree.words)
        else:
            words = tuple(word.translate(_CURLY.get(tag, _APOSTROPHE)) for word, tag in zip(tree.words, tree.tags, strict=True))
    elif chance < _OTHER_QUOTES + _OTHER_CASE:
        words = tuple(map(rng.choice(_CASINGS), tree.words))
    else:
        return tree
    return replace(tree, words=words)


# ---- the loop


def _batches(pairs: Callable[[random.Random], Iterator[Pair]], course: Course) -> Iterator[list[Pair]]:
    """Yield batches for ever, epoch after epoch, small ones first."""
    rng = random.Random(course.seed)
    size = course.words / 5
    while True:
        batch: list[Pair] = []
        words = 0
        for pair in pairs(rng):
            batch.append(pair)
            words += len(pair.predicted)
            if words >= size:
                yield batch
                batch, words = [], 0
                size = min(float(course.words), size * 1.001)
        if batch:
            yield batch


_UNCHANGED = ["vocab", "tokenizer"]
_WARM_UP = 250
"""Steps in which the rate rises to its height."""


@dataclass(slots=True)
class _Best:
    score: float = -1.0
    figures: Mapping[str, float] = field(default_factory=dict)
    step: int = 0
    state: bytes = b""
    waited: int = 0


def _fit(
    nlp: Language,
    sample: Sequence[Pair] | None,
    pairs: Callable[[random.Random], Iterator[Pair]],
    evaluate: Callable[[], tuple[float, Mapping[str, float]]],
    course: Course,
) -> Outcome:
    """Train a pipeline in place, to its best state by `evaluate`, with weights averaged over the run.

    `sample` is all that is trained on, in one form: the labels are collected from it; None for a pipeline that has been
    trained before and goes on. `pairs` is asked anew for each epoch.
    """
    fix_random_seed(course.seed)
    if sample is not None:
        nlp.initialize(lambda: sample)
    optimizer = Adam(
        learn_rate=cast("Any", warmup_linear(course.rate, min(_WARM_UP, course.steps // 10), course.steps)),
        L2=0.01,
        grad_clip=1.0,
        L2_is_weight_decay=True,
        use_averages=True,
    )
    begun, best, losses, words = time.monotonic(), _Best(), dict[str, float](), 0
    step = 0
    for step, batch in enumerate(_batches(pairs, course), 1):
        nlp.update(batch, drop=course.dropout, sgd=optimizer, losses=losses)
        optimizer.step_schedules()
        words += sum(len(pair.predicted) for pair in batch)
        late = (time.monotonic() - begun) / 60 >= course.minutes
        last = late or step >= course.steps
        if not last and step % course.every:
            continue
        speed = words / (time.monotonic() - begun)
        with nlp.use_params(optimizer.averages):
            score, figures = evaluate()
            if score > best.score:
                best = _Best(score, figures, step, nlp.to_bytes(exclude=_UNCHANGED))
            else:
                best.waited += 1
        log.info("step %d of %d, %.0f words/s, loss %s, score %.4f (%s)", step, course.steps, speed, _show(losses), score, _show(figures))
        losses = {}
        if last or best.waited >= course.patience:
            break
    nlp.from_bytes(best.state, exclude=_UNCHANGED)
    return Outcome(best.score, best.figures, best.step, step, (time.monotonic() - begun) / 60)


def _show(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" if value < 10 else f"{name} {value:.0f}" for name, value in figures.items())


def _tok2vec(size: Size) -> dict[str, Any]:
    return {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": size.width,
            "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
            "rows": list(size.rows),
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2",
            "width": size.width,
            "depth": size.depth,
            "window_size": 1,
            "maxout_pieces": 3,
        },
    }


def _transitions(kind: str, size: Size, tok2vec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": kind,
        "extra_state_tokens": False,
        "hidden_width": size.hidden,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": dict(tok2vec),
    }


# ---- trees


def _blank_parser(size: Size) -> Language:
    nlp = spacy.blank("en")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": size.width, "upstream": "*"}
    classify = {"@architectures": "spacy.Tagger.v2", "nO": None, "normalize": False, "tok2vec": listener}
    nlp.add_pipe("tok2vec", config={"model": _tok2vec(size)})
    nlp.add_pipe("tagger", config={"model": classify})
    nlp.add_pipe("morphologizer", config={"model": classify})
    nlp.add_pipe("trainable_lemmatizer", config={"model": classify, "min_tree_freq": 3, "top_k": 3})
    nlp.add_pipe("parser", config={"model": _transitions("parser", size, listener), "min_action_freq": 20})
    return nlp


def _parser_score(scores: Scores) -> float:
    """Weigh what a reader of news needs: above all who does what to whom, then sentences, then words."""
    return 0.5 * scores.las + 0.2 * scores.sentences + 0.15 * scores.tag + 0.05 * scores.pos + 0.1 * scores.lemma


def train_parser(
    train: Sequence[Sequence[Tree]],
    dev: Sequence[Sequence[Tree]],
    out: Path,
    *,
    cut: Cut,
    course: Course | None = None,
    size: Size = PARSER,
    start: Path | None = None,
) -> Outcome:
    """Train tagger, parts of speech, lemmas and parser on the paragraphs of treebanks, and write the pipeline to `out`.

    In each epoch every paragraph comes twice, in the treebank's own words and in those of `cut`, so that either way of
    cutting can be parsed; `dev` comes half and half. With `start`, a folder that this function wrote, training goes on
    from there with the sizes and labels it has: first on many trees of a better parser, then on those of people.
    """
    course = course or Course()
    nlp = _blank_parser(size) if start is None else spacy.load(start)
    if start is not None:
        _prune(nlp)
    forms = [list(train), _recut(train, cut)]

    def pairs(rng: random.Random) -> Iterator[Pair]:
        texts = [lines for form in forms for lines in _stretches(form, rng)]
        rng.shuffle(texts)
        for lines in texts:
            yield _pair(nlp.vocab, [_Line(_vary(line.tree, rng), line.after) for line in lines])

    rng = random.Random(0)
    texts = [lines for form in (dev[::2], _recut(dev[1::2], cut)) for lines in _stretches(form, rng)]
    gold = [[line.tree for line in lines] for lines in texts]

    def evaluate() -> tuple[float, Mapping[str, float]]:
        docs = nlp.pipe(_doc(nlp.vocab, lines, annotated=False) for lines in texts)
        scores = attachment(gold, (trees_of(doc) for doc in docs))
        return _parser_score(scores), {name: getattr(scores, name) for name in ("las", "uas", "tag", "pos", "lemma", "sentences")}

    rng = random.Random(course.seed)
    sample = None if start is not None else [_pair(nlp.vocab, lines) for form in forms for lines in _stretches(form, rng)]
    outcome = _fit(nlp, sample, pairs, evaluate, course)
    _prune(nlp)
    _write(nlp, out)
    return outcome


def _prune(nlp: Language) -> None:
    """Leave only those edit trees in the lemmatizer that one of its labels needs, and number the labels anew.

    spaCy's lemmatizer adds a tree for every word that it meets in training, keeps them all, and does not restore the
    table from trees to labels when it is loaded.
    """
    lemmatizer: Any = nlp.get_pipe("trainable_lemmatizer")
    trees, labels = lemmatizer.trees, list(lemmatizer.cfg["labels"])
    kept: dict[int, None] = {}
    waiting = list(reversed(labels))
    while waiting:
        number = waiting.pop()
        if number < len(trees) and number not in kept:
            kept[number] = None
            waiting += [trees[number][part] for part in _SUBTREES if part in trees[number]]
    places = {number: place for place, number in enumerate(kept)}
    pruned = [{name: places.get(value, value) if name in _SUBTREES else value for name, value in trees[number].items()} for number in kept]
    trees.from_json(pruned)
    lemmatizer.cfg["labels"] = [places[number] for number in labels]
    lemmatizer.tree2label = {places[number]: label for label, number in enumerate(labels)}


_SUBTREES = ("prefix_tree", "suffix_tree")


def _recut(paragraphs: Iterable[Sequence[Tree]], cut: Cut) -> list[Sequence[Tree]]:
    return [[our_words(tree, cut) for tree in paragraph] for paragraph in paragraphs]


def _pair(vocab: Vocab, lines: Sequence[_Line]) -> Pair:
    return Pair(_doc(vocab, lines, annotated=False), _doc(vocab, lines, annotated=True))


# ---- names


_BITS = {1 << place: tag for place, tag in enumerate(TAGS)}
_JOINED = 0.3
"""Share of examples that follow another after an empty line, so that names are seen to end there."""


def name_tags(example: Example) -> list[str | None]:
    """Return the tag of each word, None where the annotation leaves several; a name whose end is open is None as a whole."""
    tags = [_BITS.get(bits) for bits in example.allowed]
    start = 0
    while start < len(tags):
        tag = tags[start]
        end = start + 1
        if tag is not None and tag.startswith("I-"):
            tags[start] = None
        elif tag is not None and tag != "O":
            inside = f"I-{tag[2:]}"
            while end < len(tags) and tags[end] == inside:
                end += 1
            if end < len(tags) and tags[end] is None and example.allowed[end] >> TAGS.index(inside) & 1:
                tags[start:end] = [None] * (end - start)
        start = end
    return tags


def _name_pair(vocab: Vocab, examples: Sequence[Example]) -> Pair:
    words: list[str] = []
    tags: list[str | None] = []
    for example in examples:
        if words:
            words.append("\n\n")
            tags.append("O")
        words.extend(example.words)
        tags.extend(name_tags(example))
    spaces = [True] * len(words)
    # "" and not "-" is a missing annotation in this argument.
    return Pair(Doc(vocab, words=words, spaces=spaces), Doc(vocab, words=words, spaces=spaces, ents=[tag or "" for tag in tags]))


def names_of(doc: Doc) -> set[tuple[int, int, str]]:
    """Return the names that a pipeline found: first word, one past the last, label."""
    return {(entity.start, entity.end, entity.label_) for entity in doc.ents}


@dataclass(frozen=True, slots=True)
class NameScores:
    """Precision, recall and F1 from 0 to 1 over names with exact borders and label; `labels` holds the F1 of each."""

    precision: float
    recall: float
    f1: float
    labels: Mapping[str, float]


def score_names(nlp: Language, examples: Sequence[Example]) -> NameScores:
    """Score a pipeline on examples; what is found on words whose annotation is open counts neither way."""
    hits: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    docs = nlp.pipe(Doc(nlp.vocab, words=list(example.words)) for example in examples)
    for example, doc in zip(examples, docs, strict=True):
        tags = name_tags(example)
        gold = _spans(tags)
        names = {(start, end, label) for start, end, label in names_of(doc) if None not in tags[start:end]}
        hits.update(label for _, _, label in gold & names)
        wanted.update(label for _, _, label in gold)
        found.update(label for _, _, label in names)
    labels = {label: 2 * hits[label] / (wanted[label] + found[label]) for label in sorted(wanted | found)}
    right, asked, given = hits.total(), wanted.total(), found.total()
    return NameScores(
        right / given if given else 0.0, right / asked if asked else 0.0, 2 * right / (asked + given) if asked + given else 0.0, labels
    )


def _spans(tags: Sequence[str | None]) -> set[tuple[int, int, str]]:
    spans: set[tuple[int, int, str]] = set()
    for start, tag in enumerate(tags):
        if tag is not None and tag.startswith("B-"):
            end = start + 1
            while end < len(tags) and tags[end] == f"I-{tag[2:]}":
                end += 1
            spans.add((start, end, tag[2:]))
    return spans


def train_names(
    train: Callable[[random.Random], Iterable[Example]],
    dev: Sequence[Example],
    out: Path,
    *,
    course: Course | None = None,
    size: Size = NAMES,
) -> Outcome:
    """Train the recogniser of names and write the pipeline to `out`.

    `train` is asked anew for the examples of each epoch, so that names can be exchanged in them. The labels are those
    of `examples.LABELS`.
    """
    course = course or Course()
    nlp = spacy.blank("en")
    recogniser = nlp.add_pipe("ner", config={"model": _transitions("ner", size, _tok2vec(size))})
    for label in LABELS:
        cast("Any", recogniser).add_label(label.value)

    def pairs(rng: random.Random) -> Iterator[Pair]:
        examples = list(train(rng))
        rng.shuffle(examples)
        group: list[Example] = []
        for example in examples:
            group.append(example)
            if rng.random() >= _JOINED:
                yield _name_pair(nlp.vocab, group)
                group = []
        if group:
            yield _name_pair(nlp.vocab, group)

    def evaluate() -> tuple[float, Mapping[str, float]]:
        scores = score_names(nlp, dev)
        return scores.f1, {"precision": scores.precision, "recall": scores.recall, **scores.labels}

    sample = [_name_pair(nlp.vocab, [example]) for example in train(random.Random(course.seed))]
    outcome = _fit(nlp, sample, pairs, evaluate, course)
    _write(nlp, out)
    return outcome


# ---- both


def join(parser: Path, names: Path, out: Path) -> Language:
    """Put the recogniser of names into the pipeline of the parser, write it to `out` and return it."""
    nlp = spacy.load(parser)
    nlp.add_pipe("ner", source=spacy.load(names))
    _write(nlp, out)
    return nlp


def train_cnn(
    trees: tuple[Sequence[Sequence[Tree]], Sequence[Sequence[Tree]]],
    names: tuple[Callable[[random.Random], Iterable[Example]], Sequence[Example]],
    out: Path,
    *,
    cut: Cut,
    courses: tuple[Course, Course] | None = None,
    sizes: tuple[Size, Size] = (PARSER, NAMES),
) -> tuple[Outcome, Outcome]:
    """Train both models, each on its (train, dev), and write them to `out` as one pipeline, the parser's part first.

    `courses` and `sizes` are those of parser and names.
    """
    for_trees, for_names = courses or (Course(), Course())
    with TemporaryDirectory() as folder:
        parser, recogniser = Path(folder) / "parser", Path(folder) / "names"
        outcomes = (
            train_parser(*trees, parser, cut=cut, course=for_trees, size=sizes[0]),
            train_names(*names, recogniser, course=for_names, size=sizes[1]),
        )
        join(parser, recogniser, out)
    return outcomes


def _write(nlp: Language, out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        nlp.to_disk(out)
        StringStore(sorted(_needed_strings(nlp))).to_disk(out / "vocab" / "strings.json")
    except OSError as error:
        raise StorageError(f"the model cannot be written: {error.strerror}", path=out) from error


def _needed_strings(nlp: Language) -> set[str]:
    """Return the strings that the components' weights speak of; those of the training texts are not needed to read others."""
    needed = {"_SP", "SPACE", "dep", "ROOT"}
    for labels in nlp.pipe_labels.values():
        needed.update(label for label in labels if isinstance(label, str))
    if "trainable_lemmatizer" in nlp.pipe_names:
        trees = cast("Any", nlp.get_pipe("trainable_lemmatizer")).trees
        for tree in (trees[number] for number in range(len(trees))):
            needed.update(nlp.vocab.strings[tree[part]] for part in ("orig", "subst") if part in tree)
    return needed
