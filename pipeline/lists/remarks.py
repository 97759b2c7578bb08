"""The grammar of OFAC's remarks: phrases divided by "; ", each with a fixed beginning.

The files in XML give the same facts as fields; their readers word them as these phrases, so that all forms of the list are read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.lists.dates import read_birth_dates
from pipeline.lists.record import Identifier, ListedAlias
from pipeline.lists.tables import identifier_phrases

__all__ = ["PhraseFacts", "compact_number", "read_phrases", "split_remarks"]

_ALT = "alt. "
_ALIAS = re.compile(r"([afn])\.k\.a\. '(.+)'")
_COUNTRY = re.compile(r"(nationality|citizen) (?:possibly )?([^;]+).*")
_PASSPORT = re.compile(r"(?:Diplomatic )?Passport \S.*? \((.+?)\)(?: issued.*| expires.*)?")
_NUMBER_END = re.compile(r" \(| issued | expires |;")
_IMO = re.compile(r"\d{7}")
_GAPS = re.compile(r"[\s-]+")


@dataclass(frozen=True, slots=True)
class PhraseFacts:
    """What the phrases of one entry say. Values are as written, dates and numbers in the form of ListedRecord."""

    birth_dates: tuple[str, ...] = ()
    birth_dates_inexact: tuple[str, ...] = ()
    birth_place: str | None = None
    nationalities: tuple[str, ...] = ()
    citizenships: tuple[str, ...] = ()
    passport_countries: tuple[str, ...] = ()
    aliases: tuple[ListedAlias, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    linked_to: tuple[str, ...] = ()


def split_remarks(remarks: str) -> list[str]:
    """Return the phrases of a remark, without the period that closes it. A comma never divides ("Korea, North")."""
    return [phrase.strip() for phrase in remarks.removesuffix(".").split("; ") if phrase.strip()]


def compact_number(number: str) -> str:
    """Return the number of a document in the form in which lists can be compared: capitals, no spaces, no hyphens."""
    return _GAPS.sub("", number).upper()


def read_phrases(phrases: Iterable[str]) -> PhraseFacts:
    """Sort phrases by what they say; those that say nothing of the kinds of PhraseFacts are passed over."""
    births: list[str] = []
    places: list[str] = []
    countries: dict[str, list[str]] = {"nationality": [], "citizen": [], "passport": []}
    aliases: list[ListedAlias] = []
    identifiers: list[Identifier] = []
    linked: list[str] = []
    for phrase in (each.removeprefix(_ALT) for each in phrases):
        if phrase.startswith("DOB "):
            births.append(phrase[4:])
        elif phrase.startswith("POB "):
            places.append(phrase[4:])
        elif phrase.startswith("Linked To: "):
            linked.append(phrase[11:])
        elif match := _COUNTRY.fullmatch(phrase):
            countries[match[1]].append(match[2])
        elif match := _ALIAS.fullmatch(phrase):
            aliases.append(ListedAlias(match[2], "weak", f"{match[1]}ka"))
        elif identifier := _read_identifier(phrase):
            identifiers.append(identifier)
            countries["passport"] += _PASSPORT.findall(phrase)
    exact, inexact = read_birth_dates(births)
    return PhraseFacts(
        birth_dates=exact,
        birth_dates_inexact=inexact,
        birth_place=places[0] if places else None,
        nationalities=tuple(dict.fromkeys(countries["nationality"])),
        citizenships=tuple(dict.fromkeys(countries["citizen"])),
        passport_countries=tuple(dict.fromkeys(countries["passport"])),
        aliases=tuple(dict.fromkeys(aliases)),
        identifiers=tuple(dict.fromkeys(identifiers)),
        linked_to=tuple(dict.fromkeys(linked)),
    )


def _read_identifier(phrase: str) -> Identifier | None:
    for beginning, kind in identifier_phrases():
        if phrase.startswith(f"{beginning} "):
            return _make_identifier(kind, phrase[len(beginning) + 1 :].strip())
    return None


def _make_identifier(kind: str, value: str) -> Identifier | None:
    """Return the identifier, or None where the value is none: a ship number without its seven digits, a currency without address."""
    if kind == "wallet":
        asset, _, address = value.partition(" ")
        return Identifier(kind, address.split()[0], asset) if address.strip() else None
    number = _NUMBER_END.split(value, maxsplit=1)[0].strip() if kind != "phone" else value
    if kind == "imo":
        return Identifier(kind, number) if _IMO.fullmatch(number) else None
    if kind in ("passport", "national_id"):
        number = compact_number(number)
    elif kind == "phone":
        number = re.sub(r"[^\d+]", "", number)
    elif kind in ("website", "email"):
        number = number.split()[0].rstrip(".") if number else ""
    return Identifier(kind, number) if number else None
