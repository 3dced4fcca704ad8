"""/api/consultations: the inviting side and what everybody may see."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from telemed.consultation.model.members import MemberRole
from telemed.consultation.routes.desk import Desk, consultation_of
from telemed.consultation.routes.messages import (
    Begun,
    Consent,
    ConsentBody,
    Consultations,
    ConsultationsQuery,
    DecideBody,
    Detail,
    InformBody,
    NewBody,
    Photograph,
    RateBody,
    SignedOpinion,
    WithdrawBody,
    WriteBody,
    Written,
)
from telemed.consultation.service import addenda, marks, opinions, requesting
from telemed.consultation.store import consultations as store
from telemed.errors import Invalid, NotFound
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing, Stream, Upload
from telemed.imaging import papers
from telemed.patients import store as patients
from telemed.vocabulary import Action, Text


class RequestRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def all(self, call: Call[ConsultationsQuery, Nothing]) -> Consultations:
        asked = call.query
        async with call.pool.connection() as connection:
            found = await store.lines(
                connection,
                call.scope,
                call.principal.practitioner_id,
                only_open=asked.open,
                patient_id=asked.patient_id,
                before=cursor(asked.after),
                joined=tuple(MemberRole),
                limit=asked.limit,
            )
        last = found[-1] if len(found) == asked.limit else None
        items = [self._desk.shown(call, one) for one in found]
        return Consultations(items, None if last is None else following(last.created_at, last.id))

    async def one(self, call: Call[Nothing, Nothing]) -> Detail:
        async with call.pool.connection() as connection:
            row = await self._desk.line(call, connection, call.uuid("id"), joined=tuple(MemberRole))
            signed = await opinions.signed(connection, row.id)
            shown = self._desk.shown(call, row)
            whole = Detail(
                consultation=shown,
                history=row.history,
                verdict_reason=row.verdict_reason,
                studies=await store.studies(connection, row.id),
                results=await store.results(connection, row.id),
                consents=[
                    msgspec.convert(one, Consent, from_attributes=True)
                    for one in await store.consents(connection, row.id)
                ],
                offers=await store.offers(connection, row.id),
                phone_answers=await store.phone_answers(connection, row.id),
                steps=await store.steps(connection, row.id),
                draft=await opinions.draft(connection, row.id) if "expert" in shown.you else None,
                addendum_draft=await addenda.draft(connection, row.id, call.principal.practitioner_id)
                if "expert" in shown.you
                else None,
                addendum_answers=await addenda.answers(connection, row.id),
                marks=await marks.of_consultation(connection, row.id),
                opinions=[msgspec.convert(one, SignedOpinion, from_attributes=True) for one in signed],
                rating=await store.rating(connection, row.id),
            )
        return whole if self._desk.of_a_party(call, row) else _for_member(whole, MemberRole(row.member))

    async def begin(self, call: Call[Nothing, NewBody]) -> Begun:
        body = call.body
        call.about("consultation", body.id, patient_id=body.patient_id)
        async with call.transaction() as tx:
            if await patients.patient(tx, body.patient_id, call.scope.organizations) is None:
                raise NotFound("unknown-patient", "找不到该患者。", "There is no such patient.")
            acting = self._desk.acting(call, tx)
            return Begun(
                body.id, await requesting.begin(acting, body.id, body.patient_id, body.form.form(), self._desk.zone)
            )

    async def write(self, call: Call[Nothing, WriteBody]) -> Written:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            return Written(await requesting.write(acting, consultation_of(call), body.form.form(), body.revision))

    async def submit(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await requesting.submit(self._desk.acting(call, tx), consultation_of(call))

    async def photograph(self, call: Call[Nothing, Nothing]) -> Photograph:
        """Keep a photograph of a consent form; it counts once it is recorded with a consent."""
        consultation_id = consultation_of(call)
        async with call.transaction() as tx:
            await requesting.photographing(self._desk.acting(call, tx), consultation_id)
        kept = await self._desk.papers.keep(await _body(call.request), call.now)
        return Photograph(kept.digest)

    async def consent(self, call: Call[Nothing, ConsentBody]) -> None:
        body, id_ = call.body, consultation_of(call)
        if body.paper:
            await self._desk.papers.read(body.paper)
        async with call.transaction() as tx:
            await requesting.consent(self._desk.acting(call, tx), id_, body.agreed())

    async def read_photograph(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        async with call.pool.connection() as connection:
            row = await self._desk.line(call, connection, call.uuid("id"))
            known = {one.paper for one in await store.consents(connection, row.id)}
        call.about("consultation", row.id, patient_id=row.patient_id)
        digest = call.path["digest"]
        if digest not in known:
            raise NotFound("unknown-paper", "找不到该照片。", "There is no such picture.")
        content = await self._desk.papers.read(digest)
        kept = papers.inspect(content, call.now)
        headers = {"Content-Disposition": "inline", "Cache-Control": "private, no-store"}
        response = await call.stream(media_type=kept.media_type, headers=headers)
        await response.write(content)
        await response.write_eof()
        return response

    async def inform(self, call: Call[Nothing, InformBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await requesting.inform(acting, consultation_of(call), body.said, body.studies, body.results)

    async def withdraw(self, call: Call[Nothing, WithdrawBody]) -> None:
        async with call.transaction() as tx:
            await requesting.withdraw(self._desk.acting(call, tx), consultation_of(call), call.body.reason)

    async def decide(self, call: Call[Nothing, DecideBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await requesting.decide(acting, consultation_of(call), body.verdict, body.reason, version=body.version)

    async def rate(self, call: Call[Nothing, RateBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await requesting.rate(acting, consultation_of(call), body.stars, body.note)


def _for_member(whole: Detail, role: MemberRole) -> Detail:
    """What somebody who was added sees: the case, not how it was asked for; looking on, no results and no opinion."""
    hidden: dict[str, Any] = {"consents": [], "offers": [], "phone_answers": [], "steps": [], "rating": None}
    if role is MemberRole.AUDIENCE:
        hidden |= {"results": [], "opinions": []}
    return msgspec.structs.replace(whole, **hidden)


async def _body(request: web.Request) -> bytes:
    """The whole body, never more than a photograph may have."""
    content = bytearray()
    async for chunk in request.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > papers.LIMIT:
            raise Invalid(
                "paper-too-large",
                "照片超过 8 MB，请降低分辨率后重拍。申请本身已保留。",
                "The picture is larger than 8 MB: take it again smaller. The request is kept.",
            )
    return bytes(content)


def request_endpoints(desk: Desk) -> list[Endpoint]:
    routes = RequestRoutes(desk)
    read, ask = Action.CONSULTATION_READ, Action.CONSULTATION_REQUEST

    def one(method: str, path: str, action: Action, handler: Any, words: tuple[str, str], **more: Any) -> Endpoint:
        return Endpoint(method, f"/api/consultations{path}", action, handler, Text(*words), **more)

    picture = Upload(papers.MEDIA_TYPES, papers.LIMIT)
    return [
        one(
            "GET",
            "",
            read,
            routes.all,
            ("会诊列表", "Consultations"),
            query=ConsultationsQuery,
            returns=Consultations,
            access=True,
        ),
        one(
            "POST", "", ask, routes.begin, ("新建会诊申请", "Begin a request"), body=NewBody, returns=Begun, status=201
        ),
        one("GET", "/{id}", read, routes.one, ("会诊详情", "One consultation"), returns=Detail, access=True),
        one("PUT", "/{id}/form", ask, routes.write, ("修改草稿", "Write a draft"), body=WriteBody, returns=Written),
        one("POST", "/{id}/submit", ask, routes.submit, ("提交会诊申请", "Send a request")),
        one(
            "POST",
            "/{id}/photographs",
            ask,
            routes.photograph,
            ("上传知情同意书照片", "Send a photograph of a consent form"),
            body=picture,
            returns=Photograph,
        ),
        one(
            "GET",
            "/{id}/photographs/{digest}",
            read,
            routes.read_photograph,
            ("知情同意书照片", "A photograph of a consent form"),
            returns=Stream(papers.MEDIA_TYPES),
            access=True,
        ),
        one("POST", "/{id}/consents", ask, routes.consent, ("登记知情同意", "Record consent"), body=ConsentBody),
        one("POST", "/{id}/inform", ask, routes.inform, ("补充资料", "Answer what was asked"), body=InformBody),
        one("POST", "/{id}/withdraw", ask, routes.withdraw, ("撤回", "Take back"), body=WithdrawBody),
        one("POST", "/{id}/decide", ask, routes.decide, ("采纳与否", "Decide on the opinion"), body=DecideBody),
        one("POST", "/{id}/rating", ask, routes.rate, ("评价", "Rate"), body=RateBody),
    ]
