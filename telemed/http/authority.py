"""The county CA's public certificate, for people to install on their PCs; no sign-in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from telemed.errors import NotFound
from telemed.http.wire import PUBLIC, Call, Endpoint, RateClass, Stream
from telemed.vocabulary import Text

CONTENT_TYPE = "application/x-x509-ca-cert"


def endpoints(certificate: Path) -> list[Endpoint]:
    """certificate: PEM; absent while nothing here was signed by the county CA."""

    async def download(_call: Call[Any, Any]) -> web.StreamResponse:
        try:
            content = await asyncio.to_thread(certificate.read_bytes)
        except FileNotFoundError:
            raise NotFound(
                "no-county-ca",
                "本系统未使用县级 CA 证书。",
                "This system uses no certificate of the county CA.",
            ) from None
        disposition = 'attachment; filename="county-ca.crt"'
        return web.Response(body=content, content_type=CONTENT_TYPE, headers={"Content-Disposition": disposition})

    return [
        Endpoint(
            "GET",
            "/county-ca.crt",
            PUBLIC,
            download,
            Text("县级 CA 证书下载", "The county CA's certificate"),
            returns=Stream((CONTENT_TYPE,)),
            rate=RateClass.NORMAL,
            audited=False,
        )
    ]
