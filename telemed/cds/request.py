"""What a hook call asks of the registry: whose results, for which orders, in which circumstances. Pure.

Nothing is guessed: codes count as wholes, free text not at all, and two places that contradict each other are a fault.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from telemed.cds import resources
from telemed.cds.faults import NUMBER_IN_ADDRESS, Fault, contradicts, malformed, missing
from telemed.cds.messages import Context as HookContext
from telemed.cds.messages import HookRequest, OrderSelect, OrderStart, PatientView, read_context
from telemed.patients import identifiers
from telemed.recognition import reasons
from telemed.recognition.order import Context
from telemed.recognition.rules import Code, Contrast
from telemed.vocabulary import EncounterClass, Sex

PREFETCH = {"patient": "Patient/{{context.patientId}}", "encounter": "Encounter/{{context.encounterId}}"}

#: Systems whose values are numbers of GB 11643: the OID of WS 364 documents (WS/T 500) and the issuer's own name here.
NATIONAL_NUMBERS = frozenset({"urn:oid:2.16.156.10011.1.3", "CN:GB11643"})
REASONS = "urn:cn:hr:retest-reason"
CIRCUMSTANCES = "urn:cn:hr:order-context"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_PRIORITY = "http://terminology.hl7.org/CodeSystem/v3-ActPriority"
SNOMED = "http://snomed.info/sct"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"

#: v3-ActCode, the value set of Encounter.class in FHIR R4.
ENCOUNTER_CLASSES: Mapping[str, EncounterClass] = {
    "AMB": EncounterClass.OUTPATIENT,
    "SS": EncounterClass.OUTPATIENT,
    "VR": EncounterClass.OUTPATIENT,
    "HH": EncounterClass.OUTPATIENT,
    "FLD": EncounterClass.OUTPATIENT,
    "IMP": EncounterClass.INPATIENT,
    "ACUTE": EncounterClass.INPATIENT,
    "NONAC": EncounterClass.INPATIENT,
    "PRENC": EncounterClass.INPATIENT,
    "EMER": EncounterClass.EMERGENCY,
    "OBSENC": EncounterClass.OBSERVATION,
}

#: Codes that say a circumstance of the order, by the flag they set; whole codes of one system each.
CODED_CIRCUMSTANCES: Mapping[Code, str] = {
    Code(REASONS, "R3"): "pre_operative",
    Code(REASONS, "R4"): "emergency",
    Code(REASONS, "R5"): "forensic",
    Code(CIRCUMSTANCES, "emergency"): "emergency",
    Code(CIRCUMSTANCES, "rescue"): "rescue",
    Code(CIRCUMSTANCES, "forensic"): "forensic",
    Code(CIRCUMSTANCES, "pre-operative"): "pre_operative",
    Code(CIRCUMSTANCES, "pre-transfusion"): "pre_transfusion",
    Code(SNOMED, "262068006"): "pre_operative",  # Preoperative
    Code(ICD_10, "Z51.3"): "pre_transfusion",  # blood transfusion without reported diagnosis
    Code(ACT_PRIORITY, "EM"): "emergency",
}
#: Whoever has written one of these into the order has answered what a card would ask.
ANSWERED = frozenset(Code(REASONS, code) for code in reasons.REASONS)

#: Sides in the words of the catalogues.
SIDES: Mapping[Code, str] = {
    Code(SNOMED, "7771000"): "L",
    Code(SNOMED, "24028007"): "R",
    Code(SNOMED, "51440002"): "B",
}

#: Hooks of a visit, before there is any order: what is known is told item by item.
BEFORE_ORDERS = (PatientView, OrderStart)
VISIT_HOOKS = frozenset({"patient-view", "order-start"})

# Eighteen places with a checksum that agrees; whatever stands beside them in an address.
EIGHTEEN = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9])")


@dataclass(frozen=True, slots=True)
class Person:
    """The patient as the client knows one.  identifiers: of documents, checked; numbers: (system, value) of others."""

    identifiers: tuple[identifiers.Identifier, ...]
    numbers: tuple[tuple[str, str], ...]
    name: str | None
    birth_date: date | None
    sex: Sex


@dataclass(frozen=True, slots=True)
class AskedOrder:
    """One draft order.  resource: as it came, for an update gives it back whole.

    answered: the reason to repeat is already coded in it.
    """

    reference: str
    codes: frozenset[Code]
    context: Context
    laterality: str | None
    answered: bool
    resource: Mapping[str, Any]
    contrast: Contrast | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One call.  orders: those to be answered; empty for the hooks of a visit, where `context` is the visit's.

    as_of: when the call came, UTC.  user, patient_id, encounter_id: as the client names them; not our ids.
    """

    hook: str
    hook_instance: UUID
    client_id: UUID
    organization_id: UUID
    user: str
    patient_id: str
    encounter_id: str | None
    person: Person
    context: Context
    orders: tuple[AskedOrder, ...]
    as_of: datetime
    prompted_elsewhere: bool = False


def understand(request: HookRequest, *, client_id: UUID, organization_id: UUID, now: datetime) -> Asked | Fault:
    """Read a call whole, or say what keeps it from being read."""
    context = read_context(request)
    if isinstance(context, Fault):
        return context
    if fault := _numbers_in_addresses(request, context):
        return fault
    found = _patient(request, context.patient_id)
    if isinstance(found, Fault):
        return found
    visit = _visit(request, context)
    if isinstance(visit, Fault):
        return visit
    orders = () if isinstance(context, BEFORE_ORDERS) else _orders(context, visit)
    if isinstance(orders, Fault):
        return orders
    return Asked(
        hook=request.hook,
        hook_instance=request.hook_instance,
        client_id=client_id,
        organization_id=organization_id,
        user=context.user_id,
        patient_id=context.patient_id,
        encounter_id=context.encounter_id,
        person=_person(found),
        context=visit,
        orders=orders,
        as_of=now,
        prompted_elsewhere=request.prompted_elsewhere,
    )


def identity_number_in(address: str) -> bool:
    """Whether an address or id carries a national identity number of somebody who may be alive."""
    for found in EIGHTEEN.finditer(address):
        number = identifiers.national_id(found[0])
        if isinstance(number, identifiers.Identifier) and number.birth_date and 1900 <= number.birth_date.year <= 2100:
            return True
    return False


def circumstances(context: Context, codes: Collection[Code]) -> Context:
    """The context with the flags that some codes set; none is ever taken back."""
    flags = {CODED_CIRCUMSTANCES[one]: True for one in codes if one in CODED_CIRCUMSTANCES}
    return replace(context, **flags)


def _numbers_in_addresses(request: HookRequest, context: HookContext) -> Fault | None:
    named = {
        "fhirServer": request.fhir_server,
        "context.userId": context.user_id,
        "context.patientId": context.patient_id,
        "context.encounterId": context.encounter_id,
    }
    for at, value in named.items():
        if value is not None and identity_number_in(value):
            return Fault(400, "invalid", NUMBER_IN_ADDRESS, at)
    return None


def _patient(request: HookRequest, patient_id: str) -> resources.Patient | Fault:
    raw = (request.prefetch or {}).get("patient")
    found = None if raw is None else resources.read(bytes(raw), resources.Patient)
    if found is None:
        return missing("patient", PREFETCH["patient"])
    if found.id != patient_id:
        return contradicts(
            "prefetch.patient.id",
            "预取的患者与 context.patientId 不是同一人。",
            "The prefetched patient is not the one of context.patientId.",
        )
    return found


def _visit(request: HookRequest, context: HookContext) -> Context | Fault:
    """The circumstances of the encounter; an encounter that is named has to come with the call."""
    if context.encounter_id is None:
        return Context()
    raw = (request.prefetch or {}).get("encounter")
    found = None if raw is None else resources.read(bytes(raw), resources.Encounter)
    if found is None:
        return missing("encounter", PREFETCH["encounter"])
    if found.id != context.encounter_id or not resources.points_to(found.subject, "Patient", context.patient_id):
        return contradicts(
            "prefetch.encounter",
            "预取的就诊不是 context 所指的就诊或患者。",
            "The prefetched encounter is not that of the context's encounter and patient.",
        )
    said = resources.codes((found.priority, *found.reason_code))
    return circumstances(Context(encounter_class=_class(found.class_)), said)


def _class(coding: resources.Coding) -> str | None:
    """The encounter class in our words; None where the code is of no system known here."""
    if coding.system == ACT_CODE:
        known = ENCOUNTER_CLASSES.get(coding.code)
        return None if known is None else known.value
    own = {one.value for one in EncounterClass}
    return coding.code if coding.system == "urn:cn:hr:encounter-class" and coding.code in own else None


def _person(found: resources.Patient) -> Person:
    proved: list[identifiers.Identifier] = []
    others: list[tuple[str, str]] = []
    for one in found.identifier:
        if one.system in NATIONAL_NUMBERS:
            number = identifiers.national_id(one.value)
            if isinstance(number, identifiers.Identifier):
                proved.append(number)
        elif one.system and one.value and not identifiers.is_placeholder(one.value):
            others.append((one.system, one.value))
    return Person(tuple(proved), tuple(others), found.called, found.born, found.sex)


def _orders(context: HookContext, visit: Context) -> tuple[AskedOrder, ...] | Fault:
    if isinstance(context, BEFORE_ORDERS):
        return ()
    drafts = [one.resource for one in context.draft_orders.entry]
    named = [resources.read(one, resources.OfAnyType) for one in drafts]
    references = Counter(one.reference for one in named if one is not None and one.id)
    if twice := next((one for one, times in references.items() if times > 1), None):
        return malformed("context.draftOrders", f"{twice} is there twice")
    chosen = set(context.selections) if isinstance(context, OrderSelect) else set(references)
    if not chosen <= set(references):
        return contradicts(
            "context.selections",
            "selections 中有 draftOrders 里没有的申请。",
            "A selection is not among the draftOrders.",
        )
    asked: list[AskedOrder] = []
    for resource, one in zip(drafts, named, strict=True):
        if one is None or one.resource_type != "ServiceRequest" or one.reference not in chosen:
            continue
        order = _order(resource, context.patient_id, visit)
        if isinstance(order, Fault):
            return order
        if order is not None:
            asked.append(order)
    return tuple(asked)


def _order(resource: Mapping[str, Any], patient_id: str, visit: Context) -> AskedOrder | Fault | None:
    """One order to answer; None for one that no answer could change: not a draft, forbidden, or without a code."""
    found = resources.read(resource, resources.ServiceRequest)
    if found is None:
        return malformed("context.draftOrders", "a ServiceRequest that is none")
    if identity_number_in(found.id):
        return Fault(400, "invalid", NUMBER_IN_ADDRESS, "context.draftOrders")
    if not resources.points_to(found.subject, "Patient", patient_id):
        return contradicts(
            f"ServiceRequest/{found.id}.subject",
            "申请的患者与 context.patientId 不是同一人。",
            "The order is not for the patient of context.patientId.",
        )
    codes = resources.codes((found.code,))
    if found.status != "draft" or found.do_not_perform or not codes:
        return None
    reasons = resources.codes(found.reason_code)
    context = circumstances(visit, reasons)
    if found.priority == "stat":
        context = replace(context, emergency=True)
    return AskedOrder(
        reference=f"ServiceRequest/{found.id}",
        codes=codes,
        context=context,
        laterality=_side(resources.codes(found.body_site)),
        answered=not ANSWERED.isdisjoint(reasons),
        resource=resource,
    )


def _side(sites: frozenset[Code]) -> str | None:
    """The side the order names; two different ones are both sides."""
    sides = {SIDES[one] for one in sites if one in SIDES}
    return (sides.pop() if len(sides) == 1 else "B") if sides else None
