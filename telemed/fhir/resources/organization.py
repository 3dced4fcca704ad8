"""Organization, and PractitionerRole of the people in it.  Licences and phones of people are not told here."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from telemed.directory.model import Organization, Practitioner
from telemed.fhir.datatypes import Json, coding, concept, identifier, reference, resource, whole
from telemed.fhir.systems import ORGANIZATION_CODE, ORGANIZATION_KIND, ROLE, STAFF_NUMBER
from telemed.vocabulary import Role

_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"


def organization(row: Organization) -> Json:
    """A member, a laboratory, a hospital outside or the bureau."""
    provider = "govt" if row.kind == "bureau" else "prov"
    return resource(
        "Organization",
        row.id,
        {
            "identifier": [identifier(ORGANIZATION_CODE, row.code, use="official")],
            "active": row.active,
            "type": [concept([coding(_TYPE, provider)]), concept([coding(ORGANIZATION_KIND, str(row.kind))])],
            "name": row.name,
            "alias": [row.name_en],
            "telecom": [{"system": "phone", "value": row.phone}] if row.phone else [],
            "partOf": {} if row.parent_id is None else reference("Organization", row.parent_id),
        },
    )


def role_id(practitioner_id: UUID, organization_id: UUID) -> str:
    """The name of what one person does at one organisation; 45 characters of the 64 there are."""
    return f"{practitioner_id.hex}-{sha256(organization_id.bytes).hexdigest()[:12]}"


def person_of(number: str) -> UUID | None:
    """The person a name of `role_id` begins with."""
    head, dash, tail = number.partition("-")
    try:
        return UUID(head) if dash and len(head) == 32 and len(tail) == 12 else None
    except ValueError:
        return None


def roles_of(row: Practitioner) -> Sequence[Json]:
    """What a person does, one resource for each organisation; a person without a role works at the own one."""
    places: dict[UUID, list[Role]] = {row.organization_id: []}
    for one in row.roles:
        places.setdefault(one.organization_id, []).append(one.role)
    return [_role(row, place, roles) for place, roles in places.items()]


def _role(row: Practitioner, place: UUID, roles: Sequence[Role]) -> Json:
    number = {} if not row.staff_number else identifier(f"{STAFF_NUMBER}:{row.organization_id}", row.staff_number)
    name = row.organization_name if place == row.organization_id else ""
    return resource(
        "PractitionerRole",
        role_id(row.id, place),
        {
            "active": row.active,
            "practitioner": whole({"identifier": number, "display": row.name}),
            "organization": reference("Organization", place, name),
            "code": [concept([coding(ROLE, str(one))]) for one in sorted(roles)]
            or ([concept(text=row.title)] if row.title else []),
        },
    )
