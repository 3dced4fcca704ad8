"""Servers of a county of its own, with PostgreSQL and Valkey, each of which can be taken away and given back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import redis

from telemed.consultation.room import open_room
from telemed.db import Pool, open_pool
from telemed.db.migrate import migrate
from telemed.embedded import PostgresServer, StartFailed, ValkeyServer, start_postgres, start_valkey
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.ports import free_port
from tests.reliability.rooms.schedule import ROLES, Fault

STUDY, SERIES, SOP = "1.2.3", "1.2.3.1", "1.2.3.1.1"
START = 60.0  # seconds
DATABASE_ENDS = {
    "database fast": signal.SIGINT,
    "database immediate": signal.SIGQUIT,
    "database killed": signal.SIGKILL,
}


@dataclass(frozen=True)
class Person:
    id: str
    headers: dict[str, str]


class Server:
    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = free_port()
        self._environment = environment | {"TELEMED__HTTP__PUBLIC_URL": f"http://127.0.0.1:{self.port}"}
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        command = ["-m", "telemed", "serve", "--http", f"127.0.0.1:{self.port}", "--state", str(self.folder)]
        with (self.folder / "serve.log").open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, *command], env=os.environ | self._environment, stdout=log, stderr=log
            )

    async def answers(self) -> None:
        async with asyncio.timeout(START):
            while True:
                assert self._running is not None
                if self._running.poll() is not None:
                    raise StartFailed((self.folder / "serve.log").read_text()[-2000:])
                try:
                    with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                        return
                except OSError:
                    await asyncio.sleep(0.1)

    async def end(self, number: signal.Signals) -> None:
        assert self._running is not None
        self._running.send_signal(number)
        await asyncio.to_thread(self._running.wait, 40)


class County:
    """folder: where an unprivileged user can reach it.  ended: how often what was taken away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[Server] = []
        self.dsn = ""
        self.ended: dict[str, int] = {}
        self._place = uuid4()

    async def start(self, servers: int) -> None:
        self._postgres: PostgresServer = start_postgres(self.folder / "pg")
        self._valkey: ValkeyServer = start_valkey(self.folder / "vk")
        self.dsn = self._postgres.dsn
        await asyncio.to_thread(migrate, self.dsn)
        environment = {"TELEMED__DATABASE__DSN": self.dsn, "TELEMED__REDIS__URL": self._valkey.url}
        self.servers = [Server(self.folder / f"server-{number}", environment) for number in range(servers)]
        for one in self.servers:
            one.start()
        for one in self.servers:
            await one.answers()
        pool = await open_pool(self.dsn, size=2)
        async with pool.transaction() as tx:
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, 'c', '县医院', 'lead-hospital')",
                (self._place,),
            )
            await tx.execute(
                "with s as (insert into imaging_study (study_instance_uid, organization_id, first_received_at,"
                " last_received_at) values (%s, %s, now(), now()) returning id),"
                " r as (insert into imaging_series (study_id, series_instance_uid) select id, %s from s"
                " returning id, study_id)"
                " insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid,"
                " transfer_syntax_uid, digest, size, received_at)"
                " select id, study_id, %s, '1.2', '1.2', sha256('x'), 1, now() from r",
                (STUDY, self._place, SERIES, SOP),
            )
        await pool.close()

    async def stop(self) -> None:
        for one in self.servers:
            await one.end(signal.SIGKILL)
        self._valkey.stop()
        self._postgres.stop()

    def way(self, chance: Random) -> int:
        """The port of a server, as a balancer that does not know which one lives."""
        return chance.choice(self.servers).port

    async def opened(self, pool: Pool, people: int) -> tuple[UUID, list[Person], Person]:
        """A room about the study: its people, and somebody who only looks in at the end."""
        room, now = uuid4(), datetime.now(UTC)
        ids: list[Person] = []
        for _ in range(people + 1):
            person, token = await hire(pool, self._place, Role.EXPERT, now=now)
            ids.append(Person(str(person), signed_in(token)))
        members = {one.id: role for one, role in zip(ids, [*ROLES[:people], "audience"], strict=True)}
        async with pool.transaction() as tx:
            await open_room(tx, room, kind="consultation", host=ids[0].id, members=members, by=ids[0].id, now=now)
            await tx.execute(
                "with p as (insert into patient (organization_id, name, name_search, name_pinyin, sex)"
                " values (%(place)s, '王', '王', 'WANG', 'F') returning id),"
                " c as (insert into consultation (id, number, organization_id, requester_id, patient_id, kind, urgency,"
                " purpose, department, state, room_id, created_at)"
                " select gen_random_uuid(), %(number)s, %(place)s, %(by)s, id, 'video', 'routine', 'diagnosis', '50',"
                " 'draft', %(room)s, now() from p returning id)"
                " insert into consultation_study (consultation_id, study_id, attached_by, attached_at)"
                " select c.id, s.id, %(by)s, now() from c, imaging_study s",
                {"place": self._place, "number": room.hex, "by": ids[0].id, "room": room},
            )
        return room, ids[:-1], ids[-1]

    async def befall(self, fault: Fault) -> None:
        """Take something away and give it back."""
        self.ended[fault.what] = self.ended.get(fault.what, 0) + 1
        match fault.what:
            case "server killed" | "server ended":
                server = self.servers[fault.number]
                await server.end(signal.SIGKILL if fault.what == "server killed" else signal.SIGTERM)
                server.start()
                await server.answers()
            case "redis flushed":
                with redis.Redis.from_url(self._valkey.url) as client:  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
                    client.flushall()
            case "redis killed":
                self._valkey.process.kill()
                self._valkey.stop()
                await asyncio.sleep(1)  # away for so long
                self._valkey = start_valkey(self.folder / "vk")
            case _:
                await self._without_database(DATABASE_ENDS[fault.what])

    async def _without_database(self, number: signal.Signals) -> None:
        self._postgres.process.send_signal(number)
        await asyncio.to_thread(self._postgres.process.wait, 30)
        self._postgres.stop()
        async with asyncio.timeout(START):
            while True:
                try:
                    self._postgres = start_postgres(self.folder / "pg")  # in this thread: it ends with its starter
                except StartFailed:
                    await asyncio.sleep(0.2)  # the killed one's sessions still hold its memory
                else:
                    return
