"""A foreign hospital's ordering screen in a browser: a card is followed, the order goes and its decision is kept."""

from __future__ import annotations

from playwright.sync_api import expect

from .browser import DESK, People
from .pages import chest_film


def test_an_order_is_given_up_on_a_card_and_the_decision_is_kept(people: People) -> None:
    account = people.stack.account("requester", organization="青石")
    with people.context(account, size=DESK) as context:
        page = context.new_page()
        lines = [one["line"] for one in page.request.get("/api/site/reports").json()["items"]]
        report = chest_film(lines)
        page.goto(f"/patients/{report['patient_id']}/order-check")
        page.get_by_role("link", name="演示开单（模拟医院 HIS）").click()
        page.get_by_text("触发：开始开单").wait_for()
        page.get_by_role("combobox", name="申请项目").fill("胸部正位")
        page.keyboard.press("Enter")
        expect(page.get_by_text("触发：选择项目")).to_be_visible()
        drafts = page.locator("ul.drafts li")
        expect(drafts).to_have_count(1)
        card = page.locator("article.card").first
        expect(card).to_contain_text("胸部正位 DR")
        expect(card.get_by_role("link", name="调阅影像")).to_have_count(1)
        card.get_by_role("button", name="互认").first.click()
        expect(card).to_contain_text("已反馈 (200)")
        expect(page.get_by_text("GuidanceResponse", exact=True)).to_be_visible()
