"""Patients: search, the record, the audited number, doubtful identities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from uuid import UUID

from telemed.db import Connection
from telemed.errors import Invalid, NotFound
from telemed.events import append
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.patients import (
    candidates,
    identifiers,
    identity,
    links,
    links_store,
    matching,
    messages,
    review,
    store,
)
from telemed.patients.links import Fact
from telemed.patients.messages import (
    IdentityBody,
    IdentityFact,
    IdentityLinks,
    IdentityReview,
    IdentityReviews,
    LinksQuery,
    Patient,
    PatientDetail,
    PatientList,
    PatientSearch,
    RevealBody,
    Revealed,
    ReviewDecision,
    ReviewDoubt,
    ReviewQuery,
    ReviewReopening,
    Words,
)
from telemed.vocabulary import Action, Text


class PatientRoutes:
    """Handlers; zone: of the county, for ages."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def _shown(self, row: store.PatientRow, now: datetime) -> Patient:
        return Patient.of(row, now, now.astimezone(self._zone).date())

    async def _find(
        self, connection: Connection, patient_id: UUID, organizations: list[UUID] | None, *, opened: Sequence[UUID] = ()
    ) -> store.PatientRow:
        row = await store.patient(connection, patient_id, organizations, opened=opened)
        if row is None:
            raise NotFound("unknown-patient", "找不到该患者。", "There is no such patient.")
        return row

    async def search(self, call: Call[Nothing, PatientSearch]) -> PatientList:
        async with call.pool.connection() as connection:
            rows = await store.search(connection, call.body.q, call.scope.organizations, limit=call.body.limit)
        for row in rows:
            call.about("patient", row.id, patient_id=row.id)
        return PatientList([self._shown(row, call.now) for row in rows])

    async def read(self, call: Call[Nothing, Nothing]) -> PatientDetail:
        patient_id = call.uuid("id")
        organizations, opened = call.scope.organizations, call.scope.patients
        async with call.pool.connection() as connection:
            row = await self._find(connection, patient_id, organizations, opened=opened)
            numbers = await store.numbers(connection, patient_id)
            mother = None if row.mother_id is None else await store.patient(connection, row.mother_id, organizations)
            others = [one for one in await store.linked(connection, patient_id) if one != patient_id]
            same = [await store.patient(connection, one, organizations, opened=opened) for one in others]
            reviews = await store.reviews(connection, organizations, is_open=True, limit=200)
        call.about("patient", patient_id, patient_id=patient_id)
        return PatientDetail(
            patient=self._shown(row, call.now),
            numbers=messages.numbers(numbers, whole=False),
            mother=None if mother is None else self._shown(mother, call.now),
            same=[self._shown(one, call.now) for one in same if one is not None],
            open_reviews=sum(patient_id in (one.patient_id, one.other_patient_id) for one in reviews),
        )

    async def reveal(self, call: Call[Nothing, RevealBody]) -> Revealed:
        patient_id = call.uuid("id")
        async with call.transaction() as tx:
            await self._find(tx, patient_id, call.scope.organizations)
            numbers = await store.numbers(tx, patient_id)
            call.about("patient", patient_id, patient_id=patient_id)
            call.purpose = call.body.reason
        return Revealed(messages.numbers(numbers, whole=True))

    async def complete(self, call: Call[Nothing, IdentityBody]) -> PatientDetail:
        patient_id, body = call.uuid("id"), call.body
        number: identifiers.Identifier | None = None
        if body.kind is not None and body.number.strip():
            issuer = f"ORG:{call.principal.organization_id}"
            read = identifiers.document(body.kind, body.number, country=body.country, issuer=issuer)
            if isinstance(read, identifiers.Malformed):
                raise Invalid(f"document-{read.fault}", "证件号码不正确，请核对。", "The document number is wrong.")
            number = read
        born = number.birth_date if number is not None and number.birth_date is not None else body.birth_date
        person = identity.Person(body.name, body.sex, born)
        async with call.transaction() as tx:
            row = await self._find(tx, patient_id, call.scope.organizations)
            await review.complete(tx, patient_id, person, number, organization_id=row.organization_id, now=call.now)
            await append(tx, "patient.identified", patient_id, [f"organization/{row.organization_id}"])
            call.about("patient", patient_id, patient_id=patient_id)
        return await self.read(call)  # pyright: ignore[reportArgumentType] -- the body is not read again

    async def reviews(self, call: Call[ReviewQuery, Nothing]) -> IdentityReviews:
        query = call.query
        async with call.pool.connection() as connection:
            rows = await store.reviews(connection, call.scope.organizations, is_open=query.open, limit=query.limit)
            ids = {one for row in rows for one in (row.patient_id, row.other_patient_id)}
            records = {one: row.record() for one, row in (await candidates.records_of(connection, ids)).items()}
            items = [await self._review(connection, row, records, call.now) for row in rows]
        for item in items:
            call.about("patient", item.patient.id, patient_id=item.patient.id)
            call.about("patient", item.other.id, patient_id=item.other.id)
        return IdentityReviews(items)

    async def _review(
        self, connection: Connection, row: store.ReviewRow, records: Mapping[UUID, matching.Record], now: datetime
    ) -> IdentityReview:
        # Both sides are shown whoever registered the other: that is what has to be compared.
        one = await self._find(connection, row.patient_id, None)
        other = await self._find(connection, row.other_patient_id, None)
        a, b = records[one.id], records[other.id]
        said = [Words(text.zh, text.en) for text in identity.differences(identity.compare(a.person, b.person))]
        match = matching.compare(a, b, never_link=row.state == "different-persons")
        return IdentityReview.of(row, self._shown(one, now), self._shown(other, now), said, match)

    async def decide(self, call: Call[Nothing, ReviewDecision]) -> None:
        async with call.transaction() as tx:
            row = await review.decide(
                tx,
                call.uuid("id"),
                call.body.decision,
                call.body.note,
                decided_by=call.principal.practitioner_id,
                scope=call.scope,
                now=call.now,
            )
            await self._told(call, tx, row)

    async def doubt(self, call: Call[Nothing, ReviewDoubt]) -> None:
        async with call.transaction() as tx:
            row = await review.doubt(
                tx,
                call.uuid("id"),
                call.body.note.strip(),
                by=call.principal.practitioner_id,
                scope=call.scope,
                now=call.now,
            )
            await self._told(call, tx, row)

    async def reopen(self, call: Call[Nothing, ReviewReopening]) -> None:
        async with call.transaction() as tx:
            row, changed = await review.reopen(
                tx,
                call.uuid("id"),
                call.body.note,
                decided_by=call.principal.practitioner_id,
                scope=call.scope,
                now=call.now,
            )
            call.detail["changed"] = ",".join(changed)
            await self._told(call, tx, row)

    async def history(self, call: Call[LinksQuery, Nothing]) -> IdentityLinks:
        patient_id, known_at = call.uuid("id"), call.query.known_at
        async with call.pool.connection() as connection:
            await self._find(connection, patient_id, call.scope.organizations)
            rows = await links_store.around(connection, [patient_id], known_at=known_at)
            items = await links_store.facts(connection, patient_id, known_at=known_at)
        same = links.component(patient_id, [row.pair for row in rows if row.fact == Fact.LINKED])
        call.about("patient", patient_id, patient_id=patient_id)
        return IdentityLinks(sorted(same), [IdentityFact.of(row) for row in items])

    async def _told(
        self,
        call: Call[Nothing, ReviewDecision] | Call[Nothing, ReviewDoubt] | Call[Nothing, ReviewReopening],
        tx: Connection,
        row: store.ReviewRow,
    ) -> None:
        call.about("identity-review", row.id, patient_id=row.patient_id)
        call.about("patient", row.other_patient_id, patient_id=row.other_patient_id)
        await append(tx, "identity.reviewed", row.id, [f"organization/{row.organization_id}"])


def endpoints(zone: tzinfo) -> list[Endpoint]:
    """The patient routes."""
    routes = PatientRoutes(zone)
    return [
        Endpoint(
            "POST",
            "/api/patients/search",
            Action.PATIENT_READ,
            routes.search,
            Text("按姓名、拼音或号码查找患者", "Find patients by name, reading or number"),
            body=PatientSearch,
            returns=PatientList,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/patients/{id}",
            Action.PATIENT_READ,
            routes.read,
            Text("患者", "One patient"),
            returns=PatientDetail,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/patients/{id}/reveal",
            Action.PATIENT_REVEAL,
            routes.reveal,
            Text("显示完整号码（记入审计）", "Show the whole numbers (audited)"),
            body=RevealBody,
            returns=Revealed,
        ),
        Endpoint(
            "POST",
            "/api/patients/{id}/identity",
            Action.REGISTRATION_WRITE,
            routes.complete,
            Text("身份补录", "Complete a temporary identity"),
            body=IdentityBody,
            returns=PatientDetail,
        ),
        Endpoint(
            "GET",
            "/api/patients/{id}/identity-links",
            Action.PATIENT_REVIEW,
            routes.history,
            Text("哪些记录曾核对为同一人，以及依据", "Which records were one person as known then, and why"),
            query=LinksQuery,
            returns=IdentityLinks,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/identity-reviews",
            Action.PATIENT_REVIEW,
            routes.reviews,
            Text("待核对身份", "Doubtful identities"),
            query=ReviewQuery,
            returns=IdentityReviews,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/identity-reviews/{id}/decision",
            Action.PATIENT_REVIEW,
            routes.decide,
            Text("核对身份：同一人或不同人", "Decide: the same person or two"),
            body=ReviewDecision,
        ),
        Endpoint(
            "POST",
            "/api/identity-reviews/{id}/doubt",
            Action.PATIENT_REVIEW,
            routes.doubt,
            Text("核对身份：尚不能确定", "Say that it cannot be told yet"),
            body=ReviewDoubt,
        ),
        Endpoint(
            "POST",
            "/api/identity-reviews/{id}/reopen",
            Action.PATIENT_REVIEW,
            routes.reopen,
            Text("撤回身份核对", "Take the decision back"),
            body=ReviewReopening,
        ),
    ]
