from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from models.ids import content_hash
from models.tables import ArticleRow, ArticleVersionRow, FeedRow, RawBodyRow
from pipeline.errors import ConfigurationError, LockHeld, StorageError
from pipeline.fetch.archive import Archive
from pipeline.operate.prune import PruneReport, prune
from pipeline.settings import Settings
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.store.feeds import StoredRaw, record_fetch, sync_feeds
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import start_run
from tests.store.builders import add_article, make_analysis, make_context, make_fetch, make_raw, make_source

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(days=91), NOW - timedelta(days=89)
AGE = timedelta(days=90)


@pytest.fixture
def archive(settings: Settings) -> Archive:
    return Archive(settings.data_dir / "raw")


@pytest.fixture
def keep(database: Database, archive: Archive) -> Callable[..., str]:
    """Store a body as a run would, at a time; return its checksum."""
    with writing(database) as connection:
        run_id = start_run(connection, command="bodies", at=NOW, versions={})

    def store(text: str, at: datetime = OLD) -> str:
        stored = archive.put(text.encode())
        raw = StoredRaw(stored.sha256, stored.codec, stored.path, "text/html", stored.size, stored.stored_size)
        with writing(database) as connection:
            record_fetch(connection, make_fetch(run_id, url=f"https://wire.example/{text}", at=at, raw=raw))
        return stored.sha256

    return store


@pytest.fixture
def call(database: Database, settings: Settings) -> Callable[..., PruneReport]:
    url = database.url.render_as_string(hide_password=False)
    return lambda **options: prune(settings.model_copy(update={"database_url": url}), **({"older_than": AGE, "now": lambda: NOW} | options))


def codecs(database: Database) -> dict[str, str]:
    with reading(database) as connection:
        return {row.sha256: row.codec for row in connection.execute(select(RawBodyRow.sha256, RawBodyRow.codec))}


def on_disk(settings: Settings) -> set[str]:
    return {path.name.removesuffix(".gz") for path in (settings.data_dir / "raw").rglob("*") if path.is_file()}


def test_old_bodies_go_and_young_ones_stay(
    database: Database, settings: Settings, keep: Callable[..., str], call: Callable[..., PruneReport]
) -> None:
    old, young = keep("old"), keep("young", YOUNG)
    size = sum(path.stat().st_size for path in (settings.data_dir / "raw").rglob(f"{old}.gz"))
    report = call()
    assert (report.bodies, report.orphans, report.needed, report.files, report.freed_bytes) == (1, 0, 0, 2, size)
    assert on_disk(settings) == {young}
    assert codecs(database) == {old: "pruned", young: "gzip"}
    again = call()
    assert (again.bodies, again.freed_bytes, again.files) == (0, 0, 1)


def test_a_dry_run_tells_the_same_and_removes_nothing(
    database: Database, settings: Settings, keep: Callable[..., str], call: Callable[..., PruneReport]
) -> None:
    old = keep("old")
    planned = call(dry_run=True)
    assert (planned.bodies, planned.dry_run) == (1, True)
    assert on_disk(settings) == {old}
    assert codecs(database) == {old: "gzip"}
    assert call().freed_bytes == planned.freed_bytes


def test_the_last_bodies_of_articles_and_feeds_stay(
    database: Database, settings: Settings, keep: Callable[..., str], call: Callable[..., PruneReport]
) -> None:
    article, feed, loose = keep("article"), keep("feed"), keep("loose")
    add_article(database)
    with writing(database) as connection:
        connection.execute(update(ArticleRow).values(raw_sha256=article, extracted_sha256=article))
        connection.execute(update(FeedRow).values(body_sha256=feed))
    report = call()
    assert on_disk(settings) == {article, feed}
    assert (report.bodies, report.needed) == (1, 2)
    assert codecs(database)[loose] == "pruned"


def attach(database: Database, version_id: str, sha256: str) -> None:
    """Let a version be made of a body that is no longer the last one of its article."""
    with writing(database) as connection:
        connection.execute(update(ArticleVersionRow).where(ArticleVersionRow.id == version_id).values(raw_sha256=sha256))


def test_the_bodies_of_versions_with_events_or_links_stay_and_those_that_tell_nothing_go(
    database: Database, settings: Settings, keep: Callable[..., str], call: Callable[..., PruneReport]
) -> None:
    bodies = [keep(name) for name in ("event", "link", "silent")]
    articles = [add_article(database, number=number, sha=sha) for number, sha in enumerate("abc")]
    context = make_context(database)
    whole = [make_analysis(article) for article in articles]
    event = replace(whole[0], linking=replace(whole[0].linking, links=()))
    link = replace(whole[1], events=())
    silent = replace(whole[2], events=(), linking=replace(whole[2].linking, links=()))
    for article, body, analysis in zip(articles, bodies, (event, link, silent), strict=True):
        attach(database, article.id, body)
        with writing(database) as connection:
            record_analysis(connection, analysis, context)
    report = call()
    assert on_disk(settings) == {bodies[0], bodies[1]}
    assert (report.bodies, report.needed) == (1, 2)


def test_files_of_no_body_go_after_a_day(
    database: Database, settings: Settings, archive: Archive, keep: Callable[..., str], call: Callable[..., PruneReport]
) -> None:
    known = keep("known", YOUNG)
    for name, age in (("fresh", timedelta(hours=1)), ("orphan", timedelta(days=2))):
        path = archive.root / archive.put(name.encode()).path
        os.utime(path, ((NOW - age).timestamp(),) * 2)
    cut = archive.root / known[:2] / f".{known}.gz.1.2.tmp"
    foreign = archive.root / known[:2] / "notes.txt"
    for path in (cut, foreign):
        path.write_text("x", encoding="utf-8")
        os.utime(path, ((NOW - timedelta(days=2)).timestamp(),) * 2)
    report = call()
    assert (report.orphans, report.bodies) == (2, 0)
    assert on_disk(settings) == {known, content_hash(b"fresh"), "notes.txt"}


def test_a_store_of_another_database_is_left_alone(
    settings: Settings, archive: Archive, keep: Callable[..., str], call: Callable[..., PruneReport]
) -> None:
    keep("ours")
    for number in range(20):
        path = archive.root / archive.put(f"theirs {number}".encode()).path
        os.utime(path, (0, 0))
    with pytest.raises(ConfigurationError, match="knows nothing of 20 of 21 files"):
        call()
    assert len(on_disk(settings)) == 21


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_prune_that_is_killed_loses_nothing_and_the_next_one_ends_it(
    database: Database,
    settings: Settings,
    keep: Callable[..., str],
    call: Callable[..., PruneReport],
    monkeypatch: pytest.MonkeyPatch,
    after: int,
) -> None:
    old = {keep(f"old {number}") for number in range(5)}
    young = keep("young", YOUNG)
    unlink, calls = Path.unlink, iter(range(100))

    def killed(self: Path, missing_ok: bool = False) -> None:
        if next(calls) == after:
            raise KeyboardInterrupt
        unlink(self, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            call()
    left = on_disk(settings)
    assert young in left
    assert len(left) == 6 - after
    gone = {sha256 for sha256, codec in codecs(database).items() if codec == "pruned"}
    assert (old | {young}) - left <= gone, "a body that is gone is marked as pruned, never lost"
    assert call(older_than=timedelta(days=3650)).bodies == len(gone & left), "what was marked is removed whatever the age asked for"
    call()
    assert on_disk(settings) == {young}
    assert codecs(database) == {**dict.fromkeys(old, "pruned"), young: "gzip"}


def test_a_pruned_body_that_is_needed_again_stays(
    database: Database, settings: Settings, archive: Archive, keep: Callable[..., str], call: Callable[..., PruneReport]
) -> None:
    body = keep("comes back")
    call()
    archive.put(b"comes back")
    with writing(database) as connection:
        sync_feeds(connection, [make_source()])
        connection.execute(update(FeedRow).values(body_sha256=body))
    assert call().bodies == 0
    assert on_disk(settings) == {body}


def test_bodies_of_other_machines_are_not_marked(database: Database, keep: Callable[..., str], call: Callable[..., PruneReport]) -> None:
    here = keep("here")
    with writing(database) as connection:
        run_id = start_run(connection, command="elsewhere", at=OLD, versions={})
        record_fetch(connection, make_fetch(run_id, at=OLD, raw=make_raw("e")))
    call()
    assert codecs(database) == {here: "pruned", "e" * 64: "gzip"}


def test_nothing_is_pruned_beside_a_run(settings: Settings, keep: Callable[..., str], call: Callable[..., PruneReport]) -> None:
    body = keep("old")
    with hold_data_dir(settings.data_dir), pytest.raises(LockHeld):
        call()
    assert on_disk(settings) == {body}


def test_a_disk_that_refuses_is_told(keep: Callable[..., str], call: Callable[..., PruneReport], monkeypatch: pytest.MonkeyPatch) -> None:
    keep("old")

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StorageError, match="cannot be changed: Permission denied"):
        call()


def test_a_link_out_of_the_store_is_not_followed(
    settings: Settings, tmp_path: Path, keep: Callable[..., str], call: Callable[..., PruneReport]
) -> None:
    old = keep("old")
    outside = tmp_path / "outside"
    outside.write_text("x", encoding="utf-8")
    link = settings.data_dir / "raw" / old[:2] / f"{'0' * 64}.gz"
    link.symlink_to(outside)
    os.utime(outside, (0, 0))
    call()
    assert link.is_symlink()
    assert outside.exists()
