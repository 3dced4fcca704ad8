"""归属更正: a study is of another patient; its report is void, who had it is listed, the reading begins anew."""

from __future__ import annotations

from uuid import UUID

from telemed.access.policy import SIGNING_ROLES
from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from telemed.imaging import linked, linking, proposing, requests, splitting
from telemed.imaging.corrections import Kind
from telemed.imaging.proposing import CorrectionRow, Had, Target
from telemed.patients import store as patients
from telemed.reading.model.states import Canceled, Void, reassign
from telemed.reading.service import scheduling
from telemed.reading.service.acting import Acting, Signatures
from telemed.reading.service.amendments import write_void
from telemed.reading.service.drafts import study_of
from telemed.reading.service.signing import Confirmed, require_signer
from telemed.reading.store.readings import queries as reports
from telemed.reading.store.rows import Id, VersionRow

queries = load("telemed.reading.store.reassignment", "reassignment.sql")


async def propose(acting: Acting, study_id: UUID, patient_id: UUID, request_id: UUID | None, reason: str) -> UUID:
    """The site says whose a study is: of a registration, or of a patient it knows and no registration.

    Raises NotFound, Invalid for a registration of somebody else or elsewhere, Conflict for a study held as mixed or
    already so.
    """
    row = await linked.hold(acting.tx, study_id)
    if row is None or not acting.scope.admits(row.organization_id):
        raise NotFound("unknown-study", "找不到该检查。", "There is no such study.")
    if row.hold:
        raise linking.held()
    if (row.patient_id, row.service_request_id) == (patient_id, request_id):
        raise Conflict(
            "already-so",
            "该检查已在此患者和登记名下。未作任何改动。",
            "The study is of this patient and registration already. Nothing was changed.",
        )
    if request_id is not None:
        request = await requests.hold(acting.tx, request_id)
        fits = request is not None and (request.patient_id, request.organization_id) == (
            patient_id,
            row.organization_id,
        )
    else:
        fits = await patients.knows(acting.tx, row.organization_id, patient_id)
    if not fits:
        raise Invalid(
            "not-of-this-site",
            "只能更正到本机构登记过的患者或登记。未作任何改动。",
            "A study goes to a patient or a registration of its own site only. Nothing was changed.",
        )
    target = Target(row.patient_id, row.service_request_id, patient_id, request_id)
    return await proposing.propose(
        acting.tx,
        study_id,
        row.organization_id,
        reason=reason,
        by=acting.principal.practitioner_id,
        at=acting.now,
        target=target,
    )


async def voids(connection: Connection, study_id: UUID) -> bool:
    """Whether a report of a study stands: confirming a reassignment voids it, with a physician's signing password."""
    return await fetch_one(connection, queries["issued_of_study"], {"study_id": study_id}, Id) is not None


async def confirm(
    acting: Acting, correction_id: UUID, confirmed: Confirmed | None, signatures: Signatures
) -> CorrectionRow:
    """A second person agrees, and it is done: the split, or the reassignment.

    confirmed: the second person's signing password; asked for where a report that stands becomes void.
    """
    await linked.hold(acting.tx, await proposing.study_of(acting.tx, correction_id))
    row = await proposing.hold(acting.tx, correction_id, acting.scope)
    await proposing.confirmed(acting.tx, row, by=acting.principal.practitioner_id, at=acting.now)
    if row.kind == Kind.SPLIT:
        await splitting.split(acting.tx, row, by=acting.principal.practitioner_id, now=acting.now)
        return row
    if row.to_patient_id is None:
        raise LookupError(f"reassignment {row.id} names nobody")
    target = Target(row.from_patient_id, row.from_request_id, row.to_patient_id, row.to_request_id)
    readings = await fetch_all(acting.tx, queries["readings_of_study"], {"study_id": row.study_id}, Id)
    for one in readings:
        await _end(acting, one.id, row, confirmed, signatures)
    had = await fetch_all(
        acting.tx,
        queries["who_had_reports"],
        {"readings": [one.id for one in readings], "but": acting.principal.practitioner_id},
        Had,
    )
    await proposing.open_notices(acting.tx, row, had)
    await linking.reassign(acting.tx, row.study_id, target, by=acting.principal.practitioner_id, now=acting.now)
    await scheduling.schedule(acting.tx, row.study_id, acting.now, acting.rules)
    return row


async def _end(
    acting: Acting, reading_id: UUID, row: CorrectionRow, confirmed: Confirmed | None, signatures: Signatures
) -> None:
    """End what is open of a reading; void the report that stands; keep whose it was."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, Void | Canceled):
        standing = held.current or await _preliminary(acting, held.row.preliminary_version_id)
        version_id = held.row.current_version_id
        if standing is not None:
            if confirmed is None or acting.principal.roles.isdisjoint(SIGNING_ROLES):
                raise report_stands()
            study = await study_of(acting.tx, held.row.study_id)
            await require_signer(acting, signatures, study, confirmed)
            version_id = await write_void(acting, held, study, standing, row.reason)
        params = {"reading_id": reading_id, "by": acting.principal.practitioner_id, "now": acting.now}
        await execute(acting.tx, queries["close_site_return"], params)
        moved = reassign(held.state, issued=standing is not None)
        kind = "reading.canceled" if standing is None else "report.voided"
        await acting.save(held, moved, kind, current_version_id=version_id, clock_stopped_at=None)
    former = {"id": reading_id, "patient_id": row.from_patient_id, "request_id": row.from_request_id}
    await execute(acting.tx, queries["keep_former_patient"], former)


async def _preliminary(acting: Acting, version_id: UUID | None) -> VersionRow | None:
    if version_id is None:
        return None
    return await fetch_one(acting.tx, reports["version"], {"id": version_id}, VersionRow)


def report_stands() -> Forbidden:
    return Forbidden(
        "report-stands",
        "该检查已有签发的报告，确认即作废该报告：须由有签发资格的医师以签名密码确认。未作任何改动。",
        "A signed report becomes void: a physician who may sign confirms, with the signing password. "
        "Nothing was changed.",
    )
