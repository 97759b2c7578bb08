"""Word lists and patterns of the extract stage, read from `data/*.yaml`.

Every file is a mapping of section names to lists. Each item is returned with its line, so that whoever interprets
it can name the place of a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from pipeline.errors import ConfigurationError

__all__ = ["DATA", "Item", "compile_pattern", "read_sections"]

DATA = Path(__file__).resolve().parent / "data"
"""Folder of the shipped lists."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a section, with the place it was read from."""

    value: object
    path: Path
    line: int

    def error(self, message: str) -> ConfigurationError:
        """Make an error that names the file and line of this item."""
        return ConfigurationError(message, path=self.path, line=self.line)

    @property
    def text(self) -> str:
        """The item as a string; anything else is an error."""
        if not isinstance(self.value, str):
            raise self.error(f"expected a string, found {self.value!r}")
        return self.value

    def fields(self, required: frozenset[str], optional: frozenset[str] = frozenset()) -> Mapping[str, object]:
        """Return the item as a mapping with just these keys; a missing or unknown key is an error."""
        if not isinstance(self.value, dict):
            raise self.error(f"expected a mapping, found {self.value!r}")
        keys = set(self.value)
        if missing := required - keys:
            raise self.error(f"missing {', '.join(sorted(missing))}")
        if unknown := keys - required - optional:
            raise self.error(f"unknown key {', '.join(sorted(map(str, unknown)))}")
        return self.value


@cache
def read_sections(path: Path) -> Mapping[str, tuple[Item, ...]]:
    """Read a file of lists. Raises ConfigurationError, with the line where known, for anything of another shape."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigurationError(f"no valid YAML: {error.problem}", path=path, line=line) from error
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError("expected a mapping of sections", path=path, line=1)
    return {key.value: _read_items(path, node) for key, node in root.value}


def _read_items(path: Path, node: yaml.Node) -> tuple[Item, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise ConfigurationError("expected a list", path=path, line=node.start_mark.line + 1)
    constructor = yaml.constructor.SafeConstructor()
    return tuple(Item(constructor.construct_object(child, deep=True), path, child.start_mark.line + 1) for child in node.value)


def compile_pattern(item: Item, pattern: object, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern of a list; a wrong one is an error at its line."""
    if not isinstance(pattern, str):
        raise item.error(f"expected a pattern, found {pattern!r}")
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise item.error(f"wrong pattern {pattern!r}: {error}") from error
