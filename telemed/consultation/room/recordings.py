"""/api/rooms/{id}/recordings: what was recorded in a room, by its log, and the segments, one by one.

For those who take part: neither guests nor an audience hear afterwards what was said.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from telemed.consultation.room import store
from telemed.consultation.room.deciding import DOING, Who
from telemed.consultation.room.facts import Segment
from telemed.consultation.room.hub import RoomHub
from telemed.consultation.room.protocol import Command
from telemed.consultation.room.refusals import WORDS, Refusal
from telemed.consultation.room.roster import SAFE, body_of, inside, person_of
from telemed.consultation.room.segments import LIMIT, Segments, segment_too_large
from telemed.consultation.room.state import Event
from telemed.consultation.room.store import RoomRow
from telemed.consultation.room.told import Tell
from telemed.consultation.room.tracks import webm_media
from telemed.db import Connection
from telemed.errors import Conflict, Forbidden, NotFound
from telemed.http.wire import Call, Endpoint, Nothing, Stream, Upload
from telemed.vocabulary import Action, Text

MEDIA = ("video/webm", "audio/webm")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_N = re.compile(r"[0-9]{1,5}")


class RoomSegmentQuery(msgspec.Struct, frozen=True):
    """at: milliseconds from the beginning of the recording. ms: how long the segment is."""

    at: Annotated[int, Meta(ge=0, le=10**9)]
    ms: Annotated[int, Meta(ge=1, le=30_000)]


class RoomSegment(msgspec.Struct, frozen=True):
    """A segment that is kept. at, ms: milliseconds, from the beginning of the recording. seq: of its event."""

    n: int
    at: int
    ms: int
    size: int
    sha256: str
    seq: int


class RoomRecording(msgspec.Struct, frozen=True):
    """at, off: milliseconds UTC; off is None while it runs. why: stopped | withdrawn | came | left | full | closed."""

    id: str
    by: str
    at: int
    off: int | None
    why: str
    person: str
    segments: list[RoomSegment]


class RoomRecordings(msgspec.Struct, frozen=True):
    """segment_ms: how long a page lets a segment become. most_bytes: how large."""

    items: list[RoomRecording]
    segment_ms: int
    most_bytes: int


def recordings_in(events: list[Event]) -> list[RoomRecording]:
    """What was recorded, by the events about recordings, in order. Pure."""
    found: dict[str, RoomRecording] = {}
    for one in events:
        d = one.d
        known = found.get(d["id"])
        if one.k == "rec.start":
            found[d["id"]] = RoomRecording(d["id"], one.by, one.at, None, "", "", [])
        elif known is None:
            continue
        elif one.k == "rec.segment":
            known.segments.append(RoomSegment(d["n"], d["at"], d["ms"], d["size"], d["sha256"], one.seq))
        else:
            why, person = d.get("why", "stopped"), d.get("person", "")
            found[d["id"]] = msgspec.structs.replace(known, off=one.at, why=why, person=person)
    return list(found.values())


async def recorded(connection: Connection, room_id: UUID) -> list[RoomRecording]:
    """What was recorded in a room; nothing runs in a closed one."""
    return recordings_in(await store.recording_events(connection, room_id))


async def listed(connection: Connection, room_id: UUID) -> frozenset[str]:
    """The digests of all segments of which a room's log speaks."""
    return frozenset(one.sha256 for each in await recorded(connection, room_id) for one in each.segments)


class RecordingRoutes:
    def __init__(self, hub: RoomHub, segments: Segments, tell: Tell, segment_ms: int) -> None:
        self._hub = hub
        self._segments = segments
        self._tell = tell
        self._segment_ms = segment_ms

    async def look(self, call: Call[Nothing, Nothing]) -> RoomRecordings:
        row = await self._taking_part(call)
        async with call.pool.connection() as connection:
            return RoomRecordings(await recorded(connection, row.id), self._segment_ms, LIMIT)

    async def add(self, call: Call[RoomSegmentQuery, Nothing]) -> RoomSegment:
        """Keep the next segment, then let the log speak of it; the same bytes again get the same answer."""
        row = await self._taking_part(call)
        id_, n = _named(call)
        person = person_of(call)
        known = row.fold.recordings.get(id_)
        # what cannot be taken in any case is not read at all
        if known is None:
            raise Conflict("not-recording", *WORDS["not-recording"])
        if known.by != person:
            raise Forbidden("not-your-recording", *WORDS["not-your-recording"])
        if n > known.n:
            raise Conflict("stale-version", *WORDS["stale-version"], n=known.n)
        kept = await self._segments.keep(row.id, await body_of(call.request, LIMIT, segment_too_large))
        said = Segment(id_, n, call.query.at, call.query.ms, kept.size, kept.digest)
        async with call.transaction() as tx:
            call.detail["recording"], call.detail["segment"] = id_, n
            done = await self._append(call, tx, row, said)
            if isinstance(done, Refusal):
                raise Conflict(done.code, *done.text, **done.facts)
            first = (await store.events_after(tx, row.id, done.seq - 1, 1))[0]
            if first.d["sha256"] != kept.digest:
                raise Conflict(
                    "segment-differs",
                    "这一段录制已保存，且内容不同；保存的内容未改动。",
                    "That segment is kept already with another content, which stays as it is.",
                )
        await self._hub.offer(row.id, done.events)
        d = first.d
        return RoomSegment(d["n"], d["at"], d["ms"], d["size"], d["sha256"], done.seq)

    async def _append(
        self, call: Call[RoomSegmentQuery, Nothing], tx: Connection, row: RoomRow, said: Segment
    ) -> store.Appended | Refusal:
        person = person_of(call)
        command = Command(_number_of(said.id, said.n), "rec.segment", said)
        device = f"recording-{person[-36:]}"
        return await store.append(tx, row.id, Who(person, service=True), command, device=device, now=call.now)

    async def play(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        row = await self._taking_part(call)
        id_, n = _named(call)
        async with call.pool.connection() as connection:
            every = await recorded(connection, row.id)
            told = await self._tell(connection, row.id)
        one = next((one for each in every if each.id == id_ for one in each.segments if one.n == n), None)
        if one is None:
            raise NotFound("unknown-segment", "记录中没有这一段录制。", "The log has no such segment.")
        content = await self._segments.read(row.id, one.sha256)
        if told.case is not None:
            call.about("consultation", told.case.consultation_id, patient_id=told.case.patient_id)
        call.detail["recording"], call.detail["segment"] = id_, n
        headers = {**SAFE, "Content-Disposition": "attachment", "Content-Length": str(one.size)}
        response = await call.stream(media_type=_media(content), headers=headers)
        await response.write(content)
        await response.write_eof()
        return response

    @staticmethod
    async def _taking_part(call: Call[Any, Any]) -> RoomRow:
        row, role = await inside(call)
        if role not in DOING:
            raise Forbidden("role-may-not", *WORDS["role-may-not"])
        return row


def _media(content: bytes) -> str:
    return webm_media(content) or "application/octet-stream"


def _named(call: Call[Any, Any]) -> tuple[str, int]:
    """Recording and number, as the address has them.  Raises NotFound."""
    id_, n = call.path["recording"], call.path["n"]
    if _ID.fullmatch(id_) is None or _N.fullmatch(n) is None:
        raise NotFound("unknown-segment", "记录中没有这一段录制。", "The log has no such segment.")
    return id_, int(n)


def _number_of(id_: str, n: int) -> str:
    """By which a segment that is sent again is known."""
    return hashlib.sha256(f"{id_}/{n}".encode()).hexdigest()[:32]


def recording_endpoints(hub: RoomHub, segments: Segments, tell: Tell, *, segment_ms: int) -> list[Endpoint]:
    """The routes of recordings."""
    routes = RecordingRoutes(hub, segments, tell, segment_ms)
    path, join = "/api/rooms/{id}/recordings", Action.ROOM_JOIN
    return [
        Endpoint(
            "GET",
            path,
            join,
            routes.look,
            Text("会诊室的录制", "The recordings of a room"),
            returns=RoomRecordings,
            access=True,
        ),
        Endpoint(
            "POST",
            f"{path}/{{recording}}/segments/{{n}}",
            join,
            routes.add,
            Text("保存录制的下一段", "Keep the next segment of a recording"),
            query=RoomSegmentQuery,
            body=Upload(MEDIA, LIMIT),
            returns=RoomSegment,
            status=201,
        ),
        Endpoint(
            "GET",
            f"{path}/{{recording}}/segments/{{n}}",
            join,
            routes.play,
            Text("收听录制的一段", "Listen to a segment of a recording"),
            returns=Stream(MEDIA),
            access=True,
        ),
    ]
