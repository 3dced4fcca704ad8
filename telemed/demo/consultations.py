"""What config/demo/consultations.toml says: experts, agreements, duty, and consultations as far as they have come."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from PIL import Image

from telemed.audit.model import Entity
from telemed.consultation.model.states import Kind, Purpose, Urgency, Verdict
from telemed.consultation.service import answering, opinions, requesting
from telemed.consultation.service.acting import Acting
from telemed.consultation.service.opinions import Sealing
from telemed.consultation.service.requesting import Agreed, Form
from telemed.consultation.store import duty
from telemed.db import Connection, Pool, fetch_all, fetch_one, load
from telemed.demo.acts import Cast, audit
from telemed.demo.studies import Study
from telemed.imaging.papers import Papers
from telemed.vocabulary import Action, Principal

CONFIG = Path(__file__).resolve().parents[2] / "config" / "demo" / "consultations.toml"
#: How far each state lies behind the one before it, in shares of the time since it was asked.
ORDER = ("submitted", "offered", "accepted", "in-session", "returned", "archived")
TURN = timedelta(hours=12)
BEGINS = time(8)
_NAMESPACE = UUID("8a4b52d0-3c8a-4d4e-9d0a-0c9f3f7a1b55")

queries = load(__name__, "consultations.sql")

Step = Callable[[Acting, UUID], Awaitable[None]]


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    who: str
    departments: list[str]
    since: date


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    invited: str
    number: str
    valid_from: date


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    department: str
    line: int
    who: str
    phone: str
    days: int


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """study: key of the demo's day.  upto: the state it has come to.  ago: minutes before the county was begun."""

    key: str
    who: str
    study: str
    kind: Kind
    urgency: Urgency
    purpose: Purpose
    department: str
    ago: int
    history: str
    question: str
    upto: Literal["submitted", "offered", "accepted", "in-session", "returned", "archived"]
    expert: str = ""
    diagnosis: str = ""
    advice: str = ""
    verdict: Verdict = Verdict.ADOPTED
    stars: int = 0


class Consultations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    recorded_by: str
    experts: list[Known]
    agreements: list[Signed]
    duty: list[Turn]
    consultations: list[Question]


class _Id(msgspec.Struct):
    id: UUID


class _Standing(msgspec.Struct):
    id: UUID
    patient_id: UUID


def read() -> Consultations:
    return msgspec.convert(tomllib.loads(CONFIG.read_text(encoding="utf-8")), Consultations)


def photograph() -> bytes:
    """A sheet of paper as a phone would send it, with nothing on it."""
    content = io.BytesIO()
    Image.linear_gradient("L").resize((240, 320)).save(content, "PNG")
    return content.getvalue()


@dataclass(frozen=True, slots=True)
class Bringing:
    """Brings in what is missing.  began: the moment everything is counted back from; aware."""

    pool: Pool
    cast: Cast
    zone: ZoneInfo
    began: datetime
    papers: Papers
    sealing: Sealing

    async def bring(self, said: Consultations, studies: dict[str, Study]) -> int:
        """Returns how many consultations were made."""
        await self._standing_by(said)
        made = 0
        for one in said.consultations:
            made += await self._ask(one, studies[one.study])
        return made

    async def _standing_by(self, said: Consultations) -> None:
        clerk = await self.cast.person(said.recorded_by, self.began)
        async with self.pool.transaction() as tx:
            if await fetch_all(tx, queries["any_expert"], {}, _Id):
                return
            for one in said.experts:
                who = await self.cast.person(one.who, self.began)
                await duty.set_expert(
                    tx,
                    who.practitioner_id,
                    departments=one.departments,
                    since=one.since,
                    accepts=True,
                    revision=0,
                    by=clerk.practitioner_id,
                    now=self.began,
                )
                await audit(tx, clerk, Action.DUTY_MANAGE, self.began, Entity("expert", who.practitioner_id))
            for text in said.agreements:
                for member in await fetch_all(tx, queries["members_beside"], {"code": text.invited}, _Id):
                    await self._agree(tx, clerk, text, member.id)
            for turn in said.duty:
                await self._stand(tx, clerk, turn)

    async def _agree(self, tx: Connection, clerk: Principal, text: Signed, member: UUID) -> None:
        invited = await fetch_one(tx, queries["organization"], {"code": text.invited}, _Id)
        if invited is None:
            raise LookupError(f"no demo institution {text.invited}")
        number = uuid5(_NAMESPACE, f"agreement {text.number} {member}")
        columns = {
            "id": number,
            "inviting_id": member,
            "invited_id": invited.id,
            "number": text.number,
            "valid_from": text.valid_from,
            "valid_until": None,
            "by": clerk.practitioner_id,
            "now": self.began,
        }
        await duty.insert_agreement(tx, columns)
        await audit(tx, clerk, Action.DUTY_MANAGE, self.began, Entity("agreement", number))

    async def _stand(self, tx: Connection, clerk: Principal, turn: Turn) -> None:
        who = await self.cast.person(turn.who, self.began)
        first = datetime.combine(self.began.astimezone(self.zone).date() - timedelta(days=1), BEGINS, self.zone)
        for at in range(2 * turn.days):
            begins = first + at * TURN
            number = uuid5(_NAMESPACE, f"shift {turn.department} {turn.line} {begins.isoformat()}")
            columns = {
                "id": number,
                "organization_id": who.organization_id,
                "department": turn.department,
                "line": turn.line,
                "practitioner_id": who.practitioner_id,
                "begins": begins,
                "ends": begins + TURN,
                "phone": turn.phone,
                "backup_phone": "",
                "by": clerk.practitioner_id,
                "now": self.began,
            }
            if not await duty.insert_shift(tx, columns):
                raise LookupError(f"somebody stands on line {turn.line} of {turn.department} already")
            await audit(tx, clerk, Action.DUTY_MANAGE, self.began, Entity("duty", number))

    async def _ask(self, one: Question, study: Study) -> int:
        number = uuid5(_NAMESPACE, f"consultation {one.key}")
        async with self.pool.connection() as connection:
            if await fetch_one(connection, queries["consultation"], {"id": number}, _Id) is not None:
                return 0
            standing = await fetch_one(connection, queries["study"], {"study": study.uid}, _Standing)
        if standing is None:
            raise LookupError(f"the demo's study {one.study} has not come")
        at = self.began - timedelta(minutes=one.ago)
        step = timedelta(minutes=one.ago) / (len(ORDER) + 1)
        reached = ORDER.index(one.upto)
        await self._send(one, number, standing, at)
        if reached >= ORDER.index("offered"):
            await self._act("hanxue", Action.CONSULTATION_TRIAGE, number, at + step, self._offer(one))
        if reached >= ORDER.index("accepted"):
            await self._act(one.expert, Action.CONSULTATION_ANSWER, number, at + 1.5 * step, _accept)
        if reached >= ORDER.index("in-session"):
            await self._act(one.expert, Action.CONSULTATION_CONDUCT, number, at + 2 * step, _begin)
        if reached >= ORDER.index("returned"):
            await self._sign(one, number, at + 3 * step)
        if reached >= ORDER.index("archived"):
            await self._decide(one, number, at + 4 * step)
        return 1

    async def _send(self, one: Question, number: UUID, standing: _Standing, at: datetime) -> None:
        who = await self.cast.person(one.who, at)
        form = Form(
            one.kind,
            one.urgency,
            one.purpose,
            one.department,
            "",
            one.history,
            one.question,
            (standing.id,),
            (),
        )
        kept = await self.papers.keep(photograph(), at)
        agreed = Agreed("paper", "患者本人", "self", "fingerprint", at, kept.digest, "")
        async with self.pool.transaction() as tx:
            acting = Acting(tx, who, at)
            await requesting.begin(acting, number, standing.patient_id, form, self.zone)
            await requesting.consent(acting, number, agreed)
            await requesting.submit(acting, number)
            await audit(tx, who, Action.CONSULTATION_REQUEST, at, Entity("consultation", number, standing.patient_id))

    def _offer(self, one: Question) -> Step:
        async def offer(acting: Acting, number: UUID) -> None:
            expert = await self.cast.person(one.expert, acting.now)
            await answering.offer(acting, number, expert.practitioner_id, self.zone)

        return offer

    async def _act(self, username: str, action: Action, number: UUID, at: datetime, step: Step) -> None:
        who = await self.cast.person(username, at)
        async with self.pool.transaction() as tx:
            await step(Acting(tx, who, at), number)
            await audit(tx, who, action, at, Entity("consultation", number))

    async def _sign(self, one: Question, number: UUID, at: datetime) -> None:
        who = await self.cast.person(one.expert, at)
        async with self.pool.transaction() as tx:
            await opinions.write(Acting(tx, who, at), number, one.diagnosis, one.advice, 0)
        made = await opinions.prepare(self.pool, who, number, revision=1, now=at, zone=self.zone, sealing=self.sealing)
        async with self.pool.transaction() as tx:
            await opinions.sign(Acting(tx, who, at), number, made)
            await audit(tx, who, Action.CONSULTATION_SIGN, at, Entity("consultation", number))

    async def _decide(self, one: Question, number: UUID, at: datetime) -> None:
        who = await self.cast.person(one.who, at)
        async with self.pool.transaction() as tx:
            acting = Acting(tx, who, at)
            await requesting.decide(acting, number, one.verdict, "")
            if one.stars:
                await requesting.rate(acting, number, one.stars, "")
            await audit(tx, who, Action.CONSULTATION_REQUEST, at, Entity("consultation", number))


async def _accept(acting: Acting, number: UUID) -> None:
    await answering.accept(acting, number)


async def _begin(acting: Acting, number: UUID) -> None:
    await answering.begin(acting, number)
