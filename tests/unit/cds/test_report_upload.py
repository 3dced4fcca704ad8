"""What becomes of an upload after each answer, and the document that is sent."""

import base64
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from fhir.resources.R4B.bundle import Bundle

from telemed.cds.report_upload import LONGEST_PAUSE, MOST_ATTEMPTS, Again, Answer, Dead, Report, Sent, decide, document
from telemed.cds.report_uploading import retry_after

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
REPORT = Report(
    id=UUID(int=1),
    reading_id=UUID(int=6),
    replaces_id=None,
    status="final",
    findings="双肺纹理清晰。",
    impression="未见明显异常。",
    signed_at=NOW,
    performer_name="龙安县第一人民医院",
    author_name="郑医师",
    study_instance_uid="1.2.826.0.1.3680043.8.498.1",
    modalities=["DX"],
    accession_number="A1",
    item="DR 胸部正位",
    organization_code="LA-QS",
    organization_name="青石镇中心卫生院",
    patient_id=UUID(int=2),
    patient_name="王桂兰",
    sex="F",
    birth_date=date(1958, 3, 14),
    number="239999195803140029",
)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299, 409])
def test_what_was_taken_is_sent(status):
    assert decide(Answer(status), 1, NOW, 0.5) == Sent()


@pytest.mark.parametrize("status", [400, 404, 410, 413, 415, 422, 301, 302, 304, 199])
def test_what_will_never_be_taken_is_left_to_a_person_at_once(status):
    assert decide(Answer(status), 1, NOW, 0.5) == Dead(f"refused-{status}")


@pytest.mark.parametrize("status", [None, 401, 403, 408, 423, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_be_taken_later_is_tried_again(status):
    assert isinstance(decide(Answer(status), 1, NOW, 0.5), Again)


def pause(attempts, jitter=1.0, **said):
    found = decide(Answer(503, **said), attempts, NOW, jitter)
    assert isinstance(found, Again)
    return found.at - NOW


def test_pauses_double_up_to_the_longest():
    assert [pause(one) for one in (1, 2, 3, 4)] == [timedelta(minutes=one) for one in (1, 2, 4, 8)]
    assert pause(10) == pause(MOST_ATTEMPTS - 1) == LONGEST_PAUSE


def test_jitter_shortens_a_pause_to_half_at_most():
    assert pause(3, 0.0) == timedelta(minutes=2)
    assert pause(3, 0.5) == timedelta(minutes=3)


def test_a_longer_pause_that_was_asked_for_is_kept_and_one_without_end_is_not():
    assert pause(1, retry_after=600) == timedelta(minutes=10)
    assert pause(4, retry_after=1) == timedelta(minutes=8)
    assert pause(1, retry_after=9_999_999) == timedelta(hours=24)


def test_the_last_attempt_leaves_it_to_a_person_and_the_one_before_does_not():
    assert isinstance(decide(Answer(None), MOST_ATTEMPTS - 1, NOW, 0.5), Again)
    assert decide(Answer(None), MOST_ATTEMPTS, NOW, 0.5) == Dead("tried-too-often")
    assert decide(Answer(200), MOST_ATTEMPTS, NOW, 0.5) == Sent()


@pytest.mark.parametrize(
    ("value", "seconds"), [(None, None), ("120", 120), ("0", 0), ("-1", None), ("", None), ("²", None), ("9" * 9, None)]
)
def test_only_plain_seconds_are_read_of_a_retry_after(value, seconds):
    assert retry_after(value) == seconds


def sent(**changes):
    made = document(msgspec.structs.replace(REPORT, **changes))
    Bundle.model_validate(made)
    return {one["resource"]["resourceType"]: one["resource"] for one in made["entry"]}


def test_the_document_is_fhir_and_says_who_what_and_whose():
    found = sent()
    assert found["Patient"]["identifier"][0]["value"] == "239999195803140029"
    assert found["DiagnosticReport"]["status"] == "final"
    assert [one["value"] for one in found["DiagnosticReport"]["identifier"]] == [
        str(REPORT.reading_id),
        f"urn:uuid:{UUID(int=1)}",
    ]
    text = base64.b64decode(found["DiagnosticReport"]["presentedForm"][0]["data"]).decode()
    assert text == "双肺纹理清晰。\n\n未见明显异常。"
    assert found["ImagingStudy"]["identifier"][0]["value"] == "urn:oid:1.2.826.0.1.3680043.8.498.1"


@pytest.mark.parametrize(
    "changes",
    [
        {"number": ""},
        {"birth_date": None},
        {"sex": "U"},
        {"modalities": []},
        {"accession_number": ""},
        {"item": ""},
        {"performer_name": ""},
        {"findings": "", "impression": "补充"},
    ],
)
def test_what_is_not_known_is_left_out_and_the_document_stays_valid(changes):
    assert set(sent(**changes)) == {"Patient", "ImagingStudy", "DiagnosticReport"}


def test_a_version_names_the_one_it_takes_the_place_of():
    found = sent(status="amended", replaces_id=UUID(int=7))
    assert found["Provenance"]["target"] == [{"reference": f"urn:uuid:{UUID(int=1)}"}]
    (replaced,) = found["Provenance"]["entity"]
    assert (replaced["role"], replaced["what"]["identifier"]["value"]) == ("revision", f"urn:uuid:{UUID(int=7)}")


@pytest.mark.parametrize(("status", "said"), [("amended", "amended"), ("entered-in-error", "entered-in-error")])
def test_an_amended_or_voided_report_says_so(status, said):
    assert sent(status=status)["DiagnosticReport"]["status"] == said
