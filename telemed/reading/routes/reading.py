"""/api/readings/{id}: one reading whole, claiming, drafts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from telemed.db import Connection, fetch_all, fetch_one
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.reading.model import words
from telemed.reading.routes import views
from telemed.reading.routes.desk import Desk, reading_of
from telemed.reading.routes.messages import (
    ClaimToVerifyBody,
    DraftBody,
    Lease,
    ReadingDetail,
    ReadingsQuery,
    ReasonBody,
    SavedDraft,
    Seen,
    SeenBody,
    Warning,  # noqa: A004 -- the word of the screen
    Warnings,
    Worklist,
    WritingBody,
)
from telemed.reading.service import claims, drafts, looking
from telemed.reading.service.drafts import Writing
from telemed.reading.service.listing import queries as lists
from telemed.reading.store.readings import queries
from telemed.reading.store.rows import (
    DiscrepancyRow,
    DraftRow,
    GradeRow,
    OverviewRow,
    PriorRow,
    RequestRow,
    SiteReturnRow,
    StepRow,
    VersionRow,
)
from telemed.vocabulary import Action, Text


class ReadingRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def whole(self, call: Call[Nothing, Nothing]) -> ReadingDetail:
        """What the desk shows beside the images."""
        async with call.pool.connection() as connection:
            row = await self._visible(call, connection, call.uuid("id"))
            about = {"reading_id": row.id, "organizations": None, "study_id": row.study_id}
            prior_of = {
                "patient_id": row.patient_id,
                "study_id": row.study_id,
                "body_site": row.body_site,
                "modalities": row.modalities,
            }
            written = await fetch_all(connection, queries["drafts_of_reading"], about, DraftRow)
            versions = await fetch_all(connection, queries["versions_of_reading"], about, VersionRow)
            rules = self._desk.rules(call)
            return ReadingDetail(
                line=views.line(row, call.now, rules),
                request=await fetch_one(connection, lists["request_of_reading"], {"id": row.id}, RequestRow),
                draft=next((one for one in written if one.work_item_id == row.item_id), None),
                drafts=written,
                steps=await fetch_all(connection, queries["items_of_reading"], about, StepRow),
                versions=[views.version(one) for one in versions],
                returns=await fetch_all(connection, queries["site_returns_of_reading"], about, SiteReturnRow),
                discrepancies=await fetch_all(connection, queries["discrepancies"], about, DiscrepancyRow),
                grade=await fetch_one(connection, queries["grade_of_study"], about, GradeRow),
                priors=await fetch_all(connection, lists["priors"], prior_of, PriorRow),
                lease_seconds=int(rules.lease.total_seconds()),
            )

    async def of_study(self, call: Call[ReadingsQuery, Nothing]) -> Worklist:
        """The readings of a study, the open one first."""
        rules = self._desk.rules(call)
        async with call.pool.connection() as connection:
            params = {"study_id": call.query.study_id}
            rows = await fetch_all(connection, lists["overview_by_study"], params, OverviewRow)
        known = [row for row in rows if call.scope.admits(row.organization_id, patient_id=row.patient_id)]
        for row in known:
            call.about("reading", row.id, patient_id=row.patient_id)
        return Worklist([views.line(row, call.now, rules) for row in known], None)

    async def claim(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await claims.claim_reading(self._desk.acting(call, tx), reading_of(call))

    async def claim_verification(self, call: Call[Nothing, ClaimToVerifyBody]) -> None:
        async with call.transaction() as tx:
            await claims.claim_to_verify(
                self._desk.acting(call, tx),
                reading_of(call),
                single_reader_reason=call.body.single_reader_reason,
            )

    async def heartbeat(self, call: Call[Nothing, Nothing]) -> Lease:
        async with call.pool.transaction() as tx:
            return Lease(await claims.keep_claim(self._desk.acting(call, tx), reading_of(call)))

    async def seen(self, call: Call[Nothing, Nothing]) -> Seen:
        async with call.pool.connection() as connection:
            row = await self._visible(call, connection, call.uuid("id"))
            return Seen(await looking.seen_by(connection, row.id, call.principal.practitioner_id))

    async def record_seen(self, call: Call[Nothing, SeenBody]) -> None:
        shown = [looking.Shown(one.sop_instance_uid, one.painted, one.previewed) for one in call.body.items]
        async with call.pool.transaction() as tx:
            row = await self._visible(call, tx, call.uuid("id"))
            await looking.record(tx, row.id, row.study_id, call.principal.practitioner_id, shown)

    async def release(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await claims.release_reading(self._desk.acting(call, tx), reading_of(call))

    async def take_over(self, call: Call[Nothing, ReasonBody]) -> None:
        call.purpose = call.body.reason
        async with call.transaction() as tx:
            await claims.take_over_reading(self._desk.acting(call, tx), reading_of(call), call.body.reason)

    async def save(self, call: Call[Nothing, DraftBody]) -> SavedDraft:
        """Autosave; not audited for itself, the signature is."""
        body = call.body
        writing = Writing(body.technique, body.findings, body.impression, body.significance, body.template_id)
        async with call.pool.transaction() as tx:
            saved = await drafts.save_draft(self._desk.acting(call, tx), reading_of(call), writing, body.revision)
        return SavedDraft(saved.revision, saved.saved_at, saved.lease_until)

    async def lint(self, call: Call[Nothing, WritingBody]) -> Warnings:
        """report_lint on what stands in the editor; it warns and never blocks."""
        body = call.body
        writing = Writing(body.technique, body.findings, body.impression, body.significance, body.template_id)
        async with call.pool.connection() as connection:
            row = await self._visible(call, connection, call.uuid("id"))
            study = await drafts.study_of(connection, row.study_id)
        found = drafts.warnings(writing, study, self._desk.rules(call))
        return Warnings([Warning(one.code, one.message.zh, one.message.en, one.excerpt) for one in found])

    @staticmethod
    async def _visible(call: Call[Any, Any], connection: Connection, reading_id: UUID) -> OverviewRow:
        row = await fetch_one(connection, lists["overview"], {"id": reading_id}, OverviewRow)
        if row is None or not call.scope.admits(row.organization_id):
            raise words.no_such_reading()
        call.about("reading", row.id, patient_id=row.patient_id)
        return row


def reading_endpoints(desk: Desk) -> list[Endpoint]:
    routes = ReadingRoutes(desk)
    write = Action.READING_WRITE
    return [
        Endpoint(
            "GET",
            "/api/readings/{id}",
            Action.WORKLIST_READ,
            routes.whole,
            Text("一例检查的全部阅片信息", "One reading whole"),
            returns=ReadingDetail,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/readings",
            Action.REPORT_READ,
            routes.of_study,
            Text("某检查的阅片", "The readings of a study"),
            query=ReadingsQuery,
            returns=Worklist,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/claim",
            write,
            routes.claim,
            Text("领取", "Claim"),
            status=204,
            second_factor=True,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/claim-verification",
            Action.READING_VERIFY,
            routes.claim_verification,
            Text("领取审核", "Claim to verify"),
            body=ClaimToVerifyBody,
            status=204,
            second_factor=True,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/heartbeat",
            write,
            routes.heartbeat,
            Text("保持领取", "Keep the claim"),
            returns=Lease,
            audited=False,
        ),
        Endpoint(
            "GET",
            "/api/readings/{id}/seen",
            write,
            routes.seen,
            Text("本人已浏览的图像", "What one has been shown of the images"),
            returns=Seen,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/seen",
            write,
            routes.record_seen,
            Text("记录已浏览的图像", "Keep what was shown of the images"),
            body=SeenBody,
            status=204,
            access=True,
        ),
        Endpoint("POST", "/api/readings/{id}/release", write, routes.release, Text("放弃领取", "Release"), status=204),
        Endpoint(
            "POST",
            "/api/readings/{id}/take-over",
            Action.READING_TAKE_OVER,
            routes.take_over,
            Text("接管", "Take over"),
            body=ReasonBody,
            status=204,
            second_factor=True,
        ),
        Endpoint(
            "PUT",
            "/api/readings/{id}/draft",
            write,
            routes.save,
            Text("保存草稿", "Save the draft"),
            body=DraftBody,
            returns=SavedDraft,
            audited=False,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/lint",
            write,
            routes.lint,
            Text("报告校对提示", "Check the report's text"),
            body=WritingBody,
            returns=Warnings,
            audited=False,
        ),
    ]
