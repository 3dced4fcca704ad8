"""Frames of an instance: where each stands, and its pixels decoded.  PS3.5 §8, A.4."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRLittleEndian

from dicom_gateway.dicomweb.accept import EXPLICIT, NATIVE
from dicom_gateway.dicomweb.blobs import Blob, TooLarge
from dicom_gateway.dicomweb.elements import Element

#: Bytes of one frame that are decoded at most (headers.header.FRAME).
DECODED_LIMIT = 512 << 20
EXTENDED_OFFSETS = 0x7FE00001
#: Uncompressed syntaxes whose pixels stand in big endian.
BIG_ENDIAN = frozenset(("1.2.840.10008.1.2.2", "1.2.840.113619.5.2"))
END_OF_IMAGE = b"\xff\xd9"


class Unreadable(Exception):
    """The pixel data does not give the frame that its attributes promise."""


@dataclass(frozen=True, slots=True)
class Image:
    """How the pixels of an instance are laid out."""

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    photometric: str
    planar: int
    frames: int

    @property
    def frame_bits(self) -> int:
        """Bits of one uncompressed frame; YBR_FULL_422 holds two samples a pixel (PS3.3 C.7.6.3.1.2)."""
        bits = self.rows * self.columns * self.samples * self.bits_allocated
        return bits * 2 // 3 if self.photometric == "YBR_FULL_422" and self.samples == 3 else bits


def image_of(blob: Blob) -> Image:
    """Read the Image Pixel module."""

    def number(tag: int, default: int) -> int:
        element = blob.top.get(tag)
        if element is None or element.length < 2:
            return default
        return struct.unpack_from("<H" if element.encoding.little else ">H", blob.content, element.start)[0]

    allocated = number(0x00280100, 8)
    count = blob.ascii(0x00280008).split("\\")[0]
    return Image(
        rows=number(0x00280010, 0),
        columns=number(0x00280011, 0),
        samples=number(0x00280002, 1),
        bits_allocated=allocated,
        bits_stored=number(0x00280101, allocated),
        signed=number(0x00280103, 0) == 1,
        photometric=blob.ascii(0x00280004),
        planar=number(0x00280006, 0),
        frames=max(int(count), 1) if count.isdecimal() else 1,
    )


def stored_frame(blob: Blob, image: Image, number: int) -> bytes:
    """The bytes of frame `number` (from 1): compressed as they stand, uncompressed in little endian.

    Raises Unreadable if there is no such frame.
    """
    pixels = blob.pixels
    if pixels is None or not 1 <= number <= image.frames:
        raise Unreadable(f"frame {number} of {image.frames if pixels else 0}")
    if pixels.fragments is not None:
        return b"".join(blob.content[start:end] for start, end in _fragments_of(blob, pixels, image, number))
    return _native(blob, pixels, image, number)


def _native(blob: Blob, pixels: Element, image: Image, number: int) -> bytes:
    bits = image.frame_bits
    start = (number - 1) * bits
    if (start + bits + 7) // 8 > pixels.length:
        raise Unreadable(f"frame {number} ends behind the pixel data")
    value = blob.value(pixels)
    if start % 8 or bits % 8:
        packed = np.frombuffer(value[start // 8 : (start + bits + 7) // 8], dtype=np.uint8)
        alone = np.unpackbits(packed, bitorder="little")[start % 8 : start % 8 + bits]
        return np.packbits(alone, bitorder="little").tobytes()
    raw = bytes(value[start // 8 : (start + bits) // 8])
    width = image.bits_allocated // 8
    if blob.transfer_syntax in BIG_ENDIAN and width > 1:
        return np.frombuffer(raw, dtype=f">u{width}").astype(f"<u{width}").tobytes()
    if blob.transfer_syntax in BIG_ENDIAN and pixels.vr == "OW":
        return np.frombuffer(raw[: len(raw) // 2 * 2], dtype=">u2").astype("<u2").tobytes()  # bytes stand in words
    return raw


def _fragments_of(blob: Blob, pixels: Element, image: Image, number: int) -> list[tuple[int, int]]:
    """The fragments of one frame: by count, by an offset table, or by the end marker of JPEG streams."""
    table, *fragments = pixels.fragments or ((0, 0),)
    if image.frames == 1:
        return fragments
    if len(fragments) == image.frames:
        return [fragments[number - 1]]
    offsets = _offsets(blob, table)
    if len(offsets) == image.frames and fragments:
        origin = fragments[0][0] - 8
        begin = offsets[number - 1]
        stop = offsets[number] if number < len(offsets) else pixels.length + pixels.start
        return [one for one in fragments if begin <= one[0] - 8 - origin < stop]
    groups: list[list[tuple[int, int]]] = [[]]
    for start, end in fragments:
        groups[-1].append((start, end))
        if END_OF_IMAGE in bytes(blob.content[max(start, end - 12) : end]):
            groups.append([])
    if number > len(groups) or not groups[number - 1]:
        raise Unreadable(f"{len(fragments)} fragments for {image.frames} frames")
    return groups[number - 1]


def _offsets(blob: Blob, table: tuple[int, int]) -> tuple[int, ...]:
    extended = blob.top.get(EXTENDED_OFFSETS)
    if extended is not None:
        return struct.unpack_from(f"<{extended.length // 8}Q", blob.content, extended.start)
    return struct.unpack_from(f"<{(table[1] - table[0]) // 4}I", blob.content, table[0])


def decoded_frame(blob: Blob, image: Image, number: int) -> tuple[np.ndarray, str]:
    """The pixels of a frame and their photometric interpretation: (rows, columns[, samples]).

    Colour of JPEG streams comes out as RGB; YBR_FULL without chroma subsampling stays what the attributes say.
    Raises Unreadable for a stream no decoder takes, TooLarge beyond DECODED_LIMIT.
    """
    if image.frame_bits // 8 > DECODED_LIMIT:
        raise TooLarge(f"{image.rows} x {image.columns} x {image.samples}")
    if image.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(stored_frame(blob, image, number), dtype=np.uint8), bitorder="little")
        return bits[: image.rows * image.columns].reshape(image.rows, image.columns), image.photometric
    stream = stored_frame(blob, image, number)
    native = blob.transfer_syntax in NATIVE
    decoder = get_decoder(ExplicitVRLittleEndian if native else UID(blob.transfer_syntax))
    options: Any = {
        "rows": image.rows,
        "columns": image.columns,
        "samples_per_pixel": image.samples,
        "photometric_interpretation": image.photometric,
        "pixel_representation": int(image.signed),
        "bits_allocated": image.bits_allocated,
        "bits_stored": image.bits_stored,
        "number_of_frames": 1,
        "planar_configuration": image.planar,
        "pixel_keyword": "PixelData",
    }
    try:
        array, facts = decoder.as_array(
            _even(stream) if native else encapsulate([stream], has_bot=False),
            raw=image.photometric == "YBR_FULL",
            **options,
        )
    except (RuntimeError, ValueError, AttributeError, NotImplementedError, TypeError) as error:
        raise Unreadable(f"frame {number}: {type(error).__name__}") from error
    return array, str(facts["photometric_interpretation"])


def _even(stream: bytes) -> bytes:
    return stream + b"\x00" if len(stream) % 2 else stream


def little_endian(array: np.ndarray) -> bytes:
    """The pixels as explicit little endian has them, interleaved by pixel."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()


__all__ = ["EXPLICIT", "Image", "Unreadable", "decoded_frame", "image_of", "little_endian", "stored_frame"]
