"""Members and grants in memory: the very same until one of them changes, and never of another moment."""

from __future__ import annotations

from telemed.recognition import facts_store
from telemed.recognition.facts import Organization
from telemed.recognition.facts_store import Row
from telemed.recognition.standing import Standing


async def test_members_are_read_once_and_again_when_one_of_them_changes(registered):
    standing, pool = Standing(), registered.county.pool
    patient = str(registered.county.patient)
    async with pool.connection() as connection:
        first = await standing.facts_of(connection, patient, [], await facts_store.head(connection))
    async with pool.transaction() as tx:
        # something else is learnt: members stay the objects they were
        await facts_store.know(tx, [Row("document", "one more", "", facts_store.Document("one more"))])
        upto = await facts_store.head(tx)
        same = await standing.facts_of(tx, patient, [], upto)
        assert same.organizations is first.organizations
        await facts_store.know(tx, [Row("organization", "new", "", Organization("new", "新院", 20, None, None, None))])
        later = await standing.facts_of(tx, patient, [], await facts_store.head(tx))
        assert {one.id for one in later.organizations} == {one.id for one in first.organizations} | {"new"}
        # a decision of before is made again from what was known then, and the newest stays in memory
        before = await standing.facts_of(tx, patient, [], upto)
        assert before.organizations == first.organizations
        again = await standing.facts_of(tx, patient, [], await facts_store.head(tx))
        assert again.organizations is later.organizations


async def test_grants_are_those_of_the_items_asked_for_and_one_that_is_gone_is_gone(registered):
    standing, pool = Standing(), registered.county.pool
    async with pool.transaction() as tx:
        known = await facts_store.grants_of(tx, await _items(tx), (await facts_store.head(tx)).id)
        assert known
        (grant, *_), keys = known, sorted({one.item_key for one in known})
        upto = await facts_store.head(tx)
        asked = await standing.facts_of(tx, "nobody", [grant.item_key], upto)
        assert {one.item_key for one in asked.grants} == {grant.item_key}
        every = await standing.facts_of(tx, "nobody", keys, upto)
        assert sorted(one.id for one in every.grants) == sorted(one.id for one in known)
        await facts_store.know(tx, [Row("grant", grant.id, "", None)])
        left = await standing.facts_of(tx, "nobody", keys, await facts_store.head(tx))
        assert {one.id for one in every.grants} - {one.id for one in left.grants} == {grant.id}
        assert (left.candidates, left.identities) == ((), ())


async def _items(tx) -> list[str]:
    rows = await tx.execute("select distinct subject from recognition_knowledge where kind = 'grant' and subject <> ''")
    return [row[0] for row in await rows.fetchall()]
