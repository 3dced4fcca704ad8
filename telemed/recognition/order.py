"""What is asked for: the order at the moment it is written, and the circumstances it is written in.

Neither has a field for free text: what a doctor types explains nothing to a machine and must not sway it.
"""

from dataclasses import dataclass

from telemed.recognition.rules import Code, Contrast


@dataclass(frozen=True, slots=True)
class Order:
    """One line of an order.

    codes: the ordered item in every system it came with.  laterality, contrast: what this order asks beyond its item.
    """

    id: str
    patient_id: str
    organization_id: str
    codes: frozenset[Code]
    laterality: str | None = None
    contrast: Contrast | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances that may exempt an order (办法 2022, the enumerated circumstances three to five).

    encounter_class: `outpatient`, `inpatient`, `emergency`, `checkup` …; None where the caller did not say.
    emergency: an emergency inside another encounter.  rescue: first aid under way.  forensic: expert opinion for a
    court, on disability or on early retirement.
    """

    encounter_class: str | None = None
    emergency: bool = False
    rescue: bool = False
    forensic: bool = False
    pre_operative: bool = False
    pre_transfusion: bool = False
