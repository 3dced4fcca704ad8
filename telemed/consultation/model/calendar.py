"""An appointment as a calendar file (RFC 5545). It names nobody: people put it into calendars of elsewhere. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

_FORMAT = "%Y%m%dT%H%M%SZ"


def calendar(
    consultation_id: UUID, number: str, begins: datetime, ends: datetime, *, revision: int, now: datetime
) -> str:
    """revision: a later file of the same appointment replaces the earlier one.  Times aware; lines end with CRLF."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//telemed//consultation//ZH",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{consultation_id}@consultation",
        f"SEQUENCE:{revision}",
        f"DTSTAMP:{now.astimezone(UTC).strftime(_FORMAT)}",
        f"DTSTART:{begins.astimezone(UTC).strftime(_FORMAT)}",
        f"DTEND:{ends.astimezone(UTC).strftime(_FORMAT)}",
        f"SUMMARY:远程会诊 {number}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        f"DESCRIPTION:远程会诊 {number}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{line}\r\n" for line in lines)
