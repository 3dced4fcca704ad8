"""How one's consultations stand, for the notices of any page: whom they concern, who took the last step, no patient."""

from __future__ import annotations

from telemed.consultation.service import answering, requesting
from telemed.vocabulary import Role
from tests.integration.consultation.requests.door import Door, Somebody


async def noticed(somebody: Somebody) -> list[dict[str, object]]:
    status, said = await somebody.call("GET", "/api/consultation-notices")
    assert status == 200
    return said["items"]


async def test_each_party_sees_how_it_stands_and_whose_step_it_was(door: Door):
    asked = door.asked
    coordinator, bystander = await door.hire(Role.COORDINATOR, asked.county.township), await door.expert()
    await asked.draft()
    number = await asked.offered()
    (one,) = await noticed(coordinator)
    assert (one["id"], one["state"], one["you"], one["by_me"]) == (str(number), "offered", ["coordinator"], False)
    assert one["expert_id"] == str(asked.who("qin"))
    assert await noticed(bystander) == []


async def test_the_step_of_the_person_who_asks_is_known(door: Door):
    asked = door.asked
    number = await asked.submitted()
    coordinator = await door.hire(Role.COORDINATOR, asked.county.township)
    expert = await door.expert()
    await coordinator.call("POST", f"/api/consultations/{number}/offer", {"expert_id": str(expert.id)})
    assert [one["by_me"] for one in await noticed(coordinator)] == [True]
    assert [(one["by_me"], one["you"]) for one in await noticed(expert)] == [(False, ["expert"])]


async def test_what_ended_is_news_for_a_day(door: Door):
    asked = door.asked
    number = await asked.submitted()
    await asked.act("tang", answering.decline, number, "资料不足")
    physician = await door.physician()
    assert [one["state"] for one in await noticed(physician)] == ["declined"]
    asked.later(hours=11)
    assert len(await noticed(await door.physician())) == 1
    other = await asked.submitted()
    await asked.act("wang", requesting.withdraw, other, "转走")
    asked.later(hours=14)
    again = await door.physician()
    assert [one["state"] for one in await noticed(again)] == ["withdrawn"]


async def test_nothing_of_a_patient_is_said(door: Door):
    await door.asked.offered()
    coordinator = await door.hire(Role.COORDINATOR, door.asked.county.township)
    said = str(await noticed(coordinator))
    assert str(door.asked.county.patient) not in said
    assert "王桂兰" not in said
    rows = await door.asked.rows("select entities from audit_event where action = 'consultation.read'")
    assert rows == [([],)]
