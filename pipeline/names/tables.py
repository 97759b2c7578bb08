"""The spelling tables: read from `data/*.tsv`, and the frozen one that they give.

A romanised syllable is ambiguous, so it is read as a distribution over hangul syllables:
P(hangul | spelling) ~ frequency(hangul) · P(spelling | hangul), and the latter is the product of the shares that the
spellings of onset, nucleus and coda have. Working that out takes a second, so `python -m pipeline.names.freeze` writes it
to `data/frozen.tsv`, and programs read that.

Northern and southern forms of a syllable are one. The South drops or changes ㄹ and ㄴ at the beginning of words, the North does not,
and names are quoted in both ways: at the beginning of surname and given name 리 is 이, 로 is 노, 녀 is 여. Later syllables keep
their ㄹ in both states (예림 is not 예임), except before ㅕ ㅖ ㅛ ㅠ, where the South writes it now so, now so (룡 and 용, 렬 and 열).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.errors import ConfigurationError

__all__ = [
    "DATA",
    "FROZEN",
    "Reading",
    "compile_surnames",
    "compile_syllables",
    "compose",
    "decompose",
    "frozen_text",
    "given_reading",
    "hangul_reading",
    "hangul_surnames",
    "southern",
    "surname_table",
]

DATA = Path(__file__).resolve().parent / "data"
"""Folder of the tables."""
FROZEN = "frozen.tsv"

_ONSETS = tuple("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
_NUCLEI = tuple("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")
_CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST = 0xAC00
_IOTATED = frozenset("ㅑㅕㅖㅛㅠㅣ")
_WAVERING = frozenset("ㅕㅖㅛㅠ")
_TENSE = frozenset("ㄲㄸㅃㅆㅉ")

_GIVEN, _SURNAME = "given", "surname"
_NOTHING = "-"
_OTHER = 0.03
"""Weight of syllables that no class of `given_syllables.tsv` names."""
_HABIT = 0.85
"""Share of the weight that a syllable's own spellings take where `syllables.tsv` has some."""
_REGULAR_SURNAME = 0.03
"""Share of the weight that spellings by the letters alone take among those of a surname: "Djeon", "Houng"."""
_LEAST_SHARE = 0.005
"""Readings below this share of a spelling are dropped."""
_LEAST_MASS = 0.004
"""Spellings rarer than this, in the weights of `given_syllables.tsv`, are none."""
_LEAST_BEARERS = 0.02
"""Surnames that fewer bearers in 100,000 spell in a way are not read in it."""


@dataclass(frozen=True, slots=True)
class _Letters:
    """How the letters of a syllable are spelled, each with shares that sum to 1; nuclei by whether the syllable is closed."""

    onsets: Mapping[str, Mapping[str, float]]
    nuclei: Mapping[tuple[str, bool], Mapping[str, float]]
    codas: Mapping[str, Mapping[str, float]]

    def spell(self, syllable: str) -> Iterator[tuple[str, float]]:
        """Yield the spellings that follow from the letters; one may come several times."""
        onset, nucleus, coda = decompose(syllable)
        for first, share in self.onsets[onset].items():
            for middle, more in self.nuclei[nucleus, bool(coda)].items():
                for last, most in self.codas[coda].items():
                    yield first + middle + last, share * more * most


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """How a written syllable may be read. There is one object for each spelling and place, so that identity is equality.

    `roots` maps southern hangul syllables to the square root of their share (shares sum to 1), as the Bhattacharyya
    coefficient needs it; `mass` is how frequent the spelling is, as natural logarithm.
    """

    spelling: str
    roots: Mapping[str, float]
    mass: float


def decompose(syllable: str) -> tuple[str, str, str]:
    """Return onset, nucleus and coda of a hangul syllable; the coda may be empty."""
    code = ord(syllable) - _FIRST
    return _ONSETS[code // 588], _NUCLEI[code % 588 // 28], _CODAS[code % 28]


def compose(onset: str, nucleus: str, coda: str) -> str:
    """Return the hangul syllable of three letters; the opposite of `decompose`."""
    return chr(_FIRST + _ONSETS.index(onset) * 588 + _NUCLEI.index(nucleus) * 28 + _CODAS.index(coda))


@cache
def southern(syllable: str, *, inner: bool = False) -> str:
    """Return the form of a syllable in the South, at the beginning of a name or after its first syllable (`inner`).

    The initial-sound law gives 이 for 리, 노 for 로, 여 for 녀; of inner syllables only those like 룡 change, to 용.
    """
    onset, nucleus, coda = decompose(syllable)
    if onset == "ㄹ" and nucleus in _WAVERING:
        onset = "ㅇ"
    elif onset == "ㄹ" and not inner:
        onset = "ㅇ" if nucleus in _IOTATED else "ㄴ"
    elif onset == "ㄴ" and nucleus in _WAVERING and not inner:
        onset = "ㅇ"
    return compose(onset, nucleus, coda)


# --- reading the tables ---


def _rows(name: str, columns: int) -> Iterator[tuple[Path, int, list[str]]]:
    """Yield path, line and cells of a table. Raises ConfigurationError for rows of another width."""
    path = DATA / name
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text.startswith("#") or not text:
            continue
        cells = text.split("\t")
        if len(cells) != columns:
            raise ConfigurationError(f"expected {columns} columns, found {len(cells)}", path=path, line=line)
        yield path, line, cells


def _spellings(text: str, path: Path, line: int) -> dict[str, float]:
    """Read "k:50 g:47" as shares that sum to 1."""
    weights: dict[str, float] = defaultdict(float)
    for part in text.split():
        spelling, colon, weight = part.rpartition(":")
        try:
            value = float(weight)
        except ValueError:
            value = 0.0
        if not colon or value <= 0:
            raise ConfigurationError(f"{part!r} is no spelling:weight", path=path, line=line)
        weights["" if spelling == _NOTHING else spelling] += value
    total = math.fsum(weights.values())
    return {spelling: weight / total for spelling, weight in weights.items()}


def _weight(text: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if value <= 0:
        raise ConfigurationError(f"{text!r} is no weight", path=path, line=line)
    return value


def _letters(name: str) -> dict[str, dict[str, float]]:
    return {"" if cells[0] == _NOTHING else cells[0]: _spellings(cells[1], path, line) for path, line, cells in _rows(name, 2)}


def _nuclei() -> dict[tuple[str, bool], dict[str, float]]:
    """Return the spellings by letter and whether the syllable is closed."""
    found: dict[tuple[str, bool], dict[str, float]] = {}
    places = {"open": (False,), "closed": (True,), "any": (False, True)}
    for path, line, (letter, where, text) in _rows("nuclei.tsv", 3):
        if where not in places:
            raise ConfigurationError(f"{where!r} is none of {', '.join(places)}", path=path, line=line)
        for closed in places[where]:
            found[letter, closed] = _spellings(text, path, line)
    return found


def _frequencies(letters: _Letters) -> dict[str, float]:
    """Return the weight of every hangul syllable that can be spelled, by how often it occurs in given names."""
    weights = {
        compose(onset, nucleus, coda): _OTHER
        for onset in letters.onsets
        if onset not in _TENSE
        for nucleus in _NUCLEI
        for coda in letters.codas
    }
    for path, line, (weight, syllables) in _rows("given_syllables.tsv", 2):
        for syllable in syllables.split():
            if syllable not in weights:
                raise ConfigurationError(f"{syllable!r} cannot be spelled with the letters of the tables", path=path, line=line)
            weights[syllable] = _weight(weight, path, line)
    return weights


def _read_letters() -> _Letters:
    return _Letters(_letters("onsets.tsv"), _nuclei(), _letters("codas.tsv"))


def compile_syllables() -> dict[str, tuple[float, dict[str, float]]]:
    """Work out the readings of every spelled syllable of given names from the tables: spelling → (mass, {syllable: share})."""
    letters = _read_letters()
    habits = {cells[0]: _spellings(cells[1], path, line) for path, line, cells in _rows("syllables.tsv", 2)}
    readings: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for syllable, weight in _frequencies(letters).items():
        habit = habits.get(syllable, {})
        regular = weight * (1 - _HABIT) if habit else weight
        for spelling, share in letters.spell(syllable):
            readings[spelling][syllable] += regular * share
        for spelling, share in habit.items():
            readings[spelling][syllable] += weight * _HABIT * share
    return {spelling: entry for spelling in sorted(readings) if (entry := _trim(readings[spelling], _LEAST_MASS)) is not None}


def compile_surnames() -> dict[str, tuple[float, dict[str, float]]]:
    """Work out the readings of every spelled surname of one syllable likewise, in southern forms; the mass is in bearers in 100,000."""
    letters = _read_letters()
    readings: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for hangul, bearers, spellings in _surname_rows():
        if len(hangul) > 1:
            continue
        for spelling, share in spellings.items():
            readings[spelling][southern(hangul)] += bearers * (1 - _REGULAR_SURNAME) * share
        for spelling, share in letters.spell(hangul):
            readings[spelling][southern(hangul)] += bearers * _REGULAR_SURNAME * share
    return {spelling: entry for spelling in sorted(readings) if (entry := _trim(readings[spelling], _LEAST_BEARERS)) is not None}


def _trim(shares: Mapping[str, float], least: float) -> tuple[float, dict[str, float]] | None:
    mass = math.fsum(shares.values())
    if mass < least:
        return None
    kept = {syllable: value / mass for syllable, value in shares.items() if value / mass >= _LEAST_SHARE}
    total = math.fsum(kept.values())
    ordered = sorted(kept.items(), key=lambda item: (-item[1], item[0]))
    return mass, {syllable: value / total for syllable, value in ordered}


# --- the frozen table ---


def frozen_text() -> str:
    """Return the content of the frozen table: kind of syllable, spelling, mass, readings with their shares in thousandths."""
    lines = [
        "# Written by `python -m pipeline.names.freeze` from the other tables here; do not edit.",
        "# given or surname, spelling, weight, syllable:thousandths",
    ]
    for kind, table in ((_GIVEN, compile_syllables()), (_SURNAME, compile_surnames())):
        for spelling, (mass, shares) in table.items():
            readings = " ".join(f"{syllable}:{share * 1000:.0f}" for syllable, share in shares.items())
            lines.append(f"{kind}\t{spelling}\t{mass:.3g}\t{readings}")
    return "\n".join(lines) + "\n"


@cache
def _frozen() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Return mass and readings of every spelling as they are written in the frozen table, by kind."""
    tables: dict[str, dict[str, tuple[str, str]]] = {_GIVEN: {}, _SURNAME: {}}
    for _, _, (kind, spelling, mass, readings) in _rows(FROZEN, 4):
        tables[kind][spelling] = (mass, readings)
    return tables


def given_reading(spelling: str, *, inner: bool) -> Reading | None:
    """Return the reading of a romanised syllable at the beginning of a given name or after it; None where it is no syllable."""
    return _given(spelling, inner) if spelling in _frozen()[_GIVEN] else None


@cache
def _given(spelling: str, inner: bool) -> Reading:  # noqa: FBT001
    return _thaw(spelling, *_frozen()[_GIVEN][spelling], inner=inner)


def _thaw(spelling: str, mass: str, readings: str, *, inner: bool) -> Reading:
    shares: dict[str, int] = defaultdict(int)
    for part in readings.split(" "):
        shares[southern(part[0], inner=inner)] += int(part[2:])
    total = sum(shares.values())
    return Reading(spelling, {syllable: math.sqrt(share / total) for syllable, share in shares.items()}, math.log(float(mass)))


@cache
def surname_table() -> Mapping[tuple[str, ...], tuple[Reading, ...]]:
    """Return the readings of surnames by their tokens: ("lee",), and both ("nam", "gung") and ("namgung",)."""
    table: dict[tuple[str, ...], tuple[Reading, ...]] = {
        (spelling,): (_thaw(spelling, *entry, inner=False),) for spelling, entry in _frozen()[_SURNAME].items()
    }
    for hangul, _, spellings in _surname_rows():
        for spelling in spellings if len(hangul) > 1 else ():
            parts = tuple(spelling.split("-"))
            both = tuple(Reading(part, {southern(syllable): 1.0}, 0.0) for part, syllable in zip(parts, hangul, strict=True))
            table[parts] = table["".join(parts),] = both
    return table


def _surname_rows() -> Iterator[tuple[str, float, dict[str, float]]]:
    """Yield hangul, bearers and spellings of each surname. Raises ConfigurationError where their lengths differ."""
    for path, line, (hangul, bearers, text) in _rows("surnames.tsv", 3):
        spellings = _spellings(text, path, line)
        wrong = next((spelling for spelling in spellings if len(spelling.split("-")) != len(hangul)), None)
        if wrong is not None:
            raise ConfigurationError(f"{hangul}: {wrong!r} has another number of syllables", path=path, line=line)
        yield hangul, _weight(bearers, path, line), spellings


@cache
def hangul_reading(syllable: str, *, inner: bool) -> Reading:
    """Return the reading of a hangul syllable, which is certain."""
    return Reading(syllable, {southern(syllable, inner=inner): 1.0}, 0.0)


@cache
def hangul_surnames() -> frozenset[str]:
    """Return the surnames in hangul, in the southern form, those of two syllables too."""
    return frozenset("".join(map(southern, hangul)) for hangul, _, _ in _surname_rows())
