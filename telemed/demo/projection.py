"""Digital radiographs of the phantoms: the X-ray shadow of a body, as a processed film shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from telemed.demo.anatomy import LUNG, Build, Thorax
from telemed.demo.shapes import Field, Tubes
from telemed.demo.skeleton import Knee, LumbarSpine
from telemed.demo.vessels import BLOOD, lung_tree

#: Linear attenuation of water at the effective energy of a 120 kV beam, per millimetre.
WATER = 0.0196
#: What calcium absorbs beyond its density (photoelectric effect), per Hounsfield unit over 120: harder and softer beam.
BONE, BONE_SOFT = np.float32(0.0009), np.float32(0.0016)
Beam = Literal["front", "side"]
Letter = Literal["L", "R"]


class Body(Protocol):
    """Anything with Hounsfield units on axial planes."""

    def plane(self, x: Field, y: Field, z: float) -> Field: ...


@dataclass(frozen=True, slots=True)
class Region:
    """What a film shows of a body.

    height: millimetres of the film, its middle at z; across, depth: the box in which the body lies (x and y).
    step: of the integration in the plane, step_z: from plane to plane.  bone: absorption of calcium.
    """

    z: float
    height: float
    across: tuple[float, float]
    depth: tuple[float, float]
    step: float
    step_z: float
    bone: np.float32


CHEST = Region(92.0, 410.0, (-170, 170), (-140, 170), 1.2, 1.5, BONE)
KNEE = Region(-4.0, 230.0, (-94, 94), (-94, 94), 0.8, 0.8, BONE_SOFT)
LUMBAR_SPINE = Region(-30.0, 330.0, (-150, 150), (-118, 118), 1.15, 1.15, BONE_SOFT)
#: How many different chests of each sex, knees and spines there are: what else differs is size and grain.
BODIES = 2


def shadows(body: Body, region: Region) -> dict[Beam, Field]:
    """∫ attenuation along both beams, top row at the head; columns run to the patient's left, and to the back."""
    x = np.arange(*region.across, region.step, dtype=np.float32)
    y = np.arange(*region.depth, region.step, dtype=np.float32)
    front: list[Field] = []
    side: list[Field] = []
    for z in _heights(region):
        units = body.plane(x, y, float(z))
        density = np.maximum(units * np.float32(0.001) + 1, 0) + np.maximum(units - 120, 0) * region.bone
        front.append(density.sum(axis=0))
        side.append(density.sum(axis=1))
    share = np.float32(WATER * region.step)
    return {"front": _blurred(np.stack(front) * share, 1), "side": _blurred(np.stack(side) * share, 1)}


def _heights(region: Region) -> Field:
    count = round(region.height / region.step_z)
    return region.z + region.height / 2 - (np.arange(count) + 0.5) * region.step_z


@lru_cache(maxsize=2 * BODIES)
def chest_shadow(seed: int, nodule: float, *, female: bool) -> Field:
    """The chest from front to back; the lungs' vessels cast their shadows each by itself, as nothing hides them."""
    build = Build.of(seed, female=female)
    shadow = shadows(Thorax(build, nodule, seed, vessels=False), CHEST)["front"]
    x = np.arange(*CHEST.across, CHEST.step, dtype=np.float32)
    density = np.float32(WATER * (BLOOD - LUNG) / 1000 * 0.62)  # of their section: the edges are soft
    vessels = np.zeros_like(shadow)
    _cast(lung_tree(seed), vessels, x, _heights(CHEST).astype(np.float32), density)
    return shadow + _blurred(vessels, 1)


def _cast(tubes: Tubes, shadow: Field, x: Field, heights: Field, density: np.float32) -> None:
    """Add what round tubes absorb to a shadow from the front: the chord of each where the beam meets it."""
    for (start, end), (first, last) in zip(tubes.ends, tubes.radii, strict=True):
        reach = max(first, last) + 1
        left, right = np.searchsorted(x, (min(start[0], end[0]) - reach, max(start[0], end[0]) + reach))
        low, high = min(start[2], end[2]) - reach, max(start[2], end[2]) + reach
        top, bottom = np.searchsorted(-heights, (-high, -low))
        if left >= right or top >= bottom:
            continue
        dx, dz = x[left:right][np.newaxis, :] - start[0], heights[top:bottom][:, np.newaxis] - start[2]
        course = end - start
        flat = course[0] ** 2 + course[2] ** 2 or 1.0
        along = np.clip((dx * course[0] + dz * course[2]) / flat, 0, 1)
        off = (dx - along * course[0]) ** 2 + (dz - along * course[2]) ** 2
        radius = first + along * (last - first)
        # a tube that runs towards the beam is met over a longer way, at most over its own length
        slant = min(float(np.linalg.norm(course)) / flat**0.5, 1.8)
        chord = 2 * np.sqrt(np.maximum(radius * radius - off, 0)) * slant
        shadow[top:bottom, left:right] += chord.astype(np.float32) * density


@lru_cache(maxsize=2 * BODIES)
def knee_shadows(side: int, body: int) -> dict[Beam, Field]:
    """side: -1 right, 1 left."""
    return shadows(Knee(side, 0.92 + 0.09 * body, body), KNEE)


@lru_cache(maxsize=BODIES)
def lumbar_shadows(body: int) -> dict[Beam, Field]:
    return shadows(LumbarSpine(0.9 + 0.08 * body, body), LUMBAR_SPINE)


@dataclass(frozen=True, slots=True)
class Marker:
    """A letter of lead on the film; place: its middle, as shares of columns and rows."""

    letter: Letter
    place: tuple[float, float]


def film(shadow: Field, *, seed: int, rows: int, columns: int, marker: Marker) -> NDArray[np.uint16]:
    """The processed film, 12 bits in 16, bones white (MONOCHROME2)."""
    large = _enlarged(shadow, rows, columns)
    draw = np.random.default_rng(seed + 99)
    # Photons left after the patient decide the grain; scatter lifts the dense parts a little.
    light = np.exp(-large * np.float32(0.86)) + np.float32(0.0035)
    grain = draw.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.0032) / np.sqrt(light)
    density = -np.log(light) + _blurred(grain, 1)
    # What every processing does: compress the large differences, keep the small ones.
    base = _enlarged(_blurred(density[::4, ::4], rows // 112), rows, columns)
    fine = density - _blurred(density, max(2, rows // 300))
    shown = 0.42 * base + 1.0 * (density - base) + 0.55 * fine
    inner = shown[rows // 12 : -rows // 12 : 3, columns // 8 : -columns // 8 : 3]
    low, high = (float(v) for v in np.percentile(inner, (0.5, 99.7)))
    values = np.clip((shown - low) / (high - low), -0.12, 1.12)
    values = ((values + 0.12) / 1.24) ** np.float32(1.25) * 3900 + 60
    _stamp(values, marker)
    return np.clip(values, 0, 4095).astype(np.uint16)


def cropped(shadow: Field, region: Region, ratio: float, size: float, *, beam: Beam) -> Field:
    """The middle of a shadow as the film shows it. ratio: columns to rows; size: of the person, around 1."""
    rows, columns = shadow.shape
    spans = region.across if beam == "front" else region.depth
    middle = -spans[0] / region.step
    half = min(region.height * ratio / size / region.step / 2, middle, columns - middle)
    kept = round(rows / size) if size > 1 else rows
    top = (rows - kept) // 2
    return shadow[top : top + kept, round(middle - half) : round(middle + half)]


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


#: Five by seven points a letter.
LETTERS: dict[Letter, tuple[str, ...]] = {
    "L": ("#....", "#....", "#....", "#....", "#....", "#....", "#####"),
    "R": ("####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"),
}


def _stamp(values: Field, marker: Marker) -> None:
    rows, columns = values.shape
    point = max(2, rows // 210)
    letter = np.array([[one == "#" for one in line] for line in LETTERS[marker.letter]])
    lead = np.kron(letter, np.ones((point, point), dtype=bool))
    top = round(marker.place[1] * rows) - lead.shape[0] // 2
    left = round(marker.place[0] * columns) - lead.shape[1] // 2
    values[top : top + lead.shape[0], left : left + lead.shape[1]][lead] = 4050
