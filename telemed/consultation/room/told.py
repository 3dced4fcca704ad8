"""What other tables say of a room: whose it is, what it shows, what those on its roster are called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from telemed.db import Connection


class RoomPerson(msgspec.Struct, frozen=True):
    """Somebody on the roster, by the name that no event holds."""

    person: str
    name: str
    institution: str
    title: str


class RoomStudy(msgspec.Struct, frozen=True):
    id: UUID
    study_instance_uid: str
    modalities: list[str]
    description: str


class RoomCase(msgspec.Struct, frozen=True):
    """The consultation that a room is of."""

    consultation_id: UUID
    number: str
    patient_id: UUID
    patient_name: str


class Told(msgspec.Struct, frozen=True):
    """What other tables say of a room.  case: None of a room that is of no consultation."""

    case: RoomCase | None
    people: list[RoomPerson]
    studies: list[RoomStudy]


Tell = Callable[[Connection, UUID], Awaitable[Told]]
"""What other tables say of a room, asked of whoever opens rooms."""
