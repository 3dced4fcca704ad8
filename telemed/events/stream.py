"""The event stream over one WebSocket: hello, replay, live, reset; a slow client is cut off and resumes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from prometheus_client import Gauge

from telemed.db import Pool
from telemed.events import protocol
from telemed.events.hub import Hub, Listener
from telemed.events.log import Cursor, epoch, oldest, read_topics

FIRST_MESSAGE = 10.0  # seconds until a client must have subscribed
HEARTBEAT = 15.0  # seconds between pings; a dead peer is gone after one and a half
REPLAY_BATCH = 500
RECHECK = 60.0  # seconds after which the session is looked at again

connected = Gauge("telemed_event_streams", "Open event streams")

Permit = Callable[[Iterable[str]], Awaitable[frozenset[str]]]
"""Which of the topics this session may hear now; empty once the session has ended."""


async def serve(request: web.Request, *, pool: Pool, hub: Hub, permit: Permit) -> web.WebSocketResponse:
    """Run one client until either side ends it.

    Closes with 1008 for a broken protocol or forbidden topics, 4401 when the session has ended,
    1013 when the client was too slow: it reconnects with its last cursor.
    """
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=protocol.MAX_MESSAGE, compress=False)
    await socket.prepare(request)
    connected.inc()
    try:
        await _converse(socket, pool, hub, permit)
    finally:
        connected.dec()
    return socket


async def _converse(socket: web.WebSocketResponse, pool: Pool, hub: Hub, permit: Permit) -> None:
    await hub.ready.wait()
    async with pool.connection() as connection:
        life = await epoch(connection)
    await socket.send_str(protocol.hello(life, hub.position))
    try:
        first = await socket.receive(timeout=FIRST_MESSAGE)
    except TimeoutError:
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"subscribe-expected")
        return
    subscribe = _decoded(first)
    if isinstance(subscribe, protocol.Malformed):
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=subscribe.reason.encode())
        return
    topics = await permit(subscribe.topics)
    if topics != frozenset(subscribe.topics):
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"topic-not-allowed")
        return
    listener = hub.add(topics)
    try:
        if await _catch_up(socket, pool, subscribe, listener, life):
            await _follow(socket, listener, permit)
    finally:
        hub.remove(listener)


def _decoded(message: WSMessage) -> protocol.Subscribe | protocol.Malformed:
    if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
        data: str | bytes = message.data
        return protocol.decode(data)
    return protocol.Malformed("closed")


async def _catch_up(
    socket: web.WebSocketResponse,
    pool: Pool,
    subscribe: protocol.Subscribe,
    listener: Listener,
    life: UUID,
) -> bool:
    """Replay up to where the listener began, or reset. False when the client is gone."""
    async with pool.connection() as connection:
        first = await oldest(connection)
        plan = protocol.decide(subscribe, epoch=life, oldest=first, position=listener.since)
        sent = 0
        if isinstance(plan, protocol.Resume):
            after: Cursor = plan.after
            while sent <= protocol.MAX_REPLAY:
                batch = await read_topics(
                    connection, after, listener.since, sorted(listener.topics), limit=REPLAY_BATCH
                )
                if not batch:
                    break
                sent += len(batch)
                after = batch[-1].cursor
                await socket.send_str(protocol.events("replay", batch))
    if isinstance(plan, protocol.Reset) or sent > protocol.MAX_REPLAY:
        await socket.send_str(protocol.reset(life, listener.since))
    if socket.closed:
        return False
    await socket.send_str(protocol.live(listener.since))
    return True


async def _follow(socket: web.WebSocketResponse, listener: Listener, permit: Permit) -> None:
    reader = asyncio.create_task(_drain(socket))
    writer = asyncio.create_task(_write(socket, listener, permit))
    done, pending = await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def _drain(socket: web.WebSocketResponse) -> None:
    """Read until the client leaves; it has nothing more to say, and saying it ends the stream."""
    async for message in socket:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"nothing-expected")
            return


async def _write(socket: web.WebSocketResponse, listener: Listener, permit: Permit) -> None:
    loop = asyncio.get_running_loop()
    recheck_at = loop.time() + RECHECK
    while True:
        try:
            async with asyncio.timeout(max(0.0, recheck_at - loop.time())):
                batch = await listener.take()
        except TimeoutError:
            recheck_at = loop.time() + RECHECK
            if await permit(listener.topics) != listener.topics:
                await socket.close(code=4401, message=b"session-ended")
                return
            continue
        if batch is None:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too-slow")
            return
        try:
            await socket.send_str(protocol.events("events", batch))
        except ConnectionResetError:
            return
