"""检查拆分: each person under one Study Instance UID gets a study of their own; the bytes stay as they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, NotFound
from telemed.imaging import linked, linking, proposing, quarantine, store
from telemed.imaging.mixed import Whose, persons
from telemed.imaging.proposing import CorrectionRow
from telemed.imaging.study import Arrival, Clash, statement_key, uid_in
from telemed.vocabulary import PractitionerId, Scope, Sex

queries = load(__name__, "splitting.sql")


class _Statement(msgspec.Struct, frozen=True):
    key: str
    patient_id: str
    name: str
    sex: str
    birth_date: date | None
    accepted: bool
    contradicts: bool

    @property
    def whose(self) -> Whose:
        return Whose(self.patient_id, self.name, Sex(self.sex), self.birth_date)


@dataclass(frozen=True, slots=True)
class _Apart:
    id: UUID
    arrival: Any


class _Count(msgspec.Struct, frozen=True):
    images: int
    series: list[str]


class _Id(msgspec.Struct):
    id: UUID


class _Uid(msgspec.Struct):
    uid: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a mixed study. keys: of the statements, sorted; series: their descriptions.

    cases: the quarantined instances; none for the person whose the study is.
    """

    statements: Sequence[Whose]
    keys: list[str]
    images: int
    series: list[str]
    cases: Sequence[tuple[UUID, Arrival]]


async def people(connection: Connection, study_id: UUID, *, hold: bool = False) -> list[Person]:
    """Who a study is of, by what its instances say; the first keeps the study, the others' are in quarantine."""
    said = await fetch_all(connection, queries["statements"], {"study_id": study_id}, _Statement)
    apart = await fetch_all(connection, queries["hold_apart" if hold else "apart"], {"study_id": study_id}, _Apart)
    count = await fetch_one(connection, queries["count"], {"study_id": study_id}, _Count)
    if count is None:
        return []
    cases = [(one.id, msgspec.convert(one.arrival, Arrival)) for one in apart]
    accepted = {one.key for one in said if one.accepted or not one.contradicts}
    by_key: dict[str, list[tuple[UUID, Arrival]]] = {}
    for case, arrival in cases:
        key = statement_key(arrival.whose).hex()
        if key not in accepted:
            by_key.setdefault(key, []).append((case, arrival))
    whose = {one.key: one.whose for one in said}
    others = {key: whose.get(key, ones[0][1].whose) for key, ones in by_key.items()}
    first, *rest = persons([one.whose for one in said if one.key in accepted], others.values())
    found = [Person(first, sorted(accepted), count.images, count.series, ())]
    for group in rest:
        keys = sorted(key for key, one in others.items() if one in group)
        own = [one for key in keys for one in by_key[key]]
        titles = dict.fromkeys((one.series_instance_uid, one.series_description or one.modality) for _, one in own)
        found.append(Person(group, keys, len(own), [title for _, title in titles], own))
    return found


async def propose(
    tx: Connection,
    study_id: UUID,
    *,
    seen: Sequence[Sequence[str]],
    reason: str,
    by: PractitionerId,
    scope: Scope,
    now: datetime,
) -> UUID:
    """Somebody says that a study is of the persons that they have looked at.

    seen: the keys of what the instances say, one list a person, as shown. Raises NotFound, Conflict if there is nothing
    to split or it is something else by now.
    """
    row = await linked.hold(tx, study_id)
    if row is None or not scope.admits(row.organization_id):
        raise NotFound("unknown-study", "找不到该检查。", "There is no such study.")
    found = await people(tx, study_id)
    if len(found) < 2:
        raise Conflict(
            "study-not-mixed",
            "该检查没有另一患者的图像待拆分。未作任何改动。",
            "No images of another patient wait to be split off this study. Nothing was changed.",
        )
    _require_same(found, seen)
    return await proposing.propose(
        tx,
        study_id,
        row.organization_id,
        reason=reason,
        by=by,
        at=now,
        persons=[one.keys for one in found],
    )


def _require_same(found: Sequence[Person], seen: Sequence[Sequence[str]]) -> None:
    if [one.keys for one in found] != [sorted(one) for one in seen]:
        raise linking.moved_on()


async def split(tx: Connection, correction: CorrectionRow, *, by: PractitionerId, now: datetime) -> list[UUID]:
    """Do what was confirmed; returns the studies split off.

    Raises Conflict when the instances say something else than was proposed; nothing is changed then.
    """
    study_id = correction.study_id
    row = await linked.hold(tx, study_id)
    if row is None:
        raise LookupError(f"study {study_id} is gone")
    found = await people(tx, study_id, hold=True)
    _require_same(found, correction.persons or [])
    # series of which nothing came into the study keep the UIDs that they have
    await execute(tx, store.queries["remove_empty_series"], {"id": study_id})
    keys = [key for one in found[1:] for key in one.keys]
    await execute(tx, queries["leave"], {"study_id": study_id, "keys": keys})
    made: list[UUID] = []
    for person in found[1:]:
        uid = f"2.25.{uuid4().int}"
        await _index(tx, correction, uid, person, by=by, now=now)
        part = await fetch_one(tx, queries["mark_part"], {"study_id": study_id, "uid": uid, "now": now}, _Id)
        if part is not None:  # everything of this person may contradict stored images, and is kept apart still
            made.append(part.id)
    await linking.split(tx, row, by=by, now=now)
    return made


async def _index(
    tx: Connection, correction: CorrectionRow, uid: str, person: Person, *, by: PractitionerId, now: datetime
) -> None:
    """Bring one person's instances from quarantine into a study of this UID."""
    came: dict[str, Arrival] = {}
    for _, arrival in person.cases:
        first = came.setdefault(arrival.sop_instance_uid, arrival)
        if first.digest != arrival.digest:
            await quarantine.open_case(tx, quarantine.of_clash(arrival, Clash.INSTANCE_CHANGED))
    series = sorted({one.series_instance_uid for one in came.values()})
    rows = await fetch_all(tx, queries["series_taken"], {"study_id": correction.study_id, "uids": series}, _Uid)
    taken = {row.uid: uid_in(uid, row.uid) for row in rows}
    # their association brought another study, and proves nothing about this one
    association = str(uuid5(correction.id, uid))
    arrivals = [
        replace(
            one,
            study_instance_uid=uid,
            series_instance_uid=taken.get(one.series_instance_uid, one.series_instance_uid),
            association_id=association,
        )
        for one in came.values()
    ]
    known = await store.known_bytes(tx, sorted(came))
    same = {(one.sop_instance_uid, came[one.sop_instance_uid].digest): False for one in known}
    for arrival, clash in await store.index(tx, arrivals, same):
        await quarantine.open_case(tx, quarantine.of_clash(came[arrival.sop_instance_uid], clash))
    await store.end_association(tx, association, now, released=False)
    await quarantine.settle(
        tx, [case for case, _ in person.cases], correction.organization_id, by=by, note=correction.reason, now=now
    )
