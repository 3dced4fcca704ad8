"""What a matched study shows to the outside: the registration's values, where they truly differ from what came."""

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
    name: str
    birth_date: date | None
    birth_date_estimated: bool
    sex: str
    accession_number: str
    source: str
    matched_at: datetime
    source_patient_name: str


async def match_of(connection: Connection, instance: Instance) -> Match | None:
    """The registration a study was matched with; None for one that goes out as it came.

    The same name written in another way (pinyin beside hanzi, separators) is not replaced, and the Patient ID never is:
    the device's number stays the one that finds the study at its site.
    """
    if instance.match_state not in {"sure", "confirmed"}:
        return None
    row = await fetch_one(connection, QUERIES["match"], {"study_id": instance.study_id}, _Row)
    if row is None:
        return None
    same = names.compare(row.name, row.source_patient_name) is names.Agreement.SAME
    registered = Registered(
        name="" if same else row.name,
        patient_number="",
        issuer="",
        birth_date=row.birth_date,
        birth_date_estimated=row.birth_date_estimated,
        sex=row.sex,
        accession_number=row.accession_number,
    )
    return Match(registered, row.matched_at, SYSTEM, row.source)
