"""What was shown of an image, as the database keeps it. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def multirange(frames: Iterable[int]) -> str:
    """Frame numbers as PostgreSQL's int4multirange: 1, 2, 3, 7 → {[1,4),[7,8)}."""
    spans: list[list[int]] = []
    for frame in sorted(set(frames)):
        if spans and spans[-1][1] == frame:
            spans[-1][1] = frame + 1
        else:
            spans.append([frame, frame + 1])
    return "{" + ",".join(f"[{first},{end})" for first, end in spans) + "}"
