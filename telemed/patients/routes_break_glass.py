"""/api/break-glass: open one record in an emergency by an exact number; review how that was used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from telemed.db import Connection
from telemed.errors import Invalid
from telemed.events import append
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing, RateClass
from telemed.patients import break_glass, identifiers, store
from telemed.patients import break_glass_store as opened
from telemed.patients.break_glass import Reason, Use, Verdict
from telemed.patients.identifiers import PERSONAL_KINDS, IdentifierKind, Malformed
from telemed.patients.messages import Patient
from telemed.vocabulary import Action, Principal, Scope, Text

PAGE = 50
PolicyScope = Callable[[Principal, Action], Scope]


class OpeningBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom, by an exact number, and why. In the body, so that no address names anybody.

    by `document`: kind, number, and country for a passport. by `hospital-number`: the number that organization_id gave
    (临时号, 其他证件, 检查号).
    """

    by: Literal["document", "hospital-number"]
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    reason: Reason
    note: Annotated[str, msgspec.Meta(max_length=500)]
    kind: IdentifierKind = IdentifierKind.NATIONAL_ID
    country: Annotated[str, msgspec.Meta(max_length=8)] = ""
    organization_id: UUID | None = None


class OpenRecord(msgspec.Struct, frozen=True):
    """A record that is open to the asking person. id: of the use. Times UTC."""

    id: UUID
    patient: Patient
    opened_at: datetime
    expires_at: datetime


class Opening(msgspec.Struct, frozen=True):
    """record: None where nobody has that number, or nobody whom the community knows; the same answer for both."""

    record: OpenRecord | None


class OpenRecords(msgspec.Struct, frozen=True):
    items: list[OpenRecord]
    server_time: datetime


class UsesQuery(msgspec.Struct, frozen=True):
    """waiting: those without a review. after: `next` of the page before."""

    waiting: bool = True
    after: str = ""


class UseItem(msgspec.Struct, frozen=True):
    """One use as who reviews it sees it.

    patient: None for who may see no patient (审计管理员). own: the reviewer's own, which somebody else reviews.
    reads, studies, reports: what the audit says was looked at under it. verdict: empty while it waits.
    """

    id: UUID
    practitioner_name: str
    practitioner_title: str
    organization_name: str
    patient_id: UUID
    patient: Patient | None
    reason: str
    note: str
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    standing: break_glass.Standing
    reads: int
    studies: int
    reports: int
    own: bool
    verdict: str
    review_note: str
    reviewed_at: datetime | None
    reviewed_by_name: str


class Uses(msgspec.Struct, frozen=True):
    """waiting: how many have no review yet, on all pages."""

    items: list[UseItem]
    next: str | None
    waiting: int


class ReviewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A use that was not justified is closed at once and needs a note."""

    verdict: Verdict
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class BreakGlassRoutes:
    """Handlers. zone: of the county. scope: policy, to decide whether a reviewer sees the patient."""

    def __init__(self, zone: tzinfo, scope: PolicyScope) -> None:
        self._zone = zone
        self._scope = scope

    async def open(self, call: Call[Nothing, OpeningBody]) -> Opening:
        body, who = call.body, call.principal
        refused = break_glass.refuse_opening(body.note)
        if refused is not None:
            raise refused
        call.purpose = body.reason
        async with call.transaction() as tx:
            patient_id = await _holder(tx, body)
            if patient_id is None or not break_glass.reachable(call.scope, await opened.known_to(tx, patient_id)):
                call.detail["found"] = 0
                return Opening(None)
            use = await opened.open_record(
                tx,
                who.practitioner_id,
                who.organization_id,
                patient_id,
                reason=body.reason,
                note=body.note,
                now=call.now,
            )
            call.detail["found"] = 1
            _about(call, use)
            await _tell(tx, "break-glass.opened", use)
            return Opening(await self._record(tx, use, call.now))

    async def mine(self, call: Call[Nothing, Nothing]) -> OpenRecords:
        """What this person has open, for the banner."""
        who = call.principal
        async with call.pool.connection() as connection:
            uses = await opened.in_force(connection, who.practitioner_id, who.organization_id, call.now)
            items = [await self._record(connection, use, call.now) for use in uses]
        for use in uses:
            _about(call, use)
        return OpenRecords(items, call.now)

    async def end(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            use = await _held(tx, call.uuid("id"))
            refused = break_glass.refuse_ending(use, call.principal.practitioner_id, call.now)
            if refused is not None:
                raise refused
            await opened.end(tx, use.id, by=call.principal.practitioner_id, now=call.now)
            _about(call, use)
            await _tell(tx, "break-glass.ended", use)

    async def uses(self, call: Call[UsesQuery, Nothing]) -> Uses:
        organizations = call.scope.organizations
        seen = self._scope(call.principal, Action.PATIENT_READ).organizations
        before = cursor(call.query.after)
        async with call.pool.connection() as connection:
            rows = await opened.uses(
                connection, organizations, waiting=call.query.waiting, before=before, limit=PAGE + 1
            )
            waiting = await opened.count_waiting(connection, organizations)
            items = [await self._item(connection, row, call, seen) for row in rows[:PAGE]]
        for row in rows[:PAGE]:
            _about(call, row.use)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        return Uses(items, None if last is None else following(last.opened_at, last.id), waiting)

    async def review(self, call: Call[Nothing, ReviewBody]) -> None:
        body, by = call.body, call.principal.practitioner_id
        async with call.transaction() as tx:
            use = await _held(tx, call.uuid("id"))
            if not call.scope.admits(use.organization_id):
                raise break_glass.unknown()
            refused = break_glass.refuse_review(use, by, body.verdict, body.note)
            if refused is not None:
                raise refused
            if break_glass.revokes(use, body.verdict, call.now):
                await opened.end(tx, use.id, by=by, now=call.now)
            await opened.review(tx, use.id, body.verdict, body.note, by=by, now=call.now)
            _about(call, use)
            call.detail["verdict"] = body.verdict.value
            await _tell(tx, "break-glass.reviewed", use)

    async def _record(self, connection: Connection, use: Use, now: datetime) -> OpenRecord:
        row = await store.patient(connection, use.patient_id, None)
        if row is None:
            raise LookupError(f"use {use.id} is of nobody")
        shown = Patient.of(row, now, now.astimezone(self._zone).date())
        return OpenRecord(use.id, shown, use.opened_at, use.expires_at)

    async def _item(
        self, connection: Connection, row: opened.UseRow, call: Call[UsesQuery, Nothing], seen: list[UUID] | None
    ) -> UseItem:
        patient = await store.patient(connection, row.patient_id, seen)
        return UseItem(
            id=row.id,
            practitioner_name=row.practitioner_name,
            practitioner_title=row.practitioner_title,
            organization_name=row.organization_name,
            patient_id=row.patient_id,
            patient=None if patient is None else Patient.of(patient, call.now, call.now.astimezone(self._zone).date()),
            reason=row.reason,
            note=row.note,
            opened_at=row.opened_at,
            expires_at=row.expires_at,
            ended_at=row.ended_at,
            standing=break_glass.standing(row.use, call.now),
            reads=row.reads,
            studies=row.studies,
            reports=row.reports,
            own=row.practitioner_id == call.principal.practitioner_id,
            verdict=row.verdict,
            review_note=row.review_note,
            reviewed_at=row.reviewed_at,
            reviewed_by_name=row.reviewed_by_name,
        )


async def _holder(tx: Connection, body: OpeningBody) -> UUID | None:
    """The one person an exact number belongs to. Raises Invalid for what cannot be such a number."""
    if body.by == "hospital-number":
        if body.organization_id is None:
            raise Invalid("number-needs-hospital", "请选择号码所属机构。", "Choose the hospital the number is of.")
        return await opened.of_hospital(tx, body.organization_id, body.number)
    number = identifiers.document(body.kind, body.number, country=body.country) if body.kind in PERSONAL_KINDS else None
    if number is None or isinstance(number, Malformed):
        raise Invalid(
            "document-unusable",
            "证件号码不完整或不正确，请核对后重新输入。未打开任何病历。",
            "This is no whole, correct document number; compare it and type it again. No record was opened.",
        )
    holder = await store.holder(tx, number)
    return None if holder is None else holder.id


async def _held(tx: Connection, use_id: UUID) -> Use:
    use = await opened.hold(tx, use_id)
    if use is None:
        raise break_glass.unknown()
    return use


def _about(
    call: Call[Nothing, OpeningBody] | Call[Nothing, Nothing] | Call[UsesQuery, Nothing] | Call[Nothing, ReviewBody],
    use: Use,
) -> None:
    call.about("break-glass", use.id, patient_id=use.patient_id)


async def _tell(tx: Connection, kind: str, use: Use) -> None:
    await append(tx, kind, use.id, ["admin", f"organization/{use.organization_id}"])


def endpoints(zone: tzinfo, scope: PolicyScope) -> list[Endpoint]:
    """The break-glass routes. scope: the policy's function."""
    routes = BreakGlassRoutes(zone, scope)
    use, review = Action.PATIENT_BREAK_GLASS, Action.BREAK_GLASS_REVIEW
    return [
        Endpoint(
            "POST",
            "/api/break-glass",
            use,
            routes.open,
            Text("紧急调阅一名患者（写明原因，记入审计）", "Open one record in an emergency (reason needed, audited)"),
            body=OpeningBody,
            returns=Opening,
            rate=RateClass.BREAK_GLASS,
        ),
        Endpoint(
            "GET",
            "/api/break-glass",
            use,
            routes.mine,
            Text("本人正在紧急调阅的患者", "Records this person has open by break-glass"),
            returns=OpenRecords,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/break-glass/{id}/end",
            use,
            routes.end,
            Text("结束紧急调阅", "End an emergency access"),
            status=204,
        ),
        Endpoint(
            "GET",
            "/api/break-glass/uses",
            review,
            routes.uses,
            Text("紧急调阅审核列表", "Uses of break-glass for review"),
            query=UsesQuery,
            returns=Uses,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/break-glass/uses/{id}/review",
            review,
            routes.review,
            Text("审核紧急调阅：合理或不合理", "Judge a use: justified or not"),
            body=ReviewBody,
            status=204,
        ),
    ]
