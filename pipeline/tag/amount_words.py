"""The words of the amount grammar: currencies, bounds and what goes with them, read from `amount_words.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from models.vocabulary import Bound
from pipeline.errors import ConfigurationError

__all__ = ["WORDS_PATH", "AmountWords", "Currency", "load_amount_words"]

WORDS_PATH = Path(__file__).with_name("amount_words.yaml")

Bounds = dict[Bound, tuple[str, ...]]


class Currency(BaseModel):
    """One currency or crypto asset and its spellings; the head of the file explains each field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    before: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    ko: tuple[str, ...] = ()
    en_scaled: tuple[str, ...] = ()
    ko_scaled: tuple[str, ...] = ()
    ko_not: tuple[str, ...] = ()
    verb: bool = False
    crypto: bool = False


class AmountWords(BaseModel):
    """All word lists of the amount grammar."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currencies: tuple[Currency, ...]
    verb_objects: tuple[str, ...]
    bounds_en: Bounds
    bounds_ko: Bounds
    after_en: Bounds
    after_ko: Bounds
    attached_ko: Bounds
    assets: tuple[str, ...]
    money_verbs: tuple[str, ...]
    restatement: tuple[str, ...]


@cache
def load_amount_words(path: Path = WORDS_PATH) -> AmountWords:
    """Read and check the word lists. Raises ConfigurationError that names file, line and field."""
    text = path.read_text(encoding="utf-8")
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        return AmountWords.model_validate(yaml.safe_load(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigurationError(f"no valid YAML: {error.problem}", path=path, line=line) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{where}: {first['msg']}", path=path, line=_find_line(tree, first["loc"])) from error


def _find_line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Return the line, from 1, of the deepest node on the way to `location`."""
    if node is None:
        return 1
    line: int = node.start_mark.line + 1
    if not location:
        return line
    head, rest = location[0], location[1:]
    if isinstance(node, yaml.SequenceNode) and isinstance(head, int) and head < len(node.value):
        return _find_line(node.value[head], rest)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == head:
                return _find_line(value, rest)
    return line
