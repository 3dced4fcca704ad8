"""待匹配检查 and the studies of a day: lists, candidates, decisions, intent."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Annotated
from uuid import UUID

import msgspec

from telemed.db import Connection
from telemed.errors import NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.imaging import announcing, linked, linking, matching, requests
from telemed.imaging.listing import StudyItem, studies
from telemed.imaging.routes_registration import Registration, day_of, shown
from telemed.patients import identifiers, names, store
from telemed.patients.messages import Words
from telemed.vocabulary import Action, Intent, Text


class StudyList(msgspec.Struct, frozen=True):
    items: list[StudyItem]
    next: str | None = None


class StudyQuery(msgspec.Struct, frozen=True):
    """Studies received on a day of the county (today if not given), of one organisation or all that one may see."""

    day: date | None = None
    organization_id: UUID | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 200


class UnmatchedQuery(msgspec.Struct, frozen=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 200


class MatchFinding(msgspec.Struct, frozen=True):
    """What one rule found; text says what speaks against a link, None if nothing does."""

    rule: str
    agreement: str
    text: Words | None


class Candidate(msgspec.Struct, frozen=True):
    """A registration that the study may answer."""

    registration: Registration
    verdict: str
    findings: list[MatchFinding]


class StudyStatement(msgspec.Struct, frozen=True):
    """One way in which the instances of a study name their patient. kept_apart: those instances are in quarantine."""

    patient_id: str
    name: str
    sex: str
    birth_date: date | None
    kept_apart: bool


class Unmatched(msgspec.Struct, frozen=True):
    """A study beside its candidates, the best first. said: what the device wrote, long numbers masked."""

    study: StudyItem
    said: list[StudyStatement]
    source_accession_number: str
    candidates: list[Candidate]


class MatchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """service_request_id: None says that the study answers no registration. revision: match_revision as shown."""

    revision: int
    service_request_id: UUID | None = None
    same_visit: bool = False


class MixedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """one_person: everything is of one person; otherwise the pictures of the other stay in quarantine."""

    revision: int
    one_person: bool


class AnnouncementBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Study Instance UIDs somebody is about to send, as the medium's DICOMDIR names them, and why."""

    studies: Annotated[
        list[Annotated[str, msgspec.Meta(pattern=r"^[0-9.]{1,64}$")]], msgspec.Meta(min_length=1, max_length=500)
    ]
    intent: Intent


class IntentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    revision: int
    intent: Intent


def device_number(value: str) -> str:
    """A device's Patient ID as a page may show it: documents masked, counters whole."""
    return identifiers.masked(value) if len(identifiers.normalise(value)) >= 15 else value


class MatchingRoutes:
    """Handlers; zone: of the county."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def _today(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()

    async def day(self, call: Call[StudyQuery, Nothing]) -> StudyList:
        since, until = day_of(call.query.day or self._today(call.now), self._zone)
        async with call.pool.connection() as connection:
            items = await studies(
                connection,
                call.scope.organizations,
                self._zone,
                organization_id=call.query.organization_id,
                since=since,
                until=until,
                limit=call.query.limit,
            )
        for item in items:
            call.about("study", item.id, patient_id=item.patient_id)
        return StudyList(items)

    async def _one(self, call: Call[Nothing, Nothing], study_id: UUID) -> StudyItem:
        async with call.pool.connection() as connection:
            items = await studies(
                connection,
                call.scope.organizations,
                self._zone,
                opened=call.scope.patients,
                study_id=study_id,
                limit=1,
            )
        if not items:
            raise NotFound("unknown-study", "找不到该检查。", "There is no such study.")
        call.about("study", items[0].id, patient_id=items[0].patient_id)
        return items[0]

    async def read(self, call: Call[Nothing, Nothing]) -> StudyItem:
        return await self._one(call, call.uuid("id"))

    async def of_patient(self, call: Call[Nothing, Nothing]) -> StudyList:
        patient_id = call.uuid("id")
        async with call.pool.connection() as connection:
            people = await store.linked(connection, patient_id)
            items = await studies(
                connection,
                call.scope.organizations,
                self._zone,
                opened=call.scope.patients,
                patient_ids=people,
                limit=500,
            )
        call.about("patient", patient_id, patient_id=patient_id)
        return StudyList(items)

    async def unmatched(self, call: Call[UnmatchedQuery, Nothing]) -> StudyList:
        async with call.pool.connection() as connection:
            items = await studies(
                connection, call.scope.organizations, self._zone, unmatched=True, limit=call.query.limit
            )
        for item in items:
            call.about("study", item.id, patient_id=item.patient_id)
        return StudyList(items)

    async def candidates(self, call: Call[Nothing, Nothing]) -> Unmatched:
        study_id = call.uuid("id")
        item = await self._one(call, study_id)
        found: list[Candidate] = []
        async with call.pool.connection() as connection:
            row = await linked.study(connection, study_id)
            said = await linked.statements(connection, study_id)
            if row is None:
                raise NotFound("unknown-study", "找不到该检查。", "There is no such study.")
            for match in (await linking.candidates(connection, row))[:20]:
                request = await requests.find(connection, match.request_id, [row.organization_id])
                if request is not None:
                    found.append(_candidate(match, shown(request, self._today(call.now), call.now)))
        statements = said or [
            linked.Statement(
                row.source_patient_id, row.source_patient_name, row.source_sex, row.source_birth_date, contradicts=False
            )
        ]
        return Unmatched(
            study=item,
            said=[
                StudyStatement(
                    device_number(one.patient_id), names.shown(one.name), one.sex, one.birth_date, one.contradicts
                )
                for one in statements
            ],
            source_accession_number=row.accession_number,
            candidates=found,
        )

    async def decide(self, call: Call[Nothing, MatchBody]) -> StudyItem:
        study_id, body = call.uuid("id"), call.body
        async with call.transaction() as tx:
            await linking.decide(
                tx,
                study_id,
                body.service_request_id,
                revision=body.revision,
                same_visit=body.same_visit,
                principal=call.principal,
                scope=call.scope,
                now=call.now,
            )
            return await self._after(call, tx, study_id)

    async def settle_mixed(self, call: Call[Nothing, MixedBody]) -> StudyItem:
        study_id, body = call.uuid("id"), call.body
        async with call.transaction() as tx:
            await linking.settle_mixed(
                tx,
                study_id,
                one_person=body.one_person,
                revision=body.revision,
                principal=call.principal,
                scope=call.scope,
                now=call.now,
            )
            return await self._after(call, tx, study_id)

    async def announce(self, call: Call[Nothing, AnnouncementBody]) -> None:
        async with call.transaction() as tx:
            await announcing.announce(tx, call.body.studies, call.body.intent, call.principal, call.now)
            call.detail["studies"] = len(call.body.studies)

    async def set_intent(self, call: Call[Nothing, IntentBody]) -> StudyItem:
        study_id, body = call.uuid("id"), call.body
        async with call.transaction() as tx:
            await linking.set_intent(tx, study_id, body.intent, revision=body.revision, scope=call.scope)
            return await self._after(call, tx, study_id)

    async def _after(
        self,
        call: Call[Nothing, MatchBody] | Call[Nothing, MixedBody] | Call[Nothing, IntentBody],
        tx: Connection,
        study_id: UUID,
    ) -> StudyItem:
        item = (await studies(tx, None, self._zone, study_id=study_id, limit=1))[0]
        call.about("study", study_id, patient_id=item.patient_id)
        return item


def _candidate(match: matching.Match, registration: Registration) -> Candidate:
    findings: list[MatchFinding] = []
    for finding in match.findings:
        said = matching.words(finding)
        findings.append(
            MatchFinding(finding.rule, finding.agreement, None if said is None else Words(said.zh, said.en))
        )
    return Candidate(registration, match.verdict, findings)


def endpoints(zone: tzinfo) -> list[Endpoint]:
    """The routes of studies and matching."""
    routes = MatchingRoutes(zone)
    return [
        Endpoint(
            "GET",
            "/api/studies",
            Action.STUDY_READ,
            routes.day,
            Text("某日收到的检查", "Studies received on a day"),
            query=StudyQuery,
            returns=StudyList,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/studies/{id}",
            Action.STUDY_READ,
            routes.read,
            Text("一项检查", "One study"),
            returns=StudyItem,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/patients/{id}/studies",
            Action.STUDY_READ,
            routes.of_patient,
            Text("患者的全部检查", "All studies of a patient"),
            returns=StudyList,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/unmatched",
            Action.MATCH_READ,
            routes.unmatched,
            Text("待匹配检查", "Unmatched studies"),
            query=UnmatchedQuery,
            returns=StudyList,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/unmatched/{id}",
            Action.MATCH_READ,
            routes.candidates,
            Text("一项检查与可能的登记", "A study beside its candidates"),
            returns=Unmatched,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/unmatched/{id}/decision",
            Action.MATCH_DECIDE,
            routes.decide,
            Text("匹配登记，或确认无登记", "Link a registration, or say there is none"),
            body=MatchBody,
            returns=StudyItem,
        ),
        Endpoint(
            "POST",
            "/api/unmatched/{id}/mixed",
            Action.MATCH_DECIDE,
            routes.settle_mixed,
            Text("疑似混合检查的处理", "Settle a study held as mixed"),
            body=MixedBody,
            returns=StudyItem,
        ),
        Endpoint(
            "POST",
            "/api/studies/announcement",
            Action.STUDY_STORE,
            routes.announce,
            Text("导入前说明上传目的（光盘/U盘）", "Say why studies of a medium are about to be imported"),
            body=AnnouncementBody,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/studies/{id}/intent",
            Action.STUDY_INTENT,
            routes.set_intent,
            Text("更改上传目的", "Change why a study was pushed"),
            body=IntentBody,
            returns=StudyItem,
        ),
    ]
