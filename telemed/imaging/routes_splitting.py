"""检查拆分: who is under one Study UID, and the proposal to split."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from telemed.errors import NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.imaging import linked, proposing, splitting
from telemed.imaging.proposing import CorrectionLine
from telemed.imaging.routes_matching import StudyStatement, device_number
from telemed.patients import names
from telemed.vocabulary import Action, Text

Key = Annotated[str, msgspec.Meta(min_length=32, max_length=32)]
Keys = Annotated[list[Key], msgspec.Meta(max_length=200)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class SplitPerson(msgspec.Struct, frozen=True):
    """One person under the Study UID. keys: of what is said, to be sent back as seen; keeps_study: the first person."""

    keys: list[str]
    said: list[StudyStatement]
    images: int
    series: list[str]
    keeps_study: bool


class MixedPersons(msgspec.Struct, frozen=True):
    """proposal: the one that waits for a second person, if any."""

    persons: list[SplitPerson]
    proposal: CorrectionLine | None


class SplitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """persons: the keys of each person as they were shown."""

    persons: Annotated[list[Keys], msgspec.Meta(max_length=100)]
    reason: Reason


class Proposed(msgspec.Struct, frozen=True):
    id: UUID


def shown(found: list[splitting.Person]) -> list[SplitPerson]:
    """The persons as a page shows them, long numbers masked."""
    return [
        SplitPerson(
            one.keys,
            [
                StudyStatement(
                    device_number(said.patient_id), names.shown(said.name), said.sex, said.birth_date, kept_apart=at > 0
                )
                for said in one.statements
            ],
            one.images,
            one.series,
            keeps_study=at == 0,
        )
        for at, one in enumerate(found)
    ]


async def persons(call: Call[Nothing, Nothing]) -> MixedPersons:
    """What is told apart, for somebody who decides whether it is right."""
    study_id = call.uuid("id")
    async with call.pool.connection() as connection:
        row = await linked.study(connection, study_id)
        if row is None or not call.scope.admits(row.organization_id):
            raise NotFound("unknown-study", "找不到该检查。", "There is no such study.")
        found = await splitting.people(connection, study_id)
        lines = await proposing.lines(connection, call.scope, study_id=study_id, limit=1)
    call.about("study", study_id, patient_id=row.patient_id)
    waiting = lines[0] if lines and lines[0].state == "proposed" else None
    return MixedPersons(shown(found), waiting)


async def propose(call: Call[Nothing, SplitBody]) -> Proposed:
    """One person says that the study is of these persons; another confirms."""
    study_id, body = call.uuid("id"), call.body
    call.about("study", study_id)
    async with call.transaction() as tx:
        made = await splitting.propose(
            tx,
            study_id,
            seen=body.persons,
            reason=body.reason,
            by=call.principal.practitioner_id,
            scope=call.scope,
            now=call.now,
        )
        call.about("correction", made)
    return Proposed(made)


def endpoints() -> list[Endpoint]:
    """The routes of splitting; confirming is with the corrections (telemed.reading.routes.corrections)."""
    return [
        Endpoint(
            "GET",
            "/api/unmatched/{id}/split",
            Action.MATCH_READ,
            persons,
            Text("疑似混合检查中的各患者", "The persons of a mixed study"),
            returns=MixedPersons,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/unmatched/{id}/split",
            Action.MATCH_DECIDE,
            propose,
            Text("提出检查拆分", "Propose to split a study"),
            body=SplitBody,
            returns=Proposed,
        ),
    ]


__all__ = ["Proposed", "Reason", "SplitPerson", "endpoints", "shown"]
