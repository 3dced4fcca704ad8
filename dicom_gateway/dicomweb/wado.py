"""WADO-RS: instances, metadata, frames, bulk data, pictures.  PS3.18 §10.4."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from aiohttp import web

from dicom_gateway.dicomweb import answers
from dicom_gateway.dicomweb.accept import (
    DICOM,
    JSON,
    OCTETS,
    RENDERED,
    MediaRange,
    Payload,
    accepts,
    chosen,
    frame_payload,
    instance_payload,
    parse,
    wanted,
)
from dicom_gateway.dicomweb.access_log import AccessLog
from dicom_gateway.dicomweb.blobs import TooLarge
from dicom_gateway.dicomweb.frames import Unreadable
from dicom_gateway.dicomweb.instances import Instances, Lost, Match
from dicom_gateway.dicomweb.pictures import BadDrawing, drawing_of
from dicom_gateway.dicomweb.rendering import THUMBNAIL, Drawing
from dicom_gateway.dicomweb.store import Instance, instances, representative
from telemed.db import Connection
from telemed.errors import NotFound
from telemed.http.wire import Call

#: Instances of a series whose metadata are one document: a CT's usual series, a few MB at most.
BATCH = 512
#: Frames of one request.
MOST_FRAMES = 1000
#: Pictures drawn at once: each takes a core and up to a few hundred MB.
DRAWN_AT_ONCE = 2

AnyCall = Call[Any, Any]


def nobody_knows() -> NotFound:
    return NotFound("unknown-study", "找不到该影像。", "There is no such study, series or image.")


@dataclass
class Retrieval:
    """The handlers.

    match: what a matched study shows to the outside, None for one that goes out as it came.
    base: absolute address of the service for a request.
    """

    archive: Instances
    log: AccessLog
    match: Callable[[Connection, Instance], Awaitable[Match | None]]
    base: Callable[[web.Request], str]
    drawing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DRAWN_AT_ONCE))

    async def _found(self, call: AnyCall) -> tuple[list[Instance], Match | None]:
        """The instances a path names, recorded as seen.  Raises NotFound."""
        path = call.path
        async with call.pool.connection() as connection:
            found = await instances(
                connection,
                study=path["study"],
                series=path.get("series"),
                instance=path.get("instance"),
                scope=call.scope,
            )
            if not found:
                raise nobody_knows()
            match = await self.match(connection, found[0])
        await self.log.record(call, found[0].study_id, found[0].patient_id)
        return found, match

    async def instances(self, call: AnyCall) -> web.StreamResponse:
        """Study, series or instance as Part 10 files, one after the other."""
        found, match = await self._found(call)
        choice = chosen((one.transfer_syntax_uid for one in found), wanted(_ranges(call)), instance_payload)
        if choice is None or not (choice[0].multipart or len(found) == 1):
            return answers.refused(call, "not-acceptable", 406, answers.NOT_ACCEPTABLE)
        want, payloads = choice
        first = payloads[found[0].transfer_syntax_uid]
        try:
            if not want.multipart:
                return await _single(call, self.archive.file(found[0], first, match), DICOM)
            opening = answers.drawn(self.archive.file(found[0], first, match))
            begun = await anext(opening)
        except (Lost, Unreadable, TooLarge) as error:
            return _fault(call, error)
        answer = await answers.Multipart.begin(call, DICOM)
        with answers.cut_off(call):
            await answer.part(_part_head(first), answers.after(begun, opening))
            for one in found[1:]:
                payload = payloads[one.transfer_syntax_uid]
                await answer.part(_part_head(payload), answers.drawn(self.archive.file(one, payload, match)))
            return await answer.end()

    async def metadata(self, call: AnyCall) -> web.StreamResponse:
        found, match = await self._found(call)
        if accepts(_ranges(call), (JSON, "application/json")) is None:
            return answers.refused(call, "not-acceptable", 406, answers.NOT_ACCEPTABLE)
        base = self.base(call.request)

        async def pieces() -> AsyncIterator[bytes]:
            for _, group in groupby(found, lambda one: one.series_instance_uid):
                series = list(group)
                for at in range(0, len(series), BATCH):
                    yield await asyncio.to_thread(self.archive.metadata, series[at : at + BATCH], base, match)

        return await answers.streamed_json(call, pieces())

    async def frames(self, call: AnyCall) -> web.StreamResponse:
        (instance, *_), _ = await self._found(call)
        numbers = _numbers(call.path["frames"])
        if numbers is None or max(numbers) > instance.frames:
            return answers.refused(call, "no-such-frame", 404, answers.NO_FRAME)
        wants = [one for one in wanted(_ranges(call)) if one.multipart or len(numbers) == 1]
        choice = chosen((instance.transfer_syntax_uid,), wants, frame_payload)
        if choice is None:
            return answers.refused(call, "not-acceptable", 406, answers.NOT_ACCEPTABLE)
        want, payloads = choice
        payload = payloads[instance.transfer_syntax_uid]
        kind = f"{payload.media_type}; transfer-syntax={payload.transfer_syntax}"
        try:
            first = await asyncio.to_thread(self.archive.frame, instance, numbers[0], payload)
            if not want.multipart:
                return answers.body(first, kind)
        except (Lost, Unreadable, TooLarge) as error:
            return _fault(call, error)
        answer = await answers.Multipart.begin(call, payload.media_type)
        rest = (self.archive.frame(instance, number, payload) for number in numbers[1:])
        with answers.cut_off(call):
            async for frame in answers.after(first, answers.drawn(rest)):
                await answer.part(_part_head(payload), answers.drawn([frame]))
            return await answer.end()

    async def bulk_data(self, call: AnyCall) -> web.StreamResponse:
        """A value that metadata names, single part or multipart as asked for."""
        (instance, *_), _ = await self._found(call)
        want = next((one for one in wanted(_ranges(call)) if one.media_type in {OCTETS, "*/*"}), None)
        if want is None:
            return answers.refused(call, "not-acceptable", 406, answers.NOT_ACCEPTABLE)
        try:
            value = await asyncio.to_thread(self.archive.bulk_data, instance, call.path["path"])
        except (Lost, Unreadable, TooLarge) as error:
            return _fault(call, error)
        if value is None:
            raise NotFound("unknown-bulk-data", "找不到该数据项。", "There is no such value.")
        if not want.multipart or want.media_type == "*/*":
            return answers.body(value, OCTETS)
        answer = await answers.Multipart.begin(call, OCTETS)
        await answer.part({"Content-Type": OCTETS}, answers.drawn([value]))
        return await answer.end()

    async def rendered(self, call: AnyCall) -> web.StreamResponse:
        """One frame as a picture (the first unless the path names another)."""
        (instance, *_), _ = await self._found(call)
        return await self._picture(call, instance, limit=None)

    async def thumbnail(self, call: AnyCall) -> web.StreamResponse:
        """A small picture that stands for a study, a series or an instance."""
        path = call.path
        if "instance" in path:
            (instance, *_), _ = await self._found(call)
            return await self._picture(call, instance, limit=THUMBNAIL)
        async with call.pool.connection() as connection:
            best = await representative(connection, study=path["study"], series=path.get("series"), scope=call.scope)
            if best is None:
                raise nobody_knows()
            (instance,) = await instances(
                connection,
                study=path["study"],
                series=best.series_instance_uid,
                instance=best.sop_instance_uid,
                scope=call.scope,
            )
        await self.log.record(call, instance.study_id, instance.patient_id)
        return await self._picture(call, instance, limit=THUMBNAIL)

    async def _picture(self, call: AnyCall, instance: Instance, *, limit: int | None) -> web.StreamResponse:
        numbers = _numbers(call.path.get("frames", str((instance.frames + 1) // 2)))
        if numbers is None or len(numbers) > 1 or numbers[0] > instance.frames:
            return answers.refused(call, "no-such-frame", 404, answers.NO_FRAME)
        media_type = accepts(_ranges(call), RENDERED)
        if media_type is None:
            return answers.refused(call, "not-acceptable", 406, answers.NOT_ACCEPTABLE)
        drawing = drawing_of(call.request.query, media_type=media_type, limit=limit)
        if isinstance(drawing, BadDrawing):
            return answers.refused(call, "bad-rendering", 400, answers.BAD_QUERY, detail=drawing.en)
        answer = await self._drawn(call, instance, numbers[0], drawing)
        # which image it shows (RFC 9110 §8.7): a thumbnail's address names a study or a series only
        answer.headers["Content-Location"] = f"{self.base(call.request)}{instance.path}"
        return answer

    async def _drawn(self, call: AnyCall, instance: Instance, number: int, drawing: Drawing) -> web.StreamResponse:
        async with self.drawing:
            try:
                picture = await asyncio.to_thread(self.archive.picture, instance, number, drawing)
            except (Lost, Unreadable, TooLarge) as error:
                return _fault(call, error)
        return answers.body(picture, drawing.media_type)


async def _single(call: AnyCall, pieces: Any, media_type: str) -> web.StreamResponse:
    """One file as the whole body; its first piece is drawn before the status is said."""
    drawn = answers.drawn(pieces)
    first = await anext(drawn)
    answer = web.StreamResponse(headers={"Content-Type": media_type, **answers.PRIVATE})
    await answer.prepare(call.request)
    with answers.cut_off(call):
        async for piece in answers.after(first, drawn):
            await answer.write(piece)
        await answer.write_eof()
    return answer


def _part_head(payload: Payload) -> dict[str, str]:
    return {"Content-Type": f"{payload.media_type}; transfer-syntax={payload.transfer_syntax}"}


def _ranges(call: AnyCall) -> list[MediaRange]:
    """What the client accepts: the query parameter wins (PS3.18 §8.3.3.1)."""
    asked = call.request.query.get("accept")
    return parse(asked if asked is not None else ", ".join(call.request.headers.getall("Accept", [])))


def _numbers(text: str) -> list[int] | None:
    """Frame numbers of a path, from 1; None for anything else."""
    parts = text.split(",")
    if len(parts) > MOST_FRAMES or not all(one.isascii() and one.isdigit() and len(one) < 8 for one in parts):
        return None
    numbers = [int(one) for one in parts]
    return numbers if min(numbers) >= 1 else None


def _fault(call: AnyCall, error: Lost | Unreadable | TooLarge) -> web.Response:
    match error:
        case Lost():
            return answers.refused(call, "bytes-lost", 503, answers.LOST)
        case TooLarge():
            return answers.refused(call, "image-too-large", 413, answers.TOO_LARGE)
        case Unreadable():
            return answers.refused(call, "frame-unreadable", 422, answers.NO_FRAME)
