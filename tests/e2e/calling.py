"""What the tests of a call stand on: its bundle, a carrier of signalling, fake media, separate networks."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from playwright.sync_api import Browser, Page, Playwright

from telemed.consultation.call.turn import ice_servers
from telemed.embedded.coturn import CoturnServer

from .browser import BROWSERS, FLAGS, PATIENCE
from .stack import WEB, node_program

FAKE_MEDIA = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
)
CLONE_NEWNET = 0x40000000  # linux/sched.h
HEAR_SECONDS = 20
PAGE = b"<!doctype html><title>call</title><script type=module src=/page.js></script>"
BUILD = """
import { build } from 'vite';
const [outDir] = process.argv.slice(1);
await build({
  configFile: false, logLevel: 'error', resolve: { alias: { '@': process.cwd() + '/src' } },
  build: {
    outDir, minify: false, target: 'chrome109',
    lib: { entry: 'test/call/page.ts', formats: ['es'], fileName: () => 'page.js' },
  },
});
"""


def build_call(folder: Path) -> bytes:
    """Build the call alone, as the pages' own build would, and return the script."""
    command = [str(node_program()), "--input-type=module", "-e", BUILD, str(folder)]
    done = subprocess.run(command, cwd=WEB, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (folder / "page.js").read_bytes()


@dataclass
class Exchange:
    """Carries envelopes to whom they are for, and gives each the addresses of the relay."""

    script: bytes
    relay: Callable[[], CoturnServer | None]
    said: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def say(self, envelope: dict[str, Any]) -> None:
        with self.changed:
            self.said.append(envelope)
            self.changed.notify_all()

    def hear(self, me: str, after: int) -> list[dict[str, Any]]:
        """What was said to somebody beyond the first `after`; waits for it, and returns nothing in the end."""
        with self.changed:
            found: list[dict[str, Any]] = []

            def something() -> bool:
                found[:] = [one for one in self.said if one["to"] == me][after:]
                return bool(found)

            self.changed.wait_for(something, HEAR_SECONDS)
            return found

    def ice(self, me: str) -> list[Any]:
        relay = self.relay()
        if relay is None:
            return []
        return msgspec.to_builtins(ice_servers(relay.urls, relay.secret, me, datetime.now(UTC), timedelta(minutes=5)))


def _handler(exchange: Exchange) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            match parts.path:
                case "/":
                    self._give("text/html", PAGE)
                case "/page.js":
                    self._give("text/javascript", exchange.script)
                case "/hear":
                    self._give("application/json", json.dumps(exchange.hear(asked["me"], int(asked["after"]))).encode())
                case "/ice":
                    self._give("application/json", json.dumps(exchange.ice(asked["me"])).encode())
                case _:
                    self.send_error(404)

        def do_POST(self) -> None:
            exchange.say(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._give("application/json", b"{}")

        def _give(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            # a browser that was closed while it listened
            with suppress(ConnectionError):
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
            """The test says what matters."""

    return Handler


@contextmanager
def serving(exchange: Exchange, *hosts: str) -> Generator[list[str]]:
    """Serve on a free port of each address, in the network that this thread is in; yields the addresses of the page."""
    with ExitStack() as stack:
        urls: list[str] = []
        for host in hosts:
            server = ThreadingHTTPServer((host, 0), _handler(exchange))
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            urls.append(f"http://{host}:{server.server_port}")
        yield urls


def launch(playwright: Playwright, folder: Path, *, origin: str, network: str = "") -> Browser:
    """Start a browser with fake media.  origin: treated as if it came by HTTPS.  network: the namespace it lives in."""
    program = next(found for name in BROWSERS if (found := shutil.which(name)))
    if network:
        wrapper = folder / f"chromium-{network}"
        wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {network} {program} "$@"\n', "ascii")
        wrapper.chmod(0o755)
        program = str(wrapper)
    host = urlsplit(origin).hostname
    names = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {host}"
    flags = [*(one for one in FLAGS if "resolver-rules" not in one), *FAKE_MEDIA, names]
    # the relay's certificate is of an authority that this browser has never heard of
    flags.append("--ignore-certificate-errors")
    flags.append(f"--unsafely-treat-insecure-origin-as-secure={origin}")
    return playwright.chromium.launch(executable_path=program, args=flags)


def joined(browser: Browser, url: str, me: str, people: Sequence[str], *, policy: str = "all") -> Page:
    """Open the page in a browser profile of its own and join the call."""
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.wait_for_function("() => window.join !== undefined")
    # browsers let a page listen to a microphone's loudness only after a click
    page.mouse.click(10, 10)
    assert page.evaluate("(asked) => window.join(asked)", {"me": me, "people": [*people], "policy": policy}) == ""
    return page


def seen(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("() => window.seen()")


def until_moving(page: Page, *, since: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Wait until everybody's picture and voice have come, each beyond the frames it had, and return what is seen."""
    moving = """(since) => window.seen().length > 0 && window.seen().every(
        ({frames, voice, path}, index) => frames > (since[index] ?? 0) + 15 && voice > 20 && path !== undefined)"""
    try:
        page.wait_for_function(moving, arg=[*since], timeout=PATIENCE)
    except Exception as error:
        raise AssertionError(f"{seen(page)} {page.evaluate('() => window.faults()')}") from error
    return seen(page)


class NoNetworks(Exception):
    """This machine cannot make networks of its own; the text says what it takes."""


@contextmanager
def networks(*names: str) -> Generator[None]:
    """Make network namespaces, with loopback up and nothing else."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise NoNetworks(
            "separate networks need root and `ip` (apt-get install iproute2); or leave out: --no-namespaces"
        )
    with ExitStack() as stack:
        for name in names:
            done = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
            if done.returncode:
                raise NoNetworks(f"ip netns add: {done.stderr.strip()}; or leave out: --no-namespaces")
            stack.callback(subprocess.run, ["ip", "netns", "delete", name], check=True)
            ip("-n", name, "link", "set", "lo", "up")
        yield


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def joined_by_cable(one: str, other: str, addresses: tuple[str, str]) -> None:
    """A cable between two namespaces, with an address at each end (with the length of its network)."""
    ends = f"{one}-{other}"[:15], f"{other}-{one}"[:15]
    ip("-n", one, "link", "add", ends[0], "type", "veth", "peer", "name", ends[1], "netns", other)
    for name, end, address in zip((one, other), ends, addresses, strict=True):
        ip("-n", name, "address", "add", address, "dev", end)
        ip("-n", name, "link", "set", end, "up")


@contextmanager
def inside(network: str) -> Generator[None]:
    """Let this thread, and what it opens and starts meanwhile, be in a namespace (setns(2))."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(descriptor: int) -> None:
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    with Path("/proc/thread-self/ns/net").open("rb") as home, Path(f"/run/netns/{network}").open("rb") as there:
        enter(there.fileno())
        try:
            yield
        finally:
            enter(home.fileno())


def reaches(network: str, address: str) -> bool:
    """Whether there is a way from a namespace to an address."""
    with inside(network), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return False
        return True
