"""归属更正: the old report is void, who had it is listed, the study changes hands, the reading begins anew."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from telemed.db import fetch_one
from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from telemed.imaging import proposing
from telemed.reading.service import amendments, claims, delivery, listing, site, submission
from telemed.reading.store.readings import queries
from telemed.reading.store.rows import RequestRow, VersionRow
from telemed.vocabulary import Role


async def rows(county, query, *values) -> list[dict]:
    async with county.pool.connection() as connection:
        cursor = await connection.execute(query, values)
        names = [one.name for one in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


async def look(county, name: str, report, minutes: int = 0) -> None:
    """Somebody opens a report on the screen, as the audit records it."""
    who = county.people[name].principal
    async with county.pool.transaction() as tx:
        await record(
            tx,
            AuditRow(
                at=county.now + timedelta(minutes=minutes),
                action="report.read",
                outcome="success",
                account_id=who.account_id,
                practitioner_id=who.practitioner_id,
                organization_id=who.organization_id,
                session_id=who.session_id,
                entities=(Entity("report", report),),
            ),
        )


async def test_a_signed_report_of_the_wrong_patient_is_void_and_the_study_read_anew(county):
    reading = await county.ready()
    report = await county.signed(reading)
    study = (await county.row(reading)).study_id
    (before,) = await rows(county, "select patient_id, service_request_id from imaging_study where id = %s", study)
    patient, request = await county.somebody()
    await county.reassign(study, (patient, request))
    old = await county.row(reading)
    assert old.state == "void"
    (void,) = await rows(county, "select * from report_version where id = %s", old.current_version_id)
    assert (void["status"], void["replaces_id"], void["reason"]) == ("entered-in-error", report, "登记时选错患者")
    (row,) = await rows(county, "select * from imaging_study where id = %s", study)
    assert (row["patient_id"], row["service_request_id"], row["match_state"]) == (patient, request, "confirmed")
    anew = await county.reading_of(study)
    assert anew != reading
    assert (await county.row(anew)).state == "awaiting-reading"
    shown = await rows(county, "select id, patient_id from reading_overview where study_id = %s", study)
    assert {one["id"]: one["patient_id"] for one in shown} == {reading: before["patient_id"], anew: patient}
    shown_ids = (reading, anew)
    # the void report stays whose it was, with what was asked for that patient
    async with county.pool.connection() as connection:
        version = await fetch_one(connection, queries["version"], {"id": old.current_version_id}, VersionRow)
        asked = {
            one: await fetch_one(connection, listing.queries["request_of_reading"], {"id": one}, RequestRow)
            for one in shown_ids
        }
    assert version.patient_id == before["patient_id"]
    assert {one: row.id for one, row in asked.items()} == {reading: before["service_request_id"], anew: request}
    requests = await rows(county, "select id, status from service_request")
    assert {one["id"]: one["status"] for one in requests} == {
        before["service_request_id"]: "active",
        request: "completed",
    }
    with pytest.raises(Conflict, match="report-superseded"):
        await county.act("li", delivery.record_print, report, copies=1, paper="A4", reason="")
    assert await county.events("report.voided") == 1
    assert await county.events("correction.confirmed") == 1


async def test_the_new_reading_is_signed_as_any_other(county):
    reading = await county.ready()
    await county.signed(reading)
    study = (await county.row(reading)).study_id
    await county.reassign(study, await county.somebody())
    anew = await county.reading_of(study)
    await county.signed(anew)
    assert (await county.row(anew)).state == "signed"


async def test_whoever_opened_printed_or_was_called_is_to_be_told(county):
    await county.hire("xia", county.township, {Role.REQUESTER})
    reading = await county.ready()
    report = await county.signed(reading)
    study = (await county.row(reading)).study_id
    await county.act("li", delivery.record_delivery, report)
    await county.act("xia", delivery.record_view, report)
    await county.act("li", delivery.record_print, report, copies=1, paper="A4", reason="")
    await look(county, "wang", report)
    await look(county, "shen", report)
    await look(county, "xu", uuid4())
    discrepancy = await county.act("gao", amendments.record_second_final, reading, "外院报告", "县中医医院")
    await county.act(
        "gao",
        amendments.record_phone_call,
        discrepancy,
        told_name="孟院长",
        told_staff_number="88",
        told_at=county.now,
        read_back="已复述",
    )
    correction = await county.propose(study, await county.somebody())
    await county.confirm(correction)
    async with county.pool.connection() as connection:
        found = await proposing.notices(connection, correction)
    assert {one.name: one.means for one in found} == {
        "医师li": ["printed"],
        "医师xia": ["viewed"],
        "医师wang": ["opened"],
        "孟院长 88": ["called"],
    }
    assert await county.events("notice.opened") == 4
    assert all(one.told_at is None for one in found)
    wang = next(one for one in found if one.name == "医师wang")
    who = county.people["shen"]
    for expected in (None, "notice-told"):
        async with county.pool.transaction() as tx:
            row = await proposing.hold(tx, correction, who.scope)
            by = who.principal.practitioner_id
            if expected is None:
                await proposing.told(tx, row, wang.id, channel="phone", note="已收回纸质", by=by, at=county.now)
            else:
                with pytest.raises(Conflict, match=expected):
                    await proposing.told(tx, row, wang.id, channel="phone", note="", by=by, at=county.now)
    async with county.pool.connection() as connection:
        told = next(one for one in await proposing.notices(connection, correction) if one.id == wang.id)
    assert (told.told_by_name, told.told_at, told.channel) == ("医师shen", county.now, "phone")


async def test_the_proposer_does_not_confirm(county):
    reading = await county.ready()
    await county.signed(reading)
    study = (await county.row(reading)).study_id
    correction = await county.propose(study, await county.somebody(), "wang")
    with pytest.raises(Forbidden, match="four-eyes"):
        await county.confirm(correction, "wang")
    assert (await county.row(reading)).state == "signed"
    await county.confirm(correction, "zheng")
    assert (await county.row(reading)).state == "void"


async def test_without_a_report_a_colleague_confirms_and_nobody_signs(county):
    await county.hire("lin", county.township, {Role.TECHNICIAN})
    reading = await county.ready()
    study = (await county.row(reading)).study_id
    await county.confirm(await county.propose(study, await county.somebody()), "lin", signing=False)
    assert (await county.row(reading)).state == "canceled"
    assert await rows(county, "select id from correction_notice") == []


@pytest.mark.parametrize("preliminary", [False, True])
async def test_a_report_becomes_void_by_a_physician_with_the_signing_password_only(county, preliminary):
    await county.hire("lin", county.township, {Role.TECHNICIAN})
    reading = await county.ready(priority="stat", encounter_class="emergency")
    if preliminary:
        await county.act("gao", claims.claim_reading, reading)
        await county.write("gao", reading)
        screen = await county.screen(reading)
        confirmed = await county.confirmed("gao")
        await county.act("gao", submission.release_emergency, reading, screen, confirmed, county.signatures)
    else:
        await county.signed(reading)
    state = (await county.row(reading)).state
    study = (await county.row(reading)).study_id
    correction = await county.propose(study, await county.somebody())
    with pytest.raises(Forbidden, match="report-stands"):
        await county.confirm(correction, "shen", signing=False)
    with pytest.raises(Forbidden, match="report-stands"):
        await county.confirm(correction, "lin")
    assert (await county.row(reading)).state == state
    await county.confirm(correction, "shen")
    assert (await county.row(reading)).state == "void"


async def test_a_return_that_waits_for_the_site_is_closed(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    await county.act("gao", site.send_back, reading, "images", "缺侧位")
    await county.reassign((await county.row(reading)).study_id, await county.somebody())
    (closed,) = await rows(county, "select state, outcome from site_return where reading_id = %s", reading)
    assert closed == {"state": "closed", "outcome": "reassigned"}


async def test_a_correction_that_is_being_written_ends_with_the_report(county):
    reading = await county.ready()
    report = await county.signed(reading)
    await county.act("gao", amendments.begin_amendment, reading, amendments.Purpose.AMENDED, "更正")
    await county.reassign((await county.row(reading)).study_id, await county.somebody())
    row = await county.row(reading)
    (void,) = await rows(county, "select status, replaces_id from report_version where id = %s", row.current_version_id)
    assert (row.state, void) == ("void", {"status": "entered-in-error", "replaces_id": report})


async def test_the_county_proposes_nothing_for_a_township_it_does_not_see_and_another_township_neither(county):
    study = await county.push()
    with pytest.raises(NotFound):
        await county.propose(study, await county.somebody(), "xu")


async def test_a_study_goes_to_a_registration_of_its_own_site_only(county):
    study = await county.push()
    patient, request = await county.somebody(home=county.other_township)
    with pytest.raises(Invalid, match="not-of-this-site"):
        await county.propose(study, (patient, request))
    with pytest.raises(Invalid, match="not-of-this-site"):
        await county.propose(study, (patient, None))
    mine, own = await county.somebody()
    with pytest.raises(Invalid, match="not-of-this-site"):
        await county.propose(study, (patient, own))
    await county.propose(study, (mine, own))


async def test_what_is_so_already_is_not_proposed(county):
    study = await county.push()
    (row,) = await rows(county, "select patient_id, service_request_id from imaging_study where id = %s", study)
    with pytest.raises(Conflict, match="already-so"):
        await county.propose(study, (row["patient_id"], row["service_request_id"]))


async def test_a_mixed_study_is_split_first(county):
    study = await county.push()
    await county.change_study(study, "hold", "mixed")
    with pytest.raises(Conflict, match="study-held"):
        await county.propose(study, await county.somebody())


async def test_a_study_that_was_linked_otherwise_meanwhile_is_not_moved(county):
    reading = await county.ready()
    await county.signed(reading)
    study = (await county.row(reading)).study_id
    correction = await county.propose(study, await county.somebody())
    other, _ = await county.somebody()
    await county.change_study(study, "patient_id", other)
    with pytest.raises(Conflict, match="study-moved-on"):
        await county.confirm(correction)
    assert (await county.row(reading)).state == "signed"


async def test_a_patient_without_a_registration_keeps_the_purpose_of_the_study(county):
    reading = await county.ready()
    study = (await county.row(reading)).study_id
    patient, _ = await county.somebody()
    async with county.pool.transaction() as tx:
        await tx.execute("insert into patient_organization values (%s, %s)", (county.township, patient))
    await county.reassign(study, (patient, None))
    (row,) = await rows(county, "select patient_id, service_request_id, intent from imaging_study where id = %s", study)
    assert row == {"patient_id": patient, "service_request_id": None, "intent": "request-reading"}
    assert (await county.row(await county.reading_of(study))).state == "awaiting-reading"
