from tests.integration.consultation.requests.conftest import asked, county
from tests.integration.consultation.requests.test_routes import door

__all__ = ["asked", "county", "door"]
