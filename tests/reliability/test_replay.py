"""Every stored decision is made again to the bit, whatever became of the facts since; what was altered is found."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.integration.reading.conftest import county
from tests.integration.recognition.registered import registered
from tests.reliability import results
from tests.reliability.decided import Decided, begun

__all__ = ["county", "registered"]

SEED = 20261126
_LINE = re.compile(r"^([0-9a-f-]{36})  (.+?)  \S+ → \S+  engine", re.MULTILINE)
_COUNT = re.compile(r"^(\d+) .* differ: (\d+)$", re.MULTILINE)


@dataclass
class Replay:
    """What `telemed replay-recognition` said.  differ: decision → what differs.  megabytes: its largest memory."""

    made: int
    differ: dict[UUID, str]
    status: int
    seconds: float
    megabytes: int


def replay(dsn: str) -> Replay:
    began = time.monotonic()
    running = subprocess.Popen(
        [sys.executable, "-m", "telemed", "replay-recognition"],
        env=os.environ | {"TELEMED__DATABASE__DSN": dsn},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout is not None
    said = running.stdout.read()
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    counted = _COUNT.search(said)
    assert counted is not None, said
    differ = {UUID(name): what for name, what in _LINE.findall(said)}
    assert int(counted[2]) == len(differ)
    return Replay(int(counted[1]), differ, running.returncode, time.monotonic() - began, used.ru_maxrss // 1024)


async def altered(story: Decided) -> tuple[UUID, set[UUID]]:
    """With the rights of a superuser: one decision, and one fact; which decisions rest on that fact."""
    async with story.registered.county.pool.transaction() as tx:
        await tx.execute("alter table recognition_decision disable trigger user")
        await tx.execute("alter table recognition_knowledge disable trigger user")
        # of the last round: an item that every document had, as a result that some document has no item for is
        # part of every decision under it; and not exempt, or the first alteration would alter nothing
        first, second = await (
            await tx.execute(
                "select id from recognition_decision where candidates like '%laboratory%' and verdict <> 'exempt'"
                " order by decided_at desc, id limit 2"
            )
        ).fetchall()
        await tx.execute("update recognition_decision set verdict = 'exempt' where id = %s", first)
        fact = await (
            await tx.execute(
                "select k.id, k.thing from recognition_decision d join recognition_knowledge k"
                " on k.kind = 'candidate' and k.thing = d.candidates::jsonb -> 0 ->> 'id' and k.id <= d.known_upto"
                " where d.id = %s order by k.id desc limit 1",
                second,
            )
        ).fetchone()
        assert fact is not None
        await tx.execute(
            """update recognition_knowledge set content = replace(content, '"intact":true', '"intact":false')"""
            " where id = %s",
            fact[:1],
        )
        # the last row of a result that a decision could see is what it rests on
        rests = await tx.execute(
            "select d.id from recognition_decision d where strpos(d.candidates, %(thing)s) > 0"
            " and exists (select from jsonb_array_elements(d.candidates::jsonb) c where c ->> 'id' = %(thing)s)"
            " and d.known_upto >= %(id)s and not exists (select from recognition_knowledge l"
            "   where l.kind = 'candidate' and l.thing = %(thing)s and l.id > %(id)s and l.id <= d.known_upto)",
            {"id": fact[0], "thing": fact[1]},
        )
        return first[0], {row[0] for row in await rests.fetchall()}


async def told(story: Decided, dsn: str) -> str:
    for name, happens in story.chapters:
        await happens()
        await story.round(name)
    made = sum(story.made.values())
    first = await asyncio.to_thread(replay, dsn)
    assert (first.made, first.differ, first.status) == (made, {}, 0)
    decision, rest = await altered(story)
    assert rest
    assert decision not in rest
    second = await asyncio.to_thread(replay, dsn)
    assert (second.made, second.status) == (made, 1)
    assert set(second.differ) == {decision} | rest
    assert second.differ[decision] == "verdict"
    assert all("inputs" in second.differ[one] for one in rest)
    verdicts = ", ".join(f"{word} {count:,}" for word, count in sorted(story.verdicts.items()))
    return (
        f"{made:,} decisions ({verdicts}) in {len(story.made)} rounds: {', '.join(story.made)}; made again in "
        f"{first.seconds:.0f} s with {first.megabytes} MB, 0 differ; one decision altered: found; one fact "
        f"altered: the {len(rest)} decisions that rest on it found, no other"
    )


async def test_some_decisions_are_made_again_whatever_became_of_the_facts(registered, database) -> None:
    await told(begun(registered, 8, SEED), database)


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_a_hundred_thousand_decisions_are_made_again_whatever_became_of_the_facts(registered, database) -> None:
    story = begun(registered, 600, SEED)
    result = await told(story, database)
    assert sum(story.made.values()) >= 100_000
    results.write("replay", SEED, result)
