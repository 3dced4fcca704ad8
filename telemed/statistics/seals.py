"""What a sealed month says, and in what two versions of it differ. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from telemed.recognition.canonical import canonical
from telemed.statistics.counting import Cell
from telemed.statistics.indicators import DEFINITIONS
from telemed.statistics.months import Month
from telemed.statistics.parameters import Parameters, as_said

#: Changed figures that a version lists; more are counted.
MOST_CHANGES = 500


class Change(msgspec.Struct, frozen=True):
    """One figure that a later version says otherwise.  organization_id: '' for the county."""

    organization_id: str
    cut: str
    key: str
    code: str
    before: int
    after: int


class Causes(msgspec.Struct, frozen=True):
    """What has come since the version before.

    answers, withdrawals: on the month's cards.  results, grants: what is newly known of them.  parameters, definitions:
    1 where they are others.  encounters: what ADT newly told of visits of the month; versions before it counted none.
    """

    answers: int
    withdrawals: int
    results: int
    grants: int
    parameters: int
    definitions: int
    encounters: int = 0


class Changes(msgspec.Struct, frozen=True):
    """figures: how many differ; items: the first of them."""

    figures: int
    items: Sequence[Change]
    causes: Causes


def content_of(month: Month, zone: str, parameters: Parameters, cells: Iterable[Cell]) -> str:
    """The figures as canonical JSON: strings and integers only, keys sorted."""
    return canonical(
        {
            "month": month.name,
            "zone": zone,
            "definitions": DEFINITIONS,
            "parameters": as_said(parameters),
            "figures": [
                {
                    "organization": "" if one.organization_id is None else str(one.organization_id),
                    "cut": one.cut,
                    "key": one.key,
                    "code": one.code,
                    "value": one.value,
                }
                for one in cells
            ],
        }
    ).decode()


def hash_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def cells_of(content: str) -> list[Cell]:
    """The figures of a sealed version."""
    return [
        Cell(
            UUID(one["organization"]) if one["organization"] else None,
            one["cut"],
            one["key"],
            one["code"],
            one["value"],
        )
        for one in json.loads(content)["figures"]
    ]


def parameters_of(content: str) -> Parameters:
    """What a sealed version was counted by."""
    return msgspec.convert(json.loads(content)["parameters"], Parameters, strict=False)


def differing(before: str, after: str) -> tuple[int, list[Change]]:
    """How many figures differ, and the first of them."""
    old, new = _named(before), _named(after)
    found = [
        Change(*line, before=old.get(line, 0), after=new.get(line, 0))
        for line in sorted(old.keys() | new.keys())
        if old.get(line, 0) != new.get(line, 0)
    ]
    return len(found), found[:MOST_CHANGES]


def _named(content: str) -> Mapping[tuple[str, str, str, str], int]:
    return {
        (one["organization"], one["cut"], one["key"], one["code"]): one["value"]
        for one in json.loads(content)["figures"]
    }


def rules_differ(before: str, after: str) -> tuple[bool, bool]:
    """Whether parameters, and whether definitions, are others than they were."""
    old, new = json.loads(before), json.loads(after)
    return old["parameters"] != new["parameters"], old["definitions"] != new["definitions"]
