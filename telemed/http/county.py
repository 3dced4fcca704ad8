"""What the sign-in page says before anybody has signed in: which county this is, and whether its data are invented."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec

from telemed.http.wire import PUBLIC, Call, Endpoint, Nothing
from telemed.vocabulary import Text


class CountyFacts(msgspec.Struct, frozen=True):
    """name: of the medical community. demo: 演示数据 stands on every page and print. release: of the server."""

    name: str
    time_zone: str
    demo: bool
    release: str
    server_time: datetime


def endpoints(name: str, time_zone: str, release: str, demo_accounts: Path) -> list[Endpoint]:
    """demo_accounts: the file of log-ins, which exists where the demo county was brought in."""

    async def county(call: Call[Nothing, Nothing]) -> CountyFacts:
        demo = await asyncio.to_thread(demo_accounts.exists)
        return CountyFacts(name=name, time_zone=time_zone, demo=demo, release=release, server_time=call.now)

    return [
        Endpoint(
            "GET",
            "/api/county",
            PUBLIC,
            county,
            Text("本系统属于哪个县域", "Which county this is"),
            returns=CountyFacts,
            audited=False,
        )
    ]
