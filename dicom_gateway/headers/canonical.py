"""Whether two encodings hold the same content: a digest that no lossless change of encoding changes.

Dropped: group lengths, data set trailing padding, padding of values, the way lengths are written.  Public elements
count with their dictionary's VR, private ones (whose VR implicit encoding does not say) by their bytes.  Pixels that
are coded losslessly count decoded; lossy ones as coded, for decoding them is a matter of taste.

`Any` comes in by pydicom and numpy, whose decoders are typed only in part; it does not leave this file.
"""

import hashlib
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

import numpy as np
from pydicom.datadict import dictionary_VR
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import UID

from dicom_gateway.headers.walk import (
    ITEM,
    ITEM_END,
    PIXEL_DATA,
    SEQUENCE_END,
    UNDEFINED,
    Encoding,
    Fault,
    encoding_of,
    read_head,
    walk,
)

#: Losslessly coded, by definition of the syntax.
LOSSLESS = frozenset(
    (
        "1.2.840.10008.1.2.4.57",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.201",
        "1.2.840.10008.1.2.4.202",
        "1.2.840.10008.1.2.5",
    )
)
TRAILING_PADDING = 0xFFFCFFFC
#: Say how the pixels are coded, not what they are: planar configuration and photometric interpretation.
PLANAR, PHOTOMETRIC = 0x00280006, 0x00280004
#: Bytes of one number, by VR; in big endian they stand the other way round.
WIDTHS = {
    **dict.fromkeys(("AT", "OW", "SS", "US", "US or SS", "US or OW", "US or SS or OW"), 2),
    **dict.fromkeys(("FL", "OF", "OL", "SL", "UL"), 4),
    **dict.fromkeys(("FD", "OD", "OV", "SV", "UV"), 8),
}


Head = tuple[int, bytes, int, int]


class Incomparable(Exception):
    """The content cannot be compared: a coding nobody here can decode."""


def canonical_digest(content: memoryview, transfer_syntax: str) -> str:
    """Digest the content of a whole data set, not deflated.

    Raises Incomparable if it cannot be had.  Decodes the pixels frame by frame.
    """
    running = hashlib.sha256()
    encoding = encoding_of(transfer_syntax)
    structure = walk(content, encoding)
    if isinstance(structure, Fault):
        raise Incomparable(structure.reason)
    pixels = structure.elements.get(PIXEL_DATA)
    for piece in _elements(content, 0, len(content), encoding, outermost=True):
        running.update(piece)
    if pixels is not None:
        running.update(b"pixels")
        for piece in _pixels(content, transfer_syntax, encapsulated=pixels.length is None):
            running.update(piece)
    return running.hexdigest()


def _elements(
    content: memoryview, start: int, end: int, encoding: Encoding, *, outermost: bool = False
) -> Iterator[bytes]:
    """Yield what counts of the elements between two places; walk() has checked them, depth included."""
    at = start
    while end - at >= 8:
        head = read_head(content, at, end, encoding)
        if isinstance(head, Fault):
            return  # trailing zeros
        tag, written_vr, length, value = head
        if tag == ITEM_END:
            return
        after = _end_of_value(content, head, end, encoding)
        if not (tag & 0xFFFF == 0 or tag == TRAILING_PADDING or (outermost and tag in {PIXEL_DATA, PLANAR})):
            vr = _vr(tag, written_vr)
            yield struct.pack("<I", tag) + vr.encode()
            if tag == PIXEL_DATA and length == UNDEFINED:  # of an icon: small, and compared as it is coded
                yield bytes(content[value:after])
            else:
                yield from _value(content[value:after], vr, tag, encoding, undefined=length == UNDEFINED)
        at = after


def _vr(tag: int, written: bytes) -> str:
    if (tag >> 16) & 1:
        return "private"
    try:
        return dictionary_VR(tag)
    except KeyError:
        return written.decode("ascii", "replace")


def _value(content: memoryview, vr: str, tag: int, encoding: Encoding, *, undefined: bool) -> Iterator[bytes]:
    first = bytes(content[:4])
    if vr == "SQ" or undefined or (vr in {"UN", "private"} and first in {b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"}):
        yield from _items(content, encoding)
        return
    raw = bytes(content)
    width = WIDTHS.get(vr, 1)
    if not encoding.little and width > 1 and len(raw) % width == 0:
        raw = np.frombuffer(raw, f">u{width}").astype(f"<u{width}").tobytes()
    if width == 1:
        raw = raw.rstrip(b" \x00")
    if tag == PHOTOMETRIC and raw in {b"YBR_RCT", b"YBR_ICT"}:
        raw = b"RGB"
    yield struct.pack("<Q", len(raw)) + raw


def _items(content: memoryview, encoding: Encoding) -> Iterator[bytes]:
    order = "<" if encoding.little else ">"
    at = 0
    while len(content) - at >= 8:
        group, element, length = struct.unpack_from(order + "HHI", content, at)
        if group << 16 | element != ITEM:
            break
        start = at + 8
        end = len(content) if length == UNDEFINED else start + length
        inner = _inner(content, start, end, encoding)
        yield b"item"
        yield from _elements(content, start, end, inner)
        yield b"end"
        at = _end_of_item(content, start, end, inner) if length == UNDEFINED else end
    yield b"end of items"


def _inner(content: memoryview, start: int, end: int, encoding: Encoding) -> Encoding:
    """A sequence inside UN is implicit whatever is around it (PS3.5 §6.2.2): its first element shows no VR."""
    if encoding.implicit or end - start < 8:
        return encoding
    vr = bytes(content[start + 4 : start + 6])
    return encoding if vr.isalpha() and vr.isupper() else Encoding(implicit=True)


def _end_of_value(content: memoryview, head: Head, end: int, encoding: Encoding) -> int:
    tag, _, length, value = head
    if length != UNDEFINED:
        return value + length
    order = "<" if encoding.little else ">"
    at = value
    while end - at >= 8:
        group, element, size = struct.unpack_from(order + "HHI", content, at)
        found = group << 16 | element
        if found == SEQUENCE_END:
            return at + 8
        if size == UNDEFINED:
            at = _end_of_item(content, at + 8, end, _inner(content, at + 8, end, encoding))
        else:
            at += 8 + size
    raise Incomparable(f"no end of ({tag >> 16:04X},{tag & 0xFFFF:04X})")


def _end_of_item(content: memoryview, start: int, end: int, encoding: Encoding) -> int:
    at = start
    while end - at >= 8:
        head = read_head(content, at, end, encoding)
        if isinstance(head, Fault):
            break
        if head[0] == ITEM_END:
            return head[3]
        at = _end_of_value(content, head, end, encoding)
    raise Incomparable("no end of an item")


def _pixels(content: memoryview, transfer_syntax: str, *, encapsulated: bool) -> Iterator[bytes]:
    if encapsulated and transfer_syntax not in LOSSLESS:
        yield transfer_syntax.encode()
        yield from _fragments(content, encoding_of(transfer_syntax))
        return
    try:
        yield from _decoded(content, transfer_syntax)
    except Exception as failure:
        # a decoder that gives up for whatever reason: the two are not called the same
        raise Incomparable(type(failure).__name__) from failure


def _fragments(content: memoryview, encoding: Encoding) -> Iterator[bytes]:
    structure = walk(content, encoding)
    if isinstance(structure, Fault):
        raise Incomparable(structure.reason)
    at = structure.elements[PIXEL_DATA].start
    first = True
    while True:
        group, element, length = struct.unpack_from("<HHI", content, at)
        if group << 16 | element != ITEM:
            return
        if not first:  # the first item is the offset table
            yield bytes(content[at + 8 : at + 8 + length])
        first = False
        at += 8 + length


def _decoded(content: memoryview, transfer_syntax: str) -> Iterator[bytes]:
    """Yield each frame: little endian, colour by pixel."""
    encoding = encoding_of(transfer_syntax)
    dataset = read_dataset(BytesIO(content), encoding.implicit, encoding.little)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    frames: Iterator[Any] = cast("Iterator[Any]", iter_pixels(dataset))
    for frame in frames:
        array = cast("np.ndarray[Any, np.dtype[Any]]", frame)
        yield struct.pack("<QQ", *array.shape[:2]) + array.astype(array.dtype.newbyteorder("<")).tobytes()
