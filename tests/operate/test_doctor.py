from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text, update

from models.tables import ArticleRow, RawBodyRow, RunRow
from models.vocabulary import StageState
from pipeline.analyse import Analyser
from pipeline.errors import ConfigurationError
from pipeline.fetch.archive import Archive
from pipeline.operate.doctor import Finding, Level, examine, exit_code_of
from pipeline.sample.replay import ReplayServer, Request, Response
from pipeline.settings import Settings
from pipeline.store.engine import Database, reading, writing
from pipeline.store.feeds import StoredRaw, record_fetch
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import end_run, hold_database, start_run
from tests.shipped import rules_alone
from tests.store.builders import add_article, make_fetch

NOW = datetime.now(UTC)
FEEDS = (
    "feeds:\n- {id: wire, publisher: Wire, url: 'http://wire.example/feed', language: en, country: KR, kind: wire, "
    "korea_filter: false, enabled: true}\n"
)


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    """Rules alone."""
    return rules_alone()


class Seen(NamedTuple):
    """What an examination found of one check: the worst level, and all messages."""

    level: Level
    text: str


class Clinic:
    """An installation, and the examination of it."""

    def __init__(self, settings: Settings, analyser: Analyser) -> None:
        self.settings = settings
        self.analyser = analyser

    def __call__(self, **options: object) -> dict[str, Seen]:
        found = self.findings(**options)
        return {name: self._seen([one for one in found if one.check == name]) for name in dict.fromkeys(one.check for one in found)}

    def findings(self, **options: object) -> list[Finding]:
        return examine(self.settings, **({"analyser": self.analyser, "now": NOW} | options))

    def change(self, **values: object) -> None:
        self.settings = self.settings.model_copy(update=values)

    @staticmethod
    def _seen(findings: Sequence[Finding]) -> Seen:
        order = list(Level)
        worst = max((one.level for one in findings), key=order.index)
        return Seen(worst, "\n".join(f"{one.message}. {one.remedy}" for one in findings))


@pytest.fixture
def clinic(settings: Settings, analyser: Analyser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """An installation before its first run, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(FEEDS, encoding="utf-8")
    return Clinic(settings.model_copy(update={"feeds": feeds}), analyser)


@pytest.fixture
def filled(clinic: Clinic, database: Database) -> Clinic:
    """The same after a good run of an hour ago, with a body."""
    clinic.change(database_url=database.url.render_as_string(hide_password=False))
    clinic.settings.data_dir.mkdir()
    started = NOW - timedelta(hours=1)
    with writing(database) as connection:
        run_id = start_run(connection, command="ingest", at=started, versions={})
        stored = Archive(clinic.settings.data_dir / "raw").put(b"body")
        raw = StoredRaw(stored.sha256, stored.codec, stored.path, "text/html", stored.size, stored.stored_size)
        record_fetch(connection, make_fetch(run_id, at=started, raw=raw))
        end_run(connection, run_id, at=NOW, exit_code=0, reason="1 of 1 feeds answered", report={})
    return clinic


def only_body(clinic: Clinic) -> Path:
    return next((clinic.settings.data_dir / "raw").rglob("*.gz"))


def test_a_new_installation_has_warnings_that_say_what_to_do_and_nothing_is_made(clinic: Clinic, tmp_path: Path) -> None:
    seen = clinic()
    assert {name for name, one in seen.items() if one.level is Level.FAULT} == set()
    assert seen["data folder"].level is seen["database"].level is Level.WARNING
    assert "run `peninsula ingest` to fill one" in seen["database"].text
    assert "last run" not in seen
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feeds.yaml"]


def test_a_good_installation_is_well(filled: Clinic) -> None:
    seen = filled()
    expected = {"feeds", "data folder", "knowledge base", "models", "clock", "database", "lock", "last run", "quarantine", "raw bodies"}
    assert {name for name in expected if seen[name].level is not Level.OK} == set()
    assert "1 feeds, 1 of them enabled" in seen["feeds"].text
    assert "nobody holds it" in seen["lock"].text
    assert "exit code 0" in seen["last run"].text
    assert ("PostgreSQL" if "postgresql" in str(filled.settings.database_url) else "journal wal") in seen["database"].text


@pytest.mark.parametrize(("levels", "code"), [("ok ok", 0), ("ok warning", 3), ("warning fault ok", 78)])
def test_the_exit_code_is_that_of_the_worst_finding(levels: str, code: int) -> None:
    assert exit_code_of([Finding(Level(level), "") for level in levels.split()]) == code


def test_every_setting_is_shown_with_where_it_comes_from(clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENINSULA_HOST_DELAY", "2")
    (tmp_path / ".env").write_text("PENINSULA_THREADS=4\nPENINSULA_HOST_DELAY=9\n", encoding="utf-8")
    clinic.settings = Settings(data_dir=tmp_path / "elsewhere")
    found = next(one for one in clinic.findings(options=["data_dir"]) if one.check == "settings")
    assert {name: given["from"] for name, given in found.details.items() if given["from"] != "default"} == {
        "data_dir": "option",
        "host_delay": "environment",
        "threads": ".env",
    }
    assert found.details["host_delay"]["value"] == "2.0"
    assert set(found.details) == set(Settings.model_fields)
    assert f"data_dir = {tmp_path / 'elsewhere'} (option)" in found.message


def test_a_misspelt_variable_is_a_warning(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENINSULA_THREDS", "4")
    seen = clinic()["settings"]
    assert seen.level is Level.WARNING
    assert "no setting is called PENINSULA_THREDS (did you mean 'threads'" in seen.text


@pytest.mark.parametrize("place", ["postgresql://reader:{0}@127.0.0.1:1/news", "postgresql://127.0.0.1:1/news?user=reader&password={0}"])
def test_no_secret_is_told(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    secret = "s3cret%2Fword"
    url = place.format(secret)
    monkeypatch.setenv("PENINSULA_DATABASE_URL", url)
    clinic.change(database_url=url)
    found = clinic.findings()
    told = str([one.as_dict() for one in found])
    assert secret not in told
    assert "s3cret/word" not in told
    assert "postgresql://127.0.0.1:1/news" in told
    assert next(one for one in found if one.check == "database").level is Level.FAULT


def test_an_address_that_cannot_be_read_is_not_told_at_all(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://reader:s3cretword@[127.0.0.1/news"
    monkeypatch.setenv("PENINSULA_DATABASE_URL", url)
    clinic.change(database_url=url)
    found = clinic.findings()
    assert "s3cretword" not in str([one.as_dict() for one in found])
    assert next(one for one in found if one.check == "database").level is Level.FAULT


def test_a_broken_list_of_feeds_is_a_fault_that_names_the_line(clinic: Clinic) -> None:
    clinic.settings.feeds.write_text(FEEDS.replace("kind: wire", "kind: gossip"), encoding="utf-8")
    seen = clinic()["feeds"]
    assert seen.level is Level.FAULT
    assert "feeds.yaml:2: feed 'wire'" in seen.text


@pytest.mark.parametrize(("free", "level"), [(10**12, Level.OK), (10**9, Level.WARNING), (10**8, Level.FAULT)])
def test_a_disk_that_is_nearly_full_is_told(filled: Clinic, monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**13, 0, free))  # type: ignore[attr-defined]
    assert filled()["data folder"].level is level


def test_a_data_folder_that_cannot_be_written_is_a_fault(filled: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    seen = filled()["data folder"]
    assert (seen.level, "cannot be written: Permission denied" in seen.text) == (Level.FAULT, True)


def test_a_disk_that_fills_within_days_is_told(filled: Clinic, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(database) as connection:
        connection.execute(update(RawBodyRow).values(stored_size=1_400_000_000, stored_at=NOW - timedelta(days=1)))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**13, 0, 10**9))  # type: ignore[attr-defined]
    assert "the disk lasts 5 days" in filled()["raw bodies"].text


def test_what_breaks_one_check_keeps_none_of_the_others(filled: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Analyser):
        def check(self) -> None:
            raise ConfigurationError("bad record", path=Path("persons.tsv"), line=7)

        def pipeline(self, lang: str) -> object:  # type: ignore[override]
            raise RuntimeError("no such weights")

    seen = filled(analyser=Broken(filled.settings))
    assert seen["knowledge base"] == (Level.FAULT, "persons.tsv:7: bad record. ")
    assert seen["models"] == (Level.FAULT, "the check broke: RuntimeError: no such weights. ")
    assert seen["last run"].level is Level.OK


def test_a_database_of_another_revision_is_a_fault_with_the_command_that_mends_it(filled: Clinic, database: Database) -> None:
    with reading(database) as connection:
        head = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    with writing(database) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    try:
        seen = filled()
    finally:
        with writing(database) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
    assert seen["database"].level is Level.FAULT
    assert "run `peninsula db upgrade`" in seen["database"].text
    assert "last run" not in seen


def test_a_damaged_database_is_found_by_a_deep_look(clinic: Clinic) -> None:
    clinic.settings.data_dir.mkdir()
    path = clinic.settings.data_dir / "peninsula.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE word (text TEXT)")
        connection.execute("INSERT INTO word VALUES (NULL)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = 'CREATE TABLE word (text TEXT NOT NULL)'")
        connection.commit()
    assert ": damaged: " not in clinic()["database"].text
    seen = clinic(deep=True)["database"]
    assert seen.level is Level.FAULT
    assert "damaged: NULL value in word.text. restore the last backup" in seen.text


def test_a_file_that_is_no_database_is_a_fault(clinic: Clinic) -> None:
    clinic.settings.data_dir.mkdir()
    (clinic.settings.data_dir / "peninsula.db").write_bytes(b"no database at all" * 100)
    seen = clinic()["database"]
    assert (seen.level, "file is not a database" in seen.text) == (Level.FAULT, True)


def test_who_holds_the_lock_is_told(filled: Clinic, database: Database) -> None:
    with writing(database) as connection:
        run_id = start_run(connection, command="ingest", at=NOW, versions={})
    with hold_data_dir(filled.settings.data_dir):
        seen = filled()["lock"]
    assert seen.level is Level.OK
    assert f"run {run_id} (ingest) since {NOW:%Y-%m-%d %H:%M} UTC" in seen.text
    assert "nobody" in filled()["lock"].text


def test_a_run_on_another_machine_holds_the_database(filled: Clinic, database: Database) -> None:
    with hold_database(database):
        seen = filled()["lock"]
    assert ("held by another machine" in seen.text) is (database.dialect.name == "postgresql")


@pytest.mark.parametrize(
    ("hours", "code", "level", "told"),
    [
        (2, 0, Level.OK, "exit code 0"),
        (40, 0, Level.WARNING, "a night was left out"),
        (2, 3, Level.WARNING, "see `peninsula runs run-"),
        (2, None, Level.WARNING, "at work, or was killed"),
    ],
)
def test_the_last_run_is_judged(filled: Clinic, database: Database, hours: int, code: int | None, level: Level, told: str) -> None:
    started = NOW - timedelta(hours=hours)
    with writing(database) as connection:
        connection.execute(update(RunRow).values(started_at=NOW - timedelta(days=9)))
        run_id = start_run(connection, command="ingest", at=started, versions={"of": "this test"})
        if code is not None:
            end_run(connection, run_id, at=NOW, exit_code=code, reason="so", report={})
    seen = filled()["last run"]
    assert (seen.level, told in seen.text) == (level, True), seen.text


@pytest.mark.parametrize(("quarantined", "level"), [(20, Level.OK), (21, Level.WARNING)])
def test_a_large_quarantine_is_a_warning(filled: Clinic, database: Database, quarantined: int, level: Level) -> None:
    with writing(database) as connection:
        row = {"first_seen_at": NOW, "state": StageState.QUARANTINED, "attempts": 1}
        rows = [row | {"id": f"art-{number}", "url_key": str(number), "url": str(number)} for number in range(quarantined)]
        connection.execute(ArticleRow.__table__.insert(), rows)
    assert filled()["quarantine"].level is level


def test_bodies_are_read_only_when_asked_for(filled: Clinic) -> None:
    assert "every body was read" in filled(deep=True)["raw bodies"].text
    only_body(filled).unlink()
    assert filled()["raw bodies"].level is Level.OK
    assert "1 bodies " in filled(deep=True)["raw bodies"].text


def test_a_lost_body_is_told_from_a_pruned_one(filled: Clinic, database: Database) -> None:
    only_body(filled).unlink()
    lost = filled(deep=True)["raw bodies"]
    assert lost.level is (Level.FAULT if database.dialect.name == "sqlite" else Level.WARNING)
    with writing(database) as connection:
        connection.execute(update(RawBodyRow).values(codec="pruned"))
    pruned = filled(deep=True)["raw bodies"]
    assert pruned.level is Level.OK
    assert "0 kept in 0 bytes, 1 pruned" in pruned.text


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"another body"), gzip.compress(b"body")[:-4]], ids=["empty", "no gzip", "another", "cut"]
)
def test_a_damaged_body_is_a_fault(filled: Clinic, content: bytes) -> None:
    path = only_body(filled)
    path.write_bytes(content)
    seen = filled(deep=True)["raw bodies"]
    assert seen.level is Level.FAULT
    assert f"1 bodies are damaged: {path.name.removesuffix('.gz')}" in seen.text


def test_files_of_no_body_are_a_warning(filled: Clinic) -> None:
    archive = Archive(filled.settings.data_dir / "raw")
    os.utime(archive.root / archive.put(b"orphan").path, (0, 0))
    seen = filled(deep=True)["raw bodies"]
    assert (seen.level, "1 files belong to no body" in seen.text) == (Level.WARNING, True)


@pytest.mark.parametrize(
    ("answer", "level", "told"),
    [
        (
            lambda: Response(200, b"<rss/>", {"Content-Type": "text/xml", "Date": format_datetime(datetime.now(UTC), usegmt=True)}),
            Level.OK,
            "as wire says",
        ),
        (
            lambda: Response(
                200, b"<rss/>", {"Content-Type": "text/xml", "Date": format_datetime(datetime.now(UTC) - timedelta(hours=9), usegmt=True)}
            ),
            Level.FAULT,
            "s off that of wire",
        ),
        (lambda: Response(404), Level.FAULT, "no server told the time: wire: "),
    ],
)
def test_the_clock_is_compared_with_that_of_a_server(clinic: Clinic, answer: Callable[[], Response], level: Level, told: str) -> None:
    def serve(_: Request) -> Response:
        return answer()

    with ReplayServer(serve, hosts=("wire.example",)) as server:
        clinic.change(connect_to=server.connect_to)
        seen = clinic(network=True)["clock"]
    assert (seen.level, told in seen.text) == (level, True), seen.text


def test_versions_are_told(clinic: Clinic) -> None:
    found = next(one for one in clinic.findings() if one.check == "versions")
    assert found.level is Level.OK
    assert {"python", "packages"} == set(found.details)
    assert found.details["packages"]["feedparser"]


def test_texts_that_broke_a_stage_are_a_warning(filled: Clinic, database: Database) -> None:
    add_article(database)
    with writing(database) as connection:
        connection.execute(text("UPDATE stage_status SET state = 'quarantined'"))
    assert "and 1 texts that broke a stage" in filled()["quarantine"].text
    assert filled()["quarantine"].level is Level.WARNING
