"""A Patient of FHIR R4 as the person a laboratory's report speaks of.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from telemed.results.fhir_bundle import Item
from telemed.results.fhir_observations import KEY_LENGTH, Reading
from telemed.results.fhir_resources import HumanName, Identifier, Patient
from telemed.results.report import Doubt, PatientNumber, PatientReports, Report, SourcePatient
from telemed.vocabulary import Sex

#: Systems under which senders write the number of the resident identity card.
NATIONAL = frozenset({"urn:oid:2.16.156.10011.1.3", "urn:oid:1.2.156.10011.1.3", "CN:GB11643"})
_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.OTHER}
_OLDEST_AGE = 120
#: Names a person does not go by any more, or never did.
_NOT_OFFICIAL = frozenset({"old", "maiden", "nickname", "anonymous"})


def patient_of(item: Item, reports: tuple[Report, ...], reading: Reading) -> PatientReports:
    one = item.resource
    if not isinstance(one, Patient):
        raise TypeError(item.kind)
    name = _name(one.name)
    numbers = tuple(_number(each) for each in one.identifier if each.value)
    doubts: list[Doubt] = []
    if not name:
        doubts.append(Doubt("patient-name-missing", f"{item.place}.name"))
    elif len(name) > KEY_LENGTH:
        doubts.append(Doubt("patient-name-too-long", f"{item.place}.name"))
    if any(max(len(each.value), len(each.authority)) > KEY_LENGTH for each in numbers):
        doubts.append(Doubt("too-long", f"{item.place}.identifier"))
    born = reading.moment(one.birth_date)
    known = born is not None and born.day is not None and born.doubt != "future"
    day = born.day if known and born is not None else None
    patient = SourcePatient(name, _believed(day, reading.received_at), _SEXES.get(one.gender, Sex.UNKNOWN), numbers)
    return PatientReports(patient, reports, tuple(doubts))


def _believed(day: date | None, received_at: datetime) -> date | None:
    """The day, unless it lies so far back that it stands for "unknown" (1900-01-01)."""
    return day if day is not None and day.year > received_at.year - _OLDEST_AGE else None


def _number(one: Identifier) -> PatientNumber:
    kind = next((each.code for each in one.type.coding if each.code), "").upper()
    national = one.system in NATIONAL
    return PatientNumber(one.value, "" if national else one.system, "NNCHN" if national else kind, "Patient.identifier")


def _name(names: Sequence[HumanName]) -> str:
    """The official name, or the first that is no old or nick name; hanzi are joined, letters are not."""
    usable = [one for one in names if one.use not in _NOT_OFFICIAL]
    for one in sorted(usable, key=lambda each: each.use != "official"):
        parts = [part.strip() for part in (one.family, *one.given) if part.strip()]
        joined = ("" if all(not part.isascii() for part in parts) else " ").join(parts)
        if one.text.strip() or joined:
            return one.text.strip() or joined
    return ""
