"""What becomes a result and what is kept apart until a person has decided. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from telemed.results.code_map import Ambiguous, CodeMaps, Mapped, unit_of
from telemed.results.report import Doubt, Observation, Status
from telemed.results.values import CodedText


@dataclass(frozen=True, slots=True)
class Judged:
    """An observation with the item it was mapped to and its unit in UCUM; doubts: why it is no result yet."""

    observation: Observation
    mapped: Mapped | None
    unit: str
    doubts: tuple[Doubt, ...]

    @property
    def is_result(self) -> bool:
        return not self.doubts


#: Said of a result that is taken back: its value need not be right any more.
_TAKEN_BACK = (Status.CANCELLED, Status.ENTERED_IN_ERROR, Status.REGISTERED)


@dataclass(frozen=True, slots=True)
class Fit:
    """What codes and a unit are by the maps of a day.

    items: of which the codes stand for more than one.  unit: in UCUM.  fault: a ground of report.REASONS, '' for none.
    version: labels of the maps that were asked.
    """

    mapped: Mapped | None
    items: frozenset[str]
    unit: str
    fault: str
    written: str
    version: str


def fit(codes: Sequence[CodedText], unit: str, maps: CodeMaps, sender: str, day: date) -> Fit:
    """Map codes and hold a unit against the item.  sender: the organisation's code."""
    found = maps.find(codes, sender, day)
    mapped = found if isinstance(found, Mapped) else None
    items = found.items if isinstance(found, Ambiguous) else frozenset[str]()
    held = unit_of(unit, None if mapped is None else mapped.entry)
    version = mapped.version if mapped is not None else maps.label(sender, day)
    return Fit(mapped, items, held.ucum, held.fault, unit, version)


def doubts_of(read: Fit, *, is_quantity: bool, status: Status | None, line: int) -> list[Doubt]:
    """Why a person has to look at what was mapped.  line: of the OBX."""
    found: list[Doubt] = []
    if read.items:
        found.append(Doubt("code-ambiguous", f"OBX-3 line {line}", " / ".join(sorted(read.items))[:60]))
    if read.fault and is_quantity and status not in _TAKEN_BACK:
        found.append(Doubt(read.fault, f"OBX-6 line {line}", read.written[:60]))
    return found


def judge(observation: Observation, maps: CodeMaps, sender: str, day: date) -> Judged:
    """Map a result and hold its unit against the item.  sender: the organisation's code.  day: of receipt."""
    one = observation
    doubts = list(one.doubts)
    if one.status in _TAKEN_BACK:
        # a cancellation carries "sample lost" where a number was: it must not be kept from taking the result back
        doubts = [doubt for doubt in doubts if doubt.reason != "not-a-number"]
    read = fit(one.codes, one.unit, maps, sender, day)
    doubts += doubts_of(read, is_quantity=one.value.kind == "quantity", status=one.status, line=one.line)
    return Judged(one, read.mapped, read.unit, tuple(doubts))
