"""A whole trail is clean; each way of tampering, alone, is found by its name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql

from telemed.audit.checkpoint import Checkpoint, Checkpoints, sign
from telemed.audit.model import AuditRow, Entity, StoredRow, link, row_digest
from telemed.audit.record import queries, record
from telemed.audit.retention import SHORTEST, retire
from telemed.audit.sealer import Sealer
from telemed.audit.verify import Verification, verify
from telemed.db import Pool, fetch_all
from telemed.errors import Invalid

STUDY = uuid4()


@dataclass
class Trail:
    pool: Pool
    key: Ed25519PrivateKey
    checkpoints: Checkpoints
    folder: Path
    sealer: Sealer

    async def write(self, count: int = 1, **changes: object) -> None:
        async with self.pool.transaction() as tx:
            for _ in range(count):
                row = AuditRow(at=datetime.now(UTC), action="study.read", outcome="success", session_id=uuid4())
                await record(tx, replace(row, **changes))

    async def sealed(self, *batches: int) -> Trail:
        for count in batches:
            await self.write(count)
            await self.sealer.seal()
        return self

    async def verify(self) -> Verification:
        async with self.pool.connection() as connection:
            return await verify(connection, self.key.public_key(), self.checkpoints)

    async def kinds(self) -> list[str]:
        return [one.kind for one in (await self.verify()).findings]

    async def tamper(self, *statements: str) -> None:
        """As somebody who owns the database and knows how to silence its triggers."""
        async with self.pool.connection() as connection:
            for table in ("audit_event", "audit_link", "audit_retired"):
                await connection.execute(sql.SQL("alter table {} disable trigger user").format(sql.Identifier(table)))
            for one in statements:
                await connection.execute(one.encode())
            for table in ("audit_event", "audit_link", "audit_retired"):
                await connection.execute(sql.SQL("alter table {} enable trigger user").format(sql.Identifier(table)))

    async def relink(self) -> None:
        """Recompute the whole chain over what the table holds now, as a careful forger would."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "select l.position, l.event_id, l.sealed_at from audit_link l order by l.position",
            )
            places = await cursor.fetchall()
            rows = {
                one.id: one
                for one in await fetch_all(
                    connection, queries["events_by_id"], {"ids": [p[1] for p in places]}, StoredRow
                )
            }
            chain = bytes(32)
            await connection.execute("alter table audit_link disable trigger user")
            for position, event_id, sealed_at in places:
                digest = row_digest(rows[event_id])
                chain = link(chain, position, event_id, digest, sealed_at)
                await connection.execute(
                    "update audit_link set row_digest = %s, chain = %s where position = %s",
                    (digest, chain, position),
                )
            await connection.execute("update audit_sealer set chain = %s", (chain,))
            await connection.execute("alter table audit_link enable trigger user")


@pytest.fixture
def trail(pool: Pool, tmp_path: Path) -> Trail:
    key = Ed25519PrivateKey.generate()
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    return Trail(pool, key, checkpoints, tmp_path / "checkpoints", Sealer(pool, key, checkpoints))


async def test_an_untouched_trail_is_clean_and_signed_to_its_end(trail: Trail):
    await trail.sealed(3, 1, 4)
    done = await trail.verify()
    assert done.findings == []
    assert (done.rows, done.through, done.signed_through) == (8, 8, 8)


async def test_an_empty_trail_is_clean(trail: Trail):
    await trail.sealer.seal()
    assert (await trail.verify()).findings == []


async def test_rows_just_written_are_no_finding(trail: Trail):
    await trail.sealed(2)
    await trail.write(2)
    assert await trail.kinds() == []


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_event set outcome = 'failed'",
        "delete from audit_event",
        "update audit_link set chain = chain",
        "delete from audit_link",
    ],
)
async def test_the_database_refuses_changes_to_the_trail(trail: Trail, statement: str):
    await trail.sealed(2)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        async with trail.pool.connection() as connection:
            await connection.execute(statement.encode())


@pytest.mark.parametrize("table", ["audit_event cascade", "audit_link"])
async def test_the_database_refuses_to_empty_the_trail(trail: Trail, table: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        async with trail.pool.connection() as connection:
            await connection.execute(f"truncate {table}".encode())


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'failed'",
        "action = 'study.store'",
        "at = at + interval '1 microsecond'",
        "practitioner_id = gen_random_uuid()",
        "peer_address = '10.9.8.7'",
        'entities = \'[{"kind": "study", "id": "x"}]\'',
        "purpose = 'other'",
        "detail = '{\"count\": 1}'",
        "access_window = 'x'",
        "request_id = gen_random_uuid()",
    ],
)
async def test_a_changed_row_is_found(trail: Trail, change: str):
    await trail.sealed(3)
    await trail.tamper(
        f"update audit_event set {change} where id = (select event_id from audit_link where position = 2)"
    )
    found = (await trail.verify()).findings
    assert [(one.kind, one.position) for one in found] == [("changed", 2)]


async def test_a_removed_row_is_found_where_its_place_stays(trail: Trail):
    await trail.sealed(3)
    await trail.tamper("delete from audit_event where id = (select event_id from audit_link where position = 2)")
    found = (await trail.verify()).findings
    assert [(one.kind, one.position) for one in found] == [("removed", 2)]


async def test_a_removed_row_is_found_where_its_place_went_too(trail: Trail):
    await trail.sealed(3)
    await trail.tamper(
        "delete from audit_event where id = (select event_id from audit_link where position = 2)",
        "delete from audit_link where position = 2",
    )
    found = (await trail.verify()).findings
    assert [(one.kind, one.position) for one in found] == [("removed", 2)]


async def test_an_inserted_row_is_found(trail: Trail):
    await trail.sealed(3)
    await trail.tamper("insert into audit_event (action, outcome) values ('study.read', 'success')")
    assert await trail.kinds() == ["inserted"]


async def test_a_row_inserted_with_a_time_long_past_is_found_although_it_was_sealed(trail: Trail):
    await trail.sealed(2, 2)
    await trail.write(1, at=datetime.now(UTC) - timedelta(days=30))
    await trail.sealed(1)
    assert await trail.kinds() == ["backdated"]


async def test_a_row_of_a_long_upload_is_no_finding(trail: Trail):
    await trail.sealed(2, 2)
    await trail.write(1, at=datetime.now(UTC) - timedelta(hours=5))
    await trail.sealed(1)
    assert await trail.kinds() == []


async def test_a_tail_cut_off_is_found_by_the_sealer_state(trail: Trail):
    await trail.sealed(2, 2)
    await trail.tamper(
        "delete from audit_event where id in (select event_id from audit_link where position > 2)",
        "delete from audit_link where position > 2",
    )
    assert await trail.kinds() == ["truncated"]


async def test_a_tail_cut_off_with_the_head_turned_back_is_found_by_the_checkpoints(trail: Trail):
    await trail.sealed(2, 2)
    await trail.tamper(
        "delete from audit_event where id in (select event_id from audit_link where position > 2)",
        "delete from audit_link where position > 2",
        "update audit_sealer set position = 2, chain = (select chain from audit_link where position = 2)",
    )
    assert await trail.kinds() == ["truncated"]
    # and it stays found when life goes on over the cut
    restarted = Sealer(trail.pool, trail.key, trail.checkpoints)
    await trail.write(3)
    await trail.tamper("update audit_sealer set held_until = '-infinity'")
    await restarted.seal()
    assert "rewritten" in await trail.kinds()


async def test_a_chain_recomputed_over_a_changed_row_is_found_by_the_checkpoints(trail: Trail):
    await trail.sealed(2, 2)
    await trail.tamper("update audit_event set outcome = 'failed' where id = (select min(event_id) from audit_link)")
    await trail.relink()
    assert await trail.kinds() == ["rewritten", "rewritten"]


async def test_a_place_given_to_another_row_is_found(trail: Trail):
    await trail.sealed(3)
    await trail.tamper("update audit_link set chain = sha256('x') where position = 3")
    assert set(await trail.kinds()) == {"chain-broken", "rewritten"}


async def test_a_forged_checkpoint_is_found_and_not_believed(trail: Trail):
    await trail.sealed(2)
    mallory = sign(Ed25519PrivateKey.generate(), 99, bytes(32), datetime.now(UTC))
    trail.checkpoints.append(mallory)
    assert await trail.kinds() == ["checkpoint-forged"]


async def test_a_damaged_checkpoint_line_is_named_and_the_next_one_still_counts(trail: Trail):
    await trail.sealed(2)
    (path,) = trail.folder.glob("*.jsonl")
    path.write_text(path.read_text() + '{"position": 3, "ch')
    await trail.sealed(2)
    done = await trail.verify()
    assert [one.kind for one in done.findings] == ["checkpoint-unreadable"]
    assert done.signed_through == 4


async def test_a_sealer_that_stopped_is_a_finding_after_a_minute(trail: Trail):
    await trail.write(1, at=datetime.now(UTC) - timedelta(seconds=61))
    assert await trail.kinds() == ["unsealed"]


async def test_two_sealers_make_one_chain(trail: Trail):
    other = Sealer(trail.pool, trail.key, trail.checkpoints)
    for _ in range(5):
        await trail.write(4)
        await asyncio.gather(trail.sealer.seal(), other.seal())
    await trail.sealer.seal()
    done = await trail.verify()
    assert done.findings == []
    assert done.through == 20


async def test_another_process_takes_over_when_the_sealer_hands_back(trail: Trail):
    await trail.sealed(2)
    other = Sealer(trail.pool, trail.key, trail.checkpoints)
    await trail.write(1)
    assert await other.seal() == 0
    task = asyncio.create_task(trail.sealer.run())
    async with asyncio.timeout(10):
        while (await trail.verify()).through < 3:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await trail.write(1)
    assert await other.seal() == 1
    assert await trail.kinds() == []


async def test_a_restart_after_a_crash_before_the_checkpoint_signs_what_was_sealed(trail: Trail):
    await trail.sealed(2)
    (path,) = trail.folder.glob("*.jsonl")
    path.unlink()
    again = Sealer(trail.pool, trail.key, trail.checkpoints)
    await trail.tamper("update audit_sealer set held_until = '-infinity'")
    await again.seal()
    assert (await trail.verify()).signed_through == 2


async def test_retention_drops_whole_sealed_stretches_and_the_rest_still_verifies(trail: Trail):
    await trail.sealed(3)
    later = datetime.now(UTC) + SHORTEST + timedelta(days=1)
    async with trail.pool.connection() as connection:
        cursor = await connection.execute("select max(sealed_at) + interval '1 microsecond' from audit_link")
        ((until,),) = await cursor.fetchall()
    await trail.sealed(2)
    assert await retire(trail.pool, trail.key, before=until, now=later) == 3
    done = await trail.verify()
    assert done.findings == []
    assert (done.rows, done.through) == (2, 5)


async def test_rows_younger_than_six_months_are_kept(trail: Trail):
    await trail.sealed(2)
    now = datetime.now(UTC)
    with pytest.raises(Invalid):
        await retire(trail.pool, trail.key, before=now - SHORTEST + timedelta(seconds=1), now=now)
    assert await retire(trail.pool, trail.key, before=now - SHORTEST, now=now) == 0
    assert (await trail.verify()).rows == 2


async def test_a_forged_retirement_hides_nothing(trail: Trail):
    await trail.sealed(3)
    await trail.tamper(
        "insert into audit_retired select 2, chain, now(), '\\x00' from audit_link where position = 2",
        "delete from audit_event where id in (select event_id from audit_link where position <= 2)",
        "delete from audit_link where position <= 2",
    )
    assert await trail.kinds() == ["retired-forged", "removed"]


async def test_looking_at_one_study_for_five_minutes_is_one_row(trail: Trail):
    session, start = uuid4(), datetime(2026, 11, 23, 1, 10, tzinfo=UTC)
    look = AuditRow(
        at=start,
        action="study.read",
        outcome="success",
        session_id=session,
        entities=(Entity("study", STUDY),),
        access=True,
    )
    other_study = replace(look, entities=(Entity("study", uuid4()),))
    for row in (
        look,
        replace(look, at=start + timedelta(minutes=4, seconds=59)),
        replace(look, at=start + timedelta(minutes=5)),
        replace(look, purpose="emergency"),
        replace(look, session_id=uuid4()),
        replace(look, outcome="refused"),
        replace(look, outcome="refused"),
        other_study,
        replace(other_study, at=start + timedelta(seconds=1)),
        replace(look, access=False),
        replace(look, access=False),
    ):
        async with trail.pool.transaction() as tx:
            await record(tx, row)
    async with trail.pool.connection() as connection:
        cursor = await connection.execute("select count(*), (select count(*) from audit_pending) from audit_event")
        assert await cursor.fetchone() == (9, 9)


async def test_a_look_recorded_in_a_transaction_that_failed_is_recorded_by_the_next(trail: Trail):
    look = AuditRow(
        at=datetime.now(UTC),
        action="study.read",
        outcome="success",
        session_id=uuid4(),
        entities=(Entity("study", STUDY),),
        access=True,
    )

    async def fail() -> None:
        async with trail.pool.transaction() as tx:
            await record(tx, look)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with trail.pool.transaction() as tx:
        await record(tx, look)
    await trail.sealer.seal()
    assert (await trail.verify()).rows == 1


def test_a_checkpoint_survives_its_file(tmp_path: Path):
    key = Ed25519PrivateKey.generate()
    files = Checkpoints(tmp_path)
    one = sign(key, 7, b"c" * 32, datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    two = sign(key, 8, b"d" * 32, datetime(2026, 12, 1, tzinfo=UTC))
    files.append(one)
    files.append(two)
    assert list(files.read()) == [one, two]
    assert files.last() == two
    assert isinstance(files.last(), Checkpoint)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-11.jsonl", "2026-12.jsonl"]
