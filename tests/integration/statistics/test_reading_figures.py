"""The bureau's figures of remote reading, counted by hand from what was read in one November."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from telemed.reading.service import claims, site, submission
from telemed.statistics.counting import Asked, count, values
from telemed.statistics.months import Month
from tests.integration.reading.conftest import County
from tests.integration.statistics.happened import ZONE
from tests.integration.statistics.test_month import PARAMETERS

NOVEMBER = Month(date(2026, 11, 1))


async def figures(county: County, member: UUID | None = None, month: Month = NOVEMBER) -> dict[str, int]:
    async with county.pool.transaction() as tx:
        return values(await count(tx, Asked(month, ZONE, PARAMETERS, county.now)), member)


async def join(county: County) -> None:
    async with county.pool.transaction() as tx:
        for place in (county.center, county.township, county.other_township):
            await tx.execute(
                "insert into community_membership (organization_id, valid_from) values (%s, '2025-01-01')", (place,)
            )


async def test_figures_of_reading_are_those_counted_by_hand(county: County):
    await join(county)
    first = await county.ready()  # read by the centre within a minute, graded A
    await county.submitted(first)
    await county.act("gao", submission.record_grade, first, "A", [], "")
    county.now += timedelta(minutes=1)
    await county.act("zheng", claims.claim_to_verify, first)
    await county.sign("zheng", first)
    late = await county.ready(priority="stat", encounter_class="emergency")  # an hour too late, graded B
    county.now += timedelta(hours=2)
    await county.submitted(late)
    await county.act("gao", submission.record_grade, late, "B", [], "")
    await county.act("zheng", claims.claim_to_verify, late)
    await county.sign("zheng", late)
    back = await county.ready()  # returned to the township
    await county.act("gao", claims.claim_reading, back)
    await county.act("gao", site.send_back, back, "information", "请补充病史")
    await county.ready(township=county.other_township)  # waits
    found = await figures(county)
    expected = {
        "remote-readings": 2,
        "reports-double-signed": 2,
        "reports-clocked": 2,
        "reports-on-time": 1,
        "images-graded": 2,
        "images-grade-a": 1,
        "readings-opened": 4,
        "readings-returned": 1,
        "townships": 2,
        "townships-read": 1,
    }
    assert {code: found.get(code, 0) for code in expected} == expected
    assert "critical" not in found
    assert (await figures(county, county.township))["readings-opened"] == 3
    assert (await figures(county, county.other_township))["readings-opened"] == 1
    assert "remote-readings" not in await figures(county, month=NOVEMBER.moved(-1))


async def test_a_report_of_the_examining_member_itself_is_no_remote_reading(county: County):
    await join(county)
    reading = await county.ready()
    await county.submitted(reading, "gao")
    async with county.pool.transaction() as tx:
        await tx.execute("update practitioner set organization_id = %s where name = '医师gao'", (county.township,))
    await county.act("zheng", claims.claim_to_verify, reading)
    await county.sign("zheng", reading)
    found = await figures(county)
    assert "remote-readings" not in found
    assert "townships-read" not in found


async def test_a_member_of_next_month_is_not_asked_for_yet(county: County):
    async with county.pool.transaction() as tx:
        for place, first in ((county.township, "2026-12-01"), (county.other_township, "2026-11-30")):
            await tx.execute(
                "insert into community_membership (organization_id, valid_from) values (%s, %s)", (place, first)
            )
    assert (await figures(county))["townships"] == 1
