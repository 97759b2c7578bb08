import csv
from datetime import date

import pytest

from models.vocabulary import Label
from pipeline.kb.index import AliasIndex, MatchForm
from pipeline.settings import ROOT
from tests import shipped

KB = ROOT / "data" / "kb"


@pytest.fixture(scope="module")
def knowledge():
    return shipped.knowledge()


@pytest.fixture(scope="module")
def index(knowledge):
    return AliasIndex(knowledge)


def test_every_table_says_where_its_facts_come_from():
    for path in sorted(KB.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file, delimiter="\t"))
        assert "source" in header, path.name


def test_every_capital_that_stands_for_a_state_stands_for_its_own(knowledge):
    for entity in knowledge.entities.values():
        if entity.kind == "capital" and entity.stands_for:
            assert knowledge.entities[entity.stands_for].country == entity.country, entity.id


def test_every_country_of_an_entity_is_a_known_country(knowledge):
    known = {entity.country for entity in knowledge.entities.values() if entity.kind in ("country", "region")} | {"UN", "EU", "SC", "BH"}
    assert {entity.country for entity in knowledge.entities.values() if entity.country} <= known


def test_the_entries_of_november_2025_are_there(knowledge):
    assert knowledge.entities["kb:ofac-56045"].listings[0].entry == "us_ofac_sdn:56045"
    assert knowledge.entities["kb:ofac-56045"].listings[0].listed_on == date(2025, 11, 4)


def test_the_bureau_carries_its_entries_of_both_lists(knowledge):
    entries = {entry.entry for entry in knowledge.entities["kb:kp-rgb"].listings}
    assert entries == {"us_ofac_sdn:12210", "un_sc_sanctions:KPe.031"}


def test_the_two_men_named_kim_yong_chol_stay_two(index, knowledge):
    found = {candidate.entity for candidate in index.find("Kim Yong-chol", "en") if knowledge.entities[candidate.entity].listings}
    assert found == {"kb:per-kim-yong-chol", "kb:ofac-17614"}


def test_tornado_cash_is_known_as_delisted(knowledge):
    assert [entry.delisted for entry in knowledge.entities["kb:org-tornado-cash"].listings] == [True]


@pytest.mark.parametrize(
    ("name", "lang", "entity"),
    [
        ("Kim Jong Un", "en", "kb:per-kim-jong-un"),
        ("KIM JONG-UN", "en", "kb:per-kim-jong-un"),
        ("Kim Jongun", "en", "kb:per-kim-jong-un"),
        ("김정은", "ko", "kb:per-kim-jong-un"),
        ("Ho Chong Son", "en", "kb:ofac-55197"),
        ("Ho Jong-son", "en", "kb:ofac-55197"),
        ("Korea Mangyongdae Computer Technology Company", "en", "kb:ofac-56044"),
        ("Mangyongdae Computer Technology Corp.", "en", "kb:ofac-56044"),
        ("DPRK", "en", "kb:kp"),
        ("국정원", "ko", "kb:kr-nis"),
        ("합참", "ko", "kb:kr-jcs"),
        ("Andariel", "en", "kb:org-andariel"),
        ("Hwasong-18", "en", "kb:wpn-hwasong-18"),
        ("화성-18형", "ko", "kb:wpn-hwasong-18"),
        ("BeaverTail", "en", "kb:mal-beavertail"),
    ],
)
def test_names_lead_to_their_entities(index, name, lang, entity):
    assert entity in [candidate.entity for candidate in index.find(name, lang)]


@pytest.mark.parametrize(
    "name",
    [
        "Korea Trade Insurance Corporation",
        "National Intelligence Service",
        "KMCTC",
        "Angela Ang",
        "Ryan Yoon",
        "Kim Ji-na",
        "Lee Jae Myung",
    ],
)
def test_names_of_others_lead_to_no_list_entry(index, knowledge, name):
    assert not [candidate for candidate in index.find(name, "en") if knowledge.entities[candidate.entity].listings]


def test_hyphenated_syllables_are_never_lost(index):
    forms = {candidate.form for candidate in index.find("Kim Jongun", "en")}
    assert forms == {MatchForm.JOINED}
    assert index.find("Kim Jon-gun", "en") == ()


def test_hangul_aliases_answer_only_in_korean(index):
    assert index.find("김정은", "en") == ()


@pytest.mark.parametrize("name", ["", "…", "x" * 300, "🙂", "金"])
def test_odd_names_have_no_candidates(index, name):
    assert index.find(name, "en") == ()


def test_ministries_of_finance_succeed_each_other(knowledge):
    before, after = knowledge.entities["kb:kr-moef"], knowledge.entities["kb:kr-mofe"]
    assert before.valid_to < after.valid_from


def test_officials_are_persons_with_posts(knowledge):
    lee = knowledge.entities["kb:per-lee-jae-myung"]
    assert lee.label is Label.PERSON
    assert ("President", "Government of South Korea", date(2025, 6, 4)) in [(post.role, post.affiliation, post.start) for post in lee.posts]
