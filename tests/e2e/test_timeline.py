"""The timeline in a browser, by keyboard alone: a system chosen, a course drawn and read, a judgement unfolded."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .browser import DESK, People
from .pages import followed


def _open(page: Page) -> None:
    page.goto(f"/patients/{followed(lambda path: page.request.get(path).json())}")
    page.locator("button.fold").first.wait_for()


def _go_to(page: Page, system: str) -> None:
    """Press s until a system is chosen."""
    chosen = page.locator(".systems button[aria-pressed='true']")
    for _ in range(page.locator(".systems button").count()):
        if system in chosen.inner_text():
            return
        before = chosen.inner_text()
        page.keyboard.press("s")
        expect(chosen).not_to_have_text(before)
    raise AssertionError(f"{system} is no system of this patient")


def test_glucose_of_three_members_is_read_value_by_value_with_the_keyboard(people: People) -> None:
    account = people.stack.account("requester", organization="青石")
    with people.context(account, size=DESK) as context:
        page = context.new_page()
        _open(page)
        rows = page.locator("[role='grid'] [role='row'].row")
        expect(rows.filter(has_text="龙安联合医学检验所").first).to_be_visible()
        expect(rows.filter(has_text="龙安县中医医院").first).to_be_visible()
        expect(rows.filter(has_text="青石镇中心卫生院").first).to_be_visible()
        expect(page.get_by_text("互认的是图像和数据，不含诊断结论；由接诊医师综合判断。")).to_be_visible()

        _go_to(page, "代谢与内分泌")
        expect(rows.filter(has_text="肌酐")).to_have_count(0)
        while "空腹血糖" not in page.locator(".row.selected").inner_text():
            page.keyboard.press("j")
        expect(page.locator(".row.selected")).to_contain_text("可参考")
        expect(page.locator("aside .verdict")).to_contain_text("可参考（鼓励互认）")
        expect(page.locator("aside .verdict")).to_contain_text("原因：结果变化较快")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="变化趋势：空腹血糖")
        chart = dialog.get_by_role("slider")
        expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^7\.42 mmol/L · 高 · .* · 龙安联合医学检验所"))
        chart.focus()
        page.keyboard.press("ArrowLeft")
        expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^7\.88 mmol/L .*龙安县第一人民医院"))
        page.keyboard.press("ArrowLeft")
        expect(chart).to_have_attribute("aria-valuetext", re.compile(r"由 139 mg/dL 换算（× 0\.0555062）"))
        page.keyboard.press("Home")
        expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^23\.10 mmol/L · 危急"))
        expect(dialog.locator("tbody tr.current")).to_contain_text("危急")
        expect(dialog.locator("tbody tr").filter(has_text="已更正")).to_contain_text("9.80")
        expect(dialog.locator(".legend svg")).to_have_count(3)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)

        page.keyboard.press("w")
        expect(page.locator("aside ol.steps")).to_contain_text("互认资格与范围")


def test_haemoglobin_a1c_of_another_scheme_is_told_and_left_out_of_the_curve(people: People) -> None:
    account = people.stack.account("requester", organization="青石")
    with people.context(account, size=DESK) as context:
        page = context.new_page()
        _open(page)
        page.get_by_role("button", name="代谢与内分泌").click()
        page.locator("[role='row']", has_text="糖化血红蛋白").first.click()
        page.keyboard.press("t")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("单位 %")
        dialog.get_by_text("未绘入曲线（1）").click()
        expect(dialog).to_contain_text("62 mmol/mol")
        expect(dialog).to_contain_text("单位之间没有确定的换算关系")


def test_without_the_server_what_is_shown_stays_and_it_is_said_what_failed(people: People) -> None:
    account = people.stack.account("requester", organization="青石")
    with people.context(account, size=DESK) as context:
        page = context.new_page()
        _open(page)
        before = page.locator("[role='grid'] [role='row'].row").count()
        page.route("**/timeline", lambda route: route.abort())
        page.get_by_label("判定所按的就诊类型").select_option("emergency")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator("[role='grid'] [role='row'].row")).to_have_count(before)
        page.unroute("**/timeline")
        page.get_by_role("alert").get_by_role("button").click()
        expect(page.locator("[role='grid']")).to_contain_text("属可复查情形")
