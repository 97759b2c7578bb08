"""New Examples from old ones: other names in the same sentences, sentences from templates, other styles of writing.

A recogniser trained on the corpora knows the names of their years and countries. Swapping names teaches it to read the
words around a name; the templates, written for this project, bring the manner of news on Korea and the labels that no
open corpus has. Everything is drawn from the `random.Random` given, so equal seeds give equal Examples.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.knowledge import Knowledge, KnowledgeEntity
from models.vocabulary import Label
from pipeline.tag.lists import load_lists
from pipeline.text.yaml_lines import Node, read_yaml
from pipeline.train.english.corpora import DATA, Cutter, word_cutter
from pipeline.train.english.examples import ANY, LABELS, OUTSIDE, Example, allow, mask_of, tag_spans

__all__ = ["Augmenter", "curl_quotes", "drop_stop", "lower_case", "straighten_quotes", "title_case", "upper_case"]

_PART = re.compile(r"\{(\w+)([\^!]?)\}")
_SLOT = re.compile(r"\{(?:([A-Z]+)=([^{}]+)|(\w+)(?::(\w+))?)\}")
_OWNED = re.compile(r"(?<!People)['’]s ")
"""A country with 's is a name of its own; a People's Republic is one name."""
_BEGINS = {label: mask_of(f"B-{label.value}") for label in LABELS}
_INSIDE = {label: mask_of(f"I-{label.value}") for label in LABELS}
_ALL_BEGINS = sum(_BEGINS.values())
_AGENCY_BITS = _BEGINS[Label.AGENCY] | _INSIDE[Label.AGENCY]
_PEOPLE = ("dprk", "rok", "western", "chinese", "japanese", "russian", "other")
_PEOPLE_SHARES = (24, 30, 22, 7, 5, 6, 6)
_PERSON_SLOTS = frozenset({"person", "last_new", *_PEOPLE})
_DERIVED = frozenset({"last", "short", "acronym"})
_PLACE_SLOTS = frozenset({"place", "city", "country", "region", "site", "country_long_place"})
_THING_SLOTS = {"vessel": Label.VESSEL, "weapon": Label.WEAPON, "malware": Label.MALWARE}
_AGENCY_PREFIXES = ("agency", "ministry", "un_", "acronym_agency")
_ORG_PREFIXES = ("org", "acronym_org", "chinese_firm", "russian_company")
_KINDS = {
    "kb_company": {"company"},
    "kb_bank": {"bank"},
    "kb_exchange": {"exchange", "crypto", "mixer"},
    "kb_security": {"security", "analysis"},
    "kb_thinktank": {"think tank", "institute"},
    "kb_media": {"media"},
    "kb_party": {"party"},
    "kb_hackers": {"hacking group"},
}
_NEAR = ("North Korea", "South Korea", "China", "Japan", "Russia", "U.S.", "United States", "DPRK", "ROK")
_NEAR_ADJECTIVES = ("North Korean", "South Korean", "Chinese", "Japanese", "Russian", "American")
_SMALL_WORDS = frozenset("a an the of in on at to for and or but as by from with over into after amid via vs nor".split())
_CLOSING = frozenset({"'s", "'re", "'ve", "'ll", "'m", "'d", "n't"})


@dataclass(frozen=True, slots=True)
class _Person:
    """One invented human: the name in full, and what a text calls them after that."""

    full: str
    last: str


@dataclass(frozen=True, slots=True)
class _Name:
    """One name in an Example: words first to last - 1, the labels it may have, and whether a country may belong to it."""

    first: int
    last: int
    labels: frozenset[Label]
    attached: bool


class _Grammar:
    """Names made of parts: each rule is a list of forms, and each part of a form is made by its own rule."""

    def __init__(self, rules: Mapping[str, Sequence[str]]) -> None:
        self._rules = {name: tuple(forms) for name, forms in rules.items()}
        while True:
            # A form whose part has no forms at all (a knowledge base without banks) can't be made.
            kept = {name: tuple(form for form in forms if self._is_made(form)) for name, forms in self._rules.items()}
            if kept == self._rules:
                break
            self._rules = kept

    def _is_made(self, form: str) -> bool:
        return all(self._rules.get(part) for part, _ in _PART.findall(form))

    def __contains__(self, rule: str) -> bool:
        return bool(self._rules.get(rule))

    def make(self, rule: str, rng: random.Random) -> str:
        """Return one name by a rule."""
        return _PART.sub(lambda part: _cased(self.make(part[1], rng), part[2]), rng.choice(self._rules[rule]))


def _cased(text: str, mark: str) -> str:
    return text.upper() if mark == "!" else text[:1].upper() + text[1:] if mark == "^" else text


class Augmenter:
    """Makes new Examples. Building one takes about a second; the methods change nothing in it."""

    def __init__(self, knowledge: Knowledge, *, folder: Path = DATA) -> None:
        self._cut: Cutter = word_cutter(knowledge)
        rules = {name: node.strings() for name, node in read_yaml(folder / "names.yaml").fields().items()}
        self._grammar = _Grammar({**rules, **_knowledge_rules(knowledge)})
        self._ends = {word for name in ("trade_end", "firm_end", "bank_end", "industry") for form in rules[name] for word in form.split()}
        self._known_people = _known_people(knowledge)
        templates = read_yaml(folder / "templates.yaml").fields(frozenset({"sentences", "headlines"}))
        self._sentences = tuple(self._checked(node) for node in templates["sentences"].items())
        self._headlines = tuple(self._checked(node) for node in templates["headlines"].items())

    # --- many Examples ---

    def swapped(self, examples: Iterable[Example], rng: random.Random, *, share: float = 0.7) -> Iterator[Example]:
        """Yield the Examples that have names, with other names in them; `share` is the probability that a name is replaced."""
        for example in examples:
            new = self.swap(example, rng, share=share)
            if new is not example:
                yield new

    def composed(self, count: int, rng: random.Random) -> Iterator[Example]:
        """Yield `count` Examples made of templates."""
        for _ in range(count):
            yield self.compose(rng)

    def restyled(self, examples: Iterable[Example], rng: random.Random, *, share: float = 0.2) -> Iterator[Example]:
        """Yield all Examples in their order; `share` is the probability that one is put in another style of writing."""
        for example in examples:
            yield self.restyle(example, rng) if rng.random() < share else example

    # --- names ---

    def swap(self, example: Example, rng: random.Random, *, share: float = 0.7) -> Example:
        """Return the Example with other names of the same labels; equal names stay equal, surnames fit their full names.

        A name that may be AGENCY or ORG becomes a name of one of them, so the new annotation is sharper than the old one.
        Names that are uncertain otherwise stay. Returns the Example itself where nothing was replaced.
        """
        names = list(_names(example))
        people = self._people_for(example, names, rng)
        made: dict[tuple[str, ...], tuple[str, Label] | None] = {}
        words: list[str] = []
        allowed: list[int] = []
        at = 0
        before: tuple[int, str, Label] | None = None
        for name in names:
            key = example.words[name.first : name.last]
            if key not in made:
                made[key] = self._replacement(example, name, people, rng) if rng.random() < share and not _is_fixed(example, name) else None
                if made[key] and before and _in_brackets(example, name, before[0]):
                    made[key] = (_initials(before[1]), before[2])
            words += example.words[at : name.first]
            allowed += example.allowed[at : name.first]
            at = name.first
            new = made[key]
            before = None
            if new is not None:
                text, label = new
                before = (name.last, text, label)
                self._put(example, name, text, label, words, allowed)
                at = name.last
        if not any(made.values()):
            return example
        words += example.words[at:]
        allowed += example.allowed[at:]
        return Example(tuple(words), tuple(allowed), f"{example.source}/swapped")

    def _put(self, example: Example, name: _Name, text: str, label: Label, words: list[str], allowed: list[int]) -> None:
        """Write a new name at the end of the lists."""
        after = example.words[name.last] if name.last < len(example.words) else ""
        # Cut before another word, since a stop at the very end of a text is a word of its own.
        new = [word.text for word in self._cut(f"{text} was")][:-1]
        if new[-1].endswith(".") and after == ".":
            new[-1] = new[-1].removesuffix(".") or "."
        bits = [allow([label], "B" if place == 0 else "I") for place in range(len(new))]
        if name.attached and label is Label.AGENCY:
            bits[0] |= _INSIDE[Label.AGENCY]
        elif name.attached:
            place = len(allowed) - 1
            while place >= 0 and allowed[place] & _AGENCY_BITS and allowed[place] & OUTSIDE:
                allowed[place] &= ~_AGENCY_BITS
                place -= 1
        words += _in_case(new, example, name, label)
        allowed += bits

    def _replacement(self, example: Example, name: _Name, people: Mapping[tuple[str, ...], str], rng: random.Random) -> tuple[str, Label]:
        key = example.words[name.first : name.last]
        if name.labels == {Label.PERSON}:
            return people[key], Label.PERSON
        label = next(iter(name.labels)) if len(name.labels) == 1 else rng.choice((Label.AGENCY, Label.ORG))
        if label is Label.AGENCY:
            owned = name.first > 0 and example.words[name.first - 1] in {"'s", "’s"}
            small = all(word.islower() for word in key)
            rule = "ministry_small" if small else "agency_bare" if name.attached or owned else "agency"
            return self._grammar.make(rule, rng), label
        rules = {Label.ORG: "org", Label.PLACE: "place", Label.VESSEL: "vessel", Label.WEAPON: "weapon", Label.MALWARE: "malware"}
        return self._grammar.make(rules[label], rng), label

    def _people_for(self, example: Example, names: Sequence[_Name], rng: random.Random) -> dict[tuple[str, ...], str]:
        """Return a new name for each person of the Example; a single word that ends or begins a full name follows that one."""
        keys = dict.fromkeys(example.words[name.first : name.last] for name in names if name.labels == {Label.PERSON})
        full = {key: self._person("person", rng) for key in keys if len(key) > 1}
        people = {key: person.full for key, person in full.items()}
        for key in keys:
            if len(key) == 1:
                same = next((person for whole, person in full.items() if key[0] in {whole[0], whole[-1]}), None)
                people[key] = same.last if same else self._person("person", rng).last
        return people

    def _person(self, kind: str, rng: random.Random) -> _Person:
        """Return an invented human of a people; now and then, for "person", a known one."""
        if kind in {"person", "last_new"}:
            if self._known_people and rng.random() < 0.08:
                return rng.choice(self._known_people)
            kind = rng.choices(_PEOPLE, _PEOPLE_SHARES)[0]
        if kind == "dprk":
            return self._dprk_person(rng)
        if kind == "rok":
            return self._rok_person(rng)
        make = self._grammar.make
        if kind == "chinese":
            surname = rng.choice(load_lists("en").words["chinese_surnames"])
            return _Person(f"{surname} {make('chinese_given', rng)}", surname)
        if kind == "other":
            given, surname = rng.choice(load_lists("en").words["given_names"]), make("other_surnames", rng)
        else:
            tongue = "english" if kind == "western" else kind
            given, surname = make(f"{tongue}_given", rng), make(f"{tongue}_surnames", rng)
        middle = f"{rng.choice('ABCDEFGHJKLMPRSTW')}. " if kind == "western" and rng.random() < 0.12 else ""
        return _Person(f"{given} {middle}{surname}", surname)

    def _dprk_person(self, rng: random.Random) -> _Person:
        surname, (one, two) = self._grammar.make("dprk_surnames", rng), self._syllables("dprk_syllables", rng)
        forms = (f"{surname} {one.title()} {two.title()}", f"{surname} {one.title()}-{two}", f"{surname} {one.title()}")
        return _Person(rng.choices(forms, (80, 12, 8))[0], surname)

    def _rok_person(self, rng: random.Random) -> _Person:
        surname, (one, two) = self._grammar.make("rok_surnames", rng), self._syllables("rok_syllables", rng)
        given = (f"{one.title()}-{two}", f"{one.title()}-{two.title()}", f"{one.title()} {two.title()}", f"{one.title()}{two}", one.title())
        name = rng.choices(given, (58, 8, 10, 18, 6))[0]
        order = rng.random()
        if order < 0.12 and " " not in name:
            return _Person(f"{name} {surname}", surname)
        return _Person(f"{surname.upper() if order > 0.96 else surname} {name}", surname)

    def _syllables(self, rule: str, rng: random.Random) -> tuple[str, str]:
        one, two = self._grammar.make(rule, rng), self._grammar.make(rule, rng)
        return (one, two) if one != two else self._syllables(rule, rng)

    # --- templates ---

    def compose(self, rng: random.Random) -> Example:
        """Return an Example of one headline, or of one to four sentences of different templates."""
        if rng.random() < 0.12:
            example = self._example([rng.choice(self._headlines)], rng)
            return title_case(example) if rng.random() < 0.5 else example
        return self._example(rng.sample(self._sentences, rng.choices((1, 2, 3, 4), (35, 35, 20, 10))[0]), rng)

    def _example(self, templates: Iterable[str], rng: random.Random) -> Example:
        text = ""
        spans: list[tuple[int, int, Label]] = []
        for template in templates:
            if text:
                text += " "
            begin, at = len(text), 0
            bound: dict[str, _Person | str] = {}
            for slot in _SLOT.finditer(template):
                text += template[at : slot.start()]
                at = slot.end()
                filler, label = self._fill(slot, bound, rng)
                if template[at : at + 1] == ".":
                    # The stop of "Co." ends the sentence as well; it is no part of the name then.
                    filler = filler.removesuffix(".")
                if text.endswith((" a ", " A ")) and filler[0] in "AEIOaeio":
                    text = f"{text[:-1]}n "
                if label is not None:
                    spans.append((len(text), len(text) + len(filler), label))
                text += filler
            text += template[at:]
            text = text[:begin] + text[begin : begin + 1].upper() + text[begin + 1 :]
        words = self._cut(text)
        return Example(tuple(word.text for word in words), tag_spans([(word.start, word.end) for word in words], spans), "templates")

    def _fill(self, slot: re.Match[str], bound: dict[str, _Person | str], rng: random.Random) -> tuple[str, Label | None]:
        """Return what stands in a slot and its label."""
        literal, text, rule, key = slot.groups()
        if literal:
            return text, Label(literal)
        name = bound.get(key)
        if rule in _DERIVED:
            label = Label.PERSON if rule == "last" else _slot_label(str(bound[f"{key} rule"]))
            if isinstance(name, _Person):
                return name.last, Label.PERSON
            return (_initials(str(name)) if rule == "acronym" else self._short(str(name))), label
        if name is None:
            name = self._person(rule, rng) if rule in _PERSON_SLOTS else self._grammar.make(rule, rng)
            if key:
                bound[key], bound[f"{key} rule"] = name, rule
        if isinstance(name, _Person):
            return name.last if rule == "last_new" else name.full, Label.PERSON
        return name, _slot_label(rule)

    def _short(self, name: str) -> str:
        """Return the name of a firm without the words for its kind at the end."""
        words = name.split()
        while len(words) > 1 and words[-1] in self._ends:
            words.pop()
        return " ".join(words)

    def _checked(self, node: Node) -> str:
        """Return a template; ConfigurationError, with file and line, for a slot that nothing can fill."""
        template = node.string()
        if re.sub(_SLOT, "", template).count("{"):
            raise node.fail(f"a slot is not closed or has another form than {{rule}}, {{rule:key}} and {{LABEL=name}}: {template!r}")
        keys: dict[str, str] = {}
        for literal, _, rule, key in _SLOT.findall(template):
            if literal:
                if literal not in {label.value for label in LABELS}:
                    raise node.fail(f"{literal!r} is no label")
            elif rule in _DERIVED:
                if key not in keys or (rule == "last") != (keys[key] in _PERSON_SLOTS):
                    raise node.fail(f"{{{rule}:{key}}} follows no name of that kind with the key {key!r}")
            elif rule not in _PERSON_SLOTS and rule not in self._grammar:
                raise node.fail(f"there is no rule {rule!r} for names")
            elif key:
                keys.setdefault(key, rule)
        return template

    # --- styles ---

    def restyle(self, example: Example, rng: random.Random) -> Example:
        """Return the Example in one other style: capitals, title case, small letters, other quotation marks, or without its full stop."""
        styles = (upper_case, title_case, lower_case, curl_quotes, straighten_quotes, drop_stop)
        weights = (25, 25 if len(example.words) <= _HEADLINE else 0, 4, 20, 10, 16)
        return rng.choices(styles, weights)[0](example)


_HEADLINE = 30
"""Words of the longest headline."""


def _slot_label(rule: str) -> Label | None:
    """Return the label of what fills a slot; None for words that are no name."""
    if rule.startswith(_ORG_PREFIXES):
        return Label.ORG
    if rule.startswith(_AGENCY_PREFIXES):
        return Label.AGENCY
    if rule in _PLACE_SLOTS:
        return Label.PLACE
    return _THING_SLOTS.get(rule)


def _names(example: Example) -> Iterator[_Name]:
    """Yield the names whose borders are certain, and their labels certain or AGENCY or ORG."""
    place = 0
    while place < len(example.words):
        bits = example.allowed[place]
        first = place
        place += 1
        if bits == ANY or bits & OUTSIDE or not bits & _ALL_BEGINS:
            continue
        labels = frozenset(label for label in LABELS if bits & _BEGINS[label])
        inside = sum(_INSIDE[label] for label in labels)
        attached = bool(bits & inside)
        while place < len(example.words) and example.allowed[place] and not example.allowed[place] & ~inside:
            place += 1
        loose_end = place < len(example.words) and example.allowed[place] & inside
        if (len(labels) == 1 or labels == {Label.AGENCY, Label.ORG}) and not loose_end:
            yield _Name(first, place, labels, attached)


def _is_fixed(example: Example, name: _Name) -> bool:
    """Tell whether a place stands behind "the", where few others can ("the North")."""
    return name.labels == {Label.PLACE} and name.first > 0 and example.words[name.first - 1].lower() == "the"


def _in_brackets(example: Example, name: _Name, end: int) -> bool:
    """Tell whether a name is an acronym in brackets right behind the name that ends at a word."""
    return name.first == end + 1 and example.words[end] == "(" and name.last == name.first + 1 and example.words[name.first].isupper()


def _initials(name: str) -> str:
    letters = "".join(word[0] for word in re.findall(r"[\w']+", name) if word[0].isupper())
    return letters if len(letters) > 1 else re.sub(r"\W", "", name)[:3].upper()


def _in_case(new: list[str], example: Example, name: _Name, label: Label) -> list[str]:
    """Return the words in capitals or small letters where the Example is written so, places in capitals where the old one was."""
    plain = [word for word in example.words if word.isalpha()]
    old = example.words[name.first : name.last]
    if len(plain) > 3 and sum(word.islower() for word in plain) == len(plain):
        return [word.lower() for word in new]
    if len(plain) > 3 and sum(word.isupper() for word in plain) > 0.8 * len(plain):
        return [word.upper() for word in new]
    dateline = label is Label.PLACE and all(word.isupper() and len(word) > 3 for word in old)
    return [word.upper() for word in new] if dateline else new


# --- the knowledge base as rules ---


def _knowledge_rules(knowledge: Knowledge) -> dict[str, list[str]]:
    """Return the lists of names that the rules draw from the knowledge base and the word lists of the rules."""
    lists = load_lists("en")
    places = [entity for entity in knowledge.entities.values() if entity.label is Label.PLACE]
    countries = [name for entity in places if entity.kind == "country" for name in _written(entity)]
    adjectives = [alias.text for entity in places for alias in entity.aliases if _is_adjective(alias.text, alias.kind)]
    rules = {
        "country": countries + [name for name in _NEAR if name in countries] * (1 + len(countries) // 2 // len(_NEAR)),
        "adjective": adjectives
        + [name for name in _NEAR_ADJECTIVES if name in adjectives] * (1 + len(adjectives) // len(_NEAR_ADJECTIVES)),
        "place_city": [name for entity in places if entity.kind in {"city", "capital"} for name in _written(entity)],
        "place_region": [name for entity in places if entity.kind == "region" for name in _written(entity)],
        "place_any": [name for entity in places if entity.kind != "country" for name in _written(entity)],
        "place_list": [name for name in lists.words["places"] if not name.endswith(".")],
        "kb_agency": _agencies(knowledge, {name.lower() for name in lists.words["not_bodies"]}),
    }
    by_label = {"kb_org": Label.ORG, "kb_weapon": Label.WEAPON, "kb_malware": Label.MALWARE, "kb_vessel": Label.VESSEL}
    for rule, label in by_label.items():
        rules[rule] = [name for entity in knowledge.entities.values() if entity.label is label for name in _written(entity)]
    for rule, kinds in _KINDS.items():
        rules[rule] = [
            name
            for entity in knowledge.entities.values()
            if entity.label is Label.ORG and entity.kind in kinds
            for name in _written(entity)
        ]
    return rules


def _is_adjective(text: str, kind: str) -> bool:
    return kind == "adjective" and "-" not in text and not text.endswith(("ns", "is", "rs")) and not text.startswith(("N.", "S."))


def _written(entity: KnowledgeEntity) -> list[str]:
    """Return the English names and acronyms of an entity as news write them, without those in capitals and those with notes in brackets."""
    names = (alias.text for alias in entity.aliases if alias.lang == "en" and alias.kind in {"name", "acronym"})
    longest = 4 if entity.label is Label.PLACE else 6
    return [
        name
        for name in names
        if "(" not in name
        and not _OWNED.search(name)
        and not name.startswith("the ")
        and not (name.isupper() and sum(map(str.isalpha, name)) > longest)
    ]


def _agencies(knowledge: Knowledge, unwanted: set[str]) -> list[str]:
    """Return names of bodies of state, short forms among them."""
    names: list[str] = []
    for entity in knowledge.entities.values():
        if entity.label is Label.AGENCY:
            short = [alias.text for alias in entity.aliases if alias.lang == "en" and alias.kind == "short" and "(" not in alias.text]
            names += [name for name in _written(entity) + short if name.lower() not in unwanted and not name.startswith("the ")]
    return names


def _known_people(knowledge: Knowledge) -> tuple[_Person, ...]:
    people: list[_Person] = []
    for entity in knowledge.entities.values():
        if entity.label is Label.PERSON and entity.country:
            for name in _written(entity):
                words = name.split()
                if len(words) > 1:
                    people.append(_Person(name, words[0] if entity.country in {"KP", "KR", "CN"} else words[-1]))
    return tuple(people)


# --- styles ---


def _styled(example: Example, words: Sequence[str]) -> Example:
    return example if tuple(words) == example.words else Example(tuple(words), example.allowed, f"{example.source}/restyled")


def upper_case(example: Example) -> Example:
    """Return the Example in capitals."""
    return _styled(example, [word.upper() for word in example.words])


def lower_case(example: Example) -> Example:
    """Return the Example in small letters."""
    return _styled(example, [word.lower() for word in example.words])


def title_case(example: Example) -> Example:
    """Return the Example as a headline: a capital at each word but small ones like "of", and no full stop at its end."""
    bare = drop_stop(example)
    words = [
        word if (place and word in _SMALL_WORDS) or word.lower() in _CLOSING or not word[0].isalpha() else word[0].upper() + word[1:]
        for place, word in enumerate(bare.words)
    ]
    return (
        example if bare is example and tuple(words) == example.words else Example(tuple(words), bare.allowed, f"{example.source}/restyled")
    )


def drop_stop(example: Example) -> Example:
    """Return the Example without the full stop at its end."""
    if len(example.words) < 2 or example.words[-1] != ".":
        return example
    return Example(example.words[:-1], example.allowed[:-1], f"{example.source}/restyled")


def curl_quotes(example: Example) -> Example:
    """Return the Example with curly quotation marks and apostrophes instead of straight ones; marks open and close in turn."""
    words: list[str] = []
    opened = False
    for word in example.words:
        if word in {'"', "``", "''"}:
            opened = not opened
            words.append("“" if opened else "”")
        else:
            words.append(word.replace("'", "’"))
    return _styled(example, words)


def straighten_quotes(example: Example) -> Example:
    """Return the Example with straight quotation marks and apostrophes instead of curly ones."""
    return _styled(example, [word.translate(_STRAIGHT) for word in example.words])


_STRAIGHT = str.maketrans("“”„‘’", '"""\'\'')
