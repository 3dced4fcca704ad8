from __future__ import annotations

import pytest

from tests.integration.consultation.requests.asked import Asked
from tests.integration.consultation.requests.door import door
from tests.integration.reading.conftest import County, county

__all__ = ["asked", "county", "door"]


@pytest.fixture
async def asked(county: County) -> Asked:
    made = Asked(county)
    await made.found()
    return made
