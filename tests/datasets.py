"""Data sets made for a test, as bytes without File Meta."""

from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filebase import DicomIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE = str(ExplicitVRLittleEndian)


def data_set(**changes: object) -> Dataset:
    """A small CT slice; keywords replace attributes, None removes one."""
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = CT
    made.SOPInstanceUID = generate_uid(entropy_srcs=[str(changes.get("InstanceNumber", 1)), "instance"])
    made.StudyInstanceUID = "1.2.826.0.1.3680043.2.1143.1"
    made.SeriesInstanceUID = "1.2.826.0.1.3680043.2.1143.1.1"
    made.StudyDate, made.StudyTime = "20261123", "083000"
    made.AcquisitionDate, made.AcquisitionTime = "20261123", "083105"
    made.Modality = "CT"
    made.PatientName, made.PatientID = "王^桂兰", "239999195603140024"
    made.PatientBirthDate, made.PatientSex = "19560314", "F"
    made.AccessionNumber = "A0001"
    made.SeriesNumber, made.InstanceNumber = 1, 1
    made.BodyPartExamined = "CHEST"
    made.Rows, made.Columns, made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 16, 12, 11
    made.PixelRepresentation, made.SamplesPerPixel, made.PhotometricInterpretation = 0, 1, "MONOCHROME2"
    made.PixelData = b"".join((60 * number).to_bytes(2, "little") for number in range(64))
    for name, value in changes.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    return made


def encoded(made: Dataset, *, implicit: bool = False, little: bool = True) -> bytes:
    """Bytes in one of the three native encodings."""
    buffer = BytesIO()
    file = DicomIO(buffer)
    file.is_implicit_VR, file.is_little_endian = implicit, little
    write_dataset(file, made)
    return buffer.getvalue()
