"""What config/demo/studies.toml says: who was examined, with what, how far the case has come."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from telemed.demo.phantom import Examination, Subject, uid

STUDIES = Path(__file__).resolve().parents[2] / "config" / "demo" / "studies.toml"
#: An unallocated county code: nobody living has a number that begins so.
REGION = "239999"
_NAMESPACE = UUID("6f6d1f2e-6c52-4b55-9a44-27b0f3a1c9d4")
# GB 11643-1999, 4.2.6
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

Progress = Literal["pushed", "claimed", "submitted", "signed", "viewed", "printed", "retake", "information"]


class Patient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """sequence: of the identity number, its parity gives the sex."""

    name: str
    dicom_name: str
    sex: Literal["M", "F"]
    born: date
    sequence: int
    village: str
    phone: str
    charset: str = "ISO_IR 192"

    @property
    def number(self) -> str:
        """The identity number with its check character."""
        sequence = self.sequence * 2 + (self.sex == "M")
        digits = f"{REGION}{self.born:%Y%m%d}{sequence:03d}"
        return digits + "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True)) % 11]


class Study(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One examination. ago: minutes before now, days: whole days more."""

    key: str
    device: str
    image: str
    patient: Patient
    item: str
    ago: int = 30
    days: int = 0
    nodule: float = 0.0
    body_site: str = "胸部"
    laterality: str = "U"
    encounter: str = "outpatient"
    emergency: str | None = None
    priority: str = "routine"
    intent: str = "request-reading"
    history: str = ""
    purpose: str = ""
    registered: bool = True
    upto: Progress = "pushed"
    author: str = ""
    verifier: str = ""
    findings: str = ""
    impression: str = ""
    significance: str = "none"
    note: str = ""
    grade: str = ""
    grade_reasons: list[str] = []

    @property
    def uid(self) -> str:
        return uid("demo", self.key)

    @property
    def submission_id(self) -> UUID:
        return uuid5(_NAMESPACE, self.key)

    @property
    def prior(self) -> bool:
        """A study of long ago: it comes as a backfill, without a registration."""
        return self.days > 0

    def acquired_at(self, now: datetime) -> datetime:
        return (now - timedelta(days=self.days, minutes=self.ago)).replace(second=self.ago * 7 % 60, microsecond=0)

    def subject(self) -> Subject:
        """Whom the device shows: its own patient number, never the identity number."""
        return Subject(
            patient_id=f"P{int(self.patient.number[6:17]) % 1_000_000:06d}",
            name=self.patient.dicom_name,
            sex=self.patient.sex,
            birth_date=self.patient.born,
            charset=self.patient.charset,
        )

    def examination(self, now: datetime, institution: str, accession: str) -> Examination:
        return Examination(
            key=self.key,
            at=self.acquired_at(now),
            accession_number=accession,
            institution=institution,
            station=self.device,
            description=self.item,
            study_uid=self.uid,
        )


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bad data that a device sends."""

    kind: Literal["truncated", "same-uid", "two-patients"]
    device: str


class Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    studies: list[Study]
    faults: list[Fault]


def read(path: Path = STUDIES) -> Day:
    """Read the day; raises msgspec.ValidationError for what does not fit."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Day)
