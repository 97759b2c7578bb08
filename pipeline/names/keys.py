"""Index keys: one equality look-up finds every name that could be written for the same person.

A key has a part for each syllable, of classes so wide that all systems of romanisation fall into one: ㄱㄲㅋ are k, ㅓㅗㅜㅡ are o. An
ambiguous name has several. `U Yong Su`, `Woo Yong-su` and 우영수 all have `.0o.0yg.so`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from pipeline.names.other import skeleton_key
from pipeline.names.parse import Parse, read_korean
from pipeline.names.tables import Reading, decompose

__all__ = ["name_keys"]

_MOST_KEYS = 16
_LEAST_SHARE = 0.03
"""A class with a smaller share of a syllable gives no key: such readings cannot reach the threshold of the same name."""

_ONSET = {
    letter: group
    for group, letters in (
        ("k", "ㄱㄲㅋ"),
        ("t", "ㄷㄸㅌ"),
        ("p", "ㅂㅃㅍ"),
        ("s", "ㅅㅆ"),
        ("c", "ㅈㅉㅊ"),
        ("n", "ㄴㄹ"),
        ("m", "ㅁ"),
        ("h", "ㅎ"),
        ("0", "ㅇ"),
    )
    for letter in letters
}
_NUCLEUS = {
    letter: group
    for group, letters in (
        ("a", "ㅏ"),
        ("e", "ㅐㅔㅖㅒㅚㅙㅞ"),
        ("o", "ㅓㅗㅜㅡ"),
        ("y", "ㅕㅛㅠ"),
        ("i", "ㅣㅢㅟ"),
        ("ya", "ㅑ"),
        ("w", "ㅘㅝ"),
    )
    for letter in letters
}
_CODA = {
    letter: group
    for group, letters in (("k", "ㄱㄲㄳㅋ"), ("n", "ㄴㄵㄶ"), ("l", "ㄹㄺㄼㄽㄾㅀ"), ("m", "ㅁㄻ"), ("p", "ㅂㅄㅍㄿ"), ("g", "ㅇ"))
    for letter in letters
}
_OTHER_CODA = "t"


@lru_cache(maxsize=1 << 16)
def name_keys(name: str) -> tuple[str, ...]:
    """Return the keys of a person's name, sorted; two names that can be the same have one in common. Never raises.

    Names without a Korean reading have one key, of their words; it begins with "=". There is none where no letter or digit is left.
    """
    keys = {key for parse in read_korean(name) for key in _keys(parse)}
    if keys:
        return tuple(sorted(keys))
    key = skeleton_key(name)
    return () if key is None else (key,)


def _keys(parse: Parse) -> list[str]:
    """Return the likeliest keys of a reading."""
    found = [("", 1.0)]
    for syllable in parse.syllables:
        found = [(f"{key}.{group}", share * more) for key, share in found for group, more in _groups(syllable)]
    found.sort(key=lambda item: (-item[1], item[0]))
    return [key for key, _ in found[:_MOST_KEYS]]


@lru_cache(maxsize=1 << 15)
def _groups(syllable: Reading) -> tuple[tuple[str, float], ...]:
    """Return the classes of a written syllable with their shares."""
    shares: dict[str, float] = defaultdict(float)
    for hangul, root in syllable.roots.items():
        shares[_group(hangul)] += root * root
    return tuple((group, share) for group, share in shares.items() if share >= _LEAST_SHARE)


def _group(hangul: str) -> str:
    onset, nucleus, coda = decompose(hangul)
    return _ONSET[onset] + _NUCLEUS[nucleus] + (_CODA.get(coda, _OTHER_CODA) if coda else "")
