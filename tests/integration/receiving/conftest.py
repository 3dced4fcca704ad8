from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString
from uuid import UUID, uuid4

import pytest

from dicom_gateway.indexer import Indexer
from dicom_gateway.intake import inspect
from dicom_gateway.spool import DurableSpool, InstanceContext, Refused, Stored, Threads, open_spool
from telemed.db import Pool
from tests.datasets import CT, EXPLICIT_LITTLE

RECEIVED = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


@dataclass
class Gateway:
    """A spool and its indexer over a real archive and a real database."""

    spool: DurableSpool
    indexer: Indexer
    pool: Pool
    organization: UUID
    other_organization: UUID
    root: Path

    async def send(
        self,
        content: bytes,
        *,
        sop_instance_uid: str,
        organization: UUID | None = None,
        association: str = "a1",
        transfer_syntax: str = EXPLICIT_LITTLE,
        ae: str = "CT1",
        sop_class_uid: str = CT,
    ) -> Stored | Refused:
        context = InstanceContext(
            association_id=association,
            calling_ae=ae,
            called_ae="TELEMED",
            peer_address="10.0.0.7",
            organization_id=str(organization or self.organization),
            sop_class_uid=sop_class_uid,
            sop_instance_uid=sop_instance_uid,
            transfer_syntax_uid=transfer_syntax,
            received_at=RECEIVED,
        )
        draft = await self.spool.open(context)
        assert not isinstance(draft, Refused)
        await draft.write(bytes(content))
        return await draft.commit()

    async def rows(self, query: LiteralString, **params: object) -> list[tuple]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query, params)
            return await cursor.fetchall()


@pytest.fixture
async def gateway(pool: Pool, tmp_path: Path) -> AsyncGenerator[Gateway]:
    first, second = uuid4(), uuid4()
    async with pool.transaction() as tx:
        for number, one in enumerate((first, second)):
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, 'township-hospital')",
                (one, f"T{number}", f"乡镇卫生院{number}"),
            )
        await tx.execute("insert into device (organization_id, ae_title) values (%s, 'CT1')", (first,))
    threads = Threads(4)
    spool = open_spool(tmp_path / "imaging", "test-process", inspect, threads)
    yield Gateway(spool, Indexer(spool, pool), pool, first, second, tmp_path / "imaging")
    await spool.close()
    threads.close()
