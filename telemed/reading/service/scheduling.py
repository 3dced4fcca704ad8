"""Consumer of study events: opens readings, makes them readable, notices images after signing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one
from telemed.events import Event
from telemed.events.consumer import Consumer
from telemed.reading.model import sites
from telemed.reading.model.clocks import allowance, due
from telemed.reading.model.intake import ReadingFacts, StudyFacts, Then, decide
from telemed.reading.model.modes import ModeRow, choose
from telemed.reading.model.rules import ReadingRules
from telemed.reading.model.states import (
    AwaitingMatch,
    AwaitingReading,
    Delivered,
    Mode,
    NeedsRecheck,
    Receiving,
    Signed,
    State,
    Viewed,
    cancel,
    ready,
    recheck,
    wait_for_match,
    word,
)
from telemed.reading.service.acting import new_item, tell, write
from telemed.reading.service.drafts import study_of
from telemed.reading.service.rule_book import RuleBook
from telemed.reading.store.readings import Held, hold, queries
from telemed.reading.store.rows import Id, ModeDbRow, ReadingRow, StudyRow
from telemed.vocabulary import EncounterClass, Intent, OrganizationId, Priority

STUDY_EVENTS = frozenset({"study.indexed", "study.updated", "study.matched"})
MATCHED = frozenset({"sure", "confirmed"})


async def schedule(tx: Connection, study_id: UUID, now: datetime, rules: ReadingRules) -> Then:
    """Bring the reading of a study to where the study is; doing it twice changes nothing more."""
    held = await _open_reading(tx, study_id) or await _open(tx, study_id, now, rules)
    if held is None:
        return Then.NOTHING
    # only now, under the lock: facts from before it would undo what another transaction has just decided
    study = await study_of(tx, study_id)
    facts = _facts(study)
    then = decide(facts, ReadingFacts(word(held.state), held.row.instances_signed, held.row.late_instances))
    await _apply(tx, held, then, study, now=now, rules=rules)
    if then is Then.NOTHING:
        await _follow_request(tx, study, rules)
    return then


def consumer(book: RuleBook) -> Consumer:
    """The reader of the event log that schedules readings; the subject of a study event is the study."""

    async def handle(tx: Connection, event: Event) -> None:
        await schedule(tx, event.subject, event.at, book.at(event.at))

    return Consumer("reading-schedule", STUDY_EVENTS, handle)


def _facts(study: StudyRow) -> StudyFacts:
    return StudyFacts(
        intent=Intent(study.intent),
        matched=study.match_state in MATCHED and not study.hold,
        arrived=study.completeness in ("complete", "quiet"),
        priority=Priority(study.priority),
        instance_count=study.instance_count,
    )


async def _open_reading(tx: Connection, study_id: UUID) -> Held | None:
    found = await fetch_one(tx, queries["open_reading_of_study"], {"study_id": study_id}, Id)
    return None if found is None else await hold(tx, found.id)


async def _open(tx: Connection, study_id: UUID, now: datetime, rules: ReadingRules) -> Held | None:
    """Open the reading of a study that asks for one; what somebody else opened meanwhile serves as well."""
    study = await fetch_one(tx, queries["study_facts"], {"study_id": study_id}, StudyRow)
    if study is None or decide(_facts(study), None) is not Then.OPEN:
        return None
    reading_id = uuid4()
    opened = await execute(
        tx,
        queries["insert_reading"],
        {
            "id": reading_id,
            "study_id": study.id,
            "organization_id": study.organization_id,
            "mode": await _mode(tx, study, now, rules),
            "priority": study.priority,
            "checkup": _checkup(study),
            "opened_at": now,
        },
    )
    if not opened:
        return await _open_reading(tx, study_id)
    held = await hold(tx, reading_id)
    if held is not None:
        await tell(tx, held.row, "reading.opened")
    return held


async def _mode(tx: Connection, study: StudyRow, now: datetime, rules: ReadingRules) -> Mode:
    rows = await fetch_all(tx, queries["mode_rows"], {"organization_id": study.organization_id}, ModeDbRow)
    configured = [
        ModeRow(
            None if row.organization_id is None else OrganizationId(row.organization_id),
            row.modality,
            row.from_hour,
            row.until_hour,
            Mode(row.mode),
        )
        for row in rows
    ]
    modality = study.modalities[0] if study.modalities else ""
    hour = now.astimezone(rules.calendar.offset).hour
    return choose(configured, OrganizationId(study.organization_id), modality, hour)


def _checkup(study: StudyRow) -> bool:
    return study.encounter_class == EncounterClass.CHECKUP and study.priority == Priority.ROUTINE


async def _apply(
    tx: Connection,
    held: Held,
    then: Then,
    study: StudyRow,
    *,
    now: datetime,
    rules: ReadingRules,
) -> None:
    state: State = held.state
    match then, state:
        case Then.READY, Receiving() | AwaitingMatch():
            clock = _clock(held.row, study, now, rules)
            mode = await _mode(tx, study, now, rules)
            await write(tx, held, ready(state, new_item()), "reading.scheduled", now, mode=mode.value, **clock)
        case Then.WAIT, Receiving() | AwaitingReading():
            await write(tx, held, wait_for_match(state), "reading.unmatched", now)
        case Then.CANCEL, Receiving() | AwaitingMatch() | AwaitingReading():
            await write(tx, held, cancel(state), "reading.canceled", now)
        case Then.LATE_IMAGES, Signed() | Delivered() | Viewed() | NeedsRecheck():
            late = study.instance_count - (held.row.instances_signed or 0)
            await write(tx, held, recheck(state), "reading.images-arrived", now, late_instances=late)
        case _:
            return


def _clock(row: ReadingRow, study: StudyRow, now: datetime, rules: ReadingRules) -> dict[str, object]:
    """诊断用时 starts when the study is complete, for an emergency with its first image; once started it stays."""
    start = row.clock_started_at
    if start is None:
        start = study.first_received_at if study.priority == Priority.STAT else now
    return timing(study, start, rules)


def timing(
    study: StudyRow,
    start: datetime,
    rules: ReadingRules,
    priority: Priority | None = None,
) -> dict[str, object]:
    """The columns of a clock that started at `start`, for the study's or a chosen priority."""
    chosen = priority or Priority(study.priority)
    checkup = study.encounter_class == EncounterClass.CHECKUP and chosen is Priority.ROUTINE
    allowed = allowance(
        rules.allowances, frozenset(study.modalities), sites.words(study.body_site), chosen, checkup=checkup
    )
    return {
        "priority": chosen.value,
        "checkup": checkup,
        "clock_started_at": start,
        "allowed_minutes": allowed.minutes,
        "working_time": allowed.working_time,
        "due_at": due(start, allowed, rules.calendar),
    }


async def _follow_request(tx: Connection, study: StudyRow, rules: ReadingRules) -> None:
    """A request that became more or less urgent before anybody began changes the priority of its reading."""
    held = await _open_reading(tx, study.id)
    if held is None or held.row.priority == study.priority:
        return
    if held.row.priority_set_by is not None or held.row.priority_reason:
        return
    if isinstance(held.state, AwaitingReading) and held.row.clock_started_at is not None:
        changes = timing(study, held.row.clock_started_at, rules)
    elif isinstance(held.state, Receiving | AwaitingMatch):
        changes = {"priority": study.priority, "checkup": _checkup(study)}
    else:
        return
    row = msgspec.structs.replace(held.row, **changes)
    await execute(tx, queries["update_reading"], msgspec.structs.asdict(row))
    await tell(tx, row, "reading.reprioritised")
