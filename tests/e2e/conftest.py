"""One county and one browser for all browser tests."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from telemed.demo.phantom import Examination, Subject, ct_series, dr_chest

from .browser import PATIENCE, People, launch
from .facts import Facts
from .readings import readings_in_each_state
from .stack import Stack, build_client, given_stack, prepared_state, push, running_stack

HERE = Path(__file__).parent
expect.set_options(timeout=PATIENCE)
TEST_SECONDS = 300  # a page in both languages and sizes, drawn without a graphics card


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starting the county is not a test's own time."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS, func_only=True))


COUNTY = timezone(timedelta(hours=8))


@pytest.fixture(scope="session")
def county(testrun_uid: str) -> Generator[Stack]:
    """A whole county of its own, as `./run` starts it."""
    build_client()
    if given := given_stack():
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="telemed-e2e-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with prepared_state(testrun_uid, folder / "state"), running_stack(folder / "state") as stack:
            yield stack


@pytest.fixture(scope="session")
def playwright_driver() -> Generator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright_driver: Playwright) -> Generator[Browser]:
    browser = launch(playwright_driver)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def people(chromium: Browser, county: Stack) -> People:
    return People(chromium, county)


@pytest.fixture(scope="session")
def facts(county: Stack, people: People) -> Facts:
    """Two studies of one person pushed by an independent SCU, beside whatever the demo county brings."""
    person = Subject(patient_id="E2E0001", name="Sun^Guilan=孙^桂兰")
    now = datetime.now(COUNTY)
    today = Examination(key="e2e-ct", at=now - timedelta(minutes=20), accession_number="E2E-CT-1")
    before = Examination(key="e2e-ct-prior", at=now - timedelta(days=190), accession_number="E2E-CT-0")
    film = Examination(
        key="e2e-dr",
        at=now - timedelta(minutes=10),
        accession_number="E2E-DR-1",
        station="DR01",
        description="胸部正位",
    )
    series = list(ct_series(person, today, slices=40, size=256))
    prior = list(ct_series(person, before, slices=40, size=256, nodule=6))
    chest = dr_chest(person, film, rows=1250, columns=1024)
    assert push(county, series) == len(series)
    assert push(county, prior) == len(prior)
    assert push(county, [chest]) == 1
    # other pixels under the UID of a stored image: kept, not indexed, shown under 异常数据
    other = deepcopy(chest)
    other.PixelData = bytes(len(chest.PixelData))
    assert push(county, [other]) == 1
    return Facts(
        ct_study=str(series[0].StudyInstanceUID),
        ct_images=len(series),
        prior_study=str(prior[0].StudyInstanceUID),
        dr_study=str(chest.StudyInstanceUID),
        **readings_in_each_state(people),
    )
