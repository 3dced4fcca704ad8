"""What an arrival means, with the near misses of each clash."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from telemed.imaging.mixed import Whose
from telemed.imaging.study import (
    Arrival,
    Clash,
    KnownInstance,
    KnownStudy,
    Outcome,
    judge,
    part_of,
    sex_of,
    statement_key,
    uid_in,
)
from telemed.vocabulary import Sex

HERE, THERE = uuid4(), uuid4()
ARRIVAL = Arrival(
    digest="aa",
    size=10,
    organization_id=HERE,
    association_id="a1",
    calling_ae="CT1",
    received_at=datetime(2026, 11, 23, tzinfo=UTC),
    transfer_syntax_uid="1.2.840.10008.1.2.1",
    sop_class_uid="1.2",
    sop_instance_uid="1.3",
    series_instance_uid="1.4",
    study_instance_uid="1.5",
    patient_id="239999195603140024",
    patient_name="王^桂兰",
    birth_date=date(1956, 3, 14),
    sex="F",
)
STUDY = KnownStudy(HERE, [ARRIVAL.whose])


def verdict(
    arrival: Arrival = ARRIVAL,
    *,
    study: KnownStudy | None = STUDY,
    elsewhere: bool = False,
    instance: KnownInstance | None = None,
) -> Outcome | Clash:
    return judge(arrival, study=study, series_is_elsewhere=elsewhere, instance=instance)


def test_what_is_new_is_new() -> None:
    assert verdict() is Outcome.NEW
    assert verdict(study=None) is Outcome.NEW


def test_the_same_bytes_are_known_whoever_sends_them_and_whatever_they_clash_with() -> None:
    sent_elsewhere = replace(ARRIVAL, organization_id=THERE, patient_name="刘德福")
    assert verdict(sent_elsewhere, elsewhere=True, instance=KnownInstance("aa")) is Outcome.KNOWN


@pytest.mark.parametrize(
    ("same", "expected"),
    [(True, Outcome.OTHER_ENCODING), (False, Clash.INSTANCE_CHANGED), (None, Clash.INSTANCE_CHANGED)],
)
def test_other_bytes_are_known_only_if_their_content_was_compared_and_is_the_same(
    *, same: bool | None, expected: Outcome | Clash
) -> None:
    assert verdict(instance=KnownInstance("bb", same)) is expected


def test_a_study_belongs_to_the_sender_that_came_first() -> None:
    assert verdict(replace(ARRIVAL, organization_id=THERE)) is Clash.ANOTHER_SENDER


@pytest.mark.parametrize(
    "other",
    [
        {"patient_name": "刘^德福"},
        {"patient_id": "239999198907220115"},
        {"birth_date": date(1956, 3, 15)},
        {"sex": "M"},
    ],
)
def test_a_study_belongs_to_the_patient_that_came_first(other: dict) -> None:
    assert verdict(replace(ARRIVAL, **other)) is Clash.ANOTHER_PATIENT


@pytest.mark.parametrize(
    "other",
    [
        {"patient_name": "王桂兰"},
        {"patient_name": "WANG^GUILAN"},
        {"patient_name": ""},
        {"patient_id": "1"},
        {"birth_date": None},
        {"sex": ""},
        {"sex": "女"},
    ],
)
def test_one_person_written_otherwise_is_one_person(other: dict) -> None:
    assert verdict(replace(ARRIVAL, **other)) is Outcome.NEW


def test_what_a_person_accepted_is_not_asked_again_but_a_third_statement_is() -> None:
    other = replace(ARRIVAL, birth_date=date(1956, 3, 15))
    third = replace(ARRIVAL, birth_date=date(1956, 3, 16))
    study = KnownStudy(HERE, [ARRIVAL.whose, other.whose], frozenset({statement_key(other.whose)}))
    assert verdict(other, study=study) is Outcome.NEW
    assert verdict(third, study=study) is Clash.ANOTHER_PATIENT


def test_a_series_belongs_to_the_study_that_came_first() -> None:
    assert verdict(elsewhere=True) is Clash.ANOTHER_STUDY


def test_statements_that_differ_only_in_how_they_are_typed_are_one() -> None:
    one = Whose("12-3456 ", "王^桂兰", Sex.FEMALE, date(1956, 3, 14))
    assert statement_key(one) == statement_key(Whose("123456", "王 桂兰", Sex.FEMALE, date(1956, 3, 14)))
    assert statement_key(one) != statement_key(Whose("123457", "王桂兰", Sex.FEMALE, date(1956, 3, 14)))
    assert statement_key(one) != statement_key(Whose("123456", "王桂兰", Sex.FEMALE, None))


@pytest.mark.parametrize(
    ("text", "sex"),
    [("M", Sex.MALE), ("f", Sex.FEMALE), ("女", Sex.FEMALE), ("男", Sex.MALE), ("O", Sex.OTHER), ("", Sex.UNKNOWN)],
)
def test_a_sex_is_read_as_devices_write_it(text: str, sex: Sex) -> None:
    assert sex_of(text) is sex


WANG = ARRIVAL.whose
LIU = Whose("20499", "刘德福", Sex.MALE, date(1950, 1, 1))


@pytest.mark.parametrize(
    ("said", "part"),
    [
        (WANG, 0),
        (LIU, 1),
        (LIU._replace(name="LIU^DEFU"), 1),
        (WANG._replace(patient_id="1", name=""), 0),
        (LIU._replace(patient_id="", name="刘 德福", birth_date=None), 1),
        (Whose("20777", "孙淑芝", Sex.FEMALE, date(1961, 5, 2)), None),
        (Whose("", "", Sex.UNKNOWN, None), None),
    ],
)
def test_an_image_of_a_split_study_goes_to_the_one_part_it_fits(said, part):
    assert part_of(said, [[WANG], [LIU]]) == part


def test_what_was_said_before_goes_where_it_went():
    vague = Whose("", "", Sex.UNKNOWN, None)
    assert part_of(vague, [[WANG], [LIU], [vague]]) == 2
    assert part_of(LIU, [[WANG], [LIU], [vague]]) == 1


def test_an_image_that_is_nobodys_is_kept_apart_although_nothing_contradicts():
    assert judge(ARRIVAL, study=STUDY, series_is_elsewhere=False, instance=None) is Outcome.NEW
    kept = judge(ARRIVAL, study=STUDY, series_is_elsewhere=False, instance=None, nobodys=True)
    assert kept is Clash.ANOTHER_PATIENT


def test_a_series_gets_one_uid_in_a_part_and_another_in_another():
    assert uid_in("2.25.1", "1.2.3") == uid_in("2.25.1", "1.2.3")
    assert len({uid_in("2.25.1", "1.2.3"), uid_in("2.25.2", "1.2.3"), uid_in("2.25.1", "1.2.4")}) == 3
    assert len(uid_in("2.25.1", "1.2.3")) <= 64
