"""Who may open an association: one pure decision.

The order of the rules is the order of the answers: a caller that is wrong in two ways hears of the first.
Numbers are (result, source, reason) of A-ASSOCIATE-RJ, PS3.8 Table 9-21.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address, ip_network

from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.pdu import APPLICATION_CONTEXT


class DiskState(Enum):
    """How much of the archive's disk pressure an admission must know."""

    ROOM = "room"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """What the directory says of one AE title."""

    ae_title: str
    device_id: str
    organization_id: str
    enabled: bool = True
    #: The device may call from these networks only; empty means any.
    networks: tuple[str, ...] = ()
    #: Instead of Limits.max_associations_per_ae.
    max_associations: int | None = None


#: AE title → entry; answers from memory, so that receiving goes on while the database is away.
LookUp = Callable[[str], DeviceEntry | None]


@dataclass(frozen=True, slots=True)
class AssociationFacts:
    """All that an admission depends on."""

    called_ae: str
    calling_ae: str
    peer_address: str
    application_context: str
    #: The association proposes Verification and nothing else.
    verification_only: bool
    #: Established associations, of all and of this calling AE.
    open_associations: int
    open_associations_of_ae: int
    disk: DiskState = DiskState.ROOM
    #: The organisation a client certificate was issued to; None without TLS or without client certificate.
    certificate_organization: str | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    """The association may be opened for this device."""

    device: DeviceEntry


@dataclass(frozen=True, slots=True)
class Reject:
    """The association is refused; why is a stable word for logs, metrics and the list of seen devices."""

    result: int
    source: int
    reason: int
    why: str


def admit(
    facts: AssociationFacts, *, ae_titles: frozenset[str], device: DeviceEntry | None, limits: Limits
) -> Accept | Reject:
    """Decide on one A-ASSOCIATE-RQ.

    device: the directory's entry of the calling AE, None if there is none.
    Verification-only associations may use verification_reserve slots beyond each limit and are not refused for a
    full disk, so that a technician's echo still tells whether the line and the gateway live.
    """
    if facts.application_context != APPLICATION_CONTEXT:
        return Reject(1, 1, 2, "application-context")
    if facts.called_ae not in ae_titles:
        return Reject(1, 1, 7, "called-ae")
    if device is None:
        return Reject(1, 1, 3, "unknown-device")
    if not device.enabled:
        return Reject(1, 1, 3, "disabled-device")
    if facts.certificate_organization not in (None, device.organization_id):
        return Reject(1, 1, 3, "certificate-of-another-organization")
    if device.networks and not _is_inside(facts.peer_address, device.networks):
        return Reject(1, 1, 3, "address")
    reserve = limits.verification_reserve if facts.verification_only else 0
    if facts.open_associations >= limits.max_associations + reserve:
        return Reject(2, 3, 2, "local-limit")
    of_ae = limits.max_associations_per_ae if device.max_associations is None else device.max_associations
    reserve = limits.verification_reserve_per_ae if facts.verification_only else 0
    if facts.open_associations_of_ae >= of_ae + reserve:
        return Reject(2, 3, 2, "limit-of-device")
    if facts.disk is DiskState.FULL and not facts.verification_only:
        return Reject(2, 3, 1, "disk-full")
    return Accept(device)


def _is_inside(address: str, networks: tuple[str, ...]) -> bool:
    """True if the address lies in one of the networks; an unreadable address lies in none."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    return any(peer in ip_network(network, strict=False) for network in networks)
