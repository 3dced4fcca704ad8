"""A chest film of a township that was offered on a card, and what the doctor says of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from telemed.events.consumer import step
from telemed.quality.opening import CONSUMER
from telemed.recognition.decision import AnalyteVerdict, CandidateVerdict, Decision, LegalBasis, Verdict
from telemed.recognition.facts import Candidate, Status
from telemed.recognition.facts_store import Row, know
from telemed.recognition.ledger import (
    DecisionRow,
    Exposure,
    Response,
    keep_decisions,
    keep_exposures,
    keep_page_response,
)
from telemed.recognition.reasons import SYSTEM
from telemed.recognition.rules import item_code
from telemed.recognition.trace import trace
from tests.integration.quality.conftest import Office

DOCTOR = "医师赵国军"


@dataclass
class Card:
    office: Office
    id: UUID = field(default_factory=uuid4)
    choice: UUID = field(default_factory=uuid4)
    study: UUID = field(default_factory=uuid4)
    patient: UUID = field(default_factory=uuid4)

    async def answer(self, outcome: str, at: datetime, code: str = "", comment: str = "") -> None:
        """Say something about the card, and let the registry hear it."""
        accepted = [self.choice] if outcome == "accepted" else []
        said = Response(self.id, outcome, at, accepted, SYSTEM if code else "", code, comment, at)
        async with self.office.pool.transaction() as tx:
            await keep_page_response(tx, said)
        await hear(self.office)


async def hear(office: Office) -> None:
    async with office.pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values (%s) on conflict do nothing", (CONSUMER.name,))
    while await step(office.pool, CONSUMER):
        pass


async def shown(office: Office, *, producer: str = "township", asking: str = "center") -> Card:
    """The card as it was shown."""
    card, now = Card(office), office.now
    result = f"imaging/{card.study}"
    basis = LegalBasis("issuer", "series", "1", "龙安县域医共体", "dx.chest.pa", "clause")
    best = CandidateVerdict(
        result, 1, Verdict.MUST_OFFER, now - timedelta(days=3), basis, str(uuid4()), prints_hr=False, findings=()
    )
    other = replace(best, candidate_id=f"imaging/{uuid4()}")
    analyte = AnalyteVerdict("dx.chest.pa", Verdict.MUST_OFFER, (best, other))
    said = trace(Decision("o", "1", now, now, Verdict.MUST_OFFER, (analyte,), ("dx.chest.pa",), (), (), (), ()))
    decision = uuid4()
    row = DecisionRow(
        id=decision,
        organization_id=office.places[asking],
        client_id=None,
        patient_id=None,
        order_reference="page/1",
        asked="{}",
        context="{}",
        as_of=now,
        known_at=now,
        known_upto=0,
        rule_set="r",
        engine_version="1",
        inputs_hash="0" * 64,
        trace_hash="0" * 64,
        verdict=Verdict.MUST_OFFER,
        trace=said.decode(),
        candidates="[]",
        decided_at=now,
    )
    candidate = Candidate(
        id=result,
        version=1,
        patient_id=str(card.patient),
        kind="imaging",
        code=item_code("dx.chest.pa"),
        status=Status.FINAL,
        acquiring_id=str(office.places[producer]),
        known_from=now,
    )
    async with office.pool.transaction() as tx:
        await tx.execute(
            "insert into patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date)"
            " values (%s, %s, '刘德福', '刘德福', 'LIU Defu', 'M', '1950-01-01')",
            (card.patient, office.places[producer]),
        )
        await tx.execute(
            "insert into imaging_study (id, study_instance_uid, organization_id, modalities, patient_id, match_state,"
            " intent, acquired_at, first_received_at, last_received_at)"
            " values (%s, %s, %s, '{DX}', %s, 'sure', 'request-reading', %s, %s, %s)",
            (card.study, f"2.25.{card.study.int}", office.places[producer], card.patient, now, now, now),
        )
        await know(tx, [Row("candidate", result, str(card.patient), candidate)])
        await keep_decisions(tx, [row])
        shown_card = Exposure(card.id, None, "page", DOCTOR, {card.choice: "recognise-and-keep"}, (decision,), now)
        await keep_exposures(tx, [shown_card])
    return card
