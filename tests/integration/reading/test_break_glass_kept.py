"""What a 紧急调阅 leaves behind: written down with every read, judged afterwards, once."""

from __future__ import annotations

import psycopg.errors
import pytest

from telemed.vocabulary import Role
from tests.integration.reading.emergency import OPEN, STRANGER, Somebody, Ward

LONGER = """
insert into break_glass_use select gen_random_uuid(), practitioner_id, organization_id, patient_id, reason, note,
    opened_at, opened_at + interval '1 hour 1 second' from break_glass_use
"""


async def test_numbers_are_not_tried_out(ward: Ward):
    doctor, colleague = await ward.hire(Role.REQUESTER), await ward.hire(Role.REQUESTER)
    answers = [await doctor.open(STRANGER) for _ in range(6)]
    assert [one.status for one in answers] == [200] * 5 + [429]
    assert (await colleague.open(STRANGER)).status == 200


async def test_every_read_under_it_says_so_in_the_audit(ward: Ward):
    """Each way by a person of its own: looks at one study within five minutes are one row, whichever came first."""
    ways = ward.ways | {
        "studies": f"/api/patients/{ward.county.patient}/studies",
        "readings": f"/api/readings?study_id={ward.study}",
        "qido": "/dicom-web/studies",
        "view": f"/api/reports/{ward.report}/view",
    }
    for name, path in ways.items():
        doctor = await ward.hire(Role.REQUESTER)
        use = (await doctor.opened())["id"]
        await doctor.call("POST" if name == "view" else "GET", path)
        opening, read = await ward.trail(doctor)
        assert opening == ("POST /api/break-glass", "cannot-tell", ""), name
        assert read[1:] == (f"break-glass:{use}", use), name


async def test_a_look_before_hides_no_look_under_it(ward: Ward):
    """The township knows the patient too: the same study within five minutes, once by scope and once by break-glass."""
    doctor = await ward.hire(Role.REQUESTER, at=ward.county.township)
    await doctor.sees()
    before = len(await ward.trail(doctor))
    use = (await doctor.opened())["id"]
    await doctor.sees()
    after = (await ward.trail(doctor))[before + 1 :]
    # the search is within the own scope and names no study; the others are written down again, under the use
    assert [(route, found) for route, _, found in after] == [
        ("GET /api/patients/{id}", use),
        ("GET /api/studies/{id}", use),
        ("GET /api/reports/{id}", use),
        ("GET /dicom-web/studies/{study}/series", ""),
    ]


async def test_the_review_list_says_who_why_and_what_was_read(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    use = (await doctor.opened())["id"]
    await doctor.sees()
    office = await ward.hire(Role.MEDICAL_OFFICE, at=ward.county.center)
    auditor = await ward.hire(Role.AUDITOR, at=ward.county.center)
    listed = (await office.call("GET", "/api/break-glass/uses")).body
    (item,) = listed["items"]
    assert (listed["waiting"], item["id"], item["reason"], item["note"]) == (1, use, "cannot-tell", "昏迷，无家属")
    assert (item["patient"]["name"], item["standing"], item["own"]) == ("王桂兰", "in-force", False)
    assert (item["reads"], item["studies"], item["reports"]) == (3, 1, 1)
    (seen,) = (await auditor.call("GET", "/api/break-glass/uses")).body["items"]
    assert (seen["patient"], seen["patient_id"]) == (None, str(ward.county.patient))
    technician = await ward.hire(Role.TECHNICIAN)
    assert (await technician.call("GET", "/api/break-glass/uses")).status == 403


async def test_a_use_is_judged_once_by_somebody_else_in_scope(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER, Role.MEDICAL_OFFICE)
    use = (await doctor.opened())["id"]
    office = await ward.hire(Role.MEDICAL_OFFICE, at=ward.county.center)
    elsewhere = await ward.hire(Role.MEDICAL_OFFICE, at=ward.county.township)
    path = f"/api/break-glass/uses/{use}/review"
    good = {"verdict": "justified", "note": ""}

    async def judged(who: Somebody, **said: str) -> tuple[int, str]:
        answer = await who.call("POST", path, good | said)
        return answer.status, "" if answer.status == 204 else answer.code

    assert await judged(doctor) == (403, "break-glass-own-review")
    assert await judged(elsewhere) == (404, "unknown-use")
    assert await judged(office, verdict="not-justified", note=" ") == (422, "break-glass-needs-note")
    assert await judged(office, verdict="") == (422, "malformed")
    assert (await office.call("GET", "/api/break-glass/uses")).body["waiting"] == 1
    assert await judged(office) == (204, "")
    assert await doctor.sees() == OPEN
    assert await judged(office) == (409, "break-glass-reviewed")
    done = (await office.call("GET", "/api/break-glass/uses?waiting=false")).body
    assert (done["waiting"], done["items"][0]["verdict"]) == (0, "justified")


async def test_only_its_own_person_ends_a_use_and_once(ward: Ward):
    doctor, colleague = await ward.hire(Role.REQUESTER), await ward.hire(Role.REQUESTER)
    path = f"/api/break-glass/{(await doctor.opened())['id']}/end"
    assert (await colleague.call("POST", path)).status == 404
    assert (await doctor.call("POST", path)).status == 204
    again = await doctor.call("POST", path)
    assert (again.status, again.code) == (409, "break-glass-over")


async def test_the_database_keeps_what_was_done(ward: Ward):
    await (await ward.hire(Role.REQUESTER)).opened()
    kept, checked = psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation
    near: list[tuple[str, type[Exception]]] = [
        ("delete from break_glass_use", kept),
        ("truncate break_glass_use", kept),
        ("update break_glass_use set note = 'x'", kept),
        ("update break_glass_use set expires_at = expires_at + interval '1 hour'", kept),
        (LONGER, checked),
        (
            "update break_glass_use set verdict = 'justified', reviewed_at = now(), reviewed_by = practitioner_id",
            checked,
        ),
        ("update break_glass_use set ended_at = now()", checked),
        ("update break_glass_use set verdict = 'justified'", checked),
    ]
    for statement, refusal in near:
        with pytest.raises(refusal):
            await ward.run(statement)
