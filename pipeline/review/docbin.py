"""Annotations of editors as spaCy's DocBin, for those who train pipelines of their own. It holds texts, and stays with who has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.tokens import Doc, DocBin, Span
from spacy.util import filter_spans

from pipeline.review.annotations import Annotated

__all__ = ["NOT_NAMES", "Binned", "make_docbin"]

NOT_NAMES = "not_names"
"""Group of the spans that are no name of their label: give it to spaCy's `ner` as `incorrect_spans_key`."""


@dataclass(frozen=True, slots=True)
class Binned:
    """The documents, how many there are, and how many spans were left out because their ends lie within words."""

    docs: DocBin
    number: int
    left_out: int


def make_docbin(annotated: Iterable[Annotated], make_doc: Mapping[str, Callable[[str], Doc]]) -> Binned:
    """Return a document for each annotated text; `make_doc` cuts a text of each language into words, texts in others are left out.

    Names are `doc.ents`, and what nobody judged is missing, not outside. Triggers of events and amounts are span groups.
    """
    docs = DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=False)
    left_out = 0
    for one in annotated:
        if one.text.lang in make_doc:
            doc = make_doc[one.text.lang](one.text.text)
            left_out += _mark(doc, one.row)
            docs.add(doc)
    return Binned(docs, len(docs), left_out)


def _mark(doc: Doc, row: Mapping[str, Any]) -> int:
    """Mark a document, and return how many spans fit no words."""
    names, others = ([one[:3] for one in row["judged"] if one[3] is right] for right in (True, False))
    triggers = [(*trigger[:2], event["type"]) for event in row["events"] for trigger in event["triggers"]]
    amounts = [(start, end, str(currency or "")) for start, end, _, currency, _ in row["amounts"]]
    groups = {"names": names, NOT_NAMES: others, "events": triggers, "amounts": amounts}
    fitting = {name: _spans(doc, spans) for name, spans in groups.items()}
    doc.set_ents(filter_spans(fitting.pop("names")), default="missing")
    for name, spans in fitting.items():
        doc.spans[name] = spans
    return sum(map(len, groups.values())) - sum(map(len, fitting.values())) - len(doc.ents)


def _spans(doc: Doc, spans: Iterable[Sequence[Any]]) -> list[Span]:
    found = (doc.char_span(start, end, label=label) for start, end, label in spans)
    return [span for span in found if span is not None]
