"""What the routes for hospital systems without FHIR are made of, and how the registry is asked for them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from uuid import UUID

from telemed.cds.answering import BUDGET
from telemed.cds.checking import PageEnquiry, Pictures
from telemed.cds.deciding import known_person
from telemed.cds.registry import Answered, Check
from telemed.cds.remote_keys import RemoteKeys
from telemed.cds.request import Person
from telemed.db import Connection, Pool
from telemed.errors import Unavailable
from telemed.his.messages import Identity
from telemed.patients import store as patients
from telemed.recognition.listing import study_places

_IMAGING = "imaging/"


@dataclass(frozen=True, slots=True)
class PictureAsked:
    """Whose pictures a doctor wants to open.

    result: id of the result; card: on which it was shown; user: as the hospital system names one.  now: UTC.
    """

    client_id: UUID
    organization_id: UUID
    user: str
    patient_id: UUID
    decision_id: UUID
    card: UUID
    result: str
    now: datetime


#: A way to the pictures, absolute, made for this person and purpose, good once; None where they may not be opened.
PictureLink = Callable[[PictureAsked], Awaitable[str | None]]


@dataclass(frozen=True)
class Desk:
    """public_url: as clients write it before the path; tokens are made out to it.  zone: of the times on pages.

    picture_link: None where nothing opens pictures; then nothing offers to.  local_reasons: reasons L1-L4 that the
    county has switched on.  budget: seconds the registry may take.  new_secret: 43 characters nobody can guess.
    """

    public_url: str
    check: Check
    zone: tzinfo
    picture_link: PictureLink | None = None
    local_reasons: tuple[str, ...] = ()
    remote: RemoteKeys = field(default_factory=RemoteKeys)
    budget: float = BUDGET
    new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Found:
    """Who a patient is.  id: None unless the identity is sure."""

    id: UUID | None
    identity: Identity


async def find(pool: Pool, person: Person) -> Found:
    """The record that is surely this person, or what stands in the way."""
    if not person.identifiers:
        return Found(None, "no-document")
    async with pool.connection() as connection:
        sure = await known_person(connection, person)
        if sure is not None:
            return Found(sure, "sure")
        held = [await patients.holder(connection, number) for number in person.identifiers]
    return Found(None, "unknown" if all(one is None for one in held) else "doubtful")


async def ask(desk: Desk, patient_id: UUID | None, enquiry: PageEnquiry) -> tuple[Answered, ...]:
    """What the registry answers about a patient; nothing about one who is not sure.

    Raises Unavailable where it does not answer in time: ordering goes on without it.
    """
    if patient_id is None:
        return ()
    try:
        async with asyncio.timeout(desk.budget):
            return await desk.check(patient_id, enquiry)
    except TimeoutError:
        raise Unavailable(
            "registry-late",
            "互认登记未及时答复，不影响开单。未作任何记录，可用同一请求编号重新发送。",
            "The registry did not answer in time; ordering goes on. Nothing was recorded; send the same again.",
        ) from None


async def pictures(connection: Connection, answered: tuple[Answered, ...]) -> Mapping[str, Pictures]:
    """Whose the pictures of some results are; the way to open them is made when it is asked for."""
    named = {one for each in answered for one in each.shown if one.startswith(_IMAGING)}
    places = await study_places(connection, [UUID(one.removeprefix(_IMAGING)) for one in named])
    return {f"{_IMAGING}{number}": Pictures(place.organization_name, None) for number, place in places.items()}
