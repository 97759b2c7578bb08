"""What stands around the mentions of one article: cues by sentence and paragraph, and what is said of a name itself."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from models.records import Article, Mention, Tagging
from models.vocabulary import Label
from pipeline.link.evidence import Evidence

__all__ = ["Context", "Range"]

Range = tuple[int, int]

_BEFORE = 60
"""Letters before a name in which its title can stand."""
_AFTER = {"en": 80, "ko": 20}
"""Letters after a name in which an apposition or, in Korean, a title can stand."""
_NEAR = 200
"""Letters around a name within which a word of its sentence is said in one breath with it."""
_APPOSITION = re.compile(r"\s*[,(–—-]")
_POSSESSIVE = re.compile(r"(?:['’]s)?\s*")
_OF = re.compile(r"\s+(?:of|in)\s+(?:the\s+)?(?:ruling\s+)?|\s*\(")
_TITLE_BREAK = re.compile(
    r"[,;:()\n“”\"—–]|(?<!\w)(?:a|about|after|against|and|as|at|before|between|but|by|during|for|from|had|has|have|if|in|is|met|meet|on|or|"
    r"over|said|says|see|since|than|that|to|told|toward|under|urged|was|were|when|where|whether|while|who|with|[a-z]+ed|[a-z]+ing)(?!\w)"
)
"""Words and signs that no title holds: what stands before them is not said of the name."""
_KOREAN_BREAK = re.compile(r"[,·()‘’“”\"'\n]|(?<=[은는이가을를와과도의에])\s|(?<=에서)\s|(?<=에게)\s|(?<=[다고며])\s")
_CLAUSE_END = re.compile(r"[.!?;\n]|(?<=[)\]])\s")


_AGE_AFTER = re.compile(
    r"(?:\s*[,(]\s*(?:aged?\s|who is\s)?(?P<age>[1-9]\d)(?:세)?(?:\s*[,);]|-year-old)|[^.;\n]{0,12}\bborn\s(?:in|on)\s(?:\w+\.?\s){0,2}(?:\d{1,2},?\s)?(?P<year>19\d\d)"
    r")"
)
_AGE_BEFORE = re.compile(r"(?P<age>[1-9]\d)-year-old\s[^.;,\n]*\Z")


class Context:
    """One article's cues, found once; each question costs a search in sorted lists, so long articles stay cheap."""

    def __init__(self, article: Article, tagging: Tagging, evidence: Evidence) -> None:
        self._text, self._lang, self._evidence = article.text, article.lang, evidence
        self._year = article.publication.day.year if article.publication else None
        self._sentences = tagging.sentences or ((0, len(article.text)),)
        self._starts = [start for start, _ in self._sentences]
        self._breaks = [-1, *(match.start() for match in re.finditer(r"\n", article.text)), len(article.text)]
        self._cues: Mapping[str, Sequence[int]] = {
            kind: [match.start() for match in pattern.finditer(article.text)]
            for (kind, lang), pattern in evidence.cues.items()
            if lang == article.lang
        }
        persons = [mention for mention in tagging.mentions if mention.label is Label.PERSON]
        self._person_starts = [mention.start for mention in persons]
        self._person_ends = [mention.end for mention in persons]

    def sentence(self, mention: Mention) -> Range:
        """Return the sentence of a mention, or the whole text where none holds it."""
        index = bisect_right(self._starts, mention.start) - 1
        if index >= 0 and mention.start < self._sentences[index][1]:
            return self._sentences[index]
        return 0, len(self._text)

    def paragraph(self, mention: Mention) -> Range:
        """Return the stretch between the line breaks around a mention."""
        index = bisect_left(self._breaks, mention.start)
        return self._breaks[index - 1] + 1, self._breaks[index]

    def has_cue(self, kind: str, stretch: Range) -> bool:
        """Tell whether a cue of this kind starts within `stretch`."""
        places = self._cues.get(kind, ())
        index = bisect_left(places, stretch[0])
        return index < len(places) and places[index] < stretch[1]

    def has_cue_near(self, kind: str, mention: Mention) -> bool:
        """Tell whether a cue stands in the sentence of a mention and near it: a roster of two hundred names is one sentence too."""
        start, end = self.sentence(mention)
        return self.has_cue(kind, (max(start, mention.start - _NEAR), min(end, mention.end + _NEAR)))

    def states(self, mention: Mention, role: str) -> bool:
        """Tell whether the sentence of a mention itself has the words of a role."""
        start, end = self.sentence(mention)
        return role.casefold() in self._text[start:end].casefold()

    def has_cue_anywhere(self, kind: str) -> bool:
        """Tell whether the article has a cue of this kind at all."""
        return bool(self._cues.get(kind))

    def said_of(self, mention: Mention, kind: str) -> bool:
        """Tell whether a cue of this kind is said of the one named: in the title before the name or right after it.

        The title ends where another person is named or a clause ends; after a name only an apposition counts in
        English, and the next few letters in Korean.
        """
        pattern = self._evidence.cues.get((kind, self._lang))
        return pattern is not None and any(pattern.search(part) for part in (self._before(mention), self._after(mention)))

    def follows_cue(self, mention: Mention, kind: str) -> bool:
        """Tell whether a cue of this kind ends right before the name: "Chinese …", "China's …", "북한 …"."""
        pattern = self._evidence.cues.get((kind, self._lang))
        if pattern is None:
            return False
        part = self._text[max(0, mention.start - _BEFORE) : mention.start]
        return any(_POSSESSIVE.fullmatch(part, match.end()) for match in pattern.finditer(part))

    def precedes_cue(self, mention: Mention, kind: str) -> bool:
        """Tell whether the name is followed by a cue of this kind that belongs to it: "… of the DPRK", "… (North Korea)"."""
        pattern = self._evidence.cues.get((kind, self._lang))
        link = _OF.match(self._text, mention.end)
        return pattern is not None and link is not None and pattern.match(self._text, link.end()) is not None

    def birth_years(self, mention: Mention) -> Iterator[int]:
        """Yield the years in which the one named was born, as the words around the name give it: ", 54,", "(born in 1971)", "39-year-old"."""
        after = _AGE_AFTER.match(self._text, mention.end)
        before = _AGE_BEFORE.search(self._text, max(0, mention.start - _BEFORE), mention.start)
        if after is not None and after["year"]:
            yield int(after["year"])
        if self._year is not None:
            yield from (self._year - int(match["age"]) for match in (after, before) if match is not None and match["age"])

    def _before(self, mention: Mention) -> str:
        index = bisect_right(self._person_ends, mention.start) - 1
        border = self._person_ends[index] if index >= 0 else 0
        start = max(border, mention.start - _BEFORE, self.sentence(mention)[0])
        part = self._text[start : mention.start]
        if self._lang == "ko":
            return _KOREAN_BREAK.split(part)[-1]
        return _TITLE_BREAK.split(part)[-1]

    def _after(self, mention: Mention) -> str:
        index = bisect_right(self._person_starts, mention.start)
        border = self._person_starts[index] if index < len(self._person_starts) else len(self._text)
        end = min(border, mention.end + _AFTER.get(self._lang, _BEFORE), self.sentence(mention)[1])
        part = _CLAUSE_END.split(self._text[mention.end : max(end, mention.end)], maxsplit=1)[0]
        if self._lang == "ko":
            return re.split(r"[,·]", part)[0]
        if _APPOSITION.match(part) is None:
            return ""
        return re.split(r",", part.lstrip(" ,(–—-"))[0]
