"""What the tag components read and pass on: the text with its words, and names found in it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from models.records import Span
from models.vocabulary import Label
from pipeline.text.sentences import ABBREVIATIONS, is_sentence_end

__all__ = ["Found", "Reading", "Word", "split_words", "with_known"]


class Word(NamedTuple):
    """One token with its place in the text; a tuple, since a text makes thousands of them."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A name found by a rule, not yet tied to an entity.

    `ids` are the entities of the knowledge base that bear the name, none where it is unknown there; `weight` decides
    between overlapping finds before their length does.
    """

    start: int
    end: int
    label: Label
    rule: str
    ids: tuple[str, ...] = ()
    weight: int = 0


def with_known(finds: Iterable[Found], known: Iterable[Found]) -> list[Found]:
    """Return the finds, persons among them tied to what is known of them.

    A person found by a rule where the knowledge base already knows one is dropped; a longer one takes over its ids.
    """
    people = sorted((one.start, one.end, one.ids) for one in known if one.label is Label.PERSON and one.ids)
    starts = [start for start, _, _ in people]
    kept = []
    for found in finds:
        if found.label is Label.PERSON and not found.ids:
            inside = people[bisect_left(starts, found.start) : bisect_left(starts, found.end)]
            around = people[max(0, bisect_right(starts, found.start) - 1) : bisect_right(starts, found.start)]
            if any(start <= found.start and found.end <= end for start, end, _ in around):
                continue
            found = replace(found, ids=next((ids for _, end, ids in inside if end <= found.end), ()))
        kept.append(found)
    return kept


@dataclass(frozen=True, slots=True)
class Reading:
    """One article as the rules see it."""

    text: str
    lang: str
    words: tuple[Word, ...]
    sentences: tuple[tuple[int, int], ...]
    furniture: tuple[tuple[int, int], ...] = ()
    published: date | None = None
    dateline: Span | None = None
    starts: tuple[int, ...] = field(default=())

    def word_at(self, offset: int) -> int:
        """Return the index of the first word that ends after `offset`; the number of words where none does."""
        index = bisect_right(self.starts, offset) - 1
        return index if index >= 0 and self.words[index].end > offset else index + 1

    def sentence_at(self, offset: int) -> tuple[int, int]:
        """Return the sentence that holds `offset`, or else the one before it; the whole text where there is none."""
        index = bisect_right(self.sentences, (offset, len(self.text) + 1)) - 1
        if index < 0:
            return self.sentences[0] if self.sentences else (0, len(self.text))
        return self.sentences[index]

    def in_furniture(self, start: int, end: int) -> bool:
        """Tell whether the range touches a part of the text that is not of the story."""
        return any(left < end and start < right for left, right in self.furniture)

    def starts_sentence(self, offset: int) -> bool:
        """Tell whether only white space, quotation marks or brackets lie between the start of the sentence and `offset`."""
        index = bisect_left(self.sentences, (offset + 1, 0)) - 1
        return index >= 0 and not re.search(r"[^\W_]", self.text[self.sentences[index][0] : offset])


# --- English words -----------------------------------------------------------------------------------------------
# Cut as in Universal Dependencies (EWT, GUM), except that words with a hyphen stay whole. Every repetition is bounded
# or followed by nothing that could make it give way, so that the time is in proportion to the text.

_APOSTROPHE = "['’‘ʼ`＇]"
_CLITIC = "(?:s|re|ve|ll|d|m)"
_LETTER = r"[^\W\d_ʼ]"
_IN_WORD = r"(?:[^\Wʼ]|[\u0300-\u036f\u00ad\u200c\u200d\u2060])"
"""A character inside a word: letters, digits, accents written apart, and joiners that have no width."""
_PART = rf"{_IN_WORD}*+(?:{_APOSTROPHE}(?!(?i:{_CLITIC})(?!{_IN_WORD})){_LETTER}{_IN_WORD}*+)*+"
"""The rest of a word, with apostrophes that are part of it ("Sana'a") and no shortened verb or possessive ("it's")."""
_NUMBER = r"\d+(?:[.,:/]\d+)*"
_IN_ADDRESS = r"[\w!#$%&*+,./:;=?@~-]"
_ENDINGS = (
    "com net org gov edu mil int info biz io co ai app dev xyz site online kr kp jp cn tw hk ru su ua uk eu de fr ir "
    "exe dll sys bat ps1 vbs lnk js py php sh html htm pdf doc docx xls xlsx ppt pptx hwp hwpx txt csv zip rar iso apk dmg jpg png"
)
"""Last parts of names of sites and files; those that are also common words ("in", "so") are left out."""
_EMOJI = "(?:[\U0001f1e6-\U0001f1ff]{2}|[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff][\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*)"
_WORDS = "|".join(sorted(map(re.escape, ABBREVIATIONS | {one.upper() for one in ABBREVIATIONS if len(one) > 1}), key=len, reverse=True))
_ENGLISH_WORD = re.compile(
    rf"""
    (?!(?:[Cc]annot|[Gg]onna|[Ww]anna|[Gg]otta)[ ,])[A-Z]?[a-z]+(?=[ ,])            # most words: tried first, for speed alone
    | (?i:(?:h(?:tt|xx)ps?|ftp)://|www\.)(?a:{_IN_ADDRESS}|\[\.\])+(?<![.,:;!?])             # web addresses, made harmless ones too
    | [A-Za-z0-9](?a:[\w.%+-]){{0,63}}@(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}(?:[a-z]{{2,24}}|[A-Z]{{2,24}})   # e-mail
    | (?a:[\w-]{{1,63}}(?:\.|\[\.\])){{1,6}}(?:{"|".join(_ENDINGS.split())})(?!\w)(?:/(?a:{_IN_ADDRESS})*(?<![.,:;!?]))?   # example.com
    | &(?:[A-Za-z][A-Za-z0-9]{{1,9}}|\#[0-9]{{1,7}}|\#[xX][0-9A-Fa-f]{{1,6}});      # &amp;
    | </?[A-Za-z][A-Za-z0-9]{{0,15}}/?>                                             # <p>
    | (?:[A-Za-z]\.){{2,}}                                                          # U.S.  D.P.R.K.
    | [NS]\.(?=[ ]Korea)                                                            # N. Korea
    | (?P<abbreviation>(?:{_WORDS}|[A-Z](?=\.[ \xa0][A-Z]))\.(?!\.))                # Mr.  Jan.  J. Smith
    | (?:US|AU?|CA?|NZ|HK|NT|S|U)\$(?=[ ]?\d)                                       # US$
    | (?<!\w)[\#@][A-Za-z_]\w*                                                      # hashtags
    | (?!\d{{3}}-\d{{4}}(?!\d)){_NUMBER}(?=-{_NUMBER}(?![\w-]|[.,:/]\d))            # 10-15: three words; 555-0199: one
    | \d+0{_APOSTROPHE}s(?!{_IN_WORD})                                              # 1990's
    | {_NUMBER}(?:[-‐‑]\w+)*(?:[A-Za-z]\w*)?                                        # numbers, 38-year-old
    | ['’](?=\d0s(?!\w))\d0s                                                        # '90s
    | (?i:can(?=not(?!{_IN_WORD}))|(?:gon|wan)(?=na(?!{_IN_WORD}))|got(?=ta(?!{_IN_WORD})))
    | (?i:{_LETTER}{{1,7}}?(?=n{_APOSTROPHE}t(?!{_IN_WORD})))                        # do in don't
    | (?i:n{_APOSTROPHE}t(?!{_IN_WORD}))                                            # n't
    | (?:(?<=[\w.)\]”’%*])(?i:{_APOSTROPHE}{_CLITIC})|(?<=["\s])['’](?:s|re|ve|ll|d|m))(?!{_IN_WORD})    # 's
    | [^\W\d_][a-z]+(?=[NS]\.?[ ]Korea)                                             # a word that a lost line break glued to the next
    | (?P<word>{_LETTER}{_PART}(?:(?:&(?!\w{{1,10}};)|@|[-‐‑](?=\w)(?!(?:[A-Z]\.){{2}})|–(?=\d|[a-z]{{1,6}}(?!\w))){_PART})*)
    | {_EMOJI}(?:\u200d{_EMOJI})*
    | \.{{2,}} | …+ | -{{2,}} | [–—―]{{2,}} | [!?]{{2,}} | ={{2,}} | \*{{2,}} | ~{{2,}} | \#{{2,}} | \+{{2,}} | \${{2,}} | <{{2,}} | >{{2,}} | '' | ``
    | [^\w\s]|ʼ                                                                     # one mark
    | _+
    """,
    re.VERBOSE,
)
_KOREAN_WORD = re.compile(r"[가-힣]+|[一-鿿]+|[A-Za-z]+(?:[-&.][A-Za-z]+)*|\d+(?:[.,]\d+)*|[^\w\s]|\w")
_HYPHEN = re.compile(r"[-‐‑–]")


_LONGEST_SYLLABLE = 6
"""Letters of the longest syllable of a Korean given name ("Nam-jung"); longer words after a hyphen are no part of a name."""


def split_words(text: str, lang: str, *, hyphen_words: frozenset[str] = frozenset(), heads: frozenset[str] = frozenset()) -> list[Word]:
    """Cut a text into words and marks; white space belongs to none; offsets are those of the text.

    English words with a hyphen stay whole ("Byung-kee") unless the part before is one of `heads` (last words of
    place names, for "South Korea-Japan") or the part after one of `hyphen_words` ("Seoul-based").
    """
    if lang == "ko":
        return [Word(match.start(), match.end(), match.group()) for match in _KOREAN_WORD.finditer(text)]
    words: list[Word] = []
    for match in _ENGLISH_WORD.finditer(text):
        start, end = match.span()
        token = match.group()
        if match.lastgroup == "word" and _HYPHEN.search(token):
            words.extend(_split_hyphened(start, token, hyphen_words, heads))
        elif match.lastgroup == "abbreviation" and is_sentence_end(text, end - 1):
            words += (Word(start, end - 1, token[:-1]), Word(end - 1, end, "."))
        else:
            words.append(Word(start, end, token))
    return words


def _split_hyphened(start: int, token: str, hyphen_words: frozenset[str], heads: frozenset[str]) -> list[Word]:
    pieces = _HYPHEN.split(token)
    cuts: list[int] = []
    position = 0
    for left, right in pairwise(pieces):
        position += len(left)
        apart = left in heads and (right[:1].isupper() or len(right) > _LONGEST_SYLLABLE or left.islower())
        dash = token[position] == "–" and not left[:1].isupper()
        if right.lower() in hyphen_words or right in heads or apart or dash:
            cuts.append(position)
        position += 1
    words: list[Word] = []
    begin = 0
    for cut in cuts:
        if cut > begin:
            words.append(Word(start + begin, start + cut, token[begin:cut]))
        words.append(Word(start + cut, start + cut + 1, token[cut]))
        begin = cut + 1
    if begin < len(token):
        words.append(Word(start + begin, start + len(token), token[begin:]))
    return words
