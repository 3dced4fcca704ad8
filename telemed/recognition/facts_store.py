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
    """The last row that could be seen, and when; aware, UTC.  standing: the last about a member or a grant, or 0."""

    id: int
    at: datetime
    standing: int


class _Id(msgspec.Struct):
    id: int


class _Found(msgspec.Struct):
    thing: str
    subject: str
    content: str
    known_from: datetime


class _OfPatient(_Found, kw_only=True):
    kind: str


def _plain(value: Any) -> Any:
    if isinstance(value, MappingProxyType):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise NotImplementedError(type(value).__name__)


#: Every row there is.
_ALL = (1 << 63) - 1
_encoder = msgspec.json.Encoder(order="deterministic", enc_hook=_plain)


async def hold(tx: Connection) -> None:
    """Be the only writer of knowledge until this transaction ends: what is read from now on is not stale when written.

    For whoever writes what another writer may be writing at the same moment; so the transaction must be a short one.
    """
    await execute(tx, queries["hold"], {})


async def know(tx: Connection, rows: Iterable[Row], *, held: bool = False) -> list[Row]:
    """Add what is new; what is known already is not said twice.  Returns the rows that were added.

    held: this transaction holds the writers' lock already.

    Only a transaction that adds holds the writers' lock, until it ends; so it must be a short one.
    """
    written: dict[tuple[Kind, str], tuple[Row, str]] = {(row.kind, row.thing): (row, _text(row)) for row in rows}
    fresh = await _fresh(tx, written)
    if not fresh:
        return []
    if not held:
        await hold(tx)
        fresh = await _fresh(tx, {key: written[key] for key in fresh})
    if not fresh:
        return []
    # one JSON value: to escape the quotes of as many texts in an array costs more than all the rest
    added = [
        {"kind": kind, "thing": thing, "subject": written[kind, thing][0].subject, "content": written[kind, thing][1]}
        for kind, thing in fresh
    ]
    await execute(tx, queries["add"], {"rows": msgspec.json.encode(added).decode()})
    return [written[key][0] for key in fresh]


def _text(row: Row) -> str:
    return "" if row.content is None else _encoder.encode(row.content).decode()


async def _fresh(tx: Connection, written: Mapping[tuple[Kind, str], tuple[Row, str]]) -> list[tuple[Kind, str]]:
    """What is not known so, in the order it was given."""
    known: dict[tuple[str, str], str] = {}
    for kind in {kind for kind, _ in written}:
        params = {"kind": kind, "things": [thing for one, thing in written if one == kind]}
        for found in await fetch_all(tx, queries["latest"], params, _Found):
            known[kind, found.thing] = found.content
    return [key for key, (_, content) in written.items() if known.get(key, "") != content]


async def latest_of(connection: Connection, kind: Kind, thing: str, of: type[T]) -> T | None:
    """What is known last of one thing; None where it is not known, or no more."""
    found = await fetch_one(connection, queries["latest"], {"kind": kind, "things": [thing]}, _Found)
    return None if found is None or not found.content else _read(found, of)


async def identities_of(connection: Connection, patients: Sequence[str]) -> tuple[Identity, ...]:
    """Whose records are held to be whose now, for some patients."""
    return await _of_subjects(connection, "identity", patients, _ALL, Identity)


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


async def standing_upto(connection: Connection, upto: int) -> int:
    """The last row about a member or a grant that is not after a row; 0 where there is none."""
    found = await fetch_one(connection, queries["standing"], {"upto": upto}, _Id)
    return 0 if found is None else found.id


async def organizations_of(connection: Connection, upto: int) -> tuple[Organization, ...]:
    """The members, up to a row."""
    return await _of_subjects(connection, "organization", [""], upto, Organization)


async def grants_of(connection: Connection, items: Sequence[str], upto: int) -> tuple[Grant, ...]:
    """The grants of some items, up to a row."""
    return await _of_subjects(connection, "grant", items, upto, Grant)


async def facts_of_patient(connection: Connection, patient_id: str, upto: int) -> Facts:
    """All that was known of a patient, up to a row, without members and grants."""
    params = {"patient": patient_id, "none": LinkState.NONE.value, "upto": upto}
    rows: dict[str, list[_OfPatient]] = {}
    for row in await fetch_all(connection, queries["of_patient"], params, _OfPatient):
        rows.setdefault(row.kind, []).append(row)
    probes = {row.thing: _read(row, Probe) for row in rows.get("probe", ())}
    candidates = (_read(row, Candidate) for row in rows.get("candidate", ()))
    return Facts(
        identities=tuple(_read(row, Identity) for row in rows.get("identity", ())),
        candidates=tuple(_probed(one, probes) for one in candidates),
        events=tuple(_read(row, Event) for row in rows.get("event", ())),
    )


async def _of_subjects(
    connection: Connection, kind: Kind, subjects: Sequence[str], upto: int, of: type[T]
) -> tuple[T, ...]:
    params = {"kind": kind, "subjects": list(subjects), "upto": upto}
    rows = await fetch_all(connection, queries["of_subjects"], params, _Found)
    wanted = frozenset(subjects)
    return tuple(_read(one, of) for one in rows if one.content and one.subject in wanted)


def _probed(candidate: Candidate, probes: Mapping[str, Probe]) -> Candidate:
    probe = probes.get(candidate.id)
    return candidate if probe is None else replace(candidate, acquired=replace(candidate.acquired, probe=probe))


def _read(row: _Found, of: type[T]) -> T:
    """The fact as it was written; the moment it was known from is the row's own."""
    found = msgspec.json.decode(row.content, type=of)
    if isinstance(found, Organization):
        return found
    if isinstance(found, Probe):
        # the archive was asked by another clock than the one rows are dated by
        return replace(found, checked_at=min(found.checked_at, row.known_from))
    return replace(found, known_from=row.known_from)
