"""A county in which a township asks specialists of the county hospital."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from telemed.consultation.model.states import Kind, Purpose, Urgency
from telemed.consultation.service import answering, requesting
from telemed.consultation.service.acting import Acting
from telemed.consultation.service.requesting import Agreed, Form
from telemed.consultation.store import consultations as store
from telemed.consultation.store import duty
from telemed.consultation.store.rows import ConsultationRow
from telemed.vocabulary import Role
from tests.integration.reading.conftest import County

ZONE = ZoneInfo("Asia/Shanghai")
PAPER = "ab" * 32
CARDIOLOGY = "03.04"
#: Who plays whom: wang asks, tang triages, qin is asked, bao is another expert.
PERSONS = {"inviter": "wang", "coordinator": "tang", "expert": "qin", "bystander": "bao"}


@dataclass
class Asked:
    """now may be moved; every command is one transaction of its own."""

    county: County
    studies: list[UUID] = field(default_factory=list[UUID])

    @property
    def pool(self) -> Any:
        return self.county.pool

    async def found(self) -> None:
        for name, home, roles in (
            ("tang", self.county.center, {Role.COORDINATOR}),
            ("qin", self.county.center, {Role.EXPERT}),
            ("bao", self.county.center, {Role.EXPERT}),
        ):
            await self.county.hire(name, home, roles)
        for name in ("qin", "bao"):
            await self.licensed(name)
        await self.agree(self.county.center)
        self.studies = [await self.county.push()]

    async def licensed(self, name: str, **other: Any) -> None:
        """Somebody who may give opinions in cardiology."""
        said = {
            "number": f"1102{name}",
            "category": "临床",
            "scope": "内科专业",
            "expires": None,
            "since": date(2010, 7, 1),
        }
        said |= other
        who = self.who(name)
        async with self.pool.transaction() as tx:
            await tx.execute(
                "update practitioner set licence_number = %s, licence_category = %s, licence_scope = %s,"
                " licence_expires_on = %s where id = %s",
                (said["number"], said["category"], said["scope"], said["expires"], who),
            )
            known = await duty.expert(tx, who)
            await duty.set_expert(
                tx,
                who,
                departments=[CARDIOLOGY],
                since=said["since"],
                accepts=True,
                revision=0 if known is None else known.revision,
                by=who,
                now=self.county.now,
            )

    async def agree(self, invited: UUID, **other: Any) -> None:
        """The township has an agreement with somebody."""
        columns = {
            "id": uuid4(),
            "inviting_id": self.county.township,
            "invited_id": invited,
            "number": "龙医协2026-01",
            "valid_from": date(2026, 1, 1),
            "valid_until": None,
            "by": self.who("tang"),
            "now": self.county.now,
            **other,
        }
        async with self.pool.transaction() as tx:
            await duty.insert_agreement(tx, columns)

    def who(self, name: str) -> UUID:
        return UUID(str(self.county.people[name].principal.practitioner_id))

    async def act(self, name: str, command: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
        async with self.pool.transaction() as tx:
            acting = Acting(tx, self.county.people[name].principal, self.county.now)
            return await command(acting, *args, **more)

    def later(self, **by: float) -> None:
        self.county.now += timedelta(**by)

    def form(self, **other: Any) -> Form:
        said: dict[str, Any] = {
            "kind": Kind.IMAGE_TEXT,
            "urgency": Urgency.ROUTINE,
            "purpose": Purpose.DIAGNOSIS,
            "department": CARDIOLOGY,
            "inviting_department": "内科",
            "history": "胸痛 2 小时，既往高血压。",
            "question": "是否需要转诊？",
            "studies": tuple(self.studies),
            "results": (),
        }
        return Form(**{**said, **other})

    def agreed(self, kind: str = "paper", **other: Any) -> Agreed:
        on_paper = kind == "paper"
        said: dict[str, Any] = {
            "kind": kind,
            "name": "王桂兰" if on_paper else "院长周某",
            "relation": "self" if on_paper else "",
            "manner": "fingerprint" if on_paper else "",
            "at": self.county.now,
            "paper": PAPER if on_paper else "",
            "reason": "" if on_paper else "患者昏迷，家属未到",
        }
        return Agreed(**{**said, **other})

    async def draft(self, name: str = "wang", **form: Any) -> UUID:
        number = uuid4()
        await self.act(name, requesting.begin, number, self.county.patient, self.form(**form), ZONE)
        return number

    async def submitted(self, consent: str | None = "paper", **form: Any) -> UUID:
        number = await self.draft(**form)
        if consent is not None:
            await self.act("wang", requesting.consent, number, self.agreed(consent))
        await self.act("wang", requesting.submit, number)
        return number

    async def offered(self, **form: Any) -> UUID:
        number = await self.submitted(**form)
        await self.act("tang", answering.offer, number, self.who("qin"), ZONE)
        return number

    async def accepted(self, **form: Any) -> UUID:
        number = await self.offered(**form)
        await self.act("qin", answering.accept, number)
        return number

    async def in_session(self, **form: Any) -> UUID:
        number = await self.accepted(**form)
        await self.act("qin", answering.begin, number)
        return number

    async def row(self, number: UUID) -> ConsultationRow:
        async with self.pool.transaction() as tx:
            found = await store.hold(tx, number)
        assert found is not None
        return found

    async def state(self, number: UUID) -> str:
        return (await self.row(number)).state

    async def on_duty(self, name: str, line: int = 1, hours: float = 12, department: str = CARDIOLOGY) -> UUID:
        shift = uuid4()
        columns = {
            "id": shift,
            "organization_id": self.county.center,
            "department": department,
            "line": line,
            "practitioner_id": self.who(name),
            "begins": self.county.now - timedelta(hours=1),
            "ends": self.county.now + timedelta(hours=hours),
            "phone": "0312-5550101",
            "backup_phone": "",
            "by": self.who("tang"),
            "now": self.county.now,
        }
        async with self.pool.transaction() as tx:
            assert await duty.insert_shift(tx, columns)
        return shift

    async def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.pool.connection() as connection:
            return await (await connection.execute(query.encode(), values)).fetchall()
