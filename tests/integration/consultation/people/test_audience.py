"""An audience looks on: images, marks and messages come, and nothing that it asks for is taken."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest

from telemed.consultation.room.deciding import MAY
from telemed.consultation.room.refusals import WORDS
from tests.hiring import signed_in
from tests.integration.consultation.guest.invited import Case, study_uids
from tests.integration.consultation.people.joined import Inside, add, city, come_in, specialist
from tests.integration.consultation.requests.door import Somebody

IMAGE = {"study": "1.2", "series": "1.2.3", "sop": "1.2.3.4", "frame": 1}
VIEW = {**IMAGE, "pe": 0, "wc": 0, "ww": 1000, "zoom": 1000}
#: Every command that a page can send, as whoever may do it would.
ASKED: dict[str, dict[str, Any]] = {
    "member.admit": {"person": str(UUID(int=5))},
    "member.deny": {"person": str(UUID(int=5)), "why": ""},
    "member.role": {"person": str(UUID(int=5)), "role": "participant"},
    "consent.given": {"scope": "recording", "who": "patient"},
    "consent.withdrawn": {"scope": "recording", "who": "patient"},
    "presenter.request": {},
    "presenter.grant": {"person": str(UUID(int=5))},
    "presenter.take": {},
    "presenter.release": {},
    "anno.add": {**IMAGE, "id": "m1", "tool": "length", "geom": [0, 0, 1000, 1000]},
    "anno.upd": {"id": "m1", "geom": [0, 0, 1000, 1000]},
    "anno.del": {"id": "m1"},
    "chat.msg": {"text": "听得到吗"},
    "rec.start": {"id": "r1"},
    "vitals.note": {"code": "hr", "value": "80", "unit": "/min"},
    "minutes.rev": {"text": "纪要"},
    "opinion.draft": {"text": "意见"},
    "mode.video": {},
    "mode.audio": {},
    "mode.async": {},
}


@pytest.fixture
async def student(case: Case) -> Somebody:
    made = await specialist(case, await city(case))
    assert (await add(case, made, "audience"))[0] == 204
    return made


@pytest.fixture
async def looking(case: Case, student: Somebody) -> AsyncGenerator[Inside]:
    inside = await come_in(case, student)
    yield inside
    await inside.socket.close()


def test_every_command_is_tried_but_leaving_showing_and_closing():
    assert set(MAY) - set(ASKED) == {"member.left", "viewer.key", "room.close", "rec.stop"}


@pytest.mark.parametrize("kind", sorted(ASKED))
async def test_what_an_audience_asks_for_is_refused_with_words(looking: Inside, kind: str):
    said = await looking.command(kind, ASKED[kind], base=0)
    assert said["t"] == "err"
    assert said["code"] == "role-may-not"
    assert said["msg"] == {"zh": WORDS["role-may-not"].zh, "en": WORDS["role-may-not"].en}


async def test_an_audience_sends_nobody_out_and_leaves_when_it_likes(case: Case, looking: Inside):
    said = await looking.command("member.left", {"person": str(case.physician.id)})
    assert said["code"] == "role-may-not"
    await looking.socket.send_json({"t": "cmd", "cid": "out", "k": "member.left", "d": {"person": ""}})
    assert await looking.closed() == 1000


async def test_an_audience_adds_no_file_and_reads_those_of_others(case: Case, student: Somebody):
    path = f"/api/rooms/{case.room}/files"
    for who, status in ((student, 403), (case.physician, 201)):
        headers = {**signed_in(who.token), "X-File-Name": "a.txt", "Content-Type": "text/plain"}
        async with case.door.client.post(path, headers=headers, data="既往".encode()) as answer:
            assert answer.status == status
            said = await answer.json()
    headers = signed_in(student.token)
    async with case.door.client.get(f"{path}/{said['id']}", headers=headers) as answer:
        assert (answer.status, await answer.read()) == (200, "既往".encode())


async def test_an_audience_sees_messages_and_marks_and_the_images_they_are_on(
    case: Case, student: Somebody, looking: Inside
):
    assert looking.role == "audience"
    study, _ = await study_uids(case)
    [(sop,)] = await case.door.asked.rows(
        "select sop_instance_uid from imaging_instance i join imaging_study s on s.id = i.study_id"
        " where s.study_instance_uid = %s",
        study,
    )
    host = await come_in(case, case.physician)
    assert (await host.command("chat.msg", {"text": "请看左上"}))["t"] == "ok"
    assert (await looking.hears("chat.msg"))["d"]["text"] == "请看左上"
    mark = {"id": "m1", "study": study, "series": "1.2.3", "sop": sop, "frame": 1, "tool": "length"}
    assert (await host.command("anno.add", mark | {"geom": [0, 0, 1000, 1000]}))["t"] == "ok"
    assert (await looking.hears("anno.add"))["d"]["sop"] == sop
    assert (await student.call("GET", f"/dicom-web/studies/{study}/series"))[0] == 200


async def test_a_moderator_makes_no_speaker_of_an_audience(case: Case, student: Somebody):
    host = await come_in(case, case.physician)
    for role in ("participant", "expert", "moderator", "guest"):
        said = await host.command("member.role", {"person": str(student.id), "role": role})
        assert said["code"] == "not-by-socket"


async def test_an_audience_has_no_results_and_no_opinion(case: Case, student: Somebody):
    _, whole = await student.call("GET", f"/api/consultations/{case.number}")
    assert (whole["consultation"]["member"], whole["results"], whole["opinions"]) == ("audience", [], [])
    assert (await student.call("GET", f"/api/consultations/{case.number}/opinions/1/document"))[0] == 404


async def test_with_the_signed_opinion_it_is_over_for_the_audience(case: Case, student: Somebody):
    study, _ = await study_uids(case)
    async with case.door.asked.pool.transaction() as tx:
        await tx.execute(
            "update consultation set state = 'returned', returned_at = now() where id = %s", (case.number,)
        )
    assert (await student.call("GET", f"/api/consultations/{case.number}"))[0] == 404
    assert (await student.call("GET", f"/dicom-web/studies/{study}/series"))[0] == 403
