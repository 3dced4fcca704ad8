"""One-time codes (RFC 6238) and how their secrets lie in the database: encrypted with a key outside of it."""

from __future__ import annotations

import hmac
import os
import secrets
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp import random_base32
from pyotp.totp import TOTP

STEP_SECONDS = 30  # RFC 6238 section 4.1
DRIFT_STEPS = 1  # RFC 6238 section 5.2: one step either way for clocks and slow fingers
VERSION = b"\x01"
NONCE_BYTES = 12  # NIST SP 800-38D section 8.2
KEY_BYTES = 32


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, None if none within the drift.

    The caller accepts a step only if it is later than the last accepted one, so that no code is good twice.
    """
    digits = code.replace(" ", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    totp = TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    found: int | None = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            found = step
    return found


def new_secret() -> str:
    return random_base32()


def provisioning_uri(secret: str, username: str, issuer: str) -> str:
    """Return the otpauth URI an authenticator app reads from a QR code."""
    return TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


class SecretBox:
    """AES-256-GCM bound to the account, so that a secret copied to another row does not open."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key for one-time-code secrets has {KEY_BYTES} bytes")
        self._cipher = AESGCM(key)

    def seal(self, secret: str, account_id: UUID) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, secret.encode(), account_id.bytes)

    def open(self, sealed: bytes, account_id: UUID) -> str:
        """Raises cryptography's InvalidTag when the key, the account or a byte is another."""
        nonce = sealed[1 : 1 + NONCE_BYTES]
        return self._cipher.decrypt(nonce, sealed[1 + NONCE_BYTES :], account_id.bytes).decode()


def load_or_create_key(path: Path) -> bytes:
    """Read the key file; make one (mode 0600, synced) where there is none yet.

    Raises ValueError for a file of another length: never overwritten, the secrets in the database hang on it.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise ValueError(f"{path} is not a key of {KEY_BYTES} bytes") from None
        return key
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
