"""A room as its events have made it: everything that somebody who comes in has to know.

Every field is always written, so that Python and TypeScript spell one state one way.  Lists that would grow without
end keep their last; how many there were is counted and the rest is read from the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

KEPT = 200  # chat messages, vitals and tombstones that the state still holds
KEPT_SEGMENTS = 10


class Event(msgspec.Struct, frozen=True):
    """One line of the log. at: milliseconds of the server's clock, UTC. h: hexadecimal hash of the log up to here."""

    seq: int
    epoch: str
    at: int
    by: str
    k: str
    d: dict[str, Any]
    device: str | None = None
    cid: str | None = None
    h: str = ""


class Member(msgspec.Struct, frozen=True):
    """st: absent | knocking | present | reconnecting | left | denied. adm: 1 once let in; a guest then knocks no more.

    gen: of the device that speaks for this person. since: when st became so.
    """

    role: str
    st: str = "absent"
    since: int = 0
    gen: int = 0
    adm: int = 0


class Presenter(msgspec.Struct, frozen=True):
    """person: empty while nobody presents. pe: one more with each change of hands. requests: in order of asking."""

    person: str = ""
    pe: int = 0
    since: int = 0
    requests: list[str] = []


class Mark(msgspec.Struct, frozen=True):
    """gone: 1 for the tombstone of a mark that was taken away; its number goes on, its content is in the log."""

    ver: int
    author: str
    at: int
    study: str
    series: str
    sop: str
    frame: int
    tool: str
    geom: list[int]
    world: list[int]
    label: str
    value: str
    unit: str
    calib: str
    gone: int = 0


class Line(msgspec.Struct, frozen=True):
    seq: int
    at: int
    by: str
    text: str


class Chat(msgspec.Struct, frozen=True):
    n: int = 0
    last: list[Line] = []


class File(msgspec.Struct, frozen=True):
    at: int
    by: str
    name: str
    media: str
    size: int
    sha256: str


class Consent(msgspec.Struct, frozen=True):
    """given: 0 once withdrawn. by: who wrote it down. Kept by scope for the patient, by scope/person for all others."""

    given: int
    who: str
    note: str
    by: str
    at: int


class Piece(msgspec.Struct, frozen=True):
    n: int
    at: int
    ms: int
    size: int
    sha256: str


class Recording(msgspec.Struct, frozen=True):
    """on: 1 while it runs. n, ms, size: of all segments; last: the newest few.

    off: when it ended, 0 before. why: in the words of facts.Stopping; person: by or because of whom.
    """

    on: int
    by: str
    at: int
    off: int = 0
    why: str = ""
    person: str = ""
    n: int = 0
    ms: int = 0
    size: int = 0
    last: list[Piece] = []


class Vital(msgspec.Struct, frozen=True):
    seq: int
    at: int
    by: str
    code: str
    value: str
    unit: str
    note: str


class Vitals(msgspec.Struct, frozen=True):
    n: int = 0
    last: list[Vital] = []


class Minutes(msgspec.Struct, frozen=True):
    rev: int = 0
    text: str = ""
    by: str = ""
    at: int = 0


class Signature(msgspec.Struct, frozen=True):
    by: str
    at: int
    ver: int
    sha256: str


class Opinion(msgspec.Struct, frozen=True):
    ver: int = 0
    text: str = ""
    by: str = ""
    at: int = 0
    signatures: list[Signature] = []
    addenda: list[Line] = []


class State(msgspec.Struct, frozen=True):
    """st: new | open | closed. viewer: what the presenter showed last, None before. since the event `seq` at `at`."""

    v: int = 1
    seq: int = 0
    at: int = 0
    st: str = "new"
    kind: str = ""
    host: str = ""
    mode: str = ""
    why: str = ""
    members: Mapping[str, Member] = {}
    presenter: Presenter = Presenter()
    viewer: Mapping[str, Any] | None = None
    marks: Mapping[str, Mark] = {}
    gone: int = 0
    chat: Chat = Chat()
    files: Mapping[str, File] = {}
    consents: Mapping[str, Consent] = {}
    recordings: Mapping[str, Recording] = {}
    vitals: Vitals = Vitals()
    minutes: Minutes = Minutes()
    opinion: Opinion = Opinion()


NEW = State()


def read(text: str | bytes) -> State:
    """A state as it was kept."""
    return msgspec.json.decode(text, type=State)
