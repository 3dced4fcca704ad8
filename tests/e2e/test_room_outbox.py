"""What somebody wrote in a room outlives the page: sent again after a reload, taken once, left to nobody else."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from .browser import DESK, PATIENCE, People, picture
from .consultation_pages import account, asked

KEPT = """() => new Promise((resolve, reject) => {
  const asked = indexedDB.open('telemed-rooms', 1);
  asked.onerror = () => reject(asked.error);
  asked.onsuccess = () => {
    const rows = asked.result.transaction('outbox').objectStore('outbox').getAll();
    rows.onsuccess = () => { asked.result.close(); resolve(rows.result); };
  };
})"""
NOTHING_KEPT = f"() => ({KEPT})().then((rows) => rows.length === 0)"
SAID = """([address, text]) => fetch(`/api/rooms/${address}`).then((answer) => answer.json())
  .then((found) => found.state.chat.last.some((one) => one.text === text))"""


@dataclass
class Line:
    """The line between a page and its room. swallows: what of it does not arrive now."""

    swallows: str = ""

    def lay(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def up(message: str | bytes) -> None:
            if self.swallows != "commands" or '"t":"cmd"' not in str(message):
                server.send(message)

        def down(message: str | bytes) -> None:
            if self.swallows != "answers" or re.search(r'"t":"(ok|ev)"', str(message)) is None:
                route.send(message)

        route.on_message(up)
        server.on_message(down)


def _until(page: Page, asked: str, arg: Any = None) -> None:
    """Ask until the answer is yes; to `wait_for_function` a promise is one already."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(asked, arg):
        assert time.monotonic() < deadline, asked
        page.wait_for_timeout(100)


def _say(page: Page, text: str) -> None:
    page.get_by_label("消息").fill(text)
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".line", has_text=text)).to_contain_text("待发送")


def _said(page: Page, address: str) -> list[Any]:
    answer = page.request.get(f"/api/rooms/{address}")
    return [one["text"] for one in answer.json()["state"]["chat"]["last"]]


def test_what_was_written_is_sent_again_after_a_reload_and_counts_once(people: People) -> None:
    with people.context(account(people, "qinlan"), size=DESK) as context:
        line = Line()
        page = context.new_page()
        page.route_web_socket(re.compile(r"/api/rooms/[^/]+/socket$"), line.lay)
        address = asked(people, "心影增大").room
        page.goto(f"/rooms/{address}")
        expect(page.get_by_test_id("phase")).to_have_text("已连接")

        # It never left the page.
        line.swallows = "commands"
        text = "断线时写下的话"
        _say(page, text)
        picture(page, "room-outbox")
        assert text not in _said(page, address)
        (row,) = page.evaluate(KEPT)
        assert set(row) - {"base"} == {"room", "person", "device", "cid", "n", "at", "k", "d"}
        assert row["d"] == {"text": text}
        line.swallows = ""
        page.reload()
        _until(page, NOTHING_KEPT)
        expect(page.locator(".line", has_text=text)).to_have_count(1)
        expect(page.locator(".line", has_text=text)).not_to_contain_text("待发送")
        assert _said(page, address).count(text) == 1

        # It arrived, and the answer did not.
        line.swallows = "answers"
        text = "已到达而未获确认的话"
        _say(page, text)
        _until(page, SAID, [address, text])
        line.swallows = ""
        page.reload()
        _until(page, NOTHING_KEPT)
        expect(page.locator(".line", has_text=text)).to_have_count(1)
        expect(page.locator(".line", has_text=text)).not_to_contain_text("待发送")
        assert _said(page, address).count(text) == 1

        # The next at this PC finds nothing of it.
        line.swallows = "commands"
        _say(page, "下一位不应看到的话")
        with people.context(account(people, "jianghaiyan")) as others:
            cookies = others.cookies()
        context.clear_cookies()
        context.add_cookies(cookies)  # pyright: ignore[reportArgumentType] -- as the browser gave them
        page.goto("/consultations")
        _until(page, NOTHING_KEPT)
