"""The reading county serves here too: a registry without reports would know nothing."""

from tests.integration.reading.conftest import county
from tests.integration.recognition.asking import doctor, page
from tests.integration.recognition.registered import registered

__all__ = ["county", "doctor", "page", "registered"]
