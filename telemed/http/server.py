"""Runs the endpoint table: admission, decoding, audit, answers; the only translator of errors."""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
import structlog
from aiohttp import web
from prometheus_client import Counter, Histogram

from telemed.db import Pool
from telemed.errors import DomainError, Forbidden, Invalid
from telemed.http import body, problem
from telemed.http.peer import Network, peer_address
from telemed.http.rate import Limiter
from telemed.http.wire import (
    PUBLIC,
    Authenticated,
    Call,
    Endpoint,
    Gate,
    Nothing,
    Public,
    RateClass,
    Upload,
)
from telemed.vocabulary import EVERYWHERE, Scope, ScopeKind

REQUEST_ID = web.RequestKey("request_id", UUID)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COMPRESS_FROM = 2048  # bytes of JSON from which gzip pays on a thin link

log = structlog.get_logger(__name__)

requests_total = Counter("telemed_http_requests_total", "Requests by route and status", ["method", "route", "status"])
request_seconds = Histogram(
    "telemed_http_request_seconds",
    "Time to the end of the answer",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
}


class Server:
    """One table of endpoints over one pool and one gate.

    public_origins: what a browser's Origin header may be besides the request's own host.
    trusted_proxies: networks whose X-Forwarded-For is believed.
    clock: now as aware UTC.
    wait: seconds a caller has to wait, by rate; this process's own buckets unless they are shared.
    refusals: by path, how the refusals below it are written where a standard demands another document than RFC 9457.
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        *,
        pool: Pool,
        gate: Gate,
        public_origins: frozenset[str] = frozenset(),
        trusted_proxies: Sequence[Network] = (),
        tls: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        wait: Callable[[str, RateClass], Awaitable[float]] | None = None,
        refusals: Mapping[str, Callable[[problem.Problem], web.Response]] | None = None,
    ) -> None:
        self.endpoints = tuple(endpoints)
        self._pool = pool
        self._gate = gate
        self._origins = public_origins
        self._trusted = tuple(trusted_proxies)
        self._tls = tls
        self._clock = clock
        self._wait = wait or Limiter().wait
        self._refusals = refusals or {}

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=1024 * 1024)
        app.on_response_prepare.append(self._add_headers)
        for endpoint in self.endpoints:
            app.router.add_route(endpoint.method, endpoint.path, self._runner(endpoint))
        return app

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """The last word on every answer: headers, metrics, and a problem document for what went wrong outside."""
        started = time.perf_counter()
        request_id = uuid4()
        request[REQUEST_ID] = request_id
        structlog.contextvars.bind_contextvars(request_id=str(request_id))
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unknown"
        status = 500
        try:
            answer = await handler(request)
            status = answer.status
        except web.HTTPException as error:
            if error.status < 400:
                raise
            text = problem.TOO_LARGE if error.status == 413 else problem.NO_ROUTE
            answer = self._refusal(request, problem.of_text(f"http-{error.status}", error.status, text, request_id))
            status = answer.status
        except DomainError as error:
            answer = self._refusal(request, problem.of_error(error, request_id))
            status = answer.status
        except Exception:
            log.exception("request-failed", route=route)
            answer = self._refusal(request, problem.of_text("internal", 500, problem.BUG, request_id))
        finally:
            requests_total.labels(request.method, route, str(status)).inc()
            request_seconds.labels(request.method, route).observe(time.perf_counter() - started)
            structlog.contextvars.unbind_contextvars("request_id")
        return answer

    def _refusal(self, request: web.Request, said: problem.Problem) -> web.Response:
        """A refusal in the form that whoever calls this path reads."""
        for path, write in self._refusals.items():
            if request.path == path or request.path.startswith(path + "/"):
                return write(said)
        return problem.response(said)

    async def _add_headers(self, request: web.Request, answer: web.StreamResponse) -> None:
        """Headers of every answer, streamed ones too: called just before the first byte leaves."""
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if self._tls:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if REQUEST_ID in request:
            answer.headers["X-Request-Id"] = str(request[REQUEST_ID])

    def _runner(self, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        query_lists = _list_fields(endpoint.query)

        async def run(request: web.Request) -> web.StreamResponse:
            request_id = request[REQUEST_ID]
            now = self._clock()
            peer = self._peer(request)
            refused = await self._limited(request, endpoint, None)
            if refused is not None:
                return self._refusal(request, refused)
            who = None if _by_system(request, endpoint) else await self._session(request, endpoint, now)
            call: Call[Any, Any] = Call(
                request=request,
                endpoint=endpoint,
                query=Nothing(),
                body=Nothing(),
                now=now,
                request_id=request_id,
                peer_address=peer,
                pool=self._pool,
                gate=self._gate,
                authenticated=who,
                scope=EVERYWHERE,
                is_own_origin=lambda origin: self.is_own_origin(request, origin),
            )
            try:
                denial = await self._admit(call, request, endpoint, who, now)
                if denial is not None:
                    await self._record(call, "refused")
                    return self._refusal(request, denial)
                call.query = _query(request, endpoint, query_lists)
                call.body = await _body(request, endpoint)
                result = await endpoint.handler(call)
            except DomainError as error:
                call.detail["code"] = error.code
                await self._record(call, "refused" if error.status < 500 else "failed")
                raise
            except web.HTTPException:
                await self._record(call, "refused")
                raise
            if isinstance(result, web.StreamResponse):
                return self._finish(call, result)
            if not call.recorded:
                await self._record(call, "success")
            if result is None:
                return self._finish(call, web.Response(status=204 if endpoint.status == 200 else endpoint.status))
            encoded = msgspec.json.encode(result)
            answer = web.Response(
                body=encoded,
                status=endpoint.status,
                content_type="application/json",
                headers={"Cache-Control": "no-store"},
            )
            if len(encoded) >= COMPRESS_FROM:
                answer.enable_compression()
            return self._finish(call, answer)

        return run

    @staticmethod
    def _finish(call: Call[Any, Any], answer: web.StreamResponse) -> web.StreamResponse:
        if not answer.prepared:
            answer.headers.update(call.headers)
            for set_cookie in call.cookies:
                set_cookie(answer)
        return answer

    async def _session(self, request: web.Request, endpoint: Endpoint, now: datetime) -> Authenticated | None:
        """Who is signed in; a page of another origin gets no use of the cookies that the browser adds."""
        if endpoint.any_origin:
            return None
        self._check_origin(request)
        return await self._gate.authenticate(request, now)

    async def _record(self, call: Call[Any, Any], outcome: str) -> None:
        """Write the audit row of a call that opened no transaction of its own, or whose transaction was undone."""
        if call.endpoint.audited:
            async with self._pool.transaction() as tx:
                await self._gate.record(tx, call.record(outcome))

    async def _admit(
        self,
        call: Call[Any, Any],
        request: web.Request,
        endpoint: Endpoint,
        who: Authenticated | None,
        now: datetime,
    ) -> problem.Problem | None:
        """Decide in the order of what may be told to whom: signed in, locked, genuine, allowed, second factor."""
        request_id = call.request_id
        if isinstance(endpoint.action, Public):
            return None
        if endpoint.systems is not None and _by_system(request, endpoint):
            call.system = await endpoint.systems(call)
            if call.system is None:
                return problem.of_text("token-refused", 401, problem.TOKEN_REFUSED, request_id)
            call.scope = call.system.scope
            allowed = call.scope.kind is not ScopeKind.NOWHERE
            return None if allowed else problem.of_text("not-allowed", 403, problem.NOT_ALLOWED_SYSTEM, request_id)
        if who is None:
            return await self._admit_guest(call, request, now)
        if who.locked and not endpoint.when_locked:
            return problem.of_text("session-locked", 423, problem.LOCKED, request_id)
        if _is_forged(request, who.csrf_token):
            return problem.of_text("csrf", 403, problem.FORGED, request_id)
        refused = await self._limited(request, endpoint, who)
        if refused is not None:
            return refused
        call.scope = _shown(self._gate.scope(who.principal, endpoint.action), endpoint)
        if call.scope.kind is ScopeKind.NOWHERE:
            return problem.of_text("not-allowed", 403, problem.NOT_ALLOWED, request_id)
        if endpoint.second_factor and not self._gate.second_factor_fresh(who.principal, now):
            return problem.of_text("second-factor-needed", 403, problem.SECOND_FACTOR, request_id)
        return None

    async def _admit_guest(self, call: Call[Any, Any], request: web.Request, now: datetime) -> problem.Problem | None:
        """A guest reaches what says that it is for guests, and of that the own room; handlers look whose room it is."""
        session = None if call.endpoint.any_origin else await self._gate.guest(request, now)
        if session is None:
            return problem.of_text("not-signed-in", 401, problem.NOT_SIGNED_IN, call.request_id)
        call.guest_session = session
        if not call.endpoint.guest:
            return problem.of_text("not-for-guests", 403, problem.NOT_FOR_GUESTS, call.request_id)
        if _is_forged(request, session.csrf_token):
            return problem.of_text("csrf", 403, problem.FORGED, call.request_id)
        refused = await self._too_fast(f"guest:{session.guest.invitation_id}", call.endpoint.rate, call.request_id)
        call.scope = Scope(ScopeKind.OWN, studies=session.guest.studies)
        return refused

    async def _limited(
        self, request: web.Request, endpoint: Endpoint, who: Authenticated | None
    ) -> problem.Problem | None:
        """By address where nobody is signed in, else by session; by account where guesses are counted."""
        rate = endpoint.rate
        if who is None and _by_system(request, endpoint):
            rate = RateClass.HOOKS
        elif who is None and endpoint.action is not PUBLIC:
            return None
        if who is None:
            caller = f"peer:{self._peer(request)}"
        elif endpoint.rate.shared:
            caller = f"account:{who.principal.account_id}"
        else:
            caller = f"session:{who.principal.session_id}"
        return await self._too_fast(caller, rate, request[REQUEST_ID])

    async def _too_fast(self, caller: str, rate: RateClass, request_id: UUID) -> problem.Problem | None:
        delay = await self._wait(caller, rate)
        if delay == 0.0:
            return None
        return problem.of_text("too-many-requests", 429, problem.TOO_MANY, request_id, retry_after=int(delay) + 1)

    def _peer(self, request: web.Request) -> str | None:
        return peer_address(request.remote, request.headers.get("X-Forwarded-For"), self._trusted)

    def _check_origin(self, request: web.Request) -> None:
        """Refuse a change that a foreign page sends: its Origin is neither this host nor a configured one."""
        origin = request.headers.get("Origin")
        if request.method in SAFE or origin is None or self.is_own_origin(request, origin):
            return
        raise _forged()

    def is_own_origin(self, request: web.Request, origin: str) -> bool:
        parts = urlsplit(origin)
        return origin in self._origins or (parts.netloc == request.host and parts.scheme in {"http", "https"})


def _shown(scope: Scope, endpoint: Endpoint) -> Scope:
    """What a consultation shows is looked at in a viewer, by members as by guests: not listed and not taken away."""
    return replace(scope, studies=frozenset()) if scope.studies and not endpoint.guest else scope


def _by_system(request: web.Request, endpoint: Endpoint) -> bool:
    """Whether a registered system calls, not a person: then no cookie counts."""
    return endpoint.systems is not None and "Authorization" in request.headers


def _is_forged(request: web.Request, csrf_token: str) -> bool:
    """Whether a change does not name the token that only pages of this county know."""
    named = request.headers.get("X-CSRF-Token", "")
    return request.method not in SAFE and not hmac.compare_digest(named.encode(), csrf_token.encode())


def _forged() -> DomainError:
    return Forbidden("foreign-origin", problem.FORGED.zh, problem.FORGED.en)


def _list_fields(query: type[Any]) -> frozenset[str]:
    if query is Nothing:
        return frozenset()
    return frozenset(
        one.encode_name for one in msgspec.structs.fields(query) if str(one.type).startswith(("list[", "typing.List["))
    )


def _query(request: web.Request, endpoint: Endpoint, lists: frozenset[str]) -> Any:
    if endpoint.query is Nothing:
        return Nothing()
    if any("\0" in value for value in request.query.values()):
        raise Invalid("nul-character", *body.NO_NUL)
    raw = {name: request.query.getall(name) if name in lists else request.query[name] for name in request.query}
    try:
        return msgspec.convert(raw, type=endpoint.query, strict=False)
    except msgspec.ValidationError as error:
        raise body.malformed(error) from error


async def _body(request: web.Request, endpoint: Endpoint) -> Any:
    if isinstance(endpoint.body, Upload):
        length = request.content_length
        if length is not None and length > endpoint.body.limit:
            raise web.HTTPRequestEntityTooLarge(max_size=endpoint.body.limit, actual_size=length)
        return Nothing()
    if endpoint.body is Nothing:
        return Nothing()
    return body.decode(await body.read(request, endpoint.limit), endpoint.body)
