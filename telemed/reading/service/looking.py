"""What a person was shown of a study while reading it, kept so that a viewer opened again goes on counting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import msgspec

from telemed.db import Connection, Pool, execute, fetch_all, load
from telemed.reading.model.looking import multirange
from telemed.reading.store.rows import SeenRow

queries = load("telemed.reading.store.looking", "looking.sql")


class Shown(msgspec.Struct, frozen=True):
    """Frames of one image. painted: in full data. previewed: as a compressed picture of it."""

    sop_instance_uid: str
    painted: list[int]
    previewed: list[int]


async def record(tx: Connection, reading_id: UUID, study_id: UUID, who: UUID, shown: Iterable[Shown]) -> None:
    """Add to what is kept; said twice, nothing changes. What is no image of this study is left out."""
    painted, previewed = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for one in shown:
        painted[one.sop_instance_uid].update(one.painted)
        previewed[one.sop_instance_uid].update(one.previewed)
    uids = sorted(painted)
    params = {
        "reading_id": reading_id,
        "study_id": study_id,
        "practitioner_id": who,
        "uids": uids,
        "painted": [multirange(painted[uid]) for uid in uids],
        "previewed": [multirange(previewed[uid]) for uid in uids],
    }
    await execute(tx, queries["record_seen"], params)


async def seen_by(connection: Connection, reading_id: UUID, who: UUID) -> list[SeenRow]:
    return await fetch_all(connection, queries["seen_by"], {"reading_id": reading_id, "practitioner_id": who}, SeenRow)


async def forget_delivered(pool: Pool) -> None:
    """A report on its way needs it no more: what was left out stands with the signature."""
    async with pool.transaction() as tx:
        await execute(tx, queries["forget_seen"], {})
