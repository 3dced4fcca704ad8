"""A scripted month: what three members asked, were shown and answered in October 2026 by the county's clock.

Everything goes in through the functions of the ledger and of the registry's knowledge. The figures it must give stand
in tests/spec/statistics_month.md, worked out by hand from the table there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from telemed.db import Pool
from telemed.patients import store as people
from telemed.patients.identifiers import Identifier, national_id
from telemed.recognition.decision import (
    AnalyteVerdict,
    CandidateVerdict,
    Decision,
    Finding,
    Gate,
    LegalBasis,
    Outcome,
    Verdict,
)
from telemed.recognition.facts import (
    Candidate,
    CodeMapping,
    Identity,
    LinkState,
    Status,
)
from telemed.recognition.facts_store import Row, head, know
from telemed.recognition.installing import install_catalogues
from telemed.recognition.ledger import (
    DecisionRow,
    Exposure,
    Response,
    keep_decisions,
    keep_exposures,
    keep_page_response,
    keep_responses,
)
from telemed.recognition.replay import candidates_of
from telemed.recognition.rules import Basis, Code, Grant, GrantState, item_code
from telemed.recognition.trace import trace, trace_hash
from telemed.results import senders
from telemed.results.code_map import CodeMaps
from telemed.results.code_map import read as read_maps
from telemed.results.intake import Intake
from telemed.results.senders import Names
from tests.integration.statistics.happened import (
    KINDS,
    LONGAN,
    MEMBERS,
    ZONE,
    Later,
    Question,
    Result,
    Said,
    Told,
    at,
    card_of,
    named,
)


@dataclass
class Script:
    """What happened, to be told to a database."""

    questions: list[Question] = field(default_factory=list[Question])
    later: list[Later] = field(default_factory=list[Later])
    links: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    grants: dict[str, str] = field(default_factory=dict[str, str])
    registered: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    told: list[Told] = field(default_factory=list[Told])
    #: Records of one person: each with the one that was registered first.
    same: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def changed(self, name: str, **what: object) -> Script:
        """The same month but for one question."""
        assert any(one.name == name for one in self.questions)
        return replace(
            self,
            questions=[replace(one, **what) if one.name == name else one for one in self.questions],  # type: ignore[arg-type]
        )

    def without(self, name: str) -> Script:
        return replace(self, questions=[one for one in self.questions if one.name != name])

    async def tell(self, pool: Pool) -> None:
        await self._found(pool)
        await install_catalogues(pool, at(1, month=1), uuid4)
        async with pool.transaction() as tx:
            await know(tx, [*self._identities(), *self._grants()])
            await know(tx, [one for question in self.questions for one in _known(question)])
        for question in self.questions:
            await _ask(pool, question)
        async with pool.transaction() as tx:
            await know(tx, [_later(one) for one in self.later])
        await tell_visits(pool, self.told)
        async with pool.transaction() as tx:
            for one, first in self.same:
                await tx.execute("update patient set same_as_id = %s where id = %s", (named(first), named(one)))

    async def _found(self, pool: Pool) -> None:
        async with pool.transaction() as tx:
            for member, code in MEMBERS.items():
                kind = "lead-hospital" if member == "B" else "township-hospital"
                await tx.execute(
                    "insert into organization (id, code, name, kind) values (%s, %s, %s, %s) on conflict do nothing",
                    (named(member), code, f"机构{member}", kind),
                )
            patients = {one.patient for one in self.questions if one.patient} | {two for _, two in self.registered}
            patients |= {one.patient for one in self.told}
            for patient in sorted(patients | {one for pair in self.links for one in pair}):
                await tx.execute(
                    "insert into patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date)"
                    " values (%s, %s, '患者', '患者', 'HUAN Zhe', 'F', '1958-03-14') on conflict do nothing",
                    (named(patient), named("A")),
                )
            for patient in sorted({one.patient for one in self.told}):
                card = national_id(card_of(patient))
                assert isinstance(card, Identifier)
                await people.give(tx, card, "", named(patient), at(1, month=1))
            for one in self.questions:
                if one.patient and one.known:
                    await tx.execute(
                        "insert into patient_organization values (%s, %s) on conflict do nothing",
                        (named(one.by), named(one.patient)),
                    )
            await tx.execute(
                "insert into cds_client (id, issuer, name, organization_id, key_address)"
                " values (%s, 'https://his', 'HIS', %s, 'https://his/keys') on conflict do nothing",
                (named("client"), named("C")),
            )
            for number, (member, patient) in enumerate(self.registered):
                await tx.execute(
                    "insert into service_request (submission_id, visit_id, organization_id, accession_number,"
                    " patient_id, modality, item, body_site, laterality, encounter_class, priority, registered_at)"
                    " values (%s, %s, %s, %s, %s, 'CT', 'CT 胸部', '胸部', 'U', 'outpatient', 'routine', %s)",
                    (uuid4(), uuid4(), named(member), f"S{number:05}", named(patient), at(12)),
                )

    def _identities(self) -> Iterable[Row]:
        for one, other in self.links:
            said = Identity(
                f"{named(one)}|{named(other)}", str(named(one)), str(named(other)), LinkState.AUTO, at(1, month=1)
            )
            yield Row("identity", said.link_id, str(named(one)), said)

    def _grants(self) -> Iterable[Row]:
        for name, state in self.grants.items():
            withdrawn = at(1, month=9) if state == "withdrawn" else None
            said = Grant(
                id=str(named(name)),
                organization_id=str(named("A")),
                item_key="ct.head.plain",
                scope=LONGAN,
                basis=Basis.EQA,
                state=GrantState.ACTIVE if withdrawn is None else GrantState.WITHDRAWN,
                begins=at(1, month=1),
                ends=at(31, month=12),
                known_from=at(1, month=1),
                withdrawn_from=withdrawn,
            )
            yield Row("grant", said.id, said.item_key, said)


async def tell_visits(pool: Pool, told: Iterable[Told]) -> None:
    """Send ADT messages in their order, each as it would come over the listener."""
    maps = read_maps([])
    assert isinstance(maps, CodeMaps)
    intake = Intake(pool, ZONE, maps)
    async with pool.transaction() as tx:
        for member, code in MEMBERS.items():
            await senders.enrol(tx, Names("HIS", f"机构{member}"), code, at(1, month=1))
    for one in told:
        answer = await intake.take(one.message(), "192.0.2.1", one.sent.astimezone(UTC))
        assert b"MSA|AA|" in answer, answer.decode("gb18030")


def _item_of(question: Question, result: Result) -> str:
    return result.item or question.item


def _known(question: Question) -> Iterable[Row]:
    """The results a question finds, as the registry knew them."""
    for one in question.results:
        anchor = question.when - timedelta(days=one.days_before)
        item = _item_of(question, one)
        patient = str(named(question.patient or ""))
        yield Row("candidate", one.id(item), patient, _candidate(one.id(item), patient, one.by, item, anchor))


def _candidate(  # noqa: PLR0917 (what tells one result from another)
    name: str, patient: str, by: str, item: str, anchor: datetime, status: Status = Status.FINAL
) -> Candidate:
    laboratory = item.startswith("lab.")
    return Candidate(
        id=name,
        version=1,
        patient_id=patient,
        kind=KINDS[item.partition(".")[0]],
        code=Code("LOCAL", f"own code of {item}"),
        mapping=CodeMapping(item_code(item), "1", confirmed=True, known_from=at(1, month=1)),
        status=status,
        acquiring_id=str(named(by)),
        collected_at=anchor.astimezone(UTC) if laboratory else None,
        acquired_at=None if laboratory else anchor.astimezone(UTC),
        known_from=at(1, month=1),
    )


def _later(one: Later) -> Row:
    patient = str(named(one.patient))
    name = Result(one.name, one.by).id(one.item)
    return Row("candidate", name, patient, _candidate(name, patient, one.by, one.item, one.when, one.status))


def decision_of(question: Question) -> Decision:
    keys = list(dict.fromkeys(_item_of(question, one) for one in question.results))
    analytes = tuple(
        AnalyteVerdict(
            key,
            next(one.verdict for one in question.results if _item_of(question, one) == key),
            tuple(_verdict(question, key, one) for one in question.results if _item_of(question, one) == key),
        )
        for key in keys
    )
    covered = tuple(one.key for one in analytes if one.verdict is Verdict.MUST_OFFER)
    return Decision(
        question.name,
        "1",
        question.when.astimezone(UTC),
        question.when.astimezone(UTC),
        question.verdict,
        analytes,
        covered,
        tuple(one.key for one in analytes if one.key not in covered),
        None,
        (),
        (),
    )


def _verdict(question: Question, key: str, one: Result) -> CandidateVerdict:
    return CandidateVerdict(
        candidate_id=one.id(key),
        version=1,
        verdict=one.verdict,
        anchor=(question.when - timedelta(days=one.days_before)).astimezone(UTC),
        basis=LegalBasis(
            "龙安县紧密型医共体(演示)",
            "community-catalogue",
            "龙医共体(演示)〔2025〕12号",
            "龙安县域医共体",
            key,
            "第三条",
        ),
        grant_id=None if one.grant is None else str(named(one.grant)),
        prints_hr=one.mark,
        findings=(
            Finding(Gate.IDENTITY, one.identity, "identity-linked", "", (), hard=True),
            Finding(Gate.MAPPING, Outcome.PASS, "item-mapped", "", (), hard=True),
            Finding(Gate.STATUS, Outcome.PASS, "status-final", "", (), hard=True),
        ),
    )


async def _ask(pool: Pool, question: Question) -> None:
    decision, when = decision_of(question), question.when.astimezone(UTC)
    client = None if question.surface in {"page", "timeline"} else named("client")
    async with pool.transaction() as tx:
        row = DecisionRow(
            id=named(question.name),
            organization_id=named(question.by),
            client_id=client,
            patient_id=None if question.patient is None else named(question.patient),
            order_reference=f"ServiceRequest/{question.name}" if question.order is None else question.order,
            asked='{"codes":[{"code":"' + question.item + '","system":"urn:cn:county:item-key"}]}',
            context="{}",
            as_of=when,
            known_at=when,
            known_upto=(await head(tx)).id,
            rule_set="0" * 64,
            engine_version="1",
            inputs_hash="0" * 64,
            trace_hash=trace_hash(decision),
            verdict=decision.verdict,
            trace=trace(decision).decode(),
            candidates=candidates_of(decision),
            decided_at=when,
        )
        await keep_decisions(tx, [row])
        if question.surface is not None:
            card = named(f"card of {question.name}")
            offered = {named(f"{question.name} {one}"): f"recognise-and-{one}" for one in question.choices}
            await keep_exposures(
                tx, [Exposure(card, client, question.surface, question.doctor, offered, (row.id,), when)]
            )
    for one in question.said:
        said = _response(question, one)
        async with pool.transaction() as tx:
            if client is None:
                assert await keep_page_response(tx, said)
            else:
                assert (await keep_responses(tx, client, [said])).new == 1


def _response(question: Question, one: Said) -> Response:
    when = (question.when + timedelta(seconds=one.after)).astimezone(UTC)
    accepted = [named(f"{question.name} {one.choice}")] if one.outcome == "accepted" else []
    system = one.system if one.outcome == "overridden" else ""
    return Response(named(f"card of {question.name}"), one.outcome, when, accepted, system, one.reason, "", when)


HEAD_CT, CHEST, POTASSIUM, SODIUM = "ct.head.plain", "dx.chest.pa", "lab.potassium", "lab.sodium"


def visits() -> list[Told]:
    """What ADT told of the month."""
    november, october_first = at(1, 0, 30, month=11), at(1, 0, 30)
    admitted = Told("V2-1", "A", "P16", "A01", "V2", at(12, 8), at(12, 8, 5))
    return [
        Told("V1-1", "A", "P1", "A04", "V1", at(5, 9, 30), at(5, 9, 31)),
        admitted,
        Told("V2-2", "A", "P16", "A08", "V2", None, at(13)),
        Told("V2-3", "A", "P16", "A03", "V2", at(12, 8), at(15)),
        admitted,
        replace(admitted, name="V2-1again"),
        Told("V3-1", "B", "P16", "A04", "V3", at(20), at(20, 10, 1)),
        Told("V4-1", "C", "P17", "A01", "V4", at(14), at(14, 10, 1)),
        Told("V4-2", "C", "P17", "A11", "V4", at(14), at(14, 11)),
        Told("V5-1", "C", "P18", "A04", "V5", november, november + timedelta(minutes=1)),
        Told("V6-1", "C", "P19", "A04", "V6", october_first, october_first + timedelta(minutes=1)),
        Told("V7-1", "C", "P1", "A04", "V7", at(14, 9), at(14, 9, 1)),
    ]


def october() -> Script:
    """The month of tests/spec/statistics_month.md, in the order of its table."""
    accepted, none = (Said("accepted"),), ()

    def declined(reason: str) -> Sequence[Said]:
        return (Said("overridden", reason=reason, after=60),)

    q = Question
    panel = (
        Result("report/R1", "B", item=POTASSIUM),
        Result("report/R3", "B", 20, item=POTASSIUM),
        Result("report/R2", "B", item=SODIUM, verdict=Verdict.MAY_OFFER),
    )
    may = Verdict.MAY_OFFER
    return Script(
        questions=[
            q("D1", "A", "P1", HEAD_CT, at(5), (Result("study/S1", "B"),), said=accepted),
            q("D2", "A", "P2", CHEST, at(6), (Result("study/S2", "A"),), said=accepted),
            q("D3", "A", "P3", CHEST, at(7), (Result("study/S3", "B"),), said=tuple(declined("R7"))),
            q("D4", "A", "P4", CHEST, at(8), (Result("study/S4", "C"),), said=tuple(declined("T1"))),
            q(
                "D5",
                "A",
                "P5",
                POTASSIUM,
                at(9),
                (Result("report/R5", "B", 2),),
                said=(Said("accepted"), Said("withdrawn", after=90)),
            ),
            q("D6", "A", "P6", HEAD_CT, at(10), (Result("study/S6", "C"),)),
            q(
                "D7",
                "A",
                "P7",
                CHEST,
                at(12),
                (Result("study/S7", "B"),),
                said=(*declined("R1"), Said("accepted", after=120)),
            ),
            q("D8", "A", "P8", POTASSIUM, at(1, 0, 30, month=11), (Result("report/R8", "B", 2),), said=accepted),
            q("D9", "A", "P8", POTASSIUM, at(1, 0, 30), (Result("report/R9", "B", 2),)),
            q(
                "D10",
                "A",
                "P9",
                HEAD_CT,
                at(13),
                (Result("study/S10", "B", verdict=Verdict.EXEMPT),),
                surface=None,
                verdict=Verdict.EXEMPT,
            ),
            q(
                "D11",
                "C",
                "P1",
                POTASSIUM,
                at(14),
                panel,
                surface="order-sign",
                choices=("trim", "keep"),
                said=(Said("accepted", "trim", after=45),),
                doctor="Practitioner/7",
            ),
            q(
                "D12",
                "C",
                "P2",
                HEAD_CT,
                at(15),
                (Result("study/S12", "A", mark=True, grant="G1"),),
                surface="order-select",
                said=tuple(declined("L4")),
                doctor="Practitioner/7",
            ),
            q(
                "D13",
                "C",
                "P3",
                CHEST,
                at(16),
                (Result("study/S13", "A", mark=True, grant="G2"),),
                surface="order-sign",
                said=tuple(declined("R6")),
                doctor="Practitioner/8",
            ),
            q(
                "D14",
                "C",
                "P4",
                CHEST,
                at(17),
                (Result("study/S14", "B", mark=True),),
                surface="order-sign",
                said=(Said("accepted", "keep", after=0.5),),
                doctor="Practitioner/8",
            ),
            q(
                "D15",
                "C",
                "P14",
                POTASSIUM,
                at(18),
                (Result("report/R15", "B", 2),),
                surface="patient-view",
                choices=none,
            ),
            q("D16", "A", "P10", CHEST, at(19), (Result("study/S16", "B", 31, verdict=may),), verdict=may),
            q("D17", "A", "P11", CHEST, at(20), (Result("study/S17", "B", 30, verdict=may),), verdict=may),
            q("D18", "A", "P1", HEAD_CT, at(21), (Result("study/S1", "B", 26),)),
            q("D19", "A", None, HEAD_CT, at(22), (), surface=None, verdict=None),
            q(
                "D20",
                "C",
                "P15",
                CHEST,
                at(23),
                (Result("study/S20", "B", verdict=Verdict.INDETERMINATE, identity=Outcome.UNKNOWN),),
                surface="order-sign",
                choices=none,
                verdict=Verdict.INDETERMINATE,
            ),
            q(
                "D21",
                "B",
                "P14",
                CHEST,
                at(24),
                (Result("study/S21", "A"), Result("study/S21b", "B")),
                surface="timeline",
                choices=none,
                known=False,
            ),
        ],
        later=[
            Later("study/L6", "C", "P6b", HEAD_CT, at(13)),
            Later("study/L7", "B", "P7", CHEST, at(17)),
            Later("report/L9", "A", "P8", POTASSIUM, at(3)),
            Later("report/L11", "B", "P1", POTASSIUM, at(3, month=11)),
            Later("study/L1", "B", "P1", CHEST, at(6)),  # another item: says nothing of D1
            Later("study/L18", "B", "P1", HEAD_CT, at(7), Status.CANCELLED),  # was never made
        ],
        links=[("P6", "P6b")],
        grants={"G1": "active", "G2": "withdrawn"},
        registered=[("A", "P1"), ("A", "P12")],
        told=visits(),
    )
