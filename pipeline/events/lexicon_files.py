"""Reads the frame lexicon and checks it.

One YAML file per type and language under `lexicon/<language>/<type>.yaml`, and word lists that all types share under
`lexicon/<language>/common/`. Everything is checked while loading: an unknown type, subtype, role, slot, label,
modality or key raises ConfigurationError with file and line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from models.ontology import SUBTYPES
from models.vocabulary import AmountRole, DefinedEnum, EventType, Label, Modality, QuantityRole
from pipeline.errors import ConfigurationError
from pipeline.events.frames import SLOTS, Example, Frame, Language, Rule
from pipeline.events.hangul_patterns import HangulPattern, compile_hangul
from pipeline.events.patterns import Pattern, PatternError, compile_pattern
from pipeline.events.words import WordLists, load_words
from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["LEXICON", "load_language"]

Member = TypeVar("Member", bound=DefinedEnum)

LEXICON = Path(__file__).resolve().parent / "lexicon"

_FRAME_KEYS = frozenset({"type", "roles", "triggers", "negative", "amount", "quantities", "examples"})
_RULE_KEYS = frozenset(
    {
        "id",
        "subtype",
        "match",
        "verbs",
        "objects",
        "gap",
        "actor",
        "target",
        "place",
        "symmetric",
        "near",
        "unless",
        "article",
        "modality",
        "anaphor",
        "lead",
        "amount",
    },
)
_EXAMPLE_KEYS = frozenset({"text", "subtype", "modality", "actor", "target"})
_ROLES = frozenset({"actor", "target"})
_PRIOR_WEIGHT = 6.0
"""How many imagined matches stand behind the type's own precision when the score of a rule is estimated."""


def load_language(code: str, *, folder: Path = LEXICON) -> Language:
    """Load and check the lexicon of one language. Raises ConfigurationError with file and line."""
    root = folder / code
    words = load_words(root / "common")
    scores = _load_scores(root / "common" / "precision.tsv")
    frames, seen = [], set()
    for path in sorted(root.glob("*.yaml")):
        frame = _FrameLoader(path, words, scores).load()
        if frame.type in seen:
            raise ConfigurationError(f"{frame.type} has two files", path=path)
        seen.add(frame.type)
        frames.append(frame)
    if missing := sorted(set(EventType) - seen):
        raise ConfigurationError(f"no file for {', '.join(missing)}", path=root)
    return Language(code, tuple(frames), words)


class _FrameLoader:
    """Reads one frame file; every complaint carries the line."""

    def __init__(self, path: Path, words: WordLists, scores: Mapping[str, tuple[int, int]]) -> None:
        self._path = path
        self._words = words
        self._scores = scores
        self._type = EventType.OTHER_KOREA

    def load(self) -> Frame:
        fields = read_yaml(self._path).fields(_FRAME_KEYS)
        for name in ("type", "triggers", "examples"):
            if name not in fields:
                raise ConfigurationError(f"has no {name!r}", path=self._path)
        self._type = _member(EventType, fields["type"], "event type")
        rules = tuple(self._rule(node, rank) for rank, node in enumerate(fields["triggers"].items()))
        _refuse_repeats(rules, fields["triggers"])
        return Frame(
            self._type,
            rules,
            tuple(self._compile(node.text(), node, of_class=False) for node in fields["negative"].items()) if "negative" in fields else (),
            self._labels(fields.get("roles")),
            _member(AmountRole, fields["amount"], "amount role") if "amount" in fields else None,
            frozenset(_member(QuantityRole, node, "quantity role") for node in fields["quantities"].items())
            if "quantities" in fields
            else frozenset(),
            self._examples(fields["examples"]),
        )

    def _labels(self, node: Node | None) -> dict[str, frozenset[Label]]:
        every = frozenset((Label.PERSON, Label.AGENCY, Label.ORG, Label.PLACE))
        found = {"actor": every, "target": every | {Label.VESSEL}}
        for role, labels in (node.fields(_ROLES) if node else {}).items():
            found[role] = frozenset(_member(Label, item, "label") for item in labels.items())
        return found

    def _rule(self, node: Node, rank: int) -> Rule:
        fields = node.fields(_RULE_KEYS)
        if "id" not in fields:
            raise node.fail("a trigger needs an id")
        name = fields["id"].text()
        patterns = self._patterns(node, fields)
        rule_id = f"{self._type}.{name}"
        return Rule(
            id=rule_id,
            subtype=self._subtype(fields.get("subtype")),
            patterns=patterns,
            actor=_slots(fields.get("actor"), default=("subject", "by", "possessor")),
            target=_slots(fields.get("target"), default=()),
            place=_slots(fields.get("place"), default=()),
            symmetric="symmetric" in fields and fields["symmetric"].flag(),
            near=self._class_name(fields.get("near")),
            unless=self._class_name(fields.get("unless")),
            article=self._class_name(fields.get("article")),
            modality=_member(Modality, fields["modality"], "modality") if "modality" in fields else None,
            amount=_member(AmountRole, fields["amount"], "amount role") if "amount" in fields else None,
            anaphor="anaphor" in fields and fields["anaphor"].flag(),
            lead="lead" in fields and fields["lead"].flag(),
            score=self._score(rule_id),
            rank=rank,
        )

    def _patterns(self, node: Node, fields: Mapping[str, Node]) -> tuple[Pattern | HangulPattern, ...]:
        found = [self._pattern(item) for item in fields["match"].items()] if "match" in fields else []
        if "verbs" in fields:
            if "objects" not in fields or not self._words.inflects:
                raise fields["verbs"].fail("verbs need objects, and a language whose words are inflected by rule")
            found += self._verb_patterns(fields)
        if not found:
            raise node.fail("a trigger needs match, or verbs and objects")
        return tuple(found)

    def _verb_patterns(self, fields: Mapping[str, Node]) -> list[Pattern | HangulPattern]:
        """Each verb with an object behind it, and the object with the verb's participle behind it."""
        gap = fields["gap"].text() if "gap" in fields else "6"
        verbs = [verb.partition(" ") for verb in fields["verbs"].texts()]
        active, passive = ("|".join(f"{verb}/{form}{space}{rest}" for verb, space, rest in verbs) for form in ("v", "pp"))
        found: list[Pattern | HangulPattern] = []
        for node in fields["objects"].items():
            found.append(self._compile(f"*({active}) ...{gap} {node.text()}", node))
            found.append(self._compile(f"{node.text()} ...4 *({passive})", node))
        return found

    def _pattern(self, node: Node) -> Pattern | HangulPattern:
        return self._compile(node.text(), node)

    def _compile(self, source: str, node: Node, *, of_class: bool = True) -> Pattern | HangulPattern:
        try:
            if not self._words.inflects:
                return compile_hangul(source, self._words.classes)
            return compile_pattern(source, self._words.classes, self._words.irregulars, of_class=of_class)
        except PatternError as error:
            raise node.fail(str(error)) from error

    def _subtype(self, node: Node | None) -> str | None:
        if node is None:
            return None
        if node.text() not in SUBTYPES[self._type]:
            raise node.fail(f"{self._type} has no subtype {node.text()!r}; it has {', '.join(sorted(SUBTYPES[self._type])) or 'none'}")
        return node.text()

    def _class_name(self, node: Node | None) -> str | None:
        if node is None:
            return None
        if node.text() not in self._words.classes:
            raise node.fail(f"unknown class {node.text()!r}")
        return node.text()

    def _score(self, rule_id: str) -> float:
        """Precision of the rule on annotated articles, drawn towards that of its type, and that towards that of all rules."""
        overall = _precision(self._scores.values(), 0.5)
        kind = _precision((pair for name, pair in self._scores.items() if name.startswith(f"{self._type}.")), overall)
        hit, total = self._scores.get(rule_id, (0, 0))
        return round((hit + _PRIOR_WEIGHT * kind) / (total + _PRIOR_WEIGHT), 3)

    def _examples(self, node: Node) -> tuple[Example, ...]:
        fields = node.fields(frozenset({"positive", "negative"}))
        found: list[Example] = []
        for name in ("positive", "negative"):
            items = list(fields[name].items()) if name in fields else []
            if len(items) < 2:
                raise node.fail(f"at least two {name} examples are needed")
            found += [self._example(item, positive=name == "positive") for item in items]
        return tuple(found)

    def _example(self, node: Node, *, positive: bool) -> Example:
        if not node.is_mapping():
            return Example(node.text(), positive, None, None, None, None)
        fields = node.fields(_EXAMPLE_KEYS)
        if "text" not in fields:
            raise node.fail("an example needs a text")
        modality = _member(Modality, fields["modality"], "modality") if "modality" in fields else None
        actor, target = (fields[name].text() if name in fields else None for name in ("actor", "target"))
        return Example(fields["text"].text(), positive, self._subtype(fields.get("subtype")), modality, actor, target)


def _member(kind: type[Member], node: Node, what: str) -> Member:
    try:
        return kind(node.text())
    except ValueError as error:
        raise node.fail(f"unknown {what} {node.text()!r}") from error


def _slots(node: Node | None, *, default: tuple[str, ...]) -> tuple[str, ...]:
    if node is None:
        return default
    for item in node.items():
        if item.text() not in SLOTS and item.text() != "none":
            raise item.fail(f"unknown slot {item.text()!r}; known are {', '.join(sorted(SLOTS))} and none")
    return tuple(name for name in node.texts() if name != "none")


def _refuse_repeats(rules: tuple[Rule, ...], node: Node) -> None:
    names = [rule.id for rule in rules]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise node.fail(f"two triggers with the id {', '.join(repeated)}")


def _precision(pairs: Iterable[tuple[int, int]], default: float) -> float:
    listed = list(pairs)
    total = sum(total for _, total in listed)
    return (sum(hit for hit, _ in listed) + _PRIOR_WEIGHT * default) / (total + _PRIOR_WEIGHT)


def _load_scores(path: Path) -> dict[str, tuple[int, int]]:
    """Read rule, right and total per line; a language without the file gets the default score for all rules."""
    if not path.exists():
        return {}
    found: dict[str, tuple[int, int]] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for line, row in enumerate(csv.reader(stream, delimiter="\t"), 1):
            if not row or row[0].startswith("#"):
                continue
            if len(row) != 3 or not (row[1].isdigit() and row[2].isdigit()):
                raise ConfigurationError("rule, right and total are expected", path=path, line=line)
            found[row[0]] = (int(row[1]), int(row[2]))
    return found
