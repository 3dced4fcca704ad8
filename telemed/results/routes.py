"""Laboratory systems over HTTP: which may send, and who else has tried."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from telemed.http.wire import Call, Endpoint, Nothing
from telemed.results import senders
from telemed.results.senders import Names, SeenRow, SenderRow
from telemed.vocabulary import Action, Text


class SenderList(msgspec.Struct, frozen=True):
    """enrolled: who may or might send.  seen: who tried without being enrolled."""

    enrolled: list[SenderRow]
    seen: list[SeenRow]


_Name = Annotated[str, Meta(max_length=230)]


class NewSender(msgspec.Struct, frozen=True):
    """MSH-3 and MSH-4 as the list of those seen shows them, and the code of the organisation they send for."""

    application: _Name
    facility: _Name
    organization_code: Annotated[str, Meta(min_length=1, max_length=40)]


class FormerSender(msgspec.Struct, frozen=True):
    application: _Name
    facility: _Name


class SenderRoutes:
    """Handlers."""

    async def senders(self, call: Call[Nothing, Nothing]) -> SenderList:
        async with call.pool.connection() as connection:
            return SenderList(await senders.enrolled(connection), await senders.seen(connection))

    async def enrol(self, call: Call[Nothing, NewSender]) -> None:
        who = Names(call.body.application.strip(), call.body.facility.strip())
        async with call.transaction() as tx:
            call.about("laboratory-sender", await senders.enrol(tx, who, call.body.organization_code, call.now))

    async def disable(self, call: Call[Nothing, FormerSender]) -> None:
        async with call.transaction() as tx:
            await senders.disable(tx, Names(call.body.application.strip(), call.body.facility.strip()))


def endpoints() -> list[Endpoint]:
    """The routes of laboratory systems."""
    routes = SenderRoutes()
    return [
        Endpoint(
            "GET",
            "/api/laboratory/senders",
            Action.DEVICE_MANAGE,
            routes.senders,
            Text("检验系统列表", "Laboratory systems, enrolled and seen"),
            returns=SenderList,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/senders",
            Action.DEVICE_MANAGE,
            routes.enrol,
            Text("登记检验系统", "Let a laboratory system send"),
            body=NewSender,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/senders/disable",
            Action.DEVICE_MANAGE,
            routes.disable,
            Text("停用检验系统", "Let a laboratory system send no more"),
            body=FormerSender,
            status=204,
        ),
    ]
