"""What an order has to say beside its item: the side of a paired part, contrast where there is any to ask for."""

from dataclasses import replace

import pytest

from telemed.cds.routes_catalogues import leaves_open
from tests.unit.recognition import good

KNEE = replace(good.imaging().item, body_site="KNEE", modality="CT", laterality=None, contrast=None)


def test_an_item_that_fixes_neither_leaves_both_open():
    assert leaves_open(KNEE) == ["side", "contrast"]


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({"laterality": "L"}, ["contrast"]),
        ({"body_site": "CHEST"}, ["contrast"]),
        ({"body_site": None}, ["contrast"]),
        ({"contrast": "plain"}, ["side"]),
        ({"modality": "DX"}, ["side"]),
        ({"modality": None}, ["side"]),
    ],
)
def test_what_the_item_fixes_or_does_not_have_is_not_asked(changed, left):
    assert leaves_open(replace(KNEE, **changed)) == left


def test_a_laboratory_item_leaves_nothing_open():
    assert leaves_open(good.laboratory().item) == []
