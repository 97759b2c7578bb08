"""Datasette on a snapshot: https://datasette.io shows the file to a browser, with our titles and questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigurationError
from pipeline.publish.checks import DATABASE

if TYPE_CHECKING:
    from datasette.app import Datasette

__all__ = ["open_datasette", "serve_snapshot"]

_SETTINGS: dict[str, Any] = {
    "default_page_size": 50,
    "sql_time_limit_ms": 5_000,
    "facet_time_limit_ms": 1_000,
    "suggest_facets": False,
    "max_csv_mb": 0,
}
"""Facets that Datasette would suggest by itself cost a query for each column of a page; the metadata names good ones."""


def open_datasette(snapshot: Path) -> Datasette:
    """Return Datasette with the file of a snapshot, which it cannot change. Raises ConfigurationError where Datasette is not installed."""
    try:
        from datasette.app import Datasette
    except ModuleNotFoundError as error:
        raise ConfigurationError("exploring a snapshot needs Datasette: run `pip install 'peninsula[explore]'`") from error

    metadata = json.loads((snapshot / "metadata.json").read_text("utf-8"))
    return Datasette(immutables=[str(snapshot / DATABASE)], metadata=metadata, settings=_SETTINGS)


def serve_snapshot(snapshot: Path, *, port: int) -> None:
    """Show a snapshot to the browsers of this machine until Ctrl-C or SIGTERM."""
    opened = open_datasette(snapshot)
    import uvicorn

    uvicorn.run(opened.app(), host="127.0.0.1", port=port, log_level="warning")
