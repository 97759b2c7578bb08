from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.train.english.augment import (
    Augmenter,
    curl_quotes,
    drop_stop,
    lower_case,
    straighten_quotes,
    title_case,
    upper_case,
)
from pipeline.train.english.corpora import DATA
from pipeline.train.english.examples import ANY, OUTSIDE, TAGS, Example, mask_of
from tests import shipped

BEGINS = {mask_of(tag) for tag in TAGS if tag[0] == "B"}
INSIDES = {mask_of(tag) for tag in TAGS if tag[0] == "I"}


@pytest.fixture(scope="module")
def augmenter() -> Augmenter:
    return Augmenter(shipped.knowledge())


def example(text: str) -> Example:
    """Read "word/tag|tag word"; O where there is no tag."""
    words, allowed = [], []
    for token in text.split():
        word, _, tags = token.partition("/") if token != "/" else (token, "", "")
        words.append(word)
        allowed.append(ANY if tags == "ANY" else mask_of(*tags.split("|")) if tags else OUTSIDE)
    return Example(tuple(words), tuple(allowed), "test")


def names(one: Example) -> list[tuple[str, str]]:
    """Return the names of exact labels as text and label."""
    found: list[tuple[str, str]] = []
    for word, mask in zip(one.words, one.allowed, strict=True):
        if mask in BEGINS:
            found.append((word, TAGS[mask.bit_length() - 1][2:]))
        elif mask in INSIDES:
            found[-1] = (f"{found[-1][0]} {word}", found[-1][1])
    return found


def seeds(count: int = 60) -> list[random.Random]:
    return [random.Random(seed) for seed in range(count)]


PEOPLE = example("Mr. Ada/B-PERSON Quill/I-PERSON met Bo/B-PERSON Stern/I-PERSON ; Quill/B-PERSON thanked Stern/B-PERSON .")


def test_surnames_follow_the_full_names(augmenter: Augmenter) -> None:
    for rng in seeds():
        one, two, short_one, short_two = names(augmenter.swap(PEOPLE, rng, share=1.0))
        assert (one[1], two[1], short_one[1], short_two[1]) == ("PERSON",) * 4
        # Names of Chinese, Koreans and Japanese may be written either way round.
        assert {short_one[0].upper()} <= {one[0].split()[0].upper(), one[0].split(" ", 1)[-1].upper(), one[0].split()[-1].upper()}
        assert short_two[0] in two[0]


def test_what_is_no_name_stays(augmenter: Augmenter) -> None:
    for rng in seeds():
        new = augmenter.swap(PEOPLE, rng, share=1.0)
        assert [word for word, mask in zip(new.words, new.allowed, strict=True) if mask == OUTSIDE] == ["Mr.", "met", ";", "thanked", "."]


def test_equal_names_stay_equal(augmenter: Augmenter) -> None:
    one = example("Lumora/B-ORG sued ; Lumora/B-ORG paid ; Verrin/B-PLACE waited for Verrin/B-PLACE")
    for rng in seeds():
        first, second, third, fourth = names(augmenter.swap(one, rng))
        assert first == second
        assert third == fourth


def test_the_same_seed_makes_the_same_examples(augmenter: Augmenter) -> None:
    def make(seed: int) -> list[Example]:
        rng = random.Random(seed)
        return [*augmenter.swapped([PEOPLE] * 5, rng), *augmenter.composed(5, rng), *augmenter.restyled([PEOPLE] * 5, rng)]

    assert make(1) == make(1)
    assert make(1) != make(2)


def test_uncertain_names_stay(augmenter: Augmenter) -> None:
    one = example("the Vega/O|B-PLACE and Quill/ANY saw Lodestar/B-PERSON|B-PLACE go")
    assert all(augmenter.swap(one, rng, share=1.0) is one for rng in seeds())


def test_a_body_of_unknown_kind_becomes_one_of_a_known_kind(augmenter: Augmenter) -> None:
    one = example("the Quillon/B-AGENCY|B-ORG Council/I-AGENCY|I-ORG agreed")
    labels = {names(augmenter.swap(one, rng, share=1.0))[0][1] for rng in seeds()}
    assert labels == {"AGENCY", "ORG"}


ATTACHED = "the U.S./O|B-PLACE|B-AGENCY {} agreed"


def test_an_agency_behind_a_country_keeps_the_doubt_whose_the_country_is(augmenter: Augmenter) -> None:
    one = example(ATTACHED.format("Harbour/B-AGENCY|I-AGENCY Department/I-AGENCY"))
    for rng in seeds():
        new = augmenter.swap(one, rng, share=1.0)
        assert new.words[:2] == ("the", "U.S.")
        assert new.allowed[1] == mask_of("O", "B-PLACE", "B-AGENCY")
        assert new.allowed[2] == mask_of("B-AGENCY", "I-AGENCY")


def test_a_country_before_an_organisation_is_no_part_of_an_agency(augmenter: Augmenter) -> None:
    one = example(ATTACHED.format("Harbour/B-AGENCY|I-AGENCY|B-ORG Union/I-AGENCY|I-ORG"))
    seen = set()
    for rng in seeds():
        new = augmenter.swap(one, rng, share=1.0)
        if new.allowed[2] == mask_of("B-ORG"):
            assert new.allowed[1] == mask_of("O", "B-PLACE")
        else:
            assert new.allowed[1] & mask_of("B-AGENCY")
        seen.add(new.allowed[2])
    assert len(seen) == 2


def test_an_acronym_in_brackets_follows_its_name(augmenter: Augmenter) -> None:
    one = example("the Harbour/B-ORG Research/I-ORG Union/I-ORG ( HRU/B-ORG ) agreed")
    checked = 0
    for rng in seeds():
        found = names(augmenter.swap(one, rng, share=1.0))
        initials = "".join(word[0] for word in re.findall(r"[\w']+", found[0][0]) if word[0].isupper())
        if len(initials) > 3:
            assert found[1][0] == initials
            checked += 1
    assert checked > 5


def test_places_behind_an_article_stay(augmenter: Augmenter) -> None:
    one = example("the North/B-PLACE fired")
    assert all(augmenter.swap(one, rng, share=1.0) is one for rng in seeds(10))


def test_capitals_stay_capitals(augmenter: Augmenter) -> None:
    loud = upper_case(PEOPLE)
    dateline = example("OSLO/B-PLACE , May 3 -- the mayor spoke")
    for rng in seeds():
        assert all(word == word.upper() for word in augmenter.swap(loud, rng, share=1.0).words)
        assert names(augmenter.swap(dateline, rng, share=1.0))[0][0].isupper()
        assert all(word == word.lower() for word in augmenter.swap(lower_case(PEOPLE), rng, share=1.0).words)


def test_no_sentence_ends_with_two_stops(augmenter: Augmenter) -> None:
    one = example("it was sold to Lumora/B-ORG .")
    for rng in seeds(200):
        words = augmenter.swap(one, rng, share=1.0).words
        assert words[-1] == "."
        assert not words[-2].endswith(".") or re.fullmatch(r"(?:[A-Z]\.)+", words[-2])


def test_names_are_of_many_kinds(augmenter: Augmenter) -> None:
    one = example("Lumora/B-ORG , Verrin/B-AGENCY and Ada/B-PERSON Quill/I-PERSON")
    new = [names(augmenter.swap(one, rng, share=1.0)) for rng in seeds(300)]
    for place in range(3):
        assert len({found[place][0] for found in new}) > 150


# --- templates ---


def test_templates_have_all_labels_and_whole_names(augmenter: Augmenter) -> None:
    rng = random.Random(5)
    examples = list(augmenter.composed(1500, rng))
    labels = {label for one in examples for _, label in names(one)}
    assert labels == {label.value for label in Label if f"B-{label.value}" in TAGS}
    for one in examples:
        for before, mask in zip((OUTSIDE, *one.allowed), one.allowed, strict=False):
            if mask in INSIDES:
                tag = TAGS[mask.bit_length() - 1]
                assert before in {mask_of(tag), mask_of(f"B{tag[1:]}"), ANY}
        assert not any("{" in word or "}" in word for word in one.words)
    # What our words do not fit has no certain tag; that may happen only where a stop belongs to a name and its sentence.
    loose = sum(mask == ANY for one in examples for mask in one.allowed)
    assert loose < 0.002 * sum(len(one.words) for one in examples)


def test_templates_label_by_the_guide(augmenter: Augmenter) -> None:
    small = 0
    for one in augmenter.composed(1500, random.Random(6)):
        for place, word in enumerate(one.words):
            if word == "-" and one.words[place + 1 : place + 2] == ("based",) and one.words[place - 1] != "Solana":
                assert one.allowed[place] == OUTSIDE
                assert one.allowed[place - 1] in {mask_of("B-PLACE"), mask_of("I-PLACE")}
            if word in {"'s", "’s"} and one.allowed[place - 1] == mask_of("B-PLACE") and one.words[place - 1] != "People":
                assert one.allowed[place] == OUTSIDE
            small += word == "ministry" and one.allowed[place] == mask_of("I-AGENCY")
        for name, label in names(one):
            assert label != "PERSON" or name.split()[0] not in {"Mr.", "President", "Gen.", "Minister", "Ambassador"}
    assert small > 50


def broken(tmp_path: Path, template: str) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(DATA / "names.yaml", folder)
    (folder / "templates.yaml").write_text(
        f'sentences:\n  - "{{country}} agreed."\n  - "{template}"\nheadlines:\n  - "{{country}} agrees"\n'
    )
    return folder


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{nobody} agreed.", "no rule 'nobody'"),
        ("{last:a} agreed.", "'a'"),
        ("{org:a} and {last:a} agreed.", "'a'"),
        ("{person:a} and {short:a} agreed.", "'a'"),
        ("{THING=Oslo} agreed.", "no label"),
        ("{country agreed.", "not closed"),
    ],
)
def test_a_slot_that_nothing_fills_is_an_error_with_its_line(tmp_path: Path, template: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"templates\.yaml:3: .*{message}"):
        Augmenter(shipped.knowledge(), folder=broken(tmp_path, template))


# --- styles ---

QUOTED = example("\" We left , \" Ada/B-PERSON 's aide of the Harbour/B-ORG Union/I-ORG did n't say .")


def test_styles_change_the_words_and_not_the_tags() -> None:
    for style in (upper_case, lower_case, curl_quotes):
        new = style(QUOTED)
        assert new.allowed == QUOTED.allowed
        assert new.words != QUOTED.words
    assert upper_case(QUOTED).words[7] == "AIDE"
    assert lower_case(QUOTED).words[6] == "'s"


def test_a_headline_has_capitals_and_no_stop() -> None:
    new = title_case(QUOTED)
    assert new.words == tuple("\" We Left , \" Ada 's Aide of the Harbour Union Did n't Say".split())
    assert new.allowed == QUOTED.allowed[:-1]


def test_quotes_open_and_close() -> None:
    curly = curl_quotes(QUOTED)
    assert [curly.words[place] for place in (0, 4, 6, 13)] == ["“", "”", "’s", "n’t"]
    assert straighten_quotes(curly).words == QUOTED.words


def test_a_style_that_changes_nothing_returns_the_example_itself() -> None:
    plain = example("Harbour closed")
    assert drop_stop(plain) is plain
    assert straighten_quotes(plain) is plain
    assert curl_quotes(plain) is plain


def test_restyled_keeps_all_examples_and_changes_a_share(augmenter: Augmenter) -> None:
    many = list(augmenter.restyled([QUOTED] * 500, random.Random(1), share=0.3))
    assert len(many) == 500
    changed = sum(one is not QUOTED for one in many)
    assert 80 < changed < 170
    assert len({one.words for one in many}) >= 6
