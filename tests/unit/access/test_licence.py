"""One good licence; each ground removed alone is refused for that ground."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from telemed.access.licence import Allowed, Denied, Licence, held_scopes, may_sign
from telemed.vocabulary import Role

TODAY = date(2026, 11, 23)
GOOD = Licence(
    number="110239999000123",
    category="临床",
    scope="医学影像和放射治疗专业",
    expires_on=date(2026, 11, 23),
    roles=frozenset({Role.AUTHOR}),
)


def test_a_radiologist_signs_on_the_last_day_of_the_licence():
    assert may_sign(GOOD, "CT", TODAY) == Allowed()


@pytest.mark.parametrize(
    ("licence", "code"),
    [
        (replace(GOOD, active=False), "practitioner-inactive"),
        (replace(GOOD, roles=GOOD.roles | {Role.TECHNICIAN}), "technician-never-signs"),
        (replace(GOOD, number=None), "licence-missing"),
        (replace(GOOD, number=""), "licence-missing"),
        (replace(GOOD, expires_on=date(2026, 11, 22)), "licence-expired"),
        (replace(GOOD, category=None), "licence-category"),
        (replace(GOOD, category="公共卫生"), "licence-category"),
        (replace(GOOD, category="口腔"), "licence-category"),
        (replace(GOOD, scope=None), "licence-scope"),
        (replace(GOOD, scope="外科专业"), "licence-scope"),
    ],
)
def test_each_missing_ground_is_refused_by_its_name(licence: Licence, code: str):
    verdict = may_sign(licence, "CT", TODAY)
    assert isinstance(verdict, Denied)
    assert verdict.code == code
    assert verdict.zh
    assert verdict.en


@pytest.mark.parametrize(
    ("scope", "modality", "allowed"),
    [
        ("妇产科专业", "US", True),
        ("妇产科专业", "CT", False),
        ("内科专业", "ECG", True),
        ("内科专业", "US", False),
        ("全科医学专业、医学影像和放射治疗专业", "DX", True),
        ("医学影像和放射治疗", "MR", True),
        ("医学影像", "MR", False),
    ],
)
def test_the_scope_of_practice_decides_by_modality(scope: str, modality: str, *, allowed: bool):
    assert isinstance(may_sign(replace(GOOD, scope=scope), modality, TODAY), Allowed) is allowed


def test_a_dentist_signs_dental_images_only():
    dentist = replace(GOOD, category="口腔", scope="口腔专业")
    assert may_sign(dentist, "PX", TODAY) == Allowed()
    assert isinstance(may_sign(dentist, "DX", TODAY), Denied)


def test_a_licence_without_an_end_does_not_expire():
    assert may_sign(replace(GOOD, expires_on=None), "CT", TODAY) == Allowed()


def test_no_scope_is_no_scope():
    assert held_scopes(None) == held_scopes(" ") == frozenset()
