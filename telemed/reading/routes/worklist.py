"""/api/worklist: the saved views, their counts, the next case."""

from __future__ import annotations

from telemed.db import fetch_all
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.reading.routes import views
from telemed.reading.routes.desk import Desk
from telemed.reading.routes.messages import Counts, Discrepancies, Picked, Worklist, WorklistQuery, WorklistSearch
from telemed.reading.service import claims, listing
from telemed.reading.store.readings import queries
from telemed.reading.store.rows import DiscrepancyRow
from telemed.vocabulary import Action, Text


class WorklistRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def listed(self, call: Call[WorklistQuery, Nothing]) -> Worklist:
        """One page of a saved view, by urgency and what is left of the allowed time."""
        query, rules = call.query, self._desk.rules(call)
        narrowed = listing.Narrowed(
            me=call.principal.practitioner_id,
            organizations=call.scope.organizations,
            modality=query.modality,
            organization_id=query.organization_id,
            after=query.after,
            limit=query.limit,
        )
        async with call.pool.connection() as connection:
            rows, after = await listing.lines(connection, listing.VIEWS[query.view], narrowed, call.now, rules)
        return Worklist([views.line(row, call.now, rules) for row in rows], after)

    async def search(self, call: Call[Nothing, WorklistSearch]) -> Worklist:
        """A saved view narrowed to whom the words may mean; who was found is in the audit, the words are not."""
        body, rules = call.body, self._desk.rules(call)
        narrowed = listing.Narrowed(
            me=call.principal.practitioner_id,
            organizations=call.scope.organizations,
            modality=body.modality,
            organization_id=body.organization_id,
            after="",
            limit=body.limit,
            q=body.q,
        )
        async with call.pool.connection() as connection:
            rows, after = await listing.lines(connection, listing.VIEWS[body.view], narrowed, call.now, rules)
        for row in rows:
            call.about("reading", row.id, patient_id=row.patient_id)
        return Worklist([views.line(row, call.now, rules) for row in rows], after)

    async def counts(self, call: Call[Nothing, Nothing]) -> Counts:
        rules = self._desk.rules(call)
        me, organizations = call.principal.practitioner_id, call.scope.organizations
        async with call.pool.connection() as connection:
            counted, medians = await listing.counts(connection, me, organizations, call.now, rules)
        return Counts(counted, medians)

    async def next_case(self, call: Call[Nothing, Nothing]) -> Picked:
        return await self._pick(call, verification=False)

    async def next_verification(self, call: Call[Nothing, Nothing]) -> Picked:
        return await self._pick(call, verification=True)

    async def _pick(self, call: Call[Nothing, Nothing], *, verification: bool) -> Picked:
        async with call.transaction() as tx:
            picked = await claims.claim_next(self._desk.acting(call, tx), verification=verification)
            if picked is not None:
                call.about("reading", picked)
        return Picked(picked)

    async def discrepancies(self, call: Call[Nothing, Nothing]) -> Discrepancies:
        """Disagreements somebody must still be told of by phone."""
        params = {"reading_id": None, "organizations": call.scope.organizations}
        async with call.pool.connection() as connection:
            return Discrepancies(await fetch_all(connection, queries["discrepancies"], params, DiscrepancyRow))


def worklist_endpoints(desk: Desk) -> list[Endpoint]:
    routes = WorklistRoutes(desk)
    return [
        Endpoint(
            "GET",
            "/api/worklist",
            Action.WORKLIST_READ,
            routes.listed,
            Text("工作列表", "The worklist"),
            query=WorklistQuery,
            returns=Worklist,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/worklist/search",
            Action.WORKLIST_READ,
            routes.search,
            Text("在工作列表中查找", "Search the worklist"),
            body=WorklistSearch,
            returns=Worklist,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/worklist/counts",
            Action.WORKLIST_READ,
            routes.counts,
            Text("各视图数量与今日中位用时", "Counts of the saved views and today's medians"),
            returns=Counts,
            audited=False,
        ),
        Endpoint(
            "POST",
            "/api/worklist/next",
            Action.READING_WRITE,
            routes.next_case,
            Text("下一例", "Next case"),
            returns=Picked,
            second_factor=True,
        ),
        Endpoint(
            "POST",
            "/api/worklist/next-verification",
            Action.READING_VERIFY,
            routes.next_verification,
            Text("下一例待审核", "Next to verify"),
            returns=Picked,
            second_factor=True,
        ),
        Endpoint(
            "GET",
            "/api/discrepancies",
            Action.WORKLIST_READ,
            routes.discrepancies,
            Text("待电话告知的报告不一致", "Disagreements still to be told by phone"),
            returns=Discrepancies,
            access=True,
        ),
    ]
