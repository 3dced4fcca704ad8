"""A table of outcomes into evaluations: all of it or nothing, and what would follow by doing it and undoing it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from telemed.db import Connection, Pool
from telemed.errors import Invalid
from telemed.quality import recording
from telemed.quality.entry import County
from telemed.quality.facts_store import called, devices_of, known_items
from telemed.quality.rounds import Directory, Evaluated, Programme, Rounds, item_names, read_rounds
from telemed.recognition.quality import GrantingParameters, QualityEvaluation, Revocation
from telemed.recognition.rules import Grant
from telemed.recognition.rules_store import facts_of, grants_held
from telemed.results.columns import LineFault
from telemed.results.sheet import Unusable, lines_of
from telemed.vocabulary import Scope, Text

MOST_BYTES, MOST_LINES = 2 << 20, 2000


@dataclass(frozen=True, slots=True)
class Importer:
    """by: who brings the table.  scope: the members whose quality that person records."""

    granting: Sequence[GrantingParameters]
    county: County
    programme: Programme
    scope: Scope
    by: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written.  before, after: grants by id of every organisation concerned.  repeated: facts there before."""

    evaluations: tuple[UUID, ...]
    repeated: int
    tasks: int
    before: Mapping[str, Grant]
    after: Mapping[str, Grant]


class _Undone(Exception):
    """Carries what was done out of a transaction that is not to last."""

    def __init__(self, done: Imported) -> None:
        super().__init__()
        self.done = done


def digest_of(raw: bytes, programme: Programme) -> str:
    """What a preview is confirmed by: the file and what is said of it."""
    said = "\n".join((hashlib.sha256(raw).hexdigest(), programme.name, programme.basis, repr(programme.scope)))
    return hashlib.sha256(said.encode()).hexdigest()


async def read(connection: Connection, who: Importer, raw: bytes) -> Rounds:
    """The evaluations of a file, CSV or Excel, and everything that is wrong with it."""
    lines = await asyncio.to_thread(lines_of, raw, most_bytes=MOST_BYTES, most_lines=MOST_LINES)
    if isinstance(lines, Unusable):
        return Rounds((), (LineFault(lines.line, "", lines.text),), 0)
    directory = await _directory(connection, who.scope)
    digest = hashlib.sha256(raw).hexdigest()
    found = read_rounds(lines, who.programme, directory, who.county, digest=digest, now=who.now)
    twice = await _recorded_otherwise(connection, found.evaluations)
    return Rounds(found.evaluations, (*found.faults, *twice), found.lines)


async def _directory(connection: Connection, scope: Scope) -> Directory:
    organizations: dict[str, set[str]] = {}
    devices: dict[tuple[str, str], set[str]] = {}
    places = [one for one in await called(connection) if scope.admits(one.id)]
    for one in places:
        for name in {one.code, one.name} - {""}:
            organizations.setdefault(name.casefold(), set()).add(str(one.id))
    for one in await devices_of(connection, [one.id for one in places]):
        for name in {one.ae_title, one.name} - {""}:
            devices.setdefault((str(one.organization_id), name.casefold()), set()).add(one.id)
    return Directory(
        {name: frozenset(ids) for name, ids in organizations.items()},
        {name: frozenset(ids) for name, ids in devices.items()},
        item_names(await known_items(connection)),
    )


async def _recorded_otherwise(connection: Connection, found: Sequence[Evaluated]) -> list[LineFault]:
    """Lines whose round is recorded already for the item, by another entry that nobody has taken back."""
    faults: list[LineFault] = []
    for organization in sorted({one.fact.organization_id for one in found}):
        facts = await facts_of(connection, UUID(organization))
        revoked = {one.evaluation_id for one in facts if isinstance(one, Revocation)}
        standing = [one for one in facts if isinstance(one, QualityEvaluation) and one.id not in revoked]
        faults += [
            LineFault(
                one.line,
                "",
                Text(
                    "该轮次已有记录；更正须先撤回原评价。",
                    "This round is recorded already; take the evaluation back first to correct it.",
                ),
            )
            for one in found
            if one.fact.organization_id == organization
            and any(_same_round(one.fact, other) and one.fact.id != other.id for other in standing)
        ]
    return faults


def _same_round(one: QualityEvaluation, other: QualityEvaluation) -> bool:
    same = (one.programme, one.round, one.device_id) == (other.programme, other.round, other.device_id)
    return same and not one.item_keys.isdisjoint(other.item_keys)


async def store(tx: Connection, who: Importer, rounds: Rounds) -> Imported:
    """Record every evaluation of a table.  Raises Invalid where a line is faulty or there is none: all or nothing."""
    if rounds.faults or not rounds.evaluations:
        raise Invalid(
            "round-table-faulty",
            "表中有错误或没有可导入的行，未作任何记录。请更正后重新预览。",
            "The table has faults, or no line to import; nothing was recorded. Correct it and look again.",
            faults=len(rounds.faults),
        )
    # by organisation, so that two imports wait for each other and never each for the other
    facts = sorted((one.fact for one in rounds.evaluations), key=lambda one: (one.organization_id, one.at, one.id))
    concerned = sorted({UUID(one.organization_id) for one in facts})
    before = await _grants(tx, concerned)
    repeated = tasks = 0
    for fact in facts:
        done = await recording.enter(
            tx, UUID(fact.organization_id), fact, by=who.by, now=who.now, parameters=who.granting
        )
        repeated += done.repeated
        tasks += done.tasks
    after = await _grants(tx, concerned)
    return Imported(tuple(UUID(one.id) for one in facts), repeated, tasks, before, after)


async def foresee(pool: Pool, who: Importer, rounds: Rounds) -> Imported:
    """What storing would do, by doing and undoing it."""
    try:
        async with pool.transaction() as tx:
            _undo(await store(tx, who, rounds))
    except _Undone as undone:
        return undone.done


def _undo(done: Imported) -> NoReturn:
    raise _Undone(done)


async def _grants(connection: Connection, organizations: Sequence[UUID]) -> dict[str, Grant]:
    found: dict[str, Grant] = {}
    for organization in organizations:
        found |= {one.id: one for one in await grants_held(connection, organization) if one.known_until is None}
    return found
