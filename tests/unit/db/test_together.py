"""Questions of one time are asked together, and an answer is never older than its question."""

import asyncio
from collections.abc import Sequence

import pytest

from telemed.db import Together
from telemed.db.together import MOST


class Asked:
    """A database that answers when it is let: the double of each number but 13."""

    def __init__(self) -> None:
        self.queries: list[list[int]] = []
        self.may = asyncio.Event()
        self.fault: Exception | None = None

    async def __call__(self, keys: Sequence[int]) -> dict[int, int]:
        self.queries.append(list(keys))
        await self.may.wait()
        if self.fault is not None:
            raise self.fault
        return {key: 2 * key for key in keys if key != 13}


async def asking(together: Together[int, int], *keys: int) -> list[asyncio.Task[int | None]]:
    tasks = [asyncio.create_task(together.find(key)) for key in keys]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_the_first_is_asked_at_once_and_all_who_come_meanwhile_are_asked_together():
    database = Asked()
    together = Together[int, int](database)
    tasks = await asking(together, 1)
    tasks += await asking(together, 2, 13, 3)
    database.may.set()
    assert await asyncio.gather(*tasks) == [2, 4, None, 6]
    assert database.queries == [[1], [2, 13, 3]]


async def test_who_asks_while_the_same_is_being_looked_up_gets_an_answer_of_their_own():
    database = Asked()
    together = Together[int, int](database)
    tasks = await asking(together, 1)
    tasks += await asking(together, 1, 1)
    database.may.set()
    assert await asyncio.gather(*tasks) == [2, 2, 2]
    assert database.queries == [[1], [1]]


async def test_no_query_is_asked_for_more_than_its_bound():
    database = Asked()
    database.may.set()
    together = Together[int, int](database)
    await asyncio.gather(*await asking(together, *range(MOST + 50)))
    assert max(len(one) for one in database.queries) <= MOST


async def test_what_a_query_raises_is_raised_for_those_who_were_in_it_alone():
    database = Asked()
    together = Together[int, int](database)
    tasks = await asking(together, 1)
    database.fault = ConnectionError("away")
    database.may.set()
    with pytest.raises(ConnectionError):
        await tasks[0]
    database.fault = None
    assert await together.find(4) == 8


async def test_one_who_stops_waiting_takes_no_answer_from_the_others():
    database = Asked()
    together = Together[int, int](database)
    first = await asking(together, 1)
    one, other = await asking(together, 2, 2)
    one.cancel()
    database.may.set()
    assert await other == 4
    assert await first[0] == 2
