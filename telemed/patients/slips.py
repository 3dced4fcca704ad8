"""How far two numbers, dates, phones or addresses are apart when somebody mistyped one of them. Pure."""

from __future__ import annotations

import unicodedata
from datetime import date
from itertools import pairwise

#: What devices and old registers write for a birth date that nobody stated.
UNSTATED_BIRTH = date(1900, 1, 1)


def slip(a: str, b: str) -> bool:
    """Whether two numbers are one wrong, missing or exchanged character apart."""
    if len(a) == len(b):
        apart = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        return len(apart) == 1 or exchanged(a, b, apart)
    shorter, longer = sorted((a, b), key=len)
    if len(longer) - len(shorter) != 1:
        return False
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def exchanged(a: str, b: str, apart: list[int]) -> bool:
    """Whether the places where two texts of one length differ are two neighbours that changed places."""
    if len(apart) != 2 or apart[1] - apart[0] != 1:
        return False
    first, second = apart
    return a[first] == b[second] and a[second] == b[first]


def digits(day: date) -> str:
    """A date as YYYYMMDD."""
    return f"{day.year:04}{day.month:02}{day.day:02}"


def near_dates(born: date) -> list[date]:
    """Every date on which somebody may be born that is one wrong digit or one exchange away, in order.

    The date itself is not among them.
    """
    text = digits(born)
    written = {text[:4] + text[6:] + text[4:6]}
    written |= {text[:i] + digit + text[i + 1 :] for i in range(8) for digit in "0123456789"}
    written |= {text[:i] + text[j] + text[i] + text[j + 1 :] for i, j in pairwise(range(8))}
    found = {day for day in map(_read_date, written) if day is not None}
    return sorted(day for day in found - {born} if 1850 <= day.year < 2150)


def _read_date(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def phone_key(phone: str) -> str:
    """The last 11 digits of a phone, "" for fewer than 7: what +86, blanks and dashes do not change."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", phone) if c in "0123456789")[-11:]
    return digits if len(digits) >= 7 else ""


def address_key(address: str) -> str:
    """An address without blanks, punctuation, width and case, for comparing only."""
    return "".join(c for c in unicodedata.normalize("NFKC", address) if c.isalnum()).casefold()
