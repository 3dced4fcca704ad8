"""The county's page inside a hospital system of another site: no cookies, scripts or not, by keyboard alone."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Playwright, expect

from tests.ports import free_port

from .browser import DESK, PATIENCE, People, axe, complaints, launch, picture
from .hospital import Hospital, register, serving
from .pages import chest_film
from .stack import Stack

#: What Chromium does once cookies of third parties are gone.
NO_THIRD_PARTY_COOKIES = "--test-third-party-cookie-phaseout"
TABS = 12


def known_patient(people: People) -> dict[str, Any]:
    """Somebody of 青石 with a signed chest film, as the hospital's own desk knows them."""
    with people.context(people.stack.account("requester", organization="青石")) as context:
        page = context.new_page()
        lines = [one["line"] for one in page.request.get("/api/site/reports").json()["items"]]
        line = chest_film(lines)
        headers = {"X-CSRF-Token": page.request.get("/api/session").json()["csrf_token"]}
        found = page.request.get(f"/api/patients/{line['patient_id']}").json()["patient"]
        whole = page.request.post(f"/api/patients/{line['patient_id']}/reveal", headers=headers, data={"reason": ""})
        numbers = [one for one in whole.json()["numbers"] if one["kind"] == "national-id"]
    return {
        "name": found["name"],
        "birth_date": found["birth_date"],
        "sex": found["sex"],
        "documents": [{"kind": one["kind"], "number": one["value"]} for one in numbers],
    }


@pytest.fixture(scope="module")
def hospital(county: Stack, people: People) -> Generator[Hospital]:
    """A hospital at http://localhost, which is another site than the county's http://127.0.0.1."""
    origin = f"http://localhost:{free_port()}"
    with tempfile.TemporaryDirectory(prefix="telemed-his-") as folder:
        system = register(county, Path(folder), "LA-QS", origin)
    made = Hospital(county, system, origin, known_patient(people))
    with serving(made):
        yield made


@pytest.fixture(scope="module")
def strict(playwright_driver: Playwright) -> Generator[Browser]:
    """A browser that gives no cookie to a frame of another site."""
    browser = launch(playwright_driver, NO_THIRD_PARTY_COOKIES)
    yield browser
    browser.close()


@contextmanager
def window(browser: Browser, **options: Any) -> Generator[BrowserContext]:
    context = browser.new_context(viewport=DESK, timezone_id="Asia/Shanghai", reduced_motion="reduce", **options)  # pyright: ignore[reportArgumentType]
    context.set_default_timeout(PATIENCE)
    try:
        yield context
        assert context.cookies() == []
    finally:
        context.close()


def inside(page: Page) -> Frame:
    """The county's page in its frame, once it is there."""
    expect(page.frame_locator("iframe").locator("#recognition")).to_be_visible()
    frame = page.frame(name="recognition")
    assert frame is not None
    assert frame.url.startswith("http://127.0.0.1:")
    return frame


def tab_to(page: Page, frame: Frame, selector: str) -> None:
    """Go on by the tab key until the place inside the frame has the focus."""
    for _ in range(TABS):
        if frame.evaluate("(s) => document.hasFocus() && document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} was not reached by {TABS} tabs")


def outcomes(hospital: Hospital) -> list[tuple[str, str, str]]:
    told = hospital.call("outcomes", {"visit": f"V{hospital.visits}"})["outcomes"]
    return [(one["outcome"], one["meaning"], one["reason"]) for one in told]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_an_order_is_recognised_by_keyboard_alone_and_the_hospitals_page_hears_of_it(
    strict: Browser, hospital: Hospital, language: str
) -> None:
    with window(strict) as context:
        page = context.new_page()
        wrong = complaints(page)
        page.goto(hospital.address(language=language))
        frame = inside(page)
        card = frame.locator("article").first
        expect(card.locator(".tag")).to_be_visible()
        button = card.locator("[data-key='1']")
        place = button.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= DESK["height"], "the first choice is seen without scrolling"
        picture(page, f"embedded-{language}")
        assert axe(frame) == []  # pyright: ignore[reportArgumentType]

        tab_to(page, frame, "[data-key='1']")
        page.keyboard.press("Enter")
        expect(page.locator("#heard")).to_have_text("O-1 accepted recognise-and-cancel")
        expect(page.locator("[data-order='O-1']")).to_be_hidden()
        expect(frame.locator("article").first.locator(".done")).to_be_visible()
        picture(page, f"embedded-recognised-{language}")
        assert axe(frame) == []  # pyright: ignore[reportArgumentType]
        assert outcomes(hospital) == [("accepted", "recognise-and-cancel", "")]

        page.keyboard.press("Enter")  # the focus waits on 撤销互认
        expect(page.locator("[data-order='O-1']")).to_be_visible()
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        expect(frame.locator("input[value='R1']")).to_be_focused()
        page.keyboard.press("Space")
        picture(page, f"embedded-reasons-{language}")
        assert axe(frame) == []  # pyright: ignore[reportArgumentType]
        page.keyboard.press("Enter")
        expect(page.locator("#heard")).to_have_text("O-1 overridden R1")
        assert outcomes(hospital) == [("overridden", "", "R1")]

        page.keyboard.press("5")
        page.keyboard.press("Enter")
        expect(page.locator("#record")).to_have_value(re.compile("青石镇中心卫生院"))
        assert wrong == []


def test_the_browser_gives_the_frame_no_cookie_of_its_site_and_the_page_wants_none(
    strict: Browser, hospital: Hospital
) -> None:
    context = strict.new_context()
    try:
        page = context.new_page()
        page.goto(f"{hospital.county.url}/health/live")
        page.evaluate("document.cookie = 'planted=1; SameSite=None; Secure; Path=/'")
        assert page.evaluate("document.cookie") == "planted=1", "the cookie is one that a page of its own site has"
        with page.expect_request("**/embedded/launch") as asked:
            page.goto(hospital.address())
        frame = inside(page)
        assert "cookie" not in asked.value.all_headers()
        assert frame.evaluate("document.cookie") == ""
        frame.locator("[data-key='1']").first.press("Enter")
        expect(frame.locator(".done")).to_be_visible()
        assert [one.get("name") for one in context.cookies()] == ["planted"]
    finally:
        context.close()


def test_without_scripts_two_presses_recognise_and_one_reason_declines(strict: Browser, hospital: Hospital) -> None:
    with window(strict, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(hospital.address())
        page.get_by_role("button", name="查看互认提示").press("Enter")
        frame = inside(page)
        frame.get_by_role("button", name="互认（撤销本次申请）").press("Enter")
        expect(frame.get_by_text("已记录：互认，撤销本次申请。")).to_be_visible()
        assert outcomes(hospital) == [("accepted", "recognise-and-cancel", "")]
        picture(page, "embedded-without-scripts")

        frame.get_by_role("button", name="撤销互认").press("Enter")
        expect(frame.get_by_text("已撤销。可重新选择。")).to_be_visible()
        frame.get_by_text("不互认…").press("Enter")
        frame.get_by_label("结果变化较快").press("Space")
        frame.get_by_role("button", name="记录不互认").press("Enter")
        expect(frame.get_by_text("已记录：不互认。原因：结果变化较快")).to_be_visible()
        assert outcomes(hospital) == [("overridden", "", "R2")]

        frame.get_by_text("判定过程与依据").first.press("Enter")
        expect(frame.locator("table").first).to_be_visible()
        quoted = frame.locator("details.quote textarea").first
        frame.get_by_text("引用到病历").first.press("Enter")
        expect(quoted).to_have_value(re.compile("不含诊断结论"))


def test_a_page_of_an_origin_that_is_not_registered_shows_nothing_and_hears_nothing(
    strict: Browser, hospital: Hospital
) -> None:
    elsewhere = Hospital(hospital.county, hospital.system, f"http://localhost:{free_port()}", hospital.patient)
    with serving(elsewhere), window(strict) as context:
        page = context.new_page()
        with page.expect_response(lambda answer: answer.url.endswith("/embedded/launch")) as refused:
            page.goto(elsewhere.address())
        assert refused.value.status == 403
        frame = page.frame(name="recognition")
        assert frame is not None
        expect(frame.locator("article")).to_have_count(0)
        expect(page.locator("#heard")).to_have_text("")
