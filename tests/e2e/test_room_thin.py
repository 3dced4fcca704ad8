"""A township at the end of 30 kbit/s and 300 ms sees what is presented, talks in writing, and asks by voice note."""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Playwright, expect

from .browser import DESK, WIDE, People, axe, picture
from .calling import launch
from .consultation_pages import account, asked
from .thin_line import UNSHAPED, Line, launch_in, thin_line

KBITS, THERE_AND_BACK = 30, 0.3
#: A message waits behind what a modem's buffer holds, four seconds at most; the rest is for a busy machine, which draws
#: three pages in software.
CHAT_SECONDS = 60
#: A picture of an image is 8 KB: two seconds, and up to four in the buffer.
SLICE_SECONDS = 30
OPEN_SECONDS = 120
#: Long enough to fill whatever fills up.
DRAG_SECONDS = 20
#: Six rungs of four seconds each, then twenty below what a voice needs.
LADDER_SECONDS = 240


@pytest.fixture
def line(people: People) -> Generator[Line]:
    with thin_line(urlsplit(people.stack.url).port or 80) as made:
        yield made


@pytest.fixture
def township(people: People, line: Line, playwright_driver: Playwright, tmp_path: Path) -> Generator[People]:
    """The same people, at the thin end."""
    browser = launch_in(playwright_driver, line, tmp_path)
    yield replace(people, browser=browser)
    browser.close()


@pytest.fixture
def county_desk(people: People, playwright_driver: Playwright, tmp_path: Path) -> Generator[People]:
    """The same people, on the county's line, with a microphone and a camera."""
    browser = launch(playwright_driver, tmp_path, origin=people.stack.url)
    yield replace(people, browser=browser)
    browser.close()


def _live(page: Page) -> None:
    expect(page.get_by_test_id("phase")).to_have_text(re.compile("已连接|Connected"), timeout=OPEN_SECONDS * 1000)


def _says(page: Page, other: Page, text: str, message: str, send: str) -> float:
    """Seconds until a message stands on the other screen."""
    there = other.locator(".line .text", has_text=text)
    known = there.count()
    page.get_by_role("textbox", name=message).fill(text)
    began = time.monotonic()
    page.get_by_role("button", name=send, exact=True).click()
    expect(there).to_have_count(known + 1, timeout=CHAT_SECONDS * 1000)
    return time.monotonic() - began


def _drag(page: Page, x: float, y: float, seconds: float) -> None:
    """Move what is held from about (x, y), without a pause."""
    step, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        step += 1
        page.mouse.move(x + step % 40, y + step % 20)


def _draw(page: Page, *along: str) -> None:
    """Measure a length by keyboard, the hands off whatever field they were in."""
    page.get_by_role("heading", level=1).click()
    for key in ("l", "m", "Enter", *along, "Enter", "Escape"):
        page.keyboard.press(key)


@pytest.mark.namespaces
@pytest.mark.timeout(900, func_only=True)
def test_over_a_thin_line_a_township_sees_what_is_shown_and_asks_to_be_answered_later(
    people: People, township: People, line: Line
) -> None:
    with (
        people.context(account(people, "mashumin"), locale="en", size=WIDE) as experts,
        people.context(account(people, "wanglichun")),
        township.context(account(people, "wanglichun"), size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        address = asked(people, "结节较前增大").room
        expert.goto(f"/rooms/{address}")
        image = expert.locator(".corner.top.right .main")
        expect(image).to_contain_text("Im ")
        # The pages have been used before over this line; images are never kept on a disk.
        physician.goto(f"/rooms/{address}")
        _live(physician)
        physician.goto("about:blank")
        expert.keyboard.press("t")
        expect(expert.locator(".lead")).to_have_text("You present; the others follow your view")

        line.shape(KBITS, THERE_AND_BACK)
        before, began = [*line.sent], time.monotonic()
        physician.goto(f"/rooms/{address}", wait_until="commit")
        _live(physician)
        figures = [f"room {time.monotonic() - began:.1f} s"]
        sketch = physician.get_by_test_id("sketch")
        expect(sketch.locator(".main")).to_have_text(image.inner_text(), timeout=OPEN_SECONDS * 1000)
        figures.append(f"first image {time.monotonic() - began:.1f} s, {line.sent[1] - before[1]} bytes")
        expect(physician.get_by_test_id("thin")).to_be_visible()

        # The presenter's image first, nothing ahead of it; both screens say who sees it, and that it is a preview.
        for _ in range(2):
            shown, began, before = image.inner_text(), time.monotonic(), [*line.sent]
            expert.keyboard.press("ArrowDown")
            expect(image).not_to_have_text(shown)
            expect(sketch.locator(".main")).to_have_text(image.inner_text(), timeout=SLICE_SECONDS * 1000)
            expect(expert.get_by_test_id("see")).to_contain_text("2/2 see this image", timeout=SLICE_SECONDS * 1000)
            figures.append(f"slice {time.monotonic() - began:.1f} s, {line.sent[1] - before[1]} bytes")
        expect(expert.get_by_test_id("sketching")).to_contain_text("compressed preview")

        # A drag is thirty views a second; what is said meanwhile does not wait behind them.
        viewport = expert.locator(".viewport").bounding_box()
        assert viewport is not None
        x, y = viewport["x"] + viewport["width"] / 2, viewport["y"] + viewport["height"] / 2
        expert.mouse.move(x, y)
        expert.mouse.down()
        _drag(expert, x, y, DRAG_SECONDS)
        expert.mouse.up()
        asked_after = _says(expert, physician, "Where does it hurt?", "Message", "Send")
        figures.append(f"chat to the township after a drag {asked_after:.1f} s")
        figures.append(f"chat from it {_says(physician, expert, '左侧胸痛两天', '消息', '发送'):.1f} s")

        _draw(expert, *["ArrowRight"] * 30)
        mark = expert.locator("[data-mark]").get_attribute("data-mark")
        expect(physician.locator(f"[data-mark='{mark}']")).to_be_visible(timeout=CHAT_SECONDS * 1000)
        picture(physician, "room-thin-zh-CN")
        expect(physician.locator(f"[data-sketched='{mark}']")).to_have_count(1)
        picture(expert, "room-thin-en").with_suffix(".txt").write_text("\n".join(figures), "utf-8")
        assert axe(physician) == []

        # Asked now, answered later: by voice, in the same room.
        physician.get_by_role("button", name="改为图文会诊").click()
        expect(expert.locator("[data-mode='async']")).to_be_visible(timeout=CHAT_SECONDS * 1000)
        physician.get_by_role("button", name="录语音").click()
        expect(physician.get_by_text(re.compile("0:0[3-9] / 最长 5:00"))).to_be_visible()
        picture(physician, "room-voice-recording-zh-CN")
        physician.get_by_role("button", name="录完").click()
        physician.get_by_role("button", name=re.compile("^试听")).click()
        player = "() => document.querySelector('[data-testid=voice-player]').currentTime"
        physician.wait_for_function(f"{player} > 0.3")
        began, before = time.monotonic(), [*line.sent]
        physician.get_by_role("button", name="发送语音").click()
        voice = expert.locator("[data-voice]").last
        expect(voice).to_be_visible(timeout=SLICE_SECONDS * 1000)
        figures.append(f"voice note {time.monotonic() - began:.1f} s, {line.sent[0] - before[0]} bytes")
        expect(voice.get_by_role("button")).to_contain_text(re.compile(r"0:0[3-9]"))
        voice.get_by_role("button").focus()
        expert.keyboard.press("Enter")
        expert.wait_for_function(f"{player} > 0.5")
        assert float(expert.evaluate(player)) > 0.5
        picture(expert, "room-async-en")
        assert axe(expert) == []

        # The answer: words and a mark; then both go on live.
        _says(expert, physician, "Follow-up CT in three months.", "Message", "Send")
        marks = physician.locator("[data-mark]")
        count = marks.count()
        _draw(expert, *["ArrowDown"] * 12)
        expect(marks).to_have_count(count + 1, timeout=CHAT_SECONDS * 1000)
        picture(physician, "room-async-zh-CN")
        physician.get_by_role("button", name="转回实时会诊").click()
        expect(expert.locator("[data-mode='async']")).to_have_count(0, timeout=CHAT_SECONDS * 1000)
        (picture(physician, "room-thin-live-again-zh-CN").parent / "room-thin.txt").write_text(
            "\n".join(figures), "utf-8"
        )


def _join(page: Page) -> None:
    page.get_by_role("button", name=re.compile("检查设备并加入|Test devices")).click()
    page.get_by_role("button", name=re.compile("^(加入音视频|Join with voice and video)$")).click()
    expect(page.get_by_test_id("own-tile").locator("video")).to_be_visible()


@pytest.mark.namespaces
@pytest.mark.timeout(900, func_only=True)
def test_a_call_over_a_thin_line_gives_up_pictures_first_and_then_offers_to_write(
    people: People, county_desk: People, township: People, line: Line
) -> None:
    with (
        county_desk.context(account(county_desk, "mashumin"), locale="en", size=WIDE) as experts,
        township.context(account(township, "wanglichun"), size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        address = asked(people, "结节较前增大").room
        for page in (expert, physician):
            page.goto(f"/rooms/{address}")
            _live(page)
        for page in (expert, physician):
            _join(page)
        for page in (expert, physician):
            tile = page.get_by_test_id("tile").element_handle()
            page.wait_for_function(
                "(node) => Number(node.dataset.frames) > 15 && Number(node.dataset.voice) > 50", arg=tile
            )

        line.shape(KBITS, THERE_AND_BACK)
        rung = physician.get_by_test_id("rung")
        expect(rung).to_have_text(re.compile("只保留声音"), timeout=LADDER_SECONDS * 1000)
        offer = physician.get_by_test_id("call").get_by_role("alert").filter(has_text="图文会诊")
        expect(offer).to_be_visible(timeout=LADDER_SECONDS * 1000)
        assert axe(physician) == []
        picture(physician, "room-thin-call-zh-CN")
        physician.keyboard.press("d")
        expect(expert.locator("[data-mode='async']")).to_be_visible(timeout=CHAT_SECONDS * 1000)
        picture(expert, "room-thin-call-en")

        # The line is good again: back to live, and to the call.
        line.shape(UNSHAPED, 0.0)
        physician.get_by_role("button", name="转回实时会诊").click()
        for page in (physician, expert):
            _join(page)
        tile = physician.get_by_test_id("tile").element_handle()
        physician.wait_for_function("(node) => Number(node.dataset.frames) > 15", arg=tile)
