"""Each reason to look at an image, and its near miss: the same image minus that ground."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from telemed.teaching.burnt_in import Ground, grounds
from telemed.teaching.deidentifying import Facts

CT = Facts("CT", "1.2.840.10008.5.1.4.1.1.2", ("ORIGINAL", "PRIMARY", "AXIAL"), "", 1, 1, 512, 512)


def of(**other: Any) -> tuple[Ground, ...]:
    return grounds(replace(CT, **other), text_like=False)


def test_nothing_speaks_against_a_slice_of_a_scanner():
    assert of() == ()
    assert of(burned_in="NO") == ()


@pytest.mark.parametrize(("said", "flagged"), [("YES", True), ("NO", False), ("", False), ("YES ", False)])
def test_what_the_image_says_of_itself(said: str, *, flagged: bool):
    assert (Ground.DECLARED in of(burned_in=said)) is flagged


@pytest.mark.parametrize("modality", ["US", "IVUS", "ES", "XC", "OT", "GM", "OP"])
def test_a_device_that_writes_into_its_pictures_whatever_it_says(modality: str):
    assert of(modality=modality) == (Ground.DEVICE,)
    assert of(modality=modality, burned_in="NO") == (Ground.DEVICE,)


@pytest.mark.parametrize("modality", ["CT", "MR", "NM", "PT"])
def test_a_device_that_does_not(modality: str):
    assert of(modality=modality) == ()


@pytest.mark.parametrize("modality", ["CR", "DX", "RF", "XA", "MG", "PX", "IO"])
def test_projection_radiography_that_does_not_say_no(modality: str):
    assert of(modality=modality) == (Ground.UNSTATED,)
    assert of(modality=modality, burned_in="NO") == ()


@pytest.mark.parametrize(
    ("other", "near_miss"),
    [
        ({"sop_class": "1.2.840.10008.5.1.4.1.1.7"}, {"sop_class": "1.2.840.10008.5.1.4.1.1.77.1.4"}),
        ({"sop_class": "1.2.840.10008.5.1.4.1.1.7.4"}, {"sop_class": "1.2.840.10008.5.1.4.1.1.4"}),
        ({"samples": 3}, {"samples": 3, "modality": "NM"}),
        ({"image_type": ("DERIVED", "SECONDARY", "MPR")}, {"image_type": ("DERIVED", "PRIMARY", "MPR")}),
        ({"image_type": ("ORIGINAL", "PRIMARY", "SCREEN SAVE")}, {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}),
        ({"image_type": ("ORIGINAL", "PRIMARY", "DOSE_INFO")}, {"image_type": ()}),
    ],
)
def test_a_picture_of_a_screen(other: dict[str, Any], near_miss: dict[str, Any]):
    assert of(**other) == (Ground.CAPTURE,)
    assert of(**near_miss) == ()


def test_pixels_that_look_like_text():
    assert grounds(CT, text_like=True) == (Ground.TEXT_LIKE,)


def test_every_ground_is_said():
    one = replace(CT, modality="DX", burned_in="YES", image_type=("DERIVED", "SECONDARY"))
    assert set(grounds(one, text_like=True)) == {
        Ground.DECLARED,
        Ground.CAPTURE,
        Ground.UNSTATED,
        Ground.TEXT_LIKE,
    }
