"""/api/report-uploads: reports the provincial platform did not take, and what people decide about them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from telemed.cds import undelivered
from telemed.cds.undelivered import Held, UndeliveredRow, Upload
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.vocabulary import Action, Text

PAGE = 50


class UploadsQuery(msgspec.Struct, frozen=True):
    """state: dead | waiting | given-up.  after: `next` of the page before."""

    state: str = "dead"
    after: str = ""


class UploadList(msgspec.Struct, frozen=True):
    """dead, waiting: how many there are in all.  configured: whether reports are sent anywhere at all."""

    items: list[Upload]
    next: str | None
    dead: int
    waiting: int
    configured: bool


class GiveUp(msgspec.Struct, frozen=True):
    """note: why; needed."""

    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Retried(msgspec.Struct, frozen=True):
    """How many are sent again."""

    amount: int


class UploadRoutes:
    """Handlers.  configured: whether a platform is."""

    def __init__(self, *, configured: bool) -> None:
        self._configured = configured

    async def uploads(self, call: Call[UploadsQuery, Nothing]) -> UploadList:
        after = cursor(call.query.after)
        async with call.pool.connection() as connection:
            rows = await undelivered.undelivered(
                connection, call.scope, state=call.query.state, after=after, limit=PAGE + 1
            )
            found = await undelivered.amounts(connection, call.scope)
        for row in rows[:PAGE]:
            call.about("report-upload", row.id, patient_id=row.patient_id)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        further = None if last is None else following(last.queued_at, last.id)
        return UploadList([_shown(row) for row in rows[:PAGE]], further, found.dead, found.waiting, self._configured)

    async def retry(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            _about(call, await undelivered.try_again(tx, call.scope, call.uuid("id"), call.now))

    async def retry_all(self, call: Call[Nothing, Nothing]) -> Retried:
        async with call.transaction() as tx:
            held = await undelivered.try_all_again(tx, call.scope, call.now)
            for one in held:
                _about(call, one)
        return Retried(len(held))

    async def give_up(self, call: Call[Nothing, GiveUp]) -> None:
        async with call.transaction() as tx:
            held = await undelivered.give_up(
                tx,
                call.scope,
                call.uuid("id"),
                by=call.principal.practitioner_id,
                reason=call.body.note,
                now=call.now,
            )
            _about(call, held)


def _shown(row: UndeliveredRow) -> Upload:
    return Upload(**{name: getattr(row, name) for name in Upload.__struct_fields__})


def _about(call: Call[Any, Any], held: Held) -> None:
    call.about("report-upload", held.id, patient_id=held.patient_id)


def endpoints(*, configured: bool) -> list[Endpoint]:
    """The routes of reports on their way to the provincial platform."""
    routes = UploadRoutes(configured=configured)
    return [
        Endpoint(
            "GET",
            "/api/report-uploads",
            Action.UPLOAD_READ,
            routes.uploads,
            Text("未送达省平台的报告", "Reports that are not at the provincial platform"),
            query=UploadsQuery,
            returns=UploadList,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/report-uploads/retry",
            Action.UPLOAD_RETRY,
            routes.retry_all,
            Text("全部重新上传", "Send every dead letter again"),
            returns=Retried,
        ),
        Endpoint(
            "POST",
            "/api/report-uploads/{id}/retry",
            Action.UPLOAD_RETRY,
            routes.retry,
            Text("重新上传一份报告", "Send one report again"),
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/report-uploads/{id}/give-up",
            Action.UPLOAD_GIVE_UP,
            routes.give_up,
            Text("放弃上传一份报告", "Give up sending a report"),
            body=GiveUp,
            status=204,
        ),
    ]
