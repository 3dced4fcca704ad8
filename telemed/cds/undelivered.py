"""Reports that the provincial platform did not take: listed, tried again, given up with a reason."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from telemed.cds.report_uploading import topics
from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import append
from telemed.vocabulary import PractitionerId, Scope

queries = load(__name__, "undelivered.sql")

#: States that are listed, and how many are tried again at once: the platform gets them one by one anyway.
LISTED = frozenset({"dead", "waiting", "given-up"})
MOST_AT_ONCE = 500


class Upload(msgspec.Struct, frozen=True):
    """A report on its way, by what is no patient's.

    queued_at: since when it should be there.  ended_at: since when only a person helps, or it was given up.
    last_fault: refused-NNN | tried-too-often | no-answer | no-patient | ''.
    """

    id: UUID
    state: str
    report_version_id: UUID
    organization_id: UUID
    organization_name: str
    item: str
    status: str
    signed_at: datetime
    author_name: str
    queued_at: datetime
    next_at: datetime
    ended_at: datetime | None
    attempts: int
    last_status: int | None
    last_fault: str
    given_up_by_name: str
    reason: str


class UndeliveredRow(Upload, frozen=True, kw_only=True):
    """The same with whose it is; None where the study is nobody's."""

    patient_id: UUID | None


class Amounts(msgspec.Struct, frozen=True):
    """How many only a person helps, and how many are on their way."""

    dead: int
    waiting: int


class Held(msgspec.Struct, frozen=True):
    """A report about which somebody decides."""

    id: UUID
    state: str
    organization_id: UUID
    patient_id: UUID | None


async def undelivered(
    connection: Connection, scope: Scope, *, state: str, after: tuple[datetime, UUID] | None, limit: int
) -> list[UndeliveredRow]:
    """Reports of the organisations in scope, what waits longest first.

    Raises Invalid for a state that is not listed.
    """
    if state not in LISTED:
        raise Invalid("unknown-state", "没有这种状态。", "There is no such state.")
    params = {
        "state": state,
        "organizations": scope.organizations,
        "after_at": None if after is None else after[0],
        "after_id": None if after is None else after[1],
        "limit": limit,
    }
    return await fetch_all(connection, queries["undelivered"], params, UndeliveredRow)


async def amounts(connection: Connection, scope: Scope) -> Amounts:
    """How many in scope are where."""
    params = {"organizations": scope.organizations}
    found = await fetch_one(connection, queries["undelivered_counts"], params, Amounts)
    return found or Amounts(0, 0)


async def try_again(tx: Connection, scope: Scope, number: UUID, now: datetime) -> Held:
    """Send one again, a dead letter or one that was given up.  Raises NotFound, Conflict."""
    held = await _held(tx, scope, number)
    if held.state not in {"dead", "given-up"}:
        raise _decided()
    await _revive(tx, [held], now)
    return held


async def try_all_again(tx: Connection, scope: Scope, now: datetime) -> list[Held]:
    """Send every dead letter in scope again, a bounded number at once."""
    params = {"organizations": scope.organizations, "limit": MOST_AT_ONCE}
    held = await fetch_all(tx, queries["dead_in_scope"], params, Held)
    await _revive(tx, held, now)
    return held


async def give_up(
    tx: Connection, scope: Scope, number: UUID, *, by: PractitionerId, reason: str, now: datetime
) -> Held:
    """Send a dead letter no more.  Raises NotFound, Conflict, and Invalid without a reason."""
    written = reason.strip()
    if not written:
        raise Invalid("reason-missing", "请写明放弃上传的原因。", "Say why it is given up.")
    held = await _held(tx, scope, number)
    if held.state != "dead":
        raise _decided()
    await execute(tx, queries["give_up"], {"id": number, "by": by, "reason": written, "now": now})
    await append(tx, "report-upload.given-up", number, topics(held.organization_id))
    return held


async def _held(tx: Connection, scope: Scope, number: UUID) -> Held:
    held = await fetch_one(tx, queries["lock_undelivered"], {"id": number}, Held)
    if held is None or not scope.admits(held.organization_id):
        raise NotFound("unknown-upload", "找不到该上传记录。", "There is no such upload.")
    return held


async def _revive(tx: Connection, held: list[Held], now: datetime) -> None:
    await execute(tx, queries["try_again"], {"ids": [one.id for one in held], "now": now})
    for one in held:
        await append(tx, "report-upload.retried", one.id, topics(one.organization_id))


def _decided() -> Conflict:
    return Conflict(
        "upload-not-dead",
        "该报告已在重新上传或已处理，未作改动。",
        "This report is on its way again or was decided about; nothing was changed.",
    )
