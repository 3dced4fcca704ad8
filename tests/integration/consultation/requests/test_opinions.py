"""A signed opinion over HTTP: its paper, what the room says of it, what its signer had seen."""

from __future__ import annotations

from telemed.consultation.service import opinions
from telemed.vocabulary import Role
from tests.integration.consultation.requests.door import Door


async def test_the_signed_paper_is_whole_and_the_room_knows_what_was_signed(door: Door):
    asked = door.asked
    number = await asked.in_session()
    await asked.act("qin", opinions.write, number, "考虑急性冠脉综合征", "立即转诊", 0)
    desk = door.desk
    principal = asked.county.people["qin"].principal
    made = await opinions.prepare(
        asked.pool, principal, number, revision=1, now=asked.county.now, zone=desk.zone, sealing=desk.sealing
    )
    await asked.act("qin", opinions.sign, number, made)
    assert (await desk.sealing.read(made.document))[:5] == b"%PDF-"
    row = await asked.row(number)
    assert row.state == "returned"
    kinds = await asked.rows("select kind from room_event where room_id = %s order by seq", row.room_id)
    assert [one for (one,) in kinds][-2:] == ["opinion.draft", "opinion.sign"]


async def test_what_the_specialist_had_seen_is_asked_for_by_whoever_may_read_the_opinion(door: Door):
    """One image of the case was painted before signing, another one after it: the evidence has the first alone."""
    asked = door.asked
    number = await asked.in_session()
    await asked.act("qin", opinions.write, number, "考虑急性冠脉综合征", "立即转诊", 0)
    room, who, now = (await asked.row(number)).room_id, str(asked.who("qin")), asked.county.now
    uid, sops = "2.25.700", ["2.25.701", "2.25.702"]
    async with asked.pool.transaction() as tx:
        await tx.execute(
            "insert into imaging_series (study_id, series_instance_uid, modality) values (%s, %s, 'CT')",
            (asked.studies[0], uid),
        )
        for sop in sops:
            await tx.execute(
                "insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid,"
                " transfer_syntax_uid, digest, size, received_at) select id, study_id, %s, '1.2.840.10008.5.1.4.1.1.2',"
                " '1.2.840.10008.1.2.1', sha256(%s::text::bytea), 1, %s from imaging_series"
                " where series_instance_uid = %s",
                (sop, sop, now, uid),
            )
    painted = "insert into room_seen (room_id, person, sop, frame, first_at) values (%s, %s, %s, 1, %s)"
    async with asked.pool.transaction() as tx:
        await tx.execute(painted, (room, who, sops[0], now))
    desk, principal = door.desk, asked.county.people["qin"].principal
    made = await opinions.prepare(
        asked.pool, principal, number, revision=1, now=now, zone=desk.zone, sealing=desk.sealing
    )
    await asked.act("qin", opinions.sign, number, made)
    async with asked.pool.transaction() as tx:
        await tx.execute(painted, (room, who, sops[1], now))
    physician = await door.physician()
    status, found = await physician.call("GET", f"/api/consultations/{number}/opinions/1/seen")
    assert status == 200, found
    (line,) = found["items"]
    assert (line["series_uid"], line["seen"], line["images"]) == (uid, 1, len(sops))
    assert line["first_at"] == line["last_at"] == now.isoformat().replace("+00:00", "Z")
    assert (await physician.call("GET", f"/api/consultations/{number}/opinions/2/seen"))[0] == 404
    assert (
        await (await door.hire(Role.TECHNICIAN, asked.county.township)).call(
            "GET", f"/api/consultations/{number}/opinions/1/seen"
        )
    )[0] == 403
