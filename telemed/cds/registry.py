"""The registry as a hook sees it: a port that is asked and decides, and how what it found is to be shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol
from uuid import UUID

from telemed.cds.request import Asked, AskedOrder
from telemed.recognition.decision import Decision
from telemed.recognition.order import Context, Order
from telemed.recognition.rules import Code
from telemed.recognition.trace import sha256, trace


@dataclass(frozen=True, slots=True)
class Shown:
    """One result as a person may see it.

    value: with its unit, '' for images.  reference: the issuing laboratory's interval.  mark: as printed, such as
    省HR, '' without.  quality: what stands behind the grant in words.  abnormal: None where nobody said.
    """

    institution: str
    value: str = ""
    reference: str = ""
    method: str = ""
    specimen: str = ""
    mark: str = ""
    quality: str = ""
    abnormal: bool | None = None
    images: bool = False


@dataclass(frozen=True, slots=True)
class Analyte:
    """What a key of a decision is called, and the code by which it is ordered alone; None: not to be had alone."""

    name: str
    code: Code | None = None
    name_en: str = ""


@dataclass(frozen=True)
class Answered:
    """The decision on one order, or for `patient-view` on one item the patient has results of.

    reference: `ServiceRequest/x` as the client names it, '' for `patient-view`.  name: of the item.  rule_set: which
    documents and parameters were in force.  inputs_hash: of all that was decided on.  known_upto: the last
    row of knowledge that was looked at.  analytes: by key.  number: in the ledger, None before it has one.
    shown: by id of the candidate; a result that is not there is spoken of without its value.
    """

    reference: str
    name: str
    order: Order
    context: Context
    decision: Decision
    rule_set: str
    inputs_hash: str
    known_upto: int = 0
    analytes: Mapping[str, Analyte] = field(default_factory=dict[str, Analyte])
    shown: Mapping[str, Shown] = field(default_factory=dict[str, Shown])
    name_en: str = ""
    number: UUID | None = None

    @cached_property
    def trace(self) -> bytes:
        """All that the decision says, in canonical form: spelt once for the ledger and for whoever is told its hash."""
        return trace(self.decision)

    @cached_property
    def trace_hash(self) -> str:
        return sha256(self.trace)


@dataclass(frozen=True, slots=True)
class Decided:
    """What the registry answers.  patient_id: whom it took the patient for, None for nobody it knows for sure."""

    patient_id: UUID | None
    answered: tuple[Answered, ...]

    def numbered(self, new_id: Callable[[], UUID]) -> Decided:
        """The same, each decision with the number under which the ledger will keep it."""
        return replace(self, answered=tuple(replace(one, number=new_id()) for one in self.answered))


class Enquiry(Protocol):
    """What is asked once it is known about whom: by whom, for which orders, in which circumstances, when (UTC)."""

    @property
    def organization_id(self) -> UUID: ...
    @property
    def context(self) -> Context: ...
    @property
    def orders(self) -> tuple[AskedOrder, ...]: ...
    @property
    def as_of(self) -> datetime: ...


#: Handed in by app.py: collecting what a decision needs is not the hook's.
Decide = Callable[[Asked], Awaitable[Decided]]
#: The same for a record the caller has found already: its id, and what is asked.
Check = Callable[[UUID, Enquiry], Awaitable[tuple[Answered, ...]]]
