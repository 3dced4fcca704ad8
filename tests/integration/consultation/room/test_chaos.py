"""Links that break at any moment, over two processes: nothing that was granted is lost, nothing is done twice."""

import asyncio
from random import Random

import pytest

from telemed.consultation.room import verify_chain
from telemed.consultation.room.store import Whole, events_after
from tests.integration.consultation.room.conftest import EXPERT, HOST, MODERATOR, OTHER, Client, Process

PEOPLE = (MODERATOR, EXPERT, HOST, OTHER)
SAID = 25


class Stubborn:
    """Somebody who says SAID things, each until it is granted, over a link that breaks."""

    def __init__(self, client: Client, processes: list[Process], random: Random) -> None:
        self.client = client
        self.processes = processes
        self.random = random
        self.granted: dict[str, int] = {}

    async def come_back(self) -> None:
        process = self.random.choice(self.processes)
        await self.client.connect(process, resume=self.client.gen > 0)
        assert self.client.bye is None, self.client.bye

    async def say(self, n: int) -> None:
        cid = f"c{n}"
        while cid not in self.granted:
            try:
                await self.client.send("chat.msg", {"text": f"{self.client.person} {n}"}, cid=cid)
                if self.random.random() < 0.2:
                    await self.client.vanish()
                answer = await self.client.answer(cid)
            except (AssertionError, ConnectionError, TimeoutError):
                await self.come_back()
                continue
            if answer["t"] == "ok":
                self.granted[cid] = answer["seq"]
            else:
                assert answer["code"] in {"too-fast", "server-busy", "not-present"}, answer
                self.client.heard.remove(answer)
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_breaks_everything_granted_is_there_once_and_all_see_the_same(
    consultation, pool, clock, page, seed
):
    processes = [Process(pool, clock), Process(pool, clock)]
    pool.announce = lambda: [one.signal.fire() for one in processes]
    for one in processes:
        await one.start()
    people = [Stubborn(page(person), processes, Random(seed * 10 + n)) for n, person in enumerate(PEOPLE)]
    for one in people:
        await one.come_back()

    async def talk(one: Stubborn) -> None:
        for n in range(SAID):
            await one.say(n)

    async with asyncio.timeout(90):
        await asyncio.gather(*(talk(one) for one in people))
    async with consultation.pool.connection() as connection:
        events = await events_after(connection, consultation.id, 0, 10_000)
        assert isinstance(await verify_chain(connection, consultation.id), Whole)
    said = {(one.by, one.cid): one.seq for one in events if one.k == "chat.msg"}
    assert sum(one.k == "chat.msg" for one in events) == len(PEOPLE) * SAID
    for one in people:
        assert {cid: said[one.client.person, cid] for cid in one.granted} == one.granted
    await consultation.shows(*(one.client for one in people))
    for one in processes:
        await one.stop()
