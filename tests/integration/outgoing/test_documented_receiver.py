"""The receiver that docs/how-to/outgoing-notifications.md shows is run as it stands there."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp

from telemed.outgoing.signing import headers
from tests.integration.outgoing.conftest import Post
from tests.integration.outgoing.receiver import KEY, SECRET

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "outgoing-notifications.md"


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[tuple[str, asyncio.StreamReader]]:
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (folder / "receiver.py").write_text(example, "utf-8")
    (folder / "secret").write_text(f"whsec_{'B' * 32}\n{SECRET}\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(folder / "receiver.py"),
        "0",
        stdout=asyncio.subprocess.PIPE,
        env={"SECRET_FILE": str(folder / "secret"), "SEEN": str(folder / "seen.db"), "PYTHONUTF8": "1"},
    )
    assert process.stdout is not None
    try:
        port = (await process.stdout.readline()).split()[-1].decode()
        yield f"http://127.0.0.1:{port}/", process.stdout
    finally:
        process.kill()
        await process.wait()


async def test_it_takes_a_message_of_ours_once_and_tells_whom_it_names(post: Post, tmp_path: Path):
    async with running(tmp_path) as (url, said):
        post.now = datetime.now(UTC)
        worker = await post.receives(post.sender(url), phones=True)
        await post.tell(path="/consultations/1")
        await worker.step()
        line = (await said.readline()).decode()
        assert line.startswith("13800000000 急会诊请您接诊：石泉镇卫生院 → 心血管内科")
        assert line.endswith("https://county.example/consultations/1\n")
        assert await post.states() == [("sent", 1, "")]


async def test_it_tells_nothing_twice_and_nothing_that_is_not_ours(tmp_path: Path):
    now, number = datetime.now(UTC), uuid4()
    body = b'{"data": {"to": [{"staff_number": "0815"}], "text": {"zh-CN": "x"}, "link": "y"}}'
    async with running(tmp_path) as (url, said), aiohttp.ClientSession() as session:

        async def status(content: bytes, given: dict[str, str]) -> int:
            async with session.post(url, data=content, headers=given) as answer:
                return answer.status

        genuine = headers(number, body, now, [KEY])
        assert [await status(body, genuine) for _ in range(2)] == [204, 204]
        assert (await said.readline()).decode() == "0815 x y\n"
        assert await status(body + b" ", genuine) == 401
        assert await status(body, headers(number, body, now, [bytes(32)])) == 401
        assert await status(body, headers(number, body, now - timedelta(minutes=6), [KEY])) == 401
        assert await status(body, genuine | {"webhook-id": str(uuid4())}) == 401
        assert await status(body, {}) == 401
        assert await status(body, headers(uuid4(), body, now, [KEY])) == 204
        assert (await said.readline()).decode() == "0815 x y\n"
