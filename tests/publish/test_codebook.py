"""The codebook says what the code says: docs/codebook.md is what `peninsula codebook` writes."""

from __future__ import annotations

from dataclasses import is_dataclass
from importlib import metadata
from pathlib import Path
from typing import get_args, get_origin

import pytest
import yaml

from models.filters import FIELDS
from models.findings import EventFound
from models.ontology import SUBTYPES
from models.vocabulary import EventType, Modality, ReviewStatus
from pipeline.publish.codebook import FLAT_TEXTS, make_codebook
from pipeline.publish.records import FieldText, describe_fields
from pipeline.publish.tables import TABLES
from pipeline.query import FLAT
from pipeline.settings import ROOT


def test_the_page_in_the_documentation_is_up_to_date() -> None:
    assert (ROOT / "docs" / "codebook.md").read_text("utf-8") == make_codebook(), "run: peninsula codebook > docs/codebook.md"


@pytest.mark.parametrize("vocabulary", [EventType, Modality, ReviewStatus])
def test_every_code_is_defined(vocabulary: type[EventType | Modality | ReviewStatus]) -> None:
    text = make_codebook()
    assert all(member.definition in text and member.value in text for member in vocabulary)


def test_every_subtype_filter_and_column_is_named() -> None:
    text = make_codebook()
    named = [*(subtype for subtypes in SUBTYPES.values() for subtype in subtypes), *(field.name for field in FIELDS), *FLAT]
    named += [column.name for table in TABLES.values() for column in table.columns]
    assert [name for name in named if f"| `{name}` |" not in text] == []


def test_no_text_is_written_of_a_column_that_is_not_there() -> None:
    assert set(FLAT_TEXTS) <= set(FLAT)


def test_every_field_has_words() -> None:
    def check(fields: tuple[FieldText, ...]) -> None:
        for field in fields:
            assert field.text, field.name
            inside = get_args(field.kind)[0] if get_origin(field.kind) is tuple else field.kind
            if is_dataclass(inside) and isinstance(inside, type):
                check(describe_fields(inside))

    check(describe_fields(EventFound))


def test_the_program_is_cited_by_its_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert (cited["version"], cited["license"]) == (metadata.version("peninsula"), "Apache-2.0")


def test_a_snapshot_is_cited_by_its_version_and_day(published_snapshot: Path) -> None:
    cited = yaml.safe_load((published_snapshot / "CITATION.cff").read_text("utf-8"))
    assert (cited["type"], cited["version"], cited["date-released"]) == ("dataset", "2026-11-22.1", "2026-11-22")
