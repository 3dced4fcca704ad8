"""Connections of a pool after the database has ended them."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

import psycopg
import pytest

from telemed.db import Pool, open_pool
from telemed.errors import Unavailable


async def test_once_one_connection_was_found_broken_no_other_is_lent_untried(postgres, database, monkeypatch):
    monkeypatch.setattr("telemed.db.pool.RESTED_SECONDS", 3600.0)  # a moment, however slow the machine is
    name = urlsplit(database).path[1:]
    pool = await open_pool(database, size=4)
    try:
        async with contextlib.AsyncExitStack() as together:
            for _ in range(4):
                connection = await together.enter_async_context(pool.connection())
                await connection.execute("select 1")
        with psycopg.connect(postgres.dsn, autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", (name,))
        # used a moment ago, so it is lent as it is: whoever has it is told as in the middle of a statement
        with pytest.raises(Unavailable, match="database-lost"):
            async with pool.connection() as connection:
                await connection.execute("select 1")
        for _ in range(8):
            async with pool.connection() as connection:
                await connection.execute("select 1")
    finally:
        await pool.close()


async def test_a_statement_that_is_wrong_is_no_connection_that_is_lost(database):
    pool = await open_pool(database, size=1)
    try:
        with pytest.raises(psycopg.errors.UndefinedTable):
            async with pool.connection() as connection:
                await connection.execute("select from nothing_of_that_name")
        with pytest.raises(psycopg.errors.QueryCanceled):  # an operational error of a connection that goes on
            await _too_long(pool)
    finally:
        await pool.close()


async def test_what_goes_in_one_turn_is_kept_whole_or_not_at_all(pool: Pool):
    async with pool.connection() as connection:
        await connection.execute("create table once (id int primary key)")
    async with pool.transaction(one_turn=True) as tx:
        await tx.execute("insert into once values (1)")
        await tx.execute("insert into once values (2)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        await _twice(pool)
    with pytest.raises(LookupError):
        await _given_up(pool)
    async with pool.connection() as connection:
        assert await (await connection.execute("select id from once order by id")).fetchall() == [(1,), (2,)]


async def _twice(pool: Pool) -> None:
    async with pool.transaction(one_turn=True) as tx:
        await tx.execute("insert into once values (3)")
        await tx.execute("insert into once values (1)")
        await tx.execute("insert into once values (4)")


async def _given_up(pool: Pool) -> None:
    async with pool.transaction(one_turn=True) as tx:
        await tx.execute("insert into once values (5)")
        raise LookupError("the caller thinks better of it")


async def _too_long(pool: Pool) -> None:
    async with pool.transaction() as tx:
        await tx.execute("set local statement_timeout = 50")
        await tx.execute("select pg_sleep(30)")
