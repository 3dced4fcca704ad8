"""The mark (全国HR, 省HR …) a result may carry for whoever asks: by the grant it rests on, if that may print one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from telemed.db import Connection
from telemed.fhir.datatypes import Json, coding
from telemed.fhir.resources.observation import ObservationRow
from telemed.fhir.systems import MARK
from telemed.recognition import grants
from telemed.recognition.decision import Outcome
from telemed.recognition.facts import Candidate, Facts
from telemed.recognition.facts_store import head
from telemed.recognition.laboratory_results import name_of
from telemed.recognition.rules import PRINTS_HR
from telemed.recognition.standing import Standing

_MAY_CARRY = frozenset({"final", "corrected"})


async def marks(connection: Connection, rows: Iterable[ObservationRow], accepter_id: UUID) -> Mapping[str, Json]:
    """By name of a result, its mark; results of nobody surely known, not final or without a time carry none."""
    wanted: dict[UUID, list[ObservationRow]] = {}
    for row in rows:
        may = row.linked and row.item_key is not None and row.status in _MAY_CARRY and row.collected_at is not None
        if may:
            wanted.setdefault(row.patient_id, []).append(row)
    found: dict[str, Json] = {}
    standing = Standing()
    for patient_id, results in wanted.items():
        keys = sorted({one.item_key for one in results if one.item_key is not None})
        facts = await standing.facts_of(connection, str(patient_id), keys, await head(connection))
        candidates = {one.id: one for one in facts.candidates}
        for row in results:
            known = candidates.get(name_of(row.report_id, row.code_system, row.code, row.sub_id))
            label = None if known is None else mark(row, known, facts, str(accepter_id))
            if label is not None:
                found[row.name_id] = coding(MARK, label, label)
    return found


def mark(row: ObservationRow, known: Candidate, facts: Facts, accepter_id: str) -> str | None:
    """The mark as printed; None without a grant that holds for this result and whoever is to accept it.  Pure."""
    if row.collected_at is None or row.collected_at > row.ordered_at:
        return None
    organizations = {one.id: one for one in facts.organizations}
    held = [one for one in facts.grants if (one.organization_id, one.item_key) == (known.acquiring_id, row.item_key)]
    answer = grants.answer(held, known, row.collected_at, organizations, organizations.get(accepter_id))
    grant = answer.grant
    if answer.finding.outcome is not Outcome.PASS or grant is None or grant.basis not in PRINTS_HR:
        return None
    return grant.scope.label
