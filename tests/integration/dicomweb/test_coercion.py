"""A matched study shows the registration's values where they differ, and says so; every other byte stays."""

import io
from datetime import date
from uuid import uuid4

import pydicom
import pytest

from telemed.demo.phantom import Examination, Subject, ct_series

from .conftest import data_set_bytes, file_bytes
from .test_retrieve import ANY, multipart, url_of


def instance(**about):
    (data,) = ct_series(
        Subject(birth_date=date(1956, 3, 14), sex="F", **about),
        Examination(key="coerced", accession_number="A1"),
        slices=1,
        size=32,
    )
    return data


async def match(shelf, data, *, name="孟淑珍", sex="F", born=date(1956, 3, 14), accession="A1", state="sure"):
    organization = await shelf.organization("xinglong")
    async with shelf.pool.transaction() as tx:
        cursor = await tx.execute(
            "insert into patient (organization_id, name, name_search, name_pinyin, sex, birth_date)"
            " values (%s, %s, %s, '', %s, %s) returning id",
            (organization, name, name, sex, born),
        )
        (patient,) = await cursor.fetchone()
        cursor = await tx.execute(
            "insert into service_request (submission_id, organization_id, accession_number, patient_id, visit_id,"
            " modality, item, body_site, laterality, encounter_class, priority, registered_at)"
            " values (%s, %s, %s, %s, %s, 'CT', 'CT', '胸部', 'U', 'outpatient', 'routine', now()) returning id",
            (uuid4(), organization, accession, patient, uuid4()),
        )
        (request,) = await cursor.fetchone()
        await tx.execute(
            "update imaging_study set patient_id = %s, service_request_id = %s, match_state = %s"
            " where study_instance_uid = %s",
            (patient, request, state, data.StudyInstanceUID),
        )


async def out(client, data):
    ((_, content),) = await multipart(client, url_of(data), ANY)
    return pydicom.dcmread(io.BytesIO(content)), content


async def test_a_study_that_agrees_goes_out_byte_for_byte(client, shelf):
    data = instance(name="Meng^Shuzhen=孟^淑珍", charset="GB18030")
    await shelf.put(data)
    await match(shelf, data)
    _, content = await out(client, data)
    assert content.endswith(data_set_bytes(data))


@pytest.mark.parametrize("charset", ["GB18030", "ISO_IR 192"])
async def test_what_differs_is_replaced_and_recorded(client, shelf, charset):
    data = instance(name="MENG^SHUZEN", charset=charset)
    await shelf.put(data)
    await match(shelf, data, accession="A2", state="confirmed")
    read, _ = await out(client, data)
    assert str(read.PatientName) == "孟淑珍"
    assert read.AccessionNumber == "A2"
    assert read.PatientID == data.PatientID
    (record,) = read.OriginalAttributesSequence
    (before,) = record.ModifiedAttributesSequence
    assert str(before.PatientName) == "MENG^SHUZEN"
    assert before.AccessionNumber == "A1"
    assert record.ReasonForTheAttributeModification == "COERCE"
    assert read.PixelData == data.PixelData
    untouched = [one for one in read if one.keyword not in ("PatientName", "AccessionNumber", "SpecificCharacterSet")]
    assert all(data.get(one.tag) == one for one in untouched if one.keyword != "OriginalAttributesSequence")
    (shown,) = await (await client.get(f"{url_of(data)}/metadata")).json(content_type=None)
    assert shown["00100010"]["Value"] == [{"Alphabetic": "孟淑珍"}]
    assert shown["04000561"]["Value"][0]["04000550"]["Value"][0]["00080050"]["Value"] == ["A1"]
    assert shown["7FE00010"]["BulkDataURI"].startswith("http")


async def test_metadata_kept_before_a_match_follows_it_and_its_change(client, shelf):
    data = instance(name="MENG^SHUZEN")
    await shelf.put(data)

    async def shown():
        (found,) = await (await client.get(f"{url_of(data)}/metadata")).json(content_type=None)
        return found["00100010"]["Value"][0]["Alphabetic"], found["00080050"]["Value"][0], "04000561" in found

    assert await shown() == ("MENG^SHUZEN", "A1", False)
    await match(shelf, data, accession="A2")
    assert await shown() == ("孟淑珍", "A2", True)
    async with shelf.pool.transaction() as tx:
        await tx.execute("update imaging_study set match_state = 'doubtful'")
    assert await shown() == ("MENG^SHUZEN", "A1", False)


@pytest.mark.parametrize("state", ["doubtful"])
async def test_a_doubtful_match_replaces_nothing(client, shelf, state):
    data = instance(name="MENG^SHUZEN")
    await shelf.put(data)
    await match(shelf, data, accession="A2", state=state)
    _, content = await out(client, data)
    assert content.endswith(data_set_bytes(data))


async def split_off(shelf, data, uid: str, series: str) -> None:
    """The study of an instance was split off another, whose UIDs its bytes say."""
    async with shelf.pool.transaction() as tx:
        cursor = await tx.execute(
            "insert into imaging_study (study_instance_uid, organization_id, first_received_at, last_received_at)"
            " values ('2.25.99', %s, now(), now()) returning id",
            (await shelf.organization("xinglong"),),
        )
        (origin,) = await cursor.fetchone()
        await tx.execute(
            "update imaging_study set study_instance_uid = %s, split_from_id = %s, split_at = now()"
            " where study_instance_uid = %s",
            (uid, origin, data.StudyInstanceUID),
        )
        await tx.execute(
            "update imaging_series set series_instance_uid = %s where series_instance_uid = %s",
            (series, data.SeriesInstanceUID),
        )


@pytest.mark.parametrize("charset", ["GB18030", "ISO_IR 192", "ISO_IR 100"])
async def test_a_study_that_was_split_off_goes_out_under_its_own_uids(client, shelf, charset):
    data = instance(name="MÜLLER^JOSÉ" if charset == "ISO_IR 100" else "孟^淑珍", charset=charset)
    for element in data if charset == "ISO_IR 100" else ():
        if (
            element.VR in ("LO", "SH", "PN", "ST", "LT")
            and element.keyword != "PatientName"
            and not str(element.value).isascii()
        ):
            element.value = "ORT"
    came = (data.StudyInstanceUID, data.SeriesInstanceUID)
    await shelf.put(data)
    await split_off(shelf, data, "2.25.7", "2.25.8")
    url = f"/dicom-web/studies/2.25.7/series/2.25.8/instances/{data.SOPInstanceUID}"
    ((_, content),) = await multipart(client, url, ANY)
    read = pydicom.dcmread(io.BytesIO(content))
    assert (read.StudyInstanceUID, read.SeriesInstanceUID) == ("2.25.7", "2.25.8")
    (record,) = read.OriginalAttributesSequence
    (before,) = record.ModifiedAttributesSequence
    assert (before.StudyInstanceUID, before.SeriesInstanceUID) == came
    changed = ("StudyInstanceUID", "SeriesInstanceUID", "OriginalAttributesSequence", "SpecificCharacterSet")
    stored = pydicom.dcmread(io.BytesIO(file_bytes(data)))
    assert all(stored.get(one.tag) == one for one in read if one.keyword not in changed)
    assert str(read.PatientName) == str(data.PatientName)
    (shown,) = await (await client.get(f"{url}/metadata")).json(content_type=None)
    assert shown["0020000D"]["Value"] == ["2.25.7"]
    assert shown["0020000E"]["Value"] == ["2.25.8"]
    (row,) = await (await client.get("/dicom-web/studies?StudyInstanceUID=2.25.7")).json(content_type=None)
    assert row["0020000D"]["Value"] == ["2.25.7"]
    assert (await client.get(f"/dicom-web/studies/{came[0]}/metadata")).status == 404
