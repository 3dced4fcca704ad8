"""The typed endpoint table: what every route is, needs and returns. server.py runs it, openapi.py describes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web

from telemed.db import Connection, Pool
from telemed.errors import NotFound
from telemed.vocabulary import Action, Guest, Principal, Scope, Text

KIB = 1024
DEFAULT_BODY = 256 * KIB


class Nothing(msgspec.Struct, frozen=True):
    """No query, or no body."""


Q = TypeVar("Q")
B = TypeVar("B")


class Public(Enum):
    """An endpoint that needs no sign-in (sign-in itself, health, the verification code page)."""

    PUBLIC = "public"


PUBLIC = Public.PUBLIC


class RateClass(Enum):
    """(requests a second, burst) granted to one person, or to one address where nobody is signed in."""

    SIGN_IN = (1.0, 30)
    PUBLIC = (2.0, 30)
    BREAK_GLASS = (1 / 60, 5)  # nobody tries out numbers this way
    NORMAL = (20.0, 120)
    HOOKS = (50.0, 300)  # one hospital system calls for all its doctors; the county has 6 orders a second at its peak
    IMAGES = (400.0, 1500)

    @property
    def shared(self) -> bool:
        """Whether it protects people from being guessed at: counted by person, and once for all processes."""
        return self in {RateClass.SIGN_IN, RateClass.PUBLIC, RateClass.BREAK_GLASS}


@dataclass(frozen=True)
class Stream:
    """`returns` of an endpoint that streams; the handler answers through call.stream()."""

    media_types: tuple[str, ...]


@dataclass(frozen=True)
class Upload:
    """`body` of an endpoint that reads its body itself, bounded, from call.request.content.

    shape: the struct it decodes it to, for the description of the API; None for bytes that are no JSON.
    """

    media_types: tuple[str, ...]
    limit: int  # bytes of one request
    shape: type[Any] | None = None


@dataclass(frozen=True)
class Entity:
    """What a call was about, for the audit. patient_id: whose record it touched, if anybody's."""

    kind: str
    id: UUID
    patient_id: UUID | None = None


@dataclass(frozen=True)
class CallRecord:
    """One call as the audit wants it.

    outcome: success | refused (4xx) | failed (5xx). access: reading, which may be recorded once in five minutes.
    """

    at: datetime
    action: str
    outcome: str
    principal: Principal | None
    peer_address: str | None
    request_id: UUID
    entities: tuple[Entity, ...]
    purpose: str
    detail: Mapping[str, str | int]
    access: bool


@dataclass(frozen=True)
class Authenticated:
    """Who sends a request. locked: the session's lock screen is on, nothing but unlocking is allowed."""

    principal: Principal
    csrf_token: str
    locked: bool = False


@dataclass(frozen=True)
class GuestSession:
    """Who sends a request, where that is an outside specialist who came by a one-time link."""

    guest: Guest
    csrf_token: str


async def no_guest(_request: web.Request, _now: datetime) -> GuestSession | None:
    """Where nobody is invited."""
    return None


@dataclass(frozen=True)
class System:
    """A registered hospital or laboratory system that has proved itself by a token.  scope: whose rows it may touch.

    issuer, tenant: as its tokens name it.
    """

    id: UUID
    issuer: str
    tenant: str
    organization_id: UUID
    scope: Scope


@dataclass(frozen=True)
class Gate:
    """What county.py hands to the server so that it needs neither access nor audit.

    second_factor_fresh: whether the session's second factor still counts (once per shift).
    guest: who came by a one-time link, asked where nobody is signed in.
    """

    authenticate: Callable[[web.Request, datetime], Awaitable[Authenticated | None]]
    scope: Callable[[Principal, Action], Scope]
    second_factor_fresh: Callable[[Principal, datetime], bool]
    record: Callable[[Connection, CallRecord], Awaitable[None]]
    guest: Callable[[web.Request, datetime], Awaitable[GuestSession | None]] = no_guest


@dataclass
class Call(Generic[Q, B]):
    """One request, decoded and admitted."""

    request: web.Request
    endpoint: Endpoint
    query: Q
    body: B
    now: datetime
    request_id: UUID
    peer_address: str | None
    pool: Pool
    gate: Gate
    authenticated: Authenticated | None
    scope: Scope
    is_own_origin: Callable[[str], bool]
    entities: list[Entity] = field(default_factory=list[Entity])
    purpose: str = ""
    detail: dict[str, str | int] = field(default_factory=dict[str, str | int])
    recorded: bool = False
    cookies: list[Callable[[web.StreamResponse], None]] = field(
        default_factory=list[Callable[[web.StreamResponse], None]],
    )
    headers: dict[str, str] = field(default_factory=dict[str, str])
    system: System | None = None
    guest_session: GuestSession | None = None

    @property
    def guest(self) -> Guest | None:
        """The outside specialist who calls; None for everybody else."""
        return None if self.guest_session is None else self.guest_session.guest

    @property
    def principal(self) -> Principal:
        """The signed-in person; only to be asked for on endpoints that are not public."""
        if self.authenticated is None:
            raise LookupError("a public endpoint has no principal")
        return self.authenticated.principal

    @property
    def path(self) -> Mapping[str, str]:
        return self.request.match_info

    def uuid(self, name: str) -> UUID:
        """A path parameter as UUID; anything else is NotFound, as an unknown id is."""
        try:
            return UUID(self.path[name])
        except ValueError:
            raise NotFound("unknown-id", "找不到该记录。", "There is no such record.") from None

    def about(self, kind: str, id: UUID, *, patient_id: UUID | None = None) -> None:  # noqa: A002 -- the word
        """Name an entity for the audit row of this call."""
        self.entities.append(Entity(kind, id, patient_id))

    def transaction(self, *, one_turn: bool = False) -> AbstractAsyncContextManager[Connection]:
        """A database transaction that carries this call's audit row; both commit or neither.

        one_turn: as the pool has it, for statements whose outcome nobody looks at.
        """
        return self._transaction(one_turn=one_turn)

    @asynccontextmanager
    async def _transaction(self, *, one_turn: bool) -> AsyncGenerator[Connection]:
        async with self.pool.transaction(one_turn=one_turn) as tx:
            yield tx
            await self.gate.record(tx, self.record("success"))
        self.recorded = True

    async def stream(
        self,
        *,
        media_type: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> web.StreamResponse:
        """Record the access, then begin a streamed answer."""
        if not self.recorded:
            async with self.pool.transaction() as tx:
                await self.gate.record(tx, self.record("success"))
            self.recorded = True
        response = web.StreamResponse(status=status, headers={"Content-Type": media_type, **(headers or {})})
        await response.prepare(self.request)
        return response

    def _shown_by(self) -> set[str]:
        """The consultations to which whoever calls was added, of whose studies this call has shown one."""
        if self.authenticated is None or not self.scope.studies:
            return set()
        joined = self.authenticated.principal.joined
        return {str(joined[one.id]) for one in self.entities if one.id in self.scope.studies and one.id in joined}

    def record(self, outcome: str) -> CallRecord:
        """The call as it stands. What touched a record opened by break-glass or a consultation says by which."""
        action = self.endpoint.action
        opened, consulted = self.scope.opened, self.scope.consulted
        touched = {one.patient_id for one in self.entities if one.patient_id is not None}
        uses = ",".join(sorted({str(opened[one]) for one in touched & (opened.keys() - consulted)}))
        asked = ",".join(sorted({str(opened[one]) for one in touched & consulted}))
        under = {"break_glass": uses} if uses else {}
        asked = ",".join(sorted({*filter(None, asked.split(",")), *self._shown_by()}))
        under |= {"consultation": asked} if asked else {}
        guest = self.guest
        invited = () if guest is None else (Entity("guest-invitation", guest.invitation_id),)
        under |= {} if guest is None else {"guest": guest.person, "consultation": str(guest.consultation_id)}
        return CallRecord(
            at=self.now,
            action=action.value if isinstance(action, Action) else f"public:{self.endpoint.path}",
            outcome=outcome,
            principal=None if self.authenticated is None else self.authenticated.principal,
            peer_address=self.peer_address,
            request_id=self.request_id,
            entities=(*self.entities, *invited),
            purpose=self.purpose
            or (f"break-glass:{uses}" if uses else "")
            or (f"consultation:{asked}" if asked else ""),
            detail={"route": f"{self.endpoint.method} {self.endpoint.path}", **self.detail, **under},
            access=self.endpoint.access,
        )


Handler = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True)
class Endpoint:
    """One route.

    path: as aiohttp writes it, `/api/readings/{id}`. action: what policy decides on, or PUBLIC.
    query, body: msgspec structs, or an Upload. returns: a struct, None for 204, or a Stream.
    access: reading patients' data, recorded once per (session, entities, five minutes).
    second_factor: demands a fresh second factor. when_locked: also answers behind the lock screen.
    conceal: a person outside the scope gets 404 instead of 403 (ids that must not be probed).
    refusal: the struct a refusal of this endpoint's own is, where a standard demands another than the problem document.
    any_origin: answers pages of other origins, and so believes no cookie: only what the request itself proves.
    systems: how a registered system proves itself here, where the request has an Authorization header; None is nobody.
    guest: also for an outside specialist who came by a one-time link; a route that does not say so refuses guests.
    """

    method: str
    path: str
    action: Action | Public
    handler: Handler
    summary: Text
    query: type[Any] = Nothing
    body: type[Any] | Upload = Nothing
    returns: Any = None
    status: int = 200
    rate: RateClass = RateClass.NORMAL
    limit: int = DEFAULT_BODY
    access: bool = False
    second_factor: bool = False
    when_locked: bool = False
    audited: bool = True
    refusal: type[Any] | None = None
    any_origin: bool = False
    systems: Callable[[Call[Any, Any]], Awaitable[System | None]] | None = None
    guest: bool = False

    @property
    def operation_id(self) -> str:
        words = [part.strip("{}") for part in self.path.split("/") if part not in {"", "api"}]
        if self.path.endswith("/"):
            words.append("slash")
        return "-".join([self.method.lower(), *words])
