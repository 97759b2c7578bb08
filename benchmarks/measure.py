"""The measurements, one after the other."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol, TypeVar

from spacy.language import Language

from benchmarks.articles import Gold, file_hash, read_gold, without_names
from benchmarks.footprint import measure_footprint
from benchmarks.grammar import Document, grammar_of_installed, grammar_of_ours
from benchmarks.names import names_by_installed, names_by_pipeline, names_by_recogniser, score_names
from benchmarks.report import Report
from benchmarks.request import Request
from benchmarks.speed import count_words, measure_speed, tasks_of_installed, tasks_of_ours
from benchmarks.systems import Ours, load_installed, load_ours, size_on_disk
from models.knowledge import Knowledge
from pipeline.kb.load import load_knowledge
from pipeline.settings import Settings
from pipeline.train.english.treebank import read_conllu

__all__ = ["ALONE", "UNKNOWN", "WHOLE", "Watch", "measure", "quiet"]

WHOLE = "whole pipeline"
UNKNOWN = "whole pipeline, names unknown"
"""The knowledge base holds no persons, organisations, weapons, malware and vessels."""
ALONE = "recogniser alone"

T = TypeVar("T")


class Watch(Protocol):
    """Passes items on and shows how far they are."""

    def __call__(self, items: Iterable[T], *, step: str, total: int | None) -> Iterable[T]:
        """Return the items."""


def quiet(items: Iterable[T], *, step: str, total: int | None) -> Iterable[T]:
    """Show nothing."""
    return items


@dataclass(frozen=True, slots=True)
class _Bench:
    """All that is measured and measured on."""

    request: Request
    settings: Settings
    gold: Sequence[Gold]
    documents: Sequence[Document]
    knowledge: Knowledge
    ours: Sequence[Ours]
    others: Mapping[str, Language]
    watch: Watch


def measure(request: Request, settings: Settings, *, watch: Watch = quiet) -> Report:
    """Measure what is asked for.

    Everything is read and loaded before anything is measured, so that a wrong path is told at once. Raises
    ConfigurationError and UsageError, which name the file or the option.
    """
    bench = _prepare(request, settings, watch)
    words = count_words(bench.gold, bench.ours[0].nlp)
    report = Report(about=_about(bench, words))
    report.sizes = {one.name: size_on_disk(settings.models_dir / "en" / one.name) for one in bench.ours if one.learned}
    if "footprint" in request.parts:
        _measure_footprints(bench, report)
    if "names" in request.parts:
        _measure_names(bench, report)
    if "grammar" in request.parts and bench.documents:
        _measure_grammar(bench, report)
    if "speed" in request.parts:
        _measure_speed(bench, report, words)
    return report


def _prepare(request: Request, settings: Settings, watch: Watch) -> _Bench:
    gold = read_gold(request.gold)
    documents = read_conllu(request.treebank) if request.treebank is not None else []
    knowledge = load_knowledge(settings.kb_dir)
    ours = [load_ours(model, settings, knowledge) for model in watch(request.models, step="loading", total=len(request.models))]
    others = {name: load_installed(name) for name in request.installed}
    return _Bench(request, settings, gold, documents, knowledge, ours, others, watch)


def _measure_footprints(bench: _Bench, report: Report) -> None:
    folders = {"kb_dir": str(bench.settings.kb_dir.resolve()), "models_dir": str(bench.settings.models_dir.resolve())}
    systems: dict[str, dict[str, str]] = {one.name: {"model": one.name, **folders} for one in bench.ours}
    systems |= {name: {"installed": name} for name in bench.others}
    texts = [one.article.text for one in bench.gold]
    for name, system in bench.watch(list(systems.items()), step="load time, memory", total=len(systems)):
        report.footprint[name] = measure_footprint(system, texts)


def _measure_names(bench: _Bench, report: Report) -> None:
    gold = bench.gold
    thin = without_names(bench.knowledge)
    for one in bench.ours:
        found = names_by_pipeline(bench.watch(gold, step=f"names, {one.name}", total=len(gold)), one)
        report.names[one.name, WHOLE] = score_names(gold, found)
        poor = load_ours(one.name, bench.settings, thin)
        found = names_by_pipeline(bench.watch(gold, step=f"unknown, {one.name}", total=len(gold)), poor)
        report.names[one.name, UNKNOWN] = score_names(gold, found)
        if one.learned:
            report.names[one.name, ALONE] = score_names(gold, names_by_recogniser(gold, one))
    for name, nlp in bench.others.items():
        layered = load_ours(name, bench.settings, bench.knowledge)
        found = names_by_pipeline(bench.watch(gold, step=f"names, {name}", total=len(gold)), layered)
        report.names[name, WHOLE] = score_names(gold, found)
        report.names[name, ALONE] = score_names(gold, names_by_installed(gold, nlp))


def _measure_grammar(bench: _Bench, report: Report) -> None:
    able = [one for one in bench.ours if one.learned]
    for one in bench.watch(able, step="grammar", total=len(able)):
        report.grammar[one.name] = grammar_of_ours(one, bench.documents)
    for name, nlp in bench.others.items():
        report.grammar[name] = grammar_of_installed(nlp, bench.documents)


def _measure_speed(bench: _Bench, report: Report, words: int) -> None:
    tasks = [task for one in bench.ours for task in tasks_of_ours(one, bench.gold)]
    tasks += [task for name, nlp in bench.others.items() for task in tasks_of_installed(name, nlp, bench.gold)]
    # One round more than is counted: the first warms up.
    rounds = bench.watch(range(bench.request.rounds + 1), step="speed", total=bench.request.rounds + 1)
    report.speed = measure_speed(tasks, rounds, words=words)


# ---- what was measured on what


def _about(bench: _Bench, words: int) -> dict[str, Any]:
    request = bench.request
    about: dict[str, Any] = {
        "day": datetime.now(UTC).date().isoformat(),
        "gold": f"{request.gold.name}, {len(bench.gold)} English articles, {words} words",
        "gold_sha256": file_hash(request.gold),
        "models": ", ".join(f"{one.name} {one.version}".strip() for one in bench.ours),
        "processor": _processor(),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {_version(name)}" for name in ("spacy", "thinc", "onnxruntime", "tokenizers", "numpy")),
        "knowledge": bench.knowledge.version,
    }
    if request.treebank is not None:
        sentences = sum(map(len, bench.documents))
        about["treebank"] = f"{request.treebank.name}, {len(bench.documents)} documents, {sentences} sentences"
        about["treebank_sha256"] = file_hash(request.treebank)
    return about


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    """Return the name of the processor, as the system tells it."""
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        for line in cpus.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or f"{platform.machine()}, {sys.platform}"
