"""Hangul names in the systems and habits of romanisation, written from their rules.

It shares nothing with the tables of `pipeline.names`, so that what it writes is a blind test for them: the Revised Romanization
of the Republic of Korea (2000), McCune-Reischauer (1939) with breves and with apostrophes in their place, the DPRK's system of
1992, spellings that South Koreans choose, and French ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

__all__ = ["SYSTEMS", "romanise", "write_hangul"]

_ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_NUCLEI = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_SOUTHERN_SURNAMES = {"리": "이", "림": "임", "류": "유", "량": "양", "로": "노", "라": "나"}
_NORTHERN_SURNAMES = {southern: northern for northern, southern in _SOUTHERN_SURNAMES.items() if southern != "유"}
_NORTHERN_IN_THE_MIDDLE = {"용": "룡", "열": "렬", "연": "련", "율": "률"}


def _table(letters: Sequence[str], spellings: str) -> dict[str, str]:
    """Pair letters with spellings, of which - is none."""
    return {letter: "" if text == "-" else text for letter, text in zip(letters, spellings.split(), strict=True)}


_CODA = _table(("", *"ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊ"), "- k n t l m p t ng t t")
_REVISED = _table(_ONSETS, "g kk n d tt r m b pp s ss - j jj ch k t p h")
_REVISED_VOWEL = _table(_NUCLEI, "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_MCCUNE = _table(_ONSETS, "k kk n t tt r m p pp s ss - ch tch ch' k' t' p' h")
_NORTHERN = _table(_ONSETS, "k kk n t tt r m p pp s ss - j jj ch kh th ph h")
_BREVES = {"ㅓ": "ŏ", "ㅕ": "yŏ", "ㅝ": "wŏ", "ㅡ": "ŭ", "ㅢ": "ŭi"}
_NORTHERN_VOWELS = {"ㅓ": "o", "ㅕ": "yo", "ㅡ": "u"}
_VOICED = {"k": "g", "t": "d", "p": "b", "ch": "j"}

# What South Koreans choose: each letter independently, which is how names come out that follow no system.
_CHOSEN = {"ㄱ": "kkg", "ㄷ": "ddt", "ㅂ": "bbp", "ㅈ": ("j", "j", "ch"), "ㄹ": "rrl"}
_CHOSEN_VOWELS = {
    "ㅓ": ("eo", "u", "u"),
    "ㅕ": ("yeo", "you", "yu"),
    "ㅜ": ("u", "oo"),
    "ㅠ": ("yu", "yoo"),
    "ㅡ": ("eu",),
    "ㅣ": ("i", "i", "ee"),
    "ㅐ": ("ae", "ae", "ai"),
    "ㅢ": ("ui", "eui"),
}
_CHOSEN_OPEN = {"ㅓ": ("eo", "uh"), "ㅕ": ("yeo", "yuh")}
_CHOSEN_SYLLABLES = {
    "우": ("woo", "u"),
    "희": ("hee", "hui"),
    "영": ("young", "yeong"),
    "욱": ("wook", "uk"),
    "신": ("shin",),
    "식": ("sik", "shik"),
}
_CHOSEN_SURNAMES = {
    "김": ("Kim",),
    "이": ("Lee", "Yi", "Rhee"),
    "박": ("Park", "Pak"),
    "최": ("Choi", "Choe"),
    "정": ("Jung", "Chung", "Jeong"),
    "강": ("Kang",),
    "조": ("Cho", "Jo"),
    "윤": ("Yoon", "Yun"),
    "장": ("Jang", "Chang"),
    "임": ("Lim", "Im", "Yim"),
    "오": ("Oh",),
    "서": ("Seo", "Suh"),
    "신": ("Shin",),
    "권": ("Kwon",),
    "안": ("Ahn", "An"),
    "유": ("Yoo", "Ryu", "You"),
    "류": ("Ryu", "Yoo"),
    "전": ("Jeon", "Chun", "Jun"),
    "고": ("Ko", "Koh"),
    "문": ("Moon",),
    "백": ("Baek", "Paik"),
    "허": ("Huh", "Hur", "Heo"),
    "노": ("Roh", "Noh"),
    "우": ("Woo",),
    "구": ("Koo",),
    "나": ("Na", "Rah"),
    "하": ("Ha",),
}
_FRENCH = {"ㅈ": "dj", "ㅊ": "tch"}
_FRENCH_VOWELS = {"ㅜ": "ou", "ㅓ": "eo", "ㅡ": "eu", "ㅠ": "you"}


def _split(syllable: str) -> tuple[str, str, str]:
    code = ord(syllable) - ord("가")
    return _ONSETS[code // 588], _NUCLEI[code % 588 // 28], _CODAS[code % 28]


def _spell_revised(syllable: str, before: str, random: Random) -> str:
    onset, nucleus, coda = _split(syllable)
    return _REVISED[onset] + _REVISED_VOWEL[nucleus] + _CODA[coda]


def _spell_mccune(syllable: str, before: str, random: Random) -> str:
    onset, nucleus, coda = _split(syllable)
    return _voice(_MCCUNE[onset], before) + _BREVES.get(nucleus, _REVISED_VOWEL[nucleus]) + _CODA[coda]


def _spell_apostrophes(syllable: str, before: str, random: Random) -> str:
    return _spell_mccune(syllable, before, random).replace("ŏ", "o'").replace("ŭ", "u'")


def _spell_northern(syllable: str, before: str, random: Random) -> str:
    onset, nucleus, coda = _split(syllable)
    voiced = _voice(_NORTHERN[onset], before) if onset != "ㅊ" and random.random() < 0.5 else _NORTHERN[onset]
    return voiced + _NORTHERN_VOWELS.get(nucleus, _REVISED_VOWEL[nucleus]) + _CODA[coda]


def _spell_chosen(syllable: str, before: str, random: Random) -> str:
    if syllable in _CHOSEN_SYLLABLES:
        return random.choice(_CHOSEN_SYLLABLES[syllable])
    onset, nucleus, coda = _split(syllable)
    vowels = _CHOSEN_OPEN if not coda and nucleus in _CHOSEN_OPEN else _CHOSEN_VOWELS
    first = random.choice(_CHOSEN.get(onset, (_REVISED[onset],)))
    return first + random.choice(vowels.get(nucleus, (_REVISED_VOWEL[nucleus],))) + _CODA[coda]


def _spell_french(syllable: str, before: str, random: Random) -> str:
    onset, nucleus, coda = _split(syllable)
    return _FRENCH.get(onset, _REVISED[onset]) + _FRENCH_VOWELS.get(nucleus, _REVISED_VOWEL[nucleus]) + _CODA[coda]


def _voice(onset: str, before: str) -> str:
    """Return the voiced onset after a vowel, ㄴ, ㅁ, ㅇ or (but for ㅈ) ㄹ of the same given name."""
    coda = _split(before)[2] if before else "ㄱ"
    return _VOICED.get(onset, onset) if coda in ("", "ㄴ", "ㅁ", "ㅇ") else onset


_Spell = Callable[[str, str, Random], str]
SYSTEMS: dict[str, _Spell] = {
    "revised": _spell_revised,
    "mccune": _spell_mccune,
    "apostrophes": _spell_apostrophes,
    "northern": _spell_northern,
    "chosen": _spell_chosen,
    "french": _spell_french,
}


def write_hangul(surname: str, given: Sequence[str]) -> str:
    """Return the name in hangul."""
    return surname + "".join(given)


def romanise(surname: str, given: Sequence[str], system: str, random: Random) -> str:
    """Write a name (a surname of one syllable, hangul syllables of the given name) in a system, in one of its usual layouts.

    McCune-Reischauer and the revised system write the given name with a hyphen or in one word, the DPRK in separate words, lists
    with a comma after the surname in capitals.
    """
    spell = SYSTEMS[system]
    northern = system in ("northern", "apostrophes")
    family = _NORTHERN_SURNAMES.get(surname, surname) if northern else _SOUTHERN_SURNAMES.get(surname, surname)
    middle = [given[0], *(_NORTHERN_IN_THE_MIDDLE.get(syllable, syllable) for syllable in given[1:])] if northern else list(given)
    first = random.choice(_CHOSEN_SURNAMES[family]) if system == "chosen" and family in _CHOSEN_SURNAMES else spell(family, "", random)
    parts = [spell(syllable, before, random) for before, syllable in zip(["", *middle], middle, strict=False)]
    first, parts = first.capitalize(), [part.capitalize() if system == "northern" else part for part in parts]
    if system == "northern":
        return random.choice((f"{first} {' '.join(parts)}", f"{first.upper()}, {' '.join(parts)}"))
    if system == "apostrophes":
        return f"{first.upper()}, {'-'.join(parts).capitalize()}"
    if system == "chosen":
        joined = random.choice(("-", "-", "", " ")).join(parts).capitalize()
        return f"{joined} {first}" if random.random() < 0.15 and "-" in joined else f"{first} {joined}"
    return f"{first} {'-'.join(parts).capitalize()}"
