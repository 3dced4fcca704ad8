"""What a service that receives instances knows of the spool."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class InstanceContext:
    """Who sends which instance, as negotiation and the command set said it.

    Nothing here was read from the data set.  received_at is aware, UTC: the moment the command set was complete.
    """

    association_id: str
    calling_ae: str
    called_ae: str
    peer_address: str
    #: The organisation the calling AE is enrolled for; None while the device is not known.
    organization_id: str | None
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """The instance is durable: bytes, name and journal record survive a power cut.  Success may be sent."""

    #: SHA-256 of the data set as received, 64 lower-case hexadecimal digits.
    digest: str
    #: Bytes of the data set.
    size: int
    #: The same bytes were durable before.
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The instance was not stored as an instance; a permanent fault keeps its bytes in quarantine."""

    #: C-STORE status, PS3.4 B.2.3.
    status: int
    #: For (0000,0902) Error Comment: ASCII, at most 64 characters.
    comment: str
    #: True if the sender may try the same bytes again.
    transient: bool
    #: A stable kebab-case word.
    reason: str
    #: At which byte or tag; for the person who looks into it.  No patient data.
    detail: str = ""


class Incoming(Protocol):
    """One data set on its way to disk.  Exactly one of commit and abandon ends it."""

    async def write(self, fragment: bytes) -> None:
        """Take the next fragment, in order; returns when the spool can take more.

        Never raises for a full disk: commit tells.
        """
        ...

    async def commit(self) -> Stored | Refused:
        """Make the data set durable; returns only when all of it is."""
        ...

    async def abandon(self) -> None:
        """Forget the data set: the association died.  Nothing is kept."""
        ...


class Spool(Protocol):
    """Bytes in, durable instances out."""

    async def open(self, context: InstanceContext) -> Incoming | Refused:
        """Begin one instance, or refuse it before its first byte."""
        ...

    async def ended(self, association_id: str, *, released: bool) -> None:
        """Note that an association is over, in good order or lost: evidence for whether its studies are complete.

        Never raises: if it cannot be noted, the studies are settled by silence.
        """
        ...
