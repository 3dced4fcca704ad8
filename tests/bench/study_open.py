"""How long from the address of a study to its first painted image: our viewer and OHIF, over the same DICOMweb.

./run bench study_open [--rounds 5] [--state DIR --dicom PORT]

Headless Chromium with software WebGL; the browser's own network throttling stands for the line, the HTTP cache is
warm.  --state and --dicom name a demo county that runs; otherwise one is started.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from telemed.demo.studies import read
from tests.bench.results import write_section
from tests.e2e.browser import People, launch
from tests.e2e.ohif import CONFIG, fetched
from tests.e2e.stack import Stack, build_client, free_port, given_stack, running_stack

#: Name, bits a second, milliseconds there and back; None: as fast as loopback is.
LINES = (("loopback", None, 0), ("20 Mbit/s, 60 ms", 20e6, 60), ("4 Mbit/s, 120 ms", 4e6, 120))
STUDIES = {"CT, 200 slices": "ct-wang", "DR, 2500 x 2048": "dr-wang2"}
#: True once a canvas of the viewer shows something: a quarter of a thousand sampled pixels is not black.
PAINTED = """() => [...document.querySelectorAll('canvas')].some((canvas) => {
  if (canvas.width < 200 || canvas.height < 200) return false;
  const context = canvas.getContext('2d', {willReadFrequently: false});
  if (!context) return false;
  const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
  let lit = 0, seen = 0;
  const step = 4 * Math.max(1, Math.floor(data.length / 4000));
  for (let at = 0; at < data.length; at += step) { seen += 1; if (data[at] > 20) lit += 1; }
  return lit * 8 > seen;
})"""


@contextmanager
def ohif_server(stack: Stack) -> Generator[str]:
    """OHIF's files at a root of their own, /dicom-web passed on with the session's cookie."""
    dist, port = fetched(), free_port()
    loop = asyncio.new_event_loop()

    async def passed(request: web.Request) -> web.StreamResponse:
        session: aiohttp.ClientSession = request.app[SESSION]
        headers = {name: request.headers[name] for name in ("Accept", "Cookie") if name in request.headers}
        async with session.get(stack.url + request.path_qs, headers=headers) as inner:
            answer = web.StreamResponse(
                status=inner.status, headers={"Content-Type": inner.headers.get("Content-Type", "")}
            )
            await answer.prepare(request)
            async for chunk in inner.content.iter_any():
                await answer.write(chunk)
            return answer

    async def file(request: web.Request) -> web.StreamResponse:
        if request.path == "/app-config.js":
            return web.Response(text=CONFIG, content_type="text/javascript")
        found = dist / request.path.lstrip("/")
        return web.FileResponse(found if found.is_file() else dist / "index.html")

    async def start() -> None:
        app = web.Application()
        app[SESSION] = aiohttp.ClientSession()
        app.router.add_get("/dicom-web/{rest:.*}", passed)
        app.router.add_get("/{rest:.*}", file)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


SESSION = web.AppKey("session", aiohttp.ClientSession)


def opened(page: Page, address: str) -> float:
    """Milliseconds from the address to the first painted image."""
    before = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(PAINTED, polling=20, timeout=120_000)
    return (time.perf_counter() - before) * 1000


def throttle(context: BrowserContext, page: Page, bits: float | None, latency: int) -> None:
    speed = -1 if bits is None else bits / 8
    context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency, "downloadThroughput": speed, "uploadThroughput": speed},
    )


def measured(browser: Browser, people: People, stack: Stack, rounds: int) -> list[list[str]]:
    """One row for each study and line: medians of ours and of OHIF's, taken in turn."""
    account = stack.account("author")
    rows: list[list[str]] = []
    with people.context(account) as signed_in:
        state = signed_in.storage_state()
    uids = {one.key: one.uid for one in read().studies}
    with ohif_server(stack) as ohif:
        addresses = {"ours": f"{stack.url}/images/{{}}", "OHIF": f"{ohif}/viewer?StudyInstanceUIDs={{}}"}
        for study, key in STUDIES.items():
            for line, bits, latency in LINES:
                taken: dict[str, list[float]] = {name: [] for name in addresses}
                for name, address in addresses.items():
                    # a context each keeps one warm HTTP cache a viewer; its first visit does not count
                    with browser.new_context(storage_state=state, bypass_csp=True, locale="zh-CN") as context:
                        for turn in range(rounds + 1):
                            page = context.new_page()
                            throttle(context, page, bits, latency)
                            spent = opened(page, address.format(uids[key]))
                            page.close()
                            if turn:
                                taken[name].append(spent)
                ours, theirs = (statistics.median(taken[name]) for name in ("ours", "OHIF"))
                rows.append([study, line, f"{ours:,.0f}", f"{theirs:,.0f}", f"{theirs / ours:.1f}"])
                print(*rows[-1], sep=" | ", flush=True)  # noqa: T201 -- progress of the command
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench study_open", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--dicom", type=int, default=11112)
    arguments = parser.parse_args()
    build_client()
    if arguments.state is not None:
        os.environ["TELEMED_E2E_COUNTY"] = f"{arguments.state},{arguments.dicom}"
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        given = given_stack()
        if given is not None:
            _report(given, arguments.rounds)
        else:
            with running_stack(folder / "state") as stack:
                _report(stack, arguments.rounds)


def _report(stack: Stack, rounds: int) -> None:
    with sync_playwright() as driver:
        browser = launch(driver)
        rows = measured(browser, People(browser, stack), stack, rounds)
        version = browser.version
        browser.close()
    load = os.getloadavg()[0]
    head = "| study | line | ours, ms | OHIF, ms | OHIF ÷ ours |\n|---|---|---|---|---|\n"
    write_section(
        "Opening a study",
        f"./run bench study_open --rounds {rounds}",
        f"From the address of the study to the first painted image, whole page, HTTP cache warm, median of {rounds}. "
        f"Chromium {version} headless with software WebGL; lines by the browser's throttling; OHIF 3.13.2 reads the "
        f"same DICOMweb. {platform.machine()}, {os.cpu_count()} cores, load {load:.1f} at the end, "
        f"{datetime.now(UTC):%Y-%m-%d}.",
        head + "\n".join("| " + " | ".join(row) + " |" for row in rows),
    )


if __name__ == "__main__":
    main()
