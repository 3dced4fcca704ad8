"""Setting up a call of many over the server's own socket, with a real Janus behind it."""

import asyncio
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from telemed.app import application
from telemed.config import CallSection, Config, JanusSection
from telemed.config.model import StateSection
from telemed.consultation.call import janus
from telemed.consultation.call.janus import Away, Refused, Reply
from telemed.consultation.call.line import Line, session
from telemed.consultation.room import close, open_room
from telemed.county import assemble
from telemed.embedded.janus import start_janus
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.ports import free_port

CENTER, TOWNSHIP = UUID(int=1), UUID(int=2)
SECRET = "more-than-four"
#: What a page offers: three media, which it only sends.
OFFER = (Path(__file__).parent / "offer.sdp").read_bytes().decode()


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="telemed-janus-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def running(folder):
    server = start_janus(folder, JanusSection(port=free_port(), secret=SECRET))
    yield server
    server.stop()


class Room:
    """A county's server, a room with people in it, and their conversations about media."""

    def __init__(self, pool, server, http, forwarding):
        self.pool = pool
        self.server = server
        self.http = http
        self.forwarding = forwarding
        self.id = uuid4()
        self.ids, self.tokens = {}, {}

    def url(self, path):
        return self.server.make_url(f"/api/rooms/{self.id}{path}")

    @asynccontextmanager
    async def inside(self, *names):
        """These people are in the room."""
        sockets = []
        for name in names:
            socket = await self.http.ws_connect(self.url("/socket"), headers=signed_in(self.tokens[name]))
            await socket.send_json({"t": "hello", "v": 1, "device": name, "token": "token"})
            assert (await socket.receive_json(timeout=10))["t"] == "welcome"
            sockets.append(socket)
        yield sockets
        for socket in sockets:
            await socket.close()

    async def media(self, name, **hello):
        socket = await self.http.ws_connect(self.url("/media"), headers=signed_in(self.tokens[name]))
        await socket.send_json({"t": "hello", "v": 1, "token": "token"} | hello)
        return socket

    async def refusal(self, name, **headers):
        """How somebody is refused who asks for a conversation."""
        async with self.http.get(self.url("/media"), headers=signed_in(self.tokens[name]) | headers) as answer:
            return answer.status, (await answer.json())["code"]

    async def people_in_janus(self):
        """None where there is no such room there."""
        async with session(self.forwarding.url, SECRET) as line:
            assert isinstance(line, Line)
            handle = await line.attach()
            assert isinstance(handle, int)
            listed = await line.message(handle, janus.listed(self.forwarding, self.id))
            return sorted(one["display"] for one in listed.data["participants"]) if isinstance(listed, Reply) else None


@asynccontextmanager
async def opened(pool, tmp_path, section):
    now = datetime.now(UTC)
    async with pool.transaction() as tx:
        for place, kind in ((CENTER, "lead-hospital"), (TOWNSHIP, "township-hospital")):
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, %s)", (place, kind, kind, kind)
            )
            await tx.execute("insert into community_membership values (%s, '2026-01-01')", (place,))
    config = Config(state=StateSection(path=tmp_path), call=CallSection(), janus=section)
    county = assemble(config, pool, key=bytes(32))
    server = TestServer(application(county))
    await server.start_server()
    tasks = [asyncio.create_task(work()) for work in (county.hub.run, county.rooms.run)]
    async with aiohttp.ClientSession() as http:
        room = Room(pool, server, http, county.conversations.forwarding)
        room.county = county
        people = {
            "host": (TOWNSHIP, Role.REQUESTER, "moderator"),
            "expert": (CENTER, Role.EXPERT, "expert"),
            "audience": (CENTER, Role.AUTHOR, "audience"),
            "stranger": (CENTER, Role.CENTER_HEAD, None),
            "registrar": (TOWNSHIP, Role.REGISTRAR, None),
        }
        for name, (place, role, _) in people.items():
            person, room.tokens[name] = await hire(pool, place, role, now=now)
            room.ids[name] = str(person)
        host = room.ids["host"]
        members = {room.ids[name]: role for name, (_, _, role) in people.items() if role}
        async with pool.transaction() as tx:
            await open_room(tx, room.id, kind="consultation", host=host, members=members, by=host, now=now)
        yield room
    for task in tasks:
        task.cancel()
    await server.close()


@pytest.fixture
async def room(pool, tmp_path, running):
    async with opened(pool, tmp_path, JanusSection(url=running.url, secret=SECRET)) as made:
        yield made


async def told(socket):
    """What is said next that is not a sign of life."""
    async with asyncio.timeout(10):
        while (said := await socket.receive_json())["t"] == "ping":
            pass
    return said


async def ended(socket):
    """The code and the reason with which a conversation ends, past what else is said."""
    reason = ""
    async with asyncio.timeout(20):
        while (said := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            frame = said.json()
            reason = frame["reason"] if frame["t"] == "bye" else reason
    return socket.close_code, reason


async def until(condition):
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.05)  # Janus tells nobody that a room has ended


async def test_people_come_into_one_room_of_janus_and_the_last_to_leave_ends_it(room):
    async with room.inside("host", "expert"):
        host, expert = await room.media("host"), await room.media("expert")
        for socket in (host, expert):
            assert await told(socket) == {"t": "joined"}
        assert await room.people_in_janus() == sorted([room.ids["host"], room.ids["expert"]])
        await host.send_json({"t": "publish", "sdp": OFFER})
        said = await told(host)
        assert said["t"] == "published"
        assert next(line for line in said["sdp"].splitlines() if line.startswith("m=")).startswith("m=audio")
        assert "a=recvonly" in said["sdp"]
        await host.close()

        async def expert_alone():
            return await room.people_in_janus() == [room.ids["expert"]]

        await until(expert_alone)
        await expert.close()

        async def nobody():
            return await room.people_in_janus() is None

        await until(nobody)
    async with room.pool.connection() as connection:
        found = await connection.execute(
            "select count(*) from audit_event where action = 'room.join' and detail @> '{\"media\": \"forwarded\"}'"
        )
        assert (await found.fetchone())[0] == 2


async def test_a_process_that_ends_sends_everybody_to_another_one(room):
    async with room.inside("expert"):
        socket = await room.media("expert")
        assert await told(socket) == {"t": "joined"}
        await room.county.conversations.drain()
        assert await ended(socket) == (4015, "draining")


async def test_who_is_not_in_the_room_or_may_not_speak_there_gets_no_conversation(room):
    assert await room.refusal("stranger") == (404, "unknown-room")
    assert await room.refusal("registrar") == (403, "not-allowed")
    assert await room.refusal("audience") == (403, "role-may-not")
    assert await room.refusal("expert") == (403, "not-present")
    async with room.inside("expert", "audience"):
        assert await room.refusal("audience") == (403, "role-may-not")
        assert await room.refusal("expert", Origin="https://evil.example") == (403, "foreign-origin")
        near_miss = await room.media("expert")
        assert await told(near_miss) == {"t": "joined"}
        await near_miss.close()
        async with room.pool.transaction() as tx:
            await close(tx, room.id, by=room.ids["host"], now=datetime.now(UTC))
        assert await room.refusal("expert") == (409, "room-closed")


async def test_a_county_without_janus_says_so(pool, tmp_path):
    async with opened(pool, tmp_path, JanusSection()) as room, room.inside("expert"):
        assert await room.refusal("expert") == (409, "no-forwarding")
        async with room.http.post(room.url("/ice-servers"), headers=signed_in(room.tokens["expert"])) as answer:
            assert (await answer.json())["max_people"] == 0


@pytest.mark.parametrize(
    ("section", "reason"),
    [({"secret": "another"}, "refused"), ({"admin_key": "another"}, "refused"), ({"url": "ws://127.0.0.1:9"}, "away")],
    ids=["another secret", "another key", "nobody there"],
)
async def test_where_janus_refuses_or_is_away_the_page_is_told_to_come_back(pool, tmp_path, running, section, reason):
    settings = JanusSection(**({"url": running.url, "secret": SECRET} | section))
    async with opened(pool, tmp_path, settings) as room, room.inside("expert"):
        assert await ended(await room.media("expert")) == (4015, reason)


@pytest.mark.parametrize(
    ("hello", "end"),
    [({"token": "another"}, (4001, "token")), ({"v": 2}, (4009, "upgrade-needed"))],
)
async def test_a_hello_that_is_not_this_pages_is_the_end(room, hello, end):
    async with room.inside("expert"):
        assert await ended(await room.media("expert", **hello)) == end


async def test_what_is_too_long_too_often_or_no_description_ends_the_conversation_and_not_the_rooms(room):
    async with room.inside("expert") as (in_room,):
        for frames, end in (
            ([{"t": "publish", "sdp": "v=0\r\n" + "a" * 140_000}], (1009, "")),
            ([{"t": "publish", "sdp": "v=0\r\nnonsense"}], (1008, "sdp")),
            ([{"t": "answer", "sdp": "v=0\r\n"}], (1008, "nothing-offered")),
            ([{"t": "publish", "sdp": OFFER}, {"t": "publish", "sdp": OFFER}], (1008, "one-publish")),
            ([{"t": "wants", "camera": True, "screen": True}] * 300, (1008, "too-many-frames")),
        ):
            socket = await room.media("expert")
            assert await told(socket) == {"t": "joined"}
            for frame in frames:
                await socket.send_json(frame)
            assert await ended(socket) == end
        await in_room.send_json({"t": "ping", "t0": 1})
        async with asyncio.timeout(10):
            while (await in_room.receive_json())["t"] != "pong":
                pass


async def test_a_second_page_takes_the_conversation_over_and_the_first_is_told(room):
    async with room.inside("expert"):
        first = await room.media("expert")
        assert await told(first) == {"t": "joined"}
        second = await room.media("expert")
        assert await ended(first) == (4008, "superseded")
        assert await told(second) == {"t": "joined"}
        await second.close()


async def test_a_room_that_is_closed_ends_the_conversations(room, monkeypatch):
    monkeypatch.setattr("telemed.consultation.call.media.RECHECK", 0.05)
    async with room.inside("expert"):
        socket = await room.media("expert")
        assert await told(socket) == {"t": "joined"}
        async with room.pool.transaction() as tx:
            await close(tx, room.id, by=room.ids["host"], now=datetime.now(UTC))
        assert await ended(socket) == (4003, "not-here")


async def test_janus_that_is_killed_ends_the_conversation_and_one_that_comes_back_takes_it_up(pool, tmp_path, folder):
    section = JanusSection(port=free_port(), secret=SECRET)
    server = start_janus(folder / "killed", section)
    settings = JanusSection(url=server.url, secret=SECRET)
    async with opened(pool, tmp_path, settings) as room, room.inside("expert") as (in_room,):
        socket = await room.media("expert")
        assert await told(socket) == {"t": "joined"}
        server.process.kill()
        assert await ended(socket) == (4015, "janus-ended")
        server.stop()
        assert await ended(await room.media("expert")) == (4015, "away")
        again = start_janus(folder / "killed", section)
        socket = await room.media("expert")
        assert await told(socket) == {"t": "joined"}
        await socket.close()
        assert not in_room.closed
        again.stop()


async def test_a_session_answers_with_values_whatever_is_wrong(running, monkeypatch):
    async with session(running.url, "another") as line:
        assert line == Refused(403, "Unauthorized request (wrong or missing secret/token)")
    async with session(running.url, SECRET) as line:
        assert isinstance(line, Line)
        assert isinstance(await line.message(1, {"request": "list"}), Refused)
        assert isinstance(await line.ask("keepalive"), Reply)
        monkeypatch.setattr("telemed.consultation.call.line.ANSWER", 0.0)
        assert await line.attach() == Away("no-answer")
        monkeypatch.undo()
        # the answer that came too late is nobody's, and the session goes on
        assert isinstance(await line.attach(), int)
