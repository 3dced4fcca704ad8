"""Who a message of HL7 v2 speaks of, as its PID says it. Pure.  HL7 v2.5.1 §3.4.2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from telemed.results.hl7_message import Segment
from telemed.results.moments import Moment, read_moment
from telemed.results.report import Doubt, PatientNumber, SourcePatient
from telemed.vocabulary import Sex

# HL7 table 0001 and GB/T 2261.1
_SEXES = {"M": Sex.MALE, "1": Sex.MALE, "男": Sex.MALE, "F": Sex.FEMALE, "2": Sex.FEMALE, "女": Sex.FEMALE, "O": Sex.OTHER, "A": Sex.OTHER}  # fmt: skip # noqa: E501
_NAME_LENGTH = 200
#: Numbers and codes of real systems are far shorter; beyond, they could not be looked up.
_KEY_LENGTH = 200
_OLDEST_AGE = 120


@dataclass(frozen=True, slots=True)
class Clock:
    """By what the times of a message are read.  zone: the county's.  received_at: aware."""

    zone: ZoneInfo
    received_at: datetime

    def read(self, written: str) -> Moment | None:
        return read_moment(written, self.zone, received_at=self.received_at)


def source_patient(pid: Segment, clock: Clock) -> tuple[SourcePatient, tuple[Doubt, ...]]:
    """Who it is, and why nothing can be kept under that name or those numbers."""
    name = _name(pid)
    born = clock.read(pid.text(7))
    doubts: list[Doubt] = []
    if not name:
        doubts.append(Doubt("patient-name-missing", f"PID-5 line {pid.line}"))
    elif len(name) > _NAME_LENGTH:
        doubts.append(Doubt("patient-name-too-long", f"PID-5 line {pid.line}"))
    numbers = tuple(_numbers(pid))
    doubts += [
        Doubt("too-long", f"{one.field} line {pid.line}") for one in numbers if is_long(one.value, one.authority)
    ]
    patient = SourcePatient(
        name=name,
        birth_date=_birth_date(born, clock),
        sex=_SEXES.get(pid.text(8).upper(), Sex.UNKNOWN),
        numbers=numbers,
    )
    return patient, tuple(doubts)


def is_long(*words: str) -> bool:
    """Whether one of them is too long to be looked up by."""
    return any(len(word) > _KEY_LENGTH for word in words)


def _birth_date(born: Moment | None, clock: Clock) -> date | None:
    """The day, unless it lies in the future or so far back that it stands for "unknown" (1900-01-01)."""
    if born is None or born.day is None or born.doubt == "future":
        return None
    return born.day if born.day.year > clock.received_at.year - _OLDEST_AGE else None


def _name(pid: Segment) -> str:
    """The first name of PID-5 that says anything; hanzi are joined, letters are not."""
    for repetition in pid.repetitions(5):
        parts = [part for at in (1, 2, 3) if (part := pid.part(repetition, at))]
        joined = ("" if all(not part.isascii() for part in parts) else " ").join(parts)
        if joined:
            return joined
    return ""


def _numbers(pid: Segment) -> Iterator[PatientNumber]:
    for name, at in (("PID-3", 3), ("PID-4", 4)):
        for repetition in pid.repetitions(at):
            value = pid.part(repetition, 1)
            if value:
                authority = "&".join(pid.part(repetition, 4, sub) for sub in (1, 2, 3)).strip("&")
                yield PatientNumber(value, authority, pid.part(repetition, 5).upper(), name)
    if value := pid.text(19):
        yield PatientNumber(value, "", "", "PID-19")
