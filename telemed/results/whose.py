"""Whose a report is: which number of PID proves a person, and what speaks against it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from telemed.patients import identifiers
from telemed.patients.identifiers import Identifier, IdentifierKind
from telemed.patients.identity import Identity, Person
from telemed.results.report import Doubt, PatientNumber, SourcePatient
from telemed.vocabulary import Sex

#: HL7 table 0203 and what senders write for the resident identity card.
_NATIONAL = frozenset({"NI", "NN", "NNCHN", "NNCN", "ID", "IDCARD", "SFZ", "身份证", "居民身份证", "01"})
_LENGTHS = (15, 18)


@dataclass(frozen=True, slots=True)
class Whose:
    """The person a report speaks of.

    number: the identity number that proves who it is, None if there is none that can be believed.
    stated_birth: the message itself says the birth date of the number; without, only somebody known already is meant.
    """

    person: Person
    number: Identifier | None
    stated_birth: bool
    doubts: tuple[Doubt, ...]


def whose(patient: SourcePatient, organization_id: UUID) -> Whose:
    """Decide which numbers count.  A number that fails its checksum or contradicts birth or sex proves nothing."""
    doubts: list[Doubt] = []
    national: set[Identifier] = set()
    local: set[Identifier] = set()
    for one in patient.numbers:
        read = identifiers.national_id(one.value)
        if isinstance(read, Identifier):
            national.add(read)
        elif _claims_national(one):
            doubts.append(Doubt("id-number-wrong", one.field))
        elif one.field != "PID-19" and not identifiers.is_placeholder(one.value):
            authority = identifiers.normalise(one.authority)
            issuer = f"HL7:{organization_id}" + (f":{authority}" if authority else "")
            local.add(Identifier(IdentifierKind.DEVICE, issuer, identifiers.normalise(one.value)))
    number = next(iter(national)) if len(national) == 1 and not doubts else None
    if len(national) > 1 or (number is not None and _contradicts(patient, number)):
        doubts.append(Doubt("id-number-contradicts", "PID-3"))
        number = None
    sex = patient.sex if number is None or number.sex is None or patient.sex is not Sex.UNKNOWN else number.sex
    person = Person(
        patient.name,
        sex,
        patient.birth_date,
        identifiers=frozenset(local | ({number} if number is not None else set())),
        identity=Identity.SOURCE if number is None else Identity.KNOWN,
    )
    return Whose(person, number, patient.birth_date is not None, tuple(doubts))


def without_number(found: Whose) -> Whose:
    """The same as somebody whom only the sender knows."""
    one = found.person
    kept = frozenset(number for number in one.identifiers if number != found.number)
    person = Person(one.name, one.sex, one.birth_date, one.estimated, kept, Identity.SOURCE)
    return Whose(person, None, found.stated_birth, found.doubts)


def _claims_national(number: PatientNumber) -> bool:
    length = len(identifiers.normalise(number.value))
    # PID-19 is the social security number of the standard; here an identity number, if it is as long as one
    return (number.kind in _NATIONAL) or (number.field == "PID-19" and length in _LENGTHS)


def _contradicts(patient: SourcePatient, number: Identifier) -> bool:
    if patient.birth_date is not None and number.birth_date != patient.birth_date:
        return True
    return patient.sex in (Sex.MALE, Sex.FEMALE) and number.sex is not None and number.sex is not patient.sex
