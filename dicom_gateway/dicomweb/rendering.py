"""Pixels as a person sees them: modality LUT, window or VOI LUT, colour, then JPEG or PNG.

PS3.3 C.11, PS3.18 §8.3.5.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image as Picture
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut, convert_color_space

from dicom_gateway.dicomweb.blobs import Blob
from dicom_gateway.dicomweb.frames import Unreadable, decoded_frame, image_of

#: The longest side of a picture that is drawn for a browser.
LARGEST_SIDE = 4096
THUMBNAIL = 200
#: The longest side of a thumbnail that stands for the image until it is there.
PREVIEW = 1024


class Function(StrEnum):
    """VOI LUT Function, PS3.18 §8.3.5.1.4."""

    LINEAR = "linear"
    LINEAR_EXACT = "linear-exact"
    SIGMOID = "sigmoid"


@dataclass(frozen=True, slots=True)
class Window:
    centre: float
    width: float
    function: Function = Function.LINEAR


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a frame is to be drawn.

    viewport: (width, height) it is scaled to fit into, None for the stored size. quality: of JPEG, 1 to 100.
    """

    media_type: str = "image/jpeg"
    window: Window | None = None
    viewport: tuple[int, int] | None = None
    quality: int = 90


def draw(blob: Blob, number: int, drawing: Drawing) -> bytes:
    """Draw frame `number` (from 1).  Raises frames.Unreadable, blobs.TooLarge."""
    image = image_of(blob)
    array, photometric = decoded_frame(blob, image, number)
    attributes = _attributes(blob)
    if image.samples == 3:
        grey = convert_color_space(array, "YBR_FULL", "RGB") if photometric.startswith("YBR") else array
        shown = _eight_bits(grey, image.bits_stored)
    elif photometric == "PALETTE COLOR":
        try:
            coloured = apply_color_lut(array, attributes)
        except (ValueError, AttributeError, KeyError) as error:
            raise Unreadable(f"palette: {type(error).__name__}") from error
        shown = _eight_bits(coloured, 16 if coloured.dtype.itemsize == 2 else 8)
    else:
        shown = _grey(array, blob, attributes, drawing.window, image.bits_stored)
        if photometric == "MONOCHROME1":
            shown = 255 - shown
    return _encoded(Picture.fromarray(shown), drawing, _aspect(blob))


def _attributes(blob: Blob) -> Dataset:
    """The attributes before the pixel data, for the look-up tables."""
    head = io.BytesIO(bytes(blob.content[: blob.header_end]))
    return read_dataset(head, blob.encoding.implicit, blob.encoding.little)


def _eight_bits(array: np.ndarray, bits: int) -> np.ndarray:
    return np.ascontiguousarray(array if bits <= 8 else array >> (bits - 8)).astype(np.uint8)


def _grey(array: np.ndarray, blob: Blob, attributes: Dataset, window: Window | None, bits: int) -> np.ndarray:
    values = apply_modality_lut(array, attributes)
    if window is None:
        if "VOILUTSequence" in attributes and attributes.VOILUTSequence:
            looked_up = apply_voi_lut(values, attributes, prefer_lut=True).astype(np.float64)
            top = float(1 << (int(attributes.VOILUTSequence[0].LUTDescriptor[2]) or 8)) - 1
            return np.clip(looked_up / top * 255, 0, 255).astype(np.uint8)
        window = _own_window(blob) or _spread(values, bits)
    return _windowed(values, window)


def _own_window(blob: Blob) -> Window | None:
    """The first window the image brings, None if it brings none that works."""
    try:
        centre, width = (float(blob.ascii(tag).split("\\")[0]) for tag in (0x00281050, 0x00281051))
    except ValueError:
        return None
    if not (math.isfinite(centre) and width >= 1):
        return None
    named = blob.ascii(0x00281056).lower().replace("_", "-")
    return Window(centre, width, Function(named) if named in set(Function) else Function.LINEAR)


def _spread(values: np.ndarray, bits: int) -> Window:
    """For an image that says nothing of its window: a screen's own range for a screen's bits, else what it holds.

    A page that is black but for some letters has nothing between most of its values: its least and its most count then.
    """
    low, high = (float(one) for one in np.percentile(values, (0.5, 99.5)))
    if bits <= 8 and values.min() >= 0 and values.max() <= 255:
        low, high = 0.0, float((1 << bits) - 1)
    elif low == high:
        low, high = float(values.min()), float(values.max())
    return Window((low + high) / 2, max(high - low, 1.0), Function.LINEAR_EXACT)


def _windowed(values: np.ndarray, window: Window) -> np.ndarray:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3; width below 1 counts as 1."""
    centre, width = window.centre, max(window.width, 1.0)
    shown = values.astype(np.float32)
    match window.function:
        case Function.SIGMOID:
            level = 255 / (1 + np.exp(-4 * (shown - centre) / width))
        case Function.LINEAR_EXACT:
            level = ((shown - centre) / width + 0.5) * 255
        case Function.LINEAR:
            level = ((shown - (centre - 0.5)) / max(width - 1, 1e-6) + 0.5) * 255
    return np.clip(level, 0, 255).astype(np.uint8)


def _aspect(blob: Blob) -> float:
    """Height of a pixel over its width."""
    for tag in (0x00280030, 0x00181164, 0x00280034):
        try:
            rows, columns = (float(one) for one in blob.ascii(tag).split("\\"))
        except ValueError:
            continue
        if rows > 0 and columns > 0:
            return min(max(rows / columns, 0.1), 10.0)
    return 1.0


def _encoded(picture: Picture.Image, drawing: Drawing, aspect: float) -> bytes:
    width, height = float(picture.width), picture.height * aspect
    box = drawing.viewport or (LARGEST_SIDE, LARGEST_SIDE)
    scale = min(box[0] / width, box[1] / height)
    if drawing.viewport is None:
        scale = min(scale, 1.0)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size != picture.size:
        reduced = size[0] < picture.width
        picture = picture.resize(size, Picture.Resampling.BOX if reduced else Picture.Resampling.BICUBIC)
    out = io.BytesIO()
    if drawing.media_type == "image/png":
        picture.save(out, "PNG", compress_level=3)
    else:
        picture.save(out, "JPEG", quality=drawing.quality)
    return out.getvalue()
