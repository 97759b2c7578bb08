from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest

from benchmarks.romanise import romanise
from pipeline.errors import ConfigurationError
from pipeline.names import tables
from pipeline.names.tables import DATA, FROZEN, compose, decompose, frozen_text, hangul_surnames, southern, surname_table


def test_the_frozen_table_is_what_the_readable_tables_give():
    assert (DATA / FROZEN).read_text(encoding="utf-8") == frozen_text(), "run python -m pipeline.names.freeze"


def test_surnames_are_many_and_some_have_two_syllables():
    assert len(hangul_surnames()) >= 90
    assert {"남궁", "황보", "선우", "제갈", "독고", "사공", "서문"} <= hangul_surnames()
    assert ("namgung",) in surname_table()
    assert ("nam", "goong") in surname_table()


@pytest.mark.parametrize("syllable", ["각", "김", "힣", "가", "훤"])
def test_syllables_are_put_together_from_their_letters(syllable):
    assert compose(*decompose(syllable)) == syllable


@pytest.mark.parametrize(
    ("northern", "first", "later"),
    [
        ("리", "이", "리"),
        ("림", "임", "림"),
        ("룡", "용", "용"),
        ("로", "노", "로"),
        ("녀", "여", "녀"),
        ("렬", "열", "열"),
        ("라", "나", "라"),
        ("김", "김", "김"),
    ],
)
def test_the_initial_sound_law_of_the_south(northern, first, later):
    assert southern(northern) == first
    assert southern(northern, inner=True) == later


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("onsets.tsv", "ㄱ\tk:50\tg\n", "onsets.tsv:1: expected 2 columns, found 3"),
        ("codas.tsv", "# x\nㄱ\tk=50\n", "codas.tsv:2: 'k=50' is no spelling:weight"),
        ("codas.tsv", "ㄱ\tk:-1\n", "codas.tsv:1: 'k:-1' is no spelling:weight"),
        ("nuclei.tsv", "ㅏ\tajar\ta:1\n", "nuclei.tsv:1: 'ajar' is none of open, closed, any"),
        ("given_syllables.tsv", "100\t쀍\n", "given_syllables.tsv:1: '쀍' cannot be spelled"),
        ("given_syllables.tsv", "often\t영\n", "given_syllables.tsv:1: 'often' is no weight"),
        ("surnames.tsv", "남궁\t44\tnamgung:1\n", "surnames.tsv:1: 남궁: 'namgung' has another number of syllables"),
        ("surnames.tsv", "김\tmany\tkim:1\n", "surnames.tsv:1: 'many' is no weight"),
    ],
    ids=["columns", "colon", "negative", "place", "letters", "weight", "syllables", "bearers"],
)
def test_a_wrong_table_is_named_with_its_line(tmp_path, monkeypatch, name, text, message):
    for path in DATA.glob("*.tsv"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(tables, "DATA", tmp_path)
    with pytest.raises(ConfigurationError) as error:
        frozen_text()
    assert message in str(error.value)


def test_importing_the_package_brings_nothing_heavy():
    script = (
        "import sys, pipeline.names; print([name for name in ('rapidfuzz', 'numpy', 'spacy', 'yaml', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("system", "written"),
    [
        ("revised", {"Jang Guk-cheol"}),
        ("mccune", {"Chang Kuk-ch'ŏl"}),
        ("apostrophes", {"CHANG, Kuk-ch'o'l"}),
        ("northern", {"Jang Kuk Chol", "JANG, Kuk Chol"}),
        ("french", {"Djang Gouk-tcheol"}),
    ],
)
def test_the_romaniser_follows_the_rules(system, written):
    assert romanise("장", ["국", "철"], system, Random(1)) in written
