"""What people and processes do to a room, without a socket between."""

from uuid import uuid4

import msgspec

from telemed.consultation.room import presence, verify_chain
from telemed.consultation.room.deciding import Who
from telemed.consultation.room.facts import COMMANDS
from telemed.consultation.room.protocol import Command, Hello
from telemed.consultation.room.store import (
    append,
    events_after,
)

PROCESS = uuid4()


def command(kind, data=None, *, cid=None, base=None):
    return Command(cid or uuid4().hex, kind, msgspec.convert(data or {}, COMMANDS[kind]), base)


async def enter(consultation, person, device="tab", **hello):
    async with consultation.pool.transaction() as tx:
        return await presence.enter(
            tx,
            consultation.id,
            person,
            Hello(v=1, device=device, **hello),
            process=PROCESS,
            now=consultation.clock(),
        )


async def do(consultation, person, kind, data=None, *, cid=None, base=None, device="tab", generation=None):
    async with consultation.pool.transaction() as tx:
        return await append(
            tx,
            consultation.id,
            Who(person),
            command(kind, data, cid=cid, base=base),
            device=device,
            now=consultation.clock(),
            generation=generation,
        )


async def chain(consultation):
    async with consultation.pool.connection() as connection:
        return await verify_chain(connection, consultation.id)


async def lines(consultation):
    async with consultation.pool.connection() as connection:
        return await events_after(connection, consultation.id, 0)
