"""The DICOMweb endpoints, below /dicom-web (conformance: docs/conformance/dicom.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from dicom_gateway.dicomweb import answers, qido, stow
from dicom_gateway.dicomweb.accept import DICOM, JSON, OCTETS, RENDERED
from dicom_gateway.dicomweb.access_log import AccessLog, seen_through_link
from dicom_gateway.dicomweb.dictionary import Level
from dicom_gateway.dicomweb.instances import Instances, Match
from dicom_gateway.dicomweb.matches import match_of
from dicom_gateway.dicomweb.multipart import Reader
from dicom_gateway.dicomweb.store import Instance, opened, rows
from dicom_gateway.dicomweb.wado import Retrieval, nobody_knows
from dicom_gateway.spool.seam import Spool
from telemed.db import Connection
from telemed.http.wire import PUBLIC, Call, Endpoint, Handler, Public, RateClass, Stream, Upload
from telemed.vocabulary import Action, Text

ROOT = "/dicom-web"
STUDY = "/studies/{study}"
SERIES = f"{STUDY}/series/{{series}}"
INSTANCE = f"{SERIES}/instances/{{instance}}"
#: Bytes of one upload: a CD with room to spare, a DVD in two goes.
UPLOAD = 4 << 30

AnyCall = Call[Any, Any]
Matching = Callable[[Connection, Instance], Awaitable[Match | None]]


#: What a request has to pass before it is answered; raises where it does not.
Admit = Callable[[AnyCall], Awaitable[None]]


#: What a room's viewer asks for, and so what its guests may: enough to look, no file, no whole study to take away.
GUEST = frozenset(
    {
        f"{STUDY}/series",
        f"{STUDY}/thumbnail",
        f"{SERIES}/metadata",
        f"{SERIES}/thumbnail",
        f"{INSTANCE}/frames/{{frames}}",
        f"{INSTANCE}/frames/{{frames}}/rendered",
    }
)


@dataclass(frozen=True)
class _Door:
    """One way to the archive.

    root: what stands before /studies.  action: what policy decides on.  admit: asked besides, where policy is not.
    guest: whether guests of rooms see the studies of theirs through it, by GUEST and no other way.
    """

    root: str
    action: Action | Public
    retrieval: Retrieval
    zone: ZoneInfo
    admit: Admit | None = None
    guest: bool = False

    def reading(self, path: str, handler: Handler, summary: Text, *media_types: str) -> Endpoint:
        async def admitted(call: AnyCall) -> Any:
            if self.admit is not None:
                await self.admit(call)
            return await handler(call)

        return Endpoint(
            "GET",
            f"{self.root}{path}",
            self.action,
            admitted,
            summary,
            returns=Stream(media_types),
            rate=RateClass.IMAGES,
            access=True,
            guest=self.guest and path in GUEST,
        )

    def searching(self, path: str, level: Level, words: str) -> Endpoint:
        async def query(call: AnyCall) -> web.StreamResponse:
            return await _query(call, level, self.zone, self.retrieval.base(call.request))

        return self.reading(path, query, Text("检索影像", f"Search for {words} (QIDO-RS)"), JSON)

    def study(self) -> list[Endpoint]:
        """Every read below one study."""
        searches = [
            self.searching(f"{STUDY}/series", Level.SERIES, "series of a study"),
            self.searching(f"{STUDY}/instances", Level.INSTANCE, "instances of a study"),
            self.searching(f"{SERIES}/instances", Level.INSTANCE, "instances of a series"),
        ]
        get, ways = self.retrieval, ((STUDY, "study"), (SERIES, "series"), (INSTANCE, "instance"))
        retrievals = [
            endpoint
            for path, words in ways
            for endpoint in (
                self.reading(path, get.instances, Text("读取影像", f"Retrieve a {words} (WADO-RS)"), DICOM),
                self.reading(f"{path}/metadata", get.metadata, Text("读取影像属性", f"Metadata of a {words}"), JSON),
                self.reading(f"{path}/thumbnail", get.thumbnail, Text("缩略图", f"Thumbnail of a {words}"), *RENDERED),
            )
        ]
        frames = f"{INSTANCE}/frames/{{frames}}"
        return [
            *searches,
            *retrievals,
            self.reading(frames, get.frames, Text("读取图像帧", "Frames"), OCTETS),
            self.reading(f"{INSTANCE}/rendered", get.rendered, Text("浏览图像", "An image as a picture"), *RENDERED),
            self.reading(f"{frames}/rendered", get.rendered, Text("浏览图像帧", "A frame as a picture"), *RENDERED),
            self.reading(f"{INSTANCE}/bulkdata/{{path:.+}}", get.bulk_data, Text("读取数据项", "Bulk data"), OCTETS),
        ]


def endpoints(
    *, root: Path, zone: ZoneInfo, public_url: str, spool: Spool | None, match: Matching = match_of
) -> list[Endpoint]:
    """Every route for whoever is signed in.

    root: the folder archive/ stands in. public_url: decides between http and https in addresses that are given out.
    spool: where uploads go; None while describing the API. match: what a study shows instead of what came.
    """
    scheme = _scheme(public_url)

    def base(request: web.Request) -> str:
        return f"{scheme}://{request.host}{ROOT}"

    async def storing(call: AnyCall) -> web.StreamResponse:
        return await _store(call, spool)

    retrieval = Retrieval(archive=Instances(root), log=AccessLog(), match=match, base=base)
    door = _Door(ROOT, Action.STUDY_READ, retrieval, zone, guest=True)
    return [
        door.searching("/studies", Level.STUDY, "studies"),
        door.searching("/series", Level.SERIES, "series"),
        door.searching("/instances", Level.INSTANCE, "instances"),
        *door.study(),
        Endpoint(
            "POST",
            f"{ROOT}/studies",
            Action.STUDY_STORE,
            storing,
            Text("上传影像（STOW-RS，光盘/U盘导入）", "Store instances (STOW-RS, import of media)"),
            body=Upload(("multipart/related",), UPLOAD),
            returns=Stream((JSON,)),
            rate=RateClass.IMAGES,
        ),
    ]


def linked_endpoints(
    *, root: Path, zone: ZoneInfo, public_url: str, admit: Admit, match: Matching = match_of
) -> list[Endpoint]:
    """The reads below one study for the holder of a one-time link, who needs no account; nothing is stored here.

    admit: lets a request through whose path names the study of its link, narrows the call's scope and names the link
    (`picture-link`) for the audit; raises otherwise.
    """
    scheme = _scheme(public_url)

    def base(request: web.Request) -> str:
        return f"{scheme}://{request.host}{ROOT}/linked/{request.match_info['link']}"

    retrieval = Retrieval(archive=Instances(root), log=AccessLog(seen_through_link), match=match, base=base)
    return _Door(f"{ROOT}/linked/{{link}}", PUBLIC, retrieval, zone, admit).study()


def _scheme(public_url: str) -> str:
    return "https" if public_url.startswith("https:") else "http"


async def _query(call: AnyCall, level: Level, zone: ZoneInfo, base: str) -> web.StreamResponse:
    tags = {"study": "0020000D", "series": "0020000E"}
    built = qido.search(
        level,
        call.request.query.items(),
        fixed={tags[name]: value for name, value in call.path.items() if name in tags},
        scope=call.scope,
        zone=zone,
    )
    if isinstance(built, qido.BadKey):
        return answers.refused(call, "bad-query", 400, answers.BAD_QUERY, detail=built.en)
    async with call.transaction() as tx:
        found = await rows(tx, built)
        for one in await opened(tx, [row[0] for row in found[: built.limit]], call.scope):
            call.about("study", one.study_id, patient_id=one.patient_id)
    if not found:
        return web.Response(status=204, headers=answers.PRIVATE)
    truncated = len(found) > built.limit and built.capped
    warning = {"Warning": f'299 {call.request.host} "There are more results than were returned: use limit and offset"'}
    return answers.json(
        [qido.shown(built, row, base=base) for row in found[: built.limit]], headers=warning if truncated else None
    )


async def _store(call: AnyCall, spool: Spool | None) -> web.StreamResponse:
    if spool is None:
        raise nobody_knows()
    request = call.request
    mark = request.content_type == "multipart/related" and _boundary(request)
    if not mark:
        unsupported = Text("请以 multipart/related 上传 DICOM 文件。", "Send DICOM files as multipart/related.")
        return answers.refused(call, "unsupported-media-type", 415, unsupported)
    sender = stow.Sender(call.request_id, call.peer_address or "", str(call.principal.organization_id), call.now)
    parts = await stow.store(Reader(request.content, mark, UPLOAD), spool, sender)
    call.detail |= {
        "stored": sum(1 for one in parts if not one.reason),
        "failed": sum(1 for one in parts if one.reason and not one.skipped),
        "skipped": sum(1 for one in parts if one.skipped),
    }
    async with call.transaction():
        pass  # the audit row alone: the instances are durable already
    return answers.json(stow.answer(parts), status=stow.status_of(parts))


def _boundary(request: web.Request) -> str:
    """The boundary parameter; aiohttp keeps parameters' case."""
    for part in request.headers.get("Content-Type", "").split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "boundary":
            return value.strip('"')
    return ""
