"""A corrected code map reaches decisions made from then on; those made before are made again as they were."""

from __future__ import annotations

from datetime import timedelta

from telemed.recognition.decision import Outcome
from telemed.recognition.rules import Code, item_code
from telemed.results import senders
from telemed.results.code_map import CodeMaps, read
from telemed.results.intake import Intake
from telemed.results.remapping import Remapper
from telemed.results.senders import Names
from tests.integration.recognition.registered import NUMBER, ZONE, Registered
from tests.integration.results.test_remapping import CORRECTED, SHIPPED
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message

FASTING = item_code("lab.glucose.fasting")


def code_maps(**own: str) -> CodeMaps:
    files = [("loinc.toml", SHIPPED)]
    if own:
        values = tuple(own[name].encode() for name in ("sender", "first_day", "item", "unit"))
        files.append(("own.toml", CORRECTED % values))
    found = read(files)
    assert isinstance(found, CodeMaps)
    return found


async def received(made: Registered) -> str:
    """A glucose of the patient, collected two hours ago; returns the code of the hospital that sent it."""
    county = made.county
    async with county.pool.transaction() as tx:
        row = await (await tx.execute("select code from organization where id = %s", (county.center,))).fetchone()
        await senders.enrol(tx, Names("LIS", "县医院检验科"), row[0], county.now)
    collected = (county.now - timedelta(hours=2)).astimezone(ZONE).strftime("%Y%m%d%H%M%S")
    patient = PATIENT.replace("239999195603140024", NUMBER).replace("19560314", "19580314")
    glucose = GLUCOSE.replace("20261123080000", collected)
    raw = message(patient, ORDER.replace("20261123080000", collected), glucose)
    answer = await Intake(county.pool, ZONE, code_maps()).take(raw, "127.0.0.1", county.now)
    assert b"MSA|AA|" in answer
    await made.catch_up()
    return row[0]


async def looked_at(made: Registered, code: Code) -> list[set[str]]:
    """What was found against each laboratory result when the order was decided; the decision is kept."""
    decided = await made.ask(more=(code,))
    await made.kept(decided)
    lab = decided.answered[1].decision
    return [
        {one.code for one in result.findings if one.outcome is not Outcome.PASS}
        for analyte in lab.analytes
        for result in analyte.candidates
    ]


async def test_a_corrected_map_reaches_decisions_from_then_on_and_those_before_are_made_again(registered):
    sender = await received(registered)
    assert await looked_at(registered, FASTING) == []
    knowledge = "select count(*) from recognition_knowledge where kind = 'candidate' and thing like 'laboratory/%'"
    own = code_maps(sender=sender, first_day="2026-01-01", item="lab.glucose.fasting", unit="mmol/L")
    done = [one async for one in Remapper(registered.county.pool, own, ZONE).run(registered.county.now)]
    assert [one.changed for one in done] == [1]
    await registered.catch_up()
    async with registered.county.pool.connection() as connection:
        assert await (await connection.execute(knowledge)).fetchone() == (2,)
    assert len(await looked_at(registered, FASTING)) == 1
    replayed = await registered.replayed()
    assert len(replayed) == 4
    assert [one.differs for one in replayed] == [()] * 4
