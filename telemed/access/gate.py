"""Who sends a request: the cookie, the session behind it, the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aiohttp import web

from telemed.access.policy import SECOND_FACTOR_ROLES
from telemed.access.sessions import Limits, Need, Standing, digest, needs, standing
from telemed.access.store import SessionRow, queries, sessions_by_token
from telemed.db import Pool, Together, execute
from telemed.http.wire import Authenticated
from telemed.vocabulary import AccountId, OrganizationId, PractitionerId, Principal, Role, SessionId

TOKEN_LENGTHS = range(20, 65)


@dataclass(frozen=True, slots=True)
class Cookie:
    """The session cookie. tls: `__Host-` binds it to this very host and to HTTPS (RFC 6265bis section 4.1.3.2)."""

    tls: bool

    @property
    def name(self) -> str:
        return "__Host-telemed" if self.tls else "telemed"

    def token(self, request: web.Request) -> str | None:
        token = request.cookies.get(self.name)
        return token if token is not None and len(token) in TOKEN_LENGTHS else None

    def give(self, answer: web.StreamResponse, token: str) -> None:
        """A session cookie: it ends with the browser, the row behind it ends with the shift."""
        answer.set_cookie(self.name, token, path="/", secure=self.tls, httponly=True, samesite="Strict")

    def take(self, answer: web.StreamResponse) -> None:
        answer.del_cookie(self.name, path="/", secure=self.tls, httponly=True, samesite="Strict")


class SessionGate:
    """Turns a cookie into a person. A session that is over, or whose account was disabled, is nobody."""

    def __init__(self, pool: Pool, *, cookie: Cookie, limits: Limits) -> None:
        self._pool = pool
        self.cookie = cookie
        self.limits = limits
        self._sessions = Together[tuple[bytes, datetime], SessionRow](self._behind)

    async def authenticate(self, request: web.Request, now: datetime) -> Authenticated | None:
        """The person behind the request's cookie, None if there is none."""
        row = await self.session(request, now)
        if row is None:
            return None
        locked = self.standing(row, now) is Standing.LOCKED
        return Authenticated(self.principal(row, now), row.csrf_token, locked=locked)

    async def session(self, request: web.Request, now: datetime) -> SessionRow | None:
        """The session behind the request's cookie; None when there is none or it is over."""
        token = self.cookie.token(request)
        if token is None:
            return None
        row = await self._sessions.find((digest(token), now))
        if row is None:
            return None
        state = self.standing(row, now)
        if state is Standing.ACTIVE and now - row.last_seen_at >= self.limits.touch:
            async with self._pool.connection() as connection:
                await execute(connection, queries["touch_session"], {"session_id": row.session_id, "now": now})
        return None if state is Standing.OVER else row

    async def _behind(self, asked: Sequence[tuple[bytes, datetime]]) -> dict[tuple[bytes, datetime], SessionRow]:
        """The sessions of everybody who asks at this time, in one query."""
        latest = max(now for _, now in asked)
        async with self._pool.connection() as connection:
            rows = await sessions_by_token(connection, [token_digest for token_digest, _ in asked], latest)
        return {key: rows[key[0]] for key in asked if key[0] in rows}

    def principal(self, row: SessionRow, now: datetime) -> Principal:
        return principal_of(row, self.limits, now)

    def standing(self, row: SessionRow, now: datetime) -> Standing:
        return standing(
            now,
            self.limits,
            expires_at=row.expires_at,
            last_seen_at=row.last_seen_at,
            locked_at=row.locked_at,
        )


def open_steps(row: SessionRow, limits: Limits, now: datetime) -> list[Need]:
    """What this person still has to do before the roles count."""
    proved = row.second_factor_at is not None and now - row.second_factor_at < limits.shift
    return needs(
        password_due=row.must_change_password or now - row.password_changed_at >= limits.password_age,
        role_needs_second_factor=not SECOND_FACTOR_ROLES.isdisjoint(Role(one) for one in row.roles),
        enrolled=row.totp_enrolled,
        proved=proved,
    )


def principal_of(row: SessionRow, limits: Limits, now: datetime) -> Principal:
    """The person as policy sees it: no role counts while a new password is due."""
    steps = open_steps(row, limits, now)
    roles: frozenset[Role] = frozenset() if Need.PASSWORD in steps else frozenset(Role(one) for one in row.roles)
    proved = row.second_factor_at is not None and now - row.second_factor_at < limits.shift
    return Principal(
        account_id=AccountId(row.account_id),
        practitioner_id=PractitionerId(row.practitioner_id),
        name=row.name,
        organization_id=OrganizationId(row.organization_id),
        organization_ids=frozenset({row.organization_id, *row.clinics}),
        roles=roles,
        session_id=SessionId(row.session_id),
        second_factor_at=row.second_factor_at if proved else None,
        reading_center=row.organization_kind == "lead-hospital",
        community_ids=frozenset(row.community),
        opened={UUID(patient): UUID(use) for patient, use in row.opened.items()},
        consulted={UUID(patient): UUID(consultation) for patient, consultation in row.consulted.items()},
        joined={UUID(study): UUID(consultation) for study, consultation in row.joined.items()},
    )
