"""Hangul: letters, final consonants, and the particles that follow a noun."""

from __future__ import annotations

__all__ = ["PARTICLES", "ends_in_consonant", "is_hangul", "particle_length", "strip_particle"]

_FIRST, _LAST, _FINALS = 0xAC00, 0xD7A3, 28

# Particles of case, topic, number and delimitation, with the forms of the copula that newspapers attach to names.
# Longest first: "에게서" must be tried before "서".
PARTICLES: tuple[str, ...] = tuple(
    sorted(
        (
            "은 는 이 가 을 를 과 와 의 에 도 만 로 으로 에서 에게 에게서 에선 에는 에도 에만 에서는 에서도 에서의 에의 께 께서 께서는 께선 한테 "
            "부터 까지 까지의 까지도 보다 보다는 처럼 조차 마저 이나 나 이나마 라도 이라도 이라는 라는 이란 란 이라고 라고 이라며 라며 이라면 라면 "
            "으로서는 로서는 으로서의 로서의 에서만 에게서는 까지는 부터는 부터의 만큼 만큼은 만큼의 "
            "에게는 에게도 에겐 로부터 으로부터 로부터의 으로부터의 로서 으로서 로써 으로써 로의 으로의 로는 으로는 로도 으로도 로선 으로선 "
            "이며 며 이자 이고 고 이다 다 이었다 였다 인 이던 이냐 뿐 뿐만 뿐이 만이 만을 만은 만의 만으로 "
            "과의 와의 과는 와는 과도 와도 이든 든 이든지 든지 씩 마다 밖에 대로 같이 하고 랑 이랑 엔 선 서 서는 서도 "
            "이랑은 이야 야 이여 여 들 들은 들이 들을 들의 들과 들도 들에게 들에 입니다 이었습니다 였습니다 인데 이지만 지만 이라 라 이어서 여서"
        ).split(),
        key=len,
        reverse=True,
    )
)

_SET = frozenset(PARTICLES)
_LONGEST = len(PARTICLES[0])

# Particles whose form depends on the last letter before them; the wrong form shows that the cut is wrong.
_AFTER_CONSONANT = frozenset(
    "은 이 을 과 으로 으로서 으로써 으로부터 으로의 으로는 으로도 으로선 이나 이라는 이란 이라고 이라며 이며 이자 과의 과는 과도".split()
)
_AFTER_VOWEL = frozenset("는 가 를 와 나 라는 란 라고 라며 며 와의 와는 와도 였다 여서 였습니다".split())


def is_hangul(char: str) -> bool:
    """Tell whether the character is a composed Hangul syllable."""
    return _FIRST <= ord(char) <= _LAST


def ends_in_consonant(word: str) -> bool:
    """Tell whether the last syllable has a final consonant; false where the last character is no syllable."""
    return bool(word) and is_hangul(word[-1]) and (ord(word[-1]) - _FIRST) % _FINALS != 0


def particle_length(stem: str, rest: str) -> int | None:
    """Return the length of the particle that `rest`, the remainder of the word after `stem`, is; None where it is none.

    An empty remainder has length 0. Forms that cannot follow the stem's last letter are no particles.
    """
    if not rest:
        return 0
    if rest not in _SET:
        return None
    if stem and is_hangul(stem[-1]):
        closed = ends_in_consonant(stem)
        if (rest in _AFTER_CONSONANT and not closed) or (rest in _AFTER_VOWEL and closed):
            return None
    return len(rest)


def strip_particle(word: str) -> str:
    """Return the word without the longest particle at its end; at least two characters always stay."""
    for length in range(min(_LONGEST, len(word) - 2), 0, -1):
        if particle_length(word[:-length], word[-length:]) is not None:
            return word[:-length]
    return word
