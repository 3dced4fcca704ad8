"""The reading desk in a browser: from the live list to the printed report, and what must not happen on the way."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Page, Route, expect

from .browser import DESK, WIDE, People, complaints
from .readings import Hands, Signers, claim, push_case, sign, signers, submit, waiting

ON_PAPER = """
检查机构 诊断机构 检查号 就诊类型 申请医师 检查时间 报告时间 审核时间 打印时间 检查方法 影像所见
诊断意见 检查技师 报告医师 审核医师 验证码 演示数据 本报告仅供临床医师参考 图像由检查机构采集
"""


@pytest.fixture(scope="module")
def hands(people: People) -> Signers:
    return signers(people)


@pytest.fixture
def two(people: People, hands: Signers) -> Generator[tuple[str, str]]:
    """Two readings of different patients, claimed by the author."""
    first, second = push_case(people), push_case(people)
    for one in (first, second):
        claim(hands.author, one["id"])
    yield first["id"], second["id"]
    for one in (first, second):
        hands.author.answer("POST", f"/api/readings/{one['id']}/release")


def desk(page: Page, reading: str) -> None:
    page.goto(f"/readings/{reading}")
    page.locator(".editor textarea").first.wait_for()


def test_a_claimed_case_is_written_submitted_verified_and_read_by_the_site_without_reload(
    people: People, hands: Signers
) -> None:
    case = push_case(people)
    with people.context(hands.site.account) as site, people.context(hands.author.account, size=WIDE) as county:
        reports = site.new_page()
        reports.goto("/reports")
        reports.locator("[role='grid'][aria-busy='false']").wait_for()
        page = county.new_page()
        found = complaints(page)
        claim(hands.author, case["id"])
        desk(page, case["id"])
        page.locator(".impression textarea").fill("右肺上叶结节，建议复查。")
        expect(page.locator(".status")).to_contain_text("已存")
        page.keyboard.press("Control+Enter")
        expect(page.locator("dialog[open]")).to_contain_text(hands.author.account.name)
        page.keyboard.press("Control+Enter")
        page.wait_for_url(re.compile("/worklist"))
        sign(hands.verifier, case["id"])
        reports.locator(".bar, [aria-keyshortcuts='u']").first.wait_for()
        reports.keyboard.press("u")
        row = reports.locator("[role='row']", has_text=case["accession_number"])
        expect(row).to_contain_text("正式报告")
        assert found == []


def test_images_of_another_patient_in_another_tab_block_the_signature(
    people: People, hands: Signers, two: tuple[str, str]
) -> None:
    with people.context(hands.author.account, size=DESK) as context:
        first, second = context.new_page(), context.new_page()
        desk(first, two[0])
        expect(first.locator("[role='alert']")).to_have_count(0)
        desk(second, two[1])
        expect(first.get_by_text("影像与报告不是同一患者")).to_be_visible()
        first.locator(".impression textarea").fill("未见明显异常。")
        first.keyboard.press("Control+Enter")
        first.wait_for_timeout(500)
        assert first.locator("dialog[open]").count() == 0
        second.close()
        expect(first.get_by_text("影像与报告不是同一患者")).to_have_count(0)
        first.keyboard.press("Control+Enter")
        first.locator("dialog[open]").wait_for()


def test_two_tabs_on_one_draft_ask_which_text_to_keep(people: People, hands: Signers, two: tuple[str, str]) -> None:
    with people.context(hands.author.account, size=DESK) as context:
        first, second = context.new_page(), context.new_page()
        desk(first, two[0])
        desk(second, two[0])
        first.locator(".findings textarea").fill("甲窗的文字")
        expect(first.locator(".status")).to_contain_text("已存")
        second.locator(".findings textarea").fill("乙窗的文字")
        second.get_by_role("button", name="保留本窗口文字").wait_for()
        draft = hands.author.get(f"/api/readings/{two[0]}")["draft"]
        assert draft["findings"] == "甲窗的文字"
        second.get_by_role("button", name="保留本窗口文字").click()
        expect(second.locator(".status")).to_contain_text("已存")
        assert hands.author.get(f"/api/readings/{two[0]}")["draft"]["findings"] == "乙窗的文字"


def test_a_second_person_sees_who_writes_and_cannot(people: People, hands: Signers, two: tuple[str, str]) -> None:
    with people.context(hands.verifier.account, size=WIDE) as context:
        page = context.new_page()
        page.goto(f"/readings/{two[0]}")
        expect(page.locator("header.top")).to_contain_text(hands.author.account.name)
        assert page.locator(".editor").count() == 0
        expect(page.get_by_role("button", name="接管")).to_be_visible()


def test_a_case_somebody_else_was_faster_with_is_said_and_shown(people: People, hands: Signers) -> None:
    case = push_case(people, priority="urgent")
    with people.context(hands.author.account) as context:
        page = context.new_page()
        page.goto("/worklist")
        page.locator("[role='grid'][aria-busy='false'] tbody [role='row']").first.wait_for()
        claim(hands.verifier, case["id"])
        page.locator("[role='row']", has_text=case["patient_name"]).filter(has_text="待诊断").first.dblclick()
        page.wait_for_url(re.compile(case["id"]))
        expect(page.locator("header.top")).to_contain_text(hands.verifier.account.name)
    hands.verifier.send("POST", f"/api/readings/{case['id']}/release")


def test_the_printed_report_says_what_it_must_and_its_code_names_nobody(people: People, hands: Signers) -> None:
    case = push_case(people)
    submit(hands.author, case["id"])
    report = sign(hands.verifier, case["id"])
    with people.context(hands.site.account) as context:
        page = context.new_page()
        page.add_init_script("window.print = () => { window.printed = (window.printed ?? 0) + 1; }")
        page.goto(f"/reports/{report}")
        sheet = page.locator(".sheet")
        sheet.wait_for()
        text = sheet.inner_text()
        for words in (*ON_PAPER.split(), "第 1 版", hands.author.account.name, hands.verifier.account.name):
            assert words in text, words
        page.keyboard.press("p")
        page.locator("dialog[open]").wait_for()
        page.keyboard.press("Control+Enter")
        page.wait_for_function("() => window.printed === 1")
        expect(page.get_by_role("button", name="补打")).to_be_visible()
        code = sheet.locator(".code").first.inner_text()
    with people.context(None) as anybody:
        page = anybody.new_page()
        page.goto(f"/verify/{code}")
        expect(page.locator(".result")).to_contain_text("现行版本")
        shown = page.locator("body").inner_text()
        assert case["patient_name"] not in shown
        assert case["accession_number"] not in shown


def test_the_list_is_worked_by_keyboard_alone(people: People, hands: Signers) -> None:
    push_case(people)
    case = waiting(hands.author)[0]
    with people.context(hands.author.account) as context:
        page = context.new_page()
        page.goto("/worklist")
        page.locator("[role='grid'][aria-busy='false'] tbody [role='row']").first.wait_for()
        page.keyboard.press("n")
        page.locator(".editor textarea").first.wait_for()
        taken = page.url.rsplit("/", 1)[-1]
        page.keyboard.press("e")
        page.keyboard.type("双肺纹理清晰。")
        expect(page.locator(".findings textarea")).to_have_value(re.compile("双肺纹理清晰。$"))
        expect(page.locator(".status")).to_contain_text("已存")
    assert case["id"] == taken
    release(hands.author, taken)


def release(person: Hands, reading: str) -> None:
    person.send("POST", f"/api/readings/{reading}/release")


def test_a_slow_line_shows_a_preview_first_and_what_was_seen_outlasts_the_viewer(
    people: People, hands: Signers, two: tuple[str, str]
) -> None:
    """压缩预览 is said and warned of until the data are painted; opened again, the images count as seen."""
    with people.context(hands.author.account, size=WIDE) as context:
        page = context.new_page()
        held: list[Route] = []
        frames = re.compile(r"/frames/\d+$")
        page.route(frames, lambda route: held.append(route))  # noqa: PLW0108 -- the driver wants a function
        desk(page, two[1])
        expect(page.locator(".pre .badge")).to_contain_text("压缩预览")
        expect(page.locator("header.top")).to_contain_text("压缩预览")
        page.locator(".impression textarea").fill("未见明显异常。")
        page.keyboard.press("Control+Enter")
        expect(page.locator("dialog[open]")).to_contain_text("压缩预览")
        page.keyboard.press("Escape")
        with page.expect_response(lambda answer: '"painted":[1]' in (answer.request.post_data or "")):
            for one in held:
                one.continue_()
            expect(page.locator(".pre")).to_have_count(0)
        expect(page.locator("header.top")).not_to_contain_text("压缩预览")
        page.unroute(frames)
        seen = hands.author.get(f"/api/readings/{two[1]}/seen")["items"]
        assert [(one["painted"], one["previewed"]) for one in seen] == [([1], [1])]
        page.route(re.compile(r"/dicom-web/.*/(frames|rendered)"), lambda _route: None)
        desk(page, two[1])
        expect(page.locator(".seen.done")).to_have_count(1)
        page.keyboard.press("Control+Enter")
        page.locator("dialog[open]").wait_for()
        expect(page.locator("dialog[open]")).not_to_contain_text("未浏览")
