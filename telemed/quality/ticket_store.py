"""影像问题 in PostgreSQL: tickets and what became of them; both are added and never changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import NotFound
from telemed.events import log
from telemed.quality.tickets import By, Command, TicketState, after
from telemed.vocabulary import Scope, ScopeKind

queries = load(__name__, "tickets.sql")
MOST_TICKETS = 200


class Ticket(msgspec.Struct, frozen=True):
    """A ticket where it stands.  number: of its last act, 0 for none.  organization_id: who produced the result."""

    id: UUID
    card: UUID
    organization_id: UUID
    reason_code: str
    said_at: datetime
    number: int
    stands: str

    @property
    def state(self) -> TicketState:
        return TicketState(self.stands)


class TicketRow(msgspec.Struct, frozen=True):
    """study_place: the organisation whose study it is, None where the result is no study."""

    id: UUID
    organization_id: UUID
    organization_name: str
    result: str
    item_key: str
    reason_code: str
    comment: str
    said_at: datetime
    opened_at: datetime
    stands: str
    study_instance_uid: str | None
    study_place: UUID | None
    patient_id: UUID | None
    acquired_at: datetime | None
    total: int

    @property
    def state(self) -> TicketState:
        return TicketState(self.stands)


class ActRow(msgspec.Struct, frozen=True):
    ticket_id: UUID
    command: str
    state: str
    note: str
    acted_by_name: str
    acted_by_place: str
    acted_at: datetime


class _Id(msgspec.Struct):
    id: UUID


class _Last(msgspec.Struct):
    command: str
    note: str
    acted_by: UUID | None


async def tickets(
    connection: Connection,
    *,
    officer: Scope,
    producer: Scope,
    state: TicketState | None = None,
    number: UUID | None = None,
) -> list[TicketRow]:
    """The newest tickets: of members an officer judges all, of members a person produces for those once confirmed."""
    params = {
        "officer": officer.organizations or [],
        "officer_everywhere": officer.kind is ScopeKind.EVERYWHERE,
        "organizations": producer.organizations or [],
        "everywhere": producer.kind is ScopeKind.EVERYWHERE,
        "state": "" if state is None else state.value,
        "id": number,
        "limit": MOST_TICKETS,
    }
    return await fetch_all(connection, queries["tickets"], params, TicketRow)


async def acts(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, list[ActRow]]:
    """What became of some tickets, in order."""
    found: dict[UUID, list[ActRow]] = {}
    for row in await fetch_all(connection, queries["acts"], {"ids": sorted(ids)}, ActRow):
        found.setdefault(row.ticket_id, []).append(row)
    return found


async def hold(tx: Connection, number: UUID, scope: Scope) -> Ticket:
    """A ticket of a member within reach, held until the transaction ends.  Raises NotFound."""
    await fetch_one(tx, queries["hold_ticket"], {"id": number}, _Id)
    found = await fetch_one(tx, queries["ticket"], {"id": number}, Ticket)
    if found is None or not scope.admits(found.organization_id):
        raise unknown()
    return found


async def act(
    tx: Connection, ticket: Ticket, command: Command, by: By, note: str, *, who: UUID | None, now: datetime
) -> TicketState:
    """Write a command and return where it leaves the ticket; said again by the same person it changes nothing.

    who: None for the registry.  Raises as `after`.
    """
    last = await fetch_one(tx, queries["last_act"], {"id": ticket.id}, _Last)
    if (
        last is not None
        and who is not None
        and (last.command, last.note, last.acted_by) == (command, note.strip(), who)
    ):
        return ticket.state
    to = after(ticket.state, command, by, note)
    row = {
        "id": ticket.id,
        "number": ticket.number + 1,
        "command": str(command),
        "state": str(to),
        "note": note.strip(),
        "by": who,
        "now": now,
    }
    await execute(tx, queries["add_act"], row)
    await announce(tx, ticket.id, ticket.organization_id if ticket.number or command is Command.CONFIRM else None, to)
    return to


async def announce(tx: Connection, number: UUID, producer: UUID | None, state: TicketState) -> None:
    """Say that a ticket moved.  producer: None where the producing member is not to hear of it."""
    topics = ["quality", *([] if producer is None else [f"organization/{producer}"])]
    await log.append(tx, "quality-ticket.moved", number, topics, state=str(state))


def unknown() -> NotFound:
    return NotFound("unknown-ticket", "找不到该影像问题。", "There is no such issue.")
