"""Signing in, the second factor, the lock screen, the password and the signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID, uuid4

from telemed.access.attempts import Attempt, Attempts
from telemed.access.codes import SecretBox, matching_step, new_secret
from telemed.access.passwords import Passwords, weakness
from telemed.access.sessions import Limits, digest, folded, new_token
from telemed.access.store import AccountRow, SessionRow, account_by_id, account_by_username, queries
from telemed.db import Connection, Pool, execute
from telemed.errors import Conflict, Forbidden, Invalid
from telemed.events.log import append
from telemed.vocabulary import AccountId, Principal


@dataclass(frozen=True, slots=True)
class Proven:
    """A person whose password (and code, if one was given) was right a moment ago.

    step: the time step of the code, to be spent in the transaction that opens the session; None without a code.
    """

    account: AccountRow
    rehash: str | None
    step: int | None


class SignIn:
    """What proves that a person is who they say. Every refusal takes as long and says the same."""

    def __init__(self, pool: Pool, *, passwords: Passwords, box: SecretBox, limits: Limits) -> None:
        self._pool = pool
        self._passwords = passwords
        self._box = box
        self._limits = limits
        self.attempts = Attempts(pool, limits)

    async def known_account(self, username: str) -> UUID | None:
        """Whose account name this is, for the audit only: no answer depends on it."""
        async with self._pool.connection() as connection:
            account = await account_by_username(connection, folded(username))
        return None if account is None else account.id

    async def prove(self, username: str, password: str, code: str | None, now: datetime) -> Proven:
        """Check a sign-in. Raises Forbidden `sign-in-failed` or `sign-in-locked`; the try is counted."""
        name = folded(username)
        async with self.attempts.attempt(name, now) as attempt:
            async with self._pool.connection() as connection:
                account = await account_by_username(connection, name)
            checked = await self._passwords.check(account.password_hash if account else None, password)
            if account is None or not checked.right or not account.active:
                _fail(attempt)
            step: int | None = None
            if code:
                step = self._step(account, account.totp_secret, code, now)
                if step is None:
                    _fail(attempt)
            attempt.complete = account.totp_secret is None or step is not None
            return Proven(account, checked.rehash, step)

    async def open(self, tx: Connection, proven: Proven, replaces: UUID | None, now: datetime) -> tuple[str, UUID]:
        """Open a session and end the one it replaces on this PC. Returns the token and the session's id.

        Raises Forbidden when the code was spent meanwhile; nothing is opened then.
        """
        account = proven.account
        if proven.step is not None and not await spend(tx, account.id, proven.step):
            raise _failed()
        if proven.rehash is not None:
            await execute(
                tx,
                queries["rehash"],
                {"account_id": account.id, "fresh": proven.rehash, "old": account.password_hash},
            )
        if replaces is not None:
            await execute(tx, queries["end_session"], {"session_id": replaces, "now": now, "reason": "switched"})
        token, session_id = new_token(), uuid4()
        await execute(
            tx,
            queries["open_session"],
            {
                "id": session_id,
                "account_id": account.id,
                "digest": digest(token),
                "csrf_token": new_token(),
                "organization_id": account.organization_id,
                "now": now,
                "expires_at": now + self._limits.shift,
                "second_factor_at": None if proven.step is None else now,
            },
        )
        return token, session_id

    async def confirm_password(
        self,
        account_id: UUID,
        password: str,
        now: datetime,
        *,
        second_factor: bool,
    ) -> AccountRow:
        """Check the password of somebody signed in (unlocking, signing, changing it).

        second_factor: this session has proved it. Without it a right password does not make the count begin anew:
        else a known password would buy any number of guesses at the code.
        Raises Forbidden `password-wrong` or `sign-in-locked`; the try is counted with the sign-ins.
        """
        account = await self._account(account_id)
        async with self.attempts.attempt(account.username, now) as attempt:
            checked = await self._passwords.check(account.password_hash, password)
            if not checked.right or not account.active:
                attempt.failed = True
                raise Forbidden(
                    "password-wrong",
                    "密码不正确。未作任何改动，草稿已保留。",
                    "The password is not right. Nothing was changed, drafts are kept.",
                )
            attempt.complete = second_factor or account.totp_secret is None
        return account

    async def confirm_signature(self, principal: Principal, password: str, now: datetime) -> None:
        """Ask for the password again at a signature; call it before the transaction that signs.

        It commits its count of failures on its own connection, so it must not run inside that transaction.
        Raises Forbidden `password-wrong` or `sign-in-locked`.
        """
        proved = principal.second_factor_at is not None
        await self.confirm_password(principal.account_id, password, now, second_factor=proved)

    async def prove_second_factor(self, principal: Principal, code: str, now: datetime) -> tuple[int, bytes | None]:
        """Check a code of this account. Returns the step, and the sealed secret it proves if that was only offered.

        Raises Forbidden `code-wrong` or `sign-in-locked`; Conflict when no authenticator was ever offered.
        """
        account = await self._account(principal.account_id)
        sealed = account.totp_secret or account.totp_pending
        if sealed is None:
            raise Conflict(
                "no-authenticator",
                "尚未绑定动态口令。请先扫描二维码绑定。",
                "No authenticator is bound yet. Scan the code first.",
            )
        async with self.attempts.attempt(account.username, now) as attempt:
            step = self._step(account, sealed, code, now)
            if step is None:
                attempt.failed = True
                raise code_wrong()
            attempt.complete = True
        return step, None if account.totp_secret else sealed

    async def admit_second_factor(
        self,
        tx: Connection,
        principal: Principal,
        step: int,
        offered: bytes | None,
        now: datetime,
    ) -> None:
        """Spend the step and note the proof in the session. Raises Forbidden when the code was spent meanwhile."""
        if offered is None:
            accepted = await spend(tx, principal.account_id, step)
        else:
            params = {"account_id": principal.account_id, "sealed": offered, "step": step}
            accepted = await execute(tx, queries["adopt_totp"], params) == 1
            await append(tx, "account.changed", principal.account_id, ["admin"])
        if not accepted:
            raise code_wrong()
        await execute(tx, queries["prove_second_factor"], {"session_id": principal.session_id, "now": now})

    async def offer_second_factor(self, principal: Principal, password: str, now: datetime) -> tuple[str, AccountRow]:
        """Make a new secret for an account that has none yet; the first code will adopt it.

        Raises Conflict when one is bound already: only the security administrator resets it.
        """
        proved = principal.second_factor_at is not None
        account = await self.confirm_password(principal.account_id, password, now, second_factor=proved)
        if account.totp_secret is not None:
            raise Conflict(
                "authenticator-bound",
                "该账号已绑定动态口令；如需更换请联系安全管理员重置。",
                "An authenticator is bound already; ask the security administrator to reset it.",
            )
        return new_secret(), account

    async def keep_offer(self, tx: Connection, account_id: UUID, secret: str) -> None:
        await execute(
            tx, queries["offer_totp"], {"account_id": account_id, "sealed": self._box.seal(secret, account_id)}
        )

    async def new_password(self, row: SessionRow, old: str, new: str, now: datetime) -> str:
        """Check a change of password and return the new hash. Raises Forbidden or Invalid; nothing was changed."""
        await self.confirm_password(row.account_id, old, now, second_factor=row.second_factor_at is not None)
        if old == new:
            raise Invalid("password-same", "新密码不能与原密码相同。", "The new password must differ from the old one.")
        return await self.hash_new(new, row.username)

    async def hash_new(self, password: str, username: str) -> str:
        """Return the hash of a password that is good enough. Raises Invalid `password-weak`."""
        flaw = weakness(password, username)
        if flaw is not None:
            raise Invalid("password-weak", flaw.zh, flaw.en)
        return await self._passwords.hash(password)

    def sealed(self, secret: str, account_id: UUID) -> bytes:
        return self._box.seal(secret, account_id)

    async def _account(self, account_id: UUID) -> AccountRow:
        async with self._pool.connection() as connection:
            account = await account_by_id(connection, AccountId(account_id))
        if account is None:
            raise LookupError("a session without its account")
        return account

    def _step(self, account: AccountRow, sealed: bytes | None, code: str, now: datetime) -> int | None:
        if sealed is None:
            return None
        return matching_step(self._box.open(sealed, account.id), code, now)


async def spend(tx: Connection, account_id: UUID, step: int) -> bool:
    """Accept a time step if no later or equal one was accepted before (RFC 6238 section 5.2)."""
    return await execute(tx, queries["spend_totp_step"], {"account_id": account_id, "step": step}) == 1


def code_wrong() -> Forbidden:
    return Forbidden(
        "code-wrong",
        "动态口令不正确或已使用，请等待下一个口令。",
        "The one-time code is not right or was used already; wait for the next one.",
    )


def _failed() -> Forbidden:
    return Forbidden(
        "sign-in-failed",
        "账号、密码或动态口令不正确。",
        "The account name, password or one-time code is not right.",
    )


def _fail(attempt: Attempt) -> NoReturn:
    attempt.failed = True
    raise _failed()
