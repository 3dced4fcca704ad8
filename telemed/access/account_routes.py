"""Accounts, roles, unlocking and second factors: the security administrator's routes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from telemed.access.accounts import create_account, find_account, one_time_password, person_for_account, set_roles
from telemed.access.messages import (
    AccountItem,
    AccountList,
    AccountQuery,
    ActiveBody,
    NewAccountBody,
    OneTimePassword,
    RolesBody,
)
from telemed.access.sessions import folded
from telemed.access.signin import SignIn
from telemed.access.store import queries
from telemed.db import execute, fetch_all
from telemed.errors import Forbidden
from telemed.events.log import append
from telemed.http.wire import Call, Endpoint, Nothing, RateClass
from telemed.vocabulary import Action, Text


class _Row(msgspec.Struct):
    id: UUID
    username: str
    active: bool
    must_change_password: bool
    totp_enrolled: bool
    password_changed_at: datetime
    practitioner_id: UUID
    name: str
    staff_number: str
    organization_id: UUID
    organization_name: str
    roles: list[dict[str, Any]]
    last_sign_in_at: datetime | None
    locked_until: datetime | None


class AccountRoutes:
    """Handlers over one sign-in."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    async def list(self, call: Call[AccountQuery, Nothing]) -> AccountList:
        query = call.query
        params = {
            "organizations": call.scope.organizations,
            "organization_id": query.organization_id,
            "search": folded(query.search),
            "after": query.after,
            "limit": query.limit + 1,
            "now": call.now,
        }
        async with call.pool.connection() as connection:
            rows = await fetch_all(connection, queries["accounts"], params, _Row)
        items = [msgspec.convert(row, AccountItem, from_attributes=True, strict=False) for row in rows[: query.limit]]
        return AccountList(items, items[-1].username if len(rows) > query.limit else None)

    async def create(self, call: Call[Nothing, NewAccountBody]) -> OneTimePassword:
        password = one_time_password()
        encoded = await self._sign_in.hash_new(password, call.body.username)
        async with call.transaction() as tx:
            await person_for_account(tx, call.body.practitioner_id, call.scope)
            account_id = await create_account(
                tx,
                call.body.practitioner_id,
                call.body.username,
                encoded,
                must_change=True,
                now=call.now,
            )
            call.about("account", account_id)
        return OneTimePassword(account_id, folded(call.body.username), password)

    async def new_password(self, call: Call[Nothing, Nothing]) -> OneTimePassword:
        """A one-time password for somebody who forgot theirs; every session of the account ends."""
        password = one_time_password()
        account_id = call.uuid("id")
        encoded = await self._sign_in.hash_new(password, account_id.hex)
        async with call.transaction() as tx:
            account = await find_account(tx, account_id, call.scope)
            self._not_the_own(call, account_id)
            call.about("account", account.id)
            change = {"account_id": account.id, "now": call.now}
            await execute(tx, queries["set_password"], {**change, "hash": encoded, "must_change": True})
            await execute(tx, queries["end_sessions_of_account"], {**change, "reason": "password", "but": None})
            await append(tx, "account.changed", account.id, ["admin"])
        await self._sign_in.attempts.forget(account.username)
        return OneTimePassword(account.id, account.username, password)

    async def unlock(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            account = await find_account(tx, call.uuid("id"), call.scope)
            call.about("account", account.id)
            await append(tx, "account.changed", account.id, ["admin"])
        await self._sign_in.attempts.forget(account.username)

    async def reset_second_factor(self, call: Call[Nothing, Nothing]) -> None:
        """The person binds a new authenticator at the next sign-in; every session of the account ends."""
        async with call.transaction() as tx:
            account = await find_account(tx, call.uuid("id"), call.scope)
            self._not_the_own(call, account.id)
            call.about("account", account.id)
            change = {"account_id": account.id, "now": call.now}
            await execute(tx, queries["reset_totp"], change)
            await execute(tx, queries["end_sessions_of_account"], {**change, "reason": "password", "but": None})
            await append(tx, "account.changed", account.id, ["admin"])

    async def set_roles(self, call: Call[Nothing, RolesBody]) -> None:
        wanted = frozenset((one.role, one.organization_id) for one in call.body.roles)
        async with call.transaction() as tx:
            account = await find_account(tx, call.uuid("id"), call.scope)
            call.about("account", account.id)
            call.detail["roles"] = " ".join(sorted(f"{role}@{place}" for role, place in wanted))
            await set_roles(tx, account, wanted, call.principal.practitioner_id)

    async def set_active(self, call: Call[Nothing, ActiveBody]) -> None:
        async with call.transaction() as tx:
            account = await find_account(tx, call.uuid("id"), call.scope)
            self._not_the_own(call, account.id)
            call.about("account", account.id)
            change = {"account_id": account.id, "now": call.now}
            await execute(tx, queries["set_account_active"], {**change, "active": call.body.active})
            if not call.body.active:
                await execute(tx, queries["end_sessions_of_account"], {**change, "reason": "disabled", "but": None})
            await append(tx, "account.changed", account.id, ["admin"])

    @staticmethod
    def _not_the_own(call: Call[Any, Any], account_id: UUID) -> None:
        if account_id == call.principal.account_id:
            raise Forbidden(
                "own-account",
                "不能对自己的账号进行此操作，请由另一位安全管理员操作。",
                "Not on your own account; another security administrator has to do it.",
            )


def account_endpoints(sign_in: SignIn) -> list[Endpoint]:
    routes = AccountRoutes(sign_in)
    manage = Action.ACCOUNT_MANAGE
    return [
        Endpoint(
            "GET",
            "/api/accounts",
            manage,
            routes.list,
            Text("账号列表", "Accounts"),
            query=AccountQuery,
            returns=AccountList,
        ),
        Endpoint(
            "POST",
            "/api/accounts",
            manage,
            routes.create,
            Text("新增账号（一次性密码）", "Create an account with a one-time password"),
            body=NewAccountBody,
            returns=OneTimePassword,
            status=201,
            rate=RateClass.NORMAL,
        ),
        Endpoint(
            "POST",
            "/api/accounts/{id}/password",
            manage,
            routes.new_password,
            Text("重置为一次性密码", "Reset to a one-time password"),
            returns=OneTimePassword,
        ),
        Endpoint("POST", "/api/accounts/{id}/unlock", manage, routes.unlock, Text("解除锁定", "Unlock an account")),
        Endpoint(
            "POST",
            "/api/accounts/{id}/second-factor/reset",
            manage,
            routes.reset_second_factor,
            Text("重置动态口令", "Reset the second factor"),
        ),
        Endpoint(
            "PUT",
            "/api/accounts/{id}/roles",
            manage,
            routes.set_roles,
            Text("设置角色", "Set the roles"),
            body=RolesBody,
        ),
        Endpoint(
            "PUT",
            "/api/accounts/{id}/active",
            manage,
            routes.set_active,
            Text("启用或停用账号", "Enable or disable an account"),
            body=ActiveBody,
        ),
    ]
