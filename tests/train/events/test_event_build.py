"""The whole training of the event reader, on articles that are learnt in seconds."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.records import Article, Publication
from models.vocabulary import DateSource, EventType
from pipeline.analyse import Analyser
from pipeline.errors import ConfigurationError
from pipeline.events.reader.network import EventNetwork, Limits, ReaderFiles
from pipeline.settings import Settings
from pipeline.text.pieces import PieceCutter
from pipeline.train.events import build
from pipeline.train.events.build import EventSources, ReadArticle, build_reader, measure_events, reliability_of, set_limits
from pipeline.train.events.fit import EventPace
from pipeline.train.events.network import EventTrainee
from tests.events.conftest import prepare
from tests.events.reader.toy import Prompter
from tests.tag.encoder.toy import random_network, toy_size, write_encoder
from tests.train.events.toy_events import annotate, write_sources


@dataclass(frozen=True)
class Run:
    """A finished training run with seed 3; `begun` are the weights of the encoder before training, `start` those that it was to begin with."""

    folder: Path
    figures: dict[str, Any]
    sources: EventSources
    start: dict[str, torch.Tensor]
    begun: dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("training")
    out = root / "models" / "en"
    write_encoder(out / "encoder")
    start = random_network(out / "pretrained").state_dict()
    begun: dict[str, torch.Tensor] = {}

    def fit(network: EventTrainee, *args: Any, **named: Any) -> None:
        begun.update({name: value.clone() for name, value in network.encoder.state_dict().items()})
        build_fit(network, *args, **named)

    build_fit = build.fit_events
    sources = write_sources(root / "sources")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "fit_events", fit)
        figures = build_reader(
            sources,
            out,
            Settings(),
            start=start,
            size=toy_size(0),
            pace=EventPace(epochs=25, rate=3e-3, pieces=256),
            seed=3,
            version="toy 1",
            work=root / "work",
        )
    return Run(out / "events", figures, sources, start, begun)


def test_the_figures_tell_what_was_learnt_from(run: Run) -> None:
    figures = run.figures
    # Twelve of our own and three of the gold; a Korean one is no lesson.
    assert (figures["articles"], figures["held_out"]["articles"]) == (15, 9)
    assert figures["events"] == 10
    assert figures["held_out"]["events"] == 6
    assert (figures["layers"], figures["epochs"], figures["rate"], figures["seed"]) == (1, 25, 3e-3, 3)
    json.dumps(figures)


def test_the_encoder_begins_with_the_weights_given(run: Run) -> None:
    for name in ("words.weight", "shapes.weight", "layers.0.query.weight", "norm.weight"):
        assert torch.equal(run.begun[name], run.start[name]), name
    assert not torch.equal(run.begun["entity_head.weight"], run.start["entity_head.weight"])


@pytest.mark.parametrize(("seed", "calls"), [(3, 0), (4, 1)], ids=["of this seed", "of another seed"])
def test_a_checkpoint_is_taken_instead_of_training(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, calls: int
) -> None:
    kept = shutil.copytree(run.folder.parent.parent.parent / "work", tmp_path / "work")
    assert [path.name for path in kept.iterdir()] == ["events-3.pt"]
    out = tmp_path / "models" / "en"
    shutil.copytree(run.folder.parent / "encoder", out / "encoder")
    trained: list[int] = []
    monkeypatch.setattr(build, "fit_events", lambda *_, seed, **__: trained.append(seed))
    monkeypatch.setattr(build, "set_limits", lambda *_: Limits())
    monkeypatch.setattr(build, "reliability_of", lambda *_: [])
    pace = EventPace(epochs=1, rate=3e-3, pieces=256)
    figures = build_reader(
        run.sources, out, Settings(), start=run.start, size=toy_size(0), pace=pace, seed=seed, version="toy 2", work=kept
    )
    assert trained == [seed] * calls
    assert figures["seed"] == seed
    assert sorted(path.name for path in kept.iterdir()) == ["events-3.pt", "events-4.pt"][: calls + 1]
    with np.load(ReaderFiles(run.folder).heads) as first, np.load(ReaderFiles(out / "events").heads) as second:
        assert first.files == second.files
        assert all(np.array_equal(first[name], second[name]) for name in first.files) == (not calls)


def test_limits_and_calibration_are_written(run: Run) -> None:
    files = ReaderFiles(run.folder)
    assert sorted(path.name for path in run.folder.iterdir()) == sorted(path.name for path in (files.graph, files.heads, files.meta))
    network = EventNetwork(run.folder)
    assert network.version == "toy 1"
    limits = network.limits.as_json()
    assert (limits["slope"], limits["offset"]) != (1.0, 0.0)
    assert all(0 <= value <= 1 for name, value in limits.items() if name not in {"slope", "offset"})
    assert json.loads(files.meta.read_text(encoding="utf-8"))["limits"] == limits


def check_rows(rows: list[list[float]]) -> int:
    """Check the form of a reliability table and return how many events it counts."""
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    for low, high, count, mean, share in rows:
        assert low <= mean <= high
        assert count >= 1
        assert 0 <= share <= 1
    return int(sum(row[2] for row in rows))


def test_the_worth_of_scores_is_told_of_every_event_found(run: Run) -> None:
    assert check_rows(run.figures["reliability"]) >= 3


def test_the_trained_reader_is_read_by_the_pipeline(run: Run) -> None:
    analyser = Analyser(Settings(models_dir=run.folder.parent.parent, model="encoder"))
    text = "The ship sailed to the city. Kenya zapped Bankhaus."
    published = Publication(datetime(2026, 3, 10, tzinfo=UTC), "2026-03-10", None, DateSource.GIVEN, "day")
    analysis = analyser.analyse(Article("a", text, "en", publication=published))
    assert {event.maker.version.partition(".")[2] for event in analysis.events} <= {"toy 1"}
    found = [mention for event in analysis.events for mention in event.mentions if event.type is EventType.MISSILE_LAUNCH]
    assert [mention.trigger.text for mention in found] == ["zapped"]


# --- limits ---


def held_out(*events: str) -> ReadArticle:
    """Return an article in which hackers zapped, hummed and were sanctioned, of which some are annotated as events."""
    article, tagging, linking = prepare("[Quill/PERSON] zapped it. [Tamm/PERSON] hummed. [Seoul/PLACE] sanctioned [Bankhaus/ORG].")
    known = {
        "zapped": {"trigger": "zapped", "type": "MISSILE_LAUNCH", "actors": ["Quill"]},
        "sanctioned": {"trigger": "sanctioned", "type": "SANCTION", "actors": ["Seoul"]},
    }
    return ReadArticle(annotate((article, tagging, linking), [known[event] for event in events]), article, tagging, linking)


def prompter(run: Run, types: dict[str, float], **parts: float) -> Prompter:
    kinds = {word: EventType.SANCTION if word == "sanctioned" else EventType.MISSILE_LAUNCH for word in types}
    said = {word: {kinds[word]: probability} for word, probability in types.items()}
    cutter = PieceCutter.load(ReaderFiles(run.folder).tokenizer)
    return Prompter(cutter, types=said, parts={name: {"actor": probability} for name, probability in parts.items()})


def test_the_limit_of_new_triggers_lies_between_right_and_wrong_ones(run: Run) -> None:
    network = prompter(run, {"zapped": 0.33, "hummed": 0.17, "sanctioned": 0.9}, Quill=0.9, Seoul=0.9)
    limits = set_limits(network, [held_out("zapped", "sanctioned")])
    assert 0.17 < limits.new <= 0.33
    assert network.limits is limits


def test_the_limit_of_fillers_lies_between_right_and_wrong_ones(run: Run) -> None:
    network = prompter(run, {"zapped": 0.9, "sanctioned": 0.9}, Quill=0.43, Seoul=0.43, Bankhaus=0.31, Tamm=0.31)
    limits = set_limits(network, [held_out("zapped", "sanctioned")])
    # Either limit keeps the wrong ones away: that of any filler, or that of a further one.
    assert limits.filler <= 0.43
    assert max(limits.filler, limits.more) > 0.31


@pytest.mark.parametrize(("events", "rises"), [(("sanctioned",), True), ((), False)], ids=["right", "wrong"])
def test_scores_rise_where_events_are_right_and_fall_where_they_are_wrong(run: Run, events: tuple[str, ...], rises: bool) -> None:
    network = prompter(run, {"sanctioned": 0.6}, Seoul=0.9)
    articles = [held_out(*events)] * 8
    limits = set_limits(network, articles)
    at = limits.slope * 0.4055 + limits.offset
    assert (at > 0.4055) == rises
    rows = reliability_of(network, articles)
    assert check_rows(rows) == 8
    assert rows[0][4] == float(rises)
    assert network.limits == limits


def test_a_score_is_judged_by_what_other_articles_teach(run: Run) -> None:
    network = prompter(run, {"sanctioned": 0.6}, Seoul=0.9)
    # The article that is wrong is alone in its fold: the others promise more than it keeps, and it lowers what they are promised.
    articles = [held_out(*([] if place == 2 else ["sanctioned"])) for place in range(6)]
    set_limits(network, articles)
    rows = reliability_of(network, articles)
    assert check_rows(rows) == 6
    promised = {round(share): mean for _, _, _, mean, share in rows}
    assert promised[0] > promised[1]


def test_measures_are_those_of_the_evaluation(run: Run) -> None:
    network = prompter(run, {"zapped": 0.9, "sanctioned": 0.9}, Quill=0.9, Seoul=0.9)
    network.limits = replace(Limits(), rule=0.5, new=0.5)
    figures = measure_events(build.extractor_of(network), [held_out("zapped", "sanctioned")])
    assert figures["events"]["f1"] == 1.0
    assert measure_events(build.extractor_of(network), [held_out("zapped")])["events"]["f1"] < 1.0


def test_without_held_out_articles_there_are_no_limits(run: Run) -> None:
    with pytest.raises(ConfigurationError, match="no held-out articles"):
        set_limits(prompter(run, {}), [])
