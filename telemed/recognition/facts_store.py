"""What the registry knew: rows added by one writer at a time, and the facts of a decision read up to a row.

A decision keeps the id of the last row it could see.  Reading up to that id gives the same facts on any later day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.recognition.facts import Candidate, Event, Facts, Identity, LinkState, Organization, Probe
from telemed.recognition.rules import Grant

queries = load(__name__, "facts_store.sql")

Kind = Literal["candidate", "organization", "identity", "event", "grant", "probe", "document"]
T = TypeVar("T", Candidate, Organization, Identity, Event, Grant, Probe)


@dataclass(frozen=True, slots=True)
class Document:
    """That an issued document is installed: catalogue_version.id."""

    id: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be known.  content: None where the thing is no more."""

    kind: Kind
    thing: str
    subject: str
    content: Candidate | Organization | Identity | Event | Grant | Probe | Document | None


@dataclass(frozen=True, slots=True)
class Head:
    """The last row that could be seen, and when; aware, UTC."""

    id: int
    at: datetime


class _Latest(msgspec.Struct):
    content: str


class _Id(msgspec.Struct):
    id: int


class _Found(msgspec.Struct):
    thing: str
    subject: str
    content: str
    known_from: datetime


def _plain(value: Any) -> Any:
    if isinstance(value, MappingProxyType):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise NotImplementedError(type(value).__name__)


_encoder = msgspec.json.Encoder(order="deterministic", enc_hook=_plain)


async def know(tx: Connection, rows: Iterable[Row]) -> int:
    """Add what is new; what is known already is not said twice.  Returns how many rows were added.

    The transaction holds the writers' lock until it ends, so it must be a short one.
    """
    await execute(tx, queries["hold"], {})
    added = 0
    for row in rows:
        content = "" if row.content is None else _encoder.encode(row.content).decode()
        named = {"kind": row.kind, "thing": row.thing}
        latest = await fetch_one(tx, queries["latest"], named, _Latest)
        if (latest.content if latest else "") == content:
            continue
        await fetch_one(tx, queries["add"], {**named, "subject": row.subject, "content": content}, _Id)
        added += 1
    return added


async def head(connection: Connection) -> Head:
    """The last row this transaction can see."""
    found = await fetch_one(connection, queries["head"], {}, Head)
    if found is None:
        raise LookupError("an aggregate gave no row")
    return found


async def documents_of(connection: Connection, upto: int) -> list[str]:
    """Ids of the documents that were installed, up to a row."""
    params = {"kind": "document", "subjects": [""], "upto": upto}
    return [one.thing for one in await fetch_all(connection, queries["of_subjects"], params, _Found) if one.content]


async def facts_of(connection: Connection, patient_id: str, items: Sequence[str], upto: int) -> Facts:
    """All that was known of a patient and of the items asked for, up to a row.

    patient_id: of the order.  items: keys whose grants count.
    """
    identities = await _of_subjects(connection, "identity", [patient_id], upto, Identity)
    filed = sorted({patient_id, *(one.filed_patient_id for one in identities if one.state is not LinkState.NONE)})
    candidates = await _of_subjects(connection, "candidate", filed, upto, Candidate)
    probes = await _probes(connection, [one.id for one in candidates], upto)
    return Facts(
        organizations=await _of_subjects(connection, "organization", [""], upto, Organization),
        identities=identities,
        candidates=tuple(_probed(one, probes) for one in candidates),
        events=await _of_subjects(connection, "event", filed, upto, Event),
        grants=await _of_subjects(connection, "grant", items, upto, Grant),
    )


async def _of_subjects(
    connection: Connection, kind: Kind, subjects: Sequence[str], upto: int, of: type[T]
) -> tuple[T, ...]:
    params = {"kind": kind, "subjects": list(subjects), "upto": upto}
    rows = await fetch_all(connection, queries["of_subjects"], params, _Found)
    wanted = frozenset(subjects)
    return tuple(_read(one, of) for one in rows if one.content and one.subject in wanted)


async def _probes(connection: Connection, results: Sequence[str], upto: int) -> Mapping[str, Probe]:
    params = {"kind": "probe", "things": list(results), "upto": upto}
    rows = await fetch_all(connection, queries["of_things"], params, _Found)
    return {one.thing: _read(one, Probe) for one in rows if one.content}


def _probed(candidate: Candidate, probes: Mapping[str, Probe]) -> Candidate:
    probe = probes.get(candidate.id)
    return candidate if probe is None else replace(candidate, acquired=replace(candidate.acquired, probe=probe))


def _read(row: _Found, of: type[T]) -> T:
    """The fact as it was written; the moment it was known from is the row's own."""
    found = msgspec.json.decode(row.content, type=of)
    if isinstance(found, Organization | Probe):
        return found
    return replace(found, known_from=row.known_from)
