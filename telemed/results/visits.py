"""ADT → what one message says of a visit. Pure.  HL7 v2.5.1 §3.3, §3.4.1 (EVN), §3.4.3 (PV1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from telemed.results.hl7_message import Malformed, Message, Segment
from telemed.results.moments import Moment
from telemed.results.pid import Clock, is_long, source_patient
from telemed.results.report import Doubt, SourcePatient
from telemed.vocabulary import EncounterClass


class Act(StrEnum):
    """What a message does to a visit."""

    ADMITTED = "admitted"
    REGISTERED = "registered"
    UPDATED = "updated"
    DISCHARGED = "discharged"
    DISCHARGE_CANCELLED = "discharge-cancelled"
    ADMISSION_CANCELLED = "admission-cancelled"


#: Trigger events (table 0003) that are taken.
ACTS = {
    "A01": Act.ADMITTED,
    "A03": Act.DISCHARGED,
    "A04": Act.REGISTERED,
    "A08": Act.UPDATED,
    "A11": Act.ADMISSION_CANCELLED,
    "A13": Act.DISCHARGE_CANCELLED,
}
#: Acts that begin a visit, and so have to say when it began.
OPENING = frozenset({Act.ADMITTED, Act.REGISTERED})
#: Which of two messages of the same moment counts: the one that comes later in the course of a visit.
RANK = {
    Act.ADMITTED: 0,
    Act.REGISTERED: 0,
    Act.UPDATED: 1,
    Act.DISCHARGED: 2,
    Act.DISCHARGE_CANCELLED: 3,
    Act.ADMISSION_CANCELLED: 4,
}
#: Table 0004 and what Chinese systems write in its place.
_CLASSES = {
    "O": EncounterClass.OUTPATIENT,
    "R": EncounterClass.OUTPATIENT,
    "门诊": EncounterClass.OUTPATIENT,
    "I": EncounterClass.INPATIENT,
    "B": EncounterClass.INPATIENT,
    "住院": EncounterClass.INPATIENT,
    "E": EncounterClass.EMERGENCY,
    "急诊": EncounterClass.EMERGENCY,
    "留观": EncounterClass.OBSERVATION,
    "体检": EncounterClass.CHECKUP,
}
_WRITTEN_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as one message tells it.

    number_system: who gave the number (PV1-19.4), '' if not said.  encounter_class: None for one that is none of ours.
    began, ended: None where the message does not say.  told: by the sender's clock, UTC (EVN-2, else MSH-7).
    line: of the PV1.
    """

    act: Act
    number: str
    number_system: str
    encounter_class: EncounterClass | None
    class_written: str
    began: Moment | None
    ended: Moment | None
    told: datetime | None
    patient: SourcePatient
    line: int
    doubts: tuple[Doubt, ...] = ()


def is_visit(message: Message) -> bool:
    """Whether a message is about a visit and not about results."""
    return message.header.text(9) == "ADT"


def visit(message: Message, zone: ZoneInfo, *, received_at: datetime) -> Visit | Malformed:
    """Read an ADT message.

    zone: the county's, for times without one.  received_at: aware, for judging times in the future.
    """
    header = message.header
    act = ACTS.get(header.text(9, 2))
    if act is None:
        return Malformed("message-type", "MSH-9")
    if header.text(11) not in ("", "P"):
        return Malformed("processing-id", "MSH-11")
    parts = _parts(message)
    if isinstance(parts, Malformed):
        return parts
    pid, pv1, evn = parts
    clock = Clock(zone, received_at)
    patient, doubts = source_patient(pid, clock)
    began = _began(act, pv1, evn, clock)
    found = [
        *((Doubt("charset-doubtful", "MSH-18"),) if message.charset.confidence == "doubtful" else ()),
        *doubts,
        *_doubts_of_number(pv1),
        *(_doubts_of_time(began, pv1) if act in OPENING else ()),
    ]
    written = pv1.text(2)
    return Visit(
        act=act,
        number=pv1.text(19),
        number_system="^".join(pv1.text(19, 4, part) for part in (1, 2, 3)).strip("^"),
        encounter_class=_CLASSES.get(written.upper()),
        class_written=written[:_WRITTEN_LENGTH],
        began=began,
        ended=clock.read(pv1.text(45)),
        told=_told(clock.read("" if evn is None else evn.text(2)), clock.read(header.text(7))),
        patient=patient,
        line=pv1.line,
        doubts=tuple(found),
    )


def _parts(message: Message) -> tuple[Segment, Segment, Segment | None] | Malformed:
    """The PID, PV1 and EVN of a message; a second PID would be a second patient."""
    named: dict[str, Segment] = {}
    for one in message.segments:
        if one.name == "PID" and "PID" in named:
            return Malformed("second-patient", f"line {one.line}")
        if one.name in ("PID", "PV1", "EVN"):
            named.setdefault(one.name, one)
    if "PID" not in named:
        return Malformed("visit-without-patient", "PID")
    if "PV1" not in named:
        return Malformed("visit-missing", "PV1")
    return named["PID"], named["PV1"], named.get("EVN")


def _began(act: Act, pv1: Segment, evn: Segment | None, clock: Clock) -> Moment | None:
    """When the visit began: PV1-44; of the act that begins it also EVN-6.

    Never EVN-2 or MSH-7, which say when somebody typed or sent it.
    """
    said = clock.read(pv1.text(44))
    if said is None and act in OPENING and evn is not None:
        said = clock.read(evn.text(6))
    return said


def _told(*said: Moment | None) -> datetime | None:
    """The first that is a moment; a clock that runs ahead still tells one message from the next."""
    return next(
        (one.at for one in said if one is not None and one.at is not None and one.doubt in ("", "future")), None
    )


def _doubts_of_number(pv1: Segment) -> list[Doubt]:
    place = f"PV1-19 line {pv1.line}"
    if not pv1.text(19):
        return [Doubt("visit-number-missing", place)]
    return [Doubt("too-long", place)] if is_long(pv1.text(19), pv1.raw(19)) else []


def _doubts_of_time(began: Moment | None, pv1: Segment) -> list[Doubt]:
    place = f"PV1-44 line {pv1.line}"
    if began is None:
        return [Doubt("visit-time-missing", place)]
    return [] if began.believed else [Doubt("visit-time-wrong", place, began.written[:_WRITTEN_LENGTH])]


def day_of(began: Moment | None, zone: ZoneInfo) -> date | None:
    """The county's day on which a visit began; None where it is not said, or not so that it can be believed."""
    if began is None or not began.believed:
        return None
    return began.day if began.at is None else began.at.astimezone(zone).date()
