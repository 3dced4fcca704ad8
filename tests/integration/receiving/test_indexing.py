"""From the last byte of an instance to its row, its event, or its place in quarantine."""

import asyncio
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from pydicom.uid import JPEGLSLossless, RLELossless

from dicom_gateway.archive import Archive
from dicom_gateway.indexer import Indexer
from dicom_gateway.intake import inspect
from dicom_gateway.spool import Refused, Stored, Threads, adopt, open_spool
from dicom_gateway.spool.files import Posix
from telemed.db import open_pool
from telemed.errors import Conflict, NotFound, Unavailable
from telemed.imaging import quarantine, store
from telemed.vocabulary import EVERYWHERE, PractitionerId, Scope, ScopeKind
from tests.datasets import data_set, encoded
from tests.integration.receiving.conftest import RECEIVED, Gateway


async def send(gateway: Gateway, made, **how) -> Stored | Refused:
    return await gateway.send(encoded(made), sop_instance_uid=str(made.SOPInstanceUID), **how)


async def test_an_instance_becomes_a_row_of_study_series_and_instance_and_an_event(gateway: Gateway) -> None:
    for number in (1, 2, 3):
        assert isinstance(await send(gateway, data_set(InstanceNumber=number)), Stored)
    await gateway.indexer.drain()
    [study] = await gateway.rows(
        "select source_patient_name, source_name_search, source_patient_id, source_sex, accession_number, modalities,"
        " instance_count, series_count, completeness, acquired_at at time zone 'Asia/Shanghai', device_id is not null"
        " from imaging_study"
    )
    assert study[:9] == ("王^桂兰", "王桂兰", "239999195603140024", "F", "A0001", ["CT"], 3, 1, "receiving")
    assert study[9].isoformat() == "2026-11-23T08:31:05"
    assert study[10]
    assert await gateway.rows("select count(*), sum(size) from imaging_instance") == [(3, 3 * 616)]
    events = await gateway.rows("select kind, topics, ids::text from event order by id")
    assert [kind for kind, _, _ in events] == ["study.indexed"]
    assert "worklist" in events[0][1]
    assert "王" not in events[0][2]


async def test_what_is_indexed_leaves_the_journal(gateway: Gateway) -> None:
    await send(gateway, data_set())
    assert gateway.spool.journal.backlog
    await gateway.indexer.drain()
    assert not gateway.spool.journal.backlog


async def test_the_same_bytes_again_change_nothing(gateway: Gateway) -> None:
    await send(gateway, data_set())
    answer = await send(gateway, data_set())
    assert isinstance(answer, Stored)
    assert answer.duplicate
    await gateway.indexer.drain()
    await send(gateway, data_set())
    await gateway.indexer.drain()
    assert await gateway.rows("select instance_count from imaging_study") == [(1,)]
    assert await gateway.rows("select count(*) from quarantine") == [(0,)]
    assert await gateway.rows("select count(*) from event") == [(1,)]


async def test_replaying_a_journal_is_idempotent(gateway: Gateway) -> None:
    await send(gateway, data_set())
    batch = await gateway.spool.journal.read(10)
    await gateway.indexer.index(batch.records)
    await gateway.indexer.index(batch.records)
    assert await gateway.rows("select instance_count from imaging_study") == [(1,)]


@pytest.mark.parametrize("form", ["implicit", "big", "rle", "jpeg-ls"])
async def test_the_same_content_in_another_encoding_is_recorded_without_alarm(gateway: Gateway, form: str) -> None:
    made = data_set()
    await send(gateway, made)
    await gateway.indexer.drain()
    syntax = {"implicit": "1.2.840.10008.1.2", "big": "1.2.840.10008.1.2.2"}.get(form, "")
    if form == "implicit":
        content = encoded(made, implicit=True)
    elif form == "big":
        swapped = data_set(PixelData=np.frombuffer(made.PixelData, "<u2").astype(">u2").tobytes())
        content = encoded(swapped, little=False)
    else:
        uid = RLELossless if form == "rle" else JPEGLSLossless
        syntax = str(uid)
        made.compress(uid, np.frombuffer(made.PixelData, "<u2").reshape(8, 8), generate_instance_uid=False)
        del made.file_meta
        content = encoded(made)
    answer = await gateway.send(content, sop_instance_uid=str(made.SOPInstanceUID), transfer_syntax=syntax)
    assert isinstance(answer, Stored)
    await gateway.indexer.drain()
    assert await gateway.rows("select count(*) from quarantine") == [(0,)]
    assert await gateway.rows("select transfer_syntax_uid from imaging_encoding") == [(syntax,)]
    assert await gateway.rows("select instance_count from imaging_study") == [(1,)]


@pytest.mark.parametrize("change", [{"PixelData": bytes(127) + b"\x01"}, {"PatientPosition": "HFS"}])
async def test_other_content_under_the_same_uid_is_kept_apart_and_alarmed(gateway: Gateway, change: dict) -> None:
    await send(gateway, data_set())
    answer = await send(gateway, data_set(**change))
    assert isinstance(answer, Stored)
    await gateway.indexer.drain()
    [(reason, digest)] = await gateway.rows("select reason, encode(digest, 'hex') from quarantine")
    assert (reason, digest) == ("instance-changed", answer.digest)
    assert await gateway.rows("select count(*) from event where kind = 'quarantine.opened'") == [(1,)]
    assert Archive(gateway.root).is_whole(digest)
    assert await gateway.rows("select instance_count from imaging_study") == [(1,)]


async def test_a_study_uid_of_another_sender_is_kept_apart(gateway: Gateway) -> None:
    await send(gateway, data_set())
    await send(gateway, data_set(InstanceNumber=2), organization=gateway.other_organization)
    await gateway.indexer.drain()
    assert await gateway.rows("select reason, study_instance_uid <> '' from quarantine") == [
        ("study-of-another-sender", True)
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"PatientName": "刘^德福", "PatientID": "239999198907220115", "PatientSex": "M"},
        {"PatientBirthDate": "19600101"},
        {"PatientSex": "M"},
    ],
)
async def test_two_persons_under_one_study_uid_hold_the_study(gateway: Gateway, change: dict) -> None:
    await send(gateway, data_set())
    await send(gateway, data_set(InstanceNumber=2, **change))
    await gateway.indexer.drain()
    assert await gateway.rows("select reason from quarantine") == [("study-of-another-patient",)]
    assert await gateway.rows("select hold, instance_count from imaging_study") == [("mixed", 1)]
    assert await gateway.rows("select contradicts from imaging_statement order by contradicts") == [(False,), (True,)]


@pytest.mark.parametrize("change", [{"PatientName": "王桂兰 "}, {"PatientName": "Wang^Guilan"}, {"PatientSex": ""}])
async def test_one_person_written_otherwise_is_no_clash(gateway: Gateway, change: dict) -> None:
    await send(gateway, data_set())
    await send(gateway, data_set(InstanceNumber=2, **change))
    await gateway.indexer.drain()
    assert await gateway.rows("select instance_count, hold from imaging_study") == [(2, "")]


async def test_a_series_uid_of_another_study_is_kept_apart_and_leaves_no_empty_study(gateway: Gateway) -> None:
    await send(gateway, data_set())
    await send(gateway, data_set(InstanceNumber=2, StudyInstanceUID="1.2.3.4"))
    await gateway.indexer.drain()
    assert await gateway.rows("select reason from quarantine") == [("series-of-another-study",)]
    assert await gateway.rows("select count(*) from imaging_study") == [(1,)]


async def test_a_truncated_data_set_is_refused_and_its_bytes_are_kept(gateway: Gateway) -> None:
    content = encoded(data_set())[:-10]
    answer = await gateway.send(content, sop_instance_uid="1.2.3")
    assert isinstance(answer, Refused)
    assert (answer.status, answer.transient, answer.reason) == (0xC000, False, "data-set-truncated")
    await gateway.indexer.drain()
    [(digest, state, organization)] = await gateway.rows(
        "select encode(digest, 'hex'), state, organization_id from quarantine"
    )
    assert b"".join(Archive(gateway.root).blocks(digest, verify=True)) == content
    assert (state, organization) == ("open", gateway.organization)


async def test_a_refused_data_set_sent_three_times_is_one_case(gateway: Gateway) -> None:
    for _ in range(3):
        await gateway.send(b"rubbish, no data set", sop_instance_uid="1.2.3")
    await gateway.indexer.drain()
    assert await gateway.rows("select times, reason from quarantine") == [(3, "data-set-unreadable")]


async def test_an_instance_announced_under_another_uid_is_refused_and_may_be_released(gateway: Gateway) -> None:
    answer = await gateway.send(encoded(data_set()), sop_instance_uid="1.2.3")
    assert isinstance(answer, Refused)
    assert answer.status == 0xC001
    answer = await gateway.send(encoded(data_set()), sop_instance_uid="1.2.3", sop_class_uid="1.2")
    assert isinstance(answer, Refused)
    assert answer.status == 0xA900
    await gateway.indexer.drain()
    by = await practitioner(gateway)
    async with gateway.pool.connection() as connection:
        cases = await quarantine.cases(connection, EVERYWHERE, unplaced=True, state="open", before=None, limit=10)
    assert [case.patient_name for case in cases] == ["王^桂兰", "王^桂兰"]
    async with gateway.pool.transaction() as tx:
        await quarantine.release(tx, EVERYWHERE, cases[0].id, by=by, note="已核对", now=RECEIVED)
    assert await gateway.rows("select instance_count from imaging_study") == [(1,)]


async def practitioner(gateway: Gateway) -> PractitionerId:
    number = uuid4()
    async with gateway.pool.transaction() as tx:
        await tx.execute(
            "insert into practitioner (id, organization_id, name) values (%s, %s, '赵国军')",
            (number, gateway.organization),
        )
    return PractitionerId(number)


async def test_one_person_after_all_is_released_and_the_hold_is_lifted(gateway: Gateway) -> None:
    await send(gateway, data_set())
    await send(gateway, data_set(InstanceNumber=2, PatientBirthDate="19560315"))
    await gateway.indexer.drain()
    by = await practitioner(gateway)
    [(case,)] = await gateway.rows("select id from quarantine")
    async with gateway.pool.transaction() as tx:
        await quarantine.release(tx, EVERYWHERE, case, by=by, note="同一人", now=RECEIVED)
    assert await gateway.rows("select instance_count, hold from imaging_study") == [(2, "")]
    # what was said once is not asked again
    await send(gateway, data_set(InstanceNumber=3, PatientBirthDate="19560315"))
    await gateway.indexer.drain()
    assert await gateway.rows("select instance_count, hold from imaging_study") == [(3, "")]
    with pytest.raises(Conflict):
        async with gateway.pool.transaction() as tx:
            await quarantine.discard(tx, EVERYWHERE, case, by=by, note="", now=RECEIVED)


async def test_changed_content_cannot_be_released_over_the_stored_one(gateway: Gateway) -> None:
    await send(gateway, data_set())
    await send(gateway, data_set(PatientPosition="HFS"))
    await gateway.indexer.drain()
    by = await practitioner(gateway)
    [(case,)] = await gateway.rows("select id from quarantine")
    with pytest.raises(Conflict):
        async with gateway.pool.transaction() as tx:
            await quarantine.release(tx, EVERYWHERE, case, by=by, note="已核对", now=RECEIVED)
    async with gateway.pool.transaction() as tx:
        await quarantine.discard(tx, EVERYWHERE, case, by=by, note="", now=RECEIVED)
    assert await gateway.rows("select state from quarantine") == [("discarded",)]


async def test_a_case_outside_of_ones_scope_is_not_there(gateway: Gateway) -> None:
    await gateway.send(b"rubbish", sop_instance_uid="1.2.3")
    await gateway.indexer.drain()
    [(case,)] = await gateway.rows("select id from quarantine")
    elsewhere = Scope(ScopeKind.OWN, frozenset({gateway.other_organization}))
    with pytest.raises(NotFound):
        async with gateway.pool.transaction() as tx:
            await quarantine.discard(tx, elsewhere, case, by=PractitionerId(uuid4()), note="", now=RECEIVED)
    async with gateway.pool.connection() as connection:
        assert await quarantine.cases(connection, elsewhere, unplaced=False, state="open", before=None, limit=10) == []
        assert await quarantine.count_open(connection, EVERYWHERE, unplaced=True) == 1


async def test_two_contents_of_one_uid_in_one_batch_keep_the_first(gateway: Gateway) -> None:
    first = await send(gateway, data_set())
    await asyncio.gather(send(gateway, data_set(PatientPosition="HFS")), send(gateway, data_set(PatientPosition="FFS")))
    assert isinstance(first, Stored)
    await gateway.indexer.drain()
    assert await gateway.rows("select encode(digest, 'hex') from imaging_instance") == [(first.digest,)]
    assert await gateway.rows("select count(*) from quarantine") == [(2,)]


async def test_receiving_goes_on_while_the_database_is_away_and_the_journal_is_adopted_later(
    gateway: Gateway, tmp_path: Path
) -> None:
    threads = Threads(2)
    dead = open_spool(gateway.root, "dead-process", inspect, threads)
    nowhere = await open_pool("postgresql:///nowhere?host=/nonexistent", patience=0.05)
    trying = asyncio.create_task(Indexer(dead, nowhere).run())
    other = Gateway(dead, gateway.indexer, gateway.pool, gateway.organization, gateway.organization, gateway.root)
    for number in range(1, 6):
        assert isinstance(await send(other, data_set(InstanceNumber=number)), Stored)
    trying.cancel()
    await asyncio.gather(trying, return_exceptions=True)
    await dead.close()
    await nowhere.close()
    threads.close()
    assert (gateway.root / "spool" / "dead-process").exists()
    await gateway.indexer.adopt()
    assert await gateway.rows("select instance_count from imaging_study") == [(5,)]
    assert not (gateway.root / "spool" / "dead-process").exists()


async def test_a_journal_whose_process_lives_is_not_adopted(gateway: Gateway) -> None:
    await send(gateway, data_set())
    assert adopt(Posix(), gateway.root) == []


async def test_a_damaged_blob_is_repaired_by_a_resend(gateway: Gateway) -> None:
    answer = await send(gateway, data_set())
    assert isinstance(answer, Stored)
    archive = Archive(gateway.root)
    path = archive.path(answer.digest)
    path.chmod(0o640)
    path.write_bytes(b"rot" + path.read_bytes()[3:])
    assert list(archive.scrub()) == [answer.digest]
    again = await send(gateway, data_set())
    assert isinstance(again, Stored)
    assert not again.duplicate
    assert list(archive.scrub()) == []


async def test_the_announced_number_is_noted_only_for_the_senders_own_study(gateway: Gateway) -> None:
    await send(gateway, data_set())
    await gateway.indexer.drain()
    async with gateway.pool.transaction() as tx:
        uid = str(data_set().StudyInstanceUID)
        assert await store.expect(tx, uid, gateway.other_organization, 40, RECEIVED) is None
        assert await store.expect(tx, uid, gateway.organization, 40, RECEIVED) is not None


async def test_a_sender_that_left_the_directory_is_kept_apart_until_it_is_enrolled_again(gateway: Gateway) -> None:
    await send(gateway, data_set(), organization=uuid4(), ae="GONE")
    await gateway.indexer.drain()
    [(case, reason)] = await gateway.rows("select id, reason from quarantine")
    assert reason == "sender-unknown"
    by = await practitioner(gateway)
    with pytest.raises(Conflict):
        async with gateway.pool.transaction() as tx:
            await quarantine.release(tx, EVERYWHERE, case, by=by, note="已核对", now=RECEIVED)
    async with gateway.pool.transaction() as tx:
        await tx.execute(
            "insert into device (organization_id, ae_title) values (%s, 'GONE')", (gateway.other_organization,)
        )
        await quarantine.release(tx, EVERYWHERE, case, by=by, note="已核对", now=RECEIVED)
    assert await gateway.rows("select organization_id, instance_count from imaging_study") == [
        (gateway.other_organization, 1)
    ]


async def test_an_adoption_that_fails_gives_every_journal_back(gateway: Gateway) -> None:
    threads = Threads(2)
    for number in range(2):
        dead = open_spool(gateway.root, f"dead-{number}", inspect, threads)
        other = Gateway(dead, gateway.indexer, gateway.pool, gateway.organization, gateway.organization, gateway.root)
        await send(other, data_set(InstanceNumber=number + 1))
        await dead.close()
    nowhere = await open_pool("postgresql:///nowhere?host=/nonexistent", patience=0.05)
    with pytest.raises(Unavailable):
        await Indexer(gateway.spool, nowhere).adopt()
    await nowhere.close()
    await gateway.indexer.adopt()
    assert await gateway.rows("select instance_count from imaging_study") == [(2,)]
    threads.close()


async def test_what_cannot_be_indexed_does_not_hold_up_what_comes_behind(gateway: Gateway) -> None:
    async with gateway.pool.transaction() as tx:
        await tx.execute("alter table imaging_instance add constraint planted check (instance_number <> 2)")
    for number in (1, 2, 3):
        await send(gateway, data_set(InstanceNumber=number))
    await gateway.indexer.drain()
    assert await gateway.rows("select instance_count from imaging_study") == [(2,)]
    assert await gateway.rows("select reason from quarantine") == [("not-indexable",)]
