from datetime import date

import pytest

from pipeline.errors import ListError
from pipeline.lists import uk
from pipeline.lists.record import Identifier, ListedAlias
from pipeline.lists.relevance import select_dprk
from tests.lists.conftest import DATA, by_id

TABLE = (DATA / "uk.csv").read_text(encoding="utf-8")
XML = (DATA / "uk.xml").read_text(encoding="utf-8")


def read_text(tmp_path, text, name="uk"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return uk.read(path)


def test_both_forms_make_the_same_records():
    table, xml = uk.read(DATA / "uk.csv"), uk.read(DATA / "uk.xml")
    assert table.records == xml.records
    assert table.published == xml.published == date(2025, 11, 4)
    assert table.faults == xml.faults == ()


def test_the_rows_of_a_person_make_one_record():
    record = by_id(uk.read(DATA / "uk.csv"))["DPR9001"]
    assert (record.source, record.schema, record.name, record.country) == ("gb_fcdo_sanctions", "Person", "HAN, Chol Bom", "KP")
    assert record.aliases == (
        ListedAlias("HAN, Ch'o'l-po'm", "strong", "aka"),
        ListedAlias("HAN CH", "weak", "aka"),
        ListedAlias("한철범", "strong", ""),
    )
    assert record.programs == ("UK-DPRK",)
    assert record.birth_dates == ("1987-07-03", "1985")
    assert record.listed_on == date(2017, 12, 22)
    assert record.identifiers == (Identifier("passport", "754990001"),)
    assert record.same_as == ("un_sc_sanctions:KPi.901",)


def test_a_ship_has_its_number_and_flag():
    ship = by_id(uk.read(DATA / "uk.xml"))["DPR9002"]
    assert (ship.schema, ship.name, ship.country, ship.identifiers) == ("Vessel", "FROST HERON", "PA", (Identifier("imo", "9990001"),))


def test_a_name_of_several_parts_has_a_comma_only_for_persons(tmp_path):
    read = read_text(tmp_path, XML.replace("<Name6>FROST HERON", "<Name1>MV</Name1><Name6>FROST HERON"))
    assert [record.name for record in read.records] == ["HAN, Chol Bom", "MV FROST HERON"]


def test_the_regulations_on_the_dprk_are_the_reason():
    assert {record.reason for record in select_dprk(uk.read(DATA / "uk.xml").records)} == {"program UK-DPRK"}


def test_a_table_with_the_other_name_of_a_column_and_without_date_is_read(tmp_path):
    read = read_text(tmp_path, TABLE.split("\n", 1)[1].replace('"Individual, Entity, Ship"', "Designation Type"))
    assert read.published is None
    assert [record.schema for record in read.records] == ["Person", "Vessel"]


def test_statements_with_line_breaks_stay_in_their_row(tmp_path):
    read = read_text(tmp_path, TABLE.replace("(UK Sanctions List Ref): DPR9001.", '"Ref: DPR9001.\nFirst seen in Dandong."'))
    assert by_id(read)["DPR9001"].remarks == "Ref: DPR9001. First seen in Dandong."


def test_a_bad_row_is_named_and_the_rest_is_kept(tmp_path):
    lines = TABLE.splitlines()
    read = read_text(
        tmp_path, "\n".join([*lines[:2], "stray,cells", *lines[2:5], ",,,", lines[5].replace("DPR9002", " "), lines[5]]) + "\n"
    )
    assert [record.source_id for record in read.records] == ["DPR9001", "DPR9002"]
    assert [fault.place for fault in read.faults] == [3, 8]


def test_what_cannot_be_understood_in_an_entry_is_named(tmp_path):
    text = XML.replace("30/03/2018", "spring 2018").replace("<IndividualEntityShip>Ship", "<IndividualEntityShip>Airship")
    text = text.replace(
        "(EU Exit) Regulations 2019</RegimeName>\n    <IndividualEntityShip>Airship",
        "Regulations 2031</RegimeName>\n    <IndividualEntityShip>Airship",
    )
    read = read_text(tmp_path, text)
    ship = by_id(read)["DPR9002"]
    assert (ship.listed_on, ship.programs) == (None, ("The Democratic People's Republic of Korea (Sanctions) Regulations 2031",))
    assert {fault.place for fault in read.faults} == {"DPR9002"}
    assert sorted(fault.message.split(" ")[0] for fault in read.faults) == ["the", "unknown", "unknown"]


def test_an_entry_without_primary_name_is_left_out(tmp_path):
    read = read_text(tmp_path, XML.replace("<Name6>FROST HERON</Name6>", ""))
    assert list(by_id(read)) == ["DPR9001"]
    assert "has no primary name" in read.faults[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABLE[:-30], "is cut: the last row has"),
        (TABLE[:-1] + ',"open', "is cut"),
        ("Report Date: 04-Nov-2025\nName,Age\nHan,3\n", "the columns .* are missing"),
        ("<html></html>", "the root <Designations> is expected, found an HTML page"),
        (XML[:-200], "is no complete XML list"),
        ("<Designations/>", "holds no designation"),
        ("", "is empty"),
    ],
    ids=["cut-table", "open-quote", "other-table", "html", "cut-xml", "no-entry", "empty"],
)
def test_a_file_that_is_not_the_list_is_refused(tmp_path, text, message):
    with pytest.raises(ListError, match=message):
        read_text(tmp_path, text)
