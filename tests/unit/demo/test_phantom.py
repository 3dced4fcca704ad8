"""The phantom: what a test or a radiologist relies on in it."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from telemed.demo.phantom import (
    CHINA,
    Examination,
    Subject,
    ct_series,
    dr_chest,
    dr_knee,
    dr_lumbar,
    nodule_on_slice,
    uid,
)

SLICES, SIZE = 20, 256


@pytest.fixture(scope="module")
def series() -> list[Dataset]:
    return list(ct_series(slices=SLICES, size=SIZE))


def hounsfield(data: Dataset) -> np.ndarray:
    return data.pixel_array.astype(np.int32) + int(data.RescaleIntercept)


def bytes_of(data: Dataset) -> bytes:
    buffer = BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_the_same_request_gives_the_same_bytes():
    first, again = (next(ct_series(slices=SLICES, size=64)) for _ in range(2))
    assert bytes_of(first) == bytes_of(again)


def test_another_examination_of_the_same_person_has_other_uids_and_other_noise():
    first = next(ct_series(Subject(), Examination(key="a"), slices=SLICES, size=64))
    second = next(ct_series(Subject(), Examination(key="b"), slices=SLICES, size=64))
    assert first.StudyInstanceUID != second.StudyInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.PixelData != second.PixelData


def test_sections_are_contiguous_and_share_one_frame_of_reference(series):
    heights = [float(one.ImagePositionPatient[2]) for one in series]
    assert {round(above - below, 3) for above, below in pairwise(heights)} == {round(300 / SLICES, 3)}
    assert len({one.FrameOfReferenceUID for one in series}) == 1
    assert len({one.SOPInstanceUID for one in series}) == SLICES
    assert [int(one.InstanceNumber) for one in series] == list(range(1, SLICES + 1))


def test_organs_have_the_density_a_reader_expects(series):
    index, column, row = nodule_on_slice(SLICES, SIZE)
    lung = hounsfield(series[index])[int(row) - 30 : int(row) - 20, int(column) - 10 : int(column)]
    assert -900 < np.median(lung) < -780
    liver = hounsfield(series[-1])
    at = int((-70 + 190) / 380 * SIZE), int((0 - 14 + 190) / 380 * SIZE)
    assert 45 < np.median(liver[at[1] - 4 : at[1] + 4, at[0] - 4 : at[0] + 4]) < 70
    assert hounsfield(series[0]).max() > 500


@pytest.mark.parametrize("diameter", [8.0, 12.0])
def test_the_nodule_measures_what_it_is_said_to_measure(diameter):
    slices, size = 100, 512
    index, column, row = nodule_on_slice(slices, size)
    sections = ct_series(slices=slices, size=size, nodule=diameter)
    data = next(one for number, one in enumerate(sections) if number == index)
    around = hounsfield(data)[int(row) - 12 : int(row) + 13, int(column) - 12 : int(column) + 13]
    area = np.count_nonzero(around > -400) * float(data.PixelSpacing[0]) ** 2
    assert area == pytest.approx(np.pi * diameter**2 / 4, rel=0.12)


def test_without_a_nodule_there_is_lung_in_its_place():
    index, column, row = nodule_on_slice(SLICES, SIZE)
    data = next(one for number, one in enumerate(ct_series(slices=SLICES, size=SIZE, nodule=0)) if number == index)
    assert hounsfield(data)[round(row), round(column)] < -700


@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030"])
def test_chinese_names_survive_the_file(charset):
    subject = Subject(name="Meng^Shuzhen=孟^淑珍", charset=charset)
    read = dcmread(BytesIO(bytes_of(next(ct_series(subject, slices=SLICES, size=64)))))
    assert str(read.PatientName) == "Meng^Shuzhen=孟^淑珍"
    assert read.InstitutionName == Examination().institution


def test_the_film_is_twelve_bits_and_bones_are_brighter_than_lung():
    data = dr_chest(Subject(sex="M", birth_date=date(1961, 5, 2)), rows=500, columns=410)
    pixels = data.pixel_array
    assert pixels.shape == (500, 410)
    assert pixels.max() <= 4095
    assert data.PhotometricInterpretation == "MONOCHROME2"
    spine, lung = pixels[300:340, 200:210].mean(), pixels[240:300, 90:130].mean()
    assert spine > lung * 1.3


def test_the_film_measures_what_the_body_measures():
    """From one lumbar vertebra to the next it is 36 mm, on the film as in the body."""
    film = next(dr_lumbar(Subject(), Examination(), rows=660))
    middle = film.pixel_array[:, 240:275].astype(float).mean(axis=1)[220:480]
    middle -= np.convolve(np.pad(middle, 60, mode="edge"), np.ones(121) / 121, mode="valid")
    shifts = range(40, 110)
    best = max(shifts, key=lambda shift: float(np.corrcoef(middle[:-shift], middle[shift:])[0, 1]))
    assert best * float(film.PixelSpacing[0]) == pytest.approx(36 * scale_of(film), rel=0.06)


def scale_of(film: Dataset) -> float:
    """How much larger than the body its owner is: the film's millimetres are the body's for those who are smaller."""
    return float(film.PixelSpacing[0]) * film.Rows / 330


@pytest.mark.parametrize("side", ["L", "R"])
def test_a_knee_film_shows_the_fibula_on_the_outer_side_and_the_letter_of_its_side(side):
    film = next(dr_knee(Subject(), Examination(), side, rows=500)).pixel_array.astype(float)
    below = film[470:495]
    middle = film.shape[1] // 2
    left, right = below[:, middle - 95 : middle - 40].max(), below[:, middle + 40 : middle + 95].max()
    assert (left > right) == (side == "R")  # the outer side of the right knee is on the left of the film
    corner = film[20:70, 10:75] if side == "R" else film[20:70, -75:-10]
    assert corner.max() == pytest.approx(4050)


def test_the_same_person_has_the_same_film():
    first, again = (list(dr_knee(Subject(), Examination(), "L", rows=120)) for _ in range(2))
    assert [bytes_of(one) for one in first] == [bytes_of(one) for one in again]


def test_age_follows_the_day_of_the_examination():
    subject = Subject(birth_date=date(1956, 11, 23))
    ages = [
        next(ct_series(subject, Examination(at=datetime(2026, 11, day, 9, tzinfo=CHINA)), slices=1, size=64)).PatientAge
        for day in (22, 23)
    ]
    assert ages == ["069Y", "070Y"]


def test_uids_are_valid_and_differ_by_every_part():
    assert uid("a", 1) != uid("a", 2)
    assert uid("a", 1).startswith("2.25.")
    assert len(uid("a", 1)) <= 64
