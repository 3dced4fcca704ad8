"""A knee and a lumbar spine that never lived, as Hounsfield units on axial planes; for radiographs of them.

Millimetres, LPS.  The knee's z = 0 is the joint line, the spine's the middle of L3.  Made like the thorax
(telemed.demo.anatomy): every structure to be recognised at first glance, nothing of disease in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telemed.demo.anatomy import AIR, BOWEL, CORTEX, FAT, KIDNEY, MUSCLE, SKIN, SPONGY
from telemed.demo.shapes import Field, Plane, Tubes, ellipse

MARROW = -10.0
OUTSIDE = 99.0
#: From one lumbar vertebra to the next, and the height of its disc.
LUMBAR, DISC = 36.0, 8.5


def _at(z: float, *knots: tuple[float, float]) -> float:
    """Smooth interpolation between (height, value), heights rising."""
    for (low, first), (high, last) in itertools.pairwise(knots):
        if z < high:
            share = min(max((z - low) / (high - low), 0.0), 1.0)
            return first + (last - first) * share * share * (3 - 2 * share)
    return knots[-1][1]


@dataclass(slots=True)
class Bones:
    """The bones of one plane: shells first, then what is inside them, so that no wall divides what belongs together."""

    plane: Plane
    shell: Field
    inside: Field

    @staticmethod
    def on(plane: Plane) -> Bones:
        shape = plane.values.shape
        return Bones(plane, *(np.full(shape, OUTSIDE, dtype=np.float32) for _ in range(2)))

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], wall: float) -> None:
        """A bone cut across; wall: millimetres of dense bone."""
        if min(radii) > 0:
            field = ellipse(self.plane.x[np.newaxis, :], self.plane.y[:, np.newaxis], centre, radii)
            self.add(field.astype(np.float32), wall)

    def ellipsoid(self, centre: tuple[float, float, float], radii: tuple[float, float, float], wall: float) -> None:
        height = (self.plane.z - centre[2]) / radii[2]
        if abs(height) < 1:
            share = float(np.sqrt(1 - height * height))
            self.ellipse((centre[0], centre[1]), (radii[0] * share, radii[1] * share), wall)

    def add(self, field: Field, wall: float) -> None:
        """A bone of any shape, by the distance to its surface."""
        np.minimum(self.shell, field, out=self.shell)
        np.minimum(self.inside, field + np.float32(wall), out=self.inside)

    def paint(self, cortex: float, seed: int, *, spongy: float = 1.0) -> None:
        """Blend them into the plane; spongy bone has its grain. spongy: its share beside marrow."""
        draw = np.random.default_rng([seed, round(self.plane.z * 10) + 9999])
        grain = draw.standard_normal(self.plane.values.shape, dtype=np.float32) * np.float32(70)
        self.plane.paint(self.shell, cortex)
        self.plane.paint(self.inside, np.float32(MARROW) + (SPONGY - MARROW + grain) * np.float32(spongy))


@dataclass(frozen=True)
class Knee:
    """One knee, straight. side: -1 for the right one, 1 for the left; build: thickness of the leg around 1."""

    side: int
    build: float = 1.0
    seed: int = 1

    def plane(self, x: Field, y: Field, z: float) -> Field:
        """Hounsfield units at height z, shape (len(y), len(x))."""
        plane = Plane(x, y, z, np.full((len(y), len(x)), AIR, dtype=np.float32))
        self._flesh(plane)
        bones = Bones.on(plane)
        self._femur(bones)
        self._lower_leg(bones)
        bones.ellipsoid((self.side * 2, -41, 30), (20, 9, 21), 1.3)
        bones.paint(CORTEX - 60, self.seed, spongy=_at(abs(z), (38, 1), (92, 0)))
        plane.ellipsoid((0, 25, 14), (8.5, 20, 16), MUSCLE - 10)  # the notch between the condyles, open to the back
        return plane.values

    def _flesh(self, plane: Plane) -> None:
        z = plane.z
        wide = self.build * _at(z, (-130, 54), (-70, 56), (-20, 52), (20, 56), (60, 60), (130, 72))
        deep = self.build * _at(z, (-130, 56), (-70, 58), (-20, 50), (20, 55), (60, 60), (130, 72))
        middle = _at(z, (-130, 12), (-20, 6), (40, 2), (130, 4))
        fat = 7.0 * self.build
        plane.ellipse((0, middle), (wide, deep), SKIN)
        plane.ellipse((0, middle), (wide - 1.8, deep - 1.8), FAT)
        plane.ellipse((0, middle), (wide - fat, deep - fat), MUSCLE)
        plane.ellipse((0, middle + deep * 0.42), (11, 9), FAT + 20)  # the popliteal fossa
        plane.ellipsoid((0, -31, -4), (17, 9, 22), FAT)  # Hoffa's fat pad
        plane.ellipsoid((0, -22, 74), (22, 10, 26), FAT + 10)

    def _femur(self, bones: Bones) -> None:
        z, side = bones.plane.z, self.side
        for across, deep, bottom in ((21.0, 5.0, 2.5), (-20.0, 7.0, 1.5)):
            height = 23.0
            bones.ellipsoid((side * across, deep, bottom + height), (20.0, 29.0, height), 1.5)
        if z > 22:
            radii = (
                _at(z, (22, 34), (34, 37), (52, 29), (72, 20), (95, 15.5), (130, 14)),
                _at(z, (22, 16), (34, 21), (52, 19), (72, 16), (95, 14.5), (130, 14)),
            )
            wall = _at(z, (30, 1.3), (60, 1.6), (85, 3.6), (130, 5.2))
            centre = (side * _at(z, (30, 0.5), (130, 9)), _at(z, (30, -6), (130, -8)))
            bones.ellipse(centre, radii, wall)

    def _lower_leg(self, bones: Bones) -> None:
        z, side = bones.plane.z, self.side
        if z < -3.5:
            radii = (
                _at(z, (-130, 12.5), (-75, 14), (-48, 20), (-26, 31), (-14, 37.5), (-6, 38.5), (-3.5, 36)),
                _at(z, (-130, 14), (-75, 16), (-48, 20), (-26, 22), (-14, 24), (-3.5, 23)),
            )
            wall = _at(z, (-130, 5.0), (-80, 3.8), (-52, 1.8), (-20, 1.2), (-5.1, 1.4), (-4.4, 6))
            centre = (_at(z, (-130, 2), (-20, 0)) * -side, _at(z, (-130, -2), (-20, 2)))
            bones.ellipse(centre, radii, wall)
        for across, top in ((-5.5, 6.5), (6.0, 4.5)):  # the spines of the eminence
            if -6 < z < top:
                radius = 5.2 * (top - z) / (top + 6)
                bones.ellipse((side * across, 2), (radius, radius + 2), 1.2)
        bones.ellipsoid((0, -19, -42), (9, 8, 14), 1.4)  # the tuberosity
        bones.ellipsoid((side * 31, 17, -24), (9.5, 10, 13), 1.2)  # the fibula's head
        if z < -26:
            thick = _at(z, (-130, 6.2), (-40, 6), (-26, 8))
            bones.ellipse((side * _at(z, (-130, 27), (-26, 31)), 18), (thick, thick), _at(z, (-60, 2.6), (-26, 1.2)))


@dataclass(frozen=True)
class LumbarSpine:
    """The trunk from T12 to the sacrum. build: thickness of the trunk around 1."""

    build: float = 1.0
    seed: int = 1

    def plane(self, x: Field, y: Field, z: float) -> Field:
        """Hounsfield units at height z, shape (len(y), len(x))."""
        plane = Plane(x, y, z, np.full((len(y), len(x)), AIR, dtype=np.float32))
        self._flesh(plane)
        bones = Bones.on(plane)
        if z > -92:
            self._vertebra(bones)
        else:
            self._sacrum(bones)
        self._ilium(bones)
        bones.paint(CORTEX - 240, self.seed)
        for side, height in itertools.product((-1, 1), (-114, -138, -160)):  # the foramina of the sacrum
            plane.ellipsoid((side * 25, self._course(-92) + (-92 - height) * 0.5, height), (6, 26, 6), MUSCLE)
        self._processes.draw(plane)
        return plane.values

    def _course(self, z: float) -> float:
        """Depth of the middle of the vertebral bodies: the lordosis."""
        return 36 - 20 * float(np.exp(-(((z + 30) / 78) ** 2))) + 0.0006 * z * z

    def _flesh(self, plane: Plane) -> None:
        z = plane.z
        wide, deep = self.build * _at(z, (-200, 178), (-80, 168), (40, 152), (140, 158)), self.build * 112
        plane.ellipse((0, 0), (wide, deep), SKIN)
        plane.ellipse((0, 0), (wide - 2, deep - 2), FAT)
        plane.ellipse((0, 4), (wide - 18 * self.build, deep - 16 * self.build), MUSCLE)
        plane.ellipse((0, -10), (wide - 32 * self.build, deep - 30 * self.build), FAT + 70)
        back = self._course(z)
        for side in (-1, 1):
            psoas = _at(z, (-120, 27), (-40, 24), (60, 12), (100, 2))
            plane.ellipse((side * _at(z, (-120, 62), (-20, 47), (90, 30)), back - 4), (psoas, psoas * 1.1), MUSCLE)
            plane.ellipse((side * 34, back + 46), (31, 20), MUSCLE + 4)
            plane.ellipsoid((side * 62, 30, 62 - 8 * (side < 0)), (28, 26, 56), KIDNEY)
        self._bowel.draw(plane)

    @cached_property
    def _bowel(self) -> Tubes:
        """Loops with a little gas, as on a film that was not prepared for."""
        draw = np.random.default_rng(self.seed)
        loops: list[Tubes] = []
        for _ in range(12):
            x, y, z = (float(v) for v in draw.uniform((-105, -72, -150), (105, -38, 90)))
            to = (x + float(draw.uniform(-34, 34)), y + float(draw.uniform(-8, 8)), z + float(draw.uniform(-16, 16)))
            loop = Tubes.along([(x, y, z, float(draw.uniform(12, 19))), (*to, 13.0)], BOWEL)
            loops.append(loop)
            if draw.uniform() < 0.6:
                loops.append(loop.with_tissue(AIR + 250, -6.5))
        return Tubes.joined(loops)

    def _vertebra(self, bones: Bones) -> None:
        z = bones.plane.z
        number = round(z / LUMBAR)
        level = z - number * LUMBAR  # 0 in the middle of a body
        depth = self._course(z)
        half = (LUMBAR - DISC) / 2
        if abs(level) < half:
            waist = 1 - 0.11 * float(np.cos(level / half * np.pi / 2))
            wide = _at(z, (-72, 25.5), (0, 23), (108, 20)) * waist
            plate = abs(level) > half - 1.3
            bones.ellipse((0, depth), (wide, wide * 0.76), 30 if plate else 1.4)
        else:
            bones.plane.ellipse((0, depth), (_at(z, (-72, 24), (108, 19)), 17), 80)

    @cached_property
    def _processes(self) -> Tubes:
        """Pedicles, laminae, transverse, articular and spinous processes, and the last two ribs."""
        parts: list[Tubes] = []
        for number in range(-2, 4):
            z = number * LUMBAR
            y = self._course(z)
            for side in (-1, 1):
                pedicle = Tubes.along([(side * 14, y + 13, z + 6, 5.6), (side * 15, y + 27, z + 5, 5.4)], CORTEX - 120)
                parts += [pedicle, pedicle.with_tissue(SPONGY, -1.7)]
                reach = 44 if number < 3 else 26
                parts.append(
                    Tubes.along([(side * 19, y + 22, z + 4, 4.6), (side * reach, y + 27, z + 6, 3.0)], CORTEX - 420)
                )
                facet = Tubes.along([(side * 17, y + 33, z + 12, 5.5), (side * 16, y + 35, z - 20, 6)], CORTEX - 330)
                parts += [facet, facet.with_tissue(SPONGY + 60, -1.8)]
                parts.append(Tubes.along([(side * 15, y + 34, z + 2, 4.5), (0, y + 41, z - 4, 4)], CORTEX - 380))
            spine = Tubes.along([(0, y + 41, z - 4, 3.6), (0, y + 66, z - 11, 5.2)], CORTEX - 300)
            parts += [spine, spine.with_tissue(SPONGY, -1.6)]
        for side in (-1, 1):
            for reach, top, end in ((128, 128, 58), (100, 98, 50)):
                turn = np.linspace(0.15, 1.15, 7)
                course = [
                    (
                        side * reach * float(np.sin(one)),
                        24 + 50 * float(np.cos(one)),
                        top + (end - top) * float(share),
                        4.8,
                    )
                    for one, share in zip(turn, np.linspace(0, 1, 7) ** 1.3, strict=True)
                ]
                rib = Tubes.along(course, CORTEX - 330)
                parts += [rib, rib.with_tissue(SPONGY - 40, -1.5)]
        return Tubes.joined(parts)

    def _sacrum(self, bones: Bones) -> None:
        z = bones.plane.z
        depth = self._course(-92) + (-92 - z) * 0.5
        wide = _at(z, (-200, 22), (-150, 42), (-110, 56), (-92, 50))
        bones.ellipse((0, depth + 6), (wide, _at(z, (-200, 9), (-92, 19))), 1.5)

    def _ilium(self, bones: Bones) -> None:
        z = bones.plane.z
        crest = -56.0
        if z > crest:
            return
        x, y = bones.plane.x[np.newaxis, :], bones.plane.y[:, np.newaxis]
        grown = min(1.0, ((crest - z) / 60) ** 0.6)  # the crest is a bow: at its top only the middle of the wing
        for side in (-1, 1):
            back, middle, front = (side * 52.0, 74.0), (side * 104.0, 30.0), (side * 128.0, -36.0)
            ends = [_towards(middle, back, grown), middle, _towards(middle, front, grown)]
            field = _along(x, y, ends) - np.float32(_at(z, (-200, 8), (-90, 4.6), (-58, 7)))
            bones.add(field.astype(np.float32), 1.7)


def _towards(start: tuple[float, float], end: tuple[float, float], share: float) -> tuple[float, float]:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _along(x: Field, y: Field, points: Sequence[tuple[float, float]]) -> Field:
    """Distance to a line through points of the plane."""
    best = np.full(np.broadcast_shapes(x.shape, y.shape), OUTSIDE, dtype=np.float32)
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy or 1.0
        share = np.clip(((x - ax) * dx + (y - ay) * dy) / length, 0, 1)
        np.minimum(best, np.hypot(x - ax - share * dx, y - ay - share * dy), out=best, casting="same_kind")
    return best
