from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from models.records import Linking, Maker
from pipeline.cli.app import main
from pipeline.kb.load import load_knowledge
from pipeline.settings import ROOT
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, writing
from tests.cli.conftest import Peninsula
from tests.shipped import rules_alone
from tests.store.builders import add_article, make_analysis, make_context

TEXT = "Kim Jong Un watched the launch on Tuesday. North Korean leader Kim Jong Un praised Foreign Minister Hong Gil-dong."


class Done(NamedTuple):
    returncode: int | str | None
    stdout: str
    stderr: str


Explain = Callable[..., Done]


@pytest.fixture
def explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Explain:
    """`peninsula explain …` in an empty folder, with rules alone, all loaded once; in this process, since starting one takes longer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.analyse.Analyser", lambda settings: rules_alone())

    def call(*arguments: str, command: str = "explain") -> Done:
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
            patch.setattr(sys, "argv", ["peninsula", command, *arguments])
            main()
        return Done(ended.value.code or 0, *capsys.readouterr())

    return call


@pytest.fixture
def version_id(default_database: Database) -> str:
    """One analysed article in the database that the command reads by default."""
    article = add_article(default_database)
    analysis = make_analysis(article)
    actor, target = analysis.linking.mentions
    target = replace(target, maker=Maker("korean_spaced", "2"), official=True, role="[banker]", affiliation="A bank")
    linking = Linking((actor, target), tuple(replace(link, evidence=(("prior", -4.0), ("exact", 3.0))) for link in analysis.linking.links))
    context = make_context(default_database)
    with writing(default_database) as connection:
        record_analysis(connection, replace(analysis, linking=linking), context)
    return article.id


def told(done: Done) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_the_help_teaches(explain: Explain) -> None:
    done = explain("--help")
    assert done.returncode == 0
    assert "Example: peninsula explain" in " ".join(done.stdout.split())


def test_a_stored_article_is_named_by_id_its_beginning_or_its_address(explain: Explain, version_id: str) -> None:
    full = told(explain(version_id, "--json"))
    article = full["article"]
    assert article["version"] == version_id
    for name in (version_id[:8], article["article"], article["article"][:9], article["url"]):
        assert told(explain(name, "--json")) == full


def test_everything_stands_in_the_tables(explain: Explain, version_id: str) -> None:
    done = explain(version_id)
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.replace("│", " ").split())
    for part in (
        "»Washington« imposed sanctions",
        "korean_spaced 2",
        "A Korean surname stands before a given name of two syllables written apart",
        "auto us_ofac_sdn:56045",
        "Washington PERSON 0.30 overruled",
        "[banker]",
        "unclear",
        "2,000,000 USD",
        "the text gives US dollars",
        "»on Tuesday«",
        "2025-11-04",
        "zone +09:00",
        f"one in detail: peninsula explain {version_id} --mention 1",
        f"knowledge base in force: {load_knowledge(ROOT / 'data' / 'kb').version}",
    ):
        assert part in shown, part


def test_one_mention_is_shown_in_detail(explain: Explain, version_id: str) -> None:
    done = explain(version_id, "--mention", "2")
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.replace("│", " ").split())
    for part in (
        "mention 2",
        "imposed sanctions on »U Yong Su« on Tuesday.",
        "PERSON: A named human being.",
        "korean_spaced, version 2 (pattern): A Korean surname",
        "[banker], unclear",
        "auto: Name and context agree",
        "-4.0 prior",
        "-1.0 in all, as log-odds",
    ):
        assert part in shown, part
    assert "Washington PERSON" not in shown
    one = told(explain(version_id, "--mention", "2", "--json"))
    assert [mention["number"] for mention in one["mentions"]] == [2]
    assert (one["amounts"], one["dates"]) == ([], [])


def test_a_file_is_read_on_the_fly_without_any_database(explain: Explain, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    full = told(explain("--file", "text.txt", "--published", "2025-11-06T09:00:00+09:00", "--json"))
    first, second, third = (one for one in full["mentions"] if one["label"] == "PERSON")
    assert first["office"]["written"]["mention"] == second["number"]
    assert third["office"]["role"] == "Foreign Minister"
    assert full["dates"][0]["against"]["day"] == "2025-11-06"
    assert full["knowledge"]["in_force"] == full["knowledge"]["read_with"]
    assert not (tmp_path / "data").exists()
    shown = explain("--file", "text.txt", "--published", "2025-11-06").stdout
    assert "peninsula explain --file text.txt --published 2025-11-06 --mention 1" in shown
    assert "read as UTC" in shown
    posts = explain("--file", "text.txt", "--mention", str(first["number"]), "--lang", "en").stdout
    assert "posts.tsv line" in posts
    assert "day of publication not known" in posts


def test_a_text_without_names_is_said_to_have_none(explain: Explain, peninsula: Peninsula, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("nothing happened here, and nobody was there to see it.", encoding="utf-8")
    done = peninsula("explain", "--file", "text.txt", "--lang", "en", PENINSULA_MODEL="blank")
    assert (done.returncode, "no mentions" in done.stdout) == (0, True)
    assert "--mention 1: the article has no mentions" in explain("--file", "text.txt", "--lang", "en", "--mention", "1").stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "name one article or event, or a text by --file"),
        (("ver-1", "--file", "text.txt"), "name one article or event, or a text by --file"),
        (("ver-1", "--published", "2025-11-06"), "--published and --lang go with --file"),
        (("ver-1", "--lang", "ko"), "--published and --lang go with --file"),
        (("--file", "missing.txt"), "missing.txt cannot be read: No such file or directory"),
        (("--file", "."), ". cannot be read: Is a directory"),
        (("--file", "empty.txt"), "empty.txt is empty"),
        (("--file", "latin.txt"), "latin.txt is not UTF-8: "),
        (("--file", "text.txt", "--lang", "fr"), "--lang fr: en and ko are read"),
        (("--file", "text.txt", "--published", "last week"), "field 'published': published is no ISO 8601 date"),
        (("--file", "text.txt", "--mention", "0"), "--mention 0: the mentions of this article are numbered from 1 to "),
        (("--file", "text.txt", "--mention", "99"), "--mention 99: the mentions of this article are numbered from 1 to "),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_line_and_wrong_usage(explain: Explain, tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("\ufeff \n", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes("Pyongyang é".encode("latin-1"))
    done = explain(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_article_is_wrong_usage(explain: Explain, version_id: str) -> None:
    done = explain("ver-nothing")
    assert (done.returncode, "no article is called 'ver-nothing'" in done.stderr) == (2, True)


def test_where_there_is_no_database_the_command_says_so_and_makes_none(explain: Explain, tmp_path: Path) -> None:
    done = explain("ver-1")
    assert (done.returncode, "there is no database yet" in done.stderr) == (78, True)
    assert not (tmp_path / "data").exists()


def test_a_version_that_no_language_stage_has_read_is_said_to_be_unread(explain: Explain, default_database: Database) -> None:
    article = add_article(default_database)
    shown = explain(article.id).stdout
    assert "the language stages have not read this version" in shown
    assert "no mentions" in shown
    assert "read with" not in shown


def test_show_points_to_the_explanation(explain: Explain, version_id: str) -> None:
    shown = explain(version_id, command="show").stdout
    assert shown.rstrip().endswith(f"peninsula explain {version_id}")
