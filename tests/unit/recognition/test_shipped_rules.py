"""What is released under a number or a day stays as it was: an installed document is never another under its number."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.stored import content_of, hash_of
from telemed.results.maps import read_maps

MAPS = Path(__file__).parents[3] / "config" / "recognition" / "maps"
#: Number → SHA-256 of what it says.  A county that has installed it refuses anything else under the number: what is to
#: be changed gets a new number and a new first day.
RELEASED = {
    "龙医共体(演示)〔2024〕9号": "28c71c2686d9f3419165a4d05fd2f37387d8f72893dc3373600dfd4618e7a648",
    "龙医共体(演示)〔2025〕12号": "95352c17db50ff7afe82ee1d55e13796d61be573e76cb11cd21001894026a624",
}


def test_a_released_document_says_what_it_said():
    assert {one.number: hash_of(content_of(one)) for one in read_catalogues().catalogues} == RELEASED


def test_the_figures_of_granting_are_those_that_grants_were_derived_by():
    (shipped,) = read_parameters()
    assert shipped.effective == datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
    assert (shipped.max_age_days, shipped.grace_days, shipped.due_soon_days) == (183, 31, 30)


def test_a_map_counts_from_the_day_it_was_released_for():
    assert [(one.sender, one.version, one.first_day) for one in read_maps(MAPS).versions] == [
        ("*", "2026-01-01", date(2026, 1, 1))
    ]
