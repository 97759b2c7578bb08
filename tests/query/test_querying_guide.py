"""Every command and every line of Python in docs/querying.md gives what stands below it, and every form of a question asks the same."""

from __future__ import annotations

import doctest
import os
import re
import shlex
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from models.filters import FIELDS, EventFilter
from pipeline.query import parse_filter
from pipeline.settings import ROOT
from tests.cli.command import run_command

GUIDE = (ROOT / "docs" / "querying.md").read_text("utf-8")
QUESTIONS = re.split(r"^### (?=\d+\.)", GUIDE.split("\n## The filter")[0], flags=re.MULTILINE)[1:]
CONSOLE = re.findall(r"^```console\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```pycon\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
COMMANDS = [pair for block in CONSOLE for pair in re.findall(r"^\$ (peninsula .*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)]
OPTIONS = {f"--{field.name.replace('_', '-')}": field.name for field in FIELDS} | {"-q": "q"}


@pytest.fixture(scope="session")
def demo_folder(news_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `data/demo` holds what the guide asks for."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "data").mkdir()
    (folder / "data" / "demo").symlink_to(news_folder)
    return folder


def without_ids(shown: str) -> list[str]:
    """Return the lines without blanks at their ends and without what another analysis of the same text may number otherwise."""
    return [re.sub(r"evt-[0-9a-f]{20}", "evt-…", line).rstrip() for line in shown.rstrip("\n").split("\n")]


def test_the_guide_answers_ten_questions_in_each_interface() -> None:
    assert len(QUESTIONS) == 10
    for question in QUESTIONS:
        assert all(part in question for part in ("\n$ peninsula ", "\n>>> ", "\n- `curl 'http://127.0.0.1:8765/api/v1/", "\n- page: `/"))


@pytest.mark.slow
def test_the_commands_of_the_guide_give_their_answers(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = {"PENINSULA_DATA_DIR": "data/demo", "PATH": os.environ["PATH"]}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("LANG", "LC_", "PYTHON"))}
    assert len(COMMANDS) > 12
    for command, answer in COMMANDS:
        streams = tmp_path_factory.mktemp("streams")
        done = run_command(shlex.split(command)[1:], stdin=b"", folder=demo_folder, streams=streams, environment=environment)
        assert without_ids(done.stdout + done.stderr) == without_ids(answer), command
        assert done.returncode == (2 if answer.startswith("error:") else 0), command


@pytest.mark.slow
def test_the_python_of_the_guide_gives_its_answers(demo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo_folder)
    test = doctest.DocTestParser().get_doctest("\n".join(PYTHON), {}, "docs/querying.md", None, 0)
    told: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert result.attempted > 20
    assert result.failed == 0, "".join(told)


def filter_of_command(command: str) -> EventFilter:
    words = shlex.split(command)
    return parse_filter((OPTIONS[option], value) for option, value in pairwise(words) if option in OPTIONS)


def filter_of_address(address: str) -> EventFilter:
    known = {field.name for field in FIELDS}
    return parse_filter(pair for pair in parse_qsl(urlsplit(address).query) if pair[0] in known)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.split(".")[0])
def test_command_address_and_page_of_a_question_ask_for_the_same_events(question: str) -> None:
    commands = re.findall(r"^\$ (peninsula events .*)$", question, re.MULTILINE)
    addresses = re.findall(r"`(?:curl ')?((?:http://[^/]+)?/[^`']+)", question)
    assert len(addresses) == 2
    asked = {filter_of_address(address) for address in addresses if "/changes" not in address}
    assert asked == ({filter_of_command(command) for command in commands} or {EventFilter()})
