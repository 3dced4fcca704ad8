"""院外结果: what was seen of a patient elsewhere, on paper or on another platform, told as printed.

Nobody here has verified it.  It is no candidate and no argument of `decide`, so no verdict can ever rest on it; it
stands beside the verdicts for the doctor to judge.  What was written down in error is taken back by the institution
that wrote it, and stays to be read as taken back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, tzinfo
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Forbidden, Invalid, NotFound
from telemed.patients import store as patients

queries = load(__name__, "external_results.sql")

#: Shown at one time; a patient with more is looked up elsewhere.
MOST = 50
EARLIEST = date(1900, 1, 2)

Source = Literal["paper", "provincial-platform", "other"]


class ExternalResultBody(msgspec.Struct, frozen=True):
    """What is printed: the item, its value, the institution, a mark such as 全国HR, the day; and where it was seen."""

    patient_id: UUID
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    institution: Annotated[str, Meta(min_length=1, max_length=200)]
    value: Annotated[str, Meta(max_length=500)] = ""
    mark: Annotated[str, Meta(max_length=40)] = ""
    performed_on: date | None = None
    source: Source = "paper"


class ExternalWithdrawalBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class ExternalResult(msgspec.Struct, frozen=True):
    """An outside result, unverified; mark: as printed, whatever it claims.

    own: written down at the asking person's organisation, which alone may take it back.  withdrawn_at: when it was,
    None for what stands; withdrawn_by: by whom.  Times UTC.
    """

    id: UUID
    patient_id: UUID
    name: str
    value: str
    institution: str
    mark: str
    performed_on: date | None
    source: str
    recorded_at: datetime
    own: bool
    withdrawn_at: datetime | None
    withdrawal_reason: str
    withdrawn_by: str


class _Made(msgspec.Struct, frozen=True):
    id: UUID


#: The port: what is known elsewhere of a patient, for an organisation.  Another source than our own table is another
#: function of this kind.
ExternalResults = Callable[[Connection, UUID, UUID], Awaitable[list[ExternalResult]]]


def checked(body: ExternalResultBody, now: datetime, zone: tzinfo) -> ExternalResultBody:
    """The entry with its texts trimmed.

    zone: of the county, in which the day is read.  Raises Invalid for a day to come or of another century, and for an
    item or institution of blanks.
    """
    day = body.performed_on
    if day is not None and not EARLIEST <= day <= now.astimezone(zone).date():
        raise Invalid(
            "no-such-day",
            "检查日期在将来或过早，未作任何记录。请核对报告上的日期。",
            "The day lies in the future or too far back. Nothing was recorded; compare it with the report.",
        )
    texts = {name: getattr(body, name).strip() for name in ("name", "institution", "value", "mark")}
    if not texts["name"] or not texts["institution"]:
        raise Invalid(
            "as-printed-missing",
            "请按报告填写项目和出具机构。未作任何记录。",
            "Give the item and the institution as printed. Nothing was recorded.",
        )
    return msgspec.structs.replace(body, **texts)


async def of_patient(connection: Connection, patient_id: UUID, organization_id: UUID) -> list[ExternalResult]:
    """What was written down here of a person, under whichever record: what stands first, then the newest first."""
    known = await patients.linked(connection, patient_id)
    params = {"patients": known, "organization_id": organization_id, "limit": MOST}
    return await fetch_all(connection, queries["of_patient"], params, ExternalResult)


async def keep(tx: Connection, body: ExternalResultBody, by: UUID, now: datetime) -> UUID:
    """Write down what `checked` has let through; its number."""
    row = {**msgspec.structs.asdict(body), "recorded_by": by, "recorded_at": now}
    made = await fetch_one(tx, queries["keep"], row, _Made)
    if made is None:
        raise LookupError("an insert returns its row")
    return made.id


async def one(connection: Connection, id_: UUID, organization_id: UUID) -> ExternalResult:
    """An entry as it stands, for an organisation.  Raises NotFound."""
    found = await fetch_one(connection, queries["one"], {"id": id_, "organization_id": organization_id}, ExternalResult)
    if found is None:
        raise unknown()
    return found


async def withdraw(tx: Connection, entry: ExternalResult, reason: str, by: UUID, now: datetime) -> bool:
    """Take an entry back; False where somebody has already.

    Raises Forbidden where another organisation wrote it, Invalid for a reason of blanks.  Nothing is written then.
    """
    if not entry.own:
        raise Forbidden(
            "external-result-of-another",
            "该院外结果由其他机构登记，须由该机构撤回。未作任何改动。",
            "Another institution wrote this down and has to take it back. Nothing was changed.",
        )
    if not reason.strip():
        raise Invalid(
            "reason-missing",
            "请写明撤回的原因。未作任何改动。",
            "Say why it is taken back. Nothing was changed.",
        )
    row = {"id": entry.id, "reason": reason.strip(), "withdrawn_by": by, "withdrawn_at": now}
    return await execute(tx, queries["withdraw"], row) > 0


def unknown() -> NotFound:
    return NotFound(
        "unknown-external-result",
        "找不到该院外结果。未作任何改动。",
        "There is no such outside result. Nothing was changed.",
    )
