"""质量评价 over HTTP: looked at before it is recorded, recorded once, listed as it was known, by whom it may be."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from telemed.vocabulary import Role
from tests.integration.quality.conftest import MARK, evaluation

FACTS = "/api/quality/facts"


@pytest.fixture
def laboratory(office):
    return office.places["laboratory"]


async def test_a_preview_says_what_would_become_and_writes_nothing(office, officer, laboratory):
    seen = await officer.preview(laboratory, evaluation())
    (change,) = seen["grants"]
    assert (change["item"]["key"], change["item"]["name"]) == ("lab.hba1c", "糖化血红蛋白")
    assert (change["before"], change["after"], change["mark"]) == (None, "active", "全国HR")
    assert seen["decisions"] == 0
    for table in ("quality_evaluation", "recognition_grant"):
        assert await office.rows(f"select count(*) from {table}") == [(0,)]
    assert await office.rows("select count(*) from event where kind = 'quality.recorded'") == [(0,)]


async def test_what_was_seen_is_recorded_once_with_its_audit_row_and_the_same_again_changes_nothing(
    office, officer, laboratory
):
    seen = await officer.preview(laboratory, evaluation())
    body = {**seen["entry"], "seen": seen["digest"]}
    first, second = await officer.post(FACTS, body), await officer.post(FACTS, body)
    assert (first["grants"], first["repeated"]) == (1, False)
    assert (second["repeated"], second["known_from"]) == (True, first["known_from"])
    assert await office.rows("select count(*) from quality_evaluation") == [(1,)]
    audited = await office.rows(
        "select practitioner_id, detail->>'repeated', entities::text from audit_event"
        " where action = 'quality.record' and detail->>'route' = 'POST /api/quality/facts' order by id"
    )
    assert [row[:2] for row in audited] == [(officer.id, "0"), (officer.id, "1")]
    assert body["id"] in audited[0][2]


async def test_an_id_under_which_something_else_stands_is_refused(officer, laboratory):
    seen = await officer.preview(laboratory, evaluation())
    body = {**seen["entry"], "seen": seen["digest"]}
    await officer.post(FACTS, body)
    other = {**body, "fact": evaluation("fail")}
    assert await officer.refused(FACTS, other) == (409, "quality-fact-recorded")


async def test_what_changed_since_the_preview_is_not_recorded(office, officer, laboratory):
    seen = await officer.preview(
        laboratory, evaluation("fail", round="第 2 次", published="2026-03-01", period_ends="2026-02-20")
    )
    await officer.record(laboratory, evaluation())
    body = {**seen["entry"], "seen": seen["digest"]}
    assert await officer.refused(FACTS, body) == (409, "quality-consequences-changed")
    assert await office.rows("select count(*) from quality_evaluation") == [(1,)]


async def test_a_failure_is_shown_as_suspending_and_afterwards_it_does(office, officer, laboratory):
    await officer.record(laboratory, evaluation())
    await office.pass_time(office.now + timedelta(days=90))
    failed = evaluation(
        "fail",
        round="第 2 次",
        period_begins="2026-04-15",
        period_ends="2026-05-10",
        published="2026-05-20",
        score="62",
    )
    seen = await officer.preview(laboratory, failed)
    assert [(one["before"], one["after"]) for one in seen["grants"]] == [("active", "suspended")]
    assert (await officer.get("/api/quality/standing"))["items"][0]["state"] == "active"
    await officer.record(laboratory, failed)
    (line,) = (await officer.get("/api/quality/standing"))["items"]
    assert (line["state"], line["organization_name"], line["item_count"]) == ("suspended", "医学检验中心(演示)", 1)


async def test_every_kind_is_recorded_and_listed_with_what_followed(office, officer, laboratory):
    await officer.record(laboratory, evaluation())
    (first,) = (await officer.get(FACTS))["items"]
    day = {"items": ["lab.hba1c"], "day": "2026-03-02"}
    agreement = {
        "kind": "agreement",
        "basis": "county-remote-reading",
        "label": "龙安县域医共体",
        "items": ["dx.chest.pa"],
        "begins": "2026-01-01",
        "last_day": "2026-12-31",
        "reader": str(office.places["center"]),
    }
    await officer.record(office.places["township"], agreement)
    for fact in (
        {"kind": "change", **day},
        {"kind": "verification", **day},
        {"kind": "ruling", "programme": first["programme"], "ruling": "withdraw", **day},
        {"kind": "ruling", "programme": first["programme"], "ruling": "reinstate", **day},
        {"kind": "revocation", "evaluation": first["id"], "day": "2026-03-02"},
    ):
        await officer.record(laboratory, fact)
    listed = (await officer.get(FACTS))["items"]
    kinds = {"revocation", "reinstate", "withdraw", "verification", "change", "agreement", "evaluation"}
    assert {one["kind"] for one in listed} == kinds
    by_kind = {one["kind"]: one for one in listed}
    assert by_kind["agreement"]["reader_name"] == "第一人民医院(演示)"
    assert by_kind["agreement"]["ends"] == "2026-12-31T16:00:00Z"
    assert by_kind["evaluation"]["at"] == "2026-03-01T16:00:00Z"
    assert by_kind["revocation"]["programme"] == first["programme"]
    assert by_kind["evaluation"]["revoked_at"] == by_kind["revocation"]["known_from"]
    assert (by_kind["evaluation"]["holds"], by_kind["agreement"]["holds"]) == (False, True)
    detail = await officer.get(f"{FACTS}/{by_kind['change']['id']}")
    (suspended,) = detail["grants"]
    assert (suspended["state"], suspended["item"]["key"], detail["grant_count"]) == ("suspended", "lab.hba1c", 1)
    holding = (await officer.get(FACTS, holding="true"))["items"]
    assert "evaluation" not in {one["kind"] for one in holding}


async def test_what_was_known_at_a_moment_is_listed_as_it_was_known(office, officer, laboratory):
    await officer.record(laboratory, evaluation())
    (first,) = (await officer.get(FACTS))["items"]
    before = office.now + timedelta(minutes=5)
    await office.pass_time(office.now + timedelta(minutes=10))
    await officer.record(laboratory, {"kind": "revocation", "evaluation": first["id"], "day": "2026-03-02"})
    (then,) = (await officer.get(FACTS, known_at=before.isoformat()))["items"]
    assert (then["holds"], then["revoked_at"]) == (True, None)
    now = (await officer.get(FACTS, kind="evaluation"))["items"]
    assert [one["holds"] for one in now] == [False]


async def test_the_list_is_narrowed_by_member_item_programme_and_period(office, officer, laboratory):
    await officer.record(laboratory, evaluation())
    for query, found in (
        ({"organization": str(laboratory)}, 1),
        ({"organization": str(office.places["other"])}, 0),
        ({"item": "lab.hba1c"}, 1),
        ({"item": "lab.sodium"}, 0),
        ({"programme": "省级室间质评(演示)"}, 1),
        ({"programme": "别的"}, 0),
        ({"since": "2026-03-02", "until": "2026-03-02"}, 1),
        ({"since": "2026-03-03"}, 0),
        ({"until": "2026-03-01"}, 0),
    ):
        answer = await officer.get(FACTS, **query)
        assert (len(answer["items"]), answer["total"]) == (found, found), query


NEAR_MISSES = [
    ({"items": ["lab.unheard-of"]}, "unknown-items"),
    ({"items": []}, "malformed"),
    ({"published": "1999-12-31"}, "quality-day-implausible"),
    ({"next_due": "2100-01-02"}, "quality-day-implausible"),
    ({"period_ends": "2026-03-02"}, "quality-fact-contradicts-itself"),
    ({"period_begins": "2026-02-20"}, "quality-fact-contradicts-itself"),
    ({"next_due": "2026-03-02"}, "quality-fact-contradicts-itself"),
    ({"retroactive_from": "2026-01-01"}, "quality-fact-contradicts-itself"),
    ({"programme": " "}, "quality-fact-contradicts-itself"),
    ({"mark": {"kind": "region", "label": "黑HR"}}, "mark-region"),
    ({"mark": {**MARK, "region": "23"}}, "mark-region"),
    ({"device": "5f2b8c0e-3d7a-4c1e-9b6f-2a4d6c8e0f13"}, "unknown-device"),
]


@pytest.mark.parametrize(("wrong", "code"), NEAR_MISSES, ids=[f"{code} {wrong}" for wrong, code in NEAR_MISSES])
async def test_one_thing_wrong_and_nothing_is_recorded(office, officer, laboratory, wrong, code):
    entry = {"id": str(uuid4()), "organization": str(laboratory), "fact": evaluation(**wrong)}
    status, answer = await officer.call("POST", f"{FACTS}/preview", entry)
    assert 400 <= status < 500, answer
    assert answer["code"] == code or code == "malformed"
    status, _ = await officer.call("POST", FACTS, {**entry, "seen": "0" * 64})
    assert 400 <= status < 500
    assert await office.rows("select count(*) from quality_evaluation") == [(0,)]


async def test_a_film_machine_of_the_directory_is_the_member_s_own(office, officer):
    theirs = await office.device("other", "LH_DR1")
    own = await office.device("township", "QS_DR1")
    film = evaluation(
        basis="imaging-quality-control", items=["dx.chest.pa"], mark={"kind": "community", "label": "龙安HR"}
    )
    await officer.record(office.places["township"], {**film, "device": str(own)})
    entry = {
        "id": str(uuid4()),
        "organization": str(office.places["township"]),
        "fact": {**film, "device": str(theirs)},
    }
    assert await officer.refused(f"{FACTS}/preview", entry) == (422, "unknown-device")
    assert [one["device"] for one in (await officer.get(FACTS))["items"]] == ["QS_DR1"]


async def test_a_member_sees_its_own_and_records_nothing_not_even_its_own(office, officer, laboratory):
    await officer.record(laboratory, evaluation())
    await officer.record(office.places["township"], evaluation(items=["lab.sodium"]))
    technician = await office.hire(Role.TECHNICIAN, "township", "检查技师")
    own = await office.hire(Role.QUALITY_OFFICER, "township")
    for who in (technician, own):
        assert {one["organization_name"] for one in (await who.get(FACTS))["items"]} == {"青石镇卫生院(演示)"}
        standing = (await who.get("/api/quality/standing"))["items"]
        assert {one["organization_name"] for one in standing} == {"青石镇卫生院(演示)"}
        body = {"id": str(uuid4()), "organization": str(office.places["township"]), "fact": evaluation()}
        assert await who.refused(f"{FACTS}/preview", body) == (403, "not-allowed")
    (theirs,) = (await officer.get(FACTS, organization=str(laboratory)))["items"]
    assert (await technician.call("GET", f"{FACTS}/{theirs['id']}"))[0] == 404


async def test_an_organisation_outside_the_community_is_not_recorded_for(office, officer):
    outside = uuid4()
    async with office.pool.transaction() as tx:
        await tx.execute(
            "insert into organization (id, code, name, kind) values (%s, 'X', '省医院', 'outside-hospital')", (outside,)
        )
    body = {"id": str(uuid4()), "organization": str(outside), "fact": evaluation()}
    assert await officer.refused(f"{FACTS}/preview", body) == (404, "unknown-organization")


async def test_events_of_quality_say_ids_and_items_only(office, officer, laboratory):
    await officer.record(laboratory, evaluation(score="秘密"))
    events = await office.rows(
        "select kind, ids::text, topics from event where kind in ('quality.recorded', 'grant.changed')"
    )
    assert [one[0] for one in events] == ["quality.recorded", "grant.changed"]
    assert all(set(one[2]) == {"quality", "recognition", f"organization/{laboratory}"} for one in events)
    assert "秘密" not in str(events)
