"""Somebody who works at an institution and has a session: its rows alone, no password is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from telemed.access.sessions import digest
from telemed.db import Pool
from telemed.vocabulary import Role

SHIFT = timedelta(hours=12)


async def hire(
    pool: Pool,
    place: UUID,
    *roles: Role,
    now: datetime,
    name: str = "医师",
    span: timedelta = SHIFT,
    second_factor: bool = True,
    locked: bool = False,
) -> tuple[UUID, str]:
    """The person's id and the session's token.  span: how long the session lasts."""
    person, account = uuid4(), uuid4()
    token = f"{uuid4().hex}{uuid4().hex}"[:43]
    async with pool.transaction() as tx:
        await tx.execute(
            "insert into practitioner (id, organization_id, name) values (%s, %s, %s)", (person, place, name)
        )
        for role in roles:
            await tx.execute("insert into practitioner_role values (%s, %s, %s)", (person, place, role))
        await tx.execute(
            "insert into account (id, practitioner_id, username, password_hash, password_changed_at)"
            " values (%s, %s, %s, 'x', %s)",
            (account, person, account.hex, now),
        )
        proved, since = (now if second_factor else None), (now if locked else None)
        await tx.execute(
            "insert into session (account_id, token_digest, csrf_token, organization_id, last_seen_at, expires_at,"
            " second_factor_at, locked_at) values (%s, %s, 'token', %s, %s, %s, %s, %s)",
            (account, digest(token), place, now, now + span, proved, since),
        )
    return person, token


def signed_in(token: str) -> dict[str, str]:
    """What a browser of that session sends with every request."""
    return {"Cookie": f"telemed={token}", "X-CSRF-Token": "token"}
