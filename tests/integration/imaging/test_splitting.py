"""检查拆分 on a real database: who is told apart, four eyes, what moves, where later images go."""

import hashlib
from datetime import date, timedelta
from uuid import uuid4

import pytest

from telemed.errors import Conflict, Forbidden, NotFound
from telemed.imaging import proposing, quarantine, splitting, store
from telemed.imaging.study import Arrival

WANG = {"patient_id": "239999195603140024", "patient_name": "王桂兰", "sex": "F", "birth_date": date(1956, 3, 14)}
LIU = {"patient_id": "239999198907220115", "patient_name": "刘德福", "sex": "M", "birth_date": date(1989, 7, 22)}
SUN = {"patient_id": "20777", "patient_name": "孙淑芝", "sex": "F", "birth_date": date(1961, 5, 2)}


class Mixed:
    """One Study Instance UID under which images of several people arrive at a township."""

    def __init__(self, township) -> None:
        self.township = township
        self.uid = f"2.25.{uuid4().int}"
        self.colleague = uuid4()

    async def send(self, who, *, series: str = "1", **changed) -> Arrival:
        """One image, as the indexer takes it: into the index, or into quarantine."""
        sop = f"2.25.{uuid4().int}"
        said = {
            "digest": hashlib.sha256(sop.encode()).hexdigest(),
            "size": 1000,
            "organization_id": self.township.id,
            "association_id": "a",
            "calling_ae": "DR1",
            "received_at": self.township.now + timedelta(minutes=15),
            "acquired_at": self.township.now + timedelta(minutes=10),
            "transfer_syntax_uid": "1.2.840.10008.1.2.1",
            "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.1",
            "sop_instance_uid": sop,
            "series_instance_uid": f"{self.uid}.{series}",
            "study_instance_uid": self.uid,
            "modality": "DX",
            "body_part": "KNEE",
            "laterality": "L",
            "series_description": f"序列{series}",
        }
        arrival = Arrival(**(said | who | changed))
        await self.receive(arrival)
        return arrival

    async def receive(self, arrival: Arrival) -> None:
        async with self.township.pool.transaction() as tx:
            for one, clash in await store.index(tx, [arrival], {}):
                await quarantine.open_case(tx, quarantine.of_clash(one, clash))

    async def study(self) -> dict:
        return (await self.rows("select * from imaging_study where study_instance_uid = %s", self.uid))[0]

    async def rows(self, query, *values) -> list[dict]:
        async with self.township.pool.connection() as connection:
            cursor = await connection.execute(query, values)
            names = [one.name for one in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]

    async def people(self):
        study = await self.study()
        async with self.township.pool.connection() as connection:
            return await splitting.people(connection, study["id"])

    async def propose(self, seen=None):
        study = await self.study()
        if seen is None:
            seen = [one.keys for one in await self.people()]
        async with self.township.pool.transaction() as tx:
            return await splitting.propose(
                tx,
                study["id"],
                seen=seen,
                reason="两人同一检查号",
                by=self.township.principal.practitioner_id,
                scope=self.township.scope,
                now=self.township.now,
            )

    async def confirm(self, correction, *, by=None):
        async with self.township.pool.transaction() as tx:
            row = await proposing.hold(tx, correction, self.township.scope)
            who = by or self.colleague
            await proposing.confirmed(tx, row, by=who, at=self.township.now)
            return await splitting.split(tx, row, by=who, now=self.township.now + timedelta(minutes=30))

    async def split(self):
        return await self.confirm(await self.propose())

    async def images(self) -> dict[str, set[str]]:
        """The images of every study in the index, by its UID."""
        found: dict[str, set[str]] = {}
        for row in await self.rows(
            "select s.study_instance_uid as study, i.sop_instance_uid as image"
            " from imaging_instance i join imaging_study s on s.id = i.study_id"
        ):
            found.setdefault(row["study"], set()).add(row["image"])
        return found


@pytest.fixture
async def mixed(township) -> Mixed:
    made = Mixed(township)
    async with township.pool.transaction() as tx:
        await tx.execute(
            "insert into practitioner (id, organization_id, name) values (%s, %s, '周敏')",
            (made.colleague, township.id),
        )
    return made


async def test_a_mixed_study_is_split_into_a_study_for_each_person(mixed, township, follow):
    request_id = await township.register()
    mine = [await mixed.send(WANG) for _ in range(2)]
    his = [await mixed.send(LIU, series="2") for _ in range(3)]
    await follow()
    first, second = await mixed.people()
    assert [one.name for one in first.statements] == ["王桂兰"]
    assert [one.name for one in second.statements] == ["刘德福"]
    assert (first.images, first.series, second.images, second.series) == (2, ["序列1"], 3, ["序列2"])
    (part_id,) = await mixed.split()
    await follow()
    part = (await mixed.rows("select * from imaging_study where id = %s", part_id))[0]
    study = await mixed.study()
    assert await mixed.images() == {
        mixed.uid: {one.sop_instance_uid for one in mine},
        part["study_instance_uid"]: {one.sop_instance_uid for one in his},
    }
    assert (study["hold"], study["match_state"], study["service_request_id"]) == ("", "sure", request_id)
    assert (part["source_patient_name"], part["instance_count"], part["split_from_id"]) == ("刘德福", 3, study["id"])
    assert part["hold"] == ""
    assert part["patient_id"] not in (None, study["patient_id"])
    assert [
        one["series_instance_uid"]
        for one in await mixed.rows("select series_instance_uid from imaging_series where study_id = %s", part_id)
    ] == [f"{mixed.uid}.2"]
    assert await mixed.rows("select id from quarantine where state = 'open'") == []
    decisions = await mixed.rows("select decision, decided_by from match_decision where decision = 'split'")
    assert decisions == [{"decision": "split", "decided_by": mixed.colleague}]
    kinds = {one["kind"] for one in await mixed.rows("select kind from event where subject = %s", part_id)}
    assert "study.indexed" in kinds


async def test_one_series_of_two_people_is_two_series_afterwards(mixed):
    await mixed.send(WANG)
    await mixed.send(LIU)
    (part_id,) = await mixed.split()
    (series,) = await mixed.rows("select series_instance_uid as uid from imaging_series where study_id = %s", part_id)
    assert series["uid"].startswith("2.25.")
    assert series["uid"] != f"{mixed.uid}.1"
    await mixed.send(LIU)
    (counted,) = await mixed.rows("select instance_count as n from imaging_series where study_id = %s", part_id)
    assert counted == {"n": 2}


async def test_later_images_go_to_the_person_they_state(mixed):
    await mixed.send(WANG)
    await mixed.send(LIU, series="2")
    (part_id,) = await mixed.split()
    later = [await mixed.send(LIU, series="3"), await mixed.send(LIU, series="2", patient_name="LIU^DEFU")]
    again = await mixed.send(WANG, series="4")
    part = (await mixed.rows("select * from imaging_study where id = %s", part_id))[0]
    images = await mixed.images()
    assert {one.sop_instance_uid for one in later} <= images[part["study_instance_uid"]]
    assert again.sop_instance_uid in images[mixed.uid]
    assert (await mixed.study())["hold"] == ""
    assert await mixed.rows("select id from quarantine where state = 'open'") == []


async def test_the_same_bytes_again_change_nothing(mixed):
    await mixed.send(WANG)
    his = await mixed.send(LIU, series="2")
    await mixed.split()
    before = await mixed.images()
    await mixed.receive(his)
    assert await mixed.images() == before
    assert (await mixed.study())["hold"] == ""


@pytest.mark.parametrize(
    "who", [SUN, {"patient_id": "", "patient_name": "", "sex": "", "birth_date": None}], ids=["a third", "nobody"]
)
async def test_a_later_image_of_a_third_or_of_nobody_is_held(mixed, who):
    await mixed.send(WANG)
    await mixed.send(LIU, series="2")
    await mixed.split()
    before = await mixed.images()
    image = await mixed.send(who, series="5")
    assert await mixed.images() == before
    assert (await mixed.study())["hold"] == "mixed"
    (case,) = await mixed.rows("select sop_instance_uid, study_instance_uid from quarantine where state = 'open'")
    assert case == {"sop_instance_uid": image.sop_instance_uid, "study_instance_uid": mixed.uid}


async def test_a_third_person_is_split_off_again(mixed):
    await mixed.send(WANG)
    await mixed.send(LIU, series="2")
    await mixed.split()
    await mixed.send(SUN, series="2")
    (part_id,) = await mixed.split()
    part = (await mixed.rows("select * from imaging_study where id = %s", part_id))[0]
    assert part["source_patient_name"] == "孙淑芝"
    assert len(await mixed.images()) == 3


async def test_the_proposer_does_not_confirm(mixed, township):
    await mixed.send(WANG)
    await mixed.send(LIU)
    correction = await mixed.propose()
    before = await mixed.images()
    with pytest.raises(Forbidden, match="four-eyes"):
        await mixed.confirm(correction, by=township.principal.practitioner_id)
    assert await mixed.images() == before
    assert (await mixed.study())["hold"] == "mixed"
    await mixed.confirm(correction)


async def test_more_images_of_the_same_people_do_not_stop_a_split_and_another_person_does(mixed):
    await mixed.send(WANG)
    await mixed.send(LIU)
    correction = await mixed.propose()
    await mixed.send(LIU)
    await mixed.send(SUN)
    with pytest.raises(Conflict, match="study-moved-on"):
        await mixed.confirm(correction)
    assert len(await mixed.images()) == 1
    (case,) = await mixed.rows("select count(*) as n from quarantine where state = 'open'")
    assert case == {"n": 3}


async def test_what_was_seen_is_what_is_proposed(mixed):
    await mixed.send(WANG)
    await mixed.send(LIU)
    seen = [one.keys for one in await mixed.people()]
    await mixed.send(SUN)
    with pytest.raises(Conflict, match="study-moved-on"):
        await mixed.propose(seen)


async def test_a_study_of_one_person_is_not_split(mixed):
    await mixed.send(WANG)
    with pytest.raises(Conflict, match="study-not-mixed"):
        await mixed.propose([])


async def test_a_study_has_one_proposal_at_a_time(mixed):
    await mixed.send(WANG)
    await mixed.send(LIU)
    await mixed.propose()
    with pytest.raises(Conflict, match="correction-open"):
        await mixed.propose()


async def test_another_township_proposes_nothing(mixed, townships):
    await mixed.send(WANG)
    await mixed.send(LIU)
    mixed.township = townships[1]
    with pytest.raises(NotFound):
        await mixed.propose()


async def test_what_contradicts_a_stored_image_stays_apart(mixed):
    mine = await mixed.send(WANG)
    await mixed.send(LIU)
    async with mixed.township.pool.transaction() as tx:
        (study,) = await mixed.rows("select id from imaging_study")
        clash = Arrival(
            **{
                **{name: getattr(mine, name) for name in mine.__dataclass_fields__},
                **LIU,
                "digest": "ab" * 32,
            }
        )
        await quarantine.open_case(tx, quarantine.of_clash(clash, quarantine.Clash.ANOTHER_PATIENT))
    (part_id,) = await mixed.split()
    (left,) = await mixed.rows("select reason, sop_instance_uid from quarantine where state = 'open'")
    assert left == {"reason": "instance-changed", "sop_instance_uid": mine.sop_instance_uid}
    assert (await mixed.rows("select instance_count as n from imaging_study where id = %s", part_id))[0] == {"n": 1}
    assert study["id"] != part_id


async def test_images_after_a_release_as_one_person_are_taken_from_both_spellings(mixed, township):
    await mixed.send(WANG)
    await mixed.send({**WANG, "patient_id": "239999195603140032"})
    (case,) = await mixed.rows("select id from quarantine")
    async with township.pool.transaction() as tx:
        await quarantine.release(
            tx, township.scope, case["id"], by=mixed.colleague, note="同一人，登记号有误", now=township.now
        )
    await mixed.send(WANG)
    await mixed.send({**WANG, "patient_id": "239999195603140032"})
    assert len((await mixed.images())[mixed.uid]) == 4
    assert (await mixed.study())["hold"] == ""
