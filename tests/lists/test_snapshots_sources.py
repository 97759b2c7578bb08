from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, ListError, UsageError
from pipeline.lists.obtain import Download, fetch_list, read_files, recognise
from pipeline.lists.sources import FORMATS, Form, find_source, load_sources
from pipeline.settings import ROOT
from tests.lists.snapshot_builders import OFAC, make_rows, make_source, packed, rows_of

ALT = b'9345,1,"aka","KOMID",-0- \r\n\x1a\r\n'
ADD = b'9345,1,"Central District","Pyongyang","Korea, North",-0- \r\n\x1a\r\n'
COMMENTS = b'9345,"rest of the remarks"\r\n\x1a\r\n'
UN_XML = b'<?xml version="1.0"?>\n<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:00Z"></CONSOLIDATED_LIST>'
UN = make_source(id="un_sc_sanctions", forms=(Form("un_xml", {"list": "http://un.example/list.xml"}),))
TEXT = """\
sources:
  - id: a_list
    title: A list
    publisher: A publisher
    licence: public domain
    stale_after_days: 14
    min_records: 100
    max_shrink: 0.10
    max_bytes: 1000
    forms:
      - format: ofac_csv
        files:
          sdn: https://list.example/sdn.csv
"""


def write(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


# --- sources.yaml ---


def test_the_lists_of_the_project_are_read() -> None:
    sources = load_sources(ROOT / "data" / "kb" / "sources.yaml")
    assert [source.id for source in sources] == ["us_ofac_sdn", "un_sc_sanctions", "gb_fcdo"]
    assert sources[0].forms[0].files.keys() == {"sdn", "alt", "add", "sdn_comments"}
    assert {form.format for source in sources for form in source.forms} == set(FORMATS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: a_list", "id: A-List", r"sources\.yaml:2: the id 'A-List' is not of lower-case letters"),
        ("max_shrink: 0.10", "max_shrink: 10", r"sources\.yaml:8: max_shrink is a share"),
        ("min_records: 100", "min_records: 0", r"sources\.yaml:7: min_records must be a positive number; got 0"),
        ("min_records: 100", "min_record: 100", r"sources\.yaml:7: unknown key 'min_record' \(did you mean 'min_records'\?\)"),
        ("format: ofac_csv", "format: ofac_cvs", r"sources\.yaml:11: unknown format 'ofac_cvs' \(did you mean 'ofac_csv'"),
        ("sdn: https", "alt: https", r"sources\.yaml:\d+: .*'sdn' is missing"),
        ("https://list.example", "list.example", r"sources\.yaml:13: 'list\.example/sdn\.csv' is no web address"),
        ("      - format: ofac_csv", "      []", r"sources\.yaml:\d+: "),
    ],
)
def test_a_wrong_line_of_the_sources_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        load_sources(path)


def test_a_list_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(TEXT + TEXT.removeprefix("sources:\n"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sources\.yaml:14: the list a_list stands here twice"):
        load_sources(path)


def test_an_unknown_list_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"no list 'us_ofac_sdm' \(did you mean 'us_ofac_sdn'\?\); known are us_ofac_sdn"):
        find_source((make_source(),), "us_ofac_sdm")


# --- files ---


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("download(1).csv", rows_of("2021-08-18"), ("ofac_csv", "sdn")),
        ("x.csv", ALT, ("ofac_csv", "alt")),
        ("x.csv", ADD, ("ofac_csv", "add")),
        ("x.csv", COMMENTS, ("ofac_csv", "sdn_comments")),
        ("sdn.csv", b"", ("ofac_csv", "sdn")),
        ("x.xml", UN_XML, ("un_xml", "list")),
        ("x.xml", b'<?xml version="1.0"?><Sanctions xmlns="http://www.un.org/sanctions/1.0">', ("ofac_advanced_xml", "list")),
        ("x.xml", b'\xef\xbb\xbf<?xml version="1.0"?>\n<sdnList xmlns="http://tempuri.org/sdnList.xsd">', ("ofac_xml", "list")),
        ("x.xml", b"<?xml version='1.0'?><Designations>", ("uk_xml", "list")),
        ("x.csv", b"Report Date: 20-Nov-2026\r\nLast Updated,Unique ID,OFSI Group ID\r\n", ("uk_csv", "list")),
    ],
    ids=["sdn", "alt", "add", "comments", "nothing in sdn", "un", "advanced", "plain", "uk xml", "uk csv"],
)
def test_a_file_is_recognised_by_what_it_holds(name: str, data: bytes, expected: tuple[str, str]) -> None:
    assert recognise(Path(name), data) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"<!DOCTYPE html><html>", "begins with '<!DOCTYPE html><html>'"), (b"", "it is empty"), (b"a;b;c\n", "begins with 'a;b;c")],
    ids=["html", "empty", "another table"],
)
def test_a_file_that_is_no_list_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ListError, match=message):
        recognise(Path("list.dat"), data)


def test_a_folder_is_read_by_parts_packed_or_plain(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{"sdn_2024-05-03__csv__gz": packed(make_rows((1, "RI, Il"))), "alt__csv": ALT, "list__xml": UN_XML, "notes__txt": b"no list"},
    )
    found = read_files([tmp_path], (make_source(), UN))
    assert found.keys() == {OFAC, "un_sc_sanctions"}
    sdn, alt = found[OFAC].files
    assert (sdn.part, alt.part, found[OFAC].fetched) == ("sdn", "alt", False)
    assert (sdn.day, sdn.day_from) == (date(2024, 5, 3), "file name")
    assert sdn.data == make_rows((1, "RI, Il"))


def test_a_file_without_a_day_in_its_name_is_of_the_day_it_was_written(tmp_path: Path) -> None:
    write(tmp_path, sdn__csv=make_rows((1, "RI, Il")))
    written = datetime(2025, 3, 4, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "sdn.csv", (written, written))
    file = read_files([tmp_path / "sdn.csv"], (make_source(),))[OFAC].files[0]
    assert (file.day, file.day_from) == (date(2025, 3, 4), "file time")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["nowhere.csv"], r"there is no file .*nowhere\.csv"),
        (["empty"], r"the folder .*empty holds no \.csv or \.xml file"),
        (["alt.csv"], "the part 'sdn' is missing"),
        (["sdn.csv", "copy.csv"], "are both the part 'sdn'"),
        (["list.xml"], "is in the form un_xml, which us_ofac_sdn does not have"),
    ],
    ids=["missing", "empty folder", "no sdn", "two of a part", "another list"],
)
def test_files_that_make_no_list_are_wrong_usage(tmp_path: Path, names: list[str], message: str) -> None:
    rows = make_rows((1, "RI, Il"))
    write(tmp_path, sdn__csv=rows, copy__csv=rows, alt__csv=ALT, list__xml=UN_XML)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        read_files([tmp_path / name for name in names], (make_source(),))


def test_a_packed_file_that_is_cut_is_refused(tmp_path: Path) -> None:
    write(tmp_path, sdn__csv__gz=packed(rows_of("2024-05-03"))[:-200])
    with pytest.raises(ListError, match=r"sdn\.csv\.gz: the compressed file is cut or damaged"):
        read_files([tmp_path], (make_source(),))


def test_a_file_that_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    write(tmp_path, sdn__csv__gz=packed(b"0" * 200_000))
    with pytest.raises(ListError, match="is larger than 100,000 bytes, unpacked"):
        read_files([tmp_path], (make_source(),))


def test_a_list_is_fetched_in_its_first_form_with_its_size_bounded() -> None:
    asked: list[tuple[str, int]] = []

    def fetch(url: str, limit: int) -> Download:
        asked.append((url, limit))
        return Download(b"rows", datetime(2026, 3, 12, 23, 30, tzinfo=UTC))

    raw = fetch_list(make_source(), fetch)
    assert asked == [("http://lists.example/sdn.csv", 100_000), ("http://lists.example/alt.csv", 100_000)]
    assert raw.fetched
    assert [(file.part, file.day, file.day_from) for file in raw.files] == [
        ("sdn", date(2026, 3, 12), "server"),
        ("alt", date(2026, 3, 12), "server"),
    ]
