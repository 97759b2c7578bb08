import dataclasses
from datetime import date

import pytest

from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.kb.load import load_knowledge
from tests.kb.conftest import KOREA, PLACES, PYONGYANG, person

PERSONS = "id\tcountry\tname\tnames_ko\tlistings\tsource\n"
POSTS = "person\trole\taffiliation\tcountry\tstart\tend\tsource\n"
OFAC, UN = "us_ofac_sdn", "un_sc_sanctions"


def test_a_row_becomes_an_entity_with_its_aliases(folder):
    korea = load_knowledge(folder.path).entities["kb:kp"]
    assert (korea.name, korea.label, korea.country, korea.latitude) == ("North Korea", Label.PLACE, "KP", 40)
    assert [(alias.text, alias.lang, alias.kind) for alias in korea.aliases] == [
        ("North Korea", "en", "name"), ("DPRK", "en", "name"), ("N. Korea", "en", "name"), ("the North", "en", "short"), ("북한", "ko", "name"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("kb:kp\tcountry\n", r"places\.tsv:3: 2 cells instead of 11"),
        (KOREA, r"places\.tsv:3: kb:kp occurs twice"),
        (KOREA.replace("kb:kp", "KP"), r"places\.tsv:3: 'KP' is no id"),
        (KOREA.replace("kb:kp", "kb:x").replace("\t40\t", "\t140\t"), r"places\.tsv:3: column 'latitude': 140 is not between"),
        (KOREA.replace("kb:kp", "kb:x").replace("\t40\t", "\tforty\t"), r"places\.tsv:3: column 'latitude': 'forty' is no number"),
        (KOREA.replace("kb:kp", "kb:x").replace("\tKP\t", "\tNorth\t"), r"places\.tsv:3: 'North' is no country code"),
        (KOREA.replace("kb:kp", "kb:x").replace("\ttest", "\t"), r"places\.tsv:3: column 'source' is empty"),
        (KOREA.replace("kb:kp", "kb:x").replace("the North", "DPRK"), r"places\.tsv:3: alias 'DPRK' stands in two columns"),
        (PYONGYANG.replace("kb:kp", "kb:nowhere"), r"kb:pyongyang stands for kb:nowhere, which does not exist"),
    ],
)
def test_a_bad_row_is_told_with_file_and_line(folder, row, message):
    folder.write("places.tsv", PLACES + KOREA + row)
    with pytest.raises(ConfigurationError, match=message):
        load_knowledge(folder.path)


def test_an_unknown_column_is_told(folder):
    folder.write("places.tsv", "id\tname\tcolour\tsource\nkb:a\tA\tred\ttest\n")
    with pytest.raises(ConfigurationError, match=r"places\.tsv:1: unknown column 'colour'"):
        load_knowledge(folder.path)


def test_a_folder_without_facts_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="no facts here"):
        load_knowledge(tmp_path)


def test_posts_belong_to_known_persons_and_bodies(folder):
    folder.write("persons.tsv", PERSONS + "kb:per-a\tKP\tAn Il\t안일\t\ttest\n")
    folder.write("posts.tsv", POSTS + "kb:per-a\tleader\tGovernment of North Korea\tKP\t2011-12\t2016\ttest\n")
    post = load_knowledge(folder.path).entities["kb:per-a"].posts[0]
    assert (post.start, post.end) == (date(2011, 12, 1), date(2016, 12, 31))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("kb:per-b\tleader\tGovernment of North Korea\tKP\t\t\ttest\n", "posts.tsv:2: unknown person 'kb:per-b'"),
        ("kb:per-a\tchief\tBureau of Nothing\tKP\t\t\ttest\n", "posts.tsv:2: unknown affiliation 'Bureau of Nothing'"),
        ("kb:per-a\tchief\tGovernment of North Korea\tKP\t2011-13\t\ttest\n", "posts.tsv:2: column 'start': '2011-13' is no date"),
        ("kb:per-a\tchief\tGovernment of North Korea\tKP\t2012\t2011\ttest\n", "posts.tsv:2: it ends on 2011-12-31, before it begins"),
    ],
)
def test_a_bad_post_is_told(folder, row, message):
    folder.write("persons.tsv", PERSONS + "kb:per-a\tKP\tAn Il\t안일\t\ttest\n")
    folder.write("posts.tsv", POSTS + row)
    with pytest.raises(ConfigurationError, match=message):
        load_knowledge(folder.path)


def test_a_listed_name_becomes_an_entity_with_its_entry(folder):
    alias = {"name": "U, Yo'ng-su", "quality": "strong"}
    folder.write_lists(us_ofac_sdn=[person(OFAC, "56045", "U, Yong Su", aliases=[alias], listed_on="2025-11-04")])
    knowledge = load_knowledge(folder.path)
    listed = knowledge.entities["kb:ofac-56045"]
    assert [alias.text for alias in listed.aliases] == ["U Yong Su", "U Yo'ng-su"]
    assert (listed.listings[0].entry, listed.listings[0].name) == ("us_ofac_sdn:56045", "U, Yong Su")
    assert listed.listings[0].listed_on == date(2025, 11, 4)
    assert knowledge.list_versions == {OFAC: "2026-03-12"}


def test_an_entry_without_id_stays_known_but_has_no_reference(folder):
    folder.write_lists(us_ofac_sdn=[person(OFAC, None, "KIM, Myong Jin")])
    entity = load_knowledge(folder.path).entities["kb:ofac-kim-myong-jin"]
    assert entity.listings[0].entry is None


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ({"identifiers": [["passport", "A1"]]}, {"identifiers": [["passport", "A1"]]}, True),
        ({"birth_dates": ["1965-08-07"]}, {"birth_dates": ["1965-08-07"]}, True),
        ({"birth_dates": ["1965"]}, {"birth_dates": ["1965"]}, False),
        ({}, {}, False),
    ],
)
def test_entries_of_two_lists_are_joined_only_where_that_is_sure(folder, first, second, joined):
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin", **first)], un_sc_sanctions=[person(UN, "KPi.027", "RYU JIN", **second)])
    entities = load_knowledge(folder.path).entities
    assert [len(entity.listings) for entity in entities.values() if entity.listings] == ([2] if joined else [1, 1])
    assert "kb:ofac-1" in entities


def test_a_shared_birthday_does_not_join_different_names(folder):
    folder.write_lists(
        us_ofac_sdn=[person(OFAC, "1", "HWANG, Pyong So", birth_dates=["1969-09-01"])],
        un_sc_sanctions=[person(UN, "KPi.9", "KIM KWANG IL", birth_dates=["1969-09-01"])],
    )
    assert "kb:un-kpi.9" in load_knowledge(folder.path).entities


def test_reviewed_pairs_are_joined(folder):
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin")], un_sc_sanctions=[person(UN, "KPi.027", "RYU JIN")])
    folder.write("joins.tsv", "first\tsecond\tsource\nus_ofac_sdn:1\tun_sc_sanctions:KPi.027\ttest\n")
    assert len(load_knowledge(folder.path).entities["kb:ofac-1"].listings) == 2


def test_a_curated_person_carries_the_entries_it_names_and_those_joined_to_them(folder):
    folder.write("persons.tsv", PERSONS + "kb:per-ryu\tKP\tRyu Jin\t류진\tus_ofac_sdn:1\ttest\n")
    born = {"birth_dates": ["1965-08-07"]}
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin", **born)], un_sc_sanctions=[person(UN, "KPi.027", "RYU JIN", **born)])
    entities = load_knowledge(folder.path).entities
    assert [entry.entry for entry in entities["kb:per-ryu"].listings] == ["us_ofac_sdn:1", "un_sc_sanctions:KPi.027"]
    assert "kb:ofac-1" not in entities


def test_two_curated_persons_cannot_claim_one_entry(folder):
    rows = "kb:per-a\tKP\tA\t\tus_ofac_sdn:1\ttest\nkb:per-b\tKP\tB\t\tus_ofac_sdn:1\ttest\n"
    folder.write("persons.tsv", PERSONS + rows)
    with pytest.raises(ConfigurationError, match=r"persons\.tsv:3: us_ofac_sdn:1 already belongs to kb:per-a"):
        load_knowledge(folder.path)


def test_an_entry_that_no_list_has_is_told(folder):
    folder.write("persons.tsv", PERSONS + "kb:per-a\tKP\tA\t\tus_ofac_sdn:7\ttest\n")
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin")])
    with pytest.raises(ConfigurationError, match=r"persons\.tsv:2: us_ofac_sdn:7 is on no shipped list"):
        load_knowledge(folder.path)


def test_an_acronym_in_brackets_is_weak(folder):
    folder.write_lists(un_sc_sanctions=[person(UN, "KPe.1", "FOREIGN TRADE BANK (FTB)", schema="Company")])
    aliases = load_knowledge(folder.path).entities["kb:un-kpe.1"].aliases
    assert [(alias.text, alias.kind) for alias in aliases] == [("Foreign Trade Bank", "name"), ("FTB", "weak")]


def test_a_changed_list_is_refused(folder):
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin")])
    folder.write("lists/us_ofac_sdn.jsonl", "{}\n")
    with pytest.raises(ConfigurationError, match=r"us_ofac_sdn\.jsonl: is not the file of the manifest"):
        load_knowledge(folder.path)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("lists:", "list:", r"manifest\.yaml:1: unknown key 'list' \(did you mean 'lists'\?\)"),
        ("    licence: test\n", "", r"manifest\.yaml:2: the key 'licence' is missing"),
        ("    licence:", "    license:", r"manifest\.yaml:8: unknown key 'license' \(did you mean 'licence'\?\)"),
        ('"2026-03-12"', '"2026-13-12"', r"manifest\.yaml:5: version '2026-13-12' is no ISO day"),
        ("records: 1", "records: 0", r"manifest\.yaml:7: records must be a positive number; got 0"),
        ("records: 1", "records: one", r"manifest\.yaml:7: records: a whole number is expected here, not 'one'"),
    ],
)
def test_a_wrong_manifest_is_told_with_its_line(folder, right, wrong, message):
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin")])
    text = (folder.path / "lists/manifest.yaml").read_text(encoding="utf-8")
    assert right in text
    folder.write("lists/manifest.yaml", text.replace(right, wrong))
    with pytest.raises(ConfigurationError, match=message):
        load_knowledge(folder.path)


def test_a_bad_record_is_told_with_its_line(folder):
    broken = {key: value for key, value in person(OFAC, "2", "A").items() if key != "programs"}
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin"), broken])
    with pytest.raises(ConfigurationError, match=r"us_ofac_sdn\.jsonl:2: bad record: KeyError\('programs'\)"):
        load_knowledge(folder.path)


def test_korean_names_are_added_to_entries(folder):
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin")])
    folder.write("listed_names_ko.tsv", "entry\tnames_ko\tsource\nus_ofac_sdn:1\t류진|유진\ttest\n")
    aliases = load_knowledge(folder.path).entities["kb:ofac-1"].aliases
    assert [alias.text for alias in aliases if alias.lang == "ko"] == ["류진", "유진"]


def test_the_version_follows_the_facts_and_not_the_place(folder, tmp_path_factory):
    first = load_knowledge(folder.path).version
    copy = tmp_path_factory.mktemp("copy")
    (copy / "places.tsv").write_bytes((folder.path / "places.tsv").read_bytes())
    (copy / "README.md").write_text("words", encoding="utf-8")
    assert load_knowledge(copy).version == first
    folder.write("places.tsv", PLACES + KOREA + PYONGYANG)
    assert load_knowledge(folder.path).version != first


def test_entities_do_not_change():
    from models.knowledge import KnowledgeEntity

    entity = KnowledgeEntity("kb:a", Label.PLACE, "A", ())
    with pytest.raises(dataclasses.FrozenInstanceError):
        entity.name = "B"
