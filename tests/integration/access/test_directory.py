"""Organisations, staff and devices through the server."""

from __future__ import annotations

from typing import Any

import pytest

from telemed.directory.store import SEEN_KEPT, devices_snapshot, note_seen, touch_device
from telemed.vocabulary import Role

AS_READ = ("revision", "name", "name_en", "parent_id", "phone", "level", "region", "groups", "active")


@pytest.fixture
async def admin(county: Any):
    pc = county.browser()
    await pc.sign_in(await county.person("sysadmin", Role.SYSTEM_ADMIN))
    return pc


async def test_a_township_is_added_and_is_a_member_from_today(county: Any, admin: Any):
    made = await admin.call(
        "POST",
        "/api/organizations",
        {"code": "township-2", "name": "沙河乡卫生院", "kind": "township-hospital"},
    )
    assert made.status == 201
    assert made.body["member"] is True
    assert made.body["member_since"] == "2026-11-23"
    taken = await admin.call(
        "POST",
        "/api/organizations",
        {"code": "township-2", "name": "别院", "kind": "township-hospital"},
    )
    assert (taken.status, taken.code) == (409, "code-taken")


async def test_leaving_the_community_ends_what_its_readers_see(county: Any, admin: Any):
    reader = county.browser()
    await reader.sign_in(await county.person("liudefu", Role.AUTHOR))
    seen = {one["code"] for one in (await reader.call("GET", "/api/organizations")).body["items"]}
    assert seen == {"hospital-1", "township-1", "clinic-1"}
    everything = {one["code"]: one for one in (await admin.call("GET", "/api/organizations")).body["items"]}
    assert set(everything) == {"hospital-1", "township-1", "clinic-1", "outside-1"}
    township = everything["township-1"]
    change = {name: township[name] for name in AS_READ}
    path = f"/api/organizations/{township['id']}"
    left = await admin.call("PUT", path, change | {"member": False})
    assert left.body["member"] is False
    assert {one["code"] for one in (await reader.call("GET", "/api/organizations")).body["items"]} == {
        "hospital-1",
        "clinic-1",
    }
    stale = await admin.call("PUT", path, change | {"member": True})
    assert (stale.status, stale.code) == (409, "changed-meanwhile")
    back = await admin.call("PUT", path, change | {"member": True, "revision": left.body["revision"]})
    assert back.body["member"] is True


async def test_level_region_and_groups_are_kept_as_entered(county: Any, admin: Any):
    (one,) = [one for one in (await admin.call("GET", "/api/organizations")).body["items"] if one["code"] == "clinic-1"]
    assert (one["level"], one["region"], one["groups"]) == (None, "", [])
    change = {name: one[name] for name in (*AS_READ, "member")}
    known = {"level": 33, "region": "1301", "groups": ["京津冀"]}
    changed = await admin.call("PUT", f"/api/organizations/{one['id']}", change | known)
    assert {name: changed.body[name] for name in known} == known


@pytest.mark.parametrize(
    "wrong",
    [{"level": 35}, {"level": 24}, {"region": "130"}, {"region": "13\n"}, {"region": "13010001"}, {"groups": [""]}],
)
async def test_a_level_or_region_that_does_not_exist_is_refused(wrong: Any, county: Any, admin: Any):
    new = {"code": "township-2", "name": "沙河乡卫生院", "kind": "township-hospital"}
    assert (await admin.call("POST", "/api/organizations", new | wrong)).status == 422
    assert (await admin.call("POST", "/api/organizations", new)).status == 201


async def test_an_organisation_is_not_below_itself_or_nothing(county: Any, admin: Any):
    (one,) = [one for one in (await admin.call("GET", "/api/organizations")).body["items"] if one["code"] == "clinic-1"]
    change = {name: one[name] for name in (*AS_READ, "member")}
    path = f"/api/organizations/{one['id']}"
    assert (await admin.call("PUT", path, change | {"parent_id": one["id"]})).code == "own-parent"
    unknown = "00000000-0000-0000-0000-000000000001"
    assert (await admin.call("PUT", path, change | {"parent_id": unknown})).code == "unknown-organization"
    assert (await admin.call("PUT", "/api/organizations/nonsense", change | {"parent_id": None})).status == 404


async def test_the_township_sees_its_village_clinics(county: Any):
    pc = county.browser()
    await pc.sign_in(await county.person("wangguilan", Role.TECHNICIAN, at=county.township, enrolled=False))
    async with county.pool.connection() as connection:
        for place, title in ((county.township, "AE_TOWN"), (county.clinic, "AE_CLINIC"), (county.center, "AE_CENTER")):
            await connection.execute("insert into device (organization_id, ae_title) values (%s, %s)", (place, title))
    seen = [one["ae_title"] for one in (await pc.call("GET", "/api/devices")).body["items"]]
    assert sorted(seen) == ["AE_CLINIC", "AE_TOWN"]


async def test_staff_is_entered_with_the_licence_and_others_see_the_name_only(county: Any, admin: Any):
    body = {
        "organization_id": str(county.center),
        "name": "朴哲洙",
        "staff_number": "0017",
        "title": "主治医师",
        "phone": "0455-1234567",
        "licence_number": "110239999000123",
        "licence_category": "临床",
        "licence_scope": "医学影像和放射治疗专业",
        "licence_expires_on": "2030-12-31",
    }
    made = await admin.call("POST", "/api/practitioners", body)
    assert made.status == 201
    assert (await admin.call("POST", "/api/practitioners", body)).code == "staff-number-taken"
    assert (await admin.call("POST", "/api/practitioners", body | {"licence_category": "放射"})).status == 422
    pc = county.browser()
    await pc.sign_in(await county.person("wangguilan", Role.TECHNICIAN, at=county.township, enrolled=False))
    (seen,) = (await pc.call("GET", "/api/practitioners?search=朴")).body["items"]
    assert (seen["name"], seen["title"]) == ("朴哲洙", "主治医师")
    assert (seen["phone"], seen["licence_number"], seen["licence_expires_on"]) == ("", None, None)
    (told,) = (await admin.call("GET", "/api/practitioners?search=0017")).body["items"]
    assert told["licence_number"] == "110239999000123"
    change = body | {"revision": told["revision"], "active": False}
    path = f"/api/practitioners/{told['id']}"
    assert (await admin.call("PUT", path, change)).body["active"] is False
    assert (await admin.call("PUT", path, change)).code == "changed-meanwhile"


async def test_staff_comes_in_pages_without_a_gap(county: Any, admin: Any):
    async with county.pool.connection() as connection:
        for number in range(7):
            await connection.execute(
                "insert into practitioner (organization_id, name) values (%s, %s)",
                (county.center, f"王桂兰{number // 3}"),
            )
    seen, after = [], ""
    while True:
        page = (await admin.call("GET", f"/api/practitioners?limit=2{after}")).body
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(seen) == len(set(seen)) == 8


async def test_a_stranger_is_listed_and_enrolled_with_one_request(county: Any, admin: Any):
    async def knock(title: str, at: str = "10.1.2.3") -> None:
        async with county.pool.transaction() as tx:
            await note_seen(tx, ae_title=title, called_ae="COUNTY", peer_address=at, now=county.clock())

    await knock("DR_ROOM1")
    county.clock.pass_time(minutes=1)
    await knock("DR_ROOM1")
    county.clock.pass_time(minutes=1)
    await knock("OTHER")
    listed = (await admin.call("GET", "/api/devices/seen")).body["items"]
    assert [(one["ae_title"], one["attempts"], one["peer_address"]) for one in listed] == [
        ("OTHER", 1, "10.1.2.3"),
        ("DR_ROOM1", 2, "10.1.2.3"),
    ]
    body = {"organization_id": str(county.township), "ae_title": "DR_ROOM1", "modality": "DX"}
    made = await admin.call("POST", "/api/devices", body)
    assert made.status == 201
    assert [one["ae_title"] for one in (await admin.call("GET", "/api/devices/seen")).body["items"]] == ["OTHER"]
    again = await admin.call("POST", "/api/devices", body)
    assert (again.status, again.code) == (409, "ae-title-taken")
    kinds = "select string_agg(kind, ' ' order by id) from event where kind like 'device.%%'"
    assert await county.one(kinds) == "device.seen device.seen device.enrolled"
    async with county.pool.connection() as connection:
        (entry,) = await devices_snapshot(connection)
        await touch_device(connection, "DR_ROOM1", county.clock())
    assert (entry.ae_title, entry.organization_id, entry.state) == ("DR_ROOM1", county.township, "enrolled")
    change = {name: made.body[name] for name in ("revision", "organization_id", "modality", "name", "default_intent")}
    off = await admin.call("PUT", f"/api/devices/{made.body['id']}", change | {"state": "disabled"})
    assert off.body["state"] == "disabled"
    assert off.body["last_seen_at"] is not None


@pytest.mark.parametrize("title", ["", " ", "SEVENTEEN_LETTERS", "back\\slash", "中文", " LEADING"])
async def test_what_is_no_ae_title_is_refused(county: Any, admin: Any, title: str):
    body = {"organization_id": str(county.township), "ae_title": title}
    assert (await admin.call("POST", "/api/devices", body)).status == 422


async def test_a_flood_of_invented_titles_stays_bounded(county: Any):
    async with county.pool.transaction() as tx:
        await tx.execute(
            "insert into device_seen (ae_title, called_ae, peer_address, last_seen_at)"
            " select 'X' || n, 'COUNTY', '10.0.0.1', %s from generate_series(1, %s) n",
            (county.clock(), SEEN_KEPT),
        )
    county.clock.pass_time(seconds=1)
    async with county.pool.transaction() as tx:
        await note_seen(tx, ae_title="LAST", called_ae="COUNTY", peer_address="10.0.0.2", now=county.clock())
    assert await county.one("select count(*) from device_seen") == SEEN_KEPT
    assert await county.one("select count(*) from device_seen where ae_title = 'LAST'") == 1
