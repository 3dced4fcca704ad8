"""Whether an image may have text burnt into its pixels: what it says of itself, and a look at the pixels. Pure.

A flag asks for a person's eyes; no flag promises nothing. What the look at the pixels finds and misses is measured in
tests/unit/teaching/test_text_like.py.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from telemed.teaching.deidentifying import Facts


class Ground(StrEnum):
    """Why a person has to look."""

    DECLARED = "declared"  # Burned In Annotation (0028,0301) YES
    DEVICE = "device"  # a kind of device that writes into its pictures, whatever the attribute says
    CAPTURE = "capture"  # a picture of a screen, or a colour picture of a method without colour
    UNSTATED = "unstated"  # projection radiography that does not say NO: markers, on old devices names
    TEXT_LIKE = "text-like"  # rows of short bright strokes near the edge


#: Devices that write into their pictures.
_WRITING = frozenset(
    {"US", "IVUS", "ES", "XC", "GM", "SM", "OP", "OPT", "OCT", "OT", "DG", "EPS", "IVOCT", "BDUS", "HC"}
)
_PROJECTION = frozenset({"CR", "DX", "MG", "RF", "XA", "PX", "IO", "RG", "DR"})
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_COLOURLESS = frozenset({"CT", "MR", "CR", "DX", "MG", "PT"})
_SCREENS = ("SCREEN", "SCRN", "DOSE", "REPORT", "CAPTURE", "SNAPSHOT", "SUMMARY")


def grounds(facts: Facts, *, text_like: bool) -> tuple[Ground, ...]:
    """Why a person has to look at an image before anybody else does; none where nothing speaks for it."""
    found: list[Ground] = []
    if facts.burned_in == "YES":
        found.append(Ground.DECLARED)
    if facts.modality in _WRITING:
        found.append(Ground.DEVICE)
    if _is_capture(facts):
        found.append(Ground.CAPTURE)
    if facts.modality in _PROJECTION and facts.burned_in != "NO":
        found.append(Ground.UNSTATED)
    if text_like:
        found.append(Ground.TEXT_LIKE)
    return tuple(found)


def _is_capture(facts: Facts) -> bool:
    if facts.sop_class == _SECONDARY_CAPTURE or facts.sop_class.startswith(_SECONDARY_CAPTURE + "."):
        return True
    if facts.modality in _COLOURLESS and facts.samples > 1:
        return True
    if facts.image_type[:2] == ("DERIVED", "SECONDARY"):
        return True
    return any(word in one for one in facts.image_type for word in _SCREENS)


#: Strokes of a letter, in pixels; letters of a line; rows of a letter.
_WIDEST, _FEWEST, _ROWS = 6, 4, 4
#: The band along each edge that is looked at, as part of the side.
_BAND = 0.25
#: Contrast of a stroke against what lies beside it, as part of the frame's whole range.
_CONTRAST = 0.5


def text_like(frame: np.ndarray) -> bool:
    """Whether rows of short bright strokes lie near an edge of a frame, as letters do.

    frame: (rows, columns) grey, or (rows, columns, 3).  Dark letters on a bright ground are looked for too.
    """
    grey = frame.max(axis=2) if frame.ndim == 3 else frame
    if min(grey.shape) < 64:
        return False
    values = grey.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return False
    values = (values - low) / (high - low)
    return _has_lines(values) or _has_lines(1 - values)


def _has_lines(values: np.ndarray) -> bool:
    rows, columns = values.shape
    strokes = _strokes(values)
    tall, wide = int(rows * _BAND), int(columns * _BAND)
    half = columns // 2
    blocks = [strokes[:tall, :half], strokes[:tall, half:], strokes[-tall:, :half], strokes[-tall:, half:]]
    blocks += [strokes[:, :wide], strokes[:, -wide:]]
    return any(_consecutive(block.sum(axis=1) >= _FEWEST, _ROWS) for block in blocks)


def _strokes(values: np.ndarray) -> np.ndarray:
    """Where a run of saturated pixels, at most `_WIDEST` long and dark on both sides, begins."""
    bright = values > 1 - _CONTRAST / 2
    dark = values < 1 - _CONTRAST
    begins = np.zeros_like(bright)
    begins[:, 1:] = bright[:, 1:] & ~bright[:, :-1]
    found = np.zeros_like(bright)
    columns = values.shape[1]
    for width in range(1, _WIDEST + 1):
        if columns <= width + 4:
            break
        run = begins[:, 2 : columns - width - 2].copy()
        for step in range(1, width):
            run &= bright[:, 2 + step : columns - width - 2 + step]
        run &= dark[:, : columns - width - 4] | dark[:, 1 : columns - width - 3]
        run &= dark[:, 2 + width : columns - 2] | dark[:, 3 + width : columns - 1]
        run &= ~bright[:, 2 + width : columns - 2]
        found[:, 2 : columns - width - 2] |= run
    return found


def _consecutive(rows: np.ndarray, many: int) -> bool:
    longest = 0
    for one in rows:
        longest = longest + 1 if one else 0
        if longest >= many:
            return True
    return False
