"""What editors decided of names acts on the next reading, and on stored ones when they are read again; what they take back acts no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models.knowledge import AcceptedName, Alias, Corrections, NeverPair, StopForm
from models.records import Article, Publication
from models.review import ItemKind, Verdict
from models.tables import ArticleVersionRow, LinkRow, MentionRow
from models.vocabulary import DateSource, Label
from pipeline.analyse import Analyser
from pipeline.kb.corrections import apply_corrections
from pipeline.review.corrections import read_corrections
from pipeline.run.reprocess import ReprocessReport, reprocess
from pipeline.settings import ROOT, Settings
from pipeline.store.engine import Database, reading, writing
from pipeline.store.reprocess import Selection
from tests.review.decided import ask, ask_listed, ask_name, decide
from tests.run.test_relink import publish
from tests.store.builders import NOW

RGB, KIM = "kb:kp-rgb", "kb:per-kim-jong-un"
BANKER, ENTRY = "kb:ofac-56045", "us_ofac_sdn:56045"
ENGLISH = (
    "SEOUL - The United States Treasury Department imposed sanctions on U Yong Su, a North Korean banker, on Tuesday. "
    "U Yong Su is president of a North Korean computer company in Shenyang. The Red Lotus Bureau denied it."
)
KOREAN = "서울 - 북한은 화요일 제재를 받았다. 붉은연꽃국은 이를 부인했다. 김정은 국무위원장은 평양에서 말했다."


@pytest.fixture(scope="module")
def plain() -> Analyser:
    """Reads with rules alone, as nobody has decided anything."""
    return Analyser(Settings(model="blank", event_reader=False))


def article(text: str, lang: str) -> Article:
    published = Publication(datetime(2025, 11, 6, tzinfo=UTC), "2025-11-06", "+09:00", DateSource.META, "minute")
    return Article("v1", text, lang, "A title", "https://wire.example/1", "The wire", published)


def names(analyser: Analyser, text: str, lang: str = "en") -> dict[str, str]:
    """Return the entity of each name, as the last mention has it."""
    _, linking = analyser.read(article(text, lang))
    return {mention.text: mention.entity for mention in linking.mentions}


def links(analyser: Analyser, text: str) -> list[tuple[str, str, str]]:
    _, linking = analyser.read(article(text, "en"))
    return [(link.entry, link.status, link.why.rpartition("; ")[2]) for link in linking.links]


# --- acting on a reading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "name", "lang"), [(ENGLISH, "Red Lotus Bureau", "en"), (KOREAN, "붉은연꽃국", "ko")])
def test_an_accepted_name_is_found_and_means_its_entity(plain: Analyser, text: str, name: str, lang: str) -> None:
    assert names(plain, text, lang).get(name) != RGB
    corrected = plain.corrected(Corrections(names=(AcceptedName(RGB, name, lang),), upto=1))
    assert names(corrected, text, lang)[name] == RGB


def test_a_name_that_was_accepted_of_an_entry_is_one_of_its_entity(plain: Analyser) -> None:
    corrected = plain.corrected(Corrections(names=(AcceptedName("us_ofac_sdn:12210", "Red Lotus Bureau", "en"),), upto=1))
    assert names(corrected, ENGLISH)["Red Lotus Bureau"] == RGB


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        (KIM, "Kim"),
        (KIM, "김"),
        (KIM, "정은"),
        (RGB, "the bureau"),
        ("kb:kp", "Pyongyang"),
        (RGB, "Reconnaissance General Bureau"),
        (KIM, " "),
    ],
)
def test_what_means_an_entity_in_its_article_alone_is_no_name_of_it(plain: Analyser, entity: str, text: str) -> None:
    known = apply_corrections(plain.facts, Corrections(names=(AcceptedName(entity, text, "en"),), upto=1))
    assert known.entities == plain.facts.entities


def test_an_accepted_acronym_is_kept_as_one(plain: Analyser) -> None:
    known = apply_corrections(plain.facts, Corrections(names=(AcceptedName(RGB, "RLB", "en"),), upto=1))
    assert known.entities[RGB].aliases[-1] == Alias("RLB", "en", "acronym")


@pytest.mark.parametrize(("text", "form", "entity", "lang"), [(ENGLISH, "u yong su", BANKER, "en"), (KOREAN, "김정은", KIM, "ko")])
def test_a_rejected_pair_is_somebody_of_the_article_alone(plain: Analyser, text: str, form: str, entity: str, lang: str) -> None:
    assert entity in names(plain, text, lang).values()
    corrected = plain.corrected(Corrections(never=frozenset({NeverPair(form, entity)}), upto=1))
    assert entity not in names(corrected, text, lang).values()


def test_a_rejected_pair_with_an_entry_is_kept_for_audit_and_never_proposed(plain: Analyser) -> None:
    assert [(entry, status) for entry, status, _ in links(plain, ENGLISH)] == [(ENTRY, "auto")]
    corrected = plain.corrected(Corrections(never=frozenset({NeverPair("u yong su", ENTRY)}), upto=1))
    assert links(corrected, ENGLISH) == [(ENTRY, "rejected", f"an editor said that “U Yong Su” does not name {BANKER}")]


def test_a_capital_that_does_not_stand_for_its_state_is_a_place(plain: Analyser) -> None:
    text = "Pyongyang condemned the drills on Tuesday."
    assert names(plain, text)["Pyongyang"] == "kb:kp"
    corrected = plain.corrected(Corrections(never=frozenset({NeverPair("pyongyang", "kb:kp")}), upto=1))
    assert names(corrected, text)["Pyongyang"] == "kb:pyongyang"


@pytest.mark.parametrize(("text", "name", "lang"), [(ENGLISH, "Shenyang", "en"), (KOREAN, "평양", "ko")])
@pytest.mark.parametrize("label", [Label.PLACE, None])
def test_a_form_that_is_no_name_is_not_taken_as_one(plain: Analyser, text: str, name: str, lang: str, label: Label | None) -> None:
    stop = frozenset({StopForm(name.lower(), label)})
    assert name in names(plain, text, lang)
    assert name not in names(plain.corrected(Corrections(stops=stop, upto=1)), text, lang)


def test_a_form_may_still_be_a_name_of_another_label(plain: Analyser) -> None:
    corrected = plain.corrected(Corrections(stops=frozenset({StopForm("shenyang", Label.PERSON)}), upto=1))
    assert "Shenyang" in names(corrected, ENGLISH)


def test_the_trained_recogniser_is_told_too() -> None:
    encoder = Analyser(Settings(event_reader=False)).corrected(Corrections(stops=frozenset({StopForm("u yong su", None)}), upto=1))
    assert "U Yong Su" not in names(encoder, ENGLISH)


def test_without_decisions_the_analyser_and_its_version_are_as_they_were(plain: Analyser) -> None:
    assert plain.corrected(Corrections()) is plain
    assert plain.knowledge.version == plain.facts.version
    assert plain.corrected(Corrections(upto=7)).knowledge.version == f"{plain.facts.version}+7"


def test_what_is_said_of_entities_that_nobody_knows_is_left_out(plain: Analyser) -> None:
    corrections = Corrections(names=(AcceptedName("kb:gone", "Gone", "en"),), never=frozenset({NeverPair("gone", "us_ofac_sdn:0")}), upto=1)
    known = apply_corrections(plain.facts, corrections)
    assert (known.entities, known.corrections.never) == (plain.facts.entities, frozenset())


# --- what decisions say ---------------------------------------------------------------------------------------------


def test_verdicts_on_a_form_wherever_it_stands_correct_it(database: Database) -> None:
    decide(database, ask_name(database, "Red Lotus Bureau", RGB, label="AGENCY"), Verdict.ACCEPT)
    decide(database, ask_name(database, "붉은연꽃국", RGB, label="AGENCY", lang="ko"), Verdict.ACCEPT)
    decide(database, ask_name(database, "Kim Ji-na", KIM), Verdict.REJECT)
    decide(database, ask_name(database, "Tuesday", None, label="VESSEL"), Verdict.REJECT)
    decide(database, ask_name(database, "Lotus", "ent-1", label="ORG"), Verdict.REJECT)
    decide(database, ask_listed(database, "U Yong Su", "ent-2", ENTRY), Verdict.REJECT)
    said = read_corrections(database)
    assert said.names == (AcceptedName(RGB, "Red Lotus Bureau", "en"), AcceptedName(RGB, "붉은연꽃국", "ko"))
    assert said.never == {NeverPair("kim ji na", KIM), NeverPair("u yong su", ENTRY)}
    assert said.stops == {StopForm("tuesday", Label.VESSEL), StopForm("lotus", Label.ORG)}
    assert said.upto >= 6


def test_an_edit_says_what_is_meant_and_what_is_not(database: Database) -> None:
    decide(database, ask_name(database, "Kim Ji-na", KIM), Verdict.EDIT, after={"entity": "kb:per-kim-ji-na"})
    decide(database, ask_name(database, "Red Lotus", "ent-1", label="PERSON"), Verdict.EDIT, after={"label": "ORG"})
    decide(database, ask_listed(database, "U Yong Su", "ent-2", ENTRY), Verdict.EDIT, after={"entry": "us_ofac_sdn:1"})
    said = read_corrections(database)
    assert said.names == (AcceptedName("kb:per-kim-ji-na", "Kim Ji-na", "en"), AcceptedName("us_ofac_sdn:1", "U Yong Su", "en"))
    assert said.never == {NeverPair("kim ji na", KIM), NeverPair("u yong su", ENTRY)}
    assert said.stops == {StopForm("red lotus", Label.PERSON)}


def test_what_an_editor_added_names_its_entity(database: Database) -> None:
    item = ask(database, ItemKind.NAME, ("red lotus", RGB, "art-1"), label="AGENCY", value={"text": "Red Lotus", "entity": RGB})
    decide(database, item, Verdict.ADD)
    assert read_corrections(database).names == (AcceptedName(RGB, "Red Lotus", "en"),)


def test_a_new_entity_that_was_merged_into_a_known_one_gives_it_its_name(database: Database) -> None:
    item = ask(database, ItemKind.ENTITY, ("ent-1",), label="AGENCY", form="red lotus", value={"name": "Red Lotus", "label": "AGENCY"})
    decide(database, item, Verdict.MERGE, after={"into": RGB})
    assert read_corrections(database).names == (AcceptedName(RGB, "Red Lotus", "en"),)


@pytest.mark.parametrize("verdict", [Verdict.ACCEPT, Verdict.REJECT])
def test_what_a_form_means_in_one_article_says_nothing_of_others(database: Database, verdict: Verdict) -> None:
    item = ask(database, ItemKind.NAME, ("the bank", RGB, "art-1"), candidate=RGB, label="ORG", value={"text": "The Bank", "entity": RGB})
    decide(database, item, verdict)
    said = read_corrections(database)
    assert (said.names, said.never, said.stops) == ((), frozenset(), frozenset())


def test_a_rejection_with_exceptions_is_true_of_its_places_alone(database: Database) -> None:
    decide(database, ask_name(database, "Kim Ji-na", KIM), Verdict.REJECT, excepted=["men-1"])
    assert read_corrections(database).never == frozenset()


def test_what_two_editors_dispute_corrects_nothing_until_a_third_closes_it(database: Database) -> None:
    item = ask_name(database, "Kim Ji-na", KIM)
    decide(database, item, Verdict.REJECT, by="kim")
    decide(database, item, Verdict.ACCEPT, by="lee")
    assert read_corrections(database).never == frozenset()
    decide(database, item, Verdict.REJECT, by="park")
    assert read_corrections(database).never == {NeverPair("kim ji na", KIM)}


def test_an_undo_takes_a_correction_back_and_a_redo_brings_it_again(database: Database) -> None:
    item = ask_name(database, "Kim Ji-na", KIM)
    first = decide(database, item, Verdict.REJECT)
    before = read_corrections(database)
    undo = decide(database, item, Verdict.UNDO, undoes=first)
    assert (read_corrections(database).never, read_corrections(database).upto) == (frozenset(), before.upto + 1)
    decide(database, item, Verdict.REDO, undoes=undo)
    assert read_corrections(database).never == {NeverPair("kim ji na", KIM)}


def test_a_pair_is_rejected_under_every_spelling_that_was_linked(own: Settings, database: Database, plain: Analyser) -> None:
    publish(database, 1, date(2025, 11, 6), analyser=plain)
    decide(database, ask_listed(database, "U Yong-su (banker)", BANKER, ENTRY), Verdict.REJECT)
    assert read_corrections(database).never == {NeverPair("u yong su banker", ENTRY), NeverPair("u yong su", ENTRY)}


# --- stored articles ------------------------------------------------------------------------------------------------


@pytest.fixture
def own(settings: Settings, database: Database) -> Iterator[Settings]:
    url = database.url.render_as_string(hide_password=False)
    changes = {"database_url": url, "feeds": ROOT / "feeds.yaml", "model": "blank", "event_reader": False}
    return settings.model_copy(update=changes)


def stored(database: Database, text: str, lang: str, analyser: Analyser, monkeypatch: pytest.MonkeyPatch) -> str:
    """Store an article and what the analyser says of it."""
    monkeypatch.setattr("tests.run.test_relink.TEXT", text)
    made = publish(database, 1 if lang == "en" else 2, date(2025, 11, 6), analyser=analyser)
    if lang != "en":
        with writing(database) as connection:
            connection.execute(ArticleVersionRow.__table__.update().where(ArticleVersionRow.id == made.id).values(lang=lang))
    return made.id


def entities(database: Database, version: str) -> dict[str, str]:
    with reading(database) as connection:
        query = select(MentionRow.text, MentionRow.entity_id).where(MentionRow.version_id == version, MentionRow.superseded_at.is_(None))
        return {row.text: row.entity_id for row in connection.execute(query)}


def again(own: Settings, hours: int) -> ReprocessReport:
    return reprocess(own, Selection(), now=lambda: NOW + timedelta(hours=hours))


def test_stored_articles_are_read_again_where_a_decision_bears_on_them_and_again_where_it_is_undone(
    own: Settings, database: Database, plain: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = stored(database, ENGLISH, "en", plain, monkeypatch)
    korean = stored(database, "평양에서 회의가 열렸다.", "ko", plain, monkeypatch)
    reprocess(own, Selection(articles=(), changed=False, stage="tag"), now=lambda: NOW, analyser=plain)
    assert again(own, 1).run.analysed["done"] == 0
    listed = decide(database, ask_listed(database, "U Yong Su", BANKER, ENTRY), Verdict.REJECT)
    name = decide(database, ask_name(database, "Red Lotus Bureau", RGB, label="AGENCY"), Verdict.ACCEPT)

    report = again(own, 2)
    assert (report.due["tag", "decided by editors"], report.run.analysed["done"]) == (1, 1)
    found = entities(database, english)
    assert found["Red Lotus Bureau"] == RGB
    assert found["U Yong Su"].startswith("ent-")
    with reading(database) as connection:
        status = connection.execute(select(LinkRow.status).where(LinkRow.entry == ENTRY, LinkRow.superseded_at.is_(None))).scalars().all()
    assert status == ["rejected"]
    assert again(own, 3).run.analysed["done"] == 0
    assert entities(database, korean)["평양"] == "kb:pyongyang"

    for decision, item in ((listed, ItemKind.LISTED), (name, ItemKind.NAME)):
        key = (BANKER, ENTRY) if item is ItemKind.LISTED else ("red lotus bureau", RGB)
        decide(database, ask(database, item, key), Verdict.UNDO, undoes=decision)
    assert again(own, 4).run.analysed["done"] == 1
    found = entities(database, english)
    assert found["U Yong Su"] == BANKER
    assert found["Red Lotus Bureau"] != RGB


def test_a_korean_article_is_read_again_though_a_particle_follows_the_name(
    own: Settings, database: Database, plain: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    korean = stored(database, KOREAN, "ko", plain, monkeypatch)
    reprocess(own, Selection(changed=False, stage="tag"), now=lambda: NOW, analyser=plain)
    decide(database, ask_name(database, "붉은연꽃국", RGB, label="AGENCY", lang="ko"), Verdict.ACCEPT)
    assert again(own, 1).run.analysed["done"] == 1
    assert entities(database, korean)["붉은연꽃국"] == RGB
