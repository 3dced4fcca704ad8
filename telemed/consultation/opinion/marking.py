"""A mark as the room's log has it → as a DICOM SR says it.  Pure.

The room spells what its viewer shows: units as they stand on the screen, the figures after the first in the label,
points from the centre of the first pixel, an ellipse by the ends of its two axes in the order they were drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from telemed.consultation.opinion.structured_report import Author, Mark, MarkedImage, Quantity, Shape, Value
from telemed.consultation.room.state import Mark as RoomMark

#: SCOORD counts from the outer corner of the first pixel (PS3.3 C.18.6.1.2), the viewer's index from its centre.
HALF_A_PIXEL = 500
BETWEEN = " · "
AXES = 4  # points of an ellipse
#: The screen's unit → UCUM.
UNITS: Mapping[str, str] = {
    "mm": "mm",
    "cm": "cm",
    "px": "{pixels}",
    "mm²": "mm2",
    "cm²": "cm2",
    "px²": "{pixels}",
    "°": "deg",
    "HU": "[hnsf'U]",
    "": "1",
}
HOUNSFIELD = "HU"
_SPREAD = re.compile(r"SD (-?[0-9]{1,9}(?:\.[0-9]{1,6})?)")
_AREA = re.compile(r"(-?[0-9]{1,9}(?:\.[0-9]{1,6})?) (\S{1,16})")
_LINES = {"length": Quantity.LENGTH, "angle": Quantity.ANGLE}
#: What a length on the detector's plane is: larger than the patient, by a factor that nobody has measured.
_DETECTOR = "（探测器平面，未校正放大率 / detector plane）"


@dataclass(frozen=True, slots=True)
class Said:
    """Marks that a report can hold, and how many it cannot."""

    marks: tuple[Mark, ...]
    left_out: int


def tracking_uid(room_id: UUID, mark_id: str) -> str:
    """A mark's own UID: the same in every report that it comes to stand in (PS3.5 B.2)."""
    return f"2.25.{uuid5(room_id, mark_id).int}"


def said_by(
    room_id: UUID,
    marks: Iterable[tuple[str, RoomMark]],
    images: Mapping[str, MarkedImage],
    authors: Mapping[str, Author],
) -> Said:
    """images: of the study, by SOP UID, without a frame.  authors: by person, without the report's own observer."""
    made: list[Mark] = []
    left_out = 0
    for id_, one in marks:
        image = images.get(one.sop)
        found = None if image is None else _mark(tracking_uid(room_id, id_), one, image, authors.get(one.author))
        if found is None:
            left_out += 1
        else:
            made.append(found)
    return Said(tuple(made), left_out)


def of_frame(image: MarkedImage, frames: int, frame: int) -> MarkedImage:
    """The image with the number of its frame where it has several."""
    number = frame if frames > 1 else None
    return MarkedImage(image.study_uid, image.series_uid, image.sop_class_uid, image.sop_uid, number)


def _mark(uid: str, one: RoomMark, image: MarkedImage, author: Author | None) -> Mark | None:
    points = tuple((x + HALF_A_PIXEL, y + HALF_A_PIXEL) for x, y in zip(one.geom[::2], one.geom[1::2], strict=False))
    label, *others = one.label.split(BETWEEN)
    label = label.strip() or one.tool
    try:
        if one.tool == "roi":
            return Mark(uid, label, image, Shape.ELLIPSE, _axes(points), _region(one, others), author)
        if one.tool in _LINES:
            value = Value(_LINES[one.tool], one.value, UNITS.get(one.unit, one.unit))
            on_detector = one.calib == "imager" and one.unit == "mm"
            named = label + _DETECTOR if on_detector else label
            return Mark(uid, named, image, Shape.POLYLINE, points, (value,) if one.value else (), author)
        shape = Shape.POINT if len(points) == 1 else Shape.POLYLINE
        return Mark(uid, one.label.strip() or one.tool, image, shape, points, (), author)
    except ValueError:
        return None


def _axes(points: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The ends of the longer axis first.  Raises ValueError for what is no ellipse."""
    if len(points) != AXES:
        raise ValueError("an ellipse of other than two axes")
    first, second = points[:2], points[2:]
    return first + second if _length(first) >= _length(second) else second + first


def _length(ends: tuple[tuple[int, int], ...]) -> int:
    (a, b), (c, d) = ends
    return (a - c) ** 2 + (b - d) ** 2


def _region(one: RoomMark, others: list[str]) -> tuple[Value, ...]:
    """Mean, standard deviation and area, each as the log spells it; what it does not spell so is not said."""
    hounsfield = one.unit == HOUNSFIELD
    unit = UNITS[HOUNSFIELD] if hounsfield else ("1" if one.unit == "" else "[arb'U]")
    values: list[Value] = []
    if one.value:
        values.append(Value(Quantity.DENSITY if hounsfield else Quantity.LEVEL, one.value, unit))
    for other in others:
        if spread := _SPREAD.fullmatch(other):
            values.append(Value(Quantity.SPREAD if hounsfield else Quantity.SCATTER, spread[1], unit))
        elif (area := _AREA.fullmatch(other)) and UNITS.get(area[2]) in {"mm2", "cm2", "{pixels}"}:
            values.append(Value(Quantity.AREA, area[1], UNITS[area[2]]))
    return tuple(values)
