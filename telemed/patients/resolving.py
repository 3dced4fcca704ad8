"""Link records, tell them apart, take either back, and look for whom a new record may be. Consumer of the event log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record as audit
from telemed.db import Connection
from telemed.errors import Conflict
from telemed.events import Event, append
from telemed.patients import candidates, links, links_store, store
from telemed.patients.admission import claim_key
from telemed.patients.identifiers import Identifier
from telemed.patients.identity import Identity, Person
from telemed.patients.links import Fact, Ground, Member, Pair, pair
from telemed.patients.matching import Code, Outcome

#: Events after which a record may turn out to be somebody known.
KINDS = frozenset({"request.registered", "patient.identified"})


@dataclass(frozen=True, slots=True)
class Why:
    """Whose word a fact is. decided_by: None for the rule alone. findings: codes of matching."""

    ground: Ground
    decided_by: UUID | None = None
    review_id: UUID | None = None
    note: str = ""
    findings: Sequence[str] = ()


async def link(tx: Connection, one: UUID, other: UUID, why: Why, now: datetime) -> None:
    """Say that two records are one person; nothing is moved.

    Raises Conflict where a person has told them, or records linked to them, apart. Nothing is written then.
    """
    await links_store.hold(tx)
    linked, never = await _standing(tx, one, other)
    refused = links.refuse_linking(one, other, linked, never)
    if refused is not None:
        raise refused
    await _write(tx, pair(one, other), Fact.LINKED, why, now)
    await _repoint(tx, links.component(one, [*linked, pair(one, other)]), [*linked, pair(one, other)])


async def never_link(tx: Connection, one: UUID, other: UUID, why: Why, now: datetime) -> None:
    """Say that two records are two persons, whatever matching finds later.

    Raises Conflict where they are linked through a third record. Nothing is written then.
    """
    await links_store.hold(tx)
    linked, _ = await _standing(tx, one, other)
    refused = links.refuse_parting(one, other, linked)
    if refused is not None:
        raise refused
    await _write(tx, pair(one, other), Fact.NEVER_LINK, why, now)
    await _part(tx, one, other, linked)


async def take_back(tx: Connection, one: UUID, other: UUID, why: Why, now: datetime) -> list[str]:
    """Take back what stands about two records, and give each record back as it was.

    Returns what else has been changed in either since, as `patient.phone` or `other.phone` in the order of the pair:
    that stays, and the fact says so. Nothing is done where nothing stands.
    Raises Conflict where another review than that of `why` has spoken last. Nothing is written then.
    """
    await links_store.hold(tx)
    two = pair(one, other)
    last = await links_store.last(tx, two)
    if last is None or last.fact == Fact.UNLINKED:
        return []
    if last.review_id != why.review_id:
        raise Conflict(
            "review-superseded",
            "此后已有新的核对，请先撤回较新的核对。未作任何改动。",
            "These two have been decided about anew since: take the newer decision back first. Nothing was changed.",
        )
    changed = [f"patient.{name}" for name in links.changed_since(last.patient_before, last.patient_now)]
    changed += [f"other.{name}" for name in links.changed_since(last.other_before, last.other_now)]
    linked, _ = await _standing(tx, one, other)
    await _write(tx, two, Fact.UNLINKED, why, now, changed=changed)
    await _part(tx, one, other, linked)
    return changed


async def _standing(tx: Connection, one: UUID, other: UUID) -> tuple[list[Pair], list[Pair]]:
    rows = await links_store.around(tx, [one, other])
    linked = [row.pair for row in rows if row.fact == Fact.LINKED]
    return linked, [row.pair for row in rows if row.fact == Fact.NEVER_LINK]


async def _part(tx: Connection, one: UUID, other: UUID, linked: list[Pair]) -> None:
    left = [two for two in linked if two != pair(one, other)]
    await _repoint(tx, links.component(one, linked) | links.component(other, linked), left)


async def _repoint(tx: Connection, ids: frozenset[UUID], linked: list[Pair]) -> None:
    rows = await links_store.members(tx, ids)
    wanted = links.pointers([Member(row.id, row.source, row.created_at) for row in rows], linked)
    for row in rows:
        if wanted[row.id] != row.same_as_id:
            await links_store.point(tx, row.id, wanted[row.id])


async def _write(
    tx: Connection, two: Pair, fact: Fact, why: Why, now: datetime, *, changed: Sequence[str] = ()
) -> None:
    number = await links_store.record(
        tx,
        two,
        fact,
        why.ground,
        findings=why.findings,
        note=why.note,
        changed=changed,
        review_id=why.review_id,
        decided_by=why.decided_by,
        now=now,
    )
    rows = await links_store.members(tx, two)
    topics = sorted({f"organization/{row.organization_id}" for row in rows})
    kind = {Fact.LINKED: "linked", Fact.UNLINKED: "unlinked", Fact.NEVER_LINK: "kept-apart"}[fact]
    await append(
        tx, f"identity.{kind}", two[0], topics, patient_id=two[0], other_patient_id=two[1], identity_link_id=number
    )


async def handle(tx: Connection, event: Event) -> None:
    """Consumer: look for whom the record of an event may be."""
    patient_id = UUID(event.ids["patient_id"]) if "patient_id" in event.ids else event.subject
    await consider(tx, patient_id, now=event.at)


async def shown(
    tx: Connection,
    patient_id: UUID,
    holder_id: UUID,
    number: Identifier,
    person: Person,
    *,
    organization_id: UUID,
    now: datetime,
) -> None:
    """Keep that a record came with a number that another one holds, and link or ask.

    The number stays its holder's. The two are linked if nothing is doubtful about it; otherwise they go on the work
    list of doubtful identities.
    """
    await store.give(tx, number, claim_key(person), patient_id, now)
    await consider(tx, patient_id, now=now)
    await store.open_review(
        tx,
        organization_id,
        patient_id=patient_id,
        other_patient_id=holder_id,
        reason="number-contradicts",
        now=now,
    )


async def consider(tx: Connection, patient_id: UUID, *, now: datetime) -> None:
    """Link a record to whom it is beyond doubt, and put whom it may be on the work list of doubtful identities.

    Of whom a person, the rule or the form has spoken already it says nothing more. Records that only a device made are
    asked about where their studies wait for a request, and here only with a number in common.
    """
    record = await candidates.record_of(tx, patient_id)
    if record is None:
        return
    found = [
        (other, match)
        for other, match in await candidates.compared(tx, record)
        if match.outcome is not Outcome.NEVER
        and (Code.NUMBER_SAME in match.findings or Identity.SOURCE not in (record.identity, other.identity))
    ]
    if not found:
        return
    await links_store.hold(tx)
    known = await links_store.spoken_of(tx, patient_id, [other.id for other, _ in found])
    for other, match in found:
        if other.id in known:
            continue
        first, second = sorted((record, other), key=lambda row: (row.created_at, row.id))
        if match.outcome is Outcome.AUTO and await _link_by_rule(tx, second, first, match.findings, now):
            continue
        # Whoever registered the second record has the person, or the paper, at hand.
        await store.open_review(
            tx,
            second.organization_id,
            patient_id=second.id,
            other_patient_id=first.id,
            reason="number-contradicts" if Code.NUMBER_SAME in match.findings else "possible-match",
            now=now,
        )


async def _link_by_rule(
    tx: Connection,
    record: candidates.CandidateRow,
    other: candidates.CandidateRow,
    found: Sequence[Code],
    now: datetime,
) -> bool:
    """Link without a person; False, and nothing done, where a person has told apart somebody whom it would join."""
    linked, never = await _standing(tx, record.id, other.id)
    if links.refuse_linking(record.id, other.id, linked, never) is not None:
        return False
    review_id = await links_store.list_matched(
        tx, record.organization_id, patient_id=record.id, other_patient_id=other.id, now=now
    )
    await link(tx, record.id, other.id, Why(Ground.MATCHED, review_id=review_id, findings=found), now)
    await audit(
        tx,
        AuditRow(
            now,
            "identity.match",
            "success",
            organization_id=record.organization_id,
            entities=(
                Entity("identity-review", review_id, record.id),
                Entity("patient", other.id, other.id),
            ),
            detail={"findings": ",".join(found)},
        ),
    )
    return True
