"""One newsroom for all tests that only read from it."""

import http.client
from pathlib import Path

import pytest

from pipeline.sample.content import load_sample
from pipeline.sample.server import Newsroom

ROOT = Path(__file__).parent.parent.parent / "data" / "sample"


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def sample():
    return load_sample(ROOT)


@pytest.fixture(scope="module")
def newsroom():
    with Newsroom(ROOT) as newsroom:
        yield newsroom


@pytest.fixture
def fetch():
    """Get an address of the newsroom as a client with `connect_to` does: status, headers, body."""

    def fetch_url(newsroom, url, **headers):
        host, _, path = url.removeprefix("http://").partition("/")
        connection = http.client.HTTPConnection(newsroom.connect_to[host], timeout=5)
        try:
            connection.request("GET", f"/{path}", headers={"Host": host, **headers})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    return fetch_url
