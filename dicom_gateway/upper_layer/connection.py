"""One connection: the asyncio shell around the sans-I/O protocol.

Bytes are read into one buffer that all connections share (reading, parsing and copying out happen without an await in
between), so an idle association costs no buffer.  What was read waits in a bounded queue for the association's task;
when the queue is full, reading stops and TCP tells the peer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from dicom_gateway.upper_layer import metrics
from dicom_gateway.upper_layer.admission import Accept, DeviceEntry, Reject
from dicom_gateway.upper_layer.deadlines import Clock, overdue
from dicom_gateway.upper_layer.framing import Piece
from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.messages import Contradiction, DataSet, MessageBegins, MessageReader
from dicom_gateway.upper_layer.negotiation import accepted_contexts, negotiate
from dicom_gateway.upper_layer.pdu import AssociateRequest
from dicom_gateway.upper_layer.protocol import (
    AssociateRequested,
    Indication,
    Lost,
    ReleaseConfirmed,
    ReleaseRequested,
    UpperLayer,
)
from dicom_gateway.upper_layer.states import State

_log = structlog.get_logger("dicom_gateway.association")

#: What a queued item costs beside its bytes, so that a flood of empty messages is bounded too.
_ITEM_COST = 512
#: Pieces of an unfinished data set wait until there are this many bytes: to wake a task for each costs more than it is.
_WORTH_WAKING = 262_144


@dataclass(frozen=True, slots=True)
class AssociationNames:
    """Who is at the other end."""

    association_id: str
    calling_ae: str
    called_ae: str
    peer_address: str
    device: DeviceEntry


@dataclass(frozen=True, slots=True)
class Released:
    """The peer wants to release; everything before it is done by the time this is seen."""


Item = MessageBegins | DataSet | Released | Lost


class Association(Protocol):
    """What a service sees of an association."""

    @property
    def names(self) -> AssociationNames: ...

    async def next(self) -> Item:
        """The next item; after Released or Lost there is none."""
        ...

    async def respond(self, context_id: int, command: bytes) -> bool:
        """Send a response; False if it can no longer reach the peer."""
        ...


Serve = Callable[[Association], Awaitable[None]]


class Host(Protocol):
    """What a connection needs of its server."""

    limits: Limits
    buffer: memoryview
    queued_bytes: int
    serve: Serve

    def admit(self, connection: "Connection", request: AssociateRequest) -> Accept | Reject: ...
    def new_association_id(self) -> str: ...
    def established(self, connection: "Connection") -> None: ...
    def finished(self, connection: "Connection") -> None: ...
    def lost(self, connection: "Connection") -> None: ...


class Connection(asyncio.BufferedProtocol):
    """One TCP or TLS connection and the association on it, if any."""

    __slots__ = (
        "_artim_state",
        "_clock",
        "_drained",
        "_dropped",
        "_end",
        "_host",
        "_layer",
        "_leaving",
        "_loop",
        "_paused_at",
        "_pdus",
        "_queue",
        "_queued",
        "_reader",
        "_task",
        "_transport",
        "_waiter",
        "_working",
        "association",
        "certificate",
        "peer_address",
        "pending",
    )

    def __init__(self, host: Host, peer_address: str) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._layer = UpperLayer(host.limits)
        self._clock = Clock(active_at=self._loop.time())
        self._transport: asyncio.Transport | None = None
        self._reader: MessageReader | None = None
        self._queue: deque[Item] | None = None
        self._queued = 0
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._paused_at: float | None = None
        self._artim_state: State | None = None
        self._pdus = 0
        self._dropped = 0
        self._working = False
        self._leaving = False
        self._end: str | None = None
        self.peer_address = peer_address
        #: The server counts this connection among those without association.
        self.pending = False
        self.association: AssociationNames | None = None
        #: The client certificate as ssl gives it, None without one.
        self.certificate: Mapping[str, Any] | None = None

    # asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - the loop gives nothing else for a stream socket
        self._transport = transport
        self.certificate = transport.get_extra_info("peercert") or None
        transport.set_write_buffer_limits(high=65_536)
        self._layer.connected()
        self._settle()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's interface
        return self._host.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._clock.active_at = self._loop.time()
        self._clock.message_bytes += nbytes
        metrics.RECEIVED_BYTES.inc(nbytes)
        self._handle(self._layer.receive(self._host.buffer[:nbytes]))
        if self._reader is not None and (gathered := self._reader.gathered()) is not None:
            self._put(gathered)
        self._settle()
        if self._layer.state is State.AWAITING_CLOSE:
            self._dropped += nbytes
            if self._dropped > self._host.limits.max_dropped_bytes:
                self.cut()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the state says enough
        self._handle(self._layer.transport_closed())
        self._clock.artim_since = None
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._host.lost(self)

    def pause_writing(self) -> None:
        self._clock.write_stalled_since = self._loop.time()
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        self._clock.write_stalled_since = None
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    # The service asks

    @property
    def names(self) -> AssociationNames:
        if self.association is None:
            raise RuntimeError("no association on this connection")
        return self.association

    async def next(self) -> Item:
        """See Association.next."""
        queue = self._queue
        if queue is None:
            raise RuntimeError("no association on this connection")
        while not queue:
            self._at_rest()
            self._waiter = self._loop.create_future()
            await self._waiter
        self._working = True
        item = queue.popleft()
        self._count(-_cost(item))
        self._resume()
        return item

    async def respond(self, context_id: int, command: bytes) -> bool:
        """See Association.respond."""
        if not self._layer.may_send:
            return False
        self._layer.send_command(context_id, command)
        self._clock.active_at = self._loop.time()
        self._settle()
        if self._drained is not None:
            await self._drained
        return True

    # The server asks

    def sweep(self, now: float) -> None:
        """Drop the peer if it is overdue."""
        late = overdue(
            self._clock,
            self._layer.state,
            self._host.limits,
            now,
            reading=self._paused_at is None,
            working=self._working,
        )
        if late is None:
            return
        metrics.OVERDUE.labels(late.value).inc()
        _log.info("peer overdue", what=late.value, peer=self.peer_address, **self._ids())
        self._end = self._end or late.value
        if self._clock.artim_since is not None:
            self._layer.artim_expired()
            self._settle()
            if self._transport is not None:
                self._transport.abort()
        else:
            self.abort()

    def leave(self) -> None:
        """The process is stopping: finish what is under way, release, go."""
        self._leaving = True
        if self.association is None:
            if self._transport is not None:
                self._transport.abort()
        elif self._waiter is not None and not self._working:
            self._at_rest()

    def abort(self) -> None:
        """End the association now, with A-ABORT."""
        self._layer.abort()
        self._put(Lost(self._end or "aborted"))
        self._settle()

    def cut(self) -> None:
        """Close the transport without another word."""
        if self._transport is not None:
            self._transport.abort()

    # Inside

    def _handle(self, indications: list[Indication]) -> None:
        for indication in indications:
            match indication:
                case Piece():
                    if not self._take(indication):
                        return
                case AssociateRequested(request):
                    if self._layer.may_respond:
                        self._open(request)
                case ReleaseRequested():
                    self._put(Released())
                case ReleaseConfirmed():
                    if self._layer.state is State.COLLISION_AWAITING_LOCAL_RELEASE:
                        self._layer.respond_release()
                    self._put(Lost("released-by-us"))
                case Lost():
                    self._put(Lost(self._end or indication.why))

    def _open(self, request: AssociateRequest) -> None:
        decision = self._host.admit(self, request)
        if isinstance(decision, Reject):
            metrics.REFUSALS.labels(decision.why).inc()
            _log.info(
                "association refused",
                why=decision.why,
                calling_ae=request.calling_ae,
                called_ae=request.called_ae,
                peer=self.peer_address,
            )
            self._layer.reject(decision.result, decision.source, decision.reason)
            return
        results, roles = negotiate(request)
        self._reader = MessageReader(accepted_contexts(results), self._host.limits.max_command_length)
        self._queue = deque()
        self.association = AssociationNames(
            self._host.new_association_id(), request.calling_ae, request.called_ae, self.peer_address, decision.device
        )
        self._host.established(self)
        self._layer.accept(request, results, roles)
        _log.info(
            "association opened",
            calling_ae=request.calling_ae,
            contexts=sum(result.result == 0 for result in results),
            contexts_refused=sum(result.result != 0 for result in results),
            implementation=request.implementation_class_uid,
            peer=self.peer_address,
            **self._ids(),
        )
        self._task = self._loop.create_task(self._serve())

    async def _serve(self) -> None:
        try:
            await self._host.serve(self)
            if self._layer.state is State.AWAITING_LOCAL_RELEASE:
                self._end = self._end or "released"
                self._layer.respond_release()
        except Exception:  # noqa: BLE001
            # A fault of ours must end one association, not the process; the peer keeps what has no Success.
            _log.exception("service failed", **self._ids())
            self._end = "fault"
            self._layer.abort()
        finally:
            if self._layer.state is State.ESTABLISHED:
                self._layer.abort()
            self._settle()
            end = self._end or "closed"
            metrics.ASSOCIATIONS.labels(end).inc()
            _log.info("association ended", end=end, fault=self._layer.fault, **self._ids())
            self._count(-self._queued)
            self._queue = None
            self._host.finished(self)

    def _take(self, piece: Piece) -> bool:
        """Put what a PDV completes into the queue; False if the association is over."""
        if self._reader is None:
            return False
        if self._clock.message_since is None:
            self._clock.message_since = self._clock.active_at
            self._clock.message_bytes = len(piece.data)
        item = self._reader.take(piece)
        if isinstance(item, Contradiction):
            self._handle(self._layer.refuse_data(item.reason, item.detail))
            return False
        if item is not None:
            self._put(item)
        if not self._reader.inside_message:
            self._clock.message_since = None
        return True

    def _put(self, item: Item) -> None:
        if self._queue is None:
            return
        if isinstance(item, Lost):
            self._end = self._end or item.why
        self._queue.append(item)
        self._count(_cost(item))
        unfinished = isinstance(item, DataSet) and not item.is_last and self._queued < _WORTH_WAKING
        if not unfinished:
            self._wake()
        limits, transport = self._host.limits, self._transport
        full = self._queued >= limits.max_queued_bytes or self._host.queued_bytes >= limits.max_queued_bytes_total
        if full and self._paused_at is None and transport is not None and not transport.is_closing():
            transport.pause_reading()
            self._paused_at = self._loop.time()
            self._wake()

    def _wake(self) -> None:
        """Let the association's task see the queue."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
            self._waiter = None

    def _resume(self) -> None:
        """Read on once half of the queue is free; an association with an empty queue may always read."""
        if self._paused_at is None or self._transport is None:
            return
        limits = self._host.limits
        room = self._queued * 2 <= limits.max_queued_bytes and self._host.queued_bytes < limits.max_queued_bytes_total
        if room or not self._queue:
            self._clock.move(self._loop.time() - self._paused_at)
            self._paused_at = None
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def _count(self, change: int) -> None:
        self._queued += change
        self._host.queued_bytes += change

    def _at_rest(self) -> None:
        """Nothing of this peer is in our hands."""
        self._working = False
        self._clock.active_at = max(self._clock.active_at, self._loop.time())
        inside = self._reader is not None and self._reader.inside_message
        if self._leaving and not inside and self._layer.state is State.ESTABLISHED:
            self._layer.request_release()
            self._clock.release_since = self._loop.time()
            self._settle()

    def _settle(self) -> None:
        """Write what is to be written and bring the clock in line with the protocol."""
        transport, layer, clock = self._transport, self._layer, self._clock
        if transport is None:
            return
        if (outgoing := layer.take_outgoing()) and not transport.is_closing():
            transport.write(outgoing)
        now = self._loop.time()
        if not layer.artim_running:
            clock.artim_since = None
        elif clock.artim_since is None or self._artim_state is not layer.state:
            clock.artim_since, self._artim_state = now, layer.state
        if not layer.inside_pdu:
            clock.pdu_since = None
        elif clock.pdu_since is None or self._pdus != layer.pdus:
            clock.pdu_since = now
        self._pdus = layer.pdus
        if layer.close_transport:
            transport.close()

    def _ids(self) -> dict[str, str]:
        return {} if self.association is None else {"association": self.association.association_id}


def _cost(item: Item) -> int:
    return _ITEM_COST + (len(item.data) if isinstance(item, DataSet) else 0)
