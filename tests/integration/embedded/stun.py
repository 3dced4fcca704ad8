"""The few messages of STUN (RFC 8489) and TURN (RFC 8656) that show what a relay grants, made byte by byte."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

COOKIE = 0x2112A442
ALLOCATE, PERMISSION, SEND, DATA = 0x0003, 0x0008, 0x0016, 0x0017
USERNAME, INTEGRITY, ERROR, PEER, PAYLOAD, REALM, NONCE, RELAYED, TRANSPORT = (
    *(0x0006, 0x0008, 0x0009, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0019),
)
UDP = struct.pack("!Bxxx", socket.IPPROTO_UDP)
SECONDS = 5

Attribute = tuple[int, bytes]
Place = tuple[str, int]


@dataclass(frozen=True)
class Answer:
    """error: 0 for success."""

    kind: int
    error: int
    attributes: dict[int, bytes]


def message(kind: int, transaction: bytes, attributes: Sequence[Attribute], key: bytes | None = None) -> bytes:
    """key: the long-term credential's (section 9.2.2); its HMAC covers a header that counts the HMAC itself."""
    body = b"".join(struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4) for name, value in attributes)
    if key is not None:
        covered = struct.pack("!HHI", kind, len(body) + 24, COOKIE) + transaction + body
        body += struct.pack("!HH", INTEGRITY, 20) + hmac.digest(key, covered, hashlib.sha1)
    return struct.pack("!HHI", kind, len(body), COOKIE) + transaction + body


def parsed(packet: bytes) -> Answer:
    kind, length = struct.unpack_from("!HH", packet)
    attributes: dict[int, bytes] = {}
    at = 20
    while at < 20 + length:
        name, size = struct.unpack_from("!HH", packet, at)
        attributes[name] = packet[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    code = attributes.get(ERROR)
    return Answer(kind, code[2] * 100 + code[3] if code else 0, attributes)


def xored(place: Place) -> bytes:
    host, port = place
    return struct.pack("!xBHI", 1, port ^ COOKIE >> 16, int(IPv4Address(host)) ^ COOKIE)


def place_of(value: bytes) -> Place:
    port, host = struct.unpack("!xxHI", value)
    return str(IPv4Address(host ^ COOKIE)), port ^ COOKIE >> 16


class Client:
    """One five-tuple to a relay, with a credential."""

    def __init__(self, relay: Place, username: str, password: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(SECONDS)
        self._socket.connect(relay)
        self._username, self._password = username, password
        self._proof: list[Attribute] = []
        self._key: bytes | None = None
        self.relayed: Place = ("", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def allocate(self) -> Answer:
        """Ask without a credential, be told realm and nonce, ask with it."""
        refused = self._asked(ALLOCATE, [(TRANSPORT, UDP)])
        if refused.error != 401:
            return refused
        realm, nonce = refused.attributes[REALM], refused.attributes[NONCE]
        known = b":".join((self._username.encode(), realm, self._password.encode()))
        self._key = hashlib.md5(known, usedforsecurity=False).digest()
        self._proof = [(USERNAME, self._username.encode()), (REALM, realm), (NONCE, nonce)]
        answer = self._asked(ALLOCATE, [(TRANSPORT, UDP)])
        if RELAYED in answer.attributes:
            self.relayed = place_of(answer.attributes[RELAYED])
        return answer

    def permit(self, peer: str) -> Answer:
        return self._asked(PERMISSION, [(PEER, xored((peer, 0)))])

    def send(self, peer: Place, payload: bytes) -> None:
        """An indication: nobody answers."""
        self._socket.send(message(SEND, os.urandom(12), [(PEER, xored(peer)), (PAYLOAD, payload)]))

    def received(self) -> tuple[Place, bytes]:
        """Who sent what; raises TimeoutError where nothing comes."""
        answer = parsed(self._socket.recv(4096))
        assert answer.kind == DATA
        return place_of(answer.attributes[PEER]), answer.attributes[PAYLOAD]

    def _asked(self, kind: int, attributes: list[Attribute]) -> Answer:
        self._socket.send(message(kind, os.urandom(12), [*attributes, *self._proof], self._key))
        return parsed(self._socket.recv(4096))
