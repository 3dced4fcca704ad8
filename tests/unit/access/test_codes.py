from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from pyotp.totp import TOTP

from telemed.access.codes import (
    SecretBox,
    load_or_create_key,
    matching_step,
    new_secret,
    provisioning_uri,
)

NOW = datetime(2026, 11, 23, 1, 12, 10, tzinfo=UTC)
# RFC 6238 appendix B, SHA-1, the last six of the eight digits
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_the_codes_of_the_standard_are_read():
    assert matching_step(RFC_SECRET, "287082", datetime.fromtimestamp(59, UTC)) == 1
    assert matching_step(RFC_SECRET, "081804", datetime.fromtimestamp(1111111109, UTC)) == 37037036


@pytest.mark.parametrize(("seconds", "read"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_good_one_step_either_way(seconds: int, *, read: bool):
    secret = new_secret()
    code = TOTP(secret).at(NOW + timedelta(seconds=seconds))
    step = matching_step(secret, code, NOW)
    assert step == (int(NOW.timestamp()) // 30 + seconds // 30 if read else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"])
def test_what_is_no_code_is_refused(code: str):
    assert matching_step(new_secret(), code, NOW) is None


def test_spaces_in_a_code_are_forgiven():
    secret = new_secret()
    code = TOTP(secret).at(NOW)
    assert matching_step(secret, f"{code[:3]} {code[3:]}", NOW) is not None


def test_a_secret_opens_only_with_its_key_for_its_account():
    box, account, secret = SecretBox(b"k" * 32), uuid4(), new_secret()
    sealed = box.seal(secret, account)
    assert secret.encode() not in sealed
    assert box.open(sealed, account) == secret
    assert box.seal(secret, account) != sealed
    with pytest.raises(InvalidTag):
        box.open(sealed, uuid4())
    with pytest.raises(InvalidTag):
        SecretBox(b"j" * 32).open(sealed, account)
    with pytest.raises(InvalidTag):
        box.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), account)


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        SecretBox(b"short")


def test_the_key_file_is_made_once_and_never_overwritten(tmp_path: Path):
    path = tmp_path / "totp.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_key(path) == key
    path.write_bytes(b"half")
    with pytest.raises(ValueError, match="not a key"):
        load_or_create_key(path)
    assert path.read_bytes() == b"half"


def test_an_authenticator_is_told_county_and_account():
    uri = provisioning_uri(RFC_SECRET, "liudefu", "龙安县")
    assert uri.startswith("otpauth://totp/")
    assert RFC_SECRET in uri
    assert "liudefu" in uri
