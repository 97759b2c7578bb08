"""Word lists of the tag stage: read from `data/`, checked, and held as frozen sets.

A list that is missing, or an entry that is no string, stops with the file and the line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.text.yaml_lines import read_yaml

__all__ = ["DATA", "WordLists", "load_lines", "load_lists", "load_scores"]

DATA = Path(__file__).resolve().parent / "data"

_NAMES_EN = frozenset(
    "korean_surnames korean_syllables chinese_surnames name_particles never_in_names not_names say_verbs org_tails agency_tails agency_heads org_heads "
    "place_tails place_heads malware_nouns hacker_nouns weapon_nouns firm_nouns ship_nouns ship_prefixes hyphen_words places not_bodies weapons hacking_groups malware not_malware".split()
)
_TITLES_EN = frozenset("state_heads body_heads private_heads modifiers former fields ranks".split())
_NAMES_KO = frozenset(
    "surnames name_syllables foreign_given not_persons byline_before agency_tails agencies bodies_of_country stands_alone org_tails place_ends doubtful_places unwanted hanja_surnames after_place hanja weapons".split()
)
_TITLES_KO = frozenset("state_titles body_titles private_titles fillers former roles_in_korean".split())
_FILES = {
    "en": {"names_en.yaml": _NAMES_EN, "titles_en.yaml": _TITLES_EN},
    "ko": {"names_ko.yaml": _NAMES_KO, "titles_ko.yaml": _TITLES_KO},
}
_LINE_FILES = {"en": ("given_names.txt", "common_words.txt"), "ko": ()}


@dataclass(frozen=True, slots=True)
class WordLists:
    """The word lists of one language by name."""

    words: Mapping[str, tuple[str, ...]]

    def get(self, name: str) -> frozenset[str]:
        """Return the list as a set; KeyError for a name that no file declares."""
        return frozenset(self.words[name])

    def pattern(self, name: str, *, before: str = "", after: str = "") -> re.Pattern[str]:
        """Return one expression that matches any of the list's expressions, longest first as far as they are plain."""
        body = "|".join(sorted(self.words[name], key=len, reverse=True))
        return re.compile(f"{before}(?:{body}){after}")


def _read_lists(path: Path, wanted: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Read a mapping of names to lists of strings, in which each of the wanted names and no other must stand."""
    root = read_yaml(path)
    lists = {name: tuple(dict.fromkeys(node.strings())) for name, node in root.fields(wanted).items()}
    for missing in sorted(wanted - lists.keys()):
        raise root.fail(f"the list {missing!r} is missing")
    return lists


def load_lines(path: Path) -> tuple[str, ...]:
    """Return the lines of a plain list, without comments; ConfigurationError where the file cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@lru_cache(maxsize=4)
def load_lists(lang: str, *, folder: Path = DATA) -> WordLists:
    """Read all lists of a language ("en" or "ko"). Names of lists are checked against those that the code asks for."""
    words: dict[str, tuple[str, ...]] = {}
    for name, wanted in _FILES[lang].items():
        words.update(_read_lists(folder / name, wanted))
    for name in _LINE_FILES[lang]:
        words[name.removesuffix(".txt")] = load_lines(folder / name)
    return WordLists(words)


@lru_cache(maxsize=2)
def load_scores(*, folder: Path = DATA) -> Mapping[str, float]:
    """Return the precision of each rule that makes mentions. ConfigurationError for a value that is no probability."""
    scores: dict[str, float] = {}
    for rule, node in read_yaml(folder / "scores.yaml").fields().items():
        scores[rule] = node.number()
        if not 0 <= scores[rule] <= 1:
            raise node.fail(f"the precision of {rule!r} must lie between 0 and 1, not {scores[rule]}")
    return scores
