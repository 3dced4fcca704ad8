"""What happens in a scripted month: results, questions and answers, what comes later, visits that are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from telemed.recognition import reasons
from telemed.recognition.decision import (
    Outcome,
    Verdict,
)
from telemed.recognition.facts import (
    Status,
)
from telemed.recognition.ledger import (
    Surface,
)
from telemed.recognition.rules import Kind, Scope
from tests.unit.results.adt_samples import adt, pv1

ZONE = ZoneInfo("Asia/Shanghai")
LONGAN = Scope("community", "longan", "龙安县域医共体")
NAMES = UUID("2b5c9c1e-59a3-5f0a-8e6b-9d2a4f6c7e10")
MEMBERS = {"A": "LA11", "B": "LA01", "C": "LA12"}
KINDS: dict[str, Kind] = {"ct": "imaging", "dx": "imaging", "lab": "laboratory"}
COUNTED_AT = datetime(2026, 11, 5, 0, 0, tzinfo=ZONE)
Choice = Literal["cancel", "trim", "keep"]


def named(name: str) -> UUID:
    """The id of a member, patient, card or decision of the script."""
    return uuid5(NAMES, name)


def at(day: int, hour: int = 10, minute: int = 0, month: int = 10) -> datetime:
    """By the county's clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@dataclass(frozen=True)
class Result:
    """A result found by a decision. name: `study/S1` or a laboratory report `report/R1`; by: who made it."""

    name: str
    by: str
    days_before: int = 10
    item: str = ""  # of the analyte, where the decision has several
    verdict: Verdict = Verdict.MUST_OFFER
    mark: bool = False
    grant: str | None = None
    identity: Outcome = Outcome.PASS

    def id(self, item: str) -> str:
        kind, _, name = self.name.partition("/")
        return (
            f"imaging/{named(name)}" if kind == "study" else f"laboratory/{named(name)}/urn:cn:county:item-key|{item}|"
        )


@dataclass(frozen=True)
class Said:
    """What somebody said about a card so many seconds after it was shown."""

    outcome: Literal["accepted", "overridden", "withdrawn"]
    choice: Choice = "cancel"
    reason: str = ""
    after: float = 30
    system: str = reasons.SYSTEM


@dataclass(frozen=True)
class Question:
    """One decision with its card. choices: none, a card that only informs; surface None: no card.

    known: whether the asking member knows the patient. order: the reference of the order, None for one of its own.
    """

    name: str
    by: str
    patient: str | None
    item: str
    when: datetime
    results: tuple[Result, ...]
    surface: Surface | None = "page"
    choices: tuple[Choice, ...] = ("cancel", "keep")
    said: tuple[Said, ...] = ()
    verdict: Verdict | None = Verdict.MUST_OFFER
    doctor: str = "doctor-1"
    known: bool = True
    order: str | None = None


@dataclass(frozen=True)
class Later:
    """A result that was made afterwards."""

    name: str
    by: str
    patient: str
    item: str
    when: datetime
    status: Status = Status.FINAL


@dataclass(frozen=True)
class Told:
    """One ADT message of a member's own system.  name: its control id.  began: None where it does not say."""

    name: str
    by: str
    patient: str
    event: str
    visit: str
    began: datetime | None
    sent: datetime

    def message(self) -> bytes:
        began = "" if self.began is None else utc(self.began)
        lines = f"PID|1||{card_of(self.patient)}^^^CN^NNCHN||患者||19580314|F", pv1(number=self.visit, began=began)
        text = adt(*lines, event=self.event, control=self.name, sent=utc(self.sent))
        return text.replace("|县医院|".encode("gb18030"), f"|机构{self.by}|".encode("gb18030"))


def utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%d%H%M%SZ}"


def card_of(patient: str) -> str:
    """An identity number of a woman born on 14 March 1958, another for each patient of the script."""
    digits = f"23999919580314{2 * int(patient.removeprefix('P')):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(one) * by for one, by in zip(digits, weights, strict=True)) % 11]
