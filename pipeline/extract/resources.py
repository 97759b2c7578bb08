"""Word lists and patterns of the extract stage, read from `data/*.yaml`.

Every file is a mapping of section names to lists. Each item keeps its line, so that whoever interprets it can name
the place of a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["DATA", "compile_pattern", "read_sections"]

DATA = Path(__file__).resolve().parent / "data"
"""Folder of the shipped lists."""


@cache
def read_sections(path: Path) -> Mapping[str, tuple[Node, ...]]:
    """Read a file of lists. Raises ConfigurationError, with the line where known, for anything of another shape."""
    return {name: tuple(section.members()) for name, section in read_yaml(path).fields().items()}


def compile_pattern(item: Node, *, template: str = "{}", flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern of a list, put in the place of `{}` in `template`; a wrong one is an error at its line."""
    pattern = item.string()
    try:
        return re.compile(template.replace("{}", pattern), flags)
    except re.error as error:
        raise item.fail(f"wrong pattern {pattern!r}: {error}") from error
