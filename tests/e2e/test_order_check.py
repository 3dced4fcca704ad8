"""开单核对 in a browser, by keyboard alone: an item typed, what is known of it asked, the answer kept and changed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .browser import DESK, People
from .pages import chest_film


def test_a_chest_film_is_checked_answered_and_quoted_by_keyboard(people: People) -> None:
    account = people.stack.account("requester", organization="青石")
    with people.context(account, size=DESK) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        lines = [one["line"] for one in page.request.get("/api/site/reports").json()["items"]]
        # of the demo's day: nobody doubts whose it is
        report = chest_film(lines)
        page.goto(f"/patients/{report['patient_id']}")
        page.locator(".strip").wait_for()
        page.keyboard.press("o")
        expect(page).to_have_url(re.compile("/order-check$"))
        expect(page.get_by_role("combobox", name="申请项目")).to_be_focused()
        page.keyboard.type("胸部正位")
        expect(page.get_by_role("option", name="胸部正位 DR")).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        card = page.locator("article.card")
        expect(card).to_have_count(1)
        expect(card).to_contain_text("胸部正位 DR")
        expect(card).to_contain_text("青石镇中心卫生院")
        expect(page.get_by_text("互认的是图像和数据，不含诊断结论；由接诊医师综合判断。")).to_be_visible()

        page.keyboard.press("2")
        expect(card.get_by_role("button", name="互认（保留申请）")).to_be_focused()
        page.keyboard.press("Enter")
        expect(card).to_contain_text("已记录：互认，保留申请。")

        page.keyboard.press("3")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="不互认的原因")).to_be_visible()
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(card).to_contain_text("已记录：不互认（病情变化，与临床表现或诊断不符）。")

        card.get_by_role("button", name="撤销不互认…").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="撤销此前的处理")).to_be_visible()
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(card).to_contain_text("已撤销，卡片恢复为未处理。")

        page.keyboard.press("5")
        expect(card.get_by_role("button", name="引用到病历")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("已复制，可粘贴到病历")).to_be_visible()
        copied = page.evaluate("() => navigator.clipboard.readText()")
        assert "青石镇中心卫生院" in copied
        assert "不含诊断结论" in copied


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (
            "zh-CN",
            {
                "note": "登记院外结果…",
                "item": "项目（按报告）",
                "place": "出具机构（按报告）",
                "keep": "登记",
                "list": "院外结果（未核验）",
                "standing": "未核验",
                "back": "撤回院外结果 颅脑 CT",
                "title": "撤回院外结果",
                "gone": "已撤回",
            },
        ),
        (
            "en",
            {
                "note": "Record an outside result…",
                "item": "Item (as printed)",
                "place": "Institution (as printed)",
                "keep": "Record",
                "list": "Outside results (unverified)",
                "standing": "Unverified",
                "back": "Take back the result 颅脑 CT",
                "title": "Take back an outside result",
                "gone": "Taken back",
            },
        ),
    ],
)
def test_an_outside_result_written_down_in_error_is_taken_back_with_its_reason(
    people: People, locale: str, words: dict[str, str]
) -> None:
    account = people.stack.account("requester", organization="青石")
    with people.context(account, size=DESK, locale=locale) as context:
        page = context.new_page()
        lines = [one["line"] for one in page.request.get("/api/site/reports").json()["items"]]
        page.goto(f"/patients/{chest_film(lines)['patient_id']}/order-check")
        page.get_by_role("combobox").first.wait_for()
        page.get_by_role("combobox").first.fill("胸部正位")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        section = page.get_by_role("region", name=words["list"])
        section.get_by_role("button", name=words["note"]).click()
        page.get_by_label(words["item"]).fill("颅脑 CT")
        page.get_by_label(words["place"]).fill("省肿瘤医院")
        page.get_by_role("dialog").get_by_role("button", name=words["keep"], exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        entry = section.get_by_role("listitem").filter(has_text="颅脑 CT").first
        expect(entry).to_contain_text(words["standing"])

        entry.get_by_role("button", name=words["back"]).focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name=words["title"])
        page.keyboard.press("Control+Enter")
        expect(dialog).to_be_visible()  # nothing happens without a reason
        dialog.get_by_role("textbox").fill("登记在错误的患者名下")
        page.keyboard.press("Control+Enter")
        expect(dialog).to_have_count(0)
        gone = section.get_by_role("listitem").filter(has_text="登记在错误的患者名下").first
        expect(gone).to_contain_text(words["gone"])
        expect(gone).to_contain_text(account.name)
        expect(gone.get_by_role("button")).to_have_count(0)
        expect(gone.locator(".printed").first).to_have_css("text-decoration-line", "line-through")
