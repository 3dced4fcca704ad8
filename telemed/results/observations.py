"""ORU^R01 → reports and their observations. Pure.  HL7 v2.5.1 §7.3.1, §7.4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from telemed.results.hl7_message import Malformed, Message, Segment
from telemed.results.moments import Moment
from telemed.results.pid import Clock, is_long, source_patient
from telemed.results.report import (
    Doubt,
    Observation,
    PatientReports,
    Report,
    Results,
    Specimen,
    Status,
)
from telemed.results.values import NO_CODE, CodedText, codes, read_value

#: Table 0085.  W: posted to the wrong patient; D: deleted; X: cannot be obtained; U: final, sent before as preliminary.
OBSERVATION_STATUS = {
    "C": Status.CORRECTED, "F": Status.FINAL, "U": Status.FINAL, "P": Status.PRELIMINARY, "R": Status.PRELIMINARY,
    "S": Status.PRELIMINARY, "B": Status.PRELIMINARY, "V": Status.PRELIMINARY, "A": Status.PRELIMINARY,
    "I": Status.REGISTERED, "O": Status.REGISTERED, "N": Status.CANCELLED, "X": Status.CANCELLED,
    "W": Status.ENTERED_IN_ERROR, "D": Status.ENTERED_IN_ERROR,
}  # fmt: skip
#: Table 0123.
REPORT_STATUS = {
    "O": Status.REGISTERED, "I": Status.REGISTERED, "S": Status.REGISTERED, "A": Status.PRELIMINARY,
    "P": Status.PRELIMINARY, "R": Status.PRELIMINARY, "M": Status.PRELIMINARY, "F": Status.FINAL,
    "C": Status.CORRECTED, "X": Status.CANCELLED, "W": Status.ENTERED_IN_ERROR,
}  # fmt: skip
_COLLECTED = ("OBX-14", "SPM-17", "OBR-7")


@dataclass(slots=True)
class _Order:
    """What stands below one OBR while a message is walked."""

    obr: Segment
    orc: Segment | None
    notes: list[str] = field(default_factory=list[str])
    observations: list[tuple[Segment, list[str]]] = field(default_factory=list[tuple[Segment, list[str]]])
    specimens: list[Segment] = field(default_factory=list[Segment])


@dataclass(slots=True)
class _Whose:
    pid: Segment
    orders: list[_Order] = field(default_factory=list[_Order])


def results(message: Message, zone: ZoneInfo, *, received_at: datetime) -> Results | Malformed:
    """Read the reports of an ORU^R01.

    zone: the county's, for times without one.  received_at: aware, for judging times in the future.
    """
    header = message.header
    if (header.text(9), header.text(9, 2)) != ("ORU", "R01"):
        return Malformed("message-type", "MSH-9")
    if header.text(11) not in ("", "P"):
        return Malformed("processing-id", "MSH-11")
    groups = _grouped(message.segments)
    if isinstance(groups, Malformed):
        return groups
    clock = Clock(zone, received_at)
    doubts = (Doubt("charset-doubtful", "MSH-18"),) if message.charset.confidence == "doubtful" else ()
    return Results(tuple(_patient(group, clock) for group in groups), clock.read(header.text(7)), doubts)


def _grouped(segments: Sequence[Segment]) -> list[_Whose] | Malformed:
    """Hang each segment below the one it belongs to; segments that say nothing of results are passed over."""
    groups: list[_Whose] = []
    orc: Segment | None = None
    below = "PID"
    for one in segments:
        if one.name == "PID":
            groups.append(_Whose(one))
            orc, below = None, "PID"
        elif one.name == "ORC":
            orc = one
        elif one.name == "OBR":
            if not groups:
                return Malformed("patient-missing", f"line {one.line}")
            groups[-1].orders.append(_Order(one, orc))
            orc, below = None, "OBR"
        elif one.name in ("OBX", "SPM", "NTE"):
            if not groups or not groups[-1].orders:
                if one.name == "OBX":
                    return Malformed("result-without-order", f"line {one.line}")
                continue
            below = _hang(groups[-1].orders[-1], one, below)
    if not any(group.orders for group in groups):
        return Malformed("order-missing", "OBR")
    return [group for group in groups if group.orders]


def _hang(order: _Order, one: Segment, below: str) -> str:
    if one.name == "OBX":
        order.observations.append((one, []))
        return "OBX"
    if one.name == "SPM":
        order.specimens.append(one)
        return "SPM"
    note = "\n".join(one.plain(part) for part in one.repetitions(3))
    if note.strip():
        (order.observations[-1][1] if below == "OBX" else order.notes).append(note)
    return below


def _patient(group: _Whose, clock: Clock) -> PatientReports:
    patient, doubts = source_patient(group.pid, clock)
    return PatientReports(patient, tuple(_report(order, clock) for order in group.orders), doubts)


def _report(order: _Order, clock: Clock) -> Report:
    obr = order.obr
    number, system = _number(order)
    written = obr.text(25).upper()
    doubts: list[Doubt] = []
    if not number:
        doubts.append(Doubt("report-number-missing", f"OBR-3 line {obr.line}"))
    elif is_long(number, system):
        doubts.append(Doubt("too-long", f"OBR-3 line {obr.line}"))
    if written and written not in REPORT_STATUS:
        doubts.append(Doubt("status-unknown", f"OBR-25 line {obr.line}", written[:20]))
    specimen = _specimen(order, clock)
    observations = [_observation(one, notes, order, specimen, clock) for one, notes in order.observations]
    return Report(
        line=obr.line,
        number=number,
        number_system=system,
        placer_number=obr.text(2),
        service=codes(obr, 4),
        status=REPORT_STATUS.get(written),
        status_written=written,
        requested=clock.read(obr.text(6)),
        changed=clock.read(obr.text(22)),
        specimen=specimen,
        notes=tuple(order.notes),
        observations=tuple(_told_apart(observations)),
        doubts=tuple(doubts),
    )


def _number(order: _Order) -> tuple[str, str]:
    for one, at in ((order.obr, 3), (order.orc, 3)):
        if one is not None and (number := one.text(at)):
            return number, "^".join(one.text(at, part) for part in (2, 3, 4)).strip("^")
    placer = order.obr.text(2) or ("" if order.orc is None else order.orc.text(2))
    return (placer, "placer:" + order.obr.text(2, 2)) if placer else ("", "")


def _specimen(order: _Order, clock: Clock) -> Specimen:
    if not order.specimens:
        # OBR-15 is CM before v2.5: subcomponents of the first component are the code
        obr = order.obr
        kind = CodedText(obr.text(15, 1, 1), obr.text(15, 1, 2), obr.text(15, 1, 3))
        return Specimen(type=kind, received=clock.read(obr.text(14)))
    first = order.specimens[0]
    if len(order.specimens) > 1:
        return Specimen(ambiguous=True)
    kind = codes(first, 4)
    flags = (*(code for one in first.repetitions(24) for code in codes(first, 24, one)), *codes(first, 21))
    return Specimen(
        id=first.text(2, 2) or first.text(2),
        type=kind[0] if kind else NO_CODE,
        collected=clock.read(first.text(17)),
        received=clock.read(first.text(18)) or clock.read(order.obr.text(14)),
        flags=flags,
    )


def _observation(one: Segment, notes: list[str], order: _Order, specimen: Specimen, clock: Clock) -> Observation:
    found = codes(one, 3)
    value = read_value(one)
    written = one.text(11).upper()
    status = OBSERVATION_STATUS.get(written)
    doubts: list[Doubt] = []
    if not found:
        doubts.append(Doubt("code-missing", f"OBX-3 line {one.line}"))
    elif is_long(found[0].system, found[0].code or found[0].text, one.text(4)):
        doubts.append(Doubt("too-long", f"OBX-3 line {one.line}"))
    if value.fault:
        doubts.append(Doubt(value.fault, f"OBX-5 line {one.line}", value.text[:60]))
    if written and status is None:
        doubts.append(Doubt("status-unknown", f"OBX-11 line {one.line}", written[:20]))
    if not written:
        written = order.obr.text(25).upper()
        status = REPORT_STATUS.get(written)
        if not written:
            doubts.append(Doubt("status-missing", f"OBX-11 line {one.line}"))
    collected, source, passed_over = _collected(one, order.obr, specimen, clock)
    return Observation(
        line=one.line,
        value_type=one.text(2).upper(),
        codes=found,
        sub_id=one.text(4),
        value=value,
        unit=one.text(6) or one.text(6, 2),
        reference_range=one.plain(one.raw(7)).strip(),
        flags=tuple(flag for repetition in one.repetitions(8) if (flag := one.part(repetition))),
        status=status,
        status_written=written,
        collected=collected,
        collected_source=source,
        collected_passed_over=passed_over,
        analysed=clock.read(one.text(19)),
        method=(codes(one, 17) or (NO_CODE,))[0],
        device=one.text(18),
        producer=(codes(one, 15) or (NO_CODE,))[0],
        performer=one.text(23),
        notes=tuple(notes),
        doubts=tuple(doubts),
    )


def _collected(
    obx: Segment, obr: Segment, specimen: Specimen, clock: Clock
) -> tuple[Moment | None, str, tuple[str, ...]]:
    """When the specimen was taken: OBX-14, else SPM-17, else OBR-7; never when it was reported.

    A field that cannot be the collection is passed over: it is the time of the report (OBR-22) or later than the
    specimen came to the laboratory, which is what systems write that fill in the time of analysis.
    Returns the moment, its field, and the fields passed over.
    """
    changed = clock.read(obr.text(22))
    stated = (clock.read(obx.text(14)), specimen.collected, clock.read(obr.text(7)))
    passed_over: list[str] = []
    for name, moment in zip(_COLLECTED, stated, strict=True):
        if moment is None:
            continue
        if _is_same(moment, changed) or _is_later(moment, specimen.received):
            passed_over.append(name)
            continue
        return moment, name, tuple(passed_over)
    return None, "", tuple(passed_over)


def _is_same(moment: Moment, other: Moment | None) -> bool:
    return other is not None and moment.at is not None and moment.at == other.at


def _is_later(moment: Moment, other: Moment | None) -> bool:
    return other is not None and moment.at is not None and other.at is not None and moment.at > other.at


def _told_apart(observations: Sequence[Observation]) -> Iterator[Observation]:
    """Mark results of one code and sub-id within a report: which of them counts is not said."""
    keys = [one.key for one in observations]
    for one in observations:
        if one.codes and keys.count(one.key) > 1:
            yield replace(one, doubts=(*one.doubts, Doubt("observation-twice", f"OBX-4 line {one.line}")))
        else:
            yield one
