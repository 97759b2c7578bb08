"""`python -m benchmarks.desk`: how long editors wait at the review desk with a queue of 100,000 items, and what twenty of them at once lose.

Articles with events are made from a seed (`benchmarks.million_events`) and written into a SQLite file in a temporary folder, or with
`--database` into a schema of its own in PostgreSQL, which is dropped at the end. The desk makes its items of them as it does every night.
Then one editor decides item after item, and a verdict on 10,000 items at once is given and undone. Last, the server is started on this
machine and twenty editors decide at once, each over HTTP with a token of their own: every answer counts, and afterwards the record of
decisions must hold exactly those that were answered as saved.

The exit code is 1 where a decision is lost, doubled or answered with an error; times decide nothing, since they depend on the machine.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import requests
import uvicorn
from sqlalchemy import func, select

from benchmarks.million import _own_file, _own_schema
from benchmarks.million_events import make_events
from benchmarks.million_tables import write_events
from models.accounts import Actor
from models.review import Decision, Editor, EditorRole, QueueFilter, Verdict
from models.review_tables import ReviewDecisionRow
from pipeline.cli.console import complain
from pipeline.errors import PeninsulaError, UsageError
from pipeline.kb.load import load_knowledge
from pipeline.review.accounts import Accounts
from pipeline.review.desk import Desk
from pipeline.settings import Settings, load_settings
from pipeline.store.engine import Database, open_database, reading
from pipeline.web.app import create_app

__all__ = ["Load", "main", "measure", "work_together"]

_NEXT, _BULK = 100.0, 5_000.0
"""What is asked for, in milliseconds: of the slowest next item in twenty, and of the verdict on 10,000 items."""
_IN_BULK = 10_000
_VERDICTS = (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNSURE)
_SEEN = re.compile(r'name="(revision|seen)" value="(\d+)"')
"""What a form says of the item as its editor sees it."""
_WHO = Actor(None, "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long an editor waited: every time in milliseconds, and what nineteen of twenty are to stay below, None where nothing is asked."""

    name: str
    times: Sequence[float]
    asked: float | None = None

    def line(self) -> str:
        """Return the line of the table."""
        ordered = sorted(self.times)
        p50, p95, most = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 1.0))
        verdict = "" if self.asked is None else f"{self.asked:11,.0f}  {'met' if p95 <= self.asked else 'not met'}"
        return f"{self.name:32}{len(ordered):7,}{p50:10,.1f}{p95:10,.1f}{most:10,.1f}{verdict}"


@dataclass(frozen=True, slots=True)
class Load:
    """What became of decisions sent by several editors at once: answers by status, and the decisions on record before and after."""

    answers: Counter[int]
    saved: int
    recorded: int
    times: tuple[float, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost or doubled, and every answer was either "saved" or "another was first"."""
        return self.saved == self.recorded and not set(self.answers) - {200, 409}


def measure(desk: Desk, editor: Editor, *, rounds: int) -> Iterator[Waiting]:
    """Yield how long the next item takes, a verdict, an undo, and a verdict on a queue of some 10,000 items."""
    wanted = QueueFilter()
    shown: list[float] = []
    decided: list[float] = []
    for number in range(rounds):
        begun = time.perf_counter()
        view = desk.next(wanted, editor, ahead=1)[0]
        shown.append(_since(begun))
        begun = time.perf_counter()
        desk.decide(view.item.id, _VERDICTS[number % 3], editor, revision=view.item.revision, seen=_last(view.decisions))
        decided.append(_since(begun))
    yield Waiting("next item", shown, _NEXT)
    yield Waiting("verdict", decided)
    undone = []
    for _ in range(min(rounds, 20)):
        begun = time.perf_counter()
        desk.undo(editor)
        undone.append(_since(begun))
    yield Waiting("undo", undone)
    queue = _some(desk, _IN_BULK)
    count = desk.preview(queue, Verdict.REJECT).items
    begun = time.perf_counter()
    desk.decide_all(queue, Verdict.REJECT, editor, expected=count)
    yield Waiting(f"verdict on {count:,} items", [_since(begun)], _BULK * count / _IN_BULK)
    begun = time.perf_counter()
    desk.undo(editor)
    yield Waiting(f"undo of {count:,} items", [_since(begun)], _BULK * count / _IN_BULK)


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


def _last(decisions: Sequence[Decision]) -> int:
    return decisions[-1].number if decisions else 0


def _some(desk: Desk, most: int) -> QueueFilter:
    """Return a queue of at most so many items: those below some score."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if desk.preview(QueueFilter(score_max=middle), Verdict.REJECT).items > most:
            high = middle
        else:
            low = middle
    return QueueFilter(score_max=low)


# --- several at once --------------------------------------------------------------------------------------------------------


def work_together(settings: Settings, database: Database, *, editors: int, decisions: int) -> Load:
    """Let editors decide at once over HTTP, each so many items; return what was answered and what is on record."""
    accounts = Accounts(database, settings)
    tokens = [_token(accounts, f"editor{number}") for number in range(editors)]
    before = _count(database)
    with _serving(settings) as address, ThreadPoolExecutor(editors) as pool:
        told = list(pool.map(lambda token: _sit(address, token, decisions), tokens))
    answers = Counter(status for statuses, _ in told for status in statuses)
    return Load(answers, answers[200], _count(database) - before, tuple(took for _, times in told for took in times))


def _token(accounts: Accounts, name: str) -> str:
    account = accounts.add(name, EditorRole.EDITOR, None, by=_WHO)
    return accounts.make_token(account.id, "load", by=_WHO).secret


def _sit(address: str, token: str, decisions: int) -> tuple[list[int], list[float]]:
    """Be one editor: ask for the next item and decide it, again and again; return the statuses of the verdicts and all times."""
    statuses: list[int] = []
    times: list[float] = []
    with requests.Session() as session:
        session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        for number in range(decisions):
            begun = time.perf_counter()
            found = session.get(f"{address}/review/next", params={"ahead": "1"}, timeout=120)
            if not found.ok:
                statuses.append(found.status_code)
                continue
            if not (items := found.json()["items"]):
                break
            shown = items[0]
            form = {"verdict": _VERDICTS[number % 3].value, **dict(_SEEN.findall(shown["html"]))}
            answer = session.post(f"{address}/review/items/{shown['item']}/decide", form, timeout=120)
            times.append(_since(begun))
            statuses.append(answer.status_code)
    return statuses, times


def _count(database: Database) -> int:
    """Return how many decisions are on record."""
    with reading(database) as connection:
        return connection.execute(select(func.count()).select_from(ReviewDecisionRow)).scalar_one()


@contextmanager
def _serving(settings: Settings) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None, access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.05)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


# --- the command ------------------------------------------------------------------------------------------------------------


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.desk",
        description="The review desk with a long queue, and with several editors at once: how long they wait, and that nothing is lost.",
        epilog="Example: python -m benchmarks.desk --events 2000 --editors 5",
    )
    parser.add_argument("--events", type=int, default=40_000, metavar="N", help="events of which the queue is made (default: 40000)")
    parser.add_argument("--rounds", type=int, default=200, metavar="N", help="items that one editor decides (default: 200)")
    parser.add_argument("--editors", type=int, default=20, metavar="N", help="editors at once (default: 20)")
    parser.add_argument("--decisions", type=int, default=25, metavar="N", help="items that each of them decides (default: 25)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed makes other events (default: 1)")
    parser.add_argument("--database", metavar="URL", help="write to a schema of its own in this PostgreSQL database, dropped in the end")
    given = parser.parse_args(arguments)
    if min(given.events, given.rounds, given.editors, given.decisions) < 1 or given.seed < 0:
        raise UsageError("--events, --rounds, --editors and --decisions must be at least 1, --seed at least 0")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the queue, measure, print the figures and return the exit code; errors become one line on standard error."""
    try:
        given = _parse(sys.argv[1:] if arguments is None else arguments)
        with (
            _own_schema(given.database) if given.database else _own_file(None) as url,
            TemporaryDirectory(prefix="peninsula-desk-") as folder,
        ):
            return _measure_at(url, Path(folder), given)
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code


def _measure_at(url: str, folder: Path, given: argparse.Namespace) -> int:
    write_events(url, make_events(given.events, given.seed))
    settings = load_settings().model_copy(update={"database_url": url, "data_dir": folder, "api_rate": 0})
    database = open_database(url)
    try:
        desk = Desk(database, load_knowledge(settings.kb_dir, settings.lists_dir))
        begun = time.perf_counter()
        report = desk.refresh(everything=True)
        _say(
            f"{report.new:,} items of {report.looked_at:,} articles, {database.dialect.name}; made in {time.perf_counter() - begun:,.0f} s"
        )
        _say(f"{'':32}{'times':>7}{'p50':>10}{'p95':>10}{'max':>10}{'asked':>11}")
        accounts = Accounts(database, settings)
        for figure in measure(desk, accounts.add("alone", EditorRole.EDITOR, None, by=_WHO).editor, rounds=given.rounds):
            _say(figure.line())
        load = work_together(settings, database, editors=given.editors, decisions=given.decisions)
    finally:
        database.dispose()
    answers = ", ".join(f"{number} answered {status}" for status, number in sorted(load.answers.items()))
    if load.times:
        _say(Waiting(f"{given.editors} at once: item and verdict", load.times).line())
    _say(f"{answers}; {load.saved} saved, {load.recorded} on record: {'nothing lost' if load.is_good else 'WRONG'}")
    return 0 if load.is_good else 1


def _say(line: str) -> None:
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
