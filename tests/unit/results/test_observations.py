from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from telemed.results.hl7_message import Malformed, Message, read
from telemed.results.observations import results
from telemed.results.report import REASONS, Results, Status, ordered_at
from telemed.results.values import CodedText
from telemed.vocabulary import Sex
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


def found(raw=None, *lines) -> Results | Malformed:
    parsed = read(message(*lines) if raw is None else raw)
    assert isinstance(parsed, Message), parsed
    return results(parsed, ZONE, received_at=NOW)


def report(*lines):
    read_ = found(None, *lines)
    assert isinstance(read_, Results), read_
    return read_.patients[0].reports[0]


def observation(obx=GLUCOSE, *after, order=ORDER):
    return report(PATIENT, order, obx, *after).observations[0]


def field(segment, number, value):
    """One field of a segment replaced."""
    fields = segment.split("|")
    fields += [""] * (number + 1 - len(fields))
    fields[number] = value
    return "|".join(fields)


def test_a_result_has_every_field_the_sender_wrote():
    one = observation()
    assert one.codes == (CodedText("2345-7", "葡萄糖", "LN"), CodedText("GLU", "血糖", "LOCAL"))
    assert (one.value.kind, one.value.number, one.value.text, one.unit) == ("quantity", "5.60", "5.60", "mmol/L")
    assert (one.reference_range, one.flags, one.status) == ("3.9-6.1", ("N",), Status.FINAL)
    assert (one.method.text, one.device, one.producer.code) == ("葡萄糖氧化酶法", "AU5800", "县医院")
    assert one.collected.at == datetime(2026, 11, 23, tzinfo=UTC)
    assert one.doubts == ()


def test_a_report_has_its_number_service_specimen_and_patient():
    read_ = found()
    assert isinstance(read_, Results)
    patient, one = read_.patients[0].patient, read_.patients[0].reports[0]
    assert (patient.name, patient.sex, patient.birth_date) == ("王桂兰", Sex.FEMALE, date(1956, 3, 14))
    assert [(n.value, n.authority, n.kind) for n in patient.numbers] == [
        ("20481", "县医院", "MR"),
        ("239999195603140024", "CN", "NNCHN"),
    ]
    assert (one.number, one.number_system, one.placer_number) == ("F20261123-7", "LIS", "P1")
    assert (one.specimen.type.code, one.specimen.type.text) == ("Ser", "血清")
    assert one.service[0].text == "空腹血糖"
    assert ordered_at(one, read_, NOW) == datetime(2026, 11, 23, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "written", "unit", "expected"),
    [
        ("NM", "5.60", "mmol/L", ("quantity", "", "5.60", "", "")),
        ("NM", " 007.50 ", "mmol/L", ("quantity", "", "7.50", "", "")),
        ("NM", "-.5", "mmol/L", ("quantity", "", "-0.5", "", "")),
        ("NM", "+3", "mmol/L", ("quantity", "", "3", "", "")),
        ("NM", "-0.0", "mmol/L", ("quantity", "", "0.0", "", "")),
        ("NM", "<0.01", "mmol/L", ("quantity", "<", "0.01", "", "")),
        ("NM", "＞1000", "mmol/L", ("quantity", ">", "1000", "", "")),
        ("NM", "≤3", "mmol/L", ("quantity", "<=", "3", "", "")),
        ("SN", "<^0.01", "mmol/L", ("quantity", "<", "0.01", "", "")),
        ("SN", "^100^-^200", "mmol/L", ("quantity", "", "100", "200", "")),
        ("SN", "^1^:^128", "", ("quantity", "", "1", "", "128")),
        ("SN", "^2^+", "", ("text", "", "", "", "")),
        ("ST", "5.6", "mmol/L", ("quantity", "", "5.6", "", "")),
        ("ST", "5.6", "", ("text", "", "", "", "")),
        ("ST", "阴性", "mmol/L", ("text", "", "", "", "")),
        ("TX", "5.6", "mmol/L", ("text", "", "", "", "")),
        ("FT", r"第一行\.br\第二行", "", ("text", "", "", "", "")),
        ("CWE", "260385009^阴性^SCT", "", ("coded", "", "", "", "")),
        ("NM", "", "mmol/L", ("none", "", "", "", "")),
        ("NM", '""', "mmol/L", ("none", "", "", "", "")),
    ],
)
def test_a_value_is_read_by_its_type(kind, written, unit, expected):
    one = observation(field(field(field(GLUCOSE, 2, kind), 5, written), 6, unit))
    value = one.value
    assert (value.kind, value.comparator, value.number, value.high, value.denominator) == expected
    assert value.fault == ""
    assert one.value_type == kind


def test_text_of_several_lines_and_repetitions_is_kept_whole():
    one = observation(field(field(GLUCOSE, 2, "FT"), 5, r"第一行\.br\第二行~a\T\b"))
    assert one.value.text == "第一行\n第二行\na&b"
    coded = observation(field(field(GLUCOSE, 2, "CE"), 5, "1^大肠埃希菌^L~2^肺炎克雷伯菌^L"))
    assert [code.text for code in coded.value.codes] == ["大肠埃希菌", "肺炎克雷伯菌"]


@pytest.mark.parametrize("written", ["阴性", "5,6", "5.6 mmol/L", "1E3", "5.6~5.7", "--5", ".", "<", "5..6", "9" * 31])
def test_what_is_no_number_is_never_made_one(written):
    one = observation(field(GLUCOSE, 5, written))
    assert one.value.number == ""
    assert [doubt.reason for doubt in one.doubts] == ["not-a-number"]
    assert one.value.text


@pytest.mark.parametrize("written", ["5", "^5^-", "^a", "?^5", "^5^-^x", "^5^!^6"])
def test_a_structured_number_that_is_none_is_never_made_one(written):
    one = observation(field(field(GLUCOSE, 2, "SN"), 5, written))
    assert [doubt.reason for doubt in one.doubts] == ["not-a-number"]


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("F", Status.FINAL),
        ("C", Status.CORRECTED),
        ("P", Status.PRELIMINARY),
        ("X", Status.CANCELLED),
        ("W", Status.ENTERED_IN_ERROR),
        ("D", Status.ENTERED_IN_ERROR),
        ("U", Status.FINAL),
        ("I", Status.REGISTERED),
    ],
)
def test_a_status_is_that_of_table_0085(written, status):
    one = observation(field(GLUCOSE, 11, written))
    assert (one.status, one.status_written, one.doubts) == (status, written, ())


def test_without_a_status_of_its_own_a_result_has_that_of_its_report():
    assert observation(field(GLUCOSE, 11, ""), order=field(ORDER, 25, "C")).status is Status.CORRECTED


@pytest.mark.parametrize(
    ("obx", "obr", "reason"),
    [("", "", "status-missing"), ("Q", "F", "status-unknown")],
)
def test_a_status_nobody_said_is_not_guessed(obx, obr, reason):
    one = observation(field(GLUCOSE, 11, obx), order=field(ORDER, 25, obr))
    assert one.status is None
    assert [doubt.reason for doubt in one.doubts] == [reason]


SPM = "SPM|1|S1^S77||Ser^血清^L|||||||||||||20261123074500|20261123082000||||||HEM^溶血^HL70493"


@pytest.mark.parametrize(
    ("obx14", "obr7", "spm", "expected"),
    [
        ("20261123080000", "20261123075000", [], ("00:00", "OBX-14", ())),
        ("", "20261123075000", [SPM], ("23:45", "SPM-17", ())),
        ("", "20261123075000", [], ("23:50", "OBR-7", ())),
        ("", "", [], (None, "", ())),
        # the time of the report stands where the collection belongs
        ("20261123090500", "20261123075000", [], ("23:50", "OBR-7", ("OBX-14",))),
        ("20261123090500", "20261123090500", [], (None, "", ("OBX-14", "OBR-7"))),
        ("20261123090459", "20261123075000", [], ("01:04", "OBX-14", ())),
        # later than the specimen came to the laboratory: the time of analysis
        ("20261123082001", "", [SPM], ("23:45", "SPM-17", ("OBX-14",))),
        ("20261123082000", "", [SPM], ("00:20", "OBX-14", ())),
    ],
)
def test_the_collection_is_taken_from_the_field_that_can_be_it_and_never_from_the_report(obx14, obr7, spm, expected):
    one = observation(field(GLUCOSE, 14, obx14), *spm, order=field(ORDER, 7, obr7))
    at = one.collected and one.collected.at.strftime("%H:%M")
    assert (at, one.collected_source, one.collected_passed_over) == expected


def test_a_specimen_segment_says_more_than_the_order():
    specimen = report(PATIENT, ORDER, GLUCOSE, SPM).specimen
    assert (specimen.id, specimen.type.text, [flag.code for flag in specimen.flags]) == ("S77", "血清", ["HEM"])
    assert specimen.received.at == datetime(2026, 11, 23, 0, 20, tzinfo=UTC)


def test_of_two_specimens_neither_is_taken_for_the_results():
    specimen = report(PATIENT, field(ORDER, 7, ""), field(GLUCOSE, 14, ""), SPM, SPM).specimen
    assert specimen.ambiguous
    assert specimen.collected is None


def test_notes_hang_below_what_they_follow():
    one = report(PATIENT, "NTE|1||of the patient", ORDER, "NTE|1||of the report", GLUCOSE, "NTE|1||of the result~more")
    assert one.notes == ("of the report",)
    assert one.observations[0].notes == ("of the result\nmore",)


def test_results_hang_below_their_order_and_orders_below_their_patient():
    second = PATIENT.replace("王桂兰", "刘德福")
    read_ = found(None, PATIENT, ORDER, GLUCOSE, GLUCOSE.replace("2345-7", "2823-3"), ORDER, second, ORDER, GLUCOSE)
    assert isinstance(read_, Results)
    assert [one.patient.name for one in read_.patients] == ["王桂兰", "刘德福"]
    assert [[len(r.observations) for r in one.reports] for one in read_.patients] == [[2, 0], [1]]


def test_one_item_twice_in_a_report_is_told_apart_by_its_sub_id_or_not_at_all():
    twice = report(PATIENT, ORDER, GLUCOSE, GLUCOSE)
    assert [[d.reason for d in one.doubts] for one in twice.observations] == [["observation-twice"]] * 2
    apart = report(PATIENT, ORDER, field(GLUCOSE, 4, "1"), field(GLUCOSE, 4, "2"))
    assert [one.doubts for one in apart.observations] == [(), ()]


@pytest.mark.parametrize(
    ("obr3", "orc3", "obr2", "number"),
    [
        ("F1^LIS", "", "P1", ("F1", "LIS")),
        ("", "F2^LIS", "P1", ("F2", "LIS")),
        ("", "", "P1^HIS", ("P1", "placer:HIS")),
    ],
)
def test_the_number_of_a_report_is_the_laboratorys_else_the_requesters(obr3, orc3, obr2, number):
    order = field(field(ORDER, 3, obr3), 2, obr2)
    one = report(PATIENT, f"ORC|RE||{orc3}", order, GLUCOSE)
    assert (one.number, one.number_system) == number
    assert one.doubts == ()


def test_a_report_without_any_number_is_kept_apart():
    one = report(PATIENT, field(field(ORDER, 3, ""), 2, ""), GLUCOSE)
    assert [doubt.reason for doubt in one.doubts] == ["report-number-missing"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("王桂兰", "王桂兰"),
        ("王^桂兰", "王桂兰"),
        ("IVANOVA^NATASHA", "IVANOVA NATASHA"),
        ("阿卜杜热西提·买买提", "阿卜杜热西提·买买提"),
        ("~^^^^^^L~王䶮", "王䶮"),
        ("", ""),
    ],
)
def test_a_name_is_joined_as_it_is_spoken(written, name):
    read_ = found(message(field(PATIENT, 5, written), ORDER, GLUCOSE))
    assert isinstance(read_, Results)
    assert read_.patients[0].patient.name == name
    assert [d.reason for d in read_.patients[0].doubts] == ([] if name else ["patient-name-missing"])


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("19560314", date(1956, 3, 14)),
        ("19560314120000", date(1956, 3, 14)),
        ("19000101", None),
        ("20261124", None),
        ("1956", None),
        ("", None),
    ],
)
def test_a_birth_date_that_stands_for_unknown_is_unknown(written, born):
    read_ = found(message(field(PATIENT, 7, written), ORDER, GLUCOSE))
    assert isinstance(read_, Results)
    assert read_.patients[0].patient.birth_date == born


@pytest.mark.parametrize(
    ("written", "sex"), [("F", Sex.FEMALE), ("2", Sex.FEMALE), ("男", Sex.MALE), ("9", Sex.UNKNOWN)]
)
def test_a_sex_is_read_in_the_codes_that_are_in_use(written, sex):
    read_ = found(message(field(PATIENT, 8, written), ORDER, GLUCOSE))
    assert isinstance(read_, Results)
    assert read_.patients[0].patient.sex is sex


def test_a_name_in_a_character_set_nobody_can_tell_is_kept_apart():
    raw = message(PATIENT.replace("王桂兰", "䶮䶮䶮䶮䶮䶮䶮䶮䶮䶮"), ORDER, GLUCOSE, charset="")
    raw = raw.replace("县医院检验科".encode("gb18030"), b"LAB").replace("县医院".encode("gb18030"), b"H")
    for word in ("空腹血糖", "血清", "葡萄糖氧化酶法", "葡萄糖", "血糖"):
        raw = raw.replace(word.encode("gb18030"), b"x")
    read_ = found(raw)
    assert isinstance(read_, Results)
    assert [doubt.reason for doubt in read_.doubts] == ["charset-doubtful"]


@pytest.mark.parametrize(
    ("raw", "reason", "place"),
    [
        (message().replace(b"ORU^R01", b"ORU^R30"), "message-type", "MSH-9"),
        (message().replace(b"ORU^R01", b"ADT^A01"), "message-type", "MSH-9"),
        (message().replace(b"|P|2.5.1", b"|T|2.5.1"), "processing-id", "MSH-11"),
        (message().replace(b"|P|2.5.1", b"|D|2.5.1"), "processing-id", "MSH-11"),
        (message(PATIENT, GLUCOSE), "result-without-order", "line 3"),
        (message(ORDER, GLUCOSE), "patient-missing", "line 2"),
        (message(PATIENT), "order-missing", "OBR"),
    ],
)
def test_a_message_that_is_no_laboratory_report_is_refused_with_its_place(raw, reason, place):
    read_ = found(raw)
    assert isinstance(read_, Malformed)
    assert (read_.reason, read_.place) == (reason, place)


LONG = "9" * 201


@pytest.mark.parametrize(
    ("pid", "obr", "obx"),
    [
        (field(PATIENT, 3, LONG), ORDER, GLUCOSE),
        (field(PATIENT, 3, f"1^^^{LONG}"), ORDER, GLUCOSE),
        (PATIENT, field(ORDER, 3, LONG), GLUCOSE),
        (PATIENT, field(ORDER, 3, f"1^{LONG}"), GLUCOSE),
        (PATIENT, ORDER, field(GLUCOSE, 3, LONG)),
        (PATIENT, ORDER, field(GLUCOSE, 3, f"1^x^{LONG}")),
        (PATIENT, ORDER, field(GLUCOSE, 4, LONG)),
    ],
)
@pytest.mark.parametrize("shorter", [0, 1])
def test_a_number_or_code_that_could_not_be_looked_up_is_kept_apart(pid, obr, obx, shorter):
    lines = [line.replace(LONG, LONG[shorter:]) for line in (pid, obr, obx)]
    read_ = found(None, *lines)
    assert isinstance(read_, Results)
    patient = read_.patients[0]
    doubts = [*patient.doubts, *patient.reports[0].doubts, *patient.reports[0].observations[0].doubts]
    assert [doubt.reason for doubt in doubts] == ([] if shorter else ["too-long"])


def test_every_reason_says_what_to_do_in_both_languages():
    assert all(text.zh and text.en for text in REASONS.values())
