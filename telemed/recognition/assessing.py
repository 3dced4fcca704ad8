"""Consumer of the event log: what changed anywhere is known to the registry a moment later, as a row of knowledge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.events import Event, append
from telemed.events.consumer import Consumer
from telemed.patients import links, links_store
from telemed.recognition import intervening_store, laboratory_results
from telemed.recognition.facts import Candidate, EventKind, Identity, LinkState, Organization
from telemed.recognition.facts import Event as Intervening
from telemed.recognition.facts_store import Document, Head, Row, hold, identities_of, know, latest_of
from telemed.recognition.imaging_names import ImagingNames
from telemed.recognition.imaging_results import UNDATED, ImagingFacts, Technique, candidate, result_id
from telemed.recognition.stored import GrantRow
from telemed.results.store import known_observations

queries = load(__name__, "assessing.sql")

#: Three readers of the log, so that a morning of a laboratory, or all its results held against a new map, keep nobody
#: from hearing of a grant that was withdrawn.
KNOWLEDGE, RECEIVED, REMAPPED = "recognition-knowledge", "recognition-results", "recognition-remapping"
#: Events whose subject, or whose `study_id`, is a study that may have become another result.
OF_STUDIES = frozenset(
    {
        "study.matched",
        "study.updated",
        "study.graded",
        "report.signed",
        "report.released",
        "report.withdrawn",
        "report.voided",
        "report.rechecked",
        "reading.canceled",
        "reading.images-arrived",
        "correction.proposed",
        "correction.confirmed",
        "correction.rejected",
        "correction.withdrawn",
    }
)
OF_IDENTITIES = frozenset({"identity.linked", "identity.unlinked", "identity.kept-apart", "patient.identified"})
OF_RULES = frozenset({"organization.changed", "catalogue.installed", "grant.changed"})
OF_EVENTS = frozenset({"intervening-event.recorded", "intervening-event.withdrawn"})
#: What each reader hears.
KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        KNOWLEDGE: OF_STUDIES | OF_IDENTITIES | OF_RULES | OF_EVENTS,
        RECEIVED: frozenset({"result.received"}),
        REMAPPED: frozenset({"result.remapped"}),
    }
)
#: More series than any study of one examination has; what is said of a part says nothing of the whole.
MOST_SERIES = 60
#: Seconds until the registry says that it does not know enough to answer.
BEHIND = 30.0


class Sample(msgspec.Struct, frozen=True):
    """One image that stands for its series: SHA-256 of its data set and its transfer syntax."""

    digest: str
    transfer_syntax_uid: str


#: Results are dated by the clocks of several processes of one county.
SKEW = timedelta(minutes=5)

#: Reads from the archive how images were made; None where it cannot be read now.
ReadTechnique = Callable[[Sequence[Sample]], Awaitable[Technique | None]]


@dataclass(frozen=True)
class Assessor:
    """Brings knowledge up to what the county is now.

    community: the name by which documents of the community itself call it.  zone: the county's, for its days.
    clock: aware, UTC.
    """

    names: ImagingNames
    technique: ReadTechnique
    community: str
    zone: ZoneInfo
    clock: Callable[[], datetime]

    def consumers(self) -> dict[str, Consumer]:
        """The readers of the event log that keep knowledge, by name.

        Results come by the hundred, and each commit waits for the disk, so several share one; a study's images are
        read from the archive, and nobody shall wait for that to be told something else.
        """
        return {
            name: Consumer(name, kinds, self.handle, None if name == KNOWLEDGE else self.results)
            for name, kinds in KINDS.items()
        }

    async def handle(self, tx: Connection, event: Event) -> None:
        """Assess again what an event speaks of; doing it twice adds nothing.

        The readers write at the same time: whoever reads what another may change holds the writers' lock first.
        """
        if event.kind == "organization.changed":
            await self.organization(tx, event.subject, event.at)
        elif event.kind == "catalogue.installed":
            await know(tx, [Row("document", str(event.subject), "", Document(str(event.subject)))])
        elif event.kind == "grant.changed":
            await self.grant(tx, event.subject)
        elif event.kind in KINDS[RECEIVED] | KINDS[REMAPPED]:
            await self.results(tx, [event])
        elif event.kind in OF_EVENTS:
            await self.intervening(tx, event.subject)
        elif event.kind in OF_IDENTITIES:
            others = (event.ids[key] for key in ("patient_id", "other_patient_id") if key in event.ids)
            await self.identities(tx, {event.subject, *(UUID(one) for one in others)})
        else:
            await self.study(tx, UUID(event.ids["study_id"]) if "study_id" in event.ids else event.subject)

    async def study(self, tx: Connection, study_id: UUID) -> None:
        """The result of a study as it stands; a study that is nobody's any more has none."""
        row = await fetch_one(tx, queries["study"], {"study_id": study_id}, _StudyRow)
        thing = result_id(str(study_id))
        before = await latest_of(tx, "candidate", thing, Candidate)
        if row is None:
            if await know(tx, [Row("candidate", thing, "", None)]) and before is not None:
                await _tell(tx, {before.patient_id})
            return
        facts = row.facts()
        samples = await fetch_all(tx, queries["samples"], {"study_id": study_id}, Sample)
        whole = 0 < len(samples) <= MOST_SERIES
        found = candidate(facts, await self.technique(samples) if whole else None, self.names)
        if (
            found is not None
            and before is not None
            and (before.version, before.reported_at) == (found.version, found.reported_at)
        ):
            # who read it is where the reader worked when it was signed, wherever that is now
            found = replace(found, reporting_id=before.reporting_id)
        added = await know(tx, [Row("candidate", thing, facts.patient_id if found else "", found)])
        await self.identities(tx, {row.patient_id})
        if added:
            await _tell(tx, {facts.patient_id, before.patient_id if before else facts.patient_id})

    async def results(self, tx: Connection, events: Sequence[Event]) -> None:
        """Every result of the reports that events speak of, each in the version that counts."""
        await hold(tx)
        reports = sorted({event.subject for event in events})
        patients = sorted({UUID(event.ids["patient"]) for event in events})
        found = await known_observations(tx, patients, self.clock() + SKEW, report_ids=reports)
        whole = {one.id for one in await fetch_all(tx, queries["messages_are_whole"], {"report_ids": reports}, _Id)}
        rows = [
            Row(
                "candidate",
                laboratory_results.result_id(one),
                str(one.patient_id),
                laboratory_results.candidate(one, whole=one.report_id in whole),
            )
            for one in found
        ]
        await _tell(tx, {row.subject for row in await know(tx, rows, held=True)})
        received = {UUID(event.ids["patient"]) for event in events if event.kind in KINDS[RECEIVED]}
        if received:
            await self.identities(tx, received)

    async def intervening(self, tx: Connection, event_id: UUID) -> None:
        """An event that makes earlier results doubtful; one that was taken back is no more."""
        told = await intervening_store.event(tx, event_id)
        found = Intervening(str(told.id), EventKind(told.kind), told.at, UNDATED)
        counts = told.withdrawn_at is None
        if await know(tx, [Row("event", str(told.id), str(told.patient_id), found if counts else None)]):
            await _tell(tx, {str(told.patient_id)})

    async def identities(self, tx: Connection, patients: set[UUID]) -> None:
        """Whose record each of these is, and each that is linked to them; what was linked and is not any more."""
        await hold(tx)
        standing = await links_store.around(tx, sorted(patients))
        linked = [one.pair for one in standing if one.fact == links.Fact.LINKED]
        everybody = {other for one in patients for other in links.component(one, linked)}
        rows: list[Row] = []
        for record in sorted(everybody):
            itself = await fetch_one(tx, queries["patient"], {"patient_id": record}, _PatientRow)
            if itself is None:
                continue
            unnamed = itself.identity == "temporary"
            rows.append(_identity(str(record), str(record), LinkState.TEMPORARY if unnamed else LinkState.AUTO))
            together = links.component(record, linked) - {record}
            rows += [_identity(str(record), str(other), LinkState.AUTO) for other in sorted(together)]
        now = {(row.subject, row.thing.partition("|")[2]) for row in rows}
        for held in await identities_of(tx, [str(one) for one in sorted(everybody)]):
            one, other = held.patient_id, held.filed_patient_id
            if held.state is LinkState.AUTO and (one, other) not in now:
                rows += [_identity(one, other, LinkState.NONE), _identity(other, one, LinkState.NONE)]
        if await know(tx, rows):
            await _tell(tx, {str(one) for one in everybody})

    async def grant(self, tx: Connection, grant_id: UUID) -> None:
        """A grant as it is known last; one that was struck is no more."""
        row = await fetch_one(tx, queries["grant"], {"id": grant_id}, GrantRow)
        if row is None:
            await know(tx, [Row("grant", str(grant_id), "", None)])
            return
        await know(tx, [Row("grant", row.id, row.item_key, replace(row.grant, known_from=UNDATED))])

    async def organization(self, tx: Connection, organization_id: UUID, now: datetime) -> None:
        """A member as it stands to others from today on."""
        params = {"id": organization_id, "today": now.astimezone(self.zone).date()}
        row = await fetch_one(tx, queries["organization"], params, _OrganizationRow)
        if row is None:
            return
        found = Organization(
            id=str(row.id),
            name=row.name,
            level=row.level,
            ownership=None,
            region=row.region or None,
            community=self.community if row.member else None,
            groups=frozenset(row.groups),
        )
        await know(tx, [Row("organization", found.id, "", found)])

    async def organizations(self, tx: Connection, now: datetime) -> None:
        """Every organisation: what was there before anybody listened, and memberships that begin or end with a day."""
        for row in await fetch_all(tx, queries["organizations"], {}, _Id):
            await self.organization(tx, row.id, now)


class StoredBlob(msgspec.Struct, frozen=True):
    """A data set of the archive by its SHA-256, and its length in bytes."""

    digest: str
    size: int


async def blobs_of(connection: Connection, result: str) -> list[StoredBlob]:
    """Every data set of an imaging result, by the result's id; none for another kind of result."""
    kind, _, study = result.partition("/")
    if kind != "imaging":
        return []
    return await fetch_all(connection, queries["blobs"], {"study_id": UUID(study)}, StoredBlob)


async def known_now(connection: Connection, patient_id: str) -> Head | None:
    """The last row that is known; None where something that happened a while ago is not, and may be of this patient.

    The registry had better say nothing then.
    """
    params = {
        "names": sorted(KINDS),
        "knowledge": KNOWLEDGE,
        "kinds": sorted(KINDS[KNOWLEDGE]),
        "received": RECEIVED,
        "patient": patient_id,
        "none": LinkState.NONE.value,
        "seconds": BEHIND,
    }
    return await fetch_one(connection, queries["known_now"], params, Head)


class _Id(msgspec.Struct):
    id: UUID


class _PatientRow(msgspec.Struct):
    identity: str


class _OrganizationRow(msgspec.Struct):
    id: UUID
    name: str
    level: int | None
    region: str
    groups: list[str]
    member: bool


class _StudyRow(msgspec.Struct):
    study_id: UUID
    patient_id: UUID
    acquiring_id: UUID
    reporting_id: UUID
    device_id: UUID | None
    acquired_at: datetime | None
    first_received_at: datetime
    skew_seconds: int | None
    signed_at: datetime
    version: int
    report_status: str
    withdrawn: bool
    signatures: int
    modalities: list[str]
    request_item: str
    request_site: str
    request_laterality: str
    description: str
    body_site: str
    laterality: str
    complete: bool | None
    grade: str | None
    views: int | None
    contested: bool

    def facts(self) -> ImagingFacts:
        return msgspec.convert(
            {
                **msgspec.structs.asdict(self),
                "received_at": self.first_received_at,
                "study_id": str(self.study_id),
                "patient_id": str(self.patient_id),
                "acquiring_id": str(self.acquiring_id),
                "reporting_id": str(self.reporting_id),
                "device_id": None if self.device_id is None else str(self.device_id),
            },
            ImagingFacts,
        )


async def _tell(tx: Connection, patients: Collection[str]) -> None:
    """Whoever looks at one of these persons, under whichever record, hears that another verdict may stand there now.

    Each is told of alone: whoever may look at one of them learns nothing of another.
    """
    linked: dict[str, set[str]] = {one: {one} for one in patients}
    for one in await identities_of(tx, sorted(patients)):
        if one.state is LinkState.AUTO:
            linked[one.patient_id].add(one.filed_patient_id)
    async with tx.pipeline():
        for patient, records in sorted(linked.items()):
            await append(tx, "result.assessed", UUID(patient), [f"patient/{one}" for one in sorted(records)])


def _identity(one: str, other: str, state: LinkState) -> Row:
    thing = f"{one}|{other}"
    return Row("identity", thing, one, Identity(thing, one, other, state, UNDATED))
