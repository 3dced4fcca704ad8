"""For every ground one near miss: a good case with exactly that ground taken away, and what has to come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

from telemed.recognition.decision import Verdict
from telemed.recognition.facts import LinkState, Probe, Status
from telemed.recognition.rules import Basis, Direction, GrantState, Mode
from tests.unit.recognition.good import (
    AS_OF,
    COUNTY,
    OTHER,
    OUTSIDE,
    TOWNSHIP,
    Case,
    ecg,
    imaging,
    laboratory,
    scope,
    ultrasound,
)

MUST, MAY, EXEMPT = Verdict.MUST_OFFER, Verdict.MAY_OFFER, Verdict.EXEMPT
SET_ASIDE, BY_HAND = Verdict.NOT_ELIGIBLE, Verdict.INDETERMINATE


@dataclass(frozen=True)
class NearMiss:
    """also: findings that follow from the same missing ground, as a result without a time has no grant at its time."""

    code: str
    good: Callable[[], Case]
    without: Callable[[Case], Case]
    verdict: Verdict | None
    also: frozenset[str] = frozenset()
    name: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()


def miss(code, good, without, verdict, *also, name=""):
    return NearMiss(code, good, without, verdict, frozenset(also), name)


def identity(state: LinkState) -> Callable[[Case], Case]:
    return lambda case: case.with_identity(state=state)


def status(one: Status) -> Callable[[Case], Case]:
    return lambda case: case.with_candidate(status=one)


def suspended(case: Case) -> Case:
    return case.with_grant(state=GrantState.SUSPENDED, known_from=case.grant.known_from)


def withdrawn_back(case: Case) -> Case:
    back = case.collected
    return case.with_grant(state=GrantState.WITHDRAWN, known_from=AS_OF, withdrawn_from=back)


def read_by_county() -> Case:
    """A township's image whose grant rests on the county's reading."""
    return imaging().with_grant(basis=Basis.COUNTY_READING, reader_id=COUNTY)


def lower_accepts_higher() -> Case:
    case = laboratory().with_scope(direction=Direction.LOWER_ACCEPTS_HIGHER)
    return case.with_organization(TOWNSHIP, level=32)


def named() -> Case:
    return laboratory().with_scope(
        direction=Direction.NAMED, producers=frozenset({TOWNSHIP}), accepters=frozenset({COUNTY})
    )


def all_but_negative() -> Case:
    case = laboratory()
    return case.with_catalogue(mode=Mode.ALL_BUT_NEGATIVE)


def two_keys(case: Case) -> Case:
    twin = replace(case.item, key="glucose-2")
    grants = (replace(one, id=f"{one.id}-2", item_key=twin.key) for one in case.facts.grants)
    return case.with_catalogue(items={case.item.key: case.item, twin.key: twin}).with_facts(
        grants=(*case.facts.grants, *grants)
    )


def without_anchor() -> Case:
    return laboratory().with_candidate(collected_at=None)


def operation_before() -> Case:
    case = laboratory()
    return case.with_event(case.collected - timedelta(seconds=1))


NEAR_MISSES = (
    # identity
    miss("identity-not-linked", laboratory, identity(LinkState.NONE), SET_ASIDE),
    miss("identity-not-linked", laboratory, lambda case: case.with_facts(identities=()), SET_ASIDE, name="no link"),
    miss("identity-potential", laboratory, identity(LinkState.POTENTIAL), BY_HAND),
    miss("identity-temporary", laboratory, identity(LinkState.TEMPORARY), BY_HAND),
    miss(
        "identity-missing",
        lambda: laboratory().with_candidate(patient_id="p-county").with_identity(filed_patient_id="p-county"),
        lambda case: case.with_facts(identities=()),
        BY_HAND,
    ),
    # mapping
    miss(
        "kind-contradicts",
        lambda: imaging().with_item(kind="ecg").with_candidate(kind="ecg"),
        lambda case: case.with_candidate(kind="imaging"),
        SET_ASIDE,
    ),
    miss(
        "mapping-unconfirmed",
        laboratory,
        lambda case: case.with_candidate(mapping=replace(case.candidate.mapping, confirmed=False)),
        BY_HAND,
    ),
    miss("order-ambiguous", laboratory, two_keys, BY_HAND),
    # G1
    miss("status-preliminary", laboratory, status(Status.PRELIMINARY), SET_ASIDE),
    miss("status-cancelled", laboratory, status(Status.CANCELLED), SET_ASIDE),
    miss("status-entered-in-error", laboratory, status(Status.ENTERED_IN_ERROR), SET_ASIDE),
    miss("status-unknown", laboratory, status(Status.UNKNOWN), BY_HAND),
    miss("integrity-broken", laboratory, lambda case: case.with_candidate(intact=False), SET_ASIDE),
    miss("integrity-unchecked", laboratory, lambda case: case.with_candidate(intact=None), BY_HAND),
    miss("signatures-few", imaging, lambda case: case.with_candidate(signatures=0), SET_ASIDE),
    miss("signatures-missing", imaging, lambda case: case.with_candidate(signatures=None), BY_HAND),
    # G2
    miss("grant-none", laboratory, lambda case: case.with_facts(grants=()), MAY),
    miss("grant-withdrawn", laboratory, withdrawn_back, SET_ASIDE),
    miss("grant-suspended", laboratory, suspended, SET_ASIDE),
    miss("grant-proposed", laboratory, lambda case: case.with_grant(state=GrantState.PROPOSED), MAY),
    miss(
        "grant-out-of-period",
        laboratory,
        lambda case: case.with_grant(ends=case.collected),
        MAY,
        name="ended when the specimen was collected",
    ),
    miss(
        "grant-out-of-period",
        laboratory,
        lambda case: case.with_grant(begins=case.collected + timedelta(microseconds=1)),
        MAY,
        name="begun a moment later",
    ),
    miss(
        "grant-out-of-period",
        laboratory,
        lambda case: case.with_grant(state=GrantState.EXPIRED),
        MAY,
        name="stored as expired",
    ),
    miss("grant-other-reader", read_by_county, lambda case: case.with_candidate(reporting_id=OUTSIDE), MAY),
    miss(
        "grant-other-device",
        lambda: imaging().with_grant(device_id="ct-1"),
        lambda case: case.with_candidate(device_id="ct-2"),
        MAY,
    ),
    miss(
        "grant-device-unknown",
        lambda: imaging().with_grant(device_id="ct-1"),
        lambda case: case.with_candidate(device_id=None),
        MAY,
    ),
    miss("grant-scope-outside", laboratory, lambda case: case.with_grant(scope=scope(key="2301")), MAY),
    miss("scope-outside", laboratory, lambda case: case.with_scope(key="2301"), MAY),
    miss("scope-direction", lower_accepts_higher, lambda case: case.with_organization(TOWNSHIP, level=31), MAY),
    miss("scope-not-named", named, lambda case: case.with_scope(accepters=frozenset({OUTSIDE})), MAY),
    miss("organization-unknown", laboratory, lambda case: case.with_facts(organizations=()), MAY),
    miss(
        "ultrasound-outside-community",
        ultrasound,
        lambda case: case.with_organization(TOWNSHIP, community="elsewhere"),
        MAY,
    ),
    miss(
        "ultrasound-community-unknown",
        ultrasound,
        lambda case: case.with_facts(organizations=()),
        MAY,
        "organization-unknown",
    ),
    # G3
    miss("window-past", laboratory, lambda case: replace(case, as_of=datetime(2026, 11, 27, 16, 0, tzinfo=UTC)), MAY),
    miss("anchor-missing", laboratory, lambda case: case.with_candidate(collected_at=None), MAY, "grant-time-unknown"),
    miss(
        "anchor-without-zone",
        laboratory,
        lambda case: case.with_candidate(collected_at=datetime(2026, 11, 20, 8, 30)),  # noqa: DTZ001
        MAY,
        "grant-time-unknown",
    ),
    miss(
        "anchor-future",
        lambda: laboratory().with_candidate(reported_at=None),
        lambda case: case.with_candidate(collected_at=AS_OF + timedelta(microseconds=1)),
        MAY,
        "grant-time-unknown",
    ),
    miss(
        "anchor-absurd",
        laboratory,
        lambda case: case.with_candidate(collected_at=datetime(1900, 1, 1, tzinfo=UTC)),
        MAY,
        "grant-time-unknown",
    ),
    miss(
        "anchor-absurd",
        laboratory,
        lambda case: case.with_candidate(collected_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))),
        MAY,
        "grant-time-unknown",
        name="before there was a calendar",
    ),
    miss(
        "anchor-after-report",
        laboratory,
        lambda case: case.with_candidate(reported_at=case.collected - timedelta(seconds=1)),
        MAY,
        "grant-time-unknown",
    ),
    miss(
        "grant-time-unknown",
        laboratory,
        lambda case: case.with_candidate(collected_at=None),
        MAY,
        "anchor-missing",
    ),
    # G4, laboratory
    miss("value-missing", laboratory, lambda case: case.with_measured(value=None), BY_HAND),
    miss("specimen-other", laboratory, lambda case: case.with_measured(specimen="urine"), SET_ASIDE),
    miss("specimen-missing", laboratory, lambda case: case.with_measured(specimen=None), BY_HAND),
    miss("specimen-unfit", laboratory, lambda case: case.with_measured(flags=frozenset({"haemolysed"})), SET_ASIDE),
    miss("method-other", laboratory, lambda case: case.with_measured(method_class="dry-strip"), SET_ASIDE),
    miss("method-missing", laboratory, lambda case: case.with_measured(method_class=None), BY_HAND),
    miss("unit-other", laboratory, lambda case: case.with_measured(unit="mmol/L/h"), SET_ASIDE),
    miss("unit-missing", laboratory, lambda case: case.with_measured(unit=None), BY_HAND),
    # G4, imaging
    miss("modality-other", imaging, lambda case: case.with_acquired(modality="CTA"), SET_ASIDE),
    miss("modality-missing", imaging, lambda case: case.with_acquired(modality=None), BY_HAND),
    miss("site-other", imaging, lambda case: case.with_acquired(body_site="ankle"), SET_ASIDE),
    miss("site-missing", imaging, lambda case: case.with_acquired(body_site=None), BY_HAND),
    miss("side-other", imaging, lambda case: case.with_acquired(laterality="R"), SET_ASIDE),
    miss("side-missing", imaging, lambda case: case.with_acquired(laterality=None), BY_HAND),
    miss("contrast-less", imaging, lambda case: case.with_acquired(contrast="enhanced"), SET_ASIDE),
    miss("contrast-missing", imaging, lambda case: case.with_acquired(contrast=None), BY_HAND),
    miss(
        "technique-below",
        imaging,
        lambda case: case.with_acquired(technique={"slice_mm": "2.51", "rows": "64"}),
        SET_ASIDE,
        name="slice too thick",
    ),
    miss(
        "technique-below",
        imaging,
        lambda case: case.with_acquired(technique={"slice_mm": "1.25", "rows": "15"}),
        SET_ASIDE,
        name="too few rows",
    ),
    miss("technique-missing", imaging, lambda case: case.with_acquired(technique={"rows": "64"}), BY_HAND),
    miss("series-incomplete", imaging, lambda case: case.with_acquired(complete=False), SET_ASIDE),
    miss("completeness-unknown", imaging, lambda case: case.with_acquired(complete=None), BY_HAND),
    # G5
    miss(
        "images-unavailable",
        imaging,
        lambda case: case.with_acquired(probe=replace(case.candidate.acquired.probe, available=False)),
        SET_ASIDE,
    ),
    miss("images-unchecked", imaging, lambda case: case.with_acquired(probe=None), BY_HAND),
    miss(
        "images-stale",
        imaging,
        lambda case: case.with_acquired(
            probe=Probe(available=True, checked_at=AS_OF - timedelta(minutes=30, microseconds=1))
        ),
        BY_HAND,
    ),
    miss("grade-c", imaging, lambda case: case.with_acquired(grade="C"), SET_ASIDE),
    miss("grade-reject", imaging, lambda case: case.with_acquired(grade="reject"), SET_ASIDE),
    miss("grade-missing", imaging, lambda case: case.with_acquired(grade=None), MAY),
    # G6
    miss("item-volatile", laboratory, lambda case: case.with_item(volatile=True), MAY),
    miss("event-between", operation_before, lambda case: case.with_event(case.collected), MAY),
    miss("event-undated", laboratory, lambda case: case.with_event(None), MAY),
    miss(
        "event-undated",
        laboratory,
        lambda case: case.with_event(datetime(2026, 11, 1)),  # noqa: DTZ001
        MAY,
        name="without a zone",
    ),
    miss("event-order-unknown", without_anchor, lambda case: case.with_event(AS_OF), MAY),
    # G7
    miss("exception-value-abnormal", laboratory, lambda case: case.with_measured(abnormal=True), MAY),
    miss("exception-value-critical", laboratory, lambda case: case.with_measured(critical=True), MAY),
    miss("exception-value-unknown", laboratory, lambda case: case.with_measured(abnormal=None), MAY),
    miss(
        "exception-pre-operative",
        laboratory,
        lambda case: case.with_context(pre_operative=True),
        EXEMPT,
        "context-pre-operative",
    ),
    miss(
        "exception-pre-transfusion",
        laboratory,
        lambda case: case.with_context(pre_transfusion=True),
        EXEMPT,
        "context-pre-transfusion",
    ),
    # G8
    miss("context-emergency", imaging, lambda case: case.with_context(emergency=True), EXEMPT),
    miss("context-rescue", imaging, lambda case: case.with_context(rescue=True), EXEMPT),
    miss("context-forensic", imaging, lambda case: case.with_context(forensic=True), EXEMPT),
    miss("context-pre-operative", imaging, lambda case: case.with_context(pre_operative=True), EXEMPT),
    miss("context-pre-transfusion", imaging, lambda case: case.with_context(pre_transfusion=True), EXEMPT),
    miss("context-unknown", imaging, lambda case: case.with_context(encounter_class=None), MAY),
)

#: Grounds on the order itself: without an item there is nothing a result could be compared with.
ON_THE_ORDER = (
    miss("item-not-listed", laboratory, lambda case: case.with_order(codes=frozenset({OTHER})), None),
    miss(
        "item-not-listed",
        laboratory,
        lambda case: case.with_catalogue(end_day=date(2026, 11, 24)),
        None,
        name="the document has ended",
    ),
    miss(
        "item-left-out",
        all_but_negative,
        lambda case: case.with_catalogue(negative=frozenset({case.item.key})),
        None,
    ),
)


@dataclass(frozen=True)
class LastThatCounts:
    """A case at the very edge of a demand, on the near side of it."""

    name: str
    case: Callable[[], Case]
    verdict: Verdict = MUST

    def __str__(self) -> str:
        return self.name


def edge_of_time() -> Case:
    """Collected in the first moment that is believed, all else reaching back as far."""
    first = datetime(1989, 12, 31, 16, 0, tzinfo=UTC)
    case = laboratory().with_grant(begins=first - timedelta(days=9)).with_candidate(collected_at=first)
    return case.with_item(window=replace(case.item.window, days=36500))


def past(case: Case, as_of: datetime) -> Case:
    return replace(case, as_of=as_of)


def more(name: str, limit: str, found: str, verdict: Verdict) -> LastThatCounts:
    case = imaging().with_item(technique={name: limit}).with_acquired(technique={name: found})
    return LastThatCounts(f"{name} {found} for {limit}", lambda: case, verdict)


def doubted(basis: Basis, state: GrantState) -> Case:
    """A grant of that basis withdrawn or suspended, and an agreement of members beside it."""
    case = laboratory()
    doubt = replace(case.grant, basis=basis, state=state, reader_id=TOWNSHIP)
    agreed = replace(case.grant, id="g-2", basis=Basis.COMMUNITY_DOCUMENT)
    return case.with_facts(grants=(doubt, agreed))


def contrast(asked: str, found: str) -> Callable[[], Case]:
    return lambda: imaging().with_item(contrast=asked).with_acquired(contrast=found)


LAST_THAT_COUNT = (
    LastThatCounts("unit that converts", lambda: laboratory().with_measured(unit="mg/dL")),
    LastThatCounts("other method of the class", lambda: laboratory().with_measured(method_class="glucose-oxidase")),
    LastThatCounts("amended", lambda: laboratory().with_candidate(status=Status.AMENDED)),
    LastThatCounts("corrected", lambda: laboratory().with_candidate(status=Status.CORRECTED)),
    LastThatCounts(
        "last moment of the window",
        lambda: past(laboratory(), datetime(2026, 11, 27, 15, 59, 59, 999999, tzinfo=UTC)),
    ),
    LastThatCounts(
        "last moment of an inpatient's window",
        lambda: past(
            laboratory().with_context(encounter_class="inpatient"),
            datetime(2026, 11, 23, 15, 59, 59, 999999, tzinfo=UTC),
        ),
    ),
    LastThatCounts("a day late for an inpatient", lambda: laboratory().with_context(encounter_class="inpatient"), MAY),
    LastThatCounts("last day of an image's window", lambda: imaging().with_acquired_on(date(2026, 10, 25))),
    LastThatCounts("a day late for an image", lambda: imaging().with_acquired_on(date(2026, 10, 24)), MAY),
    LastThatCounts("first moment believed", edge_of_time),
    LastThatCounts(
        "a moment before",
        lambda: edge_of_time().with_candidate(collected_at=datetime(1989, 12, 31, 15, 59, 59, 999999, tzinfo=UTC)),
        MAY,
    ),
    LastThatCounts(
        "probe at its last minute",
        lambda: imaging().with_acquired(probe=Probe(available=True, checked_at=AS_OF - timedelta(minutes=30))),
    ),
    LastThatCounts("grade B", lambda: imaging().with_acquired(grade="B")),
    LastThatCounts("both sides for one", lambda: imaging().with_acquired(laterality="B")),
    LastThatCounts("both phases for plain", contrast("plain", "plain-and-enhanced")),
    LastThatCounts("both phases for enhanced", contrast("enhanced", "plain-and-enhanced")),
    LastThatCounts("enhanced for enhanced", contrast("enhanced", "enhanced")),
    LastThatCounts("both phases for both", contrast("plain-and-enhanced", "plain-and-enhanced")),
    LastThatCounts("plain for enhanced", contrast("enhanced", "plain"), SET_ASIDE),
    LastThatCounts("plain for both phases", contrast("plain-and-enhanced", "plain"), SET_ASIDE),
    LastThatCounts("enhanced for both phases", contrast("plain-and-enhanced", "enhanced"), SET_ASIDE),
    LastThatCounts("exact technique", lambda: imaging().with_acquired(technique={"slice_mm": "2.5", "rows": "16"})),
    *(more(name, "2", "2", MUST) for name in ("slice_mm", "tesla", "views", "rows", "leads")),
    *(more(name, "2", "3", MUST) for name in ("tesla", "views", "rows", "leads")),
    more("slice_mm", "2", "3", SET_ASIDE),
    LastThatCounts("a lead short", lambda: ecg().with_acquired(technique={"leads": "11"}), SET_ASIDE),
    *(
        LastThatCounts(f"unsigned {good.__name__}", lambda good=good: good().with_candidate(signatures=0), SET_ASIDE)
        for good in (imaging, ultrasound, ecg)
    ),
    *(
        LastThatCounts(
            f"{basis} {state} beside an agreement",
            lambda basis=basis, state=state: doubted(basis, state),
            SET_ASIDE if basis in {Basis.EQA, Basis.IMAGING_QC, Basis.ON_SITE} else MUST,
        )
        for basis in Basis
        for state in (GrantState.WITHDRAWN, GrantState.SUSPENDED)
    ),
    LastThatCounts("emergency encounter", lambda: laboratory().with_context(encounter_class="emergency"), EXEMPT),
)
