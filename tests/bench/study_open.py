"""How long from a click to the first painted image: our viewer, and OHIF on Orthanc, with the same instances.

./run bench study_open [--rounds 5] [--lines LAN,20,4] [--skip-ohif] [--state DIR --dicom PORT]

Headless Chromium with software WebGL at 1366 x 768; the browser's own throttling stands for the line, the same for
both; the list is open, scripts are in the HTTP cache, no image is.  In turn, ours and OHIF, medians.  A page that
paints nothing within a minute counts as a minute and is named.  --state and --dicom name a demo county that runs.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as Waited

from telemed.demo.studies import Study, read
from tests.bench.results import write_section
from tests.bench.viewers import ohif, orthanc
from tests.e2e.browser import DESK, People, launch
from tests.e2e.stack import Stack, build_client, given_stack, running_stack


@dataclass(frozen=True)
class Line:
    """bits: a second, None as fast as loopback is.  delay: milliseconds there and back."""

    key: str
    name: str
    bits: float | None
    delay: int


LINES = (
    Line("LAN", "LAN", None, 0),
    Line("20", "20 Mbit/s, 30 ms each way", 20e6, 60),
    Line("4", "4 Mbit/s, 60 ms each way", 4e6, 120),
)
STUDIES = {"CT, 200 slices": "ct-wang", "DR, 2500 x 2048": "dr-liuyan"}
PATIENCE = 60_000  # milliseconds until a page that paints nothing is given up
QUIET = 1500  # milliseconds without a request: what was to be brought ahead is there
BROUGHT = 15_000  # milliseconds that a list has to bring the next case; its first image comes first
SETTLED = 3000  # milliseconds that OHIF's list has before the click
BASIC_VIEWER = re.compile("^(基础查看器|Basic Viewer)$")
SCROLLED = 3000  # milliseconds of turning the wheel

#: Looks at the page before each frame is shown: when the last click or key was, when a picture stood for the image,
#: when a canvas showed it (an eighth of its sampled pixels is not black), how often it was painted anew.
WATCH = """() => {
  const seen = {asked: 0, picture: 0, image: 0, changes: 0};
  window.benchSeen = seen;
  window.benchArm = () => { Object.assign(seen, {asked: 0, picture: 0, image: 0, changes: 0}); };
  for (const kind of ['click', 'keydown', 'dblclick']) {
    addEventListener(kind, (event) => { if (event.isTrusted) seen.asked = performance.now(); }, {capture: true});
  }
  const small = document.createElement('canvas');
  small.width = small.height = 48;
  const pen = small.getContext('2d', {willReadFrequently: true});
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  const look = (source) => {
    pen.fillStyle = '#000';
    pen.fillRect(0, 0, 48, 48);
    try { draw.call(pen, source, 0, 0, 48, 48); } catch { return false; }
    const {data} = pen.getImageData(0, 0, 48, 48);
    let lit = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] > 20) lit += 1;
    return lit * 8 > 48 * 48;
  };
  const large = (one) => { const box = one.getBoundingClientRect(); return box.width > 250 && box.height > 250; };
  // Both viewers draw off-screen and copy the result; looking costs time, so only what was copied is looked at.
  const drawn = new Set();
  CanvasRenderingContext2D.prototype.drawImage = function (...given) {
    draw.apply(this, given);
    if (this.canvas.isConnected && this.canvas.width >= 200) drawn.add(this.canvas);
  };
  const frame = () => {
    const now = performance.now();
    requestAnimationFrame(frame);
    if (!seen.picture) {
      const found = [...document.images].find((one) => one.complete && one.naturalWidth > 0 && large(one) && look(one));
      if (found) seen.picture = now;
    }
    for (const canvas of drawn) {
      if (!large(canvas)) continue;
      seen.changes += 1;
      if (!seen.image && look(canvas)) seen.image = now;
    }
    drawn.clear();
  };
  requestAnimationFrame(frame);
}"""


@dataclass
class Taken:
    """Milliseconds of each round. picture: what stood there first, a preview or the image itself."""

    picture: list[float] = field(default_factory=list[float])
    image: list[float] = field(default_factory=list[float])
    requests: list[float] = field(default_factory=list[float])
    given_up: int = 0

    @contextmanager
    def giving_up(self, *, counts: bool) -> Generator[None]:
        """A page whose list does not come in time is given up, as one whose image does not."""
        try:
            yield
        except Waited:
            if counts:
                self.given_up += 1
                self.image.append(PATIENCE)
                self.picture.append(PATIENCE)
                self.requests.append(0)

    def told(self) -> str:
        return " ".join(f"{one:.0f}" for one in self.image) or "-"


class Window:
    """One page of a viewer with its line, and what goes over it."""

    def __init__(self, context: BrowserContext, line: Line) -> None:
        self.page: Page = context.new_page()
        self.page.add_init_script(f"({WATCH})()")
        self.asked = 0
        self.last = time.monotonic()
        self._throttle(context, line)

    def _throttle(self, context: BrowserContext, line: Line) -> None:
        session: Any = context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.dataReceived", self._moved)
        session.on("Network.loadingFinished", self._moved)
        speed = -1 if line.bits is None else line.bits / 8
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": line.delay, "downloadThroughput": speed, "uploadThroughput": speed},
        )

    def _sent(self, _event: dict[str, Any]) -> None:
        self.asked += 1
        self.last = time.monotonic()

    def _moved(self, _event: dict[str, Any]) -> None:
        self.last = time.monotonic()

    def settle(self, patience: float = PATIENCE) -> None:
        """Wait until nothing has gone over the line for a while, or the patience is over."""
        until = time.monotonic() + patience / 1000
        while time.monotonic() < until:
            self.page.wait_for_timeout(50)
            if time.monotonic() - self.last > QUIET / 1000:
                return

    def arm(self) -> None:
        self.page.evaluate("() => window.benchArm()")
        self.asked = 0

    def painted(self, taken: Taken, *, since_start: bool = False) -> bool:
        """Wait for the image; note when a picture and the image were there.  False when it was given up."""
        try:
            self.page.wait_for_function("() => window.benchSeen.image > 0", polling=100, timeout=PATIENCE)
        except Waited:
            taken.given_up += 1
            taken.image.append(PATIENCE)
            taken.picture.append(PATIENCE)
            taken.requests.append(self.asked)
            return False
        seen = self.page.evaluate("() => window.benchSeen")
        begun = 0 if since_start else seen["asked"]
        pictures = [one for one in (seen["picture"], seen["image"]) if one]
        taken.picture.append(min(pictures) - begun)
        taken.image.append(seen["image"] - begun)
        taken.requests.append(self.asked)
        return True

    def frames_a_second(self) -> float:
        """Images painted in a second while the wheel turns as fast as the page takes it."""
        self.page.mouse.move(500, 400)
        before = self.page.evaluate("() => { window.benchSeen.changes = 0; return performance.now(); }")
        until, way = time.monotonic() + SCROLLED / 1000, 1
        turned = 0
        while time.monotonic() < until:
            self.page.mouse.wheel(0, 100 * way)
            turned += 1
            if turned % 80 == 0:
                way = -way
        now, changes = self.page.evaluate("() => [performance.now(), window.benchSeen.changes]")
        return changes / ((now - before) / 1000)


@dataclass
class Bench:
    browser: Browser
    people: People
    stack: Stack
    rounds: int
    lines: tuple[Line, ...]
    studies: dict[str, Study]

    @contextmanager
    def context(self, *, signed_in: bool) -> Generator[BrowserContext]:
        state: Any = None
        if signed_in:
            with self.people.context(self.stack.account("author")) as inside:
                state = inside.storage_state()
        with self.browser.new_context(
            storage_state=state, bypass_csp=True, locale="zh-CN", timezone_id="Asia/Shanghai", viewport=DESK
        ) as context:  # type: ignore[arg-type]
            context.set_default_timeout(PATIENCE)
            yield context

    def files(self) -> Generator[bytes]:
        """The studies' Part 10 files, as our own DICOMweb gives them out."""
        with self.people.context(self.stack.account("author")) as context:
            cookie = "; ".join(f"{one.get('name')}={one.get('value')}" for one in context.cookies())
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        for study in self.studies.values():
            asked = urllib.request.Request(  # noqa: S310 -- our own loopback address
                f"{self.stack.url}/dicom-web/studies/{study.uid}", headers={"Accept": accept, "Cookie": cookie}
            )
            with urllib.request.urlopen(asked, timeout=PATIENCE / 1000) as answer:  # noqa: S310 -- as above
                mark = str(answer.headers.get_param("boundary")).encode()
                for piece in answer.read().split(b"--" + mark)[1:-1]:
                    yield piece.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")

    def ours(self, context: BrowserContext, study: Study, line: Line, taken: Taken, *, warm_up: bool) -> None:
        """The worklist, then a row of it by the keyboard; what the list brings ahead is the first row's."""
        window = Window(context, LINES[0] if warm_up else line)
        page = window.page
        page.goto(f"{self.stack.url}/worklist?view=todo", wait_until="commit")
        row = page.get_by_role("row").filter(has_text=study.patient.name).filter(has_text=study.item)
        row.first.wait_for()
        if warm_up:
            window.settle()
        else:
            page.wait_for_timeout(QUIET)
        row.first.click()
        window.arm()
        page.keyboard.press("Enter")
        window.painted(Taken() if warm_up else taken)
        page.close()

    def theirs(
        self, context: BrowserContext, root: str, study: Study, line: Line, taken: Taken, *, warm_up: bool
    ) -> None:
        """OHIF's study list, then its button for the basic viewer."""
        window = Window(context, LINES[0] if warm_up else line)
        page = window.page
        page.goto(f"{root}/", wait_until="commit")
        listed = study.patient.dicom_name.partition("=")[0].replace("^", ", ")
        page.get_by_text(listed).first.click()
        button = page.get_by_role("button", name=BASIC_VIEWER)
        button.wait_for()
        window.settle(PATIENCE if warm_up else SETTLED)
        window.arm()
        button.click()
        window.painted(Taken() if warm_up else taken)
        page.close()

    def first_images(self, root: str | None) -> list[list[str]]:
        """One row for each study and line: medians, taken in turn."""
        rows: list[list[str]] = []
        for name, study in self.studies.items():
            for line in self.lines:
                ours, theirs = Taken(), Taken()
                with self.context(signed_in=True) as mine, self.context(signed_in=False) as foreign:
                    for turn in range(self.rounds + 1):
                        with ours.giving_up(counts=turn > 0):
                            self.ours(mine, study, line, ours, warm_up=turn == 0)
                        if root is not None:
                            with theirs.giving_up(counts=turn > 0):
                                self.theirs(foreign, root, study, line, theirs, warm_up=turn == 0)
                        say(f"{name} | {line.name} | {turn}/{self.rounds} | {ours.told()} | OHIF {theirs.told()}")
                rows.append([name, line.name, *compared(ours, theirs)])
        return rows

    def ahead(self, line: Line) -> list[float]:
        """Milliseconds from 下一例 to the image of a case that the open list has brought ahead."""
        taken = Taken()
        with self.context(signed_in=True) as context:
            for turn in range(self.rounds + 1):
                window = Window(context, line)
                page = window.page
                page.goto(f"{self.stack.url}/worklist?view=mine", wait_until="commit")
                page.get_by_role("row").nth(1).wait_for()
                window.settle(BROUGHT)
                window.arm()
                page.keyboard.press("Enter")
                window.painted(Taken() if turn == 0 else taken)
                page.close()
        say(f"brought ahead | {line.name} | {taken.told()}")
        return taken.image

    def scrolled(self, root: str | None) -> tuple[float, float | None]:
        """Images a second while the wheel turns over a loaded CT, ours and OHIF's."""
        study, line = self.studies["CT, 200 slices"], LINES[0]
        with self.context(signed_in=True) as context:
            window = Window(context, line)
            window.page.goto(f"{self.stack.url}/images/{study.uid}", wait_until="commit")
            window.painted(Taken(), since_start=True)
            window.settle()
            ours = window.frames_a_second()
        if root is None:
            return ours, None
        with self.context(signed_in=False) as context:
            window = Window(context, line)
            window.page.goto(f"{root}/viewer?StudyInstanceUIDs={study.uid}", wait_until="commit")
            window.painted(Taken(), since_start=True)
            window.settle()
            return ours, window.frames_a_second()


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 -- progress of the command


def compared(ours: Taken, theirs: Taken) -> list[str]:
    """The cells of one row; dashes where the peer was left out."""
    mine = statistics.median(ours.image)
    cells = [f"{statistics.median(ours.picture):,.0f}", f"{mine:,.0f}", f"{statistics.median(ours.requests):.0f}"]
    if not theirs.image:
        return [*cells, "–", "–"]
    other = statistics.median(theirs.image)
    return [*cells, f"{other:,.0f}{' (given up)' if theirs.given_up else ''}", f"{other / mine:.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench study_open", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lines", default="LAN,20,4")
    parser.add_argument("--studies", default="CT,DR")
    parser.add_argument("--skip-ohif", action="store_true")
    parser.add_argument("--state", type=Path)
    parser.add_argument("--dicom", type=int, default=11112)
    arguments = parser.parse_args()
    build_client()
    if arguments.state is not None:
        os.environ["TELEMED_E2E_COUNTY"] = f"{arguments.state},{arguments.dicom}"
    given = given_stack()
    if given is not None:
        report(given, arguments)
        return
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        say("a demo county is started")
        with running_stack(folder / "state") as stack:
            report(stack, arguments)


def report(stack: Stack, arguments: argparse.Namespace) -> None:
    known = {one.key: one for one in read().studies}
    studies = {name: known[key] for name, key in STUDIES.items() if name[:2] in arguments.studies.split(",")}
    lines = tuple(one for one in LINES if one.key in arguments.lines.split(","))
    with sync_playwright() as driver, ExitStack() as closing:
        browser = launch(driver)
        closing.callback(browser.close)
        bench = Bench(browser, People(browser, stack), stack, arguments.rounds, lines, studies)
        root = None
        if not arguments.skip_ohif:
            say("Orthanc is filled")
            root = closing.enter_context(ohif(closing.enter_context(orthanc(bench.files()))))
        rows = bench.first_images(root)
        ahead = {line.name: bench.ahead(line) for line in lines}
        ours, theirs = bench.scrolled(root)
        version = browser.version
    head = (
        "| study | line | ours, first picture, ms | ours, full image, ms | requests | OHIF on Orthanc, ms |"
        " OHIF ÷ ours |\n|---|---|---|---|---|---|---|\n"
    )
    table = head + "\n".join("| " + " | ".join(row) + " |" for row in rows)
    more = [
        "| measured | ours | OHIF on Orthanc |\n|---|---|---|",
        *(
            f"| next case, brought ahead, {name} | {statistics.median(taken):,.0f} ms | – |"
            for name, taken in ahead.items()
        ),
        f"| scrolling a loaded CT | {ours:.0f} images/s | {'–' if theirs is None else f'{theirs:.0f} images/s'} |",
    ]
    write_section(
        "Opening a study",
        f"./run bench study_open --rounds {arguments.rounds}",
        f"From the key or click on an open list (worklist; OHIF's study list) to the first painted image, medians of "
        f"{arguments.rounds}, taken in turn. Scripts are in the HTTP cache of both and no image is in any; our list "
        f"has had {QUIET / 1000:.1f} s to warm its viewer, OHIF's {SETTLED / 1000:.1f} s. A preview counts as a "
        f"picture and not as the image. Chromium {version} headless, software WebGL, {DESK['width']} x "
        f"{DESK['height']}; lines by the browser's throttling; OHIF 3.13.2 with Orthanc "
        f"{debian('orthanc')} and its DICOMweb plugin {debian('orthanc-dicomweb')} as Debian sets them, on the same "
        f"machine with the same instances (explicit little endian, uncompressed). {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at "
        f"the end, {datetime.now(UTC):%Y-%m-%d}. Promised: 400, 1,000 and 2,500 ms to the first picture, 150 ms for a "
        f"case brought ahead, 30 images/s.",
        table + "\n\n" + "\n".join(more),
    )


def debian(package: str) -> str:
    """The version of an installed package."""
    told = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False
    )
    return told.stdout or "(not installed)"


if __name__ == "__main__":
    main()
