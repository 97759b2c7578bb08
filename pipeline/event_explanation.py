"""`peninsula explain EVENT`: the stored rows of an event, or of an analysis made on the fly, to what made each of its mentions.

Rows tell trigger, fillers, cues, rule ids and scores. Where the rule and the cue stand in the lexicon, and what their words are, is read
from the lexicon in force; whatever it does not know (a trained network, a rule of another version) is told in a general sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from models.ontology import codes_for
from models.records import Analysis, Argument, Event, EventMention
from models.vocabulary import (
    AmountRole,
    ArgumentRole,
    AttributionKind,
    Bound,
    DefinedEnum,
    EventType,
    Genericity,
    Modality,
    Precision,
    QuantityRole,
    RelationKind,
    ReviewStatus,
    Via,
)
from models.zones import local_day
from pipeline.events import EVENTS_VERSION
from pipeline.events.provenance import LexiconLines, RuleLine
from pipeline.store.event_view import EventView
from pipeline.text.yaml_lines import read_yaml

__all__ = ["Sentences", "explain_event", "load_sentences", "view_events"]

Json = dict[str, Any]
Fields = Mapping[str, Any]

_SENTENCES = Path(__file__).resolve().parent / "events" / "explanations.yaml"
_LISTS = frozenset({"rules", "makers", "modality", "score", "date", "slots", "disagreements"})
_UNSURE = 0.8
"""Factor of the event stage on the score of a mention that is not plainly asserted."""
_NEAR = (Via.DIRECT, Via.METONYM, Via.BRACKET, Via.COREF)
_AROUND = 60
"""Characters shown on either side of an argument that stands in another sentence."""
_DETERMINER = r"(?:the|a|an|its|his|her|their|this|that|these|those)"
_IMPLIED, _EXPRESSION, _NONE = "implied", "expression", "none"


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of `explanations.yaml`: lists by name, and relations by kind told from either event."""

    lists: Mapping[str, Mapping[str, str]]
    relations: Mapping[str, Mapping[str, str]]

    def of_rule(self, rule_id: str, line: RuleLine | None) -> str:
        """Tell what a rule id is; a line of the lexicon says that the lexicon has it."""
        rules = self.lists["rules"]
        code, colon, _ = rule_id.partition(":")
        if not colon or code not in rules or code in {"gone", "unknown"}:
            return rules["unknown"]
        return rules["gone"] if line is None and re.fullmatch("[a-z]{2}", code) else rules[code]

    def of_maker(self, name: str) -> str:
        """Tell what a maker of events is."""
        makers = self.lists["makers"]
        return makers.get(name, makers["unknown"])


@cache
def load_sentences(path: Path = _SENTENCES) -> Sentences:
    """Read the sentences. ConfigurationError names the line of a list that is unknown or missing."""
    fields = read_yaml(path).fields(required=_LISTS | {"relations"})
    lists = {name: {key: node.string() for key, node in fields[name].fields().items()} for name in sorted(_LISTS)}
    required = frozenset({"first", "second"})
    relations = {
        kind: {side: text.string() for side, text in node.fields(required=required).items()}
        for kind, node in fields["relations"].fields(required=frozenset(RelationKind)).items()
    }
    return Sentences(lists, relations)


def explain_event(view: EventView, lexicon: LexiconLines) -> Json:
    """Return what made each mention of an event, numbered from 1, with the event itself and what its mentions disagree on; ready for JSON."""
    return _Reader(view, lexicon).event()


class _Reader:
    """One event with what is needed to explain it."""

    def __init__(self, view: EventView, lexicon: LexiconLines) -> None:
        self._view = view
        self._event = view.event
        self._lexicon = lexicon
        self._says = load_sentences()

    def event(self) -> Json:
        """Return the whole."""
        event, mentions = self._event, self._mentions
        return {
            "event": {
                "id": event["id"],
                "type": _plain(event["type"]),
                "type_means": EventType(event["type"]).definition,
                **{name: event[name] for name in ("subtype", "plover", "plover_contexts", "cameo", "quad_class")},
                **_defined("modality", Modality(event["modality"])),
                **_defined("genericity", Genericity(event["genericity"])),
                "background": event["background"],
                "date": self._date(),
                "place": event["place_text"],
                "speaker": event["speaker_text"],
                "score": {"value": event["score"], "means": self._says.lists["score"]["event" if len(mentions) > 1 else "once"]},
                **_defined("status", ReviewStatus(event["status"])),
                "maker": self._maker(event["extractor_version"]),
                "stage_in_force": f"events {EVENTS_VERSION}",
                "model": None if self._view.model is None else {name: self._view.model[name] for name in ("name", "version")},
                "knowledge": event["knowledge_version_id"],
                **{name: event[name] for name in ("n_mentions", "n_articles", "n_sources")},
                "merged_into": self._other(event["merged_into"]) if event["merged_into"] else None,
                "stands_for": [self._other(ident) for ident in self._view.merged],
                "relations": [self._relation(row) for row in self._view.relations],
                "mentions_in_older_versions": self._view.older,
            },
            "mentions": mentions,
            "disagreements": list(self._disagreements(mentions)),
        }

    # --- the event ---

    def _date(self) -> Json:
        start, end, precision = (self._event[name] for name in ("date_start", "date_end", "date_precision"))
        dated = [one for one in self._mentions if one["date"] is not None and (one["date"]["start"], one["date"]["end"]) == (start, end)]
        basis = _NONE if start is None and end is None else _EXPRESSION if dated else _IMPLIED
        told = {"start": start, "end": end, **_defined("precision", Precision(precision)), "basis": basis}
        return {**told, "means": self._says.lists["date"][basis], "mention": dated[0]["number"] if dated else None}

    def _maker(self, made_by: str) -> Json:
        name, _, version = made_by.partition(" ")
        return {"name": name, "version": version, "says": self._says.of_maker(name)}

    def _other(self, ident: str) -> Json:
        row = self._view.others.get(ident)
        if row is None:
            return {"id": ident, "type": None, "subtype": None, "modality": None, "date": None, "trigger": None}
        told = {"id": ident, "type": _plain(row["type"]), "subtype": row["subtype"], "modality": _plain(row["modality"])}
        return {**told, "date": row["date_start"], "trigger": row["trigger_text"]}

    def _relation(self, row: Fields) -> Json:
        side, ident = (
            ("first", row["target_event_id"]) if row["source_event_id"] == self._event["id"] else ("second", row["source_event_id"])
        )
        kind, other = RelationKind(row["kind"]), self._other(ident)
        says = self._says.relations[kind][side].format(other=_in_words(other))
        return {"kind": kind.value, "means": kind.definition, "side": side, "other": other, "says": says, "score": row["score"]}

    # --- mentions ---

    @cached_property
    def _mentions(self) -> list[Json]:
        told: list[Json] = []
        for number, row in enumerate(self._view.mentions, start=1):
            one = self._mention(number, row)
            one["same_as"] = next((other["number"] for other in told if _is_same_passage(one, other)), None)
            told.append(one)
        return told

    def _mention(self, number: int, row: Fields) -> Json:
        version = self._view.versions.get(row["version_id"])
        start, end = row["evidence_start"], row["evidence_end"]
        rules = [self._rule(ident, row, version) for ident in row["rules"]]
        cues = self._cues(row, rules)
        date = self._time(row["time_id"])
        told: Json = {
            "number": number,
            "event": row["event_id"],
            "article": self._article(row, version),
            "core": row["is_core"],
            "sentence": {"start": start, "end": end, "text": row["evidence_text"]},
            "trigger": {"start": row["trigger_start"], "end": row["trigger_end"], "text": row["trigger_text"]},
            "rules": rules,
            "arguments": [self._argument(one, row, version) for one in self._of(self._view.arguments, row)],
            "modality": self._modality(row, cues, rules, date),
            **_defined("genericity", Genericity(row["genericity"])),
            "speaker": row["speaker_text"],
            "attribution": {"kind": _plain(row["attribution_kind"]), "means": AttributionKind(row["attribution_kind"]).definition},
            "date": date,
            "amounts": [_amount(one) for one in self._of(self._view.amounts, row)],
            "quantities": [_quantity(one) for one in self._of(self._view.quantities, row)],
            "score": self._score(row, rules),
            "maker": self._maker(self._made_by(row)),
        }
        return {**told, "marks": _marks(told)}

    def _of(self, rows: Iterable[Fields], mention: Fields) -> list[Fields]:
        order = list(ArgumentRole)
        return sorted(
            (one for one in rows if one["mention_id"] == mention["id"]),
            key=lambda one: (order.index(one["role"]) if one["role"] in order else 0, one["start"] is None, one["start"] or 0),
        )

    def _made_by(self, row: Fields) -> str:
        other = self._view.others.get(row["event_id"])
        made_by: str = other["extractor_version"] if other is not None else self._event["extractor_version"]
        return made_by

    def _article(self, row: Fields, version: Fields | None) -> Json:
        if version is None:
            return {
                "version": row["version_id"],
                "stored": False,
                "lang": _code_of(row["rules"]),
                "url": None,
                "title": None,
                "publisher": None,
            }
        at, zone = version["published_at"], version["published_zone"]
        told = {"version": version["id"], "stored": True, **{name: version[name] for name in ("lang", "url", "title", "publisher")}}
        day = None if at is None else local_day(at, zone)
        return {
            **told,
            "published": None if day is None else {"day": day.isoformat(), "zone": zone or "UTC", "zone_given": zone is not None},
        }

    def _rule(self, ident: str, row: Fields, version: Fields | None) -> Json:
        line = self._lexicon.rule(ident)
        told: Json = {"id": ident, "says": self._says.of_rule(ident, line), "in_lexicon": None}
        if line is None:
            return told
        # The sentence is enough to find the pattern, and is there where the article is no longer.
        shift = row["evidence_start"]
        names = self._view.names.get(row["version_id"], ()) if version is not None else ()
        here = [(name["start"] - shift, name["end"] - shift, name["label"]) for name in names if name["start"] >= shift]
        start, end = row["trigger_start"] - shift, row["trigger_end"] - shift
        matched = self._lexicon.matched(ident, row["evidence_text"], start, end, here)
        rule = line.rule
        return {
            **told,
            "in_lexicon": {
                "file": line.file,
                "line": line.line,
                "matched": list(matched),
                "words": list(line.words),
                "subtype": rule.subtype,
                "actor": list(rule.actor),
                "target": list(rule.target),
                "place": list(rule.place),
                "symmetric": rule.symmetric,
                **{name: getattr(rule, name) for name in ("near", "unless", "article")},
                "modality": _plain(rule.modality) if rule.modality is not None else None,
                "anaphor": rule.anaphor,
                "lead": rule.lead,
                "score": line.score,
                "right": line.right,
                "counted": line.counted,
            },
        }

    # --- arguments ---

    def _argument(self, one: Fields, row: Fields, version: Fields | None) -> Json:
        role, via = ArgumentRole(one["role"]), Via(one["via"])
        start, end = one["start"], one["end"]
        inside = start is not None and row["evidence_start"] <= start and end <= row["evidence_end"]
        text = version["text"] if version is not None else None
        passage = None
        if text is not None and start is not None and not inside:
            left, right = max(0, start - _AROUND), min(len(text), end + _AROUND)
            passage = f"{'…' if left else ''}{text[left:start]}»{text[start:end]}«{text[end:right]}{'…' if right < len(text) else ''}"
        entity = self._view.entities.get(one["entity_id"]) if one["entity_id"] else None
        return {
            **_defined("role", role),
            **{name: one[name] for name in ("start", "end", "text", "name", "score")},
            "inside": inside,
            "passage": passage,
            "entity": None if entity is None else {"id": entity["id"], "name": entity["name"], "label": _plain(entity["label"])},
            **_defined("via", via),
            **self._slot(one, via, row),
        }

    def _slot(self, one: Fields, via: Via, row: Fields) -> Json:
        """Tell where the rule looks for a filler, and in which of its slots this one stands where the text shows it."""
        role = ArgumentRole(one["role"])
        if role is ArgumentRole.SPEAKER:
            return {"sought_in": [], "slot": None, "slot_says": None}
        says = self._says.lists["slots"]
        lines = [line for ident in row["rules"] if (line := self._lexicon.rule(ident)) is not None]
        if not lines:
            return {"sought_in": [], "slot": None, "slot_says": says["unknown"]}
        slots = list(dict.fromkeys(slot for line in lines for slot in getattr(line.rule, role)))
        if not slots:
            told = says["place"] if role is ArgumentRole.PLACE else says["context"].format(slots="it has no slot for it")
            return {"sought_in": slots, "slot": None, "slot_says": told}
        slot, kind = self._slot_in_text(one, via, row, slots)
        return {"sought_in": slots, "slot": slot, "slot_says": says[kind].format(slot=slot, slots=", ".join(slots))}

    def _slot_in_text(self, one: Fields, via: Via, row: Fields, slots: Sequence[str]) -> tuple[str | None, str]:
        shift, start = row["evidence_start"], one["start"]
        if start is None or not shift <= start < row["evidence_end"] or via is Via.CONTEXT:
            return None, "context"
        before = row["evidence_text"][: start - shift]
        for slot in slots:
            if re.search(rf"\b{re.escape(slot)}\s+(?:{_DETERMINER}\s+)?$", before, re.IGNORECASE):
                return slot, "preposition"
        # A speaker does what is said where nobody else does: then the slot of the rule is empty.
        if len(slots) == 1 and via in _NEAR and one["name"] != row["speaker_text"]:
            return slots[0], "only"
        return None, "several"

    # --- modality ---

    def _cues(self, row: Fields, rules: Sequence[Json]) -> list[Json]:
        """Return each cue with its place in the sentence: of several like it the nearest to the trigger that no other cue has."""
        code = _code_of(row["rules"]) or (self._view.versions.get(row["version_id"]) or {}).get("lang") or ""
        taken: list[tuple[int, int]] = []
        found = []
        for words in dict.fromkeys(row["cues"]):
            spans = _find(words, row["evidence_text"])
            here = [(row["evidence_start"] + start, row["evidence_start"] + end) for start, end in spans]
            free = [span for span in here if span not in taken]
            span = min(free, key=lambda span: (_distance(span, (row["trigger_start"], row["trigger_end"])), span), default=None)
            taken += [span] if span is not None else []
            line = self._lexicon.cue(code, words, row["modality"])
            place = (
                None
                if line is None
                else {"file": line.file, "line": line.line, "id": line.cue.id, "matched": line.matched, "side": line.cue.side}
            )
            found.append({"text": words, "start": span[0] if span else None, "end": span[1] if span else None, "in_lexicon": place})
        return found

    def _modality(self, row: Fields, cues: list[Json], rules: Sequence[Json], date: Json | None) -> Json:
        modality = Modality(row["modality"])
        why = self._why(modality, cues, rules, date)
        return {
            "value": modality.value,
            "value_means": modality.definition,
            "why": why,
            "says": self._says.lists["modality"][why],
            "cues": cues,
        }

    def _why(self, modality: Modality, cues: list[Json], rules: Sequence[Json], date: Json | None) -> str:
        if cues:
            if any(cue["in_lexicon"] is not None for cue in cues):
                return "cue"
            return "date" if modality is Modality.PLANNED and date is not None and cues[0]["text"] == date["text"] else "unlisted"
        known = [rule["in_lexicon"] for rule in rules if rule["in_lexicon"] is not None]
        if any(line["modality"] == modality for line in known):
            return "rule"
        if modality is Modality.ASSERTED:
            return "plain"
        if len(known) < len(rules) or not known:
            return "unknown"
        if modality is Modality.ALLEGED and self._event["type"] == EventType.WEAPONS_PROGRAM:
            return "boast"
        return "clause" if modality is Modality.PLANNED else "unknown"

    # --- date, score ---

    def _time(self, ident: str | None) -> Json | None:
        row = self._view.times.get(ident) if ident is not None else None
        if row is None:
            return None
        told = {"start": row["resolved_start"], "end": row["resolved_end"], **_defined("precision", Precision(row["precision"]))}
        return {"text": row["text"], "at": {"start": row["start"], "end": row["end"]}, **told, "anchor": row["anchor"]}

    def _score(self, row: Fields, rules: Sequence[Json]) -> Json:
        says, value = self._says.lists["score"], row["score"]
        factor = 1.0 if row["modality"] == Modality.ASSERTED else _UNSURE
        for rule in rules:
            line = rule["in_lexicon"]
            if line is not None and round(line["score"] * factor, 3) == value:
                basis = "counted" if factor == 1.0 else "unsure"
                counts = {"right": line["right"], "counted": line["counted"]}
                return {"value": value, "basis": basis, "means": says[basis].format(rule=line["score"], factor=factor, **counts)}
        return {"value": value, "basis": "unknown", "means": says["unknown"]}

    # --- disagreements ---

    def _disagreements(self, mentions: Sequence[Json]) -> Iterator[Json]:
        """Yield each field that mentions tell differently, with the mentions of each value; a mention that tells nothing agrees with all."""
        told: dict[str, dict[str, list[int]]] = {}
        for one in mentions:
            for field, value in _claims(one):
                told.setdefault(field, {}).setdefault(value, []).append(one["number"])
        means = self._says.lists["disagreements"]
        for field, values in told.items():
            if len(values) > 1:
                kind, _, detail = field.partition(" ")
                rows = [{"value": value, "mentions": numbers} for value, numbers in values.items()]
                yield {"field": kind, "role": detail or None, "values": rows, "means": means[kind]}


# --- parts of a mention ---


def _amount(row: Fields) -> Json:
    told = {name: row[name] for name in ("start", "end", "text", "value", "value_max", "currency", "usd", "usd_basis")}
    return {**_defined("role", AmountRole(row["role"])), **told, **_defined("bound", Bound(row["bound"]))}


def _quantity(row: Fields) -> Json:
    told = {name: row[name] for name in ("start", "end", "text", "value_min", "value_max", "unit")}
    return {**_defined("role", QuantityRole(row["role"])), **told, **_defined("bound", Bound(row["bound"]))}


def _marks(mention: Json) -> list[Json]:
    """Return what is marked in the sentence, in order of the text: kind, label and characters of the article; nothing outside the sentence."""
    found: list[tuple[str, str, Any, Any]] = [("trigger", "trigger", mention["trigger"]["start"], mention["trigger"]["end"])]
    for one in mention["arguments"]:
        label = one["role"] if one["via"] == Via.DIRECT else f"{one['role']} ({one['via']})"
        found.append((one["role"], label, one["start"], one["end"]))
    if mention["date"] is not None:
        found.append(("date", "date", mention["date"]["at"]["start"], mention["date"]["at"]["end"]))
    found += [("amount", f"amount {one['role']}", one["start"], one["end"]) for one in mention["amounts"]]
    found += [("quantity", one["role"], one["start"], one["end"]) for one in mention["quantities"]]
    found += [("cue", f"cue {mention['modality']['value']}", start, end) for start, end in _longest_cues(mention["modality"]["cues"])]
    first, last, text = mention["sentence"]["start"], mention["sentence"]["end"], mention["sentence"]["text"]
    kept = dict.fromkeys(mark for mark in found if mark[2] is not None and first <= mark[2] < mark[3] <= last)
    return [
        {"kind": kind, "label": label, "start": start, "end": end, "text": text[start - first : end - first]}
        for kind, label, start, end in sorted(kept, key=lambda mark: (mark[2], -mark[3]))
    ]


def _longest_cues(cues: Sequence[Json]) -> list[tuple[int, int]]:
    """Return the places of the cues that lie in no longer one: "expected" in "is expected to" needs no mark of its own."""
    spans = [(cue["start"], cue["end"]) for cue in cues if cue["start"] is not None]
    return [one for one in spans if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in spans)]


def _claims(mention: Json) -> Iterator[tuple[str, str]]:
    yield "modality", mention["modality"]["value"]
    yield "speaker", mention["speaker"] or "the article's own voice"
    for rule in mention["rules"]:
        if rule["in_lexicon"] is not None and rule["in_lexicon"]["subtype"]:
            yield "subtype", rule["in_lexicon"]["subtype"]
    if mention["date"] is not None:
        yield "date", _range(mention["date"]["start"], mention["date"]["end"])
    for role in ("actor", "target", "place"):
        names = sorted({one["name"] for one in mention["arguments"] if one["role"] == role})
        if names:
            yield role, ", ".join(names)
    for role in sorted({one["role"] for one in mention["amounts"]}):
        yield f"amount {role}", ", ".join(one["text"] for one in mention["amounts"] if one["role"] == role)
    for role in sorted({one["role"] for one in mention["quantities"]}):
        yield f"quantity {role}", ", ".join(one["text"] for one in mention["quantities"] if one["role"] == role)


def _is_same_passage(one: Json, other: Json) -> bool:
    """Tell whether two articles tell an event in the same words, marked in the same way."""
    if one["article"]["version"] == other["article"]["version"] or one["sentence"]["text"] != other["sentence"]["text"]:
        return False
    marks = [
        [
            (mark["kind"], mark["label"], mark["start"] - told["sentence"]["start"], mark["end"] - told["sentence"]["start"])
            for mark in told["marks"]
        ]
        for told in (one, other)
    ]
    return marks[0] == marks[1] and [rule["id"] for rule in one["rules"]] == [rule["id"] for rule in other["rules"]]


def _code_of(rules: Sequence[str]) -> str | None:
    """Return the language that the rules of a mention are of."""
    codes = [rule.partition(":")[0] for rule in rules if ":" in rule]
    return next((code for code in codes if re.fullmatch("[a-z]{2}", code)), None)


def _find(words: str, text: str) -> list[tuple[int, int]]:
    """Find words as written; where they stand as words of their own, those places alone, since "may" is no part of "mayor"."""
    spans = [(match.start(), match.end()) for match in re.finditer(re.escape(words), text)] if words else []
    whole = [
        (start, end) for start, end in spans if not (text[start - 1 : start].isalpha() and start) and not text[end : end + 1].isalpha()
    ]
    return whole or spans


def _distance(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(0, one[0] - other[1], other[0] - one[1])


def _range(start: str | None, end: str | None) -> str:
    if start == end:
        return start or "not resolved"
    return f"{start or 'open'} to {end or 'open'}"


def _defined(name: str, value: DefinedEnum) -> Json:
    return {name: value.value, f"{name}_means": value.definition}


def _plain(value: object) -> str:
    return str(value)


def _in_words(other: Json) -> str:
    """Name another event: type, subtype, trigger, id."""
    if other["type"] is None:
        return str(other["id"])
    kind = f"{other['type']} {other['subtype']}" if other["subtype"] else other["type"]
    return f"{kind} “{other['trigger']}” ({other['id']})" if other["trigger"] else f"{kind} ({other['id']})"


# --- texts that are not stored ---


def view_events(analysis: Analysis, *, model: str, model_version: str, knowledge_version: str) -> tuple[EventView, ...]:
    """Return the events of an analysis in the form of stored rows; their ids are their numbers from 1, in order of the text."""
    rows = _Rows(analysis, {"name": model, "version": model_version}, knowledge_version)
    return tuple(rows.view(number) for number in range(1, len(analysis.events) + 1))


class _Rows:
    """The rows that an analysis would be stored as, as far as an explanation reads them."""

    def __init__(self, analysis: Analysis, model: Json, knowledge_version: str) -> None:
        self._analysis = analysis
        self._model = model
        self._knowledge = knowledge_version
        self._ids = {event.key: str(number) for number, event in enumerate(analysis.events, start=1)}
        self._entities = {
            mention.entity: {"id": mention.entity, "name": mention.name, "label": mention.label.value}
            for mention in analysis.linking.mentions
        }

    def view(self, number: int) -> EventView:
        """Return one event."""
        analysis, event = self._analysis, self._analysis.events[number - 1]
        article, publication = analysis.article, analysis.article.publication
        numbered = list(enumerate(event.mentions))
        relations = [
            {"source_event_id": self._ids[one.source], "target_event_id": self._ids[one.target], "kind": one.kind, "score": one.score}
            for one in analysis.relations
            if event.key in (one.source, one.target)
        ]
        version = {
            **{name: getattr(article, name) for name in ("id", "title", "url", "publisher", "lang", "text")},
            "published_at": publication.at if publication else None,
            "published_zone": publication.zone if publication else None,
        }
        times = ((index, mention.time) for index, mention in numbered)
        return EventView(
            event=self._event(event),
            mentions=tuple(self._mention(event, place, mention) for place, mention in numbered),
            older=0,
            versions={article.id: version},
            arguments=tuple(row for place, mention in numbered for row in self._arguments(event, place, mention)),
            amounts=tuple(self._amount(place, one.amount, one.role) for place, mention in numbered for one in mention.amounts),
            quantities=tuple({**_fields(one), "mention_id": place} for place, mention in numbered for one in mention.quantities),
            times={str(time): self._time(time) for _, time in times if time is not None},
            names={
                article.id: tuple({name: getattr(one, name) for name in ("start", "end", "label")} for one in analysis.linking.mentions)
            },
            relations=tuple(relations),
            merged=(),
            others={self._ids[one.key]: self._in_short(one) for one in analysis.events if one.key != event.key},
            entities=self._entities,
            model=self._model,
        )

    def _event(self, event: Event) -> Json:
        codes = codes_for(event.type, event.subtype, event.modality)
        start, end = _ends(event.date)
        return {
            "id": self._ids[event.key],
            **{name: getattr(event, name) for name in ("type", "subtype", "modality", "background", "score")},
            "plover": codes.plover,
            "plover_contexts": list(codes.contexts),
            "cameo": codes.cameo,
            "quad_class": codes.quad,
            "genericity": event.mentions[0].genericity,
            "date_start": start,
            "date_end": end,
            "date_precision": event.precision,
            "place_text": event.place.text if event.place else None,
            "speaker_text": event.speaker.text if event.speaker else None,
            "n_mentions": len(event.mentions),
            "n_articles": 1,
            "n_sources": 1,
            "status": ReviewStatus.AUTO,
            "merged_into": None,
            "knowledge_version_id": self._knowledge,
            "extractor_version": f"{event.maker.component} {event.maker.version}",
        }

    def _in_short(self, event: Event) -> Json:
        told = {"id": self._ids[event.key], **{name: getattr(event, name) for name in ("type", "subtype", "modality")}}
        made_by = f"{event.maker.component} {event.maker.version}"
        first = min(event.mentions, key=lambda one: (not one.core, one.trigger.start))
        return {**told, "date_start": _ends(event.date)[0], "trigger_text": first.trigger.text, "extractor_version": made_by}

    def _mention(self, event: Event, place: int, mention: EventMention) -> Json:
        spans = {"trigger": mention.trigger, "evidence": mention.evidence}
        return {
            "id": place,
            "event_id": self._ids[event.key],
            "version_id": self._analysis.article.id,
            **{f"{name}_{part}": getattr(span, part) for name, span in spans.items() for part in ("start", "end", "text")},
            **{name: getattr(mention, name) for name in ("modality", "genericity", "score")},
            "cues": list(mention.cues),
            "rules": list(mention.rules),
            "is_core": mention.core,
            "speaker_text": mention.speaker.text if mention.speaker else None,
            "attribution_kind": mention.attribution,
            "time_id": str(mention.time) if mention.time is not None else None,
        }

    def _arguments(self, event: Event, place: int, mention: EventMention) -> Iterator[Json]:
        roles = ((ArgumentRole.ACTOR, mention.actors), (ArgumentRole.TARGET, mention.targets))
        single = ((ArgumentRole.PLACE, mention.place), (ArgumentRole.SPEAKER, mention.speaker))
        for role, arguments in (*roles, *((role, (one,)) for role, one in single if one is not None)):
            for one in arguments:
                yield self._argument(place, role, one)

    def _argument(self, place: int, role: ArgumentRole, one: Argument) -> Json:
        return {**_fields(one), "mention_id": place, "role": role, "entity_id": one.entity}

    def _amount(self, place: int, index: int, role: AmountRole) -> Json:
        return {**_fields(self._analysis.tagging.amounts[index]), "mention_id": place, "role": role}

    def _time(self, index: int) -> Json:
        time, publication = self._analysis.tagging.times[index], self._analysis.article.publication
        start, end = _ends(time.value)
        anchor = publication.day.isoformat() if publication else None
        return {**_fields(time), "resolved_start": start, "resolved_end": end, "anchor": anchor}


def _fields(record: Any) -> Json:  # noqa: ANN401 - any record with slots
    return {name: getattr(record, name) for name in record.__slots__}


def _ends(value: str | tuple[str | None, str | None] | None) -> tuple[str | None, str | None]:
    return value if isinstance(value, tuple) else (value, value)
