from datetime import date

import pytest

from pipeline.errors import ConfigurationError
from pipeline.lists import rok
from pipeline.lists.record import ListedAlias
from pipeline.lists.relevance import select_dprk

TABLE = """\
designations:
  - name_ko: 한철범
    name: Han Chol Bom
    schema: Person
    designated_on: 2016-12-02
    title: Representative of a bank
    organisation: Morning Frost Trading Company
    aliases: [Han Cheol-beom]
    same_as: ["us_ofac_sdn:90001"]
    notice: Notice 2016-99
    source: https://ministry.example/notice/99
  - name_ko: 아침서리무역회사
    name: Morning Frost Trading Company
    schema: Company
    designated_on: 2017-11-06
    notice: Notice 2017-12
    source: https://ministry.example/notice/12
"""


def read(tmp_path, text=TABLE):
    path = tmp_path / "rok_designations.yaml"
    path.write_text(text, encoding="utf-8")
    return rok.read(path)


def test_a_designation_becomes_a_record_without_id(tmp_path):
    person, company = read(tmp_path).records
    assert (person.source, person.source_id, person.schema, person.name) == ("kr_designations", None, "Person", "Han Chol Bom")
    assert person.aliases == (ListedAlias("한철범"), ListedAlias("Han Cheol-beom"))
    assert person.listed_on == date(2016, 12, 2)
    assert person.linked_to == ("Morning Frost Trading Company",)
    assert person.same_as == ("us_ofac_sdn:90001",)
    assert person.remarks == "Notice 2016-99; https://ministry.example/notice/99"
    assert (company.linked_to, company.same_as, company.title) == ((), (), None)


def test_the_list_is_as_new_as_its_newest_designation(tmp_path):
    found = read(tmp_path)
    assert found.published == date(2017, 11, 6)
    assert {record.snapshot for record in found.records} == {"2017-11-06"}


def test_every_designation_concerns_the_dprk(tmp_path):
    assert [record.reason for record in select_dprk(read(tmp_path).records)] == ["program KR-DPRK"] * 2


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("schema: Person", "schema: Ship", 4, "'Ship' is none of"),
        ("designated_on: 2016-12-02", "designated_on: 2016-13-02", 5, "'2016-13-02' is no day"),
        ("name_ko: 한철범", "name_ko: Han", 2, "is not in hangul"),
        ("us_ofac_sdn:90001", "90001", 9, "is no entry of a list"),
        ("    notice: Notice 2017-12\n", "", 12, "the key 'notice' is missing"),
        ("title:", "titel:", 6, "unknown key 'titel'"),
        ("title: Representative of a bank", "title: ''", 6, "is empty"),
        ("  - name_ko: 아침서리무역회사\n    name: Morning Frost Trading Company\n    schema: Company\n    designated_on: 2017-11-06",
         "  - name_ko: 한철범\n    name: Han Chol Bom\n    schema: Person\n    designated_on: 2016-12-02", 12, "on line 2 already"),
    ],
    ids=["schema", "day", "hangul", "reference", "missing", "unknown-key", "empty", "twice"],
)  # fmt: skip
def test_a_mistake_is_named_with_file_and_line(tmp_path, old, new, line, message):
    assert old in TABLE
    with pytest.raises(ConfigurationError, match=message) as caught:
        read(tmp_path, TABLE.replace(old, new, 1))
    assert f"rok_designations.yaml:{line}:" in str(caught.value)
