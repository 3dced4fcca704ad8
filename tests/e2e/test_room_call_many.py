"""A call of five: four seats while Janus is away, all five through it once it is there, and again after it died."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from telemed.config import JanusSection
from telemed.embedded.janus import JanusServer, start_janus

from .browser import DESK, People, axe, picture
from .calling import launch
from .consultation_pages import Asked, account, asked
from .stack import JANUS_SECRET, Account

FIVE = 5
PATIENCE = 120_000  # five pages on a small machine, one after the other
#: Of every tile there is: more voice than before, and as many tiles as there are others.
HEARD = """([before, others]) => {
  const tiles = [...document.querySelectorAll('[data-testid=tile]')];
  const more = ({ dataset }) => Number(dataset.voice) > (before[dataset.person] ?? 0) + 50;
  return tiles.length === others && tiles.every(more);
}"""
VOICES = """() => Object.fromEntries([...document.querySelectorAll('[data-testid=tile]')].map(
  (one) => [one.dataset.person, Number(one.dataset.voice)]))"""
SEEN = (
    "(least) => [...document.querySelectorAll('[data-testid=tile]')].some((one) => Number(one.dataset.frames) > least)"
)


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    """Where Janus' user can pass."""
    with tempfile.TemporaryDirectory(prefix="telemed-many-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def callers(people: People, playwright_driver: Playwright, folder: Path) -> Generator[People]:
    browser = launch(playwright_driver, folder, origin=people.stack.url)
    yield replace(people, browser=browser)
    browser.close()


def _colleagues(people: People, case: Asked, number: int) -> list[Account]:
    """Add so many colleagues to a consultation, whoever may be added."""
    added: list[Account] = []
    with people.context(account(people, "jianghaiyan")) as context:
        token = context.request.get("/api/session").json()["csrf_token"]
        for one in people.stack.accounts:
            if len(added) == number:
                break
            found: dict[str, Any] = context.request.get(
                f"/api/consultations/{case.id}/candidates", params={"search": one.name}
            ).json()
            for item in found["items"]:
                against = next(each for each in item["against"] if each["role"] == "participant")
                if item["name"] != one.name or against["stops"]:
                    continue
                body = {"id": str(uuid4()), "practitioner_id": item["id"], "role": "participant", "reason": "多学科"}
                answer = context.request.post(
                    f"/api/consultations/{case.id}/members", data=body, headers={"X-CSRF-Token": token}
                )
                if answer.ok:
                    added.append(one)
                break
    assert len(added) == number, [one.username for one in added]
    return added


def _join(page: Page, room: str, *, camera: bool) -> None:
    page.goto(f"/rooms/{room}")
    expect(page.get_by_test_id("phase")).to_have_text("已连接")
    page.get_by_role("button", name="检查设备并加入").click()
    page.wait_for_function("() => document.querySelector('[data-testid=level]')?.value > 0.2")
    page.get_by_role("button", name="加入音视频" if camera else "只用声音加入", exact=True).click()
    expect(page.get_by_test_id("own-tile")).to_be_visible()


def _tiles(page: Page) -> Locator:
    return page.get_by_test_id("tile")


def _everybody_hears(pages: Sequence[Page], others: int) -> None:
    """Each page has more of the voice of each other person than it had."""
    before = [page.evaluate(VOICES) for page in pages]
    for page, had in zip(pages, before, strict=True):
        page.wait_for_function(HEARD, arg=[had, others], timeout=PATIENCE)


def _janus(callers: People, folder: Path) -> JanusServer:
    return start_janus(folder, JanusSection(port=callers.stack.janus_port, secret=JANUS_SECRET))


@pytest.mark.timeout(900, func_only=True)
def test_five_people_hear_each_other_through_janus_and_again_after_it_was_killed(callers: People, folder: Path) -> None:
    case = asked(callers, "心影增大")
    people = [account(callers, "qinlan"), account(callers, "jianghaiyan"), *_colleagues(callers, case, FIVE - 2)]
    with ExitStack() as stack:
        pages: list[Page] = []
        for number, one in enumerate(people):
            page = stack.enter_context(callers.context(one, size=DESK)).new_page()
            page.set_default_timeout(PATIENCE)
            _join(page, case.room, camera=number == 0)
            pages.append(page)
        *first, fifth = pages

        # Without Janus it is as ever: four hear each other, the fifth is told, and everybody sees that it is tried.
        _everybody_hears(first, 3)
        expect(fifth.locator(".call")).to_contain_text("音视频最多 4 人")
        for page in pages:
            expect(page.get_by_test_id("forwarding")).to_contain_text("多人转发服务暂时连不上")
        expect(_tiles(fifth)).to_have_count(0)
        picture(fifth, "room-call-many-away")

        janus = _janus(callers, folder)
        stack.callback(janus.stop)
        for page in pages:
            expect(page.get_by_test_id("forwarding")).to_contain_text("县里的转发服务", timeout=PATIENCE)
            expect(_tiles(page)).to_have_count(FIVE - 1, timeout=PATIENCE)
        _everybody_hears(pages, FIVE - 1)
        for page in pages[1:]:
            page.wait_for_function(SEEN, arg=15, timeout=PATIENCE)
        expect(fifth.locator(".call")).not_to_contain_text("音视频最多")
        assert axe(fifth) == []
        picture(pages[0], "room-call-many")

        # A rung is a rung here too: nothing of the camera comes to who does not want it, and the voice goes on.
        fifth.get_by_text("设备与网络").click()
        fifth.get_by_test_id("choice").select_option("without-others-cameras")
        _everybody_hears([fifth], FIVE - 1)
        fifth.get_by_test_id("choice").select_option("")

        # One of five leaves: the rest stay where they are, and whoever comes back comes there.
        pages[3].get_by_role("button", name="退出音视频").click()
        for page in (*pages[:3], fifth):
            expect(_tiles(page)).to_have_count(FIVE - 2)
            expect(page.get_by_test_id("forwarding")).to_contain_text("县里的转发服务")
        _everybody_hears((*pages[:3], fifth), FIVE - 2)
        pages[3].reload()
        _join(pages[3], case.room, camera=False)
        _everybody_hears(pages, FIVE - 1)

        janus.process.kill()
        janus.process.wait()
        janus.stop()
        for page in pages:
            expect(page.get_by_test_id("phase")).to_have_text("已连接")
            expect(_tiles(page).first.get_by_test_id("look")).to_have_text(
                re.compile("正在连接|恢复"), timeout=PATIENCE
            )
        stack.callback(_janus(callers, folder).stop)
        _everybody_hears(pages, FIVE - 1)
        for page in pages:
            expect(page.get_by_test_id("phase")).to_have_text("已连接")
