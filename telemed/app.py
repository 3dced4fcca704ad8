"""The composition root: the only place where the packages are put together."""

from __future__ import annotations

import asyncio
import contextlib
import signal as signals
import ssl
from collections.abc import AsyncGenerator
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import structlog
from aiohttp import web

from dicom_gateway.gateway import ladder_of
from dicom_gateway.intake import inspect
from dicom_gateway.spool import Threads, open_spool
from telemed import log as logs
from telemed.access.codes import load_or_create_key
from telemed.background import running
from telemed.config import Config
from telemed.county import SETTINGS, County, assemble, gate, utc_now
from telemed.db import open_pool
from telemed.endpoints import endpoints
from telemed.fhir.outcomes import of_problem as fhir_refusal
from telemed.fhir.table import BASE as FHIR
from telemed.http import openapi, static
from telemed.http.server import Server
from telemed.reading.service import templates
from telemed.recognition.installing import install_catalogues
from telemed.registry import registry
from telemed.tasks import tasks

log = structlog.get_logger(__name__)

GRACE = 10.0  # seconds that running requests get when the server stops


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
    app.on_shutdown.append(lambda _app: county.rooms.drain())
    app.on_shutdown.append(lambda _app: county.conversations.drain())
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
