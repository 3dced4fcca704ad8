"""The worklist in a browser: finding one person in it, and changing how urgent a study is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, expect

from .browser import DESK, People
from .readings import Signers, push_case, signers

ROWS = "[role='grid'][aria-busy='false'] tbody [role='row']"


@pytest.fixture(scope="module")
def hands(people: People) -> Signers:
    return signers(people)


def worklist(page: Page) -> None:
    page.goto("/worklist")
    page.locator(ROWS).first.wait_for()


def test_a_name_or_a_number_narrows_the_list_and_never_stands_in_an_address(people: People, hands: Signers) -> None:
    case = push_case(people)
    with people.context(hands.author.account, size=DESK) as context:
        page = context.new_page()
        addresses: list[str] = []

        def keep(request: Request) -> None:
            addresses.append(request.url)

        page.on("request", keep)
        worklist(page)
        page.keyboard.press("/")
        page.keyboard.type(case["accession_number"])
        page.keyboard.press("Enter")
        expect(page.locator(".found")).to_contain_text("找到 1 例")
        expect(page.locator(ROWS)).to_have_count(1)
        expect(page.locator(ROWS).first).to_contain_text(case["patient_name"])
        page.get_by_role("searchbox").fill(case["patient_name"])
        page.keyboard.press("Enter")
        expect(page.locator(ROWS).first).to_contain_text(case["patient_name"])
        page.get_by_role("searchbox").fill("无此人")
        page.keyboard.press("Enter")
        expect(page.locator(".empty[role='status']")).to_contain_text("没有找到")
        page.get_by_role("button", name="在全部未完成检查中查找").click()
        expect(page.locator(".found")).to_contain_text("找到 0 例")
        page.locator("h1").click()
        page.keyboard.press("Escape")
        expect(page.locator(".found")).to_have_count(0)
        expect(page.locator(ROWS).nth(1)).to_be_visible()
        joined = " ".join(addresses)
        assert case["accession_number"] not in joined
        assert "%E6%97%A0%E6%AD%A4%E4%BA%BA" not in joined


def test_an_emergency_is_made_with_a_reason_and_unmade_with_another(people: People, hands: Signers) -> None:
    case = push_case(people)
    with people.context(hands.author.account, size=DESK) as context:
        page = context.new_page()
        worklist(page)
        page.get_by_role("searchbox").fill(case["accession_number"])
        page.keyboard.press("Enter")
        expect(page.locator(ROWS)).to_have_count(1)
        page.locator(ROWS).first.click()
        page.keyboard.press("t")
        dialog = page.locator("dialog[open]")
        dialog.get_by_text("急诊", exact=True).click()
        page.keyboard.press("Control+Enter")
        expect(dialog).to_be_visible()  # nothing happens without a reason
        dialog.locator("textarea").fill("来电告知突发胸痛")
        page.keyboard.press("Control+Enter")
        expect(dialog).to_have_count(0)
        expect(page.locator(ROWS).first).to_contain_text("急诊")
        page.goto(f"/readings/{case['id']}")
        page.get_by_role("button", name="调整优先级").wait_for()
        page.keyboard.press("t")
        dialog.get_by_text("加急", exact=True).click()
        expect(dialog).to_contain_text("不再按急诊处理")
        dialog.locator("textarea").fill("复核后非急症")
        page.keyboard.press("Control+Enter")
        expect(page.locator("header.top")).to_contain_text("加急")
    assert hands.author.get(f"/api/readings/{case['id']}")["line"]["priority"] == "urgent"


def test_opening_a_case_takes_the_frames_of_another_off_a_thin_line(people: People, hands: Signers) -> None:
    with people.context(hands.author.account, size=DESK) as context:
        page = context.new_page()
        gone: list[str] = []
        page.on("requestfailed", lambda request: gone.append(request.url) if "/frames/" in request.url else None)
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 60, "downloadThroughput": 62_500, "uploadThroughput": 62_500},
        )
        with page.expect_request(lambda request: "/frames/" in request.url) as begun:
            worklist(page)
        brought = begun.value.url.partition("/series/")[0]
        page.locator(ROWS).last.click()
        with page.expect_event("requestfailed", lambda request: request.url.startswith(brought)):
            page.keyboard.press("Enter")
        assert all(one.startswith(brought) for one in gone)
