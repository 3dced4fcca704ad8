"""/api/corrections: 归属更正 proposed; splits and reassignments confirmed, rejected, withdrawn; who was told."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from telemed.db import Connection
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.imaging import proposing, requests, splitting
from telemed.imaging.listing import StudyItem, studies
from telemed.imaging.proposing import CorrectionLine, Notice
from telemed.imaging.routes_registration import Registration
from telemed.imaging.routes_registration import shown as registration_shown
from telemed.imaging.routes_splitting import Proposed, Reason, SplitPerson
from telemed.imaging.routes_splitting import shown as persons_shown
from telemed.patients import store as patients
from telemed.patients.messages import Patient
from telemed.reading.routes.desk import Desk
from telemed.reading.routes.messages import Password
from telemed.reading.service import reassignment
from telemed.reading.service.signing import confirm_password
from telemed.vocabulary import Action, Text


class CorrectionQuery(msgspec.Struct, frozen=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 200


class CorrectionList(msgspec.Struct, frozen=True):
    items: list[CorrectionLine]


class Belonging(msgspec.Struct, frozen=True):
    """Whose a study is: the person, and the registration it answers."""

    patient: Patient | None
    registration: Registration | None


class CorrectionDetail(msgspec.Struct, frozen=True):
    """A proposal with what a second person needs to see.

    voids: a report stands, and confirming voids it. own: whoever asks has proposed it and does not decide it.
    persons: of a split that waits. before, after: of a reassignment.
    """

    line: CorrectionLine
    study: StudyItem | None
    own: bool
    voids: bool
    persons: list[SplitPerson]
    before: Belonging | None
    after: Belonging | None
    notices: list[Notice]


class ReassignBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """service_request_id: the registration that the study answers; None: of the patient, without a registration."""

    patient_id: UUID
    reason: Reason
    service_request_id: UUID | None = None


class ConfirmBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """password: the signing password, where a report becomes void."""

    password: Password | None = None


class RejectBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Reason


class ToldBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How somebody was told; by whom and when is of the call."""

    channel: Literal["phone", "in-person", "message"]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class CorrectionRoutes:
    """Handlers; zone: of the county."""

    def __init__(self, desk: Desk, zone: tzinfo) -> None:
        self._desk = desk
        self._zone = zone

    async def propose(self, call: Call[Nothing, ReassignBody]) -> Proposed:
        study_id, body = call.uuid("id"), call.body
        call.about("study", study_id, patient_id=body.patient_id)
        async with call.transaction() as tx:
            acting = self._desk.acting(call, tx)
            made = await reassignment.propose(acting, study_id, body.patient_id, body.service_request_id, body.reason)
            call.about("correction", made)
        return Proposed(made)

    async def all(self, call: Call[CorrectionQuery, Nothing]) -> CorrectionList:
        async with call.pool.connection() as connection:
            found = await proposing.lines(connection, call.scope, limit=call.query.limit)
        for one in found:
            _both(call, one)
        return CorrectionList(found)

    async def of_patient(self, call: Call[Nothing, Nothing]) -> CorrectionList:
        """What has been moved to or from somebody."""
        patient_id = call.uuid("id")
        async with call.pool.connection() as connection:
            people = await patients.linked(connection, patient_id)
            found = await proposing.lines(connection, call.scope, patient_ids=people, limit=100)
        call.about("patient", patient_id, patient_id=patient_id)
        for one in found:
            _both(call, one)
        return CorrectionList(found)

    async def one(self, call: Call[Nothing, Nothing]) -> CorrectionDetail:
        correction_id = call.uuid("id")
        async with call.pool.connection() as connection:
            found = await proposing.lines(connection, call.scope, id=correction_id, limit=1)
            if not found:
                raise proposing.no_such_correction()
            line = found[0]
            _both(call, line)
            waits = line.state == "proposed"
            reassigns = line.kind == "reassignment"
            items = await studies(connection, None, self._zone, study_id=line.study_id, limit=1)
            people = await splitting.people(connection, line.study_id) if waits and not reassigns else []
            before = after = None
            if reassigns:
                before = await self._belonging(call, connection, line.from_patient_id, line.from_request_id)
                after = await self._belonging(call, connection, line.to_patient_id, line.to_request_id)
            return CorrectionDetail(
                line=line,
                study=items[0] if items else None,
                own=line.proposed_by == call.principal.practitioner_id,
                voids=waits and reassigns and await reassignment.voids(connection, line.study_id),
                persons=persons_shown(people),
                before=before,
                after=after,
                notices=await proposing.notices(connection, line.id),
            )

    async def _belonging(
        self,
        call: Call[Nothing, Nothing],
        connection: Connection,
        patient_id: UUID | None,
        request_id: UUID | None,
    ) -> Belonging:
        day = call.now.astimezone(self._zone).date()
        person = None if patient_id is None else await patients.patient(connection, patient_id, None)
        request = None if request_id is None else await requests.find(connection, request_id, None)
        return Belonging(
            None if person is None else Patient.of(person, call.now, day),
            None if request is None else registration_shown(request, day, call.now),
        )

    async def confirm(self, call: Call[Nothing, ConfirmBody]) -> None:
        correction_id, password = call.uuid("id"), call.body.password
        call.about("correction", correction_id)
        confirmed = None
        if password is not None:
            # Asked before the transaction: a wrong password is counted even though nothing is done.
            confirmed = await confirm_password(self._desk.signatures, call.principal, password, call.now)
        async with call.transaction() as tx:
            row = await reassignment.confirm(
                self._desk.acting(call, tx), correction_id, confirmed, self._desk.signatures
            )
            call.about("study", row.study_id, patient_id=row.from_patient_id)
            if row.to_patient_id is not None:
                call.about("study", row.study_id, patient_id=row.to_patient_id)

    async def reject(self, call: Call[Nothing, RejectBody]) -> None:
        correction_id = call.uuid("id")
        call.about("correction", correction_id)
        async with call.transaction() as tx:
            row = await proposing.hold(tx, correction_id, call.scope)
            by = call.principal.practitioner_id
            await proposing.rejected(tx, row, by=by, at=call.now, note=call.body.note)

    async def withdraw(self, call: Call[Nothing, Nothing]) -> None:
        correction_id = call.uuid("id")
        call.about("correction", correction_id)
        async with call.transaction() as tx:
            row = await proposing.hold(tx, correction_id, call.scope)
            await proposing.withdrawn(tx, row, by=call.principal.practitioner_id, at=call.now)

    async def told(self, call: Call[Nothing, ToldBody]) -> None:
        correction_id, notice_id, body = call.uuid("id"), call.uuid("notice"), call.body
        call.about("correction", correction_id)
        async with call.transaction() as tx:
            row = await proposing.hold(tx, correction_id, call.scope)
            by = call.principal.practitioner_id
            await proposing.told(tx, row, notice_id, channel=body.channel, note=body.note, by=by, at=call.now)


def _both(call: Call[Any, Any], line: CorrectionLine) -> None:
    """Whose names a proposal shows: from whom, and to whom."""
    for patient_id in dict.fromkeys((line.from_patient_id, line.to_patient_id)):
        call.about("correction", line.id, patient_id=patient_id)


def correction_endpoints(desk: Desk, zone: tzinfo) -> list[Endpoint]:
    """The routes of splits and reassignments once they are proposed, and of proposing a reassignment."""
    routes = CorrectionRoutes(desk, zone)
    read, decide = Action.MATCH_READ, Action.CORRECTION_DECIDE
    return [
        Endpoint(
            "POST",
            "/api/studies/{id}/reassignment",
            Action.CORRECTION_PROPOSE,
            routes.propose,
            Text("提出归属更正", "Propose a patient reassignment"),
            body=ReassignBody,
            returns=Proposed,
        ),
        Endpoint(
            "GET",
            "/api/corrections",
            read,
            routes.all,
            Text("检查拆分与归属更正", "Splits and reassignments"),
            query=CorrectionQuery,
            returns=CorrectionList,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/corrections/{id}",
            read,
            routes.one,
            Text("一项拆分或归属更正", "One split or reassignment"),
            returns=CorrectionDetail,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/patients/{id}/corrections",
            Action.STUDY_READ,
            routes.of_patient,
            Text("患者的归属更正", "Reassignments from or to a patient"),
            returns=CorrectionList,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/corrections/{id}/confirm",
            decide,
            routes.confirm,
            Text("第二人确认", "Confirm as the second person"),
            body=ConfirmBody,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/corrections/{id}/reject",
            decide,
            routes.reject,
            Text("第二人不同意", "Reject as the second person"),
            body=RejectBody,
            status=204,
        ),
        Endpoint(
            "POST", "/api/corrections/{id}/withdraw", decide, routes.withdraw, Text("撤回申请", "Withdraw"), status=204
        ),
        Endpoint(
            "POST",
            "/api/corrections/{id}/notices/{notice}/told",
            decide,
            routes.told,
            Text("记录已告知", "Record that somebody was told"),
            body=ToldBody,
            status=204,
        ),
    ]
