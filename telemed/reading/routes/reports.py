"""/api/reports, /api/site, /api/verify: what the site does with a report, and what the code on the paper says."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from telemed.db import Connection, fetch_all, fetch_one
from telemed.errors import NotFound
from telemed.http.wire import PUBLIC, Call, Endpoint, Nothing, RateClass
from telemed.reading.model.delivery import UNVIEWED_AFTER, Receipts, is_closed, needs_acknowledgement
from telemed.reading.routes import views
from telemed.reading.routes.desk import Desk
from telemed.reading.routes.messages import (
    PrintBody,
    Printed,
    ReportDetail,
    SiteQuery,
    SiteReports,
    Verified,
)
from telemed.reading.service import delivery, listing
from telemed.reading.service.listing import queries as lists
from telemed.reading.store.readings import queries
from telemed.reading.store.rows import CodeRow, DiscrepancyRow, OverviewRow, ReceiptsRow, RequestRow, VersionRow
from telemed.vocabulary import Action, Text

Standing = Literal["current", "preliminary", "superseded", "void"]
STANDING: dict[Standing, Text] = {
    "current": Text("现行版本", "This is the version that stands"),
    "preliminary": Text("急诊临时报告，以正式报告为准", "Emergency preliminary; the final report prevails"),
    "superseded": Text("已更正，原报告作废", "Amended; the original report is void"),
    "void": Text("报告已作废", "This report is void"),
}


async def show(desk: Desk, call: Call[Any, Any], connection: Connection, version_id: UUID) -> ReportDetail:
    """A report for a reader whom something else than an account has let in; the call's scope counts all the same.

    Raises NotFound.
    """
    version = await fetch_one(connection, queries["version"], {"id": version_id}, VersionRow)
    if version is None or not call.scope.admits(version.organization_id):
        raise NotFound("unknown-report", "找不到该报告。", "There is no such report.")
    return await detail(desk, call, connection, version)


async def detail(desk: Desk, call: Call[Any, Any], connection: Connection, version: VersionRow) -> ReportDetail:
    """A version with all that stands around it on paper, named in the audit."""
    rules = desk.rules(call)
    row = await fetch_one(connection, lists["overview"], {"id": version.reading_id}, OverviewRow)
    receipts = await fetch_one(connection, queries["receipts"], {"report_version_id": version.id}, ReceiptsRow)
    if row is None or receipts is None or version.code is None:
        raise LookupError(f"report {version.id} is not whole")
    about = {"reading_id": row.id, "organizations": None}
    request = await fetch_one(connection, lists["request_of_reading"], {"id": row.id}, RequestRow)
    disagreements = await fetch_all(connection, queries["discrepancies"], about, DiscrepancyRow)
    call.about("report", version.id, patient_id=row.patient_id)
    major = any(one.kind == "preliminary-final" for one in disagreements)
    matters = needs_acknowledgement(
        status=version.status,
        significance=version.significance,
        major_discrepancy=major,
    )
    got = Receipts(receipts.delivered_at, receipts.viewed_at, receipts.printed_at, receipts.acknowledged_at)
    url = f"{desk.public_url.rstrip('/')}/verify/{version.code}"
    preliminary = rules.preliminary_line
    return ReportDetail(
        version=views.version(version),
        current_id=row.current_version_id or row.preliminary_version_id,
        line=views.line(row, call.now, rules),
        request=request,
        receipts=receipts,
        needs_acknowledgement=matters,
        closed=is_closed(got, acknowledgement=matters),
        code=version.code,
        code_url=url,
        code_svg=views.qr(url),
        fixed_lines=[(one.zh, one.en) for one in rules.fixed_lines],
        watermark=(preliminary.zh, preliminary.en) if version.status == "preliminary" else None,
        server_time=call.now,
    )


class ReportRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def whole(self, call: Call[Nothing, Nothing]) -> ReportDetail:
        """A report as it is shown and printed; looking at it is recorded by /view."""
        async with call.pool.connection() as connection:
            version = await delivery.version_to_read(self._desk.acting(call, connection), call.uuid("id"))
            return await detail(self._desk, call, connection, version)

    async def received(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            call.about("report", call.uuid("id"))
            await delivery.record_delivery(self._desk.acting(call, tx), call.uuid("id"))

    async def viewed(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            acting = self._desk.acting(call, tx)
            version = await delivery.version_to_read(acting, call.uuid("id"))
            call.about("report", version.id, patient_id=version.patient_id)
            await delivery.record_view(acting, version.id)

    async def acknowledged(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            call.about("report", call.uuid("id"))
            await delivery.acknowledge(self._desk.acting(call, tx), call.uuid("id"))

    async def printed(self, call: Call[Nothing, PrintBody]) -> Printed:
        body = call.body
        async with call.transaction() as tx:
            call.about("report", call.uuid("id"))
            receipts = await delivery.record_print(
                self._desk.acting(call, tx),
                call.uuid("id"),
                copies=body.copies,
                paper=body.paper,
                reason=body.reason,
            )
        return Printed(call.now, receipts)

    async def of_site(self, call: Call[SiteQuery, Nothing]) -> SiteReports:
        """What came back for the own organisation: reports, preliminary ones, returns."""
        rules = self._desk.rules(call)
        async with call.pool.connection() as connection:
            rows = await listing.site_reports(
                connection,
                sorted(call.principal.organization_ids),
                call.now,
                unviewed_for=UNVIEWED_AFTER if call.query.unviewed else None,
                limit=call.query.limit,
                in_progress=call.query.in_progress,
            )
        return SiteReports([views.site_line(row, call.now, rules) for row in rows])

    async def unviewed(self, call: Call[SiteQuery, Nothing]) -> SiteReports:
        """未查看报告: nobody at the site has opened or printed them for 72 hours."""
        rules = self._desk.rules(call)
        async with call.pool.connection() as connection:
            rows = await listing.site_reports(
                connection,
                call.scope.organizations,
                call.now,
                unviewed_for=UNVIEWED_AFTER,
                limit=call.query.limit,
            )
        return SiteReports([views.site_line(row, call.now, rules) for row in rows])

    async def verify(self, call: Call[Nothing, Nothing]) -> Verified:
        """Whether a paper still holds. Whoever asks learns nothing of the patient."""
        code = call.path["code"].strip().upper().replace("-", "")
        async with call.pool.connection() as connection:
            row = await fetch_one(connection, queries["version_by_code"], {"code": code}, CodeRow)
        if row is None:
            raise NotFound(
                "unknown-code",
                "未找到该验证码对应的报告。请核对纸上的验证码，或致电出具报告的机构。",
                "No report has this code. Compare it with the paper, or phone the institution that issued it.",
            )
        standing = _standing(row)
        text = STANDING[standing]
        day = row.signed_at.astimezone(self._desk.rules(call).calendar.offset).date()
        return Verified(standing, text.zh, text.en, row.number, day)


def _standing(row: CodeRow) -> Standing:
    if row.state == "void":
        return "void"
    if not row.is_current:
        return "superseded"
    return "preliminary" if row.status == "preliminary" else "current"


def report_endpoints(desk: Desk) -> list[Endpoint]:
    routes = ReportRoutes(desk)
    read = Action.REPORT_READ
    return [
        Endpoint(
            "GET",
            "/api/reports/{id}",
            read,
            routes.whole,
            Text("一份报告", "One report"),
            returns=ReportDetail,
            access=True,
        ),
        Endpoint("POST", "/api/reports/{id}/received", read, routes.received, Text("已送达", "Delivered"), status=204),
        Endpoint("POST", "/api/reports/{id}/view", read, routes.viewed, Text("已查看", "Viewed"), status=204),
        Endpoint(
            "POST",
            "/api/reports/{id}/acknowledge",
            Action.REPORT_PRINT,
            routes.acknowledged,
            Text("签收", "Acknowledge"),
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/reports/{id}/print",
            Action.REPORT_PRINT,
            routes.printed,
            Text("打印或补打", "Print or reprint"),
            body=PrintBody,
            returns=Printed,
        ),
        Endpoint(
            "GET",
            "/api/site/reports",
            read,
            routes.of_site,
            Text("本机构的报告与退回", "Reports and returns of the own organisation"),
            query=SiteQuery,
            returns=SiteReports,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/reports/unviewed",
            read,
            routes.unviewed,
            Text("未查看报告", "Reports nobody has opened"),
            query=SiteQuery,
            returns=SiteReports,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/verify/{code}",
            PUBLIC,
            routes.verify,
            Text("报告验证码", "What a report's code says"),
            returns=Verified,
            rate=RateClass.PUBLIC,
            audited=False,
        ),
    ]
