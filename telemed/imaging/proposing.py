"""Proposals to correct a study, in PostgreSQL: made, held, decided, listed; and who has to be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from telemed.events import append
from telemed.imaging.corrections import (
    Confirmed,
    Kind,
    Proposal,
    Proposed,
    Refusal,
    Rejected,
    Settled,
    Withdrawn,
    confirm,
    reject,
    withdraw,
    word,
)
from telemed.patients import names
from telemed.vocabulary import Scope

queries = load(__name__, "corrections.sql")


class _Id(msgspec.Struct):
    id: UUID


class CorrectionRow(msgspec.Struct, frozen=True):
    """A proposal as it lies. persons: of a split, the keys of what the instances say, in hexadecimal, by person."""

    id: UUID
    study_id: UUID
    organization_id: UUID
    kind: str
    state: str
    reason: str
    persons: list[list[str]] | None
    from_patient_id: UUID | None
    from_request_id: UUID | None
    to_patient_id: UUID | None
    to_request_id: UUID | None
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None

    def proposed(self) -> Proposed:
        """The open proposal. Raises Conflict for one that has been decided."""
        if self.state != "proposed":
            raise Conflict(
                "correction-decided",
                "该申请已有结果，请刷新查看。未作任何改动。",
                "This proposal has been decided already: look again. Nothing was changed.",
            )
        kind = Kind(self.kind)
        return Proposed(
            Proposal(self.id, self.study_id, self.organization_id, kind, self.proposed_by, self.proposed_at)
        )


class CorrectionLine(msgspec.Struct, frozen=True):
    """A proposal as lists show it. persons: of a split, how many. untold: of notices, those nobody has told yet.

    void_report_id: the report that a reassignment voided, as its last version says.
    """

    id: UUID
    study_id: UUID
    organization_id: UUID
    organization_name: str
    kind: str
    state: str
    reason: str
    note: str
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    from_patient_id: UUID | None
    from_request_id: UUID | None
    to_patient_id: UUID | None
    to_request_id: UUID | None
    persons: int
    modalities: list[str]
    item: str
    from_name: str
    to_name: str
    void_report_id: UUID | None
    notices: int
    untold: int


class Notice(msgspec.Struct, frozen=True):
    """Somebody who had the report that is void now. means: opened, viewed, printed, acknowledged, used, called."""

    id: UUID
    organization_id: UUID
    organization_name: str
    organization_phone: str
    practitioner_id: UUID | None
    name: str
    means: list[str]
    last_at: datetime
    told_by_name: str | None
    told_at: datetime | None
    channel: str | None
    note: str


class Had(msgspec.Struct, frozen=True):
    """Somebody and how they came to have a report. name: of somebody without an account."""

    organization_id: UUID
    practitioner_id: UUID | None
    name: str
    means: list[str]
    last_at: datetime


class Target(msgspec.Struct, frozen=True):
    """Whose a study is said to be. request_id: the registration it answers."""

    from_patient_id: UUID | None
    from_request_id: UUID | None
    to_patient_id: UUID
    to_request_id: UUID | None


async def propose(
    tx: Connection,
    study_id: UUID,
    organization_id: UUID,
    *,
    reason: str,
    by: UUID,
    at: datetime,
    persons: Sequence[Sequence[str]] | None = None,
    target: Target | None = None,
) -> UUID:
    """Write a proposal: a split with persons, a reassignment with a target. Raises Conflict if one is open."""
    reason = reason.strip()
    if not reason:
        raise Invalid("reason-needed", "请填写理由。未作任何改动。", "A reason is needed. Nothing was changed.")
    kind = Kind.REASSIGNMENT if persons is None else Kind.SPLIT
    ids = {"from_patient_id": None, "from_request_id": None, "to_patient_id": None, "to_request_id": None}
    made = await fetch_one(
        tx,
        queries["insert"],
        {
            "id": uuid4(),
            "study_id": study_id,
            "organization_id": organization_id,
            "kind": kind.value,
            "reason": reason,
            "persons": None if persons is None else json.dumps([list(one) for one in persons]),
            **(ids if target is None else msgspec.structs.asdict(target)),
            "by": by,
            "at": at,
        },
        _Id,
    )
    if made is None:
        raise Conflict(
            "correction-open",
            "该检查已有待确认的拆分或归属更正。请先确认、撤回或不同意。未作任何改动。",
            "A split or reassignment of this study waits already: confirm, withdraw or reject it. Nothing was changed.",
        )
    await _tell(tx, made.id, study_id, organization_id, "correction.proposed")
    return made.id


async def study_of(tx: Connection, correction_id: UUID) -> UUID:
    """The study a proposal is about.  Whoever will change both locks the study first, as whoever proposes does."""
    row = await fetch_one(tx, queries["study"], {"id": correction_id}, _Id)
    if row is None:
        raise no_such_correction()
    return row.id


async def hold(tx: Connection, correction_id: UUID, scope: Scope) -> CorrectionRow:
    """One proposal, locked. Raises NotFound outside of the scope."""
    row = await fetch_one(tx, queries["hold"], {"id": correction_id}, CorrectionRow)
    if row is None or not scope.admits(row.organization_id):
        raise no_such_correction()
    return row


def no_such_correction() -> NotFound:
    return NotFound("unknown-correction", "找不到该申请。", "There is no such proposal.")


async def confirmed(tx: Connection, row: CorrectionRow, *, by: UUID, at: datetime) -> None:
    """Another person agrees; what is proposed is done in the same transaction. Raises Forbidden for the proposer."""
    await _settle(tx, confirm(row.proposed(), by, at))


async def rejected(tx: Connection, row: CorrectionRow, *, by: UUID, at: datetime, note: str) -> None:
    """Another person disagrees, and says why."""
    await _settle(tx, reject(row.proposed(), by, at), note)


async def withdrawn(tx: Connection, row: CorrectionRow, *, by: UUID, at: datetime) -> None:
    """The proposer takes it back."""
    await _settle(tx, withdraw(row.proposed(), by, at))


async def _settle(tx: Connection, settled: Settled | Refusal, note: str = "") -> None:
    match settled:
        case Refusal.FOUR_EYES:
            raise Forbidden(
                "four-eyes",
                "须由提出人以外的另一人确认。未作任何改动；如提错可撤回。",
                "Somebody else than the proposer decides. Nothing was changed; the proposer can withdraw it.",
            )
        case Refusal.NOT_THE_PROPOSER:
            raise Forbidden(
                "not-the-proposer",
                "只有提出人可以撤回。未作任何改动；其他人可选择不同意。",
                "Only the proposer withdraws. Nothing was changed; others can reject.",
            )
        case Confirmed(proposal, by, at) | Rejected(proposal, by, at) | Withdrawn(proposal, by, at):
            state = word(settled)
            await execute(
                tx, queries["settle"], {"id": proposal.id, "state": state, "by": by, "at": at, "note": note.strip()}
            )
            await _tell(tx, proposal.id, proposal.study_id, proposal.organization_id, f"correction.{state}")


async def _tell(tx: Connection, correction_id: UUID, study_id: UUID, organization_id: UUID, kind: str) -> None:
    topics = ["worklist", f"organization/{organization_id}", f"study/{study_id}"]
    await append(tx, kind, correction_id, topics, study_id=study_id, organization_id=organization_id)


async def lines(
    connection: Connection,
    scope: Scope,
    *,
    limit: int,
    id: UUID | None = None,  # noqa: A002 -- the column
    study_id: UUID | None = None,
    patient_ids: Sequence[UUID] | None = None,
) -> list[CorrectionLine]:
    """Proposals in scope, those that wait first. patient_ids: done reassignments from or to these people."""
    params = {
        "organizations": scope.organizations,
        "id": id,
        "study_id": study_id,
        "patient_ids": None if patient_ids is None else list(patient_ids),
        "limit": limit,
    }
    found = await fetch_all(connection, queries["list"], params, CorrectionLine)
    return [msgspec.structs.replace(one, from_name=names.shown(one.from_name)) for one in found]


async def open_notices(tx: Connection, correction: CorrectionRow, people: Sequence[Had]) -> None:
    """Put people on the list of those to be told, and tell their organisations that there is something."""
    for one in people:
        notice_id = uuid4()
        params = msgspec.structs.asdict(one) | {"id": notice_id, "correction_id": correction.id}
        await execute(tx, queries["insert_notice"], params)
        topics = [f"organization/{one.organization_id}", f"organization/{correction.organization_id}", "worklist"]
        await append(
            tx,
            "notice.opened",
            notice_id,
            sorted(set(topics)),
            correction_id=correction.id,
            **({} if one.practitioner_id is None else {"practitioner_id": one.practitioner_id}),
        )


async def notices(connection: Connection, correction_id: UUID) -> list[Notice]:
    """Who has to be told, those nobody has told first."""
    return await fetch_all(connection, queries["notices"], {"correction_id": correction_id}, Notice)


async def told(
    tx: Connection, row: CorrectionRow, notice_id: UUID, *, channel: str, note: str, by: UUID, at: datetime
) -> None:
    """Somebody on the list has been told: by whom, when, how. Raises NotFound, Conflict if it was recorded before."""
    params = {"id": notice_id, "correction_id": row.id, "channel": channel, "note": note.strip(), "by": by, "at": at}
    if await fetch_one(tx, queries["tell"], params, _Id) is None:
        if not any(one.id == notice_id for one in await notices(tx, row.id)):
            raise NotFound("unknown-notice", "找不到该告知对象。", "There is nobody such on the list.")
        raise Conflict(
            "notice-told",
            "此人已告知并记录。未作任何改动。",
            "Telling this person has been recorded already. Nothing was changed.",
        )
    topics = [f"organization/{row.organization_id}", "worklist"]
    await append(tx, "notice.told", notice_id, topics, correction_id=row.id)
