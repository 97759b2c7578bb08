"""The word lists that all frames of a language share: classes, closed word classes, cues of modality, speech verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.vocabulary import EventType, Modality
from pipeline.errors import ConfigurationError
from pipeline.events.hangul_patterns import HangulPattern, compile_hangul
from pipeline.events.inflect import Irregulars
from pipeline.events.patterns import Classes, Pattern, PatternError, compile_pattern, expand_words
from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["Cue", "WordLists", "load_words"]

_SIDES = frozenset({"left", "right", "both"})
_GOVERNED = frozenset({"verb", "noun", "any"})
_CUE_KEYS = frozenset({"id", "modality", "side", "reach", "crosses", "governs", "spares", "match"})
_SPEECH = frozenset({"say", "according", "demand"})
_NEEDED_SPEECH = frozenset({"say", "according"})


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that set the modality of a trigger. `side` is where the cue stands, `reach` the most words (en) or characters (ko) between.

    `crosses` lets it govern over a clause border, `governs` limits it to triggers that are verbs or nouns, `spares`
    names types of event that it does not govern, because an attempt at them is the act itself. A cue without modality
    is factive: it cancels the cues that it covers ("not only", "not the first time").
    """

    id: str
    modality: Modality | None
    side: str
    reach: int
    crosses: bool
    governs: str
    spares: frozenset[EventType]
    patterns: tuple[Pattern | HangulPattern, ...]


@dataclass(frozen=True, slots=True)
class WordLists:
    """Shared lists of one language. `inflects` tells whether its words are inflected by rule (English) or matched by character."""

    inflects: bool
    irregulars: Irregulars
    classes: Classes
    sets: Mapping[str, frozenset[str]]
    demonyms: Mapping[str, str]
    cues: tuple[Cue, ...]
    speech: Mapping[str, tuple[Pattern | HangulPattern, ...]]


def load_words(folder: Path) -> WordLists:
    """Load the shared lists of one language; `irregular.yaml` marks a language that is inflected by rule."""
    inflects = (folder / "irregular.yaml").exists()
    irregulars = _irregulars(read_yaml(folder / "irregular.yaml")) if inflects else Irregulars({}, {}, frozenset())
    classes = {name: _class(node, irregulars) for name, node in read_yaml(folder / "classes.yaml").fields().items()}
    lists = read_yaml(folder / "words.yaml").fields()
    demonyms = {name: node.text() for name, node in lists.pop("demonyms").fields().items()} if "demonyms" in lists else {}
    sets = {name: _words(node, irregulars) for name, node in lists.items()}

    def compiled(node: Node) -> tuple[Pattern | HangulPattern, ...]:
        return tuple(_compile(item, classes, irregulars, inflects=inflects) for item in node.items())

    cues = tuple(_cue(item, compiled(item.fields(_CUE_KEYS)["match"])) for item in read_yaml(folder / "cues.yaml").items())
    speech = {name: compiled(node) for name, node in read_yaml(folder / "speech.yaml").fields(_SPEECH).items()}
    if _NEEDED_SPEECH - set(speech):
        raise ConfigurationError(f"needs {' and '.join(sorted(_NEEDED_SPEECH))}", path=folder / "speech.yaml")
    return WordLists(inflects, irregulars, classes, sets, demonyms, cues, speech)


def _compile(node: Node, classes: Classes, irregulars: Irregulars, *, inflects: bool) -> Pattern | HangulPattern:
    try:
        return compile_pattern(node.text(), classes, irregulars) if inflects else compile_hangul(node.text(), classes)
    except PatternError as error:
        raise node.fail(str(error)) from error


def _irregulars(node: Node) -> Irregulars:
    fields = node.fields(frozenset({"verbs", "nouns", "doubling"}))
    verbs = {}
    for lemma, forms in fields["verbs"].fields().items():
        parts = forms.text().split()
        if len(parts) not in (1, 2):
            raise forms.fail("past, or past and participle, are expected")
        verbs[lemma] = (parts[0], parts[-1])
    nouns = {lemma: plural.text() for lemma, plural in fields["nouns"].fields().items()}
    pasts = frozenset(form for forms in verbs.values() for form in forms)
    return Irregulars(verbs, nouns, frozenset(" ".join(fields["doubling"].texts()).split()), pasts)


def _class(node: Node, irregulars: Irregulars) -> frozenset[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for item in node.items():
        try:
            found |= expand_words(item.text(), irregulars)
        except PatternError as error:
            raise item.fail(str(error)) from error
    return frozenset(found)


def _words(node: Node, irregulars: Irregulars) -> frozenset[str]:
    """Read a list of words, several of them a line; word/n and word/v stand for all their forms."""
    found: set[str] = set()
    for item in node.items():
        for entry in item.text().split():
            try:
                found |= {" ".join(words) for words in expand_words(entry, irregulars)}
            except PatternError as error:
                raise item.fail(str(error)) from error
    return frozenset(found)


def _cue(node: Node, patterns: tuple[Pattern | HangulPattern, ...]) -> Cue:
    fields = node.fields(_CUE_KEYS)
    if missing := {"id", "match", "modality"} - set(fields):
        raise node.fail(f"a cue needs {', '.join(sorted(missing))}")
    side = fields["side"].text() if "side" in fields else "left"
    if side not in _SIDES:
        raise fields["side"].fail("side is left, right or both")
    reach = fields["reach"].text() if "reach" in fields else "6"
    if not reach.isdigit():
        raise fields["reach"].fail("reach is a number of words")
    name = fields["modality"].text()
    try:
        modality = None if name == "factive" else Modality(name)
    except ValueError as error:
        raise fields["modality"].fail(f"unknown modality {name!r}") from error
    crosses = "crosses" in fields and fields["crosses"].text() == "true"
    governs = fields["governs"].text() if "governs" in fields else "any"
    if governs not in _GOVERNED:
        raise fields["governs"].fail("governs is verb, noun or any")
    return Cue(fields["id"].text(), modality, side, int(reach), crosses, governs, _spares(fields.get("spares")), patterns)


def _spares(node: Node | None) -> frozenset[EventType]:
    if node is None:
        return frozenset()
    try:
        return frozenset(map(EventType, node.text().split()))
    except ValueError as error:
        raise node.fail(f"unknown type of event in {node.text()!r}") from error
