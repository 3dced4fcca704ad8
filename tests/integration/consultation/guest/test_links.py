"""A one-time link for an outside specialist: who makes it, exchanged once, until it is over."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from telemed.consultation.guest.invitations import MOST_LINKS
from telemed.consultation.room import close
from telemed.vocabulary import Role
from tests.integration.consultation.guest.invited import BODY, Case
from tests.integration.consultation.requests.door import Door, Somebody
from tests.integration.consultation.requests.test_routes import offered

WAITING = """select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%guest_invitation%'
             and datname = current_database() and pid <> pg_backend_pid()"""


async def test_a_link_is_exchanged_once_and_its_secret_is_kept_nowhere(case: Case):
    number, secret = await case.invite()
    assert await case.standing() == ["unused"]
    assert (await case.exchange(secret))[0] == 201
    case.door.client.session.cookie_jar.clear()
    again, said, _ = await case.exchange(secret)
    assert (again, said["code"]) == (410, "link-used")
    assert await case.standing() == ["used"]
    for table in ("guest_invitation", "audit_event", "event", "room_event", "room"):
        rows = await case.door.asked.rows(f"select count(*) from {table} t where t::text like %s", f"%{secret}%")
        assert rows == [(0,)], table
    tries = await case.door.asked.rows(
        "select outcome from audit_event where action = 'public:/api/guest/session' and detail ->> 'guest' = %s"
        " order by id",
        f"guest/{number}",
    )
    assert [one for (one,) in tries] == ["success", "refused"]


async def test_of_two_exchanges_at_once_one_has_the_session(case: Case):
    _, secret = await case.invite()
    done = await asyncio.gather(*(case.exchange(secret) for _ in range(5)))
    assert sorted(one[0] for one in done) == [201, 410, 410, 410, 410]


async def test_links_that_are_over_say_why(case: Case):
    _, late = await case.invite(hours=1)
    number, back = await case.invite()
    assert await case.withdraw(number) == 204
    assert await case.withdraw(number) == 204
    case.door.asked.later(hours=1)
    for secret, code in ((late, "link-expired"), (back, "link-withdrawn")):
        status, said, _ = await case.exchange(secret)
        assert (status, said["code"]) == (410, code)
    assert (await case.exchange("x" * 43))[0] == 404
    async with case.door.asked.pool.transaction() as tx:  # the screen has locked in that hour
        await tx.execute("update session set last_seen_at = %s", (case.door.asked.county.now,))
    assert sorted(await case.standing()) == ["expired", "withdrawn"]


@pytest.mark.parametrize("how", ["withdrawn", "expired", "closed"])
async def test_a_session_ends_with_its_invitation_and_with_the_room(case: Case, how: str):
    guest = await case.guest()
    assert (await guest.ask("GET", "/api/guest/session"))[0] == 200
    if how == "withdrawn":
        await case.withdraw(guest.number)
    elif how == "expired":
        case.door.asked.later(hours=24)
    else:
        async with case.door.asked.pool.transaction() as tx:
            await close(tx, case.room, by=str(case.physician.id), now=case.door.asked.county.now)
    assert await guest.ask("GET", "/api/guest/session") == (401, "not-signed-in")
    assert await guest.ask("GET", f"/api/rooms/{case.room}") == (401, "not-signed-in")


async def test_links_that_are_over_make_room_for_new_ones(case: Case):
    for _ in range(MOST_LINKS):
        await case.invite()
    path = f"/api/consultations/{case.number}/guests"
    status, said = await case.physician.call("POST", path, BODY)
    assert (status, said["code"]) == (409, "too-many-links")
    async with case.door.asked.pool.transaction() as tx:
        await tx.execute("update guest_invitation set expires_at = invited_at + interval '1 us'")
    case.door.asked.later(minutes=1)
    assert (await case.physician.call("POST", path, BODY))[0] == 201


async def test_a_link_that_is_withdrawn_while_it_is_exchanged_says_so(case: Case):
    number, secret = await case.invite()
    now = case.door.asked.county.now
    async with case.door.asked.pool.transaction() as tx:
        await tx.execute(
            "update guest_invitation set withdrawn_at = %s, withdrawn_by = invited_by where id = %s", (now, number)
        )
        meanwhile = asyncio.create_task(case.exchange(secret))
        async with case.door.asked.pool.connection() as watching, asyncio.timeout(20):
            while not await (await watching.execute(WAITING)).fetchall():
                await asyncio.sleep(0.05)  # the other transaction tells nothing until it has its lock
    status, said, _ = await meanwhile
    assert (status, said["code"]) == (410, "link-withdrawn")


async def test_the_expert_of_the_consultation_invites_and_withdraws(case: Case):
    path = f"/api/consultations/{case.number}/guests"
    status, made = await case.expert.call("POST", path, BODY)
    assert status == 201
    assert (await case.expert.call("POST", f"{path}/{made['id']}/withdraw"))[0] == 204


async def test_whoever_is_no_party_invites_nobody(case: Case):
    path = f"/api/consultations/{case.number}/guests"
    stranger = await case.door.hire(Role.REQUESTER, case.door.asked.county.center)
    assert (await stranger.call("POST", path, BODY))[0] == 404
    assert (await stranger.call("GET", path))[0] == 404
    assert (await stranger.call("POST", f"{path}/{uuid4()}/withdraw"))[0] == 404


async def test_a_withdrawn_guest_is_sent_out_of_the_room(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    assert await case.withdraw(guest.number) == 204
    last = await case.door.asked.rows(
        "select kind, data::jsonb ->> 'why' from room_event where room_id = %s order by seq desc limit 1", case.room
    )
    assert last == [("member.left", "removed")]


async def test_a_consultation_without_a_room_invites_nobody(door: Door):
    number = await offered(door, await door.expert())
    [(requester,)] = await door.asked.rows("select requester_id from consultation where id = %s", UUID(number))
    token = uuid4().hex + "0" * 11
    async with door.asked.pool.transaction() as tx:
        await tx.execute(
            "update session set token_digest = sha256(%s::text::bytea)"
            " where account_id = (select id from account where practitioner_id = %s)",
            (token, requester),
        )
    physician = Somebody(door.client, requester, token)
    status, said = await physician.call("POST", f"/api/consultations/{number}/guests", BODY)
    assert (status, said["code"]) == (409, "no-room")
