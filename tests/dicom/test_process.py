"""The receiving process as it runs: a real spool, a real database, signals."""

import asyncio
import hashlib
import os
import signal
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from pydicom import dcmread

from dicom_gateway.spool.archive import blob_path
from tests.dicom.test_foreign_peers import CT, DCMSEND, ECHOSCU, STORESCU, data_set_of, run
from tests.ports import free_port

AWAY = "postgresql://nobody@/none?host=/nonexistent"


async def until(true, seconds=20):
    async with asyncio.timeout(seconds):
        while not (found := await true()):
            await asyncio.sleep(0.05)
    return found


@pytest.fixture
async def enrolled(pool):
    """STORESCU and DCMSEND belong to a township."""
    organization = uuid4()
    async with pool.transaction() as tx:
        await tx.execute(
            "insert into organization (id, code, name, kind) values (%s, 't1', '甲镇卫生院', 'township-hospital')",
            (organization,),
        )
        for title in ("STORESCU", "DCMSEND"):
            await tx.execute("insert into device (organization_id, ae_title) values (%s, %s)", (organization, title))
    return organization


@pytest.fixture
async def start(tmp_path):
    """Start gateway processes on one state folder; all have ended after the test."""
    started: list[asyncio.subprocess.Process] = []

    async def begin(dsn: str, port: int, **settings: str) -> asyncio.subprocess.Process:
        environment = dict(os.environ) | {
            "TELEMED__STATE__PATH": str(tmp_path),
            "TELEMED__DATABASE__DSN": dsn,
            "TELEMED__DICOM__PORT": str(port),
            "TELEMED__LOG__FORMAT": "json",
            **{f"TELEMED__{name}": value for name, value in settings.items()},
        }
        with (tmp_path / "gateway.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "dicom_gateway", env=environment, stderr=log, cwd=Path(__file__).parents[2]
            )
        started.append(process)

        async def listens() -> bool:
            log = (tmp_path / "gateway.log").read_text()
            assert process.returncode is None, log
            return log.count('"listening"') == len(started)

        await until(listens)
        return process

    yield begin
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def instances(pool) -> list[tuple]:
    async with pool.connection() as connection:
        found = await connection.execute(
            "select sop_instance_uid, encode(digest, 'hex') from imaging_instance order by 1"
        )
        return await found.fetchall()


async def admitted(port: int):
    async def echo() -> bool:
        return (await run(ECHOSCU, "-aet", "STORESCU", "-aec", "TELEMED", "127.0.0.1", str(port)))[0] == 0

    await until(echo)


async def test_what_is_sent_is_in_the_archive_and_the_index_and_sigterm_ends_in_order(
    start, pool, database, enrolled, tmp_path
):
    port = free_port()
    process = await start(database, port)
    await admitted(port)
    status, said = await run(STORESCU, "-xe", "-aec", "TELEMED", "127.0.0.1", str(port), CT)
    assert status == 0, said

    async def indexed():
        return await instances(pool)

    ((uid, digest),) = await until(indexed)
    sent = data_set_of(CT)
    assert uid == dcmread(CT).SOPInstanceUID
    assert blob_path(tmp_path / "imaging", digest).stat().st_size > len(sent) - 1000
    assert hashlib.sha256(blob_path(tmp_path / "imaging", digest).read_bytes()).hexdigest() == digest
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    log = (tmp_path / "gateway.log").read_text()
    assert '"gateway stopped"' in log
    assert "CompressedSamples" not in log  # the patient's name in this file


async def test_receiving_goes_on_without_a_database_and_another_process_indexes_it(
    start, pool, database, enrolled, tmp_path
):
    port = free_port()
    first = await start(database, port)
    await admitted(port)
    first.kill()
    await first.wait()
    second = await start(AWAY, port)
    status, said = await run(DCMSEND, "-aec", "TELEMED", "127.0.0.1", str(port), CT)
    assert status == 0, said
    assert await instances(pool) == []
    second.kill()
    await second.wait()
    await start(database, port)

    async def indexed():
        return await instances(pool)

    assert len(await until(indexed, 40)) == 1


async def test_two_processes_share_the_port(start, pool, database, enrolled):
    port = free_port()
    await start(database, port)
    second = await start(database, port)
    await admitted(port)
    echo = (ECHOSCU, "-aet", "STORESCU", "-aec", "TELEMED", "127.0.0.1", str(port))
    await asyncio.gather(*(run(*echo) for _ in range(8)))
    second.terminate()
    assert await asyncio.wait_for(second.wait(), 20) == 0
    status, said = await run(*echo)
    assert status == 0, said


async def test_a_stranger_is_refused_and_on_the_list_of_seen_devices(start, pool, database, enrolled):
    port = free_port()
    await start(database, port)
    status, said = await run(ECHOSCU, "-v", "-aet", "STRANGER", "-aec", "TELEMED", "127.0.0.1", str(port))
    assert status != 0
    assert "Calling AE Title Not Recognized" in said

    async def seen():
        async with pool.connection() as connection:
            return await (await connection.execute("select ae_title, host(peer_address) from device_seen")).fetchall()

    assert await until(seen) == [("STRANGER", "127.0.0.1")]


async def test_metrics_are_answered_on_loopback(start, database, enrolled):
    port, metrics = free_port(), free_port()
    await start(database, port, DICOM__METRICS_PORT=str(metrics))
    reader, writer = await asyncio.open_connection("127.0.0.1", metrics)
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert b"dicom_associations_open 0.0" in answer


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["--dicom", "nonsense"], 2)])
async def test_a_process_that_cannot_start_says_why(tmp_path, arguments, status):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TELEMED__")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dicom_gateway", "--state", str(tmp_path), *arguments,
        env=environment, stderr=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    _, said = await process.communicate()
    assert process.returncode == status
    assert b"database.dsn" in said or b"HOST:PORT" in said
