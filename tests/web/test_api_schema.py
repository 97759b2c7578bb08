"""The OpenAPI description against the server: schemathesis puts every kind of parameter to every address."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings

from models.filters import FIELDS
from pipeline.web.api import router
from pipeline.web.app import OPENAPI_PATH

MOST_EXAMPLES = 3
"""For each address, besides those that cover each parameter: together some twenty seconds of work."""

CHECKS = {
    "negative_data_rejection": {"expected-statuses": [400, 404, 414]},
    # What is not in the calendar, contradicts another parameter, or is nobody's id fits the description and is refused all the same.
    "positive_data_acceptance": {"enabled": False},
}

_interface = FastAPI()
_interface.include_router(router)


def _describe() -> dict[str, Any]:
    """Return the description with all fields of the filter at one address and three at the others, where they are read in the same way."""
    described = deepcopy(_interface.openapi())
    hidden = {field.name for field in FIELDS} - {"type", "since", "actor"}
    for path, operations in described["paths"].items():
        given = operations["get"].get("parameters", [])
        operations["get"]["parameters"] = [one for one in given if path == "/api/v1/count" or one["name"] not in hidden]
    return described


schema = schemathesis.openapi.from_dict(_describe(), config=schemathesis.Config.from_dict({"checks": CHECKS}))


def test_the_server_gives_the_description_that_is_tested(client: TestClient) -> None:
    given = client.get(OPENAPI_PATH).json()["paths"]
    described = _interface.openapi()["paths"]
    assert {path: given[path]["get"].get("parameters") for path in given} == {
        path: described[path]["get"].get("parameters") for path in described
    }


@schema.parametrize()
@settings(max_examples=MOST_EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_server_and_every_answer_is_as_described(case: schemathesis.Case, client: TestClient) -> None:
    case.call_and_validate(app=client.app)
