"""One spelling for everything that is hashed: strings and integers only, keys sorted, no spaces, UTF-8 (RFC 8785).

Moments are RFC 3339 in UTC with Z, days ISO 8601, quantities decimal strings, yes and no the words true and false.
What is missing is left out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any, cast


class Spelt(str):
    """Text that is canonical already."""

    __slots__ = ()


def moment(value: datetime) -> str:
    """RFC 3339 in UTC; a moment without a zone keeps none, one that UTC cannot express keeps its own."""
    if value.tzinfo is None:
        return value.isoformat()
    try:
        return _utc(value) if value.tzinfo is UTC else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return value.isoformat()


@lru_cache(maxsize=4096)
def _utc(value: datetime) -> str:
    """The same few moments stand in all rows of one answer."""
    return value.isoformat().replace("+00:00", "Z")


def canonical(value: object) -> bytes:
    """The bytes that are hashed.  Raises TypeError for what has no one spelling, a float among them."""
    return _text(value).encode()


def spelt(value: object) -> Spelt:
    """The same as text, to be put into something larger.  Raises TypeError."""
    return Spelt(_text(value))


#: Spells one value.
Spell = Callable[[Any], str]


def unordered(values: Iterable[object], spell: Spell | None = None) -> Spelt:
    """A list whose order says nothing: sorted by its canonical bytes, which is the order of code points.

    spell: spells each as `spelt` would.
    """
    return Spelt(f"[{','.join(sorted([(spell or _text)(one) for one in values]))}]")


class Remembered:
    """Spells what stays in memory and never changes once: the object is kept with its text, `most` of them."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._texts: dict[int, tuple[object, str]] = {}

    def __call__(self, value: object) -> str:
        found = self._texts.get(id(value))
        if found is not None and found[0] is value:
            return found[1]
        if len(self._texts) >= self._most:
            self._texts = {}
        text = _text(value)
        self._texts[id(value)] = value, text
        return text


def _text(value: Any) -> str:
    kind: Any = value.__class__  # the commonest kinds first: one decision is spelt from thousands of values
    if kind is str:
        return encode_basestring(value)
    if kind is Spelt:
        return value
    of = _fields(kind)
    if of is not None:
        said = [
            f"{key}{encode_basestring(one) if one.__class__ is str else _text(one)}"
            for key, one in zip(of.keys, of.values(value), strict=True)
            if one is not None
        ]
        return f"{{{','.join(said)}}}"
    if kind is tuple or kind is list:
        return f"[{','.join([_text(one) for one in value])}]"
    if kind is frozenset:
        return unordered(value)
    if isinstance(value, str | int | date | Decimal):
        return _word(value)
    if isinstance(value, Mapping):
        return _object(cast("Mapping[str, object]", value))
    raise TypeError(f"{kind.__name__} has no canonical spelling")


def _word(value: str | int | date | Decimal) -> str:
    match value:
        case bool():
            return '"true"' if value else '"false"'
        case str():  # an enumeration's member is its word
            return encode_basestring(str(value))
        case int():
            return int.__repr__(value)
        case datetime():
            return f'"{moment(value)}"'
        case date():
            return f'"{value.isoformat()}"'
        case Decimal():
            return f'"{value:f}"'


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of a record, sorted: each spelt as a key, and what takes the values out in that order."""

    keys: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]


@lru_cache
def _fields(kind: type) -> _Fields | None:
    """None of what is no record, or has no fields."""
    names = sorted(field.name for field in fields(kind)) if is_dataclass(kind) else []
    if not names:
        return None
    taken = attrgetter(*names)  # of one name it gives the value itself
    values: Callable[[Any], tuple[Any, ...]] = taken if len(names) > 1 else lambda value: (taken(value),)
    return _Fields(tuple(f"{encode_basestring(name)}:" for name in names), values)


def _object(named: Mapping[str, object]) -> str:
    """RFC 8785 3.2.3: sorted by UTF-16 code units."""
    names = sorted((name for name, value in named.items() if value is not None), key=_utf_16)
    return f"{{{','.join([f'{encode_basestring(name)}:{_text(named[name])}' for name in names])}}}"


def _utf_16(name: str) -> bytes:
    return name.encode("utf-16-be")
