"""The sample ordering screen: a doctor acts, a signed call goes out over HTTP and comes back in as a foreigner's."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.cds import store
from telemed.cds.deciding import Registry
from telemed.cds.registration import Agreement
from telemed.cds.routes_sample import endpoints
from telemed.cds.sample_system import ISSUER, SampleSystem, create_key, public_keys
from telemed.config import Config
from telemed.county import assemble, gate
from telemed.endpoints import endpoints as every_endpoint
from telemed.http.server import Server
from telemed.recognition.rule_book import RuleBook
from tests.hiring import signed_in
from tests.integration.recognition.asking import Page, Somebody
from tests.integration.recognition.registered import CHEST, Registered

CALL, FEEDBACK = "/api/demo/hospital-system/call", "/api/demo/hospital-system/feedback"


@pytest.fixture
async def sample(page: Page, tmp_path: Path) -> AsyncGenerator[Page]:
    """The same county with the sample system registered for every place of it."""
    registered: Registered = page.registered
    county = registered.county
    key = create_key(tmp_path / "key.pem")
    async with county.pool.transaction() as tx:
        rows = await (await tx.execute("select code from organization")).fetchall()
        for (code,) in rows:
            await store.register(tx, Agreement(ISSUER, "演示", code, tenant=code, keys=public_keys(key)))

    async def can_fetch(_result: str) -> bool:
        return True

    registry = Registry(county.pool, RuleBook(), can_fetch, lambda: county.now)
    config = Config()
    assembled = assemble(
        config, county.pool, key=bytes(32), clock=lambda: county.now, decide=registry, check=registry.of_patient
    )
    found: list[SampleSystem] = []
    table = [one for one in every_endpoint(assembled) if "/demo/" not in one.path]
    table += endpoints(lambda: found[0])
    server = Server(table, pool=county.pool, gate=gate(assembled), clock=lambda: county.now)
    async with TestClient(TestServer(server.application())) as client:
        found.append(SampleSystem(key, str(client.make_url("")).rstrip("/"), config.public_url))
        yield Page(registered, client)


@pytest.fixture
async def physician(sample: Page, doctor: Somebody) -> Somebody:
    return Somebody(sample.client, doctor.id, doctor.token)


def draft(page: Page, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": CHEST.system, "code": CHEST.code}]},
        "subject": {"reference": f"Patient/{page.patient}"},
        **changes,
    }


def asked(page: Page, **changes: Any) -> dict[str, Any]:
    return {
        "patient_id": str(page.patient),
        "hook": "order-select",
        "drafts": [draft(page)],
        "selections": ["ServiceRequest/draft-1"],
        **changes,
    }


async def test_an_order_is_answered_by_a_card_with_a_link_that_opens(sample: Page, physician: Somebody):
    status, got = await physician.call("POST", CALL, asked(sample))
    assert (status, got["status"]) == (200, 200), got
    (card,) = got["answer"]["cards"]
    assert card["source"]["topic"]["code"] == "must-offer"
    (link,) = card["links"]
    number, _, secret = link["url"].partition("/linked/")[2].partition("#")
    async with sample.client.post(f"/api/linked/{number}/open", json={"secret": secret}) as answer:
        opened = await answer.json()
    assert (answer.status, opened["client"]) == (200, "演示")
    rows = await sample.rows("select surface, shown_to from recognition_exposure")
    assert rows == [("order-select", f"Practitioner/{physician.id}")]


async def test_before_any_order_the_visit_is_told_what_there_is(sample: Page, physician: Somebody):
    for hook in ("order-start", "patient-view"):
        _, got = await physician.call("POST", CALL, asked(sample, hook=hook, drafts=[], selections=[]))
        assert [one["indicator"] for one in got["answer"]["cards"]] == ["info"]


async def test_what_is_done_with_a_card_comes_back_as_feedback(sample: Page, physician: Somebody):
    _, got = await physician.call("POST", CALL, asked(sample))
    (card,) = got["answer"]["cards"]
    said = {"card": card["uuid"], "outcome": "accepted", "suggestion": card["suggestions"][0]["uuid"]}
    status, told = await physician.call("POST", FEEDBACK, said)
    assert (status, told["status"]) == (200, 200)
    reason = card["overrideReasons"][0]
    said = {
        "card": card["uuid"],
        "outcome": "overridden",
        "reason_code": reason["code"],
        "reason_system": reason["system"],
    }
    sample.registered.county.now = sample.registered.county.now.replace(microsecond=1)
    assert (await physician.call("POST", FEEDBACK, said))[1]["status"] == 200
    rows = await sample.rows("select outcome, reason_code from recognition_response order by outcome_at")
    assert rows == [("accepted", ""), ("overridden", "R1")]


async def test_a_call_the_service_cannot_read_is_shown_as_it_was_refused(sample: Page, physician: Somebody):
    wrong = asked(sample, drafts=[draft(sample, subject={"reference": "Patient/other"})])
    status, got = await physician.call("POST", CALL, wrong)
    assert (status, got["status"]) == (200, 400)
    assert got["answer"]["resourceType"] == "OperationOutcome"


async def test_the_screen_gets_neither_the_token_nor_the_whole_number(sample: Page, physician: Somebody):
    async with sample.client.post(CALL, json=asked(sample), headers=signed_in(physician.token)) as answer:
        text = await answer.text()
    assert "239999195803140029" not in text
    assert "0029" in text
    assert "eyJ" not in text


async def test_a_county_without_demo_data_has_no_sample_system(page: Page, doctor: Somebody):
    status, body = await doctor.call("POST", CALL, asked(page))
    assert (status, body["code"]) == (404, "no-demo-county")
