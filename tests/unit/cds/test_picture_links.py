"""When a one-time link may be opened, by whom, and which results one is made for."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from telemed.cds.picture_links import Link, address, digest, opening, spoken_of, study_of, viewing
from telemed.recognition.facts import LinkState
from telemed.recognition.trace import trace
from tests.unit.recognition import good

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PATIENT, STUDY = UUID(int=7), UUID(int=8)
MINE, OTHERS = digest("a" * 43), digest("b" * 43)


def link(**changes) -> Link:
    """A good link, nobody has opened it."""
    fresh = Link(
        id=UUID(int=1),
        study_id=STUDY,
        study_instance_uid="1.2.3",
        organization_id=UUID(int=2),
        organization_name="石泉镇卫生院",
        patient_id=PATIENT,
        study_patient_id=PATIENT,
        purpose="order-check",
        client_id=UUID(int=3),
        client_name="县医院 HIS",
        client_active=True,
        shown_to="PractitionerRole/d17",
        use_before=NOW + timedelta(minutes=10),
        opened_at=None,
        viewer_digest=None,
        view_until=None,
        revoked_at=None,
    )
    return msgspec.structs.replace(fresh, **changes)


def opened(**changes) -> Link:
    until = NOW + timedelta(minutes=30)
    return link(**{"opened_at": NOW, "viewer_digest": MINE, "view_until": until, **changes})


def code(fault) -> str | None:
    return None if fault is None else fault.code


def test_a_link_opens_for_whoever_holds_it_first():
    assert opening(link(), None, NOW) is None
    assert opening(link(), OTHERS, NOW) is None


def test_the_browser_that_opened_it_may_load_its_page_again():
    assert opening(opened(), MINE, NOW) is None
    assert viewing(opened(), MINE, NOW) is None


@pytest.mark.parametrize(
    ("found", "viewer", "after", "said"),
    [
        (None, None, 0, "unknown-link"),
        (link(), None, 10, "link-over"),
        (link(revoked_at=NOW), None, 0, "link-revoked"),
        (link(client_active=False), None, 0, "link-revoked"),
        (link(study_patient_id=UUID(int=9)), None, 0, "link-revoked"),
        (link(study_patient_id=None), None, 0, "link-revoked"),
        (opened(), None, 0, "link-used"),
        (opened(), OTHERS, 0, "link-used"),
        (opened(), MINE, 30, "link-over"),
    ],
    ids=["none", "late", "revoked", "system ended", "of another", "of nobody", "used", "used elsewhere", "viewed out"],
)
def test_a_link_with_one_fault_does_not_open(found, viewer, after, said):
    assert code(opening(found, viewer, NOW + timedelta(minutes=after))) == said


@pytest.mark.parametrize(
    ("found", "viewer", "after", "said"),
    [
        (None, MINE, 0, "unknown-link"),
        (link(), MINE, 0, "unknown-link"),
        (opened(), None, 0, "unknown-link"),
        (opened(), OTHERS, 0, "unknown-link"),
        (opened(revoked_at=NOW), MINE, 0, "link-revoked"),
        (opened(client_active=False), MINE, 0, "link-revoked"),
        (opened(study_patient_id=UUID(int=9)), MINE, 0, "link-revoked"),
        (opened(), MINE, 30, "link-over"),
    ],
    ids=["none", "unopened", "no cookie", "other browser", "revoked", "system ended", "of another", "over"],
)
def test_a_viewing_with_one_fault_shows_nothing(found, viewer, after, said):
    assert code(viewing(found, viewer, NOW + timedelta(minutes=after))) == said


def test_the_last_moment_still_counts_and_the_next_does_not():
    just = timedelta(minutes=10) - timedelta(seconds=1)
    assert opening(link(), None, NOW + just) is None
    assert viewing(opened(), MINE, NOW + timedelta(minutes=30) - timedelta(seconds=1)) is None


def test_the_secret_stands_behind_the_fragment_and_nothing_names_the_patient():
    url = address("https://county.example/", UUID(int=1), "s" * 43)
    assert re.fullmatch(r"https://county\.example/linked/[0-9a-f-]{36}#s{43}", url)


@pytest.mark.parametrize("result", ["laboratory/1", "imaging/", "imaging/x", "1.2.3", "", f"IMAGING/{STUDY}"])
def test_what_is_no_study_has_no_images(result):
    assert study_of(result) is None


def test_a_result_of_images_is_the_study_of_its_id():
    assert study_of(f"imaging/{STUDY}") == STUDY


def told(case: good.Case) -> str:
    return trace(case.decide()).decode()


def test_a_decision_spoke_of_what_it_looked_at_and_was_sure_of():
    case = good.imaging()
    assert spoken_of(told(case), case.candidate.id)


def test_a_result_the_decision_never_saw_was_not_spoken_of():
    assert not spoken_of(told(good.imaging()), "imaging/other")


@pytest.mark.parametrize("state", [LinkState.POTENTIAL, LinkState.NONE, LinkState.TEMPORARY])
def test_a_result_that_may_be_another_persons_was_not_spoken_of(state):
    case = good.imaging()
    assert not spoken_of(told(case.with_identity(state=state)), case.candidate.id)


def test_a_decision_without_results_spoke_of_none():
    case = good.imaging()
    assert not spoken_of(told(replace(case, facts=replace(case.facts, candidates=()))), case.candidate.id)
