from itertools import pairwise

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError, LanguageError
from pipeline.settings import Settings
from pipeline.tag import load_pipeline
from pipeline.tag.lists import DATA, load_lists, load_scores
from pipeline.tag.nlp import COMPONENTS
from pipeline.tag.reading import split_words


def words(text, lang="en"):
    lists = load_lists("en")
    return [word.text for word in split_words(text, lang, hyphen_words=lists.get("hyphen_words"), heads=frozenset({"Korea", "U.S."}))]


def test_hyphened_names_stay_whole():
    assert words("Kim Byung-kee met Hwasong-18") == ["Kim", "Byung-kee", "met", "Hwasong-18"]


def test_countries_are_parted_from_what_a_hyphen_adds():
    assert words("U.S.-led South Korea-based South Korea-U.S. ties") == [
        "U.S.",
        "-",
        "led",
        "South",
        "Korea",
        "-",
        "based",
        "South",
        "Korea",
        "-",
        "U.S.",
        "ties",
    ]


def test_names_with_an_apostrophe_stay_whole_and_possessives_do_not():
    assert words("O'Neil's plan") == ["O'Neil", "'s", "plan"]


@given(st.text(max_size=200), st.sampled_from(["en", "ko"]))
def test_words_slice_back_from_any_text(text, lang):
    found = split_words(text, lang)
    assert all(text[word.start : word.end] == word.text for word in found)
    assert all(left.end <= right.start for left, right in pairwise(found))


def test_the_document_spells_the_text_whatever_its_spaces(pipelines):
    text = "  Two  spaces,\n\na tab\there.\xa0And \u200b more \U0001f680 "
    assert pipelines["en"].make_doc(text).text == text


def test_pipelines_are_made_of_the_declared_components(pipelines, knowledge):
    blank = load_pipeline("en", knowledge=knowledge, settings=Settings(model="blank"))
    assert tuple(blank.pipe_names) == tuple(pipelines["ko"].pipe_names) == COMPONENTS
    first, *rest = COMPONENTS
    assert tuple(pipelines["en"].pipe_names) == (first, "peninsula_encoder", *rest)


def test_the_small_model_reads_names_and_trees(knowledge):
    nlp = load_pipeline("en", knowledge=knowledge, settings=Settings(model="cnn"))
    doc = nlp("Kim Yong-ho met reporters in Seoul. He returned to Busan.")
    assert {"Kim Yong-ho", "Seoul"} <= {one.text for one in doc._.mentions}
    assert [sentence.root.text for sentence in doc.sents] == ["met", "returned"]
    assert doc[2].lemma_ == "meet"


def test_an_unknown_model_is_named_with_those_that_there_are(knowledge):
    with pytest.raises(ConfigurationError, match=r"'en_nothing' \(PENINSULA_MODEL\): encoder, cnn, blank"):
        load_pipeline("en", knowledge=knowledge, settings=Settings(model="en_nothing"))


def test_a_missing_model_file_is_named(knowledge, tmp_path):
    with pytest.raises(ConfigurationError, match="encoder"):
        load_pipeline("en", knowledge=knowledge, settings=Settings(models_dir=tmp_path))


def test_entities_of_a_recogniser_before_the_rules_become_mentions(knowledge, tmp_path):
    nlp = load_pipeline("en", knowledge=knowledge, settings=Settings(kb_dir=tmp_path, model="blank"))
    ruler = nlp.add_pipe("entity_ruler", before="peninsula_names")
    ruler.add_patterns([{"label": "ORG", "pattern": "zibble"}])
    assert [(one.text, one.maker.component) for one in nlp("They asked zibble twice.")._.mentions] == [("zibble", "model")]


def test_another_language_is_refused(knowledge):
    with pytest.raises(LanguageError, match="'fr'"):
        load_pipeline("fr", knowledge=knowledge, settings=Settings())


def copy_lists(folder, lang):
    for path in DATA.glob(f"*_{lang}.yaml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return folder / f"names_{lang}.yaml"


def test_a_list_entry_that_is_no_string_stops_with_file_and_line(tmp_path):
    path = copy_lists(tmp_path, "ko")
    path.write_text("surnames: [Kim,\n  no]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"names_ko\.yaml:2: .*quote it"):
        load_lists("ko", folder=tmp_path)


def test_a_missing_list_is_named(tmp_path):
    path = copy_lists(tmp_path, "ko")
    lists = yaml.safe_load(path.read_text(encoding="utf-8"))
    del lists["hanja"]
    path.write_text(yaml.safe_dump(lists, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="'hanja' is missing"):
        load_lists("ko", folder=tmp_path)


def test_a_list_that_nothing_asks_for_is_told_with_its_line(tmp_path):
    path = copy_lists(tmp_path, "ko")
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\nsurname: [a]\n", encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=rf"names_ko\.yaml:{text.count(chr(10)) + 2}: unknown key 'surname' \(did you mean 'surnames'"
    ):
        load_lists("ko", folder=tmp_path)


@pytest.mark.parametrize("score", ["1.5", "-0.1", "high", "true", ".nan"])
def test_a_score_that_is_no_probability_is_refused(tmp_path, score):
    (tmp_path / "scores.yaml").write_text(f"alias: 0.5\nsurname: {score}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"scores\.yaml:2: .*surname"):
        load_scores(folder=tmp_path)
