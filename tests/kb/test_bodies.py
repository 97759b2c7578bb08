"""Names of bodies that are nearly those of the list."""

import pytest

from models.knowledge import Alias, KnowledgeEntity
from models.vocabulary import Label
from pipeline.kb.bodies import ALIKE, BodyIndex
from tests import shipped


def body(ident, *names, label=Label.ORG):
    return KnowledgeEntity(ident, label, names[0], tuple(Alias(name, "en", "name") for name in names))


NAMES = [
    body("kb:pugang", "KOREA PUGANG TRADING CORPORATION"),
    body("kb:namgang", "KOREA NAMGANG TRADING CORPORATION"),
    body("kb:moran", "KOREA MORAN SEMICONDUCTOR TECHNOLOGY CORPORATION", "Moran Chips"),
    body("kb:insurance", "KOREA NATIONAL INSURANCE CORPORATION"),
    body("kb:ministry", "Ministry of Harbours", label=Label.AGENCY),
    KnowledgeEntity("kb:person", Label.PERSON, "Moran Semiconductor", (Alias("Moran Semiconductor", "en", "name"),)),
]


@pytest.fixture(scope="module")
def index():
    return BodyIndex(NAMES)


def test_the_rare_word_decides(index):
    assert [match.entity for match in index.find("Pugang Trading Company")] == ["kb:pugang"]
    assert [match.entity for match in index.find("Namgang Trading Co., Ltd")] == ["kb:namgang"]
    assert index.find("Songnam Trading Corporation") == ()


def test_a_slip_in_a_long_word_is_forgiven(index):
    (match,) = index.find("Moran Semiconducter Technologies")
    assert (match.entity, match.alias.text) == ("kb:moran", "KOREA MORAN SEMICONDUCTOR TECHNOLOGY CORPORATION")
    assert ALIKE <= match.score < 1
    assert "semiconducter = semiconductor" in match.why


def test_equal_names_are_wholly_alike(index):
    assert index.find("Korea National Insurance Corp")[0].score == pytest.approx(1.0)
    assert index.find("korea national insurance company")[0].entity == "kb:insurance"


@pytest.mark.parametrize("name", ["", "Moran", "?!", "모란 반도체", "Korea", "🚢 🚢"])
def test_a_name_of_one_word_or_none_is_like_nothing(index, name):
    assert index.find(name) == ()


def test_nothing_is_like_anything_where_no_body_is_known():
    assert BodyIndex([]).find("Moran Semiconductor Company") == ()


def test_persons_are_no_bodies(index):
    assert {match.entity for match in index.find("Moran Semiconductor", least=0.1)} <= {"kb:moran"}


def test_near_names_of_the_shipped_lists_stay_apart():
    knowledge = shipped.knowledge()
    index = BodyIndex(knowledge.entities.values())
    listed = [one for one in knowledge.entities.values() if one.listings and one.label in (Label.ORG, Label.AGENCY)]
    names = [
        (one, alias.text) for one in listed for alias in one.aliases if alias.kind == "name" and alias.lang == "en" and " " in alias.text
    ]
    assert len(names) > 600
    missed = [text for one, text in names if one.id not in {match.entity for match in index.find(text)}]
    nearest = [text for one, text in names if (found := index.find(text)) and found[0].entity != one.id and found[0].score > 0.999]
    assert missed == []
    assert len(nearest) < 0.02 * len(names)
