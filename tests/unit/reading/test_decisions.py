"""Modes, intake, delivery, content: small pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from telemed.reading.model import sites
from telemed.reading.model.content import Content, digest
from telemed.reading.model.delivery import (
    Receipts,
    is_closed,
    is_unviewed,
    may_withdraw,
    needs_acknowledgement,
    state_word,
)
from telemed.reading.model.intake import ReadingFacts, StudyFacts, Then, decide
from telemed.reading.model.modes import ModeRow, choose
from telemed.reading.model.states import Mode
from telemed.vocabulary import Intent, OrganizationId, Priority

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HERE, THERE = OrganizationId(uuid4()), OrganizationId(uuid4())
READY = StudyFacts(Intent.REQUEST_READING, matched=True, arrived=True, priority=Priority.ROUTINE, instance_count=3)


def test_the_county_reads_unless_told_otherwise_and_ultrasound_stays_with_the_site():
    assert choose([], HERE, "CT", 9) is Mode.COUNTY_READ
    assert choose([], HERE, "US", 9) is Mode.SELF_REPORTED


def test_the_most_specific_row_counts_organisation_before_modality_before_hours():
    rows = [
        ModeRow(None, "", 0, 24, Mode.COUNTY_READ),
        ModeRow(None, "DX", 0, 24, Mode.SELF_REPORTED),
        ModeRow(HERE, "", 0, 24, Mode.TOWNSHIP_DRAFTED),
        ModeRow(HERE, "DX", 17, 24, Mode.COUNTY_READ),
    ]
    assert choose(rows, HERE, "DX", 17) is Mode.COUNTY_READ
    assert choose(rows, HERE, "DX", 16) is Mode.TOWNSHIP_DRAFTED
    assert choose(rows, THERE, "DX", 16) is Mode.SELF_REPORTED
    assert choose(rows, THERE, "CT", 16) is Mode.COUNTY_READ
    assert choose(rows, THERE, "US", 16) is Mode.COUNTY_READ


@pytest.mark.parametrize(
    ("changed", "state", "then"),
    [
        ({}, None, Then.OPEN),
        ({"intent": Intent.ARCHIVE_ONLY}, None, Then.NOTHING),
        ({}, "receiving", Then.READY),
        ({"arrived": False}, "receiving", Then.NOTHING),
        ({"arrived": False, "priority": Priority.STAT, "instance_count": 1}, "receiving", Then.READY),
        ({"arrived": False, "priority": Priority.STAT, "instance_count": 0}, "receiving", Then.NOTHING),
        ({"arrived": False, "priority": Priority.URGENT}, "receiving", Then.NOTHING),
        ({"matched": False}, "receiving", Then.WAIT),
        ({"matched": False}, "awaiting-match", Then.NOTHING),
        ({"matched": False, "arrived": False, "priority": Priority.STAT}, "receiving", Then.NOTHING),
        ({}, "awaiting-match", Then.READY),
        ({}, "awaiting-reading", Then.NOTHING),
        ({"matched": False}, "awaiting-reading", Then.WAIT),
        ({"matched": False}, "reading", Then.NOTHING),
        ({"intent": Intent.BACKFILL}, "awaiting-reading", Then.CANCEL),
        ({"intent": Intent.BACKFILL}, "reading", Then.NOTHING),
        ({"instance_count": 4}, "signed", Then.LATE_IMAGES),
        ({"instance_count": 3}, "signed", Then.NOTHING),
        ({"instance_count": 2}, "signed", Then.NOTHING),
        ({"instance_count": 4}, "verifying", Then.NOTHING),
    ],
)
def test_what_a_change_of_a_study_means_for_its_reading(changed, state, then):
    signed = 3 if state == "signed" else None
    reading = None if state is None else ReadingFacts(state, signed, 0)
    assert decide(replace(READY, **changed), reading) is then


def test_the_same_late_images_are_noticed_once():
    study = replace(READY, instance_count=6)
    assert decide(study, ReadingFacts("needs-recheck", 3, 3)) is Then.NOTHING
    assert decide(replace(study, instance_count=7), ReadingFacts("needs-recheck", 3, 3)) is Then.LATE_IMAGES


@pytest.mark.parametrize(
    ("after", "receipts", "may"),
    [
        (timedelta(0), Receipts(), True),
        (timedelta(minutes=5), Receipts(), True),
        (timedelta(minutes=5, microseconds=1), Receipts(), False),
        (timedelta(minutes=1), Receipts(delivered_at=AT), False),
        (timedelta(minutes=1), Receipts(viewed_at=AT), False),
        (timedelta(minutes=1), Receipts(printed_at=AT), False),
        (timedelta(minutes=1), Receipts(used_at=AT), False),
        (timedelta(minutes=-1), Receipts(), False),
    ],
)
def test_a_signature_is_withdrawn_only_early_and_unseen(after, receipts, may):
    assert may_withdraw(AT, receipts, AT + after) is may


def test_delivery_has_one_word_by_its_receipts():
    assert state_word(Receipts()) == "signed"
    assert state_word(Receipts(delivered_at=AT)) == "delivered"
    assert state_word(Receipts(delivered_at=AT, viewed_at=AT)) == "viewed"
    assert state_word(Receipts(printed_at=AT)) == "viewed"


@pytest.mark.parametrize(
    ("facts", "needed"),
    [
        ({}, False),
        ({"significance": "critical"}, True),
        ({"significance": "significant"}, True),
        ({"status": "amended"}, True),
        ({"status": "appended"}, True),
        ({"status": "entered-in-error"}, True),
        ({"status": "preliminary"}, False),
        ({"major_discrepancy": True}, True),
    ],
)
def test_acknowledgement_is_asked_only_where_it_matters(facts, needed):
    plain = {"status": "final", "significance": "none", "major_discrepancy": False}
    assert needs_acknowledgement(**(plain | facts)) is needed


def test_a_routine_report_closes_on_receipt_and_a_look_one_that_matters_on_its_acknowledgement():
    seen = Receipts(delivered_at=AT, printed_at=AT)
    assert is_closed(seen, acknowledgement=False)
    assert not is_closed(Receipts(delivered_at=AT), acknowledgement=False)
    assert not is_closed(seen, acknowledgement=True)
    assert is_closed(replace(seen, acknowledged_at=AT), acknowledgement=True)


def test_after_72_hours_an_unopened_report_is_on_the_list():
    assert is_unviewed(AT, Receipts(delivered_at=AT), AT + timedelta(hours=72))
    assert not is_unviewed(AT, Receipts(delivered_at=AT), AT + timedelta(hours=71, minutes=59))
    assert not is_unviewed(AT, Receipts(printed_at=AT), AT + timedelta(hours=99))


CONTENT = Content(
    "1.2.3", "A1", 1, "final", "", "双肺清晰", "未见明显异常", "none", limited=False, author_id="a",
    author_signed_at="2026-11-23T01:00:00+00:00", verifier_id="b", signed_at="2026-11-23T01:05:00+00:00",
    reason="", agreement="",
)  # fmt: skip


def test_the_digest_of_a_report_is_stable():
    assert digest(CONTENT).hex() == digest(replace(CONTENT)).hex()
    assert len(digest(CONTENT)) == 32


@pytest.mark.parametrize("field", [name for name in Content.__slots__ if name not in ("number", "limited")])
def test_every_field_is_bound_by_the_digest(field):
    assert digest(replace(CONTENT, **{field: "x"})) != digest(CONTENT)


@pytest.mark.parametrize(
    ("written", "said", "region"),
    [
        ("CHEST", "胸部", "胸部"),
        ("头颅", "头颅", "颅脑"),
        ("brain", "brain", "颅脑"),
        ("胸部", "胸部", "胸部"),
        ("", "", ""),
    ],
)
def test_a_body_site_is_one_to_the_rules_however_it_is_written(written, said, region):
    assert sites.spoken(written) == said
    assert region in sites.words(written)
