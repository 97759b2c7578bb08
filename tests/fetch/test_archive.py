import gzip
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.ids import content_hash
from pipeline.errors import StorageError
from pipeline.fetch import Archive
from pipeline.settings import ROOT

BODY = "<p>본문</p>".encode() * 500


def test_a_body_comes_back_as_it_was_and_lies_where_its_checksum_says(tmp_path: Path):
    archive = Archive(tmp_path / "raw")
    stored = archive.put(BODY)
    sha256 = content_hash(BODY)
    assert (stored.sha256, stored.codec, stored.size) == (sha256, "gzip", len(BODY))
    assert stored.path == f"{sha256[:2]}/{sha256}.gz"
    assert stored.stored_size == (tmp_path / "raw" / stored.path).stat().st_size < len(BODY) / 10
    assert archive.get(sha256) == BODY


def test_an_empty_body_is_stored_too(tmp_path: Path):
    archive = Archive(tmp_path)
    assert archive.get(archive.put(b"").sha256) == b""


def test_the_same_body_is_written_once(tmp_path: Path):
    archive = Archive(tmp_path)
    first = archive.put(BODY)
    written = (tmp_path / first.path).stat()
    assert archive.put(BODY) == first
    assert (tmp_path / first.path).stat().st_ino == written.st_ino
    assert (tmp_path / first.path).stat().st_mtime_ns == written.st_mtime_ns


def test_the_stored_bytes_depend_on_the_body_alone(tmp_path: Path):
    one, two = Archive(tmp_path / "1"), Archive(tmp_path / "2")
    path = one.put(BODY).path
    two.put(BODY)
    assert (tmp_path / "1" / path).read_bytes() == (tmp_path / "2" / path).read_bytes() == gzip.compress(BODY, 6, mtime=0)


def test_nothing_else_is_left_behind(tmp_path: Path):
    stored = Archive(tmp_path).put(BODY)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / stored.path]


def test_many_threads_may_store_the_same_bodies(tmp_path: Path):
    archive = Archive(tmp_path)
    bodies = [b"%d" % (number % 5) * 1000 for number in range(50)]
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(archive.put, bodies))
    assert [archive.get(each.sha256) for each in stored] == bodies
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 5


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-10],
        lambda data: b"",
        lambda data: b"not gzip",
        lambda data: gzip.compress(b"another body"),
        lambda data: data[:30] + bytes([data[30] ^ 255]) + data[31:],
    ],
)
def test_a_damaged_body_is_never_returned(tmp_path: Path, damage):
    archive = Archive(tmp_path)
    stored = archive.put(BODY)
    path = tmp_path / stored.path
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StorageError, match="damaged") as caught:
        archive.get(stored.sha256)
    assert str(path) in str(caught.value)


def test_a_missing_body_is_an_error_with_its_path(tmp_path: Path):
    with pytest.raises(StorageError, match="not in the store"):
        Archive(tmp_path).get("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_only_checksums_are_looked_up(tmp_path: Path, name: str):
    with pytest.raises(StorageError, match="no SHA-256"):
        Archive(tmp_path).get(name)


def test_a_place_that_cannot_be_written_is_an_error_with_path_and_reason():
    with pytest.raises(StorageError, match=r"/proc/peninsula-raw/.*cannot be stored: No such file"):
        Archive(Path("/proc/peninsula-raw")).put(BODY)


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path):
    (tmp_path / "raw").write_text("")
    with pytest.raises(StorageError, match="cannot be stored"):
        Archive(tmp_path / "raw").put(BODY)


FULL_DISK = """
import os, resource, sys
from pathlib import Path
from pipeline.errors import StorageError
from pipeline.fetch import Archive
archive = Archive(Path(sys.argv[1]))
archive.put(b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    archive.put(os.urandom(100_000))
except StorageError as error:
    sys.exit(f"StorageError {error}")
"""


def test_a_full_disk_is_an_error_and_leaves_no_half_body(tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"StorageError {tmp_path}")
    assert "File too large" in done.stderr
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{content_hash(b'small')}.gz"]
