"""Sentence borders, by rules, in English and Korean.

Line breaks always end a sentence. Offsets are code points of the text as given; nothing is changed in it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from pipeline.text.spans import shrink

__all__ = ["split_sentences"]

# Abbreviations that a name or a number follows: never the end of a sentence.
_TITLES = (
    "Mr Mrs Ms Messrs Dr Prof Rev Hon Gen Lt Col Maj Capt Cpl Sgt Pvt Adm Cmdr Sen Rep Reps Sens Gov Pres Amb Supt Insp Det Atty Ft Mt St "
    "No Nos Vol Fig vs v cf approx est ca al eds pp"
)
# Abbreviations that may also end a sentence: the end only where the next word looks like the start of one.
_OTHERS = "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Inc Co Corp Ltd Bros Jr Sr Ave Blvd Dept Univ Assn Calif Colo Conn Fla Ill Mass Mich Minn Pa Va Wash Ph.D Ph"
_BEFORE_NAME = frozenset(_TITLES.split())
_MONTHS_AND_FIRMS = frozenset(_OTHERS.split())

# Words that often open a sentence; after "U.S." only they show that a new one begins.
_OPENERS = frozenset(
    "The A An In On At He She It They We I This That These Those But And However Meanwhile Earlier Last His Her Their Its According After Before "
    "While When If As For From With Since Under Some Many Both Another Also Such There Now Then Still Yet To By Asked Although Despite During".split()
)

_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]」』〉》]*")
_GLUED = re.compile(r"[\"'“‘(\[「『]*[A-Z가-힣]")
_WORD_BEFORE = re.compile(r"[\w.&'’-]+\Z")
_WORD_AFTER = re.compile(r"[\"'“‘(\[「『]*([^\W_]+)")
_DOTTED = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]\Z")
_KOREAN_END = re.compile(r"(?:[다요죠까네]|니까)\Z")
_KOREAN_QUOTATIVE = re.compile(r"(?:이?라[고며는]|고|며|면서|하[고며]|는|이?란|를|을|와|과|로|에|의)(?![가-힣]*(?:은|는)\s)")
_WINDOW = 40
"""How far a border looks to either side; no abbreviation and no opener is longer."""


def split_sentences(text: str, lang: str) -> list[tuple[int, int]]:
    """Return the `(start, end)` ranges of the sentences, without white space at their ends; in order, never overlapping."""
    spans: list[tuple[int, int]] = []
    for start, end in _lines(text):
        borders = [start, *(_borders(text, start, end, lang)), end]
        for left, right in pairwise(borders):
            left, right = shrink(text, left, right)
            if right > left:
                spans.append((left, right))
    return spans


def _lines(text: str) -> list[tuple[int, int]]:
    lines, start = [], 0
    for match in re.finditer(r"[\n\r\v\f\x85\u2028\u2029]+", text):
        lines.append((start, match.start()))
        start = match.end()
    lines.append((start, len(text)))
    return lines


def _borders(text: str, start: int, end: int, lang: str) -> list[int]:
    return [match.end() for match in _END.finditer(text, start, end) if match.end() < end and _is_border(text, start, end, match, lang)]


def _is_border(text: str, start: int, end: int, mark: re.Match[str], lang: str) -> bool:
    before = text[max(start, mark.start() - _WINDOW) : mark.start()]
    after = text[mark.end() : min(end, mark.end() + _WINDOW)]
    if not after.strip():
        return False
    if after[0].isspace():
        return _closes(before, after.lstrip(), mark.group(), lang)
    return _closes_glued(before, after, mark.group(), lang)


def _closes(before: str, after: str, mark: str, lang: str) -> bool:
    """Decide a mark that white space follows."""
    if after[0].islower():
        return False
    if not mark.startswith("."):
        return mark.startswith(("!", "?", "。", "！", "？")) or not before or after[0].isupper() or lang == "ko"
    if mark.startswith(".."):
        return True
    word = _WORD_BEFORE.search(before)
    last = word.group() if word else ""
    if last.rstrip(".") in _BEFORE_NAME:
        return False
    if _DOTTED.fullmatch(last):
        return _opens(after) and (len(last) > 1 or last == "I")
    if last in _MONTHS_AND_FIRMS:
        return _opens(after)
    return True


def _closes_glued(before: str, after: str, mark: str, lang: str) -> bool:
    """Decide a mark with no white space behind it, as left by pages whose paragraphs were joined."""
    if not _GLUED.match(after) or mark[0] not in ".!?":
        return False
    if lang == "ko" and before and _KOREAN_END.search(before):
        return len(mark) == 1 or not _KOREAN_QUOTATIVE.match(after)
    word = _WORD_BEFORE.search(before)
    last = word.group() if word else ""
    if len(mark) > 1 and mark[-1] in "\"'”’)":
        return bool(last) and len(last) > 2 and _starts_like_sentence(after)
    return len(last) > 2 and last.islower() and "." not in last and _starts_like_sentence(after)


def _opens(after: str) -> bool:
    match = _WORD_AFTER.match(after)
    return bool(match) and match is not None and match[1] in _OPENERS


def _starts_like_sentence(after: str) -> bool:
    match = _WORD_AFTER.match(after)
    return (match is not None and (len(match[1]) > 1 or match[1] in {"A", "I"}) and not match[1].isupper()) or after[0] in "“‘\"'("
