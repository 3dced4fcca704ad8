"""Write arrivals into the index: one transaction a batch, idempotent, one event a study."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.events import append
from telemed.imaging.completeness import QUIET
from telemed.imaging.documents import AE
from telemed.imaging.mixed import Whose
from telemed.imaging.study import (
    Arrival,
    Clash,
    KnownInstance,
    KnownStudy,
    Outcome,
    judge,
    part_of,
    sex_of,
    statement_key,
    uid_in,
)
from telemed.patients import names
from telemed.vocabulary import Sex

queries = load(__name__, "index.sql")


@dataclass(frozen=True, slots=True)
class KnownBytes:
    """Bytes under which an instance is known."""

    sop_instance_uid: str
    digest: str
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class _Study:
    id: UUID
    study_instance_uid: str
    organization_id: UUID
    completeness: str
    split_from_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Series:
    id: UUID
    study_id: UUID
    series_instance_uid: str


@dataclass(frozen=True, slots=True)
class _Statement:
    study_id: UUID
    statement_key: bytes
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
class _Id:
    id: UUID


@dataclass(frozen=True, slots=True)
class _Uid:
    sop_instance_uid: str


#: What the row of an instance takes of its arrival as it is.
_OF_INSTANCE = (
    "sop_instance_uid",
    "sop_class_uid",
    "transfer_syntax_uid",
    "digest",
    "size",
    "instance_number",
    "rows",
    "columns",
    "frames",
    "bits_allocated",
    "samples",
    "photometric",
    "image_type",
    "calling_ae",
    "received_at",
)


class Undecided(Exception):
    """An instance is there with other bytes and nobody compared the content yet; nothing was changed."""

    def __init__(self, sop_instance_uid: str) -> None:
        super().__init__(sop_instance_uid)
        self.sop_instance_uid = sop_instance_uid


@dataclass
class _Studies:
    """The studies of a batch, locked, with what is known of them."""

    by_uid: dict[str, _Study]
    begun: set[UUID]
    statements: dict[UUID, list[_Statement]] = field(default_factory=lambda: defaultdict[UUID, list[_Statement]](list))

    def known(self, uid: str) -> KnownStudy:
        study = self.by_uid[uid]
        said = self.statements[study.id]
        return KnownStudy(
            study.organization_id,
            [one.whose for one in said if not one.contradicts],
            frozenset(one.statement_key for one in said if one.accepted),
        )

    def parts(self, uid: str) -> list[_Study]:
        """The study that came under this UID and what was split off it; one study if nothing was."""
        study = self.by_uid[uid]
        return [study, *(one for one in self.by_uid.values() if one.split_from_id == study.id)]

    def placed(self, came: Arrival) -> Arrival | None:
        """The arrival in the part of a split study that it belongs to; None if nobody can tell which."""
        parts = self.parts(came.study_instance_uid)
        if len(parts) == 1:
            return came
        said = [[one.whose for one in self.statements[part.id] if not one.contradicts] for part in parts]
        at = part_of(came.whose, said)
        return None if at is None else replace(came, study_instance_uid=parts[at].study_instance_uid)


async def known_bytes(connection: Connection, uids: Sequence[str]) -> list[KnownBytes]:
    """Under which bytes these instances are known, the one that is served first."""
    first = await fetch_all(connection, queries["known_instances"], {"uids": list(uids)}, KnownBytes)
    return first + await fetch_all(connection, queries["other_encodings"], {"uids": list(uids)}, KnownBytes)


async def index(
    tx: Connection,
    arrivals: Sequence[Arrival],
    same_content: Mapping[tuple[str, str], bool],
    released: frozenset[str] = frozenset(),
) -> list[tuple[Arrival, Clash]]:
    """Index a batch and return what clashed, for the caller to put into quarantine in the same transaction.

    same_content: (SOP instance UID, digest) → whether it is the content that is there; bytes that are known are True.
    released: digests a person released, whose patient and sender are not questioned any more.
    Raises Undecided for an instance that came with other bytes meanwhile: compare and call again.
    """
    studies = await _studies(tx, arrivals)
    placed = [came if came.digest in released else studies.placed(came) for came in arrivals]
    places = await _in_series(tx, studies, [one or came for one, came in zip(placed, arrivals, strict=True)])
    series = await _series(tx, studies, places)
    instances = await _known_instances(tx, arrivals, same_content)
    clashes: list[tuple[Arrival, Clash]] = []
    stored: dict[UUID, list[Arrival]] = defaultdict(list)
    new: list[dict[str, object]] = []
    held: set[UUID] = set()
    for came, one, arrival in zip(arrivals, placed, places, strict=True):
        study = studies.by_uid[arrival.study_instance_uid]
        place = series[arrival.series_instance_uid]
        known = instances.get(arrival.sop_instance_uid)
        if known is not None and known.digest != arrival.digest and known.same_content is None:
            raise Undecided(arrival.sop_instance_uid)
        verdict = judge(
            arrival,
            study=None if arrival.digest in released else studies.known(arrival.study_instance_uid),
            series_is_elsewhere=place.study_id != study.id,
            instance=known,
            nobodys=one is None,
        )
        if verdict is Outcome.NEW:
            new.append(_instance(study, place, arrival))
            await _state(tx, studies, study, arrival, contradicts=False)
            instances[arrival.sop_instance_uid] = KnownInstance(arrival.digest)
            stored[study.id].append(arrival)
        elif verdict is Outcome.OTHER_ENCODING:
            await execute(tx, queries["insert_encoding"], asdict(arrival))
        elif isinstance(verdict, Clash):
            clashes.append((came, verdict))
            if verdict is Clash.ANOTHER_PATIENT:
                await _state(tx, studies, study, arrival, contradicts=True)
                await execute(tx, queries["hold_mixed"], {"id": study.id})
                held.add(study.id)
    await _insert(tx, new)
    for study in sorted(studies.by_uid.values(), key=lambda one: one.id):
        if study.id in stored or study.id in held:
            await _count(tx, study, stored[study.id], series)
            await execute(tx, queries["remove_empty_series"], {"id": study.id})
            await _tell(tx, study, begun=study.id in studies.begun)
        elif study.id in studies.begun:
            # its first instance clashed: there is nothing to show
            await execute(tx, queries["remove_empty_series"], {"id": study.id})
            await execute(tx, queries["remove_empty_study"], {"id": study.id})
    return clashes


async def _studies(tx: Connection, arrivals: Iterable[Arrival]) -> _Studies:
    first: dict[str, Arrival] = {}
    for arrival in arrivals:
        first.setdefault(arrival.study_instance_uid, arrival)
    begun: set[UUID] = set()
    # in one order, so that two processes never wait for each other
    for uid in sorted(first):
        arrival = first[uid]
        params = asdict(arrival) | {
            "name_search": " ".join(names.search_key(one) for one in names.groups(arrival.patient_name)),
            "name_pinyin": " ".join(names.pinyin_text(one) for one in names.groups(arrival.patient_name)),
            "sex": sex_of(arrival.sex).value,
            "settle_at": arrival.received_at + QUIET,
        }
        row = await fetch_one(tx, queries["insert_study"], params, _Id)
        if row is not None:
            begun.add(row.id)
    locked = await fetch_all(tx, queries["lock_studies"], {"uids": sorted(first)}, _Study)
    # after the lock: a split that this waited for has made its parts by now
    locked += await fetch_all(tx, queries["parts"], {"ids": [one.id for one in locked]}, _Study)
    studies = _Studies({one.study_instance_uid: one for one in locked}, begun)
    said = await fetch_all(tx, queries["statements"], {"ids": [one.id for one in locked]}, _Statement)
    for statement in said:
        studies.statements[statement.study_id].append(statement)
    return studies


async def _in_series(tx: Connection, studies: _Studies, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The same with the UID that their series has in their part of a split study."""
    if not any(one.split_from_id for one in studies.by_uid.values()):
        return list(arrivals)
    family = {part.id: part.split_from_id or part.id for part in studies.by_uid.values()}
    uids = sorted({one.series_instance_uid for one in arrivals})
    known = await fetch_all(tx, queries["series"], {"uids": uids}, _Series)
    owner = {one.series_instance_uid: one.study_id for one in known}
    found: list[Arrival] = []
    for arrival in arrivals:
        study = studies.by_uid[arrival.study_instance_uid]
        holder = owner.setdefault(arrival.series_instance_uid, study.id)
        if holder != study.id and family.get(holder) == family[study.id]:
            uid = uid_in(study.study_instance_uid, arrival.series_instance_uid)
            found.append(replace(arrival, series_instance_uid=uid))
        else:
            found.append(arrival)
    return found


async def _series(tx: Connection, studies: _Studies, arrivals: Iterable[Arrival]) -> dict[str, _Series]:
    first: dict[str, Arrival] = {}
    for arrival in arrivals:
        first.setdefault(arrival.series_instance_uid, arrival)
    known = await fetch_all(tx, queries["series"], {"uids": sorted(first)}, _Series)
    missing = sorted(set(first) - {one.series_instance_uid for one in known})
    for uid in missing:
        study = studies.by_uid[first[uid].study_instance_uid]
        await execute(tx, queries["insert_series"], asdict(first[uid]) | {"study_id": study.id})
    if missing:
        known = await fetch_all(tx, queries["series"], {"uids": sorted(first)}, _Series)
    return {one.series_instance_uid: one for one in known}


async def _known_instances(
    tx: Connection, arrivals: Sequence[Arrival], same_content: Mapping[tuple[str, str], bool]
) -> dict[str, KnownInstance]:
    uids = [arrival.sop_instance_uid for arrival in arrivals]
    rows = await known_bytes(tx, uids)
    digests: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        digests[row.sop_instance_uid].append(row.digest)
    known: dict[str, KnownInstance] = {}
    for arrival in arrivals:
        uid = arrival.sop_instance_uid
        if not digests[uid]:
            continue
        if arrival.digest in digests[uid]:
            known[uid] = KnownInstance(arrival.digest)
            continue
        same = same_content.get((uid, arrival.digest))
        if same is None:
            raise Undecided(uid)
        known[uid] = KnownInstance(digests[uid][0], same)
    return known


def _instance(study: _Study, place: _Series, arrival: Arrival) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(arrival, name) for name in _OF_INSTANCE}
    row["series_id"], row["study_id"] = place.id, study.id
    return row


async def _insert(tx: Connection, instances: Sequence[dict[str, object]]) -> None:
    """Insert all of them in one statement: a statement an instance is most of what indexing would cost."""
    if not instances:
        return
    # in one order, so that two processes never wait for each other
    ordered = sorted(instances, key=lambda one: str(one["sop_instance_uid"]))
    params = {"instances": msgspec.json.encode(ordered).decode()}
    taken = {str(one["sop_instance_uid"]) for one in instances}
    taken -= {row.sop_instance_uid for row in await fetch_all(tx, queries["insert_instances"], params, _Uid)}
    if taken:
        # another process was quicker, under another study's lock
        raise Undecided(min(taken))


async def _state(tx: Connection, studies: _Studies, study: _Study, arrival: Arrival, *, contradicts: bool) -> None:
    whose = arrival.whose
    key = statement_key(whose)
    if any(one.statement_key == key for one in studies.statements[study.id]):
        return
    studies.statements[study.id].append(
        _Statement(study.id, key, whose.patient_id, whose.name, whose.sex, whose.birth_date, False, contradicts)  # noqa: FBT003
    )
    await execute(
        tx,
        queries["insert_statement"],
        {
            "study_id": study.id,
            "key": key,
            "patient_id": whose.patient_id,
            "name": whose.name,
            "sex": whose.sex.value,
            "birth_date": whose.birth_date,
            "contradicts": contradicts,
            "at": arrival.received_at,
        },
    )


async def _count(tx: Connection, study: _Study, stored: Sequence[Arrival], series: Mapping[str, _Series]) -> None:
    if not stored:
        return
    by_series = Counter(series[one.series_instance_uid].id for one in stored)
    for series_id in sorted(by_series):
        await execute(tx, queries["count_series"], {"id": series_id, "count": by_series[series_id]})
    documents = [one for one in stored if one.calling_ae == AE]
    if documents:
        total = sum(one.size for one in documents)
        await execute(tx, queries["count_documents"], {"id": study.id, "count": len(documents), "bytes": total})
    images = [one for one in stored if one.calling_ae != AE]
    if images:
        await _count_images(tx, study, images)


async def _count_images(tx: Connection, study: _Study, stored: Sequence[Arrival]) -> None:
    last = max(one.received_at for one in stored)
    await execute(
        tx,
        queries["count_study"],
        {
            "id": study.id,
            "count": len(stored),
            "bytes": sum(one.size for one in stored),
            "acquired_at": min((one.acquired_at for one in stored if one.acquired_at is not None), default=None),
            "received_at": last,
            "settle_at": last + QUIET,
        },
    )
    by_association: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for one in stored:
        by_association[one.association_id, one.calling_ae].append(one)
    for (association_id, calling_ae), ones in sorted(by_association.items()):
        await execute(
            tx,
            queries["count_association"],
            {
                "association_id": association_id,
                "study_id": study.id,
                "calling_ae": calling_ae,
                "count": len(ones),
                "received_at": max(one.received_at for one in ones),
            },
        )


async def _tell(tx: Connection, study: _Study, *, begun: bool) -> None:
    await tell(tx, study.id, study.organization_id, "study.indexed" if begun else "study.updated")


async def tell(tx: Connection, study_id: UUID, organization_id: UUID, kind: str) -> None:
    """Append the event of a study."""
    topics = ["worklist", f"organization/{organization_id}", f"study/{study_id}"]
    await append(tx, kind, study_id, topics, study_id=study_id, organization_id=organization_id)


async def end_association(tx: Connection, association_id: str, now: datetime, *, released: bool) -> None:
    """Note that an association is over; its studies are due."""
    params = {"association_id": association_id, "ended": "released" if released else "lost", "now": now}
    await execute(tx, queries["end_association"], params)


async def expect(
    tx: Connection, study_instance_uid: str, organization_id: UUID, expected: int, now: datetime
) -> UUID | None:
    """Note how many instances the sender announced; None if none has arrived yet, then nothing was noted."""
    params = {
        "study_instance_uid": study_instance_uid,
        "organization_id": organization_id,
        "expected": expected,
        "now": now,
    }
    row = await fetch_one(tx, queries["expect"], params, _Id)
    return None if row is None else row.id


async def organization_of(connection: Connection, stated: UUID | None, calling_ae: str) -> UUID | None:
    """Whom an arrival belongs to: what admission said, else whom the device belongs to now; None if nobody knows."""
    if stated is not None:
        row = await fetch_one(connection, queries["organization_exists"], {"id": stated}, _Id)
        if row is not None:
            return row.id
    row = await fetch_one(connection, queries["organization_of_device"], {"ae_title": calling_ae}, _Id)
    return None if row is None else row.id
