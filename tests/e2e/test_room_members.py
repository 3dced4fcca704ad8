"""A conference of three institutions: a colleague is added, an audience looks on, and who is taken out is out."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .consultation_pages import account, asked


def _enter(page: Page, address: str) -> None:
    page.goto(f"/rooms/{address}")
    expect(page.locator(".corner.top.right")).to_contain_text("Im 1 / 1")
    expect(page.get_by_test_id("phase")).to_have_text(re.compile("已连接|Connected"))


AGREED = "患者本人口头同意，邀请医师在场"


def _find(dialog: Locator, name: str) -> None:
    dialog.get_by_label("姓名或机构").fill(name)
    dialog.get_by_label("姓名或机构").press("Enter")


def _add(physician: Page, name: str, role: str, why: str) -> None:
    """Find somebody, choose the role, say why: by the keyboard alone once the dialog is open."""
    dialog = physician.get_by_role("dialog")
    _find(dialog, name)
    dialog.get_by_role("radio", name=role).focus()
    physician.keyboard.press("Space")
    dialog.get_by_role("radio", name=re.compile(name)).focus()
    physician.keyboard.press("Space")
    if role == "旁听":
        dialog.get_by_label("添加理由").fill(why)
        expect(dialog.get_by_role("button", name="添加", exact=True)).to_be_disabled()  # the patient is asked first
        dialog.get_by_label("患者方如何同意旁听").fill(AGREED)
    dialog.get_by_label("添加理由").fill(why)
    dialog.get_by_label("添加理由").press("Enter")
    expect(dialog.get_by_test_id("members").locator("li", has_text=name)).to_contain_text(why)
    if role == "旁听":
        expect(dialog.get_by_test_id("members").locator("li", has_text=name)).to_contain_text(AGREED)


def test_a_colleague_of_a_third_hospital_marks_and_an_audience_looks_on(people: People) -> None:
    with (
        people.context(account(people, "jianghaiyan"), size=WIDE) as physicians,
        people.context(account(people, "linhuimin"), locale="en", size=DESK) as third,
        people.context(account(people, "gaoyang"), size=DESK) as students,
    ):
        physician, colleague, student = physicians.new_page(), third.new_page(), students.new_page()
        found = complaints(physician)
        colleague.goto("/consultations")
        student.goto("/consultations")
        case = asked(people, "心影增大")
        address = case.room
        _enter(physician, address)
        physician.get_by_role("button", name="添加同事 / 旁听").focus()
        physician.keyboard.press("Enter")

        # Without an agreement nobody of another township is added, and the words say why.
        dialog = physician.get_by_role("dialog")
        _find(dialog, "曹德江")
        expect(dialog.get_by_role("radio", name=re.compile("曹德江"))).to_be_disabled()
        expect(dialog).to_contain_text("不能添加：")
        _add(physician, "林慧敏", "会诊同事", "请肿瘤科同事一起看")
        expect(colleague.get_by_text("You were added to a consultation")).to_be_visible()  # on whatever page they are
        _add(physician, "高洋", "旁听", "教学")
        _find(dialog, "包志刚")
        expect(dialog.get_by_role("radio", name=re.compile("包志刚"))).to_be_enabled()
        assert axe(physician) == []
        picture(physician, "room-members")
        dialog.get_by_role("button", name="关闭").click()

        # Found among what waits for them, also where a list that is looked at holds back what is new.
        colleague.goto("/consultations")
        colleague.get_by_role("row", name=re.compile(re.escape(case.question))).click()
        expect(colleague.get_by_test_id("member")).to_contain_text("You are a colleague in this consultation")
        assert axe(colleague) == []
        picture(colleague, "consultation-colleague-en")
        _enter(colleague, address)
        _enter(student, address)
        expect(student.get_by_test_id("watching")).to_contain_text("您在旁听")
        for name in ("发送", "主讲", "添加同事 / 旁听"):
            expect(student.get_by_role("button", name=name)).to_have_count(0)
        assert student.locator("input[type='file']").count() == 0

        colleague.keyboard.press("t")
        expect(student.locator(".lead")).to_have_text("林慧敏 正在主讲")
        expect(student.get_by_test_id("follow")).to_contain_text("跟随")
        colleague.keyboard.press("f")
        expect(student.locator(".badge", has_text="翻转")).to_have_count(1)
        colleague.get_by_role("textbox", name="Message").fill("建议增强")
        colleague.get_by_role("button", name="Send").click()
        expect(student.locator(".line .text").last).to_have_text("建议增强")
        assert axe(student) == []
        picture(student, "room-audience")
        picture(colleague, "room-colleague-en")

        physician.get_by_role("button", name="添加同事 / 旁听").click()
        physician.get_by_role("button", name="移出 林慧敏").click()
        dialog.get_by_label("移出 林慧敏 的理由").fill("讨论已完成")
        assert axe(physician) == []
        dialog.get_by_label("移出 林慧敏 的理由").press("Enter")
        expect(dialog.locator(".gone li", has_text="林慧敏")).to_contain_text("讨论已完成")
        picture(physician, "room-members-removed")
        dialog.get_by_role("button", name="关闭").click()
        expect(colleague.get_by_test_id("phase")).not_to_have_text("Connected")
        expect(physician.locator("li[data-person]", has_text="林慧敏")).to_have_count(0)
        assert (colleague.request.get(f"{people.stack.url}/api/rooms/{address}")).status == 403
        assert found == []
