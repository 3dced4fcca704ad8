import io
import json
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from PIL import Image

from telemed.access.policy import scope
from telemed.http.server import Server
from telemed.http.wire import Authenticated, Gate
from telemed.imaging import routes_matching, routes_registration
from telemed.imaging.papers import LIMIT, Papers
from telemed.patients import routes as patient_routes

CSRF = {"X-CSRF-Token": "c"}


class House:
    """The server with the real policy; X-Who says at which township the technician sits."""

    def __init__(self, townships):
        self.people = {str(i): t.principal for i, t in enumerate(townships)}
        self.calls = []

    async def authenticate(self, request, _now):
        who = self.people.get(request.headers.get("X-Who", "0"))
        return None if who is None else Authenticated(who, "c")

    def gate(self):
        async def record(_tx, call):
            self.calls.append(call)

        return Gate(authenticate=self.authenticate, scope=scope, second_factor_fresh=lambda *_: True, record=record)


@pytest.fixture
def house(townships):
    return House(townships)


@pytest.fixture
async def client(pool, house, township, aiohttp_client, tmp_path):
    zone = ZoneInfo("Asia/Shanghai")

    server = Server(
        [
            *patient_routes.endpoints(zone),
            *routes_registration.endpoints(zone, Papers(tmp_path / "papers")),
            *routes_matching.endpoints(zone),
        ],
        pool=pool,
        gate=house.gate(),
        clock=lambda: township.now + timedelta(minutes=40),
    )
    return await aiohttp_client(server.application())


def body(form, **changed):
    return json.loads(msgspec.json.encode(form)) | changed


async def register(client, township, **changed):
    answer = await client.post("/api/registrations", json=body(township.form(**changed)), headers=CSRF)
    assert answer.status == 201, await answer.text()
    return await answer.json()


async def test_a_registration_comes_back_with_the_number_masked(client, township, house):
    made = await register(client, township)
    assert made["accession_number"] == "2611230001"
    assert made["patient"]["number"] == "**************0024"
    assert made["patient"]["age"] == {"zh": "70 岁", "en": "70 y"}
    listed = await (await client.get("/api/registrations")).json()
    assert [one["id"] for one in listed["items"]] == [made["id"]]
    assert (await (await client.get("/api/registrations?day=2026-11-22")).json())["items"] == []
    assert {call.action for call in house.calls} == {"registration.write", "registration.read"}
    assert all(call.entities for call in house.calls if call.outcome == "success" and not call.access)


async def test_a_form_is_checked_before_it_is_sent(client, township):
    await register(client, township, person=township.person(document=None))
    asked = body(township.form(consent_told=False, history=""))
    found = await (await client.post("/api/registrations/check", json=asked, headers=CSRF)).json()
    assert [(f["code"], f["weight"]) for f in found["faults"]] == [
        ("history-missing", "advice"),
        ("consent-untold", "required"),
    ]
    assert [one["name"] for one in found["namesakes"]] == ["王桂兰"]
    assert found["age"]["zh"] == "70 岁"
    asked["person"]["document"]["number"] = "239999195603140025"
    found = await (await client.post("/api/registrations/check", json=asked, headers=CSRF)).json()
    assert found["faults"][0]["code"] == "document-checksum"
    refused = await client.post("/api/registrations", json=body(township.form()), headers=CSRF)
    assert (refused.status, (await refused.json())["code"]) == (409, "same-name-undecided")


async def test_a_scanned_card_alone_says_birth_date_sex_and_holder(client, township):
    made = await register(client, township)
    asked = body(township.form())
    asked["person"] |= {"name": "", "birth_date": None, "sex": "U"}
    found = await (await client.post("/api/registrations/check", json=asked, headers=CSRF)).json()
    assert (found["birth_date"], found["sex"], found["age"]["zh"]) == ("1956-03-14", "F", "70 岁")
    assert found["holder"]["id"] == made["patient"]["id"]
    assert "name-missing" in [fault["code"] for fault in found["faults"]]


async def test_a_known_card_brings_its_holder_and_todays_visit(client, township):
    made = await register(client, township)
    found = await (await client.post("/api/registrations/check", json=body(township.form()), headers=CSRF)).json()
    assert found["holder"]["id"] == made["patient"]["id"]
    assert found["namesakes"] == []
    assert [one["id"] for one in found["visits"]] == [made["id"]]


async def test_the_whole_number_is_shown_on_request_and_each_request_is_audited(client, township, house):
    made = await register(client, township)
    path = f"/api/patients/{made['patient']['id']}"
    detail = await (await client.get(path)).json()
    assert [n["value"] for n in detail["numbers"]] == ["**************0024"]
    house.calls.clear()
    shown = await (await client.post(f"{path}/reveal", json={"reason": "核对证件"}, headers=CSRF)).json()
    assert [n["value"] for n in shown["numbers"]] == ["239999195603140024"]
    call = house.calls[-1]
    assert (call.action, call.purpose, str(call.entities[0].patient_id)) == (
        "patient.reveal",
        "核对证件",
        made["patient"]["id"],
    )


@pytest.mark.parametrize("q", ["王桂", "wgl", "guilan", "239999195603140024"])
async def test_patients_are_found_by_post_only_and_only_at_home(client, township, q):
    await register(client, township)
    here = await (await client.post("/api/patients/search", json={"q": q}, headers=CSRF)).json()
    there = await (await client.post("/api/patients/search", json={"q": q}, headers=CSRF | {"X-Who": "1"})).json()
    assert [one["pinyin"] for one in here["items"]] == ["WANG Guilan"]
    assert there["items"] == []


async def test_doubtful_identities_are_decided_and_taken_back(client, township):
    first = await register(client, township)
    second = await register(client, township, person=township.person(name="WANG GUILAN"))
    listed = await (await client.get("/api/identity-reviews")).json()
    review = listed["items"][0]
    assert {review["patient"]["id"], review["other"]["id"]} == {first["patient"]["id"], second["patient"]["id"]}
    assert [d["zh"] for d in review["differences"]] == ["姓名疑似（同音、拼音或缺字）"]
    assert review["outcome"] == "potential"
    assert {"number-same", "name-romanised", "birth-same", "sex-same"} <= {one["code"] for one in review["findings"]}
    assert all(one["zh"] and one["en"] for one in review["findings"])
    path = f"/api/identity-reviews/{review['id']}"
    assert (
        await client.post(f"{path}/decision", json={"decision": "same-person"}, headers=CSRF | {"X-Who": "1"})
    ).status == 404
    assert (await client.post(f"{path}/decision", json={"decision": "same-person"}, headers=CSRF)).status == 204
    assert (await client.post(f"{path}/decision", json={"decision": "same-person"}, headers=CSRF)).status == 409
    detail = await (await client.get(f"/api/patients/{first['patient']['id']}")).json()
    assert [one["id"] for one in detail["same"]] == [second["patient"]["id"]]
    assert (await client.post(f"{path}/reopen", json={"note": "看错了"}, headers=CSRF)).status == 204
    detail = await (await client.get(f"/api/patients/{first['patient']['id']}")).json()
    assert (detail["same"], detail["open_reviews"]) == ([], 1)


async def test_who_cannot_say_leaves_the_question_open_with_the_reason(client, township):
    await register(client, township)
    await register(client, township, person=township.person(name="WANG GUILAN"))
    (item,) = (await (await client.get("/api/identity-reviews")).json())["items"]
    assert (item["doubt"], item["doubted_at"], item["decided_by_name"]) == ("", None, "")
    path = f"/api/identity-reviews/{item['id']}"
    for note, status in (("", 422), (" ", 422), ("电话未接通", 204)):
        assert (await client.post(f"{path}/doubt", json={"note": note}, headers=CSRF)).status == status
    assert (await client.post(f"{path}/doubt", json={"note": "x"}, headers=CSRF | {"X-Who": "1"})).status == 404
    (item,) = (await (await client.get("/api/identity-reviews")).json())["items"]
    assert (item["state"], item["doubt"]) == ("open", "电话未接通")
    assert item["doubted_by_name"]
    said = {"decision": "different-persons", "note": "生日不同"}
    assert (await client.post(f"{path}/decision", json=said, headers=CSRF)).status == 204
    assert (await client.post(f"{path}/doubt", json={"note": "再想"}, headers=CSRF)).status == 409
    (item,) = (await (await client.get("/api/identity-reviews?open=false")).json())["items"]
    assert (item["note"], item["decided_by_name"]) == ("生日不同", item["doubted_by_name"])


async def test_the_history_says_who_was_one_person_when_and_only_to_whom_it_concerns(client, township, house):
    first = (await register(client, township))["patient"]["id"]
    second = (await register(client, township, person=township.person(name="WANG GUILAN")))["patient"]["id"]
    (review,) = (await (await client.get("/api/identity-reviews")).json())["items"]
    path, history = f"/api/identity-reviews/{review['id']}", f"/api/patients/{first}/identity-links"
    await client.post(f"{path}/decision", json={"decision": "same-person", "note": "同一张脸"}, headers=CSRF)
    told = await (await client.get(history)).json()
    assert set(told["same"]) == {first, second}
    (fact,) = told["items"]
    assert (fact["fact"], fact["ground"], fact["note"]) == ("linked", "reviewed", "同一张脸")
    assert (fact["decided_by_name"], fact["review_id"]) == ("陈小雨", review["id"])
    assert "name-romanised" in [one["code"] for one in fact["findings"]]
    before = await (await client.get(f"{history}?known_at=2026-11-23T01:00:00Z")).json()
    assert before == {"same": [first], "items": [], "next": None}
    assert (await client.get(f"{history}?known_at=2026-11-23T01:00:00")).status == 422
    assert (await client.get(history, headers={"X-Who": "1"})).status == 404
    await client.post(f"{path}/reopen", json={"note": "看错了"}, headers=CSRF)
    told = await (await client.get(history)).json()
    assert (told["same"], [one["fact"] for one in told["items"]]) == ([first], ["unlinked", "linked"])
    undone = next(call for call in reversed(house.calls) if call.action == "patient.review" and not call.access)
    assert {str(one.patient_id) for one in undone.entities} == {first, second}


async def test_a_link_is_told_to_everybody_it_concerns_by_ids_alone(client, township, ask):
    await register(client, township)
    await register(client, township, person=township.person(name="WANG GUILAN"))
    (review,) = (await (await client.get("/api/identity-reviews")).json())["items"]
    await client.post(f"/api/identity-reviews/{review['id']}/decision", json={"decision": "same-person"}, headers=CSRF)
    told = await ask("select topics, ids::text as ids from event where kind = 'identity.linked'")
    assert told["topics"] == [f"organization/{township.id}"]
    assert set(json.loads(told["ids"])) == {"patient_id", "other_patient_id", "identity_link_id"}
    assert "王桂兰" not in told["ids"]


async def test_a_pair_told_apart_is_not_asked_about_at_the_next_visit(client, township):
    await register(client, township)
    await register(client, township, person=township.person(name="WANG GUILAN"))
    (review,) = (await (await client.get("/api/identity-reviews")).json())["items"]
    path = f"/api/identity-reviews/{review['id']}/decision"
    await client.post(path, json={"decision": "different-persons"}, headers=CSRF)
    await register(client, township, person=township.person(name="WANG GUILAN"))
    assert (await (await client.get("/api/identity-reviews")).json())["items"] == []
    decided = (await (await client.get("/api/identity-reviews?open=false")).json())["items"]
    assert [(one["state"], one["outcome"]) for one in decided] == [("different-persons", "never")]


async def test_somebody_unidentified_is_given_the_name_later(client, township):
    made = await register(client, township, person=township.person(unidentified=True, document=None))
    path = f"/api/patients/{made['patient']['id']}/identity"
    said = {"name": "刘德福", "sex": "M", "kind": "national-id", "number": "239999198907220115"}
    detail = await (await client.post(path, json=said, headers=CSRF)).json()
    assert (detail["patient"]["name"], detail["patient"]["identity"]) == ("刘德福", "known")
    assert {n["kind"] for n in detail["numbers"]} == {"temporary", "national-id"}
    assert (await client.post(path, json=said, headers=CSRF)).status == 409


async def test_an_unmatched_study_is_shown_beside_its_candidates_and_linked(client, township, follow):
    made = await register(client, township)
    study_id = await township.push(patient_name="WANG^GUILAN", patient_id="1", laterality="R")
    await follow()
    listed = await (await client.get("/api/unmatched")).json()
    assert [one["id"] for one in listed["items"]] == [str(study_id)]
    found = await (await client.get(f"/api/unmatched/{study_id}")).json()
    assert [c["registration"]["id"] for c in found["candidates"]] == [made["id"]]
    said = {f["rule"]: f["text"]["zh"] for f in found["candidates"][0]["findings"] if f["text"]}
    assert said == {"name": "姓名疑似（同音、拼音或缺字）", "laterality": "侧别不一致，请确认"}
    answer = await client.post(
        f"/api/unmatched/{study_id}/decision",
        json={"revision": found["study"]["match_revision"], "service_request_id": made["id"]},
        headers=CSRF,
    )
    assert (await answer.json())["match_state"] == "confirmed"
    assert (await (await client.get("/api/unmatched")).json())["items"] == []
    studies = await (await client.get("/api/studies")).json()
    assert [(s["patient_name"], s["item"]) for s in studies["items"]] == [("王桂兰", "DR 左膝正侧位")]
    assert (await (await client.get("/api/studies", headers={"X-Who": "1"})).json())["items"] == []
    of_patient = await (await client.get(f"/api/patients/{made['patient']['id']}/studies")).json()
    assert [s["id"] for s in of_patient["items"]] == [str(study_id)]


async def test_the_purpose_of_a_push_is_changed_by_one_tap(client, township, follow):
    study_id = await township.push()
    await follow()
    path = f"/api/studies/{study_id}"
    study = await (await client.get(path)).json()
    said = {"revision": study["match_revision"], "intent": "archive-only"}
    changed = await (await client.post(f"{path}/intent", json=said, headers=CSRF)).json()
    assert (changed["intent"], changed["intent_confirmed"]) == ("archive-only", True)
    assert (await client.post(f"{path}/intent", json=said, headers=CSRF)).status == 409
    assert (await client.post(f"{path}/intent", json=said, headers=CSRF | {"X-Who": "1"})).status == 404


def picture(kind="JPEG", size=(800, 600)):
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


async def test_a_photograph_of_the_paper_request_is_kept_by_its_digest(client, township):
    made = await register(client, township)
    path = f"/api/registrations/{made['id']}/papers"
    headers = CSRF | {"Content-Type": "image/jpeg"}
    content = picture()
    kept = [await (await client.post(path, data=content, headers=headers)).json() for _ in range(2)]
    assert kept[0] == kept[1]
    listed = await (await client.get(path)).json()
    assert [(p["width"], p["height"], p["media_type"]) for p in listed["items"]] == [(800, 600, "image/jpeg")]
    shown = await client.get(f"{path}/{kept[0]['digest']}")
    assert await shown.read() == content
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert (await client.get(f"{path}/{kept[0]['digest']}", headers={"X-Who": "1"})).status == 404
    assert (await client.get(f"{path}/{'0' * 64}")).status == 404


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg onload='alert(1)'/>", "paper-unusable"),
        (b"", "paper-unusable"),
        (picture()[:500], "paper-unusable"),
        (picture("GIF"), "paper-unusable"),
        (picture("PNG", (9000, 9000)), "paper-unusable"),
        (b"\xff\xd8" + b"0" * LIMIT, "paper-too-large"),
    ],
    ids=["svg", "empty", "cut", "gif", "huge", "large"],
)
async def test_what_is_no_photograph_is_refused_and_the_registration_stays(client, township, content, code):
    made = await register(client, township)
    headers = CSRF | {"Content-Type": "image/jpeg"}
    answer = await client.post(f"/api/registrations/{made['id']}/papers", data=io.BytesIO(content), headers=headers)
    problem = await answer.json()
    assert answer.status in (413, 422)
    assert problem["code"] == code or answer.status == 413
    assert (await client.get(f"/api/registrations/{made['id']}")).status == 200


async def test_an_unknown_id_is_not_found(client):
    for path in ("/api/registrations", "/api/patients", "/api/studies", "/api/unmatched"):
        assert (await client.get(f"{path}/{uuid4()}")).status == 404
