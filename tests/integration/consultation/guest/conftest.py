from tests.integration.consultation.guest.invited import case
from tests.integration.consultation.requests.conftest import asked, county
from tests.integration.consultation.requests.door import door

__all__ = ["asked", "case", "county", "door"]
