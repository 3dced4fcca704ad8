"""The bytes of an image → the bytes of its teaching copy. Pure, and slow: call it in a worker thread.

PS3.15 Annex E, Basic Application Level Confidentiality Profile, without any option.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import logging
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from dicomanonymizer import simpledicomanonymizer as kept
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from telemed.teaching.kinds import DECODED, NATIVE, left_out
from telemed.teaching.treating import EDITION, Treatment, is_code, is_well_known, treatment

# what it says of a value quotes it
logging.getLogger("pydicom").setLevel(logging.CRITICAL)

DEFLATED = "1.2.840.10008.1.2.1.99"
IMPLICIT = "1.2.840.10008.1.2"
#: What an inflated data set may need.
INFLATED_LIMIT = 512 << 20
DEEPEST = 16
_PIXELS = 0x7FE00010
_METHOD = f"PS3.15 {EDITION} Table E.1-1, free text and dates removed"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is judged of an image before it is copied: as the original says it."""

    modality: str
    sop_class: str
    image_type: tuple[str, ...]
    burned_in: str  # YES, NO or ''
    samples: int
    frames: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Copy:
    """content: a data set in Explicit VR Little Endian without File Meta, as the archive has its blobs."""

    content: bytes
    facts: Facts
    sop_uid: str
    series_uid: str
    study_uid: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """why: the kind that is never copied, unreadable, or identifier-remains."""

    why: str


def new_uid(secret: bytes, uid: str) -> str:
    """The UID a copy has instead: the same for the same original, and not to be found from it without the secret.

    secret: 32 random bytes of one case.  A UUID as UID, PS3.5 B.2.
    """
    digest = bytearray(hmac.digest(secret, uid.encode(), "sha256")[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80  # version 8, RFC 9562
    return f"2.25.{int.from_bytes(digest)}"


def copied(content: bytes, transfer_syntax: str, secret: bytes, known: frozenset[str] = frozenset()) -> Copy | LeftOut:
    """Make the copy of one image, or say why there is none.  The same arguments make the same bytes.

    content: the data set without File Meta.  known: texts that identify somebody; none of them may remain.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a device wrote wrongly goes, or stays a number
        try:
            return _copied(content, transfer_syntax, secret, known)
        except _Unusable as why:
            return LeftOut(str(why))
        except Exception:  # noqa: BLE001 - whatever a library cannot read, nobody can vouch for
            return LeftOut("unreadable")


class _Unusable(Exception):
    """The message is the word of LeftOut."""


def _copied(content: bytes, transfer_syntax: str, secret: bytes, known: frozenset[str]) -> Copy | LeftOut:
    source = _read(content, transfer_syntax)
    why = left_out(
        _text(source, "SOPClassUID"),
        _text(source, "Modality"),
        _text(source, "ConversionType"),
        transfer_syntax,
        _decoded_size(source),
    )
    if why is not None:
        return LeftOut(why)
    if _PIXELS not in source:
        return LeftOut("no-image")
    facts = _facts(source)
    names = known | {one for one in _identifiers(source) if one.lower() not in _maker(source)}
    if transfer_syntax in DECODED:
        source.decompress(generate_instance_uid=False)
    _clean(source, secret)
    _only_pixels(source)
    _say(source)
    written = _bytes(source, pixels=False)
    if remaining(written, names):
        return LeftOut("identifier-remains")
    uids = (str(source.SOPInstanceUID), str(source.SeriesInstanceUID), str(source.StudyInstanceUID))
    return Copy(_bytes(source, pixels=True), facts, *uids)


def _read(content: bytes, transfer_syntax: str) -> Dataset:
    if transfer_syntax not in NATIVE | DECODED:
        raise _Unusable("transfer-syntax")
    if transfer_syntax == DEFLATED:
        inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        content = inflater.decompress(content, INFLATED_LIMIT)
        if not inflater.eof:
            raise _Unusable("too-large")
    read = read_dataset(io.BytesIO(content), is_implicit_VR=transfer_syntax == IMPLICIT, is_little_endian=True)
    read.file_meta = FileMetaDataset()
    read.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    return read


def _text(source: Dataset, keyword: str) -> str:
    return str(source.get(keyword, "") or "").strip().upper() if keyword != "SOPClassUID" else str(source.get(keyword))


def _number(source: Dataset, keyword: str, otherwise: int) -> int:
    try:
        return int(source.get(keyword) or otherwise)
    except (TypeError, ValueError):
        raise _Unusable("unreadable") from None


def _decoded_size(source: Dataset) -> int:
    frames, samples = _number(source, "NumberOfFrames", 1), _number(source, "SamplesPerPixel", 1)
    bits = max(_number(source, "BitsAllocated", 16), 8)
    return _number(source, "Rows", 0) * _number(source, "Columns", 0) * frames * samples * bits // 8


def _facts(source: Dataset) -> Facts:
    kinds = cast("list[Any] | str", source.get("ImageType") or [])
    return Facts(
        modality=_text(source, "Modality"),
        sop_class=str(source.SOPClassUID),
        image_type=tuple(str(one).upper() for one in ([kinds] if isinstance(kinds, str) else kinds)),
        burned_in=_text(source, "BurnedInAnnotation"),
        samples=_number(source, "SamplesPerPixel", 1),
        frames=_number(source, "NumberOfFrames", 1),
        rows=_number(source, "Rows", 0),
        columns=_number(source, "Columns", 0),
    )


def _values(element: DataElement) -> list[Any]:
    value = element.value
    if value is None or value in ("", b""):
        return []
    return list(value) if element.VM > 1 else [value]


def _elements(source: Dataset, depth: int = 0) -> Iterator[DataElement]:
    """Every element that can be read, on all levels."""
    if depth > DEEPEST:
        raise _Unusable("unreadable")
    for tag in list(source.keys()):
        try:
            element = source[tag]
        except Exception:  # noqa: BLE001, S112 -- it is removed when its turn comes
            continue
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from _elements(item, depth + 1)


def _maker(source: Dataset) -> str:
    """Who made the device, and which: it stays, and test sites name themselves after it."""
    return f"{source.get('Manufacturer', '')} {source.get('ManufacturerModelName', '')}".lower()


_NUMBERED = frozenset(
    {
        "PatientID",
        "AccessionNumber",
        "IssuerOfPatientID",
        "InstitutionName",
        "InstitutionAddress",
        "StationName",
        "OtherPatientIDs",
        "PatientAddress",
        "PatientTelephoneNumbers",
        "StudyID",
    }
)


def _identifiers(source: Dataset) -> Iterator[str]:
    """What the original itself says of persons, places and numbers, and its UIDs."""
    for element in _elements(source):
        if element.VR == "PN":
            for one in _values(element):
                yield from (part for part in str(one).split("=") if len(part.strip("^ ")) > 1)
        elif element.keyword in _NUMBERED:
            yield from (text for one in _values(element) if len(text := str(one).strip()) > 3)
        elif element.VR == "UI":
            yield from (str(one) for one in _values(element) if len(str(one)) > 15 and not is_well_known(str(one)))


def _clean(source: Dataset, secret: bytes, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise _Unusable("unreadable")
    for tag in list(source.keys()):
        try:
            element = source[tag]
            values = [] if tag == _PIXELS else _values(element)
        except Exception:  # noqa: BLE001 -- nobody knows what stands there
            del source[tag]
            continue
        what = treatment(tag.group, tag.element, str(element.VR))
        if what is Treatment.INSIDE:
            for item in element.value:
                _clean(item, secret, depth + 1)
        elif what is Treatment.REMOVE or (element.VR == "CS" and not is_code(values)):
            del source[tag]
        else:
            _change(element, what, values, secret)


def _change(element: DataElement, what: Treatment, values: list[Any], secret: bytes) -> None:
    if what is Treatment.EMPTY:
        element.value = ""
    elif what is Treatment.DUMMY:
        cast("Any", kept).replace_element(element)
    elif what is Treatment.UID:
        element.value = [str(one) if is_well_known(str(one)) else new_uid(secret, str(one)) for one in values]


def _only_pixels(source: Dataset) -> None:
    """Keep of the pixel data what the pixels need: no padding behind them, no overlay in unused bits."""
    bits, stored = int(source.BitsAllocated), int(source.BitsStored)
    high = int(source.get("HighBit", stored - 1))
    if bits not in (8, 16, 32) or not 0 < stored <= bits or not stored - 1 <= high < bits:
        raise _Unusable("unreadable")
    photometric, samples = str(source.PhotometricInterpretation), int(source.SamplesPerPixel)
    size = _decoded_size(source)
    if photometric == "YBR_FULL_422":
        size = size * 2 // 3
    content = bytes(source[_PIXELS].value)
    if len(content) < size or samples not in (1, 3):
        raise _Unusable("unreadable")
    array = np.frombuffer(content[:size], np.dtype(f"<u{bits // 8}"))
    if stored < bits:
        signed = int(source.get("PixelRepresentation", 0)) == 1
        moved = (array << (bits - 1 - high)).astype(array.dtype)
        array = moved.view(np.dtype(f"<i{bits // 8}")) >> (bits - stored) if signed else moved >> (bits - stored)
        source.HighBit = stored - 1
    padded = array.tobytes()
    vr = "OB" if bits == 8 else "OW"
    source[_PIXELS] = DataElement(_PIXELS, vr, padded + b"\x00" * (len(padded) % 2))


def _say(source: Dataset) -> None:
    """What the copy says of itself, PS3.15 E.1.1 and PS3.3 C.7.1.1, C.12.1."""
    source.SpecificCharacterSet = "ISO_IR 192"
    source.PatientIdentityRemoved = "YES"
    source.DeidentificationMethod = _METHOD
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    source.DeidentificationMethodCodeSequence = Sequence([code])
    source.LongitudinalTemporalInformationModified = "REMOVED"


def _bytes(source: Dataset, *, pixels: bool) -> bytes:
    whole = Dataset()
    for element in source:
        if pixels or element.tag != _PIXELS:
            whole.add(element)
    whole.file_meta = FileMetaDataset()
    whole.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with DicomBytesIO() as file:
        file.is_little_endian, file.is_implicit_VR = True, False
        write_dataset(file, whole)
        return file.getvalue()


def remaining(written: bytes, names: frozenset[str]) -> set[str]:
    """Those of the names that stand in written bytes, in UTF-8 or GB 18030, large or small."""
    plain = written.lower()
    found: set[str] = set()
    for one in names:
        spelled = {one.lower().encode(), one.lower().encode("gb18030", "replace")}
        if any(each in plain for each in spelled if len(each) > 3):
            found.add(one)
    return found


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
