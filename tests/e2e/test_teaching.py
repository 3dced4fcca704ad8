"""A signed consultation goes to the teaching file: proposed, looked at, released by a second person, read."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .consultation_pages import account
from .pages import known_by

TITLE = "结节随访的教学病例"


def _over(page: Page) -> str:
    """The demo's consultation whose opinion was adopted and which is archived."""
    page.goto("/consultations")
    items = known_by(page, None).ask("/api/consultations?open=false&limit=200")["items"]  # pyright: ignore[reportArgumentType] -- only asked of the server
    return next(
        str(one["id"]) for one in items if one["state"] == "archived" and one["question"].startswith("结节性质")
    )


def _fill(page: Page, title: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("标题").fill(title)
    dialog.get_by_label("教学要点").fill("随访间隔的选择")
    dialog.get_by_label("问题").fill("结节是否需要处理？")
    dialog.get_by_label("会诊意见").fill("建议三个月后复查。")
    dialog.get_by_label("关键词").fill("肺结节，随访")
    dialog.get_by_label("部位").select_option("chest")


def _look_at_every_flagged_image(page: Page) -> None:
    for _ in range(60):
        if page.get_by_test_id("undecided").count() == 0:
            return
        before = page.get_by_test_id("undecided").inner_text()
        page.get_by_role("button", name="图中无文字").click()
        page.wait_for_function(
            "before => (document.querySelector('[data-testid=undecided]')?.textContent ?? '') !== before", arg=before
        )
    raise AssertionError("images without end")


def test_a_signed_case_is_proposed_looked_at_released_and_read(people: People) -> None:
    with (
        people.context(account(people, "mashumin"), size=WIDE) as experts,
        people.context(people.stack.account("center-head"), locale="en", size=DESK) as heads,
        people.context(people.stack.account("village-doctor"), size=DESK) as readers,
        people.context(people.stack.account("village-doctor"), locale="en", size=DESK) as english,
    ):
        expert, head, reader = experts.new_page(), heads.new_page(), readers.new_page()
        found = complaints(expert)
        number = _over(expert)
        expert.goto(f"/consultations/{number}")
        patient = known_by(expert, None).ask(f"/api/consultations/{number}")["consultation"]["patient_name"]  # pyright: ignore[reportArgumentType] -- only asked of the server

        # A title that names the patient is refused; the page says where, and keeps what was written.
        expert.get_by_role("button", name="提交教学病例").click()
        _fill(expert, f"{patient}的结节")
        picture(expert, "teaching-propose-zh")
        assert axe(expert) == []
        expert.get_by_role("dialog").get_by_role("button", name="提交", exact=True).click()
        expect(expert.get_by_test_id("checked")).to_contain_text("须删去 1 处")
        expert.get_by_role("dialog").get_by_label("标题").fill(TITLE)
        expert.get_by_role("dialog").get_by_role("button", name="提交", exact=True).click()

        # The copies are made beside; then each flagged image is looked at.
        expect(expert.get_by_role("button", name="交第二人审核")).to_be_visible(timeout=60_000)
        expect(expert.locator("figure img")).to_be_visible()
        picture(expert, "teaching-proposal-zh")
        assert axe(expert) == []
        _look_at_every_flagged_image(expert)
        expert.get_by_role("button", name="交第二人审核").click()
        expect(expert.get_by_text("待审核")).to_be_visible()

        # Nobody reads it before the second person has released it.
        reader.goto("/teaching")
        expect(reader.get_by_role("heading", name="教学病例")).to_be_visible()
        expect(reader.get_by_text(TITLE)).to_have_count(0)

        head.goto("/teaching/proposals")
        head.get_by_role("link", name=TITLE).click()
        expect(head.locator("figure img")).to_be_visible()
        expect(head.get_by_role("button", name="Release")).to_be_visible()
        head.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
        picture(head, "teaching-review-en")
        assert axe(head) == []
        head.get_by_role("button", name="Release").click()
        head.get_by_role("dialog").get_by_role("button", name="Release").click()
        expect(head.get_by_role("link", name="Open the teaching case")).to_be_visible()

        reader.goto("/teaching")
        reader.get_by_label("检索教学病例").fill("随访")
        reader.keyboard.press("Enter")
        picture(reader, "teaching-list-zh")
        assert axe(reader) == []
        reader.get_by_role("link", name=TITLE).click()
        image = reader.locator("figure img")
        expect(image).to_be_visible()
        reader.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
        picture(reader, "teaching-case-zh")
        assert axe(reader) == []
        expect(reader.get_by_text(patient)).to_have_count(0)
        other = english.new_page()
        other.goto(reader.url)
        expect(other.get_by_text("What it teaches")).to_be_visible()
        other.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
        picture(other, "teaching-case-en")
        assert axe(other) == []
        # the browser says of the title that was refused on purpose, and of nothing else
        (refused,) = found
        assert "422" in refused
