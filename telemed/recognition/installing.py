"""Install the catalogues of the configuration when a process starts; what keeps one out keeps nobody from working."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from telemed.db import Pool
from telemed.recognition.catalogue_files import SHIPPED, read_catalogues
from telemed.recognition.rules_store import install


async def install_catalogues(
    pool: Pool, now: datetime, new_id: Callable[[], UUID], folder: Path = SHIPPED
) -> tuple[str, ...]:
    """Return why nothing was installed, a line a reason (zh / en); empty when everything stands.

    Recognition never stands in the way of care: what was installed before stays in force.
    """
    tree = read_catalogues(folder)
    if tree.faults:
        return tuple(map(str, tree.faults))
    async with pool.transaction() as tx:
        done = await install(tx, tree.catalogues, now, new_id)
    return tuple(f"{one.zh} / {one.en}" for one in done.refused)
