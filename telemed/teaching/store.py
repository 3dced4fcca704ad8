"""Rows of the teaching file."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.events import append
from telemed.patients.names import pinyin_keys
from telemed.teaching.states import Images, State
from telemed.teaching.wording import Known, Sign

queries = load(__name__)

#: What list pages listen to; the event names the case, which only its own routes open.
TOPIC = "teaching"


class ConsultationRow(msgspec.Struct, frozen=True):
    """A consultation as a proposal is made from it; '' where nothing is signed."""

    id: UUID
    organization_id: UUID
    requester_id: UUID
    expert_id: UUID | None
    expert_organization_id: UUID | None
    patient_id: UUID
    state: str
    question: str
    history: str
    diagnosis: str
    advice: str
    addendum: str


class SeriesRow(msgspec.Struct, frozen=True):
    id: UUID
    study_id: UUID
    study_number: int
    modality: str
    series_number: int
    description: str
    body_site: str
    images: int
    frames: int
    sop_class: str


class HeldRow(msgspec.Struct, frozen=True):
    """A case, locked."""

    id: UUID
    consultation_id: UUID
    organization_id: UUID
    proposer_id: UUID
    state: str
    revision: int
    undecided: int
    kept: int

    @property
    def standing(self) -> State:
        """The state the row stands for; its CHECK keeps it one of these."""
        return State(self.state)

    @property
    def images(self) -> Images:
        return Images(self.undecided, self.kept)


class ProposalRow(msgspec.Struct, frozen=True):
    """done: of the images, those that are copied or left out."""

    id: UUID
    title: str
    state: str
    body_part: str
    modalities: list[str]
    proposed_at: datetime
    proposer_name: str
    proposer_id: UUID
    organization_id: UUID
    revision: int
    undecided: int
    images: int
    done: int


class CaseRow(msgspec.Struct, frozen=True):
    id: UUID
    consultation_id: UUID
    organization_id: UUID
    proposer_id: UUID
    proposer_name: str
    state: str
    title: str
    teaches: str
    question: str
    opinion: str
    keywords: list[str]
    body_part: str
    modalities: list[str]
    proposed_at: datetime
    released_at: datetime | None
    fault: str
    revision: int


class ImageRow(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    study_number: int
    series_number: int
    state: str
    why: str
    digest: str
    modality: str
    frames: int
    rows: int
    columns: int
    grounds: list[str]
    verdict: str
    looked_at: datetime | None

    @property
    def kept(self) -> bool:
        """Whether it would be released: copied, and cleared where it was flagged."""
        return self.state == "copied" and self.verdict != "out" and (not self.grounds or self.verdict == "clear")


class StepRow(msgspec.Struct, frozen=True):
    command: str
    from_state: str
    to_state: str
    by_name: str
    at: datetime
    reason: str


class ReleasedRow(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    teaches: str
    keywords: list[str]
    body_part: str
    modalities: list[str]
    released_at: datetime
    images: int


class OfConsultationRow(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    state: str
    proposed_at: datetime
    proposer_name: str


class PictureRow(msgspec.Struct, frozen=True):
    id: UUID
    digest: str
    frames: int
    grounds: list[str]
    verdict: str


class _KnownRow(msgspec.Struct):
    text: str
    sign: str


class Counted(msgspec.Struct, frozen=True):
    amount: int
    series: int


class _Id(msgspec.Struct):
    id: UUID


async def consultation(connection: Connection, consultation_id: UUID) -> ConsultationRow | None:
    return await fetch_one(connection, queries["consultation"], {"id": consultation_id}, ConsultationRow)


async def series(connection: Connection, consultation_id: UUID) -> list[SeriesRow]:
    return await fetch_all(connection, queries["series"], {"id": consultation_id}, SeriesRow)


async def known(connection: Connection, consultation_id: UUID) -> list[Known]:
    """Names and numbers of a record; names in pinyin too, as devices write them, in either order."""
    rows = await fetch_all(connection, queries["known"], {"id": consultation_id}, _KnownRow)
    found: set[Known] = set()
    for row in rows:
        sign = Sign(row.sign)
        # a device writes alphabetic, ideographic and phonetic forms, and families and given names, into one text
        parts = {row.text, *row.text.split("=")} if sign is Sign.PERSON else {row.text}
        for part in parts:
            if not part.strip("^ "):
                continue
            found.add(Known(part, sign))
            if sign is Sign.PERSON:
                family, _, given = part.partition("^")
                if not part.isascii():
                    found.update(Known(one, sign) for one in pinyin_keys(part.replace("^", "")))
                if given:
                    found.add(Known(f"{given} {family}", sign))
    return sorted(found, key=lambda one: (one.text, one.sign))


async def count_images(connection: Connection, consultation_id: UUID, chosen: list[UUID]) -> Counted:
    params = {"consultation_id": consultation_id, "series": chosen}
    found = await fetch_one(connection, queries["count_images"], params, Counted)
    return found or Counted(0, 0)


async def hold(tx: Connection, case_id: UUID) -> HeldRow | None:
    return await fetch_one(tx, queries["hold"], {"id": case_id}, HeldRow)


async def case(connection: Connection, case_id: UUID) -> CaseRow | None:
    return await fetch_one(connection, queries["case"], {"id": case_id}, CaseRow)


async def images(connection: Connection, case_id: UUID) -> list[ImageRow]:
    return await fetch_all(connection, queries["images"], {"id": case_id}, ImageRow)


async def steps(connection: Connection, case_id: UUID) -> list[StepRow]:
    return await fetch_all(connection, queries["steps"], {"id": case_id}, StepRow)


async def picture(connection: Connection, case_id: UUID, image_id: UUID) -> PictureRow | None:
    return await fetch_one(connection, queries["image"], {"id": case_id, "image": image_id}, PictureRow)


async def of_consultation(connection: Connection, consultation_id: UUID) -> list[OfConsultationRow]:
    return await fetch_all(connection, queries["of_consultation"], {"id": consultation_id}, OfConsultationRow)


async def looked(tx: Connection, case_id: UUID, chosen: list[UUID], *, verdict: str, by: UUID, now: datetime) -> int:
    """How many of the chosen images have a copy, and so were judged."""
    params = {"case_id": case_id, "images": chosen, "verdict": verdict, "by": by, "now": now}
    found = await fetch_all(tx, queries["look"], params, _Id)
    await execute(tx, queries["touch"], {"id": case_id})
    return len(found)


async def move(
    tx: Connection,
    case_id: UUID,
    command: str,
    before: State,
    after: State,
    *,
    by: UUID | None,
    now: datetime,
    reason: str = "",
    fault: str = "",
) -> None:
    """Take a step: the row, the step, the event."""
    if after is not before:
        params = {"id": case_id, "state": after.value, "by": by, "now": now, "fault": fault}
        await execute(tx, queries["move"], params)
    await note(tx, case_id, command, before, after, by=by, now=now, reason=reason)


async def note(
    tx: Connection,
    case_id: UUID,
    command: str,
    before: State,
    after: State,
    *,
    by: UUID | None,
    now: datetime,
    reason: str = "",
) -> None:
    params = {
        "id": case_id,
        "command": command,
        "from_state": before.value,
        "to_state": after.value,
        "by": by,
        "now": now,
        "reason": reason,
    }
    await execute(tx, queries["step"], params)
    await append(tx, f"teaching.{after.value}", case_id, [TOPIC])
