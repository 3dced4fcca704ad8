"""检查登记: one form becomes one ServiceRequest, once."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from telemed.db import Connection
from telemed.errors import Conflict, Forbidden, Invalid
from telemed.events import append
from telemed.imaging import requests, who
from telemed.imaging.forms import RegistrationForm
from telemed.imaging.registration import Fault, Form, accession_number, age_of, check, standing
from telemed.patients import store
from telemed.vocabulary import Principal, Scope

#: A further registration within this time may belong to the same visit (同次检查).
ONE_VISIT = timedelta(hours=24)


def faults(form: RegistrationForm, person: who.Who, now: datetime, zone: tzinfo) -> tuple[Fault, ...]:
    """What is wrong or to be confirmed about a form for a person."""
    return check(
        Form(
            sex=person.sex,
            age=age_of(person.birth_date, now.astimezone(zone).date()),
            modality=form.modality,
            item=form.item,
            body_site=form.body_site,
            laterality=form.laterality,
            encounter_class=form.encounter_class,
            emergency_class=form.emergency_class,
            pregnancy=form.pregnancy,
            pregnancy_confirmed=form.pregnancy_confirmed,
            history=form.history,
            consent_told=form.consent_told,
        )
    )


async def register(
    tx: Connection, form: RegistrationForm, *, principal: Principal, scope: Scope, now: datetime, zone: tzinfo
) -> UUID:
    """Register one examination and return its id; the same form again returns the same registration.

    Raises Forbidden for an organisation outside the scope, Conflict `accession-taken` (检查号重复，待核对), Invalid for
    an organisation that is not there and for what the form still lacks, and what who.resolve raises.  Nothing is
    written then.
    """
    organization_id = form.organization_id or principal.organization_id
    if not scope.admits(organization_id):
        raise Forbidden("outside-scope", "不能为该机构登记。", "You cannot register for this organisation.")
    before = await requests.by_submission(tx, form.submission_id)
    if before is not None:
        if before.organization_id != organization_id:
            raise Conflict(
                "submission-used", "该登记单已用于另一机构。", "This form was used for another organisation."
            )
        return before.id
    if not await requests.organization_is_there(tx, organization_id):
        raise Invalid(
            "unknown-organization",
            "找不到该机构。未作任何登记。",
            "There is no such organisation. Nothing was registered.",
            field="organization_id",
        )
    person = await who.resolve(
        tx,
        form.person,
        card_mismatch=form.card_mismatch,
        organization_id=organization_id,
        scope=scope,
        now=now,
        zone=zone,
    )
    wrong = standing(faults(form, person, now, zone))
    if wrong:
        raise Invalid(wrong[0].code, wrong[0].text.zh, wrong[0].text.en, faults=len(wrong), field=wrong[0].field)
    visit_id = None
    if form.visit_of is not None:
        visit_id = await requests.visit_of(
            tx,
            form.visit_of,
            patient_id=person.patient_id,
            organization_id=organization_id,
            since=now - ONE_VISIT,
        )
        if visit_id is None:
            raise Invalid(
                "another-visit",
                "所选登记不是该患者今天在本机构的登记，不能列为同次检查。",
                "The chosen registration is not this patient's visit of today.",
            )
    request_id = await _insert(tx, form, person.patient_id, organization_id, visit_id, principal, now, zone)
    await append(
        tx,
        "request.registered",
        request_id,
        [f"organization/{organization_id}"],
        organization_id=organization_id,
        patient_id=person.patient_id,
    )
    return request_id


async def _insert(  # noqa: PLR0917 -- the second half of register
    tx: Connection,
    form: RegistrationForm,
    patient_id: UUID,
    organization_id: UUID,
    visit_id: UUID | None,
    principal: Principal,
    now: datetime,
    zone: tzinfo,
) -> UUID:
    columns = {
        "submission_id": form.submission_id,
        "organization_id": organization_id,
        "patient_id": patient_id,
        "visit_id": visit_id,
        "modality": form.modality,
        "item": form.item.strip(),
        "body_site": form.body_site.strip(),
        "laterality": form.laterality,
        "encounter_class": form.encounter_class,
        "priority": form.priority,
        "emergency_class": form.emergency_class,
        "intent": form.intent,
        "history": form.history.strip(),
        "purpose": form.purpose.strip(),
        "prior_surgery": form.prior_surgery.strip(),
        "pregnancy": form.pregnancy,
        "pregnancy_confirmed": form.pregnancy_confirmed,
        "requester_id": form.requester_id,
        "requester_name": form.requester_name.strip(),
        "department": form.department.strip(),
        "technician_name": form.technician_name.strip(),
        "fee_state": form.fee_state,
        "consent_told": form.consent_told,
        "card_mismatch": form.card_mismatch,
        "registered_by": principal.practitioner_id,
        "now": now,
    }
    typed = form.accession_number.strip()
    if typed:
        request_id = await requests.insert(tx, columns | {"accession_number": typed})
        if request_id is None:
            raise Conflict(
                "accession-taken",
                "检查号重复，待核对。该号已用于本机构另一登记，本次尚未登记。",
                "Accession number used twice, to be checked: it belongs to another registration here. "
                "Nothing was registered.",
            )
        return request_id
    day = now.astimezone(zone).date()
    while True:  # a number typed by hand may stand in the way; each turn takes the next one
        number = await store.next_number(tx, organization_id, "accession", day)
        request_id = await requests.insert(tx, columns | {"accession_number": accession_number(day, number)})
        if request_id is not None:
            return request_id
