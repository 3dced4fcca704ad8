"""From a signed consultation to what everybody reads, and what stands in the way."""

from __future__ import annotations

import asyncio
import errno
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from PIL import Image

from telemed.teaching.copying import LEASE, copy_one
from telemed.teaching.keeping import OLD, Copies
from tests.hiring import signed_in
from tests.integration.consultation.requests.door import Somebody
from tests.integration.teaching.taught import TEXTS, Taught
from tests.unit.teaching.phantoms import decoded

IDENTIFYING = ("王桂兰", "WANG", "P0001", "LH001", "20261126")


async def picture(who: Somebody, path: str) -> tuple[int, bytes]:
    async with who.client.get(path, headers=signed_in(who.token)) as answer:
        return answer.status, await answer.read()


async def test_a_reader_sees_the_case_its_images_and_nothing_that_leads_to_the_patient(taught: Taught):
    number = await taught.signed()
    case = await taught.into("released", number)
    reader = taught.people["reader"]
    status, listed = await reader.call("GET", "/api/teaching")
    assert status == 200
    (line,) = listed["items"]
    assert (line["id"], line["title"], line["modalities"], line["images"]) == (case, TEXTS["title"], ["CT", "US"], 3)
    status, told = await reader.call("GET", f"/api/teaching/{case}")
    assert status == 200
    assert [(one["modality"], one["study_number"]) for one in told["images"]] == [("CT", 1), ("CT", 1), ("US", 1)]
    assert told["withdraws"] is False
    said = json.dumps([listed, told], ensure_ascii=False)
    forbidden = [str(number), str(taught.asked.county.patient), taught.study, "LH001", "王桂兰", "P0001"]
    forbidden += [
        str(one) for row in await taught.asked.rows("select id, series_id from imaging_instance") for one in row
    ]
    forbidden += [one for (one,) in await taught.asked.rows("select sop_instance_uid from imaging_instance")]
    forbidden += [one for (one,) in await taught.asked.rows("select name from practitioner where name <> '医师'")]
    assert [one for one in forbidden if one in said] == []
    status, drawn = await picture(reader, f"/api/teaching/{case}/images/{told['images'][0]['id']}/frames/1?side=64")
    assert status == 200
    assert Image.open(io.BytesIO(drawn)).size == (64, 64)
    # no such frame, no such image
    for wrong in (f"{told['images'][0]['id']}/frames/2", f"{uuid4()}/frames/1", f"{told['images'][0]['id']}/frames/x"):
        assert (await picture(reader, f"/api/teaching/{case}/images/{wrong}"))[0] == 404


async def test_the_copies_on_the_disk_say_nothing_and_the_originals_are_as_they_were(taught: Taught):
    number = await taught.signed()
    before = {one: one.read_bytes() for one in taught.archive.root.rglob("archive/*/*")}
    await taught.into("released", number)
    copies = [one for one in taught.making.copies.folder.rglob("*") if one.is_file()]
    assert len(copies) == 3
    for one in copies:
        content = one.read_bytes()
        for said in (*IDENTIFYING, taught.study):
            assert said.encode() not in content
            assert said.encode("gb18030") not in content
        assert decoded(content).PatientIdentityRemoved == "YES"
    assert len({decoded(one.read_bytes()).StudyInstanceUID for one in copies}) == 1
    assert {one: one.read_bytes() for one in taught.archive.root.rglob("archive/*/*")} == before


async def test_a_search_by_word_modality_and_part(taught: Taught):
    case = await taught.into("released", await taught.signed())
    reader = taught.people["reader"]
    for query, found in (
        ("search=磨玻璃", True),
        ("search=随访", True),
        ("search=骨折", False),
        ("search=%25", False),
        ("modality=US", True),
        ("modality=MR", False),
        ("body_part=chest", True),
        ("body_part=head", False),
        ("search=磨玻璃&modality=CT&body_part=chest", True),
    ):
        status, listed = await reader.call("GET", f"/api/teaching?{query}")
        assert status == 200
        assert [one["id"] for one in listed["items"]] == ([case] if found else []), query


async def test_a_withdrawn_case_is_as_if_it_had_never_been(taught: Taught):
    case = await taught.into("released", await taught.signed())
    reader = taught.people["reader"]
    _, told = await reader.call("GET", f"/api/teaching/{case}")
    path = f"/api/teaching/{case}/images/{told['images'][0]['id']}/frames/1"
    assert (await picture(reader, path))[0] == 200
    assert (await taught.take("second", case, "withdraw"))[0] == 204
    assert (await reader.call("GET", f"/api/teaching/{case}"))[0] == 404
    assert (await picture(reader, path))[0] == 404
    assert (await reader.call("GET", "/api/teaching"))[1]["items"] == []
    # the reason and the way back to the consultation stay with those who govern
    assert await taught.asked.rows(
        "select s.reason, c.consultation_id is not null from teaching_step s join teaching_case c on c.id = s.case_id"
        " where s.command = 'withdraw'"
    ) == [("不合适", True)]
    audited = await taught.asked.rows("select count(*) from audit_event where action = 'teaching.propose'")
    assert audited[0][0] > 0


@pytest.mark.parametrize("state", ["copying", "prepared", "submitted", "refused"])
async def test_before_it_is_released_nobody_reads_it(taught: Taught, state: str):
    case = await taught.into(state, await taught.signed())
    for who in ("reader", "bystander", "second", "proposer"):
        assert (await taught.people[who].call("GET", f"/api/teaching/{case}"))[0] == 404
        assert (await taught.people[who].call("GET", "/api/teaching"))[1]["items"] == []


async def test_the_second_person_is_not_the_first_even_where_the_role_would_do(taught: Taught):
    """The head of the centre proposes, and the quality officer releases."""
    number = await taught.signed()
    status, case, answer = await taught.propose(number, by="second")
    assert status == 204, answer
    await taught.copy()
    assert (await taught.take("second", case, "look"))[0] == 204
    assert (await taught.take("second", case, "submit"))[0] == 204
    status, answer = await taught.take("second", case, "release")
    assert (status, answer["code"]) == (403, "not-your-part")
    assert (await taught.take("quality", case, "release"))[0] == 204
    # nor does the database take it
    with pytest.raises(psycopg.errors.CheckViolation):
        await taught.asked.rows("update teaching_case set released_by = proposer_id where id = %s returning id", case)


async def test_a_flagged_image_is_looked_at_or_nothing_is_released(taught: Taught):
    number = await taught.signed(slices=1, pictures=2)
    _, case, _ = await taught.propose(number)
    await taught.copy()
    images = (await taught.of(case))["images"]
    assert [one["grounds"] for one in images] == [[], ["device"], ["device"]]
    revision = await taught.revision(case)
    status, answer = await taught.act("proposer", case, "submit", revision=revision)
    assert (status, answer["code"]) == (409, "images-undecided")
    assert (await taught.act("proposer", case, "look", images=[images[1]["id"]], verdict="clear"))[0] == 204
    status, answer = await taught.take("proposer", case, "submit")
    assert (status, answer["code"]) == (409, "images-undecided")
    # nor does the database take it
    with pytest.raises(psycopg.errors.CheckViolation):
        await taught.asked.rows("update teaching_case set state = 'submitted' where id = %s returning id", case)
    assert (await taught.act("proposer", case, "look", images=[images[2]["id"]], verdict="out"))[0] == 204
    assert (await taught.take("proposer", case, "submit"))[0] == 204
    # what was left out is before nobody's eyes any more
    shown = (await taught.of(case, "second"))["images"]
    assert [one["id"] for one in shown] == [images[0]["id"], images[1]["id"]]
    path = f"/api/teaching-proposals/{case}/images/{images[2]['id']}/frames/1"
    assert (await picture(taught.people["second"], path))[0] == 404
    assert (await picture(taught.people["second"], path.replace(images[2]["id"], images[1]["id"])))[0] == 200
    assert (await taught.take("second", case, "release"))[0] == 204
    _, told = await taught.people["reader"].call("GET", f"/api/teaching/{case}")
    assert [one["id"] for one in told["images"]] == [images[0]["id"], images[1]["id"]]
    assert (await picture(taught.people["reader"], f"/api/teaching/{case}/images/{images[2]['id']}/frames/1"))[0] == 404
    # and is not judged anew behind the readers' back
    with pytest.raises(psycopg.errors.CheckViolation):
        await taught.asked.rows("update teaching_image set verdict = 'clear' where case_id = %s returning id", case)


async def test_no_case_without_an_image(taught: Taught):
    _, case, _ = await taught.propose(await taught.signed(slices=1, pictures=0))
    await taught.copy()
    (image,) = (await taught.of(case))["images"]
    assert (await taught.act("proposer", case, "look", images=[image["id"]], verdict="out"))[0] == 204
    status, answer = await taught.take("proposer", case, "submit")
    assert (status, answer["code"]) == (409, "no-image-left")


async def test_a_report_is_left_out_and_the_images_go_on(taught: Taught):
    number = await taught.signed(slices=1, pictures=0, reports=1)
    every = [str(one) for (one,) in await taught.asked.rows("select id from imaging_series")]
    _, told = await taught.people["proposer"].call("GET", f"/api/consultations/{number}/teaching")
    assert sorted(one["why"] for one in told["series"]) == ["", "structured-report"]
    status, case, _ = await taught.propose(number, series=every)
    assert status == 204
    await taught.copy()
    assert sorted((one["state"], one["why"]) for one in (await taught.of(case))["images"]) == [
        ("copied", ""),
        ("left-out", "structured-report"),
    ]


async def test_texts_with_what_the_record_knows_are_refused_and_nothing_is_kept(taught: Taught):
    number = await taught.signed()
    (patient,) = (await taught.asked.rows("select name from patient where id = %s", taught.asked.county.patient))[0]
    (place,) = (await taught.asked.rows("select name from organization where id = %s", taught.asked.county.township))[0]
    (expert,) = (await taught.asked.rows("select name from practitioner where id = %s", taught.asked.who("qin")))[0]
    (consultation,) = (await taught.asked.rows("select number from consultation where id = %s", number))[0]
    for field, text in (
        ("title", f"{patient}的结节"),
        ("teaches", f"由{expert}讲解"),
        ("question", f"来自{place}"),
        ("opinion", "检查号 LH 001 见结节"),
        ("opinion", f"会诊 {consultation}"),
        ("keywords", [patient]),
        ("keywords", [patient[:1], patient[1:]]),
        ("opinion", "联系 13800138000"),
    ):
        if field == "opinion" and "LH" in text:
            text = "检查号 LH0 01"  # noqa: PLW2901 -- however it is spaced
        status, _, answer = await taught.propose(number, **{field: text})
        assert (status, answer["code"]) == (422, "identifier-in-text"), (field, text)
        assert patient not in json.dumps(answer, ensure_ascii=False)
    assert await taught.asked.rows("select count(*) from teaching_case") == [(0,)]
    # what was asked before says where
    body = {"fields": [{"field": "title", "text": f"见{patient}"}, {"field": "opinion", "text": "2026年11月26日复查"}]}
    status, told = await taught.people["proposer"].call("POST", f"/api/consultations/{number}/teaching/check", body)
    assert status == 200
    assert told["fields"][0]["found"] == [{"start": 1, "end": 1 + len(patient), "sign": "person", "refused": True}]
    assert [(one["sign"], one["refused"]) for one in told["fields"][1]["found"]] == [("date", False)]


async def test_what_the_record_learns_later_keeps_it_from_being_released(taught: Taught):
    case = await taught.into("submitted", await taught.signed())
    await taught.asked.rows(
        "update patient set phone = '左肺上叶磨玻璃结节' where id = %s returning id", taught.asked.county.patient
    )
    status, answer = await taught.take("second", case, "release")
    assert (status, answer["code"]) == (422, "identifier-in-text")
    assert await taught.state(case) == "submitted"


async def test_whoever_releases_has_seen_what_is_released(taught: Taught):
    case = await taught.into("submitted", await taught.signed())
    seen = (await taught.of(case, "second"))["revision"]
    assert (await taught.take("second", case, "refuse"))[0] == 204
    assert (await taught.take("proposer", case, "texts"))[0] == 204
    assert (await taught.take("proposer", case, "submit"))[0] == 204
    status, answer = await taught.act("second", case, "release", revision=seen)
    assert (status, answer["code"]) == (409, "teaching-case-changed")


async def test_what_is_not_signed_or_not_theirs_is_not_proposed(taught: Taught):
    number = await taught.signed()
    series = await taught.series(number)
    status, _, answer = await taught.propose(number, by="bystander", series=series)
    assert (status, answer["code"]) == (404, "unknown-consultation")
    assert (await taught.propose(number, by="clerk", series=series))[0] == 403
    status, _, answer = await taught.propose(number, series=[str(uuid4())])
    assert (status, answer["code"]) == (422, "unknown-series")
    open_ = await taught.asked.in_session()
    status, _, answer = await taught.propose(open_, series=series)
    assert (status, answer["code"]) == (409, "opinion-not-signed")
    _, told = await taught.people["proposer"].call("GET", f"/api/consultations/{open_}/teaching")
    assert (told["may"], told["opinion"], told["series"]) == (False, "", [])


async def test_proposing_twice_proposes_once(taught: Taught):
    number = await taught.signed()
    status, case, _ = await taught.propose(number)
    assert status == 204
    assert (await taught.propose(number, id=case))[0] == 204
    assert await taught.asked.rows("select count(*) from teaching_case") == [(1,)]
    assert await taught.asked.rows("select count(*) from teaching_image") == [(3,)]
    status, _, answer = await taught.propose(number, by="second", id=case)
    assert (status, answer["code"]) == (409, "id-in-use")


async def test_whoever_does_not_read_gets_nothing(taught: Taught):
    case = await taught.into("released", await taught.signed())
    for path in ("/api/teaching", f"/api/teaching/{case}", "/api/teaching-proposals"):
        assert (await taught.people["clerk"].call("GET", path))[0] == 403
        async with taught.people["clerk"].client.get(path) as answer:
            assert answer.status == 401


@pytest.mark.parametrize("step", ["read", "kept", "half"])
async def test_a_worker_that_dies_is_followed_by_one_that_goes_on(taught: Taught, step: str):
    """It dies while it makes the second copy: before it read, with half a file, or with a whole one and no row."""
    number = await taught.signed()
    _, case, _ = await taught.propose(number)
    making = taught.making
    assert await copy_one(making, taught.asked.county.now)

    class Died(Exception):
        pass

    class Dying(Copies):
        def keep(self, content: bytes) -> str:
            if step == "half":
                place = self.folder / "archive" / "ab" / ".x.new"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content[:99])
            else:
                super().keep(content)
            raise Died

    def read(digest: str) -> bytes:
        raise Died

    dying = replace(making, read=read) if step == "read" else replace(making, copies=Dying(making.copies.folder))
    with pytest.raises(Died):
        await copy_one(dying, taught.asked.county.now)
    # the case is leased: nobody makes it meanwhile, and nothing half is before anybody
    assert not await copy_one(making, taught.asked.county.now)
    assert await taught.state(case) == "copying"
    assert (await taught.take("proposer", case, "submit"))[0] == 409
    taught.asked.county.now += LEASE
    await taught.copy()
    assert await taught.state(case) == "prepared"
    files = [one for one in making.copies.folder.rglob("*") if one.is_file() and not one.name.startswith(".")]
    assert len(files) == 3
    halves = 1 if step == "half" else 0
    assert making.copies.tidy(datetime.now(UTC)) == 0  # somebody may still be writing it
    assert making.copies.tidy(datetime.now(UTC) + 2 * OLD) == halves


async def test_a_full_disk_is_tried_again(taught: Taught):
    _, case, _ = await taught.propose(await taught.signed())

    class Full(Copies):
        def keep(self, content: bytes) -> str:  # noqa: ARG002 -- as it is called
            raise OSError(errno.ENOSPC, "full")

    full = replace(taught.making, copies=Full(taught.making.copies.folder))
    assert await copy_one(full, taught.asked.county.now)
    assert not await copy_one(full, taught.asked.county.now)
    assert await taught.asked.rows("select state, fault, attempts from teaching_case") == [("copying", "storage", 1)]
    taught.asked.later(minutes=1)
    await taught.copy()
    assert await taught.state(case) == "prepared"


async def test_an_original_that_is_lost_is_left_out(taught: Taught):
    _, case, _ = await taught.propose(await taught.signed(slices=1, pictures=0))

    def read(digest: str) -> bytes:
        raise FileNotFoundError(digest)

    await taught.copy(replace(taught.making, read=read))
    told = await taught.of(case)
    assert (told["state"], told["fault"]) == ("failed", "no-image")
    assert [one["why"] for one in told["images"]] == ["missing"]


async def test_a_case_taken_back_while_it_is_copied_gets_no_copy(taught: Taught):
    _, case, _ = await taught.propose(await taught.signed())
    assert await copy_one(taught.making, taught.asked.county.now)
    assert (await taught.take("proposer", case, "withdraw"))[0] == 204
    assert not await copy_one(taught.making, taught.asked.county.now)
    assert await taught.asked.rows(
        "select count(*) from teaching_image where case_id = %s and state = 'copied'", UUID(case)
    ) == [(1,)]


async def test_two_workers_make_each_copy_once(taught: Taught):
    _, case, _ = await taught.propose(await taught.signed(slices=4))
    await asyncio.gather(taught.copy(), taught.copy())
    await taught.copy()
    assert await taught.state(case) == "prepared"
    images = (await taught.of(case))["images"]
    assert [one["number"] for one in images] == [1, 2, 3, 4, 5]
    assert {one["state"] for one in images} == {"copied"}


async def test_the_list_of_proposals_is_ones_own_and_what_waits_for_one(taught: Taught):
    number = await taught.signed()
    case = await taught.into("prepared", number)

    async def listed(who: str) -> list[str]:
        status, told = await taught.people[who].call("GET", "/api/teaching-proposals")
        assert status == 200
        return [one["id"] for one in told["items"]]

    assert await listed("proposer") == [case]
    assert await listed("second") == []
    assert await listed("bystander") == []
    assert (await taught.take("proposer", case, "submit"))[0] == 204
    assert await listed("second") == [case]
    assert await listed("quality") == [case]
    assert await listed("bystander") == []
    assert (await taught.people["bystander"].call("GET", f"/api/teaching-proposals/{case}"))[0] == 404
