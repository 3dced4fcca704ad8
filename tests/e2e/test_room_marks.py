"""One picture on two screens of different sizes: the same image, window and marks, to the digit."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .consultation_pages import account, asked


def _enter(page: Page, address: str) -> None:
    page.goto(f"/rooms/{address}")
    expect(page.locator(".corner.top.right")).to_contain_text("Im ")
    expect(page.get_by_test_id("phase")).to_have_text(re.compile("已连接|Connected"))


def _numbers(page: Page, place: str) -> list[str]:
    return re.findall(r"-?\d+(?:\.\d+)?", page.locator(f".corner.{place}").inner_text())


def _image(page: Page) -> str:
    return page.locator(".corner.top.right .main").inner_text()


def _marks(page: Page) -> list[tuple[str | None, str | None]]:
    """Id and world coordinates of every mark of the room, in order."""
    rows = page.locator("[data-mark]").all()
    return [(one.get_attribute("data-mark"), one.get_attribute("data-world")) for one in rows]


def _drawn(page: Page, text: str | re.Pattern[str]) -> None:
    """It stands on the image, not in the list alone."""
    expect(page.locator(".images svg text, .images svg tspan").filter(has_text=text).first).to_be_visible()


def test_two_screens_agree_on_image_window_and_measurement(people: People) -> None:
    with (
        people.context(account(people, "mashumin"), size=WIDE) as experts,
        people.context(account(people, "wanglichun"), locale="en", size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        found = complaints(expert)
        address = asked(people, "结节较前增大").room
        _enter(expert, address)
        _enter(physician, address)
        expert.keyboard.press("t")
        expect(physician.get_by_test_id("follow")).to_have_text("Following the presenter")

        before = _image(expert)
        for _ in range(3):
            shown = _image(expert)
            expert.keyboard.press("ArrowDown")
            expect(expert.locator(".corner.top.right .main")).not_to_have_text(shown)
        assert _image(expert) != before
        for key in ("2", "Shift+ArrowRight", "+"):
            expert.keyboard.press(key)
        expect(physician.locator(".corner.top.right .main")).to_have_text(_image(expert))
        expect(expert.get_by_test_id("see")).to_have_text("看到此图 2/2")

        for key in ("l", "m", "Enter", *["ArrowRight"] * 30, "Enter", "Escape"):
            expert.keyboard.press(key)
        said = expert.get_by_test_id("mark-said").first
        expect(said).to_have_text(re.compile(r"^M1 \d+\.\d mm$"))
        expect(physician.get_by_test_id("mark-said").first).to_have_text(said.inner_text())
        _drawn(expert, said.inner_text())
        _drawn(physician, said.inner_text())
        assert _marks(physician) == _marks(expert)
        assert _numbers(physician, "bottom.left")[:2] == _numbers(expert, "bottom.left")[:2]
        assert axe(expert) == []
        picture(expert, "room-marks")
        picture(physician, "room-marks-en")

        # The physician's own is told from the expert's, and only its author or a moderator may take it away.
        physician.keyboard.press("h")
        for key in ("o", "m", "Enter", *["ArrowRight"] * 6, *["ArrowDown"] * 6, "Enter", "Escape"):
            physician.keyboard.press(key)
        second = physician.get_by_test_id("mark-said").nth(1)
        expect(second).to_have_text(re.compile(r"^R1 mean .+HU"))
        expect(expert.locator("[data-mark]")).to_have_count(2)
        assert _marks(physician) == _marks(expert)

        # Who loads the page again, or comes late, has all of it from the log.
        kept, words = _marks(expert), said.inner_text()
        physician.reload()
        expect(physician.locator("[data-mark]")).to_have_count(2)
        assert _marks(physician) == kept
        expect(physician.locator(".corner.top.right .main")).to_have_text(_image(expert))
        _drawn(physician, words)

        # Hidden here is not hidden there; deleted here is deleted there.
        expert.get_by_role("button", name=f"隐藏 {words}").click()
        expect(expert.locator(".images svg text").filter(has_text=words)).to_have_count(0)
        _drawn(physician, words)
        expert.get_by_role("button", name=f"删除 {words}").click()
        expect(physician.locator("[data-mark]")).to_have_count(1)
        expect(physician.locator(".images svg text").filter(has_text=words)).to_have_count(0)

        # By key it is one's own newest on this image, and nobody else's.
        expert.get_by_role("heading", level=1).click()
        expert.keyboard.press("Delete")
        physician.get_by_role("heading", level=1).click()
        physician.keyboard.press("Delete")
        expect(expert.locator("[data-mark]")).to_have_count(0)
        assert found == []


def test_files_and_minutes_are_shared_and_no_text_is_lost(people: People) -> None:
    with (
        people.context(account(people, "mashumin"), size=WIDE) as experts,
        people.context(account(people, "wanglichun"), locale="en", size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        address = asked(people, "结节较前增大").room
        _enter(expert, address)
        _enter(physician, address)

        # A name is text, whatever it spells; what is no file for a room is said before it is sent.
        expert.get_by_text(re.compile(r"^文件 \d")).click()
        physician.get_by_text(re.compile(r"^Files \d")).click()
        name = "<b>病历</b> 摘要.txt".replace("/", "")
        chooser = expert.locator("input[type=file]")
        chooser.set_input_files({"name": "run.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
        expect(expert.get_by_role("alert")).to_contain_text("不是可用的文件类型")
        chooser.set_input_files({"name": name, "mimeType": "text/plain", "buffer": "右上叶结节".encode()})
        link = physician.get_by_role("link", name=f"Download {name}")
        expect(link).to_have_text(name)
        with physician.expect_download() as coming:
            link.click()
        assert coming.value.path().read_bytes().decode() == "右上叶结节"

        # Both write from the same version; the second is told whose came first and loses nothing.
        expert.locator("summary", has_text="会诊纪要").click()
        physician.locator("summary", has_text="Minutes").click()
        expert.get_by_role("button", name="编写纪要").click()
        physician.get_by_role("button", name="Write minutes").click()
        expert.get_by_label("纪要内容").fill("共同阅片：结节较前增大。")
        physician.get_by_label("Text of the minutes").fill("The nodule has grown.")
        expert.get_by_role("button", name="保存", exact=True).click()
        expect(physician.get_by_text("While you wrote, 马淑敏 saved version 1.")).to_be_visible()
        expect(physician.get_by_test_id("minutes-theirs")).to_have_text("共同阅片：结节较前增大。")
        expect(physician.get_by_label("Text of the minutes")).to_have_value("The nodule has grown.")
        picture(physician, "room-minutes-conflict-en")
        physician.get_by_role("button", name="Save my text as the new version").click()
        expect(expert.get_by_test_id("minutes-text")).to_have_text("The nodule has grown.")
        expect(expert.get_by_test_id("minutes-version")).to_contain_text("第 2 版，王立春")
        assert axe(expert) == []
        picture(expert, "room-files-minutes")

        # Compressed pictures are nobody else's, and the page says so.
        expert.get_by_role("button", name="浏览模式").click()
        expect(expert.get_by_test_id("browsing")).to_contain_text("不参与同步")


def test_what_the_presenter_points_at_is_pointed_at_on_every_screen(people: People) -> None:
    with (
        people.context(account(people, "mashumin"), size=WIDE) as experts,
        people.context(account(people, "wanglichun"), locale="en", size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        address = asked(people, "结节较前增大").room
        _enter(expert, address)
        _enter(physician, address)
        spot = physician.get_by_test_id("pointer")
        expert.keyboard.press("t")
        expect(physician.get_by_test_id("follow")).to_have_text("Following the presenter")
        expect(physician.locator(".corner.top.right .main")).to_have_text(_image(expert))

        # By keyboard: the middle of one screen is the middle of the other.
        for key in ("g", "m"):
            expert.keyboard.press(key)
        expect(spot).to_contain_text("马淑敏")
        view = physician.locator(".viewport").bounding_box()
        there = spot.bounding_box()
        assert view is not None
        assert there is not None
        assert abs(there["x"] - view["x"] - view["width"] / 2) <= 2
        assert abs(there["y"] - view["y"] - view["height"] / 2) <= 2
        at = int(spot.get_attribute("data-x") or 0)
        expert.keyboard.press("ArrowRight")
        expect(spot).not_to_have_attribute("data-x", str(at))
        assert int(spot.get_attribute("data-x") or 0) > at
        picture(physician, "room-pointer-en")
        assert axe(physician) == []

        # By mouse, and over a picture that is looked at otherwise meanwhile it stays on its spot.
        expert.keyboard.press("Escape")
        box = expert.locator(".viewport").bounding_box()
        assert box is not None
        expert.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)
        expect(spot).not_to_have_attribute("data-x", str(at))
        where = spot.evaluate("(one) => getComputedStyle(one).left")
        expert.keyboard.press("+")
        expect(spot).not_to_have_css("left", where)
        picture(expert, "room-pointer-presenter")

        expert.keyboard.press("g")
        expect(spot).to_have_count(0)
