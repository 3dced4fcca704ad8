"""The sample hospital system keeps to the standard: the service's own readers take what it makes."""

import json
import stat
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from telemed.cds import tokens
from telemed.cds.messages import Feedback, FeedbackRequest, read_call, read_feedback
from telemed.cds.registration import Agreement, faults
from telemed.cds.request import Asked, understand
from telemed.cds.routes_sample import SampleFeedbackBody, feedback_entry
from telemed.cds.sample_system import Known, create_key, hook_call, public_keys, read_key, token, without_number
from telemed.errors import Invalid
from telemed.vocabulary import Sex
from tests.integration.cds.calls import NUMBER
from tests.unit.recognition import good

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
AUDIENCE = "https://county.example/cds-services/result-recognition"
KNOWN = Known(UUID(int=9), "王桂兰", "F", date(1949, 12, 31), NUMBER)
DRAFT = {
    "resourceType": "ServiceRequest",
    "id": "draft-1",
    "status": "draft",
    "intent": "order",
    "code": {"coding": [{"system": good.GLUCOSE.system, "code": good.GLUCOSE.code}]},
    "subject": {"reference": f"Patient/{UUID(int=9)}"},
}


def made(hook="order-select", known=KNOWN):
    return hook_call(
        hook,
        known,
        user="Practitioner/1",
        encounter_class="inpatient",
        drafts=[DRAFT],
        selections=["ServiceRequest/draft-1"],
        instance=UUID(int=3),
    )


def understood(call) -> Asked:
    request = read_call(json.dumps(call).encode())
    assert not hasattr(request, "issue")
    asked = understand(request, client_id=UUID(int=1), organization_id=UUID(int=2), now=NOW)  # type: ignore[arg-type]
    assert isinstance(asked, Asked), asked
    return asked


@pytest.mark.parametrize(
    ("hook", "orders"), [("patient-view", 0), ("order-start", 0), ("order-select", 1), ("order-sign", 1)]
)
def test_the_service_understands_each_of_its_calls(hook, orders):
    asked = understood(made(hook))
    assert (asked.hook, len(asked.orders)) == (hook, orders)
    assert (asked.person.name, asked.person.sex, asked.context.encounter_class) == ("王桂兰", Sex.FEMALE, "inpatient")
    assert [one.value for one in asked.person.identifiers] == [NUMBER]


def test_a_patient_without_a_number_is_asked_about_without_one():
    asked = understood(made(known=Known(UUID(int=9), "无名氏", "U", None, None)))
    assert (asked.person.identifiers, asked.person.birth_date) == ((), None)


def test_a_screen_is_shown_the_end_of_the_number_alone():
    call = made()
    shown = without_number(call)
    assert NUMBER not in json.dumps(shown)
    assert shown["prefetch"]["patient"]["identifier"][0]["value"] == "…002X"
    assert call["prefetch"]["patient"]["identifier"][0]["value"] == NUMBER


def test_its_token_is_genuine_for_one_address_and_no_other_key():
    key, other = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    found = tokens.parse(token(key, AUDIENCE, "LA-RM", NOW, "1"))
    assert isinstance(found, tokens.Token)
    mine = tokens.find_key(public_keys(key), found.header)
    others = tokens.find_key(public_keys(other), found.header)
    assert mine is not None
    assert others is not None
    assert tokens.genuine(found, mine)
    assert not tokens.genuine(found, others)
    assert tokens.addressed(found.claims, AUDIENCE)
    assert not tokens.addressed(found.claims, f"{AUDIENCE}/feedback")
    assert tokens.in_time(found.claims, NOW)
    assert found.claims.tenant == "LA-RM"


def test_its_key_is_its_own_and_stays(tmp_path: Path):
    file = tmp_path / "demo" / "key.pem"
    assert read_key(file) is None
    first = create_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert public_keys(create_key(file)) == public_keys(first)


def test_what_it_is_registered_with_has_no_fault():
    keys = public_keys(ec.generate_private_key(ec.SECP384R1()))
    assert faults(Agreement("https://his.longan.example", "演示", "LA-RM", tenant="LA-RM", keys=keys)) == []


def heard(**said) -> Feedback:
    entry = feedback_entry(SampleFeedbackBody(UUID(int=4), **said), NOW.isoformat())
    read = read_feedback(json.dumps({"feedback": [entry]}).encode())
    assert isinstance(read, FeedbackRequest), read
    return read.feedback[0]


def test_the_service_understands_what_it_says_of_a_card():
    yes = heard(outcome="accepted", suggestion=UUID(int=5))
    assert [one.id for one in yes.accepted_suggestions] == [UUID(int=5)]
    no = heard(outcome="overridden", reason_code="R1", reason_system="urn:cn:hr:retest-reason", comment=" 咯血 ")
    assert no.override_reason is not None
    assert no.override_reason.reason is not None
    assert (no.override_reason.reason.code, no.override_reason.user_comment) == ("R1", "咯血")
    assert msgspec.to_builtins(heard(outcome="overridden", comment="其他"))["overrideReason"]["reason"] is None


@pytest.mark.parametrize(
    "said", [{"outcome": "accepted"}, {"outcome": "overridden"}, {"outcome": "overridden", "comment": " "}]
)
def test_nothing_said_of_a_card_is_refused_before_it_is_sent(said):
    with pytest.raises(Invalid):
        feedback_entry(SampleFeedbackBody(UUID(int=4), **said), NOW.isoformat())
