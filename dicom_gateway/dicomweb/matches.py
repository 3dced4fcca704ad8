"""What a study shows to the outside: the registration's values where they truly differ, its own UID if it was split."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from dicom_gateway.dicomweb.instances import Match
from dicom_gateway.dicomweb.store import QUERIES, Instance
from telemed.db import Connection, fetch_one
from telemed.imaging.coercion import Registered
from telemed.patients import names

#: (0400,0563) Modifying System.
SYSTEM = "TELEMED"


@dataclass(frozen=True, slots=True)
class _Row:
    source: str
    accession_number: str | None
    name: str | None
    birth_date: date | None
    birth_date_estimated: bool | None
    sex: str | None
    matched_at: datetime
    source_patient_name: str


async def match_of(connection: Connection, instance: Instance) -> Match | None:
    """What an instance's study shows instead of what came; None for one that goes out as it came.

    The same name written in another way (pinyin beside hanzi, separators) is not replaced, and the Patient ID never is:
    the device's number stays the one that finds the study at its site.
    """
    if instance.match_state not in {"sure", "confirmed"} and instance.split_at is None:
        return None
    row = await fetch_one(connection, QUERIES["match"], {"study_id": instance.study_id}, _Row)
    if row is None:
        return None
    registered = None
    if row.name is not None:
        same = names.compare(row.name, row.source_patient_name) is names.Agreement.SAME
        registered = Registered(
            name="" if same else row.name,
            patient_number="",
            issuer="",
            birth_date=row.birth_date,
            birth_date_estimated=bool(row.birth_date_estimated),
            sex=row.sex or "",
            accession_number=row.accession_number or "",
        )
    return Match(registered, row.matched_at, SYSTEM, row.source)
