"""A laboratory's observation as a result: what it does not say stays unsaid."""

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import pytest

from telemed.recognition.facts import Status
from telemed.recognition.laboratory_results import LOINC, METHODS, candidate, result_id
from telemed.recognition.rules import Code, item_code
from telemed.results.store import KnownObservation

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
POTASSIUM = KnownObservation(
    id=UUID(int=1),
    report_id=UUID(int=2),
    report_version_id=UUID(int=3),
    patient_id=UUID(int=4),
    linked=True,
    organization_id=UUID(int=5),
    code_system="LN",
    code="2823-3",
    name="钾",
    sub_id="",
    item_key=None,
    map_version=None,
    value_type="NM",
    value_kind="quantity",
    value_text="4.1",
    comparator="",
    number="4.1",
    high="",
    denominator="",
    unit_written="mmol/L",
    unit_ucum="mmol/L",
    reference_range="3.5-5.3",
    flags=["N"],
    status="final",
    collected_at=AT,
    collected_day=date(2026, 11, 20),
    collected_written="20261120090000",
    collected_source="OBX-14",
    collected_doubt="",
    collected_zone_stated=False,
    specimen_code="SER",
    specimen_text="血清",
    specimen_system="HL70487",
    specimen_flags=[],
    specimen_ambiguous=False,
    method_code="",
    method_text="",
    device="",
    performer="",
    ordered_at=AT,
    known_from=AT,
)


def made(*, whole=True, **changes):
    return candidate(msgspec.structs.replace(POTASSIUM, **changes), whole=whole)


def test_a_final_potassium_is_a_result_under_its_loinc_code():
    found = made()
    assert found.code == Code(LOINC, "2823-3")
    assert found.mapping is None
    assert (found.status, found.collected_at, found.intact) == (Status.FINAL, AT, True)
    measured = found.measured
    assert (measured.value, measured.unit, measured.low, measured.high) == ("4.1", "mmol/L", "3.5", "5.3")
    assert (measured.abnormal, measured.critical, measured.specimen) == (False, False, "serum")


def test_a_mapped_code_counts_under_its_item_and_keeps_its_own():
    found = made(code_system="L", code="K01", item_key="lab.potassium", map_version="LA-JY/1")
    assert found.code == Code("L", "K01")
    assert (found.mapping.code, found.mapping.version) == (item_code("lab.potassium"), "LA-JY/1")


def test_results_of_one_report_are_told_apart_by_code_and_sub_id():
    other = msgspec.structs.replace(POTASSIUM, sub_id="2")
    assert result_id(POTASSIUM) != result_id(other)


def test_a_collection_time_in_doubt_is_none():
    assert made(collected_doubt="future").collected_at is None


def test_a_message_that_is_not_what_was_received_is_not_intact():
    assert made(whole=False).intact is False


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"comparator": "<"}, "<4.1"),
        ({"number": "1", "denominator": "128", "value_text": "1:128"}, "1:128"),
        ({"number": "1", "high": "3", "value_text": "1-3"}, "1-3"),
        ({"value_kind": "coded", "number": "", "value_text": "阴性"}, "阴性"),
        ({"value_kind": "none", "number": "", "value_text": ""}, None),
    ],
)
def test_a_value_is_shown_whole(changes, value):
    assert made(**changes).measured.value == value


@pytest.mark.parametrize(
    ("flags", "abnormal", "critical"),
    [
        (["N"], False, False),
        (["H"], True, False),
        (["HH"], True, True),
        (["↑"], True, False),
        (["↑↑"], True, True),
        (["危急"], True, True),
        (["正常"], False, False),
        (["?"], False, None),
        (["H", "?"], True, None),
        ([], False, None),
    ],
)
def test_flags_are_read_as_whole_words_and_an_unknown_one_never_means_not_critical(flags, abnormal, critical):
    measured = made(flags=flags).measured
    assert (measured.abnormal, measured.critical) == (abnormal, critical)


@pytest.mark.parametrize(
    ("changes", "abnormal"),
    [
        ({"flags": [], "number": "5.9"}, True),
        ({"flags": [], "number": "5.3"}, False),
        ({"flags": [], "reference_range": "<5.3"}, None),
        ({"flags": [], "comparator": "<"}, None),
        ({"flags": [], "denominator": "2"}, None),
    ],
)
def test_without_a_flag_the_laboratorys_own_interval_speaks_or_nobody_does(changes, abnormal):
    assert made(**changes).measured.abnormal is abnormal


@pytest.mark.parametrize(
    ("changes", "specimen"),
    [
        ({}, "serum"),
        ({"specimen_code": "", "specimen_text": "EDTA全血"}, "whole-blood"),
        ({"specimen_code": "SER", "specimen_text": "尿液"}, None),
        ({"specimen_ambiguous": True}, None),
        ({"specimen_code": "", "specimen_text": ""}, None),
        ({"specimen_code": "XX", "specimen_text": "血清样"}, None),
    ],
)
def test_the_specimen_is_what_code_and_text_agree_on(changes, specimen):
    assert made(**changes).measured.specimen == specimen


def test_what_was_wrong_with_a_specimen_is_kept_whether_it_came_as_code_or_text():
    found = made(specimen_flags=[{"code": "HEM"}, {"code": "", "text": "溶血"}, {"code": "", "text": ""}])
    assert found.measured.flags == {"HEM", "溶血"}


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({"method_text": "电化学发光法"}, "chemiluminescence"),
        ({"method_code": "HPLC"}, "hplc"),
        ({"method_code": "M17"}, None),
        ({"method_code": "hplc", "method_text": "酶法"}, None),
    ],
)
def test_a_method_is_a_class_of_the_catalogues_or_unknown(changes, method):
    assert made(**changes).measured.method_class == method


def test_every_method_class_of_the_shipped_catalogues_has_a_word():
    from telemed.recognition.catalogue_files import read_catalogues  # noqa: PLC0415 -- reads the tree

    classes = {
        word for one in read_catalogues().catalogues for item in one.items.values() for word in item.method_classes
    }
    assert classes <= set(METHODS.values())
