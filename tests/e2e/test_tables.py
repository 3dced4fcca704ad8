"""检验表导入 in the browser: looked at, mended, imported without the faulty lines, and what was kept apart."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.sync_api import FilePayload, Route, expect

from .browser import DESK, People

HEADER = "报告号,姓名,性别,项目代码,代码系统,项目名称,结果,单位,状态"
SUGAR = "{run},苗玉珍,女,2345-7,LN,葡萄糖,{value},mmol/L,最终"
WRONG_UNIT = "{run}-2,苗玉珍,女,2345-7,LN,葡萄糖,5.60,U/L,最终"
WRONG_STATUS = "{run}-3,苗玉珍,女,2345-7,LN,葡萄糖,5.60,mmol/L,好"


def _table(run: str, *lines: str, value: str = "5.60") -> FilePayload:
    """Return a table as a laboratory's Windows writes it: GB 18030, and called Excel's by the system."""
    text = "\r\n".join([HEADER, *lines]).format(run=run, value=value)
    return {"name": "检验.csv", "mimeType": "application/vnd.ms-excel", "buffer": text.encode("gb18030")}


def test_a_table_is_looked_at_mended_and_imported_by_keyboard(people: People) -> None:
    run = f"E2E-{uuid4().hex[:8]}"
    with people.context(people.stack.account("technician", organization="青石"), size=DESK) as context:
        page = context.new_page()
        page.goto("/exchange")
        expect(page).to_have_url(re.compile("/exchange/tables$"))
        page.locator(".which li").first.wait_for()

        mixed = _table(run, SUGAR, WRONG_UNIT, WRONG_STATUS)
        field = page.locator("input[type='file']")
        field.evaluate("one => one.addEventListener('click', () => (one.dataset.asked = 'yes'), { once: true })")
        page.keyboard.press("o")
        expect(field).to_have_attribute("data-asked", "yes")
        field.set_input_files(mixed)
        faults = page.get_by_role("grid", name="错误")
        expect(faults.locator("tbody [role='row']")).to_have_count(1)
        expect(faults.locator("tbody [role='row']").first).to_contain_text("4状态不认识的状态")
        summary = page.get_by_role("region", name="预览结果")
        expect(summary).to_contain_text("1 处错误")
        expect(summary).to_contain_text("1 项须人工核对")
        expect(summary.get_by_role("button", name="导入")).to_be_disabled()

        summary.get_by_label("错误行不导入").check()
        page.keyboard.press("Control+Enter")
        done = page.get_by_role("region", name="已导入")
        expect(done).to_contain_text("已入库 1 项结果")
        expect(done).to_contain_text("1 项未入库")
        newest = page.get_by_label("最近导入").locator("tbody tr").first
        expect(newest).to_contain_text("1 项待处理")
        page.locator(".segments label", has_text="须核对").click()
        expect(page.get_by_role("grid", name="须核对").locator("tbody [role='row']")).to_contain_text("单位与项目不符")

        # the same bytes once more: told before anything is sent to be stored
        field.set_input_files(mixed)
        expect(page.get_by_role("region", name="预览结果")).to_contain_text("已导入过")

        # the line goes in the middle of a look: the file stays, and is looked at when it is back
        def away(route: Route) -> None:
            route.abort()

        page.route("**/api/laboratory/tables/preview*", away)
        field.set_input_files(_table(run, SUGAR, value="5.70"))
        page.get_by_role("alert").first.wait_for()
        page.unroute("**/api/laboratory/tables/preview*", away)
        page.get_by_role("button", name="重试").click()
        expect(page.get_by_role("region", name="预览结果")).to_contain_text("没有错误，可以导入")

        page.goto("/quarantine/laboratory")
        expect(page.get_by_role("grid").locator("tbody [role='row']").first).to_contain_text("单位与项目不符")
