"""患者时间轴: what is known of a patient across members, each result with its verdict for this person now; trends.

Who may order for a patient sees what every member has found of that patient, as the order check shows it; pictures and
reports are opened by those alone whose own scope reaches them.  A verdict that is shown is kept as a decision first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from telemed.cds.checking import FOOTER, PageEnquiry
from telemed.cds.registry import Answered
from telemed.db import Connection, Pool
from telemed.errors import Invalid, NotFound, Unavailable
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.patients import links_store
from telemed.patients import store as people
from telemed.patients.messages import Words
from telemed.recognition.imaging_results import result_id
from telemed.recognition.ledger import Exposure, keep_decisions, keep_exposures, not_yet_kept
from telemed.recognition.order import Context
from telemed.recognition.rule_set import RuleSet
from telemed.timeline import judge, shown, store
from telemed.timeline.judge import Judge
from telemed.timeline.messages import (
    NotShown,
    ResultVerdict,
    SystemName,
    Timeline,
    TimelineBody,
    TimelineEntry,
    TrendAnswer,
    TrendQuery,
)
from telemed.timeline.results import Result, by_report, folded, key_of
from telemed.timeline.store import Place, Report, Study
from telemed.timeline.systems import SYSTEMS
from telemed.timeline.trends import trend
from telemed.vocabulary import Action, Principal, Scope, Text

#: Why there are no verdicts.
OPENED = Words(
    "紧急调阅打开的记录只显示结果，不作互认判定。",
    "A record opened by break-glass shows results; no verdicts are given.",
)
BEHIND = Words(
    "互认登记尚未跟上最新情况，暂不给出结论；结果照常显示，不影响开单。",
    "The registry has not caught up; it gives no verdicts for now. Results are shown all the same, ordering goes on.",
)


@dataclass(frozen=True, slots=True)
class _Page:
    """What one answer is made of.  more: whether older ones follow."""

    records: Sequence[UUID]
    reports: Sequence[Report]
    studies: Sequence[Study]
    results: Sequence[Result]
    rules: RuleSet
    not_shown: NotShown
    more: bool

    @property
    def ids(self) -> frozenset[str]:
        """Every result by its name in the registry."""
        return frozenset((*(one.id for one in self.results), *(result_id(str(one.id)) for one in self.studies)))

    @property
    def places(self) -> list[Place]:
        return [Place(one.at, one.id) for one in (*self.reports, *self.studies)]


class TimelineRoutes:
    """Handlers.  scope: of an action for a person."""

    def __init__(self, registry: Judge, scope: Callable[[Principal, Action], Scope]) -> None:
        self._registry = registry
        self._scope = scope

    async def timeline(self, call: Call[Nothing, TimelineBody]) -> Timeline:
        patient_id, body = call.uuid("id"), call.body
        before = Place.parse(body.before) if body.before else None
        if body.before and before is None:
            raise Invalid(
                "no-such-place", "翻页位置无效，请重新打开。", "The place to go on from is not valid; reopen."
            )
        async with call.pool.connection() as connection:
            await _known(connection, patient_id, call.scope)
            checks = self._scope(call.principal, Action.RECOGNITION_CHECK)
            # asking keeps something: a record that only break-glass has opened is not asked about
            may_ask = await people.patient(connection, patient_id, checks.organizations) is not None
            page = await self._page(connection, call, patient_id, before)
        answered, silent = await self._judged(call, patient_id, page) if may_ask else ((), OPENED)
        opening = body.opening or uuid4()
        rows = judge.rows(
            answered,
            opening=opening,
            shown_to=call.principal.practitioner_id,
            organization_id=call.principal.organization_id,
            patient_id=patient_id,
            now=call.now,
        )
        call.about("patient", patient_id, patient_id=patient_id)
        for record in page.records:
            if record != patient_id:
                call.about("patient", record, patient_id=record)
        async with call.transaction() as tx:
            fresh = await not_yet_kept(tx, opening, rows)
            if fresh:
                await keep_decisions(tx, fresh)
                told = judge.shown(fresh)
                to = str(call.principal.practitioner_id)
                await keep_exposures(tx, [Exposure(uuid4(), None, "timeline", to, {}, told, call.now)] if told else [])
            call.detail["results"] = len(page.ids)
            call.detail["decisions"] = len(fresh)
        return self._answer(call, page, answered, {one.order_reference: one.id for one in rows}, silent)

    async def _page(
        self, connection: Connection, call: Call[Nothing, TimelineBody], patient_id: UUID, before: Place | None
    ) -> _Page:
        records = sorted(await links_store.same_person(connection, patient_id))
        limit = call.body.limit
        reports = await store.reports(connection, records, before, limit + 1)
        studies = await store.studies(connection, records, before, limit + 1)
        places = sorted((Place(one.at, one.id) for one in (*reports, *studies)), reverse=True)
        within = frozenset(one.id for one in places[:limit])
        reports = [one for one in reports if one.id in within]
        quarantine = self._scope(call.principal, Action.QUARANTINE_READ).organizations
        return _Page(
            records=records,
            reports=reports,
            studies=[one for one in studies if one.id in within],
            results=folded(await store.versions(connection, [one.id for one in reports])),
            rules=await self._registry.rules_at(connection, call.now),
            not_shown=NotShown(
                quarantined=None if quarantine == [] else await store.quarantined(connection, records, quarantine),
                doubtful=await store.doubtful(connection, records),
            ),
            more=len(places) > limit,
        )

    async def _judged(
        self, call: Call[Nothing, TimelineBody], patient_id: UUID, page: _Page
    ) -> tuple[Sequence[Answered], Words | None]:
        """What the registry answers; it fails open: without it the results are shown all the same."""
        body = call.body
        flags: dict[str, Any] = {one.replace("-", "_"): True for one in body.circumstances}
        context = Context(None if body.encounter_class is None else body.encounter_class.value, **flags)
        asked = PageEnquiry(call.principal.organization_id, context, (), call.now)
        try:
            return await self._registry.of_results(patient_id, asked, page.ids), None
        except Unavailable:
            return (), BEHIND

    def _answer(
        self,
        call: Call[Nothing, TimelineBody],
        page: _Page,
        answered: Sequence[Answered],
        decisions: dict[str, UUID],
        silent: Words | None,
    ) -> Timeline:
        judged, steps = judge.by_result(answered), shown.Steps()

        def verdict(result: str) -> ResultVerdict | None:
            one = judged.get(result)
            return None if one is None else shown.verdict(one, decisions[one.answered.reference], steps)

        names, of_report = shown.names_of(page.rules), by_report(page.results)
        opens = self._scope(call.principal, Action.STUDY_READ)
        reads = self._scope(call.principal, Action.REPORT_READ)
        entries: list[TimelineEntry] = [
            *(shown.of_laboratory(one, of_report.get(one.id, []), page.rules, names, verdict) for one in page.reports),
            *(
                shown.of_study(
                    one,
                    verdict,
                    may_open=opens.admits(one.organization_id, patient_id=one.patient_id),
                    may_read=reads.admits(one.organization_id, patient_id=one.patient_id),
                )
                for one in page.studies
            ),
        ]
        entries.sort(key=lambda one: (one.placed_at, one.id), reverse=True)
        return Timeline(
            as_of=call.now,
            entries=entries,
            next=str(min(page.places)) if page.more else None,
            systems=[SystemName(code, Words(said.zh, said.en)) for code, said in SYSTEMS.items()],
            steps=steps.told,
            footer=FOOTER,
            silent=silent,
            not_shown=page.not_shown,
            records=list(page.records),
        )

    async def trend(self, call: Call[TrendQuery, Nothing]) -> TrendAnswer:
        patient_id, item = call.uuid("id"), call.query.item
        async with call.pool.connection() as connection:
            await _known(connection, patient_id, call.scope)
            records = sorted(await links_store.same_person(connection, patient_id))
            rules = await self._registry.rules_at(connection, call.now)
            found = await store.reports_with(connection, records, item, _codes(rules, item))
            results = folded(await store.versions(connection, found))
        for record in records:
            call.about("patient", record, patient_id=record)
        call.detail["item"] = item
        course = trend(item, [one for one in results if key_of(one, rules.keys_of) == item])
        return shown.of_trend(course, shown.names_of(rules))


async def reads_results_of(pool: Pool, scope: Scope, patient_id: UUID) -> bool:
    """Whether a record lies inside a scope of Action.RESULT_READ: then its events may be heard too."""
    async with pool.connection() as connection:
        return await _is_known(connection, patient_id, scope)


async def _is_known(connection: Connection, patient_id: UUID, scope: Scope) -> bool:
    return await people.patient(connection, patient_id, scope.organizations, opened=scope.patients) is not None


async def _known(connection: Connection, patient_id: UUID, scope: Scope) -> None:
    if not await _is_known(connection, patient_id, scope):
        raise NotFound("unknown-patient", "找不到该患者。", "There is no such patient.")


def _codes(rules: RuleSet, item: str) -> Sequence[str]:
    """Every code that means this item alone."""
    return sorted({code.code for code, keys in rules.keys_of.items() if keys == frozenset({item})})


class Away:
    """What the timeline hears while nothing collects the facts of a decision: results are shown without verdicts."""

    async def of_results(self, _patient: UUID, _asked: Any, _results: Collection[str], /) -> tuple[Answered, ...]:
        raise Unavailable("registry-away", BEHIND.zh, BEHIND.en)

    async def rules_at(self, _connection: Connection, _as_of: datetime, /) -> RuleSet:
        return RuleSet(())


def endpoints(registry: Judge, scope: Callable[[Principal, Action], Scope]) -> list[Endpoint]:
    """The routes of the timeline."""
    routes = TimelineRoutes(registry, scope)
    return [
        Endpoint(
            "POST",
            "/api/patients/{id}/timeline",
            Action.RESULT_READ,
            routes.timeline,
            Text(
                "患者时间轴：各机构的结果，以及此刻对本机构能否互认",
                "What members have found of a patient, and what each result is worth here and now",
            ),
            body=TimelineBody,
            returns=Timeline,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/patients/{id}/trend",
            Action.RESULT_READ,
            routes.trend,
            Text("一个检验项目在各机构的变化", "The course of one laboratory item across members"),
            query=TrendQuery,
            returns=TrendAnswer,
            access=True,
        ),
    ]
