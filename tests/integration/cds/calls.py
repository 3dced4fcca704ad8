"""Hook calls as a hospital system sends them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.unit.recognition import good

# The example of GB 11643-1999.
NUMBER = "11010519491231002X"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p9",
    "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": NUMBER}],
    "name": [{"text": "王桂兰"}],
    "gender": "female",
    "birthDate": "1949-12-31",
}


def encounter(code: str = "AMB") -> dict[str, Any]:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code}
    return {"resourceType": "Encounter", "id": "e3", "class": coding, "subject": {"reference": "Patient/p9"}}


def order(name: str = "o1", code: Any = good.GLUCOSE, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": code.system, "code": code.code}]},
        "subject": {"reference": "Patient/p9"},
        **changes,
    }


def call(hook: str = "order-select", *orders: Any, prefetch: Any = None, **changes: Any) -> dict[str, Any]:
    """A call about Patient/p9 at Encounter/e3; all its orders are selected."""
    context: dict[str, Any] = {"userId": "PractitionerRole/d17", "patientId": "p9", "encounterId": "e3"}
    if hook not in {"patient-view", "order-start"}:
        drafts = orders or (order(),)
        context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": one} for one in drafts]}
        if hook == "order-select":
            context["selections"] = [f"ServiceRequest/{one['id']}" for one in drafts]
    brought = {"patient": PATIENT, "encounter": encounter()} if prefetch is None else prefetch
    return {"hook": hook, "hookInstance": str(uuid4()), "context": context, "prefetch": brought, **changes}
