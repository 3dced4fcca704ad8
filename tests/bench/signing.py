"""How soon after 审核签发 a report is at the township that asked for it, and what of it the password check takes.

./run bench signing [--reports 60] [--people 20] [--every 1.0] [--state DIR --dicom PORT] [--dry]

A running county over HTTP.  As many small readings as asked for are made (registered, pushed by C-STORE, claimed,
written, submitted, claimed for verification) and signed one after another; the township listens on its WebSocket and
fetches its list on the event.  Then the same again while others have the worklist open.  The password check is
measured apart, alone and beside the same others, with a hash of the same parameters.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from telemed.access.passwords import Passwords
from telemed.commands.selftest import VERIFIER
from telemed.embedded.postgres import running_dsn
from tests.bench.colleagues import Told, colleagues
from tests.bench.results import write_section
from tests.bench.unsigned import Crew, Ready, at_least, at_rest, crew, made_ready
from tests.e2e.stack import Stack, given_stack, running_stack

HEARD_WITHIN = 30.0
CHECKS = 40


@dataclass(frozen=True)
class Signed:
    """Milliseconds from the click until answered, until heard by the requester, until its list had come."""

    answered: float
    heard: float
    fetched: float


@dataclass(frozen=True)
class Phase:
    """What was measured under one load. checks: milliseconds of each password check. cpu: of a core, their mean."""

    signed: list[Signed]
    checks: list[float]
    cpu: float


async def sign(people: Crew, events: Any, one: Ready) -> Signed:
    """Sign it and see it at the requester. Raises when the requester's list does not hold it after the event."""

    async def click() -> float:
        await people.verifier.post(f"/api/readings/{one.reading}/sign", one.signing)
        return time.perf_counter()

    async def see() -> tuple[float, float, list[dict[str, Any]]]:
        async with asyncio.timeout(HEARD_WITHIN):
            while not says_signed(await events.receive_json(), one.reading):
                pass
        heard = time.perf_counter()
        items = (await people.requester.get("/api/site/reports", limit="200"))["items"]
        return heard, time.perf_counter(), items

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:  # a refused signature ends the wait for its event
        clicked, seen = group.create_task(click()), group.create_task(see())
    heard, fetched, items = seen.result()
    if not any(item["line"]["id"] == one.reading and item["report_id"] is not None for item in items):
        raise RuntimeError("the requester was told of a report that its list does not hold")
    return Signed(*((moment - began) * 1000 for moment in (clicked.result(), heard, fetched)))


def says_signed(message: dict[str, Any], reading: str) -> bool:
    said: Sequence[dict[str, Any]] = message.get("events", [])
    return any(event["kind"] == "report.signed" and event["subject"] == reading for event in said)


async def password_checks(password: str, every: float) -> tuple[list[float], float]:
    """Milliseconds of checking it as the server does, in this process; and the mean of a core's time in them."""
    passwords, taken = Passwords(), list[float]()
    encoded = await passwords.hash(password)
    worked = time.process_time()
    for _ in range(CHECKS):
        async with at_least(every):
            began = time.perf_counter()
            checked = await passwords.check(encoded, password)
            taken.append((time.perf_counter() - began) * 1000)
        if not checked.right:
            raise RuntimeError("a right password was found wrong")
    return taken, (time.process_time() - worked) * 1000 / CHECKS


async def phase(people: Crew, ready: Sequence[Ready], every: float) -> Phase:
    """Sign them one after another, the next at the earliest `every` seconds after the last click."""
    signed: list[Signed] = []
    organization = people.requester.me["organization_id"]
    async with people.requester.listening(f"organization/{organization}") as events:
        for one in ready:
            async with at_least(every):
                signed.append(await sign(people, events, one))
    return Phase(signed, *await password_checks(people.verifier.password, min(every, 0.1)))


def durable(dsn: str, ready: Sequence[Ready]) -> str:
    """Raises unless each has its one hashed version in a database that answers after fsync; returns the settings."""
    with psycopg.connect(dsn) as connection:
        names = ("fsync", "synchronous_commit", "full_page_writes")
        settings = [(name, *(connection.execute(f"show {name}").fetchone() or ("?",))) for name in names]
        row = connection.execute(
            "select count(*), count(distinct reading_id) from report_version"
            " where reading_id = any(%s::uuid[]) and length(content_sha256) = 32",
            ([one.reading for one in ready],),
        ).fetchone()
        version = connection.info.server_version // 10_000
    if row != (len(ready), len(ready)):
        raise RuntimeError(f"{row} of {len(ready)} signatures are in the database")
    if any(value != "on" for _, value in settings):
        raise RuntimeError(f"not durable: {settings}")
    return f"PostgreSQL {version}, " + ", ".join(f"{name} {value}" for name, value in settings)


async def bench(stack: Stack, arguments: argparse.Namespace) -> None:
    dsn, load_before = running_dsn(stack.state), os.getloadavg()[0]
    async with crew(stack) as people:
        ready = await made_ready(stack, people, arguments.reports)
        await at_rest(dsn)
        say(f"{len(ready)} readings wait for a signature")
        alone = await phase(people, ready, 0.0)
        say(f"alone: {told(alone)}")
        more = await made_ready(stack, people, arguments.reports)
        await at_rest(dsn)
        async with colleagues(stack.state, stack.url, arguments.people, VERIFIER) as theirs:
            beside = await phase(people, more, arguments.every)
        say(f"beside {arguments.people} others: {told(beside)}")
    settings = durable(dsn, [*ready, *more])
    table = report(alone, beside, theirs[0], arguments.people)
    command = (
        f"./run bench signing --reports {arguments.reports} --people {arguments.people} --every {arguments.every:g}"
    )
    words = notes(arguments, settings, load_before)
    if arguments.dry:
        say(f"{command}\n\n{words}\n\n{table}")
        return
    write_section("Signature", command, words, table)


def notes(arguments: argparse.Namespace, settings: str, load_before: float) -> str:
    return (
        f"{arguments.reports} reports signed one after another, then {arguments.reports} more, a click every "
        f"{arguments.every:g} s, while {arguments.people} others have the worklist open: each has a session and a "
        f"WebSocket, and loads list and counts on every event and every 4 to 8 s. The clock starts when the request to "
        f"sign leaves; the answer comes after the commit of the hashed version, its audit and its event ({settings}). "
        f"The requester hears the event on its WebSocket, fetches /api/site/reports, and finds the report in it, "
        f"decoded; a report that is not in it ends the run. The p99 of so few is the slowest. The password check is "
        f"the server's own argon2id, {CHECKS} times in another process, the second time before the others have gone; "
        f"it is part of every signature. Clients, server and database on one machine. {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load_before:.1f} before and "
        f"{os.getloadavg()[0]:.1f} at the end, {datetime.now(UTC):%Y-%m-%d}."
    )


def report(alone: Phase, beside: Phase, others: Told, people: int) -> str:
    loads = f"{others.p50:.1f} / {others.p99:.1f} ms"
    rows = [
        f"| measured, p50 / p99 | alone | beside {people} others |",
        "|---|---|---|",
        *(
            f"| {words} | {middle_and_last(of(alone))} | {middle_and_last(of(beside))} |"
            for words, of in (
                ("click → signature answered: durable and hashed", lambda one: [each.answered for each in one.signed]),
                ("click → event heard by the requester", lambda one: [each.heard for each in one.signed]),
                (
                    "click → report fetched by the requester (promised 60 / 250 ms)",
                    lambda one: [each.fetched for each in one.signed],
                ),
                ("the password check of it (argon2id), measured apart", lambda one: one.checks),
            )
        ),
        f"| a core's time in one password check, mean | {alone.cpu:.1f} ms | {beside.cpu:.1f} ms |",
        f"| the others' {others.loads} loads of the page, {others.refused} requests refused | | {loads} |",
    ]
    return "\n".join(rows)


def middle_and_last(taken: Sequence[float]) -> str:
    """p50 / p99 in milliseconds."""
    ordered = sorted(taken)
    return f"{ordered[len(ordered) // 2]:.1f} / {ordered[int(len(ordered) * 0.99)]:.1f} ms"


def told(one: Phase) -> str:
    fetched, checks = [each.fetched for each in one.signed], one.checks
    return f"fetched {middle_and_last(fetched)}; password check {middle_and_last(checks)}"


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 -- progress of the command


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench signing", description=__doc__)
    parser.add_argument("--reports", type=int, default=60)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between clicks beside the others")
    parser.add_argument("--state", type=Path)
    parser.add_argument("--dicom", type=int, default=11112)
    parser.add_argument("--dry", action="store_true", help="print and leave the page of results as it is")
    arguments = parser.parse_args()
    if not 1 <= arguments.reports <= 100:
        parser.error("--reports: 1 to 100, the site's list shows the last 200")
    if arguments.state is not None:
        os.environ["TELEMED_E2E_COUNTY"] = f"{arguments.state},{arguments.dicom}"
    given = given_stack()
    if given is not None:
        asyncio.run(bench(given, arguments))
        return
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running_stack(folder / "state") as stack:
            asyncio.run(bench(stack, arguments))


if __name__ == "__main__":
    main()
