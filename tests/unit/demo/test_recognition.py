"""What the demo says of recognition: of items that the county's catalogue has, at moments that have passed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from telemed.demo import agreements, laboratory
from telemed.demo.county import read as read_county
from telemed.demo.phantom import CHINA
from telemed.demo.studies import read as read_day
from telemed.recognition.catalogue_files import SHIPPED, read_catalogues
from telemed.vocabulary import Role

QUALITY, RESULTS = agreements.read(), laboratory.read()
PEOPLE = laboratory.people_of(read_day().studies)
CATALOGUE = max(
    (one for one in read_catalogues(SHIPPED).catalogues if one.scope == agreements.COMMUNITY),
    key=lambda one: one.first_day,
)
#: Early, late, and in the first minute of a day.
STARTS = [
    datetime(2026, 11, 23, 15, 42, 10, tzinfo=CHINA),
    datetime(2026, 11, 24, 3, 30, tzinfo=CHINA),
    datetime(2026, 11, 24, 0, 0, 30, tzinfo=CHINA),
]


@pytest.mark.parametrize("name", QUALITY.items)
def test_every_item_stands_in_the_county_s_catalogue_and_is_recognised(name):
    keys = QUALITY.items[name]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= set(CATALOGUE.items)
    assert CATALOGUE.negative.isdisjoint(keys)


def test_members_readers_and_devices_are_the_county_s_and_who_records_answers_for_quality():
    county = read_county()
    places = {one.code: one for one in county.organizations}
    devices = {one.ae_title: one.organization for one in county.devices}
    for one in QUALITY.agreements:
        assert all(places[code].member for code in one.organizations)
        assert (one.basis == "county-remote-reading") is (one.reader is not None)
        assert one.reader is None or places[one.reader].kind == "lead-hospital"
    for one in QUALITY.evaluations:
        assert one.device is None or devices[one.device] == one.organization
    (recorder,) = [one for one in county.people if one.username == QUALITY.recorded_by]
    assert recorder.roles == [Role.QUALITY_OFFICER]


@pytest.mark.parametrize("began", STARTS, ids=str)
def test_messages_were_sent_within_a_year_the_earliest_first_and_are_the_same_again(began):
    sent = laboratory.messages(RESULTS, PEOPLE, began)
    times = [one.sent for one in sent]
    assert times == sorted(times)
    assert began - timedelta(days=365) < times[0]
    assert times[-1] < began
    assert len({one.control_id for one in sent}) == len(sent)
    assert laboratory.messages(RESULTS, PEOPLE, began) == sent


def test_messages_name_twelve_people_and_more_in_gb18030():
    sent = laboratory.messages(RESULTS, PEOPLE, STARTS[0])
    text = "".join(one.content.decode("gb18030") for one in sent)
    assert len({one.patient for one in RESULTS.reports}) >= 12
    for one in ("王桂兰", "刘䶮", "阿卜杜热西提·买买提"):
        assert one in text
    assert text.count("|HH|") == 2
    assert "|U/L|41-81|" in text  # creatinine never is
    corrected = [one for one in sent if one.control_id.endswith("-C")]
    liver, sugar = sorted((one.content.decode("gb18030") for one in corrected), key=len, reverse=True)
    assert (liver.count("|C|"), liver.count("|LAB|C\r")) == (11, 1)
    assert (sugar.count("|C|"), sugar.count("|LAB|C\r")) == (3, 2)


def test_one_person_was_followed_for_most_of_a_year_at_three_members_in_amounts_and_in_mass():
    followed = [one for one in RESULTS.reports if one.patient == "ct-wang"]
    assert {one.sender for one in followed} == {"joint", "first", "chinese-medicine"}
    assert max(one.days for one in followed) > 300
    sent = laboratory.messages(RESULTS, {**PEOPLE}, STARTS[0])
    text = "".join(one.content.decode("gb18030") for one in sent)
    assert "|211|mg/dL|70-110|H|" in text
    assert "|23.10|mmol/L|3.90-6.10|HH|" in text


def test_a_usual_value_lies_inside_its_interval_and_is_flagged_so():
    usual = [number for number, one in enumerate(RESULTS.reports, start=1) if not (one.values or one.units)]
    sent = {one.control_id: one for one in laboratory.messages(RESULTS, PEOPLE, STARTS[0])}
    one = sent[f"LA-JY-{usual[0]:03d}-F"]
    lines = [line.split("|") for line in one.content.decode("gb18030").split("\r") if line.startswith("OBX")]
    assert lines
    for fields in lines:
        low, high = map(float, fields[7].split("-"))
        assert low <= float(fields[5]) <= high
        assert fields[8] == "N"
