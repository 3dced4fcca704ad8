"""检验结果待核对: read anew with today's code maps, let in by a person where only a person can say, or discarded.

Nothing is ever let in over a unit that contradicts its item: the map is put right, or the laboratory sends again.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from telemed.db import Connection, execute, fetch_one
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import append
from telemed.patients import review
from telemed.patients import store as people
from telemed.results import store
from telemed.results.code_map import CodeMaps
from telemed.results.quarantine_list import IdRow, Kept, queries, understood
from telemed.results.report import REASONS
from telemed.results.storing import Only, Outcome, Work, store_results
from telemed.results.visiting import ANOTHER_PATIENT, Told, store_visit
from telemed.results.visits import Visit
from telemed.vocabulary import PractitionerId, Scope

#: What reading anew can clear: the map, the spelling of a unit, or this program has been put right meanwhile.
READ_ANEW = frozenset({"unit-missing", "unit-unknown", "unit-contradicts", "code-ambiguous", "not-stored"})
#: What a person who has asked the laboratory may say is right.
ACCEPTED = frozenset({"report-of-another-patient", ANOTHER_PATIENT})
RELEASABLE = READ_ANEW | ACCEPTED
#: Kept under a source patient and linked to nobody, as the number is wrong: a person may say whose it is.
ASSIGNABLE = frozenset({"id-number-wrong", "id-number-contradicts"})


async def release(
    tx: Connection,
    scope: Scope,
    case_id: UUID,
    *,
    maps: CodeMaps,
    zone: ZoneInfo,
    by: PractitionerId,
    note: str,
    now: datetime,
) -> None:
    """Read the place of a message anew and store what it says, known from now on.

    Raises NotFound outside the scope, Invalid without a note, Conflict if it was decided before, cannot be released,
    or still has something against it; nothing was changed then.
    """
    _need_note(note)
    case = await _lock(tx, scope, case_id)
    if case.reason not in RELEASABLE:
        raise Conflict(
            "case-not-releasable",
            "该数据不能放行：" + REASONS[case.reason].zh,
            "This cannot be released: " + REASONS[case.reason].en,
        )
    outcome = await _read_anew(tx, case, maps, zone, now)
    # an identity number that was wrong is a case of its own and does not hold up a result
    against = [doubt for doubt, _, _ in outcome.doubts if not doubt.reason.startswith("id-number-")]
    if against or not outcome.stored:
        reason = against[0].text if against else REASONS[case.reason]
        raise Conflict("case-still-doubtful", "仍不能放行：" + reason.zh, "Still not to be released: " + reason.en)
    await _decide(tx, case, "released", by=by, note=note, now=now)


async def discard(tx: Connection, scope: Scope, case_id: UUID, *, by: PractitionerId, note: str, now: datetime) -> None:
    """Close a case without letting it in; the message is still kept.

    Raises NotFound, Invalid without a note, Conflict if decided before.
    """
    _need_note(note)
    case = await _lock(tx, scope, case_id)
    await _decide(tx, case, "discarded", by=by, note=note, now=now)


async def reopen(tx: Connection, scope: Scope, case_id: UUID, *, by: PractitionerId, note: str, now: datetime) -> None:
    """Take a discarding back; the case waits again.  Raises NotFound, Invalid without a note, Conflict otherwise."""
    _need_note(note)
    case = await _find(tx, scope, case_id)
    params = {"id": case_id, "by": by, "note": note.strip(), "now": now}
    if await execute(tx, queries["reopen"], params) == 0:
        raise Conflict(
            "case-not-discarded",
            "只有已作废的数据可以撤回。未作任何改动。",
            "Only what was discarded can be taken back. Nothing was changed.",
        )
    await append(tx, "result.decided", case.id, store.topics(case.organization_id), state="open")


async def assign(
    tx: Connection,
    scope: Scope,
    case_id: UUID,
    patient_id: UUID,
    *,
    by: PractitionerId,
    note: str,
    now: datetime,
) -> UUID:
    """Say whose the results are that came with a wrong number, and return the record they are kept under.

    The two records are linked as a review would link them, and can be parted on the list of decided identities.
    Raises NotFound outside the scope, Invalid without a note, Conflict where there is nothing to assign or somebody
    has told the two apart; nothing was changed then.
    """
    _need_note(note)
    case = await _lock(tx, scope, case_id)
    source = await fetch_one(tx, queries["patient_of_case"], {"id": case.id}, IdRow)
    if case.reason not in ASSIGNABLE or source is None:
        raise Conflict(
            "case-not-assignable",
            "该数据不涉及患者归属，不能指定患者。",
            "This is not about whose a result is; no patient can be named.",
        )
    if await people.patient(tx, patient_id, scope.organizations) is None:
        raise NotFound("unknown-patient", "找不到该患者。", "There is no such patient.")
    await review.same(
        tx, source.id, patient_id, note.strip(), organization_id=case.organization_id, decided_by=by, now=now
    )
    await _decide(tx, case, "released", by=by, note=note, now=now, act="assigned")
    return source.id


def _need_note(note: str) -> None:
    if not note.strip():
        raise Invalid(
            "decision-needs-note",
            "须写明理由：核对了什么。数据仍保留，未作任何改动。",
            "Say what was checked. It is kept, and nothing was changed.",
        )


async def _read_anew(tx: Connection, case: Kept, maps: CodeMaps, zone: ZoneInfo, now: datetime) -> Outcome:
    found = await asyncio.to_thread(understood, case, zone)
    sender = store.Sender(case.sender_id, case.organization_id, case.organization_code)
    received = store.Received(
        id=case.message_id,
        sender=sender,
        raw=case.bytes,
        digest=hashlib.sha256(case.bytes).digest(),
        content_digest=b"",
        control_id=case.control_id,
        charset=None,
        peer_address=None,
        received_at=now,
    )
    outcome = Outcome()
    accepted = frozenset({case.reason}) & ACCEPTED
    if isinstance(found, Visit):
        await store_visit(tx, Told(received, sender, found, zone, accepted, came_at=case.received_at), outcome)
        return outcome
    only = Only(frozenset({case.line} if case.line else ()), accepted)
    day = now.astimezone(zone).date()
    await store_results(tx, Work(received, sender, found, maps, day, only, came_at=case.received_at), outcome)
    return outcome


async def _find(tx: Connection, scope: Scope, case_id: UUID) -> Kept:
    case = await fetch_one(tx, queries["lock_case"], {"id": case_id}, Kept)
    if case is None or not scope.admits(case.organization_id):
        raise NotFound("unknown-case", "找不到该异常数据。", "There is no such quarantined item.")
    return case


async def _lock(tx: Connection, scope: Scope, case_id: UUID) -> Kept:
    case = await _find(tx, scope, case_id)
    if case.state != "open":
        raise Conflict("case-decided", "该异常数据已由他人处理。", "Somebody has decided this item already.")
    return case


async def _decide(
    tx: Connection, case: Kept, state: str, *, by: PractitionerId, note: str, now: datetime, act: str = ""
) -> None:
    params = {
        "id": case.id,
        "message_id": case.message_id,
        "line": case.line,
        # whose it is says nothing of what else is wrong at the place
        "reasons": [] if act == "assigned" else sorted(RELEASABLE),
        "state": state,
        "act": act or state,
        "note": note.strip(),
        "by": by,
        "now": now,
    }
    await execute(tx, queries["decide"], params)
    await append(tx, "result.decided", case.id, store.topics(case.organization_id), state=state)
