"""Frame numbers as the database takes them."""

import pytest

from telemed.reading.model.looking import multirange


@pytest.mark.parametrize(
    ("frames", "text"),
    [([], "{}"), ([1], "{[1,2)}"), ([3, 1, 2, 2, 7], "{[1,4),[7,8)}"), ([1, 3], "{[1,2),[3,4)}")],
)
def test_frames_become_spans(frames, text):
    assert multirange(frames) == text
