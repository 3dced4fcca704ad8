"""Synthetic studies as DICOM data sets: a chest CT series and radiographs of people who never lived.

Deterministic: the same subject, examination and size give the same bytes.  Demo, tests and benchmarks share it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from telemed.demo import projection
from telemed.demo.anatomy import LANDMARKS, Build, Thorax
from telemed.demo.shapes import Field

#: Millimetres covered by a CT series, and the circle that the scanner reconstructs.
COVERAGE, FIELD_OF_VIEW = 300.0, 380.0
TOP_Z, CENTRE_Y = 236.0, 14.0
INTERCEPT = -1024
CHINA = timezone(timedelta(hours=8))
#: Standard deviation of the noise in soft tissue (HU), as a thin-section chest at 120 kV has it.
NOISE = 17.0
IMPLEMENTATION = "2.25.268361817713212951843210977316406511193"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the images are of, as the modality was told."""

    patient_id: str = "LA0000001"
    name: str = "Wang^Guilan=王^桂兰"
    sex: str = "F"
    birth_date: date | None = date(1956, 3, 14)
    issuer: str = ""
    charset: str = "ISO_IR 192"

    @property
    def seed(self) -> int:
        """The body belongs to the person: both dates show the same one."""
        return int.from_bytes(hashlib.sha256(f"{self.patient_id}/{self.sex}".encode()).digest()[:4])


@dataclass(frozen=True, slots=True)
class Examination:
    """One study as the modality labels it; the wall clock of `at` goes into the file."""

    key: str = "1"
    at: datetime = datetime(2026, 11, 22, 9, 41, 8, tzinfo=CHINA)
    accession_number: str = ""
    institution: str = "龙安县(演示)兴隆镇中心卫生院"
    station: str = "CT01"
    description: str = "胸部平扫"
    referring_physician: str = ""
    body_part: str = "CHEST"
    study_uid: str = ""

    @property
    def study(self) -> str:
        return self.study_uid or uid("study", self.key)


def uid(*parts: str | int) -> str:
    """A UID under 2.25 (PS3.5 B.2) that depends on the parts alone."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16])}"


def ct_series(
    subject: Subject | None = None,
    examination: Examination | None = None,
    *,
    slices: int = 200,
    size: int = 512,
    nodule: float = 12.0,
    series_number: int = 2,
) -> Iterator[Dataset]:
    """Axial chest CT from apex to liver, head first, in `slices` contiguous sections of size × size.

    nodule: diameter in millimetres of the one in the right upper lobe, 0 for none.
    """
    subject, examination = subject or Subject(), examination or Examination()
    thorax = Thorax(Build.of(subject.seed, female=subject.sex == "F"), nodule, subject.seed)
    spacing, thickness = FIELD_OF_VIEW / size, COVERAGE / slices
    axis = ((np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(spacing)) - np.float32(FIELD_OF_VIEW / 2)
    grain = _grain(size, subject.seed)
    outside = (axis[np.newaxis, :] ** 2 + axis[:, np.newaxis] ** 2) > (FIELD_OF_VIEW / 2) ** 2
    draw = np.random.default_rng([subject.seed, int.from_bytes(examination.study.encode()[-6:])])
    for index in range(slices):
        z = TOP_Z - (index + 0.5) * thickness
        values = thorax.plane(axis, axis + np.float32(CENTRE_Y), z)
        _couch(values, axis)
        top, left = (int(v) for v in draw.integers(0, len(grain) - size, 2))
        noise = grain[top : top + size, left : left + size]
        values += noise * np.where(values < -950, np.float32(0.45), np.float32(1)) * np.float32(thickness**-0.5 * 1.22)
        stored = np.clip(values - INTERCEPT + np.float32(0.5), 0, 4095).astype(np.uint16)
        stored[outside] = 0
        data = _labelled(
            subject,
            examination,
            sop_class=CTImageStorage,
            modality="CT",
            series_number=series_number,
            number=index + 1,
        )
        data.SeriesDescription = f"Chest {thickness:.1f}mm"
        data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        data.FrameOfReferenceUID = uid(examination.study, "frame")
        data.PositionReferenceIndicator = ""
        data.ImagePositionPatient = [_ds(axis[0]), _ds(axis[0] + CENTRE_Y), _ds(z)]
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.PatientPosition = "HFS"
        data.SliceThickness = _ds(thickness)
        data.SpacingBetweenSlices = _ds(thickness)
        data.SliceLocation = _ds(z)
        data.PixelSpacing = [_ds(spacing), _ds(spacing)]
        data.KVP = "120"
        data.XRayTubeCurrent = "180"
        data.Exposure = "90"
        data.ConvolutionKernel = "B40f"
        data.ReconstructionDiameter = _ds(FIELD_OF_VIEW)
        data.GantryDetectorTilt = "0"
        data.RescaleIntercept = str(INTERCEPT)
        data.RescaleSlope = "1"
        data.RescaleType = "HU"
        data.WindowCenter = ["40", "-600"]
        data.WindowWidth = ["400", "1500"]
        data.WindowCenterWidthExplanation = ["MEDIASTINUM", "LUNG"]
        _pixels(data, stored, bits=12)
        yield data


def dr_chest(
    subject: Subject | None = None,
    examination: Examination | None = None,
    *,
    rows: int = 2500,
    columns: int = 2048,
    nodule: float = 0.0,
    series_number: int = 1,
) -> Dataset:
    """A posteroanterior chest film, 12 bits in 16, bones white."""
    subject, examination = subject or Subject(), examination or Examination(key="dr", station="DR01")
    shadow = projection.chest_shadow(subject.seed % projection.BODIES, nodule, female=subject.sex == "F")
    size = _size(subject)
    shadow = projection.cropped(shadow, projection.CHEST, columns / rows, size, beam="front")
    marker = projection.Marker("L", (0.9, 0.085))
    stored = projection.film(shadow, seed=subject.seed, rows=rows, columns=columns, marker=marker)
    data = _labelled(
        subject,
        examination,
        sop_class=DigitalXRayImageStorageForPresentation,
        modality="DX",
        series_number=series_number,
        number=1,
    )
    _as_film(data, _View(series_number, "Chest PA", "front", "U"), projection.CHEST.height / max(size, 1.0) / rows)
    data.ViewPosition = "PA"
    data.KVP, data.Exposure = "120", "3"
    _pixels(data, stored, bits=12)
    return data


def dr_knee(subject: Subject, examination: Examination, side: Literal["L", "R"], *, rows: int) -> Iterator[Dataset]:
    """A knee from front to back and from the side."""
    shadows = projection.knee_shadows(-1 if side == "R" else 1, subject.seed % projection.BODIES)
    examination = replace(examination, body_part="KNEE")
    region = projection.KNEE
    yield _view(subject, examination, _View(1, "Knee AP", "front", side), shadows, region, rows=rows)
    yield _view(subject, examination, _View(2, "Knee LAT", "side", side), shadows, region, rows=rows)


def dr_lumbar(subject: Subject, examination: Examination, *, rows: int) -> Iterator[Dataset]:
    """A lumbar spine from front to back and from the left."""
    shadows = projection.lumbar_shadows(subject.seed % projection.BODIES)
    examination = replace(examination, body_part="LSPINE")
    region = projection.LUMBAR_SPINE
    yield _view(subject, examination, _View(1, "L-spine AP", "front", "U"), shadows, region, rows=rows)
    yield _view(subject, examination, _View(2, "L-spine LAT", "side", "U"), shadows, region, rows=rows)


def _size(subject: Subject) -> float:
    """How large a person is beside the body that cast the shadow."""
    return 0.96 + 0.012 * (subject.seed // projection.BODIES % 9)


@dataclass(frozen=True, slots=True)
class _View:
    """One film of a study; number: of its series."""

    number: int
    description: str
    beam: projection.Beam
    laterality: str

    @property
    def position(self) -> str:
        return "AP" if self.beam == "front" else "LL"

    @property
    def orientation(self) -> list[str]:
        return ["L" if self.beam == "front" else "P", "F"]


def _view(
    subject: Subject,
    examination: Examination,
    view: _View,
    shadows: Mapping[projection.Beam, Field],
    region: projection.Region,
    *,
    rows: int,
) -> Dataset:
    """A film of a person who is a little larger or smaller than the body that cast the shadow."""
    columns = rows * 39 // 50
    size = _size(subject)
    shadow = projection.cropped(shadows[view.beam], region, columns / rows, size, beam=view.beam)
    # of a trunk the left side is marked, as on the chest; of a limb, which one it is
    right = view.laterality == "R"
    marker = projection.Marker("R" if right else "L", (0.1 if right else 0.9, 0.085))
    stored = projection.film(shadow, seed=subject.seed + view.number, rows=rows, columns=columns, marker=marker)
    data = _labelled(
        subject,
        examination,
        sop_class=DigitalXRayImageStorageForPresentation,
        modality="DX",
        series_number=view.number,
        number=1,
    )
    _as_film(data, view, region.height / max(size, 1.0) / rows)
    data.KVP, data.Exposure = ("80", "20") if region is projection.LUMBAR_SPINE else ("60", "6")
    _pixels(data, stored, bits=12)
    return data


def _as_film(data: Dataset, view: _View, spacing: float) -> None:
    """What the images of a DR have in common. spacing: millimetres per pixel, in the patient."""
    data.SeriesDescription = view.description
    data.ImageType = ["ORIGINAL", "PRIMARY", ""]
    data.PresentationIntentType = "FOR PRESENTATION"
    data.PatientOrientation = view.orientation
    data.ImageLaterality = view.laterality
    data.ViewPosition = view.position
    data.PixelSpacing = [_ds(spacing)] * 2
    data.ImagerPixelSpacing = [_ds(spacing * 1.05)] * 2
    data.PixelSpacingCalibrationType = "GEOMETRY"
    data.PixelIntensityRelationship = "LOG"
    data.PixelIntensityRelationshipSign = 1
    data.RescaleIntercept = "0"
    data.RescaleSlope = "1"
    data.RescaleType = "US"
    data.PresentationLUTShape = "IDENTITY"
    data.LossyImageCompression = "00"
    data.BurnedInAnnotation = "NO"
    data.WindowCenter = "2048"
    data.WindowWidth = "4096"


def nodule_on_slice(slices: int, size: int) -> tuple[int, float, float]:
    """Where the nodule's centre lies: index of the section, column, row (from 0, pixel centres)."""
    x, y, z = LANDMARKS.nodule_centre
    spacing, thickness = FIELD_OF_VIEW / size, COVERAGE / slices
    half = FIELD_OF_VIEW / 2
    return int((TOP_Z - z) / thickness), (x + half) / spacing - 0.5, (y - CENTRE_Y + half) / spacing - 0.5


def _grain(size: int, seed: int) -> Field:
    """Noise with the short correlation a reconstruction kernel leaves, in a field larger than one section."""
    raw = np.random.default_rng(seed).standard_normal((size + 130, size + 130), dtype=np.float32)
    soft = 0.25 * raw[:-2] + 0.5 * raw[1:-1] + 0.25 * raw[2:]
    soft = 0.25 * soft[:, :-2] + 0.5 * soft[:, 1:-1] + 0.25 * soft[:, 2:]
    return (soft / soft.std() * NOISE).astype(np.float32)


def _couch(values: Field, axis: Field) -> None:
    """The scanner's table under the back: two thin shells."""
    x, y = axis[np.newaxis, :], axis[:, np.newaxis]
    for radius, tissue in ((352.0, -420.0), (372.0, -560.0)):
        shell = np.abs(np.sqrt(x * x + (y + 216) ** 2) - radius) - 1.3
        inside = (shell < 0) & (np.abs(x) < 185) & (values < -800)
        values[np.broadcast_to(inside, values.shape)] = tissue


def _ds(value: float) -> str:
    """A decimal string within its 16 characters (PS3.5 6.2)."""
    return f"{float(value):.6f}".rstrip("0").rstrip(".")[:16]


def _labelled(
    subject: Subject, examination: Examination, *, sop_class: UID, modality: str, series_number: int, number: int
) -> Dataset:
    """What every image of the study carries, with the File Meta a file needs."""
    data = Dataset()
    series = uid(examination.study, "series", series_number)
    data.SpecificCharacterSet = subject.charset
    data.SOPClassUID = sop_class
    data.SOPInstanceUID = uid(series, number)
    stamp = examination.at
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = stamp.strftime("%Y%m%d")
    data.StudyTime = data.SeriesTime = data.AcquisitionTime = data.ContentTime = stamp.strftime("%H%M%S")
    data.AccessionNumber = examination.accession_number
    data.Modality = modality
    data.Manufacturer = "Synthetic"
    data.ManufacturerModelName = "Phantom"
    data.InstitutionName = examination.institution
    data.StationName = examination.station
    data.ReferringPhysicianName = examination.referring_physician
    data.StudyDescription = examination.description
    data.PatientName = subject.name
    data.PatientID = subject.patient_id
    if subject.issuer:
        data.IssuerOfPatientID = subject.issuer
    data.PatientBirthDate = subject.birth_date.strftime("%Y%m%d") if subject.birth_date else ""
    data.PatientSex = subject.sex
    if subject.birth_date:
        birthday_ahead = (stamp.month, stamp.day) < (subject.birth_date.month, subject.birth_date.day)
        data.PatientAge = f"{stamp.year - subject.birth_date.year - birthday_ahead:03d}Y"
    data.BodyPartExamined = examination.body_part
    data.SoftwareVersions = "1"
    data.ProtocolName = examination.description
    data.StudyInstanceUID = examination.study
    data.SeriesInstanceUID = series
    data.StudyID = "1"
    data.SeriesNumber = str(series_number)
    data.AcquisitionNumber = "1"
    data.InstanceNumber = str(number)
    data.ImageComments = "演示数据 synthetic" if subject.charset else "synthetic"
    data.file_meta = file_meta(data)
    return data


def file_meta(data: Dataset) -> FileMetaDataset:
    """Group 2 for an uncompressed data set."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION)
    meta.ImplementationVersionName = "PHANTOM_1"
    return meta


def _pixels(data: Dataset, stored: NDArray[np.uint16], *, bits: int) -> None:
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.Rows, data.Columns = stored.shape
    data.BitsAllocated = 16
    data.BitsStored = bits
    data.HighBit = bits - 1
    data.PixelRepresentation = 0
    data.PixelData = np.ascontiguousarray(stored).tobytes()
