"""Images that say who they are of in every kind of element, and images that say nothing."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
SECRET = bytes(range(32))
NAME, PINYIN, NUMBER, ACCESSION = "王桂兰", "WANG^GUILAN", "130123195301021234", "LH20261126001"
HOSPITAL, DOCTOR, PHONE = "柳河镇卫生院", "ZHAO^MIN", "13800138000"
STUDY, SERIES, FRAME = "1.3.12.2.1107.5.1", "1.3.12.2.1107.5.2", "1.3.12.2.1107.5.3"
#: Whatever identifies somebody in `telling`.
SECRETS = (NAME, "WANG", "GUILAN", NUMBER, ACCESSION, HOSPITAL, "ZHAO", PHONE, "19530102", "20261126", "1.3.12.2.1107")


def plain(sop: str = "1.3.12.2.1107.5.9", **other: Any) -> Dataset:
    """An image with what it needs to be shown, and no more."""
    one = Dataset()
    one.SpecificCharacterSet = "GB18030"
    one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, sop
    one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = STUDY, SERIES, FRAME
    one.Modality, one.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    one.InstanceNumber, one.SliceThickness = 1, "5"
    one.Rows = one.Columns = 4
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.PixelData = np.arange(16, dtype="<u2").tobytes()
    for keyword, value in other.items():
        setattr(one, keyword, value)
    return one


def telling() -> Dataset:
    """Who it is of stands in every kind of element: sequences, private ones, overlays, padding."""
    one = plain()
    one.PatientName, one.PatientID = f"{PINYIN}={NAME}", NUMBER
    one.PatientBirthDate, one.PatientSex, one.PatientAge, one.PatientAddress = "19530102", "F", "073Y", HOSPITAL
    one.OtherPatientIDs, one.PatientTelephoneNumbers, one.PatientComments = [NUMBER], [PHONE], f"{NAME} {PHONE}"
    one.AccessionNumber, one.StudyID, one.StudyDescription = ACCESSION, NUMBER[:16], f"{NAME} chest"
    one.SeriesDescription, one.ProtocolName, one.ImageComments = f"{NAME}", f"{PINYIN}", f"{NAME} {NUMBER}"
    one.InstitutionName, one.StationName, one.ReferringPhysicianName = HOSPITAL, "WANG", DOCTOR
    one.OperatorsName, one.PerformingPhysicianName, one.DeviceSerialNumber = DOCTOR, DOCTOR, NUMBER
    for keyword in ("StudyDate", "SeriesDate", "ContentDate", "AcquisitionDate", "InstanceCreationDate"):
        setattr(one, keyword, "20261126")
    one.AcquisitionDateTime, one.StudyTime = "20261126091200", "091200"
    one.SoftwareVersions, one.RetrieveURL, one.TextValue = f"{NAME}", f"http://x/{NUMBER}", f"{NAME}"
    # what the table does not name: free text, a code that is none, a person, somebody's words in a number's place
    one.add(DataElement(0x00189004, "CS", "RESEARCH"))
    one.add(DataElement(0x00181400, "LO", f"{NAME}"))
    one.add(DataElement(0x00283003, "LO", f"{NAME}"))
    one.add(DataElement(0x00400280, "ST", f"{NAME} {PHONE}"))
    one.add(DataElement(0x00081115, "SQ", Sequence([_within(_within(_within(Dataset())))])))
    one.ReferencedImageSequence = Sequence([_refers("1.3.12.2.1107.5.9.2")])
    one.RequestAttributesSequence = Sequence([_within(Dataset())])
    one.SharedFunctionalGroupsSequence = Sequence([_within(_within(Dataset()))])
    one.ProcedureCodeSequence = Sequence([_within(Dataset())])
    block = one.private_block(0x0029, f"{PINYIN} CREATOR", create=True)
    block.add_new(1, "LO", NAME)
    block.add_new(2, "OB", f"{NAME}{NUMBER}".encode())
    block.add_new(3, "SQ", Sequence([_within(Dataset())]))
    one.add(DataElement(0x60000010, "US", 4))
    one.add(DataElement(0x60000022, "LO", NAME))
    one.add(DataElement(0x60003000, "OW", NAME.encode("gb18030")))
    one.add(DataElement(0x60024000, "LT", NAME))
    one.add(DataElement(0x50003000, "OW", NUMBER.encode()))
    one.add(DataElement(0x00282000, "OB", f"icc {NAME}".encode() + b"\x00"))
    one.add(DataElement(0x0008ABCD, "UN", f"{NAME}".encode()))
    one.add(DataElement(0xFFFCFFFC, "OB", f"{NUMBER}".encode()))
    one.add(DataElement(0x00880200, "SQ", Sequence([plain("1.3.12.2.1107.5.77")])))
    one.IrradiationEventUID = ["1.3.12.2.1107.5.40", "1.3.12.2.1107.5.41"]
    one.PixelData = one.PixelData + f"{NAME}{NUMBER}".encode("gb18030")
    return one


def _within(item: Dataset) -> Dataset:
    """An item in which the same stands again."""
    one = Dataset()
    one.PatientName, one.PatientID, one.AccessionNumber = f"{PINYIN}={NAME}", NUMBER, ACCESSION
    one.StudyDate, one.TextValue, one.UID = "20261126", f"{NAME}", "1.3.12.2.1107.5.50"
    one.ReferencedSOPInstanceUID, one.ReferencedSOPClassUID = "1.3.12.2.1107.5.9", CTImageStorage
    one.private_block(0x0031, PINYIN, create=True).add_new(1, "LT", NAME)
    if len(item):
        one.ReferencedSeriesSequence = Sequence([item])
    return one


def _refers(sop: str) -> Dataset:
    one = Dataset()
    one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = CTImageStorage, sop
    return one


def encoded(one: Dataset, transfer_syntax: str = EXPLICIT) -> bytes:
    """As the archive has it: without File Meta."""
    with DicomBytesIO() as file:
        file.is_little_endian, file.is_implicit_VR = True, transfer_syntax == IMPLICIT
        write_dataset(file, one)
        return file.getvalue()


def decoded(content: bytes) -> Dataset:
    return read_dataset(io.BytesIO(content), is_implicit_VR=False, is_little_endian=True)
