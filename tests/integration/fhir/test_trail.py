"""The auditor's searches of the trail: several values, the same parameter again, and the trail held against each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest

from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from tests.unit.fhir.rows import valid

ANNA, BERTA, NOBODY = UUID(int=71), UUID(int=72), UUID(int=73)
ROUTES = {"GET": "R", "POST": "E", "PUT": "U", "DELETE": "D", None: "E"}
OUTCOMES = {"0": "success", "4": "refused", "8": "failed"}
ACTIONS = ("patient.read", "patient.reveal", "report.read")
WHOSE = ((), (ANNA,), (BERTA,), (ANNA, BERTA))


@dataclass(frozen=True)
class Row:
    action: str
    outcome: str
    method: str | None
    whose: tuple[UUID, ...]
    day: int


# every value beside every other of its neighbour, a day of the month each
ROWS = [
    Row(action, outcome, method, whose, 1 + number % 5)
    for number, ((action, outcome), (method, whose)) in enumerate(
        product(product(ACTIONS, OUTCOMES.values()), zip(ROUTES, [*WHOSE, ()], strict=True))
    )
]


@pytest.fixture
async def trail(county, auditor):
    """The rows, and how to search among them: by their numbers in ROWS."""
    async with county.pool.transaction() as tx:
        for number, one in enumerate(ROWS):
            detail = {"number": number} if one.method is None else {"number": number, "route": f"{one.method} /api/x"}
            await record(
                tx,
                AuditRow(
                    at=datetime(2026, 10, one.day, 4, tzinfo=UTC),
                    action=one.action,
                    outcome=one.outcome,
                    entities=tuple(Entity("patient", who, who) for who in one.whose),
                    detail=detail,
                ),
            )
    numbers = {str(key): number for key, number in await county.rows("select id, detail -> 'number' from audit_event")}

    async def search(query: str) -> set[int]:
        found: set[int] = set()
        following = f"AuditEvent?date=ge2026-10-01&date=lt2026-11-01&_count=100&{query}"
        while following:
            answer = await auditor.get(following)
            assert answer.status == 200, answer.body
            valid(answer.body)
            found |= {numbers[one["id"]] for one in answer.resources}
            links = {one["relation"]: one["url"] for one in answer.body["link"]}
            following = links.get("next", "").partition("/fhir/R4/")[2]
        return found

    return search


def those(holds) -> set[int]:
    return {number for number, one in enumerate(ROWS) if holds(one)}


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("outcome=4", lambda one: one.outcome == "refused"),
        ("outcome=4,8", lambda one: one.outcome != "success"),
        ("outcome=4,8&outcome=0,8", lambda one: one.outcome == "failed"),
        ("outcome=4&outcome=0", lambda _one: False),
        ("outcome=4,nonsense", lambda one: one.outcome == "refused"),
        ("outcome=nonsense", lambda _one: False),
        ("subtype=patient.read", lambda one: one.action == "patient.read"),
        ("subtype=patient", lambda _one: False),
        ("subtype=patient.reveal,report.read", lambda one: one.action != "patient.read"),
        ("action=R", lambda one: one.method == "GET"),
        ("action=U,D", lambda one: one.method in {"PUT", "DELETE"}),
        ("action=E", lambda one: one.method in {"POST", None}),
        ("action=E,R", lambda one: one.method in {"POST", None, "GET"}),
        ("action=E,R&action=R,U", lambda one: one.method == "GET"),
        ("action=C", lambda _one: False),
        (f"patient={ANNA}", lambda one: ANNA in one.whose),
        (f"patient=Patient/{ANNA},{BERTA}", lambda one: one.whose != ()),
        (f"patient={ANNA}&patient={BERTA}", lambda one: len(one.whose) == 2),
        (f"patient={NOBODY},{ANNA}&patient={BERTA},{NOBODY}", lambda one: len(one.whose) == 2),
        (f"patient={ANNA}&patient={NOBODY}", lambda _one: False),
        ("date=2026-10-02,2026-10-04", lambda one: one.day in {2, 4}),
        ("date=2026-10-02,2026-10-04&date=gt2026-10-02", lambda one: one.day == 4),
        ("date=ne2026-10-03", lambda one: one.day != 3),
        ("date=lt2026-10-02,gt2026-10-04&date=ne2026-10-01", lambda one: one.day == 5),
        (
            f"patient={ANNA}&outcome=0,8&action=U,R&date=2026-10-01,2026-10-02,2026-10-03",
            lambda one: (
                ANNA in one.whose and one.outcome != "refused" and one.method in {"GET", "PUT"} and one.day in {1, 2, 3}
            ),
        ),
    ],
)
async def test_one_value_of_each_time_a_parameter_is_given_holds(trail, query, holds):
    assert await trail(query) == those(holds)


async def test_pages_of_several_values_hold_each_row_once(county, trail, auditor):
    seen: list[str] = []
    following = "AuditEvent?date=2026-10&outcome=0,4&outcome=4,0&_count=7"
    while following:
        answer = await auditor.get(following)
        seen += [one["id"] for one in answer.resources]
        links = {one["relation"]: one["url"] for one in answer.body["link"]}
        following = links.get("next", "").partition("/fhir/R4/")[2]
    assert len(seen) == len(set(seen)) == len(those(lambda one: one.outcome != "failed"))


async def test_every_patient_asked_about_stands_in_the_trail(county, trail, auditor):
    await auditor.get(f"AuditEvent?patient={ANNA},{BERTA}&patient={NOBODY}")
    asked = await county.one("select entities from audit_event order by id desc limit 1")
    assert {one["patient"] for one in asked} == {str(ANNA), str(BERTA), str(NOBODY)}


async def test_a_parameter_that_is_given_too_often_is_refused_with_its_name(auditor):
    answer = await auditor.get("AuditEvent?" + "&".join(["outcome=0"] * 5))
    assert (answer.status, answer.issue["code"], answer.issue["expression"]) == (400, "too-costly", ["outcome"])
    answer = await auditor.get("AuditEvent?outcome=" + ",".join("0" * 21))
    assert (answer.status, answer.issue["code"]) == (400, "too-costly")
    answer = await auditor.get("AuditEvent?outcome:not=0")
    assert answer.status == 400
