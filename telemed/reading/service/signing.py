"""Putting a name under a report: the second factor, the password, the licence, then an immutable version."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
import psycopg

from telemed.db import execute, fetch_one
from telemed.errors import Conflict, Forbidden
from telemed.reading.model.content import Content, digest
from telemed.reading.model.states import ClaimedItem
from telemed.reading.service.acting import Acting, Signatures
from telemed.reading.service.drafts import Writing
from telemed.reading.store.readings import Held, queries
from telemed.reading.store.rows import NumberRow, PersonRow, StudyRow
from telemed.vocabulary import Principal

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is read two ways off paper
CODE_LENGTH = 20  # 100 bits: codes cannot be guessed


@dataclass(frozen=True, slots=True)
class Looked:
    """What the desk reports at a signature; warned of and logged, never a reason to refuse.

    unseen_series, unseen_instances: not displayed in full. preview_only: shown as 压缩预览 only. warnings: lint codes.
    """

    unseen_series: int = 0
    unseen_instances: int = 0
    preview_only: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OnScreen:
    """What the signer has in front: the draft's revision, the Study UID the images are of, what was looked at."""

    revision: int
    study_instance_uid: str
    looked: Looked


@dataclass(frozen=True, slots=True)
class Version:
    """What is to be signed. author_signed_at: when the author submitted; signed_at is the acting moment."""

    status: str
    writing: Writing
    author: UUID
    author_signed_at: datetime
    verifier: UUID | None
    item: ClaimedItem | None
    reason: str = ""
    agreement: str | None = None
    single_reader_reason: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Proof that this person has just given the signing password; made by confirm_password only."""

    practitioner_id: UUID


async def confirm_password(signatures: Signatures, principal: Principal, password: str, now: datetime) -> Confirmed:
    """Raises Forbidden unless the password is this person's."""
    await signatures.confirm(principal, password, now)
    return Confirmed(principal.practitioner_id)


async def require_signer(acting: Acting, signatures: Signatures, study: StudyRow, confirmed: Confirmed) -> None:
    """Second factor of this shift, own password, licence. Raises Forbidden; nothing is written then."""
    if confirmed.practitioner_id != acting.principal.practitioner_id:
        raise LookupError("a password was confirmed for somebody else")
    if acting.principal.second_factor_at is None:
        raise Forbidden(
            "second-factor-needed",
            "需要本班次的动态口令验证。未作任何改动。",
            "A one-time code is needed once per shift before this step. Nothing was changed.",
        )
    await require_licence(acting, signatures, study)


async def require_licence(acting: Acting, signatures: Signatures, study: StudyRow) -> None:
    """Raises Forbidden unless the person's licence covers every modality of the study today."""
    for modality in study.modalities or ["OT"]:
        await signatures.licensed(acting.tx, acting.principal, modality, acting.now)


async def write_version(acting: Acting, held: Held, study: StudyRow, version: Version) -> UUID:
    """Insert a signed version with its printed code. Raises Conflict when a final of this round exists already."""
    number = await fetch_one(acting.tx, queries["next_version_number"], {"reading_id": held.row.id}, NumberRow)
    author = await person(acting, version.author)
    verifier = None if version.verifier is None else await person(acting, version.verifier)
    version_id = uuid4()
    counted = 1 if number is None else number.number
    content = _content(acting, held, study, version, counted)
    params = {
        "id": version_id,
        "reading_id": held.row.id,
        "number": counted,
        "round": held.row.round,
        "status": version.status,
        "technique": version.writing.technique,
        "findings": version.writing.findings,
        "impression": version.writing.impression,
        "significance": version.writing.significance,
        "limited": held.row.limited,
        "content_sha256": digest(content),
        "author_id": version.author,
        "author_name": author.name,
        "author_signed_at": version.author_signed_at,
        "verifier_id": version.verifier,
        "verifier_name": None if verifier is None else verifier.name,
        "signed_at": acting.now,
        "performer_name": (verifier or author).organization_name,
        "single_reader_reason": version.single_reader_reason,
        "reason": version.reason,
        "agreement": version.agreement,
        "replaces_id": held.row.current_version_id or held.row.preliminary_version_id,
        "work_item_id": None if version.item is None else version.item.id,
        "instance_count": study.instance_count,
    }
    try:
        async with acting.tx.transaction():
            await execute(acting.tx, queries["insert_version"], params)
    except psycopg.errors.UniqueViolation as error:
        raise Conflict(
            "report-already-final",
            "该检查已有正式报告，不能覆盖。未作任何改动；请用更正报告或补充报告。",
            "There is a final report already; it is never overwritten. Nothing was changed; amend or append instead.",
        ) from error
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    await execute(acting.tx, queries["insert_code"], {"code": code, "report_version_id": version_id})
    return version_id


async def record_looked(acting: Acting, item: ClaimedItem, looked: Looked, study: StudyRow) -> None:
    """Keep what was not looked at and what was warned of with the step."""
    submission = msgspec.json.encode(
        {
            "unseen_series": looked.unseen_series,
            "unseen_instances": looked.unseen_instances,
            "preview_only": looked.preview_only,
            "warnings": list(looked.warnings),
            "instance_count": study.instance_count,
        },
    ).decode()
    await execute(acting.tx, queries["record_submission"], {"id": item.id, "submission": submission})


async def person(acting: Acting, practitioner_id: UUID) -> PersonRow:
    found = await fetch_one(acting.tx, queries["person"], {"id": practitioner_id}, PersonRow)
    if found is None:
        raise LookupError(f"practitioner {practitioner_id} is gone")
    return found


def _content(acting: Acting, held: Held, study: StudyRow, version: Version, number: int) -> Content:
    return Content(
        study_instance_uid=study.study_instance_uid,
        accession_number=study.accession_number,
        number=number,
        status=version.status,
        technique=version.writing.technique,
        findings=version.writing.findings,
        impression=version.writing.impression,
        significance=version.writing.significance,
        limited=held.row.limited,
        author_id=str(version.author),
        author_signed_at=version.author_signed_at.isoformat(),
        verifier_id="" if version.verifier is None else str(version.verifier),
        signed_at=acting.now.isoformat(),
        reason=version.reason,
        agreement=version.agreement or "",
    )
