"""The county that reads serves here too: its bureau wants figures of reading."""

from tests.integration.reading.conftest import county

__all__ = ["county"]
