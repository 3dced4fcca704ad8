"""/api/consultations/{id}/…: triage, the expert's answers, appointments, what goes wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from telemed.consultation.model import words
from telemed.consultation.model.calendar import calendar
from telemed.consultation.model.members import MemberRole
from telemed.consultation.routes.desk import Desk, consultation_of
from telemed.consultation.routes.messages import (
    ConvertBody,
    MissBody,
    OfferBody,
    OpinionBody,
    PhoneAnswerBody,
    ReasonBody,
    ScheduleBody,
    SeenSeries,
    SignBody,
    Signed,
    Written,
)
from telemed.consultation.service import answering, opinions
from telemed.consultation.store.rows import OpinionRow
from telemed.db import Connection
from telemed.http.wire import Call, Endpoint, Nothing, Stream
from telemed.reading.service.signing import confirm_password
from telemed.vocabulary import Action, Text

PDF = "application/pdf"


class AnswerRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def offer(self, call: Call[Nothing, OfferBody]) -> None:
        async with call.transaction() as tx:
            acting, id_, zone = self._desk.acting(call, tx), consultation_of(call), self._desk.zone
            if call.body.expert_id is None:
                await answering.offer_to_duty(acting, id_, zone)
            else:
                await answering.offer(acting, id_, call.body.expert_id, zone)

    async def accept(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await answering.accept(self._desk.acting(call, tx), consultation_of(call))

    async def refuse(self, call: Call[Nothing, ReasonBody]) -> None:
        async with call.transaction() as tx:
            acting, id_ = self._desk.acting(call, tx), consultation_of(call)
            await answering.refuse(acting, id_, call.body.reason, self._desk.zone)

    async def decline(self, call: Call[Nothing, ReasonBody]) -> None:
        async with call.transaction() as tx:
            await answering.decline(self._desk.acting(call, tx), consultation_of(call), call.body.reason)

    async def ask(self, call: Call[Nothing, ReasonBody]) -> None:
        async with call.transaction() as tx:
            await answering.ask(self._desk.acting(call, tx), consultation_of(call), call.body.reason)

    async def schedule(self, call: Call[Nothing, ScheduleBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await answering.schedule(acting, consultation_of(call), body.starts_at, body.minutes)

    async def begin(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await answering.begin(self._desk.acting(call, tx), consultation_of(call))

    async def miss(self, call: Call[Nothing, MissBody]) -> None:
        async with call.transaction() as tx:
            await answering.miss(self._desk.acting(call, tx), consultation_of(call), call.body.who)

    async def fail(self, call: Call[Nothing, ReasonBody]) -> None:
        async with call.transaction() as tx:
            await answering.fail(self._desk.acting(call, tx), consultation_of(call), call.body.reason)

    async def convert(self, call: Call[Nothing, ConvertBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await answering.convert(acting, consultation_of(call), body.into, body.reason)

    async def phone(self, call: Call[Nothing, PhoneAnswerBody]) -> None:
        async with call.transaction() as tx:
            body = call.body
            await answering.record_phone_answer(
                self._desk.acting(call, tx),
                consultation_of(call),
                speaker=body.speaker,
                phone=body.phone,
                said=body.said,
                at=body.at,
            )

    async def write(self, call: Call[Nothing, OpinionBody]) -> Written:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            return Written(
                await opinions.write(acting, consultation_of(call), body.diagnosis, body.advice, body.revision)
            )

    async def sign(self, call: Call[Nothing, SignBody]) -> Signed:
        """A wrong password is counted even though nothing is signed, so it is asked before the transaction."""
        id_, body = consultation_of(call), call.body
        await confirm_password(self._desk.signatures, call.principal, body.password, call.now)
        made = await opinions.prepare(
            call.pool,
            call.principal,
            id_,
            revision=body.revision,
            now=call.now,
            zone=self._desk.zone,
            sealing=self._desk.sealing,
        )
        async with call.transaction() as tx:
            version = await opinions.sign(self._desk.acting(call, tx), id_, made)
        return Signed(version, made.document)

    async def seen(self, call: Call[Nothing, Nothing]) -> SeenSeries:
        async with call.pool.connection() as connection:
            row = await self._desk.line(call, connection, call.uuid("id"))
            version = await self._signed(connection, row.id, call.path["version"])
            found = await opinions.seen(connection, row.id, version.version)
        call.about("consultation", row.id, patient_id=row.patient_id)
        return SeenSeries(found)

    @staticmethod
    async def _signed(connection: Connection, consultation_id: UUID, version: str) -> OpinionRow:
        """One version of the opinion.  Raises NotFound."""
        for one in await opinions.signed(connection, consultation_id):
            if str(one.version) == version:
                return one
        raise words.no_such_consultation()

    async def document(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        async with call.pool.connection() as connection:
            row = await self._desk.line(call, connection, call.uuid("id"), joined=(MemberRole.PARTICIPANT,))
            found = await self._signed(connection, row.id, call.path["version"])
        call.about("consultation", row.id, patient_id=row.patient_id)
        content = await self._desk.sealing.read(found.document)
        name = f'attachment; filename="{row.number}-{found.version}.pdf"'
        headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
        response = await call.stream(media_type=PDF, headers=headers)
        await response.write(content)
        await response.write_eof()
        return response

    async def calendar(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        async with call.pool.connection() as connection:
            row = await self._desk.line(call, connection, call.uuid("id"), joined=tuple(MemberRole))
        call.about("consultation", row.id)
        if row.starts_at is None or row.minutes is None:
            raise words.no_such_consultation()
        ends = row.starts_at + timedelta(minutes=row.minutes)
        text = calendar(row.id, row.number, row.starts_at, ends, revision=row.revision, now=call.now)
        headers = {"Content-Disposition": f'attachment; filename="{row.number}.ics"'}
        response = await call.stream(media_type="text/calendar", headers=headers)
        await response.write(text.encode())
        await response.write_eof()
        return response


def answer_endpoints(desk: Desk) -> list[Endpoint]:
    routes = AnswerRoutes(desk)
    read, triage = Action.CONSULTATION_READ, Action.CONSULTATION_TRIAGE
    answer, conduct = Action.CONSULTATION_ANSWER, Action.CONSULTATION_CONDUCT

    def one(method: str, path: str, action: Action, handler: Any, words: tuple[str, str], **more: Any) -> Endpoint:
        return Endpoint(method, f"/api/consultations/{{id}}{path}", action, handler, Text(*words), **more)

    return [
        one("POST", "/offer", triage, routes.offer, ("分诊", "Ask an expert"), body=OfferBody),
        one("POST", "/decline", triage, routes.decline, ("谢绝", "Decline"), body=ReasonBody),
        one("POST", "/accept", answer, routes.accept, ("接诊", "Accept")),
        one("POST", "/refuse", answer, routes.refuse, ("不能接诊", "Cannot accept"), body=ReasonBody),
        one("POST", "/ask", conduct, routes.ask, ("要求补充资料", "Ask for more"), body=ReasonBody),
        one("POST", "/schedule", conduct, routes.schedule, ("预约", "Agree on a time"), body=ScheduleBody),
        one("POST", "/begin", conduct, routes.begin, ("开始会诊", "Begin")),
        one("POST", "/miss", conduct, routes.miss, ("未到", "Somebody did not come"), body=MissBody),
        one("POST", "/fail", conduct, routes.fail, ("技术故障", "The line failed"), body=ReasonBody),
        one("POST", "/convert", conduct, routes.convert, ("转办", "Turn into something else"), body=ConvertBody),
        one(
            "POST",
            "/phone-answers",
            conduct,
            routes.phone,
            ("登记电话答复", "Record an answer by telephone"),
            body=PhoneAnswerBody,
        ),
        one(
            "PUT",
            "/opinion",
            answer,
            routes.write,
            ("书写会诊意见", "Write the opinion"),
            body=OpinionBody,
            returns=Written,
        ),
        one(
            "POST",
            "/sign",
            Action.CONSULTATION_SIGN,
            routes.sign,
            ("签发会诊意见", "Sign the opinion"),
            body=SignBody,
            returns=Signed,
            second_factor=True,
        ),
        one(
            "GET",
            "/opinions/{version}/document",
            read,
            routes.document,
            ("会诊意见书（PDF）", "The opinion as a PDF"),
            returns=Stream((PDF,)),
            access=True,
        ),
        one(
            "GET",
            "/opinions/{version}/seen",
            read,
            routes.seen,
            ("签发前专家看过的影像", "What the expert had seen before signing"),
            returns=SeenSeries,
            access=True,
        ),
        one(
            "GET",
            "/calendar",
            read,
            routes.calendar,
            ("日历文件", "The appointment as a calendar file"),
            returns=Stream(("text/calendar",)),
        ),
    ]
