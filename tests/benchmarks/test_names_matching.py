from __future__ import annotations

import gzip
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.name_lookup import forget, measure_database, measure_retrieval, read_list, synthetic_names
from benchmarks.name_pairs import Pair, halves, matchers, read_pairs, score_matcher
from benchmarks.names_matching import main, parse
from pipeline.errors import UsageError
from pipeline.names import compare
from pipeline.names.parse import read_korean

PAIRS = """name_a\tname_b\tsame\tsource
JANG, Kuk Chol\tCHANG, Kuk Ch'o'l\t1\tus_ofac_sdn:55183
HO, Jong Son\tHO', Cho'ng So'n\t1\tus_ofac_sdn:55197
Kim Dongcheol\t김동철\t1\tkr_mp
Kim Jong Un\tKim Jong Il\t0\thand_neg
Ho Jong Son\tHo Jong Nam\t0\thand_neg
Cho Hyun\tCho Hoon\t0\thand_neg
"""
SDN = """12,"AERO LINES",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r
13,"KOZLOV, Sergey","individual","RUSSIA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r
22702,"KIM, Tong-chol","individual","DPRK3",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 07 Aug 1968."\r
55183,"JANG, Kuk Chol","individual","DPRK3",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 03 Jul 1987."\r
55197,"HO, Jong Son","individual","DPRK4",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 21 Nov 1964."\r
\x1a"""
ALT = """55183,1,"aka","CHANG, Kuk Ch'o'l",-0- \r
99,2,"aka","SOMEONE, Else",-0- \r
\x1a"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    paths = {name: tmp_path / name for name in ("pairs.tsv", "sdn.csv", "alt.csv.gz")}
    paths["pairs.tsv"].write_text(PAIRS, encoding="utf-8")
    paths["sdn.csv"].write_text(SDN, encoding="utf-8", newline="")
    paths["alt.csv.gz"].write_bytes(gzip.compress(ALT.encode()))
    return paths


def test_the_whole_benchmark_runs_on_a_small_sample(files, tmp_path: Path, capsys) -> None:
    out = tmp_path / "figures.json"
    options = [
        "--pairs",
        files["pairs.tsv"],
        "--sdn",
        files["sdn.csv"],
        "--alt",
        files["alt.csv.gz"],
        "--database",
        40,
        "--rounds",
        2,
        "--json",
        out,
    ]
    assert main([str(option) for option in options]) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))
    ours = next(row for row in figures["pairs"] if row["matcher"] == "peninsula")
    assert ours["auc"] == 1
    assert figures["verdicts"]["all"] == {"same": 3, "different": 3, "missed": 0, "false": 0}
    assert figures["retrieval"]["aliases_first"] == 2
    assert figures["retrieval"]["members_found"] == {"Kim Dongcheol": "KIM, Tong-chol", "김동철": "KIM, Tong-chol"}
    assert figures["list"]["names"] == 7
    assert figures["database"]["names"] == 40
    shown = capsys.readouterr().out
    assert "rapidfuzz WRatio" in shown
    assert ("nomenklatura is not installed" in shown) == (find_spec("nomenklatura") is None)


def test_the_list_is_read_with_persons_programs_and_without_its_end_mark(files) -> None:
    names = read_list(files["sdn.csv"], files["alt.csv.gz"])
    assert [(one.name, one.person, one.dprk, one.primary) for one in names] == [
        ("AERO LINES", False, False, True),
        ("KOZLOV, Sergey", True, False, True),
        ("KIM, Tong-chol", True, True, True),
        ("JANG, Kuk Chol", True, True, True),
        ("HO, Jong Son", True, True, True),
        ("CHANG, Kuk Ch'o'l", True, True, False),
        ("SOMEONE, Else", False, False, False),
    ]


def test_an_alias_is_found_only_at_its_own_entry(files) -> None:
    names = read_list(files["sdn.csv"], files["alt.csv.gz"])
    pairs = [Pair("", "Heo Jeong-seon", True, "us_ofac_sdn:55197"), Pair("", "Heo Jeong-seon", True, "us_ofac_sdn:55183")]
    figures = measure_retrieval(names, pairs)
    assert (figures["aliases"], figures["aliases_found"], figures["aliases_first"]) == (2, 1, 1)


def test_figures_of_a_matcher_come_from_the_half_it_was_not_tuned_on() -> None:
    pairs = [Pair(str(place), "", place < 10, "") for place in range(20)]
    perfect = score_matcher("perfect", lambda a, b: float(int(a) < 10), pairs, rounds=3)
    assert (perfect.auc, perfect.precision, perfect.recall, perfect.false_positive_rate) == (1, 1, 1, 0)
    blind = score_matcher("blind", lambda a, b: 0.5, pairs, rounds=3)
    assert (blind.auc, blind.precision, blind.recall) == (0.5, 0.5, 1)


def test_halves_are_disjoint_and_keep_the_kinds() -> None:
    cases = [(float(place), place % 3 == 0) for place in range(30)]
    for tune, test in halves(cases, 3, seed=1):
        assert sorted(tune + test) == sorted(cases)
        assert sum(same for _, same in tune) == sum(same for _, same in test) == 5


def test_made_up_names_are_the_same_every_time(files) -> None:
    listed = read_list(files["sdn.csv"], files["alt.csv.gz"])
    assert synthetic_names(50, listed) == synthetic_names(50, listed)
    assert synthetic_names(50, listed) != synthetic_names(50, listed, seed=2)


def test_a_stored_name_is_found_by_another_spelling(tmp_path: Path) -> None:
    figures = measure_database(tmp_path / "names.db", ["Ho Jong Son", "Kim Jong Un"], ["허정선", "박진"])
    assert (figures["queries_found"], figures["candidates_most"]) == (1, 1)


def test_what_was_remembered_of_names_is_forgotten() -> None:
    compare("Kim Jong Un", "김정은")
    assert read_korean.cache_info().currsize
    forget()
    assert not read_korean.cache_info().currsize


def test_matchers_agree_on_equal_names() -> None:
    for name, matcher in matchers().items():
        assert matcher("Kim Jong Un", "Kim Jong Un") >= matcher("Kim Jong Un", "Donald Trump"), name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n", "pairs.tsv:1: expected the columns"),
        (PAIRS + "x\ty\tz\ts\n", "pairs.tsv:8: expected name_a"),
        (PAIRS.split("Kim Jong Un")[0], "pairs of both kinds are needed"),
    ],
    ids=["columns", "verdict", "one kind"],
)
def test_wrong_pairs_are_named(tmp_path: Path, text, message) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_pairs(path)


def test_a_list_of_another_shape_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sdn.csv"
    path.write_text("1,2,3\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"sdn.csv:1: expected 12 columns, found 3"):
        read_list(path, path)


@pytest.mark.parametrize(
    "options", [["--database", "0"], ["--rounds", "0"], ["--json", "nowhere/at/all.json"]], ids=lambda options: options[0]
)
def test_wrong_values_are_named(options) -> None:
    with pytest.raises(UsageError, match=options[0]):
        parse(["--pairs", "p", "--sdn", "s", "--alt", "a", *options])


def test_errors_become_one_line_and_an_exit_code(tmp_path: Path, capsys) -> None:
    missing = str(tmp_path / "none")
    assert main(["--pairs", missing, "--sdn", missing, "--alt", missing]) == 2
    assert "cannot be read" in capsys.readouterr().err
