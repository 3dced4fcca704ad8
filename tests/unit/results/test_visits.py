from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from telemed.results.hl7_message import Malformed, Message, read
from telemed.results.visits import ACTS, RANK, Act, Visit, day_of, is_visit, visit
from telemed.vocabulary import EncounterClass
from tests.unit.results.adt_samples import PATIENT, adt, pv1
from tests.unit.results.hl7_samples import message

ZONE = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


def told(raw: bytes) -> Message:
    found = read(raw)
    assert isinstance(found, Message), found
    return found


def understood(raw: bytes) -> Visit:
    found = visit(told(raw), ZONE, received_at=RECEIVED)
    assert isinstance(found, Visit), found
    return found


def refused(raw: bytes) -> tuple[str, str]:
    found = visit(told(raw), ZONE, received_at=RECEIVED)
    assert isinstance(found, Malformed), found
    assert found.text.zh
    assert found.text.en
    return found.reason, found.place


def doubts(raw: bytes) -> list[tuple[str, str]]:
    return [(one.reason, one.place) for one in understood(raw).doubts]


def test_a_registration_says_who_attended_when_and_as_what():
    found = understood(adt())
    assert (found.act, found.number, found.number_system) == (Act.REGISTERED, "V1", "")
    assert (found.encounter_class, found.class_written) == (EncounterClass.OUTPATIENT, "O")
    assert found.began is not None
    assert (found.began.at, found.began.zone_stated) == (datetime(2026, 10, 12, 0, 30, tzinfo=UTC), True)
    assert found.told == datetime(2026, 10, 12, 0, 31, tzinfo=UTC)
    assert (found.patient.name, found.patient.birth_date) == ("王桂兰", date(1956, 3, 14))
    assert (found.ended, found.doubts) == (None, ())


@pytest.mark.parametrize(("event", "act"), ACTS.items())
def test_each_event_is_an_act(event, act):
    assert understood(adt(event=event)).act is act


def test_every_act_has_its_place_in_the_course_of_a_visit():
    assert set(RANK) == set(Act)
    assert RANK[Act.ADMITTED] == RANK[Act.REGISTERED] < RANK[Act.UPDATED] < RANK[Act.DISCHARGED]
    assert RANK[Act.DISCHARGED] < RANK[Act.DISCHARGE_CANCELLED] < RANK[Act.ADMISSION_CANCELLED]


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("O", EncounterClass.OUTPATIENT),
        ("r", EncounterClass.OUTPATIENT),
        ("门诊", EncounterClass.OUTPATIENT),
        ("I", EncounterClass.INPATIENT),
        ("B", EncounterClass.INPATIENT),
        ("住院", EncounterClass.INPATIENT),
        ("E", EncounterClass.EMERGENCY),
        ("急诊", EncounterClass.EMERGENCY),
        ("留观", EncounterClass.OBSERVATION),
        ("体检", EncounterClass.CHECKUP),
        ("P", None),
        ("", None),
    ],
)
def test_the_class_is_one_of_the_countys_and_stands_as_written_beside(written, kind):
    found = understood(adt(PATIENT, pv1(kind=written)))
    assert (found.encounter_class, found.class_written, found.doubts) == (kind, written, ())


def test_a_time_without_a_zone_is_the_countys_and_z_stays_z():
    local = understood(adt(PATIENT, pv1(began="20261012083000"))).began
    utc = understood(adt(PATIENT, pv1(began="20261012083000Z"))).began
    assert local is not None
    assert utc is not None
    assert (local.at, local.zone_stated) == (datetime(2026, 10, 12, 0, 30, tzinfo=UTC), False)
    assert (utc.at, utc.zone_stated) == (datetime(2026, 10, 12, 8, 30, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("began", "day"),
    [
        ("20261031235900", date(2026, 10, 31)),
        ("20261031163000Z", date(2026, 11, 1)),  # half past midnight here
        ("20261031", date(2026, 10, 31)),
        ("202610", None),
        ("20991031", None),
        ("", None),
    ],
)
def test_the_day_a_visit_began_is_the_countys(began, day):
    assert day_of(understood(adt(PATIENT, pv1(began=began), event="A08")).began, ZONE) == day


@pytest.mark.parametrize("event", ["A01", "A04"])
@pytest.mark.parametrize(
    ("began", "reason"),
    [
        ("", "visit-time-missing"),
        ("20271012083000", "visit-time-wrong"),
        ("19000101", "visit-time-wrong"),
        ("202610", "visit-time-wrong"),
        ("yesterday", "visit-time-wrong"),
    ],
)
def test_what_opens_a_visit_has_to_say_when_and_the_time_of_sending_is_never_taken(event, began, reason):
    assert doubts(adt(PATIENT, pv1(began=began), event=event)) == [(reason, "PV1-44 line 4")]


@pytest.mark.parametrize("event", ["A03", "A08", "A11", "A13"])
@pytest.mark.parametrize("began", ["", "20271012083000", "yesterday"])
def test_what_does_not_open_a_visit_need_not_say_when(event, began):
    assert doubts(adt(PATIENT, pv1(began=began), event=event)) == []


def test_the_event_may_say_when_it_happened_in_place_of_the_visit():
    raw = adt(PATIENT, pv1(began="")).replace(
        b"EVN||20261012083100+0800", b"EVN||20261012083100+0800||||20261012082900"
    )
    found = understood(raw)
    assert found.began is not None
    assert (found.began.at, found.doubts) == (datetime(2026, 10, 12, 0, 29, tzinfo=UTC), ())
    later = understood(raw.replace(b"ADT^A04", b"ADT^A08"))
    assert later.began is None, "when a change happened is not when the visit began"


def test_without_an_event_the_message_says_when_it_was_told():
    raw = adt().replace(b"EVN||20261012083100+0800\r", b"")
    assert understood(raw).told == datetime(2026, 10, 12, 0, 31, tzinfo=UTC)
    assert understood(raw.replace(b"20261012083100+0800", b"20261012")).told is None


def test_a_visit_needs_its_number_and_its_system_is_kept():
    assert doubts(adt(PATIENT, pv1(number=""))) == [("visit-number-missing", "PV1-19 line 4")]
    assert doubts(adt(PATIENT, pv1(number="9" * 201))) == [("too-long", "PV1-19 line 4")]
    found = understood(adt(PATIENT, pv1(number="V1^^^HIS&1.2.3&ISO")))
    assert (found.number, found.number_system) == ("V1", "HIS^1.2.3^ISO")


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (adt(event="A40"), ("message-type", "MSH-9")),
        (adt(event=""), ("message-type", "MSH-9")),
        (adt().replace(b"|P|2.5.1", b"|T|2.5.1"), ("processing-id", "MSH-11")),
        (adt(pv1()), ("visit-without-patient", "PID")),
        (adt(PATIENT), ("visit-missing", "PV1")),
        (adt(PATIENT, PATIENT, pv1()), ("second-patient", "line 4")),
    ],
)
def test_what_is_no_visit_is_refused(raw, fault):
    assert refused(raw) == fault


def test_a_patient_without_a_name_is_a_doubt():
    assert doubts(adt(PATIENT.replace("王桂兰", ""), pv1())) == [("patient-name-missing", "PID-5 line 3")]


def test_a_laboratory_message_is_no_visit():
    assert is_visit(told(adt()))
    assert not is_visit(told(message()))
