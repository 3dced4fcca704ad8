"""Which guest sends a request: a cookie of its own, which no clinician's route looks at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from telemed.consultation.guest import invitations
from telemed.consultation.guest.invitations import SessionRow
from telemed.db import Pool
from telemed.http.wire import GuestSession

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class GuestGate:
    """tls: `__Host-` binds the cookie to this very host (RFC 6265bis 4.1.3.2)."""

    pool: Pool
    tls: bool

    @property
    def cookie(self) -> str:
        return "__Host-telemed-guest" if self.tls else "telemed-guest"

    def give(self, answer: web.StreamResponse, secret: str) -> None:
        answer.set_cookie(self.cookie, secret, path="/", secure=self.tls, httponly=True, samesite="Strict")

    async def session(self, request: web.Request, now: datetime) -> SessionRow | None:
        secret = request.cookies.get(self.cookie, "")
        if SECRET.fullmatch(secret) is None:
            return None
        async with self.pool.connection() as connection:
            return await invitations.session(connection, secret, now)

    async def authenticate(self, request: web.Request, now: datetime) -> GuestSession | None:
        row = await self.session(request, now)
        return None if row is None else GuestSession(row.guest, row.csrf_token)
