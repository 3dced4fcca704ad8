"""The client's files: a page's address is the application, what a program asks for is not."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from telemed.http.static import add_client


@pytest.fixture
async def client(tmp_path):
    (tmp_path / "index.html").write_text("<!doctype html>", "utf-8")
    app = web.Application()
    add_client(app, tmp_path)
    async with TestClient(TestServer(app)) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/worklist", "/patients/1", "/images/1.2.840.10008"])
async def test_the_address_of_a_page_is_the_application(client, path):
    answer = await client.get(path)
    assert (answer.status, await answer.text()) == (200, "<!doctype html>")


@pytest.mark.parametrize(
    "path",
    ["/api/x", "/cds-services/x", "/dicom-web/x", "/embedded/x", "/fhir/R4/Patient/x", "/his/x", "/health/x", "/a.js"],
)
async def test_what_a_program_asks_for_in_vain_is_not_the_application(client, path):
    assert (await client.get(path)).status == 404
