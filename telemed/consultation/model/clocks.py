"""How long an expert has to accept, and what follows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from telemed.consultation.model.states import Urgency

#: 特急 immediate, 急会诊 10 min, 普通会诊 24 h (医疗质量安全核心制度要点: 会诊制度).
#: Immediate: whoever has not taken it after two minutes is passed over; the telephone number is on the screen.
ACCEPT: Mapping[Urgency, timedelta] = MappingProxyType(
    {
        Urgency.IMMEDIATE: timedelta(minutes=2),
        Urgency.URGENT: timedelta(minutes=10),
        Urgency.ROUTINE: timedelta(hours=24),
    }
)
#: A consent that was put off in an emergency is completed within a day.
CONSENT_OWED = timedelta(hours=24)
#: Reminders go out this long before an appointment.
REMIND = timedelta(minutes=15)


def due(urgency: Urgency, asked_at: datetime) -> datetime:
    """Until when the expert who is asked has to accept."""
    return asked_at + ACCEPT[urgency]
