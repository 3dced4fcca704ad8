"""Natural months of the county (自然月) and when each may be sealed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from telemed.errors import Invalid

MONTHS_OF_A_HALF = 6
FIRST_YEAR, LAST_YEAR = 2020, 2199


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A natural month, by its first day."""

    first: date

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> Month:
        """The county's month of an aware moment."""
        return cls(moment.astimezone(zone).date().replace(day=1))

    @property
    def name(self) -> str:
        return f"{self.first:%Y-%m}"

    def moved(self, months: int) -> Month:
        at = self.first.year * 12 + self.first.month - 1 + months
        return Month(date(at // 12, at % 12 + 1, 1))

    def begins(self, zone: ZoneInfo) -> datetime:
        """Its first moment by the county's clock, as UTC."""
        return datetime(self.first.year, self.first.month, 1, tzinfo=zone).astimezone(UTC)

    def ends(self, zone: ZoneInfo) -> datetime:
        """The first moment that is no more of it."""
        return self.moved(1).begins(zone)

    def may_be_sealed(self, now: datetime, zone: ZoneInfo, seal_day: int) -> bool:
        """From the first moment of day `seal_day` of the next month on, by the county's clock."""
        return now.astimezone(zone).date() >= self.moved(1).first.replace(day=seal_day)


def parsed(text: str) -> tuple[Month, ...]:
    """The months of `2026-10` or of a half-year `2026-H2`. Raises Invalid."""
    year, _, part = text.partition("-")
    if year.isascii() and year.isdigit() and FIRST_YEAR <= int(year) <= LAST_YEAR:
        if part in {"H1", "H2"}:
            start = Month(date(int(year), 1 if part == "H1" else 7, 1))
            return tuple(start.moved(one) for one in range(MONTHS_OF_A_HALF))
        if len(part) == 2 and part.isascii() and part.isdigit() and 1 <= int(part) <= 12:
            return (Month(date(int(year), int(part), 1)),)
    raise Invalid(
        "no-such-period",
        "期间须写作 2026-10 或 2026-H2。",
        "Write the period as 2026-10 or 2026-H2.",
    )
