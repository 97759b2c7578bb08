"""Which mentions are of one entity: brackets, surnames, repeated names, bodies with a country, capitals for states."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from models.knowledge import Knowledge, KnowledgeEntity
from models.vocabulary import Label, Via
from pipeline.tag.entities import BODIES, FIRM_ENDS, Entity, EntityBook, Named, name_keys, name_kind
from pipeline.tag.lists import WordLists
from pipeline.tag.posts import Posts
from pipeline.tag.reading import Found, Reading
from pipeline.tag.recognition import MODEL
from pipeline.tag.salience import Presence
from pipeline.tag.titles import Title
from pipeline.text.names import normalise_name
from pipeline.text.spans import Ranges

__all__ = ["Coreference"]

_ACRONYM = re.compile(r"\s?\(\s*(?:the |or |also known as |aka )?[\"“'‘]?([A-Z][A-Za-z&-]{1,8}|[A-Z]\.(?:[A-Z]\.)+)[\"”'’]?\s*[);,]")
_AKA = re.compile(
    r"\s?[(,]\s?(?:aka|a\.k\.a\.|also known as|also tracked as|also called|formerly|formerly known as)\s([^()\n]{2,120}?)(?:\)|, (?:which|who|has|have|is|was)\b)"
)
_LOCATIVE = frozenset(
    "in at near from outside inside around within central downtown northern southern eastern western visiting visited reached leaving left".split()
)
_FULL_NAME = 3
"""Words from which on the name of a body means it wherever it stands."""
_NEAR = 60
"""Characters before a body within which a country's word is held to be its own ("South Korea's defense ministry")."""


class Coreference:
    """Ties names to entities, and finds the further mentions that only the article itself explains."""

    def __init__(self, lists: WordLists, knowledge: Knowledge, adjectives: Mapping[str, str]) -> None:
        self._knowledge = knowledge
        self._adjectives = adjectives
        self._surnames = lists.get("korean_surnames")
        self._chinese = lists.get("chinese_surnames")
        self._syllables = lists.get("korean_syllables")
        self._particles = lists.get("name_particles")
        self._common = lists.get("common_words")
        self._by_surname = self._index_surnames()
        self._bodies = self._index_bodies()
        self._full_names = self._index_full_names()
        self._posts = Posts(knowledge)

    def _index_surnames(self) -> Mapping[str, list[KnowledgeEntity]]:
        table: dict[str, list[KnowledgeEntity]] = {}
        for entity in self._knowledge.entities.values():
            if entity.label is Label.PERSON and entity.posts:
                for surname in {surname for alias in entity.aliases if alias.lang == "en" for surname in self.surnames_of(alias.text)}:
                    table.setdefault(surname, []).append(entity)
        return table

    def _index_bodies(self) -> Mapping[tuple[str, str], set[str]]:
        """Map name or short form and country to the ids of the bodies of states that are called so there."""
        table: dict[tuple[str, str], set[str]] = {}
        for entity in self._knowledge.entities.values():
            if entity.label is Label.AGENCY and entity.country:
                names = [alias.text for alias in entity.aliases if alias.lang == "en" and alias.kind in {"name", "short"}]
                for name in (*names, entity.name.partition(" (")[0]):
                    table.setdefault((normalise_name(name), entity.country), set()).add(entity.id)
        return table

    def _index_full_names(self) -> Mapping[str, tuple[str, ...]]:
        """Map full names of bodies, which no other words are likely to be, to the ids of the bodies that bear them."""
        table: dict[str, dict[str, None]] = {}
        for entity in self._knowledge.entities.values():
            for alias in entity.aliases if entity.label in BODIES else ():
                name = normalise_name(alias.text)
                if alias.lang == "en" and alias.kind == "name" and len(name.split()) >= _FULL_NAME:
                    table.setdefault(name, {})[entity.id] = None
        return {name: tuple(ids) for name, ids in table.items()}

    def surnames_of(self, name: str) -> set[str]:
        """Return the words by which a person with this full name is called alone; none for a name of one word."""
        words = [word for word in re.split(r"[ \xa0]+", name) if word]
        if len(words) < 2:
            return set()
        korean = words[0] in self._surnames and ("-" in words[1] or len(words) == 3)
        joined = (
            len(words) == 2
            and words[0] in self._surnames | self._chinese
            and words[1].lower() not in self._common
            and self._is_eastern(words[1])
        )
        if korean or joined:
            return {words[0]}
        for index, word in enumerate(words[1:-1], start=1):
            if word.lower() in self._particles:
                return {" ".join(words[index:]), words[-1]}
        return {words[-1]}

    def _is_eastern(self, given: str) -> bool:
        low = given.lower()
        vowels = re.findall(r"[aeiou]+", low)
        return (
            low in self._syllables
            or any(low[:cut] in self._syllables and low[cut:] in self._syllables for cut in range(1, len(low)))
            or (len(vowels) <= 2 and bool(re.fullmatch(r"(?:(?:[zcs]h|[b-df-hj-np-tw-z])?[aeiouü]{1,3}(?:ng|n|r)?){1,2}", low)))
        )

    # --- the whole -----------------------------------------------------------------------------------------------

    def resolve(self, reading: Reading, finds: Sequence[Found], titles: Sequence[Title]) -> list[Named]:
        """Return the mentions in order: the finds given and those that follow from them, each with its entity."""
        book = EntityBook()
        taken = Ranges([(found.start, found.end) for found in finds])
        majority = self._majority(finds)
        by_end = {title.end: title for title in titles}
        named = [
            self._name_one(reading, self._without_namesakes(reading, found, by_end.get(found.start - 1)), book, majority)
            for found in finds
            if not self._is_single(found, reading)
        ]
        self._note_titles(named, by_end, book)
        presence = Presence(reading)
        presence.note_names((one.start, one.end, one.entity) for one in named if one.label is Label.PERSON)
        named += [
            self._name_single(
                reading,
                found,
                book,
                by_end.get(found.start - 1) or by_end.get(found.start - 2) or _title_after(reading, found.end, titles),
                presence,
            )
            for found in sorted(finds, key=lambda found: found.start)
            if self._is_single(found, reading) and _HOUSE.match(reading.text, found.end) is None
        ]
        named = [replace(one, label=book.entities[one.entity].label) if one.label in BODIES else one for one in named]
        surnames = partial(self._bare_surnames, presence, titles)
        for spread in (self._brackets, self._aliases, self._repeats, surnames):
            for extra in spread(reading, sorted(named, key=lambda one: one.start), book):
                if taken.add(extra.start, extra.end):
                    named.append(extra)
                elif extra.via is Via.BRACKET:
                    # What the text itself says of an acronym is more than the recogniser, which took it for a name of its own.
                    named = [extra if _is_guess(one) and (one.start, one.end) == (extra.start, extra.end) else one for one in named]
        return sorted(named, key=lambda one: one.start)

    def _is_single(self, found: Found, reading: Reading) -> bool:
        return found.label is Label.PERSON and not found.ids and not re.search(r"[ \xa0]", reading.text[found.start : found.end])

    def _majority(self, finds: Iterable[Found]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for found in finds:
            for ident in found.ids:
                country = self._knowledge.entities[ident].country
                if found.label is Label.PLACE and country:
                    counts[country] += 1
        return counts

    def _without_namesakes(self, reading: Reading, found: Found, title: Title | None) -> Found:
        """Return the find without the known officials that the text shows not to be meant: "Professor …", "By … SEOUL, Dec. 29"."""
        if found.label is not Label.PERSON or not found.ids:
            return found
        private = title is not None and title.kind == "private" and title.head not in _COURTESY
        if not private and _BYLINE.search(reading.text, max(0, found.start - _NEAR), found.start) is None:
            return found
        return replace(found, ids=tuple(ident for ident in found.ids if not self._posts.serves_state(ident)))

    def _name_one(self, reading: Reading, found: Found, book: EntityBook, majority: Counter[str]) -> Named:
        text = reading.text[found.start : found.end]
        if found.rule == MODEL and found.label in BODIES:
            # The gazetteer saw it in a longer name, if at all: "the Treasury Department's Office of Foreign Assets Control".
            found = replace(found, ids=self._full_names.get(normalise_name(text), ()))
        if found.ids:
            known = self._choose(reading, found, majority)
            state = self._knowledge.entities.get(known.stands_for or "")
            metonym = state is not None and found.label is Label.PLACE and self._is_metonym(reading, found)
            if state is not None and metonym:
                known = state
            entity = book.add_known(known, found.label, text)
            if found.label is Label.PERSON:
                book.add_surnames(entity, self.surnames_of(text), text.split())
            return _named(found, text, entity, Via.METONYM if metonym else Via.DIRECT, metonym=metonym)
        state_body = self._body_of_state(text) if found.label is Label.AGENCY else None
        if state_body is not None:
            return _named(found, text, book.add_known(state_body, found.label, text), Via.DIRECT)
        country = self._country_before(reading, found.start) if found.label is Label.AGENCY else None
        entity = self._same_name(text, found.label, book) or book.add_unknown(found.label, _tidy(text), country)
        # Nobody calls the writer of a report by his surname.
        if found.label is Label.PERSON and _BYLINE.search(reading.text, max(0, found.start - _NEAR), found.start) is None:
            book.add_surnames(entity, self.surnames_of(text), text.split())
        return _named(found, text, entity, Via.DIRECT)

    def _same_name(self, text: str, label: Label, book: EntityBook) -> Entity | None:
        """Return the entity of this kind that has this name, or one that differs by a middle initial or a type of firm."""
        words = normalise_name(text).split()
        kind = name_kind(label)
        for key in name_keys(words, label):
            entity = book.by_name.get((kind, key))
            if entity is not None:
                return entity
        return None

    # --- bodies and countries ------------------------------------------------------------------------------------

    def _choose(self, reading: Reading, found: Found, majority: Counter[str]) -> KnowledgeEntity:
        """Choose among the entities that bear one name: by the country written before or in it, else by the article's main country."""
        options = [self._knowledge.entities[ident] for ident in found.ids]
        if len(options) == 1:
            return options[0]
        near = self._country_before(reading, found.start) or self._country_in(reading.text[found.start : found.end])
        for option in options:
            if near is not None and option.country == near:
                return option
        published = reading.published
        current = [
            option
            for option in options
            if published is None
            or ((option.valid_from is None or option.valid_from <= published) and (option.valid_to is None or published <= option.valid_to))
        ]
        return max(current or options, key=lambda option: majority[option.country or ""])

    def _country_before(self, reading: Reading, start: int) -> str | None:
        left = max(0, start - _NEAR, reading.sentence_at(start)[0])
        window = reading.text[left:start]
        match = re.search(r"([\w.]+(?: [\w.]+)?)(?:['’]s)?(?: [a-z]+)?\s*\Z", window)
        if match is None:
            return None
        words = match[1].split()
        for size in (2, 1):
            code = self._adjectives.get(" ".join(words[-size:]))
            if code:
                return code
        return None

    def _body_of_state(self, text: str) -> KnowledgeEntity | None:
        """Return the known body that a name with its state means: "Ministry of National Defence of the DPRK", "DPRK Foreign Ministry"."""
        words = text.split()
        for cut in range(1, len(words)):
            left, right = words[:cut], words[cut:]
            if left[-1].lower() == "of" and cut > 1:
                body, state = left[:-1], right[1:] if right[0].lower() == "the" else right
            else:
                state, body = left, right
            country = self._adjectives.get(" ".join(state))
            known = self._bodies.get((normalise_name(" ".join(body)), country), set()) if country else set()
            if len(known) == 1:
                return self._knowledge.entities[next(iter(known))]
        return None

    def _country_in(self, text: str) -> str | None:
        words = text.split()
        return self._adjectives.get(" ".join(words[:2])) or self._adjectives.get(words[0])

    def _is_metonym(self, reading: Reading, found: Found) -> bool:
        """Tell whether a capital stands for its state: not in a dateline, not after a word of place, not before "-based"."""
        text, start, end = reading.text, found.start, found.end
        word = text[start:end]
        if reading.dateline is not None and reading.dateline.overlaps(start, end):
            return False
        if word.isupper() and len(word) > 3:
            return False
        if re.match(
            r"[-‐](?:based|born|area)|\s+(?:\(|[A-Z][a-z]+\. \d)|,\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|[A-Z][a-z]+ \d)| on [A-Z][a-z]+day| time\b",
            text[end : end + 20],
        ):
            return False
        before = re.search(r"(\w+)\s*(?:the\s+)?\Z", text[max(0, start - 20) : start])
        if before is None:
            return True
        if before[1].lower() in _LOCATIVE:
            return False
        return (
            before[1].lower() != "to"
            or re.search(
                r"\b(?:visit|trip|travel\w*|flew|fly|flight|return\w*|sent|move\w*|came|come|went|go|going|arriv\w*|tour) to\s*\Z",
                text[max(0, start - 25) : start],
            )
            is None
        )

    # --- persons -------------------------------------------------------------------------------------------------

    def _note_titles(self, named: Iterable[Named], by_end: Mapping[int, Title], book: EntityBook) -> None:
        for one in named:
            title = (by_end.get(one.start - 1) or by_end.get(one.start - 2)) if one.label is Label.PERSON else None
            if title is not None:
                book.entities[one.entity].titles.add(title.head)

    def _name_single(self, reading: Reading, found: Found, book: EntityBook, title: Title | None, presence: Presence) -> Named:
        """Tie one word with or without a title to the person called so: same title first, then the one talked about, then a known office-holder."""
        text = reading.text[found.start : found.end]
        options = book.by_surname.get(text, []) or book.by_part.get(text, [])
        options = _with_title(options, title)
        if options:
            person = presence.most_present((entity.id for entity in options), found.start) or options[-1].id
            presence.note_short(found.start, found.end, person)
            return _named(found, text, book.entities[person], Via.COREF)
        known = self._office_holder(reading, text, title) or self._leader(reading, text, found.end)
        entity = book.add_known(known, Label.PERSON, known.name) if known is not None else book.add_unknown(Label.PERSON, text, None)
        book.add_surnames(entity, {text})
        presence.note_names([(found.start, found.end, entity.id)])
        return _named(found, text, entity, Via.DIRECT if known is None else Via.COREF)

    def _leader(self, reading: Reading, surname: str, end: int) -> KnowledgeEntity | None:
        """Return whom "the Kim regime" is named after: who led a government then, or else the last of that surname who had done so."""
        rule = _RULE.match(reading.text, end)
        if rule is None:
            return None
        terms = [(person, post) for person in self._by_surname.get(surname, ()) for post in person.posts if post.leads]
        if rule[1] in {"regime", "dictatorship"}:
            terms = [(person, post) for person, post in terms if post.role == "leader"] or terms
        now = {person.id: person for person, post in terms if post.held_on(reading.published)}
        if not now:
            ended = [(post.end, person) for person, post in terms if post.end and reading.published and post.end < reading.published]
            return max(ended, key=lambda pair: pair[0])[1] if ended else None
        return next(iter(now.values())) if len(now) == 1 else None

    def _office_holder(self, reading: Reading, surname: str, title: Title | None) -> KnowledgeEntity | None:
        if title is None or title.kind == "private":
            return None
        words = set(re.findall(r"\w+", reading.text[title.start : title.end].lower()))
        fitting = []
        for person in self._by_surname.get(surname, ()):
            for post in person.posts:
                held = reading.published is None or (post.start is None or post.start <= reading.published)
                if held and set(re.findall(r"\w+", post.role.lower())) & words:
                    fitting.append(person)
                    break
        return fitting[0] if len(fitting) == 1 else None

    def _bare_surnames(
        self, presence: Presence, titles: Sequence[Title], reading: Reading, named: Sequence[Named], book: EntityBook
    ) -> Iterator[Named]:
        for surname, options in sorted(book.by_surname.items(), key=lambda pair: (-len(pair[0]), pair[0])):
            if len(surname) < 2 or surname in self._adjectives:
                continue
            ids = {entity.id: entity for entity in options}
            taken = {one.start for one in named if one.label is Label.PERSON}
            for match in re.finditer(rf"(?<![\w-]){re.escape(surname)}(?![\w-])", reading.text):
                if match.start() not in taken and self._stands_alone(reading, match.start(), match.end(), surname):
                    fitting = _with_title([*ids.values()], _title_after(reading, match.end(), titles))
                    entity = ids[presence.most_present((one.id for one in fitting), match.start()) or fitting[0].id]
                    presence.note_short(match.start(), match.end(), entity.id)
                    yield Named(
                        match.start(), match.end(), surname, Label.PERSON, "surname", entity.id, entity.name, Via.COREF, entity.country
                    )

    def _stands_alone(self, reading: Reading, start: int, end: int, surname: str) -> bool:
        text = reading.text
        if _HOUSE.match(text, end) is not None:
            return False
        if re.match(r"[ \xa0]+(?:[A-Z][a-z]+-[a-z]+|[A-Z][a-z]+ [A-Z][a-z]+ (?:said|says))", text[end : end + 40]):
            return False
        if re.search(r"\b[A-Z][a-z]+ \Z", text[max(0, start - 15) : start]) and not re.search(
            r"(?:\b(?:President|Minister|Mr|Ms|Mrs|Dr|Secretary|Senator|Rep|Gen|Chairman|General|Judge|Director|Ambassador|Premier|Leader)|[.?!,”\"]) \Z",
            text[max(0, start - 15) : start],
        ):
            before = re.search(r"\b([A-Z][a-z]+) \Z", text[max(0, start - 15) : start])
            if before is not None and before[1].lower() not in self._common:
                return False
        if surname.lower() in self._common or surname in _DOUBTFUL:
            return (
                not reading.starts_sentence(start)
                or re.match(r"['’]s|,? (?:said|says|told|added|also|was|is|has|had|noted|wrote)\b", text[end : end + 12]) is not None
            )
        return True

    # --- spreading -----------------------------------------------------------------------------------------------

    def _brackets(self, reading: Reading, named: Sequence[Named], book: EntityBook) -> Iterator[Named]:
        """Yield, for "Full Name (FN)", the acronym, there and wherever it occurs."""
        for one in named:
            if one.label is Label.PLACE and " " not in one.text:
                continue
            match = _ACRONYM.match(reading.text, one.end)
            if match is None or not _may_abbreviate(match[1], one.text) or one.label is Label.PERSON:
                continue
            pattern = rf"(?<![\w-]){re.escape(match[1])}(?!\w)(?!-\d)"
            for place in re.finditer(pattern, reading.text):
                yield Named(place.start(), place.end(), match[1], one.label, "bracket", one.entity, one.name, Via.BRACKET, one.country)

    def _aliases(self, reading: Reading, named: Sequence[Named], book: EntityBook) -> Iterator[Named]:
        """Yield, for "Lazarus Group (aka Diamond Sleet and Pompilus)", the other names, there and wherever they occur."""
        for one in named:
            match = _AKA.match(reading.text, one.end) if one.label is not Label.PLACE else None
            for name in re.split(r",\s*(?:and |or )?|\s+and\s+|\s+or\s+", match[1]) if match is not None else ():
                name = name.strip(" \"'“”‘’")
                if not re.fullmatch(r"[A-Z][\w.-]*(?: [A-Z][\w.-]*){0,3}", name) or name.lower() in self._common:
                    continue
                for place in re.finditer(rf"(?<![\w-]){re.escape(name)}(?!\w|-[A-Z])", reading.text):
                    yield Named(place.start(), place.end(), name, one.label, "alias", one.entity, one.name, Via.BRACKET, one.country)

    def _repeats(self, reading: Reading, named: Sequence[Named], book: EntityBook) -> Iterator[Named]:
        """Yield the same string elsewhere: a name is a name wherever it stands."""
        seen: dict[str, Named] = {}
        for one in named:
            if one.label is not Label.PLACE and one.text not in seen and len(one.text) > 2 and one.text[:1].isupper():
                if one.rule.startswith("gazetteer_short") or (one.label is Label.PERSON and one.via is Via.COREF):
                    continue
                seen[one.text] = one
                short = _without_firm_end(one.text) if one.label is Label.ORG and one.entity.startswith("doc:") else None
                if short and short.lower() not in self._common:
                    seen.setdefault(short, replace(one, text=short))
        for text, one in sorted(seen.items(), key=lambda pair: (-len(pair[0]), pair[0])):
            if text.lower() in self._common and " " not in text:
                continue
            for match in re.finditer(rf"(?<![\w-]){re.escape(text)}(?!\w|-[A-Z])", reading.text):
                yield Named(match.start(), match.end(), text, one.label, "repeat", one.entity, one.name, Via.COREF, one.country)


def _is_guess(one: Named) -> bool:
    return one.rule == MODEL and one.via is Via.DIRECT


_COURTESY = frozenset("mr mr. mrs mrs. ms ms. miss dr dr. doctor sir dame lord lady comrade".split())
_BYLINE = re.compile(r"(?:\A|[^\w ]|[a-z)])By (?:[A-Z][\w.-]+(?: [A-Z][\w.-]+){1,2}(?:,| and) )*\Z")


_OPENS_APPOSITION = re.compile(r", (?:the|a) (?:(?:former|acting|then|new) )?")


def _title_after(reading: Reading, end: int, titles: Sequence[Title]) -> Title | None:
    """Return the title in an apposition right after a surname: "Kim, the vice minister, said"."""
    match = _OPENS_APPOSITION.match(reading.text, end)
    if match is None:
        return None
    index = bisect_left(titles, match.start() + 2, key=lambda title: title.start)
    return titles[index] if index < len(titles) and titles[index].start <= match.end() else None


def _with_title(options: list[Entity], title: Title | None) -> list[Entity]:
    """Return those who were given such a title before; all of them where nobody was."""
    return [entity for entity in options if title is not None and title.head in entity.titles] or options


_HOUSE = re.compile(r"\s(?:dynasty|family|clan|bloodline)\b")
"""What follows a surname that means a house and nobody of it."""
_RULE = re.compile(r"\s(regime|administration|government|dictatorship)\b")


_DOUBTFUL = frozenset(
    "Park Song Moon Ban Ra No So An In Han Oh Do Long Young Brown White Green Black King Work Sessions Rice Rose Bush Case Cash Close Day Page Price Stone Wood Wood".split()
)


def _named(found: Found, text: str, entity: Entity, via: Via, *, metonym: bool = False) -> Named:
    return Named(found.start, found.end, text, found.label, found.rule, entity.id, entity.name, via, entity.country, metonym)


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _without_firm_end(name: str) -> str | None:
    words = name.split()
    while len(words) > 1 and words[-1].rstrip(".").lower() in FIRM_ENDS:
        words.pop()
    return " ".join(words) if len(words) < len(name.split()) else None


def _may_abbreviate(acronym: str, name: str) -> bool:
    """Tell whether the letters of the acronym occur in the name in order, the first at the start of a word."""
    letters = re.sub(r"[^A-Za-z]", "", acronym).lower()
    words = re.findall(r"[A-Za-z]+", name)
    initials = "".join(word[0] for word in words).lower()
    capitals = "".join(word[0] for word in words if word[0].isupper()).lower()
    if letters in {initials, capitals} or (len(letters) > 2 and _in_order(letters, initials)):
        return True
    joined = "".join(words).lower()
    return bool(words) and letters[0] in initials and _in_order(letters, joined) and len(letters) >= 3 and len(words) > 1


def _in_order(letters: str, text: str) -> bool:
    at = 0
    for letter in letters:
        at = text.find(letter, at) + 1
        if at == 0:
            return False
    return True
