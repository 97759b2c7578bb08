"""One database of the sample newsroom for all tests of the server: making it takes longer than all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from filelock import FileLock

from pipeline.demo import run_demo
from pipeline.query import Reader, connect
from pipeline.settings import Settings
from pipeline.web.app import create_app


@pytest.fixture(scope="session")
def news_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two nights of the sample newsroom, made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "newsroom"
    with FileLock(f"{folder}.lock"):
        done = folder / "done"
        if not done.exists():
            list(run_demo(Settings(model="blank", event_reader=False), data_dir=folder))
            done.touch()
    return folder


@pytest.fixture(scope="session")
def news_settings(news_folder: Path) -> Settings:
    """Settings of a server over it that limits nobody."""
    return Settings(data_dir=news_folder, model="blank", event_reader=False, api_rate=0)


@pytest.fixture(scope="session")
def reader(news_settings: Settings) -> Iterator[Reader]:
    with connect(news_settings.database) as opened:
        yield opened


@pytest.fixture(scope="session")
def client(news_settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(news_settings), follow_redirects=False) as opened:
        yield opened
