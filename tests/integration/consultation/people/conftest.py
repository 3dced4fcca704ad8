from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from tests.integration.consultation.guest.invited import Case, opened
from tests.integration.consultation.requests.conftest import asked, county
from tests.integration.consultation.requests.door import Door, door

__all__ = ["asked", "county", "door"]


@pytest.fixture
async def case(door: Door) -> AsyncGenerator[Case]:
    """A consultation with a room, its process at work."""
    tasks = [asyncio.create_task(work()) for work in (door.county.hub.run, door.county.rooms.run)]
    yield await opened(door)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
