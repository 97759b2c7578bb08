"""Where the lexicon has what made an event: file, line and words of a rule or of a cue of modality.

Rule ids are those of event mentions: "en:CYBER_OP.steal" is the trigger `steal` of CYBER_OP in `lexicon/en/cyber_op.yaml`. What is no
rule of the lexicon (a trained network, a rule of another version) has no line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.records import Maker, Mention
from models.vocabulary import Label, Via
from pipeline.events.frames import Language, Rule
from pipeline.events.hangul_patterns import HangulMatcher, HangulPattern
from pipeline.events.lexicon_files import LEXICON, load_language
from pipeline.events.patterns import Matcher, Pattern
from pipeline.events.reading import Sentence, Word
from pipeline.events.words import Cue
from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["CueLine", "LexiconLines", "RuleLine"]

_WORD = re.compile(r"(?:[A-Za-z]\.){2,}|n't\b|['’]\w+|(?:(?!n't\b)\w)+|[^\w\s]")
_SILENT = re.compile(r"[\"“”„«»‐‑'‘’-]")
_NOBODY = Maker(component="", version="")

Names = Sequence[tuple[int, int, Label]]
"""Start, end and label of names, by characters of a text."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One trigger of the lexicon. `line` is that of its id, `words` its patterns as written; `file` is relative to the lexicon's folder.

    `right` of `counted` mentions that it made in annotated articles were right; `score` is made of these counts and those of its type.
    """

    id: str
    file: str
    line: int
    words: tuple[str, ...]
    rule: Rule
    right: int
    counted: int

    @property
    def score(self) -> float:
        """How sure a plainly asserted mention by this rule is."""
        return self.rule.score


@dataclass(frozen=True, slots=True)
class CueLine:
    """One entry of the cues of modality: `matched` is the pattern that has the words asked for."""

    file: str
    line: int
    cue: Cue
    matched: str


class LexiconLines:
    """Rules and cues of the lexicon in one folder; a language is loaded when first asked for.

    Raises ConfigurationError with file and line where the lexicon is wrong.
    """

    def __init__(self, folder: Path = LEXICON) -> None:
        self._folder = folder
        self._languages: dict[str, tuple[Language, Mapping[str, RuleLine]] | None] = {}

    def rule(self, rule_id: str) -> RuleLine | None:
        """Return the trigger with the id of a mention ("en:TYPE.trigger"); None where the lexicon has none."""
        code, _, name = rule_id.partition(":")
        loaded = self._load(code)
        return loaded[1].get(name) if loaded is not None else None

    def matched(self, rule_id: str, text: str, start: int, end: int, names: Names = ()) -> tuple[str, ...]:
        """Return those patterns of a rule, as written, that match exactly `start:end` of a text; `names` are the names there.

        Words are told apart without a parse, so that more patterns can match than did; none where the words were changed since.
        """
        line = self.rule(rule_id)
        if line is None:
            return ()
        english = [(pattern.source, pattern) for pattern in line.rule.patterns if isinstance(pattern, Pattern)]
        korean = [(pattern.source, pattern) for pattern in line.rule.patterns if isinstance(pattern, HangulPattern)]
        found = list(_in_words(english, text, start, end, names)) + list(_in_characters(korean, text, start, end))
        return tuple(dict.fromkeys(found))

    def cue(self, code: str, words: str, modality: str) -> CueLine | None:
        """Return the cue of a language that has these words for this modality; None where none has."""
        loaded = self._load(code)
        if loaded is None:
            return None
        for place, cue in enumerate(loaded[0].words.cues):
            if cue.modality is None or cue.modality != modality:
                continue
            english = [(pattern.source, pattern) for pattern in cue.patterns if isinstance(pattern, Pattern)]
            korean = [(pattern.source, pattern) for pattern in cue.patterns if isinstance(pattern, HangulPattern)]
            end = len(words)
            # What follows a Korean cue is not known here; its pattern may ask for a blank or an ending.
            for matched in (*_in_words(english, words, 0, end, ()), *_in_characters(korean, f"{words} ", 0, end)):
                return CueLine(f"{code}/common/cues.yaml", _cue_lines(self._folder / code / "common" / "cues.yaml")[place], cue, matched)
        return None

    def _load(self, code: str) -> tuple[Language, Mapping[str, RuleLine]] | None:
        if code not in self._languages:
            known = re.fullmatch(r"[a-z]{2}", code) is not None and (self._folder / code / "common").is_dir()
            self._languages[code] = self._read(code) if known else None
        return self._languages[code]

    def _read(self, code: str) -> tuple[Language, Mapping[str, RuleLine]]:
        language = load_language(code, folder=self._folder)
        rules = {rule.id: rule for frame in language.frames for rule in frame.rules}
        counts = _counts(self._folder / code / "common" / "precision.tsv")
        lines: dict[str, RuleLine] = {}
        for path in sorted((self._folder / code).glob("*.yaml")):
            fields = read_yaml(path).fields()
            for node in fields["triggers"].items():
                given = node.fields()
                name = f"{fields['type'].text()}.{given['id'].text()}"
                right, counted = counts.get(name, (0, 0))
                file = path.relative_to(self._folder).as_posix()
                lines[name] = RuleLine(name, file, given["id"].line, tuple(_words(given)), rules[name], right, counted)
        return language, lines


def _words(fields: Mapping[str, Node]) -> Iterator[str]:
    """Yield the patterns of a trigger as written; verbs with objects as one line, since the loader makes the patterns of them."""
    if "match" in fields:
        yield from fields["match"].texts()
    if "verbs" in fields:
        yield f"verbs {', '.join(fields['verbs'].texts())} with objects {', '.join(fields['objects'].texts())}"


@cache
def _cue_lines(path: Path) -> tuple[int, ...]:
    return tuple(node.fields()["id"].line for node in read_yaml(path).items())


def _counts(path: Path) -> Mapping[str, tuple[int, int]]:
    """Read right and counted mentions by rule; the loader has checked the file."""
    if not path.exists():
        return {}
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return {name: (int(right), int(counted)) for name, right, counted in rows}


def _in_words(pairs: Iterable[tuple[str, Pattern]], text: str, start: int, end: int, names: Names) -> Iterator[str]:
    """Yield the sources of English patterns that match all words of `start:end`."""
    found = [match for match in _WORD.finditer(text, start, end) if not _SILENT.fullmatch(match.group())]
    words = tuple(Word(m.start(), m.end(), m.group(), m.group().lower().replace("’", "'"), number) for number, m in enumerate(found))
    held = tuple(next((_name(*name) for name in names if name[0] < word.end and word.start < name[1]), None) for word in words)
    sentence = Sentence(0, start, end, words, held, (0,) * len(words))
    yield from (hit.key for hit in Matcher(pairs).find(sentence) if (hit.start, hit.end) == (0, len(words)))


def _name(start: int, end: int, label: Label) -> Mention:
    return Mention(start, end, "", label, "", "", _NOBODY, 0.0, via=Via.DIRECT)


def _in_characters(pairs: Iterable[tuple[str, HangulPattern]], text: str, start: int, end: int) -> Iterator[str]:
    """Yield the sources of Korean patterns that match exactly `start:end`."""
    yield from (source for source, left, right in HangulMatcher(pairs).find(text, start, len(text)) if (left, right) == (start, end))
