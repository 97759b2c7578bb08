"""The interface as a page: each address with its parameters, from the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["make_reference"]


def make_reference(described: Mapping[str, Any], source: str) -> str:
    """Return a page, without scripts, of an OpenAPI description that lies at `source`."""
    addresses = "".join(_address(path, operation["get"]) for path, operation in described["paths"].items())
    about = "".join(f"<p>{escape(part)}</p>" for part in described["info"]["description"].split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Interface for programs – Peninsula</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>Interface for programs</h1>'
        f'{about}<p>The full description, with every answer: <a href="{escape(source)}">{escape(source)}</a> (OpenAPI 3.1).</p>'
        f'{addresses}<p><a href="/">Search</a></p></main></body></html>\n'
    )


def _address(path: str, operation: Mapping[str, Any]) -> str:
    parameters = "".join(
        f"<dt><code>{escape(parameter['name'])}</code></dt><dd>{escape(parameter['description'])}</dd>"
        for parameter in operation.get("parameters", [])
    )
    return f"<h2><code>{escape(path)}</code></h2><p>{escape(operation['description'])}</p><dl>{parameters}</dl>"
