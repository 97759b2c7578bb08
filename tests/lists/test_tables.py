import csv
import io

import pytest

from pipeline.lists import tables
from pipeline.lists.record import SCHEMAS
from tests.lists.conftest import DATA


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Korea, North", "KP"),
        ("Democratic People's Republic of Korea", "KP"),
        ("Democratic People’s Republic of Korea", "KP"),
        ("NORTH KOREA", "KP"),
        ("Korea, South", "KR"),
        ("Viet Nam", "VN"),
        ("Türkiye", "TR"),
        ("Congo, Democratic Republic of the", "CD"),
        ("Region: Gaza", None),
        ("undetermined", None),
        ("former Soviet Union", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_the_names_of_all_lists(name, code):
    assert tables.country_code(name) == code


def test_every_country_of_the_sample_tables_is_known():
    rows = csv.reader(io.StringIO((DATA / "add.csv").read_text().rstrip("\x1a")))
    names = {row[4] for row in rows if row and row[4].strip() != "-0-"}
    assert names
    assert [name for name in sorted(names) if tables.country_code(name) is None] == []


@pytest.mark.parametrize("name", ["countries.tsv", "programs.tsv", "documents.tsv", "phrases.tsv"])
def test_no_spelling_stands_in_a_table_twice(name):
    column = {"countries.tsv": "names", "phrases.tsv": "phrase"}.get(name, "written")
    rows = [(row.get("source", ""), tables.fold(each)) for row in tables._rows(name) for each in row[column].split("|")]
    assert len(rows) == len(set(rows))


def test_bodies_are_only_of_known_schemas():
    assert {row["schema"] for row in tables._rows("bodies.tsv")} < SCHEMAS


def test_the_programs_of_the_dprk_are_of_every_list():
    assert {"DPRK", "DPRK2", "DPRK3", "DPRK4", "UN-SC1718", "UK-DPRK", "KR-DPRK"} < tables.dprk_programs()


@pytest.mark.parametrize(
    ("addresses", "for_dprk", "seat"),
    [(["China", "China"], True, "CN"), (["China", "Korea, North"], True, "KP"), (["China", "Korea, North"], False, None), ([], True, None)],
    ids=["one", "listed", "not-listed", "none"],
)
def test_the_seat_of_a_body(addresses, for_dprk, seat):
    assert tables.find_seat(addresses, for_dprk=for_dprk) == seat
