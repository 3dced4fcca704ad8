"""The import of a round over HTTP: looked at, then stored whole or not at all, once."""

from __future__ import annotations

import asyncio
import io

import pytest
from openpyxl import Workbook

from tests.integration.quality.conftest import evaluation

QUERY = {
    "programme": "省级室间质评(演示)",
    "basis": "external-quality-assessment",
    "mark": "national",
    "label": "全国HR",
}
HEADER = ["机构", "项目", "轮次", "结果", "成绩", "公布日期", "周期开始", "周期结束", "设备"]
ROWS = [
    ["LA-JY", "钾", "第 1 次", "合格", "100", "2026-03-02", "2026-01-15", "2026-02-14", ""],
    ["LA-JY", "钠", "第 1 次", "合格", "100", "2026-03-02", "2026-01-15", "2026-02-14", ""],
    ["LA-RM", "钾", "第 1 次", "不合格", "60", "2026-03-02", "2026-01-15", "2026-02-14", ""],
]
PREVIEW, STORE = "/api/quality/rounds/preview", "/api/quality/rounds"


def csv(*rows: list[str]) -> bytes:
    return "\n".join(",".join(row) for row in (HEADER, *rows)).encode()


def workbook(*rows: list[str]) -> bytes:
    book = Workbook()
    for row in (HEADER, *rows):
        book.active.append([one or None for one in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def counted(office) -> tuple[int, int]:
    ((evaluations,),) = await office.rows("select count(*) from quality_evaluation")
    ((grants,),) = await office.rows("select count(*) from recognition_grant")
    return evaluations, grants


@pytest.mark.parametrize("made", [csv, workbook])
async def test_what_was_looked_at_is_stored_once(office, officer, made):
    raw = made(*ROWS)
    status, seen = await officer.upload(PREVIEW, raw, QUERY)
    assert status == 200, seen
    assert (seen["lines"], seen["evaluation_count"], seen["fault_count"]) == (3, 2, 0)
    assert {(one["item"]["key"], one["before"], one["after"]) for one in seen["grants"]} == {
        ("lab.potassium", None, "active"),
        ("lab.sodium", None, "active"),
        ("lab.potassium", None, "suspended"),
    }
    assert await counted(office) == (0, 0)
    assert await office.rows("select count(*) from event where kind like 'quality.%%'") == [(0,)]
    store = {**QUERY, "digest": seen["digest"]}
    assert await officer.upload(STORE, raw, store) == (200, {"evaluations": 2, "repeated": 0, "grants": 3, "tasks": 0})
    assert await counted(office) == (2, 3)
    assert await officer.upload(STORE, raw, store) == (200, {"evaluations": 2, "repeated": 2, "grants": 0, "tasks": 0})
    assert await counted(office) == (2, 3)
    audited = await office.rows(
        "select entities::text from audit_event where action = 'quality.record'"
        " and detail->>'route' = 'POST /api/quality/rounds' and outcome = 'success'"
    )
    assert len(audited) == 2
    assert audited[0][0].count("quality-fact") == 2


async def test_one_faulty_line_and_nothing_is_stored(office, officer):
    raw = csv(*ROWS, ["LA-JY", "没有", *ROWS[0][2:]], ["LA-JY", "氯", *ROWS[0][2:3], "良好", *ROWS[0][4:]])
    status, seen = await officer.upload(PREVIEW, raw, QUERY)
    assert status == 200
    assert [(one["line"], one["column"]) for one in seen["faults"]] == [(5, "项目"), (6, "结果")]
    assert (seen["grant_count"], seen["decisions"]) == (0, 0)
    status, refused = await officer.upload(STORE, raw, {**QUERY, "digest": seen["digest"]})
    assert (status, refused["code"]) == (422, "round-table-faulty")
    assert await counted(office) == (0, 0)


async def test_another_file_or_programme_than_was_looked_at_is_refused(office, officer):
    _, seen = await officer.upload(PREVIEW, csv(*ROWS), QUERY)
    for raw, query in (
        (csv(*ROWS[:2]), QUERY),
        (csv(*ROWS), {**QUERY, "label": "黑HR"}),
        (csv(*ROWS), {**QUERY, "programme": "x"}),
    ):
        status, refused = await officer.upload(STORE, raw, {**query, "digest": seen["digest"]})
        assert (status, refused["code"]) == (409, "round-table-changed")
    assert await counted(office) == (0, 0)


async def test_a_round_that_is_recorded_already_is_told_until_it_is_taken_back(office, officer):
    laboratory = office.places["laboratory"]
    await officer.record(laboratory, evaluation(items=["lab.potassium"]))
    _, seen = await officer.upload(PREVIEW, csv(*ROWS), QUERY)
    assert [(one["line"], one["column"]) for one in seen["faults"]] == [(2, "")]
    _, other = await officer.upload(PREVIEW, csv(*ROWS), {**QUERY, "programme": "另一个计划"})
    assert other["fault_count"] == 0
    (first,) = (await officer.get("/api/quality/facts"))["items"]
    await officer.record(laboratory, {"kind": "revocation", "evaluation": first["id"], "day": "2026-03-02"})
    _, seen = await officer.upload(PREVIEW, csv(*ROWS), QUERY)
    assert seen["fault_count"] == 0


async def test_the_same_table_stored_ten_times_at_once_is_stored_once(office, officer):
    _, seen = await officer.upload(PREVIEW, csv(*ROWS), QUERY)
    store = {**QUERY, "digest": seen["digest"]}
    done = await asyncio.gather(*(officer.upload(STORE, csv(*ROWS), store) for _ in range(10)))
    assert [status for status, _ in done] == [200] * 10
    assert sorted(one["repeated"] for _, one in done) == [0] + [2] * 9
    assert await counted(office) == (2, 3)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\0", b"PK\x03\x04 no", b'"', b"a,b\n1,2", "机构\n".encode(), b"\xff\xfe\x00"],
)
async def test_what_is_no_such_table_is_told_and_never_a_bug(officer, raw):
    status, seen = await officer.upload(PREVIEW, raw, QUERY)
    assert status == 200
    assert seen["evaluations"] == []
    status, refused = await officer.upload(STORE, raw, {**QUERY, "digest": seen["digest"]})
    assert (status, refused["code"]) == (422, "round-table-faulty")


async def test_a_table_of_more_than_two_megabytes_is_not_read(officer):
    status, _ = await officer.upload(PREVIEW, b"x" * ((2 << 20) + 1), QUERY)
    assert status == 413


async def test_a_member_outside_of_reach_is_not_known(office, officer):
    async with office.pool.transaction() as tx:
        await tx.execute("insert into organization (code, name, kind) values ('SY', '省医院', 'outside-hospital')")
    _, seen = await officer.upload(PREVIEW, csv(["SY", *ROWS[0][1:]]), QUERY)
    assert [(one["line"], one["column"]) for one in seen["faults"]] == [(2, "机构")]
