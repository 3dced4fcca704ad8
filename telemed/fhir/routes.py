"""Reading and searching over HTTP; every route comes from the table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from aiohttp import web

from telemed.cds.remote_keys import RemoteKeys
from telemed.fhir import finding_people, finding_records, finding_results, finding_trail, negotiation
from telemed.fhir.access import registered_systems
from telemed.fhir.capability import statement
from telemed.fhir.datatypes import Json, encode
from telemed.fhir.finding import Asker, Find, Found, Page
from telemed.fhir.outcomes import MEDIA, Issue, Refusal, of_refusal, outcome, response
from telemed.fhir.searching import ID, MOST_COUNT, Search, link, understand, uuids
from telemed.fhir.table import BASE, TABLE, Served
from telemed.http.wire import PUBLIC, Call, Endpoint, Entity, Stream, Upload
from telemed.results.code_map import CodeMaps
from telemed.vocabulary import Text

FINDERS: Mapping[str, Find] = {
    "Patient": finding_people.patients,
    "Organization": finding_people.organizations,
    "PractitionerRole": finding_people.practitioner_roles,
    "ServiceRequest": finding_people.service_requests,
    "Observation": finding_results.observations,
    "DiagnosticReport": finding_results.diagnostic_reports,
    "ImagingStudy": finding_results.imaging_studies,
    "Provenance": finding_results.provenances,
    "GuidanceResponse": finding_records.guidance_responses,
    "AuditEvent": finding_trail.audit_events,
}
#: Bytes of a search by POST.
FORM_LIMIT = 16 * 1024
MOST_FIELDS = 50
#: Resources that are counted for `_count=0`.
MOST_COUNTED = 2000
FORM = "application/x-www-form-urlencoded"
UNKNOWN = Refusal(404, "not-found", Text("找不到该资源。", "There is no such resource."))
GONE = Refusal(410, "deleted", Text("该报告的签发已撤回。", "The signature of this report was taken back."))
NOT_SERVED = Refusal(404, "not-supported", Text("不提供该资源或地址。", "This resource or address is not served."))
TOO_MANY = Refusal(
    400,
    "too-costly",
    Text(
        f"符合的资源超过 {MOST_COUNTED} 个，未作计数。请缩小检索范围。",
        f"More than {MOST_COUNTED} resources match and were not counted. Search for less.",
    ),
    "_count",
)
TOO_LARGE = Refusal(413, "too-long", Text("检索内容过长。", "The search is too long."))
BAD_LASTN = Refusal(
    400,
    "required",
    Text("$lastn 须给出 patient；max 为 1 至 99。", "$lastn needs a patient; max is between 1 and 99."),
    "max",
)
NOT_FORM = Refusal(
    415,
    "not-supported",
    Text(f"检索内容须为 {FORM}。", f"A search by POST must be {FORM}."),
)


@dataclass(frozen=True)
class Facade:
    """What the routes are made of.

    public_url: as callers write it before the path; tokens are made out to it.  zone: the county's.  maps: by which
    codes of laboratories become items.  release: of this software.
    """

    public_url: str
    zone: ZoneInfo
    maps: CodeMaps
    release: str
    remote: RemoteKeys = field(default_factory=RemoteKeys)

    @property
    def base(self) -> str:
        return f"{self.public_url}{BASE}"

    def asker(self, call: Call[Any, Any]) -> Asker:
        """Who asks, as the server has admitted them."""
        system = call.system
        organization = call.principal.organization_id if system is None else system.organization_id
        return Asker(
            scope=call.scope,
            organization_id=organization,
            organization_ids=call.principal.organization_ids if system is None else frozenset({organization}),
            client_id=None if system is None else system.id,
            now=call.now,
            zone=self.zone,
            dicom_web=f"{self.public_url}/dicom-web",
        )


class Reading:
    """Handlers of one resource."""

    def __init__(self, facade: Facade, served: Served) -> None:
        self._facade = facade
        self._served = served
        self._find = FINDERS[served.kind]

    async def read(self, call: Call[Any, Any]) -> web.Response:
        refused = _stands_against(call, self._served)
        if refused is not None:
            return await refuse(call, refused)
        number = call.path["id"]
        if not ID.fullmatch(number):
            return await refuse(call, UNKNOWN)
        page = await self._page(call, Search(ids=(number,), count=1))
        one = next((each for each in page.found if each.resource["id"] == number), None)
        if one is None:
            return await refuse(call, UNKNOWN)
        if one.gone:
            return await refuse(call, GONE)
        await answered(call, [one])
        tag = f'W/"{one.resource["meta"]["versionId"]}"'
        if tag in call.request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers={"ETag": tag, "Cache-Control": "no-store"})
        return response(200, one.resource, ETag=tag)

    async def search(self, call: Call[Any, Any]) -> web.Response:
        pairs = list(call.request.query.items())
        refused = _stands_against(call, self._served, pairs)
        return await (self._answer(call, pairs) if refused is None else refuse(call, refused))

    async def lastn(self, call: Call[Any, Any]) -> web.Response:
        """Observation/$lastn: a search with `max`, how many of each code (1 if not said)."""
        pairs = list(call.request.query.items())
        refused = _stands_against(call, self._served, pairs)
        if refused is not None:
            return await refuse(call, refused)
        written = [value for name, value in pairs if name == "max"] or ["1"]
        most = int(written[0]) if re.fullmatch(r"[1-9][0-9]?", written[0]) and len(written) == 1 else 0
        rest = [one for one in pairs if one[0] != "max"]
        search = understand(rest, self._served.params, zone=self._facade.zone, base=self._facade.base, strict=True)
        if isinstance(search, Refusal):
            return await refuse(call, search)
        if not most or not search.count or "patient" not in search.references:
            return await refuse(call, BAD_LASTN)
        async with call.pool.connection() as connection:
            page = await finding_results.last_of_each(connection, self._facade.asker(call), search, most)
        await answered(call, page.found, _asked_for(search))
        made = self._bundle(search, page.found, page, rest)
        address = link(self._facade.base, "Observation/$lastn", [*search.used, ("max", str(most))])
        return response(200, {**made, "link": [{"relation": "self", "url": address}]})

    async def search_by_form(self, call: Call[Any, Any]) -> web.Response:
        """Parameters in the body, together with those of the address (FHIR R4 3.1.1.1)."""
        pairs = list(call.request.query.items())
        refused = _stands_against(call, self._served, pairs)
        if refused is not None:
            return await refuse(call, refused)
        if not negotiation.is_form(call.request.headers.get("Content-Type")):
            return await refuse(call, NOT_FORM)
        raw = await body_of(call, FORM_LIMIT)
        if raw is None or raw.count(b"&") >= MOST_FIELDS:
            return await refuse(call, TOO_LARGE)
        pairs += parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
        return await self._answer(call, pairs)

    async def _answer(self, call: Call[Any, Any], pairs: Sequence[tuple[str, str]]) -> web.Response:
        strict = "handling=strict" in call.request.headers.get("Prefer", "").replace(" ", "").lower()
        served, zone = self._served, self._facade.zone
        search = understand(pairs, served.params, zone=zone, base=self._facade.base, strict=strict)
        if isinstance(search, Refusal):
            return await refuse(call, search)
        given = {name.partition(":")[0] for name, _ in search.used}
        if served.needs and not served.needs & given:
            wanted = "、".join(sorted(served.needs))
            text = Text(
                f"须给出其中一项：{wanted}。", f"One of these has to be given: {', '.join(sorted(served.needs))}."
            )
            return await refuse(call, Refusal(400, "required", text))
        if search.count == 0:
            return await self._counted(call, search, pairs)
        page = await self._page(call, search)
        shown = [one for one in page.found if not one.gone]
        await answered(call, shown, _asked_for(search))
        return response(200, self._bundle(search, shown, page, pairs))

    async def _counted(self, call: Call[Any, Any], search: Search, pairs: Sequence[tuple[str, str]]) -> web.Response:
        """How many there are, and none of them (FHIR R4 3.1.1.5.4): as many as a search would show, page by page."""
        total, following = 0, None
        for _ in range(MOST_COUNTED // MOST_COUNT):
            page = await self._page(call, replace(search, count=MOST_COUNT, before=following))
            total += sum(not one.gone for one in page.found)
            following = page.following
            if following is None:
                await answered(call, [], _asked_for(search))
                return response(200, {**self._bundle(search, [], Page(()), pairs), "total": total})
        return await refuse(call, TOO_MANY)

    async def _page(self, call: Call[Any, Any], search: Search) -> Page:
        async with call.pool.connection() as connection:
            return await self._find(connection, self._facade.asker(call), search)

    def _bundle(self, search: Search, shown: Sequence[Found], page: Page, pairs: Sequence[tuple[str, str]]) -> Json:
        """A searchset; its self link shows what was used, and nothing that no address may carry."""
        base, kind = self._facade.base, self._served.kind
        hidden = {one.name for one in self._served.params if not one.in_address}
        told = [one for one in search.used if one[0].partition(":")[0] not in hidden]
        links = [{"relation": "self", "url": link(base, kind, told)}]
        if page.following is not None and len(told) == len(search.used):
            links.append({"relation": "next", "url": link(base, kind, told, page.following)})
        entries: list[Json] = [
            {
                "fullUrl": f"{base}/{kind}/{one.resource['id']}",
                "resource": one.resource,
                "search": {"mode": "match"},
            }
            for one in shown
        ]
        left_out = {name.partition(":")[0] for name, value in pairs if value.strip()} - {
            name.partition(":")[0] for name, _ in search.used
        }
        left_out -= {"_format", "_cursor"}
        if left_out:
            entries.append({"resource": outcome([_LEFT_OUT]), "search": {"mode": "outcome"}})
        made: Json = {"resourceType": "Bundle", "type": "searchset", "link": links}
        return {**made, "entry": entries} if entries else made


_LEFT_OUT = Issue(
    "warning",
    "not-supported",
    Text(
        "有不支持的检索参数，未予采用；实际采用的见 self 链接。",
        "Some parameters are not served and were left out; the self link shows those that were used.",
    ),
)


def _asked_for(search: Search) -> list[Entity]:
    """Whose records a search asked for, whether or not it found any."""
    return [Entity("patient", one, one) for one in uuids(search.references.get("patient")) or ()]


def _stands_against(call: Call[Any, Any], served: Served, pairs: Sequence[tuple[str, str]] = ()) -> Refusal | None:
    accept, wanted = call.request.headers.get("Accept"), call.request.query.get("_format")
    if not negotiation.answerable(accept, wanted):
        return negotiation.NOT_ACCEPTABLE
    return negotiation.stands_against(call.request.path_qs, pairs, served.params)


async def body_of(call: Call[Any, Any], limit: int) -> bytes | None:
    """The body, read no further than its limit; None for one that is larger."""
    raw = bytearray()
    async for chunk in call.request.content.iter_any():
        raw += chunk
        if len(raw) > limit:
            return None
    return bytes(raw)


async def answered(call: Call[Any, Any], found: Sequence[Found], asked: Sequence[Entity] = ()) -> None:
    """Record a reading before its answer, with whose records it showed and whose were asked for in vain."""
    shown = [one.about for one in found if one.about is not None]
    call.entities += dict.fromkeys([*shown, *asked])
    call.detail["found"] = len(found)
    async with call.pool.transaction() as tx:
        await call.gate.record(tx, call.record("success"))
    call.recorded = True


async def refuse(call: Call[Any, Any], refusal: Refusal) -> web.Response:
    """Record a refusal, and say it as an OperationOutcome."""
    call.detail["code"] = f"fhir-{refusal.issue}"
    async with call.pool.transaction() as tx:
        await call.gate.record(tx, call.record("refused"))
    call.recorded = True
    return response(refusal.status, of_refusal(refusal))


def read_endpoints(facade: Facade) -> list[Endpoint]:
    """Read, search and search by POST of each resource; what this server is; and that nothing else is here."""
    stream = Stream((MEDIA,))
    described = encode(statement(TABLE, public_url=facade.public_url, release=facade.release))

    async def metadata(call: Call[Any, Any]) -> web.Response:
        if not negotiation.answerable(call.request.headers.get("Accept"), call.request.query.get("_format")):
            return response(406, of_refusal(negotiation.NOT_ACCEPTABLE))
        return web.Response(body=described, headers={"Content-Type": f"{MEDIA}; charset=utf-8"})

    async def nothing_here(_call: Call[Any, Any]) -> web.Response:
        return response(404, of_refusal(NOT_SERVED))

    about = Text("FHIR 能力声明", "What the FHIR facade does")
    made = [
        Endpoint("GET", f"{BASE}/metadata", PUBLIC, metadata, about, returns=stream, audited=False),
    ]
    for one in TABLE:
        routes, path = Reading(facade, one), f"{BASE}/{one.kind}"
        shared: Mapping[str, Any] = {
            "returns": stream,
            "access": True,
            "systems": registered_systems(facade.public_url, facade.remote, allowed=one.systems),
        }
        zh, en = one.text
        if "lastn" in one.operations:
            each = Text("FHIR：每项检验最近的结果", "FHIR: the last results of each item")
            made.append(Endpoint("GET", f"{path}/$lastn", one.action, routes.lastn, each, **shared))
        made += [
            Endpoint("GET", path, one.action, routes.search, Text(f"FHIR：检索{zh}", f"FHIR: search {en}"), **shared),
            Endpoint(
                "POST",
                f"{path}/_search",
                one.action,
                routes.search_by_form,
                Text(f"FHIR：以 POST 检索{zh}", f"FHIR: search by POST: {en}"),
                body=Upload((FORM,), FORM_LIMIT),
                **shared,
            ),
            Endpoint("GET", f"{path}/{{id}}", one.action, routes.read, Text(f"FHIR：{zh}", f"FHIR: {en}"), **shared),
        ]
    nothing = Text("FHIR：不提供的资源", "FHIR: what is not served")
    made.append(Endpoint("GET", f"{BASE}/{{type}}", PUBLIC, nothing_here, nothing, returns=stream, audited=False))
    return made
