from __future__ import annotations

from uuid import uuid4

import msgspec
import pytest

from telemed.directory.model import NewDevice, NewPractitioner, OrganizationKind
from telemed.vocabulary import Intent


@pytest.mark.parametrize("title", ["A", "DR_ROOM1", "SIXTEEN_LETTERS_", "a b", "ANY-SCP", "X!#$%&"])
def test_what_ps3_5_allows_is_an_ae_title(title: str):
    body = {"organization_id": str(uuid4()), "ae_title": title}
    device = msgspec.convert(body, NewDevice)
    assert device.default_intent is Intent.REQUEST_READING


@pytest.mark.parametrize("title", ["", " ", " A", "A ", "SEVENTEEN_LETTERS", "A\\B", "中", "A\x07", "A\n"])
def test_what_it_does_not_allow_is_none(title: str):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"organization_id": str(uuid4()), "ae_title": title}, NewDevice)


def test_a_licence_category_is_one_of_the_four():
    body = {"organization_id": str(uuid4()), "name": "朴哲洙", "licence_category": "临床"}
    assert msgspec.convert(body, NewPractitioner).licence_category == "临床"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body | {"licence_category": "放射"}, NewPractitioner)


def test_an_empty_licence_number_is_no_number():
    body = {"organization_id": str(uuid4()), "name": "朴哲洙", "licence_number": ""}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, NewPractitioner)


def test_there_is_one_word_for_each_kind_of_place():
    assert len({one.value for one in OrganizationKind}) == 9
