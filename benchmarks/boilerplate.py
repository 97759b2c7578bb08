"""`python -m benchmarks.boilerplate`: what is learned of each outlet's boilerplate, and whether news is lost with it.

Each article is cut by what the 30 articles of its outlet before that night teach; ten make a night. The first table counts what is cut;
`--show` prints it, to be judged by a reader. The second plants what is known: a call to subscribe under some articles, and under as
many a paragraph of news that is told again word for word, as agencies do with background. The call should go, the news must stay.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.table import Table

from pipeline.cli.console import complain, output_console
from pipeline.errors import ConfigurationError, PeninsulaError, UsageError
from pipeline.extract.boilerplate import COMPARED, LEAST_ARTICLES, LONGEST, Cut, learn, strip

__all__ = ["Outlet", "Piece", "Planted", "cut_in_turn", "main", "plant", "read_outlets"]

SHARE = 0.4
"""Share of an outlet's articles that a planted paragraph stands under: twice what is asked for, since it falls at random."""

NIGHT = 10
"""Articles of an outlet in one run."""

_CALLS = {"en": "Sign up for our newsletter to get the news of the day.", "ko": "홈페이지에서 뉴스레터를 구독해 주세요."}


_SENTENCE = re.compile(rf"\w.{{60,{LONGEST - 2}}}[a-z다][.]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One article: its text, and when it was published, as it is written; "" where nobody knows."""

    id: str
    text: str
    published: str


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet's articles in one language, in the order of their publication."""

    publisher: str
    lang: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """How many paragraphs were planted in articles that had enough before them, and how many of them were cut."""

    calls: int
    calls_cut: int
    background: int
    background_cut: int


def read_outlets(paths: Iterable[Path]) -> list[Outlet]:
    """Read outlets of at least ten articles from JSON Lines with id, text, lang, publisher and perhaps published, plain or gzipped.

    Raises ConfigurationError that names file and line.
    """
    found: dict[tuple[str, str], dict[str, Piece]] = defaultdict(dict)
    for path in paths:
        for publisher, lang, piece in _read_file(path):
            found[publisher, lang].setdefault(piece.id, piece)
    outlets = [Outlet(*key, tuple(sorted(pieces.values(), key=lambda piece: (piece.published, piece.id)))) for key, pieces in found.items()]
    return sorted((each for each in outlets if len(each.pieces) >= LEAST_ARTICLES), key=lambda each: (-len(each.pieces), each.publisher))


def _read_file(path: Path) -> Iterator[tuple[str, str, Piece]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _read_line(line, path, number)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot be read: {getattr(error, 'strerror', None) or error}", path=path) from error


def _read_line(line: str, path: Path, number: int) -> tuple[str, str, Piece]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"no JSON: {error.msg} at column {error.colno}", path=path, line=number) from error
    match row:
        case {"id": str(ident), "text": str(text), "lang": str(lang), "publisher": str(publisher)}:
            return publisher, lang, Piece(ident, text.strip(), str(row.get("published") or ""))
    raise ConfigurationError("expected a JSON object with 'id', 'text', 'lang' and 'publisher', each a string", path=path, line=number)


def cut_in_turn(outlet: Outlet) -> list[Cut]:
    """Cut every article by what the 30 before its night teach: a run learns once."""
    done: list[Cut] = []
    for start in range(0, len(outlet.pieces), NIGHT):
        learned = learn(done[-COMPARED:], outlet.lang)
        for piece in outlet.pieces[start : start + NIGHT]:
            text, removed = strip(piece.text, (), learned)
            done.append(Cut(text, tuple(removed)))
    return done


def plant(outlet: Outlet, *, seed: int) -> Planted:
    """Plant a call and a background paragraph of the outlet's own, and count what is cut of each."""
    rng = random.Random(f"{seed} {outlet.publisher} {outlet.lang}")
    call, background = _CALLS.get(outlet.lang, _CALLS["en"]), rng.choice(_background(outlet) or [""])
    under: Mapping[str, set[int]] = {
        paragraph: {number for number in range(len(outlet.pieces)) if paragraph and rng.random() < SHARE}
        for paragraph in (call, background)
    }
    pieces = tuple(
        replace(piece, text="\n".join([piece.text, *(paragraph for paragraph in (background, call) if number in under[paragraph])]))
        for number, piece in enumerate(outlet.pieces)
    )
    cuts = cut_in_turn(replace(outlet, pieces=pieces))
    calls, told = ([cuts[number] for number in sorted(under[each]) if number >= LEAST_ARTICLES] for each in (call, background))
    return Planted(len(calls), sum(call in cut.removed for cut in calls), len(told), sum(background in cut.removed for cut in told))


def _background(outlet: Outlet) -> list[str]:
    """Return the last paragraph of each article that is a sentence or more, of a length that could be learned."""
    found = ([line.strip() for line in piece.text.split("\n") if _SENTENCE.fullmatch(line.strip())] for piece in outlet.pieces)
    return [lines[-1] for lines in found if lines]


def _report(outlets: Sequence[Outlet], *, seed: int, show: int) -> None:
    console = output_console()
    table = Table(title="Cut, and what was planted", title_justify="left", title_style="bold")
    table.add_column("outlet", no_wrap=True)
    for name in ("lang", "articles", "cut", "paragraphs", "calls planted", "cut", "background planted", "cut"):
        table.add_column(name, justify="right")
    removed = []
    for outlet in outlets:
        cuts, planted = cut_in_turn(outlet), plant(outlet, seed=seed)
        here = [paragraph for cut in cuts for paragraph in cut.removed]
        removed += [(outlet.publisher, paragraph) for paragraph in here]
        counts = (len(cuts), sum(bool(cut.removed) for cut in cuts), len(here))
        figures = (*counts, planted.calls, planted.calls_cut, planted.background, planted.background_cut)
        table.add_row(outlet.publisher, outlet.lang, *map(str, figures))
    console.print(table)
    for publisher, paragraph in random.Random(seed).sample(removed, min(show, len(removed))):
        console.print(f"{publisher}: {paragraph}", markup=False, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and return the exit code; errors become one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.boilerplate",
        description="What is learned of each outlet's boilerplate, and whether news is lost with it.",
        epilog="Example: python -m benchmarks.boilerplate --texts articles.jsonl.gz --show 60",
    )
    parser.add_argument(
        "--texts", type=Path, nargs="+", required=True, metavar="FILE.jsonl[.gz]", help="articles with id, text, lang, publisher, published"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed plants elsewhere (default: 1)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many of the paragraphs that were cut (default: 0)")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        outlets = read_outlets(given.texts)
        if not outlets:
            raise UsageError(f"no outlet with {LEAST_ARTICLES} articles or more")
        _report(outlets, seed=given.seed, show=max(0, given.show))
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
