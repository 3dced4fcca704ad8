"""What the site does with a report: it arrives, is opened, printed, acknowledged."""

from __future__ import annotations

from uuid import UUID

from telemed.db import execute, fetch_one
from telemed.errors import Conflict, NotFound
from telemed.reading.model import words
from telemed.reading.model.delivery import state_word
from telemed.reading.model.states import Delivered, Moved, Signed, Viewed
from telemed.reading.service.acting import Acting, tell
from telemed.reading.service.amendments import issued
from telemed.reading.service.verification import receipts_of
from telemed.reading.store.readings import Held, hold, queries
from telemed.reading.store.rows import ReceiptsRow, VersionRow

EVENTS = {
    "delivered": "report.delivered",
    "viewed": "report.viewed",
    "printed": "report.printed",
    "acknowledged": "report.acknowledged",
    "used": "report.used",
}


async def version_for(acting: Acting, version_id: UUID) -> VersionRow:
    """A version this person may act on; NotFound otherwise."""
    version = await version_to_read(acting, version_id)
    if not acting.scope.admits(version.organization_id):
        raise _unknown()
    return version


async def version_to_read(acting: Acting, version_id: UUID) -> VersionRow:
    """A version this person may read, a record opened by break-glass included; NotFound otherwise."""
    version = await fetch_one(acting.tx, queries["version"], {"id": version_id}, VersionRow)
    if version is None or not acting.scope.admits(version.organization_id, patient_id=version.patient_id):
        raise _unknown()
    return version


def _unknown() -> NotFound:
    return NotFound("unknown-report", "找不到该报告。", "There is no such report.")


async def record_delivery(acting: Acting, version_id: UUID) -> None:
    """已送达: a client of the site has it."""
    await _record(acting, version_id, "delivered")


async def record_view(acting: Acting, version_id: UUID) -> bool:
    """已查看, if it is the site's own people who look; returns whether it was recorded."""
    version = await version_to_read(acting, version_id)
    if not _of_site(acting, version):
        return False
    await _record(acting, version_id, "delivered")
    await _record(acting, version_id, "viewed")
    return True


async def acknowledge(acting: Acting, version_id: UUID) -> None:
    """签收."""
    version = await version_for(acting, version_id)
    if not version.is_current:
        raise superseded()
    await _record(acting, version_id, "acknowledged")


async def record_print(acting: Acting, version_id: UUID, *, copies: int, paper: str, reason: str) -> ReceiptsRow:
    """打印; a reprint (补打) needs its reason, and what no longer holds is not printed."""
    version = await version_for(acting, version_id)
    if not version.is_current or version.status == "entered-in-error" or version.withdrawn:
        raise superseded()
    before = await fetch_one(acting.tx, queries["receipts"], {"report_version_id": version_id}, ReceiptsRow)
    if before is not None and before.prints > 0 and not reason.strip():
        raise words.needs_reason()
    await _record(acting, version_id, "printed", copies=copies, paper=paper, reason=reason.strip())
    after = await fetch_one(acting.tx, queries["receipts"], {"report_version_id": version_id}, ReceiptsRow)
    if after is None:
        raise LookupError("an aggregate without a row")
    return after


def superseded() -> Conflict:
    return Conflict(
        "report-superseded",
        "该报告已更正或作废，不能打印或签收。未作任何改动；请使用现行版本。",
        "This report was amended or voided and is neither printed nor acknowledged. Use the version that stands.",
    )


def _of_site(acting: Acting, version: VersionRow) -> bool:
    own = version.organization_id in acting.principal.organization_ids
    return own and acting.principal.practitioner_id not in (version.author_id, version.verifier_id)


async def _record(
    acting: Acting,
    version_id: UUID,
    kind: str,
    *,
    copies: int = 0,
    paper: str = "",
    reason: str = "",
) -> None:
    version = await version_for(acting, version_id)
    held = await hold(acting.tx, version.reading_id)
    if held is None:
        raise words.no_such_reading()
    written = await execute(
        acting.tx,
        queries["insert_receipt"],
        {
            "report_version_id": version_id,
            "kind": kind,
            "now": acting.now,
            "organization_id": acting.principal.organization_id,
            "practitioner_id": acting.principal.practitioner_id,
            "copies": copies,
            "paper": paper,
            "reason": reason,
        },
    )
    if written and not await _advance(acting, held, version, EVENTS[kind]):
        await tell(acting.tx, held.row, EVENTS[kind], report_id=version_id)


async def _advance(acting: Acting, held: Held, version: VersionRow, event: str) -> bool:
    """Let the reading's word follow the receipts of the version that stands."""
    if not isinstance(held.state, Signed | Delivered | Viewed) or held.row.current_version_id != version.id:
        return False
    receipts = await receipts_of(acting, version.id)
    back = await issued(acting, held)
    if back is None or state_word(receipts) == held.row.state:
        return False
    await acting.save(held, Moved(back), event)
    return True
