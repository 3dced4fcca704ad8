"""Documents of the county's own → the spool, as durable as what a device sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydicom.uid import ExplicitVRLittleEndian

from dicom_gateway.spool import InstanceContext, Refused, Spool
from telemed.imaging.documents import AE


@dataclass(frozen=True, slots=True)
class Deposit:
    """Puts a data set in Explicit VR Little Endian into the archive; the same bytes again are there already."""

    spool: Spool

    async def __call__(
        self, content: bytes, *, sop_class_uid: str, sop_instance_uid: str, organization_id: UUID, now: datetime
    ) -> tuple[str, bool] | None:
        """None once it is durable; otherwise why not, and whether the same bytes may be put again."""
        context = InstanceContext(
            association_id=f"document-{sop_instance_uid}",
            calling_ae=AE,
            called_ae=AE,
            peer_address="",
            organization_id=str(organization_id),
            sop_class_uid=sop_class_uid,
            sop_instance_uid=sop_instance_uid,
            transfer_syntax_uid=str(ExplicitVRLittleEndian),  # its own type is no text to the journal
            received_at=now,
        )
        incoming = await self.spool.open(context)
        if isinstance(incoming, Refused):
            return incoming.reason, incoming.transient
        written = False
        try:
            await incoming.write(content)
            written = True
        finally:
            if not written:
                await incoming.abandon()
        kept = await incoming.commit()
        return (kept.reason, kept.transient) if isinstance(kept, Refused) else None
