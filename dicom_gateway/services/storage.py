"""Storage SCP, PS3.4 Annex B: the data set goes piece by piece into the spool, undecoded.

Success leaves only after the spool said Stored.  A message whose association died before its last byte leaves
nothing behind; one that was complete is kept although nobody is left to hear of it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from dicom_gateway.services.status import (
    CANNOT_UNDERSTAND,
    INVALID_OBJECT_INSTANCE,
    PROCESSING_FAILURE,
    SOP_CLASS_NOT_SUPPORTED,
    SUCCESS,
)
from dicom_gateway.spool.seam import Incoming, InstanceContext, Refused, Spool, Stored
from dicom_gateway.upper_layer import metrics
from dicom_gateway.upper_layer.command import encode_response
from dicom_gateway.upper_layer.connection import Association, Released
from dicom_gateway.upper_layer.messages import DataSet, MessageBegins
from dicom_gateway.upper_layer.negotiation import is_uid
from dicom_gateway.upper_layer.protocol import Lost

_log = structlog.get_logger("dicom_gateway.storage")


def judge(message: MessageBegins) -> Refused | None:
    """Refuse what the command set alone shows to be wrong; None lets it through.  Pure."""
    command = message.command
    if not command.data_set_follows:
        return Refused(CANNOT_UNDERSTAND, "C-STORE without a data set", transient=False, reason="no-data-set")
    if command.sop_class_uid != message.abstract_syntax:
        return Refused(
            SOP_CLASS_NOT_SUPPORTED,
            "Affected SOP Class is not that of the presentation context",
            transient=False,
            reason="sop-class-of-another-context",
        )
    if not is_uid(command.sop_instance_uid):
        return Refused(
            INVALID_OBJECT_INSTANCE, "Affected SOP Instance UID is not a UID", transient=False, reason="not-a-uid"
        )
    return None


class Storage:
    """Receives instances of any SOP class into a spool."""

    def __init__(self, spool: Spool, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._spool = spool
        self._now = now

    async def store(self, association: Association, message: MessageBegins) -> Released | Lost | None:
        """Receive one instance and answer; returns what ended the association, None if it goes on."""
        began = time.monotonic()
        refused = judge(message)
        incoming: Incoming | None = None
        if refused is None:
            opened = await self._spool.open(self._context(association, message))
            if isinstance(opened, Refused):
                refused = opened
            else:
                incoming = opened
        ended = await _receive(association, message, incoming)
        if ended is not None:
            return ended
        outcome: Stored | Refused
        if incoming is None:
            outcome = refused or _failure()
        else:
            before = time.monotonic()
            outcome = await incoming.commit()
            metrics.COMMIT_SECONDS.observe(time.monotonic() - before)
        await _answer(association, message, outcome)
        metrics.STORE_SECONDS.observe(time.monotonic() - began)
        return None

    async def ended(self, association: Association, *, released: bool) -> None:
        """Tell the spool that nothing more comes of this association: evidence that a study is complete, or not."""
        await self._spool.ended(association.names.association_id, released=released)

    def _context(self, association: Association, message: MessageBegins) -> InstanceContext:
        names = association.names
        return InstanceContext(
            association_id=names.association_id,
            calling_ae=names.calling_ae,
            called_ae=names.called_ae,
            peer_address=names.peer_address,
            organization_id=names.device.organization_id,
            sop_class_uid=message.command.sop_class_uid,
            sop_instance_uid=message.command.sop_instance_uid,
            transfer_syntax_uid=message.transfer_syntax,
            received_at=self._now(),
        )


async def _receive(
    association: Association, message: MessageBegins, incoming: Incoming | None
) -> Released | Lost | None:
    """Move the data set into the spool, or past it if it was refused."""
    complete = not message.command.data_set_follows
    try:
        while not complete:
            item = await association.next()
            if not isinstance(item, DataSet):
                if incoming is not None:
                    await incoming.abandon()
                metrics.INSTANCES.labels("abandoned").inc()
                return item if isinstance(item, Released | Lost) else Lost("protocol-fault")
            if incoming is not None:
                await incoming.write(item.data)
            complete = item.is_last
    except BaseException:
        if incoming is not None:
            await incoming.abandon()
        raise
    return None


async def _answer(association: Association, message: MessageBegins, outcome: Stored | Refused) -> None:
    if isinstance(outcome, Stored):
        metrics.INSTANCES.labels("duplicate" if outcome.duplicate else "stored").inc()
        metrics.INSTANCE_BYTES.inc(outcome.size)
        await association.respond(message.context_id, encode_response(message.command, SUCCESS))
        return
    metrics.INSTANCES.labels("refused-transient" if outcome.transient else "refused-permanent").inc()
    _log.warning(
        "instance refused",
        association=association.names.association_id,
        calling_ae=association.names.calling_ae,
        status=f"{outcome.status:04X}",
        reason=outcome.reason,
    )
    await association.respond(message.context_id, encode_response(message.command, outcome.status, outcome.comment))


def _failure() -> Refused:
    return Refused(PROCESSING_FAILURE, "Not stored", transient=True, reason="not-stored")
