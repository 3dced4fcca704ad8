"""Branching vessels of the lungs, grown from the hila by a seeded rule."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from telemed.demo.shapes import Tubes

Point = NDArray[np.float64]

HILA = ((-46.0, 8.0, 92.0), (46.0, 12.0, 96.0))
#: Where the larger branches go on each side, before the side is mirrored: (x, y, z), patient's left positive.
LOBES = (
    (62.0, -36.0, 214.0),
    (66.0, 36.0, 216.0),
    (112.0, -52.0, 140.0),
    (120.0, 34.0, 150.0),
    (98.0, -70.0, 62.0),
    (122.0, 6.0, 70.0),
    (92.0, 74.0, 96.0),
    (110.0, 56.0, 6.0),
    (62.0, 70.0, -20.0),
    (70.0, -66.0, 110.0),
    (118.0, -20.0, 10.0),
    (70.0, 72.0, 150.0),
)
BLOOD = 40.0
THINNEST = 0.72  # mm: below it a vessel is lost in noise at 0.74 mm pixels


@dataclass(slots=True)
class _Growth:
    """The branches so far and the seeded chance that shapes the next."""

    draw: np.random.Generator
    ends: list[tuple[Point, Point]] = field(default_factory=list[tuple[Point, Point]])
    radii: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def branch(self, start: Point, course: Point, radius: float, depth: int = 0) -> None:
        """One branch and what springs from it: each child thinner (Murray's law, about 0.79) and shorter."""
        length = math.hypot(*course.tolist())
        if radius < THINNEST or length < 8 or depth > 6:
            return
        share = 0.38
        end = start + course * share + self.draw.normal(0, length * 0.04, 3)
        self.ends.append((start, end))
        self.radii.append((radius, radius * 0.82))
        ahead = course * (1 - share)
        self.branch(end, self._turned(ahead, float(self.draw.uniform(0.05, 0.3))), radius * 0.82, depth + 1)
        for _ in range(2 if depth < 3 else 1):
            aside = self._turned(ahead, float(self.draw.uniform(0.5, 1.15)))
            reach = float(self.draw.uniform(0.55, 1.0)) * max(length * 0.6, 22.0)
            size = math.hypot(*aside.tolist()) or 1.0
            self.branch(end, aside * (reach / size), radius * 0.62, depth + 1)

    def _turned(self, course: Point, angle: float) -> Point:
        """The course turned by an angle (radians) towards a random perpendicular."""
        a, b, c = course.tolist()
        u, v, w = self.draw.normal(0, 1, 3).tolist()
        # written out: numpy's cross product of three numbers costs more than all the rest
        across = np.array((b * w - c * v, c * u - a * w, a * v - b * u))
        scale = math.hypot(a, b, c) / (math.hypot(*across.tolist()) or 1.0)
        return course * math.cos(angle) + across * (math.sin(angle) * scale)


@lru_cache(maxsize=8)
def lung_tree(seed: int) -> Tubes:
    """Arteries and veins of both lungs; the same for the same seed."""
    growth = _Growth(np.random.default_rng(seed))
    for hilum in HILA:
        side = 1.0 if hilum[0] > 0 else -1.0
        for lobe in LOBES:
            for _ in range(2):
                start = np.asarray(hilum) + growth.draw.uniform(-6, 6, 3)
                goal = np.asarray((side * lobe[0], lobe[1], lobe[2])) + growth.draw.uniform(-12, 12, 3)
                growth.branch(start, goal - start, float(growth.draw.uniform(3.0, 4.4)))
    count = len(growth.ends)
    return Tubes(np.asarray(growth.ends).reshape(count, 2, 3), np.asarray(growth.radii), np.full(count, BLOOD))
