"""One training run as the command line orders it: check, train, measure, write figures and card."""

from __future__ import annotations

import json
import logging
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.kb.load import load_knowledge
from pipeline.settings import Settings
from pipeline.train.english.annotations import read_passages
from pipeline.train.english.build import Options, build_cnn, build_encoder, build_events, find_pretrained
from pipeline.train.english.card import FIGURES, write_card
from pipeline.train.english.encoder import Sources, read_material, read_treebank
from pipeline.train.english.measure import gold_articles, measure_names, measure_trees, pipeline_of
from pipeline.train.events.build import measure_reader
from pipeline.train.events.plot import write_reliability_plot

__all__ = ["Order", "options_of", "train"]

RELIABILITY = "reliability.svg"
FRESH = "en_fresh.jsonl"
"""Articles that were annotated last and are only measured on."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What to train from what; see the help of `peninsula train`."""

    corpora: Path
    gold: Path
    annotations: Path
    texts: Path
    dev: Path | None
    pretrained: Path | None
    out: Path
    work: Path
    seeds: tuple[int, ...]
    parts: tuple[str, ...]
    threads: int
    version: str
    note: str = ""
    dry_run: bool = False
    decided: tuple[Mapping[str, Any], ...] = ()
    """Articles in the form of gold of which editors judged a part."""


def options_of(order: Order) -> Options:
    """Return what an order means for the builders; ConfigurationError where the pretrained encoder is missing."""
    sources = Sources(order.corpora, order.gold, order.annotations, order.texts, find_pretrained(order.pretrained), order.decided)
    return Options(sources, order.out, order.work, order.version, order.seeds)


def train(order: Order, options: Options, settings: Settings) -> None:
    """Run the parts that are ordered. Figures of parts that are not are kept as they were."""
    torch.set_num_threads(order.threads)
    if order.dry_run:
        read_material(options.sources, load_knowledge(settings.kb_dir))
        log.info("all corpora are there and right; would train %s into %s, seeds %s", ", ".join(order.parts), order.out, order.seeds)
        return
    if "encoder" in order.parts:
        encoder = build_encoder(options, settings)
        _write(order, encoder=encoder, command="make model-en", hardware=_hardware(order.threads), note=order.note)
    if "cnn" in order.parts:
        _write(order, cnn=build_cnn(options, settings))
    if "events" in order.parts:
        _write(order, events=build_events(options, settings))
    if "card" in order.parts:
        if order.dev is not None and (order.out / "events").is_dir():
            _write(order, measured_events=measure_reader(order.dev, order.out, settings))
        _write(
            order,
            measured={name: _measure(order, order.out / name, settings) for name in ("encoder", "cnn") if (order.out / name).is_dir()},
        )
        write_card(order.out)
        _plot(order.out)
        log.info("card written to %s", order.out / "README.md")


def _plot(out: Path) -> None:
    """Draw the reliability of event scores, where they were measured."""
    rows = json.loads((out / FIGURES).read_text(encoding="utf-8")).get("events", {}).get("reliability")
    if rows:
        write_reliability_plot(rows, out / "events" / RELIABILITY)


def _measure(order: Order, folder: Path, settings: Settings) -> dict[str, Any]:
    nlp = pipeline_of(folder, settings)
    figures: dict[str, Any] = {"trees": measure_trees(nlp, read_treebank(order.corpora, "en_pud-ud-test"))}
    if order.dev is not None:
        figures["names"] = measure_names(nlp, gold_articles(order.dev))
    fresh = order.annotations / FRESH
    if fresh.exists():
        figures["fresh"] = measure_names(nlp, read_passages(fresh, order.texts))
    log.info("%s: %s", folder.name, {name: value for name, value in figures.get("names", {}).items() if name != "reliability"})
    return figures


def _hardware(threads: int) -> str:
    if torch.cuda.is_available():
        return f"on {torch.cuda.get_device_name()}"
    return f"on {threads} of {os.cpu_count()} cores of a {platform.machine()} processor"


def _write(order: Order, **new: object) -> None:
    """Put new figures beside those that are there already, also when another part wrote them meanwhile."""
    path = order.out / FIGURES
    figures = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    order.out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**figures, "version": order.version, **new}, indent=1) + "\n", encoding="utf-8")
