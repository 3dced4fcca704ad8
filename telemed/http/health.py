"""Health, readiness and metrics for whoever watches the service; no patient data, no sign-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from telemed.errors import NotFound
from telemed.http.wire import PUBLIC, Call, Endpoint, RateClass, Stream
from telemed.vocabulary import Text


class Check(msgspec.Struct, frozen=True):
    """One thing the service needs. needed: without it the service is not ready."""

    name: str
    ok: bool
    needed: bool


class Health(msgspec.Struct, frozen=True):
    ready: bool
    checks: list[Check]


Probe = Callable[[], Awaitable[list[Check]]]


def endpoints(probe: Probe) -> list[Endpoint]:
    """probe: looks at database, Redis and archive now."""

    async def live(_call: Call[Any, Any]) -> Health:
        return Health(ready=True, checks=[])

    async def ready(_call: Call[Any, Any]) -> Any:
        checks = await probe()
        health = Health(ready=all(one.ok for one in checks if one.needed), checks=checks)
        if health.ready:
            return health
        return web.Response(body=msgspec.json.encode(health), status=503, content_type="application/json")

    async def metrics(call: Call[Any, Any]) -> web.StreamResponse:
        # Figures only, yet nobody's business outside: the collector runs on this machine or comes through a tunnel.
        if call.peer_address is None or not ip_address(call.peer_address).is_loopback:
            raise NotFound("no-route", "没有这个地址。", "There is nothing at this address.")
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def endpoint(path: str, handler: Any, summary: Text, returns: Any) -> Endpoint:
        return Endpoint("GET", path, PUBLIC, handler, summary, returns=returns, rate=RateClass.NORMAL, audited=False)

    return [
        endpoint("/health/live", live, Text("进程存活", "The process answers"), Health),
        endpoint("/health/ready", ready, Text("服务就绪", "The service can work"), Health),
        endpoint("/metrics", metrics, Text("监控指标", "Prometheus metrics"), Stream(("text/plain",))),
    ]
