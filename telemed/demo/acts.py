"""What the people of the demo county did, each at a moment of its own, through the services that the server uses.

The moments lie in the past, so the server's own door, which knows one time, cannot be used; policy, licences, rules,
events and audit are the same.  Nobody signs in and nobody types a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from uuid import UUID

import msgspec

from telemed.access.policy import admit
from telemed.access.signing import require_may_sign
from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from telemed.db import Connection, Pool, fetch_one, load
from telemed.demo.studies import Study
from telemed.imaging import registering, requests
from telemed.imaging.forms import RegistrationForm
from telemed.reading.service import claims, delivery, drafts, signing, site, submission, verification
from telemed.reading.service.acting import Acting, Signatures
from telemed.reading.service.drafts import Writing
from telemed.reading.service.rule_book import RuleBook
from telemed.reading.service.signing import Looked, OnScreen
from telemed.vocabulary import AccountId, Action, OrganizationId, PractitionerId, Principal, Role, SessionId

queries = load(__name__, "day.sql")


class _Someone(msgspec.Struct):
    account_id: UUID
    practitioner_id: UUID
    name: str
    organization_id: UUID
    reading_center: bool
    roles: list[Role]
    clinics: list[UUID]
    community: list[UUID]


async def _nobody_types(_principal: Principal, _password: str, _now: datetime) -> None:
    """The demo's people are played: there is no password to confirm."""


SIGNATURES = Signatures(confirm=_nobody_types, licensed=require_may_sign)
NO_SESSION = SessionId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody by user name. zone: of the county."""

    pool: Pool
    book: RuleBook
    zone: tzinfo
    _known: dict[str, _Someone] = field(default_factory=dict[str, _Someone])

    async def person(self, username: str, now: datetime) -> Principal:
        """Somebody as signed in, with the second factor, at a moment."""
        if username not in self._known:
            async with self.pool.connection() as connection:
                found = await fetch_one(connection, queries["someone"], {"username": username}, _Someone)
            if found is None:
                raise LookupError(f"no demo account {username}")
            self._known[username] = found
        one = self._known[username]
        return Principal(
            account_id=AccountId(one.account_id),
            practitioner_id=PractitionerId(one.practitioner_id),
            name=one.name,
            organization_id=OrganizationId(one.organization_id),
            organization_ids=frozenset({one.organization_id, *one.clinics}),
            roles=frozenset(one.roles),
            session_id=NO_SESSION,
            second_factor_at=now,
            reading_center=one.reading_center,
            community_ids=frozenset(one.community),
        )

    async def register(self, username: str, form: RegistrationForm, now: datetime) -> str:
        """检查登记; returns the accession number."""
        who = await self.person(username, now)
        action = Action.REGISTRATION_WRITE
        async with self.pool.transaction() as tx:
            request_id = await registering.register(
                tx, form, principal=who, scope=admit(who, action), now=now, zone=self.zone
            )
            row = await requests.find(tx, request_id, None)
            if row is None:
                raise LookupError("a registration vanished in its own transaction")
            await audit(tx, who, action, now, Entity("service-request", request_id, row.patient_id))
        return row.accession_number

    async def claim(self, username: str, reading: UUID, now: datetime) -> None:
        who = await self.person(username, now)
        async with self.pool.transaction() as tx:
            await self._claim(tx, who, reading, now)

    async def send_back(self, study: Study, reading: UUID, now: datetime) -> None:
        """退回机构 by the author, who graded the images before."""
        who = await self.person(study.author, now)
        async with self.pool.transaction() as tx:
            acting = await self._claim(tx, who, reading, now)
            await _grade(acting, study, reading)
            await site.send_back(acting, reading, study.upto, study.note)
            await audit(tx, who, Action.READING_RETURN_SITE, now, Entity("reading", reading))

    async def submit(self, study: Study, reading: UUID, claimed_at: datetime, now: datetime) -> None:
        """From 领取 to 提交审核, in one transaction: a claim of the past would have run out before the next one."""
        who = await self.person(study.author, claimed_at)
        async with self.pool.transaction() as tx:
            acting = await self._claim(tx, who, reading, claimed_at)
            await _grade(acting, study, reading)
            acting = self._acting(tx, who, Action.READING_WRITE, now)
            held = await acting.hold(reading)
            draft = None if held.item is None else await drafts.draft_of(tx, held.item.id)
            begun = 0 if draft is None else draft.revision
            writing = Writing("", study.findings, study.impression, study.significance)
            saved = await drafts.save_draft(acting, reading, writing, begun)
            screen = OnScreen(saved.revision, study.uid, Looked())
            await submission.submit_reading(acting, reading, screen, SIGNATURES)
            await audit(tx, who, Action.READING_WRITE, now, Entity("reading", reading))

    async def sign(self, study: Study, reading: UUID, claimed_at: datetime, now: datetime) -> UUID:
        """审核签发 by the second radiologist; returns the report."""
        who = await self.person(study.verifier, now)
        action = Action.READING_VERIFY
        async with self.pool.transaction() as tx:
            before = self._acting(tx, who, action, claimed_at)
            await claims.claim_to_verify(before, reading)
            acting = self._acting(tx, who, action, now)
            held = await acting.hold(reading)
            draft = None if held.item is None else await drafts.draft_of(tx, held.item.id)
            screen = OnScreen(0 if draft is None else draft.revision, study.uid, Looked())
            confirmed = await signing.confirm_password(SIGNATURES, who, "", now)
            report = await verification.verify_and_sign(acting, reading, screen, confirmed, SIGNATURES)
            await audit(tx, who, action, now, Entity("report", report))
        return report

    async def receive(self, username: str, report: UUID, seen_at: datetime, printed_at: datetime | None) -> None:
        """The township opens the report, and prints it where printed_at is given."""
        who = await self.person(username, seen_at)
        async with self.pool.transaction() as tx:
            await delivery.record_view(self._acting(tx, who, Action.REPORT_READ, seen_at), report)
            await audit(tx, who, Action.REPORT_READ, seen_at, Entity("report", report))
            if printed_at is not None:
                acting = self._acting(tx, who, Action.REPORT_PRINT, printed_at)
                await delivery.record_print(acting, report, copies=1, paper="A4", reason="")
                await audit(tx, who, Action.REPORT_PRINT, printed_at, Entity("report", report))

    async def _claim(self, tx: Connection, who: Principal, reading: UUID, now: datetime) -> Acting:
        acting = self._acting(tx, who, Action.READING_WRITE, now)
        await claims.claim_reading(acting, reading)
        await audit(tx, who, Action.READING_WRITE, now, Entity("reading", reading))
        return acting

    def _acting(self, tx: Connection, who: Principal, action: Action, now: datetime) -> Acting:
        return Acting(tx, who, admit(who, action), now, self.book.at(now))


async def _grade(acting: Acting, study: Study, reading: UUID) -> None:
    if study.grade:
        await submission.record_grade(acting, reading, study.grade, study.grade_reasons, "")


async def audit(tx: Connection, who: Principal, action: Action, now: datetime, *entities: Entity) -> None:
    """Audit an act; now: its moment in the demo's past.  The row says when it was written: the chain takes no other."""
    await record(
        tx,
        AuditRow(
            at=datetime.now(UTC),
            action=action,
            outcome="success",
            account_id=who.account_id,
            practitioner_id=who.practitioner_id,
            organization_id=who.organization_id,
            entities=entities,
            detail={"demo": now.isoformat()},
        ),
    )
