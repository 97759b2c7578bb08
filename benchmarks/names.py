"""Accuracy of names: the whole pipeline, and the recogniser without the rules."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.language import Language

from benchmarks.articles import Gold
from benchmarks.systems import Ours
from models.vocabulary import Label
from pipeline.extraction import extract_document
from pipeline.tag.recognition import Recognised, Recognition
from pipeline.text.spans import keep_longest
from pipeline.train.evaluate import evaluate
from pipeline.train.figures import Score

__all__ = ["EITHER", "NameFigures", "Names", "names_by_installed", "names_by_pipeline", "names_by_recogniser", "score_names", "sure_spans"]

Json = Mapping[str, Any]
Names = Mapping[str, Sequence[Json]]
"""Names found, by id of the article; each has start, end and label."""

EITHER = "AGENCY or ORG"
"""Row of the loose figures in which bodies of state and other bodies count as one label, as the loose figure counts them."""
_SURE = 0.5
_RESAMPLES = 1000
_PUBLISHED_LABELS = {"PERSON": "PERSON", "ORG": "ORG", "GPE": "PLACE", "LOC": "PLACE", "FAC": "PLACE"}
"""Labels of OntoNotes that have one of ours; its adjectives of nationality (NORP) have none."""


@dataclass(frozen=True, slots=True)
class NameFigures:
    """Names against gold, micro over the articles.

    `mentions` wants exact span and label, `loose` any overlap with AGENCY and ORG as one label; `labels` and
    `loose_labels` are the same label by label. `low` and `high` are the 2.5th and 97.5th percentile of the exact F1
    over a thousand draws of as many articles with replacement: articles differ more than names within one.
    """

    mentions: Score
    loose: Score
    low: float
    high: float
    labels: Mapping[str, Score]
    loose_labels: Mapping[str, Score]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "mentions": self.mentions.as_dict(),
            "interval": [self.low, self.high],
            "mentions_loose": self.loose.as_dict(),
            "labels": {label: score.as_dict() for label, score in self.labels.items()},
            "labels_loose": {label: score.as_dict() for label, score in self.loose_labels.items()},
        }


def names_by_pipeline(gold: Iterable[Gold], ours: Ours) -> dict[str, Sequence[Json]]:
    """Return the names of the whole pipeline, as `peninsula extract` writes them."""
    return {one.article.id: extract_document(_input(one), ours.analyser)["entities"] for one in gold}


def _input(one: Gold) -> Json:
    return {name: one.row.get(name) for name in ("id", "text", "title", "url", "publisher", "published", "lang")}


def names_by_recogniser(gold: Iterable[Gold], ours: Ours) -> dict[str, Sequence[Json]]:
    """Return the names that the trained recogniser alone gives an even chance; of those that overlap the most probable."""
    docs = ours.nlp.pipe(ours.prepare(one.article) for one in gold)
    return {doc._.article.id: sure_spans(doc._.recognition) for doc in docs}


def sure_spans(recognition: Recognition | None) -> list[Json]:
    """Return the spans of a recognition with a probability of at least one half, without overlap, in order of the text."""
    sure = [one for one in (recognition.spans if recognition is not None else ()) if one.probability >= _SURE]
    return [{"start": one.start, "end": one.end, "label": one.label.value} for one in keep_longest(sure, rank=_rank)]


def _rank(one: Recognised) -> int:
    return round(one.probability * 1_000_000)


def names_by_installed(gold: Sequence[Gold], nlp: Language) -> dict[str, Sequence[Json]]:
    """Return the names of another spaCy pipeline, as far as its labels have one of ours."""
    docs = nlp.pipe(one.article.text for one in gold)
    return {
        one.article.id: [
            {"start": ent.start_char, "end": ent.end_char, "label": _PUBLISHED_LABELS[ent.label_]}
            for ent in doc.ents
            if ent.label_ in _PUBLISHED_LABELS
        ]
        for one, doc in zip(gold, docs, strict=True)
    }


# ---- scores


def score_names(gold: Sequence[Gold], found: Names) -> NameFigures:
    """Compare names with the annotation; the matching is that of `peninsula evaluate`."""
    rows = [_row(one.row["id"], one.row["mentions"]) for one in gold]
    guesses = {one.row["id"]: found.get(one.row["id"], ()) for one in gold}
    figures = evaluate(rows, _predictions(guesses))
    counts = [evaluate([row], _predictions({row["id"]: guesses[row["id"]]})).mentions for row in rows]
    low, high = _interval(counts)
    groups = {label.value: {label.value} for label in Label if label not in (Label.AGENCY, Label.ORG)} | {
        EITHER: {Label.AGENCY.value, Label.ORG.value}
    }
    loose = {name: _loose(rows, guesses, labels) for name, labels in groups.items()}
    kept = {name: score for name, score in loose.items() if score.gold or score.predicted}
    return NameFigures(figures.mentions, figures.mentions_loose, low, high, figures.labels, kept)


def _row(ident: str, mentions: Sequence[Json]) -> dict[str, Any]:
    """Return a row of gold that has names alone: whatever else was annotated is not asked for here."""
    kept = [
        {"start": one["start"], "end": one["end"], "label": one["label"], "entity": "", "text": one.get("text", "")} for one in mentions
    ]
    return {"id": ident, "korea": False, "entities": [], "mentions": kept, "amounts": [], "events": []}


def _predictions(found: Names) -> list[dict[str, Any]]:
    return [{"id": ident, "korea": False, "entities": [{"text": "", **name} for name in names]} for ident, names in found.items()]


def _loose(rows: Sequence[Json], found: Names, labels: set[str]) -> Score:
    gold = [_row(row["id"], [one for one in row["mentions"] if one["label"] in labels]) for row in rows]
    guesses = {ident: [one for one in names if one["label"] in labels] for ident, names in found.items()}
    return evaluate(gold, _predictions(guesses)).mentions_loose


def _interval(counts: Sequence[Score]) -> tuple[float, float]:
    rng = random.Random(0)
    draws = sorted(_f1(rng.choices(counts, k=len(counts))) for _ in range(_RESAMPLES))
    return draws[round(0.025 * (_RESAMPLES - 1))], draws[round(0.975 * (_RESAMPLES - 1))]


def _f1(counts: Iterable[Score]) -> float:
    hit = predicted = gold = 0
    for one in counts:
        hit, predicted, gold = hit + one.hit, predicted + one.predicted, gold + one.gold
    return Score(hit, predicted, gold).f1
