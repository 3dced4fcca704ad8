"""A transaction as the reports of a message: what is measured, when it was taken, whose it is, and what is in doubt."""

from datetime import UTC, date, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from telemed.results.code_map import CodeMaps
from telemed.results.fhir_bundle import MOST_RESULTS, BundleFault, read_bundle
from telemed.results.fhir_reports import results
from telemed.results.hl7_message import read
from telemed.results.judging import judge
from telemed.results.observations import results as of_hl7
from telemed.results.report import REASONS, Status
from telemed.vocabulary import Sex
from tests.unit.results import fhir_samples as samples
from tests.unit.results import hl7_samples
from tests.unit.results.fhir_samples import GLUCOSE, PERSON, PLACE, POTASSIUM, REPORT, SERUM, entry, observation, raw

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


def understood(*changed, **changes):
    found = read_bundle(raw(*changed, **changes))
    assert not isinstance(found, BundleFault), found
    return results(found, ZONE, received_at=NOW, organization_code="county-hospital")


def the_report(*changed, **changes):
    (patient,) = understood(*changed, **changes).patients
    (report,) = patient.reports
    return report


def the_result(**changes):
    (one,) = the_report(entry(GLUCOSE, observation(**changes))).observations
    return one


def test_a_transaction_says_what_the_same_report_says_in_hl7():
    (patient,) = understood().patients
    (other,) = of_hl7(read(hl7_samples.message()), ZONE, received_at=NOW).patients
    assert (patient.patient.name, patient.patient.birth_date, patient.patient.sex) == (
        other.patient.name,
        other.patient.birth_date,
        other.patient.sex,
    )
    one, same = patient.reports[0].observations[0], other.reports[0].observations[0]
    assert one.collected is not None
    assert same.collected is not None
    assert (one.value.number, one.unit, one.reference_range, one.status, one.collected.at) == (
        "5.6", same.unit, same.reference_range, same.status, same.collected.at,
    )  # fmt: skip
    assert patient.reports[0].number == other.reports[0].number


def test_who_it_is_is_read_from_the_official_name_and_every_number():
    (patient,) = understood().patients
    assert (patient.patient.name, patient.patient.birth_date, patient.patient.sex) == (
        "王桂兰",
        date(1956, 3, 14),
        Sex.FEMALE,
    )
    assert [(one.kind, one.value) for one in patient.patient.numbers] == [("NNCHN", samples.NUMBER), ("MR", "20481")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([{"family": "王", "given": ["桂兰"]}], "王桂兰"),
        ([{"family": "Ivanova", "given": ["Natasha"]}], "Ivanova Natasha"),
        ([{"use": "old", "text": "李"}, {"text": "王桂兰"}], "王桂兰"),
        ([{"text": "小王"}, {"use": "official", "text": "王桂兰"}], "王桂兰"),
        ([], ""),
    ],
)
def test_a_name_is_the_official_one(names, expected):
    (patient,) = understood(entry(PERSON, {**samples.PATIENT, "name": names})).patients
    assert patient.patient.name == expected
    assert bool(patient.doubts) is not bool(expected)


@pytest.mark.parametrize("born", ["1900-01-01", "2027-01-01", "1956", "soon", ""])
def test_a_birth_date_that_cannot_be_is_none(born):
    (patient,) = understood(entry(PERSON, {**samples.PATIENT, "birthDate": born})).patients
    assert patient.patient.birth_date is None


@pytest.mark.parametrize(
    ("changes", "source", "day"),
    [
        ({}, "Observation.effective", date(2026, 11, 23)),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-23T07:00:00+08:00"}},
            "Observation.effective",
            date(2026, 11, 23),
        ),
        (
            {"effectiveDateTime": None, "effectiveInstant": "2026-11-22T23:00:00Z"},
            "Observation.effective",
            date(2026, 11, 22),
        ),
        ({"effectiveDateTime": None}, "Specimen.collection", date(2026, 11, 23)),
        ({"effectiveDateTime": "2026-11-23"}, "Observation.effective", date(2026, 11, 23)),
    ],
)
def test_when_it_was_taken_is_effective_then_the_specimens_collection(changes, source, day):
    one = the_result(**changes)
    assert (one.collected_source, one.collected.day) == (source, day)


def test_when_it_was_taken_is_never_when_it_was_issued():
    bare = {**samples.SPECIMEN, "collection": {}}
    missing = the_report(entry(SERUM, bare), entry(GLUCOSE, observation(effectiveDateTime=None))).observations[0]
    assert (missing.collected, missing.collected_source) == (None, "")
    same = the_report(
        entry(SERUM, {**bare, "receivedTime": ""}),
        entry(GLUCOSE, observation(effectiveDateTime="2026-11-23T01:05:00Z")),
    ).observations[0]
    assert (same.collected, same.collected_passed_over) == (None, ("Observation.effective",))
    late = the_report(entry(SERUM, bare), entry(GLUCOSE, observation(effectiveDateTime="2026-11-23T08:31:00+08:00")))
    assert late.observations[0].collected is None


@pytest.mark.parametrize(
    ("written", "at", "doubt"),
    [
        ("2026-11-23T00:00:00Z", datetime(2026, 11, 23, tzinfo=UTC), ""),
        ("2026-11-23T08:00:00+08:00", datetime(2026, 11, 23, tzinfo=UTC), ""),
        ("2026-11-23T08:00:00", datetime(2026, 11, 23, tzinfo=UTC), ""),
        ("2026-11-23", None, ""),
        ("2026-11", None, "too-coarse"),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC), "implausible"),
        ("2030-01-01T00:00:00Z", datetime(2030, 1, 1, tzinfo=UTC), "future"),
        ("yesterday", None, "unreadable"),
    ],
)
def test_a_time_keeps_its_zone_and_says_why_it_proves_nothing(written, at, doubt):
    later = {**samples.SPECIMEN, "receivedTime": ""}
    one = the_report(entry(SERUM, later), entry(GLUCOSE, observation(effectiveDateTime=written))).observations[0]
    assert (one.collected.at, one.collected.doubt, one.collected.written) == (at, doubt, written)


@pytest.mark.parametrize(
    ("status", "expected", "doubts"),
    [
        ("final", Status.FINAL, []),
        ("amended", Status.CORRECTED, []),
        ("corrected", Status.CORRECTED, []),
        ("preliminary", Status.PRELIMINARY, []),
        ("registered", Status.REGISTERED, []),
        ("cancelled", Status.CANCELLED, []),
        ("entered-in-error", Status.ENTERED_IN_ERROR, []),
        ("unknown", None, ["status-unknown"]),
        ("done", None, ["status-unknown"]),
        (None, None, ["status-missing"]),
    ],
)
def test_a_status_is_one_of_fhirs(status, expected, doubts):
    one = the_result(status=status)
    assert (one.status, [each.reason for each in one.doubts]) == (expected, doubts)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"valueQuantity": {"value": 5.10, "unit": "mmol/L"}}, ("quantity", "", "5.1", "", "")),
        ({"valueQuantity": {"value": 0.01, "comparator": "<", "code": "mmol/L"}}, ("quantity", "<", "0.01", "", "")),
        ({"valueQuantity": {"value": 1.5e3, "unit": "mmol/L"}}, ("quantity", "", "1500.0", "", "")),
        ({"valueInteger": 7}, ("quantity", "", "7", "", "")),
        ({"valueRange": {"low": {"value": 1}, "high": {"value": 3}}}, ("quantity", "", "1", "3", "")),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, ("quantity", "", "1", "", "128")),
        ({"valueString": "阴性"}, ("text", "", "", "", "")),
        ({"valueBoolean": False}, ("text", "", "", "", "")),
        ({"valueCodeableConcept": {"coding": [{"code": "NEG", "display": "阴性"}]}}, ("coded", "", "", "", "")),
        ({"dataAbsentReason": {"text": "溶血"}}, ("none", "", "", "", "")),
    ],
)
def test_every_kind_of_value_is_read(value, shown):
    one = the_result(**{"valueQuantity": None, **value})
    assert (one.value.kind, one.value.comparator, one.value.number, one.value.high, one.value.denominator) == shown
    assert one.doubts == ()


def test_a_number_keeps_its_digits_and_a_monstrous_one_is_none():
    content = raw().replace(b'"value": 5.6', b'"value": 5.60')
    found = results(read_bundle(content), ZONE, received_at=NOW, organization_code="county-hospital")
    assert found.patients[0].reports[0].observations[0].value.number == "5.60"
    content = raw().replace(b'"value": 5.6', b'"value": 1e999999')
    found = results(read_bundle(content), ZONE, received_at=NOW, organization_code="county-hospital")
    assert [one.reason for one in found.patients[0].reports[0].observations[0].doubts] == ["not-a-number"]


@pytest.mark.parametrize(
    ("quantity", "unit", "doubts"),
    [
        ({"unit": "mmol/L"}, "mmol/L", []),
        ({"code": "mmol/L", "system": samples.UCUM}, "mmol/L", []),
        ({"unit": "毫摩尔每升", "code": "mmol/L", "system": samples.UCUM}, "mmol/L", []),
        ({"unit": "mg/dL", "code": "mmol/L", "system": samples.UCUM}, "mg/dL", ["unit-contradicts"]),
        ({"unit": "mg/dL", "code": "mmol", "system": "urn:other"}, "mg/dL", []),
    ],
)
def test_a_units_text_and_code_have_to_say_the_same(quantity, unit, doubts):
    one = the_result(valueQuantity={"value": 5.6, **quantity})
    assert (one.unit, [each.reason for each in one.doubts]) == (unit, doubts)


def test_a_unit_that_contradicts_the_item_is_found_by_the_same_judge_as_for_hl7(maps):
    good = judge(the_result(), maps, "county-hospital", date(2026, 11, 23))
    assert (good.is_result, good.unit) == (True, "mmol/L")
    bad = judge(the_result(valueQuantity={"value": 5.6, "unit": "g"}), maps, "county-hospital", date(2026, 11, 23))
    assert [one.reason for one in bad.doubts] == ["unit-contradicts"]


@pytest.fixture
def maps():
    from pathlib import Path  # noqa: PLC0415 -- for this fixture alone

    from telemed.results.maps import read_maps  # noqa: PLC0415

    found = read_maps(Path(__file__).parents[3] / "config" / "recognition" / "maps")
    assert isinstance(found, CodeMaps)
    return found


def test_components_and_members_are_results_and_a_panel_alone_is_none():
    panel = observation(
        "24323-8", "生化", valueQuantity=None, hasMember=[{"reference": GLUCOSE}, {"reference": POTASSIUM}]
    )
    pressure = observation("85354-9", "血压", valueQuantity=None, component=[
        {"code": {"coding": [{"code": "8480-6"}]}, "valueQuantity": {"value": 120, "unit": "mm[Hg]"}},
        {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": {"value": 80, "unit": "mm[Hg]"}},
    ])  # fmt: skip
    made = the_report(
        entry("urn:uuid:panel", panel),
        entry("urn:uuid:pressure", pressure),
        entry(POTASSIUM, observation("2823-3", "钾", 4.1)),
        entry(REPORT, samples.report("urn:uuid:panel", "urn:uuid:pressure")),
    )
    assert [one.codes[0].code for one in made.observations] == ["2345-7", "2823-3", "8480-6", "8462-4"]
    assert made.observations[2].sub_id == "85354-9"


def test_two_results_of_one_code_are_not_told_apart():
    made = the_report(entry(POTASSIUM, observation()), entry(REPORT, samples.report(GLUCOSE, POTASSIUM)))
    assert [[one.reason for one in each.doubts] for each in made.observations] == [["observation-twice"]] * 2


def test_specimens_that_differ_leave_open_which_one_the_report_is_of():
    other = {**samples.SPECIMEN, "identifier": [{"value": "S2"}]}
    made = the_report(
        entry("urn:uuid:s2", other),
        entry(POTASSIUM, observation("2823-3", "钾", 4.1, specimen={"reference": "urn:uuid:s2"})),
        entry(REPORT, samples.report(GLUCOSE, POTASSIUM)),
    )
    assert made.specimen.ambiguous
    assert the_report().specimen.id == "S1"


def test_a_specimen_may_stand_inside_of_its_result():
    inside = {**samples.SPECIMEN, "id": "s", "identifier": [{"value": "S9"}]}
    made = the_report(entry(GLUCOSE, observation(contained=[inside], specimen={"reference": "#s"})))
    assert made.specimen.id == "S9"


@pytest.mark.parametrize(
    ("changed", "reason", "place"),
    [
        (entry(REPORT, samples.report(subject=None)), "reference-missing", "Bundle.entry[4].resource.subject"),
        (
            entry(REPORT, samples.report(subject={"reference": "https://x.example/Patient/1"})),
            "reference-foreign",
            "Bundle.entry[4].resource.subject",
        ),
        (
            entry(REPORT, samples.report(subject={"reference": GLUCOSE})),
            "reference-type",
            "Bundle.entry[4].resource.subject",
        ),
        (entry(REPORT, samples.report("urn:uuid:nothing")), "reference-unresolved", "Bundle.entry[4].resource.result"),
        (
            entry(GLUCOSE, observation(specimen={"reference": "#none"})),
            "reference-unresolved",
            "Bundle.entry[3].resource.specimen",
        ),
        (
            entry(GLUCOSE, observation(hasMember=[{"reference": GLUCOSE}])),
            "reference-circle",
            "Bundle.entry[3].resource.hasMember",
        ),
        (entry(POTASSIUM, observation("2823-3")), "observation-without-report", "Bundle.entry[5].resource"),
        (
            entry(
                PLACE,
                {
                    **samples.ORGANIZATION,
                    "identifier": [{"system": "urn:cn:county:organization-code", "value": "other"}],
                },
            ),
            "another-organization",
            "Bundle.entry[4].resource.performer",
        ),
    ],
    ids=range(8),
)
def test_a_reference_that_leads_nowhere_refuses_the_whole(changed, reason, place):
    assert understood(changed) == BundleFault(reason, place)


def test_a_circle_among_panels_is_found_however_it_is_walked_into():
    a, b = "urn:uuid:a", "urn:uuid:b"
    made = understood(
        entry(a, observation("1", hasMember=[{"reference": b}])),
        entry(b, observation("2", hasMember=[{"reference": a}])),
        entry(REPORT, samples.report(GLUCOSE, a, b)),
    )
    assert isinstance(made, BundleFault)
    assert made.reason == "reference-circle"


def test_circles_and_panels_are_found_as_a_plain_walk_finds_them():
    """Every directed graph of three observations: the order of the results, and whether a walk comes back."""
    names = ("a", "b", "c")
    edges = [(one, other) for one in names for other in names]
    for drawn in product((False, True), repeat=len(edges)):
        below = {
            one: [to for (at, to), there in zip(edges, drawn, strict=True) if there and at == one] for one in names
        }
        made = understood(
            *(entry(f"urn:{one}", panel(one, *(f"urn:{each}" for each in below[one]))) for one in names),
            entry(GLUCOSE, observation(hasMember=[{"reference": f"urn:{one}"} for one in names])),
            entry(REPORT, samples.report("urn:a", GLUCOSE, "urn:a")),
        )
        if any(comes_back(below, (one,)) for one in names):
            assert isinstance(made, BundleFault), below
            assert made.reason == "reference-circle", below
        else:
            found = [one.codes[0].code for one in made.patients[0].reports[0].observations]
            expected = [*walked(below, "a"), "2345-7", *walked(below, "b"), *walked(below, "c")]
            assert found == list(dict.fromkeys(expected))


def comes_back(below, path):
    return any(one in path or comes_back(below, (*path, one)) for one in below[path[-1]])


def walked(below, at):
    return [at, *(each for one in below[at] for each in walked(below, one))]


def panel(code, *members):
    return observation(code, hasMember=[{"reference": one} for one in members])


def listing(reports, members, *, last=0):
    """Reports that all list one panel of some results; the first one lists a few results more."""
    parts = [f"urn:part:{number}" for number in range(members - 1)]
    more = [f"urn:more:{number}" for number in range(last)]
    return [
        *(entry(each, observation(each)) for each in [*parts, *more]),
        entry(GLUCOSE, panel("panel", *parts)),
        *(
            entry(f"urn:report:{number}", samples.report(identifier=[{"value": f"F-{number}"}]))
            for number in range(reports - 1)
        ),
        entry(REPORT, samples.report(GLUCOSE, *more)),
    ]


@pytest.mark.parametrize(("reports", "members", "last", "taken"), [(50, 100, 0, True), (50, 100, 1, False)])
def test_results_that_many_reports_list_count_in_each_and_are_bounded(reports, members, last, taken):
    made = understood(*listing(reports, members, last=last))
    if taken:
        assert sum(len(one.observations) for one in made.patients[0].reports) == MOST_RESULTS == reports * members
    else:
        end = 5 + (members - 1) + last + (reports - 1) - 1
        assert made == BundleFault("too-many-results", f"Bundle.entry[{end}].resource.result")


@pytest.mark.parametrize("plain", [0, 1])
def test_results_within_results_are_bounded_too(plain):
    inside = [{"code": {"coding": [{"code": f"c{number}"}]}, "valueString": "x"} for number in range(24)]
    names = [f"urn:{number}" for number in range(200 + plain)]
    made = understood(
        *(entry(one, observation(one, component=inside if number < 200 else None)) for number, one in enumerate(names)),
        entry(GLUCOSE, {**samples.SPECIMEN, "resourceType": "Specimen"}),
        entry(REPORT, samples.report(*names)),
    )
    assert isinstance(made, BundleFault) is (200 * 25 + plain > MOST_RESULTS)


def test_panels_without_a_value_of_their_own_that_all_hold_each_other_are_bounded():
    """None of them is a result, and a walk through each report's would take minutes."""
    names = [f"urn:{number}" for number in range(300)]
    panels = [
        entry(
            one,
            observation(one, valueQuantity=None, hasMember=[{"reference": each} for each in names[number + 1 :]]),
        )
        for number, one in enumerate(names)
    ]
    reports = [
        entry(f"urn:report:{number}", samples.report(names[0], identifier=[{"value": f"F-{number}"}]))
        for number in range(300)
    ]
    made = understood(*panels, *reports)
    assert isinstance(made, BundleFault)
    assert made.reason == "too-many-results"


def test_an_observation_of_another_patient_refuses_the_whole():
    other = "urn:uuid:other"
    found = understood(
        entry(other, {**samples.PATIENT, "identifier": [{"value": "777"}]}),
        entry(GLUCOSE, observation(subject={"reference": other})),
    )
    assert found == BundleFault("another-patient", "Bundle.entry[3].resource.subject")


def test_a_report_without_a_number_and_a_patient_without_a_name_wait_for_a_person():
    assert [one.reason for one in the_report(entry(REPORT, samples.report(identifier=[]))).doubts] == [
        "report-number-missing"
    ]
    assert understood(entry=[one for one in samples.entries() if one["fullUrl"] != REPORT]).reason in {
        "report-missing",
        "observation-without-report",
    }


def test_every_ground_is_one_that_the_list_of_what_waits_knows():
    for reason in (
        "unit-contradicts",
        "observation-twice",
        "not-a-number",
        "status-unknown",
        "too-long",
        "code-missing",
    ):
        assert reason in REASONS
