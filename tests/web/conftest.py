"""The server over the database of the sample newsroom."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, sync_playwright

from pipeline.query import Reader, connect
from pipeline.settings import Settings
from pipeline.web.app import create_app

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser: one for all tests, since a process can hold but one of its drivers."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium must not be missing on CI")
        pytest.skip("there is no Chromium on this machine")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to be root within its sandbox
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


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
