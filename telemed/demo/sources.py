"""Where a demo study's images come from: the phantom, and pydicom's own test images under a demo patient's labels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pydicom import dcmread  # pyright: ignore[reportUnknownVariableType] -- its PathLike
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import UID

from telemed.demo.phantom import Examination, Subject, ct_series, dr_chest, dr_knee, dr_lumbar, uid
from telemed.demo.studies import Fault, Study

#: File, series description, body part, laterality of the image; of the packages pydicom and pydicom-data (MIT).
FILES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "cr-metastases": (("RG1_UNCR.dcm", "Chest PA", "CHEST", ""),),
    "cr-tibia": (("RG3_UNCR.dcm", "Lower leg AP", "TIBFIB", "R"),),
    "mr-shoulder": (("MR2_UNCR.dcm", "T1 cor", "SHOULDER", "R"),),
    "mr-liver": (("MR-SIEMENS-DICOM-WithOverlays.dcm", "T1 fs +C tra", "ABDOMEN", ""),),
    "us-heart": (
        ("JPGLosslessP14SV1_1s_1f_8b.dcm", "Apical", "HEART", ""),
        ("color3d_jpeg_baseline.dcm", "Apical cine", "HEART", ""),
    ),
}
#: Elements of the test images that are kept: what the pixels need, nothing of whoever they were of.
PIXEL_GROUPS = frozenset((0x0028, 0x5400, 0x7FE0))
KEPT = frozenset(
    (
        0x00080008,
        0x00080016,
        0x00080060,
        0x00180050,
        0x00180088,
        0x00181063,
        0x00181164,
        0x00185101,
        0x00186011,
        0x00200032,
        0x00200037,
        0x00200052,
        0x00201041,
    )
)


def images(study: Study, subject: Subject, examination: Examination) -> Iterator[Dataset]:
    """The instances of a study, in the order a device sends them."""
    match study.image:
        case "ct-chest":
            yield from ct_series(subject, examination, nodule=study.nodule, slices=study.slices)
        case "dr-chest":
            columns = study.rows * 41 // 50
            yield dr_chest(subject, examination, nodule=study.nodule, rows=study.rows, columns=columns)
        case "dr-knee":
            side = "L" if (study.marked or study.laterality) == "L" else "R"
            yield from dr_knee(subject, examination, side, rows=study.rows)
        case "dr-lumbar":
            yield from dr_lumbar(subject, examination, rows=study.rows)
        case image:
            for number, (name, description, body_part, laterality) in enumerate(FILES[image], 1):
                yield _relabelled(name, subject, examination, (number, description, body_part, laterality))


def _relabelled(name: str, subject: Subject, examination: Examination, series: tuple[int, str, str, str]) -> Dataset:
    """A test image as if the demo device had made it: labels of the demo patient, new UIDs, the same pixels."""
    number, description, body_part, laterality = series
    path = get_testdata_file(name, download=False)
    if not isinstance(path, str):
        raise FileNotFoundError(f"{name} is missing from the package pydicom-data")
    source = dcmread(path)
    (data,) = islice(ct_series(subject, examination, slices=1, size=32, series_number=number), 1)
    labels = Dataset()
    for element in data:
        if element.tag.group not in PIXEL_GROUPS and element.tag.group != 0x0018:
            labels.add(element)
    for tag in ("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "FrameOfReferenceUID"):
        if tag in labels:
            del labels[tag]
    for element in source:
        if element.tag in KEPT or element.tag.group in PIXEL_GROUPS or element.tag.group & 0xFF00 == 0x6000:
            labels.add(element)
    labels.SeriesInstanceUID = uid(examination.study, "series", number)
    labels.SOPInstanceUID = uid(examination.study, name)
    labels.SeriesNumber, labels.InstanceNumber = str(number), "1"
    labels.SeriesDescription = description
    labels.BodyPartExamined = body_part
    if laterality:
        labels.Laterality = laterality
    labels.file_meta = source.file_meta
    labels.file_meta.MediaStorageSOPInstanceUID = UID(labels.SOPInstanceUID)
    return labels


def faulty(fault: Fault, subject: Subject, examination: Examination) -> list[Dataset]:
    """What a device sends that the gateway must keep apart."""
    (first,) = ct_series(subject, examination, slices=1, size=128)
    if fault.kind == "truncated":
        first.PixelData = first.PixelData[: len(first.PixelData) // 2]
        return [first]
    (second,) = ct_series(subject, examination, slices=1, size=128, nodule=0)
    if fault.kind == "same-uid":
        second.PixelData = bytes(len(second.PixelData))
        return [first, second]
    second.PatientName, second.PatientID, second.PatientSex = "ZHAO^TIESHAN", "P990017", "M"
    second.SOPInstanceUID = uid(first.SOPInstanceUID, "other")
    second.file_meta.MediaStorageSOPInstanceUID = UID(second.SOPInstanceUID)
    return [first, second]
