"""The routes of rooms with real sessions: who finds a room, its log in pages, files by content, the conversation."""

import asyncio
import json
from datetime import UTC, datetime

import aiohttp
import pytest

from telemed.consultation.call.turn import password
from telemed.consultation.room import close, verify_chain
from telemed.consultation.room.store import Whole, add_seen
from tests.hiring import signed_in
from tests.integration.consultation.room.office import RELAYS

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SCRIPT = PDF.replace(b"/Type/Catalog", b"/OpenAction<</S/JavaScript>>")


async def test_a_member_finds_the_room_and_nobody_else_does(office):
    answer, body = await office.ask("expert")
    assert answer.status == 200
    assert body["state"]["members"][office.ids["expert"]]["role"] == "expert"
    assert (body["seq"], body["state"]["seq"]) == (4, 4)
    for path in ("", "/events", "/files/" + "0" * 32, "/socket"):
        assert await office.code("stranger", path) == (404, "unknown-room"), path
        assert await office.code("registrar", path) == (403, "not-allowed"), path
    assert await office.code("stranger", "/files", "POST", data=PDF) == (404, "unknown-room")


async def test_the_relay_serves_for_a_while_who_is_let_in_and_nobody_else(office):
    answer, body = await office.ask("expert", "/ice-servers", "POST")
    assert answer.status == 200
    assert body["max_peers"] == 3
    (server,) = body["servers"]
    expiry, person = server["username"].split(":")
    assert person == office.ids["expert"]
    assert 0 < int(expiry) - datetime.now(UTC).timestamp() <= 5 * 60
    assert server["credential"] == password("north", server["username"])
    assert server["urls"] == list(RELAYS)
    assert await office.code("stranger", "/ice-servers", "POST") == (404, "unknown-room")
    assert await office.code("registrar", "/ice-servers", "POST") == (403, "not-allowed")
    assert await office.code("audience", "/ice-servers", "POST") == (403, "role-may-not")
    async with office.pool.transaction() as tx:
        await close(tx, office.room, by=office.ids["host"], now=datetime.now(UTC))
    assert await office.code("expert", "/ice-servers", "POST") == (409, "room-closed")


async def test_the_log_is_read_page_by_page_to_its_end(office, monkeypatch):
    monkeypatch.setattr("telemed.consultation.room.routes.PAGE", 3)
    after, seqs = 0, []
    while after is not None:
        _, body = await office.ask("expert", f"/events?after={after}")
        seqs += [one["seq"] for one in body["items"]]
        after = body["next"]
    assert seqs == [1, 2, 3, 4]
    for wrong in ("-1", "x", "1.5", str(2**60)):
        assert (await office.code("expert", f"/events?after={wrong}"))[0] == 422


async def test_a_file_is_put_in_once_and_read_as_nothing_but_itself(office):
    name = {"X-File-Name": "%E7%94%B3%E8%AF%B7%E5%8D%95.pdf"}
    answer, body = await office.ask("host", "/files", "POST", data=PDF, headers=name)
    assert answer.status == 201
    assert (body["name"], body["media"], body["size"]) == ("申请单.pdf", "application/pdf", len(PDF))
    _, again = await office.ask("host", "/files", "POST", data=PDF, headers=name)
    assert again["seq"] == body["seq"]
    assert await office.code("expert", "/files", "POST", data=PDF, headers=name) == (409, "file-known")
    answer, content = await office.ask("audience", f"/files/{body['id']}")
    assert content == PDF
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    _, view = await office.ask("expert")
    assert view["state"]["files"][body["id"]]["by"] == office.ids["host"]


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (SCRIPT, {"X-File-Name": "a.pdf"}, "file-acts"),
        (b"<html><script>", {"X-File-Name": "a.png", "Content-Type": "image/png"}, "file-acts"),
        (b"\x00\x01", {"X-File-Name": "a.pdf"}, "file-unusable"),
        (b"", {"X-File-Name": "a.pdf"}, "file-unusable"),
        (PDF, {}, "file-name-unusable"),
        (PDF, {"X-File-Name": "%2e%2e%2fa"}, "file-name-unusable"),
        (PDF, {"X-File-Name": "a%E2%80%AEfdp.exe"}, "file-name-unusable"),
        (PDF, {"X-File-Name": "a%00"}, "file-name-unusable"),
        (PDF, {"X-File-Name": "a" * 121}, "file-name-unusable"),
    ],
)
async def test_a_file_that_acts_or_is_none_is_refused(office, content, headers, code):
    assert await office.code("host", "/files", "POST", data=content, headers=headers) == (422, code)
    _, view = await office.ask("host")
    assert view["state"]["files"] == {}


async def test_the_audience_puts_nothing_in(office):
    name = {"X-File-Name": "a.pdf"}
    assert await office.code("audience", "/files", "POST", data=PDF, headers=name) == (403, "role-may-not")


async def test_a_file_that_never_was_is_not_found(office):
    for name in ("0" * 32, "..%2f..%2fetc%2fpasswd", "__class__"):
        status, _ = await office.code("host", f"/files/{name}")
        assert status == 404


async def test_people_talk_over_the_servers_own_socket(office):
    host, expert = [
        await office.http.ws_connect(office.url("/socket"), headers=signed_in(office.tokens[one]))
        for one in ("host", "expert")
    ]
    for one, device in ((host, "a"), (expert, "b")):
        await one.send_json({"t": "hello", "v": 1, "device": device, "token": "token"})
        assert (await one.receive_json(timeout=10))["t"] == "welcome"
        assert (await one.receive_json(timeout=10))["t"] == "snapshot"
    await host.send_json({"t": "cmd", "cid": "c1", "k": "chat.msg", "d": {"text": "好"}})
    async with asyncio.timeout(10):
        while True:
            said = await expert.receive_json()
            if said["t"] == "ev" and said["k"] == "chat.msg":
                break
    assert (said["by"], said["d"]) == (office.ids["host"], {"text": "好"})
    await asyncio.gather(host.close(), expert.close())
    async with office.pool.connection() as connection:
        assert isinstance(await verify_chain(connection, office.room), Whole)
        audited = await connection.execute("select count(*) from audit_event where action = 'room.join'")
        assert (await audited.fetchone())[0] >= 2


async def test_a_page_of_another_origin_is_let_into_no_room(office):
    foreign = signed_in(office.tokens["host"]) | {"Origin": "https://evil.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await office.http.ws_connect(office.url("/socket"), headers=foreign)
    assert refused.value.status == 403


async def test_who_signs_out_is_out_of_the_room(office, monkeypatch):
    monkeypatch.setattr("telemed.consultation.room.socket.RECHECK", 0.05)
    socket = await office.http.ws_connect(office.url("/socket"), headers=signed_in(office.tokens["host"]))
    await socket.send_json({"t": "hello", "v": 1, "device": "a", "token": "token"})
    await socket.receive_json(timeout=10)
    async with office.http.delete(
        office.server.make_url("/api/session"), headers=signed_in(office.tokens["host"])
    ) as answer:
        assert answer.status == 204
    async with asyncio.timeout(10):
        while (said := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert (said.type, said.data) == (aiohttp.WSMsgType.CLOSE, 4001)


async def test_what_was_seen_is_no_part_of_what_everybody_is_shown(office):
    async with office.pool.transaction() as tx:
        await add_seen(tx, office.room, office.ids["expert"], [("1.2.3", 1)], datetime.now(UTC))
    _, view = await office.ask("host")
    assert "1.2.3" not in json.dumps(view)
