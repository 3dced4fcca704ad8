"""The marks and measurements of a room as a DICOM SR, TID 1500 "Measurement Report" (PS3.16).  Pure.

A length, an angle or a mark without a number is TID 1501 with the coordinates it was inferred from; a region with an
area or a density is TID 1410.  Numbers stay the decimal strings people saw: none is computed or rounded here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from highdicom.sr import (
    CodedConcept,
    ComprehensiveSR,
    CoordinatesForMeasurement,
    ImageRegion,
    LanguageOfContentItemAndDescendants,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    SourceImageForMeasurementGroup,
    SourceImageForRegion,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ComprehensiveSRStorage, ExplicitVRLittleEndian
from pydicom.valuerep import DA, TM, DSdecimal

#: VR DS has 16 characters, PS3.5 section 6.2.
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
THOUSANDTHS = 1000
MOST_LABEL = 1000


class Shape(StrEnum):
    """Graphic types of PS3.3 C.18.6.1.1; a polygon is a polyline whose last point is its first."""

    POINT = "POINT"
    POLYLINE = "POLYLINE"
    POLYGON = "POLYGON"
    CIRCLE = "CIRCLE"
    ELLIPSE = "ELLIPSE"


class Quantity(StrEnum):
    """density, spread: mean and standard deviation of Hounsfield units; level, scatter: of any other pixel values."""

    LENGTH = "length"
    ANGLE = "angle"
    AREA = "area"
    DENSITY = "density"
    SPREAD = "spread"
    LEVEL = "level"
    SCATTER = "scatter"


#: Points a shape has: least, most.
_POINTS = {
    Shape.POINT: (1, 1),
    Shape.POLYLINE: (2, 1000),
    Shape.POLYGON: (3, 1000),
    Shape.CIRCLE: (2, 2),
    Shape.ELLIPSE: (4, 4),
}
_ATTENUATION = CodedConcept("112031", "DCM", "Attenuation Coefficient")
#: No public scheme has a word for the value of a pixel whatever its modality; 99… is private, PS3.3 8.2.
_PIXEL_VALUE = CodedConcept("pixel-value", "99TELEMED", "Modality pixel value")
#: Quantity → its name as coded in CID 7469 and CID 7464, and the units (UCUM) it may have.
_NAMES = {
    Quantity.LENGTH: (CodedConcept("410668003", "SCT", "Length"), {"mm", "cm", "{pixels}"}),
    Quantity.ANGLE: (CodedConcept("1483009", "SCT", "Angle"), {"deg"}),
    Quantity.AREA: (CodedConcept("42798000", "SCT", "Area"), {"mm2", "cm2", "{pixels}"}),
    Quantity.DENSITY: (_ATTENUATION, {"[hnsf'U]"}),
    Quantity.SPREAD: (_ATTENUATION, {"[hnsf'U]"}),
    Quantity.LEVEL: (_PIXEL_VALUE, {"1", "[arb'U]"}),
    Quantity.SCATTER: (_PIXEL_VALUE, {"1", "[arb'U]"}),
}
_MEAN = CodedConcept("373098007", "SCT", "Mean")
_DEVIATION = CodedConcept("386136009", "SCT", "Standard Deviation")
_DERIVED = {
    Quantity.DENSITY: _MEAN,
    Quantity.SPREAD: _DEVIATION,
    Quantity.LEVEL: _MEAN,
    Quantity.SCATTER: _DEVIATION,
}
_REGIONS = {Shape.POLYGON, Shape.CIRCLE, Shape.ELLIPSE}
_OF_REGIONS = set(Quantity) - {Quantity.LENGTH, Quantity.ANGLE}


@dataclass(frozen=True, slots=True)
class MarkedImage:
    """frame: from 1, None for an object of one frame."""

    study_uid: str
    series_uid: str
    sop_class_uid: str
    sop_uid: str
    frame: int | None


@dataclass(frozen=True, slots=True)
class Value:
    """number: a decimal string.  unit: UCUM."""

    quantity: Quantity
    number: str
    unit: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who drew a mark.  name: PN."""

    name: str
    institution: str


@dataclass(frozen=True, slots=True)
class Mark:
    """points: (column, row) in thousandths of a pixel, 0 at the outer corner of the first pixel (PS3.3 C.18.6.1.2).

    An ellipse has the ends of its major axis, then those of its minor one.  label: what the person wrote.  author: None
    is the report's own observer.  Raises ValueError for what no report could hold.
    """

    tracking_uid: str
    label: str
    image: MarkedImage
    shape: Shape
    points: tuple[tuple[int, int], ...]
    values: tuple[Value, ...] = ()
    author: Author | None = None

    def __post_init__(self) -> None:
        least, most = _POINTS[self.shape]
        if not least <= len(self.points) <= most:
            raise ValueError(f"a {self.shape} of {len(self.points)} points")
        if not self.label.strip() or len(self.label) > MOST_LABEL:
            raise ValueError("a mark without a label, or a label without end")
        for one in self.values:
            if one.unit not in _NAMES[one.quantity][1] or _DECIMAL.fullmatch(one.number) is None:
                raise ValueError(f"{one.quantity} is not {one.number[:20]} {one.unit[:20]}")
            if (one.quantity in _OF_REGIONS) != (self.shape in _REGIONS):
                raise ValueError(f"{one.quantity} is not of a {self.shape}")


@dataclass(frozen=True, slots=True)
class MarkedPatient:
    """As the study has it.  birth_date: DICOM DA or empty.  sex: M, F, O or empty."""

    id: str
    name: str
    birth_date: str
    sex: str


@dataclass(frozen=True, slots=True)
class MarkedStudy:
    """The study the report belongs to, and how it is described there.  date, time: DICOM DA and TM, or empty."""

    uid: str
    id: str
    accession_number: str
    date: str
    time: str
    referring_physician: str


@dataclass(frozen=True, slots=True)
class Report:
    """What this very report is called.  observer: PN of the expert.  at: in county time, with its zone.

    follows: (series UID, SOP UID) of the report in the same study that this one adds to.
    """

    series_uid: str
    sop_uid: str
    series_number: int
    observer: str
    institution: str
    at: datetime
    follows: tuple[str, str] | None = None


def measurement_report(
    patient: MarkedPatient, study: MarkedStudy, marks: tuple[Mark, ...], report: Report
) -> ComprehensiveSR:
    """A Comprehensive SR of all marks.  Raises ValueError without any, or with none in the report's own study."""
    if not any(mark.image.study_uid == study.uid for mark in marks):
        raise ValueError("a report belongs to a study that was marked")
    if report.at.tzinfo is None:
        raise ValueError("a moment without a zone")
    person = PersonObserverIdentifyingAttributes(name=report.observer, organization_name=report.institution)
    content = MeasurementReport(
        observation_context=ObservationContext(ObserverContext(codes.DCM.Person, person)),
        procedure_reported=CodedConcept("363679005", "SCT", "Imaging procedure"),
        imaging_measurements=[_group(mark) for mark in marks],
        language_of_content_item_and_descendants=LanguageOfContentItemAndDescendants(
            CodedConcept("zh-CN", "RFC5646", "Chinese (China)")
        ),
    )
    made = ComprehensiveSR(
        evidence=_evidence(patient, study, marks),
        content=content[0],
        series_instance_uid=report.series_uid,
        series_number=report.series_number,
        sop_instance_uid=report.sop_uid,
        instance_number=1,
        manufacturer="telemed",
        is_complete=True,
        # what is final is the signed opinion: this is what it points at
        is_final=False,
        is_verified=False,
        institution_name=report.institution[:64],
        series_description="会诊标注 / consultation marks",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        specific_character_set="ISO_IR 192",
        previous_versions=None if report.follows is None else [_earlier(patient, study, *report.follows)],
    )
    made.ContentDate = made.InstanceCreationDate = made.SeriesDate = DA(report.at.strftime("%Y%m%d"))
    made.ContentTime = made.InstanceCreationTime = made.SeriesTime = TM(report.at.strftime("%H%M%S"))
    made.TimezoneOffsetFromUTC = report.at.strftime("%z")
    for library in made.get("ContributingEquipmentSequence", []):
        library.ContributionDateTime = report.at.strftime("%Y%m%d%H%M%S%z")
    return made


def _group(mark: Mark) -> Any:
    group = _measurements(mark)
    if mark.author is not None:
        person = PersonObserverIdentifyingAttributes(name=mark.author.name, organization_name=mark.author.institution)
        group[0].ContentSequence.extend(ObserverContext(codes.DCM.Person, person))
    return group


def _measurements(mark: Mark) -> Any:
    tracking = TrackingIdentifier(uid=mark.tracking_uid, identifier=mark.label)
    frames = None if mark.image.frame is None else [mark.image.frame]
    source = SourceImageForRegion(mark.image.sop_class_uid, mark.image.sop_uid, frames)
    if mark.shape in _REGIONS:
        return PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracking,
            referenced_region=ImageRegion(_graphic(mark.shape), _points(mark), source),
            measurements=[_measured(one) for one in mark.values],
        )
    if not mark.values:
        return PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracking, referenced_region=ImageRegion(_graphic(mark.shape), _points(mark), source)
        )
    place = CoordinatesForMeasurement(_graphic(mark.shape), _points(mark), source)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking,
        source_images=[SourceImageForMeasurementGroup(mark.image.sop_class_uid, mark.image.sop_uid, frames)],
        measurements=[_measured(one, [place]) for one in mark.values],
    )


def _measured(value: Value, places: list[CoordinatesForMeasurement] | None = None) -> Measurement:
    measured = Measurement(
        name=_NAMES[value.quantity][0],
        value=float(value.number),
        unit=CodedConcept(value.unit, "UCUM", value.unit),
        derivation=_DERIVED.get(value.quantity),
        referenced_coordinates=places,
    )
    number: Any = measured[0].MeasuredValueSequence[0]
    number.NumericValue = DSdecimal(value.number)  # as it was shown: a float would spell it its own way
    return measured


def _graphic(shape: Shape) -> str:
    """A region's outline is a closed polyline in SCOORD: POLYGON is a graphic type of three dimensions."""
    return "POLYLINE" if shape is Shape.POLYGON else shape.value


def _points(mark: Mark) -> Any:
    points = mark.points
    if mark.shape is Shape.POLYGON and points[0] != points[-1]:
        points = (*points, points[0])
    return np.array([[column / THOUSANDTHS, row / THOUSANDTHS] for column, row in points])


def _evidence(patient: MarkedPatient, study: MarkedStudy, marks: tuple[Mark, ...]) -> list[Dataset]:
    """The marked images as datasets, one an object, the report's own study first: it is where the SR belongs."""
    images = {mark.image.sop_uid: mark.image for mark in marks}
    return [
        _described(patient, study, one)
        for one in sorted(images.values(), key=lambda image: (image.study_uid != study.uid, image.sop_uid))
    ]


def _earlier(patient: MarkedPatient, study: MarkedStudy, series_uid: str, sop_uid: str) -> Dataset:
    """The report that came before, as a dataset."""
    image = MarkedImage(study.uid, series_uid, ComprehensiveSRStorage, sop_uid, None)
    return _described(patient, study, image)


def _described(patient: MarkedPatient, study: MarkedStudy, image: MarkedImage) -> Dataset:
    one = Dataset()
    one.SOPClassUID, one.SOPInstanceUID = image.sop_class_uid, image.sop_uid
    one.StudyInstanceUID, one.SeriesInstanceUID = image.study_uid, image.series_uid
    one.PatientID, one.PatientName = patient.id, patient.name
    one.PatientBirthDate, one.PatientSex = patient.birth_date, patient.sex
    one.StudyID, one.AccessionNumber = study.id, study.accession_number
    one.StudyDate, one.StudyTime = study.date, study.time
    one.ReferringPhysicianName = study.referring_physician
    return one
