"""What a laboratory message becomes in a real database: results, their corrections, whose they are."""

from __future__ import annotations

import psycopg
import pytest

from telemed.patients.identifiers import Identifier, national_id
from tests.integration.results.known import NO_ID, known
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message

WRONG_ID = PATIENT.replace("239999195603140024", "239999195603140025")


async def test_a_report_in_gb18030_becomes_a_result_with_everything_the_sender_wrote(laboratory):
    (answer,) = await laboratory.send(message())
    assert str(answer.segment("MSA")[1]) == "AA"
    assert str(answer.segment("MSA")[2]) == "M1"
    (one,) = await known(laboratory)
    assert (one.code_system, one.code, one.name) == ("LN", "2345-7", "葡萄糖")
    assert (one.item_key, one.map_version) == ("lab.glucose.random", "*/2026-01-01")
    assert (one.number, one.unit_written, one.unit_ucum, one.reference_range) == ("5.60", "mmol/L", "mmol/L", "3.9-6.1")
    assert (one.status, one.flags, one.linked) == ("final", ["N"], True)
    assert one.collected_at.isoformat() == "2026-11-23T00:00:00+00:00"
    assert (one.collected_source, one.collected_doubt, one.collected_zone_stated) == ("OBX-14", "", False)
    assert (one.specimen_code, one.specimen_text) == ("Ser", "血清")
    assert (one.method_text, one.device) == ("葡萄糖氧化酶法", "AU5800")
    assert await laboratory.one("select bytes from result_message") == message()
    assert await laboratory.one("select charset_declared, charset_used, charset_confidence from result_message") == (
        "GB18030",
        "gb18030",
        "declared",
    )
    events = await laboratory.rows("select kind, ids::text from event")
    assert [kind for kind, _ in events] == ["result.received"]
    assert "王桂兰" not in events[0][1]
    assert "239999195603140024" not in events[0][1]


CORRECTED = (
    ORDER.replace("20261123090500", "20261123103000")[:-1] + "C",
    GLUCOSE.replace("5.60", "7.10").replace("|F|", "|C|"),
)


async def test_a_correction_is_a_new_version_and_what_was_known_before_can_still_be_asked(laboratory):
    await laboratory.codes(message())
    before = laboratory.now
    laboratory.later(hours=2)
    assert await laboratory.codes(message(PATIENT, *CORRECTED, control="M2")) == ["AA"]
    assert [(one.number, one.status) for one in await known(laboratory)] == [("7.10", "corrected")]
    assert [(one.number, one.status) for one in await known(laboratory, before)] == [("5.60", "final")]


async def test_a_correction_before_its_original_counts_all_the_same(laboratory):
    assert await laboratory.codes(message(PATIENT, *CORRECTED, control="M2")) == ["AA"]
    laboratory.later(hours=2)
    assert await laboratory.codes(message()) == ["AA"]
    assert await laboratory.one("select count(*) from laboratory_observation") == 2
    assert [(one.number, one.status) for one in await known(laboratory)] == [("7.10", "corrected")]


async def test_what_committed_late_stays_unseen_by_who_asked_before(laboratory):
    async with laboratory.pool.connection() as connection:
        snapshot = (await (await connection.execute("select pg_current_snapshot()::text")).fetchone())[0]
    await laboratory.codes(message())
    assert len(await known(laboratory)) == 1
    assert await known(laboratory, snapshot=snapshot) == []


async def test_a_report_taken_back_takes_its_results_with_it(laboratory):
    await laboratory.codes(message())
    laboratory.later(hours=1)
    cancelled = ORDER.replace("20261123090500", "20261123100000")[:-1] + "X"
    assert await laboratory.codes(message(PATIENT, cancelled, control="M2")) == ["AA"]
    assert [one.status for one in await known(laboratory)] == ["cancelled"]


async def test_a_result_posted_to_the_wrong_patient_is_marked_so_although_its_value_is_no_number(laboratory):
    await laboratory.codes(message())
    laboratory.later(hours=1)
    wrong = GLUCOSE.replace("|5.60|", "|作废|").replace("|F|", "|W|")
    order = ORDER.replace("20261123090500", "20261123100000")
    assert await laboratory.codes(message(PATIENT, order, wrong, control="M2")) == ["AA"]
    assert [one.status for one in await known(laboratory)] == ["entered-in-error"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("mmol/L", "g/L{protein}/mol"), "unit-contradicts"),
        (("mmol/L", "U/L"), "unit-contradicts"),
        (("mmol/L", "糖单位"), "unit-unknown"),
        (("|mmol/L|", "||"), "unit-missing"),
        (("|5.60|", "|溶血|"), "not-a-number"),
        (("2345-7^葡萄糖^LN^GLU^血糖^LOCAL", ""), "code-missing"),
        (("2345-7^葡萄糖^LN^GLU^血糖^LOCAL", "2345-7^葡萄糖^LN^2823-3^钾^LN"), "code-ambiguous"),
        (("|F|||2026", "|Q|||2026"), "status-unknown"),
    ],
)
async def test_a_result_with_one_thing_wrong_is_kept_apart_and_the_others_are_stored(laboratory, change, reason):
    bad = GLUCOSE.replace(*change)
    assert bad != GLUCOSE
    good = GLUCOSE.replace("OBX|1", "OBX|2").replace("2345-7", "14749-6")
    (answer,) = await laboratory.send(message(PATIENT, ORDER, bad, good))
    assert str(answer.segment("MSA")[1]) == "AE"
    assert reason in str(answer.segment("ERR"))
    assert [one.code for one in await known(laboratory)] == ["14749-6"]
    assert await laboratory.one("select reason, state, line from result_quarantine") == (reason, "open", 4)
    assert await laboratory.one("select disposition from result_message") == "partly"


async def test_a_message_kept_apart_is_answered_the_same_when_it_comes_again(laboratory):
    bad = message(PATIENT, ORDER, GLUCOSE.replace("mmol/L", "U/L"))
    assert await laboratory.codes(bad, bad) == ["AE", "AE"]
    assert await laboratory.one("select count(*) from result_quarantine") == 1


async def test_an_identity_number_with_a_wrong_checksum_links_nobody_and_is_put_right_later(laboratory):
    (answer,) = await laboratory.send(message(WRONG_ID, ORDER, GLUCOSE))
    assert str(answer.segment("MSA")[1]) == "AE"
    assert "身份证号码校验未通过" in str(answer.segment("ERR"))
    assert [(one.linked, one.number) for one in await known(laboratory)] == [(False, "5.60")]
    assert await laboratory.one("select identity from patient") == "source"
    assert await laboratory.one("select kind from patient_identifier") == "device"
    assert await laboratory.one("select reason, written from result_quarantine") == ("id-number-wrong", "")
    laboratory.later(hours=1)
    order = ORDER.replace("20261123090500", "20261123100000")
    assert await laboratory.codes(message(PATIENT, order, GLUCOSE, control="M2")) == ["AA"]
    assert [one.linked for one in await known(laboratory)] == [True]


async def test_the_right_number_under_another_name_links_nobody_and_asks_a_person(laboratory):
    await laboratory.codes(message())
    other = message(PATIENT.replace("王桂兰", "刘德福"), ORDER.replace("-7", "-9"), GLUCOSE, control="M2")
    assert await laboratory.codes(other) == ["AA"]
    assert sorted(one.linked for one in await known(laboratory)) == [False, True]
    assert await laboratory.one("select reason, state from identity_review") == ("number-contradicts", "open")


async def test_the_mothers_number_makes_no_resident_of_her_child(laboratory):
    child = PATIENT.replace("王桂兰", "王桂兰之子").replace("|19560314|", "||")
    assert await laboratory.codes(message(child, ORDER, GLUCOSE)) == ["AA"]
    assert [one.linked for one in await known(laboratory)] == [False]
    assert await laboratory.one("select identity from patient") == "source"
    assert await laboratory.one("select count(*) from patient_identifier where kind = 'national-id'") == 0


async def test_a_report_number_of_another_patient_is_kept_apart(laboratory):
    await laboratory.codes(message())
    other = message(NO_ID.replace("王桂兰", "孙淑芝").replace("20481", "20777"), ORDER, GLUCOSE, control="M2")
    assert await laboratory.codes(other) == ["AE"]
    assert await laboratory.one("select reason from result_quarantine") == "report-of-another-patient"
    assert [one.linked for one in await known(laboratory)] == [True]


async def test_a_report_of_one_proved_person_never_moves_to_another_of_the_same_name_and_birth(laboratory):
    await laboratory.codes(message())
    seventeen = "23999919560314004"
    other = next(
        found for check in "0123456789X" if isinstance(found := national_id(seventeen + check), Identifier)
    ).value
    pid = PATIENT.replace("239999195603140024", other)
    assert await laboratory.codes(message(pid, *CORRECTED, control="M2")) == ["AE"]
    assert await laboratory.one("select reason from result_quarantine") == "report-of-another-patient"
    assert [(one.number, one.linked) for one in await known(laboratory)] == [("5.60", True)]


async def test_the_same_report_without_the_number_stays_linked(laboratory):
    await laboratory.codes(message())
    laboratory.later(hours=1)
    assert await laboratory.codes(message(NO_ID, *CORRECTED, control="M2")) == ["AA"]
    assert [(one.linked, one.number) for one in await known(laboratory)] == [(True, "7.10")]


async def test_rows_of_results_are_never_changed(laboratory):
    await laboratory.codes(message())
    for table in ("result_message", "laboratory_report_version", "laboratory_observation"):
        for statement in (f"delete from {table}", f"update {table} set id = id"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                await laboratory.rows(statement)
