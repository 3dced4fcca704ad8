"""A scripted month three ways: by hand, by a fold over the ledger, by the product's SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from telemed.db import Pool
from telemed.recognition.decision import Outcome
from telemed.recognition.facts import Status
from telemed.statistics.counting import Asked, count, write_out
from telemed.statistics.months import Month
from telemed.statistics.parameters import Dose, Parameters
from tests.integration.statistics.fold import Ledger, Line, Setting, fold
from tests.integration.statistics.happened import COUNTED_AT, MEMBERS, ZONE, Said, Told, at, named
from tests.integration.statistics.month import Script, october

SPEC = Path(__file__).parents[2] / "spec" / "statistics_month.md"
OCTOBER = Month(date(2026, 10, 1))
PARAMETERS = Parameters(
    effective=date(2026, 1, 1),
    look_back_days=30,
    ignored_hours=24,
    re_order_days=7,
    net_days=30,
    seal_day=5,
    small_count=5,
    opinion_fee=300,
    dose=(Dose("CT", "HEAD", 1600, "-"), Dose("DX", "CHEST", 100, "-"), Dose("DX", "", 1, "-")),
    trips={"LA11": 18, "LA12": 30},
)
ASKED = Asked(OCTOBER, ZONE, PARAMETERS, COUNTED_AT)
WHOSE: dict[str, UUID | None] = {"county": None, **{one: named(one) for one in MEMBERS}}


def by_hand() -> dict[Line, int]:
    figures: dict[Line, int] = {}
    lines = SPEC.read_text("utf-8").partition("## What it comes to")[2].splitlines()
    for line in lines:
        cells = [one.strip() for one in line.split("|")[1:-1]]
        if len(cells) == 4 and cells[0] in WHOSE:
            for figure in cells[3].split(", "):
                code, _, value = figure.rpartition(" ")
                figures[WHOSE[cells[0]], cells[1], cells[2], code] = int(value)
    return figures


async def by_sql(pool: Pool, asked: Asked = ASKED) -> dict[Line, int]:
    async with pool.transaction() as tx:
        assert await write_out(tx, asked.month, asked.zone, asked.at) == 0
    async with pool.transaction() as tx:
        cells = await count(tx, asked)
    found = {(one.organization_id, one.cut, one.key, one.code): one.value for one in cells}
    assert len(found) == len(cells), "no count is told twice"
    return found


async def by_fold(pool: Pool, asked: Asked = ASKED) -> dict[Line, int]:
    rules = asked.parameters
    setting = Setting(
        datetime(asked.month.first.year, asked.month.first.month, 1, tzinfo=ZONE),
        datetime(2026, asked.month.first.month + 1, 1, tzinfo=ZONE),
        asked.at,
        ZONE,
        rules.look_back_days,
        rules.ignored_hours,
        rules.re_order_days,
        rules.net_days,
        rules.opinion_fee,
        {(one.modality, one.body_site): one.microsievert for one in rules.dose},
        rules.trips,
    )
    async with pool.connection() as connection:
        return fold(await Ledger.read(connection), setting)


def said_of(figures: dict[Line, int]) -> dict[str, int]:
    """With names in place of ids, so that a difference can be read."""
    names = {number: name for name, number in WHOSE.items()}
    return {f"{names[line[0]]} {' '.join(line[1:])}": value for line, value in sorted(figures.items(), key=str)}


async def test_by_hand_by_fold_and_by_sql_are_equal(pool: Pool):
    await october().tell(pool)
    hand, sql, folded = said_of(by_hand()), said_of(await by_sql(pool)), said_of(await by_fold(pool))
    assert folded == hand
    assert sql == hand


async def test_counting_twice_and_writing_out_twice_changes_nothing(pool: Pool):
    await october().tell(pool)
    assert await by_sql(pool) == await by_sql(pool)


def _question(script: Script, name: str, **what: Any) -> Script:
    return script.changed(name, **what)


def _result(script: Script, name: str, **what: Any) -> Script:
    (one,) = [each for each in script.questions if each.name == name]
    return script.changed(name, results=(replace(one.results[0], **what), *one.results[1:]))


def _later(script: Script, name: str, **what: Any) -> Script:
    changed = [replace(one, **what) if one.name.endswith(f"/{name}") else one for one in script.later]
    assert changed != script.later
    return replace(script, later=changed)


OCT = october()


def _signed_too(hours: float, **what: Any) -> Script:
    """D6, which nobody answered, is asked about once more when it is signed."""
    (chosen,) = [one for one in OCT.questions if one.name == "D6"]
    again: dict[str, Any] = {"name": "D6s", "when": chosen.when + timedelta(hours=hours), "order": "ServiceRequest/D6"}
    return replace(OCT, questions=[*OCT.questions, replace(chosen, **{**again, **what})])


def _told(*more: Told, without: str = "", **changed: Told) -> Script:
    """The month with other messages of ADT: some changed or left out by their control id, some more at the end."""
    by_name = {name.replace("_", "-"): one for name, one in changed.items()}
    assert by_name.keys() <= {one.name for one in OCT.told}
    kept = [by_name.get(one.name, one) for one in OCT.told if one.name != without]
    return replace(OCT, told=[*kept, *more])


(V1,) = [one for one in OCT.told if one.name == "V1-1"]
(V4,) = [one for one in OCT.told if one.name == "V4-1"]
(V5,) = [one for one in OCT.told if one.name == "V5-1"]
(V6,) = [one for one in OCT.told if one.name == "V6-1"]
ATTENDS_UNASKED = {"attending": 1, "attending-adt": 1, "unasked-adt": 1}
FEWER_UNASKED = dict.fromkeys(ATTENDS_UNASKED, -1)
ONE_MORE = {"decisions": 1, "source:page": 1}
#: One good month minus one ground, and how the figures of the county differ from those by hand.
NEAR_MISSES: dict[str, tuple[Script, dict[str, int]]] = {
    "an own result that another member made counts": (
        _result(OCT, "D2", by="B"),
        {
            "existing": 1,
            "recognised": 1,
            "own": -1,
            "accepted-items": 1,
            "savings-gross": 6000,
            "opinion-fees": 300,
            "dose": 100,
            "trips": 1,
            "trip-kilometres": 36,
        },
    ),
    "R7 in place of R1 is not counted": (
        _question(OCT, "D12", said=(Said("overridden", reason="R7", after=60),)),
        {"existing": -1, "refused": -1, "not-counted": 1, "reason:L4": -1, "reason:R7": 1},
    ),
    "R1 in place of R7 is a refusal": (
        _question(OCT, "D3", said=(Said("overridden", reason="R1", after=60),)),
        {"existing": 1, "refused": 1, "not-counted": -1, "reason:R7": -1, "reason:R1": 1},
    ),
    "T2 in place of T1 is a refusal": (
        _question(OCT, "D4", said=(Said("overridden", reason="T2", after=60),)),
        {"existing": 1, "refused": 1, "not-counted": -1, "reason:T1": -1, "reason:T2": 1},
    ),
    "R7 of another list of reasons is a refusal": (
        _question(OCT, "D3", said=(Said("overridden", reason="R7", after=60, system="urn:other"),)),
        {"existing": 1, "refused": 1, "not-counted": -1, "reason:R7": -1, "reason:": 1},
    ),
    "an answer that nobody withdrew counts": (
        _question(OCT, "D5", said=(Said("accepted"),)),
        {
            "recognised": 1,
            "accepted": 1,
            "withdrawn": -1,
            "accepted-items": 1,
            "savings-gross": 500,
            "trips": 1,
            "trip-kilometres": 36,
            "decision-time": -15000,
        },
    ),
    "of two answers the last counts": (
        _question(OCT, "D7", said=(Said("accepted"), Said("overridden", reason="R1", after=120))),
        {
            "recognised": -1,
            "refused": 1,
            "accepted": -1,
            "overridden": 1,
            "reason:R1": 1,
            "accepted-items": -1,
            "accepted-again": -1,
        },
    ),
    "half an hour earlier it is October": (
        _question(OCT, "D8", when=OCT.questions[7].when - timedelta(minutes=31)),
        {
            "existing": 1,
            "recognised": 1,
            "shown": 1,
            "accepted": 1,
            "accepted-items": 1,
            "savings-gross": 500,
            "trips": 1,
            "trip-kilometres": 36,
            "decisions": 1,
            "source:page": 1,
            "decision-time": -15000,
        },
    ),
    "an hour earlier it is September": (
        _question(OCT, "D9", when=OCT.questions[8].when - timedelta(hours=1)),
        {
            "existing": -1,
            "shown": -1,
            "ignored": -1,
            "ignored-items": -1,
            "ignored-here": -1,
            "decisions": -1,
            "source:page": -1,
            "asked": -1,
            "attending": -1,
        },
    ),
    "one day beyond the look-back does not count": (_result(OCT, "D17", days_before=31), {"existing": -1}),
    "the last day of the look-back counts": (_result(OCT, "D16", days_before=30), {"existing": 1}),
    "an identity beyond doubt counts": (_result(OCT, "D20", identity=Outcome.PASS), {"existing": 1}),
    "made again on the eighth day the saving stands, and is lost in the net": (
        _later(OCT, "L7", when=OCT.later[1].when + timedelta(days=3)),
        {
            "accepted-again": -1,
            "savings-gross": 6000,
            "savings-retests": 6000,
            "opinion-fees": 300,
            "dose": 100,
            "trips": 1,
            "trip-kilometres": 36,
        },
    ),
    "made again beyond the net days nothing is lost": (
        _later(OCT, "L11", when=OCT.later[3].when + timedelta(days=11)),
        {"savings-retests": -500},
    ),
    "under a record that nobody linked it was not made again": (replace(OCT, links=[]), {"ignored-elsewhere": -1}),
    "made by the asking member it is a repeat here": (
        _later(OCT, "L6", by="A"),
        {"ignored-elsewhere": -1, "ignored-here": 1},
    ),
    "a cancelled examination that was made after all takes the saving back": (
        _later(OCT, "L18", status=Status.FINAL),
        {
            "accepted-again": 1,
            "savings-gross": -22000,
            "opinion-fees": -300,
            "dose": -1600,
            "trips": -1,
            "trip-kilometres": -36,
        },
    ),
    "a grant that nobody withdrew stands behind its mark": (
        replace(OCT, grants={"G1": "active", "G2": "active"}),
        {"marks-unfounded": -1},
    ),
    "a grant that nobody knows does not": (replace(OCT, grants={"G2": "withdrawn"}), {"marks-unfounded": 1}),
    "a result without the mark is none": (_result(OCT, "D14", mark=False), {"marks": -1, "marks-unfounded": -1}),
    "keeping the order saves nothing": (
        _question(OCT, "D1", said=(Said("accepted", "keep"),)),
        {"savings-gross": -22000, "opinion-fees": -300, "dose": -1600, "trips": -1, "trip-kilometres": -36},
    ),
    "a second is no rubber stamp": (
        _question(OCT, "D14", said=(Said("accepted", "keep", after=1),)),
        {"under-second": -1},
    ),
    "somebody about whom nobody asked attends all the same": (
        replace(OCT, registered=[*OCT.registered, ("C", "P13")]),
        {"attending": 1, "attending-registered": 1, "unasked-registered": 1},
    ),
    "somebody the asking member knows attended there": (
        _question(OCT, "D21", known=True),
        {"existing": 1, "own": 1, "asked": 1, "attending": 1},
    ),
    "asked by a system it is an attendance": (
        _question(OCT, "D21", surface="patient-view"),
        {"existing": 1, "own": 1, "asked": 1, "attending": 1, "source:patient-view": 1, "source:timeline": -1},
    ),
    "on its own page a member that does not know the patient only reads": (
        _question(OCT, "D4", known=False),
        {"not-counted": -1, "asked": -1, "attending": -1},
    ),
    "an admission that nobody took back is an attendance": (_told(without="V4-2"), ATTENDS_UNASKED),
    "an admission made again after it was taken back stands": (
        _told(replace(V4, name="V4-3", sent=at(14, 12))),
        ATTENDS_UNASKED,
    ),
    "taken back before it came it is taken back all the same": (
        replace(_told(), told=sorted(OCT.told, key=lambda one: one.event != "A11")),
        {},
    ),
    "an update does not revive what was taken back": (
        _told(replace(V4, name="V4-3", event="A08", sent=at(14, 12))),
        {},
    ),
    "a discharge taken back changes nothing": (
        _told(replace(V4, name="V2-4", patient="P16", by="A", event="A13", visit="V2", began=None, sent=at(16))),
        {},
    ),
    "half an hour earlier a visit is of October": (
        _told(V5_1=replace(V5, began=at(31, 23, 59))),
        ATTENDS_UNASKED,
    ),
    "an hour earlier a visit is of September": (
        _told(V6_1=replace(V6, began=at(30, 23, 30, month=9))),
        FEWER_UNASKED,
    ),
    "a visit whose time is put right to September is none of October": (
        _told(replace(V6, name="V6-2", event="A08", began=at(30, month=9), sent=at(2))),
        FEWER_UNASKED,
    ),
    "an update that does not say when leaves the month": (
        _told(replace(V6, name="V6-2", event="A08", began=None, sent=at(2))),
        {},
    ),
    "told again it is the same visit": (_told(V1, replace(V1, name="V1-2"), V6, replace(V6, name="V6-2")), {}),
    "under another number the same person attends the same member once": (
        _told(replace(V6, name="V8-1", visit="V8", began=at(3), sent=at(3, 11))),
        {},
    ),
    "at another member the same person attends once more": (
        _told(replace(V6, name="V8-1", by="B", visit="V8", began=at(3), sent=at(3, 11))),
        ATTENDS_UNASKED,
    ),
    "the same number of another member is another visit": (
        _told(replace(V4, name="V8-1", by="B", patient="P21", visit="V6", sent=at(14, 12))),
        ATTENDS_UNASKED,
    ),
    "whoever is registered too attends once": (
        replace(OCT, registered=[*OCT.registered, ("C", "P19")]),
        {"attending-registered": 1, "unasked-registered": 1},
    ),
    "asked about at the visit nobody was passed over": (
        _question(OCT, "D19", patient="P16"),
        {"asked": 1, "unasked-adt": -1},
    ),
    "asked about under a linked record nobody was passed over": (
        replace(OCT, same=[("P16", "P11")]),
        {"attending": -1, "unasked-adt": -1},
    ),
    "registered under a record linked to one that was asked about": (
        replace(OCT, same=[("P12", "P11")]),
        {"unasked-registered": -1},
    ),
    "a member whose system tells of a patient knows the patient": (
        _told(replace(V4, name="V8-1", by="B", patient="P14", visit="V8", sent=at(14, 12))),
        {"existing": 1, "own": 1, "asked": 1, "attending": 1, "attending-adt": 1},
    ),
    "looking at a visit that is exempt is no exempt order": (_question(OCT, "D10", order=""), {"exempt": -1}),
    "looking at a result in an emergency is no exempt order": (
        _question(OCT, "D10", order="result/ct.head.plain"),
        {"exempt": -1},
    ),
    "an order whose name only begins alike is an order": (_question(OCT, "D10", order="results/1"), {}),
    "of an order asked about twice the first card is superseded": (
        _signed_too(24),
        {**ONE_MORE, "superseded": 1},
    ),
    "a card of another order supersedes nothing": (
        _signed_too(1, order="ServiceRequest/D6s"),
        {**ONE_MORE, "shown": 1, "ignored": 1},
    ),
    "an order without a reference is not the same order": (
        replace(
            _signed_too(1, order=""),
            questions=[
                replace(one, order="") if one.name == "D6" else one for one in _signed_too(1, order="").questions
            ],
        ),
        {**ONE_MORE, "shown": 1, "ignored": 1},
    ),
    "a card that asks nothing supersedes nothing": (
        _signed_too(1, choices=()),
        {**ONE_MORE, "informed": 1},
    ),
    "after the ignored hours it supersedes nothing": (
        _signed_too(24.01),
        {**ONE_MORE, "shown": 1, "ignored": 1},
    ),
    "the same reference at another member is another order": (
        _signed_too(1, by="C"),  # which made the result itself
        {**ONE_MORE, "shown": 1, "ignored": 1, "own": 1, "asked": 1, "attending": 1},
    ),
    "the same reference of another patient is another order": (
        _signed_too(1, patient="P6c"),
        {**ONE_MORE, "shown": 1, "ignored": 1, "ignored-items": 1, "existing": 1, "asked": 1, "attending": 1},
    ),
    "a card that was answered is superseded by nothing": (
        replace(
            _signed_too(1),
            questions=[
                replace(one, said=(Said("overridden", reason="R1", after=60),)) if one.name == "D6" else one
                for one in _signed_too(1).questions
            ],
        ),
        {
            **ONE_MORE,
            "shown": 1,
            "overridden": 1,
            "refused": 1,
            "reason:R1": 1,
            "ignored-items": -1,
            "ignored-elsewhere": -1,
        },
    ),
    "another reason than L4 is another reason": (
        _question(OCT, "D12", said=(Said("overridden", reason="R1", after=60),)),
        {"reason:L4": -1, "reason:R1": 1},
    ),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
async def test_a_near_miss_changes_its_own_figures_and_no_other(pool: Pool, name: str):
    script, differs = NEAR_MISSES[name]
    await script.tell(pool)
    sql = await by_sql(pool)
    assert sql == await by_fold(pool)
    before, after = (
        {line[3]: n for line, n in one.items() if line[:3] == (None, "member", "")} for one in (by_hand(), sql)
    )
    found = {code: after.get(code, 0) - before.get(code, 0) for code in before | after}
    assert {code: n for code, n in found.items() if n} == differs


async def test_before_its_hours_are_over_a_card_is_open_and_not_ignored(pool: Pool):
    await october().tell(pool)
    early = replace(ASKED, at=datetime(2026, 10, 22, 9, 59, tzinfo=ZONE))
    found = await by_sql(pool, early)
    assert found == await by_fold(pool, early)
    assert (found[None, "member", "", "open"], found[None, "member", "", "ignored"]) == (1, 4)
