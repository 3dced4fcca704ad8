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
(CATALOGUE,) = [one for one in read_catalogues(SHIPPED).catalogues if one.scope == agreements.COMMUNITY]
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
def test_messages_were_sent_in_the_last_sixty_days_the_earliest_first_and_are_the_same_again(began):
    sent = laboratory.messages(RESULTS, PEOPLE, began)
    times = [one.sent for one in sent]
    assert times == sorted(times)
    assert began - timedelta(days=60) < times[0]
    assert times[-1] < began
    assert len({one.control_id for one in sent}) == len(sent)
    assert laboratory.messages(RESULTS, PEOPLE, began) == sent


def test_messages_name_twelve_people_and_more_in_gb18030():
    sent = laboratory.messages(RESULTS, PEOPLE, STARTS[0])
    text = "".join(one.content.decode("gb18030") for one in sent)
    assert len({one.patient for one in RESULTS.reports}) >= 12
    for one in ("王桂兰", "刘䶮", "阿卜杜热西提·买买提"):
        assert one in text
    assert text.count("|HH|") == 1
    assert "|U/L|41-81|" in text  # creatinine never is
    corrected = [one for one in sent if one.control_id.endswith("-C")]
    assert len(corrected) == 1
    said = corrected[0].content.decode("gb18030")
    assert said.count("|C|") == 11
    assert said.count("|LAB|C\r") == 1


def test_a_usual_value_lies_inside_its_interval_and_is_flagged_so():
    (first, *_) = laboratory.messages(RESULTS, PEOPLE, STARTS[0])
    lines = [line.split("|") for line in first.content.decode("gb18030").split("\r") if line.startswith("OBX")]
    assert lines
    for fields in lines:
        low, high = map(float, fields[7].split("-"))
        assert low <= float(fields[5]) <= high
        assert fields[8] == "N"
