"""What hospital systems without FHIR were answered and shown, and their launches, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.his.asking import Strip
from telemed.his.cards import Kept
from telemed.his.launching import Launch, Page
from telemed.his.messages import Identity, Language, LaunchBody, Ordered, Silent
from telemed.recognition.ledger import Response

queries = load(__name__)

#: How long a request may be sent again for the same answer.
ANSWERS_KEPT = timedelta(days=7)
#: Cards of one visit that are told of; a long stay has fewer.
MOST_CARDS = 500


class Answer(msgspec.Struct, frozen=True):
    asked_hash: str
    answer: str


class ShownRow(msgspec.Struct, frozen=True):
    """A decision as a system was given it."""

    decision_id: UUID
    card: UUID | None
    patient_id: UUID
    visit: str
    shown_to: str
    order_reference: str
    content: str
    shown_at: datetime

    @property
    def kept(self) -> Kept:
        return msgspec.json.decode(self.content, type=Kept)


class LaunchRow(msgspec.Struct, frozen=True):
    """A launch with the system it was issued to."""

    id: UUID
    client_id: UUID
    allowed_origins: list[str]
    active: bool
    organization_id: UUID
    shown_to: str
    patient_id: UUID | None
    identity: Identity
    strip: str
    visit: str
    language: Language
    asked: str
    expires_at: datetime
    opened: bool

    @property
    def ordered(self) -> Ordered:
        return msgspec.json.decode(self.asked, type=Ordered)

    @property
    def launch(self) -> Launch:
        origins = frozenset(self.allowed_origins)
        return Launch(self.id, self.client_id, origins, self.active, self.expires_at, self.opened)


class PageRow(msgspec.Struct, frozen=True):
    """An open page with the system it is inside of."""

    id: UUID
    client_id: UUID
    allowed_origins: list[str]
    active: bool
    organization_id: UUID
    shown_to: str
    patient_id: UUID | None
    identity: Identity
    strip: str
    visit: str
    language: Language
    origin: str
    expires_at: datetime

    def page(self, decisions: Iterable[UUID]) -> Page:
        return Page(self.id, self.client_id, self.active, self.expires_at, frozenset(decisions))

    @property
    def patient(self) -> Strip:
        return msgspec.json.decode(self.strip, type=Strip)


async def hold_request(tx: Connection, client_id: UUID, request_id: str) -> None:
    """Let the retry of a request wait until this transaction ends."""
    await execute(tx, queries["hold_request"], {"client_id": str(client_id), "request_id": request_id})


async def answer(connection: Connection, client_id: UUID, request_id: str) -> Answer | None:
    """What a request was answered; None for a new one."""
    params = {"client_id": client_id, "request_id": request_id}
    return await fetch_one(connection, queries["answer"], params, Answer)


async def keep_answer(
    tx: Connection, client_id: UUID, request_id: str, *, asked_hash: str, given: bytes, now: datetime
) -> None:
    """Keep an answer for the retry of its request; old ones go."""
    await execute(tx, queries["forget_answers"], {"before": now - ANSWERS_KEPT})
    params = {
        "client_id": client_id,
        "request_id": request_id,
        "asked_hash": asked_hash,
        "answer": given.decode(),
        "now": now,
    }
    await execute(tx, queries["keep_answer"], params)


async def prompt(
    tx: Connection, client_id: UUID, patient_id: UUID, visit: str, *, by: Literal["county", "province"], now: datetime
) -> bool:
    """Take the one popup of a visit; False where it is gone."""
    params = {"client_id": client_id, "patient_id": patient_id, "visit": visit, "prompted_by": by, "now": now}
    return await execute(tx, queries["prompt"], params) == 1


async def keep_cards(
    tx: Connection,
    cards: Iterable[tuple[Kept, Silent]],
    *,
    client_id: UUID,
    patient_id: UUID,
    visit: str,
    shown_to: str,
    now: datetime,
    page_id: UUID | None = None,
) -> None:
    """Keep decisions as they are about to be shown; they are in the ledger already."""
    for place, (one, silent) in enumerate(cards):
        params = {
            "decision_id": one.checked.decision_id,
            "card": one.checked.card,
            "page_id": page_id,
            "client_id": client_id,
            "patient_id": patient_id,
            "visit": visit,
            "shown_to": shown_to,
            "place": place,
            "order_reference": one.order,
            "silent": silent,
            "content": msgspec.json.encode(one).decode(),
            "shown_at": now,
        }
        await execute(tx, queries["keep_card"], params)


async def shown(connection: Connection, client_id: UUID, decision_id: UUID) -> ShownRow | None:
    """A decision that a system was given."""
    params = {"client_id": client_id, "decision_id": decision_id}
    return await fetch_one(connection, queries["shown"], params, ShownRow)


async def shown_by_card(connection: Connection, client_id: UUID, card: UUID) -> ShownRow | None:
    """The decision behind a card that a system was given."""
    return await fetch_one(connection, queries["shown_by_card"], {"client_id": client_id, "card": card}, ShownRow)


async def shown_on_page(connection: Connection, page_id: UUID) -> list[ShownRow]:
    """What stands on a page."""
    return await fetch_all(connection, queries["shown_on_page"], {"page_id": page_id}, ShownRow)


async def shown_in_visit(connection: Connection, client_id: UUID, visit: str) -> list[ShownRow]:
    """The cards of a visit, the newest first."""
    params = {"client_id": client_id, "visit": visit, "limit": MOST_CARDS}
    return await fetch_all(connection, queries["shown_in_visit"], params, ShownRow)


class Answerable(msgspec.Struct, frozen=True):
    """A card of an order.  system, code: of the item it was about; drafts of one name may be of several."""

    card: UUID
    order_reference: str
    system: str
    code: str


async def answerable(
    connection: Connection, client_id: UUID, patient_id: UUID, visit: str, orders: Sequence[str]
) -> list[Answerable]:
    """The cards of some orders of a visit."""
    params = {"client_id": client_id, "patient_id": patient_id, "visit": visit, "orders": list(orders)}
    return await fetch_all(connection, queries["answerable"], params, Answerable)


async def last_responses(connection: Connection, cards: Iterable[UUID | None]) -> Mapping[UUID, Response]:
    """What counts about each of some cards."""
    params = {"cards": [one for one in cards if one is not None]}
    return {row.card: row for row in await fetch_all(connection, queries["last_responses"], params, Response)}


async def issue(
    tx: Connection,
    *,
    launch_id: UUID,
    code_hash: str,
    client_id: UUID,
    patient_id: UUID | None,
    identity: Identity,
    strip: bytes,
    body: LaunchBody,
    issued_at: datetime,
    expires_at: datetime,
) -> None:
    """Give leave to open a page once; the patient's numbers are not kept."""
    params = {
        "id": launch_id,
        "code_hash": code_hash,
        "client_id": client_id,
        "shown_to": body.user,
        "patient_id": patient_id,
        "identity": identity,
        "strip": strip.decode(),
        "visit": body.visit,
        "language": body.language,
        "asked": msgspec.json.encode(Ordered(body.orders, body.encounter_class, body.circumstances)).decode(),
        "issued_at": issued_at,
        "expires_at": expires_at,
    }
    await execute(tx, queries["issue"], params)


async def launch_by_code(connection: Connection, code_hash: str) -> LaunchRow | None:
    """What a code was issued for."""
    return await fetch_one(connection, queries["launch_by_code"], {"hash": code_hash}, LaunchRow)


async def open_page(
    tx: Connection, launch_id: UUID, *, token_hash: str, origin: str, opened_at: datetime, expires_at: datetime
) -> bool:
    """Exchange a launch for its page; False where somebody was faster."""
    params = {
        "launch_id": launch_id,
        "token_hash": token_hash,
        "origin": origin,
        "opened_at": opened_at,
        "expires_at": expires_at,
    }
    return await execute(tx, queries["open_page"], params) == 1


async def page_by_token(connection: Connection, token_hash: str) -> PageRow | None:
    """The page whose forms hold a token."""
    return await fetch_one(connection, queries["page_by_token"], {"hash": token_hash}, PageRow)
