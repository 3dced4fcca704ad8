"""Hook calls and feedback as the standard writes them, each with the one thing that makes it none."""

import json

import msgspec
import pytest

from telemed.cds.faults import Fault, missing, outcome
from telemed.cds.messages import (
    MOST_ORDERS,
    FeedbackRequest,
    HookRequest,
    OrderSelect,
    OrderSign,
    PatientView,
    read_call,
    read_context,
    read_feedback,
)

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
DRAFTS = {
    "resourceType": "Bundle",
    "entry": [{"resource": {"resourceType": "ServiceRequest", "id": "o1", "status": "draft"}}],
}
CONTEXTS = {
    "patient-view": {"userId": "Practitioner/d17", "patientId": "p9"},
    "order-select": {
        "userId": "PractitionerRole/d17",
        "patientId": "p9",
        "selections": ["ServiceRequest/o1"],
        "draftOrders": DRAFTS,
    },
    "order-sign": {"userId": "Practitioner/d17", "patientId": "p9", "draftOrders": DRAFTS},
}
AUTHORIZATION = {
    "access_token": "opaque",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/Patient.read",
    "subject": "recognition",
}
ANSWER = {
    "card": "6f1c0a52-2f5c-4a57-8d4e-0c8f1a3b5d7e",
    "outcome": "overridden",
    "overrideReason": {"reason": {"code": "R1", "system": "urn:cn:hr:retest-reason"}, "userComment": "咯血加重"},
    "outcomeTimestamp": "2025-11-22T02:10:05Z",
}


def call(hook="order-select", **changes):
    said = {"hook": hook, "hookInstance": INSTANCE, "context": CONTEXTS[hook], **changes}
    return json.dumps({name: value for name, value in said.items() if value is not ...}).encode()


def without(mapping, name):
    return {key: value for key, value in mapping.items() if key != name}


def read(raw):
    request = read_call(raw)
    return request if isinstance(request, Fault) else read_context(request)


@pytest.mark.parametrize(
    ("hook", "shape"), [("patient-view", PatientView), ("order-select", OrderSelect), ("order-sign", OrderSign)]
)
def test_each_hook_reads_its_own_context(hook, shape):
    assert isinstance(read(call(hook)), shape)


@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
def test_a_call_without_a_required_member_is_malformed(name):
    fault = read(json.dumps(without(json.loads(call()), name)).encode())
    assert isinstance(fault, Fault)
    assert (fault.status, fault.issue) == (400, "structure")


@pytest.mark.parametrize("hook", CONTEXTS)
def test_a_context_without_a_required_member_is_malformed(hook):
    for name in CONTEXTS[hook]:
        fault = read(call(hook, context=without(CONTEXTS[hook], name)))
        assert isinstance(fault, Fault), name
        assert fault.status == 400


@pytest.mark.parametrize(
    "context",
    [
        {"userId": "d17"},
        {"userId": "Practitioner/"},
        {"selections": []},
        {"selections": ["o1"]},
        {"draftOrders": {"resourceType": "Parameters"}},
        {"draftOrders": None},
        {"patientId": ""},
        {"encounterId": ""},
    ],
)
def test_a_context_with_one_wrong_member_is_malformed(context):
    good = CONTEXTS["order-select"]
    assert isinstance(read(call(context=good)), OrderSelect)
    assert isinstance(read(call(context={**good, **context})), Fault)


def test_a_hook_that_is_not_served_is_refused():
    assert isinstance(read(call(hook="order-select").replace(b"order-select", b"order-dispatch")), Fault)


def test_a_bundle_may_be_as_large_as_allowed_and_not_one_entry_larger():
    def bundle(count):
        entries = [{"resource": {"resourceType": "ServiceRequest", "id": f"o{n}"}} for n in range(count)]
        return call(context={**CONTEXTS["order-select"], "draftOrders": {"resourceType": "Bundle", "entry": entries}})

    assert isinstance(read(bundle(MOST_ORDERS)), OrderSelect)
    assert isinstance(read(bundle(MOST_ORDERS + 1)), Fault)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_object_or_nested_without_end_is_a_fault_and_no_bug(raw):
    assert isinstance(read_call(raw), Fault)
    assert isinstance(read_feedback(raw), Fault)


def test_a_nul_character_is_refused_and_the_six_characters_that_spell_one_are_not():
    extension = {"cn.hr.note": "a\\u0000b"}
    assert isinstance(read_call(call(extension=extension)), HookRequest)
    assert isinstance(read_call(call(extension={"cn.hr.note": "a\0b"})), Fault)


def test_authorization_needs_a_server_to_be_used_at():
    """cds-r-1."""
    server = "https://fhir.example.org"
    assert isinstance(read_call(call(fhirServer=server, fhirAuthorization=AUTHORIZATION)), HookRequest)
    assert isinstance(read_call(call(fhirAuthorization=AUTHORIZATION)), Fault)
    request = read_call(call(fhirServer=server, fhirAuthorization={**AUTHORIZATION, "access_token": "s3cret"}))
    assert "s3cret" not in repr(request)


def test_patient_scopes_name_the_patient():
    """cds-r-2."""
    scoped = {**AUTHORIZATION, "scope": "patient/Observation.read"}
    server = "https://fhir.example.org"
    named = {**scoped, "patient": "p9"}
    assert isinstance(read_call(call(fhirServer=server, fhirAuthorization=named)), HookRequest)
    assert isinstance(read_call(call(fhirServer=server, fhirAuthorization=scoped)), Fault)


@pytest.mark.parametrize(("value", "prompted"), [(True, True), (False, False), ("true", False), (None, False)])
def test_only_a_plain_yes_says_that_the_province_has_asked_already(value, prompted):
    request = read_call(call(extension={"cn.hr.provincial-prompted": value}))
    assert isinstance(request, HookRequest)
    assert request.prompted_elsewhere is prompted


def feedback(**changes):
    entry = {name: value for name, value in {**ANSWER, **changes}.items() if value is not ...}
    return read_feedback(json.dumps({"feedback": [entry]}).encode())


ACCEPTED = {"outcome": "accepted", "overrideReason": ..., "acceptedSuggestions": [{"id": INSTANCE}]}


def test_feedback_reads_as_the_standard_writes_it():
    said = feedback()
    assert isinstance(said, FeedbackRequest)
    assert said.feedback[0].override_reason.reason.code == "R1"
    assert isinstance(feedback(**ACCEPTED), FeedbackRequest)
    assert read_feedback(b'{"feedback":[]}') == FeedbackRequest(())


def test_an_overridden_card_needs_no_reason():
    assert isinstance(feedback(overrideReason=...), FeedbackRequest)


@pytest.mark.parametrize(
    ("changes", "invariant"),
    [
        ({"outcome": "ignored"}, ""),
        ({**ACCEPTED, "acceptedSuggestions": ...}, "cds-fb-2"),
        ({**ACCEPTED, "acceptedSuggestions": []}, "cds-fb-2"),
        ({"overrideReason": {}}, "cds-fb-3"),
        ({"overrideReason": {"reason": {"system": "urn:x"}}}, ""),
        ({"outcomeTimestamp": "2025-11-22T02:10:05"}, "offset"),
        ({"outcomeTimestamp": ...}, ""),
        ({"card": "c-1"}, ""),
    ],
)
def test_feedback_that_breaks_one_rule_is_refused(changes, invariant):
    fault = feedback(**changes)
    assert isinstance(fault, Fault)
    assert invariant in fault.text.en


def test_a_time_with_an_offset_is_the_same_moment_in_utc():
    said = feedback(outcomeTimestamp="2025-11-22T10:10:05+08:00")
    assert said.feedback[0].at == feedback().feedback[0].at


def test_a_fault_is_an_operation_outcome_in_both_languages():
    said = msgspec.to_builtins(outcome(missing("patient", "Patient/{{context.patientId}}")))
    assert said["resourceType"] == "OperationOutcome"
    (issue,) = said["issue"]
    assert issue["severity"] == "error"
    assert issue["code"] == "required"
    assert "缺少预取数据 patient" in issue["details"]["text"]
    assert "不影响开单" in issue["details"]["text"]
    assert "The prefetch patient is missing" in issue["diagnostics"]
    assert list(issue["expression"]) == ["prefetch.patient"]
