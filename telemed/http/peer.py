"""Who is at the other end: the socket's address, or what a trusted proxy says it is."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def peer_address(remote: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str | None:
    """The nearest address that is not one of our own proxies.

    forwarded_for: the X-Forwarded-For header, believed only while the address to its right is trusted,
    so that what a client writes into it itself proves nothing.
    """
    if remote is None:
        return None
    current = remote
    hops = [] if forwarded_for is None else [hop.strip() for hop in forwarded_for.split(",")]
    while hops and _is_trusted(current, trusted):
        claimed = _address(hops.pop())
        if claimed is None:
            break
        current = str(claimed)
    return current


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in trusted if network.version == parsed.version)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
