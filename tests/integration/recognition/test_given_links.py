"""Links that were given out, over HTTP: seen by those whose person or images they are of, and ended by them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from telemed.vocabulary import Role
from tests.integration.recognition.asking import Page, Somebody
from tests.integration.recognition.test_linked import Browser, link_for


async def listed(who: Somebody, *, still_open: bool = True) -> list[Any]:
    status, body = await who.call("GET", f"/api/picture-links?open={str(still_open).lower()}")
    assert status == 200, body
    return body["items"]


async def test_a_link_says_to_whom_it_was_given_for_what_and_when_it_was_used(page: Page, doctor: Somebody):
    given = await link_for(page, doctor)
    (one,) = await listed(doctor)
    assert (one["id"], one["patient_name"], one["client_name"]) == (given.number, "王桂兰", "")
    assert one["organization_name"] == "石泉镇卫生院(演示)"
    assert (one["asker_id"], one["opened_at"]) == (str(page.registered.county.township), None)
    await Browser(page.client).open(given.url)
    (one,) = await listed(doctor)
    assert one["opened_at"] is not None
    assert given.url.partition("#")[2] not in str(one)


async def test_a_link_that_is_revoked_opens_no_more_and_is_told(page: Page, doctor: Somebody):
    given = await link_for(page, doctor)
    browser = Browser(page.client)
    await browser.open(given.url)
    head = await page.hire(Role.CENTER_HEAD, page.registered.county.center)
    assert (await head.call("POST", f"/api/picture-links/{given.number}/revoke"))[0] == 204
    assert (await browser.call("GET", f"/api/linked/{given.number}"))[1]["code"] == "link-revoked"
    status, problem = await head.call("POST", f"/api/picture-links/{given.number}/revoke")
    assert (status, problem["code"]) == (409, "link-over")
    assert await listed(head) == []
    (one,) = await listed(head, still_open=False)
    assert one["revoked_at"] is not None
    kinds = await page.rows("select kind from event where kind like 'picture-link.%%' order by xid, id")
    assert [kind for (kind,) in kinds] == ["picture-link.given", "picture-link.opened", "picture-link.revoked"]
    told = await page.rows(
        "select entities from audit_event where action = 'picture-link.revoke' and outcome = 'success'"
    )
    assert told[0][0][0]["id"] == given.number


async def test_a_link_of_others_is_not_there(page: Page, doctor: Somebody):
    given = await link_for(page, doctor)
    ((elsewhere,),) = await page.rows(
        "insert into organization (code, name, kind) values ('elsewhere', '邻县医院', 'outside-hospital') returning id"
    )
    stranger = await page.hire(Role.REQUESTER, elsewhere)
    assert await listed(stranger, still_open=False) == []
    assert (await stranger.call("POST", f"/api/picture-links/{given.number}/revoke"))[0] == 404
    assert (await doctor.call("POST", f"/api/picture-links/{uuid4()}/revoke"))[0] == 404
