import gzip
from datetime import date

import pytest

from pipeline.errors import ListError
from pipeline.lists import un_xml
from pipeline.lists.record import Identifier, ListedAlias
from pipeline.lists.relevance import select_dprk
from tests.lists.conftest import DATA, by_id

UN = (DATA / "un.xml").read_text(encoding="utf-8")
BLANK = "<INDIVIDUAL><FIRST_NAME>HAN</FIRST_NAME><SECOND_NAME>CHOL BOM</SECOND_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE>\
<REFERENCE_NUMBER>KPi.901</REFERENCE_NUMBER><LISTED_ON>2017-12-22</LISTED_ON>{}</INDIVIDUAL>"


@pytest.fixture(scope="module")
def un():
    return un_xml.read(DATA / "un.xml")


def read_entry(tmp_path, inner, entry=BLANK):
    path = tmp_path / "un.xml"
    path.write_text(
        f'<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09.554Z"><INDIVIDUALS>{entry.replace("{}", inner)}</INDIVIDUALS></CONSOLIDATED_LIST>',
        encoding="utf-8",
    )
    return un_xml.read(path)


def names_of(record):
    return [alias.name for alias in record.aliases]


def test_a_person_of_the_real_list(un):
    record = by_id(un)["KPi.001"]
    assert (record.source, record.schema, record.name) == ("un_sc_sanctions", "Person", "YUN HO-JIN")
    assert record.aliases == (ListedAlias("Yun Ho-chin", "strong", ""),)
    assert (record.country, record.programs) == ("KP", ("UN-SC1718",))
    assert record.listed_on == date(2009, 7, 16)
    assert record.birth_dates == ("1944-10-13",)
    assert record.title == "Director of Namchongang Trading Corporation"
    assert record.snapshot == "2026-02-27"


def test_the_sample_of_the_real_list_has_its_day_and_no_fault(un):
    assert un.published == date(2026, 2, 27)
    assert un.faults == ()
    assert len(un.records) == 11


def test_only_the_entries_of_the_1718_committee_concern_the_dprk(un):
    assert all(record.source_id.startswith("KP") for record in select_dprk(un.records))
    assert len(select_dprk(un.records)) == 9


def test_empty_children_say_nothing(un):
    record = by_id(un)["KPi.010"]
    assert (record.aliases, record.birth_dates, record.addresses, record.identifiers) == ((), (), (), ())


def test_line_breaks_inside_a_text_are_spaces(un):
    assert by_id(un)["KPi.010"].title == "Chief Representative for the Korea Mining Development Trading Corporation (KOMID)"


def test_documents_in_french_and_spanish_are_the_same_passport(un):
    assert by_id(un)["KPi.006"].identifiers == (Identifier("passport", "381420754"),)


def test_notes_and_spaces_are_no_part_of_a_passport_number(un):
    assert [each.value for each in by_id(un)["KPi.021"].identifiers] == ["199421147", "381110042", "563210184"]
    assert [each.value for each in by_id(un)["KPi.033"].identifiers] == ["381310014"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("PS 472330208 ", "PS472330208"),
        ("Libyan passport No. 513519 ", "513519"),
        ("Diplomatic Passport: Z30321794", "Z30321794"),
        ("A-374184", "A374184"),
    ],
    ids=["space", "words", "colon", "hyphen"],
)
def test_a_document_number_is_written_in_one_way(tmp_path, written, number):
    inner = f"<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>{written}</NUMBER></INDIVIDUAL_DOCUMENT>"
    assert read_entry(tmp_path, inner).records[0].identifiers == (Identifier("passport", number),)


def test_an_unknown_kind_of_document_is_reported(tmp_path):
    inner = "<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Library card</TYPE_OF_DOCUMENT><NUMBER>77</NUMBER></INDIVIDUAL_DOCUMENT>"
    read = read_entry(tmp_path, inner)
    assert read.records[0].identifiers == ()
    assert [(fault.place, fault.message) for fault in read.faults] == [("KPi.901", "unknown kind of document 'Library card'; left out")]


def test_several_names_in_one_field_are_divided(un):
    assert "Azim Adhajani" in names_of(by_id(un)["IRi.003"])
    assert "Azim Agha-Jani" in names_of(by_id(un)["IRi.003"])


def test_a_name_in_another_script_is_a_name_of_its_own(un):
    assert names_of(by_id(un)["KPi.035"]) == ["Jin Tiesan", "金铁三"]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("“Tek”", ["Tek"]),
        ("Cho'", ["Cho'"]),
        ("“General” Han", ["“General” Han"]),
        ("Frost Trading (FT)", ["Frost Trading (FT)"]),
        ("한철범 (Han Chol Bom; Han Cheol-beom)", ["한철범", "Han Chol Bom", "Han Cheol-beom"]),
        ("Han; Han b) Hahn; Haan", ["Han", "Han b) Hahn", "Haan"]),
        (" ; ", []),
    ],
    ids=["quotes", "apostrophe", "quotes-inside", "acronym", "readings", "lone-bracket", "nothing"],
)
def test_aliases_are_divided_and_unquoted(tmp_path, written, names):
    inner = f"<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{written}</ALIAS_NAME></INDIVIDUAL_ALIAS>"
    assert names_of(read_entry(tmp_path, inner).records[0]) == names


@pytest.mark.parametrize(
    ("quality", "expected", "faults"),
    [
        ("Low", ("weak", ""), 0),
        ("Good", ("strong", ""), 0),
        ("f.k.a.", ("strong", "fka"), 0),
        ("", ("strong", ""), 0),
        ("Fair", ("strong", ""), 1),
    ],
    ids=["low", "good", "former", "none", "unknown"],
)
def test_the_quality_of_an_alias_is_that_of_the_list(tmp_path, quality, expected, faults):
    inner = f"<INDIVIDUAL_ALIAS><QUALITY>{quality}</QUALITY><ALIAS_NAME>Han</ALIAS_NAME></INDIVIDUAL_ALIAS>"
    read = read_entry(tmp_path, inner)
    assert [(alias.quality, alias.kind) for alias in read.records[0].aliases] == [expected]
    assert len(read.faults) == faults


def test_a_span_and_a_guess_of_birth_years_are_not_exact(un, tmp_path):
    assert by_id(un)["KPi.066"].birth_dates_inexact == ("1967 to 1969",)
    inner = "<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1960</YEAR></INDIVIDUAL_DATE_OF_BIRTH>"
    record = read_entry(tmp_path, inner).records[0]
    assert (record.birth_dates, record.birth_dates_inexact) == ((), ("circa 1960",))


def test_the_number_of_a_shipping_company_is_read_from_the_comments(un):
    assert by_id(un)["KPe.020"].identifiers == (Identifier("imo", "1790183"),)


def test_an_alias_in_quotes_of_the_real_list(un):
    assert ListedAlias("KOMID", "strong", "aka") in by_id(un)["KPe.001"].aliases


def test_an_entry_without_id_is_kept_and_gets_none(tmp_path):
    read = read_entry(tmp_path, "", BLANK.replace("KPi.901", " "))
    assert read.records[0].source_id is None
    assert "no reference number" in read.faults[0].message


def test_bad_entries_are_named_and_the_rest_is_kept(tmp_path):
    nameless = BLANK.replace("HAN", "").replace("CHOL BOM", "").replace("901", "902")
    dateless = BLANK.replace("2017-12-22", "22/12/2017").replace("901", "903")
    other = BLANK.replace("<UN_LIST_TYPE>DPRK", "<UN_LIST_TYPE>Atlantis").replace("901", "904")
    read = read_entry(tmp_path, "", BLANK + BLANK + nameless + dateless + other)
    assert [(record.source_id, record.programs) for record in read.records] == [
        ("KPi.901", ("UN-SC1718",)),
        ("KPi.903", ("UN-SC1718",)),
        ("KPi.904", ("Atlantis",)),
    ]
    assert [fault.place for fault in read.faults] == ["KPi.901", "KPi.902", "KPi.903", "KPi.904"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (UN[: UN.index("</INDIVIDUALS>")], "is no complete XML list of <CONSOLIDATED_LIST>"),
        ("<html><body>404</body></html>", "the root <CONSOLIDATED_LIST> is expected, found an HTML page"),
        (UN.replace("dateGenerated", "date"), "has no day of publication"),
        ('<CONSOLIDATED_LIST dateGenerated="2026-02-27"/>', "holds no entry"),
    ],
    ids=["cut", "html", "no-day", "no-entry"],
)
def test_a_file_that_is_not_the_list_is_refused(tmp_path, text, message):
    path = tmp_path / "un.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ListError, match=message):
        un_xml.read(path)


def test_a_gzipped_list_is_read(tmp_path, un):
    path = tmp_path / "un.xml"
    path.write_bytes(gzip.compress(UN.encode()))
    assert un_xml.read(path).records == un.records
