"""The document and its signature: byte for byte what the two conventions say, and nothing of a patient."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from telemed.outgoing.signing import SENTENCES, Facts, Told, body, headers, signature
from telemed.vocabulary import NoticeKind, Text

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
ID, SUBJECT, EXPERT, PLACE = (UUID(int=n) for n in range(1, 5))
FACTS = Facts(
    id=ID,
    kind=NoticeKind.ASKED,
    subject_kind="consultation",
    subject=SUBJECT,
    told_at=NOW,
    urgency="urgent",
    department="03.04",
    department_text=Text("心血管内科", "Cardiology"),
    organization_id=PLACE,
    organization_code="LA11",
    organization_name="石泉镇卫生院",
    due_at=NOW,
    starts_at=None,
    amount=None,
    path=f"/consultations/{SUBJECT}",
    to=(Told("expert", EXPERT, "0815", "LA01"),),
)


def test_the_signature_is_the_one_of_the_convention():
    """The example of the Standard Webhooks libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_key_signs_while_a_receiver_changes_over():
    content = b"{}"
    made = headers(ID, content, NOW, [b"new" * 8, b"old" * 8])
    assert made["webhook-id"] == str(ID)
    assert made["webhook-timestamp"] == "1795396320"
    expected = [f"v1,{signature(key, str(ID), 1795396320, content)}" for key in (b"new" * 8, b"old" * 8)]
    assert made["webhook-signature"].split() == expected


def test_the_document_is_a_cloudevent_with_what_a_gateway_needs():
    said = json.loads(body(FACTS, "https://county.example", Text("11-23 09:22", "11-23 09:22")))
    assert said == {
        "specversion": "1.0",
        "id": str(ID),
        "source": "https://county.example",
        "type": "telemed.consultation.asked",
        "subject": f"consultation/{SUBJECT}",
        "time": "2026-11-23T01:12:00Z",
        "datacontenttype": "application/json",
        "data": {
            "urgency": "urgent",
            "department": "03.04",
            "institution": {"id": str(PLACE), "code": "LA11", "name": "石泉镇卫生院"},
            "due_at": "2026-11-23T01:12:00Z",
            "starts_at": None,
            "amount": None,
            "link": f"https://county.example/consultations/{SUBJECT}",
            "to": [
                {
                    "role": "expert",
                    "practitioner_id": str(EXPERT),
                    "organization_code": "LA01",
                    "staff_number": "0815",
                }
            ],
            "text": {
                "zh-CN": "急会诊请您接诊：石泉镇卫生院 → 心血管内科，请于 11-23 09:22 前应答。",
                "en": "Urgent consultation asks for you: 石泉镇卫生院 → Cardiology; please answer by 11-23 09:22.",
            },
        },
    }


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_has_a_sentence_in_both_languages_that_can_be_filled(kind: NoticeKind):
    facts = {name: getattr(FACTS, name) for name in FACTS.__struct_fields__} | {"kind": kind, "amount": 2}
    text = json.loads(body(Facts(**facts), "https://county.example", Text("09:22", "09:22")))["data"]["text"]
    assert text["zh-CN"]
    assert text["en"]
    assert "{" not in text["zh-CN"] + text["en"]
    assert text["en"][0] == text["en"][0].upper()
    assert kind in SENTENCES
