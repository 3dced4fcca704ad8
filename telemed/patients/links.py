"""Which records are one person by the facts about pairs, and which new fact contradicts them. Pure.

A link moves nothing: every record keeps its row, numbers and studies. same_as_id is derived from the links alone, so
that taking a link back gives every record back as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from telemed.errors import Conflict

Pair = tuple[UUID, UUID]


class Fact(StrEnum):
    """What is said of two records; the newest fact of a pair stands."""

    LINKED = "linked"
    UNLINKED = "unlinked"  # nothing is said of the two any more
    NEVER_LINK = "never-link"  # two persons, whatever matching finds later


class Ground(StrEnum):
    """Whose word it is."""

    MATCHED = "matched"  # number, name and birth date exact; no person looked
    REVIEWED = "reviewed"
    TAKEN_BACK = "taken-back"


@dataclass(frozen=True, slots=True)
class Member:
    """A record among others that are the same person. source: known from a device or a contradicting form only."""

    id: UUID
    source: bool
    created_at: datetime


def pair(one: UUID, other: UUID) -> Pair:
    """Two records in the order in which facts name them."""
    return (one, other) if one < other else (other, one)


def component(start: UUID, linked: Iterable[Pair]) -> frozenset[UUID]:
    """Every record that is the same person as one, itself among them."""
    neighbours: dict[UUID, set[UUID]] = {}
    for a, b in linked:
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    found, open_ones = {start}, [start]
    while open_ones:
        new = neighbours.get(open_ones.pop(), set()) - found
        found |= new
        open_ones.extend(new)
    return frozenset(found)


def grounds(start: UUID, linked: Mapping[Pair, Ground]) -> dict[UUID, Ground]:
    """Every record that is the same person as one, and on whose word: MATCHED where the rule alone says so throughout.

    The record itself is MATCHED: it is itself.
    """
    by_rule = component(start, [two for two, ground in linked.items() if ground is Ground.MATCHED])
    return {one: Ground.MATCHED if one in by_rule else Ground.REVIEWED for one in component(start, linked)}


def pointers(members: Collection[Member], linked: Collection[Pair]) -> dict[UUID, UUID | None]:
    """Return same_as_id of each record: the first registered of those that are the same person, None for itself.

    A function of the links and of what never changes in a record, and of nothing else.
    """
    by_id = {member.id: member for member in members}
    found: dict[UUID, UUID | None] = {}
    for member in members:
        same = [by_id[one] for one in component(member.id, linked)]
        first = min(same, key=lambda one: (one.source, one.created_at, one.id))
        found[member.id] = None if first.id == member.id else first.id
    return found


def refuse_linking(one: UUID, other: UUID, linked: Collection[Pair], never: Collection[Pair]) -> Conflict | None:
    """Return why two records are not linked: a person has told them, or two that are linked to them, apart."""
    together = component(one, [*linked, pair(one, other)])
    if not any(a in together and b in together for a, b in never):
        return None
    return Conflict(
        "identity-never-link",
        "已有人核对为不同人（或其关联记录已核对为不同人），不能关联。如需关联，请先撤回该核对。未作任何改动。",
        "Somebody has decided that these, or records linked to them, are two persons. Take that decision back first. "
        "Nothing was changed.",
    )


def refuse_parting(one: UUID, other: UUID, linked: Collection[Pair]) -> Conflict | None:
    """Return why two records are not told apart: a third one is linked to both."""
    without = [two for two in linked if two != pair(one, other)]
    if other not in component(one, without):
        return None
    return Conflict(
        "identity-linked-otherwise",
        "两份记录经由其他记录关联为同一人。请先撤回那些关联。未作任何改动。",
        "The two are linked through other records. Take those links back first. Nothing was changed.",
    )


# What a link itself sets, and what counts changes.
_OF_THE_LINK = frozenset({"same_as_id", "revision"})


def changed_since(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The columns of a record that say something else than when it was linked, in order."""
    return sorted(key for key in before if key not in _OF_THE_LINK and before[key] != now.get(key))
