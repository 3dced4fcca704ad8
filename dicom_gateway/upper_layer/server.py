"""The listener: accepts connections, bounds them from the first byte, sweeps the late ones, leaves in order."""

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import structlog

from dicom_gateway.upper_layer import metrics
from dicom_gateway.upper_layer.admission import (
    Accept,
    AssociationFacts,
    DeviceEntry,
    DiskState,
    LookUp,
    Reject,
    admit,
)
from dicom_gateway.upper_layer.connection import Connection, Serve
from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.negotiation import is_verification_only
from dicom_gateway.upper_layer.pdu import AssociateRequest

_log = structlog.get_logger("dicom_gateway.server")

#: Called with (calling AE, called AE, peer address) of a device that the directory does not know.
Seen = Callable[[str, str, str], None]
#: Called with the entry of a device whose association is accepted.
Met = Callable[[DeviceEntry], None]
#: A client certificate → the organisation it was issued to.
OrganizationOf = Callable[[Mapping[str, Any]], str | None]

_RECEIVE_BUFFER = 262_144
_SWEEP_SECONDS = 1.0
# A dead peer is noticed by the kernel within 15 + 3 × 5 s also when nobody sends.
_KEEPALIVE_IDLE, _KEEPALIVE_INTERVAL, _KEEPALIVE_PROBES = 15, 5, 3
_USER_TIMEOUT_MS = 20_000


def organization_of_certificate(certificate: Mapping[str, Any]) -> str | None:
    """Read the organisation from a client certificate: its subject alternative name URI is urn:uuid:<organisation>."""
    for kind, value in certificate.get("subjectAltName", ()):
        if kind == "URI" and value.startswith("urn:uuid:"):
            return value.removeprefix("urn:uuid:")
    return None


class Server:
    """One DICOM port of one process."""

    def __init__(
        self,
        *,
        ae_titles: frozenset[str],
        look_up: LookUp,
        serve: Serve,
        limits: Limits | None = None,
        seen: Seen | None = None,
        met: Met | None = None,
        disk: Callable[[], DiskState] | None = None,
        tls: ssl.SSLContext | None = None,
        organization_of: OrganizationOf = organization_of_certificate,
    ) -> None:
        """Take the policy as functions; look_up, seen, met and disk are called on the event loop and must not block."""
        self.limits = limits or Limits()
        self.buffer = memoryview(bytearray(_RECEIVE_BUFFER))
        self.queued_bytes = 0
        self.serve = serve
        self._ae_titles = ae_titles
        self._look_up = look_up
        self._seen = seen
        self._met = met
        self._disk = disk
        self._tls = tls
        self._organization_of = organization_of
        self._connections: set[Connection] = set()
        self._associations: set[Connection] = set()
        self._by_ae: Counter[str] = Counter()
        self._pending_by_address: Counter[str] = Counter()
        self._pending = 0
        self._starting: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: socket.socket | None = None
        self._port = 0
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    @property
    def port(self) -> int:
        """The port that start bound."""
        return self._port

    @property
    def open_associations(self) -> int:
        return len(self._associations)

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    async def start(self, host: str, port: int, *, reuse_port: bool = False) -> None:
        """Bind and listen.  reuse_port: other processes of the same user may share the port (SO_REUSEPORT)."""
        loop = asyncio.get_running_loop()
        family, kind, protocol, _, address = (
            await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setblocking(False)  # noqa: FBT003 - the socket module's signature
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if reuse_port:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(address)
            listener.listen(512)
        except OSError:
            listener.close()
            raise
        self._socket = listener
        self._port = int(listener.getsockname()[1])
        self._tasks = [loop.create_task(self._accept(listener)), loop.create_task(self._sweep())]
        _log.info("listening", host=host, port=self.port, tls=self._tls is not None)

    async def broken(self) -> None:
        """Return when the server no longer does its work although nobody closed it: the process should end then."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in self._tasks:
            if task.done() and not task.cancelled() and (fault := task.exception()) is not None:
                _log.error("listener failed", error=type(fault).__name__, detail=str(fault))

    async def close(self, grace_seconds: float) -> None:
        """Stop accepting, let what is under way finish and release; after the grace, abort what is left."""
        accept, *others = self._tasks
        accept.cancel()
        await asyncio.gather(accept, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
        for starting in self._starting:
            starting.cancel()
        for connection in list(self._connections):
            connection.leave()
        try:
            async with asyncio.timeout(grace_seconds):
                await self._all_gone.wait()
        except TimeoutError:
            _log.warning("associations cut at shutdown", count=len(self._associations))
            for connection in list(self._connections):
                connection.abort()
                connection.cut()
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    # What a connection asks of its host.

    def admit(self, connection: Connection, request: AssociateRequest) -> Accept | Reject:
        """Gather the facts, decide, and report an unknown device as seen."""
        device = self._look_up(request.calling_ae)
        decision = admit(
            AssociationFacts(
                called_ae=request.called_ae,
                calling_ae=request.calling_ae,
                peer_address=connection.peer_address,
                application_context=request.application_context,
                verification_only=is_verification_only(request),
                open_associations=len(self._associations),
                open_associations_of_ae=self._by_ae[request.calling_ae],
                disk=DiskState.ROOM if self._disk is None else self._disk(),
                certificate_organization=(
                    self._organization_of(connection.certificate) if connection.certificate else None
                ),
            ),
            ae_titles=self._ae_titles,
            device=device,
            limits=self.limits,
        )
        if isinstance(decision, Reject) and decision.why == "unknown-device" and self._seen is not None:
            self._seen(request.calling_ae, request.called_ae, connection.peer_address)
        if isinstance(decision, Accept) and self._met is not None:
            self._met(decision.device)
        return decision

    def new_association_id(self) -> str:
        return str(uuid4())

    def established(self, connection: Connection) -> None:
        self._count_pending(connection, pending=False)
        self._associations.add(connection)
        self._by_ae[connection.names.calling_ae] += 1
        metrics.OPEN_ASSOCIATIONS.set(len(self._associations))

    def finished(self, connection: Connection) -> None:
        """The association is over; its connection may linger until the peer closes, ARTIM at most.

        It does not count as pending again: a sender that opens an association for each image and is slow to close
        would lock itself out.
        """
        self._associations.discard(connection)
        title = connection.names.calling_ae
        self._by_ae[title] -= 1
        if not self._by_ae[title]:
            del self._by_ae[title]
        metrics.OPEN_ASSOCIATIONS.set(len(self._associations))
        self._note_if_gone()

    def lost(self, connection: Connection) -> None:
        """The transport is gone; the association's task may still be at work."""
        self._connections.discard(connection)
        self._count_pending(connection, pending=False)
        self._note_if_gone()

    # Inside

    def _count_pending(self, connection: Connection, *, pending: bool) -> None:
        if connection.pending is pending:
            return
        connection.pending = pending
        change = 1 if pending else -1
        self._pending += change
        self._pending_by_address[connection.peer_address] += change
        if not self._pending_by_address[connection.peer_address]:
            del self._pending_by_address[connection.peer_address]
        metrics.PENDING_CONNECTIONS.set(self._pending)

    def _note_if_gone(self) -> None:
        if not self._connections and not self._associations:
            self._all_gone.set()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                peer, address = await loop.sock_accept(listener)
            except OSError as fault:
                # Out of descriptors or memory: the peers already here matter more; they free some within seconds.
                _log.warning("accept failed", error=fault.strerror)
                await asyncio.sleep(1)
                continue
            peer_address = str(address[0])
            if (
                self._pending >= self.limits.max_pending
                or self._pending_by_address[peer_address] >= self.limits.max_pending_per_address
            ):
                metrics.REFUSALS.labels("pending").inc()
                peer.close()
            else:
                connection = Connection(self, peer_address)
                self._connections.add(connection)
                self._count_pending(connection, pending=True)
                self._all_gone.clear()
                starting = loop.create_task(self._start(connection, peer))
                self._starting.add(starting)
                starting.add_done_callback(self._starting.discard)
            # sock_accept does not yield while the backlog is full: let the associations work.
            await asyncio.sleep(0)

    async def _start(self, connection: Connection, peer: socket.socket) -> None:
        """Set the socket's options and hand it to the connection, after the TLS handshake if there is one."""
        try:
            _set_options(peer)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                peer,
                ssl=self._tls,
                ssl_handshake_timeout=self.limits.handshake_seconds if self._tls else None,
                ssl_shutdown_timeout=self.limits.close_seconds if self._tls else None,
            )
        except (OSError, TimeoutError) as fault:  # ssl.SSLError is an OSError
            metrics.REFUSALS.labels("handshake").inc()
            _log.info(
                "connection failed before its first byte", error=type(fault).__name__, peer=connection.peer_address
            )
            peer.close()
            self.lost(connection)
        except asyncio.CancelledError:
            peer.close()
            self.lost(connection)
            raise

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = loop.time()
            for connection in list(self._connections):
                try:
                    connection.sweep(now)
                except Exception:  # noqa: BLE001
                    # A fault of ours in one connection must not keep the others from being swept.
                    _log.exception("sweep failed", peer=connection.peer_address)
                    connection.cut()


def _set_options(peer: socket.socket) -> None:
    """Answers leave at once, and a peer that vanished is noticed by the kernel."""
    peer.setblocking(False)  # noqa: FBT003 - the socket module's signature
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    with contextlib.suppress(AttributeError):  # Linux names; other systems keep their defaults
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_IDLE)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_INTERVAL)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEPALIVE_PROBES)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
