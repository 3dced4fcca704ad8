"""What config/demo/laboratory.toml says: reports of two laboratories as HL7 v2 in GB18030, sent at their own times."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

import msgspec

from telemed.db import Pool, fetch_all, load
from telemed.demo.studies import Patient, Study
from telemed.results import senders
from telemed.results.intake import Intake
from telemed.results.senders import Names

CONFIG = Path(__file__).resolve().parents[2] / "config" / "demo" / "laboratory.toml"
CODEC = "gb18030"
#: From the collection to the report, from there to the message, and to a correction of it.
ANALYSIS, SENDING, CORRECTION = timedelta(hours=3), timedelta(minutes=4), timedelta(hours=2)
#: Results of people who are well lie in this middle part of the interval.
MIDDLE = (0.25, 0.75)
ADDRESS = "127.0.0.1"
NOT_STORED = b"|207^"  # HL7 table 0357: application internal error

queries = load(__name__, "laboratory.sql")


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A laboratory system: MSH-3, MSH-4 and whose it is."""

    organization: str
    application: str
    facility: str


class Analyte(msgspec.Struct, frozen=True, array_like=True):
    """One line of a panel.  code: LOINC.  method: code^name, '' where the system writes none."""

    code: str
    name: str
    unit: str
    low: float
    high: float
    places: int
    method: str


class Panel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is ordered together.  specimen: OBR-15."""

    code: str
    name: str
    specimen: str
    device: str
    analytes: list[Analyte]


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message.  patient: key of a study.  days, hour: of the collection, by the county's clock."""

    patient: str
    sender: str
    days: int
    hour: int
    panels: list[str]
    values: dict[str, float] = {}
    units: dict[str, str] = {}
    critical: list[str] = []
    corrected: dict[str, float] = {}


class Laboratory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    senders: dict[str, Sender]
    panels: dict[str, Panel]
    reports: list[Report]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, by whom and when.  sent: aware."""

    sender: str
    control_id: str
    sent: datetime
    content: bytes


def read(path: Path = CONFIG) -> Laboratory:
    """Read the file; raises msgspec.ValidationError for what does not fit."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Laboratory)


def messages(laboratory: Laboratory, people: Mapping[str, Patient], began: datetime) -> list[Message]:
    """Every message, the earliest first; the same at each start.

    people: by the key of a study.  began: by the county's clock; nothing is sent after it.
    """
    found = [
        message
        for number, report in enumerate(laboratory.reports, start=1)
        for message in _messages(laboratory, report, people[report.patient], began, number)
    ]
    return sorted(found, key=lambda one: (one.sent, one.control_id))


def people_of(studies: Sequence[Study]) -> dict[str, Patient]:
    """The patients by the key of their study."""
    return {one.key: one.patient for one in studies}


class _Control(msgspec.Struct):
    control_id: str


async def bring(pool: Pool, laboratory: Laboratory, intake: Intake, ready: Sequence[Message], now: datetime) -> int:
    """Enrol the senders and send what was not sent before; returns how many messages were.

    Raises LookupError if a message is not taken: of the demo's, one line alone may be kept apart.
    """
    unsent: list[Message] = []
    for name, sender in laboratory.senders.items():
        own = [one for one in ready if one.sender == name]
        params = {"organization": sender.organization, "control_ids": [one.control_id for one in own]}
        async with pool.transaction() as tx:
            await senders.enrol(tx, Names(sender.application, sender.facility), sender.organization, now)
            taken = {one.control_id for one in await fetch_all(tx, queries["taken"], params, _Control)}
        unsent += [one for one in own if one.control_id not in taken]
    for one in sorted(unsent, key=lambda one: (one.sent, one.control_id)):
        answer = await intake.take(one.content, ADDRESS, one.sent)
        if b"MSA|AR|" in answer or NOT_STORED in answer:
            raise LookupError(f"the laboratory message {one.control_id} was not taken")
    return len(unsent)


def _messages(
    laboratory: Laboratory, report: Report, patient: Patient, began: datetime, number: int
) -> Iterator[Message]:
    day = began.date() - timedelta(days=report.days)
    collected = datetime.combine(day, time(report.hour, number * 7 % 60), began.tzinfo)
    reported = collected + ANALYSIS
    first = _Writing(laboratory, report, patient, collected, number)
    yield first.message(reported, report.values, "F")
    if report.corrected:
        yield first.message(reported + CORRECTION, {**report.values, **report.corrected}, "C")


@dataclass(frozen=True, slots=True)
class _Writing:
    laboratory: Laboratory
    report: Report
    patient: Patient
    collected: datetime
    number: int

    def message(self, reported: datetime, values: Mapping[str, float], status: str) -> Message:
        sender = self.laboratory.senders[self.report.sender]
        control_id = f"{sender.organization}-{self.number:03d}-{status}"
        sent = reported + SENDING
        one = self.patient
        head = f"MSH|^~\\&|{sender.application}|{sender.facility}|TELEMED|LONGAN|{_written(sent)}||ORU^R01|{control_id}"
        numbers = f"{self.number:06d}^^^{sender.facility}^MR~{one.number}^^^CN^NNCHN"
        lines = [f"{head}|P|2.5.1||||||GB18030", f"PID|1||{numbers}||{one.name}||{one.born:%Y%m%d}|{one.sex}"]
        for at, name in enumerate(self.report.panels, start=1):
            lines += self._order(at, self.laboratory.panels[name], reported, values, status)
        return Message(self.report.sender, control_id, sent, ("\r".join(lines) + "\r").encode(CODEC))

    def _order(
        self, at: int, panel: Panel, reported: datetime, values: Mapping[str, float], status: str
    ) -> Iterator[str]:
        filler = f"{self.collected:%Y%m%d}{self.number:03d}{panel.code}"
        yield (
            f"OBR|{at}||{filler}^LIS|{panel.code}^{panel.name}^LOCAL|||{_written(self.collected)}||||||||{panel.specimen}"
            f"|||||||{_written(reported)}||LAB|{status}"
        )
        for line, one in enumerate(panel.analytes, start=1):
            value = values.get(one.code, self._usual(one))
            method = f"{one.method}^LOCAL" if one.method else ""
            interval = f"{one.low:.{one.places}f}-{one.high:.{one.places}f}"
            yield (
                f"OBX|{line}|NM|{one.code}^{one.name}^LN||{value:.{one.places}f}"
                f"|{self.report.units.get(one.code, one.unit)}|{interval}|{self._flag(one, value)}|||{status}|||"
                f"{_written(self.collected)}|||{method}|{panel.device}"
            )

    def _usual(self, one: Analyte) -> float:
        """A value of somebody who is well; of one person the same at every start."""
        share = random.Random(f"{self.patient.number} {one.code} {self.number}").uniform(*MIDDLE)
        return one.low + share * (one.high - one.low)

    def _flag(self, one: Analyte, value: float) -> str:
        """HL7 table 0078."""
        times = 2 if one.code in self.report.critical else 1
        return "H" * times if value > one.high else "L" * times if value < one.low else "N"


def _written(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S")
