"""Drafts: the text of a step, saved as it is typed; a revision keeps two windows from overwriting each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from telemed.db import Connection, execute, fetch_one
from telemed.reading.model import sites, words
from telemed.reading.model.lint import LintFacts, Warned, lint
from telemed.reading.model.rules import ReadingRules
from telemed.reading.model.states import InReading, Kind, Purpose, Verifying
from telemed.reading.service.acting import Acting
from telemed.reading.store.readings import Held, queries
from telemed.reading.store.rows import DraftRow, StudyRow
from telemed.vocabulary import Laterality, Sex, WorkItemId


@dataclass(frozen=True, slots=True)
class Writing:
    """The sections of a report as they stand in the editor. significance: none, significant or critical."""

    technique: str
    findings: str
    impression: str
    significance: str
    template_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """revision: to be sent with the next save. lease_until: the claim lives as long as the draft is edited."""

    revision: int
    saved_at: datetime
    lease_until: datetime


EMPTY = Writing("", "", "", "none")


async def save_draft(acting: Acting, reading_id: UUID, writing: Writing, revision: int) -> Saved:
    """Autosave. Raises Conflict when the draft has been saved elsewhere since `revision`; nothing is lost then."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, InReading | Verifying):
        raise words.moved_on(held.row.state)
    acting.require_mine(held.state.item)
    await write_draft(acting, held.state.item.id, writing, revision)
    until = acting.now + acting.rules.lease
    await execute(acting.tx, queries["extend_lease"], {"id": held.state.item.id, "lease_until": until})
    return Saved(revision + 1, acting.now, until)


async def write_draft(acting: Acting, item: WorkItemId, writing: Writing, revision: int) -> None:
    """Replace the text of a step. Raises Conflict with the revision that stands when it has moved on."""
    saved = await execute(
        acting.tx,
        queries["save_draft"],
        _params(writing) | {"work_item_id": item, "revision": revision, "now": acting.now},
    )
    if not saved:
        standing = await fetch_one(acting.tx, queries["draft"], {"work_item_id": item}, DraftRow)
        raise words.edited_meanwhile(0 if standing is None else standing.revision)


async def begin_draft(acting: Acting, held: Held, state: InReading | Verifying) -> None:
    """Give a step that was just claimed its text, once.

    A verifier begins with what the author submitted, an author with the last text of an author; a correction begins
    with the report that stands, an addendum with nothing.
    """
    if await fetch_one(acting.tx, queries["draft"], {"work_item_id": state.item.id}, DraftRow) is not None:
        return
    await insert_draft(acting, state.item.id, await _beginning(acting, held, state))


async def insert_draft(acting: Acting, item: WorkItemId, writing: Writing, *, author: UUID | None = None) -> None:
    params = _params(writing) | {
        "work_item_id": item,
        "author_id": author or acting.principal.practitioner_id,
        "now": acting.now,
    }
    await execute(acting.tx, queries["insert_draft"], params)


async def draft_of(connection: Connection, item: UUID) -> DraftRow | None:
    return await fetch_one(connection, queries["draft"], {"work_item_id": item}, DraftRow)


def warnings(writing: Writing, study: StudyRow, rules: ReadingRules) -> list[Warned]:
    """report_lint on what stands in the editor."""
    laterality = Laterality(study.laterality) if study.laterality in set(Laterality) else Laterality.UNPAIRED
    sex = Sex(study.sex) if study.sex in set(Sex) else Sex.UNKNOWN
    facts = LintFacts(sex, sites.words(study.body_site), laterality, study.image_laterality)
    return lint(writing.findings, writing.impression, facts, rules.lint)


async def study_of(connection: Connection, study_id: UUID) -> StudyRow:
    """The study of a reading; it exists as long as the reading does."""
    study = await fetch_one(connection, queries["study_facts"], {"study_id": study_id}, StudyRow)
    if study is None:
        raise LookupError(f"study {study_id} of a reading is gone")
    return study


async def _beginning(acting: Acting, held: Held, state: InReading | Verifying) -> Writing:
    kinds: Sequence[Kind] = (Kind.INTERPRETATION,) if state.item.kind is Kind.INTERPRETATION else tuple(Kind)
    last = await fetch_one(
        acting.tx,
        queries["last_draft"],
        {"reading_id": held.row.id, "kinds": [kind.value for kind in kinds]},
        DraftRow,
    )
    if last is not None:
        return Writing(last.technique, last.findings, last.impression, last.significance, last.template_id)
    version = held.current
    if version is not None and state.item.purpose is Purpose.AMENDED:
        return Writing(version.technique, version.findings, version.impression, version.significance)
    return EMPTY


def _params(writing: Writing) -> dict[str, object]:
    return {
        "technique": writing.technique,
        "findings": writing.findings,
        "impression": writing.impression,
        "significance": writing.significance,
        "template_id": writing.template_id,
    }
