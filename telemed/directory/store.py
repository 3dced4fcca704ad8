"""Organisations, people and devices in PostgreSQL. Every writer appends its event in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

import msgspec
import psycopg.errors

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.directory.model import (
    ChangedDevice,
    ChangedOrganization,
    ChangedPractitioner,
    Device,
    DeviceEntry,
    DeviceSeen,
    NewDevice,
    NewOrganization,
    NewPractitioner,
    Organization,
    Practitioner,
    PractitionerQuery,
    PractitionerRow,
)
from telemed.errors import Conflict, DomainError, Invalid, NotFound
from telemed.events.log import append
from telemed.vocabulary import Scope

queries = load(__name__)

SEEN_KEPT = 1000

TAKEN = {
    "organization_code_is_unique": ("code-taken", "机构代码已被使用。", "This organisation code is taken."),
    "practitioner_staff_number_is_unique": (
        "staff-number-taken",
        "该机构内工号已被使用。",
        "This staff number is taken in the organisation.",
    ),
    "device_ae_title_is_unique": ("ae-title-taken", "该 AE 名称已注册。", "This AE title is enrolled already."),
}


class _Attempts(msgspec.Struct):
    attempts: int
    is_new: bool


async def organizations(connection: Connection, scope: Scope, today: date) -> list[Organization]:
    params = {"organizations": scope.organizations, "today": today}
    return [_organization(row) for row in await fetch_all(connection, queries["organizations"], params, Organization)]


async def organization(connection: Connection, id: UUID, today: date) -> Organization:  # noqa: A002 -- the column
    row = await fetch_one(connection, queries["organization"], {"id": id, "today": today}, Organization)
    if row is None:
        raise _unknown_organization()
    return _organization(row)


def _organization(row: Organization) -> Organization:
    """Rows come as plain text; the enum is checked once here."""
    return msgspec.convert(msgspec.structs.asdict(row), Organization)


async def add_organization(tx: Connection, new: NewOrganization, today: date) -> UUID:
    """Raises Conflict for a code that is taken, Invalid for an unknown parent."""
    id_ = uuid4()
    fields = msgspec.structs.asdict(new) | {"id": id_, "kind": new.kind.value}
    await _write(tx, "add_organization", fields)
    if new.member:
        await execute(tx, queries["join_community"], {"id": id_, "today": today})
    await append(tx, "organization.changed", id_, ["admin"])
    return id_


async def change_organization(tx: Connection, id_: UUID, change: ChangedOrganization, today: date) -> None:
    """Raises NotFound, Conflict when somebody else changed it, Invalid for a parent that makes a circle."""
    before = await organization(tx, id_, today)
    if change.parent_id == id_:
        raise Invalid("own-parent", "机构不能隶属于自己。", "An organisation cannot be below itself.")
    if await _write(tx, "change_organization", msgspec.structs.asdict(change) | {"id": id_}) != 1:
        raise changed_meanwhile()
    membership = {"id": id_, "today": today}
    if change.member and not before.member:
        await execute(tx, queries["join_community"], membership)
    elif before.member and not change.member:
        await execute(tx, queries["leave_community"], membership)
        await execute(tx, queries["never_joined"], membership)
    await append(tx, "organization.changed", id_, ["admin", f"organization/{id_}"])


async def practitioners(
    connection: Connection,
    scope: Scope,
    query: PractitionerQuery,
) -> tuple[list[Practitioner], UUID | None]:
    """One page by name, and where the next begins."""
    params = {
        "organizations": scope.organizations,
        "organization_id": query.organization_id,
        "search": query.search.strip(),
        "after": query.after,
        "limit": query.limit + 1,
    }
    rows = await fetch_all(connection, queries["practitioners"], params, PractitionerRow)
    people = [_person(row) for row in rows[: query.limit]]
    return people, people[-1].id if len(rows) > query.limit else None


async def practitioner(connection: Connection, id_: UUID, scope: Scope) -> Practitioner:
    """Raises NotFound outside the scope."""
    row = await fetch_one(connection, queries["practitioner"], {"id": id_}, PractitionerRow)
    if row is None or not scope.admits(row.organization_id):
        raise NotFound("unknown-person", "找不到该人员。", "There is no such person.")
    return _person(row)


def _person(row: PractitionerRow) -> Practitioner:
    return msgspec.convert(msgspec.structs.asdict(row), Practitioner, strict=False)


async def add_practitioner(tx: Connection, new: NewPractitioner) -> UUID:
    """Raises Conflict for a staff number that is taken, Invalid for an unknown organisation."""
    id_ = uuid4()
    await _write(tx, "add_practitioner", msgspec.structs.asdict(new) | {"id": id_})
    await append(tx, "practitioner.changed", id_, ["admin"])
    return id_


async def change_practitioner(tx: Connection, id_: UUID, change: ChangedPractitioner) -> None:
    """Raises Conflict when somebody else changed it or the staff number is taken."""
    if await _write(tx, "change_practitioner", msgspec.structs.asdict(change) | {"id": id_}) != 1:
        raise changed_meanwhile()
    await append(tx, "practitioner.changed", id_, ["admin"])


async def devices(connection: Connection, scope: Scope) -> list[Device]:
    rows = await fetch_all(connection, queries["devices"], {"organizations": scope.organizations}, Device)
    return [_device(row) for row in rows]


async def device(connection: Connection, id_: UUID, scope: Scope) -> Device:
    """Raises NotFound outside the scope."""
    row = await fetch_one(connection, queries["device"], {"id": id_}, Device)
    if row is None or not scope.admits(row.organization_id):
        raise NotFound("unknown-device", "找不到该设备。", "There is no such device.")
    return _device(row)


def _device(row: Device) -> Device:
    return msgspec.convert(msgspec.structs.asdict(row), Device)


async def enrol(tx: Connection, new: NewDevice, now: datetime) -> UUID:
    """Let a device send from now on; it is no stranger any more.

    Raises Conflict for an AE title that is enrolled already, Invalid for an unknown organisation.
    """
    id_ = uuid4()
    fields = msgspec.structs.asdict(new) | {"id": id_, "now": now, "default_intent": new.default_intent.value}
    await _write(tx, "enrol", fields)
    await execute(tx, queries["forget_seen"], {"ae_title": new.ae_title})
    await append(tx, "device.enrolled", id_, ["admin", f"organization/{new.organization_id}"])
    return id_


async def change_device(tx: Connection, id_: UUID, change: ChangedDevice) -> None:
    """Raises Conflict when somebody else changed it meanwhile."""
    fields = msgspec.structs.asdict(change) | {
        "id": id_,
        "default_intent": change.default_intent.value,
        "state": change.state.value,
    }
    if await _write(tx, "change_device", fields) != 1:
        raise changed_meanwhile()
    await append(tx, "device.enrolled", id_, ["admin", f"organization/{change.organization_id}"])


async def devices_snapshot(connection: Connection) -> Sequence[DeviceEntry]:
    """Every AE title with its organisation, disabled ones too: what the gateway caches and admits by."""
    return await fetch_all(connection, queries["snapshot"], {}, DeviceEntry)


async def devices_seen(connection: Connection, limit: int = 200) -> list[DeviceSeen]:
    return await fetch_all(connection, queries["seen"], {"limit": limit}, DeviceSeen)


async def note_seen(
    tx: Connection,
    *,
    ae_title: str,
    called_ae: str,
    peer_address: str,
    now: datetime,
    attempts: int = 1,
) -> None:
    """A stranger was refused. The first knock tells the administrators; a flood of invented titles stays bounded."""
    params = {
        "ae_title": ae_title,
        "called_ae": called_ae,
        "peer_address": peer_address,
        "now": now,
        "attempts": attempts,
    }
    noted = await fetch_one(tx, queries["note_seen"], params, _Attempts)
    if noted is not None and noted.is_new:
        await execute(tx, queries["bound_seen"], {"keep": SEEN_KEPT})
        await append(tx, "device.seen", uuid4(), ["admin"])


async def touch_device(connection: Connection, ae_title: str, now: datetime) -> None:
    """A device was heard; call it once an association, not once an image."""
    await execute(connection, queries["touch_device"], {"ae_title": ae_title, "now": now})


async def _write(tx: Connection, name: str, fields: Mapping[str, object]) -> int:
    try:
        async with tx.transaction():
            return await execute(tx, queries[name], fields)
    except psycopg.errors.UniqueViolation as error:
        raise _taken(error) from error
    except psycopg.errors.ForeignKeyViolation as error:
        raise _unknown_organization() from error


def _taken(error: psycopg.errors.UniqueViolation) -> DomainError:
    known = TAKEN.get(error.diag.constraint_name or "")
    if known is None:
        raise error
    return Conflict(*known)


def _unknown_organization() -> NotFound:
    return NotFound("unknown-organization", "找不到该机构。", "There is no such organisation.")


def changed_meanwhile() -> Conflict:
    return Conflict(
        "changed-meanwhile",
        "该记录已被他人修改，请重新载入后再改。您的输入未保存。",
        "Somebody else changed this meanwhile; load it again. Your input was not saved.",
    )
