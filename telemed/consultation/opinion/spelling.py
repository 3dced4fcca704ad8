"""One spelling for what an opinion is proved by: sorted keys, no blanks, UTF-8, strings and integers only.  Pure.

RFC 8785 for these kinds of values.  What is read back has to be byte for byte what would be written: no duplicate key,
no blank, no other escape passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from telemed.recognition.canonical import moment

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_CONTROLS = r"\x00-\x1f\x7f-\x9f"

Identifier = Annotated[str, Meta(pattern=rf"\A{_UUID}\Z")]
Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
#: A DICOM UID, PS3.5 section 9.
Uid = Annotated[str, Meta(pattern=r"\A[0-9]+(\.[0-9]+)*\Z", max_length=64)]
#: One line: a name, a number, a title.
Line = Annotated[str, Meta(pattern=rf"\A[^{_CONTROLS}]+\Z", max_length=200)]
#: One line that may be empty.
Words = Annotated[str, Meta(pattern=rf"\A[^{_CONTROLS}]*\Z", max_length=500)]
#: Several lines; tab and line feed are the only controls.
Prose = Annotated[str, Meta(pattern=r"\A[^\x00-\x08\x0b-\x1f\x7f-\x9f]*\Z", max_length=20_000)]
#: RFC 3339 in UTC, as `moment` spells it.
Instant = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z\Z")]

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are not what they should be, and why: for people who look into it, in English."""

    why: str


def spelled(value: msgspec.Struct) -> bytes:
    """The bytes that are hashed and signed.  Raises ValueError for a value that would not be read back."""
    try:
        content = msgspec.json.encode(value, order="sorted")
        msgspec.json.decode(content, type=type(value))
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise ValueError(f"{type(value).__name__}: {error}") from error
    return content


def read(content: bytes, kind: type[T], most: int) -> T | Malformed:
    """The value of canonical bytes, or why they are none.  most: bytes."""
    if len(content) > most:
        return Malformed(f"longer than {most} bytes")
    try:
        value = msgspec.json.decode(content, type=kind)
        if msgspec.json.encode(value, order="sorted") != content:
            return Malformed("not in canonical form: another order, blanks, escapes or a key twice")
    except (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError) as error:
        return Malformed(str(error))
    return value


def at(text: str) -> datetime:
    """The moment of an Instant.  Raises ValueError where the calendar has none, or it is spelt otherwise."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None or moment(when) != text:
        raise ValueError(f"{text[:40]} is no moment in UTC as it is written here")
    return when


def prose(text: str) -> str:
    """What somebody typed, as Prose: line ends of every kind are one, other controls are nothing."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", re.sub(r"\r\n?", "\n", text))


def one_line(text: str) -> str:
    """What somebody typed, as Words."""
    return re.sub(r"[\t\n]+", " ", prose(text))


def instant(when: datetime) -> str:
    """An aware moment as text."""
    if when.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment(when.astimezone(UTC))
