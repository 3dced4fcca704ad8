"""质量 in the browser: an issue reaches the site, a failed round suspends, a withdrawal is looked back on."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from playwright.sync_api import Locator, Page, expect

from .browser import DESK, People
from .pages import chest_film

CHEST = "胸部正位 DR"
COUNTY = timezone(timedelta(hours=8))


def _declined_for_its_quality(people: People) -> None:
    """A physician of 青石 asks before ordering and declines the film: 图像质量不达标."""
    with people.context(people.stack.account("requester", organization="青石"), size=DESK) as context:
        page = context.new_page()
        lines = [one["line"] for one in page.request.get("/api/site/reports").json()["items"]]
        report = chest_film(lines)
        page.goto(f"/patients/{report['patient_id']}/order-check")
        page.get_by_role("combobox", name="申请项目").fill("胸部正位")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        page.locator("article.card").wait_for()
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="不互认的原因")
        dialog.get_by_text("图像质量不达标").click()
        dialog.get_by_role("button", name="不互认").click()
        expect(dialog).to_have_count(0)


def _begin(page: Page, member: str) -> Locator:
    page.keyboard.press("n")
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("机构", exact=False).first.select_option(label=member)
    return dialog


def _item(dialog: Locator, name: str) -> None:
    box = dialog.get_by_role("textbox", name="项目")
    box.fill(name)
    expect(dialog.get_by_role("button", name=name, exact=True)).to_be_visible()
    box.press("Enter")


def test_an_issue_reaches_the_site_a_failure_suspends_and_a_withdrawal_is_looked_back_on(people: People) -> None:
    _declined_for_its_quality(people)
    today = datetime.now(COUNTY).date()
    with people.context(people.stack.account("quality-officer"), size=DESK) as context:
        page = context.new_page()
        page.goto("/quality/issues")
        expect(page.get_by_role("heading", name="图像质量不达标")).to_be_visible()
        page.keyboard.press("y")
        page.get_by_role("dialog").get_by_role("button", name="确认属实").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator(".detail")).to_contain_text("确认属实")

        page.get_by_role("link", name="质量评价").click()
        page.get_by_role("grid", name="记录").locator("tbody [role='row']").first.wait_for()
        dialog = _begin(page, "龙安联合医学检验所")
        dialog.get_by_label("质评计划").fill("常规化学室间质量评价(演示)")
        dialog.get_by_label("轮次", exact=False).first.fill("第 3 次")
        dialog.get_by_label("周期开始").fill((today - timedelta(days=30)).isoformat())
        dialog.get_by_label("周期结束").fill((today - timedelta(days=3)).isoformat())
        dialog.get_by_label("公布日期").fill(today.isoformat())
        dialog.get_by_label("结果").select_option("fail")
        _item(dialog, "糖化血红蛋白")
        dialog.get_by_role("button", name="预览后果").click()
        expect(dialog.locator("tbody tr")).to_have_count(1)
        expect(dialog.locator("tbody tr")).to_contain_text("暂停")
        dialog.get_by_role("button", name="确认登记").click()
        expect(dialog).to_have_count(0)

        dialog = _begin(page, "青石镇中心卫生院")
        dialog.get_by_label("类别").first.select_option("ruling")
        # an agreement is named by its range, its first day and the first of its items
        agreement = dialog.get_by_label("质评计划").locator("option", has_text="DR")
        agreement.first.wait_for(state="attached")
        radiographs = agreement.first.get_attribute("value")
        dialog.get_by_label("质评计划").select_option(radiographs)
        dialog.get_by_label("日期", exact=False).first.fill(today.isoformat())
        dialog.get_by_label("追溯至").fill((today - timedelta(days=60)).isoformat())
        _item(dialog, CHEST)
        dialog.get_by_role("button", name="预览后果").click()
        expect(dialog.locator("tbody tr")).to_contain_text("撤销")
        expect(dialog.get_by_text("项依据该资格的决定须追溯核查")).to_be_visible()
        dialog.get_by_role("button", name="确认登记").click()
        expect(dialog).to_have_count(0)

        page.get_by_role("link", name="追溯核查").click()
        tasks = page.get_by_role("grid", name="依据该资格的决定")
        declined = tasks.locator("tbody [role='row']", has_text="不互认 T2").first
        declined.click()
        page.keyboard.press("y")
        dialog = page.locator("dialog[open]")
        dialog.get_by_text("无影响").click()
        dialog.get_by_role("button", name="记录").click()
        expect(dialog).to_have_count(0)
        expect(declined).to_contain_text("已核查")

    with people.context(people.stack.account("technician", organization="青石"), size=DESK) as context:
        page = context.new_page()
        page.goto("/quality/issues")
        expect(page.get_by_role("heading", name="图像质量不达标")).to_be_visible()
        page.keyboard.press("h")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("textbox").fill("已重新培训摆位")
        dialog.get_by_role("button", name="已处理").click()
        expect(dialog).to_have_count(0)
        expect(page.locator(".detail")).to_contain_text("已重新培训摆位")
