"""Nothing that identifies somebody is left in a copy, whatever kind of element it stood in; the image is."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from pydicom.config import IGNORE
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import RLELossless

from telemed.teaching.deidentifying import Copy, LeftOut, copied, new_uid, remaining
from telemed.teaching.treating import TABLE, Treatment, is_code, treatment
from tests.unit.teaching.phantoms import (
    EXPLICIT,
    FRAME,
    IMPLICIT,
    NAME,
    NUMBER,
    SECRET,
    SECRETS,
    SERIES,
    STUDY,
    decoded,
    encoded,
    plain,
    telling,
)


def copy_of(one: Dataset, transfer_syntax: str = EXPLICIT, secret: bytes = SECRET) -> Copy:
    made = copied(encoded(one, transfer_syntax), transfer_syntax, secret)
    assert isinstance(made, Copy), made
    return made


def everything(one: Dataset) -> list[DataElement]:
    found: list[DataElement] = []
    for element in one:
        found.append(element)
        if element.VR == "SQ":
            for item in element.value:
                found.extend(everything(item))
    return found


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, IMPLICIT])
def test_no_known_text_remains_in_the_written_bytes(transfer_syntax: str):
    source = encoded(telling(), transfer_syntax)
    for said in SECRETS:  # the phantom does say all of it
        assert said.encode() in source or said.encode("gb18030") in source, said
    made = copy_of(telling(), transfer_syntax)
    for said in SECRETS:
        for charset in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
            assert said.encode(charset) not in made.content, (said, charset)


def test_no_private_element_no_overlay_no_curve_and_no_unknown_one_remains():
    for element in everything(decoded(copy_of(telling()).content)):
        assert not element.tag.is_private
        assert element.tag.group not in range(0x5000, 0x5100)
        assert element.tag.group not in range(0x6000, 0x6100)
        assert element.VR != "UN"


def test_what_the_standard_removes_is_removed_on_every_level():
    gone = {tag for tag, act in TABLE.items() if act == "delete"}
    assert len(gone) > 300
    for element in everything(decoded(copy_of(telling()).content)):
        assert (element.tag.group, element.tag.element) not in gone, element.tag


def test_no_date_remains_but_the_dummy_one():
    for element in everything(decoded(copy_of(telling()).content)):
        if element.VR in ("DA", "DT", "TM"):
            assert str(element.value) in {"", "00010101", "000000.00", "00010101010101.000000+0000"}, element.tag


def test_the_copy_says_what_it_is():
    made = decoded(copy_of(telling()).content)
    assert made.PatientIdentityRemoved == "YES"
    assert made.DeidentificationMethod
    assert len(made.DeidentificationMethod) <= 64
    (code,) = made.DeidentificationMethodCodeSequence
    assert (code.CodeValue, code.CodingSchemeDesignator) == ("113100", "DCM")
    assert made.LongitudinalTemporalInformationModified == "REMOVED"
    # no pixel was cleaned, and nobody says so
    assert "BurnedInAnnotation" not in made


def test_what_the_original_says_of_burnt_in_text_stays():
    assert decoded(copy_of(plain(BurnedInAnnotation="YES")).content).BurnedInAnnotation == "YES"


def test_the_pixels_and_what_they_need_are_the_same():
    made = decoded(copy_of(telling()).content)
    assert made.PixelData == np.arange(16, dtype="<u2").tobytes()
    for keyword in ("Rows", "Columns", "BitsStored", "SliceThickness", "InstanceNumber", "ImageType", "Modality"):
        assert made[keyword].value == telling()[keyword].value, keyword


def test_an_overlay_in_unused_bits_of_the_pixels_goes():
    values = np.arange(16, dtype="<u2")
    made = decoded(copy_of(plain(PixelData=(values | 0xF000).tobytes())).content)
    assert made.PixelData == values.tobytes()


def test_signed_pixels_keep_their_sign():
    values = np.array([-5, 5] * 8, dtype="<i2")
    raw = (values.view("<u2") & 0x0FFF).tobytes()
    made = decoded(copy_of(plain(PixelData=raw, PixelRepresentation=1)).content)
    assert np.frombuffer(made.PixelData, "<i2").tolist() == values.tolist()


def test_uids_keep_their_relations_and_are_others():
    one, other = copy_of(telling()), copy_of(plain("1.3.12.2.1107.5.9.2"))
    first, second = decoded(one.content), decoded(other.content)
    for keyword, original in (
        ("StudyInstanceUID", STUDY),
        ("SeriesInstanceUID", SERIES),
        ("FrameOfReferenceUID", FRAME),
    ):
        assert first[keyword].value == second[keyword].value != original
    assert first.SOPInstanceUID != second.SOPInstanceUID
    # what one refers to is the other
    assert first.ReferencedImageSequence[0].ReferencedSOPInstanceUID == second.SOPInstanceUID
    assert len(set(first.IrradiationEventUID)) == 2
    assert str(first.SOPClassUID) == str(plain().SOPClassUID)


def test_another_secret_gives_other_uids_and_the_same_the_same_bytes():
    assert copy_of(telling()).content == copy_of(telling()).content
    other = bytes(32)
    assert copy_of(telling()).sop_uid != copy_of(telling(), secret=other).sop_uid
    uid = new_uid(SECRET, STUDY)
    assert uid.startswith("2.25.")
    assert len(uid) <= 64
    assert uid != new_uid(other, STUDY)
    assert uid != new_uid(SECRET, SERIES)


def test_a_compressed_image_is_decoded_since_its_code_stream_could_say_something():
    one = plain()
    one.file_meta = _meta()
    one.compress(RLELossless, generate_instance_uid=False)
    made = decoded(copy_of(one, str(RLELossless)).content)
    assert made.PixelData == plain().PixelData


def test_a_deflated_image_is_inflated():
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    content = deflater.compress(encoded(telling())) + deflater.flush()
    made = copied(content, "1.2.840.10008.1.2.1.99", SECRET)
    assert isinstance(made, Copy)
    assert made.content == copy_of(telling()).content


def test_an_identifier_in_a_place_that_stays_leaves_the_image_out():
    """A device wrote the patient's number where the convolution kernel stands."""
    one = plain(PatientID=NUMBER, ConvolutionKernel=NUMBER[:16])
    assert isinstance(copied(encoded(one), EXPLICIT, SECRET), Copy)  # a part of it is not it
    one = plain(PatientID="P0001234", ConvolutionKernel="p0001234 soft")
    assert copied(encoded(one), EXPLICIT, SECRET) == LeftOut("identifier-remains")
    # what only the county knows
    one = plain(ConvolutionKernel="LH-001")
    assert copied(encoded(one), EXPLICIT, SECRET, frozenset({"LH-001"})) == LeftOut("identifier-remains")
    assert isinstance(copied(encoded(one), EXPLICIT, SECRET, frozenset({"LH-002"})), Copy)


def test_a_name_is_found_in_either_charset_and_case():
    names = frozenset({NAME, "Wang^Guilan", "XY"})
    assert remaining(NAME.encode("gb18030") + b" xy WANG^guilan", names) == {NAME, "Wang^Guilan"}
    assert remaining(b"somebody else", names) == set()


def test_words_in_the_place_of_a_code_go_and_the_rest_of_the_item_stays():
    one = plain()
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "T-D3000", "SRT", "Chest"
    one.AnatomicRegionSequence = Sequence([item])
    one.add(DataElement(0x00180015, "CS", "wang guilan", validation_mode=IGNORE))
    made = decoded(copy_of(one).content)
    assert "BodyPartExamined" not in made
    assert made.AnatomicRegionSequence[0].CodeMeaning == "Chest"


@pytest.mark.parametrize(
    ("other", "transfer_syntax", "why"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33"}, EXPLICIT, "structured-report"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.59"}, EXPLICIT, "structured-report"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, EXPLICIT, "document"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.9.1.1"}, EXPLICIT, "waveform"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.1"}, EXPLICIT, "presentation-state"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66"}, EXPLICIT, "no-image"),
        ({"SOPClassUID": "1.2.3.4"}, EXPLICIT, "no-image"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "Modality": "DOC"}, EXPLICIT, "document"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "ConversionType": "SD"}, EXPLICIT, "document"),
        ({}, "1.2.840.10008.1.2.2", "transfer-syntax"),
        ({}, "1.2.840.10008.1.2.4.102", "transfer-syntax"),
        ({"Rows": 60000, "Columns": 60000}, EXPLICIT, "too-large"),
        ({"Rows": 8}, EXPLICIT, "unreadable"),  # fewer pixels than it says
        ({"BitsStored": 17}, EXPLICIT, "unreadable"),
    ],
)
def test_what_is_no_image_is_left_out_by_its_kind(other: dict[str, object], transfer_syntax: str, why: str):
    assert copied(encoded(plain(**other)), transfer_syntax, SECRET) == LeftOut(why)


def test_a_secondary_capture_that_is_no_paper_is_an_image():
    one = plain(SOPClassUID="1.2.840.10008.5.1.4.1.1.7", ConversionType="WSD", Modality="US")
    assert isinstance(copied(encoded(one), EXPLICIT, SECRET), Copy)


def test_nonsense_and_an_image_without_pixels_are_left_out():
    assert copied(b"nonsense" * 99, EXPLICIT, SECRET) == LeftOut("no-image")
    one = plain()
    del one.PixelData
    assert copied(encoded(one), EXPLICIT, SECRET) == LeftOut("no-image")


def test_sequences_without_end_are_left_out():
    item = plain()
    for _ in range(30):
        outer = Dataset()
        outer.SharedFunctionalGroupsSequence = Sequence([item])
        item = outer
    one = plain()
    one.SharedFunctionalGroupsSequence = Sequence([item])
    assert copied(encoded(one), EXPLICIT, SECRET) == LeftOut("unreadable")


@pytest.mark.parametrize(
    ("tag", "vr", "what"),
    [
        (0x00100010, "PN", Treatment.EMPTY),
        (0x00100020, "LO", Treatment.DUMMY),
        (0x00081030, "LO", Treatment.REMOVE),
        (0x00080018, "UI", Treatment.UID),
        (0x00080016, "UI", Treatment.UID),  # well known ones stay where they are changed
        (0x00081140, "SQ", Treatment.INSIDE),
        (0x00081110, "SQ", Treatment.REMOVE),
        (0x52009229, "SQ", Treatment.INSIDE),
        (0x00180050, "DS", Treatment.KEEP),
        (0x00180015, "CS", Treatment.KEEP),
        (0x00181210, "SH", Treatment.KEEP),
        (0x00283003, "LO", Treatment.REMOVE),
        (0x00282000, "OB", Treatment.REMOVE),
        (0x7FE00010, "OW", Treatment.KEEP),
        (0x00290010, "LO", Treatment.REMOVE),
        (0x60003000, "OW", Treatment.REMOVE),
        (0x0008ABCD, "UN", Treatment.REMOVE),
        (0x00020016, "AE", Treatment.REMOVE),
        (0x00080000, "UL", Treatment.REMOVE),
    ],
)
def test_what_becomes_of_an_element(tag: int, vr: str, what: Treatment):
    assert treatment(tag >> 16, tag & 0xFFFF, vr) is what


@pytest.mark.parametrize(
    ("value", "code"), [("AXIAL", True), ("T1_FL2D 3", True), ("", True), ("Wang", False), ("王", False)]
)
def test_a_code_is_what_cs_may_hold(value: str, *, code: bool):
    assert is_code([value]) is code


def _meta():
    made = FileMetaDataset()
    made.TransferSyntaxUID = EXPLICIT
    return made
