"""The patient's page: what is not known yet is not said to be none."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from .browser import DESK, People


def test_while_a_report_is_on_its_way_nobody_is_told_that_there_is_none(people: People) -> None:
    account = people.stack.account("requester", organization="青石")
    with people.context(account, size=DESK) as context:
        page = context.new_page()
        lines = [one["line"] for one in page.request.get("/api/site/reports").json()["items"]]
        report = next(one for one in lines if one["state"] == "viewed")
        held: list[Route] = []
        page.route("**/api/readings?*", lambda route: held.append(route))  # noqa: PLW0108 -- the driver wants a function
        page.goto(f"/patients/{report['patient_id']}")
        study = page.locator("section.study")
        expect(study.get_by_role("status")).to_be_visible()
        expect(study).not_to_contain_text("没有报告")
        for one in held:
            one.continue_()
        expect(study.get_by_text("诊断意见")).to_be_visible()
