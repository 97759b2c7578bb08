from typing import Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from pipeline.errors import ConfigurationError
from pipeline.text import yaml_lines
from pipeline.text.yaml_lines import parse_yaml, read_yaml


class Port(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    size: Literal["large", "small"] = "small"
    berths: int = 1


class Coast(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ports: tuple[Port, ...]
    depths: dict[Literal["low", "high"], float] = {}
    limit: int | str | None = None


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "coast.yaml"

    def run(text):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_yaml(path)

    return run


def fault(call, *args, **options):
    """Return what is told behind the name of the file."""
    with pytest.raises(ConfigurationError) as caught:
        call(*args, **options)
    assert "coast.yaml" in str(caught.value)
    return "\n".join(line.split("coast.yaml", 1)[1] for line in str(caught.value).splitlines())


# --- single values ---


def test_text_is_what_is_written_whatever_yaml_takes_it_for(read):
    assert read("[no, 0x10, 2026-03-01, ~, 'a']").texts() == ["no", "0x10", "2026-03-01", "~", "a"]


@pytest.mark.parametrize("word", ["no", "1", "1.5", "2026-03-01", "~"])
def test_a_string_that_yaml_takes_for_something_else_must_be_quoted(read, word):
    words = read(f"words:\n- a\n- {word}\n").fields()["words"]
    assert fault(words.strings) == f":3: words: a string is expected here, and '{word}' is none: quote it"
    assert read(f"['{word}']").strings() == [word]


@pytest.mark.parametrize("word", ["much", "true", ".nan", ".inf", "[1]", "'1'"])
def test_what_is_no_finite_number_is_told_with_its_key(read, word):
    node = read(f"weight: {word}").fields()["weight"]
    assert fault(node.number).startswith(":1: weight: a number is expected here")


def test_numbers_and_truth_values_are_read(read):
    fields = read("a: 1\nb: -0.5\nc: true\n").fields()
    assert (fields["a"].number(), fields["a"].integer(), fields["b"].number(), fields["c"].flag()) == (1.0, 1, -0.5, True)


def test_a_whole_number_is_neither_a_fraction_nor_a_truth_value(read):
    fields = read("a: 1.5\nb: true\n").fields()
    assert fault(fields["a"].integer) == ":1: a: a whole number is expected here, not '1.5'"
    assert fault(fields["b"].integer) == ":2: b: a whole number is expected here, not 'true'"


def test_a_truth_value_in_quotes_is_a_string(read):
    assert fault(read("a: 'true'").fields()["a"].flag) == ":1: a: true or false is expected here, not 'true'"


def test_value_gives_plain_values_and_follows_aliases(read):
    text = "a: &x {n: 1}\nb: [*x, yes, ~]\nc:\n  <<: *x\n  m: 2\n"
    assert read(text).value() == {"a": {"n": 1}, "b": [{"n": 1}, True, None], "c": {"n": 1, "m": 2}}


@pytest.mark.parametrize(
    "word", ["!!python/object/apply:os.system ['true']", "2026-13-45", "!!bool perhaps", "!!timestamp soon", "!!int x"]
)
def test_a_value_that_cannot_be_made_is_told_with_its_line(read, word):
    assert fault(read(f"a: 1\nb: {word}\n").fields()["b"].value).startswith(":2: b: cannot be read: ")


def test_a_repeated_key_deep_in_a_value_is_told(read):
    assert fault(read("a:\n  b: [{c: 1},\n    {c: 1, c: 2}]\n").fields()["a"].value) == ":3: a: the key 'c' stands twice"


def test_a_value_that_holds_itself_ends(read):
    (value,) = read("- &x [*x]\n").value()
    assert value[0] is value


# --- lists and mappings ---


def test_items_take_a_single_value_for_a_list_of_one_and_members_do_not(read):
    fields = read("one: a\nmany: [a, b]\n").fields()
    assert [item.text() for item in fields["one"].items()] == ["a"]
    assert [item.text() for item in fields["many"].items()] == ["a", "b"]
    assert fault(fields["one"].members) == ":1: one: a list is expected here, not 'a'"


def test_fields_without_keys_given_take_any_key(read):
    assert list(read("b: 1\na: 2\n").fields()) == ["b", "a"]
    assert read("{}").fields() == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a\n", ":1: a mapping (key: value) is expected here"),
        ("a: 1\nb: 2\na: 3\n", ":3: 'a' stands here twice"),
        ("a: 1\n\nbottom: 2\n", ":3: unknown key 'bottom' (did you mean 'button'?); known are a, b, button"),
        ("b: 2\n", ":1: the key 'a' is missing"),
    ],
)
def test_fields_tell_what_must_not_be_and_what_is_missing(read, text, told):
    assert fault(read(text).fields, frozenset({"b", "button"}), required=frozenset({"a"})) == told


def test_all_missing_keys_are_told_with_the_way_to_their_mapping(read):
    node = read("coast:\n  east:\n    a: 1\n").fields()["coast"].fields()["east"]
    assert fault(node.fields, frozenset({"a"}), required=frozenset({"b", "c"})) == ":3: coast.east: the keys 'b', 'c' are missing"


def test_no_key_is_allowed_where_the_set_of_keys_is_empty(read):
    assert fault(read("a: 1\n").fields, frozenset()).startswith(":1: unknown key 'a'")


def test_fail_names_file_and_line_and_leaves_the_words_alone(read):
    node = read("a: 1\nb:\n  - x\n").fields()["b"].members()[0]
    assert str(node.fail("is odd")) == f"{node.path}:3: is odd"


# --- records ---


def test_a_record_is_made_of_a_mapping(read):
    coast = read("ports:\n- name: Nampo\n  size: large\ndepths: {low: 3}\n").validate(Coast)
    assert coast == Coast(ports=(Port(name="Nampo", size="large"),), depths={"low": 3.0})


def test_every_fault_of_a_record_is_told_in_the_order_of_the_file(read):
    text = "prots: []\nports:\n- name: Nampo\n  size: huge\n- size: small\n  berth: 2\n- name: no\ndepths:\n  low: 1\n  deep: 3\n"
    assert fault(read(text).validate, Coast).splitlines() == [
        ":1: unknown key 'prots' (did you mean 'ports'?)",
        ":4: ports.0.size: input should be 'large' or 'small', not 'huge'",
        ":5: ports.1: the key 'name' is missing",
        ":6: ports.1: unknown key 'berth'",
        ":7: ports.2.name: input should be a valid string, not False (put the value in quotes)",
        ":10: depths.deep: input should be 'low' or 'high', not 'deep'",
    ]


def test_the_line_of_a_fault_is_found_behind_what_pydantic_puts_in_for_unions(read):
    told = fault(read("ports: []\nlimit:\n  - 1\n").validate, Coast).splitlines()
    assert [line.split(": ")[0] for line in told] == [":2", ":2"]


def test_what_cannot_be_read_is_told_once_beside_the_other_faults(read):
    record, faults = read("name: 2026-13-45\nsize: huge\nsize: small\n").check(Port)
    assert record is None
    assert sorted((fault.line, fault.message.split(": ")[0]) for fault in faults) == [
        (1, "name"),
        (2, "size"),
        (3, "the key 'size' stands twice"),
    ]


def test_a_record_with_a_repeated_key_is_no_record(read):
    assert fault(read("name: a\nname: b\n").validate, Port) == ":2: the key 'name' stands twice"


def test_faults_of_a_nested_record_carry_its_name(read):
    node = read("harbour:\n  nane: a\n").fields()["harbour"]
    assert fault(node.validate, Port).splitlines() == [
        ":2: harbour: the key 'name' is missing",
        ":2: harbour: unknown key 'nane' (did you mean 'name'?)",
    ]


def test_a_long_value_is_cut_in_the_message(read):
    told = fault(read(f"name: a\nberths: {'x' * 500}\n").validate, Port)
    assert told.endswith("…")
    assert len(told) < 200


# --- files ---


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ": is empty"),
        (b"# nothing\n", ": is empty"),
        (b"a: 1\nb: [1\nc: 2\n", ":3: no valid YAML: expected ',' or ']', but got ':'"),
        (b"a:\n\t- b\n", r":2: no valid YAML: found character '\t' that cannot start any token"),
        (b"a: 1\nb: *c\n", ":2: no valid YAML: found undefined alias 'c'"),
        (b"a: 1\n---\nb: 2\n", ":2: no valid YAML: but found another document"),
        (b"a: \x00\n", ": no valid YAML: unacceptable character #x0000"),
        ("# 통신\na: 1\n".encode("cp949"), ":1: is not in UTF-8"),
    ],
)
def test_a_file_that_is_no_yaml_is_told(read, content, told):
    assert fault(read, content).startswith(told)


def test_without_the_loader_in_c_the_same_is_read_and_told(read, monkeypatch):
    text, broken = "a: [1, &x {b: no}]\nc: *x\n", "a: {b\nc: d\n"
    before = read(text).value(), fault(read, broken)
    monkeypatch.setattr(yaml_lines, "_LOADER", yaml.SafeLoader)
    assert (read(text).value(), fault(read, broken)) == before


def test_byte_order_mark_and_windows_lines_do_no_harm(read):
    fields = read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").fields()
    assert [(name, node.text(), node.line) for name, node in fields.items()] == [("a", "1", 1), ("b", "2", 2)]


def test_a_file_that_is_not_there_or_is_a_folder_is_told(tmp_path):
    assert fault(read_yaml, tmp_path / "coast.yaml") == ": cannot be read: there is no such file"
    assert fault(read_yaml, tmp_path / "coast.yaml", if_missing="write one") == ": write one"
    (tmp_path / "coast.yaml").mkdir()
    assert fault(read_yaml, tmp_path / "coast.yaml").startswith(": cannot be read: ")


def test_content_that_is_at_hand_is_read_under_the_name_of_its_file(tmp_path):
    path = tmp_path / "coast.yaml"
    assert parse_yaml(b"a: 1\n", path).value() == {"a": 1}
    assert fault(parse_yaml, b"", path, if_empty="holds no coast") == ": holds no coast"
