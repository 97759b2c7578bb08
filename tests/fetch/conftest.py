from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from models.feeds import FeedSource
from pipeline.fetch import Client
from pipeline.sample.server import ReplayServer, Response, Routes
from pipeline.settings import Settings

NOW = datetime(2026, 9, 28, 0, 0, tzinfo=UTC)

QUICK = {"host_delay": 0.0, "connect_timeout": 2.0, "read_timeout": 0.3, "total_timeout": 5.0}


@pytest.fixture
def source() -> FeedSource:
    return FeedSource(
        id="wire-ko",
        publisher="Wire",
        url="https://wire.example/rss.xml",
        language="ko",
        country="KR",
        kind="wire",
        korea_filter=True,
        enabled=True,
        default_tz="Asia/Seoul",
    )


@pytest.fixture
def serve():
    """Start a replay server and a client for it; both end with the test."""
    with ExitStack() as stack:

        def start(routes: Routes | Response, *, hosts=("wire.example", "other.example"), pauses: list[float] | None = None, **settings):
            answer: Callable = (lambda request: routes) if isinstance(routes, Response) else routes
            server = stack.enter_context(ReplayServer(answer, hosts=hosts))
            waits = [] if pauses is None else pauses
            chosen = Settings(_env_file=None, **{"connect_to": server.connect_to, **QUICK, **settings})
            client = stack.enter_context(Client(chosen, sleep=waits.append))
            return client, server

        yield start


@pytest.fixture
def lone_client():
    """Make a client without a server; it ends with the test."""
    with ExitStack() as stack:

        def make(*, pauses: list[float] | None = None, **settings):
            waits = [] if pauses is None else pauses
            return stack.enter_context(Client(Settings(_env_file=None, **{**QUICK, **settings}), sleep=waits.append))

        yield make
