"""What is said with Janus, its WebSocket API and its videoroom plugin (1.x): requests out, values in.  Pure.

A room of the county has one room in Janus, whose number and pin follow from the secret: any process finds it, nobody
without the secret does, and nothing of a patient is in it.  A person is there by the id alone, as at the relay.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

PLUGIN = "janus.plugin.videoroom"
SLOTS = ("microphone", "camera", "screen")
#: Bits a second of one person at most: a camera, a screen and a voice of `web/src/call/link.ts`.
MOST_BITS = 1_400_000

# janus_videoroom.c
NO_SUCH_ROOM = 426
ROOM_EXISTS = 427
FULL = 432
# apierror.h
INVALID_SDP = 465


class Forwarding(msgspec.Struct, frozen=True):
    """How a county forwards calls of more people than a mesh carries; url empty where it does not.

    key: what rooms are made with.  people: of one call.
    """

    url: str = ""
    secret: str = ""
    key: str = ""
    people: int = 0

    def __repr__(self) -> str:
        return f"Forwarding(url={self.url!r}, people={self.people})"

    @property
    def most(self) -> int:
        """How many people a call may have through it, 0 where there is none."""
        return self.people if self.url and self.secret else 0


class Reply(msgspec.Struct, frozen=True):
    """What Janus answers or tells by itself.  data: of the plugin, or of the API where no plugin spoke."""

    kind: str
    transaction: str
    handle: int
    data: dict[str, Any]
    sdp: str = ""


class Refused(msgspec.Struct, frozen=True):
    """Janus or its plugin says no; nothing was changed there."""

    code: int
    reason: str


class Away(msgspec.Struct, frozen=True):
    """Nobody answered, or not in time: what was asked for may have been done."""

    reason: str


class Malformed(msgspec.Struct, frozen=True):
    """What came is nothing that Janus says."""

    reason: str


class Stream(msgspec.Struct, frozen=True):
    """One of the media of a subscription.  mid: as its description names it.  person: empty once it is nobody's."""

    mid: str
    person: str
    slot: str
    feed: int
    is_sent: bool


class _Error(msgspec.Struct):
    code: int = 0
    reason: str = ""


class _Plugin(msgspec.Struct):
    data: dict[str, Any] = {}


class _Jsep(msgspec.Struct):
    sdp: str = ""


class _Said(msgspec.Struct):
    janus: str
    transaction: str = ""
    sender: int = 0
    data: dict[str, Any] = {}
    plugindata: _Plugin | None = None
    jsep: _Jsep | None = None
    error: _Error | None = None


_said = msgspec.json.Decoder(_Said)


def read(content: bytes | str) -> tuple[str, Reply | Refused] | Malformed:
    """Read one message; returns it with the transaction that it answers, empty where it answers none."""
    try:
        said = _said.decode(content)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        return Malformed(str(error))
    if said.janus == "error":
        error = said.error or _Error()
        return said.transaction, Refused(error.code, error.reason)
    if said.plugindata is None:
        return said.transaction, Reply(said.janus, said.transaction, said.sender, said.data)
    data = said.plugindata.data
    code = data.get("error_code")
    if isinstance(code, int):
        return said.transaction, Refused(code, str(data.get("error", "")))
    sdp = "" if said.jsep is None else said.jsep.sdp
    return said.transaction, Reply(said.janus, said.transaction, said.sender, data, sdp)


# --- a room


def number_of(secret: str, room: UUID) -> int:
    """The room in Janus; 60 bits, which nobody guesses."""
    return int.from_bytes(_derived(secret, "number", room)[:8]) >> 4 or 1


def pin_of(secret: str, room: UUID) -> str:
    """What lets in, and (as `secret`) what lets end, each different."""
    return _derived(secret, "pin", room).hex()


def _derived(secret: str, what: str, room: UUID) -> bytes:
    if not secret:
        raise ValueError("an empty secret would let everybody in")
    return hmac.digest(secret.encode(), f"{what}/{room}".encode(), hashlib.sha256)


def created(forwarding: Forwarding, room: UUID) -> dict[str, Any]:
    return {
        "request": "create",
        "admin_key": forwarding.key,
        "room": number_of(forwarding.secret, room),
        "description": "consultation",
        "pin": pin_of(forwarding.secret, room),
        "secret": _derived(forwarding.secret, "end", room).hex(),
        "permanent": False,
        "is_private": True,
        "publishers": forwarding.people,
        "bitrate": MOST_BITS,
        "fir_freq": 10,
        "audiocodec": "opus",
        "videocodec": "vp8",
        "record": False,
    }


def ended(forwarding: Forwarding, room: UUID) -> dict[str, Any]:
    return {
        "request": "destroy",
        "room": number_of(forwarding.secret, room),
        "secret": _derived(forwarding.secret, "end", room).hex(),
    }


def listed(forwarding: Forwarding, room: UUID) -> dict[str, Any]:
    return {"request": "listparticipants", "room": number_of(forwarding.secret, room)}


def is_empty(reply: Reply) -> bool:
    return reply.data.get("participants") == []


# --- a person


def joined(forwarding: Forwarding, room: UUID, person: str) -> dict[str, Any]:
    """person: practitioner_id or `guest/<uuid>`; Janus' log may have it."""
    return {
        "request": "join",
        "ptype": "publisher",
        "room": number_of(forwarding.secret, room),
        "pin": pin_of(forwarding.secret, room),
        "display": person,
    }


def published() -> dict[str, Any]:
    """The three media are always there, in this order (`web/src/call/link.ts`)."""
    return {
        "request": "publish",
        "descriptions": [{"mid": str(number), "description": slot} for number, slot in enumerate(SLOTS)],
    }


def subscribed(forwarding: Forwarding, room: UUID, feeds: Sequence[int]) -> dict[str, Any]:
    """The first subscription of a person."""
    return {
        "request": "join",
        "ptype": "subscriber",
        "room": number_of(forwarding.secret, room),
        "pin": pin_of(forwarding.secret, room),
        "streams": [{"feed": feed} for feed in feeds],
    }


def added(feeds: Sequence[int]) -> dict[str, Any]:
    return {"request": "subscribe", "streams": [{"feed": feed} for feed in feeds]}


def dropped(feeds: Sequence[int]) -> dict[str, Any]:
    return {"request": "unsubscribe", "streams": [{"feed": feed} for feed in feeds]}


def feeds_of(reply: Reply, me: str) -> list[tuple[int, str]]:
    """Who sends, as Janus has told: feed and person.  Not this person's own, which another page of it may be."""
    found: list[tuple[int, str]] = []
    for one in _rows(reply.data.get("publishers")):
        feed, person = one.get("id"), one.get("display")
        if isinstance(feed, int) and isinstance(person, str) and person != me:
            found.append((feed, person))
    return found


def gone_of(reply: Reply) -> int | None:
    """The feed that has ended; None where none has."""
    for key in ("leaving", "unpublished", "kicked"):
        feed = reply.data.get(key)
        if isinstance(feed, int):
            return feed
    return None


def streams_of(reply: Reply) -> list[Stream]:
    """The media of a subscription by their mid."""
    return [
        Stream(
            mid=str(one["mid"]),
            person=str(one.get("feed_display", "")) if one.get("active") is not False else "",
            slot=slot_of(one),
            feed=feed if isinstance(feed := one.get("feed_id"), int) else 0,
            is_sent=one.get("send") is not False,
        )
        for one in _rows(reply.data.get("streams"))
        if "mid" in one
    ]


def shown(streams: Sequence[Stream], feeds: Mapping[int, str]) -> list[Stream]:
    """The media as a page has them: of somebody who came back, the newer feed alone.

    feeds: who sends, in the order in which they came.
    """
    newest = {person: feed for feed, person in feeds.items()}
    return [one if newest.get(one.person) == one.feed else msgspec.structs.replace(one, person="") for one in streams]


def slot_of(stream: Mapping[str, Any]) -> str:
    """Which of the three it is: as its publisher has said, else as it lies in what was published."""
    described = stream.get("feed_description")
    if described in SLOTS:
        return str(described)
    place = str(stream.get("feed_mid", ""))
    return SLOTS[int(place)] if place in {"0", "1", "2"} else ""


def pauses(streams: Sequence[Stream], *, camera: bool, screen: bool) -> dict[str, Any] | None:
    """What makes Janus send the pictures that are wanted and no others; None where it does."""
    wanted = {"camera": camera, "screen": screen}
    changed = [
        {"mid": one.mid, "send": wanted[one.slot]}
        for one in streams
        if one.person and one.slot in wanted and one.is_sent is not wanted[one.slot]
    ]
    return {"request": "configure", "streams": changed} if changed else None


def _rows(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType] -- JSON
