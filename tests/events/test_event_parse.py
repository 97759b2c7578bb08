"""Arguments from a dependency parse: each sentence is given with its tree, one word a line as `form tag label head`."""

from datetime import UTC, datetime

import pytest

from models.records import Article, Linking, Maker, Mention, Publication, Tagging, Token
from models.vocabulary import DateSource, EventType, Label, Via
from pipeline.events import extract_events
from pipeline.events.parse import read_parse

MAKER = Maker("test", "1")


def tree(table):
    """Return text and tokens of a tree; heads count from 1, 0 is the root."""
    rows = [line.split() for line in table.strip().splitlines()]
    text, tokens = "", []
    for form, tag, dep, head in rows:
        text += "" if not text or form in {",", ".", "'s"} else " "
        tokens.append(Token(len(text), len(text) + len(form), form, form.lower(), tag, dep, int(head) - 1 if int(head) else None))
        text += form
    return text, tuple(tokens)


@pytest.fixture
def read(frames):
    """Return the single event of a type in a tree whose names are given with their labels."""

    def run(kind, table, **names):
        text, tokens = tree(table)
        mentions = []
        for name, label in names.items():
            name = name.replace("_", " ")
            start = text.index(name)
            mentions.append(Mention(start, start + len(name), name, Label(label), f"doc:{name}", name, MAKER, 1.0))
        mentions = tuple(sorted(mentions, key=lambda mention: mention.start))
        at = datetime(2026, 3, 10, 12, tzinfo=UTC)
        article = Article("t1", text, "en", title="", publication=Publication(at, "2026-03-10", None, DateSource.GIVEN, "day"))
        tagging = Tagging(tokens, ((0, len(text)),), mentions, (), (), ())
        events = [event for event in extract_events(article, tagging, Linking(mentions, ()), frames=frames)[0] if event.type == kind]
        assert len(events) == 1, events
        return names_of(events[0].actors), names_of(events[0].targets), events[0]

    return run


def names_of(arguments):
    return [argument.name for argument in arguments]


def test_a_controlled_verb_has_the_subject_of_the_verb_above(read):
    actors, targets, _ = read(
        EventType.LEGAL_ACTION,
        """
        Seoul NNP nsubj 2
        moved VBD ROOT 0
        quickly RB advmod 2
        to TO mark 5
        arrest VB xcomp 2
        Han NNP obj 5
        . . punct 2
        """,
        Seoul="PLACE",
        Han="PERSON",
    )
    assert (actors, targets) == (["Seoul"], ["Han"])


def test_the_antecedent_next_to_which_is_the_subject(read):
    actors, _, _ = read(
        EventType.NUCLEAR_TEST,
        """
        Tokyo NNP nsubj 2
        watched VBD ROOT 0
        a DT det 4
        site NN obj 2
        in IN case 6
        Pyongyang NNP nmod 4
        which WDT nsubj 8
        conducted VBD acl:relcl 4
        a DT det 11
        nuclear JJ amod 11
        test NN obj 8
        . . punct 2
        """,
        Tokyo="PLACE",
        Pyongyang="PLACE",
    )
    assert actors == ["Pyongyang"]


def test_its_takes_up_the_subject_of_its_own_clause(read):
    actors, _, event = read(
        EventType.NUCLEAR_TEST,
        """
        Tokyo NNP nsubj 2
        said VBD ROOT 0
        Pyongyang NNP nsubj 4
        followed VBD ccomp 2
        its PRP$ nmod:poss 7
        nuclear JJ amod 7
        test NN obj 4
        with IN case 9
        threats NNS obl 4
        . . punct 2
        """,
        Tokyo="PLACE",
        Pyongyang="PLACE",
    )
    assert actors == ["Pyongyang"]
    assert event.actors[0].via is Via.COREF
    assert event.actors[0].text == "Pyongyang"


def test_a_light_verb_lends_its_subject_to_the_noun(read):
    actors, _, _ = read(
        EventType.MILITARY_DRILL,
        """
        Seoul NNP nsubj 6
        and CC cc 3
        Tokyo NNP conj 1
        on IN case 5
        Monday NNP obl 6
        wrapped VBD ROOT 0
        up RP compound:prt 6
        annual JJ amod 10
        naval JJ amod 10
        drills NNS obj 6
        . . punct 6
        """,
        Seoul="PLACE",
        Tokyo="PLACE",
    )
    assert actors == ["Seoul", "Tokyo"]


def test_a_thing_stands_for_its_owner_as_target(read):
    _, targets, _ = read(
        EventType.ACCUSATION,
        """
        Seoul NNP nsubj 2
        condemned VBD ROOT 0
        Pyongyang NNP nmod:poss 5
        's POS case 3
        decision NN obj 2
        . . punct 2
        """,
        Seoul="PLACE",
        Pyongyang="PLACE",
    )
    assert targets == ["Pyongyang"]


def test_the_noun_before_a_name_is_the_named_one(read):
    actors, _, _ = read(
        EventType.CALL,
        """
        The DT det 2
        founder NN nsubj 5
        Han NNP appos 2
        today RB advmod 5
        urged VBD ROOT 0
        lawmakers NNS obj 5
        to TO mark 8
        act VB xcomp 5
        . . punct 5
        """,
        Han="PERSON",
    )
    assert actors == ["Han"]


def test_who_is_held_in_a_country_is_held_by_it(read):
    actors, targets, event = read(
        EventType.LEGAL_ACTION,
        """
        Han NNP nsubj:pass 3
        was VBD aux:pass 3
        detained VBN ROOT 0
        in IN case 6
        North NNP compound 6
        Korea NNP obl 3
        . . punct 3
        """,
        Han="PERSON",
        North_Korea="PLACE",
    )
    assert (actors, targets) == (["North Korea"], ["Han"])
    assert event.actors[0].via is Via.CONTEXT


def test_a_nominal_keeps_its_article_in_the_text_and_not_in_the_name(read):
    _, targets, event = read(
        EventType.LEGAL_ACTION,
        """
        Police NNS nsubj 2
        arrested VBD ROOT 0
        a DT det 6
        former JJ amod 6
        bank NN compound 6
        employee NN obj 2
        . . punct 2
        """,
    )
    assert targets == ["former bank employee"]
    assert event.targets[0].text == "a former bank employee"


def test_troops_act_for_the_country_of_their_adjective(read):
    actors, _, event = read(
        EventType.MILITARY_DRILL,
        """
        North JJ amod 3
        Korean JJ amod 3
        troops NNS nsubj 4
        held VBD ROOT 0
        naval JJ amod 6
        drills NNS obj 4
        near IN case 9
        South NNP compound 9
        Korea NNP obl 4
        despite IN case 13
        North NNP compound 12
        Korea NNP nmod:poss 13
        floods NNS obl 4
        . . punct 4
        """,
        North_Korea="PLACE",
        South_Korea="PLACE",
    )
    assert actors == ["North Korea"]
    assert event.actors[0].text == "North Korean troops"


def test_of_two_subjects_the_first_is_a_dateline():
    _, tokens = tree("SEOUL NNP nsubj 3\nPyongyang NNP nsubj 3\nfired VBD ROOT 0")
    assert read_parse((0, 1, 2), tokens).subjects(2) == (1,)


def test_a_word_left_out_of_the_reading_passes_on_its_dependents():
    _, tokens = tree("test NN nsubj 3\n- HYPH punct 1\nfired VBN ROOT 0\nrockets NNS obj 2")
    assert read_parse((0, 2, 3), tokens).heads == (1, -1, 0)


def test_tokens_without_labels_have_no_parse():
    assert read_parse((0,), (Token(0, 5, "Seoul", "Seoul"),)) is None
