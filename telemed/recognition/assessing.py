"""Consumer of the event log: what changed anywhere is known to the registry a moment later, as a row of knowledge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.events import Event
from telemed.events.consumer import Consumer
from telemed.patients import links, links_store
from telemed.recognition import laboratory_results
from telemed.recognition.facts import Identity, LinkState, Organization
from telemed.recognition.facts_store import Document, Row, know
from telemed.recognition.imaging_names import ImagingNames
from telemed.recognition.imaging_results import UNDATED, ImagingFacts, Technique, candidate, result_id
from telemed.recognition.stored import GrantRow
from telemed.results.store import known_observations

queries = load(__name__, "assessing.sql")

NAME = "recognition-knowledge"
#: Events whose subject, or whose `study_id`, is a study that may have become another result.
OF_STUDIES = frozenset(
    {
        "study.matched",
        "study.updated",
        "report.signed",
        "report.released",
        "report.withdrawn",
        "report.voided",
        "reading.canceled",
        "study.graded",
    }
)
OF_IDENTITIES = frozenset({"identity.linked", "identity.unlinked", "identity.kept-apart", "patient.identified"})
KINDS = OF_STUDIES | OF_IDENTITIES | {"organization.changed", "catalogue.installed", "grant.changed", "result.received"}


class Sample(msgspec.Struct, frozen=True):
    """One image that stands for its series: SHA-256 of its data set and its transfer syntax."""

    digest: str
    transfer_syntax_uid: str


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

    def consumer(self) -> Consumer:
        """The reader of the event log that keeps knowledge."""
        return Consumer(NAME, KINDS, self.handle)

    async def handle(self, tx: Connection, event: Event) -> None:
        """Assess again what an event speaks of; doing it twice adds nothing."""
        if event.kind == "organization.changed":
            await self.organization(tx, event.subject, event.at)
        elif event.kind == "catalogue.installed":
            await know(tx, [Row("document", str(event.subject), "", Document(str(event.subject)))])
        elif event.kind == "grant.changed":
            await self.grant(tx, event.subject)
        elif event.kind == "result.received":
            await self.laboratory(tx, UUID(event.ids["patient"]), event.at)
        elif event.kind in OF_IDENTITIES:
            others = (event.ids[key] for key in ("patient_id", "other_patient_id") if key in event.ids)
            await self.identities(tx, {event.subject, *(UUID(one) for one in others)})
        else:
            await self.study(tx, UUID(event.ids["study_id"]) if "study_id" in event.ids else event.subject)

    async def study(self, tx: Connection, study_id: UUID) -> None:
        """The result of a study as it stands; a study that is nobody's any more has none."""
        row = await fetch_one(tx, queries["study"], {"study_id": study_id}, _StudyRow)
        thing = result_id(str(study_id))
        if row is None:
            await know(tx, [Row("candidate", thing, "", None)])
            return
        facts = row.facts()
        samples = await fetch_all(tx, queries["samples"], {"study_id": study_id}, Sample)
        found = candidate(facts, await self.technique(samples) if samples else None, self.names)
        await know(tx, [Row("candidate", thing, facts.patient_id if found else "", found)])
        await self.identities(tx, {row.patient_id})

    async def laboratory(self, tx: Connection, patient_id: UUID, now: datetime) -> None:
        """Every laboratory result of a record, each in the version that counts."""
        found = await known_observations(tx, [patient_id], max(now, self.clock()))
        rows = [
            Row("candidate", laboratory_results.result_id(one), str(one.patient_id), laboratory_results.candidate(one))
            for one in found
        ]
        await know(tx, rows)
        await self.identities(tx, {patient_id})

    async def identities(self, tx: Connection, patients: set[UUID]) -> None:
        """Whose record each of these records is, and of all that are or were linked to them."""
        standing = await links_store.around(tx, sorted(patients))
        linked = [one.pair for one in standing if one.fact == links.Fact.LINKED]
        everybody = patients | {one for two in standing for one in two.pair}
        rows: list[Row] = []
        for one in sorted(everybody):
            itself = await fetch_one(tx, queries["patient"], {"patient_id": one}, _PatientRow)
            if itself is None:
                continue
            unnamed = itself.identity == "temporary"
            rows.append(_identity(one, one, LinkState.TEMPORARY if unnamed else LinkState.AUTO))
            together = links.component(one, linked)
            rows += [
                _identity(one, other, LinkState.AUTO if other in together else LinkState.NONE)
                for other in sorted(everybody - {one})
            ]
        await know(tx, rows)

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
            level=None,
            ownership=None,
            region=None,
            community=self.community if row.member else None,
        )
        await know(tx, [Row("organization", found.id, "", found)])

    async def organizations(self, tx: Connection, now: datetime) -> None:
        """Every organisation: what was there before anybody listened, and memberships that begin or end with a day."""
        for row in await fetch_all(tx, queries["organizations"], {}, _Id):
            await self.organization(tx, row.id, now)


class _Digest(msgspec.Struct):
    digest: str


async def digests_of(connection: Connection, result: str) -> list[str]:
    """SHA-256 of every data set of an imaging result, by the result's id; none for another kind of result."""
    kind, _, study = result.partition("/")
    if kind != "imaging":
        return []
    return [one.digest for one in await fetch_all(connection, queries["digests"], {"study_id": UUID(study)}, _Digest)]


class _Id(msgspec.Struct):
    id: UUID


class _PatientRow(msgspec.Struct):
    identity: str


class _OrganizationRow(msgspec.Struct):
    id: UUID
    name: str
    member: bool


class _StudyRow(msgspec.Struct):
    study_id: UUID
    patient_id: UUID
    acquiring_id: UUID
    reporting_id: UUID
    device_id: UUID | None
    acquired_at: datetime | None
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
    views: int

    def facts(self) -> ImagingFacts:
        return msgspec.convert(
            {
                **msgspec.structs.asdict(self),
                "study_id": str(self.study_id),
                "patient_id": str(self.patient_id),
                "acquiring_id": str(self.acquiring_id),
                "reporting_id": str(self.reporting_id),
                "device_id": None if self.device_id is None else str(self.device_id),
            },
            ImagingFacts,
        )


def _identity(one: UUID, other: UUID, state: LinkState) -> Row:
    thing = f"{one}|{other}"
    return Row("identity", thing, str(one), Identity(thing, str(one), str(other), state, UNDATED))
