"""互认目录 and 互认资格 over HTTP: documents, versions side by side, who holds what and since when it is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import uuid4

from telemed.recognition import rules_store
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.quality import IssuerDecision, Ruling
from tests.integration.recognition.asking import CHEST, Page, Somebody


async def test_documents_are_listed_with_what_is_not_known_of_them_and_read_item_by_item(page: Page, doctor: Somebody):
    status, body = await doctor.call("GET", "/api/recognition/catalogues")
    assert status == 200
    first, *others = body["items"]
    assert (first["number"], first["in_force"], first["incomplete"]) == ("龙医共体(演示)〔2025〕12号", True, "")
    assert others
    (earlier,) = [one for one in others if one["series"] == first["series"]]
    assert (earlier["number"], earlier["in_force"]) == ("龙医共体(演示)〔2024〕9号", False)
    assert all(one["incomplete"] for one in others if one is not earlier)
    status, detail = await doctor.call("GET", f"/api/recognition/catalogues/{first['id']}")
    assert status == 200
    assert len(detail["items"]) == first["items"]
    chest = next(one for one in detail["items"] if one["key"] == "ct.chest.plain")
    assert (chest["system"], chest["code"]) == (CHEST["system"], CHEST["code"])
    assert (chest["window_days"], chest["anchor"]) == (30, "acquired")
    assert {"encounter_class": "inpatient", "days": 14} in chest["by_encounter"]
    assert (await doctor.call("GET", f"/api/recognition/catalogues/{uuid4()}"))[0] == 404


async def test_two_versions_of_a_document_are_held_against_each_other(page: Page, doctor: Somebody):
    _, body = await doctor.call("GET", "/api/recognition/catalogues")
    new, old = (one for one in body["items"] if one["series"] == body["items"][0]["series"])
    path = f"/api/recognition/catalogues/{new['id']}/difference?before="
    status, found = await doctor.call("GET", path + old["id"])
    assert status == 200
    assert (found["before"]["number"], found["after"]["number"]) == (old["number"], new["number"])
    assert found["same"] + len(found["changed"]) + len(found["added"]) == new["items"]
    assert found["same"] + len(found["changed"]) + len(found["removed"]) == old["items"]
    chest = next(one for one in found["changed"] if one["item"]["key"] == "ct.chest.plain")
    said = {one["name"]: (one["before"], one["after"]) for one in chest["changes"]}
    assert said["window"] == (["14"], ["30"])
    assert said["price"] == (["29800"], ["26000"])
    assert {one["name"] for one in found["head"]} >= {"number", "title", "first-day", "mode", "negative"}
    assert (await doctor.call("GET", path + str(uuid4())))[0] == 404
    assert (await doctor.call("GET", path + "x"))[0] == 422


async def test_the_map_says_what_was_known_at_each_moment_and_why(page: Page, doctor: Somebody):
    county = page.registered.county
    before, then = county.now, county.now + timedelta(days=2)
    fact = IssuerDecision(
        id=str(uuid4()),
        programme=await agreement_of(page),
        item_keys=frozenset({"ct.chest.plain"}),
        ruling=Ruling.WITHDRAW,
        at=then,
        known_from=then,
        retroactive_from=county.now - timedelta(days=10),
    )
    by = county.people["shen"].principal.practitioner_id
    async with county.pool.transaction() as tx:
        await rules_store.record(tx, county.township, fact, by=by, now=then, parameters=read_parameters())

    async def state(**query: datetime) -> str:
        said = "&".join(f"{name}={quote(at.isoformat())}" for name, at in query.items())
        status, body = await doctor.call("GET", f"/api/recognition/grants/map?{said}")
        assert status == 200, body
        assert [one["key"] for one in body["items"]] == ["ct.chest.plain"]
        (field,) = body["fields"]
        assert field["organization_id"] == body["members"][0]["id"] == str(county.township)
        return field["state"]

    past = county.now - timedelta(days=5)
    assert await state(as_of=before, known_at=before) == "active"
    assert await state(as_of=then, known_at=then) == "withdrawn"
    assert await state(as_of=past, known_at=before) == "active"
    assert await state(as_of=past, known_at=then) == "withdrawn"
    path = f"/api/recognition/grants/history?organization={county.township}&item=ct.chest.plain"
    status, body = await doctor.call("GET", f"{path}&known_at={quote(then.isoformat())}")
    assert status == 200
    assert body["item"]["name"] == "胸部 CT 平扫"
    assert {one["state"] for one in body["changes"]} == {"active", "withdrawn"}
    assert body["changes"][0]["known_from"] >= body["changes"][-1]["known_from"]
    named = {one for change in body["changes"] for one in change["evidence"]}
    assert {one["id"] for one in body["evidence"]} == named
    _, earlier = await doctor.call("GET", f"{path}&known_at={quote(before.isoformat())}")
    assert {one["state"] for one in earlier["changes"]} == {"active"}
    for wrong, answer in (
        (f"/api/recognition/grants/history?organization={uuid4()}&item=ct.chest.plain", 404),
        ("/api/recognition/grants/map?as_of=2026-11-01", 422),
        (f"/api/recognition/grants/history?organization={county.township}&item=", 422),
    ):
        assert (await doctor.call("GET", wrong))[0] == answer


async def agreement_of(page: Page) -> str:
    ((number,),) = await page.rows("select id::text from quality_fact where kind = 'agreement'")
    return number


async def test_the_map_of_grants_shows_who_holds_what_and_keeps_to_its_filters(page: Page, doctor: Somebody):
    township = page.registered.county.township
    status, body = await doctor.call("GET", "/api/recognition/grants")
    assert status == 200
    (line,) = body["items"]
    assert body["total"] == 1
    assert (line["organization_id"], line["organization_name"]) == (str(township), "石泉镇卫生院(演示)")
    assert (line["item_name"], line["state"], line["mark"]) == ("胸部 CT 平扫", "active", "")
    for query, found in (
        (f"organization={township}&item=ct.chest.plain&state=active", 1),
        (f"organization={page.registered.county.center}", 0),
        (f"organization={uuid4()}", 0),
        ("item=ct.head.plain", 0),
        ("state=suspended", 0),
    ):
        _, some = await doctor.call("GET", f"/api/recognition/grants?{query}")
        assert (query, some["total"], len(some["items"])) == (query, found, found)
