"""A FHIR R4 transaction → the reports of a message, in the same form as an ORU^R01 has them.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from telemed.results.fhir_bundle import MOST_RESULTS, BundleFault, Item, Transaction, contained_specimen
from telemed.results.fhir_observations import KEY_LENGTH, STATUS, Reading, Whole, observations_of, observed, taken
from telemed.results.fhir_panels import Panels
from telemed.results.fhir_patients import patient_of
from telemed.results.fhir_resources import DiagnosticReport, Identifier, Observation, Organization, Reference, Specimen
from telemed.results.fhir_values import codes_of
from telemed.results.report import Doubt, Report, Results
from telemed.results.report import Observation as Result
from telemed.results.report import Specimen as Sample
from telemed.results.values import NO_CODE

#: Under which an organisation's own code is written.
ORGANIZATION_CODE = "urn:cn:county:organization-code"


def results(
    bundle: Transaction, zone: ZoneInfo, *, received_at: datetime, organization_code: str
) -> Results | BundleFault:
    """Read the reports of a transaction; one reference that leads nowhere refuses it whole.

    zone: the county's, for times without one.  received_at: aware.  organization_code: the sender's.
    """
    reading = Reading(bundle, zone, received_at, organization_code)
    reports = bundle.of("DiagnosticReport")
    if not reports:
        return BundleFault("report-missing")
    made: dict[int, list[Report]] = {}
    used: set[int] = set()
    panels, listed = Panels(bundle), 0
    for item in reports:
        found = _report(item, reading, panels)
        if isinstance(found, BundleFault):
            return found
        patient, report, members = found
        # one result in many reports is as many rows
        listed += max(len(members), len(report.observations))
        if listed > MOST_RESULTS:
            return BundleFault("too-many-results", f"{item.place}.result")
        made.setdefault(patient.index, []).append(report)
        used |= members
    left = next((one for one in bundle.of("Observation") if one.index not in used), None)
    if left is not None:
        return BundleFault("observation-without-report", left.place)
    patients = tuple(patient_of(bundle.items[index], tuple(each), reading) for index, each in made.items())
    return Results(patients, reading.moment(bundle.timestamp))


def _report(item: Item, reading: Reading, panels: Panels) -> tuple[Item, Report, set[int]] | BundleFault:
    """A report with whose it is, and which observations are its."""
    one = item.resource
    if not isinstance(one, DiagnosticReport):
        raise TypeError(item.kind)
    patient = _whose(one.subject, item, reading)
    if isinstance(patient, BundleFault):
        return patient
    stranger = _performed_elsewhere(one.performer, item, reading)
    if stranger is not None:
        return stranger
    members = panels.members(item, one.result)
    if isinstance(members, BundleFault):
        return members
    specimens = _specimens(item, one, members, reading)
    if isinstance(specimens, BundleFault):
        return specimens
    whole = Whole(one, reading.moment(one.issued))
    observations: list[Result] = []
    for each in members:
        theirs = _whose(observed(each).subject, each, reading)
        if isinstance(theirs, BundleFault):
            return theirs
        if theirs.index != patient.index:
            return BundleFault("another-patient", f"{each.place}.subject")
        observations += observations_of(each, whole, specimens[each.index], reading)
    number, placer = _numbers(one)
    status = STATUS.get(one.status)
    report = Report(
        line=item.line,
        number=number.value,
        number_system=number.system,
        placer_number=placer.value,
        service=codes_of(one.code),
        status=status,
        status_written=one.status,
        requested=None,
        changed=whole.changed,
        specimen=_shared(list(specimens.values()), reading),
        notes=(),
        observations=tuple(_told_apart(observations)),
        doubts=tuple(_doubts_of_report(item, one, number)),
    )
    return patient, report, {each.index for each in members}


def _doubts_of_report(item: Item, one: DiagnosticReport, number: Identifier) -> Iterator[Doubt]:
    if not number.value:
        yield Doubt("report-number-missing", f"{item.place}.identifier")
    elif max(len(number.value), len(number.system)) > KEY_LENGTH:
        yield Doubt("too-long", f"{item.place}.identifier")
    if one.status not in STATUS and one.status != "unknown":
        yield Doubt("status-unknown", f"{item.place}.status", one.status[:20])


def _numbers(one: DiagnosticReport) -> tuple[Identifier, Identifier]:
    """The laboratory's own number and the requester's, by their type; the first untyped one is the laboratory's."""
    typed = {code.code: each for each in reversed(one.identifier) for code in each.type.coding}
    rest = [each for each in one.identifier if each.value and "PLAC" not in {code.code for code in each.type.coding}]
    return typed.get("FILL", rest[0] if rest else Identifier()), typed.get("PLAC", Identifier())


def _whose(subject: Reference | None, item: Item, reading: Reading) -> Item | BundleFault:
    place = f"{item.place}.subject"
    if subject is None:
        return BundleFault("reference-missing", place)
    return reading.bundle.resolve(subject, "Patient", place)


def _performed_elsewhere(performers: Sequence[Reference], item: Item, reading: Reading) -> BundleFault | None:
    """Whether a performing organisation that says its code is another than the sender's; a name proves nothing."""
    place = f"{item.place}.performer"
    for one in performers:
        if not one.reference and one.identifier is None:
            continue
        codes = [one.identifier] if one.identifier is not None else []
        if one.reference:
            kind = one.type or one.reference.partition("?")[0].partition("/")[0]
            if kind in {"Practitioner", "PractitionerRole"}:
                continue
            found = reading.bundle.resolve(one, "Organization", place)
            if isinstance(found, BundleFault) and found.reason != "reference-type":
                return found
            if isinstance(found, Item) and isinstance(found.resource, Organization):
                codes = list(found.resource.identifier)
        stated = {each.value for each in codes if each.system == ORGANIZATION_CODE}
        if stated and stated != {reading.organization_code}:
            return BundleFault("another-organization", place)
    return None


def _specimens(
    item: Item, report: DiagnosticReport, members: Sequence[Item], reading: Reading
) -> dict[int, Specimen | None] | BundleFault:
    """The specimen of each observation: its own, or the one of the report."""
    of_report: list[Specimen] = []
    for one in report.specimen:
        found = _specimen(one, item, report, reading)
        if isinstance(found, BundleFault):
            return found
        of_report.append(found)
    shared = of_report[0] if len(of_report) == 1 else None
    made: dict[int, Specimen | None] = {}
    for each in members:
        own = observed(each).specimen
        found = shared if own is None else _specimen(own, each, observed(each), reading)
        if isinstance(found, BundleFault):
            return found
        made[each.index] = found
    return made


def _specimen(
    reference: Reference, item: Item, resource: DiagnosticReport | Observation, reading: Reading
) -> Specimen | BundleFault:
    place = f"{item.place}.specimen"
    if reference.reference.startswith("#"):
        return contained_specimen(resource.contained, reference.reference) or BundleFault("reference-unresolved", place)
    found = reading.bundle.resolve(reference, "Specimen", place)
    if isinstance(found, BundleFault):
        return found
    return found.resource if isinstance(found.resource, Specimen) else BundleFault("reference-type", place)


def _shared(specimens: Sequence[Specimen | None], reading: Reading) -> Sample:
    """The specimen of a report; of several, which one a result is of is not said of the report."""
    told = [one for at, one in enumerate(specimens) if one is not None and one not in specimens[:at]]
    if not told:
        return Sample()
    if len(told) > 1:
        return Sample(ambiguous=True)
    one = told[0]
    kind = codes_of(one.type)
    numbers = [each.value for each in (*one.identifier, one.accession_identifier) if each.value]
    return Sample(
        id=numbers[0] if numbers else "",
        type=kind[0] if kind else NO_CODE,
        collected=reading.moment(taken(one)),
        received=reading.moment(one.received_time),
        flags=tuple(code for each in one.condition for code in codes_of(each)),
    )


def _told_apart(observations: Sequence[Result]) -> Iterator[Result]:
    """Mark results of one code within a report: which of them counts is not said."""
    counted = Counter(one.key for one in observations)
    for one in observations:
        if one.codes and counted[one.key] > 1:
            yield replace(one, doubts=(*one.doubts, Doubt("observation-twice", f"Bundle.entry[{one.line - 1}]")))
        else:
            yield one
