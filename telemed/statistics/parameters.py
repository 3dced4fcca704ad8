"""What the county sets for counting, by the month it takes effect."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from telemed.statistics.months import Month

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "statistics"
LARGEST_FILE = 64 << 10
Kilometres = Annotated[int, Meta(ge=0, le=2000)]
Days = Annotated[int, Meta(ge=1, le=366)]


class MalformedParameters(Exception):
    """A file of parameters does not fit; the message names the file and the fault."""


class Dose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Typical effective dose of one examination, microsievert; body_site '' stands for every other site."""

    modality: Annotated[str, Meta(pattern="^[A-Z]{2,4}$")]
    body_site: Annotated[str, Meta(max_length=40)]
    microsievert: Annotated[int, Meta(ge=0, le=100_000)]
    source: Annotated[str, Meta(min_length=1, max_length=200)]


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In force from `effective`, the first day of a month.  opinion_fee: fen.  trips: organisation code → km."""

    effective: date
    look_back_days: Days
    ignored_hours: Annotated[int, Meta(ge=1, le=744)]
    re_order_days: Days
    net_days: Days
    seal_day: Annotated[int, Meta(ge=1, le=28)]
    small_count: Annotated[int, Meta(ge=0, le=100)]
    opinion_fee: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    dose: Annotated[tuple[Dose, ...], Meta(max_length=200)] = ()
    trips: Annotated[dict[str, Kilometres], Meta(max_length=500)] = msgspec.field(default_factory=dict[str, int])


def parse(name: str, text: str) -> Parameters:
    """Read one file. Raises MalformedParameters."""
    try:
        found = msgspec.convert(tomllib.loads(text), Parameters)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MalformedParameters(f"{name}: {error}") from error
    if found.effective.day != 1:
        raise MalformedParameters(f"{name}: effective：须为某月 1 日 / effective: has to be the first day of a month")
    if found.net_days < found.re_order_days:
        raise MalformedParameters(f"{name}: net_days 不得小于 re_order_days / net_days is less than re_order_days")
    if len({(one.modality, one.body_site) for one in found.dose}) < len(found.dose):
        raise MalformedParameters(f"{name}: dose：同一部位列了两次 / dose: a site is listed twice")
    return found


def read_parameters(folder: Path = SHIPPED) -> tuple[Parameters, ...]:
    """Every file, the first one first. Raises MalformedParameters, also when there is none or two share a day."""
    found: list[Parameters] = []
    for path in sorted(folder.glob("*.toml")):
        if path.stat().st_size > LARGEST_FILE:
            raise MalformedParameters(f"{path.name}: 超过 {LARGEST_FILE} 字节 / is larger than {LARGEST_FILE} bytes")
        found.append(parse(path.name, path.read_text("utf-8")))
    found.sort(key=lambda one: one.effective)
    if not found:
        raise MalformedParameters(f"{folder}: 没有参数文件 / no file of parameters")
    if len({one.effective for one in found}) < len(found):
        raise MalformedParameters(f"{folder}: 两个文件同日生效 / two files begin on one day")
    return tuple(found)


def in_force(found: Sequence[Parameters], month: Month) -> Parameters:
    """Those of a month; of a month before all of them, the first."""
    return next((one for one in reversed(found) if one.effective <= month.first), found[0])


def as_said(one: Parameters) -> Mapping[str, object]:
    """As a seal keeps them."""
    return msgspec.to_builtins(one)
