"""A hospital system without FHIR beside the county whose township's chest CT was read by the county."""

from tests.integration.his.hospital import hospital, other_hospital, session
from tests.integration.reading.conftest import county
from tests.integration.recognition.registered import registered

__all__ = ["county", "hospital", "other_hospital", "registered", "session"]
