"""Accounts as the security administrator sees them, and how the very first ones come to be."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
import psycopg.errors

from telemed.access.policy import ADMINISTRATORS, together
from telemed.access.sessions import Limits, digest, folded, new_token
from telemed.access.store import county_day, queries, roles_of
from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from telemed.db import Connection, Pool, execute, fetch_one
from telemed.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from telemed.events.log import append
from telemed.vocabulary import AccountId, Action, Role, Scope

# One-time passwords are read out on the phone: no letters or digits that look alike.
READABLE = "abcdefghjkmnpqrstuvwxyz"
READABLE_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
READABLE_DIGITS = "23456789"


class _Person(msgspec.Struct):
    practitioner_id: UUID
    name: str
    organization_id: UUID
    active: bool
    has_account: bool


class _AccountPerson(msgspec.Struct):
    id: UUID
    username: str
    active: bool
    practitioner_id: UUID
    organization_id: UUID


class _Id(msgspec.Struct):
    id: UUID


class _Found(msgspec.Struct):
    found: bool


@dataclass(frozen=True, slots=True)
class FirstPerson:
    """One of the first three administrators."""

    role: Role
    name: str
    username: str
    password_hash: str


def one_time_password() -> str:
    """About 70 bits in four groups, with letters, capitals and digits in each: it passes the rule for passwords."""
    groups = [
        secrets.choice(READABLE_CAPITALS)
        + secrets.choice(READABLE)
        + secrets.choice(READABLE_DIGITS)
        + secrets.choice(READABLE)
        for _ in range(4)
    ]
    return "-".join(groups)


async def create_account(
    tx: Connection,
    practitioner_id: UUID,
    username: str,
    password_hash: str,
    *,
    must_change: bool,
    now: datetime,
) -> AccountId:
    """Open an account for a person of the directory.

    Raises Invalid for a name that cannot be one, Conflict when it is taken or the person has an account already.
    """
    name = folded(username)
    if not 2 <= len(name) <= 64 or any(character.isspace() for character in name):
        raise Invalid(
            "username-malformed",
            "账号为 2 至 64 个字符，不含空格。",
            "An account name has 2 to 64 characters and no spaces.",
        )
    account_id = AccountId(uuid4())
    try:
        async with tx.transaction():
            await execute(
                tx,
                queries["create_account"],
                {
                    "id": account_id,
                    "practitioner_id": practitioner_id,
                    "username": name,
                    "hash": password_hash,
                    "now": now,
                    "must_change": must_change,
                },
            )
    except psycopg.errors.UniqueViolation as error:
        raise _taken(error) from error
    await append(tx, "account.changed", account_id, ["admin"])
    return account_id


def _taken(error: psycopg.errors.UniqueViolation) -> DomainError:
    if error.diag.constraint_name == "account_one_per_practitioner":
        return Conflict("account-exists", "该人员已有账号。", "This person already has an account.")
    return Conflict("username-taken", "该账号名已被使用，请换一个。", "This account name is taken; choose another.")


async def person_for_account(tx: Connection, practitioner_id: UUID, scope: Scope) -> None:
    """Raises NotFound for a person outside the scope, Conflict for one who is no longer active."""
    row = await fetch_one(tx, queries["person"], {"practitioner_id": practitioner_id}, _Person)
    if row is None or not scope.admits(row.organization_id):
        raise NotFound("unknown-person", "找不到该人员。", "There is no such person.")
    if not row.active:
        raise Conflict("person-inactive", "该人员已停用。", "This person is no longer active.")


async def find_account(tx: Connection, account_id: UUID, scope: Scope) -> _AccountPerson:
    """Raises NotFound for an account outside the scope."""
    row = await fetch_one(tx, queries["person_of_account"], {"account_id": account_id}, _AccountPerson)
    if row is None or not scope.admits(row.organization_id):
        raise NotFound("unknown-account", "找不到该账号。", "There is no such account.")
    return row


async def set_roles(
    tx: Connection,
    account: _AccountPerson,
    wanted: frozenset[tuple[Role, UUID]],
    by: UUID,
) -> None:
    """Give and take roles so that exactly `wanted` is held.

    Raises Forbidden when two of the three administrators would meet in one person, or when a person changes the own
    roles; Invalid for an unknown organisation.
    """
    if account.practitioner_id == by:
        raise Forbidden(
            "own-roles",
            "不能修改自己的角色，请由另一位安全管理员操作。",
            "Nobody changes their own roles; another security administrator has to.",
        )
    refused = together([role for role, _ in wanted])
    if refused is not None:
        raise refused
    held = await roles_of(tx, account.practitioner_id)
    person: Mapping[str, UUID] = {"practitioner_id": account.practitioner_id}
    try:
        async with tx.transaction():
            for role, organization_id in sorted(held - wanted):
                await execute(tx, queries["remove_role"], {**person, "organization_id": organization_id, "role": role})
            for role, organization_id in sorted(wanted - held):
                await execute(tx, queries["add_role"], {**person, "organization_id": organization_id, "role": role})
    except psycopg.errors.CheckViolation as error:
        # Another administrator gave the second role at the same moment; the constraint saw it first.
        raise together(ADMINISTRATORS) or error from error
    except psycopg.errors.ForeignKeyViolation as error:
        raise Invalid("unknown-organization", "机构不存在。", "There is no such organisation.") from error
    await append(tx, "account.changed", account.id, ["admin"])


async def create_admin(tx: Connection, organization_id: UUID, person: FirstPerson, now: datetime) -> AccountId:
    """Make a person, an account and one of the three administrator roles. The password was chosen by that person."""
    if person.role not in ADMINISTRATORS:
        raise ValueError("create_admin makes system, security and audit administrators only")
    practitioner_id = uuid4()
    await execute(
        tx,
        queries["create_practitioner"],
        {"id": practitioner_id, "organization_id": organization_id, "name": person.name, "title": ""},
    )
    await execute(
        tx,
        queries["add_role"],
        {"practitioner_id": practitioner_id, "organization_id": organization_id, "role": person.role},
    )
    return await create_account(
        tx,
        practitioner_id,
        person.username,
        person.password_hash,
        must_change=False,
        now=now,
    )


def on_terminal(command: str, now: datetime, role: Role | None = None, account_id: AccountId | None = None) -> AuditRow:
    """The audit row of `telemed admin COMMAND`: somebody at the server's own terminal, who has no account yet."""
    return AuditRow(
        at=now,
        action=Action.ACCOUNT_MANAGE,
        outcome="success",
        entities=() if account_id is None else (Entity("account", account_id),),
        detail={"route": f"telemed admin {command}"} | ({} if role is None else {"role": role.value}),
    )


async def first_organization(tx: Connection, *, code: str, name: str, kind: str, now: datetime) -> UUID:
    """The organisation the first administrators belong to, a member of the community from today."""
    row = await fetch_one(
        tx,
        queries["first_organization"],
        {"code": code, "name": name, "name_en": "", "kind": kind},
        _Id,
    )
    if row is None:
        raise LookupError("an upsert returned nothing")
    await execute(tx, queries["join_community"], {"organization_id": row.id, "today": county_day(now)})
    return row.id


async def create_setup_link(pool: Pool, now: datetime, limits: Limits | None = None) -> str:
    """Return the secret of a one-time link for the first administrators; older unused links become void.

    The caller shows it as `/setup#SECRET`: a fragment never reaches a log.
    Raises Conflict when the county has a system administrator already.
    """
    token = new_token()
    async with pool.transaction() as tx:
        await _refuse_if_administered(tx)
        await execute(tx, queries["retire_setup_links"], {})
        await execute(
            tx,
            queries["create_setup_link"],
            {"digest": digest(token), "now": now, "expires_at": now + (limits or Limits()).setup_link},
        )
        await record(tx, on_terminal("link", now))
    return token


async def spend_setup_link(tx: Connection, token: str, now: datetime) -> None:
    """Use a link. Raises Forbidden when it is unknown, used or too old, all in the same words."""
    if await execute(tx, queries["spend_setup_link"], {"digest": digest(token), "now": now}) != 1:
        raise Forbidden(
            "setup-link-void",
            "该设置链接无效、已使用或已过期。请在服务器上重新生成。",
            "This set-up link is void, used or expired. Make a new one on the server.",
        )
    await _refuse_if_administered(tx)


async def _refuse_if_administered(tx: Connection) -> None:
    found = await fetch_one(tx, queries["administrators_exist"], {}, _Found)
    if found is not None and found.found:
        raise Conflict(
            "already-set-up",
            "系统管理员已存在。请由现有管理员新增账号。",
            "There is a system administrator already; ask them for an account.",
        )
