"""Importing a medium: why its studies come is said before they do, for one's own organisation and them alone."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.integration.imaging.test_routes import CSRF, House, client, house

__all__ = ("House", "client", "house")


async def announce(client, studies, intent="backfill", who="0"):
    answer = await client.post(
        "/api/studies/announcement", json={"studies": studies, "intent": intent}, headers=CSRF | {"X-Who": who}
    )
    return answer.status


async def test_an_announced_backfill_of_today_opens_no_reading_even_after_matching(client, township, follow):
    uid = f"2.25.{uuid4().int}"
    assert await announce(client, [uid]) == 204
    study = await township.push(study=uid, images=2)
    await follow()
    row = await township.look(study)
    assert (row["intent"], row["intent_confirmed"]) == ("backfill", True)


async def test_the_last_word_counts(client, township, follow):
    uid = f"2.25.{uuid4().int}"
    await announce(client, [uid], "archive-only")
    await announce(client, [uid, uid], "consultation")
    study = await township.push(study=uid)
    await follow()
    assert (await township.look(study))["intent"] == "consultation"


@pytest.mark.parametrize("near", ["another study", "another organisation", "already there"])
async def test_nothing_else_is_touched(client, township, follow, near):
    uid = f"2.25.{uuid4().int}"
    if near == "already there":
        await township.push(study=uid)
    said = f"2.25.{uuid4().int}" if near == "another study" else uid
    assert await announce(client, [said], who="1" if near == "another organisation" else "0") == 204
    study = await township.push(study=uid)
    await follow()
    row = await township.look(study)
    assert (row["intent"], row["intent_confirmed"]) == ("request-reading", False)


@pytest.mark.parametrize("studies", [[], ["1.2.x"], ["王桂兰"], ["1" * 65], ["1.2.3"] * 501])
async def test_what_names_no_study_is_refused(client, studies):
    assert await announce(client, studies) == 422
