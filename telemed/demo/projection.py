"""A digital chest radiograph of the phantom: the X-ray shadow of the same thorax, as a processed film shows it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from telemed.demo.anatomy import Build, Thorax
from telemed.demo.shapes import Field

#: Linear attenuation of water at the effective energy of a 120 kV beam, per millimetre.
WATER = 0.0196
#: What calcium absorbs beyond its density (photoelectric effect), per Hounsfield unit over 120.
BONE = np.float32(0.0009)
#: The film's field: centre height (mm above the right dome) and the millimetres shown.
CENTRE_Z = 92.0
HEIGHT = 410.0
#: Steps of the integration: rows of the film, columns, depth (mm).
STEP_Z, STEP_X, STEP_Y = 1.4, 0.8, 1.8


@lru_cache(maxsize=2)
def line_integrals(build: Build, seed: int, nodule: float, width: float) -> Field:
    """∫ attenuation along the beam, front to back, shape (height, columns), top row at the head."""
    thorax = Thorax(build, nodule, seed)
    x = np.arange(-width / 2, width / 2, STEP_X, dtype=np.float32)
    y = np.arange(-140, 170, STEP_Y, dtype=np.float32)
    heights = CENTRE_Z + HEIGHT / 2 - (np.arange(round(HEIGHT / STEP_Z)) + 0.5) * STEP_Z
    rows: list[Field] = []
    for z in heights:
        units = thorax.plane(x, y, float(z))
        density = np.maximum(units * np.float32(0.001) + 1, 0) + np.maximum(units - 120, 0) * BONE
        rows.append(density.sum(axis=0) * np.float32(WATER * STEP_Y))
    return _blurred(np.stack(rows), 1)


def film(build: Build, *, seed: int, nodule: float, rows: int, columns: int) -> NDArray[np.uint16]:
    """The processed film, 12 bits in 16, bones white (MONOCHROME2); `pixel_spacing` gives its millimetres."""
    width = HEIGHT * columns / rows
    shadow = line_integrals(build, seed, nodule, width)
    large = _enlarged(shadow, rows, columns)
    draw = np.random.default_rng(seed + 99)
    # Photons left after the patient decide the grain; scatter lifts the dense parts a little.
    light = np.exp(-large * np.float32(0.86)) + np.float32(0.0035)
    grain = draw.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.0032) / np.sqrt(light)
    density = -np.log(light) + _blurred(grain, 1)
    # What every chest processing does: compress the large differences, keep the small ones.
    base = _blurred(density, rows // 28)
    fine = density - _blurred(density, max(2, rows // 300))
    shown = 0.42 * base + 1.0 * (density - base) + 0.55 * fine
    inner = shown[rows // 12 : -rows // 12, columns // 8 : -columns // 8]
    low, high = (float(v) for v in np.percentile(inner, (0.5, 99.7)))
    values = np.clip((shown - low) / (high - low), -0.12, 1.12)
    values = ((values + 0.12) / 1.24) ** np.float32(1.25) * 3900 + 60
    _marker(values, rows, columns)
    return np.clip(values, 0, 4095).astype(np.uint16)


def pixel_spacing(rows: int) -> float:
    """Millimetres per detector element."""
    return HEIGHT / rows


def _enlarged(image: Field, rows: int, columns: int) -> Field:
    """Cubic interpolation, one axis after the other."""
    return _enlarged_rows(_enlarged_rows(image, rows).T, columns).T


def _enlarged_rows(image: Field, rows: int) -> Field:
    """Catmull-Rom along the first axis."""
    at = (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(len(image) / rows) - np.float32(0.5)
    first = np.floor(at).astype(np.int64)
    t = (at - first)[:, np.newaxis].astype(np.float32)
    last = len(image) - 1
    a, b, c, d = (image[np.clip(first + shift, 0, last)] for shift in (-1, 0, 1, 2))
    return 0.5 * (2 * b + t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) + t * (3 * (b - c) + d - a))))


def _blurred(image: Field, radius: int) -> Field:
    """Three box filters a direction: close to a Gaussian, and independent of the radius in time."""
    result = image
    for _ in range(3 if radius > 1 else 1):
        result = _box(_box(result, radius).T, radius).T
    return np.ascontiguousarray(result)


def _box(image: Field, radius: int) -> Field:
    padded = np.pad(image, ((radius + 1, radius), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0, dtype=np.float64)
    return ((sums[2 * radius + 1 :] - sums[: -2 * radius - 1]) / (2 * radius + 1)).astype(np.float32)


def _marker(values: Field, rows: int, columns: int) -> None:
    """The lead letter L over the patient's left shoulder (on the right of the film)."""
    size = rows // 36
    top, left = rows // 14, columns - columns // 9
    stroke = max(2, size // 5)
    values[top : top + size, left : left + stroke] = 4050
    values[top + size - stroke : top + size, left : left + size * 2 // 3] = 4050
