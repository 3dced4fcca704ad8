"""The devices this process knows, in memory and in a file, so that receiving goes on while PostgreSQL is down."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from dicom_gateway.upper_layer.admission import DeviceEntry

#: Strangers remembered between two visits to the database; a flood of invented titles must not fill the memory.
MOST_STRANGERS = 1000
# PS3.5 6.2, AE, as the table `device` wants it: what cannot be enrolled is not worth remembering.
_AE_TITLE = re.compile(r"[\x21-\x5B\x5D-\x7E]([\x20-\x5B\x5D-\x7E]{0,14}[\x21-\x5B\x5D-\x7E])?", re.ASCII)


class Device(msgspec.Struct, frozen=True):
    """A row of `device`, as far as admission needs it."""

    id: UUID
    organization_id: UUID
    ae_title: str
    enabled: bool


class Stranger(msgspec.Struct, frozen=True):
    """A device that called and is not in the directory."""

    ae_title: str
    called_ae: str
    peer_address: str


class Devices:
    """Answers the admission from memory; holds what is to be told to the database."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._devices: dict[str, Device] = {}
        self._entries: dict[str, DeviceEntry] = {}
        self._strangers: dict[Stranger, int] = {}
        self._met: set[UUID] = set()

    def look_up(self, ae_title: str) -> DeviceEntry | None:
        """See admission.LookUp."""
        return self._entries.get(ae_title)

    def seen(self, ae_title: str, called_ae: str, peer_address: str) -> None:
        """Note a call of a device nobody enrolled."""
        if not _AE_TITLE.fullmatch(ae_title) or not _AE_TITLE.fullmatch(called_ae):
            return
        stranger = Stranger(ae_title, called_ae, peer_address)
        if stranger in self._strangers or len(self._strangers) < MOST_STRANGERS:
            self._strangers[stranger] = self._strangers.get(stranger, 0) + 1

    def met(self, device: DeviceEntry) -> None:
        """Note that a known device opened an association."""
        self._met.add(UUID(device.device_id))

    def take_news(self) -> tuple[dict[Stranger, int], set[UUID]]:
        """Return what was noted since the last call: strangers with their attempts, and known devices."""
        taken = self._strangers, self._met
        self._strangers, self._met = {}, set()
        return taken

    def give_back(self, strangers: dict[Stranger, int], met: set[UUID]) -> None:
        """Keep for later what could not be told."""
        for stranger, attempts in strangers.items():
            if stranger in self._strangers or len(self._strangers) < MOST_STRANGERS:
                self._strangers[stranger] = self._strangers.get(stranger, 0) + attempts
        self._met |= met

    def replace(self, devices: Iterable[Device]) -> bool:
        """Take the directory as it is now; True if it differs from what was known."""
        known = {device.ae_title: device for device in devices}
        if known == self._devices:
            return False
        self._devices = known
        self._entries = {
            title: DeviceEntry(title, str(device.id), str(device.organization_id), enabled=device.enabled)
            for title, device in known.items()
        }
        return True

    def save(self) -> None:
        """Write the file; it is whole at every moment.  Blocks.  Raises OSError."""
        encoded = msgspec.json.format(msgspec.json.encode(list(self._devices.values())))
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_name(f"{self._file.name}.{uuid4().hex}")
        try:
            with beside.open("wb") as file:
                file.write(encoded)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._file)
        finally:
            beside.unlink(missing_ok=True)

    def load(self) -> bool:
        """Read the file of an earlier run; False if there is none that can be read.  Blocks."""
        try:
            self.replace(msgspec.json.decode(self._file.read_bytes(), type=list[Device]))
        except (OSError, msgspec.MsgspecError):
            return False
        return True
