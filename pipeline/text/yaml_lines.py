"""YAML in which every value knows its line, so that an error in a file that people write names the place to mend.

The file is composed, not loaded: scalars stay as they are written until a method says what they must be. So `no` in a
list of words is a fault with a line, or the word "no", and never `False` by surprise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.errors import ConfigurationError
from pipeline.text.faults import Fault, did_you_mean, explain_error, report_faults, shorten, word_missing

__all__ = ["Node", "parse_yaml", "read_yaml"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C reads ten times as fast; builds of PyYAML without it have only the other."""
_STRING = "tag:yaml.org,2002:str"

Record = TypeVar("Record", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a YAML file with its place; the methods check its shape and say where it is wrong.

    All of them raise ConfigurationError with file and line. `name` is the way to the value by its keys ("cues.ship.en");
    members of a list have the name of the list, and mappings in a list begin anew.
    """

    path: Path
    line: int
    raw: yaml.Node
    name: str = ""

    def fail(self, message: str) -> ConfigurationError:
        """Return the error that this value is wrong; the caller raises it."""
        return ConfigurationError(message, path=self.path, line=self.line)

    def is_mapping(self) -> bool:
        """Tell whether this is a mapping."""
        return isinstance(self.raw, yaml.MappingNode)

    def is_list(self) -> bool:
        """Tell whether this is a list."""
        return isinstance(self.raw, yaml.SequenceNode)

    # --- single values ---

    def text(self) -> str:
        """Return a scalar as it is written, whatever YAML takes it for."""
        if not isinstance(self.raw, yaml.ScalarNode):
            raise self._unexpected("a plain value")
        return str(self.raw.value)

    def string(self) -> str:
        """Return a scalar that YAML takes for a string: not a number, a date, or a word like `no`, unless it is quoted."""
        if not isinstance(self.raw, yaml.ScalarNode):
            raise self._unexpected("a string")
        if self.raw.tag != _STRING:
            raise self.fail(f"{self._prefix()}a string is expected here, and {self.raw.value!r} is none: quote it")
        return str(self.raw.value)

    def number(self) -> float:
        """Return a finite number."""
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._unexpected("a number")
        return float(value)

    def integer(self) -> int:
        """Return a whole number."""
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._unexpected("a whole number")
        return value

    def flag(self) -> bool:
        """Return a truth value."""
        value = self.value()
        if not isinstance(value, bool):
            raise self._unexpected("true or false")
        return value

    def value(self) -> object:
        """Return plain Python values, made by the safe constructor only; a key that stands twice is an error."""
        value, fault = self._construct()
        if fault is not None:
            raise report_faults(self.path, [fault])
        return value

    # --- lists ---

    def items(self) -> Iterator[Node]:
        """Yield the members of a list; a single value counts as a list of one."""
        yield from self.members() if self.is_list() else (self,)

    def members(self) -> list[Node]:
        """Return the members of a list; a single value is an error."""
        if not isinstance(self.raw, yaml.SequenceNode):
            raise self._unexpected("a list")
        return [_node(self.path, child, self.name if isinstance(child, yaml.ScalarNode) else "") for child in self.raw.value]

    def texts(self) -> list[str]:
        """Return a list of scalars as they are written; a single value counts as a list of one."""
        return [item.text() for item in self.items()]

    def strings(self) -> list[str]:
        """Return a list of strings; a single value is an error."""
        return [member.string() for member in self.members()]

    # --- mappings ---

    def pairs(self) -> list[tuple[Node, Node]]:
        """Return keys and values of a mapping in their order, repeated keys included."""
        if not isinstance(self.raw, yaml.MappingNode):
            raise self._unexpected("a mapping (key: value)")
        return [(_node(self.path, key), _node(self.path, value, f"{self._prefix('.')}{key.value}")) for key, value in self.raw.value]

    def fields(self, optional: frozenset[str] | None = None, *, required: frozenset[str] = frozenset()) -> dict[str, Node]:
        """Return a mapping; a key that is repeated, missing, or neither required nor optional is an error.

        Where neither is given, any key may stand here.
        """
        found: dict[str, Node] = {}
        known = None if optional is None and not required else required | (optional or frozenset())
        for key, value in self.pairs():
            name = key.text()
            if name in found:
                raise key.fail(f"{self._prefix()}{name!r} stands here twice")
            if known is not None and name not in known:
                hint = f"{did_you_mean(name, sorted(known))}; known are {', '.join(sorted(known))}"
                raise key.fail(f"{self._prefix()}unknown key {name!r}{hint}")
            found[name] = value
        if missing := sorted(required - found.keys()):
            raise self.fail(f"{self._prefix()}{word_missing(missing)}")
        return found

    def line_of(self, *place: str | int) -> int:
        """Return the line of the key or list member at `place`, a way down by keys and indexes.

        What is not there is passed over: the parts that pydantic puts in for members of unions, a key that is missing.
        """
        raw, line = self.raw, self.line
        for part in place:
            if isinstance(raw, yaml.SequenceNode) and isinstance(part, int) and part < len(raw.value):
                raw = raw.value[part]
                line = raw.start_mark.line + 1
            elif isinstance(raw, yaml.MappingNode):
                for key, value in raw.value:
                    if key.value == str(part):
                        raw, line = value, key.start_mark.line + 1
                        break
        return line

    # --- records ---

    def validate(self, model: type[Record]) -> Record:
        """Make a record of a mapping. Raises ConfigurationError with every fault, one a line."""
        record, faults = self.check(model)
        if record is None:
            raise report_faults(self.path, faults)
        return record

    def check(self, model: type[Record]) -> tuple[Record | None, list[Fault]]:
        """Make a record of a mapping; return it, or None and every fault."""
        values, faults, unreadable = self._readable_values()
        try:
            record = model.model_validate(values)
        except ValidationError as error:
            told = [each for each in error.errors() if not each["loc"] or str(each["loc"][0]) not in unreadable]
            known = tuple(model.model_fields)
            return None, faults + [Fault(self.line_of(*each["loc"]), explain_error(each, name=self.name, known=known)) for each in told]
        return None if faults else record, faults

    def _readable_values(self) -> tuple[dict[str, object], list[Fault], set[str]]:
        """Return what can be read of a mapping, the faults of the rest, and its keys."""
        values: dict[str, object] = {}
        faults: list[Fault] = []
        unreadable: set[str] = set()
        for key, node in self.pairs():
            name = key.text()
            if name in values or name in unreadable:
                faults.append(Fault(key.line, f"{self._prefix()}the key {name!r} stands twice"))
                continue
            value, fault = node._construct()
            if fault is None:
                values[name] = value
            else:
                faults.append(fault)
                unreadable.add(name)
        return values, faults, unreadable

    def _construct(self) -> tuple[object, Fault | None]:
        if (repeated := _find_repeat(self.raw, set())) is not None:
            return None, Fault(repeated.start_mark.line + 1, f"{self._prefix()}the key {repeated.value!r} stands twice")
        try:
            return yaml.constructor.SafeConstructor().construct_document(self.raw), None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or self.raw.start_mark
            return None, Fault(mark.line + 1, f"{self._prefix()}cannot be read: {error.problem}")
        # PyYAML lets through what its converters raise: of a day that does not exist, of `!!bool perhaps`, of `!!timestamp soon`.
        except (ValueError, LookupError, AttributeError) as error:
            return None, Fault(self.line, f"{self._prefix()}cannot be read: {error}")

    def _prefix(self, mark: str = ": ") -> str:
        return self.name and self.name + mark

    def _unexpected(self, wanted: str) -> ConfigurationError:
        given = f", not {shorten(repr(self.raw.value))}" if isinstance(self.raw, yaml.ScalarNode) else ""
        return self.fail(f"{self._prefix()}{wanted} is expected here{given}")


def read_yaml(path: Path, *, if_missing: str = "cannot be read: there is no such file", if_empty: str = "is empty") -> Node:
    """Read one YAML file. Raises ConfigurationError with file, and line where known, where it is no YAML.

    `if_missing` and `if_empty` are the messages for a file that is not there or holds nothing.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigurationError(if_missing, path=path) from error
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error
    return parse_yaml(data, path, if_empty=if_empty)


def parse_yaml(data: bytes, path: Path, *, if_empty: str = "is empty") -> Node:
    """Read the content of a YAML file, in UTF-8, like `read_yaml`; `path` is what errors name."""
    try:
        root = _compose(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError("is not in UTF-8: save it again in that encoding", path=path, line=line) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigurationError(f"no valid YAML: {error.problem}", path=path, line=mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"no valid YAML: {' '.join(str(error).split())}", path=path) from error
    if root is None:
        raise ConfigurationError(if_empty, path=path)
    return _node(path, root)


def _compose(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:
        # The loader in Python words faults better, and in the same way whatever the build: "expected ',' or ']', but got …".
        yaml.compose(text, Loader=yaml.SafeLoader)
        raise


def _node(path: Path, raw: yaml.Node, name: str = "") -> Node:
    return Node(path, raw.start_mark.line + 1, raw, name)


def _find_repeat(raw: yaml.Node, seen: set[int]) -> yaml.Node | None:
    """Return the first key under `raw` that stands twice in its mapping; aliases are followed once, since they may be cyclic."""
    if isinstance(raw, yaml.ScalarNode) or id(raw) in seen:
        return None
    seen.add(id(raw))
    children: list[yaml.Node] = raw.value
    if isinstance(raw, yaml.MappingNode):
        names: set[tuple[str, str]] = set()
        for key, _ in raw.value:
            if isinstance(key, yaml.ScalarNode) and (key.tag, key.value) in names:
                return key
            names.add((key.tag, str(key.value)))
        children = [value for _, value in raw.value]
    return next((found for child in children if (found := _find_repeat(child, seen)) is not None), None)
