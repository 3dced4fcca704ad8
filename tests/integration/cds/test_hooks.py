"""A hospital system asks over HTTP: what it is told, what is kept of it, and what it is refused."""

import asyncio
import hashlib
import json
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from telemed.cds.answering import ask
from telemed.recognition.ledger import last_response
from tests.integration.cds.calls import NUMBER, PATIENT, call, encounter, order
from tests.integration.cds.conftest import registered
from tests.integration.cds.systems import SERVICE
from tests.unit.recognition import good


async def test_discovery_lists_one_service_under_each_hook(line):
    status, headers, raw = await line.send("GET", "/cds-services")
    services = json.loads(raw)["services"]
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert {one["hook"]: one["hookVersion"] for one in services} == {
        "patient-view": "1.0",
        "order-start": "0.1",
        "order-select": "1.0",
        "order-sign": "1.1",
    }
    for one in services:
        assert one["id"] == "result-recognition"
        assert ("Experimental" in one["usageRequirements"]) is (one["hook"] == "order-start")
        assert one["version"] == "2.0.1"
        assert one["prefetch"] == {
            "patient": "Patient/{{context.patientId}}",
            "encounter": "Encounter/{{context.encounterId}}",
        }
        assert one["title"]
        assert one["description"]


async def test_an_order_that_may_be_spared_is_answered_by_a_card_that_was_kept_before(county, line):
    status, answer = await line.call(call())
    (card,) = answer["cards"]
    assert status == 200
    assert card["summary"] == "葡萄糖 5.1 mmol/L，4 天前青肯泡乡卫生院，符合互认条件（绥化HR）"
    assert card["suggestions"][0]["actions"][0]["resourceId"] == "ServiceRequest/o1"
    ((number, verdict, trace, trace_hash, patient, organization),) = await county.rows(
        "select id, verdict, trace, trace_hash, patient_id, organization_id from recognition_decision"
    )
    assert verdict == "must-offer"
    assert hashlib.sha256(trace.encode()).hexdigest() == trace_hash
    assert (patient, organization) == (county.registry.patient_id, UUID(int=1))
    shown = await county.rows(
        "select e.card, e.surface, e.shown_to, e.suggestions, d.decision_id"
        " from recognition_exposure e join recognition_exposure_decision d using (card)"
    )
    assert shown == [
        (
            UUID(card["uuid"]),
            "order-select",
            "PractitionerRole/d17",
            {
                card["suggestions"][0]["uuid"]: "recognise-and-cancel",
                card["suggestions"][1]["uuid"]: "recognise-and-keep",
            },
            number,
        )
    ]


async def test_the_decision_a_client_keeps_is_the_one_in_the_ledger(county, line):
    _, answer = await line.call(call())
    recognise = answer["cards"][0]["suggestions"][0]
    (kept,) = [one["resource"] for one in recognise["actions"] if one["type"] == "create"]
    ((number, trace_hash),) = await county.rows("select id, trace_hash from recognition_decision")
    assert [one["value"] for one in kept["identifier"]] == [f"urn:uuid:{number}", trace_hash]
    assert "actionSelectionBehavior" not in recognise


async def test_a_system_registered_for_3_0_is_told_how_the_actions_belong_together(county, line):
    await registered(county, line.system, specification="3.0")
    _, answer = await line.call(call())
    assert {one["actionSelectionBehavior"] for one in answer["cards"][0]["suggestions"]} == {"all"}


async def test_what_was_shown_before_any_order_is_kept_as_shown_there(county, line):
    body = call("order-start")
    body["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": order()}]}
    _, answer = await line.call(body)
    (card,) = answer["cards"]
    assert "suggestions" not in card
    shown = await county.rows("select card, surface from recognition_exposure")
    assert shown == [(UUID(card["uuid"]), "order-start")]


async def test_each_hook_is_answered(line):
    for hook, cards in (("patient-view", 1), ("order-start", 1), ("order-select", 1), ("order-sign", 1)):
        status, answer = await line.call(call(hook))
        assert (status, len(answer["cards"])) == (200, cards), hook


async def test_only_the_selections_are_asked_of_the_registry(county, line):
    body = call("order-select", order(), order("o2", good.KNEE))
    body["context"]["selections"] = ["ServiceRequest/o2"]
    _, answer = await line.call(body)
    assert [one.reference for one in county.registry.asked[-1].orders] == ["ServiceRequest/o2"]
    assert len(answer["cards"]) == 1
    _, both = await line.call(call("order-sign", order(), order("o2", good.KNEE)))
    assert len(both["cards"]) == 2


async def test_the_code_of_an_order_counts_as_a_whole(county, line):
    """Code 123 is not code 12."""
    _, answer = await line.call(call("order-select", order(code=good.OTHER)))
    assert answer == {"cards": []}
    assert await county.rows("select verdict from recognition_decision") == [(None,)]


@pytest.mark.parametrize(
    "body",
    [
        call("order-select", order(priority="stat")),
        call(prefetch={"patient": PATIENT, "encounter": encounter("EMER")}),
    ],
)
async def test_an_emergency_is_not_interrupted_and_the_decision_is_kept(county, line, body):
    assert await line.call(body) == (200, {"cards": []})
    assert await county.rows("select verdict from recognition_decision") == [("exempt",)]
    assert await county.rows("select card from recognition_exposure") == []


async def test_a_visit_is_one_card_of_all_its_decisions(county, line):
    _, answer = await line.call(call("patient-view"))
    (card,) = answer["cards"]
    assert "suggestions" not in card
    assert card["summary"].startswith("该患者近期 2 项结果符合互认条件")
    kept = await county.rows("select count(*) from recognition_exposure_decision where card = %s", card["uuid"])
    assert kept == [(2,)]


async def test_where_the_province_has_asked_ours_stays_silent(county, line):
    body = call(extension={"cn.hr.provincial-prompted": True})
    assert await line.call(body) == (200, {"cards": []})
    assert await county.rows("select verdict from recognition_decision") == [("must-offer",)]


@pytest.mark.parametrize("key", ["patient", "encounter"])
async def test_missing_prefetch_is_412_with_an_outcome_in_both_languages(county, line, key):
    body = call()
    del body["prefetch"][key]
    status, answer = await line.call(body)
    (issue,) = answer["issue"]
    assert status == 412
    assert answer["resourceType"] == "OperationOutcome"
    assert issue["expression"] == [f"prefetch.{key}"]
    assert "缺少预取数据" in issue["details"]["text"]
    assert "is missing" in issue["diagnostics"]
    assert await county.rows("select id from recognition_decision") == []


async def test_a_call_that_is_none_is_400(line):
    for body in (b"", b"{", b"[]", call(hookInstance="1"), b"[" * 50_000, call(context={})):
        status, answer = await line.call(body)
        assert (status, answer["resourceType"]) == (400, "OperationOutcome")


async def test_a_bundle_of_too_many_orders_is_400_and_a_body_too_large_is_413(county, line):
    status, _ = await line.call(call("order-sign", *(order(f"o{n}") for n in range(201))))
    assert status == 400
    large = call()
    large["context"]["draftOrders"]["entry"][0]["resource"]["note"] = [{"text": "x" * 1_100_000}]
    assert (await line.call(large))[0] == 413

    async def chunks():
        for _ in range(20):
            yield b" " * 64 * 1024

    status, _, _ = await line.send("POST", SERVICE, headers={"Transfer-Encoding": "chunked"})
    assert status == 400
    async with line.session.post(
        line.server.make_url(SERVICE), data=chunks(), headers={"Authorization": f"Bearer {line.system.token()}"}
    ) as answer:
        assert answer.status == 413
    assert county.registry.asked == []


async def test_a_service_that_is_not_offered_is_404(line):
    status, _, raw = await line.send("POST", "/cds-services/other", call())
    assert (status, json.loads(raw)["issue"][0]["code"]) == (404, "not-found")


async def test_an_identity_number_in_the_address_is_refused_and_written_nowhere(county, line):
    status, _, raw = await line.send("POST", f"{SERVICE}?id={NUMBER}", call())
    assert status == 400
    assert NUMBER.encode() not in raw
    audit = await county.rows("select detail::text || entities::text || purpose from audit_event")
    assert audit
    assert NUMBER not in str(audit)
    assert (await line.send("POST", f"{SERVICE}?id=20481", call()))[0] == 200


async def test_the_audit_of_a_call_has_ids_and_counts_and_nothing_of_the_patient_or_the_token(county, line):
    token = line.system.token()
    await line.call(call(), token=token)
    ((detail, entities, outcome, action),) = await county.rows(
        "select detail, entities, outcome, action from audit_event"
    )
    ((decision,),) = await county.rows("select id from recognition_decision")
    assert (outcome, action) == ("success", "public:/cds-services/{id}")
    assert detail["hook"] == "order-select"
    assert detail["cards"] == 1
    assert entities == [
        {"kind": "recognition-decision", "id": str(decision), "patient": str(county.registry.patient_id)}
    ]
    for secret in (token, NUMBER, "王桂兰", "1949-12-31"):
        assert secret not in json.dumps([detail, entities], ensure_ascii=False)


async def test_a_registry_that_is_late_or_away_keeps_no_order_back(county, line, monkeypatch):
    never = asyncio.Event()
    county.registry.before = never.wait
    monkeypatch.setattr("telemed.cds.routes.ask", _in_a_hurry)
    assert await line.call(call()) == (200, {"cards": []})
    assert await county.rows("select outcome, detail ->> 'code' from audit_event") == [("failed", "registry-late")]


async def _in_a_hurry(decide, asked, _budget):
    return await ask(decide, asked, 0.01)


async def test_the_ledger_is_append_only(county, line):
    await line.call(call())
    for statement in (
        "update recognition_decision set verdict = 'exempt'",
        "delete from recognition_exposure_decision",
        "truncate recognition_response",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            await county.rows(statement)


def overridden(card, at="2026-11-24T07:59:00Z", **changes):
    reason = {"reason": {"code": "R1", "system": "urn:cn:hr:retest-reason"}, "userComment": "咯血加重"}
    return {"card": card, "outcome": "overridden", "overrideReason": reason, "outcomeTimestamp": at, **changes}


async def shown(line):
    _, answer = await line.call(call())
    (card,) = answer["cards"]
    return card


async def test_feedback_told_twice_is_kept_once_and_the_last_counts(county, line):
    card = await shown(line)
    first = overridden(card["uuid"])
    assert await line.feedback(first) == 200
    assert await line.feedback(first, first) == 200
    assert await county.rows("select count(*) from recognition_response") == [(1,)]
    suggestion = {"id": card["suggestions"][0]["uuid"]}
    later = {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [suggestion],
        "outcomeTimestamp": "2026-11-24T08:00:30Z",
    }
    assert await line.feedback(later) == 200
    assert await line.feedback(overridden(card["uuid"], "2026-11-24T07:58:00Z")) == 200
    assert await county.rows("select count(*) from recognition_response") == [(3,)]
    async with county.pool.connection() as connection:
        counts = await last_response(connection, UUID(card["uuid"]))
    assert counts is not None
    assert (counts.outcome, counts.accepted) == ("accepted", [UUID(suggestion["id"])])


async def test_the_same_moment_in_another_zone_is_the_same_feedback(county, line):
    card = await shown(line)
    assert await line.feedback(overridden(card["uuid"]), overridden(card["uuid"], "2026-11-24T15:59:00+08:00")) == 200
    assert await county.rows("select count(*) from recognition_response") == [(1,)]


async def test_feedback_told_by_many_at_once_is_kept_once(county, line):
    card = await shown(line)
    said = await asyncio.gather(*(line.feedback(overridden(card["uuid"])) for _ in range(20)))
    assert set(said) == {200}
    assert await county.rows("select count(*) from recognition_response") == [(1,)]


async def test_feedback_about_a_card_of_nobody_or_of_another_system_is_404(county, line, other):
    card = await shown(line)
    assert await line.feedback(overridden(str(uuid4()))) == 404
    assert await other.feedback(overridden(card["uuid"])) == 404
    assert await county.rows("select count(*) from recognition_response") == [(0,)]
    assert await line.feedback(overridden(str(uuid4())), overridden(card["uuid"])) == 200
    assert await county.rows("select count(*) from recognition_response") == [(1,)]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"outcomeTimestamp": "2026-11-24T08:02:00Z"}, 200),
        ({"outcomeTimestamp": "2026-11-24T08:02:01Z"}, 400),
        ({"outcomeTimestamp": "1900-01-01T00:00:00Z"}, 400),
        ({"outcomeTimestamp": "2026-11-24T07:59:00"}, 400),
        ({"outcome": "accepted"}, 400),
        ({"overrideReason": {}}, 400),
    ],
)
async def test_feedback_that_breaks_a_rule_is_400(line, changes, status):
    card = await shown(line)
    assert await line.feedback({**overridden(card["uuid"]), **changes}) == status


async def test_no_feedback_is_no_fault(line):
    assert await line.feedback() == 200


async def test_the_answer_to_every_hook_is_what_the_standard_calls_an_answer(line):
    """No null, "", [] or {} but an empty list of cards; whole names; a display on every reason."""
    for body in (call(), call("patient-view"), call("order-sign", order(), order("o2", good.KNEE))):
        _, _, raw = await line.send("POST", SERVICE, body)
        for empty in (b":null", b':""', b":[]", b":{}"):
            assert empty not in raw
        for card in json.loads(raw)["cards"]:
            assert len(card["summary"]) < 140
            assert all(one["display"] for one in card.get("overrideReasons", []))
            assert ("suggestions" in card) is ("selectionBehavior" in card)


SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "cds-hooks" / "examples"
REQUESTS = sorted(SHARED.glob("request-*.json"))
CONTEXTS = [one for hook in ("order-select", "order-sign") for one in sorted(SHARED.glob(f"other__*__{hook}__*.json"))]


# Beside a checkout that has no such folder there is nothing to try.
if SHARED.exists():

    @pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.stem)
    async def test_calls_of_the_standards_own_examples_are_answered_in_its_terms(line, path):
        """One lacks its patient, one is of an older edition, none brings the prefetch asked for: refused in words."""
        status, answer = await line.call(json.loads(path.read_text("utf-8")))
        assert status == (412 if "order-select" in path.stem or "quickstart" in path.stem else 400)
        assert answer["resourceType"] == "OperationOutcome"

    @pytest.mark.parametrize("path", CONTEXTS, ids=lambda path: path.stem)
    async def test_contexts_of_the_standards_own_examples_are_read_and_say_nothing_about_drugs(county, line, path):
        context = json.loads(path.read_text("utf-8"))["context"]
        visit = {**encounter(), "id": context["encounterId"], "subject": {"reference": "Patient/1288992"}}
        prefetch = {"patient": {**PATIENT, "id": "1288992"}, "encounter": visit}
        hook = path.stem.split("__")[2]
        said = {"hook": hook, "hookInstance": str(uuid4()), "context": context, "prefetch": prefetch}
        assert await line.call(said) == (200, {"cards": []})
        assert county.registry.asked[-1].orders == ()
