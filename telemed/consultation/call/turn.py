"""Whom the relay serves and for how long, without asking anybody: credentials that carry their own end.

As coturn's use-auth-secret reads them (draft-uberti-behave-turn-rest-00): the user name is `expiry:person`, the
password the base64 of HMAC-SHA1 over it with the secret that relay and server share.  SHA-1 is what the relay computes;
as a MAC under a secret key it is not broken.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

LONGEST_USERNAME = 508  # RFC 8489 section 14.3: fewer than 509 bytes


class Credential(msgspec.Struct, frozen=True):
    """expires: the first second in which the relay refuses it.  What is relayed by then goes on."""

    username: str
    password: str
    expires: datetime

    def __repr__(self) -> str:
        return f"Credential(username={self.username!r}, expires={self.expires.isoformat()})"


class IceServer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RTCIceServer as browsers take it (W3C WebRTC section 4.2.2)."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""

    def __repr__(self) -> str:
        return f"IceServer(urls={self.urls!r}, username={self.username!r})"


def credential(secret: str, person: str, now: datetime, lifetime: timedelta) -> Credential:
    """Return what lets a person allocate at the relay from now until the end of its lifetime.

    person: practitioner_id, or `guest/<uuid>`: an id, never a name, because the relay logs it.
    Raises ValueError for an empty secret, an empty person, one with `:` (the relay would read another one) or
    characters that are no printable ASCII, and for a lifetime that is not positive.
    """
    if not secret:
        raise ValueError("an empty secret would let everybody relay")
    if not person or ":" in person or not (person.isascii() and person.isprintable()):
        raise ValueError("a person at the relay is an id in printable ASCII without a colon")
    if lifetime <= timedelta(0):
        raise ValueError("a credential lives for some time")
    expiry = int((now + lifetime).timestamp())
    username = f"{expiry}:{person}"
    if len(username) > LONGEST_USERNAME:
        raise ValueError(f"a user name has at most {LONGEST_USERNAME} bytes")
    return Credential(username, password(secret, username), datetime.fromtimestamp(expiry, now.tzinfo))


def password(secret: str, username: str) -> str:
    """Return what the relay computes for itself to compare (RFC 2104 over the user name, base64 of RFC 4648)."""
    return base64.b64encode(hmac.digest(secret.encode(), username.encode(), hashlib.sha1)).decode("ascii")


def ice_servers(urls: Sequence[str], secret: str, person: str, now: datetime, lifetime: timedelta) -> list[IceServer]:
    """Return what a client's RTCPeerConnection is made with; nothing where the county has no relay.

    One entry: the browser asks every address at once and prefers what costs least, UDP before TCP before TLS.
    """
    if not urls:
        return []
    made = credential(secret, person, now, lifetime)
    return [IceServer(tuple(urls), made.username, made.password)]


class Relaying(msgspec.Struct, frozen=True):
    """How a county relays voice and video. most: people of one call who hear and see each other."""

    urls: tuple[str, ...] = ()
    secret: str = ""
    lifetime: timedelta = timedelta(hours=1)
    most: int = 4

    def __repr__(self) -> str:
        return f"Relaying(urls={self.urls!r}, most={self.most})"

    def servers(self, person: str, now: datetime) -> list[IceServer]:
        """Return what a person's browser is told; nothing where the county has no relay or no secret with it."""
        return ice_servers(self.urls, self.secret, person, now, self.lifetime) if self.secret else []
