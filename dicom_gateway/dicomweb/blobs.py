"""An instance of the archive, mapped into memory: what is not read never leaves the disk."""

from __future__ import annotations

import mmap
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dicom_gateway.dicomweb.elements import Element, elements
from dicom_gateway.headers.walk import DEFLATED, PIXEL_DATA, Encoding, encoding_of
from dicom_gateway.spool.archive import blob_path

#: A deflated data set is inflated in memory; headers.read_header refuses more (PS3.5 A.5).
INFLATED_LIMIT = 256 << 20
FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA = 0x7FE00008, 0x7FE00009
PIXELS = frozenset((PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA))


class TooLarge(Exception):
    """What is asked for does not fit into the memory it may take."""


@dataclass(frozen=True)
class Blob:
    """The data set of one instance, without File Meta, inflated if it was deflated."""

    content: memoryview
    transfer_syntax: str

    @property
    def encoding(self) -> Encoding:
        return encoding_of(self.transfer_syntax)

    @cached_property
    def top(self) -> dict[int, Element]:
        """The outermost elements by tag."""
        return {one.tag: one for one in elements(self.content, self.encoding)}

    @property
    def pixels(self) -> Element | None:
        """The pixel data, whichever of the three kinds it is."""
        return next((self.top[tag] for tag in PIXELS if tag in self.top), None)

    def value(self, element: Element) -> memoryview:
        return self.content[element.start : element.start + element.length]

    def ascii(self, tag: int) -> str:
        """An element of the default repertoire as text, without padding; empty if it is absent."""
        element = self.top.get(tag)
        return "" if element is None else bytes(self.value(element)).decode("ascii", "replace").strip(" \x00")

    @property
    def header_end(self) -> int:
        """Where the pixel data's element begins; the whole length without any."""
        pixels = self.pixels
        if pixels is None:
            return len(self.content)
        return max((one.end for one in self.top.values() if one.end <= pixels.start and one is not pixels), default=0)


def open_blob(root: Path, digest: str, transfer_syntax: str) -> Blob:
    """Map a blob for reading; the mapping goes with the last view into it.

    Raises FileNotFoundError if the archive lost it, TooLarge for a deflated data set beyond the limit.
    """
    with blob_path(root, digest).open("rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if transfer_syntax not in DEFLATED:
        return Blob(whole, transfer_syntax)
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    inflated = inflater.decompress(whole, INFLATED_LIMIT)
    if inflater.unconsumed_tail and not inflater.eof:
        raise TooLarge(digest)
    return Blob(memoryview(inflated), transfer_syntax)
