"""A room as an expert and an inviting physician have it, each with a screen of another size and language."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .consultation_pages import account, asked


def _window(page: Page) -> str:
    return page.locator(".corner.bottom.left p").first.inner_text()


def _enter(page: Page, address: str) -> None:
    page.goto(f"/rooms/{address}")
    expect(page.locator(".corner.top.right")).to_contain_text("Im 1 / 1")
    expect(page.get_by_test_id("phase")).to_have_text(re.compile("已连接|Connected"))


def _same_window(follower: Page, presenter: Page) -> None:
    expect(follower.locator(".corner.bottom.left p").first).to_have_text(
        re.compile(r".*".join(re.findall(r"-?\d+", _window(presenter))))
    )


def test_two_screens_show_one_image_and_say_so(people: People) -> None:
    with (
        people.context(account(people, "qinlan"), size=WIDE) as experts,
        people.context(account(people, "jianghaiyan"), locale="en", size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        found = complaints(expert)
        address = asked(people, "心影增大").room
        _enter(expert, address)
        _enter(physician, address)

        expert.keyboard.press("t")
        expect(expert.locator(".lead")).to_have_text("您正在主讲，其他人跟随您的画面")
        expect(physician.locator(".lead")).to_have_text("秦岚 presents")
        expect(physician.get_by_test_id("follow")).to_have_text("Following the presenter")
        expect(expert.get_by_test_id("see")).to_have_text("看到此图 2/2")
        expect(physician.get_by_test_id("see")).to_have_text("2/2 see this image")

        # Who is in the room is asked for when somebody comes, not with all that is shown there.
        requests: list[str] = []
        physician.on(
            "request", lambda one: requests.append(one.url) if one.url.endswith(f"/api/rooms/{address}") else None
        )
        for key in ("Shift+ArrowRight", "Shift+ArrowUp", "+", "f"):
            expert.keyboard.press(key)
        expect(physician.locator(".badge", has_text="Flipped")).to_have_count(1)
        other = 1 - expert.locator(".badge.quiet").count()  # some films are stored with their grey scale turned round
        expert.keyboard.press("i")
        expect(expert.locator(".badge.quiet")).to_have_count(other)
        expect(physician.locator(".badge.quiet")).to_have_count(other)
        _same_window(physician, expert)
        assert physician.locator(".edge.west").inner_text() == expert.locator(".edge.west").inner_text()

        assert requests == []

        # Whoever looks for themselves is left alone until they come back by one key.
        physician.keyboard.press("h")
        expect(physician.get_by_test_id("follow")).to_have_text("Looking freely")
        mine = _window(physician)
        for _ in range(3):
            expert.keyboard.press("Shift+ArrowRight")
        expert.get_by_label("消息").fill("<img src=x onerror=\"document.title='broken'\"><b>粗</b>")
        expert.get_by_role("button", name="发送").click()
        expect(physician.locator(".line .text").last).to_have_text(
            "<img src=x onerror=\"document.title='broken'\"><b>粗</b>"
        )
        assert physician.locator(".line .text *").count() == 0
        assert _window(physician) == mine
        physician.keyboard.press("h")
        _same_window(physician, expert)
        assert _window(physician) != mine

        assert axe(expert) == []
        assert axe(physician) == []
        picture(expert, "room-presenter")
        picture(physician, "room-follower-en")

        # A reload goes on where the room is.
        physician.reload()
        expect(physician.locator(".line .text").last).to_contain_text("粗")
        expect(physician.get_by_test_id("follow")).to_have_text("Following the presenter")
        expect(physician.locator(".badge", has_text="Flipped")).to_have_count(1)
        expect(physician.locator(".badge.quiet")).to_have_count(other)
        _same_window(physician, expert)

        # A second window takes over, and the first says so and may have it back.
        second = physicians.new_page()
        _enter(second, address)
        expect(physician.get_by_role("alert")).to_contain_text("You are in this room in another window")
        expect(physician.locator(".lead")).to_have_text("Not in step with the room")
        expect(physician.get_by_text("Sees this image")).to_have_count(0)
        picture(physician, "room-superseded-en")
        physician.get_by_role("button", name="Use this window").click()
        expect(physician.get_by_test_id("phase")).to_have_text("Connected")
        expect(second.get_by_role("alert")).to_contain_text("another window")
        second.close()

        physicians.set_offline(True)
        expect(physician.get_by_test_id("phase")).to_have_text("Reconnecting…")
        expect(expert.locator("li", has_text="重连中")).to_have_count(1)
        physicians.set_offline(False)
        expect(physician.get_by_test_id("phase")).to_have_text("Connected")
        expect(expert.get_by_test_id("see")).to_have_text("看到此图 2/2")

        expert.get_by_role("button", name="离开会诊室").click()
        expect(expert.get_by_role("alert")).to_contain_text("您已离开会诊室")
        expect(physician.locator(".lead")).to_have_text("Nobody presents; everybody looks for themselves")
        expect(physician.locator("li", has_text="秦岚")).to_contain_text("Left")
        assert found == []
