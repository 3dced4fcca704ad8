"""Walk the chain and say what was changed, inserted, removed or cut off."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from telemed.audit.checkpoint import Checkpoint, Checkpoints, genuine
from telemed.audit.model import GENESIS, StoredRow, link, row_digest
from telemed.audit.record import queries
from telemed.db import Connection, fetch_all, fetch_one

BATCH = 2000
PATIENCE = timedelta(seconds=60)  # a running sealer needs one second
# A row tells the time its request began; an upload over a bad line may last hours.
BACKDATED = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written. kind: stable word."""

    kind: str
    zh: str
    en: str
    position: int | None = None
    event_id: int | None = None


@dataclass(slots=True)
class Verification:
    """What was walked. through: the last position; signed_through: the last one under a genuine checkpoint."""

    rows: int = 0
    through: int = 0
    signed_through: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])


class _Head(msgspec.Struct):
    position: int
    chain: bytes


class _Link(msgspec.Struct):
    position: int
    event_id: int
    row_digest: bytes
    chain: bytes
    sealed_at: datetime


class _Retired(msgspec.Struct):
    through: int
    chain: bytes
    retired_at: datetime
    signature: bytes


class _Stray(msgspec.Struct):
    id: int
    at: datetime


async def verify(connection: Connection, key: Ed25519PublicKey, checkpoints: Checkpoints) -> Verification:
    """Check every kept row against the chain, and the chain against the signed checkpoints."""
    done = Verification()
    signed = _signed(key, checkpoints, done)
    start = await _start(connection, key, done)
    await _walk(connection, start, signed, done)
    head = await fetch_one(connection, queries["head"], {}, _Head)
    last = max([head.position if head else 0, *signed])
    if last > done.through:
        done.findings.append(
            Finding(
                "truncated",
                f"链尾缺失：曾记录到第 {last} 条，现仅到第 {done.through} 条。",
                f"The tail is cut off: the chain once reached {last} and now ends at {done.through}.",
                position=done.through + 1,
            ),
        )
    await _strays(connection, done)
    return done


def _signed(key: Ed25519PublicKey, checkpoints: Checkpoints, done: Verification) -> dict[int, list[Checkpoint]]:
    signed: dict[int, list[Checkpoint]] = defaultdict(list)
    for one in checkpoints.read():
        if isinstance(one, str):
            done.findings.append(
                Finding(
                    "checkpoint-unreadable", f"检查点文件有损坏行：{one}", f"Damaged line in a checkpoint file: {one}"
                ),
            )
        elif not genuine(key, "checkpoint", one):
            done.findings.append(
                Finding(
                    "checkpoint-forged",
                    f"第 {one.position} 条的检查点签名无效。",
                    f"The signature of the checkpoint at {one.position} is not genuine.",
                    position=one.position,
                ),
            )
        else:
            signed[one.position].append(one)
    return signed


async def _start(connection: Connection, key: Ed25519PublicKey, done: Verification) -> _Head:
    """Where the kept part of the chain begins: behind the last retired stretch."""
    for one in await fetch_all(connection, queries["retired"], {}, _Retired):
        if genuine(key, "retired", Checkpoint(one.through, one.chain, one.retired_at, one.signature)):
            return _Head(one.through, one.chain)
        done.findings.append(
            Finding(
                "retired-forged",
                f"到第 {one.through} 条的到期清理签名无效。",
                f"The signature of the retirement through {one.through} is not genuine.",
                position=one.through,
            ),
        )
    return _Head(0, GENESIS)


async def _walk(connection: Connection, at: _Head, signed: dict[int, list[Checkpoint]], done: Verification) -> None:
    done.through = done.signed_through = at.position
    _compare(at, signed, done)
    before: datetime | None = None
    batch_at: datetime | None = None
    while True:
        links = await fetch_all(
            connection,
            queries["links_after"],
            {"position": at.position, "limit": BATCH},
            _Link,
        )
        if not links:
            return
        ids = [one.event_id for one in links]
        rows = {row.id: row for row in await fetch_all(connection, queries["events_by_id"], {"ids": ids}, StoredRow)}
        for one in links:
            if batch_at is not None and one.sealed_at != batch_at:
                before = batch_at
            batch_at = one.sealed_at
            _place(one, at, done)
            _row(one, rows.get(one.event_id), before, done)
            at = _Head(one.position, one.chain)
            done.through = one.position
            _compare(at, signed, done)


def _place(one: _Link, previous: _Head, done: Verification) -> None:
    if one.position != previous.position + 1:
        done.findings.append(
            Finding(
                "removed",
                f"第 {previous.position + 1} 至 {one.position - 1} 条已被删除。",
                f"Rows {previous.position + 1} to {one.position - 1} were removed.",
                position=previous.position + 1,
            ),
        )
    elif link(previous.chain, one.position, one.event_id, one.row_digest, one.sealed_at) != one.chain:
        done.findings.append(
            Finding(
                "chain-broken",
                f"第 {one.position} 条与前一条不相连。",
                f"Row {one.position} does not continue the one before.",
                position=one.position,
                event_id=one.event_id,
            ),
        )


def _row(one: _Link, row: StoredRow | None, before: datetime | None, done: Verification) -> None:
    if row is None:
        done.findings.append(
            Finding(
                "removed",
                f"第 {one.position} 条的内容已被删除。",
                f"The content of row {one.position} was removed.",
                position=one.position,
                event_id=one.event_id,
            ),
        )
        return
    done.rows += 1
    if row_digest(row) != one.row_digest:
        done.findings.append(
            Finding(
                "changed",
                f"第 {one.position} 条的内容已被改动。",
                f"The content of row {one.position} was changed.",
                position=one.position,
                event_id=one.event_id,
            ),
        )
    if before is not None and row.at < before - BACKDATED:
        done.findings.append(
            Finding(
                "backdated",
                f"第 {one.position} 条的时间早于其前各条，疑为事后插入。",
                f"Row {one.position} tells a time long before its place: inserted afterwards.",
                position=one.position,
                event_id=one.event_id,
            ),
        )


def _compare(at: _Head, signed: dict[int, list[Checkpoint]], done: Verification) -> None:
    for one in signed.get(at.position, []):
        if one.chain == at.chain:
            done.signed_through = at.position
        else:
            done.findings.append(
                Finding(
                    "rewritten",
                    f"第 {at.position} 条及以前的链与当时签名的检查点不符。",
                    f"The chain through {at.position} is not the one that was signed.",
                    position=at.position,
                ),
            )


async def _strays(connection: Connection, done: Verification) -> None:
    for one in await fetch_all(connection, queries["unlinked"], {"limit": BATCH}, _Stray):
        done.findings.append(
            Finding(
                "inserted",
                f"记录 {one.id} 不在链中，疑为事后插入。",
                f"Row {one.id} has no place in the chain: inserted afterwards.",
                event_id=one.id,
            ),
        )
    for one in await fetch_all(connection, queries["waiting"], {"limit": BATCH, "patience": PATIENCE}, _Stray):
        done.findings.append(
            Finding(
                "unsealed",
                f"记录 {one.id} 超过 {int(PATIENCE.total_seconds())} 秒未封存，请检查审计封存任务。",
                f"Row {one.id} has waited over {int(PATIENCE.total_seconds())} s for its place: is the sealer running?",
                event_id=one.id,
            ),
        )
