"""Search parameters: what was asked, what of it is understood, and where the next page begins.  Pure.

FHIR R4 3.1.1.  A modifier that is not served is refused always; a parameter that nobody knows, if asked for strictly.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from telemed.fhir.outcomes import IssueType, Refusal
from telemed.vocabulary import Text

Kind = Literal["token", "date", "reference", "string"]
Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"]

COUNT, MOST_COUNT = 20, 100
#: Values of one parameter, joined by commas.
MOST_VALUES = 20
MOST_DATES = 4
#: Times one parameter may be given, where that is served.
MOST_TIMES = 4
_LONGEST = 500
#: Parameters of every search that change nothing of what is found.
_RESULT = frozenset({"_count", "_cursor", "_format", "_id"})
_MODIFIERS: Mapping[Kind, frozenset[str]] = {
    "string": frozenset({"contains"}),
    "token": frozenset(),
    "date": frozenset(),
    "reference": frozenset(),
}
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_DATE = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d{1,9})?)?(?P<zone>Z|[+ -]\d{2}:\d{2})?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a resource.

    targets: types a reference may name.  in_address: whether a GET may carry it.  repeats: whether it may be given more
    than once, all of which have to hold then, and a date as several joined by commas.
    """

    name: str
    kind: Kind
    text: Text
    targets: tuple[str, ...] = ()
    in_address: bool = True
    repeats: bool = False


class Token(NamedTuple):
    """system None: any."""

    system: str | None
    code: str


class Span(NamedTuple):
    """A date parameter: its prefix, and the stretch its precision covers, UTC, the end outside."""

    prefix: Prefix
    low: datetime
    high: datetime


class Cursor(NamedTuple):
    """The last row of the page before."""

    at: datetime
    id: str


def _no_tokens() -> dict[str, tuple[Token, ...]]:
    return {}


@dataclass(frozen=True, slots=True)
class Search:
    """What was understood.

    tokens, references: every value that was named.  every: of a parameter that repeats, for each time the codes or
    references of which one has to hold.  strings: modifier and value.  dates: for each time the dates of which one has
    to hold, a single one unless the parameter repeats.  count: of a page, 0 to be told how many there are.
    used: parameters as the self link repeats them.
    """

    ids: tuple[str, ...] | None = None
    tokens: Mapping[str, tuple[Token, ...]] = field(default_factory=_no_tokens)
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    strings: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    dates: tuple[tuple[Span, ...], ...] = ()
    every: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict[str, tuple[tuple[str, ...], ...]])
    count: int = COUNT
    before: Cursor | None = None
    used: tuple[tuple[str, str], ...] = ()

    def codes(self, name: str) -> list[str] | None:
        """The codes of a token parameter, whatever their systems; None where it was not given."""
        found = self.tokens.get(name)
        return None if found is None else [one.code for one in found]


def understand(
    pairs: Sequence[tuple[str, str]], params: Sequence[Param], *, zone: tzinfo, base: str, strict: bool
) -> Search | Refusal:
    """Read the parameters of a search.

    zone: of dates that state none.  base: our own address, which references may begin with.  strict: refuse what is
    not known instead of leaving it out.
    """
    known = {one.name: one for one in params}
    reading = _Reading(zone, base)
    for written, value in pairs:
        name, colon, modifier = written.partition(":")
        if name not in known and name not in _RESULT:
            if strict:
                return _refuse(
                    "not-supported",
                    f"不支持的检索参数 {_word(name)}。",
                    f"The parameter {_word(name)} is not served.",
                    name,
                )
            continue
        if len(value) > _LONGEST or "\0" in value:
            return _refuse("invalid", f"参数 {name} 的值无效。", f"The value of {name} is not usable.", name)
        if colon and modifier not in _MODIFIERS[known[name].kind if name in known else "token"]:
            return _refuse(
                "not-supported", f"参数 {name} 不支持该修饰符。", f"This modifier of {name} is not served.", name
            )
        if not value.strip():
            continue
        fault = reading.result(name, value) if name in _RESULT else reading.take(known[name], modifier, value)
        if fault is not None:
            return fault
        if name not in {"_cursor", "_format"}:
            reading.used.append((written, value))
    return reading.search()


@dataclass(slots=True)
class _Reading:
    """Parameters as they are read, one after the other."""

    zone: tzinfo
    base: str
    tokens: dict[str, tuple[Token, ...]] = field(default_factory=_no_tokens)
    references: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    strings: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    dates: list[tuple[Span, ...]] = field(default_factory=list[tuple[Span, ...]])
    every: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict[str, tuple[tuple[str, ...], ...]])
    used: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    ids: tuple[str, ...] | None = None
    count: int = COUNT
    before: Cursor | None = None

    def search(self) -> Search:
        return Search(
            ids=self.ids,
            tokens=self.tokens,
            references=self.references,
            strings=self.strings,
            dates=tuple(self.dates),
            every=self.every,
            count=self.count,
            before=self.before,
            used=tuple(self.used),
        )

    def result(self, name: str, value: str) -> Refusal | None:
        """A parameter of the page; `_format` is dealt with where the answer is written."""
        if name == "_count":
            if not value.isascii() or not value.isdecimal() or len(value) > 9:
                return _refuse(
                    "invalid", "_count 须为非负整数。", "_count must be a number, or 0 to count alone.", name
                )
            self.count = min(int(value), MOST_COUNT)
        elif name == "_cursor":
            self.before = cursor_of(value)
            if self.before is None:
                return _refuse(
                    "invalid", "翻页位置无效，请从头检索。", "The page link is not usable; search anew.", name
                )
        elif name == "_id":
            if self.ids is not None:
                return _twice(name)
            self.ids = tuple(one for one in value.split(",")[:MOST_VALUES] if ID.fullmatch(one))
        return None

    def take(self, param: Param, modifier: str, value: str) -> Refusal | None:
        """A parameter of the resource; given twice, both have to hold, which few serve."""
        name = param.name
        given = name in self.tokens or name in self.references or name in self.strings
        if given and not param.repeats:
            return _twice(name)
        values = _split(value)
        if len(values) > MOST_VALUES or len(self.every.get(name, ())) >= MOST_TIMES:
            return _refuse("too-costly", f"参数 {name} 的值过多。", f"There are too many values of {name}.", name)
        match param.kind:
            case "token":
                tokens = tuple(_token(one) for one in values)
                self.tokens[name] = (*self.tokens.get(name, ()), *tokens)
                self._once_more(param, tuple(one.code for one in tokens))
            case "string":
                self.strings[name] = (modifier, value)
            case "reference":
                found = [_referred(one, param.targets, self.base) for one in values]
                if None in found:
                    wanted = " / ".join(param.targets)
                    return _refuse("invalid", f"参数 {name} 须指向 {wanted}。", f"{name} must refer to {wanted}.", name)
                named = tuple(one for one in found if one is not None)
                self.references[name] = (*self.references.get(name, ()), *named)
                self._once_more(param, named)
            case "date":
                spans = tuple(one for one in (span_of(each, self.zone) for each in values) if one is not None)
                several = len(values) != 1 and not param.repeats
                if several or len(spans) != len(values) or len(self.dates) >= MOST_DATES:
                    return _refuse(
                        "invalid", f"参数 {name} 不是可用的日期。", f"{name} is no date that can be used.", name
                    )
                self.dates.append(spans)
        return None

    def _once_more(self, param: Param, values: tuple[str, ...]) -> None:
        if param.repeats:
            self.every[param.name] = (*self.every.get(param.name, ()), values)


def span_of(value: str, zone: tzinfo) -> Span | None:
    """A date with its prefix; None for what is none.  A time without a zone is the county's, Z stays Z."""
    found = _DATE.fullmatch(value)
    if found is None or (found["prefix"] or "eq") not in _PREFIXES:
        return None
    try:
        low, high = _stretch(found, zone)
        return Span(_PREFIXES[found["prefix"] or "eq"], low.astimezone(UTC), high.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


_PREFIXES: Mapping[str, Prefix] = {
    "eq": "eq", "ne": "ne", "gt": "gt", "lt": "lt", "ge": "ge", "le": "le", "sa": "sa", "eb": "eb",
}  # fmt: skip


def _stretch(found: re.Match[str], zone: tzinfo) -> tuple[datetime, datetime]:
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    if not 1800 <= year <= 9000:
        raise ValueError(year)
    first = datetime(year, month, day, tzinfo=zone)
    if found["month"] is None:
        return first, datetime(year + 1, 1, 1, tzinfo=zone)
    if found["day"] is None:
        return first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    if found["hour"] is None:
        following = date(year, month, day) + timedelta(days=1)
        return first, datetime(following.year, following.month, following.day, tzinfo=zone)
    # a plus sign in an address that nobody has escaped is a blank
    offset = (found["zone"] or "").replace(" ", "+")
    seconds = found["second"]
    text = f"{year:04}-{month:02}-{day:02}T{found['hour']}:{found['minute']}:{seconds or '00'}{offset}"
    at = datetime.fromisoformat(text)
    low = at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return low, low + (timedelta(minutes=1) if seconds is None else timedelta(seconds=1))


def _split(value: str) -> list[str]:
    r"""Values joined by commas; `\,` is a comma of a value (FHIR R4 3.1.1.4.11)."""
    parts = re.split(r"(?<!\\),", value)
    return [re.sub(r"\\([,|$\\])", r"\1", one) for one in parts if one]


def _token(value: str) -> Token:
    system, bar, code = value.partition("|")
    return Token(system, code) if bar else Token(None, value)


def _referred(value: str, targets: Sequence[str], base: str) -> str | None:
    """`Type/id` of a reference that may lack its type where only one is possible, or begin with our address."""
    relative = value.removeprefix(f"{base}/")
    kind, slash, number = relative.rpartition("/")
    if not slash:
        kind = targets[0] if len(targets) == 1 else ""
    if (targets and kind not in targets) or not kind or not ID.fullmatch(number):
        return None
    return f"{kind}/{number}"


def uuids(values: Sequence[str] | None) -> list[UUID] | None:
    """Ids that are ours; others are of nothing that is here."""
    if values is None:
        return None
    found: list[UUID] = []
    for one in values:
        try:
            found.append(UUID(one.rpartition("/")[2]))
        except ValueError:
            continue
    return found


def cursor_text(cursor: Cursor) -> str:
    return urlsafe_b64encode(json.dumps([cursor.at.isoformat(), cursor.id]).encode()).decode().rstrip("=")


def cursor_of(text: str) -> Cursor | None:
    """Read what `cursor_text` wrote; None for anything else."""
    try:
        at, number = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        moment = datetime.fromisoformat(at)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    usable = isinstance(number, str) and len(number) <= 64 and "\0" not in number and moment.tzinfo is not None
    return Cursor(moment, number) if usable else None


def link(base: str, kind: str, used: Sequence[tuple[str, str]], following: Cursor | None = None) -> str:
    """The address of a search as it was understood, or of its next page."""
    pairs = list(used) + ([("_cursor", cursor_text(following))] if following is not None else [])
    return f"{base}/{kind}" + (f"?{urlencode(pairs)}" if pairs else "")


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "?", name)[:40]


def _twice(name: str) -> Refusal:
    return _refuse("not-supported", f"参数 {name} 只能出现一次。", f"The parameter {name} may be given once.", name)


def _refuse(issue: IssueType, zh: str, en: str, at: str) -> Refusal:
    return Refusal(400, issue, Text(zh, en), _word(at))
