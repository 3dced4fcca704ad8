import json
from datetime import UTC, date, datetime

from pydicom import Dataset

from telemed.imaging.coercion import Assigned, Registered, coerce

AT = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
CAME = {
    "00080050": {"vr": "SH", "Value": ["1"]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "WANG^GUILAN"}]},
    "00100020": {"vr": "LO", "Value": ["1"]},
    "00100040": {"vr": "CS", "Value": ["F"]},
    "00200060": {"vr": "CS", "Value": ["R"]},
}
REGISTERED = Registered(
    "王桂兰",
    "P2611220007",
    "longan",
    date(1956, 3, 14),
    birth_date_estimated=False,
    sex="F",
    accession_number="2611220007",
)


def out(elements=None, registered=REGISTERED):
    return coerce(CAME if elements is None else elements, registered, matched_at=AT, system="telemed", source="zw")


def test_what_differs_is_replaced_and_what_came_is_kept_beside_it():
    overrides = out().overrides
    dataset = Dataset.from_json(json.dumps(dict(overrides)))
    assert str(dataset.PatientName) == "王桂兰"
    assert dataset.PatientID == "P2611220007"
    assert dataset.PatientBirthDate == "19560314"
    assert dataset.AccessionNumber == "2611220007"
    item = dataset.OriginalAttributesSequence[0]
    assert (item.ReasonForTheAttributeModification, item.ModifyingSystem, item.SourceOfPreviousValues) == (
        "COERCE",
        "telemed",
        "zw",
    )
    before = item.ModifiedAttributesSequence[0]
    assert (str(before.PatientName), before.PatientID, before.AccessionNumber) == ("WANG^GUILAN", "1", "1")
    assert before.PatientBirthDate == ""
    assert item.AttributeModificationDateTime == "20261122040506.000000+0000"


def test_the_side_is_evidence_and_never_touched():
    assert "00200060" not in out().overrides


def test_the_same_sex_is_not_replaced():
    assert "00100040" not in out().overrides


def test_a_data_set_that_agrees_is_left_alone():
    once = dict(CAME) | {k: v for k, v in out().overrides.items() if k != "04000561"}
    assert not out(once).changes


def test_an_estimated_birth_date_is_never_written():
    estimated = Registered(
        "王桂兰", "P1", "longan", date(1956, 7, 1), birth_date_estimated=True, sex="F", accession_number="2611220007"
    )
    assert "00100030" not in out(registered=estimated).overrides


def test_an_unknown_sex_does_not_erase_a_known_one():
    unknown = Registered(
        "无名氏", "P1", "longan", None, birth_date_estimated=False, sex="U", accession_number="2611220007"
    )
    assert "00100040" not in out(registered=unknown).overrides


def test_the_record_of_an_earlier_coercion_is_kept_before_ours():
    earlier = {"04000565": {"vr": "CS", "Value": ["CORRECT"]}}
    items = out({**CAME, "04000561": {"vr": "SQ", "Value": [earlier]}}).overrides["04000561"]["Value"]
    assert isinstance(items, list)
    assert items[0] == earlier
    assert len(items) == 2


def test_a_name_in_three_groups_is_compared_as_a_whole():
    came = {**CAME, "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Wang^Guilan", "Ideographic": "王桂兰"}]}}
    assert "00100010" in out(came).overrides
    assert "00100010" in out({**CAME, "00100010": {"vr": "PN", "Value": ["raw"]}}).overrides


UIDS = {
    "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
    "0020000E": {"vr": "UI", "Value": ["1.2.3.1"]},
}
SPLIT = Assigned("2.25.7", "2.25.8", datetime(2026, 11, 22, 9, 0, tzinfo=UTC))


def split(registered=None, assigned=SPLIT):
    return coerce(CAME | UIDS, registered, matched_at=AT, system="telemed", source="zw", assigned=assigned).overrides


def test_a_study_that_was_split_off_shows_its_own_uids_and_those_that_came_beside_them():
    dataset = Dataset.from_json(json.dumps(dict(split())))
    assert (dataset.StudyInstanceUID, dataset.SeriesInstanceUID) == ("2.25.7", "2.25.8")
    (item,) = dataset.OriginalAttributesSequence
    assert item.ReasonForTheAttributeModification == "CORRECT"
    assert item.AttributeModificationDateTime == "20261122090000.000000+0000"
    (before,) = item.ModifiedAttributesSequence
    assert (before.StudyInstanceUID, before.SeriesInstanceUID) == ("1.2.3", "1.2.3.1")


def test_a_series_that_kept_its_uid_is_not_recorded():
    found = split(assigned=Assigned("2.25.7", "1.2.3.1", SPLIT.at))
    assert "0020000E" not in found
    assert found["0020000D"] == {"vr": "UI", "Value": ["2.25.7"]}


def test_split_and_registration_are_two_records():
    dataset = Dataset.from_json(json.dumps(dict(split(REGISTERED))))
    reasons = [one.ReasonForTheAttributeModification for one in dataset.OriginalAttributesSequence]
    assert reasons == ["CORRECT", "COERCE"]
