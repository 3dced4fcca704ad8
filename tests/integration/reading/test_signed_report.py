"""A report that is signed, corrected, delivered and printed, on a real database."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from telemed.reading.model.states import Purpose
from telemed.reading.service import (
    amendments,
    claims,
    delivery,
    submission,
    templates,
    verification,
)
from telemed.reading.service.signing import OnScreen, confirm_password
from telemed.vocabulary import Role


async def test_a_push_becomes_a_signed_report_that_the_site_opens_and_prints(county):
    reading = await county.ready()
    version = await county.signed(reading)
    assert (await county.row(reading)).state == "signed"
    assert await county.events("report.signed") == 1
    await county.act("li", delivery.record_delivery, version)
    assert (await county.row(reading)).state == "delivered"
    await county.act("li", delivery.record_view, version)
    await county.act("li", delivery.record_print, version, copies=1, paper="A4", reason="")
    row = await county.row(reading)
    assert row.state == "viewed"
    assert row.reading_seconds == 0
    assert await county.events("report.delivered") == 1
    assert await county.events("report.viewed") == 1
    assert await county.events("report.printed") == 1


@pytest.mark.parametrize("statement", ["update report_version set impression = ''", "delete from report_version"])
async def test_a_signed_version_is_never_changed(county, statement):
    await county.signed(await county.ready())
    with pytest.raises(psycopg.errors.RestrictViolation):
        async with county.pool.transaction() as tx:
            await tx.execute(statement)


async def test_what_is_signed_is_what_is_on_the_screen(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    stale = await county.screen(reading)
    await county.write("gao", reading)
    with pytest.raises(Conflict) as refused:
        await county.act("gao", submission.submit_reading, reading, stale, county.signatures)
    assert refused.value.code == "draft-moved-on"


async def test_the_verifier_is_not_the_author(county):
    reading = await county.ready()
    await county.submitted(reading, "zheng")
    with pytest.raises(Forbidden):
        await county.act("zheng", claims.claim_to_verify, reading, single_reader_reason="夜班")
    assert await county.act("zheng", claims.claim_next, verification=True) is None


async def test_an_emergency_may_have_one_reader_if_the_reason_is_recorded(county):
    reading = await county.ready(priority="stat", encounter_class="emergency")
    await county.submitted(reading, "zheng")
    with pytest.raises(Forbidden):
        await county.act("zheng", claims.claim_to_verify, reading)
    await county.act("zheng", claims.claim_to_verify, reading, single_reader_reason="夜班单人值守")
    with pytest.raises(Forbidden):
        await county.sign("zheng", reading)
    await county.sign("zheng", reading, single_reader_reason="夜班单人值守")
    assert (await county.row(reading)).state == "signed"


async def test_a_wrong_password_signs_nothing(county):
    reading = await county.ready()
    await county.submitted(reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    screen = await county.screen(reading)
    with pytest.raises(Forbidden):
        await confirm_password(county.signatures, county.people["zheng"].principal, "wrong", county.now)
    another = await county.confirmed("gao")
    with pytest.raises(LookupError):
        await county.act("zheng", verification.verify_and_sign, reading, screen, another, county.signatures)
    assert (await county.row(reading)).state == "verifying"
    assert await county.events("report.signed") == 0


async def test_without_the_second_factor_of_this_shift_nothing_is_signed(county):

    reading = await county.ready()
    await county.submitted(reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    person = county.people["zheng"]
    county.people["zheng"] = type(person)(replace(person.principal, second_factor_at=None), person.scope)
    with pytest.raises(Forbidden) as refused:
        await county.sign("zheng", reading)
    assert refused.value.code == "second-factor-needed"


async def test_a_technician_never_submits(county):

    await county.hire("tech", county.center, {Role.TECHNICIAN, Role.AUTHOR})
    reading = await county.ready()
    await county.act("tech", claims.claim_reading, reading)
    with pytest.raises(Forbidden) as refused:
        await county.act("tech", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    assert refused.value.code == "technician-never-signs"


async def test_a_returned_report_goes_to_its_author_with_the_own_text(county):
    reading = await county.ready()
    await county.submitted(reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    await county.write("zheng", reading, impression="审核医师改过的意见。")
    await county.act("zheng", verification.return_for_changes, reading, "请补充右肺上叶描述")
    assert (await county.row(reading)).state == "returned"
    with pytest.raises(Conflict):
        await county.act("shen", claims.claim_reading, reading)
    await county.act("gao", claims.claim_reading, reading)
    assert (await county.draft(reading)).impression == "未见明显异常。"


async def test_a_submission_is_recalled_until_somebody_verifies(county):
    reading = await county.ready()
    await county.submitted(reading)
    with pytest.raises(Conflict):
        await county.act("shen", submission.recall_submission, reading)
    await county.act("gao", submission.recall_submission, reading)
    assert (await county.row(reading)).state == "reading"
    assert (await county.draft(reading)).impression == "未见明显异常。"
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    await county.act("zheng", claims.claim_to_verify, reading)
    with pytest.raises(Conflict):
        await county.act("gao", submission.recall_submission, reading)


async def test_the_township_drafts_and_the_county_verifies(county):
    async with county.pool.transaction() as tx:
        await tx.execute(
            "insert into reading_mode (organization_id, mode) values (%s, 'township-drafted')", (county.township,)
        )
    reading = await county.ready()
    with pytest.raises(Forbidden) as refused:
        await county.act("gao", claims.claim_reading, reading)
    assert refused.value.code == "site-writes"
    assert await county.act("gao", claims.claim_next) is None
    await county.submitted(reading, "wang")
    with pytest.raises(Forbidden):
        await county.act("wang", claims.claim_to_verify, reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    await county.sign("zheng", reading)
    assert (await county.row(reading)).state == "signed"


async def test_ultrasound_is_reported_by_the_site_itself(county):
    reading = await county.ready(modality="US")
    with pytest.raises(Forbidden):
        await county.act("gao", claims.claim_reading, reading)
    await county.act("wang", claims.claim_reading, reading)
    await county.write("wang", reading)
    screen = await county.screen(reading)
    await county.act("wang", submission.sign_alone, reading, screen, await county.confirmed("wang"), county.signatures)
    assert (await county.row(reading)).state == "signed"


async def test_nobody_signs_alone_where_the_county_reads(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    with pytest.raises(Invalid):
        await county.act(
            "gao",
            submission.sign_alone,
            reading,
            await county.screen(reading),
            await county.confirmed("gao"),
            county.signatures,
        )


async def test_a_signature_is_withdrawn_within_five_minutes_and_signed_again(county):
    reading = await county.ready()
    first = await county.signed(reading)
    county.now += timedelta(minutes=5)
    await county.act("zheng", verification.withdraw_signature, reading, "患者体位描述有误")
    row = await county.row(reading)
    assert (row.state, row.current_version_id) == ("awaiting-verification", None)
    await county.act("zheng", claims.claim_to_verify, reading)
    second = await county.sign("zheng", reading)
    assert second != first
    assert (await county.row(reading)).current_version_id == second


@pytest.mark.parametrize("touched", ["late", "delivered", "viewed", "printed", "other"])
async def test_a_signature_that_was_seen_stands(county, touched):
    reading = await county.ready()
    version = await county.signed(reading)
    who, expected = "zheng", Conflict
    if touched == "late":
        county.now += timedelta(minutes=5, seconds=1)
    elif touched == "delivered":
        await county.act("li", delivery.record_delivery, version)
    elif touched == "viewed":
        await county.act("li", delivery.record_view, version)
    elif touched == "printed":
        await county.act("li", delivery.record_print, version, copies=1, paper="A4", reason="")
    else:
        who = "shen"
    with pytest.raises(expected):
        await county.act(who, verification.withdraw_signature, reading, "写错")
    assert (await county.row(reading)).current_version_id == version


async def test_a_correction_is_a_new_version_and_the_old_one_stands_until_it_is_signed(county):
    reading = await county.ready()
    first = await county.signed(reading)
    await county.act("li", delivery.record_view, first)
    await county.act("gao", amendments.begin_amendment, reading, Purpose.AMENDED, "侧别更正")
    assert (await county.row(reading)).current_version_id == first
    assert (await county.draft(reading)).impression == "未见明显异常。"
    await county.write("gao", reading, impression="左肺上叶结节。")
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    await county.act("zheng", claims.claim_to_verify, reading)
    second = await county.sign("zheng", reading)
    async with county.pool.connection() as connection:
        cursor = await connection.execute("select number, status, reason, replaces_id from report_version order by 1")
        assert await cursor.fetchall() == [(1, "final", "", None), (2, "amended", "侧别更正", first)]
    row = await county.row(reading)
    assert (row.state, row.current_version_id) == ("signed", second)


async def test_an_addendum_begins_empty_and_a_given_up_one_leaves_the_report_as_it_was(county):
    reading = await county.ready()
    version = await county.signed(reading)
    await county.act("li", delivery.record_view, version)
    await county.act("gao", amendments.begin_amendment, reading, Purpose.APPENDED, "补充对比")
    assert (await county.draft(reading)).impression == ""
    await county.act("gao", amendments.abandon_amendment, reading)
    row = await county.row(reading)
    assert (row.state, row.current_version_id) == ("viewed", version)


async def test_a_void_report_lets_the_study_be_read_anew(county):
    study = await county.push()
    await county.schedule(study)
    reading = await county.reading_of(study)
    await county.signed(reading)
    await county.act(
        "shen", amendments.void_report, reading, "归属错误", await county.confirmed("shen"), county.signatures
    )
    assert (await county.row(reading)).state == "void"
    await county.schedule(study)
    again = await county.reading_of(study)
    assert again != reading
    assert (await county.row(again)).state == "awaiting-reading"


async def test_a_second_final_never_overwrites_the_first_and_opens_a_discrepancy(county):
    reading = await county.ready()
    version = await county.signed(reading)
    await county.act("gao", amendments.record_second_final, reading, "外院：左肺占位。", "县中医医院 PACS")
    row = await county.row(reading)
    assert row.current_version_id == version
    async with county.pool.connection() as connection:
        cursor = await connection.execute("select kind, closed_at from report_discrepancy")
        assert await cursor.fetchall() == [("second-final", None)]
    with pytest.raises(psycopg.errors.UniqueViolation, match="one_final_a_round"):
        async with county.pool.transaction() as tx:
            await tx.execute(
                "insert into report_version select gen_random_uuid(), reading_id, 9, round, status, technique,"
                " findings, impression, significance, limited, content_sha256, author_id, author_name,"
                " author_signed_at, verifier_id, verifier_name, signed_at, performer_name, single_reader_reason,"
                " reason, agreement, replaces_id, work_item_id, instance_count from report_version"
            )


async def test_a_reprint_needs_its_reason(county):
    version = await county.signed(await county.ready())
    await county.act("li", delivery.record_print, version, copies=1, paper="A4", reason="")
    with pytest.raises(Invalid):
        await county.act("li", delivery.record_print, version, copies=1, paper="A4", reason=" ")
    printed = await county.act("li", delivery.record_print, version, copies=2, paper="16K", reason="患者遗失")
    assert (printed.prints, printed.copies) == (2, 3)


async def test_another_township_sees_neither_reading_nor_report(county):
    reading = await county.ready()
    version = await county.signed(reading)
    for command, id_ in ((delivery.record_delivery, version), (claims.keep_claim, reading)):
        with pytest.raises(NotFound):
            await county.act("xu", command, id_)


async def test_the_readers_look_is_not_the_sites_look(county):
    reading = await county.ready()
    version = await county.signed(reading)
    assert await county.act("shen", delivery.record_view, version) is False
    assert (await county.row(reading)).state == "signed"


async def test_a_version_carries_the_digest_of_its_content_and_both_names(county):
    await county.signed(await county.ready())
    async with county.pool.connection() as connection:
        cursor = await connection.execute(
            "select length(content_sha256), author_name, verifier_name, performer_name from report_version"
        )
        assert await cursor.fetchone() == (
            hashlib.sha256().digest_size,
            "医师gao",
            "医师zheng",
            "龙安县第一人民医院(演示)",
        )


async def test_images_of_another_study_stop_the_signature(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    screen = await county.screen(reading)
    other = OnScreen(screen.revision, "1.2.3.4", screen.looked)
    with pytest.raises(Conflict) as refused:
        await county.act("gao", submission.submit_reading, reading, other, county.signatures)
    assert refused.value.code == "images-of-another-patient"


async def test_a_template_taken_out_of_use_is_listed_for_those_who_put_it_back(county):
    text = templates.TemplateText(
        code="own-chest-normal", modality="DX", name="胸部", findings="未见异常。", impression="未见明显异常。"
    )
    async with county.pool.transaction() as tx:
        made = await templates.create(tx, text, county.center)
        await templates.change(tx, made.id, text, made.revision, active=False)
    async with county.pool.connection() as connection:
        assert made.id not in {one.id for one in await templates.listed(connection, None, "DX")}
        assert made.id in {one.id for one in await templates.listed(connection, None, "DX", inactive=True)}
