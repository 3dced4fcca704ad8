"""What one message's reports become in the database: persons, versions, results, and what is kept apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from telemed.db import Connection
from telemed.events import append
from telemed.results import store
from telemed.results.admitting import Mine, admit, is_same, still
from telemed.results.code_map import CodeMaps
from telemed.results.judging import judge
from telemed.results.report import Doubt, PatientReports, Report, Results, ordered_at
from telemed.results.whose import whose


@dataclass(frozen=True, slots=True)
class Only:
    """What of a message is meant: the OBX or OBR on these lines (none: all), and the grounds a person has accepted."""

    lines: frozenset[int] = frozenset()
    accepted: frozenset[str] = frozenset()

    def means(self, *lines: int) -> bool:
        return not self.lines or not self.lines.isdisjoint(lines)


EVERYTHING = Only()


@dataclass(frozen=True, slots=True)
class Work:
    """One message to be stored.  day: whose code maps count, in the county.

    came_at: when it came first, where it is read anew; None for one that comes now.
    """

    received: store.Received
    sender: store.Sender
    found: Results
    maps: CodeMaps
    day: date
    only: Only = EVERYTHING
    came_at: datetime | None = None


@dataclass(slots=True)
class Outcome:
    """What became of it: each doubt with the line and the report it is about; stored: at least one report was."""

    doubts: list[tuple[Doubt, int, str]] = field(default_factory=list[tuple[Doubt, int, str]])
    stored: bool = False

    def doubt(self, found: Sequence[Doubt], line: int = 0, report_number: str = "") -> None:
        self.doubts += [(one, line, report_number) for one in found]


def storing(work: Work) -> Callable[[Connection, Outcome], Awaitable[None]]:
    """Storing one message's reports, for whoever keeps the message."""

    async def store_them(tx: Connection, outcome: Outcome) -> None:
        await store_results(tx, work, outcome)

    return store_them


async def store_results(tx: Connection, work: Work, outcome: Outcome) -> None:
    """Store what can be stored and note in `outcome` what cannot."""
    outcome.doubt(work.found.doubts)
    if work.found.doubts:
        return
    for one in work.found.patients:
        if not any(_is_meant(each, work.only) for each in one.reports):
            continue
        outcome.doubt(one.doubts, one.reports[0].line, one.reports[0].number)
        if not one.doubts:
            await _store_patient(tx, work, one, outcome)


def _is_meant(report: Report, only: Only) -> bool:
    return only.means(report.line, *(one.line for one in report.observations))


async def _store_patient(tx: Connection, work: Work, one: PatientReports, outcome: Outcome) -> None:
    organization_id, now = work.sender.organization_id, work.received.received_at
    who = whose(one.patient, organization_id)
    outcome.doubt(who.doubts, one.reports[0].line, one.reports[0].number)
    admitted: Mine | None = None
    for each in one.reports:
        if not _is_meant(each, work.only):
            continue
        outcome.doubt(each.doubts, each.line, each.number)
        if each.doubts:
            continue
        report_id = await store.report_of(tx, organization_id, each.number_system, each.number)
        before = await store.latest_version(tx, report_id)
        mine = still(before, who)
        if mine is None:
            mine = admitted = admitted or await admit(tx, who, organization_id, now)
        # only from a source patient to the same person, now proved: a number that was wrong has been put right
        accepted = "report-of-another-patient" in work.only.accepted
        may_move = accepted or (before is not None and not before.linked and is_same(before, who))
        if before is not None and before.patient_id != mine.patient_id and not may_move:
            outcome.doubt([Doubt("report-of-another-patient", f"OBR-3 line {each.line}")], each.line, each.number)
            continue
        await _store_report(tx, work, each, report_id, mine, outcome=outcome)


async def _store_report(
    tx: Connection, work: Work, one: Report, report_id: UUID, mine: Mine, *, outcome: Outcome
) -> None:
    received, organization_id = work.received, work.sender.organization_id
    order = ordered_at(one, work.found, work.came_at or received.received_at)
    version = await store.insert_version(
        tx,
        report_id,
        one,
        message_id=received.id,
        patient_id=mine.patient_id,
        linked=mine.linked,
        ordered_at=order,
        sent_at=None if work.found.sent is None else work.found.sent.at,
        known_from=received.received_at,
    )
    # the first row of a table is a report's line and a result's
    own = work.only.lines & {each.line for each in one.observations}
    judged = [
        judge(each, work.maps, work.sender.organization_code, work.day)
        for each in one.observations
        if (each.line in own if own else work.only.means(one.line, each.line))
    ]
    for each in judged:
        outcome.doubt(each.doubts, each.observation.line, one.number)
    await store.insert_observations(tx, report_id, version, judged, ordered_at=order, known_from=received.received_at)
    outcome.stored = True
    await append(
        tx,
        "result.received",
        report_id,
        [f"organization/{organization_id}"],
        version=version,
        message=received.id,
        patient=mine.patient_id,
    )
