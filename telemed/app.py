"""The composition root: the only place where the packages are put together."""

from __future__ import annotations

import asyncio
import contextlib
import signal as signals
import ssl
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from dicom_gateway.dicomweb.routes import endpoints as dicomweb_endpoints
from dicom_gateway.gateway import ladder_of
from dicom_gateway.indexer import Indexer
from dicom_gateway.intake import inspect
from dicom_gateway.spool import DurableSpool, Threads, open_spool
from telemed import log as logs
from telemed.access import housekeeping
from telemed.access.codes import SecretBox, load_or_create_key
from telemed.access.gate import Cookie, SessionGate
from telemed.access.passwords import Passwords
from telemed.access.policy import admit, scope, second_factor_fresh
from telemed.access.routes import endpoints as access_endpoints
from telemed.access.sessions import Limits
from telemed.access.signin import SignIn
from telemed.access.signing import require_may_sign
from telemed.access.trail import record_call
from telemed.audit.checkpoint import Checkpoints, load_or_create_signing_key
from telemed.audit.sealer import Sealer
from telemed.background import Work, running
from telemed.cds.registry import Answered, Check, Decide, Decided, Enquiry
from telemed.cds.request import Asked
from telemed.cds.routes_catalogues import endpoints as catalogue_endpoints
from telemed.cds.routes_events import endpoints as intervening_endpoints
from telemed.cds.routes_grant_map import endpoints as grant_map_endpoints
from telemed.config import Config
from telemed.db import Pool, open_pool
from telemed.directory.routes import endpoints as directory_endpoints
from telemed.errors import Forbidden, Unavailable
from telemed.events.consumer import Consumer
from telemed.events.consumer import run as follow
from telemed.events.hints import Hints
from telemed.events.hub import Hub
from telemed.events.signal import Signal
from telemed.events.stream import serve as serve_stream
from telemed.fhir.intake import intake_endpoint
from telemed.fhir.outcomes import of_problem as fhir_refusal
from telemed.fhir.routes import Facade
from telemed.fhir.routes import read_endpoints as fhir_endpoints
from telemed.fhir.table import BASE as FHIR
from telemed.hearing import may_hear
from telemed.his.desk import Desk as HisDesk
from telemed.his.routes import endpoints as his_endpoints
from telemed.his.routes_page import endpoints as his_page_endpoints
from telemed.http import authority, health, openapi, static
from telemed.http import county as county_facts
from telemed.http.server import Server
from telemed.http.shared_rate import SharedLimiter
from telemed.http.wire import PUBLIC, Call, Endpoint, Gate, Stream
from telemed.imaging import linking
from telemed.imaging.papers import Papers
from telemed.imaging.routes_matching import endpoints as matching_endpoints
from telemed.imaging.routes_quarantine import endpoints as quarantine_endpoints
from telemed.imaging.routes_registration import endpoints as registration_endpoints
from telemed.imaging.routes_splitting import endpoints as splitting_endpoints
from telemed.imaging.settle import settle_for_ever
from telemed.patients import resolving
from telemed.patients.routes import endpoints as patient_endpoints
from telemed.patients.routes_break_glass import endpoints as break_glass_endpoints
from telemed.quality.entry import County as QualityCounty
from telemed.quality.opening import CONSUMER as TICKETS
from telemed.quality.routes import endpoints as quality_endpoints
from telemed.quality.settling import settle_for_ever as settle_look_backs
from telemed.reading.routes import Desk
from telemed.reading.routes import endpoints as reading_endpoints
from telemed.reading.service import scheduling, templates
from telemed.reading.service.acting import Signatures
from telemed.reading.service.rule_book import read_rules
from telemed.reading.service.sweeper import sweep
from telemed.recognition.assessing import Assessor
from telemed.recognition.catalogue import Document
from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.installing import install_catalogues
from telemed.recognition.quality import GrantingParameters
from telemed.registry import (
    assessor,
    know_organizations,
    order_time_endpoints,
    pictures_for_systems,
    registry,
    upload_tasks,
)
from telemed.results.code_map import CodeMaps
from telemed.results.intake import Intake
from telemed.results.maps import read_maps
from telemed.results.mllp import Limits as MllpLimits
from telemed.results.mllp import Listener
from telemed.results.remapping import Remapper, remap_for_ever
from telemed.results.routes import endpoints as sender_endpoints
from telemed.results.routes_quarantine import endpoints as result_quarantine_endpoints
from telemed.results.routes_tables import endpoints as table_endpoints
from telemed.results.units import prepare as prepare_units
from telemed.statistics.parameters import Parameters as CountingParameters
from telemed.statistics.parameters import read_parameters as read_counting
from telemed.statistics.routes import endpoints as statistics_endpoints
from telemed.statistics.sealing import Sealer as StatisticsSealer
from telemed.statistics.serving import Figures
from telemed.timeline.judge import Judge
from telemed.timeline.routes import Away
from telemed.timeline.routes import endpoints as timeline_endpoints
from telemed.vocabulary import Action, Text

log = structlog.get_logger(__name__)

SETTINGS = Path(__file__).resolve().parents[1] / "config"
MATCHING = Consumer("match-requests", linking.KINDS, linking.handle)
RESOLVING = Consumer("resolve-identities", resolving.KINDS, resolving.handle)
GRACE = 10.0  # seconds that running requests get when the server stops

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class County:
    """One process's services, made before its endpoints. Nothing here touches the network before `serve`."""

    config: Config
    clock: Clock
    pool: Pool
    signal: Signal
    hints: Hints
    hub: Hub
    rates: SharedLimiter
    sessions: SessionGate
    sign_in: SignIn
    desk: Desk
    maps: CodeMaps
    spool: DurableSpool | None
    decide: Decide
    check: Check
    judge: Judge
    documents: tuple[Document, ...]
    granting: tuple[GrantingParameters, ...]
    counting: tuple[CountingParameters, ...]


async def registry_away(_asked: Asked) -> Decided:
    """What a hook hears while nothing collects the facts of a decision: it says nothing then, and the audit why."""
    raise Unavailable("registry-away", "互认登记暂时无法查询，不影响开单。", "The registry is away; ordering goes on.")


async def records_away(_patient: UUID, _asked: Enquiry) -> tuple[Answered, ...]:
    """What the page 开单核对 hears while nothing collects the facts of a decision."""
    raise Unavailable(
        "registry-away",
        "互认登记暂时没有响应，不影响开单。未作任何记录，可稍后再核对。",
        "The registry does not answer for now; ordering goes on. Nothing was recorded; check again later.",
    )


def assemble(
    config: Config,
    pool: Pool,
    *,
    key: bytes,
    spool: DurableSpool | None = None,
    clock: Clock = utc_now,
    decide: Decide = registry_away,
    check: Check = records_away,
    judge: Judge | None = None,
) -> County:
    """Make the services.

    key: what the secrets of one-time codes are encrypted with. spool: where uploads go; None only describes them.
    decide, check, judge: the recognition registry, as hospital systems, the order check and the timeline ask it.
    Raises FaultyMaps if a code map cannot be used, MalformedParameters if those of granting or statistics cannot.
    """
    limits = Limits()
    signal = Signal()
    hints = Hints(config.redis.url or None, signal)
    pool.announce = hints.ring
    cookie = Cookie(tls=config.public_url.startswith("https:"))
    sign_in = SignIn(pool, passwords=Passwords(), box=SecretBox(key), limits=limits)
    return County(
        config=config,
        clock=clock,
        pool=pool,
        signal=signal,
        hints=hints,
        hub=Hub(pool, signal),
        rates=SharedLimiter(config.redis.url or None),
        sessions=SessionGate(pool, cookie=cookie, limits=limits),
        sign_in=sign_in,
        desk=Desk(
            book=read_rules(SETTINGS / "reading"),
            signatures=Signatures(confirm=sign_in.confirm_signature, licensed=require_may_sign),
            public_url=config.public_url,
        ),
        maps=read_maps(SETTINGS / "recognition" / "maps"),
        spool=spool,
        decide=decide,
        check=check,
        judge=judge or Away(),
        documents=read_catalogues().documents,
        granting=read_parameters(),
        counting=read_counting(),
    )


def gate(county: County) -> Gate:
    """What the HTTP server asks of access and audit."""
    return Gate(
        authenticate=county.sessions.authenticate,
        scope=admit,
        second_factor_fresh=lambda principal, now: second_factor_fresh(principal, now, county.sessions.limits.shift),
        record=record_call,
    )


def endpoints(county: County) -> list[Endpoint]:
    """Every route of the server, one table."""
    return [
        *health.endpoints(lambda: _probe(county)),
        *county_facts.endpoints(
            county.config.county.name,
            county.config.county.time_zone,
            release(),
            county.config.state.path / "demo-accounts.json",
        ),
        *authority.endpoints(county.config.county_authority),
        *_own_endpoints(county),
        *access_endpoints(county.sessions, county.sign_in, county.config.county.name),
        *directory_endpoints(_zone(county.config), scope),
        *patient_endpoints(_zone(county.config)),
        *break_glass_endpoints(_zone(county.config), scope),
        *registration_endpoints(_zone(county.config), Papers(county.config.state.path / "papers")),
        *matching_endpoints(_zone(county.config)),
        *splitting_endpoints(),
        *quarantine_endpoints(scope),
        *reading_endpoints(county.desk, _zone(county.config)),
        *order_time_endpoints(county.config, county.desk, county.decide, county.check),
        *intervening_endpoints(),
        *timeline_endpoints(county.judge, scope),
        *his_endpoints(his_desk(county)),
        *his_page_endpoints(his_desk(county)),
        *catalogue_endpoints(county.documents, county.granting),
        *grant_map_endpoints(county.granting),
        *_fhir(county),
        *statistics_endpoints(Figures(_zone(county.config), county.counting), scope),
        *quality_endpoints(
            county.granting, QualityCounty(_zone(county.config), county.config.recognition.community), scope
        ),
        *sender_endpoints(),
        *result_quarantine_endpoints(_zone(county.config), county.maps, scope),
        *table_endpoints(_zone(county.config), county.maps),
        *dicomweb_endpoints(
            root=county.config.archive_path,
            zone=_zone(county.config),
            public_url=county.config.public_url,
            spool=county.spool,
        ),
    ]


def _fhir(county: County) -> list[Endpoint]:
    facade = Facade(county.config.public_url, _zone(county.config), county.maps, release())
    return [*fhir_endpoints(facade), intake_endpoint(facade)]


def his_desk(county: County) -> HisDesk:
    """What hospital systems without FHIR are answered from."""
    config = county.config
    local, pictures = config.recognition.local_reasons, pictures_for_systems(config, county.pool)
    return HisDesk(config.public_url, county.check, _zone(config), picture_link=pictures, local_reasons=local)


def tasks(county: County) -> dict[str, Work]:
    """What goes on beside requests, by name."""
    return {
        "event-hub": county.hub.run,
        "redis-hints": county.hints.run,
        "audit-sealer": _sealer(county).run,
        "access-housekeeping": lambda: housekeeping.run(county.pool, county.sign_in.attempts, county.clock),
        "matching": lambda: follow(county.pool, MATCHING, county.signal),
        "identity-resolution": lambda: follow(county.pool, RESOLVING, county.signal),
        "reading-schedule": lambda: follow(county.pool, scheduling.consumer(county.desk.book), county.signal),
        "recognition-knowledge": lambda: follow(county.pool, _assessor(county).consumer(), county.signal),
        "laboratory-remapping": lambda: remap_for_ever(_remapper(county), county.clock),
        "recognition-organizations": lambda: know_organizations(_assessor(county), county.pool, county.clock),
        "quality-tickets": lambda: follow(county.pool, TICKETS, county.signal),
        "look-back-settling": lambda: settle_look_backs(county.pool, county.clock),
        "statistics-sealer": StatisticsSealer(county.pool, _zone(county.config), county.counting, county.clock).run,
        "reading-timers": lambda: sweep(county.pool, county.clock),
        "study-settling": lambda: settle_for_ever(county.pool, county.signal, county.clock),
        **upload_tasks(county.config, county.pool, county.signal, county.clock),
        **({} if county.spool is None else {"indexer": Indexer(county.spool, county.pool, _zone(county.config)).run}),
        **({} if county.config.laboratory.mllp == "off" else {"laboratory-mllp": _laboratory(county)}),
    }


def _laboratory(county: County) -> Work:
    """The listener for laboratory systems."""
    config = county.config.laboratory
    intake = Intake(county.pool, _zone(county.config), county.maps)
    limits = MllpLimits(
        connections=config.max_connections,
        connections_per_peer=config.max_connections_per_peer,
        message_bytes=config.max_message_bytes,
        message_seconds=config.message_seconds,
        idle_seconds=config.idle_seconds,
    )

    async def listen() -> None:
        await asyncio.to_thread(prepare_units)
        await Listener(intake.take, intake.refuse_large, limits, county.clock).run(config.host, config.port)

    return listen


def _remapper(county: County) -> Remapper:
    return Remapper(county.pool, county.maps, _zone(county.config))


def _assessor(county: County) -> Assessor:
    return assessor(county.config, county.pool, county.clock)


def _zone(config: Config) -> ZoneInfo:
    return ZoneInfo(config.county.time_zone)


def _sealer(county: County) -> Sealer:
    key = load_or_create_signing_key(county.config.audit_key)
    return Sealer(county.pool, key, Checkpoints(county.config.audit_checkpoints))


def _own_endpoints(county: County) -> list[Endpoint]:
    described_once: list[dict[str, Any]] = []

    async def api(_call: Call[Any, Any]) -> Any:
        if not described_once:
            described_once.append(openapi.document(endpoints(county), version=release()))
        return described_once[0]

    async def stream(call: Call[Any, Any]) -> web.StreamResponse:
        origin = call.request.headers.get("Origin")
        if origin is not None and not call.is_own_origin(origin):
            raise Forbidden("foreign-origin", "请求来源校验失败。", "The request's origin could not be verified.")

        async def permit(topics: Iterable[str]) -> frozenset[str]:
            who = await county.sessions.authenticate(call.request, county.clock())
            if who is None or who.locked:
                return frozenset()
            return frozenset([one for one in topics if await may_hear(county.pool, who.principal, one)])

        return await serve_stream(call.request, pool=county.pool, hub=county.hub, permit=permit)

    return [
        Endpoint(
            "GET",
            "/api/openapi.json",
            PUBLIC,
            api,
            Text("接口描述", "The API described"),
            returns=dict[str, Any],
            audited=False,
        ),
        Endpoint(
            "GET",
            "/api/events",
            Action.SESSION_USE,
            stream,
            Text("事件流（WebSocket）", "The event stream (WebSocket)"),
            returns=Stream(("application/json",)),
            audited=False,
        ),
    ]


async def _probe(county: County) -> list[health.Check]:
    try:
        async with asyncio.timeout(2), county.pool.connection() as connection:
            await connection.execute("select 1")
        database = True
    except (Unavailable, TimeoutError):
        database = False
    return [
        health.Check("database", ok=database, needed=True),
        health.Check("redis", ok=county.hints.connected, needed=False),
        health.Check("events", ok=county.hub.ready.is_set(), needed=True),
    ]


def release() -> str:
    """The version that is installed, `source` when run from a checkout."""
    try:
        return version("telemed")
    except PackageNotFoundError:
        return "source"


def described() -> dict[str, Any]:
    """The OpenAPI document without a database or a server."""

    async def describe() -> dict[str, Any]:
        pool = await open_pool("", connect=False)
        return openapi.document(endpoints(assemble(Config(), pool, key=bytes(32))), version="0")

    return asyncio.run(describe())


def application(county: County) -> web.Application:
    """The web application: API and the built client."""
    config = county.config
    server = Server(
        endpoints(county),
        pool=county.pool,
        gate=gate(county),
        public_origins=frozenset({config.public_url}),
        trusted_proxies=[ip_network(one) for one in config.http.trusted_proxies],
        tls=config.public_url.startswith("https:"),
        clock=county.clock,
        wait=county.rates.wait,
        refusals={FHIR: fhir_refusal},
    )
    app = server.application()
    if (config.http.web / "index.html").exists():
        static.add_client(app, config.http.web)
    return app


@contextlib.asynccontextmanager
async def listening(config: Config) -> AsyncGenerator[County]:
    """Serve while the block runs; everything has ended when it is left."""
    pool = await open_pool(config.database.dsn, size=config.database.pool_size)
    threads = Threads()
    spool = open_spool(config.archive_path, uuid4().hex, inspect, threads, ladder=ladder_of(config.archive))
    try:
        key = load_or_create_key(config.one_time_codes_key)
        known = registry(config, pool, utc_now)
        county = assemble(config, pool, key=key, spool=spool, decide=known, check=known.of_patient, judge=known)
        async with pool.transaction() as tx:
            await templates.install(tx, templates.read_templates(SETTINGS / "templates"))
        for reason in await install_catalogues(pool, county.clock(), uuid4):
            log.error("catalogues not installed", reason=reason)
        runner = web.AppRunner(application(county), access_log=None, shutdown_timeout=GRACE)
        async with running(tasks(county)):
            await runner.setup()
            try:
                site = web.TCPSite(
                    runner,
                    config.http.host,
                    config.http.port,
                    ssl_context=_tls(config),
                    reuse_port=True,
                )
                await site.start()
                log.info("listening", host=config.http.host, port=config.http.port, tls=config.https)
                yield county
            finally:
                await runner.cleanup()
                await county.rates.close()
    finally:
        await spool.close()
        threads.close()
        await pool.close()


def _tls(config: Config) -> ssl.SSLContext | None:
    if not config.https:
        return None
    if config.http.certificate is None:
        raise LookupError("HTTPS is on and no certificate is named")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(config.http.certificate, config.http.private_key)
    return context


async def serve(config: Config) -> None:
    """Run the server until SIGTERM or SIGINT."""
    logs.configure(config.log.level, config.log.format)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signals.SIGTERM, signals.SIGINT):
        loop.add_signal_handler(number, over.set)
    async with listening(config):
        await over.wait()
