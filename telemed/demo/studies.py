"""What config/demo/studies.toml and earlier.toml say: who was examined, with what, how far the case has come."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from telemed.demo.phantom import Examination, Subject, uid
from telemed.reading.model.working_time import WorkingCalendar

CONFIG = Path(__file__).resolve().parents[2] / "config" / "demo"
STUDIES, EARLIER = CONFIG / "studies.toml", CONFIG / "earlier.toml"
#: A request and its study find each other within 72 h, however long the holidays are: then they crowd together here.
LONGEST_AGO, CROWDED = timedelta(hours=71, minutes=30), timedelta(seconds=10)
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
    """One examination.

    ago: minutes before now, of working time unless it is an emergency.  days: a prior of so many days more.
    marked: the side that the film says where it is not the one that was asked for.
    took: minutes of the same kind from the start of the clock to the signature.
    nodule: millimetres.  slices: of a CT, rows: of a film.
    """

    key: str
    device: str
    image: str
    patient: Patient
    item: str
    ago: int = 30
    days: int = 0
    took: int = 34
    nodule: float = 0.0
    slices: int = 200
    rows: int = 1600
    body_site: str = "胸部"
    laterality: str = "U"
    marked: str = ""
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

    def acquired_at(self, now: datetime, calendar: WorkingCalendar) -> datetime:
        """When it was taken: in working hours, and at any hour for an emergency."""
        amount = timedelta(minutes=self.ago)
        earliest = now - LONGEST_AGO + CROWDED * max(0, 720 - self.ago)
        at = now - amount if self.emergency else max(worked_back(calendar, now, amount), earliest)
        at -= timedelta(days=self.days)
        return at.replace(second=self.ago * 7 % 60, microsecond=0)

    def after(self, start: datetime, minutes: float, calendar: WorkingCalendar) -> datetime:
        """The moment at which so many minutes of work on this study have passed."""
        amount = timedelta(minutes=minutes)
        return start + amount if self.emergency else calendar.add(start, amount)

    def subject(self) -> Subject:
        """Whom the device shows: its own patient number, never the identity number."""
        return Subject(
            patient_id=f"P{int(self.patient.number[6:17]) % 1_000_000:06d}",
            name=self.patient.dicom_name,
            sex=self.patient.sex,
            birth_date=self.patient.born,
            charset=self.patient.charset,
        )

    def examination(self, at: datetime, institution: str, accession: str) -> Examination:
        """How the device labels it; at: the wall clock of the county."""
        return Examination(
            key=self.key,
            at=at,
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


class Text(msgspec.Struct, frozen=True, array_like=True):
    """What was asked and answered; {side} stands for 左 or 右."""

    history: str
    purpose: str
    findings: str
    impression: str


class Film(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of film and what is usually said of it."""

    item: str
    body_site: str
    texts: list[Text]


class Read(msgspec.Struct, frozen=True, array_like=True):
    """Somebody whose film has been read: image, device, grade of the film and its reasons."""

    name: str
    sex: Literal["M", "F"]
    born: date
    village: str
    device: str
    image: str
    laterality: Literal["L", "R", "U"]
    grade: Literal["A", "B", "C", "reject"]
    reasons: list[str] = []


class Earlier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The films before today's list. since: working minutes before now of the latest, every: between two."""

    since: int
    every: int
    authors: list[str]
    verifiers: list[str]
    films: dict[str, Film]
    read: list[Read]

    def studies(self) -> Iterator[Study]:
        """Each as a study of its own, the latest first; who reads, how long it takes, what is said goes round."""
        for number, one in enumerate(self.read):
            film = self.films[one.image]
            text = film.texts[number % len(film.texts)]
            side = {"L": "左", "R": "右", "U": ""}[one.laterality]
            yield Study(
                key=f"earlier-{number:02d}",
                device=one.device,
                image=one.image,
                patient=Patient(
                    name=one.name,
                    dicom_name=one.name if number % 3 else f"{one.name[0]}^{one.name[1:]}",
                    charset="GB18030" if number % 2 else "ISO_IR 192",
                    sex=one.sex,
                    born=one.born,
                    sequence=100 + number,
                    village=f"{one.village}村",
                    phone=f"0999-63{number * 7919 % 90000 + 10000}",
                ),
                item=film.item.format(side=side),
                ago=self.since + number * self.every + number * 5 % 4,
                took=14 + number * 29 % 67 + (96 if number % 13 == 5 else 0),
                rows=1000,
                body_site=film.body_site,
                laterality=one.laterality,
                history=text.history.format(side=side),
                purpose=text.purpose,
                upto=("printed", "viewed", "printed", "printed", "signed")[number % 5],
                author=self.authors[number % len(self.authors)],
                verifier=self.verifiers[number % len(self.verifiers)],
                findings=text.findings.format(side=side),
                impression=text.impression.format(side=side),
                grade=one.grade,
                grade_reasons=one.reasons,
            )


def worked_back(calendar: WorkingCalendar, now: datetime, amount: timedelta) -> datetime:
    """The moment from which so much working time had passed until now; `now` itself may lie in the night."""
    local = now.astimezone(calendar.offset)
    for days in range(60):
        day = local.date() - timedelta(days=days)
        for opens, closes in reversed(calendar.spans(day)):
            start = datetime.combine(day, opens, calendar.offset)
            end = min(datetime.combine(day, closes, calendar.offset), local)
            if end - start >= amount:
                return (end - amount).astimezone(now.tzinfo)
            amount -= max(end - start, timedelta())
    raise ValueError("the calendar is closed for longer than the demo looks back")


def read(studies: Path = STUDIES, earlier: Path = EARLIER) -> Day:
    """Read the day; raises msgspec.ValidationError for what does not fit."""
    day = msgspec.convert(tomllib.loads(studies.read_text(encoding="utf-8")), Day)
    before = msgspec.convert(tomllib.loads(earlier.read_text(encoding="utf-8")), Earlier)
    return Day([*day.studies, *before.studies()], day.faults)
