"""One-time links to images in PostgreSQL: made out for a card, opened once, ended early."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from uuid import UUID, uuid4

import msgspec

from telemed.cds.picture_links import (
    CARD_LIFE,
    SECRET_BYTES,
    Lifetime,
    Link,
    Purpose,
    address,
    digest,
    spoken_of,
    study_of,
)
from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.patients import store as patients

queries = load(__name__, "picture_links.sql")

#: Links nobody opened are kept so long, to say that their time is over rather than that they never were.
REMEMBERED = timedelta(days=1)


class OpenLink(msgspec.Struct, frozen=True):
    """A link somebody may look through now or soon.  issuer: '' for a page of this county."""

    id: UUID
    issuer: str
    shown_to: str
    made_at: datetime
    opened_at: datetime | None
    until: datetime


class _Spoken(msgspec.Struct):
    trace: str
    patient_id: UUID | None
    study_patient_id: UUID | None


class _Id(msgspec.Struct):
    id: UUID


class _Found(msgspec.Struct):
    found: bool


@dataclass(frozen=True)
class PictureLinks:
    """Makes one-time links.  public_url: of this service, as browsers write it."""

    public_url: str
    lifetime: Lifetime = field(default_factory=Lifetime)

    async def picture_link(
        self, tx: Connection, result: str, card: UUID, now: datetime, purpose: Purpose = "order-check"
    ) -> str | None:
        """An address under which the images and the report of a result can be looked at once, without an account.

        result: id of a result, as `Shown` has it.  card: of the exposure under which a person is shown the result,
        written in this transaction or before; the link is that person's, and the audit names the card's client and
        user.  None where there is nothing to look at: a laboratory result, one the card does not speak of, one that
        may be another person's or has become one's since, a study that is nobody's, a card of more than an hour ago.
        """
        study = study_of(result)
        if study is None:
            return None
        about = {"card": card, "study_id": study, "since": now - CARD_LIFE}
        for one in await fetch_all(tx, queries["spoken_of"], about, _Spoken):
            if await _still_theirs(tx, one) and spoken_of(one.trace, result):
                number, secret = uuid4(), token_urlsafe(SECRET_BYTES)
                made = {
                    **about,
                    "id": number,
                    "token_digest": digest(secret),
                    "patient_id": one.study_patient_id,
                    "purpose": purpose,
                    "made_at": now,
                    "use_before": now + self.lifetime.to_first_use,
                }
                await execute(tx, queries["forget_links"], {"before": now - REMEMBERED})
                await execute(tx, queries["insert_link"], made)
                return address(self.public_url, number, secret)
        return None


async def _still_theirs(connection: Connection, one: _Spoken) -> bool:
    """Whether the study is still of the person whom the decision spoke of, under whichever of the linked records."""
    if one.patient_id is None or one.study_patient_id is None:
        return False
    return one.study_patient_id in await patients.linked(connection, one.patient_id)


async def link(connection: Connection, number: UUID, secret: str | None = None) -> Link | None:
    """A link as it stands; with a secret only where that is the link's own."""
    params = {"id": number, "token_digest": None if secret is None else digest(secret)}
    return await fetch_one(connection, queries["link"], params, Link)


async def open_once(tx: Connection, number: UUID, viewer: bytes, now: datetime, until: datetime) -> bool:
    """Give a link to a browser; False where another was faster, or it cannot be opened any more."""
    params = {"id": number, "viewer": viewer, "now": now, "view_until": until}
    return await execute(tx, queries["open_link"], params) == 1


async def same_reader(connection: Connection, found: Link, viewer: bytes, now: datetime) -> bool:
    """Whether this browser looks already for the person that a link was made out for."""
    params = {"viewer": viewer, "now": now, "client_id": found.client_id, "shown_to": found.shown_to}
    row = await fetch_one(connection, queries["same_reader"], params, _Found)
    return row is not None and row.found


async def close(tx: Connection, number: UUID, now: datetime) -> None:
    """End a viewing."""
    await execute(tx, queries["close_link"], {"id": number, "now": now})


async def revoke(
    tx: Connection,
    now: datetime,
    *,
    number: UUID | None = None,
    patient_id: UUID | None = None,
    issuer: str | None = None,
    tenant: str = "",
) -> list[UUID]:
    """Let nobody look any more: through one link, at one patient, or on behalf of one hospital system."""
    params = {"now": now, "id": number, "patient_id": patient_id, "issuer": issuer, "tenant": tenant}
    return [row.id for row in await fetch_all(tx, queries["revoke_links"], params, _Id)]


async def open_links(connection: Connection, now: datetime) -> list[OpenLink]:
    """What can be looked at now or soon, the oldest first."""
    return await fetch_all(connection, queries["open_links"], {"now": now}, OpenLink)


async def report_of(connection: Connection, study_id: UUID) -> UUID | None:
    """The report that stands for a study; None without any."""
    row = await fetch_one(connection, queries["report_of_study"], {"study_id": study_id}, _Id)
    return None if row is None else row.id
