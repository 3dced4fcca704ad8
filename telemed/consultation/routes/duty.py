"""/api/duty, /api/consultation-…: 排班与通讯录, experts, agreements, departments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from telemed.consultation.model import duty, guards, words
from telemed.consultation.model.guards import DEPARTMENTS
from telemed.consultation.routes.desk import Desk
from telemed.consultation.routes.messages import (
    AgreementBody,
    Agreements,
    DepartmentItem,
    Departments,
    Duty,
    DutyGap,
    DutyQuery,
    ExpertBody,
    ExpertItem,
    Experts,
    ExpertsQuery,
    ShiftBody,
)
from telemed.consultation.store import duty as store
from telemed.errors import Forbidden, Invalid
from telemed.events import append
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.vocabulary import Action, Text

LONGEST = timedelta(days=62)
TOPIC = "consultations"


class DutyRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def departments(self, _call: Call[Nothing, Nothing]) -> Departments:
        return Departments([DepartmentItem(code, text.zh, text.en) for code, (text, _) in sorted(DEPARTMENTS.items())])

    async def duty(self, call: Call[DutyQuery, Nothing]) -> Duty:
        asked = call.query
        if not timedelta(0) < asked.ends - asked.begins <= LONGEST:
            raise Invalid("duty-period", "时间段须为 1 至 62 天。", "The period is at most 62 days.")
        async with call.pool.connection() as connection:
            found = await store.shifts(connection, asked.begins, asked.ends, asked.department)
        turns = [store.turn(one) for one in found]
        of = {asked.department} if asked.department else {one.department for one in turns}
        empty = [one for each in sorted(of) for one in duty.gaps(turns, each, asked.begins, asked.ends)]
        return Duty(found, [DutyGap(one.department, one.begins, one.ends) for one in empty])

    async def add_shift(self, call: Call[Nothing, ShiftBody]) -> None:
        body = call.body
        call.about("duty", body.id)
        if body.department not in DEPARTMENTS:
            raise words.unknown_department()
        if not timedelta(0) < body.ends - body.begins <= timedelta(days=7):
            raise Invalid("duty-period", "班次须为 1 分钟至 7 天。", "A turn of duty lasts at most seven days.")
        async with call.transaction() as tx:
            known = await store.expert(tx, body.practitioner_id)
            if known is None:
                raise words.no_such_expert()
            if not call.scope.admits(known.organization_id):
                raise Forbidden("outside-scope", "该人员不在您的管理范围内。", "This person is outside your scope.")
            columns = {
                **msgspec.structs.asdict(body),
                "organization_id": known.organization_id,
                "by": call.principal.practitioner_id,
                "now": call.now,
            }
            if not await store.insert_shift(tx, columns):
                raise words.line_is_taken()
            await append(tx, "duty.changed", body.id, [TOPIC])

    async def cancel_shift(self, call: Call[Nothing, Nothing]) -> None:
        id_ = call.uuid("id")
        call.about("duty", id_)
        async with call.transaction() as tx:
            by = call.principal.practitioner_id
            if not await store.cancel_shift(tx, id_, call.scope.organizations, by=by, now=call.now):
                raise words.not_your_turn()
            await append(tx, "duty.changed", id_, [TOPIC])

    async def sign_in(self, call: Call[Nothing, Nothing]) -> None:
        id_ = call.uuid("id")
        call.about("duty", id_)
        async with call.transaction() as tx:
            if not await store.sign_in(tx, id_, by=call.principal.practitioner_id, now=call.now):
                raise words.not_your_turn()
            await append(tx, "duty.signed-in", id_, [TOPIC])

    async def experts(self, call: Call[ExpertsQuery, Nothing]) -> Experts:
        asked = call.query
        if asked.department and asked.department not in DEPARTMENTS:
            raise words.unknown_department()
        today = call.now.astimezone(self._desk.zone).date()
        moment = call.now + timedelta(microseconds=1)
        async with call.pool.connection() as connection:
            found = await store.experts(connection, asked.department)
            on = {one.practitioner_id for one in await store.shifts(connection, call.now, moment, asked.department)}
            agreed = await store.agreements(connection, asked.inviting_id) if asked.inviting_id else []
        items: list[ExpertItem] = []
        for one in found:
            concerns: frozenset[guards.Concern] = frozenset()
            if asked.department:
                concerns |= guards.of_expert(store.licence(one), asked.department, today)
            if asked.inviting_id is not None:
                between = [each for each in agreed if each.invited_id == one.organization_id]
                same = asked.inviting_id == one.organization_id
                concerns |= guards.of_agreement(store.in_force(between), today, same=same)
            said = {name: getattr(one, name) for name in ExpertItem.__struct_fields__ if hasattr(one, name)}
            items.append(ExpertItem(**said, on_duty=one.id in on, concerns=sorted(each.value for each in concerns)))
        return Experts(items)

    async def set_expert(self, call: Call[Nothing, ExpertBody]) -> None:
        id_, body = call.uuid("id"), call.body
        call.about("expert", id_)
        if unknown := set(body.departments) - DEPARTMENTS.keys():
            raise Invalid(
                "unknown-department",
                f"没有诊疗科目 {min(unknown)}。未作任何改动。",
                f"There is no department {min(unknown)}. Nothing was changed.",
            )
        async with call.transaction() as tx:
            place = await store.place_of(tx, id_)
            if place is None or not call.scope.admits(place):
                raise words.no_such_expert()
            written = await store.set_expert(
                tx,
                id_,
                departments=list(dict.fromkeys(body.departments)),
                since=body.since,
                accepts=body.accepts,
                revision=body.revision,
                by=call.principal.practitioner_id,
                now=call.now,
            )
            if not written:
                raise words.written_meanwhile()
            await append(tx, "expert.changed", id_, [TOPIC])

    async def agreements(self, call: Call[Nothing, Nothing]) -> Agreements:
        async with call.pool.connection() as connection:
            return Agreements(await store.agreements(connection))

    async def add_agreement(self, call: Call[Nothing, AgreementBody]) -> None:
        body = call.body
        call.about("agreement", body.id)
        if body.inviting_id == body.invited_id or (body.valid_until is not None and body.valid_until < body.valid_from):
            raise Invalid(
                "agreement-makes-no-sense",
                "邀请方与受邀方须为两家机构，且终止日期不早于起始日期。未作任何改动。",
                "An agreement is between two institutions and ends after it begins. Nothing was changed.",
            )
        if not (call.scope.admits(body.inviting_id) or call.scope.admits(body.invited_id)):
            raise Forbidden(
                "outside-scope", "两家机构均不在您的管理范围内。", "Both institutions are outside your scope."
            )
        async with call.transaction() as tx:
            columns = {**msgspec.structs.asdict(body), "by": call.principal.practitioner_id, "now": call.now}
            if not await store.insert_agreement(tx, columns):
                raise words.no_such_institution()
            await append(tx, "agreement.entered", body.id, [TOPIC])


def duty_endpoints(desk: Desk) -> list[Endpoint]:
    routes = DutyRoutes(desk)
    read, manage, answer = Action.DUTY_READ, Action.DUTY_MANAGE, Action.CONSULTATION_ANSWER

    def one(method: str, path: str, action: Action, handler: Any, words: tuple[str, str], **more: Any) -> Endpoint:
        return Endpoint(method, f"/api/{path}", action, handler, Text(*words), **more)

    return [
        one(
            "GET",
            "consultation-departments",
            read,
            routes.departments,
            ("诊疗科目", "Departments"),
            returns=Departments,
        ),
        one(
            "GET",
            "duty",
            read,
            routes.duty,
            ("排班与通讯录", "Duty and telephone numbers"),
            query=DutyQuery,
            returns=Duty,
        ),
        one("POST", "duty/shifts", manage, routes.add_shift, ("排班", "Enter a turn of duty"), body=ShiftBody),
        one("POST", "duty/shifts/{id}/cancel", manage, routes.cancel_shift, ("取消班次", "Cancel a turn of duty")),
        one("POST", "duty/shifts/{id}/sign-in", answer, routes.sign_in, ("到岗签到", "Sign in on duty")),
        one(
            "GET",
            "consultation-experts",
            read,
            routes.experts,
            ("会诊专家", "Experts"),
            query=ExpertsQuery,
            returns=Experts,
        ),
        one(
            "PUT",
            "consultation-experts/{id}",
            manage,
            routes.set_expert,
            ("设置会诊专家", "Say for what somebody is asked"),
            body=ExpertBody,
        ),
        one(
            "GET", "consultation-agreements", manage, routes.agreements, ("合作协议", "Agreements"), returns=Agreements
        ),
        one(
            "POST",
            "consultation-agreements",
            manage,
            routes.add_agreement,
            ("登记合作协议", "Enter an agreement"),
            body=AgreementBody,
        ),
    ]
