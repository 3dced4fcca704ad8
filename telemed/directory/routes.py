"""Organisations, staff and devices over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from telemed.directory import store
from telemed.directory.model import (
    ChangedDevice,
    ChangedOrganization,
    ChangedPractitioner,
    Device,
    DeviceList,
    DeviceSeenList,
    NewDevice,
    NewOrganization,
    NewPractitioner,
    Organization,
    OrganizationList,
    Practitioner,
    PractitionerList,
    PractitionerQuery,
)
from telemed.errors import NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.vocabulary import Action, Principal, Scope, ScopeKind, Text

PolicyScope = Callable[[Principal, Action], Scope]


class DirectoryRoutes:
    """Handlers. zone: the county's days. scope: policy, to decide whether licences and phones are told."""

    def __init__(self, zone: ZoneInfo, scope: PolicyScope) -> None:
        self._zone = zone
        self._scope = scope

    async def organizations(self, call: Call[Nothing, Nothing]) -> OrganizationList:
        async with call.pool.connection() as connection:
            return OrganizationList(await store.organizations(connection, call.scope, self._today(call)))

    async def add_organization(self, call: Call[Nothing, NewOrganization]) -> Organization:
        today = self._today(call)
        async with call.transaction() as tx:
            id_ = await store.add_organization(tx, call.body, today)
            call.about("organization", id_)
            return await store.organization(tx, id_, today)

    async def change_organization(self, call: Call[Nothing, ChangedOrganization]) -> Organization:
        id_, today = call.uuid("id"), self._today(call)
        call.about("organization", id_)
        if not call.scope.admits(id_):
            raise NotFound("unknown-organization", "找不到该机构。", "There is no such organisation.")
        async with call.transaction() as tx:
            await store.change_organization(tx, id_, call.body, today)
            return await store.organization(tx, id_, today)

    async def practitioners(self, call: Call[PractitionerQuery, Nothing]) -> PractitionerList:
        async with call.pool.connection() as connection:
            people, following = await store.practitioners(connection, call.scope, call.query)
        return PractitionerList([self._told(call, one) for one in people], following)

    async def add_practitioner(self, call: Call[Nothing, NewPractitioner]) -> Practitioner:
        async with call.transaction() as tx:
            id_ = await store.add_practitioner(tx, call.body)
            call.about("practitioner", id_)
            return await store.practitioner(tx, id_, call.scope)

    async def change_practitioner(self, call: Call[Nothing, ChangedPractitioner]) -> Practitioner:
        id_ = call.uuid("id")
        call.about("practitioner", id_)
        async with call.transaction() as tx:
            await store.practitioner(tx, id_, call.scope)
            await store.change_practitioner(tx, id_, call.body)
            return await store.practitioner(tx, id_, call.scope)

    async def devices(self, call: Call[Nothing, Nothing]) -> DeviceList:
        async with call.pool.connection() as connection:
            return DeviceList(await store.devices(connection, call.scope))

    async def enrol(self, call: Call[Nothing, NewDevice]) -> Device:
        async with call.transaction() as tx:
            id_ = await store.enrol(tx, call.body, call.now)
            call.about("device", id_)
            return await store.device(tx, id_, call.scope)

    async def change_device(self, call: Call[Nothing, ChangedDevice]) -> Device:
        id_ = call.uuid("id")
        call.about("device", id_)
        async with call.transaction() as tx:
            await store.device(tx, id_, call.scope)
            await store.change_device(tx, id_, call.body)
            return await store.device(tx, id_, call.scope)

    async def seen(self, call: Call[Nothing, Nothing]) -> DeviceSeenList:
        async with call.pool.connection() as connection:
            return DeviceSeenList(await store.devices_seen(connection))

    def _today(self, call: Call[Any, Any]) -> Any:
        return call.now.astimezone(self._zone).date()

    def _told(self, call: Call[Any, Any], one: Practitioner) -> Practitioner:
        """Phone and licence are told to who manages the directory or accounts; to others the name is enough."""
        managing = (Action.DIRECTORY_MANAGE, Action.ACCOUNT_MANAGE)
        if any(self._scope(call.principal, action).kind is not ScopeKind.NOWHERE for action in managing):
            return one
        return msgspec.structs.replace(
            one,
            phone="",
            licence_number=None,
            licence_category=None,
            licence_scope=None,
            licence_expires_on=None,
            account_id=None,
        )


def endpoints(zone: ZoneInfo, scope: PolicyScope) -> list[Endpoint]:
    """Every route of the directory. scope: the policy's function."""
    routes = DirectoryRoutes(zone, scope)
    read, manage = Action.DIRECTORY_READ, Action.DIRECTORY_MANAGE
    return [
        Endpoint(
            "GET",
            "/api/organizations",
            read,
            routes.organizations,
            Text("机构列表", "Organisations"),
            returns=OrganizationList,
            audited=False,
        ),
        Endpoint(
            "POST",
            "/api/organizations",
            manage,
            routes.add_organization,
            Text("新增机构", "Add an organisation"),
            body=NewOrganization,
            returns=Organization,
            status=201,
        ),
        Endpoint(
            "PUT",
            "/api/organizations/{id}",
            manage,
            routes.change_organization,
            Text("修改机构", "Change an organisation"),
            body=ChangedOrganization,
            returns=Organization,
        ),
        Endpoint(
            "GET",
            "/api/practitioners",
            read,
            routes.practitioners,
            Text("人员列表", "Staff"),
            query=PractitionerQuery,
            returns=PractitionerList,
        ),
        Endpoint(
            "POST",
            "/api/practitioners",
            manage,
            routes.add_practitioner,
            Text("新增人员", "Add a person"),
            body=NewPractitioner,
            returns=Practitioner,
            status=201,
        ),
        Endpoint(
            "PUT",
            "/api/practitioners/{id}",
            manage,
            routes.change_practitioner,
            Text("修改人员", "Change a person"),
            body=ChangedPractitioner,
            returns=Practitioner,
        ),
        Endpoint(
            "GET",
            "/api/devices",
            Action.DEVICE_READ,
            routes.devices,
            Text("设备列表", "Devices"),
            returns=DeviceList,
        ),
        Endpoint(
            "POST",
            "/api/devices",
            Action.DEVICE_MANAGE,
            routes.enrol,
            Text("注册设备", "Enrol a device"),
            body=NewDevice,
            returns=Device,
            status=201,
        ),
        Endpoint(
            "PUT",
            "/api/devices/{id}",
            Action.DEVICE_MANAGE,
            routes.change_device,
            Text("修改或停用设备", "Change or disable a device"),
            body=ChangedDevice,
            returns=Device,
        ),
        Endpoint(
            "GET",
            "/api/devices/seen",
            Action.DEVICE_MANAGE,
            routes.seen,
            Text("未注册而来连接的设备", "Unknown devices that tried to connect"),
            returns=DeviceSeenList,
        ),
    ]
