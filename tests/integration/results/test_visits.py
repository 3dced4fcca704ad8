"""Visits over a socket: kept once with their messages, changed and taken back by versions, whose they are."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from structlog.testing import capture_logs

from telemed.results import quarantine
from telemed.results.code_map import CodeMaps, read
from telemed.vocabulary import Scope, ScopeKind
from tests.integration.results.conftest import ZONE
from tests.unit.results.adt_samples import BEGAN, PATIENT, adt, pv1
from tests.unit.results.hl7_samples import message

ANOTHER = "PID|1||30001^^^县医院^MR~239999196001010032^^^CN^NNCHN||李秀英||19600101|M"
WRONG_ID = PATIENT.replace("239999195603140024", "239999195603140025")
VERSIONS = """select v.act, v.class, v.began_at, v.began_day, v.patient_id, v.linked from encounter_version v
              join encounter e on e.id = v.encounter_id where e.number = %s order by v.told_at, v.act_rank"""


@pytest.fixture
async def hospital(laboratory):
    """The county hospital's own system is let in beside its laboratory."""
    await laboratory.enrol("HIS", "县医院", "county-hospital")
    return laboratory


async def acts(hospital, number="V1"):
    return [row[0] for row in await hospital.rows(VERSIONS, number)]


async def test_an_answer_comes_only_after_the_commit_of_the_visit(hospital):
    reader, writer = await hospital.connect()
    for number in range(5):
        writer.write(b"\x0b" + adt(PATIENT, pv1(number=f"V{number}"), control=f"C{number}") + b"\x1c\r")
        answer = await hospital.answer(reader)
        assert str(answer.segment("MSA")[1]) == "AA"
        assert await hospital.one("select count(*) from encounter_version") == number + 1
    writer.close()


async def test_a_visit_is_kept_with_its_message_and_told_without_a_name(hospital):
    with capture_logs() as logs:
        (answer,) = await hospital.send(adt())
    assert [str(answer.segment("MSA")[at]) for at in (1, 2)] == ["AA", "V1-1"]
    assert str(answer.segment("MSH")[9]) == "ACK^A04^ACK"
    ((act, kind, began, day, _patient, linked),) = await hospital.rows(VERSIONS, "V1")
    assert (act, kind, linked) == ("registered", "outpatient", True)
    assert (began.isoformat()[:19], day.isoformat()) == ("2026-10-12T00:30:00", "2026-10-12")
    assert await hospital.one("select o.code from encounter e join organization o on o.id = e.organization_id") == (
        "county-hospital"
    )
    assert await hospital.one(
        "select m.bytes, m.disposition from result_message m join encounter_version v on v.message_id = m.id"
    ) == (adt(), "stored")
    ((kind, ids),) = await hospital.rows("select kind, ids::text from event")
    assert kind == "encounter.told"
    for one in ("王桂兰", "239999195603140024", "20481", "V1"):
        assert one not in ids
        assert one not in str(logs)


async def test_whoever_attends_is_the_person_the_laboratory_knows(hospital):
    assert await hospital.codes(message(), adt()) == ["AA", "AA"]
    assert await hospital.one("select count(*) from patient") == 1
    assert await hospital.one("select count(distinct patient_id) from encounter_version") == 1


async def test_the_same_message_again_is_answered_again_and_one_visit(hospital):
    resent = adt().replace(b"|20261012083100+0800||ADT", b"|20261012093100+0800||ADT", 1)
    assert resent != adt()
    assert await hospital.codes(adt(), adt(), resent) == ["AA", "AA", "AA"]
    assert await acts(hospital) == ["registered"]
    assert await hospital.one("select count(*) from result_message_again") == 2


async def test_the_same_message_at_once_on_many_connections_is_one_visit(hospital):
    assert await asyncio.gather(*(hospital.codes(adt()) for _ in range(6))) == [["AA"]] * 6
    assert await acts(hospital) == ["registered"]


async def test_a_visit_told_at_once_under_many_control_ids_is_one_visit_in_versions(hospital):
    sent = [adt(control=f"C{number}") for number in range(6)]
    assert await asyncio.gather(*(hospital.codes(one) for one in sent)) == [["AA"]] * 6
    assert await hospital.one("select count(*) from encounter") == 1
    assert await acts(hospital) == ["registered"] * 6


async def test_the_course_of_a_visit_is_kept_in_the_senders_order_whatever_came_first(hospital):
    course = [
        adt(PATIENT, pv1(kind="I"), event=event, control=event, sent=f"2026101209{minute}00+0800")
        for event, minute in (("A01", "00"), ("A08", "10"), ("A03", "20"), ("A13", "30"), ("A11", "40"))
    ]
    assert await hospital.codes(*reversed(course)) == ["AA"] * 5
    assert await acts(hospital) == [
        "admitted",
        "updated",
        "discharged",
        "discharge-cancelled",
        "admission-cancelled",
    ]


async def test_what_was_told_is_never_changed(hospital):
    await hospital.codes(adt())
    for statement in ("update encounter_version set act = 'admitted'", "delete from encounter_version"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            async with hospital.pool.transaction() as tx:
                await tx.execute(statement)


async def test_a_hospital_that_is_not_enrolled_is_refused_and_nothing_is_kept(hospital):
    assert await hospital.codes(adt().replace("|县医院|".encode("gb18030"), b"|nobody|")) == ["AR"]
    assert await hospital.one("select count(*) from result_message") == 0
    assert await hospital.one("select application, facility from laboratory_sender_seen") == ("HIS", "nobody")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (adt(event="A40"), "message-type"),
        (adt(PATIENT), "visit-missing"),
        (adt(pv1()), "visit-without-patient"),
        (adt().replace(b"|P|2.5.1", b"|D|2.5.1"), "processing-id"),
    ],
)
async def test_what_is_no_visit_is_refused_with_the_reason_and_kept(hospital, raw, reason):
    (answer,) = await hospital.send(raw)
    assert str(answer.segment("MSA")[1]) == "AR"
    assert reason in str(answer.segment("ERR"))
    assert await hospital.one("select bytes, disposition from result_message") == (raw, "refused")
    assert await hospital.one("select count(*) from encounter") == 0


@pytest.mark.parametrize(
    ("raw", "reason", "place"),
    [
        (adt(PATIENT, pv1(number="")), "visit-number-missing", "PV1-19 line 4"),
        (adt(PATIENT, pv1(began="")), "visit-time-missing", "PV1-44 line 4"),
        (adt(PATIENT, pv1(began="20991012")), "visit-time-wrong", "PV1-44 line 4"),
        (adt(PATIENT.replace("王桂兰", ""), pv1()), "patient-name-missing", "PID-5 line 3"),
    ],
)
async def test_what_cannot_be_counted_is_told_and_waits_for_a_person(hospital, raw, reason, place):
    (answer,) = await hospital.send(raw)
    assert str(answer.segment("MSA")[1]) == "AE"
    assert reason in str(answer.segment("ERR"))
    assert await hospital.one("select reason, place, state from result_quarantine") == (reason, place, "open")
    assert await hospital.one("select bytes, disposition from result_message") == (raw, "quarantined")
    assert await hospital.one("select count(*) from encounter_version") == 0


async def test_a_wrong_identity_number_proves_nobody_and_the_visit_is_kept_under_a_source_patient(hospital):
    assert await hospital.codes(adt(WRONG_ID, pv1())) == ["AE"]
    ((_act, _class, _at, _day, patient, linked),) = await hospital.rows(VERSIONS, "V1")
    assert linked is False
    assert await hospital.one("select reason, report_number from result_quarantine") == ("id-number-wrong", "V1")
    corrected = adt(PATIENT, pv1(), event="A08", control="V1-2", sent="20261012090000+0800")
    assert await hospital.codes(corrected) == ["AA"]
    (_, (act, _class, _at, _day, now, linked)) = await hospital.rows(VERSIONS, "V1")
    assert (act, linked) == ("updated", True)
    assert now != patient


async def test_a_visit_of_another_patient_waits_until_a_person_has_looked(hospital, people):
    assert await hospital.codes(adt()) == ["AA"]
    other = adt(ANOTHER, pv1(), event="A08", control="V1-2", sent="20261012090000+0800")
    assert await hospital.codes(other) == ["AE"]
    assert await acts(hospital) == ["registered"]
    case = await hospital.one("select id from result_quarantine where reason = 'visit-of-another-patient'")
    maps = read([])
    assert isinstance(maps, CodeMaps)
    async with hospital.pool.transaction() as tx:
        await quarantine.release(
            tx,
            Scope(ScopeKind.EVERYWHERE),
            case,
            maps=maps,
            zone=ZONE,
            by=people["here"].practitioner_id,
            note="就诊号被挂到另一人",
            now=hospital.now,
        )
    first, second = await hospital.rows(VERSIONS, "V1")
    assert (first[0], second[0]) == ("registered", "updated")
    assert first[4] != second[4]


async def test_what_cannot_be_stored_is_kept_with_its_bytes_and_stored_when_it_comes_again(hospital):
    async with hospital.pool.transaction() as tx:
        await tx.execute("alter table encounter_version add constraint nobody_attends check (act <> 'registered')")
    with capture_logs() as logs:
        assert await hospital.codes(adt()) == ["AE"]
    assert await hospital.one("select disposition, bytes from result_message") == ("failed", adt())
    assert await hospital.one("select reason from result_quarantine") == "not-stored"
    assert await hospital.one("select count(*) from encounter") == 0
    (told,) = [one for one in logs if one["event"] == "message-not-stored"]
    assert told["constraint"] == "nobody_attends"
    assert "王桂兰" not in str(logs)
    async with hospital.pool.transaction() as tx:
        await tx.execute("alter table encounter_version drop constraint nobody_attends")
    assert await hospital.codes(adt(), adt()) == ["AA", "AA"]
    assert await acts(hospital) == ["registered"]


async def test_results_and_visits_of_one_batch_are_answered_message_by_message(hospital):
    await hospital.enrol("LIS", "县医院检验科", "county-hospital")
    batch = b"FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r" + adt() + message() + b"BTS|2\rFTS|1\r"
    reader, writer = await hospital.connect()
    writer.write(b"\x0b" + batch + b"\x1c\r")
    block = (await reader.readuntil(b"\x1c\r"))[1:-2].decode("gb18030")
    writer.close()
    assert [line[:9] for line in block.split("\r") if line.startswith("MSA")] == ["MSA|AA|V1", "MSA|AA|M1"]
    assert await acts(hospital) == ["registered"]
    assert await hospital.one("select count(*) from laboratory_observation") == 1


async def test_the_time_of_a_visit_may_be_put_right(hospital):
    later = adt(
        PATIENT, pv1(began=BEGAN.replace("1012", "1013")), event="A08", control="V1-2", sent="20261013090000+0800"
    )
    assert await hospital.codes(adt(), later) == ["AA", "AA"]
    assert [row[3].isoformat() for row in await hospital.rows(VERSIONS, "V1")] == ["2026-10-12", "2026-10-13"]
