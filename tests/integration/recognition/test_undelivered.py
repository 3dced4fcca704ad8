"""Reports the platform did not take, over HTTP: seen without a patient, sent again, given up with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed.cds.report_upload import Answer
from telemed.cds.report_uploading import Uploader, queue
from telemed.vocabulary import Role
from tests.integration.recognition.asking import Page, Somebody


@dataclass
class Letters:
    """The township's chest CT on its way to a platform that answers as it is told."""

    page: Page
    status: int = 422

    async def step(self) -> bool:
        async def send(_key: UUID, _body: Any) -> Answer:
            return Answer(self.status)

        county = self.page.registered.county
        return await Uploader(county.pool, send, lambda: county.now, lambda: 1.0).step()

    async def listed(self, who: Somebody, state: str = "dead") -> list[Any]:
        status, body = await who.call("GET", f"/api/report-uploads?state={state}")
        assert status == 200, body
        return body["items"]

    async def events(self) -> list[str]:
        kinds = await self.page.rows("select kind from event where kind like 'report-upload.%%' order by xid, id")
        return [kind for (kind,) in kinds]


@pytest.fixture
async def letters(page: Page) -> Letters:
    """One report that was refused."""
    county = page.registered.county
    ((reading,),) = await page.rows("select id from reading where study_id = %s", page.registered.study)
    async with county.pool.transaction() as tx:
        await queue(tx, reading, county.now)
    made = Letters(page)
    assert await made.step()
    return made


@pytest.fixture
async def head(page: Page) -> Somebody:
    return await page.hire(Role.CENTER_HEAD, page.registered.county.center)


async def test_a_dead_letter_says_what_why_and_since_when_and_not_whose(letters: Letters, head: Somebody):
    (one,) = await letters.listed(head)
    assert (one["last_fault"], one["last_status"], one["attempts"], one["status"]) == ("refused-422", 422, 1, "final")
    assert one["organization_name"] == "石泉镇卫生院(演示)"
    assert "王桂兰" not in str(one)
    assert "patient_id" not in one
    _, body = await head.call("GET", "/api/report-uploads")
    assert (body["dead"], body["waiting"], body["configured"]) == (1, 0, False)


async def test_it_is_sent_again_and_those_who_look_hear_of_each_step(letters: Letters, head: Somebody):
    (one,) = await letters.listed(head)
    assert (await head.call("POST", f"/api/report-uploads/{one['id']}/retry"))[0] == 204
    assert await letters.listed(head) == []
    assert [row["attempts"] for row in await letters.listed(head, "waiting")] == [0]
    status, problem = await head.call("POST", f"/api/report-uploads/{one['id']}/retry")
    assert (status, problem["code"]) == (409, "upload-not-dead")
    letters.status = 201
    assert await letters.step()
    assert await letters.listed(head, "waiting") == []
    assert await letters.events() == ["report-upload.died", "report-upload.retried", "report-upload.sent"]


async def test_it_is_given_up_only_with_a_reason_and_may_be_sent_again_after_all(letters: Letters, head: Somebody):
    (one,) = await letters.listed(head)
    path = f"/api/report-uploads/{one['id']}/give-up"
    status, problem = await head.call("POST", path, {"note": "  "})
    assert (status, problem["code"]) == (422, "reason-missing")
    assert (await head.call("POST", path, {"note": "省平台已由人工补录"}))[0] == 204
    (given_up,) = await letters.listed(head, "given-up")
    assert given_up["reason"] == "省平台已由人工补录"
    assert given_up["given_up_by_name"]
    assert not await letters.step()
    assert (await head.call("POST", path, {"note": "再次"}))[0] == 409
    assert (await head.call("POST", f"/api/report-uploads/{one['id']}/retry"))[0] == 204
    assert [row["reason"] for row in await letters.listed(head, "waiting")] == [""]
    told = await letters.page.rows("select action from audit_event where action like 'report-upload%%' order by 1")
    assert {action for (action,) in told} >= {"report-upload.give-up", "report-upload.retry", "report-upload.read"}


async def test_all_are_sent_again_at_once(letters: Letters, head: Somebody):
    assert await head.call("POST", "/api/report-uploads/retry") == (200, {"amount": 1})
    assert await head.call("POST", "/api/report-uploads/retry") == (200, {"amount": 0})


async def test_one_of_another_institution_is_not_there(letters: Letters, page: Page, head: Somebody):
    (one,) = await letters.listed(head)
    ((elsewhere,),) = await page.rows(
        "insert into organization (code, name, kind) values ('elsewhere', '邻县医院', 'outside-hospital') returning id"
    )
    stranger = await page.hire(Role.CENTER_HEAD, elsewhere)
    assert await letters.listed(stranger) == []
    for act, body in (("retry", None), ("give-up", {"note": "试"})):
        status, _ = await stranger.call("POST", f"/api/report-uploads/{one['id']}/{act}", body)
        assert status == 404
    assert (await head.call("POST", f"/api/report-uploads/{uuid4()}/retry"))[0] == 404
    assert (await head.call("GET", "/api/report-uploads?state=sent"))[0] == 422
