"""上传省平台 in the browser: dead letters are sent again, by oneself and by another; one is given up with a reason."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import expect

from telemed.embedded.postgres import running_dsn

from .browser import DESK, People
from .readings import Hands

#: Signed reports of the demo's day that the platform refused, as the uploader leaves them.
REFUSED = """
insert into report_upload (report_version_id, state, queued_at, next_at, attempts, last_status, last_fault, ended_at)
select id, 'dead', signed_at, signed_at, 1, 422, 'refused-422', now() from report_version
where status = 'final' and id not in (select report_version_id from report_upload) order by signed_at limit %s
returning id
"""


@pytest.fixture
def county_database(people: People) -> psycopg.Connection:
    """The running county's database: it has no provincial platform that could refuse anything."""
    return psycopg.connect(running_dsn(people.stack.state), autocommit=True)


def test_a_dead_letter_is_sent_again_and_another_given_up(people: People, county_database: psycopg.Connection) -> None:
    with county_database as database:
        database.execute("delete from report_upload")
        database.execute(REFUSED, (3,))
    with people.context(people.stack.account("center-head"), size=DESK) as context:
        page = context.new_page()
        page.goto("/exchange/uploads")
        rows = page.get_by_role("grid", name="上传省平台的报告").locator("tbody [role='row']")
        expect(rows).to_have_count(3)
        detail = page.get_by_role("region", name="报告详情")
        expect(detail).to_contain_text("平台拒收：内容不符合要求")
        expect(detail).to_contain_text("共尝试 1 次")

        page.keyboard.press("r")
        expect(rows).to_have_count(2)
        expect(page.get_by_text("2 份待处理 · 1 份上传中")).to_be_visible()

        # what another hand does is told at once, and moves nothing under the pointer
        office = Hands(people, people.stack.account("medical-office"))
        (other, _) = office.get("/api/report-uploads")["items"]
        office.send("POST", f"/api/report-uploads/{other['id']}/retry")
        expect(page.get_by_text("1 项更新")).to_be_visible()
        page.keyboard.press("u")
        expect(rows).to_have_count(1)
        expect(page.get_by_text("1 份待处理 · 2 份上传中")).to_be_visible()

        page.keyboard.press("d")
        dialog = page.get_by_role("dialog", name="放弃上传此报告")
        expect(dialog.get_by_role("button", name="放弃上传")).to_be_disabled()
        dialog.get_by_role("textbox").fill("省平台已由人工补录")
        page.keyboard.press("Control+Enter")
        expect(dialog).to_have_count(0)
        expect(page.get_by_text("没有待处理的报告")).to_be_visible()

        page.locator(".segments label", has_text="已放弃").click()
        expect(rows).to_have_count(1)
        expect(detail).to_contain_text("放弃上传：省平台已由人工补录")
        page.keyboard.press("r")
        expect(rows).to_have_count(0)
