"""质量评价 over HTTP: what is recorded, who passes what until when, and entering what was looked at before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from telemed.errors import NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.quality import consequences, facts_store, recording
from telemed.quality.consequences import Alike, Changed, due_soon_days
from telemed.quality.entry import County, fact_of
from telemed.quality.facts_store import Items, item_name
from telemed.quality.messages import (
    Consequences,
    FactDetail,
    FactList,
    FactsQuery,
    GrantChange,
    PreviewBody,
    RecordBody,
    RecordedFact,
    StandingLine,
    StandingList,
    StandingQuery,
    TakenBack,
)
from telemed.quality.recording import Shown
from telemed.recognition.grant_states import Loss
from telemed.recognition.granting import FOREVER
from telemed.recognition.listing import organization_names
from telemed.recognition.quality import GrantingParameters, QualityFact
from telemed.recognition.rules_store import list_grants
from telemed.vocabulary import Action, Scope, Text

#: Lines of consequences that are shown, and lines of who passes what.
SHOWN, MOST_LINES = 200, 500


class FactRoutes:
    """Handlers.  granting: the parameters of granting, the first first.  county: its days and its own documents."""

    def __init__(self, granting: Sequence[GrantingParameters], county: County) -> None:
        self._granting = granting
        self._county = county

    async def facts(self, call: Call[FactsQuery, Nothing]) -> FactList:
        query = call.query
        async with call.pool.connection() as connection:
            items = await facts_store.known_items(connection)
            rows = await facts_store.facts(
                connection,
                organizations=_within(call.scope, query.organization),
                known_at=query.known_at,
                now=call.now,
                item=query.item,
                programme=query.programme,
                kind=query.kind,
                since=None if query.since is None else self._county.begins(query.since),
                until=None if query.until is None else self._county.over(query.until),
                holding=query.holding,
            )
        return FactList([facts_store.line(row, items) for row in rows], rows[0].total if rows else 0)

    async def fact(self, call: Call[Nothing, Nothing]) -> FactDetail:
        async with call.pool.connection() as connection:
            rows = await facts_store.facts(
                connection,
                organizations=call.scope.organizations,
                now=call.now,
                id=call.uuid("id"),
            )
            if not rows:
                raise NotFound("unknown-quality-fact", "找不到该记录。", "There is no such record.")
            items = await facts_store.known_items(connection)
            grants, count = await facts_store.followed(connection, rows[0], items)
            tasks = await facts_store.tasks_of(connection, rows[0].id)
        return FactDetail(facts_store.line(rows[0], items, len(rows[0].item_keys)), grants, count, tasks)

    async def standing(self, call: Call[StandingQuery, Nothing]) -> StandingList:
        soon = due_soon_days(self._granting, call.now)
        async with call.pool.connection() as connection:
            wanted = _within(call.scope, call.query.organization)
            listed = await list_grants(connection, call.now, FOREVER, soon, organizations=wanted)
            lines = consequences.alike(listed)
            items = await facts_store.known_items(connection)
            shown = lines[:MOST_LINES]
            names = await organization_names(connection, [UUID(one.first.organization_id) for one in shown])
            devices = await facts_store.device_names(connection, [one.first.device_id or "" for one in shown])
        return StandingList([_standing(one, names, devices, items) for one in shown], len(lines))

    async def preview(self, call: Call[Nothing, PreviewBody]) -> Consequences:
        fact = self._entered(call, call.body)
        async with call.pool.connection() as connection:
            shown = await recording.show(
                connection, call.body.organization, fact, now=call.now, parameters=self._granting
            )
            items = await facts_store.known_items(connection)
            seen = shown.seen
            changed = consequences.changes(
                seen.before, consequences.after_it(seen), call.now, due_soon_days(self._granting, call.now)
            )
            devices = await facts_store.device_names(connection, [one.grant.device_id or "" for one in changed[:SHOWN]])
        call.about("organization", call.body.organization)
        return _consequences(shown, changed, devices, items)

    async def record(self, call: Call[Nothing, RecordBody]) -> RecordedFact:
        body, fact = call.body, self._entered(call, call.body)
        call.about("quality-fact", body.id)
        call.about("organization", body.organization)
        async with call.transaction() as tx:
            done = await recording.enter(
                tx,
                body.organization,
                fact,
                by=call.principal.practitioner_id,
                now=call.now,
                parameters=self._granting,
                seen=body.seen,
            )
            call.detail.update(grants=done.grants, tasks=done.tasks, repeated=int(done.repeated))
        return RecordedFact(body.id, done.known_from, done.grants, done.tasks, done.repeated)

    def _entered(self, call: Call[Any, Any], body: PreviewBody | RecordBody) -> QualityFact:
        """The fact of a body, about an organisation that this person records for; others are told of none."""
        if not call.scope.admits(body.organization):
            raise NotFound(
                "unknown-organization", "找不到该机构。未作任何记录。", "No such organisation. Nothing was recorded."
            )
        return fact_of(str(body.id), str(body.organization), body.fact, self._county, call.now)


def _within(scope: Scope, organization: UUID | None) -> list[UUID] | None:
    """The organisations to look at: all within reach, or the one that was asked for if it is."""
    reach = scope.organizations
    if organization is None:
        return reach
    return [organization] if reach is None or organization in reach else []


def _consequences(shown: Shown, changed: Sequence[Changed], devices: dict[str, str], items: Items) -> Consequences:
    pairs = list(zip(shown.seen.look_backs, shown.relying, strict=True))
    return Consequences(
        digest=shown.digest,
        grants=[change_line(one, devices, items) for one in changed[:SHOWN]],
        grant_count=len(changed),
        taken_back=[_taken(loss, len(decisions), items) for loss, decisions in pairs[:SHOWN]],
        taken_back_count=len(pairs),
        decisions=shown.decisions,
    )


def change_line(one: Changed, devices: dict[str, str], items: Items) -> GrantChange:
    return GrantChange(
        item=item_name(one.grant.item_key, items),
        programme=consequences.called(one.grant),
        device=devices.get(one.grant.device_id or "", one.grant.device_id or ""),
        before=one.before,
        after=one.after,
        mark=one.mark or "",
        until=None if one.after is None else one.grant.ends,
        due=one.grant.due,
    )


def _taken(loss: Loss, decisions: int, items: Items) -> TakenBack:
    return TakenBack(item_name(loss.grant.item_key, items), loss.begins, loss.ends, decisions)


def _standing(one: Alike, names: Any, devices: dict[str, str], items: Items) -> StandingLine:
    grant = one.first
    return StandingLine(
        organization_id=UUID(grant.organization_id),
        organization_name=names[UUID(grant.organization_id)],
        programme=consequences.called(grant),
        basis=grant.basis.value,
        mark=one.mark or "",
        device=devices.get(grant.device_id or "", grant.device_id or ""),
        state=one.state,
        begins=grant.begins,
        ends=grant.ends,
        due=grant.due,
        items=[item_name(key, items) for key in one.items[: facts_store.MOST_ITEMS]],
        item_count=len(one.items),
    )


def endpoints(granting: Sequence[GrantingParameters], county: County) -> list[Endpoint]:
    """The routes of the tab 质量评价 but for the import."""
    routes = FactRoutes(granting, county)
    return [
        Endpoint(
            "GET",
            "/api/quality/facts",
            Action.QUALITY_READ,
            routes.facts,
            Text("质量评价与相关记录", "What is recorded about quality"),
            query=FactsQuery,
            returns=FactList,
        ),
        Endpoint(
            "GET",
            "/api/quality/facts/{id}",
            Action.QUALITY_READ,
            routes.fact,
            Text("一条质量记录及其后果", "One record about quality and what followed from it"),
            returns=FactDetail,
        ),
        Endpoint(
            "GET",
            "/api/quality/standing",
            Action.QUALITY_READ,
            routes.standing,
            Text("各机构通过了哪些项目，至何时为止", "Who passes what, and until when"),
            query=StandingQuery,
            returns=StandingList,
        ),
        Endpoint(
            "POST",
            "/api/quality/facts/preview",
            Action.QUALITY_RECORD,
            routes.preview,
            Text("记录之前：将带来哪些变化", "Before recording: what would follow"),
            body=PreviewBody,
            returns=Consequences,
        ),
        Endpoint(
            "POST",
            "/api/quality/facts",
            Action.QUALITY_RECORD,
            routes.record,
            Text("记录质量评价、协议、变更或决定", "Record an evaluation, agreement, change or decision"),
            body=RecordBody,
            returns=RecordedFact,
        ),
    ]
