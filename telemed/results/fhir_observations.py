"""An Observation of FHIR R4 as a result of a laboratory's report.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from telemed.results.fhir_bundle import Item, Transaction
from telemed.results.fhir_resources import (
    CodeableConcept,
    Component,
    DiagnosticReport,
    Observation,
    Period,
    Specimen,
    Valued,
)
from telemed.results.fhir_values import codes_of, range_of, value_of
from telemed.results.moments import Moment, read_moment
from telemed.results.report import Doubt, Status
from telemed.results.report import Observation as Result
from telemed.results.values import NO_CODE, CodedText

#: observation-status and diagnostic-report-status; `unknown` is none that a result could be relied on with.
STATUS = {
    "registered": Status.REGISTERED, "partial": Status.PRELIMINARY, "preliminary": Status.PRELIMINARY,
    "final": Status.FINAL, "amended": Status.CORRECTED, "corrected": Status.CORRECTED, "appended": Status.CORRECTED,
    "cancelled": Status.CANCELLED, "entered-in-error": Status.ENTERED_IN_ERROR,
}  # fmt: skip
KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Reading:
    bundle: Transaction
    zone: ZoneInfo
    received_at: datetime
    organization_code: str

    def moment(self, written: str) -> Moment | None:
        return read_moment(written, self.zone, received_at=self.received_at)


@dataclass(frozen=True, slots=True)
class Whole:
    """A report as it is read: its own resource, and when this version of it was made."""

    report: DiagnosticReport
    changed: Moment | None


def observed(item: Item) -> Observation:
    if not isinstance(item.resource, Observation):
        raise TypeError(item.kind)
    return item.resource


def taken(one: Specimen) -> str:
    return one.collection.collected_date_time or one.collection.collected_period.start


def observations_of(item: Item, whole: Whole, specimen: Specimen | None, reading: Reading) -> Iterator[Result]:
    """A result and, of one with components, each of these; a panel that only holds others is no result itself."""
    one = observed(item)
    itself = _observation(item, one, whole, specimen, reading)
    if itself.value.kind != "none" or not (one.component or one.has_member):
        yield itself
    for each in one.component:
        yield _observation(item, each, whole, specimen, reading)


def _observation(
    item: Item, said: Observation | Component, whole: Whole, specimen: Specimen | None, reading: Reading
) -> Result:
    one = observed(item)
    value, unit, contradicts = value_of(said)
    codes = codes_of(said.code)
    # a component is told from another panel's by the panel's code
    sub_id = "" if said is one else (codes_of(one.code) or (NO_CODE,))[0].code
    status = STATUS.get(one.status)
    collected, source, passed_over = _collected(one, whole, specimen, reading)
    doubts = list(_doubts(item, one, codes, sub_id))
    if value.fault:
        doubts.append(Doubt(value.fault, f"{item.place}.value", value.text[:60]))
    if contradicts:
        doubts.append(Doubt("unit-contradicts", f"{item.place}.valueQuantity", unit[:60]))
    return Result(
        line=item.line,
        value_type=_type_of(said),
        codes=codes,
        sub_id=sub_id,
        value=value,
        unit=unit,
        reference_range=range_of(said.reference_range),
        flags=tuple(flag for each in said.interpretation if (flag := _flag(each))),
        status=status,
        status_written=one.status,
        collected=collected,
        collected_source=source,
        collected_passed_over=passed_over,
        analysed=None,
        method=(codes_of(one.method) or (NO_CODE,))[0],
        device="" if one.device is None else one.device.display,
        producer=CodedText("", "", ""),
        performer=next((each.display for each in one.performer if each.display), ""),
        notes=tuple(each.text for each in one.note if each.text.strip()),
        doubts=tuple(doubts),
    )


def _doubts(item: Item, one: Observation, codes: Sequence[CodedText], sub_id: str) -> Iterator[Doubt]:
    if not codes:
        yield Doubt("code-missing", f"{item.place}.code")
    elif max(len(word) for word in (codes[0].system, codes[0].code or codes[0].text, sub_id)) > KEY_LENGTH:
        yield Doubt("too-long", f"{item.place}.code")
    if not one.status:
        yield Doubt("status-missing", f"{item.place}.status")
    elif one.status not in STATUS:
        yield Doubt("status-unknown", f"{item.place}.status", one.status[:20])


def _type_of(said: Valued) -> str:
    names = {
        "Quantity": said.value_quantity, "string": said.value_string, "CodeableConcept": said.value_codeable_concept,
        "integer": said.value_integer, "boolean": said.value_boolean, "Range": said.value_range,
        "Ratio": said.value_ratio, "dateTime": said.value_date_time, "time": said.value_time,
        "Period": said.value_period, "SampledData": said.value_sampled_data,
    }  # fmt: skip
    return next((name for name, value in names.items() if value is not None), "")


def _flag(concept: CodeableConcept) -> str:
    return next((one.code for one in concept.coding if one.code), concept.text)


def _collected(
    one: Observation, whole: Whole, specimen: Specimen | None, reading: Reading
) -> tuple[Moment | None, str, tuple[str, ...]]:
    """When the specimen was taken: effective[x], else the specimen's collection, else the report's effective[x].

    Never `issued`: what equals it, or is later than the specimen was received, is passed over, as with HL7 v2.
    """
    issued = (reading.moment(one.issued), whole.changed)
    received = None if specimen is None else reading.moment(specimen.received_time)
    stated = (
        ("Observation.effective", one.effective_date_time or one.effective_instant or _start(one.effective_period)),
        ("Specimen.collection", "" if specimen is None else taken(specimen)),
        ("DiagnosticReport.effective", whole.report.effective_date_time or _start(whole.report.effective_period)),
    )
    passed_over: list[str] = []
    for name, written in stated:
        moment = reading.moment(written)
        if moment is None:
            continue
        if _is_later(moment, received) or any(_is_same(moment, each) for each in issued):
            passed_over.append(name)
            continue
        return moment, name, tuple(passed_over)
    return None, "", tuple(passed_over)


def _is_same(moment: Moment, other: Moment | None) -> bool:
    return other is not None and moment.at is not None and moment.at == other.at


def _is_later(moment: Moment, other: Moment | None) -> bool:
    return other is not None and moment.at is not None and other.at is not None and moment.at > other.at


def _start(period: Period) -> str:
    return period.start or period.end
