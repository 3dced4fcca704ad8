"""The demo day: consistent with the county, and none of the things a demo must not be."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import msgspec
import pytest
from pydicom.dataset import Dataset

from telemed.demo.county import read as read_county
from telemed.demo.phantom import CHINA
from telemed.demo.sources import FILES, faulty, images
from telemed.demo.studies import Study, read, worked_back
from telemed.patients.identifiers import Identifier, national_id
from telemed.patients.names import search_key
from telemed.reading.service.rule_book import read_rules

NOW = datetime(2026, 11, 23, 15, 42, 10, tzinfo=CHINA)
DAY = read()
CALENDAR = read_rules().at(NOW).calendar
GRADED = [one for one in DAY.studies if one.grade]
#: Starts of the demo at the oddest moments: at night, on a Sunday, on a Monday morning, after a holiday.
STARTS = [
    NOW,
    datetime(2026, 11, 24, 3, 30, tzinfo=CHINA),
    datetime(2026, 11, 22, 20, 0, tzinfo=CHINA),
    datetime(2026, 11, 23, 8, 1, tzinfo=CHINA),
    datetime(2026, 10, 5, 8, 1, tzinfo=CHINA),
]


def made(study: Study) -> list[Dataset]:
    at = study.acquired_at(NOW, CALENDAR)
    return list(images(study, study.subject(), study.examination(at, "卫生院", "A1")))


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
    kinds = Counter(one.image for one in DAY.studies)
    assert (kinds["dr-chest"] + kinds["dr-knee"] + kinds["dr-lumbar"]) * 2 > len(DAY.studies)
    assert min(kinds["dr-knee"], kinds["dr-lumbar"]) >= 10
    assert {one.device for one in DAY.studies if one.image.startswith("ct-")} <= {"QS_CT1", "LH_CT1"}
    assert {one.device for one in DAY.studies if one.image.startswith("mr-")} == {"RM_MR1"}


@pytest.mark.parametrize("now", STARTS, ids=str)
def test_times_are_spread_lie_in_the_past_and_near_enough_for_their_requests(now):
    times = [study.acquired_at(now, CALENDAR) for study in DAY.studies]
    assert len(set(times)) == len(times)
    assert max(times) < now
    assert len({moment.hour for moment in times}) >= 4
    ages = [now - at for at, one in zip(times, DAY.studies, strict=True) if not one.prior]
    assert max(ages) < timedelta(hours=71, minutes=31)


@pytest.mark.parametrize("now", STARTS[:4], ids=str)
def test_who_is_no_emergency_is_examined_in_working_hours(now):
    for study in DAY.studies:
        assert study.emergency or CALENDAR.is_open(study.acquired_at(now, CALENDAR)), study.key


def test_working_time_is_counted_back_over_lunch_night_and_sunday():
    monday = datetime(2026, 11, 23, 13, 30, tzinfo=CHINA)
    assert worked_back(CALENDAR, monday, timedelta(minutes=30)) == monday.replace(hour=13, minute=0)
    assert worked_back(CALENDAR, monday, timedelta(minutes=31)) == monday.replace(hour=11, minute=59)
    saturday = datetime(2026, 11, 21, 11, 0, tzinfo=CHINA)
    assert worked_back(CALENDAR, monday, timedelta(minutes=30 + 240 + 60)) == saturday


def test_films_are_graded_about_as_in_a_real_county_and_a_poor_grade_says_why():
    shares = {grade: count / len(GRADED) for grade, count in Counter(one.grade for one in GRADED).items()}
    assert len(GRADED) >= 60
    for grade, share in {"A": 0.62, "B": 0.30, "C": 0.07, "reject": 0.01}.items():
        assert shares[grade] == pytest.approx(share, abs=0.03), grade
    assert all(one.grade_reasons for one in GRADED if one.grade in {"C", "reject"})


def test_two_are_to_be_recalled_and_checkups_wait_in_their_own_queue():
    assert [one.upto for one in DAY.studies].count("retake") == 2
    assert len([one for one in DAY.studies if one.encounter == "checkup" and one.upto == "pushed"]) == 3
    assert sorted(one.kind for one in DAY.faults) == ["same-uid", "truncated", "two-patients"]


def test_a_few_wait_longer_than_they_may():
    waiting = [one for one in DAY.studies if one.upto in {"pushed", "claimed", "submitted"} and one.registered]
    late = [one for one in waiting if one.encounter != "checkup" and one.image.startswith("dr-") and one.ago > 130]
    late += [one for one in waiting if one.priority == "urgent" and one.ago > 70]
    assert 2 <= len(late) <= 4


def test_everybody_has_a_number_of_their_own_and_is_of_the_age_that_is_examined():
    numbers = {one.patient.number: one.patient.name for one in DAY.studies}
    assert len(numbers) == len(DAY.studies) - 1  # the prior is of somebody examined again
    ages = [NOW.year - one.patient.born.year for one in DAY.studies]
    assert min(ages) >= 55
    assert max(ages) <= 81


@pytest.mark.parametrize("kind", ["dr-knee", "dr-lumbar"])
def test_films_of_bones_come_in_two_views_of_the_side_that_was_asked_for(kind):
    study = msgspec.structs.replace(next(one for one in DAY.studies if one.image == kind), rows=200)
    front, side = made(study)
    assert (front.ViewPosition, side.ViewPosition) == ("AP", "LL")
    assert front.SeriesInstanceUID != side.SeriesInstanceUID
    assert {one.ImageLaterality for one in (front, side)} == {study.laterality}
    assert front.BodyPartExamined == {"dr-knee": "KNEE", "dr-lumbar": "LSPINE"}[kind]


def test_one_film_says_the_other_side_and_goes_back_for_it():
    (wrong,) = (one for one in DAY.studies if one.marked)
    film = made(msgspec.structs.replace(wrong, rows=200))[0]
    assert (wrong.laterality, film.ImageLaterality, wrong.upto) == ("L", "R", "retake")


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
