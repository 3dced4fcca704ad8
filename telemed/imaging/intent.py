"""Why a study was pushed: the default of the device, the clock's objection, a person's word. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from telemed.imaging.clock import Known, anchor
from telemed.vocabulary import Intent

#: A study acquired longer ago than this when it came is taken for an old one sent later (practice: 24 h).
BACKFILL_AFTER = timedelta(hours=24)

# Modalities whose static frames are not read remotely (practice: ultrasound is 本院自报).
_ARCHIVED = frozenset({"US", "IVUS", "ES", "ECG", "OT", "SR", "DOC", "KO", "PR"})


class Intended(NamedTuple):
    """The intent of a study and the ground for it: confirmed, request, old, device, modality."""

    intent: Intent
    ground: str


def intend(
    *,
    confirmed: Intent | None,
    requested: Intent | None,
    device_default: Intent | None,
    modalities: frozenset[str],
    acquired_at: datetime | None,
    received_at: datetime,
    skew_seconds: int | None,
) -> Intended:
    """Decide what a push asks for.

    confirmed: what a person said last, which nothing overrules. requested: the intent of a surely matched request,
    which is a person's word too. device_default: of the sending device, None where nobody set one.
    An acquisition time that cannot be trusted is no reason for a backfill: the reader is asked, not the clock.
    """
    if confirmed is not None:
        return Intended(confirmed, "confirmed")
    if requested is not None:
        return Intended(requested, "request")
    taken = anchor(acquired_at, received_at=received_at, skew_seconds=skew_seconds)
    if isinstance(taken, Known) and received_at - taken.at > BACKFILL_AFTER:
        return Intended(Intent.BACKFILL, "old")
    if device_default is not None and device_default is not Intent.REQUEST_READING:
        return Intended(device_default, "device")
    if modalities and modalities <= _ARCHIVED:
        return Intended(Intent.ARCHIVE_ONLY, "modality")
    return Intended(device_default or Intent.REQUEST_READING, "device")
