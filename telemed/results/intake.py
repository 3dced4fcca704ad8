"""One frame of HL7 v2 → durable results or visits and its answer; AA only when everything is committed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import structlog

from telemed.db import Connection, Pool
from telemed.errors import Unavailable
from telemed.events import append
from telemed.results import senders, store
from telemed.results.acknowledgement import TRY_AGAIN, UNKNOWN_SENDER, Answer, Fault, acknowledge
from telemed.results.code_map import CodeMaps
from telemed.results.hl7_message import REASONS as MALFORMED
from telemed.results.hl7_message import Malformed, Message, Segment, header_of, pieces, read
from telemed.results.keeping import is_away, store_and_keep
from telemed.results.observations import results
from telemed.results.report import REASONS, Results
from telemed.results.storing import Work, storing
from telemed.results.visiting import Told, storing_visit
from telemed.results.visits import Visit, is_visit, visit

#: Messages without a readable header that are kept in a day; they could come from anybody on the network.
UNREADABLE_A_DAY = 1000

log = structlog.get_logger(__name__)


class Intake:
    """Takes frames.  zone: the county's.  maps: whose codes stand for which items."""

    def __init__(self, pool: Pool, zone: ZoneInfo, maps: CodeMaps) -> None:
        self._pool = pool
        self._zone = zone
        self._maps = maps

    async def take(self, frame: bytes, peer_address: str, now: datetime) -> bytes:
        """Store what a frame holds and say what is to be answered.

        A batch is stored whole or not at all; its messages are answered one by one.  While the database is away the
        answer is AE and nothing was kept: the sender sends again.
        """
        parts = pieces(frame)
        raws = (frame,) if isinstance(parts, Malformed) else parts
        headers = [header_of(raw) for raw in raws]
        try:
            async with self._pool.transaction() as tx:
                if isinstance(parts, Malformed):
                    answers = [await self._one(tx, frame, headers[0], peer_address, now, broken=parts)]
                else:
                    answers = [
                        await self._one(tx, raw, header, peer_address, now)
                        for raw, header in zip(raws, headers, strict=True)
                    ]
        except (Unavailable, psycopg.Error) as error:
            if not is_away(error):
                raise
            log.warning("results-not-taken", error=type(error).__name__, messages=len(raws))
            answers = [Answer("AE", (Fault("try-again", "", TRY_AGAIN),))] * len(raws)
        return b"".join(
            acknowledge(answer, header, control_id=uuid4().hex[:20], now=now, zone=self._zone)
            for answer, header in zip(answers, headers, strict=True)
        )

    def refuse_large(self, head: bytes, now: datetime) -> bytes:
        """Answer a message that was not read to its end; nothing of it is kept.  head: how it begins."""
        why = Malformed("too-large", "")
        answer = Answer("AR", (Fault(why.reason, why.place, why.text),))
        return acknowledge(answer, header_of(head), control_id=uuid4().hex[:20], now=now, zone=self._zone)

    async def _one(
        self,
        tx: Connection,
        raw: bytes,
        header: Segment | None,
        peer_address: str,
        now: datetime,
        *,
        broken: Malformed | None = None,
    ) -> Answer:
        """Answer one message.  broken: why the frame it stands for cannot be taken apart."""
        sender = None
        if header is not None:
            who = senders.names(header)
            sender = await store.enrolled_sender(tx, *who)
            if sender is None:
                await senders.note_stranger(tx, who, peer_address, now)
                return Answer("AR", (Fault("unknown-sender", "MSH-3", UNKNOWN_SENDER),))
            await store.note_heard(tx, sender, now)
        message = broken or read(raw)
        content = raw.replace(b"\n", b"\r").partition(b"\r")[2].strip(b"\r")
        received = store.Received(
            id=uuid4(),
            sender=sender,
            raw=raw,
            digest=hashlib.sha256(raw).digest(),
            content_digest=hashlib.sha256(content).digest(),
            control_id="" if header is None else header.text(10)[:200],
            charset=None if isinstance(message, Malformed) else message.charset,
            peer_address=peer_address,
            received_at=now,
        )
        who_sends = received.digest.hex() if sender is None else str(sender.id)
        await store.lock(tx, f"{who_sends} {received.control_id}")
        before = await store.known_message(tx, received)
        if before is not None:
            await store.note_again(tx, before, received)
            return _as_before(before)
        understood = message if isinstance(message, Malformed) else self._understood(message, now)
        if isinstance(understood, Malformed):
            return await self._refuse(tx, received, understood, now)
        if sender is None:
            raise LookupError("a message that can be read has a header, and a header an enrolled sender")
        return await self._keep(tx, received, sender, understood)

    def _understood(self, message: Message, now: datetime) -> Results | Visit | Malformed:
        if is_visit(message):
            return visit(message, self._zone, received_at=now)
        return results(message, self._zone, received_at=now)

    async def _refuse(self, tx: Connection, received: store.Received, why: Malformed, now: datetime) -> Answer:
        answer = Answer("AR", (Fault(why.reason, why.place, why.text),))
        if received.sender is None and await store.unreadable_today(tx, now, UNREADABLE_A_DAY) >= UNREADABLE_A_DAY:
            log.warning("unreadable-message-not-kept", reason=why.reason, size=len(received.raw))
            return answer
        await store.insert_message(tx, received, "refused", answer)
        place = None if received.sender is None else received.sender.organization_id
        await append(tx, "result.refused", received.id, store.topics(place), reason=why.reason)
        log.info("message-refused", message=str(received.id), reason=why.reason, place=why.place)
        return answer

    async def _keep(
        self, tx: Connection, received: store.Received, sender: store.Sender, found: Results | Visit
    ) -> Answer:
        if isinstance(found, Visit):
            way = storing_visit(Told(received, sender, found, self._zone))
        else:
            day = received.received_at.astimezone(self._zone).date()
            way = storing(Work(received, sender, found, self._maps, day))
        answer, _ = await store_and_keep(tx, received, sender, way)
        return answer


def _as_before(before: store.Before) -> Answer:
    texts = MALFORMED | REASONS
    return Answer(
        before.answer, tuple(Fault(one["reason"], one["place"], texts[one["reason"]]) for one in before.faults)
    )
