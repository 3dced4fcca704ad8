"""Parameters of rendered and thumbnail resources → how to draw.  Pure.  PS3.18 §8.3.5."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dicom_gateway.dicomweb.rendering import LARGEST_SIDE, PREVIEW, Drawing, Function, Window


@dataclass(frozen=True, slots=True)
class BadDrawing:
    """A parameter that cannot be drawn; en names it."""

    en: str


def drawing_of(query: Mapping[str, str], *, media_type: str, limit: int | None) -> Drawing | BadDrawing:
    """Read window=centre,width[,function], viewport=width,height and quality=1…100.

    limit: the longest side of a thumbnail unless another is asked for, up to PREVIEW; None for a rendered resource.
    """
    window = _window(query.get("window"))
    viewport = _viewport(query.get("viewport"), limit)
    quality = query.get("quality", "90")
    if isinstance(window, BadDrawing):
        return window
    if isinstance(viewport, BadDrawing):
        return viewport
    if not (quality.isascii() and quality.isdigit() and 1 <= int(quality[:4]) <= 100):
        return BadDrawing("quality is a whole number from 1 to 100")
    return Drawing(media_type=media_type, window=window, viewport=viewport, quality=int(quality))


def _window(text: str | None) -> Window | BadDrawing | None:
    if text is None:
        return None
    centre, _, rest = text.partition(",")
    width, _, function = rest.partition(",")
    try:
        window = Window(float(centre), float(width), Function(function.lower() or "linear"))
    except ValueError:
        return BadDrawing("window is centre,width[,linear|linear-exact|sigmoid]")
    if not (math.isfinite(window.centre) and math.isfinite(window.width) and window.width >= 1):
        return BadDrawing("the width of a window is at least 1")
    return window


def _viewport(text: str | None, limit: int | None) -> tuple[int, int] | BadDrawing | None:
    if text is None:
        return None if limit is None else (limit, limit)
    sides = text.split(",")
    if len(sides) < 2 or not all(one.isascii() and one.isdigit() and int(one[:6]) > 0 for one in sides[:2]):
        return BadDrawing("viewport is width,height in pixels")
    if any(one for one in sides[2:]):
        return BadDrawing("regions of the image are not supported: viewport is width,height")
    longest = LARGEST_SIDE if limit is None else max(limit, PREVIEW)
    return min(int(sides[0][:6]), longest), min(int(sides[1][:6]), longest)
