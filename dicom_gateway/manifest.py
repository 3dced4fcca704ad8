"""A study's manifest: a Key Object Selection that names every series and instance, and where to fetch them. Pure.

PS3.3 A.35.4 and C.17.6, TID 2010; IHE RAD XDS-I.b §4.68.4.1.2 (document title Manifest).  IHE RAD MADO lets a KOS be
the manifest; its image library (TID 1600), whose codes are not final, is left out.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, KeyObjectSelectionDocumentStorage

IMPLEMENTATION = "TELEMED"
#: PS3.16 CID 7010.
TITLE = ("113030", "DCM", "Manifest")


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance.  is_image: it has rows; others are referred to as composite objects."""

    sop_instance_uid: str
    sop_class_uid: str
    is_image: bool


@dataclass(frozen=True, slots=True)
class Series:
    series_instance_uid: str
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """What a manifest is about.  patient_id, issuer: a number and who gave it.  url: of DICOMweb, without the study."""

    study_instance_uid: str
    study_id: str
    accession_number: str
    description: str
    acquired_at: datetime | None
    patient_name: str
    patient_id: str
    patient_issuer: str
    birth_date: date | None
    sex: str
    institution: str
    url: str
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """What the document itself is called.  at: by the county's clock."""

    sop_instance_uid: str
    series_instance_uid: str
    at: datetime


def manifest(study: Study, own: Own) -> bytes:
    """Write the manifest of a study as a DICOM file.  Raises ValueError for a study without instances."""
    if not any(one.instances for one in study.series):
        raise ValueError("a manifest of nothing")
    document = Dataset()
    _head(document, study, own)
    document.ConceptNameCodeSequence = [_code(*TITLE)]
    document.ValueType = "CONTAINER"
    document.ContinuityOfContent = "SEPARATE"
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    document.ContentTemplateSequence = [template]
    document.ContentSequence = [_item(each) for one in study.series for each in one.instances]
    document.ReferencedRequestSequence = [_request(study)]
    document.CurrentRequestedProcedureEvidenceSequence = [_evidence(study)]
    return _written(document, own)


def _head(document: Dataset, study: Study, own: Own) -> None:
    document.SpecificCharacterSet = "ISO_IR 192"
    document.SOPClassUID, document.SOPInstanceUID = KeyObjectSelectionDocumentStorage, own.sop_instance_uid
    document.StudyDate, document.StudyTime = _date(study.acquired_at), _time(study.acquired_at)
    document.ContentDate, document.ContentTime = _date(own.at), _time(own.at)
    document.SeriesDate, document.SeriesTime = _date(own.at), _time(own.at)
    document.TimezoneOffsetFromUTC = own.at.strftime("%z")
    document.AccessionNumber = study.accession_number
    document.Modality = "KO"
    document.Manufacturer = IMPLEMENTATION
    document.InstitutionName = study.institution[:64]
    document.ReferringPhysicianName = ""
    document.StudyDescription = study.description[:64]
    document.SeriesDescription = "Manifest"
    document.ReferencedPerformedProcedureStepSequence = []
    document.PatientName = study.patient_name[:64]
    document.PatientID = study.patient_id[:64]
    if study.patient_issuer:
        document.IssuerOfPatientID = study.patient_issuer[:64]
    document.PatientBirthDate = "" if study.birth_date is None else study.birth_date.strftime("%Y%m%d")
    document.PatientSex = study.sex if study.sex in ("M", "F", "O") else ""
    document.StudyInstanceUID, document.SeriesInstanceUID = study.study_instance_uid, own.series_instance_uid
    document.StudyID, document.SeriesNumber, document.InstanceNumber = study.study_id[:16], "1", "1"


def _item(one: Instance) -> Dataset:
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "IMAGE" if one.is_image else "COMPOSITE"
    item.ReferencedSOPSequence = [_reference(one)]
    return item


def _reference(one: Instance) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = one.sop_class_uid, one.sop_instance_uid
    return reference


def _request(study: Study) -> Dataset:
    request = Dataset()
    request.StudyInstanceUID = study.study_instance_uid
    request.ReferencedStudySequence = []
    request.AccessionNumber = study.accession_number
    request.PlacerOrderNumberImagingServiceRequest = ""
    request.FillerOrderNumberImagingServiceRequest = ""
    request.RequestedProcedureID = ""
    request.RequestedProcedureDescription = study.description[:64]
    request.RequestedProcedureCodeSequence = []
    return request


def _evidence(study: Study) -> Dataset:
    evidence = Dataset()
    evidence.StudyInstanceUID = study.study_instance_uid
    evidence.ReferencedSeriesSequence = [
        _series(f"{study.url}/studies/{study.study_instance_uid}", one) for one in study.series if one.instances
    ]
    return evidence


def _series(url: str, one: Series) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = one.series_instance_uid
    series.RetrieveURL = f"{url}/series/{one.series_instance_uid}"
    series.ReferencedSOPSequence = [_reference(each) for each in one.instances]
    return series


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _date(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y%m%d")


def _time(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%H%M%S")


def _written(document: Dataset, own: Own) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = KeyObjectSelectionDocumentStorage
    meta.MediaStorageSOPInstanceUID = UID(own.sop_instance_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = io.BytesIO()
    FileDataset(file, document, file_meta=meta, preamble=bytes(128)).save_as(file, enforce_file_format=True)
    return file.getvalue()


def series_of(rows: Iterable[tuple[str, Instance]]) -> tuple[Series, ...]:
    """Instances, each with the UID of its series, as series; both in the order they came."""
    found: dict[str, list[Instance]] = {}
    for series_uid, one in rows:
        found.setdefault(series_uid, []).append(one)
    return tuple(Series(uid, tuple(instances)) for uid, instances in found.items())
