"""影像链接 in the browser: a link that is looked through is seen by whom it was given to, and ended there and then."""

from __future__ import annotations

from playwright.sync_api import expect

from .browser import DESK, People
from .facts import Facts
from .pages import known_by, linked_address


def test_a_link_that_is_being_looked_through_is_revoked(people: People) -> None:
    requester = people.stack.account("requester", organization="青石")
    with people.context(requester, size=DESK) as context, people.context(None, size=DESK) as elsewhere:
        page = context.new_page()
        page.goto("/exchange/links")
        rows = page.get_by_role("grid", name="已发出的影像链接").locator("tbody [role='row']")
        detail = page.get_by_role("region", name="链接详情")

        address = linked_address(known_by(page, Facts("", 0, "", "")))
        page.reload()
        expect(rows.first).to_contain_text("未打开")

        reader = elsewhere.new_page()
        reader.goto(f"/{address}")
        reader.locator(".corner.top").first.wait_for()
        expect(rows.first).to_contain_text("可查看")  # told by an event, in place
        expect(detail).to_contain_text(requester.name)

        page.keyboard.press("d")
        dialog = page.get_by_role("dialog", name="停用此链接")
        expect(dialog).to_contain_text("立即不能再打开或查看")
        page.keyboard.press("Control+Enter")
        expect(dialog).to_have_count(0)
        page.locator(".segments label", has_text="全部").click()
        expect(rows.first).to_contain_text("已停用")

        number = address.partition("/")[2].partition("#")[0]
        assert reader.request.get(f"/api/linked/{number}").status == 409
