"""The auditor asks who did what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from telemed.access.housekeeping import tidy
from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from telemed.vocabulary import Role

PATIENT, STUDY = uuid4(), uuid4()


@pytest.fixture
async def auditor(county: Any):
    pc = county.browser()
    await pc.sign_in(await county.person("auditor", Role.AUDITOR))
    return pc


async def write(
    county: Any, action: str, *, by: Any = None, days_ago: int = 0, entities: tuple[Entity, ...] = ()
) -> None:
    async with county.pool.transaction() as tx:
        await record(
            tx,
            AuditRow(
                at=county.clock() - timedelta(days=days_ago),
                action=action,
                outcome="success",
                practitioner_id=None if by is None else by.id,
                entities=entities,
            ),
        )


async def test_the_trail_is_searched_by_patient_person_thing_and_time(county: Any, auditor: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    await write(county, "study.read", by=doctor, days_ago=3, entities=(Entity("study", STUDY, PATIENT),))
    await write(county, "report.print", by=doctor, entities=(Entity("report", uuid4(), PATIENT),))
    await write(county, "study.read", by=doctor, entities=(Entity("study", uuid4(), uuid4()),))

    async def found(query: str) -> list[str]:
        return [one["action"] for one in (await auditor.call("GET", f"/api/audit?{query}")).body["items"]]

    assert await found(f"patient_id={PATIENT}") == ["report.print", "study.read"]
    assert await found(f"entity_id={STUDY}&entity_kind=study") == ["study.read"]
    assert await found(f"entity_id={STUDY}&entity_kind=report") == []
    assert await found(f"practitioner_id={doctor.id}&action=study") == ["study.read", "study.read"]
    assert await found(f"practitioner_id={doctor.id}&since=2026-11-22T00:00:00Z") == ["study.read", "report.print"]
    assert await found(f"patient_id={PATIENT}&until=2026-11-22T00:00:00Z") == ["study.read"]
    assert await found("outcome=failed") == []
    (one,) = (await auditor.call("GET", f"/api/audit?entity_id={STUDY}")).body["items"]
    assert one["practitioner_name"] == "liudefu"
    assert one["entities"] == [{"kind": "study", "id": str(STUDY), "patient": str(PATIENT)}]
    assert one["position"] is None


async def test_looking_at_the_trail_is_on_the_trail(county: Any, auditor: Any):
    await auditor.call("GET", f"/api/audit?patient_id={PATIENT}")
    (one,) = (await auditor.call("GET", f"/api/audit?patient_id={PATIENT}")).body["items"]
    assert one["action"] == "audit.read"


async def test_pages_of_the_trail_have_no_gap(county: Any, auditor: Any):
    for _ in range(7):
        await write(county, "x.same-moment", entities=(Entity("study", STUDY),))
    seen, before = [], ""
    while True:
        page = (await auditor.call("GET", f"/api/audit?entity_id={STUDY}&limit=3{before}")).body
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        before = "&before=" + page["next"].replace("+", "%2B")
    assert len(seen) == len(set(seen)) == 7


async def test_only_the_auditor_reads_the_trail(county: Any):
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.CENTER_HEAD):
        pc = county.browser()
        await pc.sign_in(await county.person(role.value, role))
        assert (await pc.call("GET", "/api/audit")).status == 403


async def test_sessions_a_month_over_are_forgotten(county: Any, auditor: Any):
    attempts, now = county.sign_in.attempts, county.clock()
    county.clock.pass_time(days=30, hours=11)
    await tidy(county.pool, attempts, county.clock())
    assert await county.one("select count(*) from session") == 1
    county.clock.pass_time(hours=2)
    await tidy(county.pool, attempts, county.clock())
    assert await county.one("select count(*) from session") == 0
    assert auditor.me["username"] == "auditor"
    assert now < county.clock()
