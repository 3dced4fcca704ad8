"""The dated parameters of granting: every TOML file of a folder, checked as a whole."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from telemed.recognition.quality import GrantingParameters

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "recognition" / "granting"
LARGEST_FILE = 64 << 10
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class MalformedParameters(Exception):
    """A file of parameters does not fit; the message names the file and the fault."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    effective: datetime
    max_age_days: Days
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=365)]
    due_soon_days: Days


def parse(name: str, text: str) -> GrantingParameters:
    """Read one file. Raises MalformedParameters."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MalformedParameters(f"{name}: {error}") from error
    if file.effective.tzinfo is None:
        raise MalformedParameters(f"{name}: effective：缺少时区 / effective: has no zone, write …T00:00:00+08:00")
    if file.due_soon_days >= file.max_age_days:
        raise MalformedParameters(
            f"{name}: due_soon_days 须小于 max_age_days / due_soon_days has to be less than max_age_days"
        )
    return GrantingParameters(file.effective, file.max_age_days, file.grace_days, file.due_soon_days)


def read_parameters(folder: Path = SHIPPED) -> tuple[GrantingParameters, ...]:
    """Read every file, the first one first. Raises MalformedParameters, also when there is none or two share a day."""
    found: list[GrantingParameters] = []
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
