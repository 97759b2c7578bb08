"""Decisions become annotations: in our own form without the text, as gold with it, and as spaCy's DocBin."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import spacy
import typer
from spacy.tokens import DocBin
from sqlalchemy import select
from typer.testing import CliRunner

from models.knowledge import Knowledge
from models.records import Article
from models.review import ItemKind, Verdict
from models.review_tables import ReviewItemRow, ReviewSubjectRow
from pipeline.cli.review_exchange import register
from pipeline.review.annotations import read_annotations
from pipeline.review.docbin import NOT_NAMES, make_docbin
from pipeline.review.refreshing import refresh
from pipeline.settings import Settings
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.train.restore import restore
from tests.review.decided import decide
from tests.store.builders import NOW, TEXT, add_article, make_analysis, make_context

APP = typer.Typer()
register(APP)


@pytest.fixture
def article(database: Database) -> Article:
    """An article as the machine read it, with what the desk asks of it."""
    made, context = add_article(database), make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(made), context)
    refresh(database, Knowledge("kb1", {}), now=lambda: NOW)
    return made


def say(database: Database, kind: ItemKind, verdict: Verdict, *, form: str | None = None, **options: Any) -> None:
    """Decide the item of a kind, or of a form."""
    with reading(database) as connection:
        query = select(ReviewItemRow.id).where(ReviewItemRow.kind == kind)
        (item,) = connection.execute(query if form is None else query.where(ReviewItemRow.form == form)).scalars().all()
    decide(database, item, verdict, **options)


def row(database: Database) -> dict[str, Any]:
    (one,) = read_annotations(database)
    return dict(one.row)


def at(words: str) -> list[int]:
    return [TEXT.index(words), TEXT.index(words) + len(words)]


def test_a_row_tells_where_it_is_and_holds_no_text(database: Database, article: Article) -> None:
    say(database, ItemKind.NAME, Verdict.ACCEPT, form="u yong su")
    made = row(database)
    assert (made["id"], made["start"], made["end"]) == (article.id, 0, len(TEXT))
    assert made["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()[:16]
    assert (made["published"], made["partial"]) == ("2025-11-06", True)
    assert "Washington" not in json.dumps(made)


def test_accepted_and_rejected_names_are_judged(database: Database, article: Article) -> None:
    say(database, ItemKind.NAME, Verdict.ACCEPT, form="u yong su")
    say(database, ItemKind.NAME, Verdict.REJECT, form="tuesday")
    made = row(database)
    assert made["judged"] == [[*at("U Yong Su"), "PERSON", True], [*at("Tuesday"), "VESSEL", False]]
    assert [(one["label"], one["mentions"]) for one in made["entities"]] == [("PERSON", [at("U Yong Su")])]


def test_an_edited_name_has_the_label_and_the_words_that_the_editor_gave(database: Database, article: Article) -> None:
    say(database, ItemKind.NAME, Verdict.EDIT, form="u yong su", after={"text": "Yong Su", "label": "ORG"})
    assert row(database)["judged"] == [[*at("Yong Su"), "ORG", True]]


def test_that_a_name_means_somebody_else_does_not_say_that_it_is_none(database: Database, article: Article) -> None:
    say(database, ItemKind.NAME, Verdict.REJECT, form="u yong su")
    assert read_annotations(database) == []


def test_exceptions_are_left_out(database: Database, article: Article) -> None:
    with reading(database) as connection:
        (one,) = [found for found in _subjects(connection) if found["form"] == "u yong su"]
    say(database, ItemKind.NAME, Verdict.ACCEPT, form="u yong su", excepted=[one["row_id"]])
    assert read_annotations(database) == []


def _subjects(connection: Any) -> list[dict[str, Any]]:
    query = select(ReviewItemRow.form, ReviewSubjectRow.row_id).join(ReviewSubjectRow, ReviewSubjectRow.item_id == ReviewItemRow.id)
    return [dict(row) for row in connection.execute(query.where(ReviewItemRow.kind == ItemKind.NAME)).mappings()]


def test_an_accepted_event_has_its_triggers_parties_and_amounts(database: Database, article: Article) -> None:
    say(database, ItemKind.EVENT, Verdict.ACCEPT)
    made = row(database)
    (event,) = made["events"]
    names = [one["name"] for one in made["entities"]]
    assert [names[place] for place in event["actors"]] == ["Washington"]
    assert [names[place] for place in event["targets"]] == ["U Yong Su"]
    assert event["triggers"] == [[*at("imposed sanctions"), 0, TEXT.index(".") + 1]]
    assert (event["type"], event["date"], event["modality"], event["core"]) == ("SANCTION", "2025-11-04", "asserted", True)
    assert [made["amounts"][place] for place in event["amounts"]] == [[*at("$2 million"), 2e6, "USD", "exact"]]
    assert made["judged"] == []


def test_an_edited_event_is_as_the_editor_says(database: Database, article: Article) -> None:
    after = {"modality": "alleged", "date_end": "2025-11-05", "targets": [], "amounts": [], "background": True}
    say(database, ItemKind.EVENT, Verdict.EDIT, after=after)
    (event,) = row(database)["events"]
    assert (event["modality"], event["date"], event["core"]) == ("alleged", ["2025-11-04", "2025-11-05"], False)
    assert (event["targets"], event["amounts"]) == ([], [])


def test_a_rejected_event_leaves_its_triggers(database: Database, article: Article) -> None:
    say(database, ItemKind.EVENT, Verdict.REJECT)
    made = row(database)
    assert made["events"] == []
    assert made["rejected"] == [{"type": "SANCTION", "triggers": [[*at("imposed sanctions"), 0, TEXT.index(".") + 1]]}]


def test_an_edited_amount_has_the_value_that_the_editor_gave(database: Database, article: Article) -> None:
    say(database, ItemKind.AMOUNT, Verdict.EDIT, after={"value": 2.5e6, "bound": "approx"})
    assert row(database)["amounts"] == [[*at("$2 million"), 2.5e6, "USD", "approx"]]


def test_with_its_text_a_row_is_gold_and_the_same_as_put_together_from_files(database: Database, article: Article, tmp_path: Path) -> None:
    say(database, ItemKind.NAME, Verdict.ACCEPT, form="u yong su")
    say(database, ItemKind.EVENT, Verdict.ACCEPT)
    (one,) = read_annotations(database)
    gold = one.with_text()
    assert gold["text"] == TEXT
    assert [mention["text"] for mention in gold["mentions"]] == ["Washington", "U Yong Su"]
    (tmp_path / "rows.jsonl").write_text(json.dumps(one.row) + "\n", encoding="utf-8")
    with gzip.open(tmp_path / "decisions.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": article.id, "text": TEXT, "title": "A title", "publisher": "The wire", "lang": "en"}) + "\n")
    assert restore(tmp_path / "rows.jsonl", tmp_path) == [json.loads(json.dumps(gold))]


def test_a_docbin_has_names_missing_where_nobody_looked_and_spans_that_are_none(database: Database, article: Article) -> None:
    say(database, ItemKind.NAME, Verdict.ACCEPT, form="u yong su")
    say(database, ItemKind.NAME, Verdict.REJECT, form="tuesday")
    say(database, ItemKind.EVENT, Verdict.ACCEPT)
    nlp = spacy.blank("en")
    binned = make_docbin(read_annotations(database), {"en": nlp.make_doc})
    (doc,) = DocBin().from_bytes(binned.docs.to_bytes()).get_docs(nlp.vocab)
    assert (binned.number, binned.left_out, doc.text) == (1, 0, TEXT)
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("U Yong Su", "PERSON")]
    assert doc[0].ent_iob == 0, "nobody judged it: missing, not outside"
    assert [(span.text, span.label_) for span in doc.spans[NOT_NAMES]] == [("Tuesday", "VESSEL")]
    assert [(span.text, span.label_) for span in doc.spans["events"]] == [("imposed sanctions", "SANCTION")]
    assert [(span.text, span.label_) for span in doc.spans["amounts"]] == [("$2 million", "USD")]


def test_spans_whose_ends_lie_within_words_are_counted(database: Database, article: Article) -> None:
    say(database, ItemKind.NAME, Verdict.EDIT, form="u yong su", after={"text": "ong S"})
    assert make_docbin(read_annotations(database), {"en": spacy.blank("en").make_doc}).left_out == 1


@pytest.fixture
def settings(settings: Settings, database: Database) -> Settings:
    return settings.model_copy(update={"database_url": database.url.render_as_string(hide_password=False)})


def test_the_command_writes_rows_and_documents(settings: Settings, database: Database, article: Article, tmp_path: Path) -> None:
    say(database, ItemKind.NAME, Verdict.ACCEPT, form="u yong su")
    rows, docs = tmp_path / "rows.jsonl", tmp_path / "docs.spacy"
    done = CliRunner().invoke(APP, ["annotations", str(rows), "--docbin", str(docs)], obj=settings)
    assert done.exit_code == 0, done.output
    assert "1 articles written" in done.output
    assert [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()] == [row(database)]
    (doc,) = DocBin().from_disk(docs).get_docs(spacy.blank("en").vocab)
    assert [ent.text for ent in doc.ents] == ["U Yong Su"]


def test_the_text_is_written_where_it_is_asked_for(settings: Settings, database: Database, article: Article) -> None:
    say(database, ItemKind.NAME, Verdict.ACCEPT, form="u yong su")
    done = CliRunner().invoke(APP, ["annotations", "-", "--with-text"], obj=settings)
    assert json.loads(done.stdout)["text"] == TEXT
