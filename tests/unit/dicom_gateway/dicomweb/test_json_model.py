"""Data sets as DICOM JSON, compared with pydicom's reading of the same bytes."""

import io
import struct
from typing import Any, cast

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dicom_gateway.dicomweb.blobs import Blob
from dicom_gateway.dicomweb.json_model import addressed, encoded, metadata
from dicom_gateway.headers.charset import choose


def body(path: str) -> tuple[Dataset, Blob]:
    with open(path, "rb") as file:  # noqa: PTH123
        data = pydicom.dcmread(file, stop_before_pixels=False)
        start = 132 + 12 + data.file_meta.FileMetaInformationGroupLength
        file.seek(start)
        content = file.read()
    syntax = data.file_meta.TransferSyntaxUID
    if syntax == DeflatedExplicitVRLittleEndian:
        import zlib  # noqa: PLC0415

        content = zlib.decompress(content, -zlib.MAX_WBITS)
    return data, Blob(memoryview(content), str(syntax))


def decode(blob: Blob):
    reading = choose(blob.ascii(0x00080005), [])
    return lambda raw, _vr: reading.text(raw)


def comparable(attributes: dict) -> dict:
    """What both may write differently: empty values, binary by value or by address, numbers in text."""
    result = {}
    for tag, element in attributes.items():
        vr = element["vr"]
        if "BulkDataURI" in element or "InlineBinary" in element:
            result[tag] = (vr, "binary")
        elif vr == "SQ":
            result[tag] = (vr, [comparable(item) for item in element.get("Value", [])])
        elif tag == "00080005":
            continue
        else:
            values = element.get("Value", [])
            if vr in ("DS", "IS", "FL", "FD"):
                values = [None if one in ("", None) else float(one) for one in values]
            if vr == "PN":
                values = [
                    {group: text.rstrip("^ ") for group, text in (one or {}).items() if text.rstrip("^ ")}
                    for one in values
                ]
            result[tag] = (vr, [one for one in values if one not in (None, "", {})])
    return result


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_implicit.dcm",
        "MR_small_bigendian.dcm",
        "image_dfl.dcm",
        "rtplan.dcm",
        "waveform_ecg.dcm",
        "liver_1frame.dcm",
        "examples_ybr_color.dcm",
        "reportsi.dcm",
    ],
)
def test_the_same_attributes_as_pydicom_reads(name):
    data, blob = body(get_testdata_file(name))
    theirs = data.to_json_dict(
        bulk_data_threshold=1024, bulk_data_element_handler=lambda _: "x", suppress_invalid_tags=True
    )
    ours = metadata(blob, decode(blob))
    theirs = {tag: value for tag, value in theirs.items() if not tag.endswith("0000")}
    assert comparable(ours) == comparable(theirs)


def test_pixels_are_named_by_address_and_never_inlined():
    _, blob = body(get_testdata_file("CT_small.dcm"))
    text = addressed(encoded(metadata(blob, decode(blob))), "https://county/dicom-web/studies/1")
    assert b'"7FE00010":{"vr":"OW","BulkDataURI":"https://county/dicom-web/studies/1/bulkdata/7FE00010"}' in text


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("undefined", [False, True])
def test_nested_sequences_in_every_encoding(syntax, undefined):
    leaf = Dataset()
    leaf.CodeValue = "T-A0100"
    leaf.CodeMeaning = "脑"
    middle = Dataset()
    middle.ConceptNameCodeSequence = [leaf, Dataset()]
    outer = Dataset()
    outer.SpecificCharacterSet = "GB18030"
    outer.ContentSequence = [middle, leaf]
    outer.ConceptCodeSequence = []
    outer.PatientID = "7"
    for level in (outer, middle):
        for element in level:
            element.is_undefined_length = undefined and element.VR == "SQ"
    for item in (leaf, middle):
        item.is_undefined_length_sequence_item = undefined
    out = io.BytesIO()
    pydicom.filewriter.write_dataset(_file(out, syntax), outer, parent_encoding="gb18030")
    blob = Blob(memoryview(out.getvalue()), str(syntax))
    shown = metadata(blob, decode(Blob(memoryview(out.getvalue()), str(syntax))))
    first, second = cast("list[Any]", shown["0040A730"]["Value"])
    assert first["0040A043"]["Value"][0]["00080104"] == {"vr": "LO", "Value": ["脑"]}
    assert first["0040A043"]["Value"][1] == {}
    assert second["00080100"] == {"vr": "SH", "Value": ["T-A0100"]}
    assert shown["0040A168"] == {"vr": "SQ"}
    assert shown["00100020"] == {"vr": "LO", "Value": ["7"]}


def _file(out, syntax):
    file = pydicom.filebase.DicomFileLike(out)
    file.is_implicit_VR = syntax.is_implicit_VR
    file.is_little_endian = syntax.is_little_endian
    return file


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (element(0x00181151, b"IS", b"150"), {"vr": "IS", "Value": [150]}),
        (element(0x00181151, b"IS", b"1_0 "), {"vr": "IS", "Value": ["1_0"]}),
        (element(0x00180050, b"DS", b"1.50\\2 "), {"vr": "DS", "Value": [1.5, 2]}),
        (element(0x00180050, b"DS", b"12mm"), {"vr": "DS", "Value": ["12mm"]}),
        (element(0x00180050, b"DS", b"inf "), {"vr": "DS", "Value": ["inf"]}),
        (element(0x00189087, b"FD", struct.pack("<d", float("nan"))), {"vr": "FD", "Value": ["NaN"]}),
        (element(0x00280009, b"AT", struct.pack("<HH", 0x18, 0x1063)), {"vr": "AT", "Value": ["00181063"]}),
        (element(0x00080008, b"CS", b"ORIGINAL\\\\AXIAL"), {"vr": "CS", "Value": ["ORIGINAL", None, "AXIAL"]}),
        (element(0x00100010, b"PN", b"<script>alert(1)</script> "), None),
        (element(0x00100010, b"PN", b""), {"vr": "PN"}),
    ],
)
def test_values_that_break_their_rules_stay_readable(raw, shown):
    blob = Blob(memoryview(raw), ExplicitVRLittleEndian)
    (value,) = metadata(blob, decode(blob)).values()
    if shown is None:
        assert value == {"vr": "PN", "Value": [{"Alphabetic": "<script>alert(1)</script>"}]}
    else:
        assert value == shown


def test_gbk_bytes_that_hold_backslashes_and_carets_are_decoded_before_they_are_split():
    name = "诚^琝=誠^昞".encode("gb18030")
    blob = Blob(
        memoryview(element(0x00080005, b"CS", b"GB18030 ") + element(0x00100010, b"PN", name + b" " * (len(name) % 2))),
        ExplicitVRLittleEndian,
    )
    assert metadata(blob, decode(blob))["00100010"]["Value"] == [{"Alphabetic": "诚^琝", "Ideographic": "誠^昞"}]
