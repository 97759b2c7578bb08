"""The labelled set of copies, and the figures of clusters over it; the articles are made up of words at random."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.duplicates import (
    COPIES,
    OTHERS,
    Document,
    Source,
    cluster_by_cosine,
    main,
    make_documents,
    read_sources,
    sample_sources,
    score_clusters,
)
from pipeline.errors import ConfigurationError, UsageError
from pipeline.extract.duplicates import StoryText, are_copies, shingles


def article(number: int, *, count: int = 12) -> list[str]:
    """Return sentences in words that no other article has."""
    chooser = random.Random(number)
    words = [f"{''.join(chooser.choices('aeioubdgklmnprst', k=6))}" for _ in range(60)]
    return [" ".join(chooser.choices(words, k=14)).capitalize() + "." for _ in range(count)]


SOURCES = [Source(f"s{number}", "en", tuple(article(number)), "2026-11-03") for number in range(10)]


def document(name: str, story: str) -> Document:
    return Document(name, story, "original", name, "en")


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_clusters_are_scored_by_pairs_and_by_member() -> None:
    documents = [document("a1", "a"), document("a2", "a"), document("a3", "a"), document("b1", "b")]
    outcome = score_clusters(documents, {"a1": "x", "a2": "x", "a3": "y", "b1": "y"})
    assert (outcome.pairs.hit, outcome.pairs.predicted, outcome.pairs.gold) == (1, 2, 3)
    assert outcome.cluster_precision == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert outcome.cluster_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    right = score_clusters(documents, {"a1": "x", "a2": "x", "a3": "x", "b1": "y"})
    assert (right.pairs.f1, right.cluster_f1) == (1.0, 1.0)


def test_every_original_has_a_copy_of_each_kind_and_one_seed_makes_one_set() -> None:
    documents = make_documents(SOURCES, seed=1, count=4)
    kinds = Counter(made.kind for made in documents)
    assert kinds == {"original": 4, "two stories mixed": 2} | dict.fromkeys([*COPIES, *OTHERS], 4)
    assert len({made.id for made in documents}) == len(documents)
    assert documents == make_documents(SOURCES[::-1], seed=1, count=4)
    assert documents != make_documents(SOURCES, seed=2, count=4)


def test_copies_share_their_story_and_what_is_alike_does_not() -> None:
    documents = make_documents(SOURCES, seed=1, count=4)
    originals = {made.story: shingles(made.text, "en") for made in documents if made.kind == "original"}
    for made in documents:
        close = {story for story, text in originals.items() if are_copies(text, shingles(made.text, "en"))}
        if made.kind in COPIES:
            assert close == {made.story}
        if made.kind in OTHERS:
            assert made.story not in originals
            assert not close


def test_too_few_articles_are_refused() -> None:
    with pytest.raises(UsageError, match="4 articles"):
        make_documents(SOURCES[:4], seed=1, count=4)


def test_short_repeated_and_other_articles_are_left_out(tmp_path: Path) -> None:
    first, rows = article(1), []
    for ident, sentences, lang in (
        ("a", first, "en"),
        ("a", article(2), "en"),
        ("copy", [*first[:4], *article(3)[:8]], "en"),
        ("short", article(4, count=7), "en"),
        ("french", article(5), "fr"),
        ("b", article(6), "en"),
    ):
        rows.append({"id": ident, "text": " ".join(sentences), "lang": lang})
    path = tmp_path / "texts.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    assert [source.id for source in read_sources([path])] == ["a", "b"]


@pytest.mark.parametrize(("line", "said"), [("{", "no JSON"), ('{"id": "a", "text": "b"}', "'lang'"), ("[]", "JSON object")])
def test_a_wrong_line_is_named_by_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    path = write(tmp_path / "texts.jsonl", {"id": "a", "text": "b", "lang": "fr"}, line)
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_sources([path])
    assert "texts.jsonl" in str(caught.value)
    assert "2" in str(caught.value)


def test_the_sample_newsroom_has_enough_articles_in_both_languages() -> None:
    counts = Counter(source.lang for source in sample_sources())
    assert min(counts["en"], counts["ko"]) >= 5


def test_cosine_joins_what_shares_its_words_in_any_order() -> None:
    text = article(1)
    texts = {"a": text, "b": text[::-1], "c": article(2), "d": [*text[:1], *article(3)]}
    clusters = cluster_by_cosine([StoryText(name, " ".join(sentences), "en") for name, sentences in texts.items()])
    assert clusters["a"] == clusters["b"]
    assert len({clusters[name] for name in "acd"}) == 3


def test_the_tables_name_every_kind_and_both_methods(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ({"id": source.id, "text": " ".join(source.sentences), "lang": "en", "published": "2026-11-03"} for source in SOURCES)
    assert main(["--texts", str(write(tmp_path / "texts.jsonl", *rows)), "--count", "2"]) == 0
    printed = capsys.readouterr().out
    assert all(kind in printed for kind in [*COPIES, *OTHERS, "all together"])
    assert "English, nightly run" in printed
    assert "TF-IDF cosine" in printed
    assert "Documents a second, nightly run / TF-IDF" in printed
    assert "Korean" not in printed


def test_a_wrong_date_and_a_missing_file_are_one_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ({"id": source.id, "text": " ".join(source.sentences), "lang": "en", "published": "someday"} for source in SOURCES)
    assert main(["--texts", str(write(tmp_path / "texts.jsonl", *rows))]) == ConfigurationError.exit_code
    assert "field 'published'" in capsys.readouterr().err
    assert main(["--texts", str(tmp_path / "nowhere.jsonl")]) == ConfigurationError.exit_code
    assert "nowhere.jsonl" in capsys.readouterr().err
    assert main(["--count", "1"]) == UsageError.exit_code
