"""The signed paper of a conference names who was in the room, and nobody who never came."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID, uuid4

from aiohttp.test_utils import make_mocked_request
from pyhanko.pdf_utils.reader import PdfFileReader

from telemed.consultation.opinion import printed
from telemed.consultation.room import presence
from telemed.consultation.room.protocol import Hello
from telemed.consultation.service import opinions
from telemed.vocabulary import Principal, Role
from tests.integration.consultation.guest.invited import Case
from tests.integration.consultation.people.joined import add, city, specialist


async def test_the_paper_names_who_took_part(case: Case):
    asked = case.door.asked
    place = await city(case)
    came = await specialist(case, place, name="师远")
    looked = await specialist(case, asked.county.center, Role.AUTHOR, name="郭听")
    never = await specialist(case, place, name="未到")
    for who, role in ((came, "participant"), (looked, "audience"), (never, "participant")):
        assert (await add(case, who, role))[0] == 204
    async with asked.pool.transaction() as tx:
        for person in (case.physician, case.expert, came, looked):
            hello = Hello(v=1, device=str(person.id))
            await presence.enter(tx, case.room, str(person.id), hello, process=uuid4(), now=asked.county.now)
    principal = await _principal(case)
    assert (await case.expert.call("POST", f"/api/consultations/{case.number}/begin"))[0] == 204
    body = {"diagnosis": "考虑急性冠脉综合征", "advice": "转诊", "revision": 0}
    assert (await case.expert.call("PUT", f"/api/consultations/{case.number}/opinion", body))[0] == 200
    desk = case.door.desk
    made = await opinions.prepare(
        asked.pool, principal, UUID(case.number), revision=1, now=asked.county.now, zone=desk.zone, sealing=desk.sealing
    )
    text = "".join(printed.pages(PdfFileReader(BytesIO(await desk.sealing.read(made.document)))))
    assert "参加人员" in text
    assert "师远（市第一医院会诊同事）" in text
    assert "郭听" in text
    assert "旁听）" in text
    assert "未到" not in text


async def _principal(case: Case) -> Principal:
    """The expert, as the server sees the session."""
    request = make_mocked_request("GET", "/", headers={"Cookie": f"telemed={case.expert.token}"})
    found = await case.door.county.sessions.authenticate(request, case.door.asked.county.now)
    assert found is not None
    return found.principal
