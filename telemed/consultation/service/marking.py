"""The rows of a consultation's marks → the bytes of its DICOM SR.  Blocks: call it in a worker thread."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import structlog
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from telemed.consultation.opinion.marking import of_frame, said_by
from telemed.consultation.opinion.structured_report import (
    Author,
    Mark,
    MarkedImage,
    MarkedPatient,
    MarkedStudy,
    Report,
    measurement_report,
)
from telemed.consultation.service.marks import LONGEST_NAME, SERIES_NUMBER, Case, Due

_log = structlog.get_logger("telemed.consultation.marks")


def data_set(due: Due, case: Case, zone: ZoneInfo) -> tuple[bytes, int] | None:
    """In Explicit VR Little Endian, without File Meta, and how many marks are left out; None where it says nothing."""
    images = {
        (sop, one.frame): of_frame(_image(due, case, sop), case.images[sop].frames, one.frame)
        for sop, one in ((one.sop, one) for _, one in case.marks)
    }
    authors = {
        person: Author(_person(name), institution[:LONGEST_NAME])
        for person, (name, institution) in case.people.items()
        if person != str(due.expert_id)
    }
    marks: list[Mark] = []
    left_out = 0
    for id_, one in case.marks:
        said = said_by(due.room_id, [(id_, one)], {one.sop: images[one.sop, one.frame]}, authors)
        marks.extend(said.marks)
        left_out += said.left_out
    if not marks:
        return None
    try:
        made = measurement_report(_patient(due), _study(due, zone), tuple(marks), _report(due, zone))
    except Exception as fault:  # noqa: BLE001 - one report that cannot be made must not hold up those behind it
        # what a library says of a value may quote it
        _log.error("marks-unsayable", sop_instance_uid=due.sop_uid, error=type(fault).__name__)
        return None
    return _bytes(made), left_out


def _image(due: Due, case: Case, sop: str) -> MarkedImage:
    one = case.images[sop]
    return MarkedImage(due.study, one.series, one.sop_class, one.sop, None)


def _patient(due: Due) -> MarkedPatient:
    """As the images say it: a study is corrected where it is served."""
    born = "" if due.source_birth_date is None else f"{due.source_birth_date:%Y%m%d}"
    sex = due.source_sex if due.source_sex in ("M", "F", "O") else ""
    return MarkedPatient(due.source_patient_id, due.source_patient_name, born, sex)


def _study(due: Due, zone: ZoneInfo) -> MarkedStudy:
    at = None if due.acquired_at is None else due.acquired_at.astimezone(zone)
    day, time = ("", "") if at is None else (f"{at:%Y%m%d}", f"{at:%H%M%S}")
    return MarkedStudy(due.study, due.study_id_text, due.accession_number, day, time, due.referring_physician)


def _report(due: Due, zone: ZoneInfo) -> Report:
    return Report(
        due.series_uid,
        due.sop_uid,
        SERIES_NUMBER + due.version,
        _person(due.expert_name),
        due.institution,
        due.signed_at.astimezone(zone),
        (due.follows_series, due.follows_sop) if due.follows_sop else None,
    )


def _person(name: str) -> str:
    """A name as PN, all of it the family name: the signs that divide one are none of it."""
    plain = re.sub(r"[\\^=\x00-\x1f]", " ", name).strip()[: LONGEST_NAME - 1]
    return f"{plain or '不详'}^"


def _bytes(made: Dataset) -> bytes:
    with DicomBytesIO() as file:
        file.is_little_endian, file.is_implicit_VR = True, False
        write_dataset(file, made)
        return file.getvalue()
