"""One attempt over HTTP to one configured address: bounded in time and size, no redirect, certificate verified."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import aiohttp

from telemed.outgoing.model import Answer
from telemed.outgoing.sending import Send
from telemed.outgoing.signing import headers

#: All of an attempt, name look-up and handshake included; less than the lease.
PATIENCE = 20.0
CONNECT = 5.0
#: A head of an answer that is longer than this is no answer.
LONGEST_LINE = 8190


def http_sender(
    url: str,
    keys: Sequence[bytes],
    trust: ssl.SSLContext,
    clock: Callable[[], datetime],
    *,
    patience: float = PATIENCE,
) -> Send:
    """POST documents to one address.  keys: what they are signed with.  trust: who may vouch for the receiver.

    The answer's body is never read: its status says everything.
    """
    timeout = aiohttp.ClientTimeout(total=patience, sock_connect=min(CONNECT, patience))

    async def send(id_: UUID, document: bytes) -> Answer:
        try:
            async with (
                asyncio.timeout(patience),
                aiohttp.ClientSession(
                    timeout=timeout,
                    connector=aiohttp.TCPConnector(ssl=trust, force_close=True, limit=1),
                    auto_decompress=False,
                    max_line_size=LONGEST_LINE,
                    max_field_size=LONGEST_LINE,
                    cookie_jar=aiohttp.DummyCookieJar(),
                ) as session,
                session.post(
                    url, data=document, headers=headers(id_, document, clock(), keys), allow_redirects=False
                ) as answer,
            ):
                found = Answer(answer.status, retry_after(answer.headers.get("Retry-After")))
                answer.close()
                return found
        except TimeoutError:
            return Answer(None, fault="no-answer-in-time")
        except aiohttp.ClientConnectorCertificateError:
            return Answer(None, fault="certificate")
        except aiohttp.ClientSSLError:
            return Answer(None, fault="tls")
        except aiohttp.ClientConnectorError:
            return Answer(None, fault="unreachable")
        except (aiohttp.ClientError, OSError, ValueError):
            return Answer(None, fault="no-answer")

    return send


def retry_after(value: str | None) -> int | None:
    """Seconds of a Retry-After header; a date there is left to our own pauses (RFC 9110 10.2.3)."""
    return int(value) if value is not None and value.isascii() and value.isdigit() and len(value) < 8 else None
