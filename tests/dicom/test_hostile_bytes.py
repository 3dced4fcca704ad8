"""Peers that mean ill or have died.  Each test says what the peer sees and what was kept; and afterwards the same
process, no larger than before, stores an honest instance."""

import asyncio
import gc
import os
import socket
import struct
from pathlib import Path

import pytest

from dicom_gateway.upper_layer.command import encode_command
from dicom_gateway.upper_layer.connection import Connection
from dicom_gateway.upper_layer.limits import Limits
from tests.dicom.conftest import peer
from tests.dicom.peer_bytes import CT, EVR, RELEASE_RQ, VERIFICATION, foreign_request, item, pdu, pdv
from tests.dicom.recording import RecordingSpool

QUICK = Limits(
    request_seconds=1, close_seconds=1, pdu_seconds=1, idle_seconds=30, min_bytes_per_second=10_000,
    rate_grace_seconds=1, max_pending=20, max_pending_per_address=20, write_stall_seconds=1, release_seconds=1,
)  # fmt: skip
ASSOCIATE = foreign_request(((1, CT, [EVR]), (3, VERIFICATION, [EVR])))
ABORT_BY_USER = (7, bytes((0, 0, 0, 0)))


def abort(reason: int) -> tuple[int, bytes]:
    return 7, bytes((0, 0, 2, reason))


def store_command(message_id=1, instance="1.2.3.4", sop_class=CT) -> bytes:
    return encode_command(
        {
            0x0002: sop_class.encode() + b"\0" * (len(sop_class) % 2),
            0x0100: b"\1\0",
            0x0110: message_id.to_bytes(2, "little"),
            0x0700: b"\0\0",
            0x0800: b"\0\0",
            0x1000: instance.encode() + b"\0" * (len(instance) % 2),
        }
    )


ECHO = pdu(
    4, pdv(3, 3, encode_command({0x0002: b"1.2.840.10008.1.1\0", 0x0100: b"\x30\0", 0x0110: b"\1\0", 0x0800: b"\1\1"}))
)


def status_of(body: bytes) -> int:
    at = body.index(struct.pack("<HHI", 0, 0x0900, 2))
    return struct.unpack_from("<H", body, at + 8)[0]


def rss() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
async def gateway(start_gateway):
    """A gateway that must be the same afterwards: it stores, holds nothing, and has not grown."""
    gateway = await start_gateway(limits=QUICK)
    await store_honestly(gateway)
    before = rss()
    yield gateway
    await gateway.until(lambda: gateway.server.open_connections == 0)
    assert gateway.server.open_associations == 0
    assert gateway.server.queued_bytes == 0
    await store_honestly(gateway)
    assert rss() - before < 16 << 20


async def store_honestly(gateway) -> None:
    kept = len(gateway.spool.kept)
    async with peer(gateway.port) as honest:
        await honest.send(ASSOCIATE)
        assert (await honest.pdu())[0] == 2
        await honest.send(pdu(4, pdv(1, 3, store_command())) + pdu(4, pdv(1, 2, b"data")))
        kind, body = await honest.pdu()
        assert (kind, status_of(body)) == (4, 0)
        await honest.send(RELEASE_RQ)
        assert (await honest.pdu())[0] == 6
    assert gateway.spool.kept[kept][1] == b"data"
    await gateway.until(lambda: gateway.server.open_connections == 0)


async def established(hostile) -> None:
    await hostile.send(ASSOCIATE)
    assert (await hostile.pdu())[0] == 2


async def associated(gateway) -> socket.socket:
    """A bare socket with an association on it, which nothing will read or close by itself."""
    loop = asyncio.get_running_loop()
    raw = socket.create_connection(("127.0.0.1", gateway.port))
    raw.settimeout(0)
    await loop.sock_sendall(raw, ASSOCIATE)
    assert (await loop.sock_recv(raw, 4096))[0] == 2
    return raw


async def sent_until_cut(hostile, data: bytes) -> int:
    """Send the same again and again until the server cuts the connection; how often."""
    times = 0
    async with asyncio.timeout(10):
        try:
            while True:
                await hostile.send(data)
                times += 1
        except ConnectionError:
            return times


async def test_a_claim_of_four_gigabytes_before_any_association_is_aborted_at_its_header(gateway):
    async with peer(gateway.port) as hostile:
        await hostile.send(struct.pack(">BxI", 1, 0xFFFFFFFF))
        assert await hostile.pdu() == ABORT_BY_USER
        assert await sent_until_cut(hostile, b"\0" * 1_000_000) < 300
        assert gateway.server.queued_bytes == 0


async def test_silence_is_closed_without_a_word(gateway):
    async with peer(gateway.port) as hostile:
        await hostile.closed()


async def test_a_header_that_never_ends_is_closed(gateway):
    async with peer(gateway.port) as hostile:
        await hostile.send(b"\1\0\0")
        await hostile.closed()


async def test_one_byte_a_moment_does_not_stretch_the_time_for_the_request(gateway):
    async with peer(gateway.port) as hostile:
        async with asyncio.timeout(10):
            sent = iter(ASSOCIATE)
            while not hostile.reader.at_eof():
                await hostile.send(bytes((next(sent),)))
                await asyncio.sleep(0.2)


async def test_half_a_data_pdu_and_silence_is_aborted_and_nothing_is_kept(gateway):
    kept = len(gateway.spool.kept)
    async with peer(gateway.port) as hostile:
        await established(hostile)
        await hostile.send(pdu(4, pdv(1, 3, store_command())) + pdu(4, pdv(1, 2, bytes(1000)))[:500])
        assert await hostile.pdu() == ABORT_BY_USER
        await hostile.closed()
    assert len(gateway.spool.kept) == kept
    await gateway.until(lambda: len(gateway.spool.abandoned) == 1)


async def test_a_message_begun_and_silence_between_pdus_is_aborted(gateway):
    async with peer(gateway.port) as hostile:
        await established(hostile)
        await hostile.send(pdu(4, pdv(1, 3, store_command())))
        assert await hostile.pdu() == ABORT_BY_USER
    await gateway.until(lambda: len(gateway.spool.abandoned) == 1)


async def test_a_trickle_of_whole_pdus_is_aborted_for_its_rate(gateway):
    async with peer(gateway.port) as hostile:
        await established(hostile)
        await hostile.send(pdu(4, pdv(1, 3, store_command())))

        async def trickle():
            while True:
                await hostile.send(pdu(4, pdv(1, 0, b"x")))
                await asyncio.sleep(0.1)

        trickling = asyncio.create_task(trickle())
        assert await hostile.pdu() == ABORT_BY_USER
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)
    await gateway.until(lambda: len(gateway.spool.abandoned) == 1)


async def test_peers_that_vanish_in_mid_pdu_free_their_slots(start_gateway):
    """No FIN, no RST: the socket stays open and silent, as behind a router that lost its power."""
    gateway = await start_gateway(limits=Limits(pdu_seconds=1, close_seconds=1, max_associations=10))
    vanished = []
    loop = asyncio.get_running_loop()
    for _ in range(10):
        raw = await associated(gateway)
        vanished.append(raw)
        await loop.sock_sendall(raw, pdu(4, pdv(1, 3, store_command())) + pdu(4, pdv(1, 2, bytes(9000)))[:5000])
    assert gateway.server.open_associations == 10
    await gateway.until(lambda: gateway.server.open_associations == 0)
    await store_honestly(gateway)
    assert len(gateway.spool.abandoned) == 10
    for raw in vanished:
        raw.close()


async def test_a_reset_in_mid_pdu_keeps_nothing(gateway):
    async with peer(gateway.port) as hostile:
        await established(hostile)
        await hostile.send(pdu(4, pdv(1, 3, store_command())) + pdu(4, pdv(1, 2, bytes(1000)))[:500])
        await gateway.until(lambda: gateway.spool.opened == 2)
        raw = hostile.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        hostile.writer.transport.abort()
    await gateway.until(lambda: len(gateway.spool.abandoned) == 1)


async def test_an_instance_that_was_whole_is_kept_although_its_sender_died_before_the_answer(gateway):
    kept = len(gateway.spool.kept)
    async with peer(gateway.port) as dying:
        await established(dying)
        await dying.send(pdu(4, pdv(1, 3, store_command())) + pdu(4, pdv(1, 2, b"whole")) + pdu(7, bytes(4)))
        dying.writer.transport.abort()
    await gateway.until(lambda: len(gateway.spool.kept) == kept + 1)
    assert gateway.spool.kept[-1][1] == b"whole"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (pdu(9, b"\0" * 8), abort(1)),
        (b"GET / HTTP/1.1\r\n\r\n", abort(1)),
        (struct.pack(">BxI", 4, 0x7FFFFFFF), abort(6)),
        (struct.pack(">BxI", 4, 131_073), abort(6)),
        (pdu(4, struct.pack(">IBB", 0xFFFFFFF0, 1, 3)), abort(6)),
        (pdu(4, pdv(5, 3, store_command())), abort(6)),
        (pdu(4, pdv(2, 3, store_command())), abort(6)),
        (pdu(4, pdv(1, 2, b"data without command")), abort(5)),
        (pdu(4, pdv(1, 3, b"no command set")), abort(6)),
        (pdu(4, pdv(1, 3, store_command())) + pdu(4, pdv(3, 2, b"other context")), abort(5)),
        (pdu(4, pdv(1, 3, store_command())) + pdu(4, pdv(1, 3, store_command())), abort(5)),
        (pdu(4, pdv(1, 1, bytes(10_000))) * 3, abort(6)),
        (ASSOCIATE, abort(2)),
        (pdu(6, bytes(4)), abort(2)),
        (pdu(3, bytes(4)), abort(2)),
    ],
)
async def test_within_an_association_the_peer_hears_the_reason_of_the_abort(gateway, sent, answer):
    kept = len(gateway.spool.kept)
    async with peer(gateway.port) as hostile:
        await established(hostile)
        await hostile.send(sent)
        assert await hostile.pdu() == answer
    assert len(gateway.spool.kept) == kept


@pytest.mark.parametrize(
    "request_bytes",
    [
        pdu(1, b"short"),
        pdu(1, struct.pack(">HH16s16s32x", 1, 0, b"TELEMED", b"CT 1")),
        pdu(1, struct.pack(">HH16s16s32x", 1, 0, b"TELEMED", b"CT 1") + item(0x20, b"\1\0\0\0" + b"\x30\0\xff\xff")),
        pdu(1, struct.pack(">HH16s16s32x", 1, 0, b"TELEMED", b"CT 1") + item(0x20, b"\1\0\0\0") * 5000),
        pdu(4, pdv(1, 3, store_command())),
    ],
)
async def test_what_is_no_association_request_is_aborted(gateway, request_bytes):
    async with peer(gateway.port) as hostile:
        await hostile.send(request_bytes)
        assert await hostile.pdu() == ABORT_BY_USER


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (store_command(instance="../../etc/passwd"), 0x0117),
        (store_command(instance=""), 0x0117),
        (store_command(instance="1." + "9" * 70), 0x0117),
        (store_command(sop_class="1.2.840.10008.5.1.4.1.1.4"), 0x0122),
    ],
)
async def test_a_store_of_what_is_no_instance_is_refused_for_good_and_the_association_goes_on(gateway, command, status):
    kept = len(gateway.spool.kept)
    async with peer(gateway.port) as hostile:
        await established(hostile)
        await hostile.send(pdu(4, pdv(1, 3, command)) + pdu(4, pdv(1, 2, b"data")))
        kind, body = await hostile.pdu()
        assert (kind, status_of(body)) == (4, status)
        await hostile.send(ECHO)
        kind, body = await hostile.pdu()
        assert (kind, status_of(body)) == (4, 0)
    assert len(gateway.spool.kept) == kept


@pytest.mark.parametrize(("context", "field"), [(1, 0x0020), (1, 0x0110), (1, 0x0030), (3, 0x0001), (1, 0x0200)])
async def test_an_operation_that_is_not_one_of_its_context_is_answered_as_such_with_its_data_passed_over(
    gateway, context, field
):
    kept = len(gateway.spool.kept)
    async with peer(gateway.port) as foreign:
        await established(foreign)
        command = encode_command(
            {0x0002: CT.encode() + b"\0", 0x0100: field.to_bytes(2, "little"), 0x0110: b"\5\0", 0x0800: b"\0\0"}
        )
        await foreign.send(pdu(4, pdv(context, 3, command)) + pdu(4, pdv(context, 2, b"identifier")) + ECHO)
        kind, body = await foreign.pdu()
        assert (kind, status_of(body)) == (4, 0x0211)
        kind, body = await foreign.pdu()
        assert (kind, status_of(body)) == (4, 0)
    assert len(gateway.spool.kept) == kept


async def test_the_spool_hears_how_an_association_ended(gateway):
    async with peer(gateway.port) as one:
        await established(one)
        await one.send(RELEASE_RQ)
        await one.pdu()
    async with peer(gateway.port) as another:
        await established(another)
        await another.send(pdu(7, bytes(4)))
        await another.closed()
    await gateway.until(lambda: len(gateway.spool.ended_by) == 3)
    assert list(gateway.spool.ended_by.values()) == [True, True, False]


async def test_a_cancel_is_passed_over_and_a_store_without_data_is_refused(gateway):
    async with peer(gateway.port) as hostile:
        await established(hostile)
        cancel = encode_command({0x0100: b"\xff\x0f", 0x0120: b"\1\0", 0x0800: b"\1\1"})
        empty = encode_command({0x0002: CT.encode() + b"\0", 0x0100: b"\1\0", 0x0110: b"\2\0", 0x0800: b"\1\1"})
        await hostile.send(pdu(4, pdv(1, 3, cancel)) + pdu(4, pdv(1, 3, empty)))
        kind, body = await hostile.pdu()
        assert (kind, status_of(body)) == (4, 0xC000)


async def test_a_flood_of_requests_whose_answers_nobody_reads_stops_being_read(gateway):
    loop, raw = asyncio.get_running_loop(), await associated(gateway)
    before = rss()
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(loop.sock_sendall(raw, ECHO * 1_000_000), 10)
    assert rss() - before < (16 << 20) + len(ECHO) * 200_000
    raw.close()


async def test_connections_without_association_are_bounded_and_the_others_are_closed_at_once(gateway):
    opened = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(60)]
    async with asyncio.timeout(5):
        refused = 0
        for reader, _ in opened[20:]:
            refused += await reader.read(1) == b""
    assert refused == 40
    assert gateway.server.open_connections <= 20
    for _, writer in opened:
        writer.close()


async def test_a_sender_of_one_association_an_image_that_is_slow_to_close_is_not_locked_out(start_gateway):
    gateway = await start_gateway(limits=Limits(max_pending_per_address=3, close_seconds=5))
    lingering = []
    for _ in range(10):
        raw = await associated(gateway)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(raw, RELEASE_RQ)
        assert (await loop.sock_recv(raw, 4096))[0] == 6
        lingering.append(raw)
    assert gateway.server.open_connections == 10
    for raw in lingering:
        raw.close()


async def test_opening_and_closing_without_a_byte_costs_nothing(gateway):
    before = rss()
    for _ in range(500):
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.close()
        await writer.wait_closed()
    await gateway.until(lambda: gateway.server.open_connections == 0)
    assert rss() - before < 4 << 20


async def test_an_idle_association_is_aborted_after_its_time(start_gateway):
    gateway = await start_gateway(limits=Limits(idle_seconds=0.5, close_seconds=1))
    async with peer(gateway.port) as idle:
        await established(idle)
        assert await idle.pdu() == ABORT_BY_USER


async def test_a_peer_that_answers_our_release_with_its_own_gets_both_answers(start_gateway):
    """Release collision, the acceptor waits for the requestor's answer and answers last."""
    gateway = await start_gateway()
    async with peer(gateway.port) as colliding:
        await established(colliding)
        closing = asyncio.create_task(gateway.server.close(10))
        assert (await colliding.pdu())[0] == 5
        await colliding.send(RELEASE_RQ)
        await colliding.send(pdu(6, bytes(4)))
        assert (await colliding.pdu())[0] == 6
    await closing
    assert gateway.server.open_associations == 0


@pytest.mark.parametrize("idle", [300])
async def test_idle_associations_are_small(start_gateway, idle):
    gateway = await start_gateway(limits=Limits(max_associations_per_ae=1000))
    raws = [await associated(gateway)]
    before = rss()
    raws += [await associated(gateway) for _ in range(idle)]
    assert gateway.server.open_associations == idle + 1
    assert (rss() - before) / idle < 64 * 1024
    for raw in raws:
        raw.close()
    await gateway.until(lambda: gateway.server.open_associations == 0)


async def test_a_fault_of_ours_in_one_connection_ends_that_one_and_the_sweep_goes_on(start_gateway, monkeypatch):
    gateway = await start_gateway(limits=Limits(request_seconds=0.5))
    sweep = Connection.sweep

    def failing(connection: Connection, now: float) -> None:
        if connection.association is not None:
            raise RuntimeError("planted")
        sweep(connection, now)

    monkeypatch.setattr(Connection, "sweep", failing)
    async with peer(gateway.port) as first, peer(gateway.port) as silent:
        await established(first)
        await first.closed()
        await silent.closed()
    await gateway.until(lambda: gateway.server.open_connections == 0)


async def test_a_service_that_fails_ends_its_association_with_an_abort_and_no_success(start_gateway):
    class FailingSpool(RecordingSpool):
        async def open(self, context):
            raise RuntimeError(context.association_id)

    gateway = await start_gateway(spool=FailingSpool())
    async with peer(gateway.port) as sender:
        await established(sender)
        await sender.send(pdu(4, pdv(1, 3, store_command())) + pdu(4, pdv(1, 2, b"data")))
        assert await sender.pdu() == ABORT_BY_USER
    await gateway.until(lambda: gateway.server.open_associations == 0)
