"""What keeps a consultation from going on, one ground at a time; in an emergency it is written down instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from telemed.consultation.model import guards
from telemed.consultation.model.guards import Agreement, Concern, Consent, Licence
from telemed.consultation.model.states import Urgency

TODAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)
GOOD = Licence("110200001", "临床", "内科专业", date(2026, 11, 27), date(2023, 11, 27))
CARDIOLOGY = "03.04"


def test_a_physician_of_the_field_for_three_years_to_the_day_with_a_licence_good_today_may_be_asked():
    assert guards.of_expert(GOOD, CARDIOLOGY, TODAY) == frozenset()


@pytest.mark.parametrize(
    ("changed", "concern"),
    [
        ({"number": ""}, Concern.NO_LICENCE),
        ({"category": "公共卫生"}, Concern.CATEGORY),
        ({"expires_on": date(2026, 11, 26)}, Concern.LICENCE_EXPIRED),
        ({"scope": "外科专业"}, Concern.OUTSIDE_SCOPE),
        ({"scope": "儿科内科专业"}, Concern.OUTSIDE_SCOPE),
        ({"since": date(2023, 11, 28)}, Concern.TOO_SHORT),
        ({"since": None}, Concern.PRACTICE_UNKNOWN),
    ],
)
def test_each_ground_alone_speaks_against_an_expert(changed, concern):
    assert guards.of_expert(replace(GOOD, **changed), CARDIOLOGY, TODAY) == {concern}


def test_nobody_without_a_licence_on_record():
    assert guards.of_expert(None, CARDIOLOGY, TODAY) == {Concern.NO_LICENCE}


def test_one_of_several_scopes_is_enough():
    assert guards.of_expert(replace(GOOD, scope="全科医学专业、内科专业"), CARDIOLOGY, TODAY) == frozenset()


def test_a_licence_without_an_end_does_not_expire():
    assert guards.of_expert(replace(GOOD, expires_on=None), CARDIOLOGY, TODAY) == frozenset()


def test_three_years_from_a_leap_day_are_over_on_the_first_of_march():
    began = replace(GOOD, expires_on=None, since=date(2024, 2, 29))
    assert guards.of_expert(began, CARDIOLOGY, date(2027, 2, 28)) == {Concern.TOO_SHORT}
    assert guards.of_expert(began, CARDIOLOGY, date(2027, 3, 1)) == frozenset()


@pytest.mark.parametrize(
    ("begins", "ends", "found"),
    [
        (TODAY, TODAY, True),
        (TODAY, None, True),
        (date(2026, 11, 28), None, False),
        (date(2026, 1, 1), date(2026, 11, 26), False),
    ],
)
def test_an_agreement_counts_from_its_first_to_its_last_day(begins, ends, found):
    concerns = guards.of_agreement([Agreement(begins, ends)], TODAY, same=False)
    assert concerns == (frozenset() if found else {Concern.NO_AGREEMENT})


def test_an_institution_needs_no_agreement_with_itself():
    assert guards.of_agreement([], TODAY, same=True) == frozenset()


def test_nothing_is_sent_before_somebody_has_agreed_or_approved():
    assert guards.of_request([]) == {Concern.NO_CONSENT}
    assert guards.of_request([Consent(NOW, owed=True)]) == frozenset()


def test_an_approval_stays_owed_until_a_paper_or_an_exemption_comes():
    assert not guards.consented([Consent(NOW, owed=True)])
    assert guards.consented([Consent(NOW, owed=True), Consent(NOW, owed=False)])


@pytest.mark.parametrize("concern", list(Concern))
def test_every_ground_stops_a_routine_request(concern):
    assert guards.stops(frozenset({concern}), Urgency.ROUTINE) == {concern}


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.IMMEDIATE])
@pytest.mark.parametrize("concern", list(Concern))
def test_in_an_emergency_only_consent_and_being_a_physician_stop(concern, urgency):
    hard = {Concern.NO_CONSENT, Concern.NO_LICENCE, Concern.CATEGORY}
    assert guards.stops(frozenset({concern}), urgency) == ({concern} if concern in hard else frozenset())


def test_every_ground_and_every_department_has_words():
    assert set(guards.WORDS) == set(Concern)
    assert all(text.zh and text.en and scopes for text, scopes in guards.DEPARTMENTS.values())
