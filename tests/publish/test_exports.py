"""Every format: what is written is read back, and equals what was found."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import cycle, islice

import pytest

from models.filters import EventFilter, Sort
from models.findings import EventFound, PlaceFound
from pipeline.errors import UsageError
from pipeline.publish.cameo import CAMEO_COLUMNS, read_cameo
from pipeline.publish.flat_csv import encode_csv, read_csv
from pipeline.publish.formats import FORMATS, export_name, write_export
from pipeline.publish.geojson import has_point
from pipeline.publish.json_lines import read_json_lines
from pipeline.publish.parquet import read_parquet
from pipeline.publish.records import from_plain, to_plain
from pipeline.query import FLAT, as_json, filter_hash, flatten, make_filter
from pipeline.store.engine import Database, writing
from pipeline.store.finding import stream_events
from pipeline.store.index_rows import put_events
from tests.query.builders import SAMPLE, make_article, make_event, make_party

HOSTILE = (
    "=1+1",
    "+82",
    "-5",
    "@SUM",
    "\t=1",
    "\r\n=1",
    "＝1",
    "'=1",
    "''@x",
    "'tis",
    "a\tb\\n\\",
    'say "no", twice\nand more',
    "",
    "은행을",
)


class Events:
    """A source of events that are at hand."""

    def __init__(self, events: Iterable[EventFound]) -> None:
        self.events = events

    def stream(self, wanted: EventFilter, sort: Sort = Sort.NEWEST) -> Iterator[EventFound]:
        return iter(self.events)


def write(events: Iterable[EventFound], name: str, **options: bool) -> bytes:
    write_export(Events(events), EventFilter(), name, out := io.BytesIO(), **options)
    return out.getvalue()


def hostile_events() -> list[EventFound]:
    made = [
        make_event(id=f"evt-hostile-{number}", actors=(make_party(text or "?", id=f"ent-{number}"),), articles=(make_article(title=text),))
        for number, text in enumerate(HOSTILE)
    ]
    return [replace(event, evidence=text) for event, text in zip(made, HOSTILE, strict=True)]


def lines(written: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.decode().split("\n") if line]


EVENTS = [*SAMPLE, *hostile_events()]


def test_csv_is_read_back_as_it_was() -> None:
    read = list(read_csv(io.StringIO(write(EVENTS, "csv").decode(), newline="")))
    assert read == [{name: None if value == "" else value for name, value in flatten(event).items()} for event in EVENTS]
    assert list(read[0]) == list(FLAT)


def test_no_cell_of_csv_is_a_formula() -> None:
    for row in csv.reader(io.StringIO(write(EVENTS, "csv").decode(), newline="")):
        for name, cell in zip(FLAT, row, strict=True):
            if name not in {"latitude", "longitude"}:
                assert cell[:1] not in set("=+-@\t\r\n＝＋－＠") - {""}, (name, cell)


def test_a_cell_of_csv_stands_in_quotation_marks_only_where_it_must() -> None:
    texts = ["plain", "a, b", 'say "no"', "one\ntwo", "one\rtwo", "은행"]
    events = [replace(make_event(id=f"evt-{number}"), evidence=text) for number, text in enumerate(texts)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(FLAT)
    for row in csv.reader(io.StringIO(write(events, "csv").decode(), newline=""), strict=True):
        if row != list(FLAT):
            writer.writerow(row)
    assert write(events, "csv") == out.getvalue().encode()


def test_nothing_of_csv_is_written_before_the_first_event_is_found() -> None:
    def broken() -> Iterator[EventFound]:
        raise UsageError("the question cannot be answered")
        yield

    with pytest.raises(UsageError, match="cannot be answered"):
        next(encode_csv(broken()))


@pytest.mark.parametrize("count", [0, 1, 500, 501])
def test_csv_has_one_header_and_every_row_whatever_the_blocks_are(count: int) -> None:
    blocks = list(encode_csv(islice(cycle(SAMPLE), count)))
    header, *rows = csv.reader(io.StringIO(b"".join(blocks).decode(), newline=""))
    assert (tuple(header), len(rows), len(blocks)) == (FLAT, count, 2 if count == 501 else 1)


def test_csv_of_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="not the columns"):
        list(read_csv(io.StringIO("id,type\r\nevt-1,SANCTION\r\n", newline="")))


def test_a_byte_order_mark_comes_before_csv_and_nothing_else() -> None:
    marked = write(SAMPLE, "csv", bom=True)
    assert marked == b"\xef\xbb\xbf" + write(SAMPLE, "csv")
    assert next(read_csv(io.StringIO(marked.decode("utf-8-sig"), newline="")))["event_id"] == SAMPLE[0].id
    with pytest.raises(UsageError, match="csv alone"):
        write(SAMPLE, "jsonl", bom=True)


def test_json_lines_hold_the_whole_event() -> None:
    written = write(EVENTS, "jsonl")
    assert list(read_json_lines(io.BytesIO(written))) == EVENTS
    assert lines(written) == [as_json(event) for event in EVENTS]


def test_parquet_holds_the_whole_event_in_typed_columns() -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    written = write(EVENTS, "parquet")
    assert list(read_parquet(io.BytesIO(written))) == EVENTS
    schema = pq.read_schema(io.BytesIO(written))
    assert (str(schema.field("first_published").type), str(schema.field("usd").type)) == ("timestamp[us, tz=UTC]", "double")
    assert str(schema.field("actors").type).startswith("list<element: struct<id: string, name: string not null")
    assert schema.field("modality").metadata[b"description"].startswith(b"What is said of it")
    assert pq.ParquetFile(io.BytesIO(written)).metadata.row_group(0).column(0).compression == "ZSTD"


def test_parquet_of_many_events_has_several_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("pipeline.publish.parquet._EVENTS", 40)
    events = list(SAMPLE)
    written = write(events, "parquet")
    assert pq.ParquetFile(io.BytesIO(written)).metadata.num_row_groups == 2
    assert [event.id for event in read_parquet(io.BytesIO(written))] == [event.id for event in events]


def test_geojson_has_a_point_for_each_event_with_coordinates() -> None:
    collection = json.loads(write(EVENTS, "geojson"))
    there = [event for event in EVENTS if has_point(event)]
    assert 0 < len(there) < len(EVENTS)
    assert [feature["id"] for feature in collection["features"]] == [event.id for event in there]
    for feature, event in zip(collection["features"], there, strict=True):
        assert event.place is not None
        assert feature["geometry"] == {"type": "Point", "coordinates": [event.place.longitude, event.place.latitude]}
        row = json.loads(json.dumps(flatten(event), default=lambda moment: moment.isoformat().replace("+00:00", "Z")))
        assert feature["properties"] == {name: value for name, value in row.items() if name not in {"latitude", "longitude"}}


def test_plover_has_the_events_with_a_plover_type() -> None:
    records = lines(write(EVENTS, "plover"))
    coded = [event for event in EVENTS if event.plover is not None]
    assert 0 < len(coded) < len(EVENTS)
    for record, event in zip(records, coded, strict=True):
        kind, _, mode = (event.plover or "").partition("/")
        assert (record["Event ID"], record["Event Type"], record["Event Mode"]) == (event.id, kind, mode or None)
        assert (record["Event Date"], record["Modality"], record["Evidence"]) == (event.date_start, event.modality, event.evidence)
        assert record["Actor Name"] == ("; ".join(dict.fromkeys(party.name for party in event.actors)) or None)
        assert len(record) == 45


def test_cameo_has_a_line_for_each_pair_and_is_read_back() -> None:
    text = write(EVENTS, "cameo").decode()
    assert {line.count("\t") for line in text.removesuffix("\n").split("\n")} == {len(CAMEO_COLUMNS) - 1}
    told = list(read_cameo(io.StringIO(text, newline="\n")))
    wanted = [
        (event.id, event.cameo, actor.name if actor else None, target.name if target else None, event.modality)
        for event in EVENTS
        if event.cameo is not None
        for actor in event.actors or (None,)
        for target in event.targets or (None,)
    ]
    assert [
        ((line["Event ID"] or "").partition("/")[0], line["CAMEO Code"], line["Source Name"], line["Target Name"], line["Modality"])
        for line in told
    ] == wanted
    ids = [line["Event ID"] for line in told]
    assert len(ids) == len(set(ids)) > len({event.partition("/")[0] for event in ids if event})


def test_no_text_of_cameo_is_a_formula() -> None:
    for line in write(EVENTS, "cameo").decode().splitlines():
        for name, cell in zip(CAMEO_COLUMNS, line.split("\t"), strict=True):
            if name not in {"Latitude", "Longitude"}:
                assert cell[:1] not in set("=+-@＝＋－＠") - {""}, (name, cell)


def test_a_place_in_the_south_is_a_number_in_cameo() -> None:
    place = PlaceFound(None, "Lima", "PE", -12.0, -77.0)
    [line] = list(read_cameo(io.StringIO(write([make_event(place=place, cameo="163")], "cameo").decode(), newline="\n")))
    assert (line["Latitude"], line["Longitude"]) == ("-12.0", "-77.0")


def test_a_very_long_cell_of_csv_is_read_back_and_leaves_the_limit_of_others() -> None:
    limit, text = csv.field_size_limit(), "긴 " * 100_000
    [row] = list(read_csv(io.StringIO(write([replace(make_event(), evidence=text)], "csv").decode(), newline="")))
    assert row["evidence"] == text
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("name", FORMATS)
def test_no_event_at_all_makes_a_file_that_can_be_read(name: str) -> None:
    written = write([], name)
    if name == "parquet":
        assert list(read_parquet(io.BytesIO(written))) == []
    elif name == "geojson":
        assert json.loads(written) == {"type": "FeatureCollection", "features": []}
    elif name in {"csv", "cameo"}:
        assert written.count(b"\n") == 1
    else:
        assert written == b""


@pytest.mark.parametrize("name", FORMATS)
def test_memory_does_not_grow_with_the_events(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.publish.parquet._EVENTS", 300)

    def peak(number: int) -> int:
        tracemalloc.reset_peak()
        for _ in FORMATS[name].encode(islice(cycle(SAMPLE), number)):
            pass
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(50)  # what is made once and kept
        few, many = peak(600), peak(1_800)
    finally:
        tracemalloc.stop()
    assert many < 2 * few


def test_what_is_written_is_counted() -> None:
    assert write_export(Events(EVENTS), EventFilter(), "csv", io.BytesIO()) == len(EVENTS)
    assert write_export(Events(EVENTS), EventFilter(), "geojson", io.BytesIO()) == sum(map(has_point, EVENTS))


def test_an_unknown_format_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'jsonl'.*csv, jsonl, parquet"):
        write([], "json")


def test_the_name_of_a_file_tells_the_filter_and_the_day() -> None:
    wanted = make_filter(type="SANCTION")
    name = export_name(wanted, "csv", date(2026, 11, 22))
    assert name == f"events_{filter_hash(wanted)}_2026-11-22.csv"
    assert name != export_name(make_filter(type="AID"), "csv", date(2026, 11, 22))


def test_records_become_plain_and_come_back() -> None:
    for event in EVENTS:
        assert from_plain(EventFound, to_plain(event)) == event
    with pytest.raises(ValueError, match="has no field colour"):
        from_plain(EventFound, {**to_plain(SAMPLE[0]), "colour": 1})
    with pytest.raises(KeyError):
        from_plain(EventFound, {"id": "evt-1"})


class Stored:
    """The events of a database, as a reader streams them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def stream(self, wanted: EventFilter, sort: Sort = Sort.NEWEST) -> Iterator[EventFound]:
        with self.database.connect() as connection:
            yield from stream_events(connection, wanted, sort)


def test_an_export_has_the_events_that_the_filter_finds(database: Database) -> None:
    with writing(database) as connection:
        put_events(connection, SAMPLE)
    wanted = make_filter(type="SANCTION")
    write_export(Stored(database), wanted, "jsonl", out := io.BytesIO())
    read = list(read_json_lines(io.BytesIO(out.getvalue())))
    assert {event.id for event in read} == {event.id for event in SAMPLE if event.type == "SANCTION" and event.status != "rejected"}
    assert all(event in SAMPLE for event in read)
