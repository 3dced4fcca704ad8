"""A window that medicine contradicts is doubted with its reason; the same line one day shorter is not."""

from __future__ import annotations

import pytest

from telemed.recognition.limits import LIMITS, limit_of
from telemed.recognition.lines import Line
from telemed.recognition.linting import doubts_of
from telemed.recognition.rules import Item, ItemException, Kind, Predicate, Window


def line(key: str, days: int, *, kind: Kind = "laboratory", window_known: bool = True, **facts) -> Line:
    by_encounter = facts.pop("by_encounter", {})
    window = Window(days, "collected", by_encounter)
    return Line("a.csv", 2, Item(key, kind, "名", "name", frozenset(), window, "第一条", **facts), window_known)


def excepted(*predicates: Predicate) -> tuple[ItemException, ...]:
    return tuple(ItemException(one, one, "第七条") for one in predicates)


@pytest.mark.parametrize(
    ("key", "absurd", "sound"),
    [
        ("lab.glucose.fasting", 30, 7),
        ("lab.glucose.fasting", 8, 7),
        ("lab.potassium", 8, 7),
        ("lab.troponin-i", 2, 1),
        ("lab.ck-mb.mass", 2, 1),
        ("lab.platelet", 13, 12),
        ("lab.wbc", 13, 12),
        ("lab.hba1c", 29, 30),
        ("lab.hba1c", 91, 90),
        ("lab.inr", 15, 14),
        ("lab.crp", 8, 7),
        ("lab.d-dimer", 4, 3),
        ("lab.procalcitonin", 3, 2),
        ("lab.vitamin-d", 181, 180),
        ("ct.chest.plain", 181, 180),
    ],
)
def test_a_window_is_doubted_from_the_day_medicine_contradicts_it(key, absurd, sound):
    kind: Kind = "imaging" if key.startswith("ct") else "laboratory"
    (doubt,) = doubts_of(line(key, absurd, kind=kind))
    limit = limit_of(key)
    assert str(absurd) in doubt.zh
    assert limit.reason.zh in doubt.zh
    assert limit.reason.en in doubt.en
    assert doubts_of(line(key, sound, kind=kind)) == []


@pytest.mark.parametrize("days", [1, 30])
def test_any_window_of_a_blood_gas_is_doubted(days):
    assert doubts_of(line("lab.blood-gas.ph", days))


def test_a_window_that_no_source_gives_is_not_doubted():
    assert doubts_of(line("lab.glucose.fasting", 3650, window_known=False)) == []


def test_the_window_of_an_encounter_class_is_doubted_like_any_other():
    assert doubts_of(line("lab.potassium", 3, by_encounter={"checkup": 30}))
    assert doubts_of(line("lab.hba1c", 60, by_encounter={"inpatient": 7}))


@pytest.mark.parametrize("key", ["lab.blood-group", "lab.blood-group.abo"])
def test_a_blood_group_without_the_exception_before_transfusion_is_doubted_however_short(key):
    assert doubts_of(line(key, 1))
    assert doubts_of(line(key, 1, exceptions=excepted("pre-operative")))
    assert doubts_of(line(key, 365, exceptions=excepted("pre-transfusion"))) == []


@pytest.mark.parametrize("key", ["lab.hbsag", "lab.hcv-ab", "lab.hiv-ab", "lab.tp-ab"])
def test_a_marker_of_infection_is_looked_at_anew_before_operation_and_transfusion(key):
    assert doubts_of(line(key, 30, exceptions=excepted("pre-operative")))
    assert doubts_of(line(key, 30, exceptions=excepted("pre-transfusion")))
    assert doubts_of(line(key, 30, exceptions=excepted("pre-operative", "pre-transfusion"))) == []


@pytest.mark.parametrize(("key", "kind"), [("us.abdomen", "ultrasound"), ("ecg.resting-12", "ecg")])
def test_ultrasound_and_ecg_are_volatile(key, kind):
    assert doubts_of(line(key, 3, kind=kind))
    assert doubts_of(line(key, 3, kind=kind, volatile=True)) == []


def test_a_panel_is_doubted_by_its_members_alone():
    assert doubts_of(line("lab.blood-group", 3650, members=("lab.blood-group.abo", "lab.blood-group.rh"))) == []


def test_each_limit_has_its_reason_in_both_languages_and_speaks_of_whole_keys():
    assert all(one.reason.zh and one.reason.en for one in LIMITS)
    assert all(limit_of(key) is limit for limit in LIMITS for key in limit.keys)
    assert limit_of("lab.pth").keys == ("lab",)  # not lab.pt's
