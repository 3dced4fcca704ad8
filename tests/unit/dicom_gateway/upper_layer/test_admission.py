"""Admission: one good association, and for each rule the nearest one that it alone refuses."""

from dataclasses import replace

import pytest

from dicom_gateway.upper_layer.admission import (
    Accept,
    AssociationFacts,
    DeviceEntry,
    DiskState,
    Reject,
    admit,
)
from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.pdu import APPLICATION_CONTEXT

LIMITS = Limits(max_associations=100, verification_reserve=5, max_associations_per_ae=8, verification_reserve_per_ae=1)
DEVICE = DeviceEntry("CT1", "device-1", "township-1", networks=("10.1.0.0/16", "fd00::/8"))
GOOD = AssociationFacts(
    called_ae="TELEMED",
    calling_ae="CT1",
    peer_address="10.1.2.3",
    application_context=APPLICATION_CONTEXT,
    verification_only=False,
    open_associations=99,
    open_associations_of_ae=7,
    disk=DiskState.ROOM,
    certificate_organization="township-1",
)
ECHO = replace(GOOD, verification_only=True)


def decide(facts: AssociationFacts = GOOD, device: DeviceEntry | None = DEVICE):
    return admit(facts, ae_titles=frozenset({"TELEMED", "ARCHIVE"}), device=device, limits=LIMITS)


@pytest.mark.parametrize(
    ("facts", "device"),
    [
        (GOOD, DEVICE),
        (replace(GOOD, called_ae="ARCHIVE"), DEVICE),
        (replace(GOOD, certificate_organization=None), DEVICE),
        (replace(GOOD, peer_address="fd00::7"), DEVICE),
        (replace(GOOD, peer_address="192.0.2.1"), replace(DEVICE, networks=())),
        (replace(GOOD, open_associations_of_ae=8), replace(DEVICE, max_associations=9)),
        (replace(ECHO, open_associations=104), DEVICE),
        (replace(ECHO, open_associations_of_ae=8), DEVICE),
        (replace(ECHO, disk=DiskState.FULL), DEVICE),
    ],
)
def test_a_known_device_within_the_limits_is_accepted(facts, device):
    assert decide(facts, device) == Accept(device)


NEAR_MISSES = [
    (replace(GOOD, application_context="1.2.840.10008.3.1.1.2"), DEVICE, Reject(1, 1, 2, "application-context")),
    (replace(GOOD, called_ae="telemed"), DEVICE, Reject(1, 1, 7, "called-ae")),
    (GOOD, None, Reject(1, 1, 3, "unknown-device")),
    (GOOD, replace(DEVICE, enabled=False), Reject(1, 1, 3, "disabled-device")),
    (
        replace(GOOD, certificate_organization="township-2"),
        DEVICE,
        Reject(1, 1, 3, "certificate-of-another-organization"),
    ),
    (replace(GOOD, peer_address="10.2.2.3"), DEVICE, Reject(1, 1, 3, "address")),
    (replace(GOOD, peer_address="no address"), DEVICE, Reject(1, 1, 3, "address")),
    (replace(GOOD, open_associations=100), DEVICE, Reject(2, 3, 2, "local-limit")),
    (replace(ECHO, open_associations=105), DEVICE, Reject(2, 3, 2, "local-limit")),
    (replace(GOOD, open_associations_of_ae=8), DEVICE, Reject(2, 3, 2, "limit-of-device")),
    (replace(ECHO, open_associations_of_ae=9), DEVICE, Reject(2, 3, 2, "limit-of-device")),
    (replace(GOOD, disk=DiskState.FULL), DEVICE, Reject(2, 3, 1, "disk-full")),
]


@pytest.mark.parametrize(("facts", "device", "expected"), NEAR_MISSES, ids=lambda x: getattr(x, "why", None))
def test_one_fact_away_from_good_is_refused_for_that_reason(facts, device, expected):
    assert decide(facts, device) == expected


def test_a_caller_that_is_wrong_in_two_ways_hears_of_the_called_title_first():
    assert decide(replace(GOOD, called_ae="X"), None) == Reject(1, 1, 7, "called-ae")
