"""The lexicon files: their own examples, and what is refused while loading."""

import shutil

import pytest

from models.vocabulary import EventType, Modality
from pipeline.errors import ConfigurationError
from pipeline.events.lexicon_files import LEXICON, load_language

LANGUAGES = {code: load_language(code) for code in ("en", "ko")}
EXAMPLES = [(code, frame, example) for code, language in LANGUAGES.items() for frame in language.frames for example in frame.examples]


def name(case):
    code, frame, example = case
    return f"{code}-{frame.type}-{'yes' if example.positive else 'no'}-{example.text[:20]}"


@pytest.mark.parametrize("case", [case for case in EXAMPLES if case[2].positive], ids=name)
def test_a_positive_example_yields_its_event(case, extract):
    code, frame, example = case
    found = [event for event in extract(example.text, lang=code)[0] if event.type == frame.type]
    assert found, "no event"
    if example.modality:
        assert example.modality in {event.modality for event in found}
    if example.subtype:
        assert example.subtype in {event.subtype for event in found}
    if example.actor:
        assert example.actor in {actor.name for event in found for actor in event.actors}
    if example.target:
        assert example.target in {target.name for event in found for target in event.targets}


@pytest.mark.parametrize("case", [case for case in EXAMPLES if not case[2].positive], ids=name)
def test_a_negative_example_yields_no_event_of_its_frame(case, extract):
    code, frame, example = case
    assert [event for event in extract(example.text, lang=code)[0] if event.type == frame.type] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_type_has_a_frame_in_every_language(code):
    assert {frame.type for frame in LANGUAGES[code].frames} == set(EventType)


def broken(tmp_path, file, old, new):
    folder = tmp_path / "lexicon"
    shutil.copytree(LEXICON, folder)
    path = folder / "en" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    line = path.read_text(encoding="utf-8").split(new)[0].count("\n") + 1
    return folder, line


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("sanction.yaml", "type: SANCTION", "type: SANCTIONS", "unknown event type 'SANCTIONS'"),
        ("sanction.yaml", "subtype: impose", "subtype: inflict", "SANCTION has no subtype 'inflict'"),
        ("sanction.yaml", "actor: [subject, possessor]", "actor: [subjekt]", "unknown slot 'subjekt'"),
        ("sanction.yaml", "target: [PERSON,", "victim: [PERSON,", "unknown key 'victim'"),
        ("sanction.yaml", "target: [PERSON,", "target: [HUMAN,", "unknown label 'HUMAN'"),
        ("sanction.yaml", '"@measure"', '"@measures"', "unknown class @measures"),
        ("cyber_op.yaml", "amount: stolen", "amount: lost", "unknown amount role 'lost'"),
        ("missile_launch.yaml", "quantities: [count,", "quantities: [number,", "unknown quantity role 'number'"),
        ("common/cues.yaml", "modality: denied", "modality: refused", "unknown modality 'refused'"),
        ("common/cues.yaml", "reach: 3", "reach: near", "reach is a number"),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_line(tmp_path, file, old, new, message):
    folder, line = broken(tmp_path, file, old, new)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_language("en", folder=folder)
    assert f"{file.split('/')[-1]}:{line}:" in str(caught.value)


def test_two_triggers_with_one_id_are_refused(tmp_path):
    folder, _ = broken(tmp_path, "sanction.yaml", "id: blacklist", "id: impose")
    with pytest.raises(ConfigurationError, match="two triggers with the id"):
        load_language("en", folder=folder)


def test_a_missing_type_is_refused(tmp_path):
    folder = tmp_path / "lexicon"
    shutil.copytree(LEXICON, folder)
    (folder / "ko" / "aid.yaml").unlink()
    with pytest.raises(ConfigurationError, match="no file for AID"):
        load_language("ko", folder=folder)


def test_examples_show_more_than_one_modality():
    shown = {example.modality for _, _, example in EXAMPLES}
    assert {Modality.ASSERTED, Modality.ALLEGED, Modality.PLANNED, Modality.POSSIBLE, Modality.DENIED, Modality.CALLED_FOR} <= shown
