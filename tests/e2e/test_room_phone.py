"""The room on a phone: images on top, everything else below them and one touch away, nothing to push sideways."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .browser import People, axe, complaints, picture
from .consultation_pages import account, asked

PHONE = {"width": 390, "height": 844}
PARTS = {
    "zh-CN": {"标注": "marks", "文件": "files", "会诊纪要": "minutes", "文字交流": "chat", "人员": "people"},
    "en": {"Marks": "marks", "Files": "files", "Minutes": "minutes", "Messages": "chat", "People": "people"},
}


def _fits(page: Page) -> None:
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert (
        page.evaluate("() => { const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth; }") <= 0
    )


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_a_phone_shows_the_images_and_every_part_of_the_room(locale: str, people: People) -> None:
    with people.context(account(people, "qinlan"), locale=locale, size=PHONE) as context:
        page = context.new_page()
        found = complaints(page)
        page.goto(f"/rooms/{asked(people, '心影增大').room}")
        expect(page.locator(".corner.top.right")).to_contain_text("Im ")
        expect(page.get_by_test_id("phase")).to_have_text(re.compile("已连接|Connected"))
        _fits(page)
        images = page.locator(".images").bounding_box()
        assert images is not None
        assert images["width"] == PHONE["width"]
        assert images["y"] + images["height"] <= PHONE["height"]
        picture(page, f"room-phone-{locale}")
        assert axe(page) == []
        bar = page.locator(".parts")
        for name, part in PARTS[locale].items():
            bar.get_by_role("button", name=name, exact=True).click()
            expect(page.locator(f"#room-{part}")).to_be_in_viewport()
            expect(page.locator(".images")).to_be_in_viewport(ratio=0.5)
            _fits(page)
            picture(page, f"room-phone-{part}-{locale}")
        bar.get_by_role("button", name="文字交流" if locale == "zh-CN" else "Messages").click()
        field = page.locator("#room-chat input")
        field.fill("收到。")
        field.press("Enter")
        expect(page.locator("#room-chat .line .text").last).to_have_text("收到。")
        assert found == []
