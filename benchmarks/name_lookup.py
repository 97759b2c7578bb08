"""Looking names up: in a whole list in memory, and by key in a database of a million."""

from __future__ import annotations

import csv
import gzip
import importlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import fmean, quantiles
from typing import Any

from rapidfuzz import fuzz, process, utils

from benchmarks.name_pairs import Pair
from benchmarks.romanise import SYSTEMS, romanise
from pipeline.errors import UsageError
from pipeline.names import NameIndex, compare, name_keys

__all__ = [
    "ListedName",
    "figures_as_rows",
    "forget",
    "measure_database",
    "measure_list",
    "measure_retrieval",
    "read_list",
    "synthetic_names",
]

_END = "\x1a"
_PERSON = "individual"
_OFAC = "us_ofac_sdn:"
_FOREIGN = "kr_mp"
"""Source of pairs whose persons are on no list: members of the South's parliament."""
_WARM_ROUNDS = 3
_EXTRACTED = 20
"""Queries that rapidfuzz is timed with: it needs tens of milliseconds for each."""


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name on the list, its entry's number, whether it is a person, and whether a program for the DPRK names it."""

    name: str
    entry: str
    person: bool
    dprk: bool
    primary: bool


def read_list(sdn: Path, alt: Path) -> tuple[ListedName, ...]:
    """Read OFAC's sdn.csv and alt.csv, gzipped or not. Raises UsageError for files that cannot be read as such."""
    names = []
    entries: dict[str, ListedName] = {}
    for row in _rows(sdn, 12):
        entry = ListedName(row[1], row[0], row[2].strip() == _PERSON, "DPRK" in row[3] or "Korea, North" in row[11], primary=True)
        entries[row[0]] = entry
        names.append(entry)
    for row in _rows(alt, 5):
        known = entries.get(row[0])
        names.append(ListedName(row[3], row[0], bool(known and known.person), bool(known and known.dprk), primary=False))
    return tuple(names)


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file), 1):
                if row and row[0] == _END:
                    continue
                if len(row) != columns:
                    raise UsageError(f"{path}:{number}: expected {columns} columns, found {len(row)}")
                yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def forget() -> None:
    """Empty what the name package remembers of names; its tables stay."""
    for module in ("comparison", "keys", "other", "parse"):
        loaded = importlib.import_module(f"pipeline.names.{module}")
        for value in vars(loaded).values():
            if hasattr(value, "cache_clear") and value.__module__ == loaded.__name__:
                value.cache_clear()


def measure_list(names: Sequence[ListedName], seed: int = 1) -> dict[str, Any]:
    """Look every name of the list up in the list, beside rapidfuzz's scan with ratio; seconds of CPU time.

    Cold is with nothing remembered of any name, warm the best of three rounds after that.
    """
    compare("Kim Jong Un", "Sergey Lavrov")
    forget()
    clock = time.process_time
    index, build = _timed(lambda: NameIndex((one.name, one.entry) for one in names), clock)
    forget()
    queries = [one.name for one in names]
    rounds = [_timed(lambda: [index.find(name) for name in queries], clock)[1] for _ in range(1 + _WARM_ROUNDS)]
    cold, warm = rounds[0], min(rounds[1:])
    sample = Random(seed).sample(queries, min(_EXTRACTED, len(queries)))
    processed = [utils.default_process(name) for name in queries]
    _, scan = _timed(
        lambda: [process.extract(utils.default_process(name), processed, scorer=fuzz.ratio, limit=5) for name in sample], clock
    )
    ours_cold, ours_warm, theirs = len(queries) / cold, len(queries) / warm, len(sample) / max(scan, 1e-9)
    return {
        "names": len(names),
        "index_s": build,
        "queries_per_second_cold": ours_cold,
        "queries_per_second_warm": ours_warm,
        "rapidfuzz_extract_ratio_per_second": theirs,
        "times_rapidfuzz_cold": ours_cold / theirs,
        "times_rapidfuzz_warm": ours_warm / theirs,
    }


def _timed(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[Any, float]:
    started = clock()
    result = work()
    return result, clock() - started


def measure_retrieval(names: Sequence[ListedName], pairs: Sequence[Pair]) -> dict[str, Any]:
    """Look aliases up among the primary names of listed DPRK persons, and names of others, which should find nothing.

    Aliases are the second names of same pairs from the list; the others are the members of parliament among the pairs, and the list's
    own persons whom no DPRK program names.
    """
    index = NameIndex((one.name, one.entry) for one in names if one.person and one.dprk and one.primary)
    known = {one.entry for one in names if one.person and one.dprk and one.primary}
    aliases = [
        (pair.b, entry)
        for pair in pairs
        if pair.same and pair.source.startswith(_OFAC) and (entry := pair.source.removeprefix(_OFAC)) in known
    ]
    found = [(index.find(name), entry) for name, entry in aliases]
    others = sorted({name for pair in pairs if pair.source == _FOREIGN for name in (pair.a, pair.b)})
    strangers = [one.name for one in names if one.person and one.primary and not one.dprk]
    return {
        "records": len(index),
        "aliases": len(aliases),
        "aliases_found": sum(any(match.value == entry for match in matches) for matches, entry in found),
        "aliases_first": sum(
            any(match.value == entry for match in matches if match.comparison.score == matches[0].comparison.score)
            for matches, entry in found
        ),
        "members_of_parliament": len(others),
        "members_found": {name: index.find(name)[0].name for name in others if index.find(name)},
        "other_listed_persons": len(strangers),
        "other_listed_found": {name: index.find(name)[0].name for name in strangers if index.find(name)},
    }


# --- a million names in a database ---


def synthetic_names(count: int, listed: Sequence[ListedName], seed: int = 1) -> list[str]:
    """Return made-up names, always the same: half Korean ones in all romanisations, half words of the list mixed anew."""
    random = Random(seed)
    words = sorted({word for one in listed if one.person for word in one.name.replace(",", " ").split()})
    return [_korean(random) if place % 2 else " ".join(random.sample(words, random.choice((2, 2, 3)))) for place in range(count)]


_SURNAMES = "김이박최정강조윤장임한오서신권황안송유홍전고문손양배백허남심노하곽성차주우구민나진지엄채원천방공현함변염여추도소"
_GIVEN = "영정성진현수지민재호희원경상동우은연훈선승석주기준태인미종철혜윤용한규대형병환근창명일국혁순학광남소범도화보욱의중해빈시효덕균식숙예건신문만택관옥찬룡서섭홍교춘길복자아세하"


def _korean(random: Random) -> str:
    # A power of an even draw prefers the front of the string, as people do: a fifth of them are Kim.
    surname = _SURNAMES[int(len(_SURNAMES) * random.random() ** 2.5)]
    given = [_GIVEN[int(len(_GIVEN) * random.random() ** 1.5)] for _ in range(random.choice((2,) * 12 + (1,)))]
    system = random.choice(sorted(SYSTEMS))
    return romanise(surname, given, system, random)


def measure_database(path: Path, names: Sequence[str], queries: Sequence[str]) -> dict[str, Any]:
    """Put the names into SQLite with their keys, and look the queries up: by key, then compared. Milliseconds a query."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("CREATE TABLE name (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        connection.execute("CREATE TABLE name_key (key TEXT NOT NULL, name_id INTEGER NOT NULL)")
        keys, keyed = _timed(lambda: [(key, place) for place, name in enumerate(names) for key in name_keys(name)])
        _, inserted = _timed(lambda: _fill(connection, names, keys))
        forget()
        took, candidates, found = [], [], 0
        for query in queries:
            (rows, matches), seconds = _timed(partial(_look_up, connection, query))
            took.append(seconds * 1000)
            candidates.append(rows)
            found += matches > 0
    finally:
        connection.close()
    return {
        "names": len(names),
        "keys_per_name": len(keys) / len(names),
        "keys_s": keyed,
        "insert_s": inserted,
        "bytes": path.stat().st_size,
        "queries": len(queries),
        "queries_found": found,
        "candidates_mean": fmean(candidates),
        "candidates_most": max(candidates),
        "mean_ms": fmean(took),
        "p95_ms": quantiles(took, n=20)[-1],
    }


def _fill(connection: sqlite3.Connection, names: Sequence[str], keys: Sequence[tuple[str, int]]) -> None:
    with connection:
        connection.executemany("INSERT INTO name VALUES (?, ?)", enumerate(names))
        connection.executemany("INSERT INTO name_key VALUES (?, ?)", keys)
        connection.execute("CREATE INDEX name_by_key ON name_key (key, name_id)")


def _look_up(connection: sqlite3.Connection, query: str) -> tuple[int, int]:
    """Return how many names share a key with the query, and how many of them agree with it."""
    keys = name_keys(query)
    marks = ",".join("?" * len(keys))
    statement = f"SELECT DISTINCT name.name FROM name_key JOIN name ON name.id = name_key.name_id WHERE key IN ({marks})"  # noqa: S608
    rows = connection.execute(statement, keys).fetchall()
    return len(rows), sum(compare(query, name).same for (name,) in rows)


def figures_as_rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Return figures as words for a table; findings by name as their number and the first few."""
    return [(name.replace("_", " "), _word(value)) for name, value in figures.items()]


def _word(value: object) -> str:
    if isinstance(value, dict):
        shown = "; ".join(f"{query} → {name}" for query, name in list(value.items())[:6])
        return f"{len(value)}{': ' + shown if shown else ''}"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
