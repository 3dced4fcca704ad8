"""统计: figures by month and half-year, what is behind them, seals, tables to keep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from telemed.db import fetch_all, load
from telemed.errors import Forbidden, NotFound
from telemed.http.wire import Call, Endpoint, Nothing, Stream
from telemed.statistics import listing, tables
from telemed.statistics.consulting import Course, counted
from telemed.statistics.indicators import DEFINITIONS, INDICATORS, is_official
from telemed.statistics.messages import (
    CausesSaid,
    ChangeSaid,
    ConsultingFigures,
    ConsultingQuery,
    DecisionDetail,
    DecisionPage,
    DecisionsQuery,
    FiguresQuery,
    Indicators,
    IndicatorSaid,
    OwnQuery,
    QualityQuery,
    QualityTableQuery,
    SealList,
    SealSaid,
    Statistics,
    TableQuery,
    Words,
)
from telemed.statistics.months import Month, parsed
from telemed.statistics.sealing import changes_of, seals
from telemed.statistics.serving import Figures, View
from telemed.vocabulary import Action, Principal, Scope, ScopeKind, Text

_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
queries = load(__name__, "consulting.sql")

ScopeOf = Callable[[Principal, Action], Scope]


def members_of(scope: Scope) -> frozenset[UUID] | None:
    """Whose lines a scope reaches; None: everybody's."""
    reach = scope.organizations
    return None if reach is None else frozenset(reach)


class StatisticsRoutes:
    """Handlers.  scope: of an action for a person."""

    def __init__(self, figures: Figures, scope: ScopeOf) -> None:
        self._figures = figures
        self._scope = scope

    def _view(self, call: Call[Any, Any], only: UUID | None) -> View:
        """What the caller sees of the official figures: the bureau is whoever reads further than into decisions."""
        members = members_of(call.scope)
        decisions = self._scope(call.principal, Action.STATISTICS_DECISIONS)
        if call.scope.kind is ScopeKind.OWN:
            view = View("own", members, own=call.principal.organization_id)
        else:
            view = View("community" if decisions.kind is call.scope.kind else "bureau", members)
        if only is not None and not call.scope.admits(only):
            raise NotFound("unknown-organization", "找不到该机构。", "There is no such organisation.")
        return replace(view, only=only)

    async def figures(self, call: Call[FiguresQuery, Nothing]) -> Statistics:
        query = call.query
        view = self._view(call, query.organization)
        return await self._figures.statistics(call.pool, query.period, query.cut, view, call.now, query.version)

    async def quality(self, call: Call[QualityQuery, Nothing]) -> Statistics:
        query = call.query
        view = replace(self._view(call, query.organization), quality=True)
        return await self._figures.statistics(call.pool, query.period, query.cut, view, call.now, query.version)

    async def own(self, call: Call[OwnQuery, Nothing]) -> Statistics:
        """The caller's own answers on the county's own pages, and nobody else's."""
        home = call.principal.organization_id
        view = View("own", frozenset({home}), own=home, quality=True, personal=True)
        found = await self._figures.statistics(call.pool, call.query.period, "doctor", view, call.now)
        mine = [one for one in found.lines if one.key == str(call.principal.practitioner_id)]
        return msgspec.structs.replace(found, lines=mine, history=[])

    async def consultations(self, call: Call[ConsultingQuery, Nothing]) -> ConsultingFigures:
        months, zone = parsed(call.query.period), self._figures.zone
        members = members_of(call.scope)
        params = {
            "begins": months[0].begins(zone),
            "ends": months[-1].ends(zone),
            "everywhere": members is None,
            "organizations": [] if members is None else sorted(members),
        }
        async with call.pool.connection() as connection:
            found = await fetch_all(connection, queries["courses"], params, Course)
        scope = "community" if call.scope.kind is not ScopeKind.OWN else "own"
        return ConsultingFigures(call.query.period, call.query.cut, scope, counted(found, call.query.cut))

    async def indicators(self, _call: Call[Nothing, Nothing]) -> Indicators:
        return Indicators(
            DEFINITIONS,
            [
                IndicatorSaid(
                    code=one.code,
                    name=_words(one.name),
                    meaning=_words(one.meaning),
                    excluded=_words(one.excluded),
                    clause=_words(one.clause),
                    unit=one.unit.value,
                    audience=one.audience.value,
                    is_rate=bool(one.denominator) and not one.mean,
                    is_mean=one.mean,
                )
                for one in INDICATORS
            ],
        )

    async def seals(self, call: Call[OwnQuery, Nothing]) -> SealList:
        months = parsed(call.query.period)
        view = self._view(call, None)
        quality = self._scope(call.principal, Action.STATISTICS_QUALITY).kind is not ScopeKind.NOWHERE
        async with call.pool.connection() as connection:
            found = await seals(connection, months[0], months[-1])
        return SealList([_seal(one, view, quality=quality) for one in found])

    async def decisions(self, call: Call[DecisionsQuery, Nothing]) -> DecisionPage:
        query = call.query
        quality = self._scope(call.principal, Action.STATISTICS_QUALITY)
        if (query.cut == "doctor" or not is_official(query.code)) and quality.kind is ScopeKind.NOWHERE:
            raise Forbidden(
                "for-the-quality-officer", "该指标仅供质控员查看。", "This indicator is for the quality officer alone."
            )
        reach = members_of(call.scope)
        if query.organization is not None:
            reach = frozenset({query.organization} if call.scope.admits(query.organization) else ())
        months = [one for one in parsed(query.period) if one.begins(self._figures.zone) <= call.now]
        month = _month_of(query.before, months, call.now, self._figures)
        if month is None:
            return DecisionPage([], "")
        asked = self._figures.asked(month, call.now)
        async with call.pool.transaction() as tx:
            items, more = await listing.behind(
                tx,
                asked,
                query.code,
                query.cut,
                query.key,
                None if reach is None else sorted(reach),
                query.before,
                query.limit,
                self._figures.longest,
            )
        earlier = months.index(month) > 0
        return DecisionPage(items, more or (_end(month, self._figures) if earlier else ""))

    async def decision(self, call: Call[Nothing, Nothing]) -> DecisionDetail:
        number = call.uuid("id")
        async with call.pool.connection() as connection:
            found = await listing.decision(connection, number)
        if found is None or not call.scope.admits(found[0].organization_id):
            raise NotFound("unknown-decision", "找不到该决定。", "There is no such decision.")
        kept, cards = found
        call.about("recognition-decision", number, patient_id=kept.patient_id)
        return DecisionDetail(
            id=kept.id,
            organization_id=kept.organization_id,
            decided_at=kept.decided_at,
            verdict=kept.verdict,
            engine_version=kept.engine_version,
            trace_hash=kept.trace_hash,
            trace=kept.trace,
            cards=cards,
        )

    async def table(self, call: Call[TableQuery, Nothing]) -> web.StreamResponse:
        query = call.query
        view = self._view(call, query.organization)
        found = await self._figures.statistics(call.pool, query.period, query.cut, view, call.now)
        return await _sent(call, found, query.form, query.language)

    async def quality_table(self, call: Call[QualityTableQuery, Nothing]) -> web.StreamResponse:
        query = call.query
        view = replace(self._view(call, query.organization), quality=True)
        found = await self._figures.statistics(call.pool, query.period, query.cut, view, call.now)
        return await _sent(call, found, query.form, query.language)


def _month_of(before: str, months: list[Month], now: datetime, figures: Figures) -> Month | None:
    """The month a page of a half-year is in: the last one first, each from its end to its beginning."""
    if not months:
        return None
    at, _ = listing.cursor_of(before, now)
    within = [one for one in months if one.begins(figures.zone) < at]
    return (within[-1] if within else None) if before else months[-1]


def _end(month: Month, figures: Figures) -> str:
    """The cursor behind the last decision of the month before."""
    return f"{month.begins(figures.zone).isoformat()}|{UUID(int=(1 << 128) - 1)}"


async def _sent(call: Call[Any, Any], found: Statistics, form: str, language: tables.Language) -> web.StreamResponse:
    write = tables.as_csv if form == "csv" else tables.as_xlsx
    content = await asyncio.to_thread(write, found, language)
    call.detail["lines"] = len(found.lines)
    name = f"statistics-{found.period}.{form}"
    response = await call.stream(
        media_type=_TYPES[form], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    await response.write(content)
    await response.write_eof()
    return response


def _words(text: Text) -> Words:
    return Words(text.zh, text.en)


def _seal(one: Any, view: View, *, quality: bool) -> SealSaid:
    """A version, with those of its changes that the reader may see."""
    changes = changes_of(one.changes)
    shown = [
        ChangeSaid(**msgspec.structs.asdict(each))
        for each in (changes.items if changes is not None else ())
        if each.cut == "member"
        and (quality or is_official(each.code))
        and (view.name != "own" if not each.organization_id else _reaches(view, UUID(each.organization_id)))
    ]
    return SealSaid(
        month=one.month,
        version=one.version,
        content_hash=one.content_hash,
        previous_hash=one.previous_hash,
        sealed_at=one.sealed_at,
        changed=0 if changes is None else changes.figures,
        causes=None if changes is None else CausesSaid(**msgspec.structs.asdict(changes.causes)),
        changes=shown,
    )


def _reaches(view: View, organization_id: UUID) -> bool:
    return view.members is None or organization_id in view.members


def endpoints(figures: Figures, scope: ScopeOf) -> list[Endpoint]:
    """The routes of the page 统计."""
    routes = StatisticsRoutes(figures, scope)
    read, quality, decisions = Action.STATISTICS_READ, Action.STATISTICS_QUALITY, Action.STATISTICS_DECISIONS
    table = Stream(("text/csv", _TYPES["xlsx"]))
    return [
        Endpoint(
            "GET",
            "/api/statistics/figures",
            read,
            routes.figures,
            Text("官方指标：月度与半年，按机构或项目", "Official indicators by month or half-year, member or item"),
            query=FiguresQuery,
            returns=Statistics,
        ),
        Endpoint(
            "GET",
            "/api/statistics/quality",
            quality,
            routes.quality,
            Text("全部指标，供质控员", "All indicators, for the quality officer"),
            query=QualityQuery,
            returns=Statistics,
        ),
        Endpoint(
            "GET",
            "/api/statistics/own",
            read,
            routes.own,
            Text("我的答复", "One's own answers"),
            query=OwnQuery,
            returns=Statistics,
        ),
        Endpoint(
            "GET",
            "/api/statistics/indicators",
            read,
            routes.indicators,
            Text("指标定义", "Definitions of the indicators"),
            returns=Indicators,
        ),
        Endpoint(
            "GET",
            "/api/statistics/consultations",
            read,
            routes.consultations,
            Text("远程会诊指标：月度与半年", "Figures of remote consultation by month or half-year"),
            query=ConsultingQuery,
            returns=ConsultingFigures,
        ),
        Endpoint(
            "GET",
            "/api/statistics/seals",
            read,
            routes.seals,
            Text("封存版本与更正", "Sealed versions and corrections"),
            query=OwnQuery,
            returns=SealList,
        ),
        Endpoint(
            "GET",
            "/api/statistics/decisions",
            decisions,
            routes.decisions,
            Text("一个数字背后的互认决定", "The decisions behind a figure"),
            query=DecisionsQuery,
            returns=DecisionPage,
        ),
        Endpoint(
            "GET",
            "/api/statistics/decisions/{id}",
            decisions,
            routes.decision,
            Text("一个互认决定及其依据", "One decision with its trace"),
            returns=DecisionDetail,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/statistics/table",
            read,
            routes.table,
            Text("官方指标表（CSV、Excel）", "Official indicators as CSV or Excel"),
            query=TableQuery,
            returns=table,
        ),
        Endpoint(
            "GET",
            "/api/statistics/quality-table",
            quality,
            routes.quality_table,
            Text("全部指标表（CSV、Excel）", "All indicators as CSV or Excel"),
            query=QualityTableQuery,
            returns=table,
        ),
    ]
