from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from dicom_gateway.indexer import Indexer
from dicom_gateway.intake import inspect
from dicom_gateway.spool import Threads, open_spool
from tests.integration.consultation.requests.archive import Archive
from tests.integration.consultation.requests.conftest import asked
from tests.integration.consultation.requests.door import Door, door
from tests.integration.reading.conftest import county
from tests.integration.teaching.taught import Taught

__all__ = ["asked", "county", "door"]


@pytest.fixture
async def taught(door: Door, tmp_path: Path) -> AsyncGenerator[Taught]:
    threads = Threads(2)
    root = tmp_path / "imaging"
    spool = open_spool(root, "test-process", inspect, threads)
    door.asked.studies.clear()
    made = Taught(Archive(door, spool, Indexer(spool, door.asked.pool), root))
    await made.found()
    yield made
    await spool.close()
    threads.close()
