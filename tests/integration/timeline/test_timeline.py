"""The timeline over HTTP with real sessions: across members, judged for this person now, kept once, seen by few."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed.hearing import may_hear
from telemed.recognition.replay import replay
from telemed.vocabulary import (
    AccountId,
    OrganizationId,
    PractitionerId,
    Principal,
    Role,
    SessionId,
)
from tests.integration.timeline.conftest import CREATININE, GLUCOSE, Page, Somebody

UREA = "NM|22664-7^尿素^LN||5.1|mmol/L|2.6-8.8|N"


def imaging(body: dict[str, Any]) -> dict[str, Any]:
    (entry,) = [one for one in body["entries"] if one["kind"] == "imaging"]
    return entry


def laboratory(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [result for entry in body["entries"] for result in entry["laboratory"]]


def against(body: dict[str, Any], result: dict[str, Any]) -> set[str]:
    return {body["steps"][place]["code"] for place in result["verdict"]["against"]}


async def test_results_of_every_member_stand_in_one_list_the_newest_first(page: Page, doctor: Somebody):
    await page.send(CREATININE, GLUCOSE, days=1)
    await page.send(GLUCOSE, laboratory="ZY", name="中医医院检验科", report="Z1", days=40)
    body = await doctor.read(page.patient)
    assert [(one["kind"], one["organization"]) for one in body["entries"]] == [
        ("imaging", "石泉镇卫生院(演示)"),
        ("laboratory", "联合医学检验所"),
        ("laboratory", "中医医院检验科"),
    ]
    placed = [one["placed_at"] for one in body["entries"]]
    assert placed == sorted(placed, reverse=True)
    assert body["next"] is None
    assert [one["name"] for one in laboratory(body)] == ["肌酐", "空腹血糖", "空腹血糖"]
    assert laboratory(body)[0]["systems"] == ["renal"]
    assert imaging(body)["systems"] == ["respiratory", "cardiovascular"]


async def test_each_result_has_its_verdict_for_this_institution_now_and_every_step_of_it(page: Page, doctor: Somebody):
    await page.send(CREATININE)
    body = await doctor.read(page.patient)
    chest = imaging(body)["imaging"]
    assert chest["verdict"]["words"]["zh"] == "符合互认条件"
    assert chest["verdict"]["against"] == []
    gates = {body["steps"][place]["gate"] for place in chest["verdict"]["steps"]}
    assert {"identity", "mapping", "G1", "G2", "G3", "G4", "G5", "G6", "G8"} <= gates
    (creatinine,) = laboratory(body)
    assert creatinine["verdict"]["words"]["zh"] == "可参考（鼓励互认）"
    assert against(body, creatinine) == {"grant-none"}, "nobody has evaluated this laboratory"
    assert creatinine["verdict"]["window"] == {"days": 14, "left": 13}
    assert body["footer"]["zh"].startswith("互认的是图像和数据")


async def test_a_step_is_told_once_however_many_results_went_through_it(page: Page, doctor: Somebody):
    await page.send(CREATININE, GLUCOSE, UREA)
    body = await doctor.read(page.patient)
    told = [(one["code"], one["clause"]) for one in body["steps"]]
    assert len(told) == len(set(told))
    assert all(one["evidence"] == [] for one in body["steps"])


async def test_what_no_catalogue_lists_has_no_verdict_and_is_shown(page: Page, doctor: Somebody):
    await page.send("NM|99999-1^某指标^LN||3|U/L|1-5|N", "ST|XM01^自建项目^L||阳性|||A")
    unknown, local = laboratory(await doctor.read(page.patient))
    assert (unknown["key"], unknown["verdict"], unknown["systems"]) == (None, None, ["other"])
    assert (local["value"], local["verdict"], local["abnormal"]) == ("阳性", None, True)


async def test_an_emergency_exempts_and_the_doctor_sees_the_earlier_pictures_all_the_same(page: Page, doctor: Somebody):
    body = await doctor.read(page.patient, encounter_class="emergency")
    chest = imaging(body)["imaging"]
    assert chest["verdict"]["words"]["zh"] == "属可复查情形"
    assert chest["study"] is not None
    assert await page.rows("select verdict from recognition_decision") == [("exempt",)]
    assert await page.rows("select count(*) from recognition_exposure") == [(0,)], "an exempt order counts as not shown"


async def test_what_is_shown_is_kept_once_an_opening_and_can_be_decided_again(page: Page, doctor: Somebody):
    await page.send(CREATININE, GLUCOSE)
    opening = str(uuid4())
    first = await doctor.read(page.patient, opening=opening)
    page.registered.county.now += timedelta(seconds=30)
    again = await doctor.read(page.patient, opening=opening)
    named = [one["verdict"]["decision"] for one in laboratory(first)]
    assert [one["verdict"]["decision"] for one in laboratory(again)] == named
    kept = await page.rows("select id::text, verdict, client_id, patient_id from recognition_decision")
    assert len(kept) == 3
    assert set(named) <= {row[0] for row in kept}
    assert {row[3] for row in kept} == {page.patient}
    shown = await page.rows("select surface, shown_to, suggestions from recognition_exposure")
    assert shown == [("timeline", str(doctor.id), {})]
    assert await page.rows("select count(*) from recognition_exposure_decision") == [(3,)]
    await doctor.read(page.patient, opening=str(uuid4()))
    assert await page.rows("select count(*) from recognition_decision") == [(6,)]
    since = datetime(2000, 1, 1, tzinfo=UTC)
    replayed = [one async for one in replay(page.pool, since, page.now + timedelta(days=365))]
    assert [one.differs for one in replayed] == [()] * 6


async def test_within_an_opening_only_what_became_another_answer_is_kept_anew(page: Page, doctor: Somebody):
    await page.send(CREATININE, GLUCOSE)
    opening = str(uuid4())
    await doctor.read(page.patient, opening=opening)
    await page.send("NM|14682-9^肌酐^LN||71|umol/L|41-81|N", report="R2", days=0.5)
    body = await doctor.read(page.patient, opening=opening)
    assert len(laboratory(body)) == 3
    assert await page.rows("select order_reference, count(*) from recognition_decision group by 1 order by 1") == [
        ("result/ct.chest.plain", 1),
        ("result/lab.creatinine", 2),
        ("result/lab.glucose.fasting", 1),
    ]
    assert await page.rows("select count(*) from recognition_exposure") == [(2,)]


async def test_nobody_can_take_the_names_of_another_person_s_decisions(page: Page, doctor: Somebody):
    opening = str(uuid4())
    colleague = await page.hire(Role.REQUESTER, page.registered.county.township)
    mine = imaging(await doctor.read(page.patient, opening=opening))["imaging"]["verdict"]["decision"]
    hers = imaging(await colleague.read(page.patient, opening=opening))["imaging"]["verdict"]["decision"]
    assert mine != hers
    assert await page.rows("select count(*) from recognition_decision") == [(2,)]


async def test_a_card_of_the_timeline_is_nothing_to_answer(page: Page, doctor: Somebody):
    await doctor.read(page.patient)
    ((card,),) = await page.rows("select card::text from recognition_exposure")
    said = {"outcome": "overridden", "reason": "R1"}
    status, body = await doctor.call("POST", f"/api/recognition/cards/{card}/response", said)
    assert (status, body["code"]) == (404, "unknown-card")


async def test_the_reading_of_a_person_s_results_is_audited_once_with_how_many_were_told(page: Page, doctor: Somebody):
    await page.send(CREATININE)
    opening = str(uuid4())
    await doctor.read(page.patient, opening=opening)
    ((entities, detail),) = await page.rows("select entities, detail from audit_event where action = 'result.read'")
    assert {"kind": "patient", "id": str(page.patient), "patient": str(page.patient)} in entities
    assert (detail["results"], detail["decisions"]) == (2, 2)
    await doctor.read(page.patient, opening=opening)
    assert await page.rows("select count(*) from audit_event where action = 'result.read'") == [(1,)]
    page.registered.county.now += timedelta(minutes=6)
    await doctor.trend(page.patient, "lab.creatinine")
    assert await page.rows("select detail->>'item' from audit_event where action = 'result.read' order by at") == [
        (None,),
        ("lab.creatinine",),
    ]


async def elsewhere(page: Page) -> Somebody:
    return await page.hire(Role.REQUESTER, page.registered.county.other_township)


async def registrar(page: Page) -> Somebody:
    return await page.hire(Role.REGISTRAR, page.registered.county.township)


@pytest.mark.parametrize(
    ("who", "status", "code"), [(elsewhere, 404, "unknown-patient"), (registrar, 403, "not-allowed")]
)
async def test_who_does_not_know_the_patient_or_does_not_order_is_told_nothing_and_nothing_is_kept(
    page: Page, who: Callable[[Page], Awaitable[Somebody]], status: int, code: str
):
    await page.send(CREATININE)
    person = await who(page)
    found, body = await person.timeline(page.patient)
    assert (found, body["code"]) == (status, code)
    found, body = await person.call("GET", f"/api/patients/{page.patient}/trend?item=lab.creatinine")
    assert (found, body["code"]) == (status, code)
    assert await page.rows("select count(*) from recognition_decision") == [(0,)]


async def knows(page: Page, place: UUID) -> None:
    async with page.pool.transaction() as tx:
        await tx.execute("insert into patient_organization (organization_id, patient_id) values (%s, %s)",
                         (place, page.patient))  # fmt: skip
        await page.registered.assessor.organization(tx, place, page.now)


async def test_pictures_and_reports_outside_the_reach_of_the_person_are_spoken_of_without_a_way_to_them(
    page: Page, doctor: Somebody
):
    own = imaging(await doctor.read(page.patient))["imaging"]
    assert own["study"] is not None
    assert own["report"] is not None
    assert own["report_status"] == "final"
    await knows(page, page.registered.county.other_township)
    other = imaging(await (await elsewhere(page)).read(page.patient))["imaging"]
    assert (other["study"], other["report"]) == (None, None)
    assert own["verdict"]["words"]["zh"] == "符合互认条件"
    assert other["verdict"]["words"]["zh"] == "可参考（鼓励互认）", (
        "outside the scope of the document: for her, not him"
    )


async def test_a_contested_study_is_said_to_be_so_and_left_to_a_person(page: Page, doctor: Somebody):
    county = page.registered.county
    await county.propose(page.registered.study, await county.somebody())
    await page.registered.catch_up()
    chest = imaging(await doctor.read(page.patient))["imaging"]
    assert chest["contested"] is True
    assert chest["verdict"]["words"]["zh"] == "需人工核对"


async def test_a_corrected_value_counts_and_what_stood_before_is_its_history(page: Page, doctor: Somebody):
    await page.send("NM|14771-0^空腹血糖^LN||19.80|mmol/L|3.9-6.1|H")
    await page.send("NM|14771-0^空腹血糖^LN||9.80|mmol/L|3.9-6.1|H", status="C", later=timedelta(hours=2))
    (glucose,) = laboratory(await doctor.read(page.patient))
    assert (glucose["value"], glucose["corrected"], glucose["status"]) == ("9.80", True, "corrected")
    assert [(one["value"], one["status"]) for one in glucose["earlier"]] == [("19.80", "final")]
    course = await doctor.trend(page.patient, "lab.glucose.fasting")
    assert [one["value"] for one in course["points"]] == ["9.80"]


async def test_what_was_taken_back_is_never_shown_as_it_counted(page: Page, doctor: Somebody):
    await page.send(GLUCOSE)
    await page.send(GLUCOSE, status="X", later=timedelta(hours=2))
    (glucose,) = laboratory(await doctor.read(page.patient))
    assert (glucose["value"], glucose["taken_back"], glucose["status"]) == ("", True, "cancelled")
    assert glucose["verdict"]["words"]["zh"] == "不符合互认条件"
    assert "7.42" in [one["value"] for one in glucose["earlier"]]
    course = await doctor.trend(page.patient, "lab.glucose.fasting")
    assert course["points"] == []
    assert [one["why"]["zh"] for one in course["not_drawn"]] == ["报告已取消或作废"]


async def test_a_line_kept_apart_is_not_shown_and_counted_for_those_alone_who_may_know(page: Page, doctor: Somebody):
    await page.send(GLUCOSE, "NM|14682-9^肌酐^LN||66|U/L|41-81|N")
    body = await doctor.read(page.patient)
    assert [one["name"] for one in laboratory(body)] == ["空腹血糖"]
    assert body["not_shown"] == {"quarantined": None, "doubtful": 0}
    reader = await page.hire(Role.AUTHOR, page.registered.county.center)
    county_wide = await reader.read(page.patient)
    assert county_wide["not_shown"]["quarantined"] == 1


async def test_results_of_a_record_that_may_be_this_person_are_counted_and_not_shown(page: Page, doctor: Somebody):
    await page.send(GLUCOSE, person="9^^^JY^MR", who="王桂兰||19580314|F")
    ((other,),) = await page.rows(
        "select distinct patient_id from laboratory_report_version where patient_id <> %s", page.patient
    )
    async with page.pool.transaction() as tx:
        await tx.execute("delete from identity_review")
        await tx.execute(
            "insert into identity_review (organization_id, reason, patient_id, other_patient_id, state, opened_at)"
            " values (%s, 'possible-match', %s, %s, 'open', now())",
            (page.registered.county.township, other, page.patient),
        )
    body = await doctor.read(page.patient)
    assert laboratory(body) == []
    assert body["not_shown"]["doubtful"] == 1
    async with page.pool.transaction() as tx:
        await tx.execute("update identity_review set state = 'different-persons', decided_by = (select id from"
                         " practitioner limit 1), decided_at = now()")  # fmt: skip
    assert (await doctor.read(page.patient))["not_shown"]["doubtful"] == 0


async def test_an_unnamed_patient_s_results_are_shown_and_left_to_a_person(page: Page, doctor: Somebody):
    async with page.pool.transaction() as tx:
        await tx.execute("update patient set identity = 'temporary' where id = %s", (page.patient,))
        await page.registered.assessor.identities(tx, {page.patient})
    chest = imaging(await doctor.read(page.patient))["imaging"]
    assert chest["verdict"]["words"]["zh"] == "需人工核对"


async def test_z_stays_z_and_a_bare_time_is_the_county_s(page: Page, doctor: Somebody):
    at = page.now - timedelta(days=2)
    utc, local = at.strftime("%Y%m%d%H%M%S+0000"), at.strftime("%Y%m%d%H%M%S")
    line = "NM|14771-0^空腹血糖^LN||7.42|mmol/L|3.9-6.1|H|||F|||"
    await page.send(f"{line}{utc}", report="U1")
    await page.send(f"{line}{local}", report="L1")
    stated = {entry["laboratory"][0]["id"].split("/")[1]: entry["at"] for entry in
              (await doctor.read(page.patient))["entries"] if entry["laboratory"]}  # fmt: skip
    times = sorted(datetime.fromisoformat(one) for one in stated.values())
    assert times[1] - times[0] == timedelta(hours=8)
    assert at.replace(microsecond=0) in times


async def test_while_the_registry_is_behind_results_are_shown_and_it_is_said_why_nothing_is_judged(
    page: Page, doctor: Somebody
):
    await page.send(CREATININE)
    async with page.pool.transaction() as tx:
        await tx.execute(
            "insert into event (kind, subject, topics, at)"
            " values ('study.updated', %s, '{}', now() - interval '5 minutes')",
            (page.registered.study,),
        )
    body = await doctor.read(page.patient)
    assert "暂不给出结论" in body["silent"]["zh"]
    assert [one["verdict"] for one in laboratory(body)] == [None]
    assert await page.rows("select count(*) from recognition_decision") == [(0,)]


async def test_the_list_is_read_page_by_page_and_nothing_is_told_twice_or_left_out(page: Page, doctor: Somebody):
    for n in range(5):
        await page.send(CREATININE, report=f"R{n}", days=n + 1, catch_up=False)
    await page.registered.catch_up()
    whole = [one["id"] for one in (await doctor.read(page.patient))["entries"]]
    assert len(whole) == 6
    walked: list[str] = []
    before = ""
    for _ in range(4):
        body = await doctor.read(page.patient, before=before, limit=2)
        walked += [one["id"] for one in body["entries"]]
        before = body["next"]
        if before is None:
            break
    assert walked == whole
    status, body = await doctor.timeline(page.patient, before="yesterday")
    assert (status, body["code"]) == (422, "no-such-place")
    assert (await doctor.timeline(page.patient, limit=101))[0] == 422


async def test_a_trend_goes_across_members_in_one_unit_with_each_laboratory_s_own_interval(
    page: Page, doctor: Somebody
):
    await page.send(GLUCOSE, days=3)
    await page.send("NM|1558-6^空腹葡萄糖^LN||139|mg/dL|70-110|H", laboratory="ZY", name="中医院", report="Z1", days=60)
    course = await doctor.trend(page.patient, "lab.glucose.fasting")
    assert (course["name"], course["name_en"], course["unit"]) == ("空腹血糖", "Fasting glucose", "mmol/L")
    old, new = course["points"]
    assert (old["organization"], old["value"], old["factor"]) == ("中医院", "7.71536", "0.0555062")
    assert (old["issued_value"], old["issued_unit"], old["issued_reference"], old["code"]) == (
        "139", "mg/dL", "70-110", "1558-6",
    )  # fmt: skip
    assert (new["organization"], new["value"], new["factor"]) == ("联合医学检验所", "7.42", "1")
    assert (await doctor.trend(page.patient, "lab.creatinine"))["points"] == []
    assert (await doctor.call("GET", f"/api/patients/{page.patient}/trend?item=%27"))[0] == 422


def principal(who: Somebody, place: UUID, *roles: Role) -> Principal:
    return Principal(
        account_id=AccountId(uuid4()),
        practitioner_id=PractitionerId(who.id),
        name="",
        organization_id=OrganizationId(place),
        organization_ids=frozenset({place}),
        roles=frozenset(roles),
        session_id=SessionId(uuid4()),
        second_factor_at=None,
    )


async def test_who_may_read_the_results_hears_when_another_one_is_judged_and_nobody_else(page: Page, doctor: Somebody):
    county = page.registered.county
    await page.send(CREATININE)
    told = await page.rows("select topics, ids from event where kind = 'result.assessed' order by id desc limit 1")
    assert told == [([f"patient/{page.patient}"], {})]
    topic = f"patient/{page.patient}"
    assert await may_hear(page.pool, principal(doctor, county.township, Role.REQUESTER), topic)
    assert not await may_hear(page.pool, principal(doctor, county.other_township, Role.REQUESTER), topic)
    assert not await may_hear(page.pool, principal(doctor, county.township, Role.REGISTRAR), topic)
    before = await page.rows("select count(*) from event where kind = 'result.assessed'")
    async with page.pool.transaction() as tx:
        await page.registered.assessor.study(tx, page.registered.study)
    assert await page.rows("select count(*) from event where kind = 'result.assessed'") == before, "nothing is new"
