"""The rules in PostgreSQL: documents installed, evaluations recorded, grants derived in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import log
from telemed.recognition.catalogue import newest
from telemed.recognition.grant_states import Loss, losses, mark, standing, state_at
from telemed.recognition.granting import derive_known
from telemed.recognition.look_backs import LookBack, open_tasks
from telemed.recognition.quality import GrantingParameters, QualityEvaluation, QualityFact, Revocation
from telemed.recognition.quality_refusals import refuse
from telemed.recognition.rule_set import Parameters, RuleSet
from telemed.recognition.rules import Catalogue, Grant, GrantState
from telemed.recognition.stored import (
    EvaluationRow,
    FactRow,
    GrantRow,
    catalogue_from,
    columns_of,
    content_of,
    hash_of,
    scope_text,
)

queries = load(__name__, "rules_store.sql")
MOST_GRANTS = 200_000
_NAMESPACE = UUID("2f0a3c1e-77f0-5b39-9d0e-5a8f5f1f9c11")


class _Id(msgspec.Struct):
    id: UUID


class _Standing(msgspec.Struct):
    number: str
    content_hash: str


class _Content(msgspec.Struct):
    content: str
    source_hash: str


class _Moment(msgspec.Struct):
    known_from: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that says something else than what was installed under its number, or begins on a taken day."""

    number: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Installed:
    """new: numbers installed now.  kept: how many were there already.  With anything refused nothing is installed."""

    new: tuple[str, ...]
    kept: int
    refused: tuple[Refused, ...]


async def install(
    tx: Connection, catalogues: Iterable[Catalogue], now: datetime, new_id: Callable[[], UUID]
) -> Installed:
    """Install the documents of the configuration that are not there; the same ones again change nothing.

    A document is known from `now` on.  What was installed and is no longer in the configuration stays.
    """
    await execute(tx, queries["hold_catalogues"], {})
    fresh: list[tuple[Catalogue, str]] = []
    refused: list[Refused] = []
    kept = 0
    for one in catalogues:
        content = content_of(one)
        standing = await fetch_all(tx, queries["catalogue_standing"], _columns(one), _Standing)
        if any(row.number == one.number and row.content_hash == hash_of(content) for row in standing):
            kept += 1
        elif standing:
            refused.append(_refused(one, standing))
        else:
            fresh.append((one, content))
    if refused:
        return Installed((), kept, tuple(refused))
    for one, content in fresh:
        name = new_id()
        row = {"id": name, "content": content, "content_hash": hash_of(content), "now": now}
        await execute(tx, queries["install_catalogue"], _columns(one) | row)
        await log.append(tx, "catalogue.installed", name, ["recognition"])
    return Installed(tuple(one.number for one, _ in fresh), kept, ())


def _columns(one: Catalogue) -> dict[str, object]:
    return {
        "issuer": one.issuer,
        "series": one.series,
        "number": one.number,
        "scope_kind": one.scope.kind,
        "scope_key": one.scope.key,
        "first_day": one.first_day,
        "end_day": one.end_day,
        "source_hash": one.source_hash,
    }


def _refused(one: Catalogue, standing: Sequence[_Standing]) -> Refused:
    if any(row.number == one.number for row in standing):
        return Refused(
            one.number,
            f"{one.number} 的内容与已安装的不同。已安装的仍然有效；请以新文号和新的起始日期另立文档。",
            f"{one.number} differs from what was installed. What was installed stays in force; "
            "issue a document with a new number and first day.",
        )
    return Refused(
        one.number,
        f"{one.number} 与 {standing[0].number} 同日起效。已安装的仍然有效；请更改起始日期。",
        f"{one.number} begins on the same day as {standing[0].number}. What was installed stays in force; "
        "give the new one another first day.",
    )


async def catalogues_known(connection: Connection, day: date, known_at: datetime) -> tuple[Catalogue, ...]:
    """Every document known at a moment that has begun by a day, ended or not."""
    found = await fetch_all(connection, queries["catalogues_known"], {"day": day, "known_at": known_at}, _Content)
    return tuple(catalogue_from(row.content, row.source_hash) for row in found)


async def rules_in_force(
    connection: Connection, as_of: datetime, known_at: datetime, parameters: Parameters
) -> RuleSet:
    """The documents in force on the county's day of `as_of`, as known at `known_at`."""
    day = parameters.day(as_of)
    return RuleSet(newest(await catalogues_known(connection, day, known_at), day), parameters)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would follow from a fact.  before: the grants as known now.  grants: rows that are new or other than before.

    struck: ids of grants that would never have been.  look_backs: periods that are taken back.
    """

    fact: QualityFact
    before: Mapping[str, Grant]
    grants: tuple[Grant, ...]
    struck: tuple[str, ...]
    look_backs: tuple[Loss, ...]

    @property
    def known_from(self) -> datetime:
        return self.fact.known_from


@dataclass(frozen=True, slots=True)
class Recorded:
    """known_from: when the registry learnt of it.  grants: rows that are new or other than before.  struck: ids.

    tasks: how many decisions have to be looked at again.
    """

    known_from: datetime
    grants: tuple[Grant, ...]
    struck: tuple[str, ...]
    look_backs: tuple[Loss, ...]
    tasks: int


async def foresee(
    connection: Connection,
    organization_id: UUID,
    fact: QualityFact,
    *,
    now: datetime,
    parameters: Sequence[GrantingParameters],
) -> Foreseen:
    """What would follow for an organisation's grants; nothing is written.

    fact.known_from is replaced: the registry knows it from `now` on, or just after what it learnt last.
    Raises Invalid for what contradicts itself, NotFound for an unknown organisation or evaluation, Conflict for an id
    that is recorded already.
    """
    refusal = refuse(fact)
    if refusal is not None:
        raise refusal
    if await fetch_one(connection, queries["member"], {"organization_id": organization_id}, _Id) is None:
        raise NotFound(
            "unknown-organization", "找不到该机构。未作任何记录。", "No such organisation. Nothing was recorded."
        )
    known_from = await _next_moment(connection, organization_id, now)
    facts = await facts_of(connection, organization_id)
    fact = replace(fact, known_from=known_from)
    _refuse_unfounded(fact, facts)
    held = await grants_held(connection, organization_id)
    before = {one.id: one for one in held if one.known_until is None}
    after = {one.id: one for one in derive_known([*facts, fact], parameters, known_from)}
    other = tuple(one for name, one in after.items() if name not in before or not _same(before[name], one))
    struck = tuple(name for name in before if name not in after)
    return Foreseen(fact, before, other, struck, losses(held, before.values(), other, known_from))


async def record(
    tx: Connection,
    organization_id: UUID,
    fact: QualityFact,
    *,
    by: UUID,
    now: datetime,
    parameters: Sequence[GrantingParameters],
) -> Recorded:
    """Record something about an organisation's quality and what follows from it, in one transaction.

    What follows: its grants, and a task for each decision that relied on what is taken back.  Raises as `foresee`.
    """
    await hold(tx, organization_id)
    return await write(
        tx, organization_id, await foresee(tx, organization_id, fact, now=now, parameters=parameters), by
    )


async def hold(tx: Connection, organization_id: UUID) -> None:
    """Nobody else records anything about this organisation's quality until the transaction ends."""
    await execute(tx, queries["hold_member"], {"organization_id": organization_id})


async def write(tx: Connection, organization_id: UUID, seen: Foreseen, by: UUID) -> Recorded:
    """Write a fact and what was foreseen of it; the organisation has been held since before it was.

    Raises Conflict where the id is recorded for another organisation.
    """
    known_from = seen.known_from
    await _write_fact(tx, organization_id, seen.fact, by)
    for one in seen.grants:
        await _write_grant(tx, one, known_from, struck=False)
    for name in seen.struck:
        await _write_grant(tx, seen.before[name], known_from, struck=True)
    tasks = 0
    for loss in seen.look_backs:
        tasks += await open_tasks(tx, await _write_look_back(tx, loss, seen.fact, known_from), known_from)
    changed = (*seen.grants, *(seen.before[name] for name in seen.struck))
    await _announce(tx, organization_id, seen.fact, changed, seen.look_backs)
    return Recorded(known_from, seen.grants, seen.struck, seen.look_backs, tasks)


def _same(stored: Grant, derived: Grant) -> bool:
    return replace(derived, known_from=stored.known_from, known_until=None) == replace(stored, known_until=None)


async def _next_moment(tx: Connection, organization_id: UUID, now: datetime) -> datetime:
    """Knowledge of one organisation is strictly ordered, also when two facts come at once or the clock goes back."""
    last = await fetch_one(tx, queries["last_known"], {"organization_id": organization_id}, _Moment)
    if last is None or last.known_from is None or last.known_from < now:
        return now
    return last.known_from + timedelta(microseconds=1)


def _refuse_unfounded(fact: QualityFact, facts: Sequence[QualityFact]) -> None:
    if isinstance(fact, Revocation) and not any(
        isinstance(one, QualityEvaluation) and one.id == fact.evaluation_id for one in facts
    ):
        raise NotFound(
            "unknown-evaluation",
            "该机构没有这次质量评价。未作任何记录。",
            "This organisation has no such evaluation. Nothing was recorded.",
        )
    if any(one.id == fact.id for one in facts):
        raise _recorded()


def _recorded() -> Conflict:
    return Conflict(
        "quality-fact-recorded", "该记录已存在。未作任何改动。", "This is recorded already. Nothing was changed."
    )


async def facts_of(connection: Connection, organization_id: UUID) -> list[QualityFact]:
    """Everything recorded about an organisation's quality."""
    member = {"organization_id": organization_id}
    evaluations = await fetch_all(connection, queries["evaluations_of"], member, EvaluationRow)
    others = await fetch_all(connection, queries["facts_of"], member, FactRow)
    return [*(row.evaluation for row in evaluations), *(row.fact for row in others)]


async def _write_fact(tx: Connection, organization_id: UUID, fact: QualityFact, by: UUID) -> None:
    row = {"id": fact.id, "organization_id": organization_id, "known_from": fact.known_from, "recorded_by": by}
    name = "record_evaluation" if isinstance(fact, QualityEvaluation) else "record_fact"
    if not await execute(tx, queries[name], columns_of(fact) | row):
        raise _recorded()  # of another organisation


async def _write_grant(tx: Connection, grant: Grant, known_from: datetime, *, struck: bool) -> None:
    row = {
        "id": grant.id,
        "known_from": known_from,
        "organization_id": grant.organization_id,
        "item_key": grant.item_key,
        "programme": grant.programme,
        "scope": scope_text(grant.scope),
        "basis": str(grant.basis),
        "state": str(grant.state),
        "begins": grant.begins,
        "ends": grant.ends,
        "due": grant.due,
        "withdrawn_from": grant.withdrawn_from,
        "device_id": grant.device_id,
        "reader_id": grant.reader_id,
        "evidence": list(grant.evidence),
        "struck": struck,
    }
    await execute(tx, queries["add_grant"], row)


async def _write_look_back(tx: Connection, loss: Loss, cause: QualityFact, known_from: datetime) -> LookBack:
    one = LookBack(
        id=uuid5(_NAMESPACE, f"{loss.grant.id} {loss.begins.isoformat()} {known_from.isoformat()}"),
        grant_id=UUID(loss.grant.id),
        organization_id=UUID(loss.grant.organization_id),
        item_key=loss.grant.item_key,
        device_id=loss.grant.device_id,
        begins=loss.begins,
        ends=loss.ends,
        cause_id=UUID(cause.id),
        known_from=known_from,
    )
    await execute(tx, queries["open_look_back"], msgspec.structs.asdict(one))
    return one


async def _announce(
    tx: Connection, organization_id: UUID, fact: QualityFact, changed: Iterable[Grant], taken: Iterable[Loss]
) -> None:
    topics = ["quality", "recognition", f"organization/{organization_id}"]
    await log.append(tx, "quality.recorded", UUID(fact.id), topics, organization=organization_id)
    for one in changed:
        await log.append(tx, "grant.changed", UUID(one.id), topics, organization=organization_id, item=one.item_key)
    for loss in taken:
        said = {"organization": organization_id, "item": loss.grant.item_key, "cause": fact.id}
        await log.append(tx, "look-back.opened", UUID(loss.grant.id), topics, **said)


async def grants_known(
    connection: Connection,
    known_at: datetime,
    organizations: Sequence[UUID] | None = None,
    item_keys: Sequence[str] | None = None,
) -> list[Grant]:
    """The grants of some organisations and items as they were known at a moment; None for all of them.

    Raises Invalid where there are more than MOST_GRANTS: nobody reads so many.
    """
    params = {
        "organizations": None if organizations is None else list(organizations),
        "item_keys": None if item_keys is None else list(item_keys),
        "known_at": known_at,
        "limit": MOST_GRANTS + 1,
    }
    found = await fetch_all(connection, queries["grants_known"], params, GrantRow)
    if len(found) > MOST_GRANTS:
        raise Invalid(
            "too-many-grants",
            "互认资格过多，请限定机构或项目。",
            "There are too many grants; name organisations or items.",
        )
    return [row.grant for row in found]


async def grants_held(connection: Connection, organization_id: UUID) -> list[Grant]:
    """Every row of an organisation's grants that was ever known, each with the end of its knowledge."""
    member = {"organization_id": organization_id}
    return [row.grant for row in await fetch_all(connection, queries["grants_held"], member, GrantRow)]


@dataclass(frozen=True, slots=True)
class Listed:
    """One field of the map member × item: a grant, its state at the moment asked, and the mark it may print."""

    grant: Grant
    state: GrantState
    mark: str | None


async def list_grants(
    connection: Connection,
    at: datetime,
    known_at: datetime,
    due_soon_days: int,
    *,
    organizations: Sequence[UUID] | None = None,
    item_keys: Sequence[str] | None = None,
) -> list[Listed]:
    """Member × item at a moment as known at another, by organisation and item; of each lineage what stands."""
    known = await grants_known(connection, known_at, organizations, item_keys)
    found = [Listed(one, state_at(one, at, due_soon_days), mark(one, at)) for one in standing(known, at)]
    return sorted(found, key=lambda one: (one.grant.organization_id, one.grant.item_key, one.grant.id))
