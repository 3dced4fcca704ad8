from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from telemed.imaging.matching import RequestFacts, Rule, StudyFacts, Verdict, compare, decide, words
from telemed.patients.identity import Identity
from telemed.patients.names import Agreement
from telemed.vocabulary import Laterality, Sex

HERE, THERE = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)

REQUEST = RequestFacts(
    id=UUID(int=10),
    organization_id=HERE,
    accession_number="2611220007",
    name="王桂兰",
    sex=Sex.FEMALE,
    birth_date=date(1956, 3, 14),
    birth_date_estimated=False,
    identity=Identity.KNOWN,
    numbers=frozenset({"239999195603140024"}),
    modality="DX",
    site="左膝正侧位",
    laterality=Laterality.LEFT,
    registered_at=NOON,
)
STUDY = StudyFacts(
    organization_id=HERE,
    accession_number="2611220007",
    patient_id="239999195603140024",
    issuer="",
    name="王桂兰",
    sex=Sex.FEMALE,
    birth_date=date(1956, 3, 14),
    modalities=frozenset({"DX"}),
    site="KNEE",
    sides=frozenset({Laterality.LEFT}),
    acquired_at=NOON + timedelta(minutes=12),
    received_at=NOON + timedelta(minutes=20),
)
TO_BE_SURE = {
    "accession by number": STUDY,
    "accession alone": replace(STUDY, patient_id="1"),
    "number alone": replace(STUDY, accession_number=""),
}


@pytest.mark.parametrize("study", TO_BE_SURE.values(), ids=TO_BE_SURE)
def test_a_study_of_the_registered_person_and_number_is_sure(study):
    assert compare(study, REQUEST).verdict is Verdict.SURE
    assert decide(study, [REQUEST]).request_id == REQUEST.id


# Near misses: the sure pair with one fact changed; that rule alone is to blame, and it is never sure.
NEAR_MISSES = {
    "another accession number": (
        replace(STUDY, accession_number="2611220008"),
        REQUEST,
        Rule.ACCESSION,
        Agreement.DIFFERS,
    ),
    "another identity number": (
        replace(STUDY, patient_id="239999198907220115"),
        REQUEST,
        Rule.PATIENT_ID,
        Agreement.DIFFERS,
    ),
    "another name": (replace(STUDY, name="王桂芝"), REQUEST, Rule.NAME, Agreement.DIFFERS),
    "the name in pinyin": (replace(STUDY, name="WANG^GUILAN"), REQUEST, Rule.NAME, Agreement.LIKELY),
    "no name": (replace(STUDY, name=""), REQUEST, Rule.NAME, Agreement.UNKNOWN),
    "another sex": (replace(STUDY, sex=Sex.MALE), REQUEST, Rule.SEX, Agreement.DIFFERS),
    "another birth date": (replace(STUDY, birth_date=date(1956, 3, 15)), REQUEST, Rule.BIRTH, Agreement.DIFFERS),
    "another modality": (replace(STUDY, modalities=frozenset({"CT"})), REQUEST, Rule.MODALITY, Agreement.DIFFERS),
    "no modality": (replace(STUDY, modalities=frozenset()), REQUEST, Rule.MODALITY, Agreement.UNKNOWN),
    "another site": (replace(STUDY, site="CHEST"), REQUEST, Rule.SITE, Agreement.DIFFERS),
    "the other side": (
        replace(STUDY, sides=frozenset({Laterality.RIGHT})),
        REQUEST,
        Rule.LATERALITY,
        Agreement.DIFFERS,
    ),
    "both sides": (replace(STUDY, sides=frozenset({Laterality.BILATERAL})), REQUEST, Rule.LATERALITY, Agreement.LIKELY),
    "another day": (replace(STUDY, acquired_at=NOON - timedelta(days=3)), REQUEST, Rule.TIME, Agreement.DIFFERS),
    "another person's card": (STUDY, replace(REQUEST, card_mismatch=True), Rule.CARD, Agreement.DIFFERS),
    "a second study with the number": (
        replace(STUDY, accession_shared=True),
        REQUEST,
        Rule.ACCESSION_FREE,
        Agreement.DIFFERS,
    ),
    "a request answered already": (STUDY, replace(REQUEST, answered=True), Rule.REQUEST_FREE, Agreement.DIFFERS),
}


@pytest.mark.parametrize(("study", "request_", "rule", "agreement"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_one_fact_changed_is_doubtful_for_that_fact_alone(study, request_, rule, agreement):
    good = {f.rule: f.agreement for f in compare(STUDY, REQUEST).findings}
    match = compare(study, request_)
    assert match.verdict is Verdict.DOUBTFUL
    assert {f.rule: f.agreement for f in match.findings if f.agreement is not good[f.rule]} == {rule: agreement}


def test_every_rule_has_a_near_miss():
    assert {rule for _, _, rule, _ in NEAR_MISSES.values()} == set(Rule)


def test_every_contradiction_has_words_in_both_languages():
    for study, request, rule, agreement in NEAR_MISSES.values():
        said = [words(f) for f in compare(study, request).findings]
        if agreement is not Agreement.UNKNOWN:
            assert any(text and text.zh and text.en for text in said), rule


def test_a_study_of_another_organisation_is_never_a_candidate():
    assert compare(replace(STUDY, organization_id=THERE), REQUEST).verdict is Verdict.NONE


def test_patient_id_1_matches_nobody_by_itself():
    people = [
        replace(REQUEST, id=UUID(int=20 + i), accession_number=f"26112200{i:02d}", name=name, numbers=frozenset({"1"}))
        for i, name in enumerate(("王桂兰", "刘德福", "孙淑芝"))
    ]
    decision = decide(replace(STUDY, accession_number="", patient_id="1", name="刘德福"), people)
    assert decision.verdict is Verdict.DOUBTFUL
    assert [m.of(Rule.PATIENT_ID) for m in decision.candidates] == [Agreement.UNKNOWN]
    assert [m.request_id for m in decision.candidates] == [UUID(int=21)]


def test_name_sex_and_birth_date_without_a_number_are_doubtful():
    match = compare(replace(STUDY, accession_number="", patient_id=""), REQUEST)
    assert match.verdict is Verdict.DOUBTFUL


def test_a_number_without_a_believable_time_is_doubtful_but_an_accession_number_is_not():
    future = NOON + timedelta(hours=8)
    by_number = replace(STUDY, accession_number="", acquired_at=future)
    assert compare(by_number, REQUEST).of(Rule.TIME) is Agreement.UNKNOWN
    assert compare(by_number, REQUEST).verdict is Verdict.DOUBTFUL
    assert compare(replace(STUDY, acquired_at=future), REQUEST).verdict is Verdict.SURE
    assert compare(replace(STUDY, skew_seconds=3 * 3600), REQUEST).of(Rule.TIME) is Agreement.UNKNOWN


def test_a_study_received_days_before_the_registration_contradicts_whatever_its_clock_says():
    early = replace(STUDY, acquired_at=None, received_at=NOON - timedelta(days=2))
    assert compare(early, REQUEST).of(Rule.TIME) is Agreement.DIFFERS


def test_two_sure_requests_are_both_shown_and_none_is_linked():
    knee, chest = REQUEST, replace(REQUEST, id=UUID(int=11), accession_number="2611220008")
    decision = decide(replace(STUDY, accession_number=""), [knee, chest])
    assert (decision.verdict, decision.request_id, len(decision.candidates)) == (Verdict.DOUBTFUL, None, 2)


def test_the_site_tells_two_examinations_of_one_person_apart():
    chest = replace(
        REQUEST, id=UUID(int=11), accession_number="2611220008", site="胸部正位", laterality=Laterality.UNPAIRED
    )
    decision = decide(replace(STUDY, accession_number=""), [chest, REQUEST])
    assert decision.request_id == REQUEST.id
    assert [m.request_id for m in decision.candidates] == [REQUEST.id, chest.id]


def test_a_stranger_at_another_time_is_no_candidate():
    stranger = replace(STUDY, accession_number="", patient_id="20481", name="赵国军", sex=Sex.MALE)
    assert decide(stranger, [REQUEST]).verdict is Verdict.NONE
    assert decide(STUDY, []).verdict is Verdict.NONE


def test_a_study_that_names_nobody_offers_who_was_examined_then():
    nameless = replace(STUDY, accession_number="", patient_id="", name="", birth_date=None, sex=Sex.UNKNOWN)
    assert compare(nameless, REQUEST).verdict is Verdict.DOUBTFUL
    assert compare(replace(nameless, acquired_at=None), REQUEST).verdict is Verdict.NONE
    assert compare(replace(nameless, sex=Sex.MALE), REQUEST).verdict is Verdict.NONE
    assert compare(replace(nameless, modalities=frozenset({"CT"})), REQUEST).verdict is Verdict.NONE
    assert compare(nameless, replace(REQUEST, answered=True)).verdict is Verdict.NONE


def test_the_accession_number_typed_into_patient_id_counts():
    assert compare(replace(STUDY, accession_number="", patient_id="2611220007"), REQUEST).verdict is Verdict.SURE


def test_a_placeholder_accession_number_anchors_nothing():
    assert (
        compare(replace(STUDY, accession_number="1", patient_id=""), replace(REQUEST, accession_number="1")).verdict
        is Verdict.DOUBTFUL
    )


@pytest.mark.parametrize(
    ("asked", "shown", "agreement"),
    [
        ("DX", {"CR"}, Agreement.SAME),
        ("CT", {"CT", "SR"}, Agreement.SAME),
        ("CT", {"MR"}, Agreement.DIFFERS),
        ("", {"CT"}, Agreement.UNKNOWN),
    ],
)
def test_modalities_that_name_one_examination_are_the_same(asked, shown, agreement):
    assert (
        compare(replace(STUDY, modalities=frozenset(shown)), replace(REQUEST, modality=asked)).of(Rule.MODALITY)
        is agreement
    )
