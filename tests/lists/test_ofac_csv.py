import gzip
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ListError
from pipeline.lists import ofac_csv
from pipeline.lists.record import Identifier, ListedAlias
from tests.lists.conftest import DATA, by_id, read_ofac, sdn_row, write_table


def read_rows(tmp_path, *rows, **options):
    return ofac_csv.read(write_table(tmp_path / "sdn.csv", *rows), **options)


def test_the_four_tables_make_one_record(ofac):
    record = by_id(ofac)["55183"]
    assert (record.source, record.schema, record.name) == ("us_ofac_sdn", "Person", "JANG, Kuk Chol")
    assert record.programs == ("DPRK4", "CYBER4")
    assert record.aliases == (ListedAlias("CHANG, Kuk Ch'o'l", "strong", "aka"),)
    assert record.birth_dates == ("1987-07-03",)
    assert (record.country, record.nationalities, record.addresses) == ("KP", ("Korea, North",), ("Russia",))
    assert record.countries == ("Korea, North", "Russia")
    assert record.identifiers == (Identifier("passport", "754420443"),)
    assert record.title is None
    assert record.snapshot is None


def test_the_sample_tables_have_no_fault(ofac):
    assert ofac.faults == ()
    assert ofac.published is None


def test_gzipped_tables_are_read_whatever_their_name(tmp_path, ofac):
    packed = tmp_path / "list"
    packed.write_bytes(gzip.compress((DATA / "sdn.csv").read_bytes()))
    assert len(ofac_csv.read(packed).records) == len(ofac.records)


def test_the_day_of_the_list_goes_into_every_record():
    read = read_ofac(DATA, snapshot=date(2025, 11, 5))
    assert {record.snapshot for record in read.records} == {"2025-11-05"}


def test_programs_are_divided_at_the_brackets(ofac):
    assert by_id(ofac)["9345"].programs == ("NPWMD", "DPRK2")


def test_a_country_with_a_comma_stays_one(ofac):
    assert by_id(ofac)["44294"].nationalities == ("Korea, North",)


def test_a_null_cell_is_nothing(ofac):
    record = by_id(ofac)["36"]
    assert (record.remarks, record.title, record.nationalities) == (None, None, ())


def test_names_in_quotes_in_the_remarks_are_weak_aliases(ofac):
    assert ListedAlias("MGB", "weak", "aka") in by_id(ofac)["25437"].aliases
    assert ListedAlias("KOMID", "weak", "aka") in by_id(ofac)["9345"].aliases


def test_remarks_cut_inside_a_word_are_joined(ofac):
    hackers, launderer = by_id(ofac)["27307"], by_id(ofac)["28263"]
    assert ListedAlias("WHOIS HACKING TEAM", "weak", "aka") in hackers.aliases
    assert hackers.aliases[-1].name == "APPLEWORM"
    assert ListedAlias("snowsjohn", "weak", "aka") in launderer.aliases
    assert launderer.linked_to == ("LAZARUS GROUP",)


def test_a_wallet_that_begins_where_the_remarks_are_cut_is_read_whole(tmp_path):
    start = "DOB 03 Jul 1987; Digital Currency Address - ETH 0x0330070FD38Ec3bB94F58FA5"
    filler = "; Secondary sanctions risk: " + "x" * (1000 - len(start) - 28)
    remarks = filler[2:] + "; " + start
    comments = write_table(tmp_path / "sdn_comments.csv", '7,"5D40368271E9e54A; alt. Digital Currency Address - XBT 1Abc."')
    read = read_rows(tmp_path, sdn_row(7, "HAN, Chol Bom", remarks=remarks[:1000]), comments=comments)
    assert len(remarks[:1000]) == 1000
    assert read.records[0].identifiers == (
        Identifier("wallet", "0x0330070FD38Ec3bB94F58FA55D40368271E9e54A", "ETH"),
        Identifier("wallet", "1Abc", "XBT"),
    )
    assert read.faults == ()


@given(cut=st.integers(min_value=0, max_value=60))
@settings(max_examples=61, deadline=None)
def test_it_makes_no_difference_where_the_remarks_are_cut(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("cut")
    tail = "; nationality Korea, North; Passport 75 499 (Korea, North); a.k.a. 'RED TIGER'; Linked To: FROST TRADING CO"
    remarks = "Gender Male; " + "x" * (1000 - 13 - cut) + tail
    comments = write_table(folder / "sdn_comments.csv", f'7,"{remarks[1000:]}."')
    record = read_rows(folder, sdn_row(7, "HAN, Chol Bom", remarks=remarks[:1000]), comments=comments).records[0]
    assert record.country == "KP"
    assert record.identifiers == (Identifier("passport", "75499"),)
    assert record.aliases == (ListedAlias("RED TIGER", "weak", "aka"),)
    assert record.linked_to == ("FROST TRADING CO",)


def test_cut_remarks_without_their_rest_are_reported(tmp_path):
    read = read_rows(tmp_path, sdn_row(7, "HAN, Chol Bom", remarks="y" * 1000))
    assert [(fault.place, "cut at 1000 characters" in fault.message) for fault in read.faults] == [(1, True)]
    assert len(read.records) == 1


def test_a_rest_of_remarks_that_were_not_cut_is_reported_and_not_joined(tmp_path):
    comments = write_table(tmp_path / "sdn_comments.csv", '7,"nationality China."')
    read = read_rows(tmp_path, sdn_row(7, "HAN, Chol Bom", remarks="Gender Male."), comments=comments)
    assert read.records[0].nationalities == ()
    assert "tables of different days" in read.faults[0].message


def test_dates_of_birth_that_are_not_exact_stay_as_written(tmp_path):
    remarks = "DOB 1946; alt. DOB Nov 1950; alt. DOB circa 1947; alt. DOB 1944 to 1945; alt. DOB 01 Jan 1953 to 31 Dec 1953; alt. DOB 19 Jun 1971."
    record = read_rows(tmp_path, sdn_row(7, "HAN, Chol Bom", remarks=remarks)).records[0]
    assert record.birth_dates == ("1946", "1950-11", "1953", "1971-06-19")
    assert record.birth_dates_inexact == ("circa 1947", "1944 to 1945")


def test_identifiers_are_read_in_one_form(tmp_path):
    remarks = (
        "Passport PS 472330208 (Korea, North) issued 19 Oct 2018 expires 19 Oct 2023; Diplomatic Passport 836110034 expires 01 Jan 2020; "
        "National ID No. 111534690 (Vietnam); Tax ID No. 253908966176 (Russia); SWIFT/BIC KDBKKPPY; Website www.frost.example; "
        "Email Address han@frost.example; Phone Number 86 13 9990 0001; MMSI 445990001; Identification Number IMO 9990001; "
        "Vessel Registration Identification IMO 99; Digital Currency Address - USDT TAbc123."
    )
    found = read_rows(tmp_path, sdn_row(7, "HAN, Chol Bom", remarks=remarks)).records[0].identifiers
    assert [(each.kind, each.value, each.asset) for each in found] == [
        ("passport", "PS472330208", ""), ("passport", "836110034", ""), ("national_id", "111534690", ""), ("tax", "253908966176", ""),
        ("swift", "KDBKKPPY", ""), ("website", "www.frost.example", ""), ("email", "han@frost.example", ""), ("phone", "861399900001", ""),
        ("mmsi", "445990001", ""), ("imo", "9990001", ""), ("wallet", "TAbc123", "USDT"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "remarks", "schema"),
    [
        ("FROST TRADING CO., LTD.", "-0- ", "Company"),
        ("MINISTRY OF FROST TRADING", "-0- ", "Agency"),
        ("FROST WATCH BUREAU", "-0- ", "Agency"),
        ("FROST HERON GROUP", "-0- ", "Organization"),
        ("FROST HERON GROUP", "Target Type Financial Institution.", "Company"),
        ("FROST TRADING CORPORATION", "Target Type Government Entity.", "Company"),
        ("UNIVERSITY OF FROST", "Target Type Government Entity.", "Agency"),
    ],
    ids=["company", "ministry", "bureau", "other", "said-bank", "trading-company-of-the-state", "said-agency"],
)
def test_a_body_is_told_by_its_name_and_by_what_the_list_says(tmp_path, name, remarks, schema):
    assert read_rows(tmp_path, sdn_row(7, name, kind="-0- ", remarks=remarks)).records[0].schema == schema


def test_ships_and_aircraft_are_told_from_bodies(ofac):
    ship = by_id(ofac)["17069"]
    assert (ship.schema, ship.country) == ("Vessel", "KP")
    assert by_id(ofac)["20540"].schema == "Airplane"


@pytest.mark.parametrize(
    ("rest", "country"),
    [
        ("nationality China; citizen Korea, North", "CN"),
        ("citizen Korea, North", "KP"),
        ("Passport 75499 (Korea, North) expires 01 Jan 2020", "KP"),
        ("POB Hamhung, Korea, North", "KP"),
        ("POB Dandong, China", None),
    ],
    ids=["nationality", "citizen", "passport", "born-in-the-north", "born-elsewhere"],
)
def test_the_country_of_a_person_is_what_the_list_says_of_it(tmp_path, rest, country):
    add = write_table(tmp_path / "add.csv", '7,1,-0- ,"Dandong","China",-0- ')
    assert read_rows(tmp_path, sdn_row(7, "HAN, Chol Bom", remarks=f"{rest}."), add=add).records[0].country == country


@pytest.mark.parametrize(("program", "country"), [("DPRK4", "KP"), ("CUBA", None)], ids=["listed-for-the-dprk", "listed-for-another"])
def test_who_lives_in_the_north_belongs_to_it_only_where_that_is_why_he_is_listed(tmp_path, program, country):
    add = write_table(tmp_path / "add.csv", '7,1,-0- ,"Pyongyang","Korea, North",-0- ')
    assert read_rows(tmp_path, sdn_row(7, "LOPEZ, Juan", program=program), add=add).records[0].country == country


def test_a_name_that_is_both_strong_and_weak_is_strong(tmp_path):
    alt = write_table(tmp_path / "alt.csv", '7,1,"fka","RED TIGER",-0- ', '7,2,"aka","HAN, Chol Bom",-0- ')
    record = read_rows(tmp_path, sdn_row(7, "HAN, Chol Bom", remarks="a.k.a. 'RED TIGER'; a.k.a. 'GREY TIGER'."), alt=alt).records[0]
    assert record.aliases == (ListedAlias("RED TIGER", "strong", "fka"), ListedAlias("GREY TIGER", "weak", "aka"))


def test_a_body_with_addresses_in_several_countries_has_no_seat_unless_it_is_listed_for_the_dprk(ofac):
    shipper, arms_dealer = by_id(ofac)["1287"], by_id(ofac)["9345"]
    assert "Korea, North" in shipper.addresses
    assert shipper.country is None
    assert arms_dealer.country == "KP"


# --- bad rows ---


def test_a_bad_row_is_named_and_the_rest_is_kept(tmp_path):
    read = read_rows(
        tmp_path,
        sdn_row(1, "AN, Il"),
        '2,"AN, I',
        sdn_row(3, "AN, Sam"),
        "x" + sdn_row(4, "AN, Sa"),
        sdn_row(5, "AN, O") + ",more",
        sdn_row(3, "AN, Sam again"),
        sdn_row(6, "AN, Yuk"),
        sdn_row(7, ""),
        sdn_row(8, "AN, Pal"),
        sdn_row(9, "AN, Ku"),
        sdn_row(10, "AN, Sip"),
    )
    assert [record.source_id for record in read.records] == ["1", "3", "6", "8", "9", "10"]
    assert [fault.place for fault in read.faults] == [2, 4, 5, 6, 8]
    assert "stands on line 3 already" in read.faults[3].message


def test_an_unknown_program_is_reported_once_and_kept_as_written(tmp_path):
    read = read_rows(
        tmp_path,
        sdn_row(1, "AN, Il", program="DPRK4"),
        sdn_row(2, "AN, I", program="DPRK5] [NPWMD"),
        sdn_row(3, "AN, Sam", program="DPRK5"),
    )
    assert [record.programs for record in read.records] == [("DPRK4",), ("DPRK5", "NPWMD"), ("DPRK5",)]
    assert [(fault.place, fault.message) for fault in read.faults] == [(2, "unknown program 'DPRK5', here and in 1 more; kept as written")]


def test_an_unknown_kind_of_entry_is_reported_and_kept(tmp_path):
    read = read_rows(tmp_path, sdn_row(1, "AN, Il", kind="submarine"))
    assert read.records[0].schema == "Organization"
    assert "unknown kind of entry 'submarine'" in read.faults[0].message


def test_aliases_of_entries_that_are_not_there_make_one_fault(tmp_path):
    alt = write_table(tmp_path / "alt.csv", '1,11,"aka","AN, Ir",-0- ', '8,12,"aka","NOBODY",-0- ', '9,13,"aka","NOBODY ELSE",-0- ')
    read = read_rows(tmp_path, sdn_row(1, "AN, Il"), alt=alt)
    assert read.records[0].aliases == (ListedAlias("AN, Ir", "strong", "aka"),)
    assert [str(fault.place) + fault.message[:7] for fault in read.faults] == ["22 rows "]


# --- files that are no list ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\r\n \r\n", "is empty"),
        (b"<!DOCTYPE html><html><body>Access denied</body></html>", "found an HTML page"),
        (b'{"error": "not found"}', "found JSON"),
        (b'36,12,"aka","AERO-CARIBBEAN",-0- \r\n\x1a', "has 5 cells instead of 12"),
        (gzip.compress(b"x" * 5000)[:-10], "gzip file that is cut"),
    ],
    ids=["empty", "blank", "html", "json", "alt-for-sdn", "cut-gzip"],
)
def test_a_file_that_is_not_the_table_is_refused(tmp_path, content, message):
    path = tmp_path / "sdn.csv"
    path.write_bytes(content)
    with pytest.raises(ListError, match=message) as caught:
        ofac_csv.read(path)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ListError, match="cannot be read: No such file"):
        ofac_csv.read(tmp_path / "sdn.csv")


@pytest.mark.parametrize("table", ["sdn", "alt", "add", "comments"])
def test_a_table_without_its_last_byte_is_cut(tmp_path, table):
    paths = {name: write_table(tmp_path / f"{name}.csv", *rows) for name, rows in {
        "sdn": [sdn_row(1, "AN, Il")], "alt": ['1,11,"aka","AN, Ir",-0- '], "add": ['1,1,-0- ,-0- ,"China",-0- '], "comments": ['1,"x"'],
    }.items()}  # fmt: skip
    paths[table].write_bytes(paths[table].read_bytes().removesuffix(b"\x1a"))
    with pytest.raises(ListError, match=r"is cut: .* ends with a line of the byte 0x1A"):
        ofac_csv.read(paths["sdn"], alt=paths["alt"], add=paths["add"], comments=paths["comments"])


def test_rows_without_the_end_are_read_where_they_are_said_to_be_only_a_part(tmp_path):
    path = write_table(tmp_path / "rows.csv", "", sdn_row(1, "AN, Il"), sdn_row(2, "AN, I"), end="")
    assert [record.source_id for record in ofac_csv.read(path, complete=False).records] == ["1", "2"]


def test_the_older_versions_of_the_list_have_no_bad_row():
    paths = sorted((DATA.parent / "history").glob("*.csv"))
    assert len(paths) == 5
    for path in paths:
        read = ofac_csv.read(path, complete=False)
        assert read.records
        assert [fault for fault in read.faults if "remarks are cut" not in fault.message] == []


@given(place=st.integers(min_value=0), byte=st.integers(min_value=0, max_value=255), drop=st.booleans())
@settings(max_examples=150, deadline=None)
def test_damage_of_one_byte_costs_at_most_its_own_rows(tmp_path_factory, place, byte, drop):
    whole = (DATA / "sdn.csv").read_bytes()
    place %= len(whole)
    path = tmp_path_factory.mktemp("damaged") / "sdn.csv"
    path.write_bytes(whole[:place] + (b"" if drop else bytes([byte])) + whole[place + 1 :])
    try:
        kept = {record.name for record in ofac_csv.read(path).records}
    except ListError:
        assert place == len(whole) - 1 or place == 0
        return
    names = {record.name for record in ofac_csv.read(DATA / "sdn.csv").records}
    assert len(names - kept) <= 2
