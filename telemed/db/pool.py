"""The connection pool and three ways to run a query, all typed by the row they return."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any, LiteralString, TypeVar
from weakref import WeakKeyDictionary, WeakSet

import psycopg
from psycopg.rows import TupleRow, class_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from telemed.errors import Unavailable

Row = TypeVar("Row")
Connection = psycopg.AsyncConnection[TupleRow]
Params = Mapping[str, Any]

# A transaction left open holds back every event reader (architecture: xmin), so the server ends it.
SESSION_OPTIONS = "-c idle_in_transaction_session_timeout=15000 -c timezone=UTC -c lock_timeout=10000"

#: A connection that rested longer is tried before it is lent: one more round trip, as long as a small query.
RESTED_SECONDS = 1.0

_to_announce: WeakSet[Connection] = WeakSet()


class _Trials:
    """Which connections of a pool are lent without a trial: used a moment ago, and none was found broken since."""

    def __init__(self) -> None:
        self._returned: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()
        self._broken = float("-inf")

    def returned(self, connection: Connection) -> None:
        now = time.monotonic()
        if connection.broken:
            self._broken = now  # whoever ended this one may have ended the others
        else:
            self._returned[connection] = now

    async def check(self, connection: Connection) -> None:
        """Raise psycopg.OperationalError where a connection has gone meanwhile; the pool then takes another."""
        used = self._returned.get(connection, float("-inf"))
        if used <= self._broken or time.monotonic() - used > RESTED_SECONDS:
            await AsyncConnectionPool.check_connection(connection)


def announce_after_commit(tx: Connection) -> None:
    """Have the pool of `tx` call its `announce` once the transaction has committed."""
    _to_announce.add(tx)


def _nobody() -> None:
    return


class Pool:
    """Connections to one database.

    transaction(): READ COMMITTED, committed at the end of the block, rolled back by an exception.  one_turn: statements
    whose rows nobody reads go to the server together with the commit; how many rows they touched is not known then.
    connection(): autocommit, for reads.
    Both raise Unavailable when no connection is to be had; nothing was changed then.  So does a transaction that the
    database ended because another held what it needed.  Both raise Unavailable `database-lost` when the connection
    breaks in between; a transaction that was about to commit may have been committed.
    announce: called after a commit that asked for it (new events); must not block.
    """

    def __init__(self, pool: AsyncConnectionPool[Connection], trials: _Trials) -> None:
        self._pool = pool
        self._trials = trials
        self.announce: Callable[[], None] = _nobody

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        async with self._lend() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self, *, one_turn: bool = False) -> AsyncGenerator[Connection]:
        async with self._lend() as connection:
            try:
                async with connection.pipeline() if one_turn else nullcontext(), connection.transaction():
                    yield connection
            except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable) as error:
                _to_announce.discard(connection)
                raise Unavailable(
                    "somebody-else-at-it",
                    "其他人正在处理同一条记录。未作任何改动，请稍后重试。",
                    "Somebody else is at the same record. Nothing was changed; please try again shortly.",
                ) from error
            except BaseException:
                _to_announce.discard(connection)
                raise
            if connection in _to_announce:
                _to_announce.discard(connection)
                self.announce()

    @asynccontextmanager
    async def _lend(self) -> AsyncGenerator[Connection]:
        try:
            connection = await self._pool.getconn()
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise Unavailable(
                "database-away",
                "数据库暂时不可用。未作任何改动，请稍后重试。",
                "The database is away for the moment. Nothing was changed; please try again shortly.",
            ) from error
        try:
            yield connection
        except psycopg.OperationalError as error:
            if not connection.broken:
                raise
            raise Unavailable(
                "database-lost",
                "与数据库的连接中断。若刚才正在保存，请先查看是否已保存，再重试。",
                "The connection to the database was lost. If something was being saved, look whether it was before you "
                "try again.",
            ) from error
        finally:
            self._trials.returned(connection)
            await self._pool.putconn(connection)

    async def close(self) -> None:
        await self._pool.close()


async def open_pool(dsn: str, *, size: int = 10, patience: float = 5.0, connect: bool = True) -> Pool:
    """Open a pool of at most `size` connections; `patience` is how long a caller waits for one, in seconds.

    connect: False makes a pool that lends nothing, for describing what would use it.
    """
    trials = _Trials()
    pool = AsyncConnectionPool[Connection](
        dsn,
        min_size=1,
        max_size=size,
        timeout=patience,
        open=False,
        kwargs={"autocommit": True, "options": SESSION_OPTIONS},
        check=trials.check,
    )
    if connect:
        await pool.open(wait=False)
    return Pool(pool, trials)


async def fetch_all(connection: Connection, query: LiteralString, params: Params, row: type[Row]) -> list[Row]:
    """Run a query and return every row as `row`, by column name."""
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(query, params)
        return await cursor.fetchall()


async def fetch_one(connection: Connection, query: LiteralString, params: Params, row: type[Row]) -> Row | None:
    """Run a query and return its first row as `row`, or None."""
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(query, params)
        return await cursor.fetchone()


async def execute(connection: Connection, query: LiteralString, params: Params) -> int:
    """Run a statement and return how many rows it touched."""
    cursor = await connection.execute(query, params)
    return cursor.rowcount
