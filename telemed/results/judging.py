"""What becomes a result and what is kept apart until a person has decided. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from telemed.results.code_map import Ambiguous, CodeMaps, Mapped, unit_of
from telemed.results.report import Doubt, Observation, Status


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


def judge(observation: Observation, maps: CodeMaps, sender: str, day: date) -> Judged:
    """Map a result and hold its unit against the item.  sender: the organisation's code.  day: of receipt."""
    one = observation
    doubts = list(one.doubts)
    if one.status in _TAKEN_BACK:
        # a cancellation carries "sample lost" where a number was: it must not be kept from taking the result back
        doubts = [doubt for doubt in doubts if doubt.reason != "not-a-number"]
    found = maps.find(one.codes, sender, day)
    mapped = found if isinstance(found, Mapped) else None
    if isinstance(found, Ambiguous):
        doubts.append(Doubt("code-ambiguous", f"OBX-3 line {one.line}", " / ".join(sorted(found.items))[:60]))
    unit = unit_of(one.unit, None if mapped is None else mapped.entry)
    if unit.fault and one.value.kind == "quantity" and one.status not in _TAKEN_BACK:
        doubts.append(Doubt(unit.fault, f"OBX-6 line {one.line}", one.unit[:60]))
    return Judged(one, mapped, unit.ucum, tuple(doubts))
