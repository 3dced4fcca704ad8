"""The audit row, its canonical bytes and the chain over it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

GENESIS = bytes(32)
ACCESS_WINDOW = timedelta(minutes=5)  # architecture section 10: one access row per session, study, purpose, 5 min


@dataclass(frozen=True, slots=True)
class Entity:
    """What was touched. patient_id: whose record, if anybody's. Ids only."""

    kind: str
    id: UUID
    patient_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing somebody did. detail: codes, counts and ids, never a name or a number of a patient.

    access: looking at patient data, recorded once in five minutes by session, entities and purpose.
    """

    at: datetime
    action: str
    outcome: str
    account_id: UUID | None = None
    practitioner_id: UUID | None = None
    organization_id: UUID | None = None
    session_id: UUID | None = None
    peer_address: str | None = None
    request_id: UUID | None = None
    entities: tuple[Entity, ...] = ()
    purpose: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict[str, str | int])
    access: bool = False


class StoredRow(msgspec.Struct, frozen=True):
    """A row as it lies in the table."""

    id: int
    at: datetime
    action: str
    outcome: str
    account_id: UUID | None
    practitioner_id: UUID | None
    organization_id: UUID | None
    session_id: UUID | None
    peer_address: str | None
    request_id: UUID | None
    entities: list[dict[str, Any]]
    purpose: str
    detail: dict[str, Any]
    access_window: str | None


def entities_of(entities: Iterable[Entity]) -> list[dict[str, str]]:
    return [
        {"kind": one.kind, "id": str(one.id)} | ({"patient": str(one.patient_id)} if one.patient_id else {})
        for one in entities
    ]


def access_window(row: AuditRow) -> str | None:
    """The key that a second look within five minutes shares; None where every call is a row of its own."""
    if not row.access or row.outcome != "success" or row.session_id is None or not row.entities:
        return None
    number = int(row.at.timestamp()) // int(ACCESS_WINDOW.total_seconds())
    touched = ",".join(sorted(f"{one.kind}:{one.id}" for one in row.entities))
    named = hashlib.sha256(f"{row.action}|{touched}".encode()).hexdigest()[:32]
    return f"{row.session_id}/{named}/{row.purpose}/{number}"


def row_digest(row: StoredRow) -> bytes:
    """SHA-256 over the row as sorted compact JSON of strings and integers, times as RFC 3339 in UTC."""
    said: dict[str, Any] = {
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": row.action,
        "outcome": row.outcome,
        "peer_address": row.peer_address,
        "entities": row.entities,
        "purpose": row.purpose,
        "detail": row.detail,
        "access_window": row.access_window,
    }
    for name in ("account_id", "practitioner_id", "organization_id", "session_id", "request_id"):
        value = getattr(row, name)
        said[name] = None if value is None else str(value)
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def link(previous: bytes, position: int, event_id: int, digest: bytes, sealed_at: datetime) -> bytes:
    """The next value of the chain."""
    when = sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
    head = f"{position}|{event_id}|{when}|".encode()
    return hashlib.sha256(previous + head + digest).digest()
