"""Numbers and addresses decide exactly or not at all."""

import pytest

from models.knowledge import Alias, Knowledge, KnowledgeEntity, ListEntry
from models.records import Maker
from models.vocabulary import Label
from pipeline.link import Linker
from pipeline.link.identifiers import IdentifierIndex
from tests.link.conftest import mark

BITCOIN = "1F2bZ8hQxYvKp3nTjRkMmVw9sLaCdEuGHi"
ETHER = "0x" + "Ab12" * 10


def listed(ident, label, name, *identifiers, **fields):
    entry = ListEntry(f"us_ofac_sdn:{ident}", "us_ofac_sdn", "2026-01-01", name.upper(), ("DPRK3",), identifiers=identifiers, **fields)
    return KnowledgeEntity(
        f"kb:ofac-{ident}", label, name, (Alias(name, "en", "name"),), country="KP", listings=(entry,), source="us_ofac_sdn"
    )


KNOWLEDGE = Knowledge(
    "test",
    {
        one.id: one
        for one in (
            listed(1, Label.VESSEL, "Pine Star", "imo:9074729"),
            listed(2, Label.PERSON, "Han Thae Gil", f"wallet:{BITCOIN}", f"wallet:{ETHER.lower()}", "passport:654123789"),
            listed(3, Label.ORG, "Moran Credit Bank", "swift:MRCBKPPY"),
        )
    },
    {"us_ofac_sdn": "2026-01-01"},
)


@pytest.fixture(scope="module")
def find():
    index = IdentifierIndex(KNOWLEDGE, Maker("test", "1"))
    return lambda text: [(one.text, one.kind, one.entity) for one in index.find(text)]


def test_a_wallet_is_found_exactly(find):
    assert find(f"The funds went to {BITCOIN}.") == [(BITCOIN, "wallet", "kb:ofac-2")]
    assert find(f"The funds went to {BITCOIN[:-1]}j.") == []
    assert find(f"The funds went to {BITCOIN.lower()}.") == []


def test_hexadecimal_addresses_know_no_case(find):
    assert find(f"({ETHER})") == [(ETHER, "wallet", "kb:ofac-2")]
    assert find(f"({ETHER.upper().replace('0X', '0x')})") == [(ETHER.upper().replace("0X", "0x"), "wallet", "kb:ofac-2")]


@pytest.mark.parametrize("text", ["IMO 9074729", "IMO: 9074729", "(IMO number 9074729)", "imo no. 9074729"])
def test_an_imo_number_is_found_by_its_word(find, text):
    assert find(f"The tanker, {text}, left port.") == [("9074729", "imo", "kb:ofac-1")]


def test_seven_digits_alone_are_no_imo_number(find):
    assert find("It cost 9074729 won.") == []
    assert find("IMO 90747291") == []


def test_a_passport_needs_the_word(find):
    assert find("He carried passport No. 654123789.") == [("654123789", "passport", "kb:ofac-2")]
    assert find("여권 번호 654123789") == [("654123789", "passport", "kb:ofac-2")]
    assert find("Call 654123789.") == []


def test_a_bank_code_is_found(find):
    assert find("Payments to MRCBKPPY stopped.") == [("MRCBKPPY", "swift", "kb:ofac-3")]


def test_a_number_links_what_no_name_tells():
    article, tagging = mark(f"Hackers sent the coins to {BITCOIN}, analysts said.")
    linking = Linker(KNOWLEDGE).link(article, tagging)
    (link,) = linking.links
    assert (link.entity, link.entry, link.status, link.written) == ("kb:ofac-2", "us_ofac_sdn:2", "auto", BITCOIN)
    assert "wallet" in link.why
    assert [number.entity for number in linking.identifiers] == ["kb:ofac-2"]


def test_a_number_decides_for_a_name():
    article, tagging = mark("The [VESSEL doc:1 Pine Star], IMO 9074729, was seen off Vietnam.")
    (link,) = Linker(KNOWLEDGE).link(article, tagging).links
    assert (link.status, dict(link.evidence)["identifier"]) == ("auto", 8.0)
    article, tagging = mark("The [VESSEL doc:1 Pine Star] was seen off Vietnam.")
    assert [link.status for link in Linker(KNOWLEDGE).link(article, tagging).links] != ["auto"]
