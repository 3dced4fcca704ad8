"""The whole server with the listener on, an operator at the terminal, and python-hl7's own sender."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

from telemed.app import listening
from telemed.commands import laboratory
from telemed.config import Config
from telemed.config.model import DatabaseSection, HttpSection, LaboratorySection, StateSection
from telemed.county import assemble
from telemed.tasks import tasks
from tests.ports import free_port
from tests.unit.results.hl7_samples import message


def operator(dsn: str, *words: str) -> tuple[int, str]:
    """What `telemed laboratory …` prints."""
    parser = argparse.ArgumentParser()
    laboratory.configure(parser)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), pytest.MonkeyPatch.context() as patch:
        patch.setenv("TELEMED__DATABASE__DSN", dsn)
        status = laboratory.run(parser.parse_args(words))
    return status, said.getvalue()


def mllp_send(port: int, file: Path) -> str:
    """python-hl7's command, as a process of its own."""
    program = "from hl7.client import mllp_send; mllp_send()"
    words = ["--port", str(port), "--file", str(file), "127.0.0.1"]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=True, timeout=30)
    return done.stdout.decode("gb18030")


async def until_listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def test_an_operator_enrols_a_laboratory_that_was_seen_and_its_results_arrive(database, pool, tmp_path):
    async with pool.transaction() as tx:
        await tx.execute("insert into organization (code, name, kind) values ('county', '县医院', 'county-hospital')")
    port = free_port()
    config = Config(
        state=StateSection(tmp_path),
        database=DatabaseSection(dsn=database),
        http=HttpSection(port=free_port()),
        laboratory=LaboratorySection(mllp="on", port=port),
    )
    file = tmp_path / "results.hl7"
    file.write_bytes(b"\x0b" + message() + b"\x1c\r")
    async with listening(config):
        await until_listening(port)
        assert "MSA|AR|M1" in await asyncio.to_thread(mllp_send, port, file)
        status, said = await asyncio.to_thread(operator, database, "list")
        assert (status, said.split("\t")[1:3]) == (0, ["LIS", "县医院检验科"])
        assert (await asyncio.to_thread(operator, database, "enrol", "LIS", "县医院检验科", "nowhere"))[0] == 1
        assert (await asyncio.to_thread(operator, database, "enrol", "LIS", "县医院检验科", "county"))[0] == 0
        assert "MSA|AA|M1" in await asyncio.to_thread(mllp_send, port, file)
        assert (await asyncio.to_thread(operator, database, "disable", "LIS", "县医院检验科"))[0] == 0
        assert "MSA|AR|M1" in await asyncio.to_thread(mllp_send, port, file)
    async with pool.connection() as connection:
        cursor = await connection.execute("select count(*) from laboratory_observation")
        assert await cursor.fetchone() == (1,)
        cursor = await connection.execute("select count(*) from audit_event where detail::text like '%laboratory%'")
        assert await cursor.fetchone() == (2,)


async def test_the_listener_is_off_unless_it_is_switched_on(pool, tmp_path):
    county = assemble(Config(state=StateSection(tmp_path)), pool, key=bytes(32))
    assert "laboratory-mllp" not in tasks(county)
