"""The REST interface over the sample newsroom: the same events as everywhere, and every error in one form."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from sqlalchemy import update

from models.filters import FIELDS, EntityFilter, EventFilter, Page, Sort
from models.findings import EventFound
from models.index_tables import IndexStateRow
from models.vocabulary import Label
from pipeline.errors import StorageError
from pipeline.publish import FORMATS, export_name
from pipeline.publish.flat_csv import BYTE_ORDER_MARK, read_csv
from pipeline.publish.json_lines import read_json_lines
from pipeline.publish.manifest import Manifest
from pipeline.query import Reader, as_json, describe, filter_pairs, flatten, parse_filter
from pipeline.settings import ROOT, Settings
from pipeline.store.engine import open_database, writing
from pipeline.web.answers import EXPORTS_AT_ONCE
from pipeline.web.app import OPENAPI_PATH, create_app
from pipeline.web.errors import STATUS, ErrorCode
from pipeline.web.guard import SECURITY_HEADERS

FILTERS = [
    [],
    [("type", "CYBER_OP"), ("type", "SANCTION")],
    [("type", "!MEETING"), ("since", "2025"), ("background", "no")],
    [("country", "KP"), ("list", "any")],
    [("q", "은행")],
    [("q", '"North Korea" -missile')],
    [("amount_min", "1000000"), ("modality", "asserted"), ("modality", "alleged")],
    [("lang", "ko"), ("source_kind", "wire")],
    [("speaker", "Joint Chiefs of Staff")],
    [("entity", "kb:kp"), ("role", "actor")],
]


def get(client: TestClient, path: str, pairs: list[tuple[str, str]] = [], **headers: str) -> Any:  # noqa: B006 - never changed
    answer = client.get(f"/api/v1/{path}", params=pairs, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def walk(client: TestClient, url: str) -> Iterator[dict[str, Any]]:
    """Yield the pages from an address on, by the header Link alone."""
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        url = answer.links.get("next", {}).get("url", "")
        assert answer.json()["next_url"] == (url or None)


@pytest.fixture(scope="module")
def merged(reader: Reader) -> EventFound:
    return next(event for event in reader.stream(EventFilter()) if event.merged)


# --- the same events as in Python ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pairs", FILTERS, ids=lambda pairs: urlencode(pairs) or "all")
def test_a_page_holds_what_the_reader_finds(client: TestClient, reader: Reader, pairs: list[tuple[str, str]]) -> None:
    wanted = parse_filter(pairs)
    found = reader.find(wanted, Page(Sort.PUBLISHED, 20))
    answer = get(client, "events", [*pairs, ("sort", "published"), ("limit", "20")])
    assert answer["events"] == [json.loads(json.dumps(as_json(event))) for event in found.events]
    assert (answer["next"], answer["query"], answer["description"]) == (found.next, urlencode(filter_pairs(wanted)), describe(wanted))
    assert get(client, "count", pairs)["total"] == reader.count(wanted)


@pytest.mark.parametrize("pairs", FILTERS, ids=lambda pairs: urlencode(pairs) or "all")
def test_every_event_comes_once_whatever_the_pages(client: TestClient, reader: Reader, pairs: list[tuple[str, str]]) -> None:
    pages = walk(client, f"/api/v1/events?{urlencode([*pairs, ('limit', '17'), ('sort', 'amount')])}")
    ids = [event["id"] for page in pages for event in page["events"]]
    assert ids == [event.id for event in reader.stream(parse_filter(pairs), Sort.AMOUNT)]


def test_facets_are_those_of_the_reader(client: TestClient, reader: Reader) -> None:
    wanted = parse_filter([("since", "2025")])
    total, facets = reader.facets(wanted, ["type", "country"], 3)
    answer = get(client, "facets", [("since", "2025"), ("facet", "type"), ("facet", "country"), ("most", "3")])
    assert (answer["total"], answer["facets"]) == (total, [as_json(facet) for facet in facets])
    assert {facet["field"] for facet in get(client, "facets")["facets"]} >= {"type", "actor", "list"}


@pytest.mark.parametrize("by", ["day", "month", "year"])
def test_the_timeline_is_that_of_the_reader(client: TestClient, reader: Reader, by: Any) -> None:
    found = as_json(reader.timeline(parse_filter([("country", "KP")]), by))
    answer = get(client, "timeline", [("country", "KP"), ("by", by)])
    assert answer["by"] == by
    assert {name: answer[name] for name in found} == found


def test_places_are_those_of_the_reader(client: TestClient, reader: Reader) -> None:
    found = as_json(reader.places(parse_filter([("since", "2020")]), 3))
    answer = get(client, "places", [("since", "2020"), ("limit", "3")])
    assert {name: answer[name] for name in found} == found
    assert len(answer["places"]) == 3


def test_amounts_are_those_of_the_events(client: TestClient, reader: Reader) -> None:
    expected = sorted(
        (event.id, amount.text)
        for event in reader.stream(EventFilter())
        for amount in event.amounts
        if amount.usd is not None or (amount.currency == "USD" and amount.value is not None)
    )
    lines = [line for page in walk(client, "/api/v1/amounts?limit=5") for line in page["amounts"]]
    assert sorted((line["event_id"], line["amount"]["text"]) for line in lines) == expected
    assert expected


def test_amounts_in_a_currency_and_a_range_are_just_those(client: TestClient) -> None:
    won = [line["amount"] for page in walk(client, "/api/v1/amounts?currency=KRW&amount_min=1e9") for line in page["amounts"]]
    assert won
    assert all(amount["currency"] == "KRW" and amount["value"] >= 1e9 for amount in won)


# --- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_has_all_that_is_found(client: TestClient, reader: Reader, name: str) -> None:
    wanted = parse_filter([("since", "2025")])
    answer = client.get("/api/v1/events", params={"since": "2025", "format": name, "sort": "oldest"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(FORMATS[name].media_type.partition(";")[0])
    assert export_name(wanted, name, datetime.now(UTC).date()) in answer.headers["content-disposition"]
    assert answer.content == b"".join(FORMATS[name].encode(reader.stream(wanted, Sort.OLDEST)))


def test_csv_and_json_lines_read_back_as_the_events(client: TestClient, reader: Reader) -> None:
    events = list(reader.stream(EventFilter()))
    table = client.get("/api/v1/events?format=csv&bom=yes")
    assert table.content.startswith(BYTE_ORDER_MARK)
    rows = list(read_csv(io.StringIO(table.content.decode("utf-8-sig"), newline="")))
    assert [row["event_id"] for row in rows] == [event.id for event in events]
    assert [row["amount_usd"] for row in rows] == [flatten(event)["amount_usd"] for event in events]
    lines = client.get("/api/v1/events?format=jsonl")
    assert list(read_json_lines(lines.content.splitlines())) == events


def test_the_header_accept_chooses_the_form(client: TestClient) -> None:
    table = client.get("/api/v1/events?type=AID", headers={"Accept": "text/csv, application/json;q=0.5"})
    assert next(csv.reader(io.StringIO(table.text)))[0] == "event_id"
    # What the address says stands above the header, which browsers fill with what they like.
    table = client.get("/api/v1/events?type=AID", headers={"Accept": "*/*, application/json;q=0, application/*;q=0.5"})
    assert table.headers["content-type"].startswith("text/csv")
    for query, accepted in (("", "*/*"), ("", "application/*"), ("", "text/html, */*;q=0.1"), ("", ""), ("&format=json", "text/csv")):
        answer = client.get(f"/api/v1/events?type=AID{query}", headers={"Accept": accepted})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), accepted


def test_only_so_many_exports_run_at_once_and_all_are_given_back(client: TestClient) -> None:
    slots = client.app.state.slots  # type: ignore[attr-defined]
    for _ in range(EXPORTS_AT_ONCE):
        slots.take()
    refused = client.get("/api/v1/events?format=csv")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0
    for _ in range(EXPORTS_AT_ONCE):
        slots.give_back()
    for _ in range(EXPORTS_AT_ONCE + 1):
        assert client.get("/api/v1/events?format=jsonl&type=AID").status_code == 200
        assert client.head("/api/v1/events?format=jsonl&type=AID").status_code == 200


def test_an_export_that_breaks_off_is_not_taken_for_whole(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Reader.stream

    def broken(self: Reader, wanted: EventFilter, sort: Sort = Sort.NEWEST) -> Iterator[EventFound]:
        for _ in range(5):
            yield from stream(self, wanted, sort)
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(Reader, "stream", broken)
    with pytest.raises(RuntimeError, match="the disk is gone"):  # a server cuts the connection then
        client.get("/api/v1/events?format=csv")
    monkeypatch.undo()
    assert client.get("/api/v1/events?format=csv").status_code == 200


# --- single things ------------------------------------------------------------------------------------------------


def test_an_event_comes_with_its_passages(client: TestClient, reader: Reader, merged: EventFound) -> None:
    answer = get(client, f"events/{merged.id}")
    assert answer["event"] == json.loads(json.dumps(as_json(merged)))
    assert answer["merged_into"] is None
    assert answer["passages"] == [json.loads(json.dumps(as_json(passage))) for passage in reader.passages(merged.id)]
    assert len(answer["passages"]) >= 2


def test_the_id_of_a_merged_event_gives_the_one_that_stands_for_it(client: TestClient, merged: EventFound) -> None:
    answer = get(client, f"events/{merged.merged[0]}")
    assert (answer["event"]["id"], answer["merged_into"]) == (merged.id, merged.id)


def test_an_entity_comes_with_its_events_over_time(client: TestClient, reader: Reader) -> None:
    answer = get(client, "entities/kb:kp")
    assert answer["entity"] == json.loads(json.dumps(as_json(reader.entity("kb:kp"))))
    assert answer["timeline"]["points"]
    assert answer["entity"]["co_actors"]


def test_the_events_of_an_entity_are_paged_like_all_events(client: TestClient, reader: Reader) -> None:
    pages = walk(client, "/api/v1/entities/kb:kp/events?limit=9&role=actor&type=!MEETING")
    ids = [event["id"] for page in pages for event in page["events"]]
    assert ids == [event.id for event in reader.events(entity="kb:kp", role="actor", type="!MEETING")]
    assert len(ids) > 9


def test_entities_are_listed_by_their_kind(client: TestClient, reader: Reader) -> None:
    answer = get(client, "entities", [("label", "PERSON"), ("label", "ORG"), ("listed", "yes"), ("limit", "3")])
    assert 0 < len(answer["entities"]) <= 3
    assert all(entity["label"] in {"PERSON", "ORG"} and entity["matches"] for entity in answer["entities"])
    named = get(client, "entities", [("name", "Pyongyang")])["entities"]
    assert "Pyongyang" in {entity["name"] for entity in named}


def test_entities_are_paged(client: TestClient, reader: Reader) -> None:
    pages = list(walk(client, "/api/v1/entities?label=PERSON&limit=9"))
    ids = [entity["id"] for page in pages for entity in page["entities"]]
    assert ids == [entity.id for entity in reader.entities(EntityFilter(labels=(Label.PERSON,), limit=10_000))]
    assert len(pages) > 2


def test_an_article_comes_with_its_layers_and_without_its_text(client: TestClient, reader: Reader, merged: EventFound) -> None:
    article = merged.articles[0]
    answer = get(client, f"articles/{article.id}")
    view = reader.article(article.id)
    assert view is not None
    assert (answer["id"], answer["version"], answer["text"]) == (article.id, article.version, None)
    assert answer["characters"] == len(view.version["text"])
    assert len(answer["names"]) == len(view.mentions) > 0
    assert merged.id in {span["merged_into"] or span["event_id"] for span in answer["events"]}
    assert get(client, f"articles/{article.url}")["id"] == article.id


def test_texts_are_given_out_where_the_setting_says_so(news_settings: Settings, merged: EventFound) -> None:
    with TestClient(create_app(news_settings.model_copy(update={"api_text": True}))) as client:
        answer = get(client, f"articles/{merged.articles[0].id}")
        passage = get(client, f"events/{merged.id}")["passages"][0]
    assert merged.evidence in answer["text"]
    assert answer["text"][passage["evidence_start"] : passage["evidence_end"]] == passage["evidence"]


def test_sources_are_listed(client: TestClient, reader: Reader) -> None:
    assert get(client, "sources")["sources"] == [json.loads(json.dumps(as_json(source))) for source in reader.sources()]


def test_changes_are_read_on_from_where_one_stopped(client: TestClient, reader: Reader) -> None:
    lines = [line["number"] for page in walk(client, "/api/v1/changes?limit=40") for line in page["changes"]]
    assert lines == [line["number"] for line in reader.changes()]
    last = get(client, "changes", [("after", str(lines[-1]))])
    assert (last["changes"], last["after"], last["next_url"]) == ([], lines[-1], None)
    assert get(client, "changes", [("since", "2099-01-01")])["changes"] == []


def test_snapshots_are_listed_newest_first_without_those_that_are_damaged(
    news_folder: Path, tmp_path: Path, news_settings: Settings
) -> None:
    shutil.copy(news_folder / "peninsula.db", tmp_path)
    made = {
        "created_at": datetime(2025, 11, 6, tzinfo=UTC),
        "about": "all events",
        "filter": (),
        "previous": None,
        "rows": {},
        "changes": {},
    }
    for version in ("2025-11-06.2", "2025-11-06.10", "2025-11-05.1"):
        folder = tmp_path / "snapshots" / version
        folder.mkdir(parents=True)
        manifest = Manifest(version=version, files=(), versions={}, licence="CC-BY-4.0", citation="Peninsula", **made)
        (folder / "manifest.json").write_text(manifest.model_dump_json())
    damaged = tmp_path / "snapshots" / "2025-11-07.1"
    damaged.mkdir()
    (damaged / "manifest.json").write_text('{"version": ')
    with TestClient(create_app(news_settings.model_copy(update={"data_dir": tmp_path}))) as client:
        found = get(client, "snapshots")["snapshots"]
    assert [snapshot["version"] for snapshot in found] == ["2025-11-06.10", "2025-11-06.2", "2025-11-05.1"]


def test_the_codebook_defines_every_field_and_value(client: TestClient) -> None:
    answer = get(client, "codebook")
    assert [field["name"] for field in answer["filter"]] == [field.name for field in FIELDS]
    records = {record["name"]: {field["name"] for field in record["fields"]} for record in answer["records"]}
    assert records["Event"] == set(EventFound.__slots__)
    assert all(value["definition"] for vocabulary in answer["vocabularies"] for value in vocabulary["values"])
    assert {
        value["value"] for vocabulary in answer["vocabularies"] if vocabulary["name"] == "ErrorCode" for value in vocabulary["values"]
    } == {code.value for code in ErrorCode}


# --- entity tags --------------------------------------------------------------------------------------------------

ADDRESSES = [
    "events?type=AID",
    "count",
    "facets",
    "timeline?by=year",
    "amounts",
    "entities",
    "entities/kb:kp",
    "sources",
    "changes",
    "codebook",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_a_client_has_is_not_sent_again(client: TestClient, address: str) -> None:
    first = client.get(f"/api/v1/{address}")
    etag = first.headers["etag"]
    assert etag.startswith('W/"')
    assert first.headers["cache-control"] == "no-cache"
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = client.get(f"/api/v1/{address}", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(f"/api/v1/{address}", headers={"If-None-Match": '"other"'}).status_code == 200


def test_tags_tell_filters_pages_and_names_of_the_server_apart(client: TestClient) -> None:
    addresses = ["events", "events?type=AID", "events?type=!AID", "events?limit=2", "events?sort=score", "entities/kb:kp/events", "count"]
    tags = [client.get(f"/api/v1/{address}").headers["etag"] for address in addresses]
    tags.append(client.get("/api/v1/events", headers={"Host": "news.example"}).headers["etag"])
    assert len(set(tags)) == len(tags)
    same = [
        client.get(f"/api/v1/count?{query}").headers["etag"] for query in ("type=AID&type=CALL", "type=CALL&type=AID", "type=call&type=aid")
    ]
    assert len(set(same)) == 1


def test_tags_change_with_the_index(news_folder: Path, tmp_path: Path, news_settings: Settings) -> None:
    shutil.copy(news_folder / "peninsula.db", tmp_path)
    settings = news_settings.model_copy(update={"data_dir": tmp_path})
    with TestClient(create_app(settings)) as client:
        before = client.get("/api/v1/events").headers["etag"]
        assert client.get("/api/v1/events", headers={"If-None-Match": before}).status_code == 304
        database = open_database(settings.database)
        with writing(database) as connection:
            connection.execute(update(IndexStateRow).values(version=IndexStateRow.version + 1))
        database.dispose()
        after = client.get("/api/v1/events", headers={"If-None-Match": before})
    assert (after.status_code, after.headers["etag"] != before) == (200, True)


# --- errors -------------------------------------------------------------------------------------------------------

LONG = "a" * 1_001
REFUSED = {
    "unknown parameter": ("events?typ=AID", "unknown_parameter", "typ", "did you mean 'type'"),
    "unknown parameter of an address without any": ("sources?limit=3", "unknown_parameter", "limit", "takes none"),
    "a parameter of another address": ("facets?cursor=abc", "unknown_parameter", "cursor", "there are type"),
    "entity beside the entity of the path": ("entities/kb:kp/events?entity=kb:us", "unknown_parameter", "entity", "there are type"),
    "unknown choice": ("events?type=SANCTON", "bad_value", "type", "did you mean 'SANCTION'"),
    "flag": ("events?background=maybe", "bad_value", "background", "'yes' nor 'no'"),
    "number": ("events?amount_min=lots", "bad_value", "amount_min", "is no number"),
    "infinite number": ("events?amount_min=inf", "bad_value", "amount_min", "is no number"),
    "negative number": ("events?amount_max=-3", "bad_value", "amount_max", "negative"),
    "score": ("events?score_min=7", "bad_value", "score_min", "0 to 1"),
    "inverted dates": ("events?since=2025&until=2024", "bad_value", "since", "exchange them"),
    "inverted amounts": ("events?amount_min=9&amount_max=8", "bad_value", "amount_min", "is more than `amount_max` '8': exchange them"),
    "inverted publication": (
        "count?published_since=2025-05&published_until=2025-04",
        "bad_value",
        "published_since",
        "is later than `published_until`",
    ),
    "a day that is not": ("timeline?since=2025-02-30", "bad_value", "since", "calendar"),
    "a time without zone": ("events?changed_since=2025-01-01T10:00:00", "bad_value", "changed_since", "zone"),
    "role alone": ("events?role=actor", "bad_value", "role", "entity"),
    "empty value": ("events?type=", "bad_value", "type", "empty"),
    "nothing after the exclamation mark": ("events?country=!", "bad_value", "country", "after '!'"),
    "with and without": ("events?country=KP&country=!KP", "bad_value", "country", "both"),
    "twice": ("events?since=2024&since=2025", "bad_value", "since", "second value"),
    "long value": (f"events?q={LONG}", "bad_value", "q", "1,001 characters"),
    "quote that does not end": ("events?q=%22stolen", "bad_value", "q", "quot"),
    "only excluded words": ("events?q=-stolen", "bad_value", "q", ""),
    "null byte": ("events?q=%00", "bad_value", "q", "U+0000"),
    "null byte in a name": ("events?a%00b=1", "unknown_parameter", None, "no parameter"),
    "sort": ("events?sort=best", "bad_value", "sort", "newest"),
    "limit of zero": ("events?limit=0", "bad_value", "limit", "1 to 500"),
    "limit above the most": ("events?limit=501", "bad_value", "limit", "1 to 500"),
    "limit in other digits": ("events?limit=%D9%A3", "bad_value", "limit", "1 to 500"),
    "limit twice": ("events?limit=1&limit=2", "bad_value", "limit", "second value"),
    "cursor": ("events?cursor=abc", "bad_value", "cursor", ""),
    "cursor that is no base64": ("events?cursor=%C3%A9%20!", "bad_value", "cursor", ""),
    "empty cursor": ("events?cursor=", "bad_value", "cursor", "empty"),
    "format": ("events?format=xlsx", "bad_value", "format", "json, csv"),
    "format twice": ("events?format=csv&format=json", "bad_value", "format", "second value"),
    "limit of a file": ("events?format=csv&limit=3", "bad_value", "limit", "'3' belongs to pages, and csv has all"),
    "cursor of a file": ("events?format=jsonl&cursor=abc", "bad_value", "cursor", "format=json"),
    "mark in a page": ("events?bom=yes", "bad_value", "bom", "csv"),
    "mark that is none": ("events?bom=AAA", "bad_value", "bom", "'yes' nor 'no'"),
    "mark in another format": ("events?format=jsonl&bom=yes", "bad_value", "bom", "csv"),
    "facet": ("facets?facet=colour", "bad_value", "facet", "type"),
    "most": ("facets?most=1000", "bad_value", "most", "1 to 100"),
    "by": ("timeline?by=week", "bad_value", "by", "month"),
    "label": ("entities?label=CAR", "bad_value", "label", "PERSON"),
    "name": ("entities?name=", "bad_value", "name", "empty"),
    "name without letters": ("entities?name=%25", "bad_value", "name", "no letter or digit"),
    "cursor of entities": ("entities?cursor=x", "bad_value", "cursor", "is no cursor"),
    "after": ("changes?after=-1", "bad_value", "after", "whole number"),
    "since without zone": ("changes?since=2025-01-01T00:00:00", "bad_value", "since", "zone"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_query_is_told_what_to_change(client: TestClient, case: str) -> None:
    address, code, field, words = REFUSED[case]
    answer = client.get(f"/api/v1/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "field", "value"}
    assert error["code"] == code
    assert field is None or error["field"] == field
    assert words in error["message"]
    assert len(error["message"]) < 1_500
    assert error["value"] is None or len(error["value"]) <= 80
    assert "no-store" in answer.headers["cache-control"]


MISSING = [
    "nothing",
    "events/evt-0",
    "entities/nobody",
    "entities/!kb:kp/events",
    "articles/art-0",
    "articles/",
    f"events/{'e' * 5_000}",
    "events/a/b/c",
]


@pytest.mark.parametrize("address", MISSING, ids=lambda address: address[:20])
def test_what_is_not_there_is_404(client: TestClient, address: str) -> None:
    answer = client.get(f"/api/v1/{address}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert len(answer.text) < 600


@pytest.mark.parametrize("address", ["events/%00", "entities/%1b", "events/%ff", "events?q=%ff", "events?%C3=1", "articles/%80"])
def test_an_address_that_is_no_text_is_refused(client: TestClient, address: str) -> None:
    answer = client.get(f"/api/v1/{address}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_encoding")


@pytest.mark.parametrize("query", [f"q={'a' * 10_000}", "&".join(f"actor=a{number}" for number in range(101))])
def test_a_query_that_is_too_long_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/v1/events?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (414, "query_too_long")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_is_written(client: TestClient, method: str) -> None:
    answer = client.request(method, "/api/v1/events")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"]["code"] == "method_not_allowed"


def test_a_large_body_is_refused(client: TestClient) -> None:
    answer = client.request("GET", "/api/v1/events", content=b"a" * 100_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_form_that_is_not_there_is_refused(client: TestClient, address: str) -> None:
    answer = client.get(f"/api/v1/{address}", headers={"Accept": "image/png, application/json;q=0"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (406, "not_acceptable")


def test_an_unexpected_error_tells_nothing_and_is_logged(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(Reader, "count", fail)
    answer = client.get("/api/v1/count", headers={"X-Request-ID": "probe-7"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "probe-7" in answer.json()["error"]["message"]
    assert answer.headers["x-request-id"] == "probe-7"
    assert "a secret of the inside" in caplog.text


def test_a_database_that_fails_is_told_without_its_address(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise StorageError("database postgresql://user@inside/news: connection refused")

    monkeypatch.setattr(Reader, "count", fail)
    answer = client.get("/api/v1/count")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert "postgresql" not in answer.text
    assert answer.headers["retry-after"]
    assert "connection refused" in caplog.text


def test_errors_outside_the_interface_are_pages(client: TestClient) -> None:
    answer = client.get("/nothing/<script>")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<script>" not in answer.text


# --- headers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/events?type=AID", "/api/v1/nothing", "/healthz", "/nothing"])
def test_every_answer_has_the_headers_of_security(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert headers["x-request-id"]
    assert headers["cache-control"]
    assert "access-control-allow-origin" not in headers
    assert "'unsafe-" not in headers["content-security-policy"]


def test_head_is_get_without_a_body(client: TestClient) -> None:
    answer = client.head("/api/v1/events?type=AID")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == client.get("/api/v1/events?type=AID").headers["etag"]


def test_answers_are_compressed(client: TestClient) -> None:
    assert client.get("/api/v1/events", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/api/v1/events", headers={"Accept-Encoding": "identity"}).headers
    assert "content-encoding" not in client.get("/api/v1/events?format=parquet", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("given", ["a b", "x" * 65, "ü", "a\tb"])
def test_an_odd_request_id_is_replaced(client: TestClient, given: str) -> None:
    made = client.get("/healthz", headers={"X-Request-ID": given.encode()}).headers["x-request-id"]
    assert len(made) == 16


def test_requests_are_logged_with_their_id(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="pipeline.web.guard"):
        client.get("/api/v1/count?type=nothing", headers={"X-Request-ID": "probe-8"})
    record = next(record for record in caplog.records if record.getMessage() == "request")
    assert (record.__dict__["path"], record.__dict__["status"], record.__dict__["method"]) == ("/api/v1/count", 400, "GET")


def test_the_server_says_whether_the_database_answers(client: TestClient, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "version": reader.version}

    def fail(_: Reader) -> int:
        raise StorageError("it is gone")

    monkeypatch.setattr(Reader, "version", property(fail))
    assert client.get("/healthz").status_code == 503


def test_other_hosts_may_read_only_where_the_setting_names_them(news_settings: Settings) -> None:
    with TestClient(create_app(news_settings.model_copy(update={"api_origins": ["https://lab.example"]}))) as client:
        allowed = client.get("/api/v1/count?typ=1", headers={"Origin": "https://lab.example"})
        refused = client.get("/api/v1/count", headers={"Origin": "https://other.example"})
        asked = {"Origin": "https://lab.example", "Access-Control-Request-Method": "GET"}
        before = client.options("/api/v1/count", headers=asked | {"Access-Control-Request-Headers": "authorization"})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (400, "https://lab.example")
    assert "access-control-allow-origin" not in refused.headers
    assert before.status_code == 200


def test_a_name_that_is_not_the_servers_is_refused(news_settings: Settings) -> None:
    with TestClient(create_app(news_settings, hosts=["localhost", "[::1]"])) as client:
        answers = {host: client.get("/api/v1/count", headers={"Host": host}) for host in ("localhost:8765", "[::1]", "evil.example", "")}
    assert [answer.status_code for answer in answers.values()] == [200, 200, 421, 421]
    assert answers["evil.example"].json()["error"]["code"] == "unknown_host"


# --- the description ----------------------------------------------------------------------------------------------


def test_the_description_has_every_field_of_the_filter_and_examples_that_fit(client: TestClient) -> None:
    described = client.get(OPENAPI_PATH).json()
    parameters = {parameter["name"]: parameter for parameter in described["paths"]["/api/v1/events"]["get"]["parameters"]}
    assert {field.name for field in FIELDS} < parameters.keys()
    assert all(parameters[field.name]["description"] == field.help for field in FIELDS)
    operations = [(path, operation["get"]) for path, operation in described["paths"].items()]
    assert len(operations) >= 14
    for path, operation in operations:
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
            if "example" in parameter:
                check(described, parameter["schema"], parameter["example"])
        for answer in (operation["responses"]["200"], operation["responses"]["default"]):
            content = answer["content"]["application/json"]
            check(described, content["schema"], content["example"])
        assert operation["description"]
        assert "422" not in operation["responses"]


def check(described: dict[str, Any], schema: dict[str, Any], example: object) -> None:
    Draft202012Validator({**schema, "components": described["components"]}).validate(example)


def test_every_field_of_an_answer_is_described(client: TestClient) -> None:
    schemas = client.get(OPENAPI_PATH).json()["components"]["schemas"]
    event = schemas["Event"]
    assert event["properties"]["modality"]["description"].startswith("What is said of it")
    assert set(event["required"]) == set(EventFound.__slots__)


def test_the_guide_names_every_address_and_every_error(client: TestClient) -> None:
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for path in client.get(OPENAPI_PATH).json()["paths"]:
        assert f"`{re.sub('{.*?}', '{id}', path)}`" in guide
    for code in ErrorCode:
        assert f"| `{code.value}` | {STATUS[code].value} |" in guide
    for name in FORMATS:
        assert f"`{name}`" in guide.replace("format=", "")
    assert all(f"PENINSULA_{name.upper()}" in guide for name in Settings.model_fields if name.startswith(("api_", "web_")))


def test_the_interface_is_shown_as_a_page_too(client: TestClient) -> None:
    answer = client.get("/api/v1/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert all(f"<code>{path}</code>" in answer.text for path in client.get(OPENAPI_PATH).json()["paths"])
    assert "<script" not in answer.text
