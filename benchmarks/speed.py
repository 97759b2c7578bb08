"""Speed: words per second of CPU time on one core."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from benchmarks.articles import Gold
from benchmarks.systems import Ours
from pipeline.tag import tag_many

__all__ = ["Speed", "Task", "count_words", "measure_speed", "on_one_core", "tasks_of_installed", "tasks_of_ours"]


@dataclass(frozen=True, slots=True)
class Task:
    """Something to time: `prepare` makes what `work` then reads, and is not timed."""

    system: str
    part: str
    prepare: Callable[[], Any]
    work: Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Speed:
    """Words per second of CPU time: in the best round, which disturbances touched least, and in the middle one."""

    system: str
    part: str
    best: float
    middle: float
    rounds: int


@contextmanager
def on_one_core() -> Iterator[int | None]:
    """Keep this thread on one core meanwhile, and yield its number; None where the system has no such thing."""
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    before = os.sched_getaffinity(0)
    core = max(before)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, before)


def count_words(gold: Iterable[Gold], nlp: Language) -> int:
    """Return the words of the articles: tokens of our tokenizer, punctuation too, white space not.

    The same count serves every system, whatever it cuts itself, so that the figures tell of the same text.
    """
    return sum(not token.is_space for one in gold for token in nlp.make_doc(one.article.text))


def tasks_of_ours(ours: Ours, gold: Sequence[Gold]) -> list[Task]:
    """Return what is timed of our pipeline: the trained components on words and sentences, and the whole tag stage on text."""
    articles = [one.article for one in gold]
    rules = [name for name in ours.readers if name not in ours.learned]

    def prepare() -> list[Doc]:
        with ours.nlp.select_pipes(enable=rules):
            return list(ours.nlp.pipe(ours.prepare(article) for article in articles))

    def network(docs: list[Doc]) -> None:
        with ours.nlp.select_pipes(enable=ours.learned):
            _drain(ours.nlp.pipe(docs))

    whole = Task(ours.name, "tag stage", lambda: articles, lambda items: _drain(tag_many(items, ours.nlp)))
    return [Task(ours.name, "network", prepare, network), whole] if ours.learned else [whole]


def tasks_of_installed(name: str, nlp: Language, gold: Sequence[Gold]) -> list[Task]:
    """Return what is timed of another pipeline: all its components, from the text on."""
    texts = [one.article.text for one in gold]
    return [Task(name, "whole pipeline", lambda: texts, lambda items: _drain(nlp.pipe(items)))]


def _drain(items: Iterable[object]) -> None:
    for _ in items:
        pass


def measure_speed(tasks: Sequence[Task], rounds: Iterable[int], *, words: int) -> list[Speed]:
    """Time every task once in each round, so that what disturbs the machine touches all alike.

    Each round reads the same texts, so that what systems remember of words is warm, as it is in a night's run.
    The round of number 0 warms up and is not counted; there must be another.

    CPU time is that of the whole process: a system with several threads gains nothing by them here.
    """
    seconds: list[list[float]] = [[] for _ in tasks]
    with on_one_core():
        for number in rounds:
            for task, times in zip(tasks, seconds, strict=True):
                spent = _time(task)
                if number:
                    times.append(spent)
    return [
        Speed(task.system, task.part, words / min(times), words / median(times), len(times))
        for task, times in zip(tasks, seconds, strict=True)
    ]


def _time(task: Task) -> float:
    """Return the CPU seconds of one run, never 0."""
    given = task.prepare()
    gc.collect()
    begun = time.process_time()
    task.work(given)
    return max(time.process_time() - begun, 1e-9)
