"""A part of the composition root: one process's services, and what the HTTP server asks of access and audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from dicom_gateway.spool import DurableSpool
from telemed.access.codes import SecretBox
from telemed.access.gate import Cookie, SessionGate
from telemed.access.passwords import Passwords
from telemed.access.policy import admit, second_factor_fresh
from telemed.access.sessions import Limits
from telemed.access.signin import SignIn
from telemed.access.signing import require_may_sign
from telemed.access.trail import record_call
from telemed.cds.registry import Answered, Check, Decide, Decided, Enquiry
from telemed.cds.request import Asked
from telemed.config import Config, JanusSection
from telemed.consultation.call.janus import Forwarding
from telemed.consultation.call.media import Conversations
from telemed.consultation.guest.gate import GuestGate
from telemed.consultation.room.hub import RoomHub
from telemed.consultation.service.rooms import images_of
from telemed.db import Pool
from telemed.errors import Unavailable
from telemed.events.hints import Hints
from telemed.events.hub import Hub
from telemed.events.signal import Signal
from telemed.http.shared_rate import SharedLimiter
from telemed.http.wire import Gate
from telemed.reading.routes import Desk
from telemed.reading.service.acting import Signatures
from telemed.reading.service.rule_book import read_rules
from telemed.recognition.catalogue import Document
from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.quality import GrantingParameters
from telemed.results.code_map import CodeMaps
from telemed.results.maps import read_maps
from telemed.statistics.parameters import Parameters as CountingParameters
from telemed.statistics.parameters import read_parameters as read_counting
from telemed.timeline.judge import Judge
from telemed.timeline.routes import Away

SETTINGS = Path(__file__).resolve().parents[1] / "config"

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class County:
    """One process's services, made before its endpoints. Nothing here touches the network before `serve`."""

    config: Config
    clock: Clock
    pool: Pool
    signal: Signal
    hints: Hints
    hub: Hub
    rooms: RoomHub
    conversations: Conversations
    rates: SharedLimiter
    sessions: SessionGate
    guests: GuestGate
    sign_in: SignIn
    box: SecretBox
    desk: Desk
    maps: CodeMaps
    spool: DurableSpool | None
    decide: Decide
    check: Check
    judge: Judge
    documents: tuple[Document, ...]
    granting: tuple[GrantingParameters, ...]
    counting: tuple[CountingParameters, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.county.time_zone)


async def registry_away(_asked: Asked) -> Decided:
    """What a hook hears while nothing collects the facts of a decision: it says nothing then, and the audit why."""
    raise Unavailable("registry-away", "互认登记暂时无法查询，不影响开单。", "The registry is away; ordering goes on.")


async def records_away(_patient: UUID, _asked: Enquiry) -> tuple[Answered, ...]:
    """What the page 开单核对 hears while nothing collects the facts of a decision."""
    raise Unavailable(
        "registry-away",
        "互认登记暂时没有响应，不影响开单。未作任何记录，可稍后再核对。",
        "The registry does not answer for now; ordering goes on. Nothing was recorded; check again later.",
    )


def assemble(
    config: Config,
    pool: Pool,
    *,
    key: bytes,
    spool: DurableSpool | None = None,
    clock: Clock = utc_now,
    decide: Decide = registry_away,
    check: Check = records_away,
    judge: Judge | None = None,
) -> County:
    """Make the services.

    key: what the secrets of one-time codes are encrypted with. spool: where uploads go; None only describes them.
    decide, check, judge: the recognition registry, as hospital systems, the order check and the timeline ask it.
    Raises FaultyMaps if a code map cannot be used, MalformedParameters if those of granting or statistics cannot.
    """
    limits = Limits()
    signal = Signal()
    hints = Hints(config.redis.url or None, signal)
    pool.announce = hints.ring
    hub = Hub(pool, signal)
    cookie = Cookie(tls=config.public_url.startswith("https:"))
    box = SecretBox(key)
    sign_in = SignIn(pool, passwords=Passwords(), box=box, limits=limits)
    return County(
        config=config,
        clock=clock,
        pool=pool,
        signal=signal,
        hints=hints,
        hub=hub,
        rooms=RoomHub(pool, hub, signal, clock, redis_url=config.redis.url or None, inside=images_of),
        conversations=Conversations(forwarding_of(config.janus)),
        rates=SharedLimiter(config.redis.url or None),
        sessions=SessionGate(pool, cookie=cookie, limits=limits),
        guests=GuestGate(pool, cookie.tls),
        sign_in=sign_in,
        box=box,
        desk=Desk(
            book=read_rules(SETTINGS / "reading"),
            signatures=Signatures(confirm=sign_in.confirm_signature, licensed=require_may_sign),
            public_url=config.public_url,
        ),
        maps=read_maps(SETTINGS / "recognition" / "maps"),
        spool=spool,
        decide=decide,
        check=check,
        judge=judge or Away(),
        documents=read_catalogues().documents,
        granting=read_parameters(),
        counting=read_counting(),
    )


def forwarding_of(janus: JanusSection) -> Forwarding:
    return Forwarding(janus.url, janus.secret, janus.key, janus.people)


def gate(county: County) -> Gate:
    """What the HTTP server asks of access and audit."""
    return Gate(
        authenticate=county.sessions.authenticate,
        scope=admit,
        second_factor_fresh=lambda principal, now: second_factor_fresh(principal, now, county.sessions.limits.shift),
        record=record_call,
        guest=county.guests.authenticate,
    )
