from uuid import uuid4

import pytest

from tests.ports import free_port
from tests.reliability.gateway import Process


@pytest.fixture
async def process(pool, database, tmp_path):
    """A gateway that knows the device PYNETDICOM; it is not running yet."""
    organization = uuid4()
    async with pool.transaction() as tx:
        await tx.execute(
            "insert into organization (id, code, name, kind) values (%s, 't1', '甲镇卫生院', 'township-hospital')",
            (organization,),
        )
        for title in ("PYNETDICOM", "STORESCU"):
            await tx.execute("insert into device (organization_id, ae_title) values (%s, %s)", (organization, title))
    gateway = Process(tmp_path, database, free_port())
    yield gateway
    if gateway.running is not None:
        await gateway.kill()
