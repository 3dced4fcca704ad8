"""A counter that can be waited for: "the log may have grown"."""

from __future__ import annotations

import asyncio


class Signal:
    """Wakes everybody who waits; a wake-up between two waits is never missed."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = asyncio.Event()

    def fire(self) -> None:
        self.count += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def after(self, seen: int) -> None:
        """Return as soon as the count is beyond `seen`."""
        while self.count <= seen:
            await self._changed.wait()
