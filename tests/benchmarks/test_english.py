from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from benchmarks.articles import Gold, read_gold, without_names
from benchmarks.english import main, write_json
from benchmarks.footprint import THREADS, measure_footprint, peak_memory
from benchmarks.grammar import grammar_of_installed, grammar_of_ours
from benchmarks.measure import ALONE, UNKNOWN, WHOLE, measure
from benchmarks.names import EITHER, names_by_installed, names_by_recogniser, score_names, sure_spans
from benchmarks.request import PARTS, Request, parse
from benchmarks.speed import Task, count_words, measure_speed, on_one_core, tasks_of_ours
from benchmarks.systems import Ours, load_installed, load_ours
from models.knowledge import Knowledge
from models.records import Maker
from models.vocabulary import Label
from pipeline.errors import ConfigurationError, PeninsulaError, StorageError, UsageError
from pipeline.settings import Settings
from pipeline.tag.nlp import load_pipeline
from pipeline.tag.recognition import Recognised, Recognition
from pipeline.train.english.examples import Tree
from tests import shipped

SUMMIT = (
    "SEOUL, Nov. 3 -- Unification Minister Han Dae-rim met envoys of Japan in Busan on Monday.\n\n"
    "Han said Kim Jong-un had not answered. Daesung Bank of North Korea was not named."
)
FREIGHTER = (
    "PYONGYANG -- The freighter Morning Tide left Nampo for Vladivostok on Tuesday, the National Intelligence Service said.\n\n"
    "Its owner, Tidewater Shipping, denied that the Hwasong-15 was on board."
)


def row(ident: str, text: str, *names: tuple[str, str], **more: Any) -> dict[str, Any]:
    """Annotate the first place of each name."""
    mentions = [
        {"start": text.index(name), "end": text.index(name) + len(name), "text": name, "label": label, "entity": "e"}
        for name, label in names
    ]
    return {"id": ident, "lang": "en", "text": text, "published": "2026-11-03", "mentions": mentions, **more}


ROWS = [
    row(
        "a",
        SUMMIT,
        ("SEOUL", "PLACE"),
        ("Han Dae-rim", "PERSON"),
        ("Japan", "PLACE"),
        ("Busan", "PLACE"),
        ("Kim Jong-un", "PERSON"),
        ("Daesung Bank", "ORG"),
        ("North Korea", "PLACE"),
    ),
    row(
        "b",
        FREIGHTER,
        ("PYONGYANG", "PLACE"),
        ("Morning Tide", "VESSEL"),
        ("Nampo", "PLACE"),
        ("Vladivostok", "PLACE"),
        ("National Intelligence Service", "AGENCY"),
        ("Tidewater Shipping", "ORG"),
        ("Hwasong-15", "WEAPON"),
    ),
    {"id": "c", "lang": "ko", "text": "서울", "mentions": []},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


@pytest.fixture
def gold_file(tmp_path: Path) -> Path:
    return write(tmp_path / "gold.jsonl", ROWS)


@pytest.fixture
def gold(gold_file: Path) -> list[Gold]:
    return read_gold(gold_file)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return shipped.knowledge()


def name(text: str, part: str, label: str) -> dict[str, Any]:
    return {"start": text.index(part), "end": text.index(part) + len(part), "label": label}


NOTHING_KNOWN = Knowledge("none", {})


def with_component(component: str, config: dict[str, Any] | None = None) -> Ours:
    """Put a component where a trained one stands, in a pipeline that knows nothing by heart."""
    nlp = load_pipeline("en", knowledge=NOTHING_KNOWN, settings=Settings(model="blank"))
    nlp.add_pipe(component, after="peninsula_sentences", config=config or {})
    return Ours("cnn", nlp, shipped.rules_alone())


@pytest.fixture
def with_ruler() -> Ours:
    ours = with_component("entity_ruler")
    ours.nlp.get_pipe("entity_ruler").add_patterns(  # type: ignore[attr-defined]
        [{"label": "PERSON", "pattern": "Morning Tide"}, {"label": "ORG", "pattern": "Tidewater Shipping"}]
    )
    return ours


# ---- what is measured on


def test_english_articles_are_read(gold: list[Gold]) -> None:
    assert [one.article.id for one in gold] == ["a", "b"]
    assert [one.article.text for one in gold] == [SUMMIT, FREIGHTER]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ROWS[2]], "is that of English"),
        ([{"id": "x", "lang": "en", "mentions": []}], "'x' has no text"),
        ([{"id": "x", "lang": "en", "text": "Seoul."}], "'x' has no list 'mentions'"),
        ([{"id": "x", "lang": "en", "text": "Seoul.", "mentions": [{"start": 0, "end": 9, "label": "PLACE"}]}], "is no mention"),
        ([{"id": "x", "lang": "en", "text": "Seoul.", "mentions": [{"start": 0, "end": 5, "label": "GPE"}]}], "is no mention"),
        ([row("x", "Seoul.", published="yesterday")], "field 'published'"),
    ],
)
def test_wrong_gold_is_told(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    path = write(tmp_path / "gold.jsonl", rows)
    with pytest.raises(ConfigurationError, match=message) as caught:
        read_gold(path)
    assert str(path) in str(caught.value)


def test_unknown_names_are_taken_out_of_the_knowledge_base(knowledge: Knowledge) -> None:
    thin = without_names(knowledge)
    assert {entity.label for entity in thin.entities.values()} == {Label.PLACE, Label.AGENCY}
    assert all(thin.entities[ident] is knowledge.entities[ident] for ident in thin.entities)
    assert {entity.label for entity in knowledge.entities.values()} > {Label.PERSON, Label.ORG, Label.VESSEL}


# ---- names


def test_names_are_scored_exactly_and_loosely(gold: list[Gold]) -> None:
    found = {
        "a": [name(SUMMIT, "SEOUL", "PLACE"), name(SUMMIT, "Minister Han Dae-rim", "PERSON"), name(SUMMIT, "Daesung Bank", "AGENCY")],
        "b": [name(FREIGHTER, "Nampo", "PERSON")],
    }
    figures = score_names(gold, found)
    assert (figures.mentions.hit, figures.mentions.predicted, figures.mentions.gold) == (1, 4, 14)
    assert (figures.loose.hit, figures.loose.predicted, figures.loose.gold) == (3, 4, 14)
    assert figures.labels["PERSON"].hit == 0
    assert (figures.loose_labels["PERSON"].hit, figures.loose_labels["PERSON"].predicted) == (1, 2)
    assert (figures.loose_labels[EITHER].hit, figures.loose_labels[EITHER].gold) == (1, 3)
    assert figures.low == 0.0
    assert figures.low <= figures.mentions.f1 <= figures.high == pytest.approx(2 * 1 / (3 + 7))


def test_a_perfect_answer_has_no_spread(gold: list[Gold]) -> None:
    figures = score_names(gold, {one.article.id: one.row["mentions"] for one in gold})
    assert (figures.mentions.f1, figures.loose.f1, figures.low, figures.high) == (1.0, 1.0, 1.0, 1.0)


def test_sure_spans_do_not_overlap_and_have_an_even_chance() -> None:
    spans = (
        Recognised(0, 4, Label.ORG, 0.5),
        Recognised(0, 9, Label.PERSON, 0.55),
        Recognised(12, 15, Label.PLACE, 0.49),
        Recognised(20, 25, Label.PLACE, 0.9),
    )
    kept = sure_spans(Recognition((), (), spans, Maker("encoder", "1")))
    assert kept == [{"start": 0, "end": 9, "label": "PERSON"}, {"start": 20, "end": 25, "label": "PLACE"}]
    assert sure_spans(None) == []


def test_the_recogniser_alone_knows_what_it_alone_found(gold: list[Gold], with_ruler: Ours) -> None:
    found = names_by_recogniser(gold, with_ruler)
    assert found == {"a": [], "b": [name(FREIGHTER, "Morning Tide", "PERSON"), name(FREIGHTER, "Tidewater Shipping", "ORG")]}


def test_labels_of_other_pipelines_are_read_as_ours(gold: list[Gold]) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(  # type: ignore[attr-defined]
        [{"label": "GPE", "pattern": "Busan"}, {"label": "DATE", "pattern": "Monday"}, {"label": "ORG", "pattern": "Daesung Bank"}]
    )
    assert names_by_installed(gold, nlp)["a"] == [name(SUMMIT, "Busan", "PLACE"), name(SUMMIT, "Daesung Bank", "ORG")]


# ---- grammar

TREES = (
    Tree(
        words=("Envoy", "Ro", "Byung", "-", "kee", "met", "aides", "."),
        lemmas=("envoy", "Ro", "Byung", "-", "kee", "meet", "aide", "."),
        pos=("NOUN", "PROPN", "PROPN", "PUNCT", "PROPN", "VERB", "NOUN", "PUNCT"),
        tags=("NN", "NNP", "NNP", "HYPH", "NNP", "VBD", "NNS", "."),
        heads=(5, 0, 1, 4, 1, -1, 5, 5),
        deps=("nsubj", "flat", "flat", "punct", "flat", "root", "obj", "punct"),
        spaces=(True, True, False, False, True, True, False, True),
    ),
    Tree(
        words=("They", "talked", "today", "."),
        lemmas=("they", "talk", "today", "."),
        pos=("PRON", "VERB", "NOUN", "PUNCT"),
        tags=("PRP", "VBD", "NN", "."),
        heads=(1, -1, 1, 1),
        deps=("nsubj", "root", "obl", "punct"),
        spaces=(True, True, False, False),
    ),
)
HEADS = {
    "Envoy": "met",
    "Ro": "Envoy",
    "Byung": "Ro",
    "-": "kee",
    "kee": "Ro",
    "Byung-kee": "Ro",
    "aides": "met",
    "They": "talked",
    "today": "talked",
}
KNOWN = {word: values for tree in TREES for word, *values in zip(tree.words, tree.lemmas, tree.pos, tree.tags, tree.deps, strict=True)}
KNOWN["Byung-kee"] = ["Byung-kee", "PROPN", "NNP", "flat"]


@Language.component("knows_the_trees")
def knows_the_trees(doc: Doc) -> Doc:
    """A parser without fault, as long as it reads nothing else."""
    words = [token.text for token in doc]
    verbs = {"met": words.index("met"), "talked": words.index("talked")}
    full_stops = iter(verbs.values())
    heads = [next(full_stops) if word == "." else words.index(HEADS.get(word, word)) for word in words]
    values = [KNOWN[word] for word in words]
    lemmas, pos, tags, deps = (list(column) for column in zip(*values, strict=True))
    spaces = [bool(token.whitespace_) for token in doc]
    return Doc(
        doc.vocab,
        words=words,
        spaces=spaces,
        heads=heads,
        deps=["ROOT" if dep == "root" else dep for dep in deps],
        tags=tags,
        pos=pos,
        lemmas=lemmas,
    )


def test_grammar_is_scored_from_bare_text_to_words_given() -> None:
    figures = grammar_of_ours(with_component("knows_the_trees"), [TREES])
    raw = figures.conditions.pop("text")
    assert raw.words == pytest.approx(2 * 9 / (12 + 10))
    assert raw.las == raw.uas == raw.tag == raw.words
    assert raw.sentences == 1.0
    assert set(figures.conditions) == {"text, treebank in our words", "text, sentences of the network", "words", "words and sentences"}
    for scores in figures.conditions.values():
        assert (scores.words, scores.tag, scores.uas, scores.las, scores.lemma, scores.sentences) == (1.0,) * 6


def test_rules_alone_have_no_grammar() -> None:
    with pytest.raises(UsageError, match="no grammar"):
        grammar_of_ours(load_ours("blank", Settings(), NOTHING_KNOWN), [TREES])


def test_trees_of_other_treebanks_are_not_scored() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    values = grammar_of_installed(nlp, [TREES]).as_dict()["text"]
    assert {"words", "tag", "sentences"} <= set(values)
    assert not {"uas", "las"} & set(values)
    assert values["sentences"] == 1.0


# ---- speed and size


def test_the_first_round_is_not_counted_and_preparing_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("benchmarks.speed.time.process_time", lambda: clock[0])
    costs = iter([100.0, 2.0, 4.0, 5.0])

    def prepare() -> float:
        clock[0] += 1000.0
        return next(costs)

    def work(cost: float) -> None:
        clock[0] += cost

    (speed,) = measure_speed([Task("cnn", "network", prepare, work)], range(4), words=20)
    assert (speed.best, speed.middle, speed.rounds) == (10.0, 5.0, 3)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot keep a thread on a core")
def test_one_core_is_held_and_given_back() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(KeyError), on_one_core() as core:
        assert os.sched_getaffinity(0) == {core}
        raise KeyError
    assert os.sched_getaffinity(0) == before


def test_the_network_is_timed_by_itself(gold: list[Gold], with_ruler: Ours) -> None:
    network, stage = tasks_of_ours(with_ruler, gold)
    docs = network.prepare()
    assert all(doc._.reading is not None and not doc.ents for doc in docs)
    network.work(docs)
    assert [[ent.text for ent in doc.ents] for doc in docs] == [[], ["Morning Tide", "Tidewater Shipping"]]
    assert all(doc._.mentions is None for doc in docs)
    stage.work(stage.prepare())
    assert (network.part, stage.part) == ("network", "tag stage")
    assert with_ruler.nlp.pipe_names[-1] == "peninsula_roles"
    assert count_words(gold[:1], with_ruler.nlp) == 35


def test_a_process_tells_its_load_time_and_memory(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    spacy.blank("en").to_disk(folder)
    footprint = measure_footprint({"installed": str(folder)}, [SUMMIT], runs=1)
    assert footprint.cpu > 0
    assert 1e7 < footprint.memory <= footprint.memory_after < 1e9
    assert sum(footprint.steps.values()) == pytest.approx(footprint.cpu, rel=0.05, abs=0.05)
    with pytest.raises(PeninsulaError, match=r"failed: .*nowhere"):
        measure_footprint({"installed": str(tmp_path / "nowhere")}, [], runs=1)


def test_peak_memory_is_in_bytes() -> None:
    assert 1e7 < peak_memory() < 1e11


# ---- all together


def test_the_rules_are_measured_with_and_without_known_names(gold_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Tidewater Shipping"}])  # type: ignore[attr-defined]
    nlp.to_disk(folder)
    request = Request(gold_file, models=("blank",), installed=(str(folder),), parts=("names", "speed"), rounds=1)
    report = measure(request, Settings())
    assert set(report.names) == {("blank", WHOLE), ("blank", UNKNOWN), (str(folder), WHOLE), (str(folder), ALONE)}
    assert report.names[str(folder), ALONE].mentions.hit == 1
    assert report.names[str(folder), WHOLE].mentions.hit > report.names[str(folder), ALONE].mentions.hit
    known, unknown = report.names["blank", WHOLE], report.names["blank", UNKNOWN]
    assert known.labels["WEAPON"].recall == 1.0
    assert known.labels["PERSON"].recall == unknown.labels["PERSON"].recall == 1.0, "titles and Korean names are rules, not facts"
    assert unknown.labels["PLACE"].f1 == known.labels["PLACE"].f1 > 0.9
    assert [(one.system, one.part) for one in report.speed] == [("blank", "tag stage"), (str(folder), "whole pipeline")]
    written = report.as_dict()
    assert written["about"]["gold"] == "gold.jsonl, 2 English articles, 68 words"
    assert written["speed"][0]["to_cnn"] is None
    assert json.loads(json.dumps(written)) == written


def test_the_command_prints_tables_and_writes_figures(
    gold_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in THREADS:
        monkeypatch.setenv(variable, "1")
    out = tmp_path / "figures.json"
    assert main(["--gold", str(gold_file), "--models", "blank", "--parts", "names", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "whole pipeline, names unknown" in printed
    assert "en_core_web_trf 3.8.0" in printed
    assert "OntoNotes" in printed
    assert len(json.loads(out.read_text(encoding="utf-8"))["names"]) == 2


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--models", "encoder,large"], 2, "--models 'encoder,large': expected some of encoder, cnn, blank"),
        (["--parts", "speed,colour"], 2, "--parts"),
        (["--rounds", "0"], 2, "--rounds 0"),
        (["--json", "/nowhere/at/all.json"], 2, "the folder does not exist"),
        (["--models", "blank", "--installed", "no_such_pipeline"], 2, "--installed no_such_pipeline: spaCy cannot load it"),
        (["--models", "blank", "--treebank", "/nowhere.conllu"], 78, "/nowhere.conllu"),
    ],
)
def test_errors_become_one_line(
    gold_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, options: list[str], code: int, message: str
) -> None:
    for variable in THREADS:
        monkeypatch.setenv(variable, "1")
    assert main(["--gold", str(gold_file), *options]) == code
    captured = capsys.readouterr()
    assert message in captured.err.replace("\n", " ")
    assert captured.out == ""


def test_missing_weights_are_told(gold_file: Path, tmp_path: Path) -> None:
    settings = Settings(models_dir=tmp_path)
    with pytest.raises(ConfigurationError, match="missing"):
        measure(Request(gold_file, models=("encoder",), parts=("names",)), settings)


def test_the_command_line_is_read() -> None:
    request = parse(["--gold", "g.jsonl", "--models", "blank, encoder", "--installed", "x", "--installed", "y"])
    assert request == Request(Path("g.jsonl"), ("encoder", "blank"), None, ("x", "y"), PARTS, 5, None)


def test_unwritable_figures_are_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        write_json(tmp_path, {})


def test_an_unknown_pipeline_is_told() -> None:
    with pytest.raises(UsageError, match="no_such_pipeline"):
        load_installed("no_such_pipeline")
