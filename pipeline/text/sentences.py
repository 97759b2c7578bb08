"""Sentence borders, by rules, in English and Korean.

Line breaks always end a sentence. Offsets are code points of the text as given; nothing is changed in it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from pipeline.text.spans import shrink

__all__ = ["ABBREVIATIONS", "is_sentence_end", "split_sentences"]

# Abbreviations that a name follows: never the end of a sentence.
_TITLES = (
    "Mr Mrs Ms Messrs Dr Prof Rev Hon Gen Lt Col Maj Capt Cpl Sgt Pvt Adm Cmdr Sen Rep Reps Sens Gov Pres Amb Supt Insp Det Atty Ft Mt St "
    "Brig Sec vs v cf al eds e.g i.e"
)
# Abbreviations that a number follows; before anything else they are words of their own ("No. We cannot.").
_COUNTERS = "No Nos Vol Fig approx est ca c p pp"
# Abbreviations that may also end a sentence: the end only where the next word looks like the start of one.
_OTHERS = (
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Tue Tues Wed Thu Thur Thurs Fri Inc Co Cos Corp Ltd Bros Jr Sr Ave Blvd Dept Univ Assn "
    "Ala Ariz Ark Calif Colo Conn Fla Ga Ill Ind Kan Ky Mass Md Mich Minn Mont Neb Nev Okla Ore Pa Tenn Tex Va Vt Wash Wis Wyo Ph.D Ph"
)
# Abbreviations that end a sentence before any word with a capital.
_TRAILING = "etc"
_BEFORE_NAME = frozenset(_TITLES.split())
_BEFORE_NUMBER = frozenset(_COUNTERS.split())
_MONTHS_AND_FIRMS = frozenset(_OTHERS.split())

ABBREVIATIONS: frozenset[str] = _BEFORE_NAME | _BEFORE_NUMBER | _MONTHS_AND_FIRMS | frozenset(_TRAILING.split())
"""English abbreviations without their full stop, as written in running text; in capitals they count as well."""

# Words that often open a sentence; after "U.S." only they show that a new one begins.
_OPENERS = frozenset(
    "The A An In On At He She It They We I This That These Those But And However Meanwhile Earlier Last His Her Their Its According After Before "
    "While When If As For From With Since Under Some Many Both Another Also Such There Now Then Still Yet To By Asked Although Despite During".split()
)

_BREAK = re.compile(r"[\n\r\v\f\x85\u2028\u2029]+")
# Marks of notes ("[17]") belong to the sentence that they follow.
_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]」』〉》]*(?:(?:[ ]?\[\d{1,3}\])+(?![^\s\[]))?")
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


def is_sentence_end(text: str, stop: int) -> bool:
    """Tell whether the full stop at `stop` of an English text ends a sentence; at the end of a line it always does.

    Looks only at the characters around it, so that a tokenizer can ask at every abbreviation.
    """
    left, right = max(0, stop - _WINDOW), min(len(text), stop + 2 * _WINDOW)
    before, after = text[left:stop], text[stop + 1 : right]
    start = left + max((match.end() for match in _BREAK.finditer(before)), default=0)
    line_break = _BREAK.search(after)
    end = stop + 1 + line_break.start() if line_break is not None else right
    mark = _END.match(text, stop, end)
    return mark is not None and (not text[mark.end() : end].strip() or _is_border(text, start, end, mark, "en"))


def _lines(text: str) -> list[tuple[int, int]]:
    lines, start = [], 0
    for match in _BREAK.finditer(text):
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
    bare = last.capitalize() if last.isupper() and len(last) > 1 else last
    if bare in _BEFORE_NAME:
        return False
    if bare in _BEFORE_NUMBER:
        return not after[0].isdigit()
    if _DOTTED.fullmatch(last):
        return _opens(after) and (len(last) > 1 or last == "I")
    if bare in _MONTHS_AND_FIRMS:
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
