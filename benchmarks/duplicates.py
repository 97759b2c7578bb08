"""`python -m benchmarks.duplicates`: how well copies of one story are found, on variants whose story is known.

From articles it makes copies as outlets make them, and texts that are alike but no copies; then it runs what the nightly
run runs, and beside it the usual yardstick, TF-IDF cosine of all pairs. Variants are synthetic: the figures compare
methods and guard against change, they do not tell how many copies a real night has. Times are printed as a ratio only.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from pipeline.cli.console import complain, output_console
from pipeline.demo import SAMPLE
from pipeline.errors import ConfigurationError, PeninsulaError, UsageError
from pipeline.extract import read_document
from pipeline.extract.duplicates import StoryText, cluster_stories, story_text
from pipeline.sample.content import load_sample
from pipeline.text.sentences import split_sentences
from pipeline.train.figures import Score

__all__ = [
    "COPIES",
    "OTHERS",
    "Document",
    "Outcome",
    "Source",
    "cluster_by_cosine",
    "main",
    "make_documents",
    "read_sources",
    "sample_sources",
    "score_clusters",
]

LANGUAGES = {"en": "English", "ko": "Korean"}
COSINE = 0.6
"""From which cosine TF-IDF calls two texts copies: the best of .5 to .9 when the methods were chosen."""

_FEWEST_SENTENCES = 8
"""A third of less is no story."""
_REPEATED = 0.25
"""An article of whose sentences so many stand word for word in another one is left out: whether it is a copy, nobody has said."""
_ORIGINAL, _TOGETHER = "original", "all together"

Sentences = Sequence[str]
Clusters = Mapping[str, str]

_EDITS = {
    "en": {
        "said": "stated",
        "also": "additionally",
        "but": "however",
        "about": "around",
        "after": "following",
        "many": "a number of",
        "officials": "authorities",
        "because": "since",
        "show": "indicate",
        "people": "persons",
        "told": "informed",
        "according to": "as per",
    },
    "ko": {
        "밝혔다": "말했다",
        "전했다": "알렸다",
        "이날": "같은 날",
        "지난": "앞서",
        "관련해": "두고",
        "대해": "관해",
        "통해": "거쳐",
        "위해": "위하여",
        "그러나": "하지만",
        "이라고": "이라며",
        "것으로": "것이라고",
    },
}
_HEADS = {
    "en": ("SEOUL, Nov. 6 (Hanbit) --", "(Updates throughout with details, quotes)", "By our correspondent in Seoul"),
    "ko": ("(서울=한빛통신) 김기자 기자 =", "[한빛통신 김기자 기자]", "(내용 추가)"),
}
_FEET = {
    "en": (
        "Copyright Hanbit Wire. Ask our desk before you print or post this text elsewhere.",
        "Sign up for our daily newsletter and follow the newsroom for more updates.",
        "Reporting by our staff; editing by the desk.",
    ),
    "ko": ("무단 전재 및 재배포를 금합니다.", "더 많은 소식은 앱에서 보실 수 있습니다. 구독과 제보를 기다립니다.", "kim@hanbit.example"),
}
_LEADS = {"en": ("(LEAD)", "(2nd LD)"), "ko": ("(종합)", "(종합2보)")}
_FORMULAS = {
    "en": (
        "The visitors laid a bouquet before the portraits and bowed in reverence.",
        "All those present broke into stormy cheers that shook the hall.",
        "The speakers called for upholding the leadership of the Party with one mind and one will.",
        "They stressed that the plan put forward by the Party congress must be carried out without condition.",
        "Present at the event were leading officials of the Party and the government, and people of all walks of life.",
        "The participants hardened their resolve to hasten the overall prosperity of the country.",
        "The hostile forces must look squarely at the reality and must not act rashly.",
        "The event resounded with songs in praise of the Party and the motherland.",
    ),
    "ko": (
        "참가자들은 초상 앞에 꽃바구니를 놓고 삼가 인사를 드렸다.",
        "장내는 우렁찬 만세의 환호로 끝없이 들끓었다.",
        "연설자들은 당의 두리에 한마음으로 굳게 뭉쳐 나갈 데 대하여 강조하였다.",
        "당대회가 내놓은 계획을 무조건 끝까지 해내야 한다고 그들은 말하였다.",
        "모임에는 당과 정부의 간부들과 여러 부문의 근로자들이 참가하였다.",
        "참가자들은 나라의 전면적 부흥을 앞당겨 갈 굳은 결의를 다지였다.",
        "적대 세력들은 현실을 똑바로 보고 경거망동하지 말아야 한다.",
        "모임은 당과 조국을 노래하는 합창으로 끝났다.",
    ),
}
_LISTED = {
    "en": (
        "{name}, born on {number} {month} and holder of passport {long}, was listed as representative of a bank in {place}.",
        "The freighter {name}, IMO number {long}, was named as property in which a listed company of {place} has an interest.",
        '"We will go on using every tool against those who fund the weapons through {place}," the under secretary said of {name}.',
        "{name} Trading of {place} is said to have moved {number} million dollars since {month}.",
    ),
    "ko": (
        "{month} {number}일생으로 여권번호 {long}인 {name}은 {place} 주재 은행 대표로 명단에 올랐다.",
        "국제해사기구 번호 {long}인 화물선 {name}호는 {place}의 제재 대상 회사가 소유한 것으로 지목됐다.",
        '차관은 {name}을 두고 "{place}를 거쳐 무기 개발 자금을 대는 이들에게 모든 수단을 쓰겠다"고 말했다.',
        "{place}의 {name}무역은 {month} 이후 {number}백만 달러를 옮긴 것으로 알려졌다.",
    ),
}
_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "name": ("Ri Chol Su", "Pak Yong Ho", "Morning Tide", "Kim Song Guk", "Daesong Star", "Choe Myong Il", "Blue Ferry", "Han Kum Sok"),
        "place": ("Dandong", "Vladivostok", "Shenyang", "Vientiane", "Beijing", "Moscow", "Zhuhai", "Nampo"),
        "month": ("January", "March", "April", "June", "August", "September", "October", "December"),
    },
    "ko": {
        "name": ("리철수", "박영호", "아침물결", "김성국", "대성별", "최명일", "푸른배", "한금석"),
        "place": ("단둥", "블라디보스토크", "선양", "비엔티안", "베이징", "모스크바", "주하이", "남포"),
        "month": ("1월", "3월", "4월", "6월", "8월", "9월", "10월", "12월"),
    },
}


@dataclass(frozen=True, slots=True)
class Source:
    """One article that documents are made of, cut into sentences. `published` is a time in ISO 8601."""

    id: str
    lang: str
    sentences: tuple[str, ...]
    published: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One text of the labelled set: copies of one story share `story`; `kind` says how it was made."""

    id: str
    story: str
    kind: str
    text: str
    lang: str
    published: str | None = None


@dataclass(frozen=True, slots=True)
class Maker:
    """What documents are made with: chance, and sentences that stand in no document otherwise."""

    rng: random.Random
    spare: Sentences

    def pick(self, sentences: Sentences, count: int) -> list[str]:
        """Return that many sentences by chance, or all where there are fewer."""
        return self.rng.sample(sentences, min(count, len(sentences)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one method did: pairs of documents in one cluster, and B-cubed precision and recall of the clusters."""

    pairs: Score
    cluster_precision: float
    cluster_recall: float

    @property
    def cluster_f1(self) -> float:
        """The harmonic mean of both, which are never 0: every document is in its own cluster."""
        return 2 * self.cluster_precision * self.cluster_recall / (self.cluster_precision + self.cluster_recall)


# --- copies ----------------------------------------------------------------------------------------------------


def _head(sentences: Sentences, share: float) -> list[str]:
    return list(sentences[: max(2, round(share * len(sentences)))])


def _cut_60(source: Source, _: Maker) -> list[str]:
    return _head(source.sentences, 0.6)


def _cut_35(source: Source, _: Maker) -> list[str]:
    return _head(source.sentences, 0.35)


def _edit(sentence: str, lang: str) -> str:
    for old, new in _EDITS[lang].items():
        sentence = re.sub(rf"\b{old}\b" if lang == "en" else old, new, sentence)
    return sentence


def _edited(source: Source, _: Maker) -> list[str]:
    return [_edit(sentence, source.lang) for sentence in source.sentences]


def _dressed(source: Source, maker: Maker) -> list[str]:
    return [maker.rng.choice(_HEADS[source.lang]), *source.sentences, maker.rng.choice(_FEET[source.lang])]


def _reordered(source: Source, maker: Maker) -> list[str]:
    rest = [sentence for sentence in source.sentences[2:] if maker.rng.random() > 0.15]
    maker.rng.shuffle(rest)
    return [*source.sentences[:2], *rest]


def _localised(source: Source, maker: Maker) -> list[str]:
    sentences = list(_dressed(source, maker))
    for other in maker.pick(maker.spare, math.ceil(0.3 * len(source.sentences))):
        sentences.insert(maker.rng.randrange(1, len(sentences)), other)
    return sentences


def _updated(source: Source, maker: Maker) -> list[str]:
    """Make a later lead: marked as one, its first sentence new, its second edited, a quarter of news for its last ones."""
    first, second, *rest = source.sentences
    news = maker.pick(maker.spare, math.ceil(0.25 * len(source.sentences)))
    return [maker.rng.choice(_LEADS[source.lang]), news[0], _edit(second, source.lang), first, *_head(rest, 0.85), *news[1:]]


COPIES: Mapping[str, Callable[[Source, Maker], list[str]]] = {
    "cut to 60 %": _cut_60,
    "cut to 35 %": _cut_35,
    "light edits": _edited,
    "boilerplate": _dressed,
    "reordered, thinned": _reordered,
    "local, 30 % other": _localised,
    "(LEAD), (2nd LD)": _updated,
}
"""Kinds of copies: each makes the sentences of a copy out of its original."""


# --- texts that are alike and no copies ------------------------------------------------------------------------


def _share(own: Source, shared: Sentences, share: float) -> list[str]:
    """Return the sentences of one story, after which as many of the shared ones stand as make that share of all."""
    return [*own.sentences, *shared[: max(1, round(len(own.sentences) * share / (1 - share)))]]


def _background(own: Source, original: Source, _: int) -> list[str]:
    return _share(own, original.sentences, 0.1)


def _formulaic(own: Source, _: Source, __: int) -> list[str]:
    return _share(own, _FORMULAS[own.lang], 0.3)


def _sanctioned(own: Source, _: Source, number: int) -> list[str]:
    """Every two stories tell of one action, that is list the same names; what they say of it is their own."""
    rng = random.Random(number // 2)
    action = [
        frame.format(
            **{field: rng.choice(values) for field, values in _NAMES[own.lang].items()},
            number=rng.randrange(2, 29),
            long=rng.randrange(10**6, 10**7),
        )
        for frame in _LISTED[own.lang] * 2
    ]
    return _share(own, action, 0.25)


OTHERS: Mapping[str, Callable[[Source, Source, int], list[str]]] = {
    "10 % background": _background,
    "state formulas": _formulaic,
    "one sanctions action": _sanctioned,
}
"""Kinds of texts that are no copies: each makes the sentences out of a story of its own, an original and a number."""

_MIXED = "two stories mixed"


def _mix(one: Source, other: Source) -> list[str]:
    half = min(len(one.sentences), len(other.sentences)) // 2
    return [*one.sentences[:half], *other.sentences[:half]]


# --- the labelled set ------------------------------------------------------------------------------------------


def make_documents(sources: Sequence[Source], *, seed: int, count: int) -> list[Document]:
    """Return the labelled set of one language: `count` originals or fewer, their copies, and what is no copy.

    Two fifths of the articles at most are originals, and two fifths own stories of the texts that are alike; sentences
    of the others are the news that copies add. A text in equal parts of two originals, made of every two, is a copy of neither.
    Raises UsageError where there are fewer than five articles.
    """
    if len(sources) < 5:
        raise UsageError(f"{len(sources)} articles in one language; at least five of {_FEWEST_SENTENCES} sentences are needed")
    rng = random.Random(seed)
    chosen = rng.sample(sorted(sources, key=lambda source: source.id), len(sources))
    size = min(count, 2 * len(chosen) // 5)
    originals, own, rest = chosen[:size], chosen[size : 2 * size], chosen[2 * size :]
    maker = Maker(rng, [sentence for source in rest for sentence in source.sentences])
    return [*_make(originals, own, maker)]


def _make(originals: Sequence[Source], own: Sequence[Source], maker: Maker) -> Iterator[Document]:
    for number, (original, other) in enumerate(zip(originals, own, strict=True)):
        yield _document(original, original.id, _ORIGINAL, original.sentences)
        for kind, copy in COPIES.items():
            yield _document(original, original.id, kind, copy(original, maker))
        if number % 2:
            yield _document(original, f"{original.id} mixed", _MIXED, _mix(original, originals[number - 1]))
        for kind, make in OTHERS.items():
            yield _document(other, other.id, kind, make(other, original, number))


def _document(source: Source, story: str, kind: str, sentences: Sentences) -> Document:
    return Document(f"{source.id} {kind}", story, kind, " ".join(sentences), source.lang, source.published)


def read_sources(paths: Iterable[Path]) -> list[Source]:
    """Read the English and Korean articles of JSON Lines with id, text, lang and perhaps published, plain or gzipped.

    The first of one id stands; short articles, and those that mostly repeat an earlier one, are left out. Raises
    ConfigurationError that names file and line.
    """
    return _distinct(source for path in paths for source in _read_file(path))


def _read_file(path: Path) -> Iterator[Source]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                source = _read_line(line, path, number) if line.strip() else None
                if source is not None:
                    yield source
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror or error}", path=path) from error
    except (EOFError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot be read: {error}", path=path) from error


def _read_line(line: str, path: Path, number: int) -> Source | None:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"no JSON: {error.msg} at column {error.colno}", path=path, line=number) from error
    match row:
        case {"id": str(ident), "text": str(text), "lang": str(lang)}:
            return _cut(ident, text, lang, row.get("published")) if lang in LANGUAGES else None
    raise ConfigurationError("expected a JSON object with 'id', 'text' and 'lang', each a string", path=path, line=number)


def sample_sources() -> list[Source]:
    """Return the articles of the bundled sample newsroom, which itself carries some stories several times."""
    stories = load_sample(SAMPLE).stories.values()
    return _distinct(_cut(story.id, "\n\n".join(story.body), story.lang, story.published.isoformat()) for story in stories)


def _cut(ident: str, text: str, lang: str, published: str | None) -> Source:
    return Source(ident, lang, tuple(text[start:end] for start, end in split_sentences(text, lang)), published)


def _distinct(sources: Iterable[Source]) -> list[Source]:
    kept: dict[str, Source] = {}
    seen: set[str] = set()
    for source in sources:
        if len(source.sentences) < _FEWEST_SENTENCES or source.id in kept:
            continue
        repeated = sum(sentence in seen for sentence in source.sentences)
        seen.update(source.sentences)
        if repeated < _REPEATED * len(source.sentences):
            kept[source.id] = source
    return list(kept.values())


# --- methods ---------------------------------------------------------------------------------------------------


def _story(document: Document) -> StoryText:
    """Read a document as the nightly run does, so that furniture which it knows does not count."""
    try:
        return story_text(read_document(id=document.id, text=document.text, published=document.published, lang=document.lang))
    except ValueError as error:
        raise ConfigurationError(f"article {document.id!r}, field 'published': {error}") from error


def cluster_by_cosine(stories: Sequence[StoryText], *, least: float = COSINE) -> dict[str, str]:
    """Map ids to clusters by TF-IDF cosine of all pairs, by single linkage: of words, or of two characters for Korean.

    Counts are damped by the logarithm, and the vocabulary is that of the texts themselves, which no nightly run knows.
    """
    counts = [Counter(_terms(story)) for story in stories]
    spread = Counter(term for found in counts for term in found)
    postings: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for number, found in enumerate(counts):
        weights = {term: (1 + math.log(times)) * (1 + math.log(len(stories) / spread[term])) for term, times in found.items()}
        length = math.hypot(*weights.values())
        for term, weight in weights.items():
            postings[term][0].append(number)
            postings[term][1].append(weight / length)
    columns = {term: (np.array(numbers), np.array(weights)) for term, (numbers, weights) in postings.items()}
    leaders = list(range(len(stories)))
    for number, found in enumerate(counts):
        cosines = np.zeros(len(stories))
        for term in found:
            places, shares = columns[term]
            cosines[places] += shares * shares[np.searchsorted(places, number)]
        joined = {leaders[other] for other in np.flatnonzero(cosines >= least)}
        leaders = [min(joined) if leader in joined else leader for leader in leaders]
    return {story.id: stories[leader].id for story, leader in zip(stories, leaders, strict=True)}


def _terms(story: StoryText) -> list[str]:
    words = re.findall(r"\w+", story.text.casefold())
    return words if story.lang == "en" else [word[at : at + 2] for word in words for at in range(max(1, len(word) - 1))]


METHODS: Mapping[str, Callable[[Sequence[StoryText]], dict[str, str]]] = {
    "nightly run": cluster_stories,
    f"TF-IDF cosine >= {COSINE}, all pairs": cluster_by_cosine,
}


# --- figures ---------------------------------------------------------------------------------------------------


def score_clusters(documents: Sequence[Document], clusters: Clusters) -> Outcome:
    """Compare clusters (document id → cluster) with the stories that the documents are copies of."""
    stories = Counter(document.story for document in documents)
    found = Counter(clusters[document.id] for document in documents)
    cells = Counter((document.story, clusters[document.id]) for document in documents)
    pairs = Score(_pairs(cells), _pairs(found), _pairs(stories))
    precision = sum(size**2 / found[cluster] for (_, cluster), size in cells.items()) / len(documents)
    recall = sum(size**2 / stories[story] for (story, _), size in cells.items()) / len(documents)
    return Outcome(pairs, precision, recall)


def _pairs(sizes: Mapping[Any, int]) -> int:
    return sum(math.comb(size, 2) for size in sizes.values())


def _sets(documents: Sequence[Document]) -> Iterator[tuple[str, list[Document]]]:
    """Yield the originals beside the documents of one kind, kind after kind, so that no third copy helps; then all."""
    for kind in (_ORIGINAL, *COPIES, _MIXED, *OTHERS):
        yield kind, [document for document in documents if document.kind in {_ORIGINAL, kind}]
    yield _TOGETHER, list(documents)


def _report(documents: Sequence[Document], console: Console) -> None:
    """Print a table for each method, and what they cost beside each other on all documents."""
    stories = {document.id: _story(document) for document in documents}
    seconds = {}
    language = LANGUAGES[documents[0].lang]
    for name, method in METHODS.items():
        table = _table(f"{language}, {name}")
        for kind, chosen in _sets(documents):
            begun = time.process_time()
            clusters = method([stories[document.id] for document in chosen])
            seconds[name] = time.process_time() - begun
            table.add_row(kind, str(len(chosen)), *_columns(score_clusters(chosen, clusters)))
        console.print(table)
    ours, other = seconds.values()
    console.print(f"Documents a second, nightly run / TF-IDF: {other / ours:.1f}\n", highlight=False)


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("kind", no_wrap=True)
    for name in ("texts", "pairs wanted", "found", "false", "P", "R", "F1", "clusters P", "R", "F1"):
        table.add_column(name, justify="right")
    return table


def _columns(outcome: Outcome) -> Iterator[str]:
    pairs = outcome.pairs
    yield from (str(pairs.gold), str(pairs.hit), str(pairs.predicted - pairs.hit))
    yield from (f"{value:.3f}" for value in (pairs.precision, pairs.recall, pairs.f1)) if pairs.gold else ("–",) * 3
    yield from (f"{value:.3f}" for value in (outcome.cluster_precision, outcome.cluster_recall, outcome.cluster_f1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and return the exit code; errors become one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.duplicates",
        description="How well copies of one story are found, by kind of copy, beside TF-IDF cosine of all pairs.",
        epilog="Example: python -m benchmarks.duplicates --texts articles.jsonl.gz --count 100",
    )
    parser.add_argument(
        "--texts",
        type=Path,
        nargs="+",
        metavar="FILE.jsonl[.gz]",
        help="articles with id, text, lang (en, ko) and published (default: those of the sample newsroom)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed makes other variants (default: 1)")
    parser.add_argument("--count", type=int, default=300, metavar="N", help="originals in each language at most (default: 300)")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        if given.count < 2:
            raise UsageError(f"--count {given.count}: at least two are needed")
        sources = read_sources(given.texts) if given.texts else sample_sources()
        if not sources:
            raise UsageError(f"no English or Korean article of at least {_FEWEST_SENTENCES} sentences")
        console = output_console()
        for lang in sorted({source.lang for source in sources}):
            chosen = [source for source in sources if source.lang == lang]
            _report(make_documents(chosen, seed=given.seed, count=given.count), console)
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
