"""What in a text looks as if it identified somebody, and what must not stand in a teaching file at all. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Sign(StrEnum):
    PERSON = "person"  # a name the record knows, or what looks like one
    PLACE = "place"
    NUMBER = "number"  # a number the record knows
    IDENTITY = "identity"  # a valid 居民身份证 number
    PHONE = "phone"
    DATE = "date"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class Known:
    """A name or number of the record."""

    text: str
    sign: Sign


@dataclass(frozen=True, slots=True)
class Found:
    """[start, end): in characters of the text.  refused: whether it must go; the rest is for the writer to judge."""

    start: int
    end: int
    sign: Sign
    refused: bool


_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)")
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}(?:\s*[-/.月]\s*\d{1,2}\s*日?)?(?!\d)|(?<!\d)(?:19|20)\d{6}(?!\d)"
    r"|(?<!\d)\d{1,2}\s*月\s*\d{1,2}\s*日"
)
_DIGITS = re.compile(r"(?<![\d.])\d{6,}(?![\d.])")
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,10}(?:医院|卫生院|卫生室|诊所|医学中心|服务中心)")
_TITLED = re.compile(r"[\u4e00-\u9fff]{1,3}(?:医生|医师|主任|大夫|教授|护士)")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def found(text: str, known: Iterable[Known]) -> list[Found]:
    """What stands in a text, in its order; of two in one place what is refused, then the longer one."""
    plain = unicodedata.normalize("NFKC", text)
    # where one character stands for several the places would be wrong: then the text is looked at as it is
    looked = plain if len(plain) == len(text) else text
    every = [*_known(text, known), *_patterns(looked)]
    every.sort(key=lambda one: (not one.refused, one.start - one.end, one.start))
    kept: list[Found] = []
    for one in every:
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _patterns(text: str) -> Iterable[Found]:
    for one in _IDENTITY.finditer(text):
        if _is_identity(one.group()):
            yield Found(one.start(), one.end(), Sign.IDENTITY, refused=True)
    for one in _MOBILE.finditer(text):
        yield Found(one.start(), one.end(), Sign.PHONE, refused=True)
    for pattern, sign in (
        (_LANDLINE, Sign.PHONE),
        (_DATE, Sign.DATE),
        (_DIGITS, Sign.DIGITS),
        (_PLACE, Sign.PLACE),
        (_TITLED, Sign.PERSON),
    ):
        for one in pattern.finditer(text):
            yield Found(one.start(), one.end(), sign, refused=False)


def _is_identity(number: str) -> bool:
    """GB 11643: the last character checks the others."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17].upper()


def _known(text: str, known: Iterable[Known]) -> Iterable[Found]:
    """What the record knows, however it is spaced, in full or half width, large or small."""
    letters, places = _squeezed(text)
    for one in known:
        sought, _ = _squeezed(one.text)
        if not _is_telling(sought, one.sign):
            continue
        at = letters.find(sought)
        while at >= 0:
            end = at + len(sought)
            if not _inside_a_word(letters, at, end):
                yield Found(places[at], places[end - 1] + 1, one.sign, refused=True)
            at = letters.find(sought, at + 1)


def _is_telling(sought: str, sign: Sign) -> bool:
    """A single character or three digits would be found everywhere."""
    if sign is Sign.PERSON:
        return len(sought) >= (4 if sought.isascii() else 2)
    return len(sought) >= 4 if sought.isascii() else len(sought) >= 3


def _inside_a_word(letters: str, start: int, end: int) -> bool:
    """Whether Latin letters or digits go on beside it: 1234 is not what 12345 says."""

    def goes_on(one: str, other: str) -> bool:
        return one.isascii() and other.isascii() and (one.isdigit() == other.isdigit()) and one.isalnum()

    before = start > 0 and goes_on(letters[start], letters[start - 1]) and letters[start - 1].isalnum()
    after = end < len(letters) and goes_on(letters[end - 1], letters[end]) and letters[end].isalnum()
    return (before or after) and letters[start:end].isdigit()


def _squeezed(text: str) -> tuple[str, list[int]]:
    """Letters and digits alone, and where each stood."""
    letters: list[str] = []
    places: list[int] = []
    for at, one in enumerate(text):
        for each in unicodedata.normalize("NFKC", one).casefold():
            if each.isalnum():
                letters.append(each)
                places.append(at)
    return "".join(letters), places
