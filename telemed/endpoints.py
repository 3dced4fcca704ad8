"""A part of the composition root: every route of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from aiohttp import web

from dicom_gateway.dicomweb.routes import endpoints as dicomweb_endpoints
from telemed.access.codes import SecretBox
from telemed.access.policy import scope
from telemed.access.routes import endpoints as access_endpoints
from telemed.cds.routes_catalogues import endpoints as catalogue_endpoints
from telemed.cds.routes_events import endpoints as intervening_endpoints
from telemed.cds.routes_grant_map import endpoints as grant_map_endpoints
from telemed.config import CallSection, Config
from telemed.consultation.call.turn import Relaying
from telemed.consultation.guest.routes import GuestRoutes
from telemed.consultation.guest.routes import endpoints as guest_endpoints
from telemed.consultation.opinion.keys import KeyStore
from telemed.consultation.opinion.typesetting import Press
from telemed.consultation.people.routes import MemberRoutes, member_endpoints
from telemed.consultation.room.recordings import recording_endpoints
from telemed.consultation.room.routes import endpoints as room_endpoints
from telemed.consultation.room.segments import Segments
from telemed.consultation.routes import Desk as ConsultationDesk
from telemed.consultation.routes import endpoints as consultation_endpoints
from telemed.consultation.service.opinions import Sealing
from telemed.consultation.service.rooms import told_of
from telemed.county import County
from telemed.directory.routes import endpoints as directory_endpoints
from telemed.errors import Forbidden, Unavailable
from telemed.events.stream import serve as serve_stream
from telemed.fhir.intake import intake_endpoints
from telemed.fhir.routes import Facade
from telemed.fhir.routes import read_endpoints as fhir_endpoints
from telemed.hearing import may_hear
from telemed.his.desk import Desk as HisDesk
from telemed.his.routes import endpoints as his_endpoints
from telemed.his.routes_page import endpoints as his_page_endpoints
from telemed.http import authority, health, openapi
from telemed.http import county as county_facts
from telemed.http.wire import PUBLIC, Call, Endpoint, Stream
from telemed.imaging.papers import Papers
from telemed.imaging.routes_matching import endpoints as matching_endpoints
from telemed.imaging.routes_quarantine import endpoints as quarantine_endpoints
from telemed.imaging.routes_registration import endpoints as registration_endpoints
from telemed.imaging.routes_splitting import endpoints as splitting_endpoints
from telemed.outgoing.routes import endpoints as outgoing_endpoints
from telemed.patients.routes import endpoints as patient_endpoints
from telemed.patients.routes_break_glass import endpoints as break_glass_endpoints
from telemed.quality.entry import County as QualityCounty
from telemed.quality.routes import endpoints as quality_endpoints
from telemed.reading.routes import endpoints as reading_endpoints
from telemed.registry import order_time_endpoints, pictures_for_systems
from telemed.results.routes import endpoints as sender_endpoints
from telemed.results.routes_quarantine import endpoints as result_quarantine_endpoints
from telemed.results.routes_tables import endpoints as table_endpoints
from telemed.statistics.routes import endpoints as statistics_endpoints
from telemed.statistics.serving import Figures
from telemed.taught import Pictures, copies_of
from telemed.teaching.routes import TeachingRoutes
from telemed.teaching.routes import endpoints as teaching_endpoints
from telemed.timeline.routes import endpoints as timeline_endpoints
from telemed.vocabulary import Action, ScopeKind, Text


def endpoints(county: County) -> list[Endpoint]:
    """Every route of the server, one table."""
    return [
        *consultation_endpoints(consultation_desk(county)),
        *member_endpoints(MemberRoutes(consultation_desk(county), county.rooms)),
        *teaching_endpoints(TeachingRoutes(county.zone, Pictures(copies_of(county.config).folder), scope)),
        *health.endpoints(lambda: _probe(county)),
        *county_facts.endpoints(
            county.config.county.name,
            county.config.county.time_zone,
            release(),
            county.config.state.path / "demo-accounts.json",
        ),
        *authority.endpoints(county.config.county_authority),
        *_own_endpoints(county),
        *access_endpoints(county.sessions, county.sign_in, county.config.county.name),
        *directory_endpoints(county.zone, scope),
        *patient_endpoints(county.zone),
        *break_glass_endpoints(county.zone, scope),
        *registration_endpoints(county.zone, Papers(county.config.state.path / "papers")),
        *matching_endpoints(county.zone),
        *splitting_endpoints(),
        *quarantine_endpoints(scope),
        *reading_endpoints(county.desk, county.zone),
        *room_endpoints(
            county.rooms,
            county.config.state.path / "room-files",
            lambda call: _in_rooms(county, call),
            told_of,
            _relaying(county.config.call),
            conversations=county.conversations,
        ),
        *recording_endpoints(
            county.rooms,
            Segments(county.config.recordings_path),
            told_of,
            segment_ms=county.config.call.recording_segment_seconds * 1000,
        ),
        *guest_endpoints(GuestRoutes(consultation_desk(county), county.rooms, county.guests, county.config.public_url)),
        *order_time_endpoints(county.config, county.desk, county.decide, county.check),
        *intervening_endpoints(),
        *timeline_endpoints(county.judge, scope),
        *his_endpoints(his_desk(county)),
        *his_page_endpoints(his_desk(county)),
        *catalogue_endpoints(county.documents, county.granting),
        *grant_map_endpoints(county.granting),
        *_fhir(county),
        *statistics_endpoints(Figures(county.zone, county.counting), scope),
        *quality_endpoints(county.granting, QualityCounty(county.zone, county.config.recognition.community), scope),
        *sender_endpoints(),
        *outgoing_endpoints(),
        *result_quarantine_endpoints(county.zone, county.maps, scope),
        *table_endpoints(county.zone, county.maps),
        *dicomweb_endpoints(
            root=county.config.archive_path,
            zone=county.zone,
            public_url=county.config.public_url,
            spool=county.spool,
        ),
    ]


async def _in_rooms(county: County, call: Call[Any, Any]) -> bool:
    """Whether the session of a conversation that goes on still stands and still gives rooms."""
    if call.guest is not None:
        return await county.guests.authenticate(call.request, county.clock()) is not None
    who = await county.sessions.authenticate(call.request, county.clock())
    return who is not None and not who.locked and scope(who.principal, Action.ROOM_JOIN).kind is not ScopeKind.NOWHERE


def _fhir(county: County) -> list[Endpoint]:
    facade = Facade(county.config.public_url, county.zone, county.maps, release())
    return [*fhir_endpoints(facade), *intake_endpoints(facade)]


def consultation_desk(county: County) -> ConsultationDesk:
    """What consultations are answered from."""
    return ConsultationDesk(
        zone=county.zone,
        papers=Papers(county.config.state.path / "consents"),
        signatures=county.desk.signatures,
        sealing=sealing_of(county.config, county.box),
    )


def sealing_of(config: Config, box: SecretBox) -> Sealing:
    """What opinions are sealed by.  box: the county's secrets."""
    state = config.state.path
    keys = KeyStore(state / "opinion-keys", config.county_authority.parent, config.county.name, box)
    return Sealing(keys, Press(), state / "opinions")


def his_desk(county: County) -> HisDesk:
    """What hospital systems without FHIR are answered from."""
    config = county.config
    local, pictures = config.recognition.local_reasons, pictures_for_systems(config, county.pool)
    return HisDesk(config.public_url, county.check, county.zone, picture_link=pictures, local_reasons=local)


def _own_endpoints(county: County) -> list[Endpoint]:
    described_once: list[dict[str, Any]] = []

    async def api(_call: Call[Any, Any]) -> Any:
        if not described_once:
            described_once.append(openapi.document(endpoints(county), version=release()))
        return described_once[0]

    async def stream(call: Call[Any, Any]) -> web.StreamResponse:
        origin = call.request.headers.get("Origin")
        if origin is not None and not call.is_own_origin(origin):
            raise Forbidden("foreign-origin", "请求来源校验失败。", "The request's origin could not be verified.")

        async def permit(topics: Iterable[str]) -> frozenset[str]:
            who = await county.sessions.authenticate(call.request, county.clock())
            if who is None or who.locked:
                return frozenset()
            return frozenset([one for one in topics if await may_hear(county.pool, who.principal, one)])

        return await serve_stream(call.request, pool=county.pool, hub=county.hub, permit=permit)

    return [
        Endpoint(
            "GET",
            "/api/openapi.json",
            PUBLIC,
            api,
            Text("接口描述", "The API described"),
            returns=dict[str, Any],
            audited=False,
        ),
        Endpoint(
            "GET",
            "/api/events",
            Action.SESSION_USE,
            stream,
            Text("事件流（WebSocket）", "The event stream (WebSocket)"),
            returns=Stream(("application/json",)),
            audited=False,
        ),
    ]


def _relaying(call: CallSection) -> Relaying:
    return Relaying(call.urls, call.secret, timedelta(minutes=call.credential_minutes), call.max_peers)


async def _probe(county: County) -> list[health.Check]:
    try:
        async with asyncio.timeout(2), county.pool.connection() as connection:
            await connection.execute("select 1")
        database = True
    except (Unavailable, TimeoutError):
        database = False
    return [
        health.Check("database", ok=database, needed=True),
        health.Check("redis", ok=county.hints.connected, needed=False),
        health.Check("events", ok=county.hub.ready.is_set(), needed=True),
    ]


def release() -> str:
    """The version that is installed, `source` when run from a checkout."""
    try:
        return version("telemed")
    except PackageNotFoundError:
        return "source"
