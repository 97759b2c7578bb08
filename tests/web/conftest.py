"""The server over the database of the sample newsroom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.query import Reader, connect
from pipeline.settings import Settings
from pipeline.web.app import create_app


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
