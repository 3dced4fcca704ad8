"""An outside specialist comes in by a one-time link, is let in by a key, sees the same image, and is sent out."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .consultation_pages import account, asked


def _invite(physician: Page) -> str:
    """Fill the form of the room's dialog; return what stands behind the link's `#`."""
    physician.get_by_role("button", name="邀请外院专家").click()
    dialog = physician.get_by_role("dialog")
    for label, said in (
        ("姓名", "陆远"),
        ("所在医院", "省人民医院"),
        ("职称", "主任医师"),
        ("邀请事由", "协助判断心影增大"),
    ):
        dialog.get_by_label(label).fill(said)
    assert axe(physician) == []
    dialog.get_by_role("button", name="生成邀请链接").click()
    link = dialog.get_by_label("邀请链接", exact=True).input_value()
    expect(dialog.locator("li", has_text="陆远").last).to_contain_text("未使用")
    picture(physician, "room-guest-invite")
    dialog.get_by_role("button", name="关闭").click()
    return link.partition("#")[2]


def test_a_guest_comes_in_by_a_link_and_goes_with_it(people: People) -> None:
    with (
        people.context(account(people, "jianghaiyan"), size=WIDE) as physicians,
        people.context(None, locale="en", size=DESK) as outside,
        people.context(None, size=DESK) as elsewhere,
    ):
        physician, guest, other = physicians.new_page(), outside.new_page(), elsewhere.new_page()
        found = complaints(physician)
        physician.goto(f"/rooms/{asked(people, '心影增大').room}")
        expect(physician.locator(".corner.top.right")).to_contain_text("Im 1 / 1")
        expect(physician.get_by_test_id("phase")).to_have_text("已连接")
        secret = _invite(physician)

        guest.goto(f"/guest#{secret}")
        expect(guest.get_by_role("heading", level=2)).to_contain_text("invites you to a remote consultation")
        assert secret not in guest.url
        expect(guest.get_by_role("button", name="Ask to come in")).to_be_disabled()
        guest.get_by_label(re.compile("I will keep what I learn")).check()
        assert axe(guest) == []
        picture(guest, "room-guest-invited-en")
        guest.get_by_role("button", name="Ask to come in").click()
        expect(guest.get_by_test_id("waiting")).to_contain_text("Waiting to be let in")
        assert axe(guest) == []
        picture(guest, "room-guest-waiting-en")

        lobby = physician.get_by_test_id("lobby")
        expect(lobby).to_contain_text("陆远（省人民医院）请求进入会诊室")
        assert axe(physician) == []
        picture(physician, "room-guest-knocks")
        physician.keyboard.press("y")
        expect(guest.get_by_test_id("phase")).to_have_text("Connected")
        expect(guest.locator(".corner.top.right")).to_contain_text("Im 1 / 1")
        leads = guest.get_by_role("link").evaluate_all("links => links.map(one => one.getAttribute('href'))")
        assert [one for one in leads if not one.startswith("#")] == []

        physician.keyboard.press("t")
        physician.keyboard.press("Shift+ArrowRight")
        physician.keyboard.press("f")
        expect(guest.locator(".badge", has_text="Flipped")).to_have_count(1)
        expect(physician.get_by_test_id("see")).to_have_text("看到此图 2/2")
        guest.get_by_role("textbox", name="Message").fill("心影增大，建议复查")
        guest.get_by_role("button", name="Send").click()
        expect(physician.locator(".line .text").last).to_have_text("心影增大，建议复查")
        expect(physician.locator(".line .by").last).to_contain_text("陆远")
        guest.get_by_text("Files 0").click()
        report = {"name": "既往报告.txt", "mimeType": "text/plain", "buffer": "外院 CT：未见异常".encode()}
        guest.locator("input[type='file']").set_input_files(report)  # pyright: ignore[reportArgumentType]
        expect(physician.get_by_text("文件 1")).to_have_count(1)
        assert axe(guest) == []
        picture(guest, "room-guest-inside-en")
        picture(physician, "room-guest-beside")

        # The link works once; a reload of the guest's own page goes on.
        other.goto(f"/guest#{secret}")
        expect(other.get_by_role("alert")).to_contain_text("该链接已使用过")
        assert axe(other) == []
        picture(other, "room-guest-link-used")
        guest.reload()
        expect(guest.get_by_test_id("phase")).to_have_text("Connected")

        physician.get_by_role("button", name="邀请外院专家").click()
        physician.get_by_role("dialog").get_by_role("button", name="撤回").last.click()
        expect(guest.get_by_test_id("out")).to_contain_text("You are no longer in the room", timeout=5000)
        expect(guest.locator(".images")).to_have_count(0)
        picture(guest, "room-guest-out-en")
        assert found == []
