import pytest

from models.ontology import CAMEO_CODES, PLOVER_CONTEXTS, PLOVER_MODES, QUADS, SUBTYPES, codes_for
from models.vocabulary import EventType, Modality

ALL_KINDS = [(kind, subtype) for kind in EventType for subtype in [None, *sorted(SUBTYPES[kind])]]


def test_every_type_has_its_closed_list_of_subtypes():
    assert set(SUBTYPES) == set(EventType)


@pytest.mark.parametrize("modality", list(Modality))
def test_every_plover_code_of_the_table_exists_in_the_manual(modality):
    for kind, subtype in ALL_KINDS:
        plover = codes_for(kind, subtype, modality).plover
        if plover is None:
            continue
        name, _, mode = plover.partition("/")
        assert name in PLOVER_MODES, (kind, subtype)
        assert not mode or mode in PLOVER_MODES[name], (kind, subtype, plover)


@pytest.mark.parametrize("modality", list(Modality))
def test_every_cameo_code_and_context_of_the_table_is_in_the_code_lists(modality):
    for kind, subtype in ALL_KINDS:
        codes = codes_for(kind, subtype, modality)
        assert codes.cameo is None or codes.cameo in CAMEO_CODES, (kind, subtype)
        assert set(codes.contexts) <= PLOVER_CONTEXTS, (kind, subtype)


def test_no_code_is_listed_that_the_table_does_not_use():
    used = {codes_for(kind, subtype, modality).cameo for kind, subtype in ALL_KINDS for modality in Modality}
    assert used - {None} == CAMEO_CODES


def test_every_plover_type_has_a_quad_class():
    assert set(QUADS) == set(PLOVER_MODES)


def test_a_type_without_plover_code_has_no_quad_class():
    codes = codes_for(EventType.ILLICIT_FINANCE, "launder", Modality.ASSERTED)
    assert (codes.plover, codes.cameo, codes.quad) == (None, None, None)
    assert codes.contexts == ("crime",)


def test_imposing_and_lifting_sanctions_stand_in_opposite_quads():
    assert codes_for(EventType.SANCTION, "impose", Modality.ASSERTED).quad == "MN"
    assert codes_for(EventType.SANCTION, "lift", Modality.ASSERTED).quad == "MC"


def test_a_planned_meeting_has_its_own_cameo_code():
    assert codes_for(EventType.MEETING, "visit", Modality.PLANNED).cameo == "036"
    assert codes_for(EventType.MEETING, "visit", Modality.ASSERTED).cameo == "042"


def test_an_unknown_subtype_is_refused():
    with pytest.raises(KeyError):
        codes_for(EventType.SANCTION, "gentle", Modality.ASSERTED)
