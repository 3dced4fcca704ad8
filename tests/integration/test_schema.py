"""web/openapi.json against the server, by schemathesis: no bug, and every answer is what the document says it is.

Bounded: a few cases an operation, the same ones each time; `--long` takes many.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.test_nonsense import client

__all__ = ["client"]

DOCUMENT = Path(__file__).parents[2] / "web" / "openapi.json"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HEADERS = {"X-CSRF-Token": "c"}
FEW, MANY = 3, 60


def fault_of(operation, base: str, examples: int) -> str:
    """What is wrong with the answers of one operation, '' for nothing."""
    said: list[str] = []

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case):
        answer = case.call(base_url=base, headers=HEADERS)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            each = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
            said.append(f"{answer.status_code}: " + "; ".join(f"{one.title}: {one.message}" for one in each))

    ask()
    return said[0][:500] if said else ""


def faults_of(base: str, routes: set[tuple[str, str]], examples: int) -> tuple[list[str], int]:
    """Ask every operation of the document that is one of the routes: what is wrong, and how many were asked."""
    described = json.loads(DOCUMENT.read_text("utf-8"))
    operations = [found.ok() for found in schemathesis.openapi.from_dict(described).get_all_operations()]
    asked = [one for one in operations if (one.method.upper(), one.path) in routes]
    faults = {f"{one.method.upper()} {one.path}": fault_of(one, base, examples) for one in asked}
    return [f"{name} → {said}" for name, said in sorted(faults.items()) if said], len(asked)


@pytest.mark.timeout(1800)
async def test_every_answer_is_what_the_document_says(client, request):
    opened, endpoints = client
    # hospital systems prove themselves by a token of their own and are answered as their standard says: tests/*/cds
    routes = {(one.method, one.path) for one in endpoints if not one.any_origin}
    examples = MANY if request.config.getoption("--long") else FEW
    faults, asked = await asyncio.to_thread(faults_of, str(opened.make_url("")).rstrip("/"), routes, examples)
    if faults:
        pytest.fail("\n".join(faults))
    assert asked == len(routes) > 100
