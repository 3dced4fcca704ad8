"""What a room's events say, by kind: the durable kinds with the shape of their data and the bounds of every size.

Coordinates in an image in thousandths of a pixel, in the world in micrometres, unit vectors in millionths; window
centre and width and zoom in thousandths.  Nothing is a fraction, nothing names a person but by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SYSTEM = "system"
PERSON = r"^(guest/)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"

Person = Annotated[str, Meta(pattern=PERSON, max_length=64)]
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
Uid = Annotated[str, Meta(pattern=r"^[0-9.]{1,64}\Z")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Short = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=500)]
Long = Annotated[str, Meta(max_length=20_000)]
Count = Annotated[int, Meta(ge=0, le=10**9)]
Frame = Annotated[int, Meta(ge=1, le=100_000)]
Number = Annotated[int, Meta(ge=-(10**12), le=10**12)]
YesNo = Annotated[int, Meta(ge=0, le=1)]
Pair = Annotated[list[Number], Meta(min_length=2, max_length=2)]
Decimal = Annotated[str, Meta(pattern=r"^(-?[0-9]{1,12}(\.[0-9]{1,9})?)?\Z")]

Role = Literal["moderator", "expert", "participant", "audience", "guest"]
RoomKind = Literal["consultation", "conference", "teaching"]
Mode = Literal["video", "audio", "async"]
Left = Literal["left", "lost", "removed"]
Scope = Literal["consultation", "recording", "teaching"]
Consenter = Literal["patient", "guardian", "relative", "participant"]
Stopping = Literal["stopped", "withdrawn", "came", "left", "full", "closed"]


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data of one kind of event, or of the command that asks for it."""


class Nothing(Fact, frozen=True):
    pass


class Opened(Fact, frozen=True):
    """host: the inviting physician, who may admit while no moderator is present."""

    kind: RoomKind
    host: Person
    mode: Mode


class Closed(Fact, frozen=True):
    why: Short = ""


class Whom(Fact, frozen=True):
    person: Person


class Denied(Fact, frozen=True):
    person: Person
    why: Note = ""


class Joined(Fact, frozen=True):
    """gen: of the device that speaks for this person from here on; whoever has a smaller one is superseded."""

    person: Person
    gen: Count


class Gone(Fact, frozen=True):
    person: Person
    why: Left


class Leaving(Fact, frozen=True):
    """person: whom a moderator sends out; empty is oneself."""

    person: Annotated[str, Meta(pattern=f"(^\\Z)|({PERSON})", max_length=64)] = ""


class Ranked(Fact, frozen=True):
    person: Person
    role: Role


class Consenting(Fact, frozen=True):
    """A yes or a no. who: `participant` speaks for oneself; of the patient's side somebody writes it down, with how."""

    scope: Scope
    who: Consenter
    note: Note = ""


class Consented(Fact, frozen=True):
    """Who said yes or no to what. person: whose own word it is; empty for the patient's side, written down by another.

    Logs from before recordings were each person's own have no person.
    """

    scope: Scope
    who: Consenter
    note: Note = ""
    person: Annotated[str, Meta(pattern=f"(^\\Z)|({PERSON})", max_length=64)] = ""


class Held(Fact, frozen=True):
    """person: who presents now. pe: the presenter's number, one more with each change of hands."""

    person: Person
    pe: Count


class Released(Fact, frozen=True):
    pe: Count
    why: Literal["released", "lost", "left", "removed"]


class ViewerKey(Fact, frozen=True):
    """What the presenter shows. pe: as which presenter. wl: centre and width. mpr: plane as origin, row, column."""

    study: Uid
    series: Uid
    sop: Uid
    frame: Frame
    pe: Count
    layout: Word = "1x1"
    vp: Annotated[int, Meta(ge=0, le=15)] = 0
    wl: Pair = msgspec.field(default_factory=lambda: [0, 0])
    inv: YesNo = 0
    zoom: Number = 1000
    pan: Pair = msgspec.field(default_factory=lambda: [0, 0])
    rot: Annotated[int, Meta(ge=0, le=359_999)] = 0
    flip: YesNo = 0
    mpr: Annotated[list[Number], Meta(max_length=9)] = []


class Mark(Fact, frozen=True):
    """A mark in an image. geom: points x, y, x, y …; world: the same as x, y, z where it is known.

    calib: how lengths were measured, in the viewer's words (`pixel-spacing`, `imager`, `none`).
    """

    id: Word
    study: Uid
    series: Uid
    sop: Uid
    frame: Frame
    tool: Word
    geom: Annotated[list[Number], Meta(min_length=2, max_length=256)]
    world: Annotated[list[Number], Meta(max_length=384)] = []
    label: Short = ""
    value: Decimal = ""
    unit: Annotated[str, Meta(max_length=16)] = ""
    calib: Annotated[str, Meta(max_length=32)] = ""


class Remark(Fact, frozen=True):
    """A mark as it is after a change."""

    id: Word
    geom: Annotated[list[Number], Meta(min_length=2, max_length=256)]
    world: Annotated[list[Number], Meta(max_length=384)] = []
    label: Short = ""
    value: Decimal = ""
    unit: Annotated[str, Meta(max_length=16)] = ""
    calib: Annotated[str, Meta(max_length=32)] = ""


class Named(Fact, frozen=True):
    id: Word


class Said(Fact, frozen=True):
    """Plain text; whoever shows it shows it as text."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class Filed(Fact, frozen=True):
    id: Word
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    media: Annotated[str, Meta(pattern=r"^[a-z]+/[a-z0-9.+-]{1,60}\Z")]
    size: Count
    sha256: Digest


class Stopped(Fact, frozen=True):
    """Why a recording ended; older logs have the id alone.

    person: who asked for it, took their word back, came in without having agreed, or left.
    """

    id: Word
    why: Stopping = "stopped"
    person: Annotated[str, Meta(pattern=f"(^\\Z)|({PERSON})", max_length=64)] = ""


class Segment(Fact, frozen=True):
    """A piece of a recording on the disk, which plays by itself. at: milliseconds from the recording's beginning."""

    id: Word
    n: Count
    at: Count
    ms: Annotated[int, Meta(ge=1, le=30_000)]
    size: Count
    sha256: Digest


class Vital(Fact, frozen=True):
    code: Word
    value: Annotated[str, Meta(min_length=1, max_length=32)]
    unit: Annotated[str, Meta(max_length=16)] = ""
    note: Note = ""


class Text(Fact, frozen=True):
    text: Long


class Addend(Fact, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=5000)]


class Signed(Fact, frozen=True):
    """A signature under one version of the opinion, given elsewhere with a second factor. sha256: of its text."""

    ver: Count
    sha256: Digest


class Switched(Fact, frozen=True):
    why: Note = ""


FACTS: Mapping[str, type[Fact]] = {
    "room.open": Opened,
    "room.close": Closed,
    "member.knock": Whom,
    "member.admit": Whom,
    "member.deny": Denied,
    "member.join": Joined,
    "member.reconnecting": Whom,
    "member.left": Gone,
    "member.role": Ranked,
    "consent.given": Consented,
    "consent.withdrawn": Consented,
    "presenter.request": Nothing,
    "presenter.grant": Held,
    "presenter.take": Held,
    "presenter.release": Released,
    "viewer.key": ViewerKey,
    "anno.add": Mark,
    "anno.upd": Remark,
    "anno.del": Named,
    "chat.msg": Said,
    "file.add": Filed,
    "rec.start": Named,
    "rec.segment": Segment,
    "rec.stop": Stopped,
    "vitals.note": Vital,
    "minutes.rev": Text,
    "opinion.draft": Text,
    "opinion.sign": Signed,
    "opinion.addend": Addend,
    "mode.video": Switched,
    "mode.audio": Switched,
    "mode.async": Switched,
}
"""The data of each durable kind as it stands in the log."""

COMMANDS: Mapping[str, type[Fact]] = {
    **FACTS,
    "member.left": Leaving,
    "consent.given": Consenting,
    "consent.withdrawn": Consenting,
    "rec.stop": Named,
    "presenter.grant": Whom,
    "presenter.take": Nothing,
    "presenter.release": Nothing,
}
"""What a command of that kind says; the rest of the fact is for the server to know."""
