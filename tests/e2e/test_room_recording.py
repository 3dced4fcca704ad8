"""A call is recorded once both have agreed, ends with one word of either, and is heard again segment by segment."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .calling import launch
from .consultation_pages import account, asked

SEGMENTS = 3
#: Of a picture that is played, in 255ths: black is what nobody was drawn into.
BRIGHTEST = """(player) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const pen = canvas.getContext('2d');
  pen.drawImage(player, 0, 0, 64, 36);
  return pen.getImageData(0, 0, 64, 36).data.filter((_, index) => index % 4 < 3).reduce((a, b) => Math.max(a, b), 0);
}"""


@pytest.fixture(scope="module")
def callers(
    people: People, playwright_driver: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Generator[People]:
    """People whose browser has a microphone and a camera, which show a test picture and beep."""
    browser = launch(playwright_driver, tmp_path_factory.mktemp("recording"), origin=people.stack.url)
    yield replace(people, browser=browser)
    browser.close()


def _enter(page: Page, address: str) -> None:
    page.goto(f"/rooms/{address}")
    expect(page.get_by_test_id("phase")).to_have_text(re.compile("已连接|Connected"))


def _join(page: Page) -> None:
    page.get_by_role("button", name=re.compile("检查设备并加入|Test devices")).click()
    page.wait_for_function("() => document.querySelector('[data-testid=level]')?.value > 0.2")
    page.get_by_role("button", name=re.compile("^(加入音视频|Join with voice and video)$")).click()
    expect(page.get_by_test_id("own-tile").locator("video")).to_be_visible()


def _part(page: Page) -> Locator:
    """What stands about recording, opened."""
    part = page.get_by_test_id("recording-part")
    if part.get_attribute("open") is None:
        part.locator("summary").first.click()
    return part


def _kept(page: Page, room: str) -> list[dict[str, int]]:
    """The segments that the log lists."""
    answer = page.request.get(f"/api/rooms/{room}/recordings")
    assert answer.ok, answer.text()
    return [one for each in answer.json()["items"] for one in each["segments"]]


def _hears(page: Page) -> None:
    """Play the first recording from its beginning until the second segment has moved on."""
    heard = page.get_by_test_id("recorded")
    heard.locator("summary").click()
    heard.get_by_role("button", name=re.compile("▶")).first.click()
    moving = """(number) => {
      const player = document.querySelector('[data-testid=recorded-player]');
      const on = document.querySelector('[data-testid=recorded] ol [aria-pressed=true]');
      const all = [...document.querySelectorAll('[data-testid=recorded] ol button')];
      return player !== null && player.currentTime > 0.5 && all.indexOf(on) === number;
    }"""
    page.wait_for_function(moving, arg=0)
    page.wait_for_function(moving, arg=1)


def test_a_call_is_recorded_with_both_consents_and_ends_with_one(callers: People) -> None:
    with (
        callers.context(account(callers, "qinlan"), size=WIDE) as experts,
        callers.context(account(callers, "jianghaiyan"), locale="en", size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        found = [complaints(expert), complaints(physician)]
        case = asked(callers, "心影增大")
        for page in (expert, physician):
            _enter(page, case.room)
            _join(page)
        for page in (expert, physician):
            expect(page.get_by_test_id("tile")).to_have_count(1)

        start = _part(expert).get_by_role("button", name="开始录制")
        expect(start).to_be_disabled()
        expect(_part(expert)).to_contain_text("尚无患者同意的记录")
        _part(physician).get_by_label("How").fill("said so face to face")
        _part(physician).get_by_role("button", name="Note the patient’s consent").click()
        expect(_part(expert)).to_contain_text("患者本人已同意（said so face to face），姜海燕 记录")
        _part(physician).get_by_role("button", name="I agree to being recorded").click()
        expect(expert.get_by_test_id("recording-missing")).to_have_text("等候同意：秦岚")
        expect(start).to_be_disabled()
        assert axe(expert) == []
        picture(expert, "room-recording-asked")
        picture(physician, "room-recording-asked-en")
        _part(expert).get_by_role("button", name="我同意录制").click()
        start.click()

        for page, words in ((expert, "录制中"), (physician, "Recording")):
            bar = page.get_by_test_id("recording")
            expect(bar).to_contain_text(words)
            expect(bar).to_contain_text(re.compile("由 秦岚 开始|started by 秦岚"))
        for page in (expert, physician):
            page.wait_for_function(
                "(wanted) => document.querySelector('[data-testid=recording-kept]')?.dataset.segments >= wanted",
                arg=SEGMENTS,
            )
        for page in (expert, physician):
            assert axe(page) == []
        picture(expert, "room-recording")
        picture(physician, "room-recording-en")

        physician.get_by_role("button", name="Take back my consent and stop").click()
        for page in (expert, physician):
            expect(page.get_by_test_id("recording")).to_have_count(0)
        expect(expert.get_by_test_id("recording-ended")).to_have_text("录制已停止：姜海燕 撤回了同意")
        expect(start).to_be_disabled()
        # what was recorded until then is sent after the end
        before = len(_kept(expert, case.room))
        expect(_part(expert).get_by_test_id("recording-waits")).to_have_count(0)
        segments = _kept(expert, case.room)
        assert len(segments) >= max(before, SEGMENTS)
        assert [one["n"] for one in segments] == list(range(len(segments)))
        assert all(3000 <= one["ms"] <= 30_000 for one in segments[:-1])
        seams = [after["at"] - one["at"] - one["ms"] for one, after in pairwise(segments)]
        assert all(abs(seam) < 500 for seam in seams), seams

        _hears(physician)
        expect(physician.get_by_test_id("recorded-at")).to_be_visible()
        size = physician.get_by_test_id("recorded-player").evaluate("(one) => [one.videoWidth, one.videoHeight]")
        assert size in ([640, 360], [0, 0]), "a machine too busy for pictures keeps the voices"
        if size == [640, 360]:
            assert physician.get_by_test_id("recorded-player").evaluate(BRIGHTEST) > 60
        assert axe(physician) == []
        picture(physician, "room-recording-heard-en")
        expert.get_by_test_id("recorded").locator("summary").click()
        expert.get_by_role("button", name="从 0:00 播放").click()
        expert.wait_for_function("() => document.querySelector('[data-testid=recorded-player]').currentTime > 0.5")
        picture(expert, "room-recording-heard")

        # and from the consultation's own page
        physician.goto(f"/consultations/{case.id}")
        physician.get_by_test_id("recorded").scroll_into_view_if_needed()
        _hears(physician)
        assert axe(physician) == []
        picture(physician, "consultation-recording-en")
        assert found == [[], []]
