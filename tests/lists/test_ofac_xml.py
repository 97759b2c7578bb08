import gzip
from dataclasses import replace
from datetime import date

import pytest

from pipeline.errors import ListError
from pipeline.lists.ofac_xml import read_advanced, read_plain
from pipeline.lists.record import Identifier, ListedAlias
from pipeline.lists.relevance import select_dprk
from tests.lists.conftest import DATA, by_id

ADVANCED = (DATA / "sdn_advanced.xml").read_text(encoding="utf-8")
PLAIN = (DATA / "sdn.xml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def advanced():
    return read_advanced(DATA / "sdn_advanced.xml")


def changed(tmp_path, old, new, text=ADVANCED):
    assert old in text
    path = tmp_path / "list.xml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_the_day_of_listing_is_that_of_the_first_event(advanced):
    assert {number: record.listed_on for number, record in by_id(advanced).items()} == {
        "90001": date(2025, 3, 12),
        "90002": date(2017, 8, 22),
        "90003": date(2018, 2, 23),
    }


def test_names_in_native_scripts_are_aliases_with_the_surname_first(advanced):
    aliases = by_id(advanced)["90001"].aliases
    assert ListedAlias("한철범", "strong", "") in aliases
    assert ListedAlias("韩哲范", "strong", "") in aliases


def test_a_person_has_the_facts_of_the_tables_that_it_refers_to(advanced):
    record = by_id(advanced)["90001"]
    assert (record.schema, record.name, record.country, record.title) == ("Person", "HAN, Chol Bom", "KP", "Bank Representative")
    assert ListedAlias("redtiger77", "weak", "aka") in record.aliases
    assert record.programs == ("DPRK4", "CYBER4")
    assert record.birth_dates == ("1987-07-03",)
    assert record.birth_dates_inexact == ("circa 1985",)
    assert record.birth_place == "Hamhung, Korea, North"
    assert record.identifiers == (Identifier("wallet", "1InventedAddressForTestsOnly111", "XBT"), Identifier("passport", "754990001"))
    assert record.linked_to == ("MORNING FROST TRADING COMPANY",)
    assert record.addresses == ("China",)


def test_a_link_of_former_days_is_none(advanced):
    assert by_id(advanced)["90003"].linked_to == ()


def test_the_risk_that_the_features_name_makes_an_entry_relevant(tmp_path):
    path = changed(tmp_path, "<Comment>DPRK4</Comment>", "<Comment>NPWMD</Comment>")
    path.write_text(path.read_text(encoding="utf-8").replace('<VersionLocation LocationID="1" />', ""), encoding="utf-8")
    reasons = {record.source_id: record.reason for record in select_dprk(read_advanced(path).records)}
    assert reasons["90001"] == "remarks name the North Korea Sanctions Regulations"


def test_both_forms_make_the_same_records(advanced):
    plain = read_plain(DATA / "sdn.xml")
    assert plain.published == advanced.published == date(2025, 11, 4)
    assert plain.faults == advanced.faults == ()

    def common(record):
        latin = tuple(alias for alias in record.aliases if alias.name.isascii())
        return replace(record, aliases=latin, listed_on=None, remarks=None)

    assert [common(record) for record in plain.records] == [common(record) for record in advanced.records]


def test_a_gzipped_file_and_another_namespace_are_read(tmp_path, advanced):
    path = tmp_path / "list.xml.gz"
    path.write_bytes(gzip.compress(ADVANCED.replace("http://www.un.org/sanctions/1.0", "https://list.example/ns").encode()))
    assert read_advanced(path).records == advanced.records


@pytest.mark.parametrize(
    ("bounds", "exact", "inexact"),
    [
        ("<Start><From><Year>1948</Year><Month>1</Month><Day>1</Day></From></Start><End><To><Year>1948</Year><Month>12</Month><Day>31</Day></To></End>", ("1948",), ()),
        ("<Start><From><Year>1950</Year><Month>2</Month><Day>1</Day></From></Start><End><To><Year>1950</Year><Month>2</Month><Day>28</Day></To></End>", ("1950-02",), ()),
        ("<Start><From><Year>1944</Year><Month>1</Month><Day>1</Day></From></Start><End><To><Year>1945</Year><Month>12</Month><Day>31</Day></To></End>", (), ("1944 to 1945",)),
        ("<Start><From><Year>1944</Year><Month>2</Month><Day>1</Day></From></Start><End><To><Year>1945</Year><Month>3</Month><Day>1</Day></To></End>", (), ("01 Feb 1944 to 01 Mar 1945",)),
        ("<Start><From><Year>1944</Year><Month>2</Month><Day>30</Day></From></Start>", (), ()),
    ],
    ids=["year", "month", "years", "days", "no-day"],
)  # fmt: skip
def test_periods_of_birth_become_dates_or_stay_ranges(tmp_path, bounds, exact, inexact):
    start = ADVANCED.index("<DatePeriod CalendarTypeID")
    end = ADVANCED.index("</DatePeriod>")
    path = tmp_path / "list.xml"
    rest = ADVANCED[end:].replace('FeatureTypeID="8"', 'FeatureTypeID="224"')
    path.write_text(ADVANCED[:start] + '<DatePeriod CalendarTypeID="1">' + bounds + rest, encoding="utf-8")
    record = by_id(read_advanced(path))["90001"]
    assert (record.birth_dates, record.birth_dates_inexact) == (exact, inexact)


def test_a_party_without_a_name_is_named_and_left_out_with_what_refers_to_it(tmp_path):
    read = read_advanced(changed(tmp_path, ">MORNING FROST TRADING COMPANY<", "><"))
    assert [record.source_id for record in read.records] == ["90001", "90003"]
    assert by_id(read)["90001"].linked_to == ()
    assert [fault.place for fault in read.faults] == ["90002", "relationship 1", "relationship 2", "entry 9002"]


def test_an_unknown_program_is_reported_and_kept(tmp_path):
    read = read_advanced(changed(tmp_path, "<Comment>CYBER4</Comment>", "<Comment>CYBER9</Comment>"))
    assert by_id(read)["90001"].programs == ("DPRK4", "CYBER9")
    assert [(fault.place, fault.message) for fault in read.faults] == [("90001", "unknown program 'CYBER9'; kept as written")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html><head><title>Moved</title></head></html>", "the root <Sanctions> is expected, found an HTML page"),
        ("36,AEROCARIBBEAN", "is no complete XML list of <Sanctions>"),
        (ADVANCED[: len(ADVANCED) // 2], "is no complete XML list"),
        ("", "is empty"),
        ('<Sanctions xmlns="http://www.un.org/sanctions/1.0" />', "holds no party"),
        (PLAIN, "the root <Sanctions> is expected"),
    ],
    ids=["html", "csv", "cut", "empty", "nothing-in-it", "plain-form"],
)
def test_a_file_that_is_not_the_advanced_list_is_refused(tmp_path, text, message):
    path = tmp_path / "list.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ListError, match=message):
        read_advanced(path)


def test_a_cut_gzip_file_is_refused(tmp_path):
    path = tmp_path / "list.xml.gz"
    path.write_bytes(gzip.compress(ADVANCED.encode())[:-500])
    with pytest.raises(ListError, match=r"is a gzip file that is cut|is no complete XML list"):
        read_advanced(path)


def test_a_file_with_entities_is_refused_and_reads_no_other_file(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    doctype = f'<!DOCTYPE Sanctions [<!ENTITY other SYSTEM "{secret.as_uri()}">]>'
    path = changed(tmp_path, "<Sanctions xmlns", doctype + "<Sanctions xmlns")
    path.write_text(path.read_text(encoding="utf-8").replace("FROST HERON", "&other;"), encoding="utf-8")
    with pytest.raises(ListError, match="has a document type"):
        read_advanced(path)


def test_the_plain_form_names_a_bad_entry_and_keeps_the_rest(tmp_path):
    read = read_plain(changed(tmp_path, "<uid>90002</uid>", "<uid>90001</uid>", PLAIN))
    assert [record.source_id for record in read.records] == ["90001", "90003"]
    assert [(fault.place, fault.message[:20]) for fault in read.faults] == [("90001", "stands on the list t")]


def test_a_plain_list_without_entries_is_refused(tmp_path):
    path = tmp_path / "list.xml"
    path.write_text("<sdnList/>")
    with pytest.raises(ListError, match="holds no entry"):
        read_plain(path)
