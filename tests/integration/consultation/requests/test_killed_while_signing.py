"""kill -9 and a full disk while an opinion is signed: a whole signed opinion or none, and the draft either way."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from cryptography import x509

from telemed.access.passwords import Passwords
from telemed.consultation.opinion.verifying import Verified, verify
from telemed.consultation.room import verify_chain
from telemed.consultation.room.store import Whole
from telemed.consultation.service import answering
from telemed.consultation.service.opinions import tidy
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.integration.consultation.requests.asked import CARDIOLOGY, ZONE, Asked
from tests.integration.consultation.requests.dying import STEPS
from tests.ports import free_port

PASSWORD = "龙安-Telemed-2026!"
WORDS = {"diagnosis": "考虑急性冠脉综合征", "advice": "立即转诊"}
ADDENDUM = {"reason": "补充检验结果", "addendum": "肌钙蛋白升高"}
#: Of the steps of an opinion those in which an addendum differs; the file is written by the same code.
OF_ADDENDUM = ("written", "row", "room", "moved", "committed")
MOUNT = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'


@contextmanager
def serving(database: str, state: Path, *module: str, prefix: tuple[str, ...] = ()) -> Generator[Any]:
    """A server of its own process; `url` and the process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (state / "serve.log").open("ab") as log:
        running = subprocess.Popen(
            [*prefix, sys.executable, "-m", *module, "serve", "--http", f"127.0.0.1:{port}", "--state", str(state)],
            env=os.environ | {"TELEMED__DATABASE__DSN": database, "TELEMED__HTTP__PUBLIC_URL": url},
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            assert running.poll() is None and time.monotonic() < deadline, (state / "serve.log").read_text()[-3000:]  # noqa: PT018
            time.sleep(0.1)
        yield url, running
    finally:
        running.kill()
        running.wait(30)


@dataclass
class Signing:
    """One consultation whose expert is about to sign over HTTP."""

    asked: Asked
    database: str
    state: Path
    expert: UUID
    token: str
    number: UUID

    async def call(self, url: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        where = f"{url}/api/consultations/{self.number}{path}"
        headers = {**signed_in(self.token), "Origin": url}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.request(method, where, json=body, timeout=aiohttp.ClientTimeout(90)) as answer,
        ):
            said = await answer.read()
            return answer.status, (json.loads(said) if "json" in answer.content_type else said)

    async def opinions(self) -> list[tuple[int, str, str]]:
        return await self.asked.rows(
            "select version, document, evidence from consultation_opinion where consultation_id = %s order by version",
            self.number,
        )

    async def events(self) -> list[str]:
        rows = await self.asked.rows(
            "select e.kind from room_event e join consultation c on c.room_id = e.room_id"
            " where c.id = %s and e.kind in ('opinion.sign', 'opinion.addend') order by e.seq",
            self.number,
        )
        return [kind for (kind,) in rows]

    async def is_whole(self, url: str, versions: int) -> None:
        """Every signed version has its paper, every paper verifies, the room's log says the same and is unbroken."""
        rows = await self.opinions()
        assert [version for version, _, _ in rows] == list(range(1, versions + 1))
        authority = x509.load_pem_x509_certificate((self.state / "certificates" / "county-ca.pem").read_bytes())
        for version, document, evidence in rows:
            status, paper = await self.call(url, "GET", f"/opinions/{version}/document")
            assert (status, hashlib.sha256(paper).hexdigest()) == (200, document)
            found = await asyncio.to_thread(verify, paper, (authority,))
            assert isinstance(found, Verified)
            assert found.evidence_sha256 == hashlib.sha256(evidence.encode()).hexdigest()
        assert (await self.call(url, "GET", f"/opinions/{versions + 1}/document"))[0] == 404
        assert await self.events() == ["opinion.sign", "opinion.addend"][:versions]
        row = await self.asked.row(self.number)
        assert row.room_id is not None
        async with self.asked.pool.connection() as connection:
            assert isinstance(await verify_chain(connection, row.room_id), Whole)
        assert (row.returned_at is not None) == (versions > 0)


@pytest.fixture
async def signing(asked: Asked, database: str, tmp_path: Path) -> Signing:
    now = datetime.now(UTC)
    asked.county.now = now - timedelta(hours=1)
    expert, token = await hire(asked.pool, asked.county.center, Role.EXPERT, now=now)
    hashed = await Passwords().hash(PASSWORD)
    async with asked.pool.transaction() as tx:
        await tx.execute("update account set password_hash = %s where practitioner_id = %s", (hashed, expert))
        await tx.execute(
            "update practitioner set licence_number = '1', licence_category = '临床', licence_scope = '内科专业'"
            " where id = %s",
            (expert,),
        )
        await tx.execute(
            "insert into expert (practitioner_id, departments, since, changed_by, changed_at)"
            " values (%s, %s, '2010-07-01', %s, now())",
            (expert, [CARDIOLOGY], expert),
        )
    state = tmp_path / "state"
    state.mkdir()
    return Signing(asked, database, state, expert, token, await _offered(asked, expert))


async def _offered(asked: Asked, expert: UUID) -> UUID:
    number = await asked.submitted()
    await asked.act("tang", answering.offer, number, expert, ZONE)
    return number


async def _begun(one: Signing, url: str) -> None:
    for step in ("accept", "begin"):
        assert (await one.call(url, "POST", f"/{step}"))[0] == 204
    assert await one.call(url, "PUT", "/opinion", WORDS) == (200, {"revision": 1})


@pytest.mark.timeout(600)
async def test_a_server_killed_while_it_signs_leaves_a_whole_opinion_or_none(signing: Signing) -> None:
    await _killed_at(signing, ("half-written", "written", "row", "committed"), ("room",))


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_a_server_killed_at_any_step_leaves_a_whole_opinion_or_none(signing: Signing) -> None:
    await _killed_at(signing, STEPS, OF_ADDENDUM)


async def _killed_at(one: Signing, steps: tuple[str, ...], of_addendum: tuple[str, ...]) -> None:
    """After each death the expert signs again, elsewhere: what counted counts once, the rest from the kept draft."""
    again = {"password": PASSWORD, "revision": 1}
    with serving(one.database, one.state, "telemed") as (url, _):
        for step in steps:
            one.number = await _offered(one.asked, one.expert)
            await _begun(one, url)
            await _killed(one, step, "/sign")
            survived = step == "committed"
            await one.is_whole(url, int(survived))
            _, seen = await one.call(url, "GET", "")
            assert {name: seen["draft"][name] for name in WORDS} == WORDS, step
            status, said = await one.call(url, "POST", "/sign", again)
            assert status == (409 if survived else 200), (step, said)
            await one.is_whole(url, 1)
        for step in of_addendum:
            one.number = await _offered(one.asked, one.expert)
            await _begun(one, url)
            assert (await one.call(url, "POST", "/sign", again))[0] == 200
            assert await one.call(url, "PUT", "/addendum", ADDENDUM) == (200, {"revision": 1})
            await _killed(one, step, "/addendum/sign")
            survived = step == "committed"
            await one.is_whole(url, 1 + survived)
            _, seen = await one.call(url, "GET", "")
            kept = {"reason": "", "addendum": ""} if survived else ADDENDUM
            assert {name: seen["addendum_draft"][name] for name in kept} == kept, step
            status, said = await one.call(url, "POST", "/addendum/sign", again)
            assert status == (422 if survived else 200), (step, said)
            await one.is_whole(url, 2)
        await _left_over(one)


async def _killed(one: Signing, step: str, path: str) -> None:
    """The server that is asked to sign dies at a step, and its answer with it."""
    module = "tests.integration.consultation.requests.dying"
    with serving(one.database, one.state, module, step) as (url, process):
        with pytest.raises(aiohttp.ClientError):
            await one.call(url, "POST", path, {"password": PASSWORD, "revision": 1})
        assert await asyncio.to_thread(process.wait, 30) == -signal.SIGKILL, step


async def _left_over(one: Signing) -> None:
    """Files nobody signed for are named by no row; half of one is removed once nobody can be writing it."""
    rows = await one.asked.rows("select document from consultation_opinion")
    names = {path.name for path in (one.state / "opinions").glob("*/*/*")}
    assert {document for (document,) in rows} <= names
    halves = {name for name in names if name.endswith(".new")}
    assert len(halves) == 1
    now = datetime.now(UTC)
    assert await tidy(one.state / "opinions", now) == 0
    assert await tidy(one.state / "opinions", now + timedelta(hours=2)) == 1
    assert {path.name for path in (one.state / "opinions").glob("*/*/*")} == names - halves


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.timeout(300)
async def test_a_full_disk_signs_nothing_keeps_the_draft_and_is_well_again_with_room(signing: Signing) -> None:
    one = signing
    folder = one.state / "opinions"
    folder.mkdir(mode=0o700)
    may_mount = () if os.geteuid() == 0 else ("--map-root-user",)
    prefix = ("unshare", *may_mount, "--mount", "sh", "-c", MOUNT, str(folder))
    with serving(one.database, one.state, "telemed", prefix=prefix) as (url, process):
        # as the server's own mount namespace shows it
        volume = Path(f"/proc/{process.pid}/root{folder}")
        await _begun(one, url)
        ballast = volume / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        os.truncate(ballast, ballast.stat().st_size - 16_384)  # room for the half of a paper
        sign = {"password": PASSWORD, "revision": 1}
        status, said = await one.call(url, "POST", "/sign", sign)
        assert (status, said["code"]) == (503, "opinion-not-kept"), said
        await one.is_whole(url, 0)
        assert _files(volume) == {"ballast"}
        _, seen = await one.call(url, "GET", "")
        assert ({name: seen["draft"][name] for name in WORDS}, seen["consultation"]["state"]) == (WORDS, "in-session")
        ballast.unlink()
        assert (await one.call(url, "POST", "/sign", sign))[0] == 200
        await one.is_whole(url, 1)
