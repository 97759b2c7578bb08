"""What is written to what is read: a name as text becomes tokens, with the marks that say how they hang together.

The apostrophe has three meanings in romanised Korean: it marks an aspirate (Ch'un), it stands for the breve of
McCune-Reischauer where a list knows no breves (Cho'ng is Chŏng), and it parts syllables (Han'gil). Lists also misplace it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["MOST_LETTERS", "Written", "clean", "hangul_of", "read_tokens"]

MOST_LETTERS = 120
"""Longer strings are no names of Koreans; with this bound the time of every comparison is bounded."""

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘‛ʼʻʹ′`´＇՚", "'"))
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—−－", "-"))
_BREVES = str.maketrans({"ǒ": "ŏ", "ō": "ŏ", "ô": "ŏ", "ǔ": "ŭ", "ū": "ŭ", "û": "ŭ"})
_KEPT = frozenset("ŏŭ")
_BREVE_OF = {"o": "ŏ", "u": "ŭ"}

# "Myo' ng" and "Cho 'n" stand on lists for Myo'ng and Cho'n: a blank slipped in before the final consonant.
_TORN = re.compile(r"(?<=[ou])\s*'\s*(?=(?:ng|[nlkmp])(?![a-z]))")
# "Ky'ong" and "My'ong": the mark one letter too early. A y is never aspirated.
_EARLY = re.compile(r"(?<=y)'([ou])")
# Before a vowel the mark parts syllables, except in u'i, which is ŭi.
_BREVE = re.compile(r"([ou])'(?![aeiouyŏŭ])|(u)'(?=i)")
_PARTED = re.compile(r"(?<=[a-zŏŭ])'(?=[a-zŏŭ])")
_ASPIRATE = re.compile(r"(?:ch|[kpt])'(?=[aeiouywŏŭ])")
# "O, ln-chun": a capital I written as l.
_FOR_I = re.compile(r"(?<![a-zŏŭ'])l(?=[nmlk](?![a-zŏŭ']))")
_HELD = "\x00"

_HANGUL = re.compile(r"[가-힣]+")
_LETTER_RUN = re.compile(r"[a-z'ŏŭ]+")


@dataclass(frozen=True, slots=True)
class Written:
    """A romanised name as tokens of a-z, ŏ, ŭ and the aspirate's '.

    `groups` are the words, each a tuple of the tokens that hyphens join; `family` tells how many words stand before a
    comma, None where there is none.
    """

    groups: tuple[tuple[str, ...], ...]
    family: int | None

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens in their order."""
        return tuple(token for group in self.groups for token in group)


def clean(name: str) -> str:
    """Return the name in NFC with one glyph for each of apostrophe and hyphen, in the case it has."""
    return unicodedata.normalize("NFC", name).translate(_APOSTROPHES).translate(_HYPHENS).strip()


def hangul_of(cleaned: str) -> str:
    """Return the hangul syllables of a name, without the blanks between them; empty where there are none."""
    return "".join(_HANGUL.findall(cleaned))


def read_tokens(cleaned: str) -> Written:
    """Read a cleaned name's Latin letters; everything else parts words. Never raises."""
    text = _spell(cleaned)
    before, comma, after = text.partition(",")
    family = _groups(before)
    if not comma or not family:
        return Written(family + _groups(after), None)
    given = _groups(after)
    return Written(family + given, len(family) if given else None)


def _spell(cleaned: str) -> str:
    """Give the apostrophes their meaning: breves become letters, parted syllables are hyphened, strays vanish."""
    text = _FOR_I.sub("i", _fold(cleaned.lower()))
    if "'" not in text:
        return text
    text = _TORN.sub("'", text)
    text = _EARLY.sub(lambda match: _BREVE_OF[match[1]], text)
    text = _BREVE.sub(lambda match: _BREVE_OF[match[0][0]], text)
    text = _ASPIRATE.sub(lambda match: match[0].replace("'", _HELD), text)
    text = _PARTED.sub("-", text)
    return text.replace("'", "").replace(_HELD, "'")


def _fold(text: str) -> str:
    """Drop marks from Latin letters, breves excepted; a macron, caron or circumflex on o and u is a breve typed wrongly."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text).translate(_BREVES)
    return "".join(char if char in _KEPT else _without_marks(char) for char in text)


def _without_marks(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0] if "À" <= char <= "ɏ" else char


def _groups(text: str) -> tuple[tuple[str, ...], ...]:
    words = text.replace("-", "\x01").split()
    found = (tuple(_LETTER_RUN.findall(word)) if "\x01" in word or not word.isalpha() else _LETTER_RUN.findall(word) for word in words)
    return tuple(tuple(group) for group in found if group)
