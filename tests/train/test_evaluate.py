import copy
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from pipeline.train.evaluate import Score, evaluate, format_figures, read_rows
from pipeline.train.matching import assign, dates_agree, role_agreement

TEXT = "Minister Ro Hana of Norland said on Monday that Sudland fined Acme Bank $5 million. Acme denied it."
#       0         1         2         3         4         5         6         7         8         9
#       0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789


def span(text: str, **more: Any) -> dict[str, Any]:
    start = TEXT.index(text)
    return {"start": start, "end": start + len(text), "text": text, **more}


def trigger(text: str) -> dict[str, Any]:
    found = span(text)
    return {"start": found["start"], "end": found["end"], "sentence": [0, 83] if found["start"] < 83 else [84, len(TEXT)]}


GOLD: dict[str, Any] = {
    "id": "a",
    "korea": True,
    "text": TEXT,
    "entities": [
        {"id": "e1", "label": "PERSON", "name": "Ro Hana", "mentions": ["Ro Hana"], "official": True, "role": "Minister of Trade"},
        {"id": "e2", "label": "PLACE", "name": "Norland", "mentions": ["Norland"]},
        {"id": "e3", "label": "PLACE", "name": "Sudland", "mentions": ["Sudland"], "nominals": ["the southern state"]},
        {"id": "e4", "label": "ORG", "name": "Acme Bank", "mentions": ["Acme Bank"], "sanctions": ["un:1", "us:2"]},
    ],
    "mentions": [
        span("Ro Hana", label="PERSON", entity="e1"),
        span("Norland", label="PLACE", entity="e2"),
        span("Sudland", label="PLACE", entity="e3"),
        span("Acme Bank", label="ORG", entity="e4"),
    ],
    "amounts": [span("$5 million", value=5e6, currency="USD", bound="exact")],
    "events": [
        {
            "type": "LEGAL_ACTION",
            "triggers": [trigger("fined")],
            "actors": ["e3"],
            "targets": ["e4"],
            "date": "2025-11",
            "modality": "asserted",
            "speaker": "e1",
            "amounts": [0],
            "core": True,
        },
        {"type": "REJECTION", "triggers": [trigger("denied")], "actors": ["e4"], "date": None, "modality": "denied", "core": False},
    ],
}

PERFECT: dict[str, Any] = {
    "id": "a",
    "korea": True,
    "entities": [
        span("Ro Hana", label="PERSON", entity="doc:1", official=True, role="Minister of Trade", sanctions=[]),
        span("Norland", label="PLACE", entity="doc:2", sanctions=[]),
        span("Sudland", label="PLACE", entity="doc:3", sanctions=[]),
        span("Acme Bank", label="ORG", entity="doc:4", sanctions=[{"id": "un:1"}, {"id": "us:2"}]),
    ],
    "amounts": [span("$5 million", value=5e6, currency="USD", bound="exact")],
    "events": [
        {
            "type": "LEGAL_ACTION",
            "modality": "asserted",
            "date": "2025-11-03",
            "actors": [span("Sudland", name="Sudland")],
            "targets": [span("Acme Bank", name="Acme Bank")],
            "speaker": span("Ro Hana", name="Ro Hana"),
            "amounts": [span("$5 million")],
            "mentions": [{"trigger": span("fined"), "evidence": {"start": 0, "end": 83}}],
        },
        {
            "type": "REJECTION",
            "modality": "denied",
            "date": None,
            "actors": [{"start": None, "end": None, "text": "the Acme Bank", "name": "Acme Bank"}],
            "targets": [],
            "speaker": None,
            "amounts": [],
            "mentions": [{"trigger": span("denied"), "evidence": {"start": 84, "end": 99}}],
        },
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the perfect prediction with one field changed; the path is of dots."""
    row = copy.deepcopy(PERFECT)
    place: Any = row
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        place = place[part]
    place[last] = value
    return row


def figures(row: dict[str, Any], *, errors: int = 0) -> dict[str, Any]:
    return evaluate([GOLD], [row], errors=errors).as_dict()


def counts(score: dict[str, Any]) -> tuple[int, int, int]:
    return score["hit"], score["predicted"], score["gold"]


def test_a_perfect_prediction_has_full_marks_and_no_harm() -> None:
    found = figures(PERFECT)
    for name in ("mentions", "mentions_loose", "officials", "amounts", "amounts_value", "sanctions", "events", "arguments", "tuples"):
        assert found[name]["f1"] == 1, name
    for name in ("korea", "roles", "events_core", "modality", "modality_macro", "dates", "speakers", "event_amounts"):
        assert found[name] == 1, name
    assert found["harm"] == 0
    assert counts(found["mentions"]) == (4, 4, 4)
    assert counts(found["arguments"]) == (3, 3, 3)


def test_a_missing_article_counts_as_one_without_records() -> None:
    found = evaluate([GOLD], []).as_dict()
    assert found["missing"] == ["a"]
    assert (counts(found["mentions"]), found["mentions"]["p"], found["mentions"]["r"]) == ((0, 0, 4), 0, 0)
    assert (found["korea"], found["events_core"], found["modality"]) == (0, 0, 1)


def test_predictions_for_other_articles_are_ignored() -> None:
    assert evaluate([GOLD], [PERFECT, {**PERFECT, "id": "other"}]) == evaluate([GOLD], [PERFECT])


def test_an_error_record_counts_as_one_without_records() -> None:
    found = figures({"id": "a", "error": {"code": "invalid_json", "message": "no"}})
    assert (found["missing"], counts(found["events"])) == ([], (0, 0, 2))


def test_no_gold_and_no_prediction_is_perfect() -> None:
    empty = {"id": "b", "korea": False, "entities": [], "mentions": [], "amounts": [], "events": []}
    found = evaluate([empty], [{"id": "b", "korea": False, "entities": [], "amounts": [], "events": []}]).as_dict()
    assert (found["mentions"]["f1"], found["events"]["f1"], found["harm"], found["modality_macro"]) == (1, 1, 0, 0)


def test_a_shifted_mention_is_wrong_exactly_and_right_loosely() -> None:
    found = figures(changed("entities.1.end", PERFECT["entities"][1]["end"] - 1))
    assert counts(found["mentions"]) == (3, 4, 4)
    assert counts(found["mentions_loose"]) == (4, 4, 4)
    assert counts(found["labels"]["PLACE"]) == (1, 2, 2)
    assert found["mentions"]["f1"] == pytest.approx(0.75)


def test_agency_for_org_is_wrong_exactly_and_right_loosely() -> None:
    found = figures(changed("entities.3.label", "AGENCY"))
    assert counts(found["mentions"]) == (3, 4, 4)
    assert counts(found["mentions_loose"]) == (4, 4, 4)
    assert counts(found["labels"]["AGENCY"]) == (0, 1, 0)


def test_other_labels_are_not_counted() -> None:
    assert counts(figures(changed("entities.1.label", "DATE"))["mentions"]) == (3, 3, 4)


def test_mentions_of_one_official_count_once() -> None:
    row = copy.deepcopy(PERFECT)
    row["entities"].append(span("Minister", label="PERSON", entity="doc:1", official=False, role=None))
    assert counts(figures(row)["officials"]) == (1, 1, 1)


def test_a_role_agrees_by_half_its_words() -> None:
    assert figures(changed("entities.0.role", "the trade minister"))["roles"] == 1
    assert figures(changed("entities.0.role", "spokesman"))["roles"] == 0


@pytest.mark.parametrize(
    ("field", "value", "strict", "loose"),
    [
        ("bound", "approx", 0, 1),
        ("value", 5.04e6, 1, 1),
        ("value", 5.06e6, 0, 0),
        ("value", None, 0, 0),
        ("currency", "KRW", 0, 0),
        ("start", 82, 0, 0),
    ],
)
def test_an_amount_must_agree_in_place_value_and_currency(field: str, value: object, strict: int, loose: int) -> None:
    found = figures(changed(f"amounts.0.{field}", value))
    assert (found["amounts"]["hit"], found["amounts_value"]["hit"]) == (strict, loose)


def test_sanctions_links_are_counted_by_entity_and_entry() -> None:
    row = changed("entities.3.sanctions", [{"id": "un:1"}, {"id": "eu:9"}])
    row["entities"][1]["sanctions"] = [{"id": "us:2"}]
    assert counts(figures(row)["sanctions"]) == (1, 3, 2)


def test_an_event_of_another_type_is_no_hit() -> None:
    found = figures(changed("events.0.type", "SANCTION"))
    assert counts(found["events"]) == (1, 2, 2)
    assert (counts(found["types"]["SANCTION"]), counts(found["types"]["LEGAL_ACTION"])) == ((0, 1, 0), (0, 0, 1))
    assert found["events_core"] == 0


def test_an_event_in_another_sentence_is_no_hit() -> None:
    assert counts(figures(changed("events.0.mentions.0.trigger", span("denied")))["events"]) == (1, 2, 2)


def test_an_event_anywhere_in_the_sentence_of_the_trigger_is_a_hit() -> None:
    assert counts(figures(changed("events.0.mentions.0.trigger", span("Minister")))["events"]) == (2, 2, 2)


def test_an_event_without_trigger_is_placed_by_its_evidence() -> None:
    assert counts(figures(changed("events.0.mentions.0.trigger", None))["events"]) == (2, 2, 2)


def test_of_two_predicted_events_the_one_with_the_right_arguments_is_matched() -> None:
    row = copy.deepcopy(PERFECT)
    worse = copy.deepcopy(row["events"][0])
    worse["targets"] = []
    row["events"].insert(0, worse)
    found = figures(row)
    assert counts(found["events"]) == (2, 3, 2)
    assert counts(found["tuples"]) == (2, 3, 2)


def test_arguments_of_unmatched_events_count_as_predicted_only() -> None:
    assert counts(figures(changed("events.0.type", "SANCTION"))["arguments"]) == (1, 3, 3)


def test_an_argument_agrees_by_one_of_the_strings_of_its_entity() -> None:
    row = changed("events.0.actors.0", {"start": None, "end": None, "text": "the Southern State", "name": None})
    assert counts(figures(row)["arguments"]) == (3, 3, 3)


def test_one_argument_too_many_breaks_the_tuple() -> None:
    row = changed("events.0.actors", [span("Sudland", name="Sudland"), span("Norland", name="Norland")])
    found = figures(row)
    assert (counts(found["arguments"]), counts(found["tuples"])) == ((3, 4, 3), (1, 2, 2))


def test_a_denied_event_shown_as_asserted_is_harm() -> None:
    found = figures(changed("events.1.modality", "asserted"))
    assert (found["harm"], found["modality"], found["modality_macro"]) == (1, 0.5, 0.5)


def test_an_asserted_event_shown_as_denied_is_no_harm() -> None:
    assert figures(changed("events.0.modality", "denied"))["harm"] == 0


def test_a_speaker_where_there_is_none_is_wrong() -> None:
    assert figures(changed("events.1.speaker", span("Norland", name="Norland")))["speakers"] == 0.5


def test_a_missing_speaker_is_wrong() -> None:
    assert figures(changed("events.0.speaker", None))["speakers"] == 0.5


def test_an_amount_that_is_not_attached_is_counted() -> None:
    assert figures(changed("events.0.amounts", []))["event_amounts"] == 0


@pytest.mark.parametrize(
    ("gold", "found", "agree"),
    [
        ("2025-11", "2025-11-03", True),
        ("2025-11-03", "2025-11", False),
        ("2025", "2026", False),
        ("2025", None, False),
        ("2025-11", ["2025-11-01", "2025-11-08"], True),
        ("2025-11", ["2025-10-31", "2025-11-08"], False),
        (["2017", "2025-11-05"], ["2017-03", "2025-11-05"], True),
        (["2017-03", "2025-11-05"], ["2017", "2025-11-05"], True),
        (["2017", "2025-11-05"], ["2017", "2025-11"], False),
        (["2017", "2025-11-05"], "2017", False),
        ("2019", [None, "2019"], False),
    ],
)
def test_a_coarser_gold_date_must_contain_the_predicted_one(gold: Any, found: Any, agree: bool) -> None:
    assert dates_agree(gold, found) is agree


def test_assignment_is_one_to_one_and_takes_the_heaviest_first() -> None:
    assert assign([(1, 0, 0), (3, 0, 1), (2, 1, 1), (1, 1, 0)]) == [(0, 1), (1, 0)]


def test_roles_without_words_do_not_agree() -> None:
    assert role_agreement("the", None) == 0


def test_errors_name_article_kind_and_text() -> None:
    row = changed("entities.1", span("Monday", label="PLACE", entity="doc:2"))
    row["entities"][3]["sanctions"] = [{"id": "un:1"}]
    row["events"][0]["type"] = "SANCTION"
    assert figures(row, errors=99)["errors"] == [
        "a MISSED PLACE 'Norland'",
        "a SPURIOUS PLACE 'Monday'",
        "a MISSED LINK Acme Bank us:2",
        "a MISSED EVENT LEGAL_ACTION ['fined']",
        "a SPURIOUS EVENT SANCTION ['fined']",
    ]


def test_only_as_many_errors_are_listed_as_asked_for() -> None:
    assert len(evaluate([GOLD], [], errors=2).errors or ()) == 2
    assert "errors" not in figures(PERFECT)


def test_figures_are_printed_one_a_line_with_labels_indented() -> None:
    lines = format_figures(evaluate([GOLD], [PERFECT])).splitlines()
    assert lines[:4] == [
        "docs               1",
        "missing            []",
        "korea              1.000",
        "mentions           P 1.000  R 1.000  F1 1.000  (4/4/4)",
    ]
    assert "  PERSON             P 1.000  R 1.000  F1 1.000  (1/1/1)" in lines


def test_listed_errors_are_printed_last() -> None:
    assert format_figures(evaluate([GOLD], [], errors=1)).splitlines()[-1] == "a MISSED PERSON 'Ro Hana'"


def test_scores_with_nothing_predicted_have_precision_only_where_nothing_was_wanted() -> None:
    assert (Score(0, 0, 0).f1, Score(0, 0, 3).precision, Score(0, 2, 0).recall) == (1, 0, 1)


def test_rows_are_read_by_id_in_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "b", "text": "a\u2028b"}\n\n{"id": "a"}\n', encoding="utf-8")
    assert list(read_rows(path)) == ["b", "a"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a"', "no JSON"),
        ("[1]", "no JSON object"),
        ("{}", "'id' is missing"),
        ('{"id": 7}', "'id' is missing"),
        ('{"id": "x"}', "earlier line"),
    ],
)
def test_a_bad_row_is_named_with_file_and_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"id": "x"}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"rows\.jsonl:3: .*{message}"):
        read_rows(path)


def test_a_missing_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_rows(tmp_path / "none.jsonl")
