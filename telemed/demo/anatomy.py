"""A thorax that never lived: Hounsfield units on any axial plane of a synthetic person.

Not a model of disease or of dose; it is made so that a radiologist recognises every structure at first glance
and so that lengths can be measured against known values (`Landmarks`).
Millimetres, LPS, z = 0 at the top of the right diaphragm, carina near z = 115, lung apex near z = 232.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telemed.demo.shapes import Field, Plane, Tubes, ellipse
from telemed.demo.vessels import lung_tree

AIR, LUNG, FAT, SKIN, MUSCLE, BLOOD = -1000.0, -850.0, -102.0, 15.0, 52.0, 42.0
LIVER, SPLEEN, KIDNEY, BOWEL = 58.0, 50.0, 32.0, 22.0
SPONGY, CORTEX, CARTILAGE, CORD = 210.0, 780.0, 95.0, 30.0

RIB_SPACING = 23.0
VERTEBRA = 24.0


@dataclass(frozen=True, slots=True)
class Build:
    """What makes one synthetic person look unlike the next; factors around 1."""

    width: float = 1.0
    depth: float = 1.0
    fat: float = 1.0
    heart: float = 1.0
    female: bool = False
    phase: float = 0.0

    @staticmethod
    def of(seed: int, *, female: bool) -> Build:
        draw = np.random.default_rng(seed).uniform
        return Build(
            width=float(draw(0.92, 1.01)),
            depth=float(draw(0.92, 1.05)),
            fat=float(draw(0.6, 1.5)),
            heart=float(draw(0.92, 1.12)),
            female=female,
            phase=float(draw(0, 6.28)),
        )


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Known lengths and places for tests and for measuring on the screen (millimetres, LPS)."""

    nodule_centre: tuple[float, float, float] = (-72.0, 22.0, 150.0)
    trachea_diameter: float = 18.0
    descending_aorta_diameter: float = 25.0
    vertebra_height: float = VERTEBRA


LANDMARKS = Landmarks()


@dataclass(frozen=True)
class Thorax:
    """One person's chest; `plane` gives any axial section.

    nodule: diameter of the finding (0: none).  vessels: of the lungs, for whoever does not draw them otherwise.
    """

    build: Build
    nodule: float = 12.0
    seed: int = 1
    vessels: bool = True

    def plane(self, x: Field, y: Field, z: float) -> Field:
        """Hounsfield units at height z, shape (len(y), len(x)), without noise."""
        whole = np.full((len(y), len(x)), AIR, dtype=np.float32)
        half, depth = self._scale(z)
        left, right = np.searchsorted(x, (-half - 12, half + 12))
        top, bottom = np.searchsorted(y, (-depth - 56, depth + 40))
        x, y = x[left:right], y[top:bottom]
        plane = Plane(x, y, z, whole[top:bottom, left:right])
        columns, rows = x[np.newaxis, :], y[:, np.newaxis]
        body = self._body(columns, rows, z)
        cavity = self._cavity(columns, rows, z)
        around = np.arctan2(np.abs(columns), rows)  # 0 at the spine, pi at the sternum
        self._wall(plane, body, cavity, around)
        self._abdomen(plane, columns, rows, cavity)
        self._chest(plane, columns, rows, cavity)
        self._bones(plane, cavity, around)
        return whole

    def _scale(self, z: float) -> tuple[float, float]:
        """Half width and half depth of the trunk at height z."""
        knots = (-220.0, -100.0, -40.0, 40.0, 130.0, 185.0, 215.0, 240.0, 262.0, 300.0)
        width = np.interp(z, knots, (152, 156, 164, 170, 172, 176, 184, 160, 90, 62))
        depth = np.interp(z, knots, (112, 114, 120, 124, 118, 106, 94, 82, 70, 64))
        pad = 1 + 0.05 * (self.build.fat - 1)
        return float(width) * self.build.width * pad, float(depth) * self.build.depth * pad

    def _body(self, x: Field, y: Field, z: float) -> Field:
        a, b = self._scale(z)
        u, v = np.abs(x) / np.float32(a), np.abs(y - 10) / np.float32(b)
        radius = np.sqrt(np.sqrt((u * u) ** 2 + 0.9 * (u * v) ** 2 + (v * v) ** 2))
        angle = np.arctan2(y, x)
        ripple = 2.2 * np.cos(3 * angle + self.build.phase) + 1.2 * np.cos(5 * angle - self.build.phase)
        outline = (radius - 1) * np.float32((a * b) ** 0.5) + ripple.astype(np.float32)
        # the furrow over the spinous processes
        outline = outline + 5 * np.exp(-((x / 16) ** 2)) * (y > 0)
        if self.build.female:
            rise = 34 * float(np.exp(-(((z - 62) / 40) ** 2)))
            outline = outline - rise * np.exp(-(((np.abs(x) - 76) / 40) ** 2)) * np.clip((10 - y) / 60, 0, 1)
        return outline.astype(np.float32)

    def _cavity(self, x: Field, y: Field, z: float) -> Field:
        """Distance to the pleura, and below the diaphragm to the abdominal wall."""
        dome = 1.0 if z < 70 else float(np.sqrt(max(0.0, 1 - ((z - 70) / 165) ** 2)))
        below = float(np.interp(z, (-220, -60, 40), (0.96, 0.98, 1.0)))
        a = max(4.0, 139 * self.build.width * below * dome**0.8)
        b = max(4.0, 89 * self.build.depth * below * dome**0.65)
        u, v = np.abs(x) / np.float32(a), (y - 3) / np.float32(b)
        radius = np.sqrt(np.sqrt((u * u) ** 2 + 1.55 * (u * v) ** 2 + (v * v) ** 2))
        # the spine bulges into the chest between two deep gutters
        spine = 20 * np.exp(-((x / 25) ** 2)) * np.clip(v, 0, 1)
        return ((radius - 1) * np.float32((a * b) ** 0.5) + spine).astype(np.float32)

    def _wall(self, plane: Plane, body: Field, cavity: Field, around: Field) -> None:
        z = plane.z
        plane.paint(body, SKIN)
        streaks = 12 * np.sin(plane.x[np.newaxis, :] / 9 + z / 13) * np.sin(plane.y[:, np.newaxis] / 7 - z / 17)
        plane.paint(body + 2.0, (FAT + streaks).astype(np.float32))
        # trunk muscles: thick at the back and over the upper chest, thin in front below
        upper = float(np.interp(z, (30, 110, 190), (0, 1, 1.4)))
        thick = 13 + 9 * np.exp(-(((around - 0.9) / 0.7) ** 2)) + upper * 15 * np.exp(-(((around - 2.3) / 0.5) ** 2))
        muscle = np.maximum(cavity - thick.astype(np.float32), body + 5)
        plane.paint(muscle, MUSCLE)
        seam = np.abs(cavity - 12.5 - 2 * np.sin(3 * around)) - 0.8
        plane.paint(np.maximum(seam, muscle + 3), FAT + 25)
        for side in (-1, 1):
            plane.ellipse((side * 25, self._spine(z) + 36), (20, 13), MUSCLE + 4)
            plane.ellipsoid((side * 150 * self.build.width, -4, 212), (30, 34, 30), MUSCLE)
        if self.build.female:
            for side in (-1, 1):
                front = 12 - self._scale(z)[1]
                plane.ellipsoid((side * 76, front - 12, 60), (26, 10, 24), 10)

    def _spine(self, z: float) -> float:
        """Depth of the vertebral bodies' centre: the thoracic kyphosis."""
        return 58 - 0.0007 * (z - 95) ** 2 if z > -60 else 58 - 0.0007 * 155**2 - 0.02 * (-60 - z)

    def _diaphragm(self, x: Field, y: Field) -> Field:
        """Height of the diaphragm's dome over each point; the right one stands higher."""
        right = 2 - 66 * (((x + 66) / 78) ** 2 + ((y + 12) / 88) ** 2)
        left = -6 - 66 * (((x - 66) / 78) ** 2 + ((y + 12) / 88) ** 2)
        return np.where(x < 0, np.maximum(right, -105), np.maximum(left, -110)).astype(np.float32)

    def _heart(self, x: Field, y: Field, z: float, grow: float = 0.0) -> Field:
        """An ellipsoid with its apex to the left, to the front and down."""
        size = self.build.heart
        dx, dy, dz = x - 20, y + 24, np.float32(z - 36)
        long_axis = 0.72 * dx - 0.35 * dy - 0.55 * dz
        rest = dx * dx + dy * dy + dz * dz - long_axis * long_axis
        a, b = np.float32(66 * size + grow), np.float32(46 * size + grow)
        radius = np.sqrt((long_axis / a) ** 2 + np.maximum(rest, 0) / (b * b))
        return ((radius - 1) * b).astype(np.float32)

    def _chest(self, plane: Plane, x: Field, y: Field, cavity: Field) -> None:
        z = plane.z
        if z > 240 or z < -112:
            return
        dome = self._diaphragm(x, y)
        over = (dome - np.float32(z)) * 0.75
        plane.paint(np.maximum(cavity + 0.5, over - 2.5), FAT)
        narrow = float(np.interp(z, (40, 90, 130, 180, 230), (22, 28, 20, 23, 26)))
        column = np.minimum(ellipse(x, y, (2, 2), (narrow, 62)), ellipse(x, y, (3, -52), (5, 50)))
        back = ellipse(x, y, (3, self._spine(z)), (25, 27))
        heart = self._heart(x, y, z, grow=5)
        inside = np.maximum.reduce([cavity + 2.2, -column, -back, -heart, over])
        slow = np.sin(x / 31 + z / 40 + self.build.phase) * np.sin(y / 27 - z / 35)
        tissue = LUNG + 0.28 * (y + 20) + 14 * slow
        plane.paint(inside, tissue.astype(np.float32))
        for fissure in (y * 0.8 - (z - 78) * 0.6 + 4 * np.sin(x / 30), np.where(x < 0, z - 92 + 0.1 * y, 99)):
            plane.paint(np.maximum(np.abs(fissure) - 0.45, inside + 4), LUNG + 210)
        if self.vessels:
            self._lung_vessels.draw(plane)
        if self.nodule > 0:
            r = self.nodule / 2
            plane.ellipsoid(LANDMARKS.nodule_centre, (r, r, r), 35.0)
        heart = self._heart(x, y, z)
        plane.paint(np.maximum(heart, over), MUSCLE - 4)
        plane.paint(np.maximum(np.abs(heart + 3) - 0.7, over), FAT + 60)
        self._great_vessels.draw(plane)

    @cached_property
    def _lung_vessels(self) -> Tubes:
        return lung_tree(self.seed)

    @cached_property
    def _great_vessels(self) -> Tubes:
        aorta = LANDMARKS.descending_aorta_diameter / 2
        spine = 40.0
        airway = LANDMARKS.trachea_diameter / 2
        trachea = Tubes.along([(0, 6, 300, airway), (0, 10, 180, airway), (-1, 16, 118, airway + 1)], AIR + 10)
        right = Tubes.along([(-1, 16, 118, 7.5), (-24, 20, 100, 7), (-44, 18, 84, 5.5), (-60, 22, 60, 3.6)], AIR + 15)
        left = Tubes.along([(-1, 16, 118, 7), (26, 22, 96, 6), (48, 22, 82, 5), (62, 28, 56, 3.4)], AIR + 15)
        upper = Tubes.along([(-36, 19, 92, 4.5), (-52, 12, 116, 3.4), (-60, 8, 140, 2.4)], AIR + 20)
        lingula = Tubes.along([(40, 22, 88, 4.5), (58, 8, 104, 3.4), (66, 0, 124, 2.4)], AIR + 20)
        airways = [trachea, right, left, upper, lingula]
        walls = [part.with_tissue(40, 1.6) for part in airways]
        return Tubes.joined(
            [
                Tubes.along([(-16, -22, 52, 16), (-18, -24, 110, 16), (-12, -20, 132, 15)], BLOOD),
                Tubes.along([(-12, -20, 132, 15), (4, 0, 147, 13.5), (20, 20, 146, 13), (24, 36, 132, aorta)], BLOOD),
                Tubes.along(
                    [(24, 36, 132, aorta), (20, spine, 60, aorta), (10, 42, -20, 12), (4, 40, -220, 10)], BLOOD
                ),
                Tubes.along([(21, 46, 120, 1.2), (22, 46, 100, 1.2)], 520),
                Tubes.along([(26, -30, 70, 15), (22, -22, 100, 14)], BLOOD),
                Tubes.along([(22, -22, 100, 14), (34, 2, 108, 11), (50, 16, 104, 8)], BLOOD),
                Tubes.along([(22, -22, 100, 13), (-14, -4, 98, 11), (-40, 2, 94, 9), (-52, 6, 88, 7)], BLOOD),
                Tubes.along([(-30, -12, 62, 11), (-30, -14, 160, 9), (-26, -16, 182, 9)], BLOOD),
                Tubes.along([(-26, -16, 182, 8), (20, -26, 178, 7), (46, -20, 200, 6)], BLOOD),
                Tubes.along([(-10, -12, 146, 7), (-20, 0, 190, 6), (-30, 4, 260, 4.5)], BLOOD),
                Tubes.along([(2, -2, 150, 5), (8, 2, 200, 4.5), (24, 4, 270, 4)], BLOOD),
                Tubes.along([(14, 14, 152, 6), (22, 14, 205, 5.5), (70, 0, 232, 5)], BLOOD),
                Tubes.along([(-24, 18, 40, 11), (-22, 26, -60, 12), (-20, 32, -220, 11)], BLOOD),
                Tubes.along([(6, 30, 260, 6.5), (6, 31, 100, 7), (12, 26, -10, 8)], 38),
                Tubes.along([(6, 28, 240, 2), (6, 29, 150, 1.8), (7, 29, 90, 0.9)], -600),
                *walls,
                *airways,
            ]
        )

    def _abdomen(self, plane: Plane, x: Field, y: Field, cavity: Field) -> None:
        z = plane.z
        if z > 8:
            return
        below = np.maximum(cavity + 1.5, (np.float32(z) - self._diaphragm(x, y)) * 0.75)
        lobules = 18 * np.sin(x / 11 + z / 9) * np.sin(y / 12 + self.build.phase)
        plane.paint(below, (FAT + lobules).astype(np.float32))
        section = float(np.sqrt(max(0.02, 1 - ((z + 50) / 105) ** 2)))
        liver = ellipse(x, y, (-58, -4), (96 * section, 88 * section))
        tail = ellipse(x, y, (20, -44), (62 * section, 32 * section))
        plane.paint(np.maximum(np.minimum(liver, tail), below + 3), LIVER)
        self._liver_vessels.draw(plane)
        plane.ellipsoid((-48, -48, -100), (17, 24, 30), 12)
        spleen = ellipse(x, y, (100, 42), (27 * section, 44 * section))
        plane.paint(np.maximum(spleen, below + 4), SPLEEN)
        stomach = self._stomach(x, y, z)
        plane.paint(np.maximum(stomach, below + 4), 38)
        plane.paint(np.maximum(stomach + 4, below + 8), BOWEL)
        plane.paint(np.maximum(np.maximum(stomach + 4, below + 8), y + 46), AIR + 40)
        for side in (-1, 1):
            plane.ellipsoid((side * 56, 46, -112 - 8 * (side < 0)), (27, 25, 54), KIDNEY)
            plane.ellipsoid((side * 50, 42, -112 - 8 * (side < 0)), (10, 12, 30), FAT + 20)
            psoas = -(z + 70) / 6
            plane.ellipse((side * 34, self._spine(z) - 6), (psoas, psoas), MUSCLE)
        for index, (cx, cy, cz) in enumerate(((70, -60, -110), (20, -58, -130), (-30, -64, -150), (86, -10, -140))):
            plane.ellipsoid((cx, cy, cz), (22, 18, 26), BOWEL)
            if index % 2 == 0:
                plane.ellipsoid((cx, cy - 5, cz), (17, 11, 20), AIR + 60)

    def _stomach(self, x: Field, y: Field, z: float) -> Field:
        section = float(np.sqrt(max(0.01, 1 - ((z + 52) / 48) ** 2)))
        return ellipse(x, y, (60, -32), (46 * section, 40 * section))

    @cached_property
    def _liver_vessels(self) -> Tubes:
        draw = np.random.default_rng(self.seed + 7)
        parts: list[Tubes] = []
        for _ in range(26):
            x, y, z = (float(v) for v in draw.uniform((-120, -50, -80), (-10, 50, -18)))
            tip = (x + float(draw.uniform(-26, 26)), y + float(draw.uniform(-26, 26)), z + float(draw.uniform(-14, 14)))
            parts.append(Tubes.along([(x, y, z, 3.4), (*tip, 1.4)], BLOOD - 4))
        return Tubes.joined(parts)

    def _bones(self, plane: Plane, cavity: Field, around: Field) -> None:
        z = plane.z
        self._ribs(plane, cavity, around)
        self._vertebra(plane)
        front = -self._front(z)
        if 38 < z < 196:
            half = 15.0 if z < 148 else float(np.interp(z, (148, 165, 196), (17, 27, 24)))
            gap = abs(z - 148) < 2
            for inset, tissue in ((0.0, 240.0 if gap else 420.0), (2.0, SPONGY - 60)):
                plane.ellipse((0, front), (half - inset, 6.5 - inset), tissue)
        if 95 < z < 236:
            reach = float(np.interp(z, (95, 112, 160, 236), (0.02, 0.1, 0.3, 0.36)))
            across = np.abs(cavity - 25 - 4 * np.cos(4 * around)) - 2.0
            blade = np.maximum(across, (np.abs(around - 1.02) - reach) * 90)
            plane.paint(blade, CORTEX - 320)
        self._long_bones.draw(plane)

    def _front(self, z: float) -> float:
        """Depth of the sternum before the centre."""
        dome = 1.0 if z < 70 else float(np.sqrt(max(0.0, 1 - ((z - 70) / 165) ** 2)))
        return 89 * self.build.depth * dome**0.65 + 6

    @cached_property
    def _long_bones(self) -> Tubes:
        parts: list[Tubes] = []
        wide = self.build.width
        for side in (-1, 1):
            collar = Tubes.along(
                [
                    (side * 16, -50, 196, 8.5),
                    (side * 52, -56, 204, 6.5),
                    (side * 96 * wide, -40, 214, 5.5),
                    (side * 138 * wide, -14, 226, 6.5),
                ],
                CORTEX - 150,
            )
            parts += [collar, collar.with_tissue(SPONGY + 40, -2.2)]
            head = Tubes.along([(side * 156 * wide, -2, 208, 20), (side * 162 * wide, -2, 206, 19)], CORTEX - 330)
            parts += [head, head.with_tissue(SPONGY, -3)]
            spine = Tubes.along([(side * 60 * wide, 74, 178, 3), (side * 140 * wide, 26, 224, 5)], CORTEX - 330)
            parts.append(spine)
        return Tubes.joined(parts)

    def _ribs(self, plane: Plane, cavity: Field, around: Field) -> None:
        z = plane.z
        turn = np.clip(around / np.float32(np.pi), 0, 1)
        drop = 16 * np.sin(turn * np.pi) * 0 + 92 * turn**1.6 - 10 * turn
        position = (np.float32(z) + drop - 8) / np.float32(RIB_SPACING)
        number = np.rint(position)  # 0 near the diaphragm, 9 under the clavicle
        height = np.abs(position - number) * np.float32(RIB_SPACING)
        half = np.where(turn > 0.45, 6.4, 5.4).astype(np.float32)
        across = np.maximum(np.abs(cavity - 6.2) - 3.6, height - half)
        real = (number >= -5) & (number <= 9)
        shell = np.where(real, across, np.float32(99))
        gristle = turn > 0.80
        short = (number < -1) & (turn > 0.25 + 0.09 * np.maximum(number + 5, 0))
        bone = np.where(gristle | short, np.float32(99), shell)
        plane.paint(bone, CORTEX - 60)
        plane.paint(bone + 1.7, SPONGY + 30)
        wings = np.where(gristle & (number > -2) & (turn < 0.985), shell, np.float32(99))
        plane.paint(wings, CARTILAGE)

    def _vertebra(self, plane: Plane) -> None:
        z = plane.z
        depth = self._spine(z)
        size = float(np.interp(z, (-220, -60, 100, 240, 300), (23, 20, 16.5, 13.5, 11)))
        level = ((z + 600) % VERTEBRA) - VERTEBRA / 2  # 0 in the middle of a vertebral body
        disc = abs(level) > VERTEBRA / 2 - 2.4
        plate = not disc and abs(level) > VERTEBRA / 2 - 3.9
        waist = 1 - 0.1 * float(np.cos(level / VERTEBRA * 2 * np.pi) + 1) / 2
        radii = (size * waist, size * 0.8 * waist)
        if disc:
            plane.ellipse((0, depth), radii, 85)
        else:
            plane.ellipse((0, depth), radii, CORTEX - 260)
            plane.ellipse((0, depth), (radii[0] - 1.3, radii[1] - 1.3), CORTEX - 330 if plate else SPONGY - 25)
        canal = depth + radii[1] + 7.5
        if level > -4:
            plane.ellipse((0, canal), (14.5, 11.5), CORTEX - 280)
            plane.ellipse((0, canal), (12.6, 9.6), SPONGY + 100)
        if abs(level - 4) < 5:
            for side in (-1, 1):
                round_off = float(np.sqrt(1 - ((level - 4) / 5) ** 2))
                plane.ellipse((side * 24, canal + 3), (15, 4.2 * round_off), CORTEX - 330)
                plane.ellipse((side * 32, canal + 2), (6 * round_off, 5 * round_off), SPONGY + 90)
        if level < 8:
            taper = float(np.sqrt(1 - ((level + 2) / 10.5) ** 2)) if abs(level + 2) < 10.5 else 0.0
            reach = (9 + (6 - level) * 0.4) * max(0.5, taper)
            plane.ellipse((0, canal + 8 + reach), (3.6 * taper, reach), CORTEX - 380)
            plane.ellipse((0, canal + 8 + reach), (1.6 * taper, reach - 2), SPONGY + 40)
        plane.ellipse((0, canal), (9.2, 8.2), FAT + 70)
        plane.ellipse((0, canal), (8.2, 7.2), 12)
        plane.ellipse((0, canal), (4.8, 3.6), CORD + 12)
