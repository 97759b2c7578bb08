"""Score extraction output against annotated articles.

Both are rows of JSON as the extraction contract and the annotation guide describe them. Figures are micro over the
articles of the gold; predictions for other articles are ignored, and an article without prediction counts as one with
no records.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.train.figures import Figures, Score, format_figures, ratio
from pipeline.train.matching import (
    GoldArticle,
    amounts_agree,
    assign,
    count_arguments,
    dates_agree,
    event_weight,
    overlap,
    role_agreement,
)

__all__ = ["Figures", "Score", "evaluate", "format_figures", "read_rows"]

Json = Mapping[str, Any]
Key = tuple[int, int, str]

_LABELS = frozenset(Label)
_ROLE_AGREEMENT = 0.5
_EMPTY: Json = {"entities": [], "amounts": [], "events": [], "korea": None}


def read_rows(path: Path) -> dict[str, dict[str, Any]]:
    """Read JSON Lines by `id`, in order of the file; blank lines are skipped.

    Raises ConfigurationError that names file and line where a line is no JSON object, has no id, or repeats one.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"cannot be read: not UTF-8 at byte {error.start}", path=path) from error
    rows: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = _read_row(line, path=path, number=number)
            if row["id"] in rows:
                raise ConfigurationError(f"id {row['id']!r} was used on an earlier line", path=path, line=number)
            rows[row["id"]] = row
    return rows


def _read_row(line: str, *, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"no JSON: {error.msg} at column {error.colno}", path=path, line=number) from error
    if not isinstance(row, dict):
        raise ConfigurationError(f"no JSON object but {type(row).__name__}", path=path, line=number)
    if not isinstance(row.get("id"), str) or not row["id"]:
        raise ConfigurationError("field 'id' is missing or is no string", path=path, line=number)
    return row


@dataclass(slots=True)
class _Count:
    hit: int = 0
    predicted: int = 0
    gold: int = 0

    def add(self, hit: int, predicted: int, gold: int) -> None:
        self.hit += hit
        self.predicted += predicted
        self.gold += gold

    def score(self) -> Score:
        return Score(self.hit, self.predicted, self.gold)


@dataclass(slots=True)
class _Share:
    hit: int = 0
    all: int = 0

    def add(self, hit: int, all_: int = 1) -> None:
        self.hit += hit
        self.all += all_

    def ratio(self) -> float:
        return ratio(self.hit, self.all)


@dataclass(slots=True)
class _Totals:
    """What is counted over all articles."""

    counts: dict[str, _Count] = field(default_factory=lambda: defaultdict(_Count))
    shares: dict[str, _Share] = field(default_factory=lambda: defaultdict(_Share))
    labels: dict[str, _Count] = field(default_factory=lambda: defaultdict(_Count))
    types: dict[str, _Count] = field(default_factory=lambda: defaultdict(_Count))
    modalities: dict[str, _Share] = field(default_factory=lambda: defaultdict(_Share))
    log: list[str] = field(default_factory=list)


def evaluate(gold: Iterable[Json], predictions: Iterable[Json], *, errors: int = 0) -> Figures:
    """Compare predictions with gold, matched by `id`; `errors` is how many errors to list."""
    articles = [GoldArticle(row) for row in gold]
    found = {row["id"]: row for row in predictions}
    totals = _Totals()
    for article in articles:
        _count_article(article, {**_EMPTY, **found.get(article.row["id"], {})}, totals)
    missing = sorted(article.row["id"] for article in articles if article.row["id"] not in found)
    return _summarise(totals, docs=len(articles), missing=missing, errors=errors)


def _summarise(totals: _Totals, *, docs: int, missing: Sequence[str], errors: int) -> Figures:
    counts, shares, modalities = totals.counts, totals.shares, totals.modalities.values()
    events = _add_up(totals.types.values())
    return Figures(
        docs=docs,
        missing=tuple(missing),
        korea=shares["korea"].ratio(),
        mentions=_add_up(totals.labels.values()),
        mentions_loose=counts["mentions_loose"].score(),
        officials=counts["officials"].score(),
        roles=shares["roles"].ratio(),
        amounts=counts["amounts"].score(),
        amounts_value=counts["amounts_value"].score(),
        sanctions=counts["sanctions"].score(),
        events=events,
        events_core=shares["events_core"].ratio(),
        arguments=counts["arguments"].score(),
        tuples=Score(shares["tuples"].hit, events.predicted, events.gold),
        modality=ratio(sum(m.hit for m in modalities), sum(m.all for m in modalities)),
        modality_macro=sum(m.ratio() for m in modalities) / max(1, len(modalities)),
        dates=shares["dates"].ratio(),
        speakers=shares["speakers"].ratio(),
        event_amounts=shares["event_amounts"].ratio(),
        harm=shares["harm"].ratio() if shares["harm"].all else 0.0,
        labels={label: count.score() for label, count in sorted(totals.labels.items())},
        types={type_: count.score() for type_, count in sorted(totals.types.items())},
        errors=tuple(totals.log[:errors]) if errors else None,
    )


def _add_up(counts: Iterable[_Count]) -> Score:
    total = _Count()
    for count in counts:
        total.add(count.hit, count.predicted, count.gold)
    return total.score()


def _count_article(article: GoldArticle, found: Json, totals: _Totals) -> None:
    totals.shares["korea"].add(found.get("korea") == article.row["korea"])
    _count_mentions(article, found["entities"], totals)
    _count_loose_mentions(article, found["entities"], totals)
    _count_officials(article, found["entities"], totals)
    _count_amounts(article, found["amounts"], totals)
    _count_sanctions(article, found["entities"], totals)
    _count_events(article, found["events"], totals)


# --- entities and amounts ------------------------------------------------------------------------------------------


def _count_mentions(article: GoldArticle, found: Sequence[Json], totals: _Totals) -> None:
    gold_keys = {_key(mention) for mention in article.row["mentions"]}
    found_texts = {_key(mention): mention["text"] for mention in found if mention["label"] in _LABELS}
    for key in gold_keys | found_texts.keys():
        in_gold, in_found = key in gold_keys, key in found_texts
        totals.labels[key[2]].add(in_gold and in_found, in_found, in_gold)
    ident = article.row["id"]
    totals.log += [f"{ident} MISSED {k[2]} {article.text_at(k[0], k[1])!r}" for k in sorted(gold_keys - found_texts.keys())]
    totals.log += [f"{ident} SPURIOUS {k[2]} {found_texts[k]!r}" for k in sorted(found_texts.keys() - gold_keys)]


def _key(mention: Json) -> Key:
    return mention["start"], mention["end"], mention["label"]


def _count_loose_mentions(article: GoldArticle, found: Sequence[Json], totals: _Totals) -> None:
    wanted = article.row["mentions"]
    kept = [mention for mention in found if mention["label"] in _LABELS]
    pairs = [
        (1.0, i, j)
        for i, gold in enumerate(wanted)
        for j, mention in enumerate(kept)
        if _fold(gold["label"]) == _fold(mention["label"]) and overlap(gold, mention)
    ]
    totals.counts["mentions_loose"].add(len(assign(pairs)), len(kept), len(wanted))


def _fold(label: str) -> str:
    return Label.ORG if label == Label.AGENCY else label


def _count_officials(article: GoldArticle, found: Sequence[Json], totals: _Totals) -> None:
    wanted = [entity for entity in article.row["entities"] if entity.get("official")]
    persons = _group_officials(found)
    shared = [
        (float(sum(overlap(m, span) for m in mentions for span in article.spans[entity["id"]])), i, j)
        for i, entity in enumerate(wanted)
        for j, mentions in enumerate(persons)
    ]
    matched = assign(pair for pair in shared if pair[0])
    totals.counts["officials"].add(len(matched), len(persons), len(wanted))
    for i, j in matched:
        best = max(role_agreement(wanted[i]["role"], mention.get("role")) for mention in persons[j])
        totals.shares["roles"].add(best >= _ROLE_AGREEMENT)


def _group_officials(found: Sequence[Json]) -> list[list[Json]]:
    """Return the mentions of each predicted person of whom one is flagged as official."""
    persons: dict[str, list[Json]] = defaultdict(list)
    for mention in found:
        if mention["label"] == Label.PERSON:
            persons[str(mention.get("entity") or mention["text"])].append(mention)
    return [mentions for mentions in persons.values() if any(mention.get("official") for mention in mentions)]


def _count_amounts(article: GoldArticle, found: Sequence[Json], totals: _Totals) -> None:
    wanted = article.row["amounts"]
    for name, with_bound in (("amounts", True), ("amounts_value", False)):
        pairs = [
            (1.0, i, j)
            for i, gold in enumerate(wanted)
            for j, amount in enumerate(found)
            if amounts_agree(gold, amount, with_bound=with_bound)
        ]
        totals.counts[name].add(len(assign(pairs)), len(found), len(wanted))


def _count_sanctions(article: GoldArticle, found: Sequence[Json], totals: _Totals) -> None:
    names = {entity["id"]: entity["name"] for entity in article.row["entities"]}
    wanted = {(entity["id"], entry) for entity in article.row["entities"] for entry in entity.get("sanctions", [])}
    links = set(_read_links(article, found))
    totals.counts["sanctions"].add(len(wanted & links), len(links), len(wanted))
    ident = article.row["id"]
    totals.log += [f"{ident} MISSED LINK {names[owner]} {entry}" for owner, entry in sorted(wanted - links)]
    totals.log += [f"{ident} SPURIOUS LINK {owner} {entry}" for owner, entry in sorted(links - wanted)]


def _read_links(article: GoldArticle, found: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """Yield gold entity and list entry of each predicted link; "?" and the text stand for what is no gold entity."""
    for mention in found:
        for link in mention.get("sanctions", []):
            yield article.find_owner(mention) or f"?{mention['text']}", link["id"] if isinstance(link, Mapping) else link


# --- events --------------------------------------------------------------------------------------------------------


def _count_events(article: GoldArticle, found: Sequence[Json], totals: _Totals) -> None:
    wanted = article.row["events"]
    weights = ((event_weight(article, gold, event), i, j) for i, gold in enumerate(wanted) for j, event in enumerate(found))
    matched = assign((weight, i, j) for weight, i, j in weights if weight is not None)
    gold_hits, found_hits = {i for i, _ in matched}, {j for _, j in matched}
    for i, gold in enumerate(wanted):
        totals.types[gold["type"]].add(i in gold_hits, 0, 1)
        totals.counts["arguments"].gold += _count_roles(gold)
        if gold.get("core"):
            totals.shares["events_core"].add(i in gold_hits)
        if i not in gold_hits:
            triggers = [article.text_at(trigger["start"], trigger["end"]) for trigger in gold["triggers"]]
            totals.log.append(f"{article.row['id']} MISSED EVENT {gold['type']} {triggers}")
    for j, event in enumerate(found):
        totals.types[event["type"]].predicted += 1
        totals.counts["arguments"].predicted += _count_roles(event)
        if j not in found_hits:
            texts = [(mention.get("trigger") or {}).get("text") for mention in event.get("mentions", [])]
            totals.log.append(f"{article.row['id']} SPURIOUS EVENT {event['type']} {texts}")
    for i, j in matched:
        _count_arguments(article, wanted[i], found[j], totals)
        _count_fields(article, wanted[i], found[j], totals)


def _count_roles(event: Json) -> int:
    return len(event.get("actors", [])) + len(event.get("targets", []))


def _count_arguments(article: GoldArticle, gold: Json, event: Json, totals: _Totals) -> None:
    complete = True
    for role in ("actors", "targets"):
        wanted, found = gold.get(role, []), event.get(role, [])
        hit = count_arguments(article, wanted, found)
        totals.counts["arguments"].hit += hit
        complete = complete and hit == len(wanted) == len(found)
    totals.shares["tuples"].add(complete)


def _count_fields(article: GoldArticle, gold: Json, event: Json, totals: _Totals) -> None:
    """Count modality, harm, date, speaker and amounts of a matched event."""
    modality, shares = event.get("modality"), totals.shares
    totals.modalities[gold["modality"]].add(gold["modality"] == modality)
    if gold["modality"] != "asserted":
        shares["harm"].add(modality == "asserted")
    if gold.get("date") is not None:
        shares["dates"].add(dates_agree(gold["date"], event.get("date")))
    shares["speakers"].add(_speakers_agree(article, gold.get("speaker"), event.get("speaker")))
    for index in gold.get("amounts", []):
        wanted = article.row["amounts"][index]
        shares["event_amounts"].add(any(overlap(wanted, amount) for amount in event.get("amounts", [])))


def _speakers_agree(article: GoldArticle, wanted: str | None, found: Json | None) -> bool:
    if wanted is None:
        return found is None
    return bool(found) and found is not None and article.is_entity(wanted, found)
