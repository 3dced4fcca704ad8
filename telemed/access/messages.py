"""What the access routes take and return."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from telemed.access.sessions import Need
from telemed.directory.model import RoleAt
from telemed.vocabulary import Role

Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Code = Annotated[str, msgspec.Meta(min_length=6, max_length=10)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Username = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class SignInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: Username
    password: Password
    totp: str | None = None


class PasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: Password


class CodeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Code


class NewPasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: Password
    new_password: Password


class Me(msgspec.Struct, frozen=True):
    """The signed-in person. needs: open steps before the roles count. actions: what policy grants."""

    name: str
    username: str
    account_id: UUID
    practitioner_id: UUID
    session_id: UUID
    title: str
    roles: list[Role]
    actions: list[str]
    organization_id: UUID
    organization_name: str
    organization_name_en: str
    organization_kind: str
    csrf_token: str
    needs: list[Need]
    locked: bool
    expires_at: datetime
    second_factor_at: datetime | None
    second_factor_until: datetime | None
    lock_after_seconds: int
    server_time: datetime


class Offer(msgspec.Struct, frozen=True):
    """A new second factor to scan: the QR code as an image's data URI, and the secret for typing."""

    secret: str
    uri: str
    qr: str


class Administrator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: Role
    name: Name
    username: Username
    password: Password


class SetupBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Annotated[str, msgspec.Meta(min_length=20, max_length=64)]
    organization_name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    organization_code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    administrators: list[Administrator]


class AccountQuery(msgspec.Struct, frozen=True):
    search: str = ""
    organization_id: UUID | None = None
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100


class AccountItem(msgspec.Struct, frozen=True):
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
    roles: list[RoleAt]
    last_sign_in_at: datetime | None
    locked_until: datetime | None


class AccountList(msgspec.Struct, frozen=True):
    items: list[AccountItem]
    next: str | None


class NewAccountBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    practitioner_id: UUID
    username: Username


class OneTimePassword(msgspec.Struct, frozen=True):
    """Shown once; it must be changed at the first sign-in."""

    account_id: UUID
    username: str
    password: str


class RolesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    roles: Annotated[list[RoleAt], msgspec.Meta(max_length=60)]


class ActiveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    active: bool
