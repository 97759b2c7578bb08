"""A desk for each test, on both databases."""

from __future__ import annotations

import pytest

from pipeline.store.engine import Database
from tests.review.desks import Newsroom


@pytest.fixture
def room(database: Database) -> Newsroom:
    """A newsroom with nothing read yet."""
    return Newsroom(database)
