"""开单核对 over HTTP with real sessions: asked before ordering, kept before it is shown, answered once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed import app
from telemed.access.sessions import digest
from telemed.cds.deciding import Registry
from telemed.config import Config
from telemed.http.server import Server
from telemed.recognition import rules_store
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.ledger import last_response
from telemed.recognition.quality import IssuerDecision, Ruling
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rules import ITEM_KEYS
from telemed.vocabulary import Role
from tests.integration.recognition.registered import Registered

CHEST = {"system": ITEM_KEYS, "code": "ct.chest.plain"}
HEAD = {"system": ITEM_KEYS, "code": "ct.head.plain"}


@dataclass
class Somebody:
    """A person with a session."""

    client: TestClient[Any, Any]
    id: UUID
    token: str

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Cookie": f"telemed={self.token}", "X-CSRF-Token": "token"}
        async with self.client.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def check(self, patient: UUID, *codes: dict[str, str], **said: Any) -> tuple[int, Any]:
        asked = {"patient_id": str(patient), "codes": list(codes or (CHEST,)), "encounter_class": "outpatient", **said}
        return await self.call("POST", "/api/recognition/check", asked)

    async def one(self, patient: UUID, **said: Any) -> dict[str, Any]:
        status, body = await self.check(patient, **said)
        assert status == 200, body
        (order,) = body["orders"]
        return order

    async def answer(self, card: str, **said: Any) -> tuple[int, Any]:
        return await self.call("POST", f"/api/recognition/cards/{card}/response", said)


@dataclass
class Page:
    registered: Registered
    client: TestClient[Any, Any]

    @property
    def patient(self) -> UUID:
        return self.registered.county.patient

    async def rows(self, statement: str, *values: object) -> list[Any]:
        async with self.registered.county.pool.connection() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchall()

    async def hire(self, role: Role, place: UUID) -> Somebody:
        person, account, now = uuid4(), uuid4(), self.registered.county.now
        token = f"{uuid4().hex}{uuid4().hex}"[:43]
        async with self.registered.county.pool.transaction() as tx:
            await tx.execute(
                "insert into practitioner (id, organization_id, name) values (%s, %s, '医师')", (person, place)
            )
            await tx.execute("insert into practitioner_role values (%s, %s, %s)", (person, place, role))
            await tx.execute(
                "insert into account (id, practitioner_id, username, password_hash, password_changed_at)"
                " values (%s, %s, %s, 'x', %s)",
                (account, person, account.hex, now),
            )
            await tx.execute(
                "insert into session (account_id, token_digest, csrf_token, organization_id, last_seen_at, expires_at,"
                " second_factor_at) values (%s, %s, 'token', %s, %s, %s, %s)",
                (account, digest(token), place, now, now + timedelta(hours=12), now),
            )
        return Somebody(self.client, person, token)


@pytest.fixture
async def page(registered: Registered) -> AsyncGenerator[Page]:
    county = registered.county
    async with county.pool.transaction() as tx:
        await tx.execute(
            "insert into patient_organization (organization_id, patient_id) values (%s, %s)",
            (county.township, county.patient),
        )

    async def can_fetch(_result: str) -> bool:
        return registered.images

    registry = Registry(county.pool, RuleBook(), can_fetch, lambda: county.now)
    assembled = app.assemble(Config(), county.pool, key=bytes(32), clock=lambda: county.now, check=registry.of_patient)
    server = Server(app.endpoints(assembled), pool=county.pool, gate=app.gate(assembled), clock=lambda: county.now)
    async with TestClient(TestServer(server.application())) as client:
        yield Page(registered, client)


@pytest.fixture
async def doctor(page: Page) -> Somebody:
    """A physician of the township that knows the patient."""
    return await page.hire(Role.REQUESTER, page.registered.county.township)


async def test_a_clinician_sees_what_the_hook_would_say_and_may_open_the_pictures(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    assert order["verdict"] == "must-offer"
    assert order["verdict_words"] == {"zh": "符合互认条件", "en": "Meets the conditions of recognition"}
    assert order["note"]["zh"] == "由接诊医师判断是否互认"
    assert (order["name"], order["name_en"]) == ("胸部 CT 平扫", "CT chest, plain")
    (result,) = order["results"]
    assert result["institution"] == "石泉镇卫生院(演示)"
    assert result["images"] is True
    ((uid,),) = await page.rows("select study_instance_uid from imaging_study where id = %s", page.registered.study)
    assert result["study"] == uid
    assert result["window"] == {"days": 30, "left": 30}
    assert result["ground"]["number"] == "龙医共体(演示)〔2025〕12号"
    assert [one["name"] for one in order["covered"]] == ["胸部 CT 平扫"]
    assert order["uncovered"] == []
    assert [one["meaning"] for one in order["choices"]] == ["recognise-and-cancel", "recognise-and-keep"]


async def test_every_gate_is_told_in_both_languages_with_its_outcome(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    (result,) = order["results"]
    steps = [*order["findings"], *result["findings"]]
    assert {"identity", "mapping", "G1", "G2", "G3", "G4", "G5", "G6", "G8"} <= {one["gate"] for one in steps}
    assert all(one["words"]["zh"] and one["words"]["en"] and one["gate_words"]["zh"] for one in steps)
    assert {one["outcome"] for one in steps} == {"pass"}


async def test_the_decision_and_the_card_are_in_the_ledger_with_the_hash_that_was_shown(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    kept = await page.rows("select id::text, client_id, patient_id, verdict, trace_hash from recognition_decision")
    assert kept == [(order["decision_id"], None, page.patient, "must-offer", order["trace_hash"])]
    cards = await page.rows("select card::text, client_id, surface, shown_to from recognition_exposure")
    assert cards == [(order["card"], None, "page", str(doctor.id))]
    assert await page.rows("select card::text, decision_id::text from recognition_exposure_decision") == [
        (order["card"], order["decision_id"])
    ]
    assert [one.differs for one in await page.registered.replayed()] == [()]


async def test_asking_is_audited_with_the_patient(page: Page, doctor: Somebody):
    await doctor.one(page.patient)
    ((outcome, detail),) = await page.rows("select outcome, detail from audit_event where action = 'recognition.check'")
    assert outcome == "success"
    assert detail["cards"] == 1
    assert detail["route"] == "POST /api/recognition/check"


async def test_an_item_without_any_result_is_decided_and_shows_no_card(page: Page, doctor: Somebody):
    status, body = await doctor.check(page.patient, CHEST, HEAD)
    assert status == 200
    chest, head = body["orders"]
    assert chest["card"] is not None
    assert (head["verdict"], head["card"], head["results"], head["choices"]) == (None, None, [], [])
    assert [one["name"] for one in head["uncovered"]] == ["颅脑 CT 平扫"]
    assert await page.rows("select count(*) from recognition_decision") == [(2,)]
    assert await page.rows("select count(*) from recognition_exposure") == [(1,)]


async def test_the_same_code_twice_is_one_order(page: Page, doctor: Somebody):
    status, body = await doctor.check(page.patient, CHEST, CHEST)
    assert status == 200
    assert len(body["orders"]) == 1


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({}, "must-offer"),
        ({"circumstances": ["emergency"]}, "exempt"),
        ({"circumstances": ["pre-operative"]}, "exempt"),
        ({"circumstances": ["pre-transfusion"]}, "exempt"),
        ({"circumstances": ["forensic"]}, "exempt"),
        ({"encounter_class": "emergency"}, "exempt"),
        ({"encounter_class": None}, "may-offer"),
    ],
)
async def test_the_circumstances_on_the_page_count_as_those_of_an_order(
    page: Page, doctor: Somebody, said: dict[str, Any], verdict: str
):
    order = await doctor.one(page.patient, **said)
    assert order["verdict"] == verdict
    assert (order["card"] is None) is (verdict == "exempt")
    assert len(order["results"]) == 1, "the doctor in a hurry wants the earlier pictures too"


async def test_pictures_that_cannot_be_fetched_are_told_and_not_offered(page: Page, doctor: Somebody):
    page.registered.images = False
    order = await doctor.one(page.patient)
    assert order["verdict"] == "not-eligible"
    assert order["choices"] == []
    assert order["reasons"] == []
    against = [one for one in order["results"][0]["findings"] if one["outcome"] != "pass"]
    assert [one["words"]["zh"] for one in against] == ["影像无法调阅"]


async def elsewhere(page: Page) -> Somebody:
    return await page.hire(Role.REQUESTER, page.registered.county.other_township)


async def registrar(page: Page) -> Somebody:
    return await page.hire(Role.REGISTRAR, page.registered.county.township)


@pytest.mark.parametrize(
    ("who", "status", "code"), [(elsewhere, 404, "unknown-patient"), (registrar, 403, "not-allowed")]
)
async def test_who_may_not_read_the_patient_or_does_not_order_is_told_nothing_and_nothing_is_kept(
    page: Page, who: Callable[[Page], Awaitable[Somebody]], status: int, code: str
):
    person = await who(page)
    found, body = await person.check(page.patient)
    assert (found, body["code"]) == (status, code)
    assert await page.rows("select count(*) from recognition_decision") == [(0,)]


async def test_a_study_outside_the_reach_of_the_person_is_spoken_of_without_a_link(page: Page):
    county = page.registered.county
    async with county.pool.transaction() as tx:
        await tx.execute(
            "insert into patient_organization (organization_id, patient_id) values (%s, %s)",
            (county.other_township, county.patient),
        )
        await page.registered.assessor.organization(tx, county.other_township, county.now)
    order = await (await elsewhere(page)).one(page.patient)
    (result,) = order["results"]
    assert result["institution"] == "石泉镇卫生院(演示)"
    assert result["images"] is True
    assert result["study"] is None


@pytest.mark.parametrize("codes", [[], [CHEST] * 21, [{"system": "", "code": "x"}], [{"system": "s"}]])
async def test_a_list_of_orders_that_is_none_is_refused(page: Page, doctor: Somebody, codes: list[Any]):
    asked = {"patient_id": str(page.patient), "codes": codes}
    status, _ = await doctor.call("POST", "/api/recognition/check", asked)
    assert status in {400, 422}
    assert await page.rows("select count(*) from recognition_decision") == [(0,)]


async def test_recognising_is_kept_once_however_often_the_button_is_pressed(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    said = {"outcome": "accepted", "choice": order["choices"][0]["id"]}
    first, again = await doctor.answer(order["card"], **said), await doctor.answer(order["card"], **said)
    assert first == (200, {"card": order["card"], "outcome": "accepted", "repeated": False})
    assert again == (200, {"card": order["card"], "outcome": "accepted", "repeated": True})
    assert await page.rows("select outcome, accepted::text[] from recognition_response") == [
        ("accepted", [order["choices"][0]["id"]])
    ]


async def test_a_mind_that_is_changed_is_kept_beside_what_was_said_before(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    await doctor.answer(order["card"], outcome="accepted", choice=order["choices"][0]["id"])
    page.registered.county.now += timedelta(seconds=30)
    status, body = await doctor.answer(order["card"], outcome="overridden", reason="R1", comment=" 咳血加重 ")
    assert (status, body["repeated"]) == (200, False)
    kept = await page.rows("select outcome, reason_code, comment from recognition_response order by outcome_at")
    assert kept == [("accepted", "", ""), ("overridden", "R1", "咳血加重")]


OUTSIDE = {"name": "胸部 CT 平扫", "institution": "省肿瘤医院", "value": "右肺上叶结节 6 mm", "mark": "全国HR"}


async def test_a_result_of_elsewhere_stands_beside_the_verdicts_and_changes_none(page: Page, doctor: Somebody):
    before = (await doctor.check(page.patient))[1]["orders"][0]
    body = {"patient_id": str(page.patient), "performed_on": "2026-11-01", **OUTSIDE, "name": " 胸部 CT 平扫 "}
    status, made = await doctor.call("POST", "/api/recognition/external-results", body)
    assert status == 200, made
    _, after = await doctor.check(page.patient)
    assert after["external"] == [made]
    assert (made["name"], made["mark"], made["source"]) == ("胸部 CT 平扫", "全国HR", "paper")
    (order,) = after["orders"]
    assert [one["result"] for one in order["results"]] == [one["result"] for one in before["results"]]
    assert (order["verdict"], order["findings"]) == (before["verdict"], before["findings"])


async def test_what_was_noted_under_a_linked_record_is_seen_and_under_another_person_s_is_not(
    page: Page, doctor: Somebody
):
    body = {"patient_id": str(page.patient), **OUTSIDE}
    assert (await doctor.call("POST", "/api/recognition/external-results", body))[0] == 200
    other, _ = await page.registered.county.somebody()
    await page.rows(
        "insert into patient_organization (organization_id, patient_id) values (%s, %s) returning 1",
        page.registered.county.township,
        other,
    )
    assert (await doctor.check(other))[1]["external"] == []
    await page.rows("update patient set same_as_id = %s where id = %s returning 1", other, page.patient)
    assert [one["name"] for one in (await doctor.check(other))[1]["external"]] == [OUTSIDE["name"]]


async def test_a_result_of_elsewhere_alone_is_no_ground_for_any_verdict(page: Page, doctor: Somebody):
    body = {"patient_id": str(page.patient), **OUTSIDE, "name": "颅脑 CT 平扫"}
    await doctor.call("POST", "/api/recognition/external-results", body)
    _, answer = await doctor.check(page.patient, HEAD)
    (order,) = answer["orders"]
    assert (order["verdict"], order["results"], order["card"]) == (None, [], None)
    assert len(answer["external"]) == 1


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"performed_on": "2999-01-01"}, 422),
        ({"performed_on": "1900-01-01"}, 422),
        ({"name": "  "}, 422),
        ({"institution": " "}, 422),
        ({"name": "x" * 201}, 422),
        ({"source": "hearsay"}, 422),
        ({"patient_id": str(uuid4())}, 404),
    ],
)
async def test_a_result_of_elsewhere_with_one_fault_is_not_kept(
    page: Page, doctor: Somebody, changed: dict[str, str], status: int
):
    body = {"patient_id": str(page.patient), **OUTSIDE, **changed}
    assert (await doctor.call("POST", "/api/recognition/external-results", body))[0] == status
    assert await page.rows("select count(*) from external_result") == [(0,)]


async def test_results_of_elsewhere_are_written_by_those_who_may_ask_about_the_patient(page: Page):
    stranger = await page.hire(Role.REQUESTER, page.registered.county.center)
    technician = await page.hire(Role.TECHNICIAN, page.registered.county.township)
    body = {"patient_id": str(page.patient), **OUTSIDE}
    for one, status in ((technician, 403), (stranger, 404)):
        assert (await one.call("POST", "/api/recognition/external-results", body))[0] == status


async def test_contrast_that_is_asked_beyond_the_item_counts(page: Page, doctor: Somebody):
    assert (await doctor.one(page.patient))["verdict"] == "must-offer"
    codes = [{**CHEST, "contrast": one} for one in ("plain", "plain-and-enhanced")]
    _, body = await doctor.check(page.patient, *codes)
    assert [one["verdict"] for one in body["orders"]] == ["must-offer", "not-eligible"]
    assert [one["code"]["contrast"] for one in body["orders"]] == ["plain", "plain-and-enhanced"]
    status, _ = await doctor.check(page.patient, {**CHEST, "laterality": "X"})
    assert status == 422


async def test_what_was_said_is_withdrawn_once_kept_whole_and_said_anew(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    yes = {"outcome": "accepted", "choice": order["choices"][0]["id"]}
    # the clock stands still: the last press counts all the same
    for said, repeated in (
        (yes, False),
        ({"outcome": "withdrawn"}, False),
        ({"outcome": "withdrawn"}, True),
        (yes, False),
        (yes, True),
        ({"outcome": "overridden", "reason": "R2"}, False),
        ({"outcome": "withdrawn"}, False),
    ):
        status, body = await doctor.answer(order["card"], **said)
        assert (status, body["outcome"], body["repeated"]) == (200, said["outcome"], repeated)
    kept = await page.rows("select outcome, received_at <= outcome_at from recognition_response order by outcome_at")
    outcomes = ["accepted", "withdrawn", "accepted", "overridden", "withdrawn"]
    assert kept == [(one, True) for one in outcomes]
    async with page.registered.county.pool.connection() as connection:
        last = await last_response(connection, UUID(order["card"]))
    assert last is not None
    assert last.outcome == "withdrawn"


async def test_a_card_nobody_answered_has_nothing_to_withdraw(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    status, body = await doctor.answer(order["card"], outcome="withdrawn")
    assert (status, body["code"]) == (409, "nothing-to-withdraw")
    assert await page.rows("select count(*) from recognition_response") == [(0,)]


async def test_of_two_presses_at_once_one_is_kept(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    await doctor.answer(order["card"], outcome="accepted", choice=order["choices"][0]["id"])
    answers = await asyncio.gather(*(doctor.answer(order["card"], outcome="withdrawn") for _ in range(8)))
    assert sorted(body["repeated"] for _, body in answers) == [False] + [True] * 7
    assert await page.rows("select count(*) from recognition_response where outcome = 'withdrawn'") == [(1,)]


async def test_reasons_of_the_county_are_offered_as_configured(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    assert [one["code"] for one in order["reasons"] if one["group"] == "local"] == ["L2", "L3", "L4"]
    assert all(one["words"]["zh"] and one["words"]["en"] for one in order["reasons"])
    assert (await doctor.answer(order["card"], outcome="overridden", reason="L4"))[0] == 200


@pytest.mark.parametrize(
    "said",
    [
        {"outcome": "accepted"},
        {"outcome": "accepted", "choice": str(uuid4())},
        {"outcome": "overridden"},
        {"outcome": "overridden", "reason": "R9"},
        {"outcome": "overridden", "reason": "L1"},
    ],
)
async def test_an_answer_the_card_did_not_offer_is_refused(page: Page, doctor: Somebody, said: dict[str, str]):
    order = await doctor.one(page.patient)
    status, _ = await doctor.answer(order["card"], **said)
    assert status == 422
    assert await page.rows("select count(*) from recognition_response") == [(0,)]


async def test_a_card_is_answered_by_whom_it_was_shown_to_alone(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    colleague = await page.hire(Role.REQUESTER, page.registered.county.township)
    said = {"outcome": "accepted", "choice": order["choices"][0]["id"]}
    status, body = await colleague.answer(order["card"], **said)
    assert (status, body["code"]) == (404, "unknown-card")
    assert (await doctor.answer(str(uuid4()), **said))[0] == 404
    assert await page.rows("select count(*) from recognition_response") == [(0,)]


async def test_documents_are_listed_with_what_is_not_known_of_them_and_read_item_by_item(page: Page, doctor: Somebody):
    status, body = await doctor.call("GET", "/api/recognition/catalogues")
    assert status == 200
    first, *others = body["items"]
    assert (first["number"], first["in_force"], first["incomplete"]) == ("龙医共体(演示)〔2025〕12号", True, "")
    assert others
    (earlier,) = [one for one in others if one["series"] == first["series"]]
    assert (earlier["number"], earlier["in_force"]) == ("龙医共体(演示)〔2024〕9号", False)
    assert all(one["incomplete"] for one in others if one is not earlier)
    status, detail = await doctor.call("GET", f"/api/recognition/catalogues/{first['id']}")
    assert status == 200
    assert len(detail["items"]) == first["items"]
    chest = next(one for one in detail["items"] if one["key"] == "ct.chest.plain")
    assert (chest["system"], chest["code"]) == (CHEST["system"], CHEST["code"])
    assert (chest["window_days"], chest["anchor"]) == (30, "acquired")
    assert {"encounter_class": "inpatient", "days": 14} in chest["by_encounter"]
    assert (await doctor.call("GET", f"/api/recognition/catalogues/{uuid4()}"))[0] == 404


async def test_two_versions_of_a_document_are_held_against_each_other(page: Page, doctor: Somebody):
    _, body = await doctor.call("GET", "/api/recognition/catalogues")
    new, old = (one for one in body["items"] if one["series"] == body["items"][0]["series"])
    path = f"/api/recognition/catalogues/{new['id']}/difference?before="
    status, found = await doctor.call("GET", path + old["id"])
    assert status == 200
    assert (found["before"]["number"], found["after"]["number"]) == (old["number"], new["number"])
    assert found["same"] + len(found["changed"]) + len(found["added"]) == new["items"]
    assert found["same"] + len(found["changed"]) + len(found["removed"]) == old["items"]
    chest = next(one for one in found["changed"] if one["item"]["key"] == "ct.chest.plain")
    said = {one["name"]: (one["before"], one["after"]) for one in chest["changes"]}
    assert said["window"] == (["14"], ["30"])
    assert said["price"] == (["29800"], ["26000"])
    assert {one["name"] for one in found["head"]} >= {"number", "title", "first-day", "mode", "negative"}
    assert (await doctor.call("GET", path + str(uuid4())))[0] == 404
    assert (await doctor.call("GET", path + "x"))[0] == 422


async def test_the_map_says_what_was_known_at_each_moment_and_why(page: Page, doctor: Somebody):
    county = page.registered.county
    before, then = county.now, county.now + timedelta(days=2)
    fact = IssuerDecision(
        id=str(uuid4()),
        programme=await agreement_of(page),
        item_keys=frozenset({"ct.chest.plain"}),
        ruling=Ruling.WITHDRAW,
        at=then,
        known_from=then,
        retroactive_from=county.now - timedelta(days=10),
    )
    by = county.people["shen"].principal.practitioner_id
    async with county.pool.transaction() as tx:
        await rules_store.record(tx, county.township, fact, by=by, now=then, parameters=read_parameters())

    async def state(**query: datetime) -> str:
        said = "&".join(f"{name}={quote(at.isoformat())}" for name, at in query.items())
        status, body = await doctor.call("GET", f"/api/recognition/grants/map?{said}")
        assert status == 200, body
        assert [one["key"] for one in body["items"]] == ["ct.chest.plain"]
        (field,) = body["fields"]
        assert field["organization_id"] == body["members"][0]["id"] == str(county.township)
        return field["state"]

    past = county.now - timedelta(days=5)
    assert await state(as_of=before, known_at=before) == "active"
    assert await state(as_of=then, known_at=then) == "withdrawn"
    assert await state(as_of=past, known_at=before) == "active"
    assert await state(as_of=past, known_at=then) == "withdrawn"
    path = f"/api/recognition/grants/history?organization={county.township}&item=ct.chest.plain"
    status, body = await doctor.call("GET", f"{path}&known_at={quote(then.isoformat())}")
    assert status == 200
    assert body["item"]["name"] == "胸部 CT 平扫"
    assert {one["state"] for one in body["changes"]} == {"active", "withdrawn"}
    assert body["changes"][0]["known_from"] >= body["changes"][-1]["known_from"]
    named = {one for change in body["changes"] for one in change["evidence"]}
    assert {one["id"] for one in body["evidence"]} == named
    _, earlier = await doctor.call("GET", f"{path}&known_at={quote(before.isoformat())}")
    assert {one["state"] for one in earlier["changes"]} == {"active"}
    for wrong, answer in (
        (f"/api/recognition/grants/history?organization={uuid4()}&item=ct.chest.plain", 404),
        ("/api/recognition/grants/map?as_of=2026-11-01", 422),
        (f"/api/recognition/grants/history?organization={county.township}&item=", 422),
    ):
        assert (await doctor.call("GET", wrong))[0] == answer


async def agreement_of(page: Page) -> str:
    ((number,),) = await page.rows("select id::text from quality_fact where kind = 'agreement'")
    return number


async def test_the_map_of_grants_shows_who_holds_what_and_keeps_to_its_filters(page: Page, doctor: Somebody):
    township = page.registered.county.township
    status, body = await doctor.call("GET", "/api/recognition/grants")
    assert status == 200
    (line,) = body["items"]
    assert body["total"] == 1
    assert (line["organization_id"], line["organization_name"]) == (str(township), "石泉镇卫生院(演示)")
    assert (line["item_name"], line["state"], line["mark"]) == ("胸部 CT 平扫", "active", "")
    for query, found in (
        (f"organization={township}&item=ct.chest.plain&state=active", 1),
        (f"organization={page.registered.county.center}", 0),
        (f"organization={uuid4()}", 0),
        ("item=ct.head.plain", 0),
        ("state=suspended", 0),
    ):
        _, some = await doctor.call("GET", f"/api/recognition/grants?{query}")
        assert (query, some["total"], len(some["items"])) == (query, found, found)
