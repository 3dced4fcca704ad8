"""What happened to a patient since a result was made: told once, counted until it is taken back, never behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from telemed.errors import Conflict, Invalid
from telemed.recognition import intervening_store
from telemed.recognition.decision import Verdict
from telemed.recognition.facts import EventKind
from telemed.recognition.intervening import Told, refuse
from telemed.vocabulary import Role
from tests.integration.recognition.test_registry import against, verdict


def told(registered: Any, **other: Any) -> Told:
    """Surgery an hour ago, after the chest CT was made."""
    county = registered.county
    one = Told(
        id=uuid4(),
        patient_id=county.patient,
        kind=EventKind.SURGERY,
        at=county.now - timedelta(seconds=1),
        note="",
        organization_id=county.center,
        recorded_by=county.people["shen"].principal.practitioner_id,
        client_id=None,
        recorded_at=county.now,
    )
    return replace(one, **other)


async def tell(registered: Any, one: Told) -> bool:
    async with registered.county.pool.transaction() as tx:
        new = await intervening_store.tell(tx, one)
    await registered.catch_up()
    return new


async def test_surgery_since_the_result_speaks_against_it_until_it_is_taken_back(registered):
    before = await registered.ask()
    await registered.kept(before)
    one = told(registered)
    assert await tell(registered, one)
    since = await registered.ask()
    assert against(since) == {"event-between"}
    assert verdict(since) is not Verdict.MUST_OFFER
    await registered.kept(since)
    async with registered.county.pool.transaction() as tx:
        by = registered.county.people["shen"].principal.practitioner_id
        taking = {"reason": "登记错误", "by": by, "client_id": None, "now": registered.county.now}
        assert await intervening_store.withdraw(tx, one.id, **taking)
        assert not await intervening_store.withdraw(tx, one.id, **taking)
    await registered.catch_up()
    assert verdict(await registered.ask()) is Verdict.MUST_OFFER
    assert [one.differs for one in await registered.replayed()] == [(), ()]


async def test_what_happened_before_the_result_or_to_somebody_else_speaks_against_nothing(registered):
    other, _ = await registered.county.somebody()
    await tell(registered, told(registered, at=registered.county.now - timedelta(days=300)))
    await tell(registered, told(registered, patient_id=other))
    assert verdict(await registered.ask()) is Verdict.MUST_OFFER


async def test_the_same_event_told_twice_is_one_and_another_under_its_id_is_refused(registered):
    one = told(registered)
    assert await tell(registered, one)
    assert not await tell(registered, replace(one, recorded_at=one.recorded_at + timedelta(minutes=1)))
    with pytest.raises(Conflict):
        await tell(registered, replace(one, kind=EventKind.TRAUMA))
    async with registered.county.pool.connection() as connection:
        (listed,) = await intervening_store.events_of(connection, [one.patient_id])
    assert (listed.kind, listed.at, listed.withdrawn_at) == ("surgery", one.at, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": timedelta(minutes=6)},
        {"at": -timedelta(days=3661)},
    ],
    ids=["in the future", "more than ten years ago"],
)
async def test_a_time_that_cannot_be_is_refused_and_nothing_is_kept(wrong, registered):
    at = registered.county.now + wrong["at"]
    with pytest.raises(Invalid):
        await tell(registered, told(registered, at=at))
    async with registered.county.pool.connection() as connection:
        assert await intervening_store.events_of(connection, [registered.county.patient]) == []


def test_a_time_without_a_zone_is_refused(now):
    one = Told(uuid4(), uuid4(), EventKind.SURGERY, now.replace(tzinfo=None), "", uuid4(), uuid4(), None, now)
    assert refuse(one) is not None
    assert refuse(replace(one, at=now)) is None


async def test_what_was_told_is_never_changed(registered):
    one = told(registered)
    await tell(registered, one)
    async with registered.county.pool.connection() as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            await connection.execute("update intervening_event set at = now()")
        with pytest.raises(psycopg.errors.RestrictViolation):
            await connection.execute("delete from intervening_event")


async def test_a_clinician_tells_lists_and_takes_back_and_others_may_not(page):
    county = page.registered.county
    doctor = await page.hire(Role.REQUESTER, county.township)
    path = f"/api/patients/{page.patient}/intervening-events"
    said = {"submission_id": str(uuid4()), "kind": "transfusion", "at": county.now.isoformat(), "note": "红细胞 2 U"}
    status, body = await doctor.call("POST", path, said)
    assert status == 200, body
    assert [(one["kind"], one["own"], one["withdrawn"]) for one in body["items"]] == [("transfusion", True, False)]
    number = body["items"][0]["id"]
    other = await page.hire(Role.AUTHOR, county.center)
    status, refused = await other.call("POST", f"{path}/{number}/withdrawal", {"reason": "误登记"})
    assert (status, refused["code"]) == (403, "event-of-another")
    elsewhere = f"/api/patients/{uuid4()}/intervening-events"
    assert (await doctor.call("POST", elsewhere, said))[0] == 404
    assert (await doctor.call("POST", f"{elsewhere}/{number}/withdrawal", {"reason": "误登记"}))[0] == 404
    registrar = await page.hire(Role.REGISTRAR, county.township)
    assert (await registrar.call("GET", path))[0] == 403
    status, body = await doctor.call("POST", f"{path}/{number}/withdrawal", {"reason": "误登记"})
    assert status == 200, body
    assert [one["withdrawn"] for one in body["items"]] == [True]
    kept = await page.rows("select count(*) from audit_event where action like %s", "recognition%")
    assert kept[0][0] >= 2
