"""Ages as paediatrics and radiology say them. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from telemed.vocabulary import Text


def _months_between(born: date, day: date) -> tuple[int, int]:
    """Whole months and the days left; a month ends on the day of birth, or on its last day if it has no such day."""
    months = (day.year - born.year) * 12 + day.month - born.month
    if _shifted(born, months) > day:
        months -= 1
    return months, (day - _shifted(born, months)).days


def _shifted(born: date, months: int) -> date:
    year, month = divmod(born.year * 12 + born.month - 1 + months, 12)
    for day in range(born.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, min(born.day, 28))


def age(born: date, day: date, *, born_at: datetime | None = None, now: datetime | None = None) -> Text | None:
    """Age on a day, as it is said.

    Hours in the first 3 days (born_at and now, aware, are both needed for them), days under 28 d, months and days under
    1 year, years and months under 6, years after that. None for a day before the birth: a wrong clock, never an age.
    """
    if day < born:
        return None
    days = (day - born).days
    if born_at is not None and now is not None and timedelta(0) <= now - born_at < timedelta(days=3):
        hours = int((now - born_at) / timedelta(hours=1))
        return Text(f"{hours} 小时", f"{hours} h")
    if days < 28:  # practice: the newborn period
        return Text(f"{days} 天", f"{days} d")
    months, rest = _months_between(born, day)
    if months < 12:
        return Text(f"{months} 月 {rest} 天", f"{months} mo {rest} d") if rest else Text(f"{months} 月", f"{months} mo")
    years, left = divmod(months, 12)
    if years < 6:  # practice: below school age
        return Text(f"{years} 岁 {left} 月", f"{years} y {left} mo") if left else Text(f"{years} 岁", f"{years} y")
    return Text(f"{years} 岁", f"{years} y")


def years(born: date, day: date) -> int:
    """Completed years; negative before the birth."""
    return _months_between(born, day)[0] // 12


def birth_date_of_age(stated_years: int, day: date) -> date:
    """The birth date that stands for a stated age: the first of July of that year, kept as estimated."""
    return (
        date(day.year - stated_years, 7, 1)
        if (day.month, day.day) >= (7, 1)
        else date(day.year - stated_years - 1, 7, 1)
    )
