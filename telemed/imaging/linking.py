"""Link studies and registrations: sure ones by themselves, doubtful ones by a person. Consumer of the event log."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from telemed.db import Connection
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import Event, append
from telemed.imaging import linked, matching, requests
from telemed.imaging.intent import intend
from telemed.imaging.matching import EXAMINED_BEFORE, EXAMINED_WITHIN, Match, Rule, Verdict
from telemed.imaging.proposing import Target
from telemed.patients import admission, identifiers, names, store
from telemed.patients.identifiers import Identifier
from telemed.patients.identity import Identity, Person
from telemed.vocabulary import Intent, Principal, Scope

#: Events after which a study may have found its request.
KINDS = frozenset({"study.indexed", "study.updated", "request.registered"})

# A name for somebody whose study names nobody; patients have names.
_NAMELESS = "未具名"
_CLOCK_SLACK = timedelta(hours=14)  # devices that write the time of another zone, or none


async def handle(tx: Connection, event: Event) -> None:
    """Consumer: match the study of an event, or the open studies near a new registration."""
    if event.kind == "request.registered":
        found = await requests.hold(tx, event.subject)
        if found is None:
            return
        since = found.registered_at - EXAMINED_BEFORE - _CLOCK_SLACK
        for study_id in await linked.open_near(tx, found.organization_id, since):
            await match(tx, study_id, event.at)
        return
    if await match(tx, event.subject, event.at):
        for study_id in await linked.sharing_accession(tx, event.subject):
            await match(tx, study_id, event.at)


async def candidates(connection: Connection, row: linked.StudyRow) -> list[Match]:
    """Every registration that the study could answer, the best first."""
    found = await _requests(connection, row)
    return list(matching.decide(row.facts(), [one.facts() for one in found]).candidates)


async def _requests(connection: Connection, row: linked.StudyRow) -> list[requests.CandidateRow]:
    number = identifiers.national_id(row.source_patient_id)
    value = number.value if isinstance(number, Identifier) else identifiers.normalise(row.source_patient_id)
    placeholder = identifiers.is_placeholder(row.source_patient_id)
    return await requests.candidates(
        connection,
        {
            "study_id": row.id,
            "organization_id": row.organization_id,
            "accession_number": row.accession_number,
            "accession_in_patient_id": "" if placeholder else value,
            "number": "" if placeholder else value,
            "since": row.first_received_at - EXAMINED_WITHIN,
            "until": row.last_received_at + EXAMINED_BEFORE + _CLOCK_SLACK,
        },
    )


async def match(tx: Connection, study_id: UUID, now: datetime) -> bool:
    """Bring one study to where its facts put it; doing it twice changes nothing more. True if anything changed.

    What a person has confirmed is never changed here, nor is a sure link. A study held as mixed is linked to nothing.
    """
    row = await linked.hold(tx, study_id)
    if row is None or row.match_state in ("sure", "confirmed"):
        return False
    found = await _requests(tx, row)
    decision = matching.decide(row.facts(), [one.facts() for one in found])
    if decision.verdict is Verdict.SURE and decision.request_id is not None and not row.hold:
        request, still = await _under_lock(tx, row, decision.request_id)
        if request is not None and still is not None and still.verdict is Verdict.SURE:
            return await _save(tx, row, await _link(tx, row, request, still, state="sure", now=now))
    await linked.measure_clock(tx, row, None, now)
    state = "none" if decision.verdict is Verdict.NONE else "doubtful"
    patient_id = row.patient_id or await _source_patient(tx, row, now)
    changed = msgspec.structs.replace(row, match_state=state, service_request_id=None, patient_id=patient_id)
    return await _save(tx, row, _with_intent(changed, None))


async def _under_lock(
    tx: Connection, row: linked.StudyRow, request_id: UUID
) -> tuple[requests.LinkedRequest | None, Match | None]:
    """The registration, locked, and the match as it is now that nobody else can link it."""
    request = await requests.hold(tx, request_id)
    found = next((one for one in await _requests(tx, row) if one.id == request_id), None)
    return request, None if found is None else matching.compare(row.facts(), found.facts())


async def _link(
    tx: Connection,
    row: linked.StudyRow,
    request: requests.LinkedRequest,
    found: Match,
    *,
    state: str,
    now: datetime,
    decided_by: UUID | None = None,
    decision: str = "linked",
) -> linked.StudyRow:
    # Only an unquestioned link says when the picture was truly taken.
    trusted = state == "sure"
    await linked.measure_clock(tx, row, request.registered_at if trusted else None, now)
    await linked.record_decision(
        tx,
        row.id,
        request.id,
        decision=decision,
        verdict=found.verdict,
        findings=found.findings,
        decided_by=decided_by,
        now=now,
    )
    await requests.complete(tx, request.id)
    await store.know(tx, row.organization_id, request.patient_id, now)
    changed = msgspec.structs.replace(
        row, service_request_id=request.id, patient_id=request.patient_id, match_state=state
    )
    return _with_intent(changed, Intent(request.intent))


async def _source_patient(tx: Connection, row: linked.StudyRow, now: datetime) -> UUID:
    """Who a study without a request is of: the person its device named, by the rules of numbers and names."""
    whose = row.whose()
    number = identifiers.of_modality(row.source_patient_id, row.source_issuer, str(row.organization_id))
    person = Person(
        names.shown(whose.name)[:200] or _NAMELESS,
        whose.sex,
        whose.birth_date,
        identifiers=frozenset({number} if number else ()),
        identity=Identity.SOURCE,
    )
    admitted = await admission.admit(tx, person, organization_id=row.organization_id, contact=store.Contact(), now=now)
    return admitted.patient_id


def _with_intent(row: linked.StudyRow, requested: Intent | None) -> linked.StudyRow:
    chosen = intend(
        confirmed=Intent(row.intent) if row.intent_confirmed else None,
        requested=requested,
        device_default=None if row.device_intent is None else Intent(row.device_intent),
        modalities=matching.pictures(row.modalities),
        acquired_at=row.acquired_at,
        received_at=row.first_received_at,
        skew_seconds=row.skew_seconds,
    )
    return msgspec.structs.replace(row, intent=chosen.intent.value)


async def _save(tx: Connection, before: linked.StudyRow, after: linked.StudyRow) -> bool:
    if before == after:
        return False
    await linked.save(tx, after)
    ids: dict[str, UUID | str] = {
        "organization_id": after.organization_id,
        "match_state": after.match_state,
        "intent": after.intent,
    }
    if after.patient_id is not None:
        ids["patient_id"] = after.patient_id
    if after.service_request_id is not None:
        ids["service_request_id"] = after.service_request_id
    topics = [f"organization/{after.organization_id}", f"study/{after.id}", "worklist"]
    await append(tx, "study.matched", after.id, topics, **ids)
    return True


def _current(row: linked.StudyRow | None, scope: Scope, revision: int) -> linked.StudyRow:
    if row is None or not scope.admits(row.organization_id):
        raise NotFound("unknown-study", "找不到该检查。", "There is no such study.")
    if row.match_revision != revision:
        raise moved_on()
    return row


def moved_on() -> Conflict:
    return Conflict(
        "study-moved-on",
        "该检查刚刚有变化，请核对后再操作。未作任何改动。",
        "The study has changed meanwhile: look again. Nothing was changed.",
    )


def held() -> Conflict:
    return Conflict(
        "study-held",
        "疑似混合检查，须先拆分或确认为同一患者。",
        "Held as possibly mixed: split it or confirm that it is one person first.",
    )


async def decide(
    tx: Connection,
    study_id: UUID,
    request_id: UUID | None,
    *,
    revision: int,
    same_visit: bool,
    principal: Principal,
    scope: Scope,
    now: datetime,
) -> None:
    """A person says which registration a study answers, or (None) that it answers none and stands for itself.

    Raises Conflict for a study that has moved on, is held as mixed, or is linked already, and for a registration with
    another study unless same_visit says that both are of one visit; Invalid for one that is no candidate.
    """
    row = _current(await linked.hold(tx, study_id), scope, revision)
    if row.hold:
        raise held()
    if row.match_state == "sure" or row.service_request_id is not None:
        raise Conflict("study-linked", "该检查已匹配登记。", "The study is linked to a registration already.")
    if request_id is None:
        await linked.record_decision(
            tx,
            row.id,
            None,
            decision="no-request",
            verdict=row.match_state,
            findings=(),
            decided_by=principal.practitioner_id,
            now=now,
        )
        patient_id = row.patient_id or await _source_patient(tx, row, now)
        changed = msgspec.structs.replace(row, match_state="confirmed", patient_id=patient_id)
        await _save(tx, row, changed)
        return
    request, found = await _under_lock(tx, row, request_id)
    if found is None or request is None or request.organization_id != row.organization_id:
        raise Invalid("no-candidate", "该登记不能与此检查匹配。", "This registration cannot be the study's request.")
    answered = found.of(Rule.REQUEST_FREE) is matching.Agreement.DIFFERS
    if answered and not same_visit:
        raise Conflict(
            "request-answered",
            "检查号重复，待核对：该登记已有检查。若为同次检查，请确认。",
            "This registration already has a study; confirm if both are of one visit.",
        )
    changed = await _link(
        tx,
        row,
        request,
        found,
        state="confirmed",
        now=now,
        decided_by=principal.practitioner_id,
        decision="linked-same-visit" if answered else "linked",
    )
    await _save(tx, row, changed)


async def settle_mixed(
    tx: Connection,
    study_id: UUID,
    *,
    one_person: bool,
    revision: int,
    principal: Principal,
    scope: Scope,
    now: datetime,
) -> None:
    """A person has looked at a study held as mixed.

    one_person: everything is of one person after all; what is in quarantine may be released without a question.
    Otherwise the study is of the person that came first, and the pictures of the other stay in quarantine, where they
    wait to be sent again under their own Study UID (检查拆分). It is matched again either way.
    """
    row = _current(await linked.hold(tx, study_id), scope, revision)
    if not row.hold:
        raise Conflict("study-not-held", "该检查未被标为疑似混合。", "The study is not held.")
    await linked.record_decision(
        tx,
        row.id,
        row.service_request_id,
        decision="one-person" if one_person else "kept-apart",
        verdict="mixed",
        findings=(),
        decided_by=principal.practitioner_id,
        now=now,
    )
    if one_person:
        await linked.accept_statements(tx, row.id)
    await _save(tx, row, msgspec.structs.replace(row, hold=""))
    await match(tx, study_id, now)


async def split(tx: Connection, row: linked.StudyRow, *, by: UUID, now: datetime) -> None:
    """What is left of a study after a split is of one person: it is matched again."""
    await linked.record_decision(
        tx,
        row.id,
        row.service_request_id,
        decision="split",
        verdict="mixed",
        findings=(),
        decided_by=by,
        now=now,
    )
    await _save(tx, row, msgspec.structs.replace(row, hold=""))
    await match(tx, row.id, now)


async def reassign(tx: Connection, study_id: UUID, target: Target, *, by: UUID, now: datetime) -> linked.StudyRow:
    """归属更正: a study is of another patient, and answers that patient's registration or none.

    A registration that loses its only study waits for one again. Returns the study as it is now; raises Conflict when
    it is linked otherwise than the proposal says, or is held as mixed.
    """
    row = await linked.hold(tx, study_id)
    if row is None:
        raise LookupError(f"study {study_id} is gone")
    if row.hold:
        raise held()
    if (row.patient_id, row.service_request_id) != (target.from_patient_id, target.from_request_id):
        raise moved_on()
    request = None if target.to_request_id is None else await requests.hold(tx, target.to_request_id)
    await linked.record_decision(
        tx,
        row.id,
        target.to_request_id,
        decision="reassigned",
        verdict=row.match_state,
        findings=(),
        decided_by=by,
        now=now,
    )
    await store.know(tx, row.organization_id, target.to_patient_id, now)
    after = msgspec.structs.replace(
        row, service_request_id=target.to_request_id, patient_id=target.to_patient_id, match_state="confirmed"
    )
    if request is not None:
        after = _with_intent(after, Intent(request.intent))
        await requests.complete(tx, request.id)
    await _save(tx, row, after)
    if target.from_request_id is not None:
        await requests.reopen(tx, target.from_request_id)
    return after


async def set_intent(tx: Connection, study_id: UUID, intent: Intent, *, revision: int, scope: Scope) -> None:
    """A person says why a study was pushed; no rule changes it any more."""
    row = _current(await linked.hold(tx, study_id), scope, revision)
    changed = msgspec.structs.replace(row, intent=intent.value, intent_confirmed=True)
    await _save(tx, row, changed)
