"""The room's conversation without I/O: frames in, structs or reasons out; how somebody who comes back goes on.

client hello → server welcome, then snapshot | events; cmd → ok | err; eph, seen, ping either way; bye at the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw

from telemed.consultation.room.facts import COMMANDS, Count, Fact, Frame, Person, Uid, Word
from telemed.consultation.room.state import Event

VERSION = 1
MAX_FRAME = 128 * 1024  # characters of one frame of a client; the longest minutes fit, escaped or not
MAX_SIGNAL = 32 * 1024  # bytes of the data of one offer, answer or candidate
MAX_EPHEMERAL = 4 * 1024  # bytes of the data of one pointer, drag or the like
MAX_SEEN = 200  # images told at once
REPLAY = 500  # events; who is further behind gets the state, which is less

SIGNALS = frozenset({"rtc.offer", "rtc.answer", "rtc.ice"})
EPHEMERAL = frozenset({"ptr", "viewer.live", "anno.live", "typing", "quality"}) | SIGNALS

# As telemed/http/body.py: PostgreSQL can be asked about no text that has one.
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|\x00")

Id = Annotated[str, Meta(max_length=64)]
Millis = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Flat = dict[
    Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,32}\Z")],
    int | str | bool | Annotated[list[int], Meta(max_length=1024)] | None,
]


class Close:
    """Why the server ends a connection, as WebSocket close codes."""

    MALFORMED = 1008
    TOKEN = 4001  # the session has ended: sign in again
    FORBIDDEN = 4003
    SUPERSEDED = 4008  # another device of the same person has taken over
    UPGRADE = 4009
    SNAPSHOT = 4010  # what the client holds is of another life of the room
    TOO_SLOW = 4013
    DRAINING = 4015


class Resume(msgspec.Struct, frozen=True):
    session: Id
    epoch: Id
    seq: Count


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="t"):
    """token: the session's CSRF token, which no foreign page has. gen: the generation this device had, 0 for none."""

    v: int
    device: Word
    token: Annotated[str, Meta(max_length=200)] = ""
    gen: Count = 0
    caps: Annotated[list[Word], Meta(max_length=32)] = []
    resume: Resume | None = None
    t0: Millis = 0


class Cmd(msgspec.Struct, frozen=True, tag="cmd", tag_field="t"):
    """cid: by which a resend is known. base: the version that the change starts from."""

    cid: Word
    k: Annotated[str, Meta(max_length=32)]
    base: Count | None = None
    d: Raw = Raw(b"{}")


class Eph(msgspec.Struct, frozen=True, tag="eph", tag_field="t"):
    """What is worth nothing a second later. to: the one person a signal is for."""

    k: Annotated[str, Meta(max_length=16)]
    d: Flat
    to: Person | None = None


class Image(msgspec.Struct, frozen=True, array_like=True):
    sop: Uid
    frame: Frame


class Seen(msgspec.Struct, frozen=True, tag="seen", tag_field="t"):
    """Images of a study painted on this screen, told until the server says `seen` with the same n."""

    n: Count
    study: Uid
    images: Annotated[list[Image], Meta(min_length=1, max_length=MAX_SEEN)]


class Ack(msgspec.Struct, frozen=True, tag="ack", tag_field="t"):
    seq: Count


class Ping(msgspec.Struct, frozen=True, tag="ping", tag_field="t"):
    t0: Millis


class Pong(msgspec.Struct, frozen=True, tag="pong", tag_field="t"):
    t0: Millis


class Line(msgspec.Struct, frozen=True, tag="line", tag_field="t"):
    """What the page's line carries, as the page judges it: over a thin one passing things come seldom."""

    thin: bool


class Replay(msgspec.Struct, frozen=True, tag="replay", tag_field="t"):
    """The client has seen events up to `after` and knows that there are more."""

    after: Count


Frames = Hello | Cmd | Eph | Seen | Ack | Ping | Pong | Line | Replay


@dataclass(frozen=True)
class Malformed:
    """The client broke the protocol; the connection is closed with 1008 and this reason."""

    reason: str


@dataclass(frozen=True)
class Command:
    """A command whose data is of its kind's shape."""

    cid: str
    k: str
    d: Fact
    base: int | None = None


@dataclass(frozen=True)
class Faulty:
    """A command that says nothing the room knows; its sender is told, the connection goes on."""

    cid: str
    code: Literal["unknown-kind", "malformed"]
    detail: str


_frames: msgspec.json.Decoder[Frames] = msgspec.json.Decoder(Frames)
_data: Mapping[str, msgspec.json.Decoder[Fact]] = {
    kind: msgspec.json.Decoder(shape) for kind, shape in COMMANDS.items()
}


def decode(frame: str | bytes) -> Frames | Malformed:
    """Read one frame of a client."""
    if isinstance(frame, bytes):
        return Malformed("text-expected")
    if len(frame) > MAX_FRAME:
        return Malformed("frame-too-large")
    # two looks for a substring are a tenth of the search, which hardly any frame needs
    if ("\\u0000" in frame or "\0" in frame) and NUL.search(frame):
        return Malformed("nul-character")
    try:
        message = _frames.decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return Malformed("not-a-frame")
    if isinstance(message, Eph):
        return _ephemeral(message, len(frame))
    return message


def _ephemeral(message: Eph, size: int) -> Eph | Malformed:
    signal = message.k in SIGNALS
    if message.k not in EPHEMERAL:
        return Malformed("unknown-kind")
    if size > (MAX_SIGNAL if signal else MAX_EPHEMERAL):
        return Malformed("frame-too-large")
    if signal != (message.to is not None):
        return Malformed("signals-are-for-one")
    return message


def read_command(cmd: Cmd) -> Command | Faulty:
    """Read the data of a command by its kind."""
    decoder = _data.get(cmd.k)
    if decoder is None:
        return Faulty(cmd.cid, "unknown-kind", cmd.k)
    try:
        return Command(cmd.cid, cmd.k, decoder.decode(cmd.d), cmd.base)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return Faulty(cmd.cid, "malformed", str(error)[:200])


@dataclass(frozen=True)
class Fresh:
    """The client has nothing yet: it gets the state."""

    mode: Literal["fresh"] = "fresh"


@dataclass(frozen=True)
class Continue:
    """The client gets every event behind `after`."""

    after: int
    mode: Literal["replay"] = "replay"


@dataclass(frozen=True)
class Anew:
    """What the client has does not lead here: it gets the state."""

    mode: Literal["snapshot"] = "snapshot"


def plan(resume: Resume | None, *, epoch: str, head: int, most: int = REPLAY) -> Fresh | Continue | Anew:
    """Decide how somebody who comes in goes on: all of what was missed, or the state; never a part."""
    if resume is None:
        return Fresh()
    if resume.epoch != epoch or resume.seq > head or head - resume.seq > most:
        return Anew()
    return Continue(resume.seq)


LIMITS = {"frame": MAX_FRAME, "signal": MAX_SIGNAL, "ephemeral": MAX_EPHEMERAL, "seen": MAX_SEEN, "replay": REPLAY}


def _said(kind: str, **values: Any) -> bytes:
    return msgspec.json.encode({"t": kind, **values})


def welcome(
    *, session: str, epoch: str, head: int, role: str, gen: int, mode: str, server_ms: int, waiting: bool = False
) -> bytes:
    """waiting: in the lobby; what is said in the room is heard after being admitted."""
    you = {"role": role, "gen": gen, "waiting": waiting}
    said = {"session": session, "epoch": epoch, "head": head, "you": you, "mode": mode}
    return _said("welcome", **said, server_ms=server_ms, limits=LIMITS)


def snapshot(seq: int, epoch: str, state: str) -> bytes:
    """state: canonical JSON as it is kept."""
    return _said("snapshot", seq=seq, epoch=epoch, state=Raw(state.encode()))


def event(one: Event) -> bytes:
    """One event; cid and device where it came of a command."""
    command = {} if one.cid is None else {"cid": one.cid, "device": one.device}
    said = {"seq": one.seq, "epoch": one.epoch, "at": one.at, "by": one.by, "k": one.k, "d": one.d, "h": one.h}
    return _said("ev", **said, **command)


def ok(cid: str, seq: int) -> bytes:
    return _said("ok", cid=cid, seq=seq)


def err(cid: str, code: str, head: int, msg: Mapping[str, str], facts: Mapping[str, Any] | None = None) -> bytes:
    """msg: by language."""
    return _said("err", cid=cid, code=code, head=head, msg=msg, facts=facts or {})


def ephemeral(k: str, by: str, d: Mapping[str, Any], head: int) -> bytes:
    return _said("eph", k=k, by=by, d=d, head=head)


def seen(n: int) -> bytes:
    return _said("seen", n=n)


def ping(t0: int, head: int) -> bytes:
    return _said("ping", t0=t0, head=head)


def pong(t0: int, t1: int, head: int) -> bytes:
    return _said("pong", t0=t0, t1=t1, head=head)


def bye(code: int, reason: str, retry_ms: int | None) -> bytes:
    """retry_ms: when to come back; None is not at all, until a person wants to."""
    return _said("bye", code=code, reason=reason, retry_ms=retry_ms)
