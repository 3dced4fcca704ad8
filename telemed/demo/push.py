"""A demo device: sends a study through a real association, as a modality does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association

#: A device asks for one presentation context per (SOP class, transfer syntax); associations hold 128.
NETWORK_SECONDS = 60


class NotSent(Exception):
    """The gateway is not there, refuses the device, or ended the association."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the county's DICOM listener is."""

    host: str
    port: int
    ae_title: str


def push(gateway: Gateway, device: str, instances: Iterable[Dataset]) -> list[int]:
    """Send instances one after the other in one association; returns the C-STORE status of each.

    Raises NotSent if an association cannot be had or ends early.
    """
    statuses: list[int] = []
    association: Association | None = None
    try:
        for data in instances:
            if association is None or not _knows(association, data):
                if association is not None:
                    association.release()
                association = _associate(gateway, device, data)
            status = association.send_c_store(data)
            if "Status" not in status:
                raise NotSent(f"{device}: the association ended after {len(statuses)} instances")
            statuses.append(int(status.Status))
    finally:
        if association is not None and association.is_established:
            association.release()
    return statuses


def _knows(association: Association, data: Dataset) -> bool:
    wanted = (str(data.SOPClassUID), str(data.file_meta.TransferSyntaxUID))
    accepted = [
        (str(one.abstract_syntax), str(syntax))
        for one in association.accepted_contexts
        for syntax in one.transfer_syntax
    ]
    return association.is_established and wanted in accepted


def _associate(gateway: Gateway, device: str, data: Dataset) -> Association:
    entity = ApplicationEntity(device)
    entity.network_timeout = entity.dimse_timeout = entity.acse_timeout = NETWORK_SECONDS
    entity.add_requested_context(data.SOPClassUID, data.file_meta.TransferSyntaxUID)
    # pynetdicom leaves the types of its event handlers open
    association = entity.associate(gateway.host, gateway.port, ae_title=gateway.ae_title)  # pyright: ignore[reportUnknownMemberType]
    if not association.is_established:
        raise NotSent(f"{device}: the association was refused")
    return association
