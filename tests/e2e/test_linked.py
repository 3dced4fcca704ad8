"""A one-time link in a browser without an account: images and report, once, until the reader is done."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .browser import DESK, People
from .facts import Facts
from .pages import known_by, linked_address


def test_a_link_shows_images_and_report_to_one_browser_without_an_account(people: People, facts: Facts) -> None:
    with people.context(people.stack.account("requester", organization="青石"), size=DESK) as context:
        address = linked_address(known_by(context.new_page(), facts))
    with people.context(None, size=DESK) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url))
        page.goto(f"/{address}")
        page.locator(".corner.top").first.wait_for()
        expect(page).to_have_url(re.compile(r"/linked/[0-9a-f-]{36}$"))
        secret = address.partition("#")[2]
        assert not [one for one in asked if secret in one.partition("#")[0]]
        assert [one for one in asked if "/dicom-web/linked/" in one]
        assert not [one for one in asked if "/dicom-web/studies" in one]
        page.get_by_role("button", name="报告").click()
        expect(page.locator("article.sheet")).to_contain_text("青石镇中心卫生院")
        page.reload()
        page.locator(".corner.top").first.wait_for()
        with people.context(None, size=DESK) as elsewhere:
            late = elsewhere.new_page()
            late.goto(f"/{address}")
            expect(late.get_by_text("该链接已被打开过，只能使用一次。")).to_be_visible()
        page.get_by_role("button", name="结束调阅").click()
        expect(page.get_by_text("调阅已结束")).to_be_visible()
        page.reload()
        expect(page.get_by_text("该链接已过有效时间。")).to_be_visible()
