"""How often each rule is right: the figures behind the scores of mentions and events.

Counts over annotated articles. A mention is right where gold has the same span and label; a passage of an event where gold
has an event of its type with a trigger in the same sentence. Rules that never fired are not listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.records import Analysis

__all__ = ["RuleCount", "count_rules", "format_rules"]


@dataclass(frozen=True, slots=True)
class RuleCount:
    """One rule with how often it was right, of how many times it fired."""

    rule: str
    right: int
    fired: int

    @property
    def precision(self) -> float:
        """Return the share that was right, drawn towards one half by one case on each side."""
        return (self.right + 1) / (self.fired + 2)


def count_rules(pairs: Iterable[tuple[Mapping[str, Any], Analysis]]) -> list[RuleCount]:
    """Count over pairs of a gold row and what was extracted of its text; in order of the rules' names."""
    right: Counter[str] = Counter()
    fired: Counter[str] = Counter()
    for gold, analysis in pairs:
        for rule, is_right in (*_judge_mentions(gold, analysis), *_judge_events(gold, analysis)):
            fired[rule] += 1
            right[rule] += is_right
    return [RuleCount(rule, right[rule], fired[rule]) for rule in sorted(fired)]


def _judge_mentions(gold: Mapping[str, Any], analysis: Analysis) -> Iterable[tuple[str, bool]]:
    spans = {(mention["start"], mention["end"], mention["label"]) for mention in gold["mentions"]}
    for mention in analysis.linking.mentions:
        yield f"name:{mention.maker.component}", (mention.start, mention.end, mention.label) in spans


def _judge_events(gold: Mapping[str, Any], analysis: Analysis) -> Iterable[tuple[str, bool]]:
    told = [(event["type"], *trigger["sentence"]) for event in gold["events"] for trigger in event["triggers"]]
    for event in analysis.events:
        for mention in event.mentions:
            found = any(kind == event.type and mention.trigger.overlaps(start, end) for kind, start, end in told)
            for rule in mention.rules:
                yield f"event:{rule}", found


def format_rules(counts: Iterable[RuleCount]) -> str:
    """Return the counts as a table with tabs: rule, right, fired, precision."""
    lines = [f"{count.rule}\t{count.right}\t{count.fired}\t{count.precision:.2f}" for count in counts]
    return "\n".join(["rule\tright\tfired\tprecision", *lines])
