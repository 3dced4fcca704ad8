"""What config/demo/recognition.toml says: agreements and quality rounds, each recorded at a moment of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from telemed.access.policy import admit
from telemed.audit.model import Entity
from telemed.db import Pool, fetch_all, fetch_one, load
from telemed.demo.acts import Cast, audit
from telemed.quality.recording import enter
from telemed.recognition.quality import Agreement, GrantingParameters, Outcome, QualityEvaluation
from telemed.recognition.rules import Basis, Scope
from telemed.vocabulary import Action

CONFIG = Path(__file__).resolve().parents[2] / "config" / "demo" / "recognition.toml"
COMMUNITY = Scope("community", "longan", "龙安县域医共体")
SCOPES = {"community": Scope("community", "longan", "龙安HR"), "national": Scope("national", "", "全国HR")}
#: Between the end of what was evaluated and the publication of its outcome.
UNTIL_PUBLISHED = timedelta(days=7)
_NAMESPACE = UUID("2b1a6f0d-5c55-4b0f-8f0a-64d3f5f1e2a7")

queries = load(__name__, "agreements.sql")


class Agreed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text that several members signed.  items: names of lists; days ago, ends in so many days."""

    key: str
    basis: Literal["community-document", "county-remote-reading"]
    organizations: list[str]
    items: list[str]
    days: int
    ends: int
    reader: str | None = None


class Evaluated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One outcome.  mark: where it counts.  published: days ago; period: its length in days; next_due: in days."""

    key: str
    programme: str
    round: str
    organization: str
    basis: Basis
    mark: Literal["community", "national"]
    items: list[str]
    published: int
    period: int
    outcome: Outcome
    score: str
    device: str | None = None
    next_due: int | None = None


class Quality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """recorded_by: a user name.  items: catalogue keys by the name of their list."""

    recorded_by: str
    items: dict[str, list[str]]
    agreements: list[Agreed]
    evaluations: list[Evaluated]

    def keys(self, lists: Sequence[str]) -> frozenset[str]:
        """The items of some lists."""
        return frozenset(key for name in lists for key in self.items[name])


class _Id(msgspec.Struct):
    id: UUID


@dataclass(frozen=True, slots=True)
class _Names:
    """Ids of the county: places by code, devices by AE title."""

    places: Mapping[str, UUID]
    devices: Mapping[str, UUID]


def read(path: Path = CONFIG) -> Quality:
    """Read the file; raises msgspec.ValidationError for what does not fit."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Quality)


async def bring(
    pool: Pool, quality: Quality, cast: Cast, began: datetime, parameters: Sequence[GrantingParameters]
) -> int:
    """Record what is missing, the oldest first, each in a transaction; returns how many rows of grants were written.

    began: the moment that days are counted back from.  Raises LookupError for a place or device that is not there.
    """
    facts = sorted(_facts(quality, await _names(pool, quality), began), key=lambda one: (one.at, one.id))
    async with pool.connection() as connection:
        ids = {"ids": [UUID(one.id) for one in facts]}
        there = {str(one.id) for one in await fetch_all(connection, queries["recorded"], ids, _Id)}
    written = 0
    for fact in facts:
        if fact.id in there:
            continue
        by = await cast.person(quality.recorded_by, fact.at)
        member = UUID(fact.organization_id)
        if not admit(by, Action.QUALITY_RECORD).admits(member):
            raise LookupError(f"{quality.recorded_by} records nothing about {member}")
        async with pool.transaction() as tx:
            done = await enter(tx, member, fact, by=by.practitioner_id, now=fact.at, parameters=parameters)
            about = Entity("quality-fact", UUID(fact.id)), Entity("organization", member)
            await audit(tx, by, Action.QUALITY_RECORD, fact.at, *about)
        written += done.grants
    return written


async def _names(pool: Pool, quality: Quality) -> _Names:
    codes = {code for one in quality.agreements for code in (*one.organizations, one.reader) if code is not None}
    codes |= {one.organization for one in quality.evaluations}
    places: dict[str, UUID] = {}
    devices: dict[str, UUID] = {}
    async with pool.connection() as connection:
        for code in sorted(codes):
            found = await fetch_one(connection, queries["place"], {"code": code}, _Id)
            if found is None:
                raise LookupError(f"no demo place {code}")
            places[code] = found.id
        for device in sorted({one.device for one in quality.evaluations if one.device is not None}):
            found = await fetch_one(connection, queries["device"], {"device": device}, _Id)
            if found is None:
                raise LookupError(f"no demo device {device}")
            devices[device] = found.id
    return _Names(places, devices)


def _facts(quality: Quality, names: _Names, began: datetime) -> Iterator[Agreement | QualityEvaluation]:
    for one in quality.agreements:
        begins = began - timedelta(days=one.days)
        for code in one.organizations:
            yield Agreement(
                id=str(uuid5(_NAMESPACE, f"{one.key} {code}")),
                organization_id=str(names.places[code]),
                item_keys=quality.keys(one.items),
                basis=Basis(one.basis),
                scope=COMMUNITY,
                begins=begins,
                ends=began + timedelta(days=one.ends),
                known_from=begins,
                reader_id=None if one.reader is None else str(names.places[one.reader]),
            )
    for one in quality.evaluations:
        published = began - timedelta(days=one.published)
        ended = published - UNTIL_PUBLISHED
        yield QualityEvaluation(
            id=str(uuid5(_NAMESPACE, one.key)),
            programme=one.programme,
            organization_id=str(names.places[one.organization]),
            item_keys=quality.keys(one.items),
            basis=one.basis,
            scope=SCOPES[one.mark],
            round=one.round,
            period_begins=ended - timedelta(days=one.period),
            period_ends=ended,
            outcome=one.outcome,
            published_at=published,
            known_from=published,
            device_id=None if one.device is None else str(names.devices[one.device]),
            score=one.score,
            next_due=None if one.next_due is None else began + timedelta(days=one.next_due),
        )
