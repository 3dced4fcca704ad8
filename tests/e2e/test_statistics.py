"""统计 in a browser: a sealed month, from a figure to its decisions and their ground, and what is kept and printed."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from .browser import DESK, People, axe


def _last_month(page: Page) -> None:
    page.goto("/statistics")
    page.locator(".lines tbody tr").first.wait_for()
    page.get_by_label("期间").select_option(index=1)
    expect(page.get_by_text("已封存 第 1 版")).to_be_visible()
    page.locator(".lines tbody tr").first.wait_for()


def test_a_figure_leads_to_its_decisions_and_they_to_their_ground(people: People) -> None:
    with people.context(people.stack.account("quality-officer"), size=DESK) as context:
        page = context.new_page()
        _last_month(page)
        headline = page.locator(".headlines").first
        for name in ("互认率", "未答复率", "互认后又做", "净节约费用"):
            expect(headline.get_by_text(name, exact=True)).to_be_visible()
        expect(page.get_by_text("本期没有 ADT 就诊")).to_be_visible()
        shown = headline.get_by_role("button", name=re.compile("^互认率"))
        shown.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("互认率：对应的互认决定")
        dialog.locator("tbody tr").first.wait_for()
        counted = [int(one) for one in dialog.locator("tbody td:nth-child(7)").all_inner_texts()]
        numbers = headline.locator(".first .muted").inner_text()
        assert str(sum(counted)) == numbers.partition(" /")[0]
        dialog.get_by_role("button", name="依据").first.click()
        expect(dialog.locator("pre")).to_contain_text('"engine_version"')
        assert axe(page) == []
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        page.keyboard.press("v")
        expect(page.get_by_role("dialog")).to_contain_text("首次封存")
        page.keyboard.press("Escape")
        page.get_by_label("口径").select_option(label="按医师")
        expect(page.locator(".lines tbody")).to_contain_text("曹德江")


def test_a_table_is_kept_and_the_sheet_printed_without_controls(people: People, tmp_path: Path) -> None:
    with people.context(people.stack.account("quality-officer"), size=DESK) as context:
        page = context.new_page()
        _last_month(page)
        with page.expect_download() as kept:
            page.get_by_role("link", name="导出 CSV").click()
        target = tmp_path / "table.csv"
        kept.value.save_as(target)
        assert "互认率 (%)" in target.read_text("utf-8-sig")
        page.emulate_media(media="print")
        expect(page.locator(".bar").first).to_be_hidden()
        expect(page.locator(".lines")).to_be_visible()


def test_the_bureau_sees_official_figures_and_opens_no_decision(people: People) -> None:
    with people.context(people.stack.account("supervisor"), size=DESK) as context:
        page = context.new_page()
        _last_month(page)
        expect(page.get_by_text("去标识")).to_be_visible()
        expect(page.locator(".headlines").first).not_to_contain_text("净节约费用")
        expect(page.locator("button.figure")).to_have_count(0)
        page.get_by_label("口径").select_option(label="按项目")
        expect(page.get_by_text("例数过少，不显示").first).to_be_visible()
