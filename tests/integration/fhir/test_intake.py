"""A laboratory system posts transactions: what is stored, what waits for a person, what is refused."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from telemed.fhir.intake_answer import name_of
from telemed.results import fhir_bundle, quarantine
from telemed.results.maps import read_maps
from telemed.vocabulary import EVERYWHERE, PractitionerId, Role
from tests.integration.fhir.conftest import BASE, HERE, ISSUER, enrol, register, sign_in
from tests.unit.fhir.rows import ZONE, valid
from tests.unit.results import fhir_samples as samples
from tests.unit.results.fhir_samples import GLUCOSE, PERSON, POTASSIUM, REPORT, entry, observation, raw, report

MAPS = Path(__file__).parents[3] / "config" / "recognition" / "maps"
SAMPLES = Path(__file__).parents[3].parent / "shared" / "data" / "fhir" / "r4-examples"


def statuses(answer):
    assert answer.status == 200, answer.body
    valid(answer.body)
    return [one["response"]["status"] for one in answer.body["entry"]]


def place(answer, at):
    """Where an entry is now: `Type/id`, and its version."""
    said = answer.body["entry"][at]["response"]
    location, _, version = said["location"].partition("/_history/")
    assert said["etag"] == f'W/"{version}"'
    return location, version


async def test_a_transaction_becomes_results_that_are_read_back_under_the_addresses_it_was_told(lis):
    answer = await lis.post("", raw())
    assert statuses(answer) == ["201 Created", "200 OK", "200 OK", "201 Created", "201 Created"]
    for at in (3, 4):
        location, version = place(answer, at)
        read = await lis.get(location)
        assert read.headers["ETag"] == f'W/"{version}"'
        valid(read.body)
    one = (await lis.get(place(answer, 3)[0])).body
    assert one["valueQuantity"]["value"] == 5.6
    assert one["effectiveDateTime"] == "2026-11-23T08:00:00+08:00"
    assert one["code"]["coding"][-1]["system"] == "urn:cn:county:item-key"
    found = (await lis.search("Patient", f"identifier={samples.NUMBER}")).resources
    assert [f"Patient/{each['id']}" for each in found] == [answer.body["entry"][0]["response"]["location"]]


async def test_the_base_with_a_slash_at_its_end_takes_a_transaction_too(lis, county):
    """fhir-kit-client writes it so; its token is made out to the address it writes."""
    said = {"Authorization": f"Bearer {lis.system.token(f'{BASE}/')}", "Content_Type": "application/fhir+json"}
    assert statuses(await county.send("POST", f"{BASE}/", raw(), **said))[3:] == ["201 Created", "201 Created"]
    elsewhere = {**said, "Authorization": f"Bearer {lis.system.token(BASE)}"}
    assert (await county.send("POST", f"{BASE}/", raw(), **elsewhere)).status == 401


async def test_the_message_is_kept_with_its_bytes_and_its_sender(lis, county):
    await lis.post("", raw())
    ((form, kept, disposition, answer, application),) = await county.rows(
        "select m.format, m.bytes, m.disposition, m.answer, s.application from result_message m"
        " join laboratory_sender s on s.id = m.sender_id"
    )
    assert (form, bytes(kept), disposition, answer, application) == ("fhir-r4", raw(), "stored", "AA", ISSUER)
    assert await county.one("select count(*) from event where kind = 'result.received'") == 1
    detail = await county.one("select detail from audit_event where outcome = 'success'")
    assert detail["client"]


async def test_the_same_transaction_again_is_answered_the_same_and_stored_once(lis, county):
    first = await lis.post("", raw())
    second = await lis.post("", raw())
    # put together anew at another time: the same entries under the same name
    third = await lis.post("", raw(timestamp="2026-11-23T09:13:00+08:00"))
    assert first.body == second.body == third.body
    assert await county.one("select count(*) from result_message") == 1
    assert await county.one("select count(*) from laboratory_observation") == 1
    assert await county.one("select count(*) from result_message_again") == 2


async def test_twenty_copies_at_once_are_one(lis, county):
    answers = await asyncio.gather(*(lis.post("", raw()) for _ in range(20)))
    assert {json.dumps(one.body, sort_keys=True) for one in answers} == {json.dumps(answers[0].body, sort_keys=True)}
    assert await county.one("select count(*) from laboratory_report_version") == 1


async def test_a_later_version_corrects_and_keeps_the_address(lis, county):
    first = await lis.post("", raw())
    corrected = raw(
        entry(GLUCOSE, observation(number=6.6, status="corrected")),
        entry(
            REPORT,
            report(status="corrected", issued="2026-11-23T09:10:00+08:00"),
            method="PUT",
            url="DiagnosticReport?identifier=F20261123-7",
        ),
        name="B2",
    )
    county.now += timedelta(minutes=1)
    second = await lis.post("", corrected)
    assert statuses(second) == ["200 OK", "200 OK", "200 OK", "200 OK", "200 OK"]
    assert place(first, 3)[0] == place(second, 3)[0]
    assert place(first, 3)[1] != place(second, 3)[1]
    one = (await lis.get(place(first, 3)[0])).body
    assert (one["status"], one["valueQuantity"]["value"]) == ("corrected", 6.6)
    # the original come after its correction changes nothing
    late = await lis.post("", raw(name="B3", timestamp="2026-11-23T09:20:00+08:00"))
    assert statuses(late)[4] == "200 OK"
    assert (await lis.get(place(first, 3)[0])).body["valueQuantity"]["value"] == 6.6


async def test_a_report_taken_back_takes_its_results_with_it(lis):
    first = await lis.post("", raw())
    back = raw(
        entry(GLUCOSE, observation(status="entered-in-error")),
        entry(REPORT, report(status="entered-in-error", issued="2026-11-23T09:10:00+08:00")),
        name="B2",
    )
    await lis.post("", back)
    one = (await lis.get(place(first, 3)[0])).body
    assert one["status"] == "entered-in-error"
    assert "valueQuantity" not in one


async def test_what_is_there_already_is_left_alone_if_the_sender_asks_for_that(lis, county):
    first = await lis.post("", raw())
    again = raw(
        entry(GLUCOSE, observation(number=9.9)),
        entry(REPORT, report(), ifNoneExist="identifier=urn:lis:report|F20261123-7"),
        name="B2",
    )
    second = await lis.post("", again)
    assert statuses(second)[3:] == ["200 OK", "200 OK"]
    assert place(first, 4)[0] == place(second, 4)[0]
    assert (await lis.get(place(first, 3)[0])).body["valueQuantity"]["value"] == 5.6
    fresh = raw(
        entry(REPORT, report(identifier=[{"system": "urn:lis:report", "value": "F8"}]), ifNoneExist="identifier=F8"),
        name="B3",
    )
    assert statuses(await lis.post("", fresh))[4] == "201 Created"
    assert statuses(await lis.post("", fresh))[4] == "201 Created"


async def test_a_unit_that_contradicts_its_item_waits_for_a_person_and_the_rest_is_stored(lis, county):
    content = raw(
        entry(GLUCOSE, observation(valueQuantity={"value": 5.6, "unit": "g"})),
        entry(POTASSIUM, observation("2823-3", "钾", 4.1)),
        entry(REPORT, report(GLUCOSE, POTASSIUM)),
    )
    answer = await lis.post("", content)
    assert statuses(answer) == ["201 Created", "200 OK", "200 OK", "202 Accepted", "201 Created", "201 Created"]
    issue = answer.body["entry"][3]["response"]["outcome"]["issue"][0]
    assert issue["details"]["coding"][0]["code"] == "unit-contradicts"
    assert "location" not in answer.body["entry"][3]["response"]
    assert (await lis.post("", content)).body == answer.body
    assert await county.one("select disposition from result_message") == "partly"
    assert [one for (one,) in await county.rows("select code from laboratory_observation")] == ["2823-3"]


async def test_what_waits_is_discarded_or_read_anew_from_the_bundle(lis, county):
    answer = await lis.post("", raw(entry(GLUCOSE, observation(valueQuantity={"value": 5.6, "unit": "奇怪"}))))
    assert statuses(answer)[3] == "202 Accepted"
    case = await county.one("select id from result_quarantine where reason = 'unit-unknown'")
    who = uuid4()
    await county.write("insert into practitioner (id, organization_id, name) values (%s, %s, '赵国军')", who, HERE)
    # somebody has mended the table of units meanwhile: what the bytes say now is what counts
    from telemed.errors import Conflict  # noqa: PLC0415 -- for this test alone

    with pytest.raises(Conflict, match="case-still-doubtful"):
        async with county.pool.transaction() as tx:
            await quarantine.release(
                tx,
                EVERYWHERE,
                case,
                maps=read_maps(MAPS),
                zone=ZONE,
                by=PractitionerId(who),
                note="已核对",
                now=county.now,
            )
    async with county.pool.transaction() as tx:
        await quarantine.discard(tx, EVERYWHERE, case, by=PractitionerId(who), note="作废", now=county.now)
    assert await county.one("select state from result_quarantine") == "discarded"


async def test_a_case_without_a_map_that_contradicts_is_released_from_the_bundle(lis, county):
    content = raw(entry(GLUCOSE, observation(valueQuantity={"value": 5.6, "unit": "g"})))
    await lis.post("", content)
    case = await county.one("select id from result_quarantine")
    who = uuid4()
    await county.write("insert into practitioner (id, organization_id, name) values (%s, %s, '赵国军')", who, HERE)
    from telemed.results.code_map import CodeMaps  # noqa: PLC0415 -- for this test alone

    async with county.pool.transaction() as tx:
        await quarantine.release(
            tx,
            EVERYWHERE,
            case,
            maps=CodeMaps(()),
            zone=ZONE,
            by=PractitionerId(who),
            note="对照表有误",
            now=county.now,
        )
    assert await county.one("select unit_written from laboratory_observation") == "g"


async def test_a_missing_collection_time_stays_unknown(lis, county):
    bare = {**samples.SPECIMEN, "collection": {}}
    answer = await lis.post("", raw(entry(samples.SERUM, bare), entry(GLUCOSE, observation(effectiveDateTime=None))))
    one = (await lis.get(place(answer, 3)[0])).body
    assert "effectiveDateTime" not in one
    assert await county.one("select collected_doubt from laboratory_observation") == "absent"


async def test_a_number_whose_checksum_is_wrong_links_nobody_and_is_told(lis, county):
    wrong = {**samples.PATIENT, "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "239999195603140025"}]}
    answer = await lis.post("", raw(entry(PERSON, wrong)))
    assert statuses(answer)[4] == "201 Created"
    codes = [one["details"]["coding"][0]["code"] for one in answer.body["entry"][4]["response"]["outcome"]["issue"]]
    assert codes == ["id-number-wrong"]
    assert await county.one("select linked from laboratory_report_version") is False


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (b"{", 400, "not-json"),
        (raw(type="batch"), 422, "not-a-transaction"),
        (raw(entry(REPORT, report(subject={"reference": "https://x.example/Patient/1"}))), 422, "reference-foreign"),
        (raw(entry(GLUCOSE, observation(hasMember=[{"reference": GLUCOSE}]))), 422, "reference-circle"),
        (raw(entry=[*samples.entries(), samples.entries()[0]]), 422, "full-url-twice"),
        (b"[" * 200_000, 400, "too-deep"),
        (raw(entry=samples.entries() * 250), 422, "too-many-entries"),
        (raw(entry("urn:uuid:9", {"resourceType": "MedicationRequest"})), 422, "resource-type"),
    ],
    ids=range(8),
)
async def test_a_bundle_that_cannot_be_taken_is_refused_whole_and_kept(lis, county, content, status, reason):
    answer = await lis.post("", content)
    assert (answer.status, answer.issue["details"]["coding"][0]["code"]) == (status, reason)
    valid(answer.body)
    ((disposition, said, faults),) = await county.rows("select disposition, answer, faults from result_message")
    assert (disposition, said, faults[0]["reason"]) == ("refused", "AR", reason)
    assert await county.one("select count(*) from laboratory_report_version") == 0
    assert (await lis.post("", content)).body == answer.body
    assert await county.one("select count(*) from result_message") == 1


async def test_hundreds_of_reports_that_list_the_same_results_are_refused_in_words_and_leave_nothing(lis, county):
    parts = [f"urn:part:{number}" for number in range(300)]
    reports = [
        entry(f"urn:report:{number}", report(*parts, identifier=[{"value": f"F-{number}"}])) for number in range(300)
    ]
    content = raw(*(entry(one, observation(one)) for one in parts), *reports)
    answer = await lis.post("", content)
    assert answer.status == 422
    valid(answer.body)
    assert (answer.issue["code"], answer.issue["details"]["coding"][0]["code"]) == ("too-costly", "too-many-results")
    assert "5000" in answer.issue["details"]["text"]
    assert "Send them in parts" in answer.issue["diagnostics"]
    assert answer.issue["expression"] == [f"Bundle.entry[{5 + 300 + 16}].resource.result"]
    for table in ("laboratory_report", "laboratory_report_version", "laboratory_observation", "result_quarantine"):
        assert await county.one(f"select count(*) from {table}") == 0, table
    assert await county.rows("select bytes = %s, disposition from result_message", content) == [(True, "refused")]
    # the same in parts is taken
    assert statuses(await lis.post("", raw(*(entry(one, observation(one)) for one in parts), *reports[:2], name="B2")))


async def test_what_is_no_fhir_json_or_too_large_is_not_read(lis, county):
    xml = await lis.post("", b"<Bundle/>", Content_Type="application/fhir+xml")
    assert (xml.status, xml.issue["code"]) == (415, "not-supported")
    assert (await lis.post("", raw(), Content_Type="text/plain")).status == 415
    assert (await lis.post("", raw(), Accept="application/fhir+xml")).status == 406
    large = await lis.post("", b" " * (fhir_bundle.MAX_BYTES + 1))
    assert (large.status, large.issue["code"]) == (413, "too-long")
    assert await county.one("select count(*) from result_message") == 0


async def test_a_system_that_is_not_enrolled_is_listed_and_nothing_of_it_is_kept(county, his):
    answer = await his.post("", raw())
    assert (answer.status, answer.issue["code"]) == (403, "forbidden")
    assert await county.one("select count(*) from result_message") == 0
    ((application, facility),) = await county.rows("select application, facility from laboratory_sender_seen")
    assert (application, facility) == ("https://his.example", "FHIR")
    await enrol(county, "https://his.example", "county-hospital")
    assert (await his.post("", raw())).status == 200


async def test_a_sender_enrolled_for_another_organisation_is_refused(county):
    stranger = await register(county, "https://stranger.example", "township")
    await enrol(county, "https://stranger.example", "county-hospital")
    assert (await stranger.post("", raw())).status == 403
    assert await county.one("select count(*) from laboratory_report") == 0


async def test_a_technician_may_bring_a_bundle_and_a_physician_may_not(county, reader):
    technician = await sign_in(county, Role.TECHNICIAN)
    answer = await technician.post("", raw(), Content_Type="application/fhir+json")
    assert statuses(answer)[4] == "201 Created"
    assert await county.one("select brought_by is not null from result_message")
    assert (await reader.post("", raw(), Content_Type="application/fhir+json")).status == 403
    assert (await county.send("POST", BASE, raw(), Content_Type="application/fhir+json")).status == 401


async def test_the_name_of_a_result_is_the_same_here_and_in_the_database(county, lis):
    await lis.post("", raw())
    ((report_id, *key, name),) = await county.rows(
        "select report_id, code_system, code, sub_id, laboratory_result_name(report_id, code_system, code, sub_id)"
        " from laboratory_observation"
    )
    assert name_of(report_id, tuple(key)) == name


def shared_or_made():
    """Reports of the FHIR R4 examples with the observations they need; where these files are not, one made up."""
    made = [("made up", report(), {GLUCOSE: observation()})]
    if not SAMPLES.exists():
        return made
    every = {}
    for path in sorted(SAMPLES.glob("*.json")):
        one = json.loads(path.read_text("utf-8"))
        every[f"{one.get('resourceType')}/{one.get('id')}"] = one
    for name, one in every.items():
        results = [each.get("reference", "") for each in one.get("result", [])]
        if name.startswith("DiagnosticReport/") and results and all(each in every for each in results):
            made.append((name, one, {each: every[each] for each in results}))
    return made


@pytest.mark.parametrize(
    ("name", "given", "results"), shared_or_made(), ids=lambda one: one if isinstance(one, str) else ""
)
async def test_reports_of_the_standards_own_examples_are_taken(lis, county, name, given, results):
    """As they are, but for their persons, performers and what they refer to outside of themselves."""
    bare = {"subject": {"reference": PERSON}, "performer": [], "specimen": [], "basedOn": [], "hasMember": []}
    own = {**given, **bare, "identifier": given.get("identifier") or [{"value": name}]}
    own["result"] = [{"reference": one} for one in results]
    entries = [entry(PERSON, samples.PATIENT), entry("urn:uuid:report", own)]
    for url, one in results.items():
        made = {k: v for k, v in one.items() if k not in {"specimen", "hasMember", "device", "encounter"}}
        entries.append({**entry(url, {**made, "subject": {"reference": PERSON}, "performer": []})})
    answer = await lis.post("", raw(entry=entries, name=name))
    assert answer.status == 200, answer.body
    valid(answer.body)
    assert statuses(answer)[1] in {"201 Created", "202 Accepted"}
    for at, said in enumerate(answer.body["entry"]):
        if "etag" in said["response"]:
            read = await lis.get(place(answer, at)[0])
            assert read.status == 200
            valid(read.body)
