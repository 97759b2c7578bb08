from __future__ import annotations

import re
from pathlib import Path

import pytest

PAIRS = "name_a\tname_b\nU, Yong Su\tWoo Yong-su\nKim Yong Chol\tKim Yong Chun\n"


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_every_pair_gets_score_verdict_and_reason(peninsula, tmp_path: Path) -> None:
    table(tmp_path / "pairs.tsv", PAIRS)
    done = peninsula("names", "pairs.tsv")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "name_a\tname_b\tscore\tsame\twhy",
        "U, Yong Su\tWoo Yong-su\t1.0000\t1\tu = woo 1.00 · yong 1.00 · su 1.00",
        "Kim Yong Chol\tKim Yong Chun\t0.0000\t0\tkim 1.00 · yong 1.00 · chol = chun 0.00",
    ]
    assert done.stderr.strip() == "2 pairs, 1 the same by their names"


def test_other_columns_stay_and_verdicts_of_others_are_measured_against(peninsula, tmp_path: Path) -> None:
    table(
        tmp_path / "pairs.tsv",
        "id\tname_b\tsame\tname_a\tscore\n1\t김정은\t1\tKim Jong Un\t7\n2\t김정일\t0\tKim Jong Un\t7\n3\t박정천\t1\tKim Jong Il\t7\n",
    )
    done = peninsula("names", "pairs.tsv", "--out", "out.tsv")
    assert done.returncode == 0
    assert done.stdout == ""
    rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["name_a", "name_b", "id", "same_given", "score", "same", "why"]
    assert [(row[0], row[1], row[2], row[3], row[5]) for row in rows[1:]] == [
        ("Kim Jong Un", "김정은", "1", "1", "1"),
        ("Kim Jong Un", "김정일", "2", "0", "0"),
        ("Kim Jong Il", "박정천", "3", "1", "0"),
    ]
    assert "precision 1.0000 (1 of 1), recall 0.5000 (1 of 2) against same_given" in done.stderr


def test_an_output_can_be_read_again_and_stays_as_it_is(peninsula, tmp_path: Path) -> None:
    table(tmp_path / "pairs.tsv", "name_a\tname_b\tsame\nKim Song\tKim Son\t1\n")
    first = peninsula("names", "pairs.tsv")
    table(tmp_path / "again.tsv", first.stdout)
    assert peninsula("names", "again.tsv").stdout == first.stdout


def test_lines_of_windows_and_empty_lines_are_no_hindrance(peninsula, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_bytes("\ufeffname_a\tname_b\r\nKim Song\t김성\r\n\r\n".encode())
    done = peninsula("names", "pairs.tsv")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].startswith("Kim Song\t김성\t0.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "pairs.tsv:1: no column name_a and name_b"),
        ("name_a,name_b\n", "pairs.tsv:1: no column name_a and name_b; columns are divided by tabs"),
        ("name_a\tname_b\tname_a\n", "pairs.tsv:1: column name_a stands twice"),
        ("name_a\tname_b\nKim\tKim\nKim\n", "pairs.tsv:3: expected 2 columns, found 1"),
        ("name_a\tname_b\tsame\nKim\tKim\tyes\n", "pairs.tsv:2: same is 'yes', expected 0 or 1"),
    ],
    ids=["empty", "commas", "twice", "short row", "verdict"],
)
def test_a_wrong_table_is_named_with_its_line_and_nothing_is_written(peninsula, tmp_path: Path, text, message) -> None:
    table(tmp_path / "pairs.tsv", text)
    done = peninsula("names", "pairs.tsv", "--out", "out.tsv")
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out.tsv").exists()


def test_a_missing_file_other_bytes_and_a_missing_folder_are_named(peninsula, tmp_path: Path) -> None:
    assert "none.tsv cannot be read" in peninsula("names", "none.tsv").stderr
    (tmp_path / "korean.tsv").write_bytes("name_a\tname_b\n김정은\t김\n".encode("euc-kr"))
    assert "korean.tsv is no text in UTF-8" in peninsula("names", "korean.tsv").stderr
    table(tmp_path / "pairs.tsv", PAIRS)
    done = peninsula("names", "pairs.tsv", "--out", "nowhere/out.tsv")
    assert done.returncode == 78
    assert "cannot be written" in done.stderr


def test_the_help_teaches(peninsula) -> None:
    done = peninsula("names", "--help")
    assert "same_given" in done.stdout
    assert "Woo Yong-su" in re.sub(r"[\s│]+", " ", done.stdout)
