from datetime import UTC, datetime, timedelta

import pytest

from telemed.imaging.intent import intend
from telemed.vocabulary import Intent

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
FRESH = {
    "confirmed": None,
    "requested": None,
    "device_default": Intent.REQUEST_READING,
    "modalities": frozenset({"CT"}),
    "acquired_at": NOW - timedelta(minutes=10),
    "received_at": NOW,
    "skew_seconds": None,
}


@pytest.mark.parametrize(
    ("changed", "intent", "ground"),
    [
        ({}, Intent.REQUEST_READING, "device"),
        ({"device_default": None}, Intent.REQUEST_READING, "device"),
        ({"device_default": Intent.ARCHIVE_ONLY}, Intent.ARCHIVE_ONLY, "device"),
        ({"acquired_at": NOW - timedelta(hours=24)}, Intent.REQUEST_READING, "device"),
        ({"acquired_at": NOW - timedelta(hours=24, seconds=1)}, Intent.BACKFILL, "old"),
        (
            {"acquired_at": NOW - timedelta(days=30), "confirmed": Intent.REQUEST_READING},
            Intent.REQUEST_READING,
            "confirmed",
        ),
        (
            {"acquired_at": NOW - timedelta(days=30), "requested": Intent.REQUEST_READING},
            Intent.REQUEST_READING,
            "request",
        ),
        ({"requested": Intent.ARCHIVE_ONLY, "confirmed": Intent.CONSULTATION}, Intent.CONSULTATION, "confirmed"),
        ({"acquired_at": datetime(1900, 1, 1, tzinfo=UTC)}, Intent.REQUEST_READING, "device"),
        ({"acquired_at": None}, Intent.REQUEST_READING, "device"),
        ({"acquired_at": NOW - timedelta(hours=30), "skew_seconds": -30 * 3600}, Intent.REQUEST_READING, "device"),
        ({"modalities": frozenset({"US"})}, Intent.ARCHIVE_ONLY, "modality"),
        ({"modalities": frozenset({"US", "CT"})}, Intent.REQUEST_READING, "device"),
        ({"modalities": frozenset()}, Intent.REQUEST_READING, "device"),
    ],
)
def test_an_intent_has_its_ground(changed, intent, ground):
    assert intend(**(FRESH | changed)) == (intent, ground)
