"""The words of the amount grammar: currencies, bounds and what goes with them, read from `amount_words.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from models.vocabulary import Bound
from pipeline.text.yaml_lines import read_yaml

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
    shares: dict[str, tuple[int, int]]
    sums_en: tuple[str, ...]
    sums_ko: tuple[str, ...]


@cache
def load_amount_words(path: Path = WORDS_PATH) -> AmountWords:
    """Read and check the word lists. Raises ConfigurationError that names file, line and field."""
    return read_yaml(path).validate(AmountWords)
