"""Builds `models/language/en/events/`: lessons from annotated articles, one network, its limits and what its scores are worth."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from models.records import Analysis, Article, Linking, Maker, Tagging
from pipeline.analyse import Analyser
from pipeline.errors import ConfigurationError
from pipeline.events import EVENTS_VERSION
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.lexicon_files import load_language
from pipeline.events.reader.decide import log_odds
from pipeline.events.reader.network import EventNetwork, Limits, ReaderFiles
from pipeline.extract import read_document
from pipeline.extraction import describe
from pipeline.settings import Settings
from pipeline.text.pieces import PieceCutter
from pipeline.train.english.calibrate import fit_logistic, reliability
from pipeline.train.english.network import Size
from pipeline.train.evaluate import evaluate, read_rows
from pipeline.train.events.export import export_reader, write_meta
from pipeline.train.events.fit import EventPace, fit_events
from pipeline.train.events.lessons import lessons_of
from pipeline.train.events.network import EventTrainee
from pipeline.train.matching import GoldArticle, assign, event_weight
from pipeline.train.restore import restore

__all__ = ["EventSources", "ReadArticle", "build_reader", "measure_events", "measure_reader", "read_articles", "reliability_of"]

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
Figures = dict[str, Any]

TRAINED_ON = "en_events_train.jsonl"
HELD_OUT = ("en_events.jsonl", "en_events_general.jsonl")
"""Annotated articles that the network never learns from: its limits and the worth of its scores are set on them."""

_STEPS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("rule", (0.06, 0.1, 0.15, 0.2, 0.3, 0.4)),
    ("new", (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)),
    ("filler", (0.3, 0.35, 0.4, 0.45, 0.5)),
    ("more", (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)),
    ("plain", (0.5, 0.6, 0.7, 0.8, 0.85, 0.9)),
    ("speaker", (0.3, 0.4, 0.5, 0.6, 0.7)),
    ("time", (0.25, 0.35, 0.45)),
)
"""Limits that are set, in this order, and the values tried."""
_ROUNDS = 2
"""How often all limits are set one after the other: each hangs on all the others."""
_PRECISION = 0.65
"""Precision below which more events are no gain: what is shown as fact must be right two times in three."""
_HARM = 0.1
"""Share of harm that is not chased further: on the held-out articles it is a handful of events, and modality would pay for it."""
_GOLD_TIMES = 3
"""How often gold counts against our own annotations: it is what the reader is measured by."""
_FOLDS = 6
_BINS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class EventSources:
    """Where annotated articles are: gold to learn from, and our own annotations with the folder of their texts.

    `decided` are articles in the form of gold of which editors judged a part.
    """

    gold: Path
    annotations: Path
    texts: Path
    decided: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An annotated article with what the tag and link stages say of it."""

    row: Json
    article: Article
    tagging: Tagging
    linking: Linking


def read_articles(rows: Iterable[Json], analyser: Analyser) -> list[ReadArticle]:
    """Tag and link the English articles among annotated rows."""
    found = []
    for row in rows:
        if row.get("lang") in (None, "en"):
            given = {name: row.get(name) or "" for name in ("title", "publisher")}
            article = read_document(id=row["id"], text=row["text"], html=None, url="", published=row.get("published"), lang="en", **given)
            found.append(ReadArticle(row, article, *analyser.read(article)))
    return found


def build_reader(
    sources: EventSources,
    out: Path,
    settings: Settings,
    *,
    start: Mapping[str, Any],
    size: Size,
    pace: EventPace,
    seed: int,
    version: str,
    work: Path,
) -> Figures:
    """Train, export to `out`/events, set the limits; return figures for the card.

    `start` are the weights of an encoder of which the lowest layers are taken, as many as `size` says. The articles are read with the
    encoder in `out`, whose word pieces the reader shares. A checkpoint in `work` takes the place of the training.
    """
    analyser = Analyser(settings.model_copy(update={"models_dir": out.parent, "model": "encoder"}))
    gold = read_articles(read_rows(sources.gold).values(), analyser)
    own = read_articles((*restore(sources.annotations / TRAINED_ON, sources.texts), *_with_events(sources.decided)), analyser)
    kept = read_articles((row for name in HELD_OUT for row in restore(sources.annotations / name, sources.texts)), analyser)
    files = ReaderFiles(out / "events")
    cutter = PieceCutter.load(files.tokenizer)
    rules = LanguageExtractor(load_language("en"))
    lessons = [
        lesson
        for one in (*gold * _GOLD_TIMES, *own)
        for lesson in lessons_of(one.row, one.article, one.tagging, one.linking, rules, cutter)
    ]
    events = sum(len(one.row["events"]) for one in (*gold, *own))
    log.info("events: %d articles, %d events, %d stretches; %d held out", len(gold) + len(own), events, len(lessons), len(kept))
    # The heads begin by chance.
    torch.manual_seed(seed)
    network = EventTrainee(replace(size, vocabulary=cutter.size))
    checkpoint = work / f"events-{seed}.pt"
    if checkpoint.exists():
        log.info("events, seed %d: taken from %s", seed, checkpoint)
        network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    else:
        network.encoder.load_state_dict({name: value for name, value in start.items() if _is_lower(name, size.layers)}, strict=False)
        fit_events(network, lessons, pace, seed=seed, unknown=cutter.unknown)
        work.mkdir(parents=True, exist_ok=True)
        torch.save(network.cpu().state_dict(), checkpoint)
    export_reader(network, files.folder, version=version)
    trained = EventNetwork(files.folder)
    write_meta(files, version, set_limits(trained, kept))
    return {
        "articles": len(gold) + len(own),
        "events": events,
        "held_out": {"articles": len(kept), "events": sum(len(one.row["events"]) for one in kept)},
        "layers": size.layers,
        "epochs": pace.epochs,
        "rate": pace.rate,
        "seed": seed,
        "reliability": reliability_of(trained, kept),
    }


def _with_events(rows: Iterable[Json]) -> Iterator[Json]:
    return (row for row in rows if row["events"] or row["rejected"])


def _is_lower(name: str, layers: int) -> bool:
    if name.startswith("layers."):
        return int(name.split(".")[1]) < layers
    return name.split(".")[0] in {"words", "places", "kind", "shapes", "norm"}


def measure_reader(gold: Path, out: Path, settings: Settings) -> Figures:
    """Return the figures of the shipped event stage on the English articles of a gold file."""
    analyser = Analyser(settings.model_copy(update={"models_dir": out.parent, "model": "encoder"}))
    return measure_events(extractor_of(EventNetwork(out / "events")), read_articles(read_rows(gold).values(), analyser))


def extractor_of(network: EventNetwork) -> LanguageExtractor:
    """Return the English event stage with a reader."""
    return LanguageExtractor(load_language("en"), network=network)


def _events_of(extractor: LanguageExtractor, one: ReadArticle) -> Json:
    found, relations = extractor.extract(one.article, one.tagging, one.linking, Maker("events", EVENTS_VERSION))
    return describe(Analysis(one.article, one.tagging, one.linking, found, relations), model="", knowledge_version="")


def measure_events(extractor: LanguageExtractor, articles: Sequence[ReadArticle]) -> Figures:
    """Return the figures of `peninsula evaluate` for the event stage over read articles."""
    return evaluate([one.row for one in articles], [_events_of(extractor, one) for one in articles]).as_dict()


def set_limits(network: EventNetwork, articles: Sequence[ReadArticle]) -> Limits:
    """Return the limits that do best on articles, one after the other, and the calibration of scores under them."""
    if not articles:
        raise ConfigurationError("there are no held-out articles with events to set the limits on")
    extractor, limits = extractor_of(network), Limits()
    for name, values in _STEPS * _ROUNDS:
        worth = {}
        for value in values:
            network.limits = replace(limits, **{name: value})
            worth[value] = _worth(measure_events(extractor, articles))
        limits = replace(limits, **{name: max(worth, key=worth.__getitem__)})
        log.info("limit %s: %s", name, ", ".join(f"{value:g} {worth[value]:.3f}" for value in values))
    network.limits = _calibrated(network, limits, articles)
    return network.limits


def _calibrated(network: EventNetwork, limits: Limits, articles: Sequence[ReadArticle]) -> Limits:
    """Return the limits with the calibration of scores that fits articles best."""
    network.limits = replace(limits, slope=1.0, offset=0.0)
    judged = _judged(extractor_of(network), articles)
    slope, offset = fit_logistic([(log_odds(score), 1.0) for score, _ in judged], [right for _, right in judged], towards=(1.0, 0.0))
    return replace(limits, slope=slope, offset=offset)


def _worth(figures: Json) -> float:
    """Return one number for what users want of the events: found and right, complete, and no alleged act told as fact."""
    return float(
        2 * figures["events"]["f1"]
        + figures["events_core"]
        + figures["arguments"]["f1"]
        + figures["tuples"]["f1"]
        + figures["modality"]
        + 0.5 * figures["speakers"]
        + 0.5 * figures["dates"]
        - 2 * max(figures["harm"] - _HARM, 0.0)
        - 4 * max(_PRECISION - figures["events"]["p"], 0.0)
    )


def _judged(extractor: LanguageExtractor, articles: Sequence[ReadArticle]) -> list[tuple[float, bool]]:
    """Return the score of each event found, and whether it is right: of the right type in the right sentence, one to one."""
    judged = []
    for one in articles:
        gold, found = GoldArticle(one.row), _events_of(extractor, one)["events"]
        weights = ((event_weight(gold, wanted, event), i, j) for i, wanted in enumerate(one.row["events"]) for j, event in enumerate(found))
        right = {j for _, j in assign((weight, i, j) for weight, i, j in weights if weight is not None)}
        judged += [(float(event["score"]), place in right) for place, event in enumerate(found)]
    return judged


def reliability_of(network: EventNetwork, articles: Sequence[ReadArticle]) -> list[list[float]]:
    """Return, for each range of scores, its ends, how many events have one, their mean score and the share that is right.

    The scores of each fold of the articles are those of a calibration on the other folds. The limits of the network stay as they are.
    """
    limits, judged = network.limits, list[tuple[float, bool]]()
    for fold in range(min(_FOLDS, len(articles))):
        others = [one for place, one in enumerate(articles) if place % _FOLDS != fold]
        network.limits = _calibrated(network, limits, others)
        judged += _judged(extractor_of(network), articles[fold::_FOLDS])
    network.limits = limits
    return [list(row) for row in reliability(judged, bins=_BINS)]
