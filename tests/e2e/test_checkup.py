"""体检批量 in a browser: one key a study, after its images were shown, and never for two at once."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from .browser import DESK, People
from .readings import push_case, signers


def test_one_key_submits_the_study_that_is_shown_and_no_other(people: People) -> None:
    hands = signers(people)
    first, second = (push_case(people, encounter="checkup") for _ in range(2))
    with people.context(hands.author.account, size=DESK) as context:
        page = context.new_page()
        held: list[Route] = []
        frames = re.compile(r"/frames/\d+$")
        page.route(frames, lambda route: held.append(route))  # noqa: PLW0108 -- the driver wants a function
        page.goto("/checkup")
        page.locator(f"#tile-{first['id']} button").click()
        expect(page.locator(".who")).to_contain_text(first["accession_number"])
        button = page.get_by_role("button", name="未见明显异常")
        expect(page.locator(".pre .badge")).to_be_visible()
        expect(button).to_be_disabled()
        page.keyboard.press("n")
        assert hands.author.get(f"/api/readings/{first['id']}")["line"]["state"] == "awaiting-reading"
        for one in held:
            one.continue_()
        page.unroute(frames)
        expect(button).to_be_enabled()
        page.keyboard.press("n")
        expect(page.locator(f"#tile-{first['id']}")).to_have_count(0)
        detail = hands.author.get(f"/api/readings/{first['id']}")
        assert detail["line"]["state"] == "awaiting-verification"
        assert detail["drafts"][0]["impression"] == "胸部正位片未见明显异常。"
        assert hands.author.get(f"/api/readings/{second['id']}")["line"]["state"] == "awaiting-reading"
        page.keyboard.press("Control+z")
        expect(page.locator(f"#tile-{first['id']}")).to_contain_text("诊断中")
    hands.author.send("POST", f"/api/readings/{first['id']}/release")
