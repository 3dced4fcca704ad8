"""A reported study as a result: what request and images agree on is said, what they contradict each other in is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from telemed.recognition.facts import Status
from telemed.recognition.imaging_names import folded, parse, read
from telemed.recognition.imaging_results import ImagingFacts, Technique, candidate, result_id
from telemed.recognition.rules import Code

NAMES = read(Path(__file__).parents[3] / "config" / "recognition" / "imaging-names.toml")
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
THIN = Technique({"slice_mm": "1.5"}, contrast=False)
CT = ImagingFacts(
    study_id="s",
    patient_id="p",
    acquiring_id="township",
    reporting_id="center",
    device_id="d",
    acquired_at=AT,
    received_at=AT + timedelta(minutes=5),
    skew_seconds=None,
    signed_at=AT + timedelta(hours=1),
    version=1,
    report_status="final",
    withdrawn=False,
    signatures=2,
    modalities=("CT",),
    request_item="CT 胸部平扫",
    request_site="胸部",
    request_laterality="U",
    description="CHEST",
    body_site="CHEST",
    laterality="",
    complete=True,
    grade="A",
    views=None,
    contested=False,
)
KNEE = replace(
    CT,
    modalities=("DX",),
    request_item="DR 左膝关节正侧位",
    request_site="膝关节",
    request_laterality="L",
    body_site="KNEE",
    laterality="L",
    description="",
    views=2,
)


def made(facts=CT, technique=THIN, **changes):
    found = candidate(replace(facts, **changes), technique, NAMES)
    assert found is not None
    return found


def test_a_signed_ct_is_a_result_of_the_item_its_request_names():
    found = made()
    assert found.id == result_id("s") == "imaging/s"
    assert (found.code, found.mapping.code) == (
        Code("urn:cn:county:request-form", "CT 胸部平扫"),
        Code("urn:cn:county:item", "CT-CHEST-PLAIN"),
    )
    assert (found.kind, found.status, found.acquired_at) == ("imaging", Status.FINAL, AT)
    assert (found.acquired.body_site, found.acquired.contrast, found.acquired.technique) == (
        "CHEST",
        "plain",
        {"slice_mm": "1.5"},
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"report_status": "preliminary"}, Status.PRELIMINARY),
        ({"report_status": "amended"}, Status.AMENDED),
        ({"report_status": "appended"}, Status.AMENDED),
        ({"report_status": "entered-in-error"}, Status.ENTERED_IN_ERROR),
        ({"report_status": "another"}, Status.UNKNOWN),
        ({"withdrawn": True}, Status.CANCELLED),
        ({"contested": True}, Status.UNKNOWN),
        ({"contested": True, "withdrawn": True}, Status.CANCELLED),
    ],
)
def test_the_status_is_the_reports_unless_it_was_taken_back_or_somebody_doubts_whose_it_is(changes, status):
    assert made(**changes).status is status


@pytest.mark.parametrize(
    "changes",
    [
        {"acquired_at": None},
        {"acquired_at": datetime(1900, 1, 1, tzinfo=UTC)},
        {"acquired_at": AT + timedelta(days=2)},
        {"skew_seconds": 3600},
    ],
)
def test_a_clock_that_cannot_be_believed_gives_no_time(changes):
    assert made(**changes).acquired_at is None


@pytest.mark.parametrize(
    ("name", "technique", "contrast"),
    [
        ("CT 胸部平扫", THIN, "plain"),
        ("CT 胸部平扫", Technique({}, contrast=True), None),
        ("CT 胸部增强", Technique({}, contrast=True), "enhanced"),
        ("CT 胸部增强", THIN, None),
        ("CT 胸部平扫+增强", Technique({}, contrast=True), "plain-and-enhanced"),
        ("CT 胸部平扫+增强", THIN, None),
        ("CT 胸部", THIN, None),
        ("CT 胸部平扫", None, None),
    ],
)
def test_contrast_is_what_name_and_data_sets_agree_on(name, technique, contrast):
    assert made(technique=technique, request_item=name).acquired.contrast == contrast


@pytest.mark.parametrize(
    ("request_side", "image_side", "side"),
    [("L", "L", "L"), ("L", "", "L"), ("U", "R", "R"), ("L", "R", None), ("U", "", None), ("B", "B", "B")],
)
def test_the_side_is_not_known_where_request_and_images_contradict_each_other(request_side, image_side, side):
    assert made(KNEE, request_laterality=request_side, laterality=image_side).acquired.laterality == side


@pytest.mark.parametrize(
    ("asked", "images", "described", "site"),
    [
        ("膝关节", "KNEE", "", "KNEE"),
        ("膝关节", "", "", "KNEE"),
        ("", "KNEE", "", "KNEE"),
        ("膝关节", "CHEST", "", None),
        ("", "", "左膝", "KNEE"),
        ("", "", "", None),
        ("胸部 腹部", "", "", None),
    ],
)
def test_the_site_is_the_one_region_that_is_agreed_on(asked, images, described, site):
    assert made(KNEE, request_site=asked, body_site=images, description=described).acquired.body_site == site


def test_films_count_their_projections_and_none_where_one_does_not_say_which_it_is():
    assert made(KNEE, technique=Technique({}, contrast=False)).acquired.technique == {"views": "2"}
    assert made(KNEE, views=None, technique=None).acquired.technique == {}


def test_computed_radiography_is_not_taken_for_a_digital_film():
    assert made(KNEE, modalities=("CR",)).acquired.modality is None


def test_what_is_no_image_is_no_result():
    assert candidate(replace(CT, modalities=("SR", "PR")), THIN, NAMES) is None


def test_without_a_request_the_devices_own_words_stand_as_the_original():
    found = made(request_item="", description="Chest routine")
    assert found.code.code == "Chest routine"
    assert found.mapping is None


def test_names_are_the_same_whatever_their_blanks_and_widths_and_never_by_a_part():
    assert folded("ＣＴ　胸部平扫") == folded("CT 胸部平扫")
    assert NAMES.mapping("ct胸部平扫").code.code == "CT-CHEST-PLAIN"
    assert NAMES.mapping("CT 胸部平扫三维重建") is None
    assert NAMES.mapping("DR 右膝关节正侧位").code.code == "DX-KNEE-RIGHT"


HEAD = 'version = "1"\nsystem = "s"\nsource = "f"\n'


@pytest.mark.parametrize(
    "text",
    [
        "no toml",
        f"{HEAD}[names]\n",
        f'{HEAD}[names]\n"a" = "A"\n"A " = "B"\n[sided]\n',
        f'{HEAD}[names]\n[sided]\n"膝" = "KNEE-{{SIDE}}"\n',
        f'{HEAD}[names]\n[sided]\n"{{side}}膝" = "KNEE"\n',
        f"{HEAD}more = 1\n[names]\n[sided]\n",
    ],
    ids=["not toml", "a table missing", "one name for two", "no side in the name", "none in the code", "unknown key"],
)
def test_a_map_that_could_be_misread_is_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        parse(text)
