import pytest

from telemed.config import CallSection
from telemed.embedded.coturn import configuration, told


@pytest.mark.parametrize(
    ("call", "urls"),
    [
        (
            CallSection(),
            ("turn:127.0.0.1:3478?transport=udp", "turn:127.0.0.1:3478?transport=tcp"),
        ),
        (
            CallSection(addresses=("10.1.2.3", "fd00::1"), public_address="203.0.113.9", port=80, tls_port=443),
            (
                *("turn:203.0.113.9:80?transport=udp", "turn:203.0.113.9:80?transport=tcp"),
                *("turn:[fd00::1]:80?transport=udp", "turn:[fd00::1]:80?transport=tcp"),
                *("turns:203.0.113.9:443?transport=tcp", "turns:[fd00::1]:443?transport=tcp"),
            ),
        ),
        (
            CallSection(urls=("turns:relay.example:443?transport=tcp",), addresses=("10.1.2.3",)),
            ("turns:relay.example:443?transport=tcp",),
        ),
    ],
    ids=["as it listens", "behind NAT, on two networks, with TLS", "as the operator says"],
)
def test_browsers_are_told_where_the_relay_is_from_where_they_are(call: CallSection, urls: tuple[str, ...]) -> None:
    assert told(call) == urls


def test_what_is_written_for_every_machine_holds_no_secret_and_no_address_of_one() -> None:
    lines = configuration(CallSection(secret="north", addresses=("10.1.2.3",), relayed_networks=("10.20.0.0/16",)))
    text = "\n".join(lines)
    assert "north" not in text
    assert "10.1.2.3" not in text
    assert {"use-auth-secret", "no-cli", "no-multicast-peers", "no-tcp-relay", "no-tls"} <= set(lines)
    assert "denied-peer-ip=10.0.0.0-10.255.255.255" in lines
    assert "denied-peer-ip=fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff" in lines
    assert "allowed-peer-ip=10.20.0.0-10.20.255.255" in lines


def test_one_address_is_written_as_one() -> None:
    assert "allowed-peer-ip=10.20.0.5" in configuration(CallSection(relayed_networks=("10.20.0.5/32",)))


def test_tls_replaces_that_there_is_none() -> None:
    lines = configuration(CallSection(tls_port=443))
    assert "tls-listening-port=443" in lines
    assert "no-tls" not in lines
