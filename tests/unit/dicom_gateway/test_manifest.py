"""A manifest as a foreign reader sees it: pydicom, and DCMTK's own reading of structured documents."""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime

import pydicom
import pytest

from dicom_gateway.manifest import Instance, Own, Study, manifest, series_of

CT, SR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.11"
SERIES = series_of(
    [
        ("1.2.3.1", Instance("1.2.3.1.1", CT, is_image=True)),
        ("1.2.3.2", Instance("1.2.3.2.1", SR, is_image=False)),
        ("1.2.3.1", Instance("1.2.3.1.2", CT, is_image=True)),
    ]
)
STUDY = Study(
    "1.2.3",
    "A1",
    "RM2611230001",
    "胸部 CT 平扫",
    datetime(2026, 11, 23, 0, 30, tzinfo=UTC),
    "王桂兰",
    "239999195603140024",
    "GB 11643",
    date(1956, 3, 14),
    "F",
    "石泉镇卫生院",
    "https://county.example/dicom-web",
    SERIES,
)
#: What dsrdump says of every such document: it knows neither UTF-8 nor the constraints of templates.
CANNOT_CHECK = {
    "W: The VR checker does not support this Specific Character Set: ISO_IR 192",
    "W: Check for template constraints not yet supported",
}
OWN = Own("1.2.9.1", "1.2.9", datetime(2026, 11, 24, 9, 0, tzinfo=UTC))


def dsrdump(path):
    """What DCMTK reads, having complained of nothing."""
    done = subprocess.run(["dsrdump", str(path)], capture_output=True, text=True, check=True)
    assert set(done.stderr.splitlines()) <= CANNOT_CHECK
    return done.stdout


def test_it_names_every_series_and_instance_and_where_to_fetch_them():
    found = pydicom.dcmread(io.BytesIO(manifest(STUDY, OWN)))
    assert found.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.59"
    assert (found.StudyInstanceUID, found.AccessionNumber, str(found.PatientName)) == (
        "1.2.3",
        "RM2611230001",
        "王桂兰",
    )
    assert found.ConceptNameCodeSequence[0].CodeValue == "113030"
    (evidence,) = found.CurrentRequestedProcedureEvidenceSequence
    assert [
        (one.SeriesInstanceUID, [each.ReferencedSOPInstanceUID for each in one.ReferencedSOPSequence])
        for one in evidence.ReferencedSeriesSequence
    ] == [("1.2.3.1", ["1.2.3.1.1", "1.2.3.1.2"]), ("1.2.3.2", ["1.2.3.2.1"])]
    assert evidence.ReferencedSeriesSequence[0].RetrieveURL == (
        "https://county.example/dicom-web/studies/1.2.3/series/1.2.3.1"
    )
    said = [(one.ValueType, one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID) for one in found.ContentSequence]
    assert said == [("IMAGE", "1.2.3.1.1"), ("IMAGE", "1.2.3.1.2"), ("COMPOSITE", "1.2.3.2.1")]


def test_dcmtk_reads_it_as_a_key_object_selection_without_a_complaint(tmp_path):
    path = tmp_path / "manifest.dcm"
    path.write_bytes(manifest(STUDY, OWN))
    said = dsrdump(path)
    assert "Key Object Selection Document" in said
    assert '"Manifest"' in said
    assert said.count("CT image") == 2
    listed = subprocess.run(["dcm2json", str(path)], capture_output=True, text=True, check=True)
    assert json.loads(listed.stdout)["00100010"]["Value"] == [{"Alphabetic": "王桂兰"}]


def test_the_same_study_is_written_to_the_same_bytes():
    assert manifest(STUDY, OWN) == manifest(STUDY, OWN)


@pytest.mark.parametrize(
    "otherwise",
    [{"birth_date": None}, {"sex": "U"}, {"acquired_at": None}, {"patient_issuer": ""}, {"description": ""}],
)
def test_what_is_not_known_is_left_empty_and_still_readable(otherwise, tmp_path):
    path = tmp_path / "manifest.dcm"
    path.write_bytes(manifest(replace(STUDY, **otherwise), OWN))
    assert "Key Object Selection Document" in dsrdump(path)


def test_a_study_without_instances_has_no_manifest():
    with pytest.raises(ValueError, match="nothing"):
        manifest(replace(STUDY, series=()), OWN)
