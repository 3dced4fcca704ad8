"""How soon two pages of a room show the same image, what that costs the line, and how soon a call stands.

./run bench meeting [--rounds 5] [--steps 60] [--state DIR --dicom PORT]

Two windows of headless Chromium, software WebGL, fake camera and microphone, on this machine.  Viewing: the room's own
pages, a CT of 200 images.  Calls: the call alone (web/src/call), from the second person's press to both pictures.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from telemed.config import CallSection
from telemed.embedded.coturn import CoturnServer, start_coturn
from tests.bench.results import write_section
from tests.e2e.browser import DESK, PATIENCE, WIDE, People, launch
from tests.e2e.calling import Exchange, build_call, inside, ip, joined_by_cable, networks, serving
from tests.e2e.calling import launch as launch_with_media
from tests.e2e.consultation_pages import asked
from tests.e2e.stack import Account, Stack, build_client, given_stack, running_stack
from tests.ports import free_port

PACE = 300  # milliseconds between two steps: one is seen before the next
BUSY = 30.0  # seconds of steady scrolling or windowing whose bytes are counted
LABEL = ".corner.top.right .main"

#: Notes when a key was pressed and when the image's number has changed on this screen, by the machine's clock.
WATCH = """() => {
  const now = () => performance.timeOrigin + performance.now();
  window.benchPressed = 0;
  window.benchShown = [];
  addEventListener('keydown', (event) => { if (event.isTrusted) window.benchPressed = now(); }, {capture: true});
  const label = document.querySelector('.corner.top.right .main');
  new MutationObserver(() => window.benchShown.push([label.innerText, now()]))
    .observe(label, {childList: true, characterData: true, subtree: true});
}"""

#: When the other's picture moves on this page.
FIRST = """() => {
  window.first = new Promise((resolve) => {
    const look = () => {
      const other = [...document.querySelectorAll('video')].find((one) => one.title.endsWith(' camera'));
      const moves = other !== undefined && other.videoWidth > 0 && other.currentTime > 0;
      if (moves) resolve(performance.timeOrigin + performance.now());
      else setTimeout(look, 5);
    };
    look();
  });
}"""
JOIN = """async (asked) => {
  const began = performance.timeOrigin + performance.now();
  const fault = await window.join(asked);
  if (fault !== '') throw new Error(fault);
  return began;
}"""


@dataclass
class Line:
    """Bytes of the room's socket, as this page's browser counts them."""

    sent: int = 0
    heard: int = 0
    rooms: set[str] = field(default_factory=set[str])

    def watch(self, context: BrowserContext, page: Page) -> None:
        session: Any = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.webSocketCreated", self._created)
        session.on("Network.webSocketFrameSent", lambda told: self._count(told, "sent"))
        session.on("Network.webSocketFrameReceived", lambda told: self._count(told, "heard"))

    def _created(self, told: dict[str, Any]) -> None:
        if "/api/rooms/" in told["url"]:
            self.rooms.add(told["requestId"])

    def _count(self, told: dict[str, Any], way: str) -> None:
        if told["requestId"] in self.rooms:
            setattr(self, way, getattr(self, way) + len(told["response"]["payloadData"].encode()))

    @property
    def both(self) -> tuple[int, int]:
        return self.sent, self.heard


def said(milliseconds: Sequence[float]) -> str:
    ordered = sorted(milliseconds)
    return f"{statistics.median(ordered):.0f} / {ordered[-1 - len(ordered) // 100]:.0f}"


class Viewing:
    """An expert who presents and a physician who follows, in the demo's room about a nodule."""

    def __init__(self, people: People, stack: Stack) -> None:
        self._people = people
        self._accounts = {one.username: one for one in stack.accounts}

    def _account(self, username: str) -> Account:
        return self._accounts[username]

    @contextmanager
    def _presenting(self) -> Generator[tuple[Page, Line, str]]:
        with self._people.context(self._account("mashumin"), size=WIDE) as experts:
            page, line = experts.new_page(), Line()
            line.watch(experts, page)
            address = asked(self._people, "结节较前增大").room
            self._enter(page, address)
            page.keyboard.press("t")
            page.get_by_test_id("see").wait_for()
            yield page, line, address

    @staticmethod
    def _enter(page: Page, address: str) -> None:
        page.goto(f"/rooms/{address}")
        page.locator(LABEL).filter(has_text="Im ").wait_for()
        page.get_by_test_id("phase").filter(has_text=re.compile("已连接|Connected")).wait_for()

    def joining(self, rounds: int) -> dict[str, list[float]]:
        """Milliseconds from opening the room's address to the presenter's image, with and without what a site has."""
        taken: dict[str, list[float]] = {"cold": [], "warm": []}
        with self._presenting() as (expert, _, address):
            expert.keyboard.press("ArrowDown")
            expert.wait_for_timeout(1000)
            for _ in range(rounds):
                with self._people.context(self._account("wanglichun"), size=DESK) as physicians:
                    for way in ("cold", "warm"):
                        page, began = physicians.new_page(), time.monotonic()
                        page.goto(f"/rooms/{address}", wait_until="commit")
                        shown = re.escape(expert.locator(LABEL).inner_text())
                        page.locator(LABEL).filter(has_text=re.compile(f"^{shown}$")).wait_for()
                        expert.get_by_test_id("see").filter(has_text="2/2").wait_for()
                        taken[way].append(1000 * (time.monotonic() - began))
                        page.close()
        return taken

    def following(self, steps: int) -> tuple[list[float], dict[str, tuple[float, float, float]]]:
        """Milliseconds from a key to the image on the other's screen; kB a minute while scrolling, while windowing.

        By what is done: sent and heard by who presents, heard by who follows.
        """
        with (
            self._presenting() as (expert, up, address),
            self._people.context(self._account("wanglichun"), size=DESK) as physicians,
        ):
            physician, down = physicians.new_page(), Line()
            down.watch(physicians, physician)
            self._enter(physician, address)
            expert.get_by_test_id("see").filter(has_text="2/2").wait_for()
            for page in (expert, physician):
                page.evaluate(WATCH)
            late: list[float] = []
            for _ in range(steps):
                physician.evaluate("() => { window.benchShown = []; }")
                expert.keyboard.press("ArrowDown")
                physician.wait_for_function("() => window.benchShown.length > 0", polling=10, timeout=PATIENCE)
                late.append(
                    physician.evaluate("() => window.benchShown[0][1]") - expert.evaluate("() => window.benchPressed")
                )
                expert.wait_for_timeout(PACE)
            return late, {name: self._spent(expert, keys, up, down) for name, keys in BUSINESS.items()}

    @staticmethod
    def _spent(expert: Page, keys: tuple[str, str], up: Line, down: Line) -> tuple[float, float, float]:
        """kB a minute: keys pressed ten times a second."""
        (sent, heard), (_, followed) = up.both, down.both
        began, pressed = time.monotonic(), 0
        while time.monotonic() - began < BUSY:
            expert.keyboard.press(keys[pressed // 40 % 2])
            pressed += 1
            expert.wait_for_timeout(max(0.0, 1000 * (began + pressed / 10 - time.monotonic())))
        minutes = (time.monotonic() - began) / 60
        expert.wait_for_timeout(500)
        per = 1000 * minutes
        return (up.sent - sent) / per, (up.heard - heard) / per, (down.heard - followed) / per


BUSINESS = {"scrolling": ("ArrowDown", "ArrowUp"), "windowing": ("Shift+ArrowRight", "Shift+ArrowLeft")}


class Calling:
    """Two people of a call; each round is a call of its own."""

    def __init__(self, driver: Playwright, folder: Path, rounds: int) -> None:
        self._driver = driver
        self._folder = folder
        self._rounds = rounds
        self._script = build_call(folder / "built")

    def directly(self) -> list[float]:
        return self._called(("127.0.0.1",) * 2, [], "all")

    def relayed(self) -> list[float]:
        """Over loopback, the relay alone allowed."""
        relay = start_coturn(self._folder / "relay", CallSection(port=free_port()))
        try:
            return self._called(("127.0.0.1",) * 2, [relay], "relay")
        finally:
            relay.stop()

    def between_networks(self, *, route: bool) -> list[float]:
        """Two hospitals, the county in the middle; route: whether the middle hands their packets on."""
        hosts, ends = ("198.51.100.1", "203.0.113.1"), ("198.51.100.2", "203.0.113.2")
        names = tuple(f"{place}{os.getpid() % 100_000}" for place in "toc")
        middle, sides = names[0], names[1:]
        with networks(*names), ExitStack() as stack:
            for side, host, end in zip(sides, hosts, ends, strict=True):
                joined_by_cable(side, middle, (f"{end}/24", f"{host}/24"))
                if route:
                    ip("-n", side, "route", "add", "default", "via", host)
            with inside(middle):
                if route:
                    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", "ascii")
                relay = start_coturn(self._folder / f"middle-{route}", CallSection(addresses=hosts))
            stack.callback(relay.stop)
            return self._called(hosts, [relay], "all", middle=middle, sides=sides)

    def _called(
        self,
        hosts: Sequence[str],
        relays: list[CoturnServer],
        policy: str,
        *,
        middle: str = "",
        sides: Sequence[str] = ("", ""),
    ) -> list[float]:
        taken: list[float] = []
        for turn in range(self._rounds + 1):
            exchange = Exchange(self._script, lambda: relays[-1] if relays else None)
            with ExitStack() as call:
                with inside(middle) if middle else nullcontext():
                    urls = call.enter_context(serving(exchange, *dict.fromkeys(hosts)))
                pages: list[Page] = []
                for url, network in zip(urls * (2 // len(urls)), sides, strict=True):
                    browser = launch_with_media(self._driver, self._folder, origin=url, network=network)
                    call.callback(browser.close)
                    pages.append(self._opened(browser, url))
                asked = [{"me": me, "people": ["first", "second"], "policy": policy} for me in ("first", "second")]
                began = [page.evaluate(JOIN, one) for page, one in zip(pages, asked, strict=True)]
                both = [page.evaluate("() => window.first") for page in pages]
                if turn > 0:  # the first one warms up
                    taken.append(max(both) - began[1])
        return taken

    @staticmethod
    def _opened(browser: Browser, url: str) -> Page:
        page = browser.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(url)
        page.wait_for_function("() => window.join !== undefined")
        page.mouse.click(10, 10)
        page.evaluate(FIRST)
        return page


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 -- progress of the command


def calls(driver: Playwright, rounds: int) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="bench-call-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        calling = Calling(driver, Path(name), rounds)
        ways = {
            "call, both on one network": calling.directly,
            "call, the relay alone": calling.relayed,
            "call, two networks with a route": lambda: calling.between_networks(route=True),
            "call, two networks without a route, relayed": lambda: calling.between_networks(route=False),
        }
        rows: list[str] = []
        for way, measure in ways.items():
            rows.append(f"| {way}: second person's press → both pictures | {said(measure())} ms |")
            say(rows[-1])
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench meeting")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--try", action="store_true", dest="only_try", help="write nothing down")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    build_client()
    with sync_playwright() as driver, ExitStack() as stack:
        rows = calls(driver, chosen.rounds)
        county = given_stack()
        if county is None:
            state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-meeting-", dir="/var/tmp")))
            state.chmod(0o755)
            county = stack.enter_context(running_stack(state / "state"))
        browser = launch(driver)
        stack.callback(browser.close)
        viewing = Viewing(People(browser, county), county)
        joined = viewing.joining(chosen.rounds)
        rows += [f"| room's address → presenter's image, {way} | {said(taken)} ms |" for way, taken in joined.items()]
        late, spent = viewing.following(chosen.steps)
        rows.append(f"| presenter's key → the follower's image | {said(late)} ms |")
        for what, (sent, heard, followed) in spent.items():
            rows.append(
                f"| {what} ten times a second: presenter sends, hears; follower hears |"
                f" {sent:.0f}, {heard:.0f}; {followed:.0f} kB a minute |"
            )
    table = "\n".join(["| what | median / longest |", "|---|---|", *rows])
    if chosen.only_try:
        say(table)
        return
    notes = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()},"
        f" Linux {platform.release().partition('-')[0]}, loopback, load average before {load:.1f}."
        f" Two windows of headless Chromium draw in software on the same two"
        f" cores as the server. Each call is in new browsers, devices opened within the measured time; {chosen.rounds}"
        f" rounds, {chosen.steps} steps. A line of 30 kbit/s carries 225 kB a minute."
    )
    write_section(
        "Meeting in a room", f"./run bench meeting --rounds {chosen.rounds} --steps {chosen.steps}", notes, table
    )


if __name__ == "__main__":
    main()
