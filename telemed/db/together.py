"""Questions of many at one time, asked of the database together: five hundred who come back cost a few queries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

MOST = 100  # keys of one query


class Together(Generic[Key, Found]):
    """One query at a time; whoever asks while it runs is in the next one, so no answer is older than its question.

    ask: what is known of some keys; a key that it leaves out is known to nobody.
    """

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Found]]]) -> None:
        self._ask = ask
        self._waiting: dict[Key, asyncio.Future[Found | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def find(self, key: Key) -> Found | None:
        """What is known of a key.  Raises what the query raised, for everybody who was in it."""
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._run())
        # one who stops waiting leaves the answer to the others
        return await asyncio.shield(answer)

    async def _run(self) -> None:
        try:
            while self._waiting:
                asked = {key: self._waiting.pop(key) for key in list(self._waiting)[:MOST]}
                try:
                    await self._answer(asked)
                finally:
                    for answer in asked.values():
                        answer.cancel()  # of no effect once it is answered
        finally:
            self._asking = None
            for answer in self._waiting.values():
                answer.cancel()
            self._waiting.clear()

    async def _answer(self, asked: Mapping[Key, asyncio.Future[Found | None]]) -> None:
        try:
            found = await self._ask(list(asked))
        except Exception as error:  # noqa: BLE001 -- it is raised where the question was asked
            for answer in asked.values():
                answer.set_exception(error)
                answer.exception()  # nobody may be waiting any more
        else:
            for key, answer in asked.items():
                answer.set_result(found.get(key))
