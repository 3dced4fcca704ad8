"""Voice and video between real browsers: directly, through a real relay, between networks without a route."""

from __future__ import annotations

import dataclasses
import os
import signal
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Playwright

from telemed.certificates import ensure_server_certificate
from telemed.config import CallSection
from telemed.embedded.coturn import CoturnServer, start_coturn
from tests.ports import free_port

from .calling import (
    Exchange,
    build_call,
    inside,
    joined,
    joined_by_cable,
    launch,
    networks,
    reaches,
    seen,
    serving,
    until_moving,
)

LOOPBACK = "127.0.0.1"
TOWNSHIP, COUNTY = "township", "county"
PEOPLE = (TOWNSHIP, COUNTY)


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    """Where the relay's user can pass."""
    with tempfile.TemporaryDirectory(prefix="telemed-call-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def script(folder: Path) -> bytes:
    return build_call(folder / "built")


@pytest.fixture
def settings() -> CallSection:
    return CallSection(port=free_port())


@pytest.fixture
def relay(folder: Path, settings: CallSection, tmp_path: Path) -> Generator[CoturnServer]:
    """One that can be reached in every way."""
    made = ensure_server_certificate(tmp_path, "龙安县医共体", ("localhost", LOOPBACK), datetime.now(UTC))
    secured = {"tls_port": free_port(), "certificate": made.pem, "private_key": made.pem}
    server = start_coturn(folder / "state", msgspec.structs.replace(settings, **secured))
    yield server
    server.stop()


def test_two_people_see_and_hear_each_other_directly(
    playwright_driver: Playwright, folder: Path, script: bytes
) -> None:
    with serving(Exchange(script, lambda: None), LOOPBACK) as (url,):
        browser = launch(playwright_driver, folder, origin=url)
        pages = [joined(browser, url, me, PEOPLE) for me in PEOPLE]
        for page in pages:
            (other,) = until_moving(page)
            assert other["connection"] == "connected"
            assert "relay" not in (other["path"]["local"], other["path"]["remote"])
            assert page.evaluate("() => window.faults()") == []
            page.wait_for_function("() => window.loudest() > 0")
        browser.close()


def test_four_people_see_and_hear_each_other_in_all_twelve_directions(
    playwright_driver: Playwright, folder: Path, script: bytes
) -> None:
    people = (*PEOPLE, "city", "guest/1")
    with serving(Exchange(script, lambda: None), LOOPBACK) as (url,):
        browser = launch(playwright_driver, folder, origin=url)
        pages = [joined(browser, url, me, people) for me in people]
        assert sum(len(until_moving(page)) for page in pages) == 12
        browser.close()


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
def test_through_the_relay_alone_they_see_and_hear_each_other(
    playwright_driver: Playwright, folder: Path, script: bytes, relay: CoturnServer, way: str
) -> None:
    addresses = dict(zip(("udp", "tcp", "tls"), relay.urls, strict=True))
    only = dataclasses.replace(relay, urls=(addresses[way],))
    with serving(Exchange(script, lambda: only), LOOPBACK) as (url,):
        browser = launch(playwright_driver, folder, origin=url)
        pages = [joined(browser, url, me, PEOPLE, policy="relay") for me in PEOPLE]
        for page in pages:
            (other,) = until_moving(page)
            assert other["path"] == {"local": "relay", "remote": "relay", "relayProtocol": way}
            assert page.evaluate("() => window.faults()") == []
        browser.close()


def test_a_relay_that_dies_and_returns_costs_the_picture_for_a_while_and_the_room_nothing(
    playwright_driver: Playwright, folder: Path, script: bytes, settings: CallSection
) -> None:
    holding = [start_coturn(folder / "state", settings)]
    with serving(Exchange(script, lambda: holding[-1]), LOOPBACK) as (url,):
        browser = launch(playwright_driver, folder, origin=url)
        pages = [joined(browser, url, me, PEOPLE, policy="relay") for me in PEOPLE]
        for page in pages:
            until_moving(page)
        os.kill(holding[-1].pid, signal.SIGKILL)
        for page in pages:
            page.wait_for_function("() => window.seen().every(({trouble}) => trouble !== 'none')")
        heard = [page.evaluate("() => window.heard()") for page in pages]
        holding[-1].stop()
        holding.append(start_coturn(folder / "state", settings))
        for page, count in zip(pages, heard, strict=True):
            page.wait_for_function("() => window.seen().every(({trouble}) => trouble === 'none')")
            before = [one["frames"] for one in seen(page)]
            assert until_moving(page, since=before)[0]["path"]["local"] == "relay"
            # it agreed anew through the same ear for the room, which never noticed; and a broken line is no slow one
            assert page.evaluate("() => window.heard()") > count
            assert page.evaluate("() => window.rung()") == "full"
        browser.close()
    holding[-1].stop()


@pytest.mark.namespaces
def test_between_hospitals_without_a_route_they_see_and_hear_each_other_through_the_relay_in_the_middle(
    playwright_driver: Playwright, folder: Path, script: bytes
) -> None:
    names = township, middle, county = tuple(f"{place}{os.getpid() % 100_000}" for place in "tmc")
    with networks(*names):
        joined_by_cable(township, middle, ("198.51.100.2/24", "198.51.100.1/24"))
        joined_by_cable(county, middle, ("203.0.113.2/24", "203.0.113.1/24"))
        assert reaches(township, "198.51.100.1")
        assert not reaches(township, "203.0.113.2")
        assert not reaches(county, "198.51.100.2")
        settings = CallSection(addresses=("198.51.100.1", "203.0.113.1"))
        with ExitStack() as stack:
            relays: list[CoturnServer] = []
            exchange = Exchange(script, lambda: relays[-1] if relays else None)
            with inside(middle):
                urls = stack.enter_context(serving(exchange, *settings.addresses))
            browsers = [
                launch(playwright_driver, folder, origin=url, network=network)
                for url, network in zip(urls, (township, county), strict=True)
            ]
            pages = [joined(browser, url, me, PEOPLE) for browser, url, me in zip(browsers, urls, PEOPLE, strict=True)]
            # near miss: no relay.  The room carries their words, and nothing else goes between them
            for page in pages:
                page.wait_for_function("() => window.heard() > 0 && window.seen()[0].trouble === 'voice'")
                assert [one["frames"] for one in seen(page)] == [0]
            with inside(middle):
                relays.append(start_coturn(folder / "middle", settings))
                stack.callback(relays[-1].stop)
            for page in pages:
                (other,) = until_moving(page)
                assert "relay" in (other["path"]["local"], other["path"]["remote"])
            for browser in browsers:
                browser.close()
