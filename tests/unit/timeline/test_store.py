"""A place in the list is what __str__ wrote, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from telemed.timeline.store import Place

HERE = Place(datetime(2026, 11, 20, 1, 0, 0, 250_000, tzinfo=UTC), UUID(int=7))


def test_a_place_is_read_as_it_was_written():
    assert Place.parse(str(HERE)) == HERE


@pytest.mark.parametrize(
    "text", ["", "~", "x", "2026-11-20T01:00:00~00000000-0000-0000-0000-000000000007", "2026-11-20T01:00:00+00:00~7"]
)
def test_anything_else_is_no_place(text: str):
    assert Place.parse(text) is None
