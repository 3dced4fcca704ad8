"""One good case for laboratory, imaging, ultrasound and ECG: every gate passes, the result must be offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from telemed.recognition.decide import decide
from telemed.recognition.decision import Decision, Finding
from telemed.recognition.facts import (
    Acquisition,
    Candidate,
    CodeMapping,
    Event,
    Facts,
    Identity,
    LinkState,
    Measurement,
    Organization,
    Probe,
    Status,
)
from telemed.recognition.order import Context, Order
from telemed.recognition.rule_set import RuleSet
from telemed.recognition.rules import (
    Basis,
    Catalogue,
    Code,
    Grant,
    GrantState,
    Item,
    ItemException,
    Mode,
    Scope,
    Window,
)

#: 16:00 in the county.
AS_OF = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LEARNT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
COUNTY, TOWNSHIP, OUTSIDE = "county", "township", "outside"
GLUCOSE = Code("urn:cn:item", "12")
OTHER = Code("urn:cn:item", "123")
LOCAL = Code("urn:cn:township", "GLU")
KNEE = Code("urn:cn:item", "RX-0441")
UTERUS = Code("urn:cn:item", "US-0100")
ECG = Code("urn:cn:item", "ECG-12")


@dataclass(frozen=True)
class Case:
    order: Order
    context: Context
    facts: Facts
    rules: RuleSet
    as_of: datetime = AS_OF
    known_at: datetime = AS_OF

    def decide(self) -> Decision:
        return decide(self.order, self.context, self.facts, self.rules, self.as_of, self.known_at)

    @property
    def candidate(self) -> Candidate:
        return self.facts.candidates[0]

    @property
    def collected(self) -> datetime:
        assert self.candidate.collected_at is not None
        return self.candidate.collected_at

    @property
    def item(self) -> Item:
        return next(iter(self.rules.catalogues[0].items.values()))

    @property
    def grant(self) -> Grant:
        return self.facts.grants[0]

    @property
    def scope(self) -> Scope:
        return self.rules.catalogues[0].scope

    def with_order(self, **changed) -> Case:
        return replace(self, order=replace(self.order, **changed))

    def with_context(self, **changed) -> Case:
        return replace(self, context=replace(self.context, **changed))

    def with_facts(self, **changed) -> Case:
        return replace(self, facts=replace(self.facts, **changed))

    def with_candidate(self, **changed) -> Case:
        return self.with_facts(candidates=(replace(self.candidate, **changed),))

    def with_measured(self, **changed) -> Case:
        return self.with_candidate(measured=replace(self.candidate.measured, **changed))

    def with_acquired(self, **changed) -> Case:
        return self.with_candidate(acquired=replace(self.candidate.acquired, **changed))

    def with_acquired_on(self, day: date) -> Case:
        """Acquired in the morning of that day of the county."""
        at = datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)
        return self.with_candidate(acquired_at=at, reported_at=at)

    def with_identity(self, **changed) -> Case:
        return self.with_facts(identities=(replace(self.facts.identities[0], **changed),))

    def with_grant(self, **changed) -> Case:
        return self.with_facts(grants=(replace(self.grant, **changed),))

    def with_event(self, at: datetime | None, *, id: str = "op-1") -> Case:  # noqa: A002
        return self.with_facts(events=(Event(id, "surgery", at, LEARNT),))

    def with_organization(self, id: str, **changed) -> Case:  # noqa: A002
        changed_ones = (replace(one, **changed) if one.id == id else one for one in self.facts.organizations)
        return self.with_facts(organizations=tuple(changed_ones))

    def with_rules(self, **changed) -> Case:
        return replace(self, rules=replace(self.rules, **changed))

    def with_parameters(self, **changed) -> Case:
        return self.with_rules(parameters=replace(self.rules.parameters, **changed))

    def with_catalogue(self, **changed) -> Case:
        first, *rest = self.rules.catalogues
        return self.with_rules(catalogues=(replace(first, **changed), *rest))

    def with_scope(self, **changed) -> Case:
        return self.with_catalogue(scope=replace(self.scope, **changed))

    def with_item(self, **changed) -> Case:
        item = replace(self.item, **changed)
        return self.with_catalogue(items={item.key: item})


def organizations() -> tuple[Organization, ...]:
    return (
        Organization(COUNTY, "县人民医院", 32, "public", "231281", "anda"),
        Organization(TOWNSHIP, "青肯泡乡卫生院", 10, "public", "231281", "anda"),
        Organization(OUTSIDE, "市第一医院", 33, "public", "231200", None),
    )


def scope(**changed) -> Scope:
    return replace(Scope("region", "2312", "绥化HR"), **changed)


def catalogue(*items: Item, **changed) -> Catalogue:
    document = Catalogue(
        issuer="市卫生健康委",
        series="互认项目目录",
        number="2026-1",
        title="检查检验结果互认项目目录",
        scope=scope(),
        mode=Mode.POSITIVE,
        first_day=date(2026, 1, 1),
        end_day=date(2027, 1, 1),
        items={item.key: item for item in items},
        source_hash="00",
    )
    return replace(document, **changed)


def grant(item: Item, **changed) -> Grant:
    mark = Grant(
        id="g-1",
        organization_id=TOWNSHIP,
        item_key=item.key,
        scope=scope(),
        basis=Basis.EQA if item.kind == "laboratory" else Basis.IMAGING_QC,
        state=GrantState.ACTIVE,
        begins=datetime(2026, 7, 1, tzinfo=UTC),
        ends=datetime(2027, 1, 1, tzinfo=UTC),
        known_from=datetime(2026, 7, 1, tzinfo=UTC),
        evidence=("eqa-2026-1",),
    )
    return replace(mark, **changed)


def _case(item: Item, code: Code, candidate: Candidate) -> Case:
    facts = Facts(
        organizations=organizations(),
        identities=(Identity("l-1", "p-county", "p-township", LinkState.AUTO, LEARNT),),
        candidates=(candidate,),
        events=(),
        grants=(grant(item),),
    )
    return Case(
        Order("o-1", "p-county", COUNTY, frozenset({code})),
        Context("outpatient"),
        facts,
        RuleSet((catalogue(item),)),
    )


GLUCOSE_ITEM = Item(
    key="glucose",
    kind="laboratory",
    name="葡萄糖",
    name_en="Glucose",
    codes=frozenset({GLUCOSE}),
    window=Window(7, "collected", {"inpatient": 3}),
    clause="目录 2026-1 第 12 行",
    specimen="serum",
    unit="mmol/L",
    convertible_units=frozenset({"mg/dL"}),
    method_classes=frozenset({"hexokinase", "glucose-oxidase"}),
    exceptions=(
        ItemException("abnormal", "value-abnormal", "目录 2026-1 附则 3"),
        ItemException("critical", "value-critical", "目录 2026-1 附则 3"),
        ItemException("pre-op", "pre-operative", "目录 2026-1 附则 4"),
        ItemException("pre-transfusion", "pre-transfusion", "目录 2026-1 附则 4"),
    ),
)


def laboratory() -> Case:
    collected = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    candidate = Candidate(
        id="r-1",
        version=1,
        patient_id="p-township",
        kind="laboratory",
        code=LOCAL,
        status=Status.FINAL,
        acquiring_id=TOWNSHIP,
        known_from=LEARNT,
        mapping=CodeMapping(GLUCOSE, "map-7", confirmed=True, known_from=LEARNT),
        intact=True,
        reporting_id=TOWNSHIP,
        collected_at=collected,
        reported_at=collected + timedelta(hours=6),
        measured=Measurement(
            value="5.1",
            unit="mmol/L",
            low="3.9",
            high="6.1",
            abnormal=False,
            critical=False,
            specimen="serum",
            method_class="hexokinase",
        ),
    )
    return _case(GLUCOSE_ITEM, GLUCOSE, candidate)


KNEE_ITEM = Item(
    key="knee-ct",
    kind="imaging",
    name="膝关节CT",
    name_en="CT of the knee",
    codes=frozenset({KNEE}),
    window=Window(30, "acquired"),
    clause="目录 2026-1 第 88 行",
    modality="CT",
    body_site="knee",
    laterality="left",
    contrast="plain",
    technique={"slice_mm": "2.5", "rows": "16"},
)


def imaging() -> Case:
    acquired = datetime(2026, 11, 10, 1, 30, tzinfo=UTC)
    candidate = Candidate(
        id="r-2",
        version=1,
        patient_id="p-township",
        kind="imaging",
        code=KNEE,
        status=Status.FINAL,
        acquiring_id=TOWNSHIP,
        known_from=LEARNT,
        signatures=1,
        intact=True,
        reporting_id=COUNTY,
        acquired_at=acquired,
        reported_at=acquired + timedelta(hours=2),
        device_id="ct-1",
        acquired=Acquisition(
            modality="CT",
            body_site="knee",
            laterality="left",
            contrast="plain",
            technique={"slice_mm": "1.25", "rows": "64"},
            complete=True,
            probe=Probe(available=True, checked_at=AS_OF - timedelta(minutes=10)),
            grade="A",
        ),
    )
    return _case(KNEE_ITEM, KNEE, candidate)


def like_imaging(kind: str, code: Code, modality: str, technique: Mapping[str, str]) -> Case:
    case = imaging()
    item = replace(
        KNEE_ITEM,
        key=kind,
        kind=kind,
        codes=frozenset({code}),
        modality=modality,
        body_site=None,
        laterality=None,
        contrast=None,
        technique=technique,
    )
    return _case(
        item,
        code,
        replace(
            case.candidate,
            kind=kind,
            code=code,
            acquired=replace(case.candidate.acquired, modality=modality, technique=technique),
        ),
    )


def ultrasound() -> Case:
    return like_imaging("ultrasound", UTERUS, "US", {})


def ecg() -> Case:
    return like_imaging("ecg", ECG, "ECG", {"leads": "12"})


GOOD = {"laboratory": laboratory, "imaging": imaging, "ultrasound": ultrasound, "ecg": ecg}


def findings(decision: Decision) -> set[Finding]:
    """All that was found, on the order and on its results."""
    return set(decision.findings) | {
        one for analyte in decision.analytes for result in analyte.candidates for one in result.findings
    }


def codes(decision: Decision) -> set[str]:
    return {one.code for one in findings(decision)}
