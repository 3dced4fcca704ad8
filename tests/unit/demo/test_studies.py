"""The demo day: consistent with the county, and none of the things a demo must not be."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from pydicom.dataset import Dataset

from telemed.demo.county import read as read_county
from telemed.demo.phantom import CHINA
from telemed.demo.sources import FILES, faulty, images
from telemed.demo.studies import Study, read
from telemed.patients.identifiers import Identifier, national_id
from telemed.patients.names import search_key

NOW = datetime(2026, 11, 23, 15, 42, 10, tzinfo=CHINA)
DAY = read()


def made(study: Study) -> list[Dataset]:
    return list(images(study.image, study.subject(), study.examination(NOW, "卫生院", "A1"), nodule=study.nodule))


@pytest.mark.parametrize("study", DAY.studies, ids=lambda one: one.key)
def test_identity_numbers_are_whole_and_say_what_the_patient_is(study):
    number = national_id(study.patient.number)
    assert isinstance(number, Identifier)
    assert number.value.startswith("239999")
    assert number.birth_date == study.patient.born
    assert number.sex == study.patient.sex


def test_the_first_patient_has_the_number_of_the_practice_page():
    assert DAY.studies[0].patient.number == "239999195603140024"


def test_every_device_stands_in_the_county():
    known = {device.ae_title for device in read_county().devices}
    assert {study.device for study in DAY.studies} | {fault.device for fault in DAY.faults} <= known


def test_three_people_of_one_name_live_in_one_village():
    people = {study.patient.number: study.patient for study in DAY.studies}.values()
    assert Counter((one.name, one.village) for one in people).most_common(1) == [(("王桂兰", "青石村"), 3)]
    assert any("䶮" in one.name for one in people)
    assert not any(search_key(one.name) in ("张三", "李四") for one in people)


def test_more_than_half_are_radiographs_and_ct_comes_from_central_hospitals_only():
    radiographs = [one for one in DAY.studies if one.image.startswith(("dr-", "cr-"))]
    assert len(radiographs) * 2 > len(DAY.studies)
    assert {one.device for one in DAY.studies if one.image.startswith("ct-")} <= {"QS_CT1", "LH_CT1"}
    assert {one.device for one in DAY.studies if one.image.startswith("mr-")} == {"RM_MR1"}


def test_times_are_spread_and_lie_in_the_past():
    times = [study.acquired_at(NOW) for study in DAY.studies]
    assert len(set(times)) == len(times)
    assert max(times) < NOW
    assert len({moment.hour for moment in times}) >= 4


def test_who_writes_is_not_who_verifies_and_texts_are_there_where_they_are_needed():
    for study in DAY.studies:
        if study.upto in {"signed", "viewed", "printed"}:
            assert study.verifier not in {"", study.author}
        if study.upto in {"submitted", "signed", "viewed", "printed"}:
            assert study.findings
            assert study.impression
            assert "正常" not in study.impression
        if study.upto in {"retake", "information"}:
            assert study.note


def test_the_prior_shows_the_smaller_nodule_of_the_same_person():
    prior, now = DAY.studies[:2]
    assert prior.prior
    assert prior.patient == now.patient
    assert 0 < prior.nodule < now.nodule
    assert prior.subject() == now.subject()


@pytest.mark.parametrize("image", FILES)
def test_test_images_carry_the_demo_patient_and_nobody_else(image):
    study = next(one for one in DAY.studies if one.image == image)
    for data in made(study):
        assert str(data.PatientName) == study.patient.dicom_name
        assert data.StudyInstanceUID == study.uid
        assert data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID
        assert data.SOPInstanceUID.startswith("2.25.")
        assert data.StudyDate == "20261123"
        assert data.Modality == image[:2].upper()
        assert "PixelData" in data
        assert data.InstitutionName == "卫生院"
        assert "OperatorsName" not in data


def test_bad_data_is_bad_in_the_way_it_says():
    for fault in DAY.faults:
        study = DAY.studies[0]
        sent = faulty(fault, study.subject(), study.examination(NOW, "", ""))
        match fault.kind:
            case "truncated":
                assert len(sent[0].PixelData) < sent[0].Rows * sent[0].Columns * 2
            case "same-uid":
                assert sent[0].SOPInstanceUID == sent[1].SOPInstanceUID
                assert sent[0].PixelData != sent[1].PixelData
            case "two-patients":
                assert sent[0].StudyInstanceUID == sent[1].StudyInstanceUID
                assert sent[0].PatientID != sent[1].PatientID
