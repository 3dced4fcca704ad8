"""What the registration page sends."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from telemed.imaging.registration import EmergencyClass, FeeState, Pregnancy
from telemed.patients.identifiers import IdentifierKind
from telemed.patients.identity import Birth
from telemed.vocabulary import EncounterClass, Intent, Laterality, Priority, Sex

Word = Annotated[str, msgspec.Meta(max_length=200)]
Prose = Annotated[str, msgspec.Meta(max_length=4000)]
ModalityCode = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2,4}$")]


class DocumentForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An identity document as typed or scanned. country: ISO 3166-1 alpha-3, for a passport."""

    kind: IdentifierKind
    number: Annotated[str, msgspec.Meta(max_length=64)]
    country: Annotated[str, msgspec.Meta(max_length=8)] = ""


class NewbornForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A child that has no name yet. born_at: aware."""

    mother_id: UUID
    birth: Birth
    born_at: Annotated[datetime, msgspec.Meta(tz=True)]


class PersonForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to be examined: somebody known (patient_id), 无名氏, a newborn, or the name and what else was said.

    age_years: completed years, where nobody knows the birth date. another_person: the people of the same name were
    shown and this is none of them.
    """

    sex: Sex
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    birth_date: date | None = None
    age_years: Annotated[int, msgspec.Meta(ge=0, le=130)] | None = None
    document: DocumentForm | None = None
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    address: Word = ""
    patient_id: UUID | None = None
    another_person: bool = False
    unidentified: bool = False
    newborn: NewbornForm | None = None


class RegistrationForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """检查登记. submission_id: made by the page once a form, so that a form sent twice is one registration.

    accession_number: empty to have one given out. visit_of: another registration of today's visit (同次检查).
    card_mismatch: 人证不符, the card is not the person's; its number is not taken.
    """

    submission_id: UUID
    person: PersonForm
    modality: ModalityCode
    item: Word
    body_site: Word
    laterality: Laterality
    encounter_class: EncounterClass
    priority: Priority
    organization_id: UUID | None = None
    accession_number: Annotated[str, msgspec.Meta(max_length=16, pattern=r"^[\x21-\x5B\x5D-\x7E]*$")] = ""
    emergency_class: EmergencyClass | None = None
    intent: Intent = Intent.REQUEST_READING
    history: Prose = ""
    purpose: Prose = ""
    prior_surgery: Prose = ""
    pregnancy: Pregnancy = Pregnancy.NOT_APPLICABLE
    pregnancy_confirmed: bool = False
    requester_id: UUID | None = None
    requester_name: Annotated[str, msgspec.Meta(max_length=64)] = ""
    department: Annotated[str, msgspec.Meta(max_length=64)] = ""
    technician_name: Annotated[str, msgspec.Meta(max_length=64)] = ""
    fee_state: FeeState = FeeState.UNSTATED
    consent_told: bool = False
    card_mismatch: bool = False
    visit_of: UUID | None = None
