"""Decisions made again from the append-only tables: the same inputs and trace, or a difference that is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from telemed.db import Connection, Pool, execute, fetch_all, fetch_one, load
from telemed.recognition.canonical import Remembered, canonical
from telemed.recognition.decide import decide
from telemed.recognition.decision import Decision
from telemed.recognition.facts import Facts
from telemed.recognition.facts_store import facts_of_patient, standing_upto
from telemed.recognition.narrowing import keys_of, narrowed
from telemed.recognition.order import Context, Order
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rule_set import Parameters, RuleSet
from telemed.recognition.standing import Standing
from telemed.recognition.trace import inputs_hash, rules_hash, rules_text, sha256, trace_hash

queries = load(__name__, "replay.sql")
log = structlog.get_logger(__name__)

#: Decisions read at a time.
PAGE = 200
_FIRST = UUID(int=0)


class _Row(msgspec.Struct):
    id: UUID
    patient_id: UUID | None
    asked: str
    context: str
    as_of: datetime
    known_at: datetime
    known_upto: int
    rule_set: str
    engine_version: str
    inputs_hash: str
    trace_hash: str
    verdict: str | None
    trace: str
    candidates: str
    decided_at: datetime
    rules: str


class _Count(msgspec.Struct):
    count: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision made again.

    differs: `inputs`, `rules`, `trace`, `stored-trace` (the trace that stands there is not the one that was hashed),
    `verdict`, `patient`, `candidates` (a column says otherwise), `unreadable`; empty where all agree.
    verdict, now: as stored and as decided now.  engine: of the stored one.
    """

    decision_id: UUID
    differs: tuple[str, ...]
    verdict: str | None
    now: str | None
    engine: str


async def keep_rules(tx: Connection, rules: RuleSet) -> None:
    """Keep what a decision is made by, so that it can be made again when parameters have changed."""
    await execute(tx, queries["keep_rules"], {"hash": rules_hash(rules), "content": rules_text(rules).decode()})


async def without_rules(connection: Connection) -> int:
    """How many decisions can not be made again: their rules are not there."""
    found = await fetch_one(connection, queries["without_rules"], {}, _Count)
    return 0 if found is None else found.count


async def replay(pool: Pool, since: datetime, until: datetime) -> AsyncIterator[Replayed]:
    """Make every decision of a period again, in the order they were made.

    since, until: aware; a decision of the first moment is in, one of the last is not.
    """
    archive = _Archive()
    after, after_id = since, _FIRST
    while True:
        page = {"after": after, "after_id": after_id, "until": until, "limit": PAGE}
        async with pool.connection() as connection:
            rows = await fetch_all(connection, queries["decisions"], page, _Row)
            for row in rows:
                try:
                    yield await _again(connection, row, archive)
                except (ValueError, KeyError) as fault:
                    # what cannot be read any more is a difference, and those behind it are still made again
                    log.warning("decision-not-read", decision=str(row.id), error=type(fault).__name__)
                    yield Replayed(row.id, ("unreadable",), row.verdict, None, row.engine_version)
        if len(rows) < PAGE:
            return
        after, after_id = rows[-1].decided_at, rows[-1].id


@dataclass
class _Archive:
    """Reads what was known up to a row.  Decisions of one call follow each other and knew the same: it is read once."""

    book: RuleBook = field(default_factory=RuleBook)
    standing: Standing = field(default_factory=Standing)
    spell: Remembered = field(default_factory=Remembered)
    _parameters: dict[str, Parameters] = field(default_factory=dict[str, Parameters])
    _patient: tuple[str, int] = ("", -1)
    _facts: Facts = field(default_factory=Facts)

    async def rules(self, connection: Connection, row: _Row) -> RuleSet:
        parameters = self._parameters.get(row.rule_set)
        if parameters is None:
            parameters = _read(msgspec.json.decode(row.rules)["parameters"], Parameters)
            self._parameters[row.rule_set] = parameters
        return await self.book.at(connection, row.as_of, row.known_upto, parameters)

    async def facts(self, connection: Connection, patient_id: str, keys: Sequence[str], upto: int) -> Facts:
        """All that was known of a patient and of these items."""
        if self._patient != (patient_id, upto):
            self._facts = await facts_of_patient(connection, patient_id, upto)
            self._patient = patient_id, upto
        return await self.standing.beside(connection, self._facts, keys, await standing_upto(connection, upto))


async def _again(connection: Connection, row: _Row, archive: _Archive) -> Replayed:
    order = _read(msgspec.json.decode(row.asked), Order)
    context = _read(msgspec.json.decode(row.context), Context)
    rules = await archive.rules(connection, row)
    known = await archive.facts(connection, order.patient_id, keys_of(order, rules, row.as_of), row.known_upto)
    facts = narrowed(known, order, rules, row.as_of)
    given = order, context, facts, rules, row.as_of, row.known_at
    decision = decide(*given)
    differs = (
        ("inputs", inputs_hash(*given, standing=archive.spell) != row.inputs_hash),
        ("rules", rules_hash(rules) != row.rule_set),
        ("trace", trace_hash(decision) != row.trace_hash),
        ("stored-trace", sha256(row.trace.encode()) != row.trace_hash),
        ("verdict", row.verdict != (None if decision.verdict is None else str(decision.verdict))),
        ("patient", row.patient_id is None or str(row.patient_id) != order.patient_id),
        ("candidates", row.candidates != candidates_of(decision)),
    )
    return Replayed(
        decision_id=row.id,
        differs=tuple(name for name, found in differs if found),
        verdict=row.verdict,
        now=None if decision.verdict is None else str(decision.verdict),
        engine=row.engine_version,
    )


def candidates_of(decision: Decision) -> str:
    """Which results were looked at and what each is worth, as the ledger keeps it: canonical JSON."""
    return canonical(
        [
            {"analyte": analyte.key, "id": each.candidate_id, "version": each.version, "verdict": each.verdict}
            for analyte in decision.analytes
            for each in analyte.candidates
        ]
    ).decode()


def _read(said: Any, of: type[Any]) -> Any:
    """What `canonical` wrote: yes and no are words there."""
    return msgspec.convert(said, of, strict=False)
