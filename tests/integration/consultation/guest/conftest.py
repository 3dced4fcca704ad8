from tests.integration.consultation.requests.conftest import asked, county
from tests.integration.consultation.requests.door import door

__all__ = ["asked", "county", "door"]
