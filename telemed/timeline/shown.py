"""From facts and verdicts to what the page shows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from telemed.cds.check_messages import Ground, Step
from telemed.cds.checking import step, window_left
from telemed.cds.detail import findings
from telemed.imaging import body, clock
from telemed.patients.messages import Words
from telemed.recognition import words
from telemed.recognition.decision import Finding, Outcome
from telemed.recognition.imaging_results import result_id
from telemed.recognition.rule_set import RuleSet
from telemed.recognition.rules import Item
from telemed.timeline import systems
from telemed.timeline.judge import Judged
from telemed.timeline.messages import (
    Earlier,
    ImagingResult,
    LaboratoryResult,
    NotDrawn,
    ResultVerdict,
    TimelineEntry,
    TrendAnswer,
    TrendPoint,
)
from telemed.timeline.results import Result, Seen, key_of, said
from telemed.timeline.store import Report, Study
from telemed.timeline.trends import WHY, LeftOut, Point, Trend, interval

Names = Mapping[str, Item]


@dataclass
class Steps:
    """Steps of several judgements, each once: most results of a page went through the same."""

    told: list[Step] = field(default_factory=list[Step])
    _places: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def place(self, one: Finding) -> int:
        """Where the step stands.  Evidence, which differs from result to result, is the decision's to tell."""
        name = (one.code, one.clause)
        if name not in self._places:
            self._places[name] = len(self.told)
            self.told.append(step(replace(one, evidence=())))
        return self._places[name]


def names_of(rules: RuleSet) -> Names:
    """What every item is called in the documents in force."""
    found: dict[str, Item] = dict(rules.dictionary)
    for document in rules.catalogues:
        found.update(document.items)
    return found


def verdict(judged: Judged, decision: UUID, steps: Steps) -> ResultVerdict:
    """One verdict in words, with every step of the judgement and those that speak against the result."""
    one, basis = judged.verdict, judged.verdict.basis
    told = dict.fromkeys((*judged.answered.decision.findings, *findings(one)))
    against = [each for each in told if each.outcome is not Outcome.PASS]
    said_of, note = words.VERDICTS[one.verdict], words.NOTES[one.verdict]
    return ResultVerdict(
        code=one.verdict.value,
        words=Words(said_of.zh, said_of.en),
        note=Words(note.zh, note.en),
        steps=list(dict.fromkeys(steps.place(each) for each in told)),
        against=list(dict.fromkeys(steps.place(each) for each in against)),
        decision=decision,
        window=window_left(one.findings),
        ground=Ground(basis.issuer, basis.number, basis.label, basis.clause),
        mark=basis.label if one.prints_hr else "",
    )


Verdicts = Callable[[str], ResultVerdict | None]


def of_laboratory(
    report: Report, results: Sequence[Result], rules: RuleSet, names: Names, verdicts: Verdicts
) -> TimelineEntry:
    """A laboratory's report with its results in the order it has them."""
    told = [_laboratory_result(one, rules, names, verdicts) for one in results]
    service = next((one.get("text") or one.get("code") or "" for one in report.service), "")
    times = [one.at for one in results if one.at is not None]
    return TimelineEntry(
        id=report.id,
        kind="laboratory",
        at=max(times, default=None),
        placed_at=report.at,
        organization_id=report.organization_id,
        organization=report.organization_name,
        name=service or (told[0].name if told else ""),
        name_en=service or (told[0].name_en if told else ""),
        systems=_in_order({system for one in told for system in one.systems}),
        status=report.status,
        notes=report.notes,
        laboratory=told,
        imaging=None,
    )


def _laboratory_result(one: Result, rules: RuleSet, names: Names, verdicts: Verdicts) -> LaboratoryResult:
    seen, measured = one.seen, one.candidate.measured
    key = key_of(one, rules.keys_of)
    item = names.get(key or "")
    back = one.is_taken_back
    before = (seen, *one.earlier) if back and said(seen) else one.earlier
    return LaboratoryResult(
        id=one.id,
        key=key,
        name=seen.name or (item.name if item else seen.code),
        name_en=item.name_en if item and item.name_en else seen.name or seen.code,
        systems=list(systems.of_analyte(key)),
        value="" if back else said(seen),
        unit="" if back else seen.unit_written,
        reference=seen.reference_range,
        code_system=seen.code_system,
        code=seen.code,
        abnormal=None if back else measured.abnormal,
        critical=None if back else measured.critical,
        side="" if back else side(one),
        status=seen.standing,
        corrected=one.is_corrected,
        taken_back=back,
        specimen=seen.specimen_text or seen.specimen_code,
        method=seen.method_text or seen.method_code,
        notes=seen.notes,
        earlier=[_earlier(each) for each in before],
        verdict=verdicts(one.id),
    )


def _earlier(one: Seen) -> Earlier:
    return Earlier(said(one), one.unit_written, one.reference_range, one.standing, one.ordered_at)


def side(one: Result) -> str:
    """Above or below: what the laboratory flagged, else what its own interval says of a plain number."""
    flags = {flag.strip().upper() for flag in one.seen.flags}
    if flags & {"H", "HH", ">", "↑", "↑↑", "高", "偏高"}:
        return "high"
    if flags & {"L", "LL", "<", "↓", "↓↓", "低", "偏低"}:
        return "low"
    seen = one.seen
    if seen.value_kind != "quantity" or seen.comparator or seen.high or seen.denominator:
        return ""
    low, high = interval(one.candidate, seen.reference_range)
    number = Decimal(seen.number)
    if high is not None and number > Decimal(high):
        return "high"
    return "low" if low is not None and number < Decimal(low) else ""


def of_study(study: Study, verdicts: Verdicts, *, may_open: bool, may_read: bool) -> TimelineEntry:
    """A study with the standing of its report; the report itself is behind its link."""
    taken = clock.anchor(study.acquired_at, received_at=study.first_received_at, skew_seconds=study.skew_seconds)
    name = study.item or " ".join(study.modalities)
    regions = body.regions(f"{study.body_site} {study.item}")
    return TimelineEntry(
        id=study.id,
        kind="imaging",
        at=taken.at if isinstance(taken, clock.Known) else None,
        placed_at=study.at,
        organization_id=study.organization_id,
        organization=study.organization_name,
        name=name,
        name_en=name,
        systems=list(systems.of_study(regions, frozenset(study.modalities))),
        status="",
        notes=[],
        laboratory=[],
        imaging=ImagingResult(
            id=result_id(str(study.id)),
            modalities=study.modalities,
            body_site=study.body_site,
            laterality=study.laterality,
            images=study.instance_count,
            completeness=study.completeness,
            study=study.study_instance_uid if may_open and not study.hold else None,
            reading=study.reading_state or "",
            report=study.report_version_id if may_read else None,
            report_status=study.report_status or "",
            reported_by=study.reported_by or "",
            contested=study.contested,
            held=study.hold != "",
            verdict=verdicts(result_id(str(study.id))),
        ),
    )


def _in_order(found: Iterable[str]) -> list[str]:
    held = set(found)
    return [one for one in systems.SYSTEMS if one in held]


def of_trend(course: Trend, names: Names) -> TrendAnswer:
    """A trend with the values as issued beside those that were converted."""
    item = names.get(course.key)
    return TrendAnswer(
        key=course.key,
        name=item.name if item else course.key,
        name_en=(item.name_en or item.name) if item else course.key,
        unit=course.unit,
        points=[_point(one) for one in course.points],
        not_drawn=[_not_drawn(one) for one in course.left_out],
    )


def _point(point: Point) -> TrendPoint:
    one = point.result
    seen, measured = one.seen, one.candidate.measured
    return TrendPoint(
        id=one.id,
        at=point.at,
        value=point.value,
        low=point.low,
        high=point.high,
        factor=point.factor,
        issued_value=said(seen),
        issued_unit=seen.unit_written,
        issued_reference=seen.reference_range,
        code_system=seen.code_system,
        code=seen.code,
        method=seen.method_text or seen.method_code,
        organization_id=seen.organization_id,
        organization=seen.organization_name,
        abnormal=measured.abnormal,
        critical=measured.critical,
        side=side(one),
        status=seen.standing,
        corrected=one.is_corrected,
    )


def _not_drawn(left: LeftOut) -> NotDrawn:
    one, why = left.result, WHY[left.why]
    back = one.is_taken_back
    return NotDrawn(
        id=one.id,
        at=one.at,
        issued_value="" if back else said(one.seen),
        issued_unit="" if back else one.seen.unit_written,
        issued_reference=one.seen.reference_range,
        organization=one.seen.organization_name,
        status=one.seen.standing,
        why=Words(why.zh, why.en),
    )
