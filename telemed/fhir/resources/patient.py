"""Patient.  A number is told whole only to whoever brought it, or to the hospital that gave it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from telemed.fhir.datatypes import Json, coding, extension, identifier, reference, resource
from telemed.fhir.systems import of_issuer
from telemed.patients.identifiers import masked

#: How the value of an identifier that is not told whole is shown (FHIR R4 extension).
RENDERED = "http://hl7.org/fhir/StructureDefinition/rendered-value"
GENDERS = {"M": "male", "F": "female", "O": "other", "U": "unknown"}
_TYPES = {"national-id": "NNCHN", "passport": "PPN", "device": "MR", "birth-certificate": "BCT"}


class Number(msgspec.Struct, frozen=True):
    kind: str
    issuer: str
    value: str


class PatientRow(msgspec.Struct, frozen=True):
    """others: records that a review has said to be this one."""

    id: UUID
    organization_id: UUID
    name: str
    sex: str
    birth_date: date | None
    birth_date_estimated: bool
    identity: str
    phone: str
    address: str
    same_as_id: UUID | None
    created_at: datetime
    numbers: Sequence[dict[str, str]]
    others: Sequence[UUID]


def patient(row: PatientRow, *, whole: Callable[[Number], bool]) -> Json:
    """A person's record; one that another stands for says so and is not in use (never deleted).

    whole: which numbers may be told whole.  An estimated birth date is told to its year.
    """
    links = [{"other": reference("Patient", one), "type": "seealso"} for one in row.others]
    if row.same_as_id is not None:
        links.append({"other": reference("Patient", row.same_as_id), "type": "replaced-by"})
    born = "" if row.birth_date is None else row.birth_date.isoformat()
    temporary = [coding("urn:cn:county:identity", row.identity)] if row.identity != "known" else []
    return resource(
        "Patient",
        row.id,
        {
            "identifier": [_identifier(msgspec.convert(one, Number), whole) for one in row.numbers],
            "active": row.same_as_id is None,
            "name": [{"use": "anonymous" if row.identity == "temporary" else "official", "text": row.name}],
            "telecom": [{"system": "phone", "value": row.phone}] if row.phone else [],
            "gender": GENDERS[row.sex],
            "birthDate": born[:4] if row.birth_date_estimated else born,
            "address": [{"text": row.address}] if row.address else [],
            "managingOrganization": reference("Organization", row.organization_id),
            "link": links,
        },
        tags=temporary,
    )


def _identifier(number: Number, whole: Callable[[Number], bool]) -> Json:
    told = whole(number)
    use = "temp" if number.kind == "temporary" else "usual" if number.kind == "device" else "official"
    made = identifier(
        of_issuer(number.issuer),
        number.value if told else "",
        use=use,
        type_code=_TYPES.get(number.kind, ""),
    )
    return made if told else {**made, "_value": {"extension": [extension(RENDERED, valueString=masked(number.value))]}}
