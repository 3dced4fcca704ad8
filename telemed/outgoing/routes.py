"""/api/outgoing: who receives messages, what did not arrive, and what an administrator does about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from telemed.db import Connection, fetch_all, fetch_one
from telemed.errors import Conflict, NotFound
from telemed.events import append
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.outgoing.model import Notice, Recipient
from telemed.outgoing.outbox import TOPIC, queries, tell
from telemed.vocabulary import Action, NoticeKind, Text

PAGE = 50


class ReceiverItem(msgspec.Struct, frozen=True):
    """A receiver and its queue.

    origin: scheme, host and port of its address.  state: on | gone (it answered 410) | removed (configured no more).
    failures: in a row.  rests_until: nothing is sent before, after many failures or because the receiver asked for it.
    waiting, oldest: how many wait, and since when the first.  given_up: of those that would still say something.
    sent: in the last 24 hours.
    """

    id: UUID
    name: str
    origin: str
    kinds: list[str]
    institutions: list[str]
    state: str
    failures: int
    rests_until: datetime | None
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_status: int | None
    last_fault: str
    waiting: int
    oldest: datetime | None
    given_up: int
    sent: int


class Receivers(msgspec.Struct, frozen=True):
    items: list[ReceiverItem]


class MessagesQuery(msgspec.Struct, frozen=True):
    """receiver: of one alone.  after: `next` of the page before."""

    state: Literal["given-up", "waiting", "sent", "cancelled"] = "given-up"
    receiver: UUID | None = None
    after: str = ""


class MessageItem(msgspec.Struct, frozen=True):
    """A message on its way: what is told, of which institution; nobody's name."""

    id: UUID
    receiver_id: UUID
    receiver: str
    kind: NoticeKind
    state: str
    urgency: str
    department: str
    organization_name: str
    told_at: datetime
    due_at: datetime | None
    next_at: datetime
    attempts: int
    last_status: int | None
    last_fault: str
    ended_at: datetime | None


class Messages(msgspec.Struct, frozen=True):
    items: list[MessageItem]
    next: str | None


class Revived(msgspec.Struct, frozen=True):
    """How many are sent again."""

    amount: int


class _Receiver(msgspec.Struct):
    name: str
    state: str


class _Message(msgspec.Struct):
    state: str
    is_over: bool
    receiver_state: str


class _Id(msgspec.Struct):
    id: UUID


class _Name(msgspec.Struct):
    name: str


async def receivers(call: Call[Nothing, Nothing]) -> Receivers:
    async with call.pool.connection() as connection:
        return Receivers(await fetch_all(connection, queries["receivers"], {"now": call.now}, ReceiverItem))


async def messages(call: Call[MessagesQuery, Nothing]) -> Messages:
    asked = call.query
    after = cursor(asked.after)
    params = {
        "state": asked.state,
        "receiver_id": asked.receiver,
        "before": None if after is None else after[0],
        "before_id": None if after is None else after[1],
        "limit": PAGE + 1,
    }
    async with call.pool.connection() as connection:
        found = await fetch_all(connection, queries["messages"], params, MessageItem)
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Messages(found[:PAGE], None if last is None else following(last.told_at, last.id))


async def test(call: Call[Nothing, Nothing]) -> None:
    """Owe one receiver a message that says that it is a test."""
    id_ = call.uuid("id")
    call.about("outgoing-receiver", id_)
    async with call.transaction() as tx:
        receiver = await _on(tx, id_)
        notice = Notice(
            NoticeKind.TEST,
            id_,
            f"{NoticeKind.TEST.value}/{uuid4()}",
            "/exchange/outgoing",
            (Recipient("administrator", call.principal.practitioner_id),),
        )
        await tell(tx, notice, call.now, receiver=receiver)


async def retry_all(call: Call[Nothing, Nothing]) -> Revived:
    """Send again what a receiver was not delivered and would still say something; 500 at a time."""
    id_ = call.uuid("id")
    call.about("outgoing-receiver", id_)
    async with call.transaction() as tx:
        receiver = await _on(tx, id_)
        params = {"id": None, "receiver": receiver, "now": call.now}
        revived = await fetch_all(tx, queries["revive"], params, _Id)
        if revived:
            await append(tx, "outgoing.retried", id_, [TOPIC])
    return Revived(len(revived))


async def retry(call: Call[Nothing, Nothing]) -> None:
    id_ = call.uuid("id")
    call.about("outgoing-message", id_)
    async with call.transaction() as tx:
        known = await fetch_one(tx, queries["message"], {"id": id_}, _Message)
        if known is None:
            raise NotFound("unknown-message", "找不到该消息。", "There is no such message.")
        if known.receiver_state != "on":
            raise _off()
        if known.state != "given-up" or known.is_over:
            raise Conflict(
                "message-is-over",
                "该消息已送达、已取消，或其内容已过时。未作任何改动。",
                "The message arrived, was cancelled, or says nothing any more. Nothing was changed.",
            )
        await fetch_all(tx, queries["revive"], {"id": id_, "receiver": None, "now": call.now}, _Id)
        await append(tx, "outgoing.retried", id_, [TOPIC])


async def switch_on(call: Call[Nothing, Nothing]) -> None:
    """Ask a receiver again that wanted nothing any more, or that rests."""
    id_ = call.uuid("id")
    call.about("outgoing-receiver", id_)
    async with call.transaction() as tx:
        if await fetch_one(tx, queries["switch_on"], {"id": id_, "now": call.now}, _Name) is None:
            raise _unknown()
        await append(tx, "outgoing.switched-on", id_, [TOPIC])


async def _on(tx: Connection, id_: UUID) -> str:
    """The name of a receiver that is on.  Raises NotFound, or Conflict for one that is not."""
    known = await fetch_one(tx, queries["receiver"], {"id": id_}, _Receiver)
    if known is None:
        raise _unknown()
    if known.state != "on":
        raise _off()
    return known.name


def _unknown() -> NotFound:
    return NotFound("unknown-receiver", "找不到该接收方。", "There is no such receiver.")


def _off() -> Conflict:
    return Conflict(
        "receiver-is-off",
        "该接收方已停用或已从配置中移除。未作任何改动。",
        "The receiver wants nothing any more, or is configured no more. Nothing was changed.",
    )


def endpoints() -> list[Endpoint]:
    """The routes of messages to other systems."""
    read, manage = Action.OUTGOING_READ, Action.OUTGOING_MANAGE

    def one(method: str, path: str, action: Action, handler: Any, words: tuple[str, str], **more: Any) -> Endpoint:
        return Endpoint(method, f"/api/outgoing/{path}", action, handler, Text(*words), **more)

    return [
        one("GET", "receivers", read, receivers, ("外发通知接收方", "Who receives messages"), returns=Receivers),
        one(
            "GET",
            "messages",
            read,
            messages,
            ("外发通知", "Messages on their way"),
            query=MessagesQuery,
            returns=Messages,
        ),
        one("POST", "receivers/{id}/test", manage, test, ("发送测试消息", "Try a receiver"), status=204),
        one(
            "POST",
            "receivers/{id}/retry",
            manage,
            retry_all,
            ("重发一个接收方的未送达消息", "Send again what a receiver was not delivered"),
            returns=Revived,
        ),
        one(
            "POST",
            "receivers/{id}/switch-on",
            manage,
            switch_on,
            ("重新启用接收方", "Ask a receiver again"),
            status=204,
        ),
        one("POST", "messages/{id}/retry", manage, retry, ("重发一条消息", "Send a message again"), status=204),
    ]
