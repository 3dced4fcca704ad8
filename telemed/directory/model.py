"""Organisations, people and devices as the directory tells them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from telemed.vocabulary import Intent, Role

Short = Annotated[str, msgspec.Meta(max_length=100)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
PersonName = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
# `$` alone would let one line feed pass.
AeTitle = Annotated[
    str, msgspec.Meta(pattern=r"^[\x21-\x5B\x5D-\x7E]([\x20-\x5B\x5D-\x7E]{0,14}[\x21-\x5B\x5D-\x7E])?$(?!\n)")
]
# ten times the level plus the class: 33 三级甲等, 22 二级乙等, 20 二级未定等, 34 三级特等
Level = Literal[10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33, 34]
# GB/T 2260, 2, 4 or 6 digits; `$` alone would let one line feed pass.
Region = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{2}){0,3}$(?!\n)")]
Groups = Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=40)]], msgspec.Meta(max_length=20)]
LicenceCategory = Literal["临床", "口腔", "公共卫生", "中医"]


class OrganizationKind(StrEnum):
    LEAD_HOSPITAL = "lead-hospital"  # 牵头医院: reads for the community
    COUNTY_HOSPITAL = "county-hospital"
    MATERNITY = "maternity"  # 妇幼保健院
    TOWNSHIP_HOSPITAL = "township-hospital"  # 乡镇卫生院
    COMMUNITY_HEALTH_CENTER = "community-health-center"  # 社区卫生服务中心
    VILLAGE_CLINIC = "village-clinic"  # 村卫生室
    LABORATORY = "laboratory"
    OUTSIDE_HOSPITAL = "outside-hospital"
    BUREAU = "bureau"  # 卫健局


class DeviceState(StrEnum):
    ENROLLED = "enrolled"
    DISABLED = "disabled"


class Organization(msgspec.Struct, frozen=True):
    """member: of the medical community today.

    level: None where it is not known.  region: GB/T 2260, '' where it is not known.  groups: of regions (京津冀).
    """

    id: UUID
    code: str
    name: str
    name_en: str
    kind: OrganizationKind
    parent_id: UUID | None
    phone: str
    level: Level | None
    region: str
    groups: list[str]
    active: bool
    revision: int
    member: bool
    member_since: date | None


class OrganizationList(msgspec.Struct, frozen=True):
    items: list[Organization]
    next: str | None = None


class NewOrganization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    name: Name
    kind: OrganizationKind
    name_en: Short = ""
    parent_id: UUID | None = None
    phone: Short = ""
    level: Level | None = None
    region: Region = ""
    groups: Groups = []
    member: bool = True


class ChangedOrganization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """revision: as read; somebody else's change meanwhile is Conflict."""

    revision: int
    name: Name
    name_en: Short
    parent_id: UUID | None
    phone: Short
    level: Level | None
    region: Region
    groups: Groups
    active: bool
    member: bool


class RoleAt(msgspec.Struct, frozen=True):
    role: Role
    organization_id: UUID


class Practitioner(msgspec.Struct, frozen=True):
    """licence_*: as printed on the 医师执业证书; told only to who manages the directory, like the phone."""

    id: UUID
    organization_id: UUID
    organization_name: str
    name: str
    staff_number: str
    title: str
    phone: str
    licence_number: str | None
    licence_category: str | None
    licence_scope: str | None
    licence_expires_on: date | None
    active: bool
    revision: int
    roles: list[RoleAt]
    account_id: UUID | None


class PractitionerRow(msgspec.Struct, frozen=True):
    id: UUID
    organization_id: UUID
    organization_name: str
    name: str
    staff_number: str
    title: str
    phone: str
    licence_number: str | None
    licence_category: str | None
    licence_scope: str | None
    licence_expires_on: date | None
    active: bool
    revision: int
    roles: list[dict[str, Any]]
    account_id: UUID | None


class PractitionerQuery(msgspec.Struct, frozen=True):
    """after: `next` of the page before."""

    organization_id: UUID | None = None
    search: Short = ""
    after: UUID | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 200


class PractitionerList(msgspec.Struct, frozen=True):
    items: list[Practitioner]
    next: UUID | None


class NewPractitioner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    organization_id: UUID
    name: PersonName
    staff_number: Short = ""
    title: Short = ""
    phone: Short = ""
    licence_number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None
    licence_category: LicenceCategory | None = None
    licence_scope: Short | None = None
    licence_expires_on: date | None = None


class ChangedPractitioner(NewPractitioner, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """revision: as read; somebody else's change meanwhile is Conflict."""

    revision: int
    active: bool


class Device(msgspec.Struct, frozen=True):
    id: UUID
    organization_id: UUID
    organization_name: str
    ae_title: str
    modality: str
    name: str
    default_intent: Intent
    clock_skew_seconds: int | None
    state: DeviceState
    enrolled_at: datetime
    last_seen_at: datetime | None
    revision: int


class DeviceList(msgspec.Struct, frozen=True):
    items: list[Device]
    next: str | None = None


class NewDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    organization_id: UUID
    ae_title: AeTitle
    modality: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9_ ]{0,16}$(?!\n)")] = ""
    name: Short = ""
    default_intent: Intent = Intent.REQUEST_READING


class ChangedDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """revision: as read; somebody else's change meanwhile is Conflict."""

    revision: int
    organization_id: UUID
    modality: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9_ ]{0,16}$(?!\n)")]
    name: Short
    default_intent: Intent
    state: DeviceState


class DeviceSeen(msgspec.Struct, frozen=True):
    """A stranger that was refused. AE titles as sent."""

    ae_title: str
    called_ae: str
    peer_address: str
    first_seen_at: datetime
    last_seen_at: datetime
    attempts: int


class DeviceSeenList(msgspec.Struct, frozen=True):
    items: list[DeviceSeen]
    next: str | None = None


class DeviceEntry(msgspec.Struct, frozen=True):
    """What the gateway needs to know of one AE title."""

    id: UUID
    ae_title: str
    organization_id: UUID
    modality: str
    default_intent: str
    state: str
