"""AuditEvent: one row of the trail, for the auditor alone; ids and codes, never a patient's name or number."""

from __future__ import annotations

from telemed.access.trail import TrailItem
from telemed.fhir.datatypes import Json, coding, concept, identifier, instant, reference, resource, whole
from telemed.fhir.systems import ACTION, ENTITY

_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_SOURCE = "http://terminology.hl7.org/CodeSystem/security-source-type"
#: audit-event-outcome: done; refused, which is a minor failure of whoever asked; our own failure.
OUTCOMES = {"success": "0", "refused": "4", "failed": "8"}
VERBS = {"GET": "R", "POST": "E", "PUT": "U", "DELETE": "D", "PATCH": "U", "HEAD": "R"}
#: Entities of the trail that are resources of the facade.
_RESOURCES = {
    "patient": "Patient",
    "study": "ImagingStudy",
    "organization": "Organization",
    "recognition-decision": "GuidanceResponse",
    "reading": "DiagnosticReport",
    "service-request": "ServiceRequest",
}


def audit_event(row: TrailItem) -> Json:
    """What was done, by whom, from where, to what, with which outcome."""
    verb = str(row.detail.get("route", "")).partition(" ")[0]
    client = str(row.detail.get("client", ""))
    who = (
        {
            "identifier": identifier("urn:cn:county:practitioner", str(row.practitioner_id)),
            "display": row.practitioner_name,
        }
        if row.practitioner_id is not None
        else {"identifier": identifier("urn:cn:county:system", client)}
        if client
        else {"display": "system"}
    )
    return resource(
        "AuditEvent",
        str(row.id),
        {
            "type": coding(_TYPE, "rest", "RESTful Operation"),
            "subtype": [coding(ACTION, row.action)],
            "action": VERBS.get(verb, "E"),
            "recorded": instant(row.at),
            "outcome": OUTCOMES[row.outcome],
            "outcomeDesc": str(row.detail.get("code", "")),
            "purposeOfEvent": [concept([], row.purpose)] if row.purpose else [],
            "agent": [
                whole(
                    {
                        "who": who,
                        "requestor": True,
                        "network": {} if row.peer_address is None else {"address": row.peer_address, "type": "2"},
                    }
                )
            ],
            "source": {
                "site": row.organization_name,
                "observer": {"display": "telemed"},
                "type": [coding(_SOURCE, "4", "Application Server")],
            },
            "entity": [
                {
                    "what": reference(_RESOURCES[one.kind], one.id)
                    if one.kind in _RESOURCES
                    else {"identifier": identifier(f"{ENTITY}:{one.kind}", one.id)},
                    "type": coding(ENTITY, one.kind),
                }
                for one in row.entities
            ],
        },
        updated=row.at,
    )
