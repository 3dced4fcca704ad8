"""紧急调阅 in the browser: not found, opened by a whole number and a reason, seen, ended, judged."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from .browser import People, axe, complaints
from .stack import Stack

HOME, ELSEWHERE = "青石", "柳河"


def signed_report(people: People, county: Stack) -> dict[str, Any]:
    """A patient of one township with a signed report, the whole number, and the study."""
    with people.context(county.account("requester", organization=HOME)) as context:
        page = context.new_page()
        for one in page.request.get("/api/site/reports").json()["items"]:
            line = one["line"]
            asked = {"X-CSRF-Token": page.request.get("/api/session").json()["csrf_token"]}
            shown = page.request.post(f"/api/patients/{line['patient_id']}/reveal", headers=asked, data={"reason": ""})
            whole = [number["value"] for number in shown.json()["numbers"] if number["kind"] == "national-id"]
            if whole and line["current_version_id"] is not None:
                return line | {"number": whole[0]}
    raise AssertionError("no signed report of a patient with a card")


def ask(page: Page, number: str) -> None:
    """Fill the dialog."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("完整证件号码").fill(number)
    dialog.get_by_label("原因").select_option("cannot-tell")
    dialog.get_by_label("情况说明").fill("车祸昏迷，无家属")
    dialog.get_by_role("button", name="紧急调阅并记录").click()


def test_a_record_elsewhere_is_opened_read_and_shut_and_the_use_is_judged(people: People, county: Stack):
    line = signed_report(people, county)
    with people.context(county.account("requester", organization=ELSEWHERE)) as context:
        page = context.new_page()
        errors = complaints(page)
        page.goto("/patients")
        page.get_by_role("searchbox").fill(line["number"])
        page.keyboard.press("Enter")
        expect(page.get_by_text("没有找到患者")).to_be_visible()
        page.get_by_role("button", name="紧急调阅…").click()
        expect(page.get_by_role("dialog").get_by_label("完整证件号码")).to_have_value(line["number"])
        send = page.get_by_role("button", name="紧急调阅并记录")
        expect(send).to_be_disabled()
        assert axe(page) == []
        ask(page, "110101199003070011")
        expect(page.get_by_text("本医共体内没有该号码的患者")).to_be_visible()
        ask(page, line["number"])
        page.wait_for_url(re.compile(f"/patients/{line['patient_id']}"))
        banner = page.get_by_role("complementary", name="正在紧急调阅的患者")
        expect(banner).to_contain_text(re.compile(r"紧急调阅中，至 \d\d:\d\d，已记录"))
        expect(page.get_by_text("诊断意见")).to_be_visible()
        expect(page.get_by_role("button", name="显示完整号码")).to_have_count(0)
        assert axe(page) == []
        page.goto(f"/reports/{line['current_version_id']}")
        expect(page.locator(".paper")).to_be_visible()
        expect(banner).to_be_visible()
        expect(page.get_by_role("button", name="打印")).to_have_count(0)
        page.goto(f"/images/{line['study_instance_uid']}")
        overlay = page.locator(".corner.top").filter(has_text=line["patient_name"])
        expect(overlay).to_have_count(1)
        banner.get_by_role("button", name="结束调阅").click()
        expect(banner).to_have_count(0)
        expect(overlay).to_have_count(0)
        page.goto(f"/patients/{line['patient_id']}")
        expect(page.get_by_text("找不到该患者")).to_be_visible()
        assert [one for one in errors if "404" not in one] == []
    with people.context(county.account("medical-office")) as context:
        page = context.new_page()
        page.goto("/break-glass")
        detail = page.get_by_role("region", name="调阅详情")
        expect(detail).to_contain_text("车祸昏迷，无家属")
        expect(detail).to_contain_text(line["patient_name"])
        expect(detail).to_contain_text(re.compile(r"检查 1 项|检查 [2-9] 项"))
        assert axe(page) == []
        page.keyboard.press("x")
        dialog = page.get_by_role("dialog")
        act = dialog.get_by_role("button", name="认定不合理")
        expect(act).to_be_disabled()
        dialog.get_by_role("textbox").fill("无急诊记录")
        act.click()
        expect(page.get_by_text("没有待审核的紧急调阅")).to_be_visible()
