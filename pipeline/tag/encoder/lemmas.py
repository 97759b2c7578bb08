"""Lemmas as rules that a classifier can choose among (Chrupała et al. 2008)."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["apply_lemma_rule", "lemma_rule"]

_CASES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("l", str.lower),
    ("k", lambda word: word),
    ("t", lambda word: word[:1].upper() + word[1:].lower()),
)
_CASE = dict(_CASES)


def lemma_rule(word: str, lemma: str) -> str:
    """Return the rule that makes the lemma of the word: casing, letters to cut from the end, letters to add.

    `l1+` lowers the word and cuts one letter, `k0+` keeps it as it is, `t3+y` capitalises it, cuts three and adds y;
    where word and lemma share no beginning the rule is the lemma itself: `=be`.
    `apply_lemma_rule(word, lemma_rule(word, lemma)) == lemma` always.
    """
    best: tuple[int, str] | None = None
    for name, change in _CASES:
        form = change(word)
        shared = 0
        while shared < min(len(form), len(lemma)) and form[shared] == lemma[shared]:
            shared += 1
        cost = len(form) - shared + len(lemma) - shared
        if shared and (best is None or cost < best[0]):
            best = cost, f"{name}{len(form) - shared}+{lemma[shared:]}"
    return best[1] if best is not None else f"={lemma}"


def apply_lemma_rule(word: str, rule: str) -> str:
    """Return the lemma that a rule of `lemma_rule` makes of a word; a word too short for it is the lemma itself.

    Raises ValueError where the text is no rule.
    """
    if rule.startswith("="):
        return rule[1:]
    cut, plus, add = rule[1:].partition("+")
    if rule[:1] not in _CASE or not plus or not cut.isdecimal():
        raise ValueError(f"{rule!r} is no rule for lemmas")
    form = _CASE[rule[:1]](word)
    if int(cut) >= len(form):
        return form
    return form[: len(form) - int(cut)] + add
