"""Normal forms of names, so that two spellings of one name compare equal.

Only spelling is folded here: case, marks, apostrophes, hyphens, order, company types. Romanisation is not: "Jong"
and "Jung" stay different names.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "SHORTEST_JOINED",
    "display_listed_name",
    "is_hangul",
    "join_given_name",
    "normalise_name",
    "normalise_organisation",
    "person_forms",
]

SHORTEST_JOINED = 3
"""Tokens a romanised Korean name has when its given name is written in two syllables."""

_APOSTROPHES = re.compile(r"['’‘ʼ`´′＇ʻ]")
_DOTTED = re.compile(r"(?<=\w)\.(?=\w)|(?<=\b\w)\.")
_BREAKS = re.compile(r"[\W_]+")
_HANGUL = re.compile(r"[가-힣]")
_COMPANY_TYPES = frozenset(
    [
        "company",
        "companies",
        "co",
        "corporation",
        "corp",
        "limited",
        "ltd",
        "inc",
        "incorporated",
        "llc",
        "llp",
        "plc",
        "pte",
        "pvt",
        "gmbh",
        "ag",
        "jsc",
        "ojsc",
        "pjsc",
        "cjsc",
        "ooo",
        "oao",
        "zao",
        "sa",
        "sarl",
    ]
)
_COMPANY = "company"
_KEPT_LOWER = frozenset(["and", "for", "in", "of", "on", "or", "the", "to"])
_LONGEST_INITIALS = 5


def _fold(text: str) -> str:
    """Drop case and marks. Decomposition runs twice since case folding can bring new marks."""
    for _ in range(2):
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", text)


def is_hangul(text: str) -> bool:
    """Tell whether any hangul syllable occurs."""
    return _HANGUL.search(text) is not None


def normalise_name(text: str) -> str:
    """Return the normal form of a name: lower case, no marks, no punctuation, single spaces; idempotent.

    Apostrophes vanish ("Cho'ng" is "chong"), hyphens and commas become spaces ("KIM, Jong-un" is "kim jong un"),
    dots between initials vanish ("U.S." is "us"). The form is empty where the text has no letter or digit.
    """
    folded = _DOTTED.sub("", _APOSTROPHES.sub("", _fold(text)))
    return _BREAKS.sub(" ", folded).strip()


def normalise_organisation(text: str) -> str:
    """Return the normal form of an organisation's name; idempotent.

    The company types at the end become the one word "company" ("Co., Ltd." and "Corporation" alike); they are never
    dropped, and a name that consists of nothing else is left alone, so that no name becomes empty.
    """
    words = normalise_name(text).split()
    if words[:1] == ["the"] and len(words) > 1:
        words = words[1:]
    kept = list(words)
    while kept and kept[-1] in _COMPANY_TYPES:
        kept.pop()
    if not kept or len(kept) == len(words):
        return " ".join(words)
    return " ".join([*kept, _COMPANY])


def person_forms(name: str) -> tuple[str, str | None]:
    """Return the normal form of a person's name as written, and the one with the other order.

    "KIM, Jong Un" gives "kim jong un" and "jong un kim"; without a comma nobody knows which part is the surname, so
    the second form moves the first word to the end. It is None for single words and for hangul.
    """
    words = normalise_name(name).split()
    form = " ".join(words)
    if len(words) < 2 or is_hangul(name):
        return form, None
    count = len(normalise_name(name.split(",", 1)[0]).split()) if "," in name else 1
    if not 0 < count < len(words):
        return form, None
    return form, " ".join(words[count:] + words[:count])


def join_given_name(form: str) -> str | None:
    """Return "kim jongun" for the normal form "kim jong un", and None for names of any other length.

    Meant for the known side of a comparison only: an unhyphenated spelling says nothing about syllables, but a
    hyphenated one must not lose them ("Ji-na" is not "Jin-a").
    """
    words = form.split()
    return f"{words[0]} {words[1]}{words[2]}" if len(words) == SHORTEST_JOINED else None


def display_listed_name(name: str, *, person: bool) -> str:
    """Turn a list's spelling into the one articles use: "KIM, Jong Un" into "Kim Jong Un", capitals into words.

    Western names keep the list's order; short capital words (initials) stay as they are.
    """
    ordered = re.sub(r",\s*", " ", name) if person else name
    return " ".join(_display_word(word, first=index == 0, person=person) for index, word in enumerate(ordered.split()))


def _display_word(word: str, *, first: bool, person: bool) -> str:
    if not word.isupper() or len(word) == 1:
        return word
    if not first and word.lower() in _KEPT_LOWER:
        return word.lower()
    if not person and len(word) <= _LONGEST_INITIALS and not re.search(r"[AEIOUY]", word):
        return word
    return re.sub(r"[^\W\d_]+(['’][^\W\d_]+)*", lambda match: match.group().capitalize(), word)
