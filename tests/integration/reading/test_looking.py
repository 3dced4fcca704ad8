"""What was shown of a study accumulates for the one who looked and this reading, and for nothing else."""

from __future__ import annotations

from uuid import uuid4

from telemed.reading.service import delivery, looking
from telemed.reading.service.looking import Shown


async def with_images(county, study, frames=(1, 1, 20)):
    """Put images of so many frames under the study; returns their UIDs."""
    uids = [f"2.25.{uuid4().int}" for _ in frames]
    async with county.pool.transaction() as tx:
        series = uuid4()
        await tx.execute(
            "insert into imaging_series (id, study_id, series_instance_uid) values (%s, %s, %s)",
            (series, study, f"2.25.{series.int}"),
        )
        for uid, count in zip(uids, frames, strict=True):
            await tx.execute(
                "insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid,"
                " transfer_syntax_uid, digest, size, frames, received_at)"
                " values (%s, %s, %s, '1.2', '1.2', %s, 1, %s, %s)",
                (series, study, uid, uuid4().bytes * 2, count, county.now),
            )
    return uids


async def looked(county, name, reading, *shown):
    row = await county.row(reading)
    who = county.people[name].principal.practitioner_id
    async with county.pool.transaction() as tx:
        await looking.record(tx, reading, row.study_id, who, [Shown(*one) for one in shown])


async def seen(county, name, reading):
    who = county.people[name].principal.practitioner_id
    async with county.pool.connection() as connection:
        rows = await looking.seen_by(connection, reading, who)
    return {row.sop_instance_uid: (row.painted, row.previewed) for row in rows}


async def reading_with_images(county):
    study = await county.push()
    uids = await with_images(county, study)
    await county.schedule(study)
    return await county.reading_of(study), uids


async def test_what_was_shown_accumulates_whatever_is_said_twice(county):
    reading, (first, second, multi) = await reading_with_images(county)
    await looked(county, "gao", reading, (first, [1], []), (multi, [2, 1], [5]))
    await looked(county, "gao", reading, (first, [1], []), (multi, [3, 9], []), (multi, [3], [6]))
    assert await seen(county, "gao", reading) == {first: ([1], []), multi: ([1, 2, 3, 9], [5, 6])}
    await looked(county, "gao", reading, (second, [], [1]))
    await looked(county, "gao", reading, (second, [1], []))
    assert (await seen(county, "gao", reading))[second] == ([1], [1])


async def test_what_one_saw_counts_for_nobody_else_and_for_no_other_reading(county):
    reading, (first, *_) = await reading_with_images(county)
    other, (foreign, *_) = await reading_with_images(county)
    await looked(county, "gao", reading, (first, [1], []))
    assert await seen(county, "zheng", reading) == {}
    assert await seen(county, "gao", other) == {}
    await looked(county, "gao", reading, (foreign, [1], []))
    assert await seen(county, "gao", reading) == {first: ([1], [])}


async def test_frames_that_an_image_does_not_have_count_for_nothing(county):
    reading, (first, *_) = await reading_with_images(county)
    await looked(county, "gao", reading, (first, [2, 700], []), ("1.2.3.4", [1], []))
    assert await seen(county, "gao", reading) == {}


async def test_it_is_kept_until_the_report_is_out(county):
    reading, (first, *_) = await reading_with_images(county)
    await looked(county, "gao", reading, (first, [1], []))
    version = await county.signed(reading)
    await looking.forget_delivered(county.pool)
    assert await seen(county, "gao", reading) != {}
    await county.act("li", delivery.record_delivery, version)
    await looking.forget_delivered(county.pool)
    assert await seen(county, "gao", reading) == {}
