from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.cli.app import main
from pipeline.sample.replay import ReplayServer, Request, Response
from pipeline.settings import ROOT
from tests.lists.snapshot_builders import END, HISTORY, make_rows

COMMANDS = ("refresh", "status", "versions", "diff", "lookup", "relink")
UN_PERSON = (
    "<INDIVIDUAL><DATAID>{0}</DATAID><FIRST_NAME>RI</FIRST_NAME><SECOND_NAME>NUMBER{0}</SECOND_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE>"
    "<REFERENCE_NUMBER>KPi.{0:03}</REFERENCE_NUMBER><LISTED_ON>2016-03-02</LISTED_ON></INDIVIDUAL>"
)
UN = (
    '<?xml version="1.0" encoding="UTF-8"?><CONSOLIDATED_LIST dateGenerated="2026-10-01T10:00:00.000Z"><INDIVIDUALS>'
    + "".join(UN_PERSON.format(number) for number in range(1, 5))
    + "</INDIVIDUALS><ENTITIES></ENTITIES></CONSOLIDATED_LIST>"
).encode()
ROWS = make_rows((1, "RI, Il"), (2, "PAK, Sam"), (3, "HAN, Chol Man"))
MODIFIED = {"Content-Type": "application/octet-stream", "Last-Modified": "Thu, 01 Oct 2026 04:00:00 GMT"}


class Publisher:
    """Serves the lists; what it answers to an address may be changed."""

    def __init__(self) -> None:
        self.answers = {
            "lists.example/sdn.csv": Response(302, headers={"Location": "http://store.example/2026/sdn.csv"}),
            "store.example/2026/sdn.csv": Response(200, ROWS, MODIFIED),
            "lists.example/un.xml": Response(200, UN, {"Content-Type": "application/xml"}),
        }

    def __call__(self, request: Request) -> Response:
        return self.answers.get(f"{request.host}{request.path}", Response(404))


@pytest.fixture
def kb_dir(tmp_path: Path) -> Path:
    """The shipped facts, with small lists at addresses of the test."""
    folder = tmp_path / "kb"
    shutil.copytree(ROOT / "data" / "kb", folder)
    common = {
        "title": "A list",
        "publisher": "P",
        "licence": "L",
        "stale_after_days": 100_000,
        "min_records": 2,
        "max_shrink": 0.1,
        "max_bytes": 90_000,
    }
    forms = {
        "us_ofac_sdn": ("ofac_csv", {"sdn": "http://lists.example/sdn.csv"}),
        "un_sc_sanctions": ("un_xml", {"list": "http://lists.example/un.xml"}),
    }
    sources = [{"id": name, **common, "forms": [{"format": form, "files": files}]} for name, (form, files) in forms.items()]
    (folder / "sources.yaml").write_text(json.dumps({"sources": sources}), encoding="utf-8")
    return folder


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


class Done(NamedTuple):
    returncode: int | str | None
    stdout: str
    stderr: str


@pytest.fixture
def kb(
    kb_dir: Path, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Done]]:
    """`peninsula kb …` against the publisher, in an empty folder; run in this process, since starting one takes longer than the work."""
    monkeypatch.chdir(tmp_path)
    with ReplayServer(publisher, hosts=("lists.example", "store.example")) as server:

        def call(*arguments: str, **environment: str) -> Done:
            settings = {"PENINSULA_KB_DIR": str(kb_dir), "PENINSULA_CONNECT_TO": json.dumps(server.connect_to)}
            with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
                for name, value in (settings | environment).items():
                    patch.setenv(name, value)
                patch.setattr(sys, "argv", ["peninsula", "kb", *arguments])
                main()
            return Done(ended.value.code or 0, *capsys.readouterr())

        yield call


def statuses(kb: Callable[..., Done]) -> dict[str, dict]:
    return {row["source"]: row for row in json.loads(kb("status", "--json").stdout)}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_with_its_help(kb: Callable[..., Done], command: str) -> None:
    done = kb(command, "--help")
    assert done.returncode == 0
    assert "Example: peninsula kb" in " ".join(done.stdout.split())


def test_lists_are_fetched_through_redirects_and_put_in_force(kb: Callable[..., Done], tmp_path: Path) -> None:
    done = kb("refresh")
    assert (done.returncode, done.stderr) == (0, "")
    rows = statuses(kb)
    assert (rows["us_ofac_sdn"]["from"], rows["us_ofac_sdn"]["published"], rows["us_ofac_sdn"]["records"]) == ("fetched", "2026-10-01", 3)
    assert (rows["un_sc_sanctions"]["published"], rows["un_sc_sanctions"]["records"]) == ("2026-10-01", 4)
    current = tmp_path / "data" / "lists" / "us_ofac_sdn"
    manifest = json.loads((current / (current / "current").read_text().strip() / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["published_from"] == "server"
    again = kb("refresh")
    assert again.returncode == 0
    assert again.stdout.count("unchanged") == 2
    assert len(list(current.glob("2*"))) == 1
    assert "listed us_ofac_sdn:3 HAN, Chol Man" in kb("lookup", "한철만").stdout


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Response(200, b"<html><body>Maintenance</body></html>", {"Content-Type": "text/html"}), "an HTML page"),
        (Response(200, b"", MODIFIED), "is empty"),
        (Response(200, ROWS.removesuffix(END), MODIFIED), "is cut"),
        (Response(200, ROWS[:60], {**MODIFIED, "Content-Length": str(len(ROWS))}), "the connection broke"),
        (Response(200, b"0" * 100_000, MODIFIED), "larger than 90,000 bytes"),
        (Response(503), "server error (503)"),
    ],
    ids=["a web page", "nothing", "a cut file", "a broken connection", "too much", "an error"],
)
def test_one_bad_list_is_refused_and_stops_no_other(kb: Callable[..., Done], publisher: Publisher, answer: Response, message: str) -> None:
    assert kb("refresh").returncode == 0
    publisher.answers["store.example/2026/sdn.csv"] = answer
    publisher.answers["lists.example/un.xml"] = Response(200, UN.replace(b"2026-10-01", b"2026-10-02"), {"Content-Type": "application/xml"})
    done = kb("refresh")
    assert done.returncode == 3
    assert message in " ".join(done.stderr.split())
    assert "the version before stays in force" in done.stderr
    rows = statuses(kb)
    assert (rows["us_ofac_sdn"]["records"], rows["us_ofac_sdn"]["published"]) == (3, "2026-10-01")
    assert rows["un_sc_sanctions"]["published"] == "2026-10-02"


def test_without_network_the_shipped_lists_stay_in_force(kb: Callable[..., Done]) -> None:
    done = kb("refresh", PENINSULA_CONNECT_TO='{"lists.example": "127.0.0.1:9"}', PENINSULA_CONNECT_TIMEOUT="1")
    assert done.returncode == 3
    assert done.stderr.count("refuses connections") == 2
    assert {row["from"] for row in statuses(kb).values()} == {"shipped"}
    assert "us_ofac_sdn:56045" in kb("lookup", "U Yong Su").stdout


def test_a_dry_run_stores_nothing(kb: Callable[..., Done], tmp_path: Path) -> None:
    done = kb("refresh", "--dry-run")
    assert done.returncode == 0
    assert done.stdout.count("would be stored") == 2
    assert not (tmp_path / "data").exists()


def test_local_files_are_read_and_an_older_list_than_the_shipped_one_is_stored_but_not_used(kb: Callable[..., Done]) -> None:
    done = kb("refresh", "--file", str(HISTORY / "sdn_2024-05-03.csv"))
    assert done.returncode == 0
    assert "the shipped list of 2026-03-12 is newer than 20240503-" in done.stdout
    row = statuses(kb)["us_ofac_sdn"]
    assert (row["from"], row["published"]) == ("shipped", "2026-03-12")
    assert "is older and not used" in row["note"]


def test_the_day_of_a_list_can_be_said(kb: Callable[..., Done]) -> None:
    done = kb("refresh", "--file", str(HISTORY / "sdn_2024-05-03.csv"), "--published", "2026-11-01")
    assert done.returncode == 0
    assert statuses(kb)["us_ofac_sdn"]["published"] == "2026-11-01"


def test_a_stale_list_gives_exit_code_3(kb: Callable[..., Done]) -> None:
    assert kb("status").returncode == 0
    done = kb("status", "--max-age", "0", "--json")
    assert done.returncode == 3
    assert all(row["stale"] and row["age_days"] > 0 for row in json.loads(done.stdout))


def test_versions_and_what_changed_between_them_can_be_seen(kb: Callable[..., Done]) -> None:
    for day in ("2023-01-31", "2023-12-28"):
        assert kb("refresh", "--file", str(HISTORY / f"sdn_{day}.csv")).returncode == 0
    shown = kb("versions", "us_ofac_sdn").stdout
    assert "20230131-" in shown
    assert "20231228-" in shown
    done = kb("diff", "2023-01-31", "2023-12-28", "--source", "us_ofac_sdn", "--json")
    (told,) = json.loads(done.stdout)
    assert told["counts"] == {"added": 3, "removed": 1, "changed": 0}
    assert [record["name"] for record in told["removed"]] == ["HUISH, Irina Igorevna"]
    text = kb("diff", str(HISTORY / "sdn_2021-08-18.csv"), str(HISTORY / "sdn_2022-06-28.csv")).stdout
    assert "3 added, 0 removed, 1 changed" in text
    assert "+ 33936 RI, Yong Gil [DPRK2]" in text
    assert "~ 27307 LAZARUS GROUP [DPRK3]\n    aliases: - " in text


def test_looking_up_explains_and_tells_the_status_on_a_day(kb: Callable[..., Done]) -> None:
    text = kb("lookup", "Woo Yong-su", "--explain", "--as-of", "2025-10-01").stdout
    assert "woo = u 1.00" in text
    assert "not yet listed on 2025-10-01 us_ofac_sdn:56045 U, Yong Su: DPRK4" in text
    data = json.loads(kb("lookup", "우영수", "--json").stdout)
    assert data["query"] == "우영수"
    assert [entry["entry"] for one in data["found"] for entry in one["entries"]] == ["us_ofac_sdn:56045"]


def test_finding_nothing_is_no_error(kb: Callable[..., Done]) -> None:
    done = kb("lookup", "Angela Ang")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing found" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("refresh", "--source", "us_ofac"), "there is no list 'us_ofac' (did you mean 'us_ofac_sdn'?)"),
        (("refresh", "--file", "nowhere.csv"), "there is no file nowhere.csv"),
        (("refresh", "--published", "2026-11-01"), "name it by --source"),
        (("refresh", "--published", "yesterday", "--source", "us_ofac_sdn"), "--published yesterday: give a day"),
        (("diff", "yesterday", "current"), "'yesterday' is neither a file nor a version nor a day"),
        (("diff", "2001-01-01", "current"), "there is no version '2001-01-01'"),
        (("lookup", "U Yong Su", "--as-of", "2025"), "--as-of 2025: give a day such as"),
        (("relink", "--since", "soon"), "--since soon: give a day"),
        (("versions", "nothing"), "there is no list 'nothing'"),
    ],
)
def test_wrong_usage_is_explained(kb: Callable[..., Done], arguments: tuple[str, ...], message: str) -> None:
    done = kb(*arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


def test_relinking_where_there_is_no_database_says_so(kb: Callable[..., Done], tmp_path: Path) -> None:
    done = kb("relink", "--since", "2025-01-01")
    assert done.returncode == 78
    assert "there is no database yet" in done.stderr
