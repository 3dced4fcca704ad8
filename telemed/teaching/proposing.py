"""Proposing a case, and its texts: who may, and that nothing the record knows stands in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from telemed.consultation.model.parties import Party, parties
from telemed.db import Connection, execute
from telemed.errors import DomainError
from telemed.teaching import store, words
from telemed.teaching.states import State
from telemed.teaching.wording import Found, Known, found
from telemed.vocabulary import Principal, Role

#: States of a consultation whose opinion is signed.
SIGNED = frozenset({"returned", "decided", "archived"})
MOST_IMAGES = 2000


@dataclass(frozen=True, slots=True)
class Texts:
    """What a reader will see in words, as the proposer typed it."""

    title: str
    teaches: str
    question: str
    opinion: str
    keywords: tuple[str, ...]
    body_part: str

    def fields(self) -> dict[str, str]:
        """Every free text by its field; a keyword as keywords-N."""
        words_ = {f"keywords-{n}": one for n, one in enumerate(self.keywords)}
        return {
            "title": self.title,
            "teaches": self.teaches,
            "question": self.question,
            "opinion": self.opinion,
            **words_,
        }

    def columns(self) -> dict[str, object]:
        searched = "\n".join([self.title, self.teaches, *self.keywords, self.question, self.opinion]).casefold()
        return {
            "title": self.title.strip(),
            "teaches": self.teaches.strip(),
            "question": self.question.strip(),
            "opinion": self.opinion.strip(),
            "keywords": [one.strip() for one in self.keywords],
            "body_part": self.body_part,
            "searched": searched,
        }


def may_propose(principal: Principal, row: store.ConsultationRow) -> bool:
    """Whether somebody may propose a consultation: who asked, who answered, the head of the imaging centre. Pure."""
    am = parties(principal, organization_id=row.organization_id, requester_id=row.requester_id, expert_id=row.expert_id)
    if am & {Party.INVITER, Party.EXPERT}:
        return True
    inside = principal.community_ids if principal.reading_center else frozenset[UUID]()
    return Role.CENTER_HEAD in principal.roles and row.organization_id in inside | principal.organization_ids


async def opened(connection: Connection, principal: Principal, consultation_id: UUID) -> store.ConsultationRow:
    """The signed consultation that this person may propose.

    Raises NotFound where it concerns them in no way, Conflict where nothing is signed.
    """
    row = await store.consultation(connection, consultation_id)
    if row is None or not may_propose(principal, row):
        raise words.no_such_consultation()
    if row.state not in SIGNED:
        raise words.not_signed()
    return row


def marked(texts: Iterable[tuple[str, str]], known: list[Known]) -> dict[str, list[Found]]:
    """By field: what looks as if it identified somebody."""
    return {field: found(text, known) for field, text in texts}


def refusal_of(texts: Texts, known: list[Known]) -> DomainError | None:
    """Why these texts are not taken; keywords beside each other are looked at as one text too."""
    together = {**texts.fields(), "keywords": " ".join(texts.keywords)}
    amount = sum(one.refused for every in marked(together.items(), known).values() for one in every)
    return words.identifier_in_text(amount) if amount else None


@dataclass(frozen=True, slots=True)
class Proposal:
    """id: chosen by the client, so that sending it twice proposes once.  secret: 32 random bytes."""

    id: UUID
    texts: Texts
    series: tuple[UUID, ...]
    secret: bytes


async def propose(
    tx: Connection, principal: Principal, consultation_id: UUID, proposal: Proposal, now: datetime
) -> None:
    """Owe the copies of the chosen series.  Raises what speaks against it; then nothing was changed."""
    await opened(tx, principal, consultation_id)
    refusal = refusal_of(proposal.texts, await store.known(tx, consultation_id))
    if refusal is not None:
        raise refusal
    chosen = sorted(set(proposal.series))
    counted = await store.count_images(tx, consultation_id, chosen)
    if counted.series != len(chosen):
        raise words.no_series()
    if counted.amount > MOST_IMAGES:
        raise words.too_many(MOST_IMAGES)
    row = await store.consultation(tx, consultation_id)
    if row is None:
        raise words.no_such_consultation()
    params = {
        "id": proposal.id,
        "consultation_id": consultation_id,
        "organization_id": row.organization_id,
        "by": principal.practitioner_id,
        "secret": proposal.secret,
        "now": now,
        **proposal.texts.columns(),
    }
    if not await execute(tx, store.queries["insert"], params):
        same = await store.case(tx, proposal.id)
        if same is None or (same.consultation_id, same.proposer_id) != (consultation_id, principal.practitioner_id):
            raise words.used_id()
        return
    params = {"id": proposal.id, "consultation_id": consultation_id, "series": chosen}
    await execute(tx, store.queries["insert_images"], params)
    by = principal.practitioner_id
    await store.note(tx, proposal.id, "propose", State.COPYING, State.COPYING, by=by, now=now)


async def rewrite(tx: Connection, held: store.HeldRow, texts: Texts) -> None:
    """Put other texts in their place.  Raises Invalid while something of the record stands in them."""
    refusal = refusal_of(texts, await store.known(tx, held.consultation_id))
    if refusal is not None:
        raise refusal
    await execute(tx, store.queries["write"], {"id": held.id, **texts.columns()})
