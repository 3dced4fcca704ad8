"""Soft-edged shapes on one axial plane: what the phantom's organs are painted with.

Lengths are millimetres in patient coordinates (LPS: x to the left, y to the back, z to the head).
A shape is a field of signed distances, negative inside; its edge is one pixel wide, as partial volume makes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Single precision wherever it is stored; a step of arithmetic may widen it.
Field = NDArray[np.floating]


@dataclass(slots=True)
class Plane:
    """One axial plane under the brush: values in Hounsfield units over the grid x (columns) × y (rows)."""

    x: Field
    y: Field
    z: float
    values: Field

    @property
    def pixel(self) -> float:
        """The width of an edge: the geometric mean of both pixel spacings."""
        return float(np.sqrt(abs(self.x[1] - self.x[0]) * abs(self.y[1] - self.y[0])))

    def window(self, x_min: float, x_max: float, y_min: float, y_max: float) -> Window | None:
        """The part of the plane a small shape can touch; None if there is none."""
        margin = 2 * self.pixel
        left, right = np.searchsorted(self.x, (x_min - margin, x_max + margin))
        top, bottom = np.searchsorted(self.y, (y_min - margin, y_max + margin))
        if left >= right or top >= bottom:
            return None
        return Window(
            self.x[left:right][np.newaxis, :],
            self.y[top:bottom][:, np.newaxis],
            self.values[top:bottom, left:right],
            self.pixel,
        )

    def paint(self, distance: Field, tissue: float | Field) -> None:
        """Replace what lies inside by tissue, over the whole plane."""
        _blend(self.values, distance, tissue, self.pixel)

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], tissue: float) -> None:
        """Fill an ellipse with axes along x and y; nothing for a radius of zero or less."""
        if min(radii) <= 0:
            return
        window = self.window(centre[0] - radii[0], centre[0] + radii[0], centre[1] - radii[1], centre[1] + radii[1])
        if window is not None:
            window.paint(ellipse(window.x, window.y, centre, radii), tissue)

    def ellipsoid(self, centre: tuple[float, float, float], radii: tuple[float, float, float], tissue: float) -> None:
        """Fill the section of an ellipsoid with axes along x, y and z."""
        height = (self.z - centre[2]) / radii[2]
        if abs(height) < 1:
            share = float(np.sqrt(1 - height * height))
            self.ellipse((centre[0], centre[1]), (radii[0] * share, radii[1] * share), tissue)


@dataclass(slots=True)
class Window:
    """A view into a plane's values with the coordinates that belong to it."""

    x: Field
    y: Field
    values: Field
    pixel: float

    def paint(self, distance: Field, tissue: float | Field) -> None:
        _blend(self.values, distance, tissue, self.pixel)


def _blend(values: Field, distance: Field, tissue: float | Field, pixel: float) -> None:
    share = np.clip(np.float32(0.5) - distance / np.float32(pixel), 0, 1)
    values += share * (tissue - values)


def ellipse(x: Field, y: Field, centre: tuple[float, float], radii: tuple[float, float]) -> Field:
    """Approximate signed distance to an ellipse; exact on its edge and for a circle."""
    a, b = np.float32(radii[0]), np.float32(radii[1])
    u, v = (x - np.float32(centre[0])) / a, (y - np.float32(centre[1])) / b
    return (np.sqrt(u * u + v * v) - 1) * np.float32(np.sqrt(a * b))


@dataclass(frozen=True, slots=True)
class Tubes:
    """Cone-shaped segments (vessels, bronchi, long bones) as one array, so that a plane finds its own quickly.

    ends: (n, 2, 3) millimetres; radii: (n, 2) millimetres; tissue: (n,) Hounsfield units.
    """

    ends: NDArray[np.float64]
    radii: NDArray[np.float64]
    tissue: NDArray[np.float64]

    @staticmethod
    def along(points: list[tuple[float, float, float, float]], tissue: float) -> Tubes:
        """One tube through points (x, y, z, radius)."""
        path = np.asarray(points, dtype=np.float64)
        ends = np.stack([path[:-1, :3], path[1:, :3]], axis=1)
        radii = np.stack([path[:-1, 3], path[1:, 3]], axis=1)
        return Tubes(ends, radii, np.full(len(ends), tissue))

    def with_tissue(self, tissue: float, radius_change: float = 0.0) -> Tubes:
        """The same courses filled otherwise and thicker or thinner: a wall around its lumen."""
        return Tubes(self.ends, self.radii + radius_change, np.full(len(self.ends), tissue))

    @staticmethod
    def joined(parts: list[Tubes]) -> Tubes:
        return Tubes(
            np.concatenate([part.ends for part in parts]),
            np.concatenate([part.radii for part in parts]),
            np.concatenate([part.tissue for part in parts]),
        )

    def draw(self, plane: Plane) -> None:
        """Paint every segment that the plane cuts, in the order given."""
        reach = self.radii.max(axis=1)
        low = self.ends[:, :, 2].min(axis=1) - reach
        high = self.ends[:, :, 2].max(axis=1) + reach
        for index in np.flatnonzero((low < plane.z) & (high > plane.z)):
            self._segment(plane, int(index), float(reach[index]))

    def _segment(self, plane: Plane, index: int, reach: float) -> None:
        start, end = self.ends[index]
        window = plane.window(
            float(min(start[0], end[0])) - reach,
            float(max(start[0], end[0])) + reach,
            float(min(start[1], end[1])) - reach,
            float(max(start[1], end[1])) + reach,
        )
        if window is None:
            return
        course = end - start
        length = float(course @ course) or 1.0
        dx, dy, dz = window.x - np.float32(start[0]), window.y - np.float32(start[1]), plane.z - float(start[2])
        along = np.clip(
            (dx * np.float32(course[0]) + dy * np.float32(course[1]) + np.float32(dz * course[2])) / np.float32(length),
            0,
            1,
        )
        off = np.sqrt(
            (dx - along * np.float32(course[0])) ** 2
            + (dy - along * np.float32(course[1])) ** 2
            + (np.float32(dz) - along * np.float32(course[2])) ** 2
        )
        first, last = self.radii[index]
        window.paint(off - (np.float32(first) + along * np.float32(last - first)), float(self.tissue[index]))
