from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from models.vocabulary import EventType, FeedOutcome, StageState
from pipeline.operate.metrics import prometheus_text
from pipeline.settings import ROOT
from pipeline.store.census import Census, FeedCensus, RunEnd

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("peninsula-*"))
PROGRAM = "/srv/peninsula/.venv/bin/peninsula"
NOW = datetime(2025, 11, 6, tzinfo=UTC)


def _unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def _commands() -> list[str]:
    """Return the arguments of every call of the program in the units and cron lines."""
    starts = [_unit(path)["Service"]["ExecStart"] for path in UNITS if path.suffix == ".service"]
    units = [start.removeprefix(PROGRAM) for start in starts if start.startswith(PROGRAM)]
    cron = re.findall(r"\.venv/bin/peninsula ([a-z ]+) >>", (DEPLOY / "cron" / "peninsula").read_text())
    return [command.strip() for command in units + cron]


def _metric_names() -> set[str]:
    """Return the names of all metrics, made by a census that has something of each."""
    report = {
        "seconds": {"poll": 1.0},
        "pages": {"fetched": 1},
        "feeds": [{"feed_id": "wire", "outcome": "OK", "new": 1, "seconds": 0.1}],
        "problems": [{"stage": "fetch", "state": "failed"}],
    }
    census = Census(
        last_run=RunEnd("run-1", NOW, NOW, 0, report),
        last_success_at=NOW,
        feeds=(FeedCensus("wire", FeedOutcome.OK, 0, NOW),),
        articles=dict.fromkeys(StageState, 0),
        versions={("tag", StageState.DONE): 1},
        events=dict.fromkeys(EventType, 0),
    )
    return set(re.findall(r"^# HELP (\S+)", prometheus_text(census), re.MULTILINE))


@pytest.mark.parametrize("command", sorted({" ".join(c.split(" --")[0].split()) for c in _commands()}))
def test_what_the_units_and_cron_lines_call_is_a_command_that_runs_with_an_empty_environment(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *shlex.split(command), "--help"], cwd=ROOT, env={}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_the_jobs_are_the_same_under_systemd_and_cron() -> None:
    assert _commands().count("ingest") == _commands().count("kb refresh") == 2


@pytest.mark.parametrize(
    "path", [path for path in UNITS if path.name.endswith(("ingest.service", "refresh.service"))], ids=lambda p: p.name
)
def test_an_overlap_is_no_alarm_and_a_failure_is_one(path: Path) -> None:
    unit = _unit(path)
    assert unit["Service"]["SuccessExitStatus"].split()[0] == "75"
    assert unit["Unit"]["OnFailure"] == "peninsula-failed@%n.service"
    assert (DEPLOY / "systemd" / "peninsula-failed@.service").exists()


def test_services_run_as_a_plain_user_and_timers_have_their_service() -> None:
    for path in UNITS:
        if path.suffix == ".timer":
            assert path.with_suffix(".service") in UNITS
        elif "@" not in path.name:
            service = _unit(path)["Service"]
            assert (service["User"], service["ProtectSystem"], service["ReadWritePaths"]) == ("peninsula", "strict", "/srv/peninsula/data")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault_but_the_missing_program(tmp_path: Path) -> None:
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text().replace(PROGRAM, "/bin/true"))
    names = [str(tmp_path / path.name) for path in UNITS if "@" not in path.name]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if str(tmp_path) in line] == []


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
def test_logrotate_reads_its_file(tmp_path: Path) -> None:
    copy = tmp_path / "peninsula"
    copy.write_text(re.sub(r"\n *(su|create) .*", "", (DEPLOY / "logrotate" / "peninsula").read_text()))  # the user is not there
    copy.chmod(0o644)
    done = subprocess.run(
        ["logrotate", "--debug", "--state", str(tmp_path / "state"), str(copy)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert "error" not in done.stderr


def test_alerts_ask_for_metrics_that_there_are() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "peninsula-rules.yml").read_text())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(re.findall(r"peninsula_\w+", rule["expr"])) <= _metric_names()
        for outcomes in re.findall(r'outcome=~"([^"]+)"', rule["expr"]):
            assert set(outcomes.split("|")) <= {outcome.value for outcome in FeedOutcome}


def test_the_page_on_metrics_tells_all_of_them_and_no_other() -> None:
    told = {
        name
        for line in (DEPLOY / "README.md").read_text().splitlines()
        if line.startswith("| `peninsula_")
        for name in re.findall(r"`(\w+)`", line)
    }
    assert told == _metric_names()
