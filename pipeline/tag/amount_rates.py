"""Yearly exchange rates, and the value of amounts in US dollars."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from models.records import Amount
from pipeline.errors import ConfigurationError

__all__ = ["ExchangeRates", "add_usd", "load_rates"]

_HEADER = ["currency", "year", "units_per_usd", "source"]


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """Units of each currency for one US dollar, as the mean of a year."""

    table: Mapping[str, Mapping[int, float]]

    def look_up(self, currency: str, year: int) -> tuple[int, float] | None:
        """Return the rate of `year`, or of the last year before it that is known, with the year it is of.

        A rate is never taken from a later year; None where the currency is unknown or `year` comes before its first.
        """
        years = self.table.get(currency, {})
        known = [y for y in years if y <= year]
        return (max(known), years[max(known)]) if known else None


def load_rates(path: Path) -> ExchangeRates:
    """Read a table of tab-separated `currency, year, units_per_usd, source`. Raises ConfigurationError that names the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error
    if not lines or lines[0].split("\t") != _HEADER:
        raise ConfigurationError(f"the first line must be {', '.join(_HEADER)}, separated by tabs", path=path, line=1)
    table: dict[str, dict[int, float]] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        currency, year, rate = _read_line(line, path=path, number=number)
        if year in table.setdefault(currency, {}):
            raise ConfigurationError(f"{currency} {year} is there twice", path=path, line=number)
        table[currency][year] = rate
    return ExchangeRates(table)


def _read_line(line: str, *, path: Path, number: int) -> tuple[str, int, float]:
    fields = line.split("\t")
    if len(fields) != len(_HEADER):
        raise ConfigurationError(f"{len(fields)} fields instead of {len(_HEADER)}", path=path, line=number)
    currency, year, rate, source = (field.strip() for field in fields)
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise ConfigurationError(f"{currency!r} is no currency code of three capitals", path=path, line=number)
    if not re.fullmatch(r"[12][0-9]{3}", year):
        raise ConfigurationError(f"{year!r} is no year", path=path, line=number)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", rate) or float(rate) <= 0:
        raise ConfigurationError(f"{rate!r} is no positive number", path=path, line=number)
    if not source:
        raise ConfigurationError("the source is missing", path=path, line=number)
    return currency, int(year), float(rate)


def add_usd(amounts: Iterable[Amount], *, year: int | None, rates: ExchangeRates) -> list[Amount]:
    """Return the amounts with `usd` and `usd_basis`.

    Dollars and what the text restates in dollars are "stated"; other currencies are converted with the mean of
    `year` ("converted:YYYY" names the year of the rate). Crypto assets, vague amounts and, without `year`, amounts that
    are not restated keep None: a guess would look like a fact.
    """
    given = list(amounts)
    stated = {a.group: a.value for a in given if a.group is not None and a.currency == "USD" and a.value is not None}
    return list(_convert(given, stated, year=year, rates=rates))


def _convert(amounts: list[Amount], stated: Mapping[int, float], *, year: int | None, rates: ExchangeRates) -> Iterator[Amount]:
    for amount in amounts:
        if amount.value is None or amount.currency is None:
            yield amount
        elif amount.currency == "USD":
            yield replace(amount, usd=amount.value, usd_basis="stated")
        elif amount.group is not None and amount.group in stated:
            yield replace(amount, usd=stated[amount.group], usd_basis="stated")
        else:
            rate = None if year is None else rates.look_up(amount.currency, year)
            yield amount if rate is None else replace(amount, usd=round(amount.value / rate[1], 2), usd_basis=f"converted:{rate[0]}")
