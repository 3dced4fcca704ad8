"""Signed checkpoints: what the chain was at a moment, in files beside the database, by a key outside of it."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain's value at a position, as signed. at: UTC."""

    position: int
    chain: bytes
    at: datetime
    signature: bytes


def statement(kind: str, position: int, chain: bytes, at: datetime) -> bytes:
    """The bytes a signature is over. kind: `checkpoint` or `retired`, so that one never passes for the other."""
    said = {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "chain": chain.hex(),
        "kind": kind,
        "position": position,
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def sign(key: Ed25519PrivateKey, position: int, chain: bytes, at: datetime) -> Checkpoint:
    return Checkpoint(position, chain, at, key.sign(statement("checkpoint", position, chain, at)))


def genuine(key: Ed25519PublicKey, kind: str, one: Checkpoint) -> bool:
    try:
        key.verify(one.signature, statement(kind, one.position, one.chain, one.at))
    except InvalidSignature:
        return False
    return True


def load_or_create_signing_key(path: Path) -> Ed25519PrivateKey:
    """Read the private key (PEM, mode 0600); make one where there is none yet.

    Raises TypeError for a file that holds another kind of key.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{path} is not an Ed25519 key") from None
        return key
    key = Ed25519PrivateKey.generate()
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        file.flush()
        os.fsync(file.fileno())
    return key


class Checkpoints:
    """Append-only files, one a month, one line a checkpoint. Only the sealer writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, one: Checkpoint) -> None:
        """Write one line, durable when this returns."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{one.at.astimezone(UTC):%Y-%m}.jsonl"
        new = not path.exists()
        line = {
            "position": one.position,
            "chain": one.chain.hex(),
            "at": one.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "signature": b64encode(one.signature).decode(),
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            text = json.dumps(line, separators=(",", ":")) + "\n"
            if not new and not _ends_whole(path):
                text = "\n" + text  # a line torn by a power cut stays a finding of its own, it must not eat this one
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            self._sync_folder()

    def read(self) -> Generator[Checkpoint | str]:
        """Every checkpoint, oldest first; a line that is none comes as `file:line`."""
        if not self._folder.is_dir():
            return
        for path in sorted(self._folder.glob("*.jsonl")):
            with path.open(encoding="utf-8", errors="replace") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield _parsed(line) or f"{path.name}:{number}"

    def last(self) -> Checkpoint | None:
        found = None
        for one in self.read():
            if isinstance(one, Checkpoint):
                found = one
        return found

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _parsed(line: str) -> Checkpoint | None:
    try:
        said: dict[str, Any] = json.loads(line)
        return Checkpoint(
            position=int(said["position"]),
            chain=bytes.fromhex(said["chain"]),
            at=datetime.fromisoformat(said["at"]),
            signature=b64decode(said["signature"], validate=True),
        )
    except (ValueError, KeyError, TypeError):
        return None
