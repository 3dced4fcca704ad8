"""Which reading mode holds for an organisation, a modality and an hour (practice: 县写县审, 乡写县审, 本院自报)."""

from __future__ import annotations

from dataclasses import dataclass

from telemed.reading.model.states import Mode
from telemed.vocabulary import OrganizationId

SELF_REPORTED_BY_DEFAULT = frozenset({"US"})  # static ultrasound frames are not remotely diagnosable


@dataclass(frozen=True, slots=True)
class ModeRow:
    """One configured row. organization_id None and modality '' mean any; hours are [from, until) of the local day."""

    organization_id: OrganizationId | None
    modality: str
    from_hour: int
    until_hour: int
    mode: Mode


def choose(rows: list[ModeRow], organization_id: OrganizationId, modality: str, hour: int) -> Mode:
    """The most specific row: organisation before modality before the narrower hours."""
    fitting = [
        row
        for row in rows
        if row.organization_id in (None, organization_id)
        and row.modality in ("", modality)
        and row.from_hour <= hour < row.until_hour
    ]
    if fitting:
        best = max(
            fitting,
            key=lambda row: (row.organization_id is not None, bool(row.modality), row.from_hour - row.until_hour),
        )
        return best.mode
    return Mode.SELF_REPORTED if modality in SELF_REPORTED_BY_DEFAULT else Mode.COUNTY_READ
