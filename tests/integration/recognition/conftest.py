"""The reading county serves here too: a registry without reports would know nothing."""

from tests.integration.reading.conftest import county

__all__ = ["county"]
