"""Voice and video beside the images of a room: its own page, fake devices, a real relay between two networks."""

from __future__ import annotations

import os
import re
import selectors
import socket
import tempfile
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Playwright, WebSocketRoute, expect

from telemed.config import CallSection
from telemed.embedded.coturn import start_coturn

from .browser import DESK, WIDE, People, axe, complaints, picture
from .calling import inside, joined_by_cable, launch, networks, reaches
from .consultation_pages import account, asked
from .stack import RELAY_ADDRESSES, RELAY_SECRET, Stack

PLACES = ("township", "county")
# Remembers what of this machine's devices a page has opened.
OPENED = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.opened = [];
navigator.mediaDevices.getUserMedia = async (...asked) => {
  const stream = await ask(...asked);
  window.opened.push(...stream.getTracks());
  return stream;
};
"""
IN_USE = "() => window.opened.filter((one) => one.readyState === 'live').map((one) => one.kind).sort().join()"
MOVING = """([node, frames, voice]) => Number(node.dataset.frames) > frames && Number(node.dataset.voice) > voice"""


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    """Where the relay's user can pass."""
    with tempfile.TemporaryDirectory(prefix="telemed-call-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def callers(people: People, playwright_driver: Playwright, folder: Path) -> Generator[People]:
    """People whose browser has a microphone and a camera, which show a test picture and beep."""
    browser = launch(playwright_driver, folder, origin=people.stack.url)
    yield replace(people, browser=browser)
    browser.close()


def _enter(page: Page, address: str) -> None:
    page.goto(f"/rooms/{address}")
    expect(page.get_by_test_id("phase")).to_have_text(re.compile("已连接|Connected"))
    expect(page.get_by_role("button", name=re.compile("检查设备并加入|Test devices"))).to_be_visible()


def _join(page: Page) -> None:
    """Test the devices and join with both."""
    page.get_by_role("button", name=re.compile("检查设备并加入|Test devices")).click()
    page.wait_for_function("() => document.querySelector('[data-testid=level]')?.value > 0.2")
    page.get_by_role("button", name=re.compile("^(加入音视频|Join with voice and video)$")).click()
    expect(page.get_by_test_id("own-tile").locator("video")).to_be_visible()


def _tile(page: Page) -> Locator:
    return page.get_by_test_id("tile")


def _moving(page: Page, since: Sequence[int] = (0, 0)) -> tuple[int, int]:
    """Wait until more of the other's picture has been decoded, and more of the voice has come; returns how much."""
    tile = _tile(page)
    expect(tile).to_have_count(1)
    page.wait_for_function(MOVING, arg=[tile.element_handle(), since[0] + 15, since[1] + 50])
    frames, voice = tile.get_attribute("data-frames"), tile.get_attribute("data-voice")
    return int(frames or 0), int(voice or 0)


@contextmanager
def _two(callers: People) -> Generator[tuple[Page, Page, str, list[str]]]:
    """An expert and the inviting physician in one room, its address, and what their browsers complain of."""
    with (
        callers.context(account(callers, "qinlan"), size=WIDE) as experts,
        callers.context(account(callers, "jianghaiyan"), locale="en", size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        for page in (expert, physician):
            page.add_init_script(OPENED)
        found = complaints(expert)
        address = asked(callers, "心影增大").room
        _enter(expert, address)
        _enter(physician, address)
        yield expert, physician, address, found


def test_two_people_see_and_hear_each_other_beside_the_images_until_they_leave(callers: People) -> None:
    with _two(callers) as (expert, physician, _, found):
        expert.get_by_role("button", name="检查设备并加入").click()
        expect(expert.get_by_label("麦克风音量")).to_be_visible()
        expert.wait_for_function("() => document.querySelector('[data-testid=level]')?.value > 0.2")
        assert axe(expert) == []
        picture(expert, "room-call-test")
        expert.get_by_role("button", name="加入音视频").click()
        expect(physician.get_by_test_id("call")).to_contain_text("In the call: 秦岚")
        _join(physician)
        for page in (expert, physician):
            _moving(page)
            expect(_tile(page).get_by_test_id("look")).to_have_text(re.compile("直连|已接通|Direct|Connected"))

        # Muted and without a camera, which is closed and not only unseen: the other is told.
        physician.keyboard.press("q")
        expect(_tile(expert)).to_contain_text("已静音")
        physician.keyboard.press("e")
        expect(_tile(expert)).to_contain_text("摄像头已关")
        expect(physician.get_by_test_id("own-tile").locator("video")).to_have_count(0)
        assert physician.evaluate(IN_USE) == "audio"
        physician.keyboard.press("e")
        expect(_tile(expert)).not_to_contain_text("摄像头已关")
        physician.keyboard.press("q")
        expect(_tile(expert)).not_to_contain_text("已静音")
        seen = _moving(expert)
        _moving(expert, seen)

        for page in (expert, physician):
            assert axe(page) == []
        picture(expert, "room-call")
        picture(physician, "room-call-en")
        expert.set_viewport_size(DESK)  # pyright: ignore[reportArgumentType]
        physician.set_viewport_size(WIDE)  # pyright: ignore[reportArgumentType]
        picture(expert, "room-call-desk")
        picture(physician, "room-call-wide-en")

        # Chosen by hand, a rung holds whatever the line carries; without cameras there is nothing of the other's.
        expert.get_by_text("设备与网络").click()
        expert.get_by_test_id("choice").select_option("audio-only")
        expect(expert.get_by_test_id("rung")).to_contain_text("只保留声音")
        expect(_tile(expert).locator(".none")).to_be_visible()
        expert.get_by_test_id("choice").select_option("")
        expect(expert.get_by_test_id("rung")).to_have_text("画面和声音都在")

        # Another microphone within the call: its voice goes on.
        expert.locator("label.pick", has_text="麦克风").locator("select").select_option(index=1)
        _moving(physician, _moving(physician))
        assert expert.evaluate(IN_USE) == "audio,video"

        expert.get_by_role("button", name="退出音视频").click()
        expect(_tile(physician)).to_have_count(0)
        expect(expert.get_by_test_id("call")).to_contain_text("音视频中：姜海燕")
        expect(expert.get_by_test_id("phase")).to_have_text("已连接")
        assert expert.evaluate(IN_USE) == ""
        assert physician.evaluate(IN_USE) == "audio,video"
        physician.get_by_role("button", name="Leave the room").click()
        expect(physician.get_by_test_id("call")).to_have_attribute("data-stage", "out")
        assert physician.evaluate(IN_USE) == ""
        assert found == []


def test_a_screen_is_shared_large_enough_to_read_and_ends_with_one_press(callers: People) -> None:
    with _two(callers) as (expert, physician, _, _found):
        _join(expert)
        _join(physician)
        _moving(expert)
        physician.get_by_role("button", name="Share screen").click()
        screen = expert.get_by_test_id("screen")
        expect(screen).to_be_visible()
        expert.wait_for_function("() => document.querySelector('[data-testid=screen] video')?.videoWidth > 0")
        box = screen.bounding_box()
        assert box is not None
        assert box["width"] > WIDE["width"] * 0.75
        picture(expert, "room-call-screen")
        expert.keyboard.press("x")
        expect(screen).to_have_count(0)
        expert.keyboard.press("x")
        expect(screen).to_be_visible()
        physician.get_by_role("button", name="Stop sharing").click()
        expect(screen).to_have_count(0)


class Cut:
    """The line between a page and its room, which can be cut, and cannot be laid anew while it is."""

    def __init__(self) -> None:
        self.cut = False
        self.routes: list[WebSocketRoute] = []

    def lay(self, route: WebSocketRoute) -> None:
        if self.cut:
            route.close(code=1011)
            return
        self.routes.append(route)
        route.connect_to_server()

    def off(self) -> None:
        self.cut = True
        for route in self.routes:
            with suppress(Exception):  # one that an earlier page of the same window has left
                route.close(code=1011)
        self.routes.clear()


def test_a_call_outlives_the_rooms_line_and_ends_where_the_room_does(callers: People) -> None:
    with (
        callers.context(account(callers, "qinlan"), size=WIDE) as experts,
        callers.context(account(callers, "jianghaiyan"), locale="en", size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        line = Cut()
        physician.route_web_socket(re.compile(r"/api/rooms/[^/]+/socket$"), line.lay)
        address = asked(callers, "心影增大").room
        for page in (expert, physician):
            _enter(page, address)
            _join(page)
        for page in (expert, physician):
            _moving(page)
        line.off()
        expect(physician.get_by_test_id("phase")).to_have_text("Reconnecting…")
        expect(expert.locator("[data-person]", has_text="重连中")).to_have_count(1)
        seen = [_moving(page) for page in (expert, physician)]
        # Longer than whoever is in the room and says nothing of the call is taken to be in it (15 s; 50 packets a s).
        for page, (frames, voice) in zip((expert, physician), seen, strict=True):
            _moving(page, (frames + 30, voice + 900))
        assert physician.get_by_test_id("phase").inner_text() == "Reconnecting…"
        line.cut = False
        expect(physician.get_by_test_id("phase")).to_have_text("Connected")
        for page in (expert, physician):
            _moving(page, _moving(page))

        # Another window of the same person: this one hears and shows nothing more.
        second = physicians.new_page()
        _enter(second, address)
        expect(physician.get_by_test_id("call")).to_have_attribute("data-stage", "out")
        expect(_tile(expert)).to_have_count(0)
        second.close()


@contextmanager
def _window_into(network: str, url: str) -> Generator[None]:
    """Make a server of this network answer at the same address in another one, byte for byte and nothing else."""
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None  # noqa: PT018 -- one address
    there = (parts.hostname, parts.port)
    with inside(network):
        listening = socket.create_server(there)
    over = threading.Event()
    listening.settimeout(0.2)

    def carry(one: socket.socket) -> None:
        with one, socket.create_connection(there) as other, selectors.DefaultSelector() as ready:
            for end, far in ((one, other), (other, one)):
                ready.register(end, selectors.EVENT_READ, far)
            while not over.is_set():
                for key, _ in ready.select(0.2):
                    end, far = key.fileobj, key.data
                    assert isinstance(end, socket.socket)
                    try:
                        said = end.recv(1 << 16)
                        far.sendall(said)
                    except ConnectionError:
                        return
                    if not said:
                        return

    def serve() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                one, _ = listening.accept()
                one.settimeout(None)
                threading.Thread(target=carry, args=(one,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        listening.close()


@pytest.mark.namespaces
def test_between_hospitals_without_a_route_the_rooms_page_speaks_through_the_relay(
    people: People, playwright_driver: Playwright, county: Stack, folder: Path
) -> None:
    names = township, middle, centre = tuple(f"{place}{os.getpid() % 100_000}" for place in ("rt", "rm", "rc"))
    first, second = RELAY_ADDRESSES
    with networks(*names), ExitStack() as stack:
        joined_by_cable(township, middle, ("198.51.100.2/24", f"{first}/24"))
        joined_by_cable(centre, middle, ("203.0.113.2/24", f"{second}/24"))
        assert reaches(township, first)
        assert not reaches(township, "203.0.113.2")
        assert not reaches(centre, "198.51.100.2")
        pages: list[Page] = []
        for network, username in ((township, "jianghaiyan"), (centre, "qinlan")):
            stack.enter_context(_window_into(network, county.url))
            browser = launch(playwright_driver, folder, origin=county.url, network=network)
            stack.callback(browser.close)
            there = replace(people, browser=browser)
            context = stack.enter_context(there.context(account(people, username)))
            pages.append(context.new_page())
        address = asked(people, "心影增大").room
        for page in pages:
            _enter(page, address)
        # near miss: without the relay they are in one room, and nothing goes between them
        for page in pages:
            _join(page)
        for page in pages:
            expect(_tile(page)).to_have_count(1)
            expect(_tile(page).get_by_test_id("look")).to_have_text(re.compile("连接|恢复"))
            assert _tile(page).get_attribute("data-frames") == "0"
        with inside(middle):
            relay = start_coturn(folder / "middle", CallSection(addresses=RELAY_ADDRESSES, secret=RELAY_SECRET))
        stack.callback(relay.stop)
        paths: list[str] = []
        for page in pages:
            _moving(page)
            paths.append(_tile(page).get_attribute("data-path") or "")
            expect(page.locator(".corner.top.right")).to_contain_text("Im 1 / 1")
        # one end has the relay; to the other the relay's address may be one that it learnt from the packets themselves
        assert "relay" in "/".join(paths).split("/"), paths
        for page, path in zip(pages, paths, strict=True):
            if "relay" in path.split("/"):
                expect(_tile(page).get_by_test_id("look")).to_have_text("经中继")
        picture(pages[0], "room-call-relayed")
