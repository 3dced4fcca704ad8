"""Who is at the other end."""

from ipaddress import ip_network

import pytest

from telemed.http.peer import peer_address

PROXY = [ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("remote", "header", "expected"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::1", "203.0.113.9", "::1"),
        (None, "203.0.113.9", None),
    ],
)
def test_only_what_a_trusted_proxy_says_is_believed(remote, header, expected):
    assert peer_address(remote, header, PROXY) == expected
