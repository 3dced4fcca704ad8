"""STOW-RS: parts of a request body → the same spool that associations write to.  PS3.18 §10.5, Annex I.

Browsers drop whole folders and media (DICOMDIR) here: what is no instance is left out with a reason, nothing more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dicom_gateway.dicomweb import file_meta
from dicom_gateway.dicomweb.file_meta import FileMeta
from dicom_gateway.dicomweb.multipart import Reader
from dicom_gateway.spool.seam import InstanceContext, Refused, Spool, Stored
from telemed.imaging.coercion import JsonElement

#: Media Storage Directory: the table of contents of a CD, not an instance.
DIRECTORY = "1.2.840.10008.1.3.10"
#: Failure Reasons, PS3.18 table I.2-2.
CANNOT_UNDERSTAND, NOT_STORED = 0xC000, 0x0110
#: What stands in the place of an AE title for what comes through a browser.
STOW_AE = "STOW-RS"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends through HTTP: the person's organisation stands for the device's."""

    request_id: UUID
    peer_address: str
    organization_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one part; number counts from 1.

    reason: a stable word for a failed or skipped part, empty for a stored one. skipped: it was no instance at all.
    """

    number: int
    sop_class: str
    sop_instance: str
    status: int
    reason: str
    skipped: bool = False
    duplicate: bool = False


async def store(reader: Reader, spool: Spool, sender: Sender) -> list[Part]:
    """Take every part in order; each is durable, refused or skipped before the next is read.

    A request that ends in good order is evidence that its studies are complete; one that breaks off is not.
    """
    whole = False
    try:
        parts = await _parts(reader, spool, sender)
        whole = True
    finally:
        await spool.ended(_association(sender), released=whole)
    return parts


async def _parts(reader: Reader, spool: Spool, sender: Sender) -> list[Part]:
    parts: list[Part] = []
    while await reader.next_part() is not None:
        number = len(parts) + 1
        content = reader.content()
        head, meta = await _head(content)
        if isinstance(meta, FileMeta) and meta.sop_class != DIRECTORY:
            context = _context(meta, sender)
            parts.append(await _instance(number, content, memoryview(head)[meta.length :], context, spool))
            continue
        async for _ in content:
            pass
        if isinstance(meta, FileMeta):
            parts.append(Part(number, meta.sop_class, meta.sop_instance, 0, "media-directory", skipped=True))
        elif meta == "not-dicom":
            parts.append(Part(number, "", "", CANNOT_UNDERSTAND, meta, skipped=True))
        else:
            parts.append(Part(number, "", "", CANNOT_UNDERSTAND, meta))
    return parts


async def _head(content: AsyncIterator[bytes]) -> tuple[bytearray, FileMeta | str]:
    """Read until File Meta is complete."""
    head = bytearray()
    async for chunk in content:
        head += chunk
        found = file_meta.read(bytes(head), complete=False)
        if found is not None:
            return head, found
    return head, file_meta.read(bytes(head), complete=True) or "file-meta-truncated"


def _association(sender: Sender) -> str:
    return f"stow-{sender.request_id}"


def _context(meta: FileMeta, sender: Sender) -> InstanceContext:
    return InstanceContext(
        association_id=_association(sender),
        calling_ae=STOW_AE,
        called_ae=STOW_AE,
        peer_address=sender.peer_address,
        organization_id=sender.organization_id,
        sop_class_uid=meta.sop_class,
        sop_instance_uid=meta.sop_instance,
        transfer_syntax_uid=meta.transfer_syntax,
        received_at=sender.now,
    )


async def _instance(
    number: int, content: AsyncIterator[bytes], begun: memoryview, context: InstanceContext, spool: Spool
) -> Part:
    """Stream one data set into the spool. begun: its first bytes, read with the File Meta."""
    sop_class, sop_instance = context.sop_class_uid, context.sop_instance_uid
    incoming = await spool.open(context)
    if isinstance(incoming, Refused):
        async for _ in content:
            pass
        return Part(number, sop_class, sop_instance, incoming.status, incoming.reason)
    finished = False
    try:
        await incoming.write(bytes(begun))
        async for chunk in content:
            await incoming.write(chunk)
        finished = True
    finally:
        if not finished:
            await incoming.abandon()
    match await incoming.commit():
        case Stored(duplicate=duplicate):
            return Part(number, sop_class, sop_instance, 0, "", duplicate=duplicate)
        case Refused(status=status, reason=reason):
            return Part(number, sop_class, sop_instance, status, reason)


def status_of(parts: list[Part]) -> int:
    """200 all stored, 202 some, 409 none (PS3.18 table 10.5.3-1); skipped parts count for nothing."""
    stored = sum(1 for one in parts if not one.reason)
    failed = sum(1 for one in parts if one.reason and not one.skipped)
    if not stored:
        return 409
    return 202 if failed else 200


def answer(parts: list[Part]) -> dict[str, JsonElement]:
    """The Store Instances Response Module as DICOM JSON; sequences without items are left out (type 1C).

    The reason stands in words in (0000,0902) Error Comment, with the number of the part, as does `already-stored`.
    """
    stored = [_stored(one) for one in parts if not one.reason]
    failed = [
        {
            **_reference(one),
            "00081197": {"vr": "US", "Value": [one.status or NOT_STORED]},
            "00000902": {"vr": "LO", "Value": [f"part {one.number}: {one.reason}"]},
        }
        for one in parts
        if one.reason
    ]
    result: dict[str, JsonElement] = {"00081190": {"vr": "UR"}}
    if failed:
        result["00081198"] = {"vr": "SQ", "Value": failed}
    if stored:
        result["00081199"] = {"vr": "SQ", "Value": stored}
    return result


def _stored(part: Part) -> dict[str, JsonElement]:
    if not part.duplicate:
        return _reference(part)
    return {**_reference(part), "00000902": {"vr": "LO", "Value": [f"part {part.number}: already-stored"]}}


def _reference(part: Part) -> dict[str, JsonElement]:
    def uid(value: str) -> JsonElement:
        return {"vr": "UI", "Value": [value]} if value else {"vr": "UI"}

    return {"00081150": uid(part.sop_class), "00081155": uid(part.sop_instance)}
