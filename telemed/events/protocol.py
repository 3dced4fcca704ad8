"""The event stream's messages, without I/O: bytes in, decisions out.

server hello → client subscribe → server replay* live events* | reset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from telemed.events.log import Cursor, Event

MAX_MESSAGE = 16 * 1024  # bytes of one client message
MAX_TOPICS = 64
MAX_REPLAY = 2000  # events; who is further behind fetches the pages anew, which costs less


class Subscribe(msgspec.Struct, frozen=True, tag="subscribe", tag_field="type"):
    """What to hear from where on; without a cursor: from now on."""

    topics: list[str]
    epoch: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Malformed:
    """The client broke the protocol; the connection is closed with 1008 and this reason."""

    reason: str


@dataclass(frozen=True)
class Resume:
    """Replay what lies between `after` and the hub's position, then go live."""

    after: Cursor


@dataclass(frozen=True)
class FromNow:
    """Go live at the hub's position."""


@dataclass(frozen=True)
class Reset:
    """The cursor means nothing here any more: fetch the page anew, then go live from the hub's position."""


_subscribe = msgspec.json.Decoder(Subscribe)


def decode(message: str | bytes) -> Subscribe | Malformed:
    """Read one client message."""
    if len(message) > MAX_MESSAGE:
        return Malformed("message-too-large")
    try:
        subscribe = _subscribe.decode(message)
    except msgspec.DecodeError:
        return Malformed("not-a-subscribe")
    if len(subscribe.topics) > MAX_TOPICS:
        return Malformed("too-many-topics")
    return subscribe


def decide(
    subscribe: Subscribe,
    *,
    epoch: UUID,
    oldest: Cursor | None,
    position: Cursor,
) -> Resume | FromNow | Reset:
    """Choose how a client goes on: resume is binary, a replay is whole or it is a reset."""
    if subscribe.after is None:
        return FromNow()
    after = Cursor.parse(subscribe.after)
    if after is None or subscribe.epoch != str(epoch):
        return Reset()
    if after > position or (oldest is not None and after < oldest and after != Cursor(0, 0)):
        return Reset()
    return Resume(after)


def hello(epoch: UUID, position: Cursor) -> str:
    return msgspec.json.encode({"type": "hello", "epoch": str(epoch), "head": str(position)}).decode()


def events(kind: str, some: Sequence[Event]) -> str:
    """kind: `replay` while catching up, `events` once live."""
    return msgspec.json.encode({"type": kind, "events": [one.wire for one in some]}).decode()


def live(position: Cursor) -> str:
    return msgspec.json.encode({"type": "live", "cursor": str(position)}).decode()


def reset(epoch: UUID, position: Cursor) -> str:
    return msgspec.json.encode({"type": "reset", "epoch": str(epoch), "cursor": str(position)}).decode()
