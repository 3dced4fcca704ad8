"""What the look at the pixels finds and what it misses, measured."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.data import get_testdata_file

from telemed.teaching.burnt_in import text_like
from telemed.teaching.looking import has_text
from tests.unit.teaching.phantoms import encoded, plain

SIZES = (10, 12, 14, 18, 24, 32)


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    spec = find_spec("noto_cjk_sans_otc")
    assert spec is not None
    assert spec.origin is not None
    return ImageFont.truetype(str(Path(spec.origin).with_name("NotoSansCJK-Regular.ttc")), size)


@cache
def ground(kind: str) -> np.ndarray:
    """512 × 512: black, or a bright body with noise that fades to the edges."""
    if kind == "black":
        return np.zeros((512, 512), np.uint8)
    y, x = np.mgrid[:512, :512]
    body = np.exp(-((((x - 256) / 170) ** 2) + ((y - 256) / 170) ** 2)) * 180
    noise = np.random.default_rng(1).normal(0, 8, (512, 512))
    return np.clip(body + noise, 0, 255).astype(np.uint8)


def written(text: str, size: int, kind: str, at: tuple[int, int] = (8, 8)) -> np.ndarray:
    picture = Image.fromarray(ground(kind))
    ImageDraw.Draw(picture).text(at, text, font=font(size), fill=255)
    return np.asarray(picture)


def found(text: str) -> int:
    """Of twelve: six sizes on two grounds."""
    return sum(text_like(written(text, size, kind)) for size in SIZES for kind in ("black", "body"))


@pytest.mark.parametrize("kind", ["black", "body"])
def test_no_text_is_found_where_none_is(kind: str):
    assert not text_like(ground(kind))


@pytest.mark.parametrize("text", ["ZHANG SAN 19530102", "CT20261126-001", "王桂兰 女 73岁"])
def test_a_line_of_text_is_found_in_every_size(text: str):
    assert found(text) == 12


@pytest.mark.parametrize("at", [(8, 480), (380, 8), (380, 480)])
def test_in_every_corner(at: tuple[int, int]):
    assert text_like(written("ID 20261126", 14, "body", at))


def test_dark_letters_on_a_bright_ground_are_found():
    assert text_like(255 - written("ZHANG SAN 19530102", 14, "black"))


def test_a_name_alone_or_a_marker_is_mostly_missed():
    """Which is why no flag promises nothing."""
    assert 0 < found("王桂兰") < 12
    assert found("R") == 0


def test_text_in_the_middle_is_missed():
    assert not text_like(written("ZHANG", 14, "black", (200, 250)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CT_small.dcm", False),
        ("MR_small.dcm", False),
        ("examples_palette.dcm", True),
        ("examples_rgb_color.dcm", True),
    ],
)
def test_on_real_images(name: str, *, expected: bool):
    path = get_testdata_file(name)
    assert isinstance(path, str)
    assert text_like(dcmread(path).pixel_array) is expected


def test_too_small_a_picture_and_a_uniform_one_have_no_text():
    assert not text_like(np.zeros((512, 512)))
    assert not text_like(np.eye(32))


def test_a_copy_that_cannot_be_decoded_counts_as_one_with_text():
    assert not has_text(encoded(plain()))
    assert has_text(encoded(plain(Rows=99)))


def test_the_last_frame_is_looked_at_too():
    frames = np.stack([ground("black"), ground("black"), written("ZHANG SAN 19530102", 14, "black")])
    shape = {"Rows": 512, "Columns": 512, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "NumberOfFrames": 3}
    assert has_text(encoded(plain(**shape, PixelData=frames.tobytes())))
    assert not has_text(encoded(plain(**shape, PixelData=np.zeros_like(frames).tobytes())))
