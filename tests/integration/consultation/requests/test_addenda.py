"""An addendum to a signed opinion: beside it and never over it, for whoever signed, answered by the inviting side."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509

from telemed.access.passwords import Passwords
from telemed.consultation.model.states import WORDS, Urgency, Verdict
from telemed.consultation.opinion.verifying import Verified, verify
from telemed.consultation.service import addenda, answering, opinions, requesting
from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from telemed.outgoing.model import Answer
from telemed.outgoing.sending import Receiver, install
from tests.hiring import signed_in
from tests.integration.consultation.requests.asked import PERSONS, ZONE, Asked
from tests.integration.consultation.requests.door import Door
from tests.integration.consultation.requests.test_states_walk import reach, snapshot
from tests.integration.consultation.test_command import verify as verified

SIGNED = {"returned", "decided", "archived"}
WHY, WHAT = "补充肌钙蛋白结果", "肌钙蛋白 I 升高，支持急性心肌梗死。\n请立即转诊。"


async def signed(door: Door, *, owing: bool = False) -> UUID:
    """A consultation whose opinion was signed with its paper. owing: its decision leaves it open."""
    asked = door.asked
    number = await asked.submitted("approval" if owing else "paper", urgency=Urgency.URGENT)
    await asked.act("tang", answering.offer, number, asked.who("qin"), ZONE)
    await asked.act("qin", answering.accept, number)
    await asked.act("qin", answering.begin, number)
    await asked.act("qin", opinions.write, number, "考虑急性冠脉综合征", "复查肌钙蛋白", 0)
    made = await made_by(door, opinions.prepare, number, 1)
    await asked.act("qin", opinions.sign, number, made)
    return number


async def made_by(door: Door, prepare: Callable[..., Awaitable[Any]], number: UUID, revision: int) -> Any:
    asked, desk = door.asked, door.desk
    principal = asked.county.people["qin"].principal
    return await prepare(
        asked.pool, principal, number, revision=revision, now=asked.county.now, zone=desk.zone, sealing=desk.sealing
    )


async def added(door: Door, number: UUID, reason: str = WHY, text: str = WHAT) -> int:
    """An addendum, written and signed."""
    asked = door.asked
    known = await asked.rows("select revision from consultation_addendum_draft where consultation_id = %s", number)
    revision = await asked.act("qin", addenda.write, number, reason, text, known[0][0] if known else 0)
    made = await made_by(door, addenda.prepare, number, revision)
    return await asked.act("qin", addenda.sign, number, made)


async def test_the_new_paper_says_what_it_adds_to_and_the_first_one_stays_as_it_was(door: Door, tmp_path: Path):
    number = await signed(door)
    asked, sealing = door.asked, door.desk.sealing
    (first,) = await asked.rows("select * from consultation_opinion")
    document = await asked.rows("select document from consultation_opinion where version = 1")
    paper = await sealing.read(document[0][0])
    asked.later(hours=3)
    assert await added(door, number) == 2
    asked.later(hours=1)
    assert await added(door, number, "补充心电图", "ST 段抬高。") == 3
    assert (await asked.rows("select * from consultation_opinion where version = 1")) == [first]
    rows = await asked.rows("select document, diagnosis, advice from consultation_opinion order by version")
    assert await sealing.read(rows[0][0]) == paper
    assert {one[1:] for one in rows} == {("考虑急性冠脉综合征", "复查肌钙蛋白")}
    authority = x509.load_pem_x509_certificate(door.county.config.county_authority.read_bytes())
    papers = [await sealing.read(one[0]) for one in rows]
    found = [await asyncio.to_thread(verify, one, (authority,)) for one in papers]
    assert all(isinstance(one, Verified) for one in found)
    last = found[2].opinion  # type: ignore[union-attr]
    assert (last.version, last.reason, last.addition.text) == (3, "补充心电图", "ST 段抬高。")
    assert (last.diagnosis, last.advice) == (found[0].opinion.diagnosis, found[0].opinion.advice)  # type: ignore[union-attr]
    for before, said in zip(found[:2], last.addition.earlier, strict=True):
        assert said.text_sha256 == before.evidence.text_sha256  # type: ignore[union-attr]
        assert said.signed_at == before.opinion.signed_at  # type: ignore[union-attr]
    assert [one.document_sha256 for one in last.addition.earlier] == [
        hashlib.sha256(one).hexdigest() for one in papers[:2]
    ]
    assert [one.addendum for one in last.addition.earlier] == ["", WHAT]
    # a third party reads the same, with the file and the CA's certificate alone
    path = tmp_path / "third.pdf"
    path.write_bytes(papers[2])
    done = await asyncio.to_thread(verified, path, "--ca", door.county.config.county_authority)
    assert done.returncode == 0, done.stderr
    for one in last.addition.earlier:
        assert f"v{one.version} {one.signed_at} {one.text_sha256} PDF {one.document_sha256}" in done.stdout


async def test_the_room_says_what_was_added_while_it_is_open_and_a_closed_log_stays(door: Door):
    number = await signed(door)
    asked = door.asked
    await added(door, number)
    room = (await asked.row(number)).room_id
    last = "select kind, data from room_event where room_id = %s order by seq desc limit 1"
    ((kind, data),) = await asked.rows(last, room)
    assert (kind, json.loads(data)["text"]) == ("opinion.addend", f"{WHY}\n\n{WHAT}")
    await asked.act("wang", requesting.decide, number, Verdict.ADOPTED, "")
    assert await asked.state(number) == "archived"
    closed = await asked.rows("select seq, head from room where id = %s", room)
    assert await added(door, number) == 3
    assert await asked.rows("select seq, head from room where id = %s", room) == closed
    ((evidence,),) = await asked.rows("select evidence from consultation_opinion where version = 3")
    assert json.loads(evidence)["room"]["seq"] == closed[0][0]


async def test_an_addendum_after_the_decision_waits_for_the_inviting_side_whatever_the_state(door: Door):
    asked = door.asked
    number = await signed(door)
    physician = await door.physician()
    await asked.act("wang", requesting.decide, number, Verdict.ADOPTED, "")
    assert await owed(physician, number) == 0
    await added(door, number)
    assert await asked.state(number) == "archived"
    assert await owed(physician, number) == 1
    path = f"/api/consultations/{number}/addenda/2/answer"
    assert (await physician.call("POST", path, {"verdict": "partly"}))[0] == 422
    assert (await physician.call("POST", path, {"verdict": "partly", "reason": "已转上级医院"}))[0] == 204
    status, refused = await physician.call("POST", path, {"verdict": "adopted"})
    assert (status, refused["code"]) == (409, "addendum-answered")
    assert await owed(physician, number) == 0
    for unknown in ("1", "3", "9999", "x", "²", "12345"):
        assert (
            await physician.call(
                "POST", f"/api/consultations/{number}/addenda/{unknown}/answer", {"verdict": "adopted"}
            )
        )[0] == 404
    _, seen = await physician.call("GET", f"/api/consultations/{number}")
    assert [(one["version"], one["reason"], one["addendum"]) for one in seen["opinions"]] == [
        (2, WHY, WHAT),
        (1, "", ""),
    ]
    assert [(one["verdict"], one["reason"]) for one in seen["addendum_answers"]] == [("partly", "已转上级医院")]
    assert (seen["consultation"]["verdict"], seen["addendum_draft"]) == ("adopted", None)
    commands = await asked.rows(
        "select command, from_state, to_state from consultation_step order by number desc limit 2"
    )
    assert commands == [("answer-addendum", "archived", "archived"), ("addend", "archived", "archived")]


async def owed(physician: Any, number: UUID) -> int:
    """As the list of what is open says it; an archived one is there while something is owed."""
    status, found = await physician.call("GET", "/api/consultations?open=true")
    assert status == 200
    return sum(one["addenda_owed"] for one in found["items"] if one["id"] == str(number))


async def test_a_decision_is_about_what_was_read(door: Door):
    """The expert adds while the inviting physician decides: that decision is refused, the next one answers both."""
    asked = door.asked
    number = await signed(door, owing=True)
    physician = await door.physician()
    await added(door, number)
    path = f"/api/consultations/{number}/decide"
    status, refused = await physician.call("POST", path, {"verdict": "adopted", "version": 1})
    assert (status, refused["code"]) == (409, "opinion-added-meanwhile")
    assert await asked.state(number) == "returned"
    assert (await physician.call("POST", path, {"verdict": "adopted", "version": 2}))[0] == 204
    assert await asked.state(number) == "decided"
    assert await owed(physician, number) == 0
    with pytest.raises(Conflict):
        await asked.act("wang", addenda.answer, number, 2, Verdict.ADOPTED, "")


@pytest.mark.parametrize("state", sorted(WORDS.values()))
async def test_only_who_signed_adds_and_only_to_what_is_signed(asked: Asked, state: str):
    number = await reach(asked, state)
    before = await snapshot(asked)
    for person, name in PERSONS.items():
        allowed = state in SIGNED and person == "expert"
        if not allowed:
            with pytest.raises((Forbidden, Conflict, NotFound)):
                await asked.act(name, addenda.write, number, WHY, WHAT, 0)
        with pytest.raises((Forbidden, Conflict, NotFound)):
            await asked.act(name, addenda.answer, number, 1, Verdict.ADOPTED, "")
    assert await snapshot(asked) == before
    if state in SIGNED:
        assert await asked.act("qin", addenda.write, number, WHY, WHAT, 0) == 1
        assert await asked.state(number) == state


async def test_two_windows_write_one_addendum_and_sign_it_once(door: Door):
    asked = door.asked
    number = await signed(door)
    assert await asked.act("qin", addenda.write, number, WHY, "第一个窗口", 0) == 1
    for stale in (0, 7):
        with pytest.raises(Conflict) as refused:
            await asked.act("qin", addenda.write, number, WHY, "第二个窗口", stale)
        assert refused.value.code == "written-meanwhile"
    made, again = [await made_by(door, addenda.prepare, number, 1) for _ in range(2)]
    assert await asked.act("qin", addenda.sign, number, made) == 2
    with pytest.raises(Conflict):
        await asked.act("qin", addenda.sign, number, again)
    assert await asked.rows("select count(*) from consultation_opinion") == [(2,)]
    # the window that was open all along neither signs nor writes over what comes next
    with pytest.raises((Conflict, Invalid)):
        await made_by(door, addenda.prepare, number, 1)
    with pytest.raises(Conflict):
        await asked.act("qin", addenda.write, number, WHY, "旧窗口", 1)
    assert await asked.rows("select reason, addendum, revision from consultation_addendum_draft") == [("", "", 2)]


async def test_an_empty_one_is_not_signed_and_controls_are_not_kept(door: Door):
    asked = door.asked
    number = await signed(door)
    await asked.act("qin", addenda.write, number, "", WHAT, 0)
    with pytest.raises(Invalid):
        await made_by(door, addenda.prepare, number, 1)
    await asked.act("qin", addenda.write, number, "补充\r\n原因\x07", "一\r\n二\x85", 1)
    ((reason, text),) = await asked.rows("select reason, addendum from consultation_addendum_draft")
    assert (reason, text) == ("补充 原因", "一\n二")
    made = await made_by(door, addenda.prepare, number, 2)
    assert await asked.act("qin", addenda.sign, number, made) == 2


async def test_whoever_has_left_the_institution_does_not_use_its_seal(door: Door):
    asked = door.asked
    number = await signed(door)
    await asked.act("qin", addenda.write, number, WHY, WHAT, 0)
    person = asked.county.people["qin"]
    asked.county.people["qin"] = type(person)(
        replace(person.principal, organization_ids=frozenset({asked.county.township})), person.scope
    )
    with pytest.raises(Forbidden) as refused:
        await made_by(door, addenda.prepare, number, 1)
    assert refused.value.code == "works-elsewhere"


async def test_over_http_a_wrong_password_signs_nothing_and_the_right_one_does(door: Door):
    asked, expert = door.asked, await door.expert()
    number = await asked.submitted()
    await asked.act("tang", answering.offer, number, expert.id, ZONE)
    path = f"/api/consultations/{number}"
    hashed = await Passwords().hash("龙安-Telemed-2026!")
    async with asked.pool.transaction() as tx:
        await tx.execute("update account set password_hash = %s where practitioner_id = %s", (hashed, expert.id))
    for step, body in (("accept", None), ("begin", None)):
        assert (await expert.call("POST", f"{path}/{step}", body))[0] == 204
    said = {"diagnosis": "考虑急性冠脉综合征", "advice": ""}
    assert (await expert.call("PUT", f"{path}/opinion", said))[0] == 200
    right, wrong = "龙安-Telemed-2026!", "password"
    assert (await expert.call("POST", f"{path}/sign", {"password": right, "revision": 1}))[0] == 200
    status, written = await expert.call("PUT", f"{path}/addendum", {"reason": WHY, "addendum": WHAT})
    assert (status, written) == (200, {"revision": 1})
    before = await snapshot(asked)
    status, _ = await expert.call("POST", f"{path}/addendum/sign", {"password": wrong, "revision": 1})
    assert status == 403
    assert await snapshot(asked) == before
    async with asked.pool.transaction() as tx:
        await tx.execute("update session set second_factor_at = null")
    assert (await expert.call("POST", f"{path}/addendum/sign", {"password": right, "revision": 1}))[0] == 403
    assert await snapshot(asked) == before
    async with asked.pool.transaction() as tx:
        await tx.execute("update session set second_factor_at = %s", (asked.county.now,))
    status, done = await expert.call("POST", f"{path}/addendum/sign", {"password": right, "revision": 1})
    assert (status, done["version"]) == (200, 2)
    _, seen = await expert.call("GET", path)
    assert (seen["addendum_draft"]["reason"], seen["addendum_draft"]["revision"]) == ("", 2)
    for version in (1, 2):
        async with expert.client.get(f"{path}/opinions/{version}/document", headers=signed_in(expert.token)) as answer:
            assert (answer.status, (await answer.read())[:5]) == (200, b"%PDF-")


async def test_whoever_asked_is_told_of_each_addendum_once(door: Door):
    async def taken(_id: UUID, _document: bytes) -> Answer:
        return Answer(204)

    asked = door.asked
    receiver = Receiver("gateway", "https://gateway.example", b"1", (), (), phones=False, send=taken)
    async with asked.pool.transaction() as tx:
        await install(tx, [receiver], asked.county.now)
    number = await signed(door)
    asked.later(hours=3)
    await added(door, number)
    asked.later(hours=1)
    await added(door, number, "补充心电图", "ST 段抬高。")
    told = (
        "select kind, count(*) from outgoing_message where subject = %s and kind like '%%signed' group by 1 order by 1"
    )
    assert await asked.rows(told, number) == [("consultation.addendum-signed", 2), ("consultation.opinion-signed", 1)]
