"""Reading and searching over HTTP: what is found, and in which form."""

from __future__ import annotations

from uuid import uuid4

import pytest

from telemed.cds.answering import decision_row
from telemed.fhir import routes
from telemed.fhir.table import TABLE
from telemed.recognition.ledger import keep_decisions
from tests.integration.fhir.conftest import BASE, HERE, one_of, register
from tests.unit.cds import test_cards
from tests.unit.fhir.rows import valid
from tests.unit.recognition import good
from tests.unit.results import fhir_samples as samples

NUMBER = "239999195603140024"
SYSTEM = "urn:oid:2.16.156.10011.1.3"


async def test_the_capability_statement_is_open_and_lists_exactly_what_is_routed(county):
    answer = await county.send("GET", f"{BASE}/metadata")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert answer.body["fhirVersion"] == "4.0.1"
    valid(answer.body)
    listed = {one["type"] for one in answer.body["rest"][0]["resource"]}
    routed = {
        one.canonical.split("/")[3]
        for one in county.server.app.router.resources()
        if one.canonical.startswith(f"{BASE}/") and one.canonical.endswith("/{id}")
    }
    assert listed == routed == {one.kind for one in TABLE}
    operations = {one.canonical for one in county.server.app.router.resources() if "/$" in one.canonical}
    assert operations == {f"{BASE}/{one.kind}/${name}" for one in TABLE for name in one.operations}
    for one in answer.body["rest"][0]["resource"]:
        assert len(one.get("operation", [])) == sum(path.startswith(f"{BASE}/{one['type']}/$") for path in operations)
        served = next(each for each in TABLE if each.kind == one["type"])
        assert [each["name"] for each in one.get("searchParam", [])] == [each.name for each in served.params]


async def test_a_result_is_found_by_its_patient_and_read_again_by_its_id(glucose, reader):
    found = await reader.get(f"Observation?patient={glucose}")
    (one,) = found.resources
    valid(found.body)
    assert one["valueQuantity"] == {
        "value": 5.60,
        "unit": "mmol/L",
        "system": "http://unitsofmeasure.org",
        "code": "mmol/L",
    }
    assert one["effectiveDateTime"] == "2026-11-23T08:00:00+08:00"
    again = await reader.get(f"Observation/{one['id']}")
    assert again.body == one
    assert again.headers["ETag"] == f'W/"{one["meta"]["versionId"]}"'
    unchanged = await reader.get(f"Observation/{one['id']}", If_None_Match=again.headers["ETag"])
    assert (unchanged.status, unchanged.body) == (304, None)
    report = one_of(await reader.get(f"DiagnosticReport?patient={glucose}&category=LAB"))
    assert report["result"] == [{"reference": f"Observation/{one['id']}"}]
    valid(report)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("code=2345-7", 1),
        ("code=http://loinc.org|2345-7", 1),
        ("code=urn:other|2345-7", 0),
        ("code=234", 0),
        ("code=GLU", 1),
        ("category=laboratory", 1),
        ("category=vital-signs", 0),
        ("status=final,corrected", 1),
        ("status=cancelled", 0),
        ("date=2026-11-23", 1),
        ("date=2026-11-22", 0),
        ("date=ge2026-11-23T08:00:00%2B08:00&date=lt2026-11-23T08:00:01%2B08:00", 1),
        ("date=2026-11-23T08:00:00", 1),
        ("date=2026-11-23T00:00:00Z", 1),
        ("date=2026-11-23T08:00:00Z", 0),
        ("date=gt2026-11-23", 0),
        ("date=sa2026-11-22", 1),
        ("date=eb2026-11-24", 1),
        ("date=ne2026-11-23", 0),
        ("date=1900", 0),
    ],
)
async def test_results_are_narrowed_by_code_status_and_date(glucose, reader, asked, count):
    found = await reader.get(f"Observation?patient=Patient/{glucose}&{asked}")
    assert (found.status, len(found.resources)) == (200, count)


@pytest.mark.parametrize(
    ("path", "issue"),
    [
        ("Observation?patient=Patient/x/y&status=final", "invalid"),
        ("Observation", "required"),
        ("Observation?patient=Organization/1", "invalid"),
        ("Observation?patient={patient}&date=yesterday", "invalid"),
        ("Observation?patient={patient}&date=2026-13-40", "invalid"),
        ("Observation?patient={patient}&_count=-1", "invalid"),
        ("Observation?patient={patient}&_count=-5", "invalid"),
        ("Observation?patient={patient}&_cursor=zzz", "invalid"),
        ("Observation?patient={patient}&status:not=final", "not-supported"),
        ("Observation?patient={patient}&code=a&code=b", "not-supported"),
        ("Observation?patient={patient}&code=" + ",".join("abcdefghijklmnopqrstu"), "too-costly"),
        ("Observation?patient={patient}&code=%00", "invalid"),
        ("Observation?patient={patient}&code=" + "x" * 600, "invalid"),
    ],
)
async def test_a_search_that_means_nothing_is_refused_in_words(glucose, reader, path, issue):
    answer = await reader.get(path.replace("{patient}", glucose))
    assert (answer.status, answer.issue["code"]) == (400, issue), answer.body
    valid(answer.body)


async def test_an_unknown_parameter_is_left_out_and_told_or_refused_if_asked_for_strictly(glucose, reader):
    lenient = await reader.get(f"Observation?patient={glucose}&flavour=sweet")
    assert [one["search"]["mode"] for one in lenient.body["entry"]] == ["match", "outcome"]
    assert "flavour" not in lenient.body["link"][0]["url"]
    valid(lenient.body)
    strict = await reader.get(f"Observation?patient={glucose}&flavour=sweet", Prefer="handling=strict")
    assert (strict.status, strict.issue["code"]) == (400, "not-supported")


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"Accept": "application/fhir+xml"}, "", 406),
        ({"Accept": "text/html, application/fhir+json;q=0"}, "", 406),
        ({"Accept": "application/fhir+json; fhirVersion=5.0"}, "", 406),
        ({}, "?_format=xml", 406),
        ({"Accept": "application/fhir+json; fhirVersion=4.0"}, "", 200),
        ({"Accept": "text/html, */*;q=0.1"}, "", 200),
        ({"Accept": "application/fhir+xml"}, "?_format=json", 200),
    ],
)
async def test_only_json_of_r4_is_answered(glucose, reader, headers, query, status):
    assert (await reader.get(f"Patient/{glucose}{query}", **headers)).status == status


async def test_what_is_not_served_is_told_in_fhirs_words(county, reader):
    for method, path, status in (
        ("GET", "Medication", 404),
        ("GET", "Patient/nobody", 404),
        ("GET", f"Patient/{uuid4()}", 404),
        ("GET", "Observation/nothing", 404),
        ("PUT", f"Patient/{uuid4()}", 405),
        ("DELETE", f"Patient/{uuid4()}", 405),
    ):
        answer = await (reader.get(path) if method == "GET" else county.send(method, f"{BASE}/{path}"))
        assert answer.status == status, path
        valid(answer.body)


async def test_pages_follow_each_other_and_show_everything_once(glucose, county, reader):
    for number in range(5):
        await county.write(
            "insert into laboratory_observation select gen_random_uuid(), report_id, report_version_id, line + %s,"
            " code_system, code || %s, name, sub_id, codes, item_key, map_version, value_type, value_kind, value_text,"
            " comparator, number, high, denominator, value_codes, unit_written, unit_ucum, reference_range, flags,"
            " status, status_written, status_rank, collected_at, collected_day, collected_written, collected_source,"
            " collected_doubt, collected_zone_stated, collected_passed_over, analysed_at, analysed_written,"
            " method_code, method_text, device, producer, performer, notes, ordered_at, known_from"
            " from laboratory_observation where code = '2345-7'",
            number,
            f"-{number}",
        )
    path, seen = f"Observation?patient={glucose}&_count=2", []
    while path:
        page = await reader.get(path)
        seen += [one["id"] for one in page.resources]
        following = [one["url"] for one in page.body["link"] if one["relation"] == "next"]
        path = following[0].partition(f"{BASE}/")[2] if following else ""
    assert len(seen) == len(set(seen)) == 6


async def test_a_corrected_result_keeps_its_id_and_changes_its_version(glucose, county, reader):
    before = one_of(await reader.get(f"Observation?patient={glucose}"))
    await county.write(
        "insert into laboratory_observation select gen_random_uuid(), report_id, report_version_id, line, code_system,"
        " code, name, sub_id, codes, item_key, map_version, value_type, value_kind, '6.10', comparator, '6.10', high,"
        " denominator, value_codes, unit_written, unit_ucum, reference_range, flags, 'corrected', 'C', 3, collected_at,"
        " collected_day, collected_written, collected_source, collected_doubt, collected_zone_stated,"
        " collected_passed_over, analysed_at, analysed_written, method_code, method_text, device, producer, performer,"
        " notes, ordered_at + interval '1 hour', known_from + interval '1 hour' from laboratory_observation",
    )
    after = one_of(await reader.get(f"Observation?patient={glucose}"))
    assert (after["id"], after["status"], after["valueQuantity"]["value"]) == (before["id"], "corrected", 6.1)
    assert after["meta"]["versionId"] != before["meta"]["versionId"]


async def test_where_a_result_came_from_can_be_traced(glucose, county, reader):
    one = one_of(await reader.get(f"Observation?patient={glucose}"))
    found = await reader.get(f"Provenance?target=Observation/{one['id']}")
    source = one_of(found)
    valid(found.body)
    digest = await county.one("select encode(digest, 'hex') from result_message")
    assert source["entity"][1]["what"]["identifier"]["value"] == digest
    assert (await reader.get(f"Provenance/{source['id']}")).body == source
    assert (await reader.get(f"Provenance?target=Observation/{uuid4().hex}-0000000000000000")).resources == []


async def test_places_and_people_are_found_by_name_and_place(county, reader, township):
    found = await reader.get("Organization?name=county")
    assert one_of(found)["id"] == str(HERE)
    valid(found.body)
    assert len((await reader.get("Organization?name:contains=town")).resources) == 1
    assert len((await reader.get("Organization?_count=1")).resources) == 1
    roles = await reader.get(f"PractitionerRole?organization={HERE}")
    valid(roles.body)
    role = roles.resources[0]
    assert (await reader.get(f"PractitionerRole/{role['id']}")).body == role
    assert (await reader.get("PractitionerRole")).status == 400


async def test_a_system_finds_the_decisions_it_asked_for_and_a_person_those_of_the_own_place(
    glucose, county, his, reader, township
):
    answered = test_cards.answered(good.laboratory())
    client = await county.one("select id from cds_client")
    number = uuid4()
    row = decision_row(answered, number, organization_id=HERE, client_id=client, patient_id=glucose, now=county.now)
    async with county.pool.transaction() as tx:
        await keep_decisions(tx, [row])
    found = await his.get(f"GuidanceResponse?patient={glucose}")
    one = one_of(found)
    valid(found.body)
    assert one["id"] == str(number)
    assert len((await his.get(f"GuidanceResponse?request={row.order_reference}")).resources) == 1
    other = await register(county, "https://other.example", "county-hospital")
    assert (await other.get(f"GuidanceResponse?patient={glucose}")).resources == []
    assert len((await reader.get(f"GuidanceResponse?patient={glucose}")).resources) == 1
    assert (await township.get(f"GuidanceResponse/{number}")).status == 404


WORDS = ["%00", "%20", "..%2F..", "x" * 70, "9" * 30, "-1", "%F0%A0%AE%B7", "'%20or%201=1", "{}", "null", "00000000000000000000000000000000-0123456789abcdef"]  # fmt: skip # noqa: E501


@pytest.mark.parametrize("kind", [one.kind for one in TABLE])
async def test_nonsense_is_refused_or_finds_nothing_and_is_never_a_bug(county, reader, auditor, kind):
    who = auditor if kind == "AuditEvent" else reader
    names = [one.name for one in next(each for each in TABLE if each.kind == kind).params]
    for word in WORDS:
        answers = [await who.get(f"{kind}/{word}")]
        answers += [await who.get(f"{kind}?{name}={word}&_id={word}") for name in [*names, "_count", "_cursor"]]
        answers += [await who.search(kind, "&".join(f"{name}={word}" for name in names))]
        assert all(one.status in {200, 400, 404} for one in answers), [(one.status, one.body) for one in answers]
    raw = await who.post(f"{kind}/_search", b"\xff\xfe&&&=%zz", Content_Type="application/x-www-form-urlencoded")
    assert raw.status in {200, 400}
    assert (await who.post(f"{kind}/_search", b"{}", Content_Type="application/json")).status == 415
    large = await who.post(f"{kind}/_search", b"a" * 20_000, Content_Type="application/x-www-form-urlencoded")
    assert large.status == 413


async def test_the_last_result_of_each_item_is_found_at_once(lis, county):
    contents = [
        samples.raw(
            samples.entry(samples.SERUM, {**samples.SPECIMEN, "receivedTime": ""}),
            samples.entry(
                samples.GLUCOSE, samples.observation(number=hour, effectiveDateTime=f"2026-11-23T0{hour}:00:00+08:00")
            ),
            samples.entry(samples.POTASSIUM, samples.observation("2823-3", "钾", 4.1)),
            samples.entry(
                samples.REPORT, samples.report(samples.GLUCOSE, samples.POTASSIUM, identifier=[{"value": f"F{hour}"}])
            ),
            name=f"B{hour}",
        )
        for hour in (5, 7, 6)
    ]
    for content in contents:
        assert (await lis.post("", content)).status == 200
    patient = await county.one("select distinct patient_id from laboratory_report_version")
    path = f"{BASE}/Observation/$lastn"
    token = lis.system.token(path)
    found = await county.send("GET", f"{path}?patient={patient}", Authorization=f"Bearer {token}")
    valid(found.body)
    assert sorted(one["valueQuantity"]["value"] for one in found.resources) == [4.1, 7]
    two = await lis.get(f"Observation/$lastn?patient={patient}&code=2345-7&max=2")
    assert [one["valueQuantity"]["value"] for one in two.resources] == [7, 6]
    for wrong in ("max=0", "max=x", f"patient={patient}&max=100", f"patient={patient}&flavour=sweet"):
        assert (await lis.get(f"Observation/$lastn?{wrong}")).status == 400


async def test_a_count_of_zero_is_told_how_many_there_are_and_shows_none(county, lis, monkeypatch):
    """FHIR R4 3.1.1.5.4; fhirpy counts so."""
    names = [f"urn:part:{number}" for number in range(7)]
    parts = [samples.entry(one, samples.observation(one)) for one in names]
    sent = samples.raw(*parts, samples.entry(samples.REPORT, samples.report(samples.GLUCOSE, *names)))
    assert (await lis.post("", sent)).status == 200
    patient = await county.one("select patient_id from laboratory_report_version")
    monkeypatch.setattr(routes, "MOST_COUNT", 3)  # so that there are pages
    for query, total in ((f"patient={patient}", 8), (f"patient={patient}&status=cancelled", 0)):
        answer = await lis.get(f"Observation?{query}&_count=0")
        valid(answer.body)
        assert (answer.body["total"], "entry" in answer.body) == (total, False)
        assert [one["relation"] for one in answer.body["link"]] == ["self"]
    asked = await county.one("select entities from audit_event order by id desc limit 1")
    assert [one["patient"] for one in asked] == [str(patient)]
    other = await register(county, "https://township.example", "township")
    assert (await other.get(f"Observation?patient={patient}&_count=0")).body["total"] == 0
    assert (await lis.get(f"Observation/$lastn?patient={patient}&_count=0")).status == 400
    monkeypatch.setattr(routes, "MOST_COUNTED", 6)
    refused = await lis.get(f"Observation?patient={patient}&_count=0")
    assert (refused.status, refused.issue["code"]) == (400, "too-costly")
    assert (await lis.get("Observation?_count=0")).status == 400
