"""Other people with the worklist open while something is measured: each hears it and loads it anew, as the page does.

python -m tests.bench.colleagues --state STATE --url URL --people 20 --without NAME

A process of its own, so that they do not slow the clock of whoever measures.  Says "ready" when all of them listen;
ends with its standard input and then tells in one line of JSON what they did.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import aiohttp
import psycopg

from telemed.embedded.postgres import running_dsn
from tests.bench import racing

PAGE = ("/api/worklist?limit=100", "/api/worklist/counts")
ALOOF = (4.0, 8.0)  # seconds after which somebody looks again though nothing was heard
TOO_MANY = 429


@dataclass
class Seen:
    """loads: milliseconds of each load of the page. refused: requests above what one person is granted."""

    loads: list[float] = field(default_factory=list[float])
    refused: int = 0


@dataclass(frozen=True)
class Told:
    """What a process of colleagues did. p50, p99: milliseconds of a load of the page."""

    loads: int
    refused: int
    p50: float
    p99: float


def who(dsn: str, without: str) -> list[tuple[UUID, UUID, UUID, str]]:
    """People of the lead hospital who may see the worklist, but for one; as racing.readers gives them."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select a.id, p.id, p.organization_id, p.name"
            " from account a join practitioner p on p.id = a.practitioner_id"
            " join organization o on o.id = p.organization_id"
            " where o.kind = 'lead-hospital' and a.active and a.username <> %s"
            " and exists (select from practitioner_role g where g.practitioner_id = p.id"
            " and g.role in ('author', 'verifier', 'coordinator')) order by a.username",
            (without,),
        ).fetchall()


async def colleague(
    url: str, session: tuple[str, str], seen: Seen, chance: random.Random, ready: asyncio.Event
) -> None:
    """One page: a load at a time, one more if something came meanwhile."""
    token, csrf = session
    headers = {"X-CSRF-Token": csrf, "Cookie": f"telemed={token}"}
    news = asyncio.Event()
    async with (
        aiohttp.ClientSession(url, headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as browser,
        browser.ws_connect("/api/events") as socket,
        asyncio.TaskGroup() as group,
    ):
        await socket.receive_json(timeout=30)
        await socket.send_json({"type": "subscribe", "topics": ["worklist"]})
        await socket.receive_json(timeout=30)
        group.create_task(_looks(browser, news, seen, chance))
        ready.set()
        async for _ in socket:
            news.set()
        raise ConnectionError(f"the event stream was closed: {socket.close_code}")


async def _looks(browser: aiohttp.ClientSession, news: asyncio.Event, seen: Seen, chance: random.Random) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(chance.uniform(*ALOOF)):
                await news.wait()
        news.clear()
        began = time.perf_counter()
        answers = await asyncio.gather(*(_load(browser, path) for path in PAGE))
        seen.loads.append((time.perf_counter() - began) * 1000)
        seen.refused += answers.count(TOO_MANY)


async def _load(browser: aiohttp.ClientSession, path: str) -> int:
    async with browser.get(path) as answer:
        if answer.status != TOO_MANY:
            answer.raise_for_status()
        await answer.read()
        return answer.status


@contextlib.asynccontextmanager
async def colleagues(state: Path, url: str, people: int, without: str) -> AsyncGenerator[list[Told]]:
    """Let so many people look meanwhile; the list holds what they did once they have gone."""
    told: list[Told] = []
    command = [sys.executable, "-m", "tests.bench.colleagues", "--state", str(state), "--url", url]
    command += ["--people", str(people), "--without", without]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
        if line != b"ready\n":
            raise RuntimeError("the colleagues did not come; their own words are above")
        yield told
        last, _ = await process.communicate(b"")  # closes its standard input
        if process.returncode != 0:
            raise RuntimeError("a colleague left before the end; its own words are above")
        told.append(Told(**json.loads(last)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def look(arguments: argparse.Namespace) -> Seen:
    dsn, seen, chance = running_dsn(arguments.state), Seen(), random.Random(7)
    people = who(dsn, arguments.without)
    sessions = [racing.session(dsn, people[number % len(people)]) for number in range(arguments.people)]
    came = [asyncio.Event() for _ in sessions]
    pages = [
        asyncio.create_task(colleague(arguments.url, one, seen, chance, ready))
        for one, ready in zip(sessions, came, strict=True)
    ]
    listening = asyncio.gather(*(one.wait() for one in came))
    await asyncio.wait({listening, *pages}, return_when=asyncio.FIRST_COMPLETED)
    if listening.done():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        await asyncio.wait({over, *pages}, return_when=asyncio.FIRST_COMPLETED)
    for page in pages:
        if page.done():
            page.result()  # nobody leaves before the end: raises why
        page.cancel()
    await asyncio.gather(*pages, return_exceptions=True)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.colleagues")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--without", required=True, metavar="USERNAME")
    seen = asyncio.run(look(parser.parse_args()))
    loads = sorted(seen.loads) or [0.0]
    said = {"p50": statistics.median(loads), "p99": loads[int(len(loads) * 0.99)]}
    sys.stdout.write(json.dumps({"loads": len(seen.loads), "refused": seen.refused, **said}) + "\n")


if __name__ == "__main__":
    main()
