"""紧急调阅 over HTTP with real sessions: one record, one person, one hour, written down, judged afterwards."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg.errors
import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.config import Config
from telemed.county import assemble, gate
from telemed.endpoints import endpoints
from telemed.http.server import Server
from telemed.patients.break_glass import Reason
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.integration.reading.conftest import County

CARD, OTHER_CARD, STRANGER = "239999195603140024", "239999198907220115", "110101199003070011"
SPAN = timedelta(minutes=60)
LONGER = """
insert into break_glass_use select gen_random_uuid(), practitioner_id, organization_id, patient_id, reason, note,
    opened_at, opened_at + interval '1 hour 1 second' from break_glass_use
"""


@dataclass
class Answer:
    status: int
    body: Any

    @property
    def code(self) -> str:
        return self.body["code"]


@dataclass
class Somebody:
    """A person with a session at one organisation."""

    ward: Ward
    id: UUID
    place: UUID
    token: str

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        headers = signed_in(self.token)
        async with self.ward.client.request(method, path, json=body, headers=headers) as answer:
            text = await answer.read()
            said = "json" in answer.content_type and text
            return Answer(answer.status, await answer.json(content_type=None) if said else None)

    async def open(self, number: str = CARD, **changed: Any) -> Answer:
        body = {"by": "document", "number": number, "reason": "cannot-tell", "note": "昏迷，无家属"}
        return await self.call("POST", "/api/break-glass", body | changed)

    async def opened(self, number: str = CARD) -> dict[str, Any]:
        answer = await self.open(number)
        assert answer.status == 200, answer.body
        assert answer.body["record"] is not None
        return answer.body["record"]

    async def sees(self) -> dict[str, int]:
        """The status of every way to the record."""
        return {name: (await self.call("GET", path)).status for name, path in self.ward.ways.items()}


@dataclass
class Ward:
    """The county of the readings, with a signed report of a patient whom one township knows, and people elsewhere."""

    county: County
    client: TestClient[Any, Any]
    study: UUID
    report: UUID
    ways: dict[str, str] = field(default_factory=dict[str, str])

    async def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        async with self.county.pool.transaction() as tx:
            cursor = await tx.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def pass_time(self, span: timedelta) -> None:
        """Time goes by while everybody works: no screen locks itself."""
        self.county.now += span
        await self.run("update session set last_seen_at = %s", self.county.now)

    async def hire(self, *roles: Role, at: UUID | None = None, second_factor: bool = True) -> Somebody:
        place = at or self.county.other_township
        person, token = await hire(
            self.county.pool, place, *roles, now=self.county.now, name=f"医师{uuid4()}", second_factor=second_factor
        )
        return Somebody(self, person, place, token)

    async def person(self, name: str, card: str, *known_to: UUID) -> UUID:
        patient = uuid4()
        await self.run(
            "insert into patient (id, organization_id, name, name_search, name_pinyin, sex)"
            " values (%s, %s, %s, %s, 'x', 'M')",
            *(patient, known_to[0], name, name),
        )
        for place in known_to:
            await self.run("insert into patient_organization values (%s, %s)", place, patient)
        await self.run(
            "insert into patient_identifier (issuer, value, kind, patient_id)"
            " values ('CN:GB11643', %s, 'national-id', %s)",
            *(card, patient),
        )
        return patient

    async def trail(self, who: Somebody) -> list[tuple[str, str, str]]:
        """(route, purpose, use) of what the audit keeps of somebody's successes, in order."""
        rows = await self.run(
            "select detail ->> 'route', purpose, coalesce(detail ->> 'break_glass', '') from audit_event"
            " where practitioner_id = %s and outcome = 'success' order by id",
            who.id,
        )
        return [(route, purpose, use) for route, purpose, use in rows]


@pytest.fixture
async def ward(county: County) -> AsyncGenerator[Ward]:
    assembled = assemble(Config(), county.pool, key=bytes(32), clock=lambda: county.now)
    server = Server(endpoints(assembled), pool=county.pool, gate=gate(assembled), clock=lambda: county.now)
    reading = await county.ready()
    report = await county.signed(reading)
    study = (await county.row(reading)).study_id
    async with TestClient(TestServer(server.application())) as client:
        made = Ward(county, client, study, report)
        for place in (county.center, county.township, county.other_township):
            await made.run("insert into community_membership values (%s, '2026-01-01')", place)
        await made.run("insert into patient_organization values (%s, %s)", county.township, county.patient)
        await made.run(
            "insert into patient_identifier (issuer, value, kind, patient_id)"
            " values ('CN:GB11643', %s, 'national-id', %s)",
            *(CARD, county.patient),
        )
        ((uid,),) = await made.run("select study_instance_uid from imaging_study where id = %s", study)
        series = uuid4()
        await made.run(
            "insert into imaging_series (id, study_id, series_instance_uid, modality) values (%s, %s, %s, 'CT')",
            *(series, study, f"{uid}.1"),
        )
        await made.run(
            "insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid,"
            " digest, size, rows, columns, received_at) values (%s, %s, %s, '1.2.840.10008.5.1.4.1.1.2',"
            " '1.2.840.10008.1.2.1', sha256('gone'), 4, 512, 512, %s)",
            *(series, study, f"{uid}.1.1", county.now),
        )
        made.ways |= {
            "patient": f"/api/patients/{county.patient}",
            "study": f"/api/studies/{study}",
            "report": f"/api/reports/{report}",
            "series": f"/dicom-web/studies/{uid}/series",
            # the blob is not there: whoever may see the image is told that it is lost, whoever may not, nothing
            "image": f"/dicom-web/studies/{uid}/series/{uid}.1/instances/{uid}.1.1/rendered",
            "thumbnail": f"/dicom-web/studies/{uid}/thumbnail",
        }
        yield made


SHUT = {"patient": 404, "study": 404, "report": 404, "series": 204, "image": 404, "thumbnail": 404}
OPEN = {"patient": 200, "study": 200, "report": 200, "series": 200, "image": 503, "thumbnail": 503}


async def test_one_record_opens_with_its_studies_images_and_reports(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    assert await doctor.sees() == SHUT
    record = await doctor.opened()
    assert record["patient"]["name"] == "王桂兰"
    assert await doctor.sees() == OPEN
    studies = await doctor.call("GET", f"/api/patients/{ward.county.patient}/studies")
    assert [one["id"] for one in studies.body["items"]] == [str(ward.study)]
    readings = await doctor.call("GET", f"/api/readings?study_id={ward.study}")
    assert [one["current_version_id"] for one in readings.body["items"]] == [str(ward.report)]
    everything = await doctor.call("GET", "/dicom-web/studies")
    assert len(everything.body) == 1
    mine = (await doctor.call("GET", "/api/break-glass")).body
    assert [one["id"] for one in mine["items"]] == [record["id"]]
    assert mine["items"][0]["expires_at"] == "2026-11-23T02:12:00Z"


async def test_it_opens_nothing_but_reading(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    await doctor.opened()
    patient, report = ward.county.patient, ward.report
    refused = {
        "whole number": ("POST", f"/api/patients/{patient}/reveal", {"reason": ""}),
        "identity": ("POST", f"/api/patients/{patient}/identity", {"name": "王桂兰", "sex": "F"}),
        "print": ("POST", f"/api/reports/{report}/print", {"copies": 1, "paper": "A4", "reason": ""}),
        "acknowledge": ("POST", f"/api/reports/{report}/acknowledge", None),
        "delivered": ("POST", f"/api/reports/{report}/received", None),
    }
    assert {name: (await doctor.call(*way)).status for name, way in refused.items()} == dict.fromkeys(refused, 404)
    assert (await doctor.call("POST", f"/api/reports/{report}/view")).status == 204
    assert await ward.run("select kind from report_receipt") == []
    assert (await doctor.call("GET", "/api/studies")).body["items"] == []
    assert (await doctor.call("POST", "/api/patients/search", {"q": "王桂兰"})).body["items"] == []


async def expired(ward: Ward, _doctor: Somebody, _use: str) -> None:
    await ward.pass_time(SPAN)


async def ended(_ward: Ward, doctor: Somebody, use: str) -> None:
    assert (await doctor.call("POST", f"/api/break-glass/{use}/end")).status == 204


async def revoked(ward: Ward, _doctor: Somebody, use: str) -> None:
    office = await ward.hire(Role.MEDICAL_OFFICE, at=ward.county.center)
    said = {"verdict": "not-justified", "note": "无急诊记录"}
    assert (await office.call("POST", f"/api/break-glass/uses/{use}/review", said)).status == 204


async def role_lost(ward: Ward, doctor: Somebody, _use: str) -> None:
    await ward.run("update practitioner_role set role = 'registrar' where practitioner_id = %s", doctor.id)


async def works_elsewhere(ward: Ward, doctor: Somebody, _use: str) -> None:
    """The session is at another organisation of the same person."""
    place = uuid4()
    await ward.run(
        "insert into organization (id, code, name, kind) values (%s, 'LA13', '三道镇卫生院', 'township-hospital')",
        place,
    )
    await ward.run("insert into community_membership values (%s, '2026-01-01')", place)
    await ward.run("insert into practitioner_role values (%s, %s, 'requester')", doctor.id, place)
    await ward.run(
        "update session set organization_id = %s"
        " where account_id = (select id from account where practitioner_id = %s)",
        *(place, doctor.id),
    )


@pytest.mark.parametrize("ground", [expired, ended, revoked, role_lost, works_elsewhere])
async def test_a_record_shuts_again(ward: Ward, ground: Callable[..., Any]):
    doctor = await ward.hire(Role.REQUESTER)
    record = await doctor.opened()
    assert await doctor.sees() == OPEN
    await ground(ward, doctor, record["id"])
    assert await doctor.sees() == SHUT


async def test_a_moment_before_its_time_it_is_open(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    await doctor.opened()
    await ward.pass_time(SPAN - timedelta(seconds=1))
    assert await doctor.sees() == OPEN


async def test_another_persons_record_and_another_persons_eyes_stay_shut(ward: Ward):
    doctor, colleague = await ward.hire(Role.REQUESTER), await ward.hire(Role.REQUESTER)
    await ward.person("刘德福", OTHER_CARD, ward.county.township)
    other = await doctor.opened(OTHER_CARD)
    assert await doctor.sees() == SHUT
    assert (await doctor.call("GET", f"/api/patients/{other['patient']['id']}")).status == 200
    await doctor.opened()
    assert await doctor.sees() == OPEN
    assert await colleague.sees() == SHUT
    assert (await colleague.call("GET", "/api/break-glass")).body["items"] == []


async def test_the_second_factor_owed_opens_nothing_and_shuts_what_is_open(ward: Ward):
    reader = await ward.hire(Role.AUTHOR)
    await reader.opened()
    assert await reader.sees() == OPEN
    await ward.run("update session set second_factor_at = null")
    assert set((await reader.sees()).values()) == {403}
    answer = await reader.open()
    assert (answer.status, answer.code) == (403, "second-factor-needed")


async def test_a_role_without_the_action_opens_nothing(ward: Ward):
    for role in (Role.REGISTRAR, Role.TECHNICIAN, Role.VILLAGE_DOCTOR, Role.MEDICAL_OFFICE, Role.AUDITOR):
        answer = await (await ward.hire(role)).open()
        assert (answer.status, answer.code) == (403, "not-allowed"), role
    assert await ward.run("select id from break_glass_use") == []


async def test_without_a_reason_or_a_whole_number_nobody_is_looked_for(ward: Ward):
    near: list[tuple[dict[str, Any], str]] = [
        ({"note": "  "}, "break-glass-needs-reason"),
        ({"reason": "curiosity"}, "malformed"),
        ({"number": "23999919560314002"}, "document-unusable"),
        ({"number": "239999195603140025"}, "document-unusable"),
        ({"kind": "device"}, "document-unusable"),
        ({"by": "hospital-number", "number": "A000001"}, "number-needs-hospital"),
        ({"by": "name", "number": "王桂兰"}, "malformed"),
    ]
    for changed, code in near:
        answer = await (await ward.hire(Role.REQUESTER)).open(**changed)
        assert (answer.status, answer.code) == (422, code), changed
    assert await ward.run("select id from break_glass_use") == []


async def test_every_reason_on_the_list_opens(ward: Ward):
    for reason in Reason:
        answer = await (await ward.hire(Role.REQUESTER)).open(reason=reason)
        assert answer.status == 200, reason
    assert {row[0] for row in await ward.run("select reason from break_glass_use")} == set(Reason)


async def test_nobody_and_somebody_outside_the_community_are_one_answer(ward: Ward):
    doctor, outside = await ward.hire(Role.REQUESTER), uuid4()
    await ward.run(
        "insert into organization (id, code, name, kind) values (%s, 'OUT', '省肿瘤医院', 'outside-hospital')", outside
    )
    await ward.person("刘德福", OTHER_CARD, outside)
    unknown, elsewhere = await doctor.open(STRANGER), await doctor.open(OTHER_CARD)
    assert (unknown.status, unknown.body) == (elsewhere.status, elsewhere.body) == (200, {"record": None})
    assert await ward.run("select id from break_glass_use") == []
    assert [row[0] for row in await ward.run("select detail ->> 'found' from audit_event")] == ["0", "0"]


async def test_a_hospitals_own_number_names_one_person_at_that_hospital_alone(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    ((accession,),) = await ward.run(
        "select accession_number from service_request where patient_id = %s", ward.county.patient
    )
    by = {"by": "hospital-number", "number": accession}
    wrong = await doctor.open(**by, organization_id=str(ward.county.other_township))
    assert wrong.body == {"record": None}
    right = await doctor.open(**by, organization_id=str(ward.county.township))
    assert right.body["record"]["patient"]["id"] == str(ward.county.patient)
    await ward.run(
        "insert into patient_identifier (issuer, value, kind, patient_id) values (%s, 'L2611230001', 'temporary', %s)",
        *(f"ORG:{ward.county.township}", await ward.person("无名氏", OTHER_CARD, ward.county.township)),
    )
    temporary = await doctor.open("L2611230001", by="hospital-number", organization_id=str(ward.county.township))
    assert temporary.body["record"]["patient"]["name"] == "无名氏"


async def test_a_record_decided_to_be_the_same_person_opens_with_it(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    twin = await ward.person("王桂兰", OTHER_CARD, ward.county.township)
    await doctor.opened(OTHER_CARD)
    assert await doctor.sees() == SHUT
    await ward.run("update patient set same_as_id = %s where id = %s", ward.county.patient, twin)
    assert await doctor.sees() == OPEN


async def test_pressed_twice_it_is_one_use_and_opened_anew_another(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    first = await doctor.opened()
    await ward.pass_time(timedelta(minutes=5))
    assert (await doctor.opened())["id"] == first["id"]
    await ward.pass_time(SPAN)
    assert (await doctor.opened())["id"] != first["id"]


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
