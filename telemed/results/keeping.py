"""A message kept with its bytes, its answer, and a case for each of its parts that waits for a person."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from uuid import UUID

import psycopg
import structlog

from telemed.db import Connection
from telemed.errors import Unavailable
from telemed.events import append
from telemed.results import store
from telemed.results.acknowledgement import Answer, Fault
from telemed.results.report import Doubt
from telemed.results.storing import Outcome

log = structlog.get_logger(__name__)

#: Stores what a message says and notes in the outcome what cannot be.
Storing = Callable[[Connection, Outcome], Awaitable[None]]


async def store_and_keep(
    tx: Connection, received: store.Received, sender: store.Sender, storing: Storing
) -> tuple[Answer, Outcome]:
    """Store what a message says and keep it; where our own side fails, its bytes are kept and the failure is told.

    Raises what passes (the database is away): nothing was kept then.
    """
    outcome = Outcome()
    try:
        async with tx.transaction():
            await storing(tx, outcome)
    except Exception as error:
        if is_away(error):
            raise
        # the bytes are kept and the sender is told; what failed is logged
        _tell(error, received.id)
        outcome = Outcome([(Doubt("not-stored", ""), 0, "")])
    return await keep(tx, received, sender, outcome), outcome


async def keep(tx: Connection, received: store.Received, sender: store.Sender, outcome: Outcome) -> Answer:
    """Write a message with what became of it, and open its cases."""
    failed = any(doubt.reason == "not-stored" for doubt, _, _ in outcome.doubts)
    disposition = (
        "stored" if not outcome.doubts else "failed" if failed else "partly" if outcome.stored else "quarantined"
    )
    faults = tuple(Fault(doubt.reason, doubt.place, doubt.text) for doubt, _, _ in outcome.doubts)
    answer = Answer("AE" if faults else "AA", faults)
    await store.insert_message(tx, received, disposition, answer)
    for doubt, line, number in outcome.doubts:
        case = await store.open_case(
            tx,
            doubt,
            message_id=received.id,
            organization_id=sender.organization_id,
            line=line,
            report_number=number,
            now=received.received_at,
        )
        heard = store.topics(sender.organization_id)
        await append(tx, "result.quarantined", case, heard, message=received.id, reason=doubt.reason)
    return answer


#: Classes of SQLSTATE that pass: connection, resources, operator, rollback, object in use.
_PASSING = ("08", "53", "57", "40", "55")


def is_away(error: Exception) -> bool:
    """Whether the same message may be stored when it is sent again."""
    if isinstance(error, psycopg.Error):
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and (
            error.sqlstate is None or error.sqlstate[:2] in _PASSING
        )
    return isinstance(error, Unavailable)


def _tell(error: Exception, message_id: UUID) -> None:
    """Log where a message could not be stored, without the error's words: PostgreSQL names the values of the row."""
    diagnosis = error.diag if isinstance(error, psycopg.Error) else None
    log.error(
        "message-not-stored",
        message=str(message_id),
        error=type(error).__name__,
        sqlstate=None if diagnosis is None else diagnosis.sqlstate,
        constraint=None if diagnosis is None else diagnosis.constraint_name,
        at="".join(traceback.format_tb(error.__traceback__)[-3:]),
    )
