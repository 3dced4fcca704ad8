from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from telemed.access.accounts import one_time_password
from telemed.access.passwords import (
    HAS_NAME,
    TOO_COMMON,
    TOO_LONG,
    TOO_PLAIN,
    TOO_SHORT,
    Passwords,
    weakness,
)
from telemed.errors import Unavailable


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(memory_kib=64)


@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        ("Kestrel-91x", None),
        ("Kestre-91x", None),
        ("Kestr-91x", TOO_SHORT),
        ("Ab1-" * 32, None),
        ("Ab1-" * 32 + "x", TOO_LONG),
        ("kestrel-brown", TOO_PLAIN),
        ("KESTREL91BROWN", TOO_PLAIN),
        ("x-LiuDefu-91", HAS_NAME),
        ("Password-2026", TOO_COMMON),
    ],
)
def test_a_new_password_is_weighed(password: str, flaw: object):
    assert weakness(password, "liudefu") == flaw


def test_a_one_time_password_passes_the_rule_and_is_another_every_time():
    seen = {one_time_password() for _ in range(200)}
    assert len(seen) == 200
    assert all(weakness(one, "liudefu") is None for one in seen)


async def test_the_right_password_is_right_and_its_neighbours_are_not(passwords: Passwords):
    encoded = await passwords.hash("Kestrel-91x")
    assert encoded.startswith("$argon2id$")
    assert (await passwords.check(encoded, "Kestrel-91x")).right
    for near in ("Kestrel-91X", "Kestrel-91", "Kestrel-91x ", ""):
        assert not (await passwords.check(encoded, near)).right


async def test_nobodys_password_is_never_right(passwords: Passwords):
    assert not (await passwords.check(None, "nobody has this password")).right


async def test_grown_parameters_give_a_new_hash_and_equal_ones_do_not(passwords: Passwords):
    weak = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash("Kestrel-91x")
    checked = await passwords.check(weak, "Kestrel-91x")
    assert checked.right
    assert checked.rehash is not None
    again = await passwords.check(checked.rehash, "Kestrel-91x")
    assert again.right
    assert again.rehash is None
    assert (await passwords.check(weak, "wrong")).rehash is None


async def test_a_crowd_is_told_to_wait_and_the_first_ones_are_served():
    passwords = Passwords(memory_kib=64, at_once=1, waiting=3)
    encoded = await passwords.hash("Kestrel-91x")
    answers = await asyncio.gather(
        *(passwords.check(encoded, "Kestrel-91x") for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(1 for one in answers if isinstance(one, Unavailable)) == 5
    assert (await passwords.check(encoded, "Kestrel-91x")).right
