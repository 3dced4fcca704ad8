"""A room in a real database, processes that serve it, and people who talk to them over real sockets."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from telemed.consultation.room import open_room
from telemed.consultation.room.deciding import Image
from telemed.consultation.room.fold import fold
from telemed.consultation.room.hub import RoomHub
from telemed.consultation.room.socket import serve
from telemed.consultation.room.spelling import canonical
from telemed.consultation.room.state import NEW, Event, State
from telemed.consultation.room.store import room
from telemed.db import Pool
from telemed.events.hints import Hints
from telemed.events.hub import Hub
from telemed.events.signal import Signal
from tests.integration.consultation.room.office import office

__all__ = ["office"]

MODERATOR, EXPERT, HOST, OTHER, AUDIENCE = (str(UUID(int=n)) for n in range(1, 6))
GUEST = f"guest/{UUID(int=9)}"
MEMBERS = {
    MODERATOR: "moderator",
    EXPERT: "expert",
    HOST: "participant",
    OTHER: "participant",
    AUDIENCE: "audience",
    GUEST: "guest",
}
STUDY = "1.2.156.1"
IMAGE = {"study": STUDY, "series": f"{STUDY}.0", "sop": f"{STUDY}.0.1", "frame": 1}
TOKEN = "csrf"


class Clock:
    def __init__(self, at: datetime | None) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at or datetime.now(UTC)

    def pass_by(self, **time: float) -> datetime:
        assert self.at is not None
        self.at += timedelta(**time)
        return self.at


async def of_the_study(_connection: Any, _room_id: UUID, images: frozenset[Image]) -> frozenset[Image]:
    return frozenset(one for one in images if one.study == STUDY)


class Process:
    """One server process over a database: the log's reader, the hub, a listening socket."""

    def __init__(self, pool: Pool, clock: Clock, redis_url: str | None = None) -> None:
        self.signal = Signal()
        self.hints = Hints(redis_url, self.signal)
        self.log = Hub(pool, self.signal)
        self.hub = RoomHub(pool, self.log, self.signal, clock, redis_url=redis_url, inside=of_the_study)
        self.permitted = True
        self.lane = redis_url is not None
        self._tasks: list[asyncio.Task[None]] = []
        app = web.Application()
        app.router.add_get("/{room}/{person:.+}", self._handle)
        self.server = TestServer(app)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        async def permit() -> bool:
            return self.permitted

        where = request.match_info
        return await serve(
            request, hub=self.hub, room_id=UUID(where["room"]), person=where["person"], token=TOKEN, permit=permit
        )

    async def start(self, *, beside: bool = False) -> Process:
        """beside: also what goes on by itself, leases and the sweeper."""
        works = [self.log.run, self.hints.run, *([self.hub.run] if beside else [self.hub._deliver, self.hub.lane.run])]
        self._tasks = [asyncio.create_task(work()) for work in works]
        await self.server.start_server()
        if self.lane:
            async with asyncio.timeout(10):
                while not (self.hub.lane.connected and self.hints.connected):
                    await asyncio.sleep(0.01)
        return self

    async def stop(self) -> None:
        await self.server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def die(self) -> None:
        """As by kill -9: nothing is said, nothing is written any more."""

        async def nothing(_link: Any) -> None:
            return

        self.hub.leave = nothing
        for task in self._tasks:
            task.cancel()
        for link in self.hub.links:
            self.hub._feeds[link.seat.room_id].links.discard(link)
        for transport in self.transports():
            transport.abort()
        await self.server.close()

    def transports(self) -> list[asyncio.Transport]:
        runner = self.server.runner
        connections = [] if runner is None or runner.server is None else runner.server.connections
        return [one.transport for one in connections if one.transport is not None]


class Client:
    """A page: it folds what it hears, and does not believe a gap."""

    def __init__(self, session: aiohttp.ClientSession, room_id: UUID, person: str, device: str = "") -> None:
        self.session = session
        self.room_id = room_id
        self.person = person
        self.device = device or f"tab-{person[-4:]}"
        self.state: State = NEW
        self.epoch = ""
        self.session_id = ""
        self.gen = 0
        self.welcome: dict[str, Any] = {}
        self.heard: list[dict[str, Any]] = []
        self.events: list[Event] = []
        self.bye: dict[str, Any] | None = None
        self._number = 0
        self.socket: aiohttp.ClientWebSocketResponse | None = None

    async def connect(self, process: Process, *, resume: bool = False, **hello: Any) -> Client:
        """resume: as a page that comes back; else as a person who comes in."""
        url = process.server.make_url(f"/{self.room_id}/{self.person}")
        self.socket = await self.session.ws_connect(url, max_msg_size=0)
        said: dict[str, Any] = {"t": "hello", "v": 1, "device": self.device, "token": TOKEN, "gen": 0}
        if resume:
            said["gen"] = self.gen
            said["resume"] = {"session": self.session_id, "epoch": self.epoch, "seq": self.state.seq}
        await self.say(said | hello)
        self.bye, self.welcome = None, {}
        await self.until(lambda: bool(self.welcome) or self.bye is not None)
        if self.welcome and not self.welcome["you"]["waiting"]:
            await self.until(lambda: self.state.seq >= self.welcome["head"])
        return self

    async def say(self, message: dict[str, Any] | str) -> None:
        assert self.socket is not None
        await self.socket.send_str(message if isinstance(message, str) else json.dumps(message))

    async def read(self, seconds: float = 10) -> dict[str, Any]:
        assert self.socket is not None
        message = await self.socket.receive(timeout=seconds)
        if message.type is not aiohttp.WSMsgType.TEXT:
            # what the server's frame says, whether or not this side could still reply to it
            code = message.data if message.type is aiohttp.WSMsgType.CLOSE else self.socket.close_code
            said: dict[str, Any] = {"t": "closed", "code": code}
            self.bye = self.bye or {"code": code, "reason": "", "retry_ms": None}
        else:
            said = json.loads(message.data)
            self._take(said)
        self.heard.append(said)
        return said

    def _take(self, said: dict[str, Any]) -> None:
        match said["t"]:
            case "welcome":
                self.welcome = said
                self.gen, self.session_id, self.epoch = said["you"]["gen"], said["session"], said["epoch"]
            case "snapshot":
                self.state = msgspec.convert(said["state"], State)
                assert self.state.seq == said["seq"]
            case "ev":
                event = msgspec.convert({name: value for name, value in said.items() if name != "t"}, Event)
                if event.seq <= self.state.seq:
                    return
                assert event.seq == self.state.seq + 1, "a gap"
                self.events.append(event)
                self.state = fold(self.state, event)
            case "bye":
                self.bye = said
            case _:
                pass

    async def until(self, condition: Any, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await self.read(seconds)

    async def closed(self) -> int:
        """Read to the end; the code of the close."""
        async with asyncio.timeout(20):
            while (said := await self.read(20))["t"] != "closed":
                pass
        return said["code"]

    async def send(self, k: str, d: dict[str, Any] | None = None, *, base: int | None = None, cid: str = "") -> str:
        self._number += 1
        cid = cid or f"c{self._number}-{self.gen}"
        based = {} if base is None else {"base": base}
        await self.say({"t": "cmd", "cid": cid, "k": k, "d": d or {}, **based})
        return cid

    async def answer(self, cid: str) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                for one in self.heard:
                    if one["t"] in {"ok", "err"} and one["cid"] == cid:
                        return one
                said = await self.read()
                assert said["t"] != "closed", self.bye

    async def do(self, k: str, d: dict[str, Any] | None = None, *, base: int | None = None, cid: str = "") -> int:
        """Ask and be granted; the seq, once the state shows it."""
        said = await self.answer(await self.send(k, d, base=base, cid=cid))
        assert said["t"] == "ok", said
        await self.until(lambda: self.state.seq >= said["seq"])
        return said["seq"]

    async def refused(self, k: str, d: dict[str, Any] | None = None, *, base: int | None = None) -> str:
        said = await self.answer(await self.send(k, d, base=base))
        assert said["t"] == "err", said
        return said["code"]

    async def sees(self, seq: int) -> None:
        await self.until(lambda: self.state.seq >= seq)

    async def vanish(self) -> None:
        """The link breaks without a word."""
        assert self.socket is not None
        transport = self.socket.get_extra_info("transport") or self.socket._response.connection.transport
        transport.abort()
        with suppress(Exception):
            await self.socket.close()


class Consultation:
    """A room with its roster."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self.id = uuid4()
        self.pool = pool
        self.clock = clock

    async def kept(self) -> State:
        async with self.pool.connection() as connection:
            return (await room(connection, self.id)).fold

    async def shows(self, *clients: Client) -> None:
        """What everybody sees is what is kept, byte by byte."""
        async with self.pool.connection() as connection:
            row = await room(connection, self.id)
        for one in clients:
            await one.sees(row.seq)
            assert canonical(one.state).decode() == row.state

    async def kinds(self) -> list[str]:
        async with self.pool.connection() as connection:
            rows = await connection.execute("select kind from room_event where room_id = %s order by seq", (self.id,))
            return [kind for (kind,) in await rows.fetchall()]


@pytest.fixture
def clock(now) -> Clock:
    return Clock(now)


@pytest.fixture
async def consultation(pool, clock) -> Consultation:
    made = Consultation(pool, clock)
    async with pool.transaction() as tx:
        await open_room(
            tx,
            made.id,
            kind="consultation",
            host=HOST,
            members=MEMBERS,
            by=MODERATOR,
            now=clock() - timedelta(minutes=1),
        )
    return made


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def process(pool, clock):
    """A process whose own commits ring its bell."""
    made = Process(pool, clock)
    pool.announce = made.hints.ring
    yield await made.start()
    await made.stop()


@pytest.fixture
def page(http, consultation):
    def made(person: str, device: str = "") -> Client:
        return Client(http, consultation.id, person, device)

    return made
