"""The worked example of docs/explanation/look-back.md, performed line by line: its figures must come out to the row."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from telemed.cds.answering import decision_row
from telemed.cds.registry import Answered
from telemed.quality.settling import settle
from telemed.recognition import rules_store
from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.decide import decide
from telemed.recognition.decision import Verdict
from telemed.recognition.facts import Candidate, Facts, Identity, LinkState, Measurement, Organization, Status
from telemed.recognition.ledger import Exposure, Response, keep_decisions, keep_exposures, keep_responses
from telemed.recognition.order import Context, Order
from telemed.recognition.reasons import SYSTEM
from telemed.recognition.rule_set import RuleSet
from telemed.recognition.rules import Grant, item_code
from telemed.recognition.trace import inputs_hash, rules_hash
from telemed.vocabulary import Role
from tests.integration.quality.conftest import MARK, Office, Somebody

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "look-back.md"
ZONE = ZoneInfo("Asia/Shanghai")
RECORDED = datetime(2026, 6, 15, 9, 0, tzinfo=ZONE)
A_MOMENT = timedelta(seconds=10)
DEMO = next(one for one in read_catalogues().catalogues if one.scope.key == "longan")
RULES = RuleSet((DEMO,))
PLACES = {"检验中心": "laboratory", "第一人民医院": "center"}
ANALYSERS = {"甲机": "G8-A", "乙机": "G8-B"}
ITEMS = {"糖化血红蛋白": "lab.hba1c", "总胆固醇": "lab.cholesterol.total"}
VERDICTS = {
    "符合互认条件": Verdict.MUST_OFFER,
    "可参考": Verdict.MAY_OFFER,
    "属可复查情形": Verdict.EXEMPT,
    "需人工核对": Verdict.INDETERMINATE,
    "不符合互认条件": Verdict.NOT_ELIGIBLE,
}
ANSWERS = {"互认": "accepted", "不互认": "overridden", "未答复": "", "未提示": ""}
ENGLISH = {
    "laboratory": "检验中心", "hospital": "第一人民医院", "A": "甲机", "B": "乙机",
    "haemoglobin A1c": "糖化血红蛋白", "total cholesterol": "总胆固醇",
    "outpatient": "门诊", "emergency": "急诊", "doubtful identity": "身份存疑", "just recorded": "刚刚登记",
    "must offer": "符合互认条件", "may offer": "可参考", "exempt": "属可复查情形",
    "indeterminate": "需人工核对", "not eligible": "不符合互认条件",
    "recognised": "互认", "declined": "不互认", "unanswered": "未答复", "not shown": "未提示",
    "yes": "是", "no": "否",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One decision of the example, as the page tells it."""

    number: int
    place: str
    analyser: str
    item: str
    collected: datetime
    asked: datetime
    circumstance: str
    verdict: Verdict
    answer: str
    listed: bool

    @property
    def late(self) -> bool:
        return self.circumstance == "刚刚登记"


def tables() -> tuple[list[list[str]], list[list[str]]]:
    """The cells of both tables, Chinese and English."""
    text = PAGE.read_text("utf-8")
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if re.match(r"\| \d", line)
    ]
    return [one for one in lines if len(one) == 11], [one for one in lines if len(one) == 10]


def line(cells: list[str]) -> Line:
    collected, asked = (datetime.fromisoformat(cells[at]).replace(tzinfo=ZONE) for at in (4, 5))
    return Line(
        int(cells[0]),
        PLACES[cells[1]],
        ANALYSERS[cells[2]],
        ITEMS[cells[3]],
        collected,
        asked,
        cells[6],
        VERDICTS[cells[7]],
        cells[8],
        {"是": True, "否": False}[cells[9]],
    )


LINES = [line(cells) for cells in tables()[0]]


def test_both_languages_tell_the_same_example():
    chinese, english = tables()
    assert [cells[:10] for cells in chinese] == [[ENGLISH.get(cell, cell) for cell in cells] for cells in english]
    assert [one.number for one in LINES] == list(range(1, 13))


@dataclass
class County:
    """The example's county: what it asks, and what the ledger keeps of it."""

    office: Office
    officer: Somebody
    patient: UUID
    heard: list[Grant]

    async def grants(self, known_at: datetime) -> list[Grant]:
        async with self.office.pool.connection() as connection:
            return await rules_store.grants_known(connection, known_at)

    async def ask(self, one: Line) -> tuple[UUID, Verdict | None]:
        """Decide with the real engine by the grants of the database, and keep it as a hook does."""
        asked = one.asked + (A_MOMENT if one.late else timedelta())
        grants = self.heard if one.late else await self.grants(asked)
        places = self.office.places
        known = datetime(2026, 1, 2, tzinfo=UTC)
        filed = str(self.patient)
        state = LinkState.POTENTIAL if one.circumstance == "身份存疑" else LinkState.AUTO
        facts = Facts(
            organizations=tuple(
                Organization(str(id_), name, None, None, None, "longan") for name, id_ in places.items()
            ),
            identities=(Identity("link", filed, filed, state, known),),
            candidates=(
                Candidate(
                    id=f"laboratory/{one.number}",
                    version=1,
                    patient_id=filed,
                    kind="laboratory",
                    code=item_code(one.item),
                    status=Status.FINAL,
                    acquiring_id=str(places[one.place]),
                    reporting_id=str(places[one.place]),
                    known_from=one.collected,
                    intact=True,
                    collected_at=one.collected,
                    reported_at=one.collected + timedelta(hours=2),
                    device_id=one.analyser,
                    measured=Measurement(
                        value="5.6",
                        unit=DEMO.items[one.item].unit,
                        low="4.0",
                        high="6.0",
                        abnormal=False,
                        critical=False,
                        specimen=DEMO.items[one.item].specimen,
                        method_class=next(iter(DEMO.items[one.item].method_classes), None),
                    ),
                ),
            ),
            grants=tuple(grants),
        )
        context = Context("outpatient", emergency=one.circumstance == "急诊")
        order = Order(f"order-{one.number}", filed, str(places["township"]), frozenset({item_code(one.item)}))
        given = (order, context, facts, RULES, asked, asked)
        decision = decide(*given)
        answered = Answered(order.id, one.item, order, context, decision, rules_hash(RULES), inputs_hash(*given))
        number, card, choice = uuid4(), uuid4(), uuid4()
        row = decision_row(
            answered, number, organization_id=places["township"], client_id=None, patient_id=self.patient, now=asked
        )
        async with self.office.pool.transaction() as tx:
            await keep_decisions(tx, [row])
            if one.answer != "未提示":
                shown = Exposure(card, None, "page", "doctor", {choice: "recognise-and-keep"}, (number,), asked)
                await keep_exposures(tx, [shown])
            if outcome := ANSWERS[one.answer]:
                accepted = [choice] if outcome == "accepted" else []
                reason = ("", "") if outcome == "accepted" else (SYSTEM, "R1")
                told = Response(card, outcome, asked, accepted, *reason, "", asked)
                await keep_responses(tx, None, [told])
        return number, decision.verdict


@pytest.fixture
async def county(office: Office, officer: Somebody) -> County:
    """The rounds of 2 March are recorded: the laboratory's by a table, the hospital's by hand."""
    patient = uuid4()
    async with office.pool.transaction() as tx:
        await tx.execute(
            "insert into patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date)"
            " values (%s, %s, '王桂兰', '王桂兰', 'WANG Guilan', 'F', '1958-03-14')",
            (patient, office.places["township"]),
        )
    office.now = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)
    table = "机构,项目,轮次,结果,成绩,公布日期,周期开始,周期结束,设备\n" + "".join(
        f"{place},{item},第 1 次,合格,100,2026-03-02,2026-01-15,2026-02-14,{device}\n"
        for place, item, device in (
            ("LA-JY", "糖化血红蛋白", "G8-A"),
            ("LA-JY", "糖化血红蛋白", "G8-B"),
            ("LA-JY", "总胆固醇", "G8-A"),
            ("LA-RM", "糖化血红蛋白", "G8-A"),
        )
    )
    query = {
        "programme": "省级室间质评(演示)",
        "basis": "external-quality-assessment",
        "mark": "national",
        "label": "全国HR",
    }
    status, seen = await officer.upload("/api/quality/rounds/preview", table.encode(), query)
    assert (status, seen["fault_count"], seen["grant_count"]) == (200, 0, 4)
    status, done = await officer.upload("/api/quality/rounds", table.encode(), {**query, "digest": seen["digest"]})
    assert (status, done) == (200, {"evaluations": 3, "repeated": 0, "grants": 4, "tasks": 0})
    return County(office, officer, patient, [])


async def test_the_example_of_the_page_comes_out_to_the_row(county: County):
    office, officer, laboratory = county.office, county.officer, county.office.places["laboratory"]
    decided: dict[int, UUID] = {}
    for one in LINES:
        if not one.late and one.asked < RECORDED:
            decided[one.number], verdict = await county.ask(one)
            assert verdict is one.verdict, one.number

    await office.pass_time(RECORDED)
    county.heard = await county.grants(RECORDED - A_MOMENT)
    ruling = {
        "kind": "ruling",
        "programme": "省级室间质评(演示)",
        "items": ["lab.hba1c"],
        "ruling": "withdraw",
        "day": "2026-06-15",
        "device": "G8-A",
        "retroactive_from": "2026-04-01",
    }
    seen = await officer.preview(laboratory, ruling)
    assert [(one["item"]["key"], one["before"], one["after"]) for one in seen["grants"]] == [
        ("lab.hba1c", "active", "withdrawn")
    ]
    assert seen["decisions"] == 4
    assert await office.rows("select count(*) from look_back") == [(0,)]
    done = await officer.post("/api/quality/facts", {**seen["entry"], "seen": seen["digest"]})
    assert (done["grants"], done["tasks"], done["repeated"]) == (2, 4, False)

    for one in LINES:
        if one.number not in decided:
            await office.pass_time(one.asked + A_MOMENT)
            decided[one.number], verdict = await county.ask(one)
            assert verdict is one.verdict, one.number
    assert await settle(office.pool, RECORDED + timedelta(seconds=30)) == 1
    assert await settle(office.pool, RECORDED + timedelta(seconds=60)) == 0

    (period,) = (await officer.get("/api/quality/look-backs"))["items"]
    assert (period["organization_name"], period["item"]["key"], period["device"]) == (
        "医学检验中心(演示)",
        "lab.hba1c",
        "G8-A",
    )
    assert datetime.fromisoformat(period["begins"]) == datetime(2026, 4, 1, tzinfo=ZONE)
    assert (period["tasks"], period["open"]) == (5, 5)
    listed = await officer.get(f"/api/quality/look-backs/{period['id']}")
    by_decision = {number: one for one, number in decided.items()}
    rows = {by_decision[UUID(row["decision"])]: row for row in listed["items"]}
    assert set(rows) == {one.number for one in LINES if one.listed}
    assert {number: row["response"] for number, row in rows.items()} == {
        one.number: ANSWERS[one.answer] for one in LINES if one.listed
    }
    assert {number: datetime.fromisoformat(row["acquired"]) for number, row in rows.items()} == {
        one.number: one.collected for one in LINES if one.listed
    }
    assert {row["patient_name"] for row in rows.values()} == {"王桂兰"}

    doctor = await office.hire(Role.REQUESTER, "township", "医师")
    acts = "/api/quality/look-back-tasks/{}/acts"
    said = {"act": "done", "finding": "repeated", "note": "已复查，结果一致"}
    first = await doctor.post(acts.format(rows[2]["id"]), said)
    assert (first["state"], first["repeated"]) == ("done", False)
    assert (await doctor.post(acts.format(rows[2]["id"]), said))["repeated"] is True
    await officer.post(acts.format(rows[3]["id"]), {"act": "done", "finding": "no-consequence", "note": ""})
    assert (await officer.get("/api/quality/look-backs"))["items"][0]["open"] == 3
    closed = await officer.get(f"/api/quality/look-backs/{period['id']}")
    states = {by_decision[UUID(row["decision"])]: (row["state"], row["finding"]) for row in closed["items"]}
    assert states == {
        2: ("done", "repeated"),
        3: ("done", "no-consequence"),
        4: ("open", ""),
        5: ("open", ""),
        11: ("open", ""),
    }

    again = await officer.post("/api/quality/facts", {**seen["entry"], "seen": seen["digest"]})
    assert (again["repeated"], again["tasks"]) == (True, 0)
    assert (await officer.get("/api/quality/look-backs"))["items"][0]["tasks"] == 5


async def test_a_second_withdrawal_lists_no_decision_twice(county: County):
    office, officer, laboratory = county.office, county.officer, county.office.places["laboratory"]
    decided = [await county.ask(one) for one in LINES if not one.late and one.asked < RECORDED]
    await office.pass_time(RECORDED)
    ruling = {
        "kind": "ruling",
        "programme": "省级室间质评(演示)",
        "items": ["lab.hba1c"],
        "ruling": "withdraw",
        "day": "2026-06-15",
        "device": "G8-A",
    }
    assert (await officer.record(laboratory, {**ruling, "retroactive_from": "2026-05-01"}))["tasks"] == 2
    office.now += timedelta(days=1)
    await office.pass_time(office.now)
    assert (await officer.record(laboratory, {**ruling, "retroactive_from": "2026-03-02"}))["tasks"] == 3
    periods = (await officer.get("/api/quality/look-backs"))["items"]
    assert sorted(one["tasks"] for one in periods) == [2, 3]
    found = await office.rows("select decision_id from look_back_task")
    assert len(found) == len(set(found)) == 5
    assert {one for (one,) in found} <= {number for number, _ in decided}


async def test_a_failed_round_suspends_and_takes_nothing_back(county: County):
    """The near miss of a withdrawal: the same failure, but the first."""
    office, officer, laboratory = county.office, county.officer, county.office.places["laboratory"]
    for one in LINES:
        if not one.late and one.asked < RECORDED:
            await county.ask(one)
    await office.pass_time(RECORDED)
    failed = {
        "kind": "evaluation",
        "programme": "省级室间质评(演示)",
        "round": "第 2 次",
        "basis": "external-quality-assessment",
        "mark": MARK,
        "items": ["lab.hba1c"],
        "period_begins": "2026-05-15",
        "period_ends": "2026-06-10",
        "outcome": "fail",
        "published": "2026-06-15",
        "device": "G8-A",
        "retroactive_from": "2026-04-01",
    }
    seen = await officer.preview(laboratory, failed)
    assert [(one["before"], one["after"]) for one in seen["grants"]] == [("active", "suspended")]
    assert (seen["taken_back_count"], seen["decisions"]) == (0, 0)
    assert (await officer.record(laboratory, failed))["tasks"] == 0
    second = {**failed, "round": "第 3 次"}
    assert [(one["before"], one["after"]) for one in (await officer.preview(laboratory, second))["grants"]] == [
        ("suspended", "withdrawn")
    ]
    assert (await officer.record(laboratory, second))["tasks"] == 4


@pytest.fixture
async def task(county: County) -> tuple[County, str]:
    """One look-back task: line 2 of the page."""
    await county.ask(LINES[1])
    await county.office.pass_time(RECORDED)
    ruling = {
        "kind": "ruling",
        "programme": "省级室间质评(演示)",
        "items": ["lab.hba1c"],
        "ruling": "withdraw",
        "day": "2026-06-15",
        "device": "G8-A",
        "retroactive_from": "2026-04-01",
    }
    await county.officer.record(county.office.places["laboratory"], ruling)
    ((number,),) = await county.office.rows("select id from look_back_task")
    return county, f"/api/quality/look-back-tasks/{number}/acts"


async def test_a_look_back_is_done_with_a_finding_and_opened_again_with_a_reason(task):
    county, path = task
    officer = county.officer
    done = {"act": "done", "finding": "patient-told", "note": "电话告知"}
    assert await officer.refused(path, {"act": "reopened", "note": "还没有完成"}) == (409, "look-back-moved-on")
    assert await officer.refused(path, {**done, "finding": None}) == (422, "look-back-finding")
    await officer.post(path, done)
    assert await officer.refused(path, {**done, "finding": "repeated"}) == (409, "look-back-moved-on")
    assert await officer.refused(path, {"act": "reopened", "note": " "}) == (422, "look-back-note")
    assert (await officer.post(path, {"act": "reopened", "note": "记错了患者"}))["state"] == "open"
    await officer.post(path, {**done, "finding": "repeated"})
    assert await county.office.rows("select number, act, outcome, note from look_back_act order by number") == [
        (1, "done", "patient-told", "电话告知"),
        (2, "reopened", "", "记错了患者"),
        (3, "done", "repeated", "电话告知"),
    ]
    for statement in ("update look_back_act set note = ''", "delete from look_back_act", "truncate look_back_act"):
        async with county.office.pool.connection() as connection:
            with pytest.raises(psycopg.errors.RestrictViolation):
                await connection.execute(statement)


async def test_who_did_it_stands_in_the_audit_and_events_say_nothing_of_the_patient(task):
    county, path = task
    await county.officer.post(path, {"act": "done", "finding": "repeated", "note": "王桂兰 已复查"})
    (row,) = await county.office.rows(
        "select practitioner_id, outcome, entities::text from audit_event where action = 'quality.look-back'"
    )
    assert row[:2] == (county.officer.id, "success")
    assert str(county.patient) in row[2]
    events = await county.office.rows("select kind, ids::text, topics::text from event")
    assert not any("王桂兰" in json.dumps(one, ensure_ascii=False) for one in events)
    assert "look-back-task.acted" in {one[0] for one in events}


async def test_a_look_back_is_seen_where_it_was_asked_and_where_it_was_produced_and_nowhere_else(task):
    county, path = task
    office = county.office
    (period,) = (await county.officer.get("/api/quality/look-backs"))["items"]
    doctor = await office.hire(Role.REQUESTER, "township", "医师")
    stranger = await office.hire(Role.REQUESTER, "other", "医师")
    producer = await office.hire(Role.MEDICAL_OFFICE, "laboratory", "医务科")
    assert [one["tasks"] for one in (await doctor.get("/api/quality/look-backs"))["items"]] == [1]
    assert (await stranger.get("/api/quality/look-backs"))["items"] == []
    assert (await stranger.call("GET", f"/api/quality/look-backs/{period['id']}"))[0] == 404
    assert (await stranger.refused(path, {"act": "done", "finding": "repeated"}))[0] == 404
    assert [one["tasks"] for one in (await producer.get("/api/quality/look-backs"))["items"]] == [0]
    assert (await producer.get(f"/api/quality/look-backs/{period['id']}"))["items"] == []
    assert (await producer.refused(path, {"act": "done", "finding": "repeated"}))[0] == 404
