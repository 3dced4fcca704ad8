"""Redis is a bell and nothing more: flushed or killed in mid-use, nothing is lost and everybody catches up."""

import asyncio
import os
import re
import signal
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from telemed.commands.selftest import Private, _people, _registration, _start, _stop
from telemed.demo.person import accounts_of, person
from tests.ports import free_port

CATCH_UP = 2.0  # seconds


@pytest.fixture(scope="module")
def county():
    with tempfile.TemporaryDirectory(prefix="telemed-redis-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        private = Private(Path(name) / "state", free_port(), free_port(), free_port())
        process = _start(private)
        try:
            _people(private)
            yield private
        finally:
            _stop(process)


def valkey_of(private):
    """(pid, socket) of the Valkey of this county."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        found = re.search(r"valkey-server unixsocket:(\S+)", command)
        if found is not None and folder_of(int(entry.name)).startswith(str(private.state)):
            return int(entry.name), found[1]
    raise LookupError("no Valkey of this county runs")


def folder_of(pid):
    return str(Path(f"/proc/{pid}/cwd").readlink())


async def registered_and_heard(technician, events):
    """Register somebody and return how long it took until the event of it was heard."""
    form = _registration() | {"submission_id": str(uuid4())}
    form["person"] = {"sex": "M", "name": "", "unidentified": True, "age_years": 50}
    made = await technician.post("/api/registrations", form)
    started = time.monotonic()
    async with asyncio.timeout(15):
        while True:
            message = await events.receive_json()
            if made["id"] in [one["subject"] for one in message.get("events", [])]:
                return time.monotonic() - started


@pytest.mark.timeout(240)
async def test_flushed_or_killed_redis_loses_nothing_and_clients_catch_up(county):
    account = accounts_of(county.accounts)["chenxiaoyu"]
    async with person(county.url, account) as technician:
        place = technician.me["organization_id"]
        async with technician.listening(f"organization/{place}") as events:
            assert await registered_and_heard(technician, events) < CATCH_UP
            pid, socket = valkey_of(county)
            with redis.Redis(unix_socket_path=socket) as client:
                client.flushall()
            assert await registered_and_heard(technician, events) < CATCH_UP
            os.kill(pid, signal.SIGKILL)
            for _ in range(5):
                assert await registered_and_heard(technician, events) < CATCH_UP
            assert (await technician.get("/health/ready"))["ready"] is True
