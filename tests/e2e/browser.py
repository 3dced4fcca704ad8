"""Debian's Chromium with software WebGL, and people signed in to it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import APIResponse, Browser, BrowserContext, ConsoleMessage, Page, Playwright
from pyotp.totp import TOTP

from .stack import ROOT, Account, Stack

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
NO_WEBGL = ("--disable-gpu", "--disable-webgl", "--disable-3d-apis")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CODE_STEP = 30
PATIENCE = 60_000  # a busy machine is slow, not wrong

DESK = {"width": 1366, "height": 768}
WIDE = {"width": 1920, "height": 1080}


def launch(playwright: Playwright, *more: str) -> Browser:
    """Start the system's browser. more: further flags."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        raise FileNotFoundError("chromium; `apt-get install chromium`")
    flags = [*(one for one in FLAGS if not (more and "swiftshader" in one)), *more]
    return playwright.chromium.launch(executable_path=program, args=flags)


@dataclass
class People:
    """Signs each account in once (a one-time code works once) and hands out contexts with its session."""

    browser: Browser
    stack: Stack
    _states: dict[str, Any] = field(default_factory=dict)

    def context(
        self, account: Account | None, *, locale: str = "zh-CN", size: dict[str, int] | None = None
    ) -> BrowserContext:
        """Return a new window set; account None is somebody who has not signed in."""
        state = None if account is None else self._state(account)
        context = self.browser.new_context(
            base_url=self.stack.url,
            storage_state=state,
            viewport=size or DESK,  # pyright: ignore[reportArgumentType]
            locale=locale,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(PATIENCE)
        context.add_init_script(f"localStorage.setItem('telemed.locale', '{locale}')")
        return context

    def _state(self, account: Account) -> Any:
        if account.username not in self._states:
            with self.browser.new_context(base_url=self.stack.url) as context:
                answer = _sign_in(context, account, self.stack.url)
                if answer.status == 403 and account.totp_secret:
                    # The demo day signs in as the same people; its code of this half minute is spent.
                    time.sleep(CODE_STEP - time.time() % CODE_STEP + 0.5)
                    answer = _sign_in(context, account, self.stack.url)
                if not answer.ok:
                    raise AssertionError(f"{account.username}: {answer.status} {answer.text()}")
                if answer.json()["needs"]:
                    raise AssertionError(f"{account.username} still needs {answer.json()['needs']}")
                self._states[account.username] = context.storage_state()
        return self._states[account.username]


def _sign_in(context: BrowserContext, account: Account, origin: str) -> APIResponse:
    code = TOTP(account.totp_secret).now() if account.totp_secret else None
    body = {"username": account.username, "password": account.password, "totp": code}
    return context.request.post("/api/session", data=body, headers={"Origin": origin})


def fresh_code(account: Account, since: float) -> str:
    """Return a one-time code of a later step than the one used at `since`; waits for it at most half a minute."""
    while int(time.time() / CODE_STEP) <= int(since / CODE_STEP):
        time.sleep(0.5)
    return TOTP(account.totp_secret or "").now()


def complaints(page: Page) -> list[str]:
    """Collect what the page logs as errors, CSP violations included, while the list is held."""
    found: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        # The client asks who is signed in, or which guest is here; the browser reports the answer "nobody" as an error.
        nobody = "401" in message.text and address.endswith(("/api/session", "/api/guest/session"))
        if message.type == "error" and not nobody:
            found.append(f"{message.text} {address}".strip())

    page.on("console", on_console)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def axe(page: Page) -> list[str]:
    """Run axe-core over the whole page; one line for each violation and place.

    It runs in the page through the browser's own protocol, so that the page's CSP stays as it is.
    """
    page.evaluate(AXE.read_text("utf-8"))
    run: Callable[[], dict[str, Any]] = lambda: page.evaluate("() => axe.run()")  # noqa: E731 -- typed once
    return [
        f"{violation['id']}: {violation['help']} — {node['html'][:160]} — {node.get('failureSummary', '')[:200]}"
        for violation in run()["violations"]
        for node in violation["nodes"]
    ]


def picture(page: Page, name: str) -> Path:
    folder = ROOT / "test-results" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    return path
