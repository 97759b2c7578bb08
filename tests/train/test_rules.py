from __future__ import annotations

from pipeline.extraction import analyse_document
from pipeline.train.rules import RuleCount, count_rules, format_rules
from tests.shipped import whole

TEXT = "Washington imposed sanctions on Pyongyang. Tokyo spoke."


def gold(*labels: str) -> dict:
    names = ("Washington", "Pyongyang", "Tokyo")
    mentions = [
        {"start": TEXT.index(name), "end": TEXT.index(name) + len(name), "text": name, "label": label, "entity": "e"}
        for name, label in zip(names, labels, strict=True)
    ]
    return {"mentions": mentions, "events": [{"type": "SANCTION", "triggers": [{"start": 11, "end": 18, "sentence": [0, 42]}]}]}


def test_each_rule_is_counted_with_how_often_it_was_right() -> None:
    analysis = analyse_document({"id": "a", "text": TEXT}, whole())
    counts = {count.rule: count for count in count_rules([(gold("PLACE", "PLACE", "ORG"), analysis)])}
    assert counts["name:gazetteer_name"] == RuleCount("name:gazetteer_name", 2, 3)
    assert [(count.right, count.fired) for rule, count in counts.items() if rule.startswith("event:en:SANCTION")] == [(1, 1)]


def test_the_precision_is_drawn_towards_one_half() -> None:
    assert RuleCount("x", 0, 0).precision == 0.5
    assert format_rules([RuleCount("x", 2, 3)]) == "rule\tright\tfired\tprecision\nx\t2\t3\t0.60"
