from pipeline.lists.record import ListedRecord
from pipeline.lists.relevance import find_own_reason, select_dprk


def body(name, **fields):
    return ListedRecord("us_ofac_sdn", fields.pop("source_id", None), "Company", name, **fields)


def test_the_reasons_on_real_rows(ofac):
    reasons = {record.source_id: record.reason for record in select_dprk(ofac.records)}
    assert reasons["9345"] == "program DPRK2"
    assert reasons["18558"] == "remarks name the North Korea Sanctions Regulations"
    assert reasons["44294"] == "nationality Korea, North"
    assert reasons["17069"] == "program DPRK"


def test_an_office_in_north_korea_among_others_is_no_reason(ofac):
    assert "1287" not in {record.source_id for record in select_dprk(ofac.records)}


def test_a_seat_in_north_korea_alone_is_a_reason():
    assert find_own_reason(body("FROST CO", addresses=("Korea, North",))) == "address only in Korea, North"
    assert find_own_reason(body("FROST CO", addresses=("Korea, North", "China"))) is None


def test_what_is_linked_to_a_listed_body_of_the_dprk_is_selected():
    bank = body("FROST CREDIT BANK", source_id="1", programs=("DPRK3",))
    agent = body("HERON LTD", linked_to=("FROST CREDIT BANK.",), programs=("SDGT",))
    other = body("EGRET LTD", linked_to=("SOME OTHER BANK",), programs=("SDGT",))
    assert [record.reason for record in select_dprk([agent, bank, other])] == [
        "linked to FROST CREDIT BANK (us_ofac_sdn:1)",
        "program DPRK3",
    ]


def test_a_link_goes_one_step_only_and_not_through_an_address():
    bank = body("FROST CREDIT BANK", programs=("DPRK3",))
    agent = body("HERON LTD", linked_to=("FROST CREDIT BANK",))
    cousin = body("EGRET LTD", linked_to=("HERON LTD",))
    office = body("PYONGYANG OFFICE", addresses=("Korea, North",))
    friend = body("STORK LTD", linked_to=("PYONGYANG OFFICE",))
    assert [record.name for record in select_dprk([bank, agent, cousin, office, friend])] == [
        "FROST CREDIT BANK",
        "HERON LTD",
        "PYONGYANG OFFICE",
    ]


def test_a_name_that_a_body_of_another_state_bears_too_links_nobody(ofac):
    names = {record.name for record in ofac.records if record.linked_to == ("MINISTRY OF STATE SECURITY",)}
    assert names == {"BASOV, Aleksandr Vasilevich"}
    assert names.isdisjoint(record.name for record in select_dprk(ofac.records))
