"""How images were made, read from what stands in the archive; what cannot be read is not said."""

import hashlib

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicom_gateway.dicomweb.technique import acquired

EXPLICIT = "1.2.840.10008.1.2.1"


def stored(root, **elements):
    """A data set in the archive; returns what names it."""
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, dataset)
    return put(root, buffer.getvalue())


def put(root, content):
    digest = hashlib.sha256(content).hexdigest()
    shelf = root / "archive" / digest[:2]
    shelf.mkdir(parents=True, exist_ok=True)
    (shelf / digest).write_bytes(content)
    return digest, EXPLICIT


def test_the_thinnest_slice_the_strongest_field_and_any_agent_are_told(tmp_path):
    thick = stored(tmp_path, SliceThickness="5", MagneticFieldStrength="1.5")
    thin = stored(tmp_path, SliceThickness="1.25", ContrastBolusAgent="Iohexol")
    found = acquired(tmp_path, [thick, thin])
    assert found.values == {"slice_mm": "1.25", "tesla": "1.5"}
    assert found.contrast


@pytest.mark.parametrize("agent", ["", "NONE", "none", "NO"])
def test_a_word_for_no_agent_is_none(tmp_path, agent):
    assert not acquired(tmp_path, [stored(tmp_path, SliceThickness="5", ContrastBolusAgent=agent)]).contrast


@pytest.mark.parametrize("thickness", ["0", "-1", ""])
def test_a_thickness_that_is_none_says_nothing(tmp_path, thickness):
    assert acquired(tmp_path, [stored(tmp_path, SliceThickness=thickness, ContrastBolusAgent="")]).values == {}


def test_a_data_set_that_is_lost_or_empty_leaves_the_whole_unsaid(tmp_path):
    good = stored(tmp_path, SliceThickness="5")
    lost = ("0" * 64, EXPLICIT)
    assert acquired(tmp_path, [good, lost]) is None
    assert acquired(tmp_path, [good, put(tmp_path, b"")]) is None
