"""What the proposer and the second person do with a case, one transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from telemed.db import Connection
from telemed.teaching import store, words
from telemed.teaching.proposing import Texts, refusal_of, rewrite
from telemed.teaching.states import Command, Person, Refusal, State, persons, step
from telemed.vocabulary import Principal, Scope


@dataclass(frozen=True, slots=True)
class Acting:
    """releases: where the policy lets this person release cases."""

    tx: Connection
    principal: Principal
    releases: Scope
    now: datetime

    @property
    def by(self) -> UUID:
        return self.principal.practitioner_id

    def am(self, proposer_id: UUID, organization_id: UUID) -> frozenset[Person]:
        return persons(proposed=proposer_id == self.by, releases=self.releases.admits(organization_id))

    async def take(
        self, case_id: UUID, command: Command, revision: int | None, reason: str = ""
    ) -> tuple[store.HeldRow, State]:
        """Lock a case and take a step.

        revision: what the person had before their eyes; None where that decides nothing.  Raises NotFound for whom the
        case does not concern, Conflict where it has changed or stands otherwise, Forbidden for the other one's part.
        """
        held = await store.hold(self.tx, case_id)
        if held is None:
            raise words.no_such_case()
        am = self.am(held.proposer_id, held.organization_id)
        if not am:
            raise words.no_such_case()
        after = step(held.standing, command, am, held.images, reason)
        if isinstance(after, Refusal):
            raise words.refused(after)
        if revision is not None and revision != held.revision:
            raise words.moved_on()
        return held, after

    async def _move(self, case_id: UUID, command: Command, revision: int | None, reason: str = "") -> None:
        held, after = await self.take(case_id, command, revision, reason)
        await store.move(
            self.tx, case_id, command, held.standing, after, by=self.by, now=self.now, reason=reason.strip()
        )

    async def look(self, case_id: UUID, images: list[UUID], verdict: str) -> None:
        """Say of images that no text is in them, or leave them out.  All of them, or none."""
        held, after = await self.take(case_id, Command.LOOK, None)
        chosen = sorted(set(images))
        if await store.looked(self.tx, case_id, chosen, verdict=verdict, by=self.by, now=self.now) != len(chosen):
            raise words.no_such_case()
        await store.note(self.tx, case_id, Command.LOOK, held.standing, after, by=self.by, now=self.now)

    async def edit(self, case_id: UUID, texts: Texts, revision: int) -> None:
        held, after = await self.take(case_id, Command.EDIT, revision)
        await rewrite(self.tx, held, texts)
        await store.note(self.tx, case_id, Command.EDIT, held.standing, after, by=self.by, now=self.now)

    async def submit(self, case_id: UUID, revision: int) -> None:
        """Put it before the second person.  The texts are looked at again: the record may know more by now."""
        held, _ = await self.take(case_id, Command.SUBMIT, revision)
        await self._still_clean(held)
        await self._move(case_id, Command.SUBMIT, revision)

    async def release(self, case_id: UUID, revision: int) -> None:
        held, _ = await self.take(case_id, Command.RELEASE, revision)
        await self._still_clean(held)
        await self._move(case_id, Command.RELEASE, revision)

    async def refuse(self, case_id: UUID, reason: str) -> None:
        await self._move(case_id, Command.REFUSE, None, reason)

    async def withdraw(self, case_id: UUID, reason: str) -> None:
        await self._move(case_id, Command.WITHDRAW, None, reason)

    async def _still_clean(self, held: store.HeldRow) -> None:
        """Raises Invalid where the texts hold what the record knows now."""
        row = await store.case(self.tx, held.id)
        if row is None:
            raise words.no_such_case()
        refusal = refusal_of(texts_of(row), await store.known(self.tx, row.consultation_id))
        if refusal is not None:
            raise refusal


def texts_of(row: store.CaseRow) -> Texts:
    return Texts(row.title, row.teaches, row.question, row.opinion, tuple(row.keywords), row.body_part)
