"""The images on a real county: from a push by an independent SCU to what stands on the screen."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Page, Playwright, expect

from telemed.demo.phantom import FIELD_OF_VIEW

from .browser import NO_WEBGL, WIDE, People, complaints, launch, picture
from .facts import Facts


@pytest.fixture
def desk(people: People, facts: Facts) -> Generator[Page]:
    """The image window of a reporting physician, its first image painted."""
    with people.context(people.stack.account("author"), size=WIDE) as context:
        page = context.new_page()
        found = complaints(page)
        page.goto(f"/images/{facts.ct_study}")
        expect(page.locator(".corner.top.right")).to_contain_text(
            f"Im {(facts.ct_images + 1) // 2} / {facts.ct_images}"
        )
        yield page
        assert found == []


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def corner(page: Page, place: str, pane: int = 0) -> str:
    return page.locator(".viewport").nth(pane).locator(f".corner.{place}").inner_text()


def test_every_image_of_a_pushed_series_can_be_scrolled_to_by_keyboard(desk: Page, facts: Facts) -> None:
    press(desk, "End")
    expect(desk.locator(".corner.top.right")).to_contain_text(f"Im {facts.ct_images} / {facts.ct_images}")
    press(desk, "Home")
    expect(desk.locator(".corner.top.right")).to_contain_text("Im 1 / ")
    # An image that is passed before it was painted is not seen, so each is waited for.
    for number in range(2, facts.ct_images + 1):
        press(desk, "ArrowDown")
        expect(desk.locator(".corner.top.right")).to_contain_text(f"Im {number} / ")
    expect(desk.locator(".seen")).to_have_text(f"已看 {facts.ct_images} / {facts.ct_images}")
    expect(desk.locator(".seen")).to_have_class(re.compile("done"))


def test_presets_window_by_number_and_reset_gives_back_the_original(desk: Page) -> None:
    original = corner(desk, "bottom.left").splitlines()[0]
    for key, window in (("1", "W 1500 L -600"), ("2", "W 400 L 40"), ("3", "W 2000 L 500"), ("4", "W 80 L 40")):
        press(desk, key)
        expect(desk.locator(".corner.bottom.left")).to_contain_text(window)
    press(desk, "r")
    expect(desk.locator(".corner.bottom.left")).to_contain_text(original)


def test_a_flipped_image_says_so_and_its_letters_change_sides(desk: Page) -> None:
    assert (desk.locator(".edge.west").inner_text(), desk.locator(".edge.east").inner_text()) == ("R", "L")
    expect(desk.locator(".source")).to_have_text("方位：按空间坐标")
    press(desk, "f")
    expect(desk.locator(".badge")).to_have_text(["已翻转"])
    assert (desk.locator(".edge.west").inner_text(), desk.locator(".edge.east").inner_text()) == ("L", "R")
    picture(desk, "viewer-flipped")
    press(desk, "]")
    expect(desk.locator(".badge")).to_have_text(["已翻转", "已旋转 90°"])
    press(desk, "r")
    expect(desk.locator(".badge")).to_have_count(0)


def test_a_length_drawn_by_keyboard_is_the_length_in_the_patient(desk: Page) -> None:
    spacing = FIELD_OF_VIEW / 256
    zoom = float(re.findall(r"缩放 ([\d.]+)×", corner(desk, "bottom.left"))[0])
    press(desk, "l", "m", "Enter", *["ArrowRight"] * 40, "Enter", "Escape")
    label = desk.locator("svg text, svg tspan").filter(has_text=re.compile(r"M1 [\d.]+ mm"))
    expect(label.first).to_be_visible()
    found = float(re.findall(r"M1 ([\d.]+) mm", label.first.text_content() or "")[0])
    assert found == pytest.approx(40 * 5 * spacing / zoom, rel=0.02)
    press(desk, "Delete")
    expect(label).to_have_count(0)


def test_measuring_by_mouse_leaves_the_keyboard_to_the_page(desk: Page) -> None:
    box = desk.locator(".viewport").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    press(desk, "o")
    desk.mouse.move(x, y)
    desk.mouse.down()
    desk.mouse.move(x + 60, y + 40, steps=5)
    desk.mouse.up()
    expect(desk.locator("svg").get_by_text(re.compile(r"R1 均值 -?\d+ HU，SD \d+，\d+ mm²")).first).to_be_visible()
    press(desk, "i")
    expect(desk.locator(".badge")).to_have_text(["反相"])


def test_the_layout_changes_by_keyboard(desk: Page) -> None:
    press(desk, "Alt+2")
    expect(desk.locator(".viewport")).to_have_count(2)
    press(desk, "Alt+4")
    expect(desk.locator(".viewport")).to_have_count(4)
    press(desk, "Alt+1")
    expect(desk.locator(".viewport")).to_have_count(1)


def test_a_second_window_follows_the_desk_until_told_to_stay(people: People, facts: Facts) -> None:
    with people.context(people.stack.account("author")) as context:
        follower = context.new_page()
        follower.goto("/images")
        expect(follower.get_by_text("等待主窗口打开检查…")).to_be_visible()
        follower.evaluate(
            "study => new BroadcastChannel('telemed-images').postMessage({type: 'desk', window: 'x', study})",
            facts.dr_study,
        )
        expect(follower.locator(".corner.top.right")).to_contain_text("Im 1 / 1")
        follower.get_by_label("随主窗口切换患者").uncheck()
        follower.evaluate(
            "study => new BroadcastChannel('telemed-images').postMessage({type: 'desk', window: 'x', study})",
            facts.ct_study,
        )
        expect(follower.get_by_role("alert")).to_have_text("此窗口显示的不是主窗口当前的检查。")


def test_without_webgl_the_same_study_is_browsed_as_jpeg_and_says_not_for_diagnosis(
    chromium_without_webgl: People, facts: Facts
) -> None:
    people = chromium_without_webgl
    with people.context(people.stack.account("author", organization="中医")) as context:
        page = context.new_page()
        found = complaints(page)
        page.goto(f"/images/{facts.ct_study}")
        expect(page.get_by_text("浏览模式 (非诊断用)")).to_be_visible()
        drawn = page.locator(".stage img")
        expect(drawn).to_have_js_property("complete", value=True)
        assert page.evaluate("() => document.querySelector('.stage img').naturalWidth") > 0
        press(page, "ArrowDown", "1")
        expect(page.locator(".caption")).to_contain_text(f"Im 2 / {facts.ct_images}")
        picture(page, "viewer-browse-zh-CN-1366x768")
        assert found == []


@pytest.fixture
def chromium_without_webgl(people: People, playwright_driver: Playwright) -> Generator[People]:
    browser = launch(playwright_driver, *NO_WEBGL)
    yield People(browser, people.stack)
    browser.close()
