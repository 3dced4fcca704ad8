"""A demo device: sends a study through a real association, as a modality does."""

from __future__ import annotations

import ctypes
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association

LET_IN_SECONDS = 20  # the gateway looks at the directory every 2 s
ASK_AGAIN_SECONDS = 0.2
NETWORK_SECONDS = 60
#: The reactor of pynetdicom 3.0 may, very rarely, take an answer from the call that waits for it; it drops it then.
ANSWER_SECONDS = 20
ATTEMPTS = 3
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class NotSent(Exception):
    """The gateway is not there, refuses the device, or does not answer it."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the county's DICOM listener is."""

    host: str
    port: int
    ae_title: str


def end_with_parent() -> None:
    """Have this process killed when the one that started it ends, however it ends: nobody waits for what it sends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def push(gateway: Gateway, device: str, instances: Iterable[Dataset]) -> list[int]:
    """Send instances one after the other over one association; returns the C-STORE status of each.

    What was not answered is sent once more over a new association, as a modality does.
    Raises NotSent if an association cannot be had, or if one instance is left without an answer each time.
    """
    statuses: list[int] = []
    association: Association | None = None
    try:
        for data in instances:
            for _ in range(ATTEMPTS):
                if association is None or not _knows(association, data):
                    _release(association)
                    association = _associate(gateway, device, data)
                answer = association.send_c_store(data)
                if "Status" in answer:
                    statuses.append(int(answer.Status))
                    break
            else:
                raise NotSent(f"{device}: no answer after {len(statuses)} instances, {ATTEMPTS} associations")
    finally:
        _release(association)
    return statuses


def _release(association: Association | None) -> None:
    if association is not None and association.is_established:
        association.release()


def _knows(association: Association, data: Dataset) -> bool:
    wanted = (str(data.SOPClassUID), str(data.file_meta.TransferSyntaxUID))
    accepted = [
        (str(one.abstract_syntax), str(syntax))
        for one in association.accepted_contexts
        for syntax in one.transfer_syntax
    ]
    return association.is_established and wanted in accepted


def _associate(gateway: Gateway, device: str, data: Dataset) -> Association:
    """Open an association; a device enrolled a moment ago is let in within seconds, so a refusal is asked again."""
    entity = ApplicationEntity(device)
    entity.network_timeout = entity.acse_timeout = NETWORK_SECONDS
    entity.dimse_timeout = ANSWER_SECONDS
    entity.add_requested_context(data.SOPClassUID, data.file_meta.TransferSyntaxUID)
    deadline = time.monotonic() + LET_IN_SECONDS
    while True:
        # pynetdicom leaves the types of its event handlers open
        association = entity.associate(gateway.host, gateway.port, ae_title=gateway.ae_title)  # pyright: ignore[reportUnknownMemberType]
        if association.is_established:
            return association
        if time.monotonic() > deadline:
            raise NotSent(f"{device}: the association was refused")
        time.sleep(ASK_AGAIN_SECONDS)
