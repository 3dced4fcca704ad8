"""What the HTTP server tells of a call, as an audit row; and the auditor's questions to the trail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec

from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import queries, record
from telemed.db import Connection, fetch_all, fetch_one
from telemed.http.wire import Call, CallRecord, Endpoint, Nothing
from telemed.vocabulary import Action, Text

FAR = datetime(9999, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
DEFAULT_SPAN = timedelta(days=7)


async def record_call(tx: Connection, call: CallRecord) -> None:
    """Write a call's audit row in its transaction."""
    who = call.principal
    await record(
        tx,
        AuditRow(
            at=call.at,
            action=call.action,
            outcome=call.outcome,
            account_id=None if who is None else who.account_id,
            practitioner_id=None if who is None else who.practitioner_id,
            organization_id=None if who is None else who.organization_id,
            session_id=None if who is None else who.session_id,
            peer_address=call.peer_address,
            request_id=call.request_id,
            entities=tuple(Entity(one.kind, one.id, one.patient_id) for one in call.entities),
            purpose=call.purpose,
            detail=call.detail,
            access=call.access,
        ),
    )


class TrailQuery(msgspec.Struct, frozen=True):
    """since, until: UTC, the last seven days by default. before: `next` of the page before."""

    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    entity_id: UUID | None = None
    entity_kind: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class Stretch(NamedTuple):
    """From low on until before high, UTC."""

    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is asked beyond a TrailQuery; of each list one has to hold, None asks for nothing.

    patients: of every group one.  methods: of HTTP; other_methods: any but these, and what no route did.
    """

    patients: tuple[tuple[UUID, ...], ...] = ()
    actions: tuple[str, ...] | None = None
    outcomes: tuple[str, ...] | None = None
    methods: tuple[str, ...] | None = None
    other_methods: bool = False
    stretches: tuple[Stretch, ...] | None = None

    def params(self) -> dict[str, Any]:
        groups = [[json.dumps([{"patient": str(one)}]) for one in each] for each in self.patients]
        return {
            "patients": groups[0] if groups else None,
            "further_patients": json.dumps([[json.loads(one) for one in each] for each in groups[1:]]),
            "actions": None if self.actions is None else list(self.actions),
            "outcomes": None if self.outcomes is None else list(self.outcomes),
            "methods": None if self.methods is None else list(self.methods),
            "other_methods": self.other_methods,
            "lows": None if self.stretches is None else [one.low for one in self.stretches],
            "highs": None if self.stretches is None else [one.high for one in self.stretches],
        }


class TrailEntity(msgspec.Struct, frozen=True):
    kind: str
    id: str
    patient: str | None = None


class TrailItem(msgspec.Struct, frozen=True):
    """position: the place in the chain, None until it is sealed."""

    id: int
    at: datetime
    action: str
    outcome: str
    account_id: UUID | None
    practitioner_id: UUID | None
    practitioner_name: str
    organization_id: UUID | None
    organization_name: str
    session_id: UUID | None
    peer_address: str | None
    request_id: UUID | None
    entities: list[TrailEntity]
    purpose: str
    detail: dict[str, Any]
    position: int | None


class Trail(msgspec.Struct, frozen=True):
    """sealed_through, sealed_at: how far the chain has come."""

    items: list[TrailItem]
    next: str | None
    sealed_through: int
    sealed_at: datetime | None


class _Row(msgspec.Struct):
    id: int
    at: datetime
    action: str
    outcome: str
    account_id: UUID | None
    practitioner_id: UUID | None
    practitioner_name: str
    organization_id: UUID | None
    organization_name: str
    session_id: UUID | None
    peer_address: str | None
    request_id: UUID | None
    entities: list[dict[str, Any]]
    purpose: str
    detail: dict[str, Any]
    position: int | None


class _Sealed(msgspec.Struct):
    position: int
    sealed_at: datetime | None


async def find(
    connection: Connection,
    query: TrailQuery,
    now: datetime,
    *,
    id: int | None = None,  # noqa: A002 -- the column
    narrowed: Narrowing = Narrowing(),
) -> tuple[list[TrailItem], str | None]:
    """Rows that answer a question, newest first, and where the next page begins.  id: one row, whenever it was."""
    before_at, before_id = _cursor(query.before)
    entity = {name: value for name, value in (("kind", query.entity_kind), ("id", query.entity_id)) if value}
    params = {
        **narrowed.params(),
        "id": id,
        "patient": _contains({"patient": str(query.patient_id)} if query.patient_id else {}),
        "entity": _contains({name: str(value) for name, value in entity.items()}),
        "practitioner_id": query.practitioner_id,
        "action": query.action,
        "outcome": query.outcome,
        "since": query.since or (now - DEFAULT_SPAN if id is None else LONG_AGO),
        "until": query.until or FAR,
        "before_at": before_at,
        "before_id": before_id,
        "limit": query.limit + 1,
    }
    rows = await fetch_all(connection, queries["search"], params, _Row)
    items = [msgspec.convert(row, TrailItem, from_attributes=True) for row in rows[: query.limit]]
    return items, f"{items[-1].at.isoformat()}_{items[-1].id}" if len(rows) > query.limit else None


async def search(call: Call[TrailQuery, Nothing]) -> Trail:
    """Who did what: by patient, person, thing and time, newest first."""
    query = call.query
    async with call.pool.connection() as connection:
        items, following = await find(connection, query, call.now)
        sealed = await fetch_one(connection, queries["sealed_through"], {}, _Sealed)
    if query.patient_id is not None:
        call.about("patient", query.patient_id, patient_id=query.patient_id)
    if query.practitioner_id is not None:
        call.about("practitioner", query.practitioner_id)
    return Trail(
        items=items,
        next=following,
        sealed_through=0 if sealed is None else sealed.position,
        sealed_at=None if sealed is None else sealed.sealed_at,
    )


def _contains(entity: dict[str, str]) -> str | None:
    return json.dumps([entity]) if entity else None


def _cursor(text: str) -> tuple[datetime, int]:
    """Read `next`; what is none begins at the newest."""
    at, _, number = text.rpartition("_")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), int(number)
    except ValueError:
        return FAR, 0


def trail_endpoints() -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            "/api/audit",
            Action.AUDIT_READ,
            search,
            Text("审计查询", "Search the audit trail"),
            query=TrailQuery,
            returns=Trail,
        ),
    ]
