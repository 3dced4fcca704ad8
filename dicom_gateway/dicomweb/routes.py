"""The DICOMweb endpoints, below /dicom-web (conformance: docs/conformance/dicom.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from dicom_gateway.dicomweb import answers, qido, stow
from dicom_gateway.dicomweb.accept import DICOM, JSON, OCTETS, RENDERED
from dicom_gateway.dicomweb.access_log import AccessLog
from dicom_gateway.dicomweb.dictionary import Level
from dicom_gateway.dicomweb.instances import Instances, Match
from dicom_gateway.dicomweb.matches import match_of
from dicom_gateway.dicomweb.multipart import Reader
from dicom_gateway.dicomweb.store import Instance, opened, rows
from dicom_gateway.dicomweb.wado import Retrieval, nobody_knows
from dicom_gateway.spool.seam import Spool
from telemed.db import Connection
from telemed.http.wire import Call, Endpoint, RateClass, Stream, Upload
from telemed.vocabulary import Action, Text

ROOT = "/dicom-web"
STUDY = f"{ROOT}/studies/{{study}}"
SERIES = f"{STUDY}/series/{{series}}"
INSTANCE = f"{SERIES}/instances/{{instance}}"
#: Bytes of one upload: a CD with room to spare, a DVD in two goes.
UPLOAD = 4 << 30

AnyCall = Call[Any, Any]
Matching = Callable[[Connection, Instance], Awaitable[Match | None]]


def endpoints(
    *, root: Path, zone: ZoneInfo, public_url: str, spool: Spool | None, match: Matching = match_of
) -> list[Endpoint]:
    """Every route.

    root: the folder archive/ stands in. public_url: decides between http and https in addresses that are given out.
    spool: where uploads go; None while describing the API. match: what a study shows instead of what came.
    """
    scheme = "https" if public_url.startswith("https:") else "http"

    def base(request: web.Request) -> str:
        return f"{scheme}://{request.host}{ROOT}"

    retrieval = Retrieval(archive=Instances(root), log=AccessLog(), match=match, base=base)

    def querying(level: Level) -> Callable[[AnyCall], Awaitable[web.StreamResponse]]:
        async def query(call: AnyCall) -> web.StreamResponse:
            return await _query(call, level, zone, base(call.request))

        return query

    async def storing(call: AnyCall) -> web.StreamResponse:
        return await _store(call, spool)

    queries = [
        _reading(path, querying(level), Text("检索影像", f"Search for {words} (QIDO-RS)"), JSON)
        for path, level, words in (
            (f"{ROOT}/studies", Level.STUDY, "studies"),
            (f"{ROOT}/series", Level.SERIES, "series"),
            (f"{ROOT}/instances", Level.INSTANCE, "instances"),
            (f"{STUDY}/series", Level.SERIES, "series of a study"),
            (f"{STUDY}/instances", Level.INSTANCE, "instances of a study"),
            (f"{SERIES}/instances", Level.INSTANCE, "instances of a series"),
        )
    ]
    levels = ((STUDY, "study"), (SERIES, "series"), (INSTANCE, "instance"))
    retrievals = [
        endpoint
        for path, words in levels
        for endpoint in (
            _reading(path, retrieval.instances, Text("读取影像", f"Retrieve a {words} (WADO-RS)"), DICOM),
            _reading(f"{path}/metadata", retrieval.metadata, Text("读取影像属性", f"Metadata of a {words}"), JSON),
            _reading(f"{path}/thumbnail", retrieval.thumbnail, Text("缩略图", f"Thumbnail of a {words}"), *RENDERED),
        )
    ]
    return [
        *queries,
        *retrievals,
        _reading(f"{INSTANCE}/frames/{{frames}}", retrieval.frames, Text("读取图像帧", "Frames"), OCTETS),
        _reading(f"{INSTANCE}/rendered", retrieval.rendered, Text("浏览图像", "An image as a picture"), *RENDERED),
        _reading(
            f"{INSTANCE}/frames/{{frames}}/rendered",
            retrieval.rendered,
            Text("浏览图像帧", "A frame as a picture"),
            *RENDERED,
        ),
        _reading(f"{INSTANCE}/bulkdata/{{path:.+}}", retrieval.bulk_data, Text("读取数据项", "Bulk data"), OCTETS),
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


def _reading(path: str, handler: Callable[[AnyCall], Awaitable[Any]], summary: Text, *media_types: str) -> Endpoint:
    return Endpoint(
        "GET",
        path,
        Action.STUDY_READ,
        handler,
        summary,
        returns=Stream(media_types),
        rate=RateClass.IMAGES,
        access=True,
    )


async def _query(call: AnyCall, level: Level, zone: ZoneInfo, base: str) -> web.StreamResponse:
    tags = {"study": "0020000D", "series": "0020000E"}
    built = qido.search(
        level,
        call.request.query.items(),
        fixed={tags[name]: value for name, value in call.path.items()},
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
