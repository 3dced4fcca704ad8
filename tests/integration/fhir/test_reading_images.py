"""Studies and the signed reports of readings over FHIR: found, paged, corrected, taken back, outside of the scope."""

from __future__ import annotations

import base64
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.integration.fhir.conftest import HERE, THERE, County
from tests.unit.fhir.rows import valid


@pytest.fixture
async def patient(county: County) -> UUID:
    number = uuid4()
    await county.write(
        "insert into patient (id, organization_id, name, name_search, name_pinyin, sex)"
        " values (%s, %s, %s, %s, '', 'F')",
        number, THERE, "王桂兰", "王桂兰",
    )  # fmt: skip
    await county.write("insert into patient_organization (organization_id, patient_id) values (%s, %s)", THERE, number)
    return number


async def examined(county: County, patient: UUID, uid: str = "1.2.3") -> UUID:
    """A CT of the township with one series."""
    study = uuid4()
    await county.write(
        "insert into imaging_study (id, study_instance_uid, organization_id, accession_number, modalities, description,"
        " acquired_at, patient_id, match_state, first_received_at, last_received_at, series_count, instance_count)"
        " values (%s, %s, %s, 'A1', '{CT}', 'CHEST', %s, %s, 'sure', %s, %s, 1, 40)",
        study, uid, THERE, county.now, patient, county.now, county.now,
    )  # fmt: skip
    await county.write(
        "insert into imaging_series (study_id, series_instance_uid, modality, series_number, instance_count)"
        " values (%s, %s, 'CT', 1, 40)",
        study, f"{uid}.1",
    )  # fmt: skip
    return study


async def signed(county: County, study: UUID, *, withdrawn: bool = False) -> UUID:
    """A reading of it with a final report; withdrawn: the signature was taken back."""
    reading, version, author, verifier = (uuid4() for _ in range(4))
    for number, name in ((author, "周立群"), (verifier, "韩冬梅")):
        await county.write(
            "insert into practitioner (id, organization_id, name) values (%s, %s, %s)", number, HERE, name
        )
    await county.write(
        "insert into reading (id, study_id, organization_id, mode, state, priority, opened_at)"
        " values (%s, %s, %s, 'county-read', 'awaiting-reading', 'routine', %s)",
        reading, study, THERE, county.now,
    )  # fmt: skip
    await county.write(
        "insert into report_version (id, reading_id, number, round, status, technique, findings, impression,"
        " significance, content_sha256, author_id, author_name, author_signed_at, verifier_id, verifier_name,"
        " signed_at, performer_name, instance_count) values (%s, %s, 1, 1, 'final', '平扫', '双肺纹理清晰。',"
        " '双肺未见明显异常。', 'none', %s, %s, '周立群', %s, %s, '韩冬梅', %s, '县医院', 40)",
        version, reading, bytes(32), author, county.now, verifier, county.now,
    )  # fmt: skip
    if withdrawn:
        await county.write(
            "insert into report_withdrawal values (%s, %s, %s, '写错侧别')", version, verifier, county.now
        )
    else:
        await county.write(
            "update reading set state = 'signed', current_version_id = %s where id = %s", version, reading
        )
    return reading


async def organization_of(county, study):
    async with county.pool.connection() as connection:
        rows = await connection.execute("select organization_id from imaging_study where id = %s", (study,))
        return (await rows.fetchone())[0]


async def test_a_study_is_found_by_patient_uid_accession_and_day(county, patient, reader):
    study = await examined(county, patient)
    for asked in (
        f"patient={patient}",
        "identifier=urn:oid:1.2.3",
        "identifier=urn:dicom:uid|urn:oid:1.2.3",
        "identifier=A1",
        f"identifier=urn:cn:county:accession-number:{await organization_of(county, study)}|A1",
        f"patient={patient}&started=2026-11-23",
    ):
        found = await reader.get(f"ImagingStudy?{asked}")
        assert [one["id"] for one in found.resources] == [str(study)], asked
        valid(found.body)
    one = found.resources[0]
    assert one["contained"][0]["address"].endswith("/dicom-web")
    assert one["series"][0]["uid"] == "1.2.3.1"
    assert (await reader.get(f"ImagingStudy?patient={patient}&started=lt2026-11-23")).resources == []
    assert (await reader.get("ImagingStudy?identifier=urn:dicom:uid|A1")).resources == []
    for elsewhere in (f":{uuid4()}", ""):
        asked = f"ImagingStudy?identifier=urn:cn:county:accession-number{elsewhere}|A1"
        assert (await reader.get(asked)).resources == []
    assert (await reader.get("ImagingStudy")).status == 400


async def test_the_signed_report_carries_its_conclusion_for_those_who_may_read_reports(
    county, patient, reader, auditor
):
    reading = await signed(county, await examined(county, patient))
    found = await reader.get(f"DiagnosticReport?patient={patient}&category=CT")
    (one,) = found.resources
    valid(found.body)
    assert (one["id"], one["status"], one["conclusion"]) == (str(reading), "final", "双肺未见明显异常。")
    assert base64.b64decode(one["presentedForm"][1]["data"]).decode() == "双肺纹理清晰。"
    assert (await reader.get(f"DiagnosticReport?patient={patient}&category=LAB")).resources == []
    assert (await reader.get(f"DiagnosticReport?patient={patient}&status=preliminary")).resources == []
    assert (await auditor.get(f"DiagnosticReport/{reading}")).status == 403
    signature = (await reader.get(f"Provenance?target=DiagnosticReport/{reading}")).resources
    assert [one["who"]["display"] for one in signature[0]["agent"]] == ["周立群", "韩冬梅"]
    valid(signature[0])


async def test_a_report_whose_signature_was_taken_back_is_gone(county, patient, reader):
    reading = await signed(county, await examined(county, patient), withdrawn=True)
    answer = await reader.get(f"DiagnosticReport/{reading}")
    assert (answer.status, answer.issue["code"]) == (410, "deleted")
    assert (await reader.get(f"DiagnosticReport?patient={patient}")).resources == []
    assert (await reader.get(f"Provenance?target=DiagnosticReport/{reading}")).resources == []


async def test_a_voided_report_says_so_and_nothing_of_what_it_concluded(county, patient, reader):
    reading = await signed(county, await examined(county, patient))
    await county.write("update reading set state = 'void' where id = %s", reading)
    one = (await reader.get(f"DiagnosticReport/{reading}")).body
    assert one["status"] == "entered-in-error"
    assert "conclusion" not in one
    assert (await reader.get(f"DiagnosticReport?patient={patient}&status=entered-in-error")).resources == [one]


async def test_reports_of_laboratories_and_readings_stand_in_one_order_over_pages(glucose, county, reader):
    for number in range(3):
        study = await examined(county, UUID(glucose), f"1.2.{number + 10}")
        reading = await signed(county, study)
        assert reading
        county.now += timedelta(minutes=1)
    path, seen = f"DiagnosticReport?patient={glucose}&_count=1", []
    while path:
        page = await reader.get(path)
        assert page.status == 200, page.body
        seen += [one["issued"] for one in page.resources]
        following = [one["url"] for one in page.body["link"] if one["relation"] == "next"]
        path = following[0].partition("/fhir/R4/")[2] if following else ""
    assert len(seen) == 4
    assert seen == sorted(seen, reverse=True)


async def test_a_registration_is_found_by_its_patient(county, patient, township, reader):
    request = uuid4()
    await county.write(
        "insert into service_request (id, submission_id, organization_id, accession_number, patient_id, visit_id,"
        " modality, item, body_site, laterality, encounter_class, priority, registered_at)"
        " values (%s, %s, %s, 'A1', %s, %s, 'CT', '胸部CT', '胸部', 'L', 'outpatient', 'routine', %s)",
        request, uuid4(), THERE, patient, uuid4(), county.now,
    )  # fmt: skip
    for who in (township, reader):
        found = await who.get(f"ServiceRequest?patient={patient}")
        assert [one["id"] for one in found.resources] == [str(request)]
        valid(found.body)
    assert (await township.get(f"ServiceRequest/{request}")).body["status"] == "active"


async def test_a_hospital_outside_the_scope_finds_neither_images_nor_reports(county, patient, his):
    reading = await signed(county, await examined(county, patient))
    assert (await his.get(f"ImagingStudy?patient={patient}")).resources == []
    assert (await his.get("ImagingStudy?identifier=A1")).resources == []
    assert (await his.get(f"DiagnosticReport/{reading}")).status == 404
    assert (await his.get(f"Provenance?target=DiagnosticReport/{reading}")).resources == []
