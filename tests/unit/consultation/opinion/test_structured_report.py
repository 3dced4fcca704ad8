"""Marks of a room as TID 1500, read back by pydicom, highdicom and DCMTK."""

import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pydicom
import pytest
from highdicom.sr import ComprehensiveSR, srread
from pydicom.uid import (
    ComprehensiveSRStorage,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    EnhancedCTImageStorage,
)

from telemed.consultation.opinion.structured_report import (
    Mark,
    MarkedImage,
    MarkedPatient,
    MarkedStudy,
    Quantity,
    Report,
    Shape,
    Value,
    measurement_report,
)

ROOT = "1.2.826.0.1.3680043.8.498"
PATIENT = MarkedPatient("P0001", "WANG^GUILAN=王^桂兰", "19530102", "F")
STUDY = MarkedStudy(f"{ROOT}.1", "S1", "LH20261126012", "20261126", "091200", "ZHAO^GUOJUN=赵^国军")
AT = datetime(2026, 11, 27, 14, 5, 33, tzinfo=ZoneInfo("Asia/Shanghai"))
REPORT = Report(f"{ROOT}.9", f"{ROOT}.9.1", 901, "MENG^SHUZHEN=孟^淑珍", "龙安县第一人民医院（演示）", AT)
CT = MarkedImage(STUDY.uid, f"{ROOT}.1.2", CTImageStorage, f"{ROOT}.1.2.7", None)
ENHANCED = MarkedImage(STUDY.uid, f"{ROOT}.1.3", EnhancedCTImageStorage, f"{ROOT}.1.3.1", 41)
PRIOR = MarkedImage(f"{ROOT}.5", f"{ROOT}.5.1", DigitalXRayImageStorageForPresentation, f"{ROOT}.5.1.1", None)
LENGTH = Mark(
    f"{ROOT}.8.1",
    "左肺上叶结节 长径",
    CT,
    Shape.POLYLINE,
    ((100_500, 200_250), (110_125, 204_000)),
    (Value(Quantity.LENGTH, "8.30", "mm"),),
)
REGION = Mark(
    f"{ROOT}.8.2",
    "结节密度",
    ENHANCED,
    Shape.ELLIPSE,
    ((10_000, 20_000), (30_000, 20_000), (20_000, 15_000), (20_000, 25_000)),
    (Value(Quantity.AREA, "52.1", "mm2"), Value(Quantity.DENSITY, "-612", "[hnsf'U]")),
)
POLYGON = Mark(f"{ROOT}.8.3", "范围", CT, Shape.POLYGON, ((0, 0), (9000, 0), (0, 9000)))
POINT = Mark(f"{ROOT}.8.4", "<b>注意</b> 此处", PRIOR, Shape.POINT, ((512_000, 640_500),))
ANGLE = Mark(
    f"{ROOT}.8.5",
    "Cobb 角",
    PRIOR,
    Shape.POLYLINE,
    ((0, 0), (1000, 1000), (0, 2000)),
    (Value(Quantity.ANGLE, "12.5", "deg"),),
)
MARKS = (LENGTH, REGION, POLYGON, POINT, ANGLE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    measurement_report(PATIENT, STUDY, MARKS, REPORT).save_as(tmp_path / "sr.dcm")
    return tmp_path / "sr.dcm"


def test_the_report_belongs_to_the_study_and_names_its_images(path: Path) -> None:
    read = pydicom.dcmread(path)
    assert read.SOPClassUID == ComprehensiveSRStorage
    assert (read.StudyInstanceUID, read.SeriesInstanceUID, read.SOPInstanceUID) == (
        STUDY.uid,
        REPORT.series_uid,
        REPORT.sop_uid,
    )
    assert (read.PatientName, read.AccessionNumber, read.Modality) == (PATIENT.name, "LH20261126012", "SR")
    assert (read.ContentDate, read.ContentTime, read.TimezoneOffsetFromUTC) == ("20261127", "140533", "+0800")
    assert (read.CompletionFlag, read.PreliminaryFlag, read.VerificationFlag) == (
        "COMPLETE",
        "PRELIMINARY",
        "UNVERIFIED",
    )
    assert read.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    ours, others = (
        {
            (study.StudyInstanceUID, item.ReferencedSOPInstanceUID)
            for study in sequence
            for series in study.ReferencedSeriesSequence
            for item in series.ReferencedSOPSequence
        }
        for sequence in (read.CurrentRequestedProcedureEvidenceSequence, read.PertinentOtherEvidenceSequence)
    )
    assert ours == {(STUDY.uid, CT.sop_uid), (STUDY.uid, ENHANCED.sop_uid)}
    assert others == {(PRIOR.study_uid, PRIOR.sop_uid)}


def test_every_mark_comes_back_with_its_label_and_numbers_as_they_were_shown(path: Path) -> None:
    read = srread(path)
    assert isinstance(read, ComprehensiveSR)
    groups = {
        **{one.tracking_uid: one for one in read.content.get_planar_roi_measurement_groups()},
        **{one.tracking_uid: one for one in read.content.get_image_measurement_groups()},
    }
    assert {uid: group.tracking_identifier for uid, group in groups.items()} == {
        mark.tracking_uid: mark.label for mark in MARKS
    }
    assert numbers(pydicom.dcmread(path)) == [(one.number, one.unit) for mark in MARKS for one in mark.values]


def numbers(item: pydicom.Dataset) -> list[tuple[str, str]]:
    own = [
        (one.NumericValue.original_string, one.MeasurementUnitsCodeSequence[0].CodeValue)
        for one in item.get("MeasuredValueSequence", [])
    ]
    return own + [one for child in item.get("ContentSequence", []) for one in numbers(child)]


def test_points_are_columns_and_rows_of_the_very_image_and_frame(path: Path) -> None:
    read = srread(path)
    region = next(
        one for one in read.content.get_planar_roi_measurement_groups() if one.tracking_uid == REGION.tracking_uid
    )
    assert region.roi.graphic_type.value == "ELLIPSE"
    assert region.roi.value.tolist() == [[10.0, 20.0], [30.0, 20.0], [20.0, 15.0], [20.0, 25.0]]
    source = region.roi.ContentSequence[0].ReferencedSOPSequence[0]
    assert (source.ReferencedSOPInstanceUID, source.ReferencedFrameNumber) == (ENHANCED.sop_uid, 41)
    coordinates = graphics(pydicom.dcmread(path))
    assert [100.5, 200.25, 110.125, 204.0] in coordinates
    assert [0.0, 0.0, 9.0, 0.0, 0.0, 9.0, 0.0, 0.0] in coordinates  # a polygon is closed


def graphics(item: pydicom.Dataset) -> list[list[float]]:
    own = [[float(one) for one in item.GraphicData]] if "GraphicData" in item else []
    return own + [one for child in item.get("ContentSequence", []) for one in graphics(child)]


def test_another_reader_of_dicom_finds_a_valid_document(path: Path) -> None:
    done = subprocess.run(["dsrdump", str(path)], check=True, capture_output=True, text=True)
    assert "Comprehensive SR Document" in done.stdout
    for said in ("8.30", "左肺上叶结节 长径", "52.1", "孟^淑珍", "<b>注意</b>"):
        assert said in done.stdout
    assert "error" not in done.stderr.lower()


def test_the_same_marks_are_the_same_report(tmp_path: Path) -> None:
    for name in ("a", "b"):
        measurement_report(PATIENT, STUDY, MARKS, REPORT).save_as(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"points": ((0, 0),)},
        {"points": ()},
        {"shape": Shape.ELLIPSE},
        {"label": " "},
        {"label": "x" * 1001},
        {"values": (Value(Quantity.LENGTH, "8,3", "mm"),)},
        {"values": (Value(Quantity.LENGTH, "1e9", "mm"),)},
        {"values": (Value(Quantity.LENGTH, "NaN", "mm"),)},
        {"values": (Value(Quantity.LENGTH, "8.3", "inch"),)},
        {"values": (Value(Quantity.ANGLE, "8.3", "mm"),)},
        {"values": (Value(Quantity.AREA, "8.3", "mm2"),)},
    ],
    ids=[
        "one point of two",
        "no point",
        "two points of four",
        "no label",
        "a label without end",
        "a comma",
        "an exponent",
        "not a number",
        "a unit nobody uses",
        "an angle in millimetres",
        "the area of a line",
    ],
)
def test_what_no_report_could_hold_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace(LENGTH, **changes)


def test_a_report_needs_a_mark_in_its_own_study() -> None:
    for marks in ((), (POINT,)):
        with pytest.raises(ValueError, match="a study that was marked"):
            measurement_report(PATIENT, STUDY, marks, REPORT)
