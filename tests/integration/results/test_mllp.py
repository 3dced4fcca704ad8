"""Laboratory messages over a socket: framed, answered, refused, sent again; with python-hl7 on the other side."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from structlog.testing import capture_logs

from telemed.db import open_pool
from telemed.results.hl7_message import header_of
from telemed.results.mllp import Limits
from telemed.results.senders import names
from tests.integration.results.conftest import listening
from tests.integration.results.known import known
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message

SAMPLES = sorted((Path(__file__).parents[3].parent / "shared" / "data" / "hl7").glob("*/*"))


async def test_an_answer_comes_only_after_the_commit(laboratory):
    """As soon as AA is read, another connection to the database sees the result."""
    reader, writer = await laboratory.connect()
    for number in range(5):
        writer.write(
            b"\x0b" + message(PATIENT, ORDER.replace("-7", f"-{number}"), GLUCOSE, control=f"C{number}") + b"\x1c\r"
        )
        await laboratory.answer(reader)
        assert await laboratory.one("select count(*) from laboratory_observation") == number + 1
    writer.close()


async def test_the_same_message_again_is_answered_again_and_stored_once(laboratory):
    first = message()
    resent = first.replace(b"20261123091200", b"20261123101200", 1)
    assert resent != first
    assert await laboratory.codes(first, first, resent) == ["AA", "AA", "AA"]
    assert await laboratory.one("select count(*) from result_message") == 1
    assert await laboratory.one("select count(*) from result_message_again") == 2
    assert await laboratory.one("select count(*) from laboratory_observation") == 1


async def test_the_same_message_at_once_on_many_connections_is_stored_once(laboratory):
    answers = await asyncio.gather(*(laboratory.codes(message()) for _ in range(6)))
    assert answers == [["AA"]] * 6
    assert await laboratory.one("select count(*) from laboratory_observation") == 1


async def test_a_control_id_used_again_for_other_content_loses_nothing(laboratory):
    other = message(PATIENT, ORDER.replace("-7", "-8"), GLUCOSE.replace("5.60", "6.10"), control="M1")
    assert await laboratory.codes(message(), other) == ["AA", "AA"]
    assert sorted(one.number for one in await known(laboratory)) == ["5.60", "6.10"]


async def test_a_sender_that_is_not_enrolled_is_refused_and_listed_until_it_is(laboratory):
    stranger = message().replace("县医院检验科".encode("gb18030"), "赵屯镇卫生院".encode("gb18030"))
    assert await laboratory.codes(stranger, stranger) == ["AR", "AR"]
    assert await laboratory.one("select application, facility, attempts from laboratory_sender_seen") == (
        "LIS",
        "赵屯镇卫生院",
        2,
    )
    assert await laboratory.one("select count(*) from result_message") == 0
    await laboratory.organization("zhaotun", "赵屯镇卫生院")
    await laboratory.enrol("LIS", "赵屯镇卫生院", "zhaotun")
    assert await laboratory.codes(stranger) == ["AA"]
    assert await laboratory.one("select count(*) from laboratory_sender_seen") == 0


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (message().replace(b"OBX|", b"obx|"), "segment-name"),
        (message().replace(b"ORU^R01", b"ADT^A40"), "message-type"),
        (message().replace(b"ORU^R01", b"ORM^O01"), "message-type"),
        (message().replace(b"|P|2.5.1", b"|T|2.5.1"), "processing-id"),
        (message(PATIENT, GLUCOSE), "result-without-order"),
        (message(ORDER, GLUCOSE), "patient-missing"),
        (message(PATIENT), "order-missing"),
    ],
)
async def test_a_malformed_message_is_refused_with_the_reason_and_kept(laboratory, broken, reason):
    (answer,) = await laboratory.send(broken)
    assert str(answer.segment("MSA")[1]) == "AR"
    assert str(answer.segment("MSA")[2]) == "M1"
    assert reason in str(answer.segment("ERR"))
    assert await laboratory.one("select bytes, disposition from result_message") == (broken, "refused")


async def test_bytes_without_a_header_are_refused_and_kept(laboratory):
    (answer,) = await laboratory.send(b"hello")
    assert str(answer.segment("MSA")[1]) == "AR"
    assert await laboratory.one("select bytes, sender_id from result_message") == (b"hello", None)


async def test_a_batch_is_stored_whole_and_answered_message_by_message(laboratory):
    second = message(PATIENT, ORDER.replace("-7", "-8"), GLUCOSE.replace("mmol/L", "U/L"), control="M2")
    batch = b"FHS|^~\\&|LIS\rBHS|^~\\&|LIS\r" + message() + second + b"BTS|2\rFTS|1\r"
    reader, writer = await laboratory.connect()
    writer.write(b"\x0b" + batch + b"\x1c\r")
    block = (await reader.readuntil(b"\x1c\r"))[1:-2].decode("gb18030")
    writer.close()
    assert [line[:9] for line in block.split("\r") if line.startswith("MSA")] == ["MSA|AA|M1", "MSA|AE|M2"]
    assert await laboratory.one("select count(*) from result_message") == 2


async def test_a_connection_killed_in_mid_frame_stores_nothing_and_harms_nobody(laboratory):
    whole = message()
    _reader, writer = await laboratory.connect()
    writer.write(b"\x0b" + whole[: len(whole) // 2])
    await writer.drain()
    writer.transport.abort()
    assert await laboratory.codes(whole) == ["AA"]
    assert await laboratory.one("select count(*) from result_message") == 1


async def test_a_message_that_comes_byte_by_byte_is_understood(laboratory):
    reader, writer = await laboratory.connect()
    for byte in b"\x0b" + message() + b"\x1c\r":
        writer.write(bytes([byte]))
        await writer.drain()
    answer = await laboratory.answer(reader)
    writer.close()
    assert str(answer.segment("MSA")[1]) == "AA"


async def test_two_messages_in_one_packet_are_answered_in_their_order(laboratory):
    reader, writer = await laboratory.connect()
    second = message(PATIENT, ORDER.replace("-7", "-8"), GLUCOSE, control="M2")
    writer.write(b"\x0b" + message() + b"\x1c\r\x0b" + second + b"\x1c\r")
    answers = [await laboratory.answer(reader) for _ in range(2)]
    writer.close()
    assert [str(one.segment("MSA")[2]) for one in answers] == ["M1", "M2"]


async def test_a_message_that_never_ends_is_cut_off_and_a_quiet_connection_too(database, now):
    pool = await open_pool(database, size=2)
    quick = Limits(connections=8, connections_per_peer=6, message_bytes=50_000, message_seconds=0.2, idle_seconds=0.3)
    try:
        async with listening(pool, now, quick) as laboratory:
            for sent in (b"\x0bMSH|", b""):
                reader, writer = await laboratory.connect()
                writer.write(sent)
                async with asyncio.timeout(5):
                    assert await reader.read() == b""
                writer.close()
    finally:
        await pool.close()


async def test_a_message_that_is_too_large_is_refused_by_name_and_not_read_on(laboratory):
    reader, writer = await laboratory.connect()
    writer.write(b"\x0b" + message()[:-1] + b"\rNTE|1||" + b"x" * 300_000)
    answer = await laboratory.answer(reader)
    assert str(answer.segment("MSA")[1]) == "AR"
    assert str(answer.segment("MSA")[2]) == "M1"
    assert await reader.read() == b""
    writer.close()
    assert await laboratory.one("select count(*) from result_message") == 0


async def test_what_is_no_frame_ends_the_connection(laboratory):
    reader, writer = await laboratory.connect()
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_one_address_holds_a_bounded_number_of_connections(laboratory):
    held = [await laboratory.connect() for _ in range(6)]
    for reader, writer in held:
        writer.write(b"\x0b" + message() + b"\x1c\r")
        await laboratory.answer(reader)
    reader, writer = await laboratory.connect()
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    for _, one in [*held, (reader, writer)]:
        one.close()


async def test_while_the_database_is_away_the_sender_is_told_to_try_again(laboratory, database, postgres):
    first, second = message(), message(PATIENT, ORDER.replace("-7", "-8"), GLUCOSE, control="M2")
    assert await laboratory.codes(first) == ["AA"]
    name = urlsplit(database).path[1:]
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute(f"alter database {name} allow_connections false".encode())
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        (answer,) = await laboratory.send(second)
        assert str(answer.segment("MSA")[1]) == "AE"
        assert "try-again" in str(answer.segment("ERR"))
        admin.execute(f"alter database {name} allow_connections true".encode())
    assert await laboratory.codes(second, first) == ["AA", "AA"]
    assert await laboratory.one("select count(*) from laboratory_observation") == 2


async def test_what_cannot_be_stored_is_kept_with_its_bytes_and_stored_when_it_comes_again(laboratory):
    async with laboratory.pool.transaction() as tx:
        await tx.execute("alter table laboratory_observation add constraint no_sugar check (number <> '5.60')")
    with capture_logs() as logs:
        (answer,) = await laboratory.send(message())
    assert str(answer.segment("MSA")[1]) == "AE"
    assert "not-stored" in str(answer.segment("ERR"))
    assert await laboratory.one("select disposition, bytes from result_message") == ("failed", message())
    assert await laboratory.one("select reason from result_quarantine") == "not-stored"
    for table in ("patient", "laboratory_report", "laboratory_report_version"):
        assert await laboratory.one(f"select count(*) from {table}") == 0
    assert await laboratory.one("select kind from event") == "result.quarantined"
    (told,) = [one for one in logs if one["event"] == "message-not-stored"]
    assert told["constraint"] == "no_sugar"
    assert "王桂兰" not in str(logs)
    async with laboratory.pool.transaction() as tx:
        await tx.execute("alter table laboratory_observation drop constraint no_sugar")
    assert await laboratory.codes(message(), message()) == ["AA", "AA"]
    assert [one.number for one in await known(laboratory)] == ["5.60"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
async def test_a_message_of_other_implementations_is_answered_and_kept(laboratory, sample):
    raw = sample.read_bytes()
    header = header_of(raw)
    if header is not None:
        who = names(header)
        if any(who):
            await laboratory.enrol(who.application, who.facility, "county-hospital")
    reader, writer = await laboratory.connect()
    writer.write(b"\x0b" + raw + b"\x1c\r")
    answer = await laboratory.answer(reader, "utf-8")
    writer.close()
    code = str(answer.segment("MSA")[1])
    assert code in ("AA", "AE", "AR")
    if header is not None and not any(names(header)):
        assert code == "AR"
    else:
        assert await laboratory.one("select answer, bytes from result_message") == (code, raw)
