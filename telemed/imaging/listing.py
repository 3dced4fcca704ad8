"""Studies as lists and pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, load
from telemed.imaging import clock
from telemed.patients import names
from telemed.patients.messages import Words, said_age

queries = load(__name__, "listing.sql")


class _Row(msgspec.Struct, frozen=True):
    id: UUID
    study_instance_uid: str
    organization_id: UUID
    organization_name: str
    patient_id: UUID | None
    patient_name: str
    patient_sex: str
    birth_date: date | None
    born_at: datetime | None
    identity: str
    accession_number: str
    modalities: list[str]
    item: str
    body_site: str
    laterality: str
    image_laterality: str
    encounter_class: str | None
    priority: str | None
    emergency_class: str | None
    acquired_at: datetime | None
    first_received_at: datetime
    last_received_at: datetime
    instance_count: int
    expected_instances: int | None
    series_count: int
    total_bytes: int
    completeness: str
    completeness_evidence: str
    match_state: str
    hold: str
    intent: str
    intent_confirmed: bool
    match_revision: int
    service_request_id: UUID | None
    device: str | None
    skew_seconds: int | None
    same_visit: list[UUID]


class StudyItem(msgspec.Struct, frozen=True):
    """A study as a list shows it.

    anchor: why its acquisition time is not believed, empty if it is. clock: the device's clock in words, if wrong.
    same_visit: other studies of the visit (同次检查). match_revision: to be sent back with a decision. Times UTC.
    """

    id: UUID
    study_instance_uid: str
    organization_id: UUID
    organization_name: str
    patient_id: UUID | None
    patient_name: str
    patient_pinyin: str
    patient_sex: str
    birth_date: date | None
    age: Words | None
    identity: str
    accession_number: str
    modalities: list[str]
    item: str
    body_site: str
    laterality: str
    image_laterality: str
    encounter_class: str | None
    priority: str | None
    emergency_class: str | None
    acquired_at: datetime | None
    anchor: str
    clock: Words | None
    first_received_at: datetime
    last_received_at: datetime
    instance_count: int
    expected_instances: int | None
    series_count: int
    total_bytes: int
    completeness: str
    completeness_evidence: str
    match_state: str
    hold: str
    intent: str
    intent_confirmed: bool
    match_revision: int
    service_request_id: UUID | None
    device: str
    same_visit: list[UUID]


def _item(row: _Row, zone: tzinfo) -> StudyItem:
    taken = clock.anchor(row.acquired_at, received_at=row.first_received_at, skew_seconds=row.skew_seconds)
    believed = isinstance(taken, clock.Known)
    at = taken.at if believed else row.first_received_at
    skew = None if row.skew_seconds is None else clock.words(row.skew_seconds)
    return StudyItem(
        id=row.id,
        study_instance_uid=row.study_instance_uid,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        patient_id=row.patient_id,
        patient_name=names.shown(row.patient_name),
        patient_pinyin=names.shown_pinyin(names.shown(row.patient_name)),
        patient_sex=row.patient_sex,
        birth_date=row.birth_date,
        age=said_age(row.birth_date, at.astimezone(zone).date(), born_at=row.born_at, now=at),
        identity=row.identity,
        accession_number=row.accession_number,
        modalities=row.modalities,
        item=row.item,
        body_site=row.body_site,
        laterality=row.laterality,
        image_laterality=row.image_laterality,
        encounter_class=row.encounter_class,
        priority=row.priority,
        emergency_class=row.emergency_class,
        acquired_at=row.acquired_at,
        anchor="" if believed else taken.doubt.value,
        clock=None if skew is None else Words(skew.zh, skew.en),
        first_received_at=row.first_received_at,
        last_received_at=row.last_received_at,
        instance_count=row.instance_count,
        expected_instances=row.expected_instances,
        series_count=row.series_count,
        total_bytes=row.total_bytes,
        completeness=row.completeness,
        completeness_evidence=row.completeness_evidence,
        match_state=row.match_state,
        hold=row.hold,
        intent=row.intent,
        intent_confirmed=row.intent_confirmed,
        match_revision=row.match_revision,
        service_request_id=row.service_request_id,
        device=row.device or "",
        same_visit=row.same_visit,
    )


async def studies(
    connection: Connection,
    organizations: Sequence[UUID] | None,
    zone: tzinfo,
    *,
    limit: int,
    opened: Sequence[UUID] = (),
    study_id: UUID | None = None,
    organization_id: UUID | None = None,
    patient_ids: Sequence[UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    unmatched: bool = False,
) -> list[StudyItem]:
    """Studies of some organisations (None: all) and of some patients' opened records, newest first.

    Every other condition given must hold.
    unmatched: those that want a reading and have no sure request, and those held as mixed.
    """
    rows = await fetch_all(
        connection,
        queries["list"],
        {
            "organizations": organizations,
            "opened": list(opened),
            "study_id": study_id,
            "organization_id": organization_id,
            "patient_ids": None if patient_ids is None else list(patient_ids),
            "since": since,
            "until": until,
            "unmatched": unmatched,
            "limit": limit,
        },
        _Row,
    )
    return [_item(row, zone) for row in rows]
