"""Events as a pandas data frame."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from models.findings import EventFound
from pipeline.errors import ConfigurationError
from pipeline.query.flat import FLAT_TYPES, flatten

if TYPE_CHECKING:
    import pandas

__all__ = ["make_frame"]


def make_frame(events: Iterable[EventFound]) -> pandas.DataFrame:
    """Return the events as a data frame, one row for each, in their order: the columns and types are the same where there is none.

    Raises ConfigurationError where pandas is not installed.
    """
    try:
        import pandas
    except ModuleNotFoundError as error:
        raise ConfigurationError("data frames need pandas: run `pip install 'peninsula[frames]'`") from error

    rows = [flatten(event) for event in events]
    kinds = {str: "string", float: "float64", int: "int64", bool: "bool", datetime: "datetime64[us, UTC]"}
    columns = {name: pandas.Series([row[name] for row in rows], dtype=kinds[kind]) for name, kind in FLAT_TYPES.items()}
    return pandas.DataFrame(columns)
