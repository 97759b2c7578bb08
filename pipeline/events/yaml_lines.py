"""YAML in which every value knows its line, so that an error in a lexicon file names the place to mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline.errors import ConfigurationError

__all__ = ["Node", "read_yaml"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C reads the lexicon ten times as fast; builds of PyYAML without it have only the other."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a YAML file with its place; the methods check its shape and say where it is wrong."""

    path: Path
    line: int
    raw: yaml.Node

    def fail(self, message: str) -> ConfigurationError:
        """Return the error that this value is wrong; the caller raises it."""
        return ConfigurationError(message, path=self.path, line=self.line)

    def text(self) -> str:
        """Return a scalar as it is written."""
        if not isinstance(self.raw, yaml.ScalarNode):
            raise self.fail("a plain value is expected here")
        return str(self.raw.value)

    def is_mapping(self) -> bool:
        """Tell whether this is a mapping."""
        return isinstance(self.raw, yaml.MappingNode)

    def items(self) -> Iterator[Node]:
        """Yield the members of a list; a single value counts as a list of one."""
        if isinstance(self.raw, yaml.SequenceNode):
            yield from (_node(self.path, child) for child in self.raw.value)
        else:
            yield self

    def texts(self) -> list[str]:
        """Return a list of scalars."""
        return [item.text() for item in self.items()]

    def fields(self, allowed: frozenset[str] | None = None) -> dict[str, Node]:
        """Return a mapping; a key that is repeated or not in `allowed` is an error."""
        if not isinstance(self.raw, yaml.MappingNode):
            raise self.fail("a mapping (key: value) is expected here")
        found: dict[str, Node] = {}
        for key, value in self.raw.value:
            name = _node(self.path, key).text()
            if name in found:
                raise _node(self.path, key).fail(f"{name!r} stands here twice")
            if allowed is not None and name not in allowed:
                raise _node(self.path, key).fail(f"unknown key {name!r}; known are {', '.join(sorted(allowed))}")
            found[name] = _node(self.path, value)
        return found


def read_yaml(path: Path) -> Node:
    """Read one YAML file. Raises ConfigurationError with file and line where it is no YAML."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigurationError(f"is no YAML: {error.problem}", path=path, line=line) from error
    if root is None:
        raise ConfigurationError("is empty", path=path)
    return _node(path, root)


def _node(path: Path, raw: yaml.Node) -> Node:
    return Node(path, raw.start_mark.line + 1, raw)
