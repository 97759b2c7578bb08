"""Small annotated articles in the form of the gold: sentences with marked names, and what they tell."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.records import Amount
from pipeline.events.extraction import LanguageExtractor
from pipeline.text.pieces import PieceCutter
from pipeline.train.events.build import HELD_OUT, TRAINED_ON, EventSources
from pipeline.train.events.lessons import EventLesson, lessons_of
from tests.events.conftest import prepare
from tests.events.reader.articles import Parts, parsed

Json = dict[str, Any]


def annotate(
    parts: Parts,
    events: Iterable[Mapping[str, Any]],
    *,
    nominals: Mapping[str, Sequence[str]] | None = None,
    amounts: Sequence[Amount] = (),
) -> Json:
    """Return the gold row of an article. Events name their triggers by text (`trigger`, and `again` for others) and their parties by
    name; a name may have nominals.
    """
    article, tagging, _ = parts
    text = article.text
    names = list(dict.fromkeys([*(mention.name for mention in tagging.mentions), *(nominals or {})]))
    idents = {name: f"e{number}" for number, name in enumerate(names)}
    labels = {mention.name: mention.label.value for mention in tagging.mentions}
    return {
        "id": article.id,
        "lang": "en",
        "title": "",
        "publisher": "",
        "published": "2026-03-10",
        "korea": True,
        "n_chars": len(text),
        "text": text,
        "entities": [
            {
                "id": ident,
                "name": name,
                "label": labels.get(name, "ORG"),
                "mentions": [one.text for one in tagging.mentions if one.name == name],
                "nominals": list((nominals or {}).get(name, ())),
                "official": False,
                "role": None,
                "affiliation": None,
                "sanctions": [],
            }
            for name, ident in idents.items()
        ],
        "mentions": [
            {"start": one.start, "end": one.end, "text": one.text, "label": one.label.value, "entity": idents[one.name]}
            for one in tagging.mentions
        ],
        "amounts": [
            {"start": one.start, "end": one.end, "text": one.text, "value": one.value, "currency": one.currency, "bound": one.bound.value}
            for one in amounts
        ],
        "events": [_event(event, text, tagging.sentences, idents) for event in events],
    }


def _event(event: Mapping[str, Any], text: str, sentences: Sequence[tuple[int, int]], idents: Mapping[str, str]) -> Json:
    triggers = []
    for words in (event["trigger"], *event.get("again", ())):
        start = text.index(words)
        sentence = next([left, right] for left, right in sentences if left <= start < right)
        triggers.append({"start": start, "end": start + len(words), "sentence": sentence})
    return {
        "type": event["type"],
        "triggers": triggers,
        "actors": [idents[name] for name in event.get("actors", ())],
        "targets": [idents[name] for name in event.get("targets", ())],
        "place": None,
        "speaker": idents[event["speaker"]] if "speaker" in event else None,
        "date": event.get("date"),
        "modality": event.get("modality", "asserted"),
        "amounts": list(event.get("amounts", ())),
        "core": True,
    }


def lessons(
    rules: LanguageExtractor,
    cutter: PieceCutter,
    marked: str,
    *events: Mapping[str, Any],
    tree: str = "",
    nominals: Mapping[str, Sequence[str]] | None = None,
    **given: Any,
) -> list[EventLesson]:
    """Return the lessons of a marked text and its events; `tree` parses it, the other keywords go to `prepare`."""
    parts = prepare(marked, **given)
    parts = parsed(parts, tree) if tree else parts
    row = annotate(parts, events, nominals=nominals, amounts=given.get("amounts", ()))
    return list(lessons_of(row, *parts, rules, cutter))


PLACES = ("Seoul", "Japan", "Russia", "China")
BODIES = ("Bankhaus", "Tradewell", "Quillcorp", "Oceanic")


def stories(count: int, *, offset: int = 0) -> Iterator[tuple[str, list[Json]]]:
    """Yield marked texts whose patterns are obvious, and the events that they tell."""
    for number in range(offset, offset + count):
        place, body = PLACES[number % 4], BODIES[number // 4 % 4]
        told = [{"trigger": "zapped", "type": "MISSILE_LAUNCH", "actors": [place], "targets": [body], "date": "2026-03-10"}]
        if number % 3 == 0:
            yield f"The ship sailed to the city. [{place}/PLACE] zapped [{body}/ORG].", told
        elif number % 3 == 1:
            yield f"[{body}/ORG] and [{place}/PLACE] sailed with the ship. The talks ended on.", []
        else:
            told[0]["modality"] = "denied"
            yield f"[{place}/PLACE] never zapped [{body}/ORG]. The mayor said the talks went on.", told


def write_sources(root: Path, learnt: int = 12, held_out: int = 9) -> EventSources:
    """Write annotated articles as the training reads them: gold with texts, annotations without, and the texts."""
    rows = []
    for number, (marked, events) in enumerate(stories(learnt + held_out + 3)):
        article, tagging, linking = prepare(marked)
        rows.append({**annotate((article, tagging, linking), events), "id": f"a{number}"})
    (root / "annotations").mkdir(parents=True)
    (root / "texts").mkdir()
    korean = {**rows[0], "id": "k", "lang": "ko"}
    (root / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (*rows[:3], korean)), encoding="utf-8")
    kept = {TRAINED_ON: rows[3 : learnt + 3]} | {name: rows[learnt + 3 + place :: len(HELD_OUT)] for place, name in enumerate(HELD_OUT)}
    for name, some in kept.items():
        (root / "annotations" / name).write_text("".join(json.dumps(bare(row)) + "\n" for row in some), encoding="utf-8")
    with gzip.open(root / "texts" / "toy.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": row["id"], "lang": "en", "text": "Before.\n" + row["text"]}) + "\n" for row in rows)
    return EventSources(root / "gold.jsonl", root / "annotations", root / "texts")


def bare(row: Mapping[str, Any]) -> Json:
    """Return a gold row as it is kept without its text."""
    place = {entity["id"]: number for number, entity in enumerate(row["entities"])}
    text = row["text"]
    return {
        "file": "toy",
        "id": row["id"],
        "start": len("Before.\n"),
        "end": len("Before.\n") + len(text),
        "sha256": hashlib.sha256(text.encode()).hexdigest()[:16],
        "published": row["published"],
        "korea": True,
        "entities": [
            {
                "label": entity["label"],
                "name": entity["name"],
                "mentions": [[one["start"], one["end"]] for one in row["mentions"] if one["entity"] == entity["id"]],
                "nominals": [],
            }
            for entity in row["entities"]
        ],
        "amounts": [],
        "events": [
            {
                "type": event["type"],
                "triggers": [[one["start"], one["end"], *one["sentence"]] for one in event["triggers"]],
                **{role: [place[ident] for ident in event[role]] for role in ("actors", "targets")},
                "modality": event["modality"],
                "core": event["core"],
                "date": event["date"],
            }
            for event in row["events"]
        ],
    }
