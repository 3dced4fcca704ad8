"""What a password must be, and its argon2id hash."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from telemed.errors import Unavailable
from telemed.vocabulary import Text

P = ParamSpec("P")
R = TypeVar("R")

SHORTEST = 10
LONGEST = 128  # argon2 hashes any length; a bound keeps a request from buying unbounded work
CLASSES = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"), re.compile(r"[^A-Za-z0-9]"))
COMMON = (
    "password",
    "passw0rd",
    "qwerty",
    "admin",
    "12345678",
    "88888888",
    "66666666",
    "iloveyou",
    "welcome",
    "abc123",
)

TOO_SHORT = Text(f"密码至少 {SHORTEST} 位。", f"A password has at least {SHORTEST} characters.")
TOO_LONG = Text(f"密码最多 {LONGEST} 位。", f"A password has at most {LONGEST} characters.")
TOO_PLAIN = Text(
    "密码须含大写字母、小写字母、数字、符号中的三种。",
    "A password needs three of: capitals, small letters, digits, symbols.",
)
HAS_NAME = Text("密码不能包含账号。", "A password must not contain the account name.")
TOO_COMMON = Text("该密码过于常见。", "This password is too common.")


def weakness(password: str, username: str) -> Text | None:
    """Return what is wrong with a new password, None if nothing (GB/T 22239-2019 8.1.4.1: complexity)."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    if sum(1 for one in CLASSES if one.search(password)) < 3:
        return TOO_PLAIN
    folded = password.casefold()
    if username.casefold() in folded:
        return HAS_NAME
    if any(word in folded for word in COMMON):
        return TOO_COMMON
    return None


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the password was right, and its new hash when the parameters have grown since."""

    right: bool
    rehash: str | None = None


class Passwords:
    """argon2id in worker threads, a few at a time: one hash costs memory and a core.

    Defaults: OWASP's first choice for argon2id (m = 46 MiB, t = 1, p = 1), 30-60 ms on a small server.
    """

    def __init__(self, *, time_cost: int = 1, memory_kib: int = 47_104, at_once: int = 2, waiting: int = 50) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._slots = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._most_waiting = waiting
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the encoded hash. Raises Unavailable when too many wait."""
        return await self._run(self._hasher.hash, password)

    async def check(self, encoded: str | None, password: str) -> Checked:
        """Compare; None stands for an account that does not exist and takes as long as one that does.

        Raises Unavailable when too many wait.
        """
        return await self._run(self._check, encoded, password[: LONGEST + 1])

    def _check(self, encoded: str | None, password: str) -> Checked:
        try:
            self._hasher.verify(encoded or self._nobody, password)
        except VerifyMismatchError:
            return Checked(right=False)
        if encoded is None or len(password) > LONGEST:
            return Checked(right=False)
        if self._hasher.check_needs_rehash(encoded):
            return Checked(right=True, rehash=self._hasher.hash(password))
        return Checked(right=True)

    async def _run(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        if self._waiting >= self._most_waiting:
            raise Unavailable(
                "sign-in-busy",
                "登录服务繁忙，请稍候再试。",
                "Too many sign-ins at this moment; please try again shortly.",
            )
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work, *arguments, **named)
        finally:
            self._waiting -= 1
